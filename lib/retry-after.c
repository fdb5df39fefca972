/* SPDX-License-Identifier: ISC */
/* retry-after.c - reading a Retry-After header. */
#include "retry-after.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include <curl/curl.h>

/* Digits alone, and never more than fits the cap. */
static int64_t
read_seconds(const char *value)
{
	int64_t ms = 0;

	for (; isdigit((unsigned char)*value); value++)
		if (ms <= RETRY_AFTER_MAX_MS)
			ms = ms * 10 + (*value - '0') * 1000;
	return *value == '\0' ? ms : 0;
}

/* A date begins with the name of a day; -1: it is none. */
static int64_t
read_date(const char *text)
{
	if (text == NULL || !isalpha((unsigned char)*text))
		return -1;
	return curl_getdate(text, NULL);
}

int64_t
retry_after_ms(const char *value, const char *date, int64_t now)
{
	int64_t ms, from, until;

	if (value == NULL || *value == '\0')
		return 0;
	if (isdigit((unsigned char)*value)) {
		ms = read_seconds(value);
	} else {
		until = read_date(value);
		from = read_date(date);
		if (until < 0)
			return 0;
		if (from < 0)
			from = now / 1000;
		if (until - from > RETRY_AFTER_MAX_MS / 1000)
			return RETRY_AFTER_MAX_MS;
		ms = (until - from) * 1000;
	}
	if (ms < 0)
		return 0;
	return ms < RETRY_AFTER_MAX_MS ? ms : RETRY_AFTER_MAX_MS;
}
