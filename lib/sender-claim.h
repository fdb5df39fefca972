/* SPDX-License-Identifier: ISC */
/*
 * sender-claim.h - choosing what is sent next and making it ours.
 *
 * One transaction takes, for each endpoint that has something due and found
 * free places, as many deliveries as its state allows, and writes a lease on
 * each. What counts over all senders is counted there: attempts under way,
 * the rate, the one probe of an endpoint that is disabled, the order of the
 * events of one payment.
 */
#ifndef SENDER_CLAIM_H
#define SENDER_CLAIM_H

#include "arena.h"
#include "sender-places.h"
#include "setup.h"
#include "webhook-sign.h"

/* An endpoint with something due. */
struct sender_target {
	const char		*id, *url, *pauses;
	int64_t			 last_duration_ms;	/* -1: none */
	bool			 ed25519;
	bool			 limited;	/* in its rate or its places */
	int64_t			 limit;		/* of places; 0: none */
	bool			 ordered;	/* known once it is claimed */
	size_t			 share;		/* places it gets */
	struct sender_receiver	*receiver;
	struct webhook_signer	*signer;	/* of what was claimed; without
						   secrets: none opens */
};

/* A delivery that is ours now. */
struct sender_claimed {
	struct sender_target	*target;
	const char		*id, *event_id;
	int64_t			 used;		/* attempts the schedule counts */
	int64_t			 number;	/* of the one to be made */
	int64_t			 next_attempt_at;
	bool			 probe;
	const char		*type;		/* NULL: its event is gone */
	const char		*tx;		/* NULL: it is of no payment */
	struct slice		 body;
	struct sender_claimed	*next;
};

struct sender_claim {
	/* What is asked for. */
	const struct setup	*setup;
	const char		*owner;
	struct arena		*arena;		/* of what is claimed */
	struct arena		*kept;		/* of the targets, which may
						   serve several claims */
	struct sender_places	*places;
	int64_t			 due;		/* by when */
	size_t			 most;

	/* What may be claimed, and what was. */
	struct sender_target	*targets;
	size_t			 n;
	size_t			 dealt;		/* to all of them together */
	struct sender_claimed	*list;
	bool			 again;		/* more is due by then */
	int64_t			 now, lease_until;

	/* For sender-claim.c alone. */
	int64_t			 lease_far;
	struct sender_claimed	**end;
};

/* Begins a claim: nothing is dealt or claimed yet, the targets remain. */
void	sender_claim_begin(struct sender_claim *);

/*
 * Reads who has something due; false, and there is no target, where the
 * database refuses.
 */
bool	sender_claim_read(struct sender_claim *, struct conn *);

/* Deals out among them what may be claimed. */
void	sender_claim_share(struct sender_claim *);

/* Claims, in the caller's transaction; again after one that failed. */
void	sender_claim_take(struct conn *, struct sender_claim *);

/* Wipes the secrets, when everything is signed. */
void	sender_claim_wipe(struct sender_claim *);

#endif
