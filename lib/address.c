/* SPDX-License-Identifier: ISC */
/* address.c - ranges of addresses, and addresses inside addresses. */
#include "address.h"

#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

struct range {
	uint8_t		 net[16];
	int		 bits;
	const char	*kind;
	bool		 metadata;
};

#define V4(a, b, c, d) { 0x##a, 0x##b, 0x##c, 0x##d }
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The first that fits counts. */
static const struct range ranges4[] = {
	{ V4(a9, fe, a9, fe), 32, "a metadata", true },	/* most clouds */
	{ V4(a9, fe, aa, 02), 32, "a metadata", true },	/* containers */
	{ V4(64, 64, 64, c8), 32, "a metadata", true },	/* Alibaba */
	{ V4(c0, 00, 00, c0), 32, "a metadata", true },	/* Oracle */
	{ V4(a8, 3f, 81, 10), 32, "a metadata", true },	/* Azure */
	{ V4(a9, fe, 00, 00), 16, "a link-local", true },
	{ V4(00, 00, 00, 00), 8, "a local", false },
	{ V4(0a, 00, 00, 00), 8, "a private", false },
	{ V4(64, 40, 00, 00), 10, "a carrier-private", false },
	{ V4(7f, 00, 00, 00), 8, "a loopback", false },
	{ V4(ac, 10, 00, 00), 12, "a private", false },
	{ V4(c0, 00, 00, 00), 24, "a reserved", false },
	{ V4(c0, 00, 02, 00), 24, "a documentation", false },
	{ V4(c0, 58, 63, 00), 24, "a 6to4 relay", false },
	{ V4(c0, a8, 00, 00), 16, "a private", false },
	{ V4(c6, 12, 00, 00), 15, "a benchmark", false },
	{ V4(c6, 33, 64, 00), 24, "a documentation", false },
	{ V4(cb, 00, 71, 00), 24, "a documentation", false },
	{ V4(e0, 00, 00, 00), 4, "a multicast", false },
	{ V4(ff, ff, ff, ff), 32, "a broadcast", false },
	{ V4(f0, 00, 00, 00), 4, "a reserved", false },
};

/* The well-known prefix of NAT64 alone is routed outside of 2000::/3. */
static const struct range ranges6[] = {
	{ { 0xfd, 0x00, 0x0e, 0xc2 }, 64, "a metadata", true },	/* Amazon */
	{ { 0xfd, 0x20, 0x00, 0xce }, 64, "a metadata", true },	/* Google */
	{ { 0xfd, 0x00, 0x00, 0x42 }, 64, "a metadata", true },	/* Scaleway */
	{ { 0xfe, 0x80 }, 10, "a link-local", true },
	{ { [15] = 1 }, 128, "a loopback", false },
	{ { 0 }, 128, "a local", false },
	{ { 0 }, 96, "an IPv4-compatible", false },
	{ { [10] = 0xff, 0xff }, 96, "an IPv4-mapped", false },
	{ { [8] = 0xff, 0xff }, 96, "an IPv4-translated", false },
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, NULL, false },
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48, "a local NAT64",
	  false },
	{ { 0x01 }, 64, "a discard", false },
	{ { 0x20, 0x01, 0x00, 0x00 }, 32, "a Teredo", false },
	{ { 0x20, 0x01, 0x00, 0x00 }, 23, "a reserved", false },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, "a documentation", false },
	{ { 0x20, 0x02 }, 16, "a 6to4", false },
	{ { 0x3f, 0xff }, 20, "a documentation", false },
	{ { 0x20 }, 3, NULL, false },
	{ { 0x5f, 0x00 }, 16, "a segment routing", false },
	{ { 0xfc }, 7, "a private", false },
	{ { 0xfe, 0xc0 }, 10, "a site-local", false },
	{ { 0xff }, 8, "a multicast", false },
	{ { 0 }, 0, "a reserved", false },
};

static bool
same_bits(const uint8_t *a, const uint8_t *b, int bits)
{
	int whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, (size_t)whole) != 0)
		return false;
	return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static const struct range *
find_range(const struct address *a)
{
	const struct range *ranges = a->v6 ? ranges6 : ranges4;
	size_t n = a->v6 ? COUNT(ranges6) : COUNT(ranges4);

	for (size_t i = 0; i < n; i++)
		if (same_bits(a->bytes, ranges[i].net, ranges[i].bits))
			return &ranges[i];
	return NULL;
}

const char *
address_kind(const struct address *a)
{
	const struct range *range = find_range(a);

	return range != NULL ? range->kind : NULL;
}

bool
address_metadata(const struct address *a)
{
	const struct range *range = find_range(a);

	return range != NULL && range->metadata;
}

bool
address_loopback(const struct address *a)
{
	static const uint8_t v6[16] = { [15] = 1 };

	return a->v6 ? memcmp(a->bytes, v6, 16) == 0 : a->bytes[0] == 127;
}

bool
address_of_sockaddr(const struct sockaddr *sa, struct address *out)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memset(out, 0, sizeof(*out));
	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		memcpy(out->bytes, &v4.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		memcpy(out->bytes, &v6.sin6_addr, 16);
		out->v6 = true;
	}
	return sa->sa_family == AF_INET || sa->sa_family == AF_INET6;
}

bool
address_read(const char *text, struct address *out)
{
	memset(out, 0, sizeof(*out));
	/* inet_pton(3) takes the one spelling of IPv4 that means one thing. */
	if (inet_pton(AF_INET, text, out->bytes) == 1)
		return true;
	out->v6 = inet_pton(AF_INET6, text, out->bytes) == 1;
	return out->v6;
}

char *
address_text(const struct address *a, char *text)
{
	inet_ntop(a->v6 ? AF_INET6 : AF_INET, a->bytes, text,
	    ADDRESS_TEXT_SIZE);
	return text;
}

bool
address_equal(const struct address *a, const struct address *b)
{
	return a->v6 == b->v6 && memcmp(a->bytes, b->bytes, 16) == 0;
}

/* Is all behind the first bits zero? */
static bool
ends_in_zeros(const uint8_t *bytes, int bits)
{
	for (int i = bits; i < 128; i++)
		if ((bytes[i / 8] >> (7 - i % 8) & 1) != 0)
			return false;
	return true;
}

/* The number behind a slash, or -1. */
static int
read_bits(const char *text, int max)
{
	int n = 0;

	if (*text == '\0' || (*text == '0' && text[1] != '\0'))
		return -1;
	for (; *text >= '0' && *text <= '9' && n <= max; text++)
		n = n * 10 + *text - '0';
	return *text == '\0' && n <= max ? n : -1;
}

bool
address_net_read(const char *text, struct address_net *out)
{
	char address[ADDRESS_TEXT_SIZE];
	size_t n = strcspn(text, "/");

	if (n >= sizeof(address))
		return false;
	memcpy(address, text, n);
	address[n] = '\0';
	if (!address_read(address, &out->net))
		return false;
	out->bits = out->net.v6 ? 128 : 32;
	if (text[n] == '\0')
		return true;
	out->bits = read_bits(text + n + 1, out->bits);
	return out->bits != -1 && ends_in_zeros(out->net.bytes, out->bits);
}

bool
address_in(const struct address_net *net, const struct address *a)
{
	return net->net.v6 == a->v6 &&
	    same_bits(a->bytes, net->net.bytes, net->bits);
}

static void
add_inner(struct address *inner, size_t *n, const uint8_t *four)
{
	memset(&inner[*n], 0, sizeof(inner[*n]));
	memcpy(inner[(*n)++].bytes, four, 4);
}

/*
 * Under the local prefix of NAT64 an operator may choose how long the whole
 * prefix is, so any of four places may be the one. Nothing is translated to
 * 0.0.0.0/8, which is what the empty places hold.
 */
static void
inner_of_local_nat64(const uint8_t *b, struct address *inner, size_t *n)
{
	const uint8_t places[4][4] = {
		{ b[6], b[7], b[9], b[10] }, { b[7], b[9], b[10], b[11] },
		{ b[9], b[10], b[11], b[12] }, { b[12], b[13], b[14], b[15] }
	};

	for (size_t i = 0; i < COUNT(places); i++)
		if (places[i][0] != 0)
			add_inner(inner, n, places[i]);
}

size_t
address_inner(const struct address *a,
    struct address inner[ADDRESS_INNER_MAX])
{
	static const uint8_t zero[12], mapped[12] = { [10] = 0xff, 0xff },
	    translated[12] = { [8] = 0xff, 0xff },
	    nat64[12] = { 0x00, 0x64, 0xff, 0x9b },
	    local_nat64[6] = { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 },
	    teredo[4] = { 0x20, 0x01 }, isatap[3] = { 0x00, 0x5e, 0xfe };
	const uint8_t *b = a->bytes;
	size_t n = 0;

	if (!a->v6)
		return 0;
	/* ::1 and its like are no IPv4 addresses. */
	if ((memcmp(b, zero, 12) == 0 && b[12] != 0) ||
	    memcmp(b, mapped, 12) == 0 || memcmp(b, translated, 12) == 0 ||
	    memcmp(b, nat64, 12) == 0)
		add_inner(inner, &n, b + 12);
	if (memcmp(b, local_nat64, 6) == 0)
		inner_of_local_nat64(b, inner, &n);
	if (b[0] == 0x20 && b[1] == 0x02)
		add_inner(inner, &n, b + 2);
	if (memcmp(b, teredo, 4) == 0) {
		const uint8_t client[4] = { b[12] ^ 0xff, b[13] ^ 0xff,
		    b[14] ^ 0xff, b[15] ^ 0xff };
		add_inner(inner, &n, b + 4);
		add_inner(inner, &n, client);
	}
	if ((b[8] & 0xfc) == 0 && memcmp(b + 9, isatap, 3) == 0)
		add_inner(inner, &n, b + 12);
	return n;
}
