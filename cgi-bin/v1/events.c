/* SPDX-License-Identifier: ISC */
/*
 * GET /v1/events - what a merchant was told, or would have been, newest first.
 * GET /v1/events/{id} - one event, with its deliveries.
 * POST /v1/events/{id}/resend - sends one again: the same id and bytes, with
 * new signatures.
 *
 * All need a merchant key with events:read, or events:write to resend.
 *
 *   the list   limit (1 to 100, default 20), starting_after, type
 *   resending  endpoint: to this one, subscribed or not; without it, to all
 *              of the merchant's that are subscribed to the event
 *
 * Refuses, after the checks of lib/app.h: 404 NOT_FOUND for an event or
 * endpoint (also another merchant's or mode's, and events older than 30
 * days); 422 VALIDATION_ERROR for a type or starting_after that there is not,
 * and where no endpoint would get what is resent.
 *
 * Answers: the list 200 {"success":true,"data":[event ...],"has_more"}; one
 * 200, resending 202, or 200 where all was on its way already,
 * {"success":true,"data":event,"deliveries":[...]}, of a resend those that it
 * made or found. Events and deliveries are as lib/merchant-webhooks.h says.
 *
 * Effects: of resending, the deliveries and their audit events.
 */
#include <stddef.h>

#include "gateway.h"
#include "merchant-webhooks.h"
#include "replay.h"

struct list {
	int64_t		 limit;
	const char	*starting_after;
	const char	*type;
};

static const char *
check_type(const char *type)
{
	return merchant_event_type(type) ? NULL :
	    "there is no such event type";
}

static const struct field list_fields[] = {
	{ "limit", FIELD_INTEGER, .offset = offsetof(struct list, limit),
	  .min = 1, .max = 100, .initial = 20 },
	{ "starting_after", FIELD_TEXT,
	  .offset = offsetof(struct list, starting_after), .min = 1,
	  .max = ID_SIZE - 1 },
	{ "type", FIELD_TEXT, .offset = offsetof(struct list, type),
	  .min = 1, .max = 64, .check = check_type },
	{ .name = NULL }
};

static struct rows *
find_page(struct request *rq, const struct list *list)
{
	const struct merchant *m = &rq->merchant;
	char oldest[ID_SIZE];

	id_floor("evt_", rq->now - MERCHANT_EVENTS_SHOWN, oldest);
	/* "~" sorts after every identifier. */
	return conn_rows(rq->conn, SQL_EVENTS_OF_MERCHANT, "ttittti",
	    m->partner_id, m->client_id, (int64_t)m->live,
	    list->starting_after != NULL ? list->starting_after : "~",
	    oldest, list->type != NULL ? list->type : "", list->limit + 1);
}

static const struct fault *
list_all(struct request *rq, void *arg)
{
	const struct list *list = arg;
	struct jsonw w;
	int64_t n = 0;

	if (list->starting_after != NULL && merchant_event_find(rq->conn, rq,
	    list->starting_after).p == NULL)
		return request_refuse(rq, &FAULT_FIELD_WRONG,
		    "starting_after", "there is no such event");
	reply_list(rq, &w);
	struct rows *r = find_page(rq, list);
	while (row_next(r) && n++ < list->limit) {
		struct slice body = row_bytes(r, 1);
		jsonw_raw(&w, NULL, body.p, body.n);
	}
	row_done(r);
	reply_list_end(&w, n > list->limit);
	return NULL;
}

static const struct fault *
show(struct request *rq, void *arg)
{
	(void)arg;
	return merchant_event_answer(rq->conn, rq, 200, rq->item, NULL, 0);
}

struct resending {
	const char	*endpoint;
};

static const struct field resend_fields[] = {
	{ "endpoint", FIELD_TEXT,
	  .offset = offsetof(struct resending, endpoint), .min = 1,
	  .max = 64 },
	{ .name = NULL }
};

static const struct fault *
resend(struct conn *c, struct request *rq, void *arg)
{
	const struct resending *in = arg;
	struct replay_sent sent;
	const char *wrong;

	if (merchant_event_find(c, rq, rq->item).p == NULL ||
	    (in->endpoint != NULL && merchant_endpoint_find(c, rq,
	    in->endpoint) == NULL))
		return &FAULT_NOT_FOUND;
	wrong = replay_event(c, rq->arena, rq->item, in->endpoint, rq->now,
	    merchant_actor(rq), &sent);
	/* What a database says of its trouble is not for callers. */
	if (conn_failed(c) != NULL)
		return &FAULT_STORAGE;
	if (wrong != NULL)
		return request_refuse(rq, &FAULT_FIELD_WRONG, "endpoint",
		    wrong);
	return merchant_event_answer(c, rq, sent.added > 0 ? 202 : 200,
	    rq->item, sent.ids, sent.n);
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_MERCHANT, .scope = SCOPE_EVENTS_READ,
	  .fields = list_fields, .input_size = sizeof(struct list),
	  .handle = list_all },
	{ METHOD_GET, ACCESS_MERCHANT, .scope = SCOPE_EVENTS_READ,
	  .takes_rest = true, .verb = "", .handle = show },
	{ METHOD_POST, ACCESS_MERCHANT, .scope = SCOPE_EVENTS_WRITE,
	  .takes_rest = true, .verb = "resend", .fields = resend_fields,
	  .input_size = sizeof(struct resending), .change = resend },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	.path = "/v1/events", .actions = actions, .api = API_PAYMENTS
};

int
main(void)
{
	return app_main(&endpoint);
}
