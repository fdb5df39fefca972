/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/clients - make a client (merchant) of the key's partner.
 * GET /api/v1/clients - the partner's clients, newest first.
 *
 * Both take a partner's key only. POST needs x-api-key, x-clive-hmac,
 * idempotency-key, and a JSON body:
 *
 *   client_id               text, 3 to 64; unique for the partner
 *   legal_name              text, 2 to 200, without markup
 *   status                  active (default), suspended, pending_kyc
 *   partner_fee_percentage  number, 0 to 100, at least the partner's own fee
 *   partner_fee_flat_usd    number, 0 to 10
 *
 * Refuses, after the checks of lib/app.h: 403 API_KEY_SCOPE_FORBIDDEN, 404
 * PARTNER_NOT_FOUND, 403 PARTNER_SUSPENDED, 400 CLIENT_FEE_BELOW_CLIVE_FEE,
 * 409 CLIENT_ALREADY_EXISTS. GET needs x-api-key and refuses the first three.
 *
 * POST answers 201 with the client, GET 200 {"items":[client ...]}; a client
 * has the nine members of client_write. GET takes limit (1 to 1000, the
 * default) and cursor; where more clients follow, the answer has a
 * next_cursor.
 */
#include "gateway.h"

struct input {
	const char	*client_id;
	const char	*legal_name;
	const char	*status;
	int64_t		 fee_ppm;
	int64_t		 fee_flat_cents;
};

#define IN(member) offsetof(struct input, member)

static const struct field fields[] = {
	{ "client_id", FIELD_TEXT, .required = true, IN(client_id),
	  .min = 3, .max = 64, .check = field_check_markup },
	{ "legal_name", FIELD_TEXT, .required = true, IN(legal_name),
	  .min = 2, .max = 200, .check = field_check_markup },
	{ "status", FIELD_CHOICE, .offset = IN(status),
	  .choices = client_statuses },
	{ "partner_fee_percentage", FIELD_PERCENT, .offset = IN(fee_ppm) },
	{ "partner_fee_flat_usd", FIELD_CENTS, .offset = IN(fee_flat_cents),
	  .min = 0, .max = 10 },
	{ .name = NULL }
};

/* The caller's partner, where it may manage clients. */
static const struct fault *
find_partner(struct conn *c, struct request *rq, const struct partner **p)
{
	*p = partner_find(c, rq->arena, rq->caller.partner_id);
	if (*p == NULL)
		return &FAULT_PARTNER_NOT_FOUND;
	return strcmp((*p)->status, "suspended") == 0 ?
	    &FAULT_PARTNER_SUSPENDED : NULL;
}

static const struct fault *
add(struct conn *c, struct request *rq, void *arg)
{
	const struct input *in = arg;
	const struct partner *partner;
	const struct fault *fault;
	struct client client = {
		.client_id = in->client_id, .legal_name = in->legal_name,
		.status = in->status != NULL ? in->status : "active",
		.fee_ppm = in->fee_ppm, .fee_flat_cents = in->fee_flat_cents,
	};
	struct jsonw w;

	if ((fault = find_partner(c, rq, &partner)) != NULL ||
	    (fault = client_add(c, partner, &client, rq->arena, rq->now,
	    caller_actor(rq))) != NULL)
		return fault;
	reply_start(rq, 201, &w);
	jsonw_object(&w, NULL);
	client_write(&w, &client);
	jsonw_end_object(&w);
	return NULL;
}

struct page {
	int64_t		 limit;
	const char	*cursor;	/* the last id of the page before */
};

static const struct field page_fields[] = {
	{ "limit", FIELD_INTEGER, .offset = offsetof(struct page, limit),
	  .min = 1, .max = 1000, .initial = 1000 },
	{ "cursor", FIELD_TEXT, .offset = offsetof(struct page, cursor),
	  .min = 1, .max = 64 },
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
	    rq->caller.partner_id, page->cursor != NULL ? page->cursor : "~",
	    page->limit + 1);

	while (row_next(r)) {
		if (n++ == page->limit) {
			row_done(r);
			return last;
		}
		const struct client *c = client_of_row(r, rq->arena);
		last = c->id;
		jsonw_object(w, NULL);
		client_write(w, c);
		jsonw_end_object(w);
	}
	return NULL;
}

static const struct fault *
list(struct request *rq, void *arg)
{
	const struct partner *partner;
	const struct fault *fault;
	struct jsonw w;

	if ((fault = find_partner(rq->conn, rq, &partner)) != NULL)
		return fault;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	const char *next = write_page(&w, rq, arg);
	jsonw_end_array(&w);
	if (next != NULL)
		jsonw_text(&w, "next_cursor", next);
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_SIGNED, .partner_only = true,
	  .fields = fields, .input_size = sizeof(struct input),
	  .change = add },
	{ METHOD_GET, ACCESS_KEY, .partner_only = true,
	  .fields = page_fields, .input_size = sizeof(struct page),
	  .handle = list },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/clients", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
