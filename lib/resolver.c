/* SPDX-License-Identifier: ISC */
/* resolver.c - threads that ask, and what they were told. */
#include "resolver.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "sig.h"

enum { STACK_SIZE = 256 * 1024 };

/*
 * A name that is being asked for, or whose answer is kept. One list or the
 * memory has it, and every question about it; the last one frees it.
 */
struct lookup {
	char			 host[RESOLVER_HOST_MAX + 1];
	struct resolver_answer	 answer;	/* a thread's until done */
	bool			 done;		/* under the lock */
	bool			 known;		/* taken over after that */
	int64_t			 at;		/* when it was */
	size_t			 holders;
	struct lookup		*next;		/* in flight */
	struct lookup		*next_queued;
};

struct question {
	void		*asker;
	int64_t		 deadline;
	struct lookup	*lookup;
	struct question	*next;
};

struct resolver {
	void		 (*lookup)(const char *, struct resolver_answer *);
	void		 (*wake)(void *);
	void		 *arg;

	/* For the owner alone. */
	struct question	*questions, **questions_end;
	struct lookup	*kept[RESOLVER_KEPT_MAX];	/* by hash; or NULL */
	struct lookup	*last;		/* whose answer was given out */

	/* Under the lock. */
	pthread_mutex_t	 lock;
	struct lookup	*flight;	/* all that are not known yet */
	struct lookup	*queue, **queue_end;	/* of them without a thread */
	size_t		 threads;
	bool		 closed;
};

static const struct resolver_answer too_late = {
	.error = "no name server answered in time"
};

static void *
grab(size_t size)
{
	void *p = calloc(1, size);

	if (p == NULL)
		sig_die("memory");
	return p;
}

struct resolver *
resolver_new(void (*lookup)(const char *, struct resolver_answer *),
    void (*wake)(void *), void *arg)
{
	struct resolver *r = grab(sizeof(*r));

	r->lookup = lookup;
	r->wake = wake;
	r->arg = arg;
	r->questions_end = &r->questions;
	r->queue_end = &r->queue;
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

static void
let_go(struct lookup *l)
{
	if (l != NULL && --l->holders == 0)
		free(l);
}

static void
destroy(struct resolver *r)
{
	struct lookup *l;

	while ((l = r->flight) != NULL) {
		r->flight = l->next;
		let_go(l);
	}
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void
resolver_free(struct resolver *r)
{
	struct question *q;

	while ((q = r->questions) != NULL) {
		r->questions = q->next;
		free(q);
	}
	for (size_t i = 0; i < RESOLVER_KEPT_MAX; i++)
		let_go(r->kept[i]);
	let_go(r->last);
	pthread_mutex_lock(&r->lock);
	/* Questions are gone: the list alone holds what is in flight. */
	for (struct lookup *l = r->flight; l != NULL; l = l->next)
		l->holders = 1;
	r->closed = true;
	r->queue = NULL;
	bool last = r->threads == 0;
	pthread_mutex_unlock(&r->lock);
	if (last)
		destroy(r);
}

/* Why there is no address, for whoever owns the name. */
static const char *
explain(int code)
{
	switch (code) {
	case EAI_NONAME:
	case EAI_NODATA:
		return "the host name has no address";
	case EAI_AGAIN:
		return "no name server answered";
	default:
		return gai_strerror(code);
	}
}

void
resolver_system(const char *host, struct resolver_answer *out)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int code = getaddrinfo(host, NULL, &hints, &list);

	if (code != 0) {
		out->error = explain(code);
		return;
	}
	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
		if (out->n == RESOLVER_ADDRESSES_MAX) {
			out->error = "the host name has too many addresses";
			break;
		}
		if (!address_of_sockaddr(ai->ai_addr,
		    &out->addresses[out->n])) {
			out->error = "the host name has an address that is "
			    "not IP";
			break;
		}
		out->n++;
	}
	freeaddrinfo(list);
}

static struct lookup *
take_queued(struct resolver *r)
{
	struct lookup *l = r->queue;

	if (l != NULL) {
		r->queue = l->next_queued;
		if (r->queue == NULL)
			r->queue_end = &r->queue;
	}
	return l;
}

/* A thread: looks up what is queued, and ends when nothing is. */
static void *
work(void *arg)
{
	struct resolver *r = arg;
	struct lookup *l;

	pthread_mutex_lock(&r->lock);
	while ((l = take_queued(r)) != NULL) {
		pthread_mutex_unlock(&r->lock);
		r->lookup(l->host, &l->answer);
		pthread_mutex_lock(&r->lock);
		l->done = true;
		if (!r->closed)
			r->wake(r->arg);
	}
	bool last = --r->threads == 0 && r->closed;
	pthread_mutex_unlock(&r->lock);
	if (last)
		destroy(r);
	return NULL;
}

/* Starts a thread, which gets no signals; false where there can be none. */
static bool
start_thread(struct resolver *r)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool good = pthread_create(&thread, &attr, work, r) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return good;
}

static size_t
place(const char *host)
{
	uint32_t hash = 2166136261;

	for (; *host != '\0'; host++)
		hash = (hash ^ (uint8_t)*host) * 16777619;
	return hash % RESOLVER_KEPT_MAX;
}

/* Takes over what has been looked up meanwhile. */
static void
collect(struct resolver *r, int64_t now)
{
	struct lookup *done = NULL, *l;

	pthread_mutex_lock(&r->lock);
	for (struct lookup **at = &r->flight; (l = *at) != NULL; )
		if (l->done) {
			*at = l->next;
			l->next = done;
			done = l;
		} else {
			at = &l->next;
		}
	pthread_mutex_unlock(&r->lock);
	while ((l = done) != NULL) {
		done = l->next;
		l->known = true;
		l->at = now;
		if (l->answer.error == NULL && l->answer.n == 0)
			l->answer.error = "the host name has no address";
		if (l->answer.error != NULL) {
			let_go(l);
			continue;
		}
		let_go(r->kept[place(l->host)]);
		r->kept[place(l->host)] = l;
	}
}

/* Gives an answer out: it stays until another one is. */
static const struct resolver_answer *
hand_out(struct resolver *r, struct lookup *l)
{
	l->holders++;
	let_go(r->last);
	r->last = l;
	return &l->answer;
}

static struct lookup *
find_kept(struct resolver *r, const char *host, int64_t now)
{
	struct lookup *l = r->kept[place(host)];

	return l != NULL && strcmp(l->host, host) == 0 &&
	    now - l->at < RESOLVER_KEPT_MS ? l : NULL;
}

/* The look-up of this host that is in flight; puts one there. */
static struct lookup *
find_flying(struct resolver *r, const char *host)
{
	struct lookup *l;

	pthread_mutex_lock(&r->lock);
	for (l = r->flight; l != NULL; l = l->next)
		if (strcmp(l->host, host) == 0)
			break;
	if (l == NULL) {
		l = grab(sizeof(*l));
		snprintf(l->host, sizeof(l->host), "%s", host);
		l->holders = 1;
		l->next = r->flight;
		r->flight = l;
		*r->queue_end = l;
		r->queue_end = &l->next_queued;
		if (r->threads < RESOLVER_THREADS_MAX && start_thread(r))
			r->threads++;
		if (r->threads == 0) {
			take_queued(r);
			l->answer.error = "no name can be looked up: no "
			    "thread could be started";
			l->done = true;
		}
	}
	pthread_mutex_unlock(&r->lock);
	return l;
}

const struct resolver_answer *
resolver_ask(struct resolver *r, const char *host, int64_t now,
    int64_t deadline, void *asker)
{
	static const struct resolver_answer too_long = {
		.error = "the host name is too long" };
	struct lookup *l;

	if (strlen(host) > RESOLVER_HOST_MAX)
		return &too_long;
	if ((l = find_kept(r, host, now)) != NULL)
		return hand_out(r, l);
	collect(r, now);
	if ((l = find_kept(r, host, now)) != NULL)
		return hand_out(r, l);
	struct question *q = grab(sizeof(*q));
	q->asker = asker;
	q->deadline = deadline;
	q->lookup = find_flying(r, host);
	q->lookup->holders++;
	*r->questions_end = q;
	r->questions_end = &q->next;
	return NULL;
}

void *
resolver_next(struct resolver *r, int64_t now,
    const struct resolver_answer **answer)
{
	struct question *q;

	if (r->questions == NULL)
		return NULL;
	collect(r, now);
	for (struct question **at = &r->questions; (q = *at) != NULL;
	    at = &q->next) {
		if (!q->lookup->known && q->deadline > now)
			continue;
		void *asker = q->asker;
		*answer = q->lookup->known ? hand_out(r, q->lookup) :
		    &too_late;
		*at = q->next;
		if (q->next == NULL)
			r->questions_end = at;
		let_go(q->lookup);
		free(q);
		return asker;
	}
	return NULL;
}

void
resolver_forget(struct resolver *r, const char *host)
{
	size_t i = place(host);

	if (r->kept[i] != NULL && strcmp(r->kept[i]->host, host) == 0) {
		let_go(r->kept[i]);
		r->kept[i] = NULL;
	}
}
