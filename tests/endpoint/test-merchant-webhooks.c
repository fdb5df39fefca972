/* SPDX-License-Identifier: ISC */
/*
 * test-merchant-webhooks.c - a merchant's endpoints and events: what it can
 * do with them, and that nobody else can.
 */
#include "harness.h"

#include <inttypes.h>
#include <string.h>

#include "fault.h"
#include "outbox.h"
#include "replay.h"
#include "shared.h"
#include "sig.h"
#include "webhook-sign.h"
#include "webhook.h"

#define ENDPOINTS "/v1/webhook-endpoints"
#define EVENTS "/v1/events"
#define PARTNERS "/api/v1/webhooks"

#define MEMBERS "id object url events status description livemode "	\
	"created_at updated_at"
#define DELIVERY_MEMBERS "id object endpoint url status attempts "	\
	"next_attempt_at last_status last_error created_at updated_at"
#define DAY_MS INT64_C(86400000)

static struct answer *
call(const char *key, const char *method, const char *path, const char *body)
{
	return ask(&(struct call){ .method = method, .path = path,
	    .body = body, .lines = { textf("Authorization: Bearer %s",
	    key) } });
}

static struct answer *
get(const char *path)
{
	return call(world.merchant, "GET", path, NULL);
}

static struct answer *
post(const char *path, const char *body)
{
	return call(world.merchant, "POST", path, body);
}

static struct answer *
patch(const char *id, const char *body)
{
	return call(world.merchant, "PATCH", textf(ENDPOINTS "/%s", id),
	    body);
}

/* A new endpoint of a key's merchant; its id. */
static const char *
make_for(const char *key, const char *events)
{
	struct answer *a = call(key, "POST", ENDPOINTS, textf("{\"url\":"
	    "\"http://127.0.0.1:9/in\",\"events\":[%s]}", events));

	assert_status(a, 201);
	return text_at(a, "data.id");
}

static const char *
make(void)
{
	return make_for(world.merchant, "\"*\"");
}

static const char *
path_of(const char *id, const char *verb)
{
	return textf(ENDPOINTS "/%s%s", id, verb);
}

/* What happens to a merchant's payment, as the gateway would tell it. */
struct happening {
	const char	*client;
	bool		 live;
	const char	*type;
	const char	*object;	/* JSON */
	int64_t		 ago;		/* milliseconds */
	char		 id[ID_SIZE];
	const char	*body;		/* its bytes */
};

static const struct fault *
write_happening(struct conn *c, void *arg)
{
	struct happening *h = arg;
	int64_t at = clock_now() - h->ago;
	struct outbox_event e = { .client_id = h->client, .api = "payments",
	    .livemode = h->live, .type = h->type, .partner_id =
	    strcmp(h->client, CLIENT) == 0 ? PARTNER : OTHER_PARTNER };

	id_make("evt_", at, e.id);
	h->body = textf("{\"id\":\"%s\",\"type\":\"%s\",\"created\":%" PRId64
	    ",\"livemode\":%s,\"data\":{\"object\":%s}}", e.id, h->type,
	    at / 1000, h->live ? "true" : "false", h->object);
	e.body = (struct slice){ h->body, strlen(h->body) };
	outbox_write(c, at, &e);
	memcpy(h->id, e.id, ID_SIZE);
	return NULL;
}

static struct happening
happen(const char *client, bool live, const char *type, int64_t ago)
{
	struct happening h = { .client = client, .live = live, .type = type,
	    .object = "{\"id\":\"pi_1\",\"metadata\":{\"a\":1.10,"
	    "\"note\":\"caf\\u00e9\"}}", .ago = ago };

	assert_null(db_txn(world.setup.db, write_happening, &h));
	return h;
}

static const char *
paid(void)
{
	return textf("%s", happen(CLIENT, false, "payment.succeeded", 0).id);
}

static int64_t
due_at(const char *endpoint)
{
	return db_int(textf("SELECT count(*) FROM delivery WHERE endpoint_id "
	    "= '%s' AND status = 'due'", endpoint));
}

/* What a sender would leave behind. */
static void
end_all(const char *endpoint)
{
	db_exec(textf("UPDATE delivery SET status = 'failed', attempts = 1 "
	    "WHERE endpoint_id = '%s'", endpoint));
}

/* -------------------------------------------------------------- endpoints */

static void
an_endpoint_is_made_with_a_secret_that_is_shown_once(void **state)
{
	struct answer *a = post(ENDPOINTS, "{\"url\":"
	    "\"http://127.0.0.1:9/in?x\",\"events\":[\"refund.failed\","
	    "\"payment.succeeded\",\"refund.failed\"],\"description\":"
	    "\"Orders\"}");
	const char *id = text_at(a, "data.id"), *secret;

	(void)state;
	assert_status(a, 201);
	assert_string_equal(keys_of(a->json), "success data");
	assert_string_equal(keys_of(member(a, "data")),
	    MEMBERS " signing_secret");
	assert_memory_equal(id, "we_", 3);
	assert_has(a, "\"object\":\"webhook_endpoint\",\"url\":"
	    "\"http://127.0.0.1:9/in?x\",\"events\":[\"payment.succeeded\","
	    "\"refund.failed\"],\"status\":\"enabled\",\"description\":"
	    "\"Orders\",\"livemode\":false,\"created_at\":\"20");
	secret = text_at(a, "data.signing_secret");
	assert_int_equal(strlen(secret), 50);
	assert_memory_equal(secret, "whsec_", 6);
	a = get(path_of(id, ""));
	assert_status(a, 200);
	assert_string_equal(keys_of(member(a, "data")), MEMBERS);
	assert_null(strstr(a->body, "whsec_"));
	assert_null(strstr(get(ENDPOINTS)->body, "whsec_"));
	assert_string_equal(db_text(textf("SELECT actor || ' ' || schedule "
	    "FROM audit_event, webhook_endpoint w WHERE action = "
	    "'webhook.created' AND subject = w.id AND w.id = '%s'", id)),
	    textf("merchant:%s payments", world.merchant_id));
}

static void
the_key_says_the_mode(void **state)
{
	const char *id = make_for(world.merchant_live, "\"*\"");
	struct answer *a = call(world.merchant_live, "GET", path_of(id, ""),
	    NULL);

	(void)state;
	assert_has(a, "\"livemode\":true,");
	assert_has(a, "\"description\":null,");
}

static void
a_retry_is_told_the_same_secret(void **state)
{
	const char *body = "{\"url\":\"http://127.0.0.1:9/\",\"events\":"
	    "[\"*\"]}";
	struct answer *one = ask_merchant(world.merchant, ENDPOINTS, "same",
	    body);
	struct answer *two = ask_merchant(world.merchant, ENDPOINTS, "same",
	    body);

	(void)state;
	assert_status(one, 201);
	assert_answer(two, 201, one->body);
	assert_int_equal(db_int(textf("SELECT count(*) FROM idempotency WHERE "
	    "answer LIKE '%%%s%%'", text_at(one, "data.signing_secret") +
	    6)), 0);
}

static void
wrong_values_are_named(void **state)
{
	static const char *const places[] = { "http://169.254.169.254/",
	    "http://10.0.0.1/", "ftp://127.0.0.1:9/", "http://a@127.0.0.1:9/",
	    "nonsense" };

	(void)state;
	assert_refused_field(post(ENDPOINTS, "{}"), FIELD_MISSING, "url");
	assert_refused_field(post(ENDPOINTS, "{\"url\":"
	    "\"http://127.0.0.1:9/\"}"), FIELD_MISSING, "events");
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		assert_refused_field(post(ENDPOINTS, textf("{\"url\":\"%s\","
		    "\"events\":[\"*\"]}", places[i])), FIELD_WRONG, "url");
	static const char *const events[] = { "\"*\"", "[]", "[\"payment.*\"]",
	    "[1]", "[\"transaction_failed\"]", "[\"webhook_test\"]",
	    "[\"endpoint_challenge\"]" };
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		assert_refused_field(post(ENDPOINTS, textf("{\"url\":"
		    "\"http://127.0.0.1:9/\",\"events\":%s}", events[i])),
		    FIELD_WRONG, "events");
	assert_refused_field(post(ENDPOINTS, "{\"url\":"
	    "\"http://127.0.0.1:9/\",\"events\":[\"*\"],\"description\":"
	    "\"<b>\"}"), FIELD_WRONG, "description");
	const char *id = make();
	assert_refused_field(patch(id, "{\"status\":\"unproven\"}"),
	    FIELD_WRONG, "status");
	assert_refused_field(patch(id, "{\"url\":\"http://10.0.0.1/\"}"),
	    FIELD_WRONG, "url");
	assert_refused_field(post(path_of(id, "/rotate-secret"),
	    "{\"overlap_s\":604801}"), FIELD_WRONG, "overlap_s");
	assert_refused_field(post(path_of(id, "/rotate-secret"),
	    "{\"overlap_s\":-1}"), FIELD_WRONG, "overlap_s");
}

static void
lists_are_newest_first_and_in_pages(void **state)
{
	const char *one = make(), *two = make(), *three = make();
	struct answer *a = get(ENDPOINTS "?limit=2");

	(void)state;
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), "success data has_more");
	assert_string_equal(text_at(a, "data.0.id"), three);
	assert_string_equal(text_at(a, "data.1.id"), two);
	assert_int_equal(size_at(a, "data"), 2);
	assert_has(a, "\"has_more\":true}");
	a = get(textf(ENDPOINTS "?limit=1&starting_after=%s", two));
	assert_string_equal(text_at(a, "data.0.id"), one);
	a = get(textf(ENDPOINTS "?limit=100&starting_after=%s", one));
	assert_null(strstr(a->body, two));
	assert_refused_field(get(ENDPOINTS "?starting_after=we_none"),
	    FIELD_WRONG, "starting_after");
	assert_refused_field(get(ENDPOINTS "?limit=101"), FIELD_WRONG,
	    "limit");
}

static void
an_endpoint_can_be_changed(void **state)
{
	const char *id = make();
	struct answer *a = patch(id, "{\"url\":\"http://127.0.0.1:9/other\","
	    "\"events\":[\"payment.failed\"],\"description\":\"New\"}");

	(void)state;
	assert_status(a, 200);
	assert_string_equal(keys_of(member(a, "data")), MEMBERS);
	assert_string_equal(text_at(a, "data.url"),
	    "http://127.0.0.1:9/other");
	assert_int_equal(size_at(a, "data.events"), 1);
	assert_string_equal(text_at(a, "data.description"), "New");
	paid();
	assert_int_equal(due_at(id), 0);
	/* What is not named stays. */
	a = patch(id, "{\"description\":null}");
	assert_true(null_at(a, "data.description"));
	assert_string_equal(text_at(a, "data.url"),
	    "http://127.0.0.1:9/other");
	assert_string_equal(text_at(a, "data.events.0"), "payment.failed");
	assert_answer(patch(id, "{}"), 200, a->body);
}

static void
an_endpoint_that_is_off_is_kept_what_it_misses(void **state)
{
	const char *id = make();
	struct answer *a = patch(id, "{\"status\":\"disabled\"}");

	(void)state;
	assert_status(a, 200);
	assert_string_equal(text_at(a, "data.status"), "disabled");
	assert_string_equal(text_at(a, "data.disabled_reason"), "manual");
	paid();
	assert_int_equal(due_at(id), 1);
	assert_answer(patch(id, "{\"status\":\"disabled\"}"), 200, a->body);
	a = patch(id, "{\"status\":\"enabled\"}");
	assert_string_equal(text_at(a, "data.status"), "enabled");
	assert_string_equal(keys_of(member(a, "data")), MEMBERS);
	assert_int_equal(due_at(id), 1);
}

/* Enabling is no way around the challenge, but asks for another one. */
static void
an_unproven_endpoint_is_challenged_again(void **state)
{
	const char *id = make();
	struct answer *a;

	(void)state;
	db_exec(textf("UPDATE webhook_endpoint SET status = 'unproven', "
	    "proven = 0 WHERE id = '%s'", id));
	a = patch(id, "{\"status\":\"enabled\"}");
	assert_string_equal(text_at(a, "data.status"), "unproven");
	assert_int_equal(due_at(id), 1);
	patch(id, "{\"status\":\"disabled\"}");
	a = patch(id, "{\"status\":\"enabled\"}");
	assert_string_equal(text_at(a, "data.status"), "unproven");
	/* A challenge is nobody's event. */
	const char *event = db_text(textf("SELECT event_id FROM delivery WHERE "
	    "endpoint_id = '%s' LIMIT 1", id));
	assert_refused(get(textf(EVENTS "/%s", event)), NOT_FOUND);
	assert_refused(post(textf(EVENTS "/%s/resend", event), "{}"),
	    NOT_FOUND);
	assert_null(strstr(get(EVENTS)->body, "endpoint_challenge"));
}

static void
an_endpoint_can_be_deleted(void **state)
{
	const char *id = make();
	struct answer *a = call(world.merchant, "DELETE", path_of(id, ""),
	    NULL);

	(void)state;
	assert_answer(a, 200, textf("{\"success\":true,\"data\":{\"id\":"
	    "\"%s\",\"object\":\"webhook_endpoint\",\"deleted\":true}}",
	    id));
	assert_refused(get(path_of(id, "")), NOT_FOUND);
	assert_refused(patch(id, "{\"status\":\"enabled\"}"), NOT_FOUND);
	assert_refused(call(world.merchant, "DELETE", path_of(id, ""), NULL),
	    NOT_FOUND);
	assert_null(strstr(get(ENDPOINTS)->body, id));
	paid();
	assert_int_equal(due_at(id), 0);
}

static const struct fault *
add_many(struct conn *c, void *arg)
{
	(void)arg;
	for (int i = 0; i < 100; i++) {
		char id[ID_SIZE];
		conn_run(c, SQL_ENDPOINT_INSERT, "tttttotttooiioit",
		    id_make("we_", clock_now(), id), OTHER_PARTNER, "many",
		    "http://127.0.0.1:9/", "payments", INT64_C(0), "active",
		    "custom", "", INT64_C(-1), INT64_C(-1), INT64_C(0),
		    INT64_C(0), INT64_C(-1), clock_now(), OTHER_CLIENT);
	}
	return NULL;
}

static void
a_merchant_has_a_hundred_endpoints_at_most(void **state)
{
	(void)state;
	assert_null(db_txn(world.setup.db, add_many, NULL));
	struct answer *a = call(world.merchant_other, "POST", ENDPOINTS,
	    "{\"url\":\"http://127.0.0.1:9/\",\"events\":[\"*\"]}");
	assert_status(a, 403);
	assert_has(a, "100 endpoints");
	db_exec("UPDATE webhook_endpoint SET status = 'deleted' WHERE name = "
	    "'many'");
	make_for(world.merchant_other, "\"*\"");
}

/* --------------------------------------------------------------- rotation */

/* The header of an attempt that would be made now. */
static const char *
soxara_signature(const char *id, int64_t now, const char *body)
{
	struct webhook_header lines[WEBHOOK_SIGN_HEADERS];
	struct webhook_signer signer;

	assert_true(webhook_signer_read(world.setup.conn, world.setup.vault,
	    id, false, now, world.arena, &signer));
	webhook_sign(&signer, "evt_1", now, (struct slice){ body,
	    strlen(body) }, world.arena, lines);
	webhook_signer_wipe(&signer);
	assert_string_equal(lines[1].name, "Soxara-Signature");
	return lines[1].value;
}

/* v1=... of one secret over it. */
static const char *
v1_of(const char *secret, int64_t now, const char *body)
{
	const char *seconds = textf("%" PRId64, now / 1000);
	const char *all = textf("%s.%s", seconds, body);
	char hex[SHA256_HEX_SIZE];

	sig_hmac_hex(secret, strlen(secret), all, strlen(all), hex);
	return textf(",v1=%s", hex);
}

static void
both_secrets_sign_while_one_is_replaced(void **state)
{
	struct answer *a = post(ENDPOINTS, "{\"url\":\"http://127.0.0.1:9/\","
	    "\"events\":[\"*\"]}");
	const char *id = text_at(a, "data.id"), *signature;
	const char *old = text_at(a, "data.signing_secret"), *new, *third;
	int64_t now = clock_now();

	(void)state;
	assert_string_equal(soxara_signature(id, now, "{}"), textf("t=%"
	    PRId64 "%s", now / 1000, v1_of(old, now, "{}")));
	a = post(path_of(id, "/rotate-secret"), "{\"overlap_s\":600}");
	assert_status(a, 200);
	assert_string_equal(keys_of(member(a, "data")),
	    MEMBERS " signing_secret");
	new = text_at(a, "data.signing_secret");
	assert_string_not_equal(new, old);
	signature = soxara_signature(id, now, "{}");
	assert_string_equal(signature, textf("t=%" PRId64 "%s%s", now / 1000,
	    v1_of(new, now, "{}"), v1_of(old, now, "{}")));
	/* Its time over, the new one signs alone. */
	now = clock_now() + 600 * 1000;
	assert_string_equal(soxara_signature(id, now, "{}"), textf("t=%"
	    PRId64 "%s", now / 1000, v1_of(new, now, "{}")));
	a = post(path_of(id, "/rotate-secret"), "{\"overlap_s\":0}");
	third = text_at(a, "data.signing_secret");
	now = clock_now();
	assert_string_equal(soxara_signature(id, now, "{}"), textf("t=%"
	    PRId64 "%s", now / 1000, v1_of(third, now, "{}")));
}

/* A day, where nothing is said; the body may be left out. */
static void
the_overlap_is_a_day_unless_said(void **state)
{
	const char *id = make();

	(void)state;
	assert_status(post(path_of(id, "/rotate-secret"), "{}"), 200);
	assert_int_equal(db_int(textf("SELECT expires_at BETWEEN %" PRId64
	    " AND %" PRId64 " FROM webhook_secret WHERE endpoint_id = '%s' "
	    "AND number = 1", clock_now() + DAY_MS - 60000, clock_now() +
	    DAY_MS, id)), 1);
	assert_status(ask(&(struct call){ .method = "POST", .path =
	    path_of(id, "/rotate-secret"), .lines = { textf("Authorization: "
	    "Bearer %s", world.merchant), "Content-Length: 0" } }), 200);
}

/* ------------------------------------------------------------------ events */

static void
a_test_event_goes_to_one_endpoint_whatever_it_hears(void **state)
{
	const char *id = make_for(world.merchant, "\"refund.failed\"");
	const char *other = make(), *event;

	(void)state;
	patch(id, "{\"status\":\"disabled\"}");
	struct answer *a = post(path_of(id, "/test"), "{}");
	assert_status(a, 202);
	assert_string_equal(keys_of(a->json), "success data deliveries");
	assert_string_equal(keys_of(member(a, "data")),
	    "id type created livemode data");
	assert_string_equal(text_at(a, "data.type"), "webhook_test");
	assert_string_equal(text_at(a, "data.data.object.object"), "payment");
	assert_int_equal(size_at(a, "deliveries"), 1);
	assert_string_equal(keys_of(member(a, "deliveries.0")),
	    DELIVERY_MEMBERS);
	assert_string_equal(text_at(a, "deliveries.0.endpoint"), id);
	assert_int_equal(due_at(id), 1);
	assert_int_equal(due_at(other), 0);
	event = text_at(a, "data.id");
	assert_answer(get(textf(EVENTS "/%s", event)), 200, a->body);
}

static void
an_event_is_shown_with_its_bytes_and_deliveries(void **state)
{
	const char *id = make();
	struct happening h = happen(CLIENT, false, "payment.succeeded", 0);
	struct answer *a = get(textf(EVENTS "/%s", h.id));
	const struct json *d;
	bool found = false;

	(void)state;
	assert_status(a, 200);
	assert_has(a, textf("{\"success\":true,\"data\":%s,\"deliveries\":[",
	    h.body));
	for_each(d, a, "deliveries")
		found |= strcmp(json_text(d, "endpoint"), id) == 0 &&
		    strcmp(json_text(d, "status"), "due") == 0 &&
		    json_text(d, "next_attempt_at") != NULL;
	assert_true(found);
	a = get(EVENTS "?limit=1");
	assert_answer(a, 200, textf("{\"success\":true,\"data\":[%s],"
	    "\"has_more\":true}", h.body));
}

static void
events_are_listed_by_type_and_in_pages(void **state)
{
	char ids[3][ID_SIZE];
	struct answer *a;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct happening h = happen(CLIENT, false, "refund.created",
		    0);
		memcpy(ids[i], h.id, ID_SIZE);
		paid();
	}
	a = get(EVENTS "?type=refund.created&limit=2");
	assert_int_equal(size_at(a, "data"), 2);
	assert_string_equal(text_at(a, "data.0.id"), ids[2]);
	assert_string_equal(text_at(a, "data.1.id"), ids[1]);
	assert_has(a, "\"has_more\":true}");
	a = get(textf(EVENTS "?type=refund.created&starting_after=%s",
	    ids[1]));
	assert_string_equal(text_at(a, "data.0.id"), ids[0]);
	assert_has(a, "\"has_more\":false}");
	assert_refused_field(get(EVENTS "?type=payment.lost"), FIELD_WRONG,
	    "type");
	assert_refused_field(get(EVENTS "?type=*"), FIELD_WRONG, "type");
	assert_refused_field(get(EVENTS "?starting_after=evt_none"),
	    FIELD_WRONG, "starting_after");
}

/* They stay on record, but the API has forgotten them. */
static void
events_are_shown_for_thirty_days(void **state)
{
	struct happening old = happen(CLIENT, false, "refund.succeeded",
	    30 * DAY_MS), young = happen(CLIENT, false, "refund.succeeded",
	    30 * DAY_MS - 60000);
	struct answer *a = get(EVENTS "?type=refund.succeeded&limit=100");

	(void)state;
	assert_non_null(strstr(a->body, young.id));
	assert_null(strstr(a->body, old.id));
	assert_status(get(textf(EVENTS "/%s", young.id)), 200);
	assert_refused(get(textf(EVENTS "/%s", old.id)), NOT_FOUND);
	assert_refused(post(textf(EVENTS "/%s/resend", old.id), "{}"),
	    NOT_FOUND);
	assert_refused_field(get(textf(EVENTS "?starting_after=%s", old.id)),
	    FIELD_WRONG, "starting_after");
	assert_int_equal(db_int(textf("SELECT count(*) FROM event WHERE id = "
	    "'%s'", old.id)), 1);
}

static void
an_event_is_sent_again_to_all_or_to_one(void **state)
{
	const char *one = make(), *deaf = make_for(world.merchant,
	    "\"refund.failed\""), *event = paid();
	const char *path = textf(EVENTS "/%s/resend", event);
	int64_t all = db_int(textf("SELECT count(*) FROM delivery WHERE "
	    "event_id = '%s'", event));

	(void)state;
	end_all(one);
	struct answer *a = post(path, textf("{\"endpoint\":\"%s\"}", one));
	assert_status(a, 202);
	assert_string_equal(keys_of(a->json), "success data deliveries");
	assert_string_equal(text_at(a, "data.id"), event);
	assert_int_equal(size_at(a, "deliveries"), 1);
	assert_string_equal(text_at(a, "deliveries.0.endpoint"), one);
	assert_string_equal(text_at(a, "deliveries.0.status"), "due");
	/* It is the same event: nothing new to deduplicate by. */
	assert_int_equal(db_int(textf("SELECT count(DISTINCT event_id) FROM "
	    "delivery WHERE endpoint_id = '%s'", one)), 1);
	/* What is on its way is not added again. */
	assert_status(post(path, textf("{\"endpoint\":\"%s\"}", one)), 200);
	assert_int_equal(due_at(one), 1);
	/* One that is not subscribed gets it where it is named. */
	assert_status(post(path, textf("{\"endpoint\":\"%s\"}", deaf)), 202);
	end_all(one);
	a = post(path, "{}");
	assert_status(a, 202);
	assert_int_equal(size_at(a, "deliveries"), all);
	assert_int_equal(due_at(one), 1);
	assert_string_equal(db_text(textf("SELECT actor FROM audit_event "
	    "WHERE action = 'webhook.resent' AND subject = '%s' LIMIT 1",
	    event)), textf("merchant:%s", world.merchant_id));
}

static void
nobody_to_send_to_is_said_so(void **state)
{
	struct happening h = happen(CLIENT, true, "refund.created", 0);
	const char *path = textf(EVENTS "/%s/resend", h.id);

	(void)state;
	db_exec("UPDATE webhook_endpoint SET status = 'deleted' WHERE "
	    "livemode = 1");
	assert_refused_field(call(world.merchant_live, "POST", path, "{}"),
	    FIELD_WRONG, "endpoint");
	assert_refused(call(world.merchant_live, "POST", path,
	    "{\"endpoint\":\"we_none\"}"), NOT_FOUND);
}

/* --------------------------------------------------------------- strangers */

/* Everything that can be asked of an endpoint and an event of another. */
static void
all_is_not_found(const char *key, const char *endpoint, const char *event)
{
	assert_refused(call(key, "GET", path_of(endpoint, ""), NULL),
	    NOT_FOUND);
	assert_refused(call(key, "PATCH", path_of(endpoint, ""),
	    "{\"status\":\"disabled\"}"), NOT_FOUND);
	assert_refused(call(key, "DELETE", path_of(endpoint, ""), NULL),
	    NOT_FOUND);
	assert_refused(call(key, "POST", path_of(endpoint, "/rotate-secret"),
	    "{}"), NOT_FOUND);
	assert_refused(call(key, "POST", path_of(endpoint, "/test"), "{}"),
	    NOT_FOUND);
	assert_refused_field(call(key, "GET", textf(ENDPOINTS
	    "?starting_after=%s", endpoint), NULL), FIELD_WRONG,
	    "starting_after");
	assert_refused(call(key, "GET", textf(EVENTS "/%s", event), NULL),
	    NOT_FOUND);
	assert_refused(call(key, "POST", textf(EVENTS "/%s/resend", event),
	    "{}"), NOT_FOUND);
	assert_refused_field(call(key, "GET", textf(EVENTS
	    "?starting_after=%s", event), NULL), FIELD_WRONG,
	    "starting_after");
	assert_null(strstr(call(key, "GET", ENDPOINTS "?limit=100",
	    NULL)->body, endpoint));
	assert_null(strstr(call(key, "GET", EVENTS "?limit=100", NULL)->body,
	    event));
}

static void
another_merchant_or_mode_finds_nothing(void **state)
{
	const char *id = make(), *event = paid();
	const char *live = make_for(world.merchant_live, "\"*\"");
	struct happening h = happen(CLIENT, true, "payment.succeeded", 0);

	(void)state;
	all_is_not_found(world.merchant_other, id, event);
	all_is_not_found(world.merchant_live, id, event);
	all_is_not_found(world.merchant, live, h.id);
	/* Its own event to another's endpoint. */
	const char *other = make_for(world.merchant_other, "\"*\"");
	assert_refused(post(textf(EVENTS "/%s/resend", event),
	    textf("{\"endpoint\":\"%s\"}", live)), NOT_FOUND);
	assert_refused(post(textf(EVENTS "/%s/resend", event),
	    textf("{\"endpoint\":\"%s\"}", other)), NOT_FOUND);
	assert_refused(post(textf(EVENTS "/%s/resend", event),
	    textf("{\"endpoint\":\"%s\"}", world.webhook)), NOT_FOUND);
	assert_refused(get(path_of(world.webhook, "")), NOT_FOUND);
	assert_int_equal(due_at(id), 1);
	assert_int_equal(due_at(live), 1);
	assert_int_equal(due_at(other), 0);
}

static struct answer *
partner_post(const struct apikey *key, const char *path)
{
	static int n;

	return ask_post(key, path, textf("merchant-hooks-%d", n++),
	    "{}");
}

/* The partner's own key, and one for every partner. */
static void
partners_do_not_see_what_is_a_merchants(void **state)
{
	const struct apikey *keys[] = { &world.partner, &world.platform };
	static const char *const verbs[] = { "", "/rotate", "/enable",
	    "/disable", "/delete", "/prove", "/test", "/replay" };
	const char *id = make(), *event = paid();
	const char *delivery = db_text(textf("SELECT id FROM delivery WHERE "
	    "endpoint_id = '%s'", id));

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		const struct apikey *key = keys[k];
		assert_fault(ask_get(key, textf(PARTNERS "/endpoints/%s",
		    id)), ENDPOINT_NOT_FOUND);
		for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
			assert_fault(partner_post(key, textf(PARTNERS
			    "/endpoints/%s%s", id, verbs[i])),
			    ENDPOINT_NOT_FOUND);
		assert_fault(ask_get(key, textf(PARTNERS "/deliveries/%s",
		    delivery)), DELIVERY_NOT_FOUND);
		assert_fault(partner_post(key, textf(PARTNERS
		    "/deliveries/%s/resend", delivery)), DELIVERY_NOT_FOUND);
		assert_fault(ask_get(key, textf(PARTNERS "/events/%s",
		    event)), EVENT_NOT_FOUND);
		assert_fault(partner_post(key, textf(PARTNERS
		    "/events/%s/resend", event)), EVENT_NOT_FOUND);
		assert_fault(ask_get(key, textf(PARTNERS "/listen/%s", id)),
		    ENDPOINT_NOT_FOUND);
		assert_null(strstr(ask_get(key, PARTNERS
		    "/endpoints?limit=500")->body, id));
		assert_null(strstr(ask_get(key, PARTNERS
		    "/deliveries?limit=500")->body, id));
		assert_null(strstr(ask_get(key, textf(PARTNERS
		    "/deliveries?endpoint=%s", id))->body, delivery));
		assert_null(strstr(ask_get(key, PARTNERS
		    "/events?limit=500")->body, event));
	}
}

static void
operators_see_whose_an_endpoint_is(void **state)
{
	const char *token = admin_token(), *id = make(), *event = paid();
	const char *base = ADMIN "/webhooks";
	struct answer *a = ask_admin(token, textf("%s/endpoints/%s", base,
	    id), NULL);

	(void)state;
	assert_status(a, 200);
	assert_string_equal(text_at(a, "endpoint.client_id"), CLIENT);
	assert_string_equal(text_at(a, "endpoint.api"), "payments");
	assert_has(a, "\"livemode\":false,");
	assert_has(ask_admin(token, textf("%s/endpoints?limit=500", base),
	    NULL), id);
	assert_has(ask_admin(token, textf("%s/events?limit=500&partner_id="
	    PARTNER, base), NULL), event);
	assert_has(ask_admin(token, textf("%s/deliveries?endpoint=%s", base,
	    id), NULL), "\"client_id\":\"" CLIENT "\"");
	a = ask_admin(token, textf("%s/endpoints/%s", base, id),
	    "{\"rate_limit\":5,\"events\":[\"all\"]}");
	assert_status(a, 200);
	assert_string_equal(text_at(a, "events.0"), "*");
	a = ask_admin(token, textf("%s/endpoints/%s", base, id),
	    "{\"events\":[\"transaction_failed\"]}");
	assert_status(a, 400);
}

/* ------------------------------------------------------------------ rights */

static const struct fault *
issue(struct conn *c, void *arg)
{
	const char **a = arg;
	char id[ID_SIZE], key[MERCHANT_KEY_SIZE];

	assert_null(merchant_key_add(c, PARTNER, CLIENT, false, "narrow",
	    a[0], clock_now(), "cli:test", id, key));
	a[1] = arena_strdup(world.arena, key);
	return NULL;
}

static const char *
key_for(const char *scopes)
{
	const char *a[2] = { scopes, NULL };

	assert_null(db_txn(world.setup.db, issue, a));
	return a[1];
}

static void
each_action_needs_its_scope(void **state)
{
	const char *id = make(), *event = paid();
	const char *reads = key_for("webhooks:read,events:read"),
	    *writes = key_for("webhooks:write,events:write");
	const char *body = "{\"url\":\"http://127.0.0.1:9/\",\"events\":"
	    "[\"*\"]}";

	(void)state;
	assert_status(call(reads, "GET", ENDPOINTS, NULL), 200);
	assert_status(call(reads, "GET", path_of(id, ""), NULL), 200);
	assert_status(call(reads, "GET", EVENTS, NULL), 200);
	assert_status(call(reads, "GET", textf(EVENTS "/%s", event), NULL),
	    200);
	assert_refused(call(writes, "GET", ENDPOINTS, NULL), SCOPE_MISSING);
	assert_refused(call(writes, "GET", path_of(id, ""), NULL),
	    SCOPE_MISSING);
	assert_refused(call(writes, "GET", EVENTS, NULL), SCOPE_MISSING);
	assert_refused(call(writes, "GET", textf(EVENTS "/%s", event), NULL),
	    SCOPE_MISSING);
	assert_refused(call(reads, "POST", ENDPOINTS, body), SCOPE_MISSING);
	assert_refused(call(reads, "PATCH", path_of(id, ""), "{}"),
	    SCOPE_MISSING);
	assert_refused(call(reads, "DELETE", path_of(id, ""), NULL),
	    SCOPE_MISSING);
	assert_refused(call(reads, "POST", path_of(id, "/rotate-secret"),
	    "{}"), SCOPE_MISSING);
	assert_refused(call(reads, "POST", path_of(id, "/test"), "{}"),
	    SCOPE_MISSING);
	assert_refused(call(reads, "POST", textf(EVENTS "/%s/resend", event),
	    "{}"), SCOPE_MISSING);
	assert_status(call(writes, "POST", ENDPOINTS, body), 201);
	/* To the one that was made since. */
	assert_status(call(writes, "POST", textf(EVENTS "/%s/resend", event),
	    "{}"), 202);
	assert_refused(ask(&(struct call){ .path = ENDPOINTS }),
	    UNAUTHORIZED);
	assert_refused(ask(&(struct call){ .path = EVENTS }), UNAUTHORIZED);
}

static const struct CMUnitTest tests[] = {
	CASE(an_endpoint_is_made_with_a_secret_that_is_shown_once),
	CASE(the_key_says_the_mode),
	CASE(a_retry_is_told_the_same_secret),
	CASE(wrong_values_are_named),
	CASE(lists_are_newest_first_and_in_pages),
	CASE(an_endpoint_can_be_changed),
	CASE(an_endpoint_that_is_off_is_kept_what_it_misses),
	CASE(an_unproven_endpoint_is_challenged_again),
	CASE(an_endpoint_can_be_deleted),
	CASE(a_merchant_has_a_hundred_endpoints_at_most),
	CASE(both_secrets_sign_while_one_is_replaced),
	CASE(the_overlap_is_a_day_unless_said),
	CASE(a_test_event_goes_to_one_endpoint_whatever_it_hears),
	CASE(an_event_is_shown_with_its_bytes_and_deliveries),
	CASE(events_are_listed_by_type_and_in_pages),
	CASE(events_are_shown_for_thirty_days),
	CASE(an_event_is_sent_again_to_all_or_to_one),
	CASE(nobody_to_send_to_is_said_so),
	CASE(another_merchant_or_mode_finds_nothing),
	CASE(partners_do_not_see_what_is_a_merchants),
	CASE(operators_see_whose_an_endpoint_is),
	CASE(each_action_needs_its_scope),
};

static const struct world_options options = { .with_operator = true };

ENDPOINT_MAIN("merchant-webhooks", tests, &options)
