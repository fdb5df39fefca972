/* SPDX-License-Identifier: ISC */
/* test-retry-after.c - seconds, dates, and what is neither. */
#include "retry-after.h"

#include "test.h"

/* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOW	INT64_C(784111777000)
#define DAY_MS	INT64_C(86400000)

struct row {
	const char	*value, *date;
	int64_t		 ms;
};

static void
assert_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int64_t ms = retry_after_ms(rows[i].value, rows[i].date, NOW);
		if (ms != rows[i].ms)
			fail_msg("'%s' with '%s': %lld instead of %lld",
			    rows[i].value, rows[i].date != NULL ?
			    rows[i].date : "no date", (long long)ms,
			    (long long)rows[i].ms);
	}
}

static void
seconds_are_seconds_up_to_a_day(void **state)
{
	static const struct row rows[] = {
		{ "0", NULL, 0 }, { "1", NULL, 1000 }, { "120", NULL, 120000 },
		{ "007", NULL, 7000 }, { "86399", NULL, 86399000 },
		{ "86400", NULL, DAY_MS }, { "86401", NULL, DAY_MS },
		{ "4294967296", NULL, DAY_MS },
		{ "9223372036854775808", NULL, DAY_MS },
		{ "99999999999999999999999999999999", NULL, DAY_MS }
	};

	(void)state;
	assert_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
dates_of_all_three_forms_are_read(void **state)
{
	static const struct row rows[] = {
		{ "Sun, 06 Nov 1994 08:50:37 GMT", NULL, 60000 },
		{ "Sunday, 06-Nov-94 08:50:37 GMT", NULL, 60000 },
		{ "Sun Nov  6 08:50:37 1994", NULL, 60000 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", NULL, 0 },
		{ "Sun, 06 Nov 1994 08:49:36 GMT", NULL, 0 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", NULL, 0 },
		{ "Tue, 08 Nov 1994 08:49:37 GMT", NULL, DAY_MS },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", NULL, DAY_MS }
	};

	(void)state;
	assert_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
a_date_counts_from_the_answers_own_clock(void **state)
{
	static const struct row rows[] = {
		{ "Mon, 01 Jan 2001 00:00:30 GMT",
		    "Mon, 01 Jan 2001 00:00:00 GMT", 30000 },
		{ "Mon, 01 Jan 2001 00:00:00 GMT",
		    "Mon, 01 Jan 2001 00:00:30 GMT", 0 },
		{ "Sun, 06 Nov 1994 08:50:37 GMT", "yesterday", 60000 },
		{ "5", "Mon, 01 Jan 2001 00:00:30 GMT", 5000 }
	};

	(void)state;
	assert_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static void
what_is_neither_says_nothing(void **state)
{
	static const struct row rows[] = {
		{ NULL, NULL, 0 }, { "", NULL, 0 }, { "-1", NULL, 0 },
		{ "+5", NULL, 0 }, { " 5", NULL, 0 }, { "5 ", NULL, 0 },
		{ "5s", NULL, 0 }, { "1.5", NULL, 0 }, { "1e3", NULL, 0 },
		{ "0x10", NULL, 0 }, { "soon", NULL, 0 }, { "NaN", NULL, 0 },
		{ "\xd9\xa3", NULL, 0 },
		{ "Sun, 99 Nov 1994 08:49:37 GMT", NULL, 0 }
	};

	(void)state;
	assert_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(seconds_are_seconds_up_to_a_day),
	cmocka_unit_test(dates_of_all_three_forms_are_read),
	cmocka_unit_test(a_date_counts_from_the_answers_own_clock),
	cmocka_unit_test(what_is_neither_says_nothing),
};

TEST_MAIN("retry-after", tests)
