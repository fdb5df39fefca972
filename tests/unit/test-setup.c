/* SPDX-License-Identifier: ISC */
/* test-setup.c - a new data directory, and what makes one unusable. */
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

static char home[64], var[80];
static char why[2048];
static struct setup s;

static int
make_home(void **state)
{
	(void)state;
	fixture_folder(home);
	snprintf(var, sizeof(var), "%s/var", home);
	setenv("CLIVE_VAR", var, 1);
	return 0;
}

static int
drop_home(void **state)
{
	(void)state;
	fixture_remove(home);
	unsetenv("CLIVE_VAR");
	return 0;
}

/* A name in the data directory. */
static const char *
in_var(const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", var, name);
	return path;
}

static bool
make(bool live)
{
	return setup_var(var, live, "http://localhost:4390", "whsec_test",
	    why, sizeof(why));
}

static mode_t
mode_of(const char *name)
{
	struct stat st;

	if (stat(in_var(name), &st) != 0)
		fail_msg("%s: %s", name, strerror(errno));
	return st.st_mode & 07777;
}

static void
everything_is_made_and_nobody_else_may_read_it(void **state)
{
	static const char *const folders[] = { ".", "db", "run", "log" };
	static const char *const files[] = { "clive.conf", "master.key",
	    "db/clive.db" };
	mode_t old = umask(0);

	(void)state;
	bool made = make(false);
	umask(old);
	if (!made)
		fail_msg("%s", why);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(mode_of(folders[i]), 0700);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(mode_of(files[i]), 0600);
}

static void
what_was_made_opens(void **state)
{
	(void)state;
	assert_true(make(true));
	if (!setup_open(&s, why, sizeof(why)))
		fail_msg("%s", why);
	assert_true(s.conf.live);
	assert_string_equal(s.conf.var, var);
	assert_string_equal(s.conf.base_url, "http://localhost:4390");
	assert_string_equal(s.conf.stripe_webhook_secret[0], "whsec_test");
	struct rows *r = conn_rows(s.conn, SQL_COUNTS, "");
	assert_true(row_next(r));
	assert_int_equal(row_int(r, 0), 0);
	row_done(r);
	assert_null(conn_failed(s.conn));
	setup_close(&s);
	assert_null(s.conn);
	assert_null(s.db);
	assert_null(s.vault);
	assert_int_equal(s.conf.stripe_webhook_secret[0][0], 0);
	setup_close(&s);	/* twice does no harm */
}

static void
a_second_time_is_refused_and_changes_nothing(void **state)
{
	char before[4096] = "", after[4096] = "";

	(void)state;
	assert_true(make(false));
	FILE *f = fopen(in_var("master.key"), "r");
	assert_non_null(fgets(before, sizeof(before), f));
	fclose(f);
	assert_false(make(true));
	assert_non_null(strstr(why, "clive.conf: File exists"));
	f = fopen(in_var("master.key"), "r");
	assert_non_null(fgets(after, sizeof(after), f));
	fclose(f);
	assert_string_equal(before, after);
	assert_true(setup_open(&s, why, sizeof(why)));
	assert_false(s.conf.live);
	setup_close(&s);
}

/* Folders that are there already are taken, and closed to others. */
static void
an_existing_folder_is_taken_over(void **state)
{
	(void)state;
	assert_int_equal(mkdir(var, 0755), 0);
	assert_int_equal(mkdir(in_var("db"), 0777), 0);
	assert_true(make(false));
	assert_int_equal(mode_of("."), 0700);
	assert_int_equal(mode_of("db"), 0700);
}

static void
settings_that_would_not_read_back_are_refused(void **state)
{
	char url[300];

	(void)state;
	memset(url, 'x', sizeof(url));
	url[299] = '\0';
	assert_false(setup_var(var, false, url, "", why, sizeof(why)));
	assert_non_null(strstr(why, "bad value for base_url"));
	assert_int_not_equal(access(in_var("clive.conf"), F_OK), 0);
	/* The next try, with better values, goes on from there. */
	assert_true(make(false));
}

static void
a_path_that_does_not_fit_is_refused(void **state)
{
	char path[CONF_PATH_MAX + 10];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_false(setup_var(path, false, "http://x", "", why,
	    sizeof(why)));
	assert_non_null(strstr(why, "File name too long"));
}

static void
a_path_below_a_file_is_refused(void **state)
{
	(void)state;
	assert_false(setup_var("/dev/null/var", false, "http://x", "", why,
	    sizeof(why)));
	assert_non_null(strstr(why, "/dev/null/var: Not a directory"));
}

/* Opening must refuse, with words, and leave nothing open. */
static void
assert_not_opened(const char *words)
{
	if (setup_open(&s, why, sizeof(why)))
		fail_msg("opened: %s", words);
	if (strstr(why, words) == NULL)
		fail_msg("%s: %s", words, why);
	assert_null(s.conn);
	assert_null(s.db);
	assert_null(s.vault);
}

static void
whatever_is_missing_is_named(void **state)
{
	(void)state;
	assert_not_opened("clive.conf: No such file");
	assert_true(make(false));
	unlink(in_var("db/clive.db"));
	assert_not_opened("db/clive.db: No such file");
	unlink(in_var("master.key"));
	assert_not_opened("master.key: ");
}

static void
whatever_others_may_read_is_named(void **state)
{
	static const char *const files[] = { "clive.conf", "master.key",
	    "db/clive.db" };

	(void)state;
	assert_true(make(false));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(chmod(in_var(files[i]), 0644), 0);
		assert_not_opened(files[i]);
		assert_int_equal(chmod(in_var(files[i]), 0600), 0);
	}
	assert_true(setup_open(&s, why, sizeof(why)));
	setup_close(&s);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_home, drop_home)

static const struct CMUnitTest tests[] = {
	CASE(everything_is_made_and_nobody_else_may_read_it),
	CASE(what_was_made_opens),
	CASE(a_second_time_is_refused_and_changes_nothing),
	CASE(an_existing_folder_is_taken_over),
	CASE(settings_that_would_not_read_back_are_refused),
	CASE(a_path_that_does_not_fit_is_refused),
	CASE(a_path_below_a_file_is_refused),
	CASE(whatever_is_missing_is_named),
	CASE(whatever_others_may_read_is_named),
};

TEST_MAIN("setup", tests)
