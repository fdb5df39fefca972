/* SPDX-License-Identifier: ISC */
/*
 * GET /v1/merchant/api-keys - the merchant's keys of the caller's mode, the
 * newest first: limit (1 to 100, default 20), starting_after (mk_...).
 * GET /v1/merchant/api-keys/{id} - one of them.
 * POST /v1/merchant/api-keys/{id}/revoke - ends it for good; once more says
 * the same. A key may end itself.
 *
 * All take a merchant's key with the scope keys:write. Keys are made with
 * `clive merchant-key add`; no answer has their secrets.
 *
 * Refuses, after the checks of lib/app.h: 404 NOT_FOUND for a key of another
 * merchant or mode, 422 VALIDATION_ERROR for a starting_after that is none.
 */
#include "gateway.h"

/* Is the current row of SQL_MERCHANT_KEY_FIND a key of the caller's? */
static bool
is_own(struct rows *r, const struct merchant *m)
{
	return strcmp(row_text(r, 1), m->partner_id) == 0 &&
	    strcmp(row_text(r, 2), m->client_id) == 0 &&
	    (row_int(r, 3) == 1) == m->live;
}

static bool
exists(struct conn *c, struct request *rq, const char *id)
{
	struct rows *r = conn_rows(c, SQL_MERCHANT_KEY_FIND, "t", id);
	bool found = row_next(r) && is_own(r, &rq->merchant);

	row_done(r);
	return found;
}

/* Answers with the key of the path; FAULT_NOT_FOUND where it is not theirs. */
static const struct fault *
answer(struct conn *c, struct request *rq)
{
	struct rows *r = conn_rows(c, SQL_MERCHANT_KEY_FIND, "t", rq->item);
	bool found = row_next(r) && is_own(r, &rq->merchant);
	struct jsonw w;

	if (found) {
		reply_data(rq, 200, &w);
		merchant_key_write(&w, "data", r);
		jsonw_end_object(&w);
	}
	row_done(r);
	return found ? NULL : &FAULT_NOT_FOUND;
}

static const struct fault *
show(struct request *rq, void *input)
{
	(void)input;
	return answer(rq->conn, rq);
}

static const struct fault *
revoke(struct conn *c, struct request *rq, void *input)
{
	(void)input;
	if (!exists(c, rq, rq->item))
		return &FAULT_NOT_FOUND;
	merchant_key_revoke(c, rq->item, rq->now, merchant_actor(rq));
	return answer(c, rq);
}

struct page {
	int64_t		 limit;
	const char	*after;
};

static const struct field page_fields[] = {
	{ "limit", FIELD_INTEGER, .offset = offsetof(struct page, limit),
	  .min = 1, .max = 100, .initial = 20 },
	{ "starting_after", FIELD_TEXT,
	  .offset = offsetof(struct page, after), .min = 1, .max = 64 },
	{ .name = NULL }
};

static const struct fault *
list(struct request *rq, void *input)
{
	const struct page *page = input;
	const struct merchant *m = &rq->merchant;
	struct jsonw w;
	int64_t n = 0;

	if (page->after != NULL && !exists(rq->conn, rq, page->after))
		return request_refuse(rq, &FAULT_FIELD_WRONG,
		    "starting_after", "There is no such key");
	/* "~" sorts after every identifier. */
	struct rows *r = conn_rows(rq->conn, SQL_MERCHANT_KEYS, "ttiti",
	    m->partner_id, m->client_id, (int64_t)m->live,
	    page->after != NULL ? page->after : "~", page->limit + 1);
	reply_list(rq, &w);
	while (row_next(r) && n++ < page->limit)
		merchant_key_write(&w, NULL, r);
	row_done(r);
	reply_list_end(&w, n > page->limit);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_MERCHANT, .scope = SCOPE_KEYS_WRITE,
	  .fields = page_fields, .input_size = sizeof(struct page),
	  .handle = list },
	{ METHOD_GET, ACCESS_MERCHANT, .takes_rest = true, .verb = "",
	  .scope = SCOPE_KEYS_WRITE, .handle = show },
	{ METHOD_POST, ACCESS_MERCHANT, .takes_rest = true,
	  .verb = "revoke", .scope = SCOPE_KEYS_WRITE, .change = revoke },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = { "/v1/merchant/api-keys", actions,
    API_PAYMENTS };

int
main(void)
{
	return app_main(&endpoint);
}
