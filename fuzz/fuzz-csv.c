/* SPDX-License-Identifier: ISC */
/*
 * fuzz-csv.c - what the reader of CSV takes, written again reads the same,
 * but for the apostrophe before what looks like a formula.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

enum { ROWS_MAX = 64 };

struct table {
	int		 n, cells[ROWS_MAX];
	const char	*cell[ROWS_MAX][CSV_CELLS_MAX];
};

static void
read_table(struct arena *arena, const void *data, size_t n, struct table *t)
{
	FILE *f = fmemopen((void *)(uintptr_t)data, n, "r");
	struct csv *csv;
	int64_t line;

	t->n = 0;
	if (f == NULL)
		return;
	csv = csv_open(f);
	while (t->n < ROWS_MAX && (t->cells[t->n] = csv_next(csv, arena,
	    t->cell[t->n])) > 0)
		t->n++;
	(void)csv_wrong(csv, &line);
	if (line < 1)
		abort();
	csv_close(csv);
	fclose(f);
}

static void
compare(const struct table *a, const struct table *b)
{
	if (a->n != b->n)
		abort();
	for (int i = 0; i < a->n; i++)
		for (int k = 0; k < a->cells[i]; k++) {
			const char *was = a->cell[i][k], *is = b->cell[i][k];

			if (is[0] == '\'' && was[0] != '\'')
				is++;
			if (strcmp(was, is) != 0)
				abort();
		}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct table first, again;
	struct arena *arena = arena_new();
	struct buf b;

	read_table(arena, data, n, &first);
	buf_init(&b, 1 << 22);
	for (int i = 0; i < first.n; i++) {
		for (int k = 0; k < first.cells[i]; k++) {
			if (k > 0)
				buf_putc(&b, ',');
			csv_write(&b, first.cell[i][k],
			    strlen(first.cell[i][k]));
		}
		buf_puts(&b, "\r\n");
	}
	if (b.len > 0) {
		read_table(arena, b.data, b.len, &again);
		compare(&first, &again);
	}
	buf_free(&b);
	arena_free(arena);
	return 0;
}
