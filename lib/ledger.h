/* SPDX-License-Identifier: ISC */
/*
 * ledger.h - money movements as double entry.
 *
 * One row moves an amount from a credited to a debited account, so any set of
 * rows sums to zero. Balances are debits minus credits.
 *
 *   capture        debit processor:<p>  credit partner:<id>    gross
 *   processor_fee  debit partner:<id>   credit processor:<p>
 *   platform_fee   debit partner:<id>   credit revenue
 *   refund         debit partner:<id>   credit processor:<p>
 *   chargeback     debit partner:<id>   credit processor:<p>
 *   payout         debit partner:<id>   credit rail:<name>
 *
 * Of payments with test keys (Payments API) each account is one of its own,
 * with ":test" behind its name.
 *
 * A negative amount (a platform fee may be one) swaps the two accounts; a
 * zero writes nothing. Called inside the transaction of the state change.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include "conn.h"
#include "tx.h"

enum ledger_kind {
	LEDGER_CAPTURE,
	LEDGER_PROCESSOR_FEE,
	LEDGER_PLATFORM_FEE,
	LEDGER_REFUND,
	LEDGER_CHARGEBACK
};

void	ledger_post(struct conn *, int64_t now, const struct tx *,
	    enum ledger_kind, int64_t minor);

/*
 * A payment's part of what was paid out over a rail (lib/settlement.h); of
 * test keys there is none.
 */
void	ledger_post_payout(struct conn *, int64_t now,
	    const char *clive_tx_id, const char *partner_id,
	    const char *rail, struct amount);

struct ledger_report {
	int64_t	entries;
	int64_t	payments;	/* compared with their entries */
	int64_t	bad_payments;
	char	first_bad[40];	/* clive_tx_id; "" where none */
};

/*
 * Compares every payment's figures with the sums of its entries, and looks
 * for entries whose payment never succeeded. True where all agree.
 */
bool	ledger_verify(struct conn *, struct ledger_report *);

#endif
