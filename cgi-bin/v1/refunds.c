/* SPDX-License-Identifier: ISC */
/*
 * POST /v1/refunds - gives a payment back, or a part of it.
 * GET /v1/refunds/{id} - one refund.
 * GET /v1/refunds - the merchant's refunds, newest first.
 *
 * Needs a merchant key with refunds:write, or refunds:read. POST needs an
 * X-Idempotency-Key and takes payment (or payment_id, payment_intent),
 * amount (minor units; absent: what is left), reason and metadata. The list
 * takes payment, limit (1 to 100, default 20) and starting_after.
 *
 * Refuses, after the checks of lib/app.h: 404 NOT_FOUND (also another
 * merchant's or mode's payment or refund); 409 INVALID_STATE for a payment
 * that did not succeed, is disputed, or was paid in a way that gives nothing
 * back; 422 AMOUNT_TOO_LARGE where less is left; 422 VALIDATION_ERROR for a
 * starting_after that is none of the list.
 *
 * Answers 201 with the refund: succeeded, failed with the reason, or pending
 * where the processor has not said yet. What becomes of it is told by
 * refund.succeeded or refund.failed; cron/reconcile asks again where no
 * answer came.
 *
 * Effects: the amount is set aside, with refund.created, before the
 * processor is asked; then the payment's refunded amount, ledger entries,
 * audit events and the merchant's events.
 */
#include "gateway.h"
#include "refund-make.h"

enum { LIST_MAX = 100 };

struct list {
	const char	*payment;
	int64_t		 limit;
	const char	*starting_after;
};

static struct refund *
my_refund(struct request *rq, const char *id)
{
	struct refund *r = refund_find(rq->conn, rq->arena, id);
	const struct merchant *m = &rq->merchant;

	return r != NULL && r->live == m->live &&
	    strcmp(r->partner_id, m->partner_id) == 0 &&
	    strcmp(r->client_id, m->client_id) == 0 ? r : NULL;
}

static const struct fault *
one(struct request *rq, void *arg)
{
	const struct refund *refund = my_refund(rq, rq->item);
	struct jsonw w;

	(void)arg;
	if (refund == NULL)
		return &FAULT_NOT_FOUND;
	reply_data(rq, 200, &w);
	refund_write(&w, "data", refund);
	jsonw_end_object(&w);
	return NULL;
}

static struct rows *
start_list(struct request *rq, const struct list *in, const char *after)
{
	const struct merchant *m = &rq->merchant;

	return in->payment != NULL ?
	    conn_rows(rq->conn, SQL_REFUND_LIST_OF_INTENT, "tti",
	    in->payment, after, in->limit + 1) :
	    conn_rows(rq->conn, SQL_REFUND_LIST, "ttiti", m->partner_id,
	    m->client_id, (int64_t)m->live, after, in->limit + 1);
}

static const struct fault *
list(struct request *rq, void *arg)
{
	const struct list *in = arg;
	const char *after = in->starting_after;
	struct jsonw w;
	int64_t n = 0;

	if (in->payment != NULL && refund_make_intent(rq->conn, rq,
	    in->payment) == NULL)
		return &FAULT_NOT_FOUND;
	if (after != NULL && my_refund(rq, after) == NULL)
		return request_refuse(rq, &FAULT_FIELD_WRONG,
		    "starting_after", "Not the id of a refund");
	reply_list(rq, &w);
	struct rows *r = start_list(rq, in, after != NULL ? after : "~");
	while (row_next(r) && ++n <= in->limit)
		refund_write(&w, NULL, refund_of_row(r, rq->arena));
	row_done(r);
	reply_list_end(&w, n > in->limit);
	return NULL;
}

static const struct field list_fields[] = {
	{ "payment", FIELD_TEXT, .offset = offsetof(struct list, payment),
	  .min = 1, .max = 100 },
	{ "limit", FIELD_INTEGER, .offset = offsetof(struct list, limit),
	  .min = 1, .max = LIST_MAX, .initial = 20 },
	{ "starting_after", FIELD_TEXT,
	  .offset = offsetof(struct list, starting_after), .min = 1,
	  .max = 100 },
	{ .name = NULL }
};

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_MERCHANT, .takes_rest = true, .verb = "",
	  .scope = SCOPE_REFUNDS_READ, .handle = one },
	{ METHOD_GET, ACCESS_MERCHANT, .scope = SCOPE_REFUNDS_READ,
	  .fields = list_fields, .input_size = sizeof(struct list),
	  .handle = list },
	{ METHOD_POST, ACCESS_MERCHANT, .scope = SCOPE_REFUNDS_WRITE,
	  .key_required = true, .fields = refund_make_fields,
	  .input_size = sizeof(struct refund_make),
	  .before = refund_make_before, .ask = refund_make_ask,
	  .after = refund_make_after },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/v1/refunds", actions, API_PAYMENTS
};

int
main(void)
{
	return app_main(&endpoint);
}
