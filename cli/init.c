/* SPDX-License-Identifier: ISC */
/* init.c - `clive init`: making the data directory. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "field.h"
#include "webhook.h"

enum {
	BASE_URL_MAX = 255,	/* as struct conf holds them */
	STRIPE_SECRET_MAX = 127
};

/* Nothing that may be of value is in the way. */
static bool
check_free(struct cli *cli, const char *var)
{
	if (access(arena_printf(cli->arena, "%s/clive.conf", var),
	    F_OK) == 0)
		return cli_fail(cli, "%s has a clive.conf already; nothing "
		    "was changed", var);
	return true;
}

/*
 * The secret of Stripe's endpoint: given, or in a sandbox made into `made`;
 * "" without one. NULL after cli_fail.
 */
static const char *
stripe_secret(struct cli *cli, bool live, char made[64])
{
	if (cli_get(cli, "stripe-webhook-secret") == NULL) {
		made[0] = '\0';
		if (!live)
			webhook_make_secret(made);
		return made;
	}
	const char *secret = cli_secret(cli, "stripe-webhook-secret",
	    STRIPE_SECRET_MAX);
	if (secret != NULL && strchr(secret, ' ') != NULL) {
		cli_fail(cli, "--stripe-webhook-secret: has blanks");
		return NULL;
	}
	return secret;
}

bool
run_init(struct cli *cli)
{
	bool live = cli_get(cli, "live") != NULL;
	const char *var = getenv("CLIVE_VAR");
	const char *base_url = "http://localhost:4390";
	char made[64] = "", why[1024];

	if (var == NULL || *var == '\0')
		var = "./var";
	if (live && cli_get(cli, "base-url") == NULL)
		return cli_fail(cli, "--base-url is needed with --live");
	if (!cli_text(cli, "base-url", 1, BASE_URL_MAX, field_check_url,
	    &base_url) || !check_free(cli, var))
		return false;
	const char *secret = stripe_secret(cli, live, made);
	if (secret == NULL)
		return false;
	if (!setup_var(var, live, base_url, secret, why, sizeof(why)))
		return cli_fail(cli, "%s", why);

	char *path = realpath(var, NULL);
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "var", path != NULL ? path : var);
	jsonw_text(&cli->w, "mode", live ? "live" : "sandbox");
	jsonw_text(&cli->w, "base_url", base_url);
	/* Only one that nobody has seen yet. */
	jsonw_text(&cli->w, "stripe_webhook_secret", *made != '\0' ? made :
	    NULL);
	jsonw_end_object(&cli->w);
	free(path);
	return true;
}
