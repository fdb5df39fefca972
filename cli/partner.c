/* SPDX-License-Identifier: ISC */
/* partner.c - `clive partner`: the companies integrated with us. */
#include "cli.h"

#include "brand-options.h"
#include "field.h"
#include "partner.h"
#include "shared.h"

enum { FEE_PPM = 35000 };	/* of a new partner: 3.5 % */

/* The options that make and change a partner alike. */
static bool
take_options(struct cli *cli, struct partner *p)
{
	return cli_text(cli, "name", 2, 200, field_check_markup,
	    &p->legal_name) &&
	    cli_choice(cli, "status", partner_statuses, &p->status) &&
	    cli_choice(cli, "kyc", partner_kyc_statuses, &p->kyc_status) &&
	    cli_percent(cli, "fee", false, &p->fee_ppm);
}

static bool
no_such_partner(struct cli *cli, const char *id)
{
	return cli_fail(cli, "there is no partner %s", id);
}

static bool
add(struct cli *cli, struct conn *c, void *arg)
{
	struct partner *p = arg;
	int64_t now = clock_now();

	if (!partner_add(c, p, now, cli->actor))
		return cli_fail(cli, "there is a partner %s already",
		    p->partner_id);
	p->created_at = p->updated_at = now;
	partner_write(&cli->w, NULL, p);
	return true;
}

bool
run_partner_add(struct cli *cli)
{
	struct partner p = { .status = "active", .kyc_status = "approved",
	    .fee_ppm = FEE_PPM };

	return cli_id(cli, "id", &p.partner_id) && take_options(cli, &p) &&
	    cli_txn(cli, add, &p);
}

bool
run_partner_list(struct cli *cli)
{
	struct rows *r = conn_rows(cli->setup.conn, SQL_PARTNERS, "");

	jsonw_object(&cli->w, NULL);
	jsonw_array(&cli->w, "items");
	while (row_next(r))
		partner_write(&cli->w, NULL,
		    partner_of_row(r, cli->arena));
	jsonw_end_array(&cli->w);
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}

bool
run_partner_show(struct cli *cli)
{
	const struct partner *p = partner_find(cli->setup.conn, cli->arena,
	    cli->argument);

	if (!cli_read_well(cli))
		return false;
	if (p == NULL)
		return no_such_partner(cli, cli->argument);
	partner_write(&cli->w, NULL, p);
	return true;
}

/* Read and written in one transaction, so that nobody's change is lost. */
static bool
change(struct cli *cli, struct conn *c, void *arg)
{
	bool changed = cli_get(cli, "name") != NULL ||
	    cli_get(cli, "status") != NULL || cli_get(cli, "kyc") != NULL ||
	    cli_get(cli, "fee") != NULL;
	struct partner *p = partner_find(c, cli->arena, cli->argument);

	(void)arg;
	if (p == NULL)
		return no_such_partner(cli, cli->argument);
	if (!take_options(cli, p) || !brand_options(cli, &p->brand, &changed))
		return false;
	if (!changed)
		return cli_fail(cli, "there is nothing to change; see `clive "
		    "help partner set`");
	p->updated_at = clock_now();
	if (!partner_update(c, p, p->updated_at, cli->actor))
		return no_such_partner(cli, cli->argument);
	partner_write(&cli->w, NULL, p);
	return true;
}

bool
run_partner_set(struct cli *cli)
{
	return cli_txn(cli, change, NULL);
}
