/* SPDX-License-Identifier: ISC */
/*
 * sender-clerk.h - the thread that keeps a sender's books.
 *
 * Sending must not wait for the disk, nor the disk for the network. So one
 * thread moves the attempts (sender.c) and another, the clerk, has the
 * database: in one transaction after the other it records what has ended and
 * claims what comes next. A commit costs much the same however much it holds,
 * so results wait a few milliseconds for others, and claims are made ahead;
 * only where the sender would have nothing to send there is no waiting.
 *
 * They share the desk. An attempt has one owner at a time: the clerk while it
 * is free, the sender from when it takes it out of `ready` until it puts it
 * into `ended` or `unsent`. The places are used under the lock.
 */
#ifndef SENDER_CLERK_H
#define SENDER_CLERK_H

#include <pthread.h>

#include "sender-attempt.h"
#include "sender-places.h"
#include "setup.h"

struct sender_desk {
	pthread_mutex_t		 lock;		/* guards what follows */
	pthread_cond_t		 work;		/* there is some, or an end */
	struct sender_places	 places;
	struct sender_list	 ready;		/* to be sent */
	struct sender_list	 ended;		/* to be recorded */
	struct sender_list	 unsent;	/* to be given back */
	int64_t			 waiting_since;	/* the first of these two;
						   clock_monotonic */
	size_t			 under_way;
	size_t			 in_hand;	/* attempts that are not free */

	/* What is asked for. */
	bool			 seeking;	/* there may be something due */
	int64_t			 due;		/* by then */
	size_t			 most;		/* claims that are left */
	bool			 stuck;		/* until a place is free */
	bool			 failed;	/* the database has refused */
	bool			 at_work;	/* the clerk; else it waits: */
	bool			 timed;		/* for a moment */
	bool			 closing;
};

/* Something changed, under the lock: wakes the clerk where it has work now. */
void	sender_desk_nudge(struct sender_desk *);

struct sender_clerk;

/* What the clerk calls in its thread, not under the lock. */
struct sender_calls {
	void	(*wake)(void *);	/* something has changed on the desk */
	void	*wake_arg;
	void	(*tick)(void *);	/* now and then; it may use the database */
	void	*tick_arg;
};

/*
 * A clerk that claims for an owner. While it is there the database belongs
 * to it, but for reading. All arguments outlive it. Never NULL.
 */
struct sender_clerk *sender_clerk_new(const struct setup *,
	    const char *owner, struct sender_desk *,
	    const struct sender_calls *);

/* Ends the thread; what is not recorded by then will not be. */
void	sender_clerk_end(struct sender_clerk *);

/* After its end. */
void	sender_clerk_free(struct sender_clerk *);

#endif
