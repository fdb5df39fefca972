/* SPDX-License-Identifier: ISC */
/* stripe.c - Stripe's webhook signature and events. */
#include "stripe.h"

#include <stddef.h>
#include <string.h>

#include "sig-header.h"

enum { TIME_DIGITS_MAX = 12 };

enum stripe_signature
stripe_signature_check(const char *text, struct slice body,
    const char *const *secrets, size_t secret_count, int64_t now)
{
	struct sig_header header;
	int64_t sent;

	if (sig_header_usable(secrets, secret_count) == 0)
		return STRIPE_SIGNATURE_NO_SECRET;
	if (!sig_header_read(text, false, &header) ||
	    !sig_header_time(header.time, TIME_DIGITS_MAX, &sent))
		return STRIPE_SIGNATURE_MALFORMED;
	if (header.v1_count == 0)
		return STRIPE_SIGNATURE_NO_SCHEME;

	const struct slice pieces[] = { header.time, { ".", 1 }, body };
	if (!sig_header_matches(&header, secrets, secret_count, pieces, 3))
		return STRIPE_SIGNATURE_MISMATCH;
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
	/* Of ours alone, and what they mean depends on their status. */
	{ "refund.created", STRIPE_REFUND_DONE, "amount" },
	{ "refund.updated", STRIPE_REFUND_DONE, "amount" },
	{ "refund.failed", STRIPE_REFUND_DONE, "amount" },
	{ "charge.refund.updated", STRIPE_REFUND_DONE, "amount" },
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

const char *
stripe_failure(const struct json *error)
{
	static const char *const known[] = { "insufficient_funds",
	    "expired_card" };
	const char *code = json_text(error, "decline_code");

	if (error == NULL || error->kind != JSON_OBJECT)
		return NULL;
	if (code == NULL)
		code = json_text(error, "code");
	for (size_t i = 0; code != NULL &&
	    i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i], code) == 0)
			return known[i];
	return "generic_decline";
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

/*
 * A refund that we made says so in its metadata. Others show in the running
 * total of their charge, and one that is still on its way has no news.
 */
static enum stripe_meaning
read_our_refund(const struct json *refund, struct stripe_event *event)
{
	const char *status = json_text(refund, "status");

	event->refund_id = nonempty_text(json_get(refund, "metadata"),
	    STRIPE_REFUND_KEY);
	if (event->refund_id == NULL || status == NULL)
		return STRIPE_IGNORED;
	if (strcmp(status, "succeeded") == 0)
		return STRIPE_REFUND_DONE;
	if (strcmp(status, "failed") != 0 && strcmp(status, "canceled") != 0)
		return STRIPE_IGNORED;
	event->failure = nonempty_text(refund, "failure_reason");
	return STRIPE_REFUND_FAILED;
}

static const char *
read_meaning(const struct json *object, const struct kind *kind,
    struct stripe_event *event)
{
	event->meaning = kind->meaning == STRIPE_REFUND_DONE ?
	    read_our_refund(object, event) : kind->meaning;
	if (event->meaning == STRIPE_IGNORED)
		return NULL;
	if (kind->units != NULL && !read_units(object, kind->units,
	    &event->has_amount, &event->units))
		return "an amount is not a whole number of units";
	const char *fault = read_currency(object, event);
	if (fault != NULL)
		return fault;
	if (kind->meaning == STRIPE_REFUNDED)
		return read_refund(object, event);
	if (kind->meaning == STRIPE_FAILED)
		event->failure = stripe_failure(json_get(object,
		    "last_payment_error"));
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
	if (!json_int(json, "created", &event->created) || event->created < 0)
		event->created = 0;
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
