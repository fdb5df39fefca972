/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/clients?partner_id= - a partner's clients, newest first.
 * GET /api/v1/admin/clients/{client_id}?partner_id= - one.
 * POST /api/v1/admin/clients - a new one.
 * POST /api/v1/admin/clients/{client_id} - changes one.
 *
 * Needs a bearer token; GET of any role, POST of owner or finance, else 403
 * FORBIDDEN_ROLE. All need partner_id, a POST in its body.
 * The list takes limit (1 to 500, else 100) and cursor.
 *
 * A new one takes client_id, legal_name, status (active, suspended,
 * pending_kyc; else active), partner_fee_percentage (0 to 100, not below the
 * partner's own), partner_fee_flat_usd (whole dollars, 0 to 10), and the
 * members of its look as /api/v1/admin/partners does. A change takes any of
 * them but the first; null takes a fee away, an empty text one of the look.
 *
 * Refuses, after the checks of lib/app.h: 400 VALIDATION_ERROR, 400
 * CLIENT_FEE_BELOW_CLIVE_FEE, 404 PARTNER_NOT_FOUND, 404 CLIENT_NOT_FOUND,
 * 409 CLIENT_ALREADY_EXISTS.
 *
 * Answers 200 {"items":[...],"nextCursor"}, or 200 or 201 with the client. A
 * change is in the audit log as it was before and is after.
 */
#include "gateway.h"

#include "client-change.h"

static const struct field one_fields[] = {
	{ "partner_id", FIELD_TEXT, .required = true,
	  .offset = offsetof(struct client_change, partner_id), .min = 1,
	  .max = 64 },
	{ .name = NULL }
};

static const struct fault *
one(struct request *rq, void *arg)
{
	const struct client_change *in = arg;
	const struct client *c = client_find(rq->conn, rq->arena,
	    in->partner_id, rq->item);

	return c != NULL ? client_change_answer(rq, 200, c) :
	    &FAULT_CLIENT_NOT_FOUND;
}

struct page {
	const char	*partner_id;
	int64_t		 limit;
	const char	*cursor;	/* the last id of the page before */
};

#define PAGE(member) offsetof(struct page, member)

static const struct field page_fields[] = {
	{ "partner_id", FIELD_TEXT, .required = true,
	  .offset = PAGE(partner_id), .min = 1, .max = 64 },
	{ "limit", FIELD_INTEGER, .offset = PAGE(limit), .min = 1,
	  .max = 500, .initial = 100 },
	{ "cursor", FIELD_TEXT, .offset = PAGE(cursor), .min = 1, .max = 64 },
	{ .name = NULL }
};

/* Writes a page; the id of its last client where more follow, or NULL. */
static const char *
write_page(struct jsonw *w, struct request *rq, const struct page *page)
{
	const char *last = NULL;
	int64_t n = 0;
	/* "~" sorts after every identifier. */
	struct rows *r = conn_rows(rq->conn, SQL_CLIENTS, "tti",
	    page->partner_id, page->cursor != NULL ? page->cursor : "~",
	    page->limit + 1);

	while (row_next(r)) {
		if (n++ == page->limit) {
			row_done(r);
			return last;
		}
		const struct client *c = client_of_row(r, rq->arena);
		last = c->id;
		client_change_write(w, c);
	}
	return NULL;
}

static const struct fault *
list(struct request *rq, void *arg)
{
	const struct page *page = arg;
	struct jsonw w;

	if (partner_find(rq->conn, rq->arena, page->partner_id) == NULL)
		return &FAULT_PARTNER_NOT_FOUND;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	const char *next = write_page(&w, rq, page);
	jsonw_end_array(&w);
	jsonw_text(&w, "nextCursor", next);
	jsonw_end_object(&w);
	return NULL;
}

#define CHANGERS ACCESS_OPERATOR, .roles = ROLE_OWNER | ROLE_FINANCE

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .fields = page_fields,
	  .input_size = sizeof(struct page), .handle = list },
	{ METHOD_GET, ACCESS_OPERATOR, .takes_rest = true, .verb = "",
	  .fields = one_fields, .input_size = sizeof(struct client_change),
	  .handle = one },
	{ METHOD_POST, CHANGERS, .fields = client_add_fields,
	  .input_size = sizeof(struct client_change),
	  .change = client_change_add },
	{ METHOD_POST, CHANGERS, .takes_rest = true, .verb = "",
	  .fields = client_change_fields,
	  .input_size = sizeof(struct client_change),
	  .change = client_change_set },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/clients", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
