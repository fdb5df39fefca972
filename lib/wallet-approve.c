/* SPDX-License-Identifier: ISC */
/* wallet-approve.c - approving and declining payments by wallet. */
#include "wallet-approve.h"

#include <string.h>

#include "audit.h"
#include "shared.h"
#include "wallet.h"

const struct field wallet_approve_fields[] = {
	{ "phone_number", FIELD_TEXT, .required = true,
	  offsetof(struct wallet_approval, phone_number), .min = 1,
	  .max = 64, .check = buyer_check_phone, .alias = "phoneNumber",
	  .fault = &FAULT_PHONE_NUMBER },
	{ "pin", FIELD_TEXT, .required = true,
	  offsetof(struct wallet_approval, pin), .min = 1, .max = 64,
	  .check = buyer_check_pin_form, .private = true },
	{ .name = NULL }
};

static bool
is_by_wallet(const struct intent *in)
{
	return strcmp(in->tx->processor, WALLET_PROCESSOR) == 0;
}

static bool
waits(const struct intent *in)
{
	return is_by_wallet(in) && in->tx->status == TX_PENDING;
}

/* An approval on its way: who it is by, and what it came to. */
struct approving {
	struct request	*rq;
	struct buyer	*b;
	struct intent	*in;
};

/* The wallet that paid it; NULL: none did. */
static const struct wallet *
payer_of(struct conn *c, struct arena *arena, const struct intent *in)
{
	struct rows *r = conn_rows(c, SQL_TRANSFER_OF_PAYMENT, "t", in->id);
	const char *from = row_next(r) ? row_text_copy(r, 2, arena) : NULL;

	row_done(r);
	return from != NULL ? wallet_find(c, arena, from) : NULL;
}

/* Did this buyer pay it before? */
static bool
has_paid(struct conn *c, const struct approving *a)
{
	const struct wallet *w = payer_of(c, a->rq->arena, a->in);

	return w != NULL && w->buyer_id != NULL &&
	    strcmp(w->buyer_id, a->b->id) == 0;
}

/*
 * May a PIN be tried at it? A payment that was paid takes that of its payer
 * alone, whose approval may have been sent again: with anybody's it would
 * tell right PINs from wrong ones for ever, and each right one would take the
 * count of the wrong ones back.
 */
static bool
takes_pin(struct conn *c, struct arena *arena, const struct intent *in,
    const char *phone_number)
{
	const struct wallet *w;

	if (!is_by_wallet(in) || in->tx->status == TX_PENDING)
		return is_by_wallet(in);
	w = payer_of(c, arena, in);
	return w != NULL && w->phone_number != NULL &&
	    strcmp(w->phone_number, phone_number) == 0;
}

static const struct fault *
pay(struct conn *c, void *arg)
{
	struct approving *a = arg;
	struct request *rq = a->rq;
	int64_t now = clock_now();	/* the PIN took its time */

	audit_queue(c);
	const struct fault *fault = intent_of_request(c, rq, &a->in);
	if (fault != NULL)
		return fault;
	if (is_by_wallet(a->in) && has_paid(c, a))
		return NULL;
	if (!waits(a->in))
		return &FAULT_STATE;
	conn_run(c, SQL_INTENT_SET_PAYER, "tit", arena_printf(rq->arena,
	    "{\"phone_number\":\"%s\"}", a->b->phone_number), now,
	    a->in->id);
	/* Read anew, so that what is told of it names the buyer. */
	a->in = intent_find(c, rq->arena, a->in->id);
	if (a->in == NULL || !wallet_pay(c, rq->arena, now, a->in, a->b,
	    arena_printf(rq->arena, "buyer:%s", a->b->id)))
		return &FAULT_STATE;
	a->in = intent_find(c, rq->arena, a->in->id);
	return a->in != NULL ? NULL : &FAULT_INTERNAL;
}

const struct fault *
wallet_approve(struct request *rq, void *arg)
{
	const struct wallet_approval *given = arg;
	struct approving a = { .rq = rq };
	const struct fault *fault = intent_of_request(rq->conn, rq, &a.in);

	if (fault != NULL)
		return fault;
	if (!takes_pin(rq->conn, rq->arena, a.in, given->phone_number))
		return conn_failed(rq->conn) != NULL ? &FAULT_STORAGE :
		    &FAULT_STATE;
	if ((fault = buyer_check_pin(rq, a.in->live, given->phone_number,
	    given->pin, a.in->id, &a.b)) != NULL ||
	    (fault = request_txn(rq, pay, &a)) != NULL)
		return fault;
	intent_answer(rq, 200, a.in);
	return NULL;
}

const struct fault *
wallet_decline(struct conn *c, struct request *rq, void *arg)
{
	struct intent *in;

	(void)arg;
	audit_queue(c);
	const struct fault *fault = intent_of_request(c, rq, &in);
	if (fault != NULL)
		return fault;
	if (!waits(in))
		return &FAULT_STATE;
	intent_note_failure(c, rq->now, in->tx, "user_rejected",
	    "The payer declined the payment.");
	if (!tx_move(c, rq->arena, rq->now, in->tx, TX_FAILED,
	    merchant_actor(rq)))
		return &FAULT_STATE;
	in = intent_find(c, rq->arena, in->id);
	if (in == NULL)
		return &FAULT_INTERNAL;
	intent_answer(rq, 200, in);
	return NULL;
}
