/* SPDX-License-Identifier: ISC */
/*
 * operator.h - the people who use the admin page: signing in and out.
 *
 * Whoever has a second factor signs in by two steps: the password gives a
 * ticket for OPERATOR_TICKET_MS, the ticket and a code a bearer token
 * (lib/token.h). Both name a session row, which can be ended on this side at
 * any time; a ticket's row opens nothing. A token whose owner has yet to
 * choose a password, or has to set up a second factor, opens no more than
 * actions marked `unfinished`.
 *
 * Failed sign-ins are counted per account and address together: after
 * LOGIN_FREE failures each further one blocks for twice as long, from
 * LOGIN_BLOCK_MS up to LOGIN_BLOCK_MAX_MS; and more loosely per address and
 * per account. The answer for an unknown account is the same, in text and in
 * time. Wrong codes are counted per account, from wherever they come: who
 * gets so far knows the password.
 */
#ifndef OPERATOR_H
#define OPERATOR_H

#include "request.h"

enum {
	OPERATOR_EMAIL_SIZE = 255,	/* bytes with the NUL */
	OPERATOR_TICKET_MS = 5 * 60 * 1000,
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
 * The first step. On success rq->operator is filled in, and token has a
 * token's text appended; a ticket's where *ticket is set. Writes the audit
 * events of success and failure.
 */
const struct fault *operator_sign_in(struct request *, const char *email,
		    const char *password, struct buf *token, bool *ticket);

/* The second step: a ticket and a code, or a recovery code. */
const struct fault *operator_second_step(struct request *,
		    const char *ticket, const char *code, struct buf *token);

/*
 * Is it really the operator of this session who asks? NULL, or FAULT_PROOF,
 * or FAULT_LOGIN_THROTTLED. code may be NULL where there is no second factor;
 * a code that is right is used up. No part of a transaction.
 */
const struct fault *operator_prove(struct request *, const char *password,
		    const char *code);

/* An address as accounts are filed under: in lower case. */
void		 operator_email(const char *email,
		    char to[OPERATOR_EMAIL_SIZE]);

/* Writes expires_at, operator{email, role, must} and mode into an open
 * object; must says what has to be done first: password, second_factor. */
void		 operator_write(struct jsonw *, struct request *);

/* Ends the session of this request. */
const struct fault *operator_sign_out(struct request *);

/* "operator:<email>" of the request's operator, for the audit log. */
const char	*operator_actor(struct request *);

/*
 * Makes an account, in a transaction. password is hashed already
 * (lib/password.h). False where the e-mail address has one.
 */
bool		 operator_add(struct conn *, const char *email,
		    const char *password_hash, const char *role,
		    int64_t now, const char *actor);

/* ------------------------------------ between the files of this module */

enum { OPERATOR_SUBJECTS = 4, OPERATOR_SUBJECT_SIZE = 96 + 65 };

/* What failures are counted for (operator-tries.c). */
struct operator_tries {
	char	subject[OPERATOR_SUBJECTS][OPERATOR_SUBJECT_SIZE];
	bool	counts[OPERATOR_SUBJECTS];
	int64_t	blocked_until;		/* of the worst of them */
};

/* Of an account from the request's address: passwords, codes, or both. */
void		 operator_tries_name(struct operator_tries *, struct request *,
		    const char *email, bool password, bool code);

/*
 * Counts a try as failed before it is looked at, so that a hundred at once are
 * a hundred; a success takes it back. NULL or FAULT_LOGIN_THROTTLED, with
 * Retry-After.
 */
const struct fault *operator_tries_reserve(struct request *,
		    struct operator_tries *);
void		 operator_tries_clear(struct conn *,
		    const struct operator_tries *);

/* Columns 0 to 5 of SQL_OPERATOR_FIND and SQL_SESSION_FIND. */
void		 operator_of_row(struct request *, struct rows *);

#endif
