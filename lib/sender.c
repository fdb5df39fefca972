/* SPDX-License-Identifier: ISC */
/* sender.c - moving attempts on. */
#include "sender.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "sender-clerk.h"
#include "shared.h"

enum {
	READY_MS = 2000,	/* so long one may wait that is signed */
	AHEAD = 3,		/* times the places, claimed ahead of them */
	CONNECTIONS = 4		/* times the places, kept open: a receiver that
				   waits for its turn should find its own */
};

struct sender {
	const struct setup	*setup;
	const char		*owner;
	CURLM			*multi;
	struct resolver		*names;
	struct sender_clerk	*clerk;
	struct sender_desk	 desk;
	struct sender_attempt	**under_way;	/* room for all places */
	size_t			 n;
	CURL			**easy;		/* one a place; n are in use */
	int64_t			 late_noted;	/* clock_monotonic */
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

/* For other threads: somebody waits for nothing any more. */
static void
wake(void *multi)
{
	curl_multi_wakeup(multi);
}

static void
init_desk(struct sender_desk *desk, const struct conf *conf)
{
	pthread_mutex_init(&desk->lock, NULL);
	pthread_cond_init(&desk->work, NULL);
	sender_places_init(&desk->places, conf->webhook_parallel,
	    conf->webhook_parallel_endpoint, conf->webhook_timeout_ms);
	desk->places.ahead = AHEAD * desk->places.total;
	sender_list_init(&desk->ready);
	sender_list_init(&desk->ended);
	sender_list_init(&desk->unsent);
}

struct sender *
sender_new(const struct setup *setup, const char *owner, size_t most,
    void (*tick)(void *), void *arg)
{
	struct sender *s = sender_grab(1, sizeof(*s));
	size_t places = (size_t)setup->conf.webhook_parallel;

	s->setup = setup;
	s->owner = owner;
	s->under_way = sender_grab(places, sizeof(struct sender_attempt *));
	s->easy = sender_grab(places, sizeof(CURL *));
	init_desk(&s->desk, &setup->conf);
	s->desk.most = most;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (s->multi = curl_multi_init()) == NULL)
		sig_die("curl_multi_init");
	curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS,
	    (long)(CONNECTIONS * places));
	for (size_t i = 0; i < places; i++)
		s->easy[i] = sender_attempt_easy();
	s->names = resolver_new(resolver_system, wake, s->multi);
	s->clerk = sender_clerk_new(setup, owner, &s->desk,
	    &(struct sender_calls){ wake, s->multi, tick, arg });
	return s;
}

size_t
sender_end(struct sender *s)
{
	sender_clerk_end(s->clerk);
	return s->desk.in_hand;
}

void
sender_free(struct sender *s)
{
	for (size_t i = 0; i < s->n; i++)
		curl_multi_remove_handle(s->multi, s->under_way[i]->easy);
	resolver_free(s->names);
	sender_clerk_free(s->clerk);
	for (size_t i = 0; i < s->desk.places.total; i++)
		curl_easy_cleanup(s->easy[i]);
	curl_multi_cleanup(s->multi);
	curl_global_cleanup();
	sender_places_free(&s->desk.places);
	pthread_cond_destroy(&s->desk.work);
	pthread_mutex_destroy(&s->desk.lock);
	free(s->under_way);
	free(s->easy);
	free(s);
}

int64_t
sender_next_late(const struct sender *s)
{
	int64_t next = INT64_MAX;

	/* After the last look for such: none is missed in between. */
	for (size_t i = 0; i < s->n; i++) {
		int64_t late = s->under_way[i]->started +
		    s->desk.places.slow_ms;
		if (late > s->late_noted && late < next)
			next = late;
	}
	return next;
}

/* Notes whose attempts take long already. */
static void
note_late(struct sender *s)
{
	s->late_noted = clock_monotonic();
	sender_places_forget_late(&s->desk.places);
	for (size_t i = 0; i < s->n; i++)
		sender_places_running(&s->desk.places,
		    s->under_way[i]->receiver,
		    s->late_noted - s->under_way[i]->started);
}

void
sender_seek(struct sender *s, int64_t due)
{
	struct sender_desk *desk = &s->desk;

	pthread_mutex_lock(&desk->lock);
	note_late(s);
	desk->due = due;
	desk->seeking = true;
	desk->stuck = false;
	sender_desk_nudge(desk);
	pthread_mutex_unlock(&desk->lock);
}

void
sender_stop(struct sender *s)
{
	pthread_mutex_lock(&s->desk.lock);
	s->desk.most = 0;
	pthread_mutex_unlock(&s->desk.lock);
}

struct sender_progress
sender_progress(struct sender *s)
{
	struct sender_desk *desk = &s->desk;

	pthread_mutex_lock(&desk->lock);
	/* With nothing in hand, nothing will make room. */
	bool seeking = desk->seeking && desk->most > 0 &&
	    !(desk->stuck && desk->in_hand == 0);
	struct sender_progress progress = { .busy = desk->in_hand,
	    .seeking = seeking || desk->at_work, .failed = desk->failed,
	    .left = desk->most };
	desk->failed = false;
	pthread_mutex_unlock(&desk->lock);
	return progress;
}

int64_t
sender_next_due(struct sender *s, int64_t now)
{
	struct conn *c = s->setup->conn;
	struct rows *r = conn_rows(c, SQL_DELIVERY_NEXT_DUE, "i", now);
	int64_t next = INT64_MAX;

	if (row_next(r) && !row_null(r, 0))
		next = row_int(r, 0);
	row_done(r);
	if (conn_failed(c) != NULL) {
		log_warn("database: %s", conn_failed(c));
		conn_forgive(c);
	}
	return next;
}

/* Frees a place; what came of the attempt matters to what is ready. */
static void
give_back(struct sender_desk *desk, struct sender_attempt *a)
{
	struct sender_receiver *r = a->receiver;

	a->bad = !sender_attempt_good(a) || a->cut;
	sender_places_give_back(&desk->places, r, a->duration_ms, !a->bad);
	if (a->bad) {
		r->failed_at = clock_monotonic();
		r->bad++;
	}
}

/* Hands over what has ended, or is not sent. */
static void
hand_over(struct sender *s, struct sender_list *ended,
    struct sender_list *unsent)
{
	struct sender_desk *desk = &s->desk;

	if (ended->n + unsent->n == 0)
		return;
	pthread_mutex_lock(&desk->lock);
	for (struct sender_attempt *a = ended->first; a != NULL; a = a->next)
		give_back(desk, a);
	for (struct sender_attempt *a = unsent->first; a != NULL; a = a->next)
		sender_places_drop(a->receiver);
	if (unsent->n > 0)
		desk->seeking = true;
	if (desk->ended.n + desk->unsent.n == 0)
		desk->waiting_since = clock_monotonic();
	desk->under_way -= ended->n;
	desk->stuck = false;
	sender_list_join(&desk->ended, ended);
	sender_list_join(&desk->unsent, unsent);
	sender_desk_nudge(desk);
	pthread_mutex_unlock(&desk->lock);
}

/*
 * Has it waited for too long, or has an attempt failed since it was claimed?
 * Then the next claim decides whether its endpoint may be sent anything.
 */
static bool
is_stale(const struct sender_attempt *a, int64_t now)
{
	return now - a->ready_at > READY_MS ||
	    a->ready_at <= a->receiver->failed_at;
}

/* Chooses what is sent now, and what is given back. */
static void
choose_ready(struct sender *s, struct sender_list *chosen,
    struct sender_list *unsent)
{
	struct sender_room room = sender_places_room(&s->desk.places);
	struct sender_list waiting;
	struct sender_attempt *a;
	int64_t now = clock_monotonic();

	sender_list_init(&waiting);
	while ((a = sender_list_take(&s->desk.ready)) != NULL) {
		if (is_stale(a, now))
			sender_list_add(unsent, a);
		else if (sender_places_take(&s->desk.places, &room,
		    a->receiver))
			sender_list_add(chosen, a);
		else
			sender_list_add(&waiting, a);
	}
	sender_list_join(&s->desk.ready, &waiting);
	s->desk.under_way += chosen->n;
	sender_desk_nudge(&s->desk);
}

/* Sends what is ready as far as there are places. */
static void
start_ready(struct sender *s)
{
	struct sender_list chosen, ended, unsent;
	struct sender_attempt *a;

	sender_list_init(&chosen);
	sender_list_init(&ended);
	sender_list_init(&unsent);
	pthread_mutex_lock(&s->desk.lock);
	if (s->desk.ready.n > 0)
		choose_ready(s, &chosen, &unsent);
	pthread_mutex_unlock(&s->desk.lock);
	while ((a = sender_list_take(&chosen)) != NULL) {
		s->under_way[s->n] = a;
		sender_attempt_start(a, s->easy[s->n++], s->multi, s->names);
	}
	hand_over(s, &ended, &unsent);
}

/* Looks for attempts that have ended; were there any? */
static bool
take_ended(struct sender *s)
{
	struct sender_list ended, unsent;

	sender_list_init(&ended);
	sender_list_init(&unsent);
	while (sender_attempt_next_ended(s->multi) != NULL)
		continue;
	for (size_t i = 0; i < s->n; ) {
		struct sender_attempt *a = s->under_way[i];
		if (a->state == SENDER_ENDED) {
			s->under_way[i] = s->under_way[--s->n];
			s->easy[i] = s->easy[s->n];
			s->easy[s->n] = a->easy;
			sender_list_add(&ended, a);
		} else {
			i++;
		}
	}
	bool any = ended.n > 0;
	hand_over(s, &ended, &unsent);
	return any;
}

void
sender_work(struct sender *s, int64_t wait_ms)
{
	int running;

	start_ready(s);
	sender_attempt_resume(s->names);
	curl_multi_perform(s->multi, &running);
	/* The end of an attempt wakes nobody who begins to wait after it. */
	if (!take_ended(s))
		curl_multi_poll(s->multi, NULL, 0, (int)wait_ms, NULL);
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
