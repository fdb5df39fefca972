/* SPDX-License-Identifier: ISC */
/*
 * sender.h - taking deliveries out of the outbox and sending them.
 *
 * A sender claims due deliveries under a lease, keeps many attempts under
 * way at once, and records each result in a transaction that also ends the
 * lease. It may die at any moment: what it held becomes due again when the
 * lease ends, so that every delivery is sent at least once. It belongs to
 * one thread, whose loop is cron/deliver.c; another one has the database
 * (sender-clerk.h).
 */
#ifndef SENDER_H
#define SENDER_H

#include <stdbool.h>
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
 * A sender that holds its leases as owner and claims `most` deliveries at the
 * most. Until sender_end nobody else writes to the database but tick(arg),
 * which its second thread calls at least once a second. All arguments outlive
 * it. Never NULL.
 */
struct sender	*sender_new(const struct setup *, const char *owner,
		    size_t most, void (*tick)(void *), void *arg);

/* Ends the second thread; how many deliveries are still in hand. */
size_t		 sender_end(struct sender *);

/* After its end. */
void		 sender_free(struct sender *);

/*
 * Has it claim what was due at a moment, and send it on its way as places
 * become free; has it claim no more.
 */
void		 sender_seek(struct sender *, int64_t due);
void		 sender_stop(struct sender *);

/* How far it is. */
struct sender_progress {
	size_t	busy;		/* in hand, sent or not, or not on record */
	bool	seeking;	/* there may be more to claim */
	bool	failed;		/* the database has refused a claim since
				   this was asked before */
	size_t	left;		/* how many may still be claimed */
};
struct sender_progress sender_progress(struct sender *);

/*
 * When, after now, the next delivery may be sent, with the pauses and rates
 * of its endpoint; INT64_MAX: none is known.
 */
int64_t		 sender_next_due(struct sender *, int64_t now);

/*
 * Moves the attempts on, waiting wait_ms at the most for something to
 * happen, and records those that have ended. Results that the database does
 * not take are kept and tried again.
 */
void		 sender_work(struct sender *, int64_t wait_ms);

/*
 * After its end: gives back what is still claimed, so that somebody else may
 * send it at once.
 */
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
