/* SPDX-License-Identifier: ISC */
/* intent-confirm.c - before, between and after the call to the processor. */
#include "intent-confirm.h"

#include <string.h>

#include "audit.h"
#include "checkout.h"
#include "partner.h"
#include "route.h"
#include "shared.h"

#define AT(member) offsetof(struct confirm, member)

const struct field confirm_fields[] = {
	{ "payment_method", FIELD_OBJECT, .required = true,
	  AT(payment_method), .max = 4096, .alias = "paymentMethod",
	  .private = true },
	{ "return_url", FIELD_TEXT, .offset = AT(return_url), .min = 8,
	  .max = 2000, .check = intent_check_return_url,
	  .alias = "returnUrl|confirm_params.return_url|"
	  "confirmParams.return_url|confirmParams.returnUrl" },
	{ .name = NULL }
};

/* Both may be NULL. */
static bool
equal(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static const struct json *
method_of(const struct request *rq)
{
	const struct json *method = json_get(rq->json, "payment_method");

	return method != NULL && method->kind != JSON_NULL ? method :
	    json_get(rq->json, "paymentMethod");
}

/*
 * The question that was asked before and has no certain answer: it is asked
 * again and no other one, since it may have been paid.
 */
static const struct fault *
find_question(struct conn *c, struct request *rq, struct confirm *in)
{
	struct intent_call *call = &in->call;
	const char *processor = NULL;
	int64_t started = 0;

	struct rows *r = conn_rows(c, SQL_INTENT_CALL_OPEN, "t",
	    in->intent->tx->clive_tx_id);
	if (row_next(r)) {
		call->id = row_text_copy(r, 0, rq->arena);
		call->key = row_text_copy(r, 1, rq->arena);
		call->rule_id = row_text_copy(r, 2, rq->arena);
		processor = row_text_copy(r, 3, rq->arena);
		call->payment_method = row_text_copy(r, 4, rq->arena);
		call->return_url = row_text_copy(r, 5, rq->arena);
		started = row_int(r, 6);
		call->again = true;
	}
	row_done(r);
	if (!call->again)
		return NULL;
	return equal(processor, in->rail.processor) &&
	    equal(call->payment_method, in->rail.payment_method) &&
	    rq->now - started < CALL_AGAIN_MS ? NULL : &FAULT_BUSY;
}

/* The cheapest rule of the processor, whose fees will hold. A sandbox of our
 * own needs none. */
static const struct fault *
find_rule(struct conn *c, struct request *rq, struct confirm *in)
{
	const struct conf *conf = rail_conf(rq->conf, in->intent->live);
	const struct route_input input = {
		.payment_type = in->rail.payment_type,
		.processor = in->rail.processor,
		.amount = in->intent->tx->amount,
	};
	struct routes *routes = arena_alloc(rq->arena, sizeof(*routes));

	if (in->rail.provider->missing(conf) != NULL)
		return &FAULT_SERVICE_UNAVAILABLE;
	route_find(c, rq->arena, conf, &input, routes);
	if (routes->n > 0)
		in->call.rule_id = routes->at[0].rule_id;
	else if (strcmp(in->rail.processor, "momo") != 0)
		return &FAULT_SERVICE_UNAVAILABLE;
	return NULL;
}

static const struct fault *
write_question(struct conn *c, struct request *rq, struct confirm *in)
{
	struct intent_call *call = &in->call;
	int64_t now = clock_now();
	int64_t patience = CALL_TRIES * rq->conf->processor_timeout_ms;
	const struct fault *fault = find_rule(c, rq, in);
	char id[ID_SIZE];

	if (fault != NULL)
		return fault;
	call->id = arena_strdup(rq->arena, id_make("call_", now, id));
	call->key = arena_strdup(rq->arena, id_make("", now, id));
	call->payment_method = in->rail.payment_method;
	call->return_url = in->intent->return_url;
	conn_run(c, SQL_INTENT_CALL_INSERT, "ttttttttii", call->id,
	    in->intent->tx->clive_tx_id, in->rail.processor, call->rule_id,
	    call->key, in->rail.payment_type, call->payment_method,
	    call->return_url, now, now + (patience > CALL_LOOK_MS ?
	    patience : CALL_LOOK_MS));
	return NULL;
}

/* Takes the payment: nobody else may begin anything until then. */
static bool
take(struct conn *c, struct request *rq, const struct intent *in)
{
	int64_t now = clock_now();
	int64_t patience = CALL_TRIES * rq->conf->processor_timeout_ms;

	return conn_run(c, SQL_INTENT_TAKE, "iti", now +
	    (patience > CALL_LOOK_MS ? patience : CALL_LOOK_MS), in->id,
	    now) == 1;
}

static void
note_method(struct conn *c, struct request *rq, struct confirm *in)
{
	struct intent *intent = in->intent;

	intent->method = in->rail.method;
	intent->method_detail = in->rail.method_detail;
	if (in->return_url != NULL)
		intent->return_url = in->return_url;
	conn_run(c, SQL_INTENT_CONFIRM, "tttit", intent->method,
	    intent->method_detail, in->return_url, rq->now, intent->id);
}

/* Our own wallets: nobody has to be asked. */
static const struct fault *
pay_here(struct conn *c, struct request *rq, struct confirm *in)
{
	struct intent *intent = in->intent;
	const char *action;
	const struct fault *fault = rail_wallet_confirm(c, rq, intent,
	    &in->rail, &action);

	if (fault != NULL)
		return fault;
	in->over = true;
	intent_require_action(c, rq->now, intent, action);
	conn_run(c, SQL_INTENT_TAKE, "iti", (int64_t)0, intent->id,
	    INT64_MAX);
	return NULL;
}

/* May it be confirmed at all? */
static const struct fault *
judge(struct conn *c, struct request *rq, struct confirm *in)
{
	const struct fault *fault;
	const struct tx *tx;

	if ((fault = intent_of_request(c, rq, &in->intent)) != NULL)
		return fault;
	tx = in->intent->tx;
	if (rq->resume != NULL && tx->status != TX_INITIALIZED) {
		/* Somebody went on where this request had stopped. */
		in->over = true;
		return NULL;
	}
	if (tx->status != TX_INITIALIZED)
		return &FAULT_STATE;
	return partner_may_take_payments(c, rq->arena, tx->partner_id,
	    tx->client_id) == NULL ? NULL : &FAULT_FORBIDDEN;
}

const struct fault *
confirm_before(struct conn *c, struct request *rq, void *arg)
{
	struct confirm *in = arg;
	const struct fault *fault;

	in->over = false;
	in->call = (struct intent_call){ .id = NULL };
	audit_queue(c);
	if ((fault = judge(c, rq, in)) != NULL || in->over)
		return fault;
	fault = rail_choose(rq, in->intent, method_of(rq), &in->rail);
	if (fault != NULL || (fault = find_question(c, rq, in)) != NULL)
		return fault;
	if (!take(c, rq, in->intent))
		return &FAULT_BUSY;
	note_method(c, rq, in);
	rq->claimed_tx = in->intent->tx->clive_tx_id;
	if (in->rail.provider == NULL)
		return pay_here(c, rq, in);
	in->call.provider = in->rail.provider;
	in->call.payment_type = in->rail.payment_type;
	return in->call.again ? NULL : write_question(c, rq, in);
}

const struct fault *
confirm_ask(struct request *rq, void *arg)
{
	struct confirm *in = arg;

	if (!in->over)
		intent_call_ask(rq->arena, rq->conf, rq->vault, in->intent,
		    &in->call);
	return NULL;
}

const struct fault *
confirm_after(struct conn *c, struct request *rq, void *arg)
{
	struct confirm *in = arg;
	const char *tx = in->intent->tx->clive_tx_id;
	const struct intent *intent = in->over ?
	    intent_find_by_tx(c, rq->arena, tx) :
	    intent_call_apply(c, rq->arena, clock_now(), rq->vault, tx,
	    &in->call, merchant_actor(rq));

	if (intent == NULL)
		return &FAULT_INTERNAL;
	if (intent->tx->status == TX_INITIALIZED)
		return &FAULT_PROVIDER_ERROR;
	intent_answer(rq, intent->tx->status == TX_PENDING ? 202 : 200,
	    intent);
	return NULL;
}
