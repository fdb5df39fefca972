/* SPDX-License-Identifier: ISC */
/* rv.c - orders, payments, refunds and webhooks of the stand-in. */
#include "rv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "revolut.h"
#include "sig.h"

enum {
	MESSAGE_MAX = 512,
	LIST_MAX = 1000,
	LIST_BYTES = 4 * 1024 * 1024,
	SUFFIX_MAX = 19,
	METADATA_MAX = 50,
	EXPIRE_AT_ONCE = 100
};

static const char kind[] = "order";

struct doc *
rv_fail(struct rv *rv, int status, const char *code, const char *fmt, ...)
{
	char message[MESSAGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	rv->error = (struct rv_error){ status, code,
	    arena_strdup(rv->arena, message) };
	return NULL;
}

const char *
rv_error_json(struct rv *rv)
{
	return arena_printf(rv->arena, "{\"code\":%s,\"message\":%s,"
	    "\"timestamp\":%lld}", doc_quote(rv->arena, rv->error.code),
	    doc_quote(rv->arena, rv->error.message),
	    (long long)rv->box->now);
}

/* ------------------------------------------------------------- objects */

static const char *
uuid(struct rv *rv)
{
	uint8_t b[16];
	char hex[33];

	sig_random(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 15) | 0x40);
	b[8] = (uint8_t)((b[8] & 63) | 0x80);
	hex_encode(b, sizeof(b), hex);
	return arena_printf(rv->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
	    hex + 8, hex + 12, hex + 16, hex + 20);
}

static const char *
time_text(struct rv *rv)
{
	struct jsonw w;
	struct buf b;

	buf_init(&b, 64);
	jsonw_init(&w, &b);
	jsonw_time(&w, NULL, rv->box->now);
	const char *text = arena_strndup(rv->arena, buf_str(&b) + 1,
	    b.len - 2);
	buf_free(&b);
	return text;
}

static void
put(struct rv *rv, struct doc *order)
{
	doc_set_text(order, "updated_at", time_text(rv));
	store_run(rv->box->store, Q_OBJECT_PUT, "ttit", doc_text(order, "id"),
	    kind, doc_int(order, "_created"), doc_stored(order));
}

struct doc *
rv_get(struct rv *rv, const char *id)
{
	struct cursor *c = store_query(rv->box->store, Q_OBJECT_GET, "tt", id,
	    kind);

	if (!cursor_next(c))
		return rv_fail(rv, 404, "not_found", "No such order: %s", id);
	struct doc *d = doc_parse(rv->arena, cursor_text(c, 0));
	cursor_end(c);
	return d;
}

/* Starts a query for the orders whose members have these values. */
static struct cursor *
query(struct rv *rv, const struct doc *filters, int64_t limit)
{
	return store_query(rv->box->store, Q_OBJECT_DOWN, "tiitii", kind,
	    (int64_t)0, INT64_MAX, doc_stored(filters), INT64_MAX, limit);
}

struct doc *
rv_find_token(struct rv *rv, const char *token)
{
	struct doc *filters = doc_new(rv->arena, "");

	doc_setf(filters, "_token", "[%s]", doc_quote(rv->arena, token));
	struct cursor *c = query(rv, filters, 1);
	if (!cursor_next(c))
		return rv_fail(rv, 404, "not_found", "No such order");
	struct doc *d = doc_parse(rv->arena, cursor_text(c, 0));
	cursor_end(c);
	return d;
}

/* What a list shows: no token, no payments. */
static const char *
brief(struct rv *rv, struct doc *order)
{
	static const char *const hidden[] = { "token", "checkout_url",
	    "payments", "customer", "metadata", "redirect_url" };

	(void)rv;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		doc_remove(order, hidden[i]);
	return doc_shown(order);
}

const char *
rv_list(struct rv *rv, const char *reference, const char *state,
    int64_t limit)
{
	struct doc *filters = doc_new(rv->arena, "");
	struct buf b;
	int n = 0;

	if (*reference != '\0')
		doc_setf(filters, "_reference", "[%s]",
		    doc_quote(rv->arena, reference));
	if (*state != '\0')
		doc_setf(filters, "state", "[%s]",
		    doc_quote(rv->arena, state));
	buf_init(&b, LIST_BYTES);
	buf_puts(&b, "{\"orders\":[");
	struct cursor *c = query(rv, filters, limit > 0 && limit <= LIST_MAX ?
	    limit : LIST_MAX);
	while (cursor_next(c))
		buf_printf(&b, "%s%s", n++ > 0 ? "," : "", brief(rv,
		    doc_parse(rv->arena, cursor_text(c, 0))));
	buf_puts(&b, "]}");
	const char *json = arena_strndup(rv->arena, buf_str(&b), b.len);
	buf_free(&b);
	return json;
}

/* ------------------------------------------------------------ webhooks */

/* Two header lines: the time is in one of its own. */
static const char *
sign(struct box *box, const char *body, int64_t at, bool bad)
{
	char digest[SHA256_HEX_SIZE];
	const char *secret = box->conf->revolut_webhook_secret[0];

	if (box->conf->revolut_webhook_secret_count == 0)
		return NULL;
	if (bad)
		secret = "wsk_not_the_right_one";
	const char *text = arena_printf(box->arena, "v1.%lld.%s",
	    (long long)at, body);
	sig_hmac_hex(secret, strlen(secret), text, strlen(text), digest);
	return arena_printf(box->arena, "Revolut-Request-Timestamp: %lld\r\n"
	    "Revolut-Signature: v1=%s", (long long)at, digest);
}

const struct hook_service rv_hook = {
	.name = "revolut", .path = "/api/v1/webhooks/revolut", .sign = sign
};

static void
tell(struct rv *rv, const char *event, const struct doc *order)
{
	const char *reference = doc_text(order, "_reference");
	struct doc *d = doc_new(rv->arena, "");

	doc_set_text(d, "event", event);
	doc_set_text(d, "order_id", doc_text(order, "id"));
	if (reference != NULL)
		doc_set_text(d, "merchant_order_ext_ref", reference);
	hook_queue(rv->box, &rv_hook, arena_printf(rv->arena, "%s %s", event,
	    doc_text(order, "id")), doc_shown(d));
}

/* -------------------------------------------------------------- orders */

static bool
is_currency(const char *text)
{
	return text != NULL && strlen(text) == 3 &&
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

static bool
check_metadata(struct rv *rv, const struct json *metadata)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	int n = 0;

	for (const struct json *m = metadata != NULL ? metadata->child : NULL;
	    m != NULL; m = m->next) {
		size_t len = strlen(m->key);
		if (++n > METADATA_MAX || len == 0 || len > 40 ||
		    strspn(m->key, allowed) != len ||
		    strspn(m->key, allowed) == strspn(m->key, "0123456789_") ||
		    m->kind != JSON_STRING || m->len > 500)
			return rv_fail(rv, 400, "bad_request",
			    "metadata: '%s' is not possible", m->key);
	}
	return true;
}

/* All that can be said against an order before it is made. */
static bool
check_order(struct rv *rv, const struct json *json)
{
	const char *suffix = json_text(json, "statement_descriptor_suffix");
	const char *redirect = json_text(json, "redirect_url");
	const char *mode = json_text(json, "capture_mode");
	int64_t amount;

	if (!json_int(json, "amount", &amount) || amount <= 0)
		return rv_fail(rv, 400, "bad_request",
		    "amount: a whole number of minor units is required");
	if (!is_currency(json_text(json, "currency")))
		return rv_fail(rv, 400, "bad_request",
		    "currency: three capital letters are required");
	if (mode != NULL && strcmp(mode, "automatic") != 0)
		return rv_fail(rv, 400, "bad_request",
		    "capture_mode: the sandbox captures automatically");
	if (redirect != NULL && revolut_redirect(redirect) == NULL)
		return rv_fail(rv, 400, "bad_request", "redirect_url: http "
		    "or https and a public name are required");
	if (suffix != NULL && (strlen(suffix) < 1 ||
	    strlen(suffix) > SUFFIX_MAX || strpbrk(suffix, "*\\\n") != NULL))
		return rv_fail(rv, 400, "bad_request",
		    "statement_descriptor_suffix: 1 to 19 characters without "
		    "* and \\");
	return check_metadata(rv, json_get(json, "metadata"));
}

/* A fresh order with the members that all have. */
static struct doc *
new_order(struct rv *rv, const char *type, int64_t amount,
    const char *currency)
{
	struct doc *d = doc_new(rv->arena, "id");

	doc_set_text(d, "id", uuid(rv));
	doc_set_text(d, "type", type);
	doc_set_text(d, "state", "pending");
	doc_set_text(d, "created_at", time_text(rv));
	doc_set_text(d, "updated_at", time_text(rv));
	doc_set_int(d, "amount", amount);
	doc_set_text(d, "currency", currency);
	doc_set_int(d, "outstanding_amount", amount);
	doc_set_int(d, "refunded_amount", 0);
	doc_set_text(d, "capture_mode", "automatic");
	doc_setf(d, "payments", "[]");
	doc_set_int(d, "_created", rv->box->now / 1000);
	return d;
}

/* "PT30M", "PT24H", "PT1H30M" in milliseconds; 0 where it is none. */
static int64_t
duration(const char *text)
{
	long long hours = 0, minutes = 0;
	int end = 0;

	if (text == NULL)
		return 0;
	if (sscanf(text, "PT%lldH%n", &hours, &end) == 1 &&
	    text[end] == '\0')
		return hours * 3600000;
	hours = 0;
	if ((sscanf(text, "PT%lldM%n", &minutes, &end) == 1 ||
	    sscanf(text, "PT%lldH%lldM%n", &hours, &minutes, &end) == 2) &&
	    text[end] == '\0')
		return hours * 3600000 + minutes * 60000;
	return 0;
}

static void
copy(struct rv *rv, struct doc *order, const struct json *json,
    const char *key)
{
	const struct json *member = json_get(json, key);

	if (member != NULL && member->kind != JSON_NULL)
		doc_setf(order, key, "%s", arena_strndup(rv->arena,
		    member->raw.p, member->raw.n));
}

struct doc *
rv_create(struct rv *rv, const struct json *json)
{
	static const char *const copied[] = { "description", "customer",
	    "metadata", "merchant_order_data", "redirect_url",
	    "statement_descriptor_suffix" };
	const char *token = uuid(rv);
	const char *reference = json_text(json_get(json,
	    "merchant_order_data"), "reference");
	int64_t amount, life = duration(json_text(json,
	    "expire_pending_after"));

	if (!check_order(rv, json) || !json_int(json, "amount", &amount))
		return NULL;
	struct doc *d = new_order(rv, "payment", amount,
	    json_text(json, "currency"));
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		copy(rv, d, json, copied[i]);
	doc_set_text(d, "token", token);
	doc_set_text(d, "checkout_url", arena_printf(rv->arena,
	    "%s/api/payment-link/%s", rv->base, token));
	doc_set_text(d, "_token", token);
	if (reference != NULL)
		doc_set_text(d, "_reference", reference);
	if (life > 0)
		doc_set_int(d, "_expires", rv->box->now + life);
	put(rv, d);
	return d;
}

struct doc *
rv_cancel(struct rv *rv, const char *id)
{
	struct doc *d = rv_get(rv, id);

	if (d == NULL)
		return NULL;
	if (!doc_is(d, "state", "pending") && !doc_is(d, "state",
	    "authorised"))
		return rv_fail(rv, 422, "unprocessable_entity",
		    "An order that is %s cannot be cancelled",
		    doc_text(d, "state"));
	doc_set_text(d, "state", "cancelled");
	doc_remove(d, "token");
	put(rv, d);
	tell(rv, "ORDER_CANCELLED", d);
	return d;
}

struct doc *
rv_refund(struct rv *rv, const char *id, const struct json *json)
{
	const char *currency = json_text(json, "currency");
	struct doc *paid = rv_get(rv, id);
	int64_t amount;

	if (paid == NULL)
		return NULL;
	if (!doc_is(paid, "state", "completed") ||
	    !doc_is(paid, "type", "payment"))
		return rv_fail(rv, 422, "unprocessable_entity",
		    "Only a completed order can be refunded");
	if (!json_int(json, "amount", &amount) || amount <= 0 ||
	    currency == NULL || !doc_is(paid, "currency", currency))
		return rv_fail(rv, 400, "bad_request",
		    "amount and the order's currency are required");
	if (amount > doc_int(paid, "amount") -
	    doc_int(paid, "refunded_amount"))
		return rv_fail(rv, 422, "unprocessable_entity",
		    "That is more than is left of the order");
	struct doc *d = new_order(rv, "refund", amount, currency);
	doc_set_text(d, "state", "completed");
	doc_set_int(d, "outstanding_amount", 0);
	doc_set_text(d, "related_order_id", id);
	copy(rv, d, json, "description");
	copy(rv, d, json, "metadata");
	doc_set_int(paid, "refunded_amount",
	    doc_int(paid, "refunded_amount") + amount);
	put(rv, paid);
	put(rv, d);
	tell(rv, "ORDER_COMPLETED", d);
	return d;
}

/* ------------------------------------------------------------- payments */

/* The payments and one more. */
static void
add_payment(struct rv *rv, struct doc *order, const struct doc *payment)
{
	struct buf b;

	buf_init(&b, LIST_BYTES);
	buf_puts(&b, "[");
	for (size_t i = 0; i < doc_count(order, "payments"); i++)
		buf_printf(&b, "%s,",
		    doc_stored(doc_item(order, "payments", i)));
	buf_printf(&b, "%s]", doc_stored(payment));
	doc_setf(order, "payments", "%s", arena_strndup(rv->arena,
	    buf_str(&b), b.len));
	buf_free(&b);
}

void
rv_pay(struct rv *rv, struct doc *order, const char *method,
    const char *decline_reason)
{
	struct doc *p = doc_new(rv->arena, "id");
	int64_t amount = doc_int(order, "amount");
	bool paid = decline_reason == NULL;

	doc_set_text(p, "id", uuid(rv));
	doc_set_text(p, "state", paid ? "completed" : "declined");
	if (!paid)
		doc_set_text(p, "decline_reason", decline_reason);
	doc_set_int(p, "amount", amount);
	if (paid) {
		doc_set_int(p, "authorised_amount", amount);
		doc_set_int(p, "settled_amount", amount);
		doc_set_text(p, "settled_currency",
		    doc_text(order, "currency"));
		doc_setf(p, "fees", "[{\"type\":\"acquiring\",\"amount\":%lld,"
		    "\"currency\":\"%s\"}]", (long long)(amount / 100 + 20),
		    doc_text(order, "currency"));
	}
	doc_setf(p, "payment_method", "{\"type\":%s}",
	    doc_quote(rv->arena, method));
	add_payment(rv, order, p);
	if (paid) {
		doc_set_text(order, "state", "completed");
		doc_set_int(order, "outstanding_amount", 0);
		doc_remove(order, "token");
	}
	put(rv, order);
	tell(rv, paid ? "ORDER_COMPLETED" : "ORDER_PAYMENT_DECLINED", order);
}

static const struct {
	const char	*number;
	const char	*decline_reason;	/* NULL: is paid */
	int64_t		 from;	/* declined from this many units on */
} cards[] = {
	{ "4929420573595709", NULL, 0 },
	{ "5281438801804148", NULL, 0 },
	{ "4929573638125985", "do_not_honour", 0 },
	{ "4242424242424242", "customer_challenge_failed", 2500 },
};

const char *
rv_pay_card(struct rv *rv, struct doc *order, const char *number)
{
	const char *why = "unknown_card";
	char digits[20] = "";
	size_t n = 0;

	for (; *number != '\0' && n < sizeof(digits) - 1; number++)
		if (*number != ' ')
			digits[n++] = *number;
	for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++)
		if (strcmp(cards[i].number, digits) == 0)
			why = cards[i].decline_reason != NULL &&
			    doc_int(order, "amount") >= cards[i].from ?
			    cards[i].decline_reason : NULL;
	sig_wipe(digits, sizeof(digits));
	rv_pay(rv, order, "card", why);
	return why;
}

void
rv_expire(struct rv *rv)
{
	struct doc *filters = doc_new(rv->arena, "");
	struct doc *over[EXPIRE_AT_ONCE];
	int n = 0;

	doc_setf(filters, "state", "[\"pending\"]");
	struct cursor *c = query(rv, filters, LIST_MAX);
	while (cursor_next(c)) {
		struct doc *d = doc_parse(rv->arena, cursor_text(c, 0));
		int64_t at = doc_int(d, "_expires");
		if (at > 0 && at <= rv->box->now && n < EXPIRE_AT_ONCE)
			over[n++] = d;
	}
	for (int i = 0; i < n; i++) {
		store_begin(rv->box->store);
		struct doc *d = rv_get(rv, doc_text(over[i], "id"));
		if (d != NULL && doc_is(d, "state", "pending")) {
			doc_set_text(d, "state", "failed");
			doc_remove(d, "token");
			put(rv, d);
			tell(rv, "ORDER_FAILED", d);
		}
		store_commit(rv->box->store);
	}
}
