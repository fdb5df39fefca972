/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/admin/logout - end the session of the bearer token, for
 * everybody who holds it. The body is a JSON object, which may be empty.
 *
 * Refuses, after the checks of lib/app.h: 401 TOKEN_MISSING, 401
 * TOKEN_INVALID. Answers 200 {"ended":true}.
 */
#include "gateway.h"

static const struct fault *
handle(struct request *rq, void *arg)
{
	const struct fault *fault = operator_sign_out(rq);
	struct jsonw w;

	(void)arg;
	if (fault != NULL)
		return fault;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_bool(&w, "ended", true);
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_OPERATOR, .roles = ROLES_ALL,
	  .unfinished = true, .raw_body = true, .handle = handle },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/logout", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
