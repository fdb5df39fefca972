/* SPDX-License-Identifier: ISC */
/*
 * intent-cancel.h - a payment canceled before it is paid, in the three parts
 * of an action. Where a processor has it, that is asked first: what turns out
 * to be paid there stays paid.
 */
#ifndef INTENT_CANCEL_H
#define INTENT_CANCEL_H

#include "app.h"
#include "intent.h"
#include "provider.h"

struct cancel {
	struct intent		*intent;
	const struct provider	*provider;	/* to be asked; NULL: none */
	char			 call_id[ID_SIZE];
	struct provider_answer	 answer;	/* to the cancel */
	struct provider_answer	 found;		/* where it refused: why */
};

/*
 * Refuses: 404 NOT_FOUND, 409 INVALID_STATE for one that is paid, failed, on
 * a rail that cannot take it back, or being confirmed. One that is canceled
 * already is no refusal.
 */
const struct fault *cancel_before(struct conn *, struct request *, void *);
const struct fault *cancel_ask(struct request *, void *);

/* 200 with the payment; 409 INVALID_STATE where it was paid meanwhile; 502
 * PROVIDER_ERROR, after which it may be tried again. */
const struct fault *cancel_after(struct conn *, struct request *, void *);

#endif
