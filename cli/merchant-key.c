/* SPDX-License-Identifier: ISC */
/* merchant-key.c - `clive merchant-key`: keys of the Payments API. */
#include "cli.h"

#include "field.h"
#include "merchant.h"
#include "shared.h"
#include "sig.h"

struct adding {
	const char	*partner_id;
	const char	*client_id;
	bool		 live;
	const char	*name;
	const char	*scopes;	/* NULL: all */
};

static bool
add(struct cli *cli, struct conn *c, void *arg)
{
	const struct adding *a = arg;
	char id[ID_SIZE], text[MERCHANT_KEY_SIZE];
	const char *why = merchant_key_add(c, a->partner_id, a->client_id,
	    a->live, a->name, a->scopes, clock_now(), cli->actor, id, text);

	if (why != NULL)
		return cli_fail(cli, "%s", why);
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "id", id);
	jsonw_text(&cli->w, "api_key", text);
	jsonw_text(&cli->w, "partner_id", a->partner_id);
	jsonw_text(&cli->w, "client_id", a->client_id);
	jsonw_text(&cli->w, "name", a->name);
	jsonw_bool(&cli->w, "livemode", a->live);
	jsonw_end_object(&cli->w);
	sig_wipe(text, sizeof(text));
	return true;
}

bool
run_merchant_key_add(struct cli *cli)
{
	struct adding a = {
		.partner_id = cli_get(cli, "partner"),
		.client_id = cli_get(cli, "client"),
		.live = cli_get(cli, "live") != NULL,
		.scopes = cli_get(cli, "scopes")
	};

	if (a.live && cli_get(cli, "test") != NULL)
		return cli_fail(cli, "either --live or --test");
	return cli_text(cli, "name", 1, 100, field_check_markup, &a.name) &&
	    cli_txn(cli, add, &a);
}

bool
run_merchant_key_list(struct cli *cli)
{
	const char *partner = cli_get(cli, "partner");
	struct jsonw *w = &cli->w;

	struct rows *r = conn_rows(cli->setup.conn,
	    SQL_MERCHANT_KEYS_OF_PARTNER, "t",
	    partner != NULL ? partner : "");
	jsonw_object(w, NULL);
	jsonw_array(w, "items");
	while (row_next(r))
		merchant_key_write(w, NULL, r);
	jsonw_end_array(w);
	jsonw_end_object(w);
	return cli_read_well(cli);
}

static bool
revoke(struct cli *cli, struct conn *c, void *arg)
{
	int64_t now = clock_now();

	(void)arg;
	if (!merchant_key_revoke(c, cli->argument, now, cli->actor))
		return cli_fail(cli, "there is no merchant key %s, or it is "
		    "revoked already", cli->argument);
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "id", cli->argument);
	jsonw_time(&cli->w, "revoked_at", now);
	jsonw_end_object(&cli->w);
	return true;
}

bool
run_merchant_key_revoke(struct cli *cli)
{
	return cli_txn(cli, revoke, NULL);
}
