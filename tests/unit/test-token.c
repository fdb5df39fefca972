/* SPDX-License-Identifier: ISC */
/* test-token.c - bearer tokens: ours pass, everybody else's do not. */
#include "token.h"

#include <string.h>

#include "sig.h"
#include "test.h"

#define NOW INT64_C(1700000000)
#define HEADER "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

/* Made with another implementation under the key 00 01 ... 1f. */
#define PAYLOAD								\
	"eyJzdWIiOiJvcF8xIiwianRpIjoic2VzXzEiLCJyb2xlIjoib3duZXIiLCJpYXQi" \
	"OjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMCwiYXVkIjoiY2xpdmUtYWRtaW4ifQ"
#define MAC "CaCv5Tr7nHUHUXWvM8T0z2-JRS24RTT87srTmzsDcyk"
#define TOKEN HEADER "." PAYLOAD "." MAC

static const uint8_t key[TOKEN_KEY_SIZE] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
};
static const struct token_claims owner = {
	"op_1", "ses_1", "owner", NOW, NOW + 3600
};

/* Signs "<header text>.<payload text>" as a holder of the key could. */
static const char *
sign_texts(const char *header_text, const char *payload_text)
{
	static char token[8192];
	uint8_t mac[SHA256_SIZE];
	char mac_text[45];

	int n = snprintf(token, sizeof(token), "%s.%s", header_text,
	    payload_text);
	sig_hmac(key, sizeof(key), token, (size_t)n, mac);
	base64url_encode(mac, sizeof(mac), mac_text);
	snprintf(token + n, sizeof(token) - (size_t)n, ".%s", mac_text);
	return token;
}

/* The same with JSON to encode. */
static const char *
sign(const char *header, const char *payload)
{
	char header_text[256], payload_text[4096];

	base64url_encode(header, strlen(header), header_text);
	base64url_encode(payload, strlen(payload), payload_text);
	return sign_texts(header_text, payload_text);
}

#define OURS "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

static void
assert_state(const char *name, const char *token, int64_t now,
    enum token_state expected)
{
	static const struct token_claims nothing;
	struct token_claims claims;

	memset(&claims, 0xaa, sizeof(claims));
	enum token_state got = token_read(key, token, now, &claims);
	if (got != expected)
		fail_msg("%s: %d instead of %d", name, (int)got,
		    (int)expected);
	if (got != TOKEN_GOOD)
		assert_memory_equal(&claims, &nothing, sizeof(claims));
}

static void
assert_owner(const struct token_claims *claims)
{
	assert_string_equal(claims->operator_id, "op_1");
	assert_string_equal(claims->session_id, "ses_1");
	assert_string_equal(claims->role, "owner");
	assert_int_equal(claims->issued_s, NOW);
	assert_int_equal(claims->expires_s, NOW + 3600);
}

static void
makes_what_others_make(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, TOKEN_MAX);
	token_make(key, &owner, &out);
	assert_false(out.failed);
	assert_string_equal(buf_str(&out), TOKEN);
	buf_free(&out);
}

static void
reads_what_others_make(void **state)
{
	struct token_claims claims;

	(void)state;
	assert_int_equal(token_read(key, TOKEN, NOW, &claims), TOKEN_GOOD);
	assert_owner(&claims);
}

static void
carries_ids_of_sixty_three_bytes_of_any_kind(void **state)
{
	struct token_claims claims = owner, back;
	struct buf out;

	(void)state;
	memset(claims.operator_id, '\x01', 63);
	memset(claims.session_id, '"', 63);
	memset(claims.role, 'r', 63);
	buf_init(&out, TOKEN_MAX);
	token_make(key, &claims, &out);
	assert_false(out.failed);
	assert_int_equal(token_read(key, buf_str(&out), NOW, &back),
	    TOKEN_GOOD);
	assert_memory_equal(&back, &claims, sizeof(claims));
	buf_free(&out);
}

static void
dies_at_the_second_of_its_expiry(void **state)
{
	(void)state;
	assert_state("fresh", TOKEN, NOW, TOKEN_GOOD);
	assert_state("last second", TOKEN, NOW + 3599, TOKEN_GOOD);
	assert_state("expiry", TOKEN, NOW + 3600, TOKEN_EXPIRED);
	assert_state("long after", TOKEN, INT64_C(99999999999),
	    TOKEN_EXPIRED);
}

static void
takes_a_clock_that_is_a_minute_ahead(void **state)
{
	(void)state;
	assert_state("a minute", TOKEN, NOW - 60, TOKEN_GOOD);
	assert_state("more", TOKEN, NOW - 61, TOKEN_MALFORMED);
}

static void
refuses_another_key(void **state)
{
	uint8_t other[TOKEN_KEY_SIZE];
	struct token_claims claims;

	(void)state;
	for (size_t i = 0; i < sizeof(other); i++) {
		memcpy(other, key, sizeof(other));
		other[i] ^= 1;
		assert_int_equal(token_read(other, TOKEN, NOW, &claims),
		    TOKEN_FORGED);
	}
}

static void
refuses_any_altered_character(void **state)
{
	char token[] = TOKEN;

	(void)state;
	for (size_t i = 0; i < sizeof(token) - 1; i++) {
		struct token_claims claims;
		char c = token[i];

		token[i] = c == 'A' ? 'B' : 'A';
		assert_int_not_equal(token_read(key, token, NOW, &claims),
		    TOKEN_GOOD);
		token[i] = c;
	}
	assert_state("as before", token, NOW, TOKEN_GOOD);
}

/* All of them rightly signed: it is the header that must not be obeyed. */
static void
refuses_every_other_header(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"none\",\"typ\":\"JWT\"}",
		"{\"alg\":\"None\",\"typ\":\"JWT\"}",
		"{\"alg\":\"HS384\",\"typ\":\"JWT\"}",
		"{\"alg\":\"HS512\",\"typ\":\"JWT\"}",
		"{\"alg\":\"RS256\",\"typ\":\"JWT\"}",
		"{\"alg\":\"hs256\",\"typ\":\"JWT\"}",
		"{\"typ\":\"JWT\",\"alg\":\"HS256\"}",
		"{\"alg\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"typ\":\"jwt\"}",
		"{\"alg\": \"HS256\",\"typ\":\"JWT\"}",
		"{\"alg\":\"HS256\",\"typ\":\"JWT\"} ",
		"{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"1\"}",
		"{\"alg\":\"HS256\",\"alg\":\"none\",\"typ\":\"JWT\"}",
		"{}", "",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		assert_state(headers[i], sign(headers[i],
		    "{\"sub\":\"op_1\",\"jti\":\"ses_1\",\"role\":\"owner\","
		    "\"iat\":1700000000,\"exp\":1700003600,"
		    "\"aud\":\"clive-admin\"}"), NOW, TOKEN_MALFORMED);
}

static void
refuses_odd_shapes(void **state)
{
	static const struct {
		const char *name, *token;
		enum token_state expected;
	} rows[] = {
		{ "absent", NULL, TOKEN_MALFORMED },
		{ "empty", "", TOKEN_MALFORMED },
		{ "a word", "potato", TOKEN_MALFORMED },
		{ "dots", "..", TOKEN_MALFORMED },
		{ "header", HEADER, TOKEN_MALFORMED },
		{ "two segments", HEADER "." PAYLOAD, TOKEN_MALFORMED },
		{ "no signature", HEADER "." PAYLOAD ".", TOKEN_MALFORMED },
		{ "no payload", HEADER ".." MAC, TOKEN_MALFORMED },
		{ "no header", "." PAYLOAD "." MAC, TOKEN_MALFORMED },
		{ "alg none, unsigned",
		  "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." PAYLOAD ".",
		  TOKEN_MALFORMED },
		{ "alg none, old signature",
		  "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." PAYLOAD "." MAC,
		  TOKEN_MALFORMED },
		{ "a blank before", " " TOKEN, TOKEN_MALFORMED },
		{ "a blank behind", TOKEN " ", TOKEN_MALFORMED },
		{ "a line feed behind", TOKEN "\n", TOKEN_MALFORMED },
		{ "a dot behind", TOKEN ".", TOKEN_MALFORMED },
		{ "a segment more", TOKEN ".e30", TOKEN_MALFORMED },
		{ "a signature more", TOKEN "." MAC, TOKEN_FORGED },
		{ "padding", TOKEN "=", TOKEN_MALFORMED },
		{ "padded payload", HEADER "." PAYLOAD "==." MAC,
		  TOKEN_FORGED },
		{ "short signature", HEADER "." PAYLOAD ".CaCv",
		  TOKEN_MALFORMED },
		{ "spare bits of the signature", HEADER "." PAYLOAD
		  ".CaCv5Tr7nHUHUXWvM8T0z2-JRS24RTT87srTmzsDcyl",
		  TOKEN_MALFORMED },
		{ "other alphabet", HEADER "." PAYLOAD
		  ".CaCv5Tr7nHUHUXWvM8T0z2+JRS24RTT87srTmzsDcyk",
		  TOKEN_MALFORMED },
		{ "signature of zeros", HEADER "." PAYLOAD
		  ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		  TOKEN_FORGED },
		{ "Bearer", "Bearer " TOKEN, TOKEN_MALFORMED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_state(rows[i].name, rows[i].token, NOW,
		    rows[i].expected);
}

static void
refuses_signed_payloads_that_are_no_base64url(void **state)
{
	static const char *const payloads[] = {
		PAYLOAD "==", PAYLOAD "." PAYLOAD, PAYLOAD ".", "." PAYLOAD,
		" " PAYLOAD, "e31", "e3", "e", "+/+/", "",
	};

	(void)state;
	assert_state("as is", sign_texts(HEADER, PAYLOAD), NOW, TOKEN_GOOD);
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		assert_state(payloads[i], sign_texts(HEADER, payloads[i]),
		    NOW, TOKEN_MALFORMED);
}

#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define WHO "\"sub\":\"op_1\",\"jti\":\"ses_1\",\"role\":\"owner\""
#define WHEN "\"iat\":1700000000,\"exp\":1700003600"
#define AUD "\"aud\":\"clive-admin\""

static void
refuses_signed_claims_that_are_not_ours(void **state)
{
	static const char *const payloads[] = {
		"", "null", "[]", "\"op_1\"", "{", "{}",
		"{" WHO "," WHEN "," AUD "} {}",
		"{" WHO "," WHEN "," AUD ",}",
		"{" WHO "," WHEN "}",
		"{" WHO "," WHEN ",\"aud\":\"clive-partner\"}",
		"{" WHO "," WHEN ",\"aud\":\"clive-admin \"}",
		"{" WHO "," WHEN ",\"aud\":[\"clive-admin\"]}",
		"{" WHO "," WHEN ",\"aud\":\"clive-admin\\u0000\"}",
		"{" WHO "," WHEN "," AUD "," AUD "}",
		"{" WHO "," AUD "}",
		"{" WHO ",\"iat\":1700000000," AUD "}",
		"{" WHO ",\"exp\":1700003600," AUD "}",
		"{" WHO ",\"iat\":1700000000,\"exp\":null," AUD "}",
		"{" WHO ",\"iat\":1700000000,\"exp\":\"1700003600\"," AUD "}",
		"{" WHO ",\"iat\":1700000000,\"exp\":1700003600.5," AUD "}",
		"{" WHO ",\"iat\":1700000000,\"exp\":17e8," AUD "}",
		"{" WHO ",\"iat\":1700000000,\"exp\":99999999999999999999,"
		    AUD "}",
		"{" WHO ",\"iat\":1700000061,\"exp\":1700003600," AUD "}",
		"{" WHO ",\"iat\":9223372036854775807,\"exp\":1700003600,"
		    AUD "}",
		"{\"jti\":\"ses_1\",\"role\":\"owner\"," WHEN "," AUD "}",
		"{\"sub\":\"op_1\",\"role\":\"owner\"," WHEN "," AUD "}",
		"{\"sub\":\"op_1\",\"jti\":\"ses_1\"," WHEN "," AUD "}",
		"{\"sub\":\"\",\"jti\":\"ses_1\",\"role\":\"owner\"," WHEN ","
		    AUD "}",
		"{\"sub\":7,\"jti\":\"ses_1\",\"role\":\"owner\"," WHEN ","
		    AUD "}",
		"{\"sub\":\"op_1\",\"jti\":\"" X64 "\",\"role\":\"owner\","
		    WHEN "," AUD "}",
		"{\"sub\":\"op_1\\u0000\",\"jti\":\"ses_1\","
		    "\"role\":\"owner\"," WHEN "," AUD "}",
		"{\"sub\":\"op_2\"," WHO "," WHEN "," AUD "}",
	};

	(void)state;
	assert_state("ours", sign(OURS, "{" WHO "," WHEN "," AUD "}"), NOW,
	    TOKEN_GOOD);
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		assert_state(payloads[i], sign(OURS, payloads[i]), NOW,
		    TOKEN_MALFORMED);
}

static void
a_negative_expiry_is_an_expiry(void **state)
{
	(void)state;
	assert_state("long ago", sign(OURS, "{" WHO ",\"iat\":0,\"exp\":-1,"
	    AUD "}"), NOW, TOKEN_EXPIRED);
}

static void
refuses_more_than_two_kibibytes(void **state)
{
	char payload[1600];
	const int head = snprintf(payload, sizeof(payload),
	    "{" WHO "," WHEN "," AUD ",\"pad\":\"");

	(void)state;
	/* 37 of header, 1966 of payload and 44 of signature make 2047. */
	memset(payload + head, 'x', sizeof(payload) - (size_t)head);
	memcpy(payload + 1472, "\"}", 3);
	const char *token = sign(OURS, payload);
	assert_in_range(strlen(token), TOKEN_MAX - 3, TOKEN_MAX);
	assert_state("at the limit", token, NOW, TOKEN_GOOD);

	memset(payload + head, 'x', sizeof(payload) - (size_t)head);
	memcpy(payload + 1475, "\"}", 3);
	token = sign(OURS, payload);
	assert_in_range(strlen(token), TOKEN_MAX + 1, TOKEN_MAX + 4);
	assert_state("beyond", token, NOW, TOKEN_MALFORMED);
}

static void
says_when_a_token_did_not_fit(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	token_make(key, &owner, &out);
	assert_true(out.failed);
	buf_free(&out);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(makes_what_others_make),
	cmocka_unit_test(reads_what_others_make),
	cmocka_unit_test(carries_ids_of_sixty_three_bytes_of_any_kind),
	cmocka_unit_test(dies_at_the_second_of_its_expiry),
	cmocka_unit_test(takes_a_clock_that_is_a_minute_ahead),
	cmocka_unit_test(refuses_another_key),
	cmocka_unit_test(refuses_any_altered_character),
	cmocka_unit_test(refuses_every_other_header),
	cmocka_unit_test(refuses_odd_shapes),
	cmocka_unit_test(refuses_signed_payloads_that_are_no_base64url),
	cmocka_unit_test(refuses_signed_claims_that_are_not_ours),
	cmocka_unit_test(a_negative_expiry_is_an_expiry),
	cmocka_unit_test(refuses_more_than_two_kibibytes),
	cmocka_unit_test(says_when_a_token_did_not_fit),
};

TEST_MAIN("token", tests)
