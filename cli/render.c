/* SPDX-License-Identifier: ISC */
/*
 * render.c - a JSON document as text for people: an object as a list of
 * labels and values, an array of objects as a table with aligned columns.
 */
#include "cli.h"

#include <ctype.h>
#include <string.h>

#include "utf8.h"

enum { COLUMNS_MAX = 16 };

/*
 * Would these n bytes of UTF-8 steer a terminal: C0 and C1 controls, DEL, and
 * the marks that turn the direction of writing?
 */
static bool
steers(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	if (n == 1)
		return u[0] < ' ' || u[0] == 0x7f;
	if (n == 2)
		return u[0] == 0xc2 && u[1] < 0xa0;
	if (n != 3 || u[0] != 0xe2)
		return false;
	return (u[1] == 0x80 && ((u[2] >= 0x8e && u[2] <= 0x8f) ||
	    (u[2] >= 0xa8 && u[2] <= 0xae))) ||
	    (u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9);
}

/* A copy in which what steers a terminal or is no UTF-8 is a '?'. */
char *
cli_clean(struct arena *arena, const char *text, size_t n)
{
	char *copy = arena_alloc(arena, n + 1), *to = copy;
	size_t len;

	for (size_t i = 0; i < n; i += len) {
		len = utf8_length(text + i, n - i);
		if (len == 0 || steers(text + i, len)) {
			*to++ = '?';
			len = len == 0 ? 1 : len;
			continue;
		}
		memcpy(to, text + i, len);
		to += len;
	}
	return copy;	/* ends in a NUL: an arena's bytes are zeroed */
}

static char *
clean_slice(struct cli *cli, struct slice s)
{
	return cli_clean(cli->arena, s.p, s.n);
}

static bool
is_table(const struct json *v)
{
	return v->kind == JSON_ARRAY && v->child != NULL &&
	    v->child->kind == JSON_OBJECT;
}

/* The elements of an array, separated by commas. */
static const char *
join(struct cli *cli, const struct json *array)
{
	const char *text = "";

	if (array->child == NULL)
		return "none";
	for (const struct json *e = array->child; e != NULL; e = e->next)
		text = arena_printf(cli->arena, "%s%s%s", text,
		    e != array->child ? "," : "", cli_value(cli, e));
	return text;
}

/* A value in one line. */
const char *
cli_value(struct cli *cli, const struct json *v)
{
	switch (v->kind) {
	case JSON_NULL:
		return "-";
	case JSON_FALSE:
		return "no";
	case JSON_TRUE:
		return "yes";
	case JSON_NUMBER:
	case JSON_OBJECT:
		return clean_slice(cli, v->raw);
	case JSON_STRING:
		return cli_clean(cli->arena, v->text, v->len);
	case JSON_ARRAY:
		return join(cli, v);
	}
	return "";
}

const char *
cli_member(struct cli *cli, const struct json *object, const char *key)
{
	const struct json *v = json_get(object, key);

	return v != NULL ? cli_value(cli, v) : "-";
}

/* "cliveTxId" and "legal_name" in words. */
static const char *
label(struct cli *cli, const char *key)
{
	size_t n = strlen(key), to = 0;
	char *text = arena_alloc(cli->arena, 2 * n + 1);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)key[i];
		if (isupper(c) && i > 0)
			text[to++] = ' ';
		text[to++] = c == '_' ? ' ' : (char)tolower(c);
	}
	return cli_clean(cli->arena, text, to);
}

/* Characters; good enough for columns of names. */
static int
width(const char *text)
{
	return (int)utf8_characters(text);
}

static void
pad(int n)
{
	for (; n > 0; n--)
		putchar(' ');
}

struct table {
	int		 columns;
	const char	*keys[COLUMNS_MAX];
	int		 widths[COLUMNS_MAX];
};

static void
add_column(struct cli *cli, struct table *t, const char *key)
{
	if (t->columns == COLUMNS_MAX)
		return;
	t->keys[t->columns] = key;
	t->widths[t->columns++] = width(label(cli, key));
}

/* The columns that the command names, or those of the first row. */
static void
find_columns(struct cli *cli, struct table *t, const struct json *first,
    const char *names)
{
	if (names == NULL) {
		for (const struct json *v = first->child; v != NULL;
		    v = v->next)
			add_column(cli, t, v->key);
		return;
	}
	for (size_t n; *names != '\0'; names += n) {
		n = strcspn(names, ",");
		add_column(cli, t, arena_strndup(cli->arena, names, n));
		n += names[n] == ',';
	}
}

static void
print_cell(const struct table *t, int column, const char *text, bool right)
{
	int gap = t->widths[column] - width(text);

	if (column > 0)
		pad(2);
	if (right)
		pad(gap);
	fputs(text, stdout);
	if (!right && column + 1 < t->columns)
		pad(gap);
}

static void
print_heads(struct cli *cli, const struct table *t)
{
	for (int i = 0; i < t->columns; i++) {
		char *text = arena_strdup(cli->arena, label(cli, t->keys[i]));
		for (char *c = text; *c != '\0'; c++)
			*c = (char)toupper((unsigned char)*c);
		print_cell(t, i, text, false);
	}
	putchar('\n');
}

static void
render_table(struct cli *cli, const struct json *array, const char *names,
    int indent)
{
	struct table t = { .columns = 0 };

	find_columns(cli, &t, array->child, names);
	for (const struct json *row = array->child; row != NULL;
	    row = row->next)
		for (int i = 0; i < t.columns; i++) {
			int n = width(cli_member(cli, row, t.keys[i]));
			if (n > t.widths[i])
				t.widths[i] = n;
		}
	pad(indent);
	print_heads(cli, &t);
	for (const struct json *row = array->child; row != NULL;
	    row = row->next) {
		pad(indent);
		for (int i = 0; i < t.columns; i++) {
			const struct json *v = json_get(row, t.keys[i]);
			print_cell(&t, i, cli_member(cli, row, t.keys[i]),
			    v != NULL && v->kind == JSON_NUMBER);
		}
		putchar('\n');
	}
}

/* A member that needs lines of its own: the label, then what is below. */
static void
render_below(struct cli *cli, const struct json *v, int indent)
{
	pad(indent);
	printf("%s\n", label(cli, v->key));
	if (is_table(v))
		render_table(cli, v, NULL, indent + 2);
	else
		cli_render_object(cli, v, indent + 2);
}

void
cli_render_object(struct cli *cli, const struct json *object, int indent)
{
	int widest = 0;

	for (const struct json *v = object->child; v != NULL; v = v->next) {
		int n = width(label(cli, v->key));
		if (v->kind != JSON_OBJECT && !is_table(v) && n > widest)
			widest = n;
	}
	for (const struct json *v = object->child; v != NULL; v = v->next) {
		if (v->kind == JSON_OBJECT || is_table(v)) {
			render_below(cli, v, indent);
			continue;
		}
		const char *name = label(cli, v->key);
		pad(indent);
		fputs(name, stdout);
		pad(widest - width(name) + 2);
		printf("%s\n", cli_value(cli, v));
	}
}

void
cli_render_lines(struct cli *cli, const struct json *v)
{
	const char *text = v->text;
	size_t left = v->len;

	while (left > 0) {
		const char *end = memchr(text, '\n', left);
		size_t n = end != NULL ? (size_t)(end - text) : left;
		size_t shown = n > 0 && text[n - 1] == '\r' ? n - 1 : n;

		printf("        %s\n", cli_clean(cli->arena, text, shown));
		n += end != NULL;
		text += n;
		left -= n;
	}
}

static void
render_items(struct cli *cli, const struct json *doc,
    const struct json *items)
{
	const char *cursor = json_text(doc, "nextCursor");

	if (items->child == NULL)
		printf("none\n");
	else
		render_table(cli, items, cli->command->columns, 0);
	if (cursor != NULL)
		printf("\nThere are more: --cursor %s\n", cli_clean(cli->arena,
		    cursor, strlen(cursor)));
}

void
cli_render(struct cli *cli, const struct json *doc)
{
	const struct json *items = json_get(doc, "items");

	if (items != NULL && items->kind == JSON_ARRAY)
		render_items(cli, doc, items);
	else
		cli_render_object(cli, doc, 0);
}
