/* SPDX-License-Identifier: ISC */
/* test-rate-limit.c - so many requests a minute and partner, and no more. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "shared.h"

enum { LIMIT = 5, READS = 20, MINUTE_MS = 60 * 1000 };

/* Every case begins with empty buckets. */
static int
refill(void **state)
{
	(void)state;
	clock_advance(MINUTE_MS);
	return 0;
}

static struct answer *
post(const char *key)
{
	return ask_post(&world.partner, INITIALIZE, key,
	    initialize_body("rate"));
}

static int64_t
number_of(const struct answer *a, const char *header)
{
	const char *value = header_of(a, header);

	return value != NULL ? strtoll(value, NULL, 10) : -1;
}

static void
drain(void)
{
	static int turn;

	for (int i = 0; i < LIMIT; i++)
		assert_status(post(textf("rate-drain-%d-%d", turn, i)), 201);
	turn++;
}

static void
refuses_the_sixth_request_of_a_minute(void **state)
{
	(void)state;
	drain();
	struct answer *a = post("rate-sixth");
	assert_fault(a, RATE_LIMITED);
	assert_int_equal(number_of(a, "RateLimit-Limit"), LIMIT);
	assert_int_equal(number_of(a, "RateLimit-Remaining"), 0);
	assert_in_range(number_of(a, "RateLimit-Reset"), 55, 60);
	assert_in_range(number_of(a, "Retry-After"), 10, 12);
	assert_int_equal(db_int("SELECT count(*) FROM idempotency WHERE "
	    "idempotency_key = 'rate-sixth'"), 0);
}

static void
counts_down_in_the_headers_of_every_answer(void **state)
{
	(void)state;
	for (int64_t i = 1; i <= LIMIT; i++) {
		struct answer *a = post(textf("rate-count-%d", (int)i));
		assert_status(a, 201);
		assert_int_equal(number_of(a, "RateLimit-Limit"), LIMIT);
		assert_int_equal(number_of(a, "RateLimit-Remaining"),
		    LIMIT - i);
		assert_in_range(number_of(a, "RateLimit-Reset"), i * 12 - 3,
		    i * 12);
		assert_null(header_of(a, "Retry-After"));
	}
}

static void
lets_one_more_through_after_retry_after(void **state)
{
	(void)state;
	drain();
	struct answer *a = post("rate-after");
	assert_fault(a, RATE_LIMITED);
	clock_advance(number_of(a, "Retry-After") * 1000);
	assert_status(post("rate-after"), 201);
	assert_fault(post("rate-after-2"), RATE_LIMITED);
}

static void
is_full_again_after_a_minute(void **state)
{
	(void)state;
	drain();
	assert_fault(post("rate-full"), RATE_LIMITED);
	clock_advance(MINUTE_MS);
	drain();
}

static void
leaves_other_partners_alone(void **state)
{
	(void)state;
	drain();
	assert_fault(post("rate-mine"), RATE_LIMITED);
	struct answer *a = ask_post(&world.other, CLIENTS, "rate-other",
	    "{\"client_id\":\"RATEOTHER\",\"legal_name\":\"Shop\"}");
	assert_status(a, 201);
	assert_int_equal(number_of(a, "RateLimit-Remaining"), LIMIT - 1);
	assert_status(ask_post(&world.platform, INITIALIZE, "rate-plat",
	    initialize_body("rate")), 201);
}

static void
is_shared_by_all_programs(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_status(post(textf("rate-shared-%d", i)), 201);
	assert_status(ask_post(&world.partner, CLIENTS, "rate-shared",
	    "{\"client_id\":\"RATESHARED\",\"legal_name\":\"Shop\"}"), 201);
	/* A process of its own, started for this one request. */
	assert_status(plain_post(NULL, 0, &world.partner, INITIALIZE,
	    "rate-shared-4", initialize_body("rate")), 201);
	assert_fault(post("rate-shared-5"), RATE_LIMITED);
	assert_fault(plain_post(NULL, 0, &world.partner, INITIALIZE,
	    "rate-shared-6", initialize_body("rate")), RATE_LIMITED);
}

static void
counts_replays_and_refused_input_too(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_status(post("rate-replay"), 201);
	for (int i = 0; i < 2; i++)
		assert_status(ask_post(&world.partner, INITIALIZE, "rate-bad",
		    "{}"), 400);
	assert_fault(post("rate-replay"), RATE_LIMITED);
}

static void
counts_nobody_who_is_not_who_he_says(void **state)
{
	struct apikey thief = world.partner;

	(void)state;
	memset(thief.hmac_secret, 'x', 10);
	for (int i = 0; i < 2 * LIMIT; i++)
		assert_fault(ask_post(&thief, INITIALIZE, "rate-thief",
		    initialize_body("rate")), HMAC_INVALID);
	assert_int_equal(number_of(post("rate-owner"),
	    "RateLimit-Remaining"), LIMIT - 1);
}

static void
gives_reading_a_larger_bucket_of_its_own(void **state)
{
	struct answer *a;
	int reads = 1;

	(void)state;
	drain();
	assert_fault(post("rate-read"), RATE_LIMITED);
	a = ask_get(&world.partner, CLIENTS);
	assert_status(a, 200);
	assert_int_equal(number_of(a, "RateLimit-Limit"), READS * LIMIT);
	while (a->status == 200 && reads <= 2 * READS * LIMIT) {
		a = ask_get(&world.partner, CLIENTS);
		reads++;
	}
	assert_fault(a, RATE_LIMITED);
	/* A slow machine refills while it reads. */
	assert_in_range(reads, READS * LIMIT + 1, READS * LIMIT * 3 / 2);
	assert_status(ask_get(&world.other, CLIENTS), 200);
}

/* A busy listener must not use up what payments need. */
static void
counts_reports_of_listeners_as_reading(void **state)
{
	struct answer *a;

	(void)state;
	drain();
	assert_fault(post("rate-report"), RATE_LIMITED);
	a = ask_post(&world.partner, "/api/v1/webhooks/listen/we_none/dlv_1",
	    "rate-report", "{\"status\":200}");
	assert_fault(a, ENDPOINT_NOT_FOUND);
	assert_int_equal(number_of(a, "RateLimit-Limit"), READS * LIMIT);
}

#define REFILLED(f) cmocka_unit_test_setup_teardown(f, refill, case_end)

static const struct CMUnitTest tests[] = {
	REFILLED(refuses_the_sixth_request_of_a_minute),
	REFILLED(counts_down_in_the_headers_of_every_answer),
	REFILLED(lets_one_more_through_after_retry_after),
	REFILLED(is_full_again_after_a_minute),
	REFILLED(leaves_other_partners_alone),
	REFILLED(is_shared_by_all_programs),
	REFILLED(counts_replays_and_refused_input_too),
	REFILLED(counts_nobody_who_is_not_who_he_says),
	REFILLED(gives_reading_a_larger_bucket_of_its_own),
	REFILLED(counts_reports_of_listeners_as_reading),
};

static const struct world_options options = {
	.conf = { "rate_limit_per_minute = 5" }
};

ENDPOINT_MAIN("rate-limit", tests, &options)
