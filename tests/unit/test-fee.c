/* SPDX-License-Identifier: ISC */
/* test-fee.c - the division of a payment, worked by hand. */
#include "fee.h"

#include <stdio.h>
#include <string.h>

#include "test.h"

static struct amount
amount(int64_t minor, const char *currency)
{
	struct amount a = { .minor = minor };

	snprintf(a.currency, sizeof(a.currency), "%s", currency);
	return a;
}

struct worked {
	const char	*name;
	int64_t		 minor;
	const char	*currency;
	struct fee_terms terms;
	int64_t		 processor_fee, platform_fee, net, clive_earning;
};

#define PLAIN { FEE_STRIPE_PPM, FEE_STRIPE_FIXED, 35000, -1, -1 }

static const struct worked table[] = {
	{ "the sample: 750", 75000, "USD", PLAIN, 2205, 420, 72375, 420 },
	{ "platform fee of zero: 50", 5000, "USD", PLAIN, 175, 0, 4825, 0 },
	{ "negative platform fee: 10", 1000, "USD", PLAIN,
	    59, -24, 965, -24 },
	{ "both halves round up: 75", 7500, "USD", PLAIN, 248, 15, 7237, 15 },
	{ "the least payment", 1, "USD", PLAIN, 30, -30, 1, -30 },
	{ "no decimals: 750 yen", 750, "JPY", PLAIN, 22, 4, 724, 4 },
	{ "no decimals: 1 yen", 1, "JPY", PLAIN, 0, 0, 1, 0 },
	{ "three decimals: 750 dinars", 750000, "KWD", PLAIN,
	    22050, 4200, 723750, 4200 },
	{ "letters that no list has", 75000, "XYZ", PLAIN,
	    2205, 420, 72375, 420 },
	{ "client's percentage wins", 75000, "USD",
	    { FEE_STRIPE_PPM, FEE_STRIPE_FIXED, 35000, 50000, -1 }, 2205, 1545, 71250, 420 },
	{ "client's percentage of zero wins", 75000, "USD",
	    { FEE_STRIPE_PPM, FEE_STRIPE_FIXED, 35000, 0, -1 }, 2205, -2205, 75000, 420 },
	{ "flat fee on dollars", 75000, "USD",
	    { FEE_STRIPE_PPM, FEE_STRIPE_FIXED, 35000, -1, 100 }, 2205, 520, 72275, 420 },
	{ "flat fee of zero", 75000, "USD",
	    { FEE_STRIPE_PPM, FEE_STRIPE_FIXED, 35000, -1, 0 }, 2205, 420, 72375, 420 },
	{ "flat fee on euros", 75000, "EUR",
	    { FEE_STRIPE_PPM, FEE_STRIPE_FIXED, 35000, -1, 100 }, 2205, 420, 72375, 420 },
	{ "flat fee above the payment", 50, "USD",
	    { FEE_STRIPE_PPM, FEE_STRIPE_FIXED, 35000, -1, 1000 }, 31, 971, -952, -29 },
	{ "percentage and flat fee", 75000, "USD",
	    { FEE_STRIPE_PPM, FEE_STRIPE_FIXED, 35000, 50000, 100 }, 2205, 1645, 71150, 420 },
	{ "everything goes to us", 75000, "USD",
	    { FEE_STRIPE_PPM, FEE_STRIPE_FIXED, 1000000, -1, -1 }, 2205, 72795, 0, 72795 },
	{ "no fee at all", 75000, "USD",
	    { 0, FEE_STRIPE_FIXED, 0, -1, -1 }, 30, -30, 75000, -30 },
};

static void
worked_figures_come_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct worked *w = &table[i];
		struct fee fee;

		assert_true(fee_split(amount(w->minor, w->currency), w->terms,
		    &fee));
		if (fee.processor_fee != w->processor_fee ||
		    fee.platform_fee != w->platform_fee ||
		    fee.net != w->net ||
		    fee.clive_earning != w->clive_earning)
			fail_msg("%s: %lld %lld %lld %lld", w->name,
			    (long long)fee.processor_fee,
			    (long long)fee.platform_fee, (long long)fee.net,
			    (long long)fee.clive_earning);
	}
}

static void
percentages_are_those_in_effect(void **state)
{
	struct fee fee;

	(void)state;
	assert_true(fee_split(amount(75000, "USD"),
	    (struct fee_terms)PLAIN, &fee));
	assert_int_equal(fee.processor_ppm, 29000);
	assert_int_equal(fee.partner_ppm, 35000);
	assert_int_equal(fee.clive_earning_ppm, 6000);
	/* What a client pays on top is the partner's, not ours. */
	assert_true(fee_split(amount(75000, "USD"), (struct fee_terms){
	    FEE_STRIPE_PPM, FEE_STRIPE_FIXED, 35000, 50000, 100 }, &fee));
	assert_int_equal(fee.partner_ppm, 50000);
	assert_int_equal(fee.clive_earning_ppm, 6000);
	assert_true(fee_split(amount(75000, "USD"), (struct fee_terms){
	    FEE_STRIPE_PPM, FEE_STRIPE_FIXED, 20000, -1, -1 }, &fee));
	assert_int_equal(fee.clive_earning_ppm, -9000);
}

static void
the_fixed_part_is_in_hundredths(void **state)
{
	static const struct {
		int64_t		 minor;
		const char	*currency;
		int64_t		 ppm, hundredths, fee;
	} rows[] = {
		{ 10000, "EUR", 10000, 20, 120 },
		{ 10000, "EUR", 0, 250, 250 },
		{ 10000, "EUR", 0, 0, 0 },
		{ 1500, "ISK", 10000, 20, 15 },
		{ 1500, "ISK", 10000, 50, 16 },
		{ 1000, "KWD", 10000, 20, 210 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t fee;
		assert_true(fee_processor(amount(rows[i].minor,
		    rows[i].currency), rows[i].ppm, rows[i].hundredths, &fee));
		assert_int_equal(fee, rows[i].fee);
	}
}

static void
refuses_what_overflows(void **state)
{
	static const struct fee_terms terms[] = {
		{ 1000000, 30, 0, -1, -1 },	/* fixed part on top */
		{ 0, 30, 1000000, -1, 1000 },	/* flat part on top */
		{ 0, 30, 0, 1000000, 1000 },
	};
	struct fee fee;

	(void)state;
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++)
		assert_false(fee_split(amount(INT64_MAX, "USD"), terms[i],
		    &fee));
	/* The same terms are fine on what can be paid. */
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++)
		assert_true(fee_split(amount(INT64_C(99999999999), "USD"),
		    terms[i], &fee));
}

/* The same numbers on every run, so that a failure can be looked at. */
static uint64_t
next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return *seed >> 20;
}

static void
parts_always_add_up_to_the_amount(void **state)
{
	static const char *const currencies[] = { "USD", "EUR", "JPY",
	    "KWD", "CLF", "NGN" };
	uint64_t seed = 4390;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		struct amount a = amount(
		    (int64_t)(next(&seed) % 99999999999) + 1,
		    currencies[next(&seed) % 6]);
		struct fee_terms terms = {
			(int64_t)(next(&seed) % 1000001),
			(int64_t)(next(&seed) % 100001),
			(int64_t)(next(&seed) % 1000001),
			(int64_t)(next(&seed) % 1000002) - 1,
			(int64_t)(next(&seed) % 1002) - 1
		};
		struct fee fee;

		assert_true(fee_split(a, terms, &fee));
		assert_int_equal(a.minor,
		    fee.processor_fee + fee.platform_fee + fee.net);
		assert_true(fee.processor_fee >= 0);
		/* The client's terms never change what we earn. */
		terms.client_ppm = terms.client_flat_cents = -1;
		int64_t earned = fee.clive_earning;
		assert_true(fee_split(a, terms, &fee));
		assert_int_equal(fee.clive_earning, earned);
		assert_int_equal(fee.platform_fee, earned);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(worked_figures_come_out),
	cmocka_unit_test(percentages_are_those_in_effect),
	cmocka_unit_test(the_fixed_part_is_in_hundredths),
	cmocka_unit_test(refuses_what_overflows),
	cmocka_unit_test(parts_always_add_up_to_the_amount),
};

TEST_MAIN("fee", tests)
