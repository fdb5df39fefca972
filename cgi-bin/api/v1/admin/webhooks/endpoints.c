/* SPDX-License-Identifier: ISC */
/*
 * GET, POST /api/v1/admin/webhooks/endpoints[/{id}[/{verb}]] - the endpoints
 * of all partners, for operators: as /api/v1/webhooks/endpoints, whose
 * program says what each takes and answers.
 *
 * Needs a bearer token; POST one of the roles owner and support, else 403
 * FORBIDDEN_ROLE. No signature, no idempotency-key. Making one needs
 * partner_id.
 */
#include "webhook-api.h"

int
main(void)
{
	return webhook_api_main("/api/v1/admin/webhooks/endpoints",
	    webhook_endpoint_actions, true);
}
