/* SPDX-License-Identifier: ISC */
/*
 * http.h - one HTTP request after another for a command that a person may
 * stop meanwhile (`clive listen`).
 *
 * lib/fetch.h is for programs that wait to the end; here Ctrl-C ends the
 * wait at once, and an answer without end is cut where we have read enough.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

struct http;

struct http_request {
	const char		*method;
	const char		*url;
	const char *const	*headers;	/* "Name: value", ended by NULL:
						   these and no others, but for
						   Host and Content-Length */
	struct slice		 body;		/* p NULL: none */
	int64_t			 timeout_ms;
	bool			 proxy;		/* the environment's, if any */
	size_t			 keep;		/* bytes kept of the answer */
	size_t			 read;		/* after which we hang up */
};

struct http_answer {
	int		 status;	/* 0: there was no answer */
	struct slice	 head;		/* of the answer, its first 4 KiB; in
					   the arena, as the body, NUL behind */
	struct slice	 body;
	size_t		 length;	/* of what was read of it */
	const char	*error;		/* in words, where there was none */
	bool		 stopped;	/* the error is that we were stopped */
	int64_t		 duration_ms;
};

/*
 * stop is a file descriptor that gets readable when requests are to end, or
 * -1. NULL where libcurl cannot be started.
 */
struct http	*http_open(int stop);
void		 http_close(struct http *);

/* Runs a request; with patient, to its end although we were stopped. */
struct http_answer http_run(struct http *, struct arena *,
		    const struct http_request *, bool patient);

#endif
