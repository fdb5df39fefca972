/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/transactions/attach-intent - link a payment with the Stripe
 * PaymentIntent that the partner made, and await its result.
 *
 * Needs x-api-key, x-clive-hmac, idempotency-key, and a JSON body:
 *
 *   clive_tx_id               text, 1 to 64
 *   stripe_payment_intent_id  text: pi_ and letters, digits, underscores
 *
 * Refuses, after the checks of lib/app.h: 404 TX_NOT_FOUND (also for another
 * partner's payment), 409 TX_ALREADY_ATTACHED (the payment has another
 * intent, or the intent another payment), 409 TX_NOT_ATTACHABLE (the payment
 * was abandoned). The same intent again is no error.
 *
 * Answers 200 {"clive_tx_id","status","stripe_payment_intent_id"}; status is
 * "pending" on the first attachment. Applies the events of the intent that
 * came before it was attached.
 */
#include "gateway.h"

struct input {
	const char	*clive_tx_id;
	const char	*intent;
};

#define IN(member) offsetof(struct input, member)

static const struct field fields[] = {
	{ "clive_tx_id", FIELD_TEXT, .required = true, IN(clive_tx_id),
	  .min = 1, .max = 64 },
	{ "stripe_payment_intent_id", FIELD_TEXT, .required = true,
	  IN(intent), .min = 1, .max = 255, .check = field_check_intent },
	{ .name = NULL }
};

static void
answer(struct request *rq, const struct tx *tx)
{
	struct jsonw w;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "clive_tx_id", tx->clive_tx_id);
	jsonw_text(&w, "status", tx_status_name(tx->status));
	jsonw_text(&w, "stripe_payment_intent_id", tx->processor_ref);
	jsonw_end_object(&w);
}

static const struct fault *
change(struct conn *c, struct request *rq, void *arg)
{
	const struct input *in = arg;
	struct tx *tx = tx_find(c, rq->arena, in->clive_tx_id);

	/* What the Payments API opened gets its intent there. */
	if (tx == NULL || tx->payments ||
	    !caller_may_act_for(&rq->caller, tx->partner_id))
		return &FAULT_TX_NOT_FOUND;
	if (tx->processor_ref != NULL) {
		if (strcmp(tx->processor_ref, in->intent) != 0)
			return &FAULT_TX_ALREADY_ATTACHED;
		answer(rq, tx);
		return NULL;
	}
	switch (tx_attach(c, rq->arena, rq->now, tx, in->intent,
	    caller_actor(rq))) {
	case TX_ATTACH_DONE:
		break;
	case TX_ATTACH_TAKEN:
		return &FAULT_TX_ALREADY_ATTACHED;
	case TX_ATTACH_CLOSED:
		return &FAULT_TX_NOT_ATTACHABLE;
	}
	answer(rq, tx);
	payment_apply_waiting(c, rq->arena, rq->now, tx);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_SIGNED, .grouped = true, .fields = fields,
	  .input_size = sizeof(struct input), .change = change },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/transactions/attach-intent", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
