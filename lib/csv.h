/* SPDX-License-Identifier: ISC */
/*
 * csv.h - comma-separated values (RFC 4180): a strict reader of files that
 * others made, and the writing of cells that spreadsheets do not run.
 *
 * The reader takes UTF-8 with or without a byte order mark, lines that end in
 * CR LF or LF, and cells in quotes, in which a quote is doubled. It refuses
 * what two readers could read in two ways: a quote within a bare cell, more
 * after a closing quote, a quote that nothing closes, a CR alone, NUL bytes,
 * text that is no UTF-8, and rows of more or fewer cells than the first.
 */
#ifndef CSV_H
#define CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "arena.h"
#include "buf.h"

enum {
	CSV_CELLS_MAX = 256,		/* of a row */
	CSV_ROW_MAX = 1024 * 1024	/* bytes of a row */
};

struct csv;

/* Reads from a file, which stays the caller's. Free with csv_close. */
struct csv	*csv_open(FILE *);
void		 csv_close(struct csv *);

/*
 * The next row into the arena: cells[i] ends in a NUL. Returns how many cells
 * it has; 0 at the end of the file, or where csv_wrong says something. Lines
 * without any text are passed over.
 */
int		 csv_next(struct csv *, struct arena *,
		    const char *cells[CSV_CELLS_MAX]);

/* What is wrong with the file, or NULL; with the line it is on. */
const char	*csv_wrong(const struct csv *, int64_t *line);

/*
 * Writes n bytes as one cell in quotes. One that a spreadsheet would take for
 * a formula is led by an apostrophe.
 */
void		 csv_write(struct buf *, const char *, size_t n);

#endif
