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
 *   tx              An open payment whose intent is ours, and whose webhook
 *                   may have been lost. Its state is looked up; what comes
 *                   back takes the path of a webhook (lib/payment.h).
 *
 * The first look is due a minute after the row was written, then the pauses
 * double up to six hours. A look that brings nothing new changes nothing:
 * an unknown outcome stays `pending`, and nothing is guessed.
 *
 * Usage: reconcile [-v] [--limit N]
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkout.h"
#include "cron.h"
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
	int64_t			 now;
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

	for (int64_t i = 0; i < l->looks && pause < CALL_LOOK_MAX_MS; i++)
		pause *= 2;
	return l->now + (pause < CALL_LOOK_MAX_MS ? pause : CALL_LOOK_MAX_MS);
}

/* ------------------------------------------- questions without an answer */

static const struct fault *
write_call_answer(struct conn *c, void *arg)
{
	struct look *l = arg;
	struct tx *tx = tx_find(c, l->arena, l->order.clive_tx_id);

	l->changed = false;
	checkout_write_answer(c, l->now, l->id, &l->answer);
	if (tx == NULL || l->answer.fate == PROVIDER_UNKNOWN) {
		conn_run(c, SQL_PROCESSOR_CALL_LOOK, "iit", next_look(l),
		    l->looks + 1, l->id);
		return NULL;
	}
	if (l->answer.fate != PROVIDER_DONE || tx->processor_ref != NULL)
		return NULL;
	l->changed = tx_attach(c, l->arena, l->now, tx, l->answer.ref,
	    "cron:reconcile") == TX_ATTACH_DONE;
	conn_run(c, SQL_TX_SET_LOOK, "iit", l->now + CALL_LOOK_MS,
	    (int64_t)0, tx->clive_tx_id);
	payment_apply_waiting(c, l->arena, l->now, tx);
	return NULL;
}

static bool
read_call(struct look *l, struct rows *r)
{
	l->id = row_text_copy(r, 0, l->arena);
	l->provider = provider_find(row_text(r, 1));
	l->order.idempotency_key = row_text_copy(r, 2, l->arena);
	l->looks = row_int(r, 3);
	l->order.clive_tx_id = row_text_copy(r, 4, l->arena);
	l->order.payment_type = row_text_copy(r, 5, l->arena);
	l->order.descriptor_suffix = row_text_copy(r, 6, l->arena);
	return l->provider != NULL && l->provider->open != NULL;
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

	if (tx == NULL)
		return false;
	fill_order(l, tx);
	l->answer = l->provider->open(l->arena, &l->s->conf, &l->order);
	return db_txn(l->s->db, write_call_answer, l) == NULL && l->changed;
}

/* ------------------------------------------------- payments left open */

static const char *
state_word(enum provider_state state)
{
	switch (state) {
	case PROVIDER_OPEN:
		return "open";
	case PROVIDER_PAID:
		return "paid";
	case PROVIDER_FAILED:
		return "failed";
	case PROVIDER_CANCELED:
		return "canceled";
	}
	return "open";
}

static const struct fault *
write_state(struct conn *c, void *arg)
{
	struct look *l = arg;
	struct tx *tx;
	const char *word = state_word(l->answer.state);
	struct payment_event e = {
		.processor = l->provider->name,
		.event_id = arena_printf(l->arena, "look_%s_%s", l->ref, word),
		.type = arena_printf(l->arena, "look.%s", word),
		.ref = l->ref,
		.outcome = l->answer.state == PROVIDER_PAID ?
		    PAYMENT_SUCCEEDED : PAYMENT_FAILED,
		.has_amount = l->answer.has_amount,
		.amount = l->answer.amount,
		.body = l->answer.raw,
	};

	l->changed = false;
	conn_run(c, SQL_TX_SET_LOOK, "iit", next_look(l), l->looks + 1, l->id);
	if (l->answer.fate != PROVIDER_DONE ||
	    l->answer.state == PROVIDER_OPEN)
		return NULL;
	l->changed = payment_receive(c, l->arena, l->now, &e, &tx) ==
	    PAYMENT_APPLIED;
	return NULL;
}

static bool
read_payment(struct look *l, struct rows *r)
{
	l->id = row_text_copy(r, 0, l->arena);
	l->provider = provider_find(row_text(r, 1));
	l->ref = row_text_copy(r, 2, l->arena);
	l->looks = row_int(r, 3);
	return l->provider != NULL && l->provider->fetch != NULL;
}

static bool
look_up(struct look *l)
{
	l->answer = l->provider->fetch(l->arena, &l->s->conf, l->ref);
	return db_txn(l->s->db, write_state, l) == NULL && l->changed;
}

/* --------------------------------------------------------------- the run */

/*
 * Reads what is due by a statement and works on each; the number of rows
 * that changed. Rows are read first, since working on one writes.
 */
static int
work(struct setup *s, enum sql due, int limit,
    bool (*read)(struct look *, struct rows *), bool (*act)(struct look *))
{
	struct arena *arena = arena_new();
	struct look *looks = arena_alloc(arena,
	    (size_t)limit * sizeof(*looks));
	int n = 0, changed = 0;

	struct rows *r = conn_rows(s->conn, due, "ii", clock_now(),
	    (int64_t)limit);
	while (n < limit && row_next(r)) {
		looks[n] = (struct look){ .s = s, .arena = arena,
		    .now = clock_now() };
		if (read(&looks[n], r))
			n++;
	}
	row_done(r);
	for (int i = 0; i < n; i++)
		changed += act(&looks[i]);
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
	int calls = work(&cron.setup, SQL_PROCESSOR_CALLS_DUE, limit,
	    read_call, ask_again);
	int payments = work(&cron.setup, SQL_TX_LOOKS_DUE, limit,
	    read_payment, look_up);
	cron_finish(&cron);
	if (verbose)
		printf("%d calls answered, %d payments changed\n", calls,
		    payments);
	cron_close(&cron);
	return 0;
}
