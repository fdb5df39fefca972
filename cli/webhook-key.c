/* SPDX-License-Identifier: ISC */
/* webhook-key.c - `clive webhook key`: the gateway's own ed25519 keys. */
#include "signing-key.h"

#include "cli.h"
#include "shared.h"
#include "webhook.h"

static void
write_keys(struct cli *cli, struct conn *c)
{
	struct signing_key live[SIGNING_KEYS_MAX];
	size_t n = signing_key_live(c, NULL, clock_now(), live);

	jsonw_object(&cli->w, NULL);
	jsonw_array(&cli->w, "items");
	for (size_t i = 0; i < n; i++)
		signing_key_write(&cli->w, &live[i]);
	jsonw_end_array(&cli->w);
	jsonw_end_object(&cli->w);
}

bool
run_webhook_key_show(struct cli *cli)
{
	write_keys(cli, cli->setup.conn);
	return cli_read_well(cli);
}

static bool
rotate(struct cli *cli, struct conn *c, void *arg)
{
	const int64_t *overlap = arg;
	const char *wrong = signing_key_rotate(c, cli->setup.vault, *overlap,
	    clock_now(), cli->actor);

	if (wrong != NULL)
		return cli_fail(cli, "%s", wrong);
	write_keys(cli, c);
	return true;
}

bool
run_webhook_key_rotate(struct cli *cli)
{
	int64_t overlap = WEBHOOK_OVERLAP;

	return cli_span(cli, "overlap", WEBHOOK_OVERLAP_MAX, &overlap) &&
	    cli_txn(cli, rotate, &overlap);
}
