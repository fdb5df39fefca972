/* SPDX-License-Identifier: ISC */
/*
 * intent-confirm.h - a payment confirmed with a payment method.
 *
 * Three parts, for struct action's before, ask and after. The first judges
 * the method, takes the payment for a while, so that of many confirms one
 * goes on, and writes the question down; our own wallets pay at once. The
 * second asks the processor, the third takes its answer in. A crash anywhere
 * leaves a row that says where to go on, for the same confirm sent again and
 * for cron/reconcile, which both ask again with the same key.
 */
#ifndef INTENT_CONFIRM_H
#define INTENT_CONFIRM_H

#include "app.h"
#include "intent-call.h"
#include "rail.h"

struct confirm {
	/* From the request. */
	struct slice		 payment_method;
	const char		*return_url;
	/* Results. */
	struct intent		*intent;
	struct rail		 rail;
	struct intent_call	 call;
	bool			 over;	/* there is nothing to ask */
};

/* The field rows; offsets in struct confirm. */
extern const struct field confirm_fields[];

/*
 * Refuses: 404 NOT_FOUND, 409 INVALID_STATE (also while another confirm or
 * cancel runs, or where what became of one with another method is not known),
 * 403 FORBIDDEN for a merchant that may take no payments, what rail_choose
 * refuses, 503 SERVICE_UNAVAILABLE for a processor that is not configured.
 */
const struct fault *confirm_before(struct conn *, struct request *, void *);
const struct fault *confirm_ask(struct request *, void *);

/* 200 with the payment, 202 where the payer has to act; 502 PROVIDER_ERROR,
 * after which it may be confirmed again. */
const struct fault *confirm_after(struct conn *, struct request *, void *);

#endif
