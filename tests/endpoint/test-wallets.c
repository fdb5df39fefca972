/* SPDX-License-Identifier: ISC */
/*
 * test-wallets.c - buyers, payments by wallet, transfers and the wallets
 * themselves, over HTTP.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"
#include "password.h"
#include "shared.h"
#include "wallet.h"

#define WALLETS "/v1/wallets"
#define TRANSFERS "/v1/transfers"
#define BUYERS "/v1/test/buyers"

enum {
	CALLERS = 64,
	SECONDS_MAX = 60
};

/* ----------------------------------------------------------- fixtures */

/* A phone number that no other case uses. */
static const char *
new_phone(void)
{
	static int n;

	return textf("+23177%07d", (int)getpid() % 1000 * 1000 + n++);
}

static const char *
new_key(void)
{
	static int n;

	return textf("wallet-%d-%d", (int)getpid(), n++);
}

static const struct fault *
add_buyer(struct conn *c, void *arg)
{
	struct buyer *b = arg;

	if (!buyer_add(c, world.arena, clock_now(), b, "cli:test"))
		return &FAULT_INTERNAL;
	const struct wallet *w = wallet_open_of_buyer(c, world.arena,
	    clock_now(), b, "USD");
	return wallet_fund(c, world.arena, clock_now(), w, 100000, NULL,
	    "cli:test") ? NULL : &FAULT_INTERNAL;
}

/*
 * A test buyer with 1000 USD and this PIN, without the time that each hash of
 * a PIN takes; the phone number.
 */
static const char *
new_buyer(const char *pin)
{
	static struct {
		char	pin[BUYER_PIN_SIZE];
		char	stored[PASSWORD_STORED_SIZE];
	} known[2];
	struct buyer b = { .phone_number = new_phone() };

	for (size_t i = 0; i < 2 && b.pin == NULL; i++) {
		if (known[i].pin[0] == '\0') {
			snprintf(known[i].pin, BUYER_PIN_SIZE, "%s", pin);
			password_hash(pin, known[i].stored,
			    PASSWORD_STORED_SIZE);
		}
		if (strcmp(known[i].pin, pin) == 0)
			b.pin = known[i].stored;
	}
	assert_non_null(b.pin);
	assert_null(db_txn(world.setup.db, add_buyer, &b));
	return b.phone_number;
}

static int64_t
balance_of(const char *phone)
{
	return db_int(textf("SELECT balance FROM wallet w JOIN buyer b ON b.id "
	    "= w.buyer_id WHERE b.phone_number = '%s' AND b.livemode = 0 AND "
	    "currency = 'USD'", phone));
}

struct funding {
	const char	*partner, *client;
	bool		 live;
	const char	*currency;
	int64_t		 minor;
	const char	*id;
};

static const struct fault *
fund(struct conn *c, void *arg)
{
	struct funding *f = arg;
	const struct wallet *w = wallet_open_of_merchant(c, world.arena,
	    clock_now(), f->partner, f->client, f->live, f->currency);

	f->id = w->id;
	return f->minor == 0 || wallet_fund(c, world.arena, clock_now(), w,
	    f->minor, NULL, "cli:test") ? NULL : &FAULT_INTERNAL;
}

/* The id of CLIENT's test wallet, with so much more in it. */
static const char *
funded(const char *currency, int64_t minor)
{
	struct funding f = { .partner = PARTNER, .client = CLIENT,
	    .currency = currency, .minor = minor };

	assert_null(db_txn(world.setup.db, fund, &f));
	return f.id;
}

static const char *
others_wallet(bool live)
{
	struct funding f = { .partner = OTHER_PARTNER,
	    .client = OTHER_CLIENT, .live = live, .currency = "USD",
	    .minor = 1000 };

	assert_null(db_txn(world.setup.db, fund, &f));
	return f.id;
}

static int64_t
balance(const char *wallet)
{
	return db_int(textf("SELECT balance FROM wallet WHERE id = '%s'",
	    wallet));
}

/* A new payment; its id, and its client secret. */
static const char *
new_payment(const char *key, int64_t minor, const char **secret)
{
	struct answer *a = ask_merchant(key, PAYMENTS, new_key(),
	    textf("{\"amount\":%lld,\"currency\":\"USD\","
	    "\"return_url\":\"https://shop.example/back\"}",
	    (long long)minor));

	assert_status(a, 201);
	*secret = text_at(a, "data.client_secret");
	return text_at(a, "data.id");
}

static struct answer *
confirm(const char *key, const char *id, const char *method)
{
	return ask_merchant(key, textf(PAYMENTS "/%s/confirm", id), NULL,
	    textf("{\"payment_method\":%s}", method));
}

static struct answer *
confirm_with(const char *secret, const char *id, const char *phone)
{
	return confirm(secret, id, phone == NULL ?
	    "{\"type\":\"soxara_wallet\"}" : textf("{\"type\":"
	    "\"soxara_wallet\",\"soxara_wallet\":{\"phone_number\":\"%s\"}}",
	    phone));
}

static struct answer *
approve(const char *secret, const char *id, const char *phone,
    const char *pin)
{
	return ask_merchant(secret, textf(PAYMENTS "/%s/approve", id), NULL,
	    textf("{\"phone_number\":\"%s\",\"pin\":\"%s\"}", phone, pin));
}

static struct answer *
decline(const char *secret, const char *id)
{
	return ask_merchant(secret, textf(PAYMENTS "/%s/decline", id), NULL,
	    "{}");
}

/* A payment that waits for a buyer's word. */
static const char *
waiting(int64_t minor, const char **secret)
{
	const char *id = new_payment(world.merchant, minor, secret);

	assert_status(confirm_with(*secret, id, NULL), 202);
	return id;
}

/* The types of the events about a thing, in their order. */
static const char *
events_of(const char *id)
{
	return db_text(textf("SELECT group_concat(type, ' ') FROM (SELECT "
	    "type FROM event WHERE instr(CAST(body AS TEXT), "
	    "'\"object\":{\"id\":\"%s\"') > 0 ORDER BY id)", id));
}

/* ------------------------------------------------------- test buyers */

static void
a_test_buyer_comes_with_fake_money_and_a_pin(void **state)
{
	const char *phone = new_phone();
	struct answer *a = ask_merchant(world.merchant, BUYERS, NULL,
	    textf("{\"phone_number\":\"%s\",\"name\":\"Musu\"}", phone));

	(void)state;
	assert_status(a, 201);
	assert_string_equal(keys_of(member(a, "data")), "id object "
	    "phone_number name country_code livemode created_at disabled_at "
	    "wallets pin");
	assert_has(a, "\"object\":\"user\"");
	assert_has(a, "\"name\":\"Musu\",\"country_code\":\"LR\"");
	assert_int_equal(strspn(text_at(a, "data.pin"), "0123456789"), 6);
	assert_int_equal(size_at(a, "data.wallets"), 2);
	assert_has(a, "\"currency\":\"LRD\",\"balance\":10000000,");
	assert_has(a, "\"currency\":\"USD\",\"balance\":100000,");
	/* It is kept as a password is. */
	assert_memory_equal(db_text(textf("SELECT pin FROM buyer WHERE "
	    "phone_number = '%s'", phone)), "scrypt:", 7);
	/* Whoever makes it again gets it as it is, and no PIN. */
	a = ask_merchant(world.merchant_other, BUYERS, NULL,
	    textf("{\"phone_number\":\"%s\",\"name\":\"Another\","
	    "\"pin\":\"9999\"}", phone));
	assert_status(a, 200);
	assert_null(member(a, "data.pin"));
	assert_string_equal(text_at(a, "data.name"), "Musu");
	a = ask_merchant(world.merchant, textf(BUYERS "/%s", phone), NULL,
	    NULL);
	assert_status(a, 200);
	assert_null(member(a, "data.pin"));
	assert_refused(ask_merchant(world.merchant, BUYERS "/+23100000000",
	    NULL, NULL), NOT_FOUND);
}

/* The answer holds a secret: it is the same again, and sealed till then. */
static void
a_test_buyer_is_answered_again_under_its_key(void **state)
{
	const char *body = textf("{\"phone_number\":\"%s\"}", new_phone());
	const char *key = new_key();
	struct answer *a = ask_merchant(world.merchant, BUYERS, key, body);
	struct answer *b = ask_merchant(world.merchant, BUYERS, key, body);

	(void)state;
	assert_status(a, 201);
	assert_answer(b, 201, a->body);
	assert_int_equal(db_int(textf("SELECT count(*) FROM idempotency WHERE "
	    "idempotency_key = '%s' AND answer LIKE '%%pin%%'", key)), 0);
}

static void
test_buyers_refuse_bad_fields_and_live_keys(void **state)
{
	(void)state;
	assert_refused_field(ask_merchant(world.merchant, BUYERS, NULL, "{}"),
	    FIELD_MISSING, "phone_number");
	assert_refused_field(ask_merchant(world.merchant, BUYERS, NULL,
	    "{\"phone_number\":\"0881158457\"}"), PHONE_NUMBER,
	    "phone_number");
	struct answer *a = ask_merchant(world.merchant, BUYERS, NULL,
	    textf("{\"phone_number\":\"%s\",\"pin\":\"12x4\"}",
	    new_phone()));
	assert_refused_field(a, FIELD_WRONG, "pin");
	assert_null(strstr(a->body, "12x4"));
	assert_refused(ask_merchant(world.merchant_live, BUYERS, NULL,
	    textf("{\"phone_number\":\"%s\"}", new_phone())), FORBIDDEN);
	assert_refused(ask_merchant(world.merchant_live, BUYERS "/+2310000000",
	    NULL, NULL), FORBIDDEN);
}

/* ------------------------------------------- payments by phone alone */

static void
a_test_buyers_phone_pays_at_once(void **state)
{
	const char *secret, *phone = new_buyer("1234");
	const char *id = new_payment(world.merchant, 1250, &secret);
	struct answer *a = confirm_with(secret, id, phone);

	(void)state;
	assert_status(a, 200);
	assert_string_equal(text_at(a, "data.status"), "succeeded");
	assert_true(null_at(a, "data.next_action"));
	assert_int_equal(balance_of(phone), 98750);
	assert_string_equal(events_of(id),
	    "payment.created payment.succeeded");
	a = ask_merchant(world.merchant, textf(PAYMENTS "/%s", id), NULL,
	    NULL);
	assert_has(a, textf("\"payment_method\":{\"type\":\"soxara_wallet\","
	    "\"soxara_wallet\":{\"phone_number\":\"%s\"}}", phone));
	/* The ordinary ledger, under the wallet's rule. */
	assert_string_equal(db_text(textf("SELECT debit_account || ' ' || "
	    "amount FROM ledger_entry l JOIN intent i ON i.clive_tx_id = "
	    "l.clive_tx_id WHERE i.id = '%s' AND kind = 'capture'", id)),
	    "processor:wallet:test 1250");
	assert_string_equal(db_text(textf("SELECT fee_rule_id FROM tx t JOIN "
	    "intent i ON i.clive_tx_id = t.clive_tx_id WHERE i.id = '%s'",
	    id)), "rule_wallet_default");
}

static void
the_phone_may_stand_beside_the_type(void **state)
{
	const char *secret, *phone = new_buyer("1234");
	const char *id = new_payment(world.merchant, 100, &secret);

	(void)state;
	assert_status(confirm(secret, id, textf("{\"type\":"
	    "\"soxara_wallet\",\"phone_number\":\"%s\"}", phone)), 200);
	assert_int_equal(balance_of(phone), 99900);
}

static void
a_wallet_that_is_short_fails_the_payment(void **state)
{
	const char *secret, *phone = new_buyer("1234");
	const char *id = new_payment(world.merchant, 100001, &secret);
	struct answer *a = confirm_with(secret, id, phone);

	(void)state;
	assert_status(a, 200);
	assert_string_equal(text_at(a, "data.status"), "failed");
	assert_string_equal(text_at(a, "data.failure.code"),
	    "insufficient_funds");
	assert_int_equal(balance_of(phone), 100000);
	assert_string_equal(events_of(id), "payment.created payment.failed");
}

static void
phones_of_nobody_and_bad_ones_are_refused(void **state)
{
	const char *secret;
	const char *id = new_payment(world.merchant, 100, &secret);

	(void)state;
	assert_refused_field(confirm_with(secret, id, "+231770000000"),
	    FORBIDDEN, "payment_method.soxara_wallet.phone_number");
	assert_refused_field(confirm_with(secret, id, "0770000000"),
	    PHONE_NUMBER, "payment_method.soxara_wallet.phone_number");
	assert_refused_field(confirm(secret, id, "{\"type\":"
	    "\"soxara_wallet\",\"phone_number\":17}"), FIELD_WRONG,
	    "payment_method.phone_number");
	assert_refused_field(confirm(secret, id, "{\"type\":"
	    "\"soxara_wallet\",\"soxara_wallet\":\"x\"}"), FIELD_WRONG,
	    "payment_method.soxara_wallet");
	/* Nothing has happened to it. */
	assert_has(ask_merchant(secret, textf(PAYMENTS "/%s", id), NULL,
	    NULL), "\"status\":\"requires_payment_method\"");
}

/* ----------------------------------------------------------- approval */

static void
without_a_phone_the_payer_is_led_to_the_page(void **state)
{
	const char *secret;
	const char *id = new_payment(world.merchant, 700, &secret);
	struct answer *a = confirm_with(secret, id, NULL);

	(void)state;
	assert_status(a, 202);
	assert_string_equal(text_at(a, "data.status"), "requires_action");
	assert_string_equal(text_at(a, "data.next_action.type"),
	    "redirect_to_url");
	assert_string_equal(text_at(a, "data.next_action.redirect_to_url."
	    "url"), textf("http://localhost:4390/wallet/?payment=%s#%s", id,
	    secret));
	assert_string_equal(text_at(a, "data.next_action.redirect_to_url."
	    "return_url"), "https://shop.example/back");
	a = ask_merchant(world.merchant, textf(PAYMENTS "/%s", id), NULL,
	    NULL);
	assert_has(a, textf("/wallet/?payment=%s#%s", id, secret));
	/* What is kept and what is told holds no secret. */
	assert_int_equal(db_int(textf("SELECT count(*) FROM intent WHERE id = "
	    "'%s' AND next_action LIKE '%%_secret_%%'", id)), 0);
	assert_string_equal(events_of(id),
	    "payment.created payment.requires_action");
	assert_int_equal(db_int(textf("SELECT count(*) FROM event WHERE "
	    "instr(CAST(body AS TEXT), '%s') > 0 AND instr(CAST(body AS "
	    "TEXT), '_secret_') > 0", id)), 0);
}

static void
phone_and_pin_approve(void **state)
{
	const char *secret, *phone = new_buyer("4711");
	const char *id = waiting(700, &secret);
	struct answer *a = approve(secret, id, phone, "4711");

	(void)state;
	assert_status(a, 200);
	assert_string_equal(text_at(a, "data.status"), "succeeded");
	assert_int_equal(balance_of(phone), 99300);
	assert_has(ask_merchant(world.merchant, textf(PAYMENTS "/%s", id),
	    NULL, NULL), textf("{\"phone_number\":\"%s\"}", phone));
	assert_string_equal(events_of(id),
	    "payment.created payment.requires_action payment.succeeded");
	/* Sent again, since the answer was lost; and by somebody else. */
	a = approve(secret, id, phone, "4711");
	assert_status(a, 200);
	assert_int_equal(balance_of(phone), 99300);
	assert_refused(approve(secret, id, new_buyer("1234"), "1234"), STATE);
	assert_refused(decline(secret, id), STATE);
}

/* Neither the answer nor its length tells what was wrong. */
static void
a_wrong_pin_and_a_wrong_phone_look_alike(void **state)
{
	const char *secret, *phone = new_buyer("4711");
	const char *id = waiting(700, &secret);
	struct answer *a = approve(secret, id, phone, "4712");
	struct answer *b = approve(secret, id, new_phone(), "4711");

	(void)state;
	assert_refused(a, FORBIDDEN);
	assert_refused(b, FORBIDDEN);
	assert_string_equal(a->body, b->body);
	assert_int_equal(balance_of(phone), 100000);
	assert_status(approve(secret, id, phone, "4711"), 200);
}

static void
five_wrong_pins_keep_a_phone_off_for_a_quarter_of_an_hour(void **state)
{
	const char *secret, *phone = new_buyer("4711");
	const char *nobody = new_phone();
	const char *id = waiting(700, &secret);
	struct answer *a;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_refused(approve(secret, id, phone, "0000"), FORBIDDEN);
	a = approve(secret, id, phone, "4711");
	assert_refused(a, RATE_LIMITED);
	assert_in_range(strtol(header_of(a, "Retry-After"), NULL, 10), 880,
	    900);
	/* A number of nobody is counted as well. */
	for (int i = 0; i < 5; i++)
		assert_refused(approve(secret, id, nobody, "0000"),
		    FORBIDDEN);
	assert_refused(approve(secret, id, nobody, "0000"), RATE_LIMITED);
	/* Nobody else is kept off. */
	assert_status(approve(secret, id, new_buyer("1234"), "1234"), 200);
	id = waiting(700, &secret);
	assert_refused(approve(secret, id, phone, "4711"), RATE_LIMITED);
	assert_true(clock_advance(BUYER_BLOCK_MS + 1000));
	assert_status(approve(secret, id, phone, "4711"), 200);
}

/* Or a patient one would find each PIN of four digits in some days. */
static void
blocks_grow_up_to_a_day(void **state)
{
	const int64_t quarter = BUYER_BLOCK_MS / 1000;
	const struct {
		int	wrong;		/* so far */
		int64_t	block_s;
	} blocks[] = { { 4, quarter }, { 9, 2 * quarter },
	    { 14, 4 * quarter }, { 49, 24 * 60 * 60 } };
	const char *secret, *id = waiting(700, &secret);

	(void)state;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		const char *phone = new_buyer("4711");
		assert_refused(approve(secret, id, phone, "0000"), FORBIDDEN);
		db_exec(textf("UPDATE login_failure SET failures = %d WHERE "
		    "subject LIKE 'buyer:%%' AND updated_at = (SELECT "
		    "max(updated_at) FROM login_failure)", blocks[i].wrong));
		assert_refused(approve(secret, id, phone, "0000"), FORBIDDEN);
		struct answer *a = approve(secret, id, phone, "4711");
		assert_refused(a, RATE_LIMITED);
		assert_in_range(strtol(header_of(a, "Retry-After"), NULL, 10),
		    blocks[i].block_s - 20, blocks[i].block_s);
	}
}

/* One PIN at many numbers, through one payment. */
static void
a_payment_takes_so_many_wrong_pins(void **state)
{
	const char *secret, *phone = new_buyer("4711");
	const char *id = waiting(700, &secret);

	(void)state;
	assert_refused(approve(secret, id, new_phone(), "1234"), FORBIDDEN);
	db_exec(textf("UPDATE login_failure SET failures = %d WHERE subject = "
	    "'payment:%s' AND failures = 1", BUYER_PAYMENT_FREE - 1, id));
	assert_refused(approve(secret, id, new_phone(), "1234"), FORBIDDEN);
	assert_refused(approve(secret, id, phone, "4711"), RATE_LIMITED);
}

/* Nor may one that was paid tell for ever which PINs are right. */
static void
a_paid_one_takes_its_payers_pin_alone(void **state)
{
	const char *secret, *phone = new_buyer("4711"),
	    *other = new_buyer("1234");
	const char *id = waiting(700, &secret);

	(void)state;
	assert_status(approve(secret, id, phone, "4711"), 200);
	assert_refused(approve(secret, id, other, "0000"), STATE);
	assert_refused(approve(secret, id, other, "1234"), STATE);
	assert_refused(approve(secret, id, new_phone(), "1234"), STATE);
	assert_int_equal(db_int(textf("SELECT count(*) FROM login_failure "
	    "WHERE subject = 'payment:%s'", id)), 0);
	assert_status(approve(secret, id, phone, "4711"), 200);
}

static void
a_success_takes_the_failures_back(void **state)
{
	const char *secret, *phone = new_buyer("4711");

	(void)state;
	for (int round = 0; round < 2; round++) {
		const char *id = waiting(100, &secret);
		for (int i = 0; i < 4; i++)
			assert_refused(approve(secret, id, phone, "0000"),
			    FORBIDDEN);
		assert_status(approve(secret, id, phone, "4711"), 200);
	}
}

static void
approval_refuses_bad_fields(void **state)
{
	const char *secret;
	const char *id = waiting(700, &secret);
	const char *path = textf(PAYMENTS "/%s/approve", id);
	struct answer *a;

	(void)state;
	assert_refused_field(ask_merchant(secret, path, NULL, "{}"),
	    FIELD_MISSING, "phone_number");
	assert_refused_field(ask_merchant(secret, path, NULL,
	    "{\"phone_number\":\"+231770000000\"}"), FIELD_MISSING, "pin");
	assert_refused_field(ask_merchant(secret, path, NULL,
	    "{\"phone_number\":\"x\",\"pin\":\"1234\"}"), PHONE_NUMBER,
	    "phone_number");
	a = ask_merchant(secret, path, NULL,
	    "{\"phone_number\":\"+231770000000\",\"pin\":\"12345x\"}");
	assert_refused_field(a, FIELD_WRONG, "pin");
	assert_null(strstr(a->body, "12345x"));
	assert_refused(ask_merchant(NULL, path, NULL,
	    "{\"phone_number\":\"+231770000000\",\"pin\":\"1234\"}"),
	    UNAUTHORIZED);
	assert_refused(ask_merchant(world.merchant_other, path, NULL,
	    "{\"phone_number\":\"+231770000000\",\"pin\":\"1234\"}"),
	    NOT_FOUND);
}

/* No trace of a PIN, which has but so many digits, outlives an approval. */
static void
an_approval_is_kept_under_no_key(void **state)
{
	const char *secret, *phone = new_buyer("4711"), *key = new_key();
	const char *id = waiting(700, &secret);

	(void)state;
	assert_status(ask_merchant(secret, textf(PAYMENTS "/%s/approve", id),
	    key, textf("{\"phone_number\":\"%s\",\"pin\":\"4711\"}", phone)),
	    200);
	assert_int_equal(db_int(textf("SELECT count(*) FROM idempotency WHERE "
	    "idempotency_key = '%s'", key)), 0);
}

static void
a_payment_that_is_declined_has_failed(void **state)
{
	const char *secret;
	const char *id = waiting(700, &secret);
	struct answer *a = decline(secret, id);

	(void)state;
	assert_status(a, 200);
	assert_string_equal(text_at(a, "data.status"), "failed");
	assert_string_equal(text_at(a, "data.failure.code"), "user_rejected");
	assert_true(null_at(a, "data.next_action"));
	assert_refused(decline(secret, id), STATE);
	assert_refused(approve(secret, id, new_buyer("1234"), "1234"), STATE);
	assert_refused(ask_merchant(NULL, textf(PAYMENTS "/%s/decline", id),
	    NULL, "{}"), UNAUTHORIZED);
}

static void
only_what_waits_for_a_wallet_is_approved(void **state)
{
	const char *secret, *phone = new_buyer("1234");
	const char *id = new_payment(world.merchant, 700, &secret);

	(void)state;
	assert_refused(approve(secret, id, phone, "1234"), STATE);
	assert_refused(decline(secret, id), STATE);
	id = waiting(700, &secret);
	assert_status(ask_merchant(world.merchant,
	    textf(PAYMENTS "/%s/cancel", id), NULL, "{}"), 200);
	assert_refused(approve(secret, id, phone, "1234"), STATE);
	assert_int_equal(balance_of(phone), 100000);
}

static void
an_approval_without_the_money_fails_the_payment(void **state)
{
	const char *secret, *phone = new_buyer("1234");
	const char *id = waiting(100001, &secret);
	struct answer *a = approve(secret, id, phone, "1234");

	(void)state;
	assert_status(a, 200);
	assert_string_equal(text_at(a, "data.status"), "failed");
	assert_string_equal(text_at(a, "data.failure.code"),
	    "insufficient_funds");
	assert_int_equal(balance_of(phone), 100000);
}

/* With a live key a phone number alone pays nothing, least of all from a
 * test buyer's wallet. */
static void
a_live_payment_always_needs_the_pin(void **state)
{
	const char *secret, *phone = new_buyer("1234");
	const char *id = new_payment(world.merchant_live, 700, &secret);
	struct answer *a = confirm_with(secret, id, phone);

	(void)state;
	assert_status(a, 202);
	assert_string_equal(text_at(a, "data.next_action.type"),
	    "redirect_to_url");
	assert_refused(approve(secret, id, phone, "1234"), FORBIDDEN);
	assert_int_equal(balance_of(phone), 100000);
}

static void
a_refund_comes_back_into_the_wallet(void **state)
{
	const char *secret, *phone = new_buyer("1234");
	const char *id = new_payment(world.merchant, 1000, &secret);
	struct answer *a;

	(void)state;
	assert_status(confirm_with(secret, id, phone), 200);
	a = ask_merchant(world.merchant, "/v1/refunds", new_key(),
	    textf("{\"payment\":\"%s\",\"amount\":300}", id));
	assert_status(a, 201);
	assert_string_equal(text_at(a, "data.status"), "succeeded");
	assert_int_equal(balance_of(phone), 99300);
	a = ask_merchant(world.merchant, "/v1/refunds", new_key(),
	    textf("{\"payment\":\"%s\"}", id));
	assert_status(a, 201);
	assert_int_equal(balance_of(phone), 100000);
	assert_refused_field(ask_merchant(world.merchant, "/v1/refunds",
	    new_key(), textf("{\"payment\":\"%s\",\"amount\":1}", id)),
	    AMOUNT_LARGE, "amount");
	assert_int_equal(balance_of(phone), 100000);
}

/* ---------------------------------------------------------- transfers */

static struct answer *
send(const char *key, const char *amount, const char *currency,
    const char *to)
{
	return ask_merchant(key, TRANSFERS, new_key(),
	    textf("{\"amount\":%s,\"currency\":\"%s\",\"to\":%s}", amount,
	    currency, to));
}

static const char *
to_phone(const char *phone)
{
	return textf("{\"phone_number\":\"%s\"}", phone);
}

static const char *
to_wallet(const char *id)
{
	return textf("{\"wallet\":\"%s\"}", id);
}

static void
a_transfer_moves_money_to_a_phone_number(void **state)
{
	const char *phone = new_buyer("1234"), *wallet = funded("USD", 500);
	int64_t before = balance(wallet);
	struct answer *a = ask_merchant(world.merchant, TRANSFERS, new_key(),
	    textf("{\"amount\":120,\"currency\":\"USD\",\"to\":"
	    "{\"phone_number\":\"%s\"},\"description\":\"Change\","
	    "\"metadata\":{\"n\":1.10}}", phone));

	(void)state;
	assert_status(a, 201);
	assert_string_equal(keys_of(member(a, "data")), "id object amount "
	    "currency status from to description metadata livemode "
	    "created_at");
	assert_has(a, textf("\"object\":\"transfer\",\"amount\":120,"
	    "\"currency\":\"USD\",\"status\":\"succeeded\",\"from\":\"%s\","
	    "\"to\":{\"phone_number\":\"%s\"},\"description\":\"Change\","
	    "\"metadata\":{\"n\":1.10},\"livemode\":false,", wallet, phone));
	assert_int_equal(balance(wallet), before - 120);
	assert_int_equal(balance_of(phone), 100120);
	assert_string_equal(events_of(text_at(a, "data.id")),
	    "transfer.created transfer.succeeded");
	struct answer *b = ask_merchant(world.merchant, textf(TRANSFERS
	    "/%s", text_at(a, "data.id")), NULL, NULL);
	assert_answer(b, 200, a->body);
	assert_refused(ask_merchant(world.merchant_other, textf(TRANSFERS
	    "/%s", text_at(a, "data.id")), NULL, NULL), NOT_FOUND);
	assert_refused(ask_merchant(world.merchant_live, textf(TRANSFERS
	    "/%s", text_at(a, "data.id")), NULL, NULL), NOT_FOUND);
}

static void
a_transfer_opens_the_wallet_of_a_new_currency(void **state)
{
	const char *phone = new_buyer("1234");

	(void)state;
	funded("TZS", 700);
	assert_status(send(world.merchant, "700", "TZS", to_phone(phone)),
	    201);
	assert_int_equal(db_int(textf("SELECT balance FROM wallet w JOIN "
	    "buyer b ON b.id = w.buyer_id WHERE b.phone_number = '%s' AND "
	    "currency = 'TZS'", phone)), 700);
}

static void
a_transfer_reaches_another_merchant_by_its_wallet(void **state)
{
	const char *to = others_wallet(false);
	struct answer *a;

	(void)state;
	funded("USD", 100);
	a = send(world.merchant, "100", "USD", to_wallet(to));
	assert_status(a, 201);
	assert_has(a, textf("\"to\":{\"wallet\":\"%s\"}", to));
	/* The other one sees it come in, and no transfer of its own. */
	assert_has(ask_merchant(world.merchant_other, textf(WALLETS
	    "/%s/transactions?limit=1", to), NULL, NULL),
	    textf("\"id\":\"%s\",\"object\":\"wallet_transaction\",\"type\":"
	    "\"transfer\",\"amount\":100,", text_at(a, "data.id")));
	assert_refused(ask_merchant(world.merchant_other, textf(TRANSFERS
	    "/%s", text_at(a, "data.id")), NULL, NULL), NOT_FOUND);
}

static void
transfers_refuse_what_cannot_be(void **state)
{
	const char *usd = funded("USD", 1), *lrd = funded("LRD", 1);
	const char *phone = new_buyer("1234"), *key = world.merchant;
	int64_t before = balance(usd);

	(void)state;
	assert_refused_field(send(key, textf("%lld", (long long)before + 1),
	    "USD", to_phone(phone)), FUNDS_SHORT, "amount");
	assert_refused_field(send(key, "1", "USD", to_phone(new_phone())),
	    NOT_FOUND, "to.phone_number");
	assert_refused_field(send(key, "1", "USD", to_wallet("wal_none")),
	    NOT_FOUND, "to.wallet");
	assert_refused_field(send(key, "1", "USD",
	    to_wallet(others_wallet(true))), NOT_FOUND, "to.wallet");
	assert_refused_field(send(key, "1", "USD", to_wallet(db_text("SELECT "
	    "id FROM wallet WHERE kind = 'outside' AND currency = 'USD' AND "
	    "livemode = 0"))), NOT_FOUND, "to.wallet");
	assert_refused_field(send(key, "1", "USD", to_wallet(lrd)), CURRENCY,
	    "currency");
	assert_refused_field(send(key, "1", "USD", to_wallet(usd)),
	    FIELD_WRONG, "to.wallet");
	assert_int_equal(balance(usd), before);
	/* A merchant without a wallet has nothing. */
	assert_refused_field(send(world.merchant_live, "1", "LRD",
	    to_wallet(others_wallet(true))), CURRENCY, "currency");
	assert_refused_field(send(world.merchant_live, "1", "USD",
	    to_wallet(others_wallet(true))), FUNDS_SHORT, "amount");
}

static void
transfers_refuse_bad_fields(void **state)
{
	const char *key = world.merchant, *phone = to_phone("+231770000000");

	(void)state;
	assert_refused_field(send(key, "0", "USD", phone), FIELD_WRONG,
	    "amount");
	assert_refused_field(send(key, "12.50", "USD", phone), FIELD_WRONG,
	    "amount");
	assert_refused_field(send(key, "\"5\"", "USD", phone), FIELD_WRONG,
	    "amount");
	assert_refused_field(send(key, "100000000", "USD", phone),
	    AMOUNT_LARGE, "amount");
	assert_refused_field(send(key, "1", "EUR", phone), CURRENCY,
	    "currency");
	assert_refused_field(send(key, "1", "USD", "\"x\""), FIELD_WRONG,
	    "to");
	assert_refused_field(send(key, "1", "USD", "{}"), FIELD_WRONG, "to");
	assert_refused_field(send(key, "1", "USD", "{\"wallet\":\"w\","
	    "\"phone_number\":\"+231770000000\"}"), FIELD_WRONG, "to");
	assert_refused_field(send(key, "1", "USD", to_phone("12")),
	    PHONE_NUMBER, "to.phone_number");
	assert_refused_field(ask_merchant(key, TRANSFERS, new_key(), "{}"),
	    FIELD_MISSING, "amount");
	assert_refused_field(ask_merchant(key, TRANSFERS, NULL,
	    "{\"amount\":1}"), FIELD_MISSING, "X-Idempotency-Key");
}

static void
a_transfer_that_is_sent_again_is_made_once(void **state)
{
	const char *phone = new_buyer("1234"), *key = new_key();
	const char *body = textf("{\"amount\":40,\"currency\":\"USD\",\"to\":"
	    "{\"phone_number\":\"%s\"}}", phone);
	struct answer *a, *b;

	(void)state;
	funded("USD", 100);
	a = ask_merchant(world.merchant, TRANSFERS, key, body);
	assert_status(a, 201);
	b = ask_merchant(world.merchant, TRANSFERS, key, body);
	assert_answer(b, 201, a->body);
	assert_int_equal(balance_of(phone), 100040);
	assert_refused(ask_merchant(world.merchant, TRANSFERS, key,
	    "{\"amount\":41}"), KEY_REUSED);
}

static void
a_closed_account_pays_nothing_and_gets_nothing(void **state)
{
	const char *secret, *phone = new_buyer("1234");
	const char *id = waiting(100, &secret);
	const char *wallet = db_text(textf("SELECT w.id FROM wallet w JOIN "
	    "buyer b ON b.id = w.buyer_id WHERE b.phone_number = '%s'",
	    phone));

	(void)state;
	funded("USD", 10);
	db_exec(textf("UPDATE buyer SET disabled_at = 1 WHERE phone_number = "
	    "'%s'", phone));
	assert_refused_field(send(world.merchant, "10", "USD",
	    to_phone(phone)), NOT_FOUND, "to.phone_number");
	assert_refused_field(send(world.merchant, "10", "USD",
	    to_wallet(wallet)), NOT_FOUND, "to.wallet");
	assert_refused(approve(secret, id, phone, "1234"), FORBIDDEN);
	id = new_payment(world.merchant, 100, &secret);
	assert_refused_field(confirm_with(secret, id, phone), FORBIDDEN,
	    "payment_method.soxara_wallet.phone_number");
	assert_int_equal(balance_of(phone), 100000);
}

static void
a_merchant_that_is_suspended_sends_nothing(void **state)
{
	const char *phone = new_buyer("1234");

	(void)state;
	funded("USD", 10);
	db_exec("UPDATE client SET status = 'suspended' WHERE client_id = '"
	    CLIENT "'");
	struct answer *a = send(world.merchant, "10", "USD",
	    to_phone(phone));
	db_exec("UPDATE client SET status = 'active' WHERE client_id = '"
	    CLIENT "'");
	assert_refused(a, FORBIDDEN);
	assert_int_equal(balance_of(phone), 100000);
}

/* ---------------------------------------------------------- reading */

static void
lists_are_paged(void **state)
{
	const char *to = to_phone(new_buyer("1234")), *last = NULL;
	const char *wallet = funded("USD", 30);
	const char *made[3];
	struct answer *a;

	(void)state;
	/* Those of one millisecond have no order. */
	for (int i = 0; i < 3; i++) {
		clock_advance(2);
		made[i] = text_at(send(world.merchant, "10", "USD", to),
		    "data.id");
	}
	for (int i = 2; i >= 0; i--) {
		a = ask_merchant(world.merchant, last == NULL ? TRANSFERS
		    "?limit=1" : textf(TRANSFERS "?limit=1&starting_after=%s",
		    last), NULL, NULL);
		assert_status(a, 200);
		assert_int_equal(size_at(a, "data"), 1);
		assert_string_equal(text_at(a, "data.0.id"), made[i]);
		assert_has(a, "\"has_more\":true");
		a = ask_merchant(world.merchant, last == NULL ?
		    textf(WALLETS "/%s/transactions?limit=1", wallet) :
		    textf(WALLETS "/%s/transactions?limit=1&starting_after=%s",
		    wallet, last), NULL, NULL);
		assert_string_equal(text_at(a, "data.0.id"), made[i]);
		assert_has(a, "\"type\":\"transfer\",\"amount\":-10,");
		last = made[i];
	}
	/* Below them is what came in. */
	a = ask_merchant(world.merchant, textf(WALLETS
	    "/%s/transactions?limit=1&starting_after=%s", wallet, last), NULL,
	    NULL);
	assert_has(a, "\"type\":\"top_up\",\"amount\":30,");
	assert_refused_field(ask_merchant(world.merchant, TRANSFERS
	    "?starting_after=tr_none", NULL, NULL), FIELD_WRONG,
	    "starting_after");
	assert_refused_field(ask_merchant(world.merchant_other,
	    textf(TRANSFERS "?starting_after=%s", last), NULL, NULL),
	    FIELD_WRONG, "starting_after");
	assert_refused_field(ask_merchant(world.merchant, textf(WALLETS
	    "/%s/transactions?starting_after=tr_none", wallet), NULL, NULL),
	    FIELD_WRONG, "starting_after");
	assert_refused_field(ask_merchant(world.merchant, TRANSFERS
	    "?limit=101", NULL, NULL), FIELD_WRONG, "limit");
}

static void
a_merchant_sees_its_own_wallets_alone(void **state)
{
	const char *usd = funded("USD", 5), *other = others_wallet(false);
	const char *buyers = db_text(textf("SELECT w.id FROM wallet w JOIN "
	    "buyer b ON b.id = w.buyer_id WHERE b.phone_number = '%s'",
	    new_buyer("1234")));
	struct answer *a = ask_merchant(world.merchant, WALLETS, NULL, NULL);

	(void)state;
	assert_status(a, 200);
	assert_has(a, textf("{\"id\":\"%s\",\"object\":\"wallet\","
	    "\"currency\":\"USD\",\"balance\":%lld,\"livemode\":false,", usd,
	    (long long)balance(usd)));
	assert_null(strstr(a->body, other));
	assert_has(a, "\"has_more\":false");
	a = ask_merchant(world.merchant, textf(WALLETS "/%s", usd), NULL,
	    NULL);
	assert_status(a, 200);
	assert_string_equal(text_at(a, "data.id"), usd);
	const char *const foreign[] = { other, buyers, "wal_none" };
	for (size_t i = 0; i < 3; i++) {
		assert_refused(ask_merchant(world.merchant, textf(WALLETS
		    "/%s", foreign[i]), NULL, NULL), NOT_FOUND);
		assert_refused(ask_merchant(world.merchant, textf(WALLETS
		    "/%s/transactions", foreign[i]), NULL, NULL), NOT_FOUND);
	}
	/* The same merchant's live key is somebody else. */
	assert_refused(ask_merchant(world.merchant_live, textf(WALLETS "/%s",
	    usd), NULL, NULL), NOT_FOUND);
	assert_null(strstr(ask_merchant(world.merchant_live, WALLETS, NULL,
	    NULL)->body, usd));
}

/* ---------------------------------------------------- many at a time */

/* What callers in processes of their own were answered. */
static int *
share_results(void)
{
	int *results = mmap(NULL, CALLERS * sizeof(*results), PROT_READ |
	    PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(results != MAP_FAILED);
	return results;
}

/* Runs n callers at once, each in a process and with a connection of its own,
 * and counts the answers of a status. */
static int
call_at_once(int n, int status, struct answer *(*call)(int, const void *),
    const void *arg)
{
	int *results = share_results(), count = 0, gate[2];
	char byte;

	assert_int_equal(pipe(gate), 0);
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();
		assert_true(pid != -1);
		if (pid != 0)
			continue;
		alarm(SECONDS_MAX);
		ask_anew();
		close(gate[1]);
		while (read(gate[0], &byte, 1) == -1)
			continue;
		results[i] = call(i, arg)->status;
		_exit(0);
	}
	/* All of them start when the last writer is gone. */
	close(gate[1]);
	for (int i = 0; i < n; i++)
		wait(NULL);
	close(gate[0]);
	for (int i = 0; i < n; i++)
		count += results[i] == status;
	munmap(results, CALLERS * sizeof(*results));
	return count;
}

/* Two merchants and the same buyers: money goes to and fro. */
struct market {
	const char	*mine, *others;
	const char	*phones[4];
};

static struct answer *
trade(int i, const void *arg)
{
	const struct market *m = arg;
	const char *to = i % 4 == 0 ? to_wallet(m->mine) : i % 4 == 1 ?
	    to_wallet(m->others) : to_phone(m->phones[i % 3]);

	return send(i % 2 == 0 ? world.merchant_other : world.merchant,
	    textf("%d", 20 + i % 5), "USD", to);
}

static void
sixty_four_transfers_at_once_keep_the_sum(void **state)
{
	static const char sum[] = "SELECT sum(balance) FROM wallet WHERE "
	    "livemode = 0 AND currency = 'USD' AND kind <> 'outside'";
	struct market m = { .mine = funded("USD", 400),
	    .others = others_wallet(false),
	    .phones = { new_buyer("1234"), new_buyer("1234"),
	    new_buyer("1234") } };
	int64_t before, count;
	int done;

	(void)state;
	before = db_int(sum);
	count = db_int("SELECT count(*) FROM wallet_transfer");
	done = call_at_once(CALLERS, 201, trade, &m);
	assert_in_range(done, 1, CALLERS);
	assert_int_equal(db_int(sum), before);
	assert_int_equal(db_int("SELECT count(*) FROM wallet_transfer"),
	    count + done);
	assert_int_equal(db_int("SELECT count(*) FROM wallet WHERE balance < "
	    "0 AND kind <> 'outside'"), 0);
}

struct last_money {
	const char	*phone;
};

static struct answer *
spend(int i, const void *arg)
{
	const struct last_money *m = arg;

	(void)i;
	return send(world.merchant, "10", "TZS", to_phone(m->phone));
}

/* There is enough for five of them, and five get it. */
static void
the_last_money_is_spent_once(void **state)
{
	struct last_money m = { new_buyer("1234") };
	const char *wallet = funded("TZS", 0);
	int64_t left = balance(wallet);

	(void)state;
	if (left > 0)
		assert_status(send(world.merchant, textf("%lld",
		    (long long)left), "TZS", to_phone(m.phone)), 201);
	funded("TZS", 50);
	assert_int_equal(call_at_once(32, 201, spend, &m), 5);
	assert_int_equal(balance(wallet), 0);
}

struct approval {
	const char	*secret, *id, *phone;
};

static struct answer *
approve_it(int i, const void *arg)
{
	const struct approval *a = arg;

	(void)i;
	return approve(a->secret, a->id, a->phone, "1234");
}

/* A finger that trembles: each try before the first success is one of five. */
static void
an_approval_that_comes_four_times_is_paid_once(void **state)
{
	struct approval a = { .phone = new_buyer("1234") };

	(void)state;
	a.id = waiting(700, &a.secret);
	assert_int_equal(call_at_once(4, 200, approve_it, &a), 4);
	assert_int_equal(balance_of(a.phone), 99300);
	assert_string_equal(events_of(a.id),
	    "payment.created payment.requires_action payment.succeeded");
}

static const struct CMUnitTest tests[] = {
	CASE(a_test_buyer_comes_with_fake_money_and_a_pin),
	CASE(a_test_buyer_is_answered_again_under_its_key),
	CASE(test_buyers_refuse_bad_fields_and_live_keys),
	CASE(a_test_buyers_phone_pays_at_once),
	CASE(the_phone_may_stand_beside_the_type),
	CASE(a_wallet_that_is_short_fails_the_payment),
	CASE(phones_of_nobody_and_bad_ones_are_refused),
	CASE(without_a_phone_the_payer_is_led_to_the_page),
	CASE(phone_and_pin_approve),
	CASE(a_wrong_pin_and_a_wrong_phone_look_alike),
	CASE(five_wrong_pins_keep_a_phone_off_for_a_quarter_of_an_hour),
	CASE(a_payment_takes_so_many_wrong_pins),
	CASE(blocks_grow_up_to_a_day),
	CASE(a_paid_one_takes_its_payers_pin_alone),
	CASE(a_success_takes_the_failures_back),
	CASE(approval_refuses_bad_fields),
	CASE(an_approval_is_kept_under_no_key),
	CASE(a_payment_that_is_declined_has_failed),
	CASE(only_what_waits_for_a_wallet_is_approved),
	CASE(an_approval_without_the_money_fails_the_payment),
	CASE(a_live_payment_always_needs_the_pin),
	CASE(a_refund_comes_back_into_the_wallet),
	CASE(a_transfer_moves_money_to_a_phone_number),
	CASE(a_transfer_opens_the_wallet_of_a_new_currency),
	CASE(a_transfer_reaches_another_merchant_by_its_wallet),
	CASE(transfers_refuse_what_cannot_be),
	CASE(transfers_refuse_bad_fields),
	CASE(a_transfer_that_is_sent_again_is_made_once),
	CASE(a_closed_account_pays_nothing_and_gets_nothing),
	CASE(a_merchant_that_is_suspended_sends_nothing),
	CASE(lists_are_paged),
	CASE(a_merchant_sees_its_own_wallets_alone),
	CASE(sixty_four_transfers_at_once_keep_the_sum),
	CASE(the_last_money_is_spent_once),
	CASE(an_approval_that_comes_four_times_is_paid_once),
};

static const struct world_options options = { .processors = true };

ENDPOINT_MAIN("wallets", tests, &options)
