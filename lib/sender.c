/* SPDX-License-Identifier: ISC */
/* sender.c - claiming deliveries and moving their attempts on. */
#include "sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "proof.h"
#include "retry-after.h"
#include "sender-attempt.h"
#include "sender-claim.h"
#include "sender-record.h"
#include "shared.h"

enum {
	TROUBLE_PAUSE_MS = 500,	/* before the database is asked again */
	CLOCK_LOST_MS = 1000	/* so much is no correction any more */
};

struct sender {
	const struct setup	*setup;
	const char		*owner;
	CURLM			*multi;
	struct resolver		*names;
	struct arena		*arena;		/* of one claim */
	struct sender_places	 places;
	struct sender_attempt	*attempts;	/* as many as places */
	struct sender_attempt	**ended;	/* room for all of them */
	size_t			 size;
	int64_t			 record_after;	/* clock_monotonic */
	int64_t			 late_noted;	/* clock_monotonic */
	int64_t			 ahead;		/* clock_now of clock_monotonic */
	bool			 started;	/* something was claimed before */
	bool			 again;		/* more is due, look at once */
};

int64_t
sender_lease_until(const struct conf *conf, int64_t now)
{
	return now + conf->webhook_timeout_ms + SENDER_LEASE_MARGIN_MS;
}

int64_t
sender_clock_far(int64_t now)
{
	return now + SENDER_CLOCK_SLACK_MS;
}

int64_t
sender_lease_far(const struct conf *conf, int64_t now)
{
	return sender_lease_until(conf, now) + SENDER_CLOCK_SLACK_MS;
}

static void *
grab(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL) {
		fprintf(stderr, "deliver: out of memory\n");
		abort();
	}
	return p;
}

/* For the resolver's threads: somebody waits for nothing any more. */
static void
wake(void *multi)
{
	curl_multi_wakeup(multi);
}

struct sender *
sender_new(const struct setup *setup, const char *owner)
{
	const struct conf *conf = &setup->conf;
	struct sender *s = grab(1, sizeof(*s));

	s->setup = setup;
	s->owner = owner;
	s->arena = arena_new();
	s->size = (size_t)conf->webhook_parallel;
	s->attempts = grab(s->size, sizeof(*s->attempts));
	s->ended = grab(s->size, sizeof(struct sender_attempt *));
	sender_places_init(&s->places, conf->webhook_parallel,
	    conf->webhook_parallel_endpoint, conf->webhook_timeout_ms);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (s->multi = curl_multi_init()) == NULL)
		sig_die("curl_multi_init");
	curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, (long)s->size);
	s->names = resolver_new(resolver_system, wake, s->multi);
	for (size_t i = 0; i < s->size; i++)
		sender_attempt_init(&s->attempts[i]);
	return s;
}

void
sender_free(struct sender *s)
{
	for (size_t i = 0; i < s->size; i++) {
		if (s->attempts[i].state == SENDER_UNDER_WAY)
			curl_multi_remove_handle(s->multi,
			    s->attempts[i].easy);
		sender_attempt_free(&s->attempts[i]);
	}
	resolver_free(s->names);
	curl_multi_cleanup(s->multi);
	curl_global_cleanup();
	sender_places_free(&s->places);
	arena_free(s->arena);
	free(s->attempts);
	free(s->ended);
	free(s);
}

size_t
sender_busy(const struct sender *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->size; i++)
		n += s->attempts[i].state != SENDER_FREE;
	return n;
}

int64_t
sender_next_late(const struct sender *s)
{
	int64_t next = INT64_MAX;

	/* After the last look for such: none is missed in between. */
	for (size_t i = 0; i < s->size; i++) {
		const struct sender_attempt *a = &s->attempts[i];
		int64_t late = a->started + s->places.slow_ms;
		if (a->state == SENDER_UNDER_WAY && late > s->late_noted &&
		    late < next)
			next = late;
	}
	return next;
}

/* Notes whose attempts take long already. */
static void
note_late(struct sender *s)
{
	s->late_noted = clock_monotonic();
	sender_places_forget_late(&s->places);
	for (size_t i = 0; i < s->size; i++) {
		const struct sender_attempt *a = &s->attempts[i];
		if (a->state == SENDER_UNDER_WAY)
			sender_places_running(&s->places, a->receiver,
			    s->late_noted - a->started);
	}
}

/* Says what a reading statement met; false where all was well. */
static bool
reader_failed(struct sender *s)
{
	struct conn *c = s->setup->conn;

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
mend_times(struct sender *s, int64_t due)
{
	int64_t now = clock_now(), ahead = now - clock_monotonic();
	bool lost = !s->started || ahead < s->ahead - CLOCK_LOST_MS;

	s->ahead = ahead;
	s->started = true;
	if (!lost)
		return;
	struct rows *r = conn_rows(s->setup->conn, SQL_TIMES_AHEAD, "ii",
	    sender_clock_far(now), sender_clock_far(now +
	    RETRY_AFTER_MAX_MS));
	bool found = row_next(r);
	row_done(r);
	if (!reader_failed(s) && found)
		db_txn(s->setup->db, mend, &due);
}

/*
 * A free attempt for this delivery. NULL where it is under way here already:
 * when the clock was moved past the end of a lease of our own, the claim
 * has renewed that lease and nothing more is to do.
 */
static struct sender_attempt *
attempt_for(struct sender *s, const char *delivery)
{
	struct sender_attempt *found = NULL;

	for (size_t i = 0; i < s->size; i++) {
		struct sender_attempt *a = &s->attempts[i];
		if (a->state == SENDER_FREE)
			found = a;
		else if (strcmp(a->delivery, delivery) == 0)
			return NULL;
	}
	return found;
}

static void
start(struct sender *s, struct sender_attempt *a,
    const struct sender_claimed *d)
{
	struct webhook_header signatures[WEBHOOK_SIGN_HEADERS];
	const struct sender_target *t = d->target;

	if (t->signer->secrets == 0) {
		sender_attempt_fail(a, "the secret of this endpoint does not "
		    "open with the master key");
		return;
	}
	webhook_sign(t->signer, d->event_id, a->started_at, d->body,
	    s->arena, signatures);
	sender_attempt_start(a, s->multi, s->names, &s->setup->conf, t->url,
	    signatures);
}

static void
launch(struct sender *s, const struct sender_claimed *d)
{
	const struct sender_target *t = d->target;
	struct sender_attempt *a = attempt_for(s, d->id);

	if (a == NULL)
		return;
	sender_attempt_reset(a);
	snprintf(a->delivery, sizeof(a->delivery), "%s", d->id);
	snprintf(a->endpoint, sizeof(a->endpoint), "%s", t->id);
	snprintf(a->event, sizeof(a->event), "%s", d->event_id);
	a->used = d->used;
	a->number = d->number;
	a->next_attempt_at = d->next_attempt_at;
	a->probe = d->probe;
	a->ordered = t->ordered;
	schedule_read(t->pauses, &a->schedule);
	a->receiver = t->receiver;
	sender_places_take(a->receiver);
	if (d->type == NULL) {
		sender_attempt_fail(a, "the event of this delivery is gone");
		return;
	}
	a->proof = strcmp(d->type, PROOF_EVENT) == 0;
	if (d->tx != NULL)
		snprintf(a->tx, sizeof(a->tx), "%s", d->tx);
	buf_add(&a->body, d->body.p, d->body.n);
	if (a->body.failed)
		sender_attempt_fail(a, "the event is too long to be sent");
	else
		start(s, a, d);
}

int64_t
sender_claim(struct sender *s, int64_t due, size_t most)
{
	struct sender_claim claim = { .setup = s->setup, .owner = s->owner,
	    .arena = s->arena, .places = &s->places, .due = due,
	    .most = most };

	s->again = false;
	mend_times(s, due);
	note_late(s);
	if (sender_busy(s) == s->size || most == 0)
		return 0;
	arena_reset(s->arena);
	if (!sender_claim_take(&claim))
		return -1;
	for (const struct sender_claimed *d = claim.list; d != NULL;
	    d = d->next)
		launch(s, d);
	sender_claim_wipe(&claim);
	s->again = claim.again;
	return claim.count;
}

int64_t
sender_next_due(struct sender *s, int64_t now)
{
	struct rows *r = conn_rows(s->setup->conn, SQL_DELIVERY_NEXT_DUE, "i",
	    now);
	int64_t next = INT64_MAX;

	if (row_next(r) && !row_null(r, 0))
		next = row_int(r, 0);
	row_done(r);
	reader_failed(s);
	return s->again ? now : next;
}

/* Records what has ended and frees its places, all or nothing. */
static void
record(struct sender *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->size; i++)
		if (s->attempts[i].state == SENDER_ENDED)
			s->ended[n++] = &s->attempts[i];
	if (n == 0 || clock_monotonic() < s->record_after)
		return;
	if (sender_record(s->setup->db, &s->setup->conf, s->owner, s->ended,
	    n) != NULL) {
		s->record_after = clock_monotonic() + TROUBLE_PAUSE_MS;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct sender_attempt *a = s->ended[i];
		sender_places_give_back(&s->places, a->receiver,
		    a->duration_ms, sender_attempt_good(a) && !a->cut);
		a->state = SENDER_FREE;
	}
}

void
sender_work(struct sender *s, int64_t wait_ms)
{
	int running;

	sender_attempt_resume(s->names);
	curl_multi_perform(s->multi, &running);
	/* The end of an attempt wakes nobody who begins to wait after it. */
	if (sender_attempt_next_ended(s->multi) == NULL)
		curl_multi_poll(s->multi, NULL, 0, (int)wait_ms, NULL);
	curl_multi_perform(s->multi, &running);
	while (sender_attempt_next_ended(s->multi) != NULL)
		;
	record(s);
}

static const struct fault *
release_all(struct conn *c, void *arg)
{
	const struct sender *s = arg;

	conn_run(c, SQL_DELIVERY_RELEASE, "t", s->owner);
	return NULL;
}

void
sender_release(struct sender *s)
{
	db_txn(s->setup->db, release_all, s);
}
