/* SPDX-License-Identifier: ISC */
/* replay.c - `clive webhook resend` and `replay`: sending again. */
#include "replay.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "shared.h"
#include "webhook-log.h"

/* A replay on its way, page by page. */
struct progress {
	struct replay		 what;
	struct replay_at	 at, next;
	int64_t			 count;		/* to be made, as counted */
	int64_t			 made, page;
};

static bool
take_range(struct cli *cli, struct replay *what)
{
	int64_t now = clock_now(), failed = -1, from = -1;

	what->to = now;
	if (!cli_moment(cli, "from", now, &from) ||
	    !cli_moment(cli, "to", now, &what->to) ||
	    !cli_moment(cli, "failed-since", now, &failed))
		return false;
	if ((cli_get(cli, "from") != NULL) ==
	    (cli_get(cli, "failed-since") != NULL))
		return cli_fail(cli, "either --from or --failed-since is "
		    "needed");
	what->failed = cli_get(cli, "failed-since") != NULL;
	if (what->failed && cli_get(cli, "to") != NULL)
		return cli_fail(cli, "--to goes with --from alone");
	what->from = what->failed ? failed : from;
	return what->from < what->to || cli_fail(cli, "the range ends before "
	    "it begins");
}

static bool
find_endpoint(struct cli *cli, struct replay *what)
{
	const struct webhook_row *w = webhook_find(cli->setup.conn,
	    cli->arena, cli->argument);

	what->endpoint = w;
	if (w == NULL)
		return cli_read_well(cli) && cli_fail(cli, "there is no "
		    "endpoint %s", cli->argument);
	if (w->url == NULL && w->seen_at <= clock_now() - WEBHOOK_LISTENER_MS)
		return cli_fail(cli, "this listener has gone");
	return true;
}

/* For a person who waits; what is piped elsewhere gets none of it. */
static void
show_progress(const struct progress *p)
{
	if (p->count > REPLAY_PAGE)
		cli_progress(p->made, p->count, p->at.done);
}

static bool
send_page(struct cli *cli, struct conn *c, void *arg)
{
	struct progress *p = arg;

	p->page = replay_page(c, &p->what, &p->at, &p->next, clock_now(),
	    cli->actor);
	return true;
}

static bool
send_all(struct cli *cli, struct progress *p)
{
	if (isatty(STDERR_FILENO) == 1)
		fprintf(stderr, "%" PRId64 " to be sent\n", p->count);
	while (!p->at.done) {
		show_progress(p);
		if (!cli_txn(cli, send_page, p)) {
			const char *why = arena_strdup(cli->arena, cli->why);
			return cli_fail(cli, "%s; %" PRId64 " are on their "
			    "way, and the same command goes on", why,
			    p->made);
		}
		p->made += p->page;
		p->at = p->next;
	}
	show_progress(p);
	return true;
}

bool
run_webhook_replay(struct cli *cli)
{
	struct progress p = { .made = 0 };
	bool dry = cli_get(cli, "dry-run") != NULL;
	struct jsonw *w = &cli->w;

	if (!take_range(cli, &p.what) || !find_endpoint(cli, &p.what))
		return false;
	p.count = replay_count(cli->setup.conn, &p.what);
	if (!cli_read_well(cli) || (!dry && !send_all(cli, &p)))
		return false;
	jsonw_object(w, NULL);
	jsonw_text(w, "endpoint", p.what.endpoint->id);
	jsonw_text(w, "endpoint_status", p.what.endpoint->status);
	jsonw_time(w, "from", p.what.from);
	jsonw_time(w, "to", p.what.to);
	jsonw_bool(w, "failed", p.what.failed);
	jsonw_int(w, "count", dry ? p.count : p.made);
	jsonw_bool(w, "dry_run", dry);
	jsonw_end_object(w);
	return true;
}

/* The event of a delivery; NULL after cli_fail. */
static const char *
event_of(struct cli *cli, struct conn *c, const char *delivery)
{
	struct rows *r = conn_rows(c, SQL_DELIVERY_FIND, "t", delivery);
	const char *event = row_next(r) ? row_text_copy(r, 1, cli->arena) :
	    NULL;

	row_done(r);
	if (event == NULL)
		cli_fail(cli, "there is no delivery %s", delivery);
	return event;
}

/* What is named is an event or a delivery; the ids tell them apart. */
static const char *
send_named(struct cli *cli, struct conn *c, struct replay_sent *sent)
{
	const char *id = cli->argument, *to = cli_get(cli, "to");
	int64_t now = clock_now();

	if (strncmp(id, "evt_", 4) == 0)
		return replay_event(c, cli->arena, id, to, now, cli->actor,
		    sent);
	if (to == NULL)
		return replay_delivery(c, cli->arena, id, now, cli->actor,
		    sent);
	if ((id = event_of(cli, c, id)) == NULL)
		return cli->why;
	return replay_event(c, cli->arena, id, to, now, cli->actor, sent);
}

static bool
resend(struct cli *cli, struct conn *c, void *arg)
{
	struct replay_sent sent;
	const char *wrong = send_named(cli, c, &sent);

	(void)arg;
	if (cli->failed)
		return false;
	if (wrong != NULL)
		return cli_fail(cli, "%s", wrong);
	jsonw_object(&cli->w, NULL);
	jsonw_int(&cli->w, "added", (int64_t)sent.added);
	jsonw_array(&cli->w, "items");
	for (size_t i = 0; i < sent.n; i++)
		webhook_log_delivery(c, &cli->w, NULL, sent.ids[i]);
	jsonw_end_array(&cli->w);
	jsonw_end_object(&cli->w);
	return true;
}

bool
run_webhook_resend(struct cli *cli)
{
	return cli_txn(cli, resend, NULL);
}
