/* SPDX-License-Identifier: ISC */
/* test-conn.c - one connection: parameters, rows, trouble, savepoints. */
#include "conn.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

/* A row of cron_run, whose columns hold any text and any number. */
static int64_t
take(struct conn *c, const char *name, const char *owner, int64_t at)
{
	return conn_run(c, SQL_CRON_TAKE, "tti", name, owner, at);
}

/* The owner of that row; "" where there is none. */
static const char *
owner(struct conn *c, const char *name)
{
	struct rows *r = conn_rows(c, SQL_CRON_OWNER, "t", name);
	const char *text = row_next(r) ?
	    row_text_copy(r, 0, fx.arena) : "";

	row_done(r);
	return text;
}

static struct conn *
another(bool reader)
{
	char path[CONF_PATH_MAX], why[256];
	struct conn *c = conn_open(conf_path(&fx.conf, "db/clive.db", path),
	    reader, 50, why, sizeof(why));

	if (c == NULL)
		fail_msg("%s", why);
	return c;
}

static void
statements_return_how_many_rows_changed(void **state)
{
	(void)state;
	assert_int_equal(take(fx.conn, "a", "x", 1), 1);
	assert_int_equal(take(fx.conn, "b", "x", 1), 1);
	assert_int_equal(conn_run(fx.conn, SQL_CRON_SEEN, "itt",
	    INT64_C(2), "a", "x"), 1);
	assert_int_equal(conn_run(fx.conn, SQL_CRON_SEEN, "itt",
	    INT64_C(2), "a", "stranger"), 0);
	assert_null(conn_failed(fx.conn));
}

/* SQL_CRON_TAKE and SQL_TX_SUCCEED name $4 before $2, and $3 last. */
static void
parameters_may_appear_in_any_order(void **state)
{
	struct tx *tx = fixture_pending(75000, "USD", "pi_1");

	(void)state;
	assert_int_equal(conn_run(fx.conn, SQL_TX_SUCCEED, "ittiiiiiii",
	    fixture_now + 5, tx->clive_tx_id, "pending", INT64_C(1),
	    INT64_C(2), INT64_C(3), INT64_C(4), INT64_C(100), INT64_C(900),
	    INT64_C(74000)), 1);
	tx = tx_find(fx.conn, fx.arena, tx->clive_tx_id);
	assert_int_equal(tx->updated_at, fixture_now + 5);
	assert_int_equal(tx->fee.processor_ppm, 1);
	assert_int_equal(tx->fee.partner_ppm, 2);
	assert_int_equal(tx->fee.clive_earning_ppm, 3);
	assert_int_equal(tx->fee.clive_earning, 4);
	assert_int_equal(tx->fee.processor_fee, 100);
	assert_int_equal(tx->fee.platform_fee, 900);
	assert_int_equal(tx->fee.net, 74000);
}

/* SQL_TX_LIST_OF_REFERENCE names $8 before $3, and $2 twice. */
static void
a_parameter_may_appear_twice(void **state)
{
	struct tx *tx = fixture_tx(100, "USD");
	const char *const partners[] = { "", "ECHEZONA001", "OTHER" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct rows *r = conn_rows(fx.conn,
		    SQL_TX_LIST_OF_REFERENCE, "tttttiti", "~", partners[i],
		    "", "", "", INT64_C(5), "EZ12345", INT64_C(0));

		assert_int_equal(row_next(r), i < 2);
		if (i < 2) {
			assert_string_equal(row_text(r, 0), tx->clive_tx_id);
			assert_false(row_next(r));
		}
	}
	assert_null(conn_failed(fx.conn));
}

static void
optional_numbers_below_zero_are_null(void **state)
{
	struct rows *r;

	(void)state;
	fixture_client("ECHEZONA001", "FREE", -1, 0);
	fixture_client("ECHEZONA001", "PAID", 50000, -1);
	r = conn_rows(fx.conn, SQL_FEE_TERMS, "tt", "ECHEZONA001", "FREE");
	assert_true(row_next(r));
	assert_true(row_null(r, 1));
	assert_int_equal(row_int(r, 1), 0);
	assert_false(row_null(r, 2));
	assert_int_equal(row_int(r, 2), 0);
	row_done(r);
	r = conn_rows(fx.conn, SQL_FEE_TERMS, "tt", "ECHEZONA001", "PAID");
	assert_true(row_next(r));
	assert_int_equal(row_int(r, 1), 50000);
	assert_true(row_null(r, 2));
	row_done(r);
}

static void
texts_and_bytes_may_be_null_empty_or_sliced(void **state)
{
	static const char text[] = "meta and more";
	struct tx *tx = fixture_tx(100, "USD");
	struct rows *r;

	(void)state;
	conn_run(fx.conn, SQL_TX_INSERT, "tttittstiti", "CLVTX_1_1",
	    tx->partner_id, tx->client_id, INT64_C(1), "USD", "R",
	    (struct slice){ text, 4 }, "stripe", fixture_now, "a@b.example",
	    INT64_C(-1));
	tx = tx_find(fx.conn, fx.arena, "CLVTX_1_1");
	assert_string_equal(tx->meta, "meta");
	assert_string_equal(tx->email, "a@b.example");
	conn_run(fx.conn, SQL_TX_INSERT, "tttittstini", "CLVTX_1_2",
	    tx->partner_id, tx->client_id, INT64_C(1), "USD", "R",
	    (struct slice){ NULL, 0 }, "stripe", fixture_now, INT64_C(-1));
	tx = tx_find(fx.conn, fx.arena, "CLVTX_1_2");
	assert_null(tx->meta);
	assert_null(tx->email);
	conn_run(fx.conn, SQL_EVENT_INSERT, "ttttotbin", "evt_1",
	    tx->partner_id, tx->clive_tx_id, "clive", INT64_C(-1), "t",
	    "a\0b", (size_t)3, INT64_C(1));
	conn_run(fx.conn, SQL_EVENT_INSERT, "ttttotbin", "evt_2",
	    tx->partner_id, tx->clive_tx_id, "clive", INT64_C(-1), "t", "",
	    (size_t)0, INT64_C(2));
	assert_null(conn_failed(fx.conn));
	r = conn_rows(fx.conn, SQL_EVENTS_OF_TX, "t", tx->clive_tx_id);
	assert_true(row_next(r));
	assert_int_equal(row_bytes(r, 2).n, 3);
	assert_memory_equal(row_bytes(r, 2).p, "a\0b", 3);
	assert_true(row_next(r));
	assert_int_equal(row_bytes(r, 2).n, 0);
	assert_false(row_null(r, 2));
	assert_false(row_next(r));
	/* NULL bytes are SQL NULL, which this column refuses. */
	conn_run(fx.conn, SQL_EVENT_INSERT, "ttttotbin", "evt_3",
	    tx->partner_id, tx->clive_tx_id, "clive", INT64_C(-1), "t", NULL,
	    (size_t)0, INT64_C(2));
	assert_non_null(strstr(conn_failed(fx.conn), "NOT NULL"));
}

static void
a_null_column_reads_as_null(void **state)
{
	struct tx *tx = fixture_tx(100, "USD");
	struct rows *r = conn_rows(fx.conn, SQL_TX_FIND, "t",
	    tx->clive_tx_id);

	(void)state;
	assert_true(row_next(r));
	assert_true(row_null(r, 9));
	assert_null(row_text(r, 9));
	assert_null(row_text_copy(r, 9, fx.arena));
	assert_int_equal(row_bytes(r, 9).n, 0);
	assert_int_equal(row_int(r, 9), 0);
	row_done(r);
}

static void
a_taken_key_is_trouble_where_it_is_no_answer(void **state)
{
	(void)state;
	assert_int_equal(conn_run(fx.conn, SQL_PARTNER_INSERT, "ttttii",
	    "ECHEZONA001", "Another", "active", "approved", INT64_C(0),
	    fixture_now), CONN_FAILED);
	assert_non_null(conn_failed(fx.conn));
	conn_forgive(fx.conn);
}

static void
a_taken_key_is_no_trouble(void **state)
{
	(void)state;
	assert_int_equal(conn_try(fx.conn, SQL_PARTNER_INSERT, "ttttii",
	    "ECHEZONA001", "Another", "active", "approved", INT64_C(0),
	    fixture_now), CONN_TAKEN);
	assert_null(conn_failed(fx.conn));
	/* So is a second column that must be unique. */
	fixture_pending(100, "USD", "pi_1");
	struct tx *tx = fixture_tx(100, "USD");
	assert_int_equal(conn_try(fx.conn, SQL_TX_ATTACH, "tit", "pi_1",
	    fixture_now, tx->clive_tx_id), CONN_TAKEN);
	assert_null(conn_failed(fx.conn));
	assert_int_equal(take(fx.conn, "a", "x", 1), 1);
}

static void
other_constraints_are_trouble(void **state)
{
	(void)state;
	assert_int_equal(conn_run(fx.conn, SQL_PARTNER_INSERT, "ttttii",
	    "P", "A name", "active", "approved", INT64_C(0), fixture_now),
	    CONN_FAILED);
	assert_non_null(strstr(conn_failed(fx.conn), "CHECK"));
	conn_forgive(fx.conn);
	assert_int_equal(conn_run(fx.conn, SQL_SESSION_INSERT, "ttiinni",
	    "s", "nobody", INT64_C(1), INT64_C(2), INT64_C(0)), CONN_FAILED);
	assert_non_null(strstr(conn_failed(fx.conn), "FOREIGN KEY"));
}

static void
trouble_sticks_until_it_is_forgiven(void **state)
{
	(void)state;
	assert_int_equal(conn_run(fx.conn, SQL_PARTNER_INSERT, "ttttii", "P",
	    "A name", "active", "approved", INT64_C(0), fixture_now),
	    CONN_FAILED);
	char first[256];
	snprintf(first, sizeof(first), "%s", conn_failed(fx.conn));
	/* Whatever follows does nothing, and the first reason stays. */
	assert_int_equal(take(fx.conn, "a", "x", 1), CONN_FAILED);
	assert_int_equal(conn_run(fx.conn, SQL_SESSION_INSERT, "ttiinni",
	    "s", "nobody", INT64_C(1), INT64_C(2), INT64_C(0)), CONN_FAILED);
	struct rows *r = conn_rows(fx.conn, SQL_PARTNERS, "");
	assert_false(row_next(r));
	assert_false(row_next(r));
	row_done(r);
	assert_false(conn_script(fx.conn, "DELETE FROM cron_run"));
	assert_string_equal(conn_failed(fx.conn), first);
	conn_forgive(fx.conn);
	assert_null(conn_failed(fx.conn));
	assert_string_equal(owner(fx.conn, "a"), "");
	assert_int_equal(take(fx.conn, "a", "x", 1), 1);
}

static void
rows_may_be_given_up_and_read_again(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		take(fx.conn, (const char *[]){ "a", "b", "c", "d", "e" }[i],
		    "x", 1);
	struct rows *r = conn_rows(fx.conn, SQL_CRON_RUNS, "");
	assert_true(row_next(r));
	assert_true(row_next(r));
	assert_string_equal(row_text(r, 0), "b");
	row_done(r);
	row_done(r);	/* twice does no harm */
	r = conn_rows(fx.conn, SQL_CRON_RUNS, "");
	int n = 0;
	while (row_next(r))
		n++;
	assert_int_equal(n, 5);
	assert_false(row_next(r));
}

static void
savepoints_undo_what_came_after_them(void **state)
{
	struct conn *c = fx.conn;

	(void)state;
	take(c, "outer", "1", 1);
	conn_savepoint(c);
	take(c, "middle", "2", 1);
	conn_savepoint(c);
	take(c, "inner", "3", 1);
	conn_rollback_to(c);
	assert_string_equal(owner(c, "inner"), "");
	assert_string_equal(owner(c, "middle"), "2");
	conn_savepoint(c);
	take(c, "inner", "4", 1);
	conn_release(c);
	assert_string_equal(owner(c, "inner"), "4");
	conn_rollback_to(c);
	assert_string_equal(owner(c, "inner"), "");
	assert_string_equal(owner(c, "middle"), "");
	assert_string_equal(owner(c, "outer"), "1");
	assert_null(conn_failed(c));
}

static void
undoing_works_after_trouble_and_keeps_its_reason(void **state)
{
	struct conn *c = fx.conn;

	(void)state;
	conn_savepoint(c);
	take(c, "a", "x", 1);
	conn_run(c, SQL_PARTNER_INSERT, "ttttii", "P", "A name", "active",
	    "approved", INT64_C(0), fixture_now);
	/* Asked for and not made, as nothing is after trouble. */
	conn_savepoint(c);
	conn_rollback_to(c);
	conn_rollback_to(c);
	assert_non_null(conn_failed(c));
	assert_non_null(strstr(conn_failed(c), "CHECK"));
	conn_forgive(c);
	assert_string_equal(owner(c, "a"), "");
	assert_true(conn_in_transaction(c));
	take(c, "a", "y", 1);
	assert_string_equal(owner(c, "a"), "y");
}

/* Three days are looked at; a row names its day, so that it is found again. */
static void
a_claimed_key_is_found_on_each_of_three_days(void **state)
{
	static const char hash[32];

	(void)state;
	assert_int_equal(conn_run(fx.conn, SQL_IDEMPOTENCY_CLAIM, "itttbtii",
	    INT64_C(20), "*", "/x", "k", hash, sizeof(hash), "CLVTX_1_1",
	    INT64_C(70), INT64_C(60)), 1);
	for (int64_t today = 18; today <= 22; today++) {
		struct rows *r = conn_rows(fx.conn, SQL_IDEMPOTENCY_FIND,
		    "iiittti", today - 1, today, today + 1, "*", "/x", "k",
		    INT64_C(-1));

		assert_int_equal(row_next(r), today >= 19 && today <= 21);
		if (today < 19 || today > 21)
			continue;
		assert_int_equal(row_bytes(r, 0).n, 32);
		assert_true(row_null(r, 1));
		assert_true(row_null(r, 2));
		assert_int_equal(row_int(r, 3), 20);
		assert_string_equal(row_text(r, 4), "CLVTX_1_1");
		assert_int_equal(row_int(r, 5), 70);
		assert_false(row_next(r));
	}
	assert_null(conn_failed(fx.conn));
}

static void
readers_cannot_write(void **state)
{
	struct conn *c = another(true);

	(void)state;
	conn_rollback(fx.conn);
	assert_int_equal(take(c, "a", "x", 1), CONN_FAILED);
	assert_non_null(strstr(conn_failed(c), "readonly"));
	conn_forgive(c);
	assert_false(conn_script(c, "DROP TABLE tx"));
	conn_close(c);
}

static void
readers_see_what_is_committed_only(void **state)
{
	struct conn *c = another(true);

	(void)state;
	take(fx.conn, "seen", "x", 1);
	assert_string_equal(owner(c, "seen"), "");
	conn_commit(fx.conn);
	assert_string_equal(owner(c, "seen"), "x");
	assert_null(conn_failed(c));
	conn_close(c);
	conn_begin(fx.conn, false);
	assert_true(conn_script(fx.conn, "DELETE FROM cron_run;"
	    "DELETE FROM client; DELETE FROM partner;"
	    "DROP TRIGGER audit_event_is_final_delete;"
	    "DELETE FROM audit_event; UPDATE audit_head SET seq = 0, "
	    "hash = zeroblob(32); CREATE TRIGGER audit_event_is_final_delete "
	    "BEFORE DELETE ON audit_event BEGIN SELECT raise(ABORT, "
	    "'audit events are never deleted'); END"));
	conn_commit(fx.conn);
}

static void
another_commit_is_noticed(void **state)
{
	struct conn *c = another(true);

	(void)state;
	conn_rollback(fx.conn);
	assert_true(conn_changed_elsewhere(c));
	assert_false(conn_changed_elsewhere(c));
	conn_begin(fx.conn, false);
	take(fx.conn, "noticed", "x", 1);
	assert_false(conn_changed_elsewhere(c));
	conn_commit(fx.conn);
	assert_true(conn_changed_elsewhere(c));
	assert_false(conn_changed_elsewhere(c));
	conn_close(c);
	conn_begin(fx.conn, false);
	conn_script(fx.conn, "DELETE FROM cron_run");
	conn_commit(fx.conn);
	/* One's own commits do not count. */
	conn_changed_elsewhere(fx.conn);
	conn_begin(fx.conn, false);
	conn_script(fx.conn, "DELETE FROM cron_run");
	conn_commit(fx.conn);
	assert_false(conn_changed_elsewhere(fx.conn));
}

static void
a_busy_database_fails_in_time(void **state)
{
	struct conn *c = another(false);

	(void)state;
	/* fx.conn holds the write lock of its transaction. */
	conn_begin(c, false);
	assert_non_null(strstr(conn_failed(c), "locked"));
	assert_false(conn_in_transaction(c));
	conn_rollback(fx.conn);
	conn_forgive(c);
	conn_begin(c, false);
	assert_null(conn_failed(c));
	conn_rollback(c);
	conn_close(c);
}

static void
a_backup_is_a_whole_database(void **state)
{
	char path[CONF_PATH_MAX], why[256];
	struct conn *c = another(true);
	struct stat st;

	(void)state;
	conn_commit(fx.conn);
	if (!conn_backup(c, conf_path(&fx.conf, "backup.db", path)))
		fail_msg("%s", conn_failed(c));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* The reader is one again, and a file is never written over. */
	assert_int_equal(take(c, "a", "x", 1), CONN_FAILED);
	conn_forgive(c);
	assert_false(conn_backup(c, path));
	assert_non_null(strstr(conn_failed(c), "exists"));
	conn_close(c);
	c = conn_open(path, true, 50, why, sizeof(why));
	assert_non_null(c);
	struct rows *r = conn_rows(c, SQL_PARTNER_FIND, "t", "ECHEZONA001");
	assert_true(row_next(r));
	row_done(r);
	r = conn_rows(c, SQL_INTEGRITY, "");
	assert_true(row_next(r));
	assert_string_equal(row_text(r, 0), "ok");
	row_done(r);
	conn_close(c);
	unlink(path);
}

static void
refuses_what_is_no_database(void **state)
{
	char path[CONF_PATH_MAX], why[512];

	(void)state;
	conf_path(&fx.conf, "absent.db", path);
	assert_null(conn_open(path, false, 50, why, sizeof(why)));
	assert_non_null(strstr(why, "absent.db: unable to open"));
	assert_int_not_equal(access(path, F_OK), 0);
	conf_path(&fx.conf, "clive.conf", path);
	assert_null(conn_open(path, false, 50, why, sizeof(why)));
	assert_non_null(strstr(why, "clive.conf: file is not a database"));
}

/*
 * SQLite counts the work of a statement over all its runs: now and then it
 * asks in the middle of the shortest one whether to go on.
 */
static void
a_reader_that_is_limited_begins_as_often_as_it_likes(void **state)
{
	struct conn *c = another(true);

	(void)state;
	conn_limit(c, 60 * 1000);
	for (int i = 0; i < 20000; i++) {
		conn_read_begin(c);
		assert_null(conn_failed(c));
		assert_true(conn_in_transaction(c));
		conn_read_end(c);
		assert_false(conn_in_transaction(c));
	}
	conn_close(c);
}

static void
closing_nothing_does_nothing(void **state)
{
	(void)state;
	conn_close(NULL);
}

static const struct CMUnitTest tests[] = {
	FIXTURE_CASE(statements_return_how_many_rows_changed),
	FIXTURE_CASE(parameters_may_appear_in_any_order),
	FIXTURE_CASE(a_parameter_may_appear_twice),
	FIXTURE_CASE(optional_numbers_below_zero_are_null),
	FIXTURE_CASE(texts_and_bytes_may_be_null_empty_or_sliced),
	FIXTURE_CASE(a_null_column_reads_as_null),
	FIXTURE_CASE(a_taken_key_is_trouble_where_it_is_no_answer),
	FIXTURE_CASE(a_taken_key_is_no_trouble),
	FIXTURE_CASE(other_constraints_are_trouble),
	FIXTURE_CASE(trouble_sticks_until_it_is_forgiven),
	FIXTURE_CASE(rows_may_be_given_up_and_read_again),
	FIXTURE_CASE(savepoints_undo_what_came_after_them),
	FIXTURE_CASE(undoing_works_after_trouble_and_keeps_its_reason),
	FIXTURE_CASE(a_claimed_key_is_found_on_each_of_three_days),
	FIXTURE_CASE(readers_cannot_write),
	FIXTURE_CASE(readers_see_what_is_committed_only),
	FIXTURE_CASE(another_commit_is_noticed),
	FIXTURE_CASE(a_busy_database_fails_in_time),
	FIXTURE_CASE(refuses_what_is_no_database),
	FIXTURE_CASE(a_reader_that_is_limited_begins_as_often_as_it_likes),
	FIXTURE_CASE(closing_nothing_does_nothing),
	/* The last one: what it commits stays. */
	FIXTURE_CASE(a_backup_is_a_whole_database),
};

TEST_MAIN("conn", tests)
