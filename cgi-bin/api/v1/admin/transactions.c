/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/transactions - payments of all partners, newest first.
 * GET /api/v1/admin/transactions/{id} - one with its timeline.
 * POST /api/v1/admin/transactions/{id}/refund - gives it back, or a part.
 *
 * Needs a bearer token; GET of any role, POST of owner or finance, else 403
 * FORBIDDEN_ROLE. {id} is any name that lib/tx-search.h finds.
 *
 * The list takes the filters of /api/v1/transactions, mode (live, test,
 * partner) and q, what is searched for (lib/tx-search.h). A page of a search
 * may be empty and have a next one.
 *
 * A refund takes currency, amount (major units; absent: what is left), left
 * (what the caller saw that can be refunded) and reason (1 to 500). It is for
 * payments of the Payments API; those of the partner API are refunded at the
 * processor, whose webhook tells us.
 *
 * Refuses, after the checks of lib/app.h: 400 VALIDATION_ERROR, 404
 * TX_NOT_FOUND, 409 INVALID_STATE.
 *
 * Answers 200 {"items":[...],"nextCursor"}, with email, api, livemode and
 * what went back beside what partners are told; or {"transaction":{...},
 * "timeline":[...]} as lib/explain.h describes it; or 201 with the refund:
 * succeeded, failed with the reason, or pending. Its effects are those of
 * /v1/refunds, by this operator.
 */
#include "gateway.h"

#include "refund-operator.h"
#include "tx-search.h"

static const struct fault *
list(struct request *rq, void *arg)
{
	tx_list_answer(rq, arg, "", true);
	return NULL;
}

static const struct fault *
one(struct request *rq, void *arg)
{
	const struct tx *tx = tx_search_name(rq->conn, rq->arena, rq->item);
	struct jsonw w;

	(void)arg;
	if (tx == NULL)
		return &FAULT_TX_NOT_FOUND;
	reply_start(rq, 200, &w);
	explain_write(rq->conn, rq->arena, &w, tx);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .fields = tx_search_fields,
	  .input_size = sizeof(struct tx_list), .handle = list },
	{ METHOD_GET, ACCESS_OPERATOR, .takes_rest = true, .verb = "",
	  .handle = one },
	{ METHOD_POST, ACCESS_OPERATOR, .roles = ROLE_OWNER | ROLE_FINANCE,
	  .takes_rest = true, .verb = "refund",
	  .fields = refund_operator_fields,
	  .input_size = sizeof(struct refund_operator),
	  .before = refund_operator_before, .ask = refund_operator_ask,
	  .after = refund_operator_after },
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
