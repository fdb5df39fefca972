/* SPDX-License-Identifier: ISC */
/*
 * metrics.h - what /metrics answers: Prometheus text format 0.0.4.
 *
 * Three kinds of numbers, and where each comes from:
 *
 *   requests, calls of processors   memory that all programs add to
 *                                   (lib/counters.h)
 *   what happened to payments,      the audit log, which has a row for each
 *   refunds and deliveries          of these in the transaction that did it:
 *                                   a scrape counts the rows that came since
 *                                   the last one, METRICS_ROWS at the most,
 *                                   so it is exact, costs nothing where
 *                                   nobody scrapes, and never reads what was
 *                                   read before. clive_audit_unread is what
 *                                   is left
 *   what there is now: due,         counts by indexes that hold nothing else,
 *   open, pending, waiting          ended at METRICS_LIMIT
 *
 * So a scrape costs the same at ten payments and at ten million. The last
 * two kinds are of the database: hosts that share one all tell the same.
 */
#ifndef METRICS_H
#define METRICS_H

#include "buf.h"
#include "conf.h"

enum {
	METRICS_LIMIT = 20000,	/* no count goes beyond */
	METRICS_ROWS = 100000,	/* of the audit log in one scrape */
	METRICS_WAIT_MS = 1000
};

/* Writes all of them; conf NULL: those that need no database. */
void	metrics_write(struct buf *, const struct conf *);

#endif
