/* SPDX-License-Identifier: ISC */
/*
 * sweep.c - the program that ends what is past its time.
 *
 *	sweep [-v] [--dry-run]
 *
 *   - A payment that is initialized or pending and has not changed for
 *     abandon_after_s becomes abandoned, and its partner is told.
 *   - Answers kept under idempotency keys are dropped when their day is
 *     neither today nor yesterday (UTC).
 *   - Operators' sessions are dropped a week after they ran out, counts of
 *     failed sign-ins a day after the last one.
 *   - Events of processors that never found a payment are dropped after 30
 *     days: they speak of payments that were not made here.
 *   - Listeners (clive listen) that have not asked for a day are deleted.
 *   - A delivery whose endpoint was deleted while a sender had it, and whose
 *     sender died then, is marked failed: nobody would send it any more.
 *
 * Events that were told stay for good, with their deliveries: the audit log
 * speaks of them. Of a merchant's the Payments API shows those of 30 days.
 *
 * A clock that leaps ahead must not end everything at once. A run that finds
 * it two hours or more ahead of the run before ends nothing and does not
 * finish: the next one, which sees that, goes by the clock whatever it says.
 *
 * It works in transactions of a few hundred rows, so that nobody waits long
 * behind it, and decides about each payment again inside the transaction
 * that changes it: what a processor reports meanwhile wins. It may be killed
 * at any point and started twice; the next run goes on.
 *
 * --dry-run changes nothing and counts what a run would do: the expiring is
 * done and undone, which needs the database as long as the real thing. With
 * -v it prints one line with its counts; a dry run always does.
 * Exit status: 0, 1 where the database refuses, 64 for bad usage.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "cron.h"
#include "log.h"
#include "shared.h"
#include "tx.h"
#include "webhook.h"

enum {
	STALE_BATCH = 200,	/* payments abandoned in one transaction */
	DROP_BATCH = 1000,	/* idempotency rows dropped in one */
	EVENT_BATCH = 500,	/* events of processors dropped in one; the
				   largest of these three */
	LISTENER_BATCH = 100,	/* listeners deleted in one */
	LEAP_H = 2		/* so far the clock may be ahead of the last run */
};

#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)

struct sweep {
	struct cron	 cron;
	struct arena	*arena;		/* of one batch */
	int64_t		 now;
	bool		 dry_run;
	int64_t		 abandoned, keys, sessions, failures, events;
	int64_t		 listeners;
};

/* What looked past its time to the reader, and what became of it. */
struct batch {
	struct sweep	*sweep;
	const char	*ids[EVENT_BATCH];
	const char	*processors[EVENT_BATCH];	/* of events alone */
	size_t		 n;
	int64_t		 done;
};

/* The edge of a piece: the first row that stays for the next. */
struct edge {
	int64_t		 day;
	const char	*owner, *path, *key;
	int64_t		 dropped;
};

static int64_t
cutoff(const struct sweep *s)
{
	return s->now - s->cron.setup.conf.abandon_after_s * 1000;
}

static bool
reader_failed(struct sweep *s)
{
	const char *failed = conn_failed(s->cron.setup.conn);

	if (failed != NULL)
		log_warn("database: %s", failed);
	return failed != NULL;
}

/* Counts the rows of a statement over what is older than a moment. */
static bool
count(struct sweep *s, enum sql sql, int64_t before, int64_t *total)
{
	struct rows *r = conn_rows(s->cron.setup.conn, sql, "ii", before,
	    INT64_MAX);

	while (row_next(r))
		(*total)++;
	row_done(r);
	return !reader_failed(s);
}

/*
 * Batch after batch, until one is not full or nothing of it had to go: read
 * without a lock, and decided again when it is held.
 */
static bool
work_off(struct sweep *s, size_t size,
    void (*read)(struct sweep *, struct batch *), db_callback *write,
    int64_t *total)
{
	struct batch batch = { .sweep = s };

	do {
		arena_reset(s->arena);
		read(s, &batch);
		if (reader_failed(s) || (batch.n > 0 &&
		    db_txn(s->cron.setup.db, write, &batch) != NULL))
			return false;
		*total += batch.done;
		cron_seen(&s->cron);
	} while (batch.n == size && batch.done > 0);
	return true;
}

/* Reads the first column of a statement into a batch. */
static void
read_ids(struct sweep *s, struct batch *batch, enum sql sql, int64_t before,
    size_t size)
{
	struct rows *r = conn_rows(s->cron.setup.conn, sql, "ii", before,
	    (int64_t)size);

	for (batch->n = 0; batch->n < size && row_next(r); batch->n++)
		batch->ids[batch->n] = row_text_copy(r, 0, s->arena);
	row_done(r);
}

static const struct fault *
abandon_batch(struct conn *c, void *arg)
{
	struct batch *batch = arg;
	struct sweep *s = batch->sweep;

	batch->done = 0;
	for (size_t i = 0; i < batch->n; i++) {
		struct tx *tx = tx_find(c, s->arena, batch->ids[i]);
		if (tx == NULL || tx->updated_at >= cutoff(s))
			continue;
		/* Only open payments may move so, says the table of moves. */
		if (tx_move(c, s->arena, s->now, tx, TX_ABANDONED,
		    "cron:sweep"))
			batch->done++;
	}
	return NULL;
}

static void
read_stale(struct sweep *s, struct batch *batch)
{
	read_ids(s, batch, SQL_TX_STALE, cutoff(s), STALE_BATCH);
}

/* Answers are looked up under today and yesterday. */
static int64_t
first_kept_day(const struct sweep *s)
{
	return s->now / DAY_MS - 1;
}

static const struct fault *
drop_piece(struct conn *c, void *arg)
{
	struct edge *edge = arg;

	edge->dropped = conn_run(c, SQL_CRON_IDEMPOTENCY_DROP, "ittt",
	    edge->day, edge->owner, edge->path, edge->key);
	return NULL;
}

static bool
find_edge(struct sweep *s, struct edge *edge)
{
	arena_reset(s->arena);
	struct rows *r = conn_rows(s->cron.setup.conn,
	    SQL_CRON_IDEMPOTENCY_EDGE, "ii", first_kept_day(s),
	    (int64_t)DROP_BATCH);
	bool found = row_next(r);

	if (found) {
		edge->day = row_int(r, 0);
		edge->owner = row_text_copy(r, 1, s->arena);
		edge->path = row_text_copy(r, 2, s->arena);
		edge->key = row_text_copy(r, 3, s->arena);
	}
	row_done(r);
	return found;
}

/* A busy day's keys, piece by piece, down to less than one piece. */
static bool
drop_keys(struct sweep *s)
{
	struct edge edge;

	while (find_edge(s, &edge)) {
		if (db_txn(s->cron.setup.db, drop_piece, &edge) != NULL)
			return false;
		s->keys += edge.dropped;
		cron_seen(&s->cron);
	}
	return !reader_failed(s);
}

static int64_t
first_kept_event(const struct sweep *s)
{
	return s->now - 30 * DAY_MS;
}

static const struct fault *
drop_events(struct conn *c, void *arg)
{
	struct batch *batch = arg;
	struct sweep *s = batch->sweep;

	batch->done = 0;
	for (size_t i = 0; i < batch->n; i++)
		batch->done += conn_run(c, SQL_CRON_WAITING_DROP, "tt",
		    batch->processors[i], batch->ids[i]);
	if (conn_failed(c) == NULL && batch->done > 0)
		audit_write(c, s->now, "cron:sweep", "event.expired",
		    "processor_event", arena_printf(s->arena,
		    "{\"count\":%" PRId64 ",\"received_before\":%" PRId64 "}",
		    batch->done, first_kept_event(s)));
	return NULL;
}

static void
read_events(struct sweep *s, struct batch *batch)
{
	struct rows *r = conn_rows(s->cron.setup.conn, SQL_CRON_WAITING_OLD,
	    "ii", first_kept_event(s), (int64_t)EVENT_BATCH);

	for (batch->n = 0; batch->n < EVENT_BATCH && row_next(r);
	    batch->n++) {
		batch->processors[batch->n] = row_text_copy(r, 0, s->arena);
		batch->ids[batch->n] = row_text_copy(r, 1, s->arena);
	}
	row_done(r);
}

static int64_t
last_gone(const struct sweep *s)
{
	return s->now - DAY_MS;
}

static const struct fault *
delete_gone(struct conn *c, void *arg)
{
	struct batch *batch = arg;
	struct sweep *s = batch->sweep;

	batch->done = 0;
	for (size_t i = 0; i < batch->n; i++) {
		const struct webhook_row *w = webhook_find(c, s->arena,
		    batch->ids[i]);
		/* It may have come back meanwhile. */
		if (w != NULL && w->seen_at < last_gone(s))
			batch->done += webhook_delete(c, w->id, s->now,
			    "cron:sweep");
	}
	return NULL;
}

static void
read_gone(struct sweep *s, struct batch *batch)
{
	read_ids(s, batch, SQL_LISTENERS_GONE, last_gone(s), LISTENER_BATCH);
}

/* Undoes a dry run; nobody sees it but expire. */
static const struct fault dry_run = { .text = "dry run" };

static const struct fault *
expire_rest(struct conn *c, void *arg)
{
	struct sweep *s = arg;
	int64_t keys = s->keys;

	keys += conn_run(c, SQL_IDEMPOTENCY_EXPIRE, "i", first_kept_day(s));
	s->sessions = conn_run(c, SQL_SESSIONS_EXPIRE, "i",
	    s->now - 7 * DAY_MS);
	s->failures = conn_run(c, SQL_LOGIN_FAILURES_EXPIRE, "i",
	    s->now - DAY_MS);
	conn_run(c, SQL_CRON_DELIVERIES_END, "i", s->now);
	if (conn_failed(c) != NULL)
		return NULL;
	s->keys = keys;
	return s->dry_run ? &dry_run : NULL;
}

static bool
expire(struct sweep *s)
{
	const struct fault *fault = db_txn(s->cron.setup.db, expire_rest, s);

	return fault == NULL || fault == &dry_run;
}

/* Says so where the clock is not to be gone by in this run. */
static bool
clock_leapt(struct sweep *s)
{
	int64_t hours = cron_ahead(&s->cron) / HOUR_MS;

	if (hours < LEAP_H)
		return false;
	log_warn("the clock is %" PRId64 " hours ahead of the last run; the "
	    "next run goes by it, this one ends nothing", hours);
	return true;
}

static bool
sweep_all(struct sweep *s)
{
	bool leapt = clock_leapt(s);

	if (reader_failed(s))
		return false;
	if (s->dry_run)
		return count(s, SQL_TX_STALE, cutoff(s), &s->abandoned) &&
		    expire(s) && count(s, SQL_CRON_WAITING_OLD,
		    first_kept_event(s), &s->events) && count(s,
		    SQL_LISTENERS_GONE, last_gone(s), &s->listeners);
	if (!cron_take(&s->cron))
		return false;
	if (leapt)
		return true;
	bool good = work_off(s, STALE_BATCH, read_stale, abandon_batch,
	    &s->abandoned) && drop_keys(s) && expire(s) &&
	    work_off(s, EVENT_BATCH, read_events, drop_events, &s->events) &&
	    work_off(s, LISTENER_BATCH, read_gone, delete_gone,
	    &s->listeners);
	/* A run that failed leaves no word that it is over. */
	if (good)
		cron_finish(&s->cron);
	return good;
}

static void
print_counts(const struct sweep *s)
{
	printf("%s: %" PRId64 " payments abandoned, %" PRId64
	    " idempotency keys, %" PRId64 " sessions, %" PRId64
	    " counts of failed sign-ins, %" PRId64 " listeners, %" PRId64
	    " events without a payment expired\n",
	    s->dry_run ? "dry run" : "done", s->abandoned, s->keys,
	    s->sessions, s->failures, s->listeners, s->events);
}

static void
usage(void)
{
	fprintf(stderr, "usage: sweep [-v] [--dry-run]\n");
	exit(CRON_USAGE);
}

int
main(int argc, char **argv)
{
	static const struct option known[] = {
		{ "dry-run", no_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 }
	};
	struct sweep s;
	bool dry = false, verbose = false;

	for (int c; (c = getopt_long(argc, argv, "v", known, NULL)) != -1; )
		switch (c) {
		case 'n':
			dry = verbose = true;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			usage();
		}
	if (optind < argc)
		usage();
	memset(&s, 0, sizeof(s));
	if (!cron_open(&s.cron, "sweep"))
		return 1;
	s.arena = arena_new();
	s.now = clock_now();
	s.dry_run = dry;
	bool good = sweep_all(&s);
	if (good && verbose)
		print_counts(&s);
	arena_free(s.arena);
	cron_close(&s.cron);
	return good ? 0 : 1;
}
