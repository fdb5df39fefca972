/* SPDX-License-Identifier: ISC */
/* revolut-events.c - what a webhook and its order mean together. */
#include "revolut-events.h"

#include <string.h>

enum { REPORT_MAX = 4 * 1024 * 1024 };

struct slice
revolut_report(struct arena *arena, struct slice webhook, struct slice order,
    struct slice related)
{
	struct buf b;
	struct jsonw w;

	buf_init(&b, REPORT_MAX);
	jsonw_init(&w, &b);
	jsonw_object(&w, NULL);
	jsonw_raw(&w, "webhook", webhook.p, webhook.n);
	if (order.p != NULL)
		jsonw_raw(&w, "order", order.p, order.n);
	if (related.p != NULL)
		jsonw_raw(&w, "related", related.p, related.n);
	jsonw_end_object(&w);
	struct slice report = { arena_strndup(arena, buf_str(&b), b.len),
	    b.len };
	buf_free(&b);
	return report;
}

/* A report, read. */
struct report {
	struct revolut_event	 event;
	struct revolut_order	 order, related;
	bool			 has_related;
};

static bool
read_report(struct arena *arena, struct slice body, struct report *r)
{
	const char *why;
	const struct json *json = json_parse(arena, body.p, body.n, &why);
	const struct json *related = json_get(json, "related");

	if (revolut_event_read(json_get(json, "webhook"), &r->event) != NULL ||
	    r->event.order_id == NULL ||
	    revolut_order_read(json_get(json, "order"), &r->order) != NULL ||
	    strcmp(r->order.id, r->event.order_id) != 0)
		return false;
	r->has_related = related != NULL;
	return !r->has_related ||
	    (revolut_order_read(related, &r->related) == NULL &&
	    r->order.related_id != NULL &&
	    strcmp(r->related.id, r->order.related_id) == 0);
}

/* A figure that cannot be read must not pass for the right one. */
static void
set_amount(struct payment_event *p, const struct revolut_order *order,
    int64_t minor)
{
	p->has_amount = true;
	p->amount = order->amount;
	p->amount.minor = order->has_amount && minor >= 0 ? minor : -1;
}

static bool
read_payment(struct arena *arena, const struct report *r,
    struct payment_event *p)
{
	p->ref = r->order.id;
	switch (r->order.state) {
	case REVOLUT_COMPLETED:
		p->outcome = PAYMENT_SUCCEEDED;
		set_amount(p, &r->order, r->order.amount.minor -
		    r->order.outstanding);
		return true;
	case REVOLUT_FAILED:
	case REVOLUT_CANCELLED:
		p->outcome = PAYMENT_FAILED;
		return true;
	case REVOLUT_OPEN:
		break;
	}
	/* One declined attempt does not end an order: others may follow. */
	p->outcome = PAYMENT_NOTED;
	if (r->order.attempt != NULL)
		p->event_id = arena_printf(arena, "%s_%s", p->event_id,
		    r->order.attempt);
	return r->event.meaning == REVOLUT_ATTEMPT;
}

/* A refund is an order of its own; how much went back is on the other one. */
static bool
read_refund(const struct report *r, struct payment_event *p)
{
	const struct revolut_order *paid = &r->related;

	if (!r->has_related || r->order.state != REVOLUT_COMPLETED)
		return false;
	p->ref = paid->id;
	p->outcome = paid->has_amount && paid->refunded > 0 &&
	    paid->refunded < paid->amount.minor ? PAYMENT_PARTLY_REFUNDED :
	    PAYMENT_REFUNDED;
	set_amount(p, paid, paid->refunded);
	/* Completed before the other order's total says so. */
	return paid->refunded > 0;
}

static bool
read_chargeback(const struct report *r, struct payment_event *p)
{
	if (!r->has_related || r->order.state != REVOLUT_COMPLETED)
		return false;
	p->ref = r->related.id;
	p->outcome = PAYMENT_DISPUTED;
	p->has_amount = r->order.has_amount;
	p->amount = r->order.amount;
	return true;
}

bool
revolut_payment_event(struct arena *arena, struct slice body,
    struct payment_event *p)
{
	struct report r;

	memset(p, 0, sizeof(*p));
	if (!read_report(arena, body, &r) ||
	    r.event.meaning == REVOLUT_IGNORED)
		return false;
	p->processor = "revolut";
	p->type = r.event.type;
	/* There is no id of an event: an order ends once. */
	p->event_id = arena_printf(arena, "%s_%s", r.event.type, r.order.id);
	p->body = body;
	switch (r.order.type) {
	case REVOLUT_PAYMENT:
		return read_payment(arena, &r, p);
	case REVOLUT_REFUND:
		return read_refund(&r, p);
	case REVOLUT_CHARGEBACK:
		return read_chargeback(&r, p);
	case REVOLUT_OTHER_TYPE:
		break;
	}
	return false;
}
