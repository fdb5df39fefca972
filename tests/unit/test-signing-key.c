/* SPDX-License-Identifier: ISC */
/* test-signing-key.c - the gateway's own keys: made, rotated, sealed, told. */
#include "signing-key.h"

#include <string.h>

#include <openssl/evp.h>

#include "fixture.h"
#include "sig.h"
#include "webhook.h"

#define HOUR	(INT64_C(60) * 60 * 1000)
#define DAY	(24 * HOUR)

static const char message[] = "evt_1.1764000000.{\"a\":1}";

static struct signing_key live[SIGNING_KEYS_MAX];

/* The public parts that are live then. */
static size_t
read_at(int64_t after)
{
	memset(live, 0, sizeof(live));
	size_t n = signing_key_live(fx.conn, NULL, fixture_now + after, live);
	assert_null(conn_failed(fx.conn));
	return n;
}

static void
ensure(void)
{
	signing_key_ensure(fx.conn, fx.vault, fixture_now, "cli:test");
	assert_null(conn_failed(fx.conn));
}

static const char *
rotate(int64_t overlap, int64_t after)
{
	return signing_key_rotate(fx.conn, fx.vault, overlap,
	    fixture_now + after, "cli:test");
}

/* Does a signature of the message fit this public key? */
static bool
verifies(const uint8_t public_key[SIGNING_KEY_PUBLIC],
    const uint8_t signature[SIGNING_KEY_SIGNATURE])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
	    public_key, SIGNING_KEY_PUBLIC);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key), 1);
	bool good = EVP_DigestVerify(ctx, signature, SIGNING_KEY_SIGNATURE,
	    (const uint8_t *)message, strlen(message)) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good;
}

static void
there_is_none_until_one_is_needed(void **state)
{
	(void)state;
	assert_int_equal(read_at(0), 0);
	ensure();
	assert_int_equal(read_at(0), 1);
	assert_memory_equal(live[0].id, "sig_", 4);
	assert_int_equal(live[0].created_at, fixture_now);
	assert_int_equal(live[0].expires_at, 0);
	assert_null(live[0].private_key);
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT, live[0].id), 1);
	/* Asking again makes no second one. */
	struct signing_key first = live[0];
	ensure();
	assert_int_equal(read_at(0), 1);
	assert_string_equal(live[0].id, first.id);
	assert_int_equal(read_at(3650 * DAY), 1);
}

static void
the_private_part_signs_for_the_public_one(void **state)
{
	uint8_t signature[SIGNING_KEY_SIGNATURE];

	(void)state;
	ensure();
	assert_int_equal(signing_key_live(fx.conn, fx.vault, fixture_now,
	    live), 1);
	signing_key_sign(&live[0], message, strlen(message), signature);
	assert_true(verifies(live[0].public_key, signature));
	signing_key_sign(&live[0], message, strlen(message) - 1, signature);
	assert_false(verifies(live[0].public_key, signature));
	signing_keys_close(live, 1);
	assert_null(live[0].private_key);
	signing_keys_close(live, 1);
}

/* RFC 8032 7.1, test 2. */
static void
the_vector_of_the_rfc(void **state)
{
	static const char expected[] = "92a009a9f0d4cab8720e820b5f642540a2b2"
	    "7b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b"
	    "2eaeb4302aeeb00d291612bb0c00";
	uint8_t seed[32], signature[SIGNING_KEY_SIGNATURE];
	struct signing_key k = { .expires_at = 0 };
	char hex[2 * SIGNING_KEY_SIGNATURE + 1];

	(void)state;
	assert_true(hex_decode("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35ab"
	    "a624da8cf6ed4fb8a6fb", 64, seed, sizeof(seed)));
	k.private_key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    seed, sizeof(seed));
	signing_key_sign(&k, "\x72", 1, signature);
	hex_encode(signature, sizeof(signature), hex);
	assert_string_equal(hex, expected);
	signing_keys_close(&k, 1);
}

static void
old_and_new_sign_until_the_overlap_ends(void **state)
{
	uint8_t one[SIGNING_KEY_SIGNATURE], two[SIGNING_KEY_SIGNATURE];
	struct signing_key first;

	(void)state;
	ensure();
	assert_int_equal(read_at(0), 1);
	first = live[0];
	assert_null(rotate(WEBHOOK_OVERLAP, 5));
	assert_int_equal(read_at(5 + DAY - 1), 2);
	assert_string_equal(live[1].id, first.id);
	assert_int_equal(live[0].expires_at, 0);
	assert_int_equal(live[1].expires_at, fixture_now + 5 + DAY);
	assert_memory_not_equal(live[0].public_key, live[1].public_key, 32);
	assert_int_equal(signing_key_live(fx.conn, fx.vault, fixture_now + 5,
	    live), 2);
	signing_key_sign(&live[0], message, strlen(message), one);
	signing_key_sign(&live[1], message, strlen(message), two);
	assert_true(verifies(live[0].public_key, one));
	assert_true(verifies(live[1].public_key, two));
	assert_false(verifies(live[0].public_key, two));
	signing_keys_close(live, 2);
	assert_int_equal(read_at(5 + DAY), 1);
	assert_string_not_equal(live[0].id, first.id);
}

static void
without_an_overlap_the_old_one_ends_at_once(void **state)
{
	(void)state;
	ensure();
	assert_null(rotate(7 * DAY, 1));
	assert_null(rotate(0, 2));
	assert_int_equal(read_at(2), 1);
	assert_int_equal(live[0].created_at, fixture_now + 2);
}

static void
rotating_makes_the_first_one_too(void **state)
{
	(void)state;
	assert_null(rotate(HOUR, 0));
	assert_int_equal(read_at(0), 1);
	assert_int_equal(read_at(HOUR), 1);
}

static void
overlaps_and_numbers_have_limits(void **state)
{
	(void)state;
	assert_string_equal(rotate(-1, 0),
	    "an old key can sign on for 0 seconds to 7 days");
	assert_string_equal(rotate(7 * DAY + 1, 0),
	    "an old key can sign on for 0 seconds to 7 days");
	assert_int_equal(read_at(0), 0);
	for (int i = 0; i < SIGNING_KEYS_MAX; i++)
		assert_null(rotate(DAY, i));
	assert_string_equal(rotate(DAY, 20), "ten keys sign already: wait "
	    "until one has expired, or rotate without an overlap");
	assert_int_equal(read_at(20), SIGNING_KEYS_MAX);
	for (int i = 1; i < SIGNING_KEYS_MAX; i++)
		assert_true(strcmp(live[i - 1].id, live[i].id) > 0);
	assert_null(rotate(0, 21));
	assert_int_equal(read_at(21), 1);
}

/* How many keys open, and that no others come out. */
static size_t
opened(const struct vault *vault)
{
	size_t n = signing_key_live(fx.conn, vault, fixture_now, live);

	for (size_t i = 0; i < n; i++)
		assert_non_null(live[i].private_key);
	signing_keys_close(live, n);
	return n;
}

static void
a_private_part_opens_in_its_own_row_only(void **state)
{
	struct rows *r;

	(void)state;
	ensure();
	r = conn_rows(fx.conn, SQL_SIGNING_KEYS_LIVE, "ii", fixture_now,
	    INT64_C(1));
	assert_true(row_next(r));
	struct slice open = row_bytes(r, 1), sealed = row_bytes(r, 4);
	void *public_key = arena_strndup(fx.arena, open.p, open.n);
	void *private_key = arena_strndup(fx.arena, sealed.p, sealed.n);
	row_done(r);
	assert_int_equal(sealed.n, 32 + VAULT_OVERHEAD);
	assert_null(memmem(private_key, sealed.n, public_key, open.n));
	conn_run(fx.conn, SQL_SIGNING_KEY_INSERT, "tbbi", "sig_moved",
	    private_key, sealed.n, public_key, open.n, fixture_now);
	assert_int_equal(read_at(0), 2);
	assert_int_equal(opened(fx.vault), 1);
}

static void
a_public_part_that_does_not_fit_is_left_out(void **state)
{
	uint8_t seed[32] = { 1 }, sealed[32 + VAULT_OVERHEAD];
	uint8_t public_key[32] = { 2 };

	(void)state;
	vault_seal(fx.vault, "signing_key:sig_odd", seed, sizeof(seed),
	    sealed);
	conn_run(fx.conn, SQL_SIGNING_KEY_INSERT, "tbbi", "sig_odd", sealed,
	    sizeof(sealed), public_key, sizeof(public_key), fixture_now);
	assert_int_equal(opened(fx.vault), 0);
	vault_seal(fx.vault, "signing_key:sig_short", seed, 31, sealed);
	conn_run(fx.conn, SQL_SIGNING_KEY_INSERT, "tbbi", "sig_short", sealed,
	    sizeof(sealed) - 1, public_key, sizeof(public_key), fixture_now);
	assert_int_equal(opened(fx.vault), 0);
}

static void
the_audit_log_has_the_public_part_alone(void **state)
{
	char text[SIGNING_KEY_TEXT_SIZE];
	struct rows *r;

	(void)state;
	assert_null(rotate(5000, 0));
	assert_int_equal(read_at(0), 1);
	signing_key_text(&live[0], text);
	r = conn_rows(fx.conn, SQL_AUDIT_OF_SUBJECT, "t", live[0].id);
	assert_true(row_next(r));
	assert_string_equal(row_text(r, 2), "signing_key.rotated");
	assert_string_equal(row_text(r, 3), arena_printf(fx.arena,
	    "{\"public_key\":\"%s\",\"overlap_ms\":5000}", text));
	row_done(r);
}

/* The public key of RFC 8032 7.1, test 1, as other programs write it. */
static void
the_public_part_has_its_usual_forms(void **state)
{
	struct signing_key k = { .id = "sig_1", .created_at = fixture_now };
	struct jsonw w;
	struct buf out;

	(void)state;
	assert_true(hex_decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa6"
	    "2325af021a68f707511a", 64, k.public_key, 32));
	buf_init(&out, 1024);
	jsonw_init(&w, &out);
	signing_key_write_jwk(&w, &k);
	assert_string_equal(buf_str(&out), "{\"kty\":\"OKP\","
	    "\"crv\":\"Ed25519\",\"use\":\"sig\",\"alg\":\"EdDSA\","
	    "\"kid\":\"sig_1\","
	    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
	    "\"x_whpk\":\"whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
	    "\"}");
	buf_reset(&out);
	jsonw_init(&w, &out);
	signing_key_write(&w, &k);
	assert_string_equal(buf_str(&out), "{\"id\":\"sig_1\",\"public_key\":"
	    "\"whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\","
	    "\"created_at\":\"2025-11-24T16:00:00.000Z\","
	    "\"expires_at\":null}");
	buf_free(&out);
}

static const struct CMUnitTest tests[] = {
	FIXTURE_CASE(there_is_none_until_one_is_needed),
	FIXTURE_CASE(the_private_part_signs_for_the_public_one),
	FIXTURE_CASE(the_vector_of_the_rfc),
	FIXTURE_CASE(old_and_new_sign_until_the_overlap_ends),
	FIXTURE_CASE(without_an_overlap_the_old_one_ends_at_once),
	FIXTURE_CASE(rotating_makes_the_first_one_too),
	FIXTURE_CASE(overlaps_and_numbers_have_limits),
	FIXTURE_CASE(a_private_part_opens_in_its_own_row_only),
	FIXTURE_CASE(a_public_part_that_does_not_fit_is_left_out),
	FIXTURE_CASE(the_audit_log_has_the_public_part_alone),
	FIXTURE_CASE(the_public_part_has_its_usual_forms),
};

TEST_MAIN("signing-key", tests)
