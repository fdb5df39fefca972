/* SPDX-License-Identifier: ISC */
/* tx-search.c - telling what a text may be, and looking for that. */
#include "tx-search.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "intent.h"
#include "provider.h"
#include "refund.h"

enum {
	DIGITS_MAX = 15,	/* of an amount that is searched for */
	ANY_MODE = -2
};

const char *const tx_search_modes[] = { "live", "test", "partner", NULL };

/* What is searched for. */
struct search {
	const struct tx_list	*list;
	const char		*text;		/* "": all */
	const char		*number;	/* the text as one; NULL */
	char			 currency[4];	/* after the number; "" */
	int64_t			 mode;		/* tx.livemode, -1: NULL */
	int64_t			 amounts[3];	/* by 0, 2 and 3 decimals */
};

static const char *
text(const char *filter)
{
	return filter != NULL ? filter : "";
}

bool
tx_search_wanted(const struct tx_list *list)
{
	return *text(list->q) != '\0' || list->mode != NULL ||
	    list->status != NULL;
}

/* The wallet's payments go by a name of ours and need no such look-up. */
static struct tx *
find_by_ref(struct conn *c, struct arena *arena, const char *name)
{
	struct tx *tx = NULL;

	for (const struct provider *const *p = provider_table;
	    tx == NULL && *p != NULL; p++)
		tx = tx_find_by_ref(c, arena, (*p)->name, name);
	return tx;
}

struct tx *
tx_search_name(struct conn *c, struct arena *arena, const char *name)
{
	struct tx *tx = tx_find(c, arena, name);

	if (tx != NULL)
		return tx;
	struct intent *in = intent_find(c, arena, name);
	if (in != NULL)
		return in->tx;
	struct refund *refund = refund_find(c, arena, name);
	if (refund != NULL)
		return tx_find(c, arena, refund->clive_tx_id);
	return find_by_ref(c, arena, name);
}

static int64_t
mode_of(const char *word)
{
	if (word == NULL)
		return ANY_MODE;
	if (strcmp(word, "live") == 0)
		return 1;
	return strcmp(word, "test") == 0 ? 0 : -1;
}

/* "1,750.00" or "1750 usd" as a JSON number and a currency. */
static void
read_number(struct search *s, struct arena *arena)
{
	char *out = arena_alloc(arena, strlen(s->text) + 1);
	const char *at = s->text;
	size_t n = 0, points = 0;

	for (; isdigit((unsigned char)*at) || *at == '.' || *at == ','; at++) {
		points += *at == '.';
		if (*at != ',')
			out[n++] = *at;
	}
	at += strspn(at, " ");
	if (*at != '\0' && !currency_parse(at, strlen(at), s->currency))
		return;
	/* JSON numbers begin and end with a digit, and not with two zeros. */
	if (n == 0 || n > DIGITS_MAX || points > 1 || out[0] == '.' ||
	    out[n - 1] == '.' || (n > 1 && out[0] == '0' && out[1] != '.'))
		return;
	s->number = out;
}

/* In the minor units of a currency with its decimals; -1: it has none such. */
static int64_t
minor_of(const struct search *s, const char currency[4])
{
	struct slice number = { s->number, s->number != NULL ?
	    strlen(s->number) : 0 };
	struct amount amount;

	return s->number != NULL && amount_parse(number, currency,
	    &amount) == AMOUNT_OK ? amount.minor : -1;
}

static void
start(struct search *s, struct arena *arena, const struct tx_list *list)
{
	*s = (struct search){ .list = list, .text = text(list->q),
	    .mode = mode_of(list->mode) };
	if (*s->text != '\0')
		read_number(s, arena);
	s->amounts[0] = minor_of(s, "JPY");
	s->amounts[1] = minor_of(s, "USD");
	s->amounts[2] = minor_of(s, "KWD");
}

static bool
begins(const char *with, const char *whole)
{
	return whole != NULL && strncasecmp(with, whole, strlen(with)) == 0;
}

/* What the statement found by its number alone may be of a currency that
 * counts otherwise. */
static bool
is_meant(const struct search *s, const struct tx *tx)
{
	if (*s->text == '\0' || begins(s->text, tx->email) ||
	    strncmp(s->text, tx->echezona_reference, strlen(s->text)) == 0)
		return true;
	return minor_of(s, tx->amount.currency) == tx->amount.minor &&
	    (*s->currency == '\0' ||
	    strcmp(s->currency, tx->amount.currency) == 0);
}

static bool
agrees(const char *filter, const char *with)
{
	return *text(filter) == '\0' || strcmp(filter, with) == 0;
}

static int64_t
mode_of_tx(const struct tx *tx)
{
	return tx->payments ? tx->live : -1;
}

/* Do the filters beside the text hold? */
static bool
passes(const struct search *s, const struct tx *tx, const char *before,
    const char *from)
{
	const struct tx_list *list = s->list;

	return agrees(list->partner_id, tx->partner_id) &&
	    agrees(list->client_id, tx->client_id) &&
	    agrees(list->reference, tx->echezona_reference) &&
	    agrees(list->status, tx_status_name(tx->status)) &&
	    (s->mode == ANY_MODE || s->mode == mode_of_tx(tx)) &&
	    strcmp(tx->clive_tx_id, before) < 0 &&
	    strcmp(tx->clive_tx_id, from) >= 0;
}

static void
write_one(struct jsonw *w, const struct tx *tx)
{
	jsonw_object(w, NULL);
	tx_search_write(w, tx);
	jsonw_end_object(w);
}

/* Writes the rows that are meant, up to the page's size; the cursor where it
 * is full. */
static const char *
write_rows(struct jsonw *w, struct request *rq, const struct search *s,
    struct rows *r, int64_t *written)
{
	const char *last = NULL;

	while (row_next(r)) {
		const struct tx *tx = tx_of_row(r, rq->arena);
		if (!is_meant(s, tx) || (s->mode != ANY_MODE &&
		    s->mode != mode_of_tx(tx)))
			continue;
		if (*written == s->list->limit) {
			row_done(r);
			return last;
		}
		last = tx->clive_tx_id;
		(*written)++;
		write_one(w, tx);
	}
	return NULL;
}

/* Where the stretch that is looked at ends; NULL: where all ends. */
static const char *
find_edge(struct request *rq, const char *before, const char *from)
{
	struct rows *r = conn_rows(rq->conn, SQL_TX_SCAN_EDGE, "tti", before,
	    from, (int64_t)TX_SEARCH_STRETCH - 1);
	const char *edge = row_next(r) ? row_text_copy(r, 0, rq->arena) : NULL;

	row_done(r);
	return edge;
}

static const char *
search_stretch(struct jsonw *w, struct request *rq, const struct search *s,
    const char *before, const char *from)
{
	const struct tx_list *list = s->list;
	const char *edge = find_edge(rq, before, from);
	/* A whole reference among the filters is one by itself. */
	struct rows *r = conn_rows(rq->conn, SQL_TX_SEARCH, "tttttitiii",
	    before, edge != NULL ? edge : from, text(list->partner_id),
	    text(list->status), text(list->client_id), s->mode, s->text,
	    s->amounts[0], s->amounts[1], s->amounts[2]);
	int64_t written = 0;
	const char *next = write_rows(w, rq, s, r, &written);

	return next != NULL ? next : edge;
}

/* Those with just this reference. */
static const char *
search_reference(struct jsonw *w, struct request *rq, const struct search *s,
    const char *reference, const char *before, const char *from,
    int64_t *written)
{
	const struct tx_list *list = s->list;
	struct rows *r = conn_rows(rq->conn, SQL_TX_LIST_OF_REFERENCE,
	    "tttttiti", before, text(list->partner_id), text(list->status),
	    text(list->client_id), from, (int64_t)TX_SEARCH_STRETCH,
	    reference, INT64_C(1));

	return write_rows(w, rq, s, r, written);
}

const char *
tx_search_page(struct jsonw *w, struct request *rq,
    const struct tx_list *list, const char *before, const char *from)
{
	struct search s;
	int64_t written = 0;
	const char *next;

	start(&s, rq->arena, list);
	if (*text(list->reference) != '\0')
		return search_reference(w, rq, &s, list->reference, before,
		    from, &written);
	if (*s.text == '\0')
		return search_stretch(w, rq, &s, before, from);
	const struct tx *tx = tx_search_name(rq->conn, rq->arena, s.text);
	if (tx != NULL) {
		if (passes(&s, tx, before, from))
			write_one(w, tx);
		return NULL;
	}
	next = search_reference(w, rq, &s, s.text, before, from, &written);
	return written > 0 ? next : search_stretch(w, rq, &s, before, from);
}

void
tx_search_write(struct jsonw *w, const struct tx *tx)
{
	const char *code = tx->amount.currency;

	tx_write(w, tx);
	jsonw_text(w, "email", tx->email);
	jsonw_text(w, "api", tx->payments ? "payments" : "partner");
	if (tx->payments)
		jsonw_bool(w, "livemode", tx->live);
	else
		jsonw_null(w, "livemode");
	jsonw_money(w, "refundedAmount", tx->refunded, code);
	jsonw_money(w, "refundingAmount", tx->refunding, code);
	jsonw_money(w, "disputedAmount", tx->disputed, code);
}
