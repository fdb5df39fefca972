/* SPDX-License-Identifier: ISC */
/* buyer.c - `clive buyer`: who pays from a wallet. */
#include "buyer.h"

#include "cli.h"
#include "field.h"
#include "password.h"
#include "shared.h"
#include "sig.h"

/* A buyer on the way, with the PIN. */
struct adding {
	struct buyer	 b;
	const char	*shown;		/* the PIN, where it was made */
	char		 made[BUYER_PIN_SIZE];
	char		 stored[PASSWORD_STORED_SIZE];
};

static void
write_buyer(struct jsonw *w, const struct buyer *b, const char *pin)
{
	jsonw_object(w, NULL);
	jsonw_text(w, "id", b->id);
	jsonw_text(w, "phone_number", b->phone_number);
	jsonw_text(w, "name", b->name);
	jsonw_text(w, "country_code", b->country_code);
	jsonw_bool(w, "livemode", b->live);
	jsonw_time(w, "created_at", b->created_at);
	jsonw_time(w, "disabled_at", b->disabled_at);
	if (pin != NULL)
		jsonw_text(w, "pin", pin);
	jsonw_end_object(w);
}

/* Reads or makes the PIN and hashes it. False after cli_fail. */
static bool
take_pin(struct cli *cli, struct adding *a)
{
	const char *pin = a->made;

	if (cli_get(cli, "pin") != NULL) {
		if ((pin = cli_secret(cli, "pin", 64)) == NULL)
			return false;
		const char *wrong = buyer_check_pin_form(pin);
		if (wrong != NULL)
			return cli_fail(cli, "--pin: %s", wrong);
	} else {
		buyer_pin_make(a->made);
		a->shown = a->made;
	}
	password_hash(pin, a->stored, sizeof(a->stored));
	a->b.pin = a->stored;
	return true;
}

static bool
add(struct cli *cli, struct conn *c, void *arg)
{
	struct adding *a = arg;

	if (!buyer_add(c, cli->arena, clock_now(), &a->b, cli->actor))
		return cli_fail(cli, "there is a %s buyer %s already",
		    a->b.live ? "live" : "test", a->b.phone_number);
	write_buyer(&cli->w, &a->b, a->shown);
	return true;
}

bool
run_buyer_add(struct cli *cli)
{
	struct adding a = { .shown = NULL };

	bool good = cli_mode(cli, &a.b.live) &&
	    cli_text(cli, "phone", 1, 64, buyer_check_phone,
	    &a.b.phone_number) &&
	    cli_text(cli, "name", 1, 100, field_check_markup, &a.b.name) &&
	    take_pin(cli, &a) && cli_txn(cli, add, &a);
	sig_wipe(a.made, sizeof(a.made));
	sig_wipe(a.stored, sizeof(a.stored));
	return good;
}

bool
run_buyer_list(struct cli *cli)
{
	bool live;

	if (!cli_mode(cli, &live))
		return false;
	struct rows *r = conn_rows(cli->setup.conn, SQL_BUYERS, "i",
	    (int64_t)live);
	jsonw_object(&cli->w, NULL);
	jsonw_array(&cli->w, "items");
	while (row_next(r))
		write_buyer(&cli->w, buyer_of_row(r, cli->arena), NULL);
	jsonw_end_array(&cli->w);
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}

/* The buyer whose number is the argument; NULL after cli_fail. */
static struct buyer *
find(struct cli *cli, struct conn *c)
{
	struct buyer *b;
	bool live;

	if (!cli_mode(cli, &live))
		return NULL;
	b = buyer_find(c, cli->arena, live, cli->argument);
	if (b == NULL)
		cli_fail(cli, "there is no %s buyer %s", live ? "live" :
		    "test", cli->argument);
	return b;
}

bool
run_buyer_show(struct cli *cli)
{
	const struct buyer *b = find(cli, cli->setup.conn);

	if (b == NULL)
		return false;
	write_buyer(&cli->w, b, NULL);
	return cli_read_well(cli);
}

static bool
disable(struct cli *cli, struct conn *c, void *arg)
{
	struct buyer *b = find(cli, c);

	(void)arg;
	if (b == NULL)
		return false;
	if (!buyer_disable(c, clock_now(), b, cli->actor))
		return cli_fail(cli, "the account of %s is closed already",
		    cli->argument);
	write_buyer(&cli->w, b, NULL);
	return true;
}

bool
run_buyer_disable(struct cli *cli)
{
	return cli_txn(cli, disable, NULL);
}
