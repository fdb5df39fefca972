/* SPDX-License-Identifier: ISC */
/* checkout.c - before, between and after the call to the processor. */
#include "checkout.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "caller.h"
#include "fee.h"
#include "partner.h"
#include "payment.h"
#include "shared.h"

static struct route_input
route_input(const struct checkout *in)
{
	return (struct route_input){
		.payment_type = in->payment_type != NULL ? in->payment_type :
		    "card",
		.country = in->country, .card_scheme = in->card_scheme,
		.processor = in->processor, .amount = in->amount,
	};
}

/*
 * What makes asking twice one question: the same payment, the same rule. A
 * processor sees it; nothing in it is secret.
 */
static const char *
call_key(struct arena *arena, const struct checkout *in)
{
	return arena_printf(arena, "%s-%s", in->tx->clive_tx_id,
	    in->routes.at[in->chosen].rule_id);
}

/* Writes the question down that is asked next. */
static void
write_question(struct conn *c, struct request *rq, struct checkout *in)
{
	const struct route *route = &in->routes.at[in->chosen];
	int64_t now = clock_now();
	int64_t patience = CALL_TRIES * rq->conf->processor_timeout_ms;

	/* Two within a millisecond are told in their order, too. */
	in->asked_at = now > in->asked_at ? now : in->asked_at + 1;
	id_make("call_", in->asked_at, in->call_id);
	conn_run(c, SQL_PROCESSOR_CALL_INSERT, "ttttttttii", in->call_id,
	    in->tx->clive_tx_id, route->provider->name, "open",
	    route->rule_id, call_key(rq->arena, in), in->payment_type,
	    in->descriptor_suffix, in->asked_at, in->asked_at +
	    (patience > CALL_LOOK_MS ? patience : CALL_LOOK_MS));
}

void
checkout_write_answer(struct conn *c, int64_t now, const char *call_id,
    const struct provider_answer *a)
{
	conn_run(c, SQL_PROCESSOR_CALL_FINISH, "totit",
	    provider_fate_word(a->fate),
	    (int64_t)(a->status > 0 ? a->status : -1), a->message, now,
	    call_id);
}

/* A rule that is over, or no longer the payment's: only it may be asked. */
static const struct fault *
keep_route(struct conn *c, struct request *rq, struct checkout *in,
    const char *processor, const char *rule)
{
	struct route *route = &in->routes.at[0];
	const struct fault *missing;

	*route = (struct route){ .rule_id = rule,
	    .provider = provider_find(processor) };
	if (route->provider == NULL || route->provider->open == NULL)
		return &FAULT_NO_ROUTE;
	if ((missing = route->provider->missing(rq->conf)) != NULL)
		return missing;
	struct rows *r = conn_rows(c, SQL_FEE_RULE_FIND, "t", rule);
	if (row_next(r)) {
		route->percent_ppm = row_int(r, 0);
		route->fixed_hundredths = row_int(r, 1);
	}
	row_done(r);
	if (!fee_processor(in->amount, route->percent_ppm,
	    route->fixed_hundredths, &route->estimated_fee))
		return &FAULT_NO_ROUTE;
	in->routes.n = 1;
	return NULL;
}

static const struct fault *
choose(struct conn *c, struct request *rq, struct checkout *in,
    const char *processor, const char *rule)
{
	for (size_t i = 0; i < in->routes.n; i++)
		if (strcmp(in->routes.at[i].rule_id, rule) == 0) {
			in->chosen = i;
			return NULL;
		}
	return keep_route(c, rq, in, processor, rule);
}

/*
 * The payment this key began before. A question without a certain answer is
 * asked again and no other one; where a processor took the payment meanwhile
 * (cron/reconcile asked), that is where to look.
 */
static const struct fault *
resume(struct conn *c, struct request *rq, struct checkout *in)
{
	const char *rule = NULL, *processor = NULL;
	int64_t started = 0;

	in->tx = tx_find(c, rq->arena, rq->resume);
	if (in->tx == NULL)
		return &FAULT_INTERNAL;
	struct rows *r = conn_rows(c, SQL_PROCESSOR_CALL_OPEN_OF_TX, "t",
	    in->tx->clive_tx_id);
	if (row_next(r)) {
		bool done = strcmp(row_text(r, 4), "done") == 0;
		snprintf(in->call_id, sizeof(in->call_id), "%s",
		    done ? "" : row_text(r, 0));
		rule = row_text_copy(r, 1, rq->arena);
		processor = row_text_copy(r, 2, rq->arena);
		started = row_int(r, 3);
	}
	row_done(r);
	if (rule == NULL && in->routes.n > 0) {
		/* All were down: from the first on again. */
		write_question(c, rq, in);
		return NULL;
	}
	if (rule == NULL)
		return &FAULT_NO_ROUTE;
	if (in->tx->processor_ref == NULL &&
	    rq->now - started > CALL_AGAIN_MS)
		return &FAULT_TX_NOT_ATTACHABLE;
	in->again = true;
	return choose(c, rq, in, processor, rule);
}

/* Rules spell schemes in lower case. */
static const char *
lower(struct arena *arena, const char *text)
{
	if (text == NULL)
		return NULL;
	char *copy = arena_strdup(arena, text);
	for (char *at = copy; *at != '\0'; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at | 0x20);
	return copy;
}

const struct fault *
checkout_before(struct conn *c, struct request *rq, void *arg)
{
	struct checkout *in = arg;
	struct route_input route = route_input(in);
	const struct fault *fault;

	in->chosen = 0;
	in->again = false;
	in->call_id[0] = '\0';
	in->card_scheme = lower(rq->arena, in->card_scheme);
	route.card_scheme = in->card_scheme;
	if (!caller_may_act_for(&rq->caller, in->partner_id))
		return &FAULT_SCOPE;
	fault = partner_may_take_payments(c, rq->arena, in->partner_id,
	    in->client_id);
	if (fault != NULL)
		return fault;
	route_find(c, rq->arena, rq->conf, &route, &in->routes);
	if (rq->resume != NULL)
		return resume(c, rq, in);
	if (in->routes.n == 0)
		return in->routes.missing != NULL ? in->routes.missing :
		    &FAULT_NO_ROUTE;

	struct tx *tx = arena_alloc(rq->arena, sizeof(*tx));
	*tx = (struct tx){
		.partner_id = in->partner_id, .client_id = in->client_id,
		.amount = in->amount, .echezona_reference = in->reference,
		.email = in->email,
		.processor = in->routes.at[0].provider->name,
	};
	tx_open(c, rq->arena, rq->now, tx, in->meta, caller_actor(rq));
	in->tx = tx;
	rq->claimed_tx = tx->clive_tx_id;
	route_record(c, rq->now, tx->clive_tx_id, &route, &in->routes);
	write_question(c, rq, in);
	return NULL;
}

struct next {
	struct request	*rq;
	struct checkout	*in;
	char		 call_id[ID_SIZE];	/* of the call that is over */
};

/* The processor is down: that goes on record with the next question. */
static const struct fault *
move_on(struct conn *c, void *arg)
{
	struct next *next = arg;
	struct checkout *in = next->in;
	size_t chosen = in->chosen;

	checkout_write_answer(c, clock_now(), next->call_id, &in->answer);
	in->chosen = chosen + 1;
	write_question(c, next->rq, in);
	in->chosen = chosen;	/* the callback may run again */
	return NULL;
}

struct provider_answer
checkout_open(struct arena *arena, const struct conf *conf,
    const struct provider *p, const struct provider_order *order)
{
	if (p == NULL || p->open == NULL || p->missing(conf) != NULL)
		return (struct provider_answer){ .fate = PROVIDER_UNKNOWN,
		    .message = "this processor is not configured" };
	struct provider_answer a = provider_count(p, "open",
	    p->open(arena, conf, order));
	if (a.fate == PROVIDER_DOWN && order->again)
		a.fate = PROVIDER_UNKNOWN;
	return a;
}

/* Of a payment that a processor has: what its browser part needs. */
static struct provider_answer
look(struct request *rq, const struct provider *p, const char *ref)
{
	struct provider_answer a = { .fate = PROVIDER_UNKNOWN };

	if (p->fetch != NULL)
		a = provider_count(p, "fetch",
		    p->fetch(rq->arena, rq->conf, ref));
	if (a.fate != PROVIDER_DONE)
		a.fate = PROVIDER_UNKNOWN;
	return a;
}

const struct fault *
checkout_ask(struct request *rq, void *arg)
{
	struct checkout *in = arg;
	struct next next = { .rq = rq, .in = in };
	struct provider_order order = {
		.clive_tx_id = in->tx->clive_tx_id,
		.partner_id = in->partner_id, .client_id = in->client_id,
		.reference = in->reference, .amount = in->amount,
		.payment_type = in->payment_type, .email = in->email,
		.descriptor_suffix = in->descriptor_suffix,
	};

	if (in->tx->processor_ref != NULL) {
		in->answer = look(rq, in->routes.at[in->chosen].provider,
		    in->tx->processor_ref);
		return NULL;
	}
	for (;;) {
		order.idempotency_key = call_key(rq->arena, in);
		order.again = in->again;
		in->answer = checkout_open(rq->arena, rq->conf,
		    in->routes.at[in->chosen].provider, &order);
		if (in->answer.fate != PROVIDER_DOWN ||
		    in->chosen + 1 == in->routes.n)
			return NULL;
		snprintf(next.call_id, sizeof(next.call_id), "%s",
		    in->call_id);
		const struct fault *fault = request_txn(rq, move_on, &next);
		if (fault != NULL)
			return fault;
		in->chosen++;
	}
}

void
checkout_explain(struct request *rq, const struct provider *p,
    const struct provider_answer *a)
{
	struct jsonw w;

	buf_reset(&rq->details);
	jsonw_init(&w, &rq->details);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "processor", p->name);
	jsonw_text(&w, "code", a->code);
	jsonw_text(&w, "message", a->message);
	jsonw_end_object(&w);
}

enum tx_attach
checkout_attach(struct conn *c, struct arena *arena, int64_t now,
    struct tx *tx, const char *processor, const char *rule_id,
    const char *ref, const char *actor)
{
	conn_run(c, SQL_TX_SET_PROCESSOR, "ttit", processor, rule_id,
	    now + CALL_LOOK_MS, tx->clive_tx_id);
	tx->processor = processor;
	tx->fee_rule_id = rule_id;
	return tx_attach(c, arena, now, tx, ref, actor);
}

static const struct fault *
attach(struct conn *c, struct request *rq, struct checkout *in, int64_t now)
{
	const struct route *route = &in->routes.at[in->chosen];

	/* A retry after a crash, or reconcile, may have been here before. */
	if (in->tx->processor_ref != NULL)
		return strcmp(in->tx->processor_ref, in->answer.ref) == 0 ?
		    NULL : &FAULT_TX_ALREADY_ATTACHED;
	switch (checkout_attach(c, rq->arena, now, in->tx,
	    route->provider->name, route->rule_id, in->answer.ref,
	    caller_actor(rq))) {
	case TX_ATTACH_DONE:
		return NULL;
	case TX_ATTACH_TAKEN:
		return &FAULT_TX_ALREADY_ATTACHED;
	case TX_ATTACH_CLOSED:
		return &FAULT_TX_NOT_ATTACHABLE;
	}
	return &FAULT_INTERNAL;
}

const struct fault *
checkout_settle(struct conn *c, struct request *rq, struct checkout *in)
{
	const struct route *route = &in->routes.at[in->chosen];
	int64_t now = clock_now();	/* asking took its time */

	/* Others may have been at work on it while we asked. */
	in->tx = tx_find(c, rq->arena, in->tx->clive_tx_id);
	if (in->tx == NULL)
		return &FAULT_INTERNAL;
	if (in->call_id[0] != '\0')
		checkout_write_answer(c, now, in->call_id, &in->answer);
	switch (in->answer.fate) {
	case PROVIDER_DONE:
		return attach(c, rq, in, now);
	case PROVIDER_REFUSED:
		tx_move(c, rq->arena, now, in->tx, TX_ABANDONED,
		    arena_printf(rq->arena, "processor:%s",
		    route->provider->name));
		checkout_explain(rq, route->provider, &in->answer);
		return &FAULT_PROCESSOR_REFUSED;
	case PROVIDER_DOWN:
	case PROVIDER_UNKNOWN:
		return &FAULT_PROCESSOR_UNAVAILABLE;
	}
	return &FAULT_INTERNAL;
}

void
checkout_write_stripe(struct jsonw *w, struct request *rq,
    const struct checkout *in)
{
	jsonw_text(w, "clive_tx_id", in->tx->clive_tx_id);
	jsonw_text(w, "status", tx_status_name(in->tx->status));
	jsonw_text(w, "stripe_payment_intent_id", in->tx->processor_ref);
	jsonw_text(w, "client_secret", in->answer.client_secret);
	jsonw_text(w, "stripe_publishable_key",
	    rq->conf->stripe_publishable_key);
}

static void
write_browser_part(struct jsonw *w, struct request *rq,
    const struct checkout *in)
{
	const char *name = in->routes.at[in->chosen].provider->name;

	if (strcmp(name, "stripe") == 0) {
		jsonw_text(w, "stripe_payment_intent_id",
		    in->tx->processor_ref);
		jsonw_text(w, "client_secret", in->answer.client_secret);
		jsonw_text(w, "stripe_publishable_key",
		    rq->conf->stripe_publishable_key);
	} else if (strcmp(name, "revolut") == 0) {
		jsonw_text(w, "revolut_order_token",
		    in->answer.client_secret);
		jsonw_text(w, "revolut_mode", rq->conf->live ? "prod" :
		    "sandbox");
		if (rq->conf->revolut_public_key[0] != '\0')
			jsonw_text(w, "revolut_public_key",
			    rq->conf->revolut_public_key);
	}
}

void
checkout_write_routed(struct jsonw *w, struct request *rq,
    const struct checkout *in)
{
	const struct route *route = &in->routes.at[in->chosen];

	jsonw_text(w, "clive_tx_id", in->tx->clive_tx_id);
	jsonw_text(w, "status", tx_status_name(in->tx->status));
	jsonw_text(w, "processor", route->provider->name);
	jsonw_text(w, "payment_type", in->payment_type);
	jsonw_text(w, "processor_fee_rule_id", route->rule_id);
	jsonw_money(w, "estimated_processor_fee", route->estimated_fee,
	    in->amount.currency);
	write_browser_part(w, rq, in);
}

const struct fault *
checkout_answer(struct conn *c, struct request *rq, struct checkout *in,
    void (*write)(struct jsonw *, struct request *, const struct checkout *))
{
	const struct fault *fault = checkout_settle(c, rq, in);
	struct jsonw w;

	if (fault != NULL)
		return fault;
	reply_start(rq, 201, &w);
	jsonw_object(&w, NULL);
	write(&w, rq, in);
	jsonw_end_object(&w);
	payment_apply_waiting(c, rq->arena, rq->now, in->tx);
	return NULL;
}
