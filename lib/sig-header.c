/* SPDX-License-Identifier: ISC */
/* sig-header.c - reading and checking the signatures of webhooks. */
#include "sig-header.h"

#include <string.h>

#include "sig.h"

bool
sig_header_time(struct slice text, size_t max, int64_t *value)
{
	if (text.n == 0 || text.n > max || (text.n > 1 && text.p[0] == '0'))
		return false;
	*value = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*value = 10 * *value + (text.p[i] - '0');
	}
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Takes one item of n bytes. */
static bool
take_item(struct sig_header *header, const char *item, size_t n)
{
	const char *equals = memchr(item, '=', n);

	if (equals == NULL || equals == item || equals == item + n - 1)
		return false;
	for (size_t i = 0; i < n; i++)
		if (item[i] <= ' ' || item[i] > '~')
			return false;

	size_t key_len = (size_t)(equals - item);
	struct slice value = { equals + 1, n - key_len - 1 };
	if (key_len == 1 && item[0] == 't') {
		if (header->time.p != NULL)
			return false;
		header->time = value;
	}
	if (key_len == 2 && memcmp(item, "v1", 2) == 0)
		header->v1[header->v1_count++] = value;
	return true;
}

bool
sig_header_read(const char *text, bool blanks, struct sig_header *header)
{
	size_t n = text != NULL ? strnlen(text, SIG_HEADER_MAX + 1) : 0;

	*header = (struct sig_header){ .v1_count = 0 };
	if (n == 0 || n > SIG_HEADER_MAX)
		return false;
	for (int items = 0; items < SIG_HEADER_ITEMS_MAX; items++) {
		const char *comma = memchr(text, ',', n);
		size_t whole = comma != NULL ? (size_t)(comma - text) : n;
		const char *item = text;
		size_t len = whole;

		for (; blanks && len > 0 && is_blank(*item); len--)
			item++;
		while (blanks && len > 0 && is_blank(item[len - 1]))
			len--;
		if (!take_item(header, item, len))
			return false;
		if (comma == NULL)
			return true;
		text += whole + 1;
		n -= whole + 1;
	}
	return false;
}

static bool
is_usable(const char *secret)
{
	if (secret == NULL)
		return false;
	while ((unsigned char)*secret <= ' ' && *secret != '\0')
		secret++;
	return *secret != '\0';
}

size_t
sig_header_usable(const char *const *secrets, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += is_usable(secrets[i]);
	return n;
}

bool
sig_header_matches(const struct sig_header *header,
    const char *const *secrets, size_t count, const struct slice *pieces,
    size_t piece_count)
{
	uint8_t mac[SHA256_SIZE];
	bool matches = false;

	for (size_t i = 0; i < count; i++) {
		if (!is_usable(secrets[i]))
			continue;
		sig_hmac_slices(secrets[i], strlen(secrets[i]), pieces,
		    piece_count, mac);
		for (size_t j = 0; j < header->v1_count; j++)
			matches |= sig_hex_equal(mac, header->v1[j].p,
			    header->v1[j].n);
	}
	sig_wipe(mac, sizeof(mac));
	return matches;
}
