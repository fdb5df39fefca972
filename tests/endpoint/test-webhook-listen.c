/* SPDX-License-Identifier: ISC */
/*
 * test-webhook-listen.c - listeners fetch their deliveries, report on them,
 * and are endpoints like any other.
 */
#include "harness.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"
#include "shared.h"
#include "sig.h"
#include "webhook.h"

#define LISTEN "/api/v1/webhooks/listen"
#define BASE "/api/v1/webhooks"

static const char *
fresh_key(void)
{
	static int n;

	return textf("listen-%d", n++);
}

static const char *
fresh_reference(void)
{
	static int n;

	return textf("listen_%d", n++);
}

static struct answer *
post(const char *path, const char *body)
{
	return ask_post(&world.partner, path, fresh_key(), body);
}

/* A new listener for all events; its id. */
static const char *
listener(void)
{
	struct answer *a = post(LISTEN, "{\"events\":[\"all\"],\"secret\":"
	    "\"0123456789abcdef\"}");

	assert_status(a, 201);
	return text_at(a, "id");
}

static struct answer *
fetch(const char *id)
{
	struct answer *a = ask_get(&world.partner, textf(LISTEN "/%s", id));

	assert_status(a, 200);
	return a;
}

static struct answer *
report(const char *id, const char *delivery, const char *body)
{
	return post(textf(LISTEN "/%s/%s", id, delivery), body);
}

static const char *
pay(void)
{
	const char *reference = fresh_reference();
	const char *tx = tx_attached(reference);

	assert_status(stripe_succeed(reference), 200);
	return tx;
}

/* A listener that was given one delivery; the answer has it. */
static struct answer *
given(const char **id)
{
	*id = listener();
	pay();
	struct answer *a = fetch(*id);
	assert_int_equal(size_at(a, "items"), 1);
	return a;
}

/* The value of a header of the first request. */
static const char *
header(const struct answer *a, const char *name)
{
	const struct json *pair;

	for_each(pair, a, "items.0.headers")
		if (strcmp(pair->child->text, name) == 0)
			return pair->child->next->text;
	return "";
}

static void
begins_as_an_endpoint_without_a_url(void **state)
{
	struct answer *a = post(LISTEN, "{\"events\":[\"all\"],\"name\":"
	    "\"my laptop\"}");

	(void)state;
	assert_status(a, 201);
	assert_true(null_at(a, "url"));
	assert_string_equal(text_at(a, "name"), "my laptop");
	assert_string_equal(text_at(a, "pauses"), "none");
	assert_string_equal(text_at(a, "partner_id"), PARTNER);
	assert_memory_equal(text_at(a, "secret"), "whsec_", 6);
	assert_false(null_at(a, "seen_at"));
	struct answer *list = ask_get(&world.partner, BASE "/endpoints");
	assert_has(list, text_at(a, "id"));
	assert_has(fetch(text_at(a, "id")),
	    "{\"status\":\"active\",\"items\":[]}");
}

static void
gives_out_the_request_as_it_would_be_sent(void **state)
{
	const char *id = listener();
	const char *tx = pay();
	struct answer *a = fetch(id);
	char mac[SHA256_HEX_SIZE];

	(void)state;
	assert_int_equal(size_at(a, "items"), 1);
	assert_string_equal(keys_of(member(a, "items.0")), "delivery_id "
	    "event_id event_type attempt lease headers body");
	assert_string_equal(text_at(a, "items.0.event_type"),
	    "transaction_succeeded");
	const char *body = text_at(a, "items.0.body");
	assert_string_equal(body, db_text(textf("SELECT CAST(body AS TEXT) "
	    "FROM event WHERE clive_tx_id = '%s'", tx)));
	sig_hmac_hex("0123456789abcdef", 16, body, strlen(body), mac);
	assert_string_equal(header(a, "X-Clive-Signature"), mac);
	assert_string_equal(header(a, "Content-Type"), "application/json");
	assert_string_equal(header(a, "webhook-id"),
	    text_at(a, "items.0.event_id"));
	assert_int_equal(strlen(header(a, "webhook-timestamp")), 10);
	/* It is in its hands now, and not given out again. */
	assert_int_equal(size_at(fetch(id), "items"), 0);
}

static void
what_it_reports_is_an_attempt(void **state)
{
	const char *id, *d;
	struct answer *a = given(&id);
	const char *signature = header(a, "X-Clive-Signature");
	const char *stamp = header(a, "webhook-timestamp");

	(void)state;
	d = text_at(a, "items.0.delivery_id");
	a = report(id, d, "{\"status\":204,\"duration_ms\":12,\"head\":"
	    "\"HTTP/1.1 204\",\"body\":\"fine\",\"length\":9000,\"url\":"
	    "\"http://localhost:3000/hook?a=b\"}");
	assert_status(a, 200);
	assert_string_equal(text_at(a, "delivery.status"), "delivered");
	assert_has(a, "\"attempts\":1,");
	a = ask_get(&world.partner, textf(BASE "/deliveries/%s", d));
	assert_has(a, "\"duration_ms\":12,");
	assert_has(a, "\"response_status\":204,\"response_head\":\"HTTP/1.1 "
	    "204\",\"response_body\":\"fine\",\"response_length\":9000,"
	    "\"error\":null");
	const char *head = text_at(a, "attempts.0.request_head");
	assert_memory_equal(head, "POST /hook?a=b HTTP/1.1\r\nHost: "
	    "localhost:3000\r\nContent-Type: application/json\r\n", 76);
	assert_non_null(strstr(head, textf("X-Clive-Signature: %s\r\n",
	    signature)));
	assert_non_null(strstr(head, textf("webhook-timestamp: %s\r\n",
	    stamp)));
	assert_has(a, "curl -g -i -X POST 'http://localhost:3000/hook?a=b' ");
	assert_string_equal(db_text(textf("SELECT action || ' ' || actor "
	    "FROM audit_event WHERE detail LIKE '%%%s%%'", d)),
	    textf("webhook.delivered key:%s", world.partner.id));
	assert_string_equal(text_at(ask_get(&world.partner,
	    textf(BASE "/endpoints/%s", id)), "endpoint.last_success_at"),
	    db_text(textf("SELECT strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', "
	    "updated_at / 1000.0, 'unixepoch') FROM delivery WHERE id = "
	    "'%s'", d)));
}

static void
what_fails_is_resent_by_hand_and_comes_again(void **state)
{
	const char *id;
	struct answer *a = given(&id);
	const char *d = text_at(a, "items.0.delivery_id");
	const char *e = text_at(a, "items.0.event_id");

	(void)state;
	a = report(id, d, "{\"status\":500}");
	assert_string_equal(text_at(a, "delivery.status"), "failed");
	assert_has(a, "\"last_status\":500,\"last_error\":null");
	assert_int_equal(size_at(fetch(id), "items"), 0);
	assert_status(post(textf(BASE "/deliveries/%s/resend", d), "{}"),
	    201);
	a = fetch(id);
	assert_int_equal(size_at(a, "items"), 1);
	assert_string_equal(text_at(a, "items.0.event_id"), e);
	d = text_at(a, "items.0.delivery_id");
	a = report(id, d, "{\"error\":\"connection refused\"}");
	assert_string_equal(text_at(a, "delivery.status"), "failed");
	assert_has(a, "\"last_status\":null,\"last_error\":\"connection "
	    "refused\"");
}

/* What the partner has resent to its server is seen here as well. */
static void
resends_of_other_endpoints_reach_it(void **state)
{
	const char *id, *d;
	struct answer *a = given(&id);
	const char *e = text_at(a, "items.0.event_id");

	(void)state;
	report(id, text_at(a, "items.0.delivery_id"), "{\"status\":200}");
	d = db_text(textf("SELECT id FROM delivery WHERE event_id = '%s' AND "
	    "endpoint_id = '%s'", e, world.webhook));
	assert_status(post(textf(BASE "/deliveries/%s/resend", d), "{}"),
	    201);
	a = fetch(id);
	assert_int_equal(size_at(a, "items"), 1);
	assert_string_equal(text_at(a, "items.0.event_id"), e);
}

static void
tests_reach_it_and_challenges_do_not(void **state)
{
	const char *id = listener();

	(void)state;
	assert_status(post(textf(BASE "/endpoints/%s/test", id), "{}"), 201);
	assert_string_equal(text_at(fetch(id), "items.0.event_type"),
	    "webhook_test");
	assert_status(post(textf(BASE "/endpoints/%s/prove", id), "{}"), 400);
	assert_status(post(textf(BASE "/endpoints/%s", id), "{\"url\":"
	    "\"http://127.0.0.1:9/\"}"), 400);
}

static void
a_lost_lease_is_said_so(void **state)
{
	const char *id;
	struct answer *a = given(&id);
	const char *d = text_at(a, "items.0.delivery_id");
	const char *body = "{\"status\":200}";

	(void)state;
	/* Another key of the same reach did not fetch it. */
	assert_fault(ask_post(&world.platform, textf(LISTEN "/%s/%s", id, d),
	    fresh_key(), body), LEASE_LOST);
	assert_fault(report(id, "dlv_none", body), DELIVERY_NOT_FOUND);
	assert_fault(report(listener(), d, body), DELIVERY_NOT_FOUND);
	assert_fault(report("we_none", d, body), ENDPOINT_NOT_FOUND);
	/* Its time is over, but nobody else has it: the report counts. */
	db_exec(textf("UPDATE delivery SET lease_until = 1 WHERE id = '%s'",
	    d));
	assert_status(report(id, d, body), 200);
	assert_fault(report(id, d, body), LEASE_LOST);
	assert_int_equal(db_int(textf("SELECT count(*) FROM attempt WHERE "
	    "delivery_id = '%s'", d)), 1);
}

static void
what_nobody_reported_on_is_given_out_again(void **state)
{
	const char *id;
	struct answer *a = given(&id);
	const char *d = text_at(a, "items.0.delivery_id");

	(void)state;
	db_exec(textf("UPDATE delivery SET lease_until = 1 WHERE id = '%s'",
	    d));
	assert_string_equal(text_at(fetch(id), "items.0.delivery_id"), d);
}

/* Which lease a fetched delivery is under. */
static int64_t
lease_of(const struct answer *a)
{
	int64_t lease = 0;

	assert_true(json_int(member(a, "items.0"), "lease", &lease));
	return lease;
}

/* The same key twice, of which one was late: the other's word counts. */
static void
a_late_client_does_not_speak_for_another(void **state)
{
	const char *id;
	struct answer *a = given(&id);
	const char *d = text_at(a, "items.0.delivery_id");
	int64_t first = lease_of(a), second;

	(void)state;
	db_exec(textf("UPDATE delivery SET lease_until = 1 WHERE id = '%s'",
	    d));
	a = fetch(id);
	assert_string_equal(text_at(a, "items.0.delivery_id"), d);
	second = lease_of(a);
	assert_true(second > first);
	assert_fault(report(id, d, textf("{\"status\":500,\"lease\":%"
	    PRId64 "}", first)), LEASE_LOST);
	a = report(id, d, textf("{\"status\":999,\"lease\":%" PRId64 "}",
	    second));
	assert_status(a, 200);
	assert_has(a, "\"last_status\":999,");
}

static void
only_listeners_of_ones_own_are_there(void **state)
{
	const char *id = listener();

	(void)state;
	assert_fault(ask_get(&world.other, textf(LISTEN "/%s", id)),
	    ENDPOINT_NOT_FOUND);
	assert_fault(ask_post(&world.other, textf(LISTEN "/%s/dlv_1", id),
	    fresh_key(), "{\"status\":200}"), ENDPOINT_NOT_FOUND);
	assert_fault(ask_get(&world.partner, textf(LISTEN "/%s",
	    world.webhook)), ENDPOINT_NOT_FOUND);
	assert_fault(ask_get(NULL, textf(LISTEN "/%s", id)),
	    API_KEY_MISSING);
	assert_fault(ask(&(struct call){ .path = LISTEN, .body = "{}",
	    .key = &world.partner }), HMAC_MISSING);
	assert_fault(ask_get(&world.partner, LISTEN), METHOD);
	assert_fault(ask_get(&world.partner, textf(LISTEN "/%s/x", id)),
	    METHOD);
}

static void
bad_fields_are_named(void **state)
{
	const char *id;
	struct answer *a = given(&id);
	const char *d = text_at(a, "items.0.delivery_id");

	(void)state;
	assert_invalid(post(LISTEN, "{}"), "{\"fieldErrors\":{\"events\":["
	    "\"Required\"]},\"formErrors\":[]}");
	assert_status(post(LISTEN, "{\"events\":[\"lost\"]}"), 400);
	assert_status(ask_get(&world.partner, textf(LISTEN "/%s?wait=26",
	    id)), 400);
	assert_invalid(report(id, d, "{}"), "{\"fieldErrors\":{\"status\":["
	    "\"Either status or error is needed\"]},\"formErrors\":[]}");
	assert_status(report(id, d, "{\"status\":99}"), 400);
	assert_status(report(id, d, "{\"status\":200,\"url\":\"x\"}"), 400);
}

static void
one_that_is_off_or_gone_gets_nothing(void **state)
{
	const char *id = listener(), *gone = listener();

	(void)state;
	assert_status(post(textf(BASE "/endpoints/%s/disable", id), "{}"),
	    200);
	db_exec(textf("UPDATE webhook_endpoint SET seen_at = %" PRId64
	    " WHERE id = '%s'", clock_now() - WEBHOOK_LISTENER_MS, gone));
	pay();
	assert_answer(fetch(id), 200, "{\"status\":\"disabled\",\"items\":"
	    "[]}");
	/* Kept for the one, missed by the other, which is back now. */
	assert_status(post(textf(BASE "/endpoints/%s/enable", id), "{}"),
	    200);
	assert_int_equal(size_at(fetch(id), "items"), 1);
	assert_int_equal(size_at(fetch(gone), "items"), 0);
	pay();
	assert_int_equal(size_at(fetch(gone), "items"), 1);
}

static void
there_are_not_too_many(void **state)
{
	struct answer *a = NULL;
	int n = 0;

	(void)state;
	for (; n < 25; n++) {
		a = ask_post(&world.other, LISTEN, fresh_key(),
		    "{\"events\":[\"all\"]}");
		if (a->status != 201)
			break;
	}
	assert_int_equal(n, 20);
	assert_invalid(a, "{\"fieldErrors\":{},\"formErrors\":[\"there are 20 "
	    "listeners already\"]}");
}

/* Waits in a child; when it was answered, and how many it was given. */
struct waiting {
	pid_t	pid;
	int64_t	took;
	int	status, items;
};

static struct waiting *
wait_in_children(const char *id, int n, int seconds)
{
	struct waiting *all = mmap(NULL, (size_t)n * sizeof(*all),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(all != MAP_FAILED);
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();
		assert_true(pid != -1);
		if (pid != 0) {
			all[i].pid = pid;
			continue;
		}
		alarm(30);
		ask_anew();
		int64_t began = clock_monotonic();
		struct answer *a = ask_get(&world.partner,
		    textf(LISTEN "/%s?wait=%d", id, seconds));
		all[i].status = a->status;
		all[i].items = size_at(a, "items");
		all[i].took = clock_monotonic() - began;
		_exit(0);
	}
	return all;
}

static void
join(struct waiting *all, int n)
{
	for (int i = 0; i < n; i++)
		waitpid(all[i].pid, NULL, 0);
}

static void
waits_until_there_is_something(void **state)
{
	const char *id = listener();
	struct waiting *w = wait_in_children(id, 1, 20);

	(void)state;
	usleep(200 * 1000);
	int64_t paid = clock_monotonic();
	pay();
	join(w, 1);
	assert_int_equal(w->status, 200);
	assert_int_equal(w->items, 1);
	assert_true(clock_monotonic() - paid < 3000);
}

static void
hears_at_once_that_it_was_switched_off(void **state)
{
	const char *id = listener();
	struct waiting *w = wait_in_children(id, 1, 20);

	(void)state;
	usleep(200 * 1000);
	int64_t off = clock_monotonic();
	assert_status(post(textf(BASE "/endpoints/%s/disable", id), "{}"),
	    200);
	pay();
	join(w, 1);
	assert_int_equal(w->status, 200);
	assert_int_equal(w->items, 0);
	assert_true(clock_monotonic() - off < 3000);
}

static void
tries_again_where_a_schedule_says_so(void **state)
{
	struct answer *a = post(LISTEN, "{\"events\":[\"all\"],"
	    "\"schedule\":\"5s,2h\"}");

	(void)state;
	assert_status(a, 201);
	assert_string_equal(text_at(a, "pauses"), "5s,2h");
	assert_status(post(LISTEN, "{\"events\":[\"all\"],"
	    "\"schedule\":\"often\"}"), 400);
}

static void
waits_no_longer_than_it_was_told(void **state)
{
	const char *id = listener();
	int64_t began = clock_monotonic();

	(void)state;
	assert_answer(ask_get(&world.partner, textf(LISTEN "/%s?wait=1",
	    id)), 200, "{\"status\":\"active\",\"items\":[]}");
	int64_t took = clock_monotonic() - began;
	assert_true(took >= 1000 && took < 3000);
}

/* So that somebody is left to take reports; plain CGI has always somebody. */
static void
few_wait_at_a_time(void **state)
{
	enum { MANY = 6 };
	const char *mode = world.mode;
	struct waiting *all = wait_in_children(listener(), MANY, 1);
	int waited = 0;

	(void)state;
	join(all, MANY);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(all[i].status, 200);
		waited += all[i].took >= 1000;
	}
	/* mod_fcgid has callers wait a second while it starts a program. */
	if (strcmp(mode, "fcgid") != 0)
		assert_int_equal(waited, strcmp(mode, "cgi") == 0 ? MANY : 4);
}

static const struct CMUnitTest tests[] = {
	CASE(begins_as_an_endpoint_without_a_url),
	CASE(gives_out_the_request_as_it_would_be_sent),
	CASE(what_it_reports_is_an_attempt),
	CASE(what_fails_is_resent_by_hand_and_comes_again),
	CASE(resends_of_other_endpoints_reach_it),
	CASE(tests_reach_it_and_challenges_do_not),
	CASE(a_lost_lease_is_said_so),
	CASE(what_nobody_reported_on_is_given_out_again),
	CASE(a_late_client_does_not_speak_for_another),
	CASE(only_listeners_of_ones_own_are_there),
	CASE(bad_fields_are_named),
	CASE(one_that_is_off_or_gone_gets_nothing),
	CASE(there_are_not_too_many),
	CASE(waits_until_there_is_something),
	CASE(hears_at_once_that_it_was_switched_off),
	CASE(tries_again_where_a_schedule_says_so),
	CASE(waits_no_longer_than_it_was_told),
	CASE(few_wait_at_a_time),
};

ENDPOINT_MAIN("webhook-listen", tests, NULL)
