/* SPDX-License-Identifier: ISC */
/*
 * test-egress.c - where webhooks may go: rules one by one, and the corpus.
 *
 * Names are resolved by the corpus itself: a line says what a name server
 * would answer.
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <curl/curl.h>

#include "egress.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
	COLUMNS_MAX = 6,
	HOSTILE_MIN = 500,
	GOOD_MIN = 50
};

static char why[EGRESS_WHY_SIZE];

/* Settings as they are from the start, and then as a test wants them. */
static struct conf
settings(bool live, const char *const *allow)
{
	struct conf conf = { .live = live, .webhook_ports = { 80, 443, 8443 },
	    .webhook_ports_count = 3 };

	for (; allow != NULL && *allow != NULL; allow++)
		if (!egress_read_allow(*allow, &conf.webhook_allow[
		    conf.webhook_allow_count++]))
			fail_msg("%s cannot be allowed", *allow);
	return conf;
}

static size_t
read_addresses(const char *text, struct address *out, size_t max)
{
	char word[64];
	size_t n = 0;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		assert_true(len < sizeof(word) && n < max);
		memcpy(word, text, len);
		word[len] = '\0';
		if (!address_read(word, &out[n++]))
			fail_msg("%s is no address", word);
		text += len + (text[len] == ' ');
	}
	return n;
}

/* Both looks at a URL whose name leads to these addresses. */
static const char *
look(const struct conf *conf, const char *url, const char *answer,
    struct egress_target *t)
{
	struct address addresses[16];
	const char *wrong = egress_check_url(conf, url, t, why);

	if (wrong != NULL || t->literal)
		return wrong;
	size_t n = read_addresses(*answer != '\0' ? answer : "93.184.216.34",
	    addresses, COUNT(addresses));
	return egress_check_answer(conf, t, addresses, n, why);
}

static void
assert_good(const struct conf *conf, const char *url, const char *answer)
{
	struct egress_target t;

	if (look(conf, url, answer, &t) != NULL)
		fail_msg("%s: %s", url, why);
}

/* Refused, with a sentence that has these words. */
static void
assert_bad(const struct conf *conf, const char *url, const char *answer,
    const char *words)
{
	struct egress_target t;

	if (look(conf, url, answer, &t) == NULL)
		fail_msg("%s is allowed", url);
	if (strstr(why, words) == NULL)
		fail_msg("%s: %s", url, why);
}

/* Undoes the corpus's escapes in place. */
static void
unescape(char *text)
{
	char *to = text, hex[3] = "";

	for (; *text != '\0'; text++) {
		if (*text == '\\' && text[1] == 'x') {
			memcpy(hex, text + 2, 2);
			*to++ = (char)strtol(hex, NULL, 16);
			text += 3;
		} else {
			text += *text == '\\';
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* Calls back with the columns of each line; columns that are not are "". */
static size_t
each_line(const char *name, void (*each)(char **columns, const void *arg),
    const void *arg)
{
	char path[64], line[4096], *columns[COLUMNS_MAX];
	size_t count = 0;

	snprintf(path, sizeof(path), "tests/corpus/%s", name);
	FILE *f = fopen(path, "r");
	if (f == NULL)
		fail_msg("%s: start this in the top folder", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		char *rest = line, *column;
		size_t n = 0;

		line[strcspn(line, "\n")] = '\0';
		if (*line == '#')
			continue;
		while (n < COLUMNS_MAX && (column = strsep(&rest, "\t")) !=
		    NULL)
			columns[n++] = column;
		assert_true(n >= 2);
		for (; n < COLUMNS_MAX; n++)
			columns[n] = line + strlen(line);
		unescape(columns[1]);
		each(columns, arg);
		count++;
	}
	fclose(f);
	return count;
}

static void
must_be_refused(char **columns, const void *arg)
{
	struct egress_target t;

	if (look(arg, columns[1], columns[2], &t) == NULL)
		fail_msg("%s: %s escapes", columns[0], columns[1]);
	assert_true(strlen(why) > 15 && strlen(why) < EGRESS_WHY_SIZE - 1);
}

static void
no_hostile_url_escapes(void **state)
{
	const struct conf conf = settings(true, NULL);

	(void)state;
	assert_true(each_line("urls-refused.txt", must_be_refused, &conf) >=
	    HOSTILE_MIN);
}

static void
may_be_loopback(char **columns, const void *arg)
{
	struct egress_target t;
	struct address addresses[16] = { { .v6 = false } };
	size_t n = 1;

	if (strcmp(columns[0], "plain-http") == 0 ||
	    look(arg, columns[1], columns[2], &t) != NULL)
		return;
	if (t.literal)
		addresses[0] = t.address;
	else
		n = read_addresses(columns[2], addresses, COUNT(addresses));
	assert_true(n > 0);
	bool any = false;
	while (n-- > 0)
		if (address_loopback(&addresses[n]))
			any = true;
		else if (address_kind(&addresses[n]) != NULL)
			fail_msg("%s: %s escapes", columns[0], columns[1]);
	assert_true(any);
}

static void
the_sandbox_adds_loopback_and_nothing_else(void **state)
{
	const struct conf conf = settings(false, NULL);

	(void)state;
	each_line("urls-refused.txt", may_be_loopback, &conf);
}

static void
metadata_must_be_refused(char **columns, const void *arg)
{
	struct egress_target t;

	if (strstr(columns[0], "metadata") != NULL &&
	    look(arg, columns[1], columns[2], &t) == NULL)
		fail_msg("%s: %s escapes", columns[0], columns[1]);
}

static void
metadata_is_refused_whatever_is_allowed(void **state)
{
	static const char *const much[] = {
		"10.0.0.0/8", "100.0.0.0/8", "127.0.0.0/8", "168.0.0.0/8",
		"169.0.0.0/8", "169.254.169.254", "172.16.0.0/12",
		"192.0.0.0/8", "::/8", "2000::/7", "fc00::/7", "fe80::/10",
		"2001::/16", "2002::/16", "64:ff9b::/96", "64:ff9b:1::/48",
		".internal", ".example", ".com", ".goog", "metadata",
		"instance-data", "metadata.google.internal", NULL };
	const struct conf live = settings(true, much),
	    sandbox = settings(false, much);

	(void)state;
	each_line("urls-refused.txt", metadata_must_be_refused, &live);
	each_line("urls-refused.txt", metadata_must_be_refused, &sandbox);
	assert_bad(&live, "https://169.254.169.254/", "",
	    "169.254.169.254 is a metadata address, which is never allowed");
	assert_bad(&live, "https://metadata.google.internal/",
	    "169.254.169.254", "metadata.google.internal leads to "
	    "169.254.169.254, a metadata address, which is never allowed");
}

static void
must_be_accepted(char **columns, const void *arg)
{
	struct egress_target t;

	if (look(arg, columns[1], columns[4], &t) != NULL)
		fail_msg("%s: %s: %s", columns[0], columns[1], why);
	assert_string_equal(t.host, columns[2]);
	assert_int_equal(t.port, strtol(columns[3], NULL, 10));
	assert_int_equal(t.literal, *columns[4] == '\0');
}

static void
good_urls_are_accepted(void **state)
{
	const struct conf live = settings(true, NULL),
	    sandbox = settings(false, NULL);

	(void)state;
	assert_true(each_line("urls-accepted.txt", must_be_accepted, &live) >=
	    GOOD_MIN);
	each_line("urls-accepted.txt", must_be_accepted, &sandbox);
}

/* libcurl must see the host and the port that were judged. */
static void
must_be_read_alike(char **columns, const void *arg)
{
	struct egress_target t;
	char *host, *port, expected[EGRESS_HOST_MAX + 4];
	CURLU *u = curl_url();

	assert_non_null(u);
	if (egress_check_url(arg, columns[1], &t, why) == NULL) {
		if (curl_url_set(u, CURLUPART_URL, columns[1], 0) != CURLUE_OK)
			fail_msg("libcurl refuses %s", columns[1]);
		assert_int_equal(curl_url_get(u, CURLUPART_HOST, &host, 0),
		    CURLUE_OK);
		assert_int_equal(curl_url_get(u, CURLUPART_PORT, &port,
		    CURLU_DEFAULT_PORT), CURLUE_OK);
		snprintf(expected, sizeof(expected), t.literal &&
		    t.address.v6 ? "[%s]" : "%s", t.host);
		/* libcurl writes IPv6 anew. */
		if (!t.literal || !t.address.v6)
			assert_int_equal(strcasecmp(host, expected), 0);
		assert_int_equal(strtol(port, NULL, 10), t.port);
		curl_free(host);
		curl_free(port);
	}
	curl_url_cleanup(u);
}

static void
libcurl_reads_what_we_read(void **state)
{
	struct conf conf = settings(false, NULL);

	(void)state;
	each_line("urls-accepted.txt", must_be_read_alike, &conf);
	each_line("urls-refused.txt", must_be_read_alike, &conf);
}

static void
complaints_name_the_setting(void **state)
{
	const struct conf conf = settings(true, NULL);

	(void)state;
	assert_bad(&conf, "https://10.0.0.7/hook", "", "10.0.0.7 is a private "
	    "address; allow it by name with webhook_allow in clive.conf");
	assert_bad(&conf, "https://[::1]/", "", "::1 is a loopback address; "
	    "allow it by name with webhook_allow in clive.conf");
	assert_bad(&conf, "https://[64:ff9b::a00:7]/", "", "64:ff9b::a00:7 "
	    "leads to 10.0.0.7, a private address; allow it by name with "
	    "webhook_allow in clive.conf");
	assert_bad(&conf, "https://hooks.corp.example/", "10.0.0.7",
	    "hooks.corp.example leads to 10.0.0.7, a private address; allow "
	    "it by name with webhook_allow in clive.conf");
	assert_bad(&conf, "https://localhost/", "", "localhost leads to "
	    "127.0.0.1, a loopback address; allow it");
	assert_bad(&conf, "https://hook.example.com:9000/", "", "webhooks do "
	    "not go to port 9000; list it in webhook_ports in clive.conf");
	assert_bad(&conf, "https://8.8.8.8:22/", "", "port 22; list it");
	assert_bad(&conf, "http://hook.example.com/", "", "in live mode the "
	    "URL must be https://");
}

static void
complaints_say_what_is_wrong_with_a_url(void **state)
{
	static const char *const rows[][2] = {
		{ "ftp://hook.example.com/", "http:// or https://" },
		{ "HTTPS://hook.example.com/", "http:// or https://" },
		{ "https://", "must name a host" },
		{ "https://:443/", "must name a host" },
		{ "https://u:p@hook.example.com/", "without user or pass" },
		{ "https://hook.example.com./", "must not end in a dot" },
		{ "https://m\xc3\xbcnchen.example/", "xn--" },
		{ "https://0x7f.1/", "four decimal numbers" },
		{ "https://127.1/", "four decimal numbers" },
		{ "https://[::1/", "not closed" },
		{ "https://[fe80::1%25lo]/", "without a zone" },
		{ "https://[127.0.0.1]/", "an IPv6 address" },
		{ "https://hook.example.com:0443/", "1 to 65535" },
		{ "https://hook.example.com/a b", "written as %XX" },
	};
	const struct conf conf = settings(true, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_bad(&conf, rows[i][0], "", rows[i][1]);
}

static void
a_url_has_a_longest_length(void **state)
{
	const struct conf conf = settings(true, NULL);
	char url[EGRESS_URL_MAX + 2] = "https://hook.example.com/";

	(void)state;
	memset(url + 25, 'x', sizeof(url) - 25);
	url[EGRESS_URL_MAX] = '\0';
	assert_good(&conf, url, "");
	url[EGRESS_URL_MAX] = 'x';
	url[EGRESS_URL_MAX + 1] = '\0';
	assert_bad(&conf, url, "", "at most 2000 characters");
}

static void
a_host_has_a_longest_length(void **state)
{
	const struct conf conf = settings(true, NULL);
	char url[400], host[300];

	(void)state;
	memset(host, 'a', sizeof(host));
	for (size_t i = 49; i < sizeof(host); i += 50)
		host[i] = '.';
	host[253] = '\0';
	snprintf(url, sizeof(url), "https://%s/", host);
	assert_good(&conf, url, "");
	host[253] = 'a';
	host[254] = '\0';
	snprintf(url, sizeof(url), "https://%s/", host);
	assert_bad(&conf, url, "", "too long");
}

static void
a_listed_network_is_allowed(void **state)
{
	static const char *const allow[] = { "10.1.0.0/16", "192.168.7.7",
	    "fd00:1::/32", NULL };
	const struct conf conf = settings(true, allow);

	(void)state;
	assert_good(&conf, "https://10.1.2.3/", "");
	assert_good(&conf, "https://192.168.7.7:8443/", "");
	assert_good(&conf, "https://[fd00:1::7]/", "");
	assert_good(&conf, "https://in.example/", "10.1.0.1 fd00:1::1");
	assert_good(&conf, "https://in.example/", "10.1.0.1 93.184.216.34");
	assert_bad(&conf, "https://10.2.0.1/", "", "10.2.0.1 is a private");
	assert_bad(&conf, "https://192.168.7.8/", "", "private");
	assert_bad(&conf, "https://[fd00:2::7]/", "", "private");
	assert_bad(&conf, "https://in.example/", "10.1.0.1 10.2.0.1",
	    "leads to 10.2.0.1");
	/* Ports and the mode's rules stay. */
	assert_bad(&conf, "https://10.1.2.3:9000/", "", "port 9000");
	assert_bad(&conf, "http://10.1.2.3/", "", "must be https://");
}

static void
a_listed_name_is_allowed_whatever_its_address(void **state)
{
	static const char *const allow[] = { "Hooks.Corp.example",
	    ".svc.example", "localhost", NULL };
	const struct conf conf = settings(true, allow);

	(void)state;
	assert_good(&conf, "https://hooks.corp.example/", "10.0.0.7");
	assert_good(&conf, "https://HOOKS.corp.example/", "fd00::7");
	assert_good(&conf, "https://a.svc.example/", "10.0.0.7");
	assert_good(&conf, "https://a.b.svc.example/", "172.16.0.1 10.0.0.1");
	assert_good(&conf, "https://localhost/", "127.0.0.1");
	assert_bad(&conf, "https://svc.example/", "10.0.0.7", "private");
	assert_bad(&conf, "https://asvc.example/", "10.0.0.7", "private");
	assert_bad(&conf, "https://x.hooks.corp.example/", "10.0.0.7",
	    "private");
	assert_bad(&conf, "https://corp.example/", "10.0.0.7", "private");
	assert_bad(&conf, "https://hooks.corp.example.evil.example/",
	    "10.0.0.7", "private");
	assert_bad(&conf, "https://a.localhost/", "127.0.0.1", "loopback");
	/* The name, not the address: nobody else may use that. */
	assert_bad(&conf, "https://10.0.0.7/", "", "private");
	assert_bad(&conf, "https://hooks.corp.example:9000/", "10.0.0.7",
	    "port 9000");
	assert_bad(&conf, "https://hooks.corp.example/", "169.254.169.254",
	    "never allowed");
}

static void
a_form_that_carries_ipv4_needs_both_allowed(void **state)
{
	static const char *const outer[] = { "64:ff9b:1::/48", "2002::/16",
	    "2001::/32", "::ffff:0:0/96", NULL };
	static const char *const both[] = { "64:ff9b:1::/48", "2002::/16",
	    "2001::/32", "::ffff:0:0/96", "10.0.0.0/8", NULL };
	static const char *const inner[] = { "10.0.0.0/8", NULL };
	static const char *const forms[] = { "64:ff9b:1::10.0.0.7",
	    "2002:a00:7::1", "2001:0:a00:7::f7f7:f7f7",
	    "2001:0:808:808::f5ff:fff8", "::ffff:10.0.0.7" };
	const struct conf a = settings(true, outer), b = settings(true, both),
	    c = settings(true, inner), none = settings(true, NULL);
	char url[96];

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		snprintf(url, sizeof(url), "https://[%s]/", forms[i]);
		assert_bad(&none, url, "", "allow it by name");
		assert_bad(&a, url, "", "leads to 10.0.0.7, a private");
		assert_good(&b, url, "");
		assert_bad(&c, url, "", "allow it by name");
	}
	/* Where the internet routes the form, the inner one alone counts. */
	assert_bad(&a, "https://[64:ff9b::a00:7]/", "", "10.0.0.7");
	assert_good(&c, "https://[64:ff9b::a00:7]/", "");
	assert_good(&c, "https://[2606:4700::5efe:a00:7]/", "");
	assert_good(&a, "https://[64:ff9b:1::8.8.8.8]/", "");
	assert_good(&a, "https://[2002:808:808::1]/", "");
}

static void
only_what_is_named_can_be_allowed(void **state)
{
	static const char *const good[] = {
		"10.0.0.0/8", "10.0.0.7", "192.168.0.0/16", "fc00::/7",
		"fd00::7", "::1", "127.0.0.1", "example.com", ".example.com",
		"hooks", ".internal", "under_score.example", "A.Example",
		"xn--mnchen-3ya.example", "10.example", "a-b.example" };
	static const char *const bad[] = {
		"", "*", ".", "..", "*.example.com", "0.0.0.0/0", "::/0",
		"0.0.0.0/1", "128.0.0.0/7", "::/6", "2000::/3", "10.0.0.0/7",
		"10.0.0.7/8", "10.0.0.0/33", "10.1", "0x7f.1", "0X7F000001",
		"2130706433", "127.0.0.01", "10.0.0.1:80", "example.com:443",
		"[::1]",
		"https://example.com", "example.com/", "a..b", "example.com.",
		"-a.example", "a-.example", "a b", "m\xc3\xbcnchen.example",
		"%65xample.com", "..example.com", ".1", "fe80::1%lo",
		"user@example.com", "off!" };
	struct conf_allow allow;
	char name[EGRESS_HOST_MAX + 3];

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t i = 1; i < sizeof(name); i += 50)
		name[i] = '.';
	name[EGRESS_HOST_MAX] = '\0';
	assert_true(egress_read_allow(name, &allow));
	name[EGRESS_HOST_MAX] = 'a';
	name[EGRESS_HOST_MAX + 1] = '\0';
	assert_false(egress_read_allow(name, &allow));
	/* The dot in front does not count. */
	name[0] = '.';
	name[1] = 'a';
	assert_true(egress_read_allow(name, &allow));
	assert_string_equal(allow.host, name);
	name[EGRESS_HOST_MAX + 1] = 'a';
	name[EGRESS_HOST_MAX + 2] = '\0';
	assert_false(egress_read_allow(name, &allow));
	for (size_t i = 0; i < COUNT(good); i++)
		if (!egress_read_allow(good[i], &allow))
			fail_msg("%s is refused", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (egress_read_allow(bad[i], &allow))
			fail_msg("%s is taken", bad[i]);
}

static void
ports_are_those_of_the_setting(void **state)
{
	struct conf conf = settings(true, NULL);

	(void)state;
	assert_good(&conf, "https://hook.example.com:80/", "");
	assert_good(&conf, "https://hook.example.com:8443/", "");
	assert_bad(&conf, "https://hook.example.com:9000/", "", "port 9000");
	conf.webhook_ports[0] = 9000;
	conf.webhook_ports_count = 1;
	assert_good(&conf, "https://hook.example.com:9000/", "");
	assert_good(&conf, "https://8.8.8.8:9000/", "");
	assert_bad(&conf, "https://hook.example.com/", "", "port 443");
	assert_bad(&conf, "https://hook.example.com:8443/", "", "port 8443");
}

static void
the_sandbox_reaches_loopback_on_any_port(void **state)
{
	struct conf conf = settings(false, NULL);

	(void)state;
	assert_good(&conf, "http://127.0.0.1:1/", "");
	assert_good(&conf, "http://127.9.9.9:65535/", "");
	assert_good(&conf, "http://[::1]:9000/", "");
	assert_good(&conf, "http://localhost:3000/", "127.0.0.1 ::1");
	assert_good(&conf, "http://shop.test:3000/", "127.0.0.1");
	assert_good(&conf, "http://hook.example.com/", "");
	assert_bad(&conf, "http://8.8.8.8:3000/", "", "port 3000");
	assert_bad(&conf, "http://shop.test:3000/", "93.184.216.34",
	    "port 3000");
	assert_bad(&conf, "http://shop.test:3000/", "127.0.0.1 93.184.216.34",
	    "port 3000");
	assert_bad(&conf, "http://10.0.0.1/", "", "private");
	assert_bad(&conf, "http://shop.test/", "127.0.0.1 10.0.0.1",
	    "private");
	assert_bad(&conf, "http://[::ffff:127.0.0.1]/", "", "IPv4-mapped");
	/* Of live mode nothing is left of it. */
	conf.live = true;
	assert_bad(&conf, "https://127.0.0.1/", "", "loopback");
	assert_bad(&conf, "https://shop.test/", "127.0.0.1", "loopback");
}

/* IPv4 ranges once more, written by hand in another way. */
static bool
is_private(uint32_t a)
{
	uint32_t top = a >> 24, two = a >> 16, three = a >> 8;

	return top == 0 || top == 10 || top == 127 || top >= 224 ||
	    (two >= 0x6440 && two <= 0x647f) || two == 0xa9fe ||
	    (two >= 0xac10 && two <= 0xac1f) || two == 0xc0a8 ||
	    two == 0xc612 || two == 0xc613 || three == 0xc00000 ||
	    three == 0xc00002 || three == 0xc05863 || three == 0xc63364 ||
	    three == 0xcb0071 || a == 0xa83f8110;
}

/* All first halves, with second halves at the edges of what is listed. */
static void
ipv4_is_judged_alike_by_another_hand(void **state)
{
	static const uint8_t thirds[] = { 0, 1, 2, 3, 98, 99, 100, 101, 112,
	    113, 114, 129, 255 };
	static const uint8_t fourths[] = { 0, 16, 255 };

	(void)state;
	for (uint32_t half = 0; half < 1u << 16; half++)
		for (size_t i = 0; i < COUNT(thirds) * COUNT(fourths); i++) {
			const uint8_t third = thirds[i / COUNT(fourths)],
			    fourth = fourths[i % COUNT(fourths)];
			const struct address a = { .bytes = {
			    (uint8_t)(half >> 8), (uint8_t)half, third,
			    fourth } };
			const uint32_t whole = half << 16 |
			    (uint32_t)third << 8 | fourth;
			if ((address_kind(&a) != NULL) != is_private(whole))
				fail_msg("%08x", whole);
		}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(no_hostile_url_escapes),
	cmocka_unit_test(the_sandbox_adds_loopback_and_nothing_else),
	cmocka_unit_test(metadata_is_refused_whatever_is_allowed),
	cmocka_unit_test(good_urls_are_accepted),
	cmocka_unit_test(libcurl_reads_what_we_read),
	cmocka_unit_test(complaints_name_the_setting),
	cmocka_unit_test(complaints_say_what_is_wrong_with_a_url),
	cmocka_unit_test(a_url_has_a_longest_length),
	cmocka_unit_test(a_host_has_a_longest_length),
	cmocka_unit_test(a_listed_network_is_allowed),
	cmocka_unit_test(a_listed_name_is_allowed_whatever_its_address),
	cmocka_unit_test(a_form_that_carries_ipv4_needs_both_allowed),
	cmocka_unit_test(only_what_is_named_can_be_allowed),
	cmocka_unit_test(ports_are_those_of_the_setting),
	cmocka_unit_test(the_sandbox_reaches_loopback_on_any_port),
	cmocka_unit_test(ipv4_is_judged_alike_by_another_hand),
};

TEST_MAIN("egress", tests)
