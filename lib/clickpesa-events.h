/* SPDX-License-Identifier: ISC */
/*
 * clickpesa-events.h - what ClickPesa tells, in our own terms.
 *
 * Rules: spec clickpesa.md sections 4, 9 and 14. The webhook has had three
 * shapes: today's {"event","data":{"id","collectedAmount",...}}, the older
 * one with "eventType", "paymentId", "amount" and "currency", and a bare
 * {"data":{"orderReference","status","id"}}. Statuses count in any case.
 */
#ifndef CLICKPESA_EVENTS_H
#define CLICKPESA_EVENTS_H

#include "payment.h"

enum clickpesa_meaning {
	CLICKPESA_IGNORED,	/* not final, or no matter of a payment */
	CLICKPESA_PAID,
	CLICKPESA_FAILED
};

/* A payment as a webhook or the query shows it. Texts live in the arena. */
struct clickpesa_event {
	const char		*event;		/* its name; NULL: bare */
	const char		*id;		/* of the attempt; NULL: none */
	const char		*reference;	/* our orderReference, or NULL */
	const char		*status;	/* in upper case; "": not said */
	enum clickpesa_meaning	 meaning;
	const char		*message;	/* for people, or NULL */
	bool			 other;		/* of payouts and deposits */
	bool			 has_amount;
	struct amount		 amount;	/* minor -1: unreadable */
};

/* Reads a webhook's body; false where it is no object with an object data. */
bool	clickpesa_event_read(struct arena *, const struct json *,
	    struct clickpesa_event *);

/* Reads one element of the query's answer, or the answer to a push, which has
 * the same members; false where it is no object. */
bool	clickpesa_payment_read(struct arena *, const struct json *,
	    struct clickpesa_event *);

/*
 * Why a payment failed, in the words of soxara.md 12.11. ClickPesa has no
 * codes, so it is read off the message (NULL: none); what tells nothing is
 * generic_decline.
 */
const char *clickpesa_failure(const char *message);

/*
 * A payment event from an event that has a reference and is not IGNORED.
 * ClickPesa names no event, so its name is made from what tells one from
 * another: event, attempt and reference; of a bare one, status in place of
 * the event.
 */
void	clickpesa_to_payment(struct arena *, const struct clickpesa_event *,
	    struct slice body, struct payment_event *);

/* The payment_reader for stored events. */
bool	clickpesa_payment_event(struct arena *, struct slice body,
	    struct payment_event *);

/*
 * Was the payment already paid, and by another attempt than this event's?
 * One link can take several payments; what comes second is for a person.
 */
bool	clickpesa_paid_before(struct conn *, struct arena *,
	    const struct tx *, const struct clickpesa_event *);

#endif
