/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/transactions/checkout-intent-v2 - open a payment at the
 * cheapest processor that can take it.
 *
 * Needs x-api-key, x-clive-hmac, idempotency-key, and a JSON body: the fields
 * of checkout-intent, and
 *
 *   payment_type    card, revolut_pay or open_banking
 *   issuer_country  two letters
 *   card_scheme     text, 1 to 32; optional
 *
 * The matching fee rules are tried from the cheapest on; while a processor
 * is down, the next one is asked. `clive tx explain` shows the decision.
 *
 * Refuses, after the checks of lib/app.h: what initialize refuses, 422
 * NO_ROUTE_AVAILABLE, 500 for a processor whose keys are missing where no
 * other can take the payment, 422 PROCESSOR_REFUSED, 502
 * PROCESSOR_UNAVAILABLE.
 *
 * Answers 201 {"clive_tx_id","status":"pending","processor","payment_type",
 * "processor_fee_rule_id","estimated_processor_fee"} and what the processor's
 * browser part needs: for stripe stripe_payment_intent_id, client_secret,
 * stripe_publishable_key; for revolut revolut_order_token, revolut_mode,
 * revolut_public_key.
 */
#include "gateway.h"

static const char *const payment_types[] = {
	"card", "revolut_pay", "open_banking", NULL
};

static const struct field fields[] = {
	CHECKOUT_FIELDS,
	{ "payment_type", FIELD_CHOICE, .required = true,
	  offsetof(struct checkout, payment_type),
	  .choices = payment_types },
	{ "issuer_country", FIELD_TEXT, .required = true,
	  offsetof(struct checkout, country), .min = 2, .max = 2,
	  .check = field_check_country },
	{ "card_scheme", FIELD_TEXT,
	  .offset = offsetof(struct checkout, card_scheme), .min = 1,
	  .max = 32 },
	{ .name = NULL }
};

static const struct fault *
after(struct conn *c, struct request *rq, void *arg)
{
	return checkout_answer(c, rq, arg, checkout_write_routed);
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_SIGNED, .fields = fields,
	  .input_size = sizeof(struct checkout), .before = checkout_before,
	  .ask = checkout_ask, .after = after },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/transactions/checkout-intent-v2", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
