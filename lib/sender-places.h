/* SPDX-License-Identifier: ISC */
/*
 * sender-places.h - who may send how much at once, so that one slow or dead
 * receiver delays nobody else.
 *
 * There is a fixed number of places for attempts under way, dealt out in
 * turn. How long its last attempt took makes a receiver quick or slow; where
 * there was none it is unknown, and one that has an attempt under way for
 * longer is slow, whatever it was.
 *   - A receiver begins with one place, a quick one with a few. An answer in
 *     good time earns it one more, up to the limit of one endpoint; one that
 *     took more than half of the time allowed costs it half of them, and so
 *     does one that was not good, down to one: whoever answers rubbish quickly
 *     must not be busier than the others.
 *   - All slow receivers together get half of all places at the most, so do
 *     all unknown ones, and neither gets the last quarter.
 *   - Where claims ahead of the places are wanted (ahead), as much again is
 *     claimed for a quick receiver as it may take, so that one commit serves
 *     many deliveries.
 *   - In the last quarter a quick receiver gets one place if it has none. So
 *     even when many die at once, with many places each, the others go on.
 */
#ifndef SENDER_PLACES_H
#define SENDER_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "id.h"

enum {
	SENDER_PLACES_QUICK = 2,	/* the least for a quick receiver */
	SENDER_SLOW_MS = 1000		/* so long is slow */
};

enum sender_speed {
	SENDER_UNKNOWN,
	SENDER_QUICK,
	SENDER_SLOW
};

/* An endpoint as this sender knows it. */
struct sender_receiver {
	char			 id[ID_SIZE];
	size_t			 limit;		/* places it may ever take */
	size_t			 window;	/* places it may take now */
	size_t			 under_way;	/* places it takes */
	size_t			 held;		/* those and what is ready */
	bool			 limited;	/* nothing is claimed ahead */
	enum sender_speed	 speed;		/* of its last attempt */
	bool			 late;		/* one under way is slow */
	bool			 failed;	/* its last attempt */
	int64_t			 failed_at;	/* the last that did; when,
						   by clock_monotonic */
	size_t			 bad;		/* such, not on record yet */
	bool			 tried;		/* by this sender */
};

struct sender_places {
	size_t			  total;	/* at least 1 */
	size_t			  each;		/* the usual limit of a receiver */
	size_t			  ahead;	/* claims without a place */
	int64_t			  slow_ms;	/* SENDER_SLOW_MS or less */
	int64_t			  half_ms;	/* of the time allowed */
	size_t			  turn;		/* who is served first */
	struct sender_receiver	**known;	/* sorted by id */
	size_t			  count, room;
};

/* Zeroed memory for what lives as long as the sender; never NULL. */
void	*sender_grab(size_t n, size_t size);

void	sender_places_init(struct sender_places *, int64_t total,
	    int64_t each, int64_t timeout_ms);
void	sender_places_free(struct sender_places *);

/* The receiver with this id, new where it is not known. Never NULL. */
struct sender_receiver *sender_places_receiver(struct sender_places *,
	    const char *id);

/*
 * Gives a receiver a limit of its own, 0: the usual one; limited where its
 * deliveries are counted or timed when they are claimed.
 */
void	sender_places_limit(const struct sender_places *,
	    struct sender_receiver *, int64_t limit, bool limited);


/* Says how long a receiver's last attempt took; below zero: none is known. */
void	sender_places_learn(const struct sender_places *,
	    struct sender_receiver *, int64_t duration_ms);

/* Says for how long an attempt is under way, after forgetting the others. */
void	sender_places_forget_late(struct sender_places *);
void	sender_places_running(const struct sender_places *,
	    struct sender_receiver *, int64_t so_far_ms);

/*
 * Deals out what may be claimed, `most` at the most, to n receivers with
 * something due: share[i] is what due[i] gets. Returns how many were dealt.
 */
size_t	sender_places_share(struct sender_places *,
	    struct sender_receiver *const *due, size_t n, size_t most,
	    size_t *share);

/* One was claimed; was given back, or has failed, without being sent. */
void	sender_places_claim(struct sender_receiver *);
void	sender_places_drop(struct sender_receiver *);

/* Free places, and how many of them the receivers of each speed may have. */
struct sender_room {
	size_t	free;
	size_t	of[SENDER_SLOW + 1];
};
struct sender_room sender_places_room(const struct sender_places *);

/*
 * An attempt begins, if there is room for it: then it takes its place, in
 * the room as well. It has ended, in a good answer or not.
 */
bool	sender_places_take(const struct sender_places *,
	    struct sender_room *, struct sender_receiver *);
void	sender_places_give_back(const struct sender_places *,
	    struct sender_receiver *, int64_t duration_ms, bool good);

#endif
