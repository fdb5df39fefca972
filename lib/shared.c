/* SPDX-License-Identifier: ISC */
/* shared.c - the mapped file behind the sandbox clock and the rate limit. */
#include "shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	SLOTS = 16384,		/* subjects counted at once; a power of two */
	PROBES = 64,		/* slots looked at before giving up */
	MINUTE_US = 60 * 1000 * 1000
};

/*
 * A slot's due is the moment (microseconds) at which the bucket would be
 * empty if nothing more came: the "theoretical arrival time" of the generic
 * cell rate algorithm. One compare-and-swap takes a request.
 */
struct slot {
	_Atomic uint64_t subject;	/* hash; 0: free */
	_Atomic int64_t	 due_us;
};

struct shared {
	_Atomic int64_t	clock_offset_ms;
	_Atomic int64_t	unused[7];	/* the slots start on a cache line */
	struct slot	slots[SLOTS];
};

static struct shared *shared;
static bool sandbox;

void *
shared_map(const struct conf *conf, const char *name, size_t bytes, char *why,
    size_t size)
{
	char path[CONF_PATH_MAX];

	conf_path(conf, name, path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return NULL;
	}
	void *map = MAP_FAILED;
	/* Really there, or a full disk would kill at the first touch. */
	errno = posix_fallocate(fd, 0, (off_t)bytes);
	if (errno == 0)
		map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	if (map == MAP_FAILED)
		snprintf(why, size, "%s: %s", path, strerror(errno));
	close(fd);
	return map != MAP_FAILED ? map : NULL;
}

bool
shared_open(const struct conf *conf, char *why, size_t size)
{
	sandbox = !conf->live;
	if (shared == NULL)
		shared = shared_map(conf, "run/shared", sizeof(*shared), why,
		    size);
	return shared != NULL;
}

static int64_t
read_clock(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_now(void)
{
	int64_t now = read_clock(CLOCK_REALTIME);

	if (sandbox && shared != NULL)
		now += atomic_load_explicit(&shared->clock_offset_ms,
		    memory_order_relaxed);
	return now;
}

int64_t
clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
clock_monotonic_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

bool
clock_advance(int64_t ms)
{
	if (!sandbox || shared == NULL)
		return false;
	atomic_fetch_add(&shared->clock_offset_ms, ms);
	return true;
}

uint64_t
shared_hash(const char *text)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return h != 0 ? h : 1;
}

/*
 * The slot of a subject. A slot whose bucket has run empty is as good as
 * free, so the table cleans itself; when even PROBES slots are all busy, the
 * last one is shared, which errs towards refusing. The subject's own slot is
 * looked for first: one nearer by may have become free since it was taken.
 */
static struct slot *
find_slot(uint64_t subject, int64_t now_us)
{
	struct slot *slot = NULL;

	for (unsigned int i = 0; i < PROBES; i++) {
		slot = &shared->slots[(subject + i) & (SLOTS - 1)];
		if (atomic_load(&slot->subject) == subject)
			return slot;
	}
	for (unsigned int i = 0; i < PROBES; i++) {
		slot = &shared->slots[(subject + i) & (SLOTS - 1)];
		uint64_t held = atomic_load(&slot->subject);
		if (held != 0 && atomic_load(&slot->due_us) > now_us)
			continue;
		if (atomic_compare_exchange_strong(&slot->subject, &held,
		    subject) || held == subject)
			return slot;
	}
	return slot;
}

static int64_t
seconds_up(int64_t us)
{
	return (us + 999999) / 1000000;
}

struct limit
limit_take(const char *subject, int64_t limit, int64_t now)
{
	struct limit l = { .allowed = true, .limit = limit,
	    .remaining = limit };

	if (limit <= 0 || shared == NULL)
		return l;
	int64_t step = MINUTE_US / limit;	/* microseconds a request costs */
	int64_t now_us = now * 1000;
	struct slot *slot = find_slot(shared_hash(subject), now_us);
	int64_t due = atomic_load(&slot->due_us);
	int64_t next;
	do {
		/*
		 * A due far ahead was left by a clock that was moved back;
		 * one a little ahead, by a request that came after this one.
		 */
		int64_t start = due > now_us &&
		    due <= now_us + 2 * MINUTE_US ? due : now_us;
		next = start + step;
		if (next > now_us + MINUTE_US) {
			l.allowed = false;
			l.remaining = 0;
			l.retry_after_s = seconds_up(next - now_us - MINUTE_US);
			l.reset_s = seconds_up(start - now_us);
			return l;
		}
	} while (!atomic_compare_exchange_weak(&slot->due_us, &due, next));
	l.remaining = (now_us + MINUTE_US - next) / step;
	l.reset_s = seconds_up(next - now_us);
	return l;
}
