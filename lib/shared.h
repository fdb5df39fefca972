/* SPDX-License-Identifier: ISC */
/*
 * shared.h - the little that all processes share in memory: the sandbox
 * clock and the rate limit.
 *
 * It is one mapped file, var/run/shared, changed with atomic operations
 * only. Losing it loses nothing: the clock goes back to the real one and
 * the limits start afresh.
 */
#ifndef SHARED_H
#define SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"

/*
 * Maps the file, creating it where it is missing. False with a sentence in
 * why; the program may go on, without limits and on the real clock.
 */
bool	shared_open(const struct conf *, char *why, size_t size);

/*
 * Maps so many bytes of a file of the data directory, creating it, for those
 * who share something else in this way (lib/counters.c). New bytes are zero.
 * NULL with a sentence in why.
 */
void	*shared_map(const struct conf *, const char *name, size_t bytes,
	    char *why, size_t size);

/*
 * Where a name stands in such a table: FNV-1a, never 0. Short, and the names
 * are ours or an operator's, so nobody chooses them to meet.
 */
uint64_t shared_hash(const char *);

/*
 * Milliseconds since 1970: the real time, plus in sandbox mode the distance
 * the sandbox clock was moved.
 */
int64_t	clock_now(void);

/* Moves the sandbox clock by ms, for every process; false in live mode. */
bool	clock_advance(int64_t ms);

/* Milliseconds that only ever grow, for measuring; and microseconds. */
int64_t	clock_monotonic(void);
int64_t	clock_monotonic_us(void);

/* What a rate limit says of one request. */
struct limit {
	bool	 allowed;
	int64_t	 limit;		/* requests a minute */
	int64_t	 remaining;	/* requests that may follow at once */
	int64_t	 reset_s;	/* seconds until all of them may again */
	int64_t	 retry_after_s;	/* seconds to wait; 0 where allowed */
};

/*
 * Counts one request of subject against limit a minute (a leaky bucket that
 * holds one minute's worth). now is in milliseconds. Limits are shared by
 * every process; no lock, no database.
 */
struct limit limit_take(const char *subject, int64_t limit, int64_t now);

#endif
