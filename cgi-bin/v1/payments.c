/* SPDX-License-Identifier: ISC */
/*
 * POST /v1/payments - opens a payment: 201, requires_payment_method.
 * GET /v1/payments - the merchant's payments of its key's mode, newest first.
 * GET /v1/payments/{id} - one payment.
 * POST /v1/payments/{id}/confirm - pays it with a payment method.
 * POST /v1/payments/{id}/cancel - gives it up before it is paid.
 * POST /v1/payments/{id}/approve, /decline - a buyer's word on a payment by
 * wallet (lib/wallet-approve.h).
 *
 * All need a merchant key with payments:write, or payments:read for the GETs.
 * One payment, confirm, approve and decline may instead have the payment's
 * client secret (as bearer token, client_secret in the body or the query),
 * and then answer with what a payer may see; browsers of any site may ask.
 *
 * A new one takes, as a JSON object with an X-Idempotency-Key:
 *
 *   amount       integer, minor units, 1 to 99999999
 *   currency     USD, LRD or TZS
 *   description  text, up to 500; optional, shown to the payer
 *   metadata     object, up to 16 KiB; optional, comes back byte for byte
 *   return_url   http(s) URL, up to 2000 bytes; optional, of the page behind
 *                it
 *
 * The list takes limit (1 to 100, default 20), starting_after, and status.
 *
 * Confirm takes payment_method, and return_url in place of the payment's:
 *
 *   {"type":"card","card":{"number","exp_month","exp_year","cvc"}}
 *   {"type":"momo","momo":{"provider","phone_number"}}
 *   {"type":"soxara_wallet","soxara_wallet":{"phone_number"}}
 *
 * with a live key a card without numbers: those are for Stripe's element. Its
 * camelCase spellings are good as well.
 *
 * Refuses, after the checks of lib/app.h: 404 NOT_FOUND (also another
 * merchant's or mode's); 403 FORBIDDEN for a merchant that may take no
 * payments, or a wallet of nobody; what lib/intent-confirm.h and
 * lib/intent-cancel.h say; 422 VALIDATION_ERROR for a starting_after that is
 * none of the list.
 *
 * Answers {"success":true,"data":{...}} with the payment of intent_write;
 * confirm 202 where the payer has to act (next_action), else 200, also for a
 * declined one: its status is failed and failure says why.
 *
 * Effects: the transaction and its audit events, the question to the
 * processor before it is asked, ledger entries of a success, and the
 * merchant's events payment.created, .requires_action, .succeeded, .failed,
 * .canceled.
 */
#include "gateway.h"

#include "intent-cancel.h"
#include "intent-confirm.h"
#include "intent-list.h"
#include "wallet-approve.h"

enum {
	AMOUNT_MAX = 99999999,
	METADATA_MAX = 16 * 1024
};

static const char *const currencies[] = { "USD", "LRD", "TZS", NULL };

/* What a payment is opened with. */
struct opening {
	int64_t		 amount;
	const char	*currency;
	const char	*description;
	struct slice	 metadata;
	const char	*return_url;
};

#define AT(member) offsetof(struct opening, member)

static const struct field opening_fields[] = {
	{ "amount", FIELD_INTEGER, .required = true, AT(amount), .min = 1,
	  .max = AMOUNT_MAX, .above = &FAULT_AMOUNT_LARGE },
	{ "currency", FIELD_CHOICE, .required = true, AT(currency),
	  .choices = currencies, .fault = &FAULT_CURRENCY },
	{ "description", FIELD_TEXT, .offset = AT(description), .max = 500 },
	{ "metadata", FIELD_OBJECT, .offset = AT(metadata),
	  .max = METADATA_MAX },
	{ "return_url", FIELD_TEXT, .offset = AT(return_url), .min = 8,
	  .max = 2000, .check = intent_check_return_url,
	  .alias = "returnUrl" },
	{ .name = NULL }
};

static const struct fault *
create(struct conn *c, struct request *rq, void *arg)
{
	const struct opening *given = arg;
	const struct merchant *m = &rq->merchant;
	struct intent_new new = {
		.amount.minor = given->amount,
		.description = given->description,
		.metadata = given->metadata, .return_url = given->return_url,
	};

	if (partner_may_take_payments(c, rq->arena, m->partner_id,
	    m->client_id) != NULL)
		return &FAULT_FORBIDDEN;
	memcpy(new.amount.currency, given->currency, 4);
	const struct intent *in = intent_open(c, rq->arena, rq->now, m, &new,
	    merchant_actor(rq));
	if (in == NULL)
		return &FAULT_INTERNAL;
	intent_answer(rq, 201, in);
	return NULL;
}

static const struct fault *
one(struct request *rq, void *arg)
{
	struct intent *in;
	const struct fault *fault = intent_of_request(rq->conn, rq, &in);

	(void)arg;
	if (fault == NULL)
		intent_answer(rq, 200, in);
	return fault;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_PAYER, .takes_rest = true, .verb = "",
	  .scope = SCOPE_PAYMENTS_READ, .any_origin = true, .handle = one },
	{ METHOD_GET, ACCESS_MERCHANT, .scope = SCOPE_PAYMENTS_READ,
	  .fields = intent_list_fields,
	  .input_size = sizeof(struct intent_list),
	  .handle = intent_list_answer },
	{ METHOD_POST, ACCESS_MERCHANT, .scope = SCOPE_PAYMENTS_WRITE,
	  .key_required = true, .secret = true, .fields = opening_fields,
	  .input_size = sizeof(struct opening), .change = create },
	{ METHOD_POST, ACCESS_PAYER, .takes_rest = true, .verb = "confirm",
	  .scope = SCOPE_PAYMENTS_WRITE, .any_origin = true, .secret = true,
	  .fields = confirm_fields, .input_size = sizeof(struct confirm),
	  .before = confirm_before, .ask = confirm_ask,
	  .after = confirm_after },
	{ METHOD_POST, ACCESS_MERCHANT, .takes_rest = true, .verb = "cancel",
	  .scope = SCOPE_PAYMENTS_WRITE, .secret = true,
	  .input_size = sizeof(struct cancel), .before = cancel_before,
	  .ask = cancel_ask, .after = cancel_after },
	WALLET_APPROVE_ACTIONS,
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/v1/payments", actions, API_PAYMENTS
};

int
main(void)
{
	return app_main(&endpoint);
}
