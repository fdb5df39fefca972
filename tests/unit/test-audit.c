/* SPDX-License-Identifier: ISC */
/* test-audit.c - history cannot be changed without being noticed. */
#include "audit.h"

#include <string.h>

#include "fixture.h"

/* The head when a case began, after the six rows it works on. */
static struct audit_report head;

/* Empties the log of what the fixture wrote, and writes rows 1 to 6. */
static int
begin(void **state)
{
	int rc = fixture_begin(state);

	conn_script(fx.conn,
	    "DROP TRIGGER audit_event_is_final_update;"
	    "DROP TRIGGER audit_event_is_final_delete;"
	    "DELETE FROM audit_event;"
	    "UPDATE audit_head SET seq = 0, hash = zeroblob(32)");
	for (int i = 1; i <= 6; i++)
		audit_write(fx.conn, fixture_now + i, "key:k",
		    "thing.done", arena_printf(fx.arena, "thing%d", i),
		    "{\"a\":1}");
	if (!audit_verify(fx.conn, 0, NULL, &head))
		return -1;
	return rc;
}

static bool
verify(struct audit_report *report)
{
	bool good = audit_verify(fx.conn, 0, NULL, report);

	assert_null(conn_failed(fx.conn));
	return good;
}

/* Does what an intruder does, checks what is reported, and undoes it. */
static void
assert_noticed(const char *sql, int64_t first_bad)
{
	struct audit_report report;

	conn_savepoint(fx.conn);
	if (!conn_script(fx.conn, sql))
		fail_msg("%s: %s", sql, conn_failed(fx.conn));
	if (verify(&report))
		fail_msg("not noticed: %s", sql);
	if (report.first_bad != first_bad)
		fail_msg("row %lld: %s", (long long)report.first_bad, sql);
	conn_rollback_to(fx.conn);
}

static void
an_untouched_chain_is_good(void **state)
{
	struct audit_report report;

	(void)state;
	assert_true(verify(&report));
	assert_int_equal(report.rows, 6);
	assert_int_equal(report.first_bad, 0);
	assert_int_equal(report.head_seq, 6);
	assert_true(report.checkpoint_met);
	assert_int_equal(strspn(report.head_hash, "0123456789abcdef"), 64);
}

static void
an_empty_chain_is_good(void **state)
{
	struct audit_report report;

	(void)state;
	conn_script(fx.conn, "DELETE FROM audit_event; UPDATE audit_head "
	    "SET seq = 0, hash = zeroblob(32)");
	assert_true(verify(&report));
	assert_int_equal(report.rows, 0);
	assert_int_equal(report.head_seq, 0);
}

/* They are rows as audit_write makes them, and none at all changes nothing. */
static void
rows_are_added_together(void **state)
{
	struct audit_report report;
	struct audit_chain chain;

	(void)state;
	audit_begin(fx.conn, &chain);
	audit_end(fx.conn, &chain);
	assert_true(verify(&report));
	assert_string_equal(report.head_hash, head.head_hash);
	audit_begin(fx.conn, &chain);
	for (int i = 7; i <= 9; i++)
		audit_add(fx.conn, &chain, fixture_now + i, "key:k",
		    "thing.done", arena_printf(fx.arena, "thing%d", i), "{}");
	audit_end(fx.conn, &chain);
	audit_write(fx.conn, fixture_now + 10, "key:k", "thing.done",
	    "thing10", "{}");
	assert_true(verify(&report));
	assert_int_equal(report.rows, 10);
	assert_int_equal(report.head_seq, 10);
}

static void
queueing_for_the_chain_leaves_it_alone(void **state)
{
	struct audit_report report;

	(void)state;
	audit_queue(fx.conn);
	assert_true(verify(&report));
	assert_int_equal(report.head_seq, 6);
	assert_string_equal(report.head_hash, head.head_hash);
	audit_queue(fx.conn);
	audit_write(fx.conn, fixture_now + 7, "key:k", "thing.done", "thing7",
	    "{}");
	assert_true(verify(&report));
	assert_int_equal(report.head_seq, 7);
}

/* The text of audit.h, worked through here once more. */
static void
hashes_are_as_documented(void **state)
{
	static const char text[] = "1\0" "1764000000001\0" "key:k\0"
	    "thing.done\0" "thing1\0" "{\"a\":1}";
	uint8_t bytes[SHA256_SIZE + sizeof(text)] = { 0 };
	uint8_t hash[SHA256_SIZE];

	(void)state;
	memcpy(bytes + SHA256_SIZE, text, sizeof(text));
	sig_sha256(bytes, sizeof(bytes), hash);
	struct rows *r = conn_rows(fx.conn, SQL_AUDIT_ALL, "");
	assert_true(row_next(r));
	assert_memory_equal(row_bytes(r, 6).p, hash, sizeof(hash));
	row_done(r);
}

static void
every_column_of_every_row_is_covered(void **state)
{
	static const char *const changes[] = {
		"at = at + 1", "at = -at", "actor = 'key:x'",
		"actor = ''", "action = 'thing.undone'",
		"subject = 'nothing'", "detail = '{\"a\":2}'",
		"detail = '{\"a\":1} '", "detail = ''",
		"hash = zeroblob(32)",
		"hash = (SELECT hash FROM audit_head)",
		/* What one column loses, its neighbour gains. */
		("actor = actor || substr(action, 1, 1), "
		"action = substr(action, 2)"),
		"actor = action, action = actor",
		"seq = seq + 100", "seq = -seq",
		/* What hides behind a NUL. */
		"detail = detail || char(0) || 'more'",
		"actor = actor || char(0)",
		"subject = char(0) || subject",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		for (int row = 1; row <= 6; row++) {
			const char *sql = arena_printf(fx.arena,
			    "UPDATE audit_event SET %s WHERE seq = %d",
			    changes[i], row);
			/* The newest row's hash is the head's already. */
			if (row == 6 && strstr(changes[i], "FROM") != NULL)
				continue;
			/* A negative number sorts before all others. */
			assert_noticed(sql, strcmp(changes[i], "seq = -seq")
			    == 0 ? 1 : row);
		}
}

static void
missing_rows_are_noticed(void **state)
{
	(void)state;
	for (int row = 1; row <= 6; row++)
		assert_noticed(arena_printf(fx.arena,
		    "DELETE FROM audit_event WHERE seq = %d", row), row);
	assert_noticed("DELETE FROM audit_event", 1);
	assert_noticed("DELETE FROM audit_event WHERE seq > 3", 4);
	/* Closing the gap does not help. */
	assert_noticed("DELETE FROM audit_event WHERE seq = 3; UPDATE "
	    "audit_event SET seq = seq - 1 WHERE seq > 3", 3);
}

static void
added_and_swapped_rows_are_noticed(void **state)
{
	(void)state;
	assert_noticed("INSERT INTO audit_event (seq, at, actor, action, "
	    "subject, detail, hash) SELECT 7, at, actor, action, subject, "
	    "detail, hash FROM audit_event WHERE seq = 6", 7);
	assert_noticed("INSERT INTO audit_event (seq, at, actor, action, "
	    "subject, detail, hash) SELECT 0, at, actor, action, subject, "
	    "detail, hash FROM audit_event WHERE seq = 1", 1);
	assert_noticed("UPDATE audit_event SET seq = 100 WHERE seq = 2; "
	    "UPDATE audit_event SET seq = 2 WHERE seq = 3; "
	    "UPDATE audit_event SET seq = 3 WHERE seq = 100", 2);
}

static void
a_changed_head_is_noticed(void **state)
{
	(void)state;
	assert_noticed("UPDATE audit_head SET seq = 5", 7);
	assert_noticed("UPDATE audit_head SET seq = 7", 7);
	assert_noticed("UPDATE audit_head SET hash = zeroblob(32)", 7);
	assert_noticed("DELETE FROM audit_head", 7);
	/* The end cut off and the head with it: only a checkpoint sees it. */
	struct audit_report report;
	conn_script(fx.conn, "DELETE FROM audit_event WHERE seq = 6; UPDATE "
	    "audit_head SET seq = 5, hash = (SELECT hash FROM audit_event "
	    "WHERE seq = 5)");
	assert_true(audit_verify(fx.conn, 0, NULL, &report));
	assert_false(audit_verify(fx.conn, head.head_seq, head.head_hash,
	    &report));
	assert_int_equal(report.first_bad, 0);
	assert_false(report.checkpoint_met);
}

/* Forgets rows from one on and writes others, with good hashes. */
static void
rewrite_from(int seq)
{
	conn_script(fx.conn, arena_printf(fx.arena, "DELETE FROM audit_event "
	    "WHERE seq >= %d; UPDATE audit_head SET seq = %d, hash = "
	    "coalesce((SELECT hash FROM audit_event WHERE seq = %d), "
	    "zeroblob(32))", seq, seq - 1, seq - 1));
	for (; seq <= 6; seq++)
		audit_write(fx.conn, fixture_now + seq, "key:k",
		    "thing.denied", arena_printf(fx.arena, "thing%d", seq),
		    "{\"a\":1}");
	assert_null(conn_failed(fx.conn));
}

static void
a_rewritten_end_is_caught_by_a_checkpoint(void **state)
{
	struct audit_report report;

	(void)state;
	for (int from = 1; from <= 6; from++) {
		conn_savepoint(fx.conn);
		rewrite_from(from);
		/* Consistent in itself: that is all a chain can say. */
		assert_true(audit_verify(fx.conn, 0, NULL, &report));
		assert_false(audit_verify(fx.conn, head.head_seq,
		    head.head_hash, &report));
		assert_false(report.checkpoint_met);
		assert_int_equal(report.first_bad, 0);
		conn_rollback_to(fx.conn);
	}
}

static void
a_checkpoint_stays_good_as_the_chain_grows(void **state)
{
	struct audit_report report;

	(void)state;
	assert_true(audit_verify(fx.conn, head.head_seq, head.head_hash,
	    &report));
	for (int i = 0; i < 10; i++)
		audit_write(fx.conn, fixture_now, "key:k", "more.done", "x",
		    "{}");
	assert_true(audit_verify(fx.conn, head.head_seq, head.head_hash,
	    &report));
	assert_int_equal(report.rows, 16);
	/* One that is not from this chain is not met. */
	assert_false(audit_verify(fx.conn, 5, head.head_hash, &report));
	assert_false(audit_verify(fx.conn, 17, head.head_hash, &report));
	assert_false(audit_verify(fx.conn, 6, "", &report));
	assert_false(audit_verify(fx.conn, -1, head.head_hash, &report));
}

static void
an_undone_row_leaves_no_gap(void **state)
{
	struct audit_report report;

	(void)state;
	conn_savepoint(fx.conn);
	audit_write(fx.conn, 1, "key:k", "never.done", "x", "{}");
	conn_rollback_to(fx.conn);
	audit_write(fx.conn, 1, "key:k", "thing.done", "x", "{}");
	assert_true(verify(&report));
	assert_int_equal(report.rows, 7);
	assert_int_equal(report.head_seq, 7);
}

static void
any_text_may_be_recorded(void **state)
{
	struct audit_report report;

	(void)state;
	audit_write(fx.conn, 0, "", "", "", "");
	audit_write(fx.conn, -1, "caf\xc3\xa9", "x", "'; DROP TABLE tx; --",
	    "{\"a\":\"\xe2\x82\xac\"}");
	assert_true(verify(&report));
	assert_int_equal(report.rows, 8);
}

/* The detail of a row. */
static const char *
detail_of(int64_t seq)
{
	struct rows *r = conn_rows(fx.conn, SQL_AUDIT_ALL, "");
	const char *detail = NULL;

	while (row_next(r))
		if (row_int(r, 0) == seq)
			detail = row_text_copy(r, 5, fx.arena);
	row_done(r);
	return detail;
}

/* What a request did names it, and the name is part of the chain. */
static void
a_request_is_named_in_what_it_did(void **state)
{
	struct audit_report report;

	(void)state;
	audit_request("req_1");
	audit_write(fx.conn, 1, "key:k", "x", "y", "{\"a\":{}}");
	audit_write(fx.conn, 1, "key:k", "x", "y", "{}");
	audit_write(fx.conn, 1, "key:k", "x", "y", "no object");
	audit_request(NULL);
	audit_write(fx.conn, 1, "key:k", "x", "y", "{\"a\":{}}");
	assert_string_equal(detail_of(7), "{\"a\":{},\"request\":\"req_1\"}");
	assert_string_equal(detail_of(8), "{\"request\":\"req_1\"}");
	assert_string_equal(detail_of(9), "no object");
	assert_string_equal(detail_of(10), "{\"a\":{}}");
	assert_true(verify(&report));
	assert_int_equal(report.rows, 10);
	assert_noticed("UPDATE audit_event SET detail = replace(detail, "
	    "'req_1', 'req_2') WHERE seq = 8", 8);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, fixture_end)

static const struct CMUnitTest tests[] = {
	CASE(an_untouched_chain_is_good),
	CASE(an_empty_chain_is_good),
	CASE(rows_are_added_together),
	CASE(queueing_for_the_chain_leaves_it_alone),
	CASE(hashes_are_as_documented),
	CASE(every_column_of_every_row_is_covered),
	CASE(missing_rows_are_noticed),
	CASE(added_and_swapped_rows_are_noticed),
	CASE(a_changed_head_is_noticed),
	CASE(a_rewritten_end_is_caught_by_a_checkpoint),
	CASE(a_checkpoint_stays_good_as_the_chain_grows),
	CASE(an_undone_row_leaves_no_gap),
	CASE(any_text_may_be_recorded),
	CASE(a_request_is_named_in_what_it_did),
};

TEST_MAIN("audit", tests)
