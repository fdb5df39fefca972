/* SPDX-License-Identifier: ISC */
/* sender-record.c - attempt, delivery and audit event in one transaction. */
#include "sender-record.h"

#include "audit.h"
#include "json.h"
#include "sender.h"

enum { DETAIL_MAX = 4096 };

struct batch {
	const struct conf		*conf;
	const char			*owner;
	struct sender_attempt *const	*attempts;
	size_t				 n;
};

/* What becomes of a delivery, and how the audit log calls it. */
struct outcome {
	const char	*status;
	const char	*action;
	int64_t		 next_attempt_at;
};

static struct outcome
outcome_of(const struct sender_attempt *a, const struct conf *conf)
{
	uint32_t dice;

	if (sender_attempt_good(a))
		return (struct outcome){ "delivered", "webhook.delivered",
		    a->ended_at };
	if (a->number >= a->max_attempts)
		return (struct outcome){ "failed", "webhook.failed",
		    a->ended_at };
	sig_random(&dice, sizeof(dice));
	return (struct outcome){ "due", "webhook.attempt_failed",
	    a->ended_at + sender_pause(conf, a->number, dice) };
}

static void
write_audit(struct conn *c, const struct sender_attempt *a,
    const struct outcome *outcome)
{
	struct jsonw w;
	struct buf detail;

	buf_init(&detail, DETAIL_MAX);
	jsonw_init(&w, &detail);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "delivery", a->delivery);
	jsonw_text(&w, "endpoint", a->endpoint);
	jsonw_int(&w, "attempt", a->number);
	if (a->status >= 0)
		jsonw_int(&w, "status", a->status);
	if (a->error[0] != '\0')
		jsonw_text(&w, "error", a->error);
	jsonw_end_object(&w);
	audit_write(c, a->ended_at, "cron:deliver", outcome->action,
	    a->tx[0] != '\0' ? a->tx : a->delivery, buf_str(&detail));
	buf_free(&detail);
}

static void
record_one(struct conn *c, const struct batch *batch,
    const struct sender_attempt *a)
{
	const struct outcome outcome = outcome_of(a, batch->conf);

	/* Whoever lost the lease comes late and must not speak of it. */
	if (conn_run(c, SQL_DELIVERY_FINISH, "tiiitt", outcome.status,
	    a->number, outcome.next_attempt_at, a->ended_at, a->delivery,
	    batch->owner) != 1)
		return;
	conn_run(c, SQL_ATTEMPT_INSERT, "tiiitobt", a->delivery, a->number,
	    a->started_at, a->duration_ms, buf_str(&a->head), a->status,
	    a->status >= 0 ? buf_str(&a->answer) : NULL, a->answer.len,
	    a->error[0] != '\0' ? a->error : NULL);
	write_audit(c, a, &outcome);
	/* After the audit log, whose writers queue: so nobody deadlocks here. */
	conn_run(c, SQL_ENDPOINT_ATTEMPTED, "it", a->duration_ms, a->endpoint);
}

static const struct fault *
record_batch(struct conn *c, void *arg)
{
	const struct batch *batch = arg;

	for (size_t i = 0; i < batch->n; i++)
		record_one(c, batch, batch->attempts[i]);
	return NULL;
}

const struct fault *
sender_record(struct db *db, const struct conf *conf, const char *owner,
    struct sender_attempt *const *attempts, size_t n)
{
	struct batch batch = { conf, owner, attempts, n };

	return db_txn(db, record_batch, &batch);
}
