/* SPDX-License-Identifier: ISC */
/* test-field.c - fields by table, and the words in which they are refused. */
#include "field.h"

#include <stdlib.h>
#include <string.h>

#include "cgi.h"
#include "request.h"
#include "test.h"

/* One input for all kinds. */
struct input {
	const char	*text;
	const char	*choice;
	char		 currency[4];
	struct amount	 amount;
	struct slice	 object;
	int64_t		 number;
	const char *const *texts;
};

#define AT(member) .offset = offsetof(struct input, member)

static const char *const colours[] = { "red", "green", "blue", NULL };

static struct arena *arena;
static struct request rq;
static struct input input;

static int
begin(void **state)
{
	(void)state;
	memset(&rq, 0, sizeof(rq));
	arena = rq.arena = arena_new();
	buf_init(&rq.details, 64 * 1024);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	buf_free(&rq.details);
	arena_free(arena);
	return 0;
}

static const struct fault *
post(const struct field *fields, const char *body)
{
	const char *why = NULL;

	memset(&input, 0, sizeof(input));
	rq.method = METHOD_POST;
	rq.json = json_parse(arena, body, strlen(body), &why);
	if (rq.json == NULL)
		fail_msg("%s: %s", body, why);
	return field_read(&rq, fields, &input);
}

/* Reads one field from {"x":VALUE}; what is said of it, or NULL. */
static const char *
complaint_of(const struct field *field, const char *value)
{
	const struct field fields[] = { *field, { .name = NULL } };
	const struct fault *fault = post(fields, value != NULL ?
	    arena_printf(arena, "{\"x\":%s}", value) : "{}");
	const char *why;

	if (fault == NULL) {
		assert_int_equal(rq.details.len, 0);
		return NULL;
	}
	assert_ptr_equal(fault, &FAULT_VALIDATION);
	const struct json *details = json_parse(arena, rq.details.data,
	    rq.details.len, &why);
	const struct json *list = json_get(json_get(details, "fieldErrors"),
	    "x");
	assert_non_null(list);
	assert_null(list->child->next);
	return list->child->text;
}

static void
assert_says(const struct field *field, const char *value,
    const char *expected)
{
	const char *said = complaint_of(field, value);

	if (said == NULL)
		fail_msg("accepted: %s", value != NULL ? value : "nothing");
	assert_string_equal(said, expected);
}

static void
assert_takes(const struct field *field, const char *value)
{
	const char *said = complaint_of(field, value);

	if (said != NULL)
		fail_msg("%s: %s", value != NULL ? value : "nothing", said);
}

static void
texts_are_counted_in_characters(void **state)
{
	static const struct field f = { "x", FIELD_TEXT, true, AT(text),
	    .min = 3, .max = 5 };

	(void)state;
	assert_takes(&f, "\"abc\"");
	assert_string_equal(input.text, "abc");
	assert_takes(&f, "\"abcde\"");
	assert_takes(&f, "\"\\u00e9\\u20ac\\ud83d\\ude00\"");
	assert_string_equal(input.text, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	assert_says(&f, NULL, "Required");
	assert_says(&f, "null", "Expected string, received null");
	assert_says(&f, "1", "Expected string, received number");
	assert_says(&f, "true", "Expected string, received boolean");
	assert_says(&f, "[]", "Expected string, received array");
	assert_says(&f, "{}", "Expected string, received object");
	assert_says(&f, "\"\"",
	    "String must contain at least 3 character(s)");
	assert_says(&f, "\"\\u20ac\\u20ac\"",
	    "String must contain at least 3 character(s)");
	assert_says(&f, "\"abcdef\"",
	    "String must contain at most 5 character(s)");
	assert_says(&f, "\"ab\\u0000c\"", "String must not contain NUL");
}

static void
optional_fields_may_be_absent_or_null(void **state)
{
	static const struct field text = { "x", FIELD_TEXT, .max = 5,
	    AT(text) };
	static const struct field percent = { "x", FIELD_PERCENT,
	    AT(number) };
	static const struct field cents = { "x", FIELD_CENTS, .max = 10,
	    AT(number) };
	static const struct field integer = { "x", FIELD_INTEGER,
	    AT(number), .max = 10, .initial = 7 };
	static const struct field time = { "x", FIELD_TIME, AT(number),
	    .initial = INT64_MAX };
	static const char *const absent[] = { NULL, "null" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_takes(&text, absent[i]);
		assert_null(input.text);
		assert_takes(&percent, absent[i]);
		assert_int_equal(input.number, -1);
		assert_takes(&cents, absent[i]);
		assert_int_equal(input.number, -1);
		assert_takes(&integer, absent[i]);
		assert_int_equal(input.number, 7);
		assert_takes(&time, absent[i]);
		assert_int_equal(input.number, INT64_MAX);
	}
	assert_says(&text, "1", "Expected string, received number");
}

static void
choices_are_listed_when_none_fits(void **state)
{
	static const struct field f = { "x", FIELD_CHOICE, true, AT(choice),
	    .choices = colours };

	(void)state;
	assert_takes(&f, "\"green\"");
	assert_ptr_equal(input.choice, colours[1]);
	assert_says(&f, "\"x\"", "Invalid enum value. Expected 'red' | "
	    "'green' | 'blue', received 'x'");
	assert_says(&f, "\"Red\"", "Invalid enum value. Expected 'red' | "
	    "'green' | 'blue', received 'Red'");
	assert_says(&f, "\"\"", "Invalid enum value. Expected 'red' | "
	    "'green' | 'blue', received ''");
	assert_says(&f, "2", "Expected string, received number");
	assert_says(&f, NULL, "Required");
}

static void
currencies_are_three_letters_of_any_case(void **state)
{
	static const struct field f = { "x", FIELD_CURRENCY, true,
	    AT(currency) };

	(void)state;
	assert_takes(&f, "\"usd\"");
	assert_string_equal(input.currency, "USD");
	assert_takes(&f, "\"XyZ\"");
	assert_string_equal(input.currency, "XYZ");
	assert_says(&f, "\"US\"",
	    "String must contain exactly 3 character(s)");
	assert_says(&f, "\"USDT\"",
	    "String must contain exactly 3 character(s)");
	assert_says(&f, "\"U1D\"", "Invalid currency");
	assert_says(&f, "\"U D\"", "Invalid currency");
	assert_says(&f, "\"\\u00e9\\u00e9\\u00e9\"", "Invalid currency");
	assert_says(&f, "840", "Expected string, received number");
}

static const struct field money[] = {
	{ "currency", FIELD_CURRENCY, true, AT(currency) },
	{ "amount", FIELD_AMOUNT, true, AT(amount),
	  .with = offsetof(struct input, currency) },
	{ .name = NULL }
};

static void
amounts_are_major_units_of_their_currency(void **state)
{
	(void)state;
	assert_null(post(money, "{\"amount\":750.5,\"currency\":\"usd\"}"));
	assert_int_equal(input.amount.minor, 75050);
	assert_string_equal(input.amount.currency, "USD");
	assert_null(post(money, "{\"amount\":1.5e2,\"currency\":\"JPY\"}"));
	assert_int_equal(input.amount.minor, 150);
	assert_null(post(money, "{\"currency\":\"KWD\",\"amount\":0.001}"));
	assert_int_equal(input.amount.minor, 1);
	assert_null(post(money,
	    "{\"amount\":999999999.99,\"currency\":\"USD\"}"));
	assert_int_equal(input.amount.minor, INT64_C(99999999999));
}

static void
refused_amounts_are_refused_in_words(void **state)
{
	static const char *const table[][2] = {
		{ "0", "Number must be greater than 0" },
		{ "-1", "Number must be greater than 0" },
		{ "-0.0", "Number must be greater than 0" },
		{ "1e12", "Number must be less than or equal to "
		    "999999999.99" },
		{ "1000000000", "Number must be less than or equal to "
		    "999999999.99" },
		{ "1.005", "Number must have at most 2 decimal place(s) in "
		    "USD" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_ptr_equal(post(money, arena_printf(arena,
		    "{\"amount\":%s,\"currency\":\"USD\"}", table[i][0])),
		    &FAULT_VALIDATION);
		assert_string_equal(buf_str(&rq.details), arena_printf(arena,
		    "{\"fieldErrors\":{\"amount\":[\"%s\"]},"
		    "\"formErrors\":[]}", table[i][1]));
	}
	assert_ptr_equal(post(money,
	    "{\"amount\":\"750\",\"currency\":\"USD\"}"), &FAULT_VALIDATION);
	assert_non_null(strstr(buf_str(&rq.details),
	    "Expected number, received string"));
}

/* What cannot be right in any currency is said beside the wrong currency. */
static void
an_amount_of_an_unknown_unit_is_judged_as_far_as_possible(void **state)
{
	(void)state;
	post(money, "{\"amount\":0,\"currency\":\"US\"}");
	assert_string_equal(buf_str(&rq.details), "{\"fieldErrors\":{"
	    "\"currency\":[\"String must contain exactly 3 character(s)\"],"
	    "\"amount\":[\"Number must be greater than 0\"]},"
	    "\"formErrors\":[]}");
	post(money, "{\"amount\":1.00001,\"currency\":7}");
	assert_string_equal(buf_str(&rq.details), "{\"fieldErrors\":{"
	    "\"currency\":[\"Expected string, received number\"]},"
	    "\"formErrors\":[]}");
}

static void
objects_keep_their_bytes(void **state)
{
	static const struct field f = { "x", FIELD_OBJECT, false, AT(object),
	    .max = 20 };

	(void)state;
	assert_takes(&f, "{ \"a\" : 1.10 }");
	assert_int_equal(input.object.n, 14);
	assert_memory_equal(input.object.p, "{ \"a\" : 1.10 }", 14);
	assert_takes(&f, "{}");
	assert_takes(&f, NULL);
	assert_null(input.object.p);
	assert_says(&f, "[]", "Expected object, received array");
	assert_says(&f, "\"{}\"", "Expected object, received string");
	assert_takes(&f, "{\"a\":\"123456789012\"}");
	assert_says(&f, "{\"a\":\"1234567890123\"}",
	    "Object must be at most 20 bytes of JSON");
}

static void
percentages_become_parts_per_million(void **state)
{
	static const struct field f = { "x", FIELD_PERCENT, true,
	    AT(number) };

	(void)state;
	assert_takes(&f, "3.5");
	assert_int_equal(input.number, 35000);
	assert_takes(&f, "0");
	assert_int_equal(input.number, 0);
	assert_takes(&f, "100");
	assert_int_equal(input.number, 1000000);
	assert_takes(&f, "0.0001");
	assert_int_equal(input.number, 1);
	assert_says(&f, "-1", "Number must be greater than or equal to 0");
	assert_says(&f, "100.1", "Number must be less than or equal to 100");
	assert_says(&f, "0.00015",
	    "Number must have at most 4 decimal place(s)");
	assert_says(&f, "\"3\"", "Expected number, received string");
	assert_says(&f, NULL, "Required");
}

static void
flat_fees_are_dollars_within_limits(void **state)
{
	static const struct field f = { "x", FIELD_CENTS, false, AT(number),
	    .min = 0, .max = 10 };

	(void)state;
	assert_takes(&f, "0.3");
	assert_int_equal(input.number, 30);
	assert_takes(&f, "0");
	assert_int_equal(input.number, 0);
	assert_takes(&f, "0e5");
	assert_int_equal(input.number, 0);
	assert_takes(&f, "-0");
	assert_int_equal(input.number, 0);
	assert_takes(&f, "10");
	assert_int_equal(input.number, 1000);
	assert_says(&f, "10.01", "Number must be less than or equal to 10");
	assert_says(&f, "1e9", "Number must be less than or equal to 10");
	assert_says(&f, "1e99", "Number must be less than or equal to 10");
	assert_says(&f, "-0.01",
	    "Number must be greater than or equal to 0");
	assert_says(&f, "0.005",
	    "Number must have at most 2 decimal place(s) in USD");
	assert_says(&f, "true", "Expected number, received boolean");
}

static void
integers_are_whole_and_within_limits(void **state)
{
	static const struct field f = { "x", FIELD_INTEGER, false,
	    AT(number), .min = 1, .max = 500, .initial = 100 };

	(void)state;
	assert_takes(&f, "1");
	assert_takes(&f, "500");
	assert_int_equal(input.number, 500);
	assert_says(&f, "0", "Number must be greater than or equal to 1");
	assert_says(&f, "-5", "Number must be greater than or equal to 1");
	assert_says(&f, "501", "Number must be less than or equal to 500");
	assert_says(&f, "1.5", "Expected integer");
	assert_says(&f, "1e2", "Expected integer");
	assert_says(&f, "99999999999999999999", "Expected integer");
	assert_says(&f, "\"5\"", "Expected number, received string");
}

static void
times_are_read_from_texts(void **state)
{
	static const struct field f = { "x", FIELD_TIME, false, AT(number) };

	(void)state;
	assert_takes(&f, "\"2026-11-25T10:00:00Z\"");
	assert_int_equal(input.number, INT64_C(1795600800000));
	assert_says(&f, "\"yesterday\"", "Invalid datetime");
	assert_says(&f, "\"\"", "Invalid datetime");
	assert_says(&f, "5", "Expected string, received number");
}

static void
times_are_iso_8601(void **state)
{
	static const struct {
		const char	*text;
		int64_t		 ms;
	} good[] = {
		{ "1970-01-01", 0 },
		{ "1970-01-02", 86400000 },
		{ "2026-11-25", INT64_C(1795564800000) },
		{ "2026-11-25T10:00Z", INT64_C(1795600800000) },
		{ "2026-11-25T10:00:00Z", INT64_C(1795600800000) },
		{ "2026-11-25T10:00:00.123Z", INT64_C(1795600800123) },
		{ "2026-11-25T11:00:00+01:00", INT64_C(1795600800000) },
		{ "2026-11-25T04:30:00-05:30", INT64_C(1795600800000) },
		{ "2024-02-29", INT64_C(1709164800000) },
		{ "2000-02-29", INT64_C(951782400000) },
		{ "9999-12-31T23:59:59.999Z", INT64_C(253402300799999) },
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!field_parse_time(good[i].text, &ms))
			fail_msg("refused: %s", good[i].text);
		assert_int_equal(ms, good[i].ms);
	}
}

static void
other_times_are_refused(void **state)
{
	static const char *const bad[] = { "", "2", "2026", "2026-", "2026-11",
	    "2026-11-", "2026-11-2", "2026-11-25 ", " 2026-11-25",
	    "2026/11/25", "20261125", "26-11-25", "2026-00-01", "2026-13-01",
	    "2026-01-00", "2026-01-32", "2026-04-31", "2026-02-29",
	    "2100-02-29", "1969-12-31", "0000-01-01", "-2026-11-25",
	    "+2026-11-25", "2026-11-25T", "2026-11-25T1", "2026-11-25T10",
	    "2026-11-25T10:", "2026-11-25T10:00", "2026-11-25T10:00:",
	    "2026-11-25T10:00:00", "2026-11-25T10:00:00.",
	    "2026-11-25T10:00:00.1Z", "2026-11-25T10:00:00.1234Z",
	    "2026-11-25T24:00:00Z", "2026-11-25T10:60:00Z",
	    "2026-11-25T10:00:60Z", "2026-11-25T10:00:00z",
	    "2026-11-25t10:00:00Z", "2026-11-25 10:00:00Z",
	    "2026-11-25T10:00:00+", "2026-11-25T10:00:00+1",
	    "2026-11-25T10:00:00+01", "2026-11-25T10:00:00+0100",
	    "2026-11-25T10:00:00+24:00", "2026-11-25T10:00:00+01:60",
	    "2026-11-25T10:00:00Z ", "2026-11-25T10:00:00ZZ",
	    "2026-11-25Z", "2026-11-25T10:00.500Z0" };
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		/* Nothing follows the copy, so reading on is seen. */
		size_t n = strlen(bad[i]) + 1;
		char *copy = malloc(n);

		assert_non_null(copy);
		memcpy(copy, bad[i], n);
		if (field_parse_time(copy, &ms))
			fail_msg("accepted: %s", bad[i]);
		free(copy);
	}
}

static void
all_failing_fields_are_reported_at_once(void **state)
{
	static const struct field fields[] = {
		{ "name", FIELD_TEXT, true, AT(text), .min = 2, .max = 5 },
		{ "colour", FIELD_CHOICE, true, AT(choice),
		  .choices = colours },
		{ "currency", FIELD_CURRENCY, true, AT(currency) },
		{ "amount", FIELD_AMOUNT, true, AT(amount),
		  .with = offsetof(struct input, currency) },
		{ "meta", FIELD_OBJECT, false, AT(object), .max = 9 },
		{ "fee", FIELD_PERCENT, false, AT(number) },
		{ .name = NULL }
	};

	(void)state;
	assert_ptr_equal(post(fields, "{\"fee\":101,\"meta\":[],\"name\":\"x\","
	    "\"amount\":0,\"unknown\":{}}"), &FAULT_VALIDATION);
	assert_string_equal(buf_str(&rq.details), "{\"fieldErrors\":{"
	    "\"name\":[\"String must contain at least 2 character(s)\"],"
	    "\"colour\":[\"Required\"],\"currency\":[\"Required\"],"
	    "\"amount\":[\"Number must be greater than 0\"],"
	    "\"meta\":[\"Expected object, received array\"],"
	    "\"fee\":[\"Number must be less than or equal to 100\"]},"
	    "\"formErrors\":[]}");
	/* A second reading starts afresh. */
	assert_null(post(fields, "{\"name\":\"abc\",\"colour\":\"red\","
	    "\"currency\":\"USD\",\"amount\":1,\"unknown\":{}}"));
	assert_int_equal(rq.details.len, 0);
}

static void
a_body_that_is_no_object_is_a_form_error(void **state)
{
	static const char *const bodies[][2] = {
		{ "[]", "array" }, { "\"x\"", "string" }, { "1", "number" },
		{ "null", "null" }, { "true", "boolean" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		assert_ptr_equal(post(money, bodies[i][0]),
		    &FAULT_VALIDATION);
		assert_string_equal(buf_str(&rq.details), arena_printf(arena,
		    "{\"fieldErrors\":{},\"formErrors\":[\"Expected object, "
		    "received %s\"]}", bodies[i][1]));
	}
}

/* A text may carry anything, and must come out as JSON all the same. */
static void
complaints_quote_safely(void **state)
{
	static const struct field f = { "x", FIELD_CHOICE, true, AT(choice),
	    .choices = colours };
	const char *said = complaint_of(&f, "\"\\\"]}<\\n\"");

	(void)state;
	assert_non_null(strstr(said, "received '\"]}<\n'"));
	/* Not more of it than a hundred bytes. */
	char *word = arena_alloc(arena, 5003);
	memset(word, 'y', 5002);
	word[0] = word[5001] = '"';
	assert_in_range(strlen(complaint_of(&f, word)), 100, 200);
}

static void
checks_say_what_they_refuse(void **state)
{
	static const struct {
		const char	*(*check)(const char *);
		const char	*good[4];
		const char	*bad[8];
		const char	*says;
	} table[] = {
		{ field_check_markup, { "", "A & B", "caf\xc3\xa9", NULL },
		    { "<b>", "a>b", "a\nb", "a\tb", "\x7f", "\x01", NULL },
		    "Invalid: must not contain <, > or control characters" },
		{ field_check_colour, { "#fff", "#FFFFFF", "#0a1B2c", NULL },
		    { "", "fff", "#ff", "#ffff", "#ggg", "#fffffff", "red",
		    NULL }, "Invalid colour: use #rgb or #rrggbb" },
		{ field_check_url, { "http://x", "https://a.b/c?d=e#f",
		    "http://[::1]:8080/", NULL },
		    { "", "http://", "https://", "ftp://x", "http://a b",
		    "http://a\"b", "javascript:x", NULL }, "Invalid url" },
		{ field_check_email, { "a@b.c", "a.b+c@d-e.example", NULL },
		    { "", "a", "@b.c", "a@b", "a@.c", "a@b.", "a@@b.c",
		    NULL }, "Invalid email" },
		{ field_check_intent, { "pi_1", "pi_3Nabc_XYZ", NULL },
		    { "", "pi_", "pi_-", "ch_1", "PI_1", "pi_ 1",
		    "pi_\xc3\xa9", NULL }, "Invalid PaymentIntent id" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (const char *const *g = table[i].good; *g != NULL; g++)
			if (table[i].check(*g) != NULL)
				fail_msg("refused: %s", *g);
		for (const char *const *b = table[i].bad; *b != NULL; b++) {
			const char *said = table[i].check(*b);

			if (said == NULL)
				fail_msg("accepted: %s", *b);
			assert_string_equal(said, table[i].says);
		}
	}
}

static void
more_addresses_are_refused(void **state)
{
	static const char *const bad[] = { "a b@c.d", "a@b c.d", "<a@b.c>",
	    "a@b.c\n", "a\"@b.c", "a@b,c.d", "a(b)@c.d", "a@b;c.d",
	    "a\\@b.c", "a@[1.2.3.4]" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(field_check_email(bad[i]));
}

static void
a_further_rule_comes_after_the_length(void **state)
{
	static const struct field f = { "x", FIELD_TEXT, false, AT(text),
	    .max = 7, .check = field_check_colour };

	(void)state;
	assert_takes(&f, "\"#fff\"");
	assert_says(&f, "\"red\"", "Invalid colour: use #rgb or #rrggbb");
	assert_says(&f, "\"#ffffffff\"",
	    "String must contain at most 7 character(s)");
}

/* The fields that serve reads, and what came of it. */
static const struct field *list_fields;
static const struct fault *list_fault;

static void *
thread_start(void)
{
	return &rq;
}

static void
thread_end(void *thread)
{
	(void)thread;
}

static void
serve(void *thread, struct cgi *cgi)
{
	(void)thread;
	rq.cgi = cgi;
	list_fault = field_read(&rq, list_fields, &input);
}

/* Reads the parameters of a list, as a program started by CGI does. */
static const struct fault *
get(const char *query)
{
	static const struct field fields[] = {
		{ "limit", FIELD_INTEGER, false, AT(number), .min = 1,
		  .max = 500, .initial = 100 },
		{ "colour", FIELD_CHOICE, false, AT(choice),
		  .choices = colours },
		{ "q", FIELD_TEXT, false, AT(text), .min = 1, .max = 8 },
		{ .name = NULL }
	};
	static const struct cgi_server server = { thread_start, thread_end,
	    serve };

	memset(&input, 0, sizeof(input));
	if (query != NULL)
		setenv("QUERY_STRING", query, 1);
	else
		unsetenv("QUERY_STRING");
	rq.method = METHOD_GET;
	rq.json = NULL;
	list_fields = fields;
	assert_int_equal(cgi_run(&server, 1), 0);
	return list_fault;
}

static void
parameters_of_a_get_are_read_the_same_way(void **state)
{
	(void)state;
	assert_null(get("limit=5&colour=blue&q=a%20b+c%C3%A9"));
	assert_int_equal(input.number, 5);
	assert_string_equal(input.choice, "blue");
	assert_string_equal(input.text, "a b c\xc3\xa9");
	assert_null(get(NULL));
	assert_int_equal(input.number, 100);
	assert_null(input.choice);
	assert_null(get("unknown=1&limit=7&limit=8"));
	assert_int_equal(input.number, 8);
	assert_ptr_equal(get("limit=0&colour=pink&q=123456789"),
	    &FAULT_VALIDATION);
	assert_string_equal(buf_str(&rq.details), "{\"fieldErrors\":{"
	    "\"limit\":[\"Number must be greater than or equal to 1\"],"
	    "\"colour\":[\"Invalid enum value. Expected 'red' | 'green' | "
	    "'blue', received 'pink'\"],"
	    "\"q\":[\"String must contain at most 8 character(s)\"]},"
	    "\"formErrors\":[]}");
}

static void
integers_of_a_get_are_digits(void **state)
{
	static const char *const bad[] = { "limit=x", "limit=5x",
	    "limit=1.0", "limit=0x5", "limit=5%20", "limit=%205",
	    "limit=%2B5", "limit=99999999999999999999" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (get(bad[i]) == NULL)
			fail_msg("accepted: %s", bad[i]);
		assert_non_null(strstr(buf_str(&rq.details),
		    "Expected integer"));
	}
}

static void
truth_is_true_or_false(void **state)
{
	static const struct field f = { "x", FIELD_BOOL, false, AT(number),
	    .initial = -1 };
	static const struct field needed = { "x", FIELD_BOOL, true,
	    AT(number) };

	(void)state;
	assert_takes(&f, "true");
	assert_int_equal(input.number, 1);
	assert_takes(&f, "false");
	assert_int_equal(input.number, 0);
	assert_takes(&f, NULL);
	assert_int_equal(input.number, -1);
	assert_takes(&f, "null");
	assert_int_equal(input.number, -1);
	assert_says(&f, "\"true\"", "Expected boolean, received string");
	assert_says(&f, "1", "Expected boolean, received number");
	assert_says(&needed, NULL, "Required");
	assert_says(&needed, "null", "Expected boolean, received null");
}

static void
lists_of_texts_are_counted_and_ended_by_null(void **state)
{
	static const struct field f = { "x", FIELD_TEXTS, false, AT(texts),
	    .min = 1, .max = 3 };
	const char *of_64 = "\u20ac234567890123456789012345678901234567890123"
	    "456789012345678901234";

	(void)state;
	assert_takes(&f, "[\"a\",\"\",\"a\"]");
	assert_string_equal(input.texts[0], "a");
	assert_string_equal(input.texts[1], "");
	assert_string_equal(input.texts[2], "a");
	assert_null(input.texts[3]);
	assert_takes(&f, NULL);
	assert_null(input.texts);
	assert_takes(&f, arena_printf(arena, "[\"%s\"]", of_64));
	assert_says(&f, arena_printf(arena, "[\"%s5\"]", of_64),
	    "String must contain at most 64 character(s)");
	assert_says(&f, "[]", "Array must contain at least 1 element(s)");
	assert_says(&f, "[\"a\",\"b\",\"c\",\"d\"]",
	    "Array must contain at most 3 element(s)");
	assert_says(&f, "[\"a\",1]", "Expected string, received number");
	assert_says(&f, "[\"a\",null]", "Expected string, received null");
	assert_says(&f, "[\"a\\u0000b\"]", "String must not contain NUL");
	assert_says(&f, "\"a\"", "Expected array, received string");
	assert_says(&f, "{}", "Expected array, received object");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

/* ------------------------------------------------- the Payments API */

/* Reads fields from a body as that API does; the fault's details. */
static const char *
refused(const struct field *fields, const char *body,
    const struct fault *expected)
{
	rq.payments = true;
	const struct fault *fault = post(fields, body);

	rq.payments = false;
	if (fault != expected)
		fail_msg("%s: %s", body, fault != NULL ? fault->code :
		    "accepted");
	return buf_str(&rq.details);
}

static const char *const currencies[] = { "USD", "LRD", NULL };

static const struct field payment_fields[] = {
	{ "amount", FIELD_INTEGER, true, AT(number), .min = 1,
	  .max = 99999999, .above = &FAULT_AMOUNT_LARGE },
	{ "currency", FIELD_CHOICE, true, AT(choice), .choices = currencies,
	  .fault = &FAULT_CURRENCY },
	{ "card.number", FIELD_TEXT, .offset = offsetof(struct input, text),
	  .min = 12, .max = 19, .alias = "cardNumber", .private = true },
	{ "metadata", FIELD_OBJECT, .offset = offsetof(struct input, object),
	  .max = 64 },
	{ .name = NULL }
};

static void
the_first_wrong_row_counts(void **state)
{
	(void)state;
	assert_string_equal(refused(payment_fields, "{}",
	    &FAULT_FIELD_MISSING), "{\"field\":\"amount\",\"message\":"
	    "\"Required\"}");
	assert_string_equal(refused(payment_fields, "{\"metadata\":1,"
	    "\"currency\":\"EUR\",\"amount\":1}", &FAULT_CURRENCY),
	    "{\"field\":\"currency\",\"received\":\"EUR\",\"message\":"
	    "\"Invalid enum value. Expected 'USD' | 'LRD', received "
	    "'EUR'\"}");
	assert_string_equal(refused(payment_fields, "{\"metadata\":1,"
	    "\"currency\":\"USD\",\"amount\":-10}", &FAULT_FIELD_WRONG),
	    "{\"field\":\"amount\",\"received\":-10,\"message\":\"Number must "
	    "be greater than or equal to 1\"}");
	assert_string_equal(refused(payment_fields, "{\"amount\":1,"
	    "\"currency\":\"LRD\",\"metadata\":{\"a\": 1.10}}", NULL), "");
	assert_memory_equal(input.object.p, "{\"a\": 1.10}", 11);
}

static void
amounts_are_spelt_as_integers(void **state)
{
	static const char *const wrong[] = { "0", "-1", "-0", "1.0", "12.50",
	    "1e3", "1E0", "\"5\"", "\"\"", "true", "null", "[1]", "{}",
	    "0.1" };
	static const char *const above[] = { "100000000",
	    "9223372036854775808", "99999999999999999999999999999999999" };
	const char *details;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		details = refused(payment_fields, arena_printf(arena,
		    "{\"amount\":%s}", wrong[i]), &FAULT_FIELD_WRONG);
		assert_non_null(strstr(details, arena_printf(arena,
		    "{\"field\":\"amount\",\"received\":%s,", wrong[i])));
	}
	for (size_t i = 0; i < sizeof(above) / sizeof(above[0]); i++)
		refused(payment_fields, arena_printf(arena,
		    "{\"amount\":%s}", above[i]), &FAULT_AMOUNT_LARGE);
	assert_non_null(strstr(refused(payment_fields,
	    "{\"amount\":-9223372036854775809}", &FAULT_FIELD_WRONG),
	    "received"));
	refused(payment_fields, "{\"amount\":99999999,\"currency\":\"USD\"}",
	    NULL);
	assert_int_equal(input.number, 99999999);
}

static void
private_values_are_never_told_back(void **state)
{
	static const char begin[] = "{\"amount\":1,\"currency\":\"USD\"";

	(void)state;
	assert_string_equal(refused(payment_fields, arena_printf(arena,
	    "%s,\"card\":{\"number\":\"42424242424\"}}", begin),
	    &FAULT_FIELD_WRONG), "{\"field\":\"card.number\",\"message\":"
	    "\"String must contain at least 12 character(s)\"}");
	assert_null(strstr(refused(payment_fields, arena_printf(arena,
	    "%s,\"card\":{\"number\":4242424242424242}}", begin),
	    &FAULT_FIELD_WRONG), "4242"));
}

static void
members_of_members_and_other_names_are_found(void **state)
{
	static const char begin[] = "{\"amount\":1,\"currency\":\"USD\"";

	(void)state;
	refused(payment_fields, arena_printf(arena,
	    "%s,\"card\":{\"number\":\"424242424242\"}}", begin), NULL);
	assert_string_equal(input.text, "424242424242");
	refused(payment_fields, arena_printf(arena,
	    "%s,\"cardNumber\":\"555555555555\"}", begin), NULL);
	assert_string_equal(input.text, "555555555555");
	refused(payment_fields, arena_printf(arena,
	    "%s,\"card\":\"424242424242\"}", begin), NULL);
	assert_null(input.text);
}

static void
what_is_told_back_is_cut(void **state)
{
	char body[512], long_text[301];

	(void)state;
	memset(long_text, 'x', 300);
	long_text[300] = '\0';
	snprintf(body, sizeof(body), "{\"amount\":1,\"currency\":\"%s\"}",
	    long_text);
	const char *details = refused(payment_fields, body, &FAULT_CURRENCY);
	assert_non_null(strstr(details, arena_printf(arena,
	    "\"received\":\"%.100s\",", long_text)));
	/* A character is not cut into halves. */
	memcpy(long_text + 99, "\xc3\xa9", 2);
	snprintf(body, sizeof(body), "{\"amount\":1,\"currency\":\"%s\"}",
	    long_text);
	details = refused(payment_fields, body, &FAULT_CURRENCY);
	assert_non_null(strstr(details, arena_printf(arena,
	    "\"received\":\"%.99s\",", long_text)));
	/* Cut, an array would be no JSON. */
	snprintf(body, sizeof(body), "{\"amount\":[\"%s\"]}", long_text);
	details = refused(payment_fields, body, &FAULT_FIELD_WRONG);
	assert_non_null(strstr(details, "\"received\":\"[\\\"xxx"));
	const char *why;
	assert_non_null(json_parse(arena, details, strlen(details), &why));
}

static void
objects_are_limited(void **state)
{
	char body[256];

	(void)state;
	for (int n = 54; n < 60; n++) {
		snprintf(body, sizeof(body), "{\"amount\":1,\"currency\":"
		    "\"USD\",\"metadata\":{\"a\":\"%0*d\"}}", n, 0);
		refused(payment_fields, body, n + 8 <= 64 ? NULL :
		    &FAULT_FIELD_WRONG);
	}
}

static const struct CMUnitTest tests[] = {
	CASE(texts_are_counted_in_characters),
	CASE(optional_fields_may_be_absent_or_null),
	CASE(choices_are_listed_when_none_fits),
	CASE(currencies_are_three_letters_of_any_case),
	CASE(amounts_are_major_units_of_their_currency),
	CASE(refused_amounts_are_refused_in_words),
	CASE(an_amount_of_an_unknown_unit_is_judged_as_far_as_possible),
	CASE(objects_keep_their_bytes),
	CASE(percentages_become_parts_per_million),
	CASE(flat_fees_are_dollars_within_limits),
	CASE(integers_are_whole_and_within_limits),
	CASE(times_are_read_from_texts),
	cmocka_unit_test(times_are_iso_8601),
	cmocka_unit_test(other_times_are_refused),
	CASE(all_failing_fields_are_reported_at_once),
	CASE(a_body_that_is_no_object_is_a_form_error),
	CASE(complaints_quote_safely),
	cmocka_unit_test(checks_say_what_they_refuse),
	cmocka_unit_test(more_addresses_are_refused),
	CASE(a_further_rule_comes_after_the_length),
	CASE(parameters_of_a_get_are_read_the_same_way),
	CASE(integers_of_a_get_are_digits),
	CASE(truth_is_true_or_false),
	CASE(lists_of_texts_are_counted_and_ended_by_null),
	CASE(the_first_wrong_row_counts),
	CASE(amounts_are_spelt_as_integers),
	CASE(private_values_are_never_told_back),
	CASE(members_of_members_and_other_names_are_found),
	CASE(what_is_told_back_is_cut),
	CASE(objects_are_limited),
};

TEST_MAIN("field", tests)
