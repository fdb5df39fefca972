/* SPDX-License-Identifier: ISC */
/* sender-rate.c - the arithmetic of an endpoint's rate. */
#include "sender-rate.h"

#define SECOND_US	INT64_C(1000000)

/* The time that one delivery takes up. */
static int64_t
interval(int64_t rate)
{
	return (SECOND_US + rate - 1) / rate;
}

/* How many may go out together after a rest. */
static int64_t
burst(int64_t rate)
{
	return rate < 20 ? 1 : rate / 20;
}

/*
 * When the bucket would be empty. The moment on record is earlier, the one
 * at which half a burst has room: whoever waits for it finds work for one
 * transaction, not for one delivery.
 */
static int64_t
level(int64_t rate, int64_t free_at_us, int64_t now_us)
{
	int64_t full = free_at_us + (burst(rate) - 1 - burst(rate) / 2) *
	    interval(rate);

	return full > now_us ? full : now_us;
}

int64_t
sender_rate_allows(int64_t rate, int64_t free_at_us, int64_t now_us)
{
	if (free_at_us > now_us)
		return 0;
	return burst(rate) - (level(rate, free_at_us, now_us) - now_us +
	    interval(rate) - 1) / interval(rate);
}

int64_t
sender_rate_spend(int64_t rate, int64_t free_at_us, int64_t now_us, int64_t n)
{
	return level(rate, free_at_us, now_us) + (n - burst(rate) + 1 +
	    burst(rate) / 2) * interval(rate);
}
