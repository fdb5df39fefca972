/* SPDX-License-Identifier: ISC */
/*
 * export.c - `clive export`: everything of one kind, as CSV or a JSON document
 * a line, page by page in the order of time, however much it is.
 */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "csv.h"
#include "id.h"
#include "shared.h"
#include "tx.h"

enum { PAGE = 500 };

/* What a column of a row is. */
enum column_kind {
	COLUMN_TEXT,
	COLUMN_NUMBER,
	COLUMN_TIME,
	COLUMN_AMOUNT,		/* in the currency of the column `with` */
	COLUMN_JSON,
	COLUMN_HEX
};

struct column {
	const char		*name;
	enum column_kind	 kind;
	int			 at;	/* in the row */
	int			 with;
};

/* Where an export is: the time it is limited to, and the row it has come to. */
struct place {
	int64_t		 from, to;
	int64_t		 seq;
	const char	*after;		/* the name of the last row */
	const char	*before;	/* a name behind all of them */
};

struct export {
	const char		*name;
	const char		*prefix;	/* of names; NULL: by number */
	const struct column	*columns;
	enum sql		 sql;
};

/* In the order of TX_COLUMNS in lib/sql.c. */
static const struct column tx_columns[] = {
	{ "clive_tx_id", COLUMN_TEXT, 0, 0 },
	{ "created_at", COLUMN_TIME, 20, 0 },
	{ "updated_at", COLUMN_TIME, 21, 0 },
	{ "partner_id", COLUMN_TEXT, 1, 0 },
	{ "client_id", COLUMN_TEXT, 2, 0 },
	{ "echezona_reference", COLUMN_TEXT, 5, 0 },
	{ "status", COLUMN_TEXT, 7, 0 },
	{ "amount", COLUMN_AMOUNT, 3, 4 },
	{ "currency", COLUMN_TEXT, 4, 0 },
	{ "processor", COLUMN_TEXT, 8, 0 },
	{ "processor_reference", COLUMN_TEXT, 9, 0 },
	{ "processor_fee", COLUMN_AMOUNT, 14, 4 },
	{ "platform_fee", COLUMN_AMOUNT, 15, 4 },
	{ "net_amount", COLUMN_AMOUNT, 16, 4 },
	{ "refunded_amount", COLUMN_AMOUNT, 17, 4 },
	{ "disputed_amount", COLUMN_AMOUNT, 18, 4 },
	{ "settlement_status", COLUMN_TEXT, 19, 0 },
	{ "livemode", COLUMN_NUMBER, 26, 0 },
	{ "email", COLUMN_TEXT, 24, 0 },
	{ "meta", COLUMN_JSON, 6, 0 },
	{ NULL, COLUMN_TEXT, 0, 0 }
};

static const struct column event_columns[] = {
	{ "id", COLUMN_TEXT, 0, 0 },
	{ "created_at", COLUMN_TIME, 1, 0 },
	{ "type", COLUMN_TEXT, 2, 0 },
	{ "partner_id", COLUMN_TEXT, 3, 0 },
	{ "client_id", COLUMN_TEXT, 4, 0 },
	{ "clive_tx_id", COLUMN_TEXT, 5, 0 },
	{ "api", COLUMN_TEXT, 6, 0 },
	{ "livemode", COLUMN_NUMBER, 7, 0 },
	{ "body", COLUMN_JSON, 8, 0 },
	{ NULL, COLUMN_TEXT, 0, 0 }
};

static const struct column ledger_columns[] = {
	{ "id", COLUMN_TEXT, 0, 0 },
	{ "created_at", COLUMN_TIME, 1, 0 },
	{ "clive_tx_id", COLUMN_TEXT, 2, 0 },
	{ "entry", COLUMN_TEXT, 3, 0 },
	{ "debit_account", COLUMN_TEXT, 4, 0 },
	{ "credit_account", COLUMN_TEXT, 5, 0 },
	{ "amount", COLUMN_AMOUNT, 6, 7 },
	{ "currency", COLUMN_TEXT, 7, 0 },
	{ NULL, COLUMN_TEXT, 0, 0 }
};

static const struct column audit_columns[] = {
	{ "seq", COLUMN_NUMBER, 0, 0 },
	{ "at", COLUMN_TIME, 1, 0 },
	{ "actor", COLUMN_TEXT, 2, 0 },
	{ "action", COLUMN_TEXT, 3, 0 },
	{ "subject", COLUMN_TEXT, 4, 0 },
	{ "detail", COLUMN_JSON, 5, 0 },
	{ "hash", COLUMN_HEX, 6, 0 },
	{ NULL, COLUMN_TEXT, 0, 0 }
};

static const struct export exports[] = {
	{ "transactions", "CLVTX_", tx_columns, SQL_EXPORT_TXS },
	{ "events", "evt_", event_columns, SQL_EXPORT_EVENTS },
	{ "ledger", "le_", ledger_columns, SQL_EXPORT_LEDGER },
	{ "audit", NULL, audit_columns, SQL_EXPORT_AUDIT },
};

static const struct export *
find_export(struct cli *cli)
{
	for (size_t i = 0; i < sizeof(exports) / sizeof(exports[0]); i++)
		if (strcmp(exports[i].name, cli->argument) == 0)
			return &exports[i];
	cli_fail(cli, "what to export is one of transactions, events, ledger, "
	    "audit");
	return NULL;
}

static const char *
hex_text(struct arena *arena, struct slice bytes)
{
	char *text = arena_alloc(arena, 2 * bytes.n + 1);

	for (size_t i = 0; i < bytes.n; i++)
		snprintf(text + 2 * i, 3, "%02x",
		    (unsigned)(unsigned char)bytes.p[i]);
	return text;
}

static void
write_member(struct jsonw *w, struct arena *arena, struct rows *r,
    const struct column *c)
{
	char text[AMOUNT_TEXT_SIZE];
	struct slice s;

	if (row_null(r, c->at)) {
		jsonw_null(w, c->name);
		return;
	}
	switch (c->kind) {
	case COLUMN_TEXT:
		jsonw_text(w, c->name, row_text(r, c->at));
		break;
	case COLUMN_NUMBER:
		jsonw_int(w, c->name, row_int(r, c->at));
		break;
	case COLUMN_TIME:
		jsonw_time(w, c->name, row_int(r, c->at));
		break;
	case COLUMN_AMOUNT:
		amount_print(row_int(r, c->at), row_text(r, c->with), text);
		jsonw_raw(w, c->name, text, strlen(text));
		break;
	case COLUMN_JSON:
		s = row_bytes(r, c->at);
		jsonw_raw(w, c->name, s.p, s.n);
		break;
	case COLUMN_HEX:
		jsonw_text(w, c->name, hex_text(arena, row_bytes(r, c->at)));
		break;
	}
}

static void
write_document(struct buf *line, struct arena *arena, struct rows *r,
    const struct column *columns)
{
	struct jsonw w;

	jsonw_init(&w, line);
	jsonw_object(&w, NULL);
	for (const struct column *c = columns; c->name != NULL; c++)
		write_member(&w, arena, r, c);
	jsonw_end_object(&w);
	buf_putc(line, '\n');
}

/* A value as a cell. */
static void
write_cell(struct buf *line, struct arena *arena, struct rows *r,
    const struct column *c)
{
	char text[AMOUNT_TEXT_SIZE];
	struct jsonw w;
	struct slice s;
	size_t start;

	if (row_null(r, c->at))
		return;
	switch (c->kind) {
	case COLUMN_NUMBER:
		buf_printf(line, "%" PRId64, row_int(r, c->at));
		break;
	case COLUMN_AMOUNT:
		buf_puts(line, amount_print(row_int(r, c->at),
		    row_text(r, c->with), text));
		break;
	case COLUMN_TIME:
		/* Quoted, as JSON has it: times hold nothing to escape. */
		start = line->len;
		jsonw_init(&w, line);
		jsonw_time(&w, NULL, row_int(r, c->at));
		if (line->len - start == 4)	/* null */
			line->len = start;
		break;
	case COLUMN_HEX:
		buf_puts(line, hex_text(arena, row_bytes(r, c->at)));
		break;
	case COLUMN_TEXT:
	case COLUMN_JSON:
		s = row_bytes(r, c->at);
		csv_write(line, s.p, s.n);
		break;
	}
}

static void
write_row(struct buf *line, struct arena *arena, struct rows *r,
    const struct column *columns)
{
	for (const struct column *c = columns; c->name != NULL; c++) {
		if (c != columns)
			buf_putc(line, ',');
		write_cell(line, arena, r, c);
	}
	buf_puts(line, "\r\n");
}

static struct rows *
read_page(struct conn *c, const struct export *e, const struct place *p)
{
	return e->prefix == NULL ? conn_rows(c, e->sql, "iiii", p->seq,
	    p->from, p->to, (int64_t)PAGE) : conn_rows(c, e->sql, "tti",
	    p->after, p->before, (int64_t)PAGE);
}

/* One page; how many rows it had. */
static int
put_page(struct cli *cli, const struct export *e, struct place *p, bool csv,
    struct buf *line, struct arena *arena)
{
	struct rows *r = read_page(cli->setup.conn, e, p);
	char after[128] = "";
	int n = 0;

	for (; row_next(r); n++) {
		buf_reset(line);
		if (csv)
			write_row(line, arena, r, e->columns);
		else
			write_document(line, arena, r, e->columns);
		fwrite(buf_str(line), 1, line->len, stdout);
		if (e->prefix == NULL)
			p->seq = row_int(r, 0);
		else
			snprintf(after, sizeof(after), "%s", row_text(r, 0));
	}
	row_done(r);
	arena_reset(arena);
	/* Lives until the next page is read. */
	if (n > 0 && e->prefix != NULL)
		p->after = arena_strdup(arena, after);
	return n;
}

static void
put_names(const struct column *columns)
{
	for (const struct column *c = columns; c->name != NULL; c++)
		printf("%s%s", c == columns ? "" : ",", c->name);
	printf("\r\n");
}

/* The least name of a moment, for names of both forms. */
static const char *
name_at(struct cli *cli, const char *prefix, int64_t ms)
{
	char id[ID_SIZE];

	if (strcmp(prefix, "CLVTX_") != 0)
		return arena_strdup(cli->arena, id_floor(prefix, ms, id));
	if (ms > INT64_C(9999999999999))
		return "CLVTX_~";
	return arena_printf(cli->arena, "CLVTX_%013" PRId64, ms < 0 ?
	    INT64_C(0) : ms);
}

static int64_t
put_all(struct cli *cli, const struct export *e, struct place *p, bool csv)
{
	struct arena *arena = arena_new();
	struct buf line;
	int64_t total = 0;
	int n = PAGE;

	if (e->prefix != NULL) {
		p->after = name_at(cli, e->prefix, p->from);
		p->before = name_at(cli, e->prefix, p->to);
	}
	buf_init(&line, cli->doc.max);
	if (csv)
		put_names(e->columns);
	while (n == PAGE && conn_failed(cli->setup.conn) == NULL &&
	    ferror(stdout) == 0) {
		n = put_page(cli, e, p, csv, &line, arena);
		total += n;
	}
	buf_free(&line);
	arena_free(arena);
	return total;
}

/*
 * With --json a last line says that this was all; without, nothing is printed
 * but the rows.
 */
bool
run_export(struct cli *cli)
{
	static const char *const formats[] = { "csv", "jsonl", NULL };
	const char *format = cli->json ? "jsonl" : "csv";
	struct place p = { .from = 0, .to = INT64_MAX };
	const struct export *e = find_export(cli);
	int64_t now = clock_now();

	if (e == NULL || !cli_choice(cli, "format", formats, &format) ||
	    !cli_moment(cli, "from", now, &p.from) ||
	    !cli_moment(cli, "to", now, &p.to))
		return false;
	if (cli->json && strcmp(format, "csv") == 0)
		return cli_fail(cli, "either --json or --format csv");
	int64_t total = put_all(cli, e, &p, strcmp(format, "csv") == 0);
	if (!cli_read_well(cli))
		return false;
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "exported", e->name);
	jsonw_int(&cli->w, "rows", total);
	jsonw_end_object(&cli->w);
	return true;
}
