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
 * one event. processor and ref must live as long as the event.
 */
bool	look_to_payment(struct arena *, const char *processor,
	    const char *ref, const struct provider_answer *,
	    struct payment_event *);

#endif
