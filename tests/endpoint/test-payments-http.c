/* SPDX-License-Identifier: ISC */
/*
 * test-payments-http.c - what every call of the Payments API has in common:
 * keys, scopes, envelopes, faults, preflights, idempotency.
 */
#include "harness.h"

#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "shared.h"

#define FX "/v1/fx/quote"
#define ISSUER "cli:test"

static const struct fault *
issue(struct conn *c, void *arg)
{
	const char **a = arg;
	char id[ID_SIZE], key[MERCHANT_KEY_SIZE];

	assert_null(merchant_key_add(c, PARTNER, CLIENT, a[1] != NULL,
	    "more", a[0], clock_now(), ISSUER, id, key));
	a[2] = arena_strdup(world.arena, id);
	a[3] = arena_strdup(world.arena, key);
	return NULL;
}

/* Another key of CLIENT's; scopes NULL: all. */
static const char *
new_key(const char *scopes, bool live, const char **id)
{
	const char *a[4] = { scopes, live ? "live" : NULL };

	assert_null(db_txn(world.setup.db, issue, a));
	if (id != NULL)
		*id = a[2];
	return a[3];
}

static struct answer *
get(const char *key, const char *path)
{
	return ask_merchant(key, path, NULL, NULL);
}

static struct answer *
call(const char *method, const char *path, const char *line)
{
	return ask(&(struct call){ .method = method, .path = path,
	    .lines = { line } });
}

static const char *
bearer(const char *key)
{
	return textf("Authorization: Bearer %s", key);
}

static void
a_key_is_needed_and_must_be_whole(void **state)
{
	char *key = arena_strdup(world.arena, world.merchant);
	const char *bad[] = {
		"Authorization: Bearer", "Authorization: Bearer ",
		"Authorization: Basic c3htOg==", bearer("sxm_test_"),
		bearer(textf("%s0", key)), bearer(textf("%.48s", key)),
		textf("Authorization: %s", key),
		textf("x-api-key: %s", key),
		textf("Authorization: Bearer sxm_live_%s", key + 9),
		textf("Authorization: Bearer SXM_test_%s", key + 9),
		bearer(world.partner.key)
	};

	(void)state;
	assert_refused(get(NULL, FX), UNAUTHORIZED);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(call(NULL, FX, bad[i]), UNAUTHORIZED);
	for (size_t i = 9; i < strlen(key); i += 13) {
		char was = key[i];
		key[i] = was == 'a' ? 'b' : 'a';
		assert_refused(get(key, FX), UNAUTHORIZED);
		key[i] = was;
	}
	assert_refused(get(key, FX), NOT_OFFERED);
	assert_refused(call(NULL, FX, textf("Authorization: bearer  %s",
	    key)), NOT_OFFERED);
}

static void
every_answer_can_be_traced_and_says_its_mode(void **state)
{
	struct answer *a = get(world.merchant, FX);

	(void)state;
	assert_string_equal(header_of(a, "X-Trace-Id"),
	    header_of(a, "X-Request-Id"));
	assert_string_equal(header_of(a, "X-Soxara-Env"), "test");
	a = get(world.merchant_live, FX);
	assert_string_equal(header_of(a, "X-Soxara-Env"), "live");
	a = get(NULL, FX);
	assert_non_null(header_of(a, "X-Trace-Id"));
	assert_null(header_of(a, "X-Soxara-Env"));
	assert_string_equal(header_of(a, "Cache-Control"), "no-store");
}

static void
what_nobody_serves_is_refused_in_the_same_shape(void **state)
{
	static const char *const paths[] = { "/v1", "/v1/", "/v1/nothing",
	    "/v1/fx", "/v1/fx/quotes", "/v1/merchant", FX "/", FX "/x",
	    MERCHANT_KEYS "/", MERCHANT_KEYS "/mk_1/nothing",
	    MERCHANT_KEYS "/mk_1/revoke/x" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct answer *a = get(world.merchant, paths[i]);
		assert_refused(a, NOT_FOUND);
		assert_refused(ask_merchant(world.merchant, paths[i], "k",
		    "{}"), NOT_FOUND);
	}
}

static void
methods_are_named_where_another_is_used(void **state)
{
	struct answer *a = call("DELETE", FX, bearer(world.merchant));

	(void)state;
	assert_refused(a, METHOD);
	assert_string_equal(header_of(a, "Allow"), "GET, HEAD");
	a = call("PATCH", textf(MERCHANT_KEYS "/%s/revoke",
	    world.merchant_id), bearer(world.merchant));
	assert_refused(a, METHOD);
	assert_string_equal(header_of(a, "Allow"), "POST");
	a = call("PUT", PAYMENTS, bearer(world.merchant));
	assert_refused(a, METHOD);
	assert_string_equal(header_of(a, "Allow"), "GET, HEAD, POST");
	/* What merchants' keys open is for no browser. */
	a = call("OPTIONS", PAYMENTS, NULL);
	assert_refused(a, METHOD);
	assert_null(header_of(a, "Access-Control-Allow-Origin"));
	a = call("OPTIONS", PAYMENTS "/pi_1/cancel", NULL);
	assert_refused(a, METHOD);
	/* Only what browsers of other sites use is open to them. */
	a = call("OPTIONS", FX, NULL);
	assert_refused(a, METHOD);
	assert_null(header_of(a, "Access-Control-Allow-Origin"));
}

static void
pages_of_other_sites_may_ask_first(void **state)
{
	struct answer *a = call("OPTIONS", PAYMENTS "/pi_1/confirm",
	    "Origin: https://shop.example");

	(void)state;
	assert_int_equal(a->status, 204);
	assert_int_equal(a->len, 0);
	assert_string_equal(header_of(a, "Access-Control-Allow-Origin"), "*");
	assert_string_equal(header_of(a, "Access-Control-Allow-Methods"),
	    "POST, OPTIONS");
	assert_string_equal(header_of(a, "Access-Control-Allow-Headers"),
	    "authorization, content-type, x-idempotency-key");
	assert_string_equal(header_of(a, "Access-Control-Max-Age"), "86400");
	assert_non_null(header_of(a, "X-Trace-Id"));
	assert_null(header_of(a, "Access-Control-Allow-Credentials"));
	a = call("OPTIONS", PAYMENTS "/pi_1/capture", NULL);
	assert_refused(a, NOT_FOUND);
	/* Refusals can be read as well. */
	a = get(NULL, PAYMENTS "/pi_1");
	assert_refused(a, UNAUTHORIZED);
	assert_string_equal(header_of(a, "Access-Control-Allow-Origin"), "*");
	assert_string_equal(header_of(a, "Access-Control-Expose-Headers"),
	    "Idempotent-Replayed, Retry-After, X-Trace-Id");
}

static void
a_scope_that_the_key_lacks_is_missed(void **state)
{
	const char *key = new_key("payments:read", false, NULL);

	(void)state;
	assert_refused(get(key, MERCHANT_KEYS), SCOPE_MISSING);
	assert_status(get(key, PAYMENTS), 200);
	assert_refused(ask_merchant(key, PAYMENTS, "scope-1",
	    "{\"amount\":100,\"currency\":\"USD\"}"), SCOPE_MISSING);
	assert_status(get(new_key("keys:write", false, NULL), MERCHANT_KEYS),
	    200);
}

static void
keys_are_listed_without_their_secrets(void **state)
{
	const char *id;
	const char *key = new_key("keys:write, events:read", false, &id);
	struct answer *a = get(key, textf(MERCHANT_KEYS "/%s", id));

	(void)state;
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), "success data");
	assert_string_equal(keys_of(member(a, "data")), "id object name "
	    "partner_id client_id prefix scopes livemode created_at "
	    "revoked_at");
	assert_string_equal(text_at(a, "data.id"), id);
	assert_string_equal(text_at(a, "data.prefix"),
	    textf("%.17s", key));
	assert_int_equal(size_at(a, "data.scopes"), 2);
	assert_string_equal(text_at(a, "data.scopes.0"), "events:read");
	assert_true(null_at(a, "data.revoked_at"));
	assert_null(strstr(a->body, key + 17));
	a = get(key, MERCHANT_KEYS "?limit=1");
	assert_string_equal(keys_of(a->json), "success data has_more");
	assert_string_equal(text_at(a, "data.0.id"), id);
	assert_has(a, "\"has_more\":true");
	a = get(key, textf(MERCHANT_KEYS "?limit=100&starting_after=%s", id));
	assert_has(a, world.merchant_id);
	assert_has(a, "\"has_more\":false");
	assert_null(strstr(a->body, id));
}

static void
pages_of_keys_are_asked_for_properly(void **state)
{
	static const char *const limits[] = { "0", "101", "x", "-1", "1.5",
	    "", "1e1" };

	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (*limits[i] != '\0')
			assert_refused_field(get(world.merchant,
			    textf(MERCHANT_KEYS "?limit=%s", limits[i])),
			    FIELD_WRONG, "limit");
	assert_refused_field(get(world.merchant, MERCHANT_KEYS
	    "?starting_after=mk_none"), FIELD_WRONG, "starting_after");
	/* Some web servers refuse this themselves. */
	struct answer *a = plain_run(&(struct cgi){ .program = MERCHANT_KEYS,
	    .env = { "REQUEST_METHOD=GET", "QUERY_STRING=limit=%ff",
	    textf("HTTP_AUTHORIZATION=Bearer %s", world.merchant) } });
	assert_status(a, 400);
	assert_string_equal(text_at(a, "error.code"), "BAD_REQUEST");
	assert_string_equal(text_at(a, "error.details.message"),
	    "Invalid query string");
}

static void
a_revoked_key_opens_nothing_more(void **state)
{
	const char *id;
	const char *key = new_key(NULL, false, &id);
	const char *path = textf(MERCHANT_KEYS "/%s/revoke", id);
	struct answer *a;

	(void)state;
	assert_refused(get(key, FX), NOT_OFFERED);
	/* Neither a body nor its type is needed where nothing is said. */
	a = ask(&(struct call){ .method = "POST", .path = path, .body = "",
	    .type = "", .lines = { bearer(world.merchant) } });
	assert_status(a, 200);
	assert_false(null_at(a, "data.revoked_at"));
	assert_refused(get(key, FX), UNAUTHORIZED);
	struct answer *again = ask_merchant(world.merchant, path, NULL, "{}");
	assert_answer(again, 200, a->body);
	assert_int_equal(db_int(textf("SELECT count(*) FROM audit_event WHERE "
	    "subject = '%s' AND action = 'merchant_key.revoked' AND actor = "
	    "'merchant:%s'", id, world.merchant_id)), 1);
}

static void
nobody_reaches_a_key_of_somebody_else(void **state)
{
	const char *id;
	const char *key = new_key(NULL, false, &id);
	const char *const others[] = { world.merchant_live,
	    world.merchant_other };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_refused(get(others[i], textf(MERCHANT_KEYS "/%s", id)),
		    NOT_FOUND);
		assert_refused(ask_merchant(others[i], textf(MERCHANT_KEYS
		    "/%s/revoke", id), NULL, "{}"), NOT_FOUND);
		assert_refused_field(get(others[i], textf(MERCHANT_KEYS
		    "?starting_after=%s", id)), FIELD_WRONG,
		    "starting_after");
		assert_null(strstr(get(others[i], MERCHANT_KEYS
		    "?limit=100")->body, id));
	}
	assert_refused(get(key, MERCHANT_KEYS "/mk_none"), NOT_FOUND);
	assert_refused(get(key, FX), NOT_OFFERED);
}

/* ------------------------------------------------------- idempotency */

static struct answer *
pay(const char *key, const char *idempotency_key, const char *body)
{
	return ask_merchant(key, PAYMENTS, idempotency_key, body);
}

static const char good[] = "{\"amount\":100,\"currency\":\"USD\"}";

static void
money_needs_an_idempotency_key(void **state)
{
	char long_key[257] = { 0 };
	struct answer *a = pay(world.merchant, NULL, good);

	(void)state;
	assert_refused_field(a, FIELD_MISSING, "X-Idempotency-Key");
	assert_int_equal(a->status, 400);
	memset(long_key, 'k', 256);
	assert_refused_field(pay(world.merchant, long_key, good),
	    FIELD_MISSING, "X-Idempotency-Key");
	long_key[255] = '\0';
	assert_status(pay(world.merchant, long_key, good), 201);
}

static void
an_answer_comes_back_byte_for_byte(void **state)
{
	struct answer *a = pay(world.merchant, "http-same", good);
	struct answer *b = pay(world.merchant, "http-same", good);

	(void)state;
	assert_status(a, 201);
	assert_null(header_of(a, "Idempotent-Replayed"));
	assert_answer(b, 201, a->body);
	assert_string_equal(header_of(b, "Idempotent-Replayed"), "true");
	assert_string_equal(header_of(b, "X-Soxara-Env"), "test");
	assert_string_not_equal(header_of(a, "X-Trace-Id"),
	    header_of(b, "X-Trace-Id"));
	/* The client secret in it is kept sealed. */
	assert_int_equal(db_int("SELECT count(*) FROM idempotency WHERE "
	    "idempotency_key = 'http-same' AND answer LIKE 'sealed:%'"), 1);
}

static void
a_key_is_for_one_request_alone(void **state)
{
	(void)state;
	assert_status(pay(world.merchant, "http-one", good), 201);
	assert_refused(pay(world.merchant, "http-one",
	    "{\"amount\":101,\"currency\":\"USD\"}"), KEY_REUSED);
	assert_refused(pay(world.merchant, "http-one",
	    "{\"currency\":\"USD\",\"amount\":100}"), KEY_REUSED);
	/* Nor for the same bytes somewhere else. */
	assert_refused(ask_merchant(world.merchant, textf(MERCHANT_KEYS
	    "/%s/revoke", world.merchant_id), "http-one", good), KEY_REUSED);
	/* Another mode, another merchant: another key. */
	assert_null(header_of(pay(world.merchant_live, "http-one", good),
	    "Idempotent-Replayed"));
	assert_null(header_of(pay(world.merchant_other, "http-one", good),
	    "Idempotent-Replayed"));
	/* Another key of the same merchant: the same. */
	assert_string_equal(header_of(pay(new_key(NULL, false, NULL),
	    "http-one", good), "Idempotent-Replayed"), "true");
}

static void
refused_input_is_remembered(void **state)
{
	static const char *const bodies[] = { "{", "[]", "\"x\"", "{}",
	    "{\"amount\":0,\"currency\":\"USD\"}",
	    "{\"amount\":1,\"currency\":\"EUR\"}" };

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		const char *key = textf("http-bad-%zu", i);
		struct answer *a = pay(world.merchant, key, bodies[i]);
		struct answer *b = pay(world.merchant, key, bodies[i]);
		assert_true(a->status == 400 || a->status == 422);
		assert_answer(b, a->status, a->body);
		assert_null(header_of(a, "Idempotent-Replayed"));
		assert_string_equal(header_of(b, "Idempotent-Replayed"),
		    "true");
		assert_refused(pay(world.merchant, key, good), KEY_REUSED);
	}
}

static void
what_is_no_json_object_is_a_bad_request(void **state)
{
	static const char *const rows[][2] = {
		{ "{", "Invalid JSON: the text ends too early" },
		{ "", "Invalid JSON: the text is empty" },
		{ "[]", "Expected object, received array" },
		{ "null", "Expected object, received null" },
		{ "{\"amount\":1,\"amount\":2}",
		  "Invalid JSON: a member name stands twice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer *a = pay(world.merchant, textf("http-no-%zu",
		    i), rows[i][0]);
		assert_status(a, 400);
		assert_string_equal(text_at(a, "error.code"), "BAD_REQUEST");
		assert_string_equal(keys_of(member(a, "error.details")),
		    "message");
		if (i != 4)
			assert_string_equal(text_at(a,
			    "error.details.message"), rows[i][1]);
	}
	assert_refused(ask(&(struct call){ .path = PAYMENTS, .body = good,
	    .type = "text/plain", .lines = { bearer(world.merchant) } }),
	    CONTENT_TYPE);
}

/* ----------------------------------------------------- the payer's secret */

static void
a_client_secret_opens_its_own_payment_alone(void **state)
{
	struct answer *a = pay(world.merchant, "http-payer", good);
	const char *id = text_at(a, "data.id");
	const char *secret = text_at(a, "data.client_secret");
	const char *path = textf(PAYMENTS "/%s", id);
	char *wrong = arena_strdup(world.arena, secret);

	(void)state;
	assert_string_equal(textf("%s_secret_", id), textf("%.*s",
	    (int)strlen(secret) - 40, secret));
	a = get(secret, path);
	assert_status(a, 200);
	assert_null(member(a, "data.metadata"));
	assert_string_equal(header_of(a, "X-Soxara-Env"), "test");
	assert_answer(get(NULL, textf("%s?client_secret=%s", path, secret)),
	    200, a->body);
	/* Whatever else comes as a key. */
	assert_answer(get("sxm_test_whatever", textf("%s?client_secret=%s",
	    path, secret)), 200, a->body);
	assert_answer(get(world.merchant_other, textf("%s?client_secret=%s",
	    path, secret)), 200, a->body);
	wrong[strlen(wrong) - 1] ^= 1;
	assert_refused(get(wrong, path), UNAUTHORIZED);
	assert_refused(get(NULL, textf("%s?client_secret=%s", path, wrong)),
	    UNAUTHORIZED);
	assert_refused(get(textf("%.*s", (int)strlen(secret) - 1, secret),
	    path), UNAUTHORIZED);
	assert_refused(get(textf("%s0", secret), path), UNAUTHORIZED);
	/* Nothing else opens to it. */
	assert_refused(get(secret, PAYMENTS), UNAUTHORIZED);
	assert_refused(get(secret, PAYMENTS "/pi_other"), UNAUTHORIZED);
	assert_refused(ask_merchant(secret, textf("%s/cancel", path), NULL,
	    "{}"), UNAUTHORIZED);
	assert_refused(get(secret, FX), UNAUTHORIZED);
}

static void
calls_are_counted_for_each_merchant(void **state)
{
	struct answer *a = pay(world.merchant, "http-rate", good);
	struct answer *read = get(world.merchant, FX);

	(void)state;
	assert_non_null(header_of(a, "RateLimit-Limit"));
	assert_int_equal(strtol(header_of(read, "RateLimit-Limit"), NULL, 10),
	    20 * strtol(header_of(a, "RateLimit-Limit"), NULL, 10));
}

static struct answer *
revoke_under(const char *var)
{
	return plain_run(&(struct cgi){ .program = MERCHANT_KEYS, .var = var,
	    .env = { "REQUEST_METHOD=POST", "PATH_INFO=/mk_none/revoke",
	    textf("HTTP_AUTHORIZATION=Bearer %s", world.merchant) } });
}

static void
too_many_calls_are_refused(void **state)
{
	static const char *const lines[] = { "rate_limit_per_minute = 1",
	    NULL };
	const char *var = var_copy(lines);

	(void)state;
	assert_refused(revoke_under(var), NOT_FOUND);
	struct answer *a = revoke_under(var);
	assert_refused(a, RATE_LIMITED);
	assert_non_null(header_of(a, "Retry-After"));
}

static void
a_program_that_cannot_start_says_so(void **state)
{
	const char *var = var_copy((const char *const[]){ NULL });

	(void)state;
	unlink(textf("%s/master.key", var));
	struct answer *a = revoke_under(var);
	assert_refused(a, SERVICE_UNAVAILABLE);
	assert_string_equal(header_of(a, "Retry-After"), "1");
}

/* More than any program reads is refused by the web server. */
static void
the_web_server_refuses_in_the_same_shape(void **state)
{
	enum { LARGE = 2 * 1024 * 1024 };
	char *body = arena_alloc(world.arena, LARGE + 1);

	(void)state;
	memset(body, ' ', LARGE);
	struct answer *a = pay(world.merchant, "http-large", body);
	assert_status(a, 413);
	assert_has(a, "{\"success\":false,\"error\":{\"code\":"
	    "\"BODY_TOO_LARGE\",\"message\":\"The body is too large\"}}");
}

static const struct world_options options = { .processors = true,
    .conf = { "rate_limit_per_minute = 100000" } };

static const struct CMUnitTest tests[] = {
	CASE(a_key_is_needed_and_must_be_whole),
	CASE(every_answer_can_be_traced_and_says_its_mode),
	CASE(what_nobody_serves_is_refused_in_the_same_shape),
	CASE(methods_are_named_where_another_is_used),
	CASE(pages_of_other_sites_may_ask_first),
	CASE(a_scope_that_the_key_lacks_is_missed),
	CASE(keys_are_listed_without_their_secrets),
	CASE(pages_of_keys_are_asked_for_properly),
	CASE(a_revoked_key_opens_nothing_more),
	CASE(nobody_reaches_a_key_of_somebody_else),
	CASE(money_needs_an_idempotency_key),
	CASE(an_answer_comes_back_byte_for_byte),
	CASE(a_key_is_for_one_request_alone),
	CASE(refused_input_is_remembered),
	CASE(what_is_no_json_object_is_a_bad_request),
	CASE(a_client_secret_opens_its_own_payment_alone),
	CASE(calls_are_counted_for_each_merchant),
	CASE(too_many_calls_are_refused),
	CASE(a_program_that_cannot_start_says_so),
	CASE(the_web_server_refuses_in_the_same_shape),
};

ENDPOINT_MAIN("payments-http", tests, &options)
