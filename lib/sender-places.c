/* SPDX-License-Identifier: ISC */
/* sender-places.c - dealing out the places for attempts under way. */
#include "sender-places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
sender_places_init(struct sender_places *p, int64_t total, int64_t each,
    int64_t slow_ms)
{
	memset(p, 0, sizeof(*p));
	p->total = (size_t)total;
	p->each = (size_t)each;
	p->slow_ms = slow_ms;
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

static struct sender_receiver *
insert(struct sender_places *p, size_t at, const char *id)
{
	struct sender_receiver *r = calloc(1, sizeof(*r));

	if (p->count == p->room) {
		p->room = p->room == 0 ? 16 : p->room * 2;
		p->known = realloc(p->known, p->room * sizeof(struct
		    sender_receiver *));
	}
	if (r == NULL || p->known == NULL) {
		fprintf(stderr, "deliver: out of memory\n");
		abort();
	}
	memmove(p->known + at + 1, p->known + at, (p->count - at) *
	    sizeof(struct sender_receiver *));
	p->known[at] = r;
	p->count++;
	snprintf(r->id, sizeof(r->id), "%s", id);
	r->window = p->each < SENDER_PLACES_FIRST ? p->each :
	    SENDER_PLACES_FIRST;
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

/* The free places, and how many of them slow receivers may have. */
static void
count_free(const struct sender_places *p, size_t *places, size_t *slow_places)
{
	size_t all = 0, slow = 0, half = (p->total + 1) / 2;

	for (size_t i = 0; i < p->count; i++) {
		all += p->known[i]->under_way;
		if (p->known[i]->slow)
			slow += p->known[i]->under_way;
	}
	*places = all < p->total ? p->total - all : 0;
	*slow_places = slow < half ? half - slow : 0;
}

size_t
sender_places_share(struct sender_places *p,
    struct sender_receiver *const *due, size_t n, size_t most, size_t *share)
{
	size_t places, slow_places, dealt = 0;
	bool any = n > 0;

	count_free(p, &places, &slow_places);
	if (places > most)
		places = most;
	memset(share, 0, n * sizeof(*share));
	while (any && dealt < places) {
		any = false;
		for (size_t i = 0; i < n && dealt < places; i++) {
			size_t at = (p->turn + i) % n;
			const struct sender_receiver *r = due[at];
			if (r->under_way + share[at] >= r->window ||
			    (r->slow && slow_places == 0))
				continue;
			if (r->slow)
				slow_places--;
			share[at]++;
			dealt++;
			any = true;
		}
	}
	p->turn++;
	return dealt;
}

void
sender_places_take(struct sender_receiver *r)
{
	r->under_way++;
}

void
sender_places_give_back(const struct sender_places *p,
    struct sender_receiver *r, int64_t duration_ms)
{
	r->under_way--;
	r->slow = duration_ms >= p->slow_ms;
	if (r->slow)
		r->window = (r->window + 1) / 2;
	else if (r->window < p->each)
		r->window++;
}
