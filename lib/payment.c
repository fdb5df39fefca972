/* SPDX-License-Identifier: ISC */
/* payment.c - deduplicating, keeping and applying processors' events. */
#include "payment.h"

#include <string.h>

#include "audit.h"
#include "ledger.h"

enum {
	WAITING_MAX = 64,		/* events that wait for one payment */
	NOTE_MAX = 8 * 1024 * 1024	/* a body's worth of escapes */
};

#define PROVIDER(name) payment_reader name##_payment_event;
#include "provider.def"
#undef PROVIDER

#define PROVIDER(name) { #name, name##_payment_event },
static const struct {
	const char	*processor;
	payment_reader	*reader;
} readers[] = {
#include "provider.def"
};
#undef PROVIDER

payment_reader *
payment_reader_of(const char *processor)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (strcmp(readers[i].processor, processor) == 0)
			return readers[i].reader;
	return NULL;
}

/* What one event is applied with. */
struct applying {
	struct conn			*c;
	struct arena			*arena;
	int64_t				 now;
	struct tx			*tx;
	const struct payment_event	*event;
	const char			*actor;
};

static void
note(struct applying *a, const char *action)
{
	struct buf detail;
	struct jsonw w;

	buf_init(&detail, NOTE_MAX);
	jsonw_init(&w, &detail);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "event", a->event->event_id);
	jsonw_text(&w, "type", a->event->type);
	jsonw_end_object(&w);
	audit_write(a->c, a->now, a->actor, action, a->tx->clive_tx_id,
	    buf_str(&detail));
	buf_free(&detail);
}

static enum payment_result
move(struct applying *a, enum tx_status to)
{
	return tx_move(a->c, a->arena, a->now, a->tx, to, a->actor) ?
	    PAYMENT_APPLIED : PAYMENT_UNCHANGED;
}

/* Was the payment paid at some time? Then it has its fees. */
static bool
was_paid(const struct tx *tx)
{
	return tx->has_fee;
}

static enum payment_result
apply_success(struct applying *a)
{
	const struct payment_event *e = a->event;

	if (was_paid(a->tx))
		return PAYMENT_UNCHANGED;
	if (a->tx->status == TX_INITIALIZED)
		return PAYMENT_WAITING;
	if (e->has_amount && (e->amount.minor != a->tx->amount.minor ||
	    strcmp(e->amount.currency, a->tx->amount.currency) != 0)) {
		note(a, "transaction.amount_mismatch");
		return PAYMENT_QUARANTINED;
	}
	return move(a, TX_SUCCEEDED);
}

/* The part of a running total that is new, never more than what is left. */
static int64_t
refund_delta(const struct applying *a)
{
	int64_t total = a->tx->amount.minor, delta;

	if (a->event->has_amount && a->event->amount.minor < total)
		total = a->event->amount.minor;
	if (!money_sub(total, a->tx->refunded, &delta) || delta < 0)
		return 0;
	return delta;
}

static enum payment_result
apply_refund(struct applying *a)
{
	const struct payment_event *e = a->event;
	struct tx *tx = a->tx;

	if (!was_paid(tx))
		return PAYMENT_WAITING;
	if (e->has_amount && (e->amount.minor < 0 ||
	    strcmp(e->amount.currency, tx->amount.currency) != 0)) {
		note(a, "transaction.amount_mismatch");
		return PAYMENT_QUARANTINED;
	}
	int64_t delta = refund_delta(a);
	if (delta > 0) {
		tx->refunded += delta;
		conn_run(a->c, SQL_TX_SET_REFUNDED, "iit", tx->refunded,
		    a->now, tx->clive_tx_id);
		ledger_post(a->c, a->now, tx, LEDGER_REFUND, delta);
	}
	if (a->event->outcome == PAYMENT_REFUNDED)
		return move(a, TX_REFUNDED);
	if (delta > 0)
		note(a, "transaction.partly_refunded");
	return delta > 0 ? PAYMENT_APPLIED : PAYMENT_UNCHANGED;
}

static enum payment_result
apply_dispute(struct applying *a)
{
	struct tx *tx = a->tx;
	int64_t minor = tx->amount.minor;

	if (!was_paid(tx))
		return PAYMENT_WAITING;
	if (!tx_may_move(tx->status, TX_CHARGEBACK))
		return PAYMENT_UNCHANGED;
	/* A dispute in another currency withdraws what the payment was. */
	if (a->event->has_amount && a->event->amount.minor > 0 &&
	    strcmp(a->event->amount.currency, tx->amount.currency) == 0)
		minor = a->event->amount.minor;
	if (!money_add(tx->disputed, minor, &tx->disputed))
		return PAYMENT_QUARANTINED;
	conn_run(a->c, SQL_TX_SET_DISPUTED, "iit", tx->disputed, a->now,
	    tx->clive_tx_id);
	ledger_post(a->c, a->now, tx, LEDGER_CHARGEBACK, minor);
	return move(a, TX_CHARGEBACK);
}

static enum payment_result
apply(struct applying *a)
{
	switch (a->event->outcome) {
	case PAYMENT_SUCCEEDED:
		return apply_success(a);
	case PAYMENT_FAILED:
		return move(a, TX_FAILED);
	case PAYMENT_REFUNDED:
	case PAYMENT_PARTLY_REFUNDED:
		return apply_refund(a);
	case PAYMENT_DISPUTED:
		return apply_dispute(a);
	case PAYMENT_INQUIRY:
		note(a, "transaction.dispute_inquiry");
		return PAYMENT_UNCHANGED;
	case PAYMENT_NOTED:
		return PAYMENT_UNCHANGED;
	}
	return PAYMENT_UNCHANGED;
}

static const char *
outcome_word(enum payment_result result)
{
	switch (result) {
	case PAYMENT_APPLIED:
		return "applied";
	case PAYMENT_UNCHANGED:
		return "unchanged";
	case PAYMENT_WAITING:
		return "waiting";
	case PAYMENT_QUARANTINED:
		return "quarantined";
	}
	return "unchanged";
}

/* Applies one event to its payment and files what became of it. */
static enum payment_result
settle(struct conn *c, struct arena *arena, int64_t now, struct tx *tx,
    const struct payment_event *e)
{
	struct applying a = { c, arena, now, tx, e,
	    arena_printf(arena, "processor:%s", e->processor) };
	enum payment_result result = apply(&a);

	conn_run(c, SQL_PROCESSOR_EVENT_SETTLE, "tttt", outcome_word(result),
	    tx->clive_tx_id, e->processor, e->event_id);
	return result;
}

/* Applies the oldest waiting event that fits. False where none does. */
static bool
apply_one_waiting(struct conn *c, struct arena *arena, int64_t now,
    struct tx *tx)
{
	struct payment_event events[WAITING_MAX];
	payment_reader *reader = payment_reader_of(tx->processor);
	size_t n = 0;

	if (reader == NULL || tx->processor_ref == NULL)
		return false;
	struct rows *r = conn_rows(c, SQL_PROCESSOR_EVENTS_WAITING, "tt",
	    tx->processor, tx->processor_ref);
	while (n < WAITING_MAX && row_next(r)) {
		struct slice body = row_bytes(r, 0);
		body.p = arena_strndup(arena, body.p, body.n);
		if (reader(arena, body, &events[n]))
			n++;
	}
	row_done(r);
	for (size_t i = 0; i < n; i++)
		if (settle(c, arena, now, tx, &events[i]) != PAYMENT_WAITING)
			return true;
	return false;
}

void
payment_apply_waiting(struct conn *c, struct arena *arena, int64_t now,
    struct tx *tx)
{
	/* Each round settles an event, so this ends; the bound says so too. */
	for (int i = 0; i < WAITING_MAX; i++)
		if (!apply_one_waiting(c, arena, now, tx))
			return;
}

/* Files a new event; false where it was filed before. */
static bool
file_event(struct conn *c, int64_t now, const struct payment_event *e,
    const char *clive_tx_id, enum payment_result result)
{
	return conn_run(c, SQL_PROCESSOR_EVENT_INSERT, "ttttttbi",
	    e->processor, e->event_id, e->type, e->ref, clive_tx_id,
	    outcome_word(result), e->body.p, e->body.n, now) == 1;
}

void
payment_quarantine(struct conn *c, struct arena *arena, int64_t now,
    const struct payment_event *e, const char *reason)
{
	if (file_event(c, now, e, NULL, PAYMENT_QUARANTINED))
		audit_write(c, now,
		    arena_printf(arena, "processor:%s", e->processor),
		    "event.quarantined", e->event_id,
		    arena_printf(arena, "{\"reason\":\"%s\"}", reason));
}

/* The payment whose page this event's payment was made on, or NULL. */
static struct tx *
find_by_page(struct conn *c, struct arena *arena,
    const struct payment_event *e)
{
	struct tx *tx = e->clive_tx_id != NULL && e->page_prefix != NULL ?
	    tx_find(c, arena, e->clive_tx_id) : NULL;

	if (tx == NULL || strcmp(tx->processor, e->processor) != 0 ||
	    tx->processor_ref == NULL || strncmp(tx->processor_ref,
	    e->page_prefix, strlen(e->page_prefix)) != 0)
		return NULL;
	return tx;
}

/* Gives the payment the name by which the processor speaks of it from now
 * on, if this is its success. */
static bool
take_ref(struct conn *c, struct arena *arena, int64_t now, struct tx *tx,
    const struct payment_event *e)
{
	if (e->outcome != PAYMENT_SUCCEEDED || !e->has_amount ||
	    e->amount.minor != tx->amount.minor ||
	    strcmp(e->amount.currency, tx->amount.currency) != 0 ||
	    conn_run(c, SQL_TX_SET_REF, "titt", e->ref, now, tx->clive_tx_id,
	    tx->processor_ref) != 1)
		return false;
	struct applying a = { c, arena, now, tx, e,
	    arena_printf(arena, "processor:%s", e->processor) };
	note(&a, "transaction.reference_known");
	tx->processor_ref = arena_strdup(arena, e->ref);
	return true;
}

static bool
still_waits(struct conn *c, const struct payment_event *e)
{
	struct rows *r = conn_rows(c, SQL_PROCESSOR_EVENT_OUTCOME, "tt",
	    e->processor, e->event_id);
	bool waits = row_next(r) && strcmp(row_text(r, 0), "waiting") == 0;

	row_done(r);
	return waits;
}

enum payment_result
payment_receive(struct conn *c, struct arena *arena, int64_t now,
    const struct payment_event *e, struct tx **tx)
{
	bool renamed = false, known;

	*tx = tx_find_by_ref(c, arena, e->processor, e->ref);
	known = *tx != NULL;
	if (!known && (*tx = find_by_page(c, arena, e)) != NULL)
		known = renamed = take_ref(c, arena, now, *tx, e);
	const char *id = *tx != NULL ? (*tx)->clive_tx_id : NULL;
	if (!file_event(c, now, e, id, PAYMENT_WAITING) && !still_waits(c, e))
		return PAYMENT_UNCHANGED;
	if (!known)
		return PAYMENT_WAITING;
	enum payment_result result = settle(c, arena, now, *tx, e);
	if (result == PAYMENT_APPLIED || renamed)
		payment_apply_waiting(c, arena, now, *tx);
	return result;
}
