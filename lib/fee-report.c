/* SPDX-License-Identifier: ISC */
/* fee-report.c - a processor's account held against ours. */
#include "fee-report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "audit.h"
#include "csv.h"
#include "field.h"
#include "sig.h"

enum { PAGE = 200 };
#define DAY_MS	(INT64_C(24) * 60 * 60 * 1000)

/* What a column of a file is. */
enum column {
	COLUMN_ID,
	COLUMN_TYPE,
	COLUMN_SOURCE,
	COLUMN_INTENT,
	COLUMN_OURS,
	COLUMN_AMOUNT,
	COLUMN_FEE,
	COLUMN_CURRENCY,
	COLUMN_CREATED,
	COLUMN_COUNT
};

/* The names that Stripe gives them in its dashboard and in its reports. */
static const char *const stripe_names[COLUMN_COUNT][4] = {
	[COLUMN_ID] = { "id", "balance_transaction_id" },
	[COLUMN_TYPE] = { "Type", "reporting_category" },
	[COLUMN_SOURCE] = { "Source", "source_id" },
	[COLUMN_INTENT] = { "payment_intent_id", "PaymentIntent ID",
	    "Payment Intent" },
	[COLUMN_OURS] = { "clive_tx_id (metadata)",
	    "payment_metadata[clive_tx_id]" },
	[COLUMN_AMOUNT] = { "Amount", "gross" },
	[COLUMN_FEE] = { "Fee" },
	[COLUMN_CURRENCY] = { "Currency" },
	[COLUMN_CREATED] = { "Created (UTC)", "created_utc", "Created" },
};

/* A file that is being read. */
struct reading {
	struct arena		*arena;
	struct csv		*csv;
	struct fee_report	*report;
	int			 at[COLUMN_COUNT];	/* -1: there is none */
	struct fee_line		**last;
};

static bool
refuse(struct reading *r, const char *why)
{
	r->report->wrong = why;
	(void)csv_wrong(r->csv, &r->report->line);
	return false;
}

static int
find_cell(const char *const *cells, int n, const char *name)
{
	for (int i = 0; name != NULL && i < n; i++)
		if (strcasecmp(cells[i], name) == 0)
			return i;
	return -1;
}

static bool
find_columns(struct reading *r, const struct fee_report_columns *names,
    const char *const *cells, int n)
{
	for (int i = 0; i < COLUMN_COUNT; i++) {
		r->at[i] = -1;
		for (int k = 0; names == NULL && r->at[i] == -1 && k < 4; k++)
			r->at[i] = find_cell(cells, n, stripe_names[i][k]);
	}
	if (names != NULL) {
		r->at[COLUMN_ID] = find_cell(cells, n, names->id);
		r->at[COLUMN_SOURCE] = find_cell(cells, n, names->reference);
		r->at[COLUMN_AMOUNT] = find_cell(cells, n, names->amount);
		r->at[COLUMN_FEE] = find_cell(cells, n, names->fee);
		r->at[COLUMN_CURRENCY] = find_cell(cells, n, names->currency);
		r->at[COLUMN_TYPE] = find_cell(cells, n, names->type);
	}
	if (r->at[COLUMN_ID] == -1)
		return refuse(r, "it has no column of the lines' names");
	if (r->at[COLUMN_SOURCE] == -1)
		return refuse(r, "it has no column of references");
	if (r->at[COLUMN_AMOUNT] == -1 || r->at[COLUMN_FEE] == -1 ||
	    r->at[COLUMN_CURRENCY] == -1)
		return refuse(r, "it lacks amount, fee or currency");
	if (r->at[COLUMN_TYPE] == -1 && (names == NULL ||
	    names->type != NULL))
		return refuse(r, "it has no column of types");
	return true;
}

/* "-1234.50" in minor units; false where it is none, or too fine. */
static bool
parse_minor(const char *text, const char currency[4], int64_t *minor)
{
	bool negative = *text == '-', point = false;
	int digits = currency_exponent(currency), n = 0;
	int64_t value = 0;

	text += negative;
	for (; *text != '\0'; text++) {
		if (*text == '.' && !point && n > 0) {
			point = true;
			continue;
		}
		if (*text < '0' || *text > '9' || ++n > 15)
			return false;
		/* Zeros may go on behind the last digit that counts. */
		if (point && digits == 0 && *text == '0')
			continue;
		if (point && digits-- == 0)
			return false;
		value = value * 10 + (*text - '0');
	}
	for (; digits > 0; digits--)
		if (__builtin_mul_overflow(value, 10, &value))
			return false;
	*minor = negative ? -value : value;
	return n > 0;
}

/* "2026-11-25 10:00:00" as well as ISO 8601; 0: it says no time. */
static int64_t
parse_time(struct arena *arena, const char *text)
{
	char *copy = arena_printf(arena, "%s%s", text,
	    strlen(text) >= 16 && strchr(text, 'Z') == NULL &&
	    strchr(text, '+') == NULL ? "Z" : "");
	int64_t ms;

	if (strlen(copy) > 10 && copy[10] == ' ')
		copy[10] = 'T';
	return field_parse_time(copy, &ms) ? ms : 0;
}

static const char *
cell(const struct reading *r, const char *const *cells, enum column column)
{
	return r->at[column] == -1 ? "" : cells[r->at[column]];
}

static bool
is_payment(const struct reading *r, const char *const *cells)
{
	static const char *const types[] = { "charge", "payment" };
	const char *type = cell(r, cells, COLUMN_TYPE);

	if (r->at[COLUMN_TYPE] == -1)
		return true;
	for (int i = 0; i < 2; i++)
		if (strcasecmp(type, types[i]) == 0)
			return true;
	return false;
}

static void
note_time(struct fee_report *report, int64_t at)
{
	if (at == 0)
		return;
	if (report->from == 0 || at < report->from)
		report->from = at;
	if (at >= report->to)
		report->to = at + 1;
}

static bool
take_line(struct reading *r, const char *const *cells)
{
	struct fee_line *l = arena_alloc(r->arena, sizeof(*l));
	const char *currency = cell(r, cells, COLUMN_CURRENCY);
	const char *intent = cell(r, cells, COLUMN_INTENT);
	const char *ours = cell(r, cells, COLUMN_OURS);

	l->id = cell(r, cells, COLUMN_ID);
	l->reference = *intent != '\0' ? intent :
	    cell(r, cells, COLUMN_SOURCE);
	l->ours = *ours != '\0' ? ours : NULL;
	l->state = FEE_LINE_UNKNOWN;
	if (*l->id == '\0')
		return refuse(r, "a line without a name");
	if (!currency_parse(currency, strlen(currency), l->amount.currency))
		return refuse(r, "a currency that is not three letters");
	if (!parse_minor(cell(r, cells, COLUMN_AMOUNT), l->amount.currency,
	    &l->amount.minor) || !parse_minor(cell(r, cells, COLUMN_FEE),
	    l->amount.currency, &l->fee))
		return refuse(r, "an amount or a fee that is no amount of its "
		    "currency");
	l->at = parse_time(r->arena, cell(r, cells, COLUMN_CREATED));
	note_time(r->report, l->at);
	*r->last = l;
	r->last = &l->next;
	r->report->n++;
	return true;
}

static bool
read_lines(struct reading *r, const struct fee_report_columns *names)
{
	const char *cells[CSV_CELLS_MAX];
	int n = csv_next(r->csv, r->arena, cells);
	const char *wrong = csv_wrong(r->csv, &r->report->line);

	if (n == 0)
		return refuse(r, wrong != NULL ? wrong : "it is empty");
	if (!find_columns(r, names, cells, n))
		return false;
	while (csv_next(r->csv, r->arena, cells) > 0)
		if (!is_payment(r, cells))
			r->report->other++;
		else if (!take_line(r, cells))
			return false;
	wrong = csv_wrong(r->csv, &r->report->line);
	return wrong == NULL || refuse(r, wrong);
}

bool
fee_report_read(struct arena *arena, FILE *file,
    const struct fee_report_columns *names, struct fee_report *report)
{
	struct reading r = { .arena = arena, .csv = csv_open(file),
	    .report = report,
	    .last = &report->lines };
	bool good = read_lines(&r, names);

	csv_close(r.csv);
	return good;
}

/* ------------------------------------------------------------- matching */

/* The payment by the names that the line has for it. */
static const struct tx *
find_tx(struct conn *c, struct arena *arena, const struct fee_report *report,
    const struct fee_line *l)
{
	const struct tx *tx = l->ours != NULL ? tx_find(c, arena, l->ours) :
	    NULL;

	if (tx == NULL && *l->reference != '\0')
		tx = tx_find_by_ref(c, arena, report->processor,
		    l->reference);
	if (tx == NULL && strncmp(l->reference, "CLVTX_", 6) == 0)
		tx = tx_find(c, arena, l->reference);
	/* A name alone is no proof: another processor's is none of its. */
	return tx != NULL && strcmp(tx->processor, report->processor) == 0 ?
	    tx : NULL;
}

/* Which lines are there to be found by their charge, in order of that. */
struct charges {
	struct conn	*c;
	struct arena	*arena;
	struct fee_line	**line;
	size_t		 n;
};

static int
by_reference(const void *a, const void *b)
{
	return strcmp((*(struct fee_line *const *)a)->reference,
	    (*(struct fee_line *const *)b)->reference);
}

static int
by_payment(const void *a, const void *b)
{
	const struct fee_line *x = *(struct fee_line *const *)a;
	const struct fee_line *y = *(struct fee_line *const *)b;
	int order = strcmp(x->tx->clive_tx_id, y->tx->clive_tx_id);

	/* Of two lines the earlier one counts. */
	return order != 0 ? order : strcmp(x->id, y->id);
}

static void
take_charge(struct charges *ch, const struct tx *tx, const char *charge)
{
	struct fee_line key = { .reference = charge }, *p = &key;
	struct fee_line **found = bsearch(&p, ch->line, ch->n,
	    sizeof(ch->line[0]), by_reference);

	if (found == NULL)
		return;
	/* Several lines of one charge are all found. */
	while (found > ch->line && by_reference(found - 1, &p) == 0)
		found--;
	for (; found < ch->line + ch->n && by_reference(found, &p) == 0;
	    found++)
		(*found)->tx = tx_find(ch->c, ch->arena, tx->clive_tx_id);
}

/* The charge that an event of Stripe's tells of a payment. */
static void
each_of_ours(void *arg, const struct tx *tx)
{
	struct charges *ch = arg;
	struct arena *arena = arena_new();
	struct rows *r = conn_rows(ch->c, SQL_PROCESSOR_EVENTS_OF_TX, "t",
	    tx->clive_tx_id);
	const char *why;

	while (row_next(r)) {
		struct slice body = row_bytes(r, 5);
		const struct json *object = json_get(json_get(json_parse(
		    arena, body.p, body.n, &why), "data"), "object");
		const char *charge = json_text(object, "latest_charge");
		if (charge == NULL)
			charge = json_text(object, "id");
		if (charge != NULL)
			take_charge(ch, tx, charge);
	}
	row_done(r);
	arena_free(arena);
}

/* An array of the lines that are found, or of those that are not. */
static struct fee_line **
lines_with(struct arena *arena, const struct fee_report *report, bool found,
    size_t *n)
{
	struct fee_line **list = arena_alloc(arena, ((size_t)report->n + 1) *
	    sizeof(*list));

	*n = 0;
	for (struct fee_line *l = report->lines; l != NULL; l = l->next)
		if ((l->tx != NULL) == found)
			list[(*n)++] = l;
	return list;
}

static void
judge(struct fee_line *l, bool twice)
{
	const struct amount *ours = &l->tx->amount;

	l->state = twice ? FEE_LINE_TWICE : ours->minor == l->amount.minor &&
	    strcmp(ours->currency, l->amount.currency) == 0 ?
	    FEE_LINE_MATCHED : FEE_LINE_DIFFERS;
}

bool
fee_report_match(struct conn *c, struct arena *arena,
    struct fee_report *report)
{
	struct charges ch = { .c = c, .arena = arena };
	size_t n;

	for (struct fee_line *l = report->lines; l != NULL; l = l->next)
		l->tx = find_tx(c, arena, report, l);
	ch.line = lines_with(arena, report, false, &ch.n);
	qsort(ch.line, ch.n, sizeof(ch.line[0]), by_reference);
	if (ch.n > 0 && strcmp(report->processor, "stripe") == 0)
		fee_report_missing(c, arena, report, report->from - DAY_MS,
		    report->to > 0 ? report->to : INT64_MAX, each_of_ours,
		    &ch);
	struct fee_line **found = lines_with(arena, report, true, &n);
	qsort(found, n, sizeof(found[0]), by_payment);
	for (size_t i = 0; i < n; i++)
		judge(found[i], i > 0 && strcmp(found[i]->tx->clive_tx_id,
		    found[i - 1]->tx->clive_tx_id) == 0);
	return conn_failed(c) == NULL;
}

static int
against_line(const void *key, const void *line)
{
	return strcmp(key,
	    (*(struct fee_line *const *)line)->tx->clive_tx_id);
}

/* Behind all names of payments, where the moment has no name. */
static const char *
name_at(struct arena *arena, int64_t ms)
{
	if (ms > INT64_C(9999999999999))
		return "CLVTX_~";
	return arena_printf(arena, "CLVTX_%013" PRId64, ms < 0 ? 0 : ms);
}

void
fee_report_missing(struct conn *c, struct arena *arena,
    const struct fee_report *report, int64_t from, int64_t to,
    void (*each)(void *, const struct tx *), void *arg)
{
	struct arena *page = arena_new();
	const char *after = name_at(arena, from), *before = name_at(arena, to);
	char last[64];
	size_t n;
	int rows = PAGE;

	struct fee_line **found = lines_with(arena, report, true, &n);
	qsort(found, n, sizeof(found[0]), by_payment);
	while (rows == PAGE && conn_failed(c) == NULL) {
		struct rows *r = conn_rows(c, SQL_REPORT_TXS, "tttii", after,
		    before, report->processor, (int64_t)report->live,
		    (int64_t)PAGE);
		struct tx *txs[PAGE];
		for (rows = 0; rows < PAGE && row_next(r); rows++)
			txs[rows] = tx_of_row(r, page);
		row_done(r);
		for (int i = 0; i < rows; i++)
			if (bsearch(txs[i]->clive_tx_id, found, n,
			    sizeof(found[0]), against_line) == NULL)
				each(arg, txs[i]);
		if (rows > 0)
			snprintf(last, sizeof(last), "%s",
			    txs[rows - 1]->clive_tx_id);
		after = last;
		arena_reset(page);
	}
	arena_free(page);
}

int64_t
fee_report_record(struct conn *c, int64_t now,
    const struct fee_report *report, const char *file, const char *actor)
{
	int64_t made = 0;
	struct buf detail;
	struct jsonw w;

	for (const struct fee_line *l = report->lines; l != NULL; l = l->next)
		if (l->state == FEE_LINE_MATCHED ||
		    l->state == FEE_LINE_DIFFERS)
			made += conn_run(c, SQL_FEE_ACTUAL_INSERT, "tttiiti",
			    report->processor, l->id, l->tx->clive_tx_id,
			    l->amount.minor, l->fee, l->amount.currency, now);
	buf_init(&detail, 8192);
	jsonw_init(&w, &detail);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "file", file);
	jsonw_int(&w, "lines", report->n);
	jsonw_int(&w, "recorded", made);
	jsonw_end_object(&w);
	audit_write(c, now, actor, "processor_report.recorded",
	    report->processor, buf_str(&detail));
	buf_free(&detail);
	return made;
}
