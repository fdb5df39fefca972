/* SPDX-License-Identifier: ISC */
/*
 * completion.c - `clive completion`: what a shell needs to know to complete
 * command lines, told from the table of subcommands.
 *
 * Each script goes along the words of the line as far as they name a command
 * or a group of them, and then offers what may follow there.
 */
#include <string.h>

#include "cli.h"

enum { PLACES_MAX = 256 };

/* A place that a line can be at: the words so far, "" at its beginning. */
struct place {
	const char			*words;
	const struct cli_command	*command;	/* NULL: a group */
};

struct places {
	struct place	at[PLACES_MAX];
	int		n;
};

static void
add_place(struct places *p, const char *words,
    const struct cli_command *command)
{
	for (int i = 0; i < p->n; i++)
		if (strcmp(p->at[i].words, words) == 0)
			return;
	if (p->n < PLACES_MAX)
		p->at[p->n++] = (struct place){ words, command };
}

static void
find_places(struct cli *cli, struct places *p)
{
	add_place(p, "", NULL);
	for (const struct cli_command *c = cli_commands; c->name != NULL;
	    c++) {
		for (const char *s = strchr(c->name, ' '); s != NULL;
		    s = strchr(s + 1, ' '))
			add_place(p, arena_strndup(cli->arena, c->name,
			    (size_t)(s - c->name)), NULL);
		add_place(p, c->name, c);
	}
}

/* The last word of a place that is one word behind another; NULL: it is not. */
static const char *
word_behind(const struct place *at, const char *words)
{
	size_t n = strlen(words);
	const char *rest = at->words;

	if (n > 0 && (strncmp(rest, words, n) != 0 || rest[n] != ' '))
		return NULL;
	rest += n + (n > 0);
	return *rest != '\0' && strchr(rest, ' ') == NULL ? rest : NULL;
}

/* What is said of a place; of a group, what is in it. */
static const char *
help_of(struct cli *cli, const struct places *p, const struct place *at)
{
	const char *help = "", *word;

	if (at->command != NULL)
		return at->command->help;
	for (int i = 0; i < p->n; i++)
		if ((word = word_behind(&p->at[i], at->words)) != NULL)
			help = arena_printf(cli->arena, "%s%s%s", help,
			    *help != '\0' ? ", " : "", word);
	return help;
}

/* In single quotes; fish and zsh take a backslash before what is theirs. */
static void
quote(struct buf *b, const char *text, bool colons)
{
	for (; *text != '\0'; text++)
		if (*text == '\'')
			buf_puts(b, "'\\''");
		else if (*text == ':' && colons)
			buf_puts(b, "\\:");
		else
			buf_putc(b, *text);
}

static const struct cli_option common[] = {
	{ .name = "json", .help = "print one JSON document" },
	{ .name = "verbose", .help = "tell more" },
	{ .name = "help", .help = "explain the command" },
	{ .name = NULL }
};

static void
each_option(const struct cli_command *c, struct buf *b,
    void (*put)(struct buf *, const struct cli_option *))
{
	for (const struct cli_option *o = c->options; o != NULL &&
	    o->name != NULL; o++)
		put(b, o);
	for (const struct cli_option *o = common; o->name != NULL; o++)
		put(b, o);
}

/* ------------------------------------------------------------ bash, zsh */

static void
put_bash_option(struct buf *b, const struct cli_option *o)
{
	buf_printf(b, "--%s ", o->name);
}

static void
put_zsh_option(struct buf *b, const struct cli_option *o)
{
	buf_printf(b, "\t\t    '--%s:", o->name);
	quote(b, o->help, true);
	buf_puts(b, "'\n");
}

/* The pattern of all words that lead on from one place to another. */
static void
put_steps(struct buf *b, const struct places *p)
{
	for (int i = 1; i < p->n; i++)
		buf_printf(b, "%s'%s'", i > 1 ? "|\\\n\t\t" : "",
		    p->at[i].words);
}

/* The options of a command that are followed by a value. */
static void
put_valued(struct buf *b, const struct cli_command *c)
{
	bool any = false;

	for (const struct cli_option *o = c != NULL ? c->options : NULL;
	    o != NULL && o->name != NULL; o++)
		if (o->value != NULL) {
			buf_printf(b, "%s--%s", any ? "|" : "", o->name);
			any = true;
		}
	if (!any)
		buf_puts(b, "''");
}

static void
write_bash(struct cli *cli, struct buf *b, const struct places *p)
{
	const char *word;

	(void)cli;	/* bash shows no explanations */
	buf_puts(b, "# bash completion of clive\n_clive()\n{\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} at= i next lost= words=\n"
	    "\tlocal prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	    "\t\t[[ -n $at || ${COMP_WORDS[i]} != -* ]] || continue\n"
	    "\t\tnext=${at:+$at }${COMP_WORDS[i]}\n"
	    "\t\t[ \"$next\" != help ] || continue\n"
	    "\t\tcase $next in\n\t\t");
	put_steps(b, p);
	buf_puts(b, ")\n\t\t\tat=$next ;;\n\t\t*)\tlost=1; break ;;\n"
	    "\t\tesac\n\tdone\n\tCOMPREPLY=()\n\tcase $at in\n");
	for (int i = 0; i < p->n; i++) {
		const struct cli_command *c = p->at[i].command;

		buf_printf(b, "\t'%s')\n", p->at[i].words);
		if (c != NULL) {
			buf_puts(b, "\t\tcase $prev in ");
			put_valued(b, c);
			buf_puts(b, ") return ;; esac\n"
			    "\t\t[[ $cur == -* ]] || return\n");
		}
		else
			buf_puts(b, "\t\t[ -z \"$lost\" ] || return\n");
		buf_puts(b, "\t\twords='");
		if (c != NULL)
			each_option(c, b, put_bash_option);
		for (int k = 0; c == NULL && k < p->n; k++)
			if ((word = word_behind(&p->at[k], p->at[i].words))
			    != NULL)
				buf_printf(b, "%s ", word);
		buf_puts(b, "' ;;\n");
	}
	buf_puts(b, "\tesac\n"
	    "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
	    "complete -o default -F _clive clive\n");
}

static void
write_zsh(struct cli *cli, struct buf *b, const struct places *p)
{
	const char *word;

	buf_puts(b, "#compdef clive\n_clive()\n{\n"
	    "\tlocal at= i next\n\tlocal -a list\n"
	    "\tfor ((i = 2; i < CURRENT; i++)); do\n"
	    "\t\tnext=${at:+$at }${words[i]}\n"
	    "\t\t[[ $next != help ]] || continue\n"
	    "\t\tcase $next in\n\t\t");
	put_steps(b, p);
	buf_puts(b, ")\n\t\t\tat=$next ;;\n\t\t*)\tbreak ;;\n\t\tesac\n"
	    "\tdone\n\tcase $at in\n");
	for (int i = 0; i < p->n; i++) {
		const struct cli_command *c = p->at[i].command;

		buf_printf(b, "\t'%s')\n", p->at[i].words);
		if (c != NULL)
			buf_puts(b, "\t\t[[ ${words[CURRENT]} == -* ]] || "
			    "{ _files; return; }\n");
		buf_puts(b, "\t\tlist=(\n");
		if (c != NULL)
			each_option(c, b, put_zsh_option);
		for (int k = 0; c == NULL && k < p->n; k++) {
			if ((word = word_behind(&p->at[k], p->at[i].words))
			    == NULL)
				continue;
			buf_printf(b, "\t\t    '%s:", word);
			quote(b, help_of(cli, p, &p->at[k]), true);
			buf_puts(b, "'\n");
		}
		buf_puts(b, "\t\t) ;;\n");
	}
	buf_puts(b, "\tesac\n\t_describe clive list\n}\n"
	    "if [[ $funcstack[1] == _clive ]]; then\n\t_clive \"$@\"\nelse\n"
	    "\tcompdef _clive clive\nfi\n");
}

/* ----------------------------------------------------------------- fish */

static void
put_fish_option(struct buf *b, const char *words, const struct cli_option *o)
{
	buf_printf(b, "complete -c clive -n '__clive_at \"%s\"' -l %s%s -d '",
	    words, o->name, o->value != NULL ? " -r" : "");
	quote(b, o->help, false);
	buf_puts(b, "'\n");
}

/* Where a line is: its words as far as each step leads on. */
static void
write_fish_place(struct buf *b, const struct places *p)
{
	buf_puts(b, "function __clive_at\n"
	    "\tset -l at ''\n\tset -l line (commandline -opc)\n"
	    "\tfor word in $line[2..-1]\n"
	    "\t\tset -l next (string trim \"$at $word\")\n"
	    "\t\ttest \"$next\" = help; and continue\n"
	    "\t\tcontains -- $next");
	for (int i = 1; i < p->n; i++)
		buf_printf(b, " '%s'", p->at[i].words);
	buf_puts(b, "; or break\n\t\tset at $next\n\tend\n"
	    "\ttest \"$at\" = \"$argv[1]\"\nend\n");
}

static void
write_fish(struct cli *cli, struct buf *b, const struct places *p)
{
	const char *word;

	buf_puts(b, "# fish completion of clive\n");
	write_fish_place(b, p);
	for (int i = 0; i < p->n; i++) {
		const struct cli_command *c = p->at[i].command;
		const char *words = p->at[i].words;

		for (const struct cli_option *o = c != NULL ? c->options :
		    NULL; o != NULL && o->name != NULL; o++)
			put_fish_option(b, words, o);
		for (const struct cli_option *o = common; c != NULL &&
		    o->name != NULL; o++)
			put_fish_option(b, words, o);
		for (int k = 0; c == NULL && k < p->n; k++) {
			if ((word = word_behind(&p->at[k], words)) == NULL)
				continue;
			buf_printf(b, "complete -c clive -f -n '__clive_at "
			    "\"%s\"' -a %s -d '", words, word);
			quote(b, help_of(cli, p, &p->at[k]), false);
			buf_puts(b, "'\n");
		}
	}
}

static const struct {
	const char	*shell;
	void		(*write)(struct cli *, struct buf *,
			    const struct places *);
} shells[] = {
	{ "bash", write_bash },
	{ "zsh", write_zsh },
	{ "fish", write_fish },
};

bool
run_completion(struct cli *cli)
{
	struct places *p = arena_alloc(cli->arena, sizeof(*p));
	struct buf script;

	buf_init(&script, cli->doc.max);
	find_places(cli, p);
	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(shells[i].shell, cli->argument) == 0)
			shells[i].write(cli, &script, p);
	bool good = script.len > 0;
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "shell", cli->argument);
	jsonw_text(&cli->w, "script", buf_str(&script));
	jsonw_end_object(&cli->w);
	buf_free(&script);
	return good || cli_fail(cli, "the shell is one of bash, zsh, fish");
}

/* As it is: what a shell is to read. */
void
completion_render(struct cli *cli, const struct json *doc)
{
	(void)cli;
	fputs(json_text(doc, "script"), stdout);
}
