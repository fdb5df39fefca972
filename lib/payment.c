/* SPDX-License-Identifier: ISC */
/* payment.c - deduplicating, keeping and applying processors' events. */
#include "payment.h"

#include <string.h>

#include "audit.h"
#include "intent-call.h"
#include "ledger.h"
#include "refund.h"
#include "settlement.h"

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
quarantine(struct applying *a, const char *action)
{
	note(a, action);
	return PAYMENT_QUARANTINED;
}

/*
 * The event's figure in the payment's minor units. False where it is one that
 * we cannot read, in another currency, or more than was paid.
 */
static bool
figure(const struct applying *a, int64_t *minor)
{
	const struct payment_event *e = a->event;
	const struct amount *paid = &a->tx->amount;

	*minor = e->amount.minor;
	if (e->amount.currency[0] == '\0')
		return e->to_minor != NULL &&
		    e->to_minor(e->units, paid->currency, minor) &&
		    *minor <= paid->minor;
	return strcmp(e->amount.currency, paid->currency) == 0 &&
	    *minor >= 0 && *minor <= paid->minor;
}

static enum payment_result
apply_success(struct applying *a)
{
	int64_t minor;

	if (was_paid(a->tx))
		return PAYMENT_UNCHANGED;
	if (a->tx->status == TX_INITIALIZED)
		return PAYMENT_WAITING;
	if (a->event->has_amount &&
	    (!figure(a, &minor) || minor != a->tx->amount.minor))
		return quarantine(a, "transaction.amount_mismatch");
	return move(a, TX_SUCCEEDED);
}

/*
 * For merchants of the Payments API that is final, while a processor may let
 * the payer try again: it is looked at now, which closes it there
 * (intent_close_declined). A failure that was found so needs no other look.
 */
static enum payment_result
apply_failure(struct applying *a)
{
	const struct payment_event *e = a->event;

	intent_note_failure(a->c, a->now, a->tx, e->failure,
	    e->failure_message);
	if (move(a, TX_FAILED) != PAYMENT_APPLIED)
		return PAYMENT_UNCHANGED;
	if (a->tx->payments && strncmp(e->type, "look.", 5) != 0)
		conn_run(a->c, SQL_TX_SET_LOOK, "iit", a->now, (int64_t)0,
		    a->tx->clive_tx_id);
	return PAYMENT_APPLIED;
}

/* The totals of payments whose refunds are ours as well. */
static enum payment_result
apply_total(struct applying *a, int64_t total)
{
	if (!refund_told(a->c, a->arena, a->now, a->tx, total, a->event->at,
	    a->actor))
		return PAYMENT_UNCHANGED;
	if (a->tx->refunded < a->tx->amount.minor)
		note(a, "transaction.partly_refunded");
	return PAYMENT_APPLIED;
}

static enum payment_result
apply_refund(struct applying *a)
{
	struct tx *tx = a->tx;
	int64_t total = tx->amount.minor, delta;
	bool full = a->event->outcome == PAYMENT_REFUNDED;

	if (!was_paid(tx))
		return PAYMENT_WAITING;
	if (a->event->has_amount && !figure(a, &total))
		return quarantine(a, "transaction.amount_mismatch");
	if (tx->payments)
		return apply_total(a, total);
	/* A running total: told again, or late, it has nothing new. */
	if (!money_sub(total, tx->refunded, &delta) || delta < 0)
		delta = 0;
	if (delta == 0 && (!full || tx->refunded == tx->amount.minor))
		return PAYMENT_UNCHANGED;
	if (delta > 0) {
		tx->refunded += delta;
		conn_run(a->c, SQL_TX_SET_REFUNDED, "iit", tx->refunded,
		    a->now, tx->clive_tx_id);
		ledger_post(a->c, a->now, tx, LEDGER_REFUND, delta);
	}
	if (full)
		return move(a, TX_REFUNDED);
	settlement_touched(a->c, a->arena, a->now, tx, a->actor);
	note(a, "transaction.partly_refunded");
	return PAYMENT_APPLIED;
}

/*
 * One of our refunds ended. Whoever can make refunds at the processor can
 * write any name into one: it must be what we asked for, to the last unit.
 */
static enum payment_result
apply_our_refund(struct applying *a)
{
	const struct payment_event *e = a->event;
	struct refund *refund = refund_find(a->c, a->arena, e->refund_id);
	const struct provider_answer answer = { .fate = PROVIDER_DONE,
	    .ref = e->object_id, .failure = e->failure,
	    .state = e->outcome == PAYMENT_REFUND_DONE ? PROVIDER_PAID :
	    PROVIDER_FAILED };
	int64_t minor;

	if (refund == NULL ||
	    strcmp(refund->clive_tx_id, a->tx->clive_tx_id) != 0 ||
	    (refund->processor_ref != NULL && e->object_id != NULL &&
	    strcmp(refund->processor_ref, e->object_id) != 0) ||
	    !e->has_amount || !figure(a, &minor) ||
	    minor != refund->amount.minor)
		return quarantine(a, "transaction.refund_mismatch");
	return refund_settle(a->c, a->arena, a->now, refund, &answer,
	    a->actor) ? PAYMENT_APPLIED : PAYMENT_UNCHANGED;
}

/* Has another event told of this dispute, and was it booked? */
static bool
is_booked(const struct applying *a)
{
	const struct payment_event *e = a->event;
	struct rows *r = conn_rows(a->c, SQL_PROCESSOR_OBJECT_APPLIED, "ttt",
	    e->processor, e->object_id, e->event_id);
	bool booked = row_next(r);

	row_done(r);
	return booked;
}

/* A dispute in another currency withdraws what the payment was. */
static int64_t
disputed_amount(const struct applying *a)
{
	int64_t minor;

	if (a->event->has_amount && figure(a, &minor) && minor > 0)
		return minor;
	return a->tx->amount.minor;
}

static enum payment_result
apply_dispute(struct applying *a)
{
	struct tx *tx = a->tx;
	int64_t minor = disputed_amount(a), total;
	bool named = a->event->object_id != NULL;
	bool moves = tx_may_move(tx->status, TX_CHARGEBACK);

	if (!was_paid(tx))
		return PAYMENT_WAITING;
	if (named ? is_booked(a) : !moves)
		return PAYMENT_UNCHANGED;
	if (!money_add(tx->disputed, minor, &total) ||
	    total > tx->amount.minor)
		return quarantine(a, "transaction.amount_mismatch");
	tx->disputed = total;
	conn_run(a->c, SQL_TX_SET_DISPUTED, "iit", tx->disputed, a->now,
	    tx->clive_tx_id);
	ledger_post(a->c, a->now, tx, LEDGER_CHARGEBACK, minor);
	if (moves)
		return move(a, TX_CHARGEBACK);
	settlement_touched(a->c, a->arena, a->now, tx, a->actor);
	note(a, "transaction.disputed_again");
	return PAYMENT_APPLIED;
}

static enum payment_result
apply(struct applying *a)
{
	const char *named = a->event->clive_tx_id;

	if (named != NULL && strcmp(named, a->tx->clive_tx_id) != 0)
		return quarantine(a, "transaction.intent_of_another");
	switch (a->event->outcome) {
	case PAYMENT_SUCCEEDED:
		return apply_success(a);
	case PAYMENT_FAILED:
		return apply_failure(a);
	case PAYMENT_REFUNDED:
	case PAYMENT_PARTLY_REFUNDED:
		return apply_refund(a);
	case PAYMENT_REFUND_DONE:
	case PAYMENT_REFUND_FAILED:
		return apply_our_refund(a);
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

static const char *
keep_text(struct arena *arena, const char *text)
{
	return text != NULL ? arena_strdup(arena, text) : NULL;
}

/*
 * The events that wait for a payment, without their bodies. Each is read in
 * an arena of its own, since a tree of JSON is many times its text.
 */
static size_t
read_waiting(struct conn *c, struct arena *arena, const struct tx *tx,
    struct payment_event events[WAITING_MAX])
{
	payment_reader *reader = payment_reader_of(tx->processor);
	struct arena *scratch;
	size_t n = 0;

	if (reader == NULL || tx->processor_ref == NULL)
		return 0;
	scratch = arena_new();
	struct rows *r = conn_rows(c, SQL_PROCESSOR_EVENTS_WAITING, "tt",
	    tx->processor, tx->processor_ref);
	while (n < WAITING_MAX && row_next(r)) {
		struct payment_event *e = &events[n];
		struct slice body = row_bytes(r, 0);
		arena_reset(scratch);
		body.p = arena_strndup(scratch, body.p, body.n);
		if (!reader(scratch, body, e))
			continue;
		e->event_id = keep_text(arena, e->event_id);
		e->type = keep_text(arena, e->type);
		e->ref = keep_text(arena, e->ref);
		e->object_id = keep_text(arena, e->object_id);
		e->refund_id = keep_text(arena, e->refund_id);
		e->clive_tx_id = keep_text(arena, e->clive_tx_id);
		e->failure = keep_text(arena, e->failure);
		e->failure_message = keep_text(arena, e->failure_message);
		e->body = (struct slice){ NULL, 0 };
		n++;
	}
	row_done(r);
	arena_free(scratch);
	return n;
}

/* One round over the events; those that were settled go. */
static size_t
settle_some(struct conn *c, struct arena *arena, int64_t now, struct tx *tx,
    struct payment_event *events, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		if (settle(c, arena, now, tx, &events[i]) == PAYMENT_WAITING)
			events[left++] = events[i];
	return left;
}

void
payment_apply_waiting(struct conn *c, struct arena *arena, int64_t now,
    struct tx *tx)
{
	struct payment_event *events = arena_alloc(arena,
	    WAITING_MAX * sizeof(*events));
	size_t n = read_waiting(c, arena, tx, events), before;

	/* One may be what another waits for: again while any was settled. */
	do {
		before = n;
		n = settle_some(c, arena, now, tx, events, n);
	} while (n > 0 && n < before);
}

/* Files a new event; false where it was filed before. */
static bool
file_event(struct conn *c, int64_t now, const struct payment_event *e,
    const char *clive_tx_id, enum payment_result result)
{
	return conn_run(c, SQL_PROCESSOR_EVENT_INSERT, "tttttttbi",
	    e->processor, e->event_id, e->type, e->ref, e->object_id,
	    clive_tx_id, outcome_word(result), e->body.p, e->body.n, now) == 1;
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
	if (*tx == NULL)
		known = renamed = (*tx = intent_call_take_event(c, arena,
		    now, e)) != NULL;
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
