/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/webhooks/revolut (also /webhooks/revolut) - Revolut tells that
 * something happened to an order.
 *
 * Needs revolut-signature and revolut-request-timestamp over the raw body of
 * at most 64 KiB, made with any of the secrets in revolut_webhook_secret. What
 * the body's order is worth is asked for before anything is changed.
 *
 * Refuses, in this order: 503 REVOLUT_WEBHOOK_SECRET_MISSING, 400
 * REVOLUT_SIGNATURE_MISSING, 400 REVOLUT_SIGNATURE_INVALID (also too old or
 * too new by 300 s), 400 INVALID_WEBHOOK_JSON, 400 MISSING_ORDER_ID, 500
 * REVOLUT_KEY_MISSING, 404 ORDER_NOT_FOUND (an order of ours without its
 * payment is kept and applied when the payment is attached), 502
 * PROCESSOR_UNAVAILABLE (the order could not be asked for, or does not say
 * yet what the event says; cron/reconcile looks at the payment soon).
 *
 * Answers 200 {"received":true,"clive_tx_id","status"} with the payment's
 * state after the event, also to a duplicate or a late event; 202 {"message":
 * "Ignored event <type>"} for types without a meaning here and orders that
 * are not ours. A declined attempt goes on record and changes nothing.
 *
 * Effects, in one transaction: event and order as they came, the payment's
 * state and fees, ledger, audit event, the partner's event and deliveries.
 */
#include "gateway.h"

struct receipt {
	struct request		*rq;
	struct revolut_event	 said;
	struct payment_event	 event;
	struct tx		*tx;
};

static const struct fault *
check_signature(struct request *rq)
{
	const char *secrets[CONF_SECRETS_MAX];
	size_t n = rq->conf->revolut_webhook_secret_count;

	for (size_t i = 0; i < n; i++)
		secrets[i] = rq->conf->revolut_webhook_secret[i];
	enum revolut_signature s = revolut_signature_check(
	    request_header(rq, "HTTP_REVOLUT_SIGNATURE"),
	    request_header(rq, "HTTP_REVOLUT_REQUEST_TIMESTAMP"), rq->body,
	    secrets, n, rq->now);
	if (s == REVOLUT_SIGNATURE_GOOD)
		return NULL;
	if (s == REVOLUT_SIGNATURE_NO_SECRET)
		return &FAULT_REVOLUT_SECRET_MISSING;
	if (s == REVOLUT_SIGNATURE_MISSING)
		return &FAULT_REVOLUT_SIGNATURE_MISSING;
	return &FAULT_REVOLUT_SIGNATURE_INVALID;
}

static const struct fault *
ignore(struct request *rq, const char *type)
{
	const char *text = arena_printf(rq->arena, "Ignored event %s", type);
	struct jsonw w;

	reply_start(rq, 202, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "message", text);
	jsonw_end_object(&w);
	return NULL;
}

static const struct fault *
receive(struct conn *c, void *arg)
{
	struct receipt *receipt = arg;
	struct request *rq = receipt->rq;

	payment_receive(c, rq->arena, rq->now, &receipt->event, &receipt->tx);
	return NULL;
}

/* The next run of cron/reconcile looks at this order's payment. */
static const struct fault *
look_soon(struct conn *c, void *arg)
{
	struct receipt *receipt = arg;
	const struct tx *tx = tx_find_by_ref(c, receipt->rq->arena, "revolut",
	    receipt->said.order_id);

	if (tx != NULL)
		conn_run(c, SQL_TX_SET_LOOK, "iit", receipt->rq->now,
		    (int64_t)0, tx->clive_tx_id);
	return NULL;
}

static const struct fault *
come_again(struct receipt *receipt)
{
	const struct fault *fault = request_txn(receipt->rq, look_soon, receipt);

	return fault != NULL ? fault : &FAULT_PROCESSOR_UNAVAILABLE;
}

/* Asks for an order; false where there is no usable answer. */
static bool
fetch(struct request *rq, const char *id, struct slice *raw,
    struct revolut_order *order, int *status)
{
	const struct provider *p = provider_find("revolut");
	const struct provider_answer a = provider_count(p, "fetch",
	    p->fetch(rq->arena, rq->conf, id));
	const char *why;

	*status = a.status;
	*raw = a.raw;
	return a.fate == PROVIDER_DONE && revolut_order_read(
	    json_parse(rq->arena, a.raw.p, a.raw.n, &why), order) == NULL;
}

static const struct fault *
answer(struct receipt *receipt)
{
	struct request *rq = receipt->rq;
	const struct fault *fault = request_txn(rq, receive, receipt);
	struct jsonw w;

	if (fault != NULL)
		return fault;
	if (receipt->tx == NULL)
		return &FAULT_ORDER_NOT_FOUND;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_bool(&w, "received", true);
	jsonw_text(&w, "clive_tx_id", receipt->tx->clive_tx_id);
	jsonw_text(&w, "status", tx_status_name(receipt->tx->status));
	jsonw_end_object(&w);
	return NULL;
}

/* Asks for the order, and for the one that it refunds. */
static const struct fault *
look_at_order(struct receipt *receipt)
{
	struct request *rq = receipt->rq;
	struct revolut_order order, related;
	struct slice raw, more = { NULL, 0 };
	int status;

	if (!fetch(rq, receipt->said.order_id, &raw, &order, &status))
		return status == 404 ? &FAULT_ORDER_NOT_FOUND :
		    come_again(receipt);
	related = order;
	if ((order.type == REVOLUT_REFUND ||
	    order.type == REVOLUT_CHARGEBACK) && order.related_id != NULL &&
	    !fetch(rq, order.related_id, &more, &related, &status))
		return come_again(receipt);
	/* A refund that failed leaves its payment as it is. */
	if (!revolut_is_ours(&related) || order.type == REVOLUT_OTHER_TYPE ||
	    (order.type != REVOLUT_PAYMENT && revolut_is_off(&order)))
		return ignore(rq, receipt->said.type);
	if (!revolut_payment_event(rq->arena, revolut_report(rq->arena,
	    rq->body, raw, more), &receipt->event))
		return come_again(receipt);
	return answer(receipt);
}

static const struct fault *
handle(struct request *rq, void *arg)
{
	struct receipt receipt = { .rq = rq };
	const struct fault *fault;
	const char *why;

	(void)arg;
	if ((fault = check_signature(rq)) != NULL)
		return fault;
	const struct json *json = json_parse(rq->arena, rq->body.p,
	    rq->body.n, &why);
	if (json == NULL || revolut_event_read(json, &receipt.said) != NULL)
		return &FAULT_WEBHOOK_JSON;
	if (receipt.said.meaning == REVOLUT_IGNORED)
		return ignore(rq, receipt.said.type);
	if (receipt.said.order_id == NULL)
		return &FAULT_ORDER_MISSING;
	if ((fault = provider_find("revolut")->missing(rq->conf)) != NULL)
		return fault;
	return look_at_order(&receipt);
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_PUBLIC, .raw_body = true, .handle = handle },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/webhooks/revolut", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
