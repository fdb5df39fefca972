/* SPDX-License-Identifier: ISC */
/* doc.c - objects as ordered lists of members. */
#include "doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

enum { TEXT_MAX = 4 * 1024 * 1024 };

struct member {
	const char	*key;
	const char	*raw;		/* the value as JSON */
	struct member	*next;
};

struct doc {
	struct arena	*arena;
	struct member	*first;
};

const char *
doc_quote(struct arena *arena, const char *text)
{
	struct jsonw w;
	struct buf b;

	buf_init(&b, TEXT_MAX);
	jsonw_init(&w, &b);
	jsonw_text(&w, NULL, text);
	const char *quoted = arena_strndup(arena, buf_str(&b), b.len);
	buf_free(&b);
	return quoted;
}

static struct member *
find(const struct doc *d, const char *key)
{
	struct member *m = d->first;

	while (m != NULL && strcmp(m->key, key) != 0)
		m = m->next;
	return m;
}

static struct member *
append(struct doc *d, const char *key, const char *raw)
{
	struct member **at = &d->first;
	struct member *m = arena_alloc(d->arena, sizeof(*m));

	while (*at != NULL)
		at = &(*at)->next;
	m->key = key;
	m->raw = raw;
	*at = m;
	return m;
}

/* raw lives in the arena. */
static void
set(struct doc *d, const char *key, const char *raw)
{
	struct member *m = find(d, key);

	if (m != NULL)
		m->raw = raw;
	else
		append(d, arena_strdup(d->arena, key), raw);
}

struct doc *
doc_new(struct arena *arena, const char *members)
{
	struct doc *d = arena_alloc(arena, sizeof(*d));

	d->arena = arena;
	while (*members != '\0') {
		size_t n = strcspn(members, " ");
		if (n > 0)
			append(d, arena_strndup(arena, members, n), "null");
		members += n + (members[n] == ' ');
	}
	return d;
}

static struct doc *
of_json(struct arena *arena, const struct json *json)
{
	if (json == NULL || json->kind != JSON_OBJECT)
		return NULL;
	struct doc *d = doc_new(arena, "");
	for (const struct json *m = json->child; m != NULL; m = m->next)
		append(d, m->key, arena_strndup(arena, m->raw.p, m->raw.n));
	return d;
}

struct doc *
doc_parse(struct arena *arena, const char *text)
{
	const char *why;
	const char *copy = arena_strdup(arena, text);

	return of_json(arena, json_parse(arena, copy, strlen(copy), &why));
}

const char *
doc_raw(const struct doc *d, const char *key)
{
	const struct member *m = find(d, key);

	return m != NULL && strcmp(m->raw, "null") != 0 ? m->raw : NULL;
}

bool
doc_has(const struct doc *d, const char *key)
{
	return find(d, key) != NULL;
}

const char *
doc_text(const struct doc *d, const char *key)
{
	const char *why, *raw = doc_raw(d, key);

	if (raw == NULL || *raw != '"')
		return NULL;
	const struct json *json = json_parse(d->arena, raw, strlen(raw), &why);
	return json != NULL ? json->text : NULL;
}

bool
doc_is(const struct doc *d, const char *key, const char *text)
{
	const char *found = doc_text(d, key);

	return found != NULL && strcmp(found, text) == 0;
}

int64_t
doc_int(const struct doc *d, const char *key)
{
	const char *raw = doc_raw(d, key);

	return raw != NULL ? strtoll(raw, NULL, 10) : 0;
}

bool
doc_true(const struct doc *d, const char *key)
{
	const char *raw = doc_raw(d, key);

	return raw != NULL && strcmp(raw, "true") == 0;
}

/* The first element of a member that is an array. */
static const struct json *
elements(const struct doc *d, const char *key)
{
	const char *why, *raw = doc_raw(d, key);
	const struct json *json = raw == NULL ? NULL :
	    json_parse(d->arena, raw, strlen(raw), &why);

	return json != NULL && json->kind == JSON_ARRAY ? json->child : NULL;
}

size_t
doc_count(const struct doc *d, const char *key)
{
	size_t n = 0;

	for (const struct json *e = elements(d, key); e != NULL; e = e->next)
		n++;
	return n;
}

struct doc *
doc_item(const struct doc *d, const char *key, size_t n)
{
	const struct json *e = elements(d, key);

	while (e != NULL && n-- > 0)
		e = e->next;
	return of_json(d->arena, e);
}

void
doc_set_text(struct doc *d, const char *key, const char *text)
{
	set(d, key, doc_quote(d->arena, text));
}

void
doc_set_int(struct doc *d, const char *key, int64_t value)
{
	set(d, key, arena_printf(d->arena, "%lld", (long long)value));
}

void
doc_set_bool(struct doc *d, const char *key, bool value)
{
	set(d, key, value ? "true" : "false");
}

void
doc_set_null(struct doc *d, const char *key)
{
	set(d, key, "null");
}

void
doc_setf(struct doc *d, const char *key, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *raw = arena_alloc(d->arena, (size_t)n + 1);
	vsnprintf(raw, (size_t)n + 1, fmt, again);
	va_end(again);
	set(d, key, raw);
}

void
doc_remove(struct doc *d, const char *key)
{
	struct member **at = &d->first;

	while (*at != NULL && strcmp((*at)->key, key) != 0)
		at = &(*at)->next;
	if (*at != NULL)
		*at = (*at)->next;
}

const char *
doc_next(const struct doc *d, const char *key)
{
	const struct member *m = key != NULL ? find(d, key)->next : d->first;

	return m != NULL ? m->key : NULL;
}

static char *
print(const struct doc *d, bool all)
{
	struct jsonw w;
	struct buf b;

	buf_init(&b, TEXT_MAX);
	jsonw_init(&w, &b);
	jsonw_object(&w, NULL);
	for (const struct member *m = d->first; m != NULL; m = m->next)
		if (all || m->key[0] != '_')
			jsonw_raw(&w, m->key, m->raw, strlen(m->raw));
	jsonw_end_object(&w);
	char *text = arena_strndup(d->arena, buf_str(&b), b.len);
	buf_free(&b);
	return text;
}

char *
doc_stored(const struct doc *d)
{
	return print(d, true);
}

char *
doc_shown(const struct doc *d)
{
	return print(d, false);
}
