/* SPDX-License-Identifier: ISC */
/* st.c - errors, objects and events of the stand-in of Stripe. */
#include "st.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sig.h"

enum { MESSAGE_MAX = 512 };

#define INVALID "invalid_request_error"

/* Order: status, type, code, kept. */
static const struct {
	int		 status;
	const char	*type, *code;
	bool		 kept;
} problems[] = {
	[ST_UNKNOWN_PATH] = { 404, INVALID, NULL, false },
	[ST_PARAMETER_UNKNOWN] = { 400, INVALID, "parameter_unknown", false },
	[ST_PARAMETER_MISSING] = { 400, INVALID, "parameter_missing", false },
	[ST_PARAMETER_EMPTY] =
	    { 400, INVALID, "parameter_invalid_empty", false },
	[ST_PARAMETER_EXCLUSIVE] =
	    { 400, INVALID, "parameters_exclusive", false },
	[ST_INVALID_INTEGER] =
	    { 400, INVALID, "parameter_invalid_integer", false },
	[ST_INVALID_VALUE] = { 400, INVALID, NULL, false },
	[ST_INVALID_URL] = { 400, INVALID, "url_invalid", false },
	[ST_AMOUNT_TOO_SMALL] = { 400, INVALID, "amount_too_small", false },
	[ST_AMOUNT_TOO_LARGE] = { 400, INVALID, "amount_too_large", false },
	[ST_RESOURCE_MISSING] = { 404, INVALID, "resource_missing", false },
	[ST_UNEXPECTED_STATE] =
	    { 400, INVALID, "payment_intent_unexpected_state", true },
	[ST_ALREADY_REFUNDED] =
	    { 400, INVALID, "charge_already_refunded", true },
	[ST_CHARGE_DISPUTED] = { 400, INVALID, "charge_disputed", true },
	[ST_NOT_REFUNDABLE] = { 400, INVALID, "charge_not_refundable", true },
	[ST_CARD] = { 402, "card_error", NULL, true },
	[ST_UNAUTHENTICATED] = { 401, INVALID, NULL, false },
	[ST_SECRET_KEY_REQUIRED] =
	    { 403, INVALID, "secret_key_required", false },
	[ST_IDEM_MISMATCH] = { 400, "idempotency_error", NULL, false },
	[ST_IDEM_RUNNING] =
	    { 409, INVALID, "idempotency_key_in_use", false },
	[ST_RATE] = { 429, INVALID, "rate_limit", false },
	[ST_API] = { 500, "api_error", NULL, true },
};

/* What to tell the payer of a card. */
static const struct {
	const char	*code, *message;
} card_messages[] = {
	{ "insufficient_funds", "The card has insufficient funds." },
	{ "test_mode_live_card", "The card was declined: this is a sandbox "
	  "and takes test cards only." },
	{ "expired_card", "The card has expired." },
	{ "incorrect_cvc", "The card's security code is incorrect." },
	{ "incorrect_number", "The card number is incorrect." },
	{ "invalid_cvc", "The card's security code is invalid." },
	{ "invalid_expiry_month", "The card's expiration month is invalid." },
	{ "invalid_expiry_year", "The card's expiration year is invalid." },
	{ "processing_error", "An error occurred while processing the card; "
	  "try again in a little while." },
	{ "authentication_required", "The card was declined: this payment "
	  "needs the payer's authentication." },
	{ "payment_intent_authentication_failure", "The payer did not pass "
	  "authentication; try again or use another payment method." },
	{ NULL, "The card was declined." }
};

struct doc *
st_fail(struct st *st, enum st_problem problem, const char *param,
    const char *fmt, ...)
{
	char message[MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	st->error = (struct st_error){
		.status = problems[problem].status,
		.type = problems[problem].type,
		.code = problems[problem].code,
		.kept = problems[problem].kept,
		.param = param,
		.message = arena_strdup(st->arena, message)
	};
	return NULL;
}

static const char *
card_message(const char *code)
{
	size_t i = 0;

	while (card_messages[i].code != NULL &&
	    strcmp(card_messages[i].code, code) != 0)
		i++;
	return card_messages[i].message;
}

struct doc *
st_card_error(struct st *st, const char *code, const char *decline_code,
    const char *param)
{
	bool declined = strcmp(code, "card_declined") == 0;

	st_fail(st, ST_CARD, param, "%s",
	    card_message(declined ? decline_code : code));
	st->error.code = code;
	st->error.decline_code = decline_code;
	return NULL;
}

static const char *
doc_url(struct st *st, const char *code)
{
	char *url = arena_printf(st->arena,
	    "https://stripe.com/docs/error-codes/%s", code);

	for (char *at = url; *at != '\0'; at++)
		if (*at == '_')
			*at = '-';
	return url;
}

const char *
st_error_members(struct st *st, const struct st_error *e)
{
	struct doc *d = doc_new(st->arena, "");

	if (e->charge != NULL)
		doc_set_text(d, "charge", e->charge);
	if (e->code != NULL) {
		doc_set_text(d, "code", e->code);
		doc_set_text(d, "doc_url", doc_url(st, e->code));
	}
	if (e->decline_code != NULL)
		doc_set_text(d, "decline_code", e->decline_code);
	doc_set_text(d, "message", e->message);
	if (e->param != NULL)
		doc_set_text(d, "param", e->param);
	if (e->intent != NULL)
		doc_setf(d, "payment_intent", "%s", doc_shown(e->intent));
	if (e->method != NULL) {
		doc_setf(d, "payment_method", "%s", doc_shown(e->method));
		doc_set_text(d, "payment_method_type", "card");
	}
	doc_set_text(d, "type", e->type);
	return doc_shown(d);
}

const char *
st_error_json(struct st *st)
{
	struct st_error e = st->error;

	/* A browser sees no more of the intent here than elsewhere. */
	if (e.intent != NULL && st->publishable)
		e.intent = st_intent_public(st, e.intent);
	return arena_printf(st->arena, "{\"error\":%s}",
	    st_error_members(st, &e));
}

struct doc *
st_find(struct st *st, const char *kind, const char *id)
{
	struct cursor *c = store_query(st->box->store, Q_OBJECT_GET, "tt", id,
	    kind);

	if (!cursor_next(c))
		return NULL;
	struct doc *d = doc_parse(st->arena, cursor_text(c, 0));
	cursor_end(c);
	return d;
}

struct doc *
st_get(struct st *st, const char *kind, const char *id, const char *param)
{
	struct doc *d = st_find(st, kind, id);

	if (d == NULL)
		st_fail(st, ST_RESOURCE_MISSING, param, "No such %s: '%s'",
		    kind, id);
	return d;
}

void
st_put(struct st *st, const struct doc *d)
{
	store_run(st->box->store, Q_OBJECT_PUT, "ttit", doc_text(d, "id"),
	    doc_text(d, "object"), doc_int(d, "created"), doc_stored(d));
}

const char *
st_id(struct st *st, const char *prefix)
{
	char id[ID_SIZE];

	return arena_strdup(st->arena, id_make(prefix, st->box->now, id));
}

int64_t
st_seconds(const struct st *st)
{
	return st->box->now / 1000;
}

void
st_later(struct st *st, int64_t in_ms, const char *job, const char *subject)
{
	store_run(st->box->store, Q_JOB_ADD, "itt", st->box->now + in_ms,
	    job, subject);
}

void
st_event(struct st *st, const char *type, const struct doc *subject,
    const char *previous)
{
	struct doc *e = doc_new(st->arena, "id object api_version created "
	    "data livemode pending_webhooks request type");

	doc_set_text(e, "id", st_id(st, "evt_"));
	doc_set_text(e, "object", "event");
	doc_set_text(e, "api_version", ST_API_VERSION);
	doc_set_int(e, "created", st_seconds(st));
	if (previous != NULL)
		doc_setf(e, "data", "{\"object\":%s,"
		    "\"previous_attributes\":%s}", doc_shown(subject),
		    previous);
	else
		doc_setf(e, "data", "{\"object\":%s}", doc_shown(subject));
	doc_set_bool(e, "livemode", false);
	doc_set_int(e, "pending_webhooks", 1);
	if (st->request != NULL)
		doc_setf(e, "request", "{\"id\":%s,\"idempotency_key\":%s}",
		    doc_quote(st->arena, st->request),
		    doc_quote(st->arena, st->idem_key));
	doc_set_text(e, "type", type);
	doc_set_bool(e, "_delivered", false);
	st_put(st, e);
	hook_queue(st->box, &st_hook, doc_text(e, "id"), doc_shown(e));
}

/* Stripe's header: the time in seconds and the digest over it and the body. */
static const char *
sign(struct box *box, const char *body, int64_t at, bool bad)
{
	char digest[SHA256_HEX_SIZE];
	const char *secret = box->conf->stripe_webhook_secret[0];

	if (box->conf->stripe_webhook_secret_count == 0)
		return NULL;
	if (bad)
		secret = "whsec_not_the_right_one";
	const char *text = arena_printf(box->arena, "%lld.%s",
	    (long long)(at / 1000), body);
	sig_hmac_hex(secret, strlen(secret), text, strlen(text), digest);
	return arena_printf(box->arena, "Stripe-Signature: t=%lld,v1=%s",
	    (long long)(at / 1000), digest);
}

const struct hook_service st_hook = {
	.name = "stripe", .path = "/api/v1/webhooks/stripe", .sign = sign
};
