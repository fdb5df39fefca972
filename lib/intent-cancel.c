/* SPDX-License-Identifier: ISC */
/* intent-cancel.c - before, between and after the call to the processor. */
#include "intent-cancel.h"

#include <string.h>

#include "audit.h"
#include "checkout.h"
#include "intent-call.h"
#include "look.h"
#include "payment.h"
#include "rail.h"
#include "shared.h"

/* The same question each time it is asked. */
static const char *
key_of(struct arena *arena, const struct tx *tx)
{
	return arena_printf(arena, "%s-cancel", tx->clive_tx_id);
}

/* Canceled here and nowhere else. */
static void
give_up(struct conn *c, struct request *rq, struct tx *tx)
{
	if (tx->processor_ref != NULL)
		intent_never_look(c, rq->now, tx);
	tx_move(c, rq->arena, rq->now, tx, TX_ABANDONED, merchant_actor(rq));
}

/* Is there a question whose answer is not known? It may be paid. */
static bool
is_asked(struct conn *c, const struct tx *tx)
{
	struct rows *r = conn_rows(c, SQL_INTENT_CALL_OPEN, "t",
	    tx->clive_tx_id);
	bool asked = row_next(r);

	row_done(r);
	return asked;
}

static const struct fault *
write_question(struct conn *c, struct request *rq, struct cancel *in)
{
	const struct tx *tx = in->intent->tx;
	int64_t now = clock_now();
	int64_t until = now + CALL_TRIES * rq->conf->processor_timeout_ms;

	if (conn_run(c, SQL_INTENT_TAKE, "iti", until, in->intent->id,
	    now) != 1)
		return &FAULT_BUSY;
	conn_run(c, SQL_PROCESSOR_CALL_INSERT, "ttttttttii",
	    id_make("call_", now, in->call_id), tx->clive_tx_id,
	    tx->processor, "cancel", tx->fee_rule_id,
	    key_of(rq->arena, tx), (const char *)NULL, (const char *)NULL,
	    now, until);
	return NULL;
}

/* Of a payment that waits for its payer. */
static const struct fault *
begin(struct conn *c, struct request *rq, struct cancel *in)
{
	struct tx *tx = in->intent->tx;
	const struct provider *p = provider_find(tx->processor);

	/* Our own wallets and sandbox: it is gone with us. */
	if (p == NULL || strcmp(p->name, "momo") == 0) {
		give_up(c, rq, tx);
		return NULL;
	}
	if (p->cancel == NULL)
		return &FAULT_STATE;
	in->provider = p;
	return write_question(c, rq, in);
}

const struct fault *
cancel_before(struct conn *c, struct request *rq, void *arg)
{
	struct cancel *in = arg;
	const struct fault *fault;

	*in = (struct cancel){ .intent = NULL };
	audit_queue(c);
	if ((fault = intent_of_request(c, rq, &in->intent)) != NULL)
		return fault;
	struct tx *tx = in->intent->tx;
	rq->claimed_tx = tx->clive_tx_id;
	switch (tx->status) {
	case TX_ABANDONED:
		return NULL;
	case TX_INITIALIZED:
		if (in->intent->busy_until > clock_now() || is_asked(c, tx))
			return &FAULT_BUSY;
		give_up(c, rq, tx);
		return NULL;
	case TX_PENDING:
		if (in->intent->busy_until > clock_now())
			return &FAULT_BUSY;
		return begin(c, rq, in);
	case TX_SUCCEEDED:
	case TX_FAILED:
	case TX_REFUNDED:
	case TX_CHARGEBACK:
	case TX_STATUS_COUNT:
		break;
	}
	return &FAULT_STATE;
}

const struct fault *
cancel_ask(struct request *rq, void *arg)
{
	struct cancel *in = arg;
	const struct tx *tx = in->intent->tx;

	if (in->provider == NULL)
		return NULL;
	const struct conf *conf = rail_conf(rq->conf, in->intent->live);
	in->answer = provider_count(in->provider, "cancel",
	    in->provider->cancel(rq->arena, conf, tx->processor_ref,
	    key_of(rq->arena, tx)));
	/* It is no longer open there: paid, or canceled before. */
	if (in->answer.fate == PROVIDER_REFUSED &&
	    in->provider->fetch != NULL)
		in->found = provider_count(in->provider, "fetch",
		    in->provider->fetch(rq->arena, conf, tx->processor_ref));
	return NULL;
}

/* What was found at the processor takes the path of a webhook. */
static void
take_found(struct conn *c, struct request *rq, struct cancel *in, int64_t now)
{
	struct tx *tx = in->intent->tx;
	struct payment_event e;

	if (intent_take_canceled(c, rq->arena, now, tx->clive_tx_id,
	    &in->found, merchant_actor(rq)) || !look_to_payment(rq->arena,
	    in->provider->name, tx->processor_ref, &in->found, &e))
		return;
	e.clive_tx_id = tx->clive_tx_id;
	payment_receive(c, rq->arena, now, &e, &tx);
}

/* What the processor said, on the payment. */
static const struct fault *
take_answer(struct conn *c, struct request *rq, struct cancel *in)
{
	int64_t now = clock_now();

	audit_queue(c);
	checkout_write_answer(c, now, in->call_id, &in->answer);
	in->intent = intent_find(c, rq->arena, in->intent->id);
	if (in->intent == NULL)
		return &FAULT_INTERNAL;
	conn_run(c, SQL_INTENT_TAKE, "iti", (int64_t)0, in->intent->id,
	    INT64_MAX);
	switch (in->answer.fate) {
	case PROVIDER_DONE:
		tx_move(c, rq->arena, now, in->intent->tx, TX_ABANDONED,
		    merchant_actor(rq));
		return NULL;
	case PROVIDER_REFUSED:
		take_found(c, rq, in, now);
		return NULL;
	case PROVIDER_DOWN:
	case PROVIDER_UNKNOWN:
		break;
	}
	return &FAULT_PROVIDER_ERROR;
}

const struct fault *
cancel_after(struct conn *c, struct request *rq, void *arg)
{
	struct cancel *in = arg;
	const struct fault *fault = in->provider != NULL ?
	    take_answer(c, rq, in) : NULL;

	if (fault != NULL)
		return fault;
	in->intent = intent_find(c, rq->arena, in->intent->id);
	if (in->intent == NULL)
		return &FAULT_INTERNAL;
	if (in->intent->tx->status != TX_ABANDONED)
		return &FAULT_STATE;
	intent_answer(rq, 200, in->intent);
	return NULL;
}
