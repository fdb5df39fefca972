/* SPDX-License-Identifier: ISC */
/* test-webhook.c - which endpoints are taken, and what is kept of them. */
#include "webhook.h"

#include <string.h>

#include "fixture.h"
#include "outbox.h"
#include "sig.h"
#include "webhook-sign.h"

#define HOUR	(INT64_C(60) * 60 * 1000)

static const char *const all_events[] = { "transaction_succeeded",
    "transaction_failed", "transaction_abandoned", "transaction_refunded",
    "transaction_chargeback", NULL };

/* A good endpoint, for cases to spoil. */
static struct webhook
good(void)
{
	struct webhook w = { .partner_id = "ECHEZONA001", .api = "clive",
	    .secret = "0123456789abcdef", .settings = { .name = "A hook",
	    .url = "https://hook.example/clive", .events = all_events } };

	assert_null(schedule_parse("clive", &fx.conf, &w.settings.schedule));
	return w;
}

static const char *
add(struct webhook *w)
{
	return webhook_add(fx.conn, fx.vault, &fx.conf, w, fixture_now,
	    "cli:test");
}

/* A good endpoint that is there; its id. */
static const char *
added(void)
{
	struct webhook w = good();

	assert_null(add(&w));
	return arena_strdup(fx.arena, w.id);
}

static struct webhook_row *
row_of(const char *id)
{
	struct webhook_row *row = webhook_find(fx.conn, fx.arena, id);

	assert_non_null(row);
	return row;
}

static const char *
change(const char *id, const struct webhook_settings *s)
{
	return webhook_change(fx.conn, fx.vault, &fx.conf, row_of(id), s,
	    fixture_now + 1, "cli:test");
}

static const char *
rotate(const char *id, const char *secret, int64_t overlap, int64_t now)
{
	return webhook_rotate(fx.conn, fx.vault, id, secret, overlap, now,
	    "cli:test");
}

/* The secrets that sign at a moment, the newest first, between blanks. */
static const char *
secrets_at(const char *id, int64_t now)
{
	char *live[WEBHOOK_SECRETS_MAX];
	size_t n = webhook_secrets(fx.conn, fx.vault, id, now, fx.arena,
	    live);
	const char *all = n > 0 ? live[0] : "";

	for (size_t i = 1; i < n; i++)
		all = arena_printf(fx.arena, "%s %s", all, live[i]);
	return all;
}

/* A delivery that is due to an endpoint. */
static void
add_due(const char *id)
{
	struct outbox_event event = { .partner_id = "ECHEZONA001",
	    .api = "clive", .livemode = -1, .type = "transaction_failed",
	    .body = { "{}", 2 } };

	outbox_write_to(fx.conn, fixture_now, &event, id);
	assert_null(conn_failed(fx.conn));
}

static int64_t
due(const char *id)
{
	struct rows *r = conn_rows(fx.conn, SQL_ENDPOINT_WAITING, "t", id);

	assert_true(row_next(r));
	int64_t n = row_int(r, 0);
	row_done(r);
	return n;
}

static int
audited(const char *id)
{
	return fixture_rows(SQL_AUDIT_OF_SUBJECT, id);
}

/* What the newest audit event of a subject says; no secret is in any. */
static const char *
newest_detail(const char *id)
{
	struct rows *r = conn_rows(fx.conn, SQL_AUDIT_OF_SUBJECT, "t", id);
	const char *detail = NULL;

	while (row_next(r)) {
		detail = arena_printf(fx.arena, "%s %s", row_text(r, 2),
		    row_text(r, 3));
		assert_null(strstr(detail, "0123456789abcdef"));
		assert_null(strstr(detail, "whsec_"));
	}
	assert_non_null(detail);
	return detail;
}

static void
assert_part(const char *part, const char *whole)
{
	assert_non_null(whole);
	if (strstr(whole, part) == NULL)
		fail_msg("no %s: %s", part, whole);
}

static void
a_good_endpoint_is_kept_with_its_events(void **state)
{
	struct webhook w = good();

	(void)state;
	assert_null(add(&w));
	assert_memory_equal(w.id, "we_", 3);
	const struct webhook_row *row = row_of(w.id);
	assert_string_equal(row->id, w.id);
	assert_string_equal(row->partner_id, "ECHEZONA001");
	assert_string_equal(row->name, "A hook");
	assert_string_equal(row->url, "https://hook.example/clive");
	assert_string_equal(row->api, "clive");
	assert_string_equal(row->status, "active");
	assert_null(row->disabled_reason);
	assert_string_equal(row->schedule.name, "clive");
	assert_int_equal(schedule_attempts(&row->schedule), 3);
	assert_int_equal(row->rate_limit, 0);
	assert_int_equal(row->max_parallel, 0);
	assert_false(row->ordered);
	assert_false(row->ed25519);
	assert_int_equal(row->last_duration_ms, -1);
	assert_int_equal(row->seen_at, 0);
	assert_int_equal(row->created_at, fixture_now);
	assert_int_equal(fixture_rows(SQL_ENDPOINT_EVENTS, w.id), 5);
	assert_int_equal(audited(w.id), 1);
	assert_part("webhook.created ", newest_detail(w.id));
}

static void
an_event_named_twice_counts_once(void **state)
{
	static const char *const twice[] = { "transaction_failed",
	    "transaction_failed", NULL };
	struct webhook w = good();

	(void)state;
	w.settings.events = twice;
	assert_null(add(&w));
	assert_int_equal(fixture_rows(SQL_ENDPOINT_EVENTS, w.id), 1);
}

static void
every_setting_comes_back(void **state)
{
	static const char *const events[] = { "endpoint_disabled",
	    "transaction_failed", NULL };
	struct webhook_settings back;
	struct webhook w = good();

	(void)state;
	w.settings = (struct webhook_settings){ .name = "Other",
	    .url = "https://other.example/", .events = events,
	    .rate_limit = WEBHOOK_RATE_MAX,
	    .max_parallel = WEBHOOK_PARALLEL_MAX, .ordered = true,
	    .ed25519 = true };
	assert_null(schedule_parse("5s,2h", &fx.conf, &w.settings.schedule));
	w.prove = true;
	assert_null(add(&w));
	const struct webhook_row *row = row_of(w.id);
	assert_string_equal(row->status, "unproven");
	webhook_settings_of(fx.conn, fx.arena, row, &back);
	assert_string_equal(back.name, "Other");
	assert_string_equal(back.url, "https://other.example/");
	assert_string_equal(back.events[0], "endpoint_disabled");
	assert_string_equal(back.events[1], "transaction_failed");
	assert_null(back.events[2]);
	assert_string_equal(back.schedule.name, "custom");
	assert_int_equal(back.schedule.count, 2);
	assert_int_equal(back.schedule.pauses[1], 2 * HOUR);
	assert_int_equal(back.rate_limit, 10000);
	assert_int_equal(back.max_parallel, 1000);
	assert_true(back.ordered);
	assert_true(back.ed25519);
}

static void
a_listener_has_no_url_but_was_seen(void **state)
{
	struct webhook w = good();

	(void)state;
	w.settings.url = NULL;
	assert_null(add(&w));
	assert_null(row_of(w.id)->url);
	assert_int_equal(row_of(w.id)->seen_at, fixture_now);
}

static void
secrets_are_sealed_for_their_endpoint(void **state)
{
	struct webhook one = good(), two = good();

	(void)state;
	two.secret = "another secret of this partner";
	assert_null(add(&one));
	assert_null(add(&two));
	assert_string_equal(secrets_at(one.id, fixture_now), one.secret);
	assert_string_equal(secrets_at(two.id, fixture_now), two.secret);
	struct rows *r = conn_rows(fx.conn, SQL_SECRETS_LIVE, "tii", one.id,
	    fixture_now, INT64_C(10));
	assert_true(row_next(r));
	struct slice sealed = row_bytes(r, 0);
	assert_null(memmem(sealed.p, sealed.n, one.secret,
	    strlen(one.secret)));
	void *copy = arena_strndup(fx.arena, sealed.p, sealed.n);
	row_done(r);
	/* In another's row it does not open. */
	conn_run(fx.conn, SQL_SECRET_INSERT, "tbi", two.id, copy, sealed.n,
	    fixture_now);
	assert_string_equal(secrets_at(two.id, fixture_now), two.secret);
}

static void
assert_refused(struct webhook *w, const char *part)
{
	const char *why = add(w);

	if (why == NULL)
		fail_msg("accepted: %s", part);
	assert_part(part, why);
	assert_null(conn_failed(fx.conn));
	assert_int_equal(fixture_rows(SQL_ENDPOINTS, ""), 0);
}

static void
unknown_partners_and_events_are_refused(void **state)
{
	static const char *const none[] = { NULL };
	static const char *const wrong[] = { "transaction_succeeded",
	    "transaction_pending", NULL };
	struct webhook w = good();

	(void)state;
	w.partner_id = "NOBODY";
	assert_refused(&w, "no such partner");
	w = good();
	w.settings.events = none;
	assert_refused(&w, "at least one event");
	w.settings.events = wrong;
	assert_refused(&w, "no such event type");
}

static void
each_api_has_its_events(void **state)
{
	static const char *const tests[] = { "webhook_test",
	    "endpoint_challenge", "", "transaction_" };

	(void)state;
	for (const char *const *e = all_events; *e != NULL; e++) {
		assert_true(webhook_known_event("clive", *e));
		assert_false(webhook_known_event("payments", *e));
	}
	for (const char *const *e = outbox_endpoint_event_types; *e != NULL;
	    e++)
		assert_true(webhook_known_event("clive", *e));
	for (const char *const *e = outbox_merchant_event_types; *e != NULL;
	    e++) {
		assert_true(webhook_known_event("payments", *e));
		assert_false(webhook_known_event("clive", *e));
	}
	assert_true(webhook_known_event("payments", "*"));
	assert_false(webhook_known_event("clive", "*"));
	assert_false(webhook_known_event("payments", "payment.*"));
	/* What is sent unasked cannot be asked for. */
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		assert_false(webhook_known_event("clive", tests[i]) ||
		    webhook_known_event("payments", tests[i]));
}

/* A merchant's, for everything. */
static struct webhook
merchants(void)
{
	static const char *const everything[] = { "*", NULL };
	struct webhook w = good();

	w.api = "payments";
	w.client_id = "AIRPEACE001";
	w.settings.events = everything;
	return w;
}

static void
an_endpoint_of_the_payments_api_is_a_merchants(void **state)
{
	struct webhook w = merchants();

	(void)state;
	w.client_id = NULL;
	assert_refused(&w, "is a client's");
	w = good();
	w.client_id = "AIRPEACE001";
	assert_refused(&w, "is a client's");
	w = merchants();
	w.client_id = "NOBODY";
	assert_refused(&w, "no such client");
	fixture_partner("OTHER00001", 35000);
	w = merchants();
	w.partner_id = "OTHER00001";
	assert_refused(&w, "no such client");
}

static void
a_merchants_endpoint_says_whose_it_is(void **state)
{
	struct webhook w = merchants();

	(void)state;
	w.livemode = true;
	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    "cli:test"));
	const struct webhook_row *row = webhook_find(fx.conn, fx.arena, w.id);
	assert_string_equal(row->client_id, "AIRPEACE001");
	assert_string_equal(row->api, "payments");
	assert_true(row->livemode);
}

/* It could point its endpoint anywhere and call itself proof enough. */
static void
a_merchant_cannot_vouch_for_its_endpoint(void **state)
{
	struct webhook w = merchants();
	int64_t waiting;

	(void)state;
	w.prove = true;
	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    "merchant:mk_1"));
	assert_true(webhook_disable(fx.conn, w.id, "operator", fixture_now,
	    "merchant:mk_1"));
	assert_true(webhook_enable(fx.conn, w.id, false, fixture_now,
	    "merchant:mk_1", &waiting));
	assert_string_equal(webhook_find(fx.conn, fx.arena, w.id)->status,
	    "unproven");
}

static void
lengths_have_limits(void **state)
{
	char text[300];
	struct webhook w = good();

	(void)state;
	memset(text, 'x', sizeof(text));
	w.settings.name = "";
	assert_refused(&w, "1 to 100 characters");
	text[101] = '\0';
	w.settings.name = text;
	assert_refused(&w, "1 to 100 characters");
	w = good();
	w.secret = "fifteen letters";
	assert_refused(&w, "16 to 200 characters");
	text[101] = 'x';
	text[201] = '\0';
	w.secret = text;
	assert_refused(&w, "16 to 200 characters");
	/* The limits themselves are fine. */
	text[200] = '\0';
	w.secret = text;
	w.settings.name = text + 100;
	assert_null(add(&w));
	assert_string_equal(secrets_at(w.id, fixture_now), text);
}

static void
names_are_counted_in_characters(void **state)
{
	char name[2 * WEBHOOK_NAME_MAX + 3];
	struct webhook w = good();

	(void)state;
	for (size_t i = 0; i < sizeof(name) - 1; i++)
		name[i] = "\xc3\xa9"[i % 2];
	w.settings.name = name;
	name[2 * WEBHOOK_NAME_MAX + 2] = '\0';
	assert_refused(&w, "1 to 100 characters");
	name[2 * WEBHOOK_NAME_MAX] = '\0';
	assert_null(add(&w));
	assert_string_equal(row_of(w.id)->name, name);
}

/* More would be cut off where they are read back to be changed. */
static void
there_are_not_more_event_types_than_are_read_back(void **state)
{
	const char *many[WEBHOOK_EVENTS_MAX + 2];
	struct webhook w = good();

	(void)state;
	for (size_t i = 0; i <= WEBHOOK_EVENTS_MAX; i++)
		many[i] = "transaction_failed";
	many[WEBHOOK_EVENTS_MAX + 1] = NULL;
	w.settings.events = many;
	assert_refused(&w, "at most 64 event types");
	many[WEBHOOK_EVENTS_MAX] = NULL;
	assert_null(add(&w));
}

static void
rates_have_limits(void **state)
{
	struct webhook w = good();

	(void)state;
	w.settings.rate_limit = WEBHOOK_RATE_MAX + 1;
	assert_refused(&w, "1 to 10000 deliveries");
	w.settings.rate_limit = -1;
	assert_refused(&w, "1 to 10000 deliveries");
	w = good();
	w.settings.max_parallel = WEBHOOK_PARALLEL_MAX + 1;
	assert_refused(&w, "1 to 1000 attempts");
	w.settings.max_parallel = -1;
	assert_refused(&w, "1 to 1000 attempts");
}

static void
urls_are_checked_for_their_mode(void **state)
{
	static const struct {
		const char	*url;
		bool		 sandbox, live;
	} table[] = {
		{ "https://hook.example/", true, true },
		{ "https://hook.example:8443/a?b=c", true, true },
		{ "https://8.8.8.8/", true, true },
		{ "http://hook.example/", true, false },
		{ "http://127.0.0.1:9000/", true, false },
		{ "https://127.0.0.1/", true, false },
		{ "https://[::1]/", true, false },
		{ "https://2130706433/", false, false },
		{ "https://0x7f000001/", false, false },
		{ "https://10.0.0.1/", false, false },
		{ "https://192.168.1.1/", false, false },
		{ "https://172.16.0.1/", false, false },
		{ "https://169.254.169.254/latest/", false, false },
		{ "https://[fe80::1]/", false, false },
		{ "https://[::ffff:10.0.0.1]/", false, false },
		{ "https://0.0.0.0/", false, false },
		{ "https://user@hook.example/", false, false },
		{ "https://user:word@hook.example/", false, false },
		{ "https://", false, false },
		{ "https:///path", false, false },
		{ "ftp://hook.example/", false, false },
		{ "hook.example", false, false },
		{ "", false, false },
		{ "https://hook.example/a b", false, false },
		{ "https://hook.example/\r\nX: y", false, false },
		{ "javascript:alert(1)", false, false },
	};

	struct conf live = fx.conf;

	(void)state;
	live.live = true;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((webhook_check_url(&fx.conf, table[i].url) == NULL) !=
		    table[i].sandbox ||
		    (webhook_check_url(&live, table[i].url) == NULL) !=
		    table[i].live)
			fail_msg("%s", table[i].url);
}

static void
urls_have_a_longest_length(void **state)
{
	char url[2002] = "https://hook.example/";

	(void)state;
	memset(url + 21, 'x', sizeof(url) - 21);
	url[2000] = '\0';
	assert_null(webhook_check_url(&fx.conf, url));
	url[2000] = 'x';
	url[2001] = '\0';
	assert_non_null(webhook_check_url(&fx.conf, url));
	struct webhook w = good();
	w.settings.url = url;
	assert_refused(&w, "at most 2000 characters");
}

static void
a_change_is_kept_whole_and_told(void **state)
{
	static const char *const one[] = { "transaction_refunded", NULL };
	const char *id = added();
	struct webhook_settings s;

	(void)state;
	webhook_settings_of(fx.conn, fx.arena, row_of(id), &s);
	s.name = "Renamed";
	s.events = one;
	s.rate_limit = 7;
	s.ordered = true;
	assert_null(schedule_parse("standard", &fx.conf, &s.schedule));
	assert_null(change(id, &s));
	const struct webhook_row *row = row_of(id);
	assert_string_equal(row->name, "Renamed");
	assert_string_equal(row->url, "https://hook.example/clive");
	assert_string_equal(row->schedule.name, "standard");
	assert_int_equal(row->rate_limit, 7);
	assert_true(row->ordered);
	assert_int_equal(row->created_at, fixture_now);
	assert_int_equal(row->updated_at, fixture_now + 1);
	assert_int_equal(fixture_rows(SQL_ENDPOINT_EVENTS, id), 1);
	const char *told = newest_detail(id);
	assert_part("webhook.changed {\"before\":{\"name\":\"A hook\"", told);
	assert_part("\"after\":{\"name\":\"Renamed\"", told);
	assert_part("\"rate_limit\":7", told);
}

static void
a_wrong_change_changes_nothing(void **state)
{
	static const char *const wrong[] = { "transaction_pending", NULL };
	const char *id = added();
	struct webhook_settings s;

	(void)state;
	webhook_settings_of(fx.conn, fx.arena, row_of(id), &s);
	s.name = "Renamed";
	s.events = wrong;
	assert_part("no such event type", change(id, &s));
	s.events = all_events;
	s.url = "https://10.0.0.1/";
	assert_part("private", change(id, &s));
	assert_string_equal(row_of(id)->name, "A hook");
	assert_int_equal(audited(id), 1);
}

static void
who_has_a_url_keeps_one_and_a_listener_gets_none(void **state)
{
	struct webhook w = good();
	struct webhook_settings s;
	const char *id = added();

	(void)state;
	webhook_settings_of(fx.conn, fx.arena, row_of(id), &s);
	s.url = NULL;
	assert_part("a listener fetches", change(id, &s));
	w.settings.url = NULL;
	assert_null(add(&w));
	webhook_settings_of(fx.conn, fx.arena, row_of(w.id), &s);
	s.url = "https://hook.example/";
	assert_part("a listener fetches", change(w.id, &s));
	assert_null(conn_failed(fx.conn));
	assert_null(row_of(w.id)->url);
}

/* The digest of the query in the newest audit event's "after"; "": none. */
static const char *
query_digest(const char *id)
{
	const char *told = newest_detail(id);
	const char *after = strstr(told, "\"after\":");

	assert_non_null(after);
	assert_null(strstr(told, "t0ken"));
	assert_null(strstr(told, "fragment"));
	assert_part("\"url\":\"https://hook.example/in\"", after);
	after = strstr(after, "\"url_query\":\"");
	return after != NULL ? arena_strndup(fx.arena, after + 13, 16) : "";
}

static void
the_log_shows_that_a_query_changed_and_not_what_is_in_it(void **state)
{
	struct webhook w = good();
	struct webhook_settings s;
	const char *first;

	(void)state;
	w.settings.url = "https://hook.example/in?key=t0ken-1";
	assert_null(add(&w));
	first = query_digest(w.id);
	assert_int_equal(strspn(first, "0123456789abcdef"), 16);
	webhook_settings_of(fx.conn, fx.arena, row_of(w.id), &s);
	s.url = "https://hook.example/in?key=t0ken-2";
	assert_null(change(w.id, &s));
	assert_string_not_equal(query_digest(w.id), first);
	assert_part(first, newest_detail(w.id));
	s.url = "https://hook.example/in";
	assert_null(change(w.id, &s));
	assert_string_equal(query_digest(w.id), "");
	/* What is sent to is what was asked for. */
	assert_string_equal(row_of(w.id)->url, s.url);
}

static void
ed25519_makes_the_first_key_once(void **state)
{
	struct signing_key live[SIGNING_KEYS_MAX];
	struct webhook w = good();
	const char *plain = added();
	struct webhook_settings s;

	(void)state;
	assert_int_equal(signing_key_live(fx.conn, NULL, fixture_now, live),
	    0);
	webhook_settings_of(fx.conn, fx.arena, row_of(plain), &s);
	s.ed25519 = true;
	assert_null(change(plain, &s));
	assert_int_equal(signing_key_live(fx.conn, NULL, fixture_now, live),
	    1);
	w.settings.ed25519 = true;
	assert_null(add(&w));
	assert_int_equal(signing_key_live(fx.conn, NULL, fixture_now, live),
	    1);
}

static void
a_new_endpoint_can_make_the_key_too(void **state)
{
	struct signing_key live[SIGNING_KEYS_MAX];
	struct webhook w = good();

	(void)state;
	w.settings.ed25519 = true;
	assert_null(add(&w));
	assert_int_equal(signing_key_live(fx.conn, NULL, fixture_now, live),
	    1);
}

static void
an_endpoint_is_switched_off_and_on(void **state)
{
	const char *id = added();
	int64_t waiting;

	(void)state;
	assert_false(webhook_enable(fx.conn, id, false, fixture_now,
	    "cli:test", &waiting));
	assert_true(webhook_disable(fx.conn, id, "operator", fixture_now + 1,
	    "cli:test"));
	assert_false(webhook_disable(fx.conn, id, "gone", fixture_now,
	    "cli:test"));
	assert_string_equal(row_of(id)->status, "disabled");
	assert_string_equal(row_of(id)->disabled_reason, "operator");
	assert_int_equal(row_of(id)->updated_at, fixture_now + 1);
	assert_part("webhook.disabled {\"reason\":\"operator\"}",
	    newest_detail(id));
	assert_true(webhook_enable(fx.conn, id, false, fixture_now,
	    "cli:test", &waiting));
	assert_string_equal(row_of(id)->status, "active");
	assert_null(row_of(id)->disabled_reason);
	assert_false(webhook_enable(fx.conn, "we_none", false, fixture_now,
	    "cli:test", &waiting));
	assert_false(webhook_disable(fx.conn, "we_none", "operator",
	    fixture_now, "cli:test"));
	/* Only what changed something is on record. */
	assert_int_equal(audited(id), 3);
}

static void
what_was_missed_goes_out_or_is_skipped(void **state)
{
	const char *id = added(), *other = added();
	int64_t waiting = -1;

	(void)state;
	assert_true(webhook_disable(fx.conn, id, "failing", fixture_now,
	    "sender"));
	add_due(id);
	add_due(id);
	add_due(other);
	assert_true(webhook_enable(fx.conn, id, false, fixture_now + 1,
	    "cli:test", &waiting));
	assert_int_equal(waiting, 2);
	assert_int_equal(due(id), 2);
	assert_part("{\"waiting\":2,\"skipped\":false}", newest_detail(id));
	assert_true(webhook_disable(fx.conn, id, "operator", fixture_now,
	    "cli:test"));
	assert_true(webhook_enable(fx.conn, id, true, fixture_now + 2,
	    "cli:test", &waiting));
	assert_int_equal(waiting, 2);
	assert_int_equal(due(id), 0);
	assert_int_equal(due(other), 1);
	assert_part("\"skipped\":true", newest_detail(id));
}

static int64_t
held(const char *id)
{
	struct rows *r = conn_rows(fx.conn, SQL_ENDPOINT_TURN, "tii", id,
	    INT64_C(0), INT64_MAX);

	assert_true(row_next(r));
	int64_t n = row_int(r, 7);
	row_done(r);
	return n;
}

/* A sender that has one in hand says what became of it, and then it ends. */
static void
what_is_under_way_is_not_skipped_until_its_lease_ends(void **state)
{
	const char *id = added();
	int64_t waiting = -1;

	(void)state;
	add_due(id);
	struct rows *r = conn_rows(fx.conn, SQL_DELIVERY_CLAIM, "titiii",
	    "sender", fixture_now + 10, id, fixture_now, INT64_MAX,
	    INT64_C(1));
	assert_true(row_next(r));
	assert_false(row_next(r));
	for (int64_t after = 9; after <= 10; after++) {
		assert_true(webhook_disable(fx.conn, id, "operator",
		    fixture_now, "cli:test"));
		assert_true(webhook_enable(fx.conn, id, true,
		    fixture_now + after, "cli:test", &waiting));
		assert_int_equal(waiting, after == 10);
		assert_int_equal(held(id), after == 9);
	}
	assert_int_equal(due(id), 0);
}

static void
with_the_setting_all_have_to_prove_but_listeners(void **state)
{
	struct conf conf = fx.conf;
	struct webhook w = good(), listener = good();

	(void)state;
	memcpy(conf.webhook_prove, "yes", sizeof("yes"));
	listener.settings.url = NULL;
	assert_null(webhook_add(fx.conn, fx.vault, &conf, &w, fixture_now,
	    "cli:test"));
	assert_null(webhook_add(fx.conn, fx.vault, &conf, &listener,
	    fixture_now, "cli:test"));
	assert_string_equal(row_of(w.id)->status, "unproven");
	assert_string_equal(row_of(listener.id)->status, "active");
}

static void
an_unproven_endpoint_can_be_enabled_by_a_person(void **state)
{
	struct webhook w = good();
	int64_t waiting;

	(void)state;
	w.prove = true;
	assert_null(add(&w));
	assert_true(webhook_enable(fx.conn, w.id, false, fixture_now,
	    "cli:test", &waiting));
	assert_string_equal(row_of(w.id)->status, "active");
}

static void
a_deleted_endpoint_is_gone_for_good(void **state)
{
	const char *id = added();
	int64_t waiting;

	(void)state;
	add_due(id);
	assert_true(webhook_delete(fx.conn, id, fixture_now, "cli:test"));
	assert_null(webhook_find(fx.conn, fx.arena, id));
	assert_int_equal(fixture_rows(SQL_ENDPOINTS, ""), 0);
	assert_int_equal(due(id), 0);
	assert_part("webhook.deleted ", newest_detail(id));
	assert_false(webhook_delete(fx.conn, id, fixture_now, "cli:test"));
	assert_false(webhook_enable(fx.conn, id, false, fixture_now,
	    "cli:test", &waiting));
	assert_false(webhook_disable(fx.conn, id, "operator", fixture_now,
	    "cli:test"));
	assert_string_equal(rotate(id, "a secret for nobody", 0,
	    fixture_now), "there is no such endpoint");
	assert_null(conn_failed(fx.conn));
}

static void
an_endpoint_is_shown_with_what_matters(void **state)
{
	struct webhook w = good();
	struct jsonw out;
	struct buf text;

	(void)state;
	w.settings.rate_limit = 5;
	assert_null(add(&w));
	buf_init(&text, 4096);
	jsonw_init(&out, &text);
	webhook_write(&out, fx.conn, row_of(w.id), webhook_masked(fx.conn,
	    fx.vault, w.id, fixture_now, fx.arena));
	const char *shown = buf_str(&text);
	assert_part("\"secret\":\"****cdef\"", shown);
	assert_null(strstr(shown, w.secret));
	assert_part("\"schedule\":\"clive\",\"pauses\":\"1s,4s\","
	    "\"max_attempts\":3,\"rate_limit\":5,\"max_parallel\":null",
	    shown);
	assert_part("\"status\":\"active\",\"disabled_reason\":null", shown);
	buf_free(&text);
}

static const struct CMUnitTest tests[] = {
	FIXTURE_CASE(a_good_endpoint_is_kept_with_its_events),
	FIXTURE_CASE(an_event_named_twice_counts_once),
	FIXTURE_CASE(every_setting_comes_back),
	FIXTURE_CASE(a_listener_has_no_url_but_was_seen),
	FIXTURE_CASE(secrets_are_sealed_for_their_endpoint),
	FIXTURE_CASE(unknown_partners_and_events_are_refused),
	FIXTURE_CASE(each_api_has_its_events),
	FIXTURE_CASE(an_endpoint_of_the_payments_api_is_a_merchants),
	FIXTURE_CASE(a_merchants_endpoint_says_whose_it_is),
	FIXTURE_CASE(a_merchant_cannot_vouch_for_its_endpoint),
	FIXTURE_CASE(lengths_have_limits),
	FIXTURE_CASE(names_are_counted_in_characters),
	FIXTURE_CASE(there_are_not_more_event_types_than_are_read_back),
	FIXTURE_CASE(rates_have_limits),
	FIXTURE_CASE(urls_are_checked_for_their_mode),
	FIXTURE_CASE(urls_have_a_longest_length),
	FIXTURE_CASE(a_change_is_kept_whole_and_told),
	FIXTURE_CASE(a_wrong_change_changes_nothing),
	FIXTURE_CASE(who_has_a_url_keeps_one_and_a_listener_gets_none),
	FIXTURE_CASE(the_log_shows_that_a_query_changed_and_not_what_is_in_it),
	FIXTURE_CASE(ed25519_makes_the_first_key_once),
	FIXTURE_CASE(a_new_endpoint_can_make_the_key_too),
	FIXTURE_CASE(an_endpoint_is_switched_off_and_on),
	FIXTURE_CASE(what_was_missed_goes_out_or_is_skipped),
	FIXTURE_CASE(what_is_under_way_is_not_skipped_until_its_lease_ends),
	FIXTURE_CASE(with_the_setting_all_have_to_prove_but_listeners),
	FIXTURE_CASE(an_unproven_endpoint_can_be_enabled_by_a_person),
	FIXTURE_CASE(a_deleted_endpoint_is_gone_for_good),
	FIXTURE_CASE(an_endpoint_is_shown_with_what_matters),
};

TEST_MAIN("webhook", tests)
