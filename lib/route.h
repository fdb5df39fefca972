/* SPDX-License-Identifier: ISC */
/*
 * route.h - choosing the processor for a payment by the table of fee rules.
 *
 * A rule matches when each of its parts is '*' or equal to the payment's, its
 * processor is configured, can open payments and carries this payment type. A
 * processor that must be told what to charge has to be named. The cheapest
 * estimated fee comes first, the rule's id decides between equals.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include "conn.h"
#include "provider.h"

enum { ROUTES_MAX = 64 };

struct route_input {
	const char	*payment_type;
	const char	*country;	/* upper case; NULL: not said */
	const char	*card_scheme;	/* lower case; NULL: not said */
	const char	*processor;	/* this one alone; NULL: any */
	bool		 hosted;	/* on a page of the processor */
	struct amount	 amount;
};

struct route {
	const char		*rule_id;
	const struct provider	*provider;
	int64_t			 percent_ppm;
	int64_t			 fixed_hundredths;
	int64_t			 estimated_fee;	/* minor units */
};

struct routes {
	struct route		 at[ROUTES_MAX];
	size_t			 n;
	/* Where n is 0 although rules match: what is not configured. */
	const struct fault	*missing;
};

/* Fills routes in the order in which to try them. */
void	route_find(struct conn *, struct arena *, const struct conf *,
	    const struct route_input *, struct routes *);

/* Writes the decision down, in the caller's transaction. */
void	route_record(struct conn *, int64_t now, const char *clive_tx_id,
	    const struct route_input *, const struct routes *);

#endif
