/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/merchant-keys - the keys with which merchants call the
 * Payments API, the oldest first.
 * POST /api/v1/admin/merchant-keys - a new one.
 * POST /api/v1/admin/merchant-keys/{id}/revoke - ends one for good; the body
 * is a JSON object, which may be empty.
 *
 * Needs a bearer token; GET of any role, POST of an owner, else 403
 * FORBIDDEN_ROLE. The list takes partner_id. A new one takes partner_id,
 * client_id, name (1 to 100), livemode (else false) and scopes, the words of
 * lib/merchant.h with blanks or commas between them (else all).
 *
 * Refuses, after the checks of lib/app.h: 400 VALIDATION_ERROR (also where
 * there is no such client), 404 NOT_FOUND (no such key, or it is revoked
 * already).
 *
 * Answers 200 {"items":[...]} with masked keys; 201 with "api_key", which
 * nobody can read again; 200 {"id","revoked_at"}.
 */
#include "gateway.h"

#include "sig.h"

struct input {
	const char	*partner_id;
	const char	*client_id;
	const char	*name;
	const char	*scopes;
	int64_t		 livemode;
};

#define IN(member) offsetof(struct input, member)

static const struct field list_fields[] = {
	{ "partner_id", FIELD_TEXT, .offset = IN(partner_id), .max = 64 },
	{ .name = NULL }
};

static const struct field add_fields[] = {
	{ "partner_id", FIELD_TEXT, .required = true,
	  .offset = IN(partner_id), .min = 1, .max = 64 },
	{ "client_id", FIELD_TEXT, .required = true, .offset = IN(client_id),
	  .min = 1, .max = 64 },
	{ "name", FIELD_TEXT, .required = true, .offset = IN(name), .min = 1,
	  .max = 100, .check = field_check_markup },
	{ "scopes", FIELD_TEXT, .offset = IN(scopes), .min = 1, .max = 400 },
	{ "livemode", FIELD_BOOL, .offset = IN(livemode) },
	{ .name = NULL }
};

static const struct fault *
list(struct request *rq, void *arg)
{
	const struct input *in = arg;
	struct rows *r = conn_rows(rq->conn, SQL_MERCHANT_KEYS_OF_PARTNER,
	    "t", in->partner_id != NULL ? in->partner_id : "");
	struct jsonw w;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	while (row_next(r))
		merchant_key_write(&w, NULL, r);
	jsonw_end_array(&w);
	jsonw_null(&w, "nextCursor");
	jsonw_end_object(&w);
	return NULL;
}

static const struct fault *
add(struct conn *c, struct request *rq, void *arg)
{
	const struct input *in = arg;
	char id[ID_SIZE], text[MERCHANT_KEY_SIZE];
	const char *wrong = merchant_key_add(c, in->partner_id,
	    in->client_id, in->livemode == 1, in->name, in->scopes, rq->now,
	    caller_operator(rq), id, text);
	struct jsonw w;

	if (conn_failed(c) != NULL)
		return &FAULT_STORAGE;
	if (wrong != NULL)
		return request_complain(rq, NULL, wrong);
	reply_start(rq, 201, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "id", id);
	jsonw_text(&w, "partner_id", in->partner_id);
	jsonw_text(&w, "client_id", in->client_id);
	jsonw_text(&w, "name", in->name);
	jsonw_bool(&w, "livemode", in->livemode == 1);
	jsonw_text(&w, "api_key", text);
	jsonw_end_object(&w);
	sig_wipe(text, sizeof(text));
	return NULL;
}

static const struct fault *
revoke(struct conn *c, struct request *rq, void *arg)
{
	struct jsonw w;

	(void)arg;
	if (!merchant_key_revoke(c, rq->item, rq->now, caller_operator(rq)))
		return &FAULT_NOT_FOUND;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "id", rq->item);
	jsonw_time(&w, "revoked_at", rq->now);
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .fields = list_fields,
	  .input_size = sizeof(struct input), .handle = list },
	{ METHOD_POST, ACCESS_OPERATOR, .roles = ROLE_OWNER, .secret = true,
	  .fields = add_fields, .input_size = sizeof(struct input),
	  .change = add },
	{ METHOD_POST, ACCESS_OPERATOR, .roles = ROLE_OWNER,
	  .takes_rest = true, .verb = "revoke", .change = revoke },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/merchant-keys", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
