/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/webhooks/stripe (also /webhooks/stripe) - Stripe tells what
 * became of a PaymentIntent.
 *
 * Needs stripe-signature over the raw body of at most 1 MiB, made with any
 * of the secrets in stripe_webhook_secret, or for test events in
 * stripe_test_webhook_secret. Content-Type does not matter.
 *
 * Refuses, in this order: 503 STRIPE_WEBHOOK_SECRET_MISSING, 400
 * STRIPE_SIGNATURE_MISSING, 400 STRIPE_SIGNATURE_INVALID (also too old or
 * too new by 300 s), 400 INVALID_WEBHOOK_JSON (also thin events), 400
 * MISSING_INTENT_ID, 404 PAYMENT_INTENT_NOT_FOUND (the event is kept and
 * applied when the intent is attached; Stripe sends it again meanwhile).
 *
 * Answers 200 {"received":true,"clive_tx_id","status"} with the payment's
 * state after the event, which also a duplicate or a late event gets; 202
 * {"message":"Ignored event <type>"} for types without a meaning here, for
 * events of connected accounts, and for events of the other mode (live ones in
 * the sandbox; in live mode test events, but for those of payments that a
 * merchant made with a test key, and live ones for these), which are kept in
 * quarantine.
 *
 * Effects, in one transaction: the event as it came, the payment's state and
 * fees, ledger entries, audit event, the partner's event and deliveries.
 */
#include "gateway.h"

/* What came, read and verified. */
struct input {
	struct payment_event	 event;
	bool			 other_mode;
	const char		*type;		/* Stripe's word */
};

static enum stripe_signature
check_by(struct request *rq, const char (*kept)[128], size_t n)
{
	const char *secrets[CONF_SECRETS_MAX];

	for (size_t i = 0; i < n; i++)
		secrets[i] = kept[i];
	return stripe_signature_check(request_header(rq,
	    "HTTP_STRIPE_SIGNATURE"), rq->body, secrets, n, rq->now / 1000);
}

/* *test: by a secret of Stripe's test mode, which more people may know. */
static const struct fault *
check_signature(struct request *rq, bool *test)
{
	const char *header = request_header(rq, "HTTP_STRIPE_SIGNATURE");
	const struct conf *conf = rq->conf;
	enum stripe_signature s = check_by(rq, conf->stripe_webhook_secret,
	    conf->stripe_webhook_secret_count);

	*test = s != STRIPE_SIGNATURE_GOOD &&
	    conf->stripe_test_webhook_secret_count > 0;
	if (*test)
		s = check_by(rq, conf->stripe_test_webhook_secret,
		    conf->stripe_test_webhook_secret_count);
	if (s == STRIPE_SIGNATURE_NO_SECRET)
		return &FAULT_STRIPE_SECRET_MISSING;
	if (header == NULL || *header == '\0')
		return &FAULT_STRIPE_SIGNATURE_MISSING;
	return s == STRIPE_SIGNATURE_GOOD ? NULL :
	    &FAULT_STRIPE_SIGNATURE_INVALID;
}

static void
ignore(struct request *rq, const char *type)
{
	struct jsonw w;

	reply_start(rq, 202, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "message", arena_printf(rq->arena,
	    "Ignored event %s", type));
	jsonw_end_object(&w);
}

/*
 * Which mode the payment of an event has: that of its merchant's key, else the
 * gateway's, also where we know of no such payment.
 */
static bool
expected_mode(struct request *rq, const struct payment_event *e)
{
	const struct tx *tx = NULL;

	if (!rq->conf->live)
		return false;
	if (e->ref != NULL)
		tx = tx_find_by_ref(rq->conn, rq->arena, e->processor,
		    e->ref);
	if (tx == NULL && e->clive_tx_id != NULL)
		tx = tx_find(rq->conn, rq->arena, e->clive_tx_id);
	return tx == NULL || !tx->payments || tx->live;
}

static const struct fault *
check(struct request *rq, void *arg)
{
	struct input *in = arg;
	struct stripe_event e;
	const struct fault *fault;
	const char *why;
	bool test;

	if ((fault = check_signature(rq, &test)) != NULL)
		return fault;
	const struct json *json = json_parse(rq->arena, rq->body.p,
	    rq->body.n, &why);
	if (json == NULL || stripe_event_read(json, &e) != NULL)
		return &FAULT_WEBHOOK_JSON;
	if (test && e.livemode)
		return &FAULT_STRIPE_SIGNATURE_INVALID;
	if (e.meaning == STRIPE_IGNORED || e.foreign_account) {
		ignore(rq, e.type);
		return NULL;
	}
	stripe_to_payment(&e, rq->body, &in->event);
	in->type = e.type;
	in->other_mode = e.livemode != expected_mode(rq, &in->event);
	return in->other_mode || e.intent_id != NULL ? NULL :
	    &FAULT_INTENT_MISSING;
}

static const struct fault *
change(struct conn *c, struct request *rq, void *arg)
{
	const struct input *in = arg;
	struct tx *tx;
	struct jsonw w;

	if (in->other_mode) {
		payment_quarantine(c, rq->arena, rq->now, &in->event,
		    "other_mode");
		ignore(rq, in->type);
		return NULL;
	}
	payment_receive(c, rq->arena, rq->now, &in->event, &tx);
	if (tx == NULL) {
		/* An answer like any other: the event stays on record. */
		reply_fault(rq, &FAULT_INTENT_NOT_FOUND);
		return NULL;
	}
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_bool(&w, "received", true);
	jsonw_text(&w, "clive_tx_id", tx->clive_tx_id);
	jsonw_text(&w, "status", tx_status_name(tx->status));
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_PUBLIC, .raw_body = true, .grouped = true,
	  .body_max = 1024 * 1024, .input_size = sizeof(struct input),
	  .check = check, .change = change },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/webhooks/stripe", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
