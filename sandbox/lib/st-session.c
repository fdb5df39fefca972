/* SPDX-License-Identifier: ISC */
/* st-session.c - Checkout Sessions and what becomes of them. */
#include "st.h"

#include <stdio.h>
#include <string.h>

enum {
	ITEMS_MAX = 100,
	LIFE_S = 24 * 3600,
	LIFE_MIN_S = 30 * 60
};

#define NOT_OFFERED(parameter) \
	{ .name = parameter, .kind = RULE_NOT_OFFERED }, \
	{ .name = parameter "[**]", .kind = RULE_NOT_OFFERED }

const struct rule st_session_create_rules[] = {
	{ .name = "mode", .kind = RULE_ONE_OF, .required = true,
	  .choices = "payment" },
	{ .name = "line_items[#][quantity]", .kind = RULE_INT },
	{ .name = "line_items[#][price]" },
	{ .name = "line_items[#][price_data][currency]" },
	{ .name = "line_items[#][price_data][unit_amount]",
	  .kind = RULE_INT },
	{ .name = "line_items[#][price_data][product_data][metadata][*]" },
	{ .name = "line_items[#][price_data][product_data][images][#]" },
	{ .name = "line_items[#][price_data][product_data][*]" },
	{ .name = "success_url", .required = true },
	{ .name = "cancel_url" },
	{ .name = "client_reference_id" },
	{ .name = "currency" },
	{ .name = "customer" },
	{ .name = "customer_email" },
	{ .name = "expand[#]" },
	{ .name = "expires_at", .kind = RULE_INT },
	{ .name = "locale" },
	{ .name = "metadata[*]" },
	{ .name = "metadata" },
	{ .name = "allowed_payment_method_types[#]" },
	{ .name = "excluded_payment_method_types[#]" },
	{ .name = "payment_intent_data[metadata][*]" },
	{ .name = "payment_intent_data[capture_method]",
	  .kind = RULE_ONE_OF,
	  .choices = "automatic automatic_async manual" },
	{ .name = "payment_intent_data[description]" },
	{ .name = "payment_intent_data[receipt_email]" },
	{ .name = "payment_intent_data[setup_future_usage]" },
	{ .name = "payment_intent_data[statement_descriptor_suffix]" },
	{ .name = "payment_intent_data[transfer_group]" },
	{ .name = "submit_type", .kind = RULE_ONE_OF,
	  .choices = "auto book donate pay subscribe" },
	{ .name = "ui_mode", .kind = RULE_ONE_OF, .choices = "hosted_page" },
	{ .name = "billing_address_collection", .kind = RULE_ONE_OF,
	  .choices = "auto required" },
	NOT_OFFERED("after_expiration"),
	NOT_OFFERED("allow_promotion_codes"),
	NOT_OFFERED("automatic_tax"),
	NOT_OFFERED("consent_collection"),
	NOT_OFFERED("custom_fields"),
	NOT_OFFERED("custom_text"),
	NOT_OFFERED("discounts"),
	NOT_OFFERED("invoice_creation"),
	NOT_OFFERED("phone_number_collection"),
	NOT_OFFERED("shipping_address_collection"),
	NOT_OFFERED("shipping_options"),
	NOT_OFFERED("tax_id_collection"),
	{ .name = NULL }
};

static const char *
item_key(struct st *st, const char *index, const char *rest)
{
	return arena_printf(st->arena, "line_items[%s]%s", index, rest);
}

/* A parameter of an item that must be there; NULL with an error. */
static const char *
item_need(struct st *st, const char *index, const char *rest)
{
	const char *key = item_key(st, index, rest);
	const char *value = form_get(st->form, key);

	if (value != NULL && *value != '\0')
		return value;
	st_fail(st, ST_PARAMETER_MISSING, key, "Missing required param: %s.",
	    key);
	return NULL;
}

/* One item as JSON, and what it costs; NULL with an error. */
static const char *
read_item(struct st *st, const char *index, const char *currency,
    int64_t *total)
{
	const char *price = form_get(st->form,
	    item_key(st, index, "[price]"));

	if (price != NULL) {
		st_fail(st, ST_RESOURCE_MISSING,
		    item_key(st, index, "[price]"), "No such price: '%s'; "
		    "the sandbox takes price_data.", price);
		return NULL;
	}
	const char *name = item_need(st, index,
	    "[price_data][product_data][name]");
	const char *unit = name == NULL ? NULL : item_need(st, index,
	    "[price_data][unit_amount]");
	const char *quantity = unit == NULL ? NULL : item_need(st, index,
	    "[quantity]");
	if (quantity == NULL)
		return NULL;
	int64_t each = form_int(st->form,
	    item_key(st, index, "[price_data][unit_amount]"), 0);
	int64_t count = form_int(st->form,
	    item_key(st, index, "[quantity]"), 0);
	if (__builtin_mul_overflow(each, count, total)) {
		st_fail(st, ST_AMOUNT_TOO_LARGE, item_key(st, index,
		    "[quantity]"), "The item costs too much.");
		return NULL;
	}
	return arena_printf(st->arena, "{\"id\":%s,\"object\":\"item\","
	    "\"amount_discount\":0,\"amount_subtotal\":%lld,"
	    "\"amount_tax\":0,\"amount_total\":%lld,\"currency\":\"%s\","
	    "\"description\":%s,\"price\":{\"object\":\"price\","
	    "\"currency\":\"%s\",\"unit_amount\":%lld,\"type\":\"one_time\"},"
	    "\"quantity\":%lld}", doc_quote(st->arena, st_id(st, "li_")),
	    (long long)*total, (long long)*total, currency,
	    doc_quote(st->arena, name), currency, (long long)each,
	    (long long)count);
}

/* All items; false with an error. */
static bool
read_items(struct st *st, struct doc *d)
{
	const char *items = "", *currency = NULL;
	int64_t sum = 0, total;
	int n = 0;

	for (const char *i = NULL; (i = form_next(st->form, st->arena,
	    "line_items", i)) != NULL;) {
		const char *key = item_key(st, i, "[price_data][currency]");
		const char *own = form_get(st->form, key) != NULL ?
		    st_currency(st, key) : "";
		const char *item;
		if (own == NULL || (item = read_item(st, i, own, &total)) ==
		    NULL || (*own == '\0' && item_need(st, i,
		    "[price_data][currency]") == NULL))
			return false;
		if (currency != NULL && strcmp(currency, own) != 0)
			return st_fail(st, ST_INVALID_VALUE, key,
			    "All items must have the same currency.");
		if (++n > ITEMS_MAX || __builtin_add_overflow(sum, total,
		    &sum))
			return st_fail(st, ST_INVALID_VALUE, "line_items",
			    "There are too many items.");
		currency = own;
		items = arena_printf(st->arena, "%s%s%s", items,
		    *items != '\0' ? "," : "", item);
	}
	if (n == 0)
		return st_fail(st, ST_PARAMETER_MISSING, "line_items",
		    "Missing required param: line_items.");
	doc_set_int(d, "amount_subtotal", sum);
	doc_set_int(d, "amount_total", sum);
	doc_set_text(d, "currency", currency);
	doc_setf(d, "_items", "[%s]", items);
	return st_amount_fits(st, "line_items", sum, currency);
}

/* What the intent will be made with. */
static bool
read_intent_data(struct st *st, struct doc *d)
{
	static const char *const keys[] = { "capture_method", "description",
	    "receipt_email", "setup_future_usage",
	    "statement_descriptor_suffix", "transfer_group" };
	struct doc *data = doc_new(st->arena, "");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = form_get(st->form, arena_printf(st->arena,
		    "payment_intent_data[%s]", keys[i]));
		if (value != NULL && *value != '\0')
			doc_set_text(data, keys[i], value);
	}
	if (!st_take_metadata(st, data, "payment_intent_data[metadata]"))
		return false;
	doc_setf(d, "_intent", "%s", doc_shown(data));
	return true;
}

static bool
check_urls(struct st *st)
{
	const char *cancel = form_get(st->form, "cancel_url");

	return st_is_url(st, "success_url",
	    form_get(st->form, "success_url")) &&
	    (cancel == NULL || *cancel == '\0' ||
	    st_is_url(st, "cancel_url", cancel));
}

static struct doc *
draft(struct st *st)
{
	struct doc *d = doc_new(st->arena, "id object adaptive_pricing "
	    "after_expiration allow_promotion_codes amount_subtotal "
	    "amount_total automatic_tax billing_address_collection "
	    "cancel_url client_reference_id client_secret "
	    "collected_information consent consent_collection created "
	    "currency currency_conversion custom_fields custom_text customer "
	    "customer_account customer_creation customer_details "
	    "customer_email discounts expires_at invoice invoice_creation "
	    "livemode locale metadata mode origin_context payment_intent "
	    "payment_link payment_method_collection "
	    "payment_method_configuration_details payment_method_options "
	    "payment_method_types payment_status permissions "
	    "phone_number_collection recovered_from saved_payment_method_"
	    "options setup_intent shipping_address_collection shipping_cost "
	    "shipping_options status submit_type subscription success_url "
	    "total_details ui_mode url wallet_options");
	const char *id = st_id(st, "cs_test_");

	doc_set_text(d, "id", id);
	doc_set_text(d, "object", "checkout.session");
	doc_setf(d, "automatic_tax", "{\"enabled\":false,\"liability\":null,"
	    "\"provider\":null,\"status\":null}");
	doc_set_int(d, "created", st_seconds(st));
	doc_setf(d, "custom_fields", "[]");
	doc_set_text(d, "customer_creation", "if_required");
	doc_set_bool(d, "livemode", false);
	doc_setf(d, "metadata", "{}");
	doc_set_text(d, "mode", "payment");
	doc_set_text(d, "payment_method_collection", "if_required");
	doc_setf(d, "payment_method_options", "{}");
	doc_setf(d, "payment_method_types", "[\"card\"]");
	doc_set_text(d, "payment_status", "unpaid");
	doc_setf(d, "shipping_options", "[]");
	doc_set_text(d, "status", "open");
	doc_setf(d, "total_details", "{\"amount_discount\":0,"
	    "\"amount_shipping\":0,\"amount_tax\":0}");
	doc_set_text(d, "ui_mode", "hosted_page");
	doc_set_text(d, "url", arena_printf(st->arena, "%s/c/pay/%s",
	    st->base, id));
	return d;
}

struct doc *
st_session_create(struct st *st, const char *id)
{
	static const char *const texts[] = { "cancel_url",
	    "client_reference_id", "customer", "customer_email", "locale",
	    "submit_type", "success_url", "billing_address_collection" };
	int64_t now = st_seconds(st);
	int64_t expires = form_int(st->form, "expires_at", now + LIFE_S);
	struct doc *d = draft(st);

	(void)id;
	/* Half a minute of grace for the caller's clock. */
	if (expires < now + LIFE_MIN_S - 30 || expires > now + LIFE_S + 30)
		return st_fail(st, ST_INVALID_VALUE, "expires_at", "expires_at"
		    " must be between 30 minutes and 24 hours from now.");
	if (form_get(st->form, "customer") != NULL &&
	    form_get(st->form, "customer_email") != NULL)
		return st_fail(st, ST_PARAMETER_EXCLUSIVE, "customer_email",
		    "Only one of customer and customer_email can be given.");
	if (!check_urls(st) || !read_items(st, d) ||
	    !read_intent_data(st, d) ||
	    !st_take_metadata(st, d, "metadata"))
		return NULL;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		st_take_text(st, d, texts[i]);
	doc_set_int(d, "expires_at", expires);
	st_put(st, d);
	st_later(st, (expires - now) * 1000, "expire", doc_text(d, "id"));
	return d;
}

static void
expire(struct st *st, struct doc *d)
{
	const char *intent_id = doc_text(d, "payment_intent");
	struct doc *intent = intent_id == NULL ? NULL :
	    st_find(st, "payment_intent", intent_id);

	doc_set_text(d, "status", "expired");
	doc_set_null(d, "url");
	st_put(st, d);
	st_event(st, "checkout.session.expired", d, NULL);
	if (intent != NULL && !doc_is(intent, "status", "canceled"))
		st_intent_void(st, intent, "expired");
}

void
st_session_lapse(struct st *st, struct doc *session)
{
	if (doc_is(session, "status", "open"))
		expire(st, session);
}

struct doc *
st_session_expire(struct st *st, const char *id)
{
	struct doc *d = st_get(st, "checkout.session", id, "session");

	if (d == NULL)
		return NULL;
	if (!doc_is(d, "status", "open"))
		return st_fail(st, ST_INVALID_VALUE, NULL, "Only Checkout "
		    "Sessions with a status of open can be expired; this one "
		    "is %s.", doc_text(d, "status"));
	expire(st, d);
	return d;
}

/* The intent comes into being when the payer first pays. */
static struct doc *
intent_of(struct st *st, struct doc *d)
{
	const char *id = doc_text(d, "payment_intent");
	struct doc *data = doc_parse(st->arena, doc_raw(d, "_intent"));

	if (id != NULL)
		return st_get(st, "payment_intent", id, "intent");
	struct doc *intent = st_intent_new(st, doc_int(d, "amount_total"),
	    doc_text(d, "currency"));
	for (const char *k = NULL; (k = doc_next(data, k)) != NULL;)
		doc_setf(intent, k, "%s", doc_raw(data, k) != NULL ?
		    doc_raw(data, k) : "null");
	doc_set_text(intent, "_session", doc_text(d, "id"));
	st_put(st, intent);
	st_event(st, "payment_intent.created", intent, NULL);
	doc_set_text(d, "payment_intent", doc_text(intent, "id"));
	st_put(st, d);
	return intent;
}

struct doc *
st_session_pay(struct st *st, struct doc *d)
{
	const struct st_attempt attempt = {
		.return_url = st_session_success_url(st, d)
	};
	struct doc *method = st_method_make(st, ""), *intent;

	if (method == NULL || (intent = intent_of(st, d)) == NULL)
		return NULL;
	doc_setf(d, "customer_details", "{\"address\":null,\"email\":%s,"
	    "\"name\":%s,\"phone\":null,\"tax_exempt\":\"none\","
	    "\"tax_ids\":[]}", doc_quote(st->arena, form_get(st->form,
	    "billing_details[email]")), doc_quote(st->arena, form_get(
	    st->form, "billing_details[name]")));
	st_put(st, d);
	return st_intent_attempt(st, intent, method, &attempt);
}

void
st_session_complete(struct st *st, const char *id, struct doc *intent)
{
	struct doc *d = st_find(st, "checkout.session", id);

	if (d == NULL || !doc_is(d, "status", "open"))
		return;
	doc_set_text(d, "status", "complete");
	doc_set_text(d, "payment_status",
	    doc_is(intent, "status", "succeeded") ? "paid" : "unpaid");
	doc_set_null(d, "url");
	st_put(st, d);
	st_event(st, "checkout.session.completed", d, NULL);
}

const char *
st_session_success_url(struct st *st, struct doc *session)
{
	static const char place[] = "{CHECKOUT_SESSION_ID}";
	const char *url = doc_text(session, "success_url");
	const char *at = strstr(url, place);

	return at == NULL ? url : arena_printf(st->arena, "%.*s%s%s",
	    (int)(at - url), url, doc_text(session, "id"),
	    at + strlen(place));
}

const char *
st_session_items(struct st *st, const struct doc *session)
{
	return arena_printf(st->arena, "{\"object\":\"list\",\"data\":%s,"
	    "\"has_more\":false,\"url\":\"/v1/checkout/sessions/%s/"
	    "line_items\"}", doc_raw(session, "_items"),
	    doc_text(session, "id"));
}
