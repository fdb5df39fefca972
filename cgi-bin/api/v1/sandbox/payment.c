/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/sandbox/payment - opens a test payment of the Payments API for
 * the demo merchant, without a key, as the back end of the demo shop's page
 * does. A gateway in live mode answers 404 NOT_FOUND and opens nothing.
 *
 * Takes, as a JSON object:
 *
 *   amount       integer, minor units, 1 to 99999999
 *   currency     USD, LRD or TZS
 *   description  text, up to 500; optional
 *
 * Refuses, after the checks of lib/app.h: 400, 422 for the fields as POST
 * /v1/payments does; 403 FORBIDDEN where there is no demo merchant, or it may
 * take no payments. There is no idempotency key, so every call opens one.
 *
 * Answers 201 {"success":true,"data":{...}}: the payment of lib/intent.h with
 * its client_secret, for the form in /js/v1.
 *
 * Effects: those of POST /v1/payments.
 */
#include "gateway.h"

#include "intent.h"

enum { AMOUNT_MAX = 99999999 };

/* The merchant that `./up` makes. */
static const struct merchant demo = {
	.key_id = "sandbox", .partner_id = "ECHEZONA001",
	.client_id = "AIRPEACE001", .live = false, .scopes = SCOPES_ALL,
	.owner = "ECHEZONA001/AIRPEACE001/test",
};

static const char *const currencies[] = { "USD", "LRD", "TZS", NULL };

struct opening {
	int64_t		 amount;
	const char	*currency;
	const char	*description;
};

#define AT(member) offsetof(struct opening, member)

static const struct field fields[] = {
	{ "amount", FIELD_INTEGER, .required = true, AT(amount), .min = 1,
	  .max = AMOUNT_MAX, .above = &FAULT_AMOUNT_LARGE },
	{ "currency", FIELD_CHOICE, .required = true, AT(currency),
	  .choices = currencies, .fault = &FAULT_CURRENCY },
	{ "description", FIELD_TEXT, .offset = AT(description), .max = 500 },
	{ .name = NULL }
};

static const struct fault *
create(struct conn *c, struct request *rq, void *arg)
{
	const struct opening *given = arg;
	struct intent_new new = {
		.amount.minor = given->amount,
		.description = given->description,
	};

	if (rq->conf->live)
		return &FAULT_NOT_FOUND;
	rq->merchant = demo;
	if (partner_may_take_payments(c, rq->arena, demo.partner_id,
	    demo.client_id) != NULL)
		return &FAULT_FORBIDDEN;
	memcpy(new.amount.currency, given->currency, 4);
	const struct intent *in = intent_open(c, rq->arena, rq->now, &demo,
	    &new, merchant_actor(rq));
	if (in == NULL)
		return &FAULT_INTERNAL;
	intent_answer(rq, 201, in);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_PUBLIC, .secret = true, .fields = fields,
	  .input_size = sizeof(struct opening), .change = create },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/sandbox/payment", actions, API_PAYMENTS
};

int
main(void)
{
	return app_main(&endpoint);
}
