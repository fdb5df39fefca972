/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/settings - what clive.conf says, without its secrets.
 *
 * Needs a bearer token of any role.
 *
 * Answers 200 {"items":[{"key","value","set","secret","help"}],
 * "nextCursor":null}: value is null where the setting may be a secret, set
 * says whether there is one. The file is changed on the host, by whoever may
 * read it.
 */
#include "gateway.h"

static const struct fault *
handle(struct request *rq, void *arg)
{
	struct jsonw w;

	(void)arg;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	conf_write(&w, rq->conf);
	jsonw_end_array(&w);
	jsonw_null(&w, "nextCursor");
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .handle = handle },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/settings", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
