/* SPDX-License-Identifier: ISC */
/*
 * id.h - identifiers that begin with the time.
 */
#ifndef ID_H
#define ID_H

#include <stdint.h>

enum { ID_SIZE = 40 };	/* bytes that hold any identifier made here */

/*
 * prefix, then 26 characters of Crockford base 32: 48 bits of milliseconds
 * and 80 random bits (the layout of a ULID), which count up within one thread
 * and millisecond. Not a secret. prefix is at most 8 bytes, such
 * as "evt_". Returns out.
 */
char	*id_make(const char *prefix, int64_t now, char out[ID_SIZE]);

/*
 * The least identifier with this prefix that can be made at a moment: a bound
 * for those made since or before. A moment that no identifier can name gives
 * what sorts before or behind all of them. Returns out.
 */
char	*id_floor(const char *prefix, int64_t ms, char out[ID_SIZE]);

/*
 * The public name of a payment: CLVTX_<13 digits of ms>_<9 random digits>
 * (clive.md 1). Returns out.
 */
char	*id_make_tx(int64_t now, char out[ID_SIZE]);

/*
 * The opaque row name shown beside it (clive.md 12 #49), derived from it so
 * that it needs no column and no index. Returns out.
 */
char	*id_of_tx_row(const char *clive_tx_id, char out[ID_SIZE]);

/*
 * A UUID of version 7 (RFC 9562) in lower case: 48 bits of milliseconds, then
 * random ones. Sorts by time. Returns out.
 */
char	*id_make_uuid(int64_t now, char out[ID_SIZE]);

#endif
