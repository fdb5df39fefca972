/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/disputes - payments that payers' banks took back, the
 * newest payment first.
 *
 * Needs a bearer token of any role. Takes partner_id, limit (1 to 500, else
 * 100) and cursor.
 *
 * Refuses, after the checks of lib/app.h: 400 VALIDATION_ERROR.
 *
 * Answers 200 {"items":[...],"nextCursor"}: each payment as
 * /api/v1/admin/transactions lists it, with "disputes", what its processor
 * told of each: {"id","type","at","reason","status","respond_by"}, null where
 * it did not say.
 */
#include "gateway.h"

#include "tx-search.h"

struct input {
	const char	*partner_id;
	int64_t		 limit;
	const char	*cursor;
};

#define IN(member) offsetof(struct input, member)

static const struct field fields[] = {
	{ "partner_id", FIELD_TEXT, .offset = IN(partner_id), .max = 64 },
	{ "limit", FIELD_INTEGER, .offset = IN(limit), .min = 1, .max = 500,
	  .initial = 100 },
	{ "cursor", FIELD_TEXT, .offset = IN(cursor), .min = 1, .max = 64 },
	{ .name = NULL }
};

/* When evidence is due: seconds, as Stripe has it. */
static int64_t
due_ms(const struct json *object)
{
	int64_t seconds;

	return json_int(json_get(object, "evidence_details"), "due_by",
	    &seconds) && seconds > 0 && seconds < INT64_MAX / 1000 ?
	    seconds * 1000 : 0;
}

static void
write_disputes(struct jsonw *w, struct request *rq, const char *id)
{
	struct rows *r = conn_rows(rq->conn, SQL_DISPUTES_OF_TX, "t", id);
	const char *why;

	jsonw_array(w, "disputes");
	while (row_next(r)) {
		struct slice body = row_bytes(r, 4);
		const struct json *object = json_get(json_get(json_parse(
		    rq->arena, body.p, body.n, &why), "data"), "object");
		jsonw_object(w, NULL);
		jsonw_text(w, "id", row_text(r, 2));
		jsonw_text(w, "type", row_text(r, 3));
		jsonw_time(w, "at", row_int(r, 0));
		jsonw_text(w, "reason", json_text(object, "reason"));
		jsonw_text(w, "status", json_text(object, "status"));
		jsonw_time(w, "respond_by", due_ms(object));
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

/* Writes a page; the id of its last payment where more follow, or NULL. */
static const char *
write_page(struct jsonw *w, struct request *rq, const struct input *in)
{
	struct rows *r = conn_rows(rq->conn, SQL_TX_DISPUTED, "tti",
	    in->cursor != NULL ? in->cursor : "~",
	    in->partner_id != NULL ? in->partner_id : "", in->limit + 1);
	const char *last = NULL;
	int64_t n = 0;

	while (row_next(r)) {
		if (n++ == in->limit) {
			row_done(r);
			return last;
		}
		const struct tx *tx = tx_of_row(r, rq->arena);
		last = tx->clive_tx_id;
		jsonw_object(w, NULL);
		tx_search_write(w, tx);
		write_disputes(w, rq, tx->clive_tx_id);
		jsonw_end_object(w);
	}
	return NULL;
}

static const struct fault *
list(struct request *rq, void *arg)
{
	struct jsonw w;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	const char *next = write_page(&w, rq, arg);
	jsonw_end_array(&w);
	jsonw_text(&w, "nextCursor", next);
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .fields = fields,
	  .input_size = sizeof(struct input), .handle = list },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/disputes", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
