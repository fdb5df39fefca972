/* SPDX-License-Identifier: ISC */
/* test-address.c - addresses that webhooks must not reach, and spellings. */
#include "test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "address.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* First and last of each range; neighbours stand among the public ones. */
static const char *const refused[] = {
	"0.0.0.0", "0.255.255.255",
	"10.0.0.0", "10.255.255.255",
	"100.64.0.0", "100.127.255.255",
	"127.0.0.0", "127.0.0.1", "127.255.255.255",
	"169.254.0.0", "169.254.169.254", "169.254.255.255",
	"172.16.0.0", "172.31.255.255",
	"192.0.0.0", "192.0.0.255",
	"192.0.2.0", "192.0.2.255",
	"192.88.99.0", "192.88.99.255",
	"192.168.0.0", "192.168.255.255",
	"198.18.0.0", "198.19.255.255",
	"198.51.100.0", "198.51.100.255",
	"203.0.113.0", "203.0.113.255",
	"224.0.0.0", "239.255.255.255",
	"240.0.0.0", "255.255.255.254", "255.255.255.255",

	"::", "::1", "::2",
	"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8",
	"::ffff:0:127.0.0.1",		/* translated */
	"::127.0.0.1", "::8.8.8.8",	/* compatible */
	"::5efe:10.0.0.1",		/* ISATAP */
	"ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"64:ff9b::10.0.0.1", "64:ff9b::127.0.0.1",
	"64:ff9b::169.254.169.254", "64:ff9b::192.168.1.1",
	"64:ff9b:2::1",			/* still in ::/8 */
	"64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:255.255.255.255",
	"100::", "100::ffff:ffff:ffff:ffff",
	"2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff",
	"2001:0:4136:e378:8000:63bf:3fff:fdd2",	/* Teredo */
	"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
	"2002::", "2002:7f00:1::", "2002:808:808::1",
	"2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
	"5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"fc00::", "fd00:ec2::254",
	"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"fe80::", "fe80::1", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"ff00::", "ff02::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
};

static const char *const public[] = {
	"1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0",
	"100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
	"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
	"191.255.255.255", "192.0.1.0", "192.0.1.255", "192.0.3.0",
	"192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
	"198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0",
	"203.0.112.255", "203.0.114.0", "223.255.255.255",

	"64:ff9b::8.8.8.8",		/* NAT64 of a public address */
	"100:0:0:1::",
	"2001:1::1", "2001:4860:4860::8888", "2001:db7::1", "2001:db9::1",
	"2003::1", "2606:4700::1111", "2a00::1",
	"3ffe::1", "3fff:1000::1", "5eff::1", "5f01::1", "fbff::1",
	"fe7f::1",
};

static bool
refuses(const char *text, bool allow_loopback)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		memcpy(&ss, &v4, sizeof(v4));
	else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		memcpy(&ss, &v6, sizeof(v6));
	else
		fail_msg("%s is no address", text);
	return address_refused((const struct sockaddr *)&ss, allow_loopback);
}

static void
refuses_every_address_that_is_not_public(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		if (!refuses(refused[i], false))
			fail_msg("%s is allowed", refused[i]);
}

static void
allows_the_neighbours_of_every_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(public); i++)
		if (refuses(public[i], false))
			fail_msg("%s is refused", public[i]);
}

static void
allows_nothing_but_loopback_where_loopback_is_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		bool loopback = strncmp(refused[i], "127.", 4) == 0 ||
		    strcmp(refused[i], "::1") == 0;
		if (refuses(refused[i], true) == loopback)
			fail_msg("%s is %s", refused[i], loopback ?
			    "refused" : "allowed");
	}
}

static void
a_loopback_address_in_disguise_is_never_allowed(void **state)
{
	(void)state;
	assert_true(refuses("::ffff:127.0.0.1", true));
	assert_true(refuses("::127.0.0.1", true));
	assert_true(refuses("64:ff9b::127.0.0.1", true));
	assert_true(refuses("2002:7f00:1::", true));
}

static void
refuses_families_it_does_not_know(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_storage none = { .ss_family = AF_UNSPEC };

	(void)state;
	assert_true(address_refused((const struct sockaddr *)&un, true));
	assert_true(address_refused((const struct sockaddr *)&none, true));
}

static void
knows_a_refused_address_in_every_spelling(void **state)
{
	static const char *const spellings[] = {
		"127.0.0.1", "127.1", "127.0.1", "0x7f.1", "0x7f000001",
		"0X7F.0.0.0x1", "017700000001", "0177.0.0.01", "2130706433",
		"10.1", "0xa000001", "012.1", "167772161",
		"0xa9fea9fe", "2852039166", "169.254.43518",
		"192.168.257", "0", "0.0", "00", "0x0", "4294967295",
		"::", "::1", "0:0:0:0:0:0:0:1", "0000::0001",
		"::ffff:127.0.0.1", "::FFFF:7F00:1", "::ffff:a00:1",
		"64:ff9b::10.0.0.1", "64:FF9B::a00:1", "FE80::1",
		"fd00:ec2::254", "2002:a00:1::",
		"[::1]", "127.0.0.1.", "fe80::1%eth0", "[fe80::1%25lo]",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(spellings); i++)
		if (!address_literal_refused(spellings[i], false))
			fail_msg("%s is allowed", spellings[i]);
}

static void
leaves_names_and_public_addresses_alone(void **state)
{
	static const char *const hosts[] = {
		"example.com", "localhost", "127.0.0.1.example.com",
		"8.8.8.8", "8.8", "0x8.0x8.0x8.0x8", "134744072",
		"2606:4700::1111", "64:ff9b::8.8.8.8", "", "abc", "1.2.3.4.5",
		"256.1.1.1", "0x7f.0x1.example"
	};

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++)
		if (address_literal_refused(hosts[i], false))
			fail_msg("%s is refused", hosts[i]);
}

static void
a_literal_loopback_is_allowed_where_loopback_is(void **state)
{
	(void)state;
	assert_false(address_literal_refused("127.0.0.1", true));
	assert_false(address_literal_refused("0x7f.1", true));
	assert_false(address_literal_refused("::1", true));
	assert_true(address_literal_refused("10.0.0.1", true));
	assert_true(address_literal_refused("::ffff:127.0.0.1", true));
	assert_true(address_literal_refused("0", true));
}

static void
finds_the_host_of_a_url(void **state)
{
	static const struct {
		const char	*url, *host;
	} rows[] = {
		{ "http://example.com", "example.com" },
		{ "https://example.com/", "example.com" },
		{ "https://example.com:8443/a?b#c", "example.com" },
		{ "https://example.com?x", "example.com" },
		{ "https://example.com#x", "example.com" },
		{ "https://example.com/@y", "example.com" },
		{ "https://example.com?q=a@b", "example.com" },
		{ "https://example.com/http://10.0.0.1/", "example.com" },
		{ "http://127.0.0.1:80/", "127.0.0.1" },
		{ "http://0x7f.1/", "0x7f.1" },
		{ "http://[::1]", "::1" },
		{ "http://[::1]:8080/x", "::1" },
		{ "http://[64:ff9b::10.0.0.1]/", "64:ff9b::10.0.0.1" },
		{ "HTTP://EXAMPLE.com/", "EXAMPLE.com" }
	};
	char host[256];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!address_host_of_url(rows[i].url, host))
			fail_msg("no host in %s", rows[i].url);
		assert_string_equal(host, rows[i].host);
	}
}

static void
refuses_urls_without_a_host_or_with_a_user(void **state)
{
	static const char *const urls[] = {
		"", "example.com", "http:/example.com", "http://", "http:///x",
		"http://:80/", "http://?x", "http://#x", "http://[]/",
		"http://user@example.com/", "http://user:pass@example.com/",
		"http://@example.com/", "http://example.com@10.0.0.1/",
		"http://a:b@[::1]/"
	};
	char host[256];

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++)
		if (address_host_of_url(urls[i], host))
			fail_msg("a host in %s", urls[i]);
}

static void
a_host_has_at_most_255_bytes(void **state)
{
	char url[300] = "http://", host[256];

	(void)state;
	memset(url + 7, 'a', 255);
	assert_true(address_host_of_url(url, host));
	assert_int_equal(strlen(host), 255);
	url[7 + 255] = 'a';
	assert_false(address_host_of_url(url, host));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(refuses_every_address_that_is_not_public),
	cmocka_unit_test(allows_the_neighbours_of_every_range),
	cmocka_unit_test(allows_nothing_but_loopback_where_loopback_is_allowed),
	cmocka_unit_test(a_loopback_address_in_disguise_is_never_allowed),
	cmocka_unit_test(refuses_families_it_does_not_know),
	cmocka_unit_test(knows_a_refused_address_in_every_spelling),
	cmocka_unit_test(leaves_names_and_public_addresses_alone),
	cmocka_unit_test(a_literal_loopback_is_allowed_where_loopback_is),
	cmocka_unit_test(finds_the_host_of_a_url),
	cmocka_unit_test(refuses_urls_without_a_host_or_with_a_user),
	cmocka_unit_test(a_host_has_at_most_255_bytes),
};

TEST_MAIN("address", tests)
