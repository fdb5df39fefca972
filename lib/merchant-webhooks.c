/* SPDX-License-Identifier: ISC */
/* merchant-webhooks.c - whose an endpoint or event is; writing deliveries. */
#include "merchant-webhooks.h"

#include <string.h>

#include "jsonw-row.h"
#include "outbox.h"
#include "proof.h"
#include "replay.h"

struct webhook_row *
merchant_endpoint_find(struct conn *c, struct request *rq, const char *id)
{
	const struct merchant *m = &rq->merchant;
	struct webhook_row *row = webhook_find(c, rq->arena, id);

	if (row == NULL || row->client_id == NULL ||
	    strcmp(row->partner_id, m->partner_id) != 0 ||
	    strcmp(row->client_id, m->client_id) != 0 ||
	    row->livemode != m->live)
		return NULL;
	return row;
}

/* The current row of SQL_EVENT_FIND. */
static bool
is_callers(struct rows *r, const struct request *rq)
{
	const struct merchant *m = &rq->merchant;

	return !row_null(r, 7) && strcmp(row_text(r, 7), m->client_id) == 0 &&
	    strcmp(row_text(r, 2), m->partner_id) == 0 &&
	    row_int(r, 4) == m->live &&
	    strcmp(row_text(r, 1), PROOF_EVENT) != 0 &&
	    row_int(r, 6) > rq->now - MERCHANT_EVENTS_SHOWN;
}

struct slice
merchant_event_find(struct conn *c, struct request *rq, const char *id)
{
	struct rows *r = conn_rows(c, SQL_EVENT_FIND, "t", id);
	struct slice body = { NULL, 0 };

	if (row_next(r) && is_callers(r, rq)) {
		body = row_bytes(r, 8);
		body.p = arena_strndup(rq->arena, body.n > 0 ? body.p : "",
		    body.n);
	}
	row_done(r);
	return body;
}

bool
merchant_event_type(const char *type)
{
	return strcmp(type, REPLAY_TEST_EVENT) == 0 ||
	    (strcmp(type, OUTBOX_EVERYTHING) != 0 &&
	    webhook_known_event("payments", type));
}

/* The current row of one of the statements over deliveries. */
static void
write_delivery(struct jsonw *w, struct rows *r)
{
	bool due = strcmp(row_text(r, 9), "due") == 0;

	jsonw_object(w, NULL);
	jsonw_text(w, "id", row_text(r, 0));
	jsonw_text(w, "object", "delivery");
	jsonw_text(w, "endpoint", row_text(r, 3));
	jsonw_text(w, "url", row_text(r, 5));
	jsonw_text(w, "status", row_text(r, 9));
	jsonw_int(w, "attempts", row_int(r, 10));
	jsonw_time(w, "next_attempt_at", due ? row_int(r, 11) : 0);
	jsonw_row_int(w, "last_status", r, 14);
	jsonw_text(w, "last_error", row_text(r, 15));
	jsonw_time(w, "created_at", row_int(r, 12));
	jsonw_time(w, "updated_at", row_int(r, 13));
	jsonw_end_object(w);
}

static void
write_deliveries(struct jsonw *w, struct rows *r)
{
	while (row_next(r))
		write_delivery(w, r);
	row_done(r);
}

const struct fault *
merchant_event_answer(struct conn *c, struct request *rq, int status,
    const char *event, const char *const *ids, size_t n)
{
	struct slice body = merchant_event_find(c, rq, event);
	struct jsonw w;

	if (body.p == NULL)
		return &FAULT_NOT_FOUND;
	reply_data(rq, status, &w);
	jsonw_raw(&w, "data", body.p, body.n);
	jsonw_array(&w, "deliveries");
	for (size_t i = 0; ids != NULL && i < n; i++)
		write_deliveries(&w, conn_rows(c, SQL_DELIVERY_FIND, "t",
		    ids[i]));
	if (ids == NULL)
		write_deliveries(&w, conn_rows(c, SQL_DELIVERY_LIST_OF_EVENT,
		    "t", event));
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	return NULL;
}
