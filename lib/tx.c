/* SPDX-License-Identifier: ISC */
/* tx.c - payments: reading, opening, attaching and writing them. */
#include "tx.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "id.h"

const char *const tx_status_names[] = {
	[TX_INITIALIZED] = "initialized",
	[TX_PENDING] = "pending",
	[TX_SUCCEEDED] = "succeeded",
	[TX_FAILED] = "failed",
	[TX_REFUNDED] = "refunded",
	[TX_CHARGEBACK] = "chargeback",
	[TX_ABANDONED] = "abandoned",
	[TX_STATUS_COUNT] = NULL
};

const char *
tx_status_name(enum tx_status status)
{
	return tx_status_names[status];
}

enum tx_status
tx_status_of(const char *name)
{
	unsigned int status = 0;

	while (status < TX_STATUS_COUNT &&
	    strcmp(name, tx_status_names[status]) != 0)
		status++;
	return (enum tx_status)status;
}

struct tx *
tx_of_row(struct rows *r, struct arena *arena)
{
	struct tx *tx = arena_alloc(arena, sizeof(*tx));

	tx->clive_tx_id = row_text_copy(r, 0, arena);
	tx->partner_id = row_text_copy(r, 1, arena);
	tx->client_id = row_text_copy(r, 2, arena);
	tx->amount.minor = row_int(r, 3);
	snprintf(tx->amount.currency, sizeof(tx->amount.currency), "%s",
	    row_text(r, 4));
	tx->echezona_reference = row_text_copy(r, 5, arena);
	tx->meta = row_text_copy(r, 6, arena);
	tx->status = tx_status_of(row_text(r, 7));
	tx->processor = row_text_copy(r, 8, arena);
	tx->processor_ref = row_text_copy(r, 9, arena);
	tx->has_fee = !row_null(r, 10);
	tx->fee.processor_ppm = row_int(r, 10);
	tx->fee.partner_ppm = row_int(r, 11);
	tx->fee.clive_earning_ppm = row_int(r, 12);
	tx->fee.clive_earning = row_int(r, 13);
	tx->fee.processor_fee = row_int(r, 14);
	tx->fee.platform_fee = row_int(r, 15);
	tx->fee.net = row_int(r, 16);
	tx->refunded = row_int(r, 17);
	tx->disputed = row_int(r, 18);
	tx->settlement_status = row_text_copy(r, 19, arena);
	tx->created_at = row_int(r, 20);
	tx->updated_at = row_int(r, 21);
	tx->partner_name = row_text_copy(r, 22, arena);
	tx->client_name = row_text_copy(r, 23, arena);
	tx->email = row_text_copy(r, 24, arena);
	tx->fee_rule_id = row_text_copy(r, 25, arena);
	tx->payments = !row_null(r, 26);
	tx->live = row_int(r, 26) == 1;
	tx->refunding = row_int(r, 27);
	tx->told_refunded = row_int(r, 28);
	return tx;
}

struct tx *
tx_find(struct conn *c, struct arena *arena, const char *clive_tx_id)
{
	struct rows *r = conn_rows(c, SQL_TX_FIND, "t", clive_tx_id);
	struct tx *tx = row_next(r) ? tx_of_row(r, arena) : NULL;

	row_done(r);
	return tx;
}

struct tx *
tx_find_by_ref(struct conn *c, struct arena *arena, const char *processor,
    const char *ref)
{
	struct rows *r = conn_rows(c, SQL_TX_FIND_BY_REF, "tt", processor,
	    ref);
	struct tx *tx = row_next(r) ? tx_of_row(r, arena) : NULL;

	row_done(r);
	return tx;
}

void
tx_open(struct conn *c, struct arena *arena, int64_t now, struct tx *tx,
    struct slice meta, const char *actor)
{
	char id[ID_SIZE], amount[AMOUNT_TEXT_SIZE];
	int64_t n;

	/* Two payments of one millisecond may draw the same digits. */
	do {
		id_make_tx(now, id);
		n = conn_try(c, SQL_TX_INSERT, "tttittstiti", id,
		    tx->partner_id, tx->client_id, tx->amount.minor,
		    tx->amount.currency, tx->echezona_reference, meta,
		    tx->processor, now, tx->email,
		    (int64_t)(tx->payments ? tx->live : -1));
	} while (n == CONN_TAKEN);
	tx->clive_tx_id = arena_strdup(arena, id);
	tx->status = TX_INITIALIZED;
	tx->created_at = tx->updated_at = now;
	amount_print(tx->amount.minor, tx->amount.currency, amount);
	audit_write(c, now, actor, "transaction.initialized", id,
	    arena_printf(arena, "{\"amount\":%s,\"currency\":\"%s\"}", amount,
	    tx->amount.currency));
}

enum tx_attach
tx_attach(struct conn *c, struct arena *arena, int64_t now, struct tx *tx,
    const char *ref, const char *actor)
{
	int64_t n = conn_try(c, SQL_TX_ATTACH, "tit", ref, now,
	    tx->clive_tx_id);

	if (n == CONN_TAKEN)
		return TX_ATTACH_TAKEN;
	if (n != 1)
		return TX_ATTACH_CLOSED;
	tx->status = TX_PENDING;
	tx->processor_ref = arena_strdup(arena, ref);
	tx->updated_at = now;
	audit_write(c, now, actor, "transaction.pending", tx->clive_tx_id,
	    arena_printf(arena, "{\"processor\":\"%s\",\"intent\":\"%s\"}",
	    tx->processor, ref));
	return TX_ATTACH_DONE;
}

/* Computed at success; null before, in the same places. */
static void
write_fees(struct jsonw *w, const struct tx *tx)
{
	static const char *const keys[] = { "stripeFeePercent",
	    "partnerFeePercent", "partnerPayoutPercent",
	    "cliveEarningPercent", "cliveEarningAmount", "processorFee",
	    "platformFee", "netAmount" };
	const char *code = tx->amount.currency;

	if (!tx->has_fee) {
		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			jsonw_null(w, keys[i]);
		return;
	}
	jsonw_percent(w, keys[0], tx->fee.processor_ppm);
	jsonw_percent(w, keys[1], tx->fee.partner_ppm);
	jsonw_percent(w, keys[2], 1000000 - tx->fee.partner_ppm);
	jsonw_percent(w, keys[3], tx->fee.clive_earning_ppm);
	jsonw_money(w, keys[4], tx->fee.clive_earning, code);
	jsonw_money(w, keys[5], tx->fee.processor_fee, code);
	jsonw_money(w, keys[6], tx->fee.platform_fee, code);
	jsonw_money(w, keys[7], tx->fee.net, code);
}

/* A page of Stripe's has another name until it is paid. */
static const char *
stripe_intent(const struct tx *tx)
{
	bool intent = strcmp(tx->processor, "stripe") == 0 &&
	    tx->processor_ref != NULL &&
	    strncmp(tx->processor_ref, "cs_", 3) != 0;

	return intent ? tx->processor_ref : NULL;
}

void
tx_write(struct jsonw *w, const struct tx *tx)
{
	char id[ID_SIZE];

	jsonw_text(w, "id", id_of_tx_row(tx->clive_tx_id, id));
	jsonw_text(w, "cliveTxId", tx->clive_tx_id);
	jsonw_text(w, "partnerId", tx->partner_id);
	jsonw_text(w, "partnerName", tx->partner_name);
	jsonw_text(w, "clientId", tx->client_id);
	jsonw_text(w, "clientName", tx->client_name);
	jsonw_text(w, "echezonaReference", tx->echezona_reference);
	jsonw_text(w, "stripePaymentIntentId", stripe_intent(tx));
	jsonw_money(w, "amount", tx->amount.minor, tx->amount.currency);
	jsonw_text(w, "currency", tx->amount.currency);
	jsonw_text(w, "status", tx_status_name(tx->status));
	write_fees(w, tx);
	jsonw_text(w, "settlementStatus", tx->settlement_status);
	jsonw_time(w, "createdAt", tx->created_at);
	jsonw_time(w, "updatedAt", tx->updated_at);
}
