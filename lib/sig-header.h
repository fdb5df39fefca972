/* SPDX-License-Identifier: ISC */
/*
 * sig-header.h - the signature headers that processors send with webhooks:
 * "t=1730750100,v1=<hex>,v1=<hex>" and its relatives.
 */
#ifndef SIG_HEADER_H
#define SIG_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

enum {
	SIG_HEADER_MAX = 4096,		/* bytes of a header */
	SIG_HEADER_ITEMS_MAX = 16
};

/* A header, taken apart; everything points into it. */
struct sig_header {
	struct slice	time;		/* of t, as spelt; p NULL: none */
	struct slice	v1[SIG_HEADER_ITEMS_MAX];
	size_t		v1_count;
};

/*
 * Reads comma-separated key=value items; blanks around an item are taken
 * where that is allowed, keys other than t and v1 are no concern of ours.
 * False where it cannot be read, is empty or too long, or has two times.
 */
bool	sig_header_read(const char *text, bool blanks, struct sig_header *);

/*
 * Reads "0" or digits without a leading zero, max of them at the most: of all
 * spellings of a number the only one for which signing the text and signing
 * the number are the same.
 */
bool	sig_header_time(struct slice text, size_t max, int64_t *value);

/* How many of the secrets are more than blanks: with an empty one anybody
 * can sign. */
size_t	sig_header_usable(const char *const *secrets, size_t count);

/*
 * Does any v1 equal the HMAC-SHA256 of the pieces, joined, under any of the
 * usable secrets? Compares everything with everything, so that time tells
 * nothing.
 */
bool	sig_header_matches(const struct sig_header *,
	    const char *const *secrets, size_t count,
	    const struct slice *pieces, size_t piece_count);

#endif
