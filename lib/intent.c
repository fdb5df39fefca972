/* SPDX-License-Identifier: ISC */
/* intent.c - reading, opening, writing and telling of intents. */
#include "intent.h"

#include <stdio.h>
#include <string.h>

#include "intent-action.h"
#include "json.h"
#include "outbox.h"
#include "rail.h"
#include "sig.h"

enum { FIRST = 29 };		/* column after those of the payment */

const char *
intent_status(const struct intent *in)
{
	switch (in->tx->status) {
	case TX_INITIALIZED:
		return "requires_payment_method";
	case TX_PENDING:
		return "requires_action";
	case TX_SUCCEEDED:
	case TX_REFUNDED:
	case TX_CHARGEBACK:
		return "succeeded";
	case TX_FAILED:
		return "failed";
	case TX_ABANDONED:
	case TX_STATUS_COUNT:
		break;
	}
	return "canceled";
}

struct intent *
intent_of_row(struct rows *r, struct arena *arena)
{
	struct intent *in = arena_alloc(arena, sizeof(*in));

	in->tx = tx_of_row(r, arena);
	in->live = in->tx->live;
	in->id = row_text_copy(r, FIRST, arena);
	in->description = row_text_copy(r, FIRST + 1, arena);
	in->method = row_text_copy(r, FIRST + 2, arena);
	in->method_detail = row_text_copy(r, FIRST + 3, arena);
	in->next_action = row_text_copy(r, FIRST + 4, arena);
	in->return_url = row_text_copy(r, FIRST + 5, arena);
	in->failure_code = row_text_copy(r, FIRST + 6, arena);
	in->failure_message = row_text_copy(r, FIRST + 7, arena);
	in->busy_until = row_int(r, FIRST + 8);
	in->created_at = row_int(r, FIRST + 9);
	in->updated_at = row_int(r, FIRST + 10);
	if (in->tx->updated_at > in->updated_at)
		in->updated_at = in->tx->updated_at;
	in->merchant_name = row_text_copy(r, FIRST + 11, arena);
	return in;
}

static struct intent *
find(struct conn *c, struct arena *arena, enum sql by, const char *id)
{
	struct rows *r = conn_rows(c, by, "t", id);
	struct intent *in = row_next(r) ? intent_of_row(r, arena) : NULL;

	row_done(r);
	return in;
}

struct intent *
intent_find(struct conn *c, struct arena *arena, const char *id)
{
	return find(c, arena, SQL_INTENT_FIND, id);
}

struct intent *
intent_find_by_tx(struct conn *c, struct arena *arena,
    const char *clive_tx_id)
{
	return find(c, arena, SQL_INTENT_FIND_BY_TX, clive_tx_id);
}

/* The guard has matched the client secret of a payer with `item`. */
static bool
may_see(const struct request *rq, const struct intent *in)
{
	const struct merchant *m = &rq->merchant;

	return rq->payer || (in->live == m->live &&
	    strcmp(in->tx->partner_id, m->partner_id) == 0 &&
	    strcmp(in->tx->client_id, m->client_id) == 0);
}

const struct fault *
intent_of_request(struct conn *c, struct request *rq, struct intent **in)
{
	*in = intent_find(c, rq->arena, rq->item);
	if (*in == NULL || !may_see(rq, *in))
		return &FAULT_NOT_FOUND;
	rq->env = (*in)->live ? "live" : "test";
	return NULL;
}

struct intent *
intent_open(struct conn *c, struct arena *arena, int64_t now,
    const struct merchant *m, const struct intent_new *new,
    const char *actor)
{
	char id[ID_SIZE];

	id_make("pi_", now, id);
	struct tx tx = {
		.partner_id = m->partner_id, .client_id = m->client_id,
		.amount = new->amount, .processor = "none",
		.echezona_reference = new->reference != NULL ?
		    new->reference : id,
		.payments = true, .live = m->live,
	};
	tx_open(c, arena, now, &tx, new->metadata, actor);
	conn_run(c, SQL_INTENT_INSERT, "ttttitti", id, tx.clive_tx_id,
	    m->partner_id, m->client_id, (int64_t)m->live, new->description,
	    new->return_url, now);
	struct intent *in = intent_find(c, arena, id);
	if (in != NULL)
		intent_tell(c, now, in, "payment.created");
	return in;
}

/* ------------------------------------------------------ as it is shown */

/* "+231•••••1000": enough to know one's own number by. */
static void
write_masked(struct jsonw *w, const char *key, const char *phone)
{
	size_t n = strlen(phone);
	struct buf text;

	buf_init(&text, 256);
	for (size_t i = 0; i < n; i++) {
		if (i < 4 || i + 4 >= n)
			buf_putc(&text, phone[i]);
		else
			buf_puts(&text, "\xe2\x80\xa2");
	}
	jsonw_text(w, key, n > 8 ? buf_str(&text) : "");
	buf_free(&text);
}

/* An object as it stands, but for its phone numbers. */
static void
copy_masked(struct jsonw *w, const char *key, const struct json *object)
{
	jsonw_object(w, key);
	for (const struct json *m = object->child; m != NULL; m = m->next) {
		if (m->kind == JSON_OBJECT)
			copy_masked(w, m->key, m);
		else if (m->kind == JSON_STRING &&
		    strcmp(m->key, "phone_number") == 0)
			write_masked(w, m->key, m->text);
		else
			jsonw_raw(w, m->key, m->raw.p, m->raw.n);
	}
	jsonw_end_object(w);
}

/* JSON that is kept: all of it for the merchant, masked for the payer. */
static void
write_kept(struct jsonw *w, const char *key, const char *kept,
    enum intent_view view)
{
	struct arena *arena;
	const char *why;

	if (kept == NULL || view == INTENT_FOR_MERCHANT) {
		jsonw_raw(w, key, kept, kept != NULL ? strlen(kept) : 0);
		return;
	}
	arena = arena_new();
	const struct json *json = json_parse(arena, kept, strlen(kept), &why);
	if (json != NULL && json->kind == JSON_OBJECT)
		copy_masked(w, key, json);
	else
		jsonw_null(w, key);
	arena_free(arena);
}

/* What was tried, and came to nothing, is not how it will be paid. */
static void
write_method(struct jsonw *w, const struct intent *in, enum intent_view view)
{
	if (in->method == NULL || in->tx->status == TX_INITIALIZED) {
		jsonw_null(w, "payment_method");
		return;
	}
	jsonw_object(w, "payment_method");
	jsonw_text(w, "type", in->method);
	if (in->method_detail != NULL)
		write_kept(w, in->method, in->method_detail, view);
	jsonw_end_object(w);
}

static void
write_action(struct jsonw *w, const struct intent *in, enum intent_view view)
{
	const char *action = in->tx->status == TX_PENDING ? in->next_action :
	    NULL;

	if (intent_action_is_sealed(action))
		action = intent_action_closed();
	write_kept(w, "next_action", action, view);
}

static void
write_failure(struct jsonw *w, const struct intent *in)
{
	if (in->tx->status != TX_FAILED || in->failure_code == NULL) {
		jsonw_null(w, "failure");
		return;
	}
	jsonw_object(w, "failure");
	jsonw_text(w, "code", in->failure_code);
	jsonw_text(w, "message", in->failure_message);
	jsonw_end_object(w);
}

/* What both see first, and what both see last. */
static void
write_start(struct jsonw *w, const char *key, const struct intent *in)
{
	jsonw_object(w, key);
	jsonw_text(w, "id", in->id);
	jsonw_text(w, "object", "payment");
	jsonw_text(w, "status", intent_status(in));
	jsonw_int(w, "amount", in->tx->amount.minor);
	jsonw_text(w, "currency", in->tx->amount.currency);
}

static void
write_times(struct jsonw *w, const struct intent *in)
{
	jsonw_time(w, "created_at", in->created_at);
	jsonw_time(w, "updated_at", in->updated_at);
}

static void
write_for_payer(struct jsonw *w, const char *key, const struct intent *in)
{
	write_start(w, key, in);
	jsonw_bool(w, "livemode", in->live);
	write_method(w, in, INTENT_FOR_PAYER);
	write_action(w, in, INTENT_FOR_PAYER);
	write_failure(w, in);
	jsonw_text(w, "return_url", in->return_url);
	jsonw_text(w, "description", in->description);
	jsonw_object(w, "merchant");
	jsonw_text(w, "name", in->merchant_name);
	jsonw_end_object(w);
	write_times(w, in);
	jsonw_end_object(w);
}

static void
write_for_merchant(struct jsonw *w, const char *key, const struct intent *in,
    const char *secret)
{
	const char *meta = in->tx->meta != NULL ? in->tx->meta : "{}";

	write_start(w, key, in);
	jsonw_int(w, "amount_refunded", in->tx->refunded);
	jsonw_text(w, "description", in->description);
	jsonw_raw(w, "metadata", meta, strlen(meta));
	jsonw_bool(w, "livemode", in->live);
	write_method(w, in, INTENT_FOR_MERCHANT);
	write_action(w, in, INTENT_FOR_MERCHANT);
	write_failure(w, in);
	jsonw_text(w, "return_url", in->return_url);
	jsonw_bool(w, "disputed", in->tx->disputed > 0);
	write_times(w, in);
	if (secret != NULL)
		jsonw_text(w, "client_secret", secret);
	jsonw_end_object(w);
}

void
intent_write(struct jsonw *w, const char *key, const struct intent *in,
    enum intent_view view, const char *secret)
{
	switch (view) {
	case INTENT_FOR_MERCHANT:
		write_for_merchant(w, key, in, secret);
		break;
	case INTENT_FOR_PAYER:
		write_for_payer(w, key, in);
		break;
	}
}

void
intent_answer(struct request *rq, int status, const struct intent *in)
{
	struct intent shown = *in;
	char secret[INTENT_SECRET_SIZE];
	struct jsonw w;

	intent_secret(rq->vault, in->id, secret);
	if (intent_action_is_sealed(in->next_action))
		shown.next_action = intent_action_open(rq->arena, rq->vault,
		    in->id, in->next_action, rail_conf(rq->conf, in->live));
	else if (in->next_action != NULL && in->method != NULL &&
	    strcmp(in->method, "soxara_wallet") == 0)
		shown.next_action = rail_wallet_action(rq->arena, rq->conf,
		    in, secret);
	reply_data(rq, status, &w);
	if (rq->payer)
		intent_write(&w, "data", &shown, INTENT_FOR_PAYER, NULL);
	else
		intent_write(&w, "data", &shown, INTENT_FOR_MERCHANT, secret);
	jsonw_end_object(&w);
	sig_wipe(secret, sizeof(secret));
}

/* ------------------------------------------------------ telling of it */

static void
write_object(struct jsonw *w, const void *in)
{
	intent_write(w, "object", in, INTENT_FOR_MERCHANT, NULL);
}

void
intent_tell(struct conn *c, int64_t now, const struct intent *in,
    const char *type)
{
	struct outbox_event event = { .partner_id = in->tx->partner_id,
	    .client_id = in->tx->client_id,
	    .clive_tx_id = in->tx->clive_tx_id, .api = "payments",
	    .livemode = in->live, .type = type };

	outbox_write_object(c, now, &event, NULL, write_object, in);
}

/* The event of a state; NULL for those that are told elsewhere. */
static const char *
event_of(enum tx_status status)
{
	switch (status) {
	case TX_SUCCEEDED:
		return "payment.succeeded";
	case TX_FAILED:
		return "payment.failed";
	case TX_ABANDONED:
		return "payment.canceled";
	case TX_CHARGEBACK:
		return "payment.disputed";
	case TX_INITIALIZED:
	case TX_PENDING:
	case TX_REFUNDED:
	case TX_STATUS_COUNT:
		break;
	}
	return NULL;
}

void
intent_moved(struct conn *c, struct arena *arena, int64_t now,
    const struct tx *tx)
{
	const char *type = event_of(tx->status);
	struct intent *in = intent_find_by_tx(c, arena, tx->clive_tx_id);

	if (in == NULL)
		return;
	in->next_action = NULL;
	in->updated_at = now;
	if (tx->status != TX_FAILED) {
		in->failure_code = in->failure_message = NULL;
	} else if (in->failure_code == NULL) {
		in->failure_code = "generic_decline";
		in->failure_message = "The payment was declined.";
	}
	conn_run(c, SQL_INTENT_MOVED, "ttit", in->failure_code,
	    in->failure_message, now, in->id);
	if (type != NULL)
		intent_tell(c, now, in, type);
}

/* Sentences for codes that come without one. */
static const char *
message_of(const char *code)
{
	static const char *const messages[][2] = {
		{ "insufficient_funds", "There is not enough money." },
		{ "INSUFFICIENT_FUNDS", "There is not enough money." },
		{ "expired_card", "The card has expired." },
		{ "user_rejected", "The payer declined the payment." },
		{ "timeout", "The payer did not answer in time." },
	};

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (strcmp(messages[i][0], code) == 0)
			return messages[i][1];
	return "The payment was declined.";
}

void
intent_note_failure(struct conn *c, int64_t now, const struct tx *tx,
    const char *code, const char *message)
{
	(void)now;
	if (!tx->payments || code == NULL ||
	    !tx_may_move(tx->status, TX_FAILED))
		return;
	conn_run(c, SQL_INTENT_FAILURE, "ttt", code,
	    message != NULL ? message : message_of(code), tx->clive_tx_id);
}
