/* SPDX-License-Identifier: ISC */
/* test-arena.c - memory that is given back all at once. */
#include "test.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"

static int
setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void
assert_zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i], 0);
}

/* Bytes that malloc has given out; 0 where a tool has taken its place. */
static size_t
bytes_in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* The signal that ends a child which asks for n bytes; 0 where none does. */
static int
death_by_asking(size_t n)
{
	const struct rlimit no_core = { 0, 0 };
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		(void)setrlimit(RLIMIT_CORE, &no_core);
		(void)signal(SIGABRT, SIG_DFL);
		(void)close(STDERR_FILENO);
		(void)arena_alloc(arena_new(), n);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void
starts_empty(void **state)
{
	assert_int_equal(arena_used(*state), 0);
}

static void
gives_zeroed_bytes(void **state)
{
	assert_zero(arena_alloc(*state, 1000), 1000);
}

static void
aligns_every_piece_for_any_type(void **state)
{
	for (size_t n = 0; n < 100; n++) {
		uintptr_t p = (uintptr_t)arena_alloc(*state, n);

		assert_int_equal(p % _Alignof(max_align_t), 0);
	}
}

static void
gives_no_bytes_at_an_address_that_is_not_null(void **state)
{
	assert_non_null(arena_alloc(*state, 0));
	assert_int_equal(arena_used(*state), 0);
}

static void
keeps_pieces_apart(void **state)
{
	char *pieces[500];

	for (int i = 0; i < 500; i++) {
		pieces[i] = arena_alloc(*state, (size_t)i * 7 + 1);
		memset(pieces[i], i % 251, (size_t)i * 7 + 1);
	}

	for (int i = 0; i < 500; i++) {
		assert_int_equal((unsigned char)pieces[i][0], i % 251);
		assert_int_equal((unsigned char)pieces[i][i * 7], i % 251);
	}
}

static void
gives_pieces_larger_than_a_block(void **state)
{
	char *before = arena_strdup(*state, "before");
	char *large = arena_alloc(*state, 3000000);
	char *after = arena_strdup(*state, "after");

	memset(large, 'x', 3000000);

	assert_string_equal(before, "before");
	assert_string_equal(after, "after");
}

static void
goes_on_filling_a_block_behind_a_large_piece(void **state)
{
	char *before = arena_alloc(*state, 16);
	(void)arena_alloc(*state, 3000000);
	char *after = arena_alloc(*state, 16);

	assert_true(after > before && after - before < 100);
}

static void
counts_the_bytes_it_handed_out(void **state)
{
	(void)arena_alloc(*state, 3);
	(void)arena_strdup(*state, "four");

	assert_int_equal(arena_used(*state), 3 + 5);
}

static void
a_reset_takes_everything_back(void **state)
{
	(void)arena_alloc(*state, 100000);

	arena_reset(*state);

	assert_int_equal(arena_used(*state), 0);
}

static void
a_reset_keeps_the_blocks(void **state)
{
	char *first = arena_alloc(*state, 100);

	arena_reset(*state);

	assert_ptr_equal(arena_alloc(*state, 100), first);
}

static void
a_reset_gives_back_what_is_too_much_to_keep(void **state)
{
	size_t before = bytes_in_use();

	(void)arena_alloc(*state, 3000000);
	for (int i = 0; i < 20; i++)
		(void)arena_alloc(*state, 100000);
	arena_reset(*state);

	assert_true(bytes_in_use() <= before + 300000);
}

static void
a_reset_of_an_empty_arena_does_nothing(void **state)
{
	arena_reset(*state);
	arena_reset(*state);

	assert_int_equal(arena_used(*state), 0);
}

static void
a_reset_wipes_what_was_written(void **state)
{
	for (int i = 0; i < 20; i++)
		memset(arena_alloc(*state, 10000), 'x', 10000);

	arena_reset(*state);

	for (int i = 0; i < 20; i++)
		assert_zero(arena_alloc(*state, 10000), 10000);
}

static void
a_large_spare_block_waits_for_a_large_piece(void **state)
{
	(void)arena_alloc(*state, 16);
	char *large = arena_alloc(*state, 100000);
	arena_reset(*state);

	(void)arena_alloc(*state, 16);

	assert_ptr_equal(arena_alloc(*state, 100000), large);
}

static void
lives_through_many_rounds(void **state)
{
	for (size_t round = 1; round < 200; round++) {
		for (size_t i = 0; i < 40; i++)
			(void)arena_alloc(*state, round * 97 + i);
		arena_reset(*state);
	}

	assert_int_equal(arena_used(*state), 0);
}

static void
copies_a_string(void **state)
{
	const char *original = "text";
	char *copy = arena_strdup(*state, original);

	assert_string_equal(copy, "text");
	assert_ptr_not_equal(copy, original);
}

static void
copies_bytes_and_ends_them_in_nul(void **state)
{
	char *copy = arena_strndup(*state, "a\0bcd", 3);

	assert_memory_equal(copy, "a\0b", 4);
}

static void
copies_no_bytes_as_the_empty_string(void **state)
{
	assert_string_equal(arena_strndup(*state, NULL, 0), "");
	assert_string_equal(arena_strdup(*state, ""), "");
}

static void
prints(void **state)
{
	char *text = arena_printf(*state, "%s-%d", "tx", 42);

	assert_string_equal(text, "tx-42");
	assert_int_equal(arena_used(*state), 6);
}

static void
prints_text_longer_than_a_block(void **state)
{
	char *text = arena_printf(*state, "%0100000d", 7);

	assert_int_equal(strlen(text), 100000);
	assert_int_equal(text[99999], '7');
}

static void
frees_nothing_without_complaint(void **state)
{
	(void)state;
	arena_free(NULL);
}

static void
stops_the_process_where_a_size_is_absurd(void **state)
{
	(void)state;
	assert_int_equal(death_by_asking(SIZE_MAX), SIGABRT);
	assert_int_equal(death_by_asking(SIZE_MAX / 2 + 1), SIGABRT);
	assert_int_equal(death_by_asking(10), 0);
}

static const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	TEST(starts_empty),
	TEST(gives_zeroed_bytes),
	TEST(aligns_every_piece_for_any_type),
	TEST(gives_no_bytes_at_an_address_that_is_not_null),
	TEST(keeps_pieces_apart),
	TEST(gives_pieces_larger_than_a_block),
	TEST(goes_on_filling_a_block_behind_a_large_piece),
	TEST(counts_the_bytes_it_handed_out),
	TEST(a_reset_takes_everything_back),
	TEST(a_reset_keeps_the_blocks),
	TEST(a_reset_gives_back_what_is_too_much_to_keep),
	TEST(a_reset_of_an_empty_arena_does_nothing),
	TEST(a_reset_wipes_what_was_written),
	TEST(a_large_spare_block_waits_for_a_large_piece),
	TEST(lives_through_many_rounds),
	TEST(copies_a_string),
	TEST(copies_bytes_and_ends_them_in_nul),
	TEST(copies_no_bytes_as_the_empty_string),
	TEST(prints),
	TEST(prints_text_longer_than_a_block),
	TEST(frees_nothing_without_complaint),
	TEST(stops_the_process_where_a_size_is_absurd),
};

TEST_MAIN("arena", tests)
