/* SPDX-License-Identifier: ISC */
/* commands.c - the table of subcommands, which is also `clive help`. */
#include "cli.h"

#define END { .name = NULL }

/* What a payment form looks like, of a partner and of a client. */
#define BRAND_OPTIONS \
	{ "brand-name", "TEXT", .help = "name on the payment form" }, \
	{ "brand-logo", "URL", .help = "logo on the payment form" }, \
	{ "primary-color", "COLOR", .help = "#rgb or #rrggbb" }, \
	{ "secondary-color", "COLOR", .help = "#rgb or #rrggbb" }, \
	{ "background-color", "COLOR", .help = "#rgb or #rrggbb" }, \
	{ "text-color", "COLOR", .help = "#rgb or #rrggbb" }, \
	{ "website", "URL", .help = "where the payer came from" }

static const struct cli_option init_options[] = {
	{ "live", .help = "real payments; without it, a sandbox" },
	{ "base-url", "URL", .help = "how the outside reaches this host" },
	{ "stripe-webhook-secret", "SECRET", .secret = true,
	  .help = "whsec_... of the Stripe endpoint" },
	END
};

static const struct cli_option partner_add_options[] = {
	{ "id", "ID", .required = true, .help = "such as ECHEZONA001" },
	{ "name", "NAME", .required = true, .help = "registered name" },
	{ "fee", "PERCENT", .help = "total fee (3.5)" },
	{ "status", "STATUS", .help = "active, inactive or suspended" },
	{ "kyc", "KYC", .help = "approved, pending or rejected" },
	END
};

static const struct cli_option partner_set_options[] = {
	{ "name", "NAME", .help = "registered name" },
	{ "status", "STATUS", .help = "active, inactive or suspended" },
	{ "kyc", "KYC", .help = "approved, pending or rejected" },
	{ "fee", "PERCENT", .help = "total fee" },
	BRAND_OPTIONS,
	END
};

static const struct cli_option client_add_options[] = {
	{ "partner", "ID", .required = true, .help = "whose client it is" },
	{ "id", "ID", .required = true, .help = "such as AIRPEACE001" },
	{ "name", "NAME", .required = true, .help = "registered name" },
	{ "status", "STATUS", .help = "active, suspended or pending_kyc" },
	{ "fee", "PERCENT", .help = "total fee in place of the partner's" },
	{ "flat-usd", "DOLLARS", .help = "added on USD payments, 0 to 10" },
	END
};

static const struct cli_option client_set_options[] = {
	{ "partner", "ID", .required = true, .help = "whose client it is" },
	{ "id", "ID", .required = true, .help = "which client" },
	{ "name", "NAME", .help = "registered name" },
	{ "status", "STATUS", .help = "active, suspended or pending_kyc" },
	{ "fee", "PERCENT", .help = "total fee; none: the partner's" },
	{ "flat-usd", "DOLLARS", .help = "0 to 10, or none" },
	BRAND_OPTIONS,
	END
};

static const struct cli_option partner_required[] = {
	{ "partner", "ID", .required = true, .help = "whose" },
	END
};

static const struct cli_option partner_optional[] = {
	{ "partner", "ID", .help = "of this partner alone" },
	END
};

static const struct cli_option key_add_options[] = {
	{ "partner", "ID", .help = "may act for this partner" },
	{ "platform", .help = "may act for every partner" },
	{ "name", "NAME", .required = true, .help = "to tell it by" },
	END
};

static const struct cli_option merchant_key_add_options[] = {
	{ "partner", "ID", .required = true, .help = "whose client it is" },
	{ "client", "ID", .required = true, .help = "the merchant" },
	{ "name", "NAME", .required = true, .help = "to tell it by" },
	{ "live", .help = "for real payments" },
	{ "test", .help = "for payments that are none (the default)" },
	{ "scopes", "LIST",
	  .help = "such as payments:read,payments:write (all)" },
	END
};

/* Live and test data are strictly apart. */
#define MODE_OPTIONS \
	{ "live", .help = "of real money" }, \
	{ "test", .help = "of fake money (the default)" }

static const struct cli_option buyer_add_options[] = {
	{ "phone", "NUMBER", .required = true,
	  .help = "such as +231881158457" },
	{ "name", "NAME", .help = "what to call the buyer" },
	{ "pin", "PIN", .secret = true,
	  .help = "four to eight digits; made where it is not given" },
	MODE_OPTIONS,
	END
};

static const struct cli_option mode_options[] = {
	MODE_OPTIONS,
	END
};

/* Whose wallet; a buyer's or a merchant's. */
#define OWNER_OPTIONS \
	{ "phone", "NUMBER", .help = "a buyer's" }, \
	{ "partner", "ID", .help = "with --client: a merchant's" }, \
	{ "client", "ID", .help = "the merchant" }

static const struct cli_option wallet_list_options[] = {
	OWNER_OPTIONS,
	MODE_OPTIONS,
	{ "limit", "N", .help = "1 to 500 (50)" },
	{ "cursor", "ID", .help = "go on after this one" },
	END
};

static const struct cli_option wallet_money_options[] = {
	{ "wallet", "ID", .help = "this one; or" },
	OWNER_OPTIONS,
	MODE_OPTIONS,
	{ "currency", "CODE", .help = "USD, LRD or TZS; not with --wallet" },
	{ "amount", "AMOUNT", .required = true,
	  .help = "in the currency's major unit, such as 12.50" },
	{ "note", "TEXT", .help = "shown beside it" },
	END
};

#define SCHEDULE_OPTION \
	{ "schedule", "LIST", \
	  .help = "clive, payments, standard, none or 5s,5m,2h" }

static const struct cli_option webhook_add_options[] = {
	{ "partner", "ID", .required = true, .help = "who is told" },
	{ "client", "ID",
	  .help = "a merchant, which is told by the Payments API" },
	{ "live", .help = "of a client: of its real payments" },
	{ "test", .help = "of a client: of those that are none (the default)" },
	{ "name", "NAME", .required = true, .help = "to tell it by" },
	{ "url", "URL", .required = true, .help = "where to send" },
	{ "secret", "SECRET", .secret = true,
	  .help = "16 to 200 characters; made where it is not given" },
	{ "events", "LIST", .required = true,
	  .help = "all, or event types separated by commas" },
	SCHEDULE_OPTION,
	{ "rate", "N", .help = "deliveries a second, 1 to 10000" },
	{ "parallel", "N", .help = "attempts at once, 1 to 1000" },
	{ "ordered", .help = "keep the order of each payment's events" },
	{ "ed25519", .help = "sign with the gateway's key as well" },
	{ "prove", .help = "send nothing before it answers a challenge" },
	END
};

static const struct cli_option webhook_set_options[] = {
	{ "name", "NAME", .help = "to tell it by" },
	{ "url", "URL", .help = "where to send" },
	{ "events", "LIST",
	  .help = "all, or event types separated by commas" },
	SCHEDULE_OPTION,
	{ "rate", "N", .help = "deliveries a second, or none" },
	{ "parallel", "N", .help = "attempts at once, or none" },
	{ "ordered", "YES", .help = "yes or no" },
	{ "ed25519", "YES", .help = "yes or no" },
	END
};

static const struct cli_option webhook_rotate_options[] = {
	{ "secret", "SECRET", .secret = true,
	  .help = "16 to 200 characters; made where it is not given" },
	{ "overlap", "TIME",
	  .help = "how long the old one signs as well, 0s to 7d (24h)" },
	END
};

static const struct cli_option webhook_enable_options[] = {
	{ "skip", .help = "do not send what it has missed" },
	END
};

static const struct cli_option webhook_key_rotate_options[] = {
	{ "overlap", "TIME",
	  .help = "how long the old one signs as well, 0s to 7d (24h)" },
	END
};

/* What both lists of the webhook log are limited by. */
#define LOG_OPTIONS \
	{ "partner", "ID", .help = "of this partner" }, \
	{ "tx", "ID", .help = "of this payment" }, \
	{ "event", "TYPE", .help = "of this type" }, \
	{ "from", "TIME", .help = "made then or later" }, \
	{ "to", "TIME", .help = "made before" }, \
	{ "limit", "N", .help = "1 to 500 (50)" }, \
	{ "cursor", "ID", .help = "go on after this one" }

static const struct cli_option webhook_deliveries_options[] = {
	{ "endpoint", "ID", .help = "to this endpoint" },
	{ "status", "STATUS", .help = "due, delivered or failed" },
	LOG_OPTIONS,
	END
};

static const struct cli_option webhook_events_options[] = {
	LOG_OPTIONS,
	END
};

static const struct cli_option webhook_resend_options[] = {
	{ "to", "ENDPOINT", .help = "to this endpoint alone" },
	END
};

static const struct cli_option webhook_replay_options[] = {
	{ "from", "TIME", .help = "the events made then or later" },
	{ "to", "TIME", .help = "and before (now)" },
	{ "failed-since", "TIME", .help = "or what failed since then" },
	{ "dry-run", .help = "only count" },
	END
};

static const struct cli_option listen_options[] = {
	{ "forward-to", "URL", .required = true,
	  .help = "where to post, such as localhost:3000/hooks" },
	{ "events", "LIST",
	  .help = "event types separated by commas (all)" },
	{ "url", "BASE",
	  .help = "of the gateway's API ($CLIVE_API_BASE_URL)" },
	{ "key", "KEY", .secret = true,
	  .help = "an API key ($CLIVE_API_KEY)" },
	{ "hmac-secret", "SECRET", .secret = true,
	  .help = "its secret ($CLIVE_HMAC_SECRET)" },
	{ "partner", "ID", .help = "needed with a platform's key" },
	{ "secret", "SECRET", .secret = true,
	  .help = "that signs; made where it is not given" },
	SCHEDULE_OPTION,
	{ "print", .help = "show headers and bodies" },
	END
};

static const struct cli_option rule_add_options[] = {
	{ "processor", "NAME", .required = true, .help = "who is paid" },
	{ "type", "TYPE", .required = true,
	  .help = "card, revolut_pay, open_banking, mobile_money or *" },
	{ "country", "CODE", .help = "the payer's, two letters (*)" },
	{ "scheme", "WORD", .help = "such as visa (*)" },
	{ "currency", "CODE", .help = "three letters (*)" },
	{ "percent", "PERCENT", .required = true, .help = "of the amount" },
	{ "fixed", "AMOUNT", .required = true,
	  .help = "added to it, 0 to 1000 of the currency's major unit" },
	END
};

static const struct cli_option rule_list_options[] = {
	{ "all", .help = "with those that have ended" },
	END
};

static const struct cli_option settlement_partner_options[] = {
	{ "partner", "ID", .help = "this partner's alone" },
	END
};

static const struct cli_option settlement_run_options[] = {
	{ "partner", "ID", .help = "this partner's alone" },
	{ "client", "ID", .help = "this client's alone" },
	END
};

static const struct cli_option settlement_list_options[] = {
	{ "partner", "ID", .help = "this partner's alone" },
	{ "client", "ID", .help = "this client's alone" },
	{ "status", "WORD", .help = "pending, sending, sent or failed" },
	{ "limit", "N", .help = "1 to 200; 50" },
	{ "cursor", "ID", .help = "nextCursor of the page before" },
	END
};

static const struct cli_option settlement_show_options[] = {
	{ "limit", "N", .help = "payments: 1 to 500; 50" },
	{ "cursor", "ID", .help = "nextCursor of the page before" },
	END
};

static const struct cli_option payout_account_options[] = {
	{ "partner", "ID", .required = true, .help = "whose money" },
	{ "client", "ID", .help = "of this client; all that have none" },
	{ "currency", "CODE", .help = "in this currency; any of the rail" },
	{ "rail", "NAME", .help = "wise or mercury, where it is any" },
	{ "recipient", "NAME", .required = true,
	  .help = "what the rail calls who is paid" },
	END
};

static const struct cli_option tx_list_options[] = {
	{ "partner", "ID", .help = "of this partner" },
	{ "client", "ID", .help = "of this client" },
	{ "status", "STATUS", .help = "in this state" },
	{ "reference", "TEXT", .help = "with the partner's reference" },
	{ "from", "TIME", .help = "opened then or later, in ISO 8601" },
	{ "to", "TIME", .help = "opened before" },
	{ "limit", "N", .help = "1 to 500 (50)" },
	{ "cursor", "ID", .help = "go on after this payment" },
	END
};

static const struct cli_option operator_add_options[] = {
	{ "email", "ADDRESS", .required = true, .help = "to sign in with" },
	{ "role", "ROLE", .required = true,
	  .help = "owner, finance, support or read_only" },
	{ "password-stdin",
	  .help = "read the password; without it, one is made" },
	END
};

static const struct cli_option operator_password_options[] = {
	{ "email", "ADDRESS", .required = true, .help = "whose" },
	{ "password-stdin",
	  .help = "read the password; without it, one is made" },
	END
};

static const struct cli_option operator_role_options[] = {
	{ "email", "ADDRESS", .required = true, .help = "whose" },
	{ "role", "ROLE", .required = true,
	  .help = "owner, finance, support or read_only" },
	END
};

static const struct cli_option operator_require_options[] = {
	{ "email", "ADDRESS", .required = true, .help = "of whom" },
	{ "required", "YES", .required = true, .help = "yes or no" },
	END
};

static const struct cli_option audit_list_options[] = {
	{ "subject", "ID", .help = "what it was done to" },
	{ "actor", "WHO", .help = "such as operator:ada@example.com" },
	{ "action", "VERB", .help = "such as transaction.refunded" },
	{ "from", "TIME", .help = "since when; 2h ago" },
	{ "to", "TIME", .help = "until when" },
	{ "limit", "N", .help = "how many (50)" },
	{ "cursor", "CURSOR", .help = "go on where a list ended" },
	END
};

static const struct cli_option email_required[] = {
	{ "email", "ADDRESS", .required = true, .help = "whose" },
	END
};

static const struct cli_option tail_options[] = {
	{ "partner", "ID", .help = "whose alone" },
	{ "type", "TYPE", .help = "this event type, or action, alone" },
	END
};

static const struct cli_option trigger_options[] = {
	{ "partner", "ID", .help = "whose payment (the only one's)" },
	{ "client", "ID", .help = "and of which client (the only one)" },
	{ "currency", "CODE", .help = "three letters (USD)" },
	END
};

static const struct cli_option verify_options[] = {
	{ "checkpoint", "SEQ:HASH",
	  .help = "a head of the audit log noted earlier" },
	END
};

static const struct cli_option restore_options[] = {
	{ "force", .help = "though the database is newer, or unreadable" },
	END
};

static const struct cli_option export_options[] = {
	{ "from", "TIME", .help = "since when; 2h ago" },
	{ "to", "TIME", .help = "until when" },
	{ "format", "FORMAT", .help = "csv or jsonl (csv)" },
	END
};

static const struct cli_option reconcile_report_options[] = {
	{ "processor", "NAME", .required = true, .help = "whose report" },
	{ "format", "FORMAT", .help = "stripe-balance or generic" },
	{ "from", "TIME", .help = "of our payments, since when" },
	{ "to", "TIME", .help = "until when (as the report)" },
	{ "id-column", "NAME", .help = "of generic: the line's name (id)" },
	{ "reference-column", "NAME",
	  .help = "the payment's name (reference)" },
	{ "amount-column", "NAME", .help = "in the major unit (amount)" },
	{ "fee-column", "NAME", .help = "likewise (fee)" },
	{ "currency-column", "NAME", .help = "three letters (currency)" },
	{ "type-column", "NAME", .help = "charge or payment; none: all are" },
	{ "record", .help = "keep the fees that were taken" },
	END
};

static const struct cli_option rekey_options[] = {
	{ "status", .help = "only say what is sealed under which key" },
	{ "drop-old", .help = "remove the old key, which nothing needs" },
	END
};

static const struct cli_option sign_options[] = {
	{ "env", "NAME", .required = true,
	  .help = "the environment variable that holds the secret" },
	END
};

static const char secret_note[] =
    "The secret is not shown again: keep it now.";
static const char password_note[] =
    "A password that was made is not shown again: keep it now.";

#define DELIVERY_COLUMNS "created_at,id,event_type,endpoint_name,status," \
	"attempts,next_attempt_at,last_status,last_error,clive_tx_id"

const struct cli_command cli_commands[] = {
	{ "init", .help = "make the data directory", .no_data = true,
	  .options = init_options, .run = run_init },

	{ "partner add", .help = "make a partner",
	  .options = partner_add_options, .run = run_partner_add },
	{ "partner list", .help = "list the partners",
	  .run = run_partner_list,
	  .columns = "partner_id,legal_name,status,kyc_status,fee_percentage" },
	{ "partner show", .argument = "ID", .help = "show a partner",
	  .run = run_partner_show },
	{ "partner set", .argument = "ID", .help = "change a partner",
	  .options = partner_set_options, .run = run_partner_set },

	{ "client add", .help = "make a client of a partner",
	  .options = client_add_options, .run = run_client_add },
	{ "client list", .help = "list a partner's clients",
	  .options = partner_required, .run = run_client_list,
	  .columns = "client_id,legal_name,status,partner_fee_percentage,"
	    "partner_fee_flat_usd" },
	{ "client set", .help = "change a client",
	  .options = client_set_options, .run = run_client_set },

	{ "key add", .help = "issue an API key",
	  .options = key_add_options, .run = run_key_add,
	  .note = "Key and secret are not shown again: keep them now." },
	{ "key list", .help = "list API keys", .options = partner_optional,
	  .run = run_key_list,
	  .columns = "id,partner_id,name,hint,created_at,revoked_at" },
	{ "key revoke", .argument = "ID", .help = "end an API key",
	  .run = run_key_revoke },

	{ "merchant-key add",
	  .help = "issue a merchant's key of the Payments API",
	  .options = merchant_key_add_options, .run = run_merchant_key_add,
	  .note = "The key is not shown again: keep it now." },
	{ "merchant-key list", .help = "list merchants' keys",
	  .options = partner_optional, .run = run_merchant_key_list,
	  .columns = "id,partner_id,client_id,name,prefix,created_at,"
	    "revoked_at" },
	{ "merchant-key revoke", .argument = "ID",
	  .help = "end a merchant's key", .run = run_merchant_key_revoke },

	{ "buyer add", .help = "make a buyer, who pays from a wallet",
	  .options = buyer_add_options, .run = run_buyer_add,
	  .note = "A PIN that was made is not shown again." },
	{ "buyer list", .help = "list buyers",
	  .options = mode_options, .run = run_buyer_list,
	  .columns = "id,phone_number,name,country_code,created_at,"
	    "disabled_at" },
	{ "buyer show", .argument = "NUMBER", .help = "show a buyer",
	  .options = mode_options, .run = run_buyer_show },
	{ "buyer disable", .argument = "NUMBER",
	  .help = "close a buyer's account",
	  .options = mode_options, .run = run_buyer_disable },

	{ "wallet list", .help = "list wallets",
	  .options = wallet_list_options, .run = run_wallet_list,
	  .columns = "id,kind,balance,currency,phone_number,partner_id,"
	    "client_id" },
	{ "wallet show", .argument = "ID",
	  .help = "show a wallet with its last transactions",
	  .run = run_wallet_show },
	{ "wallet fund", .help = "put money into a wallet",
	  .options = wallet_money_options, .run = run_wallet_fund },
	{ "wallet withdraw", .help = "take money out of a wallet",
	  .options = wallet_money_options, .run = run_wallet_withdraw },

	{ "webhook add", .help = "make a webhook endpoint",
	  .options = webhook_add_options, .run = run_webhook_add,
	  .note = secret_note },
	{ "webhook list", .help = "list webhook endpoints",
	  .options = partner_optional, .run = run_webhook_list,
	  .columns = "id,partner_id,client_id,livemode,name,url,status,"
	    "disabled_reason,schedule,failures,waiting,secret,events" },
	{ "webhook show", .argument = "ID", .help = "show an endpoint",
	  .run = run_webhook_show },
	{ "webhook set", .argument = "ID", .help = "change an endpoint",
	  .options = webhook_set_options, .run = run_webhook_set },
	{ "webhook rotate", .argument = "ID",
	  .help = "give an endpoint another secret",
	  .options = webhook_rotate_options, .run = run_webhook_rotate,
	  .note = secret_note },
	{ "webhook disable", .argument = "ID",
	  .help = "stop sending to an endpoint", .run = run_webhook_disable },
	{ "webhook enable", .argument = "ID",
	  .help = "send to an endpoint again",
	  .options = webhook_enable_options, .run = run_webhook_enable },
	{ "webhook delete", .argument = "ID",
	  .help = "take an endpoint out of use for good",
	  .run = run_webhook_delete },
	{ "webhook prove", .argument = "ID",
	  .help = "send an endpoint a challenge", .run = run_webhook_prove },
	{ "webhook test", .argument = "ID",
	  .help = "send an endpoint a test event", .run = run_webhook_test },
	{ "webhook key show", .help = "show the public keys that sign",
	  .run = run_webhook_key_show,
	  .columns = "id,public_key,created_at,expires_at" },
	{ "webhook key rotate", .help = "sign with another key",
	  .options = webhook_key_rotate_options,
	  .run = run_webhook_key_rotate,
	  .columns = "id,public_key,created_at,expires_at" },
	{ "webhook deliveries", .help = "list deliveries, the newest first",
	  .options = webhook_deliveries_options,
	  .run = run_webhook_deliveries, .columns = DELIVERY_COLUMNS },
	{ "webhook delivery", .argument = "ID",
	  .help = "show a delivery with its attempts",
	  .run = run_webhook_delivery, .render = delivery_render },
	{ "webhook events", .help = "list events, the newest first",
	  .options = webhook_events_options, .run = run_webhook_events,
	  .columns = "created_at,id,type,partner_id,client_id,clive_tx_id" },
	{ "webhook resend", .argument = "ID",
	  .help = "send a delivery, or an event, again",
	  .options = webhook_resend_options, .run = run_webhook_resend,
	  .columns = DELIVERY_COLUMNS },
	{ "webhook replay", .argument = "ENDPOINT",
	  .help = "send many events to an endpoint again",
	  .options = webhook_replay_options, .run = run_webhook_replay },
	{ "listen", .help = "forward webhooks to this machine",
	  .options = listen_options, .no_data = true, .run = run_listen },

	{ "rule add", .help = "say what a processor carries and takes",
	  .options = rule_add_options, .run = run_rule_add },
	{ "rule list", .help = "list the fee rules in force",
	  .options = rule_list_options, .run = run_rule_list,
	  .columns = "id,processor,payment_type,country,card_scheme,currency,"
	    "percent,fixed,ended_at" },
	{ "rule end", .argument = "ID", .help = "use a fee rule no longer",
	  .run = run_rule_end },

	{ "settlement run", .help = "put paid payments into batches",
	  .options = settlement_run_options, .run = run_settlement_run,
	  .columns = "id,partnerId,clientId,totalNet,currency,status" },
	{ "settlement list", .help = "list batches, the newest first",
	  .options = settlement_list_options, .run = run_settlement_list,
	  .columns = "createdAt,id,partnerId,clientId,totalNet,currency,"
	    "status" },
	{ "settlement show", .argument = "ID",
	  .help = "show a batch with its payments",
	  .options = settlement_show_options, .run = run_settlement_show },
	{ "settlement pay", .argument = "ID", .help = "pay a batch out",
	  .run = run_settlement_pay },
	{ "settlement report", .argument = "ID",
	  .help = "print a batch as CSV, a line a payment",
	  .run = run_settlement_report, .render = report_render },
	{ "payout-account set",
	  .help = "say where the money of a partner or client goes",
	  .options = payout_account_options, .run = run_payout_account_set },
	{ "payout-account list", .help = "list where money goes",
	  .options = settlement_partner_options,
	  .run = run_payout_account_list,
	  .columns = "partner_id,client_id,currency,rail,recipient" },

	{ "tx list", .help = "list payments, the newest first",
	  .options = tx_list_options, .run = run_tx_list,
	  .columns = "createdAt,cliveTxId,partnerId,clientId,"
	    "echezonaReference,amount,currency,status" },
	{ "tx show", .argument = "ID", .help = "show a payment",
	  .run = run_tx_show },
	{ "tx explain", .argument = "ID",
	  .help = "tell what happened to a payment; -v tells all",
	  .run = run_tx_explain, .render = timeline_render },
	{ "tail", .help = "follow payments, events and deliveries",
	  .options = tail_options, .run = run_tail },
	{ "trigger", .argument = "EVENT",
	  .help = "make a payment that ends in an event (sandbox)",
	  .options = trigger_options, .run = run_trigger },

	{ "operator add", .help = "make an account for the admin page",
	  .options = operator_add_options, .run = run_operator_add,
	  .note = password_note },
	{ "operator list", .help = "list the accounts",
	  .run = run_operator_list,
	  .columns = "email,role,second_factor_since,created_at,disabled_at" },
	{ "operator password", .help = "set a password, end the sessions",
	  .options = operator_password_options,
	  .run = run_operator_password, .note = password_note },
	{ "operator reset-password",
	  .help = "make a password that has to be changed at once",
	  .options = email_required, .run = run_operator_reset_password,
	  .note = password_note },
	{ "operator role", .help = "change what an account may do",
	  .options = operator_role_options, .run = run_operator_role },
	{ "operator disable", .help = "close an account, end its sessions",
	  .options = email_required, .run = run_operator_disable },
	{ "operator enable", .help = "open a closed account again",
	  .options = email_required, .run = run_operator_enable },
	{ "operator require-second-factor",
	  .help = "say whether an account needs a second factor",
	  .options = operator_require_options,
	  .run = run_operator_require_factor },
	{ "operator reset-second-factor",
	  .help = "take authenticator and recovery codes away",
	  .options = email_required, .run = run_operator_reset_factor },
	{ "audit list", .help = "list what was done, the newest first",
	  .options = audit_list_options, .run = run_audit_list,
	  .columns = "at,actor,action,subject" },

	{ "verify", .help = "check database, audit log and ledger",
	  .options = verify_options, .run = run_verify },
	{ "backup", .argument = "FILE",
	  .help = "copy the database while it is in use",
	  .run = run_backup },
	{ "restore", .argument = "FILE",
	  .help = "put a backup in the place of the database",
	  .options = restore_options, .no_data = true, .run = run_restore },
	{ "export", .argument = "WHAT",
	  .help = "print transactions, events, ledger or audit log",
	  .options = export_options, .run = run_export,
	  .render = report_render },
	{ "reconcile-report", .argument = "FILE",
	  .help = "hold a processor's report against the payments",
	  .options = reconcile_report_options,
	  .run = run_reconcile_report },
	{ "rekey", .help = "seal all secrets under a new master key",
	  .options = rekey_options, .run = run_rekey },
	{ "doctor", .help = "look for what is wrong with this installation",
	  .no_data = true, .run = run_doctor, .render = doctor_render },
	{ "status", .help = "show figures and heartbeats",
	  .run = run_status },
	{ "sandbox advance", .argument = "TIME",
	  .help = "move the sandbox clock on by 30s, 90m, 25h or 2d",
	  .run = run_sandbox_advance },

	{ "sign", .help = "sign standard input with HMAC-SHA256",
	  .options = sign_options, .no_data = true, .run = run_sign,
	  .render = sign_render },
	{ "completion", .argument = "SHELL",
	  .help = "print what bash, zsh or fish complete lines by",
	  .no_data = true, .run = run_completion,
	  .render = completion_render },
	{ "help", .argument = "[COMMAND]", .help = "explain a command",
	  .no_data = true, .run = run_help, .render = help_render },
	{ "version", .help = "print the version", .no_data = true,
	  .run = run_version, .render = version_render },
	END
};
