/* SPDX-License-Identifier: ISC */
/* explain.c - gathering a payment's timeline from its tables. */
#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include "intent.h"
#include "jsonw-row.h"
#include "refund.h"
#include "tx-search.h"

enum {
	ENTRIES_MAX = 4096,
	TEXT_MAX = 7 * 1024 * 1024
};

/* An entry: where its JSON lies in the text of all of them. */
struct entry {
	int64_t	at;
	size_t	rank;		/* among entries of the same millisecond */
	size_t	start, end;
};

struct timeline {
	struct conn	*c;
	struct arena	*arena;
	const struct tx	*tx;
	const struct intent *intent;	/* NULL: not of the Payments API */
	struct entry	*entries;
	size_t		 n;
	struct buf	 text;
	struct jsonw	 w;
};

/* Starts an entry; false where there is no room for more. */
static bool
open_entry(struct timeline *t, int64_t at, const char *kind)
{
	if (t->n == ENTRIES_MAX)
		return false;
	t->entries[t->n] = (struct entry){ at, t->n, t->text.len, 0 };
	jsonw_init(&t->w, &t->text);
	jsonw_object(&t->w, NULL);
	jsonw_time(&t->w, "at", at);
	jsonw_text(&t->w, "kind", kind);
	return true;
}

static void
close_entry(struct timeline *t)
{
	jsonw_end_object(&t->w);
	t->entries[t->n++].end = t->text.len;
}

static void
add_audit(struct timeline *t)
{
	struct rows *r = conn_rows(t->c, SQL_AUDIT_OF_SUBJECT, "t",
	    t->tx->clive_tx_id);

	while (row_next(r) && open_entry(t, row_int(r, 0), "audit")) {
		const char *detail = row_text(r, 3);
		jsonw_text(&t->w, "actor", row_text(r, 1));
		jsonw_text(&t->w, "action", row_text(r, 2));
		jsonw_raw(&t->w, "detail", detail, strlen(detail));
		close_entry(t);
	}
	row_done(r);
}

static void
add_processor_events(struct timeline *t)
{
	struct rows *r = conn_rows(t->c, SQL_PROCESSOR_EVENTS_OF_TX, "t",
	    t->tx->clive_tx_id);

	while (row_next(r) && open_entry(t, row_int(r, 0),
	    "processor_event")) {
		jsonw_text(&t->w, "processor", row_text(r, 1));
		jsonw_text(&t->w, "event_id", row_text(r, 2));
		jsonw_text(&t->w, "type", row_text(r, 3));
		jsonw_text(&t->w, "outcome", row_text(r, 4));
		jsonw_row_bytes(&t->w, "body", r, 5);
		close_entry(t);
	}
	row_done(r);
}

static void
raw(struct jsonw *w, const char *key, const char *json)
{
	jsonw_raw(w, key, json, json != NULL ? strlen(json) : 0);
}

static void
add_route(struct timeline *t)
{
	struct rows *r = conn_rows(t->c, SQL_ROUTE_DECISION_OF_TX, "t",
	    t->tx->clive_tx_id);

	while (row_next(r) && open_entry(t, row_int(r, 0), "route")) {
		raw(&t->w, "inputs", row_text(r, 1));
		raw(&t->w, "candidates", row_text(r, 2));
		close_entry(t);
	}
	row_done(r);
}

static void
add_processor_calls(struct timeline *t)
{
	struct rows *r = conn_rows(t->c, SQL_PROCESSOR_CALLS_OF_TX, "t",
	    t->tx->clive_tx_id);

	while (row_next(r) && open_entry(t, row_int(r, 0),
	    "processor_call")) {
		jsonw_text(&t->w, "processor", row_text(r, 2));
		jsonw_text(&t->w, "operation", row_text(r, 3));
		jsonw_text(&t->w, "rule", row_text(r, 4));
		jsonw_text(&t->w, "idempotency_key", row_text(r, 5));
		jsonw_text(&t->w, "status", row_text(r, 6));
		jsonw_row_int(&t->w, "answer_status", r, 7);
		jsonw_text(&t->w, "answer_message", row_text(r, 8));
		jsonw_time(&t->w, "finished_at", row_int(r, 1));
		close_entry(t);
	}
	row_done(r);
}

static void
add_ledger(struct timeline *t)
{
	char amount[AMOUNT_TEXT_SIZE];
	struct rows *r = conn_rows(t->c, SQL_LEDGER_OF_TX, "t",
	    t->tx->clive_tx_id);

	while (row_next(r) && open_entry(t, row_int(r, 0), "ledger")) {
		amount_print(row_int(r, 4), row_text(r, 5), amount);
		jsonw_text(&t->w, "entry", row_text(r, 1));
		jsonw_text(&t->w, "debit_account", row_text(r, 2));
		jsonw_text(&t->w, "credit_account", row_text(r, 3));
		jsonw_raw(&t->w, "amount", amount, strlen(amount));
		jsonw_text(&t->w, "currency", row_text(r, 5));
		close_entry(t);
	}
	row_done(r);
}

/* What was asked for through the Payments API. */
static void
add_refunds(struct timeline *t)
{
	char amount[AMOUNT_TEXT_SIZE];

	if (t->intent == NULL)
		return;
	struct rows *r = conn_rows(t->c, SQL_REFUND_LIST_OF_INTENT, "tti",
	    t->intent->id, "~", (int64_t)ENTRIES_MAX);
	while (row_next(r)) {
		const struct refund *refund = refund_of_row(r, t->arena);
		if (!open_entry(t, refund->created_at, "refund"))
			break;
		amount_print(refund->amount.minor, refund->amount.currency,
		    amount);
		jsonw_text(&t->w, "refund_id", refund->id);
		jsonw_raw(&t->w, "amount", amount, strlen(amount));
		jsonw_text(&t->w, "currency", refund->amount.currency);
		jsonw_text(&t->w, "status", refund->status);
		jsonw_text(&t->w, "reason", refund->reason);
		jsonw_text(&t->w, "failure_code", refund->failure_code);
		close_entry(t);
	}
	row_done(r);
}

static void
add_events(struct timeline *t)
{
	struct rows *r = conn_rows(t->c, SQL_EVENTS_OF_TX, "t",
	    t->tx->clive_tx_id);

	while (row_next(r) && open_entry(t, row_int(r, 3), "event")) {
		jsonw_text(&t->w, "event_id", row_text(r, 0));
		jsonw_text(&t->w, "type", row_text(r, 1));
		jsonw_row_bytes(&t->w, "body", r, 2);
		close_entry(t);
	}
	row_done(r);
}

static void
add_deliveries(struct timeline *t)
{
	struct rows *r = conn_rows(t->c, SQL_DELIVERIES_OF_TX, "t",
	    t->tx->clive_tx_id);

	while (row_next(r) && open_entry(t, row_int(r, 8), "delivery")) {
		bool due = strcmp(row_text(r, 5), "due") == 0;
		jsonw_text(&t->w, "delivery_id", row_text(r, 0));
		jsonw_text(&t->w, "event_id", row_text(r, 1));
		jsonw_text(&t->w, "endpoint_id", row_text(r, 2));
		jsonw_text(&t->w, "endpoint_name", row_text(r, 3));
		jsonw_text(&t->w, "url", row_text(r, 4));
		jsonw_text(&t->w, "status", row_text(r, 5));
		jsonw_int(&t->w, "attempts", row_int(r, 6));
		jsonw_time(&t->w, "next_attempt_at", due ? row_int(r, 7) : 0);
		close_entry(t);
	}
	row_done(r);
}

static void
add_attempts(struct timeline *t)
{
	struct rows *r = conn_rows(t->c, SQL_ATTEMPTS_OF_TX, "t",
	    t->tx->clive_tx_id);

	while (row_next(r) && open_entry(t, row_int(r, 0), "attempt")) {
		jsonw_text(&t->w, "delivery_id", row_text(r, 1));
		jsonw_text(&t->w, "event_id", row_text(r, 2));
		jsonw_text(&t->w, "endpoint_id", row_text(r, 3));
		jsonw_text(&t->w, "endpoint_name", row_text(r, 4));
		jsonw_text(&t->w, "url", row_text(r, 5));
		jsonw_int(&t->w, "number", row_int(r, 6));
		jsonw_int(&t->w, "duration_ms", row_int(r, 7));
		jsonw_text(&t->w, "request_head", row_text(r, 8));
		jsonw_row_int(&t->w, "response_status", r, 9);
		jsonw_row_bytes(&t->w, "response_head", r, 13);
		jsonw_row_bytes(&t->w, "response_body", r, 10);
		jsonw_text(&t->w, "error", row_text(r, 11));
		jsonw_row_bytes(&t->w, "body", r, 12);
		close_entry(t);
	}
	row_done(r);
}

static int
by_time(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->rank < y->rank ? -1 : 1;
}

/* The batch it is paid out with. */
static void
write_settlement(struct timeline *t, struct jsonw *w)
{
	char amount[AMOUNT_TEXT_SIZE];
	struct rows *r = conn_rows(t->c, SQL_SETTLE_OF_TX, "t",
	    t->tx->clive_tx_id);

	if (!row_next(r)) {
		jsonw_null(w, "settlement");
		return;
	}
	amount_print(row_int(r, 5), t->tx->amount.currency, amount);
	jsonw_object(w, "settlement");
	jsonw_text(w, "batch", row_text(r, 0));
	jsonw_text(w, "status", row_text(r, 1));
	jsonw_raw(w, "amount", amount, strlen(amount));
	jsonw_end_object(w);
	row_done(r);
}

void
explain_write(struct conn *c, struct arena *arena, struct jsonw *w,
    const struct tx *tx)
{
	struct timeline t = { .c = c, .arena = arena, .tx = tx };

	if (tx->payments)
		t.intent = intent_find_by_tx(c, arena, tx->clive_tx_id);
	t.entries = arena_alloc(arena, ENTRIES_MAX * sizeof(*t.entries));
	buf_init(&t.text, TEXT_MAX);
	/* In the order of cause and effect within one millisecond. */
	add_processor_calls(&t);
	add_processor_events(&t);
	add_audit(&t);
	add_route(&t);
	add_ledger(&t);
	add_refunds(&t);
	add_events(&t);
	add_deliveries(&t);
	add_attempts(&t);
	qsort(t.entries, t.n, sizeof(*t.entries), by_time);

	jsonw_object(w, NULL);
	jsonw_object(w, "transaction");
	tx_search_write(w, tx);
	jsonw_text(w, "processor", tx->processor);
	jsonw_raw(w, "meta", tx->meta, tx->meta != NULL ?
	    strlen(tx->meta) : 0);
	write_settlement(&t, w);
	jsonw_end_object(w);
	if (t.intent != NULL)
		intent_write(w, "payment", t.intent, INTENT_FOR_MERCHANT,
		    NULL);
	jsonw_array(w, "timeline");
	for (size_t i = 0; i < t.n && !t.text.failed; i++)
		jsonw_raw(w, NULL, t.text.data + t.entries[i].start,
		    t.entries[i].end - t.entries[i].start);
	jsonw_end_array(w);
	jsonw_end_object(w);
	buf_free(&t.text);
}
