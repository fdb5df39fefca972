/* SPDX-License-Identifier: ISC */
/*
 * GET /v1/wallets - the merchant's wallets in its key's mode, one a currency.
 * GET /v1/wallets/{id} - one of them.
 * GET /v1/wallets/{id}/transactions - what came in and went out, newest
 * first: limit (1 to 100, default 20), starting_after (tr_...).
 *
 * Needs a merchant key with wallets:read. A wallet comes into being with the
 * first money in it, which an operator puts there (clive wallet fund).
 *
 * Refuses, after the checks of lib/app.h: 404 NOT_FOUND (also another
 * merchant's or mode's, and buyers'); 422 VALIDATION_ERROR for a
 * starting_after that is none of the list.
 *
 * Answers {"success":true,"data":...}: a wallet is {"id","object":"wallet",
 * "currency","balance","livemode","created_at","updated_at"}, a transaction
 * {"id","object":"wallet_transaction","type","amount","currency","payment",
 * "refund","description","livemode","created_at"}, its amount negative where
 * it went out.
 */
#include "gateway.h"

#include "transfer.h"

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

static bool
is_mine(const struct request *rq, const struct wallet *w)
{
	const struct merchant *m = &rq->merchant;

	return w->partner_id != NULL && w->live == m->live &&
	    strcmp(w->partner_id, m->partner_id) == 0 &&
	    strcmp(w->client_id, m->client_id) == 0;
}

/* The wallet in the path, where it is the caller's; or NULL. */
static const struct wallet *
mine(struct request *rq)
{
	const struct wallet *w = wallet_find(rq->conn, rq->arena, rq->item);

	return w != NULL && is_mine(rq, w) ? w : NULL;
}

static const struct fault *
list(struct request *rq, void *arg)
{
	const struct merchant *m = &rq->merchant;
	struct jsonw w;

	(void)arg;
	reply_list(rq, &w);
	struct rows *r = conn_rows(rq->conn, SQL_WALLETS_OF_MERCHANT, "tti",
	    m->partner_id, m->client_id, (int64_t)m->live);
	while (row_next(r)) {
		jsonw_object(&w, NULL);
		wallet_write(&w, wallet_of_row(r, rq->arena));
		jsonw_end_object(&w);
	}
	reply_list_end(&w, false);
	return NULL;
}

static const struct fault *
one(struct request *rq, void *arg)
{
	const struct wallet *wallet = mine(rq);
	struct jsonw w;

	(void)arg;
	if (wallet == NULL)
		return &FAULT_NOT_FOUND;
	reply_data(rq, 200, &w);
	jsonw_object(&w, "data");
	wallet_write(&w, wallet);
	jsonw_end_object(&w);
	jsonw_end_object(&w);
	return NULL;
}

/* Is it in the list of this wallet? */
static bool
is_listed(struct request *rq, const struct wallet *w, const char *id)
{
	const struct transfer *t = transfer_find(rq->conn, rq->arena, id);

	return t != NULL && (strcmp(t->from_wallet, w->id) == 0 ||
	    strcmp(t->to_wallet, w->id) == 0);
}

static const struct fault *
transactions(struct request *rq, void *arg)
{
	const struct wallet *wallet = mine(rq);
	const struct page *page = arg;
	const char *after = page->starting_after;
	struct jsonw w;
	int64_t n = 0;

	if (wallet == NULL)
		return &FAULT_NOT_FOUND;
	if (after != NULL && !is_listed(rq, wallet, after))
		return request_refuse(rq, &FAULT_FIELD_WRONG,
		    "starting_after", "Not the id of a transaction");
	reply_list(rq, &w);
	struct rows *r = conn_rows(rq->conn, SQL_TRANSFERS_OF_WALLET, "tti",
	    wallet->id, after != NULL ? after : "~", page->limit + 1);
	while (row_next(r) && ++n <= page->limit)
		transfer_write_entry(&w, transfer_of_row(r, rq->arena),
		    wallet->id);
	row_done(r);
	reply_list_end(&w, n > page->limit);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_MERCHANT, .scope = SCOPE_WALLETS_READ,
	  .handle = list },
	{ METHOD_GET, ACCESS_MERCHANT, .takes_rest = true, .verb = "",
	  .scope = SCOPE_WALLETS_READ, .handle = one },
	{ METHOD_GET, ACCESS_MERCHANT, .takes_rest = true,
	  .verb = "transactions", .scope = SCOPE_WALLETS_READ,
	  .fields = page_fields, .input_size = sizeof(struct page),
	  .handle = transactions },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/v1/wallets", actions, API_PAYMENTS
};

int
main(void)
{
	return app_main(&endpoint);
}
