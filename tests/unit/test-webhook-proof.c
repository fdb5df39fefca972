/* SPDX-License-Identifier: ISC */
/* test-webhook-proof.c - nobody gets around proving that a URL wants them. */
#include "webhook.h"

#include <string.h>

#include "fixture.h"
#include "outbox.h"
#include "proof.h"

#define PARTNER	"key:ak_1"

static const char *const events[] = { "transaction_failed", NULL };

static struct conf strict;	/* webhook_prove = yes */

static int
begin(void **state)
{
	if (fixture_begin(state) != 0)
		return -1;
	strict = fx.conf;
	memcpy(strict.webhook_prove, "yes", sizeof("yes"));
	return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, fixture_end)

/* An endpoint of the partner's; its id lives in the case's arena. */
static const char *
add(bool prove)
{
	struct webhook w = { .partner_id = "ECHEZONA001", .api = "clive",
	    .secret = "0123456789abcdef", .prove = prove, .settings = {
	    .name = "hook", .url = "https://hook.example/", .events = events,
	    .schedule.name = "custom" }
	};

	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    PARTNER));
	return arena_strdup(fx.arena, w.id);
}

static const struct webhook_row *
row_of(const char *id)
{
	const struct webhook_row *row = webhook_find(fx.conn, fx.arena, id);

	assert_non_null(row);
	return row;
}

static void
assert_status(const char *id, const char *status, const char *reason)
{
	const struct webhook_row *row = row_of(id);

	assert_string_equal(row->status, status);
	assert_string_equal(row->disabled_reason != NULL ?
	    row->disabled_reason : "none", reason);
}

static void
change_url(const char *id, const struct conf *conf, const char *url)
{
	struct webhook_settings s;

	webhook_settings_of(fx.conn, fx.arena, row_of(id), &s);
	s.url = url;
	assert_null(webhook_change(fx.conn, fx.vault, conf, row_of(id), &s,
	    fixture_now + 1, PARTNER));
}

static bool
enable(const char *id, const char *actor)
{
	int64_t waiting;

	return webhook_enable(fx.conn, id, false, fixture_now + 1, actor,
	    &waiting);
}

static void
disable(const char *id, const char *reason)
{
	assert_true(webhook_disable(fx.conn, id, reason, fixture_now,
	    PARTNER));
}

/* Takes the challenge that is due, as a sender does; NULL: there is none. */
static const char *
take_challenge(const char *id)
{
	struct rows *r = conn_rows(fx.conn, SQL_DELIVERIES_FREE_ASKED, "tiii",
	    id, fixture_now + 1, INT64_MAX, (int64_t)10);
	const char *delivery = NULL;

	if (row_next(r)) {
		delivery = row_text_copy(r, 0, fx.arena);
		assert_false(row_next(r));
	}
	row_done(r);
	if (delivery != NULL)
		assert_int_equal(conn_run(fx.conn, SQL_DELIVERY_LEASE,
		    "titii", "sender", fixture_now + 60000, delivery,
		    fixture_now + 1, INT64_MAX), 1);
	return delivery;
}

/* Does the sender's word about it still count? */
static bool
finish(const char *delivery)
{
	return conn_run(fx.conn, SQL_DELIVERY_FINISH, "tiiitt", "delivered",
	    INT64_C(1), fixture_now, fixture_now, delivery, "sender") == 1;
}

static void
prove(const char *id)
{
	const char *challenge = take_challenge(id);

	assert_non_null(challenge);
	assert_true(finish(challenge));
	webhook_proven(fx.conn, id, fixture_now, "cron:deliver");
	assert_status(id, "active", "none");
}

static void
its_partner_cannot_switch_it_on_instead(void **state)
{
	const char *id = add(true);

	(void)state;
	assert_false(enable(id, PARTNER));
	assert_status(id, "unproven", "none");
	/* The one that was sent at the beginning is still the only one. */
	assert_non_null(take_challenge(id));
}

static void
off_and_on_is_no_way_around_it(void **state)
{
	const char *id = add(true);

	(void)state;
	assert_non_null(take_challenge(id));
	disable(id, "operator");
	assert_true(enable(id, PARTNER));
	assert_status(id, "unproven", "none");
	prove(id);
	/* Once it has proved itself it goes off and on as all others. */
	disable(id, "operator");
	assert_true(enable(id, PARTNER));
	assert_status(id, "active", "none");
	assert_null(take_challenge(id));
}

static void
who_is_not_the_partner_can_vouch_for_it(void **state)
{
	static const char *const actors[] = { "operator:a@b.example",
	    "cli:root" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *id = add(true);
		assert_true(enable(id, actors[i]));
		assert_status(id, "active", "none");
		disable(id, "operator");
		assert_true(enable(id, PARTNER));
		assert_status(id, "active", "none");
	}
}

static void
only_what_is_unproven_becomes_proven(void **state)
{
	const char *off = add(true), *on = add(false);

	(void)state;
	disable(off, "operator");
	webhook_proven(fx.conn, off, fixture_now, "cron:deliver");
	assert_status(off, "disabled", "operator");
	int before = fixture_rows(SQL_AUDIT_OF_SUBJECT, on);
	webhook_proven(fx.conn, on, fixture_now, "cron:deliver");
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT, on), before);
	webhook_proven(fx.conn, "we_none", fixture_now, "cron:deliver");
	assert_null(conn_failed(fx.conn));
}

static void
a_new_url_is_a_new_question(void **state)
{
	const char *id = add(false);

	(void)state;
	change_url(id, &strict, "https://victim.example/");
	assert_status(id, "unproven", "none");
	assert_false(row_of(id)->proven);
	assert_string_equal(row_of(id)->url, "https://victim.example/");
	prove(id);
	/* The same one again is none. */
	change_url(id, &strict, "https://victim.example/");
	assert_status(id, "active", "none");
}

static void
without_the_setting_only_who_has_not_answered_is_asked(void **state)
{
	const char *one = add(true), *other = add(false);

	(void)state;
	change_url(one, &fx.conf, "https://moved.example/");
	assert_status(one, "unproven", "none");
	prove(one);
	change_url(one, &fx.conf, "https://again.example/");
	change_url(other, &fx.conf, "https://again.example/");
	assert_status(one, "active", "none");
	assert_status(other, "active", "none");
}

static void
what_is_switched_off_stays_off_and_has_to_answer_later(void **state)
{
	static const char *const reasons[] = { "operator", "gone" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const char *id = add(false);
		disable(id, reasons[i]);
		change_url(id, &strict, "https://victim.example/");
		assert_status(id, "disabled", reasons[i]);
		assert_null(take_challenge(id));
		assert_true(enable(id, PARTNER));
		assert_status(id, "unproven", "none");
		prove(id);
	}
}

/* A probe would send a payment's event where nobody has asked for it. */
static void
a_failing_one_is_challenged_instead_of_probed(void **state)
{
	const char *id = add(false);

	(void)state;
	disable(id, "failing");
	conn_run(fx.conn, SQL_ENDPOINT_PROBING, "it", fixture_now, id);
	change_url(id, &strict, "https://victim.example/");
	assert_status(id, "unproven", "none");
	assert_int_equal(row_of(id)->probe_at, 0);
	prove(id);
}

/* It was asked of the URL before, and answered there. */
static void
a_challenge_under_way_counts_for_nothing_any_more(void **state)
{
	const char *id = add(true), *old = take_challenge(id), *new;

	(void)state;
	assert_non_null(old);
	change_url(id, &fx.conf, "https://victim.example/");
	assert_false(finish(old));
	new = take_challenge(id);
	assert_non_null(new);
	assert_string_not_equal(new, old);
	assert_true(finish(new));
}

/* Tests are no challenges, and what waits is not the challenge's concern. */
static void
other_deliveries_stay_due(void **state)
{
	struct outbox_event test = { .partner_id = "ECHEZONA001",
	    .api = "clive", .livemode = -1, .type = "webhook_test",
	    .body = { "{}", 2 } };
	const char *id = add(true);

	(void)state;
	assert_non_null(take_challenge(id));
	outbox_write_to(fx.conn, fixture_now, &test, id);
	change_url(id, &fx.conf, "https://moved.example/");
	struct rows *r = conn_rows(fx.conn, SQL_ENDPOINT_WAITING, "t", id);
	assert_true(row_next(r));
	assert_int_equal(row_int(r, 0), 2);
	row_done(r);
}

static const struct CMUnitTest tests[] = {
	CASE(its_partner_cannot_switch_it_on_instead),
	CASE(off_and_on_is_no_way_around_it),
	CASE(who_is_not_the_partner_can_vouch_for_it),
	CASE(only_what_is_unproven_becomes_proven),
	CASE(a_new_url_is_a_new_question),
	CASE(without_the_setting_only_who_has_not_answered_is_asked),
	CASE(what_is_switched_off_stays_off_and_has_to_answer_later),
	CASE(a_failing_one_is_challenged_instead_of_probed),
	CASE(a_challenge_under_way_counts_for_nothing_any_more),
	CASE(other_deliveries_stay_due),
};

TEST_MAIN("webhook-proof", tests)
