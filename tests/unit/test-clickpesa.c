/* SPDX-License-Identifier: ISC */
/*
 * test-clickpesa.c - ClickPesa's checksum and events.
 *
 * The vectors are those of spec clickpesa.md section 8; the numbers were
 * printed by node.
 */
#include "clickpesa-checksum.h"

#include <string.h>

#include "clickpesa-events.h"
#include "test.h"

#define KEY "CHK_test_key"

#define CP_A								\
	"{\"amount\":100,\"currency\":\"USD\",\"customer\":{\"email\":"	\
	"\"john@example.com\",\"name\":\"John Doe\",\"phone\":"		\
	"\"+255123456789\"},\"exchange\":{\"amount\":\"1000\","		\
	"\"fromCurrency\":\"TZS\",\"rate\":\"1\",\"toCurrency\":\"TZS\"},"	\
	"\"reference\":\"TX123\"}"
#define CP_B								\
	"{\"callbackUrl\":\"https://shop.example/webhooks/clickpesa\","	\
	"\"customerEmail\":\"a@b.co\",\"description\":\"Top up / 10 credits\","	\
	"\"orderCurrency\":\"TZS\",\"orderReference\":"			\
	"\"01JABCDEFGHJKMNPQRSTVWXYZ0\",\"totalPrice\":\"10000\"}"
#define CP_C								\
	"{\"data\":{\"channel\":\"TIGO-PESA\",\"collectedAmount\":\"10000\","	\
	"\"collectedCurrency\":\"TZS\",\"createdAt\":"			\
	"\"2024-04-10T18:22:16.949Z\",\"customer\":{\"customerEmail\":"	\
	"\"john@example.com\",\"customerName\":\"John Doe\","		\
	"\"customerPhoneNumber\":\"255700000000\"},\"id\":"		\
	"\"ORD123456LCP7890\",\"message\":\"success\",\"orderReference\":"	\
	"\"ORD123456\",\"paymentReference\":\"abc123def456ghi789\","	\
	"\"status\":\"SUCCESS\",\"updatedAt\":\"2024-04-10T18:22:56.153Z\"},"	\
	"\"event\":\"PAYMENT RECEIVED\"}"
#define CP_C_SUM							\
	"0cad7eff722203aa4e33f83afdea5e42cfbd76a29d4c33177a4732ab87bf4607"
/* CP-C as it is delivered: in another order and with blanks. */
#define CP_C_SENT(sum, method)						\
	"{ \"event\":\"PAYMENT RECEIVED\", \"checksum\":\"" sum "\"" method	\
	", \"data\":{\"status\":\"SUCCESS\",\"id\":\"ORD123456LCP7890\","	\
	"\"paymentReference\":\"abc123def456ghi789\",\"orderReference\":"	\
	"\"ORD123456\",\"collectedAmount\":\"10000\",\"collectedCurrency\":"	\
	"\"TZS\",\"message\":\"success\",\"channel\":\"TIGO-PESA\","	\
	"\"updatedAt\":\"2024-04-10T18:22:56.153Z\",\"createdAt\":"	\
	"\"2024-04-10T18:22:16.949Z\",\"customer\":{\"customerName\":"	\
	"\"John Doe\",\"customerEmail\":\"john\\u0040example.com\","	\
	"\"customerPhoneNumber\":\"255700000000\"}}}"
#define CANONICAL ",\"checksumMethod\":\"canonical\""
#define LEGACY ",\"checksumMethod\":\"legacy\""
#define CP_D								\
	"{\"data\":{\"customer\":{\"customerName\":\"Zo\xc3\xab <A&B>\"},"	\
	"\"orderReference\":\"ORD1\",\"status\":\"SUCCESS\"},\"event\":"	\
	"\"PAYMENT RECEIVED\"}"
#define CP_D_SENT(sum)							\
	"{\"event\":\"PAYMENT RECEIVED\",\"checksum\":\"" sum "\","	\
	"\"data\":{\"status\":\"SUCCESS\",\"orderReference\":\"ORD1\","	\
	"\"customer\":{\"customerName\":\"Zo\\u00eb <A&B>\"}}}"
#define CP_E "{\"amount\":100,\"currency\":\"USD\",\"reference\":\"TX123\"}"
#define CP_G								\
	"{\"orderCurrency\":\"TZS\",\"orderItems\":[{\"name\":\"Tea\","	\
	"\"price\":\"500\",\"quantity\":2},{\"name\":\"Bun\",\"price\":"	\
	"\"250\",\"quantity\":1}],\"orderReference\":\"R1\"}"
#define CP_H								\
	"{\"data\":{\"channel\":\"TIGO-PESA\",\"clientId\":\"ID1234XHYAJK\","	\
	"\"createdAt\":\"2024-04-11T04:58:31.036Z\",\"id\":"		\
	"\"ORD123456LCP7891\",\"message\":\"Insufficient balance\","	\
	"\"orderReference\":\"ORD123456\",\"status\":\"FAILED\","	\
	"\"updatedAt\":\"2024-04-11T04:58:31.036Z\"},\"event\":"	\
	"\"PAYMENT FAILED\"}"

static int
make_arena(void **state)
{
	*state = arena_new();
	return 0;
}

static int
drop_arena(void **state)
{
	arena_free(*state);
	return 0;
}

static const struct json *
parse(struct arena *arena, const char *text)
{
	const char *why = "";
	const struct json *json = json_parse(arena, text, strlen(text), &why);

	if (json == NULL)
		fail_msg("%s: %s", why, text);
	return json;
}

static void
assert_canonical(struct arena *arena, const char *text, const char *expected)
{
	struct buf out;

	buf_init(&out, 1024 * 1024);
	clickpesa_canonical(arena, parse(arena, text), &out);
	assert_string_equal(buf_str(&out), expected);
	buf_free(&out);
}

static void
vectors(void **state)
{
	static const struct { const char *name, *key, *text, *sum; } rows[] = {
		{ "CP-A", "secret-key", CP_A, "d777a80827f17cf7882f9ac5efa68416"
		    "ec680e2d1ab72ad415228d00e4ac4957" },
		{ "CP-B", KEY, CP_B, "61a57eec03191be8af3a0b363f42bd78"
		    "5bc8686fe0a7105f8ca1a7133b5dbee8" },
		{ "CP-C", KEY, CP_C, CP_C_SUM },
		{ "CP-D", KEY, CP_D, "e1108da586a391859ba90784c7d267d3"
		    "c46b79f71f9a03d896000fbf429df2e5" },
		{ "CP-E2", "secret-key", CP_E, "17c51f37dad20682e08cd556446c7f8e"
		    "99840f4040b6719712f41f7549287f33" },
		{ "CP-G", KEY, CP_G, "bc6c7e8933cdcd9f7714b96d999ba51f"
		    "e64d686feaf67cbb2295f4f055eaa655" },
		{ "CP-H", KEY, CP_H, "7be57bcd03f8f7e7ac4eaf909c40c761"
		    "1004bd37fc152d9818d5deef06784e0c" },
	};
	char hex[SHA256_HEX_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		clickpesa_checksum(*state, parse(*state, rows[i].text),
		    rows[i].key, hex);
		if (strcmp(hex, rows[i].sum) != 0)
			fail_msg("%s: %s", rows[i].name, hex);
		assert_canonical(*state, rows[i].text, rows[i].text);
	}
}

static void
legacy_vector(void **state)
{
	char hex[SHA256_HEX_SIZE];

	assert_true(clickpesa_checksum_legacy(*state, parse(*state,
	    "{\"reference\":\"TX123\",\"currency\":\"USD\",\"amount\":100}"),
	    "secret-key", hex));
	assert_string_equal(hex, "85b65bf2670dcdcb8ebb8d19939e4fd5"
	    "9b02d5218741be2eaf9f575273b101d1");
	assert_false(clickpesa_checksum_legacy(*state, parse(*state, CP_A),
	    "secret-key", hex));
	assert_false(clickpesa_checksum_legacy(*state, parse(*state,
	    "{\"a\":null}"), "secret-key", hex));
}

static enum clickpesa_verdict
verify(struct arena *arena, const char *text, const char *header)
{
	return clickpesa_verify(arena, parse(arena, text), KEY, header);
}

static void
delivered_webhook_is_good(void **state)
{
	assert_int_equal(verify(*state, CP_C_SENT(CP_C_SUM, CANONICAL), NULL),
	    CLICKPESA_GOOD);
	assert_int_equal(verify(*state, CP_C_SENT(CP_C_SUM, ""), NULL),
	    CLICKPESA_GOOD);
}

static void
checksum_may_stand_in_the_header(void **state)
{
	assert_int_equal(verify(*state, CP_C, CP_C_SUM), CLICKPESA_GOOD);
	assert_int_equal(verify(*state, CP_H, CP_C_SUM), CLICKPESA_WRONG);
	/* The body's comes first. */
	assert_int_equal(verify(*state, CP_C_SENT("00", ""), CP_C_SUM),
	    CLICKPESA_WRONG);
	assert_int_equal(verify(*state, "{\"checksum\":null}", CP_C_SUM),
	    CLICKPESA_MISSING);
}

static void
without_checksum_is_missing(void **state)
{
	assert_int_equal(verify(*state, CP_C, NULL), CLICKPESA_MISSING);
	assert_int_equal(verify(*state, CP_C, ""), CLICKPESA_MISSING);
	assert_int_equal(verify(*state, CP_C_SENT("", CANONICAL), NULL),
	    CLICKPESA_MISSING);
}

static void
method_in_the_hashed_text_is_wrong(void **state)
{
	assert_int_equal(verify(*state, CP_C_SENT(
	    "a09c16f99ceea9ba3c47ba79700e8a9a"
	    "afd3aed893683438c94d8192d7dc6fc6", CANONICAL), NULL),
	    CLICKPESA_WRONG);
}

/* One captured value of it would fit every forged payment. */
static void
legacy_webhook_is_refused(void **state)
{
	assert_int_equal(verify(*state, CP_C_SENT(
	    "23a54d05d47f8e8d8b747e0559d25f77"
	    "067245cc2b90343e9b91df2ef2f8b176", LEGACY), NULL),
	    CLICKPESA_WRONG);
	assert_int_equal(verify(*state, CP_C_SENT(CP_C_SUM, LEGACY), NULL),
	    CLICKPESA_WRONG);
	assert_int_equal(verify(*state, CP_C_SENT(CP_C_SUM,
	    ",\"checksumMethod\":7"), NULL), CLICKPESA_WRONG);
}

static void
tampering_is_noticed(void **state)
{
	assert_int_equal(verify(*state, "{\"event\":\"PAYMENT RECEIVED\","
	    "\"data\":{\"orderReference\":\"ORD1\"},\"checksum\":\"" CP_C_SUM
	    "\"}", NULL), CLICKPESA_WRONG);
}

static void
escaped_spelling_is_good_too(void **state)
{
	assert_int_equal(verify(*state, CP_D_SENT(
	    "e1108da586a391859ba90784c7d267d3"
	    "c46b79f71f9a03d896000fbf429df2e5"), NULL), CLICKPESA_GOOD);
	assert_int_equal(verify(*state, CP_D_SENT(
	    "67ec8619d4f4443967f92b5b6fee7fa1"
	    "c036baca447fdea01743091a33f02516"), NULL), CLICKPESA_GOOD);
	/* Go's spelling, which escapes < > and &, is not. */
	assert_int_equal(verify(*state, CP_D_SENT(
	    "9f2e15321ea07f79f8a0e581a718c219"
	    "b95c6387b2ebf10e470b4e0fff5dba7a"), NULL), CLICKPESA_WRONG);
}

static void
texts_are_spelt_like_javascript(void **state)
{
	assert_canonical(*state, "{\"a\":\"\\/ \\u0041 \\u00eb \\ud83d\\ude00"
	    " \\b\\f\\n\\r\\t \\u000b \\u001F \\u007f \\u2028 \\\"\\\\\"}",
	    "{\"a\":\"/ A \xc3\xab \xf0\x9f\x98\x80 \\b\\f\\n\\r\\t \\u000b "
	    "\\u001f \x7f \xe2\x80\xa8 \\\"\\\\\"}");
}

static void
members_are_sorted_at_every_depth(void **state)
{
	assert_canonical(*state, "{ \"b\" : [ {\"z\":1, \"a\":{\"d\":[],"
	    "\"c\":{}}} , [3,2,1] ], \"a\":true, \"B\":null, \"\":false,"
	    "\"aa\":0, \"a\\u0000\":1 }",
	    "{\"\":false,\"B\":null,\"a\":true,\"a\\u0000\":1,\"aa\":0,"
	    "\"b\":[{\"a\":{\"c\":{},\"d\":[]},\"z\":1},[3,2,1]]}");
}

/* U+1F600 is d83d de00 there, before e000 and ff5e but after d7ff. */
static void
order_is_that_of_utf16(void **state)
{
	assert_canonical(*state, "{\"\\uff5e\":1,\"\\ue000\":2,"
	    "\"\\ud83d\\ude00\":3,\"\\ud7ff\":4,\"\\ud83d\\ude01\":5}",
	    "{\"\xed\x9f\xbf\":4,\"\xf0\x9f\x98\x80\":3,"
	    "\"\xf0\x9f\x98\x81\":5,\"\xee\x80\x80\":2,\"\xef\xbd\x9e\":1}");
}

/* Only the outermost object loses the two members. */
static void
inner_checksums_stay(void **state)
{
	assert_canonical(*state, "{\"checksum\":1,\"data\":{\"checksum\":2,"
	    "\"checksumMethod\":3},\"checksumMethod\":4}",
	    "{\"data\":{\"checksum\":2,\"checksumMethod\":3}}");
}

static void
numbers_are_spelt_like_javascript(void **state)
{
	static const char *const rows[][2] = {
		{ "0", "0" }, { "-0", "0" }, { "-0.0e5", "0" },
		{ "100.0", "100" }, { "1.50", "1.5" }, { "1e2", "100" },
		{ "-12.340", "-12.34" }, { "0.1", "0.1" },
		{ "0.30000000000000004", "0.30000000000000004" },
		{ "12345678901234567890", "12345678901234567000" },
		{ "9007199254740993", "9007199254740992" },
		{ "1e20", "100000000000000000000" },
		{ "123456789012345678901", "123456789012345680000" },
		{ "1e21", "1e+21" }, { "1.25e21", "1.25e+21" },
		{ "0.000001", "0.000001" }, { "0.0000012", "0.0000012" },
		{ "0.0000001", "1e-7" }, { "1.5e-7", "1.5e-7" },
		{ "-1.5E-10", "-1.5e-10" },
		{ "5e-324", "5e-324" }, { "1e-400", "0" },
		{ "1e400", "null" }, { "-1e400", "null" },
		{ "1.7976931348623157e308", "1.7976931348623157e+308" },
		{ "2.2250738585072014e-308", "2.2250738585072014e-308" },
		{ "5.684341886080801486968994140625e-14",
		    "5.684341886080802e-14" },
		{ "9.5367431640625e-7", "9.5367431640625e-7" },
		{ "4.35", "4.35" }, { "0.000001234567", "0.000001234567" },
		{ "999999999999999900000", "999999999999999900000" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_canonical(*state,
		    arena_printf(*state, "{\"n\":%s}", rows[i][0]),
		    arena_printf(*state, "{\"n\":%s}", rows[i][1]));
}

/* ------------------------------------------------------------ events */

static struct clickpesa_event
event(struct arena *arena, const char *text)
{
	struct clickpesa_event e;

	assert_true(clickpesa_event_read(arena, parse(arena, text), &e));
	return e;
}

static void
received_is_read(void **state)
{
	struct clickpesa_event e = event(*state, CP_C);

	assert_int_equal(e.meaning, CLICKPESA_PAID);
	assert_string_equal(e.event, "PAYMENT RECEIVED");
	assert_string_equal(e.id, "ORD123456LCP7890");
	assert_string_equal(e.reference, "ORD123456");
	assert_true(e.has_amount);
	assert_int_equal(e.amount.minor, 1000000);
	assert_string_equal(e.amount.currency, "TZS");
}

static void
failed_is_read(void **state)
{
	struct clickpesa_event e = event(*state, CP_H);

	assert_int_equal(e.meaning, CLICKPESA_FAILED);
	assert_string_equal(e.reference, "ORD123456");
	assert_false(e.has_amount);
}

static void
older_shapes_are_read(void **state)
{
	struct clickpesa_event e = event(*state, "{\"eventType\":"
	    "\"PAYMENT FAILED\",\"data\":{\"id\":\"A\",\"orderReference\":"
	    "\"R1\"}}");

	assert_int_equal(e.meaning, CLICKPESA_FAILED);
	e = event(*state, "{\"event\":\"PAYMENT RECEIVED\",\"data\":"
	    "{\"paymentId\":\"P1\",\"status\":\"SUCCESS\",\"amount\":2500,"
	    "\"currency\":\"TZS\",\"orderReference\":\"R1\",\"customer\":"
	    "{\"name\":\"J\",\"email\":\"j@x.co\",\"phone\":\"255\"}}}");
	assert_int_equal(e.meaning, CLICKPESA_PAID);
	assert_string_equal(e.id, "P1");
	assert_int_equal(e.amount.minor, 250000);
}

static void
bare_shape_is_read(void **state)
{
	struct clickpesa_event e = event(*state, "{\"data\":{\"orderReference\":"
	    "\"R1\",\"status\":\"success\",\"id\":\"A\"}}");

	assert_int_equal(e.meaning, CLICKPESA_PAID);
	assert_null(e.event);
	assert_false(e.has_amount);
}

static void
statuses_decide(void **state)
{
	static const struct { const char *status; int meaning; } rows[] = {
		{ "SUCCESS", CLICKPESA_PAID }, { "Success", CLICKPESA_PAID },
		{ "settled", CLICKPESA_PAID }, { "failed", CLICKPESA_FAILED },
		{ "PENDING", CLICKPESA_IGNORED },
		{ "PROCESSING", CLICKPESA_IGNORED },
		{ "ON-HOLD", CLICKPESA_IGNORED },
		{ "REFUNDED", CLICKPESA_IGNORED },
		{ "REVERSED", CLICKPESA_IGNORED },
		{ "SUCCESSFUL", CLICKPESA_IGNORED }, { "", CLICKPESA_IGNORED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(event(*state, arena_printf(*state,
		    "{\"data\":{\"orderReference\":\"R\",\"status\":\"%s\"}}",
		    rows[i].status)).meaning, rows[i].meaning);
}

static void
names_must_agree_with_statuses(void **state)
{
	static const struct { const char *name, *status; int meaning; } rows[] =
	{
		{ "PAYMENT RECEIVED", "FAILED", CLICKPESA_IGNORED },
		{ "PAYMENT RECEIVED", "", CLICKPESA_IGNORED },
		{ "PAYMENT FAILED", "SUCCESS", CLICKPESA_IGNORED },
		{ "PAYMENT FAILED", "", CLICKPESA_FAILED },
		{ "payment received", "SETTLED", CLICKPESA_PAID },
		{ "PAYOUT INITIATED", "SUCCESS", CLICKPESA_IGNORED },
		{ "PAYMENT RECEIVED ", "SUCCESS", CLICKPESA_IGNORED },
		{ "", "SUCCESS", CLICKPESA_IGNORED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(event(*state, arena_printf(*state,
		    "{\"event\":\"%s\",\"data\":{\"orderReference\":\"R\","
		    "\"status\":\"%s\"}}", rows[i].name,
		    rows[i].status)).meaning, rows[i].meaning);
	assert_int_equal(event(*state, "{\"event\":7,\"data\":"
	    "{\"status\":\"SUCCESS\"}}").meaning, CLICKPESA_IGNORED);
	assert_true(event(*state, "{\"event\":\"DEPOSIT RECEIVED\","
	    "\"data\":{}}").other);
	assert_false(event(*state, CP_C).other);
}

static void
amounts_are_read_without_floats(void **state)
{
	static const struct { const char *json; int64_t minor; } rows[] = {
		{ "\"10000\"", 1000000 }, { "\"10000.00\"", 1000000 },
		{ "\"10000.5\"", 1000050 }, { "10000", 1000000 },
		{ "10000.25", 1000025 }, { "\"0\"", 0 }, { "0", 0 },
		{ "\"000100\"", 10000 }, { "\"0.01\"", 1 },
		{ "\"1e4\"", -1 }, { "1e4", -1 }, { "\"-5\"", -1 },
		{ "-5", -1 }, { "\"10,000\"", -1 }, { "\" 100\"", -1 },
		{ "\"100.001\"", -1 }, { "\"100.\"", -1 }, { "\".5\"", -1 },
		{ "\"\"", -1 }, { "true", -1 }, { "[]", -1 },
		{ "\"100\\u0000\"", -1 }, { "\"99999999999999999999\"", -1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct clickpesa_event e = event(*state, arena_printf(*state,
		    "{\"data\":{\"orderReference\":\"R\",\"status\":"
		    "\"SUCCESS\",\"collectedAmount\":%s,"
		    "\"collectedCurrency\":\"tzs\"}}", rows[i].json));
		assert_true(e.has_amount);
		if (e.amount.minor != rows[i].minor)
			fail_msg("%s: %lld", rows[i].json,
			    (long long)e.amount.minor);
	}
	/* An amount of no currency agrees with nothing. */
	assert_int_equal(event(*state, "{\"data\":{\"orderReference\":\"R\","
	    "\"status\":\"SUCCESS\",\"collectedAmount\":\"1\"}}").amount.minor,
	    -1);
	assert_false(event(*state, "{\"data\":{\"orderReference\":\"R\","
	    "\"collectedAmount\":null}}").has_amount);
}

static void
strange_bodies_are_refused(void **state)
{
	static const char *const rows[] = { "[]", "7", "null", "\"x\"", "{}",
	    "{\"data\":null}", "{\"data\":[]}", "{\"data\":\"x\"}" };
	struct clickpesa_event e;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_false(clickpesa_event_read(*state, parse(*state,
		    rows[i]), &e));
	assert_null(event(*state, "{\"data\":{}}").reference);
	assert_null(event(*state, "{\"data\":{\"orderReference\":\"\"}}")
	    .reference);
	assert_null(event(*state, "{\"data\":{\"orderReference\":7}}")
	    .reference);
	assert_null(event(*state, "{\"data\":{\"orderReference\":\"a\\u0000\"}}")
	    .reference);
}

static void
stored_bodies_are_read_again(void **state)
{
	const struct slice body = { CP_C, strlen(CP_C) };
	const struct slice other = { "{\"data\":{\"status\":\"PENDING\"}}", 29 };
	struct payment_event p;

	assert_true(clickpesa_payment_event(*state, body, &p));
	assert_string_equal(p.processor, "clickpesa");
	assert_string_equal(p.event_id,
	    "PAYMENT RECEIVED|ORD123456LCP7890|ORD123456");
	assert_string_equal(p.ref, "ORD123456");
	assert_int_equal(p.outcome, PAYMENT_SUCCEEDED);
	assert_int_equal(p.amount.minor, 1000000);
	assert_ptr_equal(p.body.p, body.p);
	assert_false(clickpesa_payment_event(*state, other, &p));
}

/* Or the success would pass for a copy of the failure. */
static void
bare_events_differ_by_status(void **state)
{
	static const char *const statuses[] = { "FAILED", "success" };
	static const char *const ids[] = { "status.FAILED|A|R",
	    "status.SUCCESS|A|R" };
	struct payment_event p;

	for (int i = 0; i < 2; i++) {
		const char *text = arena_printf(*state, "{\"data\":{"
		    "\"orderReference\":\"R\",\"status\":\"%s\",\"id\":\"A\"}}",
		    statuses[i]);
		assert_true(clickpesa_payment_event(*state,
		    (struct slice){ text, strlen(text) }, &p));
		assert_string_equal(p.event_id, ids[i]);
	}
}

static void
failures_have_reasons_of_ours(void **state)
{
	static const struct {
		const char	*message;
		const char	*code;
	} rows[] = {
		{ "Insufficient balance", "INSUFFICIENT_FUNDS" },
		{ "NOT ENOUGH MONEY", "INSUFFICIENT_FUNDS" },
		{ "Transaction rejected by customer", "user_rejected" },
		{ "Cancelled by user", "user_rejected" },
		{ "Request timed out", "timeout" },
		{ "Session expired", "timeout" },
		{ "Declined", "generic_decline" }, { "", "generic_decline" },
		{ NULL, "generic_decline" },
	};
	const char *body = "{\"event\":\"PAYMENT FAILED\",\"data\":{"
	    "\"id\":\"A\",\"status\":\"FAILED\",\"orderReference\":\"R\","
	    "\"message\":\"Insufficient balance\"}}";
	struct payment_event p;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(clickpesa_failure(rows[i].message),
		    rows[i].code);
	assert_true(clickpesa_payment_event(*state,
	    (struct slice){ body, strlen(body) }, &p));
	assert_string_equal(p.failure, "INSUFFICIENT_FUNDS");
	assert_string_equal(p.failure_message, "Insufficient balance");
	body = CP_C;
	assert_true(clickpesa_payment_event(*state,
	    (struct slice){ body, strlen(body) }, &p));
	assert_null(p.failure);
	assert_null(p.failure_message);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_arena, drop_arena)

static const struct CMUnitTest tests[] = {
	CASE(vectors),
	CASE(legacy_vector),
	CASE(delivered_webhook_is_good),
	CASE(checksum_may_stand_in_the_header),
	CASE(without_checksum_is_missing),
	CASE(method_in_the_hashed_text_is_wrong),
	CASE(legacy_webhook_is_refused),
	CASE(tampering_is_noticed),
	CASE(escaped_spelling_is_good_too),
	CASE(texts_are_spelt_like_javascript),
	CASE(members_are_sorted_at_every_depth),
	CASE(order_is_that_of_utf16),
	CASE(inner_checksums_stay),
	CASE(numbers_are_spelt_like_javascript),
	CASE(received_is_read),
	CASE(failed_is_read),
	CASE(older_shapes_are_read),
	CASE(bare_shape_is_read),
	CASE(statuses_decide),
	CASE(names_must_agree_with_statuses),
	CASE(amounts_are_read_without_floats),
	CASE(strange_bodies_are_refused),
	CASE(stored_bodies_are_read_again),
	CASE(bare_events_differ_by_status),
	CASE(failures_have_reasons_of_ours),
};

TEST_MAIN("clickpesa", tests)
