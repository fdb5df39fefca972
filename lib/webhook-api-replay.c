/* SPDX-License-Identifier: ISC */
/*
 * webhook-api-replay.c - POST /endpoints/{id}/replay: counting what a replay
 * would make, or making it, in transactions of a page each.
 */
#include <stddef.h>

#include "field.h"
#include "shared.h"
#include "webhook-api.h"

enum {
	CALL_MAX = 10000,	/* deliveries that one request makes */
	CALL_MS = 5000		/* and how long it makes, or counts, them */
};

#define RANGE(member) .offset = offsetof(struct webhook_replaying, member)

const struct field webhook_replay_fields[] = {
	{ "from", FIELD_TIME, RANGE(from), .initial = -1 },
	{ "to", FIELD_TIME, RANGE(to), .initial = -1 },
	{ "failed_since", FIELD_TIME, RANGE(failed_since), .initial = -1 },
	{ "dry_run", FIELD_BOOL, RANGE(dry_run) },
	{ "cursor", FIELD_TEXT, RANGE(cursor), .min = 1,
	  .max = REPLAY_CURSOR_SIZE },
	{ .name = NULL }
};

/* The range that was asked for, up to now; NULL, or a fault. */
static const struct fault *
take_range(struct request *rq, struct webhook_replaying *in)
{
	struct replay *what = &in->what;

	if ((in->from >= 0) == (in->failed_since >= 0))
		return request_complain(rq, "from",
		    "Either from or failed_since is needed");
	if (in->failed_since >= 0 && in->to >= 0)
		return request_complain(rq, "to",
		    "It goes with from alone");
	what->failed = in->failed_since >= 0;
	what->from = what->failed ? in->failed_since : in->from;
	/* Up to this very moment, and not what happens meanwhile. */
	what->to = in->to >= 0 && in->to <= rq->now ? in->to : rq->now + 1;
	in->at = (struct replay_at){ 0 };
	if (in->cursor != NULL && !replay_resume(in->cursor, what, &in->at))
		return request_complain(rq, "cursor", "Invalid cursor");
	if (what->from >= what->to)
		return request_complain(rq, in->to >= 0 ? "to" :
		    what->failed ? "failed_since" : "from",
		    "The range ends before it begins");
	return NULL;
}

const struct fault *
webhook_replay_before(struct conn *c, struct request *rq, void *arg)
{
	struct webhook_replaying *in = arg;
	struct webhook_row *row;
	const struct fault *fault = webhook_api_endpoint(c, rq, &row);

	if (fault != NULL)
		return fault;
	if (row->url == NULL && row->seen_at <= rq->now - WEBHOOK_LISTENER_MS)
		return request_complain(rq, NULL, "this listener has gone");
	in->rq = rq;
	in->what.endpoint = row;
	return take_range(rq, in);
}

static const struct fault *
replay_one_page(struct conn *c, void *arg)
{
	struct webhook_replaying *in = arg;

	in->page = replay_page(c, &in->what, &in->at, &in->next, in->rq->now,
	    webhook_api_actor(in->rq));
	return NULL;
}

/* Page after page, until it is done or enough for one request. */
const struct fault *
webhook_replay_ask(struct request *rq, void *arg)
{
	struct webhook_replaying *in = arg;
	int64_t deadline = clock_monotonic() + CALL_MS;
	const struct fault *fault;

	in->count = 0;
	while (in->dry_run == 1 && !in->at.done &&
	    clock_monotonic() < deadline) {
		in->count += replay_count_page(rq->conn, &in->what, &in->at);
		if (conn_failed(rq->conn) != NULL)
			return &FAULT_STORAGE;
	}
	while (in->dry_run != 1 && !in->at.done && in->count < CALL_MAX &&
	    clock_monotonic() < deadline) {
		fault = request_txn(rq, replay_one_page, in);
		if (fault != NULL)
			return fault;
		in->count += in->page;
		in->at = in->next;
	}
	return NULL;
}

const struct fault *
webhook_replay_after(struct conn *c, struct request *rq, void *arg)
{
	const struct webhook_replaying *in = arg;
	char cursor[REPLAY_CURSOR_SIZE];
	struct jsonw w;

	(void)c;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_int(&w, "count", in->count);
	jsonw_bool(&w, "dry_run", in->dry_run == 1);
	jsonw_text(&w, "nextCursor", in->at.done ? NULL :
	    replay_cursor(&in->what, &in->at, cursor));
	jsonw_end_object(&w);
	return NULL;
}
