/* SPDX-License-Identifier: ISC */
/* counters.c - rows in shared memory that are taken once and added to. */
#include "counters.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "shared.h"

enum { NAME_WORDS = COUNTERS_NAME_SIZE / sizeof(uint64_t) };

/*
 * Whose row this is. A name is written after the row was taken and is good
 * once `named` is set; who dies in between is no loss, since the next one of
 * this name writes the same words again.
 */
struct tag {
	_Atomic uint64_t id;		/* hash of the name; 0: free */
	_Atomic uint64_t named;
	_Atomic uint64_t name[NAME_WORDS];
};

struct route_row {
	struct tag	 tag;		/* "GET /v1/payments" */
	_Atomic uint64_t statuses[COUNTERS_STATUSES];
	_Atomic uint64_t buckets[COUNTERS_BUCKETS];
	_Atomic uint64_t sum_us;
};

struct call_row {
	struct tag	 tag;		/* "stripe open" */
	_Atomic uint64_t results[COUNTERS_RESULTS];
};

struct counters {
	_Atomic int64_t	 next_seq;	/* of the audit log; 0: none yet */
	_Atomic uint64_t facts[COUNTERS_FACTS];
	_Atomic int64_t	 done_at;
	_Atomic uint64_t unused[6];
	struct route_row routes[COUNTERS_ROUTES];
	struct call_row	 calls[COUNTERS_CALLS];
};

static struct counters *counters;

static const int statuses[COUNTERS_STATUSES] = { 200, 201, 202, 204, 303,
	400, 401, 402, 403, 404, 405, 409, 411, 413, 415, 422, 429, 500, 501,
	502, 503, 504, 410, 0 };

/* Half a millisecond is a read, ten are a commit, seconds a processor. */
static const int64_t bounds[COUNTERS_BUCKETS] = { 500, 1000, 2500, 5000,
	10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000,
	10000000, INT64_MAX };

bool
counters_open(const struct conf *conf, char *why, size_t size)
{
	/* The name changes with the layout: an older file is another one. */
	if (counters == NULL)
		counters = shared_map(conf, "run/counters.1",
		    sizeof(*counters), why, size);
	return counters != NULL;
}

bool
counters_are_open(void)
{
	return counters != NULL;
}

static void
add(_Atomic uint64_t *to, uint64_t n)
{
	atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

static uint64_t
read(_Atomic uint64_t *from)
{
	return atomic_load_explicit(from, memory_order_relaxed);
}

static void
write_name(struct tag *tag, const char *name)
{
	uint64_t words[NAME_WORDS] = { 0 };

	memcpy(words, name, strlen(name));
	for (size_t i = 0; i < NAME_WORDS; i++)
		atomic_store_explicit(&tag->name[i], words[i],
		    memory_order_relaxed);
	atomic_store_explicit(&tag->named, 1, memory_order_release);
}

static bool
read_name(struct tag *tag, char name[COUNTERS_NAME_SIZE])
{
	uint64_t words[NAME_WORDS];

	if (atomic_load_explicit(&tag->named, memory_order_acquire) == 0)
		return false;
	for (size_t i = 0; i < NAME_WORDS; i++)
		words[i] = atomic_load_explicit(&tag->name[i],
		    memory_order_relaxed);
	memcpy(name, words, COUNTERS_NAME_SIZE);
	name[COUNTERS_NAME_SIZE - 1] = '\0';
	return true;
}

/* Is this row the name's, or was it free and is now? */
static bool
take(struct tag *tag, uint64_t id, const char *name)
{
	uint64_t held = atomic_load(&tag->id);

	if (held == 0 && atomic_compare_exchange_strong(&tag->id, &held, id))
		held = id;
	if (held != id)
		return false;
	if (atomic_load_explicit(&tag->named, memory_order_acquire) == 0)
		write_name(tag, name);
	return true;
}

/*
 * The row of a name in a table whose rows begin with a tag. Rows are never
 * given back, so the first of them that is free ends the search. Row 0 is
 * for all that have no row.
 */
static void *
find_row(void *table, size_t rows, size_t row_size, const char *name)
{
	uint64_t id = shared_hash(name);

	for (size_t i = 0; i < rows - 1; i++) {
		void *row = (char *)table + row_size * (1 + (id + i) %
		    (rows - 1));
		if (take(row, id, name))
			return row;
	}
	take(table, shared_hash("other other"), "other other");
	return table;
}

/* "GET /v1/payments", or what stands for names that are too long. */
static const char *
join(char name[COUNTERS_NAME_SIZE], const char *one, const char *two)
{
	int n = snprintf(name, COUNTERS_NAME_SIZE, "%s %s", one, two);

	return n > 0 && n < COUNTERS_NAME_SIZE ? name : "other other";
}

/* The two words that join has made one of. */
static void
split(const char name[COUNTERS_NAME_SIZE], char *one, size_t one_size,
    char *two, size_t two_size)
{
	size_t n = strcspn(name, " ");

	snprintf(one, one_size, "%.*s", (int)n, name);
	snprintf(two, two_size, "%s", name[n] == ' ' ? name + n + 1 : "");
}

void
counters_request(const char *method, const char *route, int status,
    int64_t us)
{
	char name[COUNTERS_NAME_SIZE];
	size_t place = 0, bucket = 0;

	if (counters == NULL)
		return;
	struct route_row *row = find_row(counters->routes, COUNTERS_ROUTES,
	    sizeof(*row), join(name, method, route));
	while (place < COUNTERS_STATUSES - 1 && statuses[place] != status)
		place++;
	/* Time that ran backwards is none. */
	us = us < 0 ? 0 : us;
	while (us > bounds[bucket])
		bucket++;
	add(&row->statuses[place], 1);
	add(&row->sum_us, (uint64_t)us);
	add(&row->buckets[bucket], 1);
}

bool
counters_route(size_t i, struct counters_route *out)
{
	char name[COUNTERS_NAME_SIZE];

	if (counters == NULL || i >= COUNTERS_ROUTES ||
	    !read_name(&counters->routes[i].tag, name))
		return false;
	struct route_row *row = &counters->routes[i];
	split(name, out->method, sizeof(out->method), out->route,
	    sizeof(out->route));
	for (size_t k = 0; k < COUNTERS_STATUSES; k++)
		out->statuses[k] = read(&row->statuses[k]);
	for (size_t k = 0; k < COUNTERS_BUCKETS; k++)
		out->buckets[k] = read(&row->buckets[k]);
	out->sum_us = read(&row->sum_us);
	return true;
}

int
counters_status(size_t place)
{
	return place < COUNTERS_STATUSES ? statuses[place] : 0;
}

int64_t
counters_bound(size_t bucket)
{
	return bucket < COUNTERS_BUCKETS ? bounds[bucket] : INT64_MAX;
}

void
counters_call(const char *processor, const char *operation, size_t result)
{
	char name[COUNTERS_NAME_SIZE];

	if (counters == NULL || result >= COUNTERS_RESULTS)
		return;
	struct call_row *row = find_row(counters->calls, COUNTERS_CALLS,
	    sizeof(*row), join(name, processor, operation));
	add(&row->results[result], 1);
}

bool
counters_call_at(size_t i, struct counters_call *out)
{
	char name[COUNTERS_NAME_SIZE];

	if (counters == NULL || i >= COUNTERS_CALLS ||
	    !read_name(&counters->calls[i].tag, name))
		return false;
	split(name, out->processor, sizeof(out->processor), out->operation,
	    sizeof(out->operation));
	for (size_t k = 0; k < COUNTERS_RESULTS; k++)
		out->results[k] = read(&counters->calls[i].results[k]);
	return true;
}

int64_t
counters_seq(void)
{
	return counters != NULL ? atomic_load(&counters->next_seq) - 1 : -1;
}

void
counters_facts(uint64_t facts[COUNTERS_FACTS])
{
	for (size_t i = 0; i < COUNTERS_FACTS; i++)
		facts[i] = counters != NULL ? read(&counters->facts[i]) : 0;
}

bool
counters_add_facts(int64_t from, int64_t to,
    const uint64_t facts[COUNTERS_FACTS])
{
	int64_t next = from + 1;

	if (counters == NULL || !atomic_compare_exchange_strong(
	    &counters->next_seq, &next, to + 1))
		return false;
	for (size_t i = 0; i < COUNTERS_FACTS; i++)
		add(&counters->facts[i], facts[i]);
	return true;
}

bool
counters_done_within(int64_t now, int64_t ms)
{
	if (counters == NULL)
		return false;
	int64_t at = atomic_load(&counters->done_at);
	/* Since the machine started anew, that clock has too. */
	if (at != 0 && at <= now && at > now - ms)
		return true;
	return !atomic_compare_exchange_strong(&counters->done_at, &at, now);
}

void
counters_undone(void)
{
	if (counters != NULL)
		atomic_store(&counters->done_at, 0);
}
