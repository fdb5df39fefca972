/* SPDX-License-Identifier: ISC */
/* test-attach-intent.c - linking a payment with its PaymentIntent. */
#include "harness.h"

#include <string.h>

#include "fault.h"

static const char *
body_of(const char *id, const char *intent)
{
	return textf("{\"clive_tx_id\":\"%s\",\"stripe_payment_intent_id\":"
	    "\"%s\"}", id, intent);
}

/* Attaches as the partner, under a key named after the call. */
static struct answer *
attach(const char *key, const char *id, const char *intent)
{
	return ask_post(&world.partner, ATTACH, key, body_of(id, intent));
}

static void
answers_200_with_pending(void **state)
{
	const char *id = tx_new("att-first");

	(void)state;
	assert_answer(attach("att-first", id, "pi_att_first"), 200,
	    textf("{\"clive_tx_id\":\"%s\",\"status\":\"pending\","
	    "\"stripe_payment_intent_id\":\"pi_att_first\"}", id));
	assert_string_equal(tx_state(id), "pending");
}

static void
records_the_intent_with_an_audit_event(void **state)
{
	const char *id = tx_attached("attaudit");

	(void)state;
	assert_string_equal(db_text(textf("SELECT processor_ref FROM tx WHERE "
	    "clive_tx_id = '%s'", id)), "pi_attaudit");
	assert_string_equal(db_text(textf("SELECT actor || ' ' || "
	    "json_remove(detail, '$.request') FROM audit_event WHERE subject "
	    "= '%s' AND action = 'transaction.pending'", id)),
	    textf("key:%s {\"processor\":\"stripe\",\"intent\":"
	    "\"pi_attaudit\"}", world.partner.id));
	assert_int_equal(db_int(textf("SELECT count(*) FROM event WHERE "
	    "clive_tx_id = '%s'", id)), 0);
}

static void
takes_the_same_intent_again_under_a_new_key(void **state)
{
	const char *id = tx_new("att-again");
	struct answer *first = attach("att-again-1", id, "pi_att_again");
	struct answer *again = attach("att-again-2", id, "pi_att_again");

	(void)state;
	assert_answer(again, 200, first->body);
	assert_int_equal(db_int(textf("SELECT count(*) FROM audit_event WHERE "
	    "subject = '%s'", id)), 2);
}

static void
tells_the_state_of_now_when_the_same_intent_comes_late(void **state)
{
	const char *id = tx_attached("attlate");

	(void)state;
	assert_status(stripe_succeed("attlate"), 200);
	assert_answer(attach("att-late-2", id, "pi_attlate"), 200,
	    textf("{\"clive_tx_id\":\"%s\",\"status\":\"succeeded\","
	    "\"stripe_payment_intent_id\":\"pi_attlate\"}", id));
}

static void
refuses_a_second_intent_for_a_payment(void **state)
{
	const char *id = tx_attached("attsecond");

	(void)state;
	assert_fault(attach("att-second", id, "pi_other"),
	    TX_ALREADY_ATTACHED);
	assert_string_equal(db_text(textf("SELECT processor_ref FROM tx WHERE "
	    "clive_tx_id = '%s'", id)), "pi_attsecond");
}

static void
refuses_an_intent_of_another_payment(void **state)
{
	const char *id = tx_new("att-taken-2");

	(void)state;
	tx_attached("atttaken");
	assert_fault(attach("att-taken", id, "pi_atttaken"),
	    TX_ALREADY_ATTACHED);
	assert_string_equal(tx_state(id), "initialized");
}

static void
refuses_an_abandoned_payment(void **state)
{
	const char *id = tx_new("att-gone");

	(void)state;
	db_exec(textf("UPDATE tx SET status = 'abandoned' WHERE clive_tx_id = "
	    "'%s'", id));
	assert_fault(attach("att-gone", id, "pi_att_gone"),
	    TX_NOT_ATTACHABLE);
	assert_string_equal(tx_state(id), "abandoned");
}

static void
does_not_know_payments_that_are_not_there(void **state)
{
	(void)state;
	assert_fault(attach("att-none-1", "CLVTX_1739378102312_420",
	    "pi_att_none"), TX_NOT_FOUND);
	assert_fault(attach("att-none-2", "' OR 1=1 --", "pi_att_none"),
	    TX_NOT_FOUND);
}

static void
does_not_know_payments_of_another_partner(void **state)
{
	const char *id = tx_new("att-other");

	(void)state;
	assert_fault(ask_post(&world.other, ATTACH, "att-other",
	    body_of(id, "pi_att_other")), TX_NOT_FOUND);
	assert_string_equal(tx_state(id), "initialized");
}

static void
lets_a_platform_wide_key_attach_for_any_partner(void **state)
{
	const char *id = tx_new("att-plat");

	(void)state;
	assert_status(ask_post(&world.platform, ATTACH, "att-plat",
	    body_of(id, "pi_att_plat")), 200);
}

static void
refuses_what_is_no_intent_id(void **state)
{
	static const char *const bad[] = { "x", "pi", "pi_", "PI_1", "pi-1",
	    "ch_1", " pi_1", "pi_1 ", "pi_1;", "pi_\\u00e9", "pi_<b>",
	    "pi_1\\n", "pi_1_secret_2" };
	const char *id = tx_new("att-bad");

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_invalid(attach("att-bad", id, bad[i]),
		    "{\"fieldErrors\":{\"stripe_payment_intent_id\":"
		    "[\"Invalid PaymentIntent id\"]},\"formErrors\":[]}");
	assert_string_equal(tx_state(id), "initialized");
}

static void
refuses_all_bad_fields_at_once(void **state)
{
	(void)state;
	assert_invalid(ask_post(&world.partner, ATTACH, "att-all",
	    "{\"clive_tx_id\":7}"),
	    "{\"fieldErrors\":{\"clive_tx_id\":[\"Expected string, received "
	    "number\"],\"stripe_payment_intent_id\":[\"Required\"]},"
	    "\"formErrors\":[]}");
	assert_invalid(attach("att-all", "", ""),
	    "{\"fieldErrors\":{\"clive_tx_id\":[\"String must contain at "
	    "least 1 character(s)\"],\"stripe_payment_intent_id\":[\"String "
	    "must contain at least 1 character(s)\"]},\"formErrors\":[]}");
}

static void
applies_the_success_that_came_before_it(void **state)
{
	const char *id = tx_new("att-early");

	(void)state;
	assert_fault(stripe_succeed("att_early"), INTENT_NOT_FOUND);
	assert_string_equal(tx_state(id), "initialized");
	assert_answer(attach("att-early", id, "pi_att_early"), 200,
	    textf("{\"clive_tx_id\":\"%s\",\"status\":\"pending\","
	    "\"stripe_payment_intent_id\":\"pi_att_early\"}", id));
	assert_string_equal(tx_state(id), "succeeded");
	assert_string_equal(db_text("SELECT outcome || ' ' || clive_tx_id "
	    "FROM processor_event WHERE event_id = 'evt_ok_att_early'"),
	    textf("applied %s", id));
}

static void
applies_early_events_in_the_order_that_fits(void **state)
{
	const char *id = tx_new("att-jumble");

	(void)state;
	assert_fault(stripe_event("evt_att_j1", "charge.refunded",
	    "{\"payment_intent\":\"pi_att_jumble\",\"amount\":75000,"
	    "\"amount_refunded\":75000,\"refunded\":true,"
	    "\"currency\":\"usd\"}"), INTENT_NOT_FOUND);
	assert_fault(stripe_succeed("att_jumble"), INTENT_NOT_FOUND);
	assert_status(attach("att-jumble", id, "pi_att_jumble"), 200);
	assert_string_equal(tx_state(id), "refunded");
	assert_string_equal(db_text(textf("SELECT group_concat(type, ' ') FROM "
	    "(SELECT type FROM event WHERE clive_tx_id = '%s' ORDER BY rowid)",
	    id)), "transaction_succeeded transaction_refunded");
}

static void
attaches_an_intent_to_one_of_two_that_ask(void **state)
{
	const char *one = tx_new("att-two-1"), *two = tx_new("att-two-2");
	int first = attach("att-two-1", one, "pi_att_two")->status;
	int second = attach("att-two-2", two, "pi_att_two")->status;

	(void)state;
	assert_int_equal(first, 200);
	assert_int_equal(second, 409);
	assert_int_equal(db_int("SELECT count(*) FROM tx WHERE processor_ref "
	    "= 'pi_att_two'"), 1);
}

static const struct CMUnitTest tests[] = {
	CASE(answers_200_with_pending),
	CASE(records_the_intent_with_an_audit_event),
	CASE(takes_the_same_intent_again_under_a_new_key),
	CASE(tells_the_state_of_now_when_the_same_intent_comes_late),
	CASE(refuses_a_second_intent_for_a_payment),
	CASE(refuses_an_intent_of_another_payment),
	CASE(refuses_an_abandoned_payment),
	CASE(does_not_know_payments_that_are_not_there),
	CASE(does_not_know_payments_of_another_partner),
	CASE(lets_a_platform_wide_key_attach_for_any_partner),
	CASE(refuses_what_is_no_intent_id),
	CASE(refuses_all_bad_fields_at_once),
	CASE(applies_the_success_that_came_before_it),
	CASE(applies_early_events_in_the_order_that_fits),
	CASE(attaches_an_intent_to_one_of_two_that_ask),
};

ENDPOINT_MAIN("attach-intent", tests, NULL)
