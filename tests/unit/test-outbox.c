/* SPDX-License-Identifier: ISC */
/* test-outbox.c - who gets an event, and who does not. */
#include "outbox.h"

#include <string.h>

#include "fixture.h"
#include "webhook.h"

enum { MANY = 70 };	/* endpoints: more than two pages */

static const char *const failed[] = { "transaction_failed", NULL };
static const char *const refunded[] = { "transaction_refunded", NULL };

/* An endpoint; its id lives in the case's arena. url NULL: a listener. */
static const char *
add(const char *partner, const char *url, const char *const *events)
{
	struct webhook w = { .partner_id = partner, .api = "clive",
	    .secret = "0123456789abcdef", .settings = { .name = "hook",
	    .url = url, .events = events, .schedule.name = "custom" } };

	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    "cli:test"));
	return arena_strdup(fx.arena, w.id);
}

static const char *
add_usual(void)
{
	return add("ECHEZONA001", "https://hook.example/", failed);
}

/* Of the Payments API, which has no events to choose from yet. */
static const char *
add_payments(const char *id, int64_t livemode)
{
	conn_run(fx.conn, SQL_ENDPOINT_INSERT, "tttttotttooiioi", id,
	    "ECHEZONA001", "hook", "https://hook.example/", "payments",
	    livemode, "active", "custom", "", INT64_C(-1), INT64_C(-1),
	    INT64_C(0), INT64_C(0), INT64_C(-1), fixture_now);
	conn_run(fx.conn, SQL_ENDPOINT_SUBSCRIBE, "tt", id,
	    "transaction_failed");
	assert_null(conn_failed(fx.conn));
	return id;
}

static struct outbox_event
event(const char *api, int64_t livemode)
{
	return (struct outbox_event){ .partner_id = "ECHEZONA001",
	    .api = api, .livemode = livemode, .type = "transaction_failed",
	    .body = { "{}", 2 } };
}

static void
tell(int64_t now)
{
	struct outbox_event e = event("clive", -1);

	outbox_write(fx.conn, now, &e);
	assert_null(conn_failed(fx.conn));
}

static int64_t
due(const char *id)
{
	struct rows *r = conn_rows(fx.conn, SQL_ENDPOINT_WAITING, "t", id);
	int64_t n = row_next(r) ? row_int(r, 0) : -1;

	row_done(r);
	return n;
}

static void
everybody_gets_it_once_however_many_they_are(void **state)
{
	struct outbox_event e = event("clive", -1);
	const char *ids[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++)
		ids[i] = add_usual();
	e.but = ids[MANY / 2];
	outbox_write(fx.conn, fixture_now, &e);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(due(ids[i]), i != MANY / 2);
}

static void
only_subscribers_of_the_partner_get_it(void **state)
{
	const char *one = add_usual(), *other, *deaf, *gone;

	(void)state;
	fixture_partner("OTHER00001", 35000);
	other = add("OTHER00001", "https://hook.example/", failed);
	deaf = add("ECHEZONA001", "https://hook.example/", refunded);
	gone = add_usual();
	assert_true(webhook_delete(fx.conn, gone, fixture_now, "cli:test"));
	tell(fixture_now);
	assert_int_equal(due(one), 1);
	assert_int_equal(due(other), 0);
	assert_int_equal(due(deaf), 0);
	assert_int_equal(due(gone), 0);
}

static void
it_is_kept_for_who_is_off(void **state)
{
	static const char *const reasons[] = { "operator", "gone",
	    "failing" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const char *id = add_usual();
		assert_true(webhook_disable(fx.conn, id, reasons[i],
		    fixture_now, "cli:test"));
		tell(fixture_now);
		assert_int_equal(due(id), 1);
	}
}

static void
each_api_and_mode_has_its_own(void **state)
{
	const char *clive = add_usual(),
	    *test = add_payments("we_test", 0),
	    *live = add_payments("we_live", 1);
	struct outbox_event e;

	(void)state;
	tell(fixture_now);
	e = event("payments", 0);
	outbox_write(fx.conn, fixture_now, &e);
	assert_int_equal(due(clive), 1);
	assert_int_equal(due(test), 1);
	assert_int_equal(due(live), 0);
	e = event("payments", 1);
	outbox_write(fx.conn, fixture_now, &e);
	assert_int_equal(due(clive), 1);
	assert_int_equal(due(test), 1);
	assert_int_equal(due(live), 1);
}

static void
a_listener_gets_it_while_it_is_there(void **state)
{
	const char *id = add("ECHEZONA001", NULL, failed);

	(void)state;
	tell(fixture_now + WEBHOOK_LISTENER_MS - 1);
	assert_int_equal(due(id), 1);
	tell(fixture_now + WEBHOOK_LISTENER_MS);
	assert_int_equal(due(id), 1);
}

static void
one_endpoint_alone_need_not_be_subscribed(void **state)
{
	const char *one = add("ECHEZONA001", "https://hook.example/",
	    refunded), *other = add_usual();
	struct outbox_event e = event("clive", -1);

	(void)state;
	snprintf(e.id, sizeof(e.id), "evt_given");
	outbox_write_to(fx.conn, fixture_now, &e, one);
	assert_int_equal(due(one), 1);
	assert_int_equal(due(other), 0);
	assert_string_equal(e.id, "evt_given");
	struct rows *r = conn_rows(fx.conn, SQL_DELIVERY_FIND, "t",
	    e.delivery);
	assert_true(row_next(r));
	assert_string_equal(row_text(r, 1), "evt_given");
	assert_string_equal(row_text(r, 3), one);
	row_done(r);
}

static const struct CMUnitTest tests[] = {
	FIXTURE_CASE(everybody_gets_it_once_however_many_they_are),
	FIXTURE_CASE(only_subscribers_of_the_partner_get_it),
	FIXTURE_CASE(it_is_kept_for_who_is_off),
	FIXTURE_CASE(each_api_and_mode_has_its_own),
	FIXTURE_CASE(a_listener_gets_it_while_it_is_there),
	FIXTURE_CASE(one_endpoint_alone_need_not_be_subscribed),
};

TEST_MAIN("outbox", tests)
