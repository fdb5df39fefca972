/* SPDX-License-Identifier: ISC */
/*
 * look.h - what was found where a payment was looked up at its processor, as
 * an event like the ones it sends.
 */
#ifndef LOOK_H
#define LOOK_H

#include "payment.h"
#include "provider.h"

/*
 * False where the answer brought nothing final. Looks that find the same are
 * one event. processor and ref must live as long as the event. For a payment
 * on a page the caller names clive_tx_id: the event may bring it the name by
 * which the processor knows it (payment.h).
 */
bool	look_to_payment(struct arena *, const char *processor,
	    const char *ref, const struct provider_answer *,
	    struct payment_event *);

#endif
