/* SPDX-License-Identifier: ISC */
/* test-stripe-webhook.c - what Stripe tells, in every order it may come. */
#include "harness.h"

#include <string.h>

#include "fault.h"

#define MIB ((size_t)1024 * 1024)

/* charge.refunded of pi_<ref>; total is the running total in units. */
static struct answer *
refund(const char *event, const char *ref, int64_t total)
{
	return stripe_event(event, "charge.refunded", textf("{\"id\":\"ch_1\","
	    "\"object\":\"charge\",\"payment_intent\":\"pi_%s\",\"amount\":"
	    "75000,\"amount_refunded\":%lld,\"refunded\":%s,\"currency\":"
	    "\"usd\"}", ref, (long long)total,
	    total == 75000 ? "true" : "false"));
}

/* The data.object of a dispute, named dp_<name>. */
static const char *
dispute_object(const char *name, const char *ref, int64_t units,
    const char *status)
{
	return textf("{\"id\":\"dp_%s\",\"object\":\"dispute\","
	    "\"payment_intent\":\"pi_%s\",\"amount\":%lld,\"currency\":"
	    "\"usd\",\"status\":\"%s\"}", name, ref, (long long)units,
	    status);
}

/* charge.dispute.created of a dispute named after the event. */
static struct answer *
dispute(const char *event, const char *ref, int64_t units,
    const char *status)
{
	return stripe_event(event, "charge.dispute.created",
	    dispute_object(event, ref, units, status));
}

static struct answer *
failure(const char *event, const char *ref)
{
	return stripe_event(event, "payment_intent.payment_failed",
	    textf("{\"id\":\"pi_%s\",\"object\":\"payment_intent\",\"amount\":"
	    "75000,\"currency\":\"usd\"}", ref));
}

#define assert_received(a, id, status)					\
	assert_answer(a, 200, textf("{\"received\":true,\"clive_tx_id\":"	\
	    "\"%s\",\"status\":\"%s\"}", id, status))

/* The types of the events the partner is told, in order. */
static const char *
told(const char *id)
{
	const char *types = db_text(textf("SELECT group_concat(substr(type, "
	    "13), ' ') FROM (SELECT type FROM event WHERE clive_tx_id = '%s' "
	    "ORDER BY rowid)", id));

	return types != NULL ? types : "";
}

static const char *
outcome_of(const char *event)
{
	return db_text(textf("SELECT outcome FROM processor_event WHERE "
	    "event_id = '%s'", event));
}

/* Debits less credits of an account over a payment's entries. */
static int64_t
balance(const char *id, const char *account)
{
	return db_int(textf("SELECT coalesce(sum(CASE WHEN debit_account = "
	    "'%s' THEN amount WHEN credit_account = '%s' THEN -amount ELSE 0 "
	    "END), 0) FROM ledger_entry WHERE clive_tx_id = '%s'", account,
	    account, id));
}

#define assert_books(id, processor, partner, revenue)			\
	do {								\
		assert_int_equal(balance(id, "processor:stripe"),	\
		    processor);						\
		assert_int_equal(balance(id, "partner:" PARTNER),	\
		    -(partner));					\
		assert_int_equal(balance(id, "revenue"), -(revenue));	\
	} while (0)

/* Opens and attaches a payment of any amount; its id. */
static const char *
tx_of(const char *reference, const char *amount, const char *currency)
{
	struct answer *a = ask_post(&world.partner, INITIALIZE,
	    textf("init-%s", reference), textf("{\"partner_id\":\"" PARTNER
	    "\",\"client_id\":\"" CLIENT "\",\"amount\":%s,\"currency\":"
	    "\"%s\",\"echezona_reference\":\"%s\"}", amount, currency,
	    reference));
	const char *id = text_at(a, "clive_tx_id");

	assert_status(ask_post(&world.partner, ATTACH, textf("attach-%s", id),
	    textf("{\"clive_tx_id\":\"%s\",\"stripe_payment_intent_id\":"
	    "\"pi_%s\"}", id, reference)), 200);
	return id;
}

static void
moves_a_paid_payment_to_succeeded(void **state)
{
	const char *id = tx_attached("whpaid");

	(void)state;
	assert_received(stripe_succeed("whpaid"), id, "succeeded");
	assert_string_equal(tx_state(id), "succeeded");
	assert_string_equal(told(id), "succeeded");
	assert_string_equal(outcome_of("evt_ok_whpaid"), "applied");
}

static void
computes_the_fees_of_section_6(void **state)
{
	const char *id = tx_attached("whfees");

	(void)state;
	assert_status(stripe_succeed("whfees"), 200);
	assert_string_equal(db_text(textf("SELECT processor_fee_ppm || ' ' || "
	    "partner_fee_ppm || ' ' || clive_earning_ppm || ' ' || "
	    "clive_earning || ' ' || processor_fee || ' ' || platform_fee || "
	    "' ' || net_amount FROM tx WHERE clive_tx_id = '%s'", id)),
	    "29000 35000 6000 420 2205 420 72375");
	assert_has(ask_get(&world.partner, textf(TRANSACTIONS "/%s", id)),
	    "\"cliveEarningPercent\":0.6,\"cliveEarningAmount\":4.2,"
	    "\"processorFee\":22.05,\"platformFee\":4.2,"
	    "\"netAmount\":723.75,");
}

static void
posts_the_entries_of_a_success(void **state)
{
	const char *id = tx_attached("whledger");

	(void)state;
	assert_status(stripe_succeed("whledger"), 200);
	assert_string_equal(db_text(textf("SELECT group_concat(kind || ' ' || "
	    "debit_account || ' ' || credit_account || ' ' || amount || ' ' "
	    "|| currency, ', ') FROM (SELECT * FROM ledger_entry WHERE "
	    "clive_tx_id = '%s' ORDER BY rowid)", id)),
	    "capture processor:stripe partner:" PARTNER " 75000 USD, "
	    "processor_fee partner:" PARTNER " processor:stripe 2205 USD, "
	    "platform_fee partner:" PARTNER " revenue 420 USD");
	assert_books(id, 75000 - 2205, 72375, 420);
}

static void
computes_fees_of_small_and_odd_payments(void **state)
{
	static const struct {
		const char	*reference, *amount, *currency;
		int64_t		 units;
		const char	*fees;
		int64_t		 net, platform;
	} rows[] = {
		{ "whten", "10", "USD", 1000, "\"cliveEarningAmount\":-0.24,"
		  "\"processorFee\":0.59,\"platformFee\":-0.24,"
		  "\"netAmount\":9.65,", 965, -24 },
		{ "whfifty", "50", "USD", 5000, "\"cliveEarningAmount\":0,"
		  "\"processorFee\":1.75,\"platformFee\":0,"
		  "\"netAmount\":48.25,", 4825, 0 },
		{ "whsf", "75", "USD", 7500, "\"cliveEarningAmount\":0.15,"
		  "\"processorFee\":2.48,\"platformFee\":0.15,"
		  "\"netAmount\":72.37,", 7237, 15 },
		{ "whcent", "0.01", "USD", 1, "\"cliveEarningAmount\":-0.3,"
		  "\"processorFee\":0.3,\"platformFee\":-0.3,"
		  "\"netAmount\":0.01,", 1, -30 },
		{ "whyen", "500", "JPY", 500, "\"cliveEarningAmount\":3,"
		  "\"processorFee\":15,\"platformFee\":3,\"netAmount\":482,",
		  482, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *id = tx_of(rows[i].reference, rows[i].amount,
		    rows[i].currency);
		assert_received(stripe_event(textf("evt_%s",
		    rows[i].reference), "payment_intent.succeeded",
		    textf("{\"id\":\"pi_%s\",\"amount_received\":%lld,"
		    "\"currency\":\"%s\"}", rows[i].reference,
		    (long long)rows[i].units,
		    strcmp(rows[i].currency, "USD") == 0 ? "usd" : "jpy")),
		    id, "succeeded");
		assert_has(ask_get(&world.partner, textf(TRANSACTIONS "/%s",
		    id)), rows[i].fees);
		assert_books(id, rows[i].net + rows[i].platform, rows[i].net,
		    rows[i].platform);
	}
}

static void
tells_the_partner_with_nine_keys_and_meta_unchanged(void **state)
{
	const char *meta = "{\"a\":1.10,\"b\":12345678901234567890,"
	    "\"c\":\"\\u00e9\\/\"}";
	struct answer *a = ask_post(&world.partner, INITIALIZE, "wh-meta",
	    textf("{\"partner_id\":\"" PARTNER "\",\"client_id\":\"" CLIENT
	    "\",\"amount\":750.5,\"currency\":\"usd\","
	    "\"echezona_reference\":\"EZ \\u00e9 \\\"1\\\"\",\"meta\":%s}",
	    meta));
	const char *id = text_at(a, "clive_tx_id");

	(void)state;
	assert_status(ask_post(&world.partner, ATTACH, "wh-meta", textf(
	    "{\"clive_tx_id\":\"%s\",\"stripe_payment_intent_id\":"
	    "\"pi_whmeta\"}", id)), 200);
	assert_status(stripe_event("evt_whmeta", "payment_intent.succeeded",
	    stripe_intent("whmeta", 75050)), 200);
	assert_string_equal(db_text(textf("SELECT CAST(body AS TEXT) FROM "
	    "event WHERE clive_tx_id = '%s'", id)),
	    textf("{\"event\":\"transaction_succeeded\",\"clive_tx_id\":"
	    "\"%s\",\"partner_id\":\"" PARTNER "\",\"client_id\":\"" CLIENT
	    "\",\"echezona_reference\":\"EZ \xc3\xa9 \\\"1\\\"\","
	    "\"status\":\"succeeded\",\"amount\":750.5,\"currency\":\"USD\","
	    "\"meta\":%s}", id, meta));
}

static void
tells_null_where_there_is_no_meta(void **state)
{
	const char *id = tx_attached("whnull");

	(void)state;
	assert_status(failure("evt_whnull", "whnull"), 200);
	assert_string_equal(db_text(textf("SELECT CAST(body AS TEXT) FROM "
	    "event WHERE clive_tx_id = '%s'", id)),
	    textf("{\"event\":\"transaction_failed\",\"clive_tx_id\":\"%s\","
	    "\"partner_id\":\"" PARTNER "\",\"client_id\":\"" CLIENT "\","
	    "\"echezona_reference\":\"whnull\",\"status\":\"failed\","
	    "\"amount\":750,\"currency\":\"USD\",\"meta\":null}", id));
}

static void
makes_one_due_delivery_an_endpoint(void **state)
{
	const char *id = tx_attached("whdue");

	(void)state;
	assert_status(stripe_succeed("whdue"), 200);
	assert_string_equal(db_text(textf("SELECT group_concat(d.endpoint_id "
	    "|| ' ' || d.status || ' ' || d.attempts) FROM delivery d JOIN "
	    "event e ON e.id = d.event_id WHERE e.clive_tx_id = '%s'", id)),
	    textf("%s due 0", world.webhook));
}

static void
keeps_the_event_byte_for_byte(void **state)
{
	const char *body = "{ \"id\":\"evt_whbytes\", \"object\":\"event\",\n"
	    "\"type\":\"payment_intent.succeeded\",\"livemode\":false, "
	    "\"data\":{\"object\":{\"id\":\"pi_whbytes\",\"amount_received\":"
	    "75000,\"currency\":\"usd\",\"note\":\"\\u00e9\"}} }\n";

	(void)state;
	tx_attached("whbytes");
	assert_status(stripe_post(body), 200);
	assert_string_equal(db_text("SELECT CAST(body AS TEXT) FROM "
	    "processor_event WHERE event_id = 'evt_whbytes'"), body);
}

static void
records_the_move_with_the_processor_as_actor(void **state)
{
	const char *id = tx_attached("whaudit");

	(void)state;
	assert_status(stripe_succeed("whaudit"), 200);
	assert_string_equal(db_text(textf("SELECT actor || ' ' || "
	    "json_remove(detail, '$.request') FROM audit_event WHERE subject "
	    "= '%s' AND action = 'transaction.succeeded'", id)),
	    "processor:stripe {\"from\":\"pending\"}");
}

static void
changes_nothing_when_the_same_event_comes_twice(void **state)
{
	const char *id = tx_attached("whtwice");

	(void)state;
	assert_received(stripe_succeed("whtwice"), id, "succeeded");
	assert_received(stripe_succeed("whtwice"), id, "succeeded");
	assert_string_equal(told(id), "succeeded");
	assert_int_equal(db_int(textf("SELECT count(*) FROM ledger_entry "
	    "WHERE clive_tx_id = '%s'", id)), 3);
}

static void
changes_nothing_when_another_event_says_the_same(void **state)
{
	const char *id = tx_attached("whsame");

	(void)state;
	assert_received(stripe_succeed("whsame"), id, "succeeded");
	assert_received(stripe_event("evt_whsame_2",
	    "payment_intent.succeeded", stripe_intent("whsame", 75000)), id,
	    "succeeded");
	assert_string_equal(told(id), "succeeded");
	assert_string_equal(outcome_of("evt_whsame_2"), "unchanged");
	assert_books(id, 75000 - 2205, 72375, 420);
}

static void
answers_a_duplicate_with_the_state_of_now(void **state)
{
	const char *id = tx_attached("whnow");

	(void)state;
	assert_received(stripe_succeed("whnow"), id, "succeeded");
	assert_received(refund("evt_whnow_r", "whnow", 75000), id,
	    "refunded");
	assert_received(stripe_succeed("whnow"), id, "refunded");
}

static void
moves_a_failed_payment_to_failed_once(void **state)
{
	const char *id = tx_attached("whfail");

	(void)state;
	assert_received(failure("evt_whfail_1", "whfail"), id, "failed");
	assert_received(failure("evt_whfail_2", "whfail"), id, "failed");
	assert_string_equal(told(id), "failed");
	assert_string_equal(outcome_of("evt_whfail_2"), "unchanged");
	assert_books(id, 0, 0, 0);
}

static void
lets_a_failed_payment_succeed_later(void **state)
{
	const char *id = tx_attached("whretry");

	(void)state;
	assert_received(failure("evt_whretry", "whretry"), id, "failed");
	assert_received(stripe_succeed("whretry"), id, "succeeded");
	assert_string_equal(told(id), "failed succeeded");
}

static void
lets_an_abandoned_payment_succeed_because_money_moved(void **state)
{
	const char *id = tx_attached("whgone");

	(void)state;
	db_exec(textf("UPDATE tx SET status = 'abandoned' WHERE clive_tx_id = "
	    "'%s'", id));
	assert_received(failure("evt_whgone", "whgone"), id, "abandoned");
	assert_received(stripe_succeed("whgone"), id, "succeeded");
}

static void
ignores_a_late_failure_after_the_success(void **state)
{
	const char *id = tx_attached("whlate");

	(void)state;
	assert_received(stripe_succeed("whlate"), id, "succeeded");
	assert_received(failure("evt_whlate", "whlate"), id, "succeeded");
	assert_string_equal(told(id), "succeeded");
	assert_string_equal(outcome_of("evt_whlate"), "unchanged");
}

static void
moves_a_refunded_payment_to_refunded(void **state)
{
	const char *id = tx_attached("whback");

	(void)state;
	assert_status(stripe_succeed("whback"), 200);
	assert_received(refund("evt_whback", "whback", 75000), id,
	    "refunded");
	assert_string_equal(told(id), "succeeded refunded");
	assert_books(id, -2205, -2625, 420);
	assert_received(failure("evt_whback_f", "whback"), id, "refunded");
}

static void
records_a_partial_refund_without_a_new_state(void **state)
{
	const char *id = tx_attached("whpart");

	(void)state;
	assert_status(stripe_succeed("whpart"), 200);
	assert_received(refund("evt_whpart_1", "whpart", 10000), id,
	    "succeeded");
	assert_string_equal(told(id), "succeeded");
	assert_string_equal(outcome_of("evt_whpart_1"), "applied");
	assert_int_equal(db_int(textf("SELECT count(*) FROM audit_event WHERE "
	    "subject = '%s' AND action = 'transaction.partly_refunded'", id)),
	    1);
	assert_books(id, 75000 - 2205 - 10000, 72375 - 10000, 420);
}

static void
counts_partial_refunds_as_a_running_total(void **state)
{
	const char *id = tx_attached("whsum");

	(void)state;
	assert_status(stripe_succeed("whsum"), 200);
	assert_status(refund("evt_whsum_1", "whsum", 10000), 200);
	assert_status(refund("evt_whsum_2", "whsum", 25000), 200);
	/* The one that came late says less than is known already. */
	assert_status(refund("evt_whsum_3", "whsum", 15000), 200);
	assert_string_equal(outcome_of("evt_whsum_3"), "unchanged");
	assert_int_equal(db_int(textf("SELECT refunded_amount FROM tx WHERE "
	    "clive_tx_id = '%s'", id)), 25000);
	assert_received(refund("evt_whsum_4", "whsum", 75000), id,
	    "refunded");
	assert_string_equal(db_text(textf("SELECT group_concat(amount, ' ') "
	    "FROM (SELECT amount FROM ledger_entry WHERE clive_tx_id = '%s' "
	    "AND kind = 'refund' ORDER BY rowid)", id)), "10000 15000 50000");
}

static void
keeps_a_refund_that_came_before_its_success(void **state)
{
	const char *id = tx_attached("whearly");

	(void)state;
	assert_received(refund("evt_whearly", "whearly", 75000), id,
	    "pending");
	assert_string_equal(outcome_of("evt_whearly"), "waiting");
	assert_received(stripe_succeed("whearly"), id, "refunded");
	assert_string_equal(outcome_of("evt_whearly"), "applied");
	assert_string_equal(told(id), "succeeded refunded");
}

static void
keeps_a_dispute_that_came_before_its_success(void **state)
{
	const char *id = tx_attached("whearlyd");

	(void)state;
	assert_received(dispute("evt_whearlyd", "whearlyd", 75000,
	    "needs_response"), id, "pending");
	assert_received(stripe_succeed("whearlyd"), id, "chargeback");
	assert_string_equal(told(id), "succeeded chargeback");
}

static void
moves_a_disputed_payment_to_chargeback(void **state)
{
	const char *id = tx_attached("whdisp");

	(void)state;
	assert_status(stripe_succeed("whdisp"), 200);
	assert_received(dispute("evt_whdisp", "whdisp", 75000,
	    "needs_response"), id, "chargeback");
	assert_string_equal(told(id), "succeeded chargeback");
	assert_books(id, -2205, -2625, 420);
}

static void
goes_from_refunded_to_chargeback_and_back(void **state)
{
	const char *id = tx_attached("whcross");

	(void)state;
	assert_status(stripe_succeed("whcross"), 200);
	assert_received(dispute("evt_whcross_1", "whcross", 30000,
	    "needs_response"), id, "chargeback");
	assert_received(refund("evt_whcross_2", "whcross", 75000), id,
	    "refunded");
	assert_received(dispute("evt_whcross_3", "whcross", 45000,
	    "under_review"), id, "chargeback");
	assert_string_equal(told(id),
	    "succeeded chargeback refunded chargeback");
}

static void
books_a_dispute_once_however_often_it_is_told(void **state)
{
	const char *id = tx_attached("whonce");

	(void)state;
	assert_status(stripe_succeed("whonce"), 200);
	assert_received(stripe_event("evt_whonce_1",
	    "charge.dispute.created", dispute_object("whonce", "whonce",
	    30000, "needs_response")), id, "chargeback");
	assert_received(stripe_event("evt_whonce_2",
	    "charge.dispute.funds_withdrawn", dispute_object("whonce",
	    "whonce", 30000, "needs_response")), id, "chargeback");
	assert_string_equal(outcome_of("evt_whonce_2"), "unchanged");
	assert_string_equal(told(id), "succeeded chargeback");
	assert_int_equal(db_int(textf("SELECT disputed_amount FROM tx WHERE "
	    "clive_tx_id = '%s'", id)), 30000);
}

static void
books_a_second_dispute_without_a_new_state(void **state)
{
	const char *id = tx_attached("whsecond");

	(void)state;
	assert_status(stripe_succeed("whsecond"), 200);
	assert_received(dispute("evt_whsecond_1", "whsecond", 30000,
	    "needs_response"), id, "chargeback");
	assert_received(dispute("evt_whsecond_2", "whsecond", 20000,
	    "needs_response"), id, "chargeback");
	assert_string_equal(told(id), "succeeded chargeback");
	assert_books(id, 75000 - 2205 - 50000, 72375 - 50000, 420);
}

static void
quarantines_disputes_over_more_than_was_paid(void **state)
{
	const char *id = tx_attached("whmuch");

	(void)state;
	assert_status(stripe_succeed("whmuch"), 200);
	assert_status(dispute("evt_whmuch_1", "whmuch", 75000,
	    "needs_response"), 200);
	assert_received(dispute("evt_whmuch_2", "whmuch", 1,
	    "needs_response"), id, "chargeback");
	assert_string_equal(outcome_of("evt_whmuch_2"), "quarantined");
	assert_books(id, -2205, -2625, 420);
}

static void
books_an_inquiry_that_became_a_dispute(void **state)
{
	const char *id = tx_attached("whgrow");

	(void)state;
	assert_status(stripe_succeed("whgrow"), 200);
	assert_received(stripe_event("evt_whgrow_1",
	    "charge.dispute.created", dispute_object("whgrow", "whgrow",
	    75000, "warning_needs_response")), id, "succeeded");
	assert_received(stripe_event("evt_whgrow_2",
	    "charge.dispute.funds_withdrawn", dispute_object("whgrow",
	    "whgrow", 75000, "needs_response")), id, "chargeback");
}

static void
quarantines_refunds_that_cannot_be_of_this_payment(void **state)
{
	static const char *const rest[] = {
		"\"amount_refunded\":75000,\"currency\":\"eur\"",
		"\"amount_refunded\":75001,\"currency\":\"usd\"",
	};
	const char *id = tx_attached("whodd");

	(void)state;
	assert_status(stripe_succeed("whodd"), 200);
	for (size_t i = 0; i < 2; i++) {
		const char *event = textf("evt_whodd_%zu", i);
		assert_received(stripe_event(event, "charge.refunded",
		    textf("{\"payment_intent\":\"pi_whodd\",\"amount\":75000,"
		    "\"refunded\":true,%s}", rest[i])), id, "succeeded");
		assert_string_equal(outcome_of(event), "quarantined");
	}
	assert_books(id, 75000 - 2205, 72375, 420);
}

static void
quarantines_an_event_that_names_another_payment(void **state)
{
	const char *id = tx_attached("whmeta1");
	const char *other = tx_new("whmeta2");

	(void)state;
	assert_received(stripe_event("evt_whmeta1", "payment_intent.succeeded",
	    textf("{\"id\":\"pi_whmeta1\",\"amount_received\":75000,"
	    "\"currency\":\"usd\",\"metadata\":{\"clive_tx_id\":\"%s\"}}",
	    other)), id, "pending");
	assert_string_equal(outcome_of("evt_whmeta1"), "quarantined");
	assert_received(stripe_event("evt_whmeta2", "payment_intent.succeeded",
	    textf("{\"id\":\"pi_whmeta1\",\"amount_received\":75000,"
	    "\"currency\":\"usd\",\"metadata\":{\"clive_tx_id\":\"%s\"}}",
	    id)), id, "succeeded");
}

static void
reads_an_amount_without_currency_in_the_payments_own(void **state)
{
	const char *id = tx_attached("whbare");

	(void)state;
	assert_received(stripe_event("evt_whbare_1",
	    "payment_intent.succeeded", "{\"id\":\"pi_whbare\","
	    "\"amount_received\":74999}"), id, "pending");
	assert_received(stripe_event("evt_whbare_2",
	    "payment_intent.succeeded", "{\"id\":\"pi_whbare\","
	    "\"amount_received\":75000}"), id, "succeeded");
}

static void
records_an_inquiry_only(void **state)
{
	const char *id = tx_attached("whinq");

	(void)state;
	assert_status(stripe_succeed("whinq"), 200);
	assert_received(dispute("evt_whinq", "whinq", 75000,
	    "warning_needs_response"), id, "succeeded");
	assert_string_equal(told(id), "succeeded");
	assert_int_equal(db_int(textf("SELECT count(*) FROM audit_event WHERE "
	    "subject = '%s' AND action = 'transaction.dispute_inquiry'", id)),
	    1);
	assert_books(id, 75000 - 2205, 72375, 420);
}

static void
writes_json_into_the_record_whatever_the_event_is_called(void **state)
{
	const char *id = tx_attached("whquote");

	(void)state;
	assert_status(stripe_succeed("whquote"), 200);
	assert_status(dispute("evt_\\\"whquote", "whquote", 75000,
	    "warning_needs_response"), 200);
	assert_int_equal(db_int(textf("SELECT count(*) FROM audit_event WHERE "
	    "subject = '%s' AND NOT json_valid(detail)", id)), 0);
}

static void
quarantines_a_success_over_another_amount(void **state)
{
	const char *id = tx_attached("whless");

	(void)state;
	assert_received(stripe_event("evt_whless", "payment_intent.succeeded",
	    stripe_intent("whless", 74999)), id, "pending");
	assert_string_equal(tx_state(id), "pending");
	assert_string_equal(outcome_of("evt_whless"), "quarantined");
	assert_string_equal(told(id), "");
	assert_int_equal(db_int(textf("SELECT count(*) FROM audit_event WHERE "
	    "subject = '%s' AND action = 'transaction.amount_mismatch'", id)),
	    1);
	assert_books(id, 0, 0, 0);
}

static void
quarantines_a_success_in_another_currency(void **state)
{
	const char *id = tx_attached("wheuro");

	(void)state;
	assert_received(stripe_event("evt_wheuro", "payment_intent.succeeded",
	    "{\"id\":\"pi_wheuro\",\"amount_received\":75000,\"currency\":"
	    "\"eur\"}"), id, "pending");
	assert_string_equal(outcome_of("evt_wheuro"), "quarantined");
}

static void
keeps_an_event_whose_intent_nobody_knows(void **state)
{
	(void)state;
	assert_fault(stripe_succeed("whnobody"), INTENT_NOT_FOUND);
	assert_string_equal(outcome_of("evt_ok_whnobody"), "waiting");
	/* Stripe sends it again meanwhile, and is told the same. */
	assert_fault(stripe_succeed("whnobody"), INTENT_NOT_FOUND);
	assert_int_equal(db_int("SELECT count(*) FROM processor_event WHERE "
	    "event_id = 'evt_ok_whnobody'"), 1);
}

static void
answers_a_repeated_early_event_after_the_attachment(void **state)
{
	const char *id = tx_new("whsoon");

	(void)state;
	assert_fault(stripe_succeed("whsoon"), INTENT_NOT_FOUND);
	assert_status(ask_post(&world.partner, ATTACH, "wh-soon", textf(
	    "{\"clive_tx_id\":\"%s\",\"stripe_payment_intent_id\":"
	    "\"pi_whsoon\"}", id)), 200);
	assert_received(stripe_succeed("whsoon"), id, "succeeded");
	assert_string_equal(told(id), "succeeded");
}

static void
ignores_types_without_a_meaning(void **state)
{
	static const char *const types[] = { "payment_method.attached",
	    "payment_intent.canceled", "payment_intent.processing",
	    "charge.succeeded", "refund.created", "v2.something" };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_answer(stripe_event("evt_whignored", types[i],
		    "{\"id\":\"pi_whignored\"}"), 202,
		    textf("{\"message\":\"Ignored event %s\"}", types[i]));
	assert_null(outcome_of("evt_whignored"));
}

/* A success of pi_<ref>, of live mode or not. */
static const char *
success_of_mode(const char *event, const char *ref, bool live)
{
	return textf("{\"id\":\"%s\",\"object\":\"event\",\"type\":"
	    "\"payment_intent.succeeded\",\"livemode\":%s,\"data\":"
	    "{\"object\":%s}}", event, live ? "true" : "false",
	    stripe_intent(ref, 75000));
}

static void
keeps_live_events_out_of_the_sandbox(void **state)
{
	const char *id = tx_attached("whlive");

	(void)state;
	assert_answer(stripe_post(success_of_mode("evt_whlive", "whlive",
	    true)), 202,
	    "{\"message\":\"Ignored event payment_intent.succeeded\"}");
	assert_string_equal(tx_state(id), "pending");
	assert_string_equal(outcome_of("evt_whlive"), "quarantined");
	assert_string_equal(db_text("SELECT actor || ' ' || json_remove("
	    "detail, '$.request') FROM audit_event WHERE subject = "
	    "'evt_whlive'"),
	    "processor:stripe {\"reason\":\"other_mode\"}");
}

/* Posts to a program of another data directory. */
static struct answer *
post_to(const char *var, const char *body)
{
	/* Nobody here moves the clock, so that of live mode is the same. */
	const char *line = stripe_signature(STRIPE_SECRET, body,
	    strlen(body), 0);

	return plain_run(&(struct cgi){ .program = STRIPE_WEBHOOK,
	    .var = var, .input = body, .len = strlen(body), .env = {
		"REQUEST_METHOD=POST",
		textf("CONTENT_LENGTH=%zu", strlen(body)),
		textf("HTTP_STRIPE_SIGNATURE=%s",
		    line + strlen("Stripe-Signature: ")) } });
}

static void
keeps_test_events_out_of_live_mode(void **state)
{
	static const char *const live[] = { "mode = live", NULL };
	const char *id = tx_attached("whmode");
	const char *var = var_copy(live);

	(void)state;
	assert_status(post_to(var, success_of_mode("evt_whmode_1", "whmode",
	    false)), 202);
	assert_received(post_to(var, success_of_mode("evt_whmode_2", "whmode",
	    true)), id, "succeeded");
}

static void
ignores_events_of_connected_accounts(void **state)
{
	const char *id = tx_attached("whacct");

	(void)state;
	assert_status(stripe_post("{\"id\":\"evt_whacct\",\"object\":"
	    "\"event\",\"account\":\"acct_1\",\"type\":"
	    "\"payment_intent.succeeded\",\"livemode\":false,\"data\":"
	    "{\"object\":{\"id\":\"pi_whacct\",\"amount_received\":75000,"
	    "\"currency\":\"usd\"}}}"), 202);
	assert_string_equal(tx_state(id), "pending");
}

static void
refuses_what_is_no_event(void **state)
{
	static const char *const bodies[] = {
		"", "{", "not json", "[]", "null", "\"text\"", "{}",
		"{\"id\":\"evt_1\"}",
		"{\"id\":\"evt_1\",\"type\":\"payment_intent.succeeded\"}",
		"{\"id\":\"\",\"type\":\"a\",\"data\":{\"object\":{}}}",
		"{\"id\":\"evt_1\",\"type\":\"\",\"data\":{\"object\":{}}}",
		"{\"id\":1,\"type\":\"a\",\"data\":{\"object\":{}}}",
		"{\"id\":\"evt_1\",\"type\":\"a\",\"data\":[]}",
		"{\"id\":\"evt_1\",\"type\":\"a\",\"data\":{\"object\":7}}",
		"{\"id\":\"evt_1\",\"object\":\"charge\",\"type\":\"a\","
		    "\"data\":{\"object\":{}}}",
		"{\"id\":\"evt_1\",\"id\":\"evt_2\",\"type\":\"a\","
		    "\"data\":{\"object\":{}}}",
		"{\"id\":\"evt_1\",\"type\":\"a\",\"livemode\":\"false\","
		    "\"data\":{\"object\":{}}}",
		"{\"id\":\"evt_1\",\"type\":\"payment_intent.succeeded\","
		    "\"data\":{\"object\":{\"id\":\"pi_1\","
		    "\"amount_received\":750.5}}}",
		"{\"id\":\"evt_1\",\"type\":\"a\",\"data\":{\"object\":{}}}x",
		"\xef\xbb\xbf{\"id\":\"evt_1\",\"type\":\"a\","
		    "\"data\":{\"object\":{}}}",
		/* A thin event: it carries no object. */
		"{\"id\":\"evt_1\",\"object\":\"v2.core.event\",\"type\":"
		    "\"v2.core.account.created\",\"related_object\":{}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_fault(stripe_post(bodies[i]), WEBHOOK_JSON);
}

static void
refuses_an_event_that_names_no_intent(void **state)
{
	(void)state;
	assert_fault(stripe_event("evt_whnoint", "charge.refunded",
	    "{\"id\":\"ch_1\",\"amount\":1,\"amount_refunded\":1,"
	    "\"currency\":\"usd\"}"), INTENT_MISSING);
	assert_fault(stripe_event("evt_whnoint", "charge.refunded",
	    "{\"id\":\"ch_1\",\"payment_intent\":null}"), INTENT_MISSING);
	assert_fault(stripe_event("evt_whnoint", "payment_intent.succeeded",
	    "{\"amount_received\":1,\"currency\":\"usd\"}"), INTENT_MISSING);
}

/* Posts with this signature line (NULL: none). */
static struct answer *
post_with(const char *body, const char *line)
{
	return ask(&(struct call){ .path = STRIPE_WEBHOOK, .body = body,
	    .lines = { line } });
}

static const char some_event[] = "{\"id\":\"evt_whsig\",\"object\":"
    "\"event\",\"type\":\"x.y\",\"livemode\":false,"
    "\"data\":{\"object\":{}}}";

static void
takes_signatures_of_both_live_secrets(void **state)
{
	size_t n = strlen(some_event);

	(void)state;
	assert_status(post_with(some_event, stripe_signature(STRIPE_SECRET,
	    some_event, n, 0)), 202);
	assert_status(post_with(some_event, stripe_signature(
	    STRIPE_OLD_SECRET, some_event, n, 0)), 202);
	assert_fault(post_with(some_event, stripe_signature("whsec_third",
	    some_event, n, 0)), STRIPE_SIGNATURE_INVALID);
}

static void
refuses_a_missing_signature(void **state)
{
	(void)state;
	assert_fault(post_with(some_event, NULL), STRIPE_SIGNATURE_MISSING);
	assert_fault(post_with("not json", NULL), STRIPE_SIGNATURE_MISSING);
	assert_fault(post_with(some_event, "Stripe-Signature;"),
	    STRIPE_SIGNATURE_MISSING);
}

static void
refuses_a_signature_that_does_not_fit(void **state)
{
	size_t n = strlen(some_event);
	const char *good = stripe_signature(STRIPE_SECRET, some_event, n, 0);
	char *upper = arena_strdup(world.arena, good);

	(void)state;
	for (char *c = strstr(upper, "v1=") + 3; *c != '\0'; c++)
		if (*c >= 'a' && *c <= 'f')
			*c = (char)(*c - 'a' + 'A');
	assert_fault(post_with("{}", good), STRIPE_SIGNATURE_INVALID);
	assert_fault(post_with(some_event, upper), STRIPE_SIGNATURE_INVALID);
	assert_fault(post_with(some_event, "Stripe-Signature: nonsense"),
	    STRIPE_SIGNATURE_INVALID);
	assert_fault(post_with(some_event, textf("%.*s", (int)strlen(good) - 1,
	    good)), STRIPE_SIGNATURE_INVALID);
	assert_fault(post_with(some_event, "Stripe-Signature: t=1,v0=00"),
	    STRIPE_SIGNATURE_INVALID);
}

static void
refuses_signatures_out_of_their_time(void **state)
{
	static const struct {
		int64_t	off;
		bool	good;
	} rows[] = { { -290, true }, { 290, true }, { -310, false },
	    { 310, false }, { -86400, false } };
	size_t n = strlen(some_event);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer *a = post_with(some_event, stripe_signature(
		    STRIPE_SECRET, some_event, n, rows[i].off));
		if (rows[i].good)
			assert_status(a, 202);
		else
			assert_fault(a, STRIPE_SIGNATURE_INVALID);
	}
}

static void
checks_the_signature_before_anything_else(void **state)
{
	(void)state;
	assert_fault(post_with("not json", stripe_signature("whsec_wrong",
	    "not json", 8, 0)), STRIPE_SIGNATURE_INVALID);
}

/* An event of exactly n bytes. */
static const char *
event_of(size_t n)
{
	char *body = arena_alloc(world.arena, n + 1);
	size_t head = strlen(some_event);

	memset(body, ' ', n);
	memcpy(body, some_event, head);
	return body;
}

static void
takes_a_mebibyte_and_no_byte_more(void **state)
{
	const char *body = event_of(MIB);

	(void)state;
	assert_status(stripe_post(body), 202);
	body = event_of(MIB + 1);
	assert_fault(stripe_post(body), BODY_TOO_LARGE);
}

static void
takes_any_content_type(void **state)
{
	static const char *const types[] = { "", "text/plain",
	    "application/x-www-form-urlencoded" };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_status(ask(&(struct call){ .path = STRIPE_WEBHOOK,
		    .body = some_event, .type = types[i], .lines = {
		    stripe_signature(STRIPE_SECRET, some_event,
		    strlen(some_event), 0) } }), 202);
}

static void
listens_at_the_short_path_too(void **state)
{
	const char *id = tx_attached("whshort");
	const char *body = textf("{\"id\":\"evt_whshort\",\"object\":"
	    "\"event\",\"type\":\"payment_intent.succeeded\","
	    "\"livemode\":false,\"data\":{\"object\":%s}}",
	    stripe_intent("whshort", 75000));

	(void)state;
	assert_received(ask(&(struct call){ .path = "/webhooks/stripe",
	    .body = body, .lines = { stripe_signature(STRIPE_SECRET, body,
	    strlen(body), 0) } }), id, "succeeded");
	assert_fault(ask(&(struct call){ .path = "/webhooks/nobody",
	    .body = body }), NOT_FOUND);
}

static void
takes_no_get(void **state)
{
	struct answer *a = ask_get(NULL, STRIPE_WEBHOOK);

	(void)state;
	assert_fault(a, METHOD);
	assert_string_equal(header_of(a, "Allow"), "POST");
}

static const struct CMUnitTest tests[] = {
	CASE(moves_a_paid_payment_to_succeeded),
	CASE(computes_the_fees_of_section_6),
	CASE(posts_the_entries_of_a_success),
	CASE(computes_fees_of_small_and_odd_payments),
	CASE(tells_the_partner_with_nine_keys_and_meta_unchanged),
	CASE(tells_null_where_there_is_no_meta),
	CASE(makes_one_due_delivery_an_endpoint),
	CASE(keeps_the_event_byte_for_byte),
	CASE(records_the_move_with_the_processor_as_actor),
	CASE(changes_nothing_when_the_same_event_comes_twice),
	CASE(changes_nothing_when_another_event_says_the_same),
	CASE(answers_a_duplicate_with_the_state_of_now),
	CASE(moves_a_failed_payment_to_failed_once),
	CASE(lets_a_failed_payment_succeed_later),
	CASE(lets_an_abandoned_payment_succeed_because_money_moved),
	CASE(ignores_a_late_failure_after_the_success),
	CASE(moves_a_refunded_payment_to_refunded),
	CASE(records_a_partial_refund_without_a_new_state),
	CASE(counts_partial_refunds_as_a_running_total),
	CASE(keeps_a_refund_that_came_before_its_success),
	CASE(keeps_a_dispute_that_came_before_its_success),
	CASE(moves_a_disputed_payment_to_chargeback),
	CASE(goes_from_refunded_to_chargeback_and_back),
	CASE(books_a_dispute_once_however_often_it_is_told),
	CASE(books_a_second_dispute_without_a_new_state),
	CASE(quarantines_disputes_over_more_than_was_paid),
	CASE(books_an_inquiry_that_became_a_dispute),
	CASE(quarantines_refunds_that_cannot_be_of_this_payment),
	CASE(quarantines_an_event_that_names_another_payment),
	CASE(reads_an_amount_without_currency_in_the_payments_own),
	CASE(records_an_inquiry_only),
	CASE(writes_json_into_the_record_whatever_the_event_is_called),
	CASE(quarantines_a_success_over_another_amount),
	CASE(quarantines_a_success_in_another_currency),
	CASE(keeps_an_event_whose_intent_nobody_knows),
	CASE(answers_a_repeated_early_event_after_the_attachment),
	CASE(ignores_types_without_a_meaning),
	CASE(keeps_live_events_out_of_the_sandbox),
	CASE(keeps_test_events_out_of_live_mode),
	CASE(ignores_events_of_connected_accounts),
	CASE(refuses_what_is_no_event),
	CASE(refuses_an_event_that_names_no_intent),
	CASE(takes_signatures_of_both_live_secrets),
	CASE(refuses_a_missing_signature),
	CASE(refuses_a_signature_that_does_not_fit),
	CASE(refuses_signatures_out_of_their_time),
	CASE(checks_the_signature_before_anything_else),
	CASE(takes_a_mebibyte_and_no_byte_more),
	CASE(takes_any_content_type),
	CASE(listens_at_the_short_path_too),
	CASE(takes_no_get),
};

ENDPOINT_MAIN("stripe-webhook", tests, NULL)
