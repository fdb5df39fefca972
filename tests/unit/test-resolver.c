/* SPDX-License-Identifier: ISC */
/*
 * test-resolver.c - look-ups that come, hang and fail.
 *
 * The stub answers by the host's first letter; time is given, not waited for.
 */
#include "test.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "egress.h"
#include "resolver.h"

enum { NOW = 1000, LATER = NOW + 10 * 1000, MANY = 300, WAIT_S = 20 };

static struct resolver *resolver;
static sem_t woken;		/* as often as wake was called */
static sem_t release;		/* ends one hanging look-up */
static sem_t ended;		/* a hanging look-up has ended */
static atomic_int lookups, wakes, rebound;
static int askers[MANY];

static struct address
read(const char *text)
{
	struct address a;

	if (!address_read(text, &a))
		fail_msg("%s is no address", text);
	return a;
}

static void
await(sem_t *sem)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += WAIT_S;
	assert_int_equal(sem_timedwait(sem, &ts), 0);
}

/* Threads must not fail a test: an answer that is wrong will. */
static void
lookup(const char *host, struct resolver_answer *out)
{
	atomic_fetch_add(&lookups, 1);
	switch (*host) {
	case 'h':	/* hangs */
		sem_wait(&release);
		break;
	case 'f':	/* fails */
		out->error = "no luck";
		return;
	case 'e':	/* is empty */
		return;
	case 'm':	/* is mixed */
		address_read("93.184.216.34", &out->addresses[0]);
		address_read("10.0.0.7", &out->addresses[1]);
		out->n = 2;
		return;
	case 'r':	/* is public once, private ever after */
		address_read(atomic_fetch_add(&rebound, 1) == 0 ?
		    "93.184.216.34" : "127.0.0.1", &out->addresses[0]);
		out->n = 1;
		return;
	default:
		break;
	}
	address_read("93.184.216.34", &out->addresses[0]);
	address_read("2606:4700::1111", &out->addresses[1]);
	out->n = 2;
	if (*host == 'h')
		sem_post(&ended);
}

static void
wake(void *arg)
{
	atomic_fetch_add(&wakes, 1);
	sem_post(arg);
}

static int
set_up(void **state)
{
	(void)state;
	sem_init(&woken, 0, 0);
	sem_init(&release, 0, 0);
	sem_init(&ended, 0, 0);
	lookups = wakes = rebound = 0;
	resolver = resolver_new(lookup, wake, &woken);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	if (resolver != NULL)
		resolver_free(resolver);
	resolver = NULL;
	return 0;
}

/* Asks, waits, and has the answer. */
static const struct resolver_answer *
resolve(const char *host, int64_t now)
{
	const struct resolver_answer *answer = resolver_ask(resolver, host,
	    now, now + 1, &askers[0]);

	if (answer != NULL)
		return answer;
	await(&woken);
	assert_ptr_equal(resolver_next(resolver, now, &answer), &askers[0]);
	assert_null(resolver_next(resolver, now, &(const struct
	    resolver_answer *){ NULL }));
	return answer;
}

static void
an_answer_comes_to_who_asked(void **state)
{
	const struct address v4 = read("93.184.216.34"),
	    v6 = read("2606:4700::1111");
	const struct resolver_answer *answer;

	(void)state;
	assert_null(resolver_next(resolver, NOW, &answer));
	assert_null(resolver_ask(resolver, "a.example", NOW, LATER,
	    &askers[7]));
	await(&woken);
	assert_ptr_equal(resolver_next(resolver, NOW, &answer), &askers[7]);
	assert_null(answer->error);
	assert_int_equal(answer->n, 2);
	assert_true(address_equal(&answer->addresses[0], &v4));
	assert_true(address_equal(&answer->addresses[1], &v6));
	assert_null(resolver_next(resolver, NOW, &answer));
}

static void
an_answer_is_kept_for_a_while(void **state)
{
	const struct resolver_answer *answer = resolve("a.example", NOW);

	(void)state;
	assert_null(answer->error);
	answer = resolver_ask(resolver, "a.example", NOW + RESOLVER_KEPT_MS -
	    1, LATER, &askers[1]);
	assert_non_null(answer);
	assert_int_equal(answer->n, 2);
	assert_int_equal(lookups, 1);
	assert_null(resolver_ask(resolver, "a.example", NOW +
	    RESOLVER_KEPT_MS, LATER * 9, &askers[1]));
	await(&woken);
	assert_int_equal(lookups, 2);
	assert_ptr_equal(resolver_next(resolver, NOW + RESOLVER_KEPT_MS,
	    &answer), &askers[1]);
	/* It counts from when it came. */
	assert_non_null(resolver_ask(resolver, "a.example", NOW + 2 *
	    RESOLVER_KEPT_MS - 1, LATER, &askers[1]));
}

static void
a_failure_is_told_and_not_kept(void **state)
{
	const struct resolver_answer *answer = resolve("f.example", NOW);

	(void)state;
	assert_string_equal(answer->error, "no luck");
	answer = resolve("f.example", NOW);
	assert_string_equal(answer->error, "no luck");
	assert_int_equal(lookups, 2);
}

static void
no_address_is_a_failure(void **state)
{
	(void)state;
	assert_string_equal(resolve("e.example", NOW)->error,
	    "the host name has no address");
}

static void
a_name_in_flight_is_asked_for_once(void **state)
{
	const struct resolver_answer *answer;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_null(resolver_ask(resolver, "h.example", NOW, LATER,
		    &askers[i]));
	sem_post(&release);
	await(&woken);
	for (int i = 0; i < 3; i++) {
		assert_ptr_equal(resolver_next(resolver, NOW, &answer),
		    &askers[i]);
		assert_int_equal(answer->n, 2);
	}
	assert_null(resolver_next(resolver, NOW, &answer));
	assert_int_equal(lookups, 1);
	assert_int_equal(wakes, 1);
}

static void
one_that_hangs_holds_nobody_else_up(void **state)
{
	const struct resolver_answer *answer;

	(void)state;
	assert_null(resolver_ask(resolver, "h1.example", NOW, LATER,
	    &askers[1]));
	assert_null(resolver_ask(resolver, "h2.example", NOW, LATER,
	    &askers[2]));
	assert_null(resolve("a.example", NOW)->error);
	assert_null(resolve("b.example", NOW)->error);
	sem_post(&release);
	sem_post(&release);
	await(&woken);
	await(&woken);
	assert_non_null(resolver_next(resolver, NOW, &answer));
	assert_non_null(resolver_next(resolver, NOW, &answer));
}

static void
after_the_deadline_it_is_too_late(void **state)
{
	const struct resolver_answer *answer;

	(void)state;
	assert_null(resolver_ask(resolver, "h.example", NOW, LATER,
	    &askers[1]));
	assert_null(resolver_next(resolver, LATER - 1, &answer));
	assert_ptr_equal(resolver_next(resolver, LATER, &answer), &askers[1]);
	assert_string_equal(answer->error, "no name server answered in time");
	assert_null(resolver_next(resolver, LATER, &answer));
	/* The next one joins the look-up that still goes on. */
	assert_null(resolver_ask(resolver, "h.example", LATER, LATER * 2,
	    &askers[2]));
	sem_post(&release);
	await(&woken);
	assert_ptr_equal(resolver_next(resolver, LATER, &answer), &askers[2]);
	assert_null(answer->error);
	assert_int_equal(lookups, 1);
}

static void
an_answer_that_nobody_waits_for_is_kept_too(void **state)
{
	const struct resolver_answer *answer;

	(void)state;
	assert_null(resolver_ask(resolver, "h.example", NOW, LATER,
	    &askers[1]));
	assert_non_null(resolver_next(resolver, LATER, &answer));
	sem_post(&release);
	await(&woken);
	answer = resolver_ask(resolver, "h.example", LATER, LATER * 2,
	    &askers[2]);
	assert_non_null(answer);
	assert_null(answer->error);
}

static void
a_host_can_be_forgotten(void **state)
{
	(void)state;
	resolver_forget(resolver, "a.example");
	resolve("a.example", NOW);
	resolver_forget(resolver, "b.example");
	assert_non_null(resolver_ask(resolver, "a.example", NOW, LATER,
	    &askers[1]));
	resolver_forget(resolver, "a.example");
	resolve("a.example", NOW);
	assert_int_equal(lookups, 2);
}

static void
an_answer_stays_until_the_next_call(void **state)
{
	const struct resolver_answer *answer = resolve("a.example", NOW);

	(void)state;
	resolver_forget(resolver, "a.example");
	assert_int_equal(answer->n, 2);
	assert_null(answer->error);
}

static void
more_names_than_threads_are_all_looked_up(void **state)
{
	const struct resolver_answer *answer;
	char host[64];
	int *asker, sum = 0;

	(void)state;
	assert_true(MANY > 2 * RESOLVER_THREADS_MAX);
	for (int i = 0; i < MANY; i++) {
		snprintf(host, sizeof(host), "h%d.example", i);
		assert_null(resolver_ask(resolver, host, NOW, LATER,
		    &askers[i]));
	}
	for (int i = 0; i < MANY; i++)
		sem_post(&release);
	for (int i = 0; i < MANY; i++)
		await(&woken);
	while ((asker = resolver_next(resolver, NOW, &answer)) != NULL) {
		assert_null(answer->error);
		sum += (int)(asker - askers) + 1;
	}
	assert_int_equal(sum, MANY * (MANY + 1) / 2);
	assert_int_equal(lookups, MANY);
}

static void
a_name_that_is_too_long_is_not_asked_for(void **state)
{
	char host[RESOLVER_HOST_MAX + 2];
	const struct resolver_answer *answer;

	(void)state;
	memset(host, 'a', sizeof(host));
	host[RESOLVER_HOST_MAX + 1] = '\0';
	answer = resolver_ask(resolver, host, NOW, LATER, &askers[0]);
	assert_non_null(answer);
	assert_string_equal(answer->error, "the host name is too long");
	host[RESOLVER_HOST_MAX] = '\0';
	assert_null(resolve(host, NOW)->error);
}

static void
freeing_waits_for_nobody(void **state)
{
	(void)state;
	assert_null(resolver_ask(resolver, "h1.example", NOW, LATER,
	    &askers[1]));
	assert_null(resolver_ask(resolver, "h2.example", NOW, LATER,
	    &askers[2]));
	assert_null(resolve("a.example", NOW)->error);
	int before = wakes;
	resolver_free(resolver);
	resolver = NULL;
	sem_post(&release);
	sem_post(&release);
	await(&ended);
	await(&ended);
	assert_int_equal(wakes, before);
}

/*
 * What the sender does with an answer: a name server that says something
 * else the next time gains nothing, for there is no next time.
 */
static void
a_name_that_rebinds_is_judged_by_the_answer_that_is_used(void **state)
{
	const struct conf conf = { .live = true, .webhook_ports = { 443 },
	    .webhook_ports_count = 1 };
	struct egress_target t;
	char why[EGRESS_WHY_SIZE];
	const struct resolver_answer *answer;

	(void)state;
	assert_null(egress_check_url(&conf, "https://r.example/", &t, why));
	answer = resolve(t.host, NOW);
	assert_null(egress_check_answer(&conf, &t, answer->addresses,
	    answer->n, why));
	/* While it is kept, the judged answer is the answer. */
	answer = resolve(t.host, NOW + RESOLVER_KEPT_MS - 1);
	assert_null(egress_check_answer(&conf, &t, answer->addresses,
	    answer->n, why));
	assert_int_equal(lookups, 1);
	answer = resolve(t.host, NOW + RESOLVER_KEPT_MS);
	assert_non_null(egress_check_answer(&conf, &t, answer->addresses,
	    answer->n, why));
	assert_string_equal(why, "r.example leads to 127.0.0.1, a loopback "
	    "address; allow it by name with webhook_allow in clive.conf");
}

static void
one_private_address_spoils_an_answer(void **state)
{
	const struct conf conf = { .live = true, .webhook_ports = { 443 },
	    .webhook_ports_count = 1 };
	struct egress_target t;
	char why[EGRESS_WHY_SIZE];

	(void)state;
	assert_null(egress_check_url(&conf, "https://m.example/", &t, why));
	const struct resolver_answer *answer = resolve(t.host, NOW);
	assert_int_equal(answer->n, 2);
	assert_non_null(egress_check_answer(&conf, &t, answer->addresses,
	    answer->n, why));
}

static void
the_system_knows_addresses_and_says_why_not(void **state)
{
	const struct address expected = read("127.0.0.1");
	struct resolver_answer answer = { NULL, 0, { { .v6 = false } } };

	(void)state;
	resolver_system("127.0.0.1", &answer);
	assert_null(answer.error);
	assert_int_equal(answer.n, 1);
	assert_true(address_equal(&answer.addresses[0], &expected));
	memset(&answer, 0, sizeof(answer));
	/* No name server is asked for what cannot be a name. */
	resolver_system("a..b", &answer);
	assert_non_null(answer.error);
	assert_int_equal(answer.n, 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static const struct CMUnitTest tests[] = {
	CASE(an_answer_comes_to_who_asked),
	CASE(an_answer_is_kept_for_a_while),
	CASE(a_failure_is_told_and_not_kept),
	CASE(no_address_is_a_failure),
	CASE(a_name_in_flight_is_asked_for_once),
	CASE(one_that_hangs_holds_nobody_else_up),
	CASE(after_the_deadline_it_is_too_late),
	CASE(an_answer_that_nobody_waits_for_is_kept_too),
	CASE(a_host_can_be_forgotten),
	CASE(an_answer_stays_until_the_next_call),
	CASE(more_names_than_threads_are_all_looked_up),
	CASE(a_name_that_is_too_long_is_not_asked_for),
	CASE(freeing_waits_for_nobody),
	CASE(a_name_that_rebinds_is_judged_by_the_answer_that_is_used),
	CASE(one_private_address_spoils_an_answer),
	CASE(the_system_knows_addresses_and_says_why_not),
};

TEST_MAIN("resolver", tests)
