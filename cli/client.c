/* SPDX-License-Identifier: ISC */
/* client.c - `clive client`: the merchants under a partner. */
#include "cli.h"

#include "brand-options.h"
#include "field.h"
#include "partner.h"
#include "shared.h"

enum { FLAT_USD_MAX = 10 };

static void
write_client(struct jsonw *w, const struct client *c)
{
	jsonw_object(w, NULL);
	client_write(w, c);
	brand_write(w, &c->brand);
	jsonw_end_object(w);
}

/* The partner that --partner names; NULL after cli_fail. */
static const struct partner *
find_partner(struct cli *cli, struct conn *c)
{
	const char *id = cli_get(cli, "partner");
	const struct partner *p = partner_find(c, cli->arena, id);

	if (p == NULL)
		cli_fail(cli, "there is no partner %s", id);
	return p;
}

static bool
take_options(struct cli *cli, struct client *c)
{
	return cli_text(cli, "name", 2, 200, field_check_markup,
	    &c->legal_name) &&
	    cli_choice(cli, "status", client_statuses, &c->status) &&
	    cli_percent(cli, "fee", true, &c->fee_ppm) &&
	    cli_dollars(cli, "flat-usd", FLAT_USD_MAX, &c->fee_flat_cents);
}

static bool
fee_too_low(struct cli *cli)
{
	return cli_fail(cli, "--fee: is below the partner's own fee");
}

static bool
add(struct cli *cli, struct conn *conn, void *arg)
{
	struct client *c = arg;
	const struct partner *p = find_partner(cli, conn);

	if (p == NULL)
		return false;
	const struct fault *fault = client_add(conn, p, c, cli->arena,
	    clock_now(), cli->actor);
	if (fault == &FAULT_CLIENT_FEE_TOO_LOW)
		return fee_too_low(cli);
	if (fault != NULL)
		return cli_fail(cli, "partner %s has a client %s already",
		    p->partner_id, c->client_id);
	write_client(&cli->w, c);
	return true;
}

bool
run_client_add(struct cli *cli)
{
	struct client c = { .status = "active", .fee_ppm = -1,
	    .fee_flat_cents = -1 };

	return cli_id(cli, "id", &c.client_id) && take_options(cli, &c) &&
	    cli_txn(cli, add, &c);
}

bool
run_client_list(struct cli *cli)
{
	struct conn *c = cli->setup.conn;
	const struct partner *p = find_partner(cli, c);

	if (p == NULL)
		return cli_read_well(cli) && false;
	struct rows *r = conn_rows(c, SQL_CLIENTS, "tti", p->partner_id,
	    "~", INT64_MAX);
	jsonw_object(&cli->w, NULL);
	jsonw_array(&cli->w, "items");
	while (row_next(r))
		write_client(&cli->w, client_of_row(r, cli->arena));
	jsonw_end_array(&cli->w);
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}

static bool
change(struct cli *cli, struct conn *conn, void *arg)
{
	bool changed = cli_get(cli, "name") != NULL ||
	    cli_get(cli, "status") != NULL || cli_get(cli, "fee") != NULL ||
	    cli_get(cli, "flat-usd") != NULL;
	const char *id = cli_get(cli, "id");
	const struct partner *p = find_partner(cli, conn);

	(void)arg;
	if (p == NULL)
		return false;
	struct client *c = client_find(conn, cli->arena, p->partner_id, id);
	if (c == NULL)
		return cli_fail(cli, "partner %s has no client %s",
		    p->partner_id, id);
	if (!take_options(cli, c) || !brand_options(cli, &c->brand, &changed))
		return false;
	if (!changed)
		return cli_fail(cli, "there is nothing to change; see `clive "
		    "help client set`");
	if (cli_get(cli, "fee") != NULL && c->fee_ppm >= 0 &&
	    c->fee_ppm < p->fee_ppm)
		return fee_too_low(cli);
	c->updated_at = clock_now();
	if (!client_update(conn, c, c->updated_at, cli->actor))
		return cli_fail(cli, "nothing was changed");
	write_client(&cli->w, c);
	return true;
}

bool
run_client_set(struct cli *cli)
{
	return cli_txn(cli, change, NULL);
}
