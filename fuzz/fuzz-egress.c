/* SPDX-License-Identifier: ISC */
/*
 * fuzz-egress.c - URLs of webhooks, what may be allowed, and answers.
 *
 * The first line of the input lists what is allowed (a leading '!' means the
 * sandbox), the second is a URL; the rest is an answer, 17 bytes an address.
 * What is accepted must be read alike by libcurl, and must lead to nothing
 * that a second look, written otherwise, finds to be private.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>
#include <curl/curl.h>

#include "egress.h"

enum { ADDRESSES_MAX = 8, LINE_SIZE = 4096 };

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* Takes a line off the input, up to a NUL in it. */
static void
line(const uint8_t **data, size_t *n, char out[LINE_SIZE])
{
	const uint8_t *end = memchr(*data, '\n', *n);
	size_t len = end != NULL ? (size_t)(end - *data) : *n;
	size_t kept = len < LINE_SIZE - 1 ? len : LINE_SIZE - 1;

	memcpy(out, *data, kept);
	out[kept] = '\0';
	len += end != NULL;
	*data += len;
	*n -= len;
}

static void
read_settings(struct conf *conf, char *text)
{
	char *word;

	conf->live = *text != '!';
	text += *text == '!';
	while ((word = strsep(&text, " ")) != NULL &&
	    conf->webhook_allow_count < CONF_ALLOW_MAX)
		if (egress_read_allow(word, &conf->webhook_allow[
		    conf->webhook_allow_count]))
			conf->webhook_allow_count++;
}

static void
check_alike(const char *url, const struct egress_target *t)
{
	char *host, *port, *user, bare[64];
	struct in6_addr v6;
	struct in_addr v4;
	CURLU *u = curl_url();

	must(u != NULL);
	must(curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK);
	must(curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK);
	must(curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ==
	    CURLUE_OK);
	must(curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER);
	must(strtol(port, NULL, 10) == t->port);
	if (t->literal && t->address.v6) {
		size_t len = strlen(host);
		must(host[0] == '[' && host[len - 1] == ']' &&
		    len < sizeof(bare));
		memcpy(bare, host + 1, len - 2);
		bare[len - 2] = '\0';
		must(inet_pton(AF_INET6, bare, &v6) == 1);
		must(memcmp(&v6, t->address.bytes, 16) == 0);
	} else {
		must(strcasecmp(host, t->host) == 0);
		must((inet_aton(host, &v4) != 0) == t->literal);
		must(!t->literal || memcmp(&v4, t->address.bytes, 4) == 0);
	}
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
}

/* Is it public, with nothing allowed? */
static bool
is_public(const uint8_t *b, bool v6)
{
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };

	if (v6 && memcmp(b, nat64, 12) == 0)
		return is_public(b + 12, false);
	if (v6)
		return b[0] >> 5 == 1 && !(b[0] == 0x20 && b[1] == 0x02) &&
		    !(b[0] == 0x20 && b[1] == 0x01 && b[2] < 2) &&
		    !(b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d &&
		    b[3] == 0xb8) && !(b[0] == 0x3f && b[1] == 0xff &&
		    b[2] < 0x10) && (b[8] > 3 || b[9] != 0 || b[10] != 0x5e ||
		    b[11] != 0xfe || is_public(b + 12, false));
	return b[0] != 0 && b[0] != 10 && b[0] != 127 && b[0] < 224 &&
	    !(b[0] == 100 && b[1] >> 6 == 1) &&
	    !(b[0] == 169 && b[1] == 254) &&
	    !(b[0] == 172 && b[1] >> 4 == 1) &&
	    !(b[0] == 192 && b[1] == 168) &&
	    !(b[0] == 192 && b[1] == 0 && (b[2] == 0 || b[2] == 2)) &&
	    !(b[0] == 192 && b[1] == 88 && b[2] == 99) &&
	    !(b[0] == 198 && b[1] >> 1 == 9) &&
	    !(b[0] == 198 && b[1] == 51 && b[2] == 100) &&
	    !(b[0] == 203 && b[1] == 0 && b[2] == 113) &&
	    memcmp(b, (const uint8_t[]){ 168, 63, 129, 16 }, 4) != 0;
}

static void
check_accepted(const struct conf *conf, const struct address *addresses,
    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct address *a = &addresses[i];
		must(!address_metadata(a));
		if (conf->webhook_allow_count == 0 &&
		    !(address_loopback(a) && !conf->live))
			must(is_public(a->bytes, a->v6));
	}
}

static void
check_words(const char *why)
{
	must(*why != '\0' && strlen(why) < EGRESS_WHY_SIZE);
	for (; *why != '\0'; why++)
		must(*why >= ' ' && *why <= '~');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char known[] = "https://hook.example.com/";
	struct conf conf = { .webhook_ports = { 80, 443, 8443 },
	    .webhook_ports_count = 3 };
	struct address addresses[ADDRESSES_MAX];
	char allow[LINE_SIZE], url[LINE_SIZE], why[EGRESS_WHY_SIZE];
	struct egress_target t;
	size_t count = 0;

	line(&data, &n, allow);
	line(&data, &n, url);
	read_settings(&conf, allow);
	if (egress_check_url(&conf, url, &t, why) == NULL) {
		must(!conf.live || strncmp(url, "https://", 8) == 0);
		check_alike(url, &t);
		if (t.literal)
			check_accepted(&conf, &t.address, 1);
	} else {
		check_words(why);
		must(egress_check_url(&conf, known, &t, why) == NULL);
	}
	for (; n >= 17 && count < ADDRESSES_MAX; data += 17, n -= 17) {
		struct address *a = &addresses[count++];
		memset(a, 0, sizeof(*a));
		a->v6 = (data[0] & 1) != 0;
		memcpy(a->bytes, data + 1, a->v6 ? 16 : 4);
	}
	if (t.literal || count == 0)
		return 0;
	if (egress_check_answer(&conf, &t, addresses, count, why) == NULL)
		check_accepted(&conf, addresses, count);
	else
		check_words(why);
	return 0;
}
