/* SPDX-License-Identifier: ISC */
/*
 * merchant.h - merchants, who call the Payments API, and their keys.
 *
 * A merchant is a client of a partner in one of two modes. Its key, which is
 * shown once, is sxm_test_ or sxm_live_, a prefix of 8 characters that it is
 * found by and that may be shown and logged, and 32 characters of secret, of
 * which only the SHA-256 is kept (soxara.md 2). The mode comes from the key
 * alone; nothing of one mode is ever found with a key of the other.
 */
#ifndef MERCHANT_H
#define MERCHANT_H

#include <stdbool.h>

#include "conn.h"
#include "fault.h"
#include "id.h"

struct arena;
struct jsonw;
struct request;

/* What a key may do, as a set; the words are "payments:read" and so on. */
enum {
	SCOPE_PAYMENTS_READ = 1 << 0,
	SCOPE_PAYMENTS_WRITE = 1 << 1,
	SCOPE_REFUNDS_READ = 1 << 2,
	SCOPE_REFUNDS_WRITE = 1 << 3,
	SCOPE_WEBHOOKS_READ = 1 << 4,
	SCOPE_WEBHOOKS_WRITE = 1 << 5,
	SCOPE_EVENTS_READ = 1 << 6,
	SCOPE_EVENTS_WRITE = 1 << 7,	/* resend */
	SCOPE_WALLETS_READ = 1 << 8,
	SCOPE_TRANSFERS_WRITE = 1 << 9,
	SCOPE_KEYS_WRITE = 1 << 10,	/* revoke */
	SCOPES_ALL = (1 << 11) - 1
};

/* Who calls. */
struct merchant {
	char		 key_id[ID_SIZE];	/* mk_... */
	char		 partner_id[65];
	char		 client_id[65];
	bool		 live;
	unsigned int	 scopes;
	/* "<partner>/<client>/test" or .../live: whose idempotency keys and
	 * rate these are. */
	char		 owner[144];
};

enum { MERCHANT_KEY_SIZE = 56 };	/* bytes that hold a key */

/*
 * Makes a key for a client, with its audit event; text is the key in clear,
 * to be wiped after it was shown. NULL, or a sentence (no such client, name
 * or scopes). scopes are words with commas or blanks between them; NULL: all.
 */
const char	*merchant_key_add(struct conn *, const char *partner_id,
		    const char *client_id, bool live, const char *name,
		    const char *scopes, int64_t now, const char *actor,
		    char id[ID_SIZE], char text[MERCHANT_KEY_SIZE]);

/* Ends a key for good, with its audit event; false where there is none, or
 * it is revoked already. */
bool		 merchant_key_revoke(struct conn *, const char *id,
		    int64_t now, const char *actor);

/*
 * The merchant whose key this is ("sxm_..."). False where it is malformed,
 * unknown or revoked (or conn_failed). Takes the same time whichever of the
 * last two.
 */
bool		 merchant_find(struct conn *, const char *key,
		    struct merchant *);

/* A key as commands and pages show it: never its secret. The current row of
 * SQL_MERCHANT_KEYS and its like, as an object; key as in json.h. */
void		 merchant_key_write(struct jsonw *, const char *key,
		    struct rows *);

/* "merchant:<key id>", for the audit log; in the request's arena. With a
 * client secret alone it is "payer". */
const char	*merchant_actor(struct request *);

#endif
