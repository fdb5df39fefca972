/* SPDX-License-Identifier: ISC */
/* test-webhook-keys.c - the public keys that webhooks are signed with. */
#include "harness.h"

#include <string.h>

#include "fault.h"
#include "shared.h"
#include "signing-key.h"

#define KEYS "/api/v1/webhooks/keys"
#define HOUR (INT64_C(60) * 60 * 1000)

static const struct fault *
rotate_all(struct conn *c, void *arg)
{
	const int64_t *overlap = arg;

	assert_null(signing_key_rotate(c, world.setup.vault, *overlap,
	    clock_now(), "cli:test"));
	return NULL;
}

/* A new key; the ones before it end after the overlap. */
static void
rotate(int64_t overlap)
{
	assert_null(db_txn(world.setup.db, rotate_all, &overlap));
}

/* As a page of another site asks, without a key. */
static struct answer *
get(const char *path)
{
	return ask(&(struct call){ .path = path,
	    .lines = { "Origin: https://shop.example" } });
}

/* The answer that the live keys make. */
static const char *
expected(void)
{
	struct signing_key live[SIGNING_KEYS_MAX];
	size_t n = signing_key_live(world.setup.conn, NULL, clock_now(),
	    live);
	struct jsonw w;
	struct buf out;

	buf_init(&out, 8192);
	jsonw_init(&w, &out);
	for (size_t i = 0; i < n; i++)
		signing_key_write_jwk(&w, &live[i]);
	const char *body = textf("{\"keys\":[%s]}", buf_str(&out));
	buf_free(&out);
	return body;
}

static size_t
published(void)
{
	struct answer *a = get(KEYS);
	size_t n = 0;

	assert_answer(a, 200, expected());
	for (const char *p = a->body; (p = strstr(p, "\"kid\"")) != NULL;
	    p++)
		n++;
	return n;
}

static void
all_keys_that_sign_are_published(void **state)
{
	(void)state;
	rotate(0);
	assert_int_equal(published(), 1);
	rotate(HOUR);
	rotate(2 * HOUR);
	assert_int_equal(published(), 3);
	assert_true(clock_advance(HOUR));
	assert_int_equal(published(), 2);
	assert_true(clock_advance(HOUR));
	assert_int_equal(published(), 1);
}

static void
nothing_private_is_published(void **state)
{
	(void)state;
	rotate(0);
	struct answer *a = get(KEYS);
	assert_has(a, "\"kty\":\"OKP\",\"crv\":\"Ed25519\"");
	/* A private JWK would have it as d. */
	assert_null(strstr(a->body, "\"d\""));
	assert_null(strstr(a->body, "sealed"));
}

static void
any_site_may_read_it_and_keep_it_for_five_minutes(void **state)
{
	struct answer *a = get(KEYS);

	(void)state;
	assert_status(a, 200);
	assert_string_equal(header_of(a, "Access-Control-Allow-Origin"), "*");
	assert_string_equal(header_of(a, "Cache-Control"),
	    "public, max-age=300");
}

static void
nothing_lies_below_and_nothing_can_be_posted(void **state)
{
	struct answer *a = ask(&(struct call){ .path = KEYS, .body = "{}" });

	(void)state;
	assert_fault(a, METHOD);
	assert_string_equal(header_of(a, "Allow"), "GET, HEAD");
	assert_fault(get(KEYS "/sig_1"), NOT_FOUND);
}

static const struct CMUnitTest tests[] = {
	CASE(all_keys_that_sign_are_published),
	CASE(nothing_private_is_published),
	CASE(any_site_may_read_it_and_keep_it_for_five_minutes),
	CASE(nothing_lies_below_and_nothing_can_be_posted),
};

ENDPOINT_MAIN("webhook-keys", tests, NULL)
