/* SPDX-License-Identifier: ISC */
/* test-rekey.c - another master key: everything sealed goes over to it. */
#include "rekey.h"

#include <string.h>

#include "apikey.h"
#include "fixture.h"
#include "intent-action.h"
#include "intent.h"
#include "sig.h"
#include "signing-key.h"

static struct db *db;
static struct vault *now_vault;		/* as a program opens it now */
static char path[CONF_PATH_MAX];

static void
reopen(void)
{
	char why[512];

	vault_close(now_vault);
	now_vault = vault_open(path, why, sizeof(why));
	assert_non_null(now_vault);
}

/* Bytes of a purpose, sealed by the program that runs all the time. */
static void
insert(const char *before, const char *context, const char *after)
{
	uint8_t sealed[6 + VAULT_OVERHEAD];
	char hex[2 * sizeof(sealed) + 1], text[1024];

	vault_seal(fx.vault, context, "secret", 6, sealed);
	hex_encode(sealed, sizeof(sealed), hex);
	snprintf(text, sizeof(text), "%s%s%s", before, hex, after);
	if (!conn_script(fx.conn, text))
		fail_msg("%s: %s", text, conn_failed(fx.conn));
}

static int
make_data(void **state)
{
	const struct merchant m = { .partner_id = "ECHEZONA001",
	    .client_id = "AIRPEACE001" };
	const struct intent_new new = { .amount = { 10000, "USD" } };
	struct apikey key;
	char why[512];

	(void)state;
	fixture_make();
	conf_path(&fx.conf, "master.key", path);
	db = db_open(&fx.conf, why, sizeof(why));
	assert_non_null(db);
	conn_begin(fx.conn, false);
	fixture_partner("ECHEZONA001", 35000);
	fixture_client("ECHEZONA001", "AIRPEACE001", -1, -1);
	for (int i = 0; i < 250; i++)
		assert_true(apikey_add(fx.conn, fx.vault, false, NULL, "many",
		    fixture_now + i, "cli:test", &key));
	signing_key_ensure(fx.conn, fx.vault, fixture_now, "cli:test");
	struct intent *in = intent_open(fx.conn, fx.arena, fixture_now, &m,
	    &new, "merchant:test");
	conn_run(fx.conn, SQL_INTENT_ACTION, "tit", intent_action_stripe(
	    fx.arena, fx.vault, in->id, "pi_1_secret_2"), fixture_now,
	    in->id);
	insert("INSERT INTO idempotency (day, owner, path, idempotency_key, "
	    "body_hash, status, answer, created_at) VALUES (20000, 'o', '/p',"
	    " 'k', zeroblob(32), 201, 'sealed:", "idempotency:o:/p:k",
	    "', 1)");
	conn_script(fx.conn, "INSERT INTO operator (id, email, password, role,"
	    " created_at) VALUES ('op_1', 'a@b.c', 'x', 'owner', 1)");
	insert("INSERT INTO operator_factor (operator_id, secret_sealed, "
	    "since, step) VALUES ('op_1', x'", "operator_factor:op_1",
	    "', 1, 0)");
	insert("UPDATE operator_factor SET next_sealed = x'",
	    "operator_factor:op_1", "', next_at = 1");
	conn_script(fx.conn, "INSERT INTO webhook_endpoint (id, partner_id, "
	    "name, url, api, status, schedule, pauses, created_at, "
	    "updated_at) VALUES ('we_1', 'ECHEZONA001', 'n', 'http://a.b', "
	    "'clive', 'active', 'none', '', 1, 1)");
	insert("INSERT INTO webhook_secret VALUES ('we_1', 1, x'",
	    "webhook_endpoint:we_1", "', 1, NULL)");
	conn_commit(fx.conn);
	assert_null(conn_failed(fx.conn));
	reopen();
	return 0;
}

static int
drop_data(void **state)
{
	(void)state;
	vault_close(now_vault);
	db_close(db);
	return 0;
}

enum { VALUES = 250 + 1 + 1 + 1 + 2 + 1 };

static struct rekey_count
look(void)
{
	struct rekey_count count;

	assert_true(rekey_look(fx.conn, now_vault, &count));
	return count;
}

static void
run_to_the_end(struct rekey *k)
{
	const struct fault *fault;

	rekey_begin(k, now_vault);
	while (rekey_page(k, db, &fault))
		assert_null(fault);
}

/* In the order of the cases below: each goes on where the last one ended. */
static void
every_sealed_value_is_counted(void **state)
{
	(void)state;
	struct rekey_count count = look();
	assert_int_equal(count.values, VALUES);
	assert_int_equal(count.old, 0);
	assert_int_equal(count.unknown, 0);
}

static void
a_run_that_was_killed_is_done_again(void **state)
{
	const struct fault *fault;
	struct rekey k;
	char why[512];

	(void)state;
	assert_true(vault_add_key(path, why, sizeof(why)));
	reopen();
	assert_int_equal(vault_keys(now_vault), 2);
	assert_int_equal(look().old, VALUES);
	rekey_begin(&k, now_vault);
	assert_true(rekey_page(&k, db, &fault));
	assert_null(fault);
	int64_t left = look().old;
	assert_in_range(left, 1, VALUES - 1);
	/* What it knew is gone; another one begins. */
	run_to_the_end(&k);
	assert_int_equal(k.resealed, left);
	assert_int_equal(k.unopened, 0);
	assert_int_equal(look().old, 0);
	run_to_the_end(&k);
	assert_int_equal(k.resealed, 0);
}

static void
secrets_of_payers_stay_good_until_the_old_key_goes(void **state)
{
	char secret[INTENT_SECRET_SIZE], after[INTENT_SECRET_SIZE];

	(void)state;
	struct vault *old = now_vault;
	char why[512];
	intent_secret(old, "pi_01", secret);
	assert_true(vault_add_key(path, why, sizeof(why)));
	/* A program that runs goes by the new file at once. */
	intent_secret(old, "pi_01", after);
	assert_string_not_equal(after, secret);
	assert_true(intent_secret_is(old, "pi_01", secret));
	assert_true(intent_secret_is(old, "pi_01", after));
	assert_true(vault_drop_keys(path, why, sizeof(why)));
	assert_false(intent_secret_is(old, "pi_01", secret));
	assert_true(intent_secret_is(old, "pi_01", after));
}

/* After two keys came, and the first of all went, nothing opens any more
 * but what was sealed anew. */
static void
what_lost_its_key_is_named(void **state)
{
	struct rekey k;

	(void)state;
	reopen();
	struct rekey_count count = look();
	assert_int_equal(vault_keys(now_vault), 1);
	assert_int_equal(count.unknown, VALUES);
	assert_non_null(strstr(count.first_old, "api_key.hmac_sealed of key_"));
	run_to_the_end(&k);
	assert_int_equal(k.unopened, VALUES);
	assert_int_equal(k.resealed, 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(every_sealed_value_is_counted),
	cmocka_unit_test(a_run_that_was_killed_is_done_again),
	cmocka_unit_test(secrets_of_payers_stay_good_until_the_old_key_goes),
	cmocka_unit_test(what_lost_its_key_is_named),
};

int
main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("rekey", tests, make_data,
	    drop_data);
}
