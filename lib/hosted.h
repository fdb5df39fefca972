/* SPDX-License-Identifier: ISC */
/*
 * hosted.h - opening a payment on a page of a processor's own.
 *
 * The sibling of checkout.h, in the same three parts. There is one processor
 * to ask, the one that was asked for, and nothing comes of an answer that got
 * lost: whoever retries with the same idempotency key gets a page, the same
 * one where the processor can give it again, else a new one under a new
 * reference. (Nobody was told the address of the old one.)
 */
#ifndef HOSTED_H
#define HOSTED_H

#include "app.h"
#include "provider.h"
#include "tx.h"

/* What a page is made from, and what it comes to. */
struct hosted {
	/* From the request; NULL: not said. */
	const char		*provider_name;
	const char		*partner_id;	/* the key's */
	const char		*client_id;	/* the only one */
	char			 currency[4];
	struct amount		 amount;
	const char		*reference;	/* one of ours */
	const char		*email;
	const char		*description;	/* made from the reference */
	const char		*return_url;	/* base_url */
	/* Results. */
	const struct provider	*provider;
	const char		*rule_id;
	struct tx		*tx;
	char			 call_id[ID_SIZE];
	char			 key[ID_SIZE];	/* of the question */
	struct provider_answer	 answer;
};

/*
 * Refuses: 503 PROVIDER_NOT_CONFIGURED, 400 for a currency that the provider
 * does not take and for a partner or client that must be named, 403
 * API_KEY_SCOPE_FORBIDDEN, what partner_may_take_payments refuses, 422
 * NO_ROUTE_AVAILABLE without a fee rule, 409 TX_NOT_ATTACHABLE.
 */
const struct fault *hosted_before(struct conn *, struct request *, void *);

/* Never refuses: what came of it stands in answer. */
const struct fault *hosted_ask(struct request *, void *);

/*
 * Records the answer. NULL with the payment pending; 409 CHECKOUT_CONFLICT,
 * 502 CHECKOUT_REFUSED and 502 PROCESSOR_UNAVAILABLE leave it as it was, for
 * the same request to be sent again.
 */
const struct fault *hosted_settle(struct conn *, struct request *,
		    struct hosted *);

#endif
