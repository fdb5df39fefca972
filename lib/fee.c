/* SPDX-License-Identifier: ISC */
/* fee.c - the division of a payment, in checked integers. */
#include "fee.h"

#include <string.h>

/* 0.30 of the major unit, rounded to the currency's minor unit. */
static int64_t
fixed_fee(const char *currency)
{
	static const int64_t units[] = { 0, 3, 30, 300, 3000 };

	return units[currency_exponent(currency)];
}

bool
fee_split(struct amount amount, struct fee_terms terms, struct fee *fee)
{
	int64_t total, clive;
	bool flat = terms.client_flat_cents > 0 &&
	    strcmp(amount.currency, "USD") == 0;

	fee->processor_ppm = terms.processor_ppm;
	fee->partner_ppm = terms.client_ppm >= 0 ? terms.client_ppm :
	    terms.partner_ppm;
	fee->clive_earning_ppm = terms.partner_ppm - terms.processor_ppm;
	return money_share_half_up(amount.minor, terms.processor_ppm,
	    &fee->processor_fee) &&
	    money_add(fee->processor_fee, fixed_fee(amount.currency),
	    &fee->processor_fee) &&
	    money_share_half_up(amount.minor, fee->partner_ppm, &total) &&
	    money_add(total, flat ? terms.client_flat_cents : 0, &total) &&
	    money_share_half_up(amount.minor, terms.partner_ppm, &clive) &&
	    money_sub(total, fee->processor_fee, &fee->platform_fee) &&
	    money_sub(clive, fee->processor_fee, &fee->clive_earning) &&
	    money_sub(amount.minor, total, &fee->net);
}
