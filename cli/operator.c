/* SPDX-License-Identifier: ISC */
/* operator.c - `clive operator`: the people who use the admin page. */
#include "operator.h"

#include <string.h>

#include "cli.h"
#include "password.h"
#include "shared.h"
#include "sig.h"
#include "user.h"

/* An account on its way. */
struct account {
	const char	*email;
	const char	*role;
	const char	*shown;		/* the password, where it was made */
	char		 made[PASSWORD_MADE_SIZE];
	char		 stored[PASSWORD_STORED_SIZE];
	bool		 once;		/* it has to be changed */
};

/* Whoever may use this command can make another owner at any time. */
static struct user_change
by_cli(struct cli *cli, struct conn *c)
{
	return (struct user_change){ .c = c, .arena = cli->arena,
	    .actor = cli->actor, .now = clock_now(), .last_owner_too = true };
}

static struct user *
find(struct cli *cli, struct conn *c)
{
	const char *email = cli_get(cli, "email");
	struct user *u = strchr(email, '@') != NULL ?
	    user_find(c, cli->arena, email) : NULL;

	if (u == NULL)
		cli_fail(cli, "there is no operator %s", email);
	return u;
}

static void
make_password(struct account *a)
{
	password_make(a->made);
	a->shown = a->made;
	password_hash(a->made, a->stored, sizeof(a->stored));
}

/* Reads or makes the password and hashes it. False after cli_fail. */
static bool
take_password(struct cli *cli, struct account *a)
{
	if (cli_get(cli, "password-stdin") == NULL) {
		make_password(a);
		return true;
	}
	const char *password = cli_password(cli);
	if (password == NULL)
		return false;
	password_hash(password, a->stored, sizeof(a->stored));
	return true;
}

static void
wipe(struct account *a)
{
	sig_wipe(a->made, sizeof(a->made));
	sig_wipe(a->stored, sizeof(a->stored));
}

static void
write_account(struct jsonw *w, const struct account *a)
{
	jsonw_object(w, NULL);
	jsonw_text(w, "email", a->email);
	if (a->role != NULL)
		jsonw_text(w, "role", a->role);
	jsonw_text(w, "password", a->shown);
	jsonw_end_object(w);
}

static bool
add(struct cli *cli, struct conn *c, void *arg)
{
	const struct account *a = arg;

	if (!operator_add(c, a->email, a->stored, a->role, clock_now(),
	    cli->actor))
		return cli_fail(cli, "there is an operator %s already",
		    a->email);
	write_account(&cli->w, a);
	return true;
}

bool
run_operator_add(struct cli *cli)
{
	struct account a = { .email = NULL };

	bool good = cli_text(cli, "email", 3, 254, user_check_email,
	    &a.email) && cli_choice(cli, "role", user_roles, &a.role) &&
	    take_password(cli, &a) && cli_txn(cli, add, &a);
	wipe(&a);
	return good;
}

bool
run_operator_list(struct cli *cli)
{
	struct rows *r = conn_rows(cli->setup.conn, SQL_OPERATORS, "");
	struct jsonw *w = &cli->w;

	jsonw_object(w, NULL);
	jsonw_array(w, "items");
	while (row_next(r))
		user_write(w, NULL, user_of_row(r, cli->arena));
	row_done(r);
	jsonw_end_array(w);
	jsonw_end_object(w);
	return cli_read_well(cli);
}

/* Whoever knew the old password is signed out everywhere. */
static bool
set_password(struct cli *cli, struct conn *c, void *arg)
{
	struct account *a = arg;
	const struct user_change by = by_cli(cli, c);
	struct user *u = find(cli, c);

	if (u == NULL)
		return false;
	a->email = u->email;
	user_set_password(&by, u, a->stored, a->once);
	write_account(&cli->w, a);
	return true;
}

bool
run_operator_password(struct cli *cli)
{
	struct account a = { .email = NULL };

	bool good = take_password(cli, &a) && cli_txn(cli, set_password, &a);
	wipe(&a);
	return good;
}

bool
run_operator_reset_password(struct cli *cli)
{
	struct account a = { .once = true };

	make_password(&a);
	bool good = cli_txn(cli, set_password, &a);
	wipe(&a);
	return good;
}

static bool
set_role(struct cli *cli, struct conn *c, void *arg)
{
	const struct user_change by = by_cli(cli, c);
	struct user *u = find(cli, c);

	if (u == NULL)
		return false;
	user_set_role(&by, u, arg);
	user_write(&cli->w, NULL, u);
	return true;
}

bool
run_operator_role(struct cli *cli)
{
	const char *role = NULL;
	char word[16];

	if (!cli_choice(cli, "role", user_roles, &role))
		return false;
	snprintf(word, sizeof(word), "%s", role);
	return cli_txn(cli, set_role, word);
}

static bool
disable(struct cli *cli, struct conn *c, void *arg)
{
	const struct user_change by = by_cli(cli, c);
	struct user *u = find(cli, c);

	(void)arg;
	if (u == NULL)
		return false;
	if (u->disabled_at > 0)
		return cli_fail(cli, "the account of %s is closed already",
		    u->email);
	user_disable(&by, u);
	user_write(&cli->w, NULL, u);
	return true;
}

bool
run_operator_disable(struct cli *cli)
{
	return cli_txn(cli, disable, NULL);
}

static bool
enable(struct cli *cli, struct conn *c, void *arg)
{
	const struct user_change by = by_cli(cli, c);
	struct user *u = find(cli, c);

	(void)arg;
	if (u == NULL)
		return false;
	if (u->disabled_at == 0)
		return cli_fail(cli, "the account of %s is open", u->email);
	user_enable(&by, u);
	user_write(&cli->w, NULL, u);
	return true;
}

bool
run_operator_enable(struct cli *cli)
{
	return cli_txn(cli, enable, NULL);
}

static bool
reset_factor(struct cli *cli, struct conn *c, void *arg)
{
	const struct user_change by = by_cli(cli, c);
	struct user *u = find(cli, c);

	(void)arg;
	if (u == NULL)
		return false;
	if (u->factor_since == 0)
		return cli_fail(cli, "%s has no second factor", u->email);
	user_reset_factor(&by, u);
	user_write(&cli->w, NULL, u);
	return true;
}

bool
run_operator_reset_factor(struct cli *cli)
{
	return cli_txn(cli, reset_factor, NULL);
}

static bool
require_factor(struct cli *cli, struct conn *c, void *arg)
{
	const struct user_change by = by_cli(cli, c);
	struct user *u = find(cli, c);

	if (u == NULL)
		return false;
	user_require_factor(&by, u, *(const bool *)arg);
	user_write(&cli->w, NULL, u);
	return true;
}

bool
run_operator_require_factor(struct cli *cli)
{
	bool required = true;

	return cli_yes_no(cli, "required", &required) &&
	    cli_txn(cli, require_factor, &required);
}
