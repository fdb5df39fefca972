/* SPDX-License-Identifier: ISC */
/* tx.c - `clive tx`: payments. */
#include "tx.h"

#include <string.h>

#include "cli.h"
#include "explain.h"
#include "intent.h"
#include "tx-list.h"

enum { LIMIT = 50 };

bool
run_tx_list(struct cli *cli)
{
	struct tx_list list = { .limit = LIMIT, .to = INT64_MAX };
	/* tx_list_answer is made for requests; these parts it works with. */
	struct request rq = { .conn = cli->setup.conn, .arena = cli->arena };

	list.partner_id = cli_get(cli, "partner");
	list.client_id = cli_get(cli, "client");
	list.reference = cli_get(cli, "reference");
	list.cursor = cli_get(cli, "cursor");
	if (!cli_choice(cli, "status", tx_status_names, &list.status) ||
	    !cli_time(cli, "from", &list.from) ||
	    !cli_time(cli, "to", &list.to) ||
	    !cli_integer(cli, "limit", 1, TX_LIST_LIMIT_MAX, &list.limit))
		return false;
	buf_init(&rq.reply.body, cli->doc.max);
	tx_list_answer(&rq, &list, "", true);
	buf_add(&cli->doc, buf_str(&rq.reply.body), rq.reply.body.len);
	buf_free(&rq.reply.body);
	return cli_read_well(cli);
}

/* The payment with this reference of its partner, provided there is one. */
static struct tx *
find_by_reference(struct cli *cli, const char *reference)
{
	struct rows *r = conn_rows(cli->setup.conn, SQL_TX_LIST_OF_REFERENCE,
	    "tttttiti", "~", "", "", "", "", INT64_C(2), reference,
	    INT64_C(1));
	struct tx *tx = NULL;

	if (row_next(r))
		tx = tx_of_row(r, cli->arena);
	if (tx != NULL && row_next(r)) {
		tx = NULL;
		cli_fail(cli, "several payments have the reference %s; see "
		    "`clive tx list --reference`", reference);
	}
	row_done(r);
	return tx;
}

/*
 * By our name, that of the Payments API, the processor's or the partner's;
 * NULL after cli_fail.
 */
static struct tx *
find(struct cli *cli, const char *id)
{
	struct conn *c = cli->setup.conn;
	struct tx *tx = tx_find(c, cli->arena, id);
	const struct intent *in = tx == NULL ?
	    intent_find(c, cli->arena, id) : NULL;

	if (in != NULL)
		tx = in->tx;
	if (tx == NULL && strncmp(id, "pi_", 3) == 0)
		tx = tx_find_by_ref(c, cli->arena, "stripe", id);
	if (tx == NULL)
		tx = find_by_reference(cli, id);
	if (tx == NULL && !cli->failed && cli_read_well(cli))
		cli_fail(cli, "there is no payment %s", id);
	return tx;
}

bool
run_tx_show(struct cli *cli)
{
	const struct tx *tx = find(cli, cli->argument);
	struct jsonw *w = &cli->w;

	if (tx == NULL)
		return false;
	jsonw_object(w, NULL);
	tx_write(w, tx);
	jsonw_text(w, "processor", tx->processor);
	jsonw_text(w, "processorReference", tx->processor_ref);
	jsonw_money(w, "refundedAmount", tx->refunded, tx->amount.currency);
	jsonw_money(w, "disputedAmount", tx->disputed, tx->amount.currency);
	struct rows *r = conn_rows(cli->setup.conn, SQL_FEE_ACTUAL_OF_TX,
	    "tt", tx->clive_tx_id, tx->amount.currency);
	if (row_next(r) && row_int(r, 0) > 0)
		jsonw_money(w, "actualProcessorFee", row_int(r, 1),
		    tx->amount.currency);
	else
		jsonw_null(w, "actualProcessorFee");
	row_done(r);
	jsonw_raw(w, "meta", tx->meta, tx->meta != NULL ?
	    strlen(tx->meta) : 0);
	jsonw_end_object(w);
	return true;
}

/* One view of the database, in which the timeline fits together. */
bool
run_tx_explain(struct cli *cli)
{
	struct conn *c = cli->setup.conn;

	conn_savepoint(c);
	const struct tx *tx = find(cli, cli->argument);
	if (tx != NULL)
		explain_write(c, cli->arena, &cli->w, tx);
	conn_release(c);
	return tx != NULL && cli_read_well(cli);
}
