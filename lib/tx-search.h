/* SPDX-License-Identifier: ISC */
/*
 * tx-search.h - operators' search over payments.
 *
 * A text names a payment (by any name that it, its intent, a refund or the
 * processor's payment has), or is a reference, or the beginning of one or of
 * an e-mail address, or an amount in major units ("1,750.00", "1750 USD").
 * Names and whole references are found by their indexes however old they are.
 * For the rest, payments are read newest first, at most TX_SEARCH_STRETCH of
 * them a page, so that no search takes long; the cursor goes on from there.
 */
#ifndef TX_SEARCH_H
#define TX_SEARCH_H

#include "tx-list.h"

enum { TX_SEARCH_STRETCH = 20000 };

/* Of the filter by mode: live and test payments of the Payments API, and
 * those of the partner API, which has no such mark. */
extern const char *const tx_search_modes[];

/* Does this list need a search, or is the plain list enough? */
bool		 tx_search_wanted(const struct tx_list *);

/* The payment that somebody calls so; NULL where there is none. */
struct tx	*tx_search_name(struct conn *, struct arena *,
		    const char *name);

/*
 * Writes a page of what matches, older than `before` and not older than
 * `from`, both identifiers. Returns the cursor of the next page, or NULL
 * where all was looked at; a page may be empty and have a next one.
 */
const char	*tx_search_page(struct jsonw *, struct request *,
		    const struct tx_list *, const char *before,
		    const char *from);

/* One payment as operators' lists have it: what tx_write writes, and its
 * address, mode, and what went back of it, into an open object. */
void		 tx_search_write(struct jsonw *, const struct tx *);

#endif
