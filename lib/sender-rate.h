/* SPDX-License-Identifier: ISC */
/*
 * sender-rate.h - how fast one endpoint may be sent to.
 *
 * The generic cell rate algorithm: one moment a row, in microseconds, says
 * when the next delivery is free. Deliveries go out evenly; a high rate has
 * them in small groups, a twentieth of a second's worth at the most, so that
 * a sender need not claim each by itself. In any second there are therefore
 * at most rate + rate / 20. Numbers in, numbers out: who writes the row does
 * so in the transaction of the claim, and all senders together keep the rate.
 */
#ifndef SENDER_RATE_H
#define SENDER_RATE_H

#include <stdint.h>

/* How many deliveries may go out now, at a rate of 1 or more a second. */
int64_t	sender_rate_allows(int64_t rate, int64_t free_at_us, int64_t now_us);

/* When the next ones are free after n were taken. */
int64_t	sender_rate_spend(int64_t rate, int64_t free_at_us, int64_t now_us,
	    int64_t n);

#endif
