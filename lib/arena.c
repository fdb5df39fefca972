/* SPDX-License-Identifier: ISC */
/* arena.c - memory that is given back all at once. */
#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The address sanitizer knows only what malloc gave out. Told which bytes of
 * a block are taken, and given a gap behind each piece, it sees a piece
 * overrun and a pointer that outlived its request.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#endif

#ifdef WATCHED
#include <sanitizer/asan_interface.h>
#define OPEN(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#define SHUT(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define GAP 16
#else
#define OPEN(p, n) ((void)(p), (void)(n))
#define SHUT(p, n) ((void)(p), (void)(n))
#define GAP 0
#endif

enum {
	ALIGN = _Alignof(max_align_t),
	BLOCK_SIZE = 32 * 1024,		/* most requests need one */
	LARGE = BLOCK_SIZE / 4,		/* pieces that may get a block alone */
	KEEP_MAX = 256 * 1024		/* bytes of blocks kept by a reset */
};

struct block {
	struct block	*next;
	size_t		 size;		/* bytes of data */
	size_t		 used;		/* bytes taken, all zero beyond them */
	_Alignas(max_align_t) char data[];
};

struct arena {
	struct block	*busy;		/* the first one is being filled */
	struct block	*spare;		/* all zero, kept by a reset */
	size_t		 used;		/* bytes handed out */
};

static _Noreturn void
no_memory(void)
{
	fputs("out of memory\n", stderr);
	abort();
}

static struct block *
block_new(size_t size)
{
	struct block *b = calloc(1, sizeof(*b) + size);

	if (b == NULL)
		no_memory();
	b->size = size;
	SHUT(b->data, size);
	return b;
}

static void
block_free(struct block *b)
{
	OPEN(b->data, b->size);
	explicit_bzero(b->data, b->used);
	free(b);
}

static void
list_free(struct block *b)
{
	while (b != NULL) {
		struct block *next = b->next;

		block_free(b);
		b = next;
	}
}

/*
 * The tightest spare block, so that a small piece does not use up the large
 * block that the next large piece will ask for; else a new one.
 */
static struct block *
block_take(struct arena *a, size_t n)
{
	struct block **best = NULL;

	for (struct block **at = &a->spare; *at != NULL; at = &(*at)->next)
		if ((*at)->size >= n &&
		    (best == NULL || (*at)->size < (*best)->size))
			best = at;
	if (best == NULL)
		return block_new(n > BLOCK_SIZE ? n : BLOCK_SIZE);

	struct block *b = *best;

	*best = b->next;
	return b;
}

struct arena *
arena_new(void)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (a == NULL)
		no_memory();
	return a;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	list_free(a->busy);
	list_free(a->spare);
	free(a);
}

void
arena_reset(struct arena *a)
{
	struct block *busy = a->busy;
	size_t kept = 0;

	for (struct block *b = a->spare; b != NULL; b = b->next)
		kept += b->size;
	a->busy = NULL;
	a->used = 0;
	while (busy != NULL) {
		struct block *b = busy;

		busy = b->next;
		if (b->size > KEEP_MAX - kept) {
			block_free(b);
			continue;
		}
		/* One request's secrets must not meet the next request. */
		OPEN(b->data, b->size);
		explicit_bzero(b->data, b->used);
		SHUT(b->data, b->size);
		kept += b->size;
		b->used = 0;
		b->next = a->spare;
		a->spare = b;
	}
}

void *
arena_alloc(struct arena *a, size_t n)
{
	if (n > SIZE_MAX / 2)
		no_memory();

	size_t whole = (n + ALIGN - 1) / ALIGN * ALIGN + GAP;
	struct block *b = a->busy;

	if (b == NULL || b->size - b->used < whole) {
		b = block_take(a, whole);
		if (a->busy != NULL && whole > LARGE) {
			/* The block being filled has room for more. */
			b->next = a->busy->next;
			a->busy->next = b;
		} else {
			b->next = a->busy;
			a->busy = b;
		}
	}

	void *p = b->data + b->used;

	OPEN(p, n);
	b->used += whole;
	a->used += n;
	return p;
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	if (n == SIZE_MAX)
		no_memory();

	char *copy = arena_alloc(a, n + 1);

	if (n > 0)
		memcpy(copy, s, n);
	return copy;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);

	int n = vsnprintf(NULL, 0, fmt, ap);

	if (n < 0)
		no_memory();

	char *text = arena_alloc(a, (size_t)n + 1);

	(void)vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return text;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}
