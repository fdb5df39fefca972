/* SPDX-License-Identifier: ISC */
/*
 * clickpesa-checksum.h - ClickPesa's checksum over JSON objects.
 *
 * Rules: spec clickpesa.md section 7. What is hashed is the canonical text:
 * the object without its top-level `checksum` and `checksumMethod`, members
 * sorted at every depth, spelt as JavaScript's JSON.stringify spells it. In
 * that language the last of two members with one name wins; our reader
 * (json.h) refuses such a text before it comes here. Names that look like
 * array indexes, which JavaScript would put first whatever their order, are
 * sorted like all others, as the documents say.
 */
#ifndef CLICKPESA_CHECKSUM_H
#define CLICKPESA_CHECKSUM_H

#include <stdbool.h>

#include "buf.h"
#include "json.h"
#include "sig.h"

/* Appends the canonical text of an object that json_parse made. */
void	clickpesa_canonical(struct arena *, const struct json *, struct buf *);

/* The hex checksum of an object by the canonical method. */
void	clickpesa_checksum(struct arena *, const struct json *,
	    const char *key, char hex[SHA256_HEX_SIZE]);

/*
 * The same by the method of before 2026: values of the sorted top-level
 * members one after the other. For requests alone, and only defined where
 * they are flat: false for a member that is an array, an object or null.
 */
bool	clickpesa_checksum_legacy(struct arena *, const struct json *,
	    const char *key, char hex[SHA256_HEX_SIZE]);

enum clickpesa_verdict {
	CLICKPESA_GOOD,
	CLICKPESA_MISSING,	/* nothing to compare with */
	CLICKPESA_WRONG		/* another checksum, or another method */
};

/*
 * Checks an object that came from ClickPesa against its member `checksum`,
 * or where there is none against header (NULL: absent). Compared in constant
 * time with the canonical form and, since the vendor's Python sample escapes
 * all but ASCII, with that spelling of it. The legacy method is refused:
 * over a webhook it covers the event's name and nothing else.
 */
enum clickpesa_verdict clickpesa_verify(struct arena *, const struct json *,
	    const char *key, const char *header);

#endif
