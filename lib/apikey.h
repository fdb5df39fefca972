/* SPDX-License-Identifier: ISC */
/*
 * apikey.h - issuing and revoking the keys of partners' back ends.
 */
#ifndef APIKEY_H
#define APIKEY_H

#include "conn.h"
#include "id.h"
#include "json.h"
#include "vault.h"

enum { APIKEY_SIZE = 64 };	/* holds a key or a secret */

/* A new key, shown once. Wipe it after use. */
struct apikey {
	char	id[ID_SIZE];
	char	key[APIKEY_SIZE];	/* cp_<live|test>_<partner|platform>_... */
	char	hmac_secret[APIKEY_SIZE];
};

/*
 * Issues a key with 256 random bits and an HMAC secret of its own, in the
 * caller's transaction. partner_id NULL: platform-wide. False where the
 * partner does not exist (or conn_failed).
 */
bool	apikey_add(struct conn *, const struct vault *, bool live,
	    const char *partner_id, const char *name, int64_t now,
	    const char *actor, struct apikey *);

/* A key as commands and pages show it: never its secrets. The current row of
 * SQL_API_KEYS, as an object in an array. */
void	apikey_write(struct jsonw *, struct rows *);

/* Revokes it; false where there is no such live key. */
bool	apikey_revoke(struct conn *, const char *id, int64_t now,
	    const char *actor);

#endif
