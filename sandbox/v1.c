/* SPDX-License-Identifier: ISC */
/*
 * /v1 on the sandbox port - the stand-in of Stripe's API.
 *
 * What the published clients send (stripe-revolut.md 6.2), and as much of
 * the API as a payment needs: payment intents, charges, refunds, Checkout
 * Sessions, payment methods, disputes, balance entries, events. Any
 * sk_test_ or rk_test_ key opens it; a pk_test_ key may make payment
 * methods and read and confirm an intent whose client_secret it knows.
 * Idempotency keys, webhooks and test cards work as Stripe documents them.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "lib/once.h"
#include "lib/st.h"
#include "shared.h"

enum {
	KEY_MAX = 255,
	BASIC_MAX = 1024
};

static const char service[] = "/v1";

/* In a path : stands for an id. */
struct route {
	const char		*method;
	const char		*path;
	const char		*kind;	/* of what comes back, to expand it */
	const struct rule	*rules;
	struct doc		*(*run)(struct st *, const char *id);
	const char		*filters;	/* a list, if run is NULL */
	bool			 browser;	/* open to pk_ keys */
};

static const struct rule get_rules[] = {
	{ .name = "expand[#]" },
	{ .name = NULL }
};

static struct doc *
get_charge(struct st *st, const char *id)
{
	return st_get(st, "charge", id, "charge");
}

static struct doc *
get_refund(struct st *st, const char *id)
{
	return st_get(st, "refund", id, "refund");
}

static struct doc *
get_session(struct st *st, const char *id)
{
	return st_get(st, "checkout.session", id, "session");
}

/* The list that is a session's items. */
static struct doc *
get_items(struct st *st, const char *id)
{
	struct doc *session = get_session(st, id);

	return session == NULL ? NULL :
	    doc_parse(st->arena, st_session_items(st, session));
}

static struct doc *
get_balance(struct st *st, const char *id)
{
	return st_get(st, "balance_transaction", id, "id");
}

static struct doc *
get_event(struct st *st, const char *id)
{
	return st_get(st, "event", id, "id");
}

static struct doc *
get_method(struct st *st, const char *id)
{
	return st_get(st, "payment_method", id, "payment_method");
}

static struct doc *
get_dispute(struct st *st, const char *id)
{
	return st_get(st, "dispute", id, "dispute");
}

#define INTENT "payment_intent"
#define SESSION "checkout.session"
#define BALANCE "balance_transaction"
#define METHOD "payment_method"

static const struct route routes[] = {
	{ "POST", "payment_intents", INTENT, st_intent_create_rules,
	  st_intent_create, NULL, false },
	{ "GET", "payment_intents", INTENT, st_list_rules, NULL,
	  "customer", false },
	{ "GET", "payment_intents/:", INTENT, st_intent_get_rules,
	  st_intent_get, NULL, true },
	{ "POST", "payment_intents/:", INTENT, st_intent_update_rules,
	  st_intent_update, NULL, false },
	{ "POST", "payment_intents/:/confirm", INTENT,
	  st_intent_confirm_rules, st_intent_confirm, NULL, true },
	{ "POST", "payment_intents/:/capture", INTENT,
	  st_intent_capture_rules, st_intent_capture, NULL, false },
	{ "POST", "payment_intents/:/cancel", INTENT,
	  st_intent_cancel_rules, st_intent_cancel, NULL, false },
	{ "GET", "charges", "charge", st_list_rules, NULL,
	  "customer payment_intent transfer_group", false },
	{ "GET", "charges/:", "charge", get_rules, get_charge, NULL, false },
	{ "POST", "charges/:", "charge", st_charge_update_rules,
	  st_charge_update, NULL, false },
	{ "POST", "refunds", "refund", st_refund_create_rules,
	  st_refund_create, NULL, false },
	{ "GET", "refunds", "refund", st_list_rules, NULL,
	  "charge payment_intent", false },
	{ "GET", "refunds/:", "refund", get_rules, get_refund, NULL, false },
	{ "POST", "refunds/:", "refund", st_refund_update_rules,
	  st_refund_update, NULL, false },
	{ "POST", "refunds/:/cancel", "refund", get_rules, st_refund_cancel,
	  NULL, false },
	{ "POST", "checkout/sessions", SESSION, st_session_create_rules,
	  st_session_create, NULL, false },
	{ "GET", "checkout/sessions", SESSION, st_list_rules, NULL,
	  "customer payment_intent status", false },
	{ "GET", "checkout/sessions/:", SESSION, get_rules, get_session,
	  NULL, false },
	{ "POST", "checkout/sessions/:/expire", SESSION, get_rules,
	  st_session_expire, NULL, false },
	{ "GET", "checkout/sessions/:/line_items", "list", get_rules,
	  get_items, NULL, false },
	{ "GET", "balance_transactions", BALANCE, st_list_rules, NULL,
	  "currency source type", false },
	{ "GET", "balance_transactions/:", BALANCE, get_rules, get_balance,
	  NULL, false },
	{ "GET", "events", "event", st_list_rules, NULL,
	  "delivery_success type types", false },
	{ "GET", "events/:", "event", get_rules, get_event, NULL, false },
	{ "POST", "payment_methods", METHOD, st_method_rules,
	  st_method_create, NULL, true },
	{ "GET", "payment_methods/:", METHOD, get_rules, get_method, NULL,
	  false },
	{ "GET", "disputes", "dispute", st_list_rules, NULL,
	  "charge payment_intent", false },
	{ "GET", "disputes/:", "dispute", get_rules, get_dispute, NULL,
	  false },
	{ "POST", "disputes/:", "dispute", st_dispute_update_rules,
	  st_dispute_update, NULL, false },
	{ "POST", "disputes/:/close", "dispute", get_rules, st_dispute_close,
	  NULL, false },
};

/* Does the request's path fit? *id becomes the part that stands for :. */
static bool
fits(const struct box_request *rq, const char *path, const char **id)
{
	size_t part = 0;

	*id = NULL;
	for (; *path != '\0' && part < rq->parts; part++) {
		size_t n = strcspn(path, "/");
		if (*path == ':')
			*id = rq->part[part];
		else if (strlen(rq->part[part]) != n ||
		    strncmp(rq->part[part], path, n) != 0)
			return false;
		path += n + (path[n] == '/');
	}
	return *path == '\0' && part == rq->parts;
}

/* method NULL: any that a browser may use. */
static const struct route *
find_route(const struct box_request *rq, const char *method, const char **id)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		const struct route *r = &routes[i];
		if ((method != NULL ? strcmp(r->method, method) == 0 :
		    r->browser) && fits(rq, r->path, id))
			return r;
	}
	return NULL;
}

static void
answer_error(struct box_request *rq, struct st *st)
{
	box_json(rq, st->error.status, st_error_json(st));
}

/* The key out of "Basic base64(key:)"; NULL where it is none. */
static const char *
basic_key(struct arena *arena, const char *text)
{
	size_t n = strlen(text);

	if (n > BASIC_MAX || n % 4 != 0)
		return NULL;
	unsigned char *out = arena_alloc(arena, n + 1);
	if (EVP_DecodeBlock(out, (const unsigned char *)text, (int)n) < 0)
		return NULL;
	out[strcspn((char *)out, ":")] = '\0';
	return (char *)out;
}

static const char *
key_of(struct box_request *rq)
{
	const char *header = box_header(rq, "HTTP_AUTHORIZATION");

	if (header != NULL && strncasecmp(header, "Bearer ", 7) == 0)
		return header + 7;
	if (header != NULL && strncasecmp(header, "Basic ", 6) == 0)
		return basic_key(rq->box.arena, header + 6);
	/* A browser's object has it among the parameters. */
	return form_get(&rq->form, "key");
}

static bool
begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool
authenticate(struct box_request *rq, struct st *st)
{
	const char *key = key_of(rq);

	if (key == NULL || *key == '\0')
		return st_fail(st, ST_UNAUTHENTICATED, NULL,
		    "You did not provide an API key.");
	st->publishable = begins(key, "pk_test_");
	if (st->publishable || begins(key, "sk_test_") ||
	    begins(key, "rk_test_"))
		return true;
	return st_fail(st, ST_UNAUTHENTICATED, NULL, strstr(key, "_live_") !=
	    NULL ? "A live key has no place in the sandbox." :
	    "Invalid API Key provided.");
}

static void
allow_browser(struct box_request *rq)
{
	buf_puts(&rq->head, "Access-Control-Allow-Origin: *\r\n"
	    "Access-Control-Expose-Headers: Request-Id\r\n");
}

/* May a page of another origin ask? */
static void
preflight(struct box_request *rq)
{
	const char *id;

	if (find_route(rq, NULL, &id) == NULL)
		return;
	rq->status = 204;
	allow_browser(rq);
	buf_puts(&rq->head, "Access-Control-Allow-Methods: GET, POST\r\n"
	    "Access-Control-Allow-Headers: Authorization, Content-Type, "
	    "Idempotency-Key, Stripe-Version\r\n"
	    "Access-Control-Max-Age: 600\r\n");
}

/* Takes the request's key; false where the reply is written already. */
static bool
claim(struct box_request *rq, struct st *st)
{
	struct once_answer first;

	switch (once_claim(rq, service, st->idem_key, &first)) {
	case ONCE_NEW:
		return true;
	case ONCE_DONE:
		buf_printf(&rq->head, "Idempotent-Replayed: true\r\n"
		    "Original-Request: %s\r\n", first.request);
		box_json(rq, first.status, first.body);
		return false;
	case ONCE_RUNNING:
		st_fail(st, ST_IDEM_RUNNING, NULL, "There is another request "
		    "in progress with this Idempotency-Key.");
		break;
	case ONCE_OTHER:
		st_fail(st, ST_IDEM_MISMATCH, NULL, "Keys for idempotent "
		    "requests can only be used with the same parameters they "
		    "were first used with.");
		break;
	}
	answer_error(rq, st);
	return false;
}

/* Runs the route and writes the answer; true: what was done stays. */
static bool
run(struct box_request *rq, struct st *st, const struct route *r,
    const char *id, bool fails)
{
	struct st_list list = {
		.kind = r->kind, .url = rq->path, .filters = r->filters
	};
	struct doc *d = NULL;
	const char *json = NULL;

	if (fails)
		st_fail(st, ST_API, NULL, "An unknown error occurred.");
	else if (r->run == NULL)
		json = st_list(st, &list);
	else if ((d = r->run(st, id)) != NULL) {
		if (st->publishable && strcmp(r->kind, INTENT) == 0)
			d = st_intent_public(st, d);
		else
			st_expand(st, d, false);
		json = doc_shown(d);
	}
	if (rq->fault == BOX_STATUS_500_AFTER && json != NULL) {
		st_fail(st, ST_API, NULL, "An unknown error occurred.");
		json = NULL;
	}
	if (json != NULL)
		box_json(rq, 200, json);
	else
		answer_error(rq, st);
	return json != NULL || st->error.kept;
}

/* A request that changes something. */
static void
change(struct box_request *rq, struct st *st, const struct route *r,
    const char *id)
{
	struct store *s = rq->box.store;
	const char *key = st->idem_key;
	bool fails = box_work_fails(rq);

	/* A delay that was ordered took its time: it is later now. */
	st->box->now = clock_now();
	store_begin(s);
	bool kept = run(rq, st, r, id, fails);
	if (kept && key != NULL)
		once_keep(rq, service, key);
	if (!kept) {
		store_rollback(s);
	} else if (!store_commit(s)) {
		st_fail(st, ST_API, NULL, "The sandbox could not write.");
		answer_error(rq, st);
		kept = false;
	}
	if (!kept && key != NULL)
		once_forget(rq, service, key);
}

static bool
take_key(struct box_request *rq, struct st *st)
{
	const char *key = box_header(rq, "HTTP_IDEMPOTENCY_KEY");

	if (key == NULL || *key == '\0' || strcmp(rq->method, "POST") != 0)
		return true;
	if (strlen(key) > KEY_MAX)
		return st_fail(st, ST_INVALID_VALUE, NULL, "Idempotency keys "
		    "have at most %d characters.", KEY_MAX);
	st->idem_key = key;
	buf_printf(&rq->head, "Idempotency-Key: %s\r\n", key);
	return true;
}

/* All that can be said against a request before its work begins. */
static bool
check(struct box_request *rq, struct st *st, const struct route *r)
{
	if (rq->form_bad)
		return st_fail(st, ST_INVALID_VALUE, NULL,
		    "The parameters cannot be read.");
	if (r == NULL)
		return st_fail(st, ST_UNKNOWN_PATH, NULL,
		    "Unrecognized request URL (%s: %s).", rq->method,
		    rq->path);
	if (st->publishable && !r->browser)
		return st_fail(st, ST_SECRET_KEY_REQUIRED, NULL,
		    "This call needs a secret API key.");
	return take_key(rq, st) && st_check(st, r->rules) &&
	    st_expand_check(st, r->kind, r->run == NULL);
}

static void
handle(struct box_request *rq)
{
	const char *id = NULL;
	const char *version = box_header(rq, "HTTP_STRIPE_VERSION");
	const struct route *r = find_route(rq,
	    strcmp(rq->method, "HEAD") == 0 ? "GET" : rq->method, &id);
	struct st st = {
		.box = &rq->box, .arena = rq->box.arena, .form = &rq->form,
		.request = rq->id,
		.base = arena_printf(rq->box.arena, "http://%s", rq->host)
	};

	if (strcmp(rq->method, "OPTIONS") == 0) {
		preflight(rq);
		return;
	}
	buf_printf(&rq->head, "Request-Id: %s\r\nStripe-Version: %s\r\n",
	    rq->id, version != NULL ? version : ST_API_VERSION);
	if (r != NULL && r->browser)
		allow_browser(rq);
	if (!authenticate(rq, &st) || !check(rq, &st, r)) {
		answer_error(rq, &st);
		return;
	}
	if (st.idem_key != NULL && !claim(rq, &st))
		return;
	if (strcmp(r->method, "POST") == 0)
		change(rq, &st, r, id);
	else
		run(rq, &st, r, id, box_work_fails(rq));
}

static void
refuse(struct box_request *rq, int status)
{
	struct st st = { .box = &rq->box, .arena = rq->box.arena };

	st_fail(&st, status == 409 ? ST_IDEM_RUNNING : status == 429 ?
	    ST_RATE : status == 400 ? ST_INVALID_VALUE : ST_API, NULL,
	    "The sandbox answers status %d.", status);
	box_json(rq, status, st_error_json(&st));
}

static void
start(struct box *box)
{
	once_tidy(box, service);
}

int
main(void)
{
	static const struct box_program program = {
		.path = service, .handle = handle, .refuse = refuse,
		.start = start, .tick = st_tick, .processor = true
	};

	return box_main(&program);
}
