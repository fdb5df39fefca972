/* SPDX-License-Identifier: ISC */
/* settlement-list.c - batches in answers of APIs, and their report. */
#include "settlement.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LIST(member) offsetof(struct settlement_list, member)
#define PAGE(member) offsetof(struct settlement_page, member)

const struct field settlement_list_fields[] = {
	{ "limit", FIELD_INTEGER, .offset = LIST(limit), .min = 1,
	  .max = SETTLEMENT_LIST_MAX, .initial = 100 },
	{ "cursor", FIELD_TEXT, .offset = LIST(cursor), .min = 1,
	  .max = 64 },
	{ "status", FIELD_CHOICE, .offset = LIST(status),
	  .choices = settlement_statuses },
	{ "partner_id", FIELD_TEXT, .offset = LIST(partner_id), .max = 64 },
	{ "client_id", FIELD_TEXT, .offset = LIST(client_id), .max = 64 },
	{ .name = NULL }
};

const struct field settlement_page_fields[] = {
	{ "limit", FIELD_INTEGER, .offset = PAGE(limit), .min = 1,
	  .max = 500, .initial = 100 },
	{ "cursor", FIELD_TEXT, .offset = PAGE(cursor), .min = 1,
	  .max = 64 },
	{ .name = NULL }
};

/* SQL compares with an empty text where there is no filter. */
static const char *
text(const char *filter)
{
	return filter != NULL ? filter : "";
}

static struct rows *
find(struct conn *c, const struct settlement_list *list, const char *partner)
{
	/* "~" sorts after every identifier. */
	const char *before = list->cursor != NULL ? list->cursor : "~";

	if (*partner == '\0')
		return conn_rows(c, SQL_BATCH_LIST, "ttti", before,
		    text(list->status), text(list->client_id),
		    list->limit + 1);
	return conn_rows(c, SQL_BATCH_LIST_OF_PARTNER, "tttit", before,
	    text(list->status), text(list->client_id), list->limit + 1,
	    partner);
}

/* Writes a page; the id of its last batch where more follow, or NULL. */
static const char *
write_page(struct jsonw *w, struct request *rq,
    const struct settlement_list *list, const char *partner)
{
	struct rows *r = find(rq->conn, list, partner);
	const char *last = NULL;
	int64_t n = 0, payments = 0;

	while (row_next(r)) {
		const struct settlement *b = settlement_of_row(r, rq->arena);
		payments += b->payments;
		if (n++ == list->limit ||
		    (n > 1 && payments > SETTLEMENT_MAX)) {
			row_done(r);
			return last;
		}
		last = b->id;
		jsonw_object(w, NULL);
		settlement_write(w, rq->conn, b, true);
		jsonw_end_object(w);
	}
	return NULL;
}

void
settlement_list_answer(struct request *rq, const struct settlement_list *list,
    const char *owner)
{
	const char *partner = *owner != '\0' ? owner : text(list->partner_id);
	const char *next = NULL;
	bool elsewhere = *owner != '\0' && *text(list->partner_id) != '\0' &&
	    strcmp(owner, list->partner_id) != 0;
	struct jsonw w;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	if (!elsewhere)
		next = write_page(&w, rq, list, partner);
	jsonw_end_array(&w);
	jsonw_text(&w, "nextCursor", next);
	jsonw_end_object(&w);
}

void
settlement_write_one(struct jsonw *w, struct conn *c, struct arena *arena,
    const struct settlement *b, const struct settlement_page *page)
{
	const char *next = NULL, *last = NULL;
	int64_t n = 0;

	settlement_write(w, c, b, true);
	jsonw_array(w, "transactions");
	struct rows *r = conn_rows(c, SQL_BATCH_TXS, "tti", b->id,
	    page->cursor != NULL ? page->cursor : "", page->limit + 1);
	while (row_next(r)) {
		if (n++ == page->limit) {
			next = last;
			row_done(r);
			break;
		}
		const struct tx *tx = tx_of_row(r, arena);
		last = tx->clive_tx_id;
		jsonw_object(w, NULL);
		tx_write(w, tx);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
	jsonw_text(w, "nextCursor", next);
}

/* ----------------------------------------------------------------- CSV */

enum {
	CSV_PAGE = 500,
	CSV_LINE_MAX = 4096,
	SETTLEMENT_OWED = 29	/* the column of SQL_BATCH_TXS behind a payment */
};

/*
 * A text cell. A spreadsheet runs what begins with one of these characters;
 * with an apostrophe before it, it shows it.
 */
static void
add_text(struct buf *line, const char *value)
{
	buf_puts(line, line->len > 0 ? ",\"" : "\"");
	if (*value != '\0' && strchr("=+-@\t\r\n", *value) != NULL)
		buf_putc(line, '\'');
	for (; *value != '\0'; value++) {
		if (*value == '"')
			buf_putc(line, '"');
		buf_putc(line, *value);
	}
	buf_putc(line, '"');
}

/* A number, which may begin with a minus: it is ours. */
static void
add_money(struct buf *line, int64_t minor, const char currency[4])
{
	char number[AMOUNT_TEXT_SIZE];

	buf_printf(line, ",%s", amount_print(minor, currency, number));
}

static void
add_time(struct buf *line, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char date[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(line, ",%s.%03dZ", date, (int)(ms % 1000));
}

static void
add_payment(struct buf *line, const struct settlement *b,
    const struct tx *tx, int64_t owed)
{
	const char *currency = b->currency;

	add_text(line, b->id);
	add_text(line, tx->clive_tx_id);
	add_text(line, tx->echezona_reference);
	add_text(line, tx->partner_id);
	add_text(line, tx->client_id);
	add_text(line, tx->processor);
	add_text(line, tx->processor_ref != NULL ? tx->processor_ref : "");
	add_time(line, tx->created_at);
	add_text(line, currency);
	add_money(line, tx->amount.minor, currency);
	add_money(line, tx->fee.processor_fee, currency);
	add_money(line, tx->fee.platform_fee, currency);
	add_money(line, tx->fee.net - owed, currency);
	add_money(line, owed, currency);
	add_text(line, tx_status_name(tx->status));
	buf_puts(line, "\r\n");
}

void
settlement_csv(struct conn *c, struct arena *arena,
    const struct settlement *b, void (*put)(void *, const char *, size_t),
    void *arg)
{
	static const char head[] = "batch,transaction,reference,partner,"
	    "client,processor,processor_reference,created_at,currency,gross,"
	    "processor_fee,platform_fee,refunded,net,status\r\n";
	struct arena *scratch = arena_new();
	const char *after = "";
	struct buf line;
	int64_t n;

	buf_init(&line, CSV_LINE_MAX);
	put(arg, head, sizeof(head) - 1);
	do {
		struct rows *r = conn_rows(c, SQL_BATCH_TXS, "tti", b->id,
		    after, (int64_t)CSV_PAGE);
		for (n = 0; row_next(r); n++) {
			/* What a page read dies with it, but for its end. */
			const struct tx *tx = tx_of_row(r, scratch);
			buf_reset(&line);
			add_payment(&line, b, tx,
			    row_int(r, SETTLEMENT_OWED));
			put(arg, buf_str(&line), line.len);
			if (n == CSV_PAGE - 1)
				after = arena_strdup(arena, tx->clive_tx_id);
		}
		arena_reset(scratch);
	} while (n == CSV_PAGE);
	buf_free(&line);
	arena_free(scratch);
}

/* -------------------------------------------------- run and pay answers */

void
settlement_run_answer(struct request *rq, const struct settlement_run *run)
{
	struct jsonw w;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_int(&w, "created_batches", (int64_t)run->n);
	jsonw_array(&w, "batches");
	for (size_t i = 0; i < run->n; i++) {
		const struct settlement *b = settlement_find(rq->conn,
		    rq->arena, run->ids[i]);
		if (b == NULL)
			continue;
		jsonw_object(&w, NULL);
		settlement_write(&w, rq->conn, b, false);
		jsonw_end_object(&w);
	}
	jsonw_end_array(&w);
	if (run->more)
		jsonw_bool(&w, "more", true);
	jsonw_end_object(&w);
}

void
settlement_pay_answer(struct request *rq, const struct settlement *b)
{
	struct jsonw w;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	settlement_write(&w, rq->conn, b, true);
	jsonw_end_object(&w);
}

const struct fault *
settlement_pay_refuse(struct request *rq, const struct settlement_pay *p,
    const struct fault *fault)
{
	struct jsonw w;

	if (fault != &FAULT_PAYOUT_FAILED)
		return fault;
	buf_reset(&rq->details);
	jsonw_init(&w, &rq->details);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "status", p->batch->status);
	jsonw_text(&w, "message", p->message);
	jsonw_end_object(&w);
	return fault;
}
