/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/partners[/{partner_id}] - all partners by name, or one.
 * POST /api/v1/admin/partners - a new one.
 * POST /api/v1/admin/partners/{partner_id} - changes one.
 *
 * Needs a bearer token; GET of any role, POST of owner or finance, else 403
 * FORBIDDEN_ROLE.
 *
 * A new one takes partner_id (3 to 64 letters, digits, _ and -), legal_name
 * (2 to 200), status (active, inactive, suspended; else active), kyc_status
 * (approved, pending, rejected; else pending), fee_percentage (0 to 100; else
 * 3.5), and the members of its look: brand_display_name, brand_logo_url,
 * brand_primary_color, brand_secondary_color, widget_background_color,
 * widget_text_color, website_url. A change takes any of them but the first;
 * an empty text unsets one of the look, what is absent stays.
 *
 * Refuses, after the checks of lib/app.h: 400 VALIDATION_ERROR (also where
 * the partner_id is taken, or nothing is named), 404 PARTNER_NOT_FOUND.
 *
 * Answers 200 {"items":[...]}, or 200 or 201 with the partner. A change is in
 * the audit log as it was before and is after.
 */
#include "gateway.h"

#include "brand.h"

enum { FEE_PPM = 35000 };	/* of a new partner: 3.5 % */

struct input {
	const char	*partner_id;
	const char	*legal_name;
	const char	*status;
	const char	*kyc_status;
	int64_t		 fee_ppm;	/* -1: not said */
};

#define IN(member) offsetof(struct input, member)
#define CHANGEABLE							\
	{ "status", FIELD_CHOICE, .offset = IN(status),			\
	  .choices = partner_statuses },				\
	{ "kyc_status", FIELD_CHOICE, .offset = IN(kyc_status),		\
	  .choices = partner_kyc_statuses },				\
	{ "fee_percentage", FIELD_PERCENT, .offset = IN(fee_ppm) },	\
	{ .name = NULL }

static const struct field add_fields[] = {
	{ "partner_id", FIELD_TEXT, .required = true,
	  .offset = IN(partner_id), .min = 3, .max = 64,
	  .check = partner_check_id },
	{ "legal_name", FIELD_TEXT, .required = true,
	  .offset = IN(legal_name), .min = 2, .max = 200,
	  .check = field_check_markup },
	CHANGEABLE
};

static const struct field change_fields[] = {
	{ "legal_name", FIELD_TEXT, .offset = IN(legal_name), .min = 2,
	  .max = 200, .check = field_check_markup },
	CHANGEABLE
};

static const struct fault *
answer(struct request *rq, int status, const struct partner *p)
{
	struct jsonw w;

	reply_start(rq, status, &w);
	partner_write(&w, NULL, p);
	return NULL;
}

/* What was sent replaces what is there. *changed: something was. */
static const struct fault *
take(struct request *rq, const struct input *in, struct partner *p,
    bool *changed)
{
	const char *key, *wrong = brand_take(&p->brand, rq->json, rq->arena,
	    changed, &key);

	if (wrong != NULL)
		return request_complain(rq, key, wrong);
	*changed = *changed || in->legal_name != NULL || in->status != NULL ||
	    in->kyc_status != NULL || in->fee_ppm >= 0;
	if (in->legal_name != NULL)
		p->legal_name = in->legal_name;
	if (in->status != NULL)
		p->status = in->status;
	if (in->kyc_status != NULL)
		p->kyc_status = in->kyc_status;
	if (in->fee_ppm >= 0)
		p->fee_ppm = in->fee_ppm;
	return NULL;
}

static const struct fault *
add(struct conn *c, struct request *rq, void *arg)
{
	const struct input *in = arg;
	struct partner p = { .partner_id = in->partner_id,
	    .status = "active", .kyc_status = "pending", .fee_ppm = FEE_PPM,
	    .created_at = rq->now, .updated_at = rq->now };
	bool changed = false;
	const struct fault *fault = take(rq, in, &p, &changed);

	if (fault != NULL)
		return fault;
	if (!partner_add(c, &p, rq->now, caller_operator(rq)))
		return conn_failed(c) != NULL ? &FAULT_STORAGE :
		    request_complain(rq, "partner_id", "This one is taken");
	return answer(rq, 201, &p);
}

static const struct fault *
change(struct conn *c, struct request *rq, void *arg)
{
	struct partner *p = partner_find(c, rq->arena, rq->item);
	bool changed = false;

	if (p == NULL)
		return &FAULT_PARTNER_NOT_FOUND;
	const struct fault *fault = take(rq, arg, p, &changed);
	if (fault != NULL)
		return fault;
	if (!changed)
		return request_complain(rq, NULL, "There is nothing to change");
	p->updated_at = rq->now;
	if (!partner_update(c, p, rq->now, caller_operator(rq)))
		return &FAULT_STORAGE;
	return answer(rq, 200, p);
}

static const struct fault *
list(struct request *rq, void *arg)
{
	struct rows *r = conn_rows(rq->conn, SQL_PARTNERS, "");
	struct jsonw w;

	(void)arg;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	while (row_next(r))
		partner_write(&w, NULL, partner_of_row(r, rq->arena));
	jsonw_end_array(&w);
	jsonw_null(&w, "nextCursor");
	jsonw_end_object(&w);
	return NULL;
}

static const struct fault *
one(struct request *rq, void *arg)
{
	const struct partner *p = partner_find(rq->conn, rq->arena, rq->item);

	(void)arg;
	return p != NULL ? answer(rq, 200, p) : &FAULT_PARTNER_NOT_FOUND;
}

#define CHANGERS ACCESS_OPERATOR, .roles = ROLE_OWNER | ROLE_FINANCE

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .handle = list },
	{ METHOD_GET, ACCESS_OPERATOR, .takes_rest = true, .verb = "",
	  .handle = one },
	{ METHOD_POST, CHANGERS, .fields = add_fields,
	  .input_size = sizeof(struct input), .change = add },
	{ METHOD_POST, CHANGERS, .takes_rest = true, .verb = "",
	  .fields = change_fields, .input_size = sizeof(struct input),
	  .change = change },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/partners", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
