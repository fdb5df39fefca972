/* SPDX-License-Identifier: ISC */
/* address.c - ranges that are nobody's public address. */
#include "address.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

struct range4 {
	uint32_t	net;
	int		bits;
};

static const struct range4 refused4[] = {
	{ 0x00000000, 8 },	/* "this" network */
	{ 0x0a000000, 8 },	/* private */
	{ 0x64400000, 10 },	/* carrier-grade NAT */
	{ 0x7f000000, 8 },	/* loopback */
	{ 0xa9fe0000, 16 },	/* link-local, cloud metadata */
	{ 0xac100000, 12 },	/* private */
	{ 0xc0000000, 24 },	/* protocol assignments */
	{ 0xc0000200, 24 },	/* documentation */
	{ 0xc0586300, 24 },	/* 6to4 relay */
	{ 0xc0a80000, 16 },	/* private */
	{ 0xc6120000, 15 },	/* benchmarks */
	{ 0xc6336400, 24 },	/* documentation */
	{ 0xcb007100, 24 },	/* documentation */
	{ 0xe0000000, 4 },	/* multicast */
	{ 0xf0000000, 4 },	/* reserved, broadcast */
};

struct range6 {
	uint8_t	net[16];
	int	bits;
};

static const struct range6 refused6[] = {
	{ { 0 }, 8 },				/* ::1, mapped, compatible */
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48 },	/* local NAT64 */
	{ { 0x01 }, 64 },			/* discard */
	{ { 0x20, 0x01, 0x00, 0x00 }, 32 },	/* Teredo */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },	/* documentation */
	{ { 0x20, 0x02 }, 16 },			/* 6to4 */
	{ { 0x3f, 0xff }, 20 },			/* documentation */
	{ { 0x5f, 0x00 }, 16 },			/* segment routing */
	{ { 0xfc }, 7 },			/* unique local */
	{ { 0xfe, 0x80 }, 10 },			/* link-local */
	{ { 0xfe, 0xc0 }, 10 },			/* site-local */
	{ { 0xff }, 8 },			/* multicast */
};

static bool
refused_v4(uint32_t address, bool allow_loopback)
{
	if (allow_loopback && address >> 24 == 127)
		return false;
	for (size_t i = 0; i < sizeof(refused4) / sizeof(refused4[0]); i++)
		if ((address ^ refused4[i].net) >> (32 - refused4[i].bits) == 0)
			return true;
	return false;
}

static bool
in_range6(const uint8_t *address, const struct range6 *range)
{
	int whole = range->bits / 8, rest = range->bits % 8;

	if (memcmp(address, range->net, (size_t)whole) != 0)
		return false;
	return rest == 0 ||
	    (address[whole] ^ range->net[whole]) >> (8 - rest) == 0;
}

static uint32_t
inner_v4(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	    (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool
refused_v6(const uint8_t *address, bool allow_loopback)
{
	static const uint8_t loopback[16] = { [15] = 1 };
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };

	if (allow_loopback && memcmp(address, loopback, 16) == 0)
		return false;
	/* NAT64 leads to the IPv4 address inside; that one counts. */
	if (memcmp(address, nat64, 12) == 0)
		return refused_v4(inner_v4(address + 12), false);
	for (size_t i = 0; i < sizeof(refused6) / sizeof(refused6[0]); i++)
		if (in_range6(address, &refused6[i]))
			return true;
	return false;
}

bool
address_refused(const struct sockaddr *sa, bool allow_loopback)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		return refused_v4(ntohl(v4.sin_addr.s_addr), allow_loopback);
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		return refused_v6(v6.sin6_addr.s6_addr, allow_loopback);
	}
	return true;
}

bool
address_literal_refused(const char *host, bool allow_loopback)
{
	struct in_addr v4;
	struct in6_addr v6;
	char bare[256];
	size_t n = strlen(host);

	if (n >= sizeof(bare))
		return false;
	/* Brackets, a zone and the dot of a full name mean the same address. */
	if (*host == '[') {
		host++;
		n = strcspn(host, "]");
	}
	n = strcspn(host, "%") < n ? strcspn(host, "%") : n;
	if (n > 0 && host[n - 1] == '.')
		n--;
	memcpy(bare, host, n);
	bare[n] = '\0';
	if (inet_aton(bare, &v4) != 0)
		return refused_v4(ntohl(v4.s_addr), allow_loopback);
	if (inet_pton(AF_INET6, bare, &v6) == 1)
		return refused_v6(v6.s6_addr, allow_loopback);
	return false;
}

bool
address_host_of_url(const char *url, char host[256])
{
	const char *start = strstr(url, "://");

	if (start == NULL)
		return false;
	start += 3;
	size_t n = strcspn(start, "/?#");
	if (memchr(start, '@', n) != NULL)
		return false;
	if (*start == '[') {
		start++;
		if (memchr(start, ']', n - 1) == NULL)
			return false;
		n = strcspn(start, "]");
	} else {
		n = strcspn(start, ":/?#");
	}
	if (n == 0 || n >= 256)
		return false;
	memcpy(host, start, n);
	host[n] = '\0';
	return true;
}
