/* SPDX-License-Identifier: ISC */
/* webhook.c - `clive webhook`: where partners want to be told. */
#include "webhook.h"

#include <string.h>

#include "cli.h"
#include "field.h"
#include "outbox.h"
#include "proof.h"
#include "replay.h"
#include "shared.h"
#include "sig.h"
#include "webhook-log.h"

enum { EVENTS_MAX = 32 };

/* Adds all payment events; false where there is no room for them. */
static bool
add_all(const char *api, const char *events[EVENTS_MAX + 1], size_t *count)
{
	static const char *const everything[] = { OUTBOX_EVERYTHING, NULL };
	const char *const *all = webhook_known_event(api,
	    OUTBOX_EVERYTHING) ? everything : outbox_event_types;

	for (const char *const *e = all; *e != NULL; e++) {
		if (*count == EVENTS_MAX)
			return false;
		events[(*count)++] = *e;
	}
	return true;
}

/*
 * --events: words separated by commas, of which all stands for the events of
 * payments, and with the Payments API for every one. Whether there are such
 * events is for lib/webhook.c to say.
 */
static bool
take_events(struct cli *cli, const char *api, struct webhook_settings *s)
{
	const char *list = cli_get(cli, "events"), *word;
	const char **events;
	size_t count = 0, n;
	bool room = true;

	if (list == NULL)
		return true;
	events = arena_alloc(cli->arena, (EVENTS_MAX + 1) * sizeof(*events));
	for (; room && *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		word = arena_strndup(cli->arena, list, n);
		if (strcmp(word, "all") == 0)
			room = add_all(api, events, &count);
		else if ((room = count < EVENTS_MAX))
			events[count++] = word;
	}
	if (!room)
		return cli_fail(cli, "--events: too many");
	s->events = events;
	return true;
}

static bool
take_schedule(struct cli *cli, struct webhook_settings *s)
{
	const char *text = cli_get(cli, "schedule"), *wrong;

	if (text == NULL)
		return true;
	wrong = schedule_parse(text, &cli->setup.conf, &s->schedule);
	return wrong == NULL || cli_fail(cli, "--schedule: %s", wrong);
}

/* The options that make and change an endpoint alike. */
static bool
take_settings(struct cli *cli, const char *api, struct webhook_settings *s)
{
	return cli_text(cli, "name", 1, 100, field_check_markup, &s->name) &&
	    cli_text(cli, "url", 8, 2000, field_check_url, &s->url) &&
	    take_events(cli, api, s) && take_schedule(cli, s) &&
	    cli_limit(cli, "rate", WEBHOOK_RATE_MAX, &s->rate_limit) &&
	    cli_limit(cli, "parallel", WEBHOOK_PARALLEL_MAX,
	    &s->max_parallel);
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

static bool
no_such_endpoint(struct cli *cli, const char *id)
{
	const char *trouble = conn_failed(cli->setup.conn);

	return trouble != NULL ? cli_read_well(cli) :
	    cli_fail(cli, "there is no endpoint %s", id);
}

/* Writes an endpoint by its id, with this secret (NULL: masked). */
static bool
write_found(struct cli *cli, struct conn *c, const char *id,
    const char *secret)
{
	const struct webhook_row *row = webhook_find(c, cli->arena, id);

	if (row == NULL)
		return no_such_endpoint(cli, id);
	webhook_write(&cli->w, c, row, secret != NULL ? secret :
	    webhook_masked(c, cli->setup.vault, id, clock_now(),
	    cli->arena));
	return true;
}

static bool
add(struct cli *cli, struct conn *c, void *arg)
{
	struct webhook *hook = arg;
	const char *wrong = webhook_add(c, cli->setup.vault,
	    &cli->setup.conf, hook, clock_now(), cli->actor);

	if (wrong != NULL)
		return cli_fail(cli, "%s", wrong);
	return write_found(cli, c, hook->id, hook->secret);
}

/* --client: a merchant's, of the Payments API, in one of its modes. */
static bool
take_owner(struct cli *cli, struct webhook *hook)
{
	bool test = cli_get(cli, "test") != NULL;

	hook->partner_id = cli_get(cli, "partner");
	hook->client_id = cli_get(cli, "client");
	hook->api = hook->client_id != NULL ? "payments" : "clive";
	hook->livemode = cli_get(cli, "live") != NULL;
	if (hook->livemode && test)
		return cli_fail(cli, "either --live or --test");
	return hook->client_id != NULL || (!hook->livemode && !test) ||
	    cli_fail(cli, "--live and --test go with --client");
}

bool
run_webhook_add(struct cli *cli)
{
	struct webhook hook = { .prove = cli_get(cli, "prove") != NULL };
	struct webhook_settings *s = &hook.settings;
	char made[64];

	if (!take_owner(cli, &hook))
		return false;
	s->ordered = cli_get(cli, "ordered") != NULL;
	s->ed25519 = cli_get(cli, "ed25519") != NULL;
	/* Each API's preset has its name. */
	schedule_parse(hook.api, &cli->setup.conf, &s->schedule);
	if (!take_settings(cli, hook.api, s) ||
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
	while (row_next(r)) {
		const struct webhook_row *row = webhook_of_row(r, cli->arena);
		webhook_write(&cli->w, c, row, webhook_masked(c,
		    cli->setup.vault, row->id, clock_now(), cli->arena));
	}
	jsonw_end_array(&cli->w);
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}

bool
run_webhook_show(struct cli *cli)
{
	return write_found(cli, cli->setup.conn, cli->argument, NULL) &&
	    cli_read_well(cli);
}

static bool
nothing_to_change(struct cli *cli)
{
	const struct cli_option *o = cli->command->options;

	for (; o->name != NULL; o++)
		if (cli_get(cli, o->name) != NULL)
			return false;
	return true;
}

/* Read and written in one transaction, so that nobody's change is lost. */
static bool
change(struct cli *cli, struct conn *c, void *arg)
{
	const struct webhook_row *row = webhook_find(c, cli->arena,
	    cli->argument);
	struct webhook_settings s;
	const char *wrong;

	(void)arg;
	if (row == NULL)
		return no_such_endpoint(cli, cli->argument);
	webhook_settings_of(c, cli->arena, row, &s);
	if (!take_settings(cli, row->api, &s) ||
	    !cli_yes_no(cli, "ordered", &s.ordered) ||
	    !cli_yes_no(cli, "ed25519", &s.ed25519))
		return false;
	if (nothing_to_change(cli))
		return cli_fail(cli, "there is nothing to change; see `clive "
		    "help webhook set`");
	if (row->url == NULL && s.url != NULL)
		return cli_fail(cli, "--url: a listener fetches its "
		    "deliveries and has none");
	wrong = webhook_change(c, cli->setup.vault, &cli->setup.conf, row,
	    &s, clock_now(), cli->actor);
	if (wrong != NULL)
		return cli_fail(cli, "%s", wrong);
	return write_found(cli, c, cli->argument, NULL);
}

bool
run_webhook_set(struct cli *cli)
{
	return cli_txn(cli, change, NULL);
}

struct rotation {
	char	secret[WEBHOOK_SECRET_MAX + 1];
	int64_t	overlap;
};

static bool
rotate(struct cli *cli, struct conn *c, void *arg)
{
	const struct rotation *r = arg;
	const char *wrong = webhook_rotate(c, cli->setup.vault, cli->argument,
	    r->secret, r->overlap, clock_now(), cli->actor);

	if (wrong != NULL)
		return cli_fail(cli, "%s", wrong);
	return write_found(cli, c, cli->argument, r->secret);
}

bool
run_webhook_rotate(struct cli *cli)
{
	struct rotation r = { .overlap = WEBHOOK_OVERLAP };
	char made[64];
	const char *given;

	if (!cli_span(cli, "overlap", WEBHOOK_OVERLAP_MAX, &r.overlap) ||
	    (given = take_secret(cli, made)) == NULL)
		return false;
	snprintf(r.secret, sizeof(r.secret), "%s", given);
	bool good = cli_txn(cli, rotate, &r);
	sig_wipe(&r, sizeof(r));
	sig_wipe(made, sizeof(made));
	return good;
}

/* Asking for what is so already is no mistake, and changes nothing. */
static bool
disable(struct cli *cli, struct conn *c, void *arg)
{
	(void)arg;
	webhook_disable(c, cli->argument, "operator", clock_now(),
	    cli->actor);
	return write_found(cli, c, cli->argument, NULL);
}

bool
run_webhook_disable(struct cli *cli)
{
	return cli_txn(cli, disable, NULL);
}

static bool
enable(struct cli *cli, struct conn *c, void *arg)
{
	const struct webhook_row *row;
	int64_t waiting = 0;
	bool skip = cli_get(cli, "skip") != NULL;

	(void)arg;
	bool done = webhook_enable(c, cli->argument, skip, clock_now(),
	    cli->actor, &waiting);
	row = webhook_find(c, cli->arena, cli->argument);
	if (row == NULL)
		return no_such_endpoint(cli, cli->argument);
	jsonw_object(&cli->w, NULL);
	webhook_write_member(&cli->w, "endpoint", c, row, webhook_masked(c,
	    cli->setup.vault, row->id, clock_now(), cli->arena));
	jsonw_int(&cli->w, "waiting", waiting);
	jsonw_bool(&cli->w, "skipped", done && skip);
	jsonw_end_object(&cli->w);
	return true;
}

bool
run_webhook_enable(struct cli *cli)
{
	return cli_txn(cli, enable, NULL);
}

static bool
delete(struct cli *cli, struct conn *c, void *arg)
{
	(void)arg;
	if (!webhook_delete(c, cli->argument, clock_now(), cli->actor))
		return no_such_endpoint(cli, cli->argument);
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "id", cli->argument);
	jsonw_bool(&cli->w, "deleted", true);
	jsonw_end_object(&cli->w);
	return true;
}

bool
run_webhook_delete(struct cli *cli)
{
	return cli_txn(cli, delete, NULL);
}

static void
write_delivery(struct cli *cli, struct conn *c, const char *id)
{
	jsonw_object(&cli->w, NULL);
	webhook_log_delivery(c, &cli->w, "delivery", id);
	jsonw_end_object(&cli->w);
}

/* The newest challenge of an endpoint. */
static const char *
find_challenge(struct cli *cli, struct conn *c, const char *id)
{
	struct rows *r = conn_rows(c, SQL_DELIVERY_LIST_OF_ENDPOINT,
	    "ttttitti", "~", "", "", PROOF_EVENT, (int64_t)1, id, "",
	    (int64_t)1);
	const char *delivery = row_next(r) ? row_text_copy(r, 0, cli->arena) :
	    "";

	row_done(r);
	return delivery;
}

static bool
prove(struct cli *cli, struct conn *c, void *arg)
{
	const struct webhook_row *row = webhook_find(c, cli->arena,
	    cli->argument);

	(void)arg;
	if (row == NULL)
		return no_such_endpoint(cli, cli->argument);
	if (!webhook_prove(c, row->id, clock_now(), cli->actor))
		return cli_fail(cli, "a listener has no URL to be proved");
	write_delivery(cli, c, find_challenge(cli, c, row->id));
	return true;
}

bool
run_webhook_prove(struct cli *cli)
{
	return cli_txn(cli, prove, NULL);
}

static bool
test(struct cli *cli, struct conn *c, void *arg)
{
	const struct webhook_row *row = webhook_find(c, cli->arena,
	    cli->argument);
	char delivery[ID_SIZE];

	(void)arg;
	if (row == NULL)
		return no_such_endpoint(cli, cli->argument);
	webhook_send_test(c, row, clock_now(), cli->actor, delivery);
	write_delivery(cli, c, delivery);
	return true;
}

bool
run_webhook_test(struct cli *cli)
{
	return cli_txn(cli, test, NULL);
}
