/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/admin/account/sessions {} - sign out everywhere, here too.
 * POST /api/v1/admin/account/sessions/{id}/end {} - end one of one's own.
 *
 * Refuses, after the checks of lib/app.h: 404 SESSION_NOT_FOUND, also for
 * somebody else's.
 *
 * Answers 200 {"ended":true}.
 */
#include "gateway.h"

static const struct fault *
end_all(struct conn *c, void *arg)
{
	struct request *rq = arg;

	conn_run(c, SQL_SESSIONS_END_OF_OPERATOR, "itt", rq->now,
	    rq->operator.id, "");
	audit_write(c, rq->now, operator_actor(rq),
	    "operator.signed_out_everywhere", rq->operator.email, "{}");
	return NULL;
}

static const struct fault *
end_one(struct conn *c, void *arg)
{
	struct request *rq = arg;
	struct buf detail;
	struct jsonw w;

	if (conn_run(c, SQL_SESSION_END, "itt", rq->now, rq->item,
	    rq->operator.id) != 1)
		return &FAULT_SESSION_NOT_FOUND;
	buf_init(&detail, 1024);
	jsonw_init(&w, &detail);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "session", rq->item);
	jsonw_end_object(&w);
	audit_write(c, rq->now, operator_actor(rq), "operator.session_ended",
	    rq->operator.email, buf_str(&detail));
	buf_free(&detail);
	return NULL;
}

static const struct fault *
run(struct request *rq, db_callback *fn)
{
	const struct fault *fault = request_txn(rq, fn, rq);
	struct jsonw w;

	if (fault != NULL)
		return fault;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_bool(&w, "ended", true);
	jsonw_end_object(&w);
	return NULL;
}

static const struct fault *
on_all(struct request *rq, void *arg)
{
	(void)arg;
	return run(rq, end_all);
}

static const struct fault *
on_one(struct request *rq, void *arg)
{
	(void)arg;
	return run(rq, end_one);
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_OPERATOR, .roles = ROLES_ALL,
	  .unfinished = true, .handle = on_all },
	{ METHOD_POST, ACCESS_OPERATOR, .takes_rest = true, .verb = "end",
	  .roles = ROLES_ALL, .unfinished = true, .handle = on_one },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/account/sessions", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
