/* SPDX-License-Identifier: ISC */
/* token.c - the bearer tokens of operators: JWT, HS256 and nothing else. */
#include "token.h"

#include <string.h>

#include "arena.h"
#include "json.h"
#include "sig.h"

enum {
	MAC_CHARS = 43,			/* 32 bytes in base64url */
	PAYLOAD_MAX = TOKEN_MAX / 4 * 3
};

/* {"alg":"HS256","typ":"JWT"} in base64url, and the dot. */
static const char header[] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.";

static const char audience[] = "clive-admin";

void
token_make(const uint8_t key[TOKEN_KEY_SIZE],
    const struct token_claims *claims, struct buf *out)
{
	struct buf payload;
	struct jsonw json;

	buf_init(&payload, PAYLOAD_MAX);
	jsonw_init(&json, &payload);
	jsonw_object(&json, NULL);
	jsonw_text(&json, "sub", claims->operator_id);
	jsonw_text(&json, "jti", claims->session_id);
	jsonw_text(&json, "role", claims->role);
	jsonw_int(&json, "iat", claims->issued_s);
	jsonw_int(&json, "exp", claims->expires_s);
	jsonw_text(&json, "aud", audience);
	jsonw_end_object(&json);

	char text[TOKEN_MAX + 4], mac_text[MAC_CHARS + 2];
	uint8_t mac[SHA256_SIZE];
	base64url_encode(payload.data, payload.len, text);
	buf_free(&payload);
	const struct slice signed_text[] = {
		{ header, sizeof(header) - 1 },
		{ text, strlen(text) }
	};
	sig_hmac_slices(key, TOKEN_KEY_SIZE, signed_text, 2, mac);
	base64url_encode(mac, sizeof(mac), mac_text);
	buf_printf(out, "%s%s.%s", header, text, mac_text);
}

/* A claim into its field; false where it is absent, empty or too long. */
static bool
read_id(const struct json *claims, const char *key, char out[TOKEN_ID_SIZE])
{
	const char *text = json_text(claims, key);

	if (text == NULL || text[0] == '\0' || strlen(text) >= TOKEN_ID_SIZE)
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

/*
 * Reads claims whose signature is good. We have signed them, so whatever is
 * odd about them comes from another use of the key, or from a fault of ours.
 */
static enum token_state
read_claims(const struct json *json, int64_t now_s, struct token_claims *out)
{
	const char *aud = json_text(json, "aud");

	if (aud == NULL || strcmp(aud, audience) != 0 ||
	    !read_id(json, "sub", out->operator_id) ||
	    !read_id(json, "jti", out->session_id) ||
	    !read_id(json, "role", out->role) ||
	    !json_int(json, "iat", &out->issued_s) ||
	    !json_int(json, "exp", &out->expires_s) ||
	    out->issued_s > now_s + TOKEN_SKEW_S)
		return TOKEN_MALFORMED;
	return now_s < out->expires_s ? TOKEN_GOOD : TOKEN_EXPIRED;
}

static enum token_state
read_payload(const char *text, size_t n, int64_t now_s,
    struct token_claims *out)
{
	char payload[PAYLOAD_MAX];
	const char *why;
	int len = base64url_decode(text, n, payload, sizeof(payload));

	if (len < 0)
		return TOKEN_MALFORMED;
	struct arena *arena = arena_new();
	enum token_state state = read_claims(json_parse(arena, payload,
	    (size_t)len, &why), now_s, out);
	arena_free(arena);
	return state;
}

enum token_state
token_read(const uint8_t key[TOKEN_KEY_SIZE], const char *text, int64_t now_s,
    struct token_claims *out)
{
	const size_t header_len = sizeof(header) - 1;
	size_t n = text != NULL ? strnlen(text, TOKEN_MAX + 1) : 0;

	*out = (struct token_claims){ 0 };
	if (n <= header_len + 1 + MAC_CHARS || n > TOKEN_MAX ||
	    memcmp(text, header, header_len) != 0)
		return TOKEN_MALFORMED;

	/* A further dot would be no digit of the payload: one split serves. */
	size_t signed_len = n - MAC_CHARS - 1;
	uint8_t mac[SHA256_SIZE], expected[SHA256_SIZE];
	if (text[signed_len] != '.' || base64url_decode(text + signed_len + 1,
	    MAC_CHARS, mac, sizeof(mac)) != SHA256_SIZE)
		return TOKEN_MALFORMED;
	sig_hmac(key, TOKEN_KEY_SIZE, text, signed_len, expected);
	if (!sig_equal(mac, expected, sizeof(mac)))
		return TOKEN_FORGED;

	enum token_state state = read_payload(text + header_len,
	    signed_len - header_len, now_s, out);
	if (state != TOKEN_GOOD)
		*out = (struct token_claims){ 0 };
	return state;
}
