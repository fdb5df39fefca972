/* SPDX-License-Identifier: ISC */
/* clickpesa-checksum.c - canonical JSON and the HMAC over it. */
#include "clickpesa-checksum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

enum {
	TEXT_MAX = 8 * 1024 * 1024,	/* of 1 MiB, numbers grow at most so */
	DIGITS_MAX = 17,		/* tell any two numbers apart */
	NUMBER_SIZE = 64
};

/* ---------------------------------------------- numbers of JavaScript */

/* One unit more in the last of the digits "d.ddde..."; false on a carry. */
static bool
next_digits(char *text)
{
	for (char *c = strchr(text, 'e') - 1; c >= text; c--) {
		if (*c == '.')
			continue;
		if (*c != '9') {
			(*c)++;
			return true;
		}
		*c = '0';
	}
	return false;
}

/*
 * The fewest digits that still mean this number, as "d.ddde±x". The nearest
 * decimal of that length need not be the one that reads back: next to powers
 * of two only its neighbour may.
 */
static void
shortest(double number, char *text)	/* hashed, no money */
{
	for (int digits = 0; digits < DIGITS_MAX; digits++) {
		snprintf(text, NUMBER_SIZE, "%.*e", digits, number);
		if (strtod(text, NULL) == number)
			return;
		if (next_digits(text) && strtod(text, NULL) == number)
			return;
	}
	snprintf(text, NUMBER_SIZE, "%.*e", DIGITS_MAX - 1, number);
}

static void
zeros(struct buf *out, int n)
{
	while (n-- > 0)
		buf_putc(out, '0');
}

/* Digits, and how many of them stand before the point (may be none). */
static void
place_point(struct buf *out, const char *digits, int point)
{
	int n = (int)strlen(digits);

	if (n <= point && point <= 21) {
		buf_puts(out, digits);
		zeros(out, point - n);
	} else if (point > 0 && point <= 21) {
		buf_add(out, digits, (size_t)point);
		buf_printf(out, ".%s", digits + point);
	} else if (point > -6 && point <= 0) {
		buf_puts(out, "0.");
		zeros(out, -point);
		buf_puts(out, digits);
	} else {
		buf_printf(out, "%c%s%se%+d", digits[0], n > 1 ? "." : "",
		    digits + 1, point - 1);
	}
}

/* ECMAScript's Number::toString of a JSON number. */
static void
write_number(struct buf *out, struct arena *arena, struct slice raw)
{
	char text[NUMBER_SIZE], digits[NUMBER_SIZE], *to = digits;
	const char *spelt = arena_strndup(arena, raw.p, raw.n);
	double number = strtod(spelt, NULL);	/* hashed, no money */

	if (number == 0) {
		buf_putc(out, '0');
		return;
	}
	if (!isfinite(number)) {
		buf_puts(out, "null");
		return;
	}
	if (number < 0)
		buf_putc(out, '-');
	shortest(number < 0 ? -number : number, text);
	for (const char *c = text; *c != 'e'; c++)
		if (*c != '.')
			*to++ = *c;
	while (to > digits + 1 && to[-1] == '0')
		to--;
	*to = '\0';
	place_point(out, digits, (int)strtol(strchr(text, 'e') + 1, NULL,
	    10) + 1);
}

/* ------------------------------------------------ the canonical text */

/*
 * A byte's place in the order of UTF-16 units: characters beyond U+FFFF are
 * surrogates there and stand before U+E000 to U+FFFF.
 */
static int
unit_order(unsigned char c)
{
	return c >= 0xf0 ? 2 * 0xed + 1 : 2 * c;
}

static int
compare_members(const void *a, const void *b)
{
	const struct json *x = *(const struct json *const *)a;
	const struct json *y = *(const struct json *const *)b;
	size_t n = x->key_len < y->key_len ? x->key_len : y->key_len;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)x->key[i];
		unsigned char d = (unsigned char)y->key[i];

		if (c != d)
			return unit_order(c) != unit_order(d) ?
			    unit_order(c) - unit_order(d) : c - d;
	}
	return (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

/* The members in order, ended by NULL. */
static const struct json **
sorted_members(struct arena *arena, const struct json *object)
{
	size_t n = 0;

	for (const struct json *m = object->child; m != NULL; m = m->next)
		n++;
	const struct json **list = arena_alloc(arena, (n + 1) * sizeof(*list));
	n = 0;
	for (const struct json *m = object->child; m != NULL; m = m->next)
		list[n++] = m;
	qsort(list, n, sizeof(*list), compare_members);
	return list;
}

static bool
is_key(const struct json *member, const char *key)
{
	return member->key_len == strlen(key) &&
	    memcmp(member->key, key, member->key_len) == 0;
}

/* The two members that are no part of what is hashed. */
static bool
is_checksum(const struct json *member)
{
	return is_key(member, "checksum") || is_key(member, "checksumMethod");
}

/* What a walk through a value takes along. */
struct writer {
	struct arena	*arena;
	struct buf	*out;
	struct jsonw	 w;
};

static void	write_value(struct writer *, const struct json *);

static void
write_members(struct writer *wr, const struct json *object, bool top)
{
	const struct json **list = sorted_members(wr->arena, object);

	jsonw_object(&wr->w, NULL);
	for (; *list != NULL; list++) {
		if (top && is_checksum(*list))
			continue;
		/* A name may hold a NUL, so it is written like a text. */
		jsonw_textn(&wr->w, NULL, (*list)->key, (*list)->key_len);
		buf_putc(wr->out, ':');
		wr->w.comma = false;
		write_value(wr, *list);
	}
	jsonw_end_object(&wr->w);
}

/* As deep as json_parse went, which has a limit. */
static void
write_value(struct writer *wr, const struct json *v)
{
	switch (v->kind) {
	case JSON_OBJECT:
		write_members(wr, v, false);
		break;
	case JSON_ARRAY:
		jsonw_array(&wr->w, NULL);
		for (const struct json *e = v->child; e != NULL; e = e->next)
			write_value(wr, e);
		jsonw_end_array(&wr->w);
		break;
	case JSON_STRING:
		jsonw_textn(&wr->w, NULL, v->text, v->len);
		break;
	case JSON_NUMBER:
		jsonw_raw(&wr->w, NULL, "", 0);
		write_number(wr->out, wr->arena, v->raw);
		break;
	case JSON_NULL:
	case JSON_FALSE:
	case JSON_TRUE:
		jsonw_raw(&wr->w, NULL, v->raw.p, v->raw.n);
		break;
	}
}

void
clickpesa_canonical(struct arena *arena, const struct json *object,
    struct buf *out)
{
	struct writer wr = { .arena = arena, .out = out };

	jsonw_init(&wr.w, out);
	write_members(&wr, object, true);
}

/* The code point of a sequence that is known to be UTF-8. */
static unsigned
code_point(const char *s, size_t len)
{
	unsigned code = (unsigned char)s[0];

	if (len > 1)
		code &= 0x7fu >> len;
	for (size_t i = 1; i < len; i++)
		code = code << 6 | ((unsigned char)s[i] & 0x3f);
	return code;
}

/* The text with everything escaped that is not printable ASCII. */
static void
escape_ascii(const struct buf *text, struct buf *out)
{
	size_t len;

	for (size_t i = 0; i < text->len; i += len) {
		len = utf8_length(text->data + i, text->len - i);
		unsigned code = code_point(text->data + i, len);
		if (code < 0x7f)
			buf_putc(out, (char)code);
		else if (code < 0x10000)
			buf_printf(out, "\\u%04x", code);
		else
			buf_printf(out, "\\u%04x\\u%04x",
			    0xd800 + ((code - 0x10000) >> 10),
			    0xdc00 + (code & 0x3ff));
	}
}

/* ------------------------------------------------------ the checksum */

void
clickpesa_checksum(struct arena *arena, const struct json *object,
    const char *key, char hex[SHA256_HEX_SIZE])
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	clickpesa_canonical(arena, object, &text);
	sig_hmac_hex(key, strlen(key), buf_str(&text), text.len, hex);
	buf_free(&text);
}

bool
clickpesa_checksum_legacy(struct arena *arena, const struct json *object,
    const char *key, char hex[SHA256_HEX_SIZE])
{
	const struct json **list = sorted_members(arena, object);
	struct buf text;
	bool flat = true;

	buf_init(&text, TEXT_MAX);
	for (; flat && *list != NULL; list++) {
		const struct json *m = *list;

		if (is_checksum(m))
			continue;
		if (m->kind == JSON_STRING)
			buf_add(&text, m->text, m->len);
		else if (m->kind == JSON_NUMBER)
			write_number(&text, arena, m->raw);
		else if (m->kind == JSON_TRUE || m->kind == JSON_FALSE)
			buf_add(&text, m->raw.p, m->raw.n);
		else
			flat = false;
	}
	sig_hmac_hex(key, strlen(key), buf_str(&text), text.len, hex);
	buf_free(&text);
	return flat;
}

static bool
matches(const struct buf *text, const char *key, const char *given)
{
	uint8_t mac[SHA256_SIZE];

	sig_hmac(key, strlen(key), buf_str(text), text->len, mac);
	bool same = !text->failed && sig_hex_equal(mac, given, strlen(given));
	sig_wipe(mac, sizeof(mac));
	return same;
}

enum clickpesa_verdict
clickpesa_verify(struct arena *arena, const struct json *object,
    const char *key, const char *header)
{
	const struct json *method = json_get(object, "checksumMethod");
	const char *given = json_text(object, "checksum");
	struct buf text, ascii;

	if (json_get(object, "checksum") == NULL)
		given = header;
	if (given == NULL || *given == '\0')
		return CLICKPESA_MISSING;
	const char *name = json_text(object, "checksumMethod");
	if (method != NULL && (name == NULL || strcmp(name, "canonical") != 0))
		return CLICKPESA_WRONG;

	buf_init(&text, TEXT_MAX);
	buf_init(&ascii, TEXT_MAX);
	clickpesa_canonical(arena, object, &text);
	bool good = matches(&text, key, given);
	if (!good) {
		escape_ascii(&text, &ascii);
		good = matches(&ascii, key, given);
	}
	buf_free(&ascii);
	buf_free(&text);
	return good ? CLICKPESA_GOOD : CLICKPESA_WRONG;
}
