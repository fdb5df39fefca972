/* SPDX-License-Identifier: ISC */
/*
 * operator.h - the people who use the admin page: signing in and out.
 *
 * A sign-in gives a bearer token (lib/token.h) that names a session row; the
 * row can be ended on this side at any time. Failed sign-ins are counted per
 * account and address together: after LOGIN_FREE failures each further one
 * blocks for twice as long, from LOGIN_BLOCK_MS up to LOGIN_BLOCK_MAX_MS; and
 * more loosely per address and per account. The answer for an unknown account
 * is the same, in text and in time.
 */
#ifndef OPERATOR_H
#define OPERATOR_H

#include "request.h"

enum {
	OPERATOR_EMAIL_SIZE = 255,	/* bytes with the NUL */
	LOGIN_FREE = 5,
	LOGIN_BLOCK_MS = 30 * 1000,
	LOGIN_BLOCK_MAX_MS = 15 * 60 * 1000
};

/* Checks `Authorization: Bearer`, its session and account; fills
 * rq->operator. */
const struct fault *operator_check(struct request *);

/* The role of an operator as one of app.h's; 0: no such role. */
unsigned int	 operator_role(const struct operator *);

/*
 * Signs in. On success rq->operator is filled in and the token's text is
 * appended to token. Writes the audit events of success and failure.
 */
const struct fault *operator_sign_in(struct request *, const char *email,
		    const char *password, struct buf *token);

/* An address as accounts are filed under: in lower case. */
void		 operator_email(const char *email,
		    char to[OPERATOR_EMAIL_SIZE]);

/* Writes expires_at, operator{email, role} and mode into an open object. */
void		 operator_write(struct jsonw *, struct request *);

/* Ends the session of this request. */
const struct fault *operator_sign_out(struct request *);

/*
 * Makes an account, in a transaction. password is hashed already
 * (lib/password.h). False where the e-mail address has one.
 */
bool		 operator_add(struct conn *, const char *email,
		    const char *password_hash, const char *role,
		    int64_t now, const char *actor);

#endif
