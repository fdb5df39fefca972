/* SPDX-License-Identifier: ISC */
/* hosted.c - before, between and after the call for a payment page. */
#include "hosted.h"

#include <stdio.h>
#include <string.h>

#include "caller.h"
#include "checkout.h"
#include "partner.h"
#include "route.h"

/* What a processor's page mostly takes, for its fee rules. */
static const char *
page_type(const struct provider *p)
{
	return p->payment_types != NULL ? p->payment_types[0] : "card";
}

static const struct fault *
choose_provider(struct request *rq, struct hosted *in)
{
	if (in->provider_name == NULL)
		in->provider_name = "stripe";
	in->provider = provider_find(in->provider_name);
	if (in->provider == NULL || in->provider->checkout == NULL)
		return request_complain(rq, "provider", "Unknown provider");
	if (in->provider->missing(rq->conf) != NULL)
		return &FAULT_PROVIDER_NOT_CONFIGURED;
	if (in->provider->takes != NULL && !in->provider->takes(in->amount))
		return request_complain(rq, "currency",
		    "The provider does not take this currency");
	return NULL;
}

/* A partner's only client need not be named. */
static const struct fault *
choose_client(struct conn *c, struct request *rq, struct hosted *in)
{
	int n = 0;

	if (in->partner_id == NULL && rq->caller.platform)
		return request_complain(rq, "partner_id", "Required");
	if (in->partner_id == NULL)
		in->partner_id = rq->caller.partner_id;
	if (!caller_may_act_for(&rq->caller, in->partner_id))
		return &FAULT_SCOPE;
	if (in->client_id == NULL) {
		struct rows *r = conn_rows(c, SQL_CLIENTS, "tti",
		    in->partner_id, "~", (int64_t)2);
		for (; n < 2 && row_next(r); n++)
			in->client_id = client_of_row(r, rq->arena)->client_id;
		row_done(r);
	}
	if (n == 2)
		in->client_id = NULL;	/* another try must see it anew */
	if (n == 2)
		return request_complain(rq, "client_id", "Required");
	return partner_may_take_payments(c, rq->arena, in->partner_id,
	    in->client_id != NULL ? in->client_id : "");
}

/* The cheapest rule of this processor, whose fees will hold. */
static const struct fault *
choose_rule(struct conn *c, struct request *rq, struct hosted *in,
    struct route_input *input, struct routes *routes)
{
	*input = (struct route_input){
		.payment_type = page_type(in->provider),
		.processor = in->provider->name, .hosted = true,
		.amount = in->amount,
	};
	route_find(c, rq->arena, rq->conf, input, routes);
	if (routes->n == 0)
		return &FAULT_NO_ROUTE;
	in->rule_id = routes->at[0].rule_id;
	return NULL;
}

/* Writes the question down, under a key that no processor has seen. */
static void
write_question(struct conn *c, struct request *rq, struct hosted *in)
{
	id_make("call_", rq->now, in->call_id);
	id_make("", rq->now, in->key);
	conn_run(c, SQL_PROCESSOR_CALL_INSERT, "ttttttttii", in->call_id,
	    in->tx->clive_tx_id, in->provider->name, "checkout", in->rule_id,
	    in->key, page_type(in->provider), (const char *)NULL, rq->now,
	    rq->now + CALL_LOOK_MS);
}

/*
 * The payment this idempotency key began before. Where the processor answers
 * a repeated question with the same page, it is the question again.
 */
static const struct fault *
resume(struct conn *c, struct request *rq, struct hosted *in)
{
	bool open = false;

	in->tx = tx_find(c, rq->arena, rq->resume);
	if (in->tx == NULL)
		return &FAULT_INTERNAL;
	if (in->tx->status != TX_INITIALIZED)
		return &FAULT_TX_NOT_ATTACHABLE;
	struct rows *r = conn_rows(c, SQL_PROCESSOR_CALL_HOSTED_OF_TX, "t",
	    in->tx->clive_tx_id);
	if (in->provider->checkout_repeats && row_next(r)) {
		open = rq->now - row_int(r, 2) < CALL_AGAIN_MS;
		snprintf(in->call_id, sizeof(in->call_id), "%s",
		    row_text(r, 0));
		snprintf(in->key, sizeof(in->key), "%s", row_text(r, 1));
	}
	row_done(r);
	if (!open)
		write_question(c, rq, in);
	return NULL;
}

static void
open_payment(struct conn *c, struct request *rq, struct hosted *in)
{
	const struct slice no_meta = { NULL, 0 };
	struct tx *tx = arena_alloc(rq->arena, sizeof(*tx));
	char id[ID_SIZE];

	*tx = (struct tx){
		.partner_id = in->partner_id, .client_id = in->client_id,
		.amount = in->amount, .email = in->email,
		.echezona_reference = in->reference != NULL ? in->reference :
		    arena_strdup(rq->arena, id_make("", rq->now, id)),
		.processor = in->provider->name,
	};
	tx_open(c, rq->arena, rq->now, tx, no_meta, caller_actor(rq));
	in->tx = tx;
	rq->claimed_tx = tx->clive_tx_id;
}

const struct fault *
hosted_before(struct conn *c, struct request *rq, void *arg)
{
	struct hosted *in = arg;
	struct route_input input;
	struct routes *routes = arena_alloc(rq->arena, sizeof(*routes));
	const struct fault *fault;

	if ((fault = choose_provider(rq, in)) != NULL ||
	    (fault = choose_client(c, rq, in)) != NULL ||
	    (fault = choose_rule(c, rq, in, &input, routes)) != NULL)
		return fault;
	if (rq->resume != NULL)
		return resume(c, rq, in);
	open_payment(c, rq, in);
	route_record(c, rq->now, in->tx->clive_tx_id, &input, routes);
	write_question(c, rq, in);
	return NULL;
}

const struct fault *
hosted_ask(struct request *rq, void *arg)
{
	struct hosted *in = arg;
	const char *reference = in->tx->echezona_reference;
	const struct provider_order order = {
		.idempotency_key = in->key, .again = rq->resume != NULL,
		.clive_tx_id = in->tx->clive_tx_id,
		.partner_id = in->partner_id, .client_id = in->client_id,
		.reference = reference, .amount = in->amount,
		.email = in->email,
		.description = in->description != NULL ? in->description :
		    arena_printf(rq->arena, "Payment %s", reference),
		.return_url = in->return_url != NULL ? in->return_url :
		    arena_printf(rq->arena, "%s/", rq->conf->base_url),
	};

	in->answer = provider_count(in->provider, "checkout",
	    in->provider->checkout(rq->arena, rq->conf, &order));
	return NULL;
}

static const struct fault *
refuse(struct request *rq, const struct hosted *in)
{
	const char *code = in->answer.code;

	checkout_explain(rq, in->provider, &in->answer);
	return code != NULL && strcmp(code, PROVIDER_REFERENCE_USED) == 0 ?
	    &FAULT_CHECKOUT_CONFLICT : &FAULT_CHECKOUT_REFUSED;
}

const struct fault *
hosted_settle(struct conn *c, struct request *rq, struct hosted *in)
{
	checkout_write_answer(c, rq->now, in->call_id, &in->answer);
	switch (in->answer.fate) {
	case PROVIDER_DONE:
		break;
	case PROVIDER_REFUSED:
		return refuse(rq, in);
	case PROVIDER_DOWN:
	case PROVIDER_UNKNOWN:
		return &FAULT_PROCESSOR_UNAVAILABLE;
	}
	/* Others may have been at work on it while we asked. */
	in->tx = tx_find(c, rq->arena, in->tx->clive_tx_id);
	if (in->tx == NULL)
		return &FAULT_INTERNAL;
	switch (checkout_attach(c, rq->arena, rq->now, in->tx,
	    in->provider->name, in->rule_id, in->answer.ref,
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
