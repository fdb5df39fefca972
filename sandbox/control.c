/* SPDX-License-Identifier: ISC */
/*
 * /control on the sandbox port - what a test orders and asks of the
 * stand-ins. JSON; for callers on this machine; 404 for anything else.
 *
 * GET /control/counts	{"payment_intents","charges","charges_succeeded",
 *	"refunds","disputes","checkout_sessions","payment_methods","events"}
 * GET /control/calls	{"items":[{"at","request_id","method","path",
 *	"params","idempotency_key","status","fault"}]}, oldest first; ?last=n
 * GET /control/faults	{"items":[...]}: those not used up
 * POST /control/faults	{"match":"/v1/refunds","method":"POST","times":1,
 *	"fault":"delay","ms":500}: box.h lists the faults; 201
 * DELETE /control/faults
 * GET /control/webhooks	{"url","mode","pending","deliveries":[{"event",
 *	"type","state","attempts":[{"at","url","status","error"}]}]}
 * POST /control/webhooks	{"url":..,"mode":..}: hook.h lists the modes;
 *	url "" is the gateway's own
 * POST /control/webhooks/flush	{"order":"reverse"}: lets held ones go
 * POST /control/clock	{"advance_ms":n}: moves the sandbox clock
 * DELETE /control	empties the sandbox
 *
 * ?service= and "service" choose the processor whose webhooks are meant;
 * "stripe" unless given. A body that is wrong answers 400 {"error"}.
 */
#include <string.h>

#include "json.h"
#include "lib/box.h"
#include "lib/hook.h"
#include "shared.h"

enum {
	TIMES_MAX = 1000000,
	MS_MAX = 600000,
	HELD_MS = 90000,	/* longer than the npm client waits */
	DELAY_MS = 500,
	CALLS_SHOWN = 1000
};

static const int64_t advance_max = 10LL * 365 * 86400 * 1000;

static void
say(struct box_request *rq, int status, const char *error)
{
	box_json(rq, status, arena_printf(rq->box.arena, "{\"error\":\"%s\"}",
	    error));
}

static void
done(struct box_request *rq)
{
	box_json(rq, 200, "{\"ok\":true}");
}

/* Begins a JSON reply. */
static void
begin(struct box_request *rq, struct jsonw *w)
{
	box_json(rq, 200, "");
	jsonw_init(w, &rq->out);
	jsonw_object(w, NULL);
}

/* The body as an object; NULL where it is none, and the reply says so. */
static const struct json *
body(struct box_request *rq)
{
	const char *why = "no object";
	const char *type = box_header(rq, "CONTENT_TYPE");
	const struct json *json = rq->body.n == 0 ?
	    json_parse(rq->box.arena, "{}", 2, &why) :
	    json_parse(rq->box.arena, rq->body.p, rq->body.n, &why);

	/* A page of another origin cannot send this type unasked. */
	if (type == NULL || strncmp(type, "application/json", 16) != 0) {
		say(rq, 415, "the body must be application/json");
		return NULL;
	}
	if (json != NULL && json->kind == JSON_OBJECT)
		return json;
	say(rq, 400, "the body must be a JSON object");
	return NULL;
}

static const char *
text_or(const struct json *json, const char *key, const char *otherwise)
{
	const char *text = json_text(json, key);

	return text != NULL ? text : otherwise;
}

static int64_t
int_or(const struct json *json, const char *key, int64_t otherwise)
{
	int64_t value;

	return json_int(json, key, &value) ? value : otherwise;
}

static void
add_fault(struct box_request *rq)
{
	const struct json *json = body(rq);
	const char *why = NULL;

	if (json == NULL)
		return;
	enum box_fault fault = box_fault_of(text_or(json, "fault", ""));
	int64_t times = int_or(json, "times", 1);
	int64_t ms = int_or(json, "ms",
	    fault == BOX_TIMEOUT ? HELD_MS : DELAY_MS);
	if (fault == BOX_NO_FAULT)
		why = "fault: no such fault";
	else if (times < 1 || times > TIMES_MAX)
		why = "times: 1 to 1000000";
	else if (ms < 0 || ms > MS_MAX)
		why = "ms: 0 to 600000";
	if (why != NULL) {
		say(rq, 400, why);
		return;
	}
	store_run(rq->box.store, Q_FAULT_ADD, "tttii",
	    text_or(json, "match", "/"), text_or(json, "method", ""),
	    box_fault_name(fault), ms, times);
	done(rq);
	rq->status = 201;
}

static void
list_faults(struct box_request *rq)
{
	struct cursor *c = store_query(rq->box.store, Q_FAULTS, "");
	struct jsonw w;

	begin(rq, &w);
	jsonw_array(&w, "items");
	while (cursor_next(c)) {
		jsonw_object(&w, NULL);
		jsonw_text(&w, "match", cursor_text(c, 0));
		jsonw_text(&w, "method", cursor_text(c, 1));
		jsonw_text(&w, "fault", cursor_text(c, 2));
		jsonw_int(&w, "ms", cursor_int(c, 3));
		jsonw_int(&w, "times", cursor_int(c, 4));
		jsonw_end_object(&w);
	}
	jsonw_end_array(&w);
	jsonw_end_object(&w);
}

static void
remove_faults(struct box_request *rq)
{
	store_run(rq->box.store, Q_FAULTS_REMOVE, "");
	done(rq);
}

static const char *
service_of_query(struct box_request *rq)
{
	const char *service = form_get(&rq->form, "service");

	return service != NULL ? service : "stripe";
}

static bool
is_word_of(const char *words, const char *word)
{
	const char *at = strstr(words, word);
	size_t n = strlen(word);

	return n > 0 && at != NULL && (at == words || at[-1] == ' ') &&
	    (at[n] == '\0' || at[n] == ' ');
}

static void
set_hook(struct box_request *rq)
{
	const struct json *json = body(rq);
	const char *url, *mode;

	if (json == NULL)
		return;
	const char *service = text_or(json, "service", "stripe");
	hook_look(&rq->box, service, &url, &mode);
	url = text_or(json, "url", url);
	mode = text_or(json, "mode", mode);
	if (!is_word_of(hook_modes, mode)) {
		say(rq, 400, "mode: no such mode");
		return;
	}
	if (*url != '\0' && strncmp(url, "http://", 7) != 0 &&
	    strncmp(url, "https://", 8) != 0) {
		say(rq, 400, "url: not http or https");
		return;
	}
	store_run(rq->box.store, Q_HOOK_SET, "ttt", service, url, mode);
	done(rq);
}

static void
show_attempts(struct box_request *rq, struct jsonw *w, int64_t delivery)
{
	struct cursor *c = store_query(rq->box.store, Q_ATTEMPTS, "i",
	    delivery);

	jsonw_array(w, "attempts");
	while (cursor_next(c)) {
		jsonw_object(w, NULL);
		jsonw_time(w, "at", cursor_int(c, 0));
		jsonw_text(w, "url", cursor_text(c, 1));
		jsonw_int(w, "status", cursor_int(c, 2));
		jsonw_text(w, "error", cursor_text(c, 3));
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

static void
show_hook(struct box_request *rq)
{
	const char *service = service_of_query(rq), *url, *mode;
	struct jsonw w;
	int64_t pending = 0;

	hook_look(&rq->box, service, &url, &mode);
	struct cursor *c = store_query(rq->box.store, Q_DELIVERIES, "t",
	    service);
	begin(rq, &w);
	jsonw_text(&w, "url", url);
	jsonw_text(&w, "mode", mode);
	jsonw_array(&w, "deliveries");
	while (cursor_next(c)) {
		const char *state = cursor_text(c, 2);
		pending += strcmp(state, "waiting") == 0;
		jsonw_object(&w, NULL);
		jsonw_text(&w, "event", cursor_text(c, 1));
		jsonw_text(&w, "type", cursor_text(c, 4));
		jsonw_text(&w, "state", state);
		show_attempts(rq, &w, cursor_int(c, 0));
		jsonw_end_object(&w);
	}
	jsonw_end_array(&w);
	jsonw_int(&w, "pending", pending);
	jsonw_end_object(&w);
}

static void
flush_hook(struct box_request *rq)
{
	const struct json *json = body(rq);

	if (json == NULL)
		return;
	bool reverse = strcmp(text_or(json, "order", ""), "reverse") == 0;
	store_run(rq->box.store, Q_DELIVERY_RELEASE, "tii",
	    text_or(json, "service", "stripe"), rq->box.now,
	    (int64_t)(reverse ? -1 : 1));
	done(rq);
}

static void
list_calls(struct box_request *rq)
{
	struct cursor *c = store_query(rq->box.store, Q_CALLS, "i",
	    form_int(&rq->form, "last", CALLS_SHOWN));
	struct jsonw w;

	begin(rq, &w);
	jsonw_array(&w, "items");
	while (cursor_next(c)) {
		const char *params = cursor_text(c, 4);
		jsonw_object(&w, NULL);
		jsonw_time(&w, "at", cursor_int(c, 0));
		jsonw_text(&w, "request_id", cursor_text(c, 1));
		jsonw_text(&w, "method", cursor_text(c, 2));
		jsonw_text(&w, "path", cursor_text(c, 3));
		jsonw_raw(&w, "params", params, strlen(params));
		jsonw_text(&w, "idempotency_key", cursor_text(c, 5));
		jsonw_int(&w, "status", cursor_int(c, 6));
		jsonw_text(&w, "fault", cursor_text(c, 7));
		jsonw_end_object(&w);
	}
	jsonw_end_array(&w);
	jsonw_end_object(&w);
}

static void
count(struct box_request *rq)
{
	static const char *const names[][2] = {
		{ "payment_intent", "payment_intents" },
		{ "charge", "charges" },
		{ "refund", "refunds" },
		{ "dispute", "disputes" },
		{ "checkout.session", "checkout_sessions" },
		{ "payment_method", "payment_methods" },
		{ "event", "events" },
	};
	enum { NAMES = sizeof(names) / sizeof(names[0]) };
	int64_t counts[NAMES] = { 0 }, succeeded[NAMES] = { 0 };
	struct cursor *c = store_query(rq->box.store, Q_OBJECT_COUNTS, "");
	struct jsonw w;

	while (cursor_next(c))
		for (size_t i = 0; i < NAMES; i++)
			if (strcmp(cursor_text(c, 0), names[i][0]) == 0) {
				counts[i] = cursor_int(c, 1);
				succeeded[i] = cursor_int(c, 2);
			}
	begin(rq, &w);
	for (size_t i = 0; i < NAMES; i++)
		jsonw_int(&w, names[i][1], counts[i]);
	jsonw_int(&w, "payment_intents_succeeded", succeeded[0]);
	jsonw_int(&w, "charges_succeeded", succeeded[1]);
	jsonw_int(&w, "refunds_succeeded", succeeded[2]);
	jsonw_end_object(&w);
}

static void
move_clock(struct box_request *rq)
{
	const struct json *json = body(rq);

	if (json == NULL)
		return;
	int64_t ms = int_or(json, "advance_ms", -1);
	if (ms < 0 || ms > advance_max)
		say(rq, 400, "advance_ms: not a number of milliseconds");
	else if (!clock_advance(ms))
		say(rq, 500, "the clock cannot be moved");
	else
		done(rq);
}

static void
reset(struct box_request *rq)
{
	store_begin(rq->box.store);
	store_reset(rq->box.store);
	if (store_commit(rq->box.store))
		done(rq);
	else
		say(rq, 500, "the sandbox could not be emptied");
}

static const struct {
	const char	*method, *path;
	void		(*run)(struct box_request *);
} routes[] = {
	{ "GET", "/control/counts", count },
	{ "GET", "/control/calls", list_calls },
	{ "GET", "/control/faults", list_faults },
	{ "POST", "/control/faults", add_fault },
	{ "DELETE", "/control/faults", remove_faults },
	{ "GET", "/control/webhooks", show_hook },
	{ "POST", "/control/webhooks", set_hook },
	{ "POST", "/control/webhooks/flush", flush_hook },
	{ "POST", "/control/clock", move_clock },
	{ "DELETE", "/control", reset },
};

static void
handle(struct box_request *rq)
{
	const char *from = box_header(rq, "REMOTE_ADDR");

	if (from == NULL || (strncmp(from, "127.", 4) != 0 &&
	    strcmp(from, "::1") != 0)) {
		say(rq, 403, "only from this machine");
		return;
	}
	say(rq, 404, "no such thing to control");
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (strcmp(routes[i].method, rq->method) == 0 &&
		    strcmp(routes[i].path, rq->path) == 0) {
			routes[i].run(rq);
			return;
		}
}

int
main(void)
{
	static const struct box_program program = {
		.path = "/control", .handle = handle
	};

	return box_main(&program);
}
