/* SPDX-License-Identifier: ISC */
/* incoming.c - accepting, and looking before reading. */
#include "incoming.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "shared.h"

enum {
	ASIDE_MAX = 128,	/* connections without a whole request */
	LOOK_BYTES = 80 * 1024,	/* more than a body of BODY_MAX needs */
	LARGE_MAX = 4,		/* taken together, for the memory's sake */
	LOOK_MS = 10,		/* until the next look at half a request */
	HEAD = 8,		/* bytes before a record's content */
	STDIN = 5, PARAMS = 4, BEGIN_REQUEST = 1	/* types of records */
};

enum found { NOTHING, HALF, WHOLE, LARGE, GONE };

/* Connections that are waited for, the oldest first. */
static struct aside {
	int		 fd;
	enum found	 found;		/* at the last look */
	int64_t		 deadline;	/* clock_monotonic */
} aside[ASIDE_MAX];
static size_t aside_count;

bool
incoming_is_whole(const unsigned char *at, size_t n)
{
	while (n >= HEAD) {
		size_t content = (size_t)at[4] << 8 | at[5];
		size_t record = HEAD + content + at[6];

		/* What is none of these the reader has to answer. */
		if (at[0] != 1 || (at[1] != BEGIN_REQUEST && at[1] != PARAMS &&
		    at[1] != STDIN))
			return true;
		if (record > n)
			return false;
		if (at[1] == STDIN && content == 0)
			return true;
		at += record;
		n -= record;
	}
	return false;
}

static enum found
look(int fd)
{
	static unsigned char bytes[LOOK_BYTES];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);

	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? NOTHING : GONE;
	if (n == 0)
		return GONE;
	if (incoming_is_whole(bytes, (size_t)n))
		return WHOLE;
	return (size_t)n == sizeof(bytes) ? LARGE : HALF;
}

/* A reader of what is not whole must not wait for ever. */
static void
bound_reading(int fd)
{
	const struct timeval tv = { INCOMING_READ_MS / 1000,
	    INCOMING_READ_MS % 1000 * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

/* False where the listening socket is of no use any more. */
static bool
accept_all(int listening)
{
	while (aside_count < ASIDE_MAX) {
		int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		if (fd == -1)
			return errno != EBADF && errno != EINVAL &&
			    errno != ENOTSOCK;
		aside[aside_count++] = (struct aside){ .fd = fd,
		    .found = NOTHING,
		    .deadline = clock_monotonic() + INCOMING_MS };
	}
	return true;
}

/* Looks at all, hands over those that are there, drops those that are lost. */
static size_t
sort_out(int fds[], size_t max)
{
	int64_t now = clock_monotonic();
	size_t taken = 0, large = 0, left = 0;

	for (size_t i = 0; i < aside_count; i++) {
		struct aside a = aside[i];
		if (taken < max)
			a.found = look(a.fd);
		bool there = a.found == WHOLE || a.found == LARGE;
		if (there && taken < max && (a.found == WHOLE ||
		    large < LARGE_MAX)) {
			if (a.found == LARGE) {
				bound_reading(a.fd);
				large++;
			}
			fds[taken++] = a.fd;
		} else if (a.found == GONE || (!there && a.deadline <= now)) {
			close(a.fd);
		} else {
			aside[left++] = a;
		}
	}
	aside_count = left;
	return taken;
}

/* Waits for a connection, or for more of those that are set aside. */
static void
wait_for_any(int listening)
{
	struct pollfd at[ASIDE_MAX + 1];
	int64_t ms = aside_count == 0 ? -1 :
	    aside[0].deadline - clock_monotonic();

	at[0] = (struct pollfd){ .fd = aside_count < ASIDE_MAX ? listening :
	    -1, .events = POLLIN };
	for (size_t i = 0; i < aside_count; i++) {
		bool half = aside[i].found == HALF;
		at[i + 1] = (struct pollfd){ .fd = aside[i].fd,
		    .events = half ? POLLRDHUP : POLLIN | POLLRDHUP };
		/* Bytes that stay where they are would wake us at once. */
		if (half && ms > LOOK_MS)
			ms = LOOK_MS;
	}
	if (aside_count > 0 && ms < 0)
		ms = 0;
	poll(at, aside_count + 1, (int)ms);
}

size_t
incoming_take(int listening, int fds[], size_t max)
{
	size_t n = 0;

	/* Another process may be quicker: then there is nothing to wait for. */
	fcntl(listening, F_SETFL, fcntl(listening, F_GETFL) | O_NONBLOCK);
	while (n == 0) {
		wait_for_any(listening);
		if (!accept_all(listening))
			return 0;
		n = sort_out(fds, max);
	}
	return n;
}
