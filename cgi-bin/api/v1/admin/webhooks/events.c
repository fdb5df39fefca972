/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/webhooks/events[/{id}] - what all partners were told, for
 * operators.
 * POST /api/v1/admin/webhooks/events/{id}/resend - tells it again.
 *
 * As /api/v1/webhooks/events, whose program says what each takes and
 * answers. Needs a bearer token; POST one of the roles owner and support,
 * else 403 FORBIDDEN_ROLE. No signature, no idempotency-key.
 */
#include "webhook-api.h"

int
main(void)
{
	return webhook_api_main("/api/v1/admin/webhooks/events",
	    webhook_event_actions, true);
}
