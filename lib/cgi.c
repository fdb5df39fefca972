/* SPDX-License-Identifier: ISC */
/* cgi.c - libfcgi behind a narrow door. */
#include "cgi.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "shared.h"

enum { DRAIN_MS = 8000 };	/* for running requests at the end */

struct cgi {
	FCGX_Request	*fcgx;		/* NULL: plain CGI */
};

static const struct cgi_server *server;
static _Atomic int running;		/* requests being worked on */
static _Atomic bool ending;

bool
cgi_is_plain(void)
{
	return FCGX_IsCGI() != 0;
}

bool
cgi_is_ending(void)
{
	return atomic_load(&ending);
}

const char *
cgi_param(struct cgi *cgi, const char *name)
{
	return cgi->fcgx != NULL ? FCGX_GetParam(name, cgi->fcgx->envp) :
	    getenv(name);
}

size_t
cgi_read(struct cgi *cgi, char *to, size_t n)
{
	ssize_t got;

	if (cgi->fcgx != NULL) {
		got = FCGX_GetStr(to, (int)n, cgi->fcgx->in);
		return got > 0 ? (size_t)got : 0;
	}
	do {
		got = read(STDIN_FILENO, to, n);
	} while (got == -1 && errno == EINTR);
	return got > 0 ? (size_t)got : 0;
}

void
cgi_write(struct cgi *cgi, const char *from, size_t n)
{
	if (cgi->fcgx != NULL) {
		FCGX_PutStr(from, (int)n, cgi->fcgx->out);
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

static int
hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";

	if (c >= 'A' && c <= 'F')
		c = (char)(c - 'A' + 'a');
	const char *at = c != '\0' ? strchr(digits, c) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

const char *
cgi_url_decode(struct arena *arena, const char *text, size_t n)
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
cgi_query(struct cgi *cgi, struct arena *arena, const char *name)
{
	return cgi_form(arena, cgi_param(cgi, "QUERY_STRING"), name);
}

const char *
cgi_form(struct arena *arena, const char *at, const char *name)
{
	const char *found = NULL;
	size_t name_len = strlen(name);

	while (at != NULL && *at != '\0') {
		size_t n = strcspn(at, "&");
		if (n > name_len && at[name_len] == '=' &&
		    strncmp(at, name, name_len) == 0)
			found = cgi_url_decode(arena, at + name_len + 1,
			    n - name_len - 1);
		at += n + (at[n] == '&');
	}
	return found;
}

static void *
request_loop(void *arg)
{
	void *thread = server->thread_start();
	FCGX_Request fcgx;
	struct cgi cgi = { &fcgx };

	(void)arg;
	if (thread == NULL || FCGX_InitRequest(&fcgx, 0, 0) != 0)
		exit(1);
	while (!atomic_load(&ending) && FCGX_Accept_r(&fcgx) == 0) {
		atomic_fetch_add(&running, 1);
		server->serve(thread, &cgi);
		FCGX_Finish_r(&fcgx);
		atomic_fetch_sub(&running, 1);
	}
	FCGX_Free(&fcgx, 1);
	server->thread_end(thread);
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
run_fastcgi(int threads)
{
	pthread_t thread;
	sigset_t signals;

	/*
	 * libfcgi's own handlers would end one thread's accept only. Ctrl-C is
	 * for the web server: one that sees its programs end before it has
	 * heard of that itself starts them again, and leaves them behind.
	 */
	signal(SIGINT, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (FCGX_Init() != 0)
		return 1;
	for (int i = 0; i < threads; i++) {
		if (pthread_create(&thread, NULL, request_loop, NULL) != 0)
			return 1;
		pthread_detach(thread);
	}
	wait_for_end(&signals);
	/* Threads still wait in accept: leave without tidying under them. */
	_exit(0);
}

static bool
serve_plain(void)
{
	void *thread = server->thread_start();
	struct cgi cgi = { NULL };

	if (thread == NULL)
		return false;
	server->serve(thread, &cgi);
	server->thread_end(thread);
	return true;
}

int
cgi_run(const struct cgi_server *s, int threads)
{
	server = s;
	if (!cgi_is_plain())
		return run_fastcgi(threads);
	return serve_plain() ? 0 : 1;
}

bool
cgi_serve_one(const struct cgi_server *s)
{
	FCGX_Request fcgx;
	struct cgi cgi = { &fcgx };

	server = s;
	if (cgi_is_plain())
		return serve_plain();
	void *thread = s->thread_start();
	if (thread == NULL || FCGX_Init() != 0 ||
	    FCGX_InitRequest(&fcgx, 0, 0) != 0 || FCGX_Accept_r(&fcgx) != 0)
		return false;
	s->serve(thread, &cgi);
	FCGX_Finish_r(&fcgx);
	FCGX_Free(&fcgx, 1);
	s->thread_end(thread);
	return true;
}
