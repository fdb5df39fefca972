/* SPDX-License-Identifier: ISC */
/*
 * webhook.h - the endpoints where partners want to be told.
 */
#ifndef WEBHOOK_H
#define WEBHOOK_H

#include "conn.h"
#include "id.h"
#include "vault.h"

enum {
	WEBHOOK_SECRET_MIN = 16,	/* characters of a chosen secret */
	WEBHOOK_SECRET_MAX = 200,
	WEBHOOK_ATTEMPTS = 3		/* by default (clive.md 7) */
};

struct webhook {
	const char		*partner_id;
	const char		*name;
	const char		*url;
	const char		*secret;	/* in clear; wipe after use */
	const char *const	*events;	/* ended by NULL */
	int64_t			 max_attempts;
	char			 id[ID_SIZE];	/* filled in */
};

/*
 * Is this an acceptable endpoint? NULL, or a sentence: the URL must be
 * http(s) without user and password; in live mode https, and not by itself a
 * loopback or private address.
 */
const char	*webhook_check_url(const char *url, bool live);

/*
 * Makes an endpoint, in the caller's transaction. NULL, or a sentence that
 * says what is wrong (no such partner, name, URL, secret or event type).
 */
const char	*webhook_add(struct conn *, const struct vault *, bool live,
		    struct webhook *, int64_t now, const char *actor);

/* Replaces the secret; NULL, or a sentence. */
const char	*webhook_rotate(struct conn *, const struct vault *,
		    const char *id, const char *secret, int64_t now,
		    const char *actor);

/* Switches an endpoint on or off; false where there is none or it is so. */
bool		 webhook_set_active(struct conn *, const char *id, bool active,
		    int64_t now, const char *actor);

/* The secret of an endpoint from its sealed form; NULL: does not open. */
char		*webhook_secret(const struct vault *, const char *id,
		    struct slice sealed, struct arena *);

/* A random secret, whsec_ and 256 bits; out holds 64 bytes. */
void		 webhook_make_secret(char out[64]);

#endif
