/* SPDX-License-Identifier: ISC */
/* test-route.c - which rules match a payment, and in what order. */
#include "route.h"

#include <string.h>

#include "fixture.h"

/* Rules of the schema, ended so that a case has its own alone. */
static void
end_all(void)
{
	char ids[16][64];
	int n = 0;

	struct rows *r = conn_rows(fx.conn, SQL_FEE_RULES, "i", INT64_C(0));
	while (n < 16 && row_next(r))
		snprintf(ids[n++], sizeof(ids[0]), "%s", row_text(r, 0));
	row_done(r);
	for (int i = 0; i < n; i++)
		assert_int_equal(conn_run(fx.conn, SQL_FEE_RULE_END, "it",
		    fixture_now, ids[i]), 1);
}

/* "processor type country scheme currency" with its price. */
static void
rule(const char *id, const char *words, int64_t ppm, int64_t fixed)
{
	char word[5][32];

	assert_int_equal(sscanf(words, "%31s %31s %31s %31s %31s", word[0],
	    word[1], word[2], word[3], word[4]), 5);
	assert_int_equal(conn_run(fx.conn, SQL_FEE_RULE_INSERT, "ttttttiii",
	    id, word[0], word[1], word[2], word[3], word[4], ppm, fixed,
	    fixture_now), 1);
}

static struct conf
configured(void)
{
	struct conf conf = fx.conf;

	conf.stripe_secret_key[0] = 's';
	conf.stripe_publishable_key[0] = 'p';
	conf.revolut_secret_key[0] = 's';
	return conf;
}

static struct route_input
payment(void)
{
	return (struct route_input){ .payment_type = "card", .country = "DE",
	    .card_scheme = "visa", .amount = { 10000, "EUR" } };
}

/* The rules found, in their order, as "a b c". */
static const char *
found(const struct conf *conf, const struct route_input *in)
{
	struct routes routes;
	const char *text = "";

	route_find(fx.conn, fx.arena, conf, in, &routes);
	assert_null(conn_failed(fx.conn));
	for (size_t i = 0; i < routes.n; i++)
		text = arena_printf(fx.arena, "%s%s%s", text,
		    i > 0 ? " " : "", routes.at[i].rule_id);
	return text;
}

static void
a_new_installation_has_its_rules(void **state)
{
	const struct conf conf = configured();
	struct route_input in = payment();
	struct routes routes;

	(void)state;
	assert_string_equal(found(&conf, &in), "rule_stripe_default");
	in.payment_type = "revolut_pay";
	assert_string_equal(found(&conf, &in), "rule_revolut_pay_default");
	route_find(fx.conn, fx.arena, &conf, &in, &routes);
	assert_int_equal(routes.at[0].estimated_fee, 120);
	assert_string_equal(routes.at[0].provider->name, "revolut");
	in.payment_type = "open_banking";
	assert_string_equal(found(&conf, &in),
	    "rule_revolut_open_banking_default");
}

/* A demand for money on a phone is nothing that a rule alone may send. */
static void
who_must_be_told_what_to_charge_is_named(void **state)
{
	struct conf conf = configured();
	struct route_input in = payment();

	(void)state;
	conf.clickpesa_client_id[0] = conf.clickpesa_api_key[0] = 'k';
	in.payment_type = "mobile_money";
	assert_string_equal(found(&conf, &in), "");
	in.processor = "momo";
	assert_string_equal(found(&conf, &in), "rule_momo_default");
	in.processor = "clickpesa";
	assert_string_equal(found(&conf, &in), "rule_clickpesa_default");
	/* A page asks the payer. */
	in.processor = NULL;
	in.hosted = true;
	assert_string_equal(found(&conf, &in), "rule_clickpesa_default");
}

static void
every_part_matches_or_is_a_star(void **state)
{
	static const char *const parts[] = {
		"stripe card DE visa EUR", "stripe card * * *",
		"stripe * DE * *", "stripe * * visa *", "stripe * * * EUR",
		"stripe * * * *",
	};
	static const char *const others[] = {
		"stripe revolut_pay DE visa EUR", "stripe card FR visa EUR",
		"stripe card DE mastercard EUR", "stripe card DE visa USD",
		"stripe card DE visa eur", "unheard_of card DE visa EUR",
	};
	const struct conf conf = configured();
	struct route_input in = payment();
	char id[2] = "a";

	(void)state;
	end_all();
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		rule(id, parts[i], 10000, 0);
		id[0]++;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		rule(id, others[i], 10000, 0);
		id[0]++;
	}
	assert_string_equal(found(&conf, &in), "a b c d e f");
	/* What was not said matches stars alone. */
	in.country = in.card_scheme = NULL;
	assert_string_equal(found(&conf, &in), "b e f");
	in.processor = "stripe";
	assert_string_equal(found(&conf, &in), "b e f");
	in.processor = "revolut";
	assert_string_equal(found(&conf, &in), "");
}

static void
the_cheapest_comes_first(void **state)
{
	const struct conf conf = configured();
	struct route_input in = payment();
	struct routes routes;

	(void)state;
	end_all();
	rule("dear", "stripe card * * *", 29000, 30);
	rule("flat", "revolut card * * *", 0, 250);
	rule("cheap", "revolut card * * *", 10000, 20);
	assert_string_equal(found(&conf, &in), "cheap flat dear");
	route_find(fx.conn, fx.arena, &conf, &in, &routes);
	assert_int_equal(routes.at[0].estimated_fee, 120);
	assert_int_equal(routes.at[1].estimated_fee, 250);
	assert_int_equal(routes.at[2].estimated_fee, 320);
	/* Of a small amount the fixed part is most. */
	in.amount.minor = 100;
	assert_string_equal(found(&conf, &in), "cheap dear flat");
	in.amount.minor = 1000000;
	assert_string_equal(found(&conf, &in), "flat cheap dear");
}

static void
equals_are_ordered_by_their_id(void **state)
{
	const struct conf conf = configured();
	struct route_input in = payment();

	(void)state;
	end_all();
	rule("b", "stripe card * * *", 10000, 0);
	rule("c", "revolut card * * *", 10000, 0);
	rule("a", "revolut card DE * *", 0, 100);
	assert_string_equal(found(&conf, &in), "a b c");
}

static void
what_is_not_configured_is_skipped(void **state)
{
	struct conf conf = configured();
	struct route_input in = payment();
	struct routes routes;

	(void)state;
	end_all();
	rule("s", "stripe card * * *", 10000, 0);
	rule("r", "revolut card * * *", 20000, 0);
	conf.stripe_publishable_key[0] = '\0';
	assert_string_equal(found(&conf, &in), "r");
	conf.revolut_secret_key[0] = '\0';
	route_find(fx.conn, fx.arena, &conf, &in, &routes);
	assert_int_equal(routes.n, 0);
	assert_ptr_equal(routes.missing, &FAULT_STRIPE_PUBLISHABLE_MISSING);
	in.processor = "revolut";
	route_find(fx.conn, fx.arena, &conf, &in, &routes);
	assert_ptr_equal(routes.missing, &FAULT_REVOLUT_KEY_MISSING);
	/* Nothing matches: then nothing is missing. */
	in.payment_type = "mobile_money";
	route_find(fx.conn, fx.arena, &conf, &in, &routes);
	assert_int_equal(routes.n, 0);
	assert_null(routes.missing);
}

static void
a_processor_carries_what_it_can(void **state)
{
	const struct conf conf = configured();
	struct route_input in = payment();

	(void)state;
	end_all();
	rule("r", "revolut * * * *", 20000, 0);
	rule("s", "stripe * * * *", 10000, 0);
	assert_string_equal(found(&conf, &in), "s r");
	in.payment_type = "revolut_pay";
	assert_string_equal(found(&conf, &in), "r");
	in.payment_type = "open_banking";
	assert_string_equal(found(&conf, &in), "r");
}

static void
ended_rules_match_nothing(void **state)
{
	const struct conf conf = configured();
	struct route_input in = payment();

	(void)state;
	end_all();
	assert_string_equal(found(&conf, &in), "");
	rule("a", "stripe card * * *", 10000, 0);
	assert_string_equal(found(&conf, &in), "a");
	assert_int_equal(conn_run(fx.conn, SQL_FEE_RULE_END, "it",
	    fixture_now, "a"), 1);
	assert_string_equal(found(&conf, &in), "");
	/* It ends once. */
	assert_int_equal(conn_run(fx.conn, SQL_FEE_RULE_END, "it",
	    fixture_now, "a"), 0);
}

static void
a_fee_that_cannot_be_computed_is_no_offer(void **state)
{
	const struct conf conf = configured();
	struct route_input in = payment();

	(void)state;
	end_all();
	rule("a", "stripe card * * *", 1000000, 0);
	in.amount.minor = INT64_MAX;
	in.amount.currency[0] = 'K';	/* KUR: no exponent of its own */
	assert_true(strlen(found(&conf, &in)) <= 1);
	rule("b", "stripe card * * *", 1000000, 100000);
	assert_null(strchr(found(&conf, &in), 'b'));
}

static void
many_rules(void **state)
{
	const struct conf conf = configured();
	struct route_input in = payment();
	struct routes routes;

	(void)state;
	end_all();
	for (int i = 0; i < ROUTES_MAX + 10; i++)
		rule(arena_printf(fx.arena, "r%03d", i), "stripe card * * *",
		    1000 * (ROUTES_MAX - i % ROUTES_MAX), 0);
	route_find(fx.conn, fx.arena, &conf, &in, &routes);
	assert_int_equal(routes.n, ROUTES_MAX);
	for (size_t i = 1; i < routes.n; i++)
		assert_true(routes.at[i - 1].estimated_fee <=
		    routes.at[i].estimated_fee);
}

static void
the_decision_is_recorded(void **state)
{
	const struct conf conf = configured();
	const struct tx *tx = fixture_tx(10000, "EUR");
	struct route_input in = payment();
	struct routes routes;

	(void)state;
	end_all();
	rule("s", "stripe card * * *", 29000, 30);
	rule("r", "revolut card * * *", 10000, 20);
	in.card_scheme = NULL;
	route_find(fx.conn, fx.arena, &conf, &in, &routes);
	route_record(fx.conn, fixture_now, tx->clive_tx_id, &in, &routes);
	struct rows *r = conn_rows(fx.conn, SQL_ROUTE_DECISION_OF_TX, "t",
	    tx->clive_tx_id);
	assert_true(row_next(r));
	assert_int_equal(row_int(r, 0), fixture_now);
	assert_string_equal(row_text(r, 1), "{\"payment_type\":\"card\","
	    "\"issuer_country\":\"DE\",\"card_scheme\":null,\"amount\":100,"
	    "\"currency\":\"EUR\"}");
	assert_string_equal(row_text(r, 2), "[{\"rule\":\"r\",\"processor\":"
	    "\"revolut\",\"estimated_fee\":1.2},{\"rule\":\"s\","
	    "\"processor\":\"stripe\",\"estimated_fee\":3.2}]");
	row_done(r);
}

static const struct CMUnitTest tests[] = {
	FIXTURE_CASE(a_new_installation_has_its_rules),
	FIXTURE_CASE(who_must_be_told_what_to_charge_is_named),
	FIXTURE_CASE(every_part_matches_or_is_a_star),
	FIXTURE_CASE(the_cheapest_comes_first),
	FIXTURE_CASE(equals_are_ordered_by_their_id),
	FIXTURE_CASE(what_is_not_configured_is_skipped),
	FIXTURE_CASE(a_processor_carries_what_it_can),
	FIXTURE_CASE(ended_rules_match_nothing),
	FIXTURE_CASE(a_fee_that_cannot_be_computed_is_no_offer),
	FIXTURE_CASE(many_rules),
	FIXTURE_CASE(the_decision_is_recorded),
};

TEST_MAIN("route", tests)
