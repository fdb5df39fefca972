/* SPDX-License-Identifier: ISC */
/*
 * factor.h - the second factor of operators: codes of an authenticator
 * (lib/totp.h) and, where it is lost, recovery codes that serve once.
 *
 * A secret counts from the first code of it on; till then an older one goes
 * on. No code is taken twice, nor one that is older than the last taken.
 */
#ifndef FACTOR_H
#define FACTOR_H

#include "password.h"
#include "request.h"
#include "totp.h"

enum {
	FACTOR_RECOVERY_CODES = 10,
	FACTOR_CODE_MAX = 64,		/* characters of a code as typed */
	FACTOR_ENROL_MS = 15 * 60 * 1000 /* for the first code of a secret */
};

/* Of the setting: is anybody asked for a code? Does everybody need one? */
bool		 factor_asked(const struct conf *);
bool		 factor_required(const struct conf *);

/*
 * Is this a code of the request's operator, or a recovery code, that was not
 * used yet? Then it is used now. Inside a transaction.
 */
bool		 factor_take_code(struct conn *, struct request *,
		    const char *code);

/* Makes the operator's next secret, in a transaction; its text into out. */
void		 factor_begin(struct conn *, struct request *,
		    char out[TOTP_SECRET_SIZE]);

/*
 * The next secret counts from now on, and old recovery codes no more; false
 * where there is none, or the code is not of it. With its audit event.
 */
bool		 factor_confirm(struct conn *, struct request *,
		    const char *code);

/* Ten new recovery codes in place of the old ones, for being shown once. */
void		 factor_recovery(struct conn *, struct request *,
		    char out[FACTOR_RECOVERY_CODES][PASSWORD_MADE_SIZE]);

/* Takes an operator's second factor away. Without an audit event. */
void		 factor_drop(struct conn *, const char *operator_id);

/* What authenticators read from a picture or a link: otpauth://totp/... */
const char	*factor_uri(struct request *, const char *secret);

#endif
