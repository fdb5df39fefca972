/* SPDX-License-Identifier: ISC */
/*
 * fee.h - how a succeeded payment is divided (clive.md 6 and 12 #30 - #32).
 *
 * All figures are minor units of the payment's currency. Rounded first, half
 * away from zero: the processor's fee and the total; then subtracted, so that
 * amount = processor_fee + platform_fee + net holds to the last unit.
 */
#ifndef FEE_H
#define FEE_H

#include "amount.h"

/* What a fee is computed from. */
struct fee_terms {
	int64_t	processor_ppm;		/* 29000: 2.9 % */
	int64_t	fixed_hundredths;	/* 30: 0.30 of the major unit */
	int64_t	partner_ppm;		/* the partner's Clive fee */
	int64_t	client_ppm;		/* the client's override; -1: none */
	int64_t	client_flat_cents;	/* on USD payments; -1: none */
};

struct fee {
	int64_t	processor_ppm;
	int64_t	partner_ppm;		/* charged in effect */
	int64_t	clive_earning_ppm;
	int64_t	processor_fee;
	int64_t	platform_fee;		/* may be negative */
	int64_t	net;
	int64_t	clive_earning;		/* the part of the partner's own fee */
};

enum {
	FEE_STRIPE_PPM = 29000,		/* where no rule says otherwise */
	FEE_STRIPE_FIXED = 30		/* hundredths of the major unit */
};

/* What the processor takes of an amount; false on overflow. */
bool	fee_processor(struct amount, int64_t percent_ppm,
	    int64_t fixed_hundredths, int64_t *fee) MUST_USE;

/* False on overflow. */
bool	fee_split(struct amount, struct fee_terms, struct fee *) MUST_USE;

#endif
