/* SPDX-License-Identifier: ISC */
/*
 * refund.h - money on its way back to a payer (soxara.md 3.3 and 12.6).
 *
 * A refund is written, with its amount set aside in tx.refunding_amount,
 * before the processor is asked, so that the sum can never pass the payment:
 * a constraint of the table sees to that. Its answer moves the amount to
 * tx.refunded_amount, with the ledger, or gives it back. An answer that got
 * lost is asked for again by cron/reconcile under the same key, the refund's
 * own name. What the processor tells by itself (running totals) is compared
 * with both, so that nothing is booked twice; what it gave back without being
 * asked by us is a refund as well, which the merchant is told of.
 */
#ifndef REFUND_H
#define REFUND_H

#include "intent.h"
#include "provider.h"

/* How long a pending refund is looked at: processors may take days over one.
 * Afterwards it is for a person to find out. */
#define REFUND_LOOK_MS (INT64_C(30) * 24 * 60 * 60 * 1000)

struct refund {
	const char	*id;		/* re_... */
	const char	*intent_id;
	const char	*clive_tx_id;
	const char	*partner_id;
	const char	*client_id;
	bool		 live;
	struct amount	 amount;
	const char	*reason;	/* or NULL, as all below */
	const char	*metadata;
	const char	*status;	/* pending, succeeded, failed */
	const char	*failure_code;
	const char	*failure_message;
	const char	*processor_ref;	/* the processor's name for it */
	int64_t		 created_at, updated_at;
};

/* Reads one by its name; NULL where there is none (or conn_failed). The
 * current row of any SQL_REFUND_FIND or _LIST statement. */
struct refund	*refund_find(struct conn *, struct arena *, const char *id);
struct refund	*refund_of_row(struct rows *, struct arena *);

/* As a member (key) or on its own (NULL): "object", "payment", "amount" ... */
void		 refund_write(struct jsonw *, const char *key,
		    const struct refund *);

/*
 * What may still be refunded of a payment: 0 where all of it is given back or
 * on its way. Not whether a refund can be made at all.
 */
int64_t		 refund_left(const struct tx *);

/*
 * Sets an amount aside (0: what is left) and writes the refund, the call that
 * is about to be made (none for the wallet, which calls nobody), and
 * refund.created. The intent was read in the same transaction. NULL;
 * FAULT_STATE where the payment did not succeed, is disputed or its rail
 * gives nothing back; FAULT_AMOUNT_LARGE where less is left.
 */
const struct fault *refund_open(struct conn *, struct arena *, int64_t now,
		    const struct intent *, int64_t minor, const char *reason,
		    struct slice metadata, const char *actor,
		    struct refund **);

/*
 * Asks the payment's processor, with the settings of the refund's mode and
 * under its own name as the key. Outside of any transaction. Not where
 * refund_may_ask says no: it ended, the processor has it already, it is the
 * wallet's, or the processor may have forgotten the key.
 */
bool		 refund_may_ask(const struct tx *, const struct refund *,
		    int64_t now);
struct provider_answer refund_ask(struct arena *, const struct conf *,
		    const struct tx *, const struct refund *);

/*
 * Looks up at the processor how a pending refund stands that may not be asked
 * for again: it keeps it pending, or nobody knows whether it has it.
 */
struct provider_answer refund_look(struct arena *, const struct conf *,
		    const struct tx *, const struct refund *);

/*
 * Books what became of it, and of its call: succeeded with ledger and, where
 * nothing is left, the state refunded; failed; or, in doubt, pending as it
 * was, to be looked at again. Tells refund.succeeded or refund.failed. One that had succeeded fails
 * where the processor says that it took it back: then the money is booked
 * back, too. Returns whether its status changed; *refund is brought up to
 * date either way.
 */
bool		 refund_settle(struct conn *, struct arena *, int64_t now,
		    struct refund *, const struct provider_answer *,
		    const char *actor);

/*
 * Books a running total that a processor told, as far as it is more than
 * what is booked and set aside (payment.c, for payments with an intent). at
 * is when the processor said so, 0 where it does not say: a refund of ours
 * that failed since is part of the total and of nothing else. Returns whether
 * anything was booked; tx is brought up to date.
 */
bool		 refund_told(struct conn *, struct arena *, int64_t now,
		    struct tx *, int64_t total, int64_t at,
		    const char *actor);

struct refund_report {
	int64_t	refunds;
	int64_t	bad_payments;
	char	first_bad[40];	/* clive_tx_id; "" where none */
};

/*
 * Compares what every payment's row says of refunds, pending and booked, with
 * the refunds themselves. True where all agree.
 */
bool		 refund_verify(struct conn *, struct refund_report *);

#endif
