/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/settlements/run - put succeeded payments into batches.
 *
 * Needs x-api-key. partner_id and client_id limit the run; both are optional
 * and come in the query or in a JSON body, which may be left out
 * (with Content-Length: 0, on which lighttpd insists). A partner's key
 * settles its own payments alone, a platform-wide key those of all.
 *
 * Takes payments that succeeded, are in no batch, and were made before the
 * current UTC day; one batch for each partner, client and currency
 * (lib/settlement.h).
 *
 * Refuses, after the checks of lib/app.h: 403 API_KEY_SCOPE_FORBIDDEN for
 * another partner, 404 PARTNER_NOT_FOUND, 404 CLIENT_NOT_FOUND.
 *
 * Answers 200 {"created_batches","batches":[{"id","partnerId","clientId",
 * "currency","transactionIds","totalGross","totalProcessorFees",
 * "totalPlatformFees","totalNet","status":"pending","createdAt"}]}, also where
 * there are none. A batch of which something was refunded has totalRefunded
 * as well; "more":true says that an answer holds no more than these batches
 * and another run finds the next ones.
 */
#include "gateway.h"

struct input {
	const char	*partner_id;
	const char	*client_id;
};

static const struct field fields[] = {
	{ "partner_id", FIELD_TEXT,
	  .offset = offsetof(struct input, partner_id), .min = 1, .max = 64,
	  .query = true },
	{ "client_id", FIELD_TEXT,
	  .offset = offsetof(struct input, client_id), .min = 1, .max = 64,
	  .query = true },
	{ .name = NULL }
};

static const struct fault *
run(struct request *rq, void *arg)
{
	const struct input *in = arg;
	struct settlement_run work = { .db = rq->db, .conn = rq->conn,
	    .arena = rq->arena, .partner_id = in->partner_id,
	    .client_id = in->client_id, .actor = caller_actor(rq) };

	if (!rq->caller.platform && work.partner_id == NULL)
		work.partner_id = rq->caller.partner_id;
	if (work.partner_id != NULL &&
	    !caller_may_act_for(&rq->caller, work.partner_id))
		return &FAULT_SCOPE;
	const struct fault *fault = settlement_run(&work);
	if (fault != NULL)
		return fault;
	settlement_run_answer(rq, &work);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_KEY, .body_optional = true, .fields = fields,
	  .input_size = sizeof(struct input), .handle = run },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/settlements/run", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
