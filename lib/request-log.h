/* SPDX-License-Identifier: ISC */
/*
 * request-log.h - the one line of the log that each request has, and its
 * place among the counters.
 *
 * The line (lib/log.h) says msg=request and then id (also X-Request-Id of the
 * answer, and in the audit events of what it changed), method, path, status,
 * ms, bytes (of the answer's body), remote (who was connected), and one of
 * key, merchant_key, operator where the caller is known. Query strings are
 * left out: they may hold secrets.
 */
#ifndef REQUEST_LOG_H
#define REQUEST_LOG_H

#include "request.h"

/* What a line is made of, for those who have no struct request. */
struct request_line {
	const char	*id;
	const char	*method;	/* as it was asked for; NULL: unknown */
	const char	*path;
	const char	*rest;		/* what follows it */
	const char	*route;		/* for the counters: of our own making */
	const char	*counted;	/* the method for them; NULL: other */
	int		 status;
	int64_t		 us;		/* since it came, microseconds */
	size_t		 bytes;
	const char	*key, *merchant_key, *operator;	/* NULL: none */
};
void	request_line(struct cgi *, const struct request_line *);

/* The line of a request that was answered; started is clock_monotonic_us. */
void	request_log(struct request *, int64_t started);

#endif
