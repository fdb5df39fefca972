/* SPDX-License-Identifier: ISC */
/* deliveries.c - `clive webhook deliveries`, `delivery` and `events`. */
#include "webhook-log.h"

#include "cli.h"
#include "shared.h"

enum { LIMIT = 50 };

/* The options that both lists have. */
static bool
take_filters(struct cli *cli, struct webhook_log *log)
{
	int64_t now = clock_now();

	*log = (struct webhook_log){ .limit = LIMIT, .to = INT64_MAX,
	    .merchants = true };
	log->cursor = cli_get(cli, "cursor");
	log->partner_id = cli_get(cli, "partner");
	log->clive_tx_id = cli_get(cli, "tx");
	log->event_type = cli_get(cli, "event");
	return cli_moment(cli, "from", now, &log->from) &&
	    cli_moment(cli, "to", now, &log->to) &&
	    cli_integer(cli, "limit", 1, WEBHOOK_LOG_LIMIT_MAX, &log->limit);
}

bool
run_webhook_deliveries(struct cli *cli)
{
	struct webhook_log log;

	if (!take_filters(cli, &log))
		return false;
	log.endpoint = cli_get(cli, "endpoint");
	if (!cli_choice(cli, "status", webhook_delivery_statuses,
	    &log.status))
		return false;
	jsonw_object(&cli->w, NULL);
	webhook_log_deliveries(cli->setup.conn, cli->arena, &cli->w, &log);
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}

bool
run_webhook_events(struct cli *cli)
{
	struct webhook_log log;

	if (!take_filters(cli, &log))
		return false;
	jsonw_object(&cli->w, NULL);
	webhook_log_events(cli->setup.conn, cli->arena, &cli->w, &log);
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}

/* One view of the database, in which the attempts fit together. */
bool
run_webhook_delivery(struct cli *cli)
{
	struct conn *c = cli->setup.conn;
	const char *client;

	conn_savepoint(c);
	bool found = webhook_log_partner_of_delivery(c, cli->arena,
	    cli->argument, &client) != NULL;
	if (found) {
		jsonw_object(&cli->w, NULL);
		webhook_log_explain_delivery(c, cli->arena, &cli->w,
		    cli->argument);
		jsonw_end_object(&cli->w);
	}
	conn_release(c);
	return cli_read_well(cli) && (found || cli_fail(cli, "there is no "
	    "delivery %s", cli->argument));
}

static void
print_head(struct cli *cli, const struct json *d)
{
	printf("delivery %s: %s after %s attempt(s)\n",
	    cli_member(cli, d, "id"), cli_member(cli, d, "status"),
	    cli_member(cli, d, "attempts"));
	printf("event %s (%s) of partner %s, payment %s\n",
	    cli_member(cli, d, "event_type"), cli_member(cli, d, "event_id"),
	    cli_member(cli, d, "partner_id"),
	    cli_member(cli, d, "clive_tx_id"));
	printf("to %s (%s), %s\n", cli_member(cli, d, "endpoint_name"),
	    cli_member(cli, d, "endpoint_id"), json_text(d, "url") != NULL ?
	    cli_member(cli, d, "url") : "a listener");
	if (json_text(d, "origin") != NULL)
		printf("repeats %s\n", cli_member(cli, d, "origin"));
	if (json_text(d, "next_attempt_at") != NULL)
		printf("next attempt at %s\n",
		    cli_member(cli, d, "next_attempt_at"));
}

/* A text member with lines of its own, where it has any. */
static void
print_below(struct cli *cli, const struct json *object, const char *key,
    const char *words)
{
	const struct json *v = json_get(object, key);

	if (v == NULL || v->kind != JSON_STRING || v->len == 0)
		return;
	printf("    %s:\n", words);
	cli_render_lines(cli, v);
}

static void
print_attempt(struct cli *cli, const struct json *a)
{
	const struct json *status = json_get(a, "response_status");

	printf("\nattempt %s at %s: ", cli_member(cli, a, "number"),
	    cli_member(cli, a, "started_at"));
	if (status != NULL && status->kind == JSON_NUMBER)
		printf("HTTP %s", cli_value(cli, status));
	else
		printf("no answer (%s)", cli_member(cli, a, "error"));
	printf(" in %s ms\n", cli_member(cli, a, "duration_ms"));
	print_below(cli, a, "request_head", "request");
	print_below(cli, a, "response_head", "answer");
	print_below(cli, a, "response_body", "its body");
}

void
delivery_render(struct cli *cli, const struct json *doc)
{
	const struct json *attempts = json_get(doc, "attempts");

	print_head(cli, json_get(doc, "delivery"));
	print_below(cli, json_get(doc, "event"), "body", "body");
	for (const struct json *a = attempts != NULL ? attempts->child : NULL;
	    a != NULL; a = a->next)
		print_attempt(cli, a);
	if (json_text(doc, "curl") != NULL)
		printf("\nThe last attempt again, from a shell:\n%s\n",
		    cli_member(cli, doc, "curl"));
}
