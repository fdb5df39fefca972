/* SPDX-License-Identifier: ISC */
/* box.c - the loop of a sandbox program. */
#include "box.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "confine.h"
#include "log.h"
#include "shared.h"
#include "sig.h"

enum {
	BODY_MAX = 1024 * 1024,
	OUT_MAX = 16 * 1024 * 1024,
	HEAD_MAX = 16 * 1024,
	THREADS = 16,		/* delays that were ordered occupy them */
	CALLS_KEPT = 20000,
	RESET_SIZE = 1024 * 1024
};

static const struct box_program *program;
static struct conf conf;

static const char *const fault_names[] = {
	[BOX_NO_FAULT] = "",
	[BOX_DELAY] = "delay",
	[BOX_RESET_BEFORE] = "reset_before",
	[BOX_RESET_AFTER] = "reset_after",
	[BOX_STATUS_409] = "status_409",
	[BOX_STATUS_429] = "status_429",
	[BOX_STATUS_500] = "status_500",
	[BOX_STATUS_500_AFTER] = "status_500_after",
	[BOX_STATUS_503_AFTER] = "status_503_after",
	[BOX_GARBAGE] = "garbage",
	[BOX_TIMEOUT] = "timeout",
};

const char *
box_fault_name(enum box_fault fault)
{
	return fault_names[fault];
}

enum box_fault
box_fault_of(const char *name)
{
	for (int i = BOX_DELAY; i <= BOX_TIMEOUT; i++)
		if (strcmp(fault_names[i], name) == 0)
			return (enum box_fault)i;
	return BOX_NO_FAULT;
}

const char *
box_header(struct box_request *rq, const char *cgi_name)
{
	return cgi_param(rq->cgi, cgi_name);
}

bool
box_part_is(const struct box_request *rq, size_t n, const char *word)
{
	return n < rq->parts && strcmp(rq->part[n], word) == 0;
}

void
box_json(struct box_request *rq, int status, const char *json)
{
	rq->status = status;
	rq->type = "application/json";
	buf_reset(&rq->out);
	buf_puts(&rq->out, json);
}

void
box_redirect(struct box_request *rq, const char *url)
{
	rq->status = 303;
	buf_reset(&rq->out);
	/* A line feed in it would start a header of its own. */
	if (strpbrk(url, "\r\n") == NULL)
		buf_printf(&rq->head, "Location: %s\r\n", url);
}

static void
wait_ms(int64_t ms)
{
	struct timespec left = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000
	};

	while (nanosleep(&left, &left) == -1 && errno == EINTR)
		continue;
}

bool
box_work_fails(struct box_request *rq)
{
	if (rq->fault == BOX_DELAY)
		wait_ms(rq->fault_ms);
	return rq->fault == BOX_STATUS_500;
}

/* Splits what follows the program's path. */
static void
split_path(struct box_request *rq, const char *rest)
{
	rq->path = arena_printf(rq->box.arena, "%s%s", program->path, rest);
	while (rq->parts < BOX_PARTS_MAX) {
		rest += strspn(rest, "/");
		size_t n = strcspn(rest, "/");
		if (n == 0)
			return;
		rq->part[rq->parts++] = arena_strndup(rq->box.arena, rest, n);
		rest += n;
	}
}

/* The body; false where it is too long or stops early. */
static bool
read_body(struct box_request *rq)
{
	const char *length = cgi_param(rq->cgi, "CONTENT_LENGTH");
	size_t n = length != NULL ? strtoull(length, NULL, 10) : 0;

	if (n > BODY_MAX)
		return false;
	char *body = arena_alloc(rq->box.arena, n + 1);
	rq->body.p = body;
	while (rq->body.n < n) {
		size_t got = cgi_read(rq->cgi, body + rq->body.n,
		    n - rq->body.n);
		if (got == 0)
			return false;
		rq->body.n += got;
	}
	return true;
}

static bool
is_form(struct box_request *rq)
{
	static const char form[] = "application/x-www-form-urlencoded";
	const char *type = cgi_param(rq->cgi, "CONTENT_TYPE");

	return type != NULL && strncasecmp(type, form, strlen(form)) == 0;
}

static void
read_form(struct box_request *rq)
{
	const char *query = cgi_param(rq->cgi, "QUERY_STRING");

	if (query != NULL)
		rq->form_bad |= !form_add(&rq->form, rq->box.arena, query,
		    strlen(query));
	if (is_form(rq))
		rq->form_bad |= !form_add(&rq->form, rq->box.arena,
		    rq->body.p, rq->body.n);
}

/* Takes one use of the first fault that fits. */
static void
take_fault(struct box_request *rq)
{
	struct store *s = rq->box.store;
	struct cursor *c = store_query(s, Q_FAULT_FIND, "tt", rq->path,
	    rq->method);

	if (!cursor_next(c))
		return;
	int64_t seq = cursor_int(c, 0);
	rq->fault = box_fault_of(cursor_text(c, 1));
	rq->fault_ms = cursor_int(c, 2);
	cursor_end(c);
	/* Another thread may have had the last one. */
	store_begin(s);
	bool mine = store_run(s, Q_FAULT_USE, "i", seq) == 1;
	if (!store_commit(s) || !mine)
		rq->fault = BOX_NO_FAULT;
}

static void
record(struct box_request *rq)
{
	struct store *s = rq->box.store;
	const char *params = is_form(rq) || rq->body.n == 0 ?
	    form_print(&rq->form, rq->box.arena) :
	    form_mask(rq->box.arena, "", rq->body.p);

	store_begin(s);
	store_run(s, Q_CALL_ADD, "itttttit", rq->box.now, rq->id, rq->method,
	    rq->path, params, cgi_param(rq->cgi, "HTTP_IDEMPOTENCY_KEY"),
	    (int64_t)rq->status, rq->fault != BOX_NO_FAULT ?
	    box_fault_name(rq->fault) : NULL);
	store_run(s, Q_CALL_TRIM, "i", (int64_t)CALLS_KEPT);
	store_commit(s);
}

static void
refuse(struct box_request *rq, int status)
{
	rq->status = status;
	buf_reset(&rq->out);
	if (program->refuse != NULL)
		program->refuse(rq, status);
}

static void
work(struct box_request *rq)
{
	bool whole = read_body(rq);

	read_form(rq);
	if (program->processor)
		take_fault(rq);
	if (!whole)
		refuse(rq, 400);
	else if (rq->fault == BOX_STATUS_409)
		refuse(rq, 409);
	else if (rq->fault == BOX_STATUS_429)
		refuse(rq, 429);
	else if (rq->fault == BOX_RESET_BEFORE)
		rq->status = 0;
	else
		program->handle(rq);
	if (store_failed(rq->box.store) || rq->out.failed || rq->head.failed)
		refuse(rq, 500);
	if (program->processor)
		record(rq);
	form_wipe(&rq->form);
	sig_wipe((void *)(uintptr_t)rq->body.p, rq->body.n);
}

static void
send_reply(struct box_request *rq, size_t promised)
{
	struct buf head;

	buf_init(&head, HEAD_MAX + 1024);
	buf_printf(&head, "Status: %d\r\nContent-Type: %s\r\n"
	    "Content-Length: %zu\r\nCache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n",
	    rq->status, rq->type, promised);
	buf_puts(&head, buf_str(&rq->head));
	buf_puts(&head, "\r\n");
	cgi_write(rq->cgi, head.data, head.len);
	cgi_write(rq->cgi, buf_str(&rq->out), rq->out.len);
	buf_free(&head);
}

static void
reply(struct box_request *rq)
{
	if (rq->fault == BOX_TIMEOUT)
		wait_ms(rq->fault_ms);
	if (rq->fault == BOX_STATUS_503_AFTER)
		refuse(rq, 503);
	if (rq->fault == BOX_GARBAGE)
		box_json(rq, 200, "<html>the sandbox was told to say this");
	if (rq->fault != BOX_RESET_BEFORE && rq->fault != BOX_RESET_AFTER) {
		send_reply(rq, rq->out.len);
		return;
	}
	/* Without this the web server would wait for another request. */
	buf_puts(&rq->head, "Connection: close\r\n");
	box_json(rq, 200, "{");
	send_reply(rq, RESET_SIZE);
}

/* What one thread reuses. */
struct worker {
	struct box	 box;
	struct buf	 head, out;
};

static void
worker_end(void *thread)
{
	struct worker *w = thread;

	store_close(w->box.store);
	arena_free(w->box.arena);
	buf_free(&w->head);
	buf_free(&w->out);
	free(w);
}

static void *
worker_start(void)
{
	struct worker *w = calloc(1, sizeof(*w));
	char why[CONF_PATH_MAX + 128];

	if (w == NULL)
		abort();
	w->box.conf = &conf;
	w->box.arena = arena_new();
	w->box.store = store_open(&conf, why, sizeof(why));
	buf_init(&w->head, HEAD_MAX);
	buf_init(&w->out, OUT_MAX);
	if (w->box.store != NULL)
		return w;
	log_warn("%s", why);
	worker_end(w);
	return NULL;
}

static void
serve(void *thread, struct cgi *cgi)
{
	struct worker *w = thread;
	const char *method = cgi_param(cgi, "REQUEST_METHOD");
	const char *rest = cgi_param(cgi, "PATH_INFO");
	const char *host = cgi_param(cgi, "HTTP_HOST");

	w->box.now = clock_now();
	buf_reset(&w->head);
	buf_reset(&w->out);
	struct box_request rq = {
		.box = w->box, .cgi = cgi, .status = 404,
		.type = "text/plain; charset=utf-8",
		.method = method != NULL ? method : "GET",
		.host = host != NULL && *host != '\0' ? host : "localhost",
		.head = w->head, .out = w->out
	};
	id_make("req_", rq.box.now, rq.id);
	split_path(&rq, rest != NULL ? rest : "");
	work(&rq);
	reply(&rq);
	log_info("%s %s %s %d%s%s", rq.id, rq.method, rq.path, rq.status,
	    rq.fault != BOX_NO_FAULT ? " fault " : "",
	    box_fault_name(rq.fault));
	w->head = rq.head;
	w->out = rq.out;
	arena_reset(w->box.arena);
}

static void *
background(void *arg)
{
	struct worker *w = worker_start();

	(void)arg;
	if (w == NULL)
		exit(1);
	for (;;) {
		w->box.now = clock_now();
		program->tick(&w->box);
		arena_reset(w->box.arena);
		wait_ms(BOX_TICK_MS);
	}
	return NULL;
}

/* Signals are the main thread's. */
static bool
start_background(void)
{
	sigset_t all, before;
	pthread_t thread;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&thread, NULL, background, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		pthread_detach(thread);
	return rc == 0;
}

static void
unavailable_serve(void *thread, struct cgi *cgi)
{
	static const char text[] = "Status: 503\r\n"
	    "Content-Type: application/json\r\nCache-Control: no-store\r\n"
	    "\r\n{\"error\":{\"type\":\"api_error\","
	    "\"message\":\"The sandbox is not available.\"}}";

	(void)thread;
	cgi_write(cgi, text, strlen(text));
}

static void *
unavailable_start(void)
{
	return &conf;
}

static void
unavailable_end(void *thread)
{
	(void)thread;
}

static const struct cgi_server unavailable = {
	unavailable_start, unavailable_end, unavailable_serve
};

static const struct cgi_server server = {
	worker_start, worker_end, serve
};

/* False with a sentence in why. */
static bool
start(char *why, size_t size)
{
	struct worker *w;

	if (!conf_load(&conf, why, size))
		return false;
	if (conf.live) {
		snprintf(why, size, "there is no sandbox in live mode");
		return false;
	}
	if (!shared_open(&conf, why, size))
		log_warn("%s", why);
	if ((w = worker_start()) == NULL) {
		snprintf(why, size, "the sandbox has no database");
		return false;
	}
	w->box.now = clock_now();
	if (program->start != NULL)
		program->start(&w->box);
	worker_end(w);
	return true;
}

int
box_main(const struct box_program *p)
{
	char why[CONF_PATH_MAX + 128];

	program = p;
	log_name(p->path);
	confine();
	while (!start(why, sizeof(why))) {
		log_warn("%s", why);
		if (!cgi_serve_one(&unavailable) || cgi_is_plain())
			return 1;
	}
	if (p->tick != NULL && !cgi_is_plain() && !start_background())
		return 1;
	return cgi_run(&server, THREADS);
}
