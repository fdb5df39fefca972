/* SPDX-License-Identifier: ISC */
/* settlement-pay.c - paying a batch out, between commits. */
#include "settlement.h"

#include <inttypes.h>
#include <string.h>

#include "audit.h"
#include "json.h"
#include "ledger.h"
#include "shared.h"

enum {
	LOOK_MS = 60 * 1000,		/* until cron/reconcile asks again */
	LOOK_MAX_MS = 6 * 60 * 60 * 1000,
	QUESTIONS = 8,			/* requests that one ask may make */
	LEASE_MORE_MS = 30 * 1000,
	DETAIL_MAX = 4096
};

/* Nobody else asks the rail before this moment. */
static int64_t
lease(const struct settlement_pay *p, int64_t now)
{
	return now + p->conf->processor_timeout_ms * QUESTIONS +
	    LEASE_MORE_MS;
}

static int64_t
next_look(int64_t looks, int64_t from)
{
	int64_t pause = LOOK_MS;

	for (int64_t i = 0; i < looks && pause < LOOK_MAX_MS; i++)
		pause *= 2;
	return from + (pause < LOOK_MAX_MS ? pause : LOOK_MAX_MS);
}

/* An audit event with the rail and its words. */
static void
note(struct conn *c, const struct settlement_pay *p, int64_t now,
    const char *action, const char *message)
{
	const struct settlement *b = p->batch;
	struct jsonw w;
	struct buf buf;

	buf_init(&buf, DETAIL_MAX);
	jsonw_init(&w, &buf);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "rail", b->rail);
	jsonw_text(&w, "recipient", b->recipient);
	jsonw_text(&w, "key", b->key);
	jsonw_int(&w, "net_minor", b->net);
	jsonw_text(&w, "currency", b->currency);
	if (message != NULL)
		jsonw_textn(&w, "message", message,
		    strnlen(message, DETAIL_MAX / 8));
	jsonw_end_object(&w);
	audit_write(c, now, p->actor, action, b->id, buf_str(&buf));
	buf_free(&buf);
}

/* ----------------------------------------------------------- the first */

/* A batch that nobody was asked to pay yet, or that a rail refused. */
static const struct fault *
take(struct conn *c, struct settlement_pay *p, int64_t now)
{
	struct settlement *b = p->batch;
	const struct payout_rail *rail = payout_rail_of(b->currency);
	char key[ID_SIZE];

	if (b->net <= 0)
		return &FAULT_BATCH_NOT_PAYABLE;
	b->recipient = payout_recipient(c, p->arena, b->partner_id,
	    b->client_id, b->currency, rail->name);
	if (b->recipient == NULL)
		return &FAULT_PAYOUT_ACCOUNT_MISSING;
	if (!rail->configured(p->conf))
		return &FAULT_PAYOUT_NOT_CONFIGURED;
	b->rail = rail->name;
	b->key = arena_strdup(p->arena, id_make_uuid(now, key));
	b->quote = b->transfer = NULL;
	b->busy_until = lease(p, now);
	if (conn_run(c, SQL_BATCH_TAKE, "tttiiit", b->rail, b->recipient,
	    b->key, b->busy_until, next_look(0, b->busy_until), now,
	    b->id) != 1)
		return &FAULT_BATCH_BEING_PAID;
	b->status = "sending";
	p->again = false;
	note(c, p, now, "settlement.sending", NULL);
	return NULL;
}

/* One whose answer is not known: the same question, with the same key. */
static const struct fault *
retake(struct conn *c, struct settlement_pay *p, int64_t now)
{
	struct settlement *b = p->batch;
	int64_t until = lease(p, now), before = b->busy_until;

	if (!payout_rail_find(b->rail)->configured(p->conf))
		return &FAULT_PAYOUT_NOT_CONFIGURED;
	/* A lease that ends later than any can was taken by a clock that was
	 * set back since. */
	if (before > now && before <= until)
		return &FAULT_BATCH_BEING_PAID;
	if (conn_run(c, SQL_BATCH_RETAKE, "iiiti", until,
	    next_look(b->looks + 1, until), now, b->id, before) != 1)
		return &FAULT_BATCH_BEING_PAID;
	b->busy_until = until;
	p->again = true;
	return NULL;
}

static const struct fault *
begin(struct conn *c, void *arg)
{
	struct settlement_pay *p = arg;
	int64_t now = clock_now();

	p->message = NULL;
	p->batch = settlement_find(c, p->arena, p->id);
	if (p->batch == NULL)
		return &FAULT_BATCH_NOT_FOUND;
	if (strcmp(p->batch->status, "sent") == 0)
		return &FAULT_BATCH_ALREADY_PAID;
	if (strcmp(p->batch->status, "sending") == 0)
		return retake(c, p, now);
	return p->again_only ? &FAULT_BATCH_BEING_PAID : take(c, p, now);
}

const struct fault *
settlement_pay_begin(struct settlement_pay *p)
{
	return db_txn(p->db, begin, p);
}

/* ---------------------------------------------------------- the second */

void
settlement_pay_ask(struct settlement_pay *p)
{
	const struct settlement *b = p->batch;
	struct payout_order order = { .key = b->key, .again = p->again,
	    .amount.minor = b->net, .recipient = b->recipient,
	    .reference = b->id, .quote = b->quote, .transfer = b->transfer };

	memcpy(order.amount.currency, b->currency, sizeof(b->currency));
	p->answer = payout_rail_find(b->rail)->ask(p->arena, p->conf, &order);
}

/* ----------------------------------------------------------- the third */

/* A page of the payments of a sent batch; how many there were. */
static int64_t
book_page(struct conn *c, struct arena *arena, int64_t now,
    const struct settlement *b)
{
	const char **ids = arena_alloc(arena, SETTLEMENT_PAGE * sizeof(*ids));
	int64_t *owed = arena_alloc(arena, SETTLEMENT_PAGE * sizeof(*owed));
	struct rows *r = conn_rows(c, SQL_SETTLE_BOOK, "iti", now, b->id,
	    (int64_t)SETTLEMENT_PAGE);
	struct amount amount;
	int64_t n = 0;

	memcpy(amount.currency, b->currency, sizeof(b->currency));
	while (row_next(r) && n < SETTLEMENT_PAGE) {
		ids[n] = row_text_copy(r, 0, arena);
		owed[n++] = row_int(r, 1);
	}
	row_done(r);
	for (int64_t i = 0; i < n; i++) {
		amount.minor = owed[i];
		ledger_post_payout(c, now, ids[i], b->partner_id, b->rail,
		    amount);
	}
	if (n > 0)
		conn_run(c, SQL_BATCH_BOOKED, "it", n, b->id);
	return n;
}

/*
 * Sent is final. A batch of more than a page is booked on by those that
 * follow, of this program or of cron/reconcile.
 */
static const struct fault *
write_sent(struct conn *c, struct settlement_pay *p, int64_t now)
{
	struct settlement *b = p->batch;
	const char *transfer = p->answer.transfer != NULL ?
	    p->answer.transfer : b->transfer;

	if (conn_run(c, SQL_BATCH_SENT, "titt", transfer, now, b->id,
	    b->key) != 1)
		return NULL;
	note(c, p, now, "settlement.sent", transfer);
	book_page(c, p->arena, now, b);
	return NULL;
}

static const struct fault *
write_answer(struct conn *c, void *arg)
{
	struct settlement_pay *p = arg;
	const struct payout_answer *a = &p->answer;
	struct settlement *b = p->batch;
	int64_t now = clock_now(), until = lease(p, now);

	switch (a->fate) {
	case PAYOUT_STEP:
		if (conn_run(c, SQL_BATCH_STEP, "ttiitti", a->quote,
		    a->transfer, until, now, b->id, b->key,
		    b->busy_until) != 1)
			return &FAULT_BATCH_BEING_PAID;
		return NULL;
	case PAYOUT_SENT:
		return write_sent(c, p, now);
	case PAYOUT_REFUSED:
		if (conn_run(c, SQL_BATCH_FAIL, "titti", a->message, now,
		    b->id, b->key, b->busy_until) == 1)
			note(c, p, now, "settlement.failed", a->message);
		return NULL;
	case PAYOUT_UNKNOWN:
		if (conn_run(c, SQL_BATCH_UNKNOWN, "titti", a->message, now,
		    b->id, b->key, b->busy_until) == 1)
			note(c, p, now, "settlement.unanswered", a->message);
		return NULL;
	}
	return NULL;
}

static const struct fault *
read_again(struct conn *c, void *arg)
{
	struct settlement_pay *p = arg;

	p->batch = settlement_find(c, p->arena, p->id);
	return p->batch != NULL ? NULL : &FAULT_BATCH_NOT_FOUND;
}

bool
settlement_pay_note(struct settlement_pay *p, const struct fault **fault)
{
	bool step = p->answer.fate == PAYOUT_STEP;

	*fault = db_txn(p->db, write_answer, p);
	if (*fault == NULL)
		*fault = db_txn(p->db, read_again, p);
	if (*fault != NULL || step)
		return *fault == NULL;
	p->message = p->answer.message;
	if (p->batch->unbooked > 0)
		*fault = settlement_book(p->db, p->id);
	if (*fault == NULL && strcmp(p->batch->status, "sent") != 0)
		*fault = &FAULT_PAYOUT_FAILED;
	return false;
}

const struct fault *
settlement_pay(struct settlement_pay *p)
{
	const struct fault *fault = settlement_pay_begin(p);

	if (fault != NULL)
		return fault;
	do
		settlement_pay_ask(p);
	while (settlement_pay_note(p, &fault));
	return fault;
}

/* ------------------------------------------------------------- booking */

struct booking {
	struct arena	*arena;
	const char	*id;
	int64_t		 booked;
};

static const struct fault *
book(struct conn *c, void *arg)
{
	struct booking *k = arg;
	const struct settlement *b = settlement_find(c, k->arena, k->id);

	k->booked = b != NULL && strcmp(b->status, "sent") == 0 ?
	    book_page(c, k->arena, clock_now(), b) : 0;
	return NULL;
}

const struct fault *
settlement_book(struct db *db, const char *id)
{
	struct booking k = { .arena = arena_new(), .id = id };
	const struct fault *fault;

	do {
		arena_reset(k.arena);
		fault = db_txn(db, book, &k);
	} while (fault == NULL && k.booked > 0);
	arena_free(k.arena);
	return fault;
}
