/* SPDX-License-Identifier: ISC */
/*
 * test-race.c - many processes post the same request at the same moment.
 *
 * 64 workers, each with a connection of its own, meet at a barrier, post,
 * and leave what they were answered in shared memory. CLIVE_RACE_ROUNDS says
 * how often (20; fewer where the server is slow: mod_fcgid lets callers sleep
 * a whole second when all its processes are busy).
 */
#include "harness.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"

enum {
	WORKERS = 64,
	SECONDS_MAX = 55,	/* for all rounds of a case */
	PATH_SIZE = 64,
	TEXT_SIZE = 1024
};

struct result {
	int	 status;
	char	 body[TEXT_SIZE];
};

/* What the parent and its workers share. */
struct ring {
	pthread_barrier_t	 start, end;
	char			 path[PATH_SIZE];
	char			 key[TEXT_SIZE];
	char			 body[2][TEXT_SIZE];	/* of even, odd workers */
	bool			 over;
	struct result		 results[WORKERS];
};

static struct ring *ring;

static long
rounds(void)
{
	const char *text = getenv("CLIVE_RACE_ROUNDS");

	if (text != NULL)
		return strtol(text, NULL, 10);
	return strcmp(world.mode, "lighttpd") == 0 ? 20 :
	    strcmp(world.mode, "cgi") == 0 ? 10 : 3;
}

static _Noreturn void
work(int number)
{
	alarm(SECONDS_MAX);
	ask_anew();
	for (;;) {
		pthread_barrier_wait(&ring->start);
		if (ring->over)
			_exit(0);
		struct answer *a = ask_post(&world.partner, ring->path,
		    ring->key, ring->body[number % 2]);
		ring->results[number].status = a->status;
		snprintf(ring->results[number].body, TEXT_SIZE, "%s",
		    a->body);
		case_end(NULL);
		pthread_barrier_wait(&ring->end);
	}
}

static void
start_workers(void)
{
	pthread_barrierattr_t shared;

	ring = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE, MAP_SHARED |
	    MAP_ANONYMOUS, -1, 0);
	assert_true(ring != MAP_FAILED);
	pthread_barrierattr_init(&shared);
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&ring->start, &shared, WORKERS + 1);
	pthread_barrier_init(&ring->end, &shared, WORKERS + 1);
	for (int i = 0; i < WORKERS; i++) {
		pid_t pid = fork();
		assert_true(pid != -1);
		if (pid == 0)
			work(i);
	}
	/* A worker that dies would leave the others waiting for ever. */
	alarm(SECONDS_MAX);
}

static void
stop_workers(void)
{
	ring->over = true;
	pthread_barrier_wait(&ring->start);
	alarm(0);
	for (int i = 0; i < WORKERS; i++)
		wait(NULL);
	munmap(ring, sizeof(*ring));
}

static void
set(char *to, size_t size, const char *text)
{
	assert_true((size_t)snprintf(to, size, "%s", text) < size);
}

static void
run_round(const char *path, const char *key, const char *even,
    const char *odd)
{
	set(ring->path, sizeof(ring->path), path);
	set(ring->key, sizeof(ring->key), key);
	set(ring->body[0], TEXT_SIZE, even);
	set(ring->body[1], TEXT_SIZE, odd);
	pthread_barrier_wait(&ring->start);
	pthread_barrier_wait(&ring->end);
}

/* The one answer that is no replay; -1 where there is not exactly one. */
static int
first_of_round(int status)
{
	int first = -1;

	for (int i = 0; i < WORKERS; i++) {
		const struct result *r = &ring->results[i];
		if (r->status != status ||
		    strstr(r->body, "idempotentReplay") != NULL)
			continue;
		if (first != -1)
			return -1;
		first = i;
	}
	return first;
}

static bool
is_replay(const struct result *r, const struct result *first)
{
	return r->status == first->status && strcmp(r->body,
	    textf("%.*s,\"idempotentReplay\":true}",
	    (int)strlen(first->body) - 1, first->body)) == 0;
}

static bool
is_fault(const struct result *r, const struct fault *fault)
{
	return r->status == fault->status && strstr(r->body,
	    textf("\"code\":\"%s\"", fault->code)) != NULL;
}

static int64_t
payments(const char *reference)
{
	return db_int(textf("SELECT count(*) FROM tx WHERE echezona_reference "
	    "= '%s'", reference));
}

static void
opens_one_payment_however_many_ask_at_once(void **state)
{
	(void)state;
	start_workers();
	for (long n = 0; n < rounds(); n++) {
		const char *reference = textf("race-%ld", n);
		const char *body = initialize_body(reference);
		run_round(INITIALIZE, reference, body, body);
		int first = first_of_round(201);
		assert_true(first != -1);
		for (int i = 0; i < WORKERS; i++)
			if (i != first && !is_fault(&ring->results[i],
			    &FAULT_IDEMPOTENCY_IN_PROGRESS) &&
			    !is_replay(&ring->results[i],
			    &ring->results[first]))
				fail_msg("round %ld: %d %s, but first %s", n,
				    ring->results[i].status,
				    ring->results[i].body,
				    ring->results[first].body);
		assert_int_equal(payments(reference), 1);
		case_end(NULL);
	}
	stop_workers();
}

static void
takes_one_of_two_bodies_under_one_key(void **state)
{
	(void)state;
	start_workers();
	for (long n = 0; n < rounds() / 4 + 1; n++) {
		const char *even = textf("race-even-%ld", n);
		const char *odd = textf("race-odd-%ld", n);
		run_round(INITIALIZE, even, initialize_body(even),
		    initialize_body(odd));
		int first = first_of_round(201);
		assert_true(first != -1);
		for (int i = 0; i < WORKERS; i++) {
			const struct result *r = &ring->results[i];
			if (i != first && !is_fault(r,
			    &FAULT_IDEMPOTENCY_IN_PROGRESS))
				assert_true(i % 2 == first % 2 ?
				    is_replay(r, &ring->results[first]) :
				    is_fault(r,
				    &FAULT_IDEMPOTENCY_CONFLICT));
		}
		assert_int_equal(payments(even), first % 2 == 0);
		assert_int_equal(payments(odd), first % 2 == 1);
		case_end(NULL);
	}
	stop_workers();
}

static void
attaches_one_of_two_intents(void **state)
{
	(void)state;
	for (long n = 0; n < rounds() / 4 + 1; n++) {
		const char *id = tx_new(textf("race-att-%ld", n));
		const char *bodies[2];

		for (int i = 0; i < 2; i++)
			bodies[i] = textf("{\"clive_tx_id\":\"%s\","
			    "\"stripe_payment_intent_id\":\"pi_race_%ld_%d\"}",
			    id, n, i);
		start_workers();
		run_round(ATTACH, textf("race-att-%ld", n), bodies[0],
		    bodies[1]);
		int first = first_of_round(200);
		assert_true(first != -1);
		assert_string_equal(db_text(textf("SELECT processor_ref FROM "
		    "tx WHERE clive_tx_id = '%s'", id)),
		    textf("pi_race_%ld_%d", n, first % 2));
		stop_workers();
		case_end(NULL);
	}
}

static const struct CMUnitTest tests[] = {
	CASE(opens_one_payment_however_many_ask_at_once),
	CASE(takes_one_of_two_bodies_under_one_key),
	CASE(attaches_one_of_two_intents),
};

ENDPOINT_MAIN("race", tests, NULL)
