/* SPDX-License-Identifier: ISC */
/*
 * idem.h - a mutation runs at most once an idempotency key.
 *
 * Scope: owner of the API key, endpoint path, key. An answer is found again
 * for at least 24 and at most 48 hours: keys are filed under the UTC day, and
 * a look-up reads today and yesterday. Kept are 2xx answers and the refusals
 * marked so in fault.def; refused input is not.
 */
#ifndef IDEM_H
#define IDEM_H

#include "request.h"

enum idem_state {
	IDEM_FRESH,		/* never seen */
	IDEM_REPLAY,		/* answered: status and answer are set */
	IDEM_CONFLICT,		/* the same key with another body */
	IDEM_RUNNING		/* the first request has no answer yet */
};

struct idem {
	enum idem_state	 state;
	int		 status;
	struct slice	 answer;	/* in the request's arena */
};

/* Looks the request's key up on any connection. */
struct idem	 idem_find(struct conn *, struct request *);

/*
 * Before the transaction: answers a known key from the reader, waiting up to
 * wait_ms for a first request that still runs. Sets *answered. Returns the
 * fault for a conflict or for a first request that did not end in time.
 */
const struct fault *idem_replay(struct request *, bool *answered);

/*
 * Runs the action's change in one transaction together with storing its
 * answer; a duplicate that came first is replayed instead.
 */
const struct fault *idem_run(struct request *, void *input);

#endif
