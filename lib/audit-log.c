/* SPDX-License-Identifier: ISC */
/* audit-log.c - the audit log for people. */
#include "audit-log.h"

#include <inttypes.h>
#include <string.h>

#include "audit.h"
#include "shared.h"

enum {
	WINDOW = 20000,		/* rows that one statement looks through */
	SEARCH_MS = 1000	/* after which no further window is opened */
};

/* What becomes of a row. */
typedef void each_row(struct rows *, void *to);

static struct rows *
find(struct conn *c, const struct audit_filter *f, int64_t before,
    int64_t floor, int64_t limit)
{
	const char *actor = f->actor != NULL ? f->actor : "";
	const char *action = f->action != NULL ? f->action : "";

	return f->subject != NULL && *f->subject != '\0' ?
	    conn_rows(c, SQL_AUDIT_PAGE_OF_SUBJECT, "iittiiit", before,
	    (int64_t)1, actor, action, f->from, f->to, limit, f->subject) :
	    conn_rows(c, SQL_AUDIT_PAGE, "iittiii", before, floor, actor,
	    action, f->from, f->to, limit);
}

/*
 * Goes through the log window by window, so that no statement runs long
 * however rare what is looked for may be.
 */
static int64_t
walk(struct conn *c, const struct audit_filter *f, each_row *each, void *to)
{
	int64_t until = clock_monotonic() + SEARCH_MS, left = f->limit;
	struct rows *r = conn_rows(c, SQL_AUDIT_HEAD, "");
	int64_t head = row_next(r) ? row_int(r, 0) : 0;
	int64_t before = f->before < head + 1 ? f->before : head + 1;

	row_done(r);
	bool whole = f->subject != NULL && *f->subject != '\0';
	while (before > 1) {
		int64_t floor = whole || before <= WINDOW ? 1 :
		    before - WINDOW, last = floor;
		r = find(c, f, before, floor, left);
		while (row_next(r)) {
			last = row_int(r, 0);
			each(r, to);
			left--;
		}
		row_done(r);
		if (conn_failed(c) != NULL)
			return 0;
		if (left == 0)
			return last > 1 ? last : 0;
		before = floor;
		if (clock_monotonic() > until)
			break;
	}
	return before > 1 ? before : 0;
}

static void
write_row(struct rows *r, void *to)
{
	struct jsonw *w = to;
	struct slice detail = row_bytes(r, 5);

	jsonw_object(w, NULL);
	jsonw_int(w, "seq", row_int(r, 0));
	jsonw_time(w, "at", row_int(r, 1));
	jsonw_text(w, "actor", row_text(r, 2));
	jsonw_text(w, "action", row_text(r, 3));
	jsonw_text(w, "subject", row_text(r, 4));
	jsonw_raw(w, "detail", detail.p, detail.n);
	jsonw_end_object(w);
}

int64_t
audit_log_page(struct conn *c, const struct audit_filter *f, struct jsonw *w)
{
	return walk(c, f, write_row, w);
}

/* A cell in quotes, harmless where a spreadsheet looks for formulas. */
static void
add_cell(struct buf *b, const char *text, char end)
{
	buf_putc(b, '"');
	if (*text != '\0' && strchr("=+-@\t\r\n", *text) != NULL)
		buf_putc(b, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_putc(b, '"');
		buf_putc(b, *text);
	}
	buf_putc(b, '"');
	if (end == '\n')
		buf_putc(b, '\r');
	buf_putc(b, end);
}

/* The time as JSON has it, without its quotes. */
static void
add_time(struct buf *b, int64_t at)
{
	struct buf text;
	struct jsonw w;

	buf_init(&text, 64);
	jsonw_init(&w, &text);
	jsonw_time(&w, NULL, at);
	if (text.len > 2)
		buf_add(b, text.data + 1, text.len - 2);
	buf_putc(b, ',');
	buf_free(&text);
}

static void
add_line(struct rows *r, void *to)
{
	struct buf *b = to;

	buf_printf(b, "%" PRId64 ",", row_int(r, 0));
	add_time(b, row_int(r, 1));
	add_cell(b, row_text(r, 2), ',');
	add_cell(b, row_text(r, 3), ',');
	add_cell(b, row_text(r, 4), ',');
	add_cell(b, row_text(r, 5), '\n');
}

int64_t
audit_log_sheet(struct conn *c, const struct audit_filter *f, struct buf *b)
{
	buf_puts(b, "seq,at,actor,action,subject,detail\r\n");
	return walk(c, f, add_line, b);
}

void
audit_log_chain(struct conn *c, int64_t rows, struct jsonw *w)
{
	struct audit_report report;
	int64_t from;
	bool good = audit_verify_newest(c, rows, &from, &report);

	jsonw_object(w, NULL);
	jsonw_object(w, "head");
	jsonw_int(w, "seq", report.head_seq);
	jsonw_text(w, "hash", report.head_hash);
	jsonw_end_object(w);
	jsonw_object(w, "checked");
	jsonw_int(w, "rows", report.rows);
	jsonw_int(w, "from", from);
	jsonw_bool(w, "good", good);
	if (report.first_bad > 0)
		jsonw_int(w, "first_bad", report.first_bad);
	else
		jsonw_null(w, "first_bad");
	jsonw_end_object(w);
	jsonw_end_object(w);
}
