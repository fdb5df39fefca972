/* SPDX-License-Identifier: ISC */
/*
 * incoming.h - connections whose request has arrived.
 *
 * A program with one thread must not read from a connection that still waits
 * for its web server: everybody else would wait with it. So a connection is
 * looked at without taking anything off it, and set aside until the request
 * has come to its end.
 */
#ifndef INCOMING_H
#define INCOMING_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Waits until at least one request is there, and takes up to max of them off
 * the listening socket: connected descriptors, which the caller closes. A
 * connection whose request takes longer than INCOMING_MS is closed here. Of a
 * request that is too large to be seen whole, the rest may be read with
 * INCOMING_READ_MS of patience a piece. 0: the listening socket is broken.
 * From one thread alone.
 */
size_t	incoming_take(int listening, int fds[], size_t max);

/* Are these bytes a FastCGI request up to its end, or nothing that could
 * become one? */
bool	incoming_is_whole(const unsigned char *bytes, size_t n);

enum {
	INCOMING_MS = 10 * 1000,
	INCOMING_READ_MS = 1000
};

#endif
