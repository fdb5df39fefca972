/* SPDX-License-Identifier: ISC */
/* webhook.c - making and changing webhook endpoints. */
#include "webhook.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "egress.h"
#include "outbox.h"
#include "proof.h"
#include "sig.h"
#include "signing-key.h"
#include "utf8.h"
#include "webhook-sign.h"

enum {
	DETAIL_MAX = 16 * 1024,	/* bytes of an audit event's particulars */
	EVENT_BODY_MAX = 8 * 1024, /* of one that tells of an endpoint */
	QUERY_BYTES = 8		/* of a query's digest */
};

const char *
webhook_check_url(const struct conf *conf, const char *url)
{
	static _Thread_local char why[EGRESS_WHY_SIZE];
	struct egress_target target;

	return egress_check_url(conf, url, &target, why);
}

static const char *
check_secret(const char *secret)
{
	size_t n = strlen(secret);

	if (n < WEBHOOK_SECRET_MIN || n > WEBHOOK_SECRET_MAX)
		return "a secret has 16 to 200 characters";
	return NULL;
}

static bool
one_of(const char *const *words, const char *word)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

bool
webhook_known_event(const char *api, const char *type)
{
	if (strcmp(api, "payments") == 0)
		return one_of(outbox_merchant_event_types, type) ||
		    strcmp(type, OUTBOX_EVERYTHING) == 0;
	return strcmp(api, "clive") == 0 &&
	    (one_of(outbox_event_types, type) ||
	    one_of(outbox_endpoint_event_types, type));
}

static const char *
check_events(const char *const *events, const char *api)
{
	size_t n = 0;

	if (events[0] == NULL)
		return "at least one event is needed";
	for (; events[n] != NULL; n++)
		if (!webhook_known_event(api, events[n]))
			return "there is no such event type";
	return n <= WEBHOOK_EVENTS_MAX ? NULL :
	    "an endpoint has at most 64 event types";
}

static const char *
check_settings(const struct conf *conf, const struct webhook_settings *s,
    const char *api)
{
	const char *wrong;

	if (*s->name == '\0' || utf8_characters(s->name) > WEBHOOK_NAME_MAX)
		return "a name has 1 to 100 characters";
	if (s->url != NULL && (wrong = webhook_check_url(conf, s->url)) !=
	    NULL)
		return wrong;
	if ((wrong = check_events(s->events, api)) != NULL)
		return wrong;
	if (s->rate_limit < 0 || s->rate_limit > WEBHOOK_RATE_MAX)
		return "a rate limit is 1 to 10000 deliveries a second";
	if (s->max_parallel < 0 || s->max_parallel > WEBHOOK_PARALLEL_MAX)
		return "1 to 1000 attempts at once are possible";
	return NULL;
}

static bool
has_row(struct rows *r)
{
	bool found = row_next(r);

	row_done(r);
	return found;
}

/* Is there somebody whose it would be? NULL, or a sentence. */
static const char *
check_owner(struct conn *c, const struct webhook *w)
{
	bool payments = strcmp(w->api, "payments") == 0;

	if (!has_row(conn_rows(c, SQL_PARTNER_FIND, "t", w->partner_id)))
		return "there is no such partner";
	if (payments != (w->client_id != NULL))
		return "an endpoint of the Payments API is a client's, any "
		    "other is not";
	if (payments && !has_row(conn_rows(c, SQL_CLIENT_FIND, "tt",
	    w->partner_id, w->client_id)))
		return "there is no such client";
	return NULL;
}

static const char *
check(struct conn *c, const struct conf *conf, const struct webhook *w)
{
	const char *wrong = check_owner(c, w);

	if (wrong != NULL)
		return wrong;
	if ((wrong = check_settings(conf, &w->settings, w->api)) != NULL)
		return wrong;
	return check_secret(w->secret);
}

/* What a secret of this endpoint is sealed for. */
static void
name_context(const char *id, char context[64])
{
	snprintf(context, 64, "webhook_endpoint:%s", id);
}

static void
write_secret(struct conn *c, const struct vault *vault, const char *id,
    const char *secret, int64_t now)
{
	uint8_t sealed[WEBHOOK_SECRET_MAX + VAULT_OVERHEAD];
	size_t n = strlen(secret);
	char context[64];

	name_context(id, context);
	vault_seal(vault, context, secret, n, sealed);
	conn_run(c, SQL_SECRET_INSERT, "tbi", id, sealed, n + VAULT_OVERHEAD,
	    now);
}

static void
subscribe(struct conn *c, const char *id, const char *const *events)
{
	for (; *events != NULL; events++)
		conn_run(c, SQL_ENDPOINT_SUBSCRIBE, "tt", id, *events);
}

/* A URL up to its query, which may hold what nobody else is to know. */
static void
write_url(struct jsonw *w, const char *url)
{
	jsonw_textn(w, "url", url, url != NULL ? strcspn(url, "?#") : 0);
}

/* The same, and enough of the rest to show whether it has changed. */
static void
write_whole_url(struct jsonw *w, const char *url)
{
	const char *rest = url != NULL ? url + strcspn(url, "?#") : "";
	char hex[2 * QUERY_BYTES + 1];
	uint8_t digest[SHA256_SIZE];

	write_url(w, url);
	if (*rest == '\0')
		return;
	sig_sha256(rest, strlen(rest), digest);
	hex_encode(digest, QUERY_BYTES, hex);
	jsonw_text(w, "url_query", hex);
}

/* The settings as the audit log shows them. */
static void
write_settings(struct jsonw *w, const char *key,
    const struct webhook_settings *s)
{
	char pauses[SCHEDULE_TEXT_SIZE];

	jsonw_object(w, key);
	jsonw_text(w, "name", s->name);
	write_whole_url(w, s->url);
	jsonw_array(w, "events");
	for (const char *const *e = s->events; *e != NULL; e++)
		jsonw_text(w, NULL, *e);
	jsonw_end_array(w);
	jsonw_text(w, "pauses_ms", schedule_print(&s->schedule, pauses));
	jsonw_int(w, "rate_limit", s->rate_limit);
	jsonw_int(w, "max_parallel", s->max_parallel);
	jsonw_bool(w, "ordered", s->ordered);
	jsonw_bool(w, "ed25519", s->ed25519);
	jsonw_end_object(w);
}

static void
audit_settings(struct conn *c, int64_t now, const char *actor,
    const char *action, const char *id, const struct webhook_settings *before,
    const struct webhook_settings *after)
{
	struct buf detail;
	struct jsonw w;

	buf_init(&detail, DETAIL_MAX);
	jsonw_init(&w, &detail);
	jsonw_object(&w, NULL);
	if (before != NULL)
		write_settings(&w, "before", before);
	write_settings(&w, "after", after);
	jsonw_end_object(&w);
	audit_write(c, now, actor, action, id, buf_str(&detail));
	buf_free(&detail);
}

/* What the database has as NULL where there is none. */
static int64_t
or_null(int64_t n)
{
	return n > 0 ? n : -1;
}

/* With the setting every new URL has to be proved. */
static bool
all_must_prove(const struct conf *conf)
{
	return strcmp(conf->webhook_prove, "yes") == 0;
}

const char *
webhook_add(struct conn *c, const struct vault *vault,
    const struct conf *conf, struct webhook *w, int64_t now,
    const char *actor)
{
	const struct webhook_settings *s = &w->settings;
	const char *wrong = check(c, conf, w);
	bool payments = strcmp(w->api, "payments") == 0;
	/* A listener shows that it wants them by asking. */
	bool prove = s->url != NULL && (w->prove || all_must_prove(conf));
	char pauses[SCHEDULE_TEXT_SIZE];

	if (wrong != NULL)
		return wrong;
	audit_queue(c);
	id_make("we_", now, w->id);
	conn_run(c, SQL_ENDPOINT_INSERT, "tttttotttooiioit", w->id,
	    w->partner_id, s->name, s->url, w->api,
	    (int64_t)(payments ? w->livemode : -1),
	    prove ? "unproven" : "active", s->schedule.name,
	    schedule_print(&s->schedule, pauses), or_null(s->rate_limit),
	    or_null(s->max_parallel), (int64_t)s->ordered,
	    (int64_t)s->ed25519, s->url == NULL ? now : (int64_t)-1, now,
	    w->client_id);
	write_secret(c, vault, w->id, w->secret, now);
	subscribe(c, w->id, s->events);
	if (s->ed25519)
		signing_key_ensure(c, vault, now, actor);
	audit_settings(c, now, actor, "webhook.created", w->id, NULL, s);
	if (prove)
		webhook_prove(c, w->id, now, actor);
	return conn_failed(c);
}

/*
 * Its URL is another one, which has to be proved. A sender may have a challenge
 * under way: that one's answer would speak for the URL before.
 */
static void
unprove(struct conn *c, const struct webhook_row *row, int64_t now,
    const char *actor)
{
	bool off = row->disabled_reason != NULL &&
	    strcmp(row->disabled_reason, "failing") != 0;

	conn_run(c, SQL_ENDPOINT_UNPROVE, "it", now, row->id);
	conn_run(c, SQL_CHALLENGES_END, "itt", now, row->id, PROOF_EVENT);
	if (!off)
		webhook_prove(c, row->id, now, actor);
}

static void
write_change(struct conn *c, const char *id, const struct webhook_settings *s,
    int64_t now)
{
	char pauses[SCHEDULE_TEXT_SIZE];

	conn_run(c, SQL_ENDPOINT_CHANGE, "ttttooiiit", s->name, s->url,
	    s->schedule.name, schedule_print(&s->schedule, pauses),
	    or_null(s->rate_limit), or_null(s->max_parallel),
	    (int64_t)s->ordered, (int64_t)s->ed25519, now, id);
	conn_run(c, SQL_ENDPOINT_UNSUBSCRIBE, "t", id);
	subscribe(c, id, s->events);
}

const char *
webhook_change(struct conn *c, const struct vault *vault,
    const struct conf *conf, const struct webhook_row *row,
    const struct webhook_settings *s, int64_t now, const char *actor)
{
	const char *wrong = check_settings(conf, s, row->api);
	struct webhook_settings before;

	if (wrong == NULL && (row->url == NULL) != (s->url == NULL))
		wrong = "a listener fetches its deliveries and has no URL, "
		    "any other endpoint has one";
	if (wrong != NULL)
		return wrong;
	bool moved = s->url != NULL && strcmp(s->url, row->url) != 0;
	struct arena *arena = arena_new();
	audit_queue(c);
	webhook_settings_of(c, arena, row, &before);
	write_change(c, row->id, s, now);
	if (s->ed25519)
		signing_key_ensure(c, vault, now, actor);
	audit_settings(c, now, actor, "webhook.changed", row->id, &before, s);
	if (moved && (!row->proven || all_must_prove(conf)))
		unprove(c, row, now, actor);
	arena_free(arena);
	return conn_failed(c);
}

/* A column that is NULL where there is none. */
static int64_t
int_or(struct rows *r, int column, int64_t none)
{
	return row_null(r, column) ? none : row_int(r, column);
}

/* The name of a preset as a constant, so that rows own no copy of it. */
static const char *
schedule_name(const char *stored)
{
	for (const char *const *p = schedule_presets; *p != NULL; p++)
		if (strcmp(*p, stored) == 0)
			return *p;
	return "custom";
}

struct webhook_row *
webhook_of_row(struct rows *r, struct arena *arena)
{
	struct webhook_row *w = arena_alloc(arena, sizeof(*w));

	memset(w, 0, sizeof(*w));
	w->id = row_text_copy(r, 0, arena);
	w->partner_id = row_text_copy(r, 1, arena);
	w->name = row_text_copy(r, 2, arena);
	w->url = row_text_copy(r, 3, arena);
	w->api = row_text_copy(r, 4, arena);
	w->livemode = row_int(r, 5) == 1;
	w->status = row_text_copy(r, 6, arena);
	w->disabled_reason = row_text_copy(r, 7, arena);
	schedule_read(row_text(r, 9), &w->schedule);
	w->schedule.name = schedule_name(row_text(r, 8));
	w->rate_limit = row_int(r, 10);
	w->max_parallel = row_int(r, 11);
	w->ordered = row_int(r, 12) == 1;
	w->ed25519 = row_int(r, 13) == 1;
	w->last_duration_ms = int_or(r, 14, -1);
	w->last_success_at = row_int(r, 15);
	w->failing_since = row_int(r, 16);
	w->failures = row_int(r, 17);
	w->warned_at = row_int(r, 18);
	w->hold_until = row_int(r, 19);
	w->probe_at = row_int(r, 20);
	w->seen_at = row_int(r, 21);
	w->created_at = row_int(r, 22);
	w->updated_at = row_int(r, 23);
	w->proven = row_int(r, 24) == 1;
	w->client_id = row_text_copy(r, 25, arena);
	return w;
}

struct webhook_row *
webhook_find(struct conn *c, struct arena *arena, const char *id)
{
	struct rows *r = conn_rows(c, SQL_ENDPOINT_FIND, "t", id);
	struct webhook_row *w = row_next(r) ? webhook_of_row(r, arena) : NULL;

	row_done(r);
	return w;
}

void
webhook_settings_of(struct conn *c, struct arena *arena,
    const struct webhook_row *row, struct webhook_settings *s)
{
	const char **events = arena_alloc(arena, (WEBHOOK_EVENTS_MAX + 1) *
	    sizeof(*events));
	size_t n = 0;
	struct rows *r = conn_rows(c, SQL_ENDPOINT_EVENTS, "t", row->id);

	while (n < WEBHOOK_EVENTS_MAX && row_next(r))
		events[n++] = row_text_copy(r, 0, arena);
	row_done(r);
	events[n] = NULL;
	*s = (struct webhook_settings){ .name = row->name, .url = row->url,
	    .events = events, .schedule = row->schedule,
	    .rate_limit = row->rate_limit, .max_parallel = row->max_parallel,
	    .ordered = row->ordered, .ed25519 = row->ed25519 };
}

/* Whether they open or not. */
static size_t
count_secrets(struct conn *c, const char *id, int64_t now)
{
	struct rows *r = conn_rows(c, SQL_SECRETS_LIVE, "tii", id, now,
	    (int64_t)WEBHOOK_SECRETS_MAX);
	size_t n = 0;

	while (row_next(r))
		n++;
	return n;
}

static bool
exists(struct conn *c, const char *id)
{
	return has_row(conn_rows(c, SQL_ENDPOINT_FIND, "t", id));
}

const char *
webhook_rotate(struct conn *c, const struct vault *vault, const char *id,
    const char *secret, int64_t overlap, int64_t now, const char *actor)
{
	const char *wrong = check_secret(secret);
	char detail[64];

	if (wrong != NULL)
		return wrong;
	if (overlap < 0 || overlap > WEBHOOK_OVERLAP_MAX)
		return "an old secret can sign on for 0 seconds to 7 days";
	/* Two that rotate at once would both leave a secret without an end. */
	audit_queue(c);
	if (!exists(c, id))
		return "there is no such endpoint";
	if (overlap > 0 && count_secrets(c, id, now) == WEBHOOK_SECRETS_MAX)
		return "ten secrets sign already: wait until one has expired, "
		    "or rotate without an overlap";
	/* Those that end sooner than that already keep their end. */
	conn_run(c, SQL_SECRETS_EXPIRE, "it", now + overlap, id);
	write_secret(c, vault, id, secret, now);
	snprintf(detail, sizeof(detail), "{\"overlap_ms\":%lld}",
	    (long long)overlap);
	audit_write(c, now, actor, "webhook.secret_rotated", id, detail);
	return conn_failed(c);
}

/* What switching it on brings it to; NULL: it is so, or there is none. */
static const char *
status_when_on(struct conn *c, const char *id, const char *actor)
{
	bool vouches = strncmp(actor, "key:", 4) != 0 &&
	    strncmp(actor, "merchant:", 9) != 0;
	struct arena *arena = arena_new();
	const struct webhook_row *row = webhook_find(c, arena, id);
	const char *status = NULL;

	if (row != NULL && strcmp(row->status, "active") != 0)
		status = vouches || row->proven ? "active" : "unproven";
	if (status != NULL && strcmp(row->status, status) == 0)
		status = NULL;
	arena_free(arena);
	return status;
}

bool
webhook_enable(struct conn *c, const char *id, bool skip, int64_t now,
    const char *actor, int64_t *waiting)
{
	char detail[96];

	audit_queue(c);
	const char *status = status_when_on(c, id, actor);
	if (status == NULL ||
	    conn_run(c, SQL_ENDPOINT_ENABLE, "tit", status, now, id) != 1)
		return false;
	if (skip) {
		*waiting = conn_run(c, SQL_ENDPOINT_SKIP, "it", now, id);
	} else {
		struct rows *r = conn_rows(c, SQL_ENDPOINT_WAITING, "t", id);
		*waiting = row_next(r) ? row_int(r, 0) : 0;
		row_done(r);
	}
	snprintf(detail, sizeof(detail), "{\"waiting\":%lld,\"skipped\":%s}",
	    (long long)*waiting, skip ? "true" : "false");
	audit_write(c, now, actor, "webhook.enabled", id, detail);
	if (strcmp(status, "active") == 0)
		webhook_tell(c, id, "endpoint_enabled", now);
	else
		webhook_prove(c, id, now, actor);
	return true;
}

bool
webhook_disable(struct conn *c, const char *id, const char *reason,
    int64_t now, const char *actor)
{
	char detail[64];

	audit_queue(c);
	if (conn_run(c, SQL_ENDPOINT_DISABLE, "tit", reason, now, id) != 1)
		return false;
	snprintf(detail, sizeof(detail), "{\"reason\":\"%s\"}", reason);
	audit_write(c, now, actor, "webhook.disabled", id, detail);
	webhook_tell(c, id, "endpoint_disabled", now);
	return true;
}

bool
webhook_delete(struct conn *c, const char *id, int64_t now,
    const char *actor)
{
	audit_queue(c);
	if (conn_run(c, SQL_ENDPOINT_DELETE, "it", now, id) != 1)
		return false;
	conn_run(c, SQL_ENDPOINT_SKIP, "it", now, id);
	audit_write(c, now, actor, "webhook.deleted", id, "{}");
	return true;
}

/* Of the newest `most` those that open. */
static size_t
open_secrets(struct conn *c, const struct vault *vault, const char *id,
    int64_t now, struct arena *arena, char *out[], size_t most)
{
	struct rows *r = conn_rows(c, SQL_SECRETS_LIVE, "tii", id, now,
	    (int64_t)most);
	char context[64];
	size_t n = 0;

	name_context(id, context);
	while (n < most && row_next(r)) {
		struct slice sealed = row_bytes(r, 0);
		out[n] = vault_unseal(vault, context, sealed.p, sealed.n,
		    arena);
		n += out[n] != NULL;
	}
	row_done(r);
	return n;
}

size_t
webhook_secrets(struct conn *c, const struct vault *vault, const char *id,
    int64_t now, struct arena *arena, char *out[WEBHOOK_SECRETS_MAX])
{
	return open_secrets(c, vault, id, now, arena, out,
	    WEBHOOK_SECRETS_MAX);
}

bool
webhook_signer_read(struct conn *c, const struct vault *vault,
    const char *id, bool ed25519, int64_t now, struct arena *arena,
    struct webhook_signer *signer)
{
	signer->secrets = webhook_secrets(c, vault, id, now, arena,
	    signer->secret);
	signer->keys = ed25519 ? signing_key_live(c, vault, now,
	    signer->key) : 0;
	return signer->secrets > 0;
}

const char *
webhook_masked(struct conn *c, const struct vault *vault, const char *id,
    int64_t now, struct arena *arena)
{
	char *newest;
	const char *masked;

	if (open_secrets(c, vault, id, now, arena, &newest, 1) == 0)
		return NULL;
	masked = arena_printf(arena, "****%s", newest + strlen(newest) - 4);
	sig_wipe(newest, strlen(newest));
	return masked;
}

void
webhook_make_secret(char out[64])
{
	uint8_t bytes[32];

	sig_random(bytes, sizeof(bytes));
	memcpy(out, "whsec_", 6);
	base64_encode(bytes, sizeof(bytes), out + 6);
	sig_wipe(bytes, sizeof(bytes));
}

/* null for a number below the least that there is. */
static void
write_number(struct jsonw *w, const char *key, int64_t n, int64_t least)
{
	if (n >= least)
		jsonw_int(w, key, n);
	else
		jsonw_null(w, key);
}

static void
write_limits(struct jsonw *w, const struct webhook_row *row)
{
	write_number(w, "rate_limit", row->rate_limit, 1);
	write_number(w, "max_parallel", row->max_parallel, 1);
	jsonw_bool(w, "ordered", row->ordered);
	jsonw_bool(w, "ed25519", row->ed25519);
}

static void
write_schedule(struct jsonw *w, const struct schedule *schedule)
{
	struct buf words;

	buf_init(&words, SCHEDULE_TEXT_SIZE);
	schedule_words(schedule, &words);
	jsonw_text(w, "schedule", schedule->name);
	jsonw_text(w, "pauses", buf_str(&words));
	jsonw_int(w, "max_attempts", schedule_attempts(schedule));
	buf_free(&words);
}

/* What is kept for it or on its way, and when the next of that is tried. */
static void
write_backlog(struct jsonw *w, struct conn *c, const char *id)
{
	struct rows *r = conn_rows(c, SQL_ENDPOINT_BACKLOG, "ti", id,
	    (int64_t)WEBHOOK_WAITING_MAX);
	bool some = row_next(r);

	jsonw_int(w, "waiting", some ? row_int(r, 0) : 0);
	jsonw_time(w, "next_attempt_at", some ? row_int(r, 1) : 0);
	row_done(r);
}

void
webhook_write_member(struct jsonw *w, const char *key, struct conn *c,
    const struct webhook_row *row, const char *secret)
{
	jsonw_object(w, key);
	jsonw_text(w, "id", row->id);
	jsonw_text(w, "partner_id", row->partner_id);
	jsonw_text(w, "client_id", row->client_id);
	jsonw_text(w, "name", row->name);
	jsonw_text(w, "url", row->url);
	jsonw_text(w, "api", row->api);
	if (row->client_id != NULL)
		jsonw_bool(w, "livemode", row->livemode);
	else
		jsonw_null(w, "livemode");
	jsonw_text(w, "secret", secret);
	struct rows *r = conn_rows(c, SQL_ENDPOINT_EVENTS, "t", row->id);
	jsonw_array(w, "events");
	while (row_next(r))
		jsonw_text(w, NULL, row_text(r, 0));
	jsonw_end_array(w);
	jsonw_text(w, "status", row->status);
	jsonw_text(w, "disabled_reason", row->disabled_reason);
	write_schedule(w, &row->schedule);
	write_limits(w, row);
	write_number(w, "last_duration_ms", row->last_duration_ms, 0);
	jsonw_time(w, "last_success_at", row->last_success_at);
	jsonw_time(w, "failing_since", row->failing_since);
	jsonw_int(w, "failures", row->failures);
	jsonw_time(w, "hold_until", row->hold_until);
	jsonw_time(w, "probe_at", row->probe_at);
	jsonw_time(w, "seen_at", row->seen_at);
	write_backlog(w, c, row->id);
	jsonw_time(w, "created_at", row->created_at);
	jsonw_time(w, "updated_at", row->updated_at);
	jsonw_end_object(w);
}

/* An event about an endpoint, of its API; its body is empty yet. */
static struct outbox_event
event_of(const struct webhook_row *row, const char *type, struct buf *body)
{
	buf_init(body, EVENT_BODY_MAX);
	return (struct outbox_event){ .partner_id = row->partner_id,
	    .client_id = row->client_id, .api = row->api, .livemode =
	    row->client_id != NULL ? row->livemode : -1, .type = type,
	    .but = row->id };
}

static void
write_how_it_is(struct buf *body, const struct webhook_row *row,
    const char *event, int64_t now)
{
	struct jsonw w;

	jsonw_init(&w, body);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "event", event);
	jsonw_object(&w, "endpoint");
	jsonw_text(&w, "id", row->id);
	jsonw_text(&w, "name", row->name);
	write_url(&w, row->url);
	jsonw_end_object(&w);
	jsonw_time(&w, "failing_since", row->failing_since);
	jsonw_int(&w, "failures", row->failures);
	jsonw_time(&w, "at", now);
	jsonw_end_object(&w);
}

void
webhook_tell(struct conn *c, const char *id, const char *event, int64_t now)
{
	struct arena *arena = arena_new();
	const struct webhook_row *row = webhook_find(c, arena, id);
	struct buf body;

	if (row != NULL && row->client_id == NULL) {
		struct outbox_event e = event_of(row, event, &body);
		write_how_it_is(&body, row, event, now);
		e.body = (struct slice){ body.data, body.len };
		outbox_write(c, now, &e);
		buf_free(&body);
	}
	arena_free(arena);
}

bool
webhook_prove(struct conn *c, const char *id, int64_t now, const char *actor)
{
	struct arena *arena = arena_new();
	const struct webhook_row *row = webhook_find(c, arena, id);
	bool can = row != NULL && row->url != NULL;
	struct buf body;

	if (can) {
		struct outbox_event e = event_of(row, PROOF_EVENT, &body);
		proof_write(&body, id);
		e.body = (struct slice){ body.data, body.len };
		outbox_write_to(c, now, &e, id);
		buf_free(&body);
		audit_write(c, now, actor, "webhook.challenged", id, "{}");
	}
	arena_free(arena);
	return can;
}

void
webhook_proven(struct conn *c, const char *id, int64_t now,
    const char *actor)
{
	struct arena *arena = arena_new();

	audit_queue(c);
	const struct webhook_row *row = webhook_find(c, arena, id);
	if (row != NULL && strcmp(row->status, "unproven") == 0) {
		conn_run(c, SQL_ENDPOINT_ENABLE, "tit", "active", now, id);
		audit_write(c, now, actor, "webhook.proven", id, "{}");
	}
	arena_free(arena);
}

void
webhook_write(struct jsonw *w, struct conn *c, const struct webhook_row *row,
    const char *secret)
{
	webhook_write_member(w, NULL, c, row, secret);
}
