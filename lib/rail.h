/* SPDX-License-Identifier: ISC */
/*
 * rail.h - the ways that a payment of the Payments API can go, chosen when it
 * is confirmed: which processor carries a method in a mode and currency, and
 * what is asked of it.
 *
 *   card           Stripe. With a test key the documented test numbers stand
 *                  for Stripe's test payment methods, and no number is passed
 *                  on. With a live key no number is taken: the payer's
 *                  browser gives it to Stripe's own element.
 *   momo           USD and LRD with a test key: the sandbox of MTN and Orange
 *                  (provider-momo.c). TZS: ClickPesa's USSD push.
 *   soxara_wallet  our own wallets (wallet.h), no processor.
 */
#ifndef RAIL_H
#define RAIL_H

#include "intent.h"
#include "provider.h"

/* A payment method as it was given, read and judged. */
struct rail {
	const char		*method;	/* card, momo, soxara_wallet */
	const struct provider	*provider;	/* NULL: the wallet */
	const char		*processor;	/* its name, or "wallet" */
	const char		*payment_type;	/* for fee rules */
	const char		*payment_method; /* for the provider: a token
						   or a phone; NULL: the payer
						   gives it to it */
	const char		*phone_number;	/* of momo and wallet, or NULL */
	const char		*method_detail;	/* JSON, for intent.h */
};

/*
 * Reads the object `payment_method` (or `paymentMethod`) of a confirm for an
 * intent: NULL with *rail filled in, in the request's arena, or a fault with
 * its details. Nothing of a card number is kept anywhere.
 */
const struct fault *rail_choose(struct request *, const struct intent *,
		    const struct json *method, struct rail *);

/*
 * The wallet's part of rail_choose (lib/rail-wallet.c); method is the whole
 * object. With a test key FAULT_FORBIDDEN for a phone number that is no test
 * buyer's.
 */
const struct fault *rail_wallet(struct request *, const struct intent *,
		    const struct json *method, struct rail *);

/*
 * Goes by wallet, in the transaction of the confirm and where others ask a
 * processor: an initialized payment becomes pending at the processor
 * "wallet" under its own name. With the number of a test buyer it is then
 * paid, or failed, at once: *action is NULL. Else it stays pending and
 * *action is the next action, as intent-action.h keeps it. in->tx is brought
 * up to date. FAULT_STATE where the payment is not initialized.
 */
const struct fault *rail_wallet_confirm(struct conn *, struct request *,
		    struct intent *in, const struct rail *,
		    const char **action);

/*
 * The next action of a payment by wallet: as it is shown to who may approve
 * it, with the client secret, or as it is kept, without one (NULL).
 */
const char	*rail_wallet_action(struct arena *, const struct conf *,
		    const struct intent *, const char *secret);

/*
 * The part of rail_choose for mobile money: momo is the member of this name,
 * or NULL. FAULT_PHONE_NUMBER for a number that is not of the country of the
 * currency, FAULT_FIELD_MISSING or FAULT_FIELD_WRONG for other members and for
 * a currency that this key cannot pay in, FAULT_AMOUNT_SMALL for what
 * ClickPesa does not take.
 */
const struct fault *rail_momo(struct request *, const struct intent *,
		    const struct json *momo, struct rail *);

/*
 * The settings with which the processors of a mode are called. For a test key
 * in live mode that is a copy of the thread's own with the keys of Stripe's
 * test mode and no others', good until the thread asks again.
 */
const struct conf *rail_conf(const struct conf *, bool live);

#endif
