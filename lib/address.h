/* SPDX-License-Identifier: ISC */
/*
 * address.h - IP addresses: reading, comparing, and what kind they are.
 *
 * Public means: an address that belongs to one host of the internet. All
 * that does not is of some kind, which the ranges of address.c name. IPv6
 * addresses that carry IPv4 ones are told apart by address_inner, so that
 * the address they lead to can be judged like any other.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ADDRESS_TEXT_SIZE = 46,	/* as INET6_ADDRSTRLEN */
	ADDRESS_INNER_MAX = 6
};

struct sockaddr;

/* In network order; an IPv4 address is the first four bytes, the rest 0. */
struct address {
	uint8_t	bytes[16];
	bool	v6;
};

/* All addresses whose first bits are those of another one. */
struct address_net {
	struct address	net;
	int		bits;
};

/* False for families other than IPv4 and IPv6. */
bool	address_of_sockaddr(const struct sockaddr *, struct address *);

/*
 * Reads "10.0.0.7" or "fd00::7", in no other spelling: four decimal numbers
 * without leading zeros, no brackets, no zone.
 */
bool	address_read(const char *text, struct address *);

/* Writes it; text holds ADDRESS_TEXT_SIZE bytes. Returns text. */
char	*address_text(const struct address *, char *text);

bool	address_equal(const struct address *, const struct address *);

/*
 * Reads "10.0.0.0/8", or an address, which is a network of one. The bits
 * behind the slash must say all: "10.0.0.7/8" is refused as a likely slip.
 */
bool	address_net_read(const char *text, struct address_net *);

/* Is the address in the network? Never for another family. */
bool	address_in(const struct address_net *, const struct address *);

/*
 * NULL for a public address, else its kind with an article ("a private"),
 * for a sentence that goes on with "address". What an IPv6 address carries
 * is not looked at, but forms that exist to carry IPv4 have a kind of their
 * own; NAT64's well-known prefix and ISATAP, which the internet does route,
 * do not.
 */
const char	*address_kind(const struct address *);

/*
 * Is this where a cloud tells its machines their secrets, or elsewhere on
 * the link alone? Nothing useful is there for a webhook.
 */
bool	address_metadata(const struct address *);

/* 127.0.0.0/8 and ::1, and no other form of them. */
bool	address_loopback(const struct address *);

/*
 * The IPv4 addresses that an IPv6 one may lead to: mapped, compatible,
 * translated, NAT64 (the well-known prefix; the local one in all four
 * places that RFC 6052 knows), 6to4, Teredo (server and client), ISATAP.
 * Returns how many.
 */
size_t	address_inner(const struct address *,
	    struct address inner[ADDRESS_INNER_MAX]);

#endif
