/* SPDX-License-Identifier: ISC */
/*
 * buf.h - a growing buffer that is born with its maximum.
 *
 * Writing past the maximum writes nothing and sets failed, which stays set:
 * a caller writes to its heart's content and looks once at the end. The
 * text always ends in a NUL that len does not count.
 */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char	*data;		/* NULL while empty; owned by the buffer */
	size_t	 len;		/* bytes written */
	size_t	 cap;		/* bytes allocated */
	size_t	 max;		/* bytes at the most */
	bool	 failed;	/* a write went past max */
};

void	buf_init(struct buf *, size_t max);

/* Forgets the content and the failure, keeps the memory. */
void	buf_reset(struct buf *);

/* Wipes and frees. */
void	buf_free(struct buf *);

void	buf_add(struct buf *, const void *, size_t);
void	buf_puts(struct buf *, const char *);
void	buf_putc(struct buf *, char);
void	buf_printf(struct buf *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* The text so far; "" where nothing was written. Valid until the next write. */
const char *buf_str(const struct buf *);

#endif
