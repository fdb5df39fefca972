/* SPDX-License-Identifier: ISC */
/* app.c - start, and one request from its arrival to its reply. */
#include "app.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "cgi.h"
#include "confine.h"
#include "counters.h"
#include "guard.h"
#include "log.h"
#include "request-log.h"
#include "shared.h"
#include "utf8.h"
#include "vault.h"

enum {
	REPLY_MAX = 8 * 1024 * 1024,	/* bytes of one reply */
	HEAD_MAX = 4096,
	DETAILS_MAX = 64 * 1024,
	READ_MS = 2000			/* one statement of a request */
};

/* The program, shared by its threads and constant once they run. */
struct app {
	const struct endpoint	*endpoint;
	struct conf		 conf;
	struct vault		*vault;
	struct db		*db;
};

static struct app app;

const char *
request_header(struct request *rq, const char *cgi_name)
{
	return cgi_param(rq->cgi, cgi_name);
}

const char *
request_query(struct request *rq, const char *name)
{
	return cgi_query(rq->cgi, rq->arena, name);
}

const char *
request_form(struct request *rq, const char *name)
{
	const char *value = cgi_form(rq->arena, rq->body.p, name);

	return value != NULL && *value != '\0' ? value : NULL;
}

bool
request_accepts(struct request *rq, const char *type)
{
	const char *accept = cgi_param(rq->cgi, "HTTP_ACCEPT");

	return accept != NULL && strcasestr(accept, type) != NULL;
}

/* Parameters behind the type do not matter. */
static bool
type_is(const char *type, const char *expected)
{
	if (type == NULL || strncasecmp(type, expected, strlen(expected)) != 0)
		return false;
	type += strlen(expected);
	return type[strspn(type, " \t")] == '\0' ||
	    type[strspn(type, " \t")] == ';';
}

bool
request_query_good(struct request *rq)
{
	const char *at = cgi_param(rq->cgi, "QUERY_STRING");
	const char *text;

	while (at != NULL && *at != '\0') {
		size_t n = strcspn(at, "&");
		text = cgi_url_decode(rq->arena, at, n);
		if (text == NULL || !utf8_is_valid(text, strlen(text)))
			return false;
		at += n + (at[n] == '&');
	}
	return true;
}

static const struct fault *
check_content_type(struct request *rq)
{
	const char *type = cgi_param(rq->cgi, "CONTENT_TYPE");

	rq->form = rq->action->forms &&
	    type_is(type, "application/x-www-form-urlencoded");
	return rq->action->raw_body || rq->form ||
	    type_is(type, "application/json") ? NULL : &FAULT_CONTENT_TYPE;
}

/* Content-Length is digits and nothing else, or it is not there. */
static const struct fault *
read_length(struct request *rq, size_t *length)
{
	const char *text = cgi_param(rq->cgi, "CONTENT_LENGTH");
	size_t max = rq->action->body_max > 0 ? rq->action->body_max :
	    BODY_MAX;

	if (text == NULL || *text == '\0' ||
	    strspn(text, "0123456789") != strlen(text))
		return &FAULT_LENGTH_REQUIRED;
	if (strlen(text) > 12 || strtoull(text, NULL, 10) > max)
		return &FAULT_BODY_TOO_LARGE;
	*length = strtoull(text, NULL, 10);
	return NULL;
}

/* No body at all, where there is nothing that it must say: in the Payments
 * API, and where an action allows it. */
static bool
may_be_empty(struct request *rq)
{
	const char *length = cgi_param(rq->cgi, "CONTENT_LENGTH");

	if ((!rq->payments && !rq->action->body_optional) ||
	    cgi_param(rq->cgi, "HTTP_TRANSFER_ENCODING") != NULL ||
	    (length != NULL && *length != '\0' && strcmp(length, "0") != 0))
		return false;
	for (const struct field *f = rq->action->fields; f != NULL &&
	    f->name != NULL; f++)
		if (f->required)
			return false;
	return true;
}

const struct fault *
request_read_body(struct request *rq)
{
	const struct fault *fault;
	size_t length = 0;

	if (rq->method != METHOD_POST && rq->method != METHOD_PATCH)
		return NULL;
	if (may_be_empty(rq)) {
		rq->body = (struct slice){ "{}", 2 };
		return NULL;
	}
	if ((fault = check_content_type(rq)) != NULL ||
	    (fault = read_length(rq, &length)) != NULL)
		return fault;
	char *body = arena_alloc(rq->arena, length + 1);
	rq->body.p = body;
	while (rq->body.n < length) {
		size_t got = cgi_read(rq->cgi, body + rq->body.n,
		    length - rq->body.n);
		if (got == 0)
			return &FAULT_BODY_SHORT;
		rq->body.n += got;
	}
	return NULL;
}

static enum method
method_of(const char *name)
{
	static const struct {
		const char	*name;
		enum method	 method;
	} methods[] = {
		{ "GET", METHOD_GET }, { "HEAD", METHOD_GET },
		{ "POST", METHOD_POST }, { "PATCH", METHOD_PATCH },
		{ "DELETE", METHOD_DELETE }, { "OPTIONS", METHOD_OPTIONS }
	};

	for (size_t i = 0; name != NULL &&
	    i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(name, methods[i].name) == 0)
			return methods[i].method;
	return METHOD_NONE;
}

/* The header lines that every answer of the Payments API has. */
static void
add_payments_head(struct request *rq, struct buf *head)
{
	buf_printf(head, "X-Trace-Id: %s\r\n", rq->id);
	if (rq->env != NULL)
		buf_printf(head, "X-Soxara-Env: %s\r\n", rq->env);
	if (rq->replayed)
		buf_puts(head, "Idempotent-Replayed: true\r\n");
}

static void
send_reply(struct request *rq)
{
	struct buf head;
	bool cacheable = rq->reply.status == 200 && rq->action != NULL &&
	    rq->action->cache != NULL;

	buf_init(&head, HEAD_MAX + 1024);
	buf_printf(&head, "Status: %d\r\n", rq->reply.status);
	if (rq->reply.status != 204)
		buf_printf(&head, "Content-Type: %s\r\n"
		    "Content-Length: %zu\r\n", rq->reply.type != NULL ?
		    rq->reply.type : "application/json",
		    rq->reply.body.len);
	buf_printf(&head, "Cache-Control: %s\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "X-Request-Id: %s\r\n",
	    cacheable ? rq->action->cache : "no-store", rq->id);
	if (rq->payments)
		add_payments_head(rq, &head);
	buf_puts(&head, buf_str(&rq->reply.head));
	if (rq->reply.location != NULL)
		buf_printf(&head, "Location: %s\r\n", rq->reply.location);
	buf_puts(&head, "\r\n");
	cgi_write(rq->cgi, head.data, head.len);
	cgi_write(rq->cgi, buf_str(&rq->reply.body),
	    rq->reply.body.len);
	buf_free(&head);
}

/* A request's place in a thread, reused from one to the next. */
struct seat {
	struct arena	*arena;		/* NULL until it is first taken */
	struct request	 rq;
	struct db_job	 job;
	int64_t		 started;	/* clock_monotonic_us */
};

struct worker {
	struct conn	*conn;
	struct seat	 seats[CGI_GROUP_MAX];
};

static void
worker_end(void *thread)
{
	struct worker *w = thread;

	conn_close(w->conn);
	for (size_t i = 0; i < CGI_GROUP_MAX; i++) {
		struct seat *seat = &w->seats[i];
		if (seat->arena == NULL)
			break;
		buf_free(&seat->rq.reply.head);
		buf_free(&seat->rq.reply.body);
		buf_free(&seat->rq.details);
		arena_free(seat->arena);
	}
	free(w);
}

static void *
worker_start(void)
{
	struct worker *w = calloc(1, sizeof(*w));
	char why[256];

	if (w == NULL)
		abort();
	w->conn = db_reader(app.db, why, sizeof(why));
	if (w->conn != NULL) {
		conn_limit(w->conn, READ_MS);
		return w;
	}
	log_warn("%s", why);
	worker_end(w);
	return NULL;
}

static void
take_seat(struct worker *w, struct seat *seat, struct cgi *cgi)
{
	struct request *rq = &seat->rq;
	const char *rest = cgi_param(cgi, "PATH_INFO");

	if (seat->arena == NULL) {
		seat->arena = arena_new();
		buf_init(&rq->reply.head, HEAD_MAX);
		buf_init(&rq->reply.body, REPLY_MAX);
		buf_init(&rq->details, DETAILS_MAX);
	}
	buf_reset(&rq->reply.head);
	buf_reset(&rq->reply.body);
	buf_reset(&rq->details);
	*rq = (struct request){
		.conf = &app.conf, .vault = app.vault, .db = app.db,
		.conn = w->conn, .arena = seat->arena, .now = clock_now(),
		.method = method_of(cgi_param(cgi, "REQUEST_METHOD")),
		.path = app.endpoint->path,
		.rest = rest != NULL ? rest : "", .item = "", .cgi = cgi,
		.details = rq->details, .reply.head = rq->reply.head,
		.reply.body = rq->reply.body,
		.payments = app.endpoint->api == API_PAYMENTS,
	};
	id_make("req_", rq->now, rq->id);
	seat->started = clock_monotonic_us();
}

static void
leave_seat(struct seat *seat)
{
	send_reply(&seat->rq);
	request_log(&seat->rq, seat->started);
	arena_reset(seat->arena);
}

static void
serve(void *thread, struct cgi *cgi)
{
	struct worker *w = thread;
	struct seat *seat = &w->seats[0];

	take_seat(w, seat, cgi);
	if (guard_start(&seat->rq, app.endpoint, &seat->job))
		guard_end(&seat->rq, app.endpoint, db_txn(app.db,
		    seat->job.fn, seat->job.arg));
	leave_seat(seat);
}

/* The same for several requests, whose changes share a commit. */
static void
serve_group(void *thread, struct cgi *const *cgi, size_t n)
{
	struct worker *w = thread;
	struct db_job *jobs = NULL, **end = &jobs;

	log_gather();
	conn_read_begin(w->conn);
	for (size_t i = 0; i < n; i++) {
		struct seat *seat = &w->seats[i];
		take_seat(w, seat, cgi[i]);
		if (!guard_start(&seat->rq, app.endpoint, &seat->job))
			continue;
		*end = &seat->job;
		end = &seat->job.next;
	}
	conn_read_end(w->conn);
	if (jobs != NULL)
		db_txn_group(app.db, jobs);
	for (size_t i = 0; i < n; i++) {
		struct seat *seat = &w->seats[i];
		if (seat->job.fn != NULL)
			guard_end(&seat->rq, app.endpoint,
			    seat->job.result);
		leave_seat(seat);
	}
	log_flush();
}

/* Opens what every request needs; false with a sentence in why. */
static bool
start(char *why, size_t size)
{
	char path[CONF_PATH_MAX];

	if (!conf_load(&app.conf, why, size))
		return false;
	log_json(strcmp(app.conf.log_format, "json") == 0);
	app.vault = vault_open(conf_path(&app.conf, "master.key", path), why,
	    size);
	if (app.vault == NULL)
		return false;
	if (!shared_open(&app.conf, why, size) ||
	    !counters_open(&app.conf, why, size))
		log_warn("%s", why);
	app.db = db_open(&app.conf, why, size);
	if (app.db == NULL) {
		vault_close(app.vault);
		return false;
	}
	return true;
}

/* A server for a program that cannot start: 503, so that callers come back. */
static void *
unavailable_start(void)
{
	return &app;
}

static void
unavailable_end(void *thread)
{
	(void)thread;
}

#define UNAVAILABLE_HEAD "Status: 503\r\n" \
	"Content-Type: application/json\r\n" \
	"Cache-Control: no-store\r\n" \
	"Retry-After: 1\r\n" \
	"X-Request-Id: %s\r\n"

static void
unavailable_serve(void *thread, struct cgi *cgi)
{
	char text[512], id[ID_SIZE];
	int n;

	(void)thread;
	id_make("req_", clock_now(), id);
	if (app.endpoint->api == API_PAYMENTS)
		n = snprintf(text, sizeof(text), UNAVAILABLE_HEAD
		    "X-Trace-Id: %s\r\n\r\n{\"success\":false,\"error\":{"
		    "\"code\":\"%s\",\"message\":\"%s\"}}", id, id,
		    FAULT_SERVICE_UNAVAILABLE.code,
		    FAULT_SERVICE_UNAVAILABLE.text);
	else
		n = snprintf(text, sizeof(text), UNAVAILABLE_HEAD "\r\n"
		    "{\"error\":\"%s\",\"code\":\"%s\",\"details\":null}",
		    id, FAULT_STORAGE.text, FAULT_STORAGE.code);
	cgi_write(cgi, text, (size_t)n);
	request_line(cgi, &(struct request_line){ .id = id,
	    .method = cgi_param(cgi, "REQUEST_METHOD"),
	    .path = app.endpoint->path, .rest = "",
	    .route = app.endpoint->path, .status = 503 });
}

static const struct cgi_server unavailable = {
	unavailable_start, unavailable_end, unavailable_serve
};

static const struct cgi_server server = {
	worker_start, worker_end, serve
};

static const struct cgi_group_server group_server = {
	worker_start, worker_end, serve_group
};

int
app_main(const struct endpoint *endpoint)
{
	char why[CONF_PATH_MAX + 128];

	app.endpoint = endpoint;
	log_name(endpoint->path);
	confine();
	if (!cgi_is_plain())
		signal(SIGINT, SIG_IGN);	/* see lib/cgi.c */
	/* Trouble may pass (a disk that was full): each caller is a try. */
	while (!start(why, sizeof(why))) {
		log_warn("%s", why);
		if (!cgi_serve_one(&unavailable) || cgi_is_plain())
			return 1;
	}
	if (cgi_is_plain())
		db_keep_log_short(app.db);
	if (endpoint->actions[0].started != NULL)
		endpoint->actions[0].started(&app.conf);
	if (endpoint->actions[0].grouped)
		return cgi_run_groups(&group_server);
	if (!cgi_is_plain() && !db_start_committer(app.db))
		return 1;
	return cgi_run(&server, (int)app.conf.threads);
}
