/* SPDX-License-Identifier: ISC */
/* webhook.c - `clive webhook`: where partners want to be told. */
#include "webhook.h"

#include <string.h>

#include "cli.h"
#include "field.h"
#include "outbox.h"
#include "shared.h"
#include "sig.h"

enum { EVENTS_MAX = 16 };

/*
 * --events: all, or words separated by commas. Whether there are such events
 * is for webhook_add to say.
 */
static bool
take_events(struct cli *cli, const char *events[EVENTS_MAX + 1])
{
	const char *list = cli_get(cli, "events");
	size_t count = 0, n;

	if (strcmp(list, "all") == 0) {
		for (; outbox_event_types[count] != NULL; count++)
			events[count] = outbox_event_types[count];
		return true;
	}
	for (; *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		if (count == EVENTS_MAX)
			return cli_fail(cli, "--events: too many");
		events[count++] = arena_strndup(cli->arena, list, n);
	}
	return true;
}

/* The secret that is given, or a made one in `made`; NULL after cli_fail. */
static const char *
take_secret(struct cli *cli, char made[64])
{
	if (cli_get(cli, "secret") != NULL)
		return cli_secret(cli, "secret", WEBHOOK_SECRET_MAX);
	webhook_make_secret(made);
	return made;
}

static void
write_events(struct cli *cli, struct conn *c, const char *id)
{
	struct rows *r = conn_rows(c, SQL_ENDPOINT_EVENTS, "t", id);

	jsonw_array(&cli->w, "events");
	while (row_next(r))
		jsonw_text(&cli->w, NULL, row_text(r, 0));
	jsonw_end_array(&cli->w);
}

/* Writes the current row of SQL_ENDPOINT_FIND or SQL_ENDPOINTS. */
static void
write_endpoint(struct cli *cli, struct conn *c, struct rows *r,
    const char *secret)
{
	struct jsonw *w = &cli->w;

	jsonw_object(w, NULL);
	jsonw_text(w, "id", row_text(r, 0));
	jsonw_text(w, "partner_id", row_text(r, 1));
	jsonw_text(w, "name", row_text(r, 2));
	jsonw_text(w, "url", row_text(r, 3));
	jsonw_text(w, "secret", secret);
	write_events(cli, c, row_text(r, 0));
	jsonw_text(w, "status", row_text(r, 5));
	jsonw_int(w, "max_attempts", row_int(r, 6));
	jsonw_time(w, "created_at", row_int(r, 7));
	jsonw_time(w, "updated_at", row_int(r, 8));
	jsonw_end_object(w);
}

/* The last four characters, to tell secrets apart; NULL: does not open. */
static const char *
masked_secret(struct cli *cli, struct rows *r)
{
	char *secret = webhook_secret(cli->setup.vault, row_text(r, 0),
	    row_bytes(r, 4), cli->arena);

	if (secret == NULL)
		return NULL;
	size_t n = strlen(secret);
	const char *masked = arena_printf(cli->arena, "****%s",
	    secret + (n > 4 ? n - 4 : n));
	sig_wipe(secret, n);
	return masked;
}

/* Writes an endpoint by its id, with this secret (NULL: masked). */
static bool
write_found(struct cli *cli, struct conn *c, const char *id,
    const char *secret)
{
	struct rows *r = conn_rows(c, SQL_ENDPOINT_FIND, "t", id);
	bool found = row_next(r);

	if (found)
		write_endpoint(cli, c, r, secret != NULL ? secret :
		    masked_secret(cli, r));
	row_done(r);
	return found || cli_fail(cli, "there is no endpoint %s", id);
}

static bool
add(struct cli *cli, struct conn *c, void *arg)
{
	struct webhook *hook = arg;
	const char *wrong = webhook_add(c, cli->setup.vault,
	    cli->setup.conf.live, hook, clock_now(), cli->actor);

	if (wrong != NULL)
		return cli_fail(cli, "%s", wrong);
	return write_found(cli, c, hook->id, hook->secret);
}

bool
run_webhook_add(struct cli *cli)
{
	const char *events[EVENTS_MAX + 1] = { NULL };
	struct webhook hook = { .partner_id = cli_get(cli, "partner"),
	    .events = events, .max_attempts = WEBHOOK_ATTEMPTS };
	char made[64];

	if (!cli_text(cli, "name", 1, 100, field_check_markup, &hook.name) ||
	    !cli_text(cli, "url", 8, 2000, field_check_url, &hook.url) ||
	    !cli_integer(cli, "attempts", 1, 50, &hook.max_attempts) ||
	    !take_events(cli, events) ||
	    (hook.secret = take_secret(cli, made)) == NULL)
		return false;
	bool good = cli_txn(cli, add, &hook);
	sig_wipe(made, sizeof(made));
	return good;
}

bool
run_webhook_list(struct cli *cli)
{
	struct conn *c = cli->setup.conn;
	const char *partner = cli_get(cli, "partner");

	struct rows *r = conn_rows(c, SQL_ENDPOINTS, "t",
	    partner != NULL ? partner : "");
	jsonw_object(&cli->w, NULL);
	jsonw_array(&cli->w, "items");
	while (row_next(r))
		write_endpoint(cli, c, r, masked_secret(cli, r));
	jsonw_end_array(&cli->w);
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}

static bool
rotate(struct cli *cli, struct conn *c, void *arg)
{
	const char *secret = arg;
	const char *wrong = webhook_rotate(c, cli->setup.vault, cli->argument,
	    secret, clock_now(), cli->actor);

	if (wrong != NULL)
		return cli_fail(cli, "%s", wrong);
	return write_found(cli, c, cli->argument, secret);
}

bool
run_webhook_rotate(struct cli *cli)
{
	char secret[WEBHOOK_SECRET_MAX + 1], made[64];
	const char *given = take_secret(cli, made);

	if (given == NULL)
		return false;
	snprintf(secret, sizeof(secret), "%s", given);
	bool good = cli_txn(cli, rotate, secret);
	sig_wipe(secret, sizeof(secret));
	sig_wipe(made, sizeof(made));
	return good;
}

/* Asking for what is so already is no mistake, and changes nothing. */
static bool
set_active(struct cli *cli, struct conn *c, void *arg)
{
	const bool *active = arg;

	webhook_set_active(c, cli->argument, *active, clock_now(),
	    cli->actor);
	return write_found(cli, c, cli->argument, NULL);
}

bool
run_webhook_disable(struct cli *cli)
{
	bool active = false;

	return cli_txn(cli, set_active, &active);
}

bool
run_webhook_enable(struct cli *cli)
{
	bool active = true;

	return cli_txn(cli, set_active, &active);
}
