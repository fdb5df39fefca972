/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/rules - the fee rules: which processor carries what, and
 * what it takes for it.
 * POST /api/v1/admin/rules - a new one.
 * POST /api/v1/admin/rules/{id}/end - ends one; the body is a JSON object,
 * which may be empty.
 *
 * Needs a bearer token; GET of any role, POST of owner or finance, else 403
 * FORBIDDEN_ROLE. The list takes all (1: those that ended as well). A new one
 * takes processor, payment_type, country (two letters), card_scheme, currency
 * (three letters; each of the four absent: *), percent (0 to 100) and fixed,
 * in hundredths of the major unit (0 to 100000).
 *
 * Refuses, after the checks of lib/app.h: 400 VALIDATION_ERROR, 404
 * NOT_FOUND (no such rule, or it has ended already).
 *
 * Answers 200 {"items":[...]}, 201 with the rule, 200 {"id","ended_at"}.
 */
#include "gateway.h"

#include "fee-rule.h"

struct input {
	const char	*processor;
	const char	*payment_type;
	const char	*country;
	const char	*card_scheme;
	const char	*currency;
	int64_t		 percent_ppm;
	int64_t		 fixed;
};

#define IN(member) offsetof(struct input, member)

static const struct field add_fields[] = {
	{ "processor", FIELD_TEXT, .required = true, .offset = IN(processor),
	  .min = 1, .max = 32 },
	{ "payment_type", FIELD_CHOICE, .offset = IN(payment_type),
	  .choices = fee_rule_payment_types },
	{ "country", FIELD_TEXT, .offset = IN(country), .max = 2 },
	{ "card_scheme", FIELD_TEXT, .offset = IN(card_scheme), .max = 32 },
	{ "currency", FIELD_TEXT, .offset = IN(currency), .max = 3 },
	{ "percent", FIELD_PERCENT, .required = true,
	  .offset = IN(percent_ppm) },
	{ "fixed", FIELD_INTEGER, .required = true, .offset = IN(fixed),
	  .max = FEE_RULE_FIXED_MAX * 100 },
	{ .name = NULL }
};

struct listing {
	int64_t	all;
};

static const struct field list_fields[] = {
	{ "all", FIELD_INTEGER, .offset = offsetof(struct listing, all),
	  .max = 1 },
	{ .name = NULL }
};

static const struct fault *
list(struct request *rq, void *arg)
{
	const struct listing *in = arg;
	struct rows *r = conn_rows(rq->conn, SQL_FEE_RULES, "i", in->all);
	struct fee_rule rule;
	struct jsonw w;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	while (row_next(r)) {
		fee_rule_of_row(r, &rule);
		fee_rule_write(&w, &rule);
	}
	jsonw_end_array(&w);
	jsonw_null(&w, "nextCursor");
	jsonw_end_object(&w);
	return NULL;
}

static const struct fault *
check(struct request *rq, const struct input *in, struct fee_rule *rule)
{
	bool type_wrong;
	const char *wrong;

	rule->processor = in->processor;
	rule->payment_type = in->payment_type != NULL ? in->payment_type : "*";
	wrong = fee_rule_wrong(rq->arena, rule->processor,
	    rule->payment_type, &type_wrong);
	if (wrong != NULL)
		return request_complain(rq, type_wrong ? "payment_type" :
		    "processor", wrong);
	rule->country = fee_rule_code(rq->arena, in->country, 2);
	if (rule->country == NULL)
		return request_complain(rq, "country",
		    "Must be two letters, or *");
	rule->card_scheme = fee_rule_scheme(rq->arena, in->card_scheme);
	if (rule->card_scheme == NULL)
		return request_complain(rq, "card_scheme",
		    "Must be a word such as visa, or *");
	rule->currency = fee_rule_code(rq->arena, in->currency, 3);
	if (rule->currency == NULL)
		return request_complain(rq, "currency",
		    "Must be three letters, or *");
	rule->percent_ppm = in->percent_ppm;
	rule->fixed_hundredths = in->fixed;
	return NULL;
}

static const struct fault *
add(struct conn *c, struct request *rq, void *arg)
{
	struct fee_rule rule = { .processor = NULL };
	const struct fault *fault = check(rq, arg, &rule);
	struct jsonw w;

	if (fault != NULL)
		return fault;
	fee_rule_add(c, rq->arena, &rule, rq->now, caller_operator(rq));
	reply_start(rq, 201, &w);
	fee_rule_write(&w, &rule);
	return NULL;
}

static const struct fault *
end(struct conn *c, struct request *rq, void *arg)
{
	struct jsonw w;

	(void)arg;
	if (!fee_rule_end(c, rq->item, rq->now, caller_operator(rq)))
		return &FAULT_NOT_FOUND;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "id", rq->item);
	jsonw_time(&w, "ended_at", rq->now);
	jsonw_end_object(&w);
	return NULL;
}

#define CHANGERS ACCESS_OPERATOR, .roles = ROLE_OWNER | ROLE_FINANCE

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .fields = list_fields,
	  .input_size = sizeof(struct listing), .handle = list },
	{ METHOD_POST, CHANGERS, .fields = add_fields,
	  .input_size = sizeof(struct input), .change = add },
	{ METHOD_POST, CHANGERS, .takes_rest = true, .verb = "end",
	  .change = end },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/rules", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
