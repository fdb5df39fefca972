/* SPDX-License-Identifier: ISC */
/*
 * POST /webhooks/clickpesa - ClickPesa tells what became of a payment.
 *
 * Takes a JSON body of at most 256 KiB in any of the shapes of
 * lib/clickpesa-events.h. ClickPesa's checksum has no time in it, so a body
 * that was good once is good for ever: that it counts once is the database's
 * doing. What is believed is set by clickpesa_webhook_verify:
 *
 *   checksum  the body carries the canonical checksum (or, where it has none,
 *             X-ClickPesa-Signature does); the default where a key is set
 *   query     nothing: a body is a hint to ask ClickPesa, whose answer
 *             counts; the default without a key. One payment is asked about
 *             six times a minute at the most, and not once it is paid.
 *   off       everything; the program says so at each start
 *
 * Refuses, in this order: 400 INVALID_WEBHOOK_JSON, 400
 * MISSING_ORDER_REFERENCE (but not for payouts and deposits), 503
 * CLICKPESA_CHECKSUM_KEY_MISSING, 401 CLICKPESA_CHECKSUM_MISSING, 401
 * CLICKPESA_CHECKSUM_INVALID (also for the legacy method); with query 429
 * RATE_LIMITED, 503 CLICKPESA_KEY_MISSING, 502 PROCESSOR_UNAVAILABLE.
 *
 * Answers 200 {"received":true} also for what changes nothing: an unknown
 * reference (kept where the body is believed), a duplicate, an event that is
 * not final or not ours.
 *
 * Effects, in one transaction: the event as it came (with query ClickPesa's
 * answer), the payment's state and fees, ledger entries, audit event, the
 * partner's event and deliveries. An amount or currency that is not the
 * payment's, and a second payment on one link, go into quarantine.
 */
#include "gateway.h"

#include "log.h"
#include "look.h"
#include "shared.h"

enum { LOOKS_PER_MINUTE = 6 };

/* What the transaction is run with. */
struct receipt {
	struct request		*rq;
	struct clickpesa_event	 said;
	struct payment_event	 event;
};

static const char *
verification(const struct conf *conf)
{
	if (conf->clickpesa_webhook_verify[0] != '\0')
		return conf->clickpesa_webhook_verify;
	return conf->clickpesa_checksum_key[0] != '\0' ? "checksum" : "query";
}

static void
started(const struct conf *conf)
{
	if (strcmp(verification(conf), "off") == 0)
		log_warn("clickpesa_webhook_verify is off: whoever reaches "
		    "this address can mark payments as paid");
}

static const struct fault *
check_checksum(struct request *rq, const struct json *json)
{
	if (rq->conf->clickpesa_checksum_key[0] == '\0')
		return &FAULT_CLICKPESA_CHECKSUM_KEY_MISSING;
	switch (clickpesa_verify(rq->arena, json,
	    rq->conf->clickpesa_checksum_key,
	    request_header(rq, "HTTP_X_CLICKPESA_SIGNATURE"))) {
	case CLICKPESA_GOOD:
		return NULL;
	case CLICKPESA_MISSING:
		return &FAULT_CLICKPESA_CHECKSUM_MISSING;
	case CLICKPESA_WRONG:
		break;
	}
	return &FAULT_CLICKPESA_CHECKSUM_INVALID;
}

static const struct fault *
receive(struct conn *c, void *arg)
{
	struct receipt *receipt = arg;
	struct request *rq = receipt->rq;
	const struct payment_event *e = &receipt->event;
	struct tx *tx = tx_find_by_ref(c, rq->arena, e->processor, e->ref);

	if (tx == NULL || !clickpesa_paid_before(c, rq->arena, tx,
	    &receipt->said)) {
		payment_receive(c, rq->arena, rq->now, e, &tx);
		return NULL;
	}
	payment_quarantine(c, rq->arena, rq->now, e, "second_payment");
	conn_run(c, SQL_PROCESSOR_EVENT_SETTLE, "tttt", "quarantined",
	    tx->clive_tx_id, e->processor, e->event_id);
	return NULL;
}

static const struct fault *
confirmed(struct request *rq)
{
	struct jsonw w;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_bool(&w, "received", true);
	jsonw_end_object(&w);
	return NULL;
}

/* Believes nothing but what ClickPesa says when it is asked. */
static const struct fault *
ask(struct request *rq, struct receipt *receipt)
{
	const char *ref = receipt->said.reference;
	const struct provider *p = provider_find("clickpesa");
	const struct tx *tx = tx_find_by_ref(rq->conn, rq->arena, p->name,
	    ref);
	const struct fault *missing = p->missing(rq->conf);

	if (tx == NULL || tx->has_fee)
		return confirmed(rq);
	if (!limit_take(arena_printf(rq->arena, "clickpesa:%s", ref),
	    LOOKS_PER_MINUTE, rq->now).allowed)
		return &FAULT_RATE_LIMITED;
	if (missing != NULL)
		return missing;
	struct provider_answer a = provider_count(p, "fetch",
	    p->fetch(rq->arena, rq->conf, ref));
	if (a.fate != PROVIDER_DONE)
		return &FAULT_PROCESSOR_UNAVAILABLE;
	receipt->said.meaning = CLICKPESA_IGNORED;	/* it does not count */
	if (!look_to_payment(rq->arena, p->name, ref, &a, &receipt->event))
		return confirmed(rq);
	const struct fault *fault = request_txn(rq, receive, receipt);
	return fault != NULL ? fault : confirmed(rq);
}

static const struct fault *
handle(struct request *rq, void *arg)
{
	struct receipt receipt = { .rq = rq };
	struct clickpesa_event *e = &receipt.said;
	const char *mode = verification(rq->conf), *why;
	const struct fault *fault = NULL;

	(void)arg;
	const struct json *json = json_parse(rq->arena, rq->body.p,
	    rq->body.n, &why);
	if (json == NULL || json->kind != JSON_OBJECT)
		return &FAULT_WEBHOOK_JSON;
	if (!clickpesa_event_read(rq->arena, json, e) ||
	    (e->reference == NULL && !e->other))
		return &FAULT_ORDER_REFERENCE_MISSING;
	if (strcmp(mode, "checksum") == 0)
		fault = check_checksum(rq, json);
	if (fault != NULL)
		return fault;
	if (e->other || e->meaning == CLICKPESA_IGNORED)
		return confirmed(rq);
	if (strcmp(mode, "query") == 0)
		return ask(rq, &receipt);
	clickpesa_to_payment(rq->arena, e, rq->body, &receipt.event);
	fault = request_txn(rq, receive, &receipt);
	return fault != NULL ? fault : confirmed(rq);
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_PUBLIC, .raw_body = true,
	  .body_max = 256 * 1024, .handle = handle, .started = started },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/webhooks/clickpesa", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
