/* SPDX-License-Identifier: ISC */
/*
 * stripe-events.h - Stripe's events in our own terms.
 */
#ifndef STRIPE_EVENTS_H
#define STRIPE_EVENTS_H

#include "payment.h"
#include "stripe.h"

/*
 * A payment event from a Stripe event that was read, names an intent and is
 * not STRIPE_IGNORED. body stays where it is.
 */
void	stripe_to_payment(const struct stripe_event *, struct slice body,
	    struct payment_event *);

/* The payment_reader for stored events. */
bool	stripe_payment_event(struct arena *, struct slice body,
	    struct payment_event *);

#endif
