/* SPDX-License-Identifier: ISC */
/*
 * explain.h - what happened to one payment: how it found its processor, what
 * that was asked, what it told, ledger entries, events, deliveries and every
 * attempt, in order of time.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "tx.h"

/*
 * Writes {"transaction":{...},"timeline":[...]} for a payment, and for one of
 * the Payments API "payment" between them, as its merchant sees it. Entries
 * have "at" and "kind" (audit, route, processor_call, processor_event, ledger,
 * refund, event, delivery, attempt) and the particulars of their kind; bodies
 * are texts, byte for byte where they are UTF-8.
 */
void	explain_write(struct conn *, struct arena *, struct jsonw *,
	    const struct tx *);

#endif
