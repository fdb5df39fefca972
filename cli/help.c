/* SPDX-License-Identifier: ISC */
/* help.c - `clive help` and `clive version`: the table, told. */
#include "cli.h"

#include <string.h>

/* Is c meant by these words: itself, or of the group they name? */
static bool
is_meant(const struct cli_command *c, const char *words)
{
	if (words == NULL)
		return true;
	size_t n = strlen(words);
	return strncmp(c->name, words, n) == 0 &&
	    (c->name[n] == '\0' || c->name[n] == ' ');
}

static void
write_command(struct jsonw *w, const struct cli_command *c)
{
	jsonw_object(w, NULL);
	jsonw_text(w, "name", c->name);
	jsonw_text(w, "argument", c->argument);
	jsonw_text(w, "help", c->help);
	jsonw_array(w, "options");
	for (int i = 0; c->options != NULL && c->options[i].name != NULL;
	    i++) {
		const struct cli_option *o = &c->options[i];
		jsonw_object(w, NULL);
		jsonw_text(w, "name", o->name);
		jsonw_text(w, "value", o->value);
		jsonw_bool(w, "required", o->required);
		jsonw_text(w, "help", o->help);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
	jsonw_end_object(w);
}

bool
run_help(struct cli *cli)
{
	int n = 0;

	jsonw_object(&cli->w, NULL);
	jsonw_array(&cli->w, "commands");
	for (const struct cli_command *c = cli_commands; c->name != NULL; c++)
		if (is_meant(c, cli->argument)) {
			write_command(&cli->w, c);
			n++;
		}
	jsonw_end_array(&cli->w);
	jsonw_end_object(&cli->w);
	return n > 0 || cli_fail(cli, "there is no command %s; see `clive "
	    "help`", cli->argument);
}

static void
print_overview(const char *words)
{
	printf("usage: clive COMMAND [OPTION ...] [--json]\n\n");
	for (const struct cli_command *c = cli_commands; c->name != NULL; c++)
		if (is_meant(c, words)) {
			int n = printf("  %s%s%s", c->name,
			    c->argument != NULL ? " " : "",
			    c->argument != NULL ? c->argument : "");
			printf("%*s  %s\n", 25 - n, "", c->help);
		}
	printf("\nThe data is in $CLIVE_VAR. `clive help COMMAND` lists a "
	    "command's options;\n--json prints one JSON document.\n");
}

static void
print_command(const struct cli_command *c)
{
	cli_usage(stdout, c);
	printf("\n%s\n", c->help);
	if (c->options != NULL)
		putchar('\n');
	for (int i = 0; c->options != NULL && c->options[i].name != NULL;
	    i++) {
		const struct cli_option *o = &c->options[i];
		int n = printf("  --%s %s", o->name,
		    o->value != NULL ? o->value : "");
		printf("%*s  %s%s\n", 33 - n, "", o->help, o->secret ?
		    "; - reads standard input" : "");
	}
}

void
help_render(struct cli *cli, const struct json *doc)
{
	(void)doc;	/* it says the same as the table */
	for (const struct cli_command *c = cli_commands; c->name != NULL; c++)
		if (cli->argument != NULL &&
		    strcmp(c->name, cli->argument) == 0) {
			print_command(c);
			return;
		}
	print_overview(cli->argument);
}

bool
run_version(struct cli *cli)
{
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "version", CLIVE_VERSION);
	jsonw_end_object(&cli->w);
	return true;
}

void
version_render(struct cli *cli, const struct json *doc)
{
	printf("clive %s\n", cli_member(cli, doc, "version"));
}
