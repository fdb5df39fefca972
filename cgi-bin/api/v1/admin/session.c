/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/session - who the bearer token belongs to.
 *
 * Refuses, after the checks of lib/app.h: 401 TOKEN_MISSING, 401
 * TOKEN_INVALID.
 *
 * Answers 200 {"expires_at","operator":{"email","role","must"},"mode"},
 * as /api/v1/admin/login does.
 */
#include "gateway.h"

static const struct fault *
handle(struct request *rq, void *arg)
{
	struct jsonw w;

	(void)arg;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	operator_write(&w, rq);
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .unfinished = true, .handle = handle },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/session", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
