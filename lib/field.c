/* SPDX-License-Identifier: ISC */
/* field.c - reading fields by table, complaining in zod's words. */
#include "field.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "request.h"
#include "utf8.h"

enum {
	TEXTS_EACH_MAX = 64,	/* characters of one of FIELD_TEXTS */
	RECEIVED_MAX = 100	/* bytes of a value that is told back */
};

/* One field on its way from the request into the input. */
struct reading {
	struct request		*rq;
	const struct field	*field;
	char			*input;
	const struct json	*value;	/* POST; NULL: absent */
	const char		*text;	/* GET, or a string of POST */
	const char		*wrong;	/* what is wrong with it, or NULL */
	bool			 absent;
	bool			 above;	/* an integer beyond its row's max */
};

static void *
place(const struct reading *r)
{
	return r->input + r->field->offset;
}

static const char *
complaint(struct reading *r, const char *before, int64_t number,
    const char *after)
{
	return arena_printf(r->rq->arena, "%s %" PRId64 "%s", before, number,
	    after);
}

static const char *
too_small(struct reading *r)
{
	return complaint(r, "Number must be greater than or equal to",
	    r->field->min, "");
}

static const char *
too_large(struct reading *r)
{
	return complaint(r, "Number must be less than or equal to",
	    r->field->max, "");
}

/* zod's words for a value of another type. */
static const char *
wrong_type(struct reading *r, const char *expected)
{
	return arena_printf(r->rq->arena, "Expected %s, received %s",
	    expected, json_kind_name(r->value->kind));
}

/* Gets the text of a string value; wrong is set where it is none. */
static bool
want_text(struct reading *r)
{
	if (r->value == NULL)
		return true;	/* GET: the text is there already */
	if (r->value->kind != JSON_STRING)
		r->wrong = wrong_type(r, "string");
	else if (strlen(r->value->text) != r->value->len)
		r->wrong = "String must not contain NUL";
	else
		r->text = r->value->text;
	return r->wrong == NULL;
}

static void
read_text(struct reading *r)
{
	const struct field *f = r->field;

	if (!want_text(r))
		return;
	int64_t n = (int64_t)utf8_characters(r->text);
	if (n < f->min)
		r->wrong = complaint(r, "String must contain at least", f->min,
		    " character(s)");
	else if (n > f->max)
		r->wrong = complaint(r, "String must contain at most", f->max,
		    " character(s)");
	else if (f->check != NULL)
		r->wrong = f->check(r->text);
	*(const char **)place(r) = r->text;
}

static void
read_choice(struct reading *r)
{
	struct buf words;

	if (!want_text(r))
		return;
	for (const char *const *c = r->field->choices; *c != NULL; c++)
		if (strcmp(*c, r->text) == 0) {
			*(const char **)place(r) = *c;
			return;
		}
	buf_init(&words, 1024);
	for (const char *const *c = r->field->choices; *c != NULL; c++)
		buf_printf(&words, "%s'%s'", words.len > 0 ? " | " : "", *c);
	r->wrong = arena_printf(r->rq->arena, r->field->private ?
	    "Invalid enum value. Expected %s" :
	    "Invalid enum value. Expected %s, received '%.100s'",
	    buf_str(&words), r->text);
	buf_free(&words);
}

static void
read_currency(struct reading *r)
{
	if (!want_text(r))
		return;
	if (utf8_characters(r->text) != 3)
		r->wrong = "String must contain exactly 3 character(s)";
	else if (!currency_parse(r->text, strlen(r->text), place(r)))
		r->wrong = "Invalid currency";
}

/* Words for what amount.h says; NULL for AMOUNT_OK. */
static const char *
amount_complaint(enum amount_error error, const char *currency,
    struct arena *arena)
{
	switch (error) {
	case AMOUNT_OK:
		return NULL;
	case AMOUNT_NOT_POSITIVE:
		return "Number must be greater than 0";
	case AMOUNT_TOO_LARGE:
		return "Number must be less than or equal to 999999999.99";
	case AMOUNT_TOO_FINE:
		return arena_printf(arena, "Number must have at most %d "
		    "decimal place(s) in %s", currency_exponent(currency),
		    currency);
	}
	return NULL;
}

/* Forms and queries spell a number as its text. */
static bool
want_number(struct reading *r)
{
	const char *why;

	if (r->value == NULL)
		r->value = json_parse(r->rq->arena, r->text, strlen(r->text),
		    &why);
	if (r->value == NULL)
		r->wrong = "Expected number, received string";
	else if (r->value->kind != JSON_NUMBER)
		r->wrong = wrong_type(r, "number");
	return r->wrong == NULL;
}

static void
read_amount(struct reading *r)
{
	const char *currency = r->input + r->field->with;

	if (!want_number(r))
		return;
	/* Where the currency itself is wrong, still check what is certain. */
	const char *unit = *currency != '\0' ? currency : "CLF";
	enum amount_error error = amount_parse(r->value->raw, unit, place(r));
	if (*currency != '\0' || error != AMOUNT_TOO_FINE)
		r->wrong = amount_complaint(error, unit, r->rq->arena);
}

static void
read_percent(struct reading *r)
{
	if (!want_number(r))
		return;
	switch (percent_parse(r->value->raw, place(r))) {
	case AMOUNT_OK:
		break;
	case AMOUNT_NOT_POSITIVE:
		r->wrong = "Number must be greater than or equal to 0";
		break;
	case AMOUNT_TOO_LARGE:
		r->wrong = "Number must be less than or equal to 100";
		break;
	case AMOUNT_TOO_FINE:
		r->wrong = "Number must have at most 4 decimal place(s)";
		break;
	}
}

/* Zero is fine here, unlike in an amount that is paid. */
static void
read_cents(struct reading *r)
{
	struct amount a = { 0, "USD" };
	struct slice number;

	if (!want_number(r))
		return;
	number = r->value->raw;
	bool minus = number.p[0] == '-';
	if (minus) {
		number.p++;
		number.n--;
	}
	enum amount_error error = amount_parse(number, "USD", &a);
	if (error == AMOUNT_NOT_POSITIVE)
		error = AMOUNT_OK;	/* zero, however it was spelt */
	if ((minus && a.minor > 0) || a.minor < r->field->min * 100)
		r->wrong = too_small(r);
	else if (error == AMOUNT_TOO_LARGE || a.minor > r->field->max * 100)
		r->wrong = too_large(r);
	else
		r->wrong = amount_complaint(error, "USD", r->rq->arena);
	*(int64_t *)place(r) = a.minor;
}

static void
read_object(struct reading *r)
{
	if (r->value == NULL)
		r->wrong = "Expected object, received string";
	else if (r->value->kind != JSON_OBJECT)
		r->wrong = wrong_type(r, "object");
	else if ((int64_t)r->value->raw.n > r->field->max)
		r->wrong = complaint(r, "Object must be at most",
		    r->field->max, " bytes of JSON");
	else
		*(struct slice *)place(r) = r->value->raw;
}

static void
read_integer(struct reading *r)
{
	const char *text = r->text;
	char *end;

	if (r->value != NULL) {
		if (!want_number(r))
			return;
		text = arena_strndup(r->rq->arena, r->value->raw.p,
		    r->value->raw.n);
	}
	/* strtoimax would also take blanks and a plus before the digits. */
	bool plain = *text == '-' || isdigit((unsigned char)*text);
	errno = 0;
	intmax_t n = strtoimax(text, &end, 10);
	bool digits_only = plain && end != text && *end == '\0';
	r->above = digits_only && n > r->field->max;
	if (r->above && r->field->above != NULL)
		r->wrong = too_large(r);
	else if (!digits_only || errno != 0)
		r->wrong = "Expected integer";
	else if (n < r->field->min)
		r->wrong = too_small(r);
	else if (r->above)
		r->wrong = too_large(r);
	*(int64_t *)place(r) = n;
}

static void
read_time(struct reading *r)
{
	if (want_text(r) && !field_parse_time(r->text, place(r)))
		r->wrong = "Invalid datetime";
}

static void
read_bool(struct reading *r)
{
	const char *text = r->text;

	if (r->value != NULL)
		text = r->value->kind == JSON_TRUE ? "true" :
		    r->value->kind == JSON_FALSE ? "false" : "";
	*(int64_t *)place(r) = strcmp(text, "true") == 0;
	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return;
	r->wrong = r->value != NULL ? wrong_type(r, "boolean") :
	    "Expected boolean, received string";
}

/* The elements of an array that are texts; NULL: wrong says why not. */
static const char **
take_texts(struct reading *r, int64_t n)
{
	const char **texts = arena_alloc(r->rq->arena, ((size_t)n + 1) *
	    sizeof(*texts));
	size_t i = 0;

	for (const struct json *e = r->value->child; e != NULL; e = e->next) {
		if (e->kind != JSON_STRING)
			r->wrong = arena_printf(r->rq->arena, "Expected "
			    "string, received %s", json_kind_name(e->kind));
		else if (strlen(e->text) != e->len)
			r->wrong = "String must not contain NUL";
		else if (utf8_characters(e->text) > TEXTS_EACH_MAX)
			r->wrong = complaint(r, "String must contain at most",
			    TEXTS_EACH_MAX, " character(s)");
		if (r->wrong != NULL)
			return NULL;
		texts[i++] = e->text;
	}
	return texts;
}

static void
read_texts(struct reading *r)
{
	int64_t n = 0;

	if (r->value == NULL || r->value->kind != JSON_ARRAY) {
		r->wrong = r->value != NULL ? wrong_type(r, "array") :
		    "Expected array, received string";
		return;
	}
	for (const struct json *e = r->value->child; e != NULL; e = e->next)
		n++;
	if (n < r->field->min)
		r->wrong = complaint(r, "Array must contain at least",
		    r->field->min, " element(s)");
	else if (n > r->field->max)
		r->wrong = complaint(r, "Array must contain at most",
		    r->field->max, " element(s)");
	else
		*(const char *const **)place(r) = take_texts(r, n);
}

static void
read_present(struct reading *r)
{
	switch (r->field->kind) {
	case FIELD_TEXT:
		read_text(r);
		break;
	case FIELD_CHOICE:
		read_choice(r);
		break;
	case FIELD_CURRENCY:
		read_currency(r);
		break;
	case FIELD_AMOUNT:
		read_amount(r);
		break;
	case FIELD_OBJECT:
		read_object(r);
		break;
	case FIELD_PERCENT:
		read_percent(r);
		break;
	case FIELD_CENTS:
		read_cents(r);
		break;
	case FIELD_INTEGER:
		read_integer(r);
		break;
	case FIELD_TIME:
		read_time(r);
		break;
	case FIELD_BOOL:
		read_bool(r);
		break;
	case FIELD_TEXTS:
		read_texts(r);
		break;
	}
}

static void
read_absent(struct reading *r)
{
	r->absent = true;
	if (r->field->required)
		r->wrong = "Required";
	switch (r->field->kind) {
	case FIELD_PERCENT:
	case FIELD_CENTS:
		*(int64_t *)place(r) = -1;
		break;
	case FIELD_INTEGER:
	case FIELD_TIME:
	case FIELD_BOOL:
		*(int64_t *)place(r) = r->field->initial;
		break;
	case FIELD_TEXT:
	case FIELD_CHOICE:
	case FIELD_CURRENCY:
	case FIELD_AMOUNT:
	case FIELD_OBJECT:
	case FIELD_TEXTS:
		break;
	}
}

/* A member, or with dots in the name a member of a member. */
static const struct json *
find_member(struct request *rq, const char *name)
{
	const struct json *at = rq->json;

	for (;;) {
		size_t n = strcspn(name, ".");
		if (name[n] == '\0')
			return json_get(at, name);
		at = json_get(at, arena_strndup(rq->arena, name, n));
		name += n + 1;
	}
}

/* Names of the same, with | between them: the first that is there counts. */
static const struct json *
find_alias(struct request *rq, const char *names)
{
	const struct json *found = NULL;

	while (found == NULL && names != NULL && *names != '\0') {
		size_t n = strcspn(names, "|");
		found = find_member(rq, arena_strndup(rq->arena, names, n));
		names += n + (names[n] != '\0');
	}
	return found;
}

static void
read_one(struct reading *r)
{
	const struct field *f = r->field;
	struct request *rq = r->rq;

	if (rq->json != NULL)
		r->value = find_member(rq, f->name);
	else if (rq->form)
		r->text = request_form(rq, f->name);
	if (r->value == NULL && rq->json != NULL)
		r->value = find_alias(rq, f->alias);
	if (r->value == NULL && r->text == NULL &&
	    (rq->method == METHOD_GET || f->query))
		r->text = request_query(rq, f->name);
	bool null = r->value != NULL && r->value->kind == JSON_NULL;
	bool absent = (r->value == NULL && r->text == NULL) ||
	    (null && !f->required);
	if (absent)
		read_absent(r);
	else
		read_present(r);
}

/* The value as it was spelt, for details; long ones are cut. */
static void
write_received(struct jsonw *w, const struct reading *r)
{
	bool text = r->value == NULL || r->value->kind == JSON_STRING;
	struct slice s = { r->text, r->text != NULL ? strlen(r->text) : 0 };

	if (r->value != NULL)
		s = text ? (struct slice){ r->value->text, r->value->len } :
		    r->value->raw;
	if (!text && s.n <= RECEIVED_MAX) {
		jsonw_raw(w, "received", s.p, s.n);
		return;
	}
	/* Not in the middle of a character. */
	for (size_t n = RECEIVED_MAX; s.n > RECEIVED_MAX; n--)
		if (((unsigned char)s.p[n] & 0xc0) != 0x80)
			s.n = n;
	jsonw_textn(w, "received", s.p, s.n);
}

/* Refuses a field in the way of the Payments API. */
static const struct fault *
refuse(const struct reading *r)
{
	struct request *rq = r->rq;
	const struct field *f = r->field;
	struct jsonw w;

	jsonw_init(&w, &rq->details);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "field", f->name);
	if (!r->absent && !f->private)
		write_received(&w, r);
	jsonw_text(&w, "message", r->wrong);
	jsonw_end_object(&w);
	if (r->absent)
		return &FAULT_FIELD_MISSING;
	if (r->above && f->above != NULL)
		return f->above;
	return f->fault != NULL ? f->fault : &FAULT_FIELD_WRONG;
}

/* Reads row after row up to the first that fails. */
static const struct fault *
read_first(struct request *rq, const struct field *fields, void *input)
{
	buf_reset(&rq->details);
	for (const struct field *f = fields; f->name != NULL; f++) {
		struct reading r = { .rq = rq, .field = f, .input = input };

		read_one(&r);
		if (r.wrong != NULL)
			return refuse(&r);
	}
	return NULL;
}

/* Reads all rows and reports all that fail. */
static const struct fault *
read_all(struct request *rq, const struct field *fields, void *input)
{
	struct jsonw w;
	bool good = true;

	buf_reset(&rq->details);
	jsonw_init(&w, &rq->details);
	jsonw_object(&w, NULL);
	jsonw_object(&w, "fieldErrors");
	for (const struct field *f = fields; f->name != NULL; f++) {
		struct reading r = { .rq = rq, .field = f, .input = input };

		read_one(&r);
		if (r.wrong == NULL)
			continue;
		good = false;
		jsonw_array(&w, f->name);
		jsonw_text(&w, NULL, r.wrong);
		jsonw_end_array(&w);
	}
	jsonw_end_object(&w);
	jsonw_array(&w, "formErrors");
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	if (!good)
		return &FAULT_VALIDATION;
	buf_reset(&rq->details);
	return NULL;
}

const struct fault *
field_read(struct request *rq, const struct field *fields, void *input)
{
	if (rq->payments)
		return read_first(rq, fields, input);
	if (rq->json != NULL && rq->json->kind != JSON_OBJECT)
		return request_complain(rq, NULL, arena_printf(rq->arena,
		    "Expected object, received %s",
		    json_kind_name(rq->json->kind)));
	return read_all(rq, fields, input);
}

const char *
field_check_markup(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c == '<' || *c == '>' || (unsigned char)*c < ' ' ||
		    *c == 0x7f)
			return "Invalid: must not contain <, > or control "
			    "characters";
	return NULL;
}

const char *
field_check_colour(const char *text)
{
	size_t n = strlen(text);

	if (text[0] == '#' && (n == 4 || n == 7) &&
	    strspn(text + 1, "0123456789abcdefABCDEF") == n - 1)
		return NULL;
	return "Invalid colour: use #rgb or #rrggbb";
}

const char *
field_check_url(const char *text)
{
	bool http = strncmp(text, "http://", 7) == 0 ||
	    strncmp(text, "https://", 8) == 0;

	for (const char *c = text; http && *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '<' ||
		    *c == '>' || *c == '"' || *c == '\\')
			http = false;
	return http && strchr(text, '/')[2] != '\0' ? NULL : "Invalid url";
}

const char *
field_check_email(const char *text)
{
	const char *at = strchr(text, '@');
	const char *dot = at != NULL ? strrchr(at, '.') : NULL;

	if (at == NULL || at == text || strchr(at + 1, '@') != NULL ||
	    dot == NULL || dot == at + 1 || dot[1] == '\0')
		return "Invalid email";
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || strchr("<>\"(),:;\\[]", *c) !=
		    NULL || *c == 0x7f)
			return "Invalid email";
	return NULL;
}

const char *
field_check_descriptor(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (!isascii((unsigned char)*c) ||
		    !(isalnum((unsigned char)*c) ||
		    strchr(" -_.", *c) != NULL))
			return "Invalid: use letters, digits, space, -, _ "
			    "and .";
	return NULL;
}

const char *
field_check_country(const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c < 'A' || *c > 'Z')
			return "Invalid country: use two capital letters";
	return NULL;
}

const char *
field_check_intent(const char *text)
{
	/* The browser's client_secret begins like the id, and is none. */
	if (strncmp(text, "pi_", 3) != 0 || text[3] == '\0' ||
	    strstr(text, "_secret_") != NULL)
		return "Invalid PaymentIntent id";
	for (const char *c = text + 3; *c != '\0'; c++)
		if (!isascii((unsigned char)*c) ||
		    !(isalnum((unsigned char)*c) || *c == '_'))
			return "Invalid PaymentIntent id";
	return NULL;
}

/* Exactly n digits; moves *text on. -1 where they are not there. */
static int
digits(const char **text, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return -1;
		value = value * 10 + (**text - '0');
	}
	return value;
}

static bool
parse_zone(const char **text, int *minutes)
{
	char sign = *(*text)++;

	*minutes = 0;
	if (sign == 'Z')
		return true;
	if (sign != '+' && sign != '-')
		return false;
	int h = digits(text, 2);
	if (*(*text)++ != ':')
		return false;
	int m = digits(text, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59)
		return false;
	*minutes = (h * 60 + m) * (sign == '-' ? -1 : 1);
	return true;
}

static bool
parse_clock(const char **text, struct tm *tm, int *ms)
{
	(*text)++;	/* the T */
	tm->tm_hour = digits(text, 2);
	if (tm->tm_hour < 0 || tm->tm_hour > 23 || *(*text)++ != ':')
		return false;
	tm->tm_min = digits(text, 2);
	if (tm->tm_min < 0 || tm->tm_min > 59)
		return false;
	if (**text == ':') {
		(*text)++;
		tm->tm_sec = digits(text, 2);
	}
	if (tm->tm_sec < 0 || tm->tm_sec > 59)
		return false;
	if (**text == '.') {
		(*text)++;
		*ms = digits(text, 3);
	}
	return *ms >= 0;
}

bool
field_parse_time(const char *text, int64_t *out)
{
	struct tm tm = { 0 };
	int ms = 0, zone = 0;

	tm.tm_year = digits(&text, 4) - 1900;
	if (tm.tm_year < 70 || *text++ != '-')
		return false;
	tm.tm_mon = digits(&text, 2) - 1;
	if (tm.tm_mon < 0 || tm.tm_mon > 11 || *text++ != '-')
		return false;
	tm.tm_mday = digits(&text, 2);
	int day = tm.tm_mday;
	if (day < 1 || (*text == 'T' &&
	    (!parse_clock(&text, &tm, &ms) || !parse_zone(&text, &zone))))
		return false;
	int64_t seconds = timegm(&tm);
	/* timegm carries 31 April over; we do not. */
	if (*text != '\0' || tm.tm_mday != day)
		return false;
	*out = (seconds - zone * 60) * 1000 + ms;
	return true;
}
