/* SPDX-License-Identifier: ISC */
/* key.c - `clive key`: the keys of partners' back ends. */
#include "cli.h"

#include "apikey.h"
#include "field.h"
#include "shared.h"
#include "sig.h"

struct adding {
	const char	*partner_id;	/* NULL: platform-wide */
	const char	*name;
};

static bool
add(struct cli *cli, struct conn *c, void *arg)
{
	const struct adding *a = arg;
	struct apikey key;

	if (!apikey_add(c, cli->setup.vault, cli->setup.conf.live,
	    a->partner_id, a->name, clock_now(), cli->actor, &key))
		return cli_fail(cli, "there is no partner %s",
		    a->partner_id != NULL ? a->partner_id : "");
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "id", key.id);
	jsonw_text(&cli->w, "api_key", key.key);
	jsonw_text(&cli->w, "hmac_secret", key.hmac_secret);
	jsonw_text(&cli->w, "partner_id", a->partner_id);
	jsonw_text(&cli->w, "name", a->name);
	jsonw_end_object(&cli->w);
	sig_wipe(&key, sizeof(key));
	return true;
}

bool
run_key_add(struct cli *cli)
{
	struct adding a = { .partner_id = cli_get(cli, "partner") };

	if ((a.partner_id != NULL) == (cli_get(cli, "platform") != NULL))
		return cli_fail(cli, "either --partner or --platform is "
		    "needed");
	return cli_text(cli, "name", 1, 100, field_check_markup, &a.name) &&
	    cli_txn(cli, add, &a);
}

bool
run_key_list(struct cli *cli)
{
	const char *partner = cli_get(cli, "partner");
	struct jsonw *w = &cli->w;

	struct rows *r = conn_rows(cli->setup.conn, SQL_API_KEYS, "t",
	    partner != NULL ? partner : "");
	jsonw_object(w, NULL);
	jsonw_array(w, "items");
	while (row_next(r))
		apikey_write(w, r);
	jsonw_end_array(w);
	jsonw_end_object(w);
	return cli_read_well(cli);
}

static bool
revoke(struct cli *cli, struct conn *c, void *arg)
{
	int64_t now = clock_now();

	(void)arg;
	if (!apikey_revoke(c, cli->argument, now, cli->actor))
		return cli_fail(cli, "there is no key %s, or it is revoked "
		    "already", cli->argument);
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "id", cli->argument);
	jsonw_time(&cli->w, "revoked_at", now);
	jsonw_end_object(&cli->w);
	return true;
}

bool
run_key_revoke(struct cli *cli)
{
	return cli_txn(cli, revoke, NULL);
}
