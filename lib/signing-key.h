/* SPDX-License-Identifier: ISC */
/*
 * signing-key.h - the gateway's own ed25519 keys, for receivers of webhooks
 * that want to hold no secret.
 *
 * There is none until one is needed. From then on exactly one has no end;
 * its predecessors sign beside it until they expire. The private part is
 * sealed for its row, and in clear only inside libcrypto; the public part is
 * served by /api/v1/webhooks/keys.
 */
#ifndef SIGNING_KEY_H
#define SIGNING_KEY_H

#include "conn.h"
#include "id.h"
#include "json.h"
#include "vault.h"

enum {
	SIGNING_KEY_PUBLIC = 32,	/* bytes of a public key */
	SIGNING_KEY_SIGNATURE = 64,	/* bytes of a signature */
	SIGNING_KEY_TEXT_SIZE = 5 + 44 + 1, /* "whpk_", base64, NUL */
	SIGNING_KEYS_MAX = 10		/* that sign at once */
};

struct signing_key {
	char			 id[ID_SIZE];
	uint8_t			 public_key[SIGNING_KEY_PUBLIC];
	int64_t			 created_at;
	int64_t			 expires_at;	/* 0: it has no end */
	struct evp_pkey_st	*private_key;	/* NULL: not asked for */
};

/*
 * The keys that sign now, the newest first; returns how many. With a vault
 * their private parts are read as well, a key whose private part does not
 * open or does not fit its public one is left out, and signing_keys_close
 * has to be called. With NULL there are only the public parts.
 */
size_t		 signing_key_live(struct conn *, const struct vault *,
		    int64_t now, struct signing_key out[SIGNING_KEYS_MAX]);

/* Forgets the private parts. */
void		 signing_keys_close(struct signing_key *, size_t n);

/* Makes the first key where there is none, in the caller's transaction. */
void		 signing_key_ensure(struct conn *, const struct vault *,
		    int64_t now, const char *actor);

/*
 * Makes a new key, in the caller's transaction. The ones before it sign
 * beside it for overlap milliseconds more, 0 to WEBHOOK_OVERLAP_MAX. NULL,
 * or a sentence.
 */
const char	*signing_key_rotate(struct conn *, const struct vault *,
		    int64_t overlap, int64_t now, const char *actor);

/* Signs n bytes with a key whose private part was read. */
void		 signing_key_sign(const struct signing_key *, const void *,
		    size_t n, uint8_t out[SIGNING_KEY_SIGNATURE]);

/* The public key as Standard Webhooks writes it: whpk_<base64>. */
void		 signing_key_text(const struct signing_key *,
		    char out[SIGNING_KEY_TEXT_SIZE]);

/* The same as a JSON Web Key (RFC 8037), with kid and x_whpk. */
void		 signing_key_write_jwk(struct jsonw *,
		    const struct signing_key *);

/* A key as the command shows it: id, public_key, created_at, expires_at. */
void		 signing_key_write(struct jsonw *, const struct signing_key *);

#endif
