/* SPDX-License-Identifier: ISC */
/* checkout.c - before, between and after the call to the processor. */
#include "checkout.h"

#include <string.h>

#include "audit.h"
#include "caller.h"
#include "partner.h"
#include "payment.h"

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

	id_make("call_", rq->now, in->call_id);
	conn_run(c, SQL_PROCESSOR_CALL_INSERT, "ttttttttii", in->call_id,
	    in->tx->clive_tx_id, route->provider->name, "open",
	    route->rule_id, call_key(rq->arena, in), in->payment_type,
	    in->descriptor_suffix, rq->now, rq->now + CALL_LOOK_MS);
}

static const char *
fate_word(enum provider_fate fate)
{
	switch (fate) {
	case PROVIDER_DONE:
		return "done";
	case PROVIDER_REFUSED:
		return "refused";
	case PROVIDER_DOWN:
		return "down";
	case PROVIDER_UNKNOWN:
		return "unknown";
	}
	return "unknown";
}

void
checkout_write_answer(struct conn *c, int64_t now, const char *call_id,
    const struct provider_answer *a)
{
	conn_run(c, SQL_PROCESSOR_CALL_FINISH, "totit", fate_word(a->fate),
	    (int64_t)(a->status > 0 ? a->status : -1), a->message, now,
	    call_id);
}

/*
 * The payment this key began before: skips the rules whose processors were
 * down, so that the same question is asked again.
 */
static const struct fault *
resume(struct conn *c, struct request *rq, struct checkout *in)
{
	in->tx = tx_find(c, rq->arena, rq->resume);
	if (in->tx == NULL)
		return &FAULT_INTERNAL;
	struct rows *r = conn_rows(c, SQL_PROCESSOR_CALL_OPEN_OF_TX, "t",
	    in->tx->clive_tx_id);
	const char *rule = NULL;
	if (row_next(r)) {
		snprintf(in->call_id, sizeof(in->call_id), "%s",
		    row_text(r, 0));
		rule = row_text_copy(r, 1, rq->arena);
	}
	row_done(r);
	for (size_t i = 0; rule != NULL && i < in->routes.n; i++)
		if (strcmp(in->routes.at[i].rule_id, rule) == 0) {
			in->chosen = i;
			return NULL;
		}
	/* All were down, or the rules changed: start from the first again. */
	write_question(c, rq, in);
	return NULL;
}

const struct fault *
checkout_before(struct conn *c, struct request *rq, void *arg)
{
	struct checkout *in = arg;
	struct route_input route = route_input(in);
	const struct fault *fault;

	in->chosen = 0;
	if (!caller_may_act_for(&rq->caller, in->partner_id))
		return &FAULT_SCOPE;
	fault = partner_may_take_payments(c, rq->arena, in->partner_id,
	    in->client_id);
	if (fault != NULL)
		return fault;
	route_find(c, rq->arena, rq->conf, &route, &in->routes);
	if (in->routes.n == 0)
		return in->routes.missing != NULL ? in->routes.missing :
		    &FAULT_NO_ROUTE;
	if (rq->resume != NULL)
		return resume(c, rq, in);

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
};

/* The processor is down: that goes on record with the next question. */
static const struct fault *
move_on(struct conn *c, void *arg)
{
	struct next *next = arg;
	struct checkout *in = next->in;
	size_t chosen = in->chosen;

	checkout_write_answer(c, next->rq->now, in->call_id, &in->answer);
	in->chosen = chosen + 1;
	write_question(c, next->rq, in);
	in->chosen = chosen;	/* the callback may run again */
	return NULL;
}

const struct fault *
checkout_ask(struct request *rq, void *arg)
{
	struct checkout *in = arg;
	struct next next = { rq, in };
	struct provider_order order = {
		.clive_tx_id = in->tx->clive_tx_id,
		.partner_id = in->partner_id, .client_id = in->client_id,
		.reference = in->reference, .amount = in->amount,
		.payment_type = in->payment_type, .email = in->email,
		.descriptor_suffix = in->descriptor_suffix,
	};

	for (;;) {
		const struct provider *p = in->routes.at[in->chosen].provider;
		order.idempotency_key = call_key(rq->arena, in);
		in->answer = p->open(rq->arena, rq->conf, &order);
		if (in->answer.fate != PROVIDER_DOWN ||
		    in->chosen + 1 == in->routes.n)
			return NULL;
		const struct fault *fault = request_txn(rq, move_on, &next);
		if (fault != NULL)
			return fault;
		in->chosen++;
	}
}

/* A refusal's reason is the caller's business; the request's is not. */
static const struct fault *
refuse(struct request *rq, const struct checkout *in)
{
	struct jsonw w;

	buf_reset(&rq->details);
	jsonw_init(&w, &rq->details);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "processor", in->routes.at[in->chosen].provider->name);
	jsonw_text(&w, "code", in->answer.code);
	jsonw_text(&w, "message", in->answer.message);
	jsonw_end_object(&w);
	return &FAULT_PROCESSOR_REFUSED;
}

const struct fault *
checkout_settle(struct conn *c, struct request *rq, struct checkout *in)
{
	const struct route *route = &in->routes.at[in->chosen];

	checkout_write_answer(c, rq->now, in->call_id, &in->answer);
	switch (in->answer.fate) {
	case PROVIDER_DONE:
		break;
	case PROVIDER_REFUSED:
		tx_move(c, rq->arena, rq->now, in->tx, TX_ABANDONED,
		    arena_printf(rq->arena, "processor:%s",
		    route->provider->name));
		return refuse(rq, in);
	case PROVIDER_DOWN:
	case PROVIDER_UNKNOWN:
		return &FAULT_PROCESSOR_UNAVAILABLE;
	}
	conn_run(c, SQL_TX_SET_PROCESSOR, "ttit", route->provider->name,
	    route->rule_id, rq->now + CALL_LOOK_MS, in->tx->clive_tx_id);
	in->tx->processor = route->provider->name;
	/* A retry after a crash, or reconcile, may have been here before. */
	if (in->tx->processor_ref == NULL &&
	    tx_attach(c, rq->arena, rq->now, in->tx, in->answer.ref,
	    caller_actor(rq)) != TX_ATTACH_DONE)
		return &FAULT_TX_ALREADY_ATTACHED;
	return NULL;
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
	char fee[AMOUNT_TEXT_SIZE];

	amount_print(route->estimated_fee, in->amount.currency, fee);
	jsonw_text(w, "clive_tx_id", in->tx->clive_tx_id);
	jsonw_text(w, "status", tx_status_name(in->tx->status));
	jsonw_text(w, "processor", route->provider->name);
	jsonw_text(w, "payment_type", in->payment_type);
	jsonw_text(w, "processor_fee_rule_id", route->rule_id);
	jsonw_raw(w, "estimated_processor_fee", fee, strlen(fee));
	write_browser_part(w, rq, in);
}
