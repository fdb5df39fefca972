/* SPDX-License-Identifier: ISC */
/* sender-clerk.c - one transaction after the other. */
#include "sender-clerk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "proof.h"
#include "retry-after.h"
#include "sender-claim.h"
#include "sender-record.h"
#include "sender.h"
#include "shared.h"
#include "webhook.h"

enum {
	TROUBLE_PAUSE_MS = 500,	/* before the database is asked again */
	CLOCK_LOST_MS = 1000,	/* so much is no correction any more */
	BATCH = 64,		/* results, or those of */
	BATCH_MS = 5,		/* so many milliseconds */
	TARGETS_MS = 10,	/* so long who has much due is known */
	TICK_MS = 1000		/* between two ticks at the most */
};

struct sender_clerk {
	const struct setup	*setup;
	const char		*owner;
	struct sender_desk	*desk;
	struct sender_calls	 calls;
	pthread_t		 thread;
	struct conn		*reader;
	struct arena		*arena;		/* of one round */
	struct sender_attempt	*attempts;
	size_t			 size;
	struct sender_list	 free;
	struct sender_list	 ended, unsent;	/* to be written this round */
	struct sender_list	 ready, failed;	/* what it has claimed */
	struct sender_claim	 claim;
	bool			 plenty;	/* the last one got all it
						   asked for */
	int64_t			 read_at;	/* clock_monotonic */
	int64_t			 rest_until;	/* clock_monotonic */
	bool			 started;	/* it has looked before */
	int64_t			 ahead;		/* by so much clock_now was of
						   clock_monotonic */
};

/* Says what a reading statement met; false where all was well. */
static bool
reader_failed(struct conn *c)
{
	if (conn_failed(c) == NULL)
		return false;
	log_warn("database: %s", conn_failed(c));
	conn_forgive(c);
	return true;
}

static const struct fault *
mend(struct conn *c, void *arg)
{
	const int64_t *due = arg;
	int64_t now = clock_now();

	conn_run(c, SQL_DELIVERIES_MEND, "ii", *due, sender_clock_far(now));
	conn_run(c, SQL_ENDPOINTS_MEND, "ii", now, now * 1000);
	return NULL;
}

/*
 * Deliveries that were put off at a time which is still to come would wait
 * for it: the clock was set back since. Looked for at the start, and when
 * the clock has lost time against the one that only grows.
 */
static void
mend_times(struct sender_clerk *k, int64_t due)
{
	int64_t now = clock_now(), ahead = now - clock_monotonic();
	bool lost = !k->started || ahead < k->ahead - CLOCK_LOST_MS;

	k->ahead = ahead;
	k->started = true;
	if (!lost)
		return;
	struct rows *r = conn_rows(k->reader, SQL_TIMES_AHEAD, "ii",
	    sender_clock_far(now), sender_clock_far(now +
	    RETRY_AFTER_MAX_MS));
	bool found = row_next(r);
	row_done(r);
	if (!reader_failed(k->reader) && found)
		db_txn(k->setup->db, mend, &due);
}

/* Has a lease of our own ended? */
static bool
any_lapsed(const struct sender_clerk *k)
{
	for (size_t i = 0; i < k->size; i++)
		if (k->attempts[i].lease_until <= k->claim.due)
			return true;
	return false;
}

/*
 * Is this delivery in hand here already? So it is when the clock was moved
 * past the end of a lease of our own: the claim has renewed that lease, and
 * nothing more is to do.
 */
static bool
in_hand(const struct sender_clerk *k, const char *delivery)
{
	for (size_t i = 0; i < k->size; i++)
		if (k->attempts[i].lease_until <= k->claim.due &&
		    strcmp(k->attempts[i].delivery, delivery) == 0)
			return true;
	return false;
}

static void
fill(struct sender_clerk *k, struct sender_attempt *a,
    const struct sender_claimed *d)
{
	const struct sender_target *t = d->target;

	sender_attempt_reset(a);
	snprintf(a->delivery, sizeof(a->delivery), "%s", d->id);
	snprintf(a->endpoint, sizeof(a->endpoint), "%s", t->id);
	snprintf(a->event, sizeof(a->event), "%s", d->event_id);
	snprintf(a->tx, sizeof(a->tx), "%s", d->tx != NULL ? d->tx : "");
	a->lease_until = k->claim.lease_until;
	a->used = d->used;
	a->number = d->number;
	a->next_attempt_at = d->next_attempt_at;
	a->probe = d->probe;
	a->proof = d->type != NULL && strcmp(d->type, PROOF_EVENT) == 0;
	a->ordered = t->ordered;
	schedule_read(t->pauses, &a->schedule);
	a->receiver = t->receiver;
	buf_add(&a->body, d->body.p, d->body.n);
}

/* Fills an attempt and signs it; false where it cannot be sent. */
static bool
make_ready(struct sender_clerk *k, struct sender_attempt *a,
    const struct sender_claimed *d)
{
	struct webhook_header signatures[WEBHOOK_SIGN_HEADERS];
	const struct sender_target *t = d->target;

	fill(k, a, d);
	if (d->type == NULL) {
		sender_attempt_fail(a, "the event of this delivery is gone");
		return false;
	}
	if (a->body.failed) {
		sender_attempt_fail(a, "the event is too long to be sent");
		return false;
	}
	if (t->signer->secrets == 0) {
		sender_attempt_fail(a, "the secret of this endpoint does not "
		    "open with the master key");
		return false;
	}
	webhook_sign(t->signer, d->event_id, k->claim.now, d->body, k->arena,
	    signatures);
	sender_attempt_prepare(a, t->url, signatures);
	return a->state == SENDER_READY;
}

static void
set_free(struct sender_clerk *k, struct sender_list *list)
{
	struct sender_attempt *a;

	while ((a = sender_list_take(list)) != NULL) {
		a->lease_until = INT64_MAX;	/* it has none */
		sender_list_add(&k->free, a);
	}
}

/* Undoes what a transaction did that failed. */
static void
forget_claimed(struct sender_clerk *k)
{
	set_free(k, &k->ready);
	set_free(k, &k->failed);
}

static void
make_all_ready(struct sender_clerk *k)
{
	bool lapsed = any_lapsed(k);

	for (const struct sender_claimed *d = k->claim.list; d != NULL;
	    d = d->next) {
		if (lapsed && in_hand(k, d->id))
			continue;
		struct sender_attempt *a = sender_list_take(&k->free);
		sender_list_add(make_ready(k, a, d) ? &k->ready : &k->failed,
		    a);
	}
	sender_claim_wipe(&k->claim);
}

static const struct fault *
make_round(struct conn *c, void *arg)
{
	struct sender_clerk *k = arg;

	forget_claimed(k);
	sender_record(c, &k->setup->conf, k->owner, &k->ended);
	for (const struct sender_attempt *a = k->unsent.first; a != NULL;
	    a = a->next)
		conn_run(c, SQL_DELIVERY_GIVE_BACK, "tt", a->delivery,
		    k->owner);
	sender_claim_take(c, &k->claim);
	make_all_ready(k);
	return NULL;
}

/* Are there as many results as a commit should hold, or do they wait long? */
static bool
is_batch(const struct sender_desk *desk)
{
	size_t n = desk->ended.n + desk->unsent.n;

	return n >= BATCH || (n > 0 && clock_monotonic() >=
	    desk->waiting_since + BATCH_MS);
}

/* Is there something to look for, and the sender about to run dry? */
static bool
is_urgent(const struct sender_desk *desk)
{
	return desk->seeking && !desk->stuck && desk->most > 0 &&
	    desk->ready.n <= desk->under_way / 4;
}

void
sender_desk_nudge(struct sender_desk *desk)
{
	size_t n = desk->ended.n + desk->unsent.n;

	if (is_urgent(desk) || n >= BATCH || (n > 0 && !desk->timed))
		pthread_cond_signal(&desk->work);
}

/* Takes what lies on the desk. */
static void
take_from_desk(struct sender_clerk *k)
{
	sender_list_join(&k->ended, &k->desk->ended);
	sender_list_join(&k->unsent, &k->desk->unsent);
	for (struct sender_attempt *a = k->ended.first; a != NULL; a = a->next)
		a->receiver->bad -= a->bad;
}

/* Finds out who has something due; false: the database refuses. */
static bool
read_targets(struct sender_clerk *k)
{
	int64_t now = clock_monotonic();

	if (k->plenty && now - k->read_at < TARGETS_MS)
		return true;
	k->read_at = now;
	pthread_mutex_unlock(&k->desk->lock);
	mend_times(k, k->claim.due);
	bool good = sender_claim_read(&k->claim, k->reader);
	pthread_mutex_lock(&k->desk->lock);
	return good;
}

/*
 * Chooses what the round claims, where something is sought; called and
 * returns with the lock.
 */
static void
choose(struct sender_clerk *k)
{
	struct sender_desk *desk = k->desk;

	k->claim.due = desk->due;
	k->claim.most = desk->most < k->free.n ? desk->most : k->free.n;
	if (!desk->seeking || k->claim.most == 0)
		return;
	desk->seeking = desk->stuck = false;
	if (!read_targets(k)) {
		desk->failed = desk->seeking = true;
		k->rest_until = clock_monotonic() + TROUBLE_PAUSE_MS;
		return;
	}
	sender_claim_share(&k->claim);
	/* There may be more than this round takes, or can take. */
	if (k->claim.n > 0)
		desk->seeking = true;
	desk->stuck = k->claim.n > 0 && k->claim.dealt == 0;
}

/* Puts on the desk what a round that was committed has brought. */
static void
put_on_desk(struct sender_clerk *k)
{
	struct sender_desk *desk = k->desk;
	struct sender_attempt *a;

	size_t n = k->ready.n + k->failed.n;
	k->plenty = n > 0 && n == k->claim.dealt;
	desk->most -= n < desk->most ? n : desk->most;
	/* Limits, or other senders, that the choice knew nothing of. */
	if (k->claim.dealt > 0 && n == 0 && !k->claim.again)
		desk->stuck = true;
	/* Results free what the choice, made before, knew to be taken. */
	if (k->ended.n > 0) {
		desk->stuck = false;
		desk->seeking = true;
	}
	set_free(k, &k->ended);
	set_free(k, &k->unsent);
	while ((a = sender_list_take(&k->ready)) != NULL) {
		/* What failed meanwhile may have put its endpoint on hold. */
		if (a->receiver->bad > 0) {
			sender_list_add(&desk->unsent, a);
			continue;
		}
		sender_places_claim(a->receiver);
		sender_list_add(&desk->ready, a);
	}
	sender_list_join(&desk->ended, &k->failed);
}

/* The database has refused: everything is still to do. */
static void
put_back(struct sender_clerk *k)
{
	struct sender_desk *desk = k->desk;

	forget_claimed(k);
	k->plenty = false;
	for (struct sender_attempt *a = k->ended.first; a != NULL; a = a->next)
		a->receiver->bad += a->bad;
	sender_list_join(&desk->ended, &k->ended);
	sender_list_join(&desk->unsent, &k->unsent);
	if (k->claim.dealt > 0)
		desk->failed = true;
	k->rest_until = clock_monotonic() + TROUBLE_PAUSE_MS;
}

/* One transaction, if there is something to do; with the lock. */
static void
do_round(struct sender_clerk *k)
{
	struct sender_desk *desk = k->desk;

	desk->at_work = true;
	sender_claim_begin(&k->claim);
	arena_reset(k->arena);
	choose(k);
	if (k->claim.dealt > 0 || is_batch(desk))
		take_from_desk(k);
	if (k->ended.n > 0 || k->unsent.n > 0 || k->claim.dealt > 0) {
		pthread_mutex_unlock(&desk->lock);
		bool good = db_txn(k->setup->db, make_round, k) == NULL;
		pthread_mutex_lock(&desk->lock);
		if (good)
			put_on_desk(k);
		else
			put_back(k);
	}
	desk->in_hand = k->size - k->free.n;
	desk->at_work = false;
	pthread_mutex_unlock(&desk->lock);
	k->calls.wake(k->calls.wake_arg);
	pthread_mutex_lock(&desk->lock);
}

/* When there is work at the latest, as it looks now; with the lock. */
static int64_t
next_work(const struct sender_clerk *k)
{
	const struct sender_desk *desk = k->desk;
	int64_t at = INT64_MAX;

	if ((is_urgent(desk) && k->free.n > 0) || is_batch(desk))
		at = 0;
	else if (desk->ended.n + desk->unsent.n > 0)
		at = desk->waiting_since + BATCH_MS;
	return at > k->rest_until ? at : k->rest_until;
}

/* Waits for a moment (clock_monotonic), or for a signal; with the lock. */
static void
wait_until(struct sender_clerk *k, int64_t at)
{
	int64_t tick = clock_monotonic() + TICK_MS;

	k->desk->timed = at < tick;
	if (at > tick)
		at = tick;
	const struct timespec until = { .tv_sec = at / 1000,
	    .tv_nsec = at % 1000 * 1000000 };
	pthread_cond_clockwait(&k->desk->work, &k->desk->lock,
	    CLOCK_MONOTONIC, &until);
}

static void
tick(struct sender_clerk *k)
{
	pthread_mutex_unlock(&k->desk->lock);
	k->calls.tick(k->calls.tick_arg);
	pthread_mutex_lock(&k->desk->lock);
}

static void *
work(void *arg)
{
	struct sender_clerk *k = arg;
	struct sender_desk *desk = k->desk;

	pthread_mutex_lock(&desk->lock);
	while (!desk->closing) {
		int64_t at = next_work(k);
		if (at <= clock_monotonic())
			do_round(k);
		else
			wait_until(k, at);
		tick(k);
	}
	pthread_mutex_unlock(&desk->lock);
	return NULL;
}

/* As many may wait to be recorded as are ahead. */
static void
make_attempts(struct sender_clerk *k)
{
	k->size = k->desk->places.total + 2 * k->desk->places.ahead;
	k->attempts = sender_grab(k->size, sizeof(*k->attempts));
	sender_list_init(&k->free);
	sender_list_init(&k->ended);
	sender_list_init(&k->unsent);
	sender_list_init(&k->ready);
	sender_list_init(&k->failed);
	for (size_t i = 0; i < k->size; i++) {
		sender_attempt_init(&k->attempts[i], &k->setup->conf);
		k->attempts[i].lease_until = INT64_MAX;
		sender_list_add(&k->free, &k->attempts[i]);
	}
}

struct sender_clerk *
sender_clerk_new(const struct setup *setup, const char *owner,
    struct sender_desk *desk, const struct sender_calls *calls)
{
	struct sender_clerk *k = sender_grab(1, sizeof(*k));
	char why[CONF_PATH_MAX + 128];
	sigset_t all, old;

	k->setup = setup;
	k->owner = owner;
	k->desk = desk;
	k->calls = *calls;
	k->arena = arena_new();
	make_attempts(k);
	k->claim = (struct sender_claim){ .setup = setup, .owner = owner,
	    .arena = k->arena, .kept = arena_new(),
	    .places = &desk->places };
	k->reader = db_reader(setup->db, why, sizeof(why));
	if (k->reader == NULL) {
		fprintf(stderr, "deliver: %s\n", why);
		abort();
	}
	/* Signals are for the thread that waits. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	if (pthread_create(&k->thread, NULL, work, k) != 0)
		sig_die("pthread_create");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return k;
}

void
sender_clerk_end(struct sender_clerk *k)
{
	pthread_mutex_lock(&k->desk->lock);
	k->desk->closing = true;
	pthread_cond_signal(&k->desk->work);
	pthread_mutex_unlock(&k->desk->lock);
	pthread_join(k->thread, NULL);
}

void
sender_clerk_free(struct sender_clerk *k)
{
	for (size_t i = 0; i < k->size; i++)
		sender_attempt_free(&k->attempts[i]);
	conn_close(k->reader);
	arena_free(k->arena);
	arena_free(k->claim.kept);
	free(k->attempts);
	free(k);
}
