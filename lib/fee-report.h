/* SPDX-License-Identifier: ISC */
/*
 * fee-report.h - a processor's own account of its payments and fees, read
 * from CSV and held against ours.
 *
 * Of Stripe's balance transactions, as its dashboard and its reports export
 * them, the lines of charges and payments are taken; all others are counted.
 * Any other processor's file is read by the names of its columns. A line is
 * matched by our name of the payment, by the processor's, or by that of the
 * charge that Stripe's events told of.
 */
#ifndef FEE_REPORT_H
#define FEE_REPORT_H

#include <stdio.h>

#include "conn.h"
#include "tx.h"

/* The names of the columns of a file that is not Stripe's. */
struct fee_report_columns {
	const char	*id;		/* of the line */
	const char	*reference;	/* ours, or the processor's name */
	const char	*amount, *fee, *currency;
	const char	*type;		/* NULL: every line is a payment */
};

enum fee_line_state {
	FEE_LINE_MATCHED,
	FEE_LINE_DIFFERS,	/* matched, with another amount or currency */
	FEE_LINE_TWICE,		/* of a payment that another line is of */
	FEE_LINE_UNKNOWN	/* of no payment of ours */
};

/* A line that is of a payment. */
struct fee_line {
	const char		*id;
	const char		*reference;	/* as it stands there */
	const char		*ours;		/* our name, where it has it */
	struct amount		 amount;
	int64_t			 fee;
	int64_t			 at;		/* 0: not said */
	enum fee_line_state	 state;
	const struct tx		*tx;		/* NULL: unknown */
	struct fee_line		*next;
};

struct fee_report {
	const char	*processor;
	bool		 live;		/* leaves out what test keys made */
	struct fee_line	*lines;
	int64_t		 n, other;	/* lines, and those of other types */
	int64_t		 from, to;	/* of the lines; 0: not said */
	const char	*wrong;		/* why it cannot be read, or NULL */
	int64_t		 line;		/* and where */
};

/*
 * Reads a file: Stripe's (columns NULL) or another. False with wrong and line
 * filled in. Everything lives in the arena.
 */
bool	fee_report_read(struct arena *, FILE *,
	    const struct fee_report_columns *, struct fee_report *);

/* Finds the payment of each line. False: conn_failed. */
bool	fee_report_match(struct conn *, struct arena *, struct fee_report *);

/*
 * Calls each for every payment of the processor that was paid, made from `from`
 * to before `to`, and in no line. The payment lives until each returns.
 */
void	fee_report_missing(struct conn *, struct arena *,
	    const struct fee_report *, int64_t from, int64_t to,
	    void (*each)(void *, const struct tx *), void *);

/*
 * Records the fees of all lines that are matched, whether or not the amounts
 * agree, in the caller's transaction, with an audit event; those that are
 * recorded stay as they are. A second line of a payment is for a person to look
 * at. Returns how many are new.
 */
int64_t	fee_report_record(struct conn *, int64_t now,
	    const struct fee_report *, const char *file, const char *actor);

#endif
