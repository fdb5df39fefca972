/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/transactions/initialize - open a payment; its intent is
 * attached later (the two-step flow).
 *
 * Needs x-api-key, x-clive-hmac, idempotency-key, and a JSON body:
 *
 *   partner_id          text, 1 to 64; the key's own partner
 *   client_id           text, 1 to 64; a client of the partner
 *   amount              number > 0 in major units, at most 999999999.99
 *   currency            three letters
 *   echezona_reference  text, 1 to 128; the partner's own, not unique
 *   meta                object of at most 16 KiB, optional; comes back in
 *                       webhooks byte for byte
 *
 * Refuses, after the checks of lib/app.h: 403 API_KEY_SCOPE_FORBIDDEN, 404
 * PARTNER_NOT_FOUND, 403 PARTNER_NOT_ACTIVE, 403 KYC_NOT_APPROVED, 404
 * CLIENT_NOT_FOUND, 403 CLIENT_NOT_ACTIVE.
 *
 * Answers 201 {"clive_tx_id","status":"initialized"}. Writes the payment and
 * an audit event.
 */
#include "gateway.h"

struct input {
	const char	*partner_id;
	const char	*client_id;
	char		 currency[4];
	struct amount	 amount;
	const char	*reference;
	struct slice	 meta;
};

#define IN(member) offsetof(struct input, member)

static const struct field fields[] = {
	{ "partner_id", FIELD_TEXT, .required = true, IN(partner_id),
	  .min = 1, .max = 64 },
	{ "client_id", FIELD_TEXT, .required = true, IN(client_id),
	  .min = 1, .max = 64 },
	{ "currency", FIELD_CURRENCY, .required = true, IN(currency) },
	{ "amount", FIELD_AMOUNT, .required = true, IN(amount),
	  .with = IN(currency) },
	{ "echezona_reference", FIELD_TEXT, .required = true, IN(reference),
	  .min = 1, .max = 128 },
	{ "meta", FIELD_OBJECT, .offset = IN(meta), .max = 16 * 1024 },
	{ .name = NULL }
};

static const struct fault *
change(struct conn *c, struct request *rq, void *arg)
{
	const struct input *in = arg;
	const struct fault *fault;
	struct tx tx = {
		.partner_id = in->partner_id, .client_id = in->client_id,
		.amount = in->amount, .echezona_reference = in->reference,
		.processor = "stripe",
	};
	struct jsonw w;

	if (!caller_may_act_for(&rq->caller, in->partner_id))
		return &FAULT_SCOPE;
	fault = partner_may_take_payments(c, rq->arena, in->partner_id,
	    in->client_id);
	if (fault != NULL)
		return fault;
	tx_open(c, rq->arena, rq->now, &tx, in->meta, caller_actor(rq));

	reply_start(rq, 201, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "clive_tx_id", tx.clive_tx_id);
	jsonw_text(&w, "status", tx_status_name(tx.status));
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_SIGNED, .grouped = true, .fields = fields,
	  .input_size = sizeof(struct input), .change = change },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/transactions/initialize", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
