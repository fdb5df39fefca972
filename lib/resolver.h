/* SPDX-License-Identifier: ISC */
/*
 * resolver.h - looking host names up while other work goes on.
 *
 * libcurl could look names up by itself, but shows the addresses of an answer
 * only one by one, as it connects to them. Whoever wants to judge a whole
 * answer first has to make the look-up: here threads call getaddrinfo(3),
 * one for each name that is being asked for, so that a name server that says
 * nothing holds up nobody but those who wait for it. They end when nothing
 * is left to ask; most of the time there is none.
 *
 * An answer is good for RESOLVER_KEPT_MS, so that a busy sender asks for a
 * host twice a minute, not at each delivery; getaddrinfo tells no lifetime.
 * Failures are not kept. Everything is bounded: threads, names kept, and
 * addresses of one answer.
 *
 * A resolver belongs to one thread, which alone calls these functions.
 */
#ifndef RESOLVER_H
#define RESOLVER_H

#include <stdint.h>

#include "address.h"

enum {
	RESOLVER_ADDRESSES_MAX = 32,	/* of one answer; more is an error */
	RESOLVER_HOST_MAX = 253,	/* characters; longer is an error */
	RESOLVER_THREADS_MAX = 128,
	RESOLVER_KEPT_MAX = 2048,	/* names */
	RESOLVER_KEPT_MS = 30 * 1000
};

struct resolver_answer {
	const char	*error;		/* a sentence; NULL: there are some */
	size_t		 n;
	struct address	 addresses[RESOLVER_ADDRESSES_MAX];
};

struct resolver;

/*
 * A resolver. lookup fills in an answer, which is all zero; it runs in other
 * threads, and may take its time. wake(arg) is called by them, one at a
 * time, after each look-up.
 */
struct resolver	*resolver_new(void (*lookup)(const char *host,
		    struct resolver_answer *), void (*wake)(void *),
		    void *arg);

/* Waits for no look-up: what is under way ends in peace, and wakes nobody. */
void		 resolver_free(struct resolver *);

/* What the system says: hosts file, name servers and all. */
void		 resolver_system(const char *host, struct resolver_answer *);

/*
 * Asks for a host. An answer that is at hand, good until the next call of
 * any of these functions; else NULL, and resolver_next will have it by the
 * deadline. Times are clock_monotonic's.
 */
const struct resolver_answer *resolver_ask(struct resolver *,
		    const char *host, int64_t now, int64_t deadline,
		    void *asker);

/*
 * The next asker whose answer has come, or whose deadline has, which makes
 * an answer with an error. NULL: none; costs nothing while nobody waits.
 */
void		*resolver_next(struct resolver *, int64_t now,
		    const struct resolver_answer **);

/* Keep this host's answer no longer: nobody was there. */
void		 resolver_forget(struct resolver *, const char *host);

#endif
