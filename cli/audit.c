/* SPDX-License-Identifier: ISC */
/* audit.c - `clive audit`: what was done, by whom. */
#include "audit-log.h"

#include <stdint.h>

#include "cli.h"
#include "shared.h"

bool
run_audit_list(struct cli *cli)
{
	struct audit_filter f = { .to = INT64_MAX, .before = INT64_MAX,
	    .limit = 50, .subject = cli_get(cli, "subject"),
	    .actor = cli_get(cli, "actor"),
	    .action = cli_get(cli, "action") };
	struct jsonw *w = &cli->w;
	int64_t now = clock_now();
	char cursor[24];

	if (!cli_moment(cli, "from", now, &f.from) ||
	    !cli_moment(cli, "to", now, &f.to) ||
	    !cli_integer(cli, "cursor", 1, INT64_MAX - 1, &f.before) ||
	    !cli_integer(cli, "limit", 1, AUDIT_LOG_LIMIT_MAX, &f.limit))
		return false;
	jsonw_object(w, NULL);
	jsonw_array(w, "items");
	int64_t next = audit_log_page(cli->setup.conn, &f, w);
	jsonw_end_array(w);
	snprintf(cursor, sizeof(cursor), "%lld", (long long)next);
	jsonw_text(w, "nextCursor", next > 0 ? cursor : NULL);
	jsonw_end_object(w);
	return cli_read_well(cli);
}
