/* SPDX-License-Identifier: ISC */
/* status.c - `clive status` and `clive sandbox`. */
#include "cli.h"

#include <inttypes.h>
#include <string.h>

#include "audit.h"
#include "shared.h"
#include "sig.h"

static void
write_counts(struct jsonw *w, struct conn *c)
{
	struct rows *r = conn_rows(c, SQL_COUNTS, "");

	if (row_next(r)) {
		jsonw_int(w, "payments", row_int(r, 0));
		jsonw_int(w, "deliveries_due", row_int(r, 1));
		jsonw_int(w, "events_quarantined", row_int(r, 2));
	}
	row_done(r);
}

static void
write_heartbeats(struct jsonw *w, struct conn *c)
{
	struct rows *r = conn_rows(c, SQL_CRON_RUNS, "");

	jsonw_array(w, "cron");
	while (row_next(r)) {
		jsonw_object(w, NULL);
		jsonw_text(w, "name", row_text(r, 0));
		jsonw_text(w, "owner", row_text(r, 1));
		jsonw_time(w, "started_at", row_int(r, 2));
		jsonw_time(w, "seen_at", row_int(r, 3));
		jsonw_time(w, "finished_at", row_int(r, 4));
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

static void
write_head(struct jsonw *w, struct conn *c)
{
	char hex[SHA256_HEX_SIZE];
	struct rows *r = conn_rows(c, SQL_AUDIT_HEAD, "");

	jsonw_object(w, "audit");
	if (row_next(r)) {
		struct slice hash = row_bytes(r, 1);
		jsonw_int(w, "head_seq", row_int(r, 0));
		if (hash.n == SHA256_SIZE) {
			hex_encode(hash.p, hash.n, hex);
			jsonw_text(w, "head_hash", hex);
		}
	}
	row_done(r);
	jsonw_end_object(w);
}

bool
run_status(struct cli *cli)
{
	const struct conf *conf = &cli->setup.conf;
	struct conn *c = cli->setup.conn;
	struct jsonw *w = &cli->w;

	jsonw_object(w, NULL);
	jsonw_text(w, "version", CLIVE_VERSION);
	jsonw_text(w, "var", conf->var);
	jsonw_text(w, "mode", conf->live ? "live" : "sandbox");
	jsonw_text(w, "base_url", conf->base_url);
	jsonw_time(w, "now", clock_now());
	write_counts(w, c);
	write_heartbeats(w, c);
	write_head(w, c);
	jsonw_end_object(w);
	return cli_read_well(cli);
}

static bool
record_advance(struct cli *cli, struct conn *c, void *arg)
{
	const int64_t *ms = arg;

	audit_write(c, clock_now(), cli->actor, "sandbox.clock_advanced",
	    "clock", arena_printf(cli->arena, "{\"ms\":%" PRId64 "}", *ms));
	return true;
}

bool
run_sandbox_advance(struct cli *cli)
{
	int64_t ms = cli_parse_span(cli->argument, strlen(cli->argument));

	if (cli->setup.conf.live)
		return cli_fail(cli, "this gateway is live: its clock is the "
		    "real one");
	if (ms <= 0)
		return cli_fail(cli, "%s: a time is a number and s, m, h or "
		    "d, such as 25h", cli->argument);
	if (!cli_txn(cli, record_advance, &ms))
		return false;
	if (!clock_advance(ms))
		return cli_fail(cli, "the sandbox clock cannot be moved");
	jsonw_object(&cli->w, NULL);
	jsonw_int(&cli->w, "advanced_ms", ms);
	jsonw_time(&cli->w, "now", clock_now());
	jsonw_end_object(&cli->w);
	return true;
}
