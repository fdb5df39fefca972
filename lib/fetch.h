/* SPDX-License-Identifier: ISC */
/*
 * fetch.h - calls to processors over HTTP.
 *
 * libcurl with TLS verified, no redirects, no proxy from the environment, a
 * time limit and a cap on the answer. What it reports is what is known: a
 * request that never left is told apart from one whose fate is unknown.
 */
#ifndef FETCH_H
#define FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

enum {
	FETCH_ANSWER_MAX = 1024 * 1024,	/* bytes kept of an answer */
	FETCH_TRIES = 3
};

struct fetch {
	const char		*method;	/* GET, POST ... */
	const char		*url;
	const char *const	*headers;	/* "Name: value", ended by NULL */
	struct slice		 body;		/* p NULL: none */
	int64_t			 timeout_ms;	/* of one try */
	/*
	 * Tries in all. Only for requests that may be repeated: a GET, or a
	 * POST with an idempotency key. Tried again: no connection, an answer
	 * cut short, 409, 429, 5xx; an answer's Stripe-Should-Retry decides
	 * before these. Pauses grow from half a second, with jitter.
	 */
	int			 tries;
};

enum fetch_fate {
	FETCH_ANSWERED,		/* status and body are the server's */
	FETCH_NOT_SENT,		/* nobody got the request */
	FETCH_UNKNOWN		/* it may have arrived; no answer came */
};

struct fetch_answer {
	enum fetch_fate	 fate;
	bool		 perhaps_done;	/* an earlier try may have arrived */
	int		 status;	/* HTTP status; 0 without an answer */
	struct slice	 body;		/* in the arena, NUL behind it */
	const char	*error;		/* in words, where no answer came */
	const char	*request_id;	/* of the answer's Request-Id, or NULL */
};

/* Runs it; blocks for up to tries times timeout_ms and the pauses. */
struct fetch_answer fetch_run(struct arena *, const struct fetch *);

/* Percent-encodes all but letters, digits and "-._~" into the arena. */
char		*fetch_encode(struct arena *, const char *text);

#endif
