/* SPDX-License-Identifier: ISC */
/* refund.c - setting aside, booking, and totals that processors tell. */
#include "refund.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "checkout.h"
#include "json.h"
#include "ledger.h"
#include "outbox.h"
#include "rail.h"
#include "settlement.h"
#include "wallet.h"

struct refund *
refund_of_row(struct rows *r, struct arena *arena)
{
	struct refund *refund = arena_alloc(arena, sizeof(*refund));

	refund->id = row_text_copy(r, 0, arena);
	refund->intent_id = row_text_copy(r, 1, arena);
	refund->clive_tx_id = row_text_copy(r, 2, arena);
	refund->partner_id = row_text_copy(r, 3, arena);
	refund->client_id = row_text_copy(r, 4, arena);
	refund->live = row_int(r, 5) == 1;
	refund->amount.minor = row_int(r, 6);
	snprintf(refund->amount.currency, sizeof(refund->amount.currency),
	    "%s", row_text(r, 7));
	refund->reason = row_text_copy(r, 8, arena);
	refund->metadata = row_text_copy(r, 9, arena);
	refund->status = row_text_copy(r, 10, arena);
	refund->failure_code = row_text_copy(r, 11, arena);
	refund->failure_message = row_text_copy(r, 12, arena);
	refund->processor_ref = row_text_copy(r, 13, arena);
	refund->created_at = row_int(r, 14);
	refund->updated_at = row_int(r, 15);
	return refund;
}

struct refund *
refund_find(struct conn *c, struct arena *arena, const char *id)
{
	struct rows *r = conn_rows(c, SQL_REFUND_FIND, "t", id);
	struct refund *refund = row_next(r) ? refund_of_row(r, arena) : NULL;

	row_done(r);
	return refund;
}

void
refund_write(struct jsonw *w, const char *key, const struct refund *r)
{
	const char *metadata = r->metadata != NULL ? r->metadata : "{}";

	jsonw_object(w, key);
	jsonw_text(w, "id", r->id);
	jsonw_text(w, "object", "refund");
	jsonw_text(w, "payment", r->intent_id);
	jsonw_int(w, "amount", r->amount.minor);
	jsonw_text(w, "currency", r->amount.currency);
	jsonw_text(w, "status", r->status);
	jsonw_text(w, "reason", r->reason);
	jsonw_raw(w, "metadata", metadata, strlen(metadata));
	if (r->failure_code == NULL) {
		jsonw_null(w, "failure");
	} else {
		jsonw_object(w, "failure");
		jsonw_text(w, "code", r->failure_code);
		jsonw_text(w, "message", r->failure_message);
		jsonw_end_object(w);
	}
	jsonw_bool(w, "livemode", r->live);
	jsonw_time(w, "created_at", r->created_at);
	jsonw_time(w, "updated_at", r->updated_at);
	jsonw_end_object(w);
}

/* ------------------------------------------------------- telling of it */

static void
write_object(struct jsonw *w, const void *refund)
{
	refund_write(w, "object", refund);
}

/* On record, and told: an event of this type, which is its action, too. */
static void
tell(struct conn *c, struct arena *arena, int64_t now,
    const struct refund *refund, const char *type, const char *actor)
{
	struct outbox_event event = { .partner_id = refund->partner_id,
	    .client_id = refund->client_id,
	    .clive_tx_id = refund->clive_tx_id, .api = "payments",
	    .livemode = refund->live, .type = type };
	char amount[AMOUNT_TEXT_SIZE];

	amount_print(refund->amount.minor, refund->amount.currency, amount);
	audit_write(c, now, actor, type, refund->clive_tx_id,
	    arena_printf(arena, "{\"refund\":\"%s\",\"amount\":%s,"
	    "\"currency\":\"%s\"}", refund->id, amount,
	    refund->amount.currency));
	outbox_write_object(c, now, &event, NULL, write_object, refund);
}

/* ------------------------------------------------------------- opening */

int64_t
refund_left(const struct tx *tx)
{
	return tx->amount.minor - tx->refunded - tx->refunding;
}

/* Our own wallet has no processor, and is never in doubt. */
static bool
gives_back(const struct tx *tx)
{
	const struct provider *p = provider_find(tx->processor);

	return strcmp(tx->processor, WALLET_PROCESSOR) == 0 ||
	    (p != NULL && p->refund != NULL);
}

static struct refund *
new_refund(struct arena *arena, int64_t now, const struct tx *tx,
    const char *intent_id, int64_t minor)
{
	struct refund *refund = arena_alloc(arena, sizeof(*refund));
	char id[ID_SIZE];

	*refund = (struct refund){
		.id = arena_strdup(arena, id_make("re_", now, id)),
		.intent_id = intent_id, .clive_tx_id = tx->clive_tx_id,
		.partner_id = tx->partner_id, .client_id = tx->client_id,
		.live = tx->live, .amount = tx->amount, .status = "pending",
		.created_at = now, .updated_at = now,
	};
	refund->amount.minor = minor;
	return refund;
}

static void
insert(struct conn *c, const struct refund *r)
{
	conn_run(c, SQL_REFUND_INSERT, "ttttiitttti", r->id, r->clive_tx_id,
	    r->partner_id, r->client_id, (int64_t)r->live, r->amount.minor,
	    r->amount.currency, r->reason, r->metadata, r->status,
	    r->created_at);
}

const struct fault *
refund_open(struct conn *c, struct arena *arena, int64_t now,
    const struct intent *in, int64_t minor, const char *reason,
    struct slice metadata, const char *actor, struct refund **out)
{
	struct tx *tx = in->tx;
	char id[ID_SIZE];

	*out = NULL;
	if ((tx->status != TX_SUCCEEDED && tx->status != TX_REFUNDED) ||
	    tx->disputed > 0 || !gives_back(tx))
		return &FAULT_STATE;
	if (minor == 0)
		minor = refund_left(tx);
	if (minor <= 0 || conn_run(c, SQL_REFUND_SET_ASIDE, "iit", minor, now,
	    tx->clive_tx_id) != 1)
		return &FAULT_AMOUNT_LARGE;
	tx->refunding += minor;
	tx->updated_at = now;
	settlement_touched(c, arena, now, tx, actor);

	struct refund *refund = new_refund(arena, now, tx, in->id, minor);
	refund->reason = reason;
	if (metadata.p != NULL)
		refund->metadata = arena_strndup(arena, metadata.p,
		    metadata.n);
	insert(c, refund);
	if (provider_find(tx->processor) != NULL)
		conn_run(c, SQL_REFUND_CALL_INSERT, "ttttii",
		    id_make("call_", now, id), tx->clive_tx_id,
		    tx->processor, refund->id, now, now + CALL_LOOK_MS);
	tell(c, arena, now, refund, "refund.created", actor);
	*out = refund;
	return NULL;
}

/* -------------------------------------------------------------- asking */

bool
refund_may_ask(const struct tx *tx, const struct refund *refund, int64_t now)
{
	return strcmp(refund->status, "pending") == 0 &&
	    refund->processor_ref == NULL && tx->processor_ref != NULL &&
	    provider_find(tx->processor) != NULL &&
	    now - refund->created_at < CALL_AGAIN_MS;
}

struct provider_answer
refund_ask(struct arena *arena, const struct conf *conf, const struct tx *tx,
    const struct refund *refund)
{
	const struct provider *p = provider_find(tx->processor);
	const struct conf *mine = rail_conf(conf, refund->live);

	if (p == NULL || p->refund == NULL || p->missing(mine) != NULL)
		return (struct provider_answer){ .fate = PROVIDER_UNKNOWN,
		    .message = "this processor is not configured" };
	return provider_count(p, "refund", p->refund(arena, mine,
	    tx->processor_ref, refund->amount, refund->id));
}

struct provider_answer
refund_look(struct arena *arena, const struct conf *conf, const struct tx *tx,
    const struct refund *refund)
{
	const struct provider *p = provider_find(tx->processor);
	const struct conf *mine = rail_conf(conf, refund->live);

	if (p == NULL || p->fetch_refund == NULL ||
	    p->missing(mine) != NULL || tx->processor_ref == NULL)
		return (struct provider_answer){ .fate = PROVIDER_UNKNOWN,
		    .message = "this processor cannot be asked" };
	return provider_count(p, "fetch_refund", p->fetch_refund(arena, mine,
	    tx->processor_ref, refund->processor_ref, refund->id));
}

/* ------------------------------------------------------------- booking */

/* What changes when a refund is booked, with the payment as it is now. */
struct booking {
	struct conn	*c;
	struct arena	*arena;
	int64_t		 now;
	struct tx	*tx;
	const char	*actor;
};

/* Writes how much less is set aside, and how much more is given back. */
static void
book(struct booking *b, int64_t aside, int64_t given)
{
	struct tx *tx = b->tx;

	tx->refunding += aside;
	tx->refunded += given;
	tx->updated_at = b->now;
	conn_run(b->c, SQL_REFUND_BOOK, "iiiit", aside, given,
	    tx->told_refunded, b->now, tx->clive_tx_id);
	ledger_post(b->c, b->now, tx, LEDGER_REFUND, given);
	/* One that is given back in full moves, which does the same. */
	if (given != 0 && tx->refunded < tx->amount.minor)
		settlement_touched(b->c, b->arena, b->now, tx, b->actor);
}

static void
finish_if_all(struct booking *b)
{
	if (b->tx->refunded == b->tx->amount.minor)
		tx_move(b->c, b->arena, b->now, b->tx, TX_REFUNDED, b->actor);
}

/*
 * Of what was given back in full a part came back. No processor's event may
 * ask for this move, so it is none of tx_move's, and no capture.
 */
static void
reopen(struct booking *b)
{
	struct tx *tx = b->tx;

	if (tx->status != TX_REFUNDED || conn_run(b->c, SQL_TX_MOVE, "titt",
	    tx_status_name(TX_SUCCEEDED), b->now, tx->clive_tx_id,
	    tx_status_name(TX_REFUNDED)) != 1)
		return;
	tx->status = TX_SUCCEEDED;
	audit_write(b->c, b->now, b->actor, "transaction.refund_undone",
	    tx->clive_tx_id, "{\"from\":\"refunded\"}");
}

/* What the processor gave back and nobody asked for through us. */
static bool
book_told(struct booking *b)
{
	struct tx *tx = b->tx;
	int64_t minor = tx->told_refunded - tx->refunded - tx->refunding;

	if (minor <= 0)
		return false;
	struct refund *refund = new_refund(b->arena, b->now, tx, NULL, minor);
	insert(b->c, refund);
	/* Its payment's name at the API is known to the row alone. */
	refund = refund_find(b->c, b->arena, refund->id);
	if (refund == NULL)
		return false;
	tell(b->c, b->arena, b->now, refund, "refund.created", b->actor);
	refund->status = "succeeded";
	conn_run(b->c, SQL_REFUND_SETTLE, "ttttitt", refund->status, NULL,
	    NULL, NULL, b->now, refund->id, "pending");
	book(b, 0, minor);
	tell(b->c, b->arena, b->now, refund, "refund.succeeded", b->actor);
	finish_if_all(b);
	return true;
}

bool
refund_told(struct conn *c, struct arena *arena, int64_t now, struct tx *tx,
    int64_t total, int64_t at, const char *actor)
{
	struct booking b = { c, arena, now, tx, actor };

	struct rows *r = conn_rows(c, SQL_REFUND_FAILED_SINCE, "ti",
	    tx->clive_tx_id, at);
	if (row_next(r))
		total -= row_int(r, 0);
	row_done(r);
	if (total <= tx->told_refunded)
		return false;
	tx->told_refunded = total;
	conn_run(c, SQL_REFUND_BOOK, "iiiit", INT64_C(0), INT64_C(0), total,
	    now, tx->clive_tx_id);
	return book_told(&b);
}

/* What an answer says of a refund. */
enum verdict { IN_DOUBT, GIVEN, NOT_GIVEN };

static enum verdict
verdict_of(const struct provider_answer *a)
{
	if (a->fate == PROVIDER_REFUSED)
		return NOT_GIVEN;
	if (a->fate != PROVIDER_DONE)
		return IN_DOUBT;
	switch (a->state) {
	case PROVIDER_OPEN:
		return IN_DOUBT;
	case PROVIDER_PAID:
		return GIVEN;
	case PROVIDER_FAILED:
	case PROVIDER_CANCELED:
		return NOT_GIVEN;
	}
	return IN_DOUBT;
}

/* In doubt it is looked at again, since the amount waits. */
static void
finish_call(const struct booking *b, const struct refund *refund,
    const struct provider_answer *a)
{
	const char *word = verdict_of(a) == IN_DOUBT ? "unknown" :
	    a->fate == PROVIDER_DONE ? "done" : "refused";

	conn_run(b->c, SQL_REFUND_CALL_FINISH, "totitt", word,
	    (int64_t)(a->status > 0 ? a->status : -1), a->message, b->now,
	    refund->clive_tx_id, refund->id);
}

static bool
set_status(struct booking *b, struct refund *refund, const char *status,
    const struct provider_answer *a)
{
	const char *ref = a->fate == PROVIDER_DONE ? a->ref : NULL;

	if (conn_run(b->c, SQL_REFUND_SETTLE, "ttttitt", status,
	    refund->failure_code, refund->failure_message, ref, b->now,
	    refund->id, refund->status) != 1)
		return false;
	refund->status = status;
	refund->updated_at = b->now;
	if (ref != NULL)
		refund->processor_ref = ref;
	return true;
}

static bool
succeed(struct booking *b, struct refund *refund,
    const struct provider_answer *a)
{
	if (strcmp(refund->status, "pending") != 0 ||
	    !set_status(b, refund, "succeeded", a))
		return false;
	book(b, -refund->amount.minor, refund->amount.minor);
	tell(b->c, b->arena, b->now, refund, "refund.succeeded", b->actor);
	finish_if_all(b);
	return true;
}

/*
 * Totals that the processor told hold a refund that it had taken on; one that
 * it refused was never part of any, and then a total that the refund seemed
 * to explain is somebody else's.
 */
static bool
fail(struct booking *b, struct refund *refund,
    const struct provider_answer *a)
{
	struct tx *tx = b->tx;
	int64_t minor = refund->amount.minor;
	bool pending = strcmp(refund->status, "pending") == 0;
	bool taken_on = a->fate == PROVIDER_DONE ||
	    refund->processor_ref != NULL;

	/* It is booked: then only an event of its own can undo it. */
	if (!pending && (a->fate != PROVIDER_DONE ||
	    strcmp(refund->status, "succeeded") != 0))
		return false;
	refund->failure_code = a->failure != NULL ? a->failure :
	    a->code != NULL ? a->code : "refund_failed";
	refund->failure_message = a->message != NULL ? a->message :
	    "The processor did not give the money back.";
	if (!set_status(b, refund, "failed", a))
		return false;
	int64_t counted = tx->refunded + tx->refunding - minor;
	if (taken_on && tx->told_refunded > counted)
		tx->told_refunded = counted;
	book(b, pending ? -minor : 0, pending ? 0 : -minor);
	if (!pending)
		reopen(b);
	tell(b->c, b->arena, b->now, refund, "refund.failed", b->actor);
	if (!taken_on)
		book_told(b);
	return true;
}

bool
refund_settle(struct conn *c, struct arena *arena, int64_t now,
    struct refund *refund, const struct provider_answer *a,
    const char *actor)
{
	struct booking b = { c, arena, now, NULL, actor };
	bool changed = false;

	/* Two that end a payment's refunds see each other's figures. */
	audit_queue(c);
	struct refund *fresh = refund_find(c, arena, refund->id);
	if (fresh != NULL)
		b.tx = tx_find(c, arena, fresh->clive_tx_id);
	if (b.tx == NULL)
		return false;
	finish_call(&b, fresh, a);
	switch (verdict_of(a)) {
	case GIVEN:
		changed = succeed(&b, fresh, a);
		break;
	case NOT_GIVEN:
		changed = fail(&b, fresh, a);
		break;
	case IN_DOUBT:
		if (a->fate == PROVIDER_DONE && a->ref != NULL &&
		    conn_run(c, SQL_REFUND_SET_REF, "tit", a->ref, now,
		    fresh->id) == 1)
			fresh->processor_ref = a->ref;
		break;
	}
	*refund = *fresh;
	return changed;
}

/* ------------------------------------------------------------ verifying */

bool
refund_verify(struct conn *c, struct refund_report *report)
{
	memset(report, 0, sizeof(*report));
	struct rows *r = conn_rows(c, SQL_REFUNDS_COMPARE, "");
	while (row_next(r)) {
		report->refunds += row_int(r, 2);
		if (row_int(r, 1) == 0 && report->bad_payments++ == 0)
			snprintf(report->first_bad, sizeof(report->first_bad),
			    "%s", row_text(r, 0));
	}
	return report->bad_payments == 0 && conn_failed(c) == NULL;
}
