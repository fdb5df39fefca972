/* SPDX-License-Identifier: ISC */
/*
 * sender.h - taking deliveries out of the outbox and sending them.
 *
 * A sender claims due deliveries under a lease, keeps many attempts under
 * way at once, and records each result in a transaction that also ends the
 * lease. It may die at any moment: what it held becomes due again when the
 * lease ends, so that every delivery is sent at least once. It belongs to
 * one thread; cron/deliver.c is its loop.
 */
#ifndef SENDER_H
#define SENDER_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

enum {
	SENDER_LEASE_MARGIN_MS = 20 * 1000, /* for recording, after an attempt */
	SENDER_CLOCK_SLACK_MS = 60 * 1000
};

struct setup;
struct sender;

/*
 * A sender that holds its leases as owner; both arguments outlive it. Never
 * NULL.
 */
struct sender	*sender_new(const struct setup *, const char *owner);
void		 sender_free(struct sender *);

/*
 * Claims what was due at a moment and finds a place, `most` deliveries at
 * the most, and sends it on its way. How many were claimed, or -1 where the
 * database refuses.
 */
int64_t		 sender_claim(struct sender *, int64_t due, size_t most);

/*
 * When, after now, the next delivery may be sent, with the pauses and rates
 * of its endpoint; now itself where a claim left something; INT64_MAX: none
 * is known.
 */
int64_t		 sender_next_due(struct sender *, int64_t now);

/*
 * Moves the attempts on, waiting wait_ms at the most for something to
 * happen, and records those that have ended. Results that the database does
 * not take are kept and tried again.
 */
void		 sender_work(struct sender *, int64_t wait_ms);

/* Attempts under way, or not on record yet. */
size_t		 sender_busy(const struct sender *);

/* Gives back what is still claimed: somebody else may send it at once. */
void		 sender_release(struct sender *);

/*
 * When the next attempt under way will have taken so long that its receiver
 * counts as slow, which may free places for others (clock_monotonic);
 * INT64_MAX: none will.
 */
int64_t		 sender_next_late(const struct sender *);

/* When a lease taken now ends. */
int64_t		 sender_lease_until(const struct conf *, int64_t now);

/*
 * Nothing was written later than the one, no lease ends later than the
 * other, while the clock runs on: else it was set back since, and the time
 * means nothing any more. Machines that share a database may differ by
 * SENDER_CLOCK_SLACK_MS.
 */
int64_t		 sender_clock_far(int64_t now);
int64_t		 sender_lease_far(const struct conf *, int64_t now);

#endif
