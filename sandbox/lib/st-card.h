/* SPDX-License-Identifier: ISC */
/*
 * st-card.h - Stripe's test cards and what each of them does.
 *
 * Spec: stripe-revolut.md section 5. A number is looked up and forgotten;
 * what is kept of it is the name of its row.
 */
#ifndef ST_CARD_H
#define ST_CARD_H

#include <stdbool.h>
#include <stdint.h>

/* When the payer must authenticate (3-D Secure). */
enum card_auth {
	AUTH_NEVER,
	AUTH_OPTIONAL,		/* only where the request asks for it */
	AUTH_ALWAYS,
	AUTH_ON_SESSION,	/* off session it passes */
	AUTH_LOOKUP_FAILS	/* needed, and the lookup ends in an error */
};

enum card_later {
	LATER_NOTHING,
	LATER_DISPUTE,		/* reason says which */
	LATER_TWO_DISPUTES,
	LATER_INQUIRY,
	LATER_FRAUD_WARNING,
	LATER_REFUND_PENDS,
	LATER_REFUND_FAILS
};

struct card {
	const char	*name;		/* behind pm_card_; unique */
	const char	*number;
	const char	*funding;	/* NULL: credit */
	enum card_auth	 auth;
	const char	*code;		/* charging fails so; NULL: it works */
	const char	*decline_code;
	enum card_later	 later;
	const char	*reason;	/* of a dispute */
	const char	*risk;		/* NULL: normal */
	const char	*cvc_check;	/* NULL: pass */
	const char	*line1_check, *zip_check;
	bool		 at_once;	/* the money is available */
	bool		 foreign;	/* costs an international fee */
};

/* By number, digits only; by name (with pm_card_ or tok_ before it); NULL. */
const struct card *card_of_number(const char *number);
const struct card *card_of_name(const char *name);

/* Digits, and the check digit is right. */
bool		 card_luhn(const char *number);

const char	*card_brand(const struct card *);
const char	*card_last4(const struct card *);

#endif
