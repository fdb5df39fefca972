/* SPDX-License-Identifier: ISC */
/*
 * retry-after.h - how long an HTTP answer asks to be left alone.
 */
#ifndef RETRY_AFTER_H
#define RETRY_AFTER_H

#include <stdint.h>

/* Whoever asks for longer is asked again after a day. */
#define RETRY_AFTER_MAX_MS (INT64_C(24) * 60 * 60 * 1000)

/*
 * The milliseconds of a Retry-After header (RFC 9110 10.2.3): seconds, or a
 * date. A date is compared with the answer's own Date header where there is
 * one, so that two clocks need not agree, else with now (milliseconds since
 * 1970). 0 where it is NULL, no such value, or over; never more than
 * RETRY_AFTER_MAX_MS.
 */
int64_t	retry_after_ms(const char *value, const char *date, int64_t now);

#endif
