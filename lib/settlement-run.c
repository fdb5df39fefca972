/* SPDX-License-Identifier: ISC */
/*
 * settlement-run.c - making batches, a page of payments at a time.
 *
 * A batch is put together under the status `assembling`, in which nobody sees
 * it. Its totals are right after every page, and the last page makes it
 * pending: to the outside a batch appears at once and whole.
 */
#include "settlement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "shared.h"

enum { BATCHES_MAX = 1000 };	/* of one run: an answer's length */

#define DAY_MS INT64_C(86400000)

/* One group, and where its batch stands. */
struct group {
	struct settlement_run	*run;
	char			 partner_id[65], client_id[65], currency[4];
	int64_t			 now, before;
	char			 batch[ID_SIZE];
	int64_t			 room;		/* payments that still fit */
	int64_t			 taken;		/* by the last page */
	bool			 ready;
	const char		*dissolve;	/* a batch to take apart */
};

/* What a page adds up to. */
struct sums {
	int64_t	n, amount, processor_fee, platform_fee, owed;
};

static struct sums
queue_page(struct conn *c, const struct group *g, int64_t limit)
{
	struct sums s = { 0 };
	struct rows *r = conn_rows(c, SQL_SETTLE_PAGE, "tttiiti",
	    g->partner_id, g->client_id, g->currency, g->before, limit,
	    g->batch, g->now);

	while (row_next(r)) {
		s.n++;
		s.amount += row_int(r, 0);
		s.processor_fee += row_int(r, 1);
		s.platform_fee += row_int(r, 2);
		s.owed += row_int(r, 3);
	}
	return s;
}

/* The batch that is being put together, or a new one. */
static void
open_batch(struct conn *c, struct group *g)
{
	struct rows *r = conn_rows(c, SQL_BATCH_ASSEMBLING, "ttt",
	    g->partner_id, g->client_id, g->currency);
	bool found = row_next(r);

	if (found)
		snprintf(g->batch, sizeof(g->batch), "%s", row_text(r, 0));
	row_done(r);
	if (!found)
		conn_run(c, SQL_BATCH_INSERT, "tttti",
		    id_make_uuid(g->now, g->batch), g->partner_id,
		    g->client_id, g->currency, g->now);
}

static void
finish_batch(struct conn *c, struct group *g)
{
	struct settlement_run *run = g->run;
	char net[AMOUNT_TEXT_SIZE];

	if (conn_run(c, SQL_BATCH_DELETE, "t", g->batch) == 1)
		return;
	g->ready = conn_run(c, SQL_BATCH_READY, "it", g->now, g->batch) == 1;
	const struct settlement *b = settlement_find(c, run->arena, g->batch);
	if (!g->ready || b == NULL)
		return;
	g->taken = b->payments;
	audit_write(c, g->now, run->actor, "settlement.created", g->batch,
	    arena_printf(run->arena, "{\"payments\":%" PRId64 ",\"net\":%s,"
	    "\"currency\":\"%s\"}", b->payments, amount_print(b->net,
	    b->currency, net), b->currency));
}

static const struct fault *
add_page(struct conn *c, void *arg)
{
	struct group *g = arg;
	int64_t limit = g->room < SETTLEMENT_PAGE ? g->room : SETTLEMENT_PAGE;

	g->ready = false;
	open_batch(c, g);
	struct sums s = queue_page(c, g, limit);
	g->taken = s.n;
	if (s.n > 0)
		conn_run(c, SQL_BATCH_ADD, "iiiiiiit", s.n, s.amount,
		    s.processor_fee, s.platform_fee, s.amount -
		    s.processor_fee - s.platform_fee - s.owed, s.owed,
		    g->now, g->batch);
	if (s.n < limit || s.n == g->room)
		finish_batch(c, g);
	return NULL;
}

/* Does the group come to more than nothing? Asked of the reader, so that
 * nobody waits for a long sum. */
static bool
is_worth_it(struct group *g)
{
	struct rows *r = conn_rows(g->run->conn, SQL_SETTLE_SUM, "tttii",
	    g->partner_id, g->client_id, g->currency, g->before,
	    (int64_t)SETTLEMENT_MAX);
	bool worth = row_next(r) && row_int(r, 1) > 0;

	row_done(r);
	return worth;
}

/* Was one of the group left half-way by a run that was killed? */
static bool
is_begun(struct group *g)
{
	struct rows *r = conn_rows(g->run->conn, SQL_BATCH_ASSEMBLING, "ttt",
	    g->partner_id, g->client_id, g->currency);
	bool begun = row_next(r);

	row_done(r);
	return begun;
}

static const struct fault *
settle_group(struct group *g)
{
	struct settlement_run *run = g->run;
	const struct fault *fault;

	if (!is_begun(g) && !is_worth_it(g))
		return NULL;
	g->room = SETTLEMENT_MAX;
	do {
		g->now = clock_now();
		if ((fault = db_txn(run->db, add_page, g)) != NULL)
			return fault;
		g->room -= g->ready ? 0 : g->taken;
	} while (!g->ready && g->taken > 0);
	if (g->ready) {
		run->ids[run->n++] = arena_strdup(run->arena, g->batch);
		run->payments += g->taken;
	}
	return NULL;
}

/* The next group behind this one that the run is for; false: none. */
static bool
next_group(struct group *g)
{
	struct settlement_run *run = g->run;
	struct rows *r;
	bool found;

	do {
		r = conn_rows(run->conn, SQL_SETTLE_NEXT_GROUP, "ttt",
		    g->partner_id, g->client_id, g->currency);
		found = row_next(r);
		if (found) {
			snprintf(g->partner_id, sizeof(g->partner_id), "%s",
			    row_text(r, 0));
			snprintf(g->client_id, sizeof(g->client_id), "%s",
			    row_text(r, 1));
			snprintf(g->currency, sizeof(g->currency), "%s",
			    row_text(r, 2));
		}
		row_done(r);
		if (found && run->partner_id != NULL &&
		    strcmp(g->partner_id, run->partner_id) != 0)
			return false;
	} while (found && run->client_id != NULL &&
	    strcmp(g->client_id, run->client_id) != 0);
	return found;
}

/* ------------------------------------------- what has come to nothing */

static const struct fault *
release_page(struct conn *c, void *arg)
{
	struct group *g = arg;

	g->taken = settlement_release(c, g->run->arena, g->now, g->dissolve,
	    g->run->actor);
	return NULL;
}

static bool
find_void(struct group *g)
{
	struct settlement_run *run = g->run;
	struct rows *r = conn_rows(run->conn, SQL_BATCHES_VOID, "tt",
	    run->partner_id != NULL ? run->partner_id : "",
	    run->client_id != NULL ? run->client_id : "");
	bool found = row_next(r);

	g->dissolve = found ? row_text_copy(r, 0, run->arena) : NULL;
	row_done(r);
	return found;
}

/* Batches that refunds have left with nothing to pay are taken apart. */
static const struct fault *
dissolve(struct group *g)
{
	const struct fault *fault;

	do {
		if (!find_void(g))
			return NULL;
		g->now = clock_now();
		if ((fault = db_txn(g->run->db, release_page, g)) != NULL)
			return fault;
	} while (g->taken > 0);
	return NULL;
}

/* ------------------------------------------------------------- the run */

static const struct fault *
check_names(struct settlement_run *run)
{
	bool found = false;
	struct rows *r;

	if (run->partner_id == NULL)
		return NULL;
	r = conn_rows(run->conn, SQL_PARTNER_FIND, "t", run->partner_id);
	found = row_next(r);
	row_done(r);
	if (!found)
		return &FAULT_PARTNER_NOT_FOUND;
	if (run->client_id == NULL)
		return NULL;
	r = conn_rows(run->conn, SQL_CLIENT_FIND, "tt", run->partner_id,
	    run->client_id);
	found = row_next(r);
	row_done(r);
	return found ? NULL : &FAULT_CLIENT_NOT_FOUND;
}

const struct fault *
settlement_run(struct settlement_run *run)
{
	int64_t now = clock_now();
	struct group g = { .run = run, .now = now,
	    .before = now - now % DAY_MS };
	const struct fault *fault = check_names(run);

	run->ids = arena_alloc(run->arena, BATCHES_MAX * sizeof(*run->ids));
	run->n = 0;
	run->payments = 0;
	run->more = false;
	if (fault == NULL)
		fault = dissolve(&g);
	if (run->partner_id != NULL)
		snprintf(g.partner_id, sizeof(g.partner_id), "%s",
		    run->partner_id);
	if (run->partner_id != NULL && run->client_id != NULL)
		snprintf(g.client_id, sizeof(g.client_id), "%s",
		    run->client_id);
	while (fault == NULL && next_group(&g)) {
		run->more = run->n == BATCHES_MAX ||
		    run->payments >= SETTLEMENT_MAX;
		if (run->more)
			break;
		fault = settle_group(&g);
	}
	/* Also where a group had more than one batch takes. */
	if (run->payments >= SETTLEMENT_MAX)
		run->more = true;
	if (fault == NULL && conn_failed(run->conn) != NULL)
		fault = &FAULT_STORAGE;
	return fault;
}
