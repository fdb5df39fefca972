/* SPDX-License-Identifier: ISC */
/* test-address.c - spellings, networks, kinds, addresses inside addresses. */
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

static struct address
read(const char *text)
{
	struct address a;

	if (!address_read(text, &a))
		fail_msg("%s is no address", text);
	return a;
}

/* First and last of each range; neighbours stand among the public ones. */
static const struct {
	const char	*first, *last, *kind;
} ranges[] = {
	{ "0.0.0.0", "0.255.255.255", "a local" },
	{ "10.0.0.0", "10.255.255.255", "a private" },
	{ "100.64.0.0", "100.100.100.199", "a carrier-private" },
	{ "100.100.100.200", "100.100.100.200", "a metadata" },
	{ "100.100.100.201", "100.127.255.255", "a carrier-private" },
	{ "127.0.0.0", "127.255.255.255", "a loopback" },
	{ "168.63.129.16", "168.63.129.16", "a metadata" },
	{ "169.254.0.0", "169.254.169.253", "a link-local" },
	{ "169.254.169.254", "169.254.169.254", "a metadata" },
	{ "169.254.170.2", "169.254.170.2", "a metadata" },
	{ "169.254.170.3", "169.254.255.255", "a link-local" },
	{ "172.16.0.0", "172.31.255.255", "a private" },
	{ "192.0.0.0", "192.0.0.191", "a reserved" },
	{ "192.0.0.192", "192.0.0.192", "a metadata" },
	{ "192.0.0.193", "192.0.0.255", "a reserved" },
	{ "192.0.2.0", "192.0.2.255", "a documentation" },
	{ "192.88.99.0", "192.88.99.255", "a 6to4 relay" },
	{ "192.168.0.0", "192.168.255.255", "a private" },
	{ "198.18.0.0", "198.19.255.255", "a benchmark" },
	{ "198.51.100.0", "198.51.100.255", "a documentation" },
	{ "203.0.113.0", "203.0.113.255", "a documentation" },
	{ "224.0.0.0", "239.255.255.255", "a multicast" },
	{ "240.0.0.0", "255.255.255.254", "a reserved" },
	{ "255.255.255.255", "255.255.255.255", "a broadcast" },

	{ "::", "::", "a local" },
	{ "::1", "::1", "a loopback" },
	{ "::2", "::255.255.255.255", "an IPv4-compatible" },
	{ "::1:0:0", "::fffe:ffff:ffff", "a reserved" },
	{ "::ffff:0.0.0.0", "::ffff:255.255.255.255", "an IPv4-mapped" },
	{ "::ffff:0:0.0.0.0", "::ffff:0:255.255.255.255",
	  "an IPv4-translated" },
	{ "::1:0:0:0", "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a reserved" },
	{ "64:ff9b::1:0:0", "64:ff9b:0:ffff:ffff:ffff:ffff:ffff",
	  "a reserved" },
	{ "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
	  "a local NAT64" },
	{ "64:ff9b:2::", "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a reserved" },
	{ "100::", "100::ffff:ffff:ffff:ffff", "a discard" },
	{ "100:0:0:1::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a reserved" },
	{ "2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "a Teredo" },
	{ "2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a reserved" },
	{ "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a documentation" },
	{ "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "a 6to4" },
	{ "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a documentation" },
	{ "4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a reserved" },
	{ "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a segment routing" },
	{ "5f01::", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a reserved" },
	{ "fc00::", "fd00:41:ffff:ffff:ffff:ffff:ffff:ffff", "a private" },
	{ "fd00:42::", "fd00:42::ffff:ffff:ffff:ffff", "a metadata" },
	{ "fd00:ec2::", "fd00:ec2::ffff:ffff:ffff:ffff", "a metadata" },
	{ "fd00:ec2:0:1::", "fd20:cd:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a private" },
	{ "fd20:ce::", "fd20:ce::ffff:ffff:ffff:ffff", "a metadata" },
	{ "fd20:ce:0:1::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a private" },
	{ "fe00::", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a reserved" },
	{ "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a link-local" },
	{ "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a site-local" },
	{ "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "a multicast" },
};

static const char *const public[] = {
	"1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0",
	"100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
	"168.63.129.15", "168.63.129.17",
	"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
	"191.255.255.255", "192.0.1.0", "192.0.1.255", "192.0.3.0",
	"192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
	"198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0",
	"203.0.112.255", "203.0.114.0", "223.255.255.255",

	"64:ff9b::", "64:ff9b::8.8.8.8", "64:ff9b::255.255.255.255",
	"2000::", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"2001:200::", "2001:4860:4860::8888",
	"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::",
	"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"2003::", "2606:4700::1111", "2a00::1",
	"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::",
	"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
};

static void
assert_kind(const char *text, const char *kind)
{
	const struct address a = read(text);
	const char *found = address_kind(&a);

	if (found == NULL || strcmp(found, kind) != 0)
		fail_msg("%s is %s, not %s", text, found != NULL ? found :
		    "public", kind);
}

static void
both_ends_of_each_range_are_of_its_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ranges); i++) {
		assert_kind(ranges[i].first, ranges[i].kind);
		assert_kind(ranges[i].last, ranges[i].kind);
	}
}

static void
the_neighbours_of_each_range_are_public(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(public); i++) {
		const struct address a = read(public[i]);
		if (address_kind(&a) != NULL || address_metadata(&a))
			fail_msg("%s is %s", public[i], address_kind(&a));
	}
}

static void
metadata_is_told_apart(void **state)
{
	static const char *const metadata[] = {
		"169.254.169.254", "169.254.0.0", "169.254.255.255",
		"169.254.170.2", "100.100.100.200", "192.0.0.192",
		"168.63.129.16", "fd00:ec2::254", "fd20:ce::254",
		"fd00:42::42", "fe80::1", "fe80::a9fe:a9fe",
	};
	static const char *const others[] = {
		"10.0.0.1", "127.0.0.1", "192.168.0.1", "172.16.0.1", "::1",
		"100.64.0.1", "192.0.0.1", "fd00::1", "fc00::1",
		"::ffff:10.0.0.1", "8.8.8.8", "2606:4700::1111",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(metadata); i++) {
		const struct address a = read(metadata[i]);
		if (!address_metadata(&a) || address_kind(&a) == NULL)
			fail_msg("%s is none", metadata[i]);
	}
	for (size_t i = 0; i < COUNT(others); i++) {
		const struct address a = read(others[i]);
		if (address_metadata(&a))
			fail_msg("%s is one", others[i]);
	}
}

static void
loopback_has_two_forms(void **state)
{
	static const char *const yes[] = { "127.0.0.0", "127.0.0.1",
	    "127.255.255.255", "::1" };
	static const char *const no[] = { "0.0.0.0", "126.255.255.255",
	    "128.0.0.0", "10.0.0.1", "::", "::2", "::ffff:127.0.0.1",
	    "::127.0.0.1", "64:ff9b::127.0.0.1", "7f00::", "2002:7f00:1::" };

	(void)state;
	for (size_t i = 0; i < COUNT(yes); i++) {
		const struct address a = read(yes[i]);
		if (!address_loopback(&a))
			fail_msg("%s is none", yes[i]);
	}
	for (size_t i = 0; i < COUNT(no); i++) {
		const struct address a = read(no[i]);
		if (address_loopback(&a))
			fail_msg("%s is one", no[i]);
	}
}

static void
an_address_has_one_spelling(void **state)
{
	static const char *const wrong[] = {
		"", " ", "localhost", "127.1", "127.0.1", "0x7f.1",
		"0x7f000001", "017700000001", "0177.0.0.01", "2130706433",
		"127.0.0.01", "127.0.0.1.", "127.0.0.1 ", " 127.0.0.1",
		"127.0.0.256", "127.0.0", "1.2.3.4.5", "1.2.3.-4", "1..2.3",
		"127.0.0.1/8", "[::1]", "::1%lo", "fe80::1%25eth0", ":::",
		"1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::",
		"::ffff:127.1", "::ffff:256.0.0.1", "::g",
		"\xef\xbc\x91.2.3.4"
	};
	struct address a;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		if (address_read(wrong[i], &a))
			fail_msg("%s is taken", wrong[i]);
}

static void
what_is_read_is_written_again(void **state)
{
	static const char *const rows[][2] = {
		{ "10.0.0.7", "10.0.0.7" }, { "255.255.255.255",
		  "255.255.255.255" }, { "FD00:EC2::254", "fd00:ec2::254" },
		{ "0:0:0:0:0:0:0:1", "::1" }, { "::ffff:7f00:1",
		  "::ffff:127.0.0.1" }, { "2001:db8:0:0:1:0:0:1",
		  "2001:db8::1:0:0:1" },
		{ "1111:2222:3333:4444:5555:6666:7777:8888",
		  "1111:2222:3333:4444:5555:6666:7777:8888" }
	};
	char text[ADDRESS_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct address a = read(rows[i][0]);
		assert_string_equal(address_text(&a, text), rows[i][1]);
		const struct address b = read(rows[i][1]);
		assert_true(address_equal(&a, &b));
	}
}

static void
different_addresses_are_not_equal(void **state)
{
	const struct address a = read("1.2.3.4"), b = read("1.2.3.5"),
	    c = read("102:304::"), d = read("102:304::1");

	(void)state;
	assert_false(address_equal(&a, &b));
	/* The same bytes of another family. */
	assert_false(address_equal(&a, &c));
	assert_false(address_equal(&c, &d));
}

static void
a_socket_address_is_taken_over(void **state)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = 7 };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = 7,
	    .sin6_scope_id = 3 };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_storage none = { .ss_family = AF_UNSPEC };
	const struct address a4 = read("10.1.2.3"), a6 = read("fd00::1:2");
	struct address a;

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "10.1.2.3", &v4.sin_addr), 1);
	assert_int_equal(inet_pton(AF_INET6, "fd00::1:2", &v6.sin6_addr), 1);
	assert_true(address_of_sockaddr((const struct sockaddr *)&v4, &a));
	assert_true(address_equal(&a, &a4));
	assert_true(address_of_sockaddr((const struct sockaddr *)&v6, &a));
	assert_true(address_equal(&a, &a6));
	assert_false(address_of_sockaddr((const struct sockaddr *)&un, &a));
	assert_false(address_of_sockaddr((const struct sockaddr *)&none, &a));
}

static void
a_network_is_read_strictly(void **state)
{
	static const struct {
		const char	*text;
		int		 bits;		/* -1: refused */
	} rows[] = {
		{ "10.0.0.0/8", 8 }, { "10.0.0.0/9", 9 }, { "0.0.0.0/0", 0 },
		{ "10.0.0.7", 32 }, { "10.0.0.7/32", 32 }, { "fd00::/8", 8 },
		{ "fd00::7", 128 }, { "fd00::7/128", 128 }, { "::/0", 0 },
		{ "128.0.0.0/1", 1 }, { "fd00:1::/127", 127 },
		{ "10.0.0.7/8", -1 }, { "10.1.0.0/15", -1 },
		{ "10.0.0.1/31", -1 }, { "fd00::1/127", -1 },
		{ "fd00::/7", -1 }, { "128.0.0.0/0", -1 },
		{ "10.0.0.0/33", -1 }, { "fd00::/129", -1 },
		{ "10.0.0.0/", -1 }, { "10.0.0.0/-1", -1 },
		{ "10.0.0.0/+8", -1 }, { "10.0.0.0/08", -1 },
		{ "10.0.0.0/00", -1 }, { "10.0.0.0/8/8", -1 },
		{ "10.0.0.0/8 ", -1 }, { "10.0.0.0/x", -1 },
		{ "10.0.0.0/99999999999999999999", -1 }, { "10/8", -1 },
		{ "/8", -1 }, { "", -1 }, { "example.com/8", -1 },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/8", -1 },
	};
	struct address_net net;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool good = address_net_read(rows[i].text, &net);
		if (good != (rows[i].bits != -1))
			fail_msg("%s is %s", rows[i].text, good ? "taken" :
			    "refused");
		if (good)
			assert_int_equal(net.bits, rows[i].bits);
	}
}

static void
a_network_holds_its_own_and_no_others(void **state)
{
	static const struct {
		const char	*net, *address;
		bool		 in;
	} rows[] = {
		{ "10.0.0.0/8", "10.0.0.0", true },
		{ "10.0.0.0/8", "10.255.255.255", true },
		{ "10.0.0.0/8", "11.0.0.0", false },
		{ "10.0.0.0/8", "9.255.255.255", false },
		{ "10.64.0.0/11", "10.95.255.255", true },
		{ "10.64.0.0/11", "10.96.0.0", false },
		{ "10.0.0.7", "10.0.0.7", true },
		{ "10.0.0.7", "10.0.0.6", false },
		{ "0.0.0.0/0", "255.1.2.3", true },
		{ "0.0.0.0/0", "::1", false },
		{ "::/0", "1.2.3.4", false },
		{ "fd00::/8", "fdff::1", true },
		{ "fd00::/8", "fc00::1", false },
		{ "fd00::7", "fd00::7", true },
		{ "fd00::7", "fd00::6", false },
		/* The same bytes of another family. */
		{ "10.0.0.0/8", "a00::1", false },
		/* What it leads to is not what it is. */
		{ "10.0.0.0/8", "::ffff:10.0.0.7", false },
	};
	struct address_net net;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct address a = read(rows[i].address);
		assert_true(address_net_read(rows[i].net, &net));
		if (address_in(&net, &a) != rows[i].in)
			fail_msg("%s in %s", rows[i].address, rows[i].net);
	}
}

/* Inner addresses in the order in which they are found, blank-separated. */
static const struct {
	const char	*address, *inner;
} carriers[] = {
	{ "10.0.0.1", "" },
	{ "::", "" }, { "::1", "" }, { "::ff:ffff", "" },
	{ "::10.0.0.1", "10.0.0.1" },
	{ "::ffff:10.0.0.1", "10.0.0.1" },
	{ "::ffff:0.0.0.1", "0.0.0.1" },
	{ "::ffff:0:10.0.0.1", "10.0.0.1" },
	{ "::fffe:10.0.0.1", "" },
	{ "64:ff9b::169.254.169.254", "169.254.169.254" },
	{ "64:ff9b::", "0.0.0.0" },
	{ "64:ff9b:0:0:0:1::", "" },
	/* RFC 6052, 2.2: 192.0.2.33 behind 48, 56, 64 and 96 bits. */
	{ "64:ff9b:1:c000:2:2100::", "192.0.2.33 2.33.0.0" },
	{ "64:ff9b:1:aac0:0:221::", "170.192.0.2 192.0.2.33" },
	{ "64:ff9b:1:aabb:c0:2:2100:0", "170.187.192.0 187.192.0.2 "
	  "192.0.2.33 33.0.0.0" },
	{ "64:ff9b:1::192.0.2.33", "192.0.2.33" },
	{ "64:ff9b:1:a9fe:a9:fe00::", "169.254.169.254 254.169.254.0 "
	  "169.254.0.0" },
	{ "64:ff9b:2::10.0.0.1", "" },
	{ "2002:a00:1::", "10.0.0.1" },
	{ "2002:7f00:1::1", "127.0.0.1" },
	{ "2003:a00:1::", "" },
	/* RFC 4380, 4: the client's address is stored inverted. */
	{ "2001:0:4136:e378:8000:63bf:3fff:fdd2", "65.54.227.120 "
	  "192.0.2.45" },
	{ "2001:0:a00:1::f5ff:fffe", "10.0.0.1 10.0.0.1" },
	{ "2001:1:a00:1::f5ff:fffe", "" },
	{ "fe80::5efe:10.0.0.1", "10.0.0.1" },
	{ "2606:4700::5efe:10.0.0.1", "10.0.0.1" },
	{ "2606:4700::200:5efe:10.0.0.1", "10.0.0.1" },
	{ "2606:4700::100:5efe:10.0.0.1", "10.0.0.1" },
	{ "2606:4700::300:5efe:10.0.0.1", "10.0.0.1" },
	{ "2606:4700::400:5efe:10.0.0.1", "" },
	{ "2606:4700::5eff:10.0.0.1", "" },
	{ "2002:808:808::5efe:10.0.0.1", "8.8.8.8 10.0.0.1" },
	{ "2606:4700::1111", "" },
};

static void
finds_the_addresses_inside(void **state)
{
	struct address inner[ADDRESS_INNER_MAX];
	char found[256], text[ADDRESS_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(carriers); i++) {
		const struct address a = read(carriers[i].address);
		size_t n = address_inner(&a, inner), len = 0;
		found[0] = '\0';
		for (size_t k = 0; k < n; k++) {
			assert_false(inner[k].v6);
			len += (size_t)snprintf(found + len, sizeof(found) -
			    len, "%s%s", k > 0 ? " " : "",
			    address_text(&inner[k], text));
		}
		if (strcmp(found, carriers[i].inner) != 0)
			fail_msg("%s carries %s, not %s", carriers[i].address,
			    found, carriers[i].inner);
	}
}

static void
never_finds_more_than_there_is_room_for(void **state)
{
	struct address inner[ADDRESS_INNER_MAX];
	/* ISATAP's mark needs a zero where one place of NAT64 begins. */
	const struct address local = read("64:ff9b:1:102:0:5efe:708:90a"),
	    teredo = read("2001:0:1:2:0:5efe:102:304");

	(void)state;
	assert_int_equal(address_inner(&local, inner), 4);
	assert_int_equal(address_inner(&teredo, inner), 3);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(both_ends_of_each_range_are_of_its_kind),
	cmocka_unit_test(the_neighbours_of_each_range_are_public),
	cmocka_unit_test(metadata_is_told_apart),
	cmocka_unit_test(loopback_has_two_forms),
	cmocka_unit_test(an_address_has_one_spelling),
	cmocka_unit_test(what_is_read_is_written_again),
	cmocka_unit_test(different_addresses_are_not_equal),
	cmocka_unit_test(a_socket_address_is_taken_over),
	cmocka_unit_test(a_network_is_read_strictly),
	cmocka_unit_test(a_network_holds_its_own_and_no_others),
	cmocka_unit_test(finds_the_addresses_inside),
	cmocka_unit_test(never_finds_more_than_there_is_room_for),
};

TEST_MAIN("address", tests)
