/* SPDX-License-Identifier: ISC */
/* replay.c - choosing what is sent again, and writing its deliveries. */
#include "replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "json.h"
#include "outbox.h"

enum {
	COUNT_PAGE = 5000,	/* of a count, which writes nothing */
	DETAIL_MAX = 4096,	/* bytes of an audit event's particulars */
	BODY_MAX_BYTES = 4096	/* of a test event */
};

/* What is known of an event that is sent again. */
struct event {
	const char	*id, *type, *partner_id, *api;
	const char	*client_id;	/* "": no merchant's */
	int64_t		 livemode;	/* -1: it has no such mark */
	const char	*subject;	/* of its audit events */
};

static struct event *
find_event(struct conn *c, struct arena *arena, const char *id)
{
	struct rows *r = conn_rows(c, SQL_EVENT_FIND, "t", id);
	struct event *e = NULL;

	if (row_next(r)) {
		e = arena_alloc(arena, sizeof(*e));
		e->id = row_text_copy(r, 0, arena);
		e->type = row_text_copy(r, 1, arena);
		e->partner_id = row_text_copy(r, 2, arena);
		e->api = row_text_copy(r, 3, arena);
		e->livemode = row_null(r, 4) ? -1 : row_int(r, 4);
		e->subject = row_null(r, 5) ? e->id :
		    row_text_copy(r, 5, arena);
		e->client_id = row_null(r, 7) ? "" :
		    row_text_copy(r, 7, arena);
	}
	row_done(r);
	return e;
}

/* The first column of the first row for an event and an endpoint; or NULL. */
static char *
find_id(struct conn *c, struct arena *arena, enum sql sql, const char *event,
    const char *endpoint)
{
	struct rows *r = conn_rows(c, sql, "tt", event, endpoint);
	char *id = row_next(r) ? row_text_copy(r, 0, arena) : NULL;

	row_done(r);
	return id;
}

/* Ids as they come, grown by doubling within the arena. */
static void
add_id(struct arena *arena, const char ***ids, size_t *n, const char *id)
{
	if ((*n & (*n - 1)) == 0) {
		const char **grown = arena_alloc(arena, (*n * 2 + 1) *
		    sizeof(*grown));
		if (*n > 0)
			memcpy(grown, *ids, *n * sizeof(*grown));
		*ids = grown;
	}
	(*ids)[(*n)++] = id;
}

static void
insert(struct conn *c, int64_t now, const char *event, const char *endpoint,
    const char *origin, char id[ID_SIZE])
{
	conn_run(c, SQL_DELIVERY_INSERT, "tttti", id_make("dlv_", now, id),
	    event, endpoint, origin, now);
}

static void
write_audit(struct conn *c, int64_t now, const char *actor,
    const struct event *e, const char *endpoint, const char *delivery,
    bool added)
{
	struct buf detail;
	struct jsonw w;

	buf_init(&detail, DETAIL_MAX);
	jsonw_init(&w, &detail);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "event", e->id);
	jsonw_text(&w, "endpoint", endpoint);
	jsonw_text(&w, "delivery", delivery);
	jsonw_bool(&w, "added", added);
	jsonw_end_object(&w);
	audit_write(c, now, actor, "webhook.resent", e->subject,
	    buf_str(&detail));
	buf_free(&detail);
}

/* One event to one endpoint, unless it is on its way there. */
static void
resend(struct conn *c, struct arena *arena, const struct event *e,
    const char *endpoint, int64_t now, const char *actor,
    struct replay_sent *sent)
{
	char *due = find_id(c, arena, SQL_DELIVERY_DUE_OF_EVENT, e->id,
	    endpoint);
	char made[ID_SIZE];

	if (due != NULL) {
		conn_run(c, SQL_DELIVERY_HASTEN, "it", now, due);
	} else {
		insert(c, now, e->id, endpoint, find_id(c, arena,
		    SQL_DELIVERY_LAST_OF_EVENT, e->id, endpoint), made);
		sent->added++;
	}
	const char *id = due != NULL ? due : arena_strdup(arena, made);
	add_id(arena, &sent->ids, &sent->n, id);
	write_audit(c, now, actor, e, endpoint, id, due == NULL);
}

/* The ids of one column, read to their end before anything is written. */
static const char **
read_ids(struct rows *r, struct arena *arena, size_t *n)
{
	const char **ids = NULL;

	*n = 0;
	while (row_next(r))
		add_id(arena, &ids, n, row_text_copy(r, 0, arena));
	row_done(r);
	return ids;
}

/* To the listeners that are there, but for the one that has it by now. */
static void
resend_to_listeners(struct conn *c, struct arena *arena,
    const struct event *e, const char *but, int64_t now, const char *actor,
    struct replay_sent *sent)
{
	size_t n;
	const char **ids = read_ids(conn_rows(c, SQL_LISTENERS_SUBSCRIBED,
	    "tttiit", e->partner_id, e->type, e->api, e->livemode,
	    now - WEBHOOK_LISTENER_MS, e->client_id), arena, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp(ids[i], but) != 0)
			resend(c, arena, e, ids[i], now, actor, sent);
}

static void
resend_to_all(struct conn *c, struct arena *arena, const struct event *e,
    int64_t now, const char *actor, struct replay_sent *sent)
{
	size_t n;
	const char **ids = read_ids(conn_rows(c, SQL_ENDPOINTS_SUBSCRIBED,
	    "tttitiit", e->partner_id, e->type, "", (int64_t)INT32_MAX,
	    e->api, e->livemode, now - WEBHOOK_LISTENER_MS, e->client_id),
	    arena, &n);

	for (size_t i = 0; i < n; i++)
		resend(c, arena, e, ids[i], now, actor, sent);
}

/* Can this endpoint get anything? NULL, or a sentence. */
static const char *
check_endpoint(const struct webhook_row *w, int64_t now)
{
	if (w == NULL)
		return "there is no such endpoint, or it was deleted";
	if (w->url == NULL && w->seen_at <= now - WEBHOOK_LISTENER_MS)
		return "this listener has gone";
	return NULL;
}

/* As the database has it of an endpoint's events: -1, they have no mark. */
static int64_t
mode_of(const struct webhook_row *w)
{
	return w->client_id != NULL ? w->livemode : -1;
}

static const char *
client_of(const struct webhook_row *w)
{
	return w->client_id != NULL ? w->client_id : "";
}

/* May this endpoint get this event? NULL, or a sentence. */
static const char *
check_event(const struct event *e, const struct webhook_row *w)
{
	if (strcmp(e->partner_id, w->partner_id) != 0)
		return "the endpoint belongs to another partner";
	if (strcmp(e->api, w->api) != 0 || e->livemode != mode_of(w))
		return "the endpoint gets the events of another API or mode";
	if (strcmp(e->client_id, client_of(w)) != 0)
		return "the endpoint belongs to another merchant";
	return NULL;
}

const char *
replay_delivery(struct conn *c, struct arena *arena, const char *delivery,
    int64_t now, const char *actor, struct replay_sent *sent)
{
	struct rows *r = conn_rows(c, SQL_DELIVERY_FIND, "t", delivery);
	const char *event = NULL, *endpoint = NULL, *wrong;

	*sent = (struct replay_sent){ 0 };
	if (row_next(r)) {
		event = row_text_copy(r, 1, arena);
		endpoint = row_text_copy(r, 3, arena);
	}
	row_done(r);
	struct event *e = event != NULL ? find_event(c, arena, event) : NULL;
	if (e == NULL)
		return "there is no such delivery";
	wrong = check_endpoint(webhook_find(c, arena, endpoint), now);
	if (wrong != NULL)
		return wrong;
	resend(c, arena, e, endpoint, now, actor, sent);
	resend_to_listeners(c, arena, e, endpoint, now, actor, sent);
	return conn_failed(c);
}

const char *
replay_event(struct conn *c, struct arena *arena, const char *event,
    const char *endpoint, int64_t now, const char *actor,
    struct replay_sent *sent)
{
	const struct event *e = find_event(c, arena, event);
	const char *wrong;

	*sent = (struct replay_sent){ 0 };
	if (e == NULL)
		return "there is no such event";
	if (endpoint != NULL) {
		const struct webhook_row *w = webhook_find(c, arena,
		    endpoint);
		if ((wrong = check_endpoint(w, now)) != NULL ||
		    (wrong = check_event(e, w)) != NULL)
			return wrong;
		resend(c, arena, e, endpoint, now, actor, sent);
		resend_to_listeners(c, arena, e, endpoint, now, actor, sent);
	} else {
		resend_to_all(c, arena, e, now, actor, sent);
	}
	if (sent->n == 0)
		return "no endpoint is subscribed to this event";
	return conn_failed(c);
}

/* ------------------------------------------------------- a range of them */

/* The end of the page that begins behind `at`. */
static struct replay_at
find_edge(struct conn *c, const struct replay *what,
    const struct replay_at *at, int64_t size)
{
	struct replay_at edge = { 0 };
	char to[ID_SIZE];
	struct rows *r;

	id_floor("evt_", what->to, to);
	if (what->failed)
		r = conn_rows(c, SQL_REPLAY_FAILED_EDGE, "titii",
		    what->endpoint->id, at->time, at->id, what->to, size - 1);
	else
		r = conn_rows(c, SQL_REPLAY_EVENTS_EDGE, "ttti",
		    what->endpoint->partner_id, at->id, to, size - 1);
	if (row_next(r)) {
		if (what->failed)
			edge.time = row_int(r, 0);
		snprintf(edge.id, sizeof(edge.id), "%s",
		    row_text(r, what->failed));
	} else {
		edge.done = true;
		edge.time = what->to;
		/* Nothing has an empty id: this is the end without its moment. */
		snprintf(edge.id, sizeof(edge.id), "%s",
		    what->failed ? "" : to);
	}
	row_done(r);
	return edge;
}

/* What a replay begins with. */
static struct replay_at
beginning(const struct replay *what, const struct replay_at *at)
{
	struct replay_at first = *at;

	if (at->id[0] == '\0' && what->failed)
		first.time = what->from;
	else if (at->id[0] == '\0')
		id_floor("evt_", what->from, first.id);
	return first;
}

/* A statement over the page between two places. */
static struct rows *
page_rows(struct conn *c, const struct replay *what, enum sql of_events,
    enum sql of_failed, const struct replay_at *at,
    const struct replay_at *edge)
{
	const struct webhook_row *w = what->endpoint;

	if (what->failed)
		return conn_rows(c, of_failed, "titit", w->id, at->time,
		    at->id, edge->time, edge->id);
	return conn_rows(c, of_events, "tttiititt", w->partner_id, at->id,
	    edge->id, what->from, what->to, w->api, mode_of(w), w->id,
	    client_of(w));
}

int64_t
replay_count_page(struct conn *c, const struct replay *what,
    struct replay_at *at)
{
	struct replay_at first = beginning(what, at);

	*at = find_edge(c, what, &first, COUNT_PAGE);
	struct rows *r = page_rows(c, what, SQL_REPLAY_EVENTS_COUNT,
	    SQL_REPLAY_FAILED_COUNT, &first, at);
	int64_t count = row_next(r) ? row_int(r, 0) : 0;
	row_done(r);
	return count;
}

int64_t
replay_count(struct conn *c, const struct replay *what)
{
	struct replay_at at = { 0 };
	int64_t count = 0;

	while (!at.done && conn_failed(c) == NULL)
		count += replay_count_page(c, what, &at);
	return count;
}

static void
audit_page(struct conn *c, const struct replay *what, int64_t count,
    int64_t now, const char *actor)
{
	struct buf detail;
	struct jsonw w;

	buf_init(&detail, DETAIL_MAX);
	jsonw_init(&w, &detail);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "what", what->failed ? "failed" : "events");
	jsonw_time(&w, "from", what->from);
	jsonw_time(&w, "to", what->to);
	jsonw_int(&w, "count", count);
	jsonw_end_object(&w);
	audit_write(c, now, actor, "webhook.replayed", what->endpoint->id,
	    buf_str(&detail));
	buf_free(&detail);
}

int64_t
replay_page(struct conn *c, const struct replay *what,
    const struct replay_at *at, struct replay_at *next, int64_t now,
    const char *actor)
{
	struct pair {
		char	event[ID_SIZE];
		char	origin[ID_SIZE];	/* "": it has none */
	} pairs[REPLAY_PAGE];
	struct replay_at first = beginning(what, at);
	char id[ID_SIZE];
	size_t n = 0;

	*next = find_edge(c, what, &first, REPLAY_PAGE);
	struct rows *r = page_rows(c, what, SQL_REPLAY_EVENTS,
	    SQL_REPLAY_FAILED, &first, next);
	for (; n < REPLAY_PAGE && row_next(r); n++) {
		const char *origin = row_text(r, 1);
		snprintf(pairs[n].event, ID_SIZE, "%s", row_text(r, 0));
		snprintf(pairs[n].origin, ID_SIZE, "%s",
		    origin != NULL ? origin : "");
	}
	row_done(r);
	for (size_t i = 0; i < n; i++)
		insert(c, now, pairs[i].event, what->endpoint->id,
		    pairs[i].origin[0] != '\0' ? pairs[i].origin : NULL, id);
	if (n > 0)
		audit_page(c, what, (int64_t)n, now, actor);
	return (int64_t)n;
}

char *
replay_cursor(const struct replay *what, const struct replay_at *at,
    char out[REPLAY_CURSOR_SIZE])
{
	snprintf(out, REPLAY_CURSOR_SIZE, "%" PRId64 ".%" PRId64 ".%s",
	    what->to, at->time, at->id);
	return out;
}

bool
replay_resume(const char *cursor, struct replay *what, struct replay_at *at)
{
	static const char digits[] = "0123456789";
	size_t to = strspn(cursor, digits);

	*at = (struct replay_at){ 0 };
	if (to == 0 || to > 18 || cursor[to] != '.')
		return false;
	const char *time = cursor + to + 1;
	size_t n = strspn(time, digits);
	if (n == 0 || n > 18 || time[n] != '.')
		return false;
	const char *id = time + n + 1;
	if (*id == '\0' || strlen(id) >= ID_SIZE)
		return false;
	what->to = strtoll(cursor, NULL, 10);
	at->time = strtoll(time, NULL, 10);
	snprintf(at->id, sizeof(at->id), "%s", id);
	return true;
}

/* ------------------------------------------------------------ test events */

/* Those of the Payments API's, with little of a payment. */
static void
write_test_object(struct jsonw *w, const void *about)
{
	const struct webhook_row *row = about;

	jsonw_object(w, "object");
	jsonw_text(w, "id", "pi_00000000000000000000000000");
	jsonw_text(w, "object", "payment");
	jsonw_text(w, "status", "test");
	jsonw_int(w, "amount", 1);
	jsonw_text(w, "currency", "USD");
	jsonw_object(w, "metadata");
	jsonw_end_object(w);
	jsonw_bool(w, "livemode", row->livemode);
	jsonw_end_object(w);
}

/* The members of the partner API's events (outbox_body). */
static void
write_test_body(struct buf *buf, const struct webhook_row *row)
{
	struct jsonw w;

	jsonw_init(&w, buf);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "event", REPLAY_TEST_EVENT);
	jsonw_text(&w, "clive_tx_id", "CLVTX_0000000000000_000000000");
	jsonw_text(&w, "partner_id", row->partner_id);
	jsonw_text(&w, "client_id", "TESTCLIENT");
	jsonw_text(&w, "echezona_reference", "TEST");
	jsonw_text(&w, "status", "test");
	jsonw_int(&w, "amount", 1);
	jsonw_text(&w, "currency", "USD");
	jsonw_object(&w, "meta");
	jsonw_end_object(&w);
	jsonw_end_object(&w);
}

void
webhook_send_test(struct conn *c, const struct webhook_row *row, int64_t now,
    const char *actor, char delivery[ID_SIZE])
{
	struct outbox_event event = { .partner_id = row->partner_id,
	    .client_id = row->client_id, .api = row->api,
	    .livemode = mode_of(row), .type = REPLAY_TEST_EVENT };
	char detail[128];
	struct buf body;

	if (row->client_id != NULL) {
		outbox_write_object(c, now, &event, row->id,
		    write_test_object, row);
	} else {
		buf_init(&body, BODY_MAX_BYTES);
		write_test_body(&body, row);
		event.body = (struct slice){ body.data, body.len };
		outbox_write_to(c, now, &event, row->id);
		buf_free(&body);
	}
	snprintf(delivery, ID_SIZE, "%s", event.delivery);
	snprintf(detail, sizeof(detail), "{\"delivery\":\"%s\"}", delivery);
	audit_write(c, now, actor, "webhook.tested", row->id, detail);
}
