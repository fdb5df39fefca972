/* SPDX-License-Identifier: ISC */
/*
 * token.h - the bearer tokens of operators.
 *
 * A token is a JWT (RFC 7519) with one header only,
 * {"alg":"HS256","typ":"JWT"}: what a token says about its own algorithm is
 * compared, never obeyed. A token alone opens nothing: jti names a session
 * that must still be there.
 */
#ifndef TOKEN_H
#define TOKEN_H

#include <stdint.h>

#include "buf.h"

enum {
	TOKEN_KEY_SIZE = 32,
	TOKEN_ID_SIZE = 64,	/* holds an id of up to 63 bytes */
	TOKEN_MAX = 2048,	/* bytes of a token */
	TOKEN_SKEW_S = 60	/* how far ahead the maker's clock may be */
};

struct token_claims {
	char	operator_id[TOKEN_ID_SIZE];	/* sub */
	char	session_id[TOKEN_ID_SIZE];	/* jti */
	char	role[TOKEN_ID_SIZE];
	int64_t	issued_s;			/* iat */
	int64_t	expires_s;			/* exp; dead at this second */
};

enum token_state {
	TOKEN_GOOD,
	TOKEN_MALFORMED,	/* none that we would make */
	TOKEN_FORGED,		/* signed with another key */
	TOKEN_EXPIRED
};

/* Appends the token of the claims; it needs up to TOKEN_MAX bytes. */
void		 token_make(const uint8_t key[TOKEN_KEY_SIZE],
		    const struct token_claims *, struct buf *);

/*
 * Reads a token (NULL: absent). out is filled for TOKEN_GOOD only, and is
 * all zeros otherwise.
 */
enum token_state token_read(const uint8_t key[TOKEN_KEY_SIZE],
		    const char *text, int64_t now_s, struct token_claims *out);

#endif
