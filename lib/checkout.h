/* SPDX-License-Identifier: ISC */
/*
 * checkout.h - opening a payment and its intent at a processor in one go.
 *
 * Three parts, for struct action's before, ask and after: the first writes
 * the payment, the routing decision and the first question; the second asks,
 * rule after rule while processors are down, writing each question before it
 * is asked; the third writes the answer. A crash anywhere leaves a row that
 * says where to go on, for a retry with the same key and for cron/reconcile,
 * which both ask again with the same key to the processor.
 */
#ifndef CHECKOUT_H
#define CHECKOUT_H

#include "app.h"
#include "route.h"
#include "tx.h"

enum {
	CALL_LOOK_MS = 60 * 1000,		/* until the first look */
	CALL_LOOK_MAX_MS = 6 * 60 * 60 * 1000	/* between two looks */
};

/* What a checkout is made from, and what it comes to. */
struct checkout {
	/* From the request. */
	const char		*partner_id;
	const char		*client_id;
	char			 currency[4];
	struct amount		 amount;
	const char		*reference;
	const char		*email;
	const char		*descriptor_suffix;
	struct slice		 meta;
	const char		*payment_type;	/* NULL: card */
	const char		*country;
	const char		*card_scheme;
	const char		*processor;	/* NULL: by rule */
	/* Results. */
	struct tx		*tx;
	struct routes		 routes;
	size_t			 chosen;	/* in routes */
	char			 call_id[ID_SIZE];
	struct provider_answer	 answer;
};

/* The field rows that all checkouts share, offsets in struct checkout. */
#define CHECKOUT_FIELDS							\
	{ "partner_id", FIELD_TEXT, .required = true,			\
	  offsetof(struct checkout, partner_id), .min = 1, .max = 64 },	\
	{ "client_id", FIELD_TEXT, .required = true,			\
	  offsetof(struct checkout, client_id), .min = 1, .max = 64 },	\
	{ "currency", FIELD_CURRENCY, .required = true,			\
	  offsetof(struct checkout, currency) },			\
	{ "amount", FIELD_AMOUNT, .required = true,			\
	  offsetof(struct checkout, amount),				\
	  .with = offsetof(struct checkout, currency) },		\
	{ "email", FIELD_TEXT, .required = true,			\
	  offsetof(struct checkout, email), .min = 1, .max = 254,	\
	  .check = field_check_email },					\
	{ "echezona_reference", FIELD_TEXT, .required = true,		\
	  offsetof(struct checkout, reference), .min = 1, .max = 128 },	\
	{ "statement_descriptor_suffix", FIELD_TEXT,			\
	  .offset = offsetof(struct checkout, descriptor_suffix),	\
	  .min = 1, .max = 22, .check = field_check_descriptor },	\
	{ "meta", FIELD_OBJECT, .offset = offsetof(struct checkout, meta), \
	  .max = 16 * 1024 }

/*
 * Refuses: 403 API_KEY_SCOPE_FORBIDDEN, what partner_may_take_payments
 * refuses, 422 NO_ROUTE_AVAILABLE, 500 for a processor that is not
 * configured.
 */
const struct fault *checkout_before(struct conn *, struct request *, void *);

/* Never refuses: what came of it stands in answer. */
const struct fault *checkout_ask(struct request *, void *);

/*
 * Records the answer. NULL with the payment pending; 422 PROCESSOR_REFUSED;
 * 502 PROCESSOR_UNAVAILABLE, after which the same request may be sent again.
 */
const struct fault *checkout_settle(struct conn *, struct request *,
		    struct checkout *);

/* What became of a call, on its row. */
void	checkout_write_answer(struct conn *, int64_t now, const char *call_id,
	    const struct provider_answer *);

/* The five members of checkout-intent's answer, into an open object. */
void	checkout_write_stripe(struct jsonw *, struct request *,
	    const struct checkout *);

/* The members of checkout-intent-v2's answer. */
void	checkout_write_routed(struct jsonw *, struct request *,
	    const struct checkout *);

#endif
