/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/webhooks/deliveries[/{id}] - what was sent to all
 * partners, for operators.
 * POST /api/v1/admin/webhooks/deliveries/{id}/resend - sends it again.
 *
 * As /api/v1/webhooks/deliveries, whose program says what each takes and
 * answers. Needs a bearer token; POST one of the roles owner and support,
 * else 403 FORBIDDEN_ROLE. No signature, no idempotency-key.
 */
#include "webhook-api.h"

int
main(void)
{
	return webhook_api_main("/api/v1/admin/webhooks/deliveries",
	    webhook_delivery_actions, true);
}
