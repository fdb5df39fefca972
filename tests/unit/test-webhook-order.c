/* SPDX-License-Identifier: ISC */
/*
 * test-webhook-order.c - in which order an endpoint's changes take rows.
 *
 * The sender takes the audit log's head and then the endpoint's row. Whoever
 * took the row first would, on a database that locks rows, sooner or later
 * wait for it and be waited for. SQLite has one lock, so the order is looked
 * at, in what it is given to run.
 */
#include "webhook.h"

#include <string.h>

#include <sqlite3.h>

#include "fixture.h"
#include "signing-key.h"

static const char *const events[] = { "transaction_failed", NULL };

static char first[512];		/* the first statement that writes */
static char id[ID_SIZE];	/* the endpoint of the running case */

static int
on_statement(unsigned int kind, void *arg, void *stmt, void *text)
{
	const char *sql = text;

	(void)kind;
	(void)arg;
	if (first[0] == '\0' && !sqlite3_stmt_readonly(stmt) &&
	    strncmp(sql, "SAVEPOINT", 9) != 0)
		snprintf(first, sizeof(first), "%s", sql);
	return 0;
}

/* SQLite calls it for each new connection. */
static int
watch(sqlite3 *db, const char **why, const void *api)
{
	(void)why;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, on_statement, NULL);
}

static int
begin(void **state)
{
	struct webhook w = { .partner_id = "ECHEZONA001", .api = "clive",
	    .secret = "the first secret", .settings = { .name = "A hook",
	    .url = "https://hook.example/", .events = events,
	    .schedule.name = "custom" } };

	if (fx.conn == NULL)
		sqlite3_auto_extension((void (*)(void))watch);
	if (fixture_begin(state) != 0)
		return -1;
	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    "cli:test"));
	memcpy(id, w.id, sizeof(id));
	first[0] = '\0';
	return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, fixture_end)

static void
assert_queued(void)
{
	static const char head[] = "UPDATE audit_head ";

	assert_null(conn_failed(fx.conn));
	if (strncmp(first, head, strlen(head)) != 0)
		fail_msg("'%s' came first", first);
	first[0] = '\0';
}

static void
making_and_changing_queue_first(void **state)
{
	struct webhook w = { .partner_id = "ECHEZONA001", .api = "clive",
	    .secret = "the first secret", .settings = { .name = "Another",
	    .url = "https://hook.example/", .events = events,
	    .schedule.name = "custom", .ed25519 = true } };
	const struct webhook_row *row = webhook_find(fx.conn, fx.arena, id);
	struct webhook_settings s;

	(void)state;
	webhook_settings_of(fx.conn, fx.arena, row, &s);
	s.name = "Renamed";
	assert_null(webhook_change(fx.conn, fx.vault, &fx.conf, row, &s,
	    fixture_now, "cli:test"));
	assert_queued();
	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    "cli:test"));
	assert_queued();
}

static void
switching_queues_first(void **state)
{
	int64_t waiting;

	(void)state;
	assert_true(webhook_disable(fx.conn, id, "operator", fixture_now,
	    "cli:test"));
	assert_queued();
	assert_true(webhook_enable(fx.conn, id, true, fixture_now,
	    "cli:test", &waiting));
	assert_queued();
	webhook_proven(fx.conn, id, fixture_now, "cli:test");
	assert_queued();
	assert_true(webhook_delete(fx.conn, id, fixture_now, "cli:test"));
	assert_queued();
}

static void
rotating_queues_first(void **state)
{
	(void)state;
	assert_null(webhook_rotate(fx.conn, fx.vault, id, "another secret...",
	    0, fixture_now, "cli:test"));
	assert_queued();
	signing_key_ensure(fx.conn, fx.vault, fixture_now, "cli:test");
	assert_queued();
	assert_null(signing_key_rotate(fx.conn, fx.vault, 0, fixture_now,
	    "cli:test"));
	assert_queued();
}

static const struct CMUnitTest tests[] = {
	CASE(making_and_changing_queue_first),
	CASE(switching_queues_first),
	CASE(rotating_queues_first),
};

TEST_MAIN("webhook-order", tests)
