/* SPDX-License-Identifier: ISC */
/* test-momo.c - the mobile money sandbox, and who may pay by mobile money. */
#include "rail.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "look.h"
#include "payment.h"
#include "shared.h"

#define KEY "01KAX7J1PZ3T9W8Q5M2R6C4D0E"

static const struct provider *momo;

static int
begin(void **state)
{
	char why[256];

	if (fixture_begin(state) != 0)
		return -1;
	momo = provider_find("momo");
	fx.conf.live = false;
	fx.conf.momo_delay_ms = 5000;
	fx.conf.momo_timeout_ms = 30000;
	return shared_open(&fx.conf, why, sizeof(why)) ? 0 : -1;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, fixture_end)

static struct provider_answer
open_with(const char *method, const char *key)
{
	const struct provider_order order = {
		.idempotency_key = key, .clive_tx_id = "CLVTX_1",
		.amount = { 1250, "USD" }, .payment_type = "mobile_money",
		.payment_method = method,
	};

	return momo->open(fx.arena, &fx.conf, &order);
}

/* Opens a payment that is due in so many milliseconds. */
static struct provider_answer
opened(const char *method, int64_t wait)
{
	int64_t before = clock_now();
	struct provider_answer a = open_with(method, KEY);

	assert_int_equal(a.fate, PROVIDER_DONE);
	assert_int_equal(a.state, PROVIDER_OPEN);
	assert_non_null(a.ref);
	assert_true(a.look_at >= before + wait);
	assert_true(a.look_at <= clock_now() + wait);
	return a;
}

static struct provider_answer
fetched(const char *ref)
{
	struct provider_answer a = momo->fetch(fx.arena, &fx.conf, ref);

	assert_int_equal(a.fate, PROVIDER_DONE);
	assert_string_equal(a.ref, ref);
	return a;
}

/* What has become of a payment when its time has come. */
static struct provider_answer
at_last(const struct provider_answer *opened_as)
{
	struct provider_answer a = fetched(opened_as->ref);

	assert_int_equal(a.state, PROVIDER_OPEN);
	assert_int_equal(a.look_at, opened_as->look_at);
	assert_true(clock_advance(opened_as->look_at - clock_now()));
	return fetched(opened_as->ref);
}

/* ---------------------------------------------------------- the provider */

static void
any_number_pays_after_the_delay(void **state)
{
	struct provider_answer a = opened("mtn:+231881158457", 5000);

	(void)state;
	assert_true(strncmp(a.ref, "mtn_paid_", 9) == 0);
	assert_null(strstr(a.ref, "881158457"));
	a = at_last(&a);
	assert_int_equal(a.state, PROVIDER_PAID);
	assert_true(a.has_amount);
	assert_int_equal(a.amount.minor, 1250);
	assert_string_equal(a.amount.currency, "USD");
	assert_int_equal(a.look_at, 0);
}

static void
the_documented_numbers_do_what_is_documented(void **state)
{
	static const struct {
		const char	*digits;
		int64_t		 wait;
		const char	*failure;
	} rows[] = {
		{ "000", 1000, NULL },
		{ "001", 1000, "user_rejected" },
		{ "002", 30000, "timeout" },
		{ "003", 1000, "INSUFFICIENT_FUNDS" },
		{ "004", 5000, NULL },
	};
	static const char *const begins[] = { "mtn:+231881111",
	    "orange:+231771111" };

	(void)state;
	for (size_t n = 0; n < 2; n++)
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			struct provider_answer a = opened(arena_printf(
			    fx.arena, "%s%s", begins[n], rows[i].digits),
			    rows[i].wait);
			a = at_last(&a);
			if (rows[i].failure == NULL) {
				assert_int_equal(a.state, PROVIDER_PAID);
				continue;
			}
			assert_int_equal(a.state, PROVIDER_FAILED);
			assert_string_equal(a.failure, rows[i].failure);
			assert_non_null(a.message);
			assert_false(a.has_amount);
		}
}

static void
the_settings_say_how_long_it_takes(void **state)
{
	struct provider_answer a;

	(void)state;
	fx.conf.momo_delay_ms = 7000;
	fx.conf.momo_timeout_ms = 60000;
	opened("mtn:+231881158457", 7000);
	opened("mtn:+231881111001", 1000);
	opened("orange:+231771111002", 60000);
	fx.conf.momo_delay_ms = 0;
	a = open_with("mtn:+231881158457", KEY);
	assert_int_equal(a.state, PROVIDER_PAID);
	assert_int_equal(a.amount.minor, 1250);
}

static void
each_question_has_a_reference_of_its_own(void **state)
{
	const char *one = open_with("mtn:+231881158457", "A").ref;

	(void)state;
	assert_string_not_equal(one, open_with("mtn:+231881158457", "B").ref);
	assert_string_equal(strrchr(one, '_'), "_A");
}

static void
what_cannot_be_charged_is_refused(void **state)
{
	static const char *const methods[] = { NULL, "", "mtn", "mtn:",
	    ":+231881158457", "+231881158457" };

	(void)state;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		struct provider_answer a = open_with(methods[i], KEY);
		assert_int_equal(a.fate, PROVIDER_REFUSED);
		assert_non_null(a.code);
		assert_string_equal(a.failure, "generic_decline");
	}
}

static void
a_reference_that_is_none_is_refused(void **state)
{
	static const char *const refs[] = { "", "mtn", "pi_123",
	    "mtn_wins_1764000000000_1250_USD_" KEY,
	    "mtn_paid_01764000000000_1250_USD_" KEY,
	    "mtn_paid_1764000000000_+1250_USD_" KEY,
	    "mtn_paid_1764000000000_1250_USD", "mtn_paid_x_1250_USD_" KEY,
	    "mtn_paid_ 1_1250_USD_" KEY, "mtn_paid_1_1250_US_" KEY };

	(void)state;
	for (size_t i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		struct provider_answer a = momo->fetch(fx.arena, &fx.conf,
		    refs[i]);
		assert_int_equal(a.fate, PROVIDER_REFUSED);
	}
	assert_int_equal(fetched("mtn_paid_1764000000000_1250_USD_k").state,
	    PROVIDER_PAID);
}

static void
cancel_comes_before_the_payer_or_not_at_all(void **state)
{
	struct provider_answer a = opened("mtn:+231881158457", 5000);
	struct provider_answer c = momo->cancel(fx.arena, &fx.conf, a.ref,
	    "c1");

	(void)state;
	assert_int_equal(c.fate, PROVIDER_DONE);
	assert_int_equal(c.state, PROVIDER_CANCELED);
	at_last(&a);
	c = momo->cancel(fx.arena, &fx.conf, a.ref, "c1");
	assert_int_equal(c.fate, PROVIDER_DONE);
	assert_int_equal(c.state, PROVIDER_PAID);
	assert_int_equal(c.amount.minor, 1250);
}

static void
what_was_paid_is_given_back_at_once(void **state)
{
	const struct amount part = { 250, "USD" };
	struct provider_answer a = opened("orange:+231771111000", 1000), r;

	(void)state;
	assert_int_equal(momo->refund(fx.arena, &fx.conf, a.ref, part,
	    "re_1").fate, PROVIDER_REFUSED);
	at_last(&a);
	r = momo->refund(fx.arena, &fx.conf, a.ref, part, "re_1");
	assert_int_equal(r.fate, PROVIDER_DONE);
	assert_string_equal(r.ref, momo->refund(fx.arena, &fx.conf, a.ref,
	    part, "re_1").ref);
	assert_string_not_equal(r.ref, momo->refund(fx.arena, &fx.conf,
	    a.ref, part, "re_2").ref);
}

static void
real_money_does_not_come_here(void **state)
{
	(void)state;
	assert_null(momo->missing(&fx.conf));
	fx.conf.live = true;
	assert_ptr_equal(momo->missing(&fx.conf),
	    &FAULT_PROVIDER_NOT_CONFIGURED);
	assert_null(momo->missing(rail_conf(&fx.conf, false)));
	fx.conf.live = false;
}

/* ------------------------------------------------------------- the looks */

static void
a_look_that_was_kept_reads_as_it_was_made(void **state)
{
	static const char *const methods[] = { "mtn:+231881111000",
	    "mtn:+231881111001" };
	struct payment_event made, read;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct provider_answer a = opened(methods[i], 1000);
		assert_false(payment_reader_of("momo")(fx.arena, a.raw,
		    &read));
		a = at_last(&a);
		assert_true(look_to_payment(fx.arena, "momo", a.ref, &a,
		    &made));
		assert_true(payment_reader_of("momo")(fx.arena, made.body,
		    &read));
		assert_string_equal(read.event_id, made.event_id);
		assert_string_equal(read.ref, made.ref);
		assert_string_equal(read.type, made.type);
		assert_int_equal(read.outcome, made.outcome);
		assert_int_equal(read.has_amount, made.has_amount);
		assert_int_equal(read.amount.minor, made.amount.minor);
		assert_true((read.failure == NULL) == (made.failure == NULL));
	}
}

static void
the_reader_refuses_what_is_no_look(void **state)
{
	static const char *const bodies[] = { "", "{", "[]", "{}",
	    "{\"reference\":\"mtn_paid_1_1_USD_k\"}",
	    "{\"reference\":\"x\",\"status\":\"successful\"}",
	    "{\"reference\":\"mtn_paid_1_1_USD_k\",\"status\":\"pending\"}" };
	struct payment_event e;

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_false(payment_reader_of("momo")(fx.arena,
		    (struct slice){ bodies[i], strlen(bodies[i]) }, &e));
}

/* What a look makes of a payment of so many cents. */
static enum payment_result
take_look(int64_t cents, const char *method, struct tx **tx)
{
	struct provider_answer a = opened(method, 1000);
	struct payment_event e;

	*tx = fixture_tx(cents, "USD");
	(*tx)->processor = "momo";
	conn_run(fx.conn, SQL_TX_SET_PROCESSOR, "ttit", "momo",
	    "rule_momo_default", a.look_at, (*tx)->clive_tx_id);
	assert_int_equal(tx_attach(fx.conn, fx.arena, fixture_now, *tx, a.ref,
	    "key:test"), TX_ATTACH_DONE);
	a = at_last(&a);
	assert_true(look_to_payment(fx.arena, "momo", a.ref, &a, &e));
	return payment_receive(fx.conn, fx.arena, fixture_now, &e, tx);
}

static void
a_look_settles_its_payment(void **state)
{
	struct tx *tx;

	(void)state;
	assert_int_equal(take_look(1250, "mtn:+231881111000", &tx),
	    PAYMENT_APPLIED);
	assert_int_equal(tx->status, TX_SUCCEEDED);
	assert_int_equal(tx->fee.processor_fee, 0);
	assert_int_equal(take_look(1250, "mtn:+231881111001", &tx),
	    PAYMENT_APPLIED);
	assert_int_equal(tx->status, TX_FAILED);
	assert_int_equal(take_look(1251, "mtn:+231881111000", &tx),
	    PAYMENT_QUARANTINED);
	assert_int_equal(tx->status, TX_PENDING);
}

/* -------------------------------------------------------------- the rail */

static struct request rq;
static struct rail rail;

/* Reads the member momo for a payment; NULL stands for none. */
static const struct fault *
choose(const char *text, const char *currency, int64_t minor, bool live)
{
	struct tx tx = { .amount = { .minor = minor } };
	struct intent intent = { .id = "pi_1", .tx = &tx, .live = live };
	const char *why;
	const struct json *json = text == NULL ? NULL :
	    json_parse(fx.arena, text, strlen(text), &why);

	snprintf(tx.amount.currency, sizeof(tx.amount.currency), "%s",
	    currency);
	memset(&rq, 0, sizeof(rq));
	rq.arena = fx.arena;
	rq.conf = &fx.conf;
	buf_init(&rq.details, 4096);
	const struct fault *fault = rail_momo(&rq, &intent, json, &rail);
	return fault;
}

/* A refusal names its field. */
static void
assert_refuses(const struct fault *fault, const struct fault *wanted,
    const char *field)
{
	char member[128];

	assert_ptr_equal(fault, wanted);
	snprintf(member, sizeof(member), "\"field\":\"%s\"", field);
	if (strstr(buf_str(&rq.details), member) == NULL)
		fail_msg("%s lacks %s", buf_str(&rq.details), member);
	buf_free(&rq.details);
}

static void
test_keys_pay_in_liberia(void **state)
{
	static const char *const currencies[] = { "USD", "LRD" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_null(choose("{\"provider\":\"orange\","
		    "\"phone_number\":\"+231771111000\"}", currencies[i], 1,
		    false));
		assert_string_equal(rail.method, "momo");
		assert_string_equal(rail.processor, "momo");
		assert_ptr_equal(rail.provider, momo);
		assert_string_equal(rail.payment_type, "mobile_money");
		assert_string_equal(rail.payment_method,
		    "orange:+231771111000");
		assert_string_equal(rail.phone_number, "+231771111000");
		assert_string_equal(rail.method_detail,
		    "{\"provider\":\"orange\","
		    "\"phone_number\":\"+231771111000\"}");
		buf_free(&rq.details);
	}
}

static void
shillings_go_to_clickpesa(void **state)
{
	(void)state;
	assert_null(choose("{\"phone_number\":\"+255712345678\"}", "TZS",
	    50000, true));
	assert_string_equal(rail.processor, "clickpesa");
	assert_ptr_equal(rail.provider, provider_find("clickpesa"));
	assert_string_equal(rail.payment_method, "255712345678");
	assert_string_equal(rail.phone_number, "+255712345678");
	assert_string_equal(rail.method_detail,
	    "{\"provider\":null,\"phone_number\":\"+255712345678\"}");
	buf_free(&rq.details);
	assert_null(choose("{\"provider\":\"tigo\","
	    "\"phone_number\":\"+255712345678\"}", "TZS", 1000000, false));
	buf_free(&rq.details);
}

static void
fields_are_refused_by_name(void **state)
{
	static const char provider[] = "payment_method.momo.provider",
	    phone[] = "payment_method.momo.phone_number";
	static const struct {
		const char		*text;
		const struct fault	*fault;
		const char		*field;
	} rows[] = {
		{ NULL, &FAULT_FIELD_MISSING, "payment_method.momo" },
		{ "null", &FAULT_FIELD_MISSING, "payment_method.momo" },
		{ "7", &FAULT_FIELD_WRONG, "payment_method.momo" },
		{ "{}", &FAULT_FIELD_MISSING, provider },
		{ "{\"provider\":\"airtel\"}", &FAULT_FIELD_WRONG, provider },
		{ "{\"provider\":7}", &FAULT_FIELD_WRONG, provider },
		{ "{\"provider\":\"mtn\"}", &FAULT_FIELD_MISSING, phone },
		{ "{\"provider\":\"mtn\",\"phone_number\":231881158457}",
		    &FAULT_PHONE_NUMBER, phone },
		{ "{\"provider\":\"MTN\",\"phone_number\":\"x\"}",
		    &FAULT_FIELD_WRONG, provider },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_refuses(choose(rows[i].text, "USD", 1250, false),
		    rows[i].fault, rows[i].field);
}

static void
numbers_are_those_of_the_currency(void **state)
{
	static const char *const wrong[] = { "", "+231", "+23188111100",
	    "+2318811110000", "231881111000", "0881111000", "+255712345678",
	    "+231 881111000", "+23188111100x", "+231881111000 ",
	    "+231881111000\\u0000" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_refuses(choose(arena_printf(fx.arena,
		    "{\"provider\":\"mtn\",\"phone_number\":\"%s\"}",
		    wrong[i]), "LRD", 1250, false), &FAULT_PHONE_NUMBER,
		    "payment_method.momo.phone_number");
	assert_refuses(choose("{\"phone_number\":\"+231881111000\"}", "TZS",
	    50000, true), &FAULT_PHONE_NUMBER,
	    "payment_method.momo.phone_number");
}

static void
shillings_are_whole_and_not_few(void **state)
{
	static const char momo_text[] = "{\"phone_number\":\"+255712345678\"}";

	(void)state;
	assert_refuses(choose(momo_text, "TZS", 49900, true),
	    &FAULT_AMOUNT_SMALL, "amount");
	assert_refuses(choose(momo_text, "TZS", 50050, true),
	    &FAULT_FIELD_WRONG, "amount");
}

static void
keys_and_currencies_must_match(void **state)
{
	static const char liberian[] = "{\"provider\":\"mtn\","
	    "\"phone_number\":\"+231881111000\"}";
	static const char tanzanian[] =
	    "{\"phone_number\":\"+255712345678\"}";

	(void)state;
	assert_refuses(choose(liberian, "USD", 1250, true),
	    &FAULT_FIELD_WRONG, "payment_method.type");
	fx.conf.live = true;
	assert_refuses(choose(tanzanian, "TZS", 50000, false),
	    &FAULT_FIELD_WRONG, "payment_method.type");
	assert_null(choose(tanzanian, "TZS", 50000, true));
	buf_free(&rq.details);
	assert_null(choose(liberian, "USD", 1250, false));
	buf_free(&rq.details);
	fx.conf.live = false;
}

static const struct CMUnitTest tests[] = {
	CASE(any_number_pays_after_the_delay),
	CASE(the_documented_numbers_do_what_is_documented),
	CASE(the_settings_say_how_long_it_takes),
	CASE(each_question_has_a_reference_of_its_own),
	CASE(what_cannot_be_charged_is_refused),
	CASE(a_reference_that_is_none_is_refused),
	CASE(cancel_comes_before_the_payer_or_not_at_all),
	CASE(what_was_paid_is_given_back_at_once),
	CASE(real_money_does_not_come_here),
	CASE(a_look_that_was_kept_reads_as_it_was_made),
	CASE(the_reader_refuses_what_is_no_look),
	CASE(a_look_settles_its_payment),
	CASE(test_keys_pay_in_liberia),
	CASE(shillings_go_to_clickpesa),
	CASE(fields_are_refused_by_name),
	CASE(numbers_are_those_of_the_currency),
	CASE(shillings_are_whole_and_not_few),
	CASE(keys_and_currencies_must_match),
};

TEST_MAIN("momo", tests)
