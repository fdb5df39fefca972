/* SPDX-License-Identifier: ISC */
/*
 * rekey.h - what is sealed in the database, and sealing it anew under the
 * first key of the vault.
 *
 * That is every column named *_sealed, the actions of payments that hold a
 * secret of Stripe's, and kept answers that hold one. It is done page by page
 * in the order of the rows' names; what is done already is passed over, so a
 * run that was stopped is simply done again.
 */
#ifndef REKEY_H
#define REKEY_H

#include "db.h"
#include "vault.h"

struct rekey_count {
	int64_t	values;		/* sealed ones in all */
	int64_t	old;		/* under another key than the first */
	int64_t	unknown;	/* under a key that the vault has not */
	char	first_old[96];	/* where the first of the last two is */
};

/* Counts what is sealed; false: conn_failed. */
bool	rekey_look(struct conn *, const struct vault *,
	    struct rekey_count *);

/* A run on its way. */
struct rekey {
	const struct vault	*vault;
	int			 kind;		/* of what is sealed */
	int64_t			 number;	/* and the row it is at */
	char			 text[3][512];
	int64_t			 seen;		/* values looked at */
	int64_t			 resealed;
	int64_t			 unopened;	/* that no key opens */
};

/* The beginning of a run. */
void	rekey_begin(struct rekey *, const struct vault *);

/*
 * Does one page, in a transaction of its own. True: there is more, unless
 * *fault is not NULL then: the page was not done and may be tried again.
 */
bool	rekey_page(struct rekey *, struct db *, const struct fault **fault);

#endif
