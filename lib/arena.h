/* SPDX-License-Identifier: ISC */
/*
 * arena.h - memory that is given back all at once.
 *
 * A request takes what it needs from its arena and never frees a piece; the
 * loop empties the arena between requests and keeps its blocks, so that a
 * warm program allocates nothing. When the system has no memory left the
 * process stops: its transaction rolls back and the web server starts another.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A run of bytes in somebody else's memory; need not end in NUL. */
struct slice {
	const char	*p;
	size_t		 n;
};

/* A new, empty arena; free it with arena_free. Never NULL. */
struct arena	*arena_new(void);
void		 arena_free(struct arena *);

/* Takes everything back; pointers from this arena die. */
void		 arena_reset(struct arena *);

/* n zeroed bytes, aligned for any type. Never NULL. */
void		*arena_alloc(struct arena *, size_t n);

/* A NUL-terminated copy of n bytes, or of a string. Never NULL. */
char		*arena_strndup(struct arena *, const char *, size_t n);
char		*arena_strdup(struct arena *, const char *);

/* printf into the arena. Never NULL. */
char		*arena_printf(struct arena *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3), nonnull));

/* Bytes handed out since the last reset, for tests. */
size_t		 arena_used(const struct arena *);

#endif
