/* SPDX-License-Identifier: ISC */
/*
 * tail.c - `clive tail`: what happens, as it is committed.
 *
 * Three things are followed: the changes of payments (the audit log, by its
 * own numbers), what partners and merchants are told (events), and what came
 * of each delivery of that. A look costs nothing while nobody commits.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "cli.h"
#include "shared.h"
#include "tx.h"

enum {
	LOOK_MS = 100,
	PAGE = 500,
	WATCHED_MAX = 4096	/* deliveries whose end is waited for */
};

/* A delivery that is under way, and the last attempt of it that was shown. */
struct watched {
	char	id[40];
	int64_t	shown;
};

struct tail {
	struct cli	*cli;
	struct arena	*arena;		/* of one look */
	const char	*partner, *type;	/* NULL: any */
	int64_t		 event, delivery, audit;	/* seen up to these */
	struct watched	 watched[WATCHED_MAX];
	size_t		 n;
	int64_t		 changes, events, attempts;
};

static volatile sig_atomic_t stopped;

static void
on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static void
catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction act = { .sa_handler = on_signal,
	    .sa_flags = (int)SA_RESETHAND }, old;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		/* Whoever started us with nohup meant it. */
		if (sigaction(signals[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
}

static bool
is_wanted(const struct tail *t, const char *partner, const char *type)
{
	return (t->partner == NULL || (partner != NULL &&
	    strcmp(t->partner, partner) == 0)) &&
	    (t->type == NULL || strcmp(t->type, type) == 0);
}

static void
begin_line(struct tail *t, const char *kind, int64_t at, const char *type,
    const char *partner, const char *clive_tx_id)
{
	struct jsonw *w = &t->cli->w;

	jsonw_object(w, NULL);
	jsonw_text(w, "kind", kind);
	jsonw_time(w, "at", at);
	jsonw_text(w, "type", type);
	jsonw_text(w, "partner_id", partner);
	jsonw_text(w, "clive_tx_id", clive_tx_id);
}

/* The line as text: its time of day, then what there is to say. */
static void
print_line(struct cli *cli, const struct json *d)
{
	const char *kind = cli_member(cli, d, "kind");

	printf("%.12s  %-8s %s  %s", cli_member(cli, d, "at") + 11, kind,
	    cli_member(cli, d, "clive_tx_id"), cli_member(cli, d, "type"));
	if (strcmp(kind, "change") == 0)
		printf(" by %s: %s %s, now %s", cli_member(cli, d, "actor"),
		    cli_member(cli, d, "amount"),
		    cli_member(cli, d, "currency"),
		    cli_member(cli, d, "status"));
	else if (strcmp(kind, "event") == 0)
		printf(" told to %s (%s)", cli_member(cli, d, "partner_id"),
		    cli_member(cli, d, "event_id"));
	else if (strcmp(kind, "delivery") == 0)
		printf(" on its way to %s", cli_member(cli, d, "endpoint"));
	else if (json_text(d, "error") != NULL)
		printf(" to %s, attempt %s: %s",
		    cli_member(cli, d, "endpoint"),
		    cli_member(cli, d, "number"), cli_member(cli, d, "error"));
	else
		printf(" to %s, attempt %s: HTTP %s in %s ms",
		    cli_member(cli, d, "endpoint"),
		    cli_member(cli, d, "number"),
		    cli_member(cli, d, "response_status"),
		    cli_member(cli, d, "duration_ms"));
	if (strcmp(kind, "attempt") == 0)
		printf(" (%s)", cli_member(cli, d, "status"));
	putchar('\n');
}

/* What nobody reads any more is no reason to go on. */
static void
end_line(struct tail *t)
{
	struct cli *cli = t->cli;
	struct arena *kept = cli->arena;
	const char *why;

	jsonw_end_object(&cli->w);
	if (!cli->json) {
		cli->arena = t->arena;
		const struct json *d = json_parse(t->arena, cli->doc.data,
		    cli->doc.len, &why);
		if (d != NULL)
			print_line(cli, d);
		cli->arena = kept;
		buf_reset(&cli->doc);
		jsonw_init(&cli->w, &cli->doc);
	} else
		cli_print_json(cli);
	if (fflush(stdout) != 0)
		stopped = 1;
}

/* What an audit event tells of a payment, with the payment as it is by now. */
struct change {
	int64_t		 at;
	const char	*actor, *action, *subject;
};

static void
show_change(struct tail *t, const struct change *e)
{
	const struct tx *tx = tx_find(t->cli->setup.conn, t->arena,
	    e->subject);
	struct jsonw *w = &t->cli->w;

	if (tx == NULL || !is_wanted(t, tx->partner_id, e->action))
		return;
	begin_line(t, "change", e->at, e->action, tx->partner_id,
	    tx->clive_tx_id);
	jsonw_text(w, "client_id", tx->client_id);
	jsonw_text(w, "actor", e->actor);
	jsonw_money(w, "amount", tx->amount.minor, tx->amount.currency);
	jsonw_text(w, "currency", tx->amount.currency);
	jsonw_text(w, "status", tx_status_name(tx->status));
	end_line(t);
	t->changes++;
}

/* How many rows there were; a full page says that there are more. */
static int
show_changes(struct tail *t)
{
	struct rows *r = conn_rows(t->cli->setup.conn, SQL_TAIL_AUDIT, "ii",
	    t->audit, (int64_t)PAGE);
	struct change *page = arena_alloc(t->arena, PAGE * sizeof(*page));
	int n = 0;

	while (row_next(r)) {
		t->audit = row_int(r, 0);
		page[n++] = (struct change){ row_int(r, 1),
		    row_text_copy(r, 2, t->arena),
		    row_text_copy(r, 3, t->arena),
		    row_text_copy(r, 4, t->arena) };
	}
	row_done(r);
	for (int i = 0; i < n; i++)
		if (strncmp(page[i].subject, "CLVTX_", 6) == 0)
			show_change(t, &page[i]);
	return n;
}

static int
show_events(struct tail *t)
{
	struct rows *r = conn_rows(t->cli->setup.conn, SQL_TAIL_EVENTS, "ii",
	    t->event, (int64_t)PAGE);
	int n = 0;

	for (; row_next(r); n++) {
		t->event = row_int(r, 0);
		if (!is_wanted(t, row_text(r, 4), row_text(r, 3)))
			continue;
		begin_line(t, "event", row_int(r, 2), row_text(r, 3),
		    row_text(r, 4), row_text(r, 6));
		jsonw_text(&t->cli->w, "client_id", row_text(r, 5));
		jsonw_text(&t->cli->w, "event_id", row_text(r, 1));
		end_line(t);
		t->events++;
	}
	row_done(r);
	return n;
}

static void
watch(struct tail *t, const char *id)
{
	if (t->n == WATCHED_MAX)
		memmove(t->watched, t->watched + 1,
		    --t->n * sizeof(t->watched[0]));
	struct watched *d = &t->watched[t->n++];
	snprintf(d->id, sizeof(d->id), "%s", id);
	d->shown = 0;
}

static int
show_deliveries(struct tail *t)
{
	struct rows *r = conn_rows(t->cli->setup.conn, SQL_TAIL_DELIVERIES,
	    "ii", t->delivery, (int64_t)PAGE);
	struct jsonw *w = &t->cli->w;
	int n = 0;

	for (; row_next(r); n++) {
		t->delivery = row_int(r, 0);
		if (!is_wanted(t, row_text(r, 4), row_text(r, 3)))
			continue;
		begin_line(t, "delivery", row_int(r, 2), row_text(r, 3),
		    row_text(r, 4), row_text(r, 5));
		jsonw_text(w, "event_id", row_text(r, 6));
		jsonw_text(w, "delivery_id", row_text(r, 1));
		jsonw_text(w, "endpoint_id", row_text(r, 7));
		jsonw_text(w, "endpoint", row_text(r, 8));
		end_line(t);
		watch(t, row_text(r, 1));
	}
	row_done(r);
	return n;
}

static void
show_attempt(struct tail *t, struct rows *r, const char *id)
{
	struct jsonw *w = &t->cli->w;

	begin_line(t, "attempt", row_int(r, 1), row_text(r, 6),
	    row_text(r, 7), row_text(r, 8));
	jsonw_text(w, "event_id", row_text(r, 9));
	jsonw_text(w, "delivery_id", id);
	jsonw_text(w, "endpoint_id", row_text(r, 10));
	jsonw_text(w, "endpoint", row_text(r, 11));
	jsonw_int(w, "number", row_int(r, 0));
	jsonw_int(w, "duration_ms", row_int(r, 2));
	if (row_null(r, 3))
		jsonw_null(w, "response_status");
	else
		jsonw_int(w, "response_status", row_int(r, 3));
	jsonw_text(w, "error", row_text(r, 4));
	jsonw_text(w, "status", row_text(r, 5));
	end_line(t);
	t->attempts++;
}

/* Of what was seen to begin; what is over needs no further look. */
static void
show_attempts(struct tail *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct watched *d = &t->watched[i];
		struct rows *r = conn_rows(t->cli->setup.conn,
		    SQL_TAIL_ATTEMPTS, "ti", d->id, d->shown);
		bool over = false;
		while (row_next(r)) {
			d->shown = row_int(r, 0);
			over = strcmp(row_text(r, 5), "due") != 0;
			show_attempt(t, r, d->id);
		}
		row_done(r);
		if (!over)
			t->watched[kept++] = *d;
	}
	t->n = kept;
}

static void
look(struct tail *t)
{
	bool more = true;

	while (more && !stopped && conn_failed(t->cli->setup.conn) == NULL) {
		more = show_changes(t) == PAGE;
		more |= show_events(t) == PAGE;
		more |= show_deliveries(t) == PAGE;
		show_attempts(t);
		arena_reset(t->arena);
	}
}

static void
follow(struct tail *t)
{
	struct conn *c = t->cli->setup.conn;
	struct rows *r = conn_rows(c, SQL_TAIL_EDGES, "");

	if (row_next(r)) {
		t->event = row_int(r, 0);
		t->delivery = row_int(r, 1);
		t->audit = row_int(r, 2);
	}
	row_done(r);
	if (!t->cli->json)
		printf("UTC; Ctrl-C ends it\n");
	fflush(stdout);
	while (!stopped && conn_failed(c) == NULL) {
		if (conn_changed_elsewhere(c))
			look(t);
		poll(NULL, 0, LOOK_MS);
	}
}

bool
run_tail(struct cli *cli)
{
	struct tail *t = arena_alloc(cli->arena, sizeof(*t));
	struct jsonw *w = &cli->w;

	t->cli = cli;
	t->type = cli_get(cli, "type");
	if (!cli_id(cli, "partner", &t->partner))
		return false;
	t->arena = arena_new();
	catch_signals();
	follow(t);
	arena_free(t->arena);
	jsonw_object(w, NULL);
	jsonw_int(w, "changes", t->changes);
	jsonw_int(w, "events", t->events);
	jsonw_int(w, "attempts", t->attempts);
	jsonw_end_object(w);
	return cli_read_well(cli);
}
