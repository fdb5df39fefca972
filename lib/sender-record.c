/* SPDX-License-Identifier: ISC */
/* sender-record.c - attempts, deliveries and audit events together. */
#include "sender-record.h"

#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "json.h"
#include "sender-health.h"
#include "sender.h"

enum { DETAIL_MAX = 4096 };

/* What becomes of a delivery, and how the audit log calls it. */
struct outcome {
	const char	*status;
	const char	*action;
	int64_t		 used;		/* of its attempts */
	int64_t		 next_attempt_at;
};

static int64_t
pause_after(const struct sender_attempt *a)
{
	uint32_t dice;

	sig_random(&dice, sizeof(dice));
	int64_t pause = schedule_pause(&a->schedule, a->used + 1, dice);
	return pause > a->retry_after_ms ? pause : a->retry_after_ms;
}

static struct outcome
outcome_of(const struct sender_attempt *a)
{
	if (sender_attempt_good(a))
		return (struct outcome){ "delivered", "webhook.delivered",
		    a->used + 1, a->ended_at };
	/* That an endpoint was off is not the delivery's fault. */
	if (a->probe && a->status != 410)
		return (struct outcome){ "due", "webhook.attempt_failed",
		    a->used, a->next_attempt_at };
	if (a->used + 1 >= schedule_attempts(&a->schedule) ||
	    a->status == 410)
		return (struct outcome){ "failed", "webhook.failed",
		    a->used + 1, a->ended_at };
	return (struct outcome){ "due", "webhook.attempt_failed",
	    a->used + 1, a->ended_at + pause_after(a) };
}

static void
write_audit(struct conn *c, struct audit_chain *chain,
    const struct sender_attempt *a, const struct outcome *outcome)
{
	struct jsonw w;
	struct buf detail;

	buf_init(&detail, DETAIL_MAX);
	jsonw_init(&w, &detail);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "delivery", a->delivery);
	jsonw_text(&w, "endpoint", a->endpoint);
	jsonw_int(&w, "attempt", a->number);
	if (a->probe)
		jsonw_bool(&w, "probe", true);
	if (a->status >= 0)
		jsonw_int(&w, "status", a->status);
	if (a->error[0] != '\0')
		jsonw_text(&w, "error", a->error);
	jsonw_end_object(&w);
	audit_add(c, chain, a->ended_at, "cron:deliver", outcome->action,
	    a->tx[0] != '\0' ? a->tx : a->delivery, buf_str(&detail));
	buf_free(&detail);
}

/* False where the lease was lost: such an attempt counts for nothing. */
static bool
record_one(struct conn *c, struct audit_chain *chain, const char *owner,
    const struct sender_attempt *a)
{
	const struct outcome outcome = outcome_of(a);
	bool answered = a->status >= 0;

	if (conn_run(c, SQL_DELIVERY_FINISH, "tiiitt", outcome.status,
	    outcome.used, outcome.next_attempt_at, a->ended_at, a->delivery,
	    owner) != 1)
		return false;
	conn_run(c, SQL_ATTEMPT_INSERT, "tiiitobtto", a->delivery, a->number,
	    a->started_at, a->duration_ms, buf_str(&a->head), a->status,
	    answered ? buf_str(&a->answer) : NULL, a->answer.len,
	    a->error[0] != '\0' ? a->error : NULL,
	    answered ? buf_str(&a->answer_head) : NULL,
	    answered ? (int64_t)a->answer_body : (int64_t)-1);
	write_audit(c, chain, a, &outcome);
	if (a->ordered && strcmp(outcome.status, "due") != 0)
		conn_run(c, SQL_DELIVERIES_AFTER, "tt", a->event,
		    a->endpoint);
	return true;
}

/* By endpoint, and each one's as they ended. */
static int
compare(const void *one, const void *two)
{
	const struct sender_attempt *a = *(struct sender_attempt *const *)one;
	const struct sender_attempt *b = *(struct sender_attempt *const *)two;

	if (a->receiver != b->receiver)
		return strcmp(a->endpoint, b->endpoint);
	return a->ended_at < b->ended_at ? -1 : a->ended_at > b->ended_at;
}

/* Those whose lease held; how many. */
static size_t
record_all(struct conn *c, const char *owner, const struct sender_list *ended,
    struct sender_attempt **ours)
{
	struct audit_chain chain;
	size_t n = 0;

	audit_begin(c, &chain);
	for (struct sender_attempt *a = ended->first; a != NULL; a = a->next)
		if (record_one(c, &chain, owner, a))
			ours[n++] = a;
	audit_end(c, &chain);
	return n;
}

void
sender_record(struct conn *c, const struct conf *conf, const char *owner,
    const struct sender_list *ended)
{
	struct sender_attempt **ours;
	size_t n, of;

	if (ended->n == 0)
		return;
	ours = malloc(ended->n * sizeof(struct sender_attempt *));
	if (ours == NULL)
		abort();
	n = record_all(c, owner, ended, ours);
	qsort(ours, n, sizeof(struct sender_attempt *), compare);
	/* After the audit log, whose writers queue: no deadlocks. */
	for (size_t i = 0; i < n; i += of) {
		for (of = 1; i + of < n && ours[i + of]->receiver ==
		    ours[i]->receiver; of++)
			continue;
		sender_health_record(c, conf, ours + i, of);
	}
	free(ours);
}
