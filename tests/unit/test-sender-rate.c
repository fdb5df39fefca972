/* SPDX-License-Identifier: ISC */
/* test-sender-rate.c - a rate is kept, evenly, and used up. */
#include "sender-rate.h"

#include <stddef.h>

#include "test.h"

#define SECOND_US	INT64_C(1000000)
#define START		(1764000000 * SECOND_US)

static const int64_t rates[] = { 1, 2, 3, 7, 19, 20, 39, 40, 50, 100, 333,
    1000, 9999, 10000 };
enum { RATES = sizeof(rates) / sizeof(rates[0]), LONG_S = 4 };

/* Takes all there is whenever there is some, looking every so many us. */
static int64_t
run(int64_t rate, int64_t every_us, int64_t *most_in_a_second)
{
	static int64_t took[LONG_S * 10000];
	int64_t free_at = 0, all = 0, looks = LONG_S * SECOND_US / every_us;

	*most_in_a_second = 0;
	for (int64_t i = 0; i < looks; i++) {
		int64_t now = START + i * every_us;
		int64_t n = sender_rate_allows(rate, free_at, now), sum = 0;
		assert_true(n >= 0);
		if (n > 0)
			free_at = sender_rate_spend(rate, free_at, now, n);
		took[i] = n;
		all += n;
		for (int64_t k = i; k >= 0 && (i - k) * every_us < SECOND_US;
		    k--)
			sum += took[k];
		if (sum > *most_in_a_second)
			*most_in_a_second = sum;
	}
	return all;
}

static void
no_second_has_more_than_the_rate_and_a_twentieth(void **state)
{
	static const int64_t looks_us[] = { 1000, 7000, 40000, 100000 };

	(void)state;
	for (size_t i = 0; i < RATES; i++)
		for (size_t k = 0; k < 4; k++) {
			int64_t most;
			run(rates[i], looks_us[k], &most);
			assert_true(most <= rates[i] + rates[i] / 20);
		}
}

/* Looking as often as a sender does loses nothing to speak of. */
static void
the_whole_rate_can_be_had(void **state)
{
	(void)state;
	for (size_t i = 0; i < RATES; i++) {
		int64_t most, all = run(rates[i], 1000, &most);
		assert_true(all >= rates[i] * LONG_S * 98 / 100);
	}
}

static void
slow_rates_have_even_gaps(void **state)
{
	int64_t free_at = 0;

	(void)state;
	for (int64_t now = START; now < START + 5 * SECOND_US;
	    now += SECOND_US / 5) {
		assert_int_equal(sender_rate_allows(5, free_at, now), 1);
		free_at = sender_rate_spend(5, free_at, now, 1);
		assert_int_equal(free_at, now + SECOND_US / 5);
		assert_int_equal(sender_rate_allows(5, free_at, free_at - 1),
		    0);
	}
}

static void
a_rest_is_not_saved_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < RATES; i++) {
		int64_t burst = rates[i] < 20 ? 1 : rates[i] / 20;
		assert_int_equal(sender_rate_allows(rates[i], 0, START),
		    burst);
		assert_int_equal(sender_rate_allows(rates[i], START -
		    100 * SECOND_US, START), burst);
	}
}

/* Whoever waits for the moment on record finds at least one. */
static void
at_the_moment_on_record_something_is_free(void **state)
{
	(void)state;
	for (size_t i = 0; i < RATES; i++) {
		int64_t free_at = 0, now = START;
		for (int k = 0; k < 100; k++) {
			int64_t n = sender_rate_allows(rates[i], free_at, now);
			assert_true(n >= 1);
			free_at = sender_rate_spend(rates[i], free_at, now, n);
			assert_true(free_at > now);
			assert_true(free_at <= now + SECOND_US);
			now = free_at;
		}
	}
}

static void
one_alone_holds_up_none_where_groups_are_allowed(void **state)
{
	(void)state;
	int64_t free_at = sender_rate_spend(1000, 0, START, 1);
	assert_true(free_at <= START);
	assert_true(sender_rate_allows(1000, free_at, START) >= 1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(no_second_has_more_than_the_rate_and_a_twentieth),
	cmocka_unit_test(the_whole_rate_can_be_had),
	cmocka_unit_test(slow_rates_have_even_gaps),
	cmocka_unit_test(a_rest_is_not_saved_up),
	cmocka_unit_test(at_the_moment_on_record_something_is_free),
	cmocka_unit_test(one_alone_holds_up_none_where_groups_are_allowed),
};

TEST_MAIN("sender-rate", tests)
