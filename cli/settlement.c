/* SPDX-License-Identifier: ISC */
/* settlement.c - `clive settlement` and `clive payout-account`. */
#include "settlement.h"

#include <string.h>

#include "cli.h"
#include "partner.h"
#include "shared.h"

enum { LIMIT = 50 };

/* The library's answers are made for requests; these parts they work with. */
static struct request
request_of(struct cli *cli)
{
	struct request rq = { .db = cli->setup.db, .conn = cli->setup.conn,
	    .arena = cli->arena, .conf = &cli->setup.conf };

	buf_init(&rq.reply.body, cli->doc.max);
	return rq;
}

static void
take_answer(struct cli *cli, struct request *rq)
{
	buf_add(&cli->doc, buf_str(&rq->reply.body), rq->reply.body.len);
	buf_free(&rq->reply.body);
}

bool
run_settlement_run(struct cli *cli)
{
	struct request rq = request_of(cli);
	struct settlement_run run = { .db = rq.db, .conn = rq.conn,
	    .arena = rq.arena, .partner_id = cli_get(cli, "partner"),
	    .client_id = cli_get(cli, "client"), .actor = cli->actor };
	const struct fault *fault = settlement_run(&run);

	if (fault == NULL)
		settlement_run_answer(&rq, &run);
	take_answer(cli, &rq);
	return fault == NULL ? cli_read_well(cli) :
	    cli_fail(cli, "%s", fault->text);
}

bool
run_settlement_list(struct cli *cli)
{
	struct settlement_list list = { .limit = LIMIT,
	    .cursor = cli_get(cli, "cursor"),
	    .partner_id = cli_get(cli, "partner"),
	    .client_id = cli_get(cli, "client") };
	struct request rq;

	if (!cli_choice(cli, "status", settlement_statuses, &list.status) ||
	    !cli_integer(cli, "limit", 1, SETTLEMENT_LIST_MAX, &list.limit))
		return false;
	rq = request_of(cli);
	settlement_list_answer(&rq, &list, "");
	take_answer(cli, &rq);
	return cli_read_well(cli);
}

static const struct settlement *
find(struct cli *cli)
{
	const struct settlement *b = settlement_find(cli->setup.conn,
	    cli->arena, cli->argument);

	if (b == NULL && cli_read_well(cli))
		cli_fail(cli, "there is no settlement batch %s",
		    cli->argument);
	return b;
}

bool
run_settlement_show(struct cli *cli)
{
	struct settlement_page page = { .limit = LIMIT,
	    .cursor = cli_get(cli, "cursor") };
	const struct settlement *b;

	if (!cli_integer(cli, "limit", 1, 500, &page.limit) ||
	    (b = find(cli)) == NULL)
		return false;
	jsonw_object(&cli->w, NULL);
	settlement_write_one(&cli->w, cli->setup.conn, cli->arena, b, &page);
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}

bool
run_settlement_pay(struct cli *cli)
{
	struct settlement_pay pay = { .db = cli->setup.db,
	    .arena = cli->arena, .conf = &cli->setup.conf,
	    .id = cli->argument, .actor = cli->actor };
	const struct fault *fault = settlement_pay(&pay);

	if (fault == &FAULT_PAYOUT_FAILED)
		return cli_fail(cli, "%s: the batch is %s%s%s", fault->text,
		    pay.batch->status, pay.message != NULL ? ": " : "",
		    pay.message != NULL ? pay.message : "");
	if (fault != NULL)
		return cli_fail(cli, "%s", fault->text);
	jsonw_object(&cli->w, NULL);
	settlement_write(&cli->w, cli->setup.conn, pay.batch, true);
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}

/* -------------------------------------------------------------- report */

static void
print(void *arg, const char *text, size_t n)
{
	fwrite(text, 1, n, arg);
}

static void
collect(void *arg, const char *text, size_t n)
{
	buf_add(arg, text, n);
}

/* As text it goes out as it is read, however long it is. */
bool
run_settlement_report(struct cli *cli)
{
	const struct settlement *b = find(cli);
	struct buf csv;

	if (b == NULL)
		return false;
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "id", b->id);
	if (cli->json) {
		buf_init(&csv, cli->doc.max);
		settlement_csv(cli->setup.conn, cli->arena, b, collect, &csv);
		jsonw_text(&cli->w, "csv", buf_str(&csv));
		buf_free(&csv);
	} else {
		settlement_csv(cli->setup.conn, cli->arena, b, print,
		    stdout);
	}
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}

void
report_render(struct cli *cli, const struct json *doc)
{
	(void)cli;	/* it is out already */
	(void)doc;
}

/* ----------------------------------------------------- payout accounts */

struct account {
	const char	*partner_id, *client_id;
	char		 currency[4];
	const char	*rail, *recipient;
};

static void
write_account(struct jsonw *w, const struct account *a)
{
	jsonw_object(w, NULL);
	jsonw_text(w, "partner_id", a->partner_id);
	jsonw_text(w, "client_id", *a->client_id != '\0' ? a->client_id :
	    NULL);
	jsonw_text(w, "currency", a->currency);
	jsonw_text(w, "rail", a->rail);
	jsonw_text(w, "recipient", a->recipient);
	jsonw_end_object(w);
}

static bool
set(struct cli *cli, struct conn *c, void *arg)
{
	const struct account *a = arg;

	if (partner_find(c, cli->arena, a->partner_id) == NULL)
		return cli_fail(cli, "there is no partner %s",
		    a->partner_id);
	if (*a->client_id != '\0' && client_find(c, cli->arena,
	    a->partner_id, a->client_id) == NULL)
		return cli_fail(cli, "there is no client %s", a->client_id);
	payout_account_set(c, cli->arena, clock_now(), a->partner_id,
	    a->client_id, a->currency, a->rail, a->recipient, cli->actor);
	write_account(&cli->w, a);
	return true;
}

/* The rail follows from the currency; for any it has to be said. */
static bool
take_rail(struct cli *cli, struct account *a)
{
	const char *currency = cli_get(cli, "currency");

	if (!cli_choice(cli, "rail", payout_rail_names, &a->rail))
		return false;
	if (currency == NULL || strcmp(currency, "*") == 0) {
		memcpy(a->currency, "*", 2);
		return a->rail != NULL || cli_fail(cli, "either --currency "
		    "or --rail is needed");
	}
	if (!currency_parse(currency, strlen(currency), a->currency))
		return cli_fail(cli, "--currency: must be three letters, "
		    "or *");
	const char *rail = payout_rail_of(a->currency)->name;
	if (a->rail != NULL && strcmp(a->rail, rail) != 0)
		return cli_fail(cli, "--rail: %s goes over %s", a->currency,
		    rail);
	a->rail = rail;
	return true;
}

bool
run_payout_account_set(struct cli *cli)
{
	struct account a = { .partner_id = cli_get(cli, "partner"),
	    .client_id = cli_get(cli, "client"),
	    .recipient = cli_get(cli, "recipient") };

	if (a.client_id == NULL)
		a.client_id = "";
	if (!take_rail(cli, &a))
		return false;
	if (!payout_rail_find(a.rail)->recipient(a.recipient))
		return cli_fail(cli, "--recipient: is not a name that %s "
		    "gives to recipients", a.rail);
	return cli_txn(cli, set, &a);
}

bool
run_payout_account_list(struct cli *cli)
{
	const char *partner = cli_get(cli, "partner");
	struct rows *r = conn_rows(cli->setup.conn, SQL_PAYOUT_ACCOUNTS, "t",
	    partner != NULL ? partner : "");

	jsonw_object(&cli->w, NULL);
	jsonw_array(&cli->w, "items");
	while (row_next(r)) {
		struct account a = { .partner_id = row_text(r, 0),
		    .client_id = row_text(r, 1), .rail = row_text(r, 3),
		    .recipient = row_text(r, 4) };
		snprintf(a.currency, sizeof(a.currency), "%s",
		    row_text(r, 2));
		write_account(&cli->w, &a);
	}
	jsonw_end_array(&cli->w);
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}
