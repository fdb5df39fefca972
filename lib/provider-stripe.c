/* SPDX-License-Identifier: ISC */
/*
 * provider-stripe.c - calls to Stripe's API (stripe-revolut.md 3 and 4).
 */
#include "provider.h"

#include <inttypes.h>
#include <string.h>

#include "buf.h"
#include "fetch.h"
#include "json.h"
#include "provider-judge.h"
#include "stripe.h"
#include "stripe.h"

enum { BODY_MAX_BYTES = 16 * 1024 };

#define API_VERSION "2026-10-28.endive"

static const struct fault *
missing(const struct conf *conf)
{
	if (conf->stripe_secret_key[0] == '\0')
		return &FAULT_STRIPE_KEY_MISSING;
	if (conf->stripe_publishable_key[0] == '\0')
		return &FAULT_STRIPE_PUBLISHABLE_MISSING;
	return NULL;
}

/* Adds name=value to a form; a NULL value adds nothing. */
static void
add(struct buf *form, struct arena *arena, const char *name,
    const char *value)
{
	if (value == NULL)
		return;
	buf_printf(form, "%s%s=%s", form->len > 0 ? "&" : "", name,
	    fetch_encode(arena, value));
}

static struct fetch_answer
call(struct arena *arena, const struct conf *conf, const char *method,
    const char *path, const char *key, const struct buf *form)
{
	const char *headers[] = {
		arena_printf(arena, "Authorization: Bearer %s",
		    conf->stripe_secret_key),
		"Stripe-Version: " API_VERSION,
		"Content-Type: application/x-www-form-urlencoded",
		key != NULL ? arena_printf(arena, "Idempotency-Key: %s", key) :
		    NULL,
		NULL
	};
	struct fetch f = {
		.method = method, .headers = headers,
		.url = arena_printf(arena, "%s%s", conf->stripe_api_base, path),
		.timeout_ms = conf->processor_timeout_ms, .tries = FETCH_TRIES,
	};

	if (form != NULL)
		f.body = (struct slice){ buf_str(form), form->len };
	return fetch_run(arena, &f);
}

static bool
is_text(const struct json *object, const char *key, const char *expected)
{
	const char *text = json_text(object, key);

	return text != NULL && strcmp(text, expected) == 0;
}

/*
 * Under a key that was used with other parameters something was done: that is
 * an error without a code for us, since it refuses nothing.
 */
static void
read_error(struct arena *arena, const struct json *json,
    struct provider_answer *a)
{
	const struct json *error = json_get(json, "error");

	(void)arena;
	a->ref = json_text(json_get(error, "payment_intent"), "id");
	a->code = json_text(error, "code");
	if (a->code == NULL)
		a->code = json_text(error, "type");
	if (a->code != NULL && strcmp(a->code, "idempotency_error") == 0)
		a->code = NULL;
	a->message = json_text(error, "message");
	/* The card was declined: the intent is there, and is not paid. */
	if (a->ref != NULL && (json_text(error, "decline_code") != NULL ||
	    is_text(error, "type", "card_error")))
		a->failure = stripe_failure(error);
}

/* Every object of Stripe's has an id: without one it is no answer of its. */
static const struct json *
judge(struct arena *arena, const struct fetch_answer *f,
    struct provider_answer *a)
{
	const struct json *json = provider_judge(arena, f, read_error, a);

	if (json != NULL && (a->ref = json_text(json, "id")) == NULL) {
		a->fate = PROVIDER_UNKNOWN;
		return NULL;
	}
	return json;
}

/* Where the payer has to go to, if that is what has to happen next. */
static const char *
read_redirect(const struct json *json)
{
	const struct json *action = json_get(json, "next_action");

	return is_text(action, "type", "redirect_to_url") ?
	    json_text(json_get(action, "redirect_to_url"), "url") : NULL;
}

static void
read_state(const struct json *json, struct provider_answer *a)
{
	const char *status = json_text(json, "status");
	const char *currency = json_text(json, "currency");
	int64_t units;

	a->client_secret = json_text(json, "client_secret");
	a->url = read_redirect(json);
	a->failure = stripe_failure(json_get(json, "last_payment_error"));
	if (status == NULL)
		return;
	if (strcmp(status, "succeeded") == 0)
		a->state = PROVIDER_PAID;
	else if (strcmp(status, "canceled") == 0)
		a->state = PROVIDER_CANCELED;
	else if (strcmp(status, "requires_payment_method") == 0 &&
	    a->failure != NULL)
		a->state = PROVIDER_FAILED;
	a->has_amount = json_int(json, "amount_received", &units) &&
	    currency != NULL && currency_parse(currency, strlen(currency),
	    a->amount.currency) && money_from_stripe(units,
	    a->amount.currency, &a->amount.minor);
}

/* The parameters that an intent and a session share, under a prefix. */
static void
add_metadata(struct buf *form, struct arena *arena, const char *prefix,
    const struct provider_order *o)
{
	const char *const pairs[][2] = {
		{ "clive_tx_id", o->clive_tx_id },
		{ "partner_id", o->partner_id },
		{ "client_id", o->client_id },
		{ "echezona_reference", o->reference },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		add(form, arena, arena_printf(arena, "%s[%s]", prefix,
		    pairs[i][0]), pairs[i][1]);
}

static bool
add_amount(struct buf *form, struct arena *arena, const char *name,
    const char *currency_name, struct amount amount)
{
	char currency[4];
	int64_t units;

	if (!money_to_stripe(amount.minor, amount.currency, &units))
		return false;
	for (int i = 0; i < 4; i++)
		currency[i] = (char)(amount.currency[i] | (i < 3 ? 0x20 : 0));
	add(form, arena, name, arena_printf(arena, "%" PRId64, units));
	add(form, arena, currency_name, currency);
	return true;
}

static struct provider_answer
refuse_amount(void)
{
	return (struct provider_answer){ .fate = PROVIDER_REFUSED,
	    .code = "amount_invalid",
	    .message = "Stripe cannot take this amount in this currency" };
}

static struct provider_answer
open_intent(struct arena *arena, const struct conf *conf,
    const struct provider_order *o)
{
	struct provider_answer a;
	struct buf form;

	buf_init(&form, BODY_MAX_BYTES);
	if (!add_amount(&form, arena, "amount", "currency", o->amount)) {
		buf_free(&form);
		return refuse_amount();
	}
	add(&form, arena, "automatic_payment_methods[enabled]", "true");
	add(&form, arena, "receipt_email", o->email);
	add(&form, arena, "statement_descriptor_suffix",
	    o->descriptor_suffix);
	add(&form, arena, "description", o->description);
	if (o->payment_method != NULL) {
		add(&form, arena, "confirm", "true");
		add(&form, arena, "payment_method", o->payment_method);
		add(&form, arena, "return_url", o->return_url);
	}
	add_metadata(&form, arena, "metadata", o);
	struct fetch_answer f = call(arena, conf, "POST",
	    "/v1/payment_intents", o->idempotency_key, &form);
	buf_free(&form);
	const struct json *json = judge(arena, &f, &a);
	if (json != NULL)
		read_state(json, &a);
	/* Opened, and declined at once. */
	if (a.fate == PROVIDER_REFUSED && a.failure != NULL) {
		a.fate = PROVIDER_DONE;
		a.state = PROVIDER_FAILED;
	}
	return a;
}

static struct provider_answer
open_checkout(struct arena *arena, const struct conf *conf,
    const struct provider_order *o)
{
	struct provider_answer a;
	struct buf form;

	buf_init(&form, BODY_MAX_BYTES);
	add(&form, arena, "mode", "payment");
	if (!add_amount(&form, arena, "line_items[0][price_data][unit_amount]",
	    "line_items[0][price_data][currency]", o->amount)) {
		buf_free(&form);
		return refuse_amount();
	}
	add(&form, arena, "line_items[0][price_data][product_data][name]",
	    o->description);
	add(&form, arena, "line_items[0][quantity]", "1");
	add(&form, arena, "success_url", o->return_url);
	add(&form, arena, "client_reference_id", o->clive_tx_id);
	add(&form, arena, "customer_email", o->email);
	add_metadata(&form, arena, "metadata", o);
	add_metadata(&form, arena, "payment_intent_data[metadata]", o);
	struct fetch_answer f = call(arena, conf, "POST",
	    "/v1/checkout/sessions", o->idempotency_key, &form);
	buf_free(&form);
	const struct json *json = judge(arena, &f, &a);
	a.url = json_text(json, "url");
	if (a.fate == PROVIDER_DONE && a.url == NULL)
		a.fate = PROVIDER_UNKNOWN;
	return a;
}

static bool
is_session(const char *ref)
{
	return strncmp(ref, "cs_", 3) == 0;
}

/* A session's state is that of its intent, once it has one. */
static void
read_session(const struct json *json, struct provider_answer *a)
{
	const char *paid = json_text(json, "payment_status");
	const char *status = json_text(json, "status");
	const char *currency = json_text(json, "currency");
	int64_t units;

	if (paid != NULL && strcmp(paid, "paid") == 0) {
		a->state = PROVIDER_PAID;
		a->paid_as = json_text(json, "payment_intent");
	} else if (status != NULL && strcmp(status, "expired") == 0) {
		a->state = PROVIDER_CANCELED;
	}
	a->has_amount = json_int(json, "amount_total", &units) &&
	    currency != NULL && currency_parse(currency, strlen(currency),
	    a->amount.currency) && money_from_stripe(units,
	    a->amount.currency, &a->amount.minor);
}

static struct provider_answer
fetch_state(struct arena *arena, const struct conf *conf, const char *ref)
{
	struct provider_answer a;
	const char *path = arena_printf(arena, "%s/%s", is_session(ref) ?
	    "/v1/checkout/sessions" : "/v1/payment_intents",
	    fetch_encode(arena, ref));
	struct fetch_answer f = call(arena, conf, "GET", path, NULL, NULL);
	const struct json *json = judge(arena, &f, &a);

	if (json != NULL && is_session(ref))
		read_session(json, &a);
	else if (json != NULL)
		read_state(json, &a);
	return a;
}

static struct provider_answer
cancel(struct arena *arena, const struct conf *conf, const char *ref,
    const char *key)
{
	struct provider_answer a;
	const char *path = is_session(ref) ?
	    arena_printf(arena, "/v1/checkout/sessions/%s/expire",
	    fetch_encode(arena, ref)) :
	    arena_printf(arena, "/v1/payment_intents/%s/cancel",
	    fetch_encode(arena, ref));
	struct buf form;

	buf_init(&form, BODY_MAX_BYTES);
	struct fetch_answer f = call(arena, conf, "POST", path, key, &form);
	buf_free(&form);
	const struct json *json = judge(arena, &f, &a);
	if (json != NULL)
		a.state = PROVIDER_CANCELED;
	return a;
}

/* The intent of a session, which a refund wants; false: not known. */
static bool
find_intent(struct arena *arena, const struct conf *conf, const char *ref,
    const char **intent, struct provider_answer *a)
{
	const char *path = arena_printf(arena, "/v1/checkout/sessions/%s",
	    fetch_encode(arena, ref));
	struct fetch_answer f = call(arena, conf, "GET", path, NULL, NULL);

	*intent = json_text(judge(arena, &f, a), "payment_intent");
	if (a->fate == PROVIDER_DONE && *intent == NULL)
		*a = (struct provider_answer){ .fate = PROVIDER_REFUSED,
		    .code = "not_paid", .message = "Nothing was paid" };
	return *intent != NULL;
}

/* What became of a refund so far; its name and state are Stripe's. */
static void
read_refund(const struct json *json, struct provider_answer *a)
{
	const char *status = json_text(json, "status");

	if (status == NULL)
		return;
	if (strcmp(status, "succeeded") == 0) {
		a->state = PROVIDER_PAID;
	} else if (strcmp(status, "failed") == 0 ||
	    strcmp(status, "canceled") == 0) {
		a->state = PROVIDER_FAILED;
		a->failure = json_text(json, "failure_reason");
	}
}

/* Its key is its name with us, by which events of it find it (stripe.h). */
static struct provider_answer
refund(struct arena *arena, const struct conf *conf, const char *ref,
    struct amount amount, const char *key)
{
	struct provider_answer a;
	struct buf form;
	int64_t units;

	if (!money_to_stripe(amount.minor, amount.currency, &units))
		return refuse_amount();
	if (is_session(ref) && !find_intent(arena, conf, ref, &ref, &a))
		return a;
	buf_init(&form, BODY_MAX_BYTES);
	add(&form, arena, "payment_intent", ref);
	add(&form, arena, "amount", arena_printf(arena, "%" PRId64, units));
	add(&form, arena, "metadata[" STRIPE_REFUND_KEY "]", key);
	struct fetch_answer f = call(arena, conf, "POST", "/v1/refunds", key,
	    &form);
	buf_free(&form);
	const struct json *json = judge(arena, &f, &a);
	if (json != NULL)
		read_refund(json, &a);
	return a;
}

/* The refund of a list that bears our name; NULL: none does. */
static const struct json *
find_ours(const struct json *list, const char *key)
{
	const struct json *data = json_get(list, "data");

	for (const struct json *one = data != NULL ? data->child : NULL;
	    one != NULL; one = one->next) {
		const char *name = json_text(json_get(one, "metadata"),
		    STRIPE_REFUND_KEY);
		if (name != NULL && strcmp(name, key) == 0)
			return one;
	}
	return NULL;
}

/* Whoever may not look, or looks in the wrong account, has learnt nothing. */
static struct provider_answer
unsaid(struct provider_answer a)
{
	a.fate = PROVIDER_UNKNOWN;
	return a;
}

/* One payment has at most a few refunds; a longer list proves nothing. */
static struct provider_answer
find_refund(struct arena *arena, const struct conf *conf, const char *ref,
    const char *key)
{
	struct provider_answer a;
	const char *path = arena_printf(arena,
	    "/v1/refunds?limit=100&payment_intent=%s",
	    fetch_encode(arena, ref));
	struct fetch_answer f = call(arena, conf, "GET", path, NULL, NULL);
	const struct json *list = provider_judge(arena, &f, read_error, &a);
	const struct json *more = json_get(list, "has_more");
	const struct json *ours = find_ours(list, key);

	if (list == NULL)
		return unsaid(a);
	if (ours != NULL) {
		a.ref = json_text(ours, "id");
		read_refund(ours, &a);
	} else if (more != NULL && more->kind == JSON_FALSE) {
		a.fate = PROVIDER_REFUSED;
		a.code = "not_refunded";
		a.message = "The processor has no such refund";
	} else {
		a.fate = PROVIDER_UNKNOWN;
	}
	return a;
}

static struct provider_answer
fetch_refund(struct arena *arena, const struct conf *conf, const char *ref,
    const char *refund_ref, const char *key)
{
	struct provider_answer a;

	if (refund_ref == NULL)
		return find_refund(arena, conf, ref, key);
	const char *path = arena_printf(arena, "/v1/refunds/%s",
	    fetch_encode(arena, refund_ref));
	struct fetch_answer f = call(arena, conf, "GET", path, NULL, NULL);
	const struct json *json = judge(arena, &f, &a);
	if (json != NULL)
		read_refund(json, &a);
	return a.fate == PROVIDER_DONE ? a : unsaid(a);
}

static const char *const payment_types[] = { "card", NULL };

extern const struct provider provider_stripe;

const struct provider provider_stripe = {
	.name = "stripe",
	.payment_types = payment_types,
	.missing = missing,
	.open = open_intent,
	.checkout = open_checkout,
	.checkout_repeats = true,
	.fetch = fetch_state,
	.cancel = cancel,
	.refund = refund,
	.fetch_refund = fetch_refund,
};
