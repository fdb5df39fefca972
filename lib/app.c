/* SPDX-License-Identifier: ISC */
/* app.c - start, the loop, the end; the only file that knows FastCGI. */
#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "guard.h"
#include "log.h"
#include "shared.h"
#include "sig.h"
#include "vault.h"

enum {
	REPLY_MAX = 8 * 1024 * 1024,	/* bytes of one reply */
	HEAD_MAX = 4096,
	DETAILS_MAX = 64 * 1024,
	DRAIN_MS = 8000			/* for running requests at the end */
};

/* The program, shared by its threads and constant once they run. */
struct app {
	const struct endpoint	*endpoint;
	struct conf		 conf;
	struct vault		*vault;
	struct db		*db;
	bool			 cgi;
};

static struct app app;
static _Atomic int running;		/* requests being worked on */
static _Atomic bool ending;

/* Where a request comes from and goes to: FastCGI, or (NULL) plain CGI. */
static const char *
param(FCGX_Request *fcgx, const char *name)
{
	return fcgx != NULL ? FCGX_GetParam(name, fcgx->envp) : getenv(name);
}

const char *
request_header(struct request *rq, const char *cgi_name)
{
	return param(rq->transport, cgi_name);
}

static int
hex_value(char c)
{
	const char *digits = "0123456789abcdef", *at;

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	at = c != '\0' ? strchr(digits, c) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

/* Decodes %xx and +; NULL where it cannot or a NUL would come out. */
static const char *
url_decode(struct arena *arena, const char *text, size_t n)
{
	char *out = arena_alloc(arena, n + 1), *to = out;

	for (size_t i = 0; i < n; i++) {
		int value = (unsigned char)text[i];
		if (text[i] == '+') {
			value = ' ';
		} else if (text[i] == '%') {
			int high = i + 2 < n ? hex_value(text[i + 1]) : -1;
			int low = high >= 0 ? hex_value(text[i + 2]) : -1;
			if (low < 0)
				return NULL;
			value = high * 16 + low;
			i += 2;
		}
		if (value == 0)
			return NULL;
		*to++ = (char)value;
	}
	return out;
}

const char *
request_query(struct request *rq, const char *name)
{
	const char *at = param(rq->transport, "QUERY_STRING");
	const char *found = NULL;
	size_t name_len = strlen(name);

	while (at != NULL && *at != '\0') {
		size_t n = strcspn(at, "&");
		if (n > name_len && at[name_len] == '=' &&
		    strncmp(at, name, name_len) == 0)
			found = url_decode(rq->arena, at + name_len + 1,
			    n - name_len - 1);
		at += n + (at[n] == '&');
	}
	return found;
}

static const struct fault *
check_content_type(struct request *rq)
{
	static const char json[] = "application/json";
	const char *type = param(rq->transport, "CONTENT_TYPE");

	if (rq->action->raw_body)
		return NULL;
	if (type == NULL || strncasecmp(type, json, strlen(json)) != 0)
		return &FAULT_CONTENT_TYPE;
	type += strlen(json);
	return type[strspn(type, " \t")] == '\0' ||
	    type[strspn(type, " \t")] == ';' ? NULL : &FAULT_CONTENT_TYPE;
}

static size_t
read_some(FCGX_Request *fcgx, char *to, size_t n)
{
	if (fcgx != NULL) {
		int got = FCGX_GetStr(to, (int)n, fcgx->in);
		return got > 0 ? (size_t)got : 0;
	}
	ssize_t got;
	do {
		got = read(STDIN_FILENO, to, n);
	} while (got == -1 && errno == EINTR);
	return got > 0 ? (size_t)got : 0;
}

/* Content-Length is digits and nothing else, or it is not there. */
static const struct fault *
read_length(struct request *rq, size_t *length)
{
	const char *text = param(rq->transport, "CONTENT_LENGTH");
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

const struct fault *
request_read_body(struct request *rq)
{
	const struct fault *fault;
	size_t length = 0;

	if (rq->method != METHOD_POST)
		return NULL;
	if ((fault = check_content_type(rq)) != NULL ||
	    (fault = read_length(rq, &length)) != NULL)
		return fault;
	char *body = arena_alloc(rq->arena, length + 1);
	rq->body.p = body;
	while (rq->body.n < length) {
		size_t got = read_some(rq->transport, body + rq->body.n,
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
	if (name == NULL)
		return METHOD_NONE;
	if (strcmp(name, "GET") == 0 || strcmp(name, "HEAD") == 0)
		return METHOD_GET;
	return strcmp(name, "POST") == 0 ? METHOD_POST : METHOD_NONE;
}

static void
write_all(FCGX_Request *fcgx, const char *from, size_t n)
{
	if (fcgx != NULL) {
		FCGX_PutStr(from, (int)n, fcgx->out);
		return;
	}
	while (n > 0) {
		ssize_t put = write(STDOUT_FILENO, from, n);
		if (put == -1 && errno == EINTR)
			continue;
		if (put <= 0)
			return;		/* the caller went away */
		from += put;
		n -= (size_t)put;
	}
}

static void
send_reply(struct request *rq)
{
	struct buf head;

	buf_init(&head, HEAD_MAX + 1024);
	buf_printf(&head, "Status: %d\r\n"
	    "Content-Type: application/json\r\n"
	    "Content-Length: %zu\r\n"
	    "Cache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "X-Request-Id: %s\r\n", rq->reply.status, rq->reply.body.len,
	    rq->id);
	buf_puts(&head, buf_str(&rq->reply.head));
	buf_puts(&head, "\r\n");
	write_all(rq->transport, head.data, head.len);
	write_all(rq->transport, buf_str(&rq->reply.body),
	    rq->reply.body.len);
	buf_free(&head);
}

/* What one thread reuses from request to request. */
struct worker {
	struct arena	*arena;
	struct conn	*conn;
	struct request	 rq;
};

static bool
worker_start(struct worker *w)
{
	char why[256];

	memset(w, 0, sizeof(*w));
	w->arena = arena_new();
	w->conn = db_reader(app.db, why, sizeof(why));
	if (w->conn == NULL)
		log_warn("%s", why);
	buf_init(&w->rq.reply.head, HEAD_MAX);
	buf_init(&w->rq.reply.body, REPLY_MAX);
	buf_init(&w->rq.details, DETAILS_MAX);
	return w->conn != NULL;
}

static void
worker_end(struct worker *w)
{
	conn_close(w->conn);
	buf_free(&w->rq.reply.head);
	buf_free(&w->rq.reply.body);
	buf_free(&w->rq.details);
	arena_free(w->arena);
}

/* Serves one request of this thread. */
static void
serve(struct worker *w, FCGX_Request *fcgx)
{
	struct request *rq = &w->rq;
	int64_t started = clock_monotonic();
	const char *rest = param(fcgx, "PATH_INFO");
	const char *method = param(fcgx, "REQUEST_METHOD");

	buf_reset(&rq->reply.head);
	buf_reset(&rq->reply.body);
	buf_reset(&rq->details);
	*rq = (struct request){
		.conf = &app.conf, .vault = app.vault, .db = app.db,
		.conn = w->conn, .arena = w->arena, .now = clock_now(),
		.method = method_of(method), .path = app.endpoint->path,
		.rest = rest != NULL ? rest : "", .transport = fcgx,
		.details = rq->details, .reply.head = rq->reply.head,
		.reply.body = rq->reply.body,
	};
	id_make("req_", rq->now, rq->id);
	guard_run(rq, app.endpoint);
	send_reply(rq);
	log_info("%s %s %s%s %d %lldms%s%s", rq->id,
	    method != NULL ? method : "-", rq->path, rq->rest,
	    rq->reply.status, (long long)(clock_monotonic() - started),
	    rq->caller.key_id[0] != '\0' ? " key " : "", rq->caller.key_id);
	arena_reset(w->arena);
}

static void *
request_loop(void *arg)
{
	struct worker w;
	FCGX_Request fcgx;

	(void)arg;
	if (!worker_start(&w) || FCGX_InitRequest(&fcgx, 0, 0) != 0)
		exit(1);
	while (!atomic_load(&ending) && FCGX_Accept_r(&fcgx) == 0) {
		atomic_fetch_add(&running, 1);
		serve(&w, &fcgx);
		FCGX_Finish_r(&fcgx);
		atomic_fetch_sub(&running, 1);
	}
	FCGX_Free(&fcgx, 1);
	worker_end(&w);
	return NULL;
}

/* Waits for the signal to end, then lets running requests finish. */
static void
wait_for_end(const sigset_t *signals)
{
	const struct timespec pause = { 0, 10 * 1000 * 1000 };
	int sig;

	sigwait(signals, &sig);
	atomic_store(&ending, true);
	int64_t deadline = clock_monotonic() + DRAIN_MS;
	while (atomic_load(&running) > 0 && clock_monotonic() < deadline)
		nanosleep(&pause, NULL);
}

static int
run_fastcgi(void)
{
	pthread_t thread;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (FCGX_Init() != 0 || !db_start_committer(app.db))
		return 1;
	for (int64_t i = 0; i < app.conf.threads; i++) {
		if (pthread_create(&thread, NULL, request_loop, NULL) != 0)
			return 1;
		pthread_detach(thread);
	}
	wait_for_end(&signals);
	/* Threads still wait in accept: leave without tidying under them. */
	_exit(0);
}

static int
run_cgi(void)
{
	struct worker w;

	if (!worker_start(&w))
		return 1;
	serve(&w, NULL);
	worker_end(&w);
	return 0;
}

/* Opens what every request needs; false with a sentence in why. */
static bool
start(char *why, size_t size)
{
	char path[CONF_PATH_MAX];

	if (!conf_load(&app.conf, why, size))
		return false;
	app.vault = vault_open(conf_path(&app.conf, "master.key", path), why,
	    size);
	if (app.vault == NULL)
		return false;
	if (!shared_open(&app.conf, why, size))
		log_warn("%s", why);
	app.db = db_open(&app.conf, why, size);
	if (app.db == NULL) {
		vault_close(app.vault);
		return false;
	}
	return true;
}

/* Answers one request with 503, so that callers know to come back. */
static void
answer_unavailable(void)
{
	static const char format[] = "Status: 503\r\n"
	    "Content-Type: application/json\r\n"
	    "Cache-Control: no-store\r\n\r\n"
	    "{\"error\":\"%s\",\"code\":\"%s\",\"details\":null}";
	FCGX_Request fcgx;
	char text[512];

	int n = snprintf(text, sizeof(text), format, FAULT_STORAGE.text,
	    FAULT_STORAGE.code);
	if (app.cgi) {
		write_all(NULL, text, (size_t)n);
		return;
	}
	if (FCGX_Init() != 0 || FCGX_InitRequest(&fcgx, 0, 0) != 0 ||
	    FCGX_Accept_r(&fcgx) != 0)
		exit(1);
	write_all(&fcgx, text, (size_t)n);
	FCGX_Finish_r(&fcgx);
	FCGX_Free(&fcgx, 1);
}

/* No core files, no setuid children, no files that others can read. */
static void
shrink_rights(void)
{
	const struct rlimit none = { 0, 0 };

	umask(077);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int
app_main(const struct endpoint *endpoint)
{
	char why[CONF_PATH_MAX + 128];

	app.endpoint = endpoint;
	app.cgi = FCGX_IsCGI() != 0;
	log_name(endpoint->path);
	shrink_rights();
	signal(SIGPIPE, SIG_IGN);
	/* Trouble may pass (a disk that was full): each caller is a try. */
	while (!start(why, sizeof(why))) {
		log_warn("%s", why);
		answer_unavailable();
		if (app.cgi)
			return 1;
	}
	return app.cgi ? run_cgi() : run_fastcgi();
}
