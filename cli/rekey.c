/* SPDX-License-Identifier: ISC */
/*
 * rekey.c - `clive rekey`: another master key.
 *
 * The new key is put in front of the old one, so that it seals from then on,
 * also in programs that run; everything that is sealed is sealed anew; and
 * the old key is dropped, by another command, once nothing needs it.
 */
#include "rekey.h"

#include <string.h>

#include "audit.h"
#include "cli.h"
#include "shared.h"

static const char *
key_path(struct cli *cli)
{
	char path[CONF_PATH_MAX];

	return arena_strdup(cli->arena, conf_path(&cli->setup.conf,
	    "master.key", path));
}

static bool
open_again(struct cli *cli)
{
	char why[1024];
	struct vault *vault = vault_open(key_path(cli), why, sizeof(why));

	if (vault == NULL)
		return cli_fail(cli, "%s", why);
	vault_close(cli->setup.vault);
	cli->setup.vault = vault;
	return true;
}

/* What is audited; the first key's name is the subject. */
struct note {
	const char	*action;
	const char	*detail;
};

static bool
write_note(struct cli *cli, struct conn *c, void *arg)
{
	const struct note *note = arg;
	char id[VAULT_ID_SIZE];

	audit_write(c, clock_now(), cli->actor, note->action,
	    vault_key_id(cli->setup.vault, 0, id), note->detail);
	return true;
}

static bool
add_key(struct cli *cli)
{
	struct note note = { "vault.key_added", "{}" };
	char why[1024];

	if (!vault_add_key(key_path(cli), why, sizeof(why)))
		return cli_fail(cli, "%s", why);
	return open_again(cli) && cli_txn(cli, write_note, &note);
}

/* Page by page; what was done stays done, whatever ends this. */
static bool
reseal_all(struct cli *cli, struct rekey *k, int64_t total)
{
	const struct fault *fault = NULL;
	bool more = true;

	while (more && fault == NULL) {
		cli_progress(k->seen, total, false);
		more = rekey_page(k, cli->setup.db, &fault);
	}
	cli_progress(k->seen, total, true);
	return fault == NULL || cli_fail(cli, "%s; what was done so far "
	    "stays so: run it again", fault->text);
}

static void
write_report(struct cli *cli, const struct rekey_count *count,
    int64_t resealed)
{
	struct vault *vault = cli->setup.vault;
	struct jsonw *w = &cli->w;
	char id[VAULT_ID_SIZE];

	jsonw_object(w, NULL);
	jsonw_text(w, "key", vault_key_id(vault, 0, id));
	jsonw_array(w, "old_keys");
	for (size_t i = 1; i < vault_keys(vault); i++)
		jsonw_text(w, NULL, vault_key_id(vault, i, id));
	jsonw_end_array(w);
	jsonw_int(w, "sealed", count->values);
	jsonw_int(w, "under_old_keys", count->old);
	jsonw_int(w, "under_unknown_keys", count->unknown);
	if (resealed >= 0)
		jsonw_int(w, "resealed", resealed);
	jsonw_bool(w, "old_keys_can_go", vault_keys(vault) > 1 &&
	    count->old == 0);
	jsonw_end_object(w);
}

static bool
show_status(struct cli *cli)
{
	struct rekey_count count;

	if (!rekey_look(cli->setup.conn, cli->setup.vault, &count))
		return cli_read_well(cli);
	write_report(cli, &count, -1);
	return true;
}

/* With nobody writing: what is sealed later is sealed under the first key. */
static bool
check_unused(struct cli *cli, struct conn *c, void *arg)
{
	struct note note = { "vault.keys_dropped", "{}" };
	struct rekey_count *count = arg;

	if (!rekey_look(c, cli->setup.vault, count))
		return false;
	if (count->old > 0)
		return cli_fail(cli, "%lld value(s) need an old key, the "
		    "first is %s; run `clive rekey` again",
		    (long long)count->old, count->first_old);
	return write_note(cli, c, &note);
}

static bool
drop_old(struct cli *cli)
{
	struct rekey_count count;
	char why[1024];

	if (vault_keys(cli->setup.vault) == 1)
		return cli_fail(cli, "there is one key alone");
	if (!cli_txn(cli, check_unused, &count))
		return false;
	if (!vault_drop_keys(key_path(cli), why, sizeof(why)))
		return cli_fail(cli, "%s", why);
	if (!open_again(cli))
		return false;
	write_report(cli, &count, -1);
	return true;
}

bool
run_rekey(struct cli *cli)
{
	bool status = cli_get(cli, "status") != NULL;
	bool drop = cli_get(cli, "drop-old") != NULL;
	struct rekey_count count;
	struct rekey k;

	if (status && drop)
		return cli_fail(cli, "either --status or --drop-old");
	if (status)
		return show_status(cli);
	if (drop)
		return drop_old(cli);
	/* With an old key there, an earlier run is gone on with. */
	if (vault_keys(cli->setup.vault) == 1 && !add_key(cli))
		return false;
	if (!rekey_look(cli->setup.conn, cli->setup.vault, &count))
		return cli_read_well(cli);
	rekey_begin(&k, cli->setup.vault);
	struct note note = { "vault.rekeyed", NULL };
	if (!reseal_all(cli, &k, count.values))
		return false;
	note.detail = arena_printf(cli->arena, "{\"values\":%lld}",
	    (long long)k.resealed);
	if (!cli_txn(cli, write_note, &note) ||
	    !rekey_look(cli->setup.conn, cli->setup.vault, &count))
		return !cli->failed && cli_read_well(cli);
	if (k.unopened > 0)
		return cli_fail(cli, "%lld value(s) cannot be opened with any "
		    "key, the first is %s", (long long)k.unopened,
		    count.first_old);
	write_report(cli, &count, k.resealed);
	return true;
}
