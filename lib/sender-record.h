/* SPDX-License-Identifier: ISC */
/*
 * sender-record.h - putting attempts that have ended on record.
 *
 * One transaction holds, for each of them, the attempt itself, what becomes
 * of its delivery, the audit event, and what it says of its endpoint
 * (sender-health.h). An attempt whose lease has gone to another sender leaves
 * no trace: that sender's own attempt counts.
 */
#ifndef SENDER_RECORD_H
#define SENDER_RECORD_H

#include "db.h"
#include "sender-attempt.h"

/*
 * Records n attempts of a lease's owner, at least one, and sorts them. NULL,
 * or FAULT_STORAGE: then none of them is recorded, and the caller comes back
 * with the same.
 */
const struct fault *sender_record(struct db *, const struct conf *,
	    const char *owner, struct sender_attempt **, size_t n);

#endif
