/* SPDX-License-Identifier: ISC */
/*
 * provider-clickpesa.c - calls to ClickPesa's API (spec clickpesa.md).
 *
 * ClickPesa offers a hosted page (a checkout link), a push that asks the
 * payer's phone for the PIN (USSD), and a query. Both take a reference of
 * ours, the idempotency key, which is its name for the payment from then on;
 * used twice, it answers 409 and tells nothing again. So a link whose answer
 * was lost stays unknown to everybody, nobody can pay on it, and a retry asks
 * under a new reference. A push whose answer was lost may lie on the payer's
 * phone: it is looked up by its reference and never made again. There is no
 * call that cancels either and none that refunds a payment.
 */
#include "provider.h"

#include <string.h>

#include "buf.h"
#include "clickpesa-checksum.h"
#include "clickpesa-events.h"
#include "clickpesa-token.h"
#include "fetch.h"
#include "field.h"
#include "json.h"

enum { BODY_MAX_BYTES = 16 * 1024 };

static const struct fault *
missing(const struct conf *conf)
{
	return conf->clickpesa_client_id[0] == '\0' ||
	    conf->clickpesa_api_key[0] == '\0' ?
	    &FAULT_CLICKPESA_KEY_MISSING : NULL;
}

static bool
takes(struct amount amount)
{
	return strcmp(amount.currency, "TZS") == 0 ||
	    strcmp(amount.currency, "USD") == 0;
}

static struct fetch_answer
ask(struct arena *arena, const struct conf *conf, const char *method,
    const char *path, const struct buf *body, const char *token)
{
	const char *headers[] = {
		arena_printf(arena, "Authorization: %s", token),
		"Accept: application/json",
		body != NULL ? "Content-Type: application/json" : NULL,
		NULL
	};
	struct fetch f = {
		.method = method, .headers = headers,
		.url = arena_printf(arena, "%s%s", conf->clickpesa_api_url,
		    path),
		.timeout_ms = conf->processor_timeout_ms,
		/* What was made is not told again. */
		.tries = body != NULL ? 1 : FETCH_TRIES,
	};

	if (body != NULL)
		f.body = (struct slice){ buf_str(body), body->len };
	return fetch_run(arena, &f);
}

/* With a token, and with a new one where ClickPesa rejects it. */
static struct fetch_answer
call(struct arena *arena, const struct conf *conf, const char *method,
    const char *path, const struct buf *body)
{
	struct fetch_answer f = { .fate = FETCH_NOT_SENT };
	const char *token = clickpesa_token(arena, conf, NULL, &f.error);

	if (token == NULL)
		return f;
	f = ask(arena, conf, method, path, body, token);
	if (f.fate != FETCH_ANSWERED || f.status != 401)
		return f;
	const char *again = clickpesa_token(arena, conf, token, &f.error);
	return again != NULL ? ask(arena, conf, method, path, body, again) : f;
}

/* What an answer that brought nothing means. */
static void
judge(struct arena *arena, const struct fetch_answer *f,
    const struct json *json, struct provider_answer *a)
{
	if (f->fate == FETCH_NOT_SENT)
		a->fate = PROVIDER_DOWN;
	if (f->fate != FETCH_ANSWERED)
		return;
	if (json_text(json, "message") != NULL)
		a->message = json_text(json, "message");
	/* No right, or too busy: certainly nothing was done. */
	if (f->status == 401 || f->status == 403 || f->status == 429) {
		a->fate = PROVIDER_DOWN;
	} else if (f->status == 409) {
		a->fate = PROVIDER_REFUSED;
		a->code = PROVIDER_REFERENCE_USED;
	} else if (f->status >= 400 && f->status < 500 && a->message != NULL) {
		a->fate = PROVIDER_REFUSED;
		a->code = arena_printf(arena, "http_%d", f->status);
	}
}

static struct provider_answer
unknown(const struct fetch_answer *f)
{
	return (struct provider_answer){ .fate = PROVIDER_UNKNOWN,
	    .status = f->status, .raw = f->body, .message = f->error };
}

static struct provider_answer
refuse(const char *code, const char *message)
{
	return (struct provider_answer){ .fate = PROVIDER_REFUSED,
	    .code = code, .failure = "generic_decline", .message = message };
}

/* ------------------------------------------------------ a checkout link */

/*
 * Printable ASCII without what some languages escape in JSON and others do
 * not, so that both sides hash the same text.
 */
static const char *
plain(struct arena *arena, const char *text)
{
	char *out = arena_strdup(arena, text), *to = out;

	for (const char *c = out; *c != '\0'; c++)
		if (*c >= ' ' && *c <= '~' && strchr("<>&", *c) == NULL)
			*to++ = *c;
	*to = '\0';
	return out;
}

/* An address keeps its &; what is beyond ASCII is percent-encoded. */
static const char *
plain_url(struct arena *arena, const char *url)
{
	const char *out = "";
	size_t n;

	for (; *url != '\0'; url += n) {
		for (n = 0; url[n] > ' ' && url[n] <= '~'; n++)
			continue;
		out = arena_printf(arena, "%s%.*s", out, (int)n, url);
		if (n == 0) {
			const char one[] = { *url, '\0' };
			out = arena_printf(arena, "%s%s", out,
			    fetch_encode(arena, one));
			n = 1;
		}
	}
	return out;
}

static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~' || strchr("<>&", *text) != NULL)
			return false;
	return true;
}

static void
write_order(struct jsonw *w, struct arena *arena, const struct conf *conf,
    const struct provider_order *o)
{
	const char *webhook = conf->clickpesa_webhook_url[0] != '\0' ?
	    conf->clickpesa_webhook_url : arena_printf(arena,
	    "%s/webhooks/clickpesa", conf->base_url);
	char amount[AMOUNT_TEXT_SIZE];

	amount_print(o->amount.minor, o->amount.currency, amount);
	jsonw_text(w, "totalPrice", amount);
	jsonw_text(w, "orderReference", o->idempotency_key);
	jsonw_text(w, "orderCurrency", o->amount.currency);
	if (o->description != NULL && *plain(arena, o->description) != '\0')
		jsonw_text(w, "description", plain(arena, o->description));
	if (o->email != NULL && is_plain(o->email))
		jsonw_text(w, "customerEmail", o->email);
	jsonw_text(w, "callbackUrl", plain_url(arena, webhook));
	if (strcmp(conf->clickpesa_url_fields, "all") != 0)
		return;
	jsonw_text(w, "notificationUrl", plain_url(arena, webhook));
	if (o->return_url != NULL)
		jsonw_text(w, "redirectUrl", plain_url(arena, o->return_url));
}

/* Adds the checksum to an object that is complete but for it. */
static void
sign(struct arena *arena, const struct conf *conf, struct buf *body)
{
	bool legacy = strcmp(conf->clickpesa_checksum_method, "legacy") == 0;
	char hex[SHA256_HEX_SIZE];
	const char *why;

	if (conf->clickpesa_checksum_key[0] == '\0' || body->failed)
		return;
	const char *text = arena_strndup(arena, body->data, body->len);
	const struct json *json = json_parse(arena, text, body->len, &why);
	if (legacy)
		clickpesa_checksum_legacy(arena, json,
		    conf->clickpesa_checksum_key, hex);
	else
		clickpesa_checksum(arena, json, conf->clickpesa_checksum_key,
		    hex);
	buf_reset(body);
	buf_add(body, text, strlen(text) - 1);
	buf_printf(body, ",\"checksum\":\"%s\"%s}", hex,
	    legacy ? ",\"checksumMethod\":\"legacy\"" : "");
}

static struct provider_answer
open_checkout(struct arena *arena, const struct conf *conf,
    const struct provider_order *o)
{
	struct buf body;
	struct jsonw w;
	const char *why;

	if (!takes(o->amount))
		return refuse("currency_invalid",
		    "ClickPesa takes TZS and USD");
	buf_init(&body, BODY_MAX_BYTES);
	jsonw_init(&w, &body);
	jsonw_object(&w, NULL);
	write_order(&w, arena, conf, o);
	jsonw_end_object(&w);
	sign(arena, conf, &body);
	struct fetch_answer f = call(arena, conf, "POST",
	    "/checkout-link/generate-checkout-url", &body);
	buf_free(&body);

	struct provider_answer a = unknown(&f);
	const struct json *json = f.fate == FETCH_ANSWERED ?
	    json_parse(arena, f.body.p, f.body.n, &why) : NULL;
	a.url = json_text(json, "checkoutLink");
	if (f.status >= 200 && f.status < 300 && a.url != NULL &&
	    field_check_url(a.url) == NULL) {
		a.fate = PROVIDER_DONE;
		a.ref = o->idempotency_key;
		return a;
	}
	a.url = NULL;
	judge(arena, &f, json, &a);
	return a;
}

/* ----------------------------------------------------------- the query */

/* Of an attempt that is the only one, or the one that counts. */
static void
read_attempt(const struct clickpesa_event *e, struct provider_answer *a)
{
	switch (e->meaning) {
	case CLICKPESA_IGNORED:
		a->state = PROVIDER_OPEN;
		break;
	case CLICKPESA_PAID:
		a->state = PROVIDER_PAID;
		a->has_amount = e->has_amount;
		a->amount = e->amount;
		break;
	case CLICKPESA_FAILED:
		a->state = PROVIDER_FAILED;
		a->failure = clickpesa_failure(e->message);
		a->message = e->message;
		break;
	}
}

/*
 * Of all attempts on a link one that was paid counts, else one that may still
 * be. A payment that was given back (REFUNDED, REVERSED) before we heard of
 * it stays open here: that is for a person to see.
 */
static void
read_attempts(struct arena *arena, const struct json *list, const char *ref,
    struct provider_answer *a)
{
	struct clickpesa_event e, counts = { .meaning = CLICKPESA_IGNORED };
	bool open = false;

	for (const struct json *v = list->child; v != NULL; v = v->next) {
		if (!clickpesa_payment_read(arena, v, &e) ||
		    e.reference == NULL || strcmp(e.reference, ref) != 0)
			continue;
		if (e.meaning == CLICKPESA_IGNORED)
			open = true;
		else if (counts.meaning != CLICKPESA_PAID)
			counts = e;
	}
	if (open && counts.meaning == CLICKPESA_FAILED)
		counts.meaning = CLICKPESA_IGNORED;
	read_attempt(&counts, a);
}

static struct provider_answer
fetch_state(struct arena *arena, const struct conf *conf, const char *ref)
{
	struct fetch_answer f = call(arena, conf, "GET", arena_printf(arena,
	    "/payments/%s", fetch_encode(arena, ref)), NULL);
	struct provider_answer a = unknown(&f);
	const char *why;
	const struct json *json = f.fate == FETCH_ANSWERED ?
	    json_parse(arena, f.body.p, f.body.n, &why) : NULL;

	a.ref = ref;
	if (f.status == 200 && json != NULL && json->kind == JSON_ARRAY) {
		a.fate = PROVIDER_DONE;
		read_attempts(arena, json, ref, &a);
	} else if (f.status == 404 && json_text(json, "message") != NULL) {
		a.fate = PROVIDER_DONE;		/* nobody has tried yet */
		a.state = PROVIDER_OPEN;
	} else {
		judge(arena, &f, json, &a);
	}
	return a;
}

/* ------------------------------------------------------------ a push */

/*
 * What became of a push that was made under this key, perhaps. One that
 * ClickPesa does not know did not get there; that is final, since it might be
 * an hour later than the payer expects it. Should it have got there after
 * all, its webhook finds the payment by the reference.
 */
static struct provider_answer
find_push(struct arena *arena, const struct conf *conf, const char *ref)
{
	struct provider_answer a = fetch_state(arena, conf, ref);

	if (a.fate != PROVIDER_DONE)
		a.fate = PROVIDER_UNKNOWN;
	if (a.fate == PROVIDER_DONE && a.status == 404) {
		a.fate = PROVIDER_REFUSED;
		a.code = "not_found";
		a.failure = "timeout";
		a.message = "The request did not reach the network";
	}
	return a;
}

static void
write_push(struct jsonw *w, const struct provider_order *o)
{
	char amount[AMOUNT_TEXT_SIZE];

	jsonw_text(w, "amount", amount_print(o->amount.minor,
	    o->amount.currency, amount));
	jsonw_text(w, "currency", o->amount.currency);
	jsonw_text(w, "orderReference", o->idempotency_key);
	jsonw_text(w, "phoneNumber", o->payment_method);
}

/* What the answer to a push says; the rest is for judge. */
static bool
read_push(struct arena *arena, const struct fetch_answer *f,
    const struct json *json, const char *ref, struct provider_answer *a)
{
	struct clickpesa_event e;

	if (f->status < 200 || f->status >= 300 ||
	    !clickpesa_payment_read(arena, json, &e) ||
	    e.reference == NULL || strcmp(e.reference, ref) != 0)
		return false;
	a->fate = PROVIDER_DONE;
	a->ref = ref;
	read_attempt(&e, a);
	return true;
}

/* The payment method is the phone number, 255 and nine digits. */
static struct provider_answer
open_push(struct arena *arena, const struct conf *conf,
    const struct provider_order *o)
{
	struct buf body;
	struct jsonw w;
	const char *why;

	if (o->payment_method == NULL)
		return refuse("payment_method_invalid",
		    "Which number is to be charged?");
	if (strcmp(o->amount.currency, "TZS") != 0 || o->amount.minor % 100 != 0)
		return refuse("amount_invalid",
		    "A push takes whole shillings");
	if (o->again)
		return find_push(arena, conf, o->idempotency_key);
	buf_init(&body, BODY_MAX_BYTES);
	jsonw_init(&w, &body);
	jsonw_object(&w, NULL);
	write_push(&w, o);
	jsonw_end_object(&w);
	sign(arena, conf, &body);
	struct fetch_answer f = call(arena, conf, "POST",
	    "/payments/initiate-ussd-push-request", &body);
	buf_free(&body);

	struct provider_answer a = unknown(&f);
	const struct json *json = f.fate == FETCH_ANSWERED ?
	    json_parse(arena, f.body.p, f.body.n, &why) : NULL;
	if (read_push(arena, &f, json, o->idempotency_key, &a))
		return a;
	judge(arena, &f, json, &a);
	if (f.status == 409)
		return find_push(arena, conf, o->idempotency_key);
	if (a.fate == PROVIDER_REFUSED)
		a.failure = "generic_decline";
	return a;
}

static const char *const payment_types[] = { "mobile_money", NULL };

extern const struct provider provider_clickpesa;

const struct provider provider_clickpesa = {
	.name = "clickpesa",
	.payment_types = payment_types,
	.missing = missing,
	.open = open_push,
	.needs_method = true,
	.takes = takes,
	.checkout = open_checkout,
	.fetch = fetch_state,
};
