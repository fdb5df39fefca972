/* SPDX-License-Identifier: ISC */
/*
 * egress.h - where a webhook may go.
 *
 * A URL that a partner gives us makes our machine connect to somewhere, and
 * our machine can reach what the partner cannot. So a webhook goes to public
 * addresses only, and to the usual ports, except for what the operator lists
 * in webhook_allow (networks and host names) and webhook_ports. There is no
 * switch that turns this off: a network that holds a large part of the
 * internet cannot be listed, and addresses where clouds keep their machines'
 * secrets are refused whatever is listed. In sandbox mode loopback is allowed
 * too, on any port.
 *
 * Two looks are needed. egress_check_url reads a URL, in one spelling: what
 * two programs could read differently is refused, not guessed at, so that
 * libcurl finds the host that was judged here. A host that is an address is
 * judged at once, a name when it has been resolved: egress_check_answer
 * wants every address of the answer to be good, and the sender connects to
 * no address but these (lib/sender-attempt.c). Both looks are made for each
 * attempt; they allocate nothing and cost about a microsecond.
 *
 * Complaints are sentences that name the setting which would help; they are
 * for the endpoint's owner and the operator alike.
 */
#ifndef EGRESS_H
#define EGRESS_H

#include "address.h"
#include "conf.h"

enum {
	EGRESS_HOST_MAX = 253,	/* characters of a host name */
	EGRESS_WHY_SIZE = 320,	/* bytes of a complaint */
	EGRESS_URL_MAX = 2000
};

/* What a URL leads to. */
struct egress_target {
	char		host[EGRESS_HOST_MAX + 1];	/* lower case, no [] */
	bool		literal;	/* the host is an address */
	struct address	address;	/* which one */
	uint16_t	port;
};

/*
 * Reads and judges a URL. NULL, or a complaint in why. Of a host name the
 * address is left to the second look, and in sandbox mode the port as well.
 */
const char	*egress_check_url(const struct conf *, const char *url,
		    struct egress_target *, char why[EGRESS_WHY_SIZE]);

/*
 * Judges what the target's name was resolved to, all of it; at least one
 * address. NULL, or a complaint in why.
 */
const char	*egress_check_answer(const struct conf *,
		    const struct egress_target *, const struct address *,
		    size_t n, char why[EGRESS_WHY_SIZE]);

/*
 * Reads a word of the setting webhook_allow: an address, a network no larger
 * than EGRESS_BITS_MIN4 and 6 say, a host name, or a dot and a domain for all
 * names below it. False for anything else.
 */
bool		 egress_read_allow(const char *word, struct conf_allow *);

/* The shortest prefix of a network that can be allowed. */
enum {
	EGRESS_BITS_MIN4 = 8,	/* 10.0.0.0/8 */
	EGRESS_BITS_MIN6 = 7	/* fc00::/7 */
};

#endif
