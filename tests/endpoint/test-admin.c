/* SPDX-License-Identifier: ISC */
/* test-admin.c - operators sign in, look, and sign out. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "operator.h"
#include "shared.h"
#include "sig.h"

#define LOGIN ADMIN "/login"
#define SESSION ADMIN "/session"
#define LOGOUT ADMIN "/logout"
#define LIST ADMIN "/transactions"

/* Failures of other cases must not block this one. */
static int
forget_failures(void **state)
{
	(void)state;
	db_exec("DELETE FROM login_failure");
	return 0;
}

static struct answer *
login(const char *email, const char *password)
{
	return ask_post(NULL, LOGIN, NULL, textf("{\"email\":\"%s\","
	    "\"password\":\"%s\"}", email, password));
}

static int64_t
actions(const char *action)
{
	return db_int(textf("SELECT count(*) FROM audit_event WHERE action = "
	    "'%s'", action));
}

static void
signs_an_operator_in(void **state)
{
	int64_t before = actions("operator.signed_in");
	struct answer *a = login(OPERATOR_EMAIL, OPERATOR_PASSWORD);

	(void)state;
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json),
	    "token expires_at operator mode");
	assert_string_equal(keys_of(member(a, "operator")), "email role must");
	assert_string_equal(text_at(a, "operator.email"), OPERATOR_EMAIL);
	assert_string_equal(text_at(a, "operator.role"), "owner");
	assert_string_equal(text_at(a, "mode"), "sandbox");
	assert_int_equal(strlen(text_at(a, "expires_at")), 24);
	assert_int_equal(actions("operator.signed_in"), before + 1);
}

static void
tells_whose_token_it_is(void **state)
{
	struct answer *a = ask_admin(admin_token(), SESSION, NULL);

	(void)state;
	assert_answer(a, 200, textf("{\"expires_at\":\"%s\",\"operator\":{"
	    "\"email\":\"" OPERATOR_EMAIL "\",\"role\":\"owner\","
	    "\"must\":[]},"
	    "\"mode\":\"sandbox\"}", text_at(a, "expires_at")));
}

static void
refuses_a_wrong_password_and_an_unknown_account_alike(void **state)
{
	int64_t before = actions("operator.login_failed");
	struct answer *wrong = login(OPERATOR_EMAIL, "wrong password");
	struct answer *unknown = login("nobody@example.com", "wrong password");

	(void)state;
	assert_fault(wrong, LOGIN_FAILED);
	assert_answer(unknown, 401, wrong->body);
	assert_int_equal(actions("operator.login_failed"), before + 2);
	/* What was typed as an address may have been a password. */
	assert_int_equal(db_int("SELECT count(*) FROM audit_event WHERE "
	    "subject || detail || actor LIKE '%nobody@example.com%'"), 0);
}

static void
refuses_an_account_that_was_disabled(void **state)
{
	const char *token = admin_token();

	(void)state;
	db_exec("UPDATE operator SET disabled_at = 1");
	struct answer *a = login(OPERATOR_EMAIL, OPERATOR_PASSWORD);
	struct answer *session = ask_admin(token, SESSION, NULL);
	db_exec("UPDATE operator SET disabled_at = NULL");
	assert_fault(a, LOGIN_FAILED);
	assert_fault(session, TOKEN_INVALID);
}

static void
refuses_bad_fields_without_counting_them(void **state)
{
	(void)state;
	assert_invalid(ask_post(NULL, LOGIN, NULL, "{}"),
	    "{\"fieldErrors\":{\"email\":[\"Required\"],"
	    "\"password\":[\"Required\"]},\"formErrors\":[]}");
	assert_invalid(login("a", ""), "{\"fieldErrors\":{\"email\":["
	    "\"String must contain at least 3 character(s)\"],"
	    "\"password\":[\"String must contain at least 1 character(s)\"]},"
	    "\"formErrors\":[]}");
	assert_int_equal(db_int("SELECT count(*) FROM login_failure"), 0);
}

static int64_t
retry_after(const struct answer *a)
{
	const char *value = header_of(a, "Retry-After");

	return value != NULL ? strtoll(value, NULL, 10) : -1;
}

static void
blocks_after_five_failures_for_longer_each_time(void **state)
{
	struct answer *a;

	(void)state;
	for (int i = 0; i < LOGIN_FREE + 1; i++)
		assert_fault(login("victim@example.com", "guess"),
		    LOGIN_FAILED);
	a = login("victim@example.com", "guess");
	assert_fault(a, LOGIN_THROTTLED);
	assert_in_range(retry_after(a), 28, 30);
	clock_advance(LOGIN_BLOCK_MS);
	assert_fault(login("victim@example.com", "guess"), LOGIN_FAILED);
	a = login("victim@example.com", "guess");
	assert_fault(a, LOGIN_THROTTLED);
	assert_in_range(retry_after(a), 58, 60);
}

/* Blocks the operator's account for five seconds from an address. */
static void
block_account(const char *at)
{
	uint8_t hash[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	sig_sha256(OPERATOR_EMAIL, strlen(OPERATOR_EMAIL), hash);
	hex_encode(hash, sizeof(hash), hex);
	db_exec(textf("INSERT INTO login_failure (subject, failures, "
	    "blocked_until, updated_at) VALUES ('account:%s%s', 6, %lld, "
	    "%lld)", hex, at, (long long)clock_now() + 5000,
	    (long long)clock_now()));
}

static void
lets_an_operator_in_whom_somebody_else_tries_to_lock_out(void **state)
{
	(void)state;
	block_account("@192.0.2.1");
	assert_status(login(OPERATOR_EMAIL, OPERATOR_PASSWORD), 200);
}

static void
blocks_the_right_password_too_until_the_time_is_over(void **state)
{
	struct answer *a;

	(void)state;
	block_account("@127.0.0.1");
	a = login("OWNER@example.com", OPERATOR_PASSWORD);
	assert_fault(a, LOGIN_THROTTLED);
	a = login(OPERATOR_EMAIL, OPERATOR_PASSWORD);
	assert_fault(a, LOGIN_THROTTLED);
	assert_in_range(retry_after(a), 3, 5);
	clock_advance(5000);
	assert_status(login(OPERATOR_EMAIL, OPERATOR_PASSWORD), 200);
	assert_int_equal(db_int("SELECT count(*) FROM login_failure"), 0);
}

static void
blocks_an_address_that_guesses_at_many_accounts(void **state)
{
	(void)state;
	db_exec(textf("INSERT INTO login_failure (subject, failures, "
	    "blocked_until, updated_at) VALUES ('address:127.0.0.1', %d, 0, "
	    "%lld)", 4 * LOGIN_FREE, (long long)clock_now()));
	assert_fault(login("some@example.com", "guess"), LOGIN_FAILED);
	assert_fault(login("another@example.com", "guess"), LOGIN_THROTTLED);
}

static void
ends_the_session_at_logout(void **state)
{
	const char *token = admin_token(), *other = admin_token();

	(void)state;
	assert_answer(ask_admin(token, LOGOUT, "{}"), 200,
	    "{\"ended\":true}");
	assert_fault(ask_admin(token, SESSION, NULL), TOKEN_INVALID);
	assert_fault(ask_admin(token, LIST, NULL), TOKEN_INVALID);
	assert_fault(ask_admin(token, LOGOUT, "{}"), TOKEN_INVALID);
	/* The other one is a session of its own. */
	assert_status(ask_admin(other, SESSION, NULL), 200);
}

static void
ends_the_session_when_its_time_is_over(void **state)
{
	const char *token = admin_token();

	(void)state;
	clock_advance(3590 * 1000);
	assert_status(ask_admin(token, SESSION, NULL), 200);
	clock_advance(20 * 1000);
	assert_fault(ask_admin(token, SESSION, NULL), TOKEN_INVALID);
}

static void
needs_a_bearer_token(void **state)
{
	static const char *const lines[] = { NULL, "Authorization: x",
	    "Authorization: Basic b3duZXI6eA==", "Authorization;" };
	static const char *const paths[] = { SESSION, LIST,
	    LIST "/CLVTX_1_1" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		for (size_t p = 0; p < 3; p++)
			assert_fault(ask(&(struct call){ .path = paths[p],
			    .lines = { lines[i] } }), TOKEN_MISSING);
	assert_fault(ask(&(struct call){ .path = LOGOUT, .body = "{}" }),
	    TOKEN_MISSING);
}

static void
takes_no_api_key_for_a_token(void **state)
{
	(void)state;
	assert_fault(ask_get(&world.platform, LIST), TOKEN_MISSING);
	assert_fault(ask_admin(world.platform.key, LIST, NULL),
	    TOKEN_INVALID);
	assert_fault(ask(&(struct call){ .path = TRANSACTIONS,
	    .lines = { textf("x-api-key: %s", admin_token()) } }),
	    API_KEY_INVALID);
}

/* The token with its n-th part in other bytes. */
static const char *
with_part(const char *token, int n, const char *bytes)
{
	char part[3][1024];
	const char *at = token;

	for (int i = 0; i < 3; i++) {
		size_t len = strcspn(at, ".");
		snprintf(part[i], sizeof(part[i]), "%.*s", (int)len, at);
		at += len + (at[len] == '.');
	}
	base64url_encode(bytes, strlen(bytes), part[n]);
	return textf("%s.%s.%s", part[0], part[1], part[2]);
}

static void
refuses_forged_tokens(void **state)
{
	const char *good = admin_token();
	const char *forged[8];
	char *flipped = arena_strdup(world.arena, good);

	(void)state;
	flipped[strlen(flipped) - 3] ^= 1;
	forged[0] = flipped;
	forged[1] = "x.y.z";
	forged[2] = textf("%s.", good);
	forged[3] = textf("%s ", good);
	forged[4] = with_part(good, 0, "{\"alg\":\"none\",\"typ\":\"JWT\"}");
	forged[5] = with_part(good, 1, "{\"sub\":\"op_1\",\"jti\":\"ses_1\","
	    "\"role\":\"owner\",\"iat\":1,\"exp\":9999999999,\"aud\":"
	    "\"clive-admin\"}");
	forged[6] = with_part(good, 2, "");
	forged[7] = textf("%.*s", (int)(strrchr(good, '.') - good), good);
	for (size_t i = 0; i < 8; i++)
		if (i != 3)	/* curl and servers trim that one */
			assert_fault(ask_admin(forged[i], SESSION, NULL),
			    TOKEN_INVALID);
	assert_fault(plain_run(&(struct cgi){ .program = SESSION, .env = {
	    "REQUEST_METHOD=GET",
	    textf("HTTP_AUTHORIZATION=Bearer %s ", good) } }),
	    TOKEN_INVALID);
	assert_status(ask_admin(good, SESSION, NULL), 200);
}

static void
refuses_a_token_whose_session_is_gone(void **state)
{
	const char *token = admin_token();

	(void)state;
	db_exec("DELETE FROM operator_session");
	assert_fault(ask_admin(token, SESSION, NULL), TOKEN_INVALID);
}

static void
lists_the_payments_of_all_partners(void **state)
{
	const char *token = admin_token();

	(void)state;
	tx_new("adm-list");
	assert_status(ask_post(&world.other, INITIALIZE, "adm-list",
	    "{\"partner_id\":\"" OTHER_PARTNER "\",\"client_id\":\""
	    OTHER_CLIENT "\",\"amount\":1,\"currency\":\"EUR\","
	    "\"echezona_reference\":\"adm-list\"}"), 201);
	struct answer *a = ask_admin(token, LIST "?reference=adm-list", NULL);
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), "items nextCursor");
	assert_int_equal(size_at(a, "items"), 2);
	a = ask_admin(token, LIST "?reference=adm-list&partner_id="
	    OTHER_PARTNER, NULL);
	assert_int_equal(size_at(a, "items"), 1);
	assert_invalid(ask_admin(token, LIST "?limit=x", NULL),
	    "{\"fieldErrors\":{\"limit\":[\"Expected integer\"]},"
	    "\"formErrors\":[]}");
}

static void
lists_what_a_platform_wide_key_sees(void **state)
{
	struct answer *a;

	(void)state;
	tx_new("adm-same");
	a = ask_get(&world.platform, TRANSACTIONS "?reference=adm-same");
	struct answer *mine = ask_admin(admin_token(),
	    LIST "?reference=adm-same", NULL);
	assert_status(mine, 200);
	assert_int_equal(size_at(mine, "items"), 1);
	/* All that partners are told stands first; the rest is for us. */
	size_t n = (size_t)(strstr(a->body, "}]") - a->body);
	assert_memory_equal(a->body, mine->body, n);
	assert_string_equal(keys_of(member(mine, "items.0")), textf(
	    "%s email api livemode refundedAmount refundingAmount "
	    "disputedAmount", keys_of(member(a, "items.0"))));
}

/* The words of a member over the timeline's entries, in order. */
static const char *
timeline_of(const struct answer *a, const char *name)
{
	const char *words = "";
	const struct json *entry;

	for_each(entry, a, "timeline") {
		const char *word = json_text(entry, name);
		if (word != NULL)
			words = textf("%s%s%s", words,
			    *words == '\0' ? "" : " ", word);
	}
	return words;
}

static void
tells_what_happened_to_a_payment(void **state)
{
	const char *id = tx_attached("admtime");
	struct answer *a;

	(void)state;
	clock_advance(1000);
	assert_status(stripe_succeed("admtime"), 200);
	a = ask_admin(admin_token(), textf(LIST "/%s", id), NULL);
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), "transaction timeline");
	assert_string_equal(text_at(a, "transaction.cliveTxId"), id);
	assert_string_equal(text_at(a, "transaction.status"), "succeeded");
	assert_int_equal(size_at(a, "transaction"), 31);
	assert_string_equal(timeline_of(a, "kind"), "audit audit "
	    "processor_event audit ledger ledger ledger event delivery");
	assert_string_equal(timeline_of(a, "action"),
	    "transaction.initialized transaction.pending "
	    "transaction.succeeded");
	assert_string_equal(timeline_of(a, "outcome"), "applied");
	const struct json *entry;
	const char *last = "";
	for_each(entry, a, "timeline") {
		const char *at = json_text(entry, "at");
		assert_true(strcmp(last, at) <= 0);
		last = at;
	}
}

static void
shows_in_the_timeline_the_bytes_that_came_and_went(void **state)
{
	const char *id = tx_attached("admbytes");
	struct answer *a;

	(void)state;
	assert_status(stripe_succeed("admbytes"), 200);
	a = ask_admin(admin_token(), textf(LIST "/%s", id), NULL);
	const char *came = db_text("SELECT CAST(body AS TEXT) FROM "
	    "processor_event WHERE event_id = 'evt_ok_admbytes'");
	const char *went = db_text(textf("SELECT CAST(body AS TEXT) FROM "
	    "event WHERE clive_tx_id = '%s'", id));
	assert_non_null(came);
	assert_non_null(went);
	const struct json *entry;
	int found = 0;
	for_each(entry, a, "timeline") {
		const char *body = json_text(entry, "body");
		if (body != NULL && (strcmp(body, came) == 0 ||
		    strcmp(body, went) == 0))
			found++;
	}
	assert_int_equal(found, 2);
}

static void
does_not_know_payments_that_are_not_there(void **state)
{
	const char *token = admin_token();

	(void)state;
	assert_fault(ask_admin(token, LIST "/CLVTX_1739378102312_420", NULL),
	    TX_NOT_FOUND);
	assert_fault(ask_admin(token, LIST "/", NULL), NOT_FOUND);
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, forget_failures, case_end)

static const struct CMUnitTest tests[] = {
	FRESH(signs_an_operator_in),
	FRESH(tells_whose_token_it_is),
	FRESH(refuses_a_wrong_password_and_an_unknown_account_alike),
	FRESH(refuses_an_account_that_was_disabled),
	FRESH(refuses_bad_fields_without_counting_them),
	FRESH(blocks_after_five_failures_for_longer_each_time),
	FRESH(lets_an_operator_in_whom_somebody_else_tries_to_lock_out),
	FRESH(blocks_the_right_password_too_until_the_time_is_over),
	FRESH(blocks_an_address_that_guesses_at_many_accounts),
	FRESH(ends_the_session_at_logout),
	FRESH(ends_the_session_when_its_time_is_over),
	FRESH(needs_a_bearer_token),
	FRESH(takes_no_api_key_for_a_token),
	FRESH(refuses_forged_tokens),
	FRESH(refuses_a_token_whose_session_is_gone),
	FRESH(lists_the_payments_of_all_partners),
	FRESH(lists_what_a_platform_wide_key_sees),
	FRESH(tells_what_happened_to_a_payment),
	FRESH(shows_in_the_timeline_the_bytes_that_came_and_went),
	FRESH(does_not_know_payments_that_are_not_there),
};

static const struct world_options options = { .with_operator = true };

ENDPOINT_MAIN("admin", tests, &options)
