/* SPDX-License-Identifier: ISC */
/*
 * test-faults.c - every refusal there is can be provoked, and trouble with
 * the storage never passes for success.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "fault.h"
#include "operator.h"
#include "shared.h"
#include "sig.h"

static struct answer *
post(const struct apikey *key, const char *path, const char *body)
{
	static int n;

	return ask_post(key, path, textf("fault-%d", n++), body);
}

static const char *
initialize_with(const char *partner_id, const char *client_id)
{
	return textf("{\"partner_id\":\"%s\",\"client_id\":\"%s\",\"amount\":1,"
	    "\"currency\":\"EUR\",\"echezona_reference\":\"fault\"}",
	    partner_id, client_id);
}

static const char *
attach_with(const char *id, const char *intent)
{
	return textf("{\"clive_tx_id\":\"%s\",\"stripe_payment_intent_id\":"
	    "\"%s\"}", id, intent);
}

static const char *
checkout_body(const char *reference)
{
	return textf("{\"partner_id\":\"" PARTNER "\",\"client_id\":\"" CLIENT
	    "\",\"amount\":10,\"currency\":\"EUR\",\"email\":"
	    "\"payer@example.com\",\"echezona_reference\":\"%s\","
	    "\"payment_type\":\"open_banking\",\"issuer_country\":\"DE\"}",
	    reference);
}

static const char *
hosted_body(const char *provider)
{
	return textf("{\"provider\":\"%s\",\"client_id\":\"" CLIENT
	    "\",\"amount\":10,\"currency\":\"USD\"}", provider);
}

/* The same with settings of its own. */
static struct answer *
post_under(const char *const *lines, const char *path, const char *body)
{
	return plain_post(var_copy(lines), 0, &world.partner, path,
	    "fault-conf", body);
}

/* A webhook of whoever it is; the lines are those of clive.conf. */
static struct answer *
hook_under(const char *const *lines, const char *path, const char *body)
{
	return plain_run(&(struct cgi){ .program = path,
	    .var = var_copy(lines), .input = body, .len = strlen(body),
	    .env = { "REQUEST_METHOD=POST", "CONTENT_TYPE=application/json",
	    textf("CONTENT_LENGTH=%zu", strlen(body)) } });
}

static struct answer *
hook(const char *path, const char *body)
{
	return ask(&(struct call){ .path = path, .body = body });
}

/* A webhook that Revolut signed. */
static struct answer *
revolut_post(const char *body)
{
	const char *at = textf("%lld", (long long)clock_now());
	const char *text = textf("v1.%s.%s", at, body);
	char hex[SHA256_HEX_SIZE];

	sig_hmac_hex(REVOLUT_SECRET, strlen(REVOLUT_SECRET), text,
	    strlen(text), hex);
	return ask(&(struct call){ .path = REVOLUT_WEBHOOK, .body = body,
	    .lines = { textf("Revolut-Request-Timestamp: %s", at),
	    textf("Revolut-Signature: v1=%s", hex) } });
}

static const char clickpesa_paid[] = "{\"event\":\"PAYMENT RECEIVED\","
    "\"data\":{\"status\":\"SUCCESS\",\"orderReference\":\"FAULTPAID\"}}";

static int64_t
payments(const char *reference)
{
	return db_int(textf("SELECT count(*) FROM tx WHERE echezona_reference "
	    "= '%s'", reference));
}

static void
wait_for(const char *count)
{
	const struct timespec pause = { 0, 10 * 1000000 };

	for (int i = 0; db_int(count) < 1; i++) {
		assert_true(i < 500);
		nanosleep(&pause, NULL);
	}
}

/* Initialize with these headers and nothing else. */
static struct answer *
with_lines(const char *a, const char *b)
{
	return ask(&(struct call){ .path = INITIALIZE, .body = "{}",
	    .lines = { a, b } });
}

static const char *
key_line(void)
{
	return textf("x-api-key: %s", world.partner.key);
}

static struct answer *
not_found(void)
{
	return ask_get(NULL, "/api/v1/nothing");
}

static struct answer *
method(void)
{
	return ask_get(NULL, INITIALIZE);
}

static struct answer *
length_required(void)
{
	return plain_run(&(struct cgi){ .program = INITIALIZE, .env = {
	    "REQUEST_METHOD=POST", "CONTENT_TYPE=application/json" } });
}

static struct answer *
body_short(void)
{
	return plain_run(&(struct cgi){ .program = INITIALIZE, .input = "{}",
	    .len = 2, .env = { "REQUEST_METHOD=POST", "CONTENT_LENGTH=3",
	    "CONTENT_TYPE=application/json" } });
}

static struct answer *
body_too_large(void)
{
	return plain_run(&(struct cgi){ .program = INITIALIZE, .env = {
	    "REQUEST_METHOD=POST", "CONTENT_LENGTH=65537",
	    "CONTENT_TYPE=application/json" } });
}

static struct answer *
content_type(void)
{
	return ask(&(struct call){ .path = INITIALIZE, .body = "{}",
	    .type = "text/plain" });
}

static struct answer *
api_key_missing(void)
{
	return with_lines(NULL, NULL);
}

static struct answer *
api_key_invalid(void)
{
	return with_lines("x-api-key: nobody", NULL);
}

static struct answer *
hmac_missing(void)
{
	return with_lines(key_line(), NULL);
}

static struct answer *
hmac_invalid(void)
{
	return with_lines(key_line(), "x-clive-hmac: 00");
}

static struct answer *
scope(void)
{
	return ask_get(&world.platform, CLIENTS);
}

static struct answer *
rate_limited(void)
{
	static const char *const lines[] = { "rate_limit_per_minute = 1",
	    NULL };
	const char *var = var_copy(lines);
	const char *body = initialize_body("fault");

	plain_post(var, 0, &world.partner, INITIALIZE, "fault-r1", body);
	return plain_post(var, 0, &world.partner, INITIALIZE, "fault-r2",
	    body);
}

static struct answer *
idempotency_key_missing(void)
{
	return with_lines(key_line(), textf("x-clive-hmac: %s",
	    signature_of(&world.partner, "{}")));
}

static struct answer *
idempotency_conflict(void)
{
	ask_post(&world.partner, INITIALIZE, "fault-conflict",
	    initialize_body("fault"));
	return ask_post(&world.partner, INITIALIZE, "fault-conflict",
	    initialize_body("another"));
}

/* The first one still waits for its processor. */
static struct answer *
idempotency_in_progress(void)
{
	const char *body = checkout_body("fault-run");
	int status;

	processor_says(200, "{\"id\":\"pi_faultrun\",\"object\":"
	    "\"payment_intent\",\"status\":\"requires_payment_method\","
	    "\"client_secret\":\"pi_faultrun_secret\"}", 2000);
	pid_t pid = fork();
	if (pid == 0) {
		ask_anew();
		_exit(ask_post(&world.partner, CHECKOUT, "fault-run",
		    body)->status == 201 ? 0 : 1);
	}
	wait_for("SELECT count(*) FROM idempotency WHERE idempotency_key = "
	    "'fault-run' AND status IS NULL");
	struct answer *a = ask_post(&world.partner, CHECKOUT, "fault-run",
	    body);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_status(ask_post(&world.partner, CHECKOUT, "fault-run", body),
	    201);
	assert_int_equal(payments("fault-run"), 1);
	return a;
}

static struct answer *
validation(void)
{
	return post(&world.partner, INITIALIZE, "{}");
}

static struct answer *
partner_not_found(void)
{
	return post(&world.platform, INITIALIZE,
	    initialize_with("NOBODY", CLIENT));
}

static struct answer *
partner_not_active(void)
{
	return post(&world.inactive, INITIALIZE,
	    initialize_with("INACTIVE001", "SHOP001"));
}

static struct answer *
partner_suspended(void)
{
	return ask_get(&world.suspended, CLIENTS);
}

static struct answer *
kyc_not_approved(void)
{
	return post(&world.kyc_pending, INITIALIZE,
	    initialize_with("KYCPEND0001", "SHOP001"));
}

static struct answer *
client_not_found(void)
{
	return post(&world.partner, INITIALIZE,
	    initialize_with(PARTNER, "NOBODY"));
}

static struct answer *
client_not_active(void)
{
	return post(&world.partner, INITIALIZE,
	    initialize_with(PARTNER, "SUSPSHOP001"));
}

static struct answer *
client_already_exists(void)
{
	return post(&world.partner, CLIENTS, "{\"client_id\":\"" CLIENT
	    "\",\"legal_name\":\"Again\"}");
}

static struct answer *
client_fee_too_low(void)
{
	return post(&world.partner, CLIENTS, "{\"client_id\":\"CHEAP\","
	    "\"legal_name\":\"Cheap\",\"partner_fee_percentage\":1}");
}

static struct answer *
tx_not_found(void)
{
	return ask_get(&world.partner, TRANSACTIONS "/CLVTX_1_1");
}

static struct answer *
tx_already_attached(void)
{
	return post(&world.partner, ATTACH,
	    attach_with(tx_attached("faultatt"), "pi_another"));
}

static struct answer *
tx_not_attachable(void)
{
	const char *id = tx_new("fault-gone");

	db_exec(textf("UPDATE tx SET status = 'abandoned' WHERE clive_tx_id = "
	    "'%s'", id));
	return post(&world.partner, ATTACH, attach_with(id, "pi_gone"));
}

static struct answer *
no_route(void)
{
	db_exec("UPDATE fee_rule SET ended_at = 1 WHERE payment_type = "
	    "'open_banking'");
	struct answer *a = post(&world.partner, CHECKOUT_V2,
	    checkout_body("fault-route"));
	db_exec("UPDATE fee_rule SET ended_at = NULL WHERE payment_type = "
	    "'open_banking'");
	return a;
}

static struct answer *
processor_refused(void)
{
	processor_says(400, "{\"error\":{\"type\":\"invalid_request_error\","
	    "\"code\":\"amount_too_small\",\"message\":\"Too small\"}}", 0);
	return post(&world.partner, CHECKOUT, checkout_body("fault-no"));
}

static struct answer *
processor_unavailable(void)
{
	processor_says(500, "{}", 0);
	return post(&world.partner, CHECKOUT, checkout_body("fault-down"));
}

static struct answer *
stripe_key_missing(void)
{
	static const char *const lines[] = { "stripe_secret_key =", NULL };

	return post_under(lines, CHECKOUT, checkout_body("fault-conf"));
}

static struct answer *
stripe_publishable_missing(void)
{
	static const char *const lines[] = { "stripe_publishable_key =", NULL };

	return post_under(lines, CHECKOUT, checkout_body("fault-conf"));
}

static struct answer *
revolut_key_missing(void)
{
	static const char *const lines[] = { "revolut_secret_key =", NULL };

	return post_under(lines, CHECKOUT_V2, checkout_body("fault-conf"));
}

/* ClickPesa would have to be asked whether this is true. */
static struct answer *
clickpesa_key_missing(void)
{
	static const char *const lines[] = { "clickpesa_api_key =",
	    "clickpesa_webhook_verify = query", NULL };

	db_exec(textf("UPDATE tx SET processor = 'clickpesa', processor_ref = "
	    "'FAULTKEY' WHERE clive_tx_id = '%s'", tx_new("fault-key")));
	return hook_under(lines, CLICKPESA_WEBHOOK, "{\"event\":"
	    "\"PAYMENT RECEIVED\",\"data\":{\"status\":\"SUCCESS\","
	    "\"orderReference\":\"FAULTKEY\"}}");
}

static struct answer *
provider_not_configured(void)
{
	static const char *const lines[] = { "clickpesa_client_id =", NULL };

	return post_under(lines, HOSTED, hosted_body("clickpesa"));
}

static struct answer *
checkout_refused(void)
{
	processor_says(400, "{\"message\":\"Too small\"}", 0);
	return post(&world.partner, HOSTED, hosted_body("clickpesa"));
}

static struct answer *
checkout_conflict(void)
{
	processor_says(409, "{\"message\":\"Order reference used\"}", 0);
	return post(&world.partner, HOSTED, hosted_body("clickpesa"));
}

static struct answer *
stripe_signature_missing(void)
{
	return ask(&(struct call){ .path = STRIPE_WEBHOOK, .body = "{}" });
}

static struct answer *
stripe_signature_invalid(void)
{
	return ask(&(struct call){ .path = STRIPE_WEBHOOK, .body = "{}",
	    .lines = { "Stripe-Signature: t=1,v1=00" } });
}

static struct answer *
stripe_secret_missing(void)
{
	static const char *const lines[] = { "stripe_webhook_secret =", NULL };

	return plain_run(&(struct cgi){ .program = STRIPE_WEBHOOK,
	    .var = var_copy(lines), .input = "{}", .len = 2, .env = {
	    "REQUEST_METHOD=POST", "CONTENT_LENGTH=2" } });
}

static struct answer *
webhook_json(void)
{
	return stripe_post("[]");
}

static struct answer *
intent_missing(void)
{
	return stripe_event("evt_fault", "payment_intent.succeeded", "{}");
}

static struct answer *
intent_not_found(void)
{
	return stripe_succeed("faultnobody");
}

static struct answer *
clickpesa_checksum_key_missing(void)
{
	static const char *const lines[] = { "clickpesa_checksum_key =",
	    "clickpesa_webhook_verify = checksum", NULL };

	return hook_under(lines, CLICKPESA_WEBHOOK, clickpesa_paid);
}

static struct answer *
clickpesa_checksum_missing(void)
{
	return hook(CLICKPESA_WEBHOOK, clickpesa_paid);
}

static struct answer *
clickpesa_checksum_invalid(void)
{
	return ask(&(struct call){ .path = CLICKPESA_WEBHOOK,
	    .body = clickpesa_paid,
	    .lines = { "X-ClickPesa-Signature: 00" } });
}

static struct answer *
order_reference_missing(void)
{
	return hook(CLICKPESA_WEBHOOK, "{\"event\":\"PAYMENT RECEIVED\","
	    "\"data\":{\"status\":\"SUCCESS\"}}");
}

static struct answer *
revolut_signature_missing(void)
{
	return hook(REVOLUT_WEBHOOK, "{}");
}

static struct answer *
revolut_signature_invalid(void)
{
	return ask(&(struct call){ .path = REVOLUT_WEBHOOK, .body = "{}",
	    .lines = { "Revolut-Request-Timestamp: 1",
	    "Revolut-Signature: v1=00" } });
}

static struct answer *
revolut_secret_missing(void)
{
	static const char *const lines[] = { "revolut_webhook_secret =", NULL };

	return hook_under(lines, REVOLUT_WEBHOOK, "{}");
}

static struct answer *
order_missing(void)
{
	return revolut_post("{\"event\":\"ORDER_COMPLETED\"}");
}

static struct answer *
order_not_found(void)
{
	processor_says(404, "{\"code\":\"not_found\",\"message\":\"None\"}",
	    0);
	return revolut_post("{\"event\":\"ORDER_COMPLETED\",\"order_id\":"
	    "\"fault-order\"}");
}

/* A batch of no payments, as `more` makes it; asked to be paid. */
static struct answer *
pay_batch(const char *more)
{
	const char *id = textf("01900000-0000-7000-8000-%012lld",
	    (long long)db_int("SELECT count(*) FROM settlement_batch"));

	db_exec(textf("INSERT INTO settlement_batch (id, partner_id, "
	    "client_id, currency, status, gross, net, created_at, updated_at) "
	    "VALUES ('%s', '" PARTNER "', '" CLIENT "', 'USD', 'pending', "
	    "500, 500, 1, 1)", id));
	db_exec(textf("UPDATE settlement_batch SET %s WHERE id = '%s'", more,
	    id));
	return ask(&(struct call){ .path = "/api/v1/settlements/pay",
	    .key = &world.platform, .body = textf("{\"settlement_batch_id\":"
	    "\"%s\"}", id) });
}

static void
payout_account(void)
{
	db_exec("INSERT INTO payout_account (partner_id, client_id, currency, "
	    "rail, recipient, created_at, updated_at) VALUES ('" PARTNER
	    "', '', 'USD', 'wise', '12345678', 1, 1) ON CONFLICT DO NOTHING");
}

static struct answer *
batch_not_found(void)
{
	return ask_get(&world.partner, "/api/v1/settlements/none");
}

static struct answer *
batch_already_paid(void)
{
	return pay_batch("status = 'sent', paid_at = 1, payout_key = 'k', "
	    "rail_transfer = '1', rail = 'wise'");
}

static struct answer *
batch_being_paid(void)
{
	return pay_batch(textf("status = 'sending', payout_key = 'k', rail = "
	    "'wise', recipient = '1', busy_until = %lld",
	    (long long)clock_now() + 20000));
}

static struct answer *
batch_not_payable(void)
{
	return pay_batch("gross = 0, net = 0");
}

static struct answer *
payout_account_missing(void)
{
	db_exec("DELETE FROM payout_account");
	return pay_batch("gross = 501, net = 501");
}

static struct answer *
payout_not_configured(void)
{
	static const char *const lines[] = { "wise_token =", NULL };
	const char *body = "{\"settlement_batch_id\":"
	    "\"01900000-0000-7000-8000-999999999999\"}";

	payout_account();
	db_exec("INSERT INTO settlement_batch (id, partner_id, client_id, "
	    "currency, status, gross, net, created_at, updated_at) VALUES "
	    "('01900000-0000-7000-8000-999999999999', '" PARTNER "', '" CLIENT
	    "', 'USD', 'pending', 500, 500, 1, 1)");
	return plain_run(&(struct cgi){ .program = "/api/v1/settlements/pay",
	    .var = var_copy(lines), .input = body, .len = strlen(body),
	    .env = { "REQUEST_METHOD=POST", "CONTENT_TYPE=application/json",
	    textf("CONTENT_LENGTH=%zu", strlen(body)),
	    textf("HTTP_X_API_KEY=%s", world.platform.key) } });
}

static struct answer *
payout_failed(void)
{
	payout_account();
	processor_says(422, "{\"errors\":[{\"code\":\"NOT_VALID\","
	    "\"message\":\"no\"}]}", 0);
	return pay_batch("gross = 502, net = 502");
}

static struct answer *
token_missing(void)
{
	return ask_get(NULL, ADMIN "/session");
}

static struct answer *
token_invalid(void)
{
	return ask_admin("x.y.z", ADMIN "/session", NULL);
}

/* Who may only look asks for a change. */
static struct answer *
role(void)
{
	struct answer *a;

	db_exec("UPDATE operator SET role = 'read_only'");
	a = ask_admin(admin_token(), ADMIN "/webhooks/endpoints", "{}");
	db_exec("UPDATE operator SET role = 'owner'");
	return a;
}

static struct answer *
endpoint_not_found(void)
{
	return ask_get(&world.partner, "/api/v1/webhooks/endpoints/we_none");
}

static struct answer *
delivery_not_found(void)
{
	return ask_get(&world.partner,
	    "/api/v1/webhooks/deliveries/dlv_none");
}

static struct answer *
event_not_found(void)
{
	return ask_get(&world.partner, "/api/v1/webhooks/events/evt_none");
}

/* A listener reports on what it was never given. */
static struct answer *
lease_lost(void)
{
	struct answer *a = post(&world.partner, "/api/v1/webhooks/listen",
	    "{\"events\":[\"all\"]}");
	const char *id = text_at(a, "id");

	a = post(&world.partner, textf("/api/v1/webhooks/endpoints/%s/test",
	    id), "{}");
	return post(&world.partner, textf("/api/v1/webhooks/listen/%s/%s", id,
	    text_at(a, "delivery.id")), "{\"status\":200}");
}

static struct answer *
login_failed(void)
{
	db_exec("DELETE FROM login_failure");
	return ask_post(NULL, ADMIN "/login", NULL,
	    "{\"email\":\"a@b.example\",\"password\":\"guess\"}");
}

static struct answer *
login_throttled(void)
{
	db_exec(textf("INSERT OR REPLACE INTO login_failure (subject, "
	    "failures, blocked_until, updated_at) VALUES "
	    "('address:127.0.0.1', 9, %lld, 1)",
	    (long long)clock_now() + 60000));
	return ask_post(NULL, ADMIN "/login", NULL,
	    "{\"email\":\"a@b.example\",\"password\":\"guess\"}");
}

/* A token of the operator, whatever other cases have been guessing. */
static const char *
fresh_token(void)
{
	db_exec("DELETE FROM login_failure");
	return admin_token();
}

static struct answer *
ticket_invalid(void)
{
	return ask_post(NULL, ADMIN "/second-step", NULL, textf(
	    "{\"ticket\":\"%s\",\"code\":\"123456\"}", fresh_token()));
}

/* Whoever has an authenticator (whose secret nobody knows) gets a ticket. */
static struct answer *
code_invalid(void)
{
	db_exec("DELETE FROM login_failure");
	db_exec("INSERT INTO operator_factor (operator_id, step, since, "
	    "secret_sealed) SELECT id, 0, 1, zeroblob(53) FROM operator");
	const struct answer *a = ask_post(NULL, ADMIN "/login", NULL,
	    "{\"email\":\"" OPERATOR_EMAIL "\",\"password\":\""
	    OPERATOR_PASSWORD "\"}");
	struct answer *wrong = ask_post(NULL, ADMIN "/second-step", NULL,
	    textf("{\"ticket\":\"%s\",\"code\":\"123456\"}",
	    text_at(a, "ticket")));
	db_exec("DELETE FROM operator_factor");
	return wrong;
}

static struct answer *
proof(void)
{
	return ask_admin(fresh_token(), ADMIN "/account/second-factor",
	    "{\"password\":\"guess\"}");
}

static struct answer *
account_unfinished(void)
{
	const char *token = fresh_token();

	db_exec("UPDATE operator SET must_change = 1");
	struct answer *a = ask_admin(token, ADMIN "/users", NULL);
	db_exec("UPDATE operator SET must_change = 0");
	return a;
}

static struct answer *
second_factor(void)
{
	return ask_admin(fresh_token(), ADMIN "/account/second-factor/remove",
	    "{\"password\":\"" OPERATOR_PASSWORD "\"}");
}

static struct answer *
user_not_found(void)
{
	return ask_admin(fresh_token(), ADMIN "/users/op_none/enable", "{}");
}

static struct answer *
user_exists(void)
{
	return ask_admin(fresh_token(), ADMIN "/users", "{\"email\":\""
	    OPERATOR_EMAIL "\",\"role\":\"owner\"}");
}

static struct answer *
change_oneself(const char *verb)
{
	return ask_admin(fresh_token(), textf(ADMIN "/users/%s/%s",
	    db_text("SELECT id FROM operator"), verb), "{}");
}

static struct answer *
last_owner(void)
{
	return change_oneself("disable");
}

static struct answer *
own_account(void)
{
	return change_oneself("reset-password");
}

static struct answer *
session_not_found(void)
{
	return ask_admin(fresh_token(),
	    ADMIN "/account/sessions/ses_none/end", "{}");
}

/* Its HMAC secret was damaged in the database. */
static struct answer *
internal(void)
{
	return ask_get(&world.damaged, TRANSACTIONS);
}

/* ------------------------------------------------- the Payments API */

static struct answer *
pay(const char *path, const char *body)
{
	static int n;

	return ask_merchant(world.merchant, path, textf("fault-pay-%d", n++),
	    body);
}

/* A payment of 1 USD, or of so many of its minor units; its path. */
static const char *
payment_new(int64_t minor)
{
	struct answer *a = pay(PAYMENTS, textf("{\"amount\":%lld,"
	    "\"currency\":\"USD\"}", (long long)minor));

	assert_status(a, 201);
	return textf(PAYMENTS "/%s", text_at(a, "data.id"));
}

/* Confirms one with a method. */
static struct answer *
confirm(const char *path, const char *method)
{
	return pay(textf("%s/confirm", path),
	    textf("{\"payment_method\":%s}", method));
}

static const char *
card(const char *number)
{
	return textf("{\"type\":\"card\",\"card\":{\"number\":\"%s\","
	    "\"exp_month\":12,\"exp_year\":2099,\"cvc\":\"123\"}}",
	    number);
}

#define VISA card("4242424242424242")

/* A key of its own, in a transaction of ours. */
static const struct fault *
issue(struct conn *c, void *arg)
{
	const char **a = arg;
	char id[ID_SIZE], key[MERCHANT_KEY_SIZE];

	assert_null(merchant_key_add(c, PARTNER, a[0], false, "fault", a[1],
	    clock_now(), "cli:test", id, key));
	a[2] = arena_strdup(world.arena, key);
	return NULL;
}

static const char *
new_key(const char *client_id, const char *scopes)
{
	const char *a[3] = { client_id, scopes };

	assert_null(db_txn(world.setup.db, issue, a));
	return a[2];
}

static struct answer *
unauthorized(void)
{
	return ask_merchant(NULL, PAYMENTS, NULL, NULL);
}

static struct answer *
forbidden(void)
{
	return ask_merchant(new_key("SUSPSHOP001", NULL), PAYMENTS,
	    "fault-forbidden", "{\"amount\":100,\"currency\":\"USD\"}");
}

static struct answer *
scope_missing(void)
{
	return ask_merchant(new_key(CLIENT, "refunds:read"), PAYMENTS, NULL,
	    NULL);
}

static struct answer *
bad_request(void)
{
	return pay(PAYMENTS, "{");
}

static struct answer *
field_missing(void)
{
	return pay(PAYMENTS, "{}");
}

static struct answer *
field_wrong(void)
{
	return pay(PAYMENTS, "{\"amount\":0,\"currency\":\"USD\"}");
}

static struct answer *
card_number(void)
{
	return confirm(payment_new(100), card("4111111111111111"));
}

static struct answer *
currency(void)
{
	return pay(PAYMENTS, "{\"amount\":1,\"currency\":\"EUR\"}");
}

static struct answer *
phone_number(void)
{
	return confirm(payment_new(100), "{\"type\":\"momo\",\"momo\":{"
	    "\"provider\":\"mtn\",\"phone_number\":\"0881158457\"}}");
}

static struct answer *
amount_small(void)
{
	return confirm(payment_new(49), VISA);
}

static struct answer *
amount_large(void)
{
	return pay(PAYMENTS, "{\"amount\":100000000,\"currency\":\"USD\"}");
}

static struct answer *
funds_short(void)
{
	pay("/v1/test/buyers", "{\"phone_number\":\"+231880000001\"}");
	return pay("/v1/transfers", "{\"amount\":1,\"currency\":\"USD\","
	    "\"to\":{\"phone_number\":\"+231880000001\"}}");
}

static struct answer *
key_reused(void)
{
	ask_merchant(world.merchant, PAYMENTS, "fault-reused",
	    "{\"amount\":100,\"currency\":\"USD\"}");
	return ask_merchant(world.merchant, PAYMENTS, "fault-reused",
	    "{\"amount\":101,\"currency\":\"USD\"}");
}

/* The first one still waits for its processor. */
static struct answer *
key_running(void)
{
	static int n;
	const char *key = textf("fault-running-%d", n++);
	const char *path = textf("%s/confirm", payment_new(100));
	const char *body = textf("{\"payment_method\":%s}", VISA);
	int status;

	processor_says(500, "{}", 1500);
	pid_t pid = fork();
	if (pid == 0) {
		ask_anew();
		ask_merchant(world.merchant, path, key, body);
		_exit(0);
	}
	wait_for(textf("SELECT count(*) FROM idempotency WHERE "
	    "idempotency_key = '%s' AND status IS NULL", key));
	struct answer *a = ask_merchant(world.merchant, path, key, body);
	waitpid(pid, &status, 0);
	return a;
}

static struct answer *
state_wrong(void)
{
	const char *path = payment_new(100);

	assert_status(pay(textf("%s/cancel", path), "{}"), 200);
	return confirm(path, VISA);
}

static struct answer *
busy(void)
{
	const char *path = payment_new(100);

	db_exec(textf("UPDATE intent SET busy_until = %lld WHERE id = '%s'",
	    (long long)clock_now() + 60000, strrchr(path, '/') + 1));
	return confirm(path, VISA);
}

static struct answer *
provider_error(void)
{
	processor_says(500, "{}", 0);
	return confirm(payment_new(100), VISA);
}

static struct answer *
not_offered(void)
{
	return ask_merchant(world.merchant, "/v1/fx/quote", NULL, NULL);
}

/* A connection that holds the database's write lock. */
static sqlite3 *
hold_lock(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(textf("%s/db/clive.db", world.var),
	    &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 2000);
	assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL,
	    NULL), SQLITE_OK);
	return db;
}

static void
release_lock(sqlite3 *db)
{
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_close(db);
}

static struct answer *
storage(void)
{
	sqlite3 *db = hold_lock();
	struct answer *a = post(&world.partner, INITIALIZE,
	    initialize_body("fault-storage"));

	release_lock(db);
	return a;
}

static struct answer *
service_unavailable(void)
{
	sqlite3 *db = hold_lock();
	struct answer *a = pay(PAYMENTS,
	    "{\"amount\":100,\"currency\":\"USD\"}");

	release_lock(db);
	return a;
}

static const struct {
	const struct fault	*fault;
	struct answer		*(*provoke)(void);
} provokers[] = {
	{ &FAULT_NOT_FOUND, not_found },
	{ &FAULT_METHOD, method },
	{ &FAULT_LENGTH_REQUIRED, length_required },
	{ &FAULT_BODY_SHORT, body_short },
	{ &FAULT_BODY_TOO_LARGE, body_too_large },
	{ &FAULT_CONTENT_TYPE, content_type },
	{ &FAULT_API_KEY_MISSING, api_key_missing },
	{ &FAULT_API_KEY_INVALID, api_key_invalid },
	{ &FAULT_HMAC_MISSING, hmac_missing },
	{ &FAULT_HMAC_INVALID, hmac_invalid },
	{ &FAULT_SCOPE, scope },
	{ &FAULT_RATE_LIMITED, rate_limited },
	{ &FAULT_IDEMPOTENCY_KEY_MISSING, idempotency_key_missing },
	{ &FAULT_IDEMPOTENCY_CONFLICT, idempotency_conflict },
	{ &FAULT_IDEMPOTENCY_IN_PROGRESS, idempotency_in_progress },
	{ &FAULT_VALIDATION, validation },
	{ &FAULT_PARTNER_NOT_FOUND, partner_not_found },
	{ &FAULT_PARTNER_NOT_ACTIVE, partner_not_active },
	{ &FAULT_PARTNER_SUSPENDED, partner_suspended },
	{ &FAULT_KYC_NOT_APPROVED, kyc_not_approved },
	{ &FAULT_CLIENT_NOT_FOUND, client_not_found },
	{ &FAULT_CLIENT_NOT_ACTIVE, client_not_active },
	{ &FAULT_CLIENT_ALREADY_EXISTS, client_already_exists },
	{ &FAULT_CLIENT_FEE_TOO_LOW, client_fee_too_low },
	{ &FAULT_TX_NOT_FOUND, tx_not_found },
	{ &FAULT_TX_ALREADY_ATTACHED, tx_already_attached },
	{ &FAULT_TX_NOT_ATTACHABLE, tx_not_attachable },
	{ &FAULT_ENDPOINT_NOT_FOUND, endpoint_not_found },
	{ &FAULT_DELIVERY_NOT_FOUND, delivery_not_found },
	{ &FAULT_EVENT_NOT_FOUND, event_not_found },
	{ &FAULT_LEASE_LOST, lease_lost },
	{ &FAULT_BATCH_NOT_FOUND, batch_not_found },
	{ &FAULT_BATCH_ALREADY_PAID, batch_already_paid },
	{ &FAULT_BATCH_BEING_PAID, batch_being_paid },
	{ &FAULT_BATCH_NOT_PAYABLE, batch_not_payable },
	{ &FAULT_PAYOUT_ACCOUNT_MISSING, payout_account_missing },
	{ &FAULT_PAYOUT_NOT_CONFIGURED, payout_not_configured },
	{ &FAULT_PAYOUT_FAILED, payout_failed },
	{ &FAULT_NO_ROUTE, no_route },
	{ &FAULT_PROCESSOR_REFUSED, processor_refused },
	{ &FAULT_PROCESSOR_UNAVAILABLE, processor_unavailable },
	{ &FAULT_STRIPE_KEY_MISSING, stripe_key_missing },
	{ &FAULT_STRIPE_PUBLISHABLE_MISSING, stripe_publishable_missing },
	{ &FAULT_REVOLUT_KEY_MISSING, revolut_key_missing },
	{ &FAULT_CLICKPESA_KEY_MISSING, clickpesa_key_missing },
	{ &FAULT_PROVIDER_NOT_CONFIGURED, provider_not_configured },
	{ &FAULT_CHECKOUT_REFUSED, checkout_refused },
	{ &FAULT_CHECKOUT_CONFLICT, checkout_conflict },
	{ &FAULT_STRIPE_SIGNATURE_MISSING, stripe_signature_missing },
	{ &FAULT_STRIPE_SIGNATURE_INVALID, stripe_signature_invalid },
	{ &FAULT_STRIPE_SECRET_MISSING, stripe_secret_missing },
	{ &FAULT_WEBHOOK_JSON, webhook_json },
	{ &FAULT_INTENT_MISSING, intent_missing },
	{ &FAULT_INTENT_NOT_FOUND, intent_not_found },
	{ &FAULT_CLICKPESA_CHECKSUM_KEY_MISSING,
	  clickpesa_checksum_key_missing },
	{ &FAULT_CLICKPESA_CHECKSUM_MISSING, clickpesa_checksum_missing },
	{ &FAULT_CLICKPESA_CHECKSUM_INVALID, clickpesa_checksum_invalid },
	{ &FAULT_ORDER_REFERENCE_MISSING, order_reference_missing },
	{ &FAULT_REVOLUT_SIGNATURE_MISSING, revolut_signature_missing },
	{ &FAULT_REVOLUT_SIGNATURE_INVALID, revolut_signature_invalid },
	{ &FAULT_REVOLUT_SECRET_MISSING, revolut_secret_missing },
	{ &FAULT_ORDER_MISSING, order_missing },
	{ &FAULT_ORDER_NOT_FOUND, order_not_found },
	{ &FAULT_UNAUTHORIZED, unauthorized },
	{ &FAULT_FORBIDDEN, forbidden },
	{ &FAULT_SCOPE_MISSING, scope_missing },
	{ &FAULT_BAD_REQUEST, bad_request },
	{ &FAULT_FIELD_MISSING, field_missing },
	{ &FAULT_FIELD_WRONG, field_wrong },
	{ &FAULT_CARD_NUMBER, card_number },
	{ &FAULT_CURRENCY, currency },
	{ &FAULT_PHONE_NUMBER, phone_number },
	{ &FAULT_AMOUNT_SMALL, amount_small },
	{ &FAULT_AMOUNT_LARGE, amount_large },
	{ &FAULT_FUNDS_SHORT, funds_short },
	{ &FAULT_KEY_REUSED, key_reused },
	{ &FAULT_KEY_RUNNING, key_running },
	{ &FAULT_STATE, state_wrong },
	{ &FAULT_BUSY, busy },
	{ &FAULT_PROVIDER_ERROR, provider_error },
	{ &FAULT_SERVICE_UNAVAILABLE, service_unavailable },
	{ &FAULT_NOT_OFFERED, not_offered },
	{ &FAULT_TOKEN_MISSING, token_missing },
	{ &FAULT_TOKEN_INVALID, token_invalid },
	{ &FAULT_ROLE, role },
	{ &FAULT_LOGIN_FAILED, login_failed },
	{ &FAULT_LOGIN_THROTTLED, login_throttled },
	{ &FAULT_TICKET_INVALID, ticket_invalid },
	{ &FAULT_CODE_INVALID, code_invalid },
	{ &FAULT_PROOF, proof },
	{ &FAULT_ACCOUNT_UNFINISHED, account_unfinished },
	{ &FAULT_SECOND_FACTOR, second_factor },
	{ &FAULT_USER_NOT_FOUND, user_not_found },
	{ &FAULT_USER_EXISTS, user_exists },
	{ &FAULT_LAST_OWNER, last_owner },
	{ &FAULT_OWN_ACCOUNT, own_account },
	{ &FAULT_SESSION_NOT_FOUND, session_not_found },
	{ &FAULT_INTERNAL, internal },
	{ &FAULT_STORAGE, storage },
};
enum { PROVOKERS = sizeof(provokers) / sizeof(provokers[0]) };

static struct answer *
provoke(const struct fault *fault)
{
	for (size_t i = 0; i < PROVOKERS; i++)
		if (provokers[i].fault == fault)
			return provokers[i].provoke();
	fail_msg("nobody provokes %s", fault->code);
	return NULL;
}

static bool
has_details(const struct fault *fault)
{
	return fault == &FAULT_VALIDATION ||
	    fault == &FAULT_PROCESSOR_REFUSED ||
	    fault == &FAULT_CHECKOUT_REFUSED ||
	    fault == &FAULT_PAYOUT_FAILED ||
	    fault == &FAULT_CHECKOUT_CONFLICT;
}

/* Those of the Payments API stand together in the table. */
static bool
is_payments(const struct fault *fault)
{
	bool within = false;

	for (size_t i = 0; fault_table[i] != NULL; i++) {
		within |= fault_table[i] == &FAULT_UNAUTHORIZED;
		if (within && fault_table[i] == fault)
			return true;
		within &= fault_table[i] != &FAULT_NOT_OFFERED;
	}
	return false;
}

static void
assert_row(const struct fault *fault, const struct answer *a)
{
	if (a->status != fault->status)
		fail_msg("%s: %d %s", fault->text, a->status, a->body);
	if (is_payments(fault)) {
		assert_string_equal(keys_of(a->json), "success error");
		assert_string_equal(text_at(a, "error.code"), fault->code);
		assert_string_equal(text_at(a, "error.message"),
		    fault->text);
		return;
	}
	assert_string_equal(keys_of(a->json), "error code details");
	assert_string_equal(text_at(a, "error"), fault->text);
	assert_string_equal(text_at(a, "code"), fault->code);
	assert_int_equal(null_at(a, "details"), !has_details(fault));
}

static void
every_row_of_the_table_can_be_provoked(void **state)
{
	size_t n = 0;

	(void)state;
	for (; fault_table[n] != NULL; n++)
		assert_row(fault_table[n], provoke(fault_table[n]));
	assert_int_equal(n, PROVOKERS);
}

/* The Payments API has one code for several refusals. */
static void
no_two_rows_have_the_same_code(void **state)
{
	(void)state;
	for (size_t i = 0; fault_table[i] != NULL; i++)
		for (size_t j = 0; j < i && !is_payments(fault_table[i]); j++)
			if (!is_payments(fault_table[j]))
				assert_string_not_equal(fault_table[i]->code,
				    fault_table[j]->code);
}

static void
what_passes_says_when_to_come_back(void **state)
{
	static const struct fault *const rows[] = { &FAULT_BUSY,
	    &FAULT_KEY_RUNNING, &FAULT_SERVICE_UNAVAILABLE };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer *a = provoke(rows[i]);
		assert_row(rows[i], a);
		assert_string_equal(header_of(a, "Retry-After"), "1");
		assert_non_null(header_of(a, "X-Trace-Id"));
	}
}

static void
refuses_when_the_database_is_locked_and_recovers(void **state)
{
	const char *body = initialize_body("fault-lock");
	sqlite3 *db = hold_lock();

	(void)state;
	struct answer *refused = ask_post(&world.partner, INITIALIZE,
	    "fault-lock", body);
	assert_fault(refused, STORAGE);
	assert_string_equal(header_of(refused, "Retry-After"), "1");
	/* Who only reads is not concerned. */
	assert_status(ask_get(&world.partner, TRANSACTIONS), 200);
	release_lock(db);
	assert_int_equal(payments("fault-lock"), 0);
	struct answer *a = ask_post(&world.partner, INITIALIZE, "fault-lock",
	    body);
	assert_status(a, 201);
	assert_null(member(a, "idempotentReplay"));
	assert_int_equal(payments("fault-lock"), 1);
}

static void
refuses_when_writers_queue_for_too_long(void **state)
{
	int gate = open(textf("%s/run/writer.lock", world.var), O_RDWR |
	    O_CLOEXEC);

	(void)state;
	assert_int_equal(flock(gate, LOCK_EX), 0);
	struct answer *a = ask_post(&world.partner, INITIALIZE, "fault-gate",
	    initialize_body("fault-gate"));
	close(gate);
	assert_fault(a, STORAGE);
	assert_int_equal(payments("fault-gate"), 0);
	assert_status(ask_post(&world.partner, INITIALIZE, "fault-gate",
	    initialize_body("fault-gate")), 201);
}

static void
takes_no_webhook_that_it_cannot_keep(void **state)
{
	const char *id = tx_attached("faulthook");
	sqlite3 *db = hold_lock();
	struct answer *a = stripe_succeed("faulthook");

	(void)state;
	release_lock(db);
	assert_fault(a, STORAGE);
	assert_string_equal(tx_state(id), "pending");
	assert_int_equal(db_int("SELECT count(*) FROM processor_event WHERE "
	    "event_id = 'evt_ok_faulthook'"), 0);
	assert_status(stripe_succeed("faulthook"), 200);
	assert_string_equal(tx_state(id), "succeeded");
}

static void
changes_nothing_else_while_the_database_is_locked(void **state)
{
	const char *id = tx_new("fault-rest");
	sqlite3 *db = hold_lock();
	struct answer *attach = ask_post(&world.partner, ATTACH, "fault-rest",
	    attach_with(id, "pi_faultrest"));
	struct answer *client = ask_post(&world.partner, CLIENTS,
	    "fault-rest", "{\"client_id\":\"FAULTREST\",\"legal_name\":"
	    "\"Shop\"}");

	(void)state;
	release_lock(db);
	assert_fault(attach, STORAGE);
	assert_fault(client, STORAGE);
	assert_string_equal(tx_state(id), "initialized");
	assert_int_equal(db_int("SELECT count(*) FROM client WHERE client_id "
	    "= 'FAULTREST'"), 0);
}

static void
gives_no_token_that_it_cannot_record(void **state)
{
	(void)state;
	db_exec("DELETE FROM login_failure");
	sqlite3 *db = hold_lock();
	struct answer *a = ask_post(NULL, ADMIN "/login", NULL,
	    "{\"email\":\"" OPERATOR_EMAIL "\",\"password\":\""
	    OPERATOR_PASSWORD "\"}");
	struct answer *failed = ask_post(NULL, ADMIN "/login", NULL,
	    "{\"email\":\"" OPERATOR_EMAIL "\",\"password\":\"guess\"}");
	release_lock(db);
	assert_fault(a, STORAGE);
	assert_fault(failed, STORAGE);
}

/* 15 KiB of meta, so that a disk fills up. */
static const char *
large_body(const char *reference)
{
	char *filler = arena_alloc(world.arena, 15001);

	memset(filler, 'x', 15000);
	return textf("{\"partner_id\":\"" PARTNER "\",\"client_id\":\"" CLIENT
	    "\",\"amount\":1,\"currency\":\"USD\",\"echezona_reference\":"
	    "\"%s\",\"meta\":{\"k\":\"%s\"}}", reference, filler);
}

static void
fill_disk(const char *path)
{
	char zeros[4096] = { 0 };
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd != -1);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		continue;
	while (write(fd, zeros, 1) > 0)
		continue;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void
accepts_nothing_on_a_full_disk_and_recovers(void **state)
{
	const char *filler = textf("%s/db/filler", world.var);
	int64_t accepted = 0, refused = 0;
	struct answer *a;

	(void)state;
	if (!world.small_disk) {
		print_message("skip: a full disk needs the right to mount\n");
		skip();
	}
	fill_disk(filler);
	for (int i = 0; i < 100 && refused < 3; i++) {
		a = ask_post(&world.partner, INITIALIZE,
		    textf("fault-full-%d", i), large_body("fault-full"));
		if (a->status == 201) {
			accepted++;
			continue;
		}
		assert_fault(a, STORAGE);
		refused++;
	}
	assert_int_equal(refused, 3);
	assert_int_equal(payments("fault-full"), accepted);
	/* What was accepted before can still be read. */
	assert_status(ask_get(&world.partner, TRANSACTIONS), 200);
	unlink(filler);
	a = ask_post(&world.partner, INITIALIZE, textf("fault-full-%d",
	    (int)accepted), large_body("fault-full"));
	assert_status(a, 201);
	assert_null(member(a, "idempotentReplay"));
	assert_int_equal(payments("fault-full"), accepted + 1);
}

/* Payments with this reference in another data directory. */
static int64_t
payments_in(const char *var, const char *reference)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	int64_t n = -1;

	assert_int_equal(sqlite3_open(textf("%s/db/clive.db", var), &db),
	    SQLITE_OK);
	if (sqlite3_prepare_v2(db, textf("SELECT count(*) FROM tx WHERE "
	    "echezona_reference = '%s'", reference), -1, &stmt, NULL) ==
	    SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

static const char *const no_lines[] = { NULL };

static struct answer *
post_to(const char *var, const char *key, size_t file_limit)
{
	return plain_post(var, file_limit, &world.partner, INITIALIZE, key,
	    large_body("fault-copy"));
}

static void
accepts_nothing_when_a_file_may_not_grow(void **state)
{
	const char *var = var_copy(no_lines);
	int refused = 0;
	struct answer *a;

	(void)state;
	/* Wherever in the middle of its writing it is stopped. */
	for (size_t limit = 1; ; limit += 3000) {
		a = post_to(var, "fault-limit", limit);
		if (a->status == 201)
			break;
		assert_fault(a, STORAGE);
		assert_int_equal(payments_in(var, "fault-copy"), 0);
		refused++;
	}
	assert_in_range(refused, 10, 100);
	assert_null(member(a, "idempotentReplay"));
	assert_int_equal(payments_in(var, "fault-copy"), 1);
}

static void
refuses_when_the_database_may_not_be_written(void **state)
{
	const char *var = var_copy(no_lines);

	(void)state;
	assert_int_equal(chmod(textf("%s/db/clive.db", var), 0400), 0);
	assert_fault(post_to(var, "fault-ro", 0), STORAGE);
	assert_int_equal(chmod(textf("%s/db/clive.db", var), 0600), 0);
	assert_int_equal(payments_in(var, "fault-copy"), 0);
	assert_status(post_to(var, "fault-ro", 0), 201);
}

static void
refuses_when_its_folder_may_not_be_written(void **state)
{
	const char *var = var_copy(no_lines);

	(void)state;
	assert_int_equal(chmod(textf("%s/db", var), 0500), 0);
	assert_fault(post_to(var, "fault-rodir", 0), STORAGE);
	assert_int_equal(chmod(textf("%s/db", var), 0700), 0);
	assert_status(post_to(var, "fault-rodir", 0), 201);
}

static void
refuses_to_run_on_anything_but_its_own_data(void **state)
{
	const char *var = var_copy(no_lines);
	const char *db = textf("%s/db/clive.db", var);
	const char *kept = textf("%s/db/kept.db", var);
	int fd;

	(void)state;
	assert_int_equal(rename(db, kept), 0);
	assert_fault(post_to(var, "fault-data", 0), STORAGE);
	/* A missing database is not made anew. */
	assert_int_equal(access(db, F_OK), -1);
	fd = open(db, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "not a database, really", 22), 22);
	close(fd);
	assert_fault(post_to(var, "fault-data", 0), STORAGE);
	assert_int_equal(rename(kept, db), 0);
	/* Others could read it. */
	assert_int_equal(chmod(db, 0640), 0);
	assert_fault(post_to(var, "fault-data", 0), STORAGE);
	assert_int_equal(chmod(db, 0600), 0);
	assert_status(post_to(var, "fault-data", 0), 201);
}

static void
refuses_to_run_without_settings_or_master_key(void **state)
{
	static const char *const bad[] = { "threads = many", NULL };
	const char *var = var_copy(no_lines);
	const char *key = textf("%s/master.key", var);

	(void)state;
	assert_int_equal(chmod(key, 0644), 0);
	assert_fault(post_to(var, "fault-key", 0), STORAGE);
	assert_int_equal(unlink(key), 0);
	assert_fault(post_to(var, "fault-key", 0), STORAGE);
	assert_fault(post_to(var_copy(bad), "fault-key", 0), STORAGE);
	assert_int_equal(payments_in(var, "fault-copy"), 0);
}

static void
works_without_the_shared_file(void **state)
{
	const char *var = var_copy(no_lines);

	(void)state;
	/* Something in its place: no limits then, and the real clock. */
	assert_int_equal(mkdir(textf("%s/run/shared", var), 0700), 0);
	assert_status(post_to(var, "fault-shared", 0), 201);
}

static const struct CMUnitTest tests[] = {
	CASE(every_row_of_the_table_can_be_provoked),
	CASE(no_two_rows_have_the_same_code),
	CASE(what_passes_says_when_to_come_back),
	CASE(refuses_when_the_database_is_locked_and_recovers),
	CASE(refuses_when_writers_queue_for_too_long),
	CASE(takes_no_webhook_that_it_cannot_keep),
	CASE(changes_nothing_else_while_the_database_is_locked),
	CASE(gives_no_token_that_it_cannot_record),
	CASE(accepts_nothing_on_a_full_disk_and_recovers),
	CASE(accepts_nothing_when_a_file_may_not_grow),
	CASE(refuses_when_the_database_may_not_be_written),
	CASE(refuses_when_its_folder_may_not_be_written),
	CASE(refuses_to_run_on_anything_but_its_own_data),
	CASE(refuses_to_run_without_settings_or_master_key),
	CASE(works_without_the_shared_file),
};

static const struct world_options options = {
	.conf = { "wait_ms = 200" }, .with_operator = true,
	.small_disk = true, .processors = true
};

ENDPOINT_MAIN("faults", tests, &options)
