/* SPDX-License-Identifier: ISC */
/*
 * fuzz-json.c - what json_parse takes can be written again.
 *
 * The value is written with jsonw_ and read back: the two must be equal, and
 * every raw slice must be a JSON text of its own.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buf.h"
#include "json.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(bool good)
{
	if (!good)
		abort();
}

static void
write_value(struct jsonw *w, const struct json *v)
{
	switch (v->kind) {
	case JSON_NULL:
	case JSON_FALSE:
	case JSON_TRUE:
	case JSON_NUMBER:
		jsonw_raw(w, v->key, v->raw.p, v->raw.n);
		return;
	case JSON_STRING:
		jsonw_textn(w, v->key, v->text, v->len);
		return;
	case JSON_ARRAY:
		jsonw_array(w, v->key);
		for (const struct json *m = v->child; m != NULL; m = m->next)
			write_value(w, m);
		jsonw_end_array(w);
		return;
	case JSON_OBJECT:
		jsonw_object(w, v->key);
		for (const struct json *m = v->child; m != NULL; m = m->next)
			write_value(w, m);
		jsonw_end_object(w);
		return;
	}
}

/* The writer takes names as C strings and cannot write one with a NUL. */
static bool
has_nul_name(const struct json *v)
{
	if (v->key != NULL && strlen(v->key) != v->key_len)
		return true;
	for (const struct json *m = v->child; m != NULL; m = m->next)
		if (has_nul_name(m))
			return true;
	return false;
}

static void
check_equal(const struct json *a, const struct json *b)
{
	check(a->kind == b->kind && (a->key == NULL) == (b->key == NULL));
	check(a->key_len == b->key_len && a->len == b->len);
	check(a->key == NULL || memcmp(a->key, b->key, a->key_len) == 0);
	check(a->text == NULL || memcmp(a->text, b->text, a->len) == 0);
	check(a->kind != JSON_NUMBER || (a->raw.n == b->raw.n &&
	    memcmp(a->raw.p, b->raw.p, a->raw.n) == 0));
	for (a = a->child, b = b->child; a != NULL; a = a->next, b = b->next) {
		check(b != NULL);
		check_equal(a, b);
	}
	check(b == NULL);
}

static void
check_raw(struct arena *arena, const struct json *v, struct slice within)
{
	check(v->raw.p >= within.p && v->raw.n > 0 &&
	    v->raw.p + v->raw.n <= within.p + within.n);
	check(json_parse(arena, v->raw.p, v->raw.n, NULL) != NULL);
	for (const struct json *m = v->child; m != NULL; m = m->next)
		check_raw(arena, m, v->raw);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *arena = arena_new();
	const char *why = NULL;
	const struct slice text = { (const char *)data, n };
	const struct json *v = json_parse(arena, text.p, text.n, &why);
	struct buf b;
	struct jsonw w;

	check((v == NULL) == (why != NULL));
	buf_init(&b, 8 * n + 8);
	if (v != NULL) {
		check_raw(arena, v, text);
		jsonw_init(&w, &b);
		write_value(&w, v);
		check(!b.failed);

		const struct json *again = json_parse(arena, buf_str(&b),
		    b.len, NULL);

		if (!has_nul_name(v)) {
			check(again != NULL);
			check_equal(v, again);
		}
	}
	buf_free(&b);
	arena_free(arena);
	return 0;
}
