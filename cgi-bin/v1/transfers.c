/* SPDX-License-Identifier: ISC */
/*
 * POST /v1/transfers - sends money from the merchant's wallet to another one.
 * GET /v1/transfers/{id} - one transfer.
 * GET /v1/transfers - the merchant's transfers, newest first: limit (1 to
 * 100, default 20), starting_after (tr_...).
 *
 * Needs a merchant key with transfers:write, or wallets:read for the GETs.
 * POST needs an X-Idempotency-Key and takes, as a JSON object:
 *
 *   amount       integer, minor units, 1 to 99999999
 *   currency     USD, LRD or TZS
 *   to           {"phone_number"} of a buyer, or {"wallet"} of anybody
 *   description  text, up to 500; optional
 *   metadata     object, up to 16 KiB; optional, comes back byte for byte
 *
 * Refuses, after the checks of lib/app.h: 403 FORBIDDEN for a merchant that
 * is suspended; 404 NOT_FOUND for a recipient that there is not in this mode,
 * and for another merchant's or mode's transfer; 422 INVALID_CURRENCY for a
 * wallet of another currency; 422 INSUFFICIENT_FUNDS; 422 VALIDATION_ERROR
 * for the sender's own wallet, and for a starting_after that is none of the
 * list.
 *
 * Answers 201 with the transfer of transfer_write: it is done at once.
 *
 * Effects: both balances and the transfer in one transaction, with an audit
 * event and the events transfer.created and transfer.succeeded.
 */
#include "gateway.h"

#include "transfer.h"

enum {
	AMOUNT_MAX = 99999999,
	METADATA_MAX = 16 * 1024
};

static const char *const currencies[] = { "USD", "LRD", "TZS", NULL };

/* What a transfer is made from. */
struct sending {
	int64_t		 amount;
	const char	*currency;
	struct slice	 to;
	const char	*phone_number, *wallet;
	const char	*description;
	struct slice	 metadata;
};

#define AT(member) offsetof(struct sending, member)

static const struct field sending_fields[] = {
	{ "amount", FIELD_INTEGER, .required = true, AT(amount), .min = 1,
	  .max = AMOUNT_MAX, .above = &FAULT_AMOUNT_LARGE },
	{ "currency", FIELD_CHOICE, .required = true, AT(currency),
	  .choices = currencies, .fault = &FAULT_CURRENCY },
	{ "to", FIELD_OBJECT, .required = true, AT(to), .max = 1024 },
	{ "to.phone_number", FIELD_TEXT, .offset = AT(phone_number),
	  .min = 1, .max = 64, .check = buyer_check_phone,
	  .fault = &FAULT_PHONE_NUMBER },
	{ "to.wallet", FIELD_TEXT, .offset = AT(wallet), .min = 1,
	  .max = 100 },
	{ "description", FIELD_TEXT, .offset = AT(description), .max = 500 },
	{ "metadata", FIELD_OBJECT, .offset = AT(metadata),
	  .max = METADATA_MAX },
	{ .name = NULL }
};

static const struct fault *
send(struct conn *c, struct request *rq, void *arg)
{
	const struct sending *in = arg;
	const struct merchant *m = &rq->merchant;
	struct wallet_move move = { .kind = WALLET_TRANSFER,
	    .minor = in->amount, .partner_id = m->partner_id,
	    .client_id = m->client_id, .to_phone = in->phone_number,
	    .description = in->description, .metadata = in->metadata };
	const struct fault *fault;
	struct jsonw w;

	if (partner_may_take_payments(c, rq->arena, m->partner_id,
	    m->client_id) != NULL)
		return &FAULT_FORBIDDEN;
	if ((fault = transfer_recipient(c, rq, in->phone_number, in->wallet,
	    in->currency, &move.to)) != NULL)
		return fault;
	move.from = wallet_of_merchant(c, rq->arena, m->partner_id,
	    m->client_id, m->live, in->currency);
	if (move.from != NULL && strcmp(move.from->id, move.to->id) == 0)
		return request_refuse(rq, &FAULT_FIELD_WRONG, "to.wallet",
		    "This is the sender's own wallet");
	if (move.from == NULL || !wallet_move(c, rq->now, &move))
		return request_refuse(rq, &FAULT_FUNDS_SHORT, "amount", NULL);
	const struct transfer *t = transfer_find(c, rq->arena, move.id);
	if (t == NULL)
		return &FAULT_INTERNAL;
	transfer_tell(c, rq->arena, rq->now, t, merchant_actor(rq));
	reply_data(rq, 201, &w);
	transfer_write(&w, "data", t, "succeeded");
	jsonw_end_object(&w);
	return NULL;
}

/* A transfer of the caller's; or NULL. */
static const struct transfer *
find_mine(struct request *rq, const char *id)
{
	const struct transfer *t = transfer_find(rq->conn, rq->arena, id);

	return t != NULL && transfer_is_of(t, &rq->merchant) ? t : NULL;
}

static const struct fault *
one(struct request *rq, void *arg)
{
	const struct transfer *t = find_mine(rq, rq->item);
	struct jsonw w;

	(void)arg;
	if (t == NULL)
		return &FAULT_NOT_FOUND;
	reply_data(rq, 200, &w);
	transfer_write(&w, "data", t, "succeeded");
	jsonw_end_object(&w);
	return NULL;
}

struct page {
	int64_t		 limit;
	const char	*starting_after;
};

static const struct field page_fields[] = {
	{ "limit", FIELD_INTEGER, .offset = offsetof(struct page, limit),
	  .min = 1, .max = 100, .initial = 20 },
	{ "starting_after", FIELD_TEXT,
	  .offset = offsetof(struct page, starting_after), .min = 1,
	  .max = 100 },
	{ .name = NULL }
};

static const struct fault *
list(struct request *rq, void *arg)
{
	const struct merchant *m = &rq->merchant;
	const struct page *page = arg;
	const char *after = page->starting_after;
	struct jsonw w;
	int64_t n = 0;

	if (after != NULL && find_mine(rq, after) == NULL)
		return request_refuse(rq, &FAULT_FIELD_WRONG,
		    "starting_after", "Not the id of a transfer");
	reply_list(rq, &w);
	struct rows *r = conn_rows(rq->conn, SQL_TRANSFERS_OF_MERCHANT,
	    "ttiti", m->partner_id, m->client_id, (int64_t)m->live,
	    after != NULL ? after : "~", page->limit + 1);
	while (row_next(r) && ++n <= page->limit)
		transfer_write(&w, NULL, transfer_of_row(r, rq->arena),
		    "succeeded");
	row_done(r);
	reply_list_end(&w, n > page->limit);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_MERCHANT, .scope = SCOPE_TRANSFERS_WRITE,
	  .key_required = true, .fields = sending_fields,
	  .input_size = sizeof(struct sending), .change = send },
	{ METHOD_GET, ACCESS_MERCHANT, .scope = SCOPE_WALLETS_READ,
	  .fields = page_fields, .input_size = sizeof(struct page),
	  .handle = list },
	{ METHOD_GET, ACCESS_MERCHANT, .takes_rest = true, .verb = "",
	  .scope = SCOPE_WALLETS_READ, .handle = one },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/v1/transfers", actions, API_PAYMENTS
};

int
main(void)
{
	return app_main(&endpoint);
}
