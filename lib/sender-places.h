/* SPDX-License-Identifier: ISC */
/*
 * sender-places.h - who may send how much at once, so that one slow or dead
 * receiver delays nobody else.
 *
 * There is a fixed number of places for attempts under way. A receiver
 * begins with a few; every quick answer earns it one more, up to the limit
 * of one endpoint; a slow one costs it half of them. All slow receivers
 * together get half of all places at the most. Free places are dealt out in
 * turn.
 */
#ifndef SENDER_PLACES_H
#define SENDER_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "id.h"

enum {
	SENDER_PLACES_FIRST = 2		/* of a receiver not known yet */
};

/* An endpoint as this sender knows it. */
struct sender_receiver {
	char	 id[ID_SIZE];
	size_t	 window;	/* places it may take now */
	size_t	 under_way;	/* places it takes */
	bool	 slow;		/* so was its last attempt */
};

struct sender_places {
	size_t			  total;	/* at least 1 */
	size_t			  each;		/* at most, for one receiver */
	int64_t			  slow_ms;	/* so long is slow */
	size_t			  turn;		/* who is served first */
	struct sender_receiver	**known;	/* sorted by id */
	size_t			  count, room;
};

void	sender_places_init(struct sender_places *, int64_t total,
	    int64_t each, int64_t slow_ms);
void	sender_places_free(struct sender_places *);

/* The receiver with this id, new where it is not known. Never NULL. */
struct sender_receiver *sender_places_receiver(struct sender_places *,
	    const char *id);

/*
 * Deals out free places, `most` at the most, to n receivers with something
 * due: share[i] is what due[i] gets. Returns how many were dealt.
 */
size_t	sender_places_share(struct sender_places *,
	    struct sender_receiver *const *due, size_t n, size_t most,
	    size_t *share);

/* An attempt of this receiver begins; has ended. */
void	sender_places_take(struct sender_receiver *);
void	sender_places_give_back(const struct sender_places *,
	    struct sender_receiver *, int64_t duration_ms);

#endif
