/* SPDX-License-Identifier: ISC */
/* sender-places.c - dealing out the places for attempts under way. */
#include "sender-places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
sender_places_init(struct sender_places *p, int64_t total, int64_t each,
    int64_t timeout_ms)
{
	memset(p, 0, sizeof(*p));
	p->total = (size_t)total;
	p->each = (size_t)each;
	p->half_ms = timeout_ms / 2;
	p->slow_ms = p->half_ms < SENDER_SLOW_MS ? p->half_ms : SENDER_SLOW_MS;
}

void
sender_places_free(struct sender_places *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->known[i]);
	free(p->known);
}

/* Where id stands in the sorted list, or would have to stand. */
static size_t
position(const struct sender_places *p, const char *id)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(p->known[middle]->id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static _Noreturn void
no_memory(void)
{
	fprintf(stderr, "deliver: out of memory\n");
	abort();
}

void *
sender_grab(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		no_memory();
	return p;
}

static struct sender_receiver *
insert(struct sender_places *p, size_t at, const char *id)
{
	struct sender_receiver *r = sender_grab(1, sizeof(*r));

	if (p->count == p->room) {
		p->room = p->room == 0 ? 16 : p->room * 2;
		p->known = realloc(p->known, p->room * sizeof(struct
		    sender_receiver *));
	}
	if (p->known == NULL)
		no_memory();
	memmove(p->known + at + 1, p->known + at, (p->count - at) *
	    sizeof(struct sender_receiver *));
	p->known[at] = r;
	p->count++;
	snprintf(r->id, sizeof(r->id), "%s", id);
	r->window = 1;
	r->limit = p->each;
	return r;
}

struct sender_receiver *
sender_places_receiver(struct sender_places *p, const char *id)
{
	size_t at = position(p, id);

	if (at < p->count && strcmp(p->known[at]->id, id) == 0)
		return p->known[at];
	return insert(p, at, id);
}

void
sender_places_limit(const struct sender_places *p, struct sender_receiver *r,
    int64_t limit, bool limited)
{
	r->limited = limited;
	r->limit = limit > 0 ? (size_t)limit : p->each;
	if (r->window > r->limit)
		r->window = r->limit;
}

void
sender_places_learn(const struct sender_places *p, struct sender_receiver *r,
    int64_t duration_ms)
{
	size_t least = r->limit < SENDER_PLACES_QUICK ? r->limit :
	    SENDER_PLACES_QUICK;

	r->speed = duration_ms < 0 ? SENDER_UNKNOWN :
	    duration_ms < p->slow_ms ? SENDER_QUICK : SENDER_SLOW;
	if (r->speed == SENDER_QUICK && !r->failed && r->window < least)
		r->window = least;
}

void
sender_places_forget_late(struct sender_places *p)
{
	for (size_t i = 0; i < p->count; i++)
		p->known[i]->late = false;
}

void
sender_places_running(const struct sender_places *p,
    struct sender_receiver *r, int64_t so_far_ms)
{
	if (so_far_ms >= p->slow_ms)
		r->late = true;
}

static enum sender_speed
speed_now(const struct sender_receiver *r)
{
	return r->late ? SENDER_SLOW : r->speed;
}

static size_t
minus(size_t a, size_t b)
{
	return a > b ? a - b : 0;
}

/* Of the places, or of what may be in hand. */
static struct sender_room
count_room(const struct sender_places *p, bool claims)
{
	size_t taken[SENDER_SLOW + 1] = { 0 }, all = 0;
	size_t half = (p->total + 1) / 2;
	size_t total = p->total + (claims ? p->ahead : 0);

	for (size_t i = 0; i < p->count; i++) {
		const struct sender_receiver *r = p->known[i];
		size_t has = claims ? r->held : r->under_way;
		taken[speed_now(r)] += has;
		all += has;
	}
	return (struct sender_room){ .free = minus(total, all), .of = {
	    [SENDER_UNKNOWN] = minus(half, taken[SENDER_UNKNOWN]),
	    [SENDER_QUICK] = total,
	    [SENDER_SLOW] = minus(half, taken[SENDER_SLOW]) } };
}

/* May a receiver that has so many places take one more? */
static bool
may_take(const struct sender_places *p, const struct sender_room *room,
    const struct sender_receiver *r, size_t has, size_t window)
{
	enum sender_speed speed = speed_now(r);

	if (has >= window || room->free == 0 || room->of[speed] == 0)
		return false;
	return room->free > p->total / 4 || (speed == SENDER_QUICK &&
	    has == 0);
}

/* How many of a receiver's may be in hand. */
static size_t
claim_window(const struct sender_places *p, const struct sender_receiver *r)
{
	bool ahead = p->ahead > 0 && speed_now(r) == SENDER_QUICK &&
	    !r->failed && !r->limited;

	return ahead ? 2 * r->window : r->window;
}

size_t
sender_places_share(struct sender_places *p,
    struct sender_receiver *const *due, size_t n, size_t most, size_t *share)
{
	struct sender_room room = count_room(p, true);
	size_t dealt = 0;
	bool any = true;

	memset(share, 0, n * sizeof(*share));
	while (any) {
		any = false;
		for (size_t i = 0; i < n && dealt < most; i++) {
			size_t at = (p->turn + i) % n;
			const struct sender_receiver *r = due[at];
			if (!may_take(p, &room, r, r->held + share[at],
			    claim_window(p, r)))
				continue;
			room.free--;
			room.of[speed_now(r)]--;
			share[at]++;
			dealt++;
			any = true;
		}
	}
	p->turn++;
	return dealt;
}

void
sender_places_claim(struct sender_receiver *r)
{
	r->held++;
}

void
sender_places_drop(struct sender_receiver *r)
{
	r->held--;
}

struct sender_room
sender_places_room(const struct sender_places *p)
{
	return count_room(p, false);
}

bool
sender_places_take(const struct sender_places *p, struct sender_room *room,
    struct sender_receiver *r)
{
	if (!may_take(p, room, r, r->under_way, r->window))
		return false;
	room->free--;
	room->of[speed_now(r)]--;
	r->under_way++;
	return true;
}

void
sender_places_give_back(const struct sender_places *p,
    struct sender_receiver *r, int64_t duration_ms, bool good)
{
	r->under_way--;
	r->held--;
	r->failed = !good;
	r->tried = true;
	if (duration_ms >= p->half_ms || !good)
		r->window = (r->window + 1) / 2;
	else if (r->window < r->limit)
		r->window++;
	sender_places_learn(p, r, duration_ms);
}
