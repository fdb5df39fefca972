/* SPDX-License-Identifier: ISC */
/*
 * intent-call.h - a payment of the Payments API put to a processor: the
 * question, and what the answer does. Used by the confirm itself and by
 * cron/reconcile, which asks again where no answer came.
 */
#ifndef INTENT_CALL_H
#define INTENT_CALL_H

#include "intent.h"
#include "provider.h"

struct payment_event;

/* A row of processor_call, and the answer. */
struct intent_call {
	const char		*id;
	const char		*key;		/* for the processor */
	const struct provider	*provider;
	const char		*rule_id;	/* or NULL, as all below */
	const char		*payment_type;
	const char		*payment_method;
	const char		*return_url;	/* the merchant's */
	bool			 again;		/* it was asked before */
	struct provider_answer	 answer;
};

/* A check for tables of fields: an http(s) URL of at most 2000 bytes, whatever
 * its characters. NULL, or a constant sentence. */
const char	*intent_check_return_url(const char *);

/*
 * Where the payer's browser goes on after a payment: the merchant's page, or
 * our own for NULL, with the members payment and payment_client_secret added
 * to its query.
 */
const char	*intent_return_url(struct arena *, const struct conf *,
		    const struct vault *, const struct intent *,
		    const char *return_url);

/*
 * Asks: opens the payment and charges it. What is declined is canceled at the
 * processor as well, so that it cannot be paid later. Takes its time; touches
 * no database.
 */
void		 intent_call_ask(struct arena *, const struct conf *,
		    const struct vault *, const struct intent *,
		    struct intent_call *);

/*
 * Writes the answer down, in the caller's transaction: on the call, and
 * unless the processor is down or nothing is known, on the payment, which is
 * attached and has moved on as far as the answer and waiting events say.
 * Gives it free for others. Returns the intent as it is then, or NULL.
 */
struct intent	*intent_call_apply(struct conn *, struct arena *, int64_t now,
		    const struct vault *, const char *clive_tx_id,
		    const struct intent_call *, const char *actor);

/*
 * The payment that the event of a success names, where our question had no
 * answer and is asked no more, since the processor would have forgotten its
 * key: the event is the answer, and the payment is attached. NULL: there is
 * no such payment, or it is another sum.
 */
struct tx	*intent_call_take_event(struct conn *, struct arena *,
		    int64_t now, const struct payment_event *);

/* Notes what the payer of a pending payment has to do, and tells
 * payment.requires_action; nothing where that was done before. */
void		 intent_require_action(struct conn *, int64_t now,
		    struct intent *, const char *next_action);

/*
 * What was declined is canceled at the processor, which would let it be paid
 * with another card; key makes asking twice one question. Nothing for other
 * answers. Touches no database.
 */
void		 intent_close_declined(struct arena *, const struct conf *,
		    const struct provider *, const char *ref,
		    const struct provider_answer *, const char *key);

/*
 * A payment that its processor canceled, and not because it was declined, is
 * canceled here as well; true where that changed it. Nothing for other answers
 * and payments of the partner API.
 */
bool		 intent_take_canceled(struct conn *, struct arena *,
		    int64_t now, const char *clive_tx_id,
		    const struct provider_answer *, const char *actor);

/* A payment whose processor cannot be looked up is not. */
void		 intent_never_look(struct conn *, int64_t now,
		    const struct tx *);

#endif
