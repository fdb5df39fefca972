/* SPDX-License-Identifier: ISC */
/*
 * test-merchant.c - keys of the Payments API are shown once, kept as a hash,
 * found by their prefix, and end when told; client secrets are derived.
 */
#include "merchant.h"

#include <ctype.h>
#include <string.h>

#include "fixture.h"
#include "intent.h"
#include "sig.h"

static char id[ID_SIZE], key[MERCHANT_KEY_SIZE];
static struct merchant m;

static const char *
add_to(const char *partner_id, const char *client_id, bool live,
    const char *scopes)
{
	return merchant_key_add(fx.conn, partner_id, client_id, live, "A key",
	    scopes, fixture_now, "cli:test", id, key);
}

static void
add(bool live, const char *scopes)
{
	assert_null(add_to("ECHEZONA001", "AIRPEACE001", live, scopes));
}

static void
keys_are_of_the_documented_shape(void **state)
{
	(void)state;
	for (int live = 0; live < 2; live++) {
		add(live, NULL);
		assert_memory_equal(id, "mk_", 3);
		assert_memory_equal(key, live ? "sxm_live_" : "sxm_test_", 9);
		assert_int_equal(strlen(key), 9 + 8 + 32);
		for (const char *c = key + 9; *c != '\0'; c++)
			assert_true(isascii(*c) && isalnum((unsigned char)*c));
	}
}

/*
 * A byte modulo 62 would favour the first 8 of the digits, which would be 1875
 * of 12000 and not 1548.
 */
static void
digits_are_drawn_evenly(void **state)
{
	int seen[128] = { 0 }, kinds = 0, first = 0;

	(void)state;
	for (int i = 0; i < 300; i++) {
		add(false, NULL);
		for (const char *c = key + 9; *c != '\0'; c++)
			seen[(unsigned char)*c]++;
	}
	for (int c = 0; c < 128; c++)
		kinds += seen[c] > 0;
	for (int c = '0'; c < '8'; c++)
		first += seen[c];
	assert_int_equal(kinds, 62);
	assert_in_range(first, 1376, 1720);
}

static void
a_key_says_whose_it_is(void **state)
{
	(void)state;
	add(false, NULL);
	assert_true(merchant_find(fx.conn, key, &m));
	assert_string_equal(m.key_id, id);
	assert_string_equal(m.partner_id, "ECHEZONA001");
	assert_string_equal(m.client_id, "AIRPEACE001");
	assert_string_equal(m.owner, "ECHEZONA001/AIRPEACE001/test");
	assert_false(m.live);
	assert_int_equal(m.scopes, SCOPES_ALL);
	add(true, NULL);
	assert_true(merchant_find(fx.conn, key, &m));
	assert_string_equal(m.owner, "ECHEZONA001/AIRPEACE001/live");
	assert_true(m.live);
}

static void
an_altered_key_is_none(void **state)
{
	char bad[MERCHANT_KEY_SIZE + 8];

	(void)state;
	add(false, NULL);
	for (size_t i = 0; i < strlen(key); i++) {
		snprintf(bad, sizeof(bad), "%s", key);
		bad[i] = bad[i] == 'x' ? 'y' : 'x';
		assert_false(merchant_find(fx.conn, bad, &m));
		assert_string_equal(m.key_id, "");
		assert_string_equal(m.owner, "");
	}
	for (size_t n = 0; n < strlen(key); n++) {
		snprintf(bad, sizeof(bad), "%.*s", (int)n, key);
		assert_false(merchant_find(fx.conn, bad, &m));
	}
	snprintf(bad, sizeof(bad), "%sA", key);
	assert_false(merchant_find(fx.conn, bad, &m));
	snprintf(bad, sizeof(bad), " %s", key);
	assert_false(merchant_find(fx.conn, bad, &m));
	/* The other mode's key with the same digits is no key either. */
	snprintf(bad, sizeof(bad), "sxm_live_%s", key + 9);
	assert_false(merchant_find(fx.conn, bad, &m));
	assert_null(conn_failed(fx.conn));
}

static void
scopes_are_a_set_of_known_words(void **state)
{
	static const struct {
		const char	*words;
		unsigned int	 set;
	} rows[] = {
		{ "payments:read", SCOPE_PAYMENTS_READ },
		{ "keys:write", SCOPE_KEYS_WRITE },
		{ " transfers:write,,wallets:read ",
		    SCOPE_TRANSFERS_WRITE | SCOPE_WALLETS_READ },
		{ "events:read events:write,events:read",
		    SCOPE_EVENTS_READ | SCOPE_EVENTS_WRITE },
	};
	static const char *const bad[] = { "", " ", "payments", "payments:",
	    "payments:readx", "Payments:read", "payments:read;refunds:read",
	    "payments:read all" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		add(false, rows[i].words);
		assert_true(merchant_find(fx.conn, key, &m));
		assert_int_equal(m.scopes, rows[i].set);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(add_to("ECHEZONA001", "AIRPEACE001", false,
		    bad[i]));
}

static void
only_a_client_gets_one(void **state)
{
	(void)state;
	assert_non_null(add_to("ECHEZONA001", "NOBODY", false, NULL));
	assert_non_null(add_to("NOBODY", "AIRPEACE001", false, NULL));
	fixture_partner("OTHERPAY01", 35000);
	assert_non_null(add_to("OTHERPAY01", "AIRPEACE001", false, NULL));
}

/* Cut short, its owner would be that of another client. */
static void
a_name_that_does_not_fit_gets_none(void **state)
{
	char name[200] = "";

	(void)state;
	for (size_t i = 0; i < 128; i += 2)
		memcpy(name + i, "\xc3\xa9", 3);
	fixture_client("ECHEZONA001", name, -1, -1);
	assert_non_null(add_to("ECHEZONA001", name, false, NULL));
	assert_null(conn_failed(fx.conn));
}

static void
a_revoked_key_is_none(void **state)
{
	(void)state;
	add(false, NULL);
	assert_true(merchant_key_revoke(fx.conn, id, fixture_now + 1,
	    "cli:test"));
	assert_false(merchant_find(fx.conn, key, &m));
	assert_string_equal(m.key_id, "");
	assert_false(merchant_key_revoke(fx.conn, id, fixture_now + 2,
	    "cli:test"));
	assert_false(merchant_key_revoke(fx.conn, "mk_none", fixture_now,
	    "cli:test"));
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT, id), 2);
}

static void
a_key_is_shown_by_its_prefix(void **state)
{
	struct buf b;
	struct jsonw w;

	(void)state;
	add(true, "refunds:read");
	buf_init(&b, 4096);
	jsonw_init(&w, &b);
	struct rows *r = conn_rows(fx.conn, SQL_MERCHANT_KEY_FIND, "t", id);
	assert_true(row_next(r));
	merchant_key_write(&w, NULL, r);
	row_done(r);
	assert_string_equal(buf_str(&b), arena_printf(fx.arena,
	    "{\"id\":\"%s\",\"object\":\"api_key\",\"name\":\"A key\","
	    "\"partner_id\":\"ECHEZONA001\",\"client_id\":\"AIRPEACE001\","
	    "\"prefix\":\"%.17s\",\"scopes\":[\"refunds:read\"],"
	    "\"livemode\":true,\"created_at\":\"2025-11-24T16:00:00.000Z\","
	    "\"revoked_at\":null}", id, key));
	buf_free(&b);
}

static void
its_secret_is_stored_as_a_hash_alone(void **state)
{
	uint8_t hash[SHA256_SIZE];

	(void)state;
	add(false, NULL);
	struct rows *r = conn_rows(fx.conn, SQL_MERCHANT_KEY_BY_PREFIX, "it",
	    INT64_C(0), arena_printf(fx.arena, "%.8s", key + 9));
	assert_true(row_next(r));
	sig_sha256(key + 17, 32, hash);
	assert_int_equal(row_bytes(r, 3).n, sizeof(hash));
	assert_memory_equal(row_bytes(r, 3).p, hash, sizeof(hash));
	row_done(r);
}

/* ------------------------------------------------------- client secrets */

static void
a_client_secret_follows_from_the_name(void **state)
{
	char secret[INTENT_SECRET_SIZE], other[INTENT_SECRET_SIZE];

	(void)state;
	intent_secret(fx.vault, "pi_01M890G6K59C3DVYEW05J13JDR", secret);
	assert_memory_equal(secret, "pi_01M890G6K59C3DVYEW05J13JDR_secret_",
	    37);
	assert_int_equal(strlen(secret), 37 + 40);
	assert_int_equal(strspn(secret + 37, "0123456789abcdef"), 40);
	assert_true(intent_secret_is(fx.vault,
	    "pi_01M890G6K59C3DVYEW05J13JDR", secret));
	intent_secret(fx.vault, "pi_01M890G6K59C3DVYEW05J13JDS", other);
	assert_string_not_equal(secret + 37, other + 37);
	assert_false(intent_secret_is(fx.vault,
	    "pi_01M890G6K59C3DVYEW05J13JDS", secret));
}

static void
no_other_text_is_the_secret(void **state)
{
	static const char name[] = "pi_01M890G6K59C3DVYEW05J13JDR";
	char secret[INTENT_SECRET_SIZE + 2];

	(void)state;
	intent_secret(fx.vault, name, secret);
	for (size_t i = 0; i < strlen(secret); i++) {
		secret[i] ^= 1;
		assert_false(intent_secret_is(fx.vault, name, secret));
		secret[i] ^= 1;
	}
	memcpy(secret + strlen(secret), "0", 2);
	assert_false(intent_secret_is(fx.vault, name, secret));
	secret[strlen(secret) - 2] = '\0';
	assert_false(intent_secret_is(fx.vault, name, secret));
	assert_false(intent_secret_is(fx.vault, name, ""));
	assert_false(intent_secret_is(fx.vault, "", ""));
	/* What is no payment, or no name at all, has none. */
	intent_secret(fx.vault, "tr_1", secret);
	assert_false(intent_secret_is(fx.vault, "tr_1", secret));
	assert_false(intent_secret_is(fx.vault, "pi_0000000000000000000000000"
	    "000000000000000000000000000000000000000000000000", secret));
}

static const struct CMUnitTest tests[] = {
	FIXTURE_CASE(keys_are_of_the_documented_shape),
	FIXTURE_CASE(digits_are_drawn_evenly),
	FIXTURE_CASE(a_key_says_whose_it_is),
	FIXTURE_CASE(an_altered_key_is_none),
	FIXTURE_CASE(scopes_are_a_set_of_known_words),
	FIXTURE_CASE(only_a_client_gets_one),
	FIXTURE_CASE(a_name_that_does_not_fit_gets_none),
	FIXTURE_CASE(a_revoked_key_is_none),
	FIXTURE_CASE(a_key_is_shown_by_its_prefix),
	FIXTURE_CASE(its_secret_is_stored_as_a_hash_alone),
	FIXTURE_CASE(a_client_secret_follows_from_the_name),
	FIXTURE_CASE(no_other_text_is_the_secret),
};

TEST_MAIN("merchant", tests)
