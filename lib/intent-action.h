/* SPDX-License-Identifier: ISC */
/*
 * intent-action.h - what a payer has to do next, as it is kept and shown.
 *
 * What is kept stands in intent.next_action as it is shown, but for Stripe's
 * element: its client secret is kept sealed, and shown in answers alone.
 */
#ifndef INTENT_ACTION_H
#define INTENT_ACTION_H

#include "intent.h"

/* To go to a page; return_url (or NULL) is where the payer comes back. NULL
 * where the addresses are too long, a few kilobytes together. */
const char	*intent_action_redirect(struct arena *, const char *url,
		    const char *return_url);

/* To agree on the phone; provider is the network's name, or NULL. */
const char	*intent_action_momo(struct arena *, const char *provider,
		    const char *phone_number);

/* To type the card into Stripe's own element: that, sealed, to be kept. */
const char	*intent_action_stripe(struct arena *, const struct vault *,
		    const char *intent_id, const char *client_secret);

/* Is it one that is kept sealed? */
bool		 intent_action_is_sealed(const char *kept);

/* What is kept sealed as it is shown, with the settings of the payment's mode
 * (rail_conf); NULL where it does not open. */
const char	*intent_action_open(struct arena *, const struct vault *,
		    const char *intent_id, const char *kept,
		    const struct conf *);

/* What is kept sealed as others see it, who cannot act on it. */
const char	*intent_action_closed(void);

#endif
