/* SPDX-License-Identifier: ISC */
/*
 * counters.h - what the programs count for /metrics.
 *
 * One mapped file, var/run/counters.1, as lib/shared.h has one: every process
 * adds with atomic operations, nobody locks, nothing is written to the
 * database. The numbers outlive the programs and a restart of the web server,
 * not the file; losing it is what Prometheus calls a reset. Without the file
 * counting does nothing. A process that is killed at any point leaves at the
 * most one request uncounted.
 *
 * The number of series is bounded, and strangers add none: routes are what
 * the programs declare, not what was asked for. What finds no row any more is
 * counted together under "other".
 */
#ifndef COUNTERS_H
#define COUNTERS_H

#include "conf.h"

enum {
	COUNTERS_ROUTES = 512,		/* rows; the first is "other" */
	COUNTERS_CALLS = 64,
	COUNTERS_BUCKETS = 14,		/* the last is +Inf */
	COUNTERS_STATUSES = 24,		/* the last is any other */
	COUNTERS_RESULTS = 4,
	COUNTERS_FACTS = 16,
	COUNTERS_NAME_SIZE = 96
};

/* Maps the file, making it where it is missing; false with a sentence. */
bool	counters_open(const struct conf *, char *why, size_t size);

/* Was the file mapped? */
bool	counters_are_open(void);

/* ------------------------------------------------------------ requests */

/*
 * One request: "GET" and "/v1/payments/{id}", say, which together are shorter
 * than COUNTERS_NAME_SIZE, or counted as other; its status and how long it
 * took, in microseconds.
 */
void	counters_request(const char *method, const char *route, int status,
	    int64_t us);

struct counters_route {
	char		 method[16];
	char		 route[COUNTERS_NAME_SIZE];
	uint64_t	 statuses[COUNTERS_STATUSES];
	uint64_t	 buckets[COUNTERS_BUCKETS];	/* not yet summed up */
	uint64_t	 sum_us;
};

/* Row i of COUNTERS_ROUTES; false where nothing was counted in it. */
bool	counters_route(size_t i, struct counters_route *);

/* The status of a place in statuses; 0: any that has no place. */
int	counters_status(size_t place);

/* The upper bound of a bucket in microseconds; INT64_MAX for the last. */
int64_t	counters_bound(size_t bucket);

/* -------------------------------------------------- calls of processors */

/* One call: processor, operation (open, fetch ...), and what became of it
 * (a place in counters_result). */
void	counters_call(const char *processor, const char *operation,
	    size_t result);

struct counters_call {
	char		 processor[COUNTERS_NAME_SIZE];
	char		 operation[COUNTERS_NAME_SIZE];
	uint64_t	 results[COUNTERS_RESULTS];
};

/* As counters_route. */
bool	counters_call_at(size_t i, struct counters_call *);

/* -------------------------------------- what was counted of the database */

/*
 * How often something happened that the audit log tells of, up to a row of
 * it: see lib/metrics.c, which alone calls these. seq is -1 as long as
 * nothing was counted.
 */
int64_t	counters_seq(void);
void	counters_facts(uint64_t facts[COUNTERS_FACTS]);

/*
 * Adds what was found between two rows; false, and nothing is added, where
 * somebody else has done so meanwhile. To start anew, `from` is -1 and the
 * facts begin at what is given.
 */
bool	counters_add_facts(int64_t from, int64_t to,
	    const uint64_t facts[COUNTERS_FACTS]);

/*
 * Has something been done within these milliseconds? If not it is the
 * caller's turn: of many at once one is told no. `now` is clock_monotonic.
 */
bool	counters_done_within(int64_t now, int64_t ms);

/* It went wrong: the next one who asks has another turn. */
void	counters_undone(void);

#endif
