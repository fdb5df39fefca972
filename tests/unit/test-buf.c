/* SPDX-License-Identifier: ISC */
/* test-buf.c - a growing buffer that is born with its maximum. */
#include "test.h"

#include <stdint.h>
#include <string.h>

#include "buf.h"

static struct buf buf;

static int
setup(void **state)
{
	(void)state;
	buf_init(&buf, 8);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_free(&buf);
	return 0;
}

static void
assert_holds(const char *text)
{
	assert_int_equal(buf.len, strlen(text));
	assert_string_equal(buf_str(&buf), text);
}

static void
starts_empty_without_memory(void **state)
{
	(void)state;
	assert_holds("");
	assert_null(buf.data);
	assert_false(buf.failed);
}

static void
appends_in_order(void **state)
{
	(void)state;
	buf_puts(&buf, "ab");
	buf_putc(&buf, 'c');
	buf_add(&buf, "def", 2);
	buf_printf(&buf, "%d", 42);

	assert_holds("abcde42");
	assert_false(buf.failed);
}

static void
takes_exactly_its_maximum(void **state)
{
	(void)state;
	buf_puts(&buf, "12345678");

	assert_holds("12345678");
	assert_false(buf.failed);
}

static void
refuses_one_byte_past_its_maximum(void **state)
{
	(void)state;
	buf_puts(&buf, "12345678");
	buf_putc(&buf, '9');

	assert_holds("12345678");
	assert_true(buf.failed);
}

static void
writes_nothing_of_a_write_that_does_not_fit(void **state)
{
	(void)state;
	buf_puts(&buf, "123");
	buf_puts(&buf, "456789");

	assert_holds("123");
	assert_true(buf.failed);
}

static void
prints_nothing_of_a_text_that_does_not_fit(void **state)
{
	(void)state;
	buf_puts(&buf, "123");
	buf_printf(&buf, "%d", 456789);

	assert_holds("123");
	assert_true(buf.failed);
}

static void
prints_exactly_up_to_its_maximum(void **state)
{
	(void)state;
	buf_printf(&buf, "%d", 12345678);

	assert_holds("12345678");
	assert_false(buf.failed);
}

static void
stays_failed_and_takes_nothing_more(void **state)
{
	(void)state;
	buf_puts(&buf, "123456789");
	buf_puts(&buf, "1");
	buf_printf(&buf, "%d", 2);

	assert_holds("");
	assert_true(buf.failed);
}

static void
ends_in_a_nul_that_does_not_count(void **state)
{
	(void)state;
	buf_add(&buf, "a\0b", 3);

	assert_int_equal(buf.len, 3);
	assert_memory_equal(buf_str(&buf), "a\0b", 4);
}

static void
adding_nothing_changes_nothing(void **state)
{
	(void)state;
	buf_puts(&buf, "12345678");
	buf_add(&buf, NULL, 0);
	buf_puts(&buf, "");
	buf_printf(&buf, "%s", "");

	assert_holds("12345678");
	assert_false(buf.failed);
}

static void
a_reset_forgets_content_and_failure(void **state)
{
	(void)state;
	buf_puts(&buf, "1234");
	buf_puts(&buf, "56789");

	buf_reset(&buf);

	assert_holds("");
	assert_false(buf.failed);
}

static void
a_reset_keeps_the_memory(void **state)
{
	(void)state;
	buf_puts(&buf, "1234");
	const char *before = buf.data;

	buf_reset(&buf);
	buf_puts(&buf, "5678");

	assert_ptr_equal(buf.data, before);
	assert_holds("5678");
}

static void
a_reset_of_an_empty_buffer_does_nothing(void **state)
{
	(void)state;
	buf_reset(&buf);

	assert_holds("");
}

static void
can_be_used_again_after_it_was_freed(void **state)
{
	(void)state;
	buf_puts(&buf, "123456789");

	buf_free(&buf);

	assert_false(buf.failed);
	buf_puts(&buf, "12345678");
	assert_holds("12345678");
}

static void
a_maximum_of_nothing_takes_nothing(void **state)
{
	struct buf none;

	(void)state;
	buf_init(&none, 0);
	buf_puts(&none, "");
	assert_false(none.failed);

	buf_putc(&none, 'x');

	assert_true(none.failed);
	assert_string_equal(buf_str(&none), "");
	buf_free(&none);
}

static void
grows_by_doubling_and_never_past_its_maximum(void **state)
{
	struct buf big;
	size_t cap = 0, growths = 0;

	(void)state;
	buf_init(&big, 100000);
	for (int i = 0; i < 100000; i++) {
		buf_putc(&big, (char)('a' + i % 26));
		growths += big.cap != cap;
		cap = big.cap;
	}

	assert_false(big.failed);
	assert_int_equal(big.len, 100000);
	assert_int_equal(big.cap, 100001);
	assert_in_range(growths, 2, 12);
	assert_int_equal(big.data[99999], 'a' + 99999 % 26);
	buf_free(&big);
}

static void
a_maximum_of_the_address_space_does_not_overflow(void **state)
{
	struct buf big;

	(void)state;
	buf_init(&big, SIZE_MAX);
	buf_puts(&big, "text");
	assert_string_equal(buf_str(&big), "text");

	buf_add(&big, "text", SIZE_MAX - 2);

	assert_true(big.failed);
	assert_string_equal(buf_str(&big), "text");
	buf_free(&big);
}

static const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	TEST(starts_empty_without_memory),
	TEST(appends_in_order),
	TEST(takes_exactly_its_maximum),
	TEST(refuses_one_byte_past_its_maximum),
	TEST(writes_nothing_of_a_write_that_does_not_fit),
	TEST(prints_nothing_of_a_text_that_does_not_fit),
	TEST(prints_exactly_up_to_its_maximum),
	TEST(stays_failed_and_takes_nothing_more),
	TEST(ends_in_a_nul_that_does_not_count),
	TEST(adding_nothing_changes_nothing),
	TEST(a_reset_forgets_content_and_failure),
	TEST(a_reset_keeps_the_memory),
	TEST(a_reset_of_an_empty_buffer_does_nothing),
	TEST(can_be_used_again_after_it_was_freed),
	TEST(a_maximum_of_nothing_takes_nothing),
	TEST(grows_by_doubling_and_never_past_its_maximum),
	TEST(a_maximum_of_the_address_space_does_not_overflow),
};

TEST_MAIN("buf", tests)
