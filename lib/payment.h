/* SPDX-License-Identifier: ISC */
/*
 * payment.h - the one path for what processors tell us.
 *
 * A verified event of any processor is deduplicated, kept byte for byte and
 * applied: state, ledger, audit, outbox, in one transaction. Events may come
 * twice, late, and in any order: what comes too early (no such payment yet;
 * a refund before its success) waits and is applied when its time has come;
 * what comes too late changes nothing.
 */
#ifndef PAYMENT_H
#define PAYMENT_H

#include "tx.h"

enum payment_outcome {
	PAYMENT_SUCCEEDED,
	PAYMENT_FAILED,
	PAYMENT_REFUNDED,	/* amount is the running total, where known */
	PAYMENT_PARTLY_REFUNDED,
	PAYMENT_REFUND_DONE,	/* refund_id, one of ours; amount is its own */
	PAYMENT_REFUND_FAILED,
	PAYMENT_DISPUTED,
	PAYMENT_INQUIRY,	/* on record only, with an audit event */
	PAYMENT_NOTED		/* on record only */
};

/* An event in our own terms. */
struct payment_event {
	const char		*processor;
	const char		*event_id;
	const char		*type;		/* the processor's word */
	const char		*ref;		/* its name for the payment */
	const char		*object_id;	/* of a dispute, or a refund of
						   ours: its name; else NULL */
	const char		*refund_id;	/* our name for that refund */
	int64_t			 at;		/* when it happened; 0: it does
						   not say */
	enum payment_outcome	 outcome;
	bool			 has_amount;
	struct amount		 amount;
	/*
	 * An amount whose currency the event does not say (currency is ""):
	 * the processor's units, and how they become the payment's.
	 */
	int64_t			 units;
	bool			(*to_minor)(int64_t units,
				    const char currency[4], int64_t *minor);
	const char		*failure;	/* PAYMENT_FAILED: why, a code
						   of soxara.md 12.11, or NULL;
						   PAYMENT_REFUND_FAILED: the
						   processor's word */
	const char		*failure_message; /* for people, or NULL */
	struct slice		 body;		/* as it came */
	/*
	 * The payment it says it belongs to, or NULL. An event that names
	 * another than the payment with its reference is quarantined. Where
	 * no payment has this reference, and the one it names still goes by
	 * the name of a page of the processor's, which begins with
	 * page_prefix, that payment gets this reference with its success.
	 * Before, and where the amount is another, the event waits: whoever
	 * can make payments at the processor can write any name into one.
	 */
	const char		*clive_tx_id;
	const char		*page_prefix;
};

enum payment_result {
	PAYMENT_APPLIED,
	PAYMENT_UNCHANGED,	/* a duplicate, or nothing left to change */
	PAYMENT_WAITING,	/* kept until its payment allows it */
	PAYMENT_QUARANTINED	/* kept for a person: the amount disagrees */
};

/*
 * Takes an event in. *tx is the payment, or NULL where none has this
 * reference (the result is then PAYMENT_WAITING); one that the event names by
 * clive_tx_id is known although it may not have the reference yet.
 */
enum payment_result payment_receive(struct conn *, struct arena *,
		    int64_t now, const struct payment_event *,
		    struct tx **tx);

/*
 * Keeps an event that must not be applied, once, with an audit event that
 * gives the reason (a word of ours).
 */
void		 payment_quarantine(struct conn *, struct arena *,
		    int64_t now, const struct payment_event *,
		    const char *reason);

/*
 * Applies the events that waited for this payment, until none fits any more.
 * Called after an intent was attached; payment_receive does it by itself.
 */
void		 payment_apply_waiting(struct conn *, struct arena *,
		    int64_t now, struct tx *);

/*
 * The reader of a processor's stored events, for those that waited: fills
 * the event from its body. False where it cannot.
 */
typedef bool	 payment_reader(struct arena *, struct slice body,
		    struct payment_event *);

/* The reader of a processor; NULL for one we do not know. */
payment_reader	*payment_reader_of(const char *processor);

#endif
