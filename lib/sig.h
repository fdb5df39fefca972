/* SPDX-License-Identifier: ISC */
/*
 * sig.h - digests, signatures, randomness, and what must not leak.
 *
 * Everything is libcrypto's; this module only fixes the forms we use. When
 * libcrypto or the system's random source fails, the process stops.
 */
#ifndef SIG_H
#define SIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

enum {
	SHA256_SIZE = 32,	/* bytes of a digest */
	SHA256_HEX_SIZE = 65,	/* its hex text with the NUL */
	BASE64_MAX = 512	/* characters that base64_decode takes */
};

void	sig_sha256(const void *, size_t, uint8_t out[SHA256_SIZE]);

/* HMAC-SHA256 of data under key; hex is lower case. */
void	sig_hmac(const void *key, size_t key_len, const void *data,
	    size_t len, uint8_t out[SHA256_SIZE]);
void	sig_hmac_hex(const void *key, size_t key_len, const void *data,
	    size_t len, char out[SHA256_HEX_SIZE]);

/* The same over pieces as if they were joined: spares copying a body. */
void	sig_hmac_slices(const void *key, size_t key_len,
	    const struct slice *, size_t count, uint8_t out[SHA256_SIZE]);

/* Constant-time comparison of n bytes; the only way secrets are compared. */
bool	sig_equal(const void *, const void *, size_t n);

/*
 * Is text exactly the 64 lower-case hex digits of mac? Constant time in the
 * digits; anything but 64 of [0-9a-f] is false.
 */
bool	sig_hex_equal(const uint8_t mac[SHA256_SIZE], const char *text,
	    size_t n);

/* Overwrites a secret in a way the compiler does not remove. */
void	sig_wipe(void *, size_t);

/* Random bytes from the system. */
void	sig_random(void *, size_t);

/* Says on stderr which step failed and stops the process. */
_Noreturn void sig_die(const char *what);

/* Lower-case hex of n bytes; out holds 2n+1. */
void	hex_encode(const void *, size_t n, char *out);

/* Two hex digits of any case a byte; false unless text is exactly 2n digits. */
bool	hex_decode(const char *text, size_t text_len, void *out, size_t n);

/* Base64 with padding (RFC 4648 4); out holds 4*((n+2)/3)+1 bytes. */
void	base64_encode(const void *, size_t n, char *out);

/* Strict: whole groups, padded, BASE64_MAX at the most. As base64url_decode
 * else. */
int	base64_decode(const char *text, size_t n, void *out, size_t size);

/*
 * Base64url without padding (RFC 4648 5). encode: out holds 4*((n+2)/3)+1.
 * decode: returns the number of bytes, or -1 for bad text or a full buffer.
 */
void	base64url_encode(const void *, size_t n, char *out);
int	base64url_decode(const char *text, size_t n, void *out, size_t size);

#endif
