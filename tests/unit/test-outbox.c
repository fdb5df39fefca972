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

/* Of a merchant, in one mode, for these types of events. */
static const char *
add_merchant(const char *client, bool live, const char *const *events)
{
	struct webhook w = { .partner_id = "ECHEZONA001", .client_id =
	    client, .api = "payments", .livemode = live, .secret =
	    "0123456789abcdef", .settings = { .name = "hook", .url =
	    "https://hook.example/", .events = events,
	    .schedule.name = "custom" } };

	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    "cli:test"));
	return arena_strdup(fx.arena, w.id);
}

static struct outbox_event
event(void)
{
	return (struct outbox_event){ .partner_id = "ECHEZONA001",
	    .api = "clive", .livemode = -1, .type = "transaction_failed",
	    .body = { "{}", 2 } };
}

static void
tell(int64_t now)
{
	struct outbox_event e = event();

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
	struct outbox_event e = event();
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
tell_merchant(const char *client, bool live, const char *type)
{
	struct outbox_event e = { .partner_id = "ECHEZONA001", .client_id =
	    client, .api = "payments", .livemode = live, .type = type,
	    .body = { "{}", 2 } };

	outbox_write(fx.conn, fixture_now, &e);
	assert_null(conn_failed(fx.conn));
}

static void
each_merchant_and_mode_has_its_own(void **state)
{
	static const char *const paid[] = { "payment.succeeded", NULL };
	const char *clive = add_usual(), *one, *live, *other;

	(void)state;
	fixture_client("ECHEZONA001", "OTHERSHOP1", -1, -1);
	one = add_merchant("AIRPEACE001", false, paid);
	live = add_merchant("AIRPEACE001", true, paid);
	other = add_merchant("OTHERSHOP1", false, paid);
	tell(fixture_now);
	tell_merchant("AIRPEACE001", false, "payment.succeeded");
	assert_int_equal(due(clive), 1);
	assert_int_equal(due(one), 1);
	assert_int_equal(due(live), 0);
	assert_int_equal(due(other), 0);
	tell_merchant("AIRPEACE001", true, "payment.succeeded");
	tell_merchant("OTHERSHOP1", false, "payment.succeeded");
	tell_merchant("OTHERSHOP1", true, "payment.succeeded");
	assert_int_equal(due(clive), 1);
	assert_int_equal(due(one), 1);
	assert_int_equal(due(live), 1);
	assert_int_equal(due(other), 1);
}

/* A client of that name under another partner is another merchant. */
static void
a_merchant_is_told_apart_by_its_partner(void **state)
{
	static const char *const all[] = { "*", NULL };
	struct webhook w = { .partner_id = "OTHER00001", .client_id =
	    "AIRPEACE001", .api = "payments", .secret = "0123456789abcdef",
	    .settings = { .name = "hook", .url = "https://hook.example/",
	    .events = all, .schedule.name = "custom" } };

	(void)state;
	fixture_partner("OTHER00001", 35000);
	fixture_client("OTHER00001", "AIRPEACE001", -1, -1);
	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    "cli:test"));
	tell_merchant("AIRPEACE001", false, "payment.succeeded");
	assert_int_equal(due(w.id), 0);
}

static void
everything_is_what_there_is_and_what_will_be(void **state)
{
	static const char *const all[] = { "*", NULL };
	static const char *const both[] = { "*", "refund.failed", NULL };
	const char *one = add_merchant("AIRPEACE001", false, all),
	    *two = add_merchant("AIRPEACE001", false, both);
	int64_t n = 0;

	(void)state;
	for (const char *const *e = outbox_merchant_event_types; *e != NULL;
	    e++, n++)
		tell_merchant("AIRPEACE001", false, *e);
	tell_merchant("AIRPEACE001", false, "payment.invented_later");
	assert_int_equal(due(one), n + 1);
	/* One that is named beside it is not told twice. */
	assert_int_equal(due(two), n + 1);
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
	struct outbox_event e = event();

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
	FIXTURE_CASE(each_merchant_and_mode_has_its_own),
	FIXTURE_CASE(a_merchant_is_told_apart_by_its_partner),
	FIXTURE_CASE(everything_is_what_there_is_and_what_will_be),
	FIXTURE_CASE(a_listener_gets_it_while_it_is_there),
	FIXTURE_CASE(one_endpoint_alone_need_not_be_subscribed),
};

TEST_MAIN("outbox", tests)
