/* SPDX-License-Identifier: ISC */
/*
 * replay.h - sending again what was told before, and test events.
 *
 * A resend is a new delivery of the same event: the same webhook-id and the
 * same bytes, with a signature of the moment, attempts of its own and, where
 * it repeats a delivery, that one on record as its origin. What is on its way
 * to an endpoint already is not added again, so that asking twice does no
 * harm. An endpoint that is off keeps what is resent until it is on again.
 *
 * Every function works in the caller's transaction, leaves an audit event,
 * and may be run again from the start (db.h). Complaints are sentences for
 * the person who asked. Whose things they are is the caller's to check.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include "arena.h"
#include "conn.h"
#include "id.h"
#include "webhook.h"

/* What a test event is called. */
#define REPLAY_TEST_EVENT "webhook_test"

enum {
	REPLAY_PAGE = 500,	/* events or deliveries looked at in one go */
	REPLAY_CURSOR_SIZE = 96
};

/* The deliveries that a resend made or found under way. */
struct replay_sent {
	const char	**ids;	/* in the arena */
	size_t		  n;
	size_t		  added;	/* of them: made now */
};

/*
 * Sends a delivery's event to its endpoint again, and to the partner's
 * listeners that are there and subscribed to it. One that is still due is not
 * repeated: it is tried now instead of at its next attempt's time, unless a
 * sender has it in hand. NULL, or a sentence: no such delivery, its endpoint
 * was deleted or is a listener that has gone.
 */
const char	*replay_delivery(struct conn *, struct arena *,
		    const char *delivery, int64_t now, const char *actor,
		    struct replay_sent *);

/*
 * Sends an event to every endpoint of its partner, or of its merchant, that
 * is subscribed to it; or to one, subscribed or not. What is still due is
 * treated as above. NULL, or a sentence: no such event or endpoint, an
 * endpoint of another partner, merchant, API or mode, nobody who would get it.
 */
const char	*replay_event(struct conn *, struct arena *,
		    const char *event, const char *endpoint, int64_t now,
		    const char *actor, struct replay_sent *);

/*
 * What is to be replayed to one endpoint: the events of its partner, or
 * merchant, that it is subscribed to and that were made in [from, to), also those older than
 * it; or, with failed, the events whose last delivery to it failed in
 * [from, to).
 */
struct replay {
	const struct webhook_row *endpoint;
	bool			 failed;
	int64_t			 from, to;	/* milliseconds */
};

/* How far a replay has come; zeroed: to nothing yet. */
struct replay_at {
	int64_t	time;		/* with failed: when the last one failed */
	char	id[ID_SIZE];	/* the last event, or delivery */
	bool	done;		/* nothing follows */
};

/*
 * How many deliveries it would make now. Reads page by page, outside of any
 * transaction (conn_limit holds for each page alone); stops early, with what
 * it has, where the connection fails.
 */
int64_t		 replay_count(struct conn *, const struct replay *);

/* The same of a few thousand behind *at, which it moves to their end. */
int64_t		 replay_count_page(struct conn *, const struct replay *,
		    struct replay_at *at);

/*
 * Makes the deliveries of the next page, those behind *at, and sets *next to
 * its end; *at stays, so that the transaction may be run again. Returns how
 * many it made, which may be none although more follow.
 */
int64_t		 replay_page(struct conn *, const struct replay *,
		    const struct replay_at *at, struct replay_at *next,
		    int64_t now, const char *actor);

/*
 * A place in a replay as a text that an API can hand out and take back, with
 * the end of the range; false where it is none.
 */
char		*replay_cursor(const struct replay *, const struct replay_at *,
		    char out[REPLAY_CURSOR_SIZE]);
bool		 replay_resume(const char *cursor, struct replay *,
		    struct replay_at *);

/*
 * Sends an event of type REPLAY_TEST_EVENT to one endpoint, whatever it is
 * subscribed to, also while it is unproven: the members of any other event of
 * its API with made-up values. delivery is its delivery's id.
 */
void		 webhook_send_test(struct conn *, const struct webhook_row *,
		    int64_t now, const char *actor, char delivery[ID_SIZE]);

#endif
