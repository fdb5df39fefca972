/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/keys - the keys of partners' back ends, the oldest first.
 * POST /api/v1/admin/keys - a new one.
 * POST /api/v1/admin/keys/{id}/revoke - ends one for good; the body is a JSON
 * object, which may be empty.
 *
 * Needs a bearer token; GET of any role, POST of an owner, else 403
 * FORBIDDEN_ROLE. The list takes partner_id. A new one takes name (1 to 100)
 * and partner_id, or platform (true): one that may act for every partner.
 *
 * Refuses, after the checks of lib/app.h: 400 VALIDATION_ERROR, 404
 * PARTNER_NOT_FOUND, 404 NOT_FOUND (no such key, or it is revoked already).
 *
 * Answers 200 {"items":[...]} with masked keys; 201 with "api_key" and
 * "hmac_secret", which nobody can read again; 200 {"id","revoked_at"}.
 */
#include "gateway.h"

#include "apikey.h"
#include "sig.h"

struct input {
	const char	*partner_id;
	const char	*name;
	int64_t		 platform;
};

#define IN(member) offsetof(struct input, member)

static const struct field list_fields[] = {
	{ "partner_id", FIELD_TEXT, .offset = IN(partner_id), .max = 64 },
	{ .name = NULL }
};

static const struct field add_fields[] = {
	{ "partner_id", FIELD_TEXT, .offset = IN(partner_id), .min = 1,
	  .max = 64 },
	{ "name", FIELD_TEXT, .required = true, .offset = IN(name), .min = 1,
	  .max = 100, .check = field_check_markup },
	{ "platform", FIELD_BOOL, .offset = IN(platform) },
	{ .name = NULL }
};

static const struct fault *
list(struct request *rq, void *arg)
{
	const struct input *in = arg;
	struct rows *r = conn_rows(rq->conn, SQL_API_KEYS, "t",
	    in->partner_id != NULL ? in->partner_id : "");
	struct jsonw w;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	while (row_next(r))
		apikey_write(&w, r);
	jsonw_end_array(&w);
	jsonw_null(&w, "nextCursor");
	jsonw_end_object(&w);
	return NULL;
}

static const struct fault *
add(struct conn *c, struct request *rq, void *arg)
{
	const struct input *in = arg;
	struct apikey key;
	struct jsonw w;

	if ((in->partner_id == NULL) == (in->platform == 0))
		return request_complain(rq, "partner_id",
		    "Either a partner or platform is needed");
	if (!apikey_add(c, rq->vault, rq->conf->live, in->partner_id,
	    in->name, rq->now, caller_operator(rq), &key))
		return conn_failed(c) != NULL ? &FAULT_STORAGE :
		    &FAULT_PARTNER_NOT_FOUND;
	reply_start(rq, 201, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "id", key.id);
	jsonw_text(&w, "partner_id", in->partner_id);
	jsonw_text(&w, "name", in->name);
	jsonw_text(&w, "api_key", key.key);
	jsonw_text(&w, "hmac_secret", key.hmac_secret);
	jsonw_end_object(&w);
	sig_wipe(&key, sizeof(key));
	return NULL;
}

static const struct fault *
revoke(struct conn *c, struct request *rq, void *arg)
{
	struct jsonw w;

	(void)arg;
	if (!apikey_revoke(c, rq->item, rq->now, caller_operator(rq)))
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
	"/api/v1/admin/keys", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
