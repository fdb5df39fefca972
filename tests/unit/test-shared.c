/* SPDX-License-Identifier: ISC */
/* test-shared.c - one clock and one limit for all processes. */
#include "shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

static const int64_t noon = INT64_C(1764000000000);

static struct conf conf;
static char why[2048];

/* A subject that no other case has counted. */
static const char *
subject(void)
{
	static char name[32];
	static int n;

	snprintf(name, sizeof(name), "PARTNER%d", ++n);
	return name;
}

static int
make_it(void **state)
{
	char path[CONF_PATH_MAX];

	(void)state;
	memset(&conf, 0, sizeof(conf));
	fixture_folder(conf.var);
	mkdir(conf_path(&conf, "run", path), 0700);
	return 0;
}

static int
open_it(void **state)
{
	make_it(state);
	return shared_open(&conf, why, sizeof(why)) ? 0 : -1;
}

static int
drop_it(void **state)
{
	(void)state;
	fixture_remove(conf.var);
	return 0;
}

/*
 * The first cases: a process maps the file once, and here it has not yet.
 */
static void
without_the_file_there_is_no_limit_and_the_real_clock(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		assert_true(limit_take("X", 1, noon).allowed);
	assert_false(clock_advance(1000));
	assert_true(clock_now() > noon);
	snprintf(conf.var, sizeof(conf.var), "/nonexistent");
	assert_false(shared_open(&conf, why, sizeof(why)));
	assert_non_null(strstr(why, "/nonexistent/run/shared: No such file"));
}

static void
refuses_to_follow_a_link(void **state)
{
	char path[CONF_PATH_MAX], target[CONF_PATH_MAX];

	(void)state;
	conf_path(&conf, "run/shared", path);
	assert_int_equal(symlink(conf_path(&conf, "elsewhere", target), path),
	    0);
	assert_false(shared_open(&conf, why, sizeof(why)));
	assert_non_null(strstr(why, "run/shared: "));
	assert_int_not_equal(access(target, F_OK), 0);
}

/*
 * A child with a mapping of its own, which waits for the start and then says
 * how often it was let in.
 */
static void
knock(const char *who, int times, int64_t limit, int start, int out)
{
	int allowed = 0;
	char byte;

	if (!shared_open(&conf, why, sizeof(why)) ||
	    read(start, &byte, 1) != 0)
		_exit(1);
	for (int i = 0; i < times; i++)
		allowed += limit_take(who, limit, noon).allowed;
	_exit(write(out, &allowed, sizeof(allowed)) != sizeof(allowed));
}

static void
eight_processes_get_exactly_the_limit(void **state)
{
	char path[CONF_PATH_MAX];
	const char *who = subject();
	int start[2], out[2], total = 0, allowed, status;
	struct stat st;

	(void)state;
	assert_int_equal(pipe(start) + pipe(out), 0);
	for (int i = 0; i < 8; i++)
		if (fork() == 0) {
			close(start[1]);
			knock(who, 20000, 100000, start[0], out[1]);
		}
	close(start[1]);	/* all at once */
	for (int i = 0; i < 8; i++) {
		assert_int_equal(read(out[0], &allowed, sizeof(allowed)),
		    sizeof(allowed));
		total += allowed;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	close(start[0]);
	close(out[0]);
	close(out[1]);
	assert_int_equal(total, 100000);
	assert_int_equal(stat(conf_path(&conf, "run/shared", path), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(shared_open(&conf, why, sizeof(why)));
	assert_false(limit_take(who, 100000, noon).allowed);
}

static void
burst_of_the_limit_then_refusal(void **state)
{
	const char *who = subject();

	(void)state;
	for (int64_t left = 4; left >= 0; left--) {
		struct limit l = limit_take(who, 5, noon);

		assert_true(l.allowed);
		assert_int_equal(l.limit, 5);
		assert_int_equal(l.remaining, left);
		assert_int_equal(l.retry_after_s, 0);
		assert_int_equal(l.reset_s, 12 * (5 - left));
	}
	for (int i = 0; i < 3; i++) {
		struct limit l = limit_take(who, 5, noon);

		assert_false(l.allowed);
		assert_int_equal(l.limit, 5);
		assert_int_equal(l.remaining, 0);
		assert_int_equal(l.retry_after_s, 12);
		assert_int_equal(l.reset_s, 60);
	}
}

static void
it_refills_as_time_passes(void **state)
{
	const char *who = subject();

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_true(limit_take(who, 5, noon).allowed);
	assert_int_equal(limit_take(who, 5, noon + 1).retry_after_s, 12);
	assert_int_equal(limit_take(who, 5, noon + 11000).retry_after_s, 1);
	assert_int_equal(limit_take(who, 5, noon + 11999).retry_after_s, 1);
	assert_true(limit_take(who, 5, noon + 12000).allowed);
	assert_false(limit_take(who, 5, noon + 12000).allowed);
	/* After a minute of rest the whole burst is back. */
	for (int i = 0; i < 5; i++)
		assert_true(limit_take(who, 5, noon + 72000).allowed);
	assert_false(limit_take(who, 5, noon + 72000).allowed);
}

/* Whoever waits as long as told is let in. */
static void
retry_after_is_true(void **state)
{
	static const int64_t limits[] = { 1, 2, 7, 59, 60, 61, 120, 999 };
	const char *who;

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct limit l;
		int64_t n = 0;

		who = subject();
		while ((l = limit_take(who, limits[i], noon)).allowed)
			n++;
		assert_int_equal(n, limits[i]);
		assert_true(l.retry_after_s >= 1);
		assert_true(l.retry_after_s <= 60);
		assert_true(limit_take(who, limits[i],
		    noon + l.retry_after_s * 1000).allowed);
	}
}

static void
subjects_do_not_share(void **state)
{
	char other[32];

	(void)state;
	snprintf(other, sizeof(other), "%s", subject());
	const char *who = subject();
	assert_true(limit_take(who, 1, noon).allowed);
	assert_false(limit_take(who, 1, noon).allowed);
	assert_true(limit_take(other, 1, noon).allowed);
	assert_false(limit_take(other, 1, noon).allowed);
}

static void
zero_switches_the_limit_off(void **state)
{
	const char *who = subject();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct limit l = limit_take(who, 0, noon);

		assert_true(l.allowed);
		assert_int_equal(l.limit, 0);
		assert_int_equal(l.retry_after_s, 0);
	}
}

static void
a_clock_that_is_moved_back_blocks_nobody(void **state)
{
	const char *who = subject();

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(limit_take(who, 3, noon).allowed);
	/* An hour back: what was counted lies far ahead and is no guide. */
	for (int i = 0; i < 3; i++)
		assert_true(limit_take(who, 3, noon - 3600000).allowed);
	assert_false(limit_take(who, 3, noon - 3600000).allowed);
	/* A second back, as a time server does: nothing is given away. */
	who = subject();
	for (int i = 0; i < 3; i++)
		assert_true(limit_take(who, 3, noon).allowed);
	assert_false(limit_take(who, 3, noon - 1000).allowed);
}

/* FNV-1a, as in shared.c, to find names that meet in one slot. */
static unsigned int
slot_of(const char *text)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return (unsigned int)(h & 16383);
}

static void
names_that_meet_keep_their_counts(void **state)
{
	char name[32];
	unsigned int slot = slot_of("MEETING");

	(void)state;
	for (int n = 0; ; n++) {
		snprintf(name, sizeof(name), "P%d", n);
		if (slot_of(name) == slot)
			break;
	}
	assert_true(limit_take("MEETING", 60, noon).allowed);
	/* The second name finds its slot taken and moves on to another. */
	for (int i = 0; i < 60; i++)
		assert_true(limit_take(name, 60, noon).allowed);
	assert_false(limit_take(name, 60, noon).allowed);
	/* The first has run empty; the second must not start afresh there. */
	assert_true(limit_take(name, 60, noon + 2000).allowed);
	assert_true(limit_take(name, 60, noon + 2000).allowed);
	assert_false(limit_take(name, 60, noon + 2000).allowed);
}

static void
the_sandbox_clock_moves_for_everybody(void **state)
{
	int64_t before = clock_now(), monotonic = clock_monotonic();
	int status;

	(void)state;
	assert_true(clock_advance(86400000));
	assert_in_range(clock_now() - before, 86400000, 86400000 + 60000);
	assert_true(clock_advance(1000));
	assert_in_range(clock_now() - before, 86401000, 86401000 + 60000);
	/* What is measured is not moved. */
	assert_in_range(clock_monotonic() - monotonic, 0, 60000);
	pid_t pid = fork();
	if (pid == 0)
		_exit(!(clock_now() - before >= 86401000 &&
		    clock_advance(-86401000)));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_in_range(clock_now() - before, 0, 60000);
}

static void
the_live_clock_is_the_real_one(void **state)
{
	int64_t before = clock_now();

	(void)state;
	assert_true(clock_advance(86400000));
	conf.live = true;
	assert_true(shared_open(&conf, why, sizeof(why)));
	assert_false(clock_advance(1000));
	/* Even where the sandbox had moved the file's clock. */
	assert_in_range(clock_now() - before, 0, 60000);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_it, drop_it)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(
	    without_the_file_there_is_no_limit_and_the_real_clock),
	cmocka_unit_test_setup_teardown(refuses_to_follow_a_link, make_it,
	    drop_it),
	cmocka_unit_test_setup_teardown(eight_processes_get_exactly_the_limit,
	    make_it, drop_it),
	CASE(burst_of_the_limit_then_refusal),
	CASE(it_refills_as_time_passes),
	CASE(retry_after_is_true),
	CASE(subjects_do_not_share),
	CASE(zero_switches_the_limit_off),
	CASE(a_clock_that_is_moved_back_blocks_nobody),
	CASE(names_that_meet_keep_their_counts),
	CASE(the_sandbox_clock_moves_for_everybody),
	CASE(the_live_clock_is_the_real_one),
};

TEST_MAIN("shared", tests)
