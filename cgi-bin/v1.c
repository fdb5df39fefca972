/* SPDX-License-Identifier: ISC */
/*
 * /v1 - and every path below it that no other program serves: 404 in the
 * error shape of the Payments API.
 */
#include "gateway.h"

static const struct action actions[] = {
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = { "/v1", actions, API_PAYMENTS };

int
main(void)
{
	return app_main(&endpoint);
}
