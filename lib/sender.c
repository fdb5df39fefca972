/* SPDX-License-Identifier: ISC */
/* sender.c - claiming deliveries and moving their attempts on. */
#include "sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "sender-attempt.h"
#include "sender-places.h"
#include "sender-record.h"
#include "setup.h"
#include "shared.h"
#include "webhook.h"

enum {
	TROUBLE_PAUSE_MS = 500	/* before the database is asked again */
};

struct sender {
	const struct setup	*setup;
	const char		*owner;
	CURLM			*multi;
	struct arena		*arena;		/* of one claim */
	struct sender_places	 places;
	struct sender_attempt	*attempts;	/* as many as places */
	struct sender_attempt	**ended;	/* room for all of them */
	size_t			 size;
	int64_t			 record_after;	/* clock_monotonic */
	int64_t			 late_noted;	/* clock_monotonic */
};

/* An endpoint with something due. */
struct target {
	const char		*id, *url;
	struct slice		 sealed;	/* its secret */
	int64_t			 max_attempts;
	int64_t			 last_duration_ms;	/* -1: none */
	size_t			 share;		/* places it gets */
};

/* A delivery that is ours now. */
struct claimed {
	const struct target	*target;
	const char		*id, *event_id;
	int64_t			 attempts;
	const char		*tx;		/* NULL: its event is gone */
	struct slice		 body;
	struct claimed		*next;
};

struct claim {
	struct sender		*sender;
	const struct target	*targets;
	size_t			 n;
	int64_t			 due;
	int64_t			 due_far, lease_far;	/* see sender.h */
	struct claimed		*list;
	int64_t			 count;
};

int64_t
sender_lease_until(const struct conf *conf, int64_t now)
{
	return now + conf->webhook_timeout_ms + SENDER_LEASE_MARGIN_MS;
}

int64_t
sender_due_far(const struct conf *conf, int64_t now)
{
	int64_t longest = 0;

	for (size_t i = 0; i < conf->webhook_retry_count; i++)
		if (conf->webhook_retry_ms[i] > longest)
			longest = conf->webhook_retry_ms[i];
	return now + longest + longest / 10 + SENDER_CLOCK_SLACK_MS;
}

int64_t
sender_lease_far(const struct conf *conf, int64_t now)
{
	return sender_lease_until(conf, now) + SENDER_CLOCK_SLACK_MS;
}

int64_t
sender_pause(const struct conf *conf, int64_t number, uint32_t dice)
{
	size_t last = conf->webhook_retry_count - 1;
	int64_t pause = conf->webhook_retry_ms[number - 1 < (int64_t)last ?
	    (size_t)(number - 1) : last];

	return pause + (pause / 10) * (dice % 1024) / 1024;
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

static struct slice
copy_bytes(struct rows *r, int column, struct arena *arena)
{
	struct slice s = row_bytes(r, column);

	return (struct slice){ arena_strndup(arena, s.n > 0 ? s.p : "", s.n),
	    s.n };
}

/* The endpoints with something due, grown by doubling within the arena. */
static struct target *
read_targets(struct sender *s, const struct claim *claim, size_t *n)
{
	struct rows *r = conn_rows(s->setup->conn, SQL_ENDPOINTS_DUE, "iii",
	    claim->due, claim->due_far, claim->lease_far);
	struct target *targets = NULL, *grown;

	for (*n = 0; row_next(r); (*n)++) {
		if ((*n & (*n - 1)) == 0) {
			grown = arena_alloc(s->arena, (*n * 2 + 1) *
			    sizeof(*grown));
			if (*n > 0)
				memcpy(grown, targets, *n * sizeof(*grown));
			targets = grown;
		}
		targets[*n] = (struct target){
		    .id = row_text_copy(r, 0, s->arena),
		    .url = row_text_copy(r, 1, s->arena),
		    .sealed = copy_bytes(r, 2, s->arena),
		    .max_attempts = row_int(r, 3),
		    .last_duration_ms = row_null(r, 5) ? -1 : row_int(r, 5) };
	}
	row_done(r);
	return targets;
}

/* Deals out the free places; returns how many. */
static size_t
share_places(struct sender *s, struct target *targets, size_t n, size_t most)
{
	struct sender_receiver **due = arena_alloc(s->arena, (n + 1) *
	    sizeof(struct sender_receiver *));
	size_t *share = arena_alloc(s->arena, (n + 1) * sizeof(*share));

	for (size_t i = 0; i < n; i++) {
		due[i] = sender_places_receiver(&s->places, targets[i].id);
		sender_places_learn(&s->places, due[i],
		    targets[i].last_duration_ms);
	}
	size_t dealt = sender_places_share(&s->places, due, n, most, share);
	for (size_t i = 0; i < n; i++)
		targets[i].share = share[i];
	return dealt;
}

static void
read_event(struct conn *c, struct claimed *d, struct arena *arena)
{
	struct rows *r = conn_rows(c, SQL_DELIVERY_EVENT, "t", d->event_id);

	if (row_next(r)) {
		d->tx = row_text_copy(r, 2, arena);
		d->body = copy_bytes(r, 3, arena);
	}
	row_done(r);
}

/* Up to n of an endpoint's that are due after one moment and by another. */
static int64_t
claim_between(struct conn *c, struct claim *claim, const struct target *t,
    int64_t after, int64_t by, int64_t n)
{
	struct sender *s = claim->sender;
	struct rows *r = conn_rows(c, SQL_DELIVERY_CLAIM, "titiiiii",
	    s->owner, sender_lease_until(&s->setup->conf, clock_now()), t->id,
	    after, by, claim->due, claim->lease_far, n);
	int64_t count = 0;

	for (; row_next(r); count++) {
		struct claimed *d = arena_alloc(s->arena, sizeof(*d));
		d->target = t;
		d->id = row_text_copy(r, 0, s->arena);
		d->event_id = row_text_copy(r, 1, s->arena);
		d->attempts = row_int(r, 2);
		d->next = claim->list;
		claim->list = d;
	}
	row_done(r);
	claim->count += count;
	return count;
}

static void
claim_target(struct conn *c, struct claim *claim, const struct target *t)
{
	int64_t share = (int64_t)t->share;

	share -= claim_between(c, claim, t, -1, claim->due, share);
	if (share > 0)
		claim_between(c, claim, t, claim->due_far, INT64_MAX, share);
}

static const struct fault *
claim_all(struct conn *c, void *arg)
{
	struct claim *claim = arg;

	claim->list = NULL;
	claim->count = 0;
	for (size_t i = 0; i < claim->n; i++)
		if (claim->targets[i].share > 0)
			claim_target(c, claim, &claim->targets[i]);
	for (struct claimed *d = claim->list; d != NULL; d = d->next)
		read_event(c, d, claim->sender->arena);
	return NULL;
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
start(struct sender *s, struct sender_attempt *a, const struct claimed *d)
{
	const struct target *t = d->target;
	char signature[SHA256_HEX_SIZE];

	char *secret = webhook_secret(s->setup->vault, t->id, t->sealed,
	    s->arena);
	if (secret == NULL) {
		sender_attempt_fail(a, "the secret of this endpoint does not "
		    "open with the master key");
		return;
	}
	sig_hmac_hex(secret, strlen(secret), a->body.data, a->body.len,
	    signature);
	sig_wipe(secret, strlen(secret));
	sender_attempt_start(a, s->multi, &s->setup->conf, t->url, signature);
}

static void
launch(struct sender *s, const struct claimed *d)
{
	const struct target *t = d->target;
	struct sender_attempt *a = attempt_for(s, d->id);

	if (a == NULL)
		return;
	sender_attempt_reset(a);
	snprintf(a->delivery, sizeof(a->delivery), "%s", d->id);
	snprintf(a->endpoint, sizeof(a->endpoint), "%s", t->id);
	a->number = d->attempts + 1;
	a->max_attempts = t->max_attempts;
	a->receiver = sender_places_receiver(&s->places, t->id);
	sender_places_take(a->receiver);
	if (d->tx == NULL) {
		sender_attempt_fail(a, "the event of this delivery is gone");
		return;
	}
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
	const struct conf *conf = &s->setup->conf;
	int64_t now = clock_now();
	struct claim claim = { .sender = s, .due = due,
	    .due_far = sender_due_far(conf, now),
	    .lease_far = sender_lease_far(conf, now) };

	note_late(s);
	if (sender_busy(s) == s->size || most == 0)
		return 0;
	arena_reset(s->arena);
	struct target *targets = read_targets(s, &claim, &claim.n);
	if (reader_failed(s))
		return -1;
	claim.targets = targets;
	if (share_places(s, targets, claim.n, most) == 0)
		return 0;
	if (db_txn(s->setup->db, claim_all, &claim) != NULL)
		return -1;
	for (const struct claimed *d = claim.list; d != NULL; d = d->next)
		launch(s, d);
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
	return next;
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
		sender_places_give_back(&s->places, s->ended[i]->receiver,
		    s->ended[i]->duration_ms);
		s->ended[i]->state = SENDER_FREE;
	}
}

void
sender_work(struct sender *s, int64_t wait_ms)
{
	int running;

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
