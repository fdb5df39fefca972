/* SPDX-License-Identifier: ISC */
/* st-later.c - the background: what happens by itself, and the webhooks. */
#include "st.h"

#include <string.h>

enum { SENT_AT_ONCE = 50 };

/* The fee of a charge is known: charge.updated tells. */
static void
settle(struct st *st, struct doc *charge)
{
	if (doc_raw(charge, "balance_transaction") != NULL)
		return;
	st_charge_settle(st, charge);
	st_event(st, "charge.updated", charge,
	    "{\"balance_transaction\":null}");
}

static void
make_available(struct st *st, struct doc *entry)
{
	doc_set_text(entry, "status", "available");
	st_put(st, entry);
}

static const struct {
	const char	*job, *kind;
	void		(*run)(struct st *, struct doc *);
} jobs[] = {
	{ "settle", "charge", settle },
	{ "lapse", "charge", st_charge_lapse },
	{ "dispute", "charge", st_dispute_open },
	{ "refund", "refund", st_refund_end },
	{ "available", "balance_transaction", make_available },
	{ "expire", "checkout.session", st_session_lapse },
};

static void
run_job(struct st *st, const char *job, const char *subject)
{
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		if (strcmp(jobs[i].job, job) != 0)
			continue;
		struct doc *d = st_find(st, jobs[i].kind, subject);
		if (d != NULL)
			jobs[i].run(st, d);
	}
}

/* One job that is due; false where there is none. */
static bool
next_job(struct st *st)
{
	struct store *s = st->box->store;
	struct cursor *c = store_query(s, Q_JOB_NEXT, "i", st->box->now);

	if (!cursor_next(c))
		return false;
	int64_t seq = cursor_int(c, 0);
	const char *job = arena_strdup(st->arena, cursor_text(c, 1));
	const char *subject = arena_strdup(st->arena, cursor_text(c, 2));
	cursor_end(c);
	store_begin(s);
	/* A reset may have come between. */
	if (store_run(s, Q_JOB_REMOVE, "i", seq) == 1)
		run_job(st, job, subject);
	return store_commit(s);
}

/* Events can be listed by whether they arrived. */
static void
delivered(struct box *box, const char *event)
{
	struct st st = { .box = box, .arena = box->arena };
	struct doc *e = st_find(&st, "event", event);

	if (e == NULL)
		return;
	doc_set_int(e, "pending_webhooks", 0);
	doc_set_bool(e, "_delivered", true);
	st_put(&st, e);
}

void
st_tick(struct box *box)
{
	const struct form none = { NULL, 0 };
	struct st st = { .box = box, .arena = box->arena, .form = &none };

	for (int i = 0; i < SENT_AT_ONCE; i++) {
		while (next_job(&st))
			continue;
		if (!hook_send(box, &st_hook, delivered))
			break;
	}
	store_failed(box->store);
}
