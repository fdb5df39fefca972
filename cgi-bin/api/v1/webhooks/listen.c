/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/webhooks/listen - begins to listen.
 * GET /api/v1/webhooks/listen/{id} - fetches what is due, and waits for it.
 * POST /api/v1/webhooks/listen/{id}/{delivery} - reports what came of one.
 *
 * For developers whose machine no webhook can reach (clive listen). A
 * listener is an endpoint without a URL: all that /endpoints and /deliveries
 * do works for it, and a resend reaches it. It gets the events of the time
 * from two minutes before it last asked, and is deleted when it has not asked
 * for a day. What failed is given out again by its schedule, or resent by hand.
 *
 * GET needs x-api-key; POST x-api-key, x-clive-hmac, idempotency-key and a
 * JSON object:
 *
 *   begin   events (required: types, or "all" for those of payments), name,
 *           secret (16 to 200; made where it is absent), schedule (as
 *           /endpoints takes it; none, one attempt, where it is absent),
 *           partner_id (required of a platform-wide key)
 *   fetch   wait (seconds, 0 to 25, default 0; a few at a time wait, others
 *           are answered at once, and so is a listener that is switched off)
 *   report  status (100 to 999) or error (a text), duration_ms, head (4 KiB)
 *           and body (16 KiB) of the answer, length of the whole body, url
 *           that the request was passed on to, lease (as it was fetched)
 *
 * Refuses, after the checks of lib/app.h: 404 WEBHOOK_ENDPOINT_NOT_FOUND
 * (also for another partner's, and what is no listener), 400
 * VALIDATION_ERROR; a report 404 WEBHOOK_DELIVERY_NOT_FOUND, 409
 * WEBHOOK_LEASE_LOST a minute after it was fetched, when somebody else may
 * have it, with another key than fetched it, or another lease than it has.
 *
 * Answers: beginning 201 the endpoint with its secret in clear; fetching 200
 * {"status","items":[{"delivery_id","event_id","event_type","attempt",
 * "lease","headers":[[name,value] ...],"body"} ...]}, ten at the most; a
 * report 200 {"delivery"} (lib/webhook-log.h).
 */
#include "webhook-api.h"

int
main(void)
{
	return webhook_api_main("/api/v1/webhooks/listen",
	    webhook_listen_actions, false);
}
