/* SPDX-License-Identifier: ISC */
/*
 * webhook-listen.c - listeners: endpoints without a URL, which fetch their
 * deliveries themselves (clive listen).
 *
 * A listener is a developer's machine behind a router. It asks for what is
 * due and waits for it up to 25 s, passes each request on to a program of its
 * own and reports what that answered; the report goes on record as an attempt
 * like any other. What it was given is under a lease, so that nothing is lost
 * where it goes away in between.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "audit.h"
#include "cgi.h"
#include "field.h"
#include "shared.h"
#include "sig.h"
#include "webhook-api.h"
#include "webhook-log.h"
#include "webhook-sign.h"

enum {
	LISTENERS_MAX = 20,	/* of one partner, that are there */
	AT_ONCE = 10,		/* deliveries in one answer */
	WAITING_MAX = 4,	/* requests of one gateway that wait */
	WAIT_MAX_S = 25,
	POLL_MS = 50,
	LOOK_MS = 1000,		/* what becomes due by time makes no noise */
	SEEN_MS = 20 * 1000,	/* so long it need not be noted again */
	LEASE_MS = 60 * 1000,
	SLACK_MS = 60 * 1000,	/* of clocks, as the sender's */
	EVENTS_MAX = 32,
	HEAD_MAX = 4 * 1024,	/* bytes on record of an answer */
	BODY_KEPT_MAX = 16 * 1024,
	REPORT_MAX = 256 * 1024,
	REQUEST_HEAD_MAX = 16 * 1024
};

/* ------------------------------------------------------------------ begin */

struct beginning {
	const char		*partner_id;
	const char		*name;
	const char		*secret;
	const char		*schedule;
	const char *const	*events;
};

#define BEGIN(member) .offset = offsetof(struct beginning, member)

static const struct field begin_fields[] = {
	{ "events", FIELD_TEXTS, .required = true, BEGIN(events), .min = 1,
	  .max = EVENTS_MAX },
	{ "name", FIELD_TEXT, BEGIN(name), .min = 1, .max = 100,
	  .check = field_check_markup },
	{ "secret", FIELD_TEXT, BEGIN(secret), .min = WEBHOOK_SECRET_MIN,
	  .max = WEBHOOK_SECRET_MAX },
	{ "schedule", FIELD_TEXT, BEGIN(schedule), .min = 1,
	  .max = SCHEDULE_TEXT_SIZE - 1 },
	{ "partner_id", FIELD_TEXT, BEGIN(partner_id), .min = 1, .max = 64 },
	{ .name = NULL }
};

static bool
too_many(struct conn *c, const char *partner, int64_t now)
{
	struct rows *r = conn_rows(c, SQL_LISTENERS_LIVE, "ti", partner,
	    now - WEBHOOK_LISTENER_MS);
	bool many = row_next(r) && row_int(r, 0) >= LISTENERS_MAX;

	row_done(r);
	return many;
}

static const struct fault *
begin(struct conn *c, struct request *rq, void *arg)
{
	const struct beginning *in = arg;
	struct webhook hook = { .api = "clive", .secret = in->secret,
	    .settings.name = in->name != NULL ? in->name : "listener" };
	const struct fault *fault;

	/* A developer sees what went wrong and asks for it again. */
	const char *wrong = schedule_parse(in->schedule != NULL ?
	    in->schedule : "none", rq->conf, &hook.settings.schedule);
	if (wrong != NULL)
		return request_complain(rq, "schedule", wrong);
	if ((fault = webhook_api_partner(c, rq, in->partner_id,
	    &hook.partner_id)) != NULL)
		return fault;
	if (too_many(c, hook.partner_id, rq->now))
		return request_complain(rq, NULL,
		    "there are 20 listeners already");
	hook.settings.events = webhook_api_events(rq, "clive", in->events);
	if (hook.settings.events == NULL)
		return request_complain(rq, "events",
		    "there is no such event type");
	return webhook_api_add(c, rq, &hook);
}

/* ------------------------------------------------------------------ fetch */

struct fetching {
	int64_t			 wait;		/* seconds */
	struct request		*rq;
	const struct webhook_row *row;
	char			 status[16];	/* as of the last look */
	const char		*owner;		/* of the leases */
	int64_t			 now;		/* of the claim, and so what
						   tells one lease from another */
	struct claimed {
		char	id[ID_SIZE], event[ID_SIZE];
		int64_t	attempt;
	} claimed[AT_ONCE];
	size_t			 n;
};

static const struct field fetch_fields[] = {
	{ "wait", FIELD_INTEGER, .offset = offsetof(struct fetching, wait),
	  .min = 0, .max = WAIT_MAX_S },
	{ .name = NULL }
};

static const struct fault *
find_listener(struct conn *c, struct request *rq, struct webhook_row **row)
{
	const struct fault *fault = webhook_api_endpoint(c, rq, row);

	return fault == NULL && (*row)->url != NULL ?
	    &FAULT_ENDPOINT_NOT_FOUND : fault;
}

/* Whoever reports must be whoever was given it. */
static const char *
lease_owner(struct request *rq)
{
	return arena_printf(rq->arena, "listener:%s:%s", rq->caller.key_id,
	    rq->item);
}

/* How the listener stands now: somebody may switch it off while it waits. */
static bool
is_due(struct conn *c, struct fetching *f)
{
	struct rows *r = conn_rows(c, SQL_LISTENER_DUE, "tii", f->row->id,
	    f->now, f->now + LEASE_MS + SLACK_MS);
	bool due = false;

	if (row_next(r)) {
		snprintf(f->status, sizeof(f->status), "%s", row_text(r, 0));
		due = row_int(r, 1) == 1;
	}
	row_done(r);
	return due && strcmp(f->status, "active") == 0;
}

/* Notes that the listener is there, and takes what is due. */
static const struct fault *
claim(struct conn *c, void *arg)
{
	struct fetching *f = arg;

	f->n = 0;
	conn_run(c, SQL_LISTENER_SEEN, "it", f->now, f->row->id);
	if (!is_due(c, f))
		return NULL;
	struct rows *r = conn_rows(c, SQL_DELIVERY_CLAIM, "titiii", f->owner,
	    f->now + LEASE_MS, f->row->id, f->now,
	    f->now + LEASE_MS + SLACK_MS, (int64_t)AT_ONCE);
	for (; f->n < AT_ONCE && row_next(r); f->n++) {
		struct claimed *d = &f->claimed[f->n];
		snprintf(d->id, sizeof(d->id), "%s", row_text(r, 0));
		snprintf(d->event, sizeof(d->event), "%s", row_text(r, 1));
		d->attempt = row_int(r, 4) + 1;
	}
	row_done(r);
	return NULL;
}

/* One look, which writes only where there is something to write. */
static const struct fault *
look(struct fetching *f)
{
	f->now = clock_now();
	if (!is_due(f->rq->conn, f) && f->row->seen_at > f->now - SEEN_MS)
		return NULL;
	return request_txn(f->rq, claim, f);
}

/* Looks when somebody has written, until there is something or time is up. */
static const struct fault *
wait_for_some(struct fetching *f)
{
	const struct timespec pause = { 0, POLL_MS * 1000000 };
	int64_t deadline = clock_monotonic() + f->wait * 1000;
	int64_t looked = clock_monotonic();
	const struct fault *fault = NULL;

	while (fault == NULL && f->n == 0 && !cgi_is_ending() &&
	    strcmp(f->status, "active") == 0 &&
	    clock_monotonic() < deadline) {
		nanosleep(&pause, NULL);
		f->now = clock_now();
		if (!conn_changed_elsewhere(f->rq->conn) &&
		    clock_monotonic() < looked + LOOK_MS)
			continue;
		looked = clock_monotonic();
		if (is_due(f->rq->conn, f))
			fault = request_txn(f->rq, claim, f);
	}
	return fault;
}

/*
 * A place to wait on: a locked file, because the threads of one process and,
 * under Apache, the processes of one program must leave some of theirs to
 * others. -1: all are taken.
 */
static int
take_place(const struct conf *conf)
{
	char path[CONF_PATH_MAX], name[32];
	int64_t places = conf->threads - 1;

	for (int i = 0; i < WAITING_MAX && i < places; i++) {
		snprintf(name, sizeof(name), "run/listen-%d.lock", i);
		int fd = open(conf_path(conf, name, path), O_RDWR | O_CREAT |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		if (fd != -1)
			close(fd);
	}
	return -1;
}

/* Waits, unless so many do that nobody would be left to take reports. */
static const struct fault *
wait_in_turn(struct fetching *f)
{
	if (cgi_is_plain())
		return wait_for_some(f);
	int place = take_place(f->rq->conf);
	if (place == -1)
		return NULL;
	const struct fault *fault = wait_for_some(f);
	close(place);
	return fault;
}

/* The body of an event in the arena; its type and payment are optional. */
static struct slice
read_event(struct conn *c, struct arena *arena, const char *id,
    const char **type, const char **tx)
{
	struct rows *r = conn_rows(c, SQL_EVENT_FIND, "t", id);
	struct slice body = { "", 0 };

	*type = *tx = NULL;
	if (row_next(r)) {
		*type = row_text_copy(r, 1, arena);
		*tx = row_text_copy(r, 5, arena);
		body = row_bytes(r, 8);
		body.p = arena_strndup(arena, body.n > 0 ? body.p : "",
		    body.n);
	}
	row_done(r);
	return body;
}

static void
write_header(struct jsonw *w, const char *name, const char *value)
{
	jsonw_array(w, NULL);
	jsonw_text(w, NULL, name);
	jsonw_text(w, NULL, value);
	jsonw_end_array(w);
}

/* The request as it would have been sent to a URL. */
static void
write_request(struct jsonw *w, struct fetching *f, const struct claimed *d,
    const struct webhook_signer *signer)
{
	struct webhook_header lines[WEBHOOK_SIGN_HEADERS];
	struct request *rq = f->rq;
	const char *type, *tx;
	struct slice body = read_event(rq->conn, rq->arena, d->event, &type,
	    &tx);

	webhook_sign(signer, d->event, f->now, body, rq->arena, lines);
	jsonw_object(w, NULL);
	jsonw_text(w, "delivery_id", d->id);
	jsonw_text(w, "event_id", d->event);
	jsonw_text(w, "event_type", type);
	jsonw_int(w, "attempt", d->attempt);
	jsonw_int(w, "lease", f->now + LEASE_MS);
	jsonw_array(w, "headers");
	write_header(w, "Content-Type", "application/json");
	for (size_t i = 0; i < WEBHOOK_SIGN_HEADERS; i++)
		write_header(w, lines[i].name, lines[i].value);
	jsonw_end_array(w);
	jsonw_textn(w, "body", body.p, body.n);
	jsonw_end_object(w);
}

static void
answer(struct fetching *f, const struct webhook_signer *signer)
{
	struct jsonw w;

	reply_start(f->rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "status", f->status);
	jsonw_array(&w, "items");
	for (size_t i = 0; i < f->n; i++)
		write_request(&w, f, &f->claimed[i], signer);
	jsonw_end_array(&w);
	jsonw_end_object(&w);
}

static const struct fault *
fetch(struct request *rq, void *arg)
{
	struct fetching *f = arg;
	struct webhook_signer signer;
	struct webhook_row *row;
	const struct fault *fault = find_listener(rq->conn, rq, &row);

	if (fault != NULL)
		return fault;
	f->rq = rq;
	f->row = row;
	f->owner = lease_owner(rq);
	/* Before anything is taken that could not be given out then. */
	if (!webhook_signer_read(rq->conn, rq->vault, row->id, row->ed25519,
	    rq->now, rq->arena, &signer)) {
		webhook_signer_wipe(&signer);
		return &FAULT_INTERNAL;
	}
	fault = look(f);
	if (fault == NULL && f->n == 0 && f->wait > 0)
		fault = wait_in_turn(f);
	if (fault == NULL)
		answer(f, &signer);
	webhook_signer_wipe(&signer);
	return fault;
}

/* ----------------------------------------------------------------- report */

struct report {
	int64_t		 status;	/* -1: no answer came */
	int64_t		 duration_ms;
	int64_t		 length;	/* of the body; -1: as long as it is */
	int64_t		 lease;		/* as it was given; -1: not said */
	const char	*url;		/* where it was passed on to */
	const char	*head, *body, *error;
	/* What is known of the delivery. */
	const char	*delivery, *event, *tx;
	int64_t		 used, number, claimed_at;
};

#define REPORT(member) .offset = offsetof(struct report, member)

static const struct field report_fields[] = {
	{ "status", FIELD_INTEGER, REPORT(status), .min = 100, .max = 999,
	  .initial = -1 },
	{ "duration_ms", FIELD_INTEGER, REPORT(duration_ms), .min = 0,
	  .max = 3600 * 1000 },
	{ "length", FIELD_INTEGER, REPORT(length), .min = 0,
	  .max = INT32_MAX, .initial = -1 },
	{ "lease", FIELD_INTEGER, REPORT(lease), .min = 0,
	  .max = INT64_MAX, .initial = -1 },
	{ "url", FIELD_TEXT, REPORT(url), .min = 8, .max = 2000,
	  .check = field_check_url },
	{ "head", FIELD_TEXT, REPORT(head), .max = HEAD_MAX },
	{ "body", FIELD_TEXT, REPORT(body), .max = BODY_KEPT_MAX },
	{ "error", FIELD_TEXT, REPORT(error), .min = 1, .max = 300 },
	{ .name = NULL }
};

/* What this listener holds; NULL, or a fault. */
static const struct fault *
find_held(struct conn *c, struct request *rq, const struct webhook_row *row,
    struct report *in)
{
	struct rows *r = conn_rows(c, SQL_LISTENER_HAS, "ttt", in->delivery,
	    row->id, lease_owner(rq));
	/* Two clients with one key must not speak for each other. */
	bool held = row_next(r) && (in->lease < 0 ||
	    in->lease == row_int(r, 2));

	if (held) {
		in->event = row_text_copy(r, 0, rq->arena);
		in->used = row_int(r, 1) + 1;
		in->claimed_at = row_int(r, 2) - LEASE_MS;
		in->number = row_int(r, 3) + 1;
	}
	row_done(r);
	if (held)
		return NULL;
	r = conn_rows(c, SQL_DELIVERY_FIND, "t", in->delivery);
	bool known = row_next(r) && strcmp(row_text(r, 3), row->id) == 0;
	row_done(r);
	return known ? &FAULT_LEASE_LOST : &FAULT_DELIVERY_NOT_FOUND;
}

/* The request's head as it was passed on: signatures are made alike again. */
static const char *
make_head(struct conn *c, struct request *rq, const struct webhook_row *row,
    const struct report *in, struct slice body)
{
	struct webhook_header lines[WEBHOOK_SIGN_HEADERS];
	struct webhook_signer signer;
	const char *host = in->url != NULL ? strstr(in->url, "//") + 2 :
	    "localhost";
	const char *path = host + strcspn(host, "/?#");
	struct buf head;

	if (!webhook_signer_read(c, rq->vault, row->id, row->ed25519,
	    in->claimed_at, rq->arena, &signer)) {
		webhook_signer_wipe(&signer);
		return "";
	}
	webhook_sign(&signer, in->event, in->claimed_at, body, rq->arena,
	    lines);
	webhook_signer_wipe(&signer);
	buf_init(&head, REQUEST_HEAD_MAX);
	buf_printf(&head, "POST %s%s HTTP/1.1\r\nHost: %.*s\r\n"
	    "Content-Type: application/json\r\n", *path == '/' ? "" : "/",
	    path, (int)(path - host), host);
	for (size_t i = 0; i < WEBHOOK_SIGN_HEADERS; i++)
		buf_printf(&head, "%s: %s\r\n", lines[i].name,
		    lines[i].value);
	buf_puts(&head, "\r\n");
	const char *text = arena_strdup(rq->arena, buf_str(&head));
	buf_free(&head);
	return text;
}

static void
audit_report(struct conn *c, struct request *rq, const struct report *in,
    const char *action)
{
	struct buf detail;
	struct jsonw w;

	buf_init(&detail, HEAD_MAX);
	jsonw_init(&w, &detail);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "delivery", in->delivery);
	jsonw_text(&w, "endpoint", rq->item);
	jsonw_int(&w, "attempt", in->number);
	if (in->status >= 0)
		jsonw_int(&w, "status", in->status);
	if (in->error != NULL)
		jsonw_text(&w, "error", in->error);
	jsonw_end_object(&w);
	audit_write(c, rq->now, webhook_api_actor(rq), action,
	    in->tx != NULL ? in->tx : in->delivery, buf_str(&detail));
	buf_free(&detail);
}

/* The attempt on record, the delivery ended or due again. */
static void
record(struct conn *c, struct request *rq, const struct webhook_row *row,
    struct report *in)
{
	const char *type, *status = "failed", *action = "webhook.failed";
	bool good = in->status >= 200 && in->status <= 299 &&
	    in->error == NULL;
	size_t n = in->body != NULL ? strlen(in->body) : 0;
	int64_t next = rq->now;
	struct slice body = read_event(c, rq->arena, in->event, &type,
	    &in->tx);
	uint32_t dice;

	if (good) {
		status = "delivered";
		action = "webhook.delivered";
	} else if (in->used < schedule_attempts(&row->schedule)) {
		status = "due";
		action = "webhook.attempt_failed";
		sig_random(&dice, sizeof(dice));
		next += schedule_pause(&row->schedule, in->used, dice);
	}
	conn_run(c, SQL_DELIVERY_FINISH, "tiiitt", status, in->used, next,
	    rq->now, in->delivery, lease_owner(rq));
	conn_run(c, SQL_ATTEMPT_INSERT, "tiiitobtto", in->delivery,
	    in->number, in->claimed_at, in->duration_ms,
	    make_head(c, rq, row, in, body), in->status,
	    in->status >= 0 ? (in->body != NULL ? in->body : "") : NULL, n,
	    in->error, in->head, in->status < 0 ? (int64_t)-1 :
	    in->length >= 0 ? in->length : (int64_t)n);
	audit_report(c, rq, in, action);
	struct rows *r = conn_rows(c, SQL_ENDPOINT_ATTEMPTED, "iot",
	    in->duration_ms, good ? rq->now : (int64_t)-1, row->id);
	while (row_next(r))
		continue;
}

static const struct fault *
report(struct conn *c, struct request *rq, void *arg)
{
	struct report *in = arg;
	struct webhook_row *row;
	const struct fault *fault = find_listener(c, rq, &row);
	struct jsonw w;

	if (fault != NULL)
		return fault;
	if (in->status < 0 && in->error == NULL)
		return request_complain(rq, "status",
		    "Either status or error is needed");
	const char *rest = rq->rest + 1 + strlen(rq->item);
	in->delivery = *rest == '/' ? rest + 1 : "";
	if ((fault = find_held(c, rq, row, in)) != NULL)
		return fault;
	record(c, rq, row, in);
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	webhook_log_delivery(c, &w, "delivery", in->delivery);
	jsonw_end_object(&w);
	return NULL;
}

const struct action webhook_listen_actions[] = {
	{ METHOD_POST, ACCESS_SIGNED, .secret = true, .fields = begin_fields,
	  .input_size = sizeof(struct beginning), .change = begin },
	{ METHOD_GET, ACCESS_KEY, .takes_rest = true, .verb = "",
	  .fields = fetch_fields, .input_size = sizeof(struct fetching),
	  .handle = fetch },
	{ METHOD_POST, ACCESS_SIGNED, .takes_rest = true, .often = true,
	  .body_max = REPORT_MAX, .fields = report_fields,
	  .input_size = sizeof(struct report), .change = report },
	{ .method = METHOD_NONE }
};
