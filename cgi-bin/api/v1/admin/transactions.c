/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/transactions - payments of all partners, newest first.
 * GET /api/v1/admin/transactions/{clive_tx_id} - one with its timeline; also
 * by the name that the Payments API has for it.
 *
 * Needs a bearer token of any role. The list takes the same filters as
 * /api/v1/transactions.
 *
 * Refuses, after the checks of lib/app.h: 401 TOKEN_MISSING, 401
 * TOKEN_INVALID, 400 VALIDATION_ERROR, 404 TX_NOT_FOUND.
 *
 * Answers 200 {"items":[...],"nextCursor"}, or {"transaction":{...},
 * "timeline":[...]} as lib/explain.h describes it.
 */
#include "gateway.h"

#include "intent.h"

static const struct fault *
list(struct request *rq, void *arg)
{
	tx_list_answer(rq, arg, "", true);
	return NULL;
}

static const struct fault *
one(struct request *rq, void *arg)
{
	struct jsonw w;

	(void)arg;
	const struct tx *tx = tx_find(rq->conn, rq->arena, rq->rest + 1);
	const struct intent *in = tx == NULL ?
	    intent_find(rq->conn, rq->arena, rq->rest + 1) : NULL;
	if (in != NULL)
		tx = in->tx;
	if (tx == NULL)
		return &FAULT_TX_NOT_FOUND;
	reply_start(rq, 200, &w);
	explain_write(rq->conn, rq->arena, &w, tx);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .fields = tx_list_fields,
	  .input_size = sizeof(struct tx_list), .handle = list },
	{ METHOD_GET, ACCESS_OPERATOR, .takes_rest = true, .handle = one },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/transactions", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
