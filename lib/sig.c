/* SPDX-License-Identifier: ISC */
/* sig.c - digests, signatures, randomness, and what must not leak. */
#include "sig.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

static const char lower_hex[] = "0123456789abcdef";
static const char url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
sig_die(const char *what)
{
	fprintf(stderr, "clive: %s failed\n", what);
	abort();
}

void
sig_sha256(const void *data, size_t n, uint8_t out[SHA256_SIZE])
{
	if (EVP_Digest(data, n, out, NULL, EVP_sha256(), NULL) != 1)
		sig_die("SHA-256");
}

static pthread_key_t hmac_key;

static void
free_hmac(void *ctx)
{
	EVP_MAC_CTX_free(ctx);
}

static void
make_hmac_key(void)
{
	if (pthread_key_create(&hmac_key, free_hmac) != 0)
		sig_die("pthread_key_create");
}

/*
 * Finding the algorithm takes longer than most HMACs, so each thread keeps
 * one that is set up. NULL: it has none yet.
 */
static EVP_MAC_CTX *
kept_hmac(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_hmac_key);
	return pthread_getspecific(hmac_key);
}

static EVP_MAC_CTX *
new_hmac(void)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		    digest, 0),
		OSSL_PARAM_construct_end()
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);

	if (ctx == NULL || EVP_MAC_CTX_set_params(ctx, params) != 1 ||
	    pthread_setspecific(hmac_key, ctx) != 0)
		sig_die("HMAC-SHA256");
	EVP_MAC_free(mac);
	return ctx;
}

void
sig_hmac_slices(const void *key, size_t key_len, const struct slice *parts,
    size_t count, uint8_t out[SHA256_SIZE])
{
	EVP_MAC_CTX *ctx = kept_hmac();
	size_t written = 0;

	if (ctx == NULL)
		ctx = new_hmac();
	/* libcrypto takes a NULL key for "keep the last one", not "empty". */
	if (EVP_MAC_init(ctx, key != NULL ? key : lower_hex,
	    key != NULL ? key_len : 0, NULL) != 1)
		sig_die("HMAC-SHA256");
	for (size_t i = 0; i < count; i++)
		if (parts[i].n > 0 && EVP_MAC_update(ctx,
		    (const unsigned char *)parts[i].p, parts[i].n) != 1)
			sig_die("HMAC-SHA256");
	if (EVP_MAC_final(ctx, out, &written, SHA256_SIZE) != 1 ||
	    written != SHA256_SIZE)
		sig_die("HMAC-SHA256");
}

void
sig_hmac(const void *key, size_t key_len, const void *data, size_t len,
    uint8_t out[SHA256_SIZE])
{
	const struct slice whole = { data, len };

	sig_hmac_slices(key, key_len, &whole, 1, out);
}

void
sig_hmac_hex(const void *key, size_t key_len, const void *data, size_t len,
    char out[SHA256_HEX_SIZE])
{
	uint8_t mac[SHA256_SIZE];

	sig_hmac(key, key_len, data, len, mac);
	hex_encode(mac, sizeof(mac), out);
}

bool
sig_equal(const void *a, const void *b, size_t n)
{
	return n == 0 || CRYPTO_memcmp(a, b, n) == 0;
}

bool
sig_hex_equal(const uint8_t mac[SHA256_SIZE], const char *text, size_t n)
{
	char expected[SHA256_HEX_SIZE];

	if (text == NULL || n != SHA256_HEX_SIZE - 1)
		return false;
	/* Our side is lower-case hex, so nothing else can be equal to it. */
	hex_encode(mac, SHA256_SIZE, expected);
	return sig_equal(expected, text, n);
}

void
sig_wipe(void *secret, size_t n)
{
	if (n > 0)
		OPENSSL_cleanse(secret, n);
}

void
sig_random(void *out, size_t n)
{
	/* getentropy gives at most 256 bytes a call, and all or nothing. */
	for (uint8_t *p = out; n > 0;) {
		size_t step = n < 256 ? n : 256;

		if (getentropy(p, step) != 0)
			sig_die("getentropy");
		p += step;
		n -= step;
	}
}

void
hex_encode(const void *data, size_t n, char *out)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++) {
		*out++ = lower_hex[p[i] >> 4];
		*out++ = lower_hex[p[i] & 15];
	}
	*out = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
hex_decode(const char *text, size_t text_len, void *out, size_t n)
{
	uint8_t *p = out;

	if (text_len % 2 != 0 || text_len / 2 != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(text[2 * i]);
		int low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		p[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void
base64url_encode(const void *data, size_t n, char *out)
{
	const uint8_t *p = data;
	uint32_t bits = 0;
	unsigned int held = 0;		/* low bits of `bits` still to write */

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | p[i];
		for (held += 8; held >= 6; held -= 6)
			*out++ = url_digits[bits >> (held - 6) & 63];
	}
	if (held > 0)
		*out++ = url_digits[bits << (6 - held) & 63];
	*out = '\0';
}

static int
base64url_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

int
base64url_decode(const char *text, size_t n, void *out, size_t size)
{
	uint8_t *p = out;
	uint32_t bits = 0;
	unsigned int held = 0;
	size_t written = 0;

	if (n % 4 == 1 || n > INT_MAX)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int value = base64url_value(text[i]);

		if (value < 0)
			return -1;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held < 8)
			continue;
		if (written == size)
			return -1;
		held -= 8;
		p[written++] = (uint8_t)(bits >> held);
	}
	/* Spare bits that are set would give one value a second spelling. */
	if ((bits & ((1u << held) - 1)) != 0)
		return -1;
	return (int)written;
}

void
base64_encode(const void *data, size_t n, char *out)
{
	EVP_EncodeBlock((unsigned char *)out, data, (int)n);
}

int
base64_decode(const char *text, size_t n, void *out, size_t size)
{
	char plain[BASE64_MAX];
	size_t pad = 0;

	if (n % 4 != 0 || n > sizeof(plain))
		return -1;
	while (pad < 2 && n > pad && text[n - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < n - pad; i++) {
		if (text[i] == '-' || text[i] == '_')
			return -1;
		plain[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' :
		    text[i];
	}
	return base64url_decode(plain, n - pad, out, size);
}
