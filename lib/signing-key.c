/* SPDX-License-Identifier: ISC */
/* signing-key.c - making, reading and using the gateway's ed25519 keys. */
#include "signing-key.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "audit.h"
#include "sig.h"
#include "webhook.h"

enum {
	SEED = 32,		/* bytes of a private key (RFC 8032) */
	X_SIZE = 44 + 1	/* a public key in base64url, NUL */
};

/* What a private key is sealed for. */
static void
name_context(const char *id, char context[64])
{
	snprintf(context, 64, "signing_key:%s", id);
}

static EVP_PKEY *
key_of_seed(const uint8_t seed[SEED])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL,
	    seed, SEED);

	if (key == NULL)
		sig_die("ed25519");
	return key;
}

static void
public_of(EVP_PKEY *key, uint8_t out[SIGNING_KEY_PUBLIC])
{
	size_t n = SIGNING_KEY_PUBLIC;

	if (EVP_PKEY_get_raw_public_key(key, out, &n) != 1 ||
	    n != SIGNING_KEY_PUBLIC)
		sig_die("ed25519");
}

/*
 * Opens the private part; NULL where it does not open or belongs to another
 * public key: what we sign must verify with what we publish.
 */
static EVP_PKEY *
open_private(const struct vault *vault, const struct signing_key *k,
    struct slice sealed)
{
	uint8_t public_key[SIGNING_KEY_PUBLIC];
	struct arena *arena = arena_new();
	EVP_PKEY *key = NULL;
	char context[64];

	name_context(k->id, context);
	char *seed = sealed.n == SEED + VAULT_OVERHEAD ? vault_unseal(vault,
	    context, sealed.p, sealed.n, arena) : NULL;
	if (seed != NULL) {
		key = key_of_seed((const uint8_t *)seed);
		sig_wipe(seed, SEED);
		public_of(key, public_key);
		if (memcmp(public_key, k->public_key,
		    sizeof(public_key)) != 0) {
			EVP_PKEY_free(key);
			key = NULL;
		}
	}
	arena_free(arena);
	return key;
}

size_t
signing_key_live(struct conn *c, const struct vault *vault, int64_t now,
    struct signing_key out[SIGNING_KEYS_MAX])
{
	struct rows *r = conn_rows(c, SQL_SIGNING_KEYS_LIVE, "ii", now,
	    (int64_t)SIGNING_KEYS_MAX);
	size_t n = 0;

	while (n < SIGNING_KEYS_MAX && row_next(r)) {
		struct signing_key *k = &out[n];
		struct slice public_key = row_bytes(r, 1);
		*k = (struct signing_key){ .created_at = row_int(r, 2),
		    .expires_at = row_int(r, 3) };
		snprintf(k->id, sizeof(k->id), "%s", row_text(r, 0));
		memcpy(k->public_key, public_key.p, SIGNING_KEY_PUBLIC);
		if (vault != NULL)
			k->private_key = open_private(vault, k,
			    row_bytes(r, 4));
		n += vault == NULL || k->private_key != NULL;
	}
	row_done(r);
	return n;
}

void
signing_keys_close(struct signing_key *keys, size_t n)
{
	/* libcrypto wipes what it frees of a key. */
	for (size_t i = 0; i < n; i++) {
		EVP_PKEY_free(keys[i].private_key);
		keys[i].private_key = NULL;
	}
}

/* A new key's row; what is audited of it but its public part. */
static void
make(struct conn *c, const struct vault *vault, int64_t now,
    const char *actor, const char *action, const char *particulars)
{
	uint8_t seed[SEED], sealed[SEED + VAULT_OVERHEAD];
	char context[64], text[SIGNING_KEY_TEXT_SIZE], detail[128];
	struct signing_key k;

	id_make("sig_", now, k.id);
	sig_random(seed, sizeof(seed));
	EVP_PKEY *key = key_of_seed(seed);
	public_of(key, k.public_key);
	EVP_PKEY_free(key);
	name_context(k.id, context);
	vault_seal(vault, context, seed, sizeof(seed), sealed);
	sig_wipe(seed, sizeof(seed));
	conn_run(c, SQL_SIGNING_KEY_INSERT, "tbbi", k.id, sealed,
	    sizeof(sealed), k.public_key, sizeof(k.public_key), now);
	signing_key_text(&k, text);
	snprintf(detail, sizeof(detail), "{\"public_key\":\"%s\"%s}", text,
	    particulars);
	audit_write(c, now, actor, action, k.id, detail);
}

void
signing_key_ensure(struct conn *c, const struct vault *vault, int64_t now,
    const char *actor)
{
	struct signing_key live[SIGNING_KEYS_MAX];

	/* Two that look at once would both make the first. */
	audit_queue(c);
	if (signing_key_live(c, NULL, now, live) == 0)
		make(c, vault, now, actor, "signing_key.created", "");
}

const char *
signing_key_rotate(struct conn *c, const struct vault *vault,
    int64_t overlap, int64_t now, const char *actor)
{
	struct signing_key live[SIGNING_KEYS_MAX];
	char particulars[64];

	if (overlap < 0 || overlap > WEBHOOK_OVERLAP_MAX)
		return "an old key can sign on for 0 seconds to 7 days";
	audit_queue(c);
	if (overlap > 0 &&
	    signing_key_live(c, NULL, now, live) == SIGNING_KEYS_MAX)
		return "ten keys sign already: wait until one has expired, "
		    "or rotate without an overlap";
	/* Those that end sooner than that already keep their end. */
	conn_run(c, SQL_SIGNING_KEYS_EXPIRE, "i", now + overlap);
	snprintf(particulars, sizeof(particulars), ",\"overlap_ms\":%lld",
	    (long long)overlap);
	make(c, vault, now, actor, "signing_key.rotated", particulars);
	return conn_failed(c);
}

void
signing_key_sign(const struct signing_key *k, const void *data, size_t n,
    uint8_t out[SIGNING_KEY_SIGNATURE])
{
	size_t written = SIGNING_KEY_SIGNATURE;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	/* ed25519 brings its own digest. */
	if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, NULL, NULL,
	    k->private_key) != 1 ||
	    EVP_DigestSign(ctx, out, &written, data, n) != 1 ||
	    written != SIGNING_KEY_SIGNATURE)
		sig_die("ed25519");
	EVP_MD_CTX_free(ctx);
}

void
signing_key_text(const struct signing_key *k, char out[SIGNING_KEY_TEXT_SIZE])
{
	memcpy(out, "whpk_", 5);
	base64_encode(k->public_key, SIGNING_KEY_PUBLIC, out + 5);
}

void
signing_key_write_jwk(struct jsonw *w, const struct signing_key *k)
{
	char x[X_SIZE], text[SIGNING_KEY_TEXT_SIZE];

	base64url_encode(k->public_key, SIGNING_KEY_PUBLIC, x);
	signing_key_text(k, text);
	jsonw_object(w, NULL);
	jsonw_text(w, "kty", "OKP");
	jsonw_text(w, "crv", "Ed25519");
	jsonw_text(w, "use", "sig");
	jsonw_text(w, "alg", "EdDSA");
	jsonw_text(w, "kid", k->id);
	jsonw_text(w, "x", x);
	jsonw_text(w, "x_whpk", text);
	jsonw_end_object(w);
}

void
signing_key_write(struct jsonw *w, const struct signing_key *k)
{
	char text[SIGNING_KEY_TEXT_SIZE];

	signing_key_text(k, text);
	jsonw_object(w, NULL);
	jsonw_text(w, "id", k->id);
	jsonw_text(w, "public_key", text);
	jsonw_time(w, "created_at", k->created_at);
	jsonw_time(w, "expires_at", k->expires_at);
	jsonw_end_object(w);
}
