/* SPDX-License-Identifier: ISC */
/*
 * sender-clerk.h - the thread that keeps a sender's books.
 *
 * Sending must not wait for the disk, nor the disk for the network. So one
 * thread moves the attempts (sender.c) and another, the clerk, has the
 * database: in one transaction after the other it records what has ended and
 * claims what comes next. What ends during one commit goes into the next: the
 * busier the sender, the more a commit holds.
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
	size_t			 in_hand;	/* attempts that are not free */

	/* What is asked for. */
	bool			 seeking;	/* there may be something due */
	int64_t			 due;		/* by then */
	size_t			 most;		/* claims that are left */
	bool			 stuck;		/* until a place is free */
	bool			 failed;	/* the database has refused */
	bool			 at_work;	/* the clerk */
	bool			 closing;
};

struct sender_clerk;

/*
 * A clerk that claims for an owner. wake(arg) is called in its thread when
 * something has changed on the desk, not under the lock. All arguments
 * outlive it. Never NULL.
 */
struct sender_clerk *sender_clerk_new(const struct setup *,
	    const char *owner, struct sender_desk *, void (*wake)(void *),
	    void *arg);

/* Ends the thread; what is not recorded by then will not be. */
void	sender_clerk_free(struct sender_clerk *);

#endif
