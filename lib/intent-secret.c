/* SPDX-License-Identifier: ISC */
/* intent-secret.c - the client secret of a payment: derived, never kept. */
#include "intent.h"

#include <stdio.h>
#include <string.h>

#include "sig.h"

enum { SECRET_DIGITS = 40 };	/* hex, of the 64 that there are */

/* By the master key of this number; false: there are not so many. */
static bool
derive(const struct vault *vault, size_t number, const char *id,
    char out[INTENT_SECRET_SIZE])
{
	uint8_t key[32];
	char hex[SHA256_HEX_SIZE];

	if (!vault_derive_nth(vault, number, "client-secret", key))
		return false;
	sig_hmac_hex(key, sizeof(key), id, strlen(id), hex);
	snprintf(out, INTENT_SECRET_SIZE, "%.40s_secret_%.*s", id,
	    SECRET_DIGITS, hex);
	sig_wipe(key, sizeof(key));
	sig_wipe(hex, sizeof(hex));
	return true;
}

char *
intent_secret(const struct vault *vault, const char *id,
    char out[INTENT_SECRET_SIZE])
{
	(void)derive(vault, 0, id, out);
	return out;
}

bool
intent_secret_is(const struct vault *vault, const char *id,
    const char *secret)
{
	char right[INTENT_SECRET_SIZE];

	/* What is longer than any name of ours has no secret. */
	if (strncmp(id, "pi_", 3) != 0 || strlen(id) >= ID_SIZE)
		return false;
	bool good = false;
	/* Payers may have one that was made before the master key changed. */
	for (size_t i = 0; !good && derive(vault, i, id, right); i++)
		/* The length is no secret: it follows from the name's. */
		good = strlen(secret) == strlen(right) &&
		    sig_equal(secret, right, strlen(right));
	sig_wipe(right, sizeof(right));
	return good;
}
