/* SPDX-License-Identifier: ISC */
/* fee.c - the division of a payment, in checked integers. */
#include "fee.h"

#include <string.h>

/* Hundredths of the major unit in minor units, half away from zero. */
static bool
fixed_part(const char *currency, int64_t hundredths, int64_t *minor)
{
	static const int64_t per_major[] = { 1, 10, 100, 1000, 10000 };

	/* A share of so many hundredths is one of so many 10000 ppm. */
	return money_share_half_up(per_major[currency_exponent(currency)],
	    hundredths * 10000, minor);
}

bool
fee_processor(struct amount amount, int64_t percent_ppm,
    int64_t fixed_hundredths, int64_t *fee)
{
	int64_t share, fixed;

	return money_share_half_up(amount.minor, percent_ppm, &share) &&
	    fixed_part(amount.currency, fixed_hundredths, &fixed) &&
	    money_add(share, fixed, fee);
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
	return fee_processor(amount, terms.processor_ppm,
	    terms.fixed_hundredths, &fee->processor_fee) &&
	    money_share_half_up(amount.minor, fee->partner_ppm, &total) &&
	    money_add(total, flat ? terms.client_flat_cents : 0, &total) &&
	    money_share_half_up(amount.minor, terms.partner_ppm, &clive) &&
	    money_sub(total, fee->processor_fee, &fee->platform_fee) &&
	    money_sub(clive, fee->processor_fee, &fee->clive_earning) &&
	    money_sub(amount.minor, total, &fee->net);
}
