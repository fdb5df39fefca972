/* SPDX-License-Identifier: ISC */
/*
 * json.h - one strict reader and one writer of JSON (RFC 8259).
 *
 * The reader exists because money and `meta` must come out with the bytes
 * they came in with: every value keeps the slice of the text it was read
 * from, so 1.10, 12345678901234567890 and "\u00e9" stay as they were spelt.
 * It refuses what two parsers could read in two ways: duplicate keys (after
 * decoding escapes), invalid UTF-8, lone surrogates, raw control characters,
 * numbers with leading zeros, anything after the value, and nesting deeper
 * than JSON_DEPTH_MAX.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "buf.h"

enum {
	JSON_DEPTH_MAX = 32	/* arrays and objects within each other */
};

enum json_kind {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

/* A value. Lives in the arena; raw points into the text that was parsed. */
struct json {
	enum json_kind	 kind;
	struct slice	 raw;	/* the value as it was spelt */
	const char	*key;	/* decoded member name; NULL outside objects */
	size_t		 key_len;
	const char	*text;	/* JSON_STRING: decoded, NUL-terminated */
	size_t		 len;	/* JSON_STRING: bytes of text (may hold NULs) */
	struct json	*child;	/* first element or member */
	struct json	*next;	/* next sibling */
};

/*
 * Parses the n bytes at text, which must outlive the result. NULL where they
 * are not one JSON value by the rules above; *why then says in a few words
 * why (a constant string), with no part of the input in it.
 */
struct json	*json_parse(struct arena *, const char *text, size_t n,
		    const char **why);

/* The member of an object, or NULL: absent, or not an object (NULL is fine). */
const struct json *json_get(const struct json *, const char *key);

/*
 * The text of a string member; NULL where it is absent, no string, or holds a
 * NUL.
 */
const char	*json_text(const struct json *, const char *key);

/*
 * An integer member spelt without fraction or exponent; false where it is
 * absent, no such number, or does not fit.
 */
bool		 json_int(const struct json *, const char *key, int64_t *);

/* The JSON name of a value's type as zod prints it: "string", "object" ... */
const char	*json_kind_name(enum json_kind);

/*
 * The writer: members come out in the order of the calls, without blanks.
 * key is NULL inside arrays and for the outermost value.
 */
struct jsonw {
	struct buf	*buf;
	bool		 comma;	/* the next value needs a comma before it */
};

void	jsonw_init(struct jsonw *, struct buf *);
void	jsonw_object(struct jsonw *, const char *key);	/* opens { */
void	jsonw_array(struct jsonw *, const char *key);	/* opens [ */
void	jsonw_end_object(struct jsonw *);
void	jsonw_end_array(struct jsonw *);
void	jsonw_null(struct jsonw *, const char *key);
void	jsonw_bool(struct jsonw *, const char *key, bool);
void	jsonw_int(struct jsonw *, const char *key, int64_t);
/* A string; NULL writes null. Bytes that are not UTF-8 come out as U+FFFD. */
void	jsonw_text(struct jsonw *, const char *key, const char *);
void	jsonw_textn(struct jsonw *, const char *key, const char *, size_t);
/* Text that is JSON already; NULL writes null. */
void	jsonw_raw(struct jsonw *, const char *key, const char *, size_t);
/* Milliseconds since 1970 as "2026-11-25T10:00:00.000Z"; 0 or less: null. */
void	jsonw_time(struct jsonw *, const char *key, int64_t ms);
/* Parts per million as a percentage, shortest form: 35000 is 3.5. */
void	jsonw_percent(struct jsonw *, const char *key, int64_t ppm);
/* An amount in major units, shortest form (amount_print). */
void	jsonw_money(struct jsonw *, const char *key, int64_t minor,
	    const char *currency);

#endif
