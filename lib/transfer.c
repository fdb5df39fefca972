/* SPDX-License-Identifier: ISC */
/* transfer.c - reading, showing and telling of movements between wallets. */
#include "transfer.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "json.h"
#include "outbox.h"

struct transfer *
transfer_of_row(struct rows *r, struct arena *arena)
{
	struct transfer *t = arena_alloc(arena, sizeof(*t));

	t->id = row_text_copy(r, 0, arena);
	t->kind = row_text_copy(r, 1, arena);
	t->from_wallet = row_text_copy(r, 2, arena);
	t->to_wallet = row_text_copy(r, 3, arena);
	t->live = row_int(r, 4) == 1;
	snprintf(t->amount.currency, sizeof(t->amount.currency), "%s",
	    row_text(r, 5));
	t->amount.minor = row_int(r, 6);
	t->intent_id = row_text_copy(r, 7, arena);
	t->refund_id = row_text_copy(r, 8, arena);
	t->partner_id = row_text_copy(r, 9, arena);
	t->client_id = row_text_copy(r, 10, arena);
	t->to_phone = row_text_copy(r, 11, arena);
	t->description = row_text_copy(r, 12, arena);
	t->metadata = row_text_copy(r, 13, arena);
	t->created_at = row_int(r, 14);
	return t;
}

struct transfer *
transfer_find(struct conn *c, struct arena *arena, const char *id)
{
	struct rows *r = conn_rows(c, SQL_TRANSFER_FIND, "t", id);
	struct transfer *t = row_next(r) ? transfer_of_row(r, arena) : NULL;

	row_done(r);
	return t;
}

bool
transfer_is_of(const struct transfer *t, const struct merchant *m)
{
	return strcmp(t->kind, "transfer") == 0 && t->live == m->live &&
	    strcmp(t->partner_id, m->partner_id) == 0 &&
	    strcmp(t->client_id, m->client_id) == 0;
}

/* Does it take money? The world's does not, nor that of a closed account. */
static bool
takes_transfers(struct conn *c, struct arena *arena, const struct wallet *w)
{
	return w->partner_id != NULL || (w->phone_number != NULL &&
	    buyer_find_good(c, arena, w->live, w->phone_number) != NULL);
}

const struct fault *
transfer_recipient(struct conn *c, struct request *rq,
    const char *phone_number, const char *wallet, const char *currency,
    const struct wallet **to)
{
	bool live = rq->merchant.live;
	const struct buyer *b;

	if ((phone_number != NULL) == (wallet != NULL))
		return request_refuse(rq, &FAULT_FIELD_WRONG, "to",
		    "Either phone_number or wallet");
	if (phone_number != NULL) {
		b = buyer_find_good(c, rq->arena, live, phone_number);
		*to = b != NULL ? wallet_open_of_buyer(c, rq->arena, rq->now,
		    b, currency) : NULL;
		return *to != NULL ? NULL : request_refuse(rq,
		    &FAULT_NOT_FOUND, "to.phone_number",
		    "Nobody has a wallet under this number");
	}
	*to = wallet_find(c, rq->arena, wallet);
	if (*to == NULL || (*to)->live != live ||
	    !takes_transfers(c, rq->arena, *to))
		return request_refuse(rq, &FAULT_NOT_FOUND, "to.wallet",
		    "No such wallet");
	return strcmp((*to)->currency, currency) == 0 ? NULL :
	    request_refuse(rq, &FAULT_CURRENCY, "currency",
	    "The wallet is of another currency");
}

void
transfer_write(struct jsonw *w, const char *key, const struct transfer *t,
    const char *status)
{
	const char *metadata = t->metadata != NULL ? t->metadata : "{}";

	jsonw_object(w, key);
	jsonw_text(w, "id", t->id);
	jsonw_text(w, "object", "transfer");
	jsonw_int(w, "amount", t->amount.minor);
	jsonw_text(w, "currency", t->amount.currency);
	jsonw_text(w, "status", status);
	jsonw_text(w, "from", t->from_wallet);
	jsonw_object(w, "to");
	if (t->to_phone != NULL)
		jsonw_text(w, "phone_number", t->to_phone);
	else
		jsonw_text(w, "wallet", t->to_wallet);
	jsonw_end_object(w);
	jsonw_text(w, "description", t->description);
	jsonw_raw(w, "metadata", metadata, strlen(metadata));
	jsonw_bool(w, "livemode", t->live);
	jsonw_time(w, "created_at", t->created_at);
	jsonw_end_object(w);
}

void
transfer_write_entry(struct jsonw *w, const struct transfer *t,
    const char *wallet_id)
{
	bool out = strcmp(t->from_wallet, wallet_id) == 0;

	jsonw_object(w, NULL);
	jsonw_text(w, "id", t->id);
	jsonw_text(w, "object", "wallet_transaction");
	jsonw_text(w, "type", t->kind);
	jsonw_int(w, "amount", out ? -t->amount.minor : t->amount.minor);
	jsonw_text(w, "currency", t->amount.currency);
	jsonw_text(w, "payment", t->intent_id);
	jsonw_text(w, "refund", t->refund_id);
	jsonw_text(w, "description", t->description);
	jsonw_bool(w, "livemode", t->live);
	jsonw_time(w, "created_at", t->created_at);
	jsonw_end_object(w);
}

/* A transfer at one moment of its short life. */
struct telling {
	const struct transfer	*transfer;
	const char		*status;
};

static void
write_object(struct jsonw *w, const void *about)
{
	const struct telling *t = about;

	transfer_write(w, "object", t->transfer, t->status);
}

static void
tell(struct conn *c, int64_t now, const struct transfer *t, const char *type,
    const char *status)
{
	const struct telling about = { t, status };
	struct outbox_event event = { .partner_id = t->partner_id,
	    .client_id = t->client_id, .api = "payments",
	    .livemode = t->live, .type = type };

	outbox_write_object(c, now, &event, NULL, write_object, &about);
}

void
transfer_tell(struct conn *c, struct arena *arena, int64_t now,
    const struct transfer *t, const char *actor)
{
	char amount[AMOUNT_TEXT_SIZE];

	amount_print(t->amount.minor, t->amount.currency, amount);
	audit_write(c, now, actor, "transfer.succeeded", t->id,
	    arena_printf(arena, "{\"from\":\"%s\",\"to\":\"%s\","
	    "\"amount\":%s,\"currency\":\"%s\"}", t->from_wallet,
	    t->to_wallet, amount, t->amount.currency));
	tell(c, now, t, "transfer.created", "pending");
	tell(c, now, t, "transfer.succeeded", "succeeded");
}
