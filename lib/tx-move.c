/* SPDX-License-Identifier: ISC */
/*
 * tx-move.c - the state table and everything that one move entails. Apart from
 * tx.c, because all of the Payments API and the processors hang on it, and a
 * program that only opens payments needs none of them.
 */
#include "tx.h"

#include "audit.h"
#include "intent.h"
#include "ledger.h"
#include "outbox.h"
#include "settlement.h"

/* Rows: from. A paid payment never goes back to failed or pending. */
static const bool moves[TX_STATUS_COUNT][TX_STATUS_COUNT] = {
	[TX_INITIALIZED] = { [TX_PENDING] = true, [TX_ABANDONED] = true },
	[TX_PENDING] = { [TX_SUCCEEDED] = true, [TX_FAILED] = true,
	    [TX_ABANDONED] = true },
	[TX_FAILED] = { [TX_SUCCEEDED] = true },
	[TX_ABANDONED] = { [TX_SUCCEEDED] = true },
	[TX_SUCCEEDED] = { [TX_REFUNDED] = true, [TX_CHARGEBACK] = true },
	[TX_REFUNDED] = { [TX_CHARGEBACK] = true },
	[TX_CHARGEBACK] = { [TX_REFUNDED] = true },
};

bool
tx_may_move(enum tx_status from, enum tx_status to)
{
	return moves[from][to];
}

/*
 * What the processor takes: by the payment's rule, else Stripe's default. What
 * the Payments API carries without a rule goes over our own wallets or a
 * sandbox, which take nothing.
 */
static void
read_rule(struct conn *c, const struct tx *tx, struct fee_terms *terms)
{
	terms->processor_ppm = FEE_STRIPE_PPM;
	terms->fixed_hundredths = FEE_STRIPE_FIXED;
	if (tx->fee_rule_id == NULL && tx->payments)
		terms->processor_ppm = terms->fixed_hundredths = 0;
	if (tx->fee_rule_id == NULL)
		return;
	struct rows *r = conn_rows(c, SQL_FEE_RULE_FIND, "t", tx->fee_rule_id);
	if (row_next(r)) {
		terms->processor_ppm = row_int(r, 0);
		terms->fixed_hundredths = row_int(r, 1);
	}
	row_done(r);
}

/* The terms in force for this payment's partner and client. */
static bool
compute_fee(struct conn *c, struct tx *tx)
{
	struct fee_terms terms = { .client_ppm = -1, .client_flat_cents = -1 };

	read_rule(c, tx, &terms);
	struct rows *r = conn_rows(c, SQL_FEE_TERMS, "tt", tx->partner_id,
	    tx->client_id);
	bool found = row_next(r);

	if (found) {
		terms.partner_ppm = row_int(r, 0);
		if (!row_null(r, 1))
			terms.client_ppm = row_int(r, 1);
		if (!row_null(r, 2))
			terms.client_flat_cents = row_int(r, 2);
	}
	row_done(r);
	return found && fee_split(tx->amount, terms, &tx->fee);
}

static bool
move_to_succeeded(struct conn *c, int64_t now, struct tx *tx)
{
	if (!compute_fee(c, tx))
		return false;
	if (conn_run(c, SQL_TX_SUCCEED, "ittiiiiiii", now, tx->clive_tx_id,
	    tx_status_name(tx->status), tx->fee.processor_ppm,
	    tx->fee.partner_ppm, tx->fee.clive_earning_ppm,
	    tx->fee.clive_earning, tx->fee.processor_fee,
	    tx->fee.platform_fee, tx->fee.net) != 1)
		return false;
	tx->has_fee = true;
	ledger_post(c, now, tx, LEDGER_CAPTURE, tx->amount.minor);
	ledger_post(c, now, tx, LEDGER_PROCESSOR_FEE, tx->fee.processor_fee);
	ledger_post(c, now, tx, LEDGER_PLATFORM_FEE, tx->fee.platform_fee);
	return true;
}

bool
tx_move(struct conn *c, struct arena *arena, int64_t now, struct tx *tx,
    enum tx_status to, const char *actor)
{
	const char *from = tx_status_name(tx->status);
	bool moved;

	if (!tx_may_move(tx->status, to))
		return false;
	if (to == TX_SUCCEEDED)
		moved = move_to_succeeded(c, now, tx);
	else
		moved = conn_run(c, SQL_TX_MOVE, "titt", tx_status_name(to),
		    now, tx->clive_tx_id, from) == 1;
	if (!moved)
		return false;
	tx->status = to;
	tx->updated_at = now;
	if (to == TX_REFUNDED || to == TX_CHARGEBACK)
		settlement_touched(c, arena, now, tx, actor);
	audit_write(c, now, actor,
	    arena_printf(arena, "transaction.%s", tx_status_name(to)),
	    tx->clive_tx_id, arena_printf(arena, "{\"from\":\"%s\"}", from));
	/* Who called through the Payments API is told in its words. */
	if (tx->payments)
		intent_moved(c, arena, now, tx);
	else
		outbox_emit(c, now, tx);
	return true;
}
