/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/account - the operator's own account.
 *
 * Refuses, after the checks of lib/app.h: 401 TOKEN_MISSING, TOKEN_INVALID.
 *
 * Answers 200 {"user":{...},"second_factor":{"setting","can_remove"},
 * "sessions":[{"id","created_at","expires_at","address","agent","current"}]}
 * with the sessions that are good now, the newest first, 100 at the most.
 */
#include "gateway.h"

#include "factor.h"
#include "user.h"

static void
write_sessions(struct jsonw *w, struct request *rq)
{
	struct rows *r = conn_rows(rq->conn, SQL_SESSIONS_OF_OPERATOR, "ti",
	    rq->operator.id, rq->now);

	jsonw_array(w, "sessions");
	while (row_next(r)) {
		jsonw_object(w, NULL);
		jsonw_text(w, "id", row_text(r, 0));
		jsonw_time(w, "created_at", row_int(r, 1));
		jsonw_time(w, "expires_at", row_int(r, 2));
		jsonw_text(w, "address", row_text(r, 3));
		jsonw_text(w, "agent", row_text(r, 4));
		jsonw_bool(w, "current", strcmp(row_text(r, 0),
		    rq->operator.session) == 0);
		jsonw_end_object(w);
	}
	row_done(r);
	jsonw_end_array(w);
}

static const struct fault *
handle(struct request *rq, void *arg)
{
	const struct user *u = user_find(rq->conn, rq->arena,
	    rq->operator.id);
	struct jsonw w;

	(void)arg;
	if (u == NULL)
		return &FAULT_TOKEN_INVALID;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	user_write(&w, "user", u);
	jsonw_object(&w, "second_factor");
	jsonw_text(&w, "setting", rq->conf->operator_second_factor);
	jsonw_bool(&w, "can_remove", u->factor_since > 0 &&
	    !u->factor_required && !factor_required(rq->conf));
	jsonw_end_object(&w);
	write_sessions(&w, rq);
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .unfinished = true, .handle = handle },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/account", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
