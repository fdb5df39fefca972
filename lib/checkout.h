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
	CALL_LOOK_MS = 60 * 1000,		/* until the first look, or */
	CALL_TRIES = 4,				/* so many timeouts */
	CALL_LOOK_MAX_MS = 6 * 60 * 60 * 1000,	/* between two looks */
	/* Processors know a key for a day; then asking again asks anew. */
	CALL_AGAIN_MS = 23 * 60 * 60 * 1000
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
	bool			 again;		/* asked before, fate unknown */
	char			 call_id[ID_SIZE];	/* "": on record */
	int64_t			 asked_at;
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

/*
 * Opens a payment at a processor. Where it was asked before, it can no longer
 * be certain that nothing was done: what was down then is unknown.
 */
struct provider_answer checkout_open(struct arena *, const struct conf *,
		    const struct provider *, const struct provider_order *);

/* What came of it stands in answer; refuses only where the database does. */
const struct fault *checkout_ask(struct request *, void *);

/*
 * Records the answer. NULL with the payment pending (or further, where its
 * webhook was quicker); 422 PROCESSOR_REFUSED; 409 TX_NOT_ATTACHABLE for one
 * abandoned meanwhile; 502 PROCESSOR_UNAVAILABLE, after which the same
 * request may be sent again.
 */
const struct fault *checkout_settle(struct conn *, struct request *,
		    struct checkout *);

/*
 * checkout_settle, and for a payment that is pending then 201 with what write
 * puts into an open object, and the events that had come before.
 */
const struct fault *checkout_answer(struct conn *, struct request *,
		    struct checkout *, void (*write)(struct jsonw *,
		    struct request *, const struct checkout *));

/* Why a processor refused, for the caller, as the details of a fault. */
void	checkout_explain(struct request *, const struct provider *,
	    const struct provider_answer *);

/* What became of a call, on its row. */
void	checkout_write_answer(struct conn *, int64_t now, const char *call_id,
	    const struct provider_answer *);

/*
 * Ties an initialized payment to the processor that took it, under a rule
 * (NULL: none), and sets the first look. Returns what tx_attach does.
 */
enum tx_attach checkout_attach(struct conn *, struct arena *, int64_t now,
	    struct tx *, const char *processor, const char *rule_id,
	    const char *ref, const char *actor);

/* The five members of checkout-intent's answer, into an open object. */
void	checkout_write_stripe(struct jsonw *, struct request *,
	    const struct checkout *);

/* The members of checkout-intent-v2's answer. */
void	checkout_write_routed(struct jsonw *, struct request *,
	    const struct checkout *);

#endif
