/* SPDX-License-Identifier: ISC */
/* form.c - bracketed parameters. */
#include "form.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "cgi.h"
#include "json.h"
#include "sig.h"

enum { PRINTED_MAX = 1024 * 1024 };

/* name, then pairs of brackets that hold no brackets. */
static bool
is_name(const char *key)
{
	key += strcspn(key, "[]");
	while (*key == '[') {
		key++;
		key += strcspn(key, "[]");
		if (*key++ != ']')
			return false;
	}
	return *key == '\0';
}

/* How often was this name, with [] as written, given before? */
static size_t
count_before(const struct form *f, char *const *spelt, const char *key)
{
	size_t count = 0;

	for (size_t i = 0; i < f->n; i++)
		count += strcmp(spelt[i], key) == 0;
	return count;
}

/* key with its [] replaced by an index. */
static const char *
numbered(struct arena *arena, const char *key, size_t index)
{
	const char *at = strstr(key, "[]");

	return at == NULL ? key : arena_printf(arena, "%.*s[%zu]%s",
	    (int)(at - key), key, index, at + 2);
}

static bool
add_pair(struct form *f, struct arena *arena, char **spelt, const char *text,
    size_t n)
{
	const char *equals = memchr(text, '=', n);
	size_t key_len = equals != NULL ? (size_t)(equals - text) : n;
	size_t value_at = equals != NULL ? key_len + 1 : n;
	const char *key = cgi_url_decode(arena, text, key_len);
	const char *value = cgi_url_decode(arena, text + value_at,
	    n - value_at);

	if (key == NULL || value == NULL || *key == '\0' || !is_name(key) ||
	    f->n == FORM_MAX)
		return false;
	spelt[f->n] = arena_strdup(arena, key);
	f->pairs[f->n].key = numbered(arena, key, count_before(f, spelt, key));
	f->pairs[f->n++].value = arena_strdup(arena, value);
	sig_wipe((void *)(uintptr_t)value, strlen(value));
	return true;
}

bool
form_add(struct form *f, struct arena *arena, const char *text, size_t n)
{
	char **spelt = arena_alloc(arena, FORM_MAX * sizeof(*spelt));

	if (f->pairs == NULL)
		f->pairs = arena_alloc(arena, FORM_MAX * sizeof(*f->pairs));
	for (size_t i = 0; i < f->n; i++)
		spelt[i] = arena_strdup(arena, f->pairs[i].key);
	while (n > 0) {
		const char *end = memchr(text, '&', n);
		size_t len = end != NULL ? (size_t)(end - text) : n;
		if (len > 0 && !add_pair(f, arena, spelt, text, len))
			return false;
		len += end != NULL;
		text += len;
		n -= len;
	}
	return true;
}

const char *
form_get(const struct form *f, const char *key)
{
	for (size_t i = f->n; i-- > 0;)
		if (strcmp(f->pairs[i].key, key) == 0)
			return f->pairs[i].value;
	return NULL;
}

bool
form_true(const struct form *f, const char *key)
{
	const char *value = form_get(f, key);

	return value != NULL && strcmp(value, "true") == 0;
}

int64_t
form_int(const struct form *f, const char *key, int64_t otherwise)
{
	const char *value = form_get(f, key);

	return value != NULL && *value != '\0' ?
	    strtoll(value, NULL, 10) : otherwise;
}

bool
form_under(const struct form *f, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < f->n; i++)
		if (strncmp(f->pairs[i].key, key, n) == 0 &&
		    f->pairs[i].key[n] == '[')
			return true;
	return false;
}

/* The member of pair that stands right below key; NULL: it is elsewhere. */
static const char *
member(const struct pair *pair, struct arena *arena, const char *key)
{
	size_t n = strlen(key);

	if (strncmp(pair->key, key, n) != 0 || pair->key[n] != '[')
		return NULL;
	return arena_strndup(arena, pair->key + n + 1,
	    strcspn(pair->key + n + 1, "]"));
}

const char *
form_next(const struct form *f, struct arena *arena, const char *key,
    const char *last)
{
	bool passed = last == NULL;

	for (size_t i = 0; i < f->n; i++) {
		const char *name = member(&f->pairs[i], arena, key);
		bool seen = false;
		for (size_t j = 0; name != NULL && j < i && !seen; j++) {
			const char *other = member(&f->pairs[j], arena, key);
			seen = other != NULL && strcmp(other, name) == 0;
		}
		if (name == NULL || seen)
			continue;
		if (passed)
			return name;
		passed = strcmp(name, last) == 0;
	}
	return NULL;
}

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* A card's code, in whatever form it was asked for. */
static bool
is_secret(const char *key)
{
	return ends_with(key, "cvc]") || strcmp(key, "cvc") == 0 ||
	    ends_with(key, "secret") || strcmp(key, "key") == 0;
}

static bool
is_number(const char *key)
{
	return ends_with(key, "number]") || strcmp(key, "number") == 0;
}

/* Stars the digits of runs of 12 and more, but for the last four. */
static char *
star_digits(char *text)
{
	for (char *at = text; *at != '\0';) {
		size_t n = strspn(at, "0123456789 -"), digits = 0;
		for (size_t i = 0; i < n; i++)
			digits += isdigit((unsigned char)at[i]) != 0;
		for (size_t i = 0, left = digits; digits >= 12 && i < n; i++)
			if (isdigit((unsigned char)at[i]) && left-- > 4)
				at[i] = '*';
		at += n > 0 ? n : 1;
	}
	return text;
}

const char *
form_mask(struct arena *arena, const char *key, const char *value)
{
	if (is_secret(key))
		return "***";
	return star_digits(arena_strdup(arena, value));
}

static int
by_key(const void *a, const void *b)
{
	return strcmp((*(const struct pair *const *)a)->key,
	    (*(const struct pair *const *)b)->key);
}

const char *
form_print(const struct form *f, struct arena *arena)
{
	const struct pair **sorted = arena_alloc(arena,
	    (f->n + 1) * sizeof(struct pair *));
	struct jsonw w;
	struct buf b;

	for (size_t i = 0; i < f->n; i++)
		sorted[i] = &f->pairs[i];
	qsort(sorted, f->n, sizeof(struct pair *), by_key);
	buf_init(&b, PRINTED_MAX);
	jsonw_init(&w, &b);
	jsonw_object(&w, NULL);
	/* Only the last of a name given twice was looked at. */
	for (size_t i = 0; i < f->n; i++)
		if (i + 1 == f->n ||
		    strcmp(sorted[i]->key, sorted[i + 1]->key) != 0)
			jsonw_text(&w, sorted[i]->key, form_mask(arena,
			    sorted[i]->key, form_get(f, sorted[i]->key)));
	jsonw_end_object(&w);
	const char *text = b.failed ? "{}" :
	    arena_strndup(arena, buf_str(&b), b.len);
	buf_free(&b);
	return text;
}

void
form_wipe(struct form *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (is_number(f->pairs[i].key) || is_secret(f->pairs[i].key))
			sig_wipe(f->pairs[i].value,
			    strlen(f->pairs[i].value));
}

/* Does a parameter's name fit the name of a rule? */
static bool
fits(const char *rule, const char *key)
{
	while (*rule != '\0') {
		if (strcmp(rule, "[**]") == 0)
			return *key == '[';
		if (*rule == '#' || *rule == '*') {
			size_t n = *rule == '#' ? strspn(key, "0123456789") :
			    strcspn(key, "]");
			if (n == 0)
				return false;
			key += n;
			rule++;
			continue;
		}
		if (*rule++ != *key++)
			return false;
	}
	return *key == '\0';
}

static bool
is_one_of(const char *value, const char *choices)
{
	size_t n = strlen(value);

	for (const char *at = choices; *at != '\0';) {
		size_t m = strcspn(at, " ");
		if (m == n && strncmp(at, value, n) == 0)
			return true;
		at += m + (at[m] == ' ');
	}
	return false;
}

static enum form_fault
check_value(const struct rule *rule, const char *value)
{
	size_t n = strlen(value);

	if (rule->kind == RULE_NOT_OFFERED)
		return FORM_NOT_OFFERED;
	/* An empty value takes back what was set. */
	if (n == 0)
		return rule->required ? FORM_EMPTY : FORM_FINE;
	switch (rule->kind) {
	case RULE_TEXT:
		return FORM_FINE;
	case RULE_INT:
		return strspn(value, "0123456789") == n && n <= 15 ?
		    FORM_FINE : FORM_NO_INTEGER;
	case RULE_BOOL:
		return is_one_of(value, "true false") ? FORM_FINE :
		    FORM_NO_BOOLEAN;
	case RULE_ONE_OF:
		return is_one_of(value, rule->choices) ? FORM_FINE :
		    FORM_NO_CHOICE;
	case RULE_NOT_OFFERED:
		break;
	}
	return FORM_NOT_OFFERED;
}

static const struct rule *
rule_for(const struct rule *rules, const char *key)
{
	for (; rules->name != NULL; rules++)
		if (fits(rules->name, key))
			return rules;
	return NULL;
}

enum form_fault
form_check(const struct form *f, const struct rule *rules, const char **param,
    const struct rule **broken)
{
	for (size_t i = 0; i < f->n; i++) {
		*param = f->pairs[i].key;
		*broken = rule_for(rules, *param);
		if (*broken == NULL)
			return FORM_UNKNOWN;
		enum form_fault fault = check_value(*broken,
		    f->pairs[i].value);
		if (fault != FORM_FINE)
			return fault;
	}
	for (; rules->name != NULL; rules++) {
		*param = rules->name;
		*broken = rules;
		if (rules->required && form_get(f, rules->name) == NULL)
			return FORM_MISSING;
	}
	return FORM_FINE;
}
