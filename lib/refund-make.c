/* SPDX-License-Identifier: ISC */
/* refund-make.c - making refunds for merchants. */
#include "refund-make.h"

#include <inttypes.h>
#include <string.h>

#include "audit.h"
#include "shared.h"
#include "wallet.h"

const struct field refund_make_fields[] = {
	{ "payment", FIELD_TEXT, .required = true,
	  .offset = offsetof(struct refund_make, payment), .min = 1,
	  .max = 100, .alias = "payment_id|payment_intent" },
	{ "amount", FIELD_INTEGER,
	  .offset = offsetof(struct refund_make, amount), .min = 1,
	  .max = REFUND_AMOUNT_MAX, .above = &FAULT_AMOUNT_LARGE },
	{ "reason", FIELD_TEXT,
	  .offset = offsetof(struct refund_make, reason), .min = 1,
	  .max = 500 },
	{ "metadata", FIELD_OBJECT,
	  .offset = offsetof(struct refund_make, metadata),
	  .max = REFUND_METADATA_MAX },
	{ .name = NULL }
};

struct intent *
refund_make_intent(struct conn *c, struct request *rq, const char *id)
{
	struct intent *in = intent_find(c, rq->arena, id);
	const struct merchant *m = &rq->merchant;

	return in != NULL && in->live == m->live &&
	    strcmp(in->tx->partner_id, m->partner_id) == 0 &&
	    strcmp(in->tx->client_id, m->client_id) == 0 ? in : NULL;
}

static const struct fault *
too_large(struct request *rq, const struct refund_make *in)
{
	struct jsonw w;

	buf_reset(&rq->details);
	jsonw_init(&w, &rq->details);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "field", "amount");
	if (in->amount > 0)
		jsonw_int(&w, "received", in->amount);
	jsonw_text(&w, "message", arena_printf(rq->arena,
	    "%" PRId64 " can still be refunded", refund_left(in->asking.tx)));
	jsonw_end_object(&w);
	return &FAULT_AMOUNT_LARGE;
}

static const struct fault *
wrong_state(struct request *rq, const struct tx *tx)
{
	const char *message = "Only a payment that succeeded can be refunded";

	if (tx->status == TX_CHARGEBACK || tx->disputed > 0)
		message = "A disputed payment cannot be refunded";
	else if (tx->has_fee)
		message = "What was paid in this way cannot be given back "
		    "through the API";
	return request_refuse(rq, &FAULT_STATE, "payment", message);
}

/* Our own wallet gives back in the transaction that opens the refund. */
static bool
give_back_to_wallet(struct conn *c, struct request *rq, struct refund *r,
    const char *actor)
{
	const struct provider_answer given = { .fate = PROVIDER_DONE,
	    .state = PROVIDER_PAID };

	return wallet_refund(c, rq->arena, rq->now, r->intent_id, r->id,
	    r->amount.minor) && refund_settle(c, rq->arena, rq->now, r,
	    &given, actor);
}

const struct fault *
refund_asking_open(struct conn *c, struct request *rq,
    struct refund_asking *a, const struct intent *in, int64_t minor,
    const char *reason, struct slice metadata, const char *actor)
{
	const struct fault *fault = refund_open(c, rq->arena, rq->now, in,
	    minor, reason, metadata, actor, &a->refund);

	if (fault != NULL)
		return fault;
	if (strcmp(a->tx->processor, WALLET_PROCESSOR) == 0 &&
	    !give_back_to_wallet(c, rq, a->refund, actor))
		return &FAULT_INTERNAL;
	return NULL;
}

void
refund_asking_ask(struct request *rq, struct refund_asking *a)
{
	a->answered = refund_may_ask(a->tx, a->refund, clock_now());
	if (a->answered)
		a->answer = refund_ask(rq->arena, rq->conf, a->tx, a->refund);
}

const struct fault *
refund_asking_settle(struct conn *c, struct request *rq,
    struct refund_asking *a, const char *actor)
{
	/* Its webhook, or cron/reconcile, may have been quicker. */
	if (a->answered)
		refund_settle(c, rq->arena, clock_now(), a->refund,
		    &a->answer, actor);
	else
		a->refund = refund_find(c, rq->arena, a->refund->id);
	return a->refund != NULL ? NULL : &FAULT_INTERNAL;
}

/* A retry of a request that stopped half-way: its refund is on record. */
static const struct fault *
resume(struct conn *c, struct request *rq, struct refund_asking *a)
{
	a->refund = refund_find(c, rq->arena, rq->resume);
	if (a->refund == NULL)
		return &FAULT_INTERNAL;
	a->tx = tx_find(c, rq->arena, a->refund->clive_tx_id);
	return a->tx != NULL ? NULL : &FAULT_INTERNAL;
}

const struct fault *
refund_make_before(struct conn *c, struct request *rq, void *arg)
{
	struct refund_make *in = arg;

	if (rq->resume != NULL)
		return resume(c, rq, &in->asking);
	/* As all who change payments of this API: the log's turn first. */
	audit_queue(c);
	struct intent *intent = refund_make_intent(c, rq, in->payment);
	if (intent == NULL)
		return &FAULT_NOT_FOUND;
	in->asking.tx = intent->tx;
	const struct fault *fault = refund_asking_open(c, rq, &in->asking,
	    intent, in->amount, in->reason, in->metadata, merchant_actor(rq));
	if (fault == &FAULT_AMOUNT_LARGE)
		return too_large(rq, in);
	if (fault == &FAULT_STATE)
		return wrong_state(rq, intent->tx);
	if (fault == NULL)
		rq->claimed_tx = in->asking.refund->id;
	return fault;
}

const struct fault *
refund_make_ask(struct request *rq, void *arg)
{
	struct refund_make *in = arg;

	refund_asking_ask(rq, &in->asking);
	return NULL;
}

const struct fault *
refund_make_after(struct conn *c, struct request *rq, void *arg)
{
	struct refund_make *in = arg;
	const struct fault *fault = refund_asking_settle(c, rq, &in->asking,
	    merchant_actor(rq));
	struct jsonw w;

	if (fault != NULL)
		return fault;
	reply_data(rq, 201, &w);
	refund_write(&w, "data", in->asking.refund);
	jsonw_end_object(&w);
	return NULL;
}
