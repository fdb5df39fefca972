/* SPDX-License-Identifier: ISC */
/* test-replay.c - what is sent again, what is not, and that it is counted. */
#include "replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "outbox.h"

#define PARTNER "ECHEZONA001"
#define ACTOR "cli:test"
#define SUCCEEDED "transaction_succeeded"
#define FAILED "transaction_failed"

/* An endpoint for one type of events; url NULL: a listener. */
static const struct webhook_row *
endpoint_of(const char *partner, const char *url, const char *type)
{
	const char *const events[] = { type, NULL };
	struct webhook w = { .partner_id = partner, .api = "clive",
	    .settings = { .name = "hook", .url = url, .events = events },
	    .secret = "0123456789abcdef" };

	schedule_parse("clive", &fx.conf, &w.settings.schedule);
	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    ACTOR));
	return webhook_find(fx.conn, fx.arena, w.id);
}

static const struct webhook_row *
endpoint(const char *type)
{
	return endpoint_of(PARTNER, "https://hook.example/", type);
}

/* An event that happened so many milliseconds after the fixture's time. */
static const char *
event(const char *partner, const char *type, int64_t after)
{
	char id[ID_SIZE];
	int64_t at = fixture_now + after;

	conn_run(fx.conn, SQL_EVENT_INSERT, "ttttotbin",
	    id_make("evt_", at, id), partner, NULL, "clive", INT64_C(-1),
	    type, "{}", (size_t)2, at);
	return arena_strdup(fx.arena, id);
}

/* A delivery of it with this outcome, last touched at that time. */
static const char *
delivery(const char *event_id, const struct webhook_row *w,
    const char *status, int64_t after)
{
	char id[ID_SIZE];
	int64_t at = fixture_now + after;

	conn_run(fx.conn, SQL_DELIVERY_INSERT, "tttni",
	    id_make("dlv_", at, id), event_id, w->id, at);
	assert_true(conn_script(fx.conn, arena_printf(fx.arena,
	    "UPDATE delivery SET status = '%s', attempts = 1 WHERE id = "
	    "'%s'", status, id)));
	return arena_strdup(fx.arena, id);
}

/* A column of a delivery as text; "" for NULL. */
static const char *
column(const char *delivery_id, int n)
{
	struct rows *r = conn_rows(fx.conn, SQL_DELIVERY_FIND, "t",
	    delivery_id);

	assert_true(row_next(r));
	const char *text = row_text_copy(r, n, fx.arena);
	row_done(r);
	return text != NULL ? text : "";
}

enum { EVENT = 1, ENDPOINT = 3, ORIGIN = 8, STATUS = 9, ATTEMPTS = 10,
    NEXT = 11 };

static int
due_at(const struct webhook_row *w)
{
	struct rows *r = conn_rows(fx.conn, SQL_ENDPOINT_WAITING, "t", w->id);
	int n = row_next(r) ? (int)row_int(r, 0) : -1;

	row_done(r);
	return n;
}

/* The detail of the newest audit event of a subject. */
static const char *
audit_of(const char *subject, const char *action)
{
	struct rows *r = conn_rows(fx.conn, SQL_AUDIT_OF_SUBJECT, "t",
	    subject);
	const char *detail = "";

	while (row_next(r))
		if (strcmp(row_text(r, 2), action) == 0)
			detail = row_text_copy(r, 3, fx.arena);
	return detail;
}

static const char *
resend(const char *id, int64_t after, struct replay_sent *sent)
{
	return replay_delivery(fx.conn, fx.arena, id, fixture_now + after,
	    ACTOR, sent);
}

/* ---------------------------------------------------------------- resends */

static void
a_resend_is_a_new_delivery_of_the_same_event(void **state)
{
	const struct webhook_row *w = endpoint(SUCCEEDED);
	const char *e = event(PARTNER, SUCCEEDED, 0);
	const char *first = delivery(e, w, "failed", 0);
	struct replay_sent sent;

	(void)state;
	assert_null(resend(first, 1000, &sent));
	assert_int_equal(sent.n, 1);
	assert_int_equal(sent.added, 1);
	assert_string_not_equal(sent.ids[0], first);
	assert_string_equal(column(sent.ids[0], EVENT), e);
	assert_string_equal(column(sent.ids[0], ENDPOINT), w->id);
	assert_string_equal(column(sent.ids[0], ORIGIN), first);
	assert_string_equal(column(sent.ids[0], STATUS), "due");
	assert_string_equal(column(sent.ids[0], ATTEMPTS), "0");
	assert_string_equal(column(sent.ids[0], NEXT), arena_printf(fx.arena,
	    "%" PRId64, fixture_now + 1000));
	assert_string_equal(column(first, STATUS), "failed");
	assert_string_equal(audit_of(e, "webhook.resent"), arena_printf(
	    fx.arena, "{\"event\":\"%s\",\"endpoint\":\"%s\",\"delivery\":"
	    "\"%s\",\"added\":true}", e, w->id, sent.ids[0]));
}

static void
what_is_due_is_tried_now_and_not_added(void **state)
{
	const struct webhook_row *w = endpoint(SUCCEEDED);
	const char *id = delivery(event(PARTNER, SUCCEEDED, 0), w, "due",
	    60000);
	struct replay_sent sent;

	(void)state;
	assert_null(resend(id, 1000, &sent));
	assert_int_equal(sent.n, 1);
	assert_int_equal(sent.added, 0);
	assert_string_equal(sent.ids[0], id);
	assert_string_equal(column(id, NEXT), arena_printf(fx.arena,
	    "%" PRId64, fixture_now + 1000));
	assert_int_equal(due_at(w), 1);
}

static void
what_a_sender_has_in_hand_is_left_to_it(void **state)
{
	const struct webhook_row *w = endpoint(SUCCEEDED);
	const char *id = delivery(event(PARTNER, SUCCEEDED, 0), w, "due",
	    60000);
	struct replay_sent sent;

	(void)state;
	conn_script(fx.conn, arena_printf(fx.arena, "UPDATE delivery SET "
	    "lease_owner = 'x', lease_until = %" PRId64, fixture_now + 5000));
	assert_null(resend(id, 1000, &sent));
	assert_int_equal(sent.added, 0);
	assert_string_equal(column(id, NEXT), arena_printf(fx.arena,
	    "%" PRId64, fixture_now + 60000));
}

static void
resending_twice_sends_once(void **state)
{
	const struct webhook_row *w = endpoint(SUCCEEDED);
	const char *first = delivery(event(PARTNER, SUCCEEDED, 0), w,
	    "delivered", 0);
	struct replay_sent one, two;

	(void)state;
	assert_null(resend(first, 1000, &one));
	assert_null(resend(first, 2000, &two));
	assert_int_equal(two.added, 0);
	assert_string_equal(two.ids[0], one.ids[0]);
	assert_int_equal(due_at(w), 1);
}

static void
resends_reach_the_listeners_that_are_there(void **state)
{
	const struct webhook_row *w = endpoint(SUCCEEDED);
	const struct webhook_row *here = endpoint_of(PARTNER, NULL,
	    SUCCEEDED);
	const struct webhook_row *deaf = endpoint_of(PARTNER, NULL, FAILED);
	const struct webhook_row *gone = endpoint_of(PARTNER, NULL,
	    SUCCEEDED);
	struct replay_sent sent;

	(void)state;
	fixture_partner("OTHER", 35000);
	const struct webhook_row *others = endpoint_of("OTHER", NULL,
	    SUCCEEDED);
	conn_script(fx.conn, arena_printf(fx.arena, "UPDATE webhook_endpoint "
	    "SET seen_at = %" PRId64 " WHERE id = '%s'", fixture_now -
	    WEBHOOK_LISTENER_MS, gone->id));
	const char *e = event(PARTNER, SUCCEEDED, 0);
	assert_null(resend(delivery(e, w, "delivered", 0), 0, &sent));
	assert_int_equal(sent.added, 2);
	assert_string_equal(column(sent.ids[0], ENDPOINT), w->id);
	assert_string_equal(column(sent.ids[1], ENDPOINT), here->id);
	assert_string_equal(column(sent.ids[1], ORIGIN), "");
	assert_int_equal(due_at(deaf) + due_at(gone) + due_at(others), 0);

	/* And back: what the listener got is resent to it alone, once. */
	conn_script(fx.conn, "UPDATE delivery SET status = 'delivered'");
	assert_null(resend(sent.ids[1], 10, &sent));
	assert_int_equal(sent.n, 1);
	assert_string_equal(column(sent.ids[0], ENDPOINT), here->id);
}

static void
nobody_there_is_said_so(void **state)
{
	const struct webhook_row *w = endpoint(SUCCEEDED);
	const struct webhook_row *listener = endpoint_of(PARTNER, NULL,
	    SUCCEEDED);
	const char *e = event(PARTNER, SUCCEEDED, 0);
	const char *one = delivery(e, w, "failed", 0);
	const char *two = delivery(e, listener, "failed", 0);
	struct replay_sent sent;

	(void)state;
	assert_non_null(resend("dlv_none", 0, &sent));
	assert_non_null(resend(two, WEBHOOK_LISTENER_MS, &sent));
	assert_true(webhook_delete(fx.conn, w->id, fixture_now, ACTOR));
	assert_non_null(resend(one, 0, &sent));
	assert_int_equal(sent.n, 0);
	assert_int_equal(due_at(w) + due_at(listener), 0);
}

static void
what_is_off_keeps_its_resends(void **state)
{
	const struct webhook_row *w = endpoint(SUCCEEDED);
	const char *id = delivery(event(PARTNER, SUCCEEDED, 0), w, "failed",
	    0);
	struct replay_sent sent;

	(void)state;
	assert_true(webhook_disable(fx.conn, w->id, "operator", fixture_now,
	    ACTOR));
	assert_null(resend(id, 0, &sent));
	assert_int_equal(due_at(w), 1);
}

static void
an_event_goes_to_all_that_are_subscribed_or_to_one(void **state)
{
	const struct webhook_row *a = endpoint(SUCCEEDED);
	const struct webhook_row *b = endpoint(SUCCEEDED);
	const struct webhook_row *c = endpoint(FAILED);
	struct replay_sent sent;

	(void)state;
	fixture_partner("OTHER", 35000);
	const struct webhook_row *d = endpoint_of("OTHER",
	    "https://hook.example/", SUCCEEDED);
	const char *e = event(PARTNER, SUCCEEDED, 0);
	const char *first = delivery(e, a, "delivered", 0);
	assert_null(replay_event(fx.conn, fx.arena, e, NULL, fixture_now,
	    ACTOR, &sent));
	assert_int_equal(sent.added, 2);
	assert_string_equal(column(sent.ids[0], ORIGIN), first);
	assert_int_equal(due_at(a), 1);
	assert_int_equal(due_at(b), 1);
	assert_int_equal(due_at(c), 0);
	assert_int_equal(due_at(d), 0);
	assert_null(replay_event(fx.conn, fx.arena, e, c->id, fixture_now,
	    ACTOR, &sent));
	assert_int_equal(sent.added, 1);
	assert_int_equal(due_at(c), 1);
	assert_non_null(replay_event(fx.conn, fx.arena, e, d->id, fixture_now,
	    ACTOR, &sent));
	assert_non_null(replay_event(fx.conn, fx.arena, e, "we_none",
	    fixture_now, ACTOR, &sent));
	assert_non_null(replay_event(fx.conn, fx.arena, "evt_none", NULL,
	    fixture_now, ACTOR, &sent));
	/* Nobody is subscribed to this one. */
	assert_non_null(replay_event(fx.conn, fx.arena, event(PARTNER,
	    "transaction_refunded", 0), NULL, fixture_now, ACTOR, &sent));
	assert_int_equal(due_at(d), 0);
}

/* A merchant's endpoint, for everything; the client is made for it. */
static const struct webhook_row *
endpoint_of_merchant(const char *client, bool live)
{
	static const char *const all[] = { "*", NULL };
	struct webhook w = { .partner_id = PARTNER, .client_id = client,
	    .api = "payments", .livemode = live, .settings = { .name =
	    "hook", .url = "https://hook.example/", .events = all },
	    .secret = "0123456789abcdef" };

	schedule_parse("payments", &fx.conf, &w.settings.schedule);
	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    ACTOR));
	return webhook_find(fx.conn, fx.arena, w.id);
}

static const char *
event_of_merchant(const char *client, bool live, const char *type)
{
	char id[ID_SIZE];

	conn_run(fx.conn, SQL_EVENT_INSERT, "ttttitbit",
	    id_make("evt_", fixture_now, id), PARTNER, NULL, "payments",
	    (int64_t)live, type, "{}", (size_t)2, fixture_now, client);
	return arena_strdup(fx.arena, id);
}

static void
events_of_another_api_merchant_or_mode_are_not_mixed(void **state)
{
	const struct webhook_row *clive = endpoint(SUCCEEDED), *live, *test,
	    *other;
	const char *e;
	struct replay_sent sent;

	(void)state;
	fixture_client(PARTNER, "OTHERSHOP1", -1, -1);
	live = endpoint_of_merchant("AIRPEACE001", true);
	test = endpoint_of_merchant("AIRPEACE001", false);
	other = endpoint_of_merchant("OTHERSHOP1", true);
	e = event_of_merchant("AIRPEACE001", true, "payment.succeeded");
	assert_non_null(replay_event(fx.conn, fx.arena, e, test->id,
	    fixture_now, ACTOR, &sent));
	assert_non_null(replay_event(fx.conn, fx.arena, e, other->id,
	    fixture_now, ACTOR, &sent));
	assert_non_null(replay_event(fx.conn, fx.arena, e, clive->id,
	    fixture_now, ACTOR, &sent));
	assert_null(replay_event(fx.conn, fx.arena, e, live->id, fixture_now,
	    ACTOR, &sent));
	assert_int_equal(sent.added, 1);
	e = event_of_merchant("AIRPEACE001", true, "payment.failed");
	assert_null(replay_event(fx.conn, fx.arena, e, NULL, fixture_now,
	    ACTOR, &sent));
	assert_int_equal(sent.n, 1);
	assert_int_equal(due_at(live), 2);
	assert_int_equal(due_at(test), 0);
	assert_int_equal(due_at(other), 0);
	assert_int_equal(due_at(clive), 0);
}

/* ----------------------------------------------------------------- ranges */

/* By "*" as well, but no tests and challenges, which are of their moment. */
static void
a_merchants_replay_is_of_its_own_events(void **state)
{
	struct replay what = { .to = fixture_now + 1 };
	struct replay_at at = { 0 }, next;

	(void)state;
	fixture_client(PARTNER, "OTHERSHOP1", -1, -1);
	what.endpoint = endpoint_of_merchant("AIRPEACE001", true);
	event(PARTNER, SUCCEEDED, 0);
	event_of_merchant("OTHERSHOP1", true, "payment.failed");
	event_of_merchant("AIRPEACE001", false, "payment.failed");
	event_of_merchant("AIRPEACE001", true, "webhook_test");
	event_of_merchant("AIRPEACE001", true, "endpoint_challenge");
	event_of_merchant("AIRPEACE001", true, "payment.failed");
	assert_int_equal(replay_count(fx.conn, &what), 1);
	assert_int_equal(replay_page(fx.conn, &what, &at, &next, fixture_now,
	    ACTOR), 1);
	assert_int_equal(due_at(what.endpoint), 1);
}

/* Runs a replay to its end; how many deliveries it made, page by page. */
static const char *
run_pages(const struct replay *what)
{
	struct replay_at at = { 0 }, next;
	const char *pages = "";

	while (!at.done) {
		int64_t n = replay_page(fx.conn, what, &at, &next,
		    fixture_now, ACTOR);
		pages = arena_printf(fx.arena, "%s%" PRId64 " ", pages, n);
		at = next;
	}
	assert_null(conn_failed(fx.conn));
	return pages;
}

static void
the_events_of_a_time_are_replayed(void **state)
{
	const char *first = event(PARTNER, SUCCEEDED, -3000);
	const struct webhook_row *w = endpoint(SUCCEEDED);
	const struct replay what = { .endpoint = w,
	    .from = fixture_now - 2000, .to = fixture_now };
	const char *at_from = event(PARTNER, SUCCEEDED, -2000);
	const char *inside = event(PARTNER, SUCCEEDED, -1);
	const char *at_to = event(PARTNER, SUCCEEDED, 0);

	(void)state;
	fixture_partner("OTHER", 35000);
	event("OTHER", SUCCEEDED, -1000);
	event(PARTNER, FAILED, -1000);
	delivery(event(PARTNER, SUCCEEDED, -1000), w, "due", 0);
	const char *old = delivery(inside, w, "delivered", 0);
	assert_int_equal(replay_count(fx.conn, &what), 2);
	assert_string_equal(run_pages(&what), "2 ");
	assert_int_equal(fixture_rows(SQL_DELIVERY_LIST_OF_EVENT, first), 0);
	assert_int_equal(fixture_rows(SQL_DELIVERY_LIST_OF_EVENT, at_from),
	    1);
	assert_int_equal(fixture_rows(SQL_DELIVERY_LIST_OF_EVENT, inside), 2);
	assert_int_equal(fixture_rows(SQL_DELIVERY_LIST_OF_EVENT, at_to), 0);
	assert_string_equal(audit_of(w->id, "webhook.replayed"),
	    "{\"what\":\"events\",\"from\":\"2025-11-24T15:59:58.000Z\","
	    "\"to\":\"2025-11-24T16:00:00.000Z\",\"count\":2}");
	struct rows *r = conn_rows(fx.conn, SQL_DELIVERY_LAST_OF_EVENT, "tt",
	    inside, w->id);
	assert_true(row_next(r));
	assert_string_equal(column(row_text_copy(r, 0, fx.arena), ORIGIN),
	    old);
	row_done(r);
}

static void
replaying_again_adds_nothing_while_it_is_under_way(void **state)
{
	const struct webhook_row *w = endpoint(SUCCEEDED);
	const struct replay what = { .endpoint = w, .from = 0,
	    .to = fixture_now + 1 };

	(void)state;
	event(PARTNER, SUCCEEDED, -1000);
	event(PARTNER, SUCCEEDED, 0);
	assert_string_equal(run_pages(&what), "2 ");
	assert_int_equal(replay_count(fx.conn, &what), 0);
	assert_string_equal(run_pages(&what), "0 ");
	assert_int_equal(due_at(w), 2);
}

static void
what_failed_and_was_not_delivered_since_is_replayed(void **state)
{
	const struct webhook_row *w = endpoint(SUCCEEDED);
	const struct replay what = { .endpoint = w, .failed = true,
	    .from = fixture_now, .to = fixture_now + 1000 };
	const char *twice = event(PARTNER, SUCCEEDED, -9000);
	const char *since = event(PARTNER, SUCCEEDED, -9000);
	const char *waits = event(PARTNER, SUCCEEDED, -9000);

	(void)state;
	delivery(event(PARTNER, SUCCEEDED, -9000), w, "failed", -1);
	delivery(event(PARTNER, SUCCEEDED, -9000), w, "failed", 1000);
	delivery(event(PARTNER, SUCCEEDED, -9000), w, "delivered", 1);
	delivery(event(PARTNER, SUCCEEDED, -9000), endpoint(SUCCEEDED),
	    "failed", 1);
	delivery(event(PARTNER, "webhook_test", -9000), w, "failed", 1);
	delivery(event(PARTNER, "endpoint_challenge", -9000), w, "failed",
	    1);
	delivery(twice, w, "failed", 1);
	const char *last = delivery(twice, w, "failed", 2);
	delivery(since, w, "failed", 1);
	delivery(since, w, "delivered", 2);
	delivery(waits, w, "failed", 1);
	delivery(waits, w, "due", 2);
	/* Of a type that it has been told of no longer. */
	const char *at_from = event(PARTNER, FAILED, -9000);
	delivery(at_from, w, "failed", 0);
	assert_int_equal(replay_count(fx.conn, &what), 2);
	assert_string_equal(run_pages(&what), "2 ");
	assert_int_equal(due_at(w), 3);
	assert_int_equal(fixture_rows(SQL_DELIVERY_LIST_OF_EVENT, twice), 3);
	assert_int_equal(fixture_rows(SQL_DELIVERY_LIST_OF_EVENT, at_from),
	    2);
	struct rows *r = conn_rows(fx.conn, SQL_DELIVERY_DUE_OF_EVENT, "tt",
	    twice, w->id);
	assert_true(row_next(r));
	assert_string_equal(column(row_text_copy(r, 0, fx.arena), ORIGIN),
	    last);
	row_done(r);
	assert_string_equal(run_pages(&what), "0 ");
}

/* So many events that happened within one millisecond, and failed in one. */
static void
make_many(const struct webhook_row *w, int n)
{
	char first[ID_SIZE];

	id_floor("evt_", fixture_now, first);
	assert_true(conn_script(fx.conn, arena_printf(fx.arena,
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
	    "WHERE i < %d) INSERT INTO event (id, partner_id, api, type, "
	    "body, created_at) SELECT printf('%s%%016d', i), '" PARTNER "', "
	    "'clive', '" SUCCEEDED "', x'7b7d', %" PRId64 " FROM n;"
	    "INSERT INTO delivery (id, event_id, endpoint_id, status, "
	    "next_attempt_at, created_at, updated_at) SELECT 'dlv_' || id, "
	    "id, '%s', 'failed', 1, 1, %" PRId64 " FROM event", n, first,
	    fixture_now, w->id, fixture_now)));
}

static void
long_replays_go_page_by_page(void **state)
{
	const struct webhook_row *w = endpoint(SUCCEEDED);
	struct replay what = { .endpoint = w, .from = fixture_now,
	    .to = fixture_now + 1 };

	(void)state;
	make_many(w, 1200);
	for (int failed = 0; failed < 2; failed++) {
		what.failed = failed == 1;
		assert_int_equal(replay_count(fx.conn, &what), 1200);
		conn_savepoint(fx.conn);
		assert_string_equal(run_pages(&what), "500 500 200 ");
		assert_int_equal(due_at(w), 1200);
		assert_int_equal(replay_count(fx.conn, &what), 0);
		assert_string_equal(run_pages(&what), "0 0 0 ");
		conn_rollback_to(fx.conn);
	}
}

/* More than a page of the count. */
static void
what_is_counted_is_what_is_made(void **state)
{
	const struct webhook_row *w = endpoint(SUCCEEDED);
	struct replay what = { .endpoint = w, .from = fixture_now,
	    .to = fixture_now + 1 };

	(void)state;
	make_many(w, 10000);
	conn_script(fx.conn, "UPDATE delivery SET status = 'due' WHERE "
	    "event_id LIKE '%7'");
	assert_int_equal(replay_count(fx.conn, &what), 9000);
	what.failed = true;
	assert_int_equal(replay_count(fx.conn, &what), 9000);
	const char *pages = run_pages(&what);
	assert_int_equal(due_at(w), 10000);
	/* The last page is full: another one looks what is behind it. */
	assert_int_equal(strlen(pages), strlen("500 ") * 18 + strlen("0 "));
}

static void
a_page_can_be_run_again_and_its_end_be_handed_out(void **state)
{
	const struct webhook_row *w = endpoint(SUCCEEDED);
	const struct replay what = { .endpoint = w, .failed = true,
	    .from = fixture_now, .to = fixture_now + 7 };
	struct replay other = { .endpoint = w, .failed = true,
	    .from = fixture_now, .to = fixture_now + 99 };
	struct replay_at at = { 0 }, next, again;
	char cursor[REPLAY_CURSOR_SIZE];

	(void)state;
	make_many(w, 700);
	conn_savepoint(fx.conn);
	assert_int_equal(replay_page(fx.conn, &what, &at, &next, fixture_now,
	    ACTOR), 500);
	conn_rollback_to(fx.conn);
	assert_int_equal(replay_page(fx.conn, &what, &at, &again, fixture_now,
	    ACTOR), 500);
	assert_int_equal(next.time, again.time);
	assert_string_equal(next.id, again.id);
	assert_false(next.done);

	assert_true(replay_resume(replay_cursor(&what, &next, cursor), &other,
	    &at));
	assert_int_equal(other.to, what.to);
	assert_int_equal(replay_page(fx.conn, &other, &at, &next, fixture_now,
	    ACTOR), 200);
	assert_true(next.done);
}

static void
what_is_no_cursor_is_refused(void **state)
{
	static const char *const texts[] = { "", ".", "1", "1.", "1.2",
	    "1.2.", "a.2.evt", "1.b.evt", "-1.2.evt", "1.-2.evt", ".2.evt",
	    "1..evt", "1234567890123456789.2.evt", "1.1234567890123456789.e",
	    "1.2.0123456789012345678901234567890123456789" };
	struct replay what = { .to = 5 };
	struct replay_at at;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (replay_resume(texts[i], &what, &at))
			fail_msg("taken: %s", texts[i]);
	assert_int_equal(what.to, 5);
	assert_true(replay_resume("1.2.evt_3", &what, &at));
	assert_int_equal(what.to, 1);
	assert_int_equal(at.time, 2);
	assert_string_equal(at.id, "evt_3");
}

/* ------------------------------------------------------------ test events */

static void
a_test_event_goes_to_one_endpoint_whatever_it_hears(void **state)
{
	const struct webhook_row *w = endpoint(FAILED);
	const struct webhook_row *other = endpoint(SUCCEEDED);
	char id[ID_SIZE];

	(void)state;
	webhook_send_test(fx.conn, w, fixture_now, ACTOR, id);
	assert_null(conn_failed(fx.conn));
	assert_string_equal(column(id, ENDPOINT), w->id);
	assert_int_equal(due_at(w), 1);
	assert_int_equal(due_at(other), 0);
	struct rows *r = conn_rows(fx.conn, SQL_EVENT_FIND, "t",
	    column(id, EVENT));
	assert_true(row_next(r));
	assert_string_equal(row_text(r, 1), "webhook_test");
	assert_true(row_null(r, 5));
	struct slice body = row_bytes(r, 8);
	assert_string_equal(arena_strndup(fx.arena, body.p, body.n),
	    "{\"event\":\"webhook_test\",\"clive_tx_id\":"
	    "\"CLVTX_0000000000000_000000000\",\"partner_id\":\"" PARTNER
	    "\",\"client_id\":\"TESTCLIENT\",\"echezona_reference\":\"TEST\","
	    "\"status\":\"test\",\"amount\":1,\"currency\":\"USD\","
	    "\"meta\":{}}");
	row_done(r);
	assert_string_equal(audit_of(w->id, "webhook.tested"),
	    arena_printf(fx.arena, "{\"delivery\":\"%s\"}", id));
}

static void
a_merchants_test_event_has_the_form_of_its_api(void **state)
{
	const struct webhook_row *w = endpoint_of_merchant("AIRPEACE001",
	    false);
	char id[ID_SIZE];

	(void)state;
	webhook_send_test(fx.conn, w, fixture_now, ACTOR, id);
	struct rows *r = conn_rows(fx.conn, SQL_EVENT_FIND, "t",
	    column(id, EVENT));
	assert_true(row_next(r));
	assert_string_equal(row_text(r, 1), "webhook_test");
	assert_string_equal(row_text(r, 7), "AIRPEACE001");
	struct slice body = row_bytes(r, 8);
	assert_string_equal(arena_strndup(fx.arena, body.p, body.n),
	    arena_printf(fx.arena, "{\"id\":\"%s\",\"type\":\"webhook_test\","
	    "\"created\":%" PRId64 ",\"livemode\":false,\"data\":{\"object\":"
	    "{\"id\":\"pi_00000000000000000000000000\",\"object\":\"payment\","
	    "\"status\":\"test\",\"amount\":1,\"currency\":\"USD\","
	    "\"metadata\":{},\"livemode\":false}}}", row_text(r, 0),
	    fixture_now / 1000));
	row_done(r);
}

static const struct CMUnitTest tests[] = {
	FIXTURE_CASE(a_resend_is_a_new_delivery_of_the_same_event),
	FIXTURE_CASE(what_is_due_is_tried_now_and_not_added),
	FIXTURE_CASE(what_a_sender_has_in_hand_is_left_to_it),
	FIXTURE_CASE(resending_twice_sends_once),
	FIXTURE_CASE(resends_reach_the_listeners_that_are_there),
	FIXTURE_CASE(nobody_there_is_said_so),
	FIXTURE_CASE(what_is_off_keeps_its_resends),
	FIXTURE_CASE(an_event_goes_to_all_that_are_subscribed_or_to_one),
	FIXTURE_CASE(events_of_another_api_merchant_or_mode_are_not_mixed),
	FIXTURE_CASE(a_merchants_replay_is_of_its_own_events),
	FIXTURE_CASE(the_events_of_a_time_are_replayed),
	FIXTURE_CASE(replaying_again_adds_nothing_while_it_is_under_way),
	FIXTURE_CASE(what_failed_and_was_not_delivered_since_is_replayed),
	FIXTURE_CASE(long_replays_go_page_by_page),
	FIXTURE_CASE(what_is_counted_is_what_is_made),
	FIXTURE_CASE(a_page_can_be_run_again_and_its_end_be_handed_out),
	FIXTURE_CASE(what_is_no_cursor_is_refused),
	FIXTURE_CASE(a_test_event_goes_to_one_endpoint_whatever_it_hears),
	FIXTURE_CASE(a_merchants_test_event_has_the_form_of_its_api),
};

TEST_MAIN("replay", tests)
