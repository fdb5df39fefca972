/* SPDX-License-Identifier: ISC */
/* listen-delivery.c - one delivery of `clive listen`, and word of it back. */
#include "listen.h"

#include <string.h>
#include <time.h>

#include "shared.h"

enum {
	/*
	 * Of the local server, one after the other: ten of them, the most
	 * that come at once, must not make us a listener that has gone.
	 */
	LOCAL_MS = 10 * 1000,
	LOCAL_KEPT = 16 * 1024,		/* bytes of its answer on record */
	LOCAL_READ = 256 * 1024,
	REPORT_TRIES = 4,
	HEADERS_MAX = 64
};

/* A delivery as it came, and what the local server made of it. */
struct handed {
	const struct json	*item;
	const char		*id;
	const char		*body;
	size_t			 body_len;
	struct http_answer	 answer;
	bool			 recorded;
};

/* A name or value that is one line. */
static bool
is_line(const struct json *v)
{
	if (v == NULL || v->kind != JSON_STRING)
		return false;
	for (size_t i = 0; i < v->len; i++)
		if (v->text[i] == '\0' || v->text[i] == '\r' ||
		    v->text[i] == '\n')
			return false;
	return true;
}

/* The delivery's headers as lines; false where they are none. */
static bool
read_headers(struct listen *l, const struct json *item,
    const char *lines[HEADERS_MAX + 1])
{
	const struct json *list = json_get(item, "headers");
	size_t n = 0;

	if (list == NULL || list->kind != JSON_ARRAY)
		return false;
	for (const struct json *h = list->child; h != NULL; h = h->next) {
		const struct json *value = h->child != NULL ?
		    h->child->next : NULL;
		if (n == HEADERS_MAX || h->kind != JSON_ARRAY ||
		    !is_line(h->child) || !is_line(value))
			return false;
		/* libcurl's spelling of an empty one. */
		lines[n++] = value->len == 0 ?
		    arena_printf(l->arena, "%s;", h->child->text) :
		    arena_printf(l->arena, "%s: %s", h->child->text,
		    value->text);
	}
	lines[n] = NULL;
	return true;
}

static struct http_answer
forward(struct listen *l, const struct handed *h)
{
	const char *headers[HEADERS_MAX + 1];
	struct http_request rq = { .method = "POST", .url = l->forward_to,
	    .headers = headers, .body = { h->body, h->body_len },
	    .timeout_ms = LOCAL_MS, .keep = LOCAL_KEPT, .read = LOCAL_READ };

	if (!read_headers(l, h->item, headers))
		return (struct http_answer){ .error =
		    "the gateway sent no headers that can be passed on" };
	return http_run(l->http, l->arena, &rq, false);
}

/* A part of an answer as a text; the gateway takes none with a NUL in it. */
static void
write_part(struct jsonw *w, const char *key, struct slice part)
{
	jsonw_textn(w, key, part.p, strnlen(part.p, part.n));
}

static void
write_report(struct jsonw *w, struct listen *l, const struct handed *h)
{
	const struct http_answer *a = &h->answer;
	int64_t lease;

	jsonw_object(w, NULL);
	if (json_int(h->item, "lease", &lease))
		jsonw_int(w, "lease", lease);
	jsonw_int(w, "duration_ms", a->duration_ms);
	jsonw_text(w, "url", l->forward_to);
	if (a->status != 0) {
		jsonw_int(w, "status", a->status);
		write_part(w, "head", a->head);
		write_part(w, "body", a->body);
		jsonw_int(w, "length", (int64_t)a->length);
	} else {
		jsonw_text(w, "error", a->error);
	}
	jsonw_end_object(w);
}

/*
 * Tells what the local server said. A report that got lost is made again
 * under the same key; one that is refused is not: the gateway has given the
 * delivery to somebody else by then, and will send it again.
 */
static bool
report(struct listen *l, const struct handed *h)
{
	const char *key = listen_key(l), *path = arena_printf(l->arena,
	    "/webhooks/listen/%s/%s", l->id, h->id);
	struct http_answer a = { 0 };
	struct buf body;
	struct jsonw w;

	buf_init(&body, LISTEN_BODY_MAX);
	jsonw_init(&w, &body);
	write_report(&w, l, h);
	for (int try = 1; try <= REPORT_TRIES; try++) {
		a = reach_call(&l->reach, l->http, l->arena, path, key, &body,
		    LISTEN_ANSWER_MS, true);
		bool again = a.status == 0 || a.status == 429 ||
		    a.status >= 500;
		if (!again || listen_stopped(500 * try))
			break;
	}
	buf_free(&body);
	if (a.status != 200)
		listen_say("the result is not on record",
		    reach_words(l->arena, &a));
	return a.status == 200;
}

static void
print_delivery_json(struct listen *l, const struct handed *h, int64_t at)
{
	static const char *const copied[] = { "delivery_id", "event_id",
	    "event_type", "attempt", "headers", "body" };
	struct cli *cli = l->cli;
	struct jsonw *w = &cli->w;
	size_t n = sizeof(copied) / sizeof(copied[0]) - (l->print ? 0 : 2);

	jsonw_object(w, NULL);
	jsonw_time(w, "at", at);
	for (size_t i = 0; i < n; i++) {
		const struct json *v = json_get(h->item, copied[i]);
		if (v != NULL)
			jsonw_raw(w, copied[i], v->raw.p, v->raw.n);
	}
	if (h->answer.status != 0)
		jsonw_int(w, "status", h->answer.status);
	else
		jsonw_null(w, "status");
	jsonw_int(w, "duration_ms", h->answer.duration_ms);
	jsonw_text(w, "error", h->answer.error);
	jsonw_bool(w, "recorded", h->recorded);
	jsonw_end_object(w);
	cli_print_json(cli);
}

/* The request as it went to the local server, indented. */
static void
print_request(struct listen *l, const struct handed *h)
{
	const struct json *list = json_get(h->item, "headers");

	for (const struct json *v = list != NULL ? list->child : NULL;
	    v != NULL && v->child != NULL && v->child->next != NULL;
	    v = v->next)
		printf("        %s: %s\n", cli_value(l->cli, v->child),
		    cli_value(l->cli, v->child->next));
	printf("\n        %s\n\n", cli_clean(l->arena, h->body,
	    h->body_len));
}

static void
print_time(int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	char text[32];

	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", gmtime_r(&t, &tm));
	printf("%s.%03d", text, (int)(ms % 1000));
}

static void
print_delivery(struct listen *l, const struct handed *h, int64_t at)
{
	const struct http_answer *a = &h->answer;
	struct cli *cli = l->cli;
	int64_t attempt = 1;

	if (cli->json) {
		print_delivery_json(l, h, at);
		return;
	}
	json_int(h->item, "attempt", &attempt);
	print_time(at);
	printf("  %s  %s", cli_member(cli, h->item, "event_type"),
	    cli_member(cli, h->item, "event_id"));
	if (attempt > 1)
		printf("  attempt %lld", (long long)attempt);
	if (a->status != 0)
		printf("  %d", a->status);
	else
		printf("  no answer (%s)", cli_clean(l->arena, a->error,
		    strlen(a->error)));
	printf("  %lld ms\n", (long long)a->duration_ms);
	if (l->print)
		print_request(l, h);
}

/* One delivery from the gateway to the local server, and word of it back. */
bool
listen_deliver(struct listen *l, const struct json *item)
{
	const struct json *body = json_get(item, "body");
	struct handed h = { .item = item,
	    .id = json_text(item, "delivery_id") };
	int64_t at = clock_now();

	if (h.id == NULL || body == NULL || body->kind != JSON_STRING)
		return cli_fail(l->cli, "the gateway sends what this version "
		    "of clive does not understand");
	h.body = body->text;
	h.body_len = body->len;
	h.answer = forward(l, &h);
	/* Nobody knows what came of it: it is sent again, to others. */
	if (h.answer.stopped)
		return false;
	h.recorded = report(l, &h);
	bool good = h.answer.status >= 200 && h.answer.status < 300;
	l->delivered += good;
	l->failed += !good;
	print_delivery(l, &h, at);
	return listen_flush(l);
}
