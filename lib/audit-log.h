/* SPDX-License-Identifier: ISC */
/*
 * audit-log.h - the audit log for people: pages of it, the newest first, as
 * JSON or as a sheet; and whether its newest links hold.
 */
#ifndef AUDIT_LOG_H
#define AUDIT_LOG_H

#include "buf.h"
#include "conn.h"
#include "json.h"

enum { AUDIT_LOG_LIMIT_MAX = 500, AUDIT_LOG_SHEET_MAX = 10000 };

/* What is looked for; a NULL leaves a condition out. */
struct audit_filter {
	const char	*subject;
	const char	*actor;
	const char	*action;
	int64_t		 from, to;	/* from <= at < to, milliseconds */
	int64_t		 before;	/* seq: only rows before it */
	int64_t		 limit;		/* rows */
};

/*
 * Writes the rows as elements of an open array: {"seq","at","actor","action",
 * "subject","detail"}. Returns where the next page begins (its `before`), or
 * 0: nothing follows. A search that finds little ends after a second with
 * what it has, so a page may be short and yet be followed by another one.
 */
int64_t	audit_log_page(struct conn *, const struct audit_filter *,
	    struct jsonw *);

/*
 * The same as CSV (RFC 4180) with a line of names. A cell that a spreadsheet
 * would take for a formula is led by an apostrophe.
 */
int64_t	audit_log_sheet(struct conn *, const struct audit_filter *,
	    struct buf *);

/*
 * Writes {"head":{"seq","hash"},"checked":{"rows","from","good",
 * "first_bad"}}: the head to note outside, and whether the newest rows, so
 * many at the most, follow from each other up to it.
 */
void	audit_log_chain(struct conn *, int64_t rows, struct jsonw *);

#endif
