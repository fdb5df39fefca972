/* SPDX-License-Identifier: ISC */
/* wallet.c - wallets, what moves between them, and whether it adds up. */
#include "wallet.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"

/* As wallet_transfer has them. */
static const char *const kinds[] = {
	[WALLET_TOP_UP] = "top_up",
	[WALLET_WITHDRAWAL] = "withdrawal",
	[WALLET_TRANSFER] = "transfer",
	[WALLET_PAYMENT] = "payment",
	[WALLET_REFUND] = "refund",
};

struct wallet *
wallet_of_row(struct rows *r, struct arena *arena)
{
	struct wallet *w = arena_alloc(arena, sizeof(*w));

	w->id = row_text_copy(r, 0, arena);
	w->kind = row_text_copy(r, 1, arena);
	w->live = row_int(r, 2) == 1;
	snprintf(w->currency, sizeof(w->currency), "%s", row_text(r, 3));
	w->balance = row_int(r, 4);
	w->buyer_id = row_text_copy(r, 5, arena);
	w->phone_number = row_text_copy(r, 6, arena);
	w->partner_id = row_text_copy(r, 7, arena);
	w->client_id = row_text_copy(r, 8, arena);
	w->created_at = row_int(r, 9);
	w->updated_at = row_int(r, 10);
	return w;
}

/* The one row of a statement that was started, or NULL. */
static struct wallet *
read_one(struct rows *r, struct arena *arena)
{
	struct wallet *w = row_next(r) ? wallet_of_row(r, arena) : NULL;

	row_done(r);
	return w;
}

struct wallet *
wallet_find(struct conn *c, struct arena *arena, const char *id)
{
	return read_one(conn_rows(c, SQL_WALLET_FIND, "t", id), arena);
}

struct wallet *
wallet_of_buyer(struct conn *c, struct arena *arena, const struct buyer *b,
    const char *currency)
{
	return read_one(conn_rows(c, SQL_WALLET_OF_BUYER, "tt", b->id,
	    currency), arena);
}

struct wallet *
wallet_of_merchant(struct conn *c, struct arena *arena,
    const char *partner_id, const char *client_id, bool live,
    const char *currency)
{
	return read_one(conn_rows(c, SQL_WALLET_OF_MERCHANT, "ttit",
	    partner_id, client_id, (int64_t)live, currency), arena);
}

static struct wallet *
find_outside(struct conn *c, struct arena *arena, bool live,
    const char *currency)
{
	return read_one(conn_rows(c, SQL_WALLET_OUTSIDE, "it", (int64_t)live,
	    currency), arena);
}

/* A new one, unless somebody was quicker; the caller looks again. */
static void
insert(struct conn *c, int64_t now, const char *kind, bool live,
    const char *currency, const char *buyer_id, const char *partner_id,
    const char *client_id)
{
	char id[ID_SIZE];

	conn_run(c, SQL_WALLET_INSERT, "ttitttti",
	    id_make("wal_", now, id), kind, (int64_t)live, currency,
	    buyer_id, partner_id, client_id, now);
}

struct wallet *
wallet_open_of_buyer(struct conn *c, struct arena *arena, int64_t now,
    const struct buyer *b, const char *currency)
{
	struct wallet *w = wallet_of_buyer(c, arena, b, currency);

	if (w != NULL)
		return w;
	insert(c, now, "buyer", b->live, currency, b->id, NULL, NULL);
	return wallet_of_buyer(c, arena, b, currency);
}

struct wallet *
wallet_open_of_merchant(struct conn *c, struct arena *arena, int64_t now,
    const char *partner_id, const char *client_id, bool live,
    const char *currency)
{
	struct wallet *w = wallet_of_merchant(c, arena, partner_id,
	    client_id, live, currency);

	if (w != NULL)
		return w;
	insert(c, now, "merchant", live, currency, NULL, partner_id,
	    client_id);
	return wallet_of_merchant(c, arena, partner_id, client_id, live,
	    currency);
}

struct wallet *
wallet_open_outside(struct conn *c, struct arena *arena, int64_t now,
    bool live, const char *currency)
{
	struct wallet *w = find_outside(c, arena, live, currency);

	if (w != NULL)
		return w;
	insert(c, now, "outside", live, currency, NULL, NULL, NULL);
	return find_outside(c, arena, live, currency);
}

void
wallet_write(struct jsonw *w, const struct wallet *wallet)
{
	jsonw_text(w, "id", wallet->id);
	jsonw_text(w, "object", "wallet");
	jsonw_text(w, "currency", wallet->currency);
	jsonw_int(w, "balance", wallet->balance);
	jsonw_bool(w, "livemode", wallet->live);
	jsonw_time(w, "created_at", wallet->created_at);
	jsonw_time(w, "updated_at", wallet->updated_at);
}

/* ----------------------------------------------------- moving money */

static bool
take(struct conn *c, int64_t now, const struct wallet_move *m)
{
	return conn_run(c, SQL_WALLET_TAKE, "iit", m->minor, now,
	    m->from->id) == 1;
}

static bool
give(struct conn *c, int64_t now, const struct wallet_move *m)
{
	return conn_run(c, SQL_WALLET_GIVE, "iit", m->minor, now,
	    m->to->id) == 1;
}

static void
record(struct conn *c, int64_t now, struct wallet_move *m)
{
	conn_run(c, SQL_TRANSFER_INSERT, "ttttitittttttsi",
	    id_make("tr_", now, m->id), kinds[m->kind], m->from->id,
	    m->to->id, (int64_t)m->from->live, m->from->currency, m->minor,
	    m->intent_id, m->refund_id, m->partner_id, m->client_id,
	    m->to_phone, m->description, m->metadata, now);
}

bool
wallet_move(struct conn *c, int64_t now, struct wallet_move *m)
{
	audit_queue(c);
	conn_savepoint(c);
	bool moved = strcmp(m->from->id, m->to->id) < 0 ?
	    take(c, now, m) && give(c, now, m) :
	    give(c, now, m) && take(c, now, m);
	if (!moved) {
		conn_rollback_to(c);
		return false;
	}
	record(c, now, m);
	conn_release(c);
	return conn_failed(c) == NULL;
}

/* From outside or there, by whoever may say so. */
static bool
move_by_word(struct conn *c, struct arena *arena, int64_t now,
    struct wallet_move *m, const struct wallet *w, const char *action,
    const char *actor)
{
	char amount[AMOUNT_TEXT_SIZE];

	if (!wallet_move(c, now, m))
		return false;
	amount_print(m->minor, w->currency, amount);
	audit_write(c, now, actor, action, w->id, arena_printf(arena,
	    "{\"transfer\":\"%s\",\"amount\":%s,\"currency\":\"%s\"}",
	    m->id, amount, w->currency));
	return conn_failed(c) == NULL;
}

bool
wallet_fund(struct conn *c, struct arena *arena, int64_t now,
    const struct wallet *w, int64_t minor, const char *description,
    const char *actor)
{
	struct wallet_move m = { .kind = WALLET_TOP_UP, .minor = minor,
	    .to = w, .description = description };

	m.from = wallet_open_outside(c, arena, now, w->live, w->currency);
	return m.from != NULL && move_by_word(c, arena, now, &m, w,
	    "wallet.funded", actor);
}

bool
wallet_withdraw(struct conn *c, struct arena *arena, int64_t now,
    const struct wallet *w, int64_t minor, const char *description,
    const char *actor)
{
	struct wallet_move m = { .kind = WALLET_WITHDRAWAL, .minor = minor,
	    .from = w, .description = description };

	m.to = wallet_open_outside(c, arena, now, w->live, w->currency);
	return m.to != NULL && move_by_word(c, arena, now, &m, w,
	    "wallet.withdrawn", actor);
}

static bool
fail_for_lack_of_money(struct conn *c, struct arena *arena, int64_t now,
    struct intent *in, const char *actor)
{
	in->tx = tx_find(c, arena, in->tx->clive_tx_id);
	if (in->tx == NULL || in->tx->status != TX_PENDING)
		return false;
	intent_note_failure(c, now, in->tx, "insufficient_funds",
	    "There is not enough money in the wallet.");
	return tx_move(c, arena, now, in->tx, TX_FAILED, actor);
}

bool
wallet_pay(struct conn *c, struct arena *arena, int64_t now,
    struct intent *in, const struct buyer *b, const char *actor)
{
	struct wallet_move move = { .kind = WALLET_PAYMENT,
	    .minor = in->tx->amount.minor, .intent_id = in->id };
	const char *currency = in->tx->amount.currency;

	if (in->tx->status != TX_PENDING || b->live != in->live)
		return false;
	/*
	 * The turn at the audit log first, then the payment, then the wallets:
	 * in this order all who pay by wallet take them.
	 */
	audit_queue(c);
	conn_savepoint(c);
	if (!tx_move(c, arena, now, in->tx, TX_SUCCEEDED, actor)) {
		conn_rollback_to(c);
		return false;
	}
	move.from = wallet_open_of_buyer(c, arena, now, b, currency);
	move.to = wallet_open_outside(c, arena, now, in->live, currency);
	if (move.from != NULL && move.to != NULL &&
	    wallet_move(c, now, &move)) {
		conn_release(c);
		return true;
	}
	conn_rollback_to(c);
	return conn_failed(c) == NULL &&
	    fail_for_lack_of_money(c, arena, now, in, actor);
}

/* The wallet that a payment was made from; NULL: none. */
static struct wallet *
payer_of(struct conn *c, struct arena *arena, const char *intent_id)
{
	struct rows *r = conn_rows(c, SQL_TRANSFER_OF_PAYMENT, "t",
	    intent_id);
	const char *id = row_next(r) ? row_text_copy(r, 2, arena) : NULL;

	row_done(r);
	return id != NULL ? wallet_find(c, arena, id) : NULL;
}

bool
wallet_refund(struct conn *c, struct arena *arena, int64_t now,
    const char *intent_id, const char *refund_id, int64_t minor)
{
	struct wallet_move move = { .kind = WALLET_REFUND, .minor = minor,
	    .intent_id = intent_id, .refund_id = refund_id,
	    .to = payer_of(c, arena, intent_id) };

	if (move.to == NULL)
		return false;
	move.from = wallet_open_outside(c, arena, now, move.to->live,
	    move.to->currency);
	return move.from != NULL && wallet_move(c, now, &move);
}

/* ------------------------------------------------------- verifying */

static void
find_fault(struct wallet_report *report, const char *what, const char *id)
{
	if (report->bad++ == 0)
		snprintf(report->first_bad, sizeof(report->first_bad),
		    "%s %s", what, id);
}

/* Rows of a name and whether all is well with it. */
static int64_t
compare(struct conn *c, enum sql sql, const char *what,
    struct wallet_report *report)
{
	struct rows *r = conn_rows(c, sql, "");
	int64_t n = 0;

	for (; row_next(r); n++)
		if (row_int(r, 1) == 0)
			find_fault(report, what, row_text(r, 0));
	return n;
}

bool
wallet_verify(struct conn *c, struct wallet_report *report)
{
	memset(report, 0, sizeof(*report));
	report->wallets = compare(c, SQL_WALLETS_COMPARE, "wallet", report);
	struct rows *r = conn_rows(c, SQL_WALLETS_SUM, "");
	while (row_next(r))
		find_fault(report, row_int(r, 0) == 1 ? "the live wallets in" :
		    "the test wallets in", row_text(r, 1));
	compare(c, SQL_TRANSFERS_COMPARE, "payment", report);
	r = conn_rows(c, SQL_TRANSFERS_STRAY, "");
	while (row_next(r))
		find_fault(report, "transfer", row_text(r, 0));
	r = conn_rows(c, SQL_TRANSFERS_COUNT, "");
	if (row_next(r))
		report->transfers = row_int(r, 0);
	row_done(r);
	return report->bad == 0 && conn_failed(c) == NULL;
}
