/* SPDX-License-Identifier: ISC */
/*
 * doc.h - an API's object as its JSON: members in order, each one replaceable.
 *
 * A processor's objects have dozens of members of which most stay null, so
 * they are kept as the API shows them. Members whose name begins with _ are
 * the stand-in's own notes: stored, never shown.
 */
#ifndef DOC_H
#define DOC_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "buf.h"

struct doc;

/* A new object with these members (blanks between them), all null. */
struct doc	*doc_new(struct arena *, const char *members);

/* Reads an object; NULL where text is none. text is copied. */
struct doc	*doc_parse(struct arena *, const char *text);

/* A text member; NULL where it is null, absent or no text. */
const char	*doc_text(const struct doc *, const char *key);
/* Is it this text? */
bool		 doc_is(const struct doc *, const char *key, const char *text);
/* An integer member; 0 where it is none. */
int64_t		 doc_int(const struct doc *, const char *key);
bool		 doc_true(const struct doc *, const char *key);
/* A member as JSON; NULL where it is null or absent. */
const char	*doc_raw(const struct doc *, const char *key);
bool		 doc_has(const struct doc *, const char *key);

/* The objects in a member that is an array: how many, and one of them. */
size_t		 doc_count(const struct doc *, const char *key);
struct doc	*doc_item(const struct doc *, const char *key, size_t);

/* Sets a member, adding it at the end where it is new. */
void	doc_set_text(struct doc *, const char *key, const char *);
void	doc_set_int(struct doc *, const char *key, int64_t);
void	doc_set_bool(struct doc *, const char *key, bool);
void	doc_set_null(struct doc *, const char *key);
/* A member as JSON that is printed; doc_quote makes texts fit to be in it. */
void	doc_setf(struct doc *, const char *key, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
void	doc_remove(struct doc *, const char *key);

/* Member names in turn: NULL begins, and NULL ends. */
const char	*doc_next(const struct doc *, const char *key);

/* The object as JSON, with or without the members that are not shown. */
char	*doc_stored(const struct doc *);
char	*doc_shown(const struct doc *);

/* A text as a JSON string with its quotes; "null" for NULL. */
const char	*doc_quote(struct arena *, const char *);

#endif
