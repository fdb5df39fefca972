/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/webhooks/events - what happened, newest first.
 * GET /api/v1/webhooks/events/{id} - one, with its deliveries.
 * POST /api/v1/webhooks/events/{id}/resend - sends it to every endpoint that
 * is subscribed to it, or to the one that the body names.
 *
 * GET needs x-api-key; POST x-api-key, x-clive-hmac, idempotency-key and a
 * JSON object: endpoint (its id, optional). A partner's key sees its own
 * events, a platform-wide key all. The list takes, all optional: limit (1 to
 * 500, default 100), cursor, type, clive_tx_id, partner_id, from and to (ISO
 * 8601; made at or after, before).
 *
 * Refuses, after the checks of lib/app.h: 404 WEBHOOK_EVENT_NOT_FOUND and
 * WEBHOOK_ENDPOINT_NOT_FOUND (also for another partner's); a resend 400
 * VALIDATION_ERROR where nobody would get it.
 *
 * Answers: the list 200 {"items":[event ...],"nextCursor":text or null}; one
 * 200 {"event" with its body,"deliveries":[...]}; a resend as one of
 * /api/v1/webhooks/deliveries. Their members: lib/webhook-log.h.
 */
#include "webhook-api.h"

int
main(void)
{
	return webhook_api_main("/api/v1/webhooks/events",
	    webhook_event_actions, false);
}
