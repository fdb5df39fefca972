/* SPDX-License-Identifier: ISC */
/*
 * overview.h - how the gateway is doing, for the operators' first page: what
 * came in a day and currency, what hangs, what waits, what fails. Nothing of
 * it reads more than a bounded number of payments.
 */
#ifndef OVERVIEW_H
#define OVERVIEW_H

#include "request.h"

struct overview_ask {
	int64_t	days;		/* with today */
	int64_t	offset;		/* minutes that days are ahead of UTC's */
	int64_t	test;		/* 1: payments made with test keys */
};

/* Writes the object that cgi-bin/api/v1/admin/overview.c describes. */
void	overview_write(struct jsonw *, struct request *,
	    const struct overview_ask *);

#endif
