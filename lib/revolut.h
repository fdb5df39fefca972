/* SPDX-License-Identifier: ISC */
/*
 * revolut.h - what we know of Revolut Merchant: its webhook signature, its
 * events and its orders (stripe-revolut.md 7).
 */
#ifndef REVOLUT_H
#define REVOLUT_H

#include <stdbool.h>
#include <stdint.h>

#include "amount.h"
#include "arena.h"
#include "json.h"

enum {
	REVOLUT_TOLERANCE_MS = 300 * 1000	/* either way, inclusive */
};

enum revolut_signature {
	REVOLUT_SIGNATURE_GOOD,
	REVOLUT_SIGNATURE_MISSING,	/* a header is absent or empty */
	REVOLUT_SIGNATURE_MALFORMED,	/* a header cannot be read */
	REVOLUT_SIGNATURE_NO_SCHEME,	/* no v1 item */
	REVOLUT_SIGNATURE_MISMATCH,	/* no v1 matches any secret */
	REVOLUT_SIGNATURE_STALE,	/* too old, or too far in the future */
	REVOLUT_SIGNATURE_NO_SECRET	/* no usable secret was given */
};

/*
 * Checks Revolut-Signature over "v1.", Revolut-Request-Timestamp, "." and the
 * raw body (headers NULL: absent) against every secret; any match wins. A
 * secret is plain bytes with its wsk_ prefix; blank secrets count as none.
 * now is in milliseconds.
 */
enum revolut_signature revolut_signature_check(const char *signature,
	    const char *timestamp, struct slice body,
	    const char *const *secrets, size_t secret_count, int64_t now);

/* What a webhook's event says, before its order was looked at. */
enum revolut_meaning {
	REVOLUT_IGNORED,	/* an event we do not use */
	REVOLUT_FINAL,		/* the order is completed, failed, cancelled */
	REVOLUT_ATTEMPT		/* an attempt to pay it was declined */
};

/* A webhook, read. Texts live in the arena of the JSON. */
struct revolut_event {
	const char		*type;		/* ORDER_COMPLETED ... */
	enum revolut_meaning	 meaning;
	const char		*order_id;	/* NULL: it names none */
	const char		*reference;	/* ours for the order, or NULL */
};

/* NULL on success, else a constant sentence saying what is wrong. */
const char	*revolut_event_read(const struct json *,
		    struct revolut_event *);

enum revolut_state {
	REVOLUT_OPEN,		/* pending, processing, authorised, unknown */
	REVOLUT_COMPLETED,
	REVOLUT_FAILED,
	REVOLUT_CANCELLED
};

enum revolut_type {
	REVOLUT_PAYMENT,
	REVOLUT_REFUND,		/* of related_id */
	REVOLUT_CHARGEBACK,	/* of related_id */
	REVOLUT_OTHER_TYPE
};

/* An order, read. Texts live in the arena of the JSON. */
struct revolut_order {
	const char		*id;
	const char		*token;		/* for browsers; NULL: over */
	const char		*checkout_url;
	const char		*reference;	/* merchant_order_data */
	const char		*related_id;
	const char		*attempt;	/* id of the last payment */
	enum revolut_type	 type;
	enum revolut_state	 state;
	bool			 has_amount;
	struct amount		 amount;	/* what it is, or was, about */
	int64_t			 outstanding;	/* of it, unpaid */
	int64_t			 refunded;	/* of it, in total */
};

/* NULL on success, else a constant sentence saying what is wrong. */
const char	*revolut_order_read(const struct json *,
		    struct revolut_order *);

/* Is it an order of this gateway, and not of another of the merchant's? */
bool		 revolut_is_ours(const struct revolut_order *);

/* Did it come to nothing? */
bool		 revolut_is_off(const struct revolut_order *);

/*
 * What the API takes of a text: a descriptor of at most 19 characters without
 * * and \ (cut to fit; NULL: nothing is left), and a page that its own hosted
 * page may send people to (NULL: not this one).
 */
const char	*revolut_descriptor(struct arena *, const char *);
const char	*revolut_redirect(const char *url);

#endif
