/* SPDX-License-Identifier: ISC */
/*
 * sender-record.h - putting attempts that have ended on record.
 *
 * The transaction holds, for each of them, the attempt itself, what becomes
 * of its delivery, the audit event, and what it says of its endpoint
 * (sender-health.h). An attempt whose lease has gone to another sender leaves
 * no trace: that sender's own attempt counts.
 */
#ifndef SENDER_RECORD_H
#define SENDER_RECORD_H

#include "db.h"
#include "sender-attempt.h"

/* Records attempts of a lease's owner, in the caller's transaction. */
void	sender_record(struct conn *, const struct conf *, const char *owner,
	    const struct sender_list *);

#endif
