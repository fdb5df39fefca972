/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/transactions - a partner's payments, newest first.
 * GET /api/v1/transactions/{clive_tx_id} - one of them.
 *
 * Needs x-api-key. A partner's key sees its own payments, a platform-wide key
 * all. The list takes, all optional: limit (1 to 500, default 100), cursor
 * (nextCursor of the page before), status, client_id, reference (or
 * echezona_reference), partner_id, id, from and to (ISO 8601; created at or
 * after, before).
 *
 * Refuses, after the checks of lib/app.h: 400 VALIDATION_ERROR, 404
 * TX_NOT_FOUND (also for another partner's payment).
 *
 * Answers 200 {"items":[payment ...],"nextCursor":text or null}, or one
 * payment. A payment has the 22 members of tx_write; the fees are null until
 * it has succeeded.
 */
#include "gateway.h"

static const struct fault *
list(struct request *rq, void *arg)
{
	tx_list_answer(rq, arg, rq->caller.platform ? "" :
	    rq->caller.partner_id, false);
	return NULL;
}

static const struct fault *
one(struct request *rq, void *arg)
{
	struct jsonw w;

	(void)arg;
	const struct tx *tx = tx_find(rq->conn, rq->arena, rq->rest + 1);
	/* What was made with a test key is the merchant's own. */
	if (tx == NULL || (tx->payments && !tx->live) ||
	    !caller_may_act_for(&rq->caller, tx->partner_id))
		return &FAULT_TX_NOT_FOUND;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	tx_write(&w, tx);
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_KEY, .fields = tx_list_fields,
	  .input_size = sizeof(struct tx_list), .handle = list },
	{ METHOD_GET, ACCESS_KEY, .takes_rest = true, .handle = one },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/transactions", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
