/* SPDX-License-Identifier: ISC */
/*
 * totp.h - codes that change with the time (RFC 6238), as authenticator
 * programs on phones show them: HMAC-SHA-1, steps of 30 seconds, six digits.
 */
#ifndef TOTP_H
#define TOTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TOTP_STEP_S = 30,
	TOTP_DRIFT = 1,			/* steps that a clock may be off */
	TOTP_SECRET_BYTES = 20,		/* 160 bits, as RFC 4226 wants */
	TOTP_SECRET_SIZE = 33,		/* its base 32 text with the NUL */
	TOTP_CODE_SIZE = 7		/* six digits and the NUL */
};

/* The step of a moment in seconds since 1970. */
int64_t	totp_step(int64_t now_s);

/* The code of a step; secret is n bytes. */
void	totp_code(const void *secret, size_t n, int64_t step,
	    char out[TOTP_CODE_SIZE]);

/*
 * The step whose code this is: of those no further than TOTP_DRIFT from now
 * and later than `after`, the last one taken; -1: of none. Constant time in
 * the digits.
 */
int64_t	totp_find(const void *secret, size_t n, int64_t now_s,
	    int64_t after, const char *code);

/* Base 32 without padding (RFC 4648 6) of a secret. */
void	totp_secret_text(const uint8_t secret[TOTP_SECRET_BYTES],
	    char out[TOTP_SECRET_SIZE]);

#endif
