/* SPDX-License-Identifier: ISC */
/* totp.c - codes that change with the time. */
#include "totp.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "sig.h"

enum { SHA1_SIZE = 20, CODES = 1000000 };

int64_t
totp_step(int64_t now_s)
{
	return now_s / TOTP_STEP_S;
}

void
totp_code(const void *secret, size_t n, int64_t step,
    char out[TOTP_CODE_SIZE])
{
	uint8_t counter[8], mac[SHA1_SIZE];
	unsigned int len = sizeof(mac);

	for (size_t i = 0; i < sizeof(counter); i++)
		counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
	if (HMAC(EVP_sha1(), secret, (int)n, counter, sizeof(counter), mac,
	    &len) == NULL || len != sizeof(mac))
		sig_die("HMAC-SHA-1");
	const uint8_t *at = mac + (mac[SHA1_SIZE - 1] & 15);
	uint32_t number = (uint32_t)(at[0] & 0x7f) << 24 |
	    (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	snprintf(out, TOTP_CODE_SIZE, "%06u", number % CODES);
	sig_wipe(mac, sizeof(mac));
}

int64_t
totp_find(const void *secret, size_t n, int64_t now_s, int64_t after,
    const char *code)
{
	int64_t now = totp_step(now_s), found = -1;
	char expected[TOTP_CODE_SIZE];

	if (strlen(code) != TOTP_CODE_SIZE - 1)
		return -1;
	for (int64_t step = now - TOTP_DRIFT; step <= now + TOTP_DRIFT;
	    step++) {
		totp_code(secret, n, step, expected);
		if (sig_equal(expected, code, TOTP_CODE_SIZE - 1) &&
		    step > after)
			found = step;
	}
	sig_wipe(expected, sizeof(expected));
	return found;
}

void
totp_secret_text(const uint8_t secret[TOTP_SECRET_BYTES],
    char out[TOTP_SECRET_SIZE])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t bits = 0;
	int held = 0;
	size_t n = 0;

	for (size_t i = 0; i < TOTP_SECRET_BYTES; i++) {
		bits = bits << 8 | secret[i];
		for (held += 8; held >= 5; held -= 5)
			out[n++] = digits[bits >> (held - 5) & 31];
	}
	out[n] = '\0';
}
