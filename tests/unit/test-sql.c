/* SPDX-License-Identifier: ISC */
/*
 * test-sql.c - every statement prepares and finds its rows by an index; every
 * constraint of the schema bites.
 */
#include "sql.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "schema.h"
#include "test.h"

static sqlite3 *db;

static void
run(const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%.60s: %s", sql, sqlite3_errmsg(db));
}

static int
open_memory(void **state)
{
	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	sqlite3_extended_result_codes(db, 1);
	run("PRAGMA foreign_keys = ON");
	run(schema_sql);
	return 0;
}

static int
close_memory(void **state)
{
	(void)state;
	sqlite3_close(db);
	return 0;
}

static void
every_name_has_its_statement(void **state)
{
	(void)state;
	for (int i = 0; i < SQL_COUNT; i++)
		if (sql_text[i] == NULL)
			fail_msg("statement %d is missing", i);
}

static void
every_statement_prepares(void **state)
{
	(void)state;
	for (int i = 0; i < SQL_COUNT; i++) {
		sqlite3_stmt *stmt;
		const char *rest;

		if (sqlite3_prepare_v2(db, sql_text[i], -1, &stmt, &rest) !=
		    SQLITE_OK)
			fail_msg("%s: %s", sql_text[i], sqlite3_errmsg(db));
		assert_string_equal(rest, "");	/* one statement, no more */
		sqlite3_finalize(stmt);
	}
}

/* $1, $2 ... without a gap: callers count them. */
static void
parameters_are_numbered_without_gaps(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < SQL_COUNT; i++) {
		sqlite3_stmt *stmt;

		assert_int_equal(sqlite3_prepare_v2(db, sql_text[i], -1,
		    &stmt, NULL), SQLITE_OK);
		int n = sqlite3_bind_parameter_count(stmt);
		assert_in_range(n, 0, 16);
		for (int k = 1; k <= n; k++) {
			snprintf(name, sizeof(name), "$%d", k);
			if (sqlite3_bind_parameter_index(stmt, name) == 0)
				fail_msg("no %s: %s", name, sql_text[i]);
		}
		sqlite3_finalize(stmt);
	}
}

static void
portable_statements_use_no_words_of_sqlite_alone(void **state)
{
	static const char *const words[] = { "rowid", "PRAGMA", "INSERT OR",
	    "REPLACE INTO", "ifnull(", "datetime(", "strftime(", "GLOB",
	    "AUTOINCREMENT", "printf(", "last_insert", "?", "\"", "`" };

	(void)state;
	for (int i = 0; i < SQL_PORTABLE; i++)
		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
			if (strstr(sql_text[i], words[w]) != NULL)
				fail_msg("%s: %s", words[w], sql_text[i]);
}

/* Statements that read a whole table, or a whole index, and why they may. */
static const struct {
	enum sql	 sql;
	const char	*why;
} whole[] = {
	{ SQL_API_KEYS, "a page for operators; keys are few" },
	{ SQL_MERCHANT_KEYS_OF_PARTNER, "for operators; keys are few" },
	{ SQL_PARTNERS, "a page for operators; partners are few" },
	{ SQL_CLIENT_BY_NAME, "public, cached; clients are few" },
	{ SQL_ENDPOINTS, "a page for operators; endpoints are few" },
	{ SQL_ENDPOINT_BACKLOG, "what a subquery with a limit has read" },
	{ SQL_LISTENERS_GONE, "cron; endpoints are few" },
	{ SQL_ENDPOINTS_DUE, "endpoints are few; deliveries by index" },
	{ SQL_DELIVERY_NEXT_DUE, "endpoints are few; deliveries by index" },
	{ SQL_DELIVERIES_LATE, "due ones only, by their index" },
	{ SQL_DELIVERIES_AHEAD, "due ones only, by their index" },
	{ SQL_SIGNING_KEYS_EXPIRE, "rare; keys are few" },
	{ SQL_SIGNING_KEYS_LIVE, "keys are few" },
	{ SQL_DELIVERY_RELEASE, "once a run; held ones only, by their index" },
	{ SQL_DELIVERIES_MEND, "a clock was set back; due ones only" },
	{ SQL_ENDPOINTS_MEND, "a clock was set back; endpoints are few" },
	{ SQL_TIMES_AHEAD, "at the start of a sender; deliveries by index" },
	{ SQL_FEE_RULES_MATCHING, "written by operators; rules are few" },
	{ SQL_FEE_RULES, "a page for operators; rules are few" },
	{ SQL_LEDGER_COUNT, "clive verify" },
	{ SQL_LEDGER_COMPARE, "clive verify" },
	{ SQL_SETTLE_SUM, "what a subquery with a limit has read" },
	{ SQL_BATCHES_VOID, "open batches only, by their index" },
	{ SQL_BATCHES_UNBOOKED, "those of a program that died" },
	{ SQL_BATCHES_COMPARE, "clive verify" },
	{ SQL_PAYOUT_ACCOUNTS, "a page for operators; accounts are few" },
	{ SQL_REFUNDS_COMPARE, "clive verify" },
	{ SQL_WALLETS_COMPARE, "clive verify" },
	{ SQL_WALLETS_SUM, "clive verify" },
	{ SQL_TRANSFERS_COUNT, "clive verify" },
	{ SQL_TRANSFERS_OF_WALLET, "what subqueries with a limit have read" },
	{ SQL_AUDIT_ALL, "clive verify" },
	{ SQL_OPERATORS, "a page for operators; operators are few" },
	{ SQL_OPERATOR_OTHER_OWNERS, "rare; operators are few" },
	{ SQL_SESSIONS_EXPIRE, "cron; sessions are few" },
	{ SQL_LOGIN_FAILURES_EXPIRE, "cron; failures are few" },
	{ SQL_CRON_RUNS, "one row a program" },
	{ SQL_CRON_DELIVERIES_END, "endpoints are few; deliveries by index" },
	{ SQL_TX_LIST_ALL_OF_PARTNER, "what subqueries with a limit have read" },
	{ SQL_COUNTS, "a page for operators" },
	{ SQL_OVERVIEW_QUEUE, "due and set aside ones only, by their index" },
	{ SQL_ENDPOINTS_TROUBLED, "a page for operators; endpoints are few" },
	{ SQL_FIGURES, "to a limit, by indexes of what is counted" },
	{ SQL_FIGURES_ENDPOINTS, "endpoints are few" },
	{ SQL_FIGURES_BATCHES, "to a limit, by indexes of what is open" },
};
enum { WHOLE = sizeof(whole) / sizeof(whole[0]) };

static const char *
exempt(int sql)
{
	for (size_t i = 0; i < WHOLE; i++)
		if ((int)whole[i].sql == sql)
			return whole[i].why;
	return NULL;
}

/* Looks through a statement's plan for a step that begins like this. */
static bool
plan_has(int sql, const char *step, char *found, size_t size)
{
	char text[4096];
	sqlite3_stmt *stmt;
	bool has = false;

	snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s", sql_text[sql]);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &stmt, NULL),
	    SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *detail =
		    (const char *)sqlite3_column_text(stmt, 3);

		if (strncmp(detail, step, strlen(step)) != 0 ||
		    strcmp(detail, "SCAN CONSTANT ROW") == 0)
			continue;
		has = true;
		snprintf(found, size, "%s", detail);
	}
	sqlite3_finalize(stmt);
	return has;
}

static void
rows_are_found_by_index(void **state)
{
	char found[256];

	(void)state;
	for (int i = 0; i < SQL_PORTABLE; i++) {
		bool scans = plan_has(i, "SCAN", found, sizeof(found));

		if (scans && exempt(i) == NULL)
			fail_msg("%s: %s", found, sql_text[i]);
		/* An exemption that nobody needs hides the next scan. */
		if (!scans && exempt(i) != NULL)
			fail_msg("needs no exemption: %s", sql_text[i]);
	}
}

/* Payments and deliveries come in order; sorting them would read them all. */
static void
long_lists_are_read_in_order(void **state)
{
	static const enum sql lists[] = { SQL_MERCHANT_KEYS,
	    SQL_TX_LIST, SQL_TX_LIST_OF_PARTNER,
	    SQL_TX_LIST_OF_REFERENCE, SQL_TX_STALE, SQL_TX_LOOKS_DUE,
	    SQL_TX_SEARCH, SQL_TX_SCAN_EDGE, SQL_TX_DISPUTED,
	    SQL_OVERVIEW_STUCK,
	    SQL_INTENT_LIST, SQL_PROCESSOR_CALLS_DUE, SQL_REFUND_CALLS_DUE,
	    SQL_SETTLE_NEXT_GROUP, SQL_SETTLE_SUM, SQL_SETTLE_PAGE,
	    SQL_SETTLE_QUEUED, SQL_SETTLE_BOOK, SQL_BATCH_TX_IDS,
	    SQL_BATCH_TXS, SQL_BATCH_LIST, SQL_BATCH_LIST_OF_PARTNER,
	    SQL_BATCHES_DUE, SQL_BATCHES_UNBOOKED, SQL_BATCHES_PAYABLE,
	    SQL_REFUND_LIST, SQL_REFUND_LIST_OF_INTENT, SQL_BUYERS,
	    SQL_WALLETS, SQL_TRANSFERS_OF_MERCHANT, SQL_DELIVERY_CLAIM,
	    SQL_DELIVERIES_FREE, SQL_DELIVERIES_FREE_ASKED,
	    SQL_DELIVERIES_WAITING, SQL_AUDIT_ALL, SQL_AUDIT_OF_SUBJECT,
	    SQL_EVENT_LIST, SQL_EVENT_LIST_OF_PARTNER,
	    SQL_EVENTS_OF_MERCHANT, SQL_ENDPOINTS_OF_MERCHANT,
	    SQL_DELIVERY_LIST, SQL_DELIVERY_LIST_OF_ENDPOINT,
	    SQL_ENDPOINT_BACKLOG, SQL_REPLAY_EVENTS_EDGE, SQL_REPLAY_EVENTS,
	    SQL_REPLAY_FAILED_EDGE, SQL_REPLAY_FAILED, SQL_SEALED_API_KEYS,
	    SQL_SEALED_SECRETS, SQL_SEALED_SIGNING_KEYS, SQL_SEALED_INTENTS,
	    SQL_SEALED_ANSWERS, SQL_EXPORT_TXS, SQL_EXPORT_EVENTS,
	    SQL_EXPORT_LEDGER, SQL_EXPORT_AUDIT, SQL_REPORT_TXS };
	char found[256];

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (plan_has((int)lists[i], "USE TEMP B-TREE", found,
		    sizeof(found)))
			fail_msg("%s: %s", found, sql_text[lists[i]]);
}

static void
hot_statements_use_the_index_made_for_them(void **state)
{
	static const struct {
		enum sql	 sql;
		const char	*step;
	} table[] = {
		{ SQL_MERCHANT_KEY_BY_PREFIX, "SEARCH merchant_key USING "
		    "INDEX sqlite_autoindex_merchant_key_2 (livemode=? AND "
		    "prefix=?)" },
		{ SQL_MERCHANT_KEYS, "SEARCH merchant_key USING INDEX "
		    "merchant_key_by_client (partner_id=? AND client_id=? "
		    "AND id<?)" },
		{ SQL_FIGURES, "SCAN delivery USING INDEX delivery_due" },
		{ SQL_FIGURES, "SEARCH tx USING INDEX tx_open "
		    "(updated_at>?)" },
		{ SQL_FIGURES, "SEARCH refund USING INDEX refund_pending "
		    "(id>?)" },
		{ SQL_FIGURES, "SEARCH processor_event USING INDEX "
		    "processor_event_quarantined (received_at>?)" },
		{ SQL_FIGURES_BATCHES, "SEARCH settlement_batch USING INDEX "
		    "settlement_batch_open (id>?)" },
		{ SQL_FIGURES_BATCHES, "SEARCH settlement_batch USING INDEX "
		    "settlement_batch_sending (next_look_at>?)" },
		{ SQL_FIGURES_OLDEST_DUE, "SEARCH d USING INDEX "
		    "delivery_due (endpoint_id=?)" },
		{ SQL_FIGURES_FACTS, "SEARCH audit_event USING INTEGER "
		    "PRIMARY KEY (rowid>? AND rowid<?)" },
		{ SQL_TX_FIND_BY_REF, "SEARCH t USING INDEX "
		    "sqlite_autoindex_tx_2 (processor=? AND "
		    "processor_ref=?)" },
		{ SQL_TX_LIST, "SEARCH t USING INDEX sqlite_autoindex_tx_1 "
		    "(clive_tx_id>? AND clive_tx_id<?)" },
		{ SQL_TX_LIST_OF_PARTNER, "SEARCH t USING INDEX "
		    "tx_by_partner (partner_id=? AND clive_tx_id>? AND "
		    "clive_tx_id<?)" },
		{ SQL_TX_LIST_ALL_OF_PARTNER, "SEARCH tx USING INDEX "
		    "tx_by_partner (partner_id=? AND clive_tx_id>? AND "
		    "clive_tx_id<?)" },
		{ SQL_TX_LIST_ALL_OF_PARTNER, "SEARCH tx USING INDEX "
		    "tx_test_by_partner (partner_id=? AND clive_tx_id>? AND "
		    "clive_tx_id<?)" },
		{ SQL_TX_SCAN_EDGE, "SEARCH tx USING COVERING INDEX "
		    "sqlite_autoindex_tx_1 (clive_tx_id>? AND clive_tx_id<?)" },
		{ SQL_TX_SEARCH, "SEARCH t USING INDEX sqlite_autoindex_tx_1 "
		    "(clive_tx_id>? AND clive_tx_id<?)" },
		{ SQL_TX_DISPUTED, "SEARCH t USING INDEX tx_disputed "
		    "(clive_tx_id<?)" },
		{ SQL_DISPUTES_OF_TX, "SEARCH processor_event USING INDEX "
		    "processor_event_by_tx (clive_tx_id=?)" },
		{ SQL_OVERVIEW_DAYS, "SEARCH t USING INDEX "
		    "sqlite_autoindex_tx_1 (clive_tx_id>?)" },
		{ SQL_OVERVIEW_STUCK, "SEARCH tx USING INDEX tx_open "
		    "(updated_at<?)" },
		{ SQL_INTENT_FIND, "SEARCH i USING INDEX "
		    "sqlite_autoindex_intent_1 (id=?)" },
		{ SQL_INTENT_FIND_BY_TX, "SEARCH i USING INDEX "
		    "sqlite_autoindex_intent_2 (clive_tx_id=?)" },
		{ SQL_INTENT_LIST, "SEARCH i USING INDEX "
		    "intent_by_merchant (partner_id=? AND client_id=? AND "
		    "livemode=? AND id<?)" },
		{ SQL_INTENT_CALL_OPEN, "SEARCH processor_call USING INDEX "
		    "processor_call_by_tx (clive_tx_id=?)" },
		{ SQL_TX_LIST_OF_REFERENCE, "SEARCH t USING INDEX "
		    "tx_by_reference (echezona_reference=? AND clive_tx_id>? "
		    "AND clive_tx_id<?)" },
		{ SQL_PROCESSOR_OBJECT_APPLIED, "SEARCH processor_event "
		    "USING INDEX processor_event_object (processor=? AND "
		    "object_id=?)" },
		{ SQL_TX_STALE, "SEARCH tx USING INDEX tx_open "
		    "(updated_at<?)" },
		{ SQL_TX_LOOKS_DUE, "SEARCH tx USING INDEX tx_look "
		    "(next_look_at<?)" },
		{ SQL_LOOK_NEXT_DUE, "SEARCH tx USING INDEX tx_look "
		    "(next_look_at>?)" },
		{ SQL_LOOK_NEXT_DUE, "SEARCH processor_call USING INDEX "
		    "processor_call_due (next_look_at>?)" },
		{ SQL_PROCESSOR_CALLS_DUE, "SEARCH processor_call USING "
		    "INDEX processor_call_due (next_look_at<?)" },
		{ SQL_REFUND_CALLS_DUE, "SEARCH processor_call USING "
		    "INDEX processor_call_due (next_look_at<?)" },
		{ SQL_SETTLE_NEXT_GROUP, "SEARCH tx USING INDEX "
		    "tx_to_settle ((partner_id,client_id,currency)>(?,?,?))" },
		{ SQL_SETTLE_PAGE, "SEARCH tx USING INDEX tx_to_settle "
		    "(partner_id=? AND client_id=? AND currency=? AND "
		    "created_at<?)" },
		{ SQL_SETTLE_SUM, "SEARCH tx USING INDEX tx_to_settle "
		    "(partner_id=? AND client_id=? AND currency=? AND "
		    "created_at<?)" },
		{ SQL_SETTLE_BOOK, "SEARCH tx USING INDEX tx_queued "
		    "(settlement_batch_id=?)" },
		{ SQL_BATCH_TX_IDS, "SEARCH tx USING COVERING INDEX "
		    "tx_by_batch (settlement_batch_id=?)" },
		{ SQL_BATCH_TXS, "SEARCH t USING INDEX tx_by_batch "
		    "(settlement_batch_id=? AND clive_tx_id>?)" },
		{ SQL_BATCH_LIST_OF_PARTNER, "SEARCH settlement_batch USING "
		    "INDEX settlement_batch_by_partner (partner_id=? AND "
		    "id<?)" },
		{ SQL_BATCH_ASSEMBLING, "SEARCH settlement_batch USING INDEX "
		    "settlement_batch_assembling (partner_id=? AND "
		    "client_id=? AND currency=?)" },
		{ SQL_BATCHES_DUE, "SEARCH settlement_batch USING INDEX "
		    "settlement_batch_sending (next_look_at<?)" },
		{ SQL_BATCHES_PAYABLE, "SEARCH settlement_batch USING INDEX "
		    "settlement_batch_open (id>?)" },
		{ SQL_REFUND_CALL_FINISH, "SEARCH processor_call USING "
		    "INDEX processor_call_by_tx (clive_tx_id=?)" },
		{ SQL_REFUND_LIST, "SEARCH refund USING INDEX "
		    "refund_by_merchant (partner_id=? AND client_id=? AND "
		    "livemode=? AND id<?)" },
		{ SQL_REFUND_LIST_OF_INTENT, "SEARCH refund USING INDEX "
		    "refund_by_intent (intent_id=? AND id<?)" },
		{ SQL_REFUND_FAILED_SINCE, "SEARCH refund USING INDEX "
		    "refund_by_intent (intent_id=?)" },
		{ SQL_BUYER_FIND, "SEARCH buyer USING INDEX "
		    "sqlite_autoindex_buyer_2 (livemode=? AND "
		    "phone_number=?)" },
		{ SQL_WALLET_OF_BUYER, "SEARCH w USING INDEX "
		    "wallet_of_buyer (buyer_id=? AND currency=?)" },
		{ SQL_WALLET_OF_MERCHANT, "SEARCH w USING INDEX "
		    "wallet_of_merchant (partner_id=? AND client_id=? AND "
		    "livemode=? AND currency=?)" },
		{ SQL_WALLET_OUTSIDE, "SEARCH w USING INDEX wallet_outside "
		    "(livemode=? AND currency=?)" },
		{ SQL_TRANSFER_OF_PAYMENT, "SEARCH wallet_transfer USING "
		    "INDEX wallet_transfer_payment (intent_id=?)" },
		{ SQL_TRANSFERS_OF_MERCHANT, "SEARCH wallet_transfer USING "
		    "INDEX wallet_transfer_by_merchant (partner_id=? AND "
		    "client_id=? AND livemode=? AND id<?)" },
		{ SQL_TRANSFERS_OF_WALLET, "SEARCH wallet_transfer USING "
		    "INDEX wallet_transfer_from (from_wallet=? AND id<?)" },
		{ SQL_TRANSFERS_OF_WALLET, "SEARCH wallet_transfer USING "
		    "INDEX wallet_transfer_to (to_wallet=? AND id<?)" },
		{ SQL_PROCESSOR_CALLS_OF_TX, "SEARCH processor_call USING "
		    "INDEX processor_call_by_tx (clive_tx_id=?)" },
		{ SQL_PROCESSOR_CALL_OPEN_OF_TX, "SEARCH processor_call "
		    "USING INDEX processor_call_by_tx (clive_tx_id=?)" },
		{ SQL_PROCESSOR_CALL_HOSTED_OF_TX, "SEARCH processor_call "
		    "USING INDEX processor_call_by_tx (clive_tx_id=?)" },
		{ SQL_ROUTE_DECISION_OF_TX, "SEARCH route_decision USING "
		    "INDEX sqlite_autoindex_route_decision_1 "
		    "(clive_tx_id=?)" },
		{ SQL_PROCESSOR_EVENTS_WAITING, "SEARCH processor_event "
		    "USING INDEX processor_event_waiting (processor=? AND "
		    "processor_ref=?)" },
		{ SQL_DELIVERY_CLAIM, "SEARCH delivery USING INDEX "
		    "delivery_due (endpoint_id=? AND next_attempt_at<?)" },
		{ SQL_DELIVERIES_FREE, "SEARCH d USING INDEX "
		    "delivery_due (endpoint_id=? AND next_attempt_at<?)" },
		{ SQL_DELIVERIES_FREE_ASKED, "SEARCH d USING INDEX "
		    "delivery_asked (endpoint_id=? AND next_attempt_at<?)" },
		{ SQL_DELIVERY_FREE, "SEARCH d USING INDEX "
		    "sqlite_autoindex_delivery_1 (id=?)" },
		{ SQL_DELIVERY_LEASE, "SEARCH delivery USING INDEX "
		    "sqlite_autoindex_delivery_1 (id=?)" },
		{ SQL_DELIVERIES_WAITING, "SEARCH delivery USING INDEX "
		    "delivery_due (endpoint_id=? AND next_attempt_at<?)" },
		{ SQL_DELIVERY_BEFORE, "SEARCH d USING INDEX "
		    "delivery_by_event (event_id=?)" },
		{ SQL_DELIVERIES_AFTER, "SEARCH d USING INDEX "
		    "delivery_by_event (event_id=?)" },
		{ SQL_CHALLENGES_END, "SEARCH delivery USING INDEX "
		    "delivery_asked (endpoint_id=?)" },
		{ SQL_CRON_DELIVERIES_END, "SEARCH delivery USING INDEX "
		    "delivery_due (endpoint_id=?)" },
		{ SQL_ENDPOINTS_DUE, "SEARCH delivery USING INDEX "
		    "delivery_due (endpoint_id=? AND next_attempt_at<?)" },
		{ SQL_ENDPOINTS_DUE, "SEARCH delivery USING INDEX "
		    "delivery_asked (endpoint_id=? AND next_attempt_at<?)" },
		{ SQL_ENDPOINT_TURN, "SEARCH d USING COVERING INDEX "
		    "delivery_held (endpoint_id=? AND lease_until>? AND "
		    "lease_until<?)" },
		{ SQL_DELIVERY_NEXT_DUE, "SEARCH d USING INDEX delivery_due "
		    "(endpoint_id=?)" },
		{ SQL_DELIVERY_NEXT_DUE, "SEARCH d USING INDEX delivery_due "
		    "(endpoint_id=? AND next_attempt_at>?)" },
		{ SQL_DELIVERY_NEXT_DUE, "SEARCH d USING INDEX "
		    "delivery_asked (endpoint_id=? AND next_attempt_at>?)" },
		{ SQL_TIMES_AHEAD, "SEARCH d USING INDEX delivery_due "
		    "(endpoint_id=? AND next_attempt_at>?)" },
		{ SQL_EVENT_LIST_OF_PARTNER, "SEARCH e USING INDEX "
		    "event_by_partner (partner_id=? AND id>? AND id<?)" },
		{ SQL_EVENTS_OF_MERCHANT, "SEARCH e USING INDEX "
		    "event_by_merchant (partner_id=? AND client_id=? AND "
		    "livemode=? AND id>? AND id<?)" },
		{ SQL_ENDPOINTS_OF_MERCHANT, "SEARCH webhook_endpoint USING "
		    "INDEX webhook_endpoint_by_owner (partner_id=? AND "
		    "<expr>=? AND id<?)" },
		{ SQL_ENDPOINTS_SUBSCRIBED, "SEARCH e USING INDEX "
		    "webhook_endpoint_by_owner (partner_id=? AND <expr>=? "
		    "AND id>?)" },
		{ SQL_LISTENERS_SUBSCRIBED, "SEARCH e USING INDEX "
		    "webhook_endpoint_by_owner (partner_id=? AND <expr>=?)" },
		{ SQL_DELIVERY_LIST, "SEARCH d USING INDEX "
		    "sqlite_autoindex_delivery_1 (id>? AND id<?)" },
		{ SQL_DELIVERY_LIST_OF_ENDPOINT, "SEARCH d USING INDEX "
		    "delivery_by_endpoint (endpoint_id=? AND id>? AND "
		    "id<?)" },
		{ SQL_DELIVERY_LIST_OF_PARTNER, "SEARCH x USING INDEX "
		    "delivery_by_endpoint (endpoint_id=? AND id>? AND "
		    "id<?)" },
		{ SQL_DELIVERY_LIST_OF_TX, "SEARCH d USING INDEX "
		    "delivery_by_event (event_id=?)" },
		{ SQL_DELIVERY_DUE_OF_EVENT, "SEARCH delivery USING INDEX "
		    "delivery_by_event (event_id=?)" },
		{ SQL_DELIVERY_LAST_OF_EVENT, "SEARCH delivery USING INDEX "
		    "delivery_by_event (event_id=?)" },
		{ SQL_REPLAY_EVENTS_EDGE, "SEARCH event USING COVERING INDEX "
		    "event_by_partner (partner_id=? AND id>? AND id<?)" },
		{ SQL_REPLAY_EVENTS, "SEARCH e USING INDEX event_by_partner "
		    "(partner_id=? AND id>? AND id<?)" },
		{ SQL_REPLAY_EVENTS_COUNT, "SEARCH e USING INDEX "
		    "event_by_partner (partner_id=? AND id>? AND id<?)" },
		{ SQL_REPLAY_FAILED_EDGE, "SEARCH delivery USING INDEX "
		    "delivery_failed (endpoint_id=? AND (updated_at,id)>(?,?) "
		    "AND updated_at<?)" },
		{ SQL_REPLAY_FAILED, "SEARCH d USING INDEX delivery_failed "
		    "(endpoint_id=? AND (updated_at,id)>(?,?) AND "
		    "(updated_at,id)<(?,?))" },
		{ SQL_REPLAY_FAILED_COUNT, "SEARCH d USING INDEX "
		    "delivery_failed (endpoint_id=? AND "
		    "(updated_at,id)>(?,?) AND (updated_at,id)<(?,?))" },
		{ SQL_LISTENER_DUE, "SEARCH delivery USING INDEX "
		    "delivery_due (endpoint_id=? AND next_attempt_at<?)" },
		{ SQL_IDEMPOTENCY_FIND, "SEARCH idempotency USING PRIMARY "
		    "KEY (day=? AND owner=? AND path=? AND "
		    "idempotency_key=?)" },
		{ SQL_IDEMPOTENCY_LEASE, "SEARCH idempotency USING PRIMARY "
		    "KEY (day=? AND owner=? AND path=? AND "
		    "idempotency_key=?)" },
		{ SQL_IDEMPOTENCY_ANSWER, "SEARCH idempotency USING PRIMARY "
		    "KEY (day=? AND owner=? AND path=? AND "
		    "idempotency_key=?)" },
		{ SQL_IDEMPOTENCY_EXPIRE, "SEARCH idempotency USING PRIMARY "
		    "KEY (day<?)" },
	};
	char found[256];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!plan_has((int)table[i].sql, table[i].step, found,
		    sizeof(found)))
			fail_msg("not by its index: %s",
			    sql_text[table[i].sql]);
}

/* One good row in each table, for what follows. */
static const char good_rows[] =
	"INSERT INTO partner (partner_id, legal_name, status, kyc_status, "
	"fee_ppm, created_at, updated_at) VALUES ('PARTNER', 'A name', "
	"'active', 'approved', 35000, 1, 1);"
	"INSERT INTO client (id, partner_id, client_id, legal_name, status, "
	"created_at, updated_at) VALUES ('cl_1', 'PARTNER', 'CLIENT', "
	"'A name', 'active', 1, 1);"
	"INSERT INTO api_key (id, partner_id, name, key_hash, key_hint, "
	"hmac_sealed, created_at) VALUES ('key_1', NULL, 'A key', "
	"zeroblob(32), 'abcd', x'00', 1);"
	"INSERT INTO merchant_key (id, partner_id, client_id, livemode, "
	"name, prefix, secret_hash, scopes, created_at) VALUES ('mk_1', "
	"'PARTNER', 'CLIENT', 0, 'A key', 'abcdefgh', zeroblob(32), "
	"'keys:write', 1);"
	"INSERT INTO tx (clive_tx_id, partner_id, client_id, amount, "
	"currency, echezona_reference, status, processor, processor_ref, "
	"settlement_status, created_at, updated_at) VALUES ('TX1', "
	"'PARTNER', 'CLIENT', 100, 'USD', 'R', 'pending', 'stripe', 'pi_1', "
	"'unsettled', 1, 1);"
	"INSERT INTO tx (clive_tx_id, partner_id, client_id, amount, "
	"currency, echezona_reference, status, processor, "
	"settlement_status, created_at, updated_at) VALUES ('TX2', "
	"'PARTNER', 'CLIENT', 100, 'USD', 'R', 'initialized', 'stripe', "
	"'unsettled', 1, 1);"
	"INSERT INTO intent (id, clive_tx_id, partner_id, client_id, "
	"livemode, created_at, updated_at) VALUES ('pi_1', 'TX1', "
	"'PARTNER', 'CLIENT', 0, 1, 1);"
	"INSERT INTO refund (id, intent_id, clive_tx_id, partner_id, "
	"client_id, livemode, amount, currency, status, created_at, "
	"updated_at) VALUES ('re_1', 'pi_1', 'TX1', 'PARTNER', 'CLIENT', 0, "
	"1, 'USD', 'pending', 1, 1);"
	"INSERT INTO route_decision (clive_tx_id, inputs, candidates, "
	"created_at) VALUES ('TX1', '{}', '[]', 1);"
	"INSERT INTO processor_call (id, clive_tx_id, processor, operation, "
	"fee_rule_id, idempotency_key, status, next_look_at, started_at) "
	"VALUES ('pc_1', 'TX1', 'stripe', 'open', 'rule_stripe_default', "
	"'k', 'asking', 1, 1);"
	"INSERT INTO idempotency (day, owner, path, idempotency_key, "
	"body_hash, created_at) VALUES (1, '*', '/x', 'k', zeroblob(32), 1);"
	"INSERT INTO processor_event (processor, event_id, type, outcome, "
	"body, received_at) VALUES ('stripe', 'evt', 't', 'waiting', x'', "
	"1);"
	"INSERT INTO ledger_entry (id, clive_tx_id, kind, debit_account, "
	"credit_account, amount, currency, created_at) VALUES ('le_1', "
	"'TX1', 'capture', 'a', 'b', 1, 'USD', 1);"
	"INSERT INTO audit_event (seq, at, actor, action, subject, detail, "
	"hash) VALUES (1, 1, 'a', 'b', 'c', '{}', zeroblob(32));"
	"INSERT INTO webhook_endpoint (id, partner_id, name, url, api, "
	"status, schedule, pauses, created_at, updated_at) VALUES ('we_1', "
	"'PARTNER', 'A hook', 'http://h/', 'clive', 'active', 'clive', "
	"'1000,4000', 1, 1);"
	"INSERT INTO webhook_secret (endpoint_id, number, secret_sealed, "
	"created_at) VALUES ('we_1', 1, x'00', 1);"
	"INSERT INTO signing_key (id, private_sealed, public_key, "
	"created_at) VALUES ('sk_1', x'00', zeroblob(32), 1);"
	"INSERT INTO webhook_subscription (endpoint_id, event_type) VALUES "
	"('we_1', 'transaction_failed');"
	"INSERT INTO event (id, partner_id, clive_tx_id, api, type, body, "
	"created_at) VALUES ('evt_1', 'PARTNER', 'TX1', 'clive', 't', x'', "
	"1);"
	"INSERT INTO delivery (id, event_id, endpoint_id, status, "
	"next_attempt_at, created_at, updated_at) VALUES ('dlv_1', 'evt_1', "
	"'we_1', 'due', 1, 1, 1);"
	"INSERT INTO attempt (delivery_id, number, started_at, duration_ms, "
	"request_head) VALUES ('dlv_1', 1, 1, 0, 'POST');"
	"INSERT INTO operator (id, email, password, role, created_at) "
	"VALUES ('op_1', 'a@b', 'x', 'owner', 1);"
	"INSERT INTO operator_session (id, operator_id, created_at, "
	"expires_at) VALUES ('s_1', 'op_1', 1, 2);"
	"INSERT INTO operator_factor (operator_id, step) VALUES ('op_1', 0);"
	"INSERT INTO operator_recovery (operator_id, hash) VALUES ('op_1', "
	"zeroblob(32));"
	"INSERT INTO login_failure (subject, failures, blocked_until, "
	"updated_at) VALUES ('account:x', 1, 1, 1);"
	"INSERT INTO cron_run (name, owner, started_at, seen_at) VALUES "
	"('deliver', 'x', 1, 1);"
	"INSERT INTO processor_fee_actual VALUES ('stripe', 'txn_1', "
	"(SELECT min(clive_tx_id) FROM tx), 100, 3, 'USD', 1);";

static const char good_wallets[] =
	"INSERT INTO buyer (id, livemode, phone_number, pin, created_at) "
	"VALUES ('usr_1', 0, '+231881158457', 'x', 1);"
	"INSERT INTO wallet (id, kind, livemode, currency, partner_id, "
	"client_id, created_at, updated_at) VALUES ('wal_1', 'merchant', 0, "
	"'USD', 'PARTNER', 'CLIENT', 1, 1);"
	"INSERT INTO wallet (id, kind, livemode, currency, buyer_id, "
	"created_at, updated_at) VALUES ('wal_2', 'buyer', 0, 'USD', "
	"'usr_1', 1, 1);"
	"INSERT INTO wallet (id, kind, livemode, currency, created_at, "
	"updated_at) VALUES ('wal_3', 'outside', 0, 'USD', 1, 1);"
	"INSERT INTO wallet_transfer (id, kind, from_wallet, to_wallet, "
	"livemode, currency, amount, partner_id, client_id, created_at) "
	"VALUES ('tr_1', 'transfer', 'wal_1', 'wal_2', 0, 'USD', 1, "
	"'PARTNER', 'CLIENT', 1);"
	"INSERT INTO wallet_transfer (id, kind, from_wallet, to_wallet, "
	"livemode, currency, amount, intent_id, created_at) VALUES ('tr_2', "
	"'payment', 'wal_2', 'wal_3', 0, 'USD', 1, 'pi_1', 1);";

static const char good_settlements[] =
	"INSERT INTO settlement_batch (id, partner_id, client_id, currency, "
	"status, created_at, updated_at) VALUES "
	"('01900000-0000-7000-8000-000000000000', 'PARTNER', 'CLIENT', "
	"'USD', 'pending', 1, 1);"
	"INSERT INTO payout_account (partner_id, currency, rail, recipient, "
	"created_at, updated_at) VALUES ('PARTNER', '*', 'wise', '1', 1, 1);";

static void
fill(void)
{
	run(good_rows);
	run(good_wallets);
	run(good_settlements);
}

static void
final_rows_cannot_be_changed_or_deleted(void **state)
{
	static const char *const tries[] = {
		"UPDATE ledger_entry SET amount = 2",
		"UPDATE ledger_entry SET id = 'le_2'",
		"DELETE FROM ledger_entry",
		"UPDATE wallet_transfer SET amount = 2",
		"DELETE FROM wallet_transfer",
		"UPDATE audit_event SET detail = ''",
		"UPDATE audit_event SET seq = 2",
		"DELETE FROM audit_event WHERE seq = 1",
	};

	(void)state;
	fill();
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		assert_int_equal(sqlite3_exec(db, tries[i], NULL, NULL, NULL),
		    SQLITE_CONSTRAINT_TRIGGER);
		assert_non_null(strstr(sqlite3_errmsg(db), "are never"));
	}
}

/* Statements that must fail on a CHECK: what is changed and to what. */
static const struct {
	const char	*table;
	const char	*change;
} bites[] = {
	{ "partner", "partner_id = 'ab'" },
	{ "partner", "partner_id = printf('%065d', 1)" },
	{ "partner", "legal_name = 'a'" },
	{ "partner", "legal_name = printf('%0201d', 1)" },
	{ "partner", "status = 'Active'" },
	{ "partner", "kyc_status = 'maybe'" },
	{ "partner", "fee_ppm = -1" },
	{ "partner", "fee_ppm = 1000001" },
	{ "client", "client_id = 'ab'" },
	{ "client", "client_id = printf('%065d', 1)" },
	{ "client", "legal_name = 'a'" },
	{ "client", "legal_name = printf('%0201d', 1)" },
	{ "client", "status = 'pending'" },
	{ "client", "fee_ppm = -1" },
	{ "client", "fee_ppm = 1000001" },
	{ "client", "fee_flat_usd = -1" },
	{ "client", "fee_flat_usd = 1001" },
	{ "settlement_batch", "id = 'sb_1'" },
	{ "settlement_batch", "currency = 'US'" },
	{ "settlement_batch", "payments = -1" },
	{ "settlement_batch", "status = 'open'" },
	{ "settlement_batch", "rail = 'swift'" },
	{ "settlement_batch", "gross = 1" },
	{ "settlement_batch", "paid_at = 1" },
	{ "settlement_batch", "status = 'sending'" },
	{ "settlement_batch", "status = 'sent', paid_at = 1, "
	    "payout_key = 'k'" },
	{ "payout_account", "currency = 'US'" },
	{ "payout_account", "rail = 'swift'" },
	{ "payout_account", "recipient = ''" },
	{ "payout_account", "recipient = printf('%0101d', 1)" },
	{ "tx", "settlement_status = 'queued'" },
	{ "tx", "settlement_amount = 1" },
	{ "tx", "settlement_status = 'queued', settlement_amount = 1, "
	    "settlement_batch_id = (SELECT id FROM settlement_batch), "
	    "api = 'payments', livemode = 0" },
	{ "api_key", "name = ''" },
	{ "api_key", "name = printf('%0101d', 1)" },
	{ "api_key", "key_hash = zeroblob(31)" },
	{ "api_key", "key_hint = 'abc'" },
	{ "merchant_key", "livemode = 2" },
	{ "merchant_key", "name = ''" },
	{ "merchant_key", "name = printf('%0101d', 1)" },
	{ "merchant_key", "prefix = 'abcdefg'" },
	{ "merchant_key", "secret_hash = zeroblob(31)" },
	{ "merchant_key", "scopes = ''" },
	{ "merchant_key", "scopes = printf('%0401d', 1)" },
	{ "fee_rule", "processor = ''" },
	{ "fee_rule", "percent_ppm = -1" },
	{ "fee_rule", "percent_ppm = 1000001" },
	{ "fee_rule", "fixed_hundredths = -1" },
	{ "fee_rule", "fixed_hundredths = 100001" },
	{ "processor_call", "status = 'open'" },
	{ "tx", "amount = 0" },
	{ "tx", "amount = -1" },
	{ "tx", "currency = 'US'" },
	{ "tx", "currency = 'USDT'" },
	{ "tx", "echezona_reference = ''" },
	{ "tx", "echezona_reference = printf('%0129d', 1)" },
	{ "tx", "status = 'paid'" },
	{ "tx", "processor = ''" },
	{ "tx", "refunded_amount = -1" },
	{ "tx", "refunded_amount = 101" },
	{ "tx", "refunded_amount = 50, refunding_amount = 51" },
	{ "tx", "refunding_amount = -1" },
	{ "tx", "told_refunded = -1" },
	{ "tx", "disputed_amount = -1" },
	{ "tx", "settlement_status = 'none'" },
	{ "tx", "processor_fee = 1, platform_fee = 1, net_amount = 99" },
	{ "tx", "api = 'other'" },
	{ "tx", "api = 'payments', livemode = 2" },
	{ "tx", "api = 'payments'" },
	{ "tx", "livemode = 1" },
	{ "intent", "livemode = 2" },
	{ "intent", "description = printf('%0501d', 1)" },
	{ "intent", "method = 'cash'" },
	{ "intent", "return_url = printf('%02001d', 1)" },
	{ "refund", "livemode = 2" },
	{ "refund", "amount = 0" },
	{ "refund", "currency = 'US'" },
	{ "refund", "reason = printf('%0501d', 1)" },
	{ "refund", "status = 'done'" },
	{ "buyer", "livemode = 2" },
	{ "buyer", "phone_number = '+1234567'" },
	{ "buyer", "phone_number = printf('+%016d', 1)" },
	{ "buyer", "name = ''" },
	{ "buyer", "name = printf('%0101d', 1)" },
	{ "buyer", "country_code = 'LBR'" },
	{ "wallet", "kind = 'bank'" },
	{ "wallet", "livemode = 2" },
	{ "wallet", "currency = 'DOLLAR'" },
	{ "wallet", "balance = -1" },
	{ "wallet", "buyer_id = 'usr_1'" },
	{ "wallet", "partner_id = NULL" },
	{ "wallet", "client_id = NULL" },
	{ "wallet_transfer", "kind = 'gift'" },
	{ "wallet_transfer", "amount = 0" },
	{ "wallet_transfer", "amount = -1" },
	{ "wallet_transfer", "description = printf('%0501d', 1)" },
	{ "wallet_transfer", "to_wallet = from_wallet" },
	{ "wallet_transfer", "intent_id = 'pi_1'" },
	{ "wallet_transfer", "refund_id = 're_1'" },
	{ "wallet_transfer", "partner_id = NULL" },
	{ "wallet_transfer", "client_id = NULL" },
	{ "idempotency", "idempotency_key = ''" },
	{ "idempotency", "idempotency_key = printf('%0256d', 1)" },
	{ "idempotency", "body_hash = zeroblob(33)" },
	{ "processor_event", "outcome = 'lost'" },
	{ "ledger_entry", "kind = 'gift'" },
	{ "ledger_entry", "amount = 0" },
	{ "ledger_entry", "amount = -1" },
	{ "ledger_entry", "currency = 'DOLLAR'" },
	{ "ledger_entry", "credit_account = debit_account" },
	{ "audit_event", "hash = zeroblob(0)" },
	{ "audit_head", "id = 2" },
	{ "audit_head", "hash = zeroblob(31)" },
	{ "webhook_endpoint", "name = ''" },
	{ "webhook_endpoint", "name = printf('%0101d', 1)" },
	{ "webhook_endpoint", "url = 'http://'" },
	{ "webhook_endpoint", "url = printf('%02001d', 1)" },
	{ "webhook_endpoint", "status = 'off'" },
	{ "webhook_endpoint", "proven = 2" },
	{ "webhook_endpoint", "api = 'other'" },
	{ "webhook_endpoint", "api = 'payments', client_id = 'CLIENT', "
	    "livemode = 2" },
	{ "webhook_endpoint", "api = 'payments', client_id = 'CLIENT'" },
	{ "webhook_endpoint", "api = 'payments', livemode = 1" },
	{ "webhook_endpoint", "client_id = 'CLIENT'" },
	{ "webhook_endpoint", "livemode = 1" },
	{ "webhook_endpoint", "disabled_reason = 'gone'" },
	{ "webhook_endpoint", "status = 'disabled'" },
	{ "webhook_endpoint", "status = 'disabled', disabled_reason = 'x'" },
	{ "webhook_endpoint", "schedule = ''" },
	{ "webhook_endpoint", "schedule = printf('%017d', 1)" },
	{ "webhook_endpoint", "pauses = printf('%0701d', 1)" },
	{ "webhook_endpoint", "rate_limit = 0" },
	{ "webhook_endpoint", "rate_limit = 10001" },
	{ "webhook_endpoint", "max_parallel = 0" },
	{ "webhook_endpoint", "max_parallel = 1001" },
	{ "webhook_endpoint", "ordered = 2" },
	{ "webhook_endpoint", "ed25519 = 2" },
	{ "webhook_endpoint", "last_duration_ms = -1" },
	{ "webhook_endpoint", "url = NULL" },
	{ "webhook_endpoint", "seen_at = 1" },
	{ "webhook_secret", "number = 0" },
	{ "signing_key", "public_key = zeroblob(31)" },
	{ "webhook_subscription", "event_type = ''" },
	{ "webhook_subscription", "event_type = printf('%065d', 1)" },
	{ "event", "api = 'other'" },
	{ "event", "api = 'payments', client_id = 'CLIENT', livemode = 2" },
	{ "event", "api = 'payments', client_id = 'CLIENT'" },
	{ "event", "api = 'payments', livemode = 1" },
	{ "event", "client_id = 'CLIENT'" },
	{ "event", "livemode = 0" },
	{ "delivery", "status = 'sent'" },
	{ "delivery", "asked = 2" },
	{ "attempt", "duration_ms = -1" },
	{ "operator", "email = 'ab'" },
	{ "operator", "email = printf('%0255d', 1)" },
	{ "operator", "role = 'root'" },
	{ "operator", "second_factor = 2" },
	{ "operator", "must_change = 2" },
	{ "operator_session", "half = 2" },
	{ "operator_factor", "secret_sealed = x'00'" },
	{ "operator_factor", "since = 1" },
	{ "operator_factor", "next_sealed = x'00'" },
	{ "operator_factor", "next_at = 1" },
	{ "operator_recovery", "hash = zeroblob(31)" },
	{ "processor_fee_actual", "processor = ''" },
	{ "processor_fee_actual", "report_id = ''" },
	{ "processor_fee_actual", "currency = 'US'" },
};
enum { BITES = sizeof(bites) / sizeof(bites[0]) };

static int
count_words(const char *text, const char *word)
{
	int n = 0;

	while ((text = strstr(text, word)) != NULL) {
		n++;
		text += strlen(word);
	}
	return n;
}

/* The changes of final rows must get as far as the constraints. */
static void
drop_triggers(void)
{
	run("DROP TRIGGER ledger_entry_is_final_update");
	run("DROP TRIGGER wallet_transfer_is_final_update");
	run("DROP TRIGGER audit_event_is_final_update");
}

static void
every_check_bites(void **state)
{
	char sql[256], seen[BITES][256];
	int n = 0;

	(void)state;
	fill();
	drop_triggers();
	for (size_t i = 0; i < BITES; i++) {
		snprintf(sql, sizeof(sql), "UPDATE %s SET %s",
		    bites[i].table, bites[i].change);
		if (sqlite3_exec(db, sql, NULL, NULL, NULL) !=
		    SQLITE_CONSTRAINT_CHECK)
			fail_msg("%s: %s", sql, sqlite3_errmsg(db));
		snprintf(seen[n], sizeof(seen[n]), "%s: %s", bites[i].table,
		    sqlite3_errmsg(db));
		bool known = false;
		for (int k = 0; k < n; k++)
			known |= strcmp(seen[k], seen[n]) == 0;
		n += !known;
	}
	/* As many different ones as the schema has. */
	assert_int_equal(n, count_words(schema_sql, "CHECK ("));
}

static void
limits_themselves_are_allowed(void **state)
{
	static const char *const changes[] = {
		"client SET fee_ppm = 0, fee_flat_usd = 1000",
		"client SET fee_ppm = 1000000, fee_flat_usd = 0",
		"client SET legal_name = printf('%0200d', 1)",
		"merchant_key SET livemode = 1, scopes = printf('%0400d', 1)",
		"fee_rule SET percent_ppm = 0, fixed_hundredths = 100000",
		"fee_rule SET percent_ppm = 1000000, fixed_hundredths = 0",
		"processor_call SET status = 'unknown', fee_rule_id = NULL",
		"tx SET refunded_amount = 100",
		"tx SET refunded_amount = 50, refunding_amount = 50",
		"refund SET reason = printf('%0500d', 1), metadata = NULL",
		"tx SET echezona_reference = printf('%0128d', 1)",
		"tx SET processor_fee = 1, platform_fee = -1, net_amount = 100",
		"buyer SET name = printf('%0100d', 1), phone_number = "
		    "printf('+%015d', 1)",
		"wallet SET balance = -1 WHERE kind = 'outside'",
		"idempotency SET idempotency_key = printf('%0255d', 1)",
		"webhook_endpoint SET url = printf('%02000d', 1)",
		"webhook_endpoint SET url = NULL, seen_at = 1",
		"webhook_endpoint SET pauses = ''",
		"webhook_endpoint SET pauses = printf('%0700d', 1)",
		"webhook_endpoint SET rate_limit = 1, max_parallel = 1",
		"webhook_endpoint SET rate_limit = 10000, max_parallel = 1000",
		("webhook_endpoint SET api = 'payments', livemode = 0, "
		    "client_id = 'CLIENT'"),
		("webhook_endpoint SET status = 'disabled', disabled_reason = "
		    "'failing'"),
		"webhook_subscription SET event_type = printf('%064d', 1)",
		("event SET api = 'payments', livemode = 1, client_id = "
		    "'CLIENT', clive_tx_id = NULL"),
		"operator SET email = printf('%0254d', 1)",
		"operator SET second_factor = 1, must_change = 1",
		"operator_session SET half = 1",
		"operator_factor SET secret_sealed = x'00', since = 1",
		"operator_factor SET next_sealed = x'00', next_at = 1",
	};
	char sql[256];

	(void)state;
	fill();
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		snprintf(sql, sizeof(sql), "UPDATE %s", changes[i]);
		run(sql);
	}
}

/* Changes that must fail on another constraint. */
static void
keys_and_references_bite(void **state)
{
	static const struct {
		const char	*sql;
		int		 code;
	} tries[] = {
		{ "UPDATE client SET partner_id = 'NOBODY'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE api_key SET partner_id = 'NOBODY'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE merchant_key SET client_id = 'NOBODY'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE tx SET client_id = 'NOBODY'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE tx SET partner_id = 'NOBODY'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE tx SET fee_rule_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE refund SET intent_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE refund SET clive_tx_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "INSERT INTO refund SELECT * FROM refund",
		    SQLITE_CONSTRAINT_PRIMARYKEY },
		/* A wallet is of its owner's mode, and so is what moves. */
		{ "UPDATE wallet SET livemode = 1 WHERE kind = 'buyer'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE wallet SET client_id = 'NOBODY' WHERE kind = "
		    "'merchant'", SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE wallet_transfer SET livemode = 1",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE wallet_transfer SET currency = 'LRD'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE wallet_transfer SET intent_id = 'NONE' WHERE kind "
		    "= 'payment'", SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE wallet_transfer SET client_id = 'NOBODY' WHERE "
		    "kind = 'transfer'", SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "DELETE FROM wallet", SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "INSERT INTO buyer SELECT 'usr_2', livemode, phone_number, "
		    "name, country_code, pin, 1, NULL FROM buyer",
		    SQLITE_CONSTRAINT_UNIQUE },
		{ "INSERT INTO wallet SELECT 'wal_4', kind, livemode, "
		    "currency, buyer_id, partner_id, client_id, 0, 1, 1 FROM "
		    "wallet WHERE kind = 'merchant'",
		    SQLITE_CONSTRAINT_UNIQUE },
		{ "INSERT INTO wallet SELECT 'wal_4', kind, livemode, "
		    "currency, buyer_id, partner_id, client_id, 0, 1, 1 FROM "
		    "wallet WHERE kind = 'buyer'", SQLITE_CONSTRAINT_UNIQUE },
		{ "INSERT INTO wallet SELECT 'wal_4', kind, livemode, "
		    "currency, buyer_id, partner_id, client_id, 0, 1, 1 FROM "
		    "wallet WHERE kind = 'outside'", SQLITE_CONSTRAINT_UNIQUE },
		{ "INSERT INTO wallet_transfer SELECT 'tr_3', kind, "
		    "from_wallet, to_wallet, livemode, currency, 2, "
		    "intent_id, NULL, NULL, NULL, NULL, NULL, NULL, 1 FROM "
		    "wallet_transfer WHERE kind = 'payment'",
		    SQLITE_CONSTRAINT_UNIQUE },
		{ "UPDATE route_decision SET clive_tx_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE processor_call SET clive_tx_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE processor_call SET fee_rule_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "DELETE FROM fee_rule", SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE processor_event SET clive_tx_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE ledger_entry SET clive_tx_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE webhook_endpoint SET partner_id = 'NOBODY'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE webhook_subscription SET endpoint_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE webhook_secret SET endpoint_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE event SET partner_id = 'NOBODY'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE delivery SET origin = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE event SET clive_tx_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE delivery SET event_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE delivery SET endpoint_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE attempt SET delivery_id = 'NONE'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE operator_session SET operator_id = 'NOBODY'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE operator_factor SET operator_id = 'NOBODY'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE operator_recovery SET operator_id = 'NOBODY'",
		    SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "DELETE FROM partner", SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "DELETE FROM tx", SQLITE_CONSTRAINT_FOREIGNKEY },
		{ "UPDATE tx SET processor_ref = 'pi_1'",
		    SQLITE_CONSTRAINT_UNIQUE },
		{ "INSERT INTO api_key SELECT 'key_2', partner_id, name, "
		    "key_hash, key_hint, hmac_sealed, created_at, NULL FROM "
		    "api_key", SQLITE_CONSTRAINT_UNIQUE },
		{ "INSERT INTO merchant_key SELECT 'mk_2', partner_id, "
		    "client_id, livemode, name, prefix, secret_hash, scopes, "
		    "created_at, NULL FROM merchant_key",
		    SQLITE_CONSTRAINT_UNIQUE },
		{ "INSERT INTO client SELECT 'cl_2', partner_id, client_id, "
		    "legal_name, status, NULL, NULL, NULL, NULL, NULL, NULL, "
		    "NULL, NULL, NULL, 1, 1 FROM client",
		    SQLITE_CONSTRAINT_UNIQUE },
		{ "INSERT INTO operator SELECT 'op_2', email, password, "
		    "role, 1, NULL, 0, 0 FROM operator", SQLITE_CONSTRAINT_UNIQUE },
		{ "INSERT INTO fee_rule SELECT * FROM fee_rule",
		    SQLITE_CONSTRAINT_PRIMARYKEY },
		{ "INSERT INTO route_decision SELECT * FROM route_decision",
		    SQLITE_CONSTRAINT_PRIMARYKEY },
		{ "INSERT INTO processor_call SELECT * FROM processor_call",
		    SQLITE_CONSTRAINT_PRIMARYKEY },
		{ "UPDATE processor_call SET next_look_at = NULL",
		    SQLITE_CONSTRAINT_NOTNULL },
		{ "UPDATE idempotency SET lease_until = NULL",
		    SQLITE_CONSTRAINT_NOTNULL },
		{ "INSERT INTO idempotency SELECT * FROM idempotency",
		    SQLITE_CONSTRAINT_PRIMARYKEY },
		{ "INSERT INTO processor_event SELECT * FROM "
		    "processor_event", SQLITE_CONSTRAINT_PRIMARYKEY },
		{ "INSERT INTO attempt SELECT * FROM attempt",
		    SQLITE_CONSTRAINT_PRIMARYKEY },
		{ "INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, "
		    "zeroblob(32))", SQLITE_CONSTRAINT_PRIMARYKEY },
		{ "UPDATE tx SET meta = x'00'", SQLITE_CONSTRAINT_DATATYPE },
		{ "UPDATE tx SET amount = 'much'",
		    SQLITE_CONSTRAINT_DATATYPE },
		{ "UPDATE tx SET amount = 1.5", SQLITE_CONSTRAINT_DATATYPE },
		{ "UPDATE tx SET settlement_status = NULL",
		    SQLITE_CONSTRAINT_NOTNULL },
	};

	(void)state;
	fill();
	drop_triggers();
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		int rc = sqlite3_exec(db, tries[i].sql, NULL, NULL, NULL);

		if (rc != tries[i].code)
			fail_msg("%s: %d %s", tries[i].sql, rc,
			    sqlite3_errmsg(db));
	}
}

static void
every_table_is_strict_and_explained(void **state)
{
	(void)state;
	assert_int_equal(count_words(schema_sql, "\nCREATE TABLE "),
	    count_words(schema_sql, "\n) STRICT"));
}

#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, open_memory, close_memory)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(every_name_has_its_statement),
	CASE(every_statement_prepares),
	CASE(parameters_are_numbered_without_gaps),
	CASE(portable_statements_use_no_words_of_sqlite_alone),
	CASE(rows_are_found_by_index),
	CASE(long_lists_are_read_in_order),
	CASE(hot_statements_use_the_index_made_for_them),
	CASE(final_rows_cannot_be_changed_or_deleted),
	CASE(every_check_bites),
	CASE(limits_themselves_are_allowed),
	CASE(keys_and_references_bite),
	cmocka_unit_test(every_table_is_strict_and_explained),
};

TEST_MAIN("sql", tests)
