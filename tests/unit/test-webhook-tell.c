/* SPDX-License-Identifier: ISC */
/* test-webhook-tell.c - events about endpoints, and challenges. */
#include "webhook.h"

#include "fixture.h"
#include "outbox.h"
#include "proof.h"

static const char *const tx_events[] = { "transaction_succeeded", NULL };
static const char *const all_events[] = { "endpoint_failing",
    "endpoint_disabled", "endpoint_enabled", NULL };

/* An endpoint of the partner; its id lives in the case's arena. */
static const char *
add(const char *name, const char *const *events, bool prove)
{
	struct webhook w = { .partner_id = "ECHEZONA001", .api = "clive",
	    .secret = "0123456789abcdef", .prove = prove, .settings = {
	    .name = name, .url = "https://hook.example/", .events = events,
	    .schedule.name = "custom" }
	};
	const char *wrong = webhook_add(fx.conn, fx.vault, &fx.conf, &w,
	    fixture_now, "cli:test");

	if (wrong != NULL)
		fail_msg("%s", wrong);
	return arena_strdup(fx.arena, w.id);
}

static int64_t
due_at(const char *endpoint)
{
	struct rows *r = conn_rows(fx.conn, SQL_ENDPOINT_WAITING, "t",
	    endpoint);
	int64_t n = row_next(r) ? row_int(r, 0) : -1;

	row_done(r);
	return n;
}

/* The body of the one delivery that is due at an endpoint. */
static const char *
told(const char *endpoint)
{
	struct rows *r = conn_rows(fx.conn, SQL_DELIVERY_CLAIM, "titiii",
	    "test", fixture_now + 1, endpoint, fixture_now, INT64_MAX,
	    (int64_t)10);
	char *event = NULL;

	assert_true(row_next(r));
	event = row_text_copy(r, 1, fx.arena);
	assert_false(row_next(r));
	row_done(r);
	r = conn_rows(fx.conn, SQL_EVENT_FIND, "t", event);
	assert_true(row_next(r));
	struct slice body = row_bytes(r, 8);
	event = arena_strndup(fx.arena, body.p, body.n);
	row_done(r);
	return event;
}

static const char *
status_of(const char *endpoint)
{
	return webhook_find(fx.conn, fx.arena, endpoint)->status;
}

static void
the_others_hear_of_an_endpoint_and_it_does_not(void **state)
{
	const char *ill = add("ill", all_events, false),
	    *other = add("other", all_events, false),
	    *deaf = add("deaf", tx_events, false);
	char wanted[512];

	(void)state;
	webhook_tell(fx.conn, ill, "endpoint_failing", fixture_now);
	snprintf(wanted, sizeof(wanted), "{\"event\":\"endpoint_failing\","
	    "\"endpoint\":{\"id\":\"%s\",\"name\":\"ill\",\"url\":"
	    "\"https://hook.example/\"},\"failing_since\":null,"
	    "\"failures\":0,\"at\":\"2025-11-24T16:00:00.000Z\"}", ill);
	assert_string_equal(told(other), wanted);
	assert_int_equal(due_at(ill), 0);
	assert_int_equal(due_at(deaf), 0);
}

/* Another receiver of the partner's need not be trusted with it. */
static void
what_is_told_of_a_url_ends_before_its_query(void **state)
{
	struct webhook w = { .partner_id = "ECHEZONA001", .api = "clive",
	    .secret = "0123456789abcdef", .settings = { .name = "ill",
	    .url = "https://ill.example/in?t0ken", .events = tx_events,
	    .schedule.name = "custom" } };
	const char *other = add("other", all_events, false), *said;

	(void)state;
	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    "cli:test"));
	webhook_tell(fx.conn, w.id, "endpoint_failing", fixture_now);
	said = told(other);
	assert_null(strstr(said, "t0ken"));
	assert_non_null(strstr(said, "\"https://ill.example/in\""));
}

static void
an_endpoint_of_nobody_is_not_told_of(void **state)
{
	const char *other = add("other", all_events, false);

	(void)state;
	webhook_tell(fx.conn, "we_none", "endpoint_failing", fixture_now);
	assert_int_equal(due_at(other), 0);
	assert_null(conn_failed(fx.conn));
}

static void
switching_off_and_on_is_told(void **state)
{
	const char *one = add("one", tx_events, false),
	    *other = add("other", all_events, false);
	int64_t waiting;

	(void)state;
	assert_true(webhook_disable(fx.conn, one, "operator", fixture_now,
	    "cli:test"));
	assert_int_equal(due_at(other), 1);
	assert_true(webhook_enable(fx.conn, one, false, fixture_now,
	    "cli:test", &waiting));
	assert_int_equal(due_at(other), 2);
	/* Nothing changes, nothing is told. */
	assert_false(webhook_enable(fx.conn, one, false, fixture_now,
	    "cli:test", &waiting));
	assert_int_equal(due_at(other), 2);
}

/* It is not the partner's, and its own API has no such events. */
static void
nobody_is_told_of_a_merchants_endpoint(void **state)
{
	static const char *const all[] = { "*", NULL };
	struct webhook w = { .partner_id = "ECHEZONA001", .client_id =
	    "AIRPEACE001", .api = "payments", .secret = "0123456789abcdef",
	    .settings = { .name = "theirs", .url = "https://hook.example/",
	    .events = all, .schedule.name = "custom" } };
	const char *partners = add("partners", all_events, false);
	char one[ID_SIZE];

	(void)state;
	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    "cli:test"));
	snprintf(one, sizeof(one), "%s", w.id);
	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    "cli:test"));
	assert_true(webhook_disable(fx.conn, one, "operator", fixture_now,
	    "cli:test"));
	webhook_tell(fx.conn, one, "endpoint_failing", fixture_now);
	assert_null(conn_failed(fx.conn));
	assert_int_equal(due_at(partners), 0);
	assert_int_equal(due_at(w.id), 0);
}

static void
a_person_takes_a_failing_endpoint_out_of_probing(void **state)
{
	const char *one = add("one", tx_events, false);

	(void)state;
	assert_true(webhook_disable(fx.conn, one, "failing", fixture_now,
	    "cron:deliver"));
	conn_run(fx.conn, SQL_ENDPOINT_PROBING, "it", fixture_now, one);
	assert_false(webhook_disable(fx.conn, one, "failing", fixture_now,
	    "cron:deliver"));
	assert_true(webhook_disable(fx.conn, one, "operator", fixture_now,
	    "cli:test"));
	const struct webhook_row *row = webhook_find(fx.conn, fx.arena, one);
	assert_string_equal(row->disabled_reason, "operator");
	assert_int_equal(row->probe_at, 0);
}

static void
a_new_endpoint_that_must_prove_itself_is_challenged(void **state)
{
	const char *one = add("one", tx_events, true);
	char wanted[128];

	(void)state;
	assert_string_equal(status_of(one), "unproven");
	snprintf(wanted, sizeof(wanted), "{\"event\":\"" PROOF_EVENT
	    "\",\"endpoint_id\":\"%s\",\"challenge\":\"", one);
	assert_memory_equal(told(one), wanted, strlen(wanted));
	webhook_proven(fx.conn, one, fixture_now, "cron:deliver");
	assert_string_equal(status_of(one), "active");
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT, one), 3);
}

static void
each_challenge_is_another(void **state)
{
	const char *one = add("one", tx_events, false), *bodies[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_true(webhook_prove(fx.conn, one, fixture_now,
		    "cli:test"));
		bodies[i] = told(one);
	}
	assert_string_not_equal(bodies[0], bodies[1]);
	/* Asking an endpoint that is active changes nothing about it. */
	assert_string_equal(status_of(one), "active");
}

static void
a_challenge_is_marked_as_asked_for(void **state)
{
	const char *one = add("one", tx_events, false);

	(void)state;
	assert_true(webhook_prove(fx.conn, one, fixture_now, "cli:test"));
	struct rows *r = conn_rows(fx.conn, SQL_DELIVERIES_FREE_ASKED, "tiii",
	    one, fixture_now, INT64_MAX, (int64_t)10);
	assert_true(row_next(r));
	row_done(r);
}

static void
who_cannot_be_sent_to_is_not_challenged(void **state)
{
	const char *one = add("one", tx_events, false);
	struct webhook w = { .partner_id = "ECHEZONA001", .api = "clive",
	    .secret = "0123456789abcdef", .settings = { .name = "listener",
	    .schedule.name = "custom",
	    .events = tx_events } };

	(void)state;
	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    "cli:test"));
	assert_false(webhook_prove(fx.conn, w.id, fixture_now, "cli:test"));
	assert_false(webhook_prove(fx.conn, "we_none", fixture_now,
	    "cli:test"));
	assert_true(webhook_delete(fx.conn, one, fixture_now, "cli:test"));
	assert_false(webhook_prove(fx.conn, one, fixture_now, "cli:test"));
}

static const struct CMUnitTest tests[] = {
	FIXTURE_CASE(the_others_hear_of_an_endpoint_and_it_does_not),
	FIXTURE_CASE(what_is_told_of_a_url_ends_before_its_query),
	FIXTURE_CASE(an_endpoint_of_nobody_is_not_told_of),
	FIXTURE_CASE(switching_off_and_on_is_told),
	FIXTURE_CASE(nobody_is_told_of_a_merchants_endpoint),
	FIXTURE_CASE(a_person_takes_a_failing_endpoint_out_of_probing),
	FIXTURE_CASE(a_new_endpoint_that_must_prove_itself_is_challenged),
	FIXTURE_CASE(each_challenge_is_another),
	FIXTURE_CASE(a_challenge_is_marked_as_asked_for),
	FIXTURE_CASE(who_cannot_be_sent_to_is_not_challenged),
};

TEST_MAIN("webhook-tell", tests)
