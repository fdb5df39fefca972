/* SPDX-License-Identifier: ISC */
/* password.c - operators' passwords under scrypt. */
#include "password.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "sig.h"

enum {
	SALT_BYTES = 16,
	HASH_BYTES = 32,
	AT_ONCE = 2,		/* in turn: each takes 32 MiB */

	/* What a stored form may ask for: at most 128 MiB, four times. */
	LOG_N_MAX = 17,
	R_MAX = 8,
	P_MAX = 4
};

struct cost {
	unsigned int log_n, r, p;
};

static const struct cost usual = { 15, 8, 1 };

static const char prefix[] = "scrypt:";

static sem_t checking;
static pthread_once_t checking_once = PTHREAD_ONCE_INIT;

/* Crockford's base 32: without i, l, o and u, nothing looks like a digit. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

const char *
password_acceptable(const char *password)
{
	size_t n = strlen(password);

	if (n < PASSWORD_MIN)
		return "The password needs at least 12 characters.";
	if (n > PASSWORD_MAX)
		return "The password has more than 256 bytes.";
	return NULL;
}

static void
derive(const char *password, const uint8_t salt[SALT_BYTES],
    const struct cost *cost, uint8_t out[HASH_BYTES])
{
	uint64_t n = UINT64_C(1) << cost->log_n;
	/* The tables take 128 r (N + p) bytes, the working block a few more. */
	uint64_t need = UINT64_C(128) * cost->r * (n + cost->p + 2) + 65536;

	if (EVP_PBE_scrypt(password, strlen(password), salt, SALT_BYTES, n,
	    cost->r, cost->p, need, out, HASH_BYTES) != 1)
		sig_die("scrypt");
}

void
password_hash(const char *password, char *out, size_t size)
{
	uint8_t salt[SALT_BYTES], hash[HASH_BYTES];
	char salt_hex[2 * SALT_BYTES + 1], hash_hex[2 * HASH_BYTES + 1];

	if (size < PASSWORD_STORED_SIZE)
		sig_die("storing a password in so little");
	sig_random(salt, sizeof(salt));
	derive(password, salt, &usual, hash);
	hex_encode(salt, sizeof(salt), salt_hex);
	hex_encode(hash, sizeof(hash), hash_hex);
	snprintf(out, size, "%s%u:%u:%u:%s:%s", prefix, usual.log_n, usual.r,
	    usual.p, salt_hex, hash_hex);
	sig_wipe(hash, sizeof(hash));
	sig_wipe(hash_hex, sizeof(hash_hex));
}

/* Reads "<1 to max>:" without leading zeros and steps past it. */
static bool
read_cost(const char **text, unsigned int max, unsigned int *out)
{
	const char *p = *text;
	unsigned int value = 0;

	if (*p == '0')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		value = 10 * value + (unsigned int)(*p - '0');
		if (value > max)
			return false;
	}
	if (value == 0 || *p != ':')
		return false;
	*text = p + 1;
	*out = value;
	return true;
}

static bool
read_stored(const char *stored, struct cost *cost, uint8_t salt[SALT_BYTES],
    uint8_t hash[HASH_BYTES])
{
	const size_t prefix_len = sizeof(prefix) - 1;

	if (strncmp(stored, prefix, prefix_len) != 0)
		return false;
	stored += prefix_len;
	if (!read_cost(&stored, LOG_N_MAX, &cost->log_n) ||
	    !read_cost(&stored, R_MAX, &cost->r) ||
	    !read_cost(&stored, P_MAX, &cost->p))
		return false;
	/* RFC 7914 wants N below 2 to the power of 16 r. */
	if (cost->log_n >= 16 * cost->r)
		return false;
	return strlen(stored) == 2 * SALT_BYTES + 1 + 2 * HASH_BYTES &&
	    hex_decode(stored, 2 * SALT_BYTES, salt, SALT_BYTES) &&
	    stored[2 * SALT_BYTES] == ':' &&
	    hex_decode(stored + 2 * SALT_BYTES + 1, 2 * HASH_BYTES, hash,
	    HASH_BYTES);
}

void
password_dummy_check(void)
{
	static const uint8_t salt[SALT_BYTES];
	uint8_t hash[HASH_BYTES];

	derive("nobody's password", salt, &usual, hash);
	sig_wipe(hash, sizeof(hash));
}

bool
password_check(const char *stored, const char *password)
{
	struct cost cost;
	uint8_t salt[SALT_BYTES], expected[HASH_BYTES], hash[HASH_BYTES];

	if (strnlen(password, PASSWORD_MAX + 1) > PASSWORD_MAX ||
	    !read_stored(stored, &cost, salt, expected)) {
		password_dummy_check();	/* the time must not tell */
		return false;
	}
	derive(password, salt, &cost, hash);
	bool good = sig_equal(hash, expected, sizeof(hash));
	sig_wipe(hash, sizeof(hash));
	sig_wipe(expected, sizeof(expected));
	return good;
}

static void
start_checking(void)
{
	sem_init(&checking, 0, AT_ONCE);
}

static void
wait_for_turn(void)
{
	pthread_once(&checking_once, start_checking);
	while (sem_wait(&checking) != 0)
		continue;
}

void
password_hash_in_turn(const char *password, char *out, size_t size)
{
	wait_for_turn();
	password_hash(password, out, size);
	sem_post(&checking);
}

bool
password_check_in_turn(const char *stored, const char *password)
{
	bool good = false;

	wait_for_turn();
	if (stored != NULL)
		good = password_check(stored, password);
	else
		password_dummy_check();
	sem_post(&checking);
	return good;
}

void
password_make(char out[PASSWORD_MADE_SIZE])
{
	const size_t n = PASSWORD_MADE_SIZE - 1;

	sig_random(out, n);
	/* 32 divides 256: no character is likelier than another. */
	for (size_t i = 0; i < n; i++)
		out[i] = alphabet[out[i] & 31];
	out[n] = '\0';
}
