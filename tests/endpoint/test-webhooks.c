/* SPDX-License-Identifier: ISC */
/*
 * test-webhooks.c - endpoints, deliveries, events, replays: the same for a
 * partner's back end and for operators, and each sees what is its own.
 */
#include "harness.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "shared.h"
#include "sig.h"
#include "webhook.h"

#define BASE "/api/v1/webhooks"
#define ADMIN_BASE ADMIN "/webhooks"

#define MEMBERS "id partner_id client_id name url api livemode secret "	\
	"events status disabled_reason schedule pauses max_attempts "	\
	"rate_limit max_parallel ordered ed25519 last_duration_ms "	\
	"last_success_at failing_since failures hold_until probe_at "	\
	"seen_at waiting next_attempt_at created_at updated_at"
#define DELIVERY_MEMBERS "id event_id event_type endpoint_id "		\
	"endpoint_name url partner_id client_id clive_tx_id origin status "	\
	"attempts next_attempt_at last_status last_error created_at "	\
	"updated_at"

/* Who asks: a partner's back end, or an operator (NULL). */
struct side {
	const struct apikey	*key;
	const char		*token;
};

static const char *
role(const char *name)
{
	db_exec(textf("UPDATE operator SET role = '%s'", name));
	return name;
}

static struct side
partner_side(void)
{
	return (struct side){ &world.partner, NULL };
}

static struct side
operator_side(void)
{
	static char token[4096];

	if (token[0] == '\0')
		snprintf(token, sizeof(token), "%s", admin_token());
	return (struct side){ NULL, token };
}

/* A key that was not used yet. */
static const char *
fresh_key(void)
{
	static int n;

	return textf("webhooks-%d", n++);
}

static const char *
fresh_reference(void)
{
	static int n;

	return textf("webhooks_%d", n++);
}

/* body NULL: GET. */
static struct answer *
call(struct side side, const char *path, const char *body)
{
	if (side.key == NULL)
		return ask_admin(side.token, textf(ADMIN_BASE "%s", path),
		    body);
	path = textf(BASE "%s", path);
	return body == NULL ? ask_get(side.key, path) :
	    ask_post(side.key, path, fresh_key(), body);
}

static struct answer *
post(const char *path, const char *body)
{
	return call(partner_side(), path, body);
}

static struct answer *
get(const char *path)
{
	return call(partner_side(), path, NULL);
}

static const char *
new_body(const char *name, const char *more)
{
	return textf("{\"partner_id\":\"" PARTNER "\",\"name\":\"%s\","
	    "\"url\":\"http://127.0.0.1:9/%s\",\"events\":[\"all\"]%s}",
	    name, name, more);
}

/* A new endpoint of PARTNER; its id. */
static const char *
make(const char *name)
{
	struct answer *a = post("/endpoints", new_body(name, ""));

	assert_status(a, 201);
	return text_at(a, "id");
}

/* An endpoint of the other partner. */
static const char *
make_other(void)
{
	struct answer *a = ask_post(&world.other, BASE "/endpoints",
	    fresh_key(), "{\"name\":\"theirs\",\"url\":"
	    "\"http://127.0.0.1:9/theirs\",\"events\":[\"all\"]}");

	assert_status(a, 201);
	return text_at(a, "id");
}

/* A succeeded payment: an event, and a delivery for each endpoint. */
static const char *
pay(const char *reference)
{
	const char *tx = tx_attached(reference);

	assert_status(stripe_succeed(reference), 200);
	return tx;
}

static const char *
delivery_of(const char *endpoint, const char *tx)
{
	return db_text(textf("SELECT d.id FROM delivery d JOIN event e ON "
	    "e.id = d.event_id WHERE d.endpoint_id = '%s' AND e.clive_tx_id "
	    "= '%s' ORDER BY d.id LIMIT 1", endpoint, tx));
}

static const char *
event_of(const char *tx)
{
	return db_text(textf("SELECT id FROM event WHERE clive_tx_id = '%s'",
	    tx));
}

static int64_t
due_at(const char *endpoint)
{
	return db_int(textf("SELECT count(*) FROM delivery WHERE endpoint_id "
	    "= '%s' AND status = 'due'", endpoint));
}

/* What a sender would leave behind. */
static void
end_all(const char *endpoint, const char *status)
{
	db_exec(textf("UPDATE delivery SET status = '%s', attempts = 1, "
	    "updated_at = %" PRId64 " WHERE endpoint_id = '%s'", status,
	    clock_now(), endpoint));
}

/* Reads a time of an answer back. */
static const char *
iso(int64_t ms)
{
	return db_text(textf("SELECT strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', "
	    "%" PRId64 " / 1000.0, 'unixepoch')", ms));
}

/* -------------------------------------------------------------- endpoints */

static void
makes_an_endpoint(struct side side)
{
	struct answer *a = call(side, "/endpoints", new_body("made", ""));
	const char *id = text_at(a, "id");

	assert_status(a, 201);
	assert_string_equal(keys_of(a->json), MEMBERS);
	assert_string_equal(text_at(a, "partner_id"), PARTNER);
	assert_string_equal(text_at(a, "status"), "active");
	assert_string_equal(text_at(a, "schedule"), "clive");
	assert_string_equal(text_at(a, "pauses"), "1s,4s");
	assert_int_equal(size_at(a, "events"), 5);
	assert_true(null_at(a, "rate_limit"));
	const char *secret = text_at(a, "secret");
	assert_int_equal(strlen(secret), 50);
	assert_memory_equal(secret, "whsec_", 6);

	a = call(side, textf("/endpoints/%s", id), NULL);
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), "endpoint secrets");
	assert_string_equal(keys_of(member(a, "endpoint")), MEMBERS);
	assert_string_equal(text_at(a, "endpoint.secret"),
	    textf("****%s", secret + strlen(secret) - 4));
	assert_int_equal(size_at(a, "secrets"), 1);
	assert_true(null_at(a, "secrets.0.expires_at"));
	assert_string_equal(db_text(textf("SELECT actor FROM audit_event "
	    "WHERE action = 'webhook.created' AND subject = '%s'", id)),
	    side.key != NULL ? textf("key:%s", side.key->id) :
	    "operator:" OPERATOR_EMAIL);
}

static void
partners_and_operators_make_endpoints(void **state)
{
	(void)state;
	makes_an_endpoint(partner_side());
	makes_an_endpoint(operator_side());
}

static void
an_endpoint_can_be_made_with_everything(void **state)
{
	struct answer *a = post("/endpoints", "{\"name\":\"all\",\"url\":"
	    "\"http://127.0.0.1:9/x\",\"events\":[\"transaction_failed\","
	    "\"endpoint_disabled\",\"transaction_failed\"],\"schedule\":"
	    "\"5s,5m,2h\",\"rate_limit\":50,\"max_parallel\":3,\"ordered\":"
	    "true,\"ed25519\":true,\"secret\":\"0123456789abcdef\",\"prove\":"
	    "true}");

	(void)state;
	assert_status(a, 201);
	assert_string_equal(text_at(a, "secret"), "0123456789abcdef");
	assert_string_equal(text_at(a, "schedule"), "custom");
	assert_string_equal(text_at(a, "pauses"), "5s,5m,2h");
	assert_string_equal(text_at(a, "status"), "unproven");
	assert_int_equal(size_at(a, "events"), 2);
	assert_string_equal(text_at(a, "events.1"), "transaction_failed");
	assert_has(a, "\"max_attempts\":4,\"rate_limit\":50,\"max_parallel\":"
	    "3,\"ordered\":true,\"ed25519\":true,");
	/* The challenge is on its way. */
	assert_has(a, "\"waiting\":1,");
}

static void
the_secret_is_told_again_to_a_retry_and_kept_sealed(void **state)
{
	const char *key = fresh_key();
	const char *body = new_body("sealed", "");
	struct answer *first = ask_post(&world.partner, BASE "/endpoints",
	    key, body);
	struct answer *again = ask_post(&world.partner, BASE "/endpoints",
	    key, body);

	(void)state;
	assert_status(first, 201);
	assert_status(again, 201);
	assert_has(again, "\"idempotentReplay\":true");
	assert_string_equal(text_at(again, "id"), text_at(first, "id"));
	assert_string_equal(text_at(again, "secret"),
	    text_at(first, "secret"));
	assert_int_equal(db_int(textf("SELECT count(*) FROM idempotency WHERE "
	    "answer LIKE '%%%s%%'", text_at(first, "secret") + 6)), 0);
	assert_int_equal(db_int(textf("SELECT count(*) FROM idempotency WHERE "
	    "idempotency_key = '%s' AND answer LIKE 'sealed:%%'", key)), 1);
}

static void
bad_fields_are_named(void **state)
{
	static const struct {
		const char	*more, *field, *message;
	} table[] = {
		{ ",\"schedule\":\"5x\"", "schedule", "a schedule is clive, "
		    "payments, standard, none or pauses such as 5s,5m,2h of "
		    "at most 10 days" },
		{ ",\"rate_limit\":10001", "rate_limit",
		    "Number must be less than or equal to 10000" },
		{ ",\"max_parallel\":-1", "max_parallel",
		    "Number must be greater than or equal to 0" },
		{ ",\"ordered\":\"yes\"", "ordered",
		    "Expected boolean, received string" },
		{ ",\"secret\":\"short\"", "secret",
		    "String must contain at least 16 character(s)" },
	};

	(void)state;
	assert_invalid(post("/endpoints", "{}"), "{\"fieldErrors\":{\"name\":["
	    "\"Required\"],\"url\":[\"Required\"],\"events\":[\"Required\"]},"
	    "\"formErrors\":[]}");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_invalid(post("/endpoints", new_body("bad",
		    table[i].more)), textf("{\"fieldErrors\":{\"%s\":[\"%s\"]"
		    "},\"formErrors\":[]}", table[i].field,
		    table[i].message));
	/* More than an endpoint has room for are not cut off silently. */
	assert_invalid(post("/endpoints", "{\"name\":\"x\",\"url\":"
	    "\"http://127.0.0.1:9/\",\"events\":[\"all\",\"all\",\"all\","
	    "\"all\",\"all\",\"all\",\"all\",\"all\",\"all\",\"all\","
	    "\"all\",\"all\",\"all\",\"endpoint_failing\"]}"),
	    "{\"fieldErrors\":{},\"formErrors\":[\"an endpoint has at most "
	    "64 event types\"]}");
	assert_invalid(post("/endpoints", "{\"name\":\"x\",\"url\":"
	    "\"http://127.0.0.1:9/\",\"events\":[\"transaction_lost\"]}"),
	    "{\"fieldErrors\":{\"events\":[\"there is no such event type\"]},"
	    "\"formErrors\":[]}");
	assert_invalid(post("/endpoints", "{\"name\":\"x\",\"url\":"
	    "\"http://127.0.0.1:9/\",\"events\":\"all\"}"),
	    "{\"fieldErrors\":{\"events\":[\"Expected array, received string"
	    "\"]},\"formErrors\":[]}");
	struct answer *a = post("/endpoints", "{\"name\":\"x\",\"url\":"
	    "\"http://169.254.169.254/\",\"events\":[\"all\"]}");
	assert_status(a, 400);
	assert_int_equal(size_at(a, "details.fieldErrors.url"), 1);
}

static void
the_partner_is_the_keys_own_or_named(void **state)
{
	const char *no_partner = "{\"name\":\"x\",\"url\":"
	    "\"http://127.0.0.1:9/\",\"events\":[\"all\"]}";
	const char *nobody = "{\"partner_id\":\"NOBODY001\",\"name\":\"x\","
	    "\"url\":\"http://127.0.0.1:9/\",\"events\":[\"all\"]}";
	const char *required = "{\"fieldErrors\":{\"partner_id\":[\"Required"
	    "\"]},\"formErrors\":[]}";

	(void)state;
	assert_status(post("/endpoints", no_partner), 201);
	assert_fault(ask_post(&world.other, BASE "/endpoints", fresh_key(),
	    new_body("foreign", "")), SCOPE);
	assert_invalid(ask_post(&world.platform, BASE "/endpoints",
	    fresh_key(), no_partner), required);
	assert_invalid(call(operator_side(), "/endpoints", no_partner),
	    required);
	assert_status(ask_post(&world.platform, BASE "/endpoints",
	    fresh_key(), new_body("platform", "")), 201);
	assert_fault(ask_post(&world.platform, BASE "/endpoints",
	    fresh_key(), nobody), PARTNER_NOT_FOUND);
	assert_fault(call(operator_side(), "/endpoints", nobody),
	    PARTNER_NOT_FOUND);
}

static void
changes_what_is_named_and_nothing_else(struct side side)
{
	const char *id = make("before");
	const char *path = textf("/endpoints/%s", id);
	struct answer *a = call(side, path, "{\"name\":\"after\","
	    "\"schedule\":\"standard\",\"rate_limit\":7,\"ordered\":true,"
	    "\"events\":[\"transaction_refunded\"]}");

	assert_status(a, 200);
	assert_string_equal(text_at(a, "name"), "after");
	assert_string_equal(text_at(a, "url"), "http://127.0.0.1:9/before");
	assert_string_equal(text_at(a, "schedule"), "standard");
	assert_int_equal(size_at(a, "events"), 1);
	assert_has(a, "\"rate_limit\":7,\"max_parallel\":null,\"ordered\":"
	    "true");
	assert_memory_equal(text_at(a, "secret"), "****", 4);
	a = call(side, path, "{\"rate_limit\":0,\"ordered\":false,\"url\":"
	    "\"http://127.0.0.1:9/after\"}");
	assert_has(a, "\"rate_limit\":null,\"max_parallel\":null,\"ordered\":"
	    "false");
	assert_string_equal(text_at(a, "schedule"), "standard");
	assert_string_equal(text_at(a, "url"), "http://127.0.0.1:9/after");
	assert_status(call(side, path, "{}"), 200);
	assert_status(call(side, path, "{\"events\":[]}"), 400);
	assert_status(call(side, path, "{\"url\":\"ftp://x/\"}"), 400);
	assert_fault(call(side, "/endpoints/we_none", "{}"),
	    ENDPOINT_NOT_FOUND);
}

static void
partners_and_operators_change_endpoints(void **state)
{
	(void)state;
	changes_what_is_named_and_nothing_else(partner_side());
	changes_what_is_named_and_nothing_else(operator_side());
}

static void
rotates(struct side side)
{
	const char *id = make("rotated");
	const char *path = textf("/endpoints/%s/rotate", id);
	const char *one = textf("/endpoints/%s", id);
	struct answer *a = call(side, path, "{\"overlap_s\":60}");
	const char *secret = text_at(a, "secret");

	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), MEMBERS);
	assert_memory_equal(secret, "whsec_", 6);
	a = call(side, one, NULL);
	assert_int_equal(size_at(a, "secrets"), 2);
	assert_has(a, "{\"number\":2,");
	assert_true(null_at(a, "secrets.0.expires_at"));
	assert_false(null_at(a, "secrets.1.expires_at"));
	a = call(side, path, "{\"overlap_s\":0,\"secret\":"
	    "\"fedcba9876543210\"}");
	assert_string_equal(text_at(a, "secret"), "fedcba9876543210");
	a = call(side, one, NULL);
	assert_int_equal(size_at(a, "secrets"), 1);
	assert_string_equal(text_at(a, "endpoint.secret"), "****3210");
	assert_invalid(call(side, path, "{\"overlap_s\":604801}"),
	    "{\"fieldErrors\":{\"overlap_s\":[\"Number must be less than or "
	    "equal to 604800\"]},\"formErrors\":[]}");
}

static void
partners_and_operators_rotate_secrets(void **state)
{
	(void)state;
	rotates(partner_side());
	rotates(operator_side());
}

static void
switches(struct side side)
{
	const char *id = make("switched");
	const char *on = textf("/endpoints/%s/enable", id);
	const char *off = textf("/endpoints/%s/disable", id);
	struct answer *a = call(side, off, "{}");

	assert_status(a, 200);
	assert_string_equal(text_at(a, "status"), "disabled");
	assert_string_equal(text_at(a, "disabled_reason"), "operator");
	assert_status(call(side, off, "{}"), 200);
	pay(fresh_reference());
	assert_int_equal(due_at(id), 1);
	a = call(side, on, "{}");
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), "endpoint waiting skipped");
	assert_string_equal(text_at(a, "endpoint.status"), "active");
	assert_has(a, "\"waiting\":1,\"skipped\":false}");
	a = call(side, on, "{}");
	assert_has(a, "\"waiting\":0,\"skipped\":false}");

	call(side, off, "{}");
	a = call(side, on, "{\"skip\":true}");
	assert_has(a, "\"waiting\":1,\"skipped\":true}");
	/* It is on already: nothing was done. */
	a = call(side, on, "{\"skip\":true}");
	assert_has(a, "\"waiting\":0,\"skipped\":false}");
	assert_int_equal(due_at(id), 0);
}

static void
partners_and_operators_switch_endpoints(void **state)
{
	(void)state;
	switches(partner_side());
	switches(operator_side());
}

static void
deletes(struct side side)
{
	const char *id = make("deleted");
	const char *tx = pay(fresh_reference());
	const char *sent = delivery_of(id, tx);
	struct answer *a = call(side, textf("/endpoints/%s/delete", id),
	    "{}");

	assert_answer(a, 200, textf("{\"id\":\"%s\",\"deleted\":true}", id));
	assert_fault(call(side, textf("/endpoints/%s", id), NULL),
	    ENDPOINT_NOT_FOUND);
	assert_fault(call(side, textf("/endpoints/%s/enable", id), "{}"),
	    ENDPOINT_NOT_FOUND);
	/* Its log stays, but nothing is sent to it again. */
	assert_status(call(side, textf("/deliveries/%s", sent), NULL), 200);
	assert_invalid(call(side, textf("/deliveries/%s/resend", sent),
	    "{}"), "{\"fieldErrors\":{},\"formErrors\":[\"there is no such "
	    "endpoint, or it was deleted\"]}");
}

static void
partners_and_operators_delete_endpoints(void **state)
{
	(void)state;
	deletes(partner_side());
	deletes(operator_side());
}

static void
tests_and_challenges(struct side side)
{
	const char *id = make("tested");
	struct answer *a;

	db_exec(textf("UPDATE webhook_endpoint SET status = 'unproven' WHERE "
	    "id = '%s'", id));
	a = call(side, textf("/endpoints/%s/test", id), "{}");
	assert_status(a, 201);
	assert_string_equal(keys_of(a->json), "delivery");
	assert_string_equal(keys_of(member(a, "delivery")),
	    DELIVERY_MEMBERS);
	assert_string_equal(text_at(a, "delivery.event_type"),
	    "webhook_test");
	assert_string_equal(text_at(a, "delivery.endpoint_id"), id);
	assert_string_equal(text_at(a, "delivery.status"), "due");
	assert_true(null_at(a, "delivery.clive_tx_id"));

	a = call(side, textf("/endpoints/%s/prove", id), "{}");
	assert_status(a, 200);
	assert_string_equal(text_at(a, "status"), "unproven");
	assert_has(a, "\"waiting\":2,");
}

static void
partners_and_operators_send_tests_and_challenges(void **state)
{
	(void)state;
	tests_and_challenges(partner_side());
	tests_and_challenges(operator_side());
}

static void
operators_vouch_for_an_endpoint_and_partners_do_not(void **state)
{
	const char *id = make("unproven");
	const char *on = textf("/endpoints/%s/enable", id);
	struct answer *a;

	(void)state;
	db_exec(textf("UPDATE webhook_endpoint SET status = 'unproven', "
	    "proven = 0 WHERE id = '%s'", id));
	a = call(partner_side(), on, "{}");
	assert_status(a, 200);
	assert_string_equal(text_at(a, "endpoint.status"), "unproven");
	assert_status(call(partner_side(), textf("/endpoints/%s/disable", id),
	    "{}"), 200);
	a = call(partner_side(), on, "{}");
	assert_string_equal(text_at(a, "endpoint.status"), "unproven");
	a = call(operator_side(), on, "{}");
	assert_string_equal(text_at(a, "endpoint.status"), "active");
}

static void
lists_endpoints_page_by_page(void **state)
{
	const char *first = make("page-1"), *second = make("page-2");
	const char *theirs = make_other();
	struct answer *a = get("/endpoints?limit=1");

	(void)state;
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), "items nextCursor");
	assert_string_equal(text_at(a, "items.0.id"), second);
	assert_string_equal(text_at(a, "nextCursor"), second);
	a = get(textf("/endpoints?limit=1&cursor=%s", second));
	assert_string_equal(text_at(a, "items.0.id"), first);
	a = get("/endpoints");
	assert_null(strstr(a->body, theirs));
	assert_true(null_at(a, "nextCursor"));
	a = get("/endpoints?partner_id=" OTHER_PARTNER);
	assert_answer(a, 200, "{\"items\":[],\"nextCursor\":null}");
	call(partner_side(), textf("/endpoints/%s/disable", first), "{}");
	a = get("/endpoints?status=disabled");
	assert_has(a, first);
	assert_null(strstr(a->body, second));

	a = call(operator_side(), "/endpoints", NULL);
	assert_has(a, theirs);
	assert_has(a, second);
	a = call(operator_side(), "/endpoints?partner_id=" OTHER_PARTNER,
	    NULL);
	assert_has(a, theirs);
	assert_null(strstr(a->body, second));
	a = ask_get(&world.platform, BASE "/endpoints");
	assert_has(a, theirs);
	assert_status(get("/endpoints?status=deleted"), 400);
	assert_status(get("/endpoints?limit=501"), 400);
}

/* The same key and body for two endpoints are two requests. */
static void
an_idempotency_key_counts_for_one_path(void **state)
{
	const char *one = make("key-1"), *two = make("key-2");
	const char *key = fresh_key();
	struct answer *a = ask_post(&world.partner,
	    textf(BASE "/endpoints/%s/disable", one), key, "{}");

	(void)state;
	assert_string_equal(text_at(a, "id"), one);
	a = ask_post(&world.partner, textf(BASE "/endpoints/%s/disable", two),
	    key, "{}");
	assert_string_equal(text_at(a, "id"), two);
	assert_null(strstr(a->body, "idempotentReplay"));
	a = ask_post(&world.partner, textf(BASE "/endpoints/%s/disable", two),
	    key, "{}");
	assert_has(a, "\"idempotentReplay\":true");
}

/* ------------------------------------------------------- who may do what */

/* Every route, with what it is asked and which refusal hides it. */
static const struct route {
	const char		*path;		/* %s: the id */
	const char		*body;		/* NULL: GET */
	const struct fault	*hidden;
} routes[] = {
	{ "/endpoints/%s", NULL, &FAULT_ENDPOINT_NOT_FOUND },
	{ "/endpoints/%s", "{}", &FAULT_ENDPOINT_NOT_FOUND },
	{ "/endpoints/%s/rotate", "{}", &FAULT_ENDPOINT_NOT_FOUND },
	{ "/endpoints/%s/enable", "{}", &FAULT_ENDPOINT_NOT_FOUND },
	{ "/endpoints/%s/disable", "{}", &FAULT_ENDPOINT_NOT_FOUND },
	{ "/endpoints/%s/prove", "{}", &FAULT_ENDPOINT_NOT_FOUND },
	{ "/endpoints/%s/test", "{}", &FAULT_ENDPOINT_NOT_FOUND },
	{ "/endpoints/%s/replay", "{\"failed_since\":\"2020-01-01\"}",
	  &FAULT_ENDPOINT_NOT_FOUND },
	{ "/endpoints/%s/delete", "{}", &FAULT_ENDPOINT_NOT_FOUND },
	{ "/deliveries/%s", NULL, &FAULT_DELIVERY_NOT_FOUND },
	{ "/deliveries/%s/resend", "{}", &FAULT_DELIVERY_NOT_FOUND },
	{ "/events/%s", NULL, &FAULT_EVENT_NOT_FOUND },
	{ "/events/%s/resend", "{}", &FAULT_EVENT_NOT_FOUND },
};
enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

/* The path of a route for what belongs to an endpoint; NULL: to none. */
static const char *
path_of(const struct route *route, const char *endpoint, const char *tx)
{
	const char *id = endpoint == NULL ||
	    route->hidden == &FAULT_ENDPOINT_NOT_FOUND ? endpoint :
	    route->hidden == &FAULT_EVENT_NOT_FOUND ? event_of(tx) :
	    delivery_of(endpoint, tx);
	const char *rest = strchr(route->path, '%') + 2;

	return textf("%.*s%s%s", (int)(rest - 2 - route->path), route->path,
	    id != NULL ? id : "none", rest);
}

static void
what_is_another_partners_is_not_found(void **state)
{
	const char *id = make("mine"), *tx = pay("webhooks_mine");
	const struct side other = { &world.other, NULL };

	(void)state;
	for (size_t i = 0; i < ROUTES; i++) {
		const char *path = path_of(&routes[i], id, tx);
		struct answer *a = call(other, path, routes[i].body);

		assert_status(a, 404);
		assert_string_equal(text_at(a, "code"),
		    routes[i].hidden->code);
		/* And the same words as for what is nowhere. */
		assert_answer(call(other, path_of(&routes[i], NULL, tx),
		    routes[i].body), 404, a->body);
	}
	assert_string_equal(db_text(textf("SELECT status FROM "
	    "webhook_endpoint WHERE id = '%s'", id)), "active");
	assert_fault(call(other, textf("/events/%s/resend", event_of(tx)),
	    textf("{\"endpoint\":\"%s\"}", id)), EVENT_NOT_FOUND);
	assert_fault(post(textf("/events/%s/resend", event_of(tx)),
	    textf("{\"endpoint\":\"%s\"}", make_other())),
	    ENDPOINT_NOT_FOUND);
	assert_answer(call(other, textf("/deliveries?clive_tx_id=%s", tx),
	    NULL), 200, "{\"items\":[],\"nextCursor\":null}");
	assert_answer(call(other, textf("/deliveries?endpoint=%s", id),
	    NULL), 200, "{\"items\":[],\"nextCursor\":null}");
	assert_answer(call(other, textf("/events?clive_tx_id=%s", tx), NULL),
	    200, "{\"items\":[],\"nextCursor\":null}");
	assert_answer(call(other, "/deliveries?partner_id=" PARTNER, NULL),
	    200, "{\"items\":[],\"nextCursor\":null}");
}

static void
a_platform_wide_key_reaches_every_partners(void **state)
{
	const char *id = make("reached"), *tx = pay("webhooks_reached");
	const struct side platform = { &world.platform, NULL };

	(void)state;
	for (size_t i = 0; i < ROUTES; i++) {
		int status = call(platform, path_of(&routes[i], id, tx),
		    routes[i].body)->status;
		if (status != 200 && status != 201 && i != ROUTES - 3)
			fail_msg("%s: %d", routes[i].path, status);
	}
}

static void
finance_and_readers_only_look(void **state)
{
	const char *id = make("looked-at"), *tx = pay("webhooks_looked_at");
	const struct side side = operator_side();

	(void)state;
	for (int r = 0; r < 2; r++) {
		role(r == 0 ? "finance" : "read_only");
		for (size_t i = 0; i < ROUTES; i++) {
			const char *path = path_of(&routes[i], id, tx);
			struct answer *a = call(side, path, routes[i].body);
			if (routes[i].body == NULL)
				assert_status(a, 200);
			else
				assert_fault(a, ROLE);
		}
		assert_status(call(side, "/endpoints", NULL), 200);
		assert_status(call(side, "/deliveries", NULL), 200);
		assert_status(call(side, "/events", NULL), 200);
		assert_fault(call(side, "/endpoints", new_body("x", "")),
		    ROLE);
		/* Before anything is said about what was sent. */
		assert_fault(call(side, "/endpoints", "{"), ROLE);
	}
	role("support");
	struct answer *a = call(side, textf("/endpoints/%s/test", id), "{}");
	role("owner");
	assert_status(a, 201);
	assert_int_equal(due_at(id), 2);
}

static void
nobody_gets_in_without_a_key_or_a_token(void **state)
{
	static const char *const paths[] = { "/endpoints", "/deliveries",
	    "/events" };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_fault(ask_get(NULL, textf(BASE "%s", paths[i])),
		    API_KEY_MISSING);
		assert_fault(ask_get(NULL, textf(ADMIN_BASE "%s", paths[i])),
		    TOKEN_MISSING);
		assert_fault(ask_admin("x.y.z", textf(ADMIN_BASE "%s",
		    paths[i]), NULL), TOKEN_INVALID);
	}
	assert_fault(ask(&(struct call){ .path = BASE "/endpoints",
	    .body = "{}", .key = &world.partner }), HMAC_MISSING);
	assert_fault(ask_post(NULL, ADMIN_BASE "/endpoints", NULL, "{}"),
	    TOKEN_MISSING);
	/* A partner's key opens nothing of the operators'. */
	assert_fault(ask_get(&world.platform, ADMIN_BASE "/endpoints"),
	    TOKEN_MISSING);
}

static void
other_paths_and_methods_are_refused(void **state)
{
	const char *id = make("paths");

	(void)state;
	assert_fault(post(textf("/endpoints/%s/nothing", id), "{}"),
	    NOT_FOUND);
	assert_fault(post(textf("/endpoints/%s/test/more", id), "{}"),
	    NOT_FOUND);
	assert_fault(get(textf("/endpoints/%s/", id)), NOT_FOUND);
	struct answer *a = get(textf("/endpoints/%s/test", id));
	assert_fault(a, METHOD);
	assert_string_equal(header_of(a, "Allow"), "POST");
	assert_fault(post("/deliveries", "{}"), METHOD);
	assert_fault(post("/events/x", "{}"), METHOD);
}

/* ----------------------------------------------------------------- the log */

static void
lists_deliveries(struct side side)
{
	const char *id = make("listed");
	const char *one = pay(fresh_reference());
	const char *two = pay(fresh_reference());
	const char *all = textf("/deliveries?endpoint=%s", id);
	struct answer *a = call(side, all, NULL);

	assert_status(a, 200);
	assert_int_equal(size_at(a, "items"), 2);
	assert_string_equal(keys_of(member(a, "items.0")), DELIVERY_MEMBERS);
	assert_string_equal(text_at(a, "items.0.clive_tx_id"), two);
	assert_string_equal(text_at(a, "items.1.clive_tx_id"), one);
	assert_string_equal(text_at(a, "items.0.event_type"),
	    "transaction_succeeded");
	assert_string_equal(text_at(a, "items.0.endpoint_name"), "listed");
	assert_false(null_at(a, "items.0.next_attempt_at"));
	assert_true(null_at(a, "items.0.last_status"));
	assert_true(null_at(a, "nextCursor"));
	a = call(side, textf("%s&limit=1", all), NULL);
	assert_int_equal(size_at(a, "items"), 1);
	assert_string_equal(text_at(a, "nextCursor"),
	    text_at(a, "items.0.id"));
	a = call(side, textf("%s&limit=1&cursor=%s", all,
	    text_at(a, "nextCursor")), NULL);
	assert_string_equal(text_at(a, "items.0.clive_tx_id"), one);
	assert_true(null_at(a, "nextCursor"));

	a = call(side, textf("/deliveries?clive_tx_id=%s&endpoint=%s", one,
	    id), NULL);
	assert_int_equal(size_at(a, "items"), 1);
	db_exec(textf("UPDATE delivery SET status = 'failed' WHERE id = '%s'",
	    delivery_of(id, one)));
	a = call(side, textf("%s&status=failed", all), NULL);
	assert_int_equal(size_at(a, "items"), 1);
	assert_string_equal(text_at(a, "items.0.clive_tx_id"), one);
	assert_true(null_at(a, "items.0.next_attempt_at"));
	a = call(side, "/deliveries?limit=1&status=failed&partner_id="
	    PARTNER, NULL);
	assert_string_equal(text_at(a, "items.0.id"), delivery_of(id, one));
	a = call(side, textf("%s&event_type=transaction_failed", all), NULL);
	assert_int_equal(size_at(a, "items"), 0);
	a = call(side, textf("%s&from=%s", all, iso(clock_now() + 1000)),
	    NULL);
	assert_int_equal(size_at(a, "items"), 0);
	a = call(side, textf("%s&to=%s", all, iso(clock_now() + 1000)), NULL);
	assert_int_equal(size_at(a, "items"), 2);
	a = call(side, "/deliveries?limit=500", NULL);
	assert_true(size_at(a, "items") >= 2);
	assert_status(call(side, "/deliveries?status=lost", NULL), 400);
	assert_status(call(side, "/deliveries?from=soon", NULL), 400);
}

static void
partners_and_operators_list_deliveries(void **state)
{
	(void)state;
	lists_deliveries(partner_side());
	lists_deliveries(operator_side());
}

static void
a_delivery_is_told_with_every_attempt(void **state)
{
	const char *id = make("told");
	const char *tx = pay("webhooks_told");
	const char *d = delivery_of(id, tx);
	const char *path = textf("/deliveries/%s", d);
	struct answer *a = get(path);

	(void)state;
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json),
	    "delivery event attempts curl");
	assert_int_equal(size_at(a, "attempts"), 0);
	assert_true(null_at(a, "curl"));
	assert_string_equal(text_at(a, "event.body"), db_text(textf(
	    "SELECT CAST(body AS TEXT) FROM event WHERE id = '%s'",
	    event_of(tx))));

	db_exec(textf("INSERT INTO attempt (delivery_id, number, started_at, "
	    "duration_ms, request_head, error) VALUES ('%s', 1, 1000, 5000, "
	    "'', 'no answer within 5000 ms')", d));
	assert_true(null_at(get(path), "curl"));
	db_exec(textf("INSERT INTO attempt (delivery_id, number, started_at, "
	    "duration_ms, request_head, response_status, response_head, "
	    "response_body, response_length) VALUES ('%s', 2, 2000, 12, "
	    "'POST /told?a=b HTTP/1.1' || char(13, 10) || 'Host: "
	    "127.0.0.1:9' || char(13, 10) || 'X-Note: it''s' || char(13, 10) "
	    "|| 'Content-Length: 9' || char(13, 10, 13, 10), 500, "
	    "'HTTP/1.1 500 Oh', x'6f6800ff', 9000)", d));
	a = get(path);
	assert_string_equal(keys_of(member(a, "attempts.0")), "number "
	    "started_at duration_ms request_head response_status "
	    "response_head response_body response_length error");
	assert_string_equal(text_at(a, "attempts.0.error"),
	    "no answer within 5000 ms");
	assert_true(null_at(a, "attempts.0.response_status"));
	assert_true(null_at(a, "attempts.0.response_body"));
	assert_has(a, "\"response_status\":500,\"response_head\":"
	    "\"HTTP/1.1 500 Oh\",\"response_body\":\"oh\\u0000\xef\xbf\xbd\","
	    "\"response_length\":9000,\"error\":null}");
	assert_has(a, "\"last_status\":500,\"last_error\":null");
	assert_string_equal(text_at(a, "curl"), textf("curl -g -i -X POST "
	    "'http://127.0.0.1:9/told?a=b' -H 'X-Note: it'\\''s' "
	    "--data-binary '%s'", text_at(a, "event.body")));
	/* The operators' page says the same. */
	assert_answer(call(operator_side(), path, NULL), 200, a->body);
}

/* What is no plain text survives being copied from a terminal. */
static void
a_curl_line_is_safe_in_a_shell(void **state)
{
	const char *id = make("quoted");
	const char *tx = pay("webhooks_quoted");
	const char *d = delivery_of(id, tx);

	(void)state;
	db_exec(textf("UPDATE event SET body = CAST('{\"a\": \"it''s "
	    "\\u0041 $(id)\",' || char(10, 9) || '\"b\": \"' || char(8238) "
	    "|| '\"}' AS BLOB) WHERE id = '%s'", event_of(tx)));
	db_exec(textf("INSERT INTO attempt (delivery_id, number, started_at, "
	    "duration_ms, request_head, response_status) VALUES ('%s', 1, "
	    "2000, 12, 'POST /q?a=[1-3]&b={x,y}$(id)`id`''\" HTTP/1.1' || "
	    "char(13, 10) || 'Host: 127.0.0.1:9' || char(13, 10, 13, 10), "
	    "500)", d));
	assert_string_equal(text_at(get(textf("/deliveries/%s", d)), "curl"),
	    "curl -g -i -X POST "
	    "'http://127.0.0.1:9/q?a=[1-3]&b={x,y}$(id)`id`'\\''\"' "
	    "--data-binary $'{\"a\": \"it\\'s \\\\u0041 $(id)\",\\012\\011"
	    "\"b\": \"\\342\\200\\256\"}'");
}

static void
events_are_told_with_their_deliveries(struct side side)
{
	const char *id = make("heard");
	const char *tx = pay(fresh_reference());
	struct answer *a = call(side, textf("/events?clive_tx_id=%s", tx),
	    NULL);

	assert_status(a, 200);
	assert_int_equal(size_at(a, "items"), 1);
	assert_string_equal(keys_of(member(a, "items.0")),
	    "id type partner_id client_id api livemode clive_tx_id "
	    "created_at");
	assert_string_equal(text_at(a, "items.0.id"), event_of(tx));
	a = call(side, "/events?limit=1&type=transaction_succeeded", NULL);
	assert_string_equal(text_at(a, "items.0.clive_tx_id"), tx);
	assert_false(null_at(a, "nextCursor"));
	const char *first = text_at(a, "nextCursor");
	a = call(side, textf("/events?limit=1&cursor=%s", first), NULL);
	assert_true(strcmp(text_at(a, "items.0.id"), first) < 0);
	a = call(side, textf("/events?from=%s", iso(clock_now() + 1000)),
	    NULL);
	assert_answer(a, 200, "{\"items\":[],\"nextCursor\":null}");

	a = call(side, textf("/events/%s", event_of(tx)), NULL);
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), "event deliveries");
	assert_string_equal(keys_of(member(a, "event")), "id type partner_id "
	    "client_id api livemode clive_tx_id created_at body");
	assert_has(a, delivery_of(id, tx));
	assert_string_equal(keys_of(member(a, "deliveries.0")),
	    DELIVERY_MEMBERS);
}

static void
partners_and_operators_look_at_events(void **state)
{
	(void)state;
	events_are_told_with_their_deliveries(partner_side());
	events_are_told_with_their_deliveries(operator_side());
}

/* --------------------------------------------------------------- sent again */

static void
resends(struct side side)
{
	const char *id = make("resent");
	const char *tx = pay(fresh_reference());
	const char *d = delivery_of(id, tx);
	const char *path = textf("/deliveries/%s/resend", d);
	struct answer *a;

	/* It is still due: no second one. */
	a = call(side, path, "{}");
	assert_status(a, 201);
	assert_string_equal(keys_of(a->json), "added items");
	assert_has(a, "{\"added\":0,");
	assert_string_equal(text_at(a, "items.0.id"), d);
	end_all(id, "failed");
	a = call(side, path, "{}");
	assert_has(a, "{\"added\":1,");
	assert_string_equal(keys_of(member(a, "items.0")), DELIVERY_MEMBERS);
	assert_string_equal(text_at(a, "items.0.origin"), d);
	assert_string_equal(text_at(a, "items.0.event_id"), event_of(tx));
	assert_string_equal(text_at(a, "items.0.status"), "due");
	assert_has(call(side, path, "{}"), "{\"added\":0,");
	assert_int_equal(due_at(id), 1);

	end_all(id, "delivered");
	a = call(side, textf("/events/%s/resend", event_of(tx)),
	    textf("{\"endpoint\":\"%s\"}", id));
	assert_status(a, 201);
	assert_int_equal(size_at(a, "items"), 1);
	assert_has(a, "{\"added\":1,");
	a = call(side, textf("/events/%s/resend", event_of(tx)), "{}");
	assert_status(a, 201);
	assert_true(size_at(a, "items") > 1);
	assert_int_equal(due_at(id), 1);
	assert_int_equal(db_int(textf("SELECT count(*) FROM audit_event "
	    "WHERE action = 'webhook.resent' AND subject = '%s' AND detail "
	    "LIKE '%%%s%%'", tx, id)), 5);
}

static void
partners_and_operators_resend(void **state)
{
	(void)state;
	resends(partner_side());
	resends(operator_side());
}

static void
nobody_to_send_to_is_said_so(void **state)
{
	const char *tx = pay("webhooks_nobody");

	(void)state;
	db_exec(textf("UPDATE event SET type = 'unheard' WHERE id = '%s'",
	    event_of(tx)));
	assert_invalid(post(textf("/events/%s/resend", event_of(tx)), "{}"),
	    "{\"fieldErrors\":{},\"formErrors\":[\"no endpoint is subscribed "
	    "to this event\"]}");
}

static struct answer *
replay(struct side side, const char *id, const char *body)
{
	return call(side, textf("/endpoints/%s/replay", id), body);
}

static void
replays(struct side side)
{
	const char *from = iso(clock_now());
	const char *tx = pay(fresh_reference());
	const char *id = make("replayed");
	const char *later = pay(fresh_reference());
	struct answer *a;

	(void)tx;
	end_all(id, "failed");
	/* One that failed; two events, of which one is older than it. */
	a = replay(side, id, textf("{\"failed_since\":\"%s\",\"dry_run\":true}",
	    from));
	assert_answer(a, 200,
	    "{\"count\":1,\"dry_run\":true,\"nextCursor\":null}");
	a = replay(side, id, textf("{\"from\":\"%s\",\"dry_run\":true}",
	    from));
	assert_answer(a, 200,
	    "{\"count\":2,\"dry_run\":true,\"nextCursor\":null}");
	assert_int_equal(due_at(id), 0);
	a = replay(side, id, textf("{\"failed_since\":\"%s\"}", from));
	assert_answer(a, 200,
	    "{\"count\":1,\"dry_run\":false,\"nextCursor\":null}");
	a = replay(side, id, textf("{\"from\":\"%s\",\"to\":\"%s\"}", from,
	    iso(clock_now() + 60000)));
	assert_answer(a, 200,
	    "{\"count\":1,\"dry_run\":false,\"nextCursor\":null}");
	assert_int_equal(due_at(id), 2);
	/* Both are under way now. */
	for (int i = 0; i < 2; i++)
		assert_answer(replay(side, id, textf("{\"%s\":\"%s\"}",
		    i == 0 ? "from" : "failed_since", from)), 200,
		    "{\"count\":0,\"dry_run\":false,\"nextCursor\":null}");
	assert_int_equal(db_int(textf("SELECT count(*) FROM delivery d JOIN "
	    "event e ON e.id = d.event_id WHERE d.endpoint_id = '%s' AND "
	    "e.clive_tx_id = '%s'", id, later)), 2);
	assert_int_equal(db_int(textf("SELECT count(*) FROM audit_event "
	    "WHERE action = 'webhook.replayed' AND subject = '%s'", id)), 2);
}

static void
partners_and_operators_replay(void **state)
{
	(void)state;
	replays(partner_side());
	replays(operator_side());
}

static void
a_replay_runs_once_an_idempotency_key(void **state)
{
	const char *id = make("once");
	const char *path = textf(BASE "/endpoints/%s/replay", id);
	const char *body = textf("{\"failed_since\":\"%s\"}",
	    iso(clock_now()));
	const char *key = fresh_key();

	(void)state;
	pay("webhooks_once");
	end_all(id, "failed");
	assert_has(ask_post(&world.partner, path, key, body), "{\"count\":1,");
	end_all(id, "failed");
	struct answer *a = ask_post(&world.partner, path, key, body);
	assert_has(a, "{\"count\":1,");
	assert_has(a, "\"idempotentReplay\":true");
	assert_int_equal(due_at(id), 0);
}

static void
what_is_to_be_replayed_must_be_said_well(void **state)
{
	static const char *const bodies[][2] = {
		{ "{}", "from" },
		{ "{\"from\":\"2020-01-01\",\"failed_since\":\"2020-01-01\"}",
		  "from" },
		{ "{\"failed_since\":\"2020-01-01\",\"to\":\"2020-01-02\"}",
		  "to" },
		{ "{\"from\":\"2020-01-02\",\"to\":\"2020-01-01\"}", "to" },
		{ "{\"from\":\"2220-01-01\"}", "from" },
		{ "{\"failed_since\":\"2220-01-01\"}", "failed_since" },
		{ "{\"from\":\"2020-01-01\",\"cursor\":\"x\"}", "cursor" },
		{ "{\"from\":\"yesterday\"}", "from" },
		{ "{\"from\":\"2020-01-01\",\"dry_run\":1}", "dry_run" },
	};
	const char *id = make("said");

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct answer *a = replay(partner_side(), id, bodies[i][0]);
		assert_status(a, 400);
		if (size_at(a, textf("details.fieldErrors.%s",
		    bodies[i][1])) != 1)
			fail_msg("%s: %s", bodies[i][0], a->body);
	}
}

static void
a_replay_that_broke_off_goes_on_at_once(void **state)
{
	const char *id = make("broken");
	const char *path = textf(BASE "/endpoints/%s/replay", id);
	const char *key = fresh_key();
	const char *body = "{\"from\":\"2020-01-01\"}";

	(void)state;
	pay(fresh_reference());
	db_exec("UPDATE delivery SET status = 'delivered'");
	db_exec("CREATE TRIGGER broken BEFORE INSERT ON delivery BEGIN "
	    "SELECT RAISE(ABORT, 'broken'); END");
	assert_fault(ask_post(&world.partner, path, key, body), STORAGE);
	db_exec("DROP TRIGGER broken");
	struct answer *a = ask_post(&world.partner, path, key, body);
	assert_status(a, 200);
	assert_true(due_at(id) > 0);
}

/* More than one request makes at a time. */
static void
ten_thousand_events_are_replayed_in_pages(void **state)
{
	struct answer *a = ask_post(&world.other, BASE "/endpoints",
	    fresh_key(), "{\"name\":\"many\",\"url\":"
	    "\"http://127.0.0.1:9/many\",\"events\":[\"all\"]}");
	const char *path = textf(BASE "/endpoints/%s/replay",
	    text_at(a, "id"));
	const char *id = text_at(a, "id");
	char first[ID_SIZE];

	(void)state;
	id_floor("evt_", 1000000000000, first);
	db_exec(textf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + "
	    "1 FROM n WHERE i < 10600) INSERT INTO event (id, partner_id, "
	    "api, type, body, created_at) SELECT printf('%s%%016d', i), '"
	    OTHER_PARTNER "', 'clive', 'transaction_failed', x'7b7d', "
	    "1000000000000 FROM n", first));
	a = ask_post(&world.other, path, fresh_key(), "{\"from\":"
	    "\"2001-09-09\",\"to\":\"2001-09-10\",\"dry_run\":true}");
	assert_answer(a, 200,
	    "{\"count\":10600,\"dry_run\":true,\"nextCursor\":null}");
	int64_t made = 0;
	const char *cursor = "";
	for (int i = 0; i < 20 && cursor != NULL; i++) {
		a = ask_post(&world.other, path, fresh_key(), textf(
		    "{\"from\":\"2001-09-09\",\"to\":\"2001-09-10\"%s}",
		    *cursor != '\0' ? textf(",\"cursor\":\"%s\"", cursor) :
		    ""));
		assert_status(a, 200);
		made += strtoll(strchr(a->body, ':') + 1, NULL, 10);
		cursor = null_at(a, "nextCursor") ? NULL :
		    text_at(a, "nextCursor");
		assert_true(i > 0 || cursor != NULL);
		if (i > 0)
			continue;
		/*
		 * A count goes on where it is told to, too: what has arrived
		 * by now would be counted again from the start.
		 */
		end_all(id, "delivered");
		a = ask_post(&world.other, path, fresh_key(), textf(
		    "{\"from\":\"2001-09-09\",\"dry_run\":true,\"cursor\":"
		    "\"%s\"}", cursor));
		assert_answer(a, 200, textf("{\"count\":%" PRId64
		    ",\"dry_run\":true,\"nextCursor\":null}", 10600 - made));
		db_exec(textf("UPDATE delivery SET status = 'due' WHERE "
		    "endpoint_id = '%s'", id));
	}
	assert_null(cursor);
	assert_int_equal(made, 10600);
	assert_int_equal(due_at(id), 10600);
	a = ask_get(&world.other, textf(BASE "/endpoints/%s", id));
	assert_has(a, "\"waiting\":10000,");
	db_exec(textf("DELETE FROM delivery WHERE endpoint_id = '%s'", id));
}

static const struct CMUnitTest tests[] = {
	CASE(partners_and_operators_make_endpoints),
	CASE(an_endpoint_can_be_made_with_everything),
	CASE(the_secret_is_told_again_to_a_retry_and_kept_sealed),
	CASE(bad_fields_are_named),
	CASE(the_partner_is_the_keys_own_or_named),
	CASE(partners_and_operators_change_endpoints),
	CASE(partners_and_operators_rotate_secrets),
	CASE(partners_and_operators_switch_endpoints),
	CASE(partners_and_operators_delete_endpoints),
	CASE(partners_and_operators_send_tests_and_challenges),
	CASE(operators_vouch_for_an_endpoint_and_partners_do_not),
	CASE(lists_endpoints_page_by_page),
	CASE(an_idempotency_key_counts_for_one_path),
	CASE(what_is_another_partners_is_not_found),
	CASE(a_platform_wide_key_reaches_every_partners),
	CASE(finance_and_readers_only_look),
	CASE(nobody_gets_in_without_a_key_or_a_token),
	CASE(other_paths_and_methods_are_refused),
	CASE(partners_and_operators_list_deliveries),
	CASE(a_delivery_is_told_with_every_attempt),
	CASE(a_curl_line_is_safe_in_a_shell),
	CASE(partners_and_operators_look_at_events),
	CASE(partners_and_operators_resend),
	CASE(nobody_to_send_to_is_said_so),
	CASE(partners_and_operators_replay),
	CASE(a_replay_runs_once_an_idempotency_key),
	CASE(what_is_to_be_replayed_must_be_said_well),
	CASE(a_replay_that_broke_off_goes_on_at_once),
	CASE(ten_thousand_events_are_replayed_in_pages),
};

static const struct world_options options = { .with_operator = true };

ENDPOINT_MAIN("webhooks", tests, &options)
