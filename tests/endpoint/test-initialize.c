/* SPDX-License-Identifier: ISC */
/* test-initialize.c - opening a payment. */
#include "harness.h"

#include <string.h>

#include "fault.h"

/* Posts a body under a key named after the case. */
static struct answer *
post(const char *name, const char *body)
{
	return ask_post(&world.partner, INITIALIZE, name, body);
}

/* A good body with one member in place of its own. */
static const char *
body_with(const char *name, const char *value)
{
	static const char *const members[][2] = {
		{ "partner_id", "\"" PARTNER "\"" },
		{ "client_id", "\"" CLIENT "\"" },
		{ "amount", "750" },
		{ "currency", "\"USD\"" },
		{ "echezona_reference", "\"EZ1\"" },
		{ "meta", "{}" },
	};
	const char *body = "";

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		bool same = strcmp(members[i][0], name) == 0;
		body = textf("%s%s\"%s\":%s", body, i > 0 ? "," : "",
		    members[i][0], same ? value : members[i][1]);
	}
	return textf("{%s}", body);
}

static void
answers_201_with_the_id_and_initialized(void **state)
{
	struct answer *a = post("ini-first", initialize_body("ini-first"));

	(void)state;
	assert_status(a, 201);
	assert_string_equal(keys_of(a->json), "clive_tx_id status");
	const char *id = text_at(a, "clive_tx_id");
	assert_int_equal(strlen(id), 6 + 13 + 1 + 9);
	assert_memory_equal(id, "CLVTX_", 6);
	assert_int_equal(id[19], '_');
	assert_string_equal(text_at(a, "status"), "initialized");
}

static void
answers_with_the_headers_of_an_api(void **state)
{
	struct answer *a = post("ini-head", initialize_body("ini-head"));

	(void)state;
	assert_string_equal(header_of(a, "Content-Type"), "application/json");
	/* Apache's own CGI takes the length away and sends pieces. */
	if (header_of(a, "Transfer-Encoding") == NULL)
		assert_string_equal(header_of(a, "Content-Length"),
		    textf("%zu", a->len));
	assert_string_equal(header_of(a, "Cache-Control"), "no-store");
	assert_string_equal(header_of(a, "X-Content-Type-Options"),
	    "nosniff");
	assert_memory_equal(header_of(a, "X-Request-Id"), "req_", 4);
	assert_null(header_of(a, "Access-Control-Allow-Origin"));
	assert_null(header_of(a, "RateLimit-Limit"));
}

static void
stores_the_payment_with_an_audit_event(void **state)
{
	const char *id = tx_new("ini-store");

	(void)state;
	assert_string_equal(db_text(textf("SELECT partner_id || ' ' || "
	    "client_id || ' ' || amount || ' ' || currency || ' ' || status "
	    "|| ' ' || processor || ' ' || settlement_status FROM tx WHERE "
	    "clive_tx_id = '%s' AND echezona_reference = 'ini-store' AND "
	    "processor_ref IS NULL AND meta IS NULL", id)),
	    PARTNER " " CLIENT " 75000 USD initialized stripe unsettled");
	assert_string_equal(db_text(textf("SELECT actor || ' ' || action || "
	    "' ' || json_remove(detail, '$.request') FROM audit_event WHERE "
	    "subject = '%s'", id)), textf("key:%s transaction.initialized "
	    "{\"amount\":750,\"currency\":\"USD\"}", world.partner.id));
}

static void
tells_nobody_of_an_opened_payment(void **state)
{
	const char *id = tx_new("ini-silent");

	(void)state;
	assert_int_equal(db_int(textf("SELECT count(*) FROM event WHERE "
	    "clive_tx_id = '%s'", id)), 0);
}

static void
lets_a_reference_be_used_again(void **state)
{
	(void)state;
	assert_status(post("ini-ref-1", initialize_body("ini-ref")), 201);
	assert_status(post("ini-ref-2", initialize_body("ini-ref")), 201);
	assert_int_equal(db_int("SELECT count(*) FROM tx WHERE "
	    "echezona_reference = 'ini-ref'"), 2);
}

static void
keeps_meta_byte_for_byte(void **state)
{
	const char *meta = "{ \"b\":1.10,\"a\":12345678901234567890,"
	    "\"c\":\"\\u00e9\\/\", \"e\":1E+2 }";
	struct answer *a = post("ini-meta", body_with("meta", meta));

	(void)state;
	assert_status(a, 201);
	assert_string_equal(db_text(textf("SELECT meta FROM tx WHERE "
	    "clive_tx_id = '%s'", text_at(a, "clive_tx_id"))), meta);
}

static void
takes_null_for_an_absent_meta(void **state)
{
	struct answer *a = post("ini-null", body_with("meta", "null"));

	(void)state;
	assert_status(a, 201);
	assert_null(db_text(textf("SELECT meta FROM tx WHERE clive_tx_id = "
	    "'%s'", text_at(a, "clive_tx_id"))));
}

static void
reads_amounts_as_javascript_spells_them(void **state)
{
	static const struct {
		const char	*amount, *currency;
		int64_t		 minor;
	} rows[] = {
		{ "0.01", "USD", 1 }, { "750.0", "USD", 75000 },
		{ "7.5e2", "USD", 75000 }, { "1E+3", "USD", 100000 },
		{ "0.30000000000000004", "USD", 30 },
		{ "19.989999999999998", "USD", 1999 },
		{ "999999999.99", "USD", INT64_C(99999999999) },
		{ "500", "JPY", 500 }, { "1.234", "KWD", 1234 },
		{ "10", "usd", 1000 }, { "10", "XQZ", 1000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer *a = post(textf("ini-amount-%zu", i), textf(
		    "{\"partner_id\":\"" PARTNER "\",\"client_id\":\"" CLIENT
		    "\",\"amount\":%s,\"currency\":\"%s\","
		    "\"echezona_reference\":\"x\"}", rows[i].amount,
		    rows[i].currency));
		assert_status(a, 201);
		assert_int_equal(db_int(textf("SELECT amount FROM tx WHERE "
		    "clive_tx_id = '%s' AND currency = upper('%s')",
		    text_at(a, "clive_tx_id"), rows[i].currency)),
		    rows[i].minor);
	}
}

static void
refuses_one_bad_field_in_zods_words(void **state)
{
	static const struct {
		const char	*name, *value, *message;
	} rows[] = {
		{ "amount", "0", "Number must be greater than 0" },
		{ "amount", "-0", "Number must be greater than 0" },
		{ "amount", "-1", "Number must be greater than 0" },
		{ "amount", "\"750\"", "Expected number, received string" },
		{ "amount", "null", "Expected number, received null" },
		{ "amount", "true", "Expected number, received boolean" },
		{ "amount", "[750]", "Expected number, received array" },
		{ "amount", "1000000000",
		  "Number must be less than or equal to 999999999.99" },
		{ "amount", "1e400",
		  "Number must be less than or equal to 999999999.99" },
		{ "amount", "0.001",
		  "Number must have at most 2 decimal place(s) in USD" },
		{ "currency", "\"US\"",
		  "String must contain exactly 3 character(s)" },
		{ "currency", "\"USDX\"",
		  "String must contain exactly 3 character(s)" },
		{ "currency", "840", "Expected string, received number" },
		{ "currency", "\"U1D\"", "Invalid currency" },
		{ "currency", "\"\\u00e9\\u00e9\\u00e9\"",
		  "Invalid currency" },
		{ "partner_id", "\"\"",
		  "String must contain at least 1 character(s)" },
		{ "partner_id", "{}", "Expected string, received object" },
		{ "partner_id", "null", "Expected string, received null" },
		{ "client_id", "\"\"",
		  "String must contain at least 1 character(s)" },
		{ "client_id", "7", "Expected string, received number" },
		{ "echezona_reference", "\"\"",
		  "String must contain at least 1 character(s)" },
		{ "echezona_reference", "\"a\\u0000b\"",
		  "String must not contain NUL" },
		{ "meta", "[]", "Expected object, received array" },
		{ "meta", "\"{}\"", "Expected object, received string" },
		{ "meta", "1", "Expected object, received number" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_invalid(post("ini-bad", body_with(rows[i].name,
		    rows[i].value)), textf("{\"fieldErrors\":{\"%s\":[\"%s\"]"
		    "},\"formErrors\":[]}", rows[i].name, rows[i].message));
}

static void
refuses_a_missing_field_as_required(void **state)
{
	(void)state;
	assert_invalid(post("ini-empty", "{}"),
	    "{\"fieldErrors\":{\"partner_id\":[\"Required\"],"
	    "\"client_id\":[\"Required\"],\"currency\":[\"Required\"],"
	    "\"amount\":[\"Required\"],"
	    "\"echezona_reference\":[\"Required\"]},\"formErrors\":[]}");
}

static void
takes_texts_up_to_their_limits_and_no_longer(void **state)
{
	char text[130] = { 0 };

	(void)state;
	memset(text, 'r', 128);
	assert_status(post("ini-128", body_with("echezona_reference",
	    textf("\"%s\"", text))), 201);
	text[128] = 'r';
	assert_invalid(post("ini-129", body_with("echezona_reference",
	    textf("\"%s\"", text))),
	    "{\"fieldErrors\":{\"echezona_reference\":[\"String must contain "
	    "at most 128 character(s)\"]},\"formErrors\":[]}");
	text[65] = '\0';
	assert_invalid(post("ini-65", body_with("client_id",
	    textf("\"%s\"", text))),
	    "{\"fieldErrors\":{\"client_id\":[\"String must contain at most "
	    "64 character(s)\"]},\"formErrors\":[]}");
}

static void
counts_characters_not_bytes(void **state)
{
	char text[257] = { 0 };

	(void)state;
	for (size_t i = 0; i < 256; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	assert_status(post("ini-utf8", body_with("echezona_reference",
	    textf("\"%s\"", text))), 201);
}

/* {"k":"xxx..."} of exactly n bytes. */
static const char *
meta_of(size_t n)
{
	char *meta = arena_alloc(world.arena, n + 1);

	memset(meta, 'x', n);
	memcpy(meta, "{\"k\":\"", 6);
	memcpy(meta + n - 2, "\"}", 2);
	return meta;
}

static void
takes_meta_of_16_kib_and_no_more(void **state)
{
	(void)state;
	assert_status(post("ini-16k", body_with("meta", meta_of(16384))), 201);
	assert_invalid(post("ini-16k1", body_with("meta", meta_of(16385))),
	    "{\"fieldErrors\":{\"meta\":[\"Object must be at most 16384 bytes "
	    "of JSON\"]},\"formErrors\":[]}");
}

static void
ignores_unknown_fields(void **state)
{
	(void)state;
	assert_status(post("ini-more", body_with("meta",
	    "{},\"email\":12,\"status\":\"succeeded\"")), 201);
}

static void
refuses_a_body_for_another_partner(void **state)
{
	(void)state;
	assert_fault(post("ini-scope", body_with("partner_id",
	    "\"" OTHER_PARTNER "\"")), SCOPE);
	assert_fault(post("ini-scope", body_with("partner_id",
	    "\"NOSUCHPARTNER\"")), SCOPE);
}

static void
lets_a_platform_wide_key_name_any_partner(void **state)
{
	struct answer *a = ask_post(&world.platform, INITIALIZE, "ini-plat",
	    initialize_body("ini-plat"));

	(void)state;
	assert_status(a, 201);
	assert_fault(ask_post(&world.platform, INITIALIZE, "ini-plat-2",
	    body_with("partner_id", "\"NOSUCHPARTNER\"")), PARTNER_NOT_FOUND);
}

static void
refuses_partners_that_may_not_take_payments(void **state)
{
	const char *suspended = body_with("partner_id", "\"SUSPENDED01\"");
	const char *inactive = body_with("partner_id", "\"INACTIVE001\"");
	const char *pending = body_with("partner_id", "\"KYCPEND0001\"");

	(void)state;
	assert_fault(ask_post(&world.suspended, INITIALIZE, "ini-p1",
	    suspended), PARTNER_NOT_ACTIVE);
	assert_fault(ask_post(&world.inactive, INITIALIZE, "ini-p2",
	    inactive), PARTNER_NOT_ACTIVE);
	assert_fault(ask_post(&world.kyc_pending, INITIALIZE, "ini-p3",
	    pending), KYC_NOT_APPROVED);
}

static void
refuses_clients_that_may_not_take_payments(void **state)
{
	(void)state;
	assert_fault(post("ini-c1", body_with("client_id",
	    "\"NOSUCHCLIENT\"")), CLIENT_NOT_FOUND);
	assert_fault(post("ini-c2", body_with("client_id",
	    "\"" OTHER_CLIENT "\"")), CLIENT_NOT_FOUND);
	assert_fault(post("ini-c3", body_with("client_id",
	    "\"SUSPSHOP001\"")), CLIENT_NOT_ACTIVE);
	assert_fault(post("ini-c4", body_with("client_id",
	    "\"KYCSHOP0001\"")), CLIENT_NOT_ACTIVE);
}

static void
writes_nothing_when_it_refuses(void **state)
{
	int64_t before = db_int("SELECT count(*) FROM tx");
	int64_t audit = db_int("SELECT seq FROM audit_head");

	(void)state;
	post("ini-no-1", body_with("amount", "0"));
	post("ini-no-2", body_with("client_id", "\"NOSUCHCLIENT\""));
	post("ini-no-3", body_with("partner_id", "\"" OTHER_PARTNER "\""));
	assert_int_equal(db_int("SELECT count(*) FROM tx"), before);
	assert_int_equal(db_int("SELECT seq FROM audit_head"), audit);
}

static void
treats_sql_in_texts_as_text(void **state)
{
	const char *reference = "'); DROP TABLE tx; --";
	struct answer *a = post("ini-sql", body_with("echezona_reference",
	    textf("\"%s\"", reference)));

	(void)state;
	assert_status(a, 201);
	assert_string_equal(db_text(textf("SELECT echezona_reference FROM tx "
	    "WHERE clive_tx_id = '%s'", text_at(a, "clive_tx_id"))),
	    reference);
}

static const struct CMUnitTest tests[] = {
	CASE(answers_201_with_the_id_and_initialized),
	CASE(answers_with_the_headers_of_an_api),
	CASE(stores_the_payment_with_an_audit_event),
	CASE(tells_nobody_of_an_opened_payment),
	CASE(lets_a_reference_be_used_again),
	CASE(keeps_meta_byte_for_byte),
	CASE(takes_null_for_an_absent_meta),
	CASE(reads_amounts_as_javascript_spells_them),
	CASE(refuses_one_bad_field_in_zods_words),
	CASE(refuses_a_missing_field_as_required),
	CASE(takes_texts_up_to_their_limits_and_no_longer),
	CASE(counts_characters_not_bytes),
	CASE(takes_meta_of_16_kib_and_no_more),
	CASE(ignores_unknown_fields),
	CASE(refuses_a_body_for_another_partner),
	CASE(lets_a_platform_wide_key_name_any_partner),
	CASE(refuses_partners_that_may_not_take_payments),
	CASE(refuses_clients_that_may_not_take_payments),
	CASE(writes_nothing_when_it_refuses),
	CASE(treats_sql_in_texts_as_text),
};

ENDPOINT_MAIN("initialize", tests, NULL)
