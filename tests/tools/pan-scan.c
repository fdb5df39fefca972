/* SPDX-License-Identifier: ISC */
/*
 * pan-scan.c - are there card numbers in a folder?
 *
 *	pan-scan FOLDER
 *
 * Reads every file below FOLDER byte by byte, and besides, of every SQLite
 * database, each value of each table: there a number may stand between the
 * letters of its neighbours, cross a page, or be an integer in binary.
 *
 * A card number is 13 to 19 digits between two bytes that are no letter, no
 * digit and no underscore (or the ends of the file or value), in one run or
 * in groups of two to six with single blanks or dashes between; a plus is a
 * blank in a form. Before it, the letter of an escape counts as none (%3D,
 * \n). Its check digit is right, and an issuer gives numbers of this
 * beginning and length.
 * So the time in a payment's name, "CLVTX_" and 13 digits, is none, and
 * neither is a time in milliseconds, which begins with a 1.
 *
 * Prints a line for each one, FILE:OFFSET: 424242******4242, or FILE:TABLE:
 * COLUMN:OFFSET of a value, and at the end what was read. Exits with 0 where
 * there was none, 1 where there were some, 2 where something could not be
 * read.
 */
#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "buf.h"

enum {
	DIGITS_MIN = 13,
	DIGITS_MAX = 19,
	GROUP_MIN = 2,
	GROUP_MAX = 6,
	FILE_MAX = 1 << 30,
	FOLDERS_OPEN = 16,
	SHOWN_FIRST = 6,	/* digits that may be shown (PCI DSS 3.4) */
	SHOWN_LAST = 4
};

static const char magic[] = "SQLite format 3";

static int files, databases, found;
static bool trouble;

/* First digits from low to high, and the lengths that go with them. */
static const struct issuer {
	const char	*low, *high;
	int		 lengths[3];
} issuers[] = {
	{ "4", "4", { 13, 16, 19 } },	/* Visa */
	{ "51", "55", { 16 } },		/* Mastercard */
	{ "22", "27", { 16 } },
	{ "34", "34", { 15 } },		/* American Express */
	{ "37", "37", { 15 } },
	{ "6011", "6011", { 16 } },	/* Discover */
	{ "644", "649", { 16 } },
	{ "65", "65", { 16 } },
};

static void
complain(const char *path, const char *why)
{
	fprintf(stderr, "pan-scan: %s: %s\n", path, why);
	trouble = true;
}

static bool
is_issued(const char *digits, int n)
{
	for (size_t i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
		const struct issuer *is = &issuers[i];
		size_t len = strlen(is->low);
		if (strncmp(digits, is->low, len) < 0 ||
		    strncmp(digits, is->high, len) > 0)
			continue;
		for (size_t k = 0; k < 3; k++)
			if (is->lengths[k] == n)
				return true;
	}
	return false;
}

static bool
has_check_digit(const char *digits, int n)
{
	int sum = 0;

	for (int i = 0; i < n; i++) {
		int digit = digits[n - 1 - i] - '0';
		if (i % 2 == 1 && (digit *= 2) > 9)
			digit -= 9;
		sum += digit;
	}
	return sum % 10 == 0;
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* May a number begin at i? */
static bool
is_start(const char *p, size_t i)
{
	return i == 0 || !is_word(p[i - 1]) ||
	    (i >= 3 && p[i - 3] == '%' && isxdigit((unsigned char)p[i - 2]) &&
	    isxdigit((unsigned char)p[i - 1])) ||
	    (i >= 2 && p[i - 2] == '\\' && strchr("bfnrt", p[i - 1]) != NULL);
}

/* Does a group go on behind i? */
static bool
goes_on(const char *p, size_t n, size_t i)
{
	return i + 1 < n && (p[i] == ' ' || p[i] == '-' || p[i] == '+') &&
	    is_digit(p[i + 1]);
}

static void
report(const char *where, size_t offset, const char *digits, int n)
{
	printf("%s:%zu: %.*s", where, offset, SHOWN_FIRST, digits);
	for (int i = SHOWN_FIRST; i < n - SHOWN_LAST; i++)
		putchar('*');
	printf("%s\n", digits + n - SHOWN_LAST);
	found++;
}

/*
 * The bytes that a number takes up which begins at p, where a digit stands;
 * 0: none does. Its digits go to digits, their number to *count.
 */
static size_t
card_at(const char *p, size_t n, char digits[DIGITS_MAX + 1], int *count)
{
	int total = 0;

	for (size_t i = 0; ; i++) {
		int group = 0;
		for (; i < n && is_digit(p[i]); i++, group++) {
			if (total == DIGITS_MAX)
				return 0;
			digits[total++] = p[i];
		}
		bool several = i > (size_t)group;
		bool small = group >= GROUP_MIN && group <= GROUP_MAX;
		digits[total] = '\0';
		if ((several && !small) || (i < n && is_word(p[i])))
			return 0;
		if (total >= DIGITS_MIN && is_issued(digits, total) &&
		    has_check_digit(digits, total)) {
			*count = total;
			return i;
		}
		if (!small || !goes_on(p, n, i))
			return 0;
	}
}

static void
scan(const char *where, const char *p, size_t n)
{
	char digits[DIGITS_MAX + 1];
	int count;

	for (size_t i = 0; i < n; ) {
		size_t used = 0;
		if (is_digit(p[i]) && is_start(p, i))
			used = card_at(p + i, n - i, digits, &count);
		if (used > 0)
			report(where, i, digits, count);
		i += used > 0 ? used : 1;
	}
}

/* ------------------------------------------------------------ databases */

static void
scan_row(sqlite3_stmt *row, const char *path, const char *table)
{
	char where[4096];

	for (int i = 0; i < sqlite3_column_count(row); i++) {
		if (sqlite3_column_type(row, i) == SQLITE_NULL)
			continue;
		snprintf(where, sizeof(where), "%s:%s:%s", path, table,
		    sqlite3_column_name(row, i));
		/* A number becomes its decimal digits. */
		const void *value = sqlite3_column_blob(row, i);
		int n = sqlite3_column_bytes(row, i);
		scan(where, value, (size_t)n);
	}
}

static void
scan_table(sqlite3 *db, const char *path, const char *table)
{
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", table);
	sqlite3_stmt *row = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &row, NULL);

	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(row);
		if (rc == SQLITE_ROW)
			scan_row(row, path, table);
	}
	if (rc != SQLITE_DONE)
		complain(path, sqlite3_errmsg(db));
	sqlite3_finalize(row);
	sqlite3_free(sql);
}

static void
scan_database(const char *path)
{
	sqlite3_stmt *tables = NULL;
	sqlite3 *db = NULL;

	databases++;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) !=
	    SQLITE_OK || sqlite3_prepare_v2(db, "SELECT name FROM "
	    "sqlite_schema WHERE type = 'table'", -1, &tables, NULL) !=
	    SQLITE_OK)
		complain(path, sqlite3_errmsg(db));
	while (tables != NULL && sqlite3_step(tables) == SQLITE_ROW)
		scan_table(db, path,
		    (const char *)sqlite3_column_text(tables, 0));
	sqlite3_finalize(tables);
	sqlite3_close(db);
}

/* ---------------------------------------------------------------- files */

static bool
read_file(const char *path, struct buf *text)
{
	char part[65536];
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return false;
	for (size_t n; (n = fread(part, 1, sizeof(part), f)) > 0; )
		buf_add(text, part, n);
	bool ok = !ferror(f) && !text->failed;
	fclose(f);
	if (text->failed)
		errno = EFBIG;
	return ok;
}

static int
visit(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	struct buf text;

	(void)ftw;
	/* What is gone meanwhile holds nothing. */
	if (kind == FTW_NS && access(path, F_OK) != 0 && errno == ENOENT)
		return 0;
	if (kind == FTW_DNR || kind == FTW_NS) {
		complain(path, "cannot be read");
		return 0;
	}
	if (kind != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	buf_init(&text, FILE_MAX);
	if (read_file(path, &text)) {
		files++;
		scan(path, buf_str(&text), text.len);
		if (text.len > sizeof(magic) &&
		    memcmp(text.data, magic, sizeof(magic)) == 0)
			scan_database(path);
	} else if (errno != ENOENT) {
		complain(path, strerror(errno));
	}
	buf_free(&text);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: pan-scan FOLDER\n");
		return 64;
	}
	if (nftw(argv[1], visit, FOLDERS_OPEN, FTW_PHYS) != 0)
		complain(argv[1], strerror(errno));
	printf("%d files, %d databases, %d card numbers\n", files, databases,
	    found);
	return trouble ? 2 : found > 0;
}
