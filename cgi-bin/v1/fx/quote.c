/* SPDX-License-Identifier: ISC */
/*
 * GET /v1/fx/quote - currencies are not exchanged here.
 *
 * Needs a merchant's key and answers 501 NOT_IMPLEMENTED, so that a client
 * library learns that the path is known and what it asks for is not offered.
 */
#include "gateway.h"

static const struct fault *
refuse(struct request *rq, void *input)
{
	(void)rq;
	(void)input;
	return &FAULT_NOT_OFFERED;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_MERCHANT, .handle = refuse },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = { "/v1/fx/quote", actions,
    API_PAYMENTS };

int
main(void)
{
	return app_main(&endpoint);
}
