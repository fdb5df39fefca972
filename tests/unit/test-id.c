/* SPDX-License-Identifier: ISC */
/* test-id.c - identifiers sort by time and never meet twice. */
#include "id.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

#define DIGITS "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

enum { MANY = 100000 };

static void
begins_with_prefix_and_time(void **state)
{
	static const struct {
		int64_t		 now;
		const char	*text;
	} table[] = {
		{ 0, "evt_0000000000" },
		{ 1, "evt_0000000001" },
		{ 31, "evt_000000000Z" },
		{ 32, "evt_0000000010" },
		{ INT64_C(1469918176385), "evt_01ARYZ6S41" },
		{ INT64_C(281474976710655), "evt_7ZZZZZZZZZ" },
	};
	char id[ID_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_ptr_equal(id_make("evt_", table[i].now, id), id);
		assert_memory_equal(id, table[i].text, 14);
		assert_int_equal(strlen(id), 4 + 26);
		assert_int_equal(strspn(id + 4, DIGITS), 26);
	}
}

static void
longest_prefix_fits(void **state)
{
	char id[ID_SIZE];

	(void)state;
	memset(id, 'x', sizeof(id));
	id_make("12345678", 1, id);
	assert_int_equal(strlen(id), 34);
	id_make("", 1, id);
	assert_int_equal(strlen(id), 26);
}

static void
later_sorts_after_earlier(void **state)
{
	char before[ID_SIZE], after[ID_SIZE];
	int64_t now = 1;

	(void)state;
	id_make("le_", 0, before);
	for (; now < INT64_C(1) << 47; now = now * 3 / 2 + 1) {
		id_make("le_", now, after);
		assert_true(strcmp(before, after) < 0);
		memcpy(before, after, sizeof(before));
	}
}

static void
later_payments_sort_after_earlier_ones(void **state)
{
	char before[ID_SIZE], after[ID_SIZE];

	(void)state;
	id_make_tx(INT64_C(1764000000000), before);
	for (int64_t ms = 1; ms < 1000; ms++) {
		id_make_tx(INT64_C(1764000000000) + ms, after);
		assert_true(strcmp(before, after) < 0);
		memcpy(before, after, sizeof(before));
	}
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
assert_all_different(char (*ids)[ID_SIZE], size_t n)
{
	qsort(ids, n, ID_SIZE, compare);
	for (size_t i = 1; i < n; i++)
		if (strcmp(ids[i - 1], ids[i]) == 0)
			fail_msg("twice: %s", ids[i]);
}

static void
a_hundred_thousand_of_one_moment_differ(void **state)
{
	char (*ids)[ID_SIZE] = calloc(MANY, ID_SIZE);

	(void)state;
	assert_non_null(ids);
	for (size_t i = 0; i < MANY; i++)
		id_make("req_", 1, ids[i]);
	assert_all_different(ids, MANY);
	free(ids);
}

static void
ids_of_one_millisecond_sort_as_they_were_made(void **state)
{
	char before[ID_SIZE], id[ID_SIZE];

	(void)state;
	id_make("evt_", 5, before);
	for (int n = 0; n < 2000; n++) {
		id_make("evt_", 5, id);
		assert_true(strcmp(before, id) < 0);
		memcpy(before, id, sizeof(before));
	}
}

/* Every random place must take every digit sooner or later. */
static void
all_random_places_vary(void **state)
{
	bool seen[16][128] = { { false } };
	char id[ID_SIZE];

	(void)state;
	for (int n = 0; n < 2000; n++) {
		id_make("", n, id);
		for (int i = 0; i < 16; i++)
			seen[i][(unsigned char)id[10 + i]] = true;
	}
	/* The first leaves room to count up: half its digits. */
	for (int i = 1; i < 16; i++)
		for (const char *d = DIGITS; *d != '\0'; d++)
			assert_true(seen[i][(unsigned char)*d]);
}

static void
names_of_payments_have_their_exact_layout(void **state)
{
	static const int64_t times[] = { 0, 1, INT64_C(1764000000000),
	    INT64_C(9999999999999) };
	char id[ID_SIZE], expected[ID_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		for (int n = 0; n < 200; n++) {
			assert_ptr_equal(id_make_tx(times[i], id), id);
			snprintf(expected, sizeof(expected),
			    "CLVTX_%013" PRId64 "_", times[i]);
			assert_int_equal(strlen(expected), 20);
			assert_memory_equal(id, expected, 20);
			assert_int_equal(strspn(id + 20, "0123456789"), 9);
			assert_int_equal(strlen(id), 29);
		}
}

static void
names_of_payments_take_every_digit_in_every_place(void **state)
{
	bool seen[9][10] = { { false } };
	char id[ID_SIZE];

	(void)state;
	for (int n = 0; n < 1000; n++) {
		id_make_tx(0, id);
		for (int i = 0; i < 9; i++)
			seen[i][id[20 + i] - '0'] = true;
	}
	for (int i = 0; i < 9; i++)
		for (int d = 0; d < 10; d++)
			assert_true(seen[i][d]);
}

static void
row_names_of_different_payments_differ(void **state)
{
	static const char *const tails[] = { "000000000", "000000001",
	    "000000010", "100000000", "999999999" };
	char (*ids)[ID_SIZE] = calloc(MANY, ID_SIZE), tx[ID_SIZE];
	size_t n = 0;

	(void)state;
	assert_non_null(ids);
	for (int64_t ms = 0; ms < 2000; ms++)
		for (size_t t = 0; t < 5; t++) {
			snprintf(tx, sizeof(tx), "CLVTX_%013" PRId64 "_%s",
			    ms < 1000 ? ms : INT64_C(1764000000000) + ms,
			    tails[t]);
			id_of_tx_row(tx, ids[n++]);
		}
	/* Neighbours, where one part could run into the other. */
	for (int i = 0; i < 50000; i++) {
		snprintf(tx, sizeof(tx), "CLVTX_%013d_%09d", 36 + i % 100 * 36,
		    1000 + i);
		id_of_tx_row(tx, ids[n++]);
	}
	assert_all_different(ids, n);
	free(ids);
}

static void
row_names_are_short_lower_case_and_stable(void **state)
{
	char once[ID_SIZE], again[ID_SIZE];

	(void)state;
	id_of_tx_row("CLVTX_1764000000000_123456789", once);
	assert_ptr_equal(id_of_tx_row("CLVTX_1764000000000_123456789", again),
	    again);
	assert_string_equal(once, again);
	assert_memory_equal(once, "cm", 2);
	assert_int_equal(strspn(once,
	    "0123456789abcdefghijklmnopqrstuvwxyz"), strlen(once));
	assert_in_range(strlen(once), 10, 30);
}

/* An id from elsewhere must not be read past its end. */
static void
row_names_survive_foreign_text(void **state)
{
	char id[ID_SIZE];

	(void)state;
	assert_memory_equal(id_of_tx_row("", id), "cm", 2);
	assert_memory_equal(id_of_tx_row("CLVTX_", id), "cm", 2);
	assert_memory_equal(id_of_tx_row("CLVTX_1764000000000_", id), "cm", 2);
}

static void
a_floor_is_below_what_is_made_then_and_above_what_was(void **state)
{
	char floor[ID_SIZE], id[ID_SIZE];
	const int64_t moments[] = { 0, 1, 31, 32, INT64_C(1764000000000),
	    (INT64_C(1) << 48) - 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		id_floor("evt_", moments[i], floor);
		id_make("evt_", moments[i], id);
		assert_memory_equal(floor, id, strlen(floor));
		assert_true(strcmp(floor, id) < 0);
		if (moments[i] > 0)
			assert_true(strcmp(floor, id_make("evt_",
			    moments[i] - 1, id)) > 0);
	}
	assert_string_equal(id_floor("evt_", -1, floor), "evt_");
	id_make("evt_", (INT64_C(1) << 48) - 1, id);
	assert_true(strcmp(id_floor("evt_", INT64_C(1) << 48, floor), id) >
	    0);
	assert_true(strcmp(id_floor("evt_", INT64_MAX, floor), id) > 0);
}

static void
uuids_are_of_version_7_and_sort_by_time(void **state)
{
	char a[ID_SIZE], b[ID_SIZE];

	(void)state;
	/* The time of the example in RFC 9562, A.6. */
	id_make_uuid(INT64_C(1645557742000), a);
	assert_int_equal(strlen(a), 36);
	assert_memory_equal(a, "017f22e2-79b0-7", 15);
	assert_non_null(strchr("89ab", a[19]));
	id_make_uuid(INT64_C(1645557742000), b);
	assert_true(strcmp(a, b) < 0);
	id_make_uuid(INT64_C(1645557742001), a);
	assert_true(strcmp(b, a) < 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(uuids_are_of_version_7_and_sort_by_time),
	cmocka_unit_test(begins_with_prefix_and_time),
	cmocka_unit_test(longest_prefix_fits),
	cmocka_unit_test(later_sorts_after_earlier),
	cmocka_unit_test(later_payments_sort_after_earlier_ones),
	cmocka_unit_test(a_hundred_thousand_of_one_moment_differ),
	cmocka_unit_test(ids_of_one_millisecond_sort_as_they_were_made),
	cmocka_unit_test(all_random_places_vary),
	cmocka_unit_test(names_of_payments_have_their_exact_layout),
	cmocka_unit_test(names_of_payments_take_every_digit_in_every_place),
	cmocka_unit_test(row_names_of_different_payments_differ),
	cmocka_unit_test(row_names_are_short_lower_case_and_stable),
	cmocka_unit_test(row_names_survive_foreign_text),
	cmocka_unit_test(a_floor_is_below_what_is_made_then_and_above_what_was),
};

TEST_MAIN("id", tests)
