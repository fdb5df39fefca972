/* SPDX-License-Identifier: ISC */
/* webhook-sign.c - the signatures of one attempt to deliver one event. */
#include "webhook-sign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sig.h"

enum {
	KEY_MIN = 24,		/* bytes of a key in base64 */
	KEY_MAX = 64,
	MAC_HEX = SHA256_HEX_SIZE - 1,
	MAC_BASE64 = 44,
	SIGNATURE_BASE64 = 88
};

size_t
webhook_sign_key(const char *secret, uint8_t out[WEBHOOK_SECRET_MAX])
{
	size_t n = strlen(secret);

	if (strncmp(secret, "whsec_", 6) == 0) {
		int bytes = base64_decode(secret + 6, n - 6, out, KEY_MAX);

		if (bytes >= KEY_MIN)
			return (size_t)bytes;
	}
	memcpy(out, secret, n);
	return n;
}

static const char *
sign_clive(const struct webhook_signer *s, struct slice body,
    struct arena *arena)
{
	const char *oldest = s->secret[s->secrets - 1];
	char *value = arena_alloc(arena, SHA256_HEX_SIZE);

	sig_hmac_hex(oldest, strlen(oldest), body.p, body.n, value);
	return value;
}

static const char *
sign_soxara(const struct webhook_signer *s, const char *seconds,
    struct slice body, struct arena *arena)
{
	const struct slice parts[] = { { seconds, strlen(seconds) },
	    { ".", 1 }, body };
	size_t size = 2 + parts[0].n + s->secrets * (4 + MAC_HEX) + 1;
	char *value = arena_alloc(arena, size);
	char *end = value + snprintf(value, size, "t=%s", seconds);
	uint8_t mac[SHA256_SIZE];

	for (size_t i = 0; i < s->secrets; i++) {
		sig_hmac_slices(s->secret[i], strlen(s->secret[i]), parts, 3,
		    mac);
		memcpy(end, ",v1=", 4);
		hex_encode(mac, sizeof(mac), end + 4);
		end += 4 + MAC_HEX;
	}
	return value;
}

/* The whole message in one piece, which ed25519 has to have. */
static struct slice
join(const char *prefix, struct slice body, struct arena *arena)
{
	size_t n = strlen(prefix);
	char *all = arena_alloc(arena, n + body.n + 1);

	memcpy(all, prefix, n);
	if (body.n > 0)
		memcpy(all + n, body.p, body.n);
	return (struct slice){ all, n + body.n };
}

static const char *
sign_standard(const struct webhook_signer *s, const char *prefix,
    struct slice body, struct arena *arena)
{
	const struct slice parts[] = { { prefix, strlen(prefix) }, body };
	char *value = arena_alloc(arena, s->secrets * (4 + MAC_BASE64) +
	    s->keys * (5 + SIGNATURE_BASE64) + 1), *end = value;
	uint8_t key[WEBHOOK_SECRET_MAX], signature[SIGNING_KEY_SIGNATURE];

	for (size_t i = 0; i < s->secrets; i++) {
		size_t n = webhook_sign_key(s->secret[i], key);
		sig_hmac_slices(key, n, parts, 2, signature);
		memcpy(end, " v1,", 4);
		base64_encode(signature, SHA256_SIZE, end + 4);
		end += 4 + MAC_BASE64;
	}
	sig_wipe(key, sizeof(key));
	struct slice all = s->keys > 0 ? join(prefix, body, arena) : body;
	for (size_t i = 0; i < s->keys; i++) {
		signing_key_sign(&s->key[i], all.p, all.n, signature);
		memcpy(end, " v1a,", 5);
		base64_encode(signature, sizeof(signature), end + 5);
		end += 5 + SIGNATURE_BASE64;
	}
	return value + 1;
}

void
webhook_sign(const struct webhook_signer *s, const char *event_id,
    int64_t now, struct slice body, struct arena *arena,
    struct webhook_header out[WEBHOOK_SIGN_HEADERS])
{
	const char *seconds = arena_printf(arena, "%" PRId64, now / 1000);
	const char *prefix = arena_printf(arena, "%s.%s.", event_id, seconds);

	out[0] = (struct webhook_header){ "X-Clive-Signature",
	    sign_clive(s, body, arena) };
	out[1] = (struct webhook_header){ "Soxara-Signature",
	    sign_soxara(s, seconds, body, arena) };
	out[2] = (struct webhook_header){ "webhook-id",
	    arena_strdup(arena, event_id) };
	out[3] = (struct webhook_header){ "webhook-timestamp", seconds };
	out[4] = (struct webhook_header){ "webhook-signature",
	    sign_standard(s, prefix, body, arena) };
}

void
webhook_signer_wipe(struct webhook_signer *s)
{
	for (size_t i = 0; i < s->secrets; i++)
		sig_wipe(s->secret[i], strlen(s->secret[i]));
	s->secrets = 0;
	signing_keys_close(s->key, s->keys);
	s->keys = 0;
}
