/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/settlements - batches of all partners, newest first.
 * GET /api/v1/admin/settlements/{id} - one with its payments.
 * GET /api/v1/admin/settlements/{id}/csv - its report, a line a payment.
 * POST /api/v1/admin/settlements/run - make batches.
 * POST /api/v1/admin/settlements/{id}/pay - pay one out.
 *
 * Needs a bearer token; GET that of any role, POST that of an owner or of
 * finance. Parameters, refusals and answers are those of /api/v1/settlements,
 * .../run and .../pay, but for the checks of API keys; the body of a POST may
 * be left out. The report is text/csv, safe against formulas in spreadsheets.
 */
#include "gateway.h"

enum { CHANGERS = ROLE_OWNER | ROLE_FINANCE };

struct input {
	const char	*partner_id;
	const char	*client_id;
};

static const struct field run_fields[] = {
	{ "partner_id", FIELD_TEXT,
	  .offset = offsetof(struct input, partner_id), .min = 1, .max = 64,
	  .query = true },
	{ "client_id", FIELD_TEXT,
	  .offset = offsetof(struct input, client_id), .min = 1, .max = 64,
	  .query = true },
	{ .name = NULL }
};

static const char *
actor(struct request *rq)
{
	return arena_printf(rq->arena, "operator:%s", rq->operator.email);
}

static const struct fault *
list(struct request *rq, void *arg)
{
	settlement_list_answer(rq, arg, "");
	return NULL;
}

static const struct fault *
one(struct request *rq, void *arg)
{
	const struct settlement *b = settlement_find(rq->conn, rq->arena,
	    rq->item);
	struct jsonw w;

	if (b == NULL)
		return &FAULT_BATCH_NOT_FOUND;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	settlement_write_one(&w, rq->conn, rq->arena, b, arg);
	jsonw_end_object(&w);
	return NULL;
}

static void
put(void *arg, const char *text, size_t n)
{
	buf_add(arg, text, n);
}

/* What one answer can hold, which is some 40,000 payments; beyond, the
 * command line has no limit. */
static const struct fault *
csv(struct request *rq, void *arg)
{
	const struct settlement *b = settlement_find(rq->conn, rq->arena,
	    rq->item);
	struct jsonw w;

	(void)arg;
	if (b == NULL)
		return &FAULT_BATCH_NOT_FOUND;
	reply_start(rq, 200, &w);
	rq->reply.type = "text/csv; charset=utf-8";
	reply_header(rq, "Content-Disposition",
	    "attachment; filename=\"settlement-%s.csv\"", b->id);
	settlement_csv(rq->conn, rq->arena, b, put, &rq->reply.body);
	return NULL;
}

static const struct fault *
run(struct request *rq, void *arg)
{
	const struct input *in = arg;
	struct settlement_run work = { .db = rq->db, .conn = rq->conn,
	    .arena = rq->arena, .partner_id = in->partner_id,
	    .client_id = in->client_id, .actor = actor(rq) };

	if (strcmp(rq->item, "run") != 0)
		return &FAULT_NOT_FOUND;
	const struct fault *fault = settlement_run(&work);
	if (fault != NULL)
		return fault;
	settlement_run_answer(rq, &work);
	return NULL;
}

static const struct fault *
pay(struct request *rq, void *arg)
{
	struct settlement_pay work = { .db = rq->db, .arena = rq->arena,
	    .conf = rq->conf, .id = rq->item, .actor = actor(rq) };

	(void)arg;
	const struct fault *fault = settlement_pay(&work);
	if (fault != NULL)
		return settlement_pay_refuse(rq, &work, fault);
	settlement_pay_answer(rq, work.batch);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .fields = settlement_list_fields,
	  .input_size = sizeof(struct settlement_list), .handle = list },
	{ METHOD_GET, ACCESS_OPERATOR, .takes_rest = true, .verb = "",
	  .fields = settlement_page_fields,
	  .input_size = sizeof(struct settlement_page), .handle = one },
	{ METHOD_GET, ACCESS_OPERATOR, .takes_rest = true, .verb = "csv",
	  .handle = csv },
	{ METHOD_POST, ACCESS_OPERATOR, .takes_rest = true, .verb = "",
	  .roles = CHANGERS, .body_optional = true, .fields = run_fields,
	  .input_size = sizeof(struct input), .handle = run },
	{ METHOD_POST, ACCESS_OPERATOR, .takes_rest = true, .verb = "pay",
	  .roles = CHANGERS, .body_optional = true, .handle = pay },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/settlements", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
