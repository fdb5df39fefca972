/* SPDX-License-Identifier: ISC */
/* options.c - reading the command line by the table of subcommands. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WIDTH = 80,
	WORDS_MAX = 3		/* of the name of a subcommand */
};

static int
wrong(struct cli *cli, const char *what, const char *word)
{
	if (cli->command != NULL)
		cli_fail(cli, "%s: %s%s", cli->command->name, what, word);
	else
		cli_fail(cli, "%s%s", what, word);
	return CLI_EXIT_USAGE;
}

/* The options that every subcommand has; false for any other word. */
static bool
take_common(struct cli *cli, const char *word, bool *help)
{
	if (strcmp(word, "--json") == 0)
		cli->json = true;
	else if (strcmp(word, "-v") == 0 || strcmp(word, "--verbose") == 0)
		cli->verbose = true;
	else if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
		*help = true;
	else
		return false;
	return true;
}

static const struct cli_command *
find_command(const char *name)
{
	const struct cli_command *c = cli_commands;

	while (c->name != NULL && strcmp(c->name, name) != 0)
		c++;
	return c->name != NULL ? c : NULL;
}

/* Is there a subcommand that begins with these words? */
static bool
is_group(const char *words)
{
	size_t n = strlen(words);

	for (const struct cli_command *c = cli_commands; c->name != NULL; c++)
		if (strncmp(c->name, words, n) == 0 && c->name[n] == ' ')
			return true;
	return false;
}

/* The first n words of argv, which has so many, with blanks between. */
static const char *
first_words(struct cli *cli, char **argv, int n)
{
	const char *words = argv[0];

	for (int i = 1; i < n; i++)
		words = arena_printf(cli->arena, "%s %s", words, argv[i]);
	return words;
}

/* Where an option of this name (n bytes) stands in the table, or -1. */
static int
find_option(const struct cli_command *c, const char *name, size_t n)
{
	for (int i = 0; c->options != NULL && c->options[i].name != NULL; i++)
		if (strncmp(c->options[i].name, name, n) == 0 &&
		    c->options[i].name[n] == '\0')
			return i;
	return -1;
}

const char *
cli_get(const struct cli *cli, const char *name)
{
	int i = find_option(cli->command, name, strlen(name));

	if (i == -1)
		abort();	/* the table lacks it: our bug */
	return cli->values[i];
}

/*
 * The command line of a process can be read by every user of the host, so a
 * secret stays there no longer than it takes to copy it.
 */
static const char *
take_value(struct cli *cli, const struct cli_option *o, char *value)
{
	if (!o->secret || strcmp(value, "-") == 0)
		return value;
	char *copy = arena_strdup(cli->arena, value);
	memset(value, 'x', strlen(value));
	return copy;
}

/* Takes argv[*at], an option of the subcommand, and its value. */
static int
take_option(struct cli *cli, char **argv, int *at)
{
	char *word = argv[*at] + 2;
	size_t n = strcspn(word, "=");
	int i = argv[*at][1] == '-' ? find_option(cli->command, word, n) : -1;

	if (i == -1)
		return wrong(cli, "unknown option ", argv[*at]);
	const struct cli_option *o = &cli->command->options[i];
	if (cli->values[i] != NULL)
		return wrong(cli, "given twice: --", o->name);
	if (o->value == NULL) {
		if (word[n] == '=')
			return wrong(cli, "takes no value: --", o->name);
		cli->values[i] = "";
		return 0;
	}
	char *value = word[n] == '=' ? word + n + 1 : argv[*at + 1];
	if (value == NULL || (word[n] != '=' && value[0] == '-' &&
	    value[1] == '-'))
		return wrong(cli, "needs a value: --", o->name);
	if (word[n] != '=')
		(*at)++;
	cli->values[i] = take_value(cli, o, value);
	return 0;
}

static int
take_argument(struct cli *cli, const char *word)
{
	const struct cli_command *c = cli->command;

	if (c->argument == NULL)
		return wrong(cli, "unexpected argument ", word);
	/* An optional one may be several words: `clive help key add`. */
	if (cli->argument != NULL && c->argument[0] != '[')
		return wrong(cli, "unexpected argument ", word);
	cli->argument = cli->argument == NULL ? word :
	    arena_printf(cli->arena, "%s %s", cli->argument, word);
	return 0;
}

/* What the subcommand cannot do without. */
static int
check_complete(struct cli *cli)
{
	const struct cli_command *c = cli->command;

	if (c->argument != NULL && c->argument[0] != '[' &&
	    cli->argument == NULL)
		return wrong(cli, "missing: ", c->argument);
	for (int i = 0; c->options != NULL && c->options[i].name != NULL; i++)
		if (c->options[i].required && cli->values[i] == NULL)
			return wrong(cli, "missing: --", c->options[i].name);
	return 0;
}

/* What follows the words of the subcommand. */
static int
parse_rest(struct cli *cli, char **argv, bool *help)
{
	bool options = true;
	int rc = 0;

	for (int i = 0; rc == 0 && argv[i] != NULL; i++) {
		char *word = argv[i];

		if (options && strcmp(word, "--") == 0)
			options = false;
		else if (options && take_common(cli, word, help))
			continue;
		else if (options && word[0] == '-' && word[1] != '\0')
			rc = take_option(cli, argv, &i);
		else
			rc = take_argument(cli, word);
	}
	return rc;
}

/* Takes the words of the subcommand; how many they were, 0: none. */
static int
take_command(struct cli *cli, char **argv)
{
	for (int n = 1; n <= WORDS_MAX && argv[n - 1] != NULL; n++) {
		cli->command = find_command(first_words(cli, argv, n));
		if (cli->command != NULL)
			return n;
	}
	return 0;
}

/*
 * Where argv begins with words that subcommands begin with, but names none:
 * the most of them, how many in *n. NULL: it does not.
 */
static const char *
find_group(struct cli *cli, char **argv, int *n)
{
	const char *group = NULL;

	for (*n = 0; *n < WORDS_MAX && argv[*n] != NULL; (*n)++) {
		const char *words = first_words(cli, argv, *n + 1);
		if (!is_group(words))
			break;
		group = words;
	}
	return group;
}

/* --help after a subcommand is `clive help` with its words. */
static int
turn_to_help(struct cli *cli)
{
	cli->argument = cli->command != NULL ? cli->command->name : NULL;
	cli->command = find_command("help");
	memset(cli->values, 0, sizeof(cli->values));
	cli->failed = false;
	return 0;
}

int
cli_parse(struct cli *cli, int argc, char **argv)
{
	bool help = false;
	int at = 1, words, n = 0;

	/* So that a refusal of what comes later is JSON, too. */
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		cli->json |= strcmp(argv[i], "--json") == 0;
	while (at < argc && take_common(cli, argv[at], &help))
		at++;
	if (at < argc && strcmp(argv[at], "--version") == 0)
		cli->command = find_command("version"), words = 1;
	else
		words = take_command(cli, argv + at);
	if (words == 0 && help)
		return turn_to_help(cli);
	if (words == 0 && at == argc)
		return wrong(cli, "a command is needed; see `clive help`", "");
	const char *group = words == 0 ? find_group(cli, argv + at, &n) : NULL;
	if (group != NULL && at + n < argc &&
	    take_common(cli, argv[at + n], &help) && help) {
		turn_to_help(cli);
		cli->argument = group;
		return 0;
	}
	if (group != NULL)
		return wrong(cli, at + n < argc ? "unknown command; see "
		    "`clive help " : "more is needed; see `clive help ",
		    arena_printf(cli->arena, "%s`", group));
	if (words == 0)
		return wrong(cli, "unknown command; see `clive help`", "");
	int rc = parse_rest(cli, argv + at + words, &help);
	if (help)
		return turn_to_help(cli);
	return rc != 0 ? rc : check_complete(cli);
}

/* Prints a word of the usage, on the next line where this one is full. */
static void
usage_word(FILE *f, int *column, const char *word)
{
	int n = (int)strlen(word);

	if (*column + 1 + n > WIDTH) {
		fprintf(f, "\n           ");
		*column = 11;
	}
	fprintf(f, " %s", word);
	*column += 1 + n;
}

void
cli_usage(FILE *f, const struct cli_command *c)
{
	char word[128];
	int column = fprintf(f, "usage: clive %s", c->name);

	for (int i = 0; c->options != NULL && c->options[i].name != NULL;
	    i++) {
		const struct cli_option *o = &c->options[i];
		snprintf(word, sizeof(word), "%s--%s%s%s%s",
		    o->required ? "" : "[", o->name,
		    o->value != NULL ? " " : "",
		    o->value != NULL ? o->value : "",
		    o->required ? "" : "]");
		usage_word(f, &column, word);
	}
	usage_word(f, &column, "[--json]");
	if (c->argument != NULL)
		usage_word(f, &column, c->argument);
	fputc('\n', f);
}
