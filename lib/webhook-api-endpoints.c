/* SPDX-License-Identifier: ISC */
/* webhook-api-endpoints.c - making, changing and asking after endpoints. */
#include <stddef.h>
#include <string.h>

#include "field.h"
#include "replay.h"
#include "sig.h"
#include "webhook-api.h"
#include "webhook-log.h"

enum {
	LIMIT_MAX = 500,	/* endpoints of a page */
	EVENTS_MAX = 32		/* that one request may name */
};

/* ------------------------------------------------------------------ lists */

struct list {
	int64_t		 limit;
	const char	*cursor;	/* the last id of the page before */
	const char	*partner_id;
	const char	*status;
};

static const char *const statuses[] = { "active", "disabled", "unproven",
    NULL };

static const struct field list_fields[] = {
	{ "limit", FIELD_INTEGER, .offset = offsetof(struct list, limit),
	  .min = 1, .max = LIMIT_MAX, .initial = 100 },
	{ "cursor", FIELD_TEXT, .offset = offsetof(struct list, cursor),
	  .min = 1, .max = 64 },
	{ "partner_id", FIELD_TEXT,
	  .offset = offsetof(struct list, partner_id), .max = 64 },
	{ "status", FIELD_CHOICE, .offset = offsetof(struct list, status),
	  .choices = statuses },
	{ .name = NULL }
};

static struct rows *
find_page(struct request *rq, const struct list *list, const char *partner)
{
	/* "~" sorts after every identifier. */
	return conn_rows(rq->conn, SQL_ENDPOINTS_PAGE, "tttii", partner,
	    list->status != NULL ? list->status : "",
	    list->cursor != NULL ? list->cursor : "~", list->limit + 1,
	    (int64_t)webhook_api_sees_merchants(rq));
}

/* Writes a page; the id of its last endpoint where more follow, or NULL. */
static const char *
write_page(struct jsonw *w, struct request *rq, const struct list *list,
    const char *partner)
{
	struct rows *r = find_page(rq, list, partner);
	const char *last = NULL;
	int64_t n = 0;

	while (row_next(r)) {
		if (n++ == list->limit) {
			row_done(r);
			return last;
		}
		const struct webhook_row *row = webhook_of_row(r, rq->arena);
		last = row->id;
		webhook_write(w, rq->conn, row, webhook_masked(rq->conn,
		    rq->vault, row->id, rq->now, rq->arena));
	}
	return NULL;
}

static const struct fault *
list_all(struct request *rq, void *arg)
{
	const struct list *list = arg;
	const char *partner, *next = NULL;
	struct jsonw w;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	if (webhook_api_scope(rq, list->partner_id, &partner))
		next = write_page(&w, rq, list, partner);
	jsonw_end_array(&w);
	jsonw_text(&w, "nextCursor", next);
	jsonw_end_object(&w);
	return NULL;
}

/* When the secrets that sign now were made, and end; never they themselves. */
static void
write_secrets(struct jsonw *w, struct request *rq, const char *id)
{
	struct rows *r = conn_rows(rq->conn, SQL_SECRETS_LIVE, "tii", id,
	    rq->now, (int64_t)WEBHOOK_SECRETS_MAX);

	jsonw_array(w, "secrets");
	while (row_next(r)) {
		jsonw_object(w, NULL);
		jsonw_int(w, "number", row_int(r, 1));
		jsonw_time(w, "created_at", row_int(r, 2));
		jsonw_time(w, "expires_at", row_int(r, 3));
		jsonw_end_object(w);
	}
	row_done(r);
	jsonw_end_array(w);
}

static const struct fault *
show(struct request *rq, void *arg)
{
	struct webhook_row *row;
	const struct fault *fault = webhook_api_endpoint(rq->conn, rq, &row);
	struct jsonw w;

	(void)arg;
	if (fault != NULL)
		return fault;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	webhook_write_member(&w, "endpoint", rq->conn, row,
	    webhook_masked(rq->conn, rq->vault, row->id, rq->now,
	    rq->arena));
	write_secrets(&w, rq, row->id);
	jsonw_end_object(&w);
	return NULL;
}

/* -------------------------------------------------------- make and change */

struct settings {
	const char		*partner_id;
	const char		*name;
	const char		*url;
	const char *const	*events;
	const char		*schedule;
	const char		*secret;
	int64_t			 rate_limit;	/* -1: not said, as below */
	int64_t			 max_parallel;
	int64_t			 ordered;
	int64_t			 ed25519;
	int64_t			 prove;		/* 0: as configured */
};

#define SET(member) .offset = offsetof(struct settings, member)

/* What can be said of a new endpoint and of an old one alike. */
#define COMMON_FIELDS(needed)						\
	{ "name", FIELD_TEXT, .required = needed, SET(name), .min = 1,	\
	  .max = 100, .check = field_check_markup },			\
	{ "url", FIELD_TEXT, .required = needed, SET(url), .min = 8,	\
	  .max = 2000 },						\
	{ "events", FIELD_TEXTS, .required = needed, SET(events),	\
	  .min = 1, .max = EVENTS_MAX },				\
	{ "schedule", FIELD_TEXT, SET(schedule), .min = 1,		\
	  .max = SCHEDULE_TEXT_SIZE },					\
	{ "rate_limit", FIELD_INTEGER, SET(rate_limit), .min = 0,	\
	  .max = WEBHOOK_RATE_MAX, .initial = -1 },			\
	{ "max_parallel", FIELD_INTEGER, SET(max_parallel), .min = 0,	\
	  .max = WEBHOOK_PARALLEL_MAX, .initial = -1 },			\
	{ "ordered", FIELD_BOOL, SET(ordered), .initial = -1 },		\
	{ "ed25519", FIELD_BOOL, SET(ed25519), .initial = -1 }

static const struct field create_fields[] = {
	COMMON_FIELDS(true),
	{ "partner_id", FIELD_TEXT, SET(partner_id), .min = 1, .max = 64 },
	{ "secret", FIELD_TEXT, SET(secret), .min = WEBHOOK_SECRET_MIN,
	  .max = WEBHOOK_SECRET_MAX },
	{ "prove", FIELD_BOOL, SET(prove) },
	{ .name = NULL }
};

static const struct field change_fields[] = {
	COMMON_FIELDS(false),
	{ .name = NULL }
};

/* Puts what was said into settings; NULL, or a fault. */
static const struct fault *
take_settings(struct request *rq, const struct settings *in,
    const char *api, struct webhook_settings *s)
{
	const char *wrong = NULL;

	if (in->name != NULL)
		s->name = in->name;
	if (in->url != NULL) {
		s->url = in->url;
		wrong = webhook_check_url(rq->conf, s->url);
		if (wrong != NULL)
			return request_complain(rq, "url", wrong);
	}
	if (in->events != NULL && (s->events = webhook_api_events(rq,
	    api, in->events)) == NULL)
		return request_complain(rq, "events",
		    "there is no such event type");
	if (in->schedule != NULL)
		wrong = schedule_parse(in->schedule, rq->conf, &s->schedule);
	if (wrong != NULL)
		return request_complain(rq, "schedule", wrong);
	if (in->rate_limit >= 0)
		s->rate_limit = in->rate_limit;
	if (in->max_parallel >= 0)
		s->max_parallel = in->max_parallel;
	if (in->ordered >= 0)
		s->ordered = in->ordered == 1;
	if (in->ed25519 >= 0)
		s->ed25519 = in->ed25519 == 1;
	return NULL;
}

static const struct fault *
create(struct conn *c, struct request *rq, void *arg)
{
	const struct settings *in = arg;
	struct webhook hook = { .api = "clive", .secret = in->secret,
	    .prove = in->prove == 1 };
	const struct fault *fault;

	schedule_parse("clive", rq->conf, &hook.settings.schedule);
	if ((fault = webhook_api_partner(c, rq, in->partner_id,
	    &hook.partner_id)) != NULL ||
	    (fault = take_settings(rq, in, hook.api, &hook.settings)) != NULL)
		return fault;
	return webhook_api_add(c, rq, &hook);
}

static const struct fault *
change(struct conn *c, struct request *rq, void *arg)
{
	const struct settings *in = arg;
	struct webhook_settings s;
	struct webhook_row *row;
	const struct fault *fault = webhook_api_endpoint(c, rq, &row);
	const char *wrong;

	if (fault != NULL)
		return fault;
	if (row->url == NULL && in->url != NULL)
		return request_complain(rq, "url",
		    "a listener fetches its deliveries and has none");
	webhook_settings_of(c, rq->arena, row, &s);
	if ((fault = take_settings(rq, in, row->api, &s)) != NULL)
		return fault;
	wrong = webhook_change(c, rq->vault, rq->conf, row, &s, rq->now,
	    webhook_api_actor(rq));
	return wrong == NULL ? webhook_api_answer(c, rq, 200, row->id, NULL) :
	    webhook_api_complain(c, rq, NULL, wrong);
}

struct rotation {
	const char	*secret;
	int64_t		 overlap_s;
};

static const struct field rotate_fields[] = {
	{ "secret", FIELD_TEXT, .offset = offsetof(struct rotation, secret),
	  .min = WEBHOOK_SECRET_MIN, .max = WEBHOOK_SECRET_MAX },
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
	const struct fault *fault = webhook_api_endpoint(c, rq, &row);
	const char *secret = in->secret, *wrong;
	char made[64];

	if (fault != NULL)
		return fault;
	if (secret == NULL) {
		webhook_make_secret(made);
		secret = made;
	}
	wrong = webhook_rotate(c, rq->vault, row->id, secret,
	    in->overlap_s * 1000, rq->now, webhook_api_actor(rq));
	fault = wrong == NULL ?
	    webhook_api_answer(c, rq, 200, row->id, secret) :
	    webhook_api_complain(c, rq, NULL, wrong);
	sig_wipe(made, sizeof(made));
	return fault;
}

/* ----------------------------------------------------------------- states */

struct enabling {
	int64_t	skip;
};

static const struct field enable_fields[] = {
	{ "skip", FIELD_BOOL, .offset = offsetof(struct enabling, skip) },
	{ .name = NULL }
};

/* Asking for what is so already is no mistake, and changes nothing. */
static const struct fault *
enable(struct conn *c, struct request *rq, void *arg)
{
	const struct enabling *in = arg;
	struct webhook_row *row;
	const struct fault *fault = webhook_api_endpoint(c, rq, &row);
	int64_t waiting = 0;
	struct jsonw w;

	if (fault != NULL)
		return fault;
	bool done = webhook_enable(c, row->id, in->skip == 1, rq->now,
	    webhook_api_actor(rq), &waiting);
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	webhook_api_write(&w, "endpoint", rq, c, row->id);
	jsonw_int(&w, "waiting", waiting);
	jsonw_bool(&w, "skipped", done && in->skip == 1);
	jsonw_end_object(&w);
	return NULL;
}

static const struct fault *
disable(struct conn *c, struct request *rq, void *arg)
{
	struct webhook_row *row;
	const struct fault *fault = webhook_api_endpoint(c, rq, &row);

	(void)arg;
	if (fault != NULL)
		return fault;
	webhook_disable(c, row->id, "operator", rq->now,
	    webhook_api_actor(rq));
	return webhook_api_answer(c, rq, 200, row->id, NULL);
}

static const struct fault *
delete(struct conn *c, struct request *rq, void *arg)
{
	struct webhook_row *row;
	const struct fault *fault = webhook_api_endpoint(c, rq, &row);
	struct jsonw w;

	(void)arg;
	if (fault != NULL)
		return fault;
	webhook_delete(c, row->id, rq->now, webhook_api_actor(rq));
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "id", row->id);
	jsonw_bool(&w, "deleted", true);
	jsonw_end_object(&w);
	return NULL;
}

static const struct fault *
prove(struct conn *c, struct request *rq, void *arg)
{
	struct webhook_row *row;
	const struct fault *fault = webhook_api_endpoint(c, rq, &row);

	(void)arg;
	if (fault != NULL)
		return fault;
	if (!webhook_prove(c, row->id, rq->now, webhook_api_actor(rq)))
		return request_complain(rq, NULL,
		    "a listener has no URL that could be proved");
	return webhook_api_answer(c, rq, 200, row->id, NULL);
}

static const struct fault *
test(struct conn *c, struct request *rq, void *arg)
{
	struct webhook_row *row;
	const struct fault *fault = webhook_api_endpoint(c, rq, &row);
	char delivery[ID_SIZE];
	struct jsonw w;

	(void)arg;
	if (fault != NULL)
		return fault;
	webhook_send_test(c, row, rq->now, webhook_api_actor(rq), delivery);
	reply_start(rq, 201, &w);
	jsonw_object(&w, NULL);
	webhook_log_delivery(c, &w, "delivery", delivery);
	jsonw_end_object(&w);
	return NULL;
}

#define ONE .takes_rest = true, .verb = ""
#define VERB(name) METHOD_POST, ACCESS_SIGNED, .takes_rest = true, \
	.verb = name

const struct action webhook_endpoint_actions[] = {
	{ METHOD_GET, ACCESS_KEY, .fields = list_fields,
	  .input_size = sizeof(struct list), .handle = list_all },
	{ METHOD_GET, ACCESS_KEY, ONE, .handle = show },
	{ METHOD_POST, ACCESS_SIGNED, .secret = true,
	  .fields = create_fields, .input_size = sizeof(struct settings),
	  .change = create },
	{ METHOD_POST, ACCESS_SIGNED, ONE, .fields = change_fields,
	  .input_size = sizeof(struct settings), .change = change },
	{ VERB("rotate"), .secret = true, .fields = rotate_fields,
	  .input_size = sizeof(struct rotation), .change = rotate },
	{ VERB("enable"), .fields = enable_fields,
	  .input_size = sizeof(struct enabling), .change = enable },
	{ VERB("disable"), .change = disable },
	{ VERB("delete"), .change = delete },
	{ VERB("prove"), .change = prove },
	{ VERB("test"), .change = test },
	{ VERB("replay"), .fields = webhook_replay_fields,
	  .input_size = sizeof(struct webhook_replaying),
	  .before = webhook_replay_before, .ask = webhook_replay_ask,
	  .after = webhook_replay_after },
	{ .method = METHOD_NONE }
};
