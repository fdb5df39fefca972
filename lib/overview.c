/* SPDX-License-Identifier: ISC */
/* overview.c - gathering the figures. */
#include "overview.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "amount.h"
#include "cron.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

enum {
	PAYMENTS_MAX = 200000,	/* that are read for the figures */
	STUCK_MS = 60 * 60 * 1000,
	SHOWN_MAX = 20
};

/* The first payment to be read: of that day, or the oldest of so many. */
static const char *
find_start(struct request *rq, int64_t from)
{
	const char *start = arena_printf(rq->arena, "CLVTX_%013" PRId64,
	    from < 0 ? 0 : from);
	struct rows *r = conn_rows(rq->conn, SQL_TX_SCAN_EDGE, "tti", "~",
	    start, (int64_t)PAYMENTS_MAX);

	if (row_next(r))
		start = row_text_copy(r, 0, rq->arena);
	row_done(r);
	return start;
}

static void
write_days(struct jsonw *w, struct request *rq, const struct overview_ask *in)
{
	int64_t ahead = in->offset * 60 * 1000;
	int64_t today = (rq->now + ahead) / DAY_MS;
	const char *start = find_start(rq,
	    (today - in->days + 1) * DAY_MS - ahead);
	struct rows *r = conn_rows(rq->conn, SQL_OVERVIEW_DAYS, "tii", start,
	    ahead, (int64_t)(in->test == 0));

	jsonw_int(w, "today", today);
	jsonw_time(w, "since", strtoll(start + strlen("CLVTX_"), NULL, 10));
	jsonw_array(w, "days");
	while (row_next(r)) {
		const char *currency = row_text(r, 1);
		jsonw_object(w, NULL);
		jsonw_int(w, "day", row_int(r, 0));
		jsonw_text(w, "currency", currency);
		jsonw_text(w, "status", row_text(r, 2));
		jsonw_int(w, "count", row_int(r, 3));
		jsonw_money(w, "amount", row_int(r, 4), currency);
		jsonw_money(w, "refunded", row_int(r, 5), currency);
		jsonw_money(w, "fees", row_int(r, 6), currency);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

static void
write_stuck(struct jsonw *w, struct request *rq)
{
	struct rows *r = conn_rows(rq->conn, SQL_OVERVIEW_STUCK, "ii",
	    rq->now - STUCK_MS, (int64_t)SHOWN_MAX);

	jsonw_array(w, "stuck");
	while (row_next(r)) {
		jsonw_object(w, NULL);
		jsonw_text(w, "clive_tx_id", row_text(r, 0));
		jsonw_money(w, "amount", row_int(r, 1), row_text(r, 2));
		jsonw_text(w, "currency", row_text(r, 2));
		jsonw_text(w, "processor", row_text(r, 3));
		jsonw_text(w, "partner_id", row_text(r, 4));
		jsonw_time(w, "updated_at", row_int(r, 5));
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

static void
write_queue(struct jsonw *w, struct request *rq)
{
	struct rows *r = conn_rows(rq->conn, SQL_OVERVIEW_QUEUE, "i",
	    rq->now);

	if (!row_next(r))
		return;
	jsonw_object(w, "queue");
	jsonw_int(w, "due", row_int(r, 0));
	jsonw_int(w, "late", row_int(r, 1));
	jsonw_time(w, "oldest_due_at", row_int(r, 2));
	jsonw_end_object(w);
	jsonw_int(w, "quarantined", row_int(r, 3));
	row_done(r);
}

static void
write_endpoints(struct jsonw *w, struct request *rq)
{
	struct rows *r = conn_rows(rq->conn, SQL_ENDPOINTS_TROUBLED, "i",
	    (int64_t)SHOWN_MAX);

	jsonw_array(w, "endpoints");
	while (row_next(r)) {
		jsonw_object(w, NULL);
		jsonw_text(w, "id", row_text(r, 0));
		jsonw_text(w, "partner_id", row_text(r, 1));
		jsonw_text(w, "client_id", row_text(r, 2));
		jsonw_text(w, "name", row_text(r, 3));
		jsonw_text(w, "url", row_text(r, 4));
		jsonw_text(w, "status", row_text(r, 5));
		jsonw_text(w, "disabled_reason", row_text(r, 6));
		jsonw_time(w, "failing_since", row_int(r, 7));
		jsonw_int(w, "failures", row_int(r, 8));
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

static void
write_cron(struct jsonw *w, struct request *rq)
{
	struct rows *r = conn_rows(rq->conn, SQL_CRON_RUNS, "");

	jsonw_array(w, "cron");
	while (row_next(r)) {
		jsonw_object(w, NULL);
		jsonw_text(w, "name", row_text(r, 0));
		jsonw_time(w, "started_at", row_int(r, 2));
		jsonw_time(w, "seen_at", row_int(r, 3));
		jsonw_time(w, "finished_at", row_int(r, 4));
		jsonw_bool(w, "late", rq->now - row_int(r, 3) >
		    cron_silence_ms(row_text(r, 0)));
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

void
overview_write(struct jsonw *w, struct request *rq,
    const struct overview_ask *in)
{
	jsonw_object(w, NULL);
	jsonw_time(w, "now", rq->now);
	write_days(w, rq, in);
	write_stuck(w, rq);
	write_queue(w, rq);
	write_endpoints(w, rq);
	write_cron(w, rq);
	jsonw_end_object(w);
}
