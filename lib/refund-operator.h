/* SPDX-License-Identifier: ISC */
/*
 * refund-operator.h - a refund as an operator asks for it: the three parts of
 * a struct action, over the same lib/refund.h as merchants' own.
 *
 * Operators send no idempotency keys. What could be refunded when they looked
 * is part of the question instead, so that the same question asked twice, or
 * by two people, gives the money back once.
 */
#ifndef REFUND_OPERATOR_H
#define REFUND_OPERATOR_H

#include "app.h"
#include "refund-make.h"

/* What it is asked for with, and what it comes to. */
struct refund_operator {
	/* From the request; the path names the payment. */
	char			 currency[4];
	struct amount		 amount;	/* minor 0: what is left */
	struct amount		 left;		/* as the operator saw it */
	const char		*reason;
	struct refund_asking	 asking;	/* what comes of it */
};

/* currency, amount, left, reason. */
extern const struct field refund_operator_fields[];

/*
 * Sets the amount aside and writes the refund; one from a wallet is over
 * then. Refuses: 404 TX_NOT_FOUND, 409 INVALID_STATE (also of a payment of
 * the partner API, whose refunds are made at the processor, and where `left`
 * is not what is left), 400 VALIDATION_ERROR for another currency or more
 * than is left.
 */
const struct fault *refund_operator_before(struct conn *, struct request *,
		    void *);

/* Asks the processor; what came of it stands in answer. */
const struct fault *refund_operator_ask(struct request *, void *);

/* Books it; answers 201 with the refund, whatever became of it. */
const struct fault *refund_operator_after(struct conn *, struct request *,
		    void *);

#endif
