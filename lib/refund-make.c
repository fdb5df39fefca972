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
	    "%" PRId64 " can still be refunded", refund_left(in->tx)));
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

bool
refund_make_to_wallet(struct conn *c, struct arena *arena, int64_t now,
    struct refund *r, const char *actor)
{
	const struct provider_answer given = { .fate = PROVIDER_DONE,
	    .state = PROVIDER_PAID };

	return wallet_refund(c, arena, now, r->intent_id, r->id,
	    r->amount.minor) && refund_settle(c, arena, now, r, &given,
	    actor);
}

/* A retry of a request that stopped half-way: its refund is on record. */
static const struct fault *
resume(struct conn *c, struct request *rq, struct refund_make *in)
{
	in->refund = refund_find(c, rq->arena, rq->resume);
	if (in->refund == NULL)
		return &FAULT_INTERNAL;
	in->tx = tx_find(c, rq->arena, in->refund->clive_tx_id);
	return in->tx != NULL ? NULL : &FAULT_INTERNAL;
}

const struct fault *
refund_make_before(struct conn *c, struct request *rq, void *arg)
{
	struct refund_make *in = arg;

	if (rq->resume != NULL)
		return resume(c, rq, in);
	/* As all who change payments of this API: the log's turn first. */
	audit_queue(c);
	struct intent *intent = refund_make_intent(c, rq, in->payment);
	if (intent == NULL)
		return &FAULT_NOT_FOUND;
	in->tx = intent->tx;
	const struct fault *fault = refund_open(c, rq->arena, rq->now, intent,
	    in->amount, in->reason, in->metadata, merchant_actor(rq),
	    &in->refund);
	if (fault == &FAULT_AMOUNT_LARGE)
		return too_large(rq, in);
	if (fault == &FAULT_STATE)
		return wrong_state(rq, in->tx);
	if (fault != NULL)
		return fault;
	rq->claimed_tx = in->refund->id;
	if (strcmp(in->tx->processor, WALLET_PROCESSOR) == 0 &&
	    !refund_make_to_wallet(c, rq->arena, rq->now, in->refund,
	    merchant_actor(rq)))
		return &FAULT_INTERNAL;
	return NULL;
}

const struct fault *
refund_make_ask(struct request *rq, void *arg)
{
	struct refund_make *in = arg;

	in->answered = refund_may_ask(in->tx, in->refund, clock_now());
	if (in->answered)
		in->answer = refund_ask(rq->arena, rq->conf, in->tx,
		    in->refund);
	return NULL;
}

const struct fault *
refund_make_after(struct conn *c, struct request *rq, void *arg)
{
	struct refund_make *in = arg;
	struct jsonw w;

	/* Its webhook, or cron/reconcile, may have been quicker. */
	if (in->answered)
		refund_settle(c, rq->arena, clock_now(), in->refund,
		    &in->answer, merchant_actor(rq));
	else
		in->refund = refund_find(c, rq->arena, in->refund->id);
	if (in->refund == NULL)
		return &FAULT_INTERNAL;
	reply_data(rq, 201, &w);
	refund_write(&w, "data", in->refund);
	jsonw_end_object(&w);
	return NULL;
}
