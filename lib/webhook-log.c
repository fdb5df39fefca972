/* SPDX-License-Identifier: ISC */
/* webhook-log.c - choosing the statement for the filters; writing the rows. */
#include "webhook-log.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "id.h"
#include "jsonw-row.h"

enum { CURL_MAX = 512 * 1024 };	/* bytes: a body of quotes grows fourfold */

const char *const webhook_delivery_statuses[] = { "due", "delivered",
    "failed", NULL };

/* SQL compares with an empty text where there is no filter. */
static const char *
text(const char *filter)
{
	return filter != NULL ? filter : "";
}

/* Identifiers begin with the time of creation: a time is a bound of them. */
static void
find_bounds(const struct webhook_log *log, const char *prefix,
    char from[ID_SIZE], char before[ID_SIZE])
{
	id_floor(prefix, log->from, from);
	id_floor(prefix, log->to, before);
	if (*text(log->cursor) != '\0' && strlen(log->cursor) < ID_SIZE &&
	    strcmp(log->cursor, before) < 0)
		snprintf(before, ID_SIZE, "%s", log->cursor);
}

/* The current row of one of the statements over deliveries. */
static void
write_delivery(struct jsonw *w, const char *key, struct rows *r)
{
	bool due = strcmp(row_text(r, 9), "due") == 0;

	jsonw_object(w, key);
	jsonw_text(w, "id", row_text(r, 0));
	jsonw_text(w, "event_id", row_text(r, 1));
	jsonw_text(w, "event_type", row_text(r, 2));
	jsonw_text(w, "endpoint_id", row_text(r, 3));
	jsonw_text(w, "endpoint_name", row_text(r, 4));
	jsonw_text(w, "url", row_text(r, 5));
	jsonw_text(w, "partner_id", row_text(r, 6));
	jsonw_text(w, "client_id", row_text(r, 16));
	jsonw_text(w, "clive_tx_id", row_text(r, 7));
	jsonw_text(w, "origin", row_text(r, 8));
	jsonw_text(w, "status", row_text(r, 9));
	jsonw_int(w, "attempts", row_int(r, 10));
	jsonw_time(w, "next_attempt_at", due ? row_int(r, 11) : 0);
	jsonw_row_int(w, "last_status", r, 14);
	jsonw_text(w, "last_error", row_text(r, 15));
	jsonw_time(w, "created_at", row_int(r, 12));
	jsonw_time(w, "updated_at", row_int(r, 13));
	jsonw_end_object(w);
}

/* The members of an event; the object stays open. */
static void
begin_event(struct jsonw *w, const char *key, struct rows *r)
{
	jsonw_object(w, key);
	jsonw_text(w, "id", row_text(r, 0));
	jsonw_text(w, "type", row_text(r, 1));
	jsonw_text(w, "partner_id", row_text(r, 2));
	jsonw_text(w, "client_id", row_text(r, 7));
	jsonw_text(w, "api", row_text(r, 3));
	if (row_null(r, 4))
		jsonw_null(w, "livemode");
	else
		jsonw_bool(w, "livemode", row_int(r, 4) == 1);
	jsonw_text(w, "clive_tx_id", row_text(r, 5));
	jsonw_time(w, "created_at", row_int(r, 6));
}

static void
write_event(struct jsonw *w, const char *key, struct rows *r)
{
	begin_event(w, key, r);
	jsonw_end_object(w);
}

static struct rows *
find_deliveries(struct conn *c, const struct webhook_log *log)
{
	char from[ID_SIZE], before[ID_SIZE];
	const char *partner = text(log->partner_id);
	int64_t merchants = log->merchants;

	find_bounds(log, "dlv_", from, before);
	if (*text(log->clive_tx_id) != '\0')
		return conn_rows(c, SQL_DELIVERY_LIST_OF_TX, "ttttittti",
		    before, from, text(log->status), text(log->event_type),
		    log->limit + 1, log->clive_tx_id, partner,
		    text(log->endpoint), merchants);
	if (*text(log->endpoint) != '\0')
		return conn_rows(c, SQL_DELIVERY_LIST_OF_ENDPOINT,
		    "ttttitti", before, from, text(log->status),
		    text(log->event_type), log->limit + 1, log->endpoint,
		    partner, merchants);
	if (*partner != '\0')
		return conn_rows(c, SQL_DELIVERY_LIST_OF_PARTNER, "ttttiti",
		    before, from, text(log->status), text(log->event_type),
		    log->limit + 1, partner, merchants);
	return conn_rows(c, SQL_DELIVERY_LIST, "ttttii", before, from,
	    text(log->status), text(log->event_type), log->limit + 1,
	    merchants);
}

static struct rows *
find_events(struct conn *c, const struct webhook_log *log)
{
	char from[ID_SIZE], before[ID_SIZE];
	const char *partner = text(log->partner_id);
	int64_t merchants = log->merchants;

	find_bounds(log, "evt_", from, before);
	if (*text(log->clive_tx_id) != '\0')
		return conn_rows(c, SQL_EVENT_LIST_OF_TX, "tttitti", before,
		    from, text(log->event_type), log->limit + 1, partner,
		    log->clive_tx_id, merchants);
	if (*partner != '\0')
		return conn_rows(c, SQL_EVENT_LIST_OF_PARTNER, "tttiti",
		    before, from, text(log->event_type), log->limit + 1,
		    partner, merchants);
	return conn_rows(c, SQL_EVENT_LIST, "tttii", before, from,
	    text(log->event_type), log->limit + 1, merchants);
}

/* One row more than the page holds says that more follow. */
static void
write_page(struct jsonw *w, struct arena *arena, struct rows *r,
    int64_t limit, void (*write)(struct jsonw *, const char *, struct rows *))
{
	const char *last = NULL;
	int64_t n = 0;

	jsonw_array(w, "items");
	while (row_next(r) && n++ < limit) {
		last = row_text_copy(r, 0, arena);
		write(w, NULL, r);
	}
	row_done(r);
	jsonw_end_array(w);
	jsonw_text(w, "nextCursor", n > limit ? last : NULL);
}

void
webhook_log_deliveries(struct conn *c, struct arena *arena, struct jsonw *w,
    const struct webhook_log *log)
{
	write_page(w, arena, find_deliveries(c, log), log->limit,
	    write_delivery);
}

void
webhook_log_events(struct conn *c, struct arena *arena, struct jsonw *w,
    const struct webhook_log *log)
{
	write_page(w, arena, find_events(c, log), log->limit, write_event);
}

/* Two columns of the row with this id; NULL: there is none. */
static const char *
owner_of(struct conn *c, struct arena *arena, enum sql sql, const char *id,
    int partner, int client, const char **client_id)
{
	struct rows *r = conn_rows(c, sql, "t", id);
	const char *partner_id = NULL;

	*client_id = NULL;
	if (row_next(r)) {
		partner_id = row_text_copy(r, partner, arena);
		*client_id = row_text_copy(r, client, arena);
	}
	row_done(r);
	return partner_id;
}

const char *
webhook_log_partner_of_delivery(struct conn *c, struct arena *arena,
    const char *id, const char **client_id)
{
	return owner_of(c, arena, SQL_DELIVERY_FIND, id, 6, 16, client_id);
}

const char *
webhook_log_partner_of_event(struct conn *c, struct arena *arena,
    const char *id, const char **client_id)
{
	return owner_of(c, arena, SQL_EVENT_FIND, id, 2, 7, client_id);
}

void
webhook_log_delivery(struct conn *c, struct jsonw *w, const char *key,
    const char *id)
{
	struct rows *r = conn_rows(c, SQL_DELIVERY_FIND, "t", id);

	if (row_next(r))
		write_delivery(w, key, r);
	row_done(r);
}

/* Writes an event with its body, which it returns. */
static struct slice
explain_event(struct conn *c, struct arena *arena, struct jsonw *w,
    const char *id)
{
	struct rows *r = conn_rows(c, SQL_EVENT_FIND, "t", id);
	struct slice body = { "", 0 };

	if (row_next(r)) {
		begin_event(w, "event", r);
		body = row_bytes(r, 8);
		body.p = arena_strndup(arena, body.n > 0 ? body.p : "",
		    body.n);
		jsonw_textn(w, "body", body.p, body.n);
		jsonw_end_object(w);
	}
	row_done(r);
	return body;
}

/* Bytes that a terminal, or who copies from one, may not keep as they are. */
static bool
is_plain(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < ' ' || p[i] > '~')
			return false;
	return true;
}

/* A word for a shell that means these bytes: '...', or bash's $'...'. */
static void
quote(struct buf *buf, const char *p, size_t n)
{
	bool plain = is_plain(p, n);

	buf_puts(buf, plain ? "'" : "$'");
	for (size_t i = 0; i < n; i++) {
		if (plain && p[i] == '\'')
			buf_puts(buf, "'\\''");
		else if (!plain && (p[i] == '\'' || p[i] == '\\'))
			buf_printf(buf, "\\%c", p[i]);
		else if (p[i] < ' ' || p[i] > '~')
			buf_printf(buf, "\\%03o", (unsigned char)p[i]);
		else
			buf_putc(buf, p[i]);
	}
	buf_putc(buf, '\'');
}

/* The value of a header line, or NULL: it is another one's. */
static const char *
value_of(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	line += n + 1;
	return line + strspn(line, " ");
}

/* https://host/path of a request's head; a listener's has no place. */
static void
write_url(struct buf *buf, const char *head, const char *url)
{
	struct buf word;
	const char *path = strchr(head, ' '), *line = head, *host = NULL;

	while (host == NULL && (line = strstr(line, "\r\n")) != NULL)
		host = value_of(line += 2, "Host");
	buf_init(&word, CURL_MAX);
	if (url != NULL)
		buf_add(&word, url, strcspn(url, ":") + 3);
	else
		buf_puts(&word, "http://");
	if (host != NULL)
		buf_add(&word, host, strcspn(host, "\r"));
	if (path != NULL)
		buf_add(&word, path + 1, strcspn(path + 1, " \r"));
	buf_putc(buf, ' ');
	quote(buf, buf_str(&word), word.len);
	buf_free(&word);
}

/* Lines that curl makes itself. */
static bool
is_curls_own(const char *line)
{
	return value_of(line, "Host") != NULL ||
	    value_of(line, "Content-Length") != NULL;
}

/* What a shell needs to send the same again. */
static void
write_curl(struct jsonw *w, const char *head, const char *url,
    struct slice body)
{
	struct buf line;
	const char *at = head;

	buf_init(&line, CURL_MAX);
	/* -g: brackets and braces of a URL are meant as they are. */
	buf_puts(&line, "curl -g -i -X POST");
	write_url(&line, head, url);
	while ((at = strstr(at, "\r\n")) != NULL && at[2] != '\0' &&
	    at[2] != '\r') {
		at += 2;
		if (is_curls_own(at))
			continue;
		buf_puts(&line, " -H ");
		quote(&line, at, strcspn(at, "\r"));
	}
	buf_puts(&line, " --data-binary ");
	quote(&line, body.p, body.n);
	jsonw_text(w, "curl", line.failed ? NULL : buf_str(&line));
	buf_free(&line);
}

/* Writes the attempts; the last one's head, or NULL. */
static const char *
write_attempts(struct conn *c, struct arena *arena, struct jsonw *w,
    const char *id)
{
	struct rows *r = conn_rows(c, SQL_ATTEMPTS_OF_DELIVERY, "t", id);
	const char *head = NULL;

	jsonw_array(w, "attempts");
	while (row_next(r)) {
		head = row_text_copy(r, 3, arena);
		jsonw_object(w, NULL);
		jsonw_int(w, "number", row_int(r, 0));
		jsonw_time(w, "started_at", row_int(r, 1));
		jsonw_int(w, "duration_ms", row_int(r, 2));
		jsonw_text(w, "request_head", head);
		jsonw_row_int(w, "response_status", r, 4);
		jsonw_row_bytes(w, "response_head", r, 5);
		jsonw_row_bytes(w, "response_body", r, 6);
		jsonw_row_int(w, "response_length", r, 7);
		jsonw_text(w, "error", row_text(r, 8));
		jsonw_end_object(w);
	}
	row_done(r);
	jsonw_end_array(w);
	return head;
}

void
webhook_log_explain_delivery(struct conn *c, struct arena *arena,
    struct jsonw *w, const char *id)
{
	struct rows *r = conn_rows(c, SQL_DELIVERY_FIND, "t", id);
	const char *event = NULL, *url = NULL;

	if (row_next(r)) {
		event = row_text_copy(r, 1, arena);
		url = row_text_copy(r, 5, arena);
		write_delivery(w, "delivery", r);
	}
	row_done(r);
	if (event == NULL)
		return;
	struct slice body = explain_event(c, arena, w, event);
	const char *head = write_attempts(c, arena, w, id);
	/* An attempt that ended before anything was sent has no head. */
	if (head != NULL && *head != '\0')
		write_curl(w, head, url, body);
	else
		jsonw_null(w, "curl");
}

void
webhook_log_explain_event(struct conn *c, struct arena *arena,
    struct jsonw *w, const char *id)
{
	explain_event(c, arena, w, id);
	struct rows *r = conn_rows(c, SQL_DELIVERY_LIST_OF_EVENT, "t", id);

	jsonw_array(w, "deliveries");
	while (row_next(r))
		write_delivery(w, NULL, r);
	row_done(r);
	jsonw_end_array(w);
}
