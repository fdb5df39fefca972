/* SPDX-License-Identifier: ISC */
/*
 * test-revolut.c - the signature, the events and the orders of Revolut.
 *
 * Digests were made with Python's hmac; the two vectors are those of
 * stripe-revolut.md 7.3.
 */
#include "revolut-events.h"

#include <stdio.h>
#include <string.h>

#include "sig-header.h"
#include "test.h"

#define BODY "{\"event\":\"ORDER_COMPLETED\",\"order_id\":\"o1\"}"
#define SECRET "wsk_test"
#define NOW INT64_C(1790000000000)
#define T "1790000000000"

/* HMAC-SHA256 under SECRET of "v1.", T, "." and BODY, but for its name. */
#define D								\
	"c1ebe78cbd1e99a0db2d2278b3bb53c96684988b603676c2b134abcc6a3d679f"
#define D_OTHER_SECRET							\
	"c8ac432f2f6f14f987ca1d4aecdd4649eb95895b8ff33911110c270fb1bab3a1"
#define D_NO_PREFIX							\
	"aa7b9118fda7001f3fd0d5dde36adab829e9446ff6f89c363a98313fa748beeb"
#define D_NO_VERSION							\
	"2c7314b52fc16e4e819c223507d40a87214d4382e28018fabd90b5db80aec444"
#define D_BLANK_ADDED							\
	"4c36ef9904e5ef1ce998ffb6085cb8eeab8b9052b77a8d35a143d4684318a1b1"
#define D_EMPTY_BODY							\
	"7c4f0c2fef53bc5052f79de5f03d03cfa406ee24093cd7548f5c0f7f83b83c18"
#define D_EMPTY_SECRET							\
	"1a952a5ace7a7bfc64c1e884daf1931c7600fa5aed537d6171fbc62b66850d9f"
#define D_SECONDS							\
	"384d06c8dcd7275f95f82f0e1a16939a08b792bfd4ef43c28454392c50e69a64"
#define D_LEADING_ZERO							\
	"1e36a1508ef5f5a0657d43bfea61fbb9fb7f65bbfcc1b1fddcdf22e541a897d9"
#define D_PLUS								\
	"345c6f9ea33b362936fb3438fcfd55fd636f81ae79d6bb0b4791a2fc741e9725"
#define D_MINUS								\
	"63ef3c9a70b65ea41e2749726390d8690eaaef0ff2486268485878bec19df3e5"
#define D_FRACTION							\
	"60b24bdcca80f687529ca3e81668ea06762a2997609b8b890b931c9f576912be"
#define D_BLANK								\
	"2ca36077d89ae623d76fcf73904f0a245f3bb63aca7367c9446a3628491f3075"
#define D_EMPTY_TIME							\
	"ea01c386c3853be404d4914d623ccfe655776a15cacde952fefebb79c14d16d4"
#define D_16_DIGITS							\
	"98007fe7bbf111bf97912001f7152148b983dff2222beebd7583d0fcbc228cad"
#define NONSENSE							\
	"0000000000000000000000000000000000000000000000000000000000000000"

#define GOOD REVOLUT_SIGNATURE_GOOD
#define MISSING REVOLUT_SIGNATURE_MISSING
#define MALFORMED REVOLUT_SIGNATURE_MALFORMED
#define NO_SCHEME REVOLUT_SIGNATURE_NO_SCHEME
#define MISMATCH REVOLUT_SIGNATURE_MISMATCH
#define STALE REVOLUT_SIGNATURE_STALE
#define NO_SECRET REVOLUT_SIGNATURE_NO_SECRET

static struct slice
slice(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

static void
signature_vectors(void **state)
{
	static const struct {
		const char	*secret, *timestamp, *body, *signature;
	} rows[] = {
		{ "wsk_test_secret_0001", "1790000001000",
		  "{\"event\":\"ORDER_PAYMENT_DECLINED\",\"order_id\":"
		  "\"6634c172-3398-ac93-aee9-50de0282e3ac\","
		  "\"merchant_order_ext_ref\":\"order-42\"}",
		  "v1=abb004f4ffd66f0175fb52c775a502d675956301d09cabca5aa22464"
		  "38fc1acb" },
		{ "wsk_r59a4HfWVAKycbCaNO1RvgCJec02gRd8", "1683650202360",
		  "{\"event\": \"ORDER_COMPLETED\",\"order_id\": "
		  "\"9fc01989-3f61-4484-a5d9-ffe768531be9\","
		  "\"merchant_order_ext_ref\": \"Test #3928\"}",
		  "v1=281b1f1aebe9357b7b128fd6a3aae0fe202c901add4ce75e6d038e49"
		  "8871d7fd" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t now = strtoll(rows[i].timestamp, NULL, 10);
		assert_int_equal(revolut_signature_check(rows[i].signature,
		    rows[i].timestamp, slice(rows[i].body), &rows[i].secret,
		    1, now), GOOD);
		assert_int_equal(revolut_signature_check(rows[i].signature,
		    rows[i].timestamp, slice("{}"), &rows[i].secret, 1, now),
		    MISMATCH);
	}
}

static void
signature_table(void **state)
{
	static const struct {
		const char		*name;
		const char		*signature;
		const char		*timestamp;
		enum revolut_signature	 expected;
		int64_t			 off;	/* now - NOW */
		const char		*body;	/* NULL: BODY */
		const char		*secret; /* NULL: SECRET */
	} rows[] = {
		{ "right", "v1=" D, T, GOOD, 0, 0, 0 },
		{ "no signature", NULL, T, MISSING, 0, 0, 0 },
		{ "no timestamp", "v1=" D, NULL, MISSING, 0, 0, 0 },
		{ "empty signature", "", T, MISSING, 0, 0, 0 },
		{ "empty timestamp", "v1=" D, "", MISSING, 0, 0, 0 },
		{ "empty timestamp, signed", "v1=" D_EMPTY_TIME, "", MISSING,
		  0, 0, 0 },
		{ "one word", "potato", T, MALFORMED, 0, 0, 0 },
		{ "digest alone", D, T, MALFORMED, 0, 0, 0 },
		{ "other version", "v2=" D, T, NO_SCHEME, 0, 0, 0 },
		{ "other version and v1", "v2=zz,v1=" D, T, GOOD, 0, 0, 0 },
		{ "V1", "V1=" D, T, NO_SCHEME, 0, 0, 0 },
		{ "v10", "v10=" D, T, NO_SCHEME, 0, 0, 0 },
		{ "wrong, then right", "v1=" NONSENSE ",v1=" D, T, GOOD,
		  0, 0, 0 },
		{ "right, then wrong", "v1=" D ",v1=" NONSENSE, T, GOOD,
		  0, 0, 0 },
		{ "blank behind the comma", "v1=" NONSENSE ", v1=" D, T, GOOD,
		  0, 0, 0 },
		{ "blanks everywhere but within", " v1=" D " , v1=00", T, GOOD,
		  0, 0, 0 },
		{ "blank behind =", "v1= " D, T, MALFORMED, 0, 0, 0 },
		{ "comma at the end", "v1=" D ",", T, MALFORMED, 0, 0, 0 },
		{ "two commas", "v1=" D ",,v1=" D, T, MALFORMED, 0, 0, 0 },
		{ "empty v1", "v1=", T, MALFORMED, 0, 0, 0 },
		{ "short v1", "v1=deadbeef", T, MISMATCH, 0, 0, 0 },
		{ "0x", "v1=0x" D, T, MISMATCH, 0, 0, 0 },
		{ "nothing before =", "=" D, T, MALFORMED, 0, 0, 0 },
		{ "another secret", "v1=" D_OTHER_SECRET, T, MISMATCH,
		  0, 0, 0 },
		{ "that other secret", "v1=" D_OTHER_SECRET, T, GOOD, 0, 0,
		  "wsk_other" },
		{ "secret without its prefix", "v1=" D_NO_PREFIX, T, MISMATCH,
		  0, 0, 0 },
		{ "signed without version", "v1=" D_NO_VERSION, T, MISMATCH,
		  0, 0, 0 },
		{ "one blank more in the body", "v1=" D, T, MISMATCH, 0,
		  BODY " ", 0 },
		{ "one blank more, signed", "v1=" D_BLANK_ADDED, T, GOOD, 0,
		  BODY " ", 0 },
		{ "empty body", "v1=" D_EMPTY_BODY, T, GOOD, 0, "", 0 },
		{ "empty secret", "v1=" D_EMPTY_SECRET, T, NO_SECRET, 0, 0,
		  "" },
		{ "blank secret", "v1=" D_EMPTY_SECRET, T, NO_SECRET, 0, 0,
		  " \t" },
		{ "no secret, no header", NULL, NULL, NO_SECRET, 0, 0, " " },
		{ "300 s old", "v1=" D, T, GOOD, 300000, 0, 0 },
		{ "a millisecond older", "v1=" D, T, STALE, 300001, 0, 0 },
		{ "300 s ahead", "v1=" D, T, GOOD, -300000, 0, 0 },
		{ "a millisecond further", "v1=" D, T, STALE, -300001, 0, 0 },
		{ "seconds are long ago", "v1=" D_SECONDS, "1790000000", STALE,
		  0, 0, 0 },
		{ "stale and wrong is wrong", "v1=" D, "1790000000", MISMATCH,
		  0, 0, 0 },
		{ "zero before", "v1=" D_LEADING_ZERO, "0" T, MALFORMED,
		  0, 0, 0 },
		{ "plus", "v1=" D_PLUS, "+" T, MALFORMED, 0, 0, 0 },
		{ "minus", "v1=" D_MINUS, "-" T, MALFORMED, 0, 0, 0 },
		{ "fraction", "v1=" D_FRACTION, T ".5", MALFORMED, 0, 0, 0 },
		{ "blank before", "v1=" D_BLANK, " " T, MALFORMED, 0, 0, 0 },
		{ "sixteen digits", "v1=" D_16_DIGITS, T "000", MALFORMED,
		  0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *body = rows[i].body != NULL ? rows[i].body : BODY;
		const char *secret = rows[i].secret != NULL ? rows[i].secret :
		    SECRET;
		enum revolut_signature got = revolut_signature_check(
		    rows[i].signature, rows[i].timestamp, slice(body),
		    &secret, 1, NOW + rows[i].off);

		if (got != rows[i].expected)
			fail_msg("%s: %d instead of %d", rows[i].name,
			    (int)got, (int)rows[i].expected);
	}
}

static void
signature_any_of_several_secrets(void **state)
{
	const char *const secrets[] = { "", "wsk_other", NULL, SECRET };

	(void)state;
	for (size_t n = 0; n <= 4; n++)
		assert_int_equal(revolut_signature_check("v1=" D, T,
		    slice(BODY), secrets, n, NOW), n < 2 ? NO_SECRET :
		    n < 4 ? MISMATCH : GOOD);
}

static void
signature_of_any_length(void **state)
{
	char text[SIG_HEADER_MAX + 16];
	const char *secret = SECRET;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "v2=", 3);
	for (size_t n = SIG_HEADER_MAX - 1; n < sizeof(text); n++) {
		text[n] = '\0';
		assert_int_equal(revolut_signature_check(text, T, slice(BODY),
		    &secret, 1, NOW), n > SIG_HEADER_MAX ? MALFORMED :
		    NO_SCHEME);
		text[n] = 'a';
	}
	size_t n = 0;
	for (int i = 0; i < SIG_HEADER_ITEMS_MAX + 1; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%sv1=00",
		    i > 0 ? "," : "");
	assert_int_equal(revolut_signature_check(text, T, slice(BODY), &secret,
	    1, NOW), MALFORMED);
	text[n - 6] = '\0';
	assert_int_equal(revolut_signature_check(text, T, slice(BODY), &secret,
	    1, NOW), MISMATCH);
}

/* ------------------------------------------------------------- events */

static struct arena *arena;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const struct json *
parse(const char *text)
{
	const char *why = NULL;
	const struct json *json = json_parse(arena, text, strlen(text), &why);

	if (json == NULL)
		fail_msg("%s: %s", text, why);
	return json;
}

static void
events(void **state)
{
	static const struct {
		const char		*body;
		bool			 good;
		enum revolut_meaning	 meaning;
		const char		*order_id;
	} rows[] = {
		{ BODY, true, REVOLUT_FINAL, "o1" },
		{ "{\"event\":\"ORDER_FAILED\",\"order_id\":\"o2\"}", true,
		  REVOLUT_FINAL, "o2" },
		{ "{\"event\":\"ORDER_CANCELLED\",\"order_id\":\"o3\"}",
		  true, REVOLUT_FINAL, "o3" },
		{ "{\"event\":\"ORDER_PAYMENT_DECLINED\",\"order_id\":"
		  "\"o4\"}", true, REVOLUT_ATTEMPT, "o4" },
		{ "{\"event\":\"ORDER_PAYMENT_FAILED\",\"order_id\":\"o5\"}",
		  true, REVOLUT_ATTEMPT, "o5" },
		{ "{\"event\":\"ORDER_AUTHORISED\",\"order_id\":\"o6\"}",
		  true, REVOLUT_IGNORED, "o6" },
		{ "{\"event\":\"DISPUTE_LOST\",\"dispute_id\":\"d\"}", true,
		  REVOLUT_IGNORED, NULL },
		{ "{\"event\":\"ORDER_COMPLETED\",\"order_id\":\"\"}", true,
		  REVOLUT_FINAL, NULL },
		{ "{\"event\":\"ORDER_COMPLETED\",\"order_id\":7}", true,
		  REVOLUT_FINAL, NULL },
		{ "{\"event\":\"\"}", false, REVOLUT_IGNORED, NULL },
		{ "{\"event\":1}", false, REVOLUT_IGNORED, NULL },
		{ "{}", false, REVOLUT_IGNORED, NULL },
		{ "[]", false, REVOLUT_IGNORED, NULL },
		{ "null", false, REVOLUT_IGNORED, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct revolut_event e;
		bool good = revolut_event_read(parse(rows[i].body), &e) ==
		    NULL;

		if (good != rows[i].good || e.meaning != rows[i].meaning ||
		    (e.order_id == NULL) != (rows[i].order_id == NULL) ||
		    (e.order_id != NULL &&
		    strcmp(e.order_id, rows[i].order_id) != 0))
			fail_msg("%s", rows[i].body);
	}
}

#define WEBHOOK(event, id)						\
	"{\"event\":\"" event "\", \"order_id\":\"" id "\"}"
#define ORDER(state, more)						\
	"{\"id\":\"o1\",\"type\":\"payment\",\"state\":\"" state "\","	\
	"\"amount\":1234,\"currency\":\"EUR\"" more "}"

/* What a report comes to; NULL parts are left out. */
static bool
report(const char *webhook, const char *order, const char *related,
    struct payment_event *p)
{
	const struct slice none = { NULL, 0 };

	return revolut_payment_event(arena, revolut_report(arena,
	    slice(webhook), order != NULL ? slice(order) : none,
	    related != NULL ? slice(related) : none), p);
}

static void
a_report_keeps_every_byte(void **state)
{
	struct slice r = revolut_report(arena, slice("{\"a\" : 1.10}"),
	    slice("{\"b\":1e2 }"), (struct slice){ NULL, 0 });

	(void)state;
	assert_string_equal(r.p, "{\"webhook\":{\"a\" : 1.10},"
	    "\"order\":{\"b\":1e2 }}");
	assert_int_equal(r.n, strlen(r.p));
}

static void
the_order_decides(void **state)
{
	struct payment_event p;

	(void)state;
	assert_true(report(BODY, ORDER("completed", ""), NULL, &p));
	assert_int_equal(p.outcome, PAYMENT_SUCCEEDED);
	assert_string_equal(p.processor, "revolut");
	assert_string_equal(p.event_id, "ORDER_COMPLETED_o1");
	assert_string_equal(p.ref, "o1");
	assert_true(p.has_amount);
	assert_int_equal(p.amount.minor, 1234);
	assert_string_equal(p.amount.currency, "EUR");

	/* Said completed, is failed. */
	assert_true(report(BODY, ORDER("failed", ""), NULL, &p));
	assert_int_equal(p.outcome, PAYMENT_FAILED);
	assert_true(report(WEBHOOK("ORDER_CANCELLED", "o1"),
	    ORDER("cancelled", ""), NULL, &p));
	assert_int_equal(p.outcome, PAYMENT_FAILED);
	/* Said completed, is not yet. */
	assert_false(report(BODY, ORDER("pending", ""), NULL, &p));
	assert_false(report(BODY, ORDER("authorised", ""), NULL, &p));
	assert_false(report(BODY, ORDER("unheard_of", ""), NULL, &p));
	/* Nothing is credited without the order, or by another one. */
	assert_false(report(BODY, NULL, NULL, &p));
	assert_false(report(WEBHOOK("ORDER_COMPLETED", "o2"),
	    ORDER("completed", ""), NULL, &p));
	assert_false(report(WEBHOOK("ORDER_AUTHORISED", "o1"),
	    ORDER("completed", ""), NULL, &p));
	assert_false(report("{}", ORDER("completed", ""), NULL, &p));
	assert_false(revolut_payment_event(arena, slice(BODY), &p));
	assert_false(revolut_payment_event(arena, slice("nonsense"), &p));
}

static void
amounts_that_are_none_pass_for_nothing(void **state)
{
	struct payment_event p;

	(void)state;
	assert_true(report(BODY, ORDER("completed",
	    ",\"outstanding_amount\":234"), NULL, &p));
	assert_int_equal(p.amount.minor, 1000);
	assert_true(report(BODY, "{\"id\":\"o1\",\"state\":\"completed\","
	    "\"amount\":12.5,\"currency\":\"EUR\"}", NULL, &p));
	assert_true(p.has_amount);
	assert_int_equal(p.amount.minor, -1);
	assert_true(report(BODY, "{\"id\":\"o1\",\"state\":\"completed\","
	    "\"amount\":1234}", NULL, &p));
	assert_int_equal(p.amount.minor, -1);
	assert_false(report(BODY, ORDER("completed",
	    ",\"outstanding_amount\":-1"), NULL, &p));
	/* Whole units, as ISO 4217 has them. */
	assert_true(report(BODY, "{\"id\":\"o1\",\"state\":\"completed\","
	    "\"amount\":1500,\"currency\":\"ISK\"}", NULL, &p));
	assert_int_equal(p.amount.minor, 1500);
}

static void
an_attempt_is_not_the_end(void **state)
{
	const char *webhook = WEBHOOK("ORDER_PAYMENT_DECLINED", "o1");
	struct payment_event p;

	(void)state;
	assert_true(report(webhook, ORDER("pending", ",\"payments\":["
	    "{\"id\":\"p1\"},{\"id\":\"p2\",\"state\":\"declined\"}]"),
	    NULL, &p));
	assert_int_equal(p.outcome, PAYMENT_NOTED);
	assert_string_equal(p.event_id, "ORDER_PAYMENT_DECLINED_o1_p2");
	assert_true(report(webhook, ORDER("pending", ""), NULL, &p));
	assert_string_equal(p.event_id, "ORDER_PAYMENT_DECLINED_o1");
	/* It may be over all the same. */
	assert_true(report(webhook, ORDER("failed", ""), NULL, &p));
	assert_int_equal(p.outcome, PAYMENT_FAILED);
	assert_true(report(webhook, ORDER("completed", ""), NULL, &p));
	assert_int_equal(p.outcome, PAYMENT_SUCCEEDED);
}

#define REFUND(state)							\
	"{\"id\":\"r1\",\"type\":\"refund\",\"state\":\"" state "\","	\
	"\"amount\":234,\"currency\":\"EUR\",\"related_order_id\":\"o1\"}"

static void
a_refund_is_read_off_its_order(void **state)
{
	const char *webhook = WEBHOOK("ORDER_COMPLETED", "r1");
	struct payment_event p;

	(void)state;
	assert_true(report(webhook, REFUND("completed"), ORDER("completed",
	    ",\"refunded_amount\":234"), &p));
	assert_int_equal(p.outcome, PAYMENT_PARTLY_REFUNDED);
	assert_string_equal(p.event_id, "ORDER_COMPLETED_r1");
	assert_string_equal(p.ref, "o1");
	assert_int_equal(p.amount.minor, 234);
	assert_true(report(webhook, REFUND("completed"), ORDER("completed",
	    ",\"refunded_amount\":1234"), &p));
	assert_int_equal(p.outcome, PAYMENT_REFUNDED);
	assert_int_equal(p.amount.minor, 1234);
	/* Not yet, not said, or another order's. */
	assert_false(report(webhook, REFUND("processing"), ORDER("completed",
	    ",\"refunded_amount\":234"), &p));
	assert_false(report(webhook, REFUND("completed"),
	    ORDER("completed", ""), &p));
	assert_false(report(webhook, REFUND("completed"), NULL, &p));
	assert_false(report(webhook, REFUND("completed"),
	    "{\"id\":\"o9\",\"refunded_amount\":234}", &p));
	/* A refund that failed says nothing about the payment. */
	assert_false(report(WEBHOOK("ORDER_FAILED", "r1"), REFUND("failed"),
	    ORDER("completed", ",\"refunded_amount\":0"), &p));
}

static void
a_chargeback_is_a_dispute_of_its_order(void **state)
{
	struct payment_event p;

	(void)state;
	assert_true(report(WEBHOOK("ORDER_COMPLETED", "c1"),
	    "{\"id\":\"c1\",\"type\":\"chargeback\",\"state\":"
	    "\"completed\",\"amount\":1234,\"currency\":\"EUR\","
	    "\"related_order_id\":\"o1\"}", ORDER("completed", ""), &p));
	assert_int_equal(p.outcome, PAYMENT_DISPUTED);
	assert_string_equal(p.ref, "o1");
	assert_int_equal(p.amount.minor, 1234);
	assert_false(report(WEBHOOK("ORDER_COMPLETED", "c1"),
	    "{\"id\":\"c1\",\"type\":\"chargeback_reversal\",\"state\":"
	    "\"completed\",\"related_order_id\":\"o1\"}",
	    ORDER("completed", ""), &p));
}

static void
orders(void **state)
{
	struct revolut_order o;

	(void)state;
	assert_null(revolut_order_read(parse("{\"id\":\"o1\",\"token\":"
	    "\"t\",\"state\":\"pending\",\"checkout_url\":\"https://c/t\","
	    "\"merchant_order_data\":{\"reference\":\"CLVTX_1\"}}"), &o));
	assert_string_equal(o.token, "t");
	assert_string_equal(o.checkout_url, "https://c/t");
	assert_string_equal(o.reference, "CLVTX_1");
	assert_int_equal(o.type, REVOLUT_PAYMENT);
	assert_int_equal(o.state, REVOLUT_OPEN);
	assert_false(o.has_amount);
	assert_true(revolut_is_ours(&o));
	o.reference = "shop-42";
	assert_false(revolut_is_ours(&o));
	o.reference = NULL;
	assert_false(revolut_is_ours(&o));
	assert_non_null(revolut_order_read(parse("{}"), &o));
	assert_non_null(revolut_order_read(parse("{\"id\":\"\"}"), &o));
	assert_non_null(revolut_order_read(parse("[]"), &o));
	assert_non_null(revolut_order_read(NULL, &o));
}

static void
descriptors(void **state)
{
	static const char *const rows[][2] = {
		{ "AIR PEACE", "AIR PEACE" },
		{ "1234567890123456789", "1234567890123456789" },
		{ "12345678901234567890", "1234567890123456789" },
		{ "123456789012345678 X", "123456789012345678" },
		{ "a*b\\c\nd", "abcd" },
		{ "caf\xc3\xa9", "caf" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(revolut_descriptor(arena, rows[i][0]),
		    rows[i][1]);
	assert_null(revolut_descriptor(arena, NULL));
	assert_null(revolut_descriptor(arena, ""));
	assert_null(revolut_descriptor(arena, "***"));
}

static void
redirects(void **state)
{
	static const char *const good[] = {
		"https://shop.example/thanks", "http://shop.example",
		"https://shop.example:8443/a?b=c#d", "https://1and1.com/",
		"https://10.0.0.example/", "https://a-b.c-d.example",
	};
	static const char *const bad[] = {
		"", "shop.example", "ftp://shop.example", "HTTPS://a.example",
		"https://", "https:///x", "https://localhost",
		"https://localhost:4390/", "https://LOCALHOST/",
		"https://a.localhost/x", "https://localhost./",
		"http://127.0.0.1/", "http://10.1/", "http://2130706433/",
		"http://[::1]/", "http://shop/", "https://user@shop.example/",
		"https://shop.example@127.0.0.1/", "https://a b.example/",
		"https://caf\xc3\xa9.example/", "https://./",
	};
	char text[2100] = "https://shop.example/";

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (revolut_redirect(good[i]) == NULL)
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (revolut_redirect(bad[i]) != NULL)
			fail_msg("%s", bad[i]);
	assert_null(revolut_redirect(NULL));
	memset(text + strlen(text), 'a', sizeof(text) - strlen(text) - 1);
	text[2000] = '\0';
	assert_non_null(revolut_redirect(text));
	text[2000] = 'a';
	text[2001] = '\0';
	assert_null(revolut_redirect(text));
}

#define EVENT_CASE(f) cmocka_unit_test_setup_teardown(f, begin, finish)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(signature_vectors),
	cmocka_unit_test(signature_table),
	cmocka_unit_test(signature_any_of_several_secrets),
	cmocka_unit_test(signature_of_any_length),
	EVENT_CASE(events),
	EVENT_CASE(a_report_keeps_every_byte),
	EVENT_CASE(the_order_decides),
	EVENT_CASE(amounts_that_are_none_pass_for_nothing),
	EVENT_CASE(an_attempt_is_not_the_end),
	EVENT_CASE(a_refund_is_read_off_its_order),
	EVENT_CASE(a_chargeback_is_a_dispute_of_its_order),
	EVENT_CASE(orders),
	EVENT_CASE(descriptors),
	EVENT_CASE(redirects),
};

TEST_MAIN("revolut", tests)
