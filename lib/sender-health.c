/* SPDX-License-Identifier: ISC */
/* sender-health.c - counting failures, and what follows from them. */
#include "sender-health.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "webhook.h"

#define ACTOR "cron:deliver"

/* A first pause, doubled so many times, up to a longest one. */
static int64_t
doubled(int64_t first, int64_t times, int64_t longest)
{
	while (times-- > 0 && first < longest)
		first *= 2;
	return first < longest ? first : longest;
}

static void
count_success(struct sender_health *h, const struct sender_attempt *a)
{
	if (h->state == SENDER_ENDPOINT_OFF)
		return;
	/* Unproven: a test that was taken proves nothing. */
	if (h->state == SENDER_ENDPOINT_UNPROVEN && !a->proof)
		return;
	if (h->state == SENDER_ENDPOINT_UNPROVEN)
		h->proven = true;
	/* What was disabled a moment ago is not, then. */
	if (h->state == SENDER_ENDPOINT_FAILING && h->disable == NULL)
		h->enable = true;
	h->disable = NULL;
	h->warn = false;
	h->state = SENDER_ENDPOINT_ACTIVE;
	h->failing_since = h->failures = h->warned_at = 0;
	h->slowdowns = h->probe_at = h->probes = 0;
}

static void
hold(struct sender_health *h, const struct sender_attempt *a)
{
	int64_t until = a->ended_at + a->retry_after_ms;

	if (a->started_at >= h->hold_until) {
		if (a->retry_after_ms == 0)
			until += doubled(SENDER_HOLD_MS, h->slowdowns,
			    SENDER_HOLD_MAX_MS);
		h->slowdowns++;
	}
	if (until > h->hold_until)
		h->hold_until = until;
}

static void
disable(struct sender_health *h, const char *reason)
{
	h->disable = reason;
	h->warn = false;
	h->probe_at = h->probes = 0;
}

static void
count_failure(struct sender_health *h, const struct sender_attempt *a,
    int64_t disable_after_ms)
{
	int64_t failing;

	h->failures++;
	if (h->failing_since == 0)
		h->failing_since = a->ended_at;
	if (a->status == 429 || a->status == 502 || a->status == 504)
		hold(h, a);
	if (h->state == SENDER_ENDPOINT_FAILING) {
		if (!a->probe)
			return;
		h->probes++;
		h->probe_at = a->ended_at + doubled(SENDER_PROBE_MS,
		    h->probes, SENDER_PROBE_MAX_MS);
		return;
	}
	failing = a->ended_at - h->failing_since;
	if (disable_after_ms == 0 || h->failures < SENDER_FAILURES_MIN ||
	    failing < disable_after_ms / 2)
		return;
	if (failing >= disable_after_ms) {
		disable(h, "failing");
		h->state = SENDER_ENDPOINT_FAILING;
		h->probe_at = a->ended_at + SENDER_PROBE_MS;
	} else if (h->warned_at == 0) {
		h->warned_at = a->ended_at;
		h->warn = true;
	}
}

void
sender_health_count(struct sender_health *h, const struct sender_attempt *a,
    int64_t disable_after_ms)
{
	if (sender_attempt_good(a)) {
		count_success(h, a);
	} else if (a->status == 410 && h->state != SENDER_ENDPOINT_OFF) {
		count_failure(h, a, 0);
		disable(h, "gone");
		h->state = SENDER_ENDPOINT_OFF;
	} else if (h->state == SENDER_ENDPOINT_ACTIVE ||
	    h->state == SENDER_ENDPOINT_FAILING) {
		count_failure(h, a, disable_after_ms);
	}
}

static enum sender_endpoint
state_of(const char *status, const char *reason)
{
	if (strcmp(status, "active") == 0)
		return SENDER_ENDPOINT_ACTIVE;
	if (strcmp(status, "unproven") == 0)
		return SENDER_ENDPOINT_UNPROVEN;
	return reason != NULL && strcmp(reason, "failing") == 0 ?
	    SENDER_ENDPOINT_FAILING : SENDER_ENDPOINT_OFF;
}

/*
 * Notes what is known of every attempt, and reads what was counted so far;
 * false where the endpoint was deleted meanwhile.
 */
static bool
read_health(struct conn *c, struct sender_attempt *const *attempts, size_t n,
    struct sender_health *h)
{
	int64_t success_at = -1;

	for (size_t i = 0; i < n; i++)
		if (sender_attempt_good(attempts[i]))
			success_at = attempts[i]->ended_at;
	struct rows *r = conn_rows(c, SQL_ENDPOINT_ATTEMPTED, "iot",
	    attempts[n - 1]->duration_ms, success_at, attempts[0]->endpoint);
	bool found = row_next(r);
	bool deleted = found && strcmp(row_text(r, 0), "deleted") == 0;
	if (found)
		*h = (struct sender_health){
		    .state = state_of(row_text(r, 0), row_text(r, 1)),
		    .failing_since = row_int(r, 2), .failures = row_int(r, 3),
		    .warned_at = row_int(r, 4), .hold_until = row_int(r, 5),
		    .slowdowns = row_int(r, 6), .probe_at = row_int(r, 7),
		    .probes = row_int(r, 8) };
	row_done(r);
	/* What was under way then is not due any more either. */
	if (deleted)
		conn_run(c, SQL_ENDPOINT_SKIP, "it", attempts[n - 1]->ended_at,
		    attempts[0]->endpoint);
	return found && !deleted;
}

static bool
same_counts(const struct sender_health *a, const struct sender_health *b)
{
	return a->failing_since == b->failing_since &&
	    a->failures == b->failures && a->warned_at == b->warned_at &&
	    a->hold_until == b->hold_until && a->slowdowns == b->slowdowns &&
	    a->probe_at == b->probe_at && a->probes == b->probes;
}

static int64_t
or_null(int64_t time)
{
	return time > 0 ? time : -1;
}

static void
warn(struct conn *c, const struct sender_health *h, const char *id,
    int64_t at)
{
	char detail[96];

	snprintf(detail, sizeof(detail), "{\"failures\":%" PRId64
	    ",\"failing_since\":%" PRId64 "}", h->failures,
	    h->failing_since);
	audit_write(c, at, ACTOR, "webhook.failing", id, detail);
	webhook_tell(c, id, "endpoint_failing", at);
}

/* In this order each step finds in the row what it tells of. */
static void
apply(struct conn *c, const struct sender_health *before,
    const struct sender_health *h, const char *id, int64_t at)
{
	int64_t waiting;

	if (h->proven)
		webhook_proven(c, id, at, ACTOR);
	if (h->enable)
		webhook_enable(c, id, false, at, ACTOR, &waiting);
	if (!same_counts(before, h))
		conn_run(c, SQL_ENDPOINT_HEALTH, "oioiioit",
		    or_null(h->failing_since), h->failures,
		    or_null(h->warned_at), h->hold_until, h->slowdowns,
		    or_null(h->probe_at), h->probes, id);
	if (h->warn)
		warn(c, h, id, at);
	if (h->disable == NULL)
		return;
	webhook_disable(c, id, h->disable, at, ACTOR);
	if (h->probe_at > 0)
		conn_run(c, SQL_ENDPOINT_PROBING, "it", h->probe_at, id);
}

void
sender_health_record(struct conn *c, const struct conf *conf,
    struct sender_attempt *const *attempts, size_t n)
{
	struct sender_health before, h;

	if (!read_health(c, attempts, n, &before))
		return;
	h = before;
	for (size_t i = 0; i < n; i++)
		sender_health_count(&h, attempts[i],
		    conf->webhook_disable_after_s * 1000);
	apply(c, &before, &h, attempts[0]->endpoint,
	    attempts[n - 1]->ended_at);
}
