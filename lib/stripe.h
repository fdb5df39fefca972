/* SPDX-License-Identifier: ISC */
/*
 * stripe.h - what we know of Stripe: its webhook signature and its events.
 *
 * Rules: spec stripe-revolut.md sections 1 and 2, in the stricter reading of
 * its table 1.5 ("Ours").
 */
#ifndef STRIPE_H
#define STRIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "json.h"

enum {
	STRIPE_TOLERANCE_S = 300	/* seconds either way, inclusive */
};

/* The key of our refund's name in the metadata of Stripe's. */
#define STRIPE_REFUND_KEY "clive_refund"

enum stripe_signature {
	STRIPE_SIGNATURE_GOOD,
	STRIPE_SIGNATURE_MALFORMED,	/* header missing, empty, unparseable */
	STRIPE_SIGNATURE_NO_SCHEME,	/* no v1 item */
	STRIPE_SIGNATURE_MISMATCH,	/* no v1 matches any secret */
	STRIPE_SIGNATURE_STALE,		/* too old, or too far in the future */
	STRIPE_SIGNATURE_NO_SECRET	/* no usable secret was given */
};

/*
 * Checks a Stripe-Signature header (NULL: absent) over the raw body against
 * every secret; any match wins (rotation). A secret is plain bytes with its
 * whsec_ prefix; blank secrets count as none. now is in seconds.
 */
enum stripe_signature stripe_signature_check(const char *header,
	    struct slice body, const char *const *secrets, size_t secret_count,
	    int64_t now);

/* What an event means to a payment. */
enum stripe_meaning {
	STRIPE_IGNORED,		/* a type we do not use */
	STRIPE_SUCCEEDED,
	STRIPE_FAILED,
	STRIPE_REFUNDED,	/* in full or in part: see refunded_units */
	STRIPE_REFUND_DONE,	/* one of ours, see refund_id */
	STRIPE_REFUND_FAILED,
	STRIPE_DISPUTED,	/* money was withdrawn */
	STRIPE_INQUIRY		/* a dispute that moves no money yet */
};

/* An event, read. Texts live in the arena of the JSON. */
struct stripe_event {
	const char	*id;
	const char	*type;
	bool		 livemode;
	bool		 foreign_account;	/* carries "account": Connect */
	enum stripe_meaning meaning;
	const char	*intent_id;		/* NULL: the event names none */
	const char	*object_id;		/* of data.object, or NULL */
	const char	*clive_tx_id;		/* in its metadata, or NULL */
	const char	*refund_id;		/* of STRIPE_REFUND_*: ours, in
						   its metadata */
	int64_t		 created;		/* seconds; 0: not said */
	bool		 has_amount;
	int64_t		 units;		/* received, refunded in total,
					   refunded (of ours) or disputed; in
					   Stripe's own units */
	const char	*currency;		/* three characters; NULL: not said */
	bool		 fully_refunded;	/* charge.refunded says so */
	const char	*failure;	/* STRIPE_FAILED: as of stripe_failure;
					   STRIPE_REFUND_FAILED: Stripe's word,
					   or NULL */
};

/*
 * Why a card was declined, as a code of soxara.md 12.11, from an error of
 * Stripe's or a last_payment_error; NULL where it is none.
 */
const char	*stripe_failure(const struct json *error);

/*
 * Reads a classic event. NULL on success, else a constant sentence saying
 * what is wrong: not an object, a thin event, no id, no type, no data.object.
 */
const char	*stripe_event_read(const struct json *, struct stripe_event *);

#endif
