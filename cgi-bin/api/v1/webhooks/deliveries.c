/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/webhooks/deliveries - what was sent where, newest first.
 * GET /api/v1/webhooks/deliveries/{id} - one, with every attempt.
 * POST /api/v1/webhooks/deliveries/{id}/resend - sends its event again.
 *
 * GET needs x-api-key; POST x-api-key, x-clive-hmac, idempotency-key and a
 * JSON object, which may be empty. A partner's key sees its own deliveries, a
 * platform-wide key all. The list takes, all optional: limit (1 to 500,
 * default 100), cursor, endpoint (its id), status (due, delivered, failed),
 * event_type, clive_tx_id, partner_id, from and to (ISO 8601; made at or
 * after, before).
 *
 * Refuses, after the checks of lib/app.h: 404 WEBHOOK_DELIVERY_NOT_FOUND
 * (also for another partner's); a resend 400 VALIDATION_ERROR where the
 * endpoint was deleted or is a listener that has gone.
 *
 * Answers: the list 200 {"items":[delivery ...],"nextCursor":text or null};
 * one 200 {"delivery","event","attempts","curl"}; a resend 201
 * {"added":number,"items":[delivery ...]}: the new delivery, and one for each
 * listener of the partner that is there. What is still due is not added
 * again but tried now. Their members: lib/webhook-log.h.
 */
#include "webhook-api.h"

int
main(void)
{
	return webhook_api_main("/api/v1/webhooks/deliveries",
	    webhook_delivery_actions, false);
}
