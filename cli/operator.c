/* SPDX-License-Identifier: ISC */
/* operator.c - `clive operator`: the people who use the admin page. */
#include "operator.h"

#include <string.h>

#include "audit.h"
#include "cli.h"
#include "field.h"
#include "password.h"
#include "shared.h"
#include "sig.h"

static const char *const roles[] = {
	"owner", "finance", "support", "read_only", NULL
};

/* An account and its password on their way. */
struct account {
	const char	*email;
	const char	*role;
	const char	*shown;		/* the password, where it was made */
	char		 made[PASSWORD_MADE_SIZE];
	char		 stored[PASSWORD_STORED_SIZE];
};

/* An e-mail address, or somebody on a host that has no domain. */
static const char *
check_email(const char *email)
{
	static const char host[] = "@localhost";
	size_t n = strlen(email), tail = sizeof(host) - 1;
	char with_domain[300];

	if (n > tail && strcmp(email + n - tail, host) == 0) {
		snprintf(with_domain, sizeof(with_domain), "%s.domain", email);
		email = with_domain;
	}
	return field_check_email(email);
}

/* Reads or makes the password and hashes it. False after cli_fail. */
static bool
take_password(struct cli *cli, struct account *a)
{
	const char *password = a->made;

	if (cli_get(cli, "password-stdin") != NULL) {
		if ((password = cli_password(cli)) == NULL)
			return false;
	} else {
		password_make(a->made);
		a->shown = a->made;
	}
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

	bool good = cli_text(cli, "email", 3, 254, check_email, &a.email) &&
	    cli_choice(cli, "role", roles, &a.role) &&
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
	while (row_next(r)) {
		jsonw_object(w, NULL);
		jsonw_text(w, "id", row_text(r, 0));
		jsonw_text(w, "email", row_text(r, 1));
		jsonw_text(w, "role", row_text(r, 2));
		jsonw_time(w, "created_at", row_int(r, 3));
		jsonw_time(w, "disabled_at", row_int(r, 4));
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
	jsonw_end_object(w);
	return cli_read_well(cli);
}

/* Whoever knew the old password is signed out everywhere. */
static bool
set_password(struct cli *cli, struct conn *c, void *arg)
{
	const struct account *a = arg;
	int64_t now = clock_now();

	if (conn_run(c, SQL_OPERATOR_SET_PASSWORD, "tt", a->stored,
	    a->email) != 1)
		return cli_fail(cli, "there is no operator %s", a->email);
	conn_run(c, SQL_SESSIONS_END_OF_OPERATOR, "it", now, a->email);
	audit_write(c, now, cli->actor, "operator.password_set", a->email,
	    "{}");
	write_account(&cli->w, a);
	return true;
}

bool
run_operator_password(struct cli *cli)
{
	char lower[OPERATOR_EMAIL_SIZE];
	struct account a = { .email = lower };

	operator_email(cli_get(cli, "email"), lower);
	bool good = take_password(cli, &a) && cli_txn(cli, set_password, &a);
	wipe(&a);
	return good;
}

static bool
disable(struct cli *cli, struct conn *c, void *arg)
{
	char email[OPERATOR_EMAIL_SIZE];
	int64_t now = clock_now();

	(void)arg;
	operator_email(cli_get(cli, "email"), email);
	if (conn_run(c, SQL_OPERATOR_DISABLE, "it", now, email) != 1)
		return cli_fail(cli, "there is no operator %s, or the account "
		    "is closed already", email);
	conn_run(c, SQL_SESSIONS_END_OF_OPERATOR, "it", now, email);
	audit_write(c, now, cli->actor, "operator.disabled", email, "{}");
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "email", email);
	jsonw_time(&cli->w, "disabled_at", now);
	jsonw_end_object(&cli->w);
	return true;
}

bool
run_operator_disable(struct cli *cli)
{
	return cli_txn(cli, disable, NULL);
}
