/* SPDX-License-Identifier: ISC */
/*
 * deliver.c - the program that sends webhooks.
 *
 *	deliver [--for seconds] [--limit n]
 *	deliver --once [--limit n]
 *
 * Cron starts one every minute. The newest run owns the name "deliver" in
 * cron_run; an older one sees that, claims no more, ends what it has under
 * way and leaves. A run stays a little longer than cron's minute, so that
 * there is always one, and never needs to be watched: where cron works, it
 * works.
 *
 * Nothing tells it of new work. It asks the database every few hundredths of
 * a second whether anybody has committed (a counter in memory, not a query),
 * and knows when the next retry is due. So it hears of a payment at once,
 * without a socket, a signal or a queue that a shared host would not have.
 *
 * Work is held under leases (lib/sender.h). It may be killed at any point:
 *   - before the claim commits, nothing has happened;
 *   - before the result commits, the lease ends after the longest possible
 *     attempt and a margin, and the delivery is due again: it is sent twice
 *     if the first had arrived, which partners are told to expect;
 *   - after that there is nothing left to do.
 * A run that lost its lease leaves no trace of its attempt, so two runs at
 * once, even on two machines, record each attempt once.
 *
 * Times in the database are clock_now, which the sandbox moves; waiting is
 * measured with clock_monotonic. A clock that leaps ahead can make a lease or
 * a pause end early and cost a second attempt, nothing else. One that is set
 * back leaves times behind that lie too far ahead to be true: such deliveries
 * are sent at once.
 *
 * --once sends what is due now and ends. It leaves a running sender its
 * name. Exit status: 0, 1 where the database refuses, 64 for bad usage.
 */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "cron.h"
#include "log.h"
#include "sender.h"
#include "shared.h"

enum {
	POLL_MS = 40,		/* between two looks for a commit */
	TROUBLE_MS = 1000,	/* before the database is asked again */
	LOOK_MS = 1000		/* between two looks whatever happens: leases
				   of the dead end without a commit */
};

struct run {
	struct cron	 cron;
	struct sender	*sender;
	bool		 ours;		/* this run owns the name */
	int64_t		 next_due;	/* clock_now */
	int64_t		 look_at;	/* clock_monotonic */
	int64_t		 rest_until;	/* clock_monotonic */
};

static volatile sig_atomic_t stopped;

static void
on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static void
catch_signals(void)
{
	const struct sigaction act = { .sa_handler = on_signal };

	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGHUP, &act, NULL);
}

/* Has what is due claimed and notes when to look again. */
static void
look(struct run *run, int64_t due)
{
	sender_seek(run->sender, due);
	run->next_due = sender_next_due(run->sender, due);
	run->look_at = clock_monotonic() + LOOK_MS;
	/* Whoever waits for the places of the unknown may get them then. */
	if (sender_next_late(run->sender) < run->look_at)
		run->look_at = sender_next_late(run->sender);
}

/* A commit is the reason to look: new deliveries, a new owner of our name. */
static bool
has_reason(struct run *run)
{
	int64_t now = clock_monotonic();

	return now >= run->rest_until &&
	    (conn_changed_elsewhere(run->cron.setup.conn) ||
	    clock_now() >= run->next_due || now >= run->look_at);
}

/* Until there is a reason to look that does not announce itself. */
static int64_t
wait_ms(const struct run *run)
{
	int64_t now = clock_monotonic();
	int64_t due = run->next_due - clock_now();
	int64_t ms = due < run->look_at - now ? due : run->look_at - now;

	if (ms < run->rest_until - now)
		ms = run->rest_until - now;
	return ms < 0 ? 0 : ms < POLL_MS ? ms : POLL_MS;
}

static void
deliver_for(struct run *run, int64_t seconds)
{
	int64_t until = clock_monotonic() + seconds * 1000;

	while (!stopped && clock_monotonic() < until) {
		struct sender_progress now = sender_progress(run->sender);
		if (now.left == 0)
			return;
		if (now.failed)
			run->rest_until = clock_monotonic() + TROUBLE_MS;
		if (has_reason(run)) {
			if (run->ours && !cron_is_owner(&run->cron))
				return;
			look(run, clock_now());
		}
		sender_work(run->sender, wait_ms(run));
	}
}

/* What was due at the start, not what becomes due meanwhile: so it ends. */
static bool
deliver_once(struct run *run)
{
	int64_t due = clock_now();
	struct sender_progress now;

	look(run, due);
	while (now = sender_progress(run->sender), !stopped && !now.failed &&
	    (now.busy > 0 || now.seeking)) {
		if (clock_monotonic() >= run->look_at)
			look(run, due);
		sender_work(run->sender, POLL_MS);
	}
	return !now.failed;
}

/*
 * Lets attempts under way end and records them. Both take no longer than a
 * lease, after which the deliveries are somebody else's anyhow.
 */
static bool
wind_up(struct run *run)
{
	int64_t until = sender_lease_until(&run->cron.setup.conf,
	    clock_monotonic());
	struct sender_progress now;

	sender_stop(run->sender);
	while (now = sender_progress(run->sender), (now.busy > 0 ||
	    now.seeking) && clock_monotonic() < until)
		sender_work(run->sender, POLL_MS);
	size_t left = sender_end(run->sender);
	if (left > 0) {
		log_warn("%zu results are not on record; those deliveries "
		    "will be sent again", left);
		sender_release(run->sender);
	}
	cron_finish(&run->cron);
	return left == 0;
}

static void
seen(void *cron)
{
	cron_seen(cron);
}

static bool
deliver(const struct cron_options *options)
{
	struct run run = { .next_due = 0 };
	bool good = true;

	if (!cron_open(&run.cron, "deliver"))
		return false;
	/* One that only lends a hand does not send the other home. */
	run.ours = !options->once || !cron_other_alive(&run.cron);
	if (run.ours && !cron_take(&run.cron)) {
		cron_close(&run.cron);
		return false;
	}
	run.sender = sender_new(&run.cron.setup, run.cron.owner,
	    (size_t)options->limit, seen, &run.cron);
	catch_signals();
	if (options->once)
		good = deliver_once(&run);
	else
		deliver_for(&run, options->seconds);
	if (!wind_up(&run))
		good = false;
	sender_free(run.sender);
	cron_close(&run.cron);
	return good;
}

static void
usage(void)
{
	fprintf(stderr, "usage: deliver [--for seconds] [--limit n]\n"
	    "       deliver --once [--limit n]\n");
	exit(CRON_USAGE);
}

int
main(int argc, char **argv)
{
	struct cron_options options = { .limit = INT64_MAX };

	if (!cron_read_options(argc, argv, false, INT_MAX, &options))
		usage();
	return deliver(&options) ? 0 : 1;
}
