/* SPDX-License-Identifier: ISC */
/*
 * sender-health.h - what the results of its attempts make of an endpoint.
 *
 * Failures are counted since the last success. Nothing but failures for half
 * of webhook_disable_after_s, and SENDER_FAILURES_MIN of them, bring a
 * warning; for all of it they disable the endpoint, which is probed from then
 * on with one due delivery, first after SENDER_PROBE_MS, then at intervals
 * that double up to SENDER_PROBE_MAX_MS, until one succeeds. 410 disables it
 * for good. 429, 502 and 504 hold everything back for as long as Retry-After
 * says, or for a second that doubles up to a minute; what was under way when
 * a hold began does not double it again.
 */
#ifndef SENDER_HEALTH_H
#define SENDER_HEALTH_H

#include "sender-attempt.h"

enum {
	SENDER_FAILURES_MIN = 10,
	SENDER_PROBE_MS = 5 * 60 * 1000,
	SENDER_PROBE_MAX_MS = 6 * 60 * 60 * 1000,
	SENDER_HOLD_MS = 1000,
	SENDER_HOLD_MAX_MS = 60 * 1000
};

enum sender_endpoint {
	SENDER_ENDPOINT_ACTIVE,
	SENDER_ENDPOINT_UNPROVEN,
	SENDER_ENDPOINT_FAILING,	/* disabled, and probed */
	SENDER_ENDPOINT_OFF		/* disabled otherwise, or deleted */
};

/* An endpoint between two attempts; times are 0 where there is none. */
struct sender_health {
	enum sender_endpoint	 state;
	int64_t			 failing_since, failures, warned_at;
	int64_t			 hold_until, slowdowns;
	int64_t			 probe_at, probes;

	/* What is to be done about it. */
	bool			 proven, enable, warn;
	const char		*disable;	/* the reason, or NULL */
};

/* Counts an attempt that has ended. disable_after_ms 0: never. */
void	sender_health_count(struct sender_health *,
	    const struct sender_attempt *, int64_t disable_after_ms);

/*
 * Counts n attempts of one endpoint, at least one, in the transaction that
 * records them: writes its row, enables or disables it, and tells the
 * partner's other endpoints and the audit log.
 */
void	sender_health_record(struct conn *, const struct conf *,
	    struct sender_attempt *const *, size_t n);

#endif
