/* SPDX-License-Identifier: ISC */
/*
 * revolut-events.h - Revolut's events in our own terms.
 *
 * A webhook of Revolut says which order something happened to and nothing
 * else; the order has to be asked for. What is kept is therefore a report:
 *
 *	{"webhook":<as it came>,"order":<as it was answered>,
 *	 "related":<likewise: of a refund, the order that it refunds>}
 *
 * with the bytes of each part untouched.
 */
#ifndef REVOLUT_EVENTS_H
#define REVOLUT_EVENTS_H

#include "payment.h"
#include "revolut.h"

/* Makes a report; parts with p NULL are left out. */
struct slice	 revolut_report(struct arena *, struct slice webhook,
		    struct slice order, struct slice related);

/*
 * The payment_reader for reports. False where the order is not in a state
 * that changes a payment (it may be so later), where a refund's related order
 * is missing, or where parts disagree.
 */
bool		 revolut_payment_event(struct arena *, struct slice body,
		    struct payment_event *);

#endif
