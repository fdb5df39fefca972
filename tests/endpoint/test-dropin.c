/* SPDX-License-Identifier: ISC */
/*
 * test-dropin.c - what a page with the payment form loads, as each web server
 * sends it, and the sandbox's back end of the demo shop.
 */
#include "harness.h"

#include <string.h>

#define SCRIPT "/js/v1"
#define OPEN "/api/v1/sandbox/payment"

enum { SCRIPT_MAX = 15 * 1024 };

static struct answer *
get(const char *path)
{
	return ask(&(struct call){ .path = path });
}

static struct answer *
open_payment(const char *body)
{
	return ask(&(struct call){ .path = OPEN, .body = body });
}

static void
the_script_is_small_and_a_script(void **state)
{
	struct answer *a = get(SCRIPT);

	(void)state;
	assert_int_equal(a->status, 200);
	assert_true(a->len > 1000);
	assert_true(a->len < SCRIPT_MAX);
	assert_string_equal(header_of(a, "Content-Type"),
	    "text/javascript; charset=utf-8");
	assert_string_equal(header_of(a, "X-Content-Type-Options"),
	    "nosniff");
}

static void
other_sites_may_load_the_script(void **state)
{
	struct answer *a = get(SCRIPT);

	(void)state;
	assert_string_equal(header_of(a, "Cross-Origin-Resource-Policy"),
	    "cross-origin");
	assert_string_equal(header_of(a, "Cache-Control"),
	    "public, max-age=600");
}

static void
pages_of_the_payer_are_guarded(void **state)
{
	static const char *const pages[] = { "/thanks/", "/wallet/",
	    "/docs/payments.html" };

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		struct answer *a = get(pages[i]);
		assert_int_equal(a->status, 200);
		assert_string_equal(header_of(a, "Content-Type"),
		    "text/html; charset=utf-8");
		const char *policy = header_of(a, "Content-Security-Policy");
		assert_non_null(strstr(policy, "default-src 'none'"));
		assert_non_null(strstr(policy, "frame-ancestors 'none'"));
		assert_null(strstr(policy, "unsafe"));
		assert_string_equal(header_of(a, "Referrer-Policy"),
		    "no-referrer");
		assert_string_equal(header_of(a, "Cache-Control"),
		    "no-cache");
	}
}

static void
the_sandbox_opens_a_test_payment_of_the_demo_merchant(void **state)
{
	struct answer *a = open_payment("{\"amount\":1250,\"currency\":"
	    "\"USD\",\"description\":\"Coffee\"}");
	const struct json *data = json_get(a->json, "data");

	(void)state;
	assert_int_equal(a->status, 201);
	assert_has(a, "\"amount\":1250,\"currency\":\"USD\"");
	assert_has(a, "\"livemode\":false");
	assert_non_null(json_text(data, "client_secret"));
	struct answer *seen = ask_merchant(world.merchant, textf(
	    PAYMENTS "/%s", json_text(data, "id")), NULL, NULL);
	assert_int_equal(seen->status, 200);
	assert_has(seen, "\"description\":\"Coffee\"");
}

static void
the_sandbox_refuses_what_the_api_refuses(void **state)
{
	(void)state;
	assert_refused_field(open_payment("{\"currency\":\"USD\"}"),
	    FIELD_MISSING, "amount");
	assert_refused_field(open_payment("{\"amount\":12.5,"
	    "\"currency\":\"USD\"}"), FIELD_WRONG, "amount");
	assert_refused_field(open_payment("{\"amount\":100000000,"
	    "\"currency\":\"USD\"}"), AMOUNT_LARGE, "amount");
	assert_refused_field(open_payment("{\"amount\":1250,\"currency\":"
	    "\"EUR\"}"), CURRENCY, "currency");
	assert_int_equal(open_payment("[]")->status, 400);
}

static void
a_live_gateway_opens_nothing_without_a_key(void **state)
{
	static const char *const live[] = { "mode = live", NULL };
	static const char body[] = "{\"amount\":1250,\"currency\":\"USD\"}";

	(void)state;
	assert_refused(plain_run(&(struct cgi){ .program = OPEN,
	    .var = var_copy(live), .input = body, .len = strlen(body),
	    .env = { "REQUEST_METHOD=POST", "CONTENT_TYPE=application/json",
	    textf("CONTENT_LENGTH=%zu", strlen(body)) } }), NOT_FOUND);
}

static const struct CMUnitTest tests[] = {
	CASE(the_script_is_small_and_a_script),
	CASE(other_sites_may_load_the_script),
	CASE(pages_of_the_payer_are_guarded),
	CASE(the_sandbox_opens_a_test_payment_of_the_demo_merchant),
	CASE(the_sandbox_refuses_what_the_api_refuses),
	CASE(a_live_gateway_opens_nothing_without_a_key),
};

ENDPOINT_MAIN("dropin", tests, NULL)
