/* SPDX-License-Identifier: ISC */
/* test-amount.c - money: reading, printing, arithmetic. */
#include "test.h"

#include <string.h>

#include "amount.h"

static struct slice
text(const char *s)
{
	return (struct slice){ s, strlen(s) };
}

struct vector {
	const char		*number;
	const char		*currency;
	enum amount_error	 error;
	int64_t			 minor;
};

static void
check_vectors(const struct vector *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct amount a = { .minor = -77 };
		enum amount_error e = amount_parse(text(v[i].number),
		    v[i].currency, &a);

		if (e != v[i].error)
			fail_msg("%s %s: error %d", v[i].number, v[i].currency,
			    (int)e);
		if (a.minor != (e == AMOUNT_OK ? v[i].minor : -77))
			fail_msg("%s %s: read as %lld", v[i].number,
			    v[i].currency, (long long)a.minor);
		assert_string_equal(a.currency,
		    e == AMOUNT_OK ? v[i].currency : "");
	}
}

#define CHECK(v) check_vectors(v, sizeof(v) / sizeof((v)[0]))

static void
reads_numbers_in_every_spelling(void **state)
{
	static const struct vector v[] = {
		{ "750", "USD", AMOUNT_OK, 75000 },
		{ "750.00", "USD", AMOUNT_OK, 75000 },
		{ "750.000000000000000000000", "USD", AMOUNT_OK, 75000 },
		{ "1", "USD", AMOUNT_OK, 100 },
		{ "0.01", "USD", AMOUNT_OK, 1 },
		{ "10.5", "USD", AMOUNT_OK, 1050 },
		{ "1e2", "USD", AMOUNT_OK, 10000 },
		{ "1E+2", "USD", AMOUNT_OK, 10000 },
		{ "1e0", "USD", AMOUNT_OK, 100 },
		{ "1e-2", "USD", AMOUNT_OK, 1 },
		{ "12.34e1", "USD", AMOUNT_OK, 12340 },
		{ "1234e-2", "USD", AMOUNT_OK, 1234 },
		{ "0.0001e4", "USD", AMOUNT_OK, 100 },
		{ "0.00e2", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "100000e-000000000000000000000005", "USD", AMOUNT_OK, 100 },
		{ "1", "XXX", AMOUNT_OK, 100 },
	};

	(void)state;
	CHECK(v);
}

static void
takes_the_noise_of_floating_point_for_the_unit_it_was(void **state)
{
	static const struct vector v[] = {
		{ "0.30000000000000004", "USD", AMOUNT_OK, 30 },
		{ "4.200000000000003", "USD", AMOUNT_OK, 420 },
		{ "0.6000000000000001", "USD", AMOUNT_OK, 60 },
		{ "1.0999999999999999", "USD", AMOUNT_OK, 110 },
		{ "0.9999999999999999", "USD", AMOUNT_OK, 100 },
		{ "1.0000001", "USD", AMOUNT_OK, 100 },
		{ "2.9999999", "JPY", AMOUNT_OK, 3 },
		{ "1.2340000000000002", "KWD", AMOUNT_OK, 1234 },
	};

	(void)state;
	CHECK(v);
}

static void
noise_ends_at_one_millionth_inclusive(void **state)
{
	static const struct vector v[] = {
		{ "1.000001", "USD", AMOUNT_OK, 100 },
		{ "1.0000010000000000", "USD", AMOUNT_OK, 100 },
		{ "1.0000010000000001", "USD", AMOUNT_TOO_FINE, 0 },
		{ "1.0000011", "USD", AMOUNT_TOO_FINE, 0 },
		{ "1.000002", "USD", AMOUNT_TOO_FINE, 0 },
		{ "0.999999", "USD", AMOUNT_OK, 100 },
		{ "0.9999989999999999", "USD", AMOUNT_TOO_FINE, 0 },
		{ "0.999998", "USD", AMOUNT_TOO_FINE, 0 },
		{ "1.0001009", "CLF", AMOUNT_OK, 10001 },
		{ "1.0001011", "CLF", AMOUNT_TOO_FINE, 0 },
		{ "1.000099", "CLF", AMOUNT_OK, 10001 },
	};

	(void)state;
	CHECK(v);
}

static void
refuses_more_decimals_than_the_currency_has(void **state)
{
	static const struct vector v[] = {
		{ "1.005", "USD", AMOUNT_TOO_FINE, 0 },
		{ "0.001", "USD", AMOUNT_TOO_FINE, 0 },
		{ "0.015", "EUR", AMOUNT_TOO_FINE, 0 },
		{ "5e-3", "USD", AMOUNT_TOO_FINE, 0 },
		{ "2e-6", "USD", AMOUNT_TOO_FINE, 0 },
		{ "12345678.901234567", "USD", AMOUNT_TOO_FINE, 0 },
		{ "1.5", "JPY", AMOUNT_TOO_FINE, 0 },
		{ "0.01", "JPY", AMOUNT_TOO_FINE, 0 },
		{ "15e-1", "JPY", AMOUNT_TOO_FINE, 0 },
		{ "1.2345", "KWD", AMOUNT_TOO_FINE, 0 },
		{ "1.23456", "UYW", AMOUNT_TOO_FINE, 0 },
		{ "999999999.985", "USD", AMOUNT_TOO_FINE, 0 },
		{ "999999999.5", "JPY", AMOUNT_TOO_FINE, 0 },
	};

	(void)state;
	CHECK(v);
}

static void
counts_decimals_as_the_currency_does(void **state)
{
	static const struct vector v[] = {
		{ "1", "JPY", AMOUNT_OK, 1 },
		{ "500.0", "JPY", AMOUNT_OK, 500 },
		{ "10", "ISK", AMOUNT_OK, 10 },
		{ "10", "UGX", AMOUNT_OK, 10 },
		{ "1.234", "KWD", AMOUNT_OK, 1234 },
		{ "1.2", "BHD", AMOUNT_OK, 1200 },
		{ "1.2345", "CLF", AMOUNT_OK, 12345 },
		{ "1.01", "MGA", AMOUNT_OK, 101 },
	};

	(void)state;
	CHECK(v);
}

static void
refuses_zero_and_below(void **state)
{
	static const struct vector v[] = {
		{ "0", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "-0", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "-0.0", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "0.00", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "-1", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "-1.005", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "-1e400", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "-1e-400", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "0e99999999999999", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "0.0e+99999999999999999999", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "0e-99999999999999999999", "USD", AMOUNT_NOT_POSITIVE, 0 },
	};

	(void)state;
	CHECK(v);
}

static void
refuses_what_rounds_to_zero(void **state)
{
	static const struct vector v[] = {
		{ "0.000001", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "1e-7", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "1e-400", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "9e-99999999999999999999", "USD", AMOUNT_NOT_POSITIVE, 0 },
		{ "0.0000009999", "JPY", AMOUNT_NOT_POSITIVE, 0 },
	};

	(void)state;
	CHECK(v);
}

static void
takes_the_largest_amount_and_nothing_above(void **state)
{
	static const struct vector v[] = {
		{ "999999999.99", "USD", AMOUNT_OK, 99999999999 },
		{ "99999999999e-2", "USD", AMOUNT_OK, 99999999999 },
		{ "999999999.9900001", "USD", AMOUNT_OK, 99999999999 },
		{ "1000000000", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "999999999.999", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "999999999.9999999", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "999999999.995", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "9999999999.900010", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "99999999999.00010", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "999999999", "JPY", AMOUNT_OK, 999999999 },
		{ "1000000000", "JPY", AMOUNT_TOO_LARGE, 0 },
		{ "999999999.9999999", "JPY", AMOUNT_TOO_LARGE, 0 },
		{ "999999999.990", "KWD", AMOUNT_OK, 999999999990 },
		{ "999999999.991", "KWD", AMOUNT_TOO_LARGE, 0 },
		{ "999999999.9900", "CLF", AMOUNT_OK, 9999999999900 },
		{ "999999999.9901", "CLF", AMOUNT_TOO_LARGE, 0 },
	};

	(void)state;
	CHECK(v);
}

static void
refuses_the_absurd_without_overflow(void **state)
{
	static const struct vector v[] = {
		{ "99999999999999999", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "18446744073709551617", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "18446744073709551617e-2", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "1e+21", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "1e400", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "1e9223372036854775807", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "1e9223372036854775808", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "1e18446744073709551617", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "1e99999999999999999999", "USD", AMOUNT_TOO_LARGE, 0 },
		{ "0.000001e99999999999999999999", "JPY", AMOUNT_TOO_LARGE, 0 },
	};

	(void)state;
	CHECK(v);
}

enum { LONG = 16 * 1024 };

/* head, then zeros up to LONG bytes less the tail, then the tail. */
static struct slice
long_number(char *space, const char *head, const char *tail)
{
	memset(space, '0', LONG);
	memcpy(space, head, strlen(head));
	memcpy(space + LONG - strlen(tail), tail, strlen(tail));
	return (struct slice){ space, LONG };
}

static void
reads_very_long_spellings_exactly(void **state)
{
	static char space[LONG];
	struct amount a;

	(void)state;
	assert_int_equal(amount_parse(long_number(space, "12.34", "0"), "USD",
	    &a), AMOUNT_OK);
	assert_int_equal(a.minor, 1234);
	assert_int_equal(amount_parse(long_number(space, "12.34", "1"), "USD",
	    &a), AMOUNT_OK);
	assert_int_equal(a.minor, 1234);
	assert_int_equal(amount_parse(long_number(space, "12.340001", "1"),
	    "USD", &a), AMOUNT_TOO_FINE);
	assert_int_equal(amount_parse(long_number(space, "1", "1"), "USD", &a),
	    AMOUNT_TOO_LARGE);
	/* 125 and 16374 zeros: 12.5 by the exponent. */
	assert_int_equal(amount_parse(long_number(space, "125",
	    "0e-16375"), "USD", &a), AMOUNT_OK);
	assert_int_equal(a.minor, 1250);
	/* 16373 zeros behind the point, then 125: 1.25 by the exponent. */
	assert_int_equal(amount_parse(long_number(space, "0.",
	    "125e16374"), "USD", &a), AMOUNT_OK);
	assert_int_equal(a.minor, 125);
}

static void
reads_no_byte_behind_the_slice(void **state)
{
	struct amount a;

	(void)state;
	assert_int_equal(amount_parse((struct slice){ "1234", 2 }, "USD", &a),
	    AMOUNT_OK);
	assert_int_equal(a.minor, 1200);
	assert_int_equal(amount_parse((struct slice){ "1e23", 3 }, "USD", &a),
	    AMOUNT_OK);
	assert_int_equal(a.minor, 10000);
	assert_int_equal(amount_parse((struct slice){ "1", 0 }, "USD", &a),
	    AMOUNT_NOT_POSITIVE);
}

static void
reads_percentages(void **state)
{
	static const struct {
		const char		*number;
		enum amount_error	 error;
		int64_t			 ppm;
	} v[] = {
		{ "2.9", AMOUNT_OK, 29000 },
		{ "3.5", AMOUNT_OK, 35000 },
		{ "0.6000000000000001", AMOUNT_OK, 6000 },
		{ "0.0001", AMOUNT_OK, 1 },
		{ "0", AMOUNT_OK, 0 },
		{ "-0", AMOUNT_OK, 0 },
		{ "-0.0e5", AMOUNT_OK, 0 },
		{ "1e-7", AMOUNT_OK, 0 },
		{ "100", AMOUNT_OK, 1000000 },
		{ "100.00000000000001", AMOUNT_OK, 1000000 },
		{ "1e2", AMOUNT_OK, 1000000 },
		{ "100.0001", AMOUNT_TOO_LARGE, 0 },
		{ "100.00005", AMOUNT_TOO_LARGE, 0 },
		{ "1e400", AMOUNT_TOO_LARGE, 0 },
		{ "0.00005", AMOUNT_TOO_FINE, 0 },
		{ "3.14159", AMOUNT_TOO_FINE, 0 },
		{ "-0.0001", AMOUNT_NOT_POSITIVE, 0 },
		{ "-1e-7", AMOUNT_NOT_POSITIVE, 0 },
		{ "-3", AMOUNT_NOT_POSITIVE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		int64_t ppm = -77;
		enum amount_error e = percent_parse(text(v[i].number), &ppm);

		if (e != v[i].error || ppm != (e == AMOUNT_OK ? v[i].ppm : -77))
			fail_msg("%s: error %d, read as %lld", v[i].number,
			    (int)e, (long long)ppm);
	}
}

static void
prints_the_shortest_form(void **state)
{
	static const struct {
		int64_t		 minor;
		const char	*currency;
		const char	*text;
	} v[] = {
		{ 75000, "USD", "750" },
		{ 2205, "USD", "22.05" },
		{ 420, "USD", "4.2" },
		{ 72375, "USD", "723.75" },
		{ 5, "USD", "0.05" },
		{ 0, "USD", "0" },
		{ -24, "USD", "-0.24" },
		{ -100, "USD", "-1" },
		{ 100, "JPY", "100" },
		{ 1230, "KWD", "1.23" },
		{ 1, "UYW", "0.0001" },
		{ 99999999999, "USD", "999999999.99" },
		{ INT64_MAX, "USD", "92233720368547758.07" },
		{ INT64_MIN, "USD", "-92233720368547758.08" },
		{ INT64_MIN, "JPY", "-9223372036854775808" },
		{ INT64_MIN, "CLF", "-922337203685477.5808" },
	};
	char space[AMOUNT_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		assert_string_equal(amount_print(v[i].minor, v[i].currency,
		    space), v[i].text);
	assert_ptr_equal(amount_print(1, "USD", space), space);
}

static void
prints_percentages(void **state)
{
	char space[AMOUNT_TEXT_SIZE];

	(void)state;
	assert_string_equal(percent_print(35000, space), "3.5");
	assert_string_equal(percent_print(965000, space), "96.5");
	assert_string_equal(percent_print(6000, space), "0.6");
	assert_string_equal(percent_print(1, space), "0.0001");
	assert_string_equal(percent_print(0, space), "0");
	assert_string_equal(percent_print(1000000, space), "100");
	assert_string_equal(percent_print(-12500, space), "-1.25");
}

static void
reads_back_what_it_printed(void **state)
{
	static const char *const currencies[] = { "JPY", "USD", "KWD", "CLF" };
	char space[AMOUNT_TEXT_SIZE];

	(void)state;
	for (size_t c = 0; c < 4; c++)
		for (int64_t n = 1; n < 900000000; n = n * 3 + 1) {
			struct amount a;

			(void)amount_print(n, currencies[c], space);
			assert_int_equal(amount_parse(text(space),
			    currencies[c], &a), AMOUNT_OK);
			assert_int_equal(a.minor, n);
		}
}

static void
knows_the_digits_of_every_currency(void **state)
{
	static const char none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF "
	    "UGX UYI VND VUV XAF XOF XPF ";
	static const char three[] = "BHD IQD JOD KWD LYD OMR TND ";
	static const char two[] = "USD EUR GBP MGA MRU HUF TWD NGN XYZ ";
	char c[4];

	(void)state;
	for (const char *p = none; *p != '\0'; p += 4) {
		assert_true(currency_parse(p, 3, c));
		assert_int_equal(currency_exponent(c), 0);
	}
	for (const char *p = three; *p != '\0'; p += 4) {
		assert_true(currency_parse(p, 3, c));
		assert_int_equal(currency_exponent(c), 3);
	}
	for (const char *p = two; *p != '\0'; p += 4) {
		assert_true(currency_parse(p, 3, c));
		assert_int_equal(currency_exponent(c), 2);
	}
	assert_int_equal(currency_exponent("CLF"), 4);
	assert_int_equal(currency_exponent("UYW"), 4);
}

static void
knows_the_digits_that_stripe_counts(void **state)
{
	static const char none[] = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF "
	    "VND VUV XAF XOF XPF ";
	static const char three[] = "BHD JOD KWD OMR TND ";
	static const char two[] = "USD EUR ISK UGX MRU HUF TWD IQD LYD CLF "
	    "UYI UYW XYZ ";
	char c[4];

	(void)state;
	for (const char *p = none; *p != '\0'; p += 4) {
		assert_true(currency_parse(p, 3, c));
		assert_int_equal(currency_exponent_stripe(c), 0);
	}
	for (const char *p = three; *p != '\0'; p += 4) {
		assert_true(currency_parse(p, 3, c));
		assert_int_equal(currency_exponent_stripe(c), 3);
	}
	for (const char *p = two; *p != '\0'; p += 4) {
		assert_true(currency_parse(p, 3, c));
		assert_int_equal(currency_exponent_stripe(c), 2);
	}
}

static void
takes_currencies_in_any_case(void **state)
{
	char c[4] = "";

	(void)state;
	assert_true(currency_parse("usd", 3, c));
	assert_string_equal(c, "USD");
	assert_true(currency_parse("eUr", 3, c));
	assert_string_equal(c, "EUR");
	assert_true(currency_parse("AZaz", 3, c));
	assert_string_equal(c, "AZA");
}

static void
refuses_what_is_not_three_letters(void **state)
{
	static const struct slice bad[] = {
		{ "", 0 }, { "US", 2 }, { "USDT", 4 }, { "U D", 3 },
		{ "US1", 3 }, { "US\0", 3 }, { "@AB", 3 }, { "AB[", 3 },
		{ "`ab", 3 }, { "ab{", 3 }, { "\xc3\x89U", 3 }, { "usd ", 4 },
	};
	char c[4] = "OLD";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(currency_parse(bad[i].p, bad[i].n, c));
	assert_string_equal(c, "OLD");
}

static void
adds_and_subtracts(void **state)
{
	int64_t n;

	(void)state;
	assert_true(money_add(2205, 420, &n));
	assert_int_equal(n, 2625);
	assert_true(money_sub(35, 59, &n));
	assert_int_equal(n, -24);
	assert_true(money_add(INT64_MAX, 0, &n));
	assert_true(n == INT64_MAX);
	assert_true(money_sub(INT64_MIN, 0, &n));
	assert_true(n == INT64_MIN);
}

static void
refuses_sums_that_overflow(void **state)
{
	int64_t n = 5;

	(void)state;
	assert_false(money_add(INT64_MAX, 1, &n));
	assert_false(money_add(INT64_MIN, -1, &n));
	assert_false(money_sub(INT64_MIN, 1, &n));
	assert_false(money_sub(0, INT64_MIN, &n));
	assert_int_equal(n, 5);
}

static void
rounds_shares_half_up(void **state)
{
	static const struct { int64_t minor, ppm, share; } v[] = {
		/* 750, 10 and 75 dollars at 2.9 and 3.5 percent. */
		{ 75000, 29000, 2175 },
		{ 75000, 35000, 2625 },
		{ 1000, 29000, 29 },
		{ 1000, 35000, 35 },
		{ 7500, 29000, 218 },
		{ 7500, 35000, 263 },
		{ 1, 499999, 0 },
		{ 1, 500000, 1 },
		{ 3, 500000, 2 },
		{ 0, 1000000, 0 },
		{ 75000, 0, 0 },
		{ 99999999999, 1000000, 99999999999 },
		{ INT64_MAX, 1000000, INT64_MAX },
		{ 1000000, INT64_MAX, INT64_MAX },
		{ INT64_MAX, 500000, INT64_MAX / 2 + 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		int64_t share = -1;

		assert_true(money_share_half_up(v[i].minor, v[i].ppm, &share));
		assert_int_equal(share, v[i].share);
	}
}

static void
refuses_shares_that_overflow_or_are_negative(void **state)
{
	int64_t n = 5;

	(void)state;
	assert_false(money_share_half_up(INT64_MAX, 1000001, &n));
	assert_false(money_share_half_up(INT64_MAX, INT64_MAX, &n));
	assert_false(money_share_half_up(-1, 29000, &n));
	assert_false(money_share_half_up(75000, -1, &n));
	assert_false(money_share_half_up(INT64_MIN, INT64_MIN, &n));
	assert_int_equal(n, 5);
}

static void
counts_as_stripe_does_and_back(void **state)
{
	static const struct {
		const char	*currency;
		int64_t		 minor, units;
	} v[] = {
		{ "USD", 75000, 75000 },
		{ "JPY", 500, 500 },
		{ "ISK", 500, 50000 },
		{ "UGX", 1, 100 },
		{ "KWD", 1230, 1230 },
		{ "MGA", 500, 5 },
		{ "LYD", 1230, 123 },
		{ "CLF", 12300, 123 },
		{ "USD", -5, -5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		int64_t n = 0;

		assert_true(money_to_stripe(v[i].minor, v[i].currency, &n));
		assert_int_equal(n, v[i].units);
		assert_true(money_from_stripe(v[i].units, v[i].currency, &n));
		assert_int_equal(n, v[i].minor);
	}
}

static void
refuses_what_the_other_side_cannot_say(void **state)
{
	int64_t n = 5;

	(void)state;
	assert_false(money_to_stripe(INT64_MAX / 100 + 1, "ISK", &n));
	assert_false(money_to_stripe(101, "MGA", &n));
	assert_false(money_to_stripe(1234, "LYD", &n));
	assert_false(money_from_stripe(50001, "ISK", &n));
	assert_false(money_from_stripe(50, "UGX", &n));
	assert_false(money_from_stripe(INT64_MAX / 100 + 1, "MGA", &n));
	assert_false(money_from_stripe(INT64_MIN, "CLF", &n));
	assert_int_equal(n, 5);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(reads_numbers_in_every_spelling),
	cmocka_unit_test(takes_the_noise_of_floating_point_for_the_unit_it_was),
	cmocka_unit_test(noise_ends_at_one_millionth_inclusive),
	cmocka_unit_test(refuses_more_decimals_than_the_currency_has),
	cmocka_unit_test(counts_decimals_as_the_currency_does),
	cmocka_unit_test(refuses_zero_and_below),
	cmocka_unit_test(refuses_what_rounds_to_zero),
	cmocka_unit_test(takes_the_largest_amount_and_nothing_above),
	cmocka_unit_test(refuses_the_absurd_without_overflow),
	cmocka_unit_test(reads_very_long_spellings_exactly),
	cmocka_unit_test(reads_no_byte_behind_the_slice),
	cmocka_unit_test(reads_percentages),
	cmocka_unit_test(prints_the_shortest_form),
	cmocka_unit_test(prints_percentages),
	cmocka_unit_test(reads_back_what_it_printed),
	cmocka_unit_test(knows_the_digits_of_every_currency),
	cmocka_unit_test(knows_the_digits_that_stripe_counts),
	cmocka_unit_test(takes_currencies_in_any_case),
	cmocka_unit_test(refuses_what_is_not_three_letters),
	cmocka_unit_test(adds_and_subtracts),
	cmocka_unit_test(refuses_sums_that_overflow),
	cmocka_unit_test(rounds_shares_half_up),
	cmocka_unit_test(refuses_shares_that_overflow_or_are_negative),
	cmocka_unit_test(counts_as_stripe_does_and_back),
	cmocka_unit_test(refuses_what_the_other_side_cannot_say),
};

TEST_MAIN("amount", tests)
