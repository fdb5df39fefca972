/* SPDX-License-Identifier: ISC */
/*
 * idem.h - a mutation runs at most once an idempotency key.
 *
 * Scope: owner of the API key, path (with the id in it), key. An answer is
 * found again for at least 24 and at most 48 hours: keys are filed under the
 * UTC day, and a look-up reads yesterday, today and, for a clock that was put
 * back, tomorrow. Kept are 2xx answers and the refusals marked so in
 * fault.def; refused input is not. Answers that hold a secret are kept sealed.
 *
 * The Payments API has rules of its own (soxara.md 5): the scope is the
 * merchant, or the payment of a payer; method, path and body are compared
 * together; an answer is found for 24 hours; kept is every answer but 401,
 * 429, 5xx and those about the key itself; it comes back byte for byte.
 */
#ifndef IDEM_H
#define IDEM_H

#include "request.h"

enum idem_state {
	IDEM_FRESH,		/* never seen */
	IDEM_REPLAY,		/* answered: status and answer are set */
	IDEM_CONFLICT,		/* the same key with another body */
	IDEM_RUNNING,		/* the first request has no answer yet */
	IDEM_LEFT		/* nor will it get one: it stopped half-way */
};

struct idem {
	enum idem_state	 state;
	int		 status;
	struct slice	 answer;	/* in the request's arena */
	int64_t		 day;		/* the row is filed under */
	const char	*clive_tx_id;	/* the payment a request that was left
					   had opened */
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
 * A refusal before the action: in the Payments API kept as an answer, which
 * is NULL with the reply filled in (or that of a request that came first).
 * Elsewhere, without a key, and where it is not to be kept: the fault itself.
 */
const struct fault *idem_refuse(struct request *, const struct fault *);

/*
 * For an action that calls a processor (before, ask, after): takes the key
 * and runs `before` in one transaction, asks outside of any, runs `after` and
 * stores the answer in another. A retry of a request that stopped half-way
 * gets the payment that it had opened as rq->resume: at once where `ask` broke
 * off with a fault, and when its lease has ended where nothing was heard of it
 * any more. A request without an idempotency key runs the same three parts.
 */
const struct fault *idem_run_asking(struct request *, void *input);

/*
 * The job (lib/db.h) that runs the action's change together with storing its
 * answer; a duplicate that came first is replayed instead. Of a request
 * without an idempotency key it is the change alone.
 */
struct db_job	 idem_job(struct request *, void *input);

#endif
