/* SPDX-License-Identifier: ISC */
/* st-intent.c - payment intents, from creation to their end. */
#include "st-intent.h"

#include <ctype.h>
#include <string.h>

#include "sig.h"
#include "st-card.h"

static bool
is(const struct doc *intent, const char *status)
{
	return doc_is(intent, "status", status);
}

static struct doc *
unexpected(struct st *st, struct doc *intent, const char *verb)
{
	st_fail(st, ST_UNEXPECTED_STATE, NULL, "This PaymentIntent cannot be "
	    "%s: it has a status of %s.", verb, doc_text(intent, "status"));
	st->error.intent = intent;
	return NULL;
}

static const char *
new_secret(struct st *st, const char *id)
{
	uint8_t random[18];
	char text[25];

	sig_random(random, sizeof(random));
	base64url_encode(random, sizeof(random), text);
	for (char *at = text; *at != '\0'; at++)
		if (!isalnum((unsigned char)*at))
			*at = 'x';
	return arena_printf(st->arena, "%s_secret_%s", id, text);
}

struct doc *
st_intent_new(struct st *st, int64_t amount, const char *currency)
{
	struct doc *d = doc_new(st->arena, "id object "
	    "allowed_payment_method_types amount amount_capturable "
	    "amount_details amount_received application "
	    "application_fee_amount automatic_payment_methods canceled_at "
	    "cancellation_reason capture_method client_secret "
	    "confirmation_method created currency customer customer_account "
	    "description excluded_payment_method_types last_payment_error "
	    "latest_charge livemode managed_payments metadata next_action "
	    "on_behalf_of payment_method "
	    "payment_method_configuration_details payment_method_options "
	    "payment_method_types payment_record processing receipt_email "
	    "review setup_future_usage shipping source statement_descriptor "
	    "statement_descriptor_suffix status transfer_data "
	    "transfer_group");
	const char *id = st_id(st, "pi_");

	doc_set_text(d, "id", id);
	doc_set_text(d, "object", "payment_intent");
	doc_set_int(d, "amount", amount);
	doc_set_int(d, "amount_capturable", 0);
	doc_setf(d, "amount_details", "{\"tip\":{}}");
	doc_set_int(d, "amount_received", 0);
	doc_setf(d, "automatic_payment_methods",
	    "{\"allow_redirects\":\"always\",\"enabled\":true}");
	doc_set_text(d, "capture_method", "automatic_async");
	doc_set_text(d, "client_secret", new_secret(st, id));
	doc_set_text(d, "confirmation_method", "automatic");
	doc_set_int(d, "created", st_seconds(st));
	doc_set_text(d, "currency", currency);
	doc_set_bool(d, "livemode", false);
	doc_setf(d, "metadata", "{}");
	doc_setf(d, "payment_method_options", "{\"card\":{"
	    "\"installments\":null,\"mandate_options\":null,"
	    "\"network\":null,\"request_three_d_secure\":\"automatic\"}}");
	doc_setf(d, "payment_method_types", "[\"card\"]");
	doc_set_text(d, "status", "requires_payment_method");
	return d;
}

static struct doc *
no_method(struct st *st, struct doc *intent)
{
	st_fail(st, ST_UNEXPECTED_STATE, NULL, "This PaymentIntent cannot be "
	    "confirmed: it is missing a payment method.");
	st->error.intent = intent;
	return NULL;
}

struct doc *
st_intent_create(struct st *st, const char *id)
{
	const char *currency = st_currency(st, "currency");
	int64_t amount = form_int(st->form, "amount", 0);
	bool confirm = form_true(st->form, "confirm");
	struct doc *method;

	(void)id;
	if (currency == NULL || !st_amount_fits(st, "amount", amount,
	    currency))
		return NULL;
	struct doc *d = st_intent_new(st, amount, currency);
	if (!intent_take(st, d) || !intent_take_automatic(st, d) ||
	    !intent_check_return_url(st) || !(confirm ?
	    intent_can_return(st, d) : intent_check_unconfirmed(st)) ||
	    !intent_take_method(st, &method))
		return NULL;
	st_take_text(st, d, "confirmation_method");
	if (method != NULL) {
		doc_set_text(d, "payment_method", doc_text(method, "id"));
		doc_set_text(d, "status", "requires_confirmation");
	}
	st_put(st, d);
	st_event(st, "payment_intent.created", d, NULL);
	if (!confirm)
		return d;
	if (method == NULL) {
		no_method(st, d);
		st->error.intent = NULL;
		st->error.kept = false;
		return NULL;
	}
	const struct st_attempt attempt = intent_attempt_of(st, d);
	return st_intent_attempt(st, d, method, &attempt);
}

struct doc *
st_intent_update(struct st *st, const char *id)
{
	struct doc *d = st_get(st, "payment_intent", id, "intent"), *method;

	if (d == NULL)
		return NULL;
	bool open = is(d, "requires_payment_method") ||
	    is(d, "requires_confirmation") || is(d, "requires_action");
	if (!open && (form_get(st->form, "amount") != NULL ||
	    form_get(st->form, "currency") != NULL ||
	    form_get(st->form, "payment_method") != NULL ||
	    form_get(st->form, "capture_method") != NULL))
		return unexpected(st, d, "updated");
	const char *currency = form_get(st->form, "currency") != NULL ?
	    st_currency(st, "currency") : doc_text(d, "currency");
	int64_t amount = form_int(st->form, "amount", doc_int(d, "amount"));
	if (currency == NULL ||
	    !st_amount_fits(st, "amount", amount, currency) ||
	    !intent_take(st, d) || !intent_take_method(st, &method))
		return NULL;
	doc_set_int(d, "amount", amount);
	doc_set_text(d, "currency", currency);
	if (method != NULL) {
		doc_set_text(d, "payment_method", doc_text(method, "id"));
		doc_set_text(d, "status", "requires_confirmation");
		doc_set_null(d, "next_action");
	}
	st_put(st, d);
	return d;
}

/* Back to where another method can be tried; the error is st->error. */
static struct doc *
attempt_failed(struct st *st, struct doc *d, struct doc *method)
{
	st->error.method = method;
	st->error.intent = NULL;
	doc_setf(d, "last_payment_error", "%s",
	    st_error_members(st, &st->error));
	doc_set_text(d, "status", "requires_payment_method");
	doc_set_null(d, "payment_method");
	doc_set_null(d, "next_action");
	st_put(st, d);
	st_event(st, "payment_intent.payment_failed", d, NULL);
	st->error.intent = d;
	return NULL;
}

/* Takes or authorises the money. */
static struct doc *
charge(struct st *st, struct doc *d, struct doc *method, bool authenticated)
{
	struct doc *ch = st_charge_make(st, d, method, authenticated);
	bool manual = doc_is(d, "capture_method", "manual");
	int64_t amount = doc_int(d, "amount");

	doc_set_null(d, "next_action");
	doc_set_text(d, "latest_charge", doc_text(ch, "id"));
	if (doc_is(ch, "status", "failed")) {
		st->error.charge = doc_text(ch, "id");
		return attempt_failed(st, d, method);
	}
	doc_set_null(d, "last_payment_error");
	doc_set_text(d, "status", manual ? "requires_capture" : "succeeded");
	doc_set_int(d, manual ? "amount_capturable" : "amount_received",
	    amount);
	st_put(st, d);
	st_event(st, manual ? "payment_intent.amount_capturable_updated" :
	    "payment_intent.succeeded", d, NULL);
	if (doc_text(d, "_session") != NULL)
		st_session_complete(st, doc_text(d, "_session"), d);
	return d;
}

static bool
must_ask(const struct card *card, const struct st_attempt *attempt)
{
	switch (card->auth) {
	case AUTH_NEVER:
	case AUTH_LOOKUP_FAILS:
		return false;
	case AUTH_OPTIONAL:
		return attempt->ask;
	case AUTH_ALWAYS:
		return true;
	case AUTH_ON_SESSION:
		return !attempt->off_session;
	}
	return false;
}

static struct doc *
require_action(struct st *st, struct doc *d, const struct st_attempt *attempt)
{
	const char *url = arena_printf(st->arena, "%s/c/3ds/%s", st->base,
	    doc_text(d, "id"));

	if (attempt->return_url != NULL || !attempt->sdk)
		doc_setf(d, "next_action", "{\"redirect_to_url\":{"
		    "\"return_url\":%s,\"url\":%s},"
		    "\"type\":\"redirect_to_url\"}",
		    doc_quote(st->arena, attempt->return_url),
		    doc_quote(st->arena, url));
	else
		doc_setf(d, "next_action", "{\"type\":\"use_stripe_sdk\","
		    "\"use_stripe_sdk\":{\"stripe_js\":%s,"
		    "\"type\":\"three_d_secure_redirect\"}}",
		    doc_quote(st->arena, url));
	doc_set_text(d, "status", "requires_action");
	doc_set_text(d, "_return_url", attempt->return_url);
	st_put(st, d);
	st_event(st, "payment_intent.requires_action", d, NULL);
	return d;
}

struct doc *
st_intent_attempt(struct st *st, struct doc *d, struct doc *method,
    const struct st_attempt *attempt)
{
	const struct card *card = st_card_of(method);

	doc_set_text(d, "payment_method", doc_text(method, "id"));
	if (must_ask(card, attempt)) {
		if (!attempt->off_session && !attempt->no_action)
			return require_action(st, d, attempt);
		st_card_error(st, "authentication_required",
		    "authentication_required", NULL);
		return attempt_failed(st, d, method);
	}
	return charge(st, d, method, false);
}

struct doc *
st_intent_authenticated(struct st *st, struct doc *d, bool passed)
{
	const char *id = doc_text(d, "payment_method");
	struct doc *method = st_get(st, "payment_method",
	    id != NULL ? id : "", "payment_method");

	if (method == NULL)
		return NULL;
	if (passed)
		return charge(st, d, method, true);
	st_card_error(st, "payment_intent_authentication_failure", NULL,
	    NULL);
	st->error.type = "invalid_request_error";
	return attempt_failed(st, d, method);
}

/* A browser proves with the secret that the intent was given to it. */
static bool
check_secret(struct st *st, const struct doc *d)
{
	const char *secret = doc_text(d, "client_secret");
	const char *given = form_get(st->form, "client_secret");

	if (given == NULL)
		return !st->publishable || st_fail(st, ST_PARAMETER_MISSING,
		    "client_secret", "Missing required param: %s.",
		    "client_secret") != NULL;
	if (strlen(given) == strlen(secret) &&
	    sig_equal(given, secret, strlen(secret)))
		return true;
	return st_fail(st, ST_INVALID_VALUE, "client_secret",
	    "The client_secret does not belong to this PaymentIntent.");
}

struct doc *
st_intent_get(struct st *st, const char *id)
{
	struct doc *d = st_get(st, "payment_intent", id, "intent");

	return d != NULL && check_secret(st, d) ? d : NULL;
}

struct doc *
st_intent_confirm(struct st *st, const char *id)
{
	struct doc *d = st_intent_get(st, id), *method;

	if (d == NULL)
		return NULL;
	if (!is(d, "requires_payment_method") &&
	    !is(d, "requires_confirmation") && !is(d, "requires_action"))
		return unexpected(st, d, "confirmed");
	if (!intent_check_return_url(st) || !intent_can_return(st, d) ||
	    !intent_take(st, d) || !intent_take_method(st, &method))
		return NULL;
	const char *kept = doc_text(d, "payment_method");
	if (method == NULL && kept != NULL)
		method = st_find(st, "payment_method", kept);
	if (method == NULL)
		return no_method(st, d);
	const struct st_attempt attempt = intent_attempt_of(st, d);
	return st_intent_attempt(st, d, method, &attempt);
}

struct doc *
st_intent_capture(struct st *st, const char *id)
{
	struct doc *d = st_get(st, "payment_intent", id, "intent");

	if (d == NULL)
		return NULL;
	if (!is(d, "requires_capture"))
		return unexpected(st, d, "captured");
	int64_t amount = form_int(st->form, "amount_to_capture",
	    doc_int(d, "amount_capturable"));
	if (amount > doc_int(d, "amount_capturable"))
		return st_fail(st, ST_AMOUNT_TOO_LARGE, "amount_to_capture",
		    "The amount to capture is greater than the amount that "
		    "was authorised.");
	if (!intent_check_descriptor(st) || !st_amount_fits(st,
	    "amount_to_capture", amount, doc_text(d, "currency")) ||
	    !st_take_metadata(st, d, "metadata"))
		return NULL;
	struct doc *ch = st_get(st, "charge", doc_text(d, "latest_charge"),
	    "charge");
	if (ch == NULL)
		return NULL;
	st_charge_capture(st, ch, amount, true);
	st_event(st, "charge.captured", ch, NULL);
	doc_set_text(d, "status", "succeeded");
	doc_set_int(d, "amount_capturable", 0);
	doc_set_int(d, "amount_received", amount);
	st_put(st, d);
	st_event(st, "payment_intent.succeeded", d, NULL);
	return d;
}

void
st_intent_void(struct st *st, struct doc *d, const char *reason)
{
	doc_set_text(d, "status", "canceled");
	doc_set_int(d, "canceled_at", st_seconds(st));
	doc_set_text(d, "cancellation_reason", reason);
	doc_set_int(d, "amount_capturable", 0);
	doc_set_null(d, "next_action");
	st_put(st, d);
	st_event(st, "payment_intent.canceled", d, NULL);
}

struct doc *
st_intent_cancel(struct st *st, const char *id)
{
	struct doc *d = st_get(st, "payment_intent", id, "intent");

	if (d == NULL)
		return NULL;
	if (is(d, "succeeded") || is(d, "canceled") || is(d, "processing"))
		return unexpected(st, d, "canceled");
	if (doc_text(d, "_session") != NULL && !is(d, "requires_capture")) {
		st_fail(st, ST_UNEXPECTED_STATE, NULL, "This PaymentIntent "
		    "belongs to a Checkout Session: expire that instead.");
		st->error.intent = d;
		return NULL;
	}
	st_intent_void(st, d, form_get(st->form, "cancellation_reason"));
	return d;
}

struct doc *
st_intent_public(struct st *st, const struct doc *intent)
{
	struct doc *d = doc_new(st->arena, "id object amount "
	    "automatic_payment_methods canceled_at cancellation_reason "
	    "capture_method client_secret confirmation_method created "
	    "currency description last_payment_error livemode next_action "
	    "payment_method payment_method_types processing receipt_email "
	    "setup_future_usage shipping source status");

	for (const char *k = NULL; (k = doc_next(d, k)) != NULL;) {
		const char *raw = doc_raw(intent, k);
		if (raw != NULL)
			doc_setf(d, k, "%s", raw);
	}
	return d;
}
