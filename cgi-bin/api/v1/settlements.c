/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/settlements - a partner's settlement batches, newest first.
 * GET /api/v1/settlements/{id} - one of them with its payments.
 *
 * Needs x-api-key. A partner's key sees its own batches, a platform-wide key
 * all. The list takes, all optional: limit (1 to 200, default 100), cursor
 * (nextCursor of the page before), status (pending, sending, sent, failed),
 * partner_id, client_id. One batch takes limit (1 to 500, default 100) and
 * cursor for its payments.
 *
 * Refuses, after the checks of lib/app.h: 400 VALIDATION_ERROR, 404
 * BATCH_NOT_FOUND (also for another partner's batch).
 *
 * Answers 200 {"items":[batch ...],"nextCursor":text or null}. A batch has
 * id, partnerId, clientId, currency, transactionIds, totalGross,
 * totalProcessorFees, totalPlatformFees, totalNet, status, mercuryTransferId,
 * wiseTransferId (null until it is sent), createdAt, totalRefunded, paidAt,
 * failure. One batch has besides "transactions", each with the 22 members of
 * tx_write, oldest first, and "nextCursor".
 */
#include "gateway.h"

static const struct fault *
list(struct request *rq, void *arg)
{
	settlement_list_answer(rq, arg, rq->caller.platform ? "" :
	    rq->caller.partner_id);
	return NULL;
}

static const struct fault *
one(struct request *rq, void *arg)
{
	const struct settlement *b = settlement_find(rq->conn, rq->arena,
	    rq->item);
	struct jsonw w;

	if (b == NULL || !caller_may_act_for(&rq->caller, b->partner_id))
		return &FAULT_BATCH_NOT_FOUND;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	settlement_write_one(&w, rq->conn, rq->arena, b, arg);
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_KEY, .fields = settlement_list_fields,
	  .input_size = sizeof(struct settlement_list), .handle = list },
	{ METHOD_GET, ACCESS_KEY, .takes_rest = true, .verb = "",
	  .fields = settlement_page_fields,
	  .input_size = sizeof(struct settlement_page), .handle = one },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/settlements", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
