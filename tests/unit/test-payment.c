/* SPDX-License-Identifier: ISC */
/*
 * test-payment.c - what processors tell us, twice, late, and in any order.
 *
 * Most events are Stripe's, since those that waited are read again from what
 * was stored. After each case the ledger and the audit chain must agree.
 */
#include "payment.h"

#include <string.h>

#include "audit.h"
#include "clickpesa-events.h"
#include "fixture.h"
#include "ledger.h"
#include "revolut-events.h"
#include "stripe-events.h"

/* The payment of a case: 750 dollars, intent pi_1. */
static struct tx *tx;

/* Did the last event received name a payment that there is? */
static bool was_found;

static int
begin(void **state)
{
	int rc = fixture_begin(state);

	tx = fixture_pending(75000, "USD", "pi_1");
	return rc;
}

/* As begin, but the intent is not attached yet. */
static int
begin_unattached(void **state)
{
	int rc = fixture_begin(state);

	tx = fixture_tx(75000, "USD");
	return rc;
}

/* As begin, but on a page of Stripe's: its intent is not known yet. */
static int
begin_on_page(void **state)
{
	int rc = fixture_begin(state);

	tx = fixture_pending(75000, "USD", "cs_test_1");
	return rc;
}

static int
verify_and_end(void **state)
{
	struct audit_report audit;
	struct ledger_report ledger;
	const char *failed = conn_failed(fx.conn);
	bool good = failed == NULL &&
	    ledger_verify(fx.conn, &ledger) &&
	    audit_verify(fx.conn, 0, NULL, &audit);

	if (failed != NULL)
		print_error("%s\n", failed);
	fixture_end(state);
	return good ? 0 : -1;
}

static enum payment_result
receive_json(const char *json)
{
	struct payment_event e;
	struct tx *found;
	struct slice body = { json, strlen(json) };

	if (!stripe_payment_event(fx.arena, body, &e))
		fail_msg("no payment event: %s", json);
	enum payment_result result = payment_receive(fx.conn, fx.arena,
	    fixture_now, &e, &found);
	was_found = found != NULL;
	struct tx *fresh = tx_find(fx.conn, fx.arena, tx->clive_tx_id);
	if (fresh != NULL)
		tx = fresh;
	return result;
}

static enum payment_result
succeeded(const char *id, int64_t units)
{
	return receive_json(arena_printf(fx.arena, "{\"id\":\"%s\","
	    "\"object\":\"event\",\"type\":\"payment_intent.succeeded\","
	    "\"data\":{\"object\":{\"id\":\"pi_1\",\"amount_received\":%lld,"
	    "\"currency\":\"usd\"}}}", id, (long long)units));
}

static enum payment_result
failed(const char *id)
{
	return receive_json(arena_printf(fx.arena, "{\"id\":\"%s\","
	    "\"object\":\"event\",\"type\":\"payment_intent.payment_failed\","
	    "\"data\":{\"object\":{\"id\":\"pi_1\"}}}", id));
}

/* total is the running total. */
static enum payment_result
refunded(const char *id, int64_t total, bool fully)
{
	return receive_json(arena_printf(fx.arena, "{\"id\":\"%s\","
	    "\"object\":\"event\",\"type\":\"charge.refunded\","
	    "\"data\":{\"object\":{\"id\":\"ch_1\",\"payment_intent\":"
	    "\"pi_1\",\"amount\":75000,\"amount_refunded\":%lld,"
	    "\"currency\":\"usd\",\"refunded\":%s}}}", id, (long long)total,
	    fully ? "true" : "false"));
}

static enum payment_result
disputed(const char *id, int64_t units, const char *currency,
    const char *status)
{
	return receive_json(arena_printf(fx.arena, "{\"id\":\"%s\","
	    "\"object\":\"event\",\"type\":\"charge.dispute.created\","
	    "\"data\":{\"object\":{\"id\":\"dp_1\",\"payment_intent\":"
	    "\"pi_1\",\"amount\":%lld,\"currency\":\"%s\","
	    "\"status\":\"%s\"}}}", id, (long long)units, currency, status));
}

/* Events of an intent with metadata, whose clive_tx_id may be anything. */
static enum payment_result
succeeded_for(const char *id, const char *intent, int64_t units,
    const char *named)
{
	return receive_json(arena_printf(fx.arena, "{\"id\":\"%s\","
	    "\"type\":\"payment_intent.succeeded\",\"data\":{\"object\":"
	    "{\"id\":\"%s\",\"amount_received\":%lld,\"currency\":\"usd\","
	    "\"metadata\":{\"clive_tx_id\":\"%s\"}}}}", id, intent,
	    (long long)units, named));
}

static enum payment_result
failed_for(const char *id, const char *intent, const char *named)
{
	return receive_json(arena_printf(fx.arena, "{\"id\":\"%s\","
	    "\"type\":\"payment_intent.payment_failed\",\"data\":"
	    "{\"object\":{\"id\":\"%s\",\"metadata\":{\"clive_tx_id\":"
	    "\"%s\"}}}}", id, intent, named));
}

static enum payment_result
refunded_for(const char *id, const char *intent, int64_t total,
    const char *named)
{
	return receive_json(arena_printf(fx.arena, "{\"id\":\"%s\","
	    "\"type\":\"charge.refunded\",\"data\":{\"object\":"
	    "{\"payment_intent\":\"%s\",\"amount\":75000,"
	    "\"amount_refunded\":%lld,\"currency\":\"usd\","
	    "\"refunded\":false,\"metadata\":{\"clive_tx_id\":\"%s\"}}}}",
	    id, intent, (long long)total, named));
}

/* What became of an event, as the database has it. */
static void
assert_outcome(const char *id, const char *outcome)
{
	struct rows *r = conn_rows(fx.conn, SQL_PROCESSOR_EVENT_OUTCOME, "tt",
	    "stripe", id);

	assert_true(row_next(r));
	assert_string_equal(row_text(r, 0), outcome);
	row_done(r);
}

/* The payment's figures, and how many events partners were sent. */
static void
assert_tx(enum tx_status status, int64_t refund, int64_t dispute, int told)
{
	assert_string_equal(tx_status_name(tx->status),
	    tx_status_name(status));
	assert_int_equal(tx->refunded, refund);
	assert_int_equal(tx->disputed, dispute);
	assert_int_equal(fixture_rows(SQL_EVENTS_OF_TX, tx->clive_tx_id),
	    told);
}

static int
audits(const char *action)
{
	struct rows *r = conn_rows(fx.conn, SQL_AUDIT_OF_SUBJECT, "t",
	    tx->clive_tx_id);
	int n = 0;

	while (row_next(r))
		n += strcmp(row_text(r, 2), action) == 0;
	return n;
}

static void
a_success_succeeds(void **state)
{
	(void)state;
	assert_int_equal(succeeded("evt_1", 75000), PAYMENT_APPLIED);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
	assert_outcome("evt_1", "applied");
	assert_int_equal(fixture_rows(SQL_PROCESSOR_EVENTS_OF_TX,
	    tx->clive_tx_id), 1);
}

static void
events_are_kept_byte_for_byte(void **state)
{
	static const char body[] = "{ \"id\" : \"evt_1\",\"type\":"
	    "\"payment_intent.payment_failed\", \"x\":1.10,\n \"data\":"
	    "{\"object\":{\"id\":\"pi_1\"}} }";

	(void)state;
	assert_int_equal(receive_json(body), PAYMENT_APPLIED);
	struct rows *r = conn_rows(fx.conn, SQL_PROCESSOR_EVENTS_OF_TX, "t",
	    tx->clive_tx_id);
	assert_true(row_next(r));
	assert_int_equal(row_int(r, 0), fixture_now);
	assert_string_equal(row_text(r, 1), "stripe");
	assert_string_equal(row_text(r, 2), "evt_1");
	assert_string_equal(row_text(r, 3), "payment_intent.payment_failed");
	assert_int_equal(row_bytes(r, 5).n, strlen(body));
	assert_memory_equal(row_bytes(r, 5).p, body, strlen(body));
	row_done(r);
}

static void
a_duplicate_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(succeeded("evt_1", 75000), PAYMENT_APPLIED);
	int entries = fixture_rows(SQL_LEDGER_OF_TX, tx->clive_tx_id);
	for (int i = 0; i < 3; i++)
		assert_int_equal(succeeded("evt_1", 75000),
		    PAYMENT_UNCHANGED);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
	assert_outcome("evt_1", "applied");
	assert_int_equal(fixture_rows(SQL_LEDGER_OF_TX, tx->clive_tx_id),
	    entries);
	assert_int_equal(fixture_rows(SQL_PROCESSOR_EVENTS_OF_TX,
	    tx->clive_tx_id), 1);
}

/* The id decides, whatever else the second one says. */
static void
a_duplicate_with_another_body_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(succeeded("evt_1", 75000), PAYMENT_APPLIED);
	assert_int_equal(refunded("evt_1", 75000, true), PAYMENT_UNCHANGED);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
}

static void
the_same_news_under_another_id_changes_nothing(void **state)
{
	(void)state;
	succeeded("evt_1", 75000);
	assert_int_equal(succeeded("evt_2", 75000), PAYMENT_UNCHANGED);
	assert_outcome("evt_2", "unchanged");
	/* Once it is paid, another figure is no news either. */
	assert_int_equal(succeeded("evt_3", 1), PAYMENT_UNCHANGED);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
}

static void
a_refund_before_its_success_waits_for_it(void **state)
{
	(void)state;
	assert_int_equal(refunded("evt_r", 75000, true), PAYMENT_WAITING);
	assert_tx(TX_PENDING, 0, 0, 0);
	assert_outcome("evt_r", "waiting");
	assert_int_equal(succeeded("evt_s", 75000), PAYMENT_APPLIED);
	assert_tx(TX_REFUNDED, 75000, 0, 2);
	assert_outcome("evt_r", "applied");
}

static void
a_dispute_before_its_success_waits_for_it(void **state)
{
	(void)state;
	assert_int_equal(disputed("evt_d", 75000, "usd", "needs_response"),
	    PAYMENT_WAITING);
	assert_int_equal(succeeded("evt_s", 75000), PAYMENT_APPLIED);
	assert_tx(TX_CHARGEBACK, 0, 75000, 2);
	assert_outcome("evt_d", "applied");
}

static void
several_early_events_are_applied_in_the_order_they_came(void **state)
{
	(void)state;
	refunded("evt_1", 10000, false);
	refunded("evt_2", 30000, false);
	disputed("evt_3", 45000, "usd", "needs_response");
	assert_int_equal(succeeded("evt_4", 75000), PAYMENT_APPLIED);
	assert_tx(TX_CHARGEBACK, 30000, 45000, 2);
	for (int i = 1; i <= 4; i++)
		assert_outcome(arena_printf(fx.arena, "evt_%d", i),
		    "applied");
}

/* Sent again while it waits: it is tried again, and still kept once. */
static void
a_waiting_duplicate_still_waits(void **state)
{
	(void)state;
	assert_int_equal(refunded("evt_r", 75000, true), PAYMENT_WAITING);
	assert_int_equal(refunded("evt_r", 75000, true), PAYMENT_WAITING);
	succeeded("evt_s", 75000);
	assert_tx(TX_REFUNDED, 75000, 0, 2);
	assert_int_equal(refunded("evt_r", 75000, true), PAYMENT_UNCHANGED);
	assert_int_equal(fixture_rows(SQL_LEDGER_OF_TX, tx->clive_tx_id), 4);
}

static void
parts_add_up_as_running_totals(void **state)
{
	(void)state;
	succeeded("evt_0", 75000);
	assert_int_equal(refunded("evt_1", 10000, false), PAYMENT_APPLIED);
	assert_tx(TX_SUCCEEDED, 10000, 0, 1);
	assert_int_equal(refunded("evt_2", 30000, false), PAYMENT_APPLIED);
	assert_tx(TX_SUCCEEDED, 30000, 0, 1);
	assert_int_equal(audits("transaction.partly_refunded"), 2);
	assert_int_equal(refunded("evt_3", 75000, true), PAYMENT_APPLIED);
	assert_tx(TX_REFUNDED, 75000, 0, 2);
	assert_int_equal(fixture_rows(SQL_LEDGER_OF_TX, tx->clive_tx_id),
	    3 + 3);
}

static void
an_older_total_that_comes_late_changes_nothing(void **state)
{
	(void)state;
	succeeded("evt_0", 75000);
	refunded("evt_2", 30000, false);
	assert_int_equal(refunded("evt_1", 10000, false), PAYMENT_UNCHANGED);
	assert_tx(TX_SUCCEEDED, 30000, 0, 1);
	refunded("evt_3", 75000, true);
	assert_int_equal(refunded("evt_4", 50000, false), PAYMENT_UNCHANGED);
	assert_tx(TX_REFUNDED, 75000, 0, 2);
	assert_int_equal(refunded("evt_5", 75000, true), PAYMENT_UNCHANGED);
}

static void
no_more_than_the_amount_goes_back(void **state)
{
	(void)state;
	succeeded("evt_0", 75000);
	assert_int_equal(refunded("evt_1", 80000, true), PAYMENT_QUARANTINED);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
}

static void
two_disputes_of_parts_are_both_booked(void **state)
{
	(void)state;
	succeeded("evt_0", 75000);
	assert_int_equal(disputed("evt_1", 30000, "usd", "needs_response"),
	    PAYMENT_APPLIED);
	assert_int_equal(receive_json("{\"id\":\"evt_2\",\"type\":"
	    "\"charge.dispute.created\",\"data\":{\"object\":{\"id\":"
	    "\"dp_2\",\"payment_intent\":\"pi_1\",\"amount\":20000,"
	    "\"currency\":\"usd\",\"status\":\"needs_response\"}}}"),
	    PAYMENT_APPLIED);
	assert_tx(TX_CHARGEBACK, 0, 50000, 2);
}

static void
an_inquiry_that_becomes_a_dispute_is_booked(void **state)
{
	(void)state;
	succeeded("evt_0", 75000);
	assert_int_equal(disputed("evt_1", 75000, "usd",
	    "warning_needs_response"), PAYMENT_UNCHANGED);
	assert_int_equal(receive_json("{\"id\":\"evt_2\",\"type\":"
	    "\"charge.dispute.funds_withdrawn\",\"data\":{\"object\":{"
	    "\"id\":\"dp_1\",\"payment_intent\":\"pi_1\",\"amount\":75000,"
	    "\"currency\":\"usd\",\"status\":\"needs_response\"}}}"),
	    PAYMENT_APPLIED);
	assert_tx(TX_CHARGEBACK, 0, 75000, 2);
}

static void
an_intent_that_names_another_payment_is_quarantined(void **state)
{
	(void)state;
	assert_int_equal(receive_json("{\"id\":\"evt_1\",\"type\":"
	    "\"payment_intent.succeeded\",\"data\":{\"object\":{\"id\":"
	    "\"pi_1\",\"amount_received\":75000,\"currency\":\"usd\","
	    "\"metadata\":{\"clive_tx_id\":\"CLVTX_1_2\"}}}}"),
	    PAYMENT_QUARANTINED);
	assert_tx(TX_PENDING, 0, 0, 0);
	assert_int_equal(audits("transaction.intent_of_another"), 1);
}

static void
a_figure_without_currency_is_one_of_the_payments(void **state)
{
	(void)state;
	succeeded("evt_0", 75000);
	assert_int_equal(receive_json("{\"id\":\"evt_1\",\"type\":"
	    "\"charge.refunded\",\"data\":{\"object\":{\"payment_intent\":"
	    "\"pi_1\",\"amount\":75000,\"amount_refunded\":500,"
	    "\"refunded\":false}}}"), PAYMENT_APPLIED);
	assert_tx(TX_SUCCEEDED, 500, 0, 1);
}

/* A figure that is no figure of this payment needs a person. */
static void
a_refund_in_another_currency_is_quarantined(void **state)
{
	(void)state;
	succeeded("evt_0", 75000);
	assert_int_equal(receive_json("{\"id\":\"evt_1\",\"type\":"
	    "\"charge.refunded\",\"data\":{\"object\":{\"payment_intent\":"
	    "\"pi_1\",\"amount\":75000,\"amount_refunded\":75000,"
	    "\"currency\":\"eur\",\"refunded\":true}}}"),
	    PAYMENT_QUARANTINED);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
	assert_outcome("evt_1", "quarantined");
	assert_int_equal(audits("transaction.amount_mismatch"), 1);
}

static void
a_refund_without_a_figure_is_a_full_one(void **state)
{
	(void)state;
	succeeded("evt_0", 75000);
	assert_int_equal(receive_json("{\"id\":\"evt_1\",\"type\":"
	    "\"charge.refunded\",\"data\":{\"object\":{\"payment_intent\":"
	    "\"pi_1\"}}}"), PAYMENT_APPLIED);
	assert_tx(TX_REFUNDED, 75000, 0, 2);
}

static void
refund_and_chargeback_follow_each_other(void **state)
{
	(void)state;
	succeeded("evt_0", 75000);
	assert_int_equal(disputed("evt_1", 75000, "usd", "needs_response"),
	    PAYMENT_APPLIED);
	assert_tx(TX_CHARGEBACK, 0, 75000, 2);
	assert_int_equal(refunded("evt_2", 75000, true), PAYMENT_APPLIED);
	assert_tx(TX_REFUNDED, 75000, 75000, 3);
	/* Another event that tells of the same dispute is no news. */
	assert_int_equal(disputed("evt_3", 75000, "usd", "needs_response"),
	    PAYMENT_UNCHANGED);
	assert_tx(TX_REFUNDED, 75000, 75000, 3);
	/* A further dispute would take back more than was paid. */
	assert_int_equal(receive_json("{\"id\":\"evt_4\",\"type\":"
	    "\"charge.dispute.created\",\"data\":{\"object\":{\"id\":"
	    "\"dp_2\",\"payment_intent\":\"pi_1\",\"amount\":75000,"
	    "\"currency\":\"usd\",\"status\":\"needs_response\"}}}"),
	    PAYMENT_QUARANTINED);
	assert_tx(TX_REFUNDED, 75000, 75000, 3);
}

static void
a_part_refunded_after_a_chargeback_moves_money_only(void **state)
{
	(void)state;
	succeeded("evt_0", 75000);
	disputed("evt_1", 70000, "usd", "needs_response");
	assert_int_equal(refunded("evt_2", 5000, false), PAYMENT_APPLIED);
	assert_tx(TX_CHARGEBACK, 5000, 70000, 2);
}

static void
a_dispute_in_another_currency_takes_the_whole_payment(void **state)
{
	(void)state;
	succeeded("evt_0", 75000);
	assert_int_equal(disputed("evt_1", 69000, "eur", "needs_response"),
	    PAYMENT_APPLIED);
	assert_tx(TX_CHARGEBACK, 0, 75000, 2);
}

static void
an_inquiry_is_only_put_on_record(void **state)
{
	(void)state;
	succeeded("evt_0", 75000);
	assert_int_equal(disputed("evt_1", 75000, "usd",
	    "warning_needs_response"), PAYMENT_UNCHANGED);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
	assert_int_equal(audits("transaction.dispute_inquiry"), 1);
	assert_outcome("evt_1", "unchanged");
}

static void
a_failure_fails_and_is_told_once(void **state)
{
	(void)state;
	assert_int_equal(failed("evt_1"), PAYMENT_APPLIED);
	assert_tx(TX_FAILED, 0, 0, 1);
	assert_int_equal(failed("evt_2"), PAYMENT_UNCHANGED);
	assert_tx(TX_FAILED, 0, 0, 1);
}

/* The same intent may be tried again. */
static void
a_success_after_a_failure_counts(void **state)
{
	(void)state;
	failed("evt_1");
	assert_int_equal(succeeded("evt_2", 75000), PAYMENT_APPLIED);
	assert_tx(TX_SUCCEEDED, 0, 0, 2);
}

static void
a_failure_after_the_success_comes_too_late(void **state)
{
	(void)state;
	succeeded("evt_1", 75000);
	assert_int_equal(failed("evt_2"), PAYMENT_UNCHANGED);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
	refunded("evt_3", 75000, true);
	assert_int_equal(failed("evt_4"), PAYMENT_UNCHANGED);
	assert_int_equal(succeeded("evt_5", 75000), PAYMENT_UNCHANGED);
	assert_tx(TX_REFUNDED, 75000, 0, 2);
}

static void
money_that_came_after_all_revives_an_abandoned_payment(void **state)
{
	(void)state;
	assert_true(tx_move(fx.conn, fx.arena, fixture_now, tx, TX_ABANDONED,
	    "cron:sweep"));
	assert_int_equal(failed("evt_1"), PAYMENT_UNCHANGED);
	assert_int_equal(succeeded("evt_2", 75000), PAYMENT_APPLIED);
	assert_tx(TX_SUCCEEDED, 0, 0, 2);
}

static void
another_amount_is_quarantined(void **state)
{
	static const int64_t units[] = { 74999, 75001, 1, 0, 7500000 };

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		const char *id = arena_printf(fx.arena, "evt_%zu", i);

		assert_int_equal(succeeded(id, units[i]),
		    PAYMENT_QUARANTINED);
		assert_outcome(id, "quarantined");
	}
	assert_tx(TX_PENDING, 0, 0, 0);
	assert_int_equal(audits("transaction.amount_mismatch"), 5);
	/* What is in quarantine stays there, even when it is sent again. */
	assert_int_equal(succeeded("evt_0", 74999), PAYMENT_UNCHANGED);
	assert_outcome("evt_0", "quarantined");
	/* The right figure is still welcome. */
	assert_int_equal(succeeded("evt_9", 75000), PAYMENT_APPLIED);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
}

static void
another_currency_is_quarantined(void **state)
{
	(void)state;
	assert_int_equal(receive_json("{\"id\":\"evt_1\",\"type\":"
	    "\"payment_intent.succeeded\",\"data\":{\"object\":{\"id\":"
	    "\"pi_1\",\"amount_received\":75000,\"currency\":\"eur\"}}}"),
	    PAYMENT_QUARANTINED);
	assert_tx(TX_PENDING, 0, 0, 0);
}

/* The particulars must stay JSON, whatever an id holds. */
static void
strange_ids_do_not_spoil_the_audit_log(void **state)
{
	const char *why;

	(void)state;
	assert_int_equal(receive_json("{\"id\":\"evt\\\"\\\\\\n1\",\"type\":"
	    "\"payment_intent.succeeded\",\"data\":{\"object\":{\"id\":"
	    "\"pi_1\",\"amount_received\":1,\"currency\":\"usd\"}}}"),
	    PAYMENT_QUARANTINED);
	struct rows *r = conn_rows(fx.conn, SQL_AUDIT_OF_SUBJECT, "t",
	    tx->clive_tx_id);
	while (row_next(r)) {
		const char *text = row_text(r, 3);

		assert_non_null(json_parse(fx.arena, text, strlen(text),
		    &why));
	}
}

static void
an_event_without_its_payment_waits_for_the_intent(void **state)
{
	(void)state;
	assert_int_equal(succeeded("evt_1", 75000), PAYMENT_WAITING);
	assert_outcome("evt_1", "waiting");
	assert_tx(TX_INITIALIZED, 0, 0, 0);
	/* Another payment's intent does not set it free. */
	struct tx *other = fixture_pending(75000, "USD", "pi_2");
	payment_apply_waiting(fx.conn, fx.arena, fixture_now, other);
	assert_outcome("evt_1", "waiting");

	assert_int_equal(tx_attach(fx.conn, fx.arena, fixture_now, tx, "pi_1",
	    "key:k"), TX_ATTACH_DONE);
	payment_apply_waiting(fx.conn, fx.arena, fixture_now, tx);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
	assert_outcome("evt_1", "applied");
	assert_int_equal(fixture_rows(SQL_PROCESSOR_EVENTS_OF_TX,
	    tx->clive_tx_id), 1);
}

static void
everything_that_waited_is_applied_on_attach(void **state)
{
	(void)state;
	/* The worst order there is. */
	disputed("evt_1", 75000, "usd", "needs_response");
	refunded("evt_2", 10000, false);
	succeeded("evt_3", 75000);
	failed("evt_4");
	tx_attach(fx.conn, fx.arena, fixture_now, tx, "pi_1", "key:k");
	payment_apply_waiting(fx.conn, fx.arena, fixture_now, tx);
	tx = tx_find(fx.conn, fx.arena, tx->clive_tx_id);
	assert_tx(TX_CHARGEBACK, 10000, 75000, 2);
	assert_outcome("evt_1", "applied");
	assert_outcome("evt_2", "applied");
	assert_outcome("evt_3", "applied");
	assert_outcome("evt_4", "unchanged");
}

static void
a_waiting_event_of_the_wrong_amount_is_quarantined_on_attach(void **state)
{
	(void)state;
	succeeded("evt_1", 1);
	tx_attach(fx.conn, fx.arena, fixture_now, tx, "pi_1", "key:k");
	payment_apply_waiting(fx.conn, fx.arena, fixture_now, tx);
	assert_tx(TX_PENDING, 0, 0, 0);
	assert_outcome("evt_1", "quarantined");
}

static void
applying_what_does_not_wait_does_nothing(void **state)
{
	(void)state;
	payment_apply_waiting(fx.conn, fx.arena, fixture_now, tx);
	assert_tx(TX_INITIALIZED, 0, 0, 0);
	tx_attach(fx.conn, fx.arena, fixture_now, tx, "pi_1", "key:k");
	payment_apply_waiting(fx.conn, fx.arena, fixture_now, tx);
	assert_tx(TX_PENDING, 0, 0, 0);
}

/* The payment's name at the processor, and how often it was changed. */
static void
assert_ref(const char *ref, int renamed)
{
	assert_string_equal(tx->processor_ref, ref);
	assert_int_equal(audits("transaction.reference_known"), renamed);
}

static void
a_page_gets_its_intent_with_the_success(void **state)
{
	(void)state;
	assert_int_equal(succeeded_for("evt_1", "pi_1", 75000,
	    tx->clive_tx_id), PAYMENT_APPLIED);
	assert_true(was_found);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
	assert_ref("pi_1", 1);
	assert_outcome("evt_1", "applied");
	/* From now on it goes by that name. */
	assert_int_equal(succeeded_for("evt_1", "pi_1", 75000,
	    tx->clive_tx_id), PAYMENT_UNCHANGED);
	assert_int_equal(refunded("evt_2", 75000, true), PAYMENT_APPLIED);
	assert_tx(TX_REFUNDED, 75000, 0, 2);
	assert_ref("pi_1", 1);
}

static void
an_abandoned_page_gets_its_intent_too(void **state)
{
	(void)state;
	assert_true(tx_move(fx.conn, fx.arena, fixture_now, tx, TX_ABANDONED,
	    "cron:sweep"));
	assert_int_equal(succeeded_for("evt_1", "pi_1", 75000,
	    tx->clive_tx_id), PAYMENT_APPLIED);
	assert_tx(TX_SUCCEEDED, 0, 0, 2);
	assert_ref("pi_1", 1);
}

static void
what_comes_before_a_pages_success_waits_for_it(void **state)
{
	(void)state;
	assert_int_equal(failed_for("evt_1", "pi_1", tx->clive_tx_id),
	    PAYMENT_WAITING);
	assert_true(was_found);
	assert_int_equal(refunded_for("evt_2", "pi_1", 10000,
	    tx->clive_tx_id), PAYMENT_WAITING);
	/* A dispute names no payment. */
	assert_int_equal(disputed("evt_3", 65000, "usd", "needs_response"),
	    PAYMENT_WAITING);
	assert_false(was_found);
	/* One attempt failed: the page is still open. */
	assert_tx(TX_PENDING, 0, 0, 0);
	assert_ref("cs_test_1", 0);
	for (int i = 1; i <= 3; i++)
		assert_outcome(arena_printf(fx.arena, "evt_%d", i),
		    "waiting");
	assert_int_equal(succeeded_for("evt_4", "pi_1", 75000,
	    tx->clive_tx_id), PAYMENT_APPLIED);
	tx = tx_find(fx.conn, fx.arena, tx->clive_tx_id);
	assert_tx(TX_CHARGEBACK, 10000, 65000, 2);
	assert_ref("pi_1", 1);
	assert_outcome("evt_1", "unchanged");
	assert_outcome("evt_2", "applied");
	assert_outcome("evt_3", "applied");
}

/* Not even the whole amount, where it went back. */
static void
only_a_success_takes_a_page(void **state)
{
	(void)state;
	assert_int_equal(refunded_for("evt_1", "pi_1", 75000,
	    tx->clive_tx_id), PAYMENT_WAITING);
	assert_tx(TX_PENDING, 0, 0, 0);
	assert_ref("cs_test_1", 0);
	assert_int_equal(succeeded_for("evt_2", "pi_1", 75000,
	    tx->clive_tx_id), PAYMENT_APPLIED);
	assert_tx(TX_REFUNDED, 75000, 0, 2);
	assert_ref("pi_1", 1);
}

/* Whoever can make payments at the processor can name any of ours. */
static void
another_amount_does_not_take_a_page(void **state)
{
	const char *id = tx->clive_tx_id;

	(void)state;
	assert_int_equal(succeeded_for("evt_1", "pi_x", 74999, id),
	    PAYMENT_WAITING);
	assert_int_equal(succeeded_for("evt_2", "pi_x", 1, id),
	    PAYMENT_WAITING);
	assert_int_equal(receive_json(arena_printf(fx.arena,
	    "{\"id\":\"evt_3\",\"type\":\"payment_intent.succeeded\","
	    "\"data\":{\"object\":{\"id\":\"pi_y\",\"amount_received\":"
	    "75000,\"currency\":\"eur\",\"metadata\":{\"clive_tx_id\":"
	    "\"%s\"}}}}", id)), PAYMENT_WAITING);
	assert_int_equal(receive_json(arena_printf(fx.arena,
	    "{\"id\":\"evt_4\",\"type\":\"payment_intent.succeeded\","
	    "\"data\":{\"object\":{\"id\":\"pi_z\",\"metadata\":"
	    "{\"clive_tx_id\":\"%s\"}}}}", id)), PAYMENT_WAITING);
	assert_tx(TX_PENDING, 0, 0, 0);
	assert_ref("cs_test_1", 0);
	for (int i = 1; i <= 4; i++)
		assert_outcome(arena_printf(fx.arena, "evt_%d", i),
		    "waiting");
	assert_int_equal(audits("transaction.amount_mismatch"), 0);
	/* The real one is still welcome, and the others wait on. */
	assert_int_equal(succeeded_for("evt_5", "pi_1", 75000, id),
	    PAYMENT_APPLIED);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
	assert_ref("pi_1", 1);
	assert_outcome("evt_1", "waiting");
}

static void
a_page_gives_its_place_to_one_intent(void **state)
{
	const char *id = tx->clive_tx_id;

	(void)state;
	assert_int_equal(succeeded_for("evt_1", "pi_1", 75000, id),
	    PAYMENT_APPLIED);
	assert_int_equal(succeeded_for("evt_2", "pi_2", 75000, id),
	    PAYMENT_WAITING);
	assert_false(was_found);
	assert_int_equal(refunded_for("evt_3", "pi_2", 75000, id),
	    PAYMENT_WAITING);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
	assert_ref("pi_1", 1);
}

static void
only_a_page_takes_an_intent(void **state)
{
	struct tx *page = tx, *attached = fixture_pending(75000, "USD",
	    "pi_9"), *fresh = fixture_tx(75000, "USD");

	(void)state;
	assert_int_equal(succeeded_for("evt_1", "pi_1", 75000, "CLVTX_1_2"),
	    PAYMENT_WAITING);
	assert_int_equal(succeeded_for("evt_2", "pi_2", 75000,
	    attached->clive_tx_id), PAYMENT_WAITING);
	assert_int_equal(succeeded_for("evt_3", "pi_3", 75000,
	    fresh->clive_tx_id), PAYMENT_WAITING);
	assert_false(was_found);
	/* Nor does one of another processor's. */
	tx = fixture_tx(75000, "USD");
	assert_int_equal(conn_run(fx.conn, SQL_TX_SET_PROCESSOR, "ttit",
	    "revolut", "rule_revolut_pay_default", fixture_now,
	    tx->clive_tx_id), 1);
	tx = tx_find(fx.conn, fx.arena, tx->clive_tx_id);
	assert_int_equal(tx_attach(fx.conn, fx.arena, fixture_now, tx,
	    "cs_of_revolut", "key:k"), TX_ATTACH_DONE);
	assert_int_equal(succeeded_for("evt_4", "pi_4", 75000,
	    tx->clive_tx_id), PAYMENT_WAITING);
	assert_false(was_found);
	assert_tx(TX_PENDING, 0, 0, 0);
	assert_ref("cs_of_revolut", 0);
	tx = tx_find(fx.conn, fx.arena, attached->clive_tx_id);
	assert_tx(TX_PENDING, 0, 0, 0);
	assert_ref("pi_9", 0);
	tx = tx_find(fx.conn, fx.arena, fresh->clive_tx_id);
	assert_tx(TX_INITIALIZED, 0, 0, 0);
	assert_null(tx->processor_ref);
	tx = tx_find(fx.conn, fx.arena, page->clive_tx_id);
	assert_tx(TX_PENDING, 0, 0, 0);
	assert_ref("cs_test_1", 0);
	for (int i = 1; i <= 4; i++)
		assert_outcome(arena_printf(fx.arena, "evt_%d", i),
		    "waiting");
}

/* The intent of one payment, the name of another's page: neither moves. */
static void
an_intent_that_names_anothers_page_is_quarantined(void **state)
{
	const char *page = tx->clive_tx_id;

	(void)state;
	tx = fixture_pending(75000, "USD", "pi_1");
	assert_int_equal(succeeded_for("evt_1", "pi_1", 75000, page),
	    PAYMENT_QUARANTINED);
	assert_tx(TX_PENDING, 0, 0, 0);
	assert_int_equal(audits("transaction.intent_of_another"), 1);
	tx = tx_find(fx.conn, fx.arena, page);
	assert_tx(TX_PENDING, 0, 0, 0);
	assert_ref("cs_test_1", 0);
	/* Once a page has its intent, that holds for it as well. */
	assert_int_equal(succeeded_for("evt_2", "pi_2", 75000, page),
	    PAYMENT_APPLIED);
	assert_int_equal(refunded_for("evt_3", "pi_2", 100, "CLVTX_1_2"),
	    PAYMENT_QUARANTINED);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
	assert_int_equal(audits("transaction.intent_of_another"), 1);
}

/* What waited for an intent is looked at by the name it carries as well. */
static void
a_waiting_event_that_names_another_is_quarantined_on_attach(void **state)
{
	(void)state;
	assert_int_equal(succeeded_for("evt_1", "pi_1", 75000, "CLVTX_1_2"),
	    PAYMENT_WAITING);
	assert_int_equal(succeeded_for("evt_2", "pi_1", 75000,
	    tx->clive_tx_id), PAYMENT_WAITING);
	tx_attach(fx.conn, fx.arena, fixture_now, tx, "pi_1", "key:k");
	payment_apply_waiting(fx.conn, fx.arena, fixture_now, tx);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
	assert_outcome("evt_1", "quarantined");
	assert_outcome("evt_2", "applied");
}

/* Asked for by its page's name it was paid; its intent comes afterwards. */
static void
a_page_that_was_looked_up_still_gets_its_intent(void **state)
{
	const struct payment_event look = { .processor = "stripe",
	    .event_id = "look_cs_test_1_paid", .type = "look.paid",
	    .ref = "cs_test_1", .outcome = PAYMENT_SUCCEEDED,
	    .has_amount = true, .amount = { 75000, "USD" },
	    .body = { "{}", 2 } };
	struct tx *found;

	(void)state;
	assert_int_equal(refunded_for("evt_1", "pi_1", 500,
	    tx->clive_tx_id), PAYMENT_WAITING);
	assert_int_equal(payment_receive(fx.conn, fx.arena, fixture_now,
	    &look, &found), PAYMENT_APPLIED);
	assert_string_equal(found->processor_ref, "cs_test_1");
	assert_outcome("evt_1", "waiting");
	assert_int_equal(succeeded_for("evt_2", "pi_1", 75000,
	    tx->clive_tx_id), PAYMENT_UNCHANGED);
	tx = tx_find(fx.conn, fx.arena, tx->clive_tx_id);
	assert_tx(TX_SUCCEEDED, 500, 0, 1);
	assert_ref("pi_1", 1);
	assert_outcome("evt_1", "applied");
	assert_outcome("evt_2", "unchanged");
}

static void
a_note_is_kept_and_changes_nothing(void **state)
{
	const struct payment_event e = { .processor = "stripe",
	    .event_id = "evt_1", .type = "an.attempt", .ref = "pi_1",
	    .outcome = PAYMENT_NOTED, .body = { "{}", 2 } };
	struct tx *found;
	int before = fixture_rows(SQL_AUDIT_OF_SUBJECT, tx->clive_tx_id);

	(void)state;
	assert_int_equal(payment_receive(fx.conn, fx.arena, fixture_now, &e,
	    &found), PAYMENT_UNCHANGED);
	assert_string_equal(found->clive_tx_id, tx->clive_tx_id);
	assert_outcome("evt_1", "unchanged");
	tx = found;
	assert_tx(TX_PENDING, 0, 0, 0);
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT,
	    tx->clive_tx_id), before);
}

/* An event that comes before its payment, of any processor. */
static void
assert_early(const char *processor, const char *rule, const char *ref,
    const struct payment_event *early)
{
	struct tx *found;

	assert_string_equal(early->processor, processor);
	assert_int_equal(payment_receive(fx.conn, fx.arena, fixture_now,
	    early, &found), PAYMENT_WAITING);
	assert_null(found);
	assert_int_equal(conn_run(fx.conn, SQL_TX_SET_PROCESSOR, "ttit",
	    processor, rule, fixture_now, tx->clive_tx_id), 1);
	tx = tx_find(fx.conn, fx.arena, tx->clive_tx_id);
	assert_int_equal(tx_attach(fx.conn, fx.arena, fixture_now, tx, ref,
	    "key:k"), TX_ATTACH_DONE);
	payment_apply_waiting(fx.conn, fx.arena, fixture_now, tx);
	assert_tx(TX_SUCCEEDED, 0, 0, 1);
	assert_string_equal(processor, tx->processor);
	assert_int_equal(payment_receive(fx.conn, fx.arena, fixture_now,
	    early, &found), PAYMENT_UNCHANGED);
}

static void
what_waits_is_read_by_its_processors_reader(void **state)
{
	static const char webhook[] = "{\"event\":\"ORDER_COMPLETED\","
	    "\"order_id\":\"o1\"}", order[] = "{\"id\":\"o1\","
	    "\"type\":\"payment\",\"state\":\"completed\","
	    "\"amount\":75000,\"currency\":\"USD\"}",
	    paid[] = "{\"event\":\"PAYMENT RECEIVED\",\"data\":{"
	    "\"id\":\"p1\",\"orderReference\":\"R1\",\"status\":"
	    "\"SUCCESS\",\"collectedAmount\":\"750.00\","
	    "\"collectedCurrency\":\"USD\"}}";
	struct payment_event e;

	(void)state;
	assert_true(revolut_payment_event(fx.arena, revolut_report(fx.arena,
	    (struct slice){ webhook, strlen(webhook) },
	    (struct slice){ order, strlen(order) },
	    (struct slice){ NULL, 0 }), &e));
	assert_early("revolut", "rule_revolut_pay_default", "o1", &e);
	tx = fixture_tx(75000, "USD");
	assert_true(clickpesa_payment_event(fx.arena,
	    (struct slice){ paid, strlen(paid) }, &e));
	assert_early("clickpesa", "rule_clickpesa_default", "R1", &e);
}

static void
a_quarantined_event_is_kept_once_with_its_reason(void **state)
{
	static const char body[] = "{\"id\":\"evt_1\",\"type\":"
	    "\"payment_intent.succeeded\",\"data\":{\"object\":{\"id\":"
	    "\"pi_1\",\"amount_received\":75000,\"currency\":\"usd\"}}}";
	struct payment_event e;

	(void)state;
	assert_true(stripe_payment_event(fx.arena,
	    (struct slice){ body, strlen(body) }, &e));
	for (int i = 0; i < 2; i++)
		payment_quarantine(fx.conn, fx.arena, fixture_now, &e,
		    "livemode");
	assert_outcome("evt_1", "quarantined");
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT, "evt_1"), 1);
	assert_tx(TX_PENDING, 0, 0, 0);
	/* It never gets out by being sent again. */
	assert_int_equal(receive_json(body), PAYMENT_UNCHANGED);
	assert_tx(TX_PENDING, 0, 0, 0);
}

static void
only_known_processors_have_a_reader(void **state)
{
	(void)state;
	assert_ptr_equal(payment_reader_of("stripe"), stripe_payment_event);
	assert_ptr_equal(payment_reader_of("revolut"), revolut_payment_event);
	assert_ptr_equal(payment_reader_of("clickpesa"),
	    clickpesa_payment_event);
	assert_null(payment_reader_of("paypal"));
	assert_null(payment_reader_of(""));
	assert_null(payment_reader_of("Stripe"));
}

static void
the_reader_refuses_what_is_no_payment_event(void **state)
{
	static const char *const bodies[] = { "", "{", "[]", "{}",
	    "{\"id\":\"e\",\"type\":\"customer.created\",\"data\":"
	    "{\"object\":{\"id\":\"cus_1\"}}}",
	    "{\"id\":\"e\",\"type\":\"charge.refunded\",\"data\":"
	    "{\"object\":{\"id\":\"ch_1\"}}}",
	    "{\"type\":\"payment_intent.succeeded\",\"data\":{\"object\":"
	    "{\"id\":\"pi_1\"}}}" };
	struct payment_event e;

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_false(stripe_payment_event(fx.arena,
		    (struct slice){ bodies[i], strlen(bodies[i]) }, &e));
}

/* Stripe counts some currencies otherwise than ISO 4217 does. */
static void
amounts_are_translated_from_stripes_units(void **state)
{
	static const struct {
		const char	*currency;
		long long	 units;
		int64_t		 minor;		/* -1: not to be read */
	} table[] = {
		{ "usd", 75000, 75000 }, { "jpy", 750, 750 },
		{ "kwd", 750000, 750000 }, { "isk", 75000, 750 },
		{ "ugx", 75000, 750 }, { "isk", 75001, -1 },
	};
	struct payment_event e;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const char *body = arena_printf(fx.arena, "{\"id\":\"e\","
		    "\"type\":\"payment_intent.succeeded\",\"data\":"
		    "{\"object\":{\"id\":\"pi_1\",\"amount_received\":%lld,"
		    "\"currency\":\"%s\"}}}", table[i].units,
		    table[i].currency);

		assert_true(stripe_payment_event(fx.arena,
		    (struct slice){ body, strlen(body) }, &e));
		assert_true(e.has_amount);
		assert_int_equal(e.amount.minor, table[i].minor);
	}
}

#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, begin, verify_and_end)
#define UNATTACHED(f) \
	cmocka_unit_test_setup_teardown(f, begin_unattached, verify_and_end)
#define ON_PAGE(f) \
	cmocka_unit_test_setup_teardown(f, begin_on_page, verify_and_end)

static const struct CMUnitTest tests[] = {
	CASE(a_success_succeeds),
	CASE(events_are_kept_byte_for_byte),
	CASE(a_duplicate_changes_nothing),
	CASE(a_duplicate_with_another_body_changes_nothing),
	CASE(the_same_news_under_another_id_changes_nothing),
	CASE(a_refund_before_its_success_waits_for_it),
	CASE(a_dispute_before_its_success_waits_for_it),
	CASE(several_early_events_are_applied_in_the_order_they_came),
	CASE(a_waiting_duplicate_still_waits),
	CASE(parts_add_up_as_running_totals),
	CASE(an_older_total_that_comes_late_changes_nothing),
	CASE(no_more_than_the_amount_goes_back),
	CASE(a_refund_in_another_currency_is_quarantined),
	CASE(a_refund_without_a_figure_is_a_full_one),
	CASE(refund_and_chargeback_follow_each_other),
	CASE(two_disputes_of_parts_are_both_booked),
	CASE(an_inquiry_that_becomes_a_dispute_is_booked),
	CASE(an_intent_that_names_another_payment_is_quarantined),
	CASE(a_figure_without_currency_is_one_of_the_payments),
	CASE(a_part_refunded_after_a_chargeback_moves_money_only),
	CASE(a_dispute_in_another_currency_takes_the_whole_payment),
	CASE(an_inquiry_is_only_put_on_record),
	CASE(a_failure_fails_and_is_told_once),
	CASE(a_success_after_a_failure_counts),
	CASE(a_failure_after_the_success_comes_too_late),
	CASE(money_that_came_after_all_revives_an_abandoned_payment),
	CASE(another_amount_is_quarantined),
	CASE(another_currency_is_quarantined),
	CASE(strange_ids_do_not_spoil_the_audit_log),
	UNATTACHED(an_event_without_its_payment_waits_for_the_intent),
	UNATTACHED(everything_that_waited_is_applied_on_attach),
	UNATTACHED(
	    a_waiting_event_of_the_wrong_amount_is_quarantined_on_attach),
	UNATTACHED(
	    a_waiting_event_that_names_another_is_quarantined_on_attach),
	UNATTACHED(applying_what_does_not_wait_does_nothing),
	UNATTACHED(what_waits_is_read_by_its_processors_reader),
	ON_PAGE(a_page_gets_its_intent_with_the_success),
	ON_PAGE(an_abandoned_page_gets_its_intent_too),
	ON_PAGE(what_comes_before_a_pages_success_waits_for_it),
	ON_PAGE(only_a_success_takes_a_page),
	ON_PAGE(another_amount_does_not_take_a_page),
	ON_PAGE(a_page_gives_its_place_to_one_intent),
	ON_PAGE(only_a_page_takes_an_intent),
	ON_PAGE(an_intent_that_names_anothers_page_is_quarantined),
	ON_PAGE(a_page_that_was_looked_up_still_gets_its_intent),
	CASE(a_note_is_kept_and_changes_nothing),
	CASE(a_quarantined_event_is_kept_once_with_its_reason),
	cmocka_unit_test(only_known_processors_have_a_reader),
	CASE(the_reader_refuses_what_is_no_payment_event),
	CASE(amounts_are_translated_from_stripes_units),
};

TEST_MAIN("payment", tests)
