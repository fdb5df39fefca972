/* SPDX-License-Identifier: ISC */
/*
 * /api and every path below it that no other program serves: 404 in the
 * API's error shape. Under other names it does the same for the other roots
 * of the API.
 */
#include "gateway.h"

static const struct action actions[] = {
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = { "/api", actions, API_CLIVE };

int
main(void)
{
	return app_main(&endpoint);
}
