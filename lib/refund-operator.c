/* SPDX-License-Identifier: ISC */
/* refund-operator.c - making refunds for operators. */
#include "refund-operator.h"

#include <string.h>

#include "audit.h"
#include "caller.h"
#include "tx-search.h"

#define AT(member) .offset = offsetof(struct refund_operator, member)

const struct field refund_operator_fields[] = {
	{ "currency", FIELD_CURRENCY, .required = true, AT(currency) },
	{ "amount", FIELD_AMOUNT, AT(amount),
	  .with = offsetof(struct refund_operator, currency) },
	{ "left", FIELD_AMOUNT, .required = true, AT(left),
	  .with = offsetof(struct refund_operator, currency) },
	{ "reason", FIELD_TEXT, AT(reason), .min = 1, .max = 500 },
	{ .name = NULL }
};

static const struct fault *
refuse_state(struct request *rq, const char *message)
{
	request_complain(rq, NULL, message);
	return &FAULT_STATE;
}

/* The payment that the path names, with its intent. */
static const struct fault *
find_payment(struct conn *c, struct request *rq, struct intent **in)
{
	const struct tx *tx = tx_search_name(c, rq->arena, rq->item);

	if (tx == NULL)
		return &FAULT_TX_NOT_FOUND;
	*in = tx->payments ? intent_find_by_tx(c, rq->arena,
	    tx->clive_tx_id) : NULL;
	return *in != NULL ? NULL : refuse_state(rq, "A payment of the "
	    "partner API is refunded at its processor, which tells us");
}

static const struct fault *
check(struct request *rq, const struct refund_operator *in,
    const struct tx *tx)
{
	int64_t left = refund_left(tx);
	char most[AMOUNT_TEXT_SIZE];

	if (strcmp(in->currency, tx->amount.currency) != 0)
		return request_complain(rq, "currency",
		    "Not the currency of the payment");
	if (tx->status != TX_SUCCEEDED && tx->status != TX_REFUNDED)
		return refuse_state(rq, "Only a payment that succeeded can "
		    "be refunded");
	if (tx->disputed > 0)
		return refuse_state(rq, "A disputed payment cannot be "
		    "refunded");
	if (in->left.minor != left)
		return refuse_state(rq, "What can be refunded has changed "
		    "meanwhile: look at the payment again");
	if (in->amount.minor > left)
		return request_complain(rq, "amount", arena_printf(rq->arena,
		    "At most %s can be refunded", amount_print(left,
		    tx->amount.currency, most)));
	return NULL;
}

const struct fault *
refund_operator_before(struct conn *c, struct request *rq, void *arg)
{
	struct refund_operator *in = arg;
	struct intent *intent;

	/* As all who change payments of this API: the log's turn first. */
	audit_queue(c);
	const struct fault *fault = find_payment(c, rq, &intent);
	if (fault != NULL)
		return fault;
	in->asking.tx = intent->tx;
	if ((fault = check(rq, in, intent->tx)) != NULL)
		return fault;
	fault = refund_asking_open(c, rq, &in->asking, intent,
	    in->amount.minor, in->reason, (struct slice){ NULL, 0 },
	    caller_operator(rq));
	return fault != &FAULT_STATE ? fault : refuse_state(rq,
	    "What was paid in this way cannot be given back from here");
}

const struct fault *
refund_operator_ask(struct request *rq, void *arg)
{
	struct refund_operator *in = arg;

	refund_asking_ask(rq, &in->asking);
	return NULL;
}

const struct fault *
refund_operator_after(struct conn *c, struct request *rq, void *arg)
{
	struct refund_operator *in = arg;
	const struct fault *fault = refund_asking_settle(c, rq, &in->asking,
	    caller_operator(rq));
	struct jsonw w;

	if (fault != NULL)
		return fault;
	reply_start(rq, 201, &w);
	refund_write(&w, NULL, in->asking.refund);
	return NULL;
}
