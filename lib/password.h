/* SPDX-License-Identifier: ISC */
/*
 * password.h - operators' passwords, and buyers' PINs.
 *
 * A password is kept as "scrypt:15:8:1:<salt hex>:<hash hex>": the base-2
 * logarithm of N, r, p, 16 bytes of salt, 32 bytes of hash. The parameters
 * stand with each hash so that they can be raised later; checking takes any
 * within bounds that do not exhaust the host. One check takes about 32 MiB
 * and a tenth of a second, which is its purpose.
 */
#ifndef PASSWORD_H
#define PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

enum {
	PASSWORD_MIN = 12,		/* bytes */
	PASSWORD_MAX = 256,		/* bytes */
	PASSWORD_STORED_SIZE = 128,	/* holds any stored form */
	PASSWORD_MADE_SIZE = 21		/* holds a made password */
};

/* NULL where it may be chosen, else a constant sentence for its owner. */
const char	*password_acceptable(const char *password);

/*
 * The stored form under a new salt. size is at least PASSWORD_STORED_SIZE;
 * the process stops where it is not, or where memory is lacking.
 */
void		 password_hash(const char *password, char *out, size_t size);

/* The same of so few at once, as in password_check_in_turn. */
void		 password_hash_in_turn(const char *password, char *out,
		    size_t size);

/*
 * Does the password belong to the stored form? false also for a stored form
 * that is malformed or beyond the bounds, and for more than PASSWORD_MAX
 * bytes of password. Constant time in the hash.
 */
bool		 password_check(const char *stored, const char *password);

/*
 * Takes as long as a check that fails: call it where there is no such
 * account, or the time would tell which accounts there are.
 */
void		 password_dummy_check(void);

/*
 * password_check, or for NULL as stored form password_dummy_check, of so few
 * at once in this process that their memory does not exhaust the host: the
 * others wait. For whoever checks what comes from outside.
 */
bool		 password_check_in_turn(const char *stored,
		    const char *password);

/* A random password of 20 characters, 100 bits, none easily misread. */
void		 password_make(char out[PASSWORD_MADE_SIZE]);

#endif
