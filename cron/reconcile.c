/* SPDX-License-Identifier: ISC */
/*
 * reconcile.c - asks the processors what they have not told us.
 *
 * Started by cron each minute. Two kinds of rows come due:
 *
 *   processor_call  A question without an answer: the program that asked was
 *                   killed, or the answer never came. It is asked again with
 *                   the key of the first time, so that the processor does
 *                   not do it twice.
 *   tx              A payment whose intent is ours and that is not paid as
 *                   far as we know: open, or failed or abandoned and perhaps
 *                   paid since by another try whose webhook was lost. Its
 *                   state is looked up; what comes back takes the path of a
 *                   webhook (lib/payment.h).
 *
 * The first look is due a minute after the row was written, then the pauses
 * double up to six hours. A look that brings nothing new changes nothing:
 * an unknown outcome stays as it is, and nothing is guessed. A call is asked
 * again for 23 hours: then processors may have forgotten its key. A payment
 * is looked up twenty times, which takes some three days.
 *
 * Usage: reconcile [-v] [--limit N]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkout.h"
#include "cron.h"
#include "look.h"
#include "payment.h"
#include "provider.h"
#include "shared.h"
#include "tx.h"

enum { LIMIT = 200 };

/* One row that is due, read before anything is asked. */
struct look {
	struct setup		*s;
	struct arena		*arena;
	const char		*id;		/* of the call, or the payment */
	int64_t			 looks;
	int64_t			 due;		/* next_look_at, as read */
	int64_t			 now;
	const char		*rule_id;	/* of a call */
	const struct provider	*provider;
	struct provider_order	 order;		/* of a call */
	const char		*ref;		/* of a payment */
	struct provider_answer	 answer;
	bool			 changed;
};

static int64_t
next_look(const struct look *l)
{
	int64_t pause = CALL_LOOK_MS;

	for (int64_t i = 0; i <= l->looks && pause < CALL_LOOK_MAX_MS; i++)
		pause *= 2;
	return l->now + (pause < CALL_LOOK_MAX_MS ? pause : CALL_LOOK_MAX_MS);
}

/* ------------------------------------------- questions without an answer */

/* Takes the row before it is asked, so that no other run asks as well. */
static const struct fault *
take_call(struct conn *c, void *arg)
{
	struct look *l = arg;

	l->changed = conn_run(c, SQL_PROCESSOR_CALL_LOOK, "iiti",
	    next_look(l), l->looks + 1, l->id, l->due) == 1;
	return NULL;
}

static const struct fault *
write_call_answer(struct conn *c, void *arg)
{
	struct look *l = arg;
	struct tx *tx = tx_find(c, l->arena, l->order.clive_tx_id);

	l->changed = false;
	checkout_write_answer(c, l->now, l->id, &l->answer);
	if (tx == NULL || l->answer.fate != PROVIDER_DONE ||
	    tx->processor_ref != NULL)
		return NULL;
	l->changed = checkout_attach(c, l->arena, l->now, tx,
	    l->provider->name, l->rule_id, l->answer.ref,
	    "cron:reconcile") == TX_ATTACH_DONE;
	if (l->changed)
		payment_apply_waiting(c, l->arena, l->now, tx);
	return NULL;
}

static void
read_call(struct look *l, struct rows *r)
{
	l->id = row_text_copy(r, 0, l->arena);
	l->provider = provider_find(row_text(r, 1));
	l->order.idempotency_key = row_text_copy(r, 2, l->arena);
	l->looks = row_int(r, 3);
	l->order.clive_tx_id = row_text_copy(r, 4, l->arena);
	l->order.payment_type = row_text_copy(r, 5, l->arena);
	l->order.descriptor_suffix = row_text_copy(r, 6, l->arena);
	l->order.again = true;
	l->rule_id = row_text_copy(r, 7, l->arena);
	l->due = row_int(r, 8);
}

static void
fill_order(struct look *l, const struct tx *tx)
{
	l->order.partner_id = tx->partner_id;
	l->order.client_id = tx->client_id;
	l->order.reference = tx->echezona_reference;
	l->order.amount = tx->amount;
	l->order.email = tx->email;
}

static bool
ask_again(struct look *l)
{
	const struct tx *tx = tx_find(l->s->conn, l->arena,
	    l->order.clive_tx_id);

	if (tx == NULL || db_txn(l->s->db, take_call, l) != NULL ||
	    !l->changed)
		return false;
	fill_order(l, tx);
	l->answer = checkout_open(l->arena, &l->s->conf, l->provider,
	    &l->order);
	return db_txn(l->s->db, write_call_answer, l) == NULL && l->changed;
}

/* ------------------------------------------------- payments left open */

static const struct fault *
write_state(struct conn *c, void *arg)
{
	struct look *l = arg;
	struct tx *tx;
	struct payment_event e;

	l->changed = false;
	conn_run(c, SQL_TX_SET_LOOK, "iit", next_look(l), l->looks + 1, l->id);
	if (l->provider == NULL || !look_to_payment(l->arena,
	    l->provider->name, l->ref, &l->answer, &e))
		return NULL;
	e.clive_tx_id = l->id;
	l->changed = payment_receive(c, l->arena, l->now, &e, &tx) ==
	    PAYMENT_APPLIED;
	return NULL;
}

static void
read_payment(struct look *l, struct rows *r)
{
	l->id = row_text_copy(r, 0, l->arena);
	l->provider = provider_find(row_text(r, 1));
	l->ref = row_text_copy(r, 2, l->arena);
	l->looks = row_int(r, 3);
}

/* Even a payment that cannot be looked up gets its next look set, or such
 * rows would keep all others from their turn. */
static bool
look_up(struct look *l)
{
	l->answer = (struct provider_answer){ .fate = PROVIDER_UNKNOWN };
	if (l->provider != NULL && l->provider->fetch != NULL &&
	    l->provider->missing(&l->s->conf) == NULL)
		l->answer = l->provider->fetch(l->arena, &l->s->conf, l->ref);
	return db_txn(l->s->db, write_state, l) == NULL && l->changed;
}

/* --------------------------------------------------------------- the run */

/*
 * Reads what is due by a statement and works on each; the number of rows
 * that changed. Rows are read first, since working on one writes.
 */
static int
work(struct cron *cron, enum sql due, int limit,
    void (*read)(struct look *, struct rows *), bool (*act)(struct look *))
{
	struct setup *s = &cron->setup;
	struct arena *arena = arena_new();
	struct look *looks = arena_alloc(arena,
	    (size_t)limit * sizeof(*looks));
	int n = 0, changed = 0;

	struct rows *r = due == SQL_PROCESSOR_CALLS_DUE ?
	    conn_rows(s->conn, due, "iii", clock_now(), (int64_t)limit,
	    clock_now() - CALL_AGAIN_MS) :
	    conn_rows(s->conn, due, "ii", clock_now(), (int64_t)limit);
	while (n < limit && row_next(r)) {
		looks[n] = (struct look){ .s = s, .arena = arena };
		read(&looks[n++], r);
	}
	row_done(r);
	for (int i = 0; i < n && cron_is_owner(cron); i++) {
		looks[i].now = clock_now();
		changed += act(&looks[i]);
		cron_seen(cron);
	}
	arena_free(arena);
	return changed;
}

static int
usage(void)
{
	fprintf(stderr, "usage: reconcile [-v] [--limit N]\n");
	return CRON_USAGE;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "limit", required_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 }
	};
	struct cron cron;
	bool verbose = false;
	int limit = LIMIT;

	for (int c; (c = getopt_long(argc, argv, "v", options, NULL)) != -1; ) {
		if (c == 'v')
			verbose = true;
		else if (c == 'n' && (limit = (int)strtol(optarg, NULL, 10))
		    > 0 && limit <= 10000)
			continue;
		else
			return usage();
	}
	if (optind != argc)
		return usage();
	if (!cron_open(&cron, "reconcile") || !cron_take(&cron))
		return 1;
	int calls = work(&cron, SQL_PROCESSOR_CALLS_DUE, limit,
	    read_call, ask_again);
	int payments = work(&cron, SQL_TX_LOOKS_DUE, limit,
	    read_payment, look_up);
	cron_finish(&cron);
	if (verbose)
		printf("%d calls answered, %d payments changed\n", calls,
		    payments);
	cron_close(&cron);
	return 0;
}
