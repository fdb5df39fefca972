/* SPDX-License-Identifier: ISC */
/* json.c - the strict reader of JSON (RFC 8259); the writer is in jsonw.c. */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "utf8.h"

enum {
	NOTHING = -1		/* what peek sees behind the end */
};

struct parser {
	struct arena	*arena;
	const char	*at;
	const char	*end;
	const char	*why;
	int		 depth;
};

static bool	read_value(struct parser *, struct json *);

static bool
refuse(struct parser *p, const char *why)
{
	p->why = why;
	return false;
}

static int
peek(const struct parser *p)
{
	return p->at < p->end ? (unsigned char)*p->at : NOTHING;
}

/* A malformed text, or one that was right as far as it goes. */
static bool
refuse_here(struct parser *p, const char *why)
{
	return refuse(p, peek(p) == NOTHING ? "the text ends too early" : why);
}

static void
skip_blanks(struct parser *p)
{
	while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' ||
	    *p->at == '\n' || *p->at == '\r'))
		p->at++;
}

/* The backslash, the u and the four digits of one UTF-16 unit. */
static bool
read_unit(struct parser *p, uint32_t *unit)
{
	uint32_t code = 0;

	if (p->end - p->at < 6 || p->at[0] != '\\' || p->at[1] != 'u')
		return false;
	for (int i = 2; i < 6; i++) {
		char c = p->at[i];

		if (c >= '0' && c <= '9')
			code = code << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			code = code << 4 | (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			code = code << 4 | (uint32_t)(c - 'A' + 10);
		else
			return false;
	}
	p->at += 6;
	*unit = code;
	return true;
}

static bool
read_unicode(struct parser *p, char **out)
{
	uint32_t code, low;

	if (!read_unit(p, &code))
		return refuse(p, "an escape is malformed");
	if (code >= 0xd800 && code <= 0xdfff) {
		if (code >= 0xdc00 || !read_unit(p, &low) || low < 0xdc00 ||
		    low > 0xdfff)
			return refuse(p, "an escaped surrogate stands alone");
		code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
	}
	*out += utf8_encode(code, *out);
	return true;
}

static bool
read_escape(struct parser *p, char **out)
{
	static const char names[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";

	if (p->at[1] == 'u')
		return read_unicode(p, out);

	const char *name = memchr(names, p->at[1], sizeof(names) - 1);

	if (name == NULL)
		return refuse(p, "an escape is malformed");
	*(*out)++ = meant[name - names];
	p->at += 2;
	return true;
}

/* One character of a string whose closing quote is known to come. */
static bool
read_character(struct parser *p, char **out)
{
	if (*p->at == '\\')
		return read_escape(p, out);
	if ((unsigned char)*p->at < 0x20)
		return refuse(p, "a string holds a control character");

	size_t len = utf8_length(p->at, (size_t)(p->end - p->at));

	if (len == 0)
		return refuse(p, "a string is not UTF-8");
	memcpy(*out, p->at, len);
	*out += len;
	p->at += len;
	return true;
}

/* Reads from one quote past the other. */
static bool
read_string(struct parser *p, const char **text, size_t *len)
{
	size_t left = (size_t)(p->end - p->at), close = 1;

	while (close < left && p->at[close] != '"')
		close += p->at[close] == '\\' ? 2 : 1;
	if (close >= left)
		return refuse(p, "the text ends too early");

	/* Nothing gets longer by decoding, and the quote pays for the NUL. */
	char *decoded = arena_alloc(p->arena, close), *out = decoded;

	p->at++;
	while (*p->at != '"')
		if (!read_character(p, &out))
			return false;
	p->at++;
	*text = decoded;
	*len = (size_t)(out - decoded);
	return true;
}

static bool
read_digits(struct parser *p)
{
	const char *start = p->at;

	while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
		p->at++;
	return p->at > start || refuse(p, "a number is malformed");
}

static bool
read_number(struct parser *p)
{
	if (peek(p) == '-')
		p->at++;
	if (peek(p) == '0')
		p->at++;
	else if (!read_digits(p))
		return false;
	if (peek(p) == '.') {
		p->at++;
		if (!read_digits(p))
			return false;
	}
	if (peek(p) == 'e' || peek(p) == 'E') {
		p->at++;
		if (peek(p) == '-' || peek(p) == '+')
			p->at++;
		if (!read_digits(p))
			return false;
	}
	return true;
}

static bool
read_word(struct parser *p, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(p->end - p->at) < n || memcmp(p->at, word, n) != 0)
		return refuse(p, "a value was expected");
	p->at += n;
	return true;
}

static bool
read_key(struct parser *p, struct json *member)
{
	skip_blanks(p);
	if (peek(p) != '"')
		return refuse_here(p, "a member name was expected");
	if (!read_string(p, &member->key, &member->key_len))
		return false;
	skip_blanks(p);
	if (peek(p) != ':')
		return refuse_here(p, "a colon was expected");
	p->at++;
	return true;
}

/* Any total order of names will do; looking at the lengths first is quick. */
static int
compare_keys(const void *a, const void *b)
{
	const struct json *x = *(const struct json *const *)a;
	const struct json *y = *(const struct json *const *)b;

	if (x->key_len != y->key_len)
		return x->key_len < y->key_len ? -1 : 1;
	return memcmp(x->key, y->key, x->key_len);
}

/* Sorted, not compared each with each: a body may be nothing but names. */
static bool
keys_differ(struct parser *p, const struct json *object, size_t count)
{
	if (count < 2)
		return true;

	const struct json **sorted = arena_alloc(p->arena,
	    count * sizeof(*sorted));
	size_t n = 0;

	for (const struct json *m = object->child; m != NULL; m = m->next)
		sorted[n++] = m;
	qsort(sorted, n, sizeof(*sorted), compare_keys);
	for (size_t i = 1; i < n; i++)
		if (compare_keys(&sorted[i - 1], &sorted[i]) == 0)
			return refuse(p, "an object has a member twice");
	return true;
}

/* Reads an array, or an object where close is '}'. */
static bool
read_container(struct parser *p, struct json *v, char close)
{
	struct json **last = &v->child;
	size_t count = 0;

	if (++p->depth > JSON_DEPTH_MAX)
		return refuse(p, "the text is nested too deeply");
	p->at++;
	skip_blanks(p);
	while (count > 0 || peek(p) != close) {
		struct json *member = arena_alloc(p->arena, sizeof(*member));

		if (close == '}' && !read_key(p, member))
			return false;
		if (!read_value(p, member))
			return false;
		*last = member;
		last = &member->next;
		count++;
		skip_blanks(p);
		if (peek(p) == close)
			break;
		if (peek(p) != ',')
			return refuse_here(p, "a comma was expected");
		p->at++;
	}
	p->at++;
	p->depth--;
	return close == ']' || keys_differ(p, v, count);
}

static bool
read_kind(struct parser *p, struct json *v)
{
	switch (peek(p)) {
	case '{':
		v->kind = JSON_OBJECT;
		return read_container(p, v, '}');
	case '[':
		v->kind = JSON_ARRAY;
		return read_container(p, v, ']');
	case '"':
		v->kind = JSON_STRING;
		return read_string(p, &v->text, &v->len);
	case 't':
		v->kind = JSON_TRUE;
		return read_word(p, "true");
	case 'f':
		v->kind = JSON_FALSE;
		return read_word(p, "false");
	case 'n':
		v->kind = JSON_NULL;
		return read_word(p, "null");
	case '-':
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		v->kind = JSON_NUMBER;
		return read_number(p);
	default:
		return refuse_here(p, "a value was expected");
	}
}

static bool
read_value(struct parser *p, struct json *v)
{
	skip_blanks(p);

	const char *start = p->at;

	if (!read_kind(p, v))
		return false;
	v->raw = (struct slice){ start, (size_t)(p->at - start) };
	return true;
}

static bool
read_text(struct parser *p, struct json *v)
{
	skip_blanks(p);
	if (peek(p) == NOTHING)
		return refuse(p, "the text is empty");
	if (p->end - p->at >= 3 && memcmp(p->at, "\xef\xbb\xbf", 3) == 0)
		return refuse(p, "the text begins with a byte order mark");
	if (!read_value(p, v))
		return false;
	skip_blanks(p);
	return p->at == p->end || refuse(p, "more text follows the value");
}

struct json *
json_parse(struct arena *arena, const char *text, size_t n, const char **why)
{
	const char *start = n > 0 ? text : "";
	struct parser p = { .arena = arena, .at = start, .end = start + n };
	struct json *v = arena_alloc(arena, sizeof(*v));

	if (read_text(&p, v))
		return v;
	if (why != NULL)
		*why = p.why;
	return NULL;
}

const struct json *
json_get(const struct json *object, const char *key)
{
	size_t n = strlen(key);

	if (object == NULL || object->kind != JSON_OBJECT)
		return NULL;
	for (const struct json *m = object->child; m != NULL; m = m->next)
		if (m->key_len == n && memcmp(m->key, key, n) == 0)
			return m;
	return NULL;
}

const char *
json_text(const struct json *object, const char *key)
{
	const struct json *v = json_get(object, key);

	if (v == NULL || v->kind != JSON_STRING || strlen(v->text) != v->len)
		return NULL;
	return v->text;
}

bool
json_int(const struct json *object, const char *key, int64_t *out)
{
	const struct json *v = json_get(object, key);

	if (v == NULL || v->kind != JSON_NUMBER)
		return false;

	bool negative = v->raw.p[0] == '-';
	int64_t n = 0;

	/* Downwards, where there is one number more than upwards. */
	for (size_t i = negative ? 1 : 0; i < v->raw.n; i++) {
		char c = v->raw.p[i];

		if (c < '0' || c > '9' || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_sub_overflow(n, c - '0', &n))
			return false;
	}
	if (!negative && n == INT64_MIN)
		return false;
	*out = negative ? n : -n;
	return true;
}

const char *
json_kind_name(enum json_kind kind)
{
	switch (kind) {
	case JSON_NULL:
		return "null";
	case JSON_FALSE:
	case JSON_TRUE:
		return "boolean";
	case JSON_NUMBER:
		return "number";
	case JSON_STRING:
		return "string";
	case JSON_ARRAY:
		return "array";
	case JSON_OBJECT:
		return "object";
	}
	return "unknown";
}
