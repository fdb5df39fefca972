/* SPDX-License-Identifier: ISC */
/* webhook-api-log.c - asking after deliveries and events; resending them. */
#include <stddef.h>
#include <string.h>

#include "field.h"
#include "replay.h"
#include "webhook-api.h"
#include "webhook-log.h"

#define AT(member) .offset = offsetof(struct webhook_log, member)

#define COMMON_FIELDS							\
	{ "limit", FIELD_INTEGER, AT(limit), .min = 1,			\
	  .max = WEBHOOK_LOG_LIMIT_MAX, .initial = 100 },		\
	{ "cursor", FIELD_TEXT, AT(cursor), .min = 1, .max = 64 },	\
	{ "partner_id", FIELD_TEXT, AT(partner_id), .max = 64 },	\
	{ "clive_tx_id", FIELD_TEXT, AT(clive_tx_id), .max = 64 },	\
	{ "from", FIELD_TIME, AT(from), .initial = 0 },			\
	{ "to", FIELD_TIME, AT(to), .initial = INT64_MAX }

static const struct field delivery_fields[] = {
	COMMON_FIELDS,
	{ "endpoint", FIELD_TEXT, AT(endpoint), .max = 64 },
	{ "status", FIELD_CHOICE, AT(status),
	  .choices = webhook_delivery_statuses },
	{ "event_type", FIELD_TEXT, AT(event_type), .max = 64 },
	{ .name = NULL }
};

static const struct field event_fields[] = {
	COMMON_FIELDS,
	{ "type", FIELD_TEXT, AT(event_type), .max = 64 },
	{ .name = NULL }
};

/* A page of what write finds; an empty one of another partner's things. */
static const struct fault *
answer_page(struct request *rq, struct webhook_log *log,
    void (*write)(struct conn *, struct arena *, struct jsonw *,
    const struct webhook_log *))
{
	bool allowed = webhook_api_scope(rq, log->partner_id,
	    &log->partner_id);
	struct jsonw w;

	log->merchants = webhook_api_sees_merchants(rq);
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	if (allowed) {
		write(rq->conn, rq->arena, &w, log);
	} else {
		jsonw_array(&w, "items");
		jsonw_end_array(&w);
		jsonw_null(&w, "nextCursor");
	}
	jsonw_end_object(&w);
	return NULL;
}

static const struct fault *
list_deliveries(struct request *rq, void *arg)
{
	return answer_page(rq, arg, webhook_log_deliveries);
}

static const struct fault *
list_events(struct request *rq, void *arg)
{
	return answer_page(rq, arg, webhook_log_events);
}

static const struct fault *
check_delivery(struct conn *c, struct request *rq)
{
	const char *client, *partner = webhook_log_partner_of_delivery(c,
	    rq->arena, rq->item, &client);

	return partner != NULL && webhook_api_may(rq, partner, client) ?
	    NULL : &FAULT_DELIVERY_NOT_FOUND;
}

static const struct fault *
check_event(struct conn *c, struct request *rq)
{
	const char *client, *partner = webhook_log_partner_of_event(c,
	    rq->arena, rq->item, &client);

	return partner != NULL && webhook_api_may(rq, partner, client) ?
	    NULL : &FAULT_EVENT_NOT_FOUND;
}

/* All that is known of the thing that the path names. */
static const struct fault *
answer_one(struct request *rq, const struct fault *fault,
    void (*explain)(struct conn *, struct arena *, struct jsonw *,
    const char *id))
{
	struct jsonw w;

	if (fault != NULL)
		return fault;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	explain(rq->conn, rq->arena, &w, rq->item);
	jsonw_end_object(&w);
	return NULL;
}

static const struct fault *
show_delivery(struct request *rq, void *arg)
{
	(void)arg;
	return answer_one(rq, check_delivery(rq->conn, rq),
	    webhook_log_explain_delivery);
}

static const struct fault *
show_event(struct request *rq, void *arg)
{
	(void)arg;
	return answer_one(rq, check_event(rq->conn, rq),
	    webhook_log_explain_event);
}

static void
answer_sent(struct conn *c, struct request *rq,
    const struct replay_sent *sent)
{
	struct jsonw w;

	reply_start(rq, 201, &w);
	jsonw_object(&w, NULL);
	jsonw_int(&w, "added", (int64_t)sent->added);
	jsonw_array(&w, "items");
	for (size_t i = 0; i < sent->n; i++)
		webhook_log_delivery(c, &w, NULL, sent->ids[i]);
	jsonw_end_array(&w);
	jsonw_end_object(&w);
}

static const struct fault *
resend_delivery(struct conn *c, struct request *rq, void *arg)
{
	const struct fault *fault = check_delivery(c, rq);
	struct replay_sent sent;
	const char *wrong;

	(void)arg;
	if (fault != NULL)
		return fault;
	wrong = replay_delivery(c, rq->arena, rq->item, rq->now,
	    webhook_api_actor(rq), &sent);
	if (wrong != NULL)
		return webhook_api_complain(c, rq, NULL, wrong);
	answer_sent(c, rq, &sent);
	return NULL;
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
resend_event(struct conn *c, struct request *rq, void *arg)
{
	const struct resending *in = arg;
	const struct fault *fault = check_event(c, rq);
	struct replay_sent sent;
	const char *wrong;

	if (fault != NULL)
		return fault;
	if (in->endpoint != NULL) {
		struct webhook_row *w = webhook_find(c, rq->arena,
		    in->endpoint);
		if (w == NULL || !webhook_api_may(rq, w->partner_id,
		    w->client_id))
			return &FAULT_ENDPOINT_NOT_FOUND;
	}
	wrong = replay_event(c, rq->arena, rq->item, in->endpoint, rq->now,
	    webhook_api_actor(rq), &sent);
	if (wrong != NULL)
		return webhook_api_complain(c, rq, in->endpoint != NULL ?
		    "endpoint" : NULL, wrong);
	answer_sent(c, rq, &sent);
	return NULL;
}

const struct action webhook_delivery_actions[] = {
	{ METHOD_GET, ACCESS_KEY, .fields = delivery_fields,
	  .input_size = sizeof(struct webhook_log),
	  .handle = list_deliveries },
	{ METHOD_GET, ACCESS_KEY, .takes_rest = true, .verb = "",
	  .handle = show_delivery },
	{ METHOD_POST, ACCESS_SIGNED, .takes_rest = true, .verb = "resend",
	  .change = resend_delivery },
	{ .method = METHOD_NONE }
};

const struct action webhook_event_actions[] = {
	{ METHOD_GET, ACCESS_KEY, .fields = event_fields,
	  .input_size = sizeof(struct webhook_log), .handle = list_events },
	{ METHOD_GET, ACCESS_KEY, .takes_rest = true, .verb = "",
	  .handle = show_event },
	{ METHOD_POST, ACCESS_SIGNED, .takes_rest = true, .verb = "resend",
	  .fields = resend_fields, .input_size = sizeof(struct resending),
	  .change = resend_event },
	{ .method = METHOD_NONE }
};
