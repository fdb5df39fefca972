/* SPDX-License-Identifier: ISC */
/* revolut.c - Revolut's webhook signature, events and orders. */
#include "revolut.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "sig-header.h"

enum {
	TIME_DIGITS_MAX = 15,
	DESCRIPTOR_MAX = 19,
	URL_MAX = 2000
};

enum revolut_signature
revolut_signature_check(const char *signature, const char *timestamp,
    struct slice body, const char *const *secrets, size_t secret_count,
    int64_t now)
{
	struct sig_header header;
	int64_t sent;

	if (sig_header_usable(secrets, secret_count) == 0)
		return REVOLUT_SIGNATURE_NO_SECRET;
	if (signature == NULL || *signature == '\0' || timestamp == NULL ||
	    *timestamp == '\0')
		return REVOLUT_SIGNATURE_MISSING;
	const struct slice time = { timestamp, strlen(timestamp) };
	if (!sig_header_time(time, TIME_DIGITS_MAX, &sent) ||
	    !sig_header_read(signature, true, &header))
		return REVOLUT_SIGNATURE_MALFORMED;
	if (header.v1_count == 0)
		return REVOLUT_SIGNATURE_NO_SCHEME;

	const struct slice pieces[] = { { "v1.", 3 }, time, { ".", 1 },
	    body };
	if (!sig_header_matches(&header, secrets, secret_count, pieces, 4))
		return REVOLUT_SIGNATURE_MISMATCH;
	if (now > sent + REVOLUT_TOLERANCE_MS ||
	    now < sent - REVOLUT_TOLERANCE_MS)
		return REVOLUT_SIGNATURE_STALE;
	return REVOLUT_SIGNATURE_GOOD;
}

/* ------------------------------------------------------ events, orders */

static const struct {
	const char		*type;
	enum revolut_meaning	 meaning;
} events[] = {
	{ "ORDER_COMPLETED", REVOLUT_FINAL },
	{ "ORDER_FAILED", REVOLUT_FINAL },
	{ "ORDER_CANCELLED", REVOLUT_FINAL },
	{ "ORDER_PAYMENT_DECLINED", REVOLUT_ATTEMPT },
	{ "ORDER_PAYMENT_FAILED", REVOLUT_ATTEMPT },
};

static const char *
nonempty_text(const struct json *object, const char *key)
{
	const char *text = json_text(object, key);

	return text != NULL && text[0] != '\0' ? text : NULL;
}

const char *
revolut_event_read(const struct json *json, struct revolut_event *event)
{
	*event = (struct revolut_event){ .meaning = REVOLUT_IGNORED };
	if (json == NULL || json->kind != JSON_OBJECT)
		return "the body is not an object";
	event->type = nonempty_text(json, "event");
	if (event->type == NULL)
		return "the body names no event";
	event->order_id = nonempty_text(json, "order_id");
	event->reference = nonempty_text(json, "merchant_order_ext_ref");
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (strcmp(events[i].type, event->type) == 0)
			event->meaning = events[i].meaning;
	return NULL;
}

static enum revolut_state
state_of(const char *state)
{
	if (state != NULL && strcmp(state, "completed") == 0)
		return REVOLUT_COMPLETED;
	if (state != NULL && strcmp(state, "failed") == 0)
		return REVOLUT_FAILED;
	if (state != NULL && strcmp(state, "cancelled") == 0)
		return REVOLUT_CANCELLED;
	return REVOLUT_OPEN;
}

static enum revolut_type
type_of(const char *type)
{
	if (type == NULL || strcmp(type, "payment") == 0 ||
	    strcmp(type, "payment_request") == 0)
		return REVOLUT_PAYMENT;
	if (strcmp(type, "refund") == 0)
		return REVOLUT_REFUND;
	return strcmp(type, "chargeback") == 0 ? REVOLUT_CHARGEBACK :
	    REVOLUT_OTHER_TYPE;
}

/* The last attempt to pay, which the API lists last. */
static const char *
last_attempt(const struct json *json)
{
	const struct json *list = json_get(json, "payments");
	const char *id = NULL;

	if (list != NULL && list->kind == JSON_ARRAY)
		for (const struct json *p = list->child; p != NULL;
		    p = p->next)
			id = json_text(p, "id");
	return id;
}

/* An optional figure: 0 where it is absent; false where it is none. */
static bool
read_units(const struct json *json, const char *key, int64_t *out)
{
	const struct json *member = json_get(json, key);

	*out = 0;
	if (member == NULL || member->kind == JSON_NULL)
		return true;
	return json_int(json, key, out) && *out >= 0;
}

const char *
revolut_order_read(const struct json *json, struct revolut_order *order)
{
	const char *currency = json_text(json, "currency");

	*order = (struct revolut_order){ .id = nonempty_text(json, "id") };
	if (order->id == NULL)
		return "the order has no id";
	order->token = nonempty_text(json, "token");
	order->checkout_url = nonempty_text(json, "checkout_url");
	order->reference = nonempty_text(json_get(json,
	    "merchant_order_data"), "reference");
	order->related_id = nonempty_text(json, "related_order_id");
	order->attempt = last_attempt(json);
	order->type = type_of(json_text(json, "type"));
	order->state = state_of(json_text(json, "state"));
	/* Revolut counts as ISO 4217 does, and so do we. */
	order->has_amount = json_int(json, "amount", &order->amount.minor) &&
	    order->amount.minor >= 0 && currency != NULL &&
	    currency_parse(currency, strlen(currency),
	    order->amount.currency);
	if (!read_units(json, "outstanding_amount", &order->outstanding) ||
	    !read_units(json, "refunded_amount", &order->refunded))
		return "an amount is not a whole number of units";
	return NULL;
}

bool
revolut_is_ours(const struct revolut_order *order)
{
	static const char prefix[] = "CLVTX_";

	return order->reference != NULL &&
	    strncmp(order->reference, prefix, strlen(prefix)) == 0;
}

bool
revolut_is_off(const struct revolut_order *order)
{
	return order->state == REVOLUT_FAILED ||
	    order->state == REVOLUT_CANCELLED;
}

/* --------------------------------------------------- what the API takes */

const char *
revolut_descriptor(struct arena *arena, const char *text)
{
	size_t n = 0;

	if (text == NULL)
		return NULL;
	char *out = arena_alloc(arena, DESCRIPTOR_MAX + 1);
	for (; *text != '\0' && n < DESCRIPTOR_MAX; text++)
		if (*text >= ' ' && *text <= '~' && *text != '*' &&
		    *text != '\\')
			out[n++] = *text;
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return n > 0 ? out : NULL;
}

/* Is it a name in the DNS, and not one for this machine alone? */
static bool
is_public_name(const char *host, size_t n)
{
	static const char local[] = "localhost";
	size_t len = strlen(local);
	bool letters = false, dot = false;

	if (n > 0 && host[n - 1] == '.')
		n--;
	if (n >= len && strncasecmp(host + n - len, local, len) == 0 &&
	    (n == len || host[n - len - 1] == '.'))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)host[i];
		if (!isascii(c) || (!isalnum(c) && c != '-' && c != '.'))
			return false;
		dot = dot || c == '.';
	}
	/* An address ends with a number, in whatever base it is written. */
	for (size_t i = n; i > 0 && host[i - 1] != '.'; i--)
		letters = letters || isalpha((unsigned char)host[i - 1]);
	return dot && letters;
}

const char *
revolut_redirect(const char *url)
{
	const char *host;

	if (url == NULL || strnlen(url, URL_MAX + 1) > URL_MAX)
		return NULL;
	if (strncmp(url, "https://", 8) == 0)
		host = url + 8;
	else if (strncmp(url, "http://", 7) == 0)
		host = url + 7;
	else
		return NULL;
	return is_public_name(host, strcspn(host, ":/?#")) ? url : NULL;
}
