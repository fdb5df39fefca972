/* SPDX-License-Identifier: ISC */
/* tx-list.c - choosing the statement for the filters, and paging. */
#include "tx-list.h"

#include <inttypes.h>
#include <string.h>

#include "intent.h"
#include "tx-search.h"

/* The last moment that thirteen digits can name. */
#define ID_TIME_MAX INT64_C(9999999999999)

#define AT(member) offsetof(struct tx_list, member)

#define LIST_FIELDS							\
	{ "limit", FIELD_INTEGER, .offset = AT(limit), .min = 1,	\
	  .max = TX_LIST_LIMIT_MAX, .initial = 100 },			\
	{ "cursor", FIELD_TEXT, .offset = AT(cursor), .min = 1, .max = 64 }, \
	{ "status", FIELD_CHOICE, .offset = AT(status),			\
	  .choices = tx_status_names },					\
	{ "partner_id", FIELD_TEXT, .offset = AT(partner_id), .max = 64 }, \
	{ "client_id", FIELD_TEXT, .offset = AT(client_id), .max = 64 }, \
	{ "reference", FIELD_TEXT, .offset = AT(reference), .max = 128 }, \
	{ "echezona_reference", FIELD_TEXT, .offset = AT(reference),	\
	  .max = 128 },							\
	{ "id", FIELD_TEXT, .offset = AT(clive_tx_id), .max = 64 },	\
	{ "from", FIELD_TIME, .offset = AT(from), .initial = 0 },	\
	{ "to", FIELD_TIME, .offset = AT(to), .initial = INT64_MAX }

const struct field tx_list_fields[] = {
	LIST_FIELDS,
	{ .name = NULL }
};

const struct field tx_search_fields[] = {
	LIST_FIELDS,
	{ "q", FIELD_TEXT, .offset = AT(q), .max = 254 },
	{ "mode", FIELD_CHOICE, .offset = AT(mode),
	  .choices = tx_search_modes },
	{ .name = NULL }
};

/* SQL compares with an empty text where there is no filter. */
static const char *
text(const char *filter)
{
	return filter != NULL ? filter : "";
}

/* Identifiers begin with the time of creation: a time is a bound of them. */
static const char *
id_bound(struct arena *arena, int64_t ms)
{
	/* "~" sorts after every identifier. */
	if (ms > ID_TIME_MAX)
		return "~";
	return arena_printf(arena, "CLVTX_%013" PRId64, ms < 0 ? 0 : ms);
}

/*
 * The payments that match, one more than the page holds; of all, also those
 * that were made with a test key, which are no partner's concern.
 */
static struct rows *
find(struct conn *c, const struct tx_list *list, const char *partner,
    bool all, const char *before, const char *from)
{
	if (list->reference != NULL && *list->reference != '\0')
		return conn_rows(c, SQL_TX_LIST_OF_REFERENCE, "tttttiti",
		    before, partner, text(list->status),
		    text(list->client_id), from, list->limit + 1,
		    list->reference, (int64_t)all);
	if (*partner == '\0')
		return conn_rows(c, SQL_TX_LIST, "tttttii", before, partner,
		    text(list->status), text(list->client_id), from,
		    list->limit + 1, (int64_t)all);
	return conn_rows(c, all ? SQL_TX_LIST_ALL_OF_PARTNER :
	    SQL_TX_LIST_OF_PARTNER, "ttttti", before, partner,
	    text(list->status), text(list->client_id), from,
	    list->limit + 1);
}

static void
write_one(struct jsonw *w, const struct tx *tx, bool all)
{
	jsonw_object(w, NULL);
	if (all)
		tx_search_write(w, tx);
	else
		tx_write(w, tx);
	jsonw_end_object(w);
}

/* Is there no filter, or does it name this? */
static bool
agrees(const char *filter, const char *with)
{
	return *text(filter) == '\0' || strcmp(filter, with) == 0;
}

/* The list of one, by its id here or in the Payments API; the other filters
 * still hold. */
static void
write_named(struct jsonw *w, struct request *rq, const struct tx_list *list,
    const char *partner, bool all)
{
	const struct tx *tx = tx_find(rq->conn, rq->arena, list->clive_tx_id);
	const struct intent *in = tx == NULL ? intent_find(rq->conn,
	    rq->arena, list->clive_tx_id) : NULL;

	if (in != NULL)
		tx = in->tx;
	if (tx != NULL && (all || !tx->payments || tx->live) &&
	    agrees(partner, tx->partner_id) &&
	    agrees(list->status, tx_status_name(tx->status)) &&
	    agrees(list->client_id, tx->client_id) &&
	    agrees(list->reference, tx->echezona_reference) &&
	    tx->created_at >= list->from && tx->created_at < list->to)
		write_one(w, tx, all);
}

/* Writes a page; the id of its last payment where more follow, or NULL. */
static const char *
write_page(struct jsonw *w, struct request *rq, const struct tx_list *list,
    const char *partner, bool all)
{
	const char *before = id_bound(rq->arena, list->to);
	const char *from = id_bound(rq->arena, list->from);
	const char *last = NULL;
	int64_t n = 0;

	if (list->cursor != NULL && strcmp(list->cursor, before) < 0)
		before = list->cursor;
	if (all && tx_search_wanted(list))
		return tx_search_page(w, rq, list, before, from);
	struct rows *r = find(rq->conn, list, partner, all, before, from);
	while (row_next(r)) {
		if (n++ == list->limit) {
			row_done(r);
			return last;
		}
		const struct tx *tx = tx_of_row(r, rq->arena);
		last = tx->clive_tx_id;
		write_one(w, tx, all);
	}
	return NULL;
}

void
tx_list_answer(struct request *rq, const struct tx_list *list,
    const char *owner, bool all)
{
	const char *partner = *owner != '\0' ? owner : text(list->partner_id);
	const char *next = NULL;
	bool elsewhere = *owner != '\0' && list->partner_id != NULL &&
	    *list->partner_id != '\0' && strcmp(owner, list->partner_id) != 0;
	struct jsonw w;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	if (!elsewhere && list->clive_tx_id != NULL &&
	    *list->clive_tx_id != '\0')
		write_named(&w, rq, list, partner, all);
	else if (!elsewhere)
		next = write_page(&w, rq, list, partner, all);
	jsonw_end_array(&w);
	jsonw_text(&w, "nextCursor", next);
	jsonw_end_object(&w);
}
