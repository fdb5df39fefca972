/* SPDX-License-Identifier: ISC */
/* stripe.c - Stripe's webhook signature and events. */
#include "stripe.h"

#include <stddef.h>
#include <string.h>

#include "sig.h"

enum { TIME_DIGITS_MAX = 12 };

/* A signature header, taken apart; everything points into it. */
struct header {
	struct slice	time;		/* as spelt, which is what was signed */
	struct slice	v1[STRIPE_HEADER_ITEMS_MAX];
	size_t		v1_count;
};

/*
 * "0" or digits without a leading zero: of all spellings of a number the only
 * one for which signing the text and signing the number are the same.
 */
static bool
time_is_plain(struct slice text)
{
	if (text.n == 0 || text.n > TIME_DIGITS_MAX ||
	    (text.n > 1 && text.p[0] == '0'))
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	return true;
}

static int64_t
time_value(struct slice text)
{
	int64_t value = 0;

	for (size_t i = 0; i < text.n; i++)
		value = 10 * value + (text.p[i] - '0');
	return value;
}

/* Takes one "key=value"; keys that we do not know are no concern of ours. */
static bool
header_item(struct header *header, const char *item, size_t n)
{
	const char *equals = memchr(item, '=', n);

	if (equals == NULL || equals == item || equals == item + n - 1)
		return false;
	for (size_t i = 0; i < n; i++)
		if (item[i] <= ' ' || item[i] > '~')
			return false;

	size_t key_len = (size_t)(equals - item);
	struct slice value = { equals + 1, n - key_len - 1 };
	if (key_len == 1 && item[0] == 't') {
		if (header->time.p != NULL || !time_is_plain(value))
			return false;
		header->time = value;
	}
	if (key_len == 2 && memcmp(item, "v1", 2) == 0)
		header->v1[header->v1_count++] = value;
	return true;
}

static bool
header_parse(struct header *header, const char *text)
{
	size_t n = text != NULL ? strnlen(text, STRIPE_HEADER_MAX + 1) : 0;

	*header = (struct header){ 0 };
	if (n == 0 || n > STRIPE_HEADER_MAX)
		return false;
	for (int items = 0; items < STRIPE_HEADER_ITEMS_MAX; items++) {
		const char *comma = memchr(text, ',', n);
		size_t len = comma != NULL ? (size_t)(comma - text) : n;

		if (!header_item(header, text, len))
			return false;
		if (comma == NULL)
			return header->time.p != NULL;
		text += len + 1;
		n -= len + 1;
	}
	return false;
}

/* With an empty secret anybody can sign: it must never be used. */
static bool
secret_is_blank(const char *secret)
{
	if (secret == NULL)
		return true;
	for (; *secret != '\0'; secret++)
		if ((unsigned char)*secret > ' ')
			return false;
	return true;
}

/* Compares everything with everything, so that time tells nothing. */
static bool
header_matches(const struct header *header, const char *secret,
    struct slice body)
{
	const struct slice signed_text[] = { header->time, { ".", 1 }, body };
	uint8_t mac[SHA256_SIZE];
	bool matches = false;

	sig_hmac_slices(secret, strlen(secret), signed_text, 3, mac);
	for (size_t i = 0; i < header->v1_count; i++)
		matches |= sig_hex_equal(mac, header->v1[i].p,
		    header->v1[i].n);
	sig_wipe(mac, sizeof(mac));
	return matches;
}

enum stripe_signature
stripe_signature_check(const char *text, struct slice body,
    const char *const *secrets, size_t secret_count, int64_t now)
{
	size_t usable = 0;
	for (size_t i = 0; i < secret_count; i++)
		usable += !secret_is_blank(secrets[i]);
	if (usable == 0)
		return STRIPE_SIGNATURE_NO_SECRET;

	struct header header;
	if (!header_parse(&header, text))
		return STRIPE_SIGNATURE_MALFORMED;
	if (header.v1_count == 0)
		return STRIPE_SIGNATURE_NO_SCHEME;

	bool matches = false;
	for (size_t i = 0; i < secret_count; i++)
		if (!secret_is_blank(secrets[i]))
			matches |= header_matches(&header, secrets[i], body);
	if (!matches)
		return STRIPE_SIGNATURE_MISMATCH;

	int64_t sent = time_value(header.time);
	if (now > sent + STRIPE_TOLERANCE_S || now < sent - STRIPE_TOLERANCE_S)
		return STRIPE_SIGNATURE_STALE;
	return STRIPE_SIGNATURE_GOOD;
}

/* The types we act on and the member that holds the units of each. */
static const struct kind {
	const char		*type;
	enum stripe_meaning	 meaning;
	const char		*units;		/* NULL: moves no money */
} kinds[] = {
	{ "payment_intent.succeeded", STRIPE_SUCCEEDED, "amount_received" },
	{ "payment_intent.payment_failed", STRIPE_FAILED, NULL },
	{ "charge.refunded", STRIPE_REFUNDED, "amount_refunded" },
	{ "charge.dispute.created", STRIPE_DISPUTED, "amount" },
	/* The same dispute again, or an inquiry that became one. */
	{ "charge.dispute.funds_withdrawn", STRIPE_DISPUTED, "amount" },
};

static const struct kind *
kind_of(const char *type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].type, type) == 0)
			return &kinds[i];
	return NULL;
}

static bool
starts_with(const char *text, const char *prefix)
{
	return text != NULL && strncmp(text, prefix, strlen(prefix)) == 0;
}

/* A member that is there and not null. */
static const struct json *
present(const struct json *object, const char *key)
{
	const struct json *member = json_get(object, key);

	return member != NULL && member->kind != JSON_NULL ? member : NULL;
}

static const char *
nonempty_text(const struct json *object, const char *key)
{
	const char *text = json_text(object, key);

	return text != NULL && text[0] != '\0' ? text : NULL;
}

/* false: the member is there and neither true nor false. */
static bool
read_bool(const struct json *object, const char *key, bool absent, bool *out)
{
	const struct json *member = present(object, key);

	*out = member == NULL ? absent : member->kind == JSON_TRUE;
	return member == NULL || member->kind == JSON_TRUE ||
	    member->kind == JSON_FALSE;
}

/* false: the member is there and no amount. */
static bool
read_units(const struct json *object, const char *key, bool *has, int64_t *out)
{
	*has = false;
	if (present(object, key) == NULL)
		return true;
	if (!json_int(object, key, out) || *out < 0)
		return false;
	*has = true;
	return true;
}

/* Intents are named by themselves, everything else points at its intent. */
static const char *
intent_of(const struct json *object, const char *type)
{
	if (starts_with(type, "payment_intent."))
		return nonempty_text(object, "id");

	const struct json *intent = json_get(object, "payment_intent");
	if (intent != NULL && intent->kind == JSON_OBJECT)
		return nonempty_text(intent, "id");
	return nonempty_text(object, "payment_intent");
}

static const char *
read_currency(const struct json *object, struct stripe_event *event)
{
	if (present(object, "currency") == NULL)
		return NULL;
	const char *code = json_text(object, "currency");
	if (code == NULL || strlen(code) != 3)
		return "currency is not a code of three letters";
	event->currency = code;
	return NULL;
}

/*
 * The type says "refunded" for a part as well; only a charge that clearly
 * has money left on it was refunded in part.
 */
static const char *
read_refund(const struct json *charge, struct stripe_event *event)
{
	bool has_charged, refunded;
	int64_t charged = 0;

	if (!read_bool(charge, "refunded", true, &refunded))
		return "refunded is neither true nor false";
	if (!read_units(charge, "amount", &has_charged, &charged))
		return "amount is not a whole number of units";
	event->fully_refunded = refunded || !event->has_amount ||
	    !has_charged || event->units >= charged;
	return NULL;
}

static const char *
read_meaning(const struct json *object, const struct kind *kind,
    struct stripe_event *event)
{
	event->meaning = kind->meaning;
	if (kind->units != NULL && !read_units(object, kind->units,
	    &event->has_amount, &event->units))
		return "an amount is not a whole number of units";
	const char *fault = read_currency(object, event);
	if (fault != NULL)
		return fault;
	if (kind->meaning == STRIPE_REFUNDED)
		return read_refund(object, event);
	/* An inquiry asks for evidence; the money stays where it is. */
	if (kind->meaning == STRIPE_DISPUTED &&
	    starts_with(json_text(object, "status"), "warning_"))
		event->meaning = STRIPE_INQUIRY;
	return NULL;
}

const char *
stripe_event_read(const struct json *json, struct stripe_event *event)
{
	*event = (struct stripe_event){ .meaning = STRIPE_IGNORED };
	if (json == NULL || json->kind != JSON_OBJECT)
		return "the body is not an object";

	const char *object_name = json_text(json, "object");
	if (object_name != NULL && strcmp(object_name, "v2.core.event") == 0)
		return "a thin event; choose snapshot payloads at Stripe";
	if (json_get(json, "object") != NULL &&
	    (object_name == NULL || strcmp(object_name, "event") != 0))
		return "the object is not an event";

	event->id = nonempty_text(json, "id");
	if (event->id == NULL)
		return "the event has no id";
	event->type = nonempty_text(json, "type");
	if (event->type == NULL)
		return "the event has no type";
	if (!read_bool(json, "livemode", false, &event->livemode))
		return "livemode is neither true nor false";
	event->foreign_account = present(json, "account") != NULL;

	const struct json *object = json_get(json_get(json, "data"), "object");
	if (object == NULL || object->kind != JSON_OBJECT)
		return "the event has no data.object";
	event->intent_id = intent_of(object, event->type);
	event->object_id = nonempty_text(object, "id");
	event->clive_tx_id = nonempty_text(json_get(object, "metadata"),
	    "clive_tx_id");

	const struct kind *kind = kind_of(event->type);
	return kind != NULL ? read_meaning(object, kind, event) : NULL;
}
