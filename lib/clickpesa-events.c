/* SPDX-License-Identifier: ISC */
/* clickpesa-events.c - all shapes of one event. */
#include "clickpesa-events.h"

#include <ctype.h>
#include <string.h>

static const char *
upper(struct arena *arena, const char *text)
{
	char *out = arena_strdup(arena, text != NULL ? text : "");

	for (char *c = out; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	return out;
}

/* A member under its name of today, or its older one. */
static const struct json *
either(const struct json *object, const char *name, const char *older)
{
	const struct json *member = json_get(object, name);

	return member != NULL && member->kind != JSON_NULL ? member :
	    json_get(object, older);
}

/* A text that is not empty; NULL for anything else. */
static const char *
text_of(const struct json *v)
{
	if (v == NULL || v->kind != JSON_STRING || v->len == 0 ||
	    strlen(v->text) != v->len)
		return NULL;
	return v->text;
}

/* Digits, and perhaps a point with one or two more. */
static bool
is_plain_amount(struct slice s)
{
	size_t whole = 0, decimals = 0;

	while (whole < s.n && s.p[whole] >= '0' && s.p[whole] <= '9')
		whole++;
	if (whole == s.n || whole == 0)
		return whole > 0;
	if (s.p[whole] != '.')
		return false;
	for (size_t i = whole + 1; i < s.n; i++, decimals++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return decimals == 1 || decimals == 2;
}

/* "10000", "10000.00" and 10000 are the same. */
static bool
parse_amount(struct slice spelt, struct amount *amount)
{
	struct amount parsed = { 0, "" };

	if (!is_plain_amount(spelt))
		return false;
	while (spelt.n > 1 && spelt.p[0] == '0' && spelt.p[1] != '.') {
		spelt.p++;
		spelt.n--;
	}
	enum amount_error error = amount_parse(spelt, amount->currency,
	    &parsed);
	amount->minor = parsed.minor;
	/* Zero can be read; it is no payment's amount and will disagree. */
	return error == AMOUNT_OK || error == AMOUNT_NOT_POSITIVE;
}

/* A figure we cannot read must not pass for the right one. */
static void
read_amount(const struct json *data, struct clickpesa_event *e)
{
	const struct json *v = either(data, "collectedAmount", "amount");
	const char *currency = text_of(either(data, "collectedCurrency",
	    "currency"));
	struct slice spelt = { "", 0 };

	e->has_amount = v != NULL && v->kind != JSON_NULL;
	if (!e->has_amount)
		return;
	if (v->kind == JSON_STRING)
		spelt = (struct slice){ v->text, v->len };
	else if (v->kind == JSON_NUMBER)
		spelt = v->raw;
	if (currency == NULL || !currency_parse(currency, strlen(currency),
	    e->amount.currency) || !parse_amount(spelt, &e->amount))
		e->amount.minor = -1;
}

static enum clickpesa_meaning
meaning_of_status(const char *status)
{
	if (strcmp(status, "SUCCESS") == 0 || strcmp(status, "SETTLED") == 0)
		return CLICKPESA_PAID;
	return strcmp(status, "FAILED") == 0 ? CLICKPESA_FAILED :
	    CLICKPESA_IGNORED;
}

bool
clickpesa_payment_read(struct arena *arena, const struct json *data,
    struct clickpesa_event *e)
{
	*e = (struct clickpesa_event){ .status = "" };
	if (data == NULL || data->kind != JSON_OBJECT)
		return false;
	e->id = text_of(either(data, "id", "paymentId"));
	e->reference = text_of(json_get(data, "orderReference"));
	e->status = upper(arena, text_of(json_get(data, "status")));
	e->meaning = meaning_of_status(e->status);
	e->message = text_of(json_get(data, "message"));
	read_amount(data, e);
	return true;
}

/* A name and a status that contradict each other mean nothing. */
static enum clickpesa_meaning
meaning_of_event(const struct clickpesa_event *e)
{
	if (strcmp(e->event, "PAYMENT RECEIVED") == 0)
		return e->meaning == CLICKPESA_PAID ? CLICKPESA_PAID :
		    CLICKPESA_IGNORED;
	if (strcmp(e->event, "PAYMENT FAILED") == 0)
		return e->meaning == CLICKPESA_FAILED ||
		    e->status[0] == '\0' ? CLICKPESA_FAILED :
		    CLICKPESA_IGNORED;
	return CLICKPESA_IGNORED;
}

bool
clickpesa_event_read(struct arena *arena, const struct json *json,
    struct clickpesa_event *e)
{
	const struct json *name = either(json, "event", "eventType");

	if (!clickpesa_payment_read(arena, json_get(json, "data"), e))
		return false;
	if (name == NULL || name->kind == JSON_NULL)
		return true;
	/* A name that is no text is one we do not know. */
	e->event = upper(arena, text_of(name));
	e->meaning = meaning_of_event(e);
	e->other = strncmp(e->event, "PAYOUT", 6) == 0 ||
	    strncmp(e->event, "DEPOSIT", 7) == 0;
	return true;
}

const char *
clickpesa_failure(const char *message)
{
	static const struct {
		const char	*part;
		const char	*code;
	} words[] = {
		{ "insufficient", "INSUFFICIENT_FUNDS" },
		{ "not enough", "INSUFFICIENT_FUNDS" },
		{ "timeout", "timeout" },
		{ "timed out", "timeout" },
		{ "expired", "timeout" },
		{ "reject", "user_rejected" },
		{ "cancel", "user_rejected" },
		{ "declined by", "user_rejected" },
	};

	for (size_t i = 0; message != NULL &&
	    i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(message, words[i].part) != NULL)
			return words[i].code;
	return "generic_decline";
}

void
clickpesa_to_payment(struct arena *arena, const struct clickpesa_event *e,
    struct slice body, struct payment_event *p)
{
	const char *word = e->event != NULL ? e->event :
	    arena_printf(arena, "status.%s", e->status);

	memset(p, 0, sizeof(*p));
	p->processor = "clickpesa";
	p->type = word;
	p->event_id = arena_printf(arena, "%s|%s|%s", word,
	    e->id != NULL ? e->id : "", e->reference);
	p->ref = e->reference;
	p->outcome = e->meaning == CLICKPESA_PAID ? PAYMENT_SUCCEEDED :
	    PAYMENT_FAILED;
	p->has_amount = e->has_amount;
	p->amount = e->amount;
	if (p->outcome == PAYMENT_FAILED) {
		p->failure = clickpesa_failure(e->message);
		p->failure_message = e->message;
	}
	p->body = body;
}

bool
clickpesa_payment_event(struct arena *arena, struct slice body,
    struct payment_event *p)
{
	struct clickpesa_event e;
	const char *why;
	const struct json *json = json_parse(arena, body.p, body.n, &why);

	if (json == NULL || !clickpesa_event_read(arena, json, &e) ||
	    e.meaning == CLICKPESA_IGNORED || e.reference == NULL)
		return false;
	clickpesa_to_payment(arena, &e, body, p);
	return true;
}

/* What a stored body says of a payment that was paid: *id is set. */
static void
note_paid_ids(struct arena *arena, const struct json *json, const char *id,
    bool *same, bool *other)
{
	struct clickpesa_event e;
	const struct json *v = json;

	if (json != NULL && json->kind == JSON_ARRAY)
		v = json->child;
	for (; v != NULL; v = v->next) {
		bool read = json->kind == JSON_ARRAY ||
		    json_get(v, "data") == NULL ?
		    clickpesa_payment_read(arena, v, &e) :
		    clickpesa_event_read(arena, v, &e);
		if (!read || e.meaning != CLICKPESA_PAID || e.id == NULL)
			continue;
		if (strcmp(e.id, id) == 0)
			*same = true;
		else
			*other = true;
	}
}

bool
clickpesa_paid_before(struct conn *c, struct arena *arena,
    const struct tx *tx, const struct clickpesa_event *e)
{
	bool same = false, other = false;

	if (!tx->has_fee || e->meaning != CLICKPESA_PAID || e->id == NULL)
		return false;
	struct rows *r = conn_rows(c, SQL_PROCESSOR_EVENTS_OF_TX, "t",
	    tx->clive_tx_id);
	while (row_next(r)) {
		struct slice body = row_bytes(r, 5);
		const char *why;
		body.p = arena_strndup(arena, body.p, body.n);
		note_paid_ids(arena, json_parse(arena, body.p, body.n, &why),
		    e->id, &same, &other);
	}
	row_done(r);
	return other && !same;
}
