/* SPDX-License-Identifier: ISC */
/*
 * webhook-sign.h - the signatures of one attempt to deliver one event.
 *
 * Three forms of the same promise, each over the very bytes of the body:
 *   X-Clive-Signature	HMAC of the body, hex. One value, made with the oldest
 *			secret that still signs, so that a receiver which knows
 *			one secret at a time changes it when the overlap ends.
 *   Soxara-Signature	t=<seconds>,v1=<hex>[,v1=...] over "t.body", one v1 a
 *			secret; the key is the whole text of the secret.
 *   webhook-id, webhook-timestamp, webhook-signature
 *			Standard Webhooks: "v1,<base64>" a secret and
 *			"v1a,<base64>" an ed25519 key, over
 *			"id.timestamp.body"; for the key of v1 see
 *			webhook_sign_key.
 * HMAC is HMAC-SHA256 everywhere; the newest secret and key come first. No
 * database, no clock, nothing kept: the same arguments give the same lines.
 */
#ifndef WEBHOOK_SIGN_H
#define WEBHOOK_SIGN_H

#include "arena.h"
#include "signing-key.h"
#include "webhook.h"

enum {
	WEBHOOK_SIGN_HEADERS = 5,
	WEBHOOK_SIGN_LINE_MAX = 2048	/* bytes of "name: value" and NUL */
};

/* What an endpoint's deliveries are signed with (webhook_signer_read). */
struct webhook_signer {
	size_t			 secrets;	/* how many; at least one */
	char			*secret[WEBHOOK_SECRETS_MAX];
	size_t			 keys;
	struct signing_key	 key[SIGNING_KEYS_MAX];
};

/* A header of a request. */
struct webhook_header {
	const char	*name;
	const char	*value;
};

/*
 * Signs an attempt made at a moment (milliseconds). The values live in the
 * arena; their order is the one above.
 */
void	webhook_sign(const struct webhook_signer *, const char *event_id,
	    int64_t now, struct slice body, struct arena *,
	    struct webhook_header out[WEBHOOK_SIGN_HEADERS]);

/* Wipes the secrets and forgets the private keys. */
void	webhook_signer_wipe(struct webhook_signer *);

/*
 * The HMAC key that Standard Webhooks makes of a secret: the bytes behind
 * whsec_, where that is base64 of 24 to 64 bytes, else the text itself.
 * Returns how many; out holds WEBHOOK_SECRET_MAX. Wipe it after use.
 */
size_t	webhook_sign_key(const char *secret, uint8_t out[WEBHOOK_SECRET_MAX]);

#endif
