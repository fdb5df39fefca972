/* SPDX-License-Identifier: ISC */
/*
 * test-operators.c - the second factor, one's own account, and the users.
 */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "factor.h"
#include "fault.h"
#include "operator.h"
#include "shared.h"
#include "sig.h"

#define LOGIN ADMIN "/login"
#define STEP ADMIN "/second-step"
#define SESSION ADMIN "/session"
#define ACCOUNT ADMIN "/account"
#define FACTOR ACCOUNT "/second-factor"
#define USERS ADMIN "/users"
#define AUDIT ADMIN "/audit"
#define PROOF "\"password\":\"" OPERATOR_PASSWORD "\""

/* One operator, as it was in the beginning. */
static int
start_afresh(void **state)
{
	(void)state;
	db_exec("DELETE FROM login_failure");
	db_exec("DELETE FROM operator_session");
	db_exec("DELETE FROM operator_factor");
	db_exec("DELETE FROM operator_recovery");
	db_exec("DELETE FROM operator WHERE email <> '" OPERATOR_EMAIL "'");
	db_exec("UPDATE operator SET must_change = 0, second_factor = 0, "
	    "role = 'owner', disabled_at = NULL");
	return 0;
}

static struct answer *
login(const char *email, const char *password)
{
	return ask_post(NULL, LOGIN, NULL, textf("{\"email\":\"%s\","
	    "\"password\":\"%s\"}", email, password));
}

static struct answer *
second_step(const char *ticket, const char *code)
{
	return ask_post(NULL, STEP, NULL, textf("{\"ticket\":\"%s\","
	    "\"code\":\"%s\"}", ticket, code));
}

static int64_t
actions(const char *action)
{
	return db_int(textf("SELECT count(*) FROM audit_event WHERE action = "
	    "'%s'", action));
}

/* What an authenticator shows for a secret, so many steps from now. */
static const char *
code_of(const char *secret, int64_t steps)
{
	uint8_t bytes[TOTP_SECRET_BYTES];
	char code[TOTP_CODE_SIZE];
	uint32_t held = 0;
	int bits = 0;
	size_t n = 0;

	for (; *secret != '\0'; secret++) {
		held = held << 5 | (uint32_t)(*secret >= 'A' ? *secret - 'A' :
		    *secret - '2' + 26);
		if ((bits += 5) >= 8)
			bytes[n++] = (uint8_t)(held >> (bits -= 8));
	}
	totp_code(bytes, n, totp_step(clock_now() / 1000) + steps, code);
	return textf("%s", code);
}

/* The next step has begun, so that there is a code not used yet. */
static void
next_code(void)
{
	clock_advance(TOTP_STEP_S * 1000);
}

/* Sets an authenticator up; its secret, with the recovery codes in *a. */
static const char *
enrol(const char *token, struct answer **a)
{
	struct answer *begun = ask_admin(token, FACTOR, "{" PROOF "}");

	assert_status(begun, 200);
	const char *secret = text_at(begun, "secret");
	*a = ask_admin(token, FACTOR "/confirm", textf("{\"code\":\"%s\"}",
	    code_of(secret, 0)));
	assert_status(*a, 200);
	return secret;
}

static const char *
ticket(void)
{
	struct answer *a = login(OPERATOR_EMAIL, OPERATOR_PASSWORD);

	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), "ticket");
	return text_at(a, "ticket");
}

static int64_t
int_at(const struct answer *a, const char *path)
{
	const struct json *m = member(a, path);

	return m != NULL && m->kind == JSON_NUMBER ?
	    strtoll(m->raw.p, NULL, 10) : -1;
}

/* 1, 0, or -1: it is neither. */
static int
bool_at(const struct answer *a, const char *path)
{
	const struct json *m = member(a, path);

	return m == NULL ? -1 : m->kind == JSON_TRUE ? 1 :
	    m->kind == JSON_FALSE ? 0 : -1;
}

/* ---------------------------------------------------------- second factor */

static void
sets_up_an_authenticator_and_asks_for_it(void **state)
{
	struct answer *a, *begun;
	const char *token = admin_token();

	(void)state;
	begun = ask_admin(token, FACTOR, "{" PROOF "}");
	assert_status(begun, 200);
	assert_string_equal(keys_of(begun->json), "secret uri");
	assert_string_equal(text_at(begun, "uri"), textf("otpauth://totp/"
	    "Clive:owner%%40example.com?secret=%s&issuer=Clive&algorithm=SHA1"
	    "&digits=6&period=30", text_at(begun, "secret")));
	/* Until a code of it was right nobody is asked for one. */
	assert_status(login(OPERATOR_EMAIL, OPERATOR_PASSWORD), 200);
	assert_non_null(admin_token());
	const char *secret = enrol(token, &a);
	assert_int_equal(size_at(a, "recovery_codes"), FACTOR_RECOVERY_CODES);
	next_code();
	a = second_step(ticket(), code_of(secret, 0));
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json),
	    "token expires_at operator mode");
	assert_status(ask_admin(text_at(a, "token"), SESSION, NULL), 200);
	assert_int_equal(actions("operator.second_factor_set"), 1);
}

static void
keeps_the_secret_sealed_and_out_of_the_log(void **state)
{
	struct answer *a;
	const char *secret = enrol(admin_token(), &a);
	const char *code = text_at(a, "recovery_codes.0");

	(void)state;
	assert_int_equal(db_int("SELECT length(secret_sealed) FROM "
	    "operator_factor"), 33 + TOTP_SECRET_BYTES);
	assert_int_equal(db_int(textf("SELECT count(*) FROM audit_event "
	    "WHERE instr(detail, '%s') OR instr(detail, '%.5s')", secret,
	    code)), 0);
	assert_int_equal(db_int("SELECT count(*) FROM operator_recovery "
	    "WHERE length(hash) = 32"), FACTOR_RECOVERY_CODES);
}

static void
takes_no_code_twice(void **state)
{
	struct answer *a;
	const char *secret = enrol(admin_token(), &a);
	const char *code = code_of(secret, 0);

	(void)state;
	/* The one it was set up with is used, too. */
	assert_fault(second_step(ticket(), code), CODE_INVALID);
	next_code();
	code = code_of(secret, 0);
	assert_status(second_step(ticket(), code), 200);
	assert_fault(second_step(ticket(), code), CODE_INVALID);
	assert_fault(ask_admin(text_at(second_step(ticket(), code_of(secret,
	    1)), "token"), ACCOUNT "/password", textf("{" PROOF ",\"code\":"
	    "\"%s\",\"new_password\":\"another long word\"}", code)), PROOF);
}

static void
takes_one_step_of_drift(void **state)
{
	struct answer *a;
	const char *secret = enrol(admin_token(), &a);

	(void)state;
	clock_advance(10 * TOTP_STEP_S * 1000);
	assert_fault(second_step(ticket(), code_of(secret, -2)),
	    CODE_INVALID);
	assert_fault(second_step(ticket(), code_of(secret, 2)),
	    CODE_INVALID);
	assert_status(second_step(ticket(), code_of(secret, -1)), 200);
	assert_status(second_step(ticket(), code_of(secret, 1)), 200);
	/* The clock's own step lies before the last one taken. */
	assert_fault(second_step(ticket(), code_of(secret, 0)),
	    CODE_INVALID);
}

static void
takes_a_recovery_code_once(void **state)
{
	struct answer *a;
	const char *token = admin_token();

	(void)state;
	enrol(token, &a);
	const char *code = text_at(a, "recovery_codes.3");
	assert_int_equal(strlen(code), 23);
	assert_status(second_step(ticket(), code), 200);
	assert_fault(second_step(ticket(), code), CODE_INVALID);
	assert_int_equal(actions("operator.recovery_code_used"), 1);
	a = ask_admin(token, ACCOUNT, NULL);
	assert_int_equal(int_at(a, "user.recovery_codes_left"), 9);
}

static void
replaces_recovery_codes(void **state)
{
	struct answer *first, *a;
	const char *token = admin_token();
	const char *secret = enrol(token, &first);

	(void)state;
	assert_fault(ask_admin(token, FACTOR "/recovery-codes", "{" PROOF "}"),
	    PROOF);
	next_code();
	a = ask_admin(token, FACTOR "/recovery-codes", textf("{" PROOF
	    ",\"code\":\"%s\"}", code_of(secret, 0)));
	assert_status(a, 200);
	assert_fault(second_step(ticket(), text_at(first,
	    "recovery_codes.0")), CODE_INVALID);
	assert_status(second_step(ticket(), text_at(a, "recovery_codes.0")),
	    200);
}

static void
a_ticket_opens_nothing_and_serves_once(void **state)
{
	struct answer *a;
	const char *secret = enrol(admin_token(), &a);
	const char *half = ticket();

	(void)state;
	assert_fault(ask_admin(half, SESSION, NULL), TOKEN_INVALID);
	assert_fault(ask_admin(half, ACCOUNT, NULL), TOKEN_INVALID);
	next_code();
	a = second_step(half, code_of(secret, 0));
	assert_status(a, 200);
	next_code();
	assert_fault(second_step(half, code_of(secret, 0)), TICKET_INVALID);
	/* A token is no ticket. */
	assert_fault(second_step(text_at(a, "token"), code_of(secret, 0)),
	    TICKET_INVALID);
	half = ticket();
	clock_advance(OPERATOR_TICKET_MS);
	assert_fault(second_step(half, code_of(secret, 0)), TICKET_INVALID);
}

static void
throttles_codes_wherever_they_come_from(void **state)
{
	struct answer *a;
	const char *secret = enrol(admin_token(), &a);
	const char *half = ticket();

	(void)state;
	for (int i = 0; i < LOGIN_FREE + 1; i++)
		assert_fault(second_step(half, "000000"), CODE_INVALID);
	db_exec("DELETE FROM login_failure WHERE subject LIKE 'address:%'");
	a = second_step(ticket(), code_of(secret, 1));
	assert_fault(a, LOGIN_THROTTLED);
	assert_in_range(strtoll(header_of(a, "Retry-After"), NULL, 10), 1, 30);
	clock_advance(LOGIN_BLOCK_MS);
	assert_status(second_step(ticket(), code_of(secret, 0)), 200);
	assert_int_equal(actions("operator.code_failed") >= LOGIN_FREE + 1, 1);
}

static void
removes_it_with_password_and_code(void **state)
{
	struct answer *a;
	const char *token = admin_token();

	(void)state;
	assert_fault(ask_admin(token, FACTOR "/remove", "{" PROOF "}"),
	    SECOND_FACTOR);
	const char *secret = enrol(token, &a);
	next_code();
	assert_fault(ask_admin(token, FACTOR "/remove", textf("{\"password\":"
	    "\"wrong\",\"code\":\"%s\"}", code_of(secret, 0))), PROOF);
	assert_fault(ask_admin(token, FACTOR "/remove", "{" PROOF "}"),
	    PROOF);
	db_exec("UPDATE operator SET second_factor = 1");
	assert_fault(ask_admin(token, FACTOR "/remove", textf("{" PROOF
	    ",\"code\":\"%s\"}", code_of(secret, 0))), SECOND_FACTOR);
	db_exec("UPDATE operator SET second_factor = 0");
	next_code();
	assert_answer(ask_admin(token, FACTOR "/remove", textf("{" PROOF
	    ",\"code\":\"%s\"}", code_of(secret, 0))), 200,
	    "{\"removed\":true}");
	assert_non_null(admin_token());
}

static void
confirms_nothing_that_was_not_begun(void **state)
{
	const char *token = admin_token();

	(void)state;
	assert_fault(ask_admin(token, FACTOR "/confirm",
	    "{\"code\":\"123456\"}"), PROOF);
	struct answer *a = ask_admin(token, FACTOR, "{" PROOF "}");
	clock_advance(FACTOR_ENROL_MS + 1000);
	assert_fault(ask_admin(token, FACTOR "/confirm", textf(
	    "{\"code\":\"%s\"}", code_of(text_at(a, "secret"), 0))), PROOF);
}

static void
whoever_has_to_set_one_up_may_do_nothing_else(void **state)
{
	struct answer *a;

	(void)state;
	db_exec("UPDATE operator SET second_factor = 1");
	a = login(OPERATOR_EMAIL, OPERATOR_PASSWORD);
	assert_status(a, 200);
	assert_string_equal(text_at(a, "operator.must.0"), "second_factor");
	const char *token = text_at(a, "token");
	assert_fault(ask_admin(token, ADMIN "/transactions", NULL),
	    ACCOUNT_UNFINISHED);
	enrol(token, &a);
	assert_status(ask_admin(token, ADMIN "/transactions", NULL), 200);
}

/* Signs in under another setting, as one program run on a copy. */
static struct answer *
login_under(const char *line)
{
	static const char body[] = "{\"email\":\"" OPERATOR_EMAIL "\"," PROOF
	    "}";
	const char *const lines[] = { line, NULL };

	return plain_run(&(struct cgi){ .program = LOGIN,
	    .var = var_copy(lines), .input = body, .len = strlen(body),
	    .env = { "REQUEST_METHOD=POST", "CONTENT_TYPE=application/json",
	    textf("CONTENT_LENGTH=%zu", strlen(body)) } });
}

static void
asks_whom_the_setting_says(void **state)
{
	struct answer *a = login_under("operator_second_factor = required");

	(void)state;
	assert_status(a, 200);
	assert_string_equal(text_at(a, "operator.must.0"), "second_factor");
	a = login_under("operator_second_factor = optional");
	assert_int_equal(size_at(a, "operator.must"), 0);
	enrol(admin_token(), &a);
	a = login_under("operator_second_factor = optional");
	assert_string_equal(keys_of(a->json), "ticket");
	a = login_under("operator_second_factor = off");
	assert_string_equal(keys_of(a->json),
	    "token expires_at operator mode");
}

/* ---------------------------------------------------------------- account */

static void
changes_the_password_with_the_old_one(void **state)
{
	const char *token = admin_token(), *other = admin_token();
	const char *path = ACCOUNT "/password";
	const char *old = db_text("SELECT password FROM operator");

	(void)state;
	assert_fault(ask_admin(token, path, "{\"password\":\"wrong word\","
	    "\"new_password\":\"another long word\"}"), PROOF);
	assert_int_equal(actions("operator.proof_failed") > 0, 1);
	assert_invalid(ask_admin(token, path, "{" PROOF ",\"new_password\":"
	    "\"" OPERATOR_PASSWORD "\"}"), "{\"fieldErrors\":{"
	    "\"new_password\":[\"is the old password\"]},\"formErrors\":[]}");
	assert_status(ask_admin(token, path, "{" PROOF ",\"new_password\":"
	    "\"short\"}"), 400);
	assert_answer(ask_admin(token, path, "{" PROOF ",\"new_password\":"
	    "\"another long word\"}"), 200, "{\"changed\":true}");
	assert_fault(ask_admin(other, SESSION, NULL), TOKEN_INVALID);
	assert_status(ask_admin(token, SESSION, NULL), 200);
	assert_fault(login(OPERATOR_EMAIL, OPERATOR_PASSWORD), LOGIN_FAILED);
	assert_status(login(OPERATOR_EMAIL, "another long word"), 200);
	db_exec(textf("UPDATE operator SET password = '%s'", old));
}

static void
throttles_guesses_at_the_password_of_a_session(void **state)
{
	const char *token = admin_token();

	(void)state;
	for (int i = 0; i < LOGIN_FREE + 1; i++)
		assert_fault(ask_admin(token, FACTOR,
		    "{\"password\":\"guess\"}"), PROOF);
	assert_fault(ask_admin(token, FACTOR, "{" PROOF "}"),
	    LOGIN_THROTTLED);
}

static void
lists_and_ends_sessions(void **state)
{
	const char *token = admin_token();
	struct answer *a = ask(&(struct call){ .path = LOGIN,
	    .body = "{\"email\":\"" OPERATOR_EMAIL "\"," PROOF "}",
	    .lines = { "User-Agent: Browser \xc3\xa9 1.0" } });
	const char *other = text_at(a, "token");

	(void)state;
	a = ask_admin(token, ACCOUNT, NULL);
	assert_status(a, 200);
	assert_int_equal(size_at(a, "sessions"), 2);
	assert_string_equal(text_at(a, "sessions.0.agent"),
	    "Browser ?? 1.0");
	assert_string_equal(text_at(a, "sessions.0.address"), "127.0.0.1");
	const char *id = text_at(a, "sessions.0.id");
	assert_answer(ask_admin(token, textf(ACCOUNT "/sessions/%s/end", id),
	    "{}"), 200, "{\"ended\":true}");
	assert_fault(ask_admin(other, SESSION, NULL), TOKEN_INVALID);
	assert_fault(ask_admin(token, textf(ACCOUNT "/sessions/%s/end", id),
	    "{}"), SESSION_NOT_FOUND);
	other = admin_token();
	assert_status(ask_admin(token, ACCOUNT "/sessions", "{}"), 200);
	assert_fault(ask_admin(token, SESSION, NULL), TOKEN_INVALID);
	assert_fault(ask_admin(other, SESSION, NULL), TOKEN_INVALID);
	assert_int_equal(actions("operator.signed_out_everywhere"), 1);
}

/* ------------------------------------------------------------------ users */

static struct answer *
add_user(const char *token, const char *email, const char *role)
{
	return ask_admin(token, USERS, textf("{\"email\":\"%s\",\"role\":"
	    "\"%s\"}", email, role));
}

static void
makes_a_user_whose_password_serves_once(void **state)
{
	const char *token = admin_token();
	struct answer *a = add_user(token, "Ada@example.com", "support");

	(void)state;
	assert_status(a, 201);
	assert_string_equal(keys_of(a->json), "user password");
	assert_string_equal(text_at(a, "user.email"), "ada@example.com");
	const char *made = text_at(a, "password");
	assert_fault(add_user(token, "ada@example.com", "owner"),
	    USER_EXISTS);
	assert_status(add_user(token, "ada", "owner"), 400);
	assert_status(add_user(token, "eve@example.com", "king"), 400);
	a = login("ada@example.com", made);
	assert_status(a, 200);
	assert_string_equal(text_at(a, "operator.must.0"), "password");
	const char *ada = text_at(a, "token");
	assert_fault(ask_admin(ada, ADMIN "/transactions", NULL),
	    ACCOUNT_UNFINISHED);
	assert_status(ask_admin(ada, ACCOUNT "/password", textf(
	    "{\"password\":\"%s\",\"new_password\":\"a word of her own\"}",
	    made)), 200);
	assert_status(ask_admin(ada, ADMIN "/transactions", NULL), 200);
	assert_fault(ask_admin(ada, USERS, NULL), ROLE);
}

static void
changes_a_user_and_writes_down_what_was(void **state)
{
	const char *token = admin_token();
	struct answer *a = add_user(token, "ada@example.com", "support");
	const char *path = textf(USERS "/%s", text_at(a, "user.id"));
	const char *made = text_at(a, "password");
	const char *ada = text_at(login("ada@example.com", made), "token");

	(void)state;
	a = ask_admin(token, textf("%s/role", path), "{\"role\":\"finance\"}");
	assert_status(a, 200);
	assert_string_equal(text_at(a, "user.role"), "finance");
	assert_non_null(strstr(db_text("SELECT detail FROM audit_event WHERE "
	    "action = 'operator.role_set' ORDER BY seq DESC LIMIT 1"),
	    "\"before\":{\"role\":\"support\"},\"after\":{\"role\":"
	    "\"finance\"}"));
	assert_status(ask_admin(token, textf("%s/disable", path), "{}"), 200);
	assert_fault(ask_admin(ada, SESSION, NULL), TOKEN_INVALID);
	assert_fault(login("ada@example.com", made), LOGIN_FAILED);
	assert_status(ask_admin(token, textf("%s/enable", path), "{}"), 200);
	assert_status(login("ada@example.com", made), 200);
	a = ask_admin(token, textf("%s/reset-password", path), "{}");
	assert_status(a, 200);
	assert_fault(login("ada@example.com", made), LOGIN_FAILED);
	assert_status(login("ada@example.com", text_at(a, "password")), 200);
	assert_int_equal(db_int(textf("SELECT count(*) FROM audit_event WHERE "
	    "instr(detail, '%s')", text_at(a, "password"))), 0);
	assert_fault(ask_admin(token, USERS "/op_none/disable", "{}"),
	    USER_NOT_FOUND);
	a = ask_admin(token, USERS, NULL);
	assert_int_equal(size_at(a, "items"), 2);
	assert_null(strstr(a->body, "scrypt"));
}

static void
resets_the_second_factor_of_another_user(void **state)
{
	const char *token = admin_token(), *path;
	struct answer *a;

	(void)state;
	a = ask_admin(token, ACCOUNT, NULL);
	path = textf(USERS "/%s", text_at(a, "user.id"));
	assert_fault(ask_admin(token, textf("%s/reset-second-factor", path),
	    "{}"), OWN_ACCOUNT);
	assert_fault(ask_admin(token, textf("%s/reset-password", path),
	    "{}"), OWN_ACCOUNT);
	enrol(token, &a);
	a = add_user(token, "ada@example.com", "owner");
	const char *ada = text_at(login("ada@example.com", text_at(a,
	    "password")), "token");
	db_exec("UPDATE operator SET must_change = 0");
	assert_status(ask_admin(ada, textf("%s/reset-second-factor", path),
	    "{}"), 200);
	assert_fault(ask_admin(token, SESSION, NULL), TOKEN_INVALID);
	assert_non_null(admin_token());
	assert_int_equal(db_int("SELECT count(*) FROM operator_recovery"), 0);
	assert_status(ask_admin(ada, textf("%s/require-second-factor", path),
	    "{\"required\":true}"), 200);
	a = login(OPERATOR_EMAIL, OPERATOR_PASSWORD);
	assert_string_equal(text_at(a, "operator.must.0"), "second_factor");
}

static void
keeps_the_last_owner(void **state)
{
	const char *token = admin_token();
	struct answer *a = ask_admin(token, ACCOUNT, NULL);
	const char *own = textf(USERS "/%s", text_at(a, "user.id"));

	(void)state;
	assert_fault(ask_admin(token, textf("%s/disable", own), "{}"),
	    LAST_OWNER);
	assert_fault(ask_admin(token, textf("%s/role", own),
	    "{\"role\":\"support\"}"), LAST_OWNER);
	a = add_user(token, "ada@example.com", "owner");
	const char *ada = textf(USERS "/%s", text_at(a, "user.id"));
	assert_status(ask_admin(token, textf("%s/disable", ada), "{}"), 200);
	/* One that is disabled is none. */
	assert_fault(ask_admin(token, textf("%s/disable", own), "{}"),
	    LAST_OWNER);
	assert_status(ask_admin(token, textf("%s/enable", ada), "{}"), 200);
	assert_status(ask_admin(token, textf("%s/role", own),
	    "{\"role\":\"support\"}"), 200);
	assert_fault(ask_admin(token, USERS, NULL), ROLE);
}

/* -------------------------------------------------------------- audit log */

static void
lists_the_audit_log_by_filters(void **state)
{
	const char *token = admin_token();
	struct answer *a, *next;

	(void)state;
	add_user(token, "ada@example.com", "support");
	a = ask_admin(token, AUDIT "?limit=1", NULL);
	assert_status(a, 200);
	assert_string_equal(text_at(a, "items.0.action"), "operator.created");
	assert_string_equal(keys_of(member(a, "items.0")),
	    "seq at actor action subject detail");
	next = ask_admin(token, textf(AUDIT "?limit=1&cursor=%s",
	    text_at(a, "nextCursor")), NULL);
	assert_int_equal(int_at(next, "items.0.seq"),
	    int_at(a, "items.0.seq") - 1);
	a = ask_admin(token, AUDIT "?subject=ada@example.com&action="
	    "operator.created&actor=operator:" OPERATOR_EMAIL, NULL);
	assert_in_range(size_at(a, "items"), 1, 100);
	a = ask_admin(token, AUDIT "?action=operator.created&actor=nobody",
	    NULL);
	assert_int_equal(size_at(a, "items"), 0);
	assert_true(null_at(a, "nextCursor"));
	a = ask_admin(token, AUDIT "?to=2001-01-01", NULL);
	assert_int_equal(size_at(a, "items"), 0);
	assert_status(ask_admin(token, AUDIT "?cursor=x", NULL), 400);
	assert_status(ask_admin(token, AUDIT "?limit=501", NULL), 400);
	assert_fault(ask_admin(token, AUDIT "/other", NULL), NOT_FOUND);
}

static void
says_whether_the_chain_holds(void **state)
{
	const char *token = admin_token();
	struct answer *a = ask_admin(token, AUDIT "/chain?rows=3", NULL);

	(void)state;
	assert_status(a, 200);
	assert_int_equal(int_at(a, "head.seq"),
	    db_int("SELECT max(seq) FROM audit_event"));
	assert_int_equal(strlen(text_at(a, "head.hash")), 64);
	assert_int_equal(int_at(a, "checked.rows"), 3);
	assert_int_equal(bool_at(a, "checked.good"), 1);
	/* All of it, then one row in between altered. */
	a = ask_admin(token, AUDIT "/chain?rows=100000", NULL);
	assert_int_equal(bool_at(a, "checked.good"), 1);
	int64_t bad = db_int("SELECT max(seq) - 1 FROM audit_event");
	db_exec("DROP TRIGGER audit_event_is_final_update");
	db_exec(textf("UPDATE audit_event SET actor = actor || 'x' WHERE "
	    "seq = %lld", (long long)bad));
	a = ask_admin(token, AUDIT "/chain", NULL);
	db_exec(textf("UPDATE audit_event SET actor = substr(actor, 1, "
	    "length(actor) - 1) WHERE seq = %lld", (long long)bad));
	db_exec("CREATE TRIGGER audit_event_is_final_update BEFORE UPDATE ON "
	    "audit_event BEGIN SELECT raise(ABORT, 'audit events are never "
	    "changed'); END");
	assert_int_equal(bool_at(a, "checked.good"), 0);
	assert_int_equal(int_at(a, "checked.first_bad"), bad);
}

static void
exports_a_sheet_without_formulas(void **state)
{
	const char *token = admin_token();
	struct answer *a;

	(void)state;
	add_user(token, "=cmd@example.com", "support");
	a = ask_admin(token, AUDIT "/csv?action=operator.created&subject="
	    "%3Dcmd@example.com", NULL);
	assert_int_equal(a->status, 200);
	assert_string_equal(header_of(a, "Content-Type"),
	    "text/csv; charset=utf-8");
	assert_non_null(strstr(a->body,
	    "seq,at,actor,action,subject,detail\r\n"));
	assert_non_null(strstr(a->body, ",\"'=cmd@example.com\",\"{\"\"role\"\""
	    ":\"\"support\"\""));
}

#define FRESH(f) cmocka_unit_test_setup_teardown(f, start_afresh, case_end)

static const struct CMUnitTest tests[] = {
	FRESH(sets_up_an_authenticator_and_asks_for_it),
	FRESH(keeps_the_secret_sealed_and_out_of_the_log),
	FRESH(takes_no_code_twice),
	FRESH(takes_one_step_of_drift),
	FRESH(takes_a_recovery_code_once),
	FRESH(replaces_recovery_codes),
	FRESH(a_ticket_opens_nothing_and_serves_once),
	FRESH(throttles_codes_wherever_they_come_from),
	FRESH(removes_it_with_password_and_code),
	FRESH(confirms_nothing_that_was_not_begun),
	FRESH(whoever_has_to_set_one_up_may_do_nothing_else),
	FRESH(asks_whom_the_setting_says),
	FRESH(changes_the_password_with_the_old_one),
	FRESH(throttles_guesses_at_the_password_of_a_session),
	FRESH(lists_and_ends_sessions),
	FRESH(makes_a_user_whose_password_serves_once),
	FRESH(changes_a_user_and_writes_down_what_was),
	FRESH(resets_the_second_factor_of_another_user),
	FRESH(keeps_the_last_owner),
	FRESH(lists_the_audit_log_by_filters),
	FRESH(says_whether_the_chain_holds),
	FRESH(exports_a_sheet_without_formulas),
};

static const struct world_options options = { .with_operator = true };

ENDPOINT_MAIN("operators", tests, &options)
