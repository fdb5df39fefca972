/* SPDX-License-Identifier: ISC */
/* test-json.c - the strict reader and the writer of JSON. */
#include "test.h"

#include <string.h>

#include "json.h"

static struct arena *arena;
static struct buf buf;
static struct jsonw w;

static int
setup(void **state)
{
	(void)state;
	arena = arena_new();
	buf_init(&buf, 1 << 22);
	jsonw_init(&w, &buf);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_free(&buf);
	arena_free(arena);
	return 0;
}

/*
 * The text is put where nothing follows it, so that the sanitizer sees a
 * reader that goes on.
 */
static struct json *
parsen(const char *text, size_t n, const char **why)
{
	char *copy = arena_alloc(arena, n);

	memcpy(copy, text, n);
	return json_parse(arena, copy, n, why);
}

static const struct json *
parse(const char *text)
{
	const char *why = NULL;
	const struct json *v = parsen(text, strlen(text), &why);

	if (v == NULL)
		fail_msg("%s: %s", text, why);
	return v;
}

static void
assert_refuses(const char *text, const char *expected)
{
	const char *why = NULL;

	if (parsen(text, strlen(text), &why) != NULL)
		fail_msg("accepted: %s", text);
	assert_string_equal(why, expected);
}

static void
assert_refuses_all(const char *const *texts, size_t n, const char *expected)
{
	for (size_t i = 0; i < n; i++)
		assert_refuses(texts[i], expected);
}

#define REFUSES_ALL(v, why) assert_refuses_all(v, sizeof(v) / sizeof(*(v)), why)

static void
assert_raw(const struct json *v, const char *spelling)
{
	assert_int_equal(v->raw.n, strlen(spelling));
	assert_memory_equal(v->raw.p, spelling, v->raw.n);
}

static void
assert_written(const char *text)
{
	assert_false(buf.failed);
	assert_string_equal(buf_str(&buf), text);
}

/* n opening brackets and as many closing ones. */
static const char *
nested(size_t n)
{
	char *text = arena_alloc(arena, 2 * n + 1);

	memset(text, '[', n);
	memset(text + n, ']', n);
	return text;
}

static void
reads_every_kind(void **state)
{
	static const struct { const char *text; enum json_kind kind; } v[] = {
		{ "null", JSON_NULL },
		{ "false", JSON_FALSE },
		{ "true", JSON_TRUE },
		{ "0", JSON_NUMBER },
		{ "\"\"", JSON_STRING },
		{ "[]", JSON_ARRAY },
		{ "{}", JSON_OBJECT },
		{ " \t\r\n{ \n} ", JSON_OBJECT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(parse(v[i].text)->kind, v[i].kind);
		assert_null(parse(v[i].text)->key);
		assert_null(parse(v[i].text)->child);
	}
}

static void
reads_members_in_their_order(void **state)
{
	const struct json *v;

	(void)state;
	v = parse("{\"b\" : 1 , \"a\":[true,null] ,\"\":\"x\"}");

	v = v->child;
	assert_string_equal(v->key, "b");
	assert_int_equal(v->key_len, 1);
	assert_int_equal(v->kind, JSON_NUMBER);
	v = v->next;
	assert_string_equal(v->key, "a");
	assert_int_equal(v->child->kind, JSON_TRUE);
	assert_null(v->child->key);
	assert_int_equal(v->child->next->kind, JSON_NULL);
	assert_null(v->child->next->next);
	v = v->next;
	assert_string_equal(v->key, "");
	assert_string_equal(v->text, "x");
	assert_null(v->next);
}

static void
keeps_every_value_as_it_was_spelt(void **state)
{
	const struct json *v;

	(void)state;
	v = parse(" { \"n\" : 1.10 , \"big\":12345678901234567890,"
	    "\"s\":\"\\u00e9\\/\", \"o\": {\"x\": [ 1 , 2 ]} , \"t\":true } ");

	assert_raw(json_get(v, "n"), "1.10");
	assert_raw(json_get(v, "big"), "12345678901234567890");
	assert_raw(json_get(v, "s"), "\"\\u00e9\\/\"");
	assert_raw(json_get(v, "o"), "{\"x\": [ 1 , 2 ]}");
	assert_raw(json_get(v, "t"), "true");
	assert_int_equal(v->raw.p[0], '{');
	assert_int_equal(v->raw.p[v->raw.n - 1], '}');
}

static void
reads_numbers_of_the_grammar(void **state)
{
	static const char *const good[] = {
		"0", "-0", "1", "-1", "10", "0.0", "-0.5", "1e5", "1E5",
		"1e+5", "1e-5", "0e0", "1.5e300", "1e+21", "1e-7",
		"0.30000000000000004", "99999999999999999999999999",
		"1e99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct json *v = parse(good[i]);

		assert_int_equal(v->kind, JSON_NUMBER);
		assert_raw(v, good[i]);
	}
}

static void
refuses_other_numbers(void **state)
{
	static const char *const malformed[] = {
		"-a", "1.a", "[1.]", "[1e]", "[1e+]", "-.5", "[-]", "-Infinity",
		"1.e5",
	};
	static const char *const followed[] = {
		"01", "-01", "00", "0x10", "1a", "1_000", "1 2", "1.5.5",
		"1e5e5", "1e5.5", "1-1",
	};
	static const char *const unknown[] = {
		"+1", ".5", "NaN", "Infinity", "'1'", "\xef\xbc\x91",
	};

	(void)state;
	REFUSES_ALL(malformed, "a number is malformed");
	REFUSES_ALL(followed, "more text follows the value");
	REFUSES_ALL(unknown, "a value was expected");
	assert_refuses("[01]", "a comma was expected");
}

static void
decodes_escapes(void **state)
{
	const struct json *v;

	(void)state;
	v = parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"");
	assert_string_equal(v->text, "\"\\/\b\f\n\r\t");
	assert_int_equal(v->len, 8);
	assert_string_equal(parse("\"\\u0041\\u00e9\\u00E9\"")->text,
	    "A\xc3\xa9\xc3\xa9");
	assert_string_equal(parse("\"\\u007f\\u0080\\u07ff\\u0800\"")->text,
	    "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80");
	assert_string_equal(parse("\"\\ud7ff\\ue000\\uffff\"")->text,
	    "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf");
}

static void
joins_escaped_surrogates(void **state)
{
	(void)state;
	assert_string_equal(parse("\"\\ud83d\\ude00\"")->text,
	    "\xf0\x9f\x98\x80");
	assert_string_equal(parse("\"\\ud800\\udc00\"")->text,
	    "\xf0\x90\x80\x80");
	assert_string_equal(parse("\"\\uDBFF\\uDFFF\"")->text,
	    "\xf4\x8f\xbf\xbf");
}

static void
refuses_surrogates_alone(void **state)
{
	static const char *const alone[] = {
		"\"\\ud800\"", "\"\\udbff\"", "\"\\udc00\"", "\"\\udfff\"",
		"\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\ud800\\ud800\"",
		"\"\\ud800\\u0041\"", "\"\\ude00\\ud83d\"",
		"\"\\udc00\\udc00\"",
		"\"\\ud800\\ue000\"", "\"\\ud800\\u00\"", "\"\\ud800\\\"\"",
	};

	(void)state;
	REFUSES_ALL(alone, "an escaped surrogate stands alone");
}

static void
refuses_other_escapes(void **state)
{
	static const char *const bad[] = {
		"\"\\a\"", "\"\\v\"", "\"\\0\"", "\"\\x41\"", "\"\\'\"",
		"\"\\U0041\"", "\"\\u\"", "\"\\u004\"", "\"\\u004g\"",
		"\"\\u-041\"", "\"\\u 041\"", "\"\\\n\"", "\"\\\xc3\xa9\"",
	};

	(void)state;
	REFUSES_ALL(bad, "an escape is malformed");
}

static void
allows_an_escaped_nul(void **state)
{
	const struct json *v;

	(void)state;
	v = parse("{\"s\":\"a\\u0000b\"}");

	assert_int_equal(json_get(v, "s")->len, 3);
	assert_memory_equal(json_get(v, "s")->text, "a\0b", 4);
	assert_null(json_text(v, "s"));
}

static void
refuses_raw_control_characters(void **state)
{
	char text[] = "\"a?b\"";
	const char *why;

	(void)state;
	for (char c = 0; c < 0x20; c++) {
		text[2] = c;
		assert_null(parsen(text, 5, &why));
		assert_string_equal(why, "a string holds a control character");
	}
	text[2] = 0x7f;
	assert_non_null(parsen(text, 5, &why));
}

static void
refuses_nul_bytes_outside_strings(void **state)
{
	const char *why;

	(void)state;
	assert_null(parsen("\0", 1, &why));
	assert_string_equal(why, "a value was expected");
	assert_null(parsen("{}\0", 3, &why));
	assert_string_equal(why, "more text follows the value");
	assert_null(parsen("[1\0]", 4, &why));
	assert_string_equal(why, "a comma was expected");
}

static void
reads_utf8_to_its_borders(void **state)
{
	static const char *const good[] = {
		"\"\x7f\"", "\"\xc2\x80\"", "\"\xdf\xbf\"", "\"\xe0\xa0\x80\"",
		"\"\xed\x9f\xbf\"", "\"\xee\x80\x80\"", "\"\xef\xbf\xbf\"",
		"\"\xf0\x90\x80\x80\"", "\"\xf4\x8f\xbf\xbf\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct json *v = parse(good[i]);

		assert_int_equal(v->len, strlen(good[i]) - 2);
		assert_memory_equal(v->text, good[i] + 1, v->len);
	}
}

static void
refuses_what_is_not_utf8(void **state)
{
	static const char *const bad[] = {
		/* Stray, overlong, surrogates, too large, cut off, Latin-1. */
		"\"\x80\"", "\"\xbf\"", "\"a\xc3\xa9\xa9\"",
		"\"\xc0\x80\"", "\"\xc1\xbf\"", "\"\xe0\x80\x80\"",
		"\"\xe0\x9f\xbf\"", "\"\xf0\x80\x80\x80\"",
		"\"\xf0\x8f\xbf\xbf\"",
		"\"\xed\xa0\x80\"", "\"\xed\xbf\xbf\"",
		"\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"",
		"\"\xf8\x88\x80\x80\x80\"", "\"\xfe\"", "\"\xff\"",
		"\"\xc3\"", "\"\xe2\x82\"", "\"\xf0\x9f\x98\"", "\"\xc3x\"",
		"\"\xe9t\xe9\"",
		"{\"\xff\":1}",
	};

	(void)state;
	REFUSES_ALL(bad, "a string is not UTF-8");
}

static void
refuses_a_byte_order_mark(void **state)
{
	(void)state;
	assert_refuses("\xef\xbb\xbf{}",
	    "the text begins with a byte order mark");
	assert_refuses("\xff\xfe{", "a value was expected");
}

static void
refuses_an_empty_text(void **state)
{
	const char *why;

	(void)state;
	assert_refuses("", "the text is empty");
	assert_refuses(" \r\n\t", "the text is empty");
	assert_null(json_parse(arena, NULL, 0, &why));
	assert_string_equal(why, "the text is empty");
	assert_null(json_parse(arena, NULL, 0, NULL));
}

static void
refuses_text_after_the_value(void **state)
{
	static const char *const bad[] = {
		"{}x", "{}{}", "{} {}", "[]]", "1,", "null null", "\"\"\"",
		"truefalse", "true1", "{}\f", "{}\xc2\xa0", "{}//", "{};",
	};

	(void)state;
	REFUSES_ALL(bad, "more text follows the value");
}

static void
refuses_a_text_cut_off_anywhere(void **state)
{
	static const char whole[] = "{\"a\":[1.5e-3,\"\\u00e9\\ud83d\\ude00\","
	    "\"\xf0\x9f\x98\x80\",true,false,null,{\"b\":{}},[]],\"c\":-0}";
	const char *why;

	(void)state;
	assert_non_null(parsen(whole, sizeof(whole) - 1, &why));
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		why = NULL;
		assert_null(parsen(whole, n, &why));
		assert_non_null(why);
	}
}

static void
says_where_the_text_ends_too_early(void **state)
{
	static const char *const cut[] = {
		"[", "[1", "[1,", "{", "{\"a\"", "{\"a\":", "{\"a\":1",
		"{\"a\":1,", "\"", "\"a", "\"\\", "\"\\\"", "{\"a",
	};

	(void)state;
	REFUSES_ALL(cut, "the text ends too early");
}

static void
refuses_other_punctuation(void **state)
{
	static const char *const value[] = {
		"]", "}", ",", ":", "[,]", "[1,]", "[,1]", "[1,,2]", "{\"a\":}",
		"{\"a\":,}", "[}", "tru", "True", "nul", "fals", "undefined",
		"'a'", "/**/1", "//\n1", "\f1", "\v1",
	};
	static const char *const comma[] = {
		"[1 2]", "[1}", "{\"a\":1]", "{\"a\":1 \"b\":2}", "[1:2]",
		"{\"a\":1/**/}",
	};
	static const char *const name[] = {
		"{,}", "{1:2}", "{a:1}", "{'a':1}", "{\"a\":1,}", "{]",
		"{null:1}", "{\"a\":1,,\"b\":2}", "{[]:1}",
	};
	static const char *const colon[] = {
		"{\"a\"}", "{\"a\",1}", "{\"a\" 1}", "{\"a\"=1}",
		"{\"a\"\"b\"}",
	};

	(void)state;
	REFUSES_ALL(value, "a value was expected");
	REFUSES_ALL(comma, "a comma was expected");
	REFUSES_ALL(name, "a member name was expected");
	REFUSES_ALL(colon, "a colon was expected");
}

static void
allows_nesting_to_the_limit(void **state)
{
	(void)state;
	assert_non_null(parse(nested(JSON_DEPTH_MAX)));
	/* Neighbours do not add up. */
	assert_non_null(parse("[[[[]]],[[[]]],[[[]]],[[[]]],[[[]]],[[[]]],"
	    "[[[]]],[[[]]],[[[]]],[[[]]],[[[]]],[[[]]],[[[]]],[[[]]]]"));
}

static void
refuses_nesting_past_the_limit(void **state)
{
	(void)state;
	assert_refuses(nested(JSON_DEPTH_MAX + 1),
	    "the text is nested too deeply");
	assert_refuses(nested(500000), "the text is nested too deeply");
	assert_refuses(arena_printf(arena, "{\"a\":%s}",
	    nested(JSON_DEPTH_MAX)), "the text is nested too deeply");
}

static void
refuses_duplicate_keys(void **state)
{
	static const char *const bad[] = {
		"{\"a\":1,\"a\":1}",
		"{\"a\":1,\"b\":2,\"a\":3}",
		"{\"a\":1,\"\\u0061\":2}",
		"{\"\\u0061\":1,\"a\":2}",
		"{\"\xc3\xa9\":1,\"\\u00E9\":2}",
		"{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}",
		"{\"/\":1,\"\\/\":2}",
		"{\"\":1,\"\":2}",
		"{\"\\u0000\":1,\"\\u0000\":2}",
		"[{\"x\":{\"a\":1,\"bb\":2,\"c\":3,\"bb\":4}}]",
	};

	(void)state;
	REFUSES_ALL(bad, "an object has a member twice");
}

static void
tells_similar_keys_apart(void **state)
{
	(void)state;
	assert_non_null(parse("{\"a\":1,\"A\":2,\"aa\":3,\"\":4,\"a \":5}"));
	assert_non_null(parse("{\"a\\u0000\":1,\"a\":2,\"a\\u0000b\":3}"));
	assert_non_null(parse("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}"));
	/* Composed and decomposed: different code points, different keys. */
	assert_non_null(parse("{\"\\u00e9\":1,\"e\\u0301\":2}"));
}

/* With each compared with each, this would be ten thousand million pairs. */
static void
reads_a_hundred_thousand_keys_in_no_time(void **state)
{
	const char *why = NULL;
	const struct json *v;

	(void)state;
	jsonw_object(&w, NULL);
	for (int i = 0; i < 100000; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "%06x", i * 7);
		jsonw_int(&w, key, i);
	}
	jsonw_end_object(&w);
	assert_false(buf.failed);

	v = json_parse(arena, buf.data, buf.len, &why);

	assert_non_null(v);
	assert_string_equal(v->child->key, "000000");
	/* The same with its first member once more at the end. */
	buf.data[buf.len - 1] = ',';
	buf_puts(&buf, "\"000000\":0}");
	assert_null(json_parse(arena, buf.data, buf.len, &why));
	assert_string_equal(why, "an object has a member twice");
}

static void
finds_members_by_name(void **state)
{
	const struct json *v;

	(void)state;
	v = parse("{\"a\":1,\"\\u0062\":\"two\",\"c\\u0000\":3,\"e\":\"\"}");

	assert_raw(json_get(v, "a"), "1");
	assert_string_equal(json_text(v, "b"), "two");
	assert_string_equal(json_text(v, "e"), "");
	assert_null(json_get(v, "c"));
	assert_null(json_get(v, "d"));
	assert_null(json_get(v, ""));
}

static void
finds_nothing_where_there_is_no_object(void **state)
{
	int64_t n = 5;

	(void)state;
	assert_null(json_get(NULL, "a"));
	assert_null(json_get(parse("[\"a\"]"), "a"));
	assert_null(json_get(parse("\"a\""), "a"));
	assert_null(json_text(NULL, "a"));
	assert_null(json_text(parse("[]"), "a"));
	assert_false(json_int(NULL, "a", &n));
	assert_false(json_int(parse("{}"), "a", &n));
	assert_int_equal(n, 5);
}

static void
finds_no_text_in_other_kinds(void **state)
{
	const struct json *v;

	(void)state;
	v = parse("{\"n\":1,\"z\":null,\"o\":{},\"a\":[\"x\"],\"t\":true}");

	assert_null(json_text(v, "n"));
	assert_null(json_text(v, "z"));
	assert_null(json_text(v, "o"));
	assert_null(json_text(v, "a"));
	assert_null(json_text(v, "t"));
}

static void
reads_integers(void **state)
{
	static const struct { const char *text; int64_t n; } v[] = {
		{ "{\"n\":0}", 0 },
		{ "{\"n\":-0}", 0 },
		{ "{\"n\":42}", 42 },
		{ "{\"n\":-42}", -42 },
		{ "{\"n\":9223372036854775807}", INT64_MAX },
		{ "{\"n\":-9223372036854775808}", INT64_MIN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		int64_t n = 5;

		assert_true(json_int(parse(v[i].text), "n", &n));
		assert_true(n == v[i].n);
	}
}

static void
refuses_what_is_not_spelt_as_an_integer(void **state)
{
	static const char *const bad[] = {
		"{\"n\":1.0}", "{\"n\":1e2}", "{\"n\":1E0}", "{\"n\":\"1\"}",
		"{\"n\":null}", "{\"n\":true}", "{\"n\":[1]}",
		"{\"n\":9223372036854775808}", "{\"n\":-9223372036854775809}",
		"{\"n\":99999999999999999999999}",
		"{\"n\":18446744073709551617}",
	};
	int64_t n = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(json_int(parse(bad[i]), "n", &n));
	assert_int_equal(n, 5);
}

static void
names_the_kinds_as_zod_does(void **state)
{
	(void)state;
	assert_string_equal(json_kind_name(JSON_NULL), "null");
	assert_string_equal(json_kind_name(JSON_FALSE), "boolean");
	assert_string_equal(json_kind_name(JSON_TRUE), "boolean");
	assert_string_equal(json_kind_name(JSON_NUMBER), "number");
	assert_string_equal(json_kind_name(JSON_STRING), "string");
	assert_string_equal(json_kind_name(JSON_ARRAY), "array");
	assert_string_equal(json_kind_name(JSON_OBJECT), "object");
}

static void
writes_members_in_the_order_of_the_calls(void **state)
{
	(void)state;
	jsonw_object(&w, NULL);
	jsonw_text(&w, "error", "Validation failed");
	jsonw_object(&w, "details");
	jsonw_array(&w, "formErrors");
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	jsonw_null(&w, "z");
	jsonw_bool(&w, "t", true);
	jsonw_bool(&w, "f", false);
	jsonw_end_object(&w);

	assert_written("{\"error\":\"Validation failed\","
	    "\"details\":{\"formErrors\":[]},\"z\":null,\"t\":true,"
	    "\"f\":false}");
}

static void
writes_elements_without_names(void **state)
{
	(void)state;
	jsonw_array(&w, NULL);
	jsonw_int(&w, NULL, INT64_MIN);
	jsonw_object(&w, NULL);
	jsonw_end_object(&w);
	jsonw_object(&w, NULL);
	jsonw_int(&w, "n", INT64_MAX);
	jsonw_end_object(&w);
	jsonw_end_array(&w);

	assert_written("[-9223372036854775808,{},{\"n\":9223372036854775807}]");
}

static void
writes_null_where_there_is_no_text(void **state)
{
	(void)state;
	jsonw_array(&w, NULL);
	jsonw_text(&w, NULL, NULL);
	jsonw_textn(&w, NULL, NULL, 0);
	jsonw_raw(&w, NULL, NULL, 0);
	jsonw_text(&w, NULL, "");
	jsonw_end_array(&w);

	assert_written("[null,null,null,\"\"]");
}

static void
escapes_what_must_not_stand_in_a_string(void **state)
{
	(void)state;
	jsonw_object(&w, NULL);
	jsonw_text(&w, "k\"\n", "\"\\/\b\f\n\r\t\x01\x1f\x7f");
	jsonw_textn(&w, "n", "a\0b", 3);
	jsonw_end_object(&w);

	assert_written("{\"k\\\"\\n\":\"\\\"\\\\/\\b\\f\\n\\r\\t"
	    "\\u0001\\u001f\x7f\",\"n\":\"a\\u0000b\"}");
}

static void
writes_utf8_as_it_is(void **state)
{
	(void)state;
	jsonw_text(&w, NULL, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");

	assert_written("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

static void
replaces_what_is_not_utf8(void **state)
{
	(void)state;
	jsonw_text(&w, NULL, "a\xff" "b\xc3");
	assert_written("\"a\xef\xbf\xbd" "b\xef\xbf\xbd\"");

	buf_reset(&buf);
	jsonw_init(&w, &buf);
	jsonw_textn(&w, NULL, "\xe2\x82\xac", 2);
	assert_written("\"\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void
writes_raw_text_as_it_is(void **state)
{
	(void)state;
	jsonw_object(&w, NULL);
	jsonw_raw(&w, "meta", "{ \"a\": 1.10 }  ", 13);
	jsonw_raw(&w, "amount", "750", 3);
	jsonw_end_object(&w);

	assert_written("{\"meta\":{ \"a\": 1.10 },\"amount\":750}");
}

static void
writes_times_with_milliseconds_in_utc(void **state)
{
	static const struct { int64_t ms; const char *text; } v[] = {
		{ 1795600800000, "\"2026-11-25T10:00:00.000Z\"" },
		{ 1, "\"1970-01-01T00:00:00.001Z\"" },
		{ 951782399999, "\"2000-02-28T23:59:59.999Z\"" },
		{ 951782400000, "\"2000-02-29T00:00:00.000Z\"" },
		{ 4107542400000, "\"2100-03-01T00:00:00.000Z\"" },
		{ 0, "null" },
		{ -1, "null" },
		{ INT64_MIN, "null" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		buf_reset(&buf);
		jsonw_init(&w, &buf);
		jsonw_time(&w, NULL, v[i].ms);
		assert_written(v[i].text);
	}
}

static void
writes_percentages_in_the_shortest_form(void **state)
{
	(void)state;
	jsonw_object(&w, NULL);
	jsonw_percent(&w, "partnerFeePercent", 35000);
	jsonw_percent(&w, "whole", 1000000);
	jsonw_percent(&w, "none", 0);
	jsonw_end_object(&w);

	assert_written("{\"partnerFeePercent\":3.5,\"whole\":100,\"none\":0}");
}

static void
a_full_buffer_is_marked(void **state)
{
	struct buf small;

	(void)state;
	buf_init(&small, 5);
	jsonw_init(&w, &small);
	jsonw_text(&w, NULL, "four");

	assert_true(small.failed);
	buf_free(&small);
}

static const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	TEST(reads_every_kind),
	TEST(reads_members_in_their_order),
	TEST(keeps_every_value_as_it_was_spelt),
	TEST(reads_numbers_of_the_grammar),
	TEST(refuses_other_numbers),
	TEST(decodes_escapes),
	TEST(joins_escaped_surrogates),
	TEST(refuses_surrogates_alone),
	TEST(refuses_other_escapes),
	TEST(allows_an_escaped_nul),
	TEST(refuses_raw_control_characters),
	TEST(refuses_nul_bytes_outside_strings),
	TEST(reads_utf8_to_its_borders),
	TEST(refuses_what_is_not_utf8),
	TEST(refuses_a_byte_order_mark),
	TEST(refuses_an_empty_text),
	TEST(refuses_text_after_the_value),
	TEST(refuses_a_text_cut_off_anywhere),
	TEST(says_where_the_text_ends_too_early),
	TEST(refuses_other_punctuation),
	TEST(allows_nesting_to_the_limit),
	TEST(refuses_nesting_past_the_limit),
	TEST(refuses_duplicate_keys),
	TEST(tells_similar_keys_apart),
	TEST(reads_a_hundred_thousand_keys_in_no_time),
	TEST(finds_members_by_name),
	TEST(finds_nothing_where_there_is_no_object),
	TEST(finds_no_text_in_other_kinds),
	TEST(reads_integers),
	TEST(refuses_what_is_not_spelt_as_an_integer),
	TEST(names_the_kinds_as_zod_does),
	TEST(writes_members_in_the_order_of_the_calls),
	TEST(writes_elements_without_names),
	TEST(writes_null_where_there_is_no_text),
	TEST(escapes_what_must_not_stand_in_a_string),
	TEST(writes_utf8_as_it_is),
	TEST(replaces_what_is_not_utf8),
	TEST(writes_raw_text_as_it_is),
	TEST(writes_times_with_milliseconds_in_utc),
	TEST(writes_percentages_in_the_shortest_form),
	TEST(a_full_buffer_is_marked),
};

TEST_MAIN("json", tests)
