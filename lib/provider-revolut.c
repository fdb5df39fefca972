/* SPDX-License-Identifier: ISC */
/*
 * provider-revolut.c - calls to Revolut's Merchant API (stripe-revolut.md 7).
 *
 * Creating an order knows no idempotency key. Our name of the payment goes
 * with it as its reference, and where an earlier answer is missing (again),
 * the order is looked for by that reference before another one is made. An
 * order whose answer was lost can be paid by nobody: only the answer has its
 * token.
 */
#include "provider.h"

#include <inttypes.h>
#include <string.h>

#include "buf.h"
#include "fetch.h"
#include "json.h"
#include "provider-judge.h"
#include "revolut.h"

enum {
	BODY_MAX_BYTES = 16 * 1024,
	FOUND_MAX = 5		/* orders of one reference that are looked at */
};

#define API_VERSION "2026-04-20"

static const struct fault *
missing(const struct conf *conf)
{
	return conf->revolut_secret_key[0] == '\0' ?
	    &FAULT_REVOLUT_KEY_MISSING : NULL;
}

/* body is NULL for a GET; key is NULL where the call knows none. */
static struct fetch_answer
call(struct arena *arena, const struct conf *conf, const char *method,
    const char *path, const char *key, const struct buf *body, int tries)
{
	const char *headers[] = {
		arena_printf(arena, "Authorization: Bearer %s",
		    conf->revolut_secret_key),
		"Revolut-Api-Version: " API_VERSION,
		"Accept: application/json",
		NULL, NULL, NULL
	};
	size_t n = 3;
	struct fetch f = {
		.method = method, .headers = headers,
		.url = arena_printf(arena, "%s%s", conf->revolut_api_base,
		    path),
		.timeout_ms = conf->processor_timeout_ms, .tries = tries,
	};

	if (body != NULL)
		f.body = (struct slice){ buf_str(body), body->len };
	/* An empty body is no JSON. */
	headers[n++] = body != NULL && body->len > 0 ?
	    "Content-Type: application/json" : "Content-Type:";
	if (key != NULL)
		headers[n++] = arena_printf(arena, "Idempotency-Key: %s", key);
	return fetch_run(arena, &f);
}

/* A code is a word or a number. */
static void
read_error(struct arena *arena, const struct json *json,
    struct provider_answer *a)
{
	const struct json *code = json_get(json, "code");

	a->code = json_text(json, "code");
	if (a->code == NULL && code != NULL && code->kind == JSON_NUMBER)
		a->code = arena_strndup(arena, code->raw.p, code->raw.n);
	a->message = json_text(json, "message");
}

/* Fills what an order says; false where it is none. */
static bool
read_order(const struct json *json, struct provider_answer *a)
{
	struct revolut_order order;

	if (revolut_order_read(json, &order) != NULL)
		return false;
	a->ref = order.id;
	a->client_secret = order.token;
	a->url = order.checkout_url;
	switch (order.state) {
	case REVOLUT_COMPLETED:
		a->state = PROVIDER_PAID;
		break;
	case REVOLUT_FAILED:
		a->state = PROVIDER_FAILED;
		break;
	case REVOLUT_CANCELLED:
		a->state = PROVIDER_CANCELED;
		break;
	case REVOLUT_OPEN:
		a->state = PROVIDER_OPEN;
		break;
	}
	a->has_amount = order.has_amount;
	a->amount = order.amount;
	a->amount.minor -= order.outstanding;
	return true;
}

/* The answer of a call that gives an order. */
static struct provider_answer
judge_order(struct arena *arena, const struct fetch_answer *f)
{
	struct provider_answer a;
	const struct json *json = provider_judge(arena, f,
	    read_error, &a);

	if (json != NULL && !read_order(json, &a))
		a.fate = PROVIDER_UNKNOWN;
	return a;
}

static struct provider_answer
fetch_order(struct arena *arena, const struct conf *conf, const char *ref)
{
	const char *path = arena_printf(arena, "/api/orders/%s",
	    fetch_encode(arena, ref));
	struct fetch_answer f = call(arena, conf, "GET", path, NULL, NULL,
	    FETCH_TRIES);
	struct provider_answer a = judge_order(arena, &f);

	if (a.fate == PROVIDER_DONE && strcmp(a.ref, ref) != 0)
		a.fate = PROVIDER_UNKNOWN;
	return a;
}

/* ------------------------------------------ the order of a lost answer */

/* The list, as it is given out and as older versions of the API did. */
static const struct json *
first_of_list(const struct json *json)
{
	const struct json *list = json_get(json, "orders");

	if (list == NULL)
		list = json;
	return list != NULL && list->kind == JSON_ARRAY ? list->child : NULL;
}

static bool
is_list(const struct json *json)
{
	const struct json *list = json_get(json, "orders");

	return (list != NULL ? list : json)->kind == JSON_ARRAY;
}

/* Is it the order we are looking for, and open or paid? */
static bool
is_ours(struct arena *arena, const struct provider_answer *a,
    const char *reference)
{
	struct revolut_order order;
	const char *why;
	const struct json *json = json_parse(arena, a->raw.p, a->raw.n, &why);

	return revolut_order_read(json, &order) == NULL &&
	    order.type == REVOLUT_PAYMENT && order.reference != NULL &&
	    strcmp(order.reference, reference) == 0;
}

/*
 * Looks for a payment's order. False where there certainly is none; *a is
 * DONE with the order, or UNKNOWN where it cannot be told. The list shows no
 * tokens, and a server that does not know the filter lists everybody's
 * orders, so each is asked for by its id.
 */
static bool
find_order(struct arena *arena, const struct conf *conf,
    const char *reference, struct provider_answer *a)
{
	const char *path = arena_printf(arena,
	    "/api/orders?merchant_order_data_reference=%s&limit=%d",
	    fetch_encode(arena, reference), FOUND_MAX);
	struct fetch_answer f = call(arena, conf, "GET", path, NULL, NULL,
	    FETCH_TRIES);
	const struct json *list = provider_judge(arena, &f,
	    read_error, a);
	bool any = false;

	if (a->fate != PROVIDER_DONE || !is_list(list)) {
		a->fate = PROVIDER_UNKNOWN;
		return true;
	}
	for (const struct json *item = first_of_list(list); item != NULL;
	    item = item->next) {
		const char *id = json_text(item, "id");
		any = true;
		if (id == NULL)
			continue;
		*a = fetch_order(arena, conf, id);
		if (a->fate == PROVIDER_DONE &&
		    is_ours(arena, a, reference))
			return true;
	}
	*a = (struct provider_answer){ .fate = PROVIDER_UNKNOWN,
	    .message = "the list of orders is not that of this payment" };
	return any;
}

/* ----------------------------------------------------------- the calls */

static void
write_text(struct jsonw *w, const char *key, const char *value)
{
	if (value != NULL)
		jsonw_text(w, key, value);
}

static void
write_order(struct jsonw *w, struct arena *arena,
    const struct provider_order *o)
{
	const char *suffix = revolut_descriptor(arena, o->descriptor_suffix);
	const char *redirect = revolut_redirect(o->return_url);

	jsonw_object(w, NULL);
	jsonw_int(w, "amount", o->amount.minor);
	jsonw_text(w, "currency", o->amount.currency);
	write_text(w, "description", o->description);
	if (o->email != NULL) {
		jsonw_object(w, "customer");
		jsonw_text(w, "email", o->email);
		jsonw_end_object(w);
	}
	jsonw_object(w, "merchant_order_data");
	jsonw_text(w, "reference", o->clive_tx_id);
	jsonw_end_object(w);
	jsonw_object(w, "metadata");
	write_text(w, "partner_id", o->partner_id);
	write_text(w, "client_id", o->client_id);
	write_text(w, "echezona_reference", o->reference);
	jsonw_end_object(w);
	write_text(w, "statement_descriptor_suffix", suffix);
	write_text(w, "redirect_url", redirect);
	jsonw_end_object(w);
}

static struct provider_answer
create(struct arena *arena, const struct conf *conf,
    const struct provider_order *o)
{
	struct buf body;
	struct jsonw w;

	buf_init(&body, BODY_MAX_BYTES);
	jsonw_init(&w, &body);
	write_order(&w, arena, o);
	struct fetch_answer f = call(arena, conf, "POST", "/api/orders", NULL,
	    &body, 1);
	buf_free(&body);
	return judge_order(arena, &f);
}

static struct provider_answer
open_order(struct arena *arena, const struct conf *conf,
    const struct provider_order *o)
{
	struct provider_answer a;

	if (o->again && find_order(arena, conf, o->clive_tx_id, &a))
		return a;
	a = create(arena, conf, o);
	/* Without its token the browser cannot go on. */
	if (a.fate == PROVIDER_DONE && a.client_secret == NULL)
		a.fate = PROVIDER_UNKNOWN;
	return a;
}

static struct provider_answer
open_checkout(struct arena *arena, const struct conf *conf,
    const struct provider_order *o)
{
	struct provider_answer a;

	if (o->again && find_order(arena, conf, o->clive_tx_id, &a))
		return a;
	a = create(arena, conf, o);
	if (a.fate == PROVIDER_DONE && a.url == NULL)
		a.fate = PROVIDER_UNKNOWN;
	return a;
}

/* Knows no key either, but cancels what is cancelled only once. */
static struct provider_answer
cancel(struct arena *arena, const struct conf *conf, const char *ref,
    const char *key)
{
	const char *path = arena_printf(arena, "/api/orders/%s/cancel",
	    fetch_encode(arena, ref));
	struct buf body;

	(void)key;
	buf_init(&body, BODY_MAX_BYTES);
	struct fetch_answer f = call(arena, conf, "POST", path, NULL, &body,
	    1);
	buf_free(&body);
	return judge_order(arena, &f);
}

/* The answer's ref is that of the refund, an order of its own. */
static struct provider_answer
refund(struct arena *arena, const struct conf *conf, const char *ref,
    struct amount amount, const char *key)
{
	const char *path = arena_printf(arena, "/api/orders/%s/refund",
	    fetch_encode(arena, ref));
	struct buf body;
	struct jsonw w;

	buf_init(&body, BODY_MAX_BYTES);
	jsonw_init(&w, &body);
	jsonw_object(&w, NULL);
	jsonw_int(&w, "amount", amount.minor);
	jsonw_text(&w, "currency", amount.currency);
	jsonw_end_object(&w);
	struct fetch_answer f = call(arena, conf, "POST", path, key, &body,
	    FETCH_TRIES);
	buf_free(&body);
	return judge_order(arena, &f);
}

static const char *const payment_types[] = {
	"card", "revolut_pay", "open_banking", NULL
};

extern const struct provider provider_revolut;

const struct provider provider_revolut = {
	.name = "revolut",
	.payment_types = payment_types,
	.missing = missing,
	.open = open_order,
	.checkout = open_checkout,
	.fetch = fetch_order,
	.cancel = cancel,
	.refund = refund,
};
