/* SPDX-License-Identifier: ISC */
/*
 * wallet-approve.h - a buyer says yes or no to a payment by wallet, on the
 * page that the payment's next_action leads to.
 *
 * The client secret opens the payment; the buyer is proven by phone number
 * and PIN (buyer.h). Neither the PIN nor anything made of it is kept, so an
 * approval is not kept under an idempotency key: sent again, it is answered
 * by what became of it.
 */
#ifndef WALLET_APPROVE_H
#define WALLET_APPROVE_H

#include "app.h"

/* For the table of cgi-bin/v1/payments.c: the fields of an approval, what
 * they fill, and the two actions. */
struct wallet_approval {
	const char	*phone_number;
	const char	*pin;
};

extern const struct field wallet_approve_fields[];

/*
 * POST .../{id}/approve: pays at once. Refuses, besides what fields do: 404;
 * 409 where the payment does not wait for a wallet (a payment that this buyer
 * paid already is no refusal); 429 and 403 of buyer_check_pin. Answers 200
 * with the payment: succeeded, or failed for lack of money.
 */
const struct fault *wallet_approve(struct request *, void *);

/* POST .../{id}/decline: failed, user_rejected. 404, 409. */
const struct fault *wallet_decline(struct conn *, struct request *, void *);

/* The two rows. */
#define WALLET_APPROVE_ACTIONS						\
	{ METHOD_POST, ACCESS_PAYER, .takes_rest = true,		\
	  .verb = "approve", .scope = SCOPE_PAYMENTS_WRITE,		\
	  .any_origin = true, .fields = wallet_approve_fields,		\
	  .input_size = sizeof(struct wallet_approval),			\
	  .handle = wallet_approve },					\
	{ METHOD_POST, ACCESS_PAYER, .takes_rest = true,		\
	  .verb = "decline", .scope = SCOPE_PAYMENTS_WRITE,		\
	  .any_origin = true, .secret = true, .change = wallet_decline }

#endif
