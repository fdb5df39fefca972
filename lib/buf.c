/* SPDX-License-Identifier: ISC */
/* buf.c - a growing buffer that is born with its maximum. */
#include "buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_CAP = 256		/* bytes of the first allocation */
};

static void
release(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->cap);
	free(b->data);
}

/* Room for n more bytes and the NUL; false past the maximum. */
static bool
reserve(struct buf *b, size_t n)
{
	if (b->failed || n > b->max - b->len) {
		b->failed = true;
		return false;
	}
	if (n < b->cap - b->len)
		return true;

	size_t cap = b->cap > 0 ? b->cap : FIRST_CAP;

	while (cap - b->len <= n)
		cap *= 2;
	if (cap > b->max + 1)
		cap = b->max + 1;

	/* Not realloc, which would leave the old bytes behind unwiped. */
	char *data = malloc(cap);

	if (data == NULL) {
		fputs("out of memory\n", stderr);
		abort();
	}
	if (b->len > 0)
		memcpy(data, b->data, b->len);
	data[b->len] = '\0';
	release(b);
	b->data = data;
	b->cap = cap;
	return true;
}

void
buf_init(struct buf *b, size_t max)
{
	/* Half of the address space, so that doubling cannot overflow. */
	*b = (struct buf){ .max = max < SIZE_MAX / 2 ? max : SIZE_MAX / 2 };
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
buf_free(struct buf *b)
{
	release(b);
	buf_init(b, b->max);
}

void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0 || !reserve(b, n))
		return;
	memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);

	int n = vsnprintf(NULL, 0, fmt, ap);

	if (n < 0)
		b->failed = true;
	else if (n > 0 && reserve(b, (size_t)n)) {
		(void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

const char *
buf_str(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}
