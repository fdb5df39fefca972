/* SPDX-License-Identifier: ISC */
/* listen.h - the parts of `clive listen`. */
#ifndef LISTEN_H
#define LISTEN_H

#include "cli.h"
#include "http.h"
#include "reach.h"

enum {
	LISTEN_ANSWER_MS = 15 * 1000,	/* of a call that does not wait */
	LISTEN_BODY_MAX = 1024 * 1024	/* bytes of what a call says */
};

struct listen {
	struct cli	*cli;
	struct reach	 reach;
	struct http	*http;
	const char	*forward_to;
	const char	*schedule;	/* of attempts, "none": only one */
	char		*secret;	/* NULL: one is made */
	bool		 print;
	bool		 off;		/* somebody has disabled us */
	char		*id;		/* of the listener */
	struct arena	*arena;		/* of one question */
	int64_t		 pause_ms;	/* before the next one; 0: all is well */
	int64_t		 delivered, failed;
};

/*
 * listen-delivery.c: hands one delivery on to the local server, reports what
 * came of it and prints a line. False: nothing is to follow, we were stopped
 * or have failed.
 */
bool		 listen_deliver(struct listen *, const struct json *item);

/* listen.c: waits so long; true where we are to end. */
bool		 listen_stopped(int64_t ms);

/* listen.c: a new idempotency key, for as long as l->arena. */
const char	*listen_key(struct listen *);

/* listen.c: a sentence about trouble that does not end us. */
void		 listen_say(const char *what, const char *why);

/* listen.c: false after cli_fail where nobody takes our lines any more. */
bool		 listen_flush(struct listen *);

#endif
