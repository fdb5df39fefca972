/* SPDX-License-Identifier: ISC */
/*
 * test-intent.c - payments of the Payments API beneath its routes: what is
 * shown to whom, what is told when, and what a processor's answer does.
 * After each case ledger and audit chain must agree.
 */
#include "intent.h"

#include <string.h>

#include "audit.h"
#include "checkout.h"
#include "fixture.h"
#include "intent-action.h"
#include "intent-call.h"
#include "ledger.h"
#include "payment.h"
#include "rail.h"
#include "request.h"
#include "stripe-events.h"

static const char actor[] = "merchant:test";
static const char metadata[] = "{\"order_id\":\"A-1\",\"n\":1.10}";
static const struct merchant tester = { .partner_id = "ECHEZONA001",
    .client_id = "AIRPEACE001" };

/* The payment of a case: 12.50 dollars by a test key. */
static struct intent *in;

static struct intent *
open_one(bool live)
{
	struct merchant m = tester;
	const struct intent_new new = { .amount = { 1250, "USD" },
	    .description = "Order #A-1",
	    .metadata = { metadata, strlen(metadata) } };

	m.live = live;
	struct intent *opened = intent_open(fx.conn, fx.arena, fixture_now,
	    &m, &new, actor);
	assert_non_null(opened);
	return opened;
}

static int
begin(void **state)
{
	int rc = fixture_begin(state);

	in = open_one(false);
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

	if (!good)
		print_error("not in order: %s\n", failed != NULL ? failed :
		    "ledger or audit");
	fixture_end(state);
	return good ? 0 : -1;
}

#define CASE(f) \
	cmocka_unit_test_setup_teardown(f, begin, verify_and_end)

static void
look_again(void)
{
	in = intent_find(fx.conn, fx.arena, in->id);
	assert_non_null(in);
}

/* ------------------------------------------------------------ what is told */

/* The types of all events about the payment, a blank behind each. */
static const char *
told(void)
{
	struct rows *r = conn_rows(fx.conn, SQL_EVENTS_OF_TX, "t",
	    in->tx->clive_tx_id);
	const char *text = "";

	while (row_next(r))
		text = arena_printf(fx.arena, "%s%s ", text, row_text(r, 1));
	return text;
}

/* The body of the last event. */
static const char *
last_body(void)
{
	struct rows *r = conn_rows(fx.conn, SQL_EVENTS_OF_TX, "t",
	    in->tx->clive_tx_id);
	const char *body = NULL;

	while (row_next(r)) {
		struct slice s = row_bytes(r, 2);
		body = arena_strndup(fx.arena, s.p, s.n);
	}
	assert_non_null(body);
	return body;
}

static const char *
shown_to(enum intent_view view, const char *secret)
{
	struct buf buf;
	struct jsonw w;

	look_again();
	buf_init(&buf, 64 * 1024);
	jsonw_init(&w, &buf);
	intent_write(&w, NULL, in, view, secret);
	const char *text = arena_strdup(fx.arena, buf_str(&buf));
	buf_free(&buf);
	return text;
}

#define shown() shown_to(INTENT_FOR_MERCHANT, NULL)

static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no %s in %s", part, text);
}

static void
assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("%s in %s", part, text);
}

/* ----------------------------------------------------- what is answered */

static struct intent_call
call_of(const char *payment_method)
{
	struct intent_call call = { .id = "call_1", .key = "KEY",
	    .provider = provider_find("stripe"),
	    .rule_id = "rule_stripe_default", .payment_type = "card",
	    .payment_method = payment_method };

	conn_run(fx.conn, SQL_INTENT_CALL_INSERT, "ttttttttii", call.id,
	    in->tx->clive_tx_id, "stripe", call.rule_id, call.key, "card",
	    call.payment_method, call.return_url, fixture_now, fixture_now);
	conn_run(fx.conn, SQL_INTENT_CONFIRM, "tttit", "card",
	    payment_method != NULL ?
	    "{\"brand\":\"visa\",\"last4\":\"4242\"}" : NULL,
	    (const char *)NULL, fixture_now, in->id);
	return call;
}

static void
apply(const struct intent_call *call)
{
	in = intent_call_apply(fx.conn, fx.arena, fixture_now, fx.vault,
	    in->tx->clive_tx_id, call, actor);
	assert_non_null(in);
}

static void
answer(struct provider_answer a)
{
	struct intent_call call = call_of("pm_card_visa");

	call.answer = a;
	apply(&call);
}

static const struct provider_answer paid = { .fate = PROVIDER_DONE,
    .ref = "pi_S1", .state = PROVIDER_PAID, .has_amount = true,
    .amount = { 1250, "USD" }, .raw = { "{}", 2 } };
static const struct provider_answer declined = { .fate = PROVIDER_DONE,
    .ref = "pi_S1", .state = PROVIDER_FAILED,
    .failure = "insufficient_funds", .message = "Too poor.",
    .raw = { "{}", 2 } };
static const struct provider_answer to_the_bank = { .fate = PROVIDER_DONE,
    .ref = "pi_S1", .url = "http://bank.example/", .raw = { "{}", 2 } };

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

static const char succeeded[] = "{\"id\":\"evt_paid\",\"object\":\"event\","
    "\"type\":\"payment_intent.succeeded\",\"data\":{\"object\":{\"id\":"
    "\"pi_S1\",\"amount_received\":1250,\"currency\":\"usd\"}}}";
static const char failed[] = "{\"id\":\"evt_f\",\"object\":\"event\","
    "\"type\":\"payment_intent.payment_failed\",\"data\":{\"object\":{"
    "\"id\":\"pi_S1\",\"currency\":\"usd\",\"last_payment_error\":{"
    "\"code\":\"card_declined\",\"decline_code\":\"insufficient_funds\"}}}}";

/* --------------------------------------------------------------- the cases */

static void
a_new_one_waits_for_a_method(void **state)
{
	(void)state;
	assert_memory_equal(in->id, "pi_", 3);
	assert_int_equal(strlen(in->id), 29);
	assert_string_equal(intent_status(in), "requires_payment_method");
	assert_string_equal(in->tx->processor, "none");
	assert_string_equal(in->tx->echezona_reference, in->id);
	assert_true(in->tx->payments);
	assert_false(in->tx->live);
	assert_string_equal(told(), "payment.created ");
	assert_ptr_not_equal(intent_find_by_tx(fx.conn, fx.arena,
	    in->tx->clive_tx_id), NULL);
	assert_null(intent_find(fx.conn, fx.arena, "pi_none"));
}

static void
the_merchant_sees_all_but_the_secret_unasked(void **state)
{
	char expected[1024];

	(void)state;
	snprintf(expected, sizeof(expected), "{\"id\":\"%s\",\"object\":"
	    "\"payment\",\"status\":\"requires_payment_method\",\"amount\":"
	    "1250,\"currency\":\"USD\",\"amount_refunded\":0,"
	    "\"description\":\"Order #A-1\",\"metadata\":%s,\"livemode\":"
	    "false,\"payment_method\":null,\"next_action\":null,\"failure\":"
	    "null,\"return_url\":null,\"disputed\":false,\"created_at\":"
	    "\"2025-11-24T16:00:00.000Z\",\"updated_at\":"
	    "\"2025-11-24T16:00:00.000Z\"}", in->id, metadata);
	assert_string_equal(shown(), expected);
	assert_has(shown_to(INTENT_FOR_MERCHANT, "s3"),
	    ",\"client_secret\":\"s3\"}");
}

static void
the_payer_sees_neither_metadata_nor_phone_numbers(void **state)
{
	(void)state;
	conn_run(fx.conn, SQL_INTENT_CONFIRM, "tttit", "momo",
	    "{\"provider\":\"mtn\",\"phone_number\":\"+231881111000\"}",
	    "http://shop.example/", fixture_now, in->id);
	checkout_attach(fx.conn, fx.arena, fixture_now, in->tx, "momo", NULL,
	    "r", actor);
	look_again();
	intent_require_action(fx.conn, fixture_now, in,
	    intent_action_momo(fx.arena, "mtn", "+231881111000"));
	const char *text = shown_to(INTENT_FOR_PAYER, "s3");
	assert_lacks(text, "881111000");
	assert_lacks(text, "order_id");
	assert_lacks(text, "s3");
	assert_has(text, "\"merchant\":{\"name\":\"Air Peace\"}");
	assert_has(text, "\"momo\":{\"provider\":\"mtn\",\"phone_number\":"
	    "\"+231\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"
	    "\xe2\x80\xa2" "1000\"}");
	assert_has(text, "\"momo_approval\":{\"provider\":\"mtn\","
	    "\"phone_number\":\"+231\xe2\x80\xa2");
	assert_has(shown(), "\"phone_number\":\"+231881111000\"");
}

static void
an_event_is_the_payment_in_its_envelope(void **state)
{
	struct rows *r = conn_rows(fx.conn, SQL_EVENTS_OF_TX, "t",
	    in->tx->clive_tx_id);
	char expected[1200];

	(void)state;
	assert_true(row_next(r));
	const char *id = row_text_copy(r, 0, fx.arena);
	row_done(r);
	assert_memory_equal(id, "evt_", 4);
	snprintf(expected, sizeof(expected), "{\"id\":\"%s\",\"type\":"
	    "\"payment.created\",\"created\":%d,\"livemode\":false,\"data\":"
	    "{\"object\":%s}}", id, FIXTURE_NOW_S, shown());
	assert_string_equal(last_body(), expected);
}

static void
a_paid_one_is_told_once_and_to_no_partner(void **state)
{
	(void)state;
	answer(paid);
	assert_string_equal(intent_status(in), "succeeded");
	assert_string_equal(in->tx->processor_ref, "pi_S1");
	assert_string_equal(told(), "payment.created payment.succeeded ");
	assert_has(last_body(), "\"payment_method\":{\"type\":\"card\","
	    "\"card\":{\"brand\":\"visa\",\"last4\":\"4242\"}}");
	assert_int_equal(receive(succeeded), PAYMENT_UNCHANGED);
	assert_string_equal(told(), "payment.created payment.succeeded ");
}

static void
a_webhook_that_came_first_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(receive(succeeded), PAYMENT_WAITING);
	answer(paid);
	assert_string_equal(intent_status(in), "succeeded");
	assert_string_equal(told(), "payment.created payment.succeeded ");
	assert_int_equal(fixture_rows(SQL_LEDGER_OF_TX, in->tx->clive_tx_id),
	    3);
}

/* A success that the processor told before it answered that it is open. */
static void
an_answer_that_is_late_is_overtaken(void **state)
{
	(void)state;
	assert_int_equal(receive(succeeded), PAYMENT_WAITING);
	answer(to_the_bank);
	assert_string_equal(intent_status(in), "succeeded");
	assert_has(shown(), "\"next_action\":null");
}

static void
a_declined_one_says_why(void **state)
{
	(void)state;
	answer(declined);
	assert_string_equal(told(), "payment.created payment.failed ");
	assert_has(last_body(), "\"status\":\"failed\"");
	assert_has(last_body(), "\"failure\":{\"code\":\"insufficient_funds\","
	    "\"message\":\"Too poor.\"}");
	assert_has(shown(), "\"failure\":{\"code\":\"insufficient_funds\"");
}

static void
a_failure_without_a_reason_gets_one(void **state)
{
	struct provider_answer a = declined;

	(void)state;
	a.failure = a.message = NULL;
	answer(a);
	assert_has(last_body(), "\"failure\":{\"code\":\"generic_decline\","
	    "\"message\":\"The payment was declined.\"}");
}

static void
the_first_reason_stays(void **state)
{
	(void)state;
	answer(to_the_bank);
	intent_note_failure(fx.conn, fixture_now, in->tx, "timeout", NULL);
	intent_note_failure(fx.conn, fixture_now, in->tx, "user_rejected",
	    "No.");
	tx_move(fx.conn, fx.arena, fixture_now, in->tx, TX_FAILED, actor);
	assert_has(last_body(), "\"failure\":{\"code\":\"timeout\","
	    "\"message\":\"The payer did not answer in time.\"}");
}

/* The webhook of a decline has the reason, whoever opened the payment. */
static void
a_reason_comes_with_the_webhook(void **state)
{
	(void)state;
	answer(to_the_bank);
	assert_int_equal(receive(failed), PAYMENT_APPLIED);
	assert_string_equal(in->failure_code, "insufficient_funds");
	struct tx *other = fixture_pending(1250, "USD", "pi_S2");
	intent_note_failure(fx.conn, fixture_now, other, "timeout", NULL);
	assert_int_equal(fixture_rows(SQL_INTENT_FIND_BY_TX,
	    other->clive_tx_id), 0);
}

static void
the_processor_has_the_last_word(void **state)
{
	(void)state;
	answer(declined);
	assert_int_equal(receive(succeeded), PAYMENT_APPLIED);
	assert_string_equal(intent_status(in), "succeeded");
	assert_has(shown(), "\"failure\":null");
	assert_string_equal(told(),
	    "payment.created payment.failed payment.succeeded ");
}

static void
who_has_to_act_is_told_once(void **state)
{
	struct intent_call call = call_of("pm_card_visa");

	(void)state;
	call.answer = to_the_bank;
	apply(&call);
	apply(&call);
	assert_string_equal(intent_status(in), "requires_action");
	assert_string_equal(told(),
	    "payment.created payment.requires_action ");
	assert_has(last_body(), "\"next_action\":{\"type\":"
	    "\"redirect_to_url\",\"redirect_to_url\":{\"url\":"
	    "\"http://bank.example/\",\"return_url\":null}}");
	assert_int_equal(receive(succeeded), PAYMENT_APPLIED);
	assert_has(shown(), "\"next_action\":null");
}

/* Half an object, or a script, in the place of what the payer has to do. */
static void
an_address_that_is_none_is_no_action(void **state)
{
	struct provider_answer a = to_the_bank;
	char text[9000] = "http://bank.example/";

	(void)state;
	memset(text + strlen(text), 'x', sizeof(text) - strlen(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_null(intent_action_redirect(fx.arena, text, NULL));
	a.url = "javascript:alert(1)";
	answer(a);
	assert_string_equal(intent_status(in), "requires_action");
	assert_has(shown(), "\"next_action\":null");
	assert_string_equal(told(), "payment.created ");
}

static void
what_the_element_needs_is_kept_sealed(void **state)
{
	struct intent_call call = call_of(NULL);
	struct conf conf = fx.conf;

	(void)state;
	snprintf(conf.stripe_publishable_key,
	    sizeof(conf.stripe_publishable_key), "pk_1");
	snprintf(conf.stripe_api_base, sizeof(conf.stripe_api_base),
	    "https://api.stripe.com");
	call.answer = (struct provider_answer){ .fate = PROVIDER_DONE,
	    .ref = "pi_S1", .client_secret = "pi_S1_secret_x",
	    .raw = { "{}", 2 } };
	apply(&call);
	assert_true(intent_action_is_sealed(in->next_action));
	assert_lacks(in->next_action, "pi_S1_secret_x");
	assert_has(last_body(),
	    "\"next_action\":{\"type\":\"use_stripe_sdk\"}");
	assert_string_equal(intent_action_open(fx.arena, fx.vault, in->id,
	    in->next_action, &conf), "{\"type\":\"use_stripe_sdk\","
	    "\"use_stripe_sdk\":{\"client_secret\":\"pi_S1_secret_x\","
	    "\"publishable_key\":\"pk_1\"}}");
	assert_null(intent_action_open(fx.arena, fx.vault, "pi_other",
	    in->next_action, &conf));
}

static void
a_refusal_fails_it_without_a_name_there(void **state)
{
	(void)state;
	answer((struct provider_answer){ .fate = PROVIDER_REFUSED,
	    .code = "amount_invalid", .message = "Not so much.",
	    .status = 400 });
	assert_string_equal(intent_status(in), "failed");
	assert_string_equal(in->tx->processor_ref, "call_1");
	/* What it said is for whoever runs the gateway, not for payers. */
	assert_has(shown(), "\"failure\":{\"code\":\"generic_decline\","
	    "\"message\":\"The payment was declined.\"}");
	struct rows *r = conn_rows(fx.conn, SQL_TX_LOOKS_DUE, "ii",
	    INT64_MAX, INT64_C(10));
	assert_false(row_next(r));
}

/* Nothing was done, or nobody knows: it can be asked again. */
static void
without_an_answer_it_stays_open(void **state)
{
	static const enum provider_fate fates[] = { PROVIDER_DOWN,
	    PROVIDER_UNKNOWN };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct intent_call call = { .id = "call_1", .key = "KEY",
		    .provider = provider_find("stripe"),
		    .answer.fate = fates[i] };
		if (i == 0)
			call_of("pm_card_visa");
		conn_run(fx.conn, SQL_INTENT_TAKE, "iti", fixture_now + 1,
		    in->id, fixture_now);
		apply(&call);
		assert_string_equal(intent_status(in),
		    "requires_payment_method");
		assert_int_equal(in->busy_until, 0);
		assert_int_equal(fixture_rows(SQL_INTENT_CALL_OPEN,
		    in->tx->clive_tx_id), i);
	}
	assert_string_equal(told(), "payment.created ");
}

static void
of_two_that_take_it_one_gets_it(void **state)
{
	(void)state;
	assert_int_equal(conn_run(fx.conn, SQL_INTENT_TAKE, "iti",
	    fixture_now + 10, in->id, fixture_now), 1);
	assert_int_equal(conn_run(fx.conn, SQL_INTENT_TAKE, "iti",
	    fixture_now + 20, in->id, fixture_now + 9), 0);
	assert_int_equal(conn_run(fx.conn, SQL_INTENT_TAKE, "iti",
	    fixture_now + 30, in->id, fixture_now + 10), 1);
}

/* It was given up here while the processor was asked, and is paid there. */
static void
what_was_paid_after_all_is_found(void **state)
{
	(void)state;
	tx_move(fx.conn, fx.arena, fixture_now, in->tx, TX_ABANDONED, actor);
	answer(paid);
	assert_string_equal(intent_status(in), "succeeded");
	assert_string_equal(in->tx->processor, "stripe");
	assert_string_equal(in->tx->fee_rule_id, "rule_stripe_default");
	assert_string_equal(told(),
	    "payment.created payment.canceled payment.succeeded ");
}

/* The event of a success that names a payment by its own name. */
static enum payment_result
receive_named(const char *id, int64_t units, int64_t at)
{
	const char *json = arena_printf(fx.arena, "{\"id\":\"%s\",\"object\":"
	    "\"event\",\"type\":\"payment_intent.succeeded\",\"data\":{"
	    "\"object\":{\"id\":\"pi_S1\",\"amount_received\":%lld,"
	    "\"currency\":\"usd\",\"metadata\":{\"clive_tx_id\":\"%s\"}}}}",
	    id, (long long)units, in->tx->clive_tx_id);
	struct payment_event e;
	struct tx *found;

	assert_true(stripe_payment_event(fx.arena, (struct slice){ json,
	    strlen(json) }, &e));
	enum payment_result result = payment_receive(fx.conn, fx.arena, at,
	    &e, &found);
	look_again();
	return result;
}

/* The processor took the money and nobody heard it say so, nor asks again. */
static void
what_nobody_asks_any_more_is_taken_from_the_event(void **state)
{
	const int64_t over = fixture_now + CALL_AGAIN_MS;

	(void)state;
	answer((struct provider_answer){ .fate = PROVIDER_UNKNOWN });
	assert_int_equal(receive_named("evt_1", 1250, over - 1),
	    PAYMENT_WAITING);
	tx_move(fx.conn, fx.arena, fixture_now, in->tx, TX_ABANDONED,
	    "cron:sweep");
	assert_int_equal(receive_named("evt_2", 1249, over),
	    PAYMENT_WAITING);
	assert_string_equal(intent_status(in), "canceled");
	assert_int_equal(receive_named("evt_1", 1250, over),
	    PAYMENT_APPLIED);
	assert_string_equal(intent_status(in), "succeeded");
	assert_string_equal(in->tx->processor_ref, "pi_S1");
	assert_string_equal(in->tx->fee_rule_id, "rule_stripe_default");
	assert_string_equal(told(),
	    "payment.created payment.canceled payment.succeeded ");
	assert_int_equal(receive_named("evt_1", 1250, over),
	    PAYMENT_UNCHANGED);
	assert_int_equal(fixture_rows(SQL_INTENT_CALL_OPEN,
	    in->tx->clive_tx_id), 0);
}

static void
an_event_alone_attaches_nothing(void **state)
{
	(void)state;
	assert_int_equal(receive_named("evt_1", 1250, fixture_now +
	    CALL_AGAIN_MS), PAYMENT_WAITING);
	assert_string_equal(intent_status(in), "requires_payment_method");
	assert_null(in->tx->processor_ref);
}

static void
a_dispute_is_told_and_shown(void **state)
{
	(void)state;
	answer(paid);
	assert_int_equal(receive("{\"id\":\"evt_d\",\"object\":\"event\","
	    "\"type\":\"charge.dispute.created\",\"data\":{\"object\":{"
	    "\"id\":\"dp_1\",\"payment_intent\":\"pi_S1\",\"amount\":1250,"
	    "\"currency\":\"usd\",\"status\":\"needs_response\"}}}"),
	    PAYMENT_APPLIED);
	assert_string_equal(told(),
	    "payment.created payment.succeeded payment.disputed ");
	assert_has(last_body(), "\"status\":\"succeeded\"");
	assert_has(last_body(), "\"disputed\":true");
}

static void
canceled_at_the_processor_is_canceled(void **state)
{
	struct provider_answer a = { .fate = PROVIDER_DONE, .ref = "pi_S1",
	    .state = PROVIDER_CANCELED };

	(void)state;
	answer(to_the_bank);
	a.failure = "generic_decline";
	assert_false(intent_take_canceled(fx.conn, fx.arena, fixture_now,
	    in->tx->clive_tx_id, &a, actor));
	a.failure = NULL;
	assert_true(intent_take_canceled(fx.conn, fx.arena, fixture_now,
	    in->tx->clive_tx_id, &a, actor));
	assert_string_equal(told(), "payment.created payment.requires_action "
	    "payment.canceled ");
	assert_false(intent_take_canceled(fx.conn, fx.arena, fixture_now,
	    in->tx->clive_tx_id, &a, actor));
	/* Those of partners fail, as they ever did. */
	struct tx *tx = fixture_pending(1250, "USD", "pi_S2");
	assert_false(intent_take_canceled(fx.conn, fx.arena, fixture_now,
	    tx->clive_tx_id, &a, actor));
}

/* The accounts of entries of a payment that is paid. */
static const char *
accounts(void)
{
	struct rows *r = conn_rows(fx.conn, SQL_LEDGER_OF_TX, "t",
	    in->tx->clive_tx_id);
	const char *text = "";

	while (row_next(r))
		text = arena_printf(fx.arena, "%s%s<%s ", text,
		    row_text(r, 2), row_text(r, 3));
	return text;
}

static void
play_money_has_books_of_its_own(void **state)
{
	(void)state;
	answer(paid);
	assert_string_equal(accounts(),
	    "processor:stripe:test<partner:ECHEZONA001:test "
	    "partner:ECHEZONA001:test<processor:stripe:test "
	    "revenue:test<partner:ECHEZONA001:test ");
}

static void
live_money_has_those_of_partners(void **state)
{
	(void)state;
	in = open_one(true);
	answer(paid);
	assert_string_equal(accounts(),
	    "processor:stripe<partner:ECHEZONA001 "
	    "partner:ECHEZONA001<processor:stripe "
	    "revenue<partner:ECHEZONA001 ");
	assert_has(last_body(), "\"livemode\":true");
}

/* Our own wallets and sandboxes take nothing of it. */
static void
without_a_rule_the_processor_costs_nothing(void **state)
{
	(void)state;
	checkout_attach(fx.conn, fx.arena, fixture_now, in->tx, "wallet",
	    NULL, "r", actor);
	assert_true(tx_move(fx.conn, fx.arena, fixture_now, in->tx,
	    TX_SUCCEEDED, actor));
	assert_int_equal(in->tx->fee.processor_fee, 0);
	assert_int_equal(in->tx->fee.platform_fee, 44);
	assert_int_equal(in->tx->fee.net, 1206);
}

static void
the_way_back_names_the_payment(void **state)
{
	static const char *const urls[][2] = {
		{ "http://s.example/a", "http://s.example/a?%s" },
		{ "http://s.example/a?b=1", "http://s.example/a?b=1&%s" },
		{ "http://s.example/a?", "http://s.example/a?%s" },
		{ "http://s.example/a?b&", "http://s.example/a?b&%s" },
		{ "http://s.example/a#f?x", "http://s.example/a?%s#f?x" },
		{ "http://s.example/?b=1#f", "http://s.example/?b=1&%s#f" },
		{ NULL, "http://localhost:4390/thanks/?%s" },
	};
	char secret[INTENT_SECRET_SIZE], part[200], expected[400];

	(void)state;
	snprintf(part, sizeof(part), "payment=%s&payment_client_secret=%s",
	    in->id, intent_secret(fx.vault, in->id, secret));
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		const char *cut = strstr(urls[i][1], "%s");
		snprintf(expected, sizeof(expected), "%.*s%s%s",
		    (int)(cut - urls[i][1]), urls[i][1], part, cut + 2);
		assert_string_equal(intent_return_url(fx.arena, &fx.conf,
		    fx.vault, in, urls[i][0]), expected);
	}
}

static void
a_secret_opens_its_own_payment_alone(void **state)
{
	char secret[INTENT_SECRET_SIZE];
	const struct intent *other = open_one(false);

	(void)state;
	intent_secret(fx.vault, in->id, secret);
	assert_memory_equal(secret, in->id, strlen(in->id));
	assert_memory_equal(secret + strlen(in->id), "_secret_", 8);
	assert_true(intent_secret_is(fx.vault, in->id, secret));
	assert_false(intent_secret_is(fx.vault, other->id, secret));
	secret[strlen(secret) - 1] ^= 1;
	assert_false(intent_secret_is(fx.vault, in->id, secret));
	assert_false(intent_secret_is(fx.vault, in->id, ""));
}

/* What a merchant with a key of this kind sees of the payment. */
static const struct fault *
fault_for(const char *partner, const char *client, bool live, bool payer)
{
	struct request rq = { .conn = fx.conn, .arena = fx.arena,
	    .item = in->id, .payer = payer };
	struct intent *found;

	snprintf(rq.merchant.partner_id, sizeof(rq.merchant.partner_id),
	    "%s", partner);
	snprintf(rq.merchant.client_id, sizeof(rq.merchant.client_id), "%s",
	    client);
	rq.merchant.live = live;
	return intent_of_request(fx.conn, &rq, &found);
}

static void
strangers_and_the_other_mode_find_nothing(void **state)
{
	(void)state;
	assert_null(fault_for("ECHEZONA001", "AIRPEACE001", false, false));
	assert_null(fault_for("", "", true, true));
	assert_ptr_equal(fault_for("ECHEZONA001", "AIRPEACE001", true,
	    false), &FAULT_NOT_FOUND);
	assert_ptr_equal(fault_for("ECHEZONA001", "OTHER", false, false),
	    &FAULT_NOT_FOUND);
	assert_ptr_equal(fault_for("OTHER", "AIRPEACE001", false, false),
	    &FAULT_NOT_FOUND);
}

static void
a_test_key_reaches_test_modes_alone(void **state)
{
	struct conf conf = fx.conf;

	(void)state;
	snprintf(conf.stripe_secret_key, sizeof(conf.stripe_secret_key),
	    "sk_live_1");
	snprintf(conf.stripe_test_secret_key,
	    sizeof(conf.stripe_test_secret_key), "sk_test_1");
	snprintf(conf.stripe_test_api_base,
	    sizeof(conf.stripe_test_api_base), "http://t.example");
	snprintf(conf.clickpesa_client_id, sizeof(conf.clickpesa_client_id),
	    "c");
	snprintf(conf.revolut_secret_key, sizeof(conf.revolut_secret_key),
	    "r");
	assert_ptr_equal(rail_conf(&conf, false), &conf);
	assert_ptr_equal(rail_conf(&conf, true), &conf);
	conf.live = true;
	assert_ptr_equal(rail_conf(&conf, true), &conf);
	const struct conf *test = rail_conf(&conf, false);
	assert_false(test->live);
	assert_string_equal(test->stripe_secret_key, "sk_test_1");
	assert_string_equal(test->stripe_api_base, "http://t.example");
	assert_string_equal(test->stripe_publishable_key, "");
	assert_string_equal(test->clickpesa_client_id, "");
	assert_string_equal(test->revolut_secret_key, "");
}

static const struct CMUnitTest tests[] = {
	CASE(a_new_one_waits_for_a_method),
	CASE(the_merchant_sees_all_but_the_secret_unasked),
	CASE(the_payer_sees_neither_metadata_nor_phone_numbers),
	CASE(an_event_is_the_payment_in_its_envelope),
	CASE(a_paid_one_is_told_once_and_to_no_partner),
	CASE(a_webhook_that_came_first_changes_nothing),
	CASE(an_answer_that_is_late_is_overtaken),
	CASE(a_declined_one_says_why),
	CASE(a_failure_without_a_reason_gets_one),
	CASE(the_first_reason_stays),
	CASE(a_reason_comes_with_the_webhook),
	CASE(the_processor_has_the_last_word),
	CASE(who_has_to_act_is_told_once),
	CASE(an_address_that_is_none_is_no_action),
	CASE(what_the_element_needs_is_kept_sealed),
	CASE(a_refusal_fails_it_without_a_name_there),
	CASE(without_an_answer_it_stays_open),
	CASE(of_two_that_take_it_one_gets_it),
	CASE(what_was_paid_after_all_is_found),
	CASE(what_nobody_asks_any_more_is_taken_from_the_event),
	CASE(an_event_alone_attaches_nothing),
	CASE(a_dispute_is_told_and_shown),
	CASE(canceled_at_the_processor_is_canceled),
	CASE(play_money_has_books_of_its_own),
	CASE(live_money_has_those_of_partners),
	CASE(without_a_rule_the_processor_costs_nothing),
	CASE(the_way_back_names_the_payment),
	CASE(a_secret_opens_its_own_payment_alone),
	CASE(strangers_and_the_other_mode_find_nothing),
	CASE(a_test_key_reaches_test_modes_alone),
};

TEST_MAIN("intent", tests)
