/* SPDX-License-Identifier: ISC */
/*
 * utf8.h - what is UTF-8 and what is not (RFC 3629).
 */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The length of the sequence that begins the n > 0 bytes at s: 1 to 4; 0
 * where there is none, because of a stray or missing byte, an overlong form,
 * a surrogate, or a code point above U+10FFFF.
 */
size_t	utf8_length(const char *s, size_t n);

/*
 * Writes the sequence of a code point, no NUL behind it, and returns its
 * length. code must be a Unicode scalar value; out holds 4 bytes.
 */
size_t	utf8_encode(uint32_t code, char *out);

/* Are the n bytes UTF-8 throughout? */
bool	utf8_is_valid(const char *s, size_t n);

/*
 * How many characters a text has, as a database counts them: continuation
 * bytes do not count, whatever stands before them.
 */
size_t	utf8_characters(const char *text);

#endif
