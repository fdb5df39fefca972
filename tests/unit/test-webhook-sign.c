/* SPDX-License-Identifier: ISC */
/*
 * test-webhook-sign.c - the headers of one attempt, against published
 * examples and values that other programs computed.
 */
#include "webhook-sign.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "sig.h"
#include "test.h"

/* The example of the Standard Webhooks libraries. */
#define SW_SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SW_ID "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define SW_BODY "{\"test\": 2432232314}"
#define SW_V1 "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
static const int64_t sw_time = INT64_C(1614265330000);

/* soxara.md 7. */
#define SX_SECRET "whsec_AbCdEfGhIjKlMnOpQrStUvWxYz012345"
#define SX_1								\
	"{\"id\":\"evt_0001\",\"type\":\"payment.succeeded\","		\
	"\"livemode\":false,\"created\":1730750100,\"data\":{"		\
	"\"object\":{\"id\":\"pi_0001\",\"amount\":1250,"		\
	"\"currency\":\"USD\",\"status\":\"succeeded\","		\
	"\"metadata\":{\"order_id\":\"A-1001\"}}}}"
#define SX_2								\
	"{\"id\":\"evt_0002\",\"type\":\"payment.failed\",\"data\":{"	\
	"\"object\":{\"id\":\"pi_0002\",\"metadata\":{\"note\":"	\
	"\"caf\xc3\xa9 \xe2\x80\x94 Monrovia\"}}}}"
static const int64_t sx_time = INT64_C(1730750100000);

#define CHOSEN "a-secret-that-the-partner-chose"

static struct arena *arena;
static struct webhook_header headers[WEBHOOK_SIGN_HEADERS];

static int
begin(void **state)
{
	(void)state;
	arena = arena_new();
	memset(headers, 0, sizeof(headers));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

/* A signer with these secrets, the newest first, up to a NULL. */
static struct webhook_signer
signer(const char *const *secrets)
{
	struct webhook_signer s = { .keys = 0 };

	for (; secrets[s.secrets] != NULL; s.secrets++)
		s.secret[s.secrets] = arena_strdup(arena,
		    secrets[s.secrets]);
	return s;
}

static void
sign_by(struct webhook_signer s, const char *id, int64_t now,
    const char *body)
{
	webhook_sign(&s, id, now, (struct slice){ body, strlen(body) },
	    arena, headers);
}

static void
sign(const char *secret, const char *id, int64_t now, const char *body)
{
	sign_by(signer((const char *const[]){ secret, NULL }), id, now, body);
}

static const char *
value(const char *name)
{
	for (size_t i = 0; i < WEBHOOK_SIGN_HEADERS; i++)
		if (strcmp(headers[i].name, name) == 0)
			return headers[i].value;
	fail_msg("no %s", name);
	return NULL;
}

static void
the_published_example_of_standard_webhooks(void **state)
{
	(void)state;
	sign(SW_SECRET, SW_ID, sw_time, SW_BODY);
	assert_string_equal(value("webhook-id"), SW_ID);
	assert_string_equal(value("webhook-timestamp"), "1614265330");
	assert_string_equal(value("webhook-signature"), SW_V1);
	/* The other two take the secret as it is written. */
	assert_string_equal(value("X-Clive-Signature"), "80ec8a89ce3cd22133a"
	    "1066caecb4d04fea7467657c8514d717ec42c38a5c94c");
	assert_string_equal(value("Soxara-Signature"), "t=1614265330,v1="
	    "2e37df5d4a028c51a7f3133d64ae1e300d2c2c900f1b1d49d4369ad2530f8964"
	    );
}

static void
the_vectors_of_soxara(void **state)
{
	static const struct {
		const char	*secret, *body;
		int64_t		 seconds;
		const char	*v1;
	} rows[] = {
		{ SX_SECRET, SX_1, 1730750100, "d8d80f73c1c58d62448692620b4a8"
		    "c9679353bb4cff61048683b4050dcecc8a8" },
		{ SX_SECRET, SX_2, 1730750100, "e4ec7b50445fc54f29865768dde81"
		    "a3115378da30bb7bab52f5137caff55d3b4" },
		{ SX_SECRET, SX_1 "\n", 1730750100, "d305a24b81668d888e5b291e"
		    "fd19b05736b389ce5e264cec41b361495e79685d" },
		{ SX_SECRET, SX_1, 1730750101, "6b22eeeab8697adefa3a17bd91765"
		    "178414a90f105ffba2718d750df18184cfd" },
		{ &SX_SECRET[6], SX_1, 1730750100, "a0c04cfb986fc2868b885eed5"
		    "5d48b667a785a35e2eb689aee01a9143d81355c" },
	};

	(void)state;
	assert_int_equal(strlen(SX_1), 202);
	assert_int_equal(strlen(SX_2), 117);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sign(rows[i].secret, "evt_0001", rows[i].seconds * 1000,
		    rows[i].body);
		assert_string_equal(value("Soxara-Signature"),
		    arena_printf(arena, "t=%lld,v1=%s",
		    (long long)rows[i].seconds, rows[i].v1));
	}
}

/* The body alone, which must not pass for a Soxara signature. */
static void
the_clive_form_covers_the_body_alone(void **state)
{
	(void)state;
	sign(SX_SECRET, "evt_0001", sx_time, SX_1);
	assert_string_equal(value("X-Clive-Signature"), "c8a3a57a5c048e75130"
	    "2bdf80bed16ec09a709381e5a18b722bd78ccebfba39f");
	sign(SX_SECRET, "evt_0002", sx_time + 5000, SX_1);
	assert_string_equal(value("X-Clive-Signature"), "c8a3a57a5c048e75130"
	    "2bdf80bed16ec09a709381e5a18b722bd78ccebfba39f");
}

static void
a_chosen_secret_is_the_key_as_it_is(void **state)
{
	(void)state;
	sign(CHOSEN, SW_ID, sw_time, SW_BODY);
	assert_string_equal(value("webhook-signature"),
	    "v1,8aOtTq5x+nnQxUMgmBUJg32E1mL63BZINrkRNITW77I=");
	assert_string_equal(value("X-Clive-Signature"), "aa37e143f7002f81232"
	    "4da384683f190d0fb8c206efb690e9bacffeb33445d26");
}

static void
milliseconds_do_not_round_up(void **state)
{
	(void)state;
	sign(SW_SECRET, SW_ID, sw_time + 999, SW_BODY);
	assert_string_equal(value("webhook-timestamp"), "1614265330");
	assert_string_equal(value("webhook-signature"), SW_V1);
}

static void
what_is_base64_of_24_to_64_bytes_is_decoded(void **state)
{
	uint8_t key[WEBHOOK_SECRET_MAX], bytes[65];
	char secret[6 + 89];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 251);
	memcpy(secret, "whsec_", 6);
	for (size_t n = 16; n <= sizeof(bytes); n++) {
		bool decoded = n >= 24 && n <= 64;

		base64_encode(bytes, n, secret + 6);
		assert_int_equal(webhook_sign_key(secret, key), decoded ? n :
		    strlen(secret));
		assert_memory_equal(key, decoded ? (void *)bytes :
		    (void *)secret, decoded ? n : strlen(secret));
	}
}

static void
what_is_not_quite_base64_is_taken_as_it_is(void **state)
{
	static const char *const raw[] = {
		"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",	/* no whsec_ */
		"Whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"whsec-MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS-",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa_w",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwA=",
		"whsec_0123456789abcdef",
		"whsec_", "sixteen letters.",
	};
	uint8_t key[WEBHOOK_SECRET_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
		size_t n = strlen(raw[i]);
		if (webhook_sign_key(raw[i], key) != n ||
		    memcmp(key, raw[i], n) != 0)
			fail_msg("%s", raw[i]);
	}
}

static void
each_secret_signs_and_the_newest_comes_first(void **state)
{
	static const char *const three[] = { SW_SECRET, CHOSEN, SX_SECRET,
	    NULL };

	(void)state;
	sign_by(signer(three), SW_ID, sw_time, SW_BODY);
	assert_string_equal(value("webhook-signature"), SW_V1
	    " v1,8aOtTq5x+nnQxUMgmBUJg32E1mL63BZINrkRNITW77I="
	    " v1,QZ9RtlhByZuq17mZ+2KTwVA0r1JbhLTr2F5Lz5W0NpI=");
	assert_string_equal(value("Soxara-Signature"), "t=1614265330,v1="
	    "2e37df5d4a028c51a7f3133d64ae1e300d2c2c900f1b1d49d4369ad2530f8964"
	    ",v1="
	    "a8dd905b5362d0447e2a9af0cc131464580d8ec3ff53c0425c1c068c84ef7490"
	    ",v1="
	    "389b9a24201ed111a839558f92a89fa25963f500e866a0cb0ba24e81ac876c32"
	    );
	/* This one has room for the oldest only. */
	assert_string_equal(value("X-Clive-Signature"), "a3e82606a8c20957ea7"
	    "52a6f34541a5eee02cf95ff9d405375a12066d8523cef");
}

/* The first key of RFC 8032 7.1. */
static EVP_PKEY *
rfc_key(void)
{
	uint8_t seed[32];

	assert_true(hex_decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b32"
	    "6919703bac031cae7f60", 64, seed, sizeof(seed)));
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
	    sizeof(seed));
}

static void
keys_sign_behind_the_secrets(void **state)
{
	struct webhook_signer s = signer((const char *const[]){ SW_SECRET,
	    NULL });

	(void)state;
	s.keys = 2;
	s.key[0].private_key = rfc_key();
	s.key[1].private_key = rfc_key();
	sign_by(s, SW_ID, sw_time, SW_BODY);
#define SW_V1A "v1a,fldxM4gAKugP6nnt1hdz3sgGfZ6d99nzrMFnZOELIxbzEHoVmAb2A" \
	"DpkJK7zgPePmPsle0zV9jSeGlHFG2NVAw=="
	assert_string_equal(value("webhook-signature"), SW_V1 " " SW_V1A " "
	    SW_V1A);
	webhook_signer_wipe(&s);
}

static void
the_longest_line_fits_where_it_is_written(void **state)
{
	struct webhook_signer s = { .secrets = WEBHOOK_SECRETS_MAX,
	    .keys = SIGNING_KEYS_MAX };
	char id[ID_SIZE];

	(void)state;
	for (size_t i = 0; i < WEBHOOK_SECRETS_MAX; i++)
		s.secret[i] = arena_strdup(arena, SW_SECRET);
	for (size_t i = 0; i < SIGNING_KEYS_MAX; i++)
		s.key[i].private_key = rfc_key();
	memset(id, 'x', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	sign_by(s, id, INT64_MAX, SW_BODY);
	for (size_t i = 0; i < WEBHOOK_SIGN_HEADERS; i++)
		assert_in_range(strlen(headers[i].name) +
		    strlen(headers[i].value) + 3, 4, WEBHOOK_SIGN_LINE_MAX);
	assert_int_equal(strlen(value("webhook-signature")), 10 * 48 +
	    10 * 93 - 1);
	assert_int_equal(strlen(value("Soxara-Signature")), 2 + 16 +
	    10 * 68);
	webhook_signer_wipe(&s);
}

static void
an_empty_body_is_signed_too(void **state)
{
	struct webhook_signer s = signer((const char *const[]){ SW_SECRET,
	    NULL });

	(void)state;
	s.keys = 1;
	s.key[0].private_key = rfc_key();
	webhook_sign(&s, SW_ID, sw_time, (struct slice){ NULL, 0 }, arena,
	    headers);
	assert_int_equal(strlen(value("X-Clive-Signature")), 64);
	webhook_signer_wipe(&s);
}

static void
wiping_leaves_nothing(void **state)
{
	static const char zeros[sizeof(CHOSEN)];
	struct webhook_signer s = signer((const char *const[]){ CHOSEN,
	    CHOSEN, NULL });
	char *one = s.secret[0], *two = s.secret[1];

	(void)state;
	s.keys = 1;
	s.key[0].private_key = rfc_key();
	webhook_signer_wipe(&s);
	assert_memory_equal(one, zeros, sizeof(zeros));
	assert_memory_equal(two, zeros, sizeof(zeros));
	assert_null(s.key[0].private_key);
	webhook_signer_wipe(&s);
}

static const struct CMUnitTest tests[] = {
	CASE(the_published_example_of_standard_webhooks),
	CASE(the_vectors_of_soxara),
	CASE(the_clive_form_covers_the_body_alone),
	CASE(a_chosen_secret_is_the_key_as_it_is),
	CASE(milliseconds_do_not_round_up),
	CASE(what_is_base64_of_24_to_64_bytes_is_decoded),
	CASE(what_is_not_quite_base64_is_taken_as_it_is),
	CASE(each_secret_signs_and_the_newest_comes_first),
	CASE(keys_sign_behind_the_secrets),
	CASE(the_longest_line_fits_where_it_is_written),
	CASE(an_empty_body_is_signed_too),
	CASE(wiping_leaves_nothing),
};

TEST_MAIN("webhook-sign", tests)
