/* SPDX-License-Identifier: ISC */
/*
 * guard.h - the checks between a request and its action, in their one order
 * (app.h lists it).
 */
#ifndef GUARD_H
#define GUARD_H

#include "app.h"
#include "db.h"

/*
 * Runs the checks that the action asks for, then the action. False: the reply
 * is filled in. True: its change is left to be run, which is *job; guard_end
 * then fills in the reply, or does so where the job's result is a fault.
 */
bool	guard_start(struct request *, const struct endpoint *,
	    struct db_job *);
void	guard_end(struct request *, const struct endpoint *,
	    const struct fault *result);

/* ------------------------------------------ between the guard's own files */

enum { IDEMPOTENCY_KEY_MAX = 255 };	/* bytes */

/*
 * Counts the request against the limit of its subject, with the headers that
 * say so. NULL, or FAULT_RATE_LIMITED.
 */
const struct fault *guard_rate(struct request *, const char *subject);

/*
 * ACCESS_MERCHANT: the key in Authorization, its rate, its scope, and the
 * X-Idempotency-Key. Fills in merchant, owner and env.
 */
const struct fault *guard_merchant(struct request *);

/* ACCESS_PAYER: the same, unless the client secret of the payment in the path
 * came with it. Then payer and owner are filled in. */
const struct fault *guard_payer(struct request *);

#endif
