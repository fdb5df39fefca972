/* SPDX-License-Identifier: ISC */
/* id.c - time-ordered identifiers. */
#include "id.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sig.h"

/* Crockford's base 32, whose order is that of the ASCII codes. */
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/*
 * Random bytes for a moment. Within one thread and one millisecond they
 * count up, so that what one transaction writes sorts as it was written.
 */
static void
random_part(int64_t now, uint8_t out[10])
{
	static _Thread_local int64_t last_ms = -1;
	static _Thread_local uint8_t last[10];

	if (now != last_ms) {
		sig_random(last, sizeof(last));
		last[0] &= 0x7f;	/* room to count */
		last_ms = now;
	} else {
		for (int i = 9; i >= 0 && ++last[i] == 0; i--)
			continue;
	}
	memcpy(out, last, sizeof(last));
}

char *
id_make(const char *prefix, int64_t now, char out[ID_SIZE])
{
	uint8_t bytes[16] = { 0 };

	for (int i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(now >> (40 - 8 * i));
	random_part(now, bytes + 6);

	size_t n = strlen(prefix);
	memcpy(out, prefix, n);
	/* 26 digits of 5 bits hold 130: the first digit has two spare bits. */
	for (int i = 0; i < 26; i++) {
		unsigned int value = 0;

		for (int bit = 5 * i - 2; bit < 5 * i + 3; bit++)
			value = value << 1 | (bit < 0 ? 0 :
			    (unsigned int)bytes[bit / 8] >> (7 - bit % 8) & 1);
		out[n++] = digits[value];
	}
	out[n] = '\0';
	return out;
}

char *
id_floor(const char *prefix, int64_t ms, char out[ID_SIZE])
{
	if (ms < 0 || ms >> 48 != 0) {
		snprintf(out, ID_SIZE, "%s%s", prefix, ms < 0 ? "" : "~");
		return out;
	}
	size_t n = strlen(prefix);
	memcpy(out, prefix, n);
	/* The first ten of the digits hold the time, without spare bits. */
	for (int i = 9; i >= 0; i--)
		out[n++] = digits[ms >> (5 * i) & 31];
	out[n] = '\0';
	return out;
}

char *
id_make_tx(int64_t now, char out[ID_SIZE])
{
	uint32_t r;

	do {
		sig_random(&r, sizeof(r));
	} while (r >= 4000000000u);	/* no digit likelier than another */
	snprintf(out, ID_SIZE, "CLVTX_%013" PRId64 "_%09" PRIu32, now,
	    r % 1000000000u);
	return out;
}

static char *
base36(uint64_t n, char *end)
{
	do {
		*--end = "0123456789abcdefghijklmnopqrstuvwxyz"[n % 36];
		n /= 36;
	} while (n != 0);
	return end;
}

char *
id_of_tx_row(const char *clive_tx_id, char out[ID_SIZE])
{
	char text[32], *end = text + sizeof(text) - 1;
	uint64_t ms = 0, suffix = 0;

	if (strlen(clive_tx_id) > 20) {
		ms = strtoull(clive_tx_id + 6, NULL, 10);
		suffix = strtoull(clive_tx_id + 20, NULL, 10);
	}
	*end = '\0';
	/* A leading 1 keeps the zeros of the suffix. */
	snprintf(out, ID_SIZE, "cm%s",
	    base36(ms, base36(suffix + 1000000000u, end)));
	return out;
}

char *
id_make_uuid(int64_t now, char out[ID_SIZE])
{
	uint8_t b[16];

	for (int i = 0; i < 6; i++)
		b[i] = (uint8_t)(now >> (40 - 8 * i));
	random_part(now, b + 6);
	b[6] = (uint8_t)(0x70 | (b[6] & 0x0f));	/* version 7 */
	b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));	/* variant 1 */
	snprintf(out, ID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5],
	    b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
	    b[15]);
	return out;
}
