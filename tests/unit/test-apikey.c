/* SPDX-License-Identifier: ISC */
/* test-apikey.c - keys are shown once, kept as a hash, and end when told. */
#include "apikey.h"

#include <string.h>

#include "fixture.h"
#include "sig.h"

static struct apikey key;

static bool
add(const char *partner_id, bool live)
{
	memset(&key, 0, sizeof(key));
	return apikey_add(fx.conn, fx.vault, live, partner_id, "A key",
	    fixture_now, "cli:test", &key);
}

/* The row of a key's text, as the guard finds it; NULL: none. */
static struct rows *
find(const char *text)
{
	uint8_t hash[SHA256_SIZE];

	sig_sha256(text, strlen(text), hash);
	return conn_rows(fx.conn, SQL_API_KEY_FIND, "b", hash, sizeof(hash));
}

static void
keys_say_what_they_are_for(void **state)
{
	static const struct {
		const char	*partner;
		bool		 live;
		const char	*begins;
	} table[] = {
		{ "ECHEZONA001", true, "cp_live_partner_" },
		{ "ECHEZONA001", false, "cp_test_partner_" },
		{ NULL, true, "cp_live_platform_" },
		{ NULL, false, "cp_test_platform_" },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		size_t n = strlen(table[i].begins);

		assert_true(add(table[i].partner, table[i].live));
		assert_memory_equal(key.key, table[i].begins, n);
		assert_int_equal(strlen(key.key), n + 43);
		assert_memory_equal(key.hmac_secret, "hs_", 3);
		assert_int_equal(strlen(key.hmac_secret), 3 + 43);
		assert_memory_equal(key.id, "key_", 4);
	}
}

static void
no_two_keys_are_alike(void **state)
{
	struct apikey first;

	(void)state;
	assert_true(add(NULL, false));
	first = key;
	assert_true(add(NULL, false));
	assert_string_not_equal(first.id, key.id);
	assert_string_not_equal(first.key, key.key);
	assert_string_not_equal(first.hmac_secret, key.hmac_secret);
	/* The secret is not the key's tail either. */
	assert_string_not_equal(strrchr(key.key, '_'),
	    strrchr(key.hmac_secret, '_'));
}

static void
a_key_is_found_by_its_hash(void **state)
{
	(void)state;
	assert_true(add("ECHEZONA001", false));
	struct rows *r = find(key.key);
	assert_true(row_next(r));
	assert_string_equal(row_text(r, 0), key.id);
	assert_string_equal(row_text(r, 1), "ECHEZONA001");
	row_done(r);
	assert_true(add(NULL, false));
	r = find(key.key);
	assert_true(row_next(r));
	assert_true(row_null(r, 1));
	row_done(r);
	key.key[20] = (char)(key.key[20] == 'a' ? 'b' : 'a');
	r = find(key.key);
	assert_false(row_next(r));
}

static void
its_secret_opens_for_its_own_row_only(void **state)
{
	char context[64];

	(void)state;
	assert_true(add(NULL, false));
	struct rows *r = find(key.key);
	assert_true(row_next(r));
	struct slice sealed = row_bytes(r, 2);
	snprintf(context, sizeof(context), "api_key:%s", key.id);
	char *secret = vault_unseal(fx.vault, context, sealed.p, sealed.n,
	    fx.arena);
	assert_non_null(secret);
	assert_string_equal(secret, key.hmac_secret);
	context[strlen(context) - 1] ^= 1;
	assert_null(vault_unseal(fx.vault, context, sealed.p, sealed.n,
	    fx.arena));
	row_done(r);
}

/* Looks for a text in all that the database file and its log hold. */
static bool
stored(const char *text)
{
	static const char *const names[] = { "db/clive.db",
	    "db/clive.db-wal" };
	char path[CONF_PATH_MAX];
	bool found = false;

	for (int i = 0; i < 2; i++) {
		FILE *f = fopen(conf_path(&fx.conf, names[i], path), "r");
		size_t size = 4 << 20, n = 0;
		char *bytes = malloc(size);

		assert_non_null(bytes);
		if (f != NULL) {
			n = fread(bytes, 1, size, f);
			fclose(f);
		}
		found |= memmem(bytes, n, text, strlen(text)) != NULL;
		free(bytes);
	}
	return found;
}

static void
neither_key_nor_secret_is_stored_in_clear(void **state)
{
	(void)state;
	assert_true(add("ECHEZONA001", false));
	conn_commit(fx.conn);
	assert_true(stored(key.id));
	assert_false(stored(key.key));
	assert_false(stored(key.key + 16));
	assert_false(stored(key.hmac_secret));
	assert_false(stored(key.hmac_secret + 3));
}

static void
the_list_shows_the_last_four_characters(void **state)
{
	(void)state;
	assert_true(add("ECHEZONA001", false));
	struct rows *r = conn_rows(fx.conn, SQL_API_KEYS, "t",
	    "ECHEZONA001");
	assert_true(row_next(r));
	assert_string_equal(row_text(r, 0), key.id);
	assert_string_equal(row_text(r, 2), "A key");
	assert_string_equal(row_text(r, 3), key.key + strlen(key.key) - 4);
	assert_int_equal(row_int(r, 4), fixture_now);
	assert_true(row_null(r, 5));
	assert_false(row_next(r));
}

static void
a_partner_that_does_not_exist_gets_none(void **state)
{
	(void)state;
	assert_false(add("NOBODY", false));
	assert_false(add("", false));
	assert_false(add("echezona001", false));
	assert_null(conn_failed(fx.conn));
	assert_int_equal(fixture_rows(SQL_API_KEYS, ""), 0);
}

static void
a_name_that_is_refused_leaves_trouble(void **state)
{
	(void)state;
	assert_false(apikey_add(fx.conn, fx.vault, false, NULL, "",
	    fixture_now, "cli:test", &key));
	assert_non_null(conn_failed(fx.conn));
}

static void
a_revoked_key_is_not_found(void **state)
{
	(void)state;
	assert_true(add(NULL, false));
	assert_true(apikey_revoke(fx.conn, key.id, fixture_now + 1,
	    "cli:test"));
	struct rows *r = find(key.key);
	assert_false(row_next(r));
	/* Once is enough, and others stay as they are. */
	assert_false(apikey_revoke(fx.conn, key.id, fixture_now + 2,
	    "cli:test"));
	assert_false(apikey_revoke(fx.conn, "key_none", fixture_now,
	    "cli:test"));
	assert_true(add(NULL, false));
	r = find(key.key);
	assert_true(row_next(r));
	row_done(r);
}

static void
issuing_and_revoking_are_on_record_without_secrets(void **state)
{
	static const char *const actions[] = { "api_key.created",
	    "api_key.revoked" };

	(void)state;
	assert_true(add("ECHEZONA001", false));
	apikey_revoke(fx.conn, key.id, fixture_now, "cli:test");
	apikey_revoke(fx.conn, key.id, fixture_now, "cli:test");
	struct rows *r = conn_rows(fx.conn, SQL_AUDIT_OF_SUBJECT, "t",
	    key.id);
	for (int i = 0; i < 2; i++) {
		assert_true(row_next(r));
		assert_string_equal(row_text(r, 1), "cli:test");
		assert_string_equal(row_text(r, 2), actions[i]);
		assert_null(strstr(row_text(r, 3), "hs_"));
		assert_null(strstr(row_text(r, 3), "cp_"));
	}
	assert_false(row_next(r));
}

static const struct CMUnitTest tests[] = {
	FIXTURE_CASE(keys_say_what_they_are_for),
	FIXTURE_CASE(no_two_keys_are_alike),
	FIXTURE_CASE(a_key_is_found_by_its_hash),
	FIXTURE_CASE(its_secret_opens_for_its_own_row_only),
	FIXTURE_CASE(the_list_shows_the_last_four_characters),
	FIXTURE_CASE(a_partner_that_does_not_exist_gets_none),
	FIXTURE_CASE(a_name_that_is_refused_leaves_trouble),
	FIXTURE_CASE(a_revoked_key_is_not_found),
	FIXTURE_CASE(issuing_and_revoking_are_on_record_without_secrets),
	/* The last one: what it commits stays. */
	FIXTURE_CASE(neither_key_nor_secret_is_stored_in_clear),
};

TEST_MAIN("apikey", tests)
