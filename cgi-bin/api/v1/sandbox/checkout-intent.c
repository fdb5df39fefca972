/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/sandbox/checkout-intent - a checkout for demos, without keys
 * and signatures. In live mode every request is 404 NOT_FOUND.
 * GET /api/v1/sandbox/checkout-intent/{clive_tx_id} - its state.
 *
 * The JSON body is that of checkout-intent, or of checkout-intent-v2 where it
 * has a payment_type; refusals and answers are theirs. There is no
 * idempotency key, so every call opens a payment. 201 has a further member
 * where Stripe's API is a stand-in: sandbox_base_url, from which a browser
 * loads js/stripe.js.
 *
 * GET answers 200 {"clive_tx_id","status","amount","currency"} or 404
 * TX_NOT_FOUND.
 */
#include "gateway.h"

static const char *const payment_types[] = {
	"card", "revolut_pay", "open_banking", NULL
};

static const struct field fields[] = {
	CHECKOUT_FIELDS,
	{ "payment_type", FIELD_CHOICE,
	  .offset = offsetof(struct checkout, payment_type),
	  .choices = payment_types },
	{ "issuer_country", FIELD_TEXT,
	  .offset = offsetof(struct checkout, country), .min = 2, .max = 2,
	  .check = field_check_country },
	{ "card_scheme", FIELD_TEXT,
	  .offset = offsetof(struct checkout, card_scheme), .min = 1,
	  .max = 32 },
	{ .name = NULL }
};

static const struct fault *
before(struct conn *c, struct request *rq, void *arg)
{
	struct checkout *in = arg;

	if (rq->conf->live)
		return &FAULT_NOT_FOUND;
	rq->caller.platform = true;
	snprintf(rq->caller.key_id, sizeof(rq->caller.key_id), "sandbox");
	if (in->payment_type == NULL)
		in->processor = "stripe";
	return checkout_before(c, rq, in);
}

/* Where pages of the sandbox find the browser part of its Stripe. */
static void
write_answer(struct jsonw *w, struct request *rq, const struct checkout *in)
{
	if (in->payment_type != NULL)
		checkout_write_routed(w, rq, in);
	else
		checkout_write_stripe(w, rq, in);
	if (strcmp(rq->conf->stripe_api_base, "https://api.stripe.com") != 0)
		jsonw_text(w, "sandbox_base_url", rq->conf->stripe_api_base);
}

static const struct fault *
after(struct conn *c, struct request *rq, void *arg)
{
	return checkout_answer(c, rq, arg, write_answer);
}

static const struct fault *
show(struct request *rq, void *arg)
{
	char amount[AMOUNT_TEXT_SIZE];
	struct jsonw w;

	(void)arg;
	if (rq->conf->live)
		return &FAULT_NOT_FOUND;
	const struct tx *tx = tx_find(rq->conn, rq->arena, rq->rest + 1);
	if (tx == NULL)
		return &FAULT_TX_NOT_FOUND;
	amount_print(tx->amount.minor, tx->amount.currency, amount);
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "clive_tx_id", tx->clive_tx_id);
	jsonw_text(&w, "status", tx_status_name(tx->status));
	jsonw_raw(&w, "amount", amount, strlen(amount));
	jsonw_text(&w, "currency", tx->amount.currency);
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_PUBLIC, .fields = fields,
	  .input_size = sizeof(struct checkout), .before = before,
	  .ask = checkout_ask, .after = after },
	{ METHOD_GET, ACCESS_PUBLIC, .takes_rest = true, .handle = show },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/sandbox/checkout-intent", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
