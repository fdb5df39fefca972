/* SPDX-License-Identifier: ISC */
/* test-webhook.c - which endpoints are taken, and what is kept of them. */
#include "webhook.h"

#include <string.h>

#include "fixture.h"
#include "sig.h"

static const char *const all_events[] = { "transaction_succeeded",
    "transaction_failed", "transaction_abandoned", "transaction_refunded",
    "transaction_chargeback", NULL };

/* A good endpoint, for cases to spoil. */
static struct webhook
good(void)
{
	struct webhook w = { .partner_id = "ECHEZONA001", .name = "A hook",
	    .url = "https://hook.example/clive",
	    .secret = "0123456789abcdef", .events = all_events,
	    .max_attempts = WEBHOOK_ATTEMPTS };

	return w;
}

static const char *
add(struct webhook *w)
{
	return webhook_add(fx.conn, fx.vault, false, w, fixture_now,
	    "cli:test");
}

/* The row of an endpoint; the caller ends it. */
static struct rows *
row_of(const char *id)
{
	struct rows *r = conn_rows(fx.conn, SQL_ENDPOINT_FIND, "t", id);

	assert_true(row_next(r));
	return r;
}

static const char *
secret_of(const char *id)
{
	struct rows *r = row_of(id);
	const char *secret = webhook_secret(fx.vault, id, row_bytes(r, 4),
	    fx.arena);

	row_done(r);
	return secret;
}

static void
a_good_endpoint_is_kept_with_its_events(void **state)
{
	struct webhook w = good();

	(void)state;
	assert_null(add(&w));
	assert_memory_equal(w.id, "we_", 3);
	struct rows *r = row_of(w.id);
	assert_string_equal(row_text(r, 1), "ECHEZONA001");
	assert_string_equal(row_text(r, 2), "A hook");
	assert_string_equal(row_text(r, 3), "https://hook.example/clive");
	assert_string_equal(row_text(r, 5), "active");
	assert_int_equal(row_int(r, 6), 3);
	assert_int_equal(row_int(r, 7), fixture_now);
	row_done(r);
	assert_int_equal(fixture_rows(SQL_ENDPOINT_EVENTS, w.id), 5);
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT, w.id), 1);
}

static void
an_event_named_twice_counts_once(void **state)
{
	static const char *const twice[] = { "transaction_failed",
	    "transaction_failed", NULL };
	struct webhook w = good();

	(void)state;
	w.events = twice;
	assert_null(add(&w));
	assert_int_equal(fixture_rows(SQL_ENDPOINT_EVENTS, w.id), 1);
}

static void
secrets_are_sealed_for_their_endpoint(void **state)
{
	struct webhook one = good(), two = good();

	(void)state;
	two.secret = "another secret of this partner";
	assert_null(add(&one));
	assert_null(add(&two));
	assert_string_equal(secret_of(one.id), one.secret);
	assert_string_equal(secret_of(two.id), two.secret);
	struct rows *r = row_of(one.id);
	struct slice sealed = row_bytes(r, 4);
	assert_null(memmem(sealed.p, sealed.n, one.secret,
	    strlen(one.secret)));
	/* In another row it does not open. */
	assert_null(webhook_secret(fx.vault, two.id, sealed, fx.arena));
	assert_null(webhook_secret(fx.vault, one.id,
	    (struct slice){ sealed.p, sealed.n - 1 }, fx.arena));
	row_done(r);
}

static void
assert_refused(struct webhook *w, const char *part)
{
	const char *why = add(w);

	if (why == NULL)
		fail_msg("accepted: %s", part);
	if (strstr(why, part) == NULL)
		fail_msg("%s: %s", part, why);
	assert_null(conn_failed(fx.conn));
	assert_int_equal(fixture_rows(SQL_ENDPOINTS, ""), 0);
}

static void
unknown_partners_and_events_are_refused(void **state)
{
	static const char *const none[] = { NULL };
	static const char *const wrong[] = { "transaction_succeeded",
	    "transaction_pending", NULL };
	struct webhook w = good();

	(void)state;
	w.partner_id = "NOBODY";
	assert_refused(&w, "no such partner");
	w = good();
	w.events = none;
	assert_refused(&w, "at least one event");
	w.events = wrong;
	assert_refused(&w, "no such event type");
}

static void
lengths_and_counts_have_limits(void **state)
{
	char text[300];
	struct webhook w = good();

	(void)state;
	memset(text, 'x', sizeof(text));
	w.name = "";
	assert_refused(&w, "1 to 100 characters");
	text[101] = '\0';
	w.name = text;
	assert_refused(&w, "1 to 100 characters");
	w = good();
	w.secret = "fifteen letters";
	assert_refused(&w, "16 to 200 characters");
	text[101] = 'x';
	text[201] = '\0';
	w.secret = text;
	assert_refused(&w, "16 to 200 characters");
	w = good();
	w.max_attempts = 0;
	assert_refused(&w, "1 to 50 attempts");
	w.max_attempts = 51;
	assert_refused(&w, "1 to 50 attempts");
	/* The limits themselves are fine. */
	w.max_attempts = 50;
	text[200] = '\0';
	w.secret = text;
	w.name = text + 100;
	assert_null(add(&w));
	assert_string_equal(secret_of(w.id), text);
}

static void
urls_are_checked_for_their_mode(void **state)
{
	static const struct {
		const char	*url;
		bool		 sandbox, live;
	} table[] = {
		{ "https://hook.example/", true, true },
		{ "https://hook.example:8443/a?b=c", true, true },
		{ "https://8.8.8.8/", true, true },
		{ "http://hook.example/", true, false },
		{ "http://127.0.0.1:9000/", true, false },
		{ "https://127.0.0.1/", true, false },
		{ "https://[::1]/", true, false },
		{ "https://2130706433/", true, false },
		{ "https://0x7f000001/", true, false },
		{ "https://10.0.0.1/", false, false },
		{ "https://192.168.1.1/", false, false },
		{ "https://172.16.0.1/", false, false },
		{ "https://169.254.169.254/latest/", false, false },
		{ "https://[fe80::1]/", false, false },
		{ "https://[::ffff:10.0.0.1]/", false, false },
		{ "https://0.0.0.0/", false, false },
		{ "https://user@hook.example/", false, false },
		{ "https://user:word@hook.example/", false, false },
		{ "https://", false, false },
		{ "https:///path", false, false },
		{ "ftp://hook.example/", false, false },
		{ "hook.example", false, false },
		{ "", false, false },
		{ "https://hook.example/a b", false, false },
		{ "https://hook.example/\r\nX: y", false, false },
		{ "javascript:alert(1)", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if ((webhook_check_url(table[i].url, false) == NULL) !=
		    table[i].sandbox ||
		    (webhook_check_url(table[i].url, true) == NULL) !=
		    table[i].live)
			fail_msg("%s", table[i].url);
}

static void
urls_have_a_longest_length(void **state)
{
	char url[2002] = "https://hook.example/";

	(void)state;
	memset(url + 21, 'x', sizeof(url) - 21);
	url[2000] = '\0';
	assert_null(webhook_check_url(url, true));
	url[2000] = 'x';
	url[2001] = '\0';
	assert_non_null(webhook_check_url(url, true));
	struct webhook w = good();
	w.url = url;
	assert_refused(&w, "at most 2000 characters");
}

static void
a_new_secret_replaces_the_old(void **state)
{
	struct webhook w = good();

	(void)state;
	assert_null(add(&w));
	assert_null(webhook_rotate(fx.conn, fx.vault, w.id,
	    "the new one, and a long one", fixture_now + 1, "cli:test"));
	assert_string_equal(secret_of(w.id), "the new one, and a long one");
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT, w.id), 2);
	assert_non_null(webhook_rotate(fx.conn, fx.vault, w.id, "short",
	    fixture_now, "cli:test"));
	assert_string_equal(webhook_rotate(fx.conn, fx.vault, "we_none",
	    "0123456789abcdef", fixture_now, "cli:test"),
	    "there is no such endpoint");
	assert_string_equal(secret_of(w.id), "the new one, and a long one");
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT, w.id), 2);
}

static void
an_endpoint_is_switched_off_and_on(void **state)
{
	struct webhook w = good();

	(void)state;
	assert_null(add(&w));
	assert_false(webhook_set_active(fx.conn, w.id, true, fixture_now,
	    "cli:test"));
	assert_true(webhook_set_active(fx.conn, w.id, false, fixture_now + 1,
	    "cli:test"));
	assert_false(webhook_set_active(fx.conn, w.id, false, fixture_now,
	    "cli:test"));
	struct rows *r = row_of(w.id);
	assert_string_equal(row_text(r, 5), "disabled");
	assert_int_equal(row_int(r, 8), fixture_now + 1);
	row_done(r);
	assert_true(webhook_set_active(fx.conn, w.id, true, fixture_now,
	    "cli:test"));
	assert_false(webhook_set_active(fx.conn, "we_none", true, fixture_now,
	    "cli:test"));
	/* Only what changed something is on record. */
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT, w.id), 3);
}

static void
made_secrets_are_long_and_different(void **state)
{
	char one[64], two[64];
	struct webhook w = good();

	(void)state;
	webhook_make_secret(one);
	webhook_make_secret(two);
	assert_memory_equal(one, "whsec_", 6);
	assert_int_equal(strlen(one), 6 + 43);
	assert_string_not_equal(one, two);
	w.secret = one;
	assert_null(add(&w));
}

static const struct CMUnitTest tests[] = {
	FIXTURE_CASE(a_good_endpoint_is_kept_with_its_events),
	FIXTURE_CASE(an_event_named_twice_counts_once),
	FIXTURE_CASE(secrets_are_sealed_for_their_endpoint),
	FIXTURE_CASE(unknown_partners_and_events_are_refused),
	FIXTURE_CASE(lengths_and_counts_have_limits),
	cmocka_unit_test(urls_are_checked_for_their_mode),
	FIXTURE_CASE(urls_have_a_longest_length),
	FIXTURE_CASE(a_new_secret_replaces_the_old),
	FIXTURE_CASE(an_endpoint_is_switched_off_and_on),
	FIXTURE_CASE(made_secrets_are_long_and_different),
};

TEST_MAIN("webhook", tests)
