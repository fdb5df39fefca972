/* SPDX-License-Identifier: ISC */
/*
 * reconcile.c - asks the processors what they have not told us.
 *
 *	reconcile [-v] [--for seconds] [--limit n]
 *	reconcile --once [-v] [--limit n]
 *
 * Cron starts one every minute. The newest run owns the name "reconcile" in
 * cron_run; an older one sees that and leaves. A run stays a little longer
 * than cron's minute, so that there is always one: what comes due is asked
 * for within a second, and mobile money's payers are not kept waiting. While
 * nothing is due it asks the database once a second for what comes next, and
 * nobody else for anything.
 *
 * Three kinds of rows come due:
 *
 *   processor_call  A question without an answer: the program that asked was
 *                   killed, or the answer never came. It is asked again with
 *                   the key of the first time, so that the processor does
 *                   not do it twice.
 *   settlement_batch  A payout without an answer, asked for again likewise;
 *                   and one that was sent when its program died, whose
 *                   payments are not all marked as paid.
 *   tx              A payment whose intent is ours and that is not paid as
 *                   far as we know: open, or failed or abandoned and perhaps
 *                   paid since by another try whose webhook was lost. Its
 *                   state is looked up; what comes back takes the path of a
 *                   webhook (lib/payment.h).
 *
 * The first look is due a minute after the row was written, then the pauses
 * double up to six hours. A look that brings nothing new changes nothing:
 * an unknown outcome stays as it is, and nothing is guessed. A call is asked
 * again for 23 hours: then processors may have forgotten its key. A refund
 * that a processor keeps pending, or may have had before it forgot the key,
 * is looked up for 30 days instead. A payment is looked up twenty times, which
 * takes some three days. Where a processor says when it will know more, that
 * is when the next look is due.
 *
 * A processor that takes more than two seconds over a row gets no other one
 * until those of the others had their turn.
 *
 * It may be killed at any time: what had no answer yet is due again. So a
 * signal that comes while a processor is asked ends it on the spot, however
 * long the answer would take.
 *
 * --once works on what is due now and ends. It leaves a running one its name.
 * Exit status: 0, 1 where the database refuses, 64 for bad usage.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checkout.h"
#include "cron.h"
#include "intent-call.h"
#include "look.h"
#include "payment.h"
#include "provider.h"
#include "rail.h"
#include "refund.h"
#include "settlement.h"
#include "shared.h"
#include "tx.h"

enum {
	LIMIT = 200,		/* rows of a kind at once */
	LIMIT_MAX = 10000,
	LOOK_MS = 1000,		/* between two looks for what is due */
	PAUSE_MS = 10,		/* and at the least, whatever happens */
	SLOW_MS = 2000		/* for one row: the others have a turn */
};

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
	const struct conf	*conf;		/* of a payment's mode */
	bool			 payments;	/* it is of the Payments API */
	struct provider_order	 order;		/* of a call */
	struct intent		*intent;	/* of a call, or NULL: */
	struct intent_call	 call;		/* with one it is asked so */
	const char		*ref;		/* of a payment, or a refund */
	struct refund		*refund;	/* of a call for one */
	struct provider_answer	 answer;
	bool			 changed;
};

static volatile sig_atomic_t stopped;	/* a signal came */
static volatile sig_atomic_t asking;	/* a processor is being asked */

static void
on_signal(int sig)
{
	(void)sig;
	stopped = 1;
	if (asking)
		_exit(0);
}

/* Signals are taken where they do no harm: while it waits, and asks. */
static void
catch_signals(void)
{
	struct sigaction act = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	act.sa_mask = set;
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
}

/* Around a question to a processor, with no transaction open. */
static void
begin_asking(sigset_t *before)
{
	sigset_t none;

	sigemptyset(&none);
	asking = 1;
	sigprocmask(SIG_SETMASK, &none, before);
}

static void
end_asking(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
	asking = 0;
}

/* The next look, unless the answer says when there is more to see. */
static int64_t
next_look(const struct look *l)
{
	int64_t pause = CALL_LOOK_MS;

	if (l->answer.look_at > l->now)
		return l->answer.look_at;
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

/* A payment of the Payments API; true where it has its processor now. */
static bool
write_intent_answer(struct conn *c, struct look *l)
{
	bool had = l->intent->tx->processor_ref != NULL;
	const struct intent *in = intent_call_apply(c, l->arena, l->now,
	    l->s->vault, l->order.clive_tx_id, &l->call, "cron:reconcile");

	return in != NULL && !had && in->tx->processor_ref != NULL;
}

static const struct fault *
write_call_answer(struct conn *c, void *arg)
{
	struct look *l = arg;
	struct tx *tx = tx_find(c, l->arena, l->order.clive_tx_id);

	l->changed = false;
	if (l->intent != NULL) {
		l->changed = write_intent_answer(c, l);
		return NULL;
	}
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
	l->order.payment_method = row_text_copy(r, 9, l->arena);
	l->order.return_url = row_text_copy(r, 10, l->arena);
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

static void
fill_call(struct look *l)
{
	l->call = (struct intent_call){
		.id = l->id, .key = l->order.idempotency_key,
		.provider = l->provider, .rule_id = l->rule_id,
		.payment_type = l->order.payment_type,
		.payment_method = l->order.payment_method,
		.return_url = l->order.return_url, .again = true,
	};
}

static void
ask(struct look *l)
{
	sigset_t before;

	begin_asking(&before);
	if (l->intent != NULL)
		intent_call_ask(l->arena, &l->s->conf, l->s->vault,
		    l->intent, &l->call);
	else
		l->answer = checkout_open(l->arena, &l->s->conf,
		    l->provider, &l->order);
	end_asking(&before);
}

static bool
ask_again(struct look *l)
{
	struct conn *c = l->s->conn;
	const struct tx *tx = tx_find(c, l->arena, l->order.clive_tx_id);

	if (tx == NULL || db_txn(l->s->db, take_call, l) != NULL ||
	    !l->changed)
		return false;
	if (tx->payments) {
		l->intent = intent_find_by_tx(c, l->arena, tx->clive_tx_id);
		if (l->intent == NULL)
			return false;
	}
	fill_order(l, tx);
	fill_call(l);
	ask(l);
	return db_txn(l->s->db, write_call_answer, l) == NULL && l->changed;
}

/* --------------------------------------------- refunds without an answer */

static const struct fault *
write_refund_answer(struct conn *c, void *arg)
{
	struct look *l = arg;

	l->changed = refund_settle(c, l->arena, l->now, l->refund,
	    &l->answer, "cron:reconcile");
	return NULL;
}

static void
read_refund(struct look *l, struct rows *r)
{
	l->id = row_text_copy(r, 0, l->arena);
	l->ref = row_text_copy(r, 1, l->arena);
	l->looks = row_int(r, 2);
	l->due = row_int(r, 3);
	l->provider = provider_find(row_text(r, 4));
}

static bool
ask_for_refund(struct look *l)
{
	struct conn *c = l->s->conn;
	sigset_t before;

	if (db_txn(l->s->db, take_call, l) != NULL || !l->changed)
		return false;
	l->refund = refund_find(c, l->arena, l->ref);
	const struct tx *tx = l->refund == NULL ? NULL :
	    tx_find(c, l->arena, l->refund->clive_tx_id);
	if (tx == NULL || strcmp(l->refund->status, "pending") != 0)
		return false;
	begin_asking(&before);
	l->answer = refund_may_ask(tx, l->refund, l->now) ?
	    refund_ask(l->arena, &l->s->conf, tx, l->refund) :
	    refund_look(l->arena, &l->s->conf, tx, l->refund);
	end_asking(&before);
	return db_txn(l->s->db, write_refund_answer, l) == NULL && l->changed;
}

/* -------------------------------------------- payouts without an answer */

static void
read_payout(struct look *l, struct rows *r)
{
	l->id = row_text_copy(r, 0, l->arena);
}

/* Asks on until it is sent, refused or in doubt again. */
static bool
ask_for_payout(struct look *l)
{
	struct settlement_pay pay = { .db = l->s->db, .arena = l->arena,
	    .conf = &l->s->conf, .id = l->id, .actor = "cron:reconcile",
	    .again_only = true };
	const struct fault *fault;
	sigset_t before;

	if (settlement_pay_begin(&pay) != NULL)
		return false;
	do {
		begin_asking(&before);
		settlement_pay_ask(&pay);
		end_asking(&before);
	} while (settlement_pay_note(&pay, &fault));
	return pay.batch != NULL && strcmp(pay.batch->status, "sending") != 0;
}

/* A batch that was paid when its program died; its payments do not say so. */
static bool
book_payout(struct look *l)
{
	return settlement_book(l->s->db, l->id) == NULL;
}

/* ------------------------------------------------- payments left open */

static const struct fault *
write_state(struct conn *c, void *arg)
{
	struct look *l = arg;
	struct tx *tx;
	struct payment_event e;

	l->changed = false;
	/* A cancel may have ended all looks meanwhile. */
	if (conn_run(c, SQL_TX_LOOKED, "iit", next_look(l), l->looks + 1,
	    l->id) != 1)
		return NULL;
	if (intent_take_canceled(c, l->arena, l->now, l->id, &l->answer,
	    "cron:reconcile")) {
		l->changed = true;
		return NULL;
	}
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
	l->payments = !row_null(r, 4);
	l->conf = row_null(r, 4) ? &l->s->conf :
	    rail_conf(&l->s->conf, row_int(r, 4) == 1);
}

/* Even a payment that cannot be looked up gets its next look set, or such
 * rows would keep all others from their turn. */
static bool
look_up(struct look *l)
{
	sigset_t before;

	l->answer = (struct provider_answer){ .fate = PROVIDER_UNKNOWN };
	if (l->provider != NULL && l->provider->fetch != NULL &&
	    l->provider->missing(l->conf) == NULL) {
		begin_asking(&before);
		l->answer = provider_count(l->provider, "fetch",
		    l->provider->fetch(l->arena, l->conf, l->ref));
		if (l->payments)
			intent_close_declined(l->arena, l->conf, l->provider,
			    l->ref, &l->answer,
			    arena_printf(l->arena, "%s-cancel", l->id));
		end_asking(&before);
	}
	return db_txn(l->s->db, write_state, l) == NULL && l->changed;
}

/* --------------------------------------------------------------- the run */

/* What was done, and what with. */
struct run {
	struct cron	 cron;
	bool		 ours;		/* this run owns the name */
	int		 limit;
	int		 calls, payments;	/* that changed */
	bool		 more;		/* the limit left some to do */
	/* Who let us wait: it is asked no more in this pass. */
	const struct provider	*slow[8];
	int		 slow_count;
	int64_t		 next_due;	/* clock_now */
};

/* Is nothing in the way of the next row? */
static bool
goes_on(struct run *run)
{
	return !stopped && (!run->ours || cron_is_owner(&run->cron));
}

static bool
is_slow(const struct run *run, const struct provider *p)
{
	for (int i = 0; i < run->slow_count; i++)
		if (run->slow[i] == p)
			return true;
	return false;
}

/*
 * Works on one row; whether it changed. With hundreds due at a processor that
 * does not answer, those of the others would wait for hours: what is left of
 * it is for the next pass, as if the limit had left it.
 */
static int
work_on(struct run *run, struct look *l, bool (*act)(struct look *))
{
	int64_t began = clock_monotonic();

	if (is_slow(run, l->provider)) {
		run->more = true;
		return 0;
	}
	l->now = clock_now();
	int changed = act(l);
	if (l->provider != NULL && run->slow_count < 8 &&
	    clock_monotonic() - began > SLOW_MS)
		run->slow[run->slow_count++] = l->provider;
	cron_seen(&run->cron);
	return changed;
}

/*
 * Reads what is due by a statement and works on each; the number of rows
 * that changed. Rows are read first, since working on one writes.
 */
static int
work(struct run *run, enum sql due, void (*read)(struct look *, struct rows *),
    bool (*act)(struct look *))
{
	struct setup *s = &run->cron.setup;
	struct arena *arena = arena_new();
	struct look *looks = arena_alloc(arena,
	    (size_t)run->limit * sizeof(*looks));
	int n = 0, changed = 0;

	int64_t since = clock_now() - (due == SQL_REFUND_CALLS_DUE ?
	    REFUND_LOOK_MS : CALL_AGAIN_MS);
	bool since_too = due == SQL_REFUND_CALLS_DUE ||
	    due == SQL_PROCESSOR_CALLS_DUE;
	struct rows *r = since_too ?
	    conn_rows(s->conn, due, "iii", clock_now(), (int64_t)run->limit,
	    since) : due == SQL_BATCHES_UNBOOKED ?
	    conn_rows(s->conn, due, "i", (int64_t)run->limit) :
	    conn_rows(s->conn, due, "ii", clock_now(), (int64_t)run->limit);
	while (n < run->limit && row_next(r)) {
		looks[n] = (struct look){ .s = s, .arena = arena };
		read(&looks[n++], r);
	}
	row_done(r);
	run->more = run->more || n == run->limit;
	for (int i = 0; i < n && goes_on(run); i++)
		changed += work_on(run, &looks[i], act);
	arena_free(arena);
	return changed;
}

/* When the next of what is not due yet will be. */
static int64_t
next_due(struct conn *c)
{
	struct rows *r = conn_rows(c, SQL_LOOK_NEXT_DUE, "i", clock_now());
	int64_t at = row_next(r) && !row_null(r, 0) ? row_int(r, 0) : INT64_MAX;

	row_done(r);
	return at;
}

static void
work_once(struct run *run)
{
	struct conn *c = run->cron.setup.conn;

	run->more = false;
	run->slow_count = 0;
	run->calls += work(run, SQL_PROCESSOR_CALLS_DUE, read_call, ask_again);
	run->calls += work(run, SQL_REFUND_CALLS_DUE, read_refund,
	    ask_for_refund);
	run->calls += work(run, SQL_BATCHES_DUE, read_payout, ask_for_payout);
	work(run, SQL_BATCHES_UNBOOKED, read_payout, book_payout);
	run->payments += work(run, SQL_TX_LOOKS_DUE, read_payment, look_up);
	run->next_due = next_due(c);
	/* Trouble with the database may be over at the next look. */
	conn_forgive(c);
}

/* Waits until a look may be due, or a signal came. */
static void
wait_for(const struct run *run)
{
	int64_t ms = run->more ? PAUSE_MS : run->next_due - clock_now();
	sigset_t none;

	if (ms > LOOK_MS)
		ms = LOOK_MS;
	if (ms < PAUSE_MS)
		ms = PAUSE_MS;
	const struct timespec wait = { .tv_sec = ms / 1000,
	    .tv_nsec = ms % 1000 * 1000000 };
	sigemptyset(&none);
	ppoll(NULL, 0, &wait, &none);
}

static void
work_for(struct run *run, int64_t seconds)
{
	int64_t until = clock_monotonic() + seconds * 1000;

	while (clock_monotonic() < until && goes_on(run)) {
		work_once(run);
		cron_seen(&run->cron);
		wait_for(run);
	}
}

static bool
reconcile(const struct cron_options *options)
{
	struct run run = { .limit = (int)options->limit, .ours = true };

	if (!cron_open(&run.cron, "reconcile"))
		return false;
	/* One that only lends a hand does not send the other home. */
	if (options->once)
		run.ours = !cron_other_alive(&run.cron);
	if (run.ours && !cron_take(&run.cron)) {
		cron_close(&run.cron);
		return false;
	}
	catch_signals();
	if (options->once)
		work_once(&run);
	else
		work_for(&run, options->seconds);
	cron_finish(&run.cron);
	if (options->verbose)
		printf("%d calls answered, %d payments changed\n", run.calls,
		    run.payments);
	cron_close(&run.cron);
	return true;
}

static void
usage(void)
{
	fprintf(stderr, "usage: reconcile [-v] [--for seconds] [--limit n]\n"
	    "       reconcile --once [-v] [--limit n]\n");
	exit(CRON_USAGE);
}

int
main(int argc, char **argv)
{
	struct cron_options options = { .limit = LIMIT };

	if (!cron_read_options(argc, argv, true, LIMIT_MAX, &options))
		usage();
	return reconcile(&options) ? 0 : 1;
}
