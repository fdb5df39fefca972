/* SPDX-License-Identifier: ISC */
/* test-csv.c - what the reader of CSV takes, and what it refuses. */
#include "csv.h"

#include <string.h>

#include "test.h"

/* The rows of a text, cells with | and rows with / between; or !why@line. */
static const char *
read_all(const char *text, size_t n)
{
	static char out[65536];
	const char *cells[CSV_CELLS_MAX];
	struct arena *arena = arena_new();
	FILE *f = fmemopen((void *)(uintptr_t)text, n, "r");
	struct csv *csv = csv_open(f);
	size_t len = 0;
	int64_t line;
	int count;

	out[0] = '\0';
	while ((count = csv_next(csv, arena, cells)) > 0)
		for (int i = 0; i < count; i++)
			len += (size_t)snprintf(out + len, sizeof(out) - len,
			    "%s%s", cells[i], i + 1 < count ? "|" : "/");
	const char *wrong = csv_wrong(csv, &line);
	if (wrong != NULL)
		snprintf(out + len, sizeof(out) - len, "!%s@%d", wrong,
		    (int)line);
	csv_close(csv);
	fclose(f);
	arena_free(arena);
	return out;
}

static void
reads(const char *text, const char *wanted)
{
	assert_string_equal(read_all(text, strlen(text)), wanted);
}

static void
reads_rows_and_cells(void **state)
{
	(void)state;
	reads("a,b\n1,2\n", "a|b/1|2/");
	reads("a,b\r\n1,2\r\n", "a|b/1|2/");
	reads("a,b\n1,2", "a|b/1|2/");
	reads("a,b\n,\n", "a|b/|/");
	reads("a\n\"\"\n", "a//");
	reads("a\n\n\nb\n\n", "a/b/");
	reads(" a , b\n", " a | b/");
	reads("\n", "");
}

static void
reads_what_stands_in_quotes(void **state)
{
	(void)state;
	reads("\"a,b\",c\n", "a,b|c/");
	reads("\"a\"\"b\",\"\"\"\"\n", "a\"b|\"/");
	reads("\"a\r\nb\",c\n", "a\r\nb|c/");
	reads("\"a\rb\",c\n", "a\rb|c/");
	reads("\"a\"", "a/");
}

static void
passes_over_a_byte_order_mark(void **state)
{
	(void)state;
	reads("\xef\xbb\xbfid,fee\n1,2\n", "id|fee/1|2/");
	reads("\xef\xbb\xbf\"id\",fee\n", "id|fee/");
	reads("\xef\xbbid\n", "!text that is no UTF-8@1");
}

static void
refuses_what_is_ambiguous(void **state)
{
	(void)state;
	reads("a,b\nc\"d,e\n", "a|b/!a quote within a cell that has none "
	    "around it@2");
	reads("\"a\"b\n", "!more text behind a closing quote@1");
	reads("\"a\" ,b\n", "!more text behind a closing quote@1");
	reads("a\n\"b\n\n", "a/!a quote that nothing closes@4");
	reads("a\rb\n", "!a carriage return without a line feed@1");
	reads("a,b\n1\n", "a|b/!another number of cells than in the first "
	    "row@2");
	reads("a,b\n1,2,3\n", "a|b/!another number of cells than in the "
	    "first row@2");
	reads("a\n\xff\n", "a/!text that is no UTF-8@2");
	assert_string_equal(read_all("a\0b\n", 4), "!a NUL byte@1");
}

static void
refuses_what_has_no_end(void **state)
{
	char *text = calloc(1, CSV_ROW_MAX + 2);

	(void)state;
	memset(text, 'a', CSV_ROW_MAX + 1);
	reads(text, "!a row that is too long@1");
	memset(text, ',', CSV_CELLS_MAX);
	text[CSV_CELLS_MAX] = '\0';
	reads(text, "!too many cells in a row@1");
	text[CSV_CELLS_MAX - 1] = '\0';
	assert_non_null(strstr(read_all(text, CSV_CELLS_MAX - 1), "||/"));
	free(text);
}

static void
written_cells_read_as_they_were(void **state)
{
	static const char *const cells[] = { "a", "", "a,b", "\"", "a\nb" };
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (int i = 0; i < 5; i++) {
		if (i > 0)
			buf_putc(&b, ',');
		csv_write(&b, cells[i], strlen(cells[i]));
	}
	reads(buf_str(&b), "a||a,b|\"|a\nb/");
	buf_free(&b);
}

static void
formulas_are_written_as_text(void **state)
{
	static const char *const texts[] = { "=1+1", "+1", "-1", "@a", "\tx",
	    "\rx", "\nx" };
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		buf_reset(&b);
		csv_write(&b, texts[i], strlen(texts[i]));
		assert_memory_equal(buf_str(&b), "\"'", 2);
	}
	buf_free(&b);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(reads_rows_and_cells),
	cmocka_unit_test(reads_what_stands_in_quotes),
	cmocka_unit_test(passes_over_a_byte_order_mark),
	cmocka_unit_test(refuses_what_is_ambiguous),
	cmocka_unit_test(refuses_what_has_no_end),
	cmocka_unit_test(written_cells_read_as_they_were),
	cmocka_unit_test(formulas_are_written_as_text),
};

TEST_MAIN("csv", tests)
