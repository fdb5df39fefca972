/* SPDX-License-Identifier: ISC */
/* wallet.c - `clive wallet`: what we hold for buyers and merchants. */
#include "wallet.h"

#include <string.h>

#include "cli.h"
#include "field.h"
#include "partner.h"
#include "shared.h"
#include "transfer.h"

enum {
	LIST_MAX = 500,
	LIST = 50,
	SHOWN = 50		/* of the transactions of a wallet */
};

/* The members of a wallet into an open object. */
static void
write_wallet(struct jsonw *w, const struct wallet *wallet)
{
	jsonw_text(w, "id", wallet->id);
	jsonw_text(w, "kind", wallet->kind);
	jsonw_bool(w, "livemode", wallet->live);
	jsonw_money(w, "balance", wallet->balance, wallet->currency);
	jsonw_text(w, "currency", wallet->currency);
	jsonw_text(w, "phone_number", wallet->phone_number);
	jsonw_text(w, "partner_id", wallet->partner_id);
	jsonw_text(w, "client_id", wallet->client_id);
	jsonw_time(w, "created_at", wallet->created_at);
	jsonw_time(w, "updated_at", wallet->updated_at);
}

/* --------------------------------------------------------- which one */

/* How a wallet was named on the command line. */
struct named {
	bool		 live;
	const char	*currency;	/* NULL: not said */
	const char	*wallet, *phone, *partner, *client;
	struct amount	 amount;
	const char	*note;
};

/* Whose it is; false after cli_fail. */
static bool
take_owner(struct cli *cli, struct named *n)
{
	n->phone = cli_get(cli, "phone");
	n->partner = cli_get(cli, "partner");
	n->client = cli_get(cli, "client");
	if ((n->partner != NULL) != (n->client != NULL))
		return cli_fail(cli, "--partner and --client belong together");
	if (n->phone != NULL && n->client != NULL)
		return cli_fail(cli, "either --phone, or --partner and "
		    "--client");
	return cli_mode(cli, &n->live);
}

/* The same, or the wallet itself. */
static bool
take_name(struct cli *cli, struct named *n)
{
	static const char *const currencies[] = { "USD", "LRD", "TZS", NULL };

	n->wallet = cli_get(cli, "wallet");
	if (!take_owner(cli, n) ||
	    !cli_choice(cli, "currency", currencies, &n->currency))
		return false;
	return n->wallet == NULL || (n->phone == NULL && n->client == NULL) ||
	    cli_fail(cli, "either --wallet, or --phone, or --partner and "
	    "--client");
}

/* The buyer of --phone; NULL after cli_fail. */
static const struct buyer *
find_buyer(struct cli *cli, struct conn *c, const struct named *n)
{
	const struct buyer *b = buyer_find(c, cli->arena, n->live, n->phone);

	if (b == NULL)
		cli_fail(cli, "there is no %s buyer %s", n->live ? "live" :
		    "test", n->phone);
	return b;
}

static bool
find_client(struct cli *cli, struct conn *c, const struct named *n)
{
	return client_find(c, cli->arena, n->partner, n->client) != NULL ||
	    cli_fail(cli, "partner %s has no client %s", n->partner,
	    n->client);
}

/* The wallet that is meant, made where it is missing; NULL after cli_fail. */
static const struct wallet *
find_wallet(struct cli *cli, struct conn *c, const struct named *n)
{
	const struct wallet *w = NULL;
	const struct buyer *b;
	int64_t now = clock_now();

	if (n->wallet != NULL) {
		w = wallet_find(c, cli->arena, n->wallet);
		if (w == NULL || strcmp(w->kind, "outside") == 0)
			cli_fail(cli, "there is no wallet %s", n->wallet);
		else if (n->currency == NULL ||
		    strcmp(w->currency, n->currency) == 0)
			return w;
		else
			cli_fail(cli, "wallet %s is in %s", w->id,
			    w->currency);
		return NULL;
	}
	if (n->currency == NULL)
		cli_fail(cli, "--currency is needed");
	else if (n->phone != NULL) {
		if ((b = find_buyer(cli, c, n)) != NULL)
			w = wallet_open_of_buyer(c, cli->arena, now, b,
			    n->currency);
	} else if (n->client == NULL)
		cli_fail(cli, "--wallet, --phone or --partner and --client is "
		    "needed");
	else if (find_client(cli, c, n))
		w = wallet_open_of_merchant(c, cli->arena, now, n->partner,
		    n->client, n->live, n->currency);
	return w;
}

/* ------------------------------------------------------- money by hand */

static bool
finish(struct cli *cli, struct conn *c, const char *id)
{
	const struct wallet *w = wallet_find(c, cli->arena, id);

	if (w == NULL)
		return cli_fail(cli, "the wallet is gone");
	jsonw_object(&cli->w, NULL);
	write_wallet(&cli->w, w);
	jsonw_end_object(&cli->w);
	return true;
}

static bool
fund(struct cli *cli, struct conn *c, void *arg)
{
	struct named *n = arg;
	const struct wallet *w = find_wallet(cli, c, n);

	if (w == NULL || !cli_amount(cli, "amount", w->currency, &n->amount))
		return false;
	if (!wallet_fund(c, cli->arena, clock_now(), w, n->amount.minor,
	    n->note, cli->actor))
		return cli_fail(cli, "nothing was changed");
	return finish(cli, c, w->id);
}

static bool
withdraw(struct cli *cli, struct conn *c, void *arg)
{
	struct named *n = arg;
	const struct wallet *w = find_wallet(cli, c, n);

	if (w == NULL || !cli_amount(cli, "amount", w->currency, &n->amount))
		return false;
	if (!wallet_withdraw(c, cli->arena, clock_now(), w, n->amount.minor,
	    n->note, cli->actor))
		return cli_fail(cli, "wallet %s does not hold that much",
		    w->id);
	return finish(cli, c, w->id);
}

static bool
by_hand(struct cli *cli, cli_change *change)
{
	struct named n = { .note = NULL };

	return take_name(cli, &n) &&
	    cli_text(cli, "note", 1, 500, field_check_markup, &n.note) &&
	    cli_txn(cli, change, &n);
}

bool
run_wallet_fund(struct cli *cli)
{
	return by_hand(cli, fund);
}

bool
run_wallet_withdraw(struct cli *cli)
{
	return by_hand(cli, withdraw);
}

/* ------------------------------------------------------------- looking */

/* Starts the list that was asked for; NULL after cli_fail. */
static struct rows *
start_list(struct cli *cli, const struct named *n, int64_t limit)
{
	struct conn *c = cli->setup.conn;
	const char *cursor = cli_get(cli, "cursor");
	const struct buyer *b;

	if (n->phone != NULL) {
		b = find_buyer(cli, c, n);
		return b == NULL ? NULL : conn_rows(c, SQL_WALLETS_OF_BUYER,
		    "t", b->id);
	}
	if (n->client != NULL)
		return !find_client(cli, c, n) ? NULL : conn_rows(c,
		    SQL_WALLETS_OF_MERCHANT, "tti", n->partner, n->client,
		    (int64_t)n->live);
	return conn_rows(c, SQL_WALLETS, "tii", cursor != NULL ? cursor : "",
	    (int64_t)n->live, limit);
}

bool
run_wallet_list(struct cli *cli)
{
	struct named n = { .note = NULL };
	int64_t limit = LIST;
	struct rows *r;

	if (!take_owner(cli, &n) ||
	    !cli_integer(cli, "limit", 1, LIST_MAX, &limit) ||
	    (r = start_list(cli, &n, limit)) == NULL)
		return false;
	jsonw_object(&cli->w, NULL);
	jsonw_array(&cli->w, "items");
	while (row_next(r)) {
		jsonw_object(&cli->w, NULL);
		write_wallet(&cli->w, wallet_of_row(r, cli->arena));
		jsonw_end_object(&cli->w);
	}
	jsonw_end_array(&cli->w);
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}

static void
write_transaction(struct jsonw *w, const struct transfer *t,
    const char *wallet_id)
{
	bool out = strcmp(t->from_wallet, wallet_id) == 0;

	jsonw_object(w, NULL);
	jsonw_time(w, "created_at", t->created_at);
	jsonw_text(w, "id", t->id);
	jsonw_text(w, "kind", t->kind);
	jsonw_money(w, "amount", out ? -t->amount.minor : t->amount.minor,
	    t->amount.currency);
	jsonw_text(w, "other_wallet", out ? t->to_wallet : t->from_wallet);
	jsonw_text(w, "payment", t->intent_id);
	jsonw_text(w, "refund", t->refund_id);
	jsonw_text(w, "description", t->description);
	jsonw_end_object(w);
}

bool
run_wallet_show(struct cli *cli)
{
	struct conn *c = cli->setup.conn;
	const struct wallet *w = wallet_find(c, cli->arena, cli->argument);

	if (w == NULL)
		return cli_read_well(cli) && cli_fail(cli,
		    "there is no wallet %s", cli->argument);
	jsonw_object(&cli->w, NULL);
	write_wallet(&cli->w, w);
	jsonw_array(&cli->w, "transactions");
	struct rows *r = conn_rows(c, SQL_TRANSFERS_OF_WALLET, "tti", w->id,
	    "~", (int64_t)SHOWN);
	while (row_next(r))
		write_transaction(&cli->w, transfer_of_row(r, cli->arena),
		    w->id);
	jsonw_end_array(&cli->w);
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}
