/* SPDX-License-Identifier: ISC */
/* test-sender.c - pauses, leases, places and the record of a request. */
#include "test.h"

#include <string.h>

#include "sender-attempt.h"
#include "sender-places.h"
#include "sender.h"

static const struct conf usual = {
	.webhook_timeout_ms = 10000,
	.webhook_retry_ms = { 1000, 4000 },
	.webhook_retry_count = 2
};

static void
pauses_follow_the_settings_and_the_last_one_repeats(void **state)
{
	(void)state;
	assert_int_equal(sender_pause(&usual, 1, 0), 1000);
	assert_int_equal(sender_pause(&usual, 2, 0), 4000);
	assert_int_equal(sender_pause(&usual, 3, 0), 4000);
	assert_int_equal(sender_pause(&usual, 49, 0), 4000);
}

static void
a_single_pause_serves_for_all(void **state)
{
	const struct conf conf = { .webhook_retry_ms = { 7 },
	    .webhook_retry_count = 1 };

	(void)state;
	for (int64_t n = 1; n < 20; n++)
		assert_int_equal(sender_pause(&conf, n, UINT32_MAX), 7);
}

static void
the_dice_lengthen_a_pause_by_a_tenth_at_most(void **state)
{
	int64_t longest = 0;

	(void)state;
	for (uint32_t dice = 0; dice < 5000; dice++) {
		int64_t pause = sender_pause(&usual, 2, dice * 858993);
		assert_in_range(pause, 4000, 4400);
		if (pause > longest)
			longest = pause;
	}
	assert_in_range(longest, 4300, 4400);
}

static void
the_longest_pause_does_not_overflow(void **state)
{
	const struct conf conf = { .webhook_retry_ms = { 864000000 },
	    .webhook_retry_count = 1 };

	(void)state;
	assert_in_range(sender_pause(&conf, 1, UINT32_MAX), 864000000,
	    950400000);
}

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

/* Three receivers with something due. */
struct table {
	struct sender_places	 places;
	struct sender_receiver	*due[3];
	size_t			 share[3];
};

static void
lay(struct table *t, int64_t total, int64_t each)
{
	sender_places_init(&t->places, total, each, 1000);
	t->due[0] = sender_places_receiver(&t->places, "we_b");
	t->due[1] = sender_places_receiver(&t->places, "we_a");
	t->due[2] = sender_places_receiver(&t->places, "we_c");
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

static void
an_unknown_receiver_begins_with_few_places(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 100, 8);
	assert_int_equal(deal(&t, SIZE_MAX), 3 * SENDER_PLACES_FIRST);
	sender_places_free(&t.places);
	lay(&t, 100, 1);
	assert_int_equal(deal(&t, SIZE_MAX), 3);
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
		sender_places_take(t.due[0]);
		sender_places_give_back(&t.places, t.due[0], 20);
	}
	deal(&t, SIZE_MAX);
	assert_int_equal(t.share[0], 5);
	assert_int_equal(t.share[1], SENDER_PLACES_FIRST);
	sender_places_free(&t.places);
}

static void
slow_answers_cost_places_down_to_one(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 100, 8);
	for (int i = 0; i < 10; i++) {
		sender_places_take(t.due[0]);
		sender_places_give_back(&t.places, t.due[0], 1000);
	}
	deal(&t, SIZE_MAX);
	assert_int_equal(t.share[0], 1);
	sender_places_free(&t.places);
}

static void
places_under_way_count(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 4, 8);
	sender_places_take(t.due[0]);
	sender_places_take(t.due[0]);
	sender_places_take(t.due[1]);
	assert_int_equal(deal(&t, SIZE_MAX), 1);
	assert_int_equal(t.share[0], 0);
	sender_places_take(t.due[2]);
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
		sender_places_take(t.due[i]);
		sender_places_give_back(&t.places, t.due[i], 5000);
	}
	assert_int_equal(deal(&t, SIZE_MAX), 2);
	sender_places_take(t.due[0]);
	sender_places_take(t.due[1]);
	assert_int_equal(deal(&t, SIZE_MAX), 0);
	sender_places_free(&t.places);
}

static void
one_quick_answer_makes_a_receiver_whole(void **state)
{
	struct table t;

	(void)state;
	lay(&t, 2, 8);
	sender_places_take(t.due[0]);
	sender_places_give_back(&t.places, t.due[0], 5000);
	sender_places_take(t.due[0]);
	sender_places_give_back(&t.places, t.due[0], 5);
	assert_false(t.due[0]->slow);
	assert_int_equal(t.due[0]->window, 2);
	sender_places_free(&t.places);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(pauses_follow_the_settings_and_the_last_one_repeats),
	cmocka_unit_test(a_single_pause_serves_for_all),
	cmocka_unit_test(the_dice_lengthen_a_pause_by_a_tenth_at_most),
	cmocka_unit_test(the_longest_pause_does_not_overflow),
	cmocka_unit_test(a_lease_outlasts_the_longest_attempt),
	cmocka_unit_test(a_head_is_joined_from_its_pieces),
	cmocka_unit_test(a_request_sent_again_replaces_the_first),
	cmocka_unit_test(a_head_of_any_length_is_bounded),
	cmocka_unit_test(only_a_complete_2xx_is_good),
	cmocka_unit_test(receivers_are_found_again),
	cmocka_unit_test(an_unknown_receiver_begins_with_few_places),
	cmocka_unit_test(few_places_are_dealt_out_in_turn),
	cmocka_unit_test(no_more_is_dealt_than_asked_for),
	cmocka_unit_test(quick_answers_earn_places_up_to_the_limit),
	cmocka_unit_test(slow_answers_cost_places_down_to_one),
	cmocka_unit_test(places_under_way_count),
	cmocka_unit_test(slow_receivers_together_get_half_of_the_places),
	cmocka_unit_test(one_quick_answer_makes_a_receiver_whole),
};

TEST_MAIN("sender", tests)
