/* SPDX-License-Identifier: ISC */
/* cgi.c - libfcgi behind a narrow door. */
#include "cgi.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <fcgiapp.h>

#include "incoming.h"
#include "shared.h"

enum {
	LISTENING = 0,		/* the descriptor that requests come from */
	DRAIN_MS = 8000,	/* for running requests at the end */
	PATIENCE_S = 30		/* with a web server that says no more */
};

struct cgi {
	FCGX_Request	*fcgx;		/* NULL: plain CGI */
};

static const struct cgi_server *server;
static const struct cgi_group_server *group_server;
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

/*
 * Connections are accepted here: libfcgi reads the request's head in the same
 * call, so nobody would know how many threads still wait for one.
 */
static bool
prepare(FCGX_Request *fcgx)
{
	if (FCGX_InitRequest(fcgx, LISTENING, 0) != 0)
		return false;
	fcgx->listen_sock = -1;
	fcgx->detached = 1;	/* which is to say, close without a farewell */
	return true;
}

/* Reads the head of a request; false where none comes. */
static bool
begin(FCGX_Request *fcgx, int fd)
{
	fcgx->keepConnection = 1;	/* or it would be closed first */
	fcgx->ipcFd = fd;
	return FCGX_Accept_r(fcgx) == 0;
}

/*
 * Ends a request. libfcgi would wait for the web server to close its side of
 * the connection too. Once all of the request has been read there is nothing
 * to wait for.
 */
static void
finish(FCGX_Request *fcgx)
{
	char rest[4096];
	int fd = fcgx->ipcFd;

	while (FCGX_GetStr(rest, sizeof(rest), fcgx->in) > 0)
		continue;
	fcgx->keepConnection = 1;	/* which is to say, do not close it */
	FCGX_Finish_r(fcgx);
	fcgx->ipcFd = -1;
	close(fd);
}

/*
 * Threads of a program that nobody calls cost memory: there is one at first,
 * and whoever takes a request while no other waits for the next starts
 * another.
 */
static struct {
	_Atomic int	count, waiting;
	int		max;
} threads;

static bool
start_thread(void *(*loop)(void *))
{
	pthread_t thread;

	if (atomic_fetch_add(&threads.count, 1) < threads.max &&
	    pthread_create(&thread, NULL, loop, NULL) == 0) {
		pthread_detach(thread);
		return true;
	}
	atomic_fetch_sub(&threads.count, 1);
	return false;
}

/*
 * Waits in accept, where the system wakes one of those who wait; or until
 * there is something to accept, where the socket does not wait by itself. -1:
 * it is broken.
 */
static int
accept_one(void)
{
	const struct timeval tv = { .tv_sec = PATIENCE_S };
	struct pollfd listening = { .fd = LISTENING, .events = POLLIN };
	int fd;

	while ((fd = accept4(LISTENING, NULL, NULL, SOCK_CLOEXEC)) == -1) {
		if (errno == EBADF || errno == EINVAL || errno == ENOTSOCK)
			return -1;
		poll(&listening, 1, errno == EAGAIN ? -1 : 10);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	return fd;
}

static void *
request_loop(void *arg)
{
	FCGX_Request fcgx;
	struct cgi cgi = { &fcgx };
	void *thread = NULL;
	int fd;

	(void)arg;
	if (!prepare(&fcgx))
		exit(1);
	atomic_fetch_add(&threads.waiting, 1);
	while (!atomic_load(&ending) && (fd = accept_one()) != -1) {
		atomic_fetch_add(&running, 1);
		if (atomic_fetch_sub(&threads.waiting, 1) == 1)
			start_thread(request_loop);
		/* One that never gets a request needs no memory for it. */
		if (thread == NULL)
			thread = server->thread_start();
		if (thread == NULL) {
			close(fd);
		} else if (begin(&fcgx, fd)) {
			server->serve(thread, &cgi);
			finish(&fcgx);
		}
		atomic_fetch_sub(&running, 1);
		atomic_fetch_add(&threads.waiting, 1);
	}
	FCGX_Free(&fcgx, 1);
	if (thread != NULL)
		server->thread_end(thread);
	return NULL;
}

/* The requests of a group, and how libfcgi holds each. */
struct group {
	FCGX_Request	 fcgx[CGI_GROUP_MAX];
	struct cgi	 cgi[CGI_GROUP_MAX];
	struct cgi	*each[CGI_GROUP_MAX];
};

/* Takes what requests there are, at least one; 0: no more will come. */
static size_t
take_group(struct group *g)
{
	int fds[CGI_GROUP_MAX];
	size_t n = 0;

	while (n == 0) {
		size_t taken = incoming_take(LISTENING, fds, CGI_GROUP_MAX);
		if (taken == 0)
			return 0;
		atomic_fetch_add(&running, (int)taken);
		for (size_t i = 0; i < taken; i++)
			if (begin(&g->fcgx[n], fds[i]))
				n++;
			else
				atomic_fetch_sub(&running, 1);
	}
	return n;
}

static void *
group_loop(void *arg)
{
	static struct group g;
	void *thread = group_server->thread_start();
	size_t n;

	(void)arg;
	if (thread == NULL)
		exit(1);
	for (size_t i = 0; i < CGI_GROUP_MAX; i++) {
		if (!prepare(&g.fcgx[i]))
			exit(1);
		g.cgi[i].fcgx = &g.fcgx[i];
		g.each[i] = &g.cgi[i];
	}
	while (!atomic_load(&ending) && (n = take_group(&g)) > 0) {
		group_server->serve_group(thread, g.each, n);
		for (size_t i = 0; i < n; i++)
			finish(&g.fcgx[i]);
		atomic_fetch_sub(&running, (int)n);
	}
	for (size_t i = 0; i < CGI_GROUP_MAX; i++)
		FCGX_Free(&g.fcgx[i], 1);
	group_server->thread_end(thread);
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
run_fastcgi(void *(*loop)(void *), int max)
{
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
	threads.max = max;
	if (FCGX_Init() != 0 || !start_thread(loop))
		return 1;
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
cgi_run(const struct cgi_server *s, int threads_max)
{
	server = s;
	if (!cgi_is_plain())
		return run_fastcgi(request_loop, threads_max);
	return serve_plain() ? 0 : 1;
}

int
cgi_run_groups(const struct cgi_group_server *s)
{
	struct cgi cgi = { NULL }, *only = &cgi;

	group_server = s;
	if (!cgi_is_plain())
		return run_fastcgi(group_loop, 1);
	void *thread = s->thread_start();
	if (thread == NULL)
		return 1;
	s->serve_group(thread, &only, 1);
	s->thread_end(thread);
	return 0;
}

bool
cgi_serve_one(const struct cgi_server *s)
{
	FCGX_Request fcgx;
	struct cgi cgi = { &fcgx };
	int fd;

	server = s;
	if (cgi_is_plain())
		return serve_plain();
	void *thread = s->thread_start();
	if (thread == NULL || FCGX_Init() != 0 || !prepare(&fcgx) ||
	    (fd = accept_one()) == -1)
		return false;
	if (begin(&fcgx, fd)) {
		s->serve(thread, &cgi);
		finish(&fcgx);
	}
	FCGX_Free(&fcgx, 1);
	s->thread_end(thread);
	return true;
}
