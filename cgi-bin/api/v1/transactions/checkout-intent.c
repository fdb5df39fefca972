/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/transactions/checkout-intent - open a payment and its Stripe
 * PaymentIntent in one call.
 *
 * Needs x-api-key, x-clive-hmac, idempotency-key, and a JSON body: the fields
 * of initialize, and
 *
 *   email                        text, the buyer's; for the receipt
 *   statement_descriptor_suffix  text, 1 to 22 of letters, digits, space,
 *                                - _ . ; optional
 *
 * Refuses, after the checks of lib/app.h: what initialize refuses, 500
 * STRIPE_KEY_MISSING, 500 STRIPE_PUBLISHABLE_MISSING, 422 PROCESSOR_REFUSED
 * (details say why), 502 PROCESSOR_UNAVAILABLE (nothing is lost: the same
 * request with the same key goes on where this one stopped).
 *
 * Answers 201 {"clive_tx_id","status":"pending","stripe_payment_intent_id",
 * "client_secret","stripe_publishable_key"}.
 */
#include "gateway.h"

static const struct field fields[] = {
	CHECKOUT_FIELDS,
	{ .name = NULL }
};

static const struct fault *
before(struct conn *c, struct request *rq, void *arg)
{
	struct checkout *in = arg;

	in->processor = "stripe";
	return checkout_before(c, rq, in);
}

static const struct fault *
after(struct conn *c, struct request *rq, void *arg)
{
	return checkout_answer(c, rq, arg, checkout_write_stripe);
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_SIGNED, .fields = fields,
	  .input_size = sizeof(struct checkout), .before = before,
	  .ask = checkout_ask, .after = after },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/transactions/checkout-intent", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
