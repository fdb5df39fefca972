/* SPDX-License-Identifier: ISC */
/*
 * test-refund.c - money on its way back: set aside, booked once, whoever
 * tells of it and in whatever order. After each case ledger, audit chain and
 * refunds must agree.
 */
#include "refund.h"

#include <string.h>

#include "audit.h"
#include "checkout.h"
#include "fixture.h"
#include "ledger.h"
#include "payment.h"
#include "stripe-events.h"

/* The payment of a case: 100 dollars by a test key, Stripe's pi_1. */
static struct intent *in;

static void
look_again(void)
{
	in = intent_find(fx.conn, fx.arena, in->id);
	assert_non_null(in);
}

static enum payment_result
receive(const char *json)
{
	struct payment_event e;
	struct tx *found;
	struct slice body = { json, strlen(json) };

	if (!stripe_payment_event(fx.arena, body, &e))
		fail_msg("no payment event: %s", json);
	enum payment_result result = payment_receive(fx.conn, fx.arena,
	    fixture_now, &e, &found);
	look_again();
	return result;
}

static enum payment_result
paid(void)
{
	return receive("{\"id\":\"evt_paid\",\"object\":\"event\","
	    "\"type\":\"payment_intent.succeeded\",\"data\":{\"object\":"
	    "{\"id\":\"pi_1\",\"amount_received\":10000,"
	    "\"currency\":\"usd\"}}}");
}

/* charge.refunded with a running total; seconds after the case's time. */
static enum payment_result
told_at(int64_t total, int64_t seconds)
{
	static int n;

	return receive(arena_printf(fx.arena, "{\"id\":\"evt_t%d\","
	    "\"object\":\"event\",\"created\":%lld,"
	    "\"type\":\"charge.refunded\",\"data\":{\"object\":{\"id\":"
	    "\"ch_1\",\"payment_intent\":\"pi_1\",\"amount\":10000,"
	    "\"amount_refunded\":%lld,\"currency\":\"usd\","
	    "\"refunded\":%s}}}", ++n, (long long)(FIXTURE_NOW_S + seconds),
	    (long long)total, total == 10000 ? "true" : "false"));
}

static enum payment_result
told(int64_t total)
{
	return told_at(total, 0);
}

/* An event of a refund object that bears one of our names. */
static enum payment_result
about(const char *type, const char *re, int64_t amount, const char *status,
    const char *name)
{
	static int n;

	return receive(arena_printf(fx.arena, "{\"id\":\"evt_r%d\","
	    "\"object\":\"event\",\"created\":%d,\"type\":\"%s\","
	    "\"data\":{\"object\":{\"id\":\"%s\",\"object\":\"refund\","
	    "\"payment_intent\":\"pi_1\",\"amount\":%lld,\"currency\":"
	    "\"usd\",\"status\":\"%s\",\"failure_reason\":%s,"
	    "\"metadata\":{\"" STRIPE_REFUND_KEY "\":\"%s\"}}}}", ++n,
	    FIXTURE_NOW_S, type, re, (long long)amount, status,
	    strcmp(status, "failed") == 0 ? "\"expired_or_canceled_card\"" :
	    "null", name));
}

static void
open_case(const char *processor, const char *ref)
{
	const struct merchant m = { .partner_id = "ECHEZONA001",
	    .client_id = "AIRPEACE001" };
	const struct intent_new new = { .amount = { 10000, "USD" } };

	in = intent_open(fx.conn, fx.arena, fixture_now, &m, &new,
	    "merchant:test");
	assert_non_null(in);
	assert_int_equal(checkout_attach(fx.conn, fx.arena, fixture_now,
	    in->tx, processor, NULL, ref, "merchant:test"), TX_ATTACH_DONE);
}

static int
begin_pending(void **state)
{
	int rc = fixture_begin(state);

	open_case("stripe", "pi_1");
	return rc;
}

static int
begin(void **state)
{
	int rc = begin_pending(state);

	assert_int_equal(paid(), PAYMENT_APPLIED);
	return rc;
}

static int
verify_and_end(void **state)
{
	struct audit_report audit;
	struct ledger_report ledger;
	struct refund_report refunds;
	const char *failed = conn_failed(fx.conn);
	bool good = failed == NULL &&
	    ledger_verify(fx.conn, &ledger) &&
	    refund_verify(fx.conn, &refunds) &&
	    audit_verify(fx.conn, 0, NULL, &audit);

	if (!good)
		print_error("not in order: %s\n", failed != NULL ? failed :
		    "ledger, refunds or audit");
	fixture_end(state);
	return good ? 0 : -1;
}

#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, begin, verify_and_end)
#define CASE_PENDING(f) \
	cmocka_unit_test_setup_teardown(f, begin_pending, verify_and_end)

static const struct fault *
try_open(int64_t minor, struct refund **r)
{
	static const struct slice none = { NULL, 0 };

	look_again();
	const struct fault *fault = refund_open(fx.conn, fx.arena,
	    fixture_now, in, minor, NULL, none, "merchant:test", r);
	look_again();
	return fault;
}

static struct refund *
opened(int64_t minor)
{
	struct refund *r;

	assert_null(try_open(minor, &r));
	assert_string_equal(r->status, "pending");
	return r;
}

static bool
settle(struct refund *r, enum provider_fate fate, enum provider_state state,
    const char *ref)
{
	const struct provider_answer a = { .fate = fate, .state = state,
	    .ref = ref, .status = 200 };
	bool changed = refund_settle(fx.conn, fx.arena, fixture_now, r, &a,
	    "merchant:test");

	look_again();
	return changed;
}

static bool
answered(struct refund *r, const char *ref)
{
	return settle(r, PROVIDER_DONE, PROVIDER_PAID, ref);
}

static bool
refused(struct refund *r)
{
	const struct provider_answer a = { .fate = PROVIDER_REFUSED,
	    .code = "charge_already_refunded", .message = "It went back.",
	    .status = 400 };
	bool changed = refund_settle(fx.conn, fx.arena, fixture_now, r, &a,
	    "merchant:test");

	look_again();
	return changed;
}

/* The payment's figures and state. */
static void
assert_figures(int64_t refunded, int64_t refunding, enum tx_status status)
{
	assert_int_equal(in->tx->refunded, refunded);
	assert_int_equal(in->tx->refunding, refunding);
	assert_string_equal(tx_status_name(in->tx->status),
	    tx_status_name(status));
}

/* The types of the events that were told, in their order. */
static void
assert_events(const char *types)
{
	const char *got = "";
	struct rows *r = conn_rows(fx.conn, SQL_EVENTS_OF_TX, "t",
	    in->tx->clive_tx_id);

	while (row_next(r)) {
		const char *type = row_text(r, 1);
		if (strncmp(type, "refund.", 7) == 0)
			got = arena_printf(fx.arena, "%s%s%s", got,
			    *got != '\0' ? " " : "", type + 7);
	}
	assert_string_equal(got, types);
}

/* What the processor is owed back for refunds, by the ledger. */
static int64_t
ledger_refunds(void)
{
	int64_t sum = 0;
	struct rows *r = conn_rows(fx.conn, SQL_LEDGER_OF_TX, "t",
	    in->tx->clive_tx_id);

	while (row_next(r))
		if (strcmp(row_text(r, 1), "refund") == 0)
			sum += strncmp(row_text(r, 2), "partner:", 8) == 0 ?
			    row_int(r, 4) : -row_int(r, 4);
	return sum;
}

static const char *
call_state(const struct refund *refund)
{
	const char *state = "(none)";
	struct rows *r = conn_rows(fx.conn, SQL_PROCESSOR_CALLS_OF_TX, "t",
	    in->tx->clive_tx_id);

	while (row_next(r))
		if (strcmp(row_text(r, 5), refund->id) == 0)
			state = row_text_copy(r, 6, fx.arena);
	return state;
}

static int
refunds_of_payment(void)
{
	struct rows *r = conn_rows(fx.conn, SQL_REFUND_LIST_OF_INTENT, "tti",
	    in->id, "~", INT64_C(100));
	int n = 0;

	while (row_next(r))
		n++;
	return n;
}

/* ---------------------------------------------- the way of one refund */

static void
a_part_is_set_aside_and_then_booked(void **state)
{
	struct refund *r = opened(2500);

	(void)state;
	assert_memory_equal(r->id, "re_", 3);
	assert_string_equal(r->intent_id, in->id);
	assert_figures(0, 2500, TX_SUCCEEDED);
	assert_int_equal(ledger_refunds(), 0);
	assert_string_equal(call_state(r), "asking");
	assert_true(answered(r, "re_s1"));
	assert_string_equal(r->status, "succeeded");
	assert_string_equal(r->processor_ref, "re_s1");
	assert_figures(2500, 0, TX_SUCCEEDED);
	assert_int_equal(ledger_refunds(), 2500);
	assert_string_equal(call_state(r), "done");
	assert_events("created succeeded");
}

static void
all_of_it_is_the_default_and_makes_it_refunded(void **state)
{
	struct refund *r = opened(0);

	(void)state;
	assert_int_equal(r->amount.minor, 10000);
	answered(r, "re_s1");
	assert_figures(10000, 0, TX_REFUNDED);
	assert_string_equal(intent_status(in), "succeeded");
	assert_ptr_equal(try_open(0, &r), &FAULT_AMOUNT_LARGE);
	assert_ptr_equal(try_open(1, &r), &FAULT_AMOUNT_LARGE);
}

static void
parts_make_it_refunded_with_the_last_unit(void **state)
{
	(void)state;
	answered(opened(9998), "re_s1");
	answered(opened(1), "re_s2");
	assert_figures(9999, 0, TX_SUCCEEDED);
	assert_int_equal(refund_left(in->tx), 1);
	answered(opened(0), "re_s3");
	assert_figures(10000, 0, TX_REFUNDED);
	assert_int_equal(ledger_refunds(), 10000);
}

static void
what_is_set_aside_is_not_left(void **state)
{
	struct refund *a = opened(6000), *b;

	(void)state;
	assert_ptr_equal(try_open(4001, &b), &FAULT_AMOUNT_LARGE);
	assert_figures(0, 6000, TX_SUCCEEDED);
	b = opened(4000);
	assert_ptr_equal(try_open(0, &b), &FAULT_AMOUNT_LARGE);
	refused(a);
	assert_int_equal(opened(0)->amount.minor, 6000);
}

static void
a_refusal_gives_the_amount_back(void **state)
{
	struct refund *r = opened(2500);

	(void)state;
	assert_true(refused(r));
	assert_string_equal(r->status, "failed");
	assert_string_equal(r->failure_code, "charge_already_refunded");
	assert_figures(0, 0, TX_SUCCEEDED);
	assert_int_equal(ledger_refunds(), 0);
	assert_string_equal(call_state(r), "refused");
	assert_events("created failed");
}

/* Whatever is not an answer leaves it to be asked again. */
static void
in_doubt_it_stays_as_it_is(void **state)
{
	struct refund *r = opened(2500);

	(void)state;
	assert_false(settle(r, PROVIDER_UNKNOWN, PROVIDER_PAID, NULL));
	assert_string_equal(call_state(r), "unknown");
	assert_false(settle(r, PROVIDER_DOWN, PROVIDER_OPEN, NULL));
	assert_string_equal(call_state(r), "unknown");
	assert_string_equal(r->status, "pending");
	assert_figures(0, 2500, TX_SUCCEEDED);
	assert_true(refund_may_ask(in->tx, r, fixture_now));
	assert_false(refund_may_ask(in->tx, r, fixture_now + CALL_AGAIN_MS));
	assert_true(answered(r, "re_s1"));
	assert_figures(2500, 0, TX_SUCCEEDED);
	assert_events("created succeeded");
}

/* Stripe has it and will tell how it ends: it is looked at, not asked for. */
static void
one_that_the_processor_keeps_pending_waits_for_its_event(void **state)
{
	struct refund *r = opened(2500);

	(void)state;
	assert_false(settle(r, PROVIDER_DONE, PROVIDER_OPEN, "re_s1"));
	assert_string_equal(r->status, "pending");
	assert_string_equal(call_state(r), "unknown");
	assert_false(refund_may_ask(in->tx, r, fixture_now));
	assert_figures(0, 2500, TX_SUCCEEDED);
	assert_int_equal(about("refund.updated", "re_s1", 2500, "succeeded",
	    r->id), PAYMENT_APPLIED);
	assert_figures(2500, 0, TX_SUCCEEDED);
	assert_string_equal(call_state(r), "done");
	assert_events("created succeeded");
}

static void
an_answer_is_booked_once(void **state)
{
	struct refund *r = opened(2500);

	(void)state;
	assert_true(answered(r, "re_s1"));
	assert_false(answered(r, "re_s1"));
	assert_false(refused(r));
	assert_figures(2500, 0, TX_SUCCEEDED);
	assert_int_equal(ledger_refunds(), 2500);
	assert_events("created succeeded");
}

static void
what_failed_does_not_succeed_later(void **state)
{
	struct refund *r = opened(2500);

	(void)state;
	settle(r, PROVIDER_DONE, PROVIDER_FAILED, "re_s1");
	assert_int_equal(about("refund.updated", "re_s1", 2500, "succeeded",
	    r->id), PAYMENT_UNCHANGED);
	assert_figures(0, 0, TX_SUCCEEDED);
	assert_events("created failed");
}

/* The bank sent it back: days later, as far as anybody knows. */
static void
what_succeeded_may_fail_and_comes_back(void **state)
{
	struct refund *r = opened(0);

	(void)state;
	answered(r, "re_s1");
	assert_figures(10000, 0, TX_REFUNDED);
	assert_int_equal(about("refund.failed", "re_s1", 10000, "failed",
	    r->id), PAYMENT_APPLIED);
	assert_int_equal(about("refund.updated", "re_s1", 10000, "failed",
	    r->id), PAYMENT_UNCHANGED);
	r = refund_find(fx.conn, fx.arena, r->id);
	assert_string_equal(r->status, "failed");
	assert_string_equal(r->failure_code, "expired_or_canceled_card");
	assert_figures(0, 0, TX_SUCCEEDED);
	assert_int_equal(ledger_refunds(), 0);
	assert_events("created succeeded failed");
	answered(opened(0), "re_s2");
	assert_figures(10000, 0, TX_REFUNDED);
}

/* ---------------------------------------- which payments can be refunded */

static void
only_a_payment_that_succeeded_can_be_refunded(void **state)
{
	struct refund *r;

	(void)state;
	assert_ptr_equal(try_open(0, &r), &FAULT_STATE);
	assert_null(r);
	assert_int_equal(paid(), PAYMENT_APPLIED);
	opened(0);
}

static void
a_disputed_payment_cannot_be_refunded(void **state)
{
	struct refund *r;

	(void)state;
	receive("{\"id\":\"evt_d\",\"object\":\"event\",\"type\":"
	    "\"charge.dispute.created\",\"data\":{\"object\":{\"id\":"
	    "\"dp_1\",\"payment_intent\":\"pi_1\",\"amount\":10000,"
	    "\"currency\":\"usd\",\"status\":\"needs_response\"}}}");
	assert_ptr_equal(try_open(100, &r), &FAULT_STATE);
	assert_figures(0, 0, TX_CHARGEBACK);
}

static void
a_processor_without_refunds_gives_nothing_back(void **state)
{
	struct refund *r;

	(void)state;
	conn_script(fx.conn, "UPDATE tx SET processor = 'clickpesa'");
	assert_ptr_equal(try_open(100, &r), &FAULT_STATE);
	conn_script(fx.conn, "UPDATE tx SET processor = 'stripe'");
}

/* ------------------------------------ ours, and the processor's totals */

/* Every order of the answer and the webhooks about the same money. */
static void
webhooks_and_answer_book_once_in_every_order(void **state)
{
	/* a: answer, t: charge.refunded, c: refund.created */
	static const char *const orders[] = { "atc", "act", "tac", "tca",
	    "cat", "cta", "aattcc", "tctaca" };
	int64_t total = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct refund *r = opened(1000);
		const char *ref = arena_printf(fx.arena, "re_s%zu", i);

		total += 1000;
		for (const char *o = orders[i]; *o != '\0'; o++)
			if (*o == 'a')
				answered(r, ref);
			else if (*o == 't')
				told(total);
			else
				about("refund.created", ref, 1000,
				    "succeeded", r->id);
		assert_figures(total, 0, TX_SUCCEEDED);
		assert_int_equal(ledger_refunds(), total);
	}
	assert_int_equal(refunds_of_payment(), 8);
}

static void
totals_that_our_refunds_explain_book_nothing(void **state)
{
	struct refund *a = opened(2000), *b = opened(3000);

	(void)state;
	assert_int_equal(told(2000), PAYMENT_UNCHANGED);
	assert_int_equal(told(5000), PAYMENT_UNCHANGED);
	answered(b, "re_s2");
	assert_int_equal(told(5000), PAYMENT_UNCHANGED);
	answered(a, "re_s1");
	assert_int_equal(told(2000), PAYMENT_UNCHANGED);
	assert_figures(5000, 0, TX_SUCCEEDED);
	assert_int_equal(refunds_of_payment(), 2);
}

/* Somebody refunded on the processor's own pages. */
static void
a_refund_that_is_not_ours_is_booked_and_told(void **state)
{
	(void)state;
	assert_int_equal(told(2000), PAYMENT_APPLIED);
	assert_figures(2000, 0, TX_SUCCEEDED);
	assert_int_equal(told(2000), PAYMENT_UNCHANGED);
	assert_int_equal(told(2500), PAYMENT_APPLIED);
	assert_int_equal(told(2000), PAYMENT_UNCHANGED);
	assert_figures(2500, 0, TX_SUCCEEDED);
	assert_int_equal(ledger_refunds(), 2500);
	assert_events("created succeeded created succeeded");
	assert_int_equal(told(10000), PAYMENT_APPLIED);
	assert_figures(10000, 0, TX_REFUNDED);
	assert_int_equal(refunds_of_payment(), 3);
}

static void
others_refunds_and_ours_add_up(void **state)
{
	struct refund *r = opened(3000);

	(void)state;
	/* 2000 of theirs, while ours is on its way, shows with ours. */
	assert_int_equal(told(2000), PAYMENT_UNCHANGED);
	answered(r, "re_s1");
	assert_figures(3000, 0, TX_SUCCEEDED);
	assert_int_equal(told(5000), PAYMENT_APPLIED);
	assert_figures(5000, 0, TX_SUCCEEDED);
	r = opened(0);
	assert_int_equal(r->amount.minor, 5000);
	assert_int_equal(told(10000), PAYMENT_UNCHANGED);
	assert_figures(5000, 5000, TX_SUCCEEDED);
	answered(r, "re_s2");
	assert_figures(10000, 0, TX_REFUNDED);
}

/* Ours was refused, so the total was about somebody else's. */
static void
a_total_is_looked_at_again_when_ours_was_refused(void **state)
{
	struct refund *r = opened(10000);

	(void)state;
	assert_int_equal(told(10000), PAYMENT_UNCHANGED);
	/* An older one that comes late does not stand for it. */
	assert_int_equal(told(2000), PAYMENT_UNCHANGED);
	assert_figures(0, 10000, TX_SUCCEEDED);
	refused(r);
	assert_figures(10000, 0, TX_REFUNDED);
	assert_int_equal(ledger_refunds(), 10000);
	assert_events("created failed created succeeded");
}

/* Ours failed after the processor had counted it: nobody refunded. */
static void
one_that_failed_after_it_was_told_leaves_nothing(void **state)
{
	struct refund *r = opened(4000);

	(void)state;
	settle(r, PROVIDER_DONE, PROVIDER_OPEN, "re_s1");
	assert_int_equal(told(4000), PAYMENT_UNCHANGED);
	assert_int_equal(about("refund.failed", "re_s1", 4000, "failed",
	    r->id), PAYMENT_APPLIED);
	assert_figures(0, 0, TX_SUCCEEDED);
	/* The same total, late, is still about ours. */
	assert_int_equal(told(4000), PAYMENT_UNCHANGED);
	assert_figures(0, 0, TX_SUCCEEDED);
	assert_events("created failed");
	/* A later one of as much is not. */
	assert_int_equal(told_at(4000, 60), PAYMENT_APPLIED);
	assert_figures(4000, 0, TX_SUCCEEDED);
	assert_int_equal(refunds_of_payment(), 2);
}

/* The total that counts it comes when it has failed already. */
static void
one_that_failed_before_it_was_told_leaves_nothing(void **state)
{
	struct refund *a = opened(1000), *r = opened(4000);

	(void)state;
	answered(a, "re_s0");
	about("refund.failed", "re_s1", 4000, "failed", r->id);
	assert_figures(1000, 0, TX_SUCCEEDED);
	assert_int_equal(told(5000), PAYMENT_UNCHANGED);
	assert_figures(1000, 0, TX_SUCCEEDED);
	/* Others' come on top of what is left, not of what failed. */
	assert_int_equal(told_at(3000, 60), PAYMENT_APPLIED);
	assert_figures(3000, 0, TX_SUCCEEDED);
}

/* Also where it had succeeded first. */
static void
one_that_failed_after_it_was_booked_leaves_nothing(void **state)
{
	struct refund *r = opened(4000);

	(void)state;
	answered(r, "re_s1");
	told(4000);
	about("refund.failed", "re_s1", 4000, "failed", r->id);
	assert_figures(0, 0, TX_SUCCEEDED);
	told(4000);
	assert_figures(0, 0, TX_SUCCEEDED);
	answered(opened(4000), "re_s2");
	assert_int_equal(told_at(4000, 60), PAYMENT_UNCHANGED);
	assert_figures(4000, 0, TX_SUCCEEDED);
	assert_int_equal(told_at(9000, 90), PAYMENT_APPLIED);
	assert_figures(9000, 0, TX_SUCCEEDED);
}

static void
a_refund_before_the_success_waits_and_ends_right(void **state)
{
	(void)state;
	assert_int_equal(told(4000), PAYMENT_WAITING);
	assert_figures(0, 0, TX_PENDING);
	assert_int_equal(paid(), PAYMENT_APPLIED);
	assert_figures(4000, 0, TX_SUCCEEDED);
	assert_int_equal(told(10000), PAYMENT_APPLIED);
	assert_figures(10000, 0, TX_REFUNDED);
	assert_events("created succeeded created succeeded");
}

/* ----------------------------------------- events that bear our names */

static void
events_that_do_not_fit_our_refund_change_nothing(void **state)
{
	struct refund *r = opened(2500);

	(void)state;
	assert_int_equal(about("refund.updated", "re_s1", 2499, "succeeded",
	    r->id), PAYMENT_QUARANTINED);
	assert_int_equal(about("refund.updated", "re_s1", 2500, "succeeded",
	    "re_none"), PAYMENT_QUARANTINED);
	settle(r, PROVIDER_DONE, PROVIDER_OPEN, "re_s1");
	assert_int_equal(about("refund.failed", "re_s2", 2500, "failed",
	    r->id), PAYMENT_QUARANTINED);
	assert_figures(0, 2500, TX_SUCCEEDED);
	assert_int_equal(about("refund.failed", "re_s1", 2500, "canceled",
	    r->id), PAYMENT_APPLIED);
	assert_figures(0, 0, TX_SUCCEEDED);
}

static void
another_payments_refund_is_quarantined(void **state)
{
	struct refund *r = opened(2500);
	const char *first = in->id;

	(void)state;
	conn_script(fx.conn, "UPDATE tx SET processor_ref = 'pi_0'");
	open_case("stripe", "pi_1");
	paid();
	receive("{\"id\":\"evt_2\",\"object\":\"event\",\"type\":"
	    "\"payment_intent.succeeded\",\"data\":{\"object\":{\"id\":"
	    "\"pi_1\",\"amount_received\":10000,\"currency\":\"usd\"}}}");
	assert_figures(0, 0, TX_SUCCEEDED);
	assert_int_equal(about("refund.updated", "re_s1", 2500, "succeeded",
	    r->id), PAYMENT_QUARANTINED);
	assert_figures(0, 0, TX_SUCCEEDED);
	in = intent_find(fx.conn, fx.arena, first);
	assert_figures(0, 2500, TX_SUCCEEDED);
}

/* --------------------------------------------------------- the database */

/* What holds even against a program of ours that does not ask first. */
static void
the_constraint_itself_bites(void **state)
{
	static const char *const tries[] = {
		"UPDATE tx SET refunding_amount = 4001",
		"UPDATE tx SET refunded_amount = 8001",
		"UPDATE tx SET refunding_amount = refunding_amount + 2001",
		"UPDATE tx SET refunding_amount = -1",
	};

	(void)state;
	answered(opened(6000), "re_s1");
	opened(2000);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		conn_savepoint(fx.conn);
		assert_false(conn_script(fx.conn, tries[i]));
		assert_non_null(strstr(conn_failed(fx.conn), "CHECK"));
		conn_forgive(fx.conn);
		conn_rollback_to(fx.conn);
	}
	look_again();
	assert_figures(6000, 2000, TX_SUCCEEDED);
}

static void
verify_finds_what_does_not_add_up(void **state)
{
	static const char *const tries[] = {
		"UPDATE tx SET refunding_amount = 1999",
		"UPDATE tx SET refunded_amount = 5999",
		"UPDATE tx SET told_refunded = 8001",
		"UPDATE tx SET status = 'refunded'",
		"UPDATE refund SET status = 'failed' WHERE status = 'pending'",
		"UPDATE refund SET amount = amount + 1",
		"UPDATE refund SET currency = 'LRD'",
		"DELETE FROM refund WHERE status = 'succeeded'",
	};
	struct refund_report report;

	(void)state;
	answered(opened(6000), "re_s1");
	opened(2000);
	assert_true(refund_verify(fx.conn, &report));
	assert_int_equal(report.refunds, 2);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		conn_savepoint(fx.conn);
		assert_true(conn_script(fx.conn, tries[i]));
		if (refund_verify(fx.conn, &report))
			fail_msg("not found: %s", tries[i]);
		assert_string_equal(report.first_bad, in->tx->clive_tx_id);
		conn_rollback_to(fx.conn);
	}
}

/* ------------------------------------------------------------ its shape */

static void
the_object_has_its_members_in_order(void **state)
{
	static const char metadata[] = "{ \"a\":1.10 }";
	struct refund *r;
	struct buf buf;
	struct jsonw w;

	(void)state;
	assert_null(refund_open(fx.conn, fx.arena, fixture_now, in, 2500,
	    "too late", (struct slice){ metadata, strlen(metadata) },
	    "merchant:test", &r));
	refused(r);
	assert_string_equal(refund_find(fx.conn, fx.arena, r->id)->metadata,
	    metadata);
	buf_init(&buf, 4096);
	jsonw_init(&w, &buf);
	refund_write(&w, NULL, r);
	assert_string_equal(buf_str(&buf), arena_printf(fx.arena,
	    "{\"id\":\"%s\",\"object\":\"refund\",\"payment\":\"%s\","
	    "\"amount\":2500,\"currency\":\"USD\",\"status\":\"failed\","
	    "\"reason\":\"too late\",\"metadata\":{ \"a\":1.10 },"
	    "\"failure\":{\"code\":\"charge_already_refunded\","
	    "\"message\":\"It went back.\"},\"livemode\":false,"
	    "\"created_at\":\"2025-11-24T16:00:00.000Z\","
	    "\"updated_at\":\"2025-11-24T16:00:00.000Z\"}", r->id, in->id));
	buf_free(&buf);
}

/* The bytes that go out: the refund as it was then. */
static void
events_hold_the_refund(void **state)
{
	struct refund *r = opened(2500);
	const char *id = NULL, *body = NULL;
	struct jsonw w;
	struct buf buf;

	(void)state;
	buf_init(&buf, 4096);
	jsonw_init(&w, &buf);
	refund_write(&w, NULL, r);
	struct rows *rows = conn_rows(fx.conn, SQL_EVENTS_OF_TX, "t",
	    in->tx->clive_tx_id);
	while (row_next(rows)) {
		struct slice bytes = row_bytes(rows, 2);
		if (strcmp(row_text(rows, 1), "refund.created") != 0)
			continue;
		body = arena_strndup(fx.arena, bytes.p, bytes.n);
		id = row_text_copy(rows, 0, fx.arena);
	}
	assert_non_null(id);
	assert_string_equal(body, arena_printf(fx.arena, "{\"id\":\"%s\","
	    "\"type\":\"refund.created\",\"created\":%d,\"livemode\":false,"
	    "\"data\":{\"object\":%s}}", id, FIXTURE_NOW_S, buf_str(&buf)));
	buf_free(&buf);
}

static const struct CMUnitTest tests[] = {
	CASE(a_part_is_set_aside_and_then_booked),
	CASE(all_of_it_is_the_default_and_makes_it_refunded),
	CASE(parts_make_it_refunded_with_the_last_unit),
	CASE(what_is_set_aside_is_not_left),
	CASE(a_refusal_gives_the_amount_back),
	CASE(in_doubt_it_stays_as_it_is),
	CASE(one_that_the_processor_keeps_pending_waits_for_its_event),
	CASE(an_answer_is_booked_once),
	CASE(what_failed_does_not_succeed_later),
	CASE(what_succeeded_may_fail_and_comes_back),
	CASE_PENDING(only_a_payment_that_succeeded_can_be_refunded),
	CASE(a_disputed_payment_cannot_be_refunded),
	CASE(a_processor_without_refunds_gives_nothing_back),
	CASE(webhooks_and_answer_book_once_in_every_order),
	CASE(totals_that_our_refunds_explain_book_nothing),
	CASE(a_refund_that_is_not_ours_is_booked_and_told),
	CASE(others_refunds_and_ours_add_up),
	CASE(a_total_is_looked_at_again_when_ours_was_refused),
	CASE(one_that_failed_after_it_was_told_leaves_nothing),
	CASE(one_that_failed_before_it_was_told_leaves_nothing),
	CASE(one_that_failed_after_it_was_booked_leaves_nothing),
	CASE_PENDING(a_refund_before_the_success_waits_and_ends_right),
	CASE(events_that_do_not_fit_our_refund_change_nothing),
	CASE(another_payments_refund_is_quarantined),
	CASE(the_constraint_itself_bites),
	CASE(verify_finds_what_does_not_add_up),
	CASE(the_object_has_its_members_in_order),
	CASE(events_hold_the_refund),
};

TEST_MAIN("refund", tests)
