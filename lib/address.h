/* SPDX-License-Identifier: ISC */
/*
 * address.h - which network addresses a webhook may go to.
 */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>

struct sockaddr;

/*
 * Is this address off limits: not public, unless it is loopback and that is
 * allowed (the sandbox)? Covers the IPv4 and IPv6 ranges of peers.md 4.3,
 * and IPv4 addresses inside IPv6 ones.
 */
bool	address_refused(const struct sockaddr *, bool allow_loopback);

/*
 * The same for a host that is spelt as an address, in any of the spellings
 * that inet_aton(3) takes ("127.1", "0x7f000001"), with or without brackets.
 * False for names, which are checked when they are resolved.
 */
bool	address_literal_refused(const char *host, bool allow_loopback);

/*
 * The host of an http(s) URL, without brackets; host holds 256 bytes. False
 * where there is none, where it is too long, or where the URL has a user.
 */
bool	address_host_of_url(const char *url, char host[256]);

#endif
