/* SPDX-License-Identifier: ISC */
/* sql.c - the statement table, and nothing else. */
#include "sql.h"

/*
 * The columns of a payment in the order that tx_of_row reads them, from the
 * tables t (tx), p (partner) and c (client).
 */
#define TX_COLUMNS \
	"t.clive_tx_id, t.partner_id, t.client_id, t.amount, t.currency, " \
	"t.echezona_reference, t.meta, t.status, t.processor, t.processor_ref, " \
	"t.processor_fee_ppm, t.partner_fee_ppm, t.clive_earning_ppm, " \
	"t.clive_earning, t.processor_fee, t.platform_fee, t.net_amount, " \
	"t.refunded_amount, t.disputed_amount, t.settlement_status, t.created_at, " \
	"t.updated_at, p.legal_name, c.legal_name, t.email, t.fee_rule_id, " \
	"t.livemode, t.refunding_amount, t.told_refunded "

#define TX_TABLES \
	"FROM tx t JOIN partner p ON p.partner_id = t.partner_id " \
	"JOIN client c ON c.partner_id = t.partner_id " \
	"AND c.client_id = t.client_id "

/* The columns of a key as merchant_key_write reads them. */
#define MERCHANT_KEY_COLUMNS \
	"id, partner_id, client_id, livemode, name, prefix, scopes, " \
	"created_at, revoked_at "

/* An intent with its payment; what lib/intent.c reads after TX_COLUMNS. */
#define INTENT_SELECT \
	"SELECT " TX_COLUMNS ", i.id, i.description, i.method, " \
	"i.method_detail, i.next_action, i.return_url, i.failure_code, " \
	"i.failure_message, i.busy_until, i.created_at, i.updated_at, " \
	"coalesce(c.brand_display_name, c.legal_name) " TX_TABLES \
	"JOIN intent i ON i.clive_tx_id = t.clive_tx_id "

/* The columns of a refund in the order that refund_of_row reads them. */
#define REFUND_SELECT \
	"SELECT id, intent_id, clive_tx_id, partner_id, client_id, livemode, " \
	"amount, currency, reason, metadata, status, failure_code, " \
	"failure_message, processor_ref, created_at, updated_at FROM refund "

/* The columns of an endpoint in the order that webhook_of_row reads them. */
#define ENDPOINT_COLUMNS \
	"id, partner_id, name, url, api, livemode, status, disabled_reason, " \
	"schedule, pauses, rate_limit, max_parallel, ordered, ed25519, " \
	"last_duration_ms, last_success_at, failing_since, failures, " \
	"warned_at, hold_until, probe_at, seen_at, created_at, updated_at, " \
	"proven, client_id "

/* The columns of a buyer in the order that buyer_of_row reads them. */
#define BUYER_COLUMNS \
	"id, livemode, phone_number, name, country_code, pin, created_at, " \
	"disabled_at "

/* Those of a wallet, with its buyer's number, for wallet_of_row. */
#define WALLET_SELECT \
	"SELECT w.id, w.kind, w.livemode, w.currency, w.balance, w.buyer_id, " \
	"b.phone_number, w.partner_id, w.client_id, w.created_at, " \
	"w.updated_at FROM wallet w LEFT JOIN buyer b ON b.id = w.buyer_id "

/* Those of a movement between wallets, for transfer_of_row. */
#define TRANSFER_COLUMNS \
	"id, kind, from_wallet, to_wallet, livemode, currency, amount, " \
	"intent_id, refund_id, partner_id, client_id, to_phone, " \
	"description, metadata, created_at"

/* The columns of an event in the order that lib/webhook-log.c reads them. */
#define EVENT_COLUMNS \
	"e.id, e.type, e.partner_id, e.api, e.livemode, e.clive_tx_id, " \
	"e.created_at, e.client_id"

/* The columns of a delivery, with what came of its last attempt. */
#define DELIVERY_SELECT \
	"SELECT d.id, d.event_id, e.type, d.endpoint_id, w.name, w.url, " \
	"e.partner_id, e.clive_tx_id, d.origin, d.status, d.attempts, " \
	"d.next_attempt_at, d.created_at, d.updated_at, a.response_status, " \
	"a.error, e.client_id FROM delivery d JOIN event e ON e.id = d.event_id JOIN " \
	"webhook_endpoint w ON w.id = d.endpoint_id LEFT JOIN attempt a ON " \
	"a.delivery_id = d.id AND a.number = (SELECT max(x.number) FROM " \
	"attempt x WHERE x.delivery_id = d.id) "

/* An endpoint gets the events of a type: that one was named, or all were. */
#define SUBSCRIBED \
	"EXISTS (SELECT 1 FROM webhook_subscription s WHERE s.endpoint_id = " \
	"e.id AND (s.event_type = $2 OR s.event_type = '*'))"

/*
 * What a replay takes: the events of a stretch that an endpoint is subscribed
 * to and that are not on their way to it; or those whose last delivery to it
 * failed. Test events and challenges are of their moment.
 */
#define REPLAY_EVENTS_FROM \
	"FROM event e WHERE e.partner_id = $1 AND e.id > $2 AND e.id <= $3 " \
	"AND e.created_at >= $4 AND e.created_at < $5 AND e.api = $6 AND " \
	"coalesce(e.livemode, -1) = $7 AND coalesce(e.client_id, '') = $9 " \
	"AND e.type NOT IN ('webhook_test', 'endpoint_challenge') AND " \
	"EXISTS (SELECT 1 FROM webhook_subscription s WHERE s.endpoint_id = " \
	"$8 AND (s.event_type = e.type OR s.event_type = '*')) AND NOT " \
	"EXISTS (SELECT 1 FROM delivery d WHERE d.event_id = e.id AND " \
	"coalesce(d.endpoint_id, '') = $8 AND d.status = 'due') "
#define REPLAY_FAILED_FROM \
	"FROM delivery d JOIN event e ON e.id = d.event_id WHERE " \
	"d.endpoint_id = $1 AND d.status = 'failed' AND (d.updated_at, " \
	"d.id) > ($2, $3) AND (d.updated_at, d.id) <= ($4, $5) AND e.type " \
	"NOT IN ('webhook_test', 'endpoint_challenge') AND NOT EXISTS " \
	"(SELECT 1 FROM delivery x WHERE x.event_id = d.event_id AND " \
	"coalesce(x.endpoint_id, '') = $1 AND (x.status = 'due' OR x.id > " \
	"d.id)) "

/*
 * A delivery that no sender holds: its lease has ended, or reaches further
 * than any that is taken now can, since the clock was set back.
 */
#define UNHELD(now, far) \
	"(lease_until IS NULL OR lease_until <= " now " OR lease_until > " \
	far ")"

/* A delivery with what is to be sent, and how many attempts there were. */
#define FREE \
	"d.id, d.event_id, d.attempts, d.next_attempt_at, (SELECT count(*) " \
	"FROM attempt a WHERE a.delivery_id = d.id), e.type, e.clive_tx_id, " \
	"e.body FROM delivery d LEFT JOIN event e ON e.id = d.event_id "

/*
 * What may be settled: paid, in no batch, by no test key; the index tx_to_settle
 * holds just these.
 */
#define TO_SETTLE \
	"status = 'succeeded' AND settlement_status = 'unsettled' AND " \
	"coalesce(livemode, 1) = 1 "

/* The payments of one group, and nothing that a refund is on its way for. */
#define OF_GROUP \
	TO_SETTLE "AND partner_id = $1 AND client_id = $2 AND currency = $3 " \
	"AND created_at < $4 AND refunding_amount = 0 ORDER BY created_at, " \
	"clive_tx_id LIMIT $5"

/* The columns of a batch in the order that settlement_of_row reads them. */
#define BATCH_SELECT \
	"SELECT id, partner_id, client_id, currency, payments, gross, " \
	"processor_fees, platform_fees, refunded, net, status, rail, " \
	"recipient, payout_key, rail_quote, rail_transfer, busy_until, " \
	"looks, failure, unbooked, created_at, updated_at, paid_at FROM " \
	"settlement_batch "

/* No money of such a batch has moved. */
#define BATCH_UNPAID "status IN ('assembling', 'pending', 'failed')"

/* What the names of ledger accounts end in (lib/ledger.h). */
#define MODE "CASE WHEN t.livemode = 0 THEN ':test' ELSE '' END"

/* An operator as people see one, and what is left to get in by. */
#define OPERATOR_COLUMNS \
	"o.id, o.email, o.role, o.created_at, o.disabled_at, " \
	"o.must_change, o.second_factor, f.since, (SELECT count(*) FROM " \
	"operator_recovery r WHERE r.operator_id = o.id AND r.used_at IS " \
	"NULL) FROM operator o LEFT JOIN operator_factor f ON " \
	"f.operator_id = o.id"

#define AUDIT_PAGE_COLUMNS \
	"seq, at, actor, action, subject, detail FROM audit_event "
#define AUDIT_PAGE_WHERE \
	"($3 = '' OR actor = $3) AND ($4 = '' OR action = $4) AND at >= $5 " \
	"AND at < $6 ORDER BY seq DESC LIMIT $7"

const char *const sql_text[SQL_COUNT] = {
	/* API keys */
	[SQL_API_KEY_FIND] =
	    "SELECT id, partner_id, hmac_sealed FROM api_key WHERE key_hash "
	    "= $1 AND revoked_at IS NULL",
	[SQL_API_KEY_INSERT] =
	    "INSERT INTO api_key (id, partner_id, name, key_hash, key_hint, "
	    "hmac_sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
	[SQL_API_KEY_REVOKE] =
	    "UPDATE api_key SET revoked_at = $1 WHERE id = $2 AND "
	    "revoked_at IS NULL",
	[SQL_API_KEYS] =
	    "SELECT id, partner_id, name, key_hint, created_at, revoked_at "
	    "FROM api_key WHERE $1 = '' OR partner_id = $1 ORDER BY "
	    "created_at, id",
	[SQL_MERCHANT_KEY_INSERT] =
	    "INSERT INTO merchant_key (id, partner_id, client_id, livemode, "
	    "name, prefix, secret_hash, scopes, created_at) VALUES ($1, $2, "
	    "$3, $4, $5, $6, $7, $8, $9)",
	[SQL_MERCHANT_KEY_REVOKE] =
	    "UPDATE merchant_key SET revoked_at = $1 WHERE id = $2 AND "
	    "revoked_at IS NULL",
	[SQL_MERCHANT_KEY_BY_PREFIX] =
	    "SELECT id, partner_id, client_id, secret_hash, scopes, "
	    "revoked_at FROM merchant_key WHERE livemode = $1 AND prefix = "
	    "$2",
	[SQL_MERCHANT_KEY_FIND] =
	    "SELECT " MERCHANT_KEY_COLUMNS "FROM merchant_key WHERE id = $1",
	[SQL_MERCHANT_KEYS] =
	    "SELECT " MERCHANT_KEY_COLUMNS "FROM merchant_key WHERE "
	    "partner_id = $1 AND client_id = $2 AND livemode = $3 AND id < "
	    "$4 ORDER BY id DESC LIMIT $5",
	[SQL_MERCHANT_KEYS_OF_PARTNER] =
	    "SELECT " MERCHANT_KEY_COLUMNS "FROM merchant_key WHERE $1 = '' "
	    "OR partner_id = $1 ORDER BY created_at, id",

	/* Partners and clients */
	[SQL_PARTNER_FIND] =
	    "SELECT partner_id, legal_name, status, kyc_status, fee_ppm, "
	    "brand_display_name, brand_logo_url, brand_primary_color, "
	    "brand_secondary_color, widget_background_color, "
	    "widget_text_color, website_url, created_at, updated_at FROM "
	    "partner WHERE partner_id = $1",
	[SQL_PARTNERS] =
	    "SELECT partner_id, legal_name, status, kyc_status, fee_ppm, "
	    "brand_display_name, brand_logo_url, brand_primary_color, "
	    "brand_secondary_color, widget_background_color, "
	    "widget_text_color, website_url, created_at, updated_at FROM "
	    "partner ORDER BY partner_id",
	[SQL_PARTNER_INSERT] =
	    "INSERT INTO partner (partner_id, legal_name, status, "
	    "kyc_status, fee_ppm, created_at, updated_at) VALUES ($1, $2, "
	    "$3, $4, $5, $6, $6)",
	[SQL_PARTNER_UPDATE] =
	    "UPDATE partner SET legal_name = $1, status = $2, kyc_status = "
	    "$3, fee_ppm = $4, brand_display_name = $5, brand_logo_url = "
	    "$6, brand_primary_color = $7, brand_secondary_color = $8, "
	    "widget_background_color = $9, widget_text_color = $10, "
	    "website_url = $11, updated_at = $12 WHERE partner_id = $13",
	[SQL_CLIENT_FIND] =
	    "SELECT id, partner_id, client_id, legal_name, status, fee_ppm, "
	    "fee_flat_usd, brand_display_name, brand_logo_url, "
	    "brand_primary_color, brand_secondary_color, "
	    "widget_background_color, widget_text_color, website_url, "
	    "created_at, updated_at FROM client WHERE partner_id = $1 AND "
	    "client_id = $2",
	[SQL_CLIENTS] =
	    "SELECT id, partner_id, client_id, legal_name, status, fee_ppm, "
	    "fee_flat_usd, brand_display_name, brand_logo_url, "
	    "brand_primary_color, brand_secondary_color, "
	    "widget_background_color, widget_text_color, website_url, "
	    "created_at, updated_at FROM client WHERE partner_id = $1 AND id "
	    "< $2 ORDER BY id DESC LIMIT $3",
	[SQL_CLIENT_BY_NAME] =
	    "SELECT partner_id FROM client WHERE client_id = $1 ORDER BY "
	    "partner_id LIMIT 2",
	[SQL_CLIENT_INSERT] =
	    "INSERT INTO client (id, partner_id, client_id, legal_name, "
	    "status, fee_ppm, fee_flat_usd, created_at, updated_at) VALUES "
	    "($1, $2, $3, $4, $5, $6, $7, $8, $8)",
	[SQL_CLIENT_UPDATE] =
	    "UPDATE client SET legal_name = $1, status = $2, fee_ppm = $3, "
	    "fee_flat_usd = $4, brand_display_name = $5, brand_logo_url = "
	    "$6, brand_primary_color = $7, brand_secondary_color = $8, "
	    "widget_background_color = $9, widget_text_color = $10, "
	    "website_url = $11, updated_at = $12 WHERE partner_id = $13 AND "
	    "client_id = $14",
	[SQL_FEE_TERMS] =
	    "SELECT p.fee_ppm, c.fee_ppm, c.fee_flat_usd FROM partner p "
	    "JOIN client c ON c.partner_id = p.partner_id WHERE "
	    "p.partner_id = $1 AND c.client_id = $2",

	/* Payments */
	[SQL_TX_INSERT] =
	    "INSERT INTO tx (clive_tx_id, partner_id, client_id, amount, "
	    "currency, echezona_reference, meta, status, processor, "
	    "settlement_status, created_at, updated_at, email, api, "
	    "livemode) VALUES ($1, $2, $3, $4, $5, $6, $7, 'initialized', "
	    "$8, 'unsettled', $9, $9, $10, CASE WHEN $11 < 0 THEN 'clive' "
	    "ELSE 'payments' END, CASE WHEN $11 >= 0 THEN $11 END)",
	[SQL_TX_FIND] =
	    "SELECT " TX_COLUMNS TX_TABLES
	    "WHERE t.clive_tx_id = $1",
	[SQL_TX_FIND_BY_REF] =
	    "SELECT " TX_COLUMNS TX_TABLES
	    "WHERE t.processor = $1 AND t.processor_ref = $2",
	[SQL_TX_LIST] =
	    "SELECT " TX_COLUMNS TX_TABLES
	    "WHERE t.clive_tx_id < $1 AND ($2 = '' OR t.partner_id = $2) "
	    "AND ($3 = '' OR t.status = $3) AND ($4 = '' OR t.client_id = "
	    "$4) AND t.clive_tx_id >= $5 AND ($7 = 1 OR "
	    "coalesce(t.livemode, 1) = 1) ORDER BY t.clive_tx_id DESC LIMIT "
	    "$6",
	/* The index has no test payments, so the statement says it too. */
	[SQL_TX_LIST_OF_PARTNER] =
	    "SELECT " TX_COLUMNS TX_TABLES
	    "WHERE t.clive_tx_id < $1 AND t.partner_id = $2 AND "
	    "coalesce(t.livemode, 1) = 1 AND ($3 = '' OR t.status = $3) AND "
	    "($4 = '' OR t.client_id = $4) AND t.clive_tx_id >= $5 ORDER BY "
	    "t.clive_tx_id DESC LIMIT $6",
	/* A page by each of two indexes, and of these the newest. */
	[SQL_TX_LIST_ALL_OF_PARTNER] =
	    "SELECT " TX_COLUMNS TX_TABLES
	    "WHERE t.clive_tx_id IN (SELECT x.clive_tx_id FROM (SELECT "
	    "clive_tx_id FROM tx WHERE clive_tx_id < $1 AND partner_id = $2 "
	    "AND coalesce(livemode, 1) = 1 AND ($3 = '' OR status = $3) AND "
	    "($4 = '' OR client_id = $4) AND clive_tx_id >= $5 ORDER BY "
	    "clive_tx_id DESC LIMIT $6) x UNION ALL SELECT y.clive_tx_id "
	    "FROM (SELECT clive_tx_id FROM tx WHERE clive_tx_id < $1 AND "
	    "partner_id = $2 AND livemode = 0 AND ($3 = '' OR status = $3) "
	    "AND ($4 = '' OR client_id = $4) AND clive_tx_id >= $5 ORDER BY "
	    "clive_tx_id DESC LIMIT $6) y) ORDER BY t.clive_tx_id DESC LIMIT "
	    "$6",
	[SQL_TX_LIST_OF_REFERENCE] =
	    "SELECT " TX_COLUMNS TX_TABLES
	    "WHERE t.clive_tx_id < $1 AND ($2 = '' OR t.partner_id = $2) "
	    "AND t.echezona_reference = $7 AND ($3 = '' OR t.status = $3) "
	    "AND ($4 = '' OR t.client_id = $4) AND t.clive_tx_id >= $5 AND "
	    "($8 = 1 OR coalesce(t.livemode, 1) = 1) ORDER BY t.clive_tx_id "
	    "DESC LIMIT $6",
	[SQL_TX_ATTACH] =
	    "UPDATE tx SET processor_ref = $1, status = 'pending', "
	    "updated_at = $2 WHERE clive_tx_id = $3 AND status = "
	    "'initialized' AND processor_ref IS NULL",
	[SQL_TX_MOVE] =
	    "UPDATE tx SET status = $1, updated_at = $2 WHERE clive_tx_id = "
	    "$3 AND status = $4",
	[SQL_TX_SUCCEED] =
	    "UPDATE tx SET status = 'succeeded', updated_at = $1, "
	    "processor_fee_ppm = $4, partner_fee_ppm = $5, "
	    "clive_earning_ppm = $6, clive_earning = $7, processor_fee = "
	    "$8, platform_fee = $9, net_amount = $10 WHERE clive_tx_id = $2 "
	    "AND status = $3",
	[SQL_TX_SET_REFUNDED] =
	    "UPDATE tx SET refunded_amount = $1, updated_at = $2 WHERE "
	    "clive_tx_id = $3",
	[SQL_TX_SET_DISPUTED] =
	    "UPDATE tx SET disputed_amount = $1, updated_at = $2 WHERE "
	    "clive_tx_id = $3",
	[SQL_TX_STALE] =
	    "SELECT clive_tx_id FROM tx WHERE status IN ('initialized', "
	    "'pending') AND updated_at < $1 ORDER BY updated_at LIMIT $2",
	[SQL_TX_SET_PROCESSOR] =
	    "UPDATE tx SET processor = $1, fee_rule_id = $2, next_look_at = "
	    "$3 WHERE clive_tx_id = $4 AND status = 'initialized'",
	[SQL_TX_SET_REF] =
	    "UPDATE tx SET processor_ref = $1, updated_at = $2 WHERE "
	    "clive_tx_id = $3 AND processor_ref = $4",
	[SQL_TX_SET_LOOK] =
	    "UPDATE tx SET next_look_at = $1, looks = $2 WHERE clive_tx_id "
	    "= $3",
	/* Not of one that was given up for good while it was looked at. */
	[SQL_TX_LOOKED] =
	    "UPDATE tx SET next_look_at = $1, looks = $2 WHERE clive_tx_id "
	    "= $3 AND looks < 20",
	[SQL_TX_LOOKS_DUE] =
	    "SELECT clive_tx_id, processor, processor_ref, looks, livemode "
	    "FROM tx WHERE status IN ('pending', 'failed', 'abandoned') AND "
	    "looks < 20 AND next_look_at <= $1 AND processor_ref IS NOT NULL "
	    "ORDER BY next_look_at LIMIT $2",
	/* Of both kinds of looks; a question may belong to a refund as well. */
	[SQL_LOOK_NEXT_DUE] =
	    "SELECT min(n.at) FROM (SELECT (SELECT next_look_at FROM "
	    "processor_call WHERE status IN ('asking', 'unknown') AND "
	    "next_look_at > $1 ORDER BY next_look_at LIMIT 1) AS at UNION "
	    "ALL SELECT (SELECT next_look_at FROM tx WHERE status IN "
	    "('pending', 'failed', 'abandoned') AND looks < 20 AND "
	    "next_look_at > $1 ORDER BY next_look_at LIMIT 1) AS at) n",
	[SQL_FEE_RULES_MATCHING] =
	    "SELECT id, processor, percent_ppm, fixed_hundredths FROM "
	    "fee_rule WHERE ended_at IS NULL AND payment_type IN ('*', $1) "
	    "AND country IN ('*', $2) AND card_scheme IN ('*', $3) AND "
	    "currency IN ('*', $4) AND ($5 = '' OR processor = $5) ORDER BY "
	    "id",
	[SQL_FEE_RULE_FIND] =
	    "SELECT percent_ppm, fixed_hundredths FROM fee_rule WHERE id = "
	    "$1",
	[SQL_FEE_RULES] =
	    "SELECT id, processor, payment_type, country, card_scheme, "
	    "currency, percent_ppm, fixed_hundredths, created_at, ended_at "
	    "FROM fee_rule WHERE $1 = 1 OR ended_at IS NULL ORDER BY "
	    "processor, payment_type, created_at, id",
	[SQL_FEE_RULE_INSERT] =
	    "INSERT INTO fee_rule (id, processor, payment_type, country, "
	    "card_scheme, currency, percent_ppm, fixed_hundredths, "
	    "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	[SQL_FEE_RULE_END] =
	    "UPDATE fee_rule SET ended_at = $1 WHERE id = $2 AND ended_at "
	    "IS NULL",
	[SQL_ROUTE_DECISION_INSERT] =
	    "INSERT INTO route_decision (clive_tx_id, inputs, candidates, "
	    "created_at) VALUES ($1, $2, $3, $4)",
	[SQL_ROUTE_DECISION_OF_TX] =
	    "SELECT created_at, inputs, candidates FROM route_decision "
	    "WHERE clive_tx_id = $1",
	[SQL_PROCESSOR_CALL_INSERT] =
	    "INSERT INTO processor_call (id, clive_tx_id, processor, "
	    "operation, fee_rule_id, idempotency_key, status, payment_type, "
	    "descriptor_suffix, started_at, next_look_at) VALUES ($1, $2, "
	    "$3, $4, $5, $6, 'asking', $7, $8, $9, $10)",
	[SQL_PROCESSOR_CALL_FINISH] =
	    "UPDATE processor_call SET status = $1, answer_status = $2, "
	    "answer_message = $3, finished_at = $4 WHERE id = $5",
	/* Of two that look at the same time, one gets the row. */
	[SQL_PROCESSOR_CALL_LOOK] =
	    "UPDATE processor_call SET next_look_at = $1, looks = $2 WHERE "
	    "id = $3 AND next_look_at = $4 AND status IN ('asking', "
	    "'unknown')",
	[SQL_PROCESSOR_CALL_OPEN_OF_TX] =
	    "SELECT id, fee_rule_id, processor, started_at, status FROM "
	    "processor_call WHERE clive_tx_id = $1 AND operation = 'open' "
	    "AND status IN ('asking', 'unknown', 'done') ORDER BY "
	    "started_at DESC, id DESC LIMIT 1",
	[SQL_PROCESSOR_CALL_HOSTED_OF_TX] =
	    "SELECT id, idempotency_key, started_at FROM processor_call "
	    "WHERE clive_tx_id = $1 AND operation = 'checkout' AND status IN "
	    "('asking', 'unknown') ORDER BY started_at DESC, id DESC LIMIT 1",
	[SQL_PROCESSOR_CALLS_DUE] =
	    "SELECT id, processor, idempotency_key, looks, clive_tx_id, "
	    "payment_type, descriptor_suffix, fee_rule_id, next_look_at, "
	    "payment_method, return_url FROM processor_call WHERE status IN "
	    "('asking', 'unknown') AND operation = 'open' AND next_look_at "
	    "<= $1 AND started_at > $3 ORDER BY next_look_at LIMIT $2",
	[SQL_PROCESSOR_CALLS_OF_TX] =
	    "SELECT started_at, finished_at, processor, operation, "
	    "fee_rule_id, idempotency_key, status, answer_status, "
	    "answer_message FROM processor_call WHERE clive_tx_id = $1 "
	    "ORDER BY started_at, id",

	/* Payments of the Payments API */
	[SQL_INTENT_INSERT] =
	    "INSERT INTO intent (id, clive_tx_id, partner_id, client_id, "
	    "livemode, description, return_url, created_at, updated_at) "
	    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
	[SQL_INTENT_FIND] =
	    INTENT_SELECT "WHERE i.id = $1",
	[SQL_INTENT_FIND_BY_TX] =
	    INTENT_SELECT "WHERE i.clive_tx_id = $1",
	/* A status of the API may be any of three of the payment's. */
	[SQL_INTENT_LIST] =
	    INTENT_SELECT "WHERE i.partner_id = $1 AND i.client_id = $2 AND "
	    "i.livemode = $3 AND i.id < $4 AND ($5 = '' OR t.status IN ($5, "
	    "$6, $7)) ORDER BY i.id DESC LIMIT $8",
	/* Of many that want it at the same time, one gets the row. */
	[SQL_INTENT_TAKE] =
	    "UPDATE intent SET busy_until = $1 WHERE id = $2 AND busy_until "
	    "<= $3",
	[SQL_INTENT_CONFIRM] =
	    "UPDATE intent SET method = $1, method_detail = $2, return_url "
	    "= coalesce($3, return_url), updated_at = $4 WHERE id = $5",
	[SQL_INTENT_ACTION] =
	    "UPDATE intent SET next_action = $1, updated_at = $2 WHERE id = "
	    "$3",
	[SQL_INTENT_FAILURE] =
	    "UPDATE intent SET failure_code = $1, failure_message = $2 "
	    "WHERE clive_tx_id = $3 AND failure_code IS NULL",
	[SQL_INTENT_MOVED] =
	    "UPDATE intent SET next_action = NULL, failure_code = $1, "
	    "failure_message = $2, updated_at = $3 WHERE id = $4",
	[SQL_INTENT_CALL_INSERT] =
	    "INSERT INTO processor_call (id, clive_tx_id, processor, "
	    "operation, fee_rule_id, idempotency_key, status, payment_type, "
	    "payment_method, return_url, started_at, next_look_at) VALUES "
	    "($1, $2, $3, 'open', $4, $5, 'asking', $6, $7, $8, $9, $10)",
	[SQL_INTENT_CALL_OPEN] =
	    "SELECT id, idempotency_key, fee_rule_id, processor, "
	    "payment_method, return_url, started_at FROM processor_call "
	    "WHERE clive_tx_id = $1 AND operation = 'open' AND status IN "
	    "('asking', 'unknown') ORDER BY started_at DESC, id DESC LIMIT 1",
	/* What a processor took after the payment was given up here. */
	[SQL_INTENT_ATTACH_LATE] =
	    "UPDATE tx SET processor = $1, fee_rule_id = $2, processor_ref "
	    "= $3, next_look_at = $4, updated_at = $5 WHERE clive_tx_id = "
	    "$6 AND status = 'abandoned' AND processor_ref IS NULL",

	/* Refunds of the Payments API */
	/* Of many at a time none gets more than is left. */
	[SQL_REFUND_SET_ASIDE] =
	    "UPDATE tx SET refunding_amount = refunding_amount + $1, "
	    "updated_at = $2 WHERE clive_tx_id = $3 AND status IN "
	    "('succeeded', 'refunded') AND refunded_amount + "
	    "refunding_amount + $1 <= amount",
	[SQL_REFUND_BOOK] =
	    "UPDATE tx SET refunding_amount = refunding_amount + $1, "
	    "refunded_amount = refunded_amount + $2, told_refunded = $3, "
	    "updated_at = $4 WHERE clive_tx_id = $5",
	[SQL_REFUND_INSERT] =
	    "INSERT INTO refund (id, intent_id, clive_tx_id, partner_id, "
	    "client_id, livemode, amount, currency, reason, metadata, "
	    "status, created_at, updated_at) VALUES ($1, (SELECT id FROM "
	    "intent WHERE clive_tx_id = $2), $2, $3, $4, $5, $6, $7, $8, "
	    "$9, $10, $11, $11)",
	[SQL_REFUND_FIND] =
	    REFUND_SELECT "WHERE id = $1",
	[SQL_REFUND_LIST] =
	    REFUND_SELECT "WHERE partner_id = $1 AND client_id = $2 AND "
	    "livemode = $3 AND id < $4 ORDER BY id DESC LIMIT $5",
	[SQL_REFUND_LIST_OF_INTENT] =
	    REFUND_SELECT "WHERE intent_id = $1 AND id < $2 ORDER BY id "
	    "DESC LIMIT $3",
	[SQL_REFUND_SETTLE] =
	    "UPDATE refund SET status = $1, failure_code = $2, "
	    "failure_message = $3, processor_ref = coalesce($4, "
	    "processor_ref), updated_at = $5 WHERE id = $6 AND status = $7",
	[SQL_REFUND_SET_REF] =
	    "UPDATE refund SET processor_ref = $1, updated_at = $2 WHERE id "
	    "= $3 AND processor_ref IS NULL",
	/* Those that the processor had done and then took back. */
	[SQL_REFUND_FAILED_SINCE] =
	    "SELECT coalesce(sum(amount), 0) FROM refund WHERE intent_id = "
	    "(SELECT id FROM intent WHERE clive_tx_id = $1) AND status = "
	    "'failed' AND processor_ref IS NOT NULL AND updated_at >= $2",
	[SQL_REFUND_CALL_INSERT] =
	    "INSERT INTO processor_call (id, clive_tx_id, processor, "
	    "operation, idempotency_key, status, started_at, next_look_at) "
	    "VALUES ($1, $2, $3, 'refund', $4, 'asking', $5, $6)",
	[SQL_REFUND_CALL_FINISH] =
	    "UPDATE processor_call SET status = $1, answer_status = $2, "
	    "answer_message = $3, finished_at = $4 WHERE clive_tx_id = $5 "
	    "AND operation = 'refund' AND idempotency_key = $6 AND status "
	    "IN ('asking', 'unknown')",
	[SQL_REFUND_CALLS_DUE] =
	    "SELECT id, idempotency_key, looks, next_look_at, processor FROM "
	    "processor_call WHERE status IN ('asking', 'unknown') AND "
	    "operation = 'refund' AND next_look_at <= $1 AND started_at > "
	    "$3 ORDER BY next_look_at LIMIT $2",
	/* Do the refunds of a payment add up to what its row says? */
	[SQL_REFUNDS_COMPARE] =
	    "SELECT t.clive_tx_id, CASE WHEN t.refunding_amount = "
	    "coalesce(sum(CASE WHEN r.status = 'pending' THEN r.amount ELSE "
	    "0 END), 0) AND t.refunded_amount = coalesce(sum(CASE WHEN "
	    "r.status = 'succeeded' THEN r.amount ELSE 0 END), 0) AND "
	    "t.told_refunded <= t.refunded_amount + t.refunding_amount AND "
	    "(t.status = 'chargeback' OR (t.status = 'refunded') = "
	    "(t.refunded_amount = t.amount)) AND coalesce(sum(CASE WHEN "
	    "r.currency <> t.currency THEN 1 ELSE 0 END), 0) = 0 THEN 1 "
	    "ELSE 0 END, count(r.id) FROM tx t LEFT JOIN refund r ON "
	    "r.clive_tx_id = t.clive_tx_id WHERE t.api = 'payments' OR "
	    "t.refunding_amount <> 0 GROUP BY t.clive_tx_id",

	/* Buyers and wallets */
	[SQL_BUYER_INSERT] =
	    "INSERT INTO buyer (id, livemode, phone_number, name, "
	    "country_code, pin, created_at) VALUES ($1, $2, $3, $4, $5, $6, "
	    "$7)",
	[SQL_BUYER_FIND] =
	    "SELECT " BUYER_COLUMNS "FROM buyer WHERE livemode = $1 AND "
	    "phone_number = $2",
	[SQL_BUYERS] =
	    "SELECT " BUYER_COLUMNS "FROM buyer WHERE livemode = $1 ORDER BY "
	    "phone_number",
	[SQL_BUYER_DISABLE] =
	    "UPDATE buyer SET disabled_at = $1 WHERE id = $2 AND "
	    "disabled_at IS NULL",
	[SQL_WALLET_INSERT] =
	    "INSERT INTO wallet (id, kind, livemode, currency, buyer_id, "
	    "partner_id, client_id, created_at, updated_at) VALUES ($1, $2, "
	    "$3, $4, $5, $6, $7, $8, $8) ON CONFLICT DO NOTHING",
	[SQL_WALLET_FIND] =
	    WALLET_SELECT "WHERE w.id = $1",
	[SQL_WALLET_OF_BUYER] =
	    WALLET_SELECT "WHERE w.kind = 'buyer' AND w.buyer_id = $1 AND "
	    "w.currency = $2",
	[SQL_WALLET_OF_MERCHANT] =
	    WALLET_SELECT "WHERE w.kind = 'merchant' AND w.partner_id = $1 "
	    "AND w.client_id = $2 AND w.livemode = $3 AND w.currency = $4",
	[SQL_WALLET_OUTSIDE] =
	    WALLET_SELECT "WHERE w.kind = 'outside' AND w.livemode = $1 AND "
	    "w.currency = $2",
	[SQL_WALLETS_OF_BUYER] =
	    WALLET_SELECT "WHERE w.kind = 'buyer' AND w.buyer_id = $1 ORDER "
	    "BY w.currency",
	[SQL_WALLETS_OF_MERCHANT] =
	    WALLET_SELECT "WHERE w.kind = 'merchant' AND w.partner_id = $1 "
	    "AND w.client_id = $2 AND w.livemode = $3 ORDER BY w.currency",
	[SQL_WALLETS] =
	    WALLET_SELECT "WHERE w.id > $1 AND w.livemode = $2 ORDER BY w.id "
	    "LIMIT $3",
	/* Of two that want the last of it, one gets it. */
	[SQL_WALLET_TAKE] =
	    "UPDATE wallet SET balance = balance - $1, updated_at = $2 WHERE "
	    "id = $3 AND (balance >= $1 OR kind = 'outside')",
	[SQL_WALLET_GIVE] =
	    "UPDATE wallet SET balance = balance + $1, updated_at = $2 WHERE "
	    "id = $3",
	[SQL_TRANSFER_INSERT] =
	    "INSERT INTO wallet_transfer (" TRANSFER_COLUMNS ") VALUES ($1, "
	    "$2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
	[SQL_TRANSFER_FIND] =
	    "SELECT " TRANSFER_COLUMNS " FROM wallet_transfer WHERE id = $1",
	[SQL_TRANSFER_OF_PAYMENT] =
	    "SELECT " TRANSFER_COLUMNS " FROM wallet_transfer WHERE "
	    "intent_id = $1 AND kind = 'payment'",
	[SQL_TRANSFERS_OF_MERCHANT] =
	    "SELECT " TRANSFER_COLUMNS " FROM wallet_transfer WHERE kind = "
	    "'transfer' AND partner_id = $1 AND client_id = $2 AND livemode "
	    "= $3 AND id < $4 ORDER BY id DESC LIMIT $5",
	/* Each half is read in its index's order, and no further than a page. */
	[SQL_TRANSFERS_OF_WALLET] =
	    "SELECT * FROM (SELECT " TRANSFER_COLUMNS " FROM wallet_transfer "
	    "WHERE from_wallet = $1 AND id < $2 ORDER BY id DESC LIMIT $3) a "
	    "UNION ALL SELECT * FROM (SELECT " TRANSFER_COLUMNS " FROM "
	    "wallet_transfer WHERE to_wallet = $1 AND id < $2 ORDER BY id "
	    "DESC LIMIT $3) b ORDER BY 1 DESC LIMIT $3",
	[SQL_INTENT_SET_PAYER] =
	    "UPDATE intent SET method_detail = $1, updated_at = $2 WHERE id "
	    "= $3",
	[SQL_WALLETS_COMPARE] =
	    "SELECT w.id, CASE WHEN w.balance = coalesce((SELECT "
	    "sum(x.amount) FROM wallet_transfer x WHERE x.to_wallet = w.id), "
	    "0) - coalesce((SELECT sum(x.amount) FROM wallet_transfer x "
	    "WHERE x.from_wallet = w.id), 0) AND (w.balance >= 0 OR w.kind "
	    "= 'outside') THEN 1 ELSE 0 END FROM wallet w ORDER BY w.id",
	[SQL_WALLETS_SUM] =
	    "SELECT livemode, currency FROM wallet GROUP BY livemode, "
	    "currency HAVING sum(balance) <> 0",
	[SQL_TRANSFERS_COUNT] =
	    "SELECT count(*) FROM wallet_transfer",
	/* What the ledger says of a payment by wallet, and what was moved. */
	[SQL_TRANSFERS_COMPARE] =
	    "SELECT t.clive_tx_id, CASE WHEN coalesce((SELECT sum(x.amount) "
	    "FROM wallet_transfer x WHERE x.intent_id = i.id AND x.kind = "
	    "'payment'), 0) = coalesce((SELECT sum(l.amount) FROM "
	    "ledger_entry l WHERE l.clive_tx_id = t.clive_tx_id AND l.kind = "
	    "'capture'), 0) AND coalesce((SELECT sum(x.amount) FROM "
	    "wallet_transfer x WHERE x.intent_id = i.id AND x.kind = "
	    "'refund'), 0) = coalesce((SELECT sum(l.amount) FROM "
	    "ledger_entry l WHERE l.clive_tx_id = t.clive_tx_id AND l.kind = "
	    "'refund'), 0) THEN 1 ELSE 0 END FROM tx t LEFT JOIN intent i ON "
	    "i.clive_tx_id = t.clive_tx_id WHERE t.processor = 'wallet' AND "
	    "t.processor_ref IS NOT NULL",
	/* Moved for a payment that is none of wallets, or not in its money. */
	[SQL_TRANSFERS_STRAY] =
	    "SELECT x.id FROM wallet_transfer x LEFT JOIN intent i ON i.id = "
	    "x.intent_id LEFT JOIN tx t ON t.clive_tx_id = i.clive_tx_id "
	    "WHERE x.intent_id IS NOT NULL AND (t.clive_tx_id IS NULL OR "
	    "t.processor <> 'wallet' OR t.currency <> x.currency OR "
	    "i.livemode <> x.livemode)",

	/* Idempotency */
	[SQL_IDEMPOTENCY_FIND] =
	    "SELECT body_hash, status, answer, day, clive_tx_id, "
	    "lease_until FROM idempotency WHERE day IN ($1, $2, $3) AND "
	    "owner = $4 AND path = $5 AND idempotency_key = $6 AND "
	    "created_at > $7",
	[SQL_IDEMPOTENCY_STORE] =
	    "INSERT INTO idempotency (day, owner, path, idempotency_key, "
	    "body_hash, status, answer, created_at) VALUES ($1, $2, $3, $4, "
	    "$5, $6, $7, $8)",
	[SQL_IDEMPOTENCY_CLAIM] =
	    "INSERT INTO idempotency (day, owner, path, idempotency_key, "
	    "body_hash, clive_tx_id, lease_until, created_at) VALUES ($1, "
	    "$2, $3, $4, $5, $6, $7, $8)",
	[SQL_IDEMPOTENCY_LEASE] =
	    "UPDATE idempotency SET lease_until = $1 WHERE day = $2 AND "
	    "owner = $3 AND path = $4 AND idempotency_key = $5 AND status "
	    "IS NULL",
	[SQL_IDEMPOTENCY_ANSWER] =
	    "UPDATE idempotency SET status = $1, answer = $2, lease_until = "
	    "0 WHERE day = $3 AND owner = $4 AND path = $5 AND "
	    "idempotency_key = $6",
	[SQL_IDEMPOTENCY_EXPIRE] =
	    "DELETE FROM idempotency WHERE day < $1",

	/* What processors sent */
	[SQL_PROCESSOR_EVENT_INSERT] =
	    "INSERT INTO processor_event (processor, event_id, type, "
	    "processor_ref, object_id, clive_tx_id, outcome, body, "
	    "received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
	    "ON CONFLICT (processor, event_id) DO NOTHING",
	[SQL_PROCESSOR_EVENT_OUTCOME] =
	    "SELECT outcome, clive_tx_id FROM processor_event WHERE "
	    "processor = $1 AND event_id = $2",
	[SQL_PROCESSOR_EVENT_SETTLE] =
	    "UPDATE processor_event SET outcome = $1, clive_tx_id = $2 "
	    "WHERE processor = $3 AND event_id = $4",
	[SQL_PROCESSOR_EVENTS_WAITING] =
	    "SELECT body FROM processor_event WHERE processor = $1 AND "
	    "processor_ref = $2 AND outcome = 'waiting' ORDER BY "
	    "received_at, event_id",
	[SQL_PROCESSOR_OBJECT_APPLIED] =
	    "SELECT event_id FROM processor_event WHERE processor = $1 AND "
	    "object_id = $2 AND event_id <> $3 AND outcome = 'applied' "
	    "LIMIT 1",
	[SQL_PROCESSOR_EVENTS_OF_TX] =
	    "SELECT received_at, processor, event_id, type, outcome, body "
	    "FROM processor_event WHERE clive_tx_id = $1 ORDER BY "
	    "received_at, event_id",

	/* Ledger */
	[SQL_LEDGER_INSERT] =
	    "INSERT INTO ledger_entry (id, clive_tx_id, kind, "
	    "debit_account, credit_account, amount, currency, created_at) "
	    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
	[SQL_LEDGER_COUNT] =
	    "SELECT count(*) FROM ledger_entry",
	[SQL_LEDGER_COMPARE] =
	    "SELECT t.clive_tx_id, CASE WHEN coalesce(sum(CASE WHEN "
	    "l.debit_account = 'processor:' || t.processor || " MODE " THEN "
	    "l.amount WHEN l.credit_account = 'processor:' || t.processor "
	    "|| " MODE " THEN -l.amount ELSE 0 END), 0) = CASE WHEN "
	    "t.net_amount IS NULL THEN 0 ELSE t.amount - t.processor_fee - "
	    "t.refunded_amount - t.disputed_amount END AND "
	    "coalesce(sum(CASE WHEN l.credit_account = 'revenue' || " MODE
	    " THEN l.amount WHEN l.debit_account = 'revenue' || " MODE
	    " THEN -l.amount ELSE 0 END), 0) = coalesce(t.platform_fee, 0) "
	    "AND coalesce(sum(CASE WHEN l.credit_account = 'partner:' || "
	    "t.partner_id || " MODE " THEN l.amount WHEN l.debit_account = "
	    "'partner:' || t.partner_id || " MODE " THEN -l.amount ELSE 0 "
	    "END), 0) = CASE WHEN t.net_amount IS NULL THEN 0 ELSE "
	    "t.net_amount - t.refunded_amount - t.disputed_amount - CASE "
	    "WHEN t.settlement_status = 'paid' THEN t.settlement_amount "
	    "ELSE 0 END END AND "
	    "coalesce(sum(CASE WHEN l.currency <> t.currency THEN 1 ELSE 0 "
	    "END), 0) = 0 AND (t.net_amount IS NOT NULL) = (t.status NOT IN "
	    "('initialized', 'pending', 'failed', 'abandoned')) THEN 1 ELSE "
	    "0 END FROM tx t LEFT JOIN ledger_entry l ON l.clive_tx_id = "
	    "t.clive_tx_id GROUP BY t.clive_tx_id",
	[SQL_LEDGER_OF_TX] =
	    "SELECT created_at, kind, debit_account, credit_account, "
	    "amount, currency FROM ledger_entry WHERE clive_tx_id = $1 "
	    "ORDER BY created_at, CASE kind WHEN 'capture' THEN 1 "
	    "WHEN 'processor_fee' THEN 2 WHEN 'platform_fee' THEN 3 "
	    "ELSE 4 END, id",

	/* Settlements */
	/* The next group after one: a look, however many payments it has. */
	[SQL_SETTLE_NEXT_GROUP] =
	    "SELECT partner_id, client_id, currency FROM tx WHERE status = "
	    "'succeeded' AND settlement_status = 'unsettled' AND "
	    "coalesce(livemode, 1) = 1 AND (partner_id, client_id, currency) "
	    "> ($1, $2, $3) ORDER BY partner_id, client_id, currency LIMIT 1",
	[SQL_SETTLE_SUM] =
	    "SELECT count(*), coalesce(sum(x.owed), 0) FROM (SELECT "
	    "net_amount - refunded_amount - disputed_amount AS owed FROM tx "
	    "WHERE " OF_GROUP ") x",
	[SQL_SETTLE_PAGE] =
	    "UPDATE tx SET settlement_status = 'queued', "
	    "settlement_batch_id = $6, settlement_amount = net_amount - "
	    "refunded_amount - disputed_amount, updated_at = $7 WHERE "
	    "clive_tx_id IN (SELECT clive_tx_id FROM tx WHERE " OF_GROUP ") "
	    "RETURNING amount, processor_fee, platform_fee, "
	    "settlement_amount",
	[SQL_SETTLE_OF_TX] =
	    "SELECT b.id, b.status, t.amount, t.processor_fee, "
	    "t.platform_fee, t.settlement_amount FROM tx t JOIN "
	    "settlement_batch b ON b.id = t.settlement_batch_id WHERE "
	    "t.clive_tx_id = $1",
	[SQL_SETTLE_LEAVE] =
	    "UPDATE tx SET settlement_status = 'unsettled', "
	    "settlement_batch_id = NULL, settlement_amount = NULL, "
	    "updated_at = $1 WHERE clive_tx_id = $2 AND settlement_status = "
	    "'queued'",
	[SQL_SETTLE_QUEUED] =
	    "SELECT clive_tx_id FROM tx WHERE settlement_batch_id = $1 AND "
	    "settlement_status = 'queued' ORDER BY clive_tx_id LIMIT $2",
	[SQL_SETTLE_BOOK] =
	    "UPDATE tx SET settlement_status = 'paid', updated_at = $1 WHERE "
	    "clive_tx_id IN (SELECT clive_tx_id FROM tx WHERE "
	    "settlement_batch_id = $2 AND settlement_status = 'queued' ORDER "
	    "BY clive_tx_id LIMIT $3) RETURNING clive_tx_id, "
	    "settlement_amount",
	[SQL_BATCH_INSERT] =
	    "INSERT INTO settlement_batch (id, partner_id, client_id, "
	    "currency, status, created_at, updated_at) VALUES ($1, $2, $3, "
	    "$4, 'assembling', $5, $5)",
	[SQL_BATCH_ASSEMBLING] =
	    "SELECT id FROM settlement_batch WHERE partner_id = $1 AND "
	    "client_id = $2 AND currency = $3 AND status = 'assembling'",
	[SQL_BATCH_ADD] =
	    "UPDATE settlement_batch SET payments = payments + $1, gross = "
	    "gross + $2, processor_fees = processor_fees + $3, "
	    "platform_fees = platform_fees + $4, refunded = refunded + $5, "
	    "net = net + $6, updated_at = $7 WHERE id = $8 AND " BATCH_UNPAID,
	[SQL_BATCH_READY] =
	    "UPDATE settlement_batch SET status = 'pending', updated_at = $1 "
	    "WHERE id = $2 AND status = 'assembling'",
	[SQL_BATCH_DELETE] =
	    "DELETE FROM settlement_batch WHERE id = $1 AND payments = 0 AND "
	    "status IN ('assembling', 'pending', 'failed')",
	[SQL_BATCH_FIND] =
	    BATCH_SELECT "WHERE id = $1 AND status <> 'assembling'",
	[SQL_BATCH_LIST] =
	    BATCH_SELECT "WHERE id < $1 AND status <> 'assembling' AND ($2 = "
	    "'' OR status = $2) AND ($3 = '' OR client_id = $3) ORDER BY id "
	    "DESC LIMIT $4",
	[SQL_BATCH_LIST_OF_PARTNER] =
	    BATCH_SELECT "WHERE partner_id = $5 AND id < $1 AND status <> "
	    "'assembling' AND ($2 = '' OR status = $2) AND ($3 = '' OR "
	    "client_id = $3) ORDER BY id DESC LIMIT $4",
	[SQL_BATCH_TX_IDS] =
	    "SELECT clive_tx_id FROM tx WHERE settlement_batch_id = $1 ORDER "
	    "BY clive_tx_id",
	[SQL_BATCH_TXS] =
	    "SELECT " TX_COLUMNS ", t.settlement_amount " TX_TABLES
	    "WHERE t.settlement_batch_id = $1 AND t.clive_tx_id > $2 ORDER "
	    "BY t.clive_tx_id LIMIT $3",
	/* What has come to nothing or less, so that nobody can pay it. */
	[SQL_BATCHES_VOID] =
	    "SELECT id FROM settlement_batch WHERE (status = 'pending' OR "
	    "status = 'failed') AND net <= 0 AND ($1 = '' OR partner_id = "
	    "$1) AND ($2 = '' OR client_id = $2) ORDER BY id LIMIT 1",
	[SQL_BATCH_TAKE] =
	    "UPDATE settlement_batch SET status = 'sending', rail = $1, "
	    "recipient = $2, payout_key = $3, rail_quote = NULL, "
	    "rail_transfer = NULL, tries = tries + 1, looks = 0, busy_until "
	    "= $4, next_look_at = $5, failure = NULL, updated_at = $6 WHERE "
	    "id = $7 AND status IN ('pending', 'failed') AND net > 0",
	[SQL_BATCH_RETAKE] =
	    "UPDATE settlement_batch SET looks = looks + 1, busy_until = $1, "
	    "next_look_at = $2, updated_at = $3 WHERE id = $4 AND status = "
	    "'sending' AND busy_until = $5",
	[SQL_BATCH_STEP] =
	    "UPDATE settlement_batch SET rail_quote = coalesce($1, "
	    "rail_quote), rail_transfer = coalesce($2, rail_transfer), "
	    "busy_until = $3, updated_at = $4 WHERE id = $5 AND status = "
	    "'sending' AND payout_key = $6 AND busy_until = $7",
	[SQL_BATCH_UNKNOWN] =
	    "UPDATE settlement_batch SET busy_until = 0, failure = $1, "
	    "updated_at = $2 WHERE id = $3 AND status = 'sending' AND "
	    "payout_key = $4 AND busy_until = $5",
	[SQL_BATCH_FAIL] =
	    "UPDATE settlement_batch SET status = 'failed', failure = $1, "
	    "busy_until = 0, next_look_at = NULL, updated_at = $2 WHERE id "
	    "= $3 AND status = 'sending' AND payout_key = $4 AND "
	    "busy_until = $5",
	/* Also where one that had asked too long ago was told no. */
	[SQL_BATCH_SENT] =
	    "UPDATE settlement_batch SET status = 'sent', rail_transfer = "
	    "$1, failure = NULL, busy_until = 0, next_look_at = NULL, "
	    "unbooked = payments, paid_at = $2, updated_at = $2 WHERE id = "
	    "$3 AND status IN ('sending', 'failed') AND payout_key = $4",
	[SQL_BATCH_BOOKED] =
	    "UPDATE settlement_batch SET unbooked = unbooked - $1 WHERE id = "
	    "$2",
	[SQL_BATCHES_DUE] =
	    "SELECT id FROM settlement_batch WHERE status = 'sending' AND "
	    "next_look_at <= $1 ORDER BY next_look_at LIMIT $2",
	[SQL_BATCHES_UNBOOKED] =
	    "SELECT id FROM settlement_batch WHERE unbooked > 0 ORDER BY id "
	    "LIMIT $1",
	[SQL_BATCHES_PAYABLE] =
	    "SELECT id FROM settlement_batch WHERE status = 'pending' AND "
	    "net > 0 AND id > $1 ORDER BY id LIMIT 1",
	/* Is every batch the sum of its payments, and what was paid booked? */
	[SQL_BATCHES_COMPARE] =
	    "SELECT b.id, CASE WHEN b.payments = count(t.clive_tx_id) AND "
	    "b.gross = coalesce(sum(t.amount), 0) AND b.processor_fees = "
	    "coalesce(sum(t.processor_fee), 0) AND b.platform_fees = "
	    "coalesce(sum(t.platform_fee), 0) AND b.net = "
	    "coalesce(sum(t.settlement_amount), 0) AND coalesce(sum(CASE "
	    "WHEN t.partner_id = b.partner_id AND t.client_id = b.client_id "
	    "AND t.currency = b.currency THEN 0 ELSE 1 END), 0) = CASE WHEN "
	    "b.payments = 0 THEN 1 ELSE 0 END AND b.unbooked = CASE WHEN "
	    "b.status = 'sent' THEN coalesce(sum(CASE WHEN "
	    "t.settlement_status = 'queued' THEN 1 ELSE 0 END), 0) ELSE 0 "
	    "END AND (b.status = 'sent' OR coalesce(sum(CASE WHEN "
	    "t.settlement_status = 'paid' THEN 1 ELSE 0 END), 0) = 0) AND "
	    "coalesce(sum(CASE WHEN t.settlement_status = 'paid' THEN "
	    "t.settlement_amount ELSE 0 END), 0) = (SELECT coalesce(sum(CASE "
	    "WHEN l.debit_account = 'partner:' || b.partner_id AND "
	    "l.credit_account = 'rail:' || b.rail THEN l.amount WHEN "
	    "l.credit_account = 'partner:' || b.partner_id AND "
	    "l.debit_account = 'rail:' || b.rail THEN -l.amount ELSE NULL "
	    "END), 0) FROM tx x JOIN ledger_entry l ON l.clive_tx_id = "
	    "x.clive_tx_id AND l.kind = 'payout' WHERE x.settlement_batch_id "
	    "= b.id) THEN 1 ELSE 0 END, b.payments FROM settlement_batch b "
	    "LEFT JOIN tx t ON t.settlement_batch_id = b.id GROUP BY b.id "
	    "ORDER BY b.id",
	/* The client's own before its partner's, one currency's before any's. */
	[SQL_PAYOUT_ACCOUNT_FIND] =
	    "SELECT rail, recipient FROM payout_account WHERE partner_id = "
	    "$1 AND (client_id = $2 OR client_id = '') AND (currency = $3 OR "
	    "currency = '*') AND rail = $4 ORDER BY client_id DESC, currency "
	    "DESC LIMIT 1",
	[SQL_PAYOUT_ACCOUNT_SET] =
	    "INSERT INTO payout_account (partner_id, client_id, currency, "
	    "rail, recipient, created_at, updated_at) VALUES ($1, $2, $3, "
	    "$4, $5, $6, $6) ON CONFLICT (partner_id, client_id, currency, "
	    "rail) DO UPDATE SET recipient = excluded.recipient, updated_at "
	    "= excluded.updated_at",
	[SQL_PAYOUT_ACCOUNTS] =
	    "SELECT partner_id, client_id, currency, rail, recipient, "
	    "created_at, updated_at FROM payout_account WHERE $1 = '' OR "
	    "partner_id = $1 ORDER BY partner_id, client_id, currency, rail",

	/* Audit */
	[SQL_AUDIT_HEAD] =
	    "SELECT seq, hash FROM audit_head WHERE id = 1",
	[SQL_AUDIT_HEAD_TAKE] =
	    "UPDATE audit_head SET seq = seq + 1 WHERE id = 1 RETURNING "
	    "seq, hash",
	[SQL_AUDIT_HEAD_SET] =
	    "UPDATE audit_head SET seq = $1, hash = $2 WHERE id = 1",
	[SQL_AUDIT_INSERT] =
	    "INSERT INTO audit_event (seq, at, actor, action, subject, "
	    "detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
	[SQL_AUDIT_ALL] =
	    "SELECT seq, at, actor, action, subject, detail, hash FROM "
	    "audit_event ORDER BY seq",
	/* A page of the log for people; "" leaves a condition out. */
	[SQL_AUDIT_PAGE] =
	    "SELECT " AUDIT_PAGE_COLUMNS "WHERE seq < $1 AND seq >= $2 AND "
	    AUDIT_PAGE_WHERE,
	[SQL_AUDIT_PAGE_OF_SUBJECT] =
	    "SELECT " AUDIT_PAGE_COLUMNS "WHERE subject = $8 AND seq < $1 AND "
	    "seq >= $2 AND " AUDIT_PAGE_WHERE,
	[SQL_AUDIT_NEWEST] =
	    "SELECT seq, at, actor, action, subject, detail, hash FROM "
	    "audit_event WHERE seq >= $1 ORDER BY seq",
	[SQL_AUDIT_OF_SUBJECT] =
	    "SELECT at, actor, action, detail FROM audit_event WHERE "
	    "subject = $1 ORDER BY seq",

	/* Webhooks */
	[SQL_ENDPOINT_INSERT] =
	    "INSERT INTO webhook_endpoint (id, partner_id, name, url, api, "
	    "livemode, status, schedule, pauses, rate_limit, max_parallel, "
	    "ordered, ed25519, seen_at, created_at, updated_at, proven, "
	    "client_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
	    "$11, $12, $13, $14, $15, $15, CASE WHEN $7 = 'unproven' THEN 0 "
	    "ELSE 1 END, $16)",
	[SQL_ENDPOINT_SUBSCRIBE] =
	    "INSERT INTO webhook_subscription (endpoint_id, event_type) "
	    "VALUES ($1, $2) ON CONFLICT (endpoint_id, event_type) DO "
	    "NOTHING",
	[SQL_ENDPOINT_UNSUBSCRIBE] =
	    "DELETE FROM webhook_subscription WHERE endpoint_id = $1",
	[SQL_ENDPOINT_FIND] =
	    "SELECT " ENDPOINT_COLUMNS "FROM webhook_endpoint WHERE id = $1 "
	    "AND status <> 'deleted'",
	[SQL_ENDPOINTS] =
	    "SELECT " ENDPOINT_COLUMNS "FROM webhook_endpoint WHERE ($1 = "
	    "'' OR partner_id = $1) AND status <> 'deleted' ORDER BY "
	    "created_at, id",
	[SQL_ENDPOINT_EVENTS] =
	    "SELECT event_type FROM webhook_subscription WHERE endpoint_id "
	    "= $1 ORDER BY event_type",
	[SQL_ENDPOINT_CHANGE] =
	    "UPDATE webhook_endpoint SET name = $1, url = $2, schedule = "
	    "$3, pauses = $4, rate_limit = $5, max_parallel = $6, ordered = "
	    "$7, ed25519 = $8, updated_at = $9 WHERE id = $10 AND status <> "
	    "'deleted'",
	[SQL_ENDPOINT_ENABLE] =
	    "UPDATE webhook_endpoint SET status = $1, proven = CASE WHEN $1 "
	    "= 'active' THEN 1 ELSE 0 END, disabled_reason = NULL, "
	    "failing_since = NULL, failures = 0, warned_at = NULL, "
	    "hold_until = 0, slowdowns = 0, probe_at = NULL, probes = 0, "
	    "updated_at = $2 WHERE id = $3 AND status IN ('disabled', "
	    "'unproven')",
	/* Its URL is another one. A person's switching it off stays. */
	[SQL_ENDPOINT_UNPROVE] =
	    "UPDATE webhook_endpoint SET proven = 0, status = CASE WHEN "
	    "disabled_reason IN ('operator', 'gone') THEN 'disabled' ELSE "
	    "'unproven' END, disabled_reason = CASE WHEN disabled_reason IN "
	    "('operator', 'gone') THEN disabled_reason END, probe_at = NULL, "
	    "probes = 0, updated_at = $1 WHERE id = $2",
	[SQL_ENDPOINT_DISABLE] =
	    "UPDATE webhook_endpoint SET status = 'disabled', "
	    "disabled_reason = $1, probe_at = NULL, probes = 0, updated_at "
	    "= $2 WHERE id = $3 AND (status IN ('active', 'unproven') OR "
	    "disabled_reason = 'failing' AND $1 <> 'failing')",
	[SQL_ENDPOINT_DELETE] =
	    "UPDATE webhook_endpoint SET status = 'deleted', "
	    "disabled_reason = NULL, probe_at = NULL, updated_at = $1 WHERE "
	    "id = $2 AND status <> 'deleted'",
	[SQL_ENDPOINT_WAITING] =
	    "SELECT count(*) FROM delivery WHERE endpoint_id = $1 AND "
	    "status = 'due'",
	/* Not what a sender has under way: that one says what came of it. */
	[SQL_ENDPOINT_SKIP] =
	    "UPDATE delivery SET status = 'failed', lease_owner = NULL, "
	    "lease_until = NULL, updated_at = $1 WHERE endpoint_id = $2 AND "
	    "status = 'due' AND (lease_until IS NULL OR lease_until <= $1)",
	/* Under way or not: what is answered now was asked of another URL. */
	[SQL_CHALLENGES_END] =
	    "UPDATE delivery SET status = 'failed', lease_owner = NULL, "
	    "lease_until = NULL, updated_at = $1 WHERE endpoint_id = $2 AND "
	    "status = 'due' AND asked = 1 AND EXISTS (SELECT 1 FROM event e "
	    "WHERE e.id = delivery.event_id AND e.type = $3)",
	[SQL_SECRET_INSERT] =
	    "INSERT INTO webhook_secret (endpoint_id, number, "
	    "secret_sealed, created_at) SELECT $1, coalesce(max(number), 0) "
	    "+ 1, $2, $3 FROM webhook_secret WHERE endpoint_id = $1",
	[SQL_SECRETS_EXPIRE] =
	    "UPDATE webhook_secret SET expires_at = $1 WHERE endpoint_id = "
	    "$2 AND (expires_at IS NULL OR expires_at > $1)",
	[SQL_SECRETS_LIVE] =
	    "SELECT secret_sealed, number, created_at, expires_at FROM "
	    "webhook_secret WHERE endpoint_id = $1 AND (expires_at IS NULL "
	    "OR expires_at > $2) ORDER BY number DESC LIMIT $3",
	[SQL_SIGNING_KEY_INSERT] =
	    "INSERT INTO signing_key (id, private_sealed, public_key, "
	    "created_at) VALUES ($1, $2, $3, $4)",
	[SQL_SIGNING_KEYS_EXPIRE] =
	    "UPDATE signing_key SET expires_at = $1 WHERE expires_at IS "
	    "NULL OR expires_at > $1",
	[SQL_SIGNING_KEYS_LIVE] =
	    "SELECT id, public_key, created_at, expires_at, private_sealed "
	    "FROM signing_key WHERE expires_at IS NULL OR expires_at > $1 "
	    "ORDER BY id DESC LIMIT $2",
	[SQL_ENDPOINTS_SUBSCRIBED] =
	    "SELECT e.id FROM webhook_endpoint e WHERE e.partner_id = $1 "
	    "AND coalesce(e.client_id, '') = $8 AND e.api = $5 AND "
	    "coalesce(e.livemode, -1) = $6 AND e.status <> 'deleted' AND "
	    "(e.seen_at IS NULL OR e.seen_at > $7) AND " SUBSCRIBED " AND "
	    "e.id > $3 ORDER BY e.id LIMIT $4",
	/* Who may be sent to now, or was asked to be whatever its state. */
	[SQL_ENDPOINTS_DUE] =
	    "SELECT e.id, e.url, e.pauses, e.last_duration_ms, e.ed25519, "
	    "e.rate_limit, e.max_parallel FROM webhook_endpoint e WHERE "
	    "e.url IS NOT NULL AND ((e.status = 'active' OR e.probe_at <= "
	    "$2) AND e.hold_until <= $2 AND e.rate_free_at <= $3 AND EXISTS "
	    "(SELECT 1 FROM delivery WHERE endpoint_id = e.id AND status = "
	    "'due' AND next_attempt_at <= $1 AND " UNHELD("$1", "$4") ") OR "
	    "e.status <> 'deleted' AND (e.status <> 'active' OR "
	    "e.hold_until > $2) AND EXISTS (SELECT 1 FROM delivery WHERE "
	    "endpoint_id = e.id AND status = 'due' AND asked = 1 AND "
	    "next_attempt_at <= $1 AND " UNHELD("$1", "$4") ")) ORDER BY "
	    "e.id",
	/* So that of two senders one counts after the other. */
	[SQL_ENDPOINT_LOCK] =
	    "UPDATE webhook_endpoint SET rate_free_at = rate_free_at WHERE "
	    "id = $1",
	[SQL_ENDPOINT_TURN] =
	    "SELECT e.status, e.hold_until, e.probe_at, e.rate_limit, "
	    "e.rate_free_at, e.max_parallel, e.ordered, (SELECT count(*) "
	    "FROM delivery d WHERE d.endpoint_id = e.id AND d.lease_until > "
	    "$2 AND d.lease_until <= $3), e.url FROM webhook_endpoint e "
	    "WHERE e.id = $1",
	[SQL_ENDPOINT_SPEND] =
	    "UPDATE webhook_endpoint SET rate_free_at = $1 WHERE id = $2",
	[SQL_ENDPOINT_PROBING] =
	    "UPDATE webhook_endpoint SET probe_at = $1 WHERE id = $2",
	[SQL_EVENT_INSERT] =
	    "INSERT INTO event (id, partner_id, clive_tx_id, api, livemode, "
	    "type, body, created_at, client_id) VALUES ($1, $2, $3, $4, $5, "
	    "$6, $7, $8, $9)",
	[SQL_EVENTS_OF_TX] =
	    "SELECT id, type, body, created_at FROM event WHERE clive_tx_id "
	    "= $1 ORDER BY created_at, id",
	/* VALUES: of a SELECT SQLite would look for children of each row. */
	[SQL_DELIVERY_INSERT] =
	    "INSERT INTO delivery (id, event_id, endpoint_id, origin, status, "
	    "asked, next_attempt_at, created_at, updated_at) VALUES ($1, $2, "
	    "$3, $4, 'due', (SELECT CASE WHEN e.type IN "
	    "('endpoint_challenge', 'webhook_test') THEN 1 ELSE 0 END FROM "
	    "event e WHERE e.id = $2), $5, $5, $5)",
	/* Who waited for another's claim must look at the row again. */
	[SQL_DELIVERY_CLAIM] =
	    "UPDATE delivery SET lease_owner = $1, lease_until = $2 WHERE "
	    "id IN (SELECT id FROM delivery WHERE endpoint_id = $3 AND "
	    "status = 'due' AND next_attempt_at <= $4 AND "
	    UNHELD("$4", "$5") " ORDER BY next_attempt_at LIMIT $6) AND "
	    "status = 'due' AND " UNHELD("$4", "$5") " RETURNING id, event_id, "
	    "attempts, next_attempt_at, (SELECT count(*) FROM attempt a "
	    "WHERE a.delivery_id = delivery.id)",
	/* What a claim finds to send; the lease makes it ours. */
	[SQL_DELIVERIES_FREE] =
	    "SELECT " FREE "WHERE d.endpoint_id = $1 AND d.status = 'due' "
	    "AND d.next_attempt_at <= $2 AND " UNHELD("$2", "$3") " ORDER BY "
	    "d.next_attempt_at LIMIT $4",
	[SQL_DELIVERIES_FREE_ASKED] =
	    "SELECT " FREE "WHERE d.endpoint_id = $1 AND d.status = 'due' "
	    "AND d.asked = 1 AND d.next_attempt_at <= $2 AND " UNHELD("$2",
	    "$3") " ORDER BY d.next_attempt_at LIMIT $4",
	[SQL_DELIVERY_FREE] =
	    "SELECT " FREE "WHERE d.id = $1",
	/* Another sender may have been first: then it finds no row. */
	[SQL_DELIVERY_LEASE] =
	    "UPDATE delivery SET lease_owner = $1, lease_until = $2 WHERE "
	    "id = $3 AND status = 'due' AND " UNHELD("$4", "$5"),
	[SQL_DELIVERY_GIVE_BACK] =
	    "UPDATE delivery SET lease_owner = NULL, lease_until = NULL "
	    "WHERE id = $1 AND lease_owner = $2 AND status = 'due'",
	/*
	 * In order: who is next, who is before it, and when that is over. A
	 * payment has few events: coalesce keeps SQLite from reading all that
	 * is due at the endpoint instead.
	 */
	[SQL_DELIVERIES_WAITING] =
	    "SELECT id, event_id, next_attempt_at FROM delivery WHERE "
	    "endpoint_id = $1 AND status = 'due' AND next_attempt_at <= $2 "
	    "AND " UNHELD("$2", "$3") " ORDER BY next_attempt_at LIMIT $4",
	[SQL_DELIVERY_BEFORE] =
	    "SELECT d.next_attempt_at, d.lease_until FROM event e JOIN event "
	    "b ON b.clive_tx_id = e.clive_tx_id AND b.id < e.id JOIN "
	    "delivery d ON d.event_id = b.id WHERE e.id = $1 AND "
	    "coalesce(d.endpoint_id, '') = $2 AND d.status = 'due' ORDER BY "
	    "b.id LIMIT 1",
	[SQL_DELIVERY_DEFER] =
	    "UPDATE delivery SET next_attempt_at = $1 WHERE id = $2 AND "
	    "status = 'due'",
	[SQL_DELIVERIES_AFTER] =
	    "UPDATE delivery SET next_attempt_at = created_at WHERE id IN "
	    "(SELECT d.id FROM event e JOIN event l ON l.clive_tx_id = "
	    "e.clive_tx_id AND l.id > e.id JOIN delivery d ON d.event_id = "
	    "l.id WHERE e.id = $1 AND coalesce(d.endpoint_id, '') = $2 AND "
	    "d.status = 'due' AND d.attempts = 0 AND d.next_attempt_at > "
	    "d.created_at)",
	/* One look into the index for each endpoint, however much is due. */
	[SQL_DELIVERY_NEXT_DUE] =
	    "SELECT min(n.at) FROM (SELECT CASE WHEN w.wake > $1 THEN "
	    "(SELECT CASE WHEN d.next_attempt_at < w.wake THEN w.wake ELSE "
	    "d.next_attempt_at END FROM delivery d WHERE d.endpoint_id = "
	    "w.id AND d.status = 'due' ORDER BY d.next_attempt_at LIMIT 1) "
	    "ELSE (SELECT d.next_attempt_at FROM delivery d WHERE "
	    "d.endpoint_id = w.id AND d.status = 'due' AND "
	    "d.next_attempt_at > $1 ORDER BY d.next_attempt_at LIMIT 1) END "
	    "AS at FROM (SELECT r.id, CASE WHEN r.rate > r.pause THEN "
	    "r.rate ELSE r.pause END AS wake FROM (SELECT e.id, "
	    "(e.rate_free_at + 999) / 1000 AS rate, CASE WHEN e.probe_at > "
	    "e.hold_until THEN e.probe_at ELSE e.hold_until END AS pause "
	    "FROM webhook_endpoint e WHERE e.url IS NOT NULL AND (e.status "
	    "= 'active' OR e.probe_at IS NOT NULL)) r) w UNION ALL SELECT "
	    "(SELECT d.next_attempt_at FROM delivery d WHERE d.endpoint_id "
	    "= e.id AND d.status = 'due' AND d.asked = 1 AND "
	    "d.next_attempt_at > $1 ORDER BY d.next_attempt_at LIMIT 1) AS "
	    "at FROM webhook_endpoint e WHERE e.url IS NOT NULL AND "
	    "e.status <> 'deleted' AND (e.status <> 'active' OR "
	    "e.hold_until > $1)) n",
	[SQL_DELIVERY_FINISH] =
	    "UPDATE delivery SET status = $1, attempts = $2, "
	    "next_attempt_at = $3, lease_owner = NULL, lease_until = NULL, "
	    "updated_at = $4 WHERE id = $5 AND lease_owner = $6 AND status "
	    "= 'due'",
	[SQL_DELIVERY_RELEASE] =
	    "UPDATE delivery SET lease_owner = NULL, lease_until = NULL "
	    "WHERE lease_owner = $1 AND lease_until IS NOT NULL AND status "
	    "= 'due'",
	[SQL_ENDPOINT_ATTEMPTED] =
	    "UPDATE webhook_endpoint SET last_duration_ms = $1, "
	    "last_success_at = coalesce($2, last_success_at) WHERE id = $3 "
	    "RETURNING status, disabled_reason, failing_since, failures, "
	    "warned_at, hold_until, slowdowns, probe_at, probes, ordered",
	[SQL_ENDPOINT_HEALTH] =
	    "UPDATE webhook_endpoint SET failing_since = $1, failures = $2, "
	    "warned_at = $3, hold_until = $4, slowdowns = $5, probe_at = "
	    "$6, probes = $7 WHERE id = $8",
	[SQL_ATTEMPT_INSERT] =
	    "INSERT INTO attempt (delivery_id, number, started_at, "
	    "duration_ms, request_head, response_status, response_body, "
	    "error, response_head, response_length) VALUES ($1, $2, $3, $4, "
	    "$5, $6, $7, $8, $9, $10) ON CONFLICT (delivery_id, number) DO "
	    "NOTHING",
	[SQL_DELIVERIES_OF_TX] =
	    "SELECT d.id, d.event_id, d.endpoint_id, w.name, w.url, "
	    "d.status, d.attempts, d.next_attempt_at, d.created_at FROM "
	    "event e JOIN delivery d ON d.event_id = e.id JOIN "
	    "webhook_endpoint w ON w.id = d.endpoint_id WHERE e.clive_tx_id "
	    "= $1 ORDER BY d.created_at, d.id",
	[SQL_ATTEMPTS_OF_TX] =
	    "SELECT a.started_at, a.delivery_id, d.event_id, d.endpoint_id, "
	    "w.name, w.url, a.number, a.duration_ms, a.request_head, "
	    "a.response_status, a.response_body, a.error, e.body, "
	    "a.response_head FROM event e JOIN delivery d ON d.event_id = "
	    "e.id JOIN webhook_endpoint w ON w.id = d.endpoint_id JOIN "
	    "attempt a ON a.delivery_id = d.id WHERE e.clive_tx_id = $1 "
	    "ORDER BY a.started_at, a.delivery_id, a.number",
	[SQL_DELIVERIES_LATE] =
	    "SELECT count(*) FROM delivery d JOIN webhook_endpoint w ON "
	    "w.id = d.endpoint_id WHERE d.status = 'due' AND w.status = "
	    "'active' AND w.url IS NOT NULL AND w.hold_until < $1 AND "
	    "w.rate_limit IS NULL AND d.next_attempt_at < $1",
	[SQL_DELIVERIES_AHEAD] =
	    "SELECT count(*) FROM delivery d JOIN webhook_endpoint w ON "
	    "w.id = d.endpoint_id WHERE d.status = 'due' AND w.status = "
	    "'active' AND (d.updated_at > $1 OR d.lease_until > $2)",
	/* What was written at a time that is still to come, and its end. */
	[SQL_TIMES_AHEAD] =
	    "SELECT e.id FROM webhook_endpoint e WHERE e.hold_until > $2 OR "
	    "EXISTS (SELECT 1 FROM delivery d WHERE d.endpoint_id = e.id AND "
	    "d.status = 'due' AND d.next_attempt_at > $1 AND d.updated_at > "
	    "$1) LIMIT 1",
	[SQL_DELIVERIES_MEND] =
	    "UPDATE delivery SET next_attempt_at = $1, updated_at = $1 WHERE "
	    "status = 'due' AND next_attempt_at > $2 AND updated_at > $2",
	[SQL_ENDPOINTS_MEND] =
	    "UPDATE webhook_endpoint SET hold_until = 0, rate_free_at = 0, "
	    "probe_at = CASE WHEN probe_at > $1 THEN $1 ELSE probe_at END "
	    "WHERE hold_until > $1 OR rate_free_at > $2 OR probe_at > $1",
	[SQL_EVENT_FIND] =
	    "SELECT " EVENT_COLUMNS ", e.body FROM event e WHERE e.id = $1",
	[SQL_EVENT_LIST] =
	    "SELECT " EVENT_COLUMNS " FROM event e WHERE e.id < $1 AND e.id "
	    ">= $2 AND ($3 = '' OR e.type = $3) AND ($5 = 1 OR e.client_id "
	    "IS NULL) ORDER BY e.id DESC LIMIT $4",
	[SQL_EVENT_LIST_OF_PARTNER] =
	    "SELECT " EVENT_COLUMNS " FROM event e WHERE e.partner_id = $5 "
	    "AND e.id < $1 AND e.id >= $2 AND ($3 = '' OR e.type = $3) AND "
	    "($6 = 1 OR e.client_id IS NULL) ORDER BY e.id DESC LIMIT $4",
	[SQL_EVENT_LIST_OF_TX] =
	    "SELECT " EVENT_COLUMNS " FROM event e WHERE e.clive_tx_id = $6 "
	    "AND e.id < $1 AND e.id >= $2 AND ($3 = '' OR e.type = $3) AND "
	    "($5 = '' OR e.partner_id = $5) AND ($7 = 1 OR e.client_id IS "
	    "NULL) ORDER BY e.id DESC LIMIT $4",
	/* Challenges are about an endpoint and of no use to anybody later. */
	[SQL_EVENTS_OF_MERCHANT] =
	    "SELECT e.id, e.body FROM event e WHERE e.partner_id = $1 AND "
	    "e.client_id = $2 AND e.livemode = $3 AND e.id < $4 AND e.id >= "
	    "$5 AND ($6 = '' OR e.type = $6) AND e.type <> "
	    "'endpoint_challenge' ORDER BY e.id DESC LIMIT $7",
	[SQL_DELIVERY_FIND] =
	    DELIVERY_SELECT "WHERE d.id = $1",
	[SQL_DELIVERY_LIST] =
	    DELIVERY_SELECT "WHERE d.id < $1 AND d.id >= $2 AND ($3 = '' OR "
	    "d.status = $3) AND ($4 = '' OR e.type = $4) AND ($6 = 1 OR "
	    "e.client_id IS NULL) ORDER BY d.id DESC LIMIT $5",
	/* A page of each of the endpoints, and of these the newest. */
	[SQL_DELIVERY_LIST_OF_PARTNER] =
	    DELIVERY_SELECT "WHERE w.partner_id = $6 AND ($7 = 1 OR "
	    "w.client_id IS NULL) AND d.id IN (SELECT "
	    "x.id FROM delivery x JOIN event y ON y.id = x.event_id WHERE "
	    "x.endpoint_id = w.id AND x.id < $1 AND x.id >= $2 AND ($3 = '' "
	    "OR x.status = $3) AND ($4 = '' OR y.type = $4) ORDER BY x.id "
	    "DESC LIMIT $5) ORDER BY d.id DESC LIMIT $5",
	[SQL_DELIVERY_LIST_OF_ENDPOINT] =
	    DELIVERY_SELECT "WHERE d.endpoint_id = $6 AND d.id < $1 AND d.id "
	    ">= $2 AND ($3 = '' OR d.status = $3) AND ($4 = '' OR e.type = "
	    "$4) AND ($7 = '' OR w.partner_id = $7) AND ($8 = 1 OR "
	    "w.client_id IS NULL) ORDER BY d.id DESC LIMIT $5",
	[SQL_DELIVERY_LIST_OF_TX] =
	    DELIVERY_SELECT "WHERE e.clive_tx_id = $6 AND d.id < $1 AND d.id "
	    ">= $2 AND ($3 = '' OR d.status = $3) AND ($4 = '' OR e.type = "
	    "$4) AND ($7 = '' OR w.partner_id = $7) AND ($8 = '' OR w.id = "
	    "$8) AND ($9 = 1 OR w.client_id IS NULL) ORDER BY d.id DESC "
	    "LIMIT $5",
	[SQL_DELIVERY_LIST_OF_EVENT] =
	    DELIVERY_SELECT "WHERE d.event_id = $1 ORDER BY d.id",
	[SQL_ATTEMPTS_OF_DELIVERY] =
	    "SELECT number, started_at, duration_ms, request_head, "
	    "response_status, response_head, response_body, "
	    "response_length, error FROM attempt WHERE delivery_id = $1 "
	    "ORDER BY number",
	/* coalesce: an event has few deliveries, an endpoint many. */
	[SQL_DELIVERY_DUE_OF_EVENT] =
	    "SELECT min(id) FROM delivery WHERE event_id = $1 AND "
	    "coalesce(endpoint_id, '') = $2 AND status = 'due'",
	[SQL_DELIVERY_LAST_OF_EVENT] =
	    "SELECT max(id) FROM delivery WHERE event_id = $1 AND "
	    "coalesce(endpoint_id, '') = $2",
	/* Not what a sender has in hand: it is being tried now. */
	[SQL_DELIVERY_HASTEN] =
	    "UPDATE delivery SET next_attempt_at = $1, updated_at = $1 "
	    "WHERE id = $2 AND status = 'due' AND next_attempt_at > $1 AND "
	    "(lease_until IS NULL OR lease_until <= $1)",
	[SQL_ENDPOINTS_PAGE] =
	    "SELECT " ENDPOINT_COLUMNS "FROM webhook_endpoint WHERE ($1 = "
	    "'' OR partner_id = $1) AND ($2 = '' OR status = $2) AND status "
	    "<> 'deleted' AND id < $3 AND ($5 = 1 OR client_id IS NULL) "
	    "ORDER BY id DESC LIMIT $4",
	/* A merchant's own, in one mode. */
	[SQL_ENDPOINTS_OF_MERCHANT] =
	    "SELECT " ENDPOINT_COLUMNS "FROM webhook_endpoint WHERE "
	    "partner_id = $1 AND coalesce(client_id, '') = $2 AND livemode "
	    "= $3 AND status <> 'deleted' AND id < $4 ORDER BY id DESC "
	    "LIMIT $5",
	/* What waits for an endpoint, counted to a limit; when it is next. */
	[SQL_ENDPOINT_BACKLOG] =
	    "SELECT count(*), min(d.next_attempt_at) FROM (SELECT "
	    "next_attempt_at FROM delivery WHERE endpoint_id = $1 AND status "
	    "= 'due' ORDER BY next_attempt_at LIMIT $2) d",
	[SQL_LISTENERS_SUBSCRIBED] =
	    "SELECT e.id FROM webhook_endpoint e WHERE e.partner_id = $1 "
	    "AND coalesce(e.client_id, '') = $6 AND e.api = $3 AND "
	    "coalesce(e.livemode, -1) = $4 AND e.status <> 'deleted' AND "
	    "e.seen_at > $5 AND " SUBSCRIBED " ORDER BY e.id",
	[SQL_LISTENERS_LIVE] =
	    "SELECT count(*) FROM webhook_endpoint WHERE partner_id = $1 AND "
	    "status <> 'deleted' AND seen_at > $2",
	[SQL_LISTENERS_GONE] =
	    "SELECT id FROM webhook_endpoint WHERE seen_at < $1 AND status "
	    "<> 'deleted' LIMIT $2",
	[SQL_LISTENER_SEEN] =
	    "UPDATE webhook_endpoint SET seen_at = $1 WHERE id = $2 AND "
	    "seen_at < $1 AND status <> 'deleted'",
	[SQL_LISTENER_DUE] =
	    "SELECT w.status, CASE WHEN EXISTS (SELECT 1 FROM delivery WHERE "
	    "endpoint_id = w.id AND status = 'due' AND next_attempt_at <= $2 "
	    "AND " UNHELD("$2", "$3") ") THEN 1 ELSE 0 END FROM "
	    "webhook_endpoint w WHERE w.id = $1",
	/* What a listener was given and has not reported on yet. */
	[SQL_LISTENER_HAS] =
	    "SELECT event_id, attempts, lease_until, (SELECT count(*) FROM "
	    "attempt a WHERE a.delivery_id = delivery.id) FROM delivery "
	    "WHERE id = $1 AND endpoint_id = $2 AND lease_owner = $3 AND "
	    "status = 'due'",
	/* The last event of a page of so many. */
	[SQL_REPLAY_EVENTS_EDGE] =
	    "SELECT id FROM event WHERE partner_id = $1 AND id > $2 AND id "
	    "< $3 ORDER BY id LIMIT 1 OFFSET $4",
	[SQL_REPLAY_EVENTS] =
	    "SELECT e.id, (SELECT max(d.id) FROM delivery d WHERE "
	    "d.event_id = e.id AND coalesce(d.endpoint_id, '') = $8) "
	    REPLAY_EVENTS_FROM "ORDER BY e.id",
	[SQL_REPLAY_EVENTS_COUNT] =
	    "SELECT count(*) " REPLAY_EVENTS_FROM,
	[SQL_REPLAY_FAILED_EDGE] =
	    "SELECT updated_at, id FROM delivery WHERE endpoint_id = $1 AND "
	    "status = 'failed' AND (updated_at, id) > ($2, $3) AND "
	    "updated_at < $4 ORDER BY updated_at, id LIMIT 1 OFFSET $5",
	[SQL_REPLAY_FAILED] =
	    "SELECT d.event_id, d.id " REPLAY_FAILED_FROM "ORDER BY "
	    "d.updated_at, d.id",
	[SQL_REPLAY_FAILED_COUNT] =
	    "SELECT count(*) " REPLAY_FAILED_FROM,

	/* Operators */
	[SQL_OPERATOR_INSERT] =
	    "INSERT INTO operator (id, email, password, role, created_at) "
	    "VALUES ($1, $2, $3, $4, $5)",
	[SQL_OPERATOR_FIND] =
	    "SELECT o.id, o.email, o.role, o.must_change, o.second_factor, "
	    "CASE WHEN f.since IS NULL THEN 0 ELSE 1 END, o.password FROM "
	    "operator o LEFT JOIN operator_factor f ON f.operator_id = o.id "
	    "WHERE o.email = $1 AND o.disabled_at IS NULL",
	[SQL_OPERATORS] =
	    "SELECT " OPERATOR_COLUMNS " ORDER BY o.created_at, o.id",
	[SQL_OPERATOR_SHOW] =
	    "SELECT " OPERATOR_COLUMNS " WHERE o.id = $1",
	[SQL_OPERATOR_ID] =
	    "SELECT id FROM operator WHERE email = $1",
	[SQL_OPERATOR_PASSWORD] =
	    "SELECT password FROM operator WHERE id = $1",
	[SQL_OPERATOR_OTHER_OWNERS] =
	    "SELECT count(*) FROM operator WHERE role = 'owner' AND "
	    "disabled_at IS NULL AND id <> $1",
	[SQL_OPERATOR_SET_PASSWORD] =
	    "UPDATE operator SET password = $1, must_change = $2 WHERE id = "
	    "$3",
	[SQL_OPERATOR_SET] =
	    "UPDATE operator SET role = $1, second_factor = $2, disabled_at "
	    "= $3 WHERE id = $4",
	[SQL_FACTOR_FIND] =
	    "SELECT secret_sealed, step, next_sealed, next_at FROM "
	    "operator_factor WHERE operator_id = $1",
	[SQL_FACTOR_BEGIN] =
	    "INSERT INTO operator_factor (operator_id, step, next_sealed, "
	    "next_at) VALUES ($1, 0, $2, $3) ON CONFLICT (operator_id) DO "
	    "UPDATE SET next_sealed = excluded.next_sealed, next_at = "
	    "excluded.next_at",
	[SQL_FACTOR_CONFIRM] =
	    "UPDATE operator_factor SET secret_sealed = next_sealed, since = "
	    "$1, step = $2, next_sealed = NULL, next_at = NULL WHERE "
	    "operator_id = $3 AND next_sealed IS NOT NULL",
	[SQL_FACTOR_STEP] =
	    "UPDATE operator_factor SET step = $1 WHERE operator_id = $2 AND "
	    "step < $1",
	[SQL_FACTOR_DROP] =
	    "DELETE FROM operator_factor WHERE operator_id = $1",
	[SQL_RECOVERY_INSERT] =
	    "INSERT INTO operator_recovery (operator_id, hash) VALUES ($1, "
	    "$2)",
	[SQL_RECOVERY_USE] =
	    "UPDATE operator_recovery SET used_at = $1 WHERE operator_id = "
	    "$2 AND hash = $3 AND used_at IS NULL",
	[SQL_RECOVERY_DROP] =
	    "DELETE FROM operator_recovery WHERE operator_id = $1",
	[SQL_SESSION_INSERT] =
	    "INSERT INTO operator_session (id, operator_id, created_at, "
	    "expires_at, address, agent, half) VALUES ($1, $2, $3, $4, $5, "
	    "$6, $7)",
	[SQL_SESSION_FIND] =
	    "SELECT o.id, o.email, o.role, o.must_change, o.second_factor, "
	    "CASE WHEN f.since IS NULL THEN 0 ELSE 1 END, s.expires_at FROM "
	    "operator_session s JOIN operator o ON o.id = s.operator_id "
	    "LEFT JOIN operator_factor f ON f.operator_id = o.id WHERE s.id "
	    "= $1 AND s.half = $2 AND s.ended_at IS NULL AND s.expires_at > "
	    "$3 AND o.disabled_at IS NULL",
	[SQL_SESSION_END] =
	    "UPDATE operator_session SET ended_at = $1 WHERE id = $2 AND "
	    "operator_id = $3 AND ended_at IS NULL AND expires_at > $1",
	[SQL_SESSIONS_END_OF_OPERATOR] =
	    "UPDATE operator_session SET ended_at = $1 WHERE operator_id = "
	    "$2 AND ended_at IS NULL AND id <> $3",
	[SQL_SESSIONS_OF_OPERATOR] =
	    "SELECT id, created_at, expires_at, address, agent FROM "
	    "operator_session WHERE operator_id = $1 AND half = 0 AND "
	    "ended_at IS NULL AND expires_at > $2 ORDER BY id DESC LIMIT 100",
	[SQL_SESSIONS_EXPIRE] =
	    "DELETE FROM operator_session WHERE expires_at < $1",
	[SQL_LOGIN_FAILURE_FIND] =
	    "SELECT failures, blocked_until FROM login_failure WHERE "
	    "subject = $1",
	[SQL_LOGIN_FAILURE_SET] =
	    "INSERT INTO login_failure (subject, failures, blocked_until, "
	    "updated_at) VALUES ($1, $2, $3, $4) ON CONFLICT (subject) DO "
	    "UPDATE SET failures = excluded.failures, blocked_until = "
	    "excluded.blocked_until, updated_at = excluded.updated_at",
	[SQL_LOGIN_FAILURE_CLEAR] =
	    "DELETE FROM login_failure WHERE subject = $1",
	[SQL_LOGIN_FAILURES_EXPIRE] =
	    "DELETE FROM login_failure WHERE updated_at < $1",

	/* Cron */
	[SQL_CRON_TAKE] =
	    "INSERT INTO cron_run (name, owner, started_at, seen_at, "
	    "finished_at) VALUES ($1, $2, $3, $3, NULL) ON CONFLICT (name) "
	    "DO UPDATE SET owner = excluded.owner, started_at = "
	    "excluded.started_at, seen_at = excluded.seen_at, finished_at = "
	    "NULL",
	[SQL_CRON_SEEN] =
	    "UPDATE cron_run SET seen_at = $1 WHERE name = $2 AND owner = "
	    "$3",
	[SQL_CRON_FINISH] =
	    "UPDATE cron_run SET seen_at = $1, finished_at = $1 WHERE name "
	    "= $2 AND owner = $3",
	[SQL_CRON_OWNER] =
	    "SELECT owner FROM cron_run WHERE name = $1",
	[SQL_CRON_RUNS] =
	    "SELECT name, owner, started_at, seen_at, finished_at FROM "
	    "cron_run ORDER BY name",
	/* Where a piece of what is to be dropped ends, and that piece. */
	[SQL_CRON_IDEMPOTENCY_EDGE] =
	    "SELECT day, owner, path, idempotency_key FROM idempotency "
	    "WHERE day < $1 ORDER BY day, owner, path, idempotency_key "
	    "LIMIT 1 OFFSET $2",
	[SQL_CRON_IDEMPOTENCY_DROP] =
	    "DELETE FROM idempotency WHERE (day, owner, path, "
	    "idempotency_key) < ($1, $2, $3, $4)",
	/* coalesce: what waits has an index, so it is read by that one. */
	[SQL_CRON_WAITING_OLD] =
	    "SELECT processor, event_id FROM processor_event WHERE outcome "
	    "= 'waiting' AND coalesce(clive_tx_id, '') = '' AND received_at "
	    "< $1 LIMIT $2",
	[SQL_CRON_WAITING_DROP] =
	    "DELETE FROM processor_event WHERE processor = $1 AND event_id "
	    "= $2 AND outcome = 'waiting' AND clive_tx_id IS NULL",
	[SQL_CRON_DELIVERIES_END] =
	    "UPDATE delivery SET status = 'failed', lease_owner = NULL, "
	    "lease_until = NULL, updated_at = $1 WHERE status = 'due' AND "
	    "(lease_until IS NULL OR lease_until <= $1) AND endpoint_id IN "
	    "(SELECT id FROM webhook_endpoint WHERE status = 'deleted')",

	/* Pages of operators */
	/* Where a stretch of so many payments ends. */
	[SQL_TX_SCAN_EDGE] =
	    "SELECT clive_tx_id FROM tx WHERE clive_tx_id < $1 AND "
	    "clive_tx_id >= $2 ORDER BY clive_tx_id DESC LIMIT 1 OFFSET $3",
	/* Within such a stretch; of the amounts the caller knows better. */
	[SQL_TX_SEARCH] =
	    "SELECT " TX_COLUMNS TX_TABLES
	    "WHERE t.clive_tx_id < $1 AND t.clive_tx_id >= $2 AND ($3 = '' "
	    "OR t.partner_id = $3) AND ($4 = '' OR t.status = $4) AND ($5 = "
	    "'' OR t.client_id = $5) AND ($6 = -2 OR coalesce(t.livemode, "
	    "-1) = $6) AND ($7 = '' OR substr(t.echezona_reference, 1, "
	    "length($7)) = $7 OR substr(lower(coalesce(t.email, '')), 1, "
	    "length($7)) = lower($7) OR t.amount IN ($8, $9, $10)) ORDER BY "
	    "t.clive_tx_id DESC",
	[SQL_TX_DISPUTED] =
	    "SELECT " TX_COLUMNS TX_TABLES
	    "WHERE t.disputed_amount > 0 AND t.clive_tx_id < $1 AND ($2 = "
	    "'' OR t.partner_id = $2) ORDER BY t.clive_tx_id DESC LIMIT $3",
	[SQL_DISPUTES_OF_TX] =
	    "SELECT received_at, processor, object_id, type, body FROM "
	    "processor_event WHERE clive_tx_id = $1 AND object_id IS NOT "
	    "NULL ORDER BY received_at, event_id",
	[SQL_OVERVIEW_DAYS] =
	    "SELECT (t.created_at + $2) / 86400000, t.currency, t.status, "
	    "count(*), CAST(sum(t.amount) AS BIGINT), "
	    "CAST(sum(t.refunded_amount) AS BIGINT), "
	    "CAST(sum(coalesce(t.platform_fee, 0)) AS BIGINT) FROM tx t "
	    "WHERE t.clive_tx_id >= $1 AND coalesce(t.livemode, 1) = $3 "
	    "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
	/* Both conditions: the first one is the index's. */
	[SQL_OVERVIEW_STUCK] =
	    "SELECT clive_tx_id, amount, currency, processor, partner_id, "
	    "updated_at FROM tx WHERE status IN ('initialized', 'pending') "
	    "AND status = 'pending' AND updated_at < $1 ORDER BY updated_at "
	    "LIMIT $2",
	[SQL_OVERVIEW_QUEUE] =
	    "SELECT count(*), CAST(coalesce(sum(CASE WHEN d.next_attempt_at "
	    "<= $1 THEN 1 ELSE 0 END), 0) AS BIGINT), "
	    "min(d.next_attempt_at), (SELECT count(*) FROM processor_event "
	    "WHERE outcome = 'quarantined') FROM delivery d WHERE d.status = "
	    "'due'",
	[SQL_ENDPOINTS_TROUBLED] =
	    "SELECT id, partner_id, client_id, name, url, status, "
	    "disabled_reason, failing_since, failures FROM webhook_endpoint "
	    "WHERE status <> 'deleted' AND (failing_since IS NOT NULL OR "
	    "status = 'disabled') ORDER BY id DESC LIMIT $1",

	/* Figures */
	[SQL_COUNTS] =
	    "SELECT (SELECT count(*) FROM tx), (SELECT count(*) FROM "
	    "delivery WHERE status = 'due'), (SELECT count(*) FROM "
	    "processor_event WHERE outcome = 'quarantined')",

	/*
	 * For /metrics: each count goes by an index that holds nothing else and
	 * ends at a limit, however long the tables are.
	 */
	[SQL_FIGURES] =
	    "SELECT (SELECT seq FROM audit_head WHERE id = 1), (SELECT "
	    "count(*) FROM (SELECT endpoint_id FROM delivery WHERE status = "
	    "'due' LIMIT $1) d), (SELECT count(*) FROM (SELECT updated_at "
	    "FROM tx WHERE status IN ('initialized', 'pending') AND "
	    "updated_at > 0 LIMIT $1) t), (SELECT count(*) FROM (SELECT id "
	    "FROM refund WHERE status = 'pending' AND id > '' LIMIT $1) r), "
	    "(SELECT count(*) FROM (SELECT received_at FROM processor_event "
	    "WHERE outcome = 'quarantined' AND received_at > 0 LIMIT $1) q)",
	[SQL_FIGURES_ENDPOINTS] =
	    "SELECT status, count(*) FROM webhook_endpoint WHERE status <> "
	    "'deleted' GROUP BY status ORDER BY status",
	[SQL_FIGURES_BATCHES] =
	    "SELECT b.status, count(*) FROM (SELECT status FROM (SELECT "
	    "status FROM settlement_batch WHERE (status = 'pending' OR "
	    "status = 'failed') AND id > '' LIMIT $1) o UNION ALL SELECT "
	    "status FROM (SELECT status FROM settlement_batch WHERE status = "
	    "'sending' AND next_look_at > 0 LIMIT $1) s) b GROUP BY b.status "
	    "ORDER BY b.status",
	/* One look into the index for each endpoint that may be sent to. */
	[SQL_FIGURES_OLDEST_DUE] =
	    "SELECT min(n.at) FROM (SELECT (SELECT d.next_attempt_at FROM "
	    "delivery d WHERE d.endpoint_id = e.id AND d.status = 'due' ORDER "
	    "BY d.next_attempt_at LIMIT 1) AS at FROM webhook_endpoint e "
	    "WHERE e.url IS NOT NULL AND e.status = 'active' AND "
	    "e.hold_until <= $1 AND e.rate_limit IS NULL AND ($2 = 1 OR "
	    "e.failing_since IS NULL)) n",
	[SQL_FIGURES_FACTS] =
	    "SELECT action, count(*) FROM audit_event WHERE seq > $1 AND seq "
	    "<= $2 GROUP BY action",

	/* The command */
	[SQL_TAIL_ATTEMPTS] =
	    "SELECT a.number, a.started_at, a.duration_ms, "
	    "a.response_status, a.error, d.status, e.type, e.partner_id, "
	    "e.clive_tx_id, d.event_id, d.endpoint_id, w.name FROM delivery "
	    "d JOIN attempt a ON a.delivery_id = d.id JOIN event e ON e.id = "
	    "d.event_id JOIN webhook_endpoint w ON w.id = d.endpoint_id "
	    "WHERE d.id = $1 AND a.number > $2 ORDER BY a.number",
	[SQL_TRIGGER_EVENTS] =
	    "SELECT e.id, e.type, (SELECT count(*) FROM delivery d WHERE "
	    "d.event_id = e.id) FROM event e WHERE e.clive_tx_id = $1 ORDER "
	    "BY e.id",
	[SQL_SEALED_API_KEYS] =
	    "SELECT id, hmac_sealed FROM api_key WHERE id > $1 "
	    "ORDER BY id LIMIT $2",
	[SQL_RESEAL_API_KEY] =
	    "UPDATE api_key SET hmac_sealed = $1 WHERE id = $2 AND "
	    "hmac_sealed = $3",
	[SQL_SEALED_SECRETS] =
	    "SELECT endpoint_id, number, secret_sealed FROM webhook_secret "
	    "WHERE (endpoint_id, number) > ($1, $2) ORDER BY endpoint_id, "
	    "number LIMIT $3",
	[SQL_RESEAL_SECRET] =
	    "UPDATE webhook_secret SET secret_sealed = $1 WHERE endpoint_id "
	    "= $2 AND number = $3 AND secret_sealed = $4",
	[SQL_SEALED_SIGNING_KEYS] =
	    "SELECT id, private_sealed FROM signing_key WHERE id > $1 "
	    "ORDER BY id LIMIT $2",
	[SQL_RESEAL_SIGNING_KEY] =
	    "UPDATE signing_key SET private_sealed = $1 WHERE id = $2 AND "
	    "private_sealed = $3",
	[SQL_SEALED_FACTORS] =
	    "SELECT operator_id, secret_sealed FROM operator_factor WHERE operator_id > $1 "
	    "ORDER BY operator_id LIMIT $2",
	[SQL_RESEAL_FACTOR] =
	    "UPDATE operator_factor SET secret_sealed = $1 WHERE operator_id = $2 AND "
	    "secret_sealed = $3",
	[SQL_SEALED_NEXT_FACTORS] =
	    "SELECT operator_id, next_sealed FROM operator_factor WHERE operator_id > $1 "
	    "ORDER BY operator_id LIMIT $2",
	[SQL_RESEAL_NEXT_FACTOR] =
	    "UPDATE operator_factor SET next_sealed = $1 WHERE operator_id = $2 AND "
	    "next_sealed = $3",
	[SQL_SEALED_INTENTS] =
	    "SELECT id, next_action FROM intent WHERE id > $1 AND "
	    "next_action IS NOT NULL ORDER BY id LIMIT $2",
	[SQL_RESEAL_INTENT] =
	    "UPDATE intent SET next_action = $1 WHERE id = $2 AND "
	    "next_action = $3",
	[SQL_SEALED_ANSWERS] =
	    "SELECT day, owner, path, idempotency_key, answer FROM "
	    "idempotency WHERE (day, owner, path, idempotency_key) > ($1, "
	    "$2, $3, $4) AND answer LIKE 'sealed:%' ORDER BY day, owner, "
	    "path, idempotency_key LIMIT $5",
	[SQL_RESEAL_ANSWER] =
	    "UPDATE idempotency SET answer = $1 WHERE day = $2 AND owner = "
	    "$3 AND path = $4 AND idempotency_key = $5 AND answer = $6",
	[SQL_EXPORT_TXS] =
	    "SELECT " TX_COLUMNS TX_TABLES "WHERE t.clive_tx_id > $1 AND "
	    "t.clive_tx_id < $2 ORDER BY t.clive_tx_id LIMIT $3",
	[SQL_EXPORT_EVENTS] =
	    "SELECT id, created_at, type, partner_id, client_id, "
	    "clive_tx_id, api, livemode, body FROM event WHERE id > $1 AND "
	    "id < $2 ORDER BY id LIMIT $3",
	[SQL_EXPORT_LEDGER] =
	    "SELECT id, created_at, clive_tx_id, kind, debit_account, "
	    "credit_account, amount, currency FROM ledger_entry WHERE id > "
	    "$1 AND id < $2 ORDER BY id LIMIT $3",
	[SQL_EXPORT_AUDIT] =
	    "SELECT seq, at, actor, action, subject, detail, hash FROM "
	    "audit_event WHERE seq > $1 AND at >= $2 AND at < $3 ORDER BY "
	    "seq LIMIT $4",
	/* In the order of time, not by the index of processors' names. */
	[SQL_REPORT_TXS] =
	    "SELECT " TX_COLUMNS TX_TABLES "WHERE t.clive_tx_id > $1 AND "
	    "t.clive_tx_id < $2 AND coalesce(t.processor, '') = $3 AND "
	    "t.processor_fee IS NOT NULL AND coalesce(t.livemode, 1) >= $4 ORDER BY "
	    "t.clive_tx_id LIMIT $5",
	[SQL_FEE_ACTUAL_INSERT] =
	    "INSERT INTO processor_fee_actual (processor, report_id, "
	    "clive_tx_id, amount, fee, currency, recorded_at) VALUES ($1, "
	    "$2, $3, $4, $5, $6, $7) ON CONFLICT (processor, report_id) DO "
	    "NOTHING",
	[SQL_FEE_ACTUAL_OF_TX] =
	    "SELECT count(*), coalesce(sum(fee), 0) FROM "
	    "processor_fee_actual WHERE clive_tx_id = $1 AND currency = $2",

	/* SQLite alone: everything from here on has no PostgreSQL form */
	[SQL_SCHEMA_VERSION] =
	    "SELECT (SELECT application_id FROM pragma_application_id), "
	    "(SELECT user_version FROM pragma_user_version)",
	[SQL_DATA_VERSION] =
	    "PRAGMA data_version",
	[SQL_INTEGRITY] =
	    "PRAGMA integrity_check(10)",
	[SQL_FOREIGN_KEYS] =
	    "PRAGMA foreign_key_check",
	[SQL_JOURNAL_MODE] =
	    "PRAGMA journal_mode",
	[SQL_BACKUP] =
	    "VACUUM INTO $1",
	[SQL_FINAL_TRIGGERS] =
	    "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND "
	    "name LIKE '%_is_final_%'",
	/* Rows are numbered as they are committed, unlike their names. */
	[SQL_TAIL_EDGES] =
	    "SELECT (SELECT coalesce(max(rowid), 0) FROM event), (SELECT "
	    "coalesce(max(rowid), 0) FROM delivery), (SELECT seq FROM "
	    "audit_head WHERE id = 1)",
	[SQL_TAIL_AUDIT] =
	    "SELECT seq, at, actor, action, subject FROM audit_event WHERE "
	    "seq > $1 ORDER BY seq LIMIT $2",
	[SQL_TAIL_EVENTS] =
	    "SELECT rowid, id, created_at, type, partner_id, client_id, "
	    "clive_tx_id FROM event WHERE rowid > $1 ORDER BY rowid LIMIT $2",
	[SQL_TAIL_DELIVERIES] =
	    "SELECT d.rowid, d.id, d.created_at, e.type, e.partner_id, "
	    "e.clive_tx_id, d.event_id, d.endpoint_id, w.name FROM delivery "
	    "d JOIN event e ON e.id = d.event_id JOIN webhook_endpoint w ON "
	    "w.id = d.endpoint_id WHERE d.rowid > $1 ORDER BY d.rowid LIMIT "
	    "$2",
};
