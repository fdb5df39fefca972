/* SPDX-License-Identifier: ISC */
/* settlement.c - batches as they are written, and payments leaving them. */
#include "settlement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"

const char *const settlement_statuses[] = {
	"pending", "sending", "sent", "failed", NULL
};

struct settlement *
settlement_of_row(struct rows *r, struct arena *arena)
{
	struct settlement *b = arena_alloc(arena, sizeof(*b));

	b->id = row_text_copy(r, 0, arena);
	b->partner_id = row_text_copy(r, 1, arena);
	b->client_id = row_text_copy(r, 2, arena);
	snprintf(b->currency, sizeof(b->currency), "%s", row_text(r, 3));
	b->payments = row_int(r, 4);
	b->gross = row_int(r, 5);
	b->processor_fees = row_int(r, 6);
	b->platform_fees = row_int(r, 7);
	b->refunded = row_int(r, 8);
	b->net = row_int(r, 9);
	b->status = row_text_copy(r, 10, arena);
	b->rail = row_text_copy(r, 11, arena);
	b->recipient = row_text_copy(r, 12, arena);
	b->key = row_text_copy(r, 13, arena);
	b->quote = row_text_copy(r, 14, arena);
	b->transfer = row_text_copy(r, 15, arena);
	b->busy_until = row_int(r, 16);
	b->looks = row_int(r, 17);
	b->failure = row_text_copy(r, 18, arena);
	b->unbooked = row_int(r, 19);
	b->created_at = row_int(r, 20);
	b->updated_at = row_int(r, 21);
	b->paid_at = row_int(r, 22);
	return b;
}

struct settlement *
settlement_find(struct conn *c, struct arena *arena, const char *id)
{
	struct rows *r = conn_rows(c, SQL_BATCH_FIND, "t", id);
	struct settlement *b = row_next(r) ? settlement_of_row(r, arena) :
	    NULL;

	row_done(r);
	return b;
}

/* ------------------------------------------------------------- writing */

static void
write_ids(struct jsonw *w, struct conn *c, const struct settlement *b)
{
	struct rows *r = conn_rows(c, SQL_BATCH_TX_IDS, "t", b->id);

	jsonw_array(w, "transactionIds");
	while (row_next(r))
		jsonw_text(w, NULL, row_text(r, 0));
	jsonw_end_array(w);
}

/* The name of its transfer, where this rail carried it to the end. */
static const char *
transfer_over(const struct settlement *b, const char *rail)
{
	return strcmp(b->status, "sent") == 0 && strcmp(b->rail, rail) == 0 ?
	    b->transfer : NULL;
}

void
settlement_write(struct jsonw *w, struct conn *c, const struct settlement *b,
    bool paid)
{
	jsonw_text(w, "id", b->id);
	jsonw_text(w, "partnerId", b->partner_id);
	jsonw_text(w, "clientId", b->client_id);
	jsonw_text(w, "currency", b->currency);
	write_ids(w, c, b);
	jsonw_money(w, "totalGross", b->gross, b->currency);
	jsonw_money(w, "totalProcessorFees", b->processor_fees, b->currency);
	jsonw_money(w, "totalPlatformFees", b->platform_fees, b->currency);
	jsonw_money(w, "totalNet", b->net, b->currency);
	jsonw_text(w, "status", b->status);
	if (paid) {
		jsonw_text(w, "mercuryTransferId",
		    transfer_over(b, "mercury"));
		jsonw_text(w, "wiseTransferId", transfer_over(b, "wise"));
	}
	jsonw_time(w, "createdAt", b->created_at);
	if (b->refunded != 0 || paid)
		jsonw_money(w, "totalRefunded", b->refunded, b->currency);
	if (paid) {
		jsonw_time(w, "paidAt", b->paid_at);
		jsonw_text(w, "failure", b->failure);
	}
}

/* ------------------------------------------------------------- leaving */

/* A payment in its batch. */
struct place {
	const char	*batch, *status;
	int64_t		 amount, processor_fee, platform_fee, owed;
};

static bool
find_place(struct conn *c, struct arena *arena, const char *tx_id,
    struct place *p)
{
	struct rows *r = conn_rows(c, SQL_SETTLE_OF_TX, "t", tx_id);
	bool found = row_next(r);

	if (found) {
		p->batch = row_text_copy(r, 0, arena);
		p->status = row_text_copy(r, 1, arena);
		p->amount = row_int(r, 2);
		p->processor_fee = row_int(r, 3);
		p->platform_fee = row_int(r, 4);
		p->owed = row_int(r, 5);
	}
	row_done(r);
	return found;
}

static bool
is_unpaid(const struct place *p)
{
	return strcmp(p->status, "sending") != 0 &&
	    strcmp(p->status, "sent") != 0;
}

static void
leave(struct conn *c, int64_t now, const char *tx_id, const struct place *p)
{
	if (conn_run(c, SQL_SETTLE_LEAVE, "it", now, tx_id) != 1)
		return;
	conn_run(c, SQL_BATCH_ADD, "iiiiiiit", INT64_C(-1), -p->amount,
	    -p->processor_fee, -p->platform_fee, -(p->amount -
	    p->processor_fee - p->platform_fee - p->owed), -p->owed, now,
	    p->batch);
}

/* A batch that nothing is left in is gone; what it was is in the log. */
static void
drop_if_empty(struct conn *c, int64_t now, const char *id, const char *actor)
{
	if (conn_run(c, SQL_BATCH_DELETE, "t", id) == 1)
		audit_write(c, now, actor, "settlement.dissolved", id, "{}");
}

void
settlement_touched(struct conn *c, struct arena *arena, int64_t now,
    struct tx *tx, const char *actor)
{
	struct place p;

	/* Most are in no batch, and their row says so. */
	if (strcmp(tx->settlement_status, "unsettled") == 0 ||
	    !find_place(c, arena, tx->clive_tx_id, &p))
		return;
	const char *detail = arena_printf(arena, "{\"transaction\":\"%s\","
	    "\"status\":\"%s\"}", tx->clive_tx_id,
	    tx_status_name(tx->status));
	if (!is_unpaid(&p)) {
		audit_write(c, now, actor, "settlement.payment_changed_late",
		    p.batch, detail);
		audit_write(c, now, actor, "transaction.changed_after_payout",
		    tx->clive_tx_id, arena_printf(arena,
		    "{\"batch\":\"%s\"}", p.batch));
		return;
	}
	leave(c, now, tx->clive_tx_id, &p);
	tx->settlement_status = "unsettled";
	audit_write(c, now, actor, "settlement.payment_left", p.batch,
	    detail);
	drop_if_empty(c, now, p.batch, actor);
}

int64_t
settlement_release(struct conn *c, struct arena *arena, int64_t now,
    const char *id, const char *actor)
{
	const char **ids = arena_alloc(arena, SETTLEMENT_PAGE * sizeof(*ids));
	struct rows *r = conn_rows(c, SQL_SETTLE_QUEUED, "ti", id,
	    (int64_t)SETTLEMENT_PAGE);
	int64_t n = 0, left = 0;
	struct place p;

	while (n < SETTLEMENT_PAGE && row_next(r))
		ids[n++] = row_text_copy(r, 0, arena);
	row_done(r);
	for (int64_t i = 0; i < n; i++) {
		if (!find_place(c, arena, ids[i], &p) || !is_unpaid(&p))
			break;
		leave(c, now, ids[i], &p);
		left++;
	}
	if (left > 0)
		audit_write(c, now, actor, "settlement.payments_released", id,
		    arena_printf(arena, "{\"payments\":%" PRId64 "}", left));
	drop_if_empty(c, now, id, actor);
	return left;
}

/* ----------------------------------------------------------- verifying */

bool
settlement_verify(struct conn *c, struct settlement_report *report)
{
	memset(report, 0, sizeof(*report));
	struct rows *r = conn_rows(c, SQL_BATCHES_COMPARE, "");
	while (row_next(r)) {
		report->batches++;
		if (row_int(r, 1) == 0 && report->bad++ == 0)
			snprintf(report->first_bad,
			    sizeof(report->first_bad), "%s", row_text(r, 0));
	}
	return report->bad == 0 && conn_failed(c) == NULL;
}
