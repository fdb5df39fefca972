/* SPDX-License-Identifier: ISC */
/* test-sender-health.c - what failures and successes make of an endpoint. */
#include "sender-health.h"

#include <stdio.h>

#include "test.h"

#define NOW	INT64_C(1764000000000)
#define SECOND	INT64_C(1000)
#define MINUTE	(60 * SECOND)
#define HOUR	(60 * MINUTE)
#define DAY	(24 * HOUR)
#define LIMIT	(4 * DAY)

/* An attempt that took a second and ended at a moment. */
static struct sender_attempt
ended(int64_t at, int64_t status)
{
	return (struct sender_attempt){ .started_at = at - SECOND,
	    .ended_at = at, .status = status };
}

static void
count(struct sender_health *h, int64_t at, int64_t status)
{
	struct sender_attempt a = ended(at, status);

	h->warn = h->enable = h->proven = false;
	h->disable = NULL;
	sender_health_count(h, &a, LIMIT);
}

static void
failures_are_counted_since_the_last_success(void **state)
{
	struct sender_health h = { .state = SENDER_ENDPOINT_ACTIVE };

	(void)state;
	count(&h, NOW, 500);
	count(&h, NOW + HOUR, -1);
	count(&h, NOW + 2 * HOUR, 302);
	assert_int_equal(h.failures, 3);
	assert_int_equal(h.failing_since, NOW);
	count(&h, NOW + 3 * HOUR, 200);
	assert_int_equal(h.failures, 0);
	assert_int_equal(h.failing_since, 0);
	assert_false(h.enable);
}

static void
half_of_the_time_brings_one_warning_and_all_of_it_the_end(void **state)
{
	struct sender_health h = { .state = SENDER_ENDPOINT_ACTIVE };
	int warnings = 0;

	(void)state;
	for (int64_t at = NOW; at < NOW + LIMIT; at += HOUR) {
		count(&h, at, 500);
		assert_null(h.disable);
		assert_int_equal(h.warn, at == NOW + LIMIT / 2);
		warnings += h.warn;
	}
	assert_int_equal(warnings, 1);
	assert_int_equal(h.warned_at, NOW + LIMIT / 2);
	count(&h, NOW + LIMIT, 500);
	assert_string_equal(h.disable, "failing");
	assert_false(h.warn);
	assert_int_equal(h.state, SENDER_ENDPOINT_FAILING);
	assert_int_equal(h.probe_at, NOW + LIMIT + 5 * MINUTE);
}

static void
fewer_than_ten_failures_disable_nothing(void **state)
{
	struct sender_health h = { .state = SENDER_ENDPOINT_ACTIVE };

	(void)state;
	for (int64_t n = 0; n < 9; n++) {
		count(&h, NOW + n * 30 * DAY, 500);
		assert_false(h.warn);
		assert_null(h.disable);
	}
	count(&h, NOW + 9 * 30 * DAY, 500);
	assert_string_equal(h.disable, "failing");
}

static void
a_limit_of_nothing_is_none(void **state)
{
	struct sender_health h = { .state = SENDER_ENDPOINT_ACTIVE };

	(void)state;
	for (int64_t n = 0; n < 100; n++) {
		struct sender_attempt a = ended(NOW + n * 30 * DAY, 500);
		sender_health_count(&h, &a, 0);
	}
	assert_false(h.warn);
	assert_null(h.disable);
}

static void
a_success_takes_the_warning_back(void **state)
{
	struct sender_health h = { .state = SENDER_ENDPOINT_ACTIVE,
	    .failing_since = NOW, .failures = 20 };
	struct sender_attempt bad = ended(NOW + LIMIT / 2, 500),
	    good = ended(NOW + LIMIT / 2 + 1, 204);

	(void)state;
	sender_health_count(&h, &bad, LIMIT);
	assert_true(h.warn);
	sender_health_count(&h, &good, LIMIT);
	assert_false(h.warn);
	assert_int_equal(h.warned_at, 0);
	/* So too what would have disabled it in the same breath. */
	h.failing_since = NOW;
	h.failures = 20;
	bad = ended(NOW + LIMIT, 500);
	sender_health_count(&h, &bad, LIMIT);
	assert_non_null(h.disable);
	sender_health_count(&h, &good, LIMIT);
	assert_null(h.disable);
	assert_false(h.enable);
	assert_int_equal(h.state, SENDER_ENDPOINT_ACTIVE);
	assert_int_equal(h.probe_at, 0);
}

static void
probes_come_at_doubling_intervals_up_to_six_hours(void **state)
{
	static const int64_t minutes[] = { 10, 20, 40, 80, 160, 320, 360,
	    360 };
	struct sender_health h = { .state = SENDER_ENDPOINT_FAILING,
	    .failing_since = NOW, .failures = 100, .probe_at = NOW };

	(void)state;
	for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		struct sender_attempt a = ended(NOW, 500);
		a.probe = true;
		sender_health_count(&h, &a, LIMIT);
		assert_int_equal(h.probe_at, NOW + minutes[i] * MINUTE);
		assert_null(h.disable);
	}
}

static void
a_probe_that_succeeds_enables(void **state)
{
	struct sender_health h = { .state = SENDER_ENDPOINT_FAILING,
	    .failing_since = NOW, .failures = 100, .probe_at = NOW,
	    .probes = 3 };

	(void)state;
	count(&h, NOW + DAY, 200);
	assert_true(h.enable);
	assert_int_equal(h.state, SENDER_ENDPOINT_ACTIVE);
	assert_int_equal(h.failures, 0);
	assert_int_equal(h.probe_at, 0);
	assert_int_equal(h.probes, 0);
}

static void
what_ends_after_the_disabling_moves_no_probe(void **state)
{
	struct sender_health h = { .state = SENDER_ENDPOINT_FAILING,
	    .failing_since = NOW, .failures = 100, .probe_at = NOW + 7 };

	(void)state;
	count(&h, NOW + 1, 500);
	assert_int_equal(h.probe_at, NOW + 7);
	assert_int_equal(h.probes, 0);
	assert_int_equal(h.failures, 101);
}

static void
gone_disables_for_good(void **state)
{
	static const enum sender_endpoint states[] = { SENDER_ENDPOINT_ACTIVE,
	    SENDER_ENDPOINT_UNPROVEN, SENDER_ENDPOINT_FAILING };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct sender_health h = { .state = states[i],
		    .probe_at = NOW };
		struct sender_attempt a = ended(NOW, 410);
		a.probe = states[i] == SENDER_ENDPOINT_FAILING;
		sender_health_count(&h, &a, LIMIT);
		assert_string_equal(h.disable, "gone");
		assert_int_equal(h.probe_at, 0);
		assert_int_equal(h.state, SENDER_ENDPOINT_OFF);
		/* What was under way beside it changes nothing any more. */
		h.disable = NULL;
		count(&h, NOW + 1, 200);
		assert_false(h.enable);
		count(&h, NOW + 2, 410);
		assert_null(h.disable);
	}
}

static void
being_too_fast_holds_for_a_second_that_doubles(void **state)
{
	static const int64_t seconds[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	static const int64_t statuses[] = { 429, 502, 504 };
	struct sender_health h = { .state = SENDER_ENDPOINT_ACTIVE };

	(void)state;
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		int64_t at = NOW + (int64_t)i * HOUR;
		count(&h, at, statuses[i % 3]);
		assert_int_equal(h.hold_until, at + seconds[i] * SECOND);
	}
	count(&h, NOW + DAY, 200);
	count(&h, NOW + DAY + HOUR, 429);
	assert_int_equal(h.hold_until, NOW + DAY + HOUR + SECOND);
}

static void
other_failures_hold_nothing(void **state)
{
	static const int64_t statuses[] = { -1, 302, 400, 401, 404, 410, 500,
	    501, 503, 505 };

	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct sender_health h = { .state = SENDER_ENDPOINT_ACTIVE };
		struct sender_attempt a = ended(NOW, statuses[i]);
		a.retry_after_ms = MINUTE;
		sender_health_count(&h, &a, LIMIT);
		assert_int_equal(h.hold_until, 0);
	}
}

static void
retry_after_takes_the_place_of_the_second(void **state)
{
	struct sender_health h = { .state = SENDER_ENDPOINT_ACTIVE };
	struct sender_attempt a = ended(NOW, 429);

	(void)state;
	a.retry_after_ms = 3 * HOUR;
	sender_health_count(&h, &a, LIMIT);
	assert_int_equal(h.hold_until, NOW + 3 * HOUR);
	assert_int_equal(h.slowdowns, 1);
	/* A success of one that was under way does not lift it. */
	count(&h, NOW + 1, 200);
	assert_int_equal(h.hold_until, NOW + 3 * HOUR);
}

static void
what_was_under_way_together_slows_down_once(void **state)
{
	struct sender_health h = { .state = SENDER_ENDPOINT_ACTIVE };

	(void)state;
	for (int64_t i = 0; i < 8; i++)
		count(&h, NOW + i, 429);
	assert_int_equal(h.slowdowns, 1);
	assert_int_equal(h.hold_until, NOW + SECOND);
	count(&h, NOW + 3 * SECOND, 429);
	assert_int_equal(h.slowdowns, 2);
}

static void
only_its_challenge_proves_an_endpoint(void **state)
{
	struct sender_health h = { .state = SENDER_ENDPOINT_UNPROVEN };
	struct sender_attempt a = ended(NOW, 200);

	(void)state;
	sender_health_count(&h, &a, LIMIT);
	assert_false(h.proven);
	assert_int_equal(h.state, SENDER_ENDPOINT_UNPROVEN);
	a.proof = true;
	snprintf(a.error, sizeof(a.error), "not repeated");
	sender_health_count(&h, &a, LIMIT);
	assert_false(h.proven);
	assert_int_equal(h.failures, 0);
	a.error[0] = '\0';
	sender_health_count(&h, &a, LIMIT);
	assert_true(h.proven);
	assert_false(h.enable);
	assert_int_equal(h.state, SENDER_ENDPOINT_ACTIVE);
}

static void
what_a_person_switched_off_stays_off(void **state)
{
	struct sender_health h = { .state = SENDER_ENDPOINT_OFF };
	const struct sender_health before = h;

	(void)state;
	count(&h, NOW, 200);
	count(&h, NOW, 500);
	count(&h, NOW, 429);
	assert_memory_equal(&h, &before, sizeof(h));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(failures_are_counted_since_the_last_success),
	cmocka_unit_test(
	    half_of_the_time_brings_one_warning_and_all_of_it_the_end),
	cmocka_unit_test(fewer_than_ten_failures_disable_nothing),
	cmocka_unit_test(a_limit_of_nothing_is_none),
	cmocka_unit_test(a_success_takes_the_warning_back),
	cmocka_unit_test(probes_come_at_doubling_intervals_up_to_six_hours),
	cmocka_unit_test(a_probe_that_succeeds_enables),
	cmocka_unit_test(what_ends_after_the_disabling_moves_no_probe),
	cmocka_unit_test(gone_disables_for_good),
	cmocka_unit_test(being_too_fast_holds_for_a_second_that_doubles),
	cmocka_unit_test(other_failures_hold_nothing),
	cmocka_unit_test(retry_after_takes_the_place_of_the_second),
	cmocka_unit_test(what_was_under_way_together_slows_down_once),
	cmocka_unit_test(only_its_challenge_proves_an_endpoint),
	cmocka_unit_test(what_a_person_switched_off_stays_off),
};

TEST_MAIN("sender-health", tests)
