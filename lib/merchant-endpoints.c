/* SPDX-License-Identifier: ISC */
/*
 * merchant-endpoints.c - making, changing, testing and asking after a
 * merchant's endpoints (cgi-bin/v1/webhook-endpoints.c says more).
 */
#include <stddef.h>
#include <string.h>

#include "merchant-webhooks.h"
#include "replay.h"
#include "sig.h"

enum {
	ENDPOINTS_MAX = 100,	/* of one merchant in one mode */
	EVENTS_MAX = 32	/* that one request may name */
};

/* What operators see where a merchant has not described its endpoint. */
#define NO_DESCRIPTION "(no description)"

/* ---------------------------------------------------------------- answers */

static const char *
status_of(const struct webhook_row *row)
{
	return strcmp(row->status, "active") == 0 ? "enabled" : row->status;
}

static void
write_events(struct jsonw *w, struct conn *c, const char *id)
{
	struct rows *r = conn_rows(c, SQL_ENDPOINT_EVENTS, "t", id);

	jsonw_array(w, "events");
	while (row_next(r))
		jsonw_text(w, NULL, row_text(r, 0));
	row_done(r);
	jsonw_end_array(w);
}

/* secret NULL: not shown. */
static void
write_endpoint(struct jsonw *w, const char *key, struct conn *c,
    const struct webhook_row *row, const char *secret)
{
	const char *why = row->disabled_reason;
	bool described = strcmp(row->name, NO_DESCRIPTION) != 0;

	jsonw_object(w, key);
	jsonw_text(w, "id", row->id);
	jsonw_text(w, "object", "webhook_endpoint");
	jsonw_text(w, "url", row->url);
	write_events(w, c, row->id);
	jsonw_text(w, "status", status_of(row));
	if (why != NULL)
		jsonw_text(w, "disabled_reason",
		    strcmp(why, "operator") == 0 ? "manual" : why);
	jsonw_text(w, "description", described ? row->name : NULL);
	jsonw_bool(w, "livemode", row->livemode);
	jsonw_time(w, "created_at", row->created_at);
	jsonw_time(w, "updated_at", row->updated_at);
	if (secret != NULL)
		jsonw_text(w, "signing_secret", secret);
	jsonw_end_object(w);
}

static const struct fault *
answer(struct conn *c, struct request *rq, int status, const char *id,
    const char *secret)
{
	const struct webhook_row *row = merchant_endpoint_find(c, rq, id);
	struct jsonw w;

	if (row == NULL)
		return &FAULT_STORAGE;	/* the transaction has failed */
	reply_data(rq, status, &w);
	write_endpoint(&w, "data", c, row, secret);
	jsonw_end_object(&w);
	return NULL;
}

/* A sentence of lib/webhook.c about a field. */
static const struct fault *
refuse(struct conn *c, struct request *rq, const char *field,
    const char *wrong)
{
	/* What a database says of its trouble is not for callers. */
	return conn_failed(c) != NULL ? &FAULT_STORAGE :
	    request_refuse(rq, &FAULT_FIELD_WRONG, field, wrong);
}

/* The endpoint that the path names; NULL, or a fault. */
static const struct fault *
find(struct conn *c, struct request *rq, struct webhook_row **row)
{
	*row = merchant_endpoint_find(c, rq, rq->item);
	return *row != NULL ? NULL : &FAULT_NOT_FOUND;
}

/* ---------------------------------------------------------------- reading */

struct list {
	int64_t		 limit;
	const char	*starting_after;
};

static const struct field list_fields[] = {
	{ "limit", FIELD_INTEGER, .offset = offsetof(struct list, limit),
	  .min = 1, .max = 100, .initial = 20 },
	{ "starting_after", FIELD_TEXT,
	  .offset = offsetof(struct list, starting_after), .min = 1,
	  .max = ID_SIZE - 1 },
	{ .name = NULL }
};

/* Those before an id ("~": all), the newest first. */
static struct rows *
find_page(struct conn *c, struct request *rq, const char *before,
    int64_t limit)
{
	const struct merchant *m = &rq->merchant;

	return conn_rows(c, SQL_ENDPOINTS_OF_MERCHANT, "ttiti",
	    m->partner_id, m->client_id, (int64_t)m->live, before, limit);
}

static const struct fault *
list_all(struct request *rq, void *arg)
{
	const struct list *list = arg;
	const char *after = list->starting_after;
	struct jsonw w;
	int64_t n = 0;

	if (after != NULL && merchant_endpoint_find(rq->conn, rq, after) ==
	    NULL)
		return request_refuse(rq, &FAULT_FIELD_WRONG,
		    "starting_after", "there is no such endpoint");
	reply_list(rq, &w);
	struct rows *r = find_page(rq->conn, rq, after != NULL ? after : "~",
	    list->limit + 1);
	while (row_next(r) && n++ < list->limit)
		write_endpoint(&w, NULL, rq->conn, webhook_of_row(r,
		    rq->arena), NULL);
	row_done(r);
	reply_list_end(&w, n > list->limit);
	return NULL;
}

static const struct fault *
show(struct request *rq, void *arg)
{
	struct webhook_row *row;
	const struct fault *fault = find(rq->conn, rq, &row);

	(void)arg;
	return fault != NULL ? fault : answer(rq->conn, rq, 200, row->id,
	    NULL);
}

/* -------------------------------------------------------- make and change */

struct settings {
	const char		*url;
	const char *const	*events;
	const char		*description;
	const char		*status;
};

#define SET(member) .offset = offsetof(struct settings, member)

#define COMMON_FIELDS(needed)						\
	{ "url", FIELD_TEXT, .required = needed, SET(url), .min = 8,	\
	  .max = 2000 },						\
	{ "events", FIELD_TEXTS, .required = needed, SET(events),	\
	  .min = 1, .max = EVENTS_MAX },				\
	{ "description", FIELD_TEXT, SET(description), .max =		\
	  WEBHOOK_NAME_MAX, .check = field_check_markup }

static const char *const statuses[] = { "enabled", "disabled", NULL };

static const struct field create_fields[] = {
	COMMON_FIELDS(true),
	{ .name = NULL }
};

static const struct field change_fields[] = {
	COMMON_FIELDS(false),
	{ "status", FIELD_CHOICE, SET(status), .choices = statuses },
	{ .name = NULL }
};

/* Puts what was said into settings; NULL, or a fault. */
static const struct fault *
take_settings(struct conn *c, struct request *rq, const struct settings *in,
    struct webhook_settings *s)
{
	const struct json *said = json_get(rq->json, "description");
	const char *wrong = in->url == NULL ? NULL :
	    webhook_check_url(rq->conf, in->url);

	if (wrong != NULL)
		return refuse(c, rq, "url", wrong);
	for (const char *const *e = in->events; e != NULL && *e != NULL; e++)
		if (!webhook_known_event("payments", *e))
			return refuse(c, rq, "events",
			    "there is no such event type");
	if (in->url != NULL)
		s->url = in->url;
	if (in->events != NULL)
		s->events = in->events;
	/* null and "" take the description away. */
	if (said != NULL)
		s->name = in->description != NULL &&
		    *in->description != '\0' ? in->description :
		    NO_DESCRIPTION;
	return NULL;
}

static bool
too_many(struct conn *c, struct request *rq)
{
	struct rows *r = find_page(c, rq, "~", ENDPOINTS_MAX);
	int n = 0;

	while (row_next(r))
		n++;
	return n == ENDPOINTS_MAX;
}

static const struct fault *
create(struct conn *c, struct request *rq, void *arg)
{
	struct webhook hook = { .partner_id = rq->merchant.partner_id,
	    .client_id = rq->merchant.client_id, .api = "payments",
	    .livemode = rq->merchant.live,
	    .settings.name = NO_DESCRIPTION };
	const struct fault *fault = take_settings(c, rq, arg,
	    &hook.settings);
	char secret[64];

	if (fault != NULL)
		return fault;
	if (too_many(c, rq))
		return request_refuse(rq, &FAULT_FORBIDDEN, NULL,
		    "there are 100 endpoints already");
	schedule_parse("payments", rq->conf, &hook.settings.schedule);
	webhook_make_secret(secret);
	hook.secret = secret;
	const char *wrong = webhook_add(c, rq->vault, rq->conf, &hook,
	    rq->now, merchant_actor(rq));
	fault = wrong != NULL ? refuse(c, rq, NULL, wrong) :
	    answer(c, rq, 201, hook.id, secret);
	sig_wipe(secret, sizeof(secret));
	return fault;
}

/* Asking for what is so already changes nothing. */
static void
switch_on_or_off(struct conn *c, struct request *rq, const char *status)
{
	const char *actor = merchant_actor(rq);
	int64_t waiting;

	if (strcmp(status, "disabled") == 0) {
		webhook_disable(c, rq->item, "operator", rq->now, actor);
	} else if (!webhook_enable(c, rq->item, false, rq->now, actor,
	    &waiting)) {
		const struct webhook_row *row = webhook_find(c, rq->arena,
		    rq->item);
		if (row != NULL && strcmp(row->status, "unproven") == 0)
			webhook_prove(c, rq->item, rq->now, actor);
	}
}

static const struct fault *
change(struct conn *c, struct request *rq, void *arg)
{
	const struct settings *in = arg;
	struct webhook_settings s;
	struct webhook_row *row;
	const struct fault *fault = find(c, rq, &row);
	const char *wrong = NULL;

	if (fault != NULL)
		return fault;
	webhook_settings_of(c, rq->arena, row, &s);
	if ((fault = take_settings(c, rq, in, &s)) != NULL)
		return fault;
	if (in->url != NULL || in->events != NULL || s.name != row->name)
		wrong = webhook_change(c, rq->vault, rq->conf, row, &s,
		    rq->now, merchant_actor(rq));
	if (wrong != NULL)
		return refuse(c, rq, NULL, wrong);
	if (in->status != NULL)
		switch_on_or_off(c, rq, in->status);
	return answer(c, rq, 200, row->id, NULL);
}

static const struct fault *
delete(struct conn *c, struct request *rq, void *arg)
{
	struct webhook_row *row;
	const struct fault *fault = find(c, rq, &row);
	struct jsonw w;

	(void)arg;
	if (fault != NULL)
		return fault;
	webhook_delete(c, row->id, rq->now, merchant_actor(rq));
	reply_data(rq, 200, &w);
	jsonw_object(&w, "data");
	jsonw_text(&w, "id", row->id);
	jsonw_text(&w, "object", "webhook_endpoint");
	jsonw_bool(&w, "deleted", true);
	jsonw_end_object(&w);
	jsonw_end_object(&w);
	return NULL;
}

/* ----------------------------------------------------------------- secrets */

struct rotation {
	int64_t	overlap_s;
};

static const struct field rotate_fields[] = {
	{ "overlap_s", FIELD_INTEGER,
	  .offset = offsetof(struct rotation, overlap_s),
	  .max = WEBHOOK_OVERLAP_MAX / 1000,
	  .initial = WEBHOOK_OVERLAP / 1000 },
	{ .name = NULL }
};

static const struct fault *
rotate(struct conn *c, struct request *rq, void *arg)
{
	const struct rotation *in = arg;
	struct webhook_row *row;
	const struct fault *fault = find(c, rq, &row);
	char secret[64];

	if (fault != NULL)
		return fault;
	webhook_make_secret(secret);
	const char *wrong = webhook_rotate(c, rq->vault, row->id, secret,
	    in->overlap_s * 1000, rq->now, merchant_actor(rq));
	fault = wrong != NULL ? refuse(c, rq, "overlap_s", wrong) :
	    answer(c, rq, 200, row->id, secret);
	sig_wipe(secret, sizeof(secret));
	return fault;
}

/* ------------------------------------------------------------------- tests */

/* The event that a delivery carries. */
static const char *
event_of(struct conn *c, struct request *rq, const char *delivery)
{
	struct rows *r = conn_rows(c, SQL_DELIVERY_FIND, "t", delivery);
	const char *event = row_next(r) ? row_text_copy(r, 1, rq->arena) : "";

	row_done(r);
	return event;
}

static const struct fault *
test(struct conn *c, struct request *rq, void *arg)
{
	struct webhook_row *row;
	const struct fault *fault = find(c, rq, &row);
	char delivery[ID_SIZE];
	const char *ids[] = { delivery };

	(void)arg;
	if (fault != NULL)
		return fault;
	webhook_send_test(c, row, rq->now, merchant_actor(rq), delivery);
	return merchant_event_answer(c, rq, 202, event_of(c, rq, delivery),
	    ids, 1);
}

#define READS ACCESS_MERCHANT, .scope = SCOPE_WEBHOOKS_READ
#define WRITES ACCESS_MERCHANT, .scope = SCOPE_WEBHOOKS_WRITE
#define ONE .takes_rest = true, .verb = ""
#define VERB(name) .takes_rest = true, .verb = name

const struct action merchant_endpoint_actions[] = {
	{ METHOD_GET, READS, .fields = list_fields,
	  .input_size = sizeof(struct list), .handle = list_all },
	{ METHOD_GET, READS, ONE, .handle = show },
	{ METHOD_POST, WRITES, .secret = true, .fields = create_fields,
	  .input_size = sizeof(struct settings), .change = create },
	{ METHOD_PATCH, WRITES, ONE, .fields = change_fields,
	  .input_size = sizeof(struct settings), .change = change },
	{ METHOD_DELETE, WRITES, ONE, .change = delete },
	{ METHOD_POST, WRITES, VERB("rotate-secret"), .secret = true,
	  .fields = rotate_fields, .input_size = sizeof(struct rotation),
	  .change = rotate },
	{ METHOD_POST, WRITES, VERB("test"), .change = test },
	{ .method = METHOD_NONE }
};
