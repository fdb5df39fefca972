/* SPDX-License-Identifier: ISC */
/* main.c - the operator's command: from the command line to its answer. */
#include "cli.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sig.h"

enum { DOC_MAX = 64 * 1024 * 1024 };

bool
cli_fail(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	cli->failed = true;
	va_start(ap, fmt);
	vsnprintf(cli->why, sizeof(cli->why), fmt, ap);
	va_end(ap);
	return false;
}

bool
cli_read_well(struct cli *cli)
{
	const char *trouble = conn_failed(cli->setup.conn);

	return trouble == NULL || cli_fail(cli, "the database cannot be "
	    "read: %s", trouble);
}

/* A callback of ours on its way through db_txn. */
struct change {
	struct cli	*cli;
	cli_change	*fn;
	void		*arg;
};

static const struct fault *
run_change(struct conn *c, void *arg)
{
	struct change *change = arg;
	struct cli *cli = change->cli;

	cli->failed = false;
	buf_reset(&cli->doc);
	jsonw_init(&cli->w, &cli->doc);
	/* Which fault it is does not matter: the sentence is in cli->why. */
	return change->fn(cli, c, change->arg) ? NULL : &FAULT_INTERNAL;
}

bool
cli_txn(struct cli *cli, cli_change *fn, void *arg)
{
	struct change change = { cli, fn, arg };
	const struct fault *fault = db_txn(cli->setup.db, run_change, &change);

	if (fault == &FAULT_STORAGE)
		return cli_fail(cli, "%s", fault->text);
	return fault == NULL;
}

/*
 * Files that root makes in somebody else's data directory would lock out the
 * gateway, which runs as its owner.
 */
static bool
become_owner(struct cli *cli, const char *var)
{
	struct stat st;

	if (geteuid() != 0 || stat(var, &st) != 0 || st.st_uid == 0)
		return true;
	const struct passwd *pw = getpwuid(st.st_uid);
	gid_t group = pw != NULL ? pw->pw_gid : st.st_gid;
	if (setgroups(1, &group) != 0 || setgid(group) != 0 ||
	    setuid(st.st_uid) != 0)
		return cli_fail(cli, "%s: cannot become its owner: %s", var,
		    strerror(errno));
	return true;
}

bool
cli_find_var(struct cli *cli, char path[CONF_PATH_MAX])
{
	char why[512];

	if (!conf_find(path, CONF_PATH_MAX, why, sizeof(why)))
		return cli_fail(cli, "%s", why);
	return become_owner(cli, path);
}

static bool
open_data(struct cli *cli)
{
	char var[CONF_PATH_MAX], why[1024];

	if (!cli_find_var(cli, var))
		return false;
	return setup_open(&cli->setup, why, sizeof(why)) ||
	    cli_fail(cli, "%s", why);
}

/* The login name outlives su and sudo, so it says best who it was. */
static void
name_actor(struct cli *cli)
{
	char login[64];

	if (getlogin_r(login, sizeof(login)) != 0) {
		const struct passwd *pw = getpwuid(getuid());
		snprintf(login, sizeof(login), "%s",
		    pw != NULL ? pw->pw_name : "unknown");
	}
	snprintf(cli->actor, sizeof(cli->actor), "cli:%s", login);
}

static bool
run(struct cli *cli)
{
	if (!cli->command->no_data && !open_data(cli))
		return false;
	if (!cli->command->run(cli))
		return false;
	return !cli->doc.failed || cli_fail(cli, "the answer is too large");
}

/*
 * A refusal is a document, too: of its own, or what the subcommand found out
 * before it said no (`clive verify`).
 */
static void
write_failure(struct cli *cli)
{
	if (cli->doc.len == 0 || strncmp(cli->doc.data, "{\"ok\":false", 11)
	    != 0) {
		buf_reset(&cli->doc);
		jsonw_init(&cli->w, &cli->doc);
		jsonw_object(&cli->w, NULL);
		jsonw_bool(&cli->w, "ok", false);
	} else {
		/* Goes on where the document was closed. */
		cli->doc.data[--cli->doc.len] = '\0';
		cli->w.comma = true;
	}
	jsonw_text(&cli->w, "error", cli->why);
	jsonw_end_object(&cli->w);
}

static void
print_text(struct cli *cli)
{
	const char *why;
	const struct json *doc = json_parse(cli->arena, cli->doc.data,
	    cli->doc.len, &why);

	/* `meta` may nest deeper than we can read inside our own document. */
	if (doc == NULL)
		printf("%s\n", cli_clean(cli->arena, cli->doc.data,
		    cli->doc.len));
	else if (cli->command->render != NULL)
		cli->command->render(cli, doc);
	else
		cli_render(cli, doc);
	if (!cli->failed && cli->command->note != NULL)
		printf("\n%s\n", cli->command->note);
}

/*
 * What --json prints may be piped on, so on a terminal alone its characters
 * that steer terminals become escapes; JSON has no others than in texts.
 */
void
cli_print_json(struct cli *cli)
{
	const char *s = cli->doc.data;
	bool terminal = isatty(STDOUT_FILENO) == 1;

	for (size_t i = 0; i < cli->doc.len; i++) {
		unsigned char c = (unsigned char)s[i], next =
		    (unsigned char)s[i + 1];

		if (terminal && c == 0x7f)
			printf("\\u007f");
		else if (terminal && c == 0xc2 && next < 0xa0)
			printf("\\u%04x", (unsigned)(unsigned char)s[++i]);
		else
			putchar(c);
	}
	putchar('\n');
	buf_reset(&cli->doc);
	jsonw_init(&cli->w, &cli->doc);
}

static void
print_answer(struct cli *cli, bool usage)
{
	if (cli->failed) {
		fprintf(stderr, "clive: %s\n", cli_clean(cli->arena, cli->why,
		    strlen(cli->why)));
		if (usage && cli->command != NULL)
			cli_usage(stderr, cli->command);
		else if (usage)
			fprintf(stderr, "usage: clive COMMAND [OPTION ...]\n");
		/* Findings come along with the refusal, in either form. */
		bool found = cli->doc.len > 0 &&
		    strncmp(cli->doc.data, "{\"ok\":false", 11) == 0;
		if (!cli->json && !found)
			return;
		if (cli->json)
			write_failure(cli);
	}
	if (cli->json)
		cli_print_json(cli);
	else
		print_text(cli);
}

int
main(int argc, char **argv)
{
	struct cli cli = { .arena = arena_new() };

	umask(077);
	buf_init(&cli.doc, DOC_MAX);
	jsonw_init(&cli.w, &cli.doc);
	name_actor(&cli);
	int rc = cli_parse(&cli, argc, argv);
	bool usage = rc != 0;
	if (rc == 0 && !run(&cli)) {
		cli.failed = true;
		rc = CLI_EXIT_FAILURE;
	}
	print_answer(&cli, usage);
	setup_close(&cli.setup);
	sig_wipe(cli.secret, sizeof(cli.secret));
	buf_free(&cli.doc);
	arena_free(cli.arena);
	/* A secret that is shown only once must not be lost in silence. */
	if (fflush(stdout) != 0 || ferror(stdout) != 0) {
		fprintf(stderr, "clive: standard output: %s\n",
		    strerror(errno));
		rc = CLI_EXIT_FAILURE;
	}
	return rc;
}
