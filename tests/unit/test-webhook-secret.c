/* SPDX-License-Identifier: ISC */
/* test-webhook-secret.c - which secrets of an endpoint sign, and until when. */
#include "webhook.h"

#include <string.h>

#include "fixture.h"
#include "sig.h"
#include "webhook-sign.h"

#define HOUR	(INT64_C(60) * 60 * 1000)
#define DAY	(24 * HOUR)

static char id[ID_SIZE];	/* the endpoint of the running case */

static int
begin(void **state)
{
	static const char *const events[] = { "transaction_failed", NULL };
	struct webhook w = { .partner_id = "ECHEZONA001", .api = "clive",
	    .secret = "the first secret", .settings = { .name = "A hook",
	    .url = "https://hook.example/", .events = events } };

	if (fixture_begin(state) != 0)
		return -1;
	assert_null(schedule_parse("clive", &fx.conf, &w.settings.schedule));
	assert_null(webhook_add(fx.conn, fx.vault, &fx.conf, &w, fixture_now,
	    "cli:test"));
	memcpy(id, w.id, sizeof(id));
	return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, fixture_end)

/* Rotates at so many milliseconds after the beginning. */
static const char *
rotate(const char *secret, int64_t overlap, int64_t after)
{
	return webhook_rotate(fx.conn, fx.vault, id, secret, overlap,
	    fixture_now + after, "cli:test");
}

/* What signs then, the newest first, with / between them. */
static void
assert_signs(int64_t after, const char *expected)
{
	char *live[WEBHOOK_SECRETS_MAX];
	size_t n = webhook_secrets(fx.conn, fx.vault, id,
	    fixture_now + after, fx.arena, live);
	const char *all = "";

	for (size_t i = 0; i < n; i++)
		all = arena_printf(fx.arena, "%s%s%s", all, i > 0 ? "/" : "",
		    live[i]);
	assert_string_equal(all, expected);
}

static void
old_and_new_sign_until_the_overlap_ends(void **state)
{
	(void)state;
	assert_null(rotate("the second secret", WEBHOOK_OVERLAP, 5));
	assert_signs(5, "the second secret/the first secret");
	assert_signs(5 + DAY - 1, "the second secret/the first secret");
	assert_signs(5 + DAY, "the second secret");
	assert_signs(5 + 300 * DAY, "the second secret");
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT, id), 2);
}

static void
without_an_overlap_the_old_one_ends_at_once(void **state)
{
	(void)state;
	assert_null(rotate("the second secret", 0, 5));
	assert_signs(5, "the second secret");
	/* Also those that had an end of their own. */
	assert_null(rotate("the third secret!", WEBHOOK_OVERLAP_MAX, 6));
	assert_null(rotate("the fourth secret", 0, 7));
	assert_signs(7, "the fourth secret");
}

static void
an_overlap_is_no_longer_than_seven_days(void **state)
{
	(void)state;
	assert_null(rotate("the second secret", 7 * DAY, 0));
	assert_signs(7 * DAY - 1, "the second secret/the first secret");
	assert_signs(7 * DAY, "the second secret");
	assert_string_equal(rotate("the third secret!", 7 * DAY + 1, 1),
	    "an old secret can sign on for 0 seconds to 7 days");
	assert_string_equal(rotate("the third secret!", -1, 1),
	    "an old secret can sign on for 0 seconds to 7 days");
	assert_signs(7 * DAY, "the second secret");
}

static void
an_earlier_end_stays_and_a_later_one_comes_nearer(void **state)
{
	(void)state;
	assert_null(rotate("the second secret", HOUR, 0));
	assert_null(rotate("the third secret!", DAY, 1));
	/* The first one's hour does not become a day. */
	assert_signs(HOUR - 1, "the third secret!/the second secret/"
	    "the first secret");
	assert_signs(HOUR, "the third secret!/the second secret");
	/* But the second one's day ends with a minute for all. */
	assert_null(rotate("the fourth secret", 60000, 2 * HOUR));
	assert_signs(2 * HOUR + 59999, "the fourth secret/"
	    "the third secret!/the second secret");
	assert_signs(2 * HOUR + 60000, "the fourth secret");
}

static void
ten_sign_at_once_and_no_more(void **state)
{
	char secret[32], *live[WEBHOOK_SECRETS_MAX];

	(void)state;
	for (int i = 2; i <= 10; i++) {
		snprintf(secret, sizeof(secret), "secret number %d...", i);
		assert_null(rotate(secret, DAY + i, i));
	}
	assert_int_equal(webhook_secrets(fx.conn, fx.vault, id,
	    fixture_now + 11, fx.arena, live), 10);
	assert_string_equal(live[0], "secret number 10...");
	assert_string_equal(live[9], "the first secret");
	assert_string_equal(rotate("one secret too many", HOUR, 11),
	    "ten secrets sign already: wait until one has expired, or rotate "
	    "without an overlap");
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT, id), 10);
	/* As soon as the first has ended there is room for one. */
	assert_null(rotate("one secret too many", HOUR, DAY + 4));
	assert_string_equal(rotate("one more than that", HOUR, DAY + 4),
	    "ten secrets sign already: wait until one has expired, or rotate "
	    "without an overlap");
	assert_null(rotate("all others end now", 0, DAY + 4));
	assert_signs(DAY + 4, "all others end now");
}

/* Else the one that X-Clive-Signature is made with would not be among them. */
static void
those_that_do_not_open_are_among_the_ten(void **state)
{
	uint8_t sealed[64] = { 9 };

	(void)state;
	for (int i = 2; i <= 10; i++) {
		conn_run(fx.conn, SQL_SECRETS_EXPIRE, "it",
		    fixture_now + DAY, id);
		conn_run(fx.conn, SQL_SECRET_INSERT, "tbi", id, sealed,
		    sizeof(sealed), fixture_now);
	}
	assert_signs(0, "the first secret");
	assert_non_null(rotate("one secret too many", HOUR, 0));
	assert_signs(0, "the first secret");
	/* What is shown of a secret is never an older one's. */
	assert_null(webhook_masked(fx.conn, fx.vault, id, fixture_now,
	    fx.arena));
	assert_null(rotate("all others end now", 0, 0));
	assert_signs(0, "all others end now");
}

static void
bad_secrets_and_endpoints_are_refused(void **state)
{
	(void)state;
	assert_string_equal(rotate("short", 0, 0),
	    "a secret has 16 to 200 characters");
	assert_string_equal(webhook_rotate(fx.conn, fx.vault, "we_none",
	    "0123456789abcdef", 0, fixture_now, "cli:test"),
	    "there is no such endpoint");
	assert_signs(0, "the first secret");
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT, id), 1);
}

static void
the_audit_log_knows_the_overlap_but_no_secret(void **state)
{
	struct rows *r;
	int rotated = 0;

	(void)state;
	assert_null(rotate("the second secret", 5000, 0));
	r = conn_rows(fx.conn, SQL_AUDIT_OF_SUBJECT, "t", id);
	while (row_next(r)) {
		assert_null(strstr(row_text(r, 3), "secret\":"));
		assert_null(strstr(row_text(r, 3), "the "));
		rotated += strcmp(row_text(r, 2), "webhook.secret_rotated") ==
		    0 && strcmp(row_text(r, 3), "{\"overlap_ms\":5000}") == 0;
	}
	assert_int_equal(rotated, 1);
}

static void
the_masked_form_is_the_newest_ones(void **state)
{
	(void)state;
	assert_null(rotate("the second one: 1234", DAY, 0));
	assert_string_equal(webhook_masked(fx.conn, fx.vault, id,
	    fixture_now, fx.arena), "****1234");
	assert_null(webhook_masked(fx.conn, fx.vault, "we_none", fixture_now,
	    fx.arena));
}

static void
a_signer_has_the_keys_where_they_are_asked_for(void **state)
{
	struct webhook_signer signer;

	(void)state;
	signing_key_ensure(fx.conn, fx.vault, fixture_now, "cli:test");
	assert_null(rotate("the second secret", DAY, 0));
	assert_true(webhook_signer_read(fx.conn, fx.vault, id, false,
	    fixture_now, fx.arena, &signer));
	assert_int_equal(signer.secrets, 2);
	assert_string_equal(signer.secret[0], "the second secret");
	assert_int_equal(signer.keys, 0);
	webhook_signer_wipe(&signer);
	assert_true(webhook_signer_read(fx.conn, fx.vault, id, true,
	    fixture_now, fx.arena, &signer));
	assert_int_equal(signer.keys, 1);
	assert_non_null(signer.key[0].private_key);
	const char *secret = signer.secret[0];
	webhook_signer_wipe(&signer);
	assert_int_equal(signer.secrets + signer.keys, 0);
	for (size_t i = 0; i < 17; i++)
		assert_int_equal(secret[i], 0);
}

static void
another_master_key_opens_nothing(void **state)
{
	char path[128], why[256] = "";
	struct webhook_signer signer;

	(void)state;
	snprintf(path, sizeof(path), "%s/other.key", fx.var);
	assert_true(vault_create(path));
	struct vault *other = vault_open(path, why, sizeof(why));
	assert_non_null(other);
	assert_false(webhook_signer_read(fx.conn, other, id, false,
	    fixture_now, fx.arena, &signer));
	webhook_signer_wipe(&signer);
	vault_close(other);
}

static void
made_secrets_are_long_and_different(void **state)
{
	char one[64], two[64];
	uint8_t key[WEBHOOK_SECRET_MAX];

	(void)state;
	webhook_make_secret(one);
	webhook_make_secret(two);
	assert_memory_equal(one, "whsec_", 6);
	assert_int_equal(strlen(one), 6 + 44);
	assert_int_equal(webhook_sign_key(one, key), 32);
	assert_string_not_equal(one, two);
	assert_null(rotate(one, 0, 0));
	assert_signs(0, one);
}

static const struct CMUnitTest tests[] = {
	CASE(old_and_new_sign_until_the_overlap_ends),
	CASE(without_an_overlap_the_old_one_ends_at_once),
	CASE(an_overlap_is_no_longer_than_seven_days),
	CASE(an_earlier_end_stays_and_a_later_one_comes_nearer),
	CASE(ten_sign_at_once_and_no_more),
	CASE(those_that_do_not_open_are_among_the_ten),
	CASE(bad_secrets_and_endpoints_are_refused),
	CASE(the_audit_log_knows_the_overlap_but_no_secret),
	CASE(the_masked_form_is_the_newest_ones),
	CASE(a_signer_has_the_keys_where_they_are_asked_for),
	CASE(another_master_key_opens_nothing),
	CASE(made_secrets_are_long_and_different),
};

TEST_MAIN("webhook-secret", tests)
