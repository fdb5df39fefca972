/* SPDX-License-Identifier: ISC */
/*
 * merchant-webhooks.h - what /v1/webhook-endpoints and /v1/events share: a
 * merchant's endpoints and events, and never anybody else's.
 *
 * An event is {"id","type","created","livemode","data":{"object":{...}}}, the
 * very bytes that its deliveries carry. It is shown for 30 days; then it is
 * not found here any more, but stays on record (and with operators), since the
 * audit log and the deliveries speak of it.
 *
 * Where an answer tells of one event its deliveries stand beside it, as
 * "deliveries":
 *   {"id","object":"delivery","endpoint","url","status":"due"|"delivered"|
 *   "failed","attempts","next_attempt_at" (while it is due),"last_status",
 *   "last_error" (of the last attempt),"created_at","updated_at"}
 *
 * POST /v1/webhook-endpoints/{id}/test sends an event of the type
 * webhook_test, which nobody can subscribe to; its object is a payment with
 * made-up values. An endpoint that has to prove itself gets a challenge
 * (proof.h), which has a form of its own and is no event of /v1/events.
 */
#ifndef MERCHANT_WEBHOOKS_H
#define MERCHANT_WEBHOOKS_H

#include "app.h"
#include "webhook.h"

/* How long events are shown, in milliseconds. */
#define MERCHANT_EVENTS_SHOWN (INT64_C(30) * 24 * 60 * 60 * 1000)

/* The caller's endpoint with this id, in the mode of its key; or NULL. */
struct webhook_row *merchant_endpoint_find(struct conn *, struct request *,
		    const char *id);

/*
 * The body of the caller's event with this id, in the mode of its key and not
 * too old; p is NULL where there is none. Lives in the request's arena.
 */
struct slice	 merchant_event_find(struct conn *, struct request *,
		    const char *id);

/* May events of this type be asked for: one that is told, or a test's? */
bool		 merchant_event_type(const char *type);

/*
 * Answers with an event and these deliveries of it, or, where ids is NULL,
 * with all. Returns NULL, or FAULT_NOT_FOUND where the event is not found.
 */
const struct fault *merchant_event_answer(struct conn *, struct request *,
		    int status, const char *event, const char *const *ids,
		    size_t n);

/* /v1/webhook-endpoints, whose program says more. */
extern const struct action merchant_endpoint_actions[];

#endif
