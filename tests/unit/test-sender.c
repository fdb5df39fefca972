/* SPDX-License-Identifier: ISC */
/* test-sender.c - leases, places and the record of a request. */
#include "test.h"

#include <string.h>

#include "sender-attempt.h"
#include "sender-places.h"
#include "sender.h"

static const struct conf usual = { .webhook_timeout_ms = 10000 };

static void
a_lease_outlasts_the_longest_attempt(void **state)
{
	(void)state;
	assert_int_equal(sender_lease_until(&usual, 1000), 1000 + 10000 +
	    20000);
}

static void
a_head_is_joined_from_its_pieces(void **state)
{
	struct buf head;

	(void)state;
	buf_init(&head, 100);
	sender_attempt_head(&head, "POST / HTTP/1.1\r\nHo", 19);
	sender_attempt_head(&head, "st: a\r\n\r\n", 9);
	assert_string_equal(buf_str(&head),
	    "POST / HTTP/1.1\r\nHost: a\r\n\r\n");
	buf_free(&head);
}

static void
a_request_sent_again_replaces_the_first(void **state)
{
	struct buf head;

	(void)state;
	buf_init(&head, 100);
	sender_attempt_head(&head, "POST /1 HTTP/1.1\r\n\r\n", 20);
	sender_attempt_head(&head, "POST /2 HTTP/1.1\r\n\r\n", 20);
	assert_string_equal(buf_str(&head), "POST /2 HTTP/1.1\r\n\r\n");
	buf_free(&head);
}

static void
a_head_of_any_length_is_bounded(void **state)
{
	struct buf head;

	(void)state;
	buf_init(&head, 10);
	for (int i = 0; i < 100; i++)
		sender_attempt_head(&head, "abc", 3);
	assert_true(head.len <= 10);
	buf_free(&head);
}

static void
only_a_complete_2xx_is_good(void **state)
{
	static const struct {
		int64_t		 status;
		const char	*error;
		bool		 good;
	} rows[] = {
		{ 200, "", true }, { 201, "", true }, { 204, "", true },
		{ 299, "", true }, { 300, "", false }, { 302, "", false },
		{ 199, "", false }, { 100, "", false }, { 400, "", false },
		{ 410, "", false }, { 500, "", false }, { -1, "", false },
		{ -1, "no answer", false }, { 200, "cut short", false }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sender_attempt a = { .status = rows[i].status };
		snprintf(a.error, sizeof(a.error), "%s", rows[i].error);
		assert_int_equal(sender_attempt_good(&a), rows[i].good);
	}
}

static void
a_lease_never_lies_too_far_ahead(void **state)
{
	(void)state;
	assert_true(sender_lease_until(&usual, 5) <
	    sender_lease_far(&usual, 5));
	assert_int_equal(sender_lease_far(&usual, 5), 5 + 10000 + 20000 +
	    60000);
}

/* Three receivers with something due, of which nothing is known. */
struct table {
	struct sender_places	 places;
	struct sender_receiver	*due[3];
	size_t			 share[3];
};

static void
lay(struct table *t, int64_t total, int64_t each)
{
	sender_places_init(&t->places, total, each, 10000);
	t->due[0] = sender_places_receiver(&t->places, "we_b");
	t->due[1] = sender_places_receiver(&t->places, "we_a");
	t->due[2] = sender_places_receiver(&t->places, "we_c");
}

/* One of its deliveries was claimed and is sent. */
static void
take(struct sender_receiver *r)
{
	sender_places_claim(r);
	r->under_way++;
}

static size_t
deal(struct table *t, size_t most)
{
	return sender_places_share(&t->places, t->due, 3, most, t->share);
}

static void
receivers_are_found_again(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 10, 4);
	assert_ptr_equal(sender_places_receiver(&t.places, "we_b"), t.due[0]);
	assert_ptr_equal(sender_places_receiver(&t.places, "we_a"), t.due[1]);
	assert_ptr_equal(sender_places_receiver(&t.places, "we_c"), t.due[2]);
	for (char c = 'd'; c <= 'z'; c++) {
		char id[] = { 'w', 'e', '_', c, '\0' };
		assert_string_equal(sender_places_receiver(&t.places, id)->id,
		    id);
	}
	assert_int_equal(t.places.count, 26);
	sender_places_free(&t.places);
}

/* A further receiver whose last attempt took so long; below zero: none. */
static struct sender_receiver *
guest(struct table *t, int i, int64_t duration_ms)
{
	char id[] = { 'w', 'e', '_', (char)('A' + i), '\0' };
	struct sender_receiver *r = sender_places_receiver(&t->places, id);

	sender_places_learn(&t->places, r, duration_ms);
	return r;
}

/* What so many of them get when they alone have something due. */
static size_t
deal_guests(struct table *t, int n, int64_t duration_ms)
{
	struct sender_receiver *due[26];
	size_t share[26];

	for (int i = 0; i < n; i++)
		due[i] = guest(t, i, duration_ms);
	return sender_places_share(&t->places, due, (size_t)n, SIZE_MAX,
	    share);
}

static void
learn_all(struct table *t, int64_t duration_ms)
{
	for (int i = 0; i < 3; i++)
		sender_places_learn(&t->places, t->due[i], duration_ms);
}

static void
a_receiver_begins_as_its_last_attempt_ended(void **state)
{
	static const struct {
		int64_t	last_ms, each;
		size_t	places;
	} rows[] = {
		{ -1, 8, 1 }, { 0, 8, SENDER_PLACES_QUICK },
		{ 999, 8, SENDER_PLACES_QUICK }, { 1000, 8, 1 },
		{ 10000, 8, 1 }, { -1, 1, 1 }, { 0, 1, 1 }, { 5000, 1, 1 }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct table t;
		lay(&t, 100, rows[i].each);
		assert_int_equal(deal_guests(&t, 1, rows[i].last_ms),
		    rows[i].places);
		sender_places_free(&t.places);
	}
}

static void
slow_is_never_more_than_half_of_the_time_allowed(void **state)
{
	struct sender_places places;

	(void)state;
	sender_places_init(&places, 10, 8, 600);
	struct sender_receiver *r = sender_places_receiver(&places, "we_a");
	sender_places_learn(&places, r, 299);
	assert_int_equal(r->speed, SENDER_QUICK);
	sender_places_learn(&places, r, 300);
	assert_int_equal(r->speed, SENDER_SLOW);
	sender_places_free(&places);
}

static void
unknown_receivers_together_get_half_of_the_places(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 16, 8);
	assert_int_equal(deal_guests(&t, 26, -1), 8);
	for (int i = 0; i < 5; i++)
		take(guest(&t, i, -1));
	assert_int_equal(deal_guests(&t, 26, -1), 3);
	sender_places_free(&t.places);
}

static void
slow_and_unknown_ones_leave_the_last_quarter(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 16, 8);
	for (int i = 0; i < 8; i++)
		take(guest(&t, i, 10000));
	assert_int_equal(deal(&t, SIZE_MAX), 3);
	for (int i = 8; i < 12; i++)
		take(guest(&t, i, -1));
	assert_int_equal(deal(&t, SIZE_MAX), 0);
	learn_all(&t, 10000);
	assert_int_equal(deal(&t, SIZE_MAX), 0);
	learn_all(&t, 20);
	assert_int_equal(deal(&t, SIZE_MAX), 3);
	sender_places_free(&t.places);
}

static void
in_the_last_quarter_a_quick_receiver_gets_one_place(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 16, 16);
	learn_all(&t, 20);
	t.due[0]->window = 16;
	t.due[1]->window = 16;
	for (int i = 0; i < 12; i++)
		take(t.due[0]);
	assert_int_equal(deal(&t, SIZE_MAX), 2);
	assert_int_equal(t.share[0], 0);
	assert_int_equal(t.share[1], 1);
	assert_int_equal(t.share[2], 1);
	sender_places_free(&t.places);
}

/* Whatever is known of them, nobody waits for ever for the others. */
static void
few_places_serve_receivers_of_every_speed(void **state)
{
	(void)state;
	for (int64_t total = 1; total <= 12; total++)
		for (int64_t ms = -1; ms < 10000; ms += 5000) {
			struct table t;
			lay(&t, total, 8);
			assert_true(deal_guests(&t, 1, ms) >= 1);
			sender_places_free(&t.places);
		}
}

static void
an_attempt_under_way_for_long_makes_a_receiver_slow(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 4, 8);
	take(t.due[0]);
	take(t.due[1]);
	assert_int_equal(deal(&t, SIZE_MAX), 0);
	sender_places_running(&t.places, t.due[0], 999);
	assert_int_equal(deal(&t, SIZE_MAX), 0);
	sender_places_running(&t.places, t.due[0], 1000);
	sender_places_running(&t.places, t.due[0], 5);
	assert_int_equal(deal(&t, SIZE_MAX), 1);
	assert_int_equal(t.share[2], 1);
	sender_places_forget_late(&t.places);
	assert_int_equal(deal(&t, SIZE_MAX), 0);
	sender_places_free(&t.places);
}

static void
few_places_are_dealt_out_in_turn(void **state)
{
	size_t got[3] = { 0 };
	struct table t;

	(void)state;
	lay(&t, 1, 8);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(deal(&t, SIZE_MAX), 1);
		for (int j = 0; j < 3; j++)
			got[j] += t.share[j];
	}
	for (int j = 0; j < 3; j++)
		assert_int_equal(got[j], 10);
	sender_places_free(&t.places);
}

static void
no_more_is_dealt_than_asked_for(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 100, 8);
	learn_all(&t, 20);
	assert_int_equal(deal(&t, 0), 0);
	assert_int_equal(deal(&t, 4), 4);
	assert_int_equal(sender_places_share(&t.places, t.due, 0, 4, t.share),
	    0);
	sender_places_free(&t.places);
}

static void
quick_answers_earn_places_up_to_the_limit(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 100, 5);
	for (int i = 0; i < 10; i++) {
		take(t.due[0]);
		sender_places_give_back(&t.places, t.due[0], 20, true);
	}
	deal(&t, SIZE_MAX);
	assert_int_equal(t.share[0], 5);
	assert_int_equal(t.share[1], 1);
	sender_places_free(&t.places);
}

static void
slow_answers_cost_places_down_to_one(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 100, 8);
	for (int i = 0; i < 10; i++) {
		take(t.due[0]);
		sender_places_give_back(&t.places, t.due[0], i < 5 ? 20 :
		    5000, true);
	}
	deal(&t, SIZE_MAX);
	assert_int_equal(t.share[0], 1);
	sender_places_free(&t.places);
}

static void
bad_answers_cost_places_down_to_one_however_quick(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 100, 8);
	for (int i = 0; i < 10; i++) {
		take(t.due[0]);
		sender_places_give_back(&t.places, t.due[0], 20, i < 5);
	}
	deal(&t, SIZE_MAX);
	assert_int_equal(t.share[0], 1);
	/* What the database says of its speed does not raise it. */
	sender_places_learn(&t.places, t.due[0], 20);
	deal(&t, SIZE_MAX);
	assert_int_equal(t.share[0], 1);
	take(t.due[0]);
	sender_places_give_back(&t.places, t.due[0], 20, true);
	deal(&t, SIZE_MAX);
	assert_int_equal(t.share[0], 2);
	sender_places_free(&t.places);
}

static void
a_receiver_may_have_a_limit_of_its_own(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 100, 3);
	sender_places_limit(&t.places, t.due[0], 6, false);
	sender_places_limit(&t.places, t.due[1], 1, false);
	for (int i = 0; i < 30; i++) {
		take(t.due[i % 3]);
		sender_places_give_back(&t.places, t.due[i % 3], 20, true);
	}
	deal(&t, SIZE_MAX);
	assert_int_equal(t.share[0], 6);
	assert_int_equal(t.share[1], 1);
	assert_int_equal(t.share[2], 3);
	/* A lower one counts at once, and so does the usual one again. */
	sender_places_limit(&t.places, t.due[0], 2, false);
	sender_places_limit(&t.places, t.due[1], 0, false);
	take(t.due[1]);
	sender_places_give_back(&t.places, t.due[1], 20, true);
	deal(&t, SIZE_MAX);
	assert_int_equal(t.share[0], 2);
	assert_int_equal(t.share[1], 2);
	sender_places_free(&t.places);
}

/* It cannot take many places for long, and needs them to keep up. */
static void
an_answer_in_half_of_the_time_earns_a_slow_receiver_places(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 100, 5);
	for (int i = 0; i < 10; i++) {
		take(t.due[0]);
		sender_places_give_back(&t.places, t.due[0], 4999,
		    true);
	}
	assert_int_equal(t.due[0]->speed, SENDER_SLOW);
	deal(&t, SIZE_MAX);
	assert_int_equal(t.share[0], 5);
	sender_places_free(&t.places);
}

static void
places_under_way_count(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 4, 8);
	learn_all(&t, 20);
	take(t.due[0]);
	take(t.due[0]);
	take(t.due[1]);
	assert_int_equal(deal(&t, SIZE_MAX), 1);
	assert_int_equal(t.share[0], 0);
	take(t.due[2]);
	assert_int_equal(deal(&t, SIZE_MAX), 0);
	sender_places_free(&t.places);
}

static void
slow_receivers_together_get_half_of_the_places(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 4, 8);
	for (int i = 0; i < 3; i++) {
		take(t.due[i]);
		sender_places_give_back(&t.places, t.due[i], 5000,
		    true);
	}
	assert_int_equal(deal(&t, SIZE_MAX), 2);
	take(t.due[0]);
	take(t.due[1]);
	assert_int_equal(deal(&t, SIZE_MAX), 0);
	sender_places_free(&t.places);
}

static void
one_quick_answer_makes_a_receiver_whole(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 2, 8);
	take(t.due[0]);
	sender_places_give_back(&t.places, t.due[0], 5000, true);
	take(t.due[0]);
	sender_places_give_back(&t.places, t.due[0], 5, true);
	assert_int_equal(t.due[0]->speed, SENDER_QUICK);
	assert_int_equal(t.due[0]->window, 2);
	sender_places_free(&t.places);
}

static void
claims_ahead_are_for_the_quick(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 10, 4);
	t.places.ahead = 8;
	for (int i = 0; i < 3; i++)
		t.due[i]->window = 4;
	sender_places_learn(&t.places, t.due[0], 20);
	sender_places_learn(&t.places, t.due[1], 20);
	sender_places_limit(&t.places, t.due[1], 4, true);
	/* Quick: as much again. Limited, or unknown: none. */
	assert_int_equal(deal(&t, SIZE_MAX), 16);
	assert_int_equal(t.share[0], 8);
	assert_int_equal(t.share[1], 4);
	assert_int_equal(t.share[2], 4);
	t.due[0]->failed = true;
	deal(&t, SIZE_MAX);
	assert_int_equal(t.share[0], 4);
	/* What is ready and waits counts as well. */
	t.due[0]->failed = false;
	for (int i = 0; i < 5; i++)
		sender_places_claim(t.due[0]);
	deal(&t, SIZE_MAX);
	assert_int_equal(t.share[0], 3);
	sender_places_drop(t.due[0]);
	deal(&t, SIZE_MAX);
	assert_int_equal(t.share[0], 4);
	sender_places_free(&t.places);
}

static void
no_more_is_claimed_ahead_than_set(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 10, 8);
	t.places.ahead = 5;
	learn_all(&t, 20);
	for (int i = 0; i < 3; i++)
		t.due[i]->window = 8;
	assert_in_range(deal(&t, SIZE_MAX), 10, 15);
	for (int i = 0; i < 15; i++)
		sender_places_claim(t.due[i % 3]);
	assert_int_equal(deal(&t, SIZE_MAX), 0);
	sender_places_free(&t.places);
}

/* What is claimed ahead waits for the places that everything waits for. */
static void
what_is_ready_takes_places_as_they_are(void **state)
{
	struct sender_room room;
	struct table t;

	(void)state;
	lay(&t, 8, 8);
	t.places.ahead = 16;
	learn_all(&t, 20);
	t.due[0]->window = 3;
	for (int i = 0; i < 6; i++)
		sender_places_claim(t.due[0]);
	room = sender_places_room(&t.places);
	assert_int_equal(room.free, 8);
	for (int i = 0; i < 6; i++)
		assert_int_equal(sender_places_take(&t.places, &room,
		    t.due[0]), i < 3);
	assert_int_equal(t.due[0]->under_way, 3);
	assert_int_equal(room.free, 5);
	/* The last quarter is for the quick that have none. */
	t.due[1]->window = 8;
	for (int i = 0; i < 8; i++) {
		sender_places_claim(t.due[1]);
		sender_places_take(&t.places, &room, t.due[1]);
	}
	assert_int_equal(room.free, 2);
	sender_places_claim(t.due[2]);
	assert_true(sender_places_take(&t.places, &room, t.due[2]));
	sender_places_give_back(&t.places, t.due[0], 20, true);
	assert_int_equal(sender_places_room(&t.places).free, room.free + 1);
	assert_int_equal(t.due[0]->held, 5);
	sender_places_free(&t.places);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_lease_outlasts_the_longest_attempt),
	cmocka_unit_test(a_lease_never_lies_too_far_ahead),
	cmocka_unit_test(a_head_is_joined_from_its_pieces),
	cmocka_unit_test(a_request_sent_again_replaces_the_first),
	cmocka_unit_test(a_head_of_any_length_is_bounded),
	cmocka_unit_test(only_a_complete_2xx_is_good),
	cmocka_unit_test(receivers_are_found_again),
	cmocka_unit_test(a_receiver_begins_as_its_last_attempt_ended),
	cmocka_unit_test(slow_is_never_more_than_half_of_the_time_allowed),
	cmocka_unit_test(unknown_receivers_together_get_half_of_the_places),
	cmocka_unit_test(slow_and_unknown_ones_leave_the_last_quarter),
	cmocka_unit_test(in_the_last_quarter_a_quick_receiver_gets_one_place),
	cmocka_unit_test(few_places_serve_receivers_of_every_speed),
	cmocka_unit_test(an_attempt_under_way_for_long_makes_a_receiver_slow),
	cmocka_unit_test(few_places_are_dealt_out_in_turn),
	cmocka_unit_test(no_more_is_dealt_than_asked_for),
	cmocka_unit_test(quick_answers_earn_places_up_to_the_limit),
	cmocka_unit_test(slow_answers_cost_places_down_to_one),
	cmocka_unit_test(bad_answers_cost_places_down_to_one_however_quick),
	cmocka_unit_test(a_receiver_may_have_a_limit_of_its_own),
	cmocka_unit_test(
	    an_answer_in_half_of_the_time_earns_a_slow_receiver_places),
	cmocka_unit_test(places_under_way_count),
	cmocka_unit_test(slow_receivers_together_get_half_of_the_places),
	cmocka_unit_test(one_quick_answer_makes_a_receiver_whole),
	cmocka_unit_test(claims_ahead_are_for_the_quick),
	cmocka_unit_test(no_more_is_claimed_ahead_than_set),
	cmocka_unit_test(what_is_ready_takes_places_as_they_are),
};

TEST_MAIN("sender", tests)
