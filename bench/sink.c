/* SPDX-License-Identifier: ISC */
/*
 * sink.c - a receiver of webhooks that costs next to nothing.
 *
 *	sink hosts
 *
 * Listens on one port of 127.0.0.1 and of so many addresses 127.1.0.0,
 * 127.1.0.1 ..., each a receiver of its own to a client, and prints the port.
 * HTTP/1.1 with keep-alive, one thread, one epoll. What is asked decides:
 *
 *	/quick...	200 at once
 *	/slow/MS...	200 after MS milliseconds
 *	/dead...	never an answer
 *	/count		what came since the last /reset, as JSON
 *	/reset		forgets it
 *
 * Ends when its standard input does.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BUFFER = 80 * 1024,	/* a request: the head and 64 KiB of body */
	EVENTS = 256,
	BACKLOG = 1024
};

struct peer {
	int		 fd;
	bool		 listens;
	size_t		 len;		/* bytes in data */
	int64_t		 answer_at;	/* of a slow one; 0: none is due */
	struct peer	*next_slow;
	char		*data;
};

static struct {
	int64_t	quick, slow, dead, connections;
	int64_t	first, last_quick;	/* when they came */
	int64_t	cpu;			/* that was used before */
} counts;

static struct peer *slow;
static int poller;

static _Noreturn void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* Microseconds. */
static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t
cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (int64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
	    u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

static void
watch(struct peer *p)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = p };

	if (epoll_ctl(poller, EPOLL_CTL_ADD, p->fd, &event) != 0)
		die("epoll_ctl");
}

static struct peer *
peer_new(int fd, bool listens)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (p == NULL || (!listens && (p->data = malloc(BUFFER)) == NULL))
		die("malloc");
	p->fd = fd;
	p->listens = listens;
	watch(p);
	return p;
}

static void
forget_slow(const struct peer *p)
{
	for (struct peer **at = &slow; *at != NULL; at = &(*at)->next_slow)
		if (*at == p) {
			*at = p->next_slow;
			return;
		}
}

static void
hang_up(struct peer *p)
{
	forget_slow(p);
	close(p->fd);
	free(p->data);
	free(p);
}

/* Returns the port; 0 asks for any. */
static in_port_t
listen_at(uint32_t address, in_port_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(address), .sin_port = htons(port) };
	socklen_t size = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd == -1 || bind(fd, (struct sockaddr *)&sin, size) != 0 ||
	    listen(fd, BACKLOG) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &size) != 0)
		die("listen");
	peer_new(fd, true);
	return ntohs(sin.sin_port);
}

static void
accept_all(const struct peer *listener)
{
	int fd, on = 1;

	while ((fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK |
	    SOCK_CLOEXEC)) != -1) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		peer_new(fd, false);
		counts.connections++;
	}
}

/* An answer is far smaller than any socket's buffer: no half of one. */
static void
answer(const struct peer *p, const char *body)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n"
	    "Content-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
	    strlen(body), body);

	if (send(p->fd, text, (size_t)n, MSG_NOSIGNAL) != n)
		perror("send");
}

static void
answer_quick(const struct peer *p)
{
	static const char text[] = "HTTP/1.1 200 OK\r\n"
	    "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

	if (send(p->fd, text, sizeof(text) - 1, MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(text) - 1)
		perror("send");
}

static void
answer_count(const struct peer *p)
{
	char text[300];

	snprintf(text, sizeof(text), "{\"quick\":%lld,\"slow\":%lld,"
	    "\"dead\":%lld,\"connections\":%lld,\"quick_us\":%lld,"
	    "\"cpu_us\":%lld}", (long long)counts.quick,
	    (long long)counts.slow, (long long)counts.dead,
	    (long long)counts.connections,
	    (long long)(counts.last_quick - counts.first),
	    (long long)(cpu() - counts.cpu));
	answer(p, text);
}

static void
answer_reset(const struct peer *p)
{
	memset(&counts, 0, sizeof(counts));
	counts.cpu = cpu();
	answer(p, "ok");
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* A whole request is here; path points at its path. */
static void
serve(struct peer *p, const char *path)
{
	if (begins(path, "/count")) {
		answer_count(p);
		return;
	}
	if (begins(path, "/reset")) {
		answer_reset(p);
		return;
	}
	if (counts.first == 0)
		counts.first = counts.last_quick = now();
	if (begins(path, "/quick")) {
		counts.quick++;
		counts.last_quick = now();
		answer_quick(p);
	} else if (begins(path, "/slow/")) {
		counts.slow++;
		p->answer_at = now() + 1000 *
		    strtol(path + strlen("/slow/"), NULL, 10);
		p->next_slow = slow;
		slow = p;
	} else {
		counts.dead++;
	}
}

/* The bytes of the request at the start of data; 0: it is not all here. */
static size_t
request_size(const char *data, size_t len)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4);

	if (end == NULL)
		return 0;
	size_t head = (size_t)(end - data) + 4, body = 0;
	for (const char *line = data; line < end; ) {
		if (strncasecmp(line, "content-length:", 15) == 0)
			body = strtoul(line + 15, NULL, 10);
		line = memchr(line, '\n', (size_t)(data + head - line));
		line++;
	}
	return len >= head + body ? head + body : 0;
}

static void
receive(struct peer *p)
{
	ssize_t n = recv(p->fd, p->data + p->len, BUFFER - 1 - p->len, 0);
	size_t size;

	if (n <= 0) {
		hang_up(p);
		return;
	}
	p->len += (size_t)n;
	p->data[p->len] = '\0';
	while (p->len > 0 && (size = request_size(p->data, p->len)) > 0) {
		const char *path = strchr(p->data, ' ');
		serve(p, path != NULL ? path + 1 : "");
		p->len -= size;
		memmove(p->data, p->data + size, p->len + 1);
	}
}

/* Answers the slow whose time has come; milliseconds to the next, or -1. */
static int
answer_slow(void)
{
	int64_t next = INT64_MAX, t = slow != NULL ? now() : 0;

	for (struct peer **at = &slow; *at != NULL; ) {
		struct peer *p = *at;
		if (p->answer_at <= t) {
			*at = p->next_slow;
			answer_quick(p);
			continue;
		}
		if (p->answer_at < next)
			next = p->answer_at;
		at = &p->next_slow;
	}
	return next == INT64_MAX ? -1 : (int)((next - t) / 1000 + 1);
}

/* Each connection is named once a round, so none is freed under another. */
static void
work(int wait)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(poller, events, EVENTS, wait);

	for (int i = 0; i < n; i++) {
		struct peer *p = events[i].data.ptr;
		if (p == NULL)
			exit(0);
		if (p->listens)
			accept_all(p);
		else
			receive(p);
	}
}

int
main(int argc, char **argv)
{
	const uint32_t first = (UINT32_C(127) << 24) + (1 << 16);
	struct epoll_event input = { .events = EPOLLIN | EPOLLHUP };
	long hosts = argc == 2 ? strtol(argv[1], NULL, 10) : 0;

	if (hosts < 1 || hosts > 65000) {
		fprintf(stderr, "usage: sink hosts\n");
		return 64;
	}
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input) != 0)
		die("standard input is no pipe");
	in_port_t port = listen_at(INADDR_LOOPBACK, 0);
	for (uint32_t i = 0; i < (uint32_t)hosts; i++)
		listen_at(first + i, port);
	printf("%d\n", port);
	fflush(stdout);
	for (;;)
		work(answer_slow());
}
