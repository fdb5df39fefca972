/* SPDX-License-Identifier: ISC */
/* sig.c - digests, signatures, randomness, and what must not leak. */
#include "sig.h"

#include <limits.h>
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

void
sig_hmac_slices(const void *key, size_t key_len, const struct slice *parts,
    size_t count, uint8_t out[SHA256_SIZE])
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		    digest, 0),
		OSSL_PARAM_construct_end()
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);

	/* libcrypto takes a NULL key for "keep the last one", not "empty". */
	if (ctx == NULL || EVP_MAC_init(ctx, key != NULL ? key : lower_hex,
	    key != NULL ? key_len : 0, params) != 1)
		sig_die("HMAC-SHA256");
	for (size_t i = 0; i < count; i++)
		if (parts[i].n > 0 && EVP_MAC_update(ctx,
		    (const unsigned char *)parts[i].p, parts[i].n) != 1)
			sig_die("HMAC-SHA256");
	size_t written = 0;
	if (EVP_MAC_final(ctx, out, &written, SHA256_SIZE) != 1 ||
	    written != SHA256_SIZE)
		sig_die("HMAC-SHA256");
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
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
