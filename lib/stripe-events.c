/* SPDX-License-Identifier: ISC */
/* stripe-events.c - translating amounts and meanings. */
#include "stripe-events.h"

#include <string.h>

static enum payment_outcome
outcome_of(const struct stripe_event *e)
{
	switch (e->meaning) {
	case STRIPE_SUCCEEDED:
		return PAYMENT_SUCCEEDED;
	case STRIPE_REFUNDED:
		return e->fully_refunded ? PAYMENT_REFUNDED :
		    PAYMENT_PARTLY_REFUNDED;
	case STRIPE_REFUND_DONE:
		return PAYMENT_REFUND_DONE;
	case STRIPE_REFUND_FAILED:
		return PAYMENT_REFUND_FAILED;
	case STRIPE_DISPUTED:
		return PAYMENT_DISPUTED;
	case STRIPE_INQUIRY:
		return PAYMENT_INQUIRY;
	case STRIPE_FAILED:
	case STRIPE_IGNORED:
		break;
	}
	return PAYMENT_FAILED;
}

void
stripe_to_payment(const struct stripe_event *e, struct slice body,
    struct payment_event *p)
{
	memset(p, 0, sizeof(*p));
	p->processor = "stripe";
	p->event_id = e->id;
	p->type = e->type;
	p->ref = e->intent_id;
	p->clive_tx_id = e->clive_tx_id;
	p->page_prefix = "cs_";
	p->outcome = outcome_of(e);
	p->body = body;
	if (e->meaning == STRIPE_DISPUTED || e->refund_id != NULL)
		p->object_id = e->object_id;
	p->refund_id = e->refund_id;
	p->at = e->created <= INT64_MAX / 1000 ? e->created * 1000 : 0;
	p->failure = e->failure;
	p->has_amount = e->has_amount;
	p->units = e->units;
	p->to_minor = money_from_stripe;
	/* A figure we cannot read must not pass for the right one. */
	if (e->has_amount && e->currency != NULL &&
	    (!currency_parse(e->currency, strlen(e->currency),
	    p->amount.currency) || !money_from_stripe(e->units,
	    p->amount.currency, &p->amount.minor)))
		p->amount.minor = -1;
}

bool
stripe_payment_event(struct arena *arena, struct slice body,
    struct payment_event *p)
{
	struct stripe_event e;
	const char *why;
	const struct json *json = json_parse(arena, body.p, body.n, &why);

	if (json == NULL || stripe_event_read(json, &e) != NULL ||
	    e.meaning == STRIPE_IGNORED || e.intent_id == NULL)
		return false;
	stripe_to_payment(&e, body, p);
	return true;
}
