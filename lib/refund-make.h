/* SPDX-License-Identifier: ISC */
/*
 * refund-make.h - a refund as a merchant asks for it: set aside, asked of the
 * processor, booked; the three parts of a struct action.
 */
#ifndef REFUND_MAKE_H
#define REFUND_MAKE_H

#include "app.h"
#include "refund.h"

enum {
	REFUND_AMOUNT_MAX = 99999999,
	REFUND_METADATA_MAX = 16 * 1024
};

/* What it is asked for with, and what it comes to. */
struct refund_make {
	/* From the request. */
	const char		*payment;
	int64_t			 amount;	/* 0: what is left */
	const char		*reason;
	struct slice		 metadata;
	/* Results. */
	struct refund		*refund;
	struct tx		*tx;
	bool			 answered;	/* the processor was asked */
	struct provider_answer	 answer;
};

/* The fields that fill it. */
extern const struct field refund_make_fields[];

/* The merchant's own payment of its mode, or NULL. */
struct intent	*refund_make_intent(struct conn *, struct request *,
		    const char *id);

/*
 * Our own wallet gives back at once: moves the money of an open refund and
 * books it, in the transaction that opened it. False where that failed.
 */
bool		 refund_make_to_wallet(struct conn *, struct arena *,
		    int64_t now, struct refund *, const char *actor);

/*
 * Writes the refund; one from a wallet is over then. Refuses: 404 NOT_FOUND,
 * 409 INVALID_STATE, 422 AMOUNT_TOO_LARGE, the last two with details.
 */
const struct fault *refund_make_before(struct conn *, struct request *,
		    void *);

/* Asks the processor; what came of it stands in answer. */
const struct fault *refund_make_ask(struct request *, void *);

/* Books it, and answers 201 with the refund, whatever became of it. */
const struct fault *refund_make_after(struct conn *, struct request *,
		    void *);

#endif
