/* SPDX-License-Identifier: ISC */
/* csv.c - comma-separated values. */
#include "csv.h"

#include <stdlib.h>
#include <string.h>

#include "sig.h"
#include "utf8.h"

/* Where the reader is within a cell. */
enum place {
	BEFORE,			/* nothing of the cell was read */
	BARE,
	QUOTED,
	CLOSED			/* behind a closing quote */
};

struct csv {
	FILE		*file;
	int64_t		 line;
	int		 cells;		/* of the first row; 0: none was read */
	const char	*wrong;
	struct buf	 text;		/* of the row, cells ended by NULs */
};

struct csv *
csv_open(FILE *file)
{
	struct csv *csv = calloc(1, sizeof(*csv));

	if (csv == NULL)
		sig_die("calloc");
	csv->file = file;
	csv->line = 1;
	buf_init(&csv->text, CSV_ROW_MAX);
	return csv;
}

void
csv_close(struct csv *csv)
{
	if (csv == NULL)
		return;
	buf_free(&csv->text);
	free(csv);
}

const char *
csv_wrong(const struct csv *csv, int64_t *line)
{
	*line = csv->line;
	return csv->wrong;
}

static int
refuse(struct csv *csv, const char *why)
{
	csv->wrong = why;
	return 0;
}

/* Passes over the mark that some programs begin a file with. */
static bool
skip_mark(struct csv *csv)
{
	int c = getc(csv->file);

	if (c != 0xef) {
		if (c != EOF)
			ungetc(c, csv->file);
		return true;
	}
	return getc(csv->file) == 0xbb && getc(csv->file) == 0xbf;
}

/* The next character; a CR and its LF are one LF. -2: a CR alone. */
static int
next(struct csv *csv)
{
	int c = getc(csv->file);

	if (c != '\r')
		return c;
	return getc(csv->file) == '\n' ? '\n' : -2;
}

/* A character of a bare or new cell; the cell's new place. */
static enum place
take_bare(struct csv *csv, enum place at, int c)
{
	if (c == '"' && at == BEFORE)
		return QUOTED;
	if (c == '"')
		csv->wrong = "a quote within a cell that has none around it";
	buf_putc(&csv->text, (char)c);
	return BARE;
}

static enum place
take_quoted(struct csv *csv, int c)
{
	if (c == '"')
		return CLOSED;
	if (c == '\n')
		csv->line++;
	buf_putc(&csv->text, (char)c);
	return QUOTED;
}

/* Behind a quote only another one may follow, or the end of the cell. */
static enum place
take_closed(struct csv *csv, int c)
{
	if (c != '"')
		csv->wrong = "more text behind a closing quote";
	buf_putc(&csv->text, '"');
	return QUOTED;
}

/* Reads one row into the text; how many cells, 0: there is none. */
static int
read_row(struct csv *csv)
{
	enum place at = BEFORE;
	int cells = 1, c;

	buf_reset(&csv->text);
	for (;;) {
		/* Within quotes a CR is text like any other. */
		c = at == QUOTED ? getc(csv->file) : next(csv);
		if (c == -2)
			return refuse(csv, "a carriage return without a line "
			    "feed");
		if (c == '\0')
			return refuse(csv, "a NUL byte");
		if (c == EOF && at == QUOTED)
			return refuse(csv, "a quote that nothing closes");
		if (at != QUOTED && (c == EOF || c == '\n'))
			break;
		if (at == QUOTED)
			at = take_quoted(csv, c);
		else if (c == ',') {
			buf_putc(&csv->text, '\0');
			at = BEFORE;
			if (++cells > CSV_CELLS_MAX)
				return refuse(csv, "too many cells in a row");
		} else
			at = at == CLOSED ? take_closed(csv, c) :
			    take_bare(csv, at, c);
		if (csv->text.failed)
			return refuse(csv, "a row that is too long");
		if (csv->wrong != NULL)
			return 0;
	}
	if (ferror(csv->file))
		return refuse(csv, "it cannot be read");
	if (c == EOF && csv->text.len == 0 && cells == 1 && at == BEFORE)
		return 0;
	/* An empty line says nothing; one empty cell in quotes does. */
	return cells == 1 && csv->text.len == 0 && at == BEFORE ? -1 : cells;
}

int
csv_next(struct csv *csv, struct arena *arena,
    const char *cells[CSV_CELLS_MAX])
{
	int n;

	if (csv->wrong != NULL)
		return 0;
	if (csv->cells == 0 && csv->line == 1 && !skip_mark(csv))
		return refuse(csv, "text that is no UTF-8");
	while ((n = read_row(csv)) == -1)
		csv->line++;
	if (n == 0)
		return 0;
	if (csv->cells == 0)
		csv->cells = n;
	if (n != csv->cells)
		return refuse(csv, "another number of cells than in the first "
		    "row");
	const char *p = arena_strndup(arena, buf_str(&csv->text),
	    csv->text.len);
	for (int i = 0; i < n; i++) {
		cells[i] = p;
		if (!utf8_is_valid(p, strlen(p)))
			return refuse(csv, "text that is no UTF-8");
		p += strlen(p) + 1;
	}
	csv->line++;
	return n;
}

void
csv_write(struct buf *b, const char *text, size_t n)
{
	buf_putc(b, '"');
	if (n > 0 && text[0] != '\0' && strchr("=+-@\t\r\n", text[0]) != NULL)
		buf_putc(b, '\'');
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '"')
			buf_putc(b, '"');
		buf_putc(b, text[i]);
	}
	buf_putc(b, '"');
}
