/* SPDX-License-Identifier: ISC */
/*
 * POST /v1/webhook-endpoints - makes an endpoint for a merchant: 201.
 * GET /v1/webhook-endpoints - the merchant's of its key's mode, newest first.
 * GET /v1/webhook-endpoints/{id} - one of them.
 * PATCH /v1/webhook-endpoints/{id} - changes what the body names.
 * DELETE /v1/webhook-endpoints/{id} - takes it out of use for good.
 * POST /v1/webhook-endpoints/{id}/rotate-secret - gives it a new secret.
 * POST /v1/webhook-endpoints/{id}/test - sends it a test event: 202.
 *
 * All need a merchant key with webhooks:write, or webhooks:read for the GETs.
 * X-Idempotency-Key is optional.
 *
 *   making     url (required; the limits of lib/egress.h), events (required,
 *              1 to 32: types of outbox_merchant_event_types, or "*" for all
 *              there are and will be), description (up to 100 characters)
 *   changing   these, and status: enabled or disabled. description null or
 *              "" takes it away. Of an endpoint that is unproven, enabled
 *              sends another challenge
 *   rotating   overlap_s (0 to 604800, default 86400): how long the secrets
 *              before it sign beside it; Soxara-Signature has a v1 of each
 *   the list   limit (1 to 100, default 20), starting_after
 *
 * Refuses, after the checks of lib/app.h: 404 NOT_FOUND (also another
 * merchant's or mode's); 422 VALIDATION_ERROR for a url that may not be sent
 * to, an event type or starting_after that there is not, a rotation while ten
 * secrets sign already; 403 FORBIDDEN for the 101st endpoint.
 *
 * Answers {"success":true,"data":{...}} with the endpoint:
 * {"id","object":"webhook_endpoint","url","events" (sorted),"status",
 * "description","livemode","created_at","updated_at"}. status is enabled,
 * disabled (then disabled_reason says by whom or why: manual, gone after a
 * 410, failing for too long), or unproven: it gets no events until it has
 * answered its challenge. Making and rotating add signing_secret, which is
 * shown nowhere else. Deleting answers {"id","object","deleted":true}, a test
 * its event and delivery as in lib/merchant-webhooks.h.
 *
 * Effects: the endpoint and its audit events. What an endpoint misses while
 * it is off is kept for it; failed deliveries follow the schedule `payments`.
 */
#include "gateway.h"
#include "merchant-webhooks.h"

static const struct endpoint endpoint = {
	.path = "/v1/webhook-endpoints", .actions =
	    merchant_endpoint_actions, .api = API_PAYMENTS
};

int
main(void)
{
	return app_main(&endpoint);
}
