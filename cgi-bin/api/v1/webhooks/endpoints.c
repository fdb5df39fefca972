/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/webhooks/endpoints - where a partner is told, newest first.
 * GET /api/v1/webhooks/endpoints/{id} - one of them.
 * POST /api/v1/webhooks/endpoints - makes one.
 * POST /api/v1/webhooks/endpoints/{id} - changes what the body names.
 * POST /api/v1/webhooks/endpoints/{id}/rotate - gives it a new secret.
 * POST /api/v1/webhooks/endpoints/{id}/enable - and /disable: on and off.
 * POST /api/v1/webhooks/endpoints/{id}/delete - takes it out of use for good.
 * POST /api/v1/webhooks/endpoints/{id}/prove - sends a challenge.
 * POST /api/v1/webhooks/endpoints/{id}/test - sends a test event.
 * POST /api/v1/webhooks/endpoints/{id}/replay - sends again what it missed.
 *
 * GET needs x-api-key; POST x-api-key, x-clive-hmac, idempotency-key and a
 * JSON object, which may be empty. A partner's key sees and changes its own
 * endpoints, a platform-wide key all. All fields are optional where nothing
 * else is said.
 *
 *   the list   limit (1 to 500, default 100), cursor, partner_id, status
 *   making     name (required, 1 to 100), url (required, not of a listener),
 *              events (required: types, or "all" for those of payments),
 *              schedule (clive, the default, payments, standard, none, or
 *              pauses such as 5s,5m,2h), rate_limit (a second) and
 *              max_parallel (0: as configured), ordered, ed25519 (false),
 *              secret (16 to 200; made where it is absent), prove (as
 *              configured), partner_id (required of a platform-wide key)
 *   changing   the first eight of these; another url is unproven until it
 *              answers a challenge where it has to (the setting
 *              webhook_prove, or it had not answered the one before)
 *   rotate     secret, overlap_s (0 to 604800, default 86400): how long the
 *              old one signs beside it
 *   enable     skip (false): true marks what it missed failed. What has not
 *              answered its challenge stays unproven
 *   replay     from and to (default: now) for events of that time, or
 *              failed_since for what failed since then; dry_run (false)
 *              counts alone; cursor
 *
 * Refuses, after the checks of lib/app.h: 404 WEBHOOK_ENDPOINT_NOT_FOUND
 * (also for another partner's and for a merchant's), 403
 * API_KEY_SCOPE_FORBIDDEN and 404 PARTNER_NOT_FOUND for a partner_id, 400
 * VALIDATION_ERROR.
 *
 * An endpoint has id, partner_id, client_id and livemode (null; operators see
 * those of merchants as well), name, url (null: a listener), api, secret,
 * events, status, disabled_reason, schedule, pauses, max_attempts,
 * rate_limit, max_parallel, ordered, ed25519, last_duration_ms,
 * last_success_at, failing_since, failures, hold_until, probe_at, seen_at,
 * waiting (deliveries, counted to 10000), next_attempt_at, created_at,
 * updated_at. The secret is in clear in the answers of making and rotating
 * alone, else its last four characters.
 *
 * Answers: the list 200 {"items":[...],"nextCursor":text or null}; one 200
 * {"endpoint","secrets":[{"number","created_at","expires_at"} ...]}; making
 * 201, changing, rotating, disabling and proving 200 the endpoint; enabling
 * 200 {"endpoint","waiting","skipped"}; deleting 200 {"id","deleted":true};
 * a test 201 {"delivery"}; a replay 200 {"count","dry_run","nextCursor"}: so
 * many deliveries were made, 10000 at the most or as many as there was time
 * for; or, with dry_run, would be. Where nextCursor is a text, the same body
 * with it as cursor goes on.
 */
#include "webhook-api.h"

int
main(void)
{
	return webhook_api_main("/api/v1/webhooks/endpoints",
	    webhook_endpoint_actions, false);
}
