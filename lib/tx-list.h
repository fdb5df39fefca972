/* SPDX-License-Identifier: ISC */
/*
 * tx-list.h - lists of payments: the same filters for partners and
 * operators, newest first, paged by cursor.
 */
#ifndef TX_LIST_H
#define TX_LIST_H

#include "field.h"
#include "request.h"
#include "tx.h"

enum { TX_LIST_LIMIT_MAX = 500 };

/* The query parameters of a list. */
struct tx_list {
	int64_t		 limit;		/* rows; TX_LIST_LIMIT_MAX at most */
	const char	*cursor;	/* the last clive_tx_id of the page
					   before; NULL: from the newest */
	const char	*status;
	const char	*partner_id;
	const char	*client_id;
	const char	*reference;
	const char	*clive_tx_id;	/* this one alone */
	int64_t		 from, to;	/* created_at, from inclusive, to not */
	/* Of operators alone (lib/tx-search.h). */
	const char	*q;
	const char	*mode;
};

/* Their field table: limit, cursor, status, partner_id, client_id,
 * reference (also as echezona_reference), id, from, to. */
extern const struct field tx_list_fields[];
/* The same, with q (text) and mode (live, test, partner). */
extern const struct field tx_search_fields[];

/*
 * Answers 200 {"items":[...],"nextCursor":text or null} with the payments
 * that match. owner limits the list to one partner ("": all of them). What
 * was made with a test key of the Payments API is in it for operators alone,
 * who see all, and of each more (tx_search_write).
 */
void	tx_list_answer(struct request *, const struct tx_list *,
	    const char *owner, bool all);

#endif
