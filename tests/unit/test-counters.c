/* SPDX-License-Identifier: ISC */
/* test-counters.c - many processes add, and nothing is lost. */
#include "counters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

static struct conf conf;
static char why[2048];

/* The row of a route; false where it was never counted. */
static bool
find(const char *method, const char *route, struct counters_route *r)
{
	for (size_t i = 0; i < COUNTERS_ROUTES; i++)
		if (counters_route(i, r) && strcmp(r->method, method) == 0 &&
		    strcmp(r->route, route) == 0)
			return true;
	return false;
}

static bool
find_call(const char *processor, const char *operation,
    struct counters_call *c)
{
	for (size_t i = 0; i < COUNTERS_CALLS; i++)
		if (counters_call_at(i, c) &&
		    strcmp(c->processor, processor) == 0 &&
		    strcmp(c->operation, operation) == 0)
			return true;
	return false;
}

static uint64_t
count_of(const struct counters_route *r, int status)
{
	for (size_t i = 0; i < COUNTERS_STATUSES; i++)
		if (counters_status(i) == status)
			return r->statuses[i];
	return 0;
}

static uint64_t
sum_of(const uint64_t *n, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += n[i];
	return sum;
}

static int
make_var(void **state)
{
	char path[CONF_PATH_MAX];

	(void)state;
	fixture_folder(conf.var);
	mkdir(conf_path(&conf, "run", path), 0700);
	return 0;
}

static int
drop_var(void **state)
{
	(void)state;
	fixture_remove(conf.var);
	return 0;
}

/* First: a process maps the file once. */
static void
without_the_file_counting_does_nothing(void **state)
{
	struct counters_route r;
	struct conf none = { .var = "/nonexistent" };

	(void)state;
	assert_false(counters_open(&none, why, sizeof(why)));
	assert_non_null(strstr(why, "/nonexistent/run/counters.1: "));
	assert_false(counters_are_open());
	counters_request("GET", "/x", 200, 1);
	counters_call("stripe", "open", 0);
	assert_false(counters_route(0, &r));
	assert_int_equal(counters_seq(), -1);
	assert_false(counters_done_within(1, 1000));
	assert_true(counters_open(&conf, why, sizeof(why)));
}

static void
the_file_is_for_its_owner_alone(void **state)
{
	char path[CONF_PATH_MAX];
	struct stat st;

	(void)state;
	assert_int_equal(stat(conf_path(&conf, "run/counters.1", path), &st),
	    0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
counts_by_method_route_and_status(void **state)
{
	struct counters_route r;

	(void)state;
	counters_request("GET", "/one", 200, 10);
	counters_request("GET", "/one", 200, 10);
	counters_request("GET", "/one", 404, 10);
	counters_request("POST", "/one", 201, 10);
	assert_true(find("GET", "/one", &r));
	assert_int_equal(count_of(&r, 200), 2);
	assert_int_equal(count_of(&r, 404), 1);
	assert_int_equal(count_of(&r, 201), 0);
	assert_true(find("POST", "/one", &r));
	assert_int_equal(count_of(&r, 201), 1);
	assert_false(find("GET", "/on", &r));
}

static void
a_status_that_has_no_place_is_other(void **state)
{
	struct counters_route r;

	(void)state;
	counters_request("GET", "/teapot", 418, 10);
	assert_true(find("GET", "/teapot", &r));
	assert_int_equal(count_of(&r, 0), 1);
	assert_int_equal(counters_status(COUNTERS_STATUSES - 1), 0);
}

static void
every_fault_has_its_status(void **state)
{
	(void)state;
	for (size_t i = 0; fault_table[i] != NULL; i++) {
		bool found = false;
		for (size_t k = 0; k < COUNTERS_STATUSES; k++)
			found = found ||
			    counters_status(k) == fault_table[i]->status;
		assert_true(found);
	}
}

/* A bucket holds what took as long as its bound and no longer. */
static void
a_time_falls_into_the_first_bucket_that_holds_it(void **state)
{
	struct counters_route r;

	(void)state;
	counters_request("GET", "/times", 200, -5);
	counters_request("GET", "/times", 200, 500);
	counters_request("GET", "/times", 200, 501);
	counters_request("GET", "/times", 200, 10000000);
	counters_request("GET", "/times", 200, 10000001);
	assert_true(find("GET", "/times", &r));
	assert_int_equal(r.buckets[0], 2);
	assert_int_equal(r.buckets[1], 1);
	assert_int_equal(r.buckets[COUNTERS_BUCKETS - 2], 1);
	assert_int_equal(r.buckets[COUNTERS_BUCKETS - 1], 1);
	assert_int_equal(sum_of(r.buckets, COUNTERS_BUCKETS), 5);
	assert_int_equal(r.sum_us, 500 + 501 + 10000000 + 10000001);
}

static void
bounds_grow_and_the_last_is_none(void **state)
{
	(void)state;
	for (size_t i = 1; i < COUNTERS_BUCKETS; i++)
		assert_true(counters_bound(i) > counters_bound(i - 1));
	assert_true(counters_bound(COUNTERS_BUCKETS - 1) == INT64_MAX);
}

static void
calls_are_counted_by_what_became_of_them(void **state)
{
	struct counters_call c;

	(void)state;
	counters_call("stripe", "open", 0);
	counters_call("stripe", "open", 2);
	counters_call("stripe", "open", 2);
	counters_call("stripe", "fetch", 1);
	counters_call("stripe", "open", COUNTERS_RESULTS);
	assert_true(find_call("stripe", "open", &c));
	assert_int_equal(c.results[0], 1);
	assert_int_equal(c.results[2], 2);
	assert_int_equal(sum_of(c.results, COUNTERS_RESULTS), 3);
	assert_true(find_call("stripe", "fetch", &c));
	assert_int_equal(c.results[1], 1);
}

/* All of them want the same rows, also new ones, at the same time. */
static void
many_processes_lose_nothing(void **state)
{
	enum { PROCESSES = 8, ROUNDS = 5000, NAMES = 10 };
	struct counters_route r;
	char route[32];
	int status;

	(void)state;
	for (int p = 0; p < PROCESSES; p++)
		if (fork() == 0) {
			for (int i = 0; i < ROUNDS; i++) {
				snprintf(route, sizeof(route), "/many/%d",
				    i % NAMES);
				counters_request("GET", route, 200, i);
			}
			_exit(0);
		}
	for (int p = 0; p < PROCESSES; p++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	for (int i = 0; i < NAMES; i++) {
		snprintf(route, sizeof(route), "/many/%d", i);
		assert_true(find("GET", route, &r));
		assert_int_equal(count_of(&r, 200), PROCESSES * ROUNDS /
		    NAMES);
		assert_int_equal(sum_of(r.buckets, COUNTERS_BUCKETS),
		    PROCESSES * ROUNDS / NAMES);
	}
}

/* Of two that counted the same rows, one adds them. */
static void
facts_are_added_by_one_of_those_who_found_them(void **state)
{
	uint64_t found[COUNTERS_FACTS] = { 3, 1 }, facts[COUNTERS_FACTS];

	(void)state;
	assert_int_equal(counters_seq(), -1);
	assert_true(counters_add_facts(-1, 40, found));
	assert_false(counters_add_facts(-1, 40, found));
	assert_int_equal(counters_seq(), 40);
	assert_true(counters_add_facts(40, 50, found));
	assert_false(counters_add_facts(40, 60, found));
	counters_facts(facts);
	assert_int_equal(facts[0], 6);
	assert_int_equal(facts[1], 2);
	assert_int_equal(facts[2], 0);
	assert_int_equal(counters_seq(), 50);
}

static void
something_is_done_by_one_within_a_time(void **state)
{
	(void)state;
	assert_false(counters_done_within(100000, 2000));
	assert_true(counters_done_within(100001, 2000));
	assert_true(counters_done_within(101999, 2000));
	assert_false(counters_done_within(102000, 2000));
	counters_undone();
	assert_false(counters_done_within(102001, 2000));
	/* The machine started anew. */
	assert_false(counters_done_within(50, 2000));
	assert_true(counters_done_within(60, 2000));
}

/* The last case: it fills the table. */
static void
what_finds_no_row_is_counted_together(void **state)
{
	struct counters_route r, other;
	char route[COUNTERS_NAME_SIZE + 8];
	uint64_t counted = 0;

	(void)state;
	memset(route, 'x', sizeof(route));
	route[sizeof(route) - 1] = '\0';
	counters_request("GET", route, 200, 1);
	assert_true(find("other", "other", &r));
	for (int i = 0; i < 2 * COUNTERS_ROUTES; i++) {
		snprintf(route, sizeof(route), "/full/%d", i);
		counters_request("GET", route, 200, 1);
	}
	for (size_t i = 0; i < COUNTERS_ROUTES; i++) {
		assert_true(counters_route(i, &r));
		if (strncmp(r.route, "/full/", 6) == 0)
			counted += count_of(&r, 200);
	}
	assert_true(counters_route(0, &other));
	assert_string_equal(other.route, "other");
	assert_int_equal(counted + count_of(&other, 200), 2 *
	    COUNTERS_ROUTES);
	/* Rows that there are go on. */
	counters_request("GET", "/full/0", 200, 1);
	assert_true(find("GET", "/full/0", &r));
	assert_int_equal(count_of(&r, 200), 2);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(without_the_file_counting_does_nothing),
	cmocka_unit_test(the_file_is_for_its_owner_alone),
	cmocka_unit_test(counts_by_method_route_and_status),
	cmocka_unit_test(a_status_that_has_no_place_is_other),
	cmocka_unit_test(every_fault_has_its_status),
	cmocka_unit_test(a_time_falls_into_the_first_bucket_that_holds_it),
	cmocka_unit_test(bounds_grow_and_the_last_is_none),
	cmocka_unit_test(calls_are_counted_by_what_became_of_them),
	cmocka_unit_test(many_processes_lose_nothing),
	cmocka_unit_test(facts_are_added_by_one_of_those_who_found_them),
	cmocka_unit_test(something_is_done_by_one_within_a_time),
	cmocka_unit_test(what_finds_no_row_is_counted_together),
};

int
main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("counters", tests, make_var,
	    drop_var);
}
