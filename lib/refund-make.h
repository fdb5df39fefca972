/* SPDX-License-Identifier: ISC */
/*
 * refund-make.h - a refund as a merchant asks for it: set aside, asked of the
 * processor, booked; the three parts of a struct action, and what they share
 * with an operator's (refund-operator.h).
 */
#ifndef REFUND_MAKE_H
#define REFUND_MAKE_H

#include "app.h"
#include "refund.h"

enum {
	REFUND_AMOUNT_MAX = 99999999,
	REFUND_METADATA_MAX = 16 * 1024
};

/* A refund on its way through the three parts, whoever asked for it. */
struct refund_asking {
	struct refund		*refund;
	struct tx		*tx;
	bool			 answered;	/* the processor was asked */
	struct provider_answer	 answer;
};

/*
 * refund_open (lib/refund.h) for asking->tx's intent; the money of our own
 * wallet moves, and is booked, at once. What refund_open refuses.
 */
const struct fault *refund_asking_open(struct conn *, struct request *,
		    struct refund_asking *, const struct intent *,
		    int64_t minor, const char *reason, struct slice metadata,
		    const char *actor);

/* Asks the processor, unless that is done; what came of it is in answer. */
void		 refund_asking_ask(struct request *, struct refund_asking *);

/* Books it. NULL, with asking->refund as it is then. */
const struct fault *refund_asking_settle(struct conn *, struct request *,
		    struct refund_asking *, const char *actor);

/* What it is asked for with, and what it comes to. */
struct refund_make {
	/* From the request. */
	const char		*payment;
	int64_t			 amount;	/* 0: what is left */
	const char		*reason;
	struct slice		 metadata;
	struct refund_asking	 asking;	/* what comes of it */
};

/* The fields that fill it. */
extern const struct field refund_make_fields[];

/* The merchant's own payment of its mode, or NULL. */
struct intent	*refund_make_intent(struct conn *, struct request *,
		    const char *id);

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
