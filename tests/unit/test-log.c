/* SPDX-License-Identifier: ISC */
/* test-log.c - lines that programs can read, whatever strangers put in. */
#include "log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "test.h"

static int saved = -1, file = -1;
static char text[16384];

/* Standard error goes to a file without a name from here on. */
static int
catch_lines(void **state)
{
	char path[] = "/tmp/clive-log-XXXXXX";

	(void)state;
	file = mkstemp(path);
	unlink(path);
	saved = dup(STDERR_FILENO);
	dup2(file, STDERR_FILENO);
	log_name("/v1/thing");
	log_json(false);
	return file == -1 ? -1 : 0;
}

static int
release(void **state)
{
	(void)state;
	if (saved != -1) {
		dup2(saved, STDERR_FILENO);
		close(saved);
		close(file);
	}
	saved = file = -1;
	return 0;
}

/* What was written, with standard error as it was. */
static const char *
written(void)
{
	ssize_t n = pread(file, text, sizeof(text) - 1, 0);

	release(NULL);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* One line, and nothing behind it. */
static void
assert_one_line(const char *line)
{
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
}

static void
a_line_is_of_pairs(void **state)
{
	char begins[128];

	(void)state;
	log_warn("the disk of %s is full", "x=1");
	const char *line = written();
	assert_one_line(line);
	assert_memory_equal(line, "time=2", 6);
	assert_int_equal(line[28], 'Z');
	snprintf(begins, sizeof(begins), " level=warning program=/v1/thing "
	    "pid=%ld msg=\"the disk of x=1 is full\"\n", (long)getpid());
	assert_string_equal(line + 29, begins);
}

static void
further_pairs_follow(void **state)
{
	const struct log_pair pairs[] = {
		{ "plain", "a/b-c:1", false }, { "none", NULL, false },
		{ "number", "1.250", true }, { "empty", "", false },
		{ "quoted", "a \"b\" \\c", false },
		{ "control", "a\nb\x7f", false }
	};

	(void)state;
	log_pairs("request", pairs, 6);
	const char *line = written();
	assert_one_line(line);
	assert_non_null(strstr(line, " level=info "));
	assert_non_null(strstr(line, " msg=request plain=a/b-c:1 number=1.250 "
	    "empty=\"\" quoted=\"a \\\"b\\\" \\\\c\" control=\"a?b?\"\n"));
}

static void
json_has_the_same_members(void **state)
{
	const struct log_pair pairs[] = {
		{ "text", "a \"b\" \\c\n\xc3\xa9", false },
		{ "none", NULL, false }, { "number", "1.250", true },
		{ "broken", "x\xff", false }
	};

	(void)state;
	log_json(true);
	log_pairs("request", pairs, 4);
	const char *line = written();
	assert_one_line(line);
	cJSON *doc = cJSON_Parse(line);
	assert_non_null(doc);
	assert_int_equal(cJSON_GetArraySize(doc), 8);
	assert_string_equal(cJSON_GetObjectItem(doc, "msg")->valuestring,
	    "request");
	assert_string_equal(cJSON_GetObjectItem(doc, "text")->valuestring,
	    "a \"b\" \\c?\xc3\xa9");
	assert_string_equal(cJSON_GetObjectItem(doc, "broken")->valuestring,
	    "x?");
	assert_true(cJSON_IsNumber(cJSON_GetObjectItem(doc, "number")));
	assert_int_equal(cJSON_GetObjectItem(doc, "pid")->valueint, getpid());
	cJSON_Delete(doc);
}

/* However long a stranger's words are, the line stays one and whole. */
static void
a_long_value_is_cut_off_and_the_line_is_whole(void **state)
{
	char path[4000];
	const struct log_pair pairs[] = {
		{ "one", path, false }, { "two", path, false },
		{ "three", path, false }, { "four", path, false },
		{ "status", "200", true }
	};

	(void)state;
	memset(path, '"', sizeof(path));
	path[0] = '\xc3';
	path[1] = '\xa9';
	path[sizeof(path) - 1] = '\0';
	log_json(true);
	log_pairs("request", pairs, 5);
	const char *line = written();
	assert_one_line(line);
	assert_in_range(strlen(line), 1000, 4096);
	cJSON *doc = cJSON_Parse(line);
	assert_non_null(doc);
	assert_non_null(cJSON_GetObjectItem(doc, "one"));
	/* What has no room is left out, what has follows. */
	assert_null(cJSON_GetObjectItem(doc, "four"));
	assert_int_equal(cJSON_GetObjectItem(doc, "status")->valueint, 200);
	cJSON_Delete(doc);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, catch_lines, release)

static const struct CMUnitTest tests[] = {
	CASE(a_line_is_of_pairs),
	CASE(further_pairs_follow),
	CASE(json_has_the_same_members),
	CASE(a_long_value_is_cut_off_and_the_line_is_whole),
};

TEST_MAIN("log", tests)
