/* SPDX-License-Identifier: ISC */
/* monitor.c - the loop of those programs, and whom they tell what. */
#include "monitor.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cgi.h"
#include "confine.h"
#include "counters.h"
#include "id.h"
#include "json.h"
#include "log.h"
#include "request-log.h"
#include "shared.h"
#include "sig.h"

enum { THREADS = 4 };	/* one may wait for the database, others answer */

static const char *path;
static void (*answer)(struct monitor *);

/* What one thread reuses. */
struct worker {
	struct monitor	m;
	struct conf	conf;
	char		why[CONF_PATH_MAX + 128];
};

static bool
is_loopback(const char *remote)
{
	return remote != NULL && (strncmp(remote, "127.", 4) == 0 ||
	    strcmp(remote, "::1") == 0 ||
	    strncmp(remote, "::ffff:127.", 11) == 0);
}

/* Does a Host header name this machine, whatever the port? */
static bool
names_loopback(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1",
	    "[::1]" };

	for (size_t i = 0; host != NULL &&
	    i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = strlen(names[i]);
		if (strncasecmp(host, names[i], n) == 0 &&
		    (host[n] == '\0' || host[n] == ':'))
			return true;
	}
	return false;
}

/* Hashes are compared, so that not even the length shows in the time. */
static bool
token_is(const char *authorization, const char *token)
{
	uint8_t given[SHA256_SIZE], wanted[SHA256_SIZE];

	if (authorization == NULL ||
	    strncasecmp(authorization, "Bearer ", 7) != 0)
		return false;
	sig_sha256(authorization + 7, strlen(authorization + 7), given);
	sig_sha256(token, strlen(token), wanted);
	return sig_equal(given, wanted, sizeof(given));
}

bool
monitor_trusts(const struct conf *conf, const char *remote, const char *host,
    const char *authorization, bool proxied)
{
	if (conf != NULL && conf->metrics_token[0] != '\0')
		return token_is(authorization, conf->metrics_token);
	return is_loopback(remote) && names_loopback(host) && !proxied;
}

static bool
is_proxied(struct cgi *cgi)
{
	static const char *const names[] = { "HTTP_FORWARDED", "HTTP_VIA",
	    "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST",
	    "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (cgi_param(cgi, names[i]) != NULL)
			return true;
	return false;
}

void
monitor_refuse(struct monitor *m, const struct fault *fault)
{
	struct jsonw w;

	buf_reset(&m->body);
	jsonw_init(&w, &m->body);
	m->status = fault->status;
	m->type = "application/json";
	jsonw_object(&w, NULL);
	jsonw_text(&w, "error", fault->text);
	jsonw_text(&w, "code", fault->code);
	jsonw_null(&w, "details");
	jsonw_end_object(&w);
}

static void *
worker_start(void)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort();
	w->m.arena = arena_new();
	buf_init(&w->m.body, MONITOR_BODY_MAX);
	return w;
}

static void
worker_end(void *thread)
{
	struct worker *w = thread;

	buf_free(&w->m.body);
	arena_free(w->m.arena);
	conf_wipe(&w->conf);
	free(w);
}

/* Clock and counters are mapped by the first request that can. */
static void
map_shared(const struct conf *conf)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	char why[CONF_PATH_MAX + 128];

	pthread_mutex_lock(&lock);
	log_json(strcmp(conf->log_format, "json") == 0);
	if (!shared_open(conf, why, sizeof(why)) ||
	    !counters_open(conf, why, sizeof(why)))
		log_warn("%s", why);
	pthread_mutex_unlock(&lock);
}

static void
send(struct cgi *cgi, struct monitor *m, const char *id)
{
	char head[512];
	int n = snprintf(head, sizeof(head), "Status: %d\r\n"
	    "Content-Type: %s\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
	    "X-Request-Id: %s\r\n%s%s\r\n", m->status, m->type, m->body.len,
	    id, m->status == 401 ? "WWW-Authenticate: Bearer\r\n" : "",
	    m->status == 405 ? "Allow: GET, HEAD\r\n" : "");

	cgi_write(cgi, head, (size_t)n);
	cgi_write(cgi, buf_str(&m->body), m->body.len);
}

static void
run(struct worker *w, bool get, const char *rest)
{
	struct monitor *m = &w->m;

	if (*rest != '\0')
		monitor_refuse(m, &FAULT_NOT_FOUND);
	else if (!get)
		monitor_refuse(m, &FAULT_METHOD);
	else
		answer(m);
	if (m->body.failed)
		monitor_refuse(m, &FAULT_INTERNAL);
}

static void
serve(void *thread, struct cgi *cgi)
{
	struct worker *w = thread;
	struct monitor *m = &w->m;
	int64_t started = clock_monotonic_us();
	const char *method = cgi_param(cgi, "REQUEST_METHOD");
	const char *rest = cgi_param(cgi, "PATH_INFO");
	bool get = method != NULL && (strcmp(method, "GET") == 0 ||
	    strcmp(method, "HEAD") == 0);
	char id[ID_SIZE];

	m->conf = conf_load(&w->conf, w->why, sizeof(w->why)) ? &w->conf :
	    NULL;
	m->conf_why = w->why;
	if (m->conf != NULL)
		map_shared(m->conf);
	m->trusted = monitor_trusts(m->conf, cgi_param(cgi, "REMOTE_ADDR"),
	    cgi_param(cgi, "HTTP_HOST"), cgi_param(cgi,
	    "HTTP_AUTHORIZATION"), is_proxied(cgi));
	m->status = 200;
	m->type = "application/json";
	buf_reset(&m->body);
	id_make("req_", clock_now(), id);
	rest = rest != NULL ? rest : "";
	run(w, get, rest);
	send(cgi, m, id);
	request_line(cgi, &(struct request_line){ .id = id, .method = method,
	    .path = path, .rest = rest, .route = path,
	    .counted = get ? "GET" : NULL, .status = m->status,
	    .us = clock_monotonic_us() - started, .bytes = m->body.len });
	arena_reset(m->arena);
}

int
monitor_main(const char *our_path, void (*our_answer)(struct monitor *))
{
	static const struct cgi_server server = { worker_start, worker_end,
	    serve };

	path = our_path;
	answer = our_answer;
	log_name(path);
	confine();
	if (!cgi_is_plain())
		signal(SIGINT, SIG_IGN);	/* see lib/cgi.c */
	return cgi_run(&server, THREADS);
}
