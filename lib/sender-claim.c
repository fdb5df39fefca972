/* SPDX-License-Identifier: ISC */
/* sender-claim.c - one claim, endpoint by endpoint. */
#include "sender-claim.h"

#include <string.h>

#include "log.h"
#include "sender-rate.h"
#include "sender.h"
#include "shared.h"
#include "webhook.h"

enum {
	PAGE = 64,		/* deliveries in order, looked at together */
	LOOKS_MAX = 512		/* at those of one endpoint in one claim */
};

/* What an endpoint's row allows at this moment. */
struct turn {
	bool	open;		/* active, and nothing holds it back */
	bool	probe;		/* disabled, and to be tried */
	bool	ordered;
	int64_t	rate;		/* 0: none */
	int64_t	rate_free_at;
	int64_t	places;		/* that are free */
};

static struct sender_target
read_target(struct rows *r, struct arena *arena)
{
	return (struct sender_target){
	    .id = row_text_copy(r, 0, arena),
	    .url = row_text_copy(r, 1, arena),
	    .pauses = row_text_copy(r, 2, arena),
	    .last_duration_ms = row_null(r, 3) ? -1 : row_int(r, 3),
	    .ed25519 = row_int(r, 4) == 1,
	    .limited = !row_null(r, 5) || !row_null(r, 6),
	    .limit = row_int(r, 6) };
}

/* The endpoints with something due, grown by doubling within the arena. */
static void
read_targets(struct sender_claim *claim, struct conn *c)
{
	struct rows *r = conn_rows(c, SQL_ENDPOINTS_DUE, "iiii", claim->due,
	    claim->now, claim->now * 1000, claim->lease_far);
	struct sender_target *grown;

	arena_reset(claim->kept);
	for (claim->n = 0; row_next(r); claim->n++) {
		size_t n = claim->n;
		if ((n & (n - 1)) == 0) {
			grown = arena_alloc(claim->kept, (n * 2 + 1) *
			    sizeof(*grown));
			if (n > 0)
				memcpy(grown, claim->targets, n *
				    sizeof(*grown));
			claim->targets = grown;
		}
		claim->targets[n] = read_target(r, claim->kept);
	}
	row_done(r);
}

void
sender_claim_share(struct sender_claim *claim)
{
	struct sender_places *p = claim->places;
	size_t n = claim->n;
	struct sender_receiver **due = arena_alloc(claim->arena, (n + 1) *
	    sizeof(struct sender_receiver *));
	size_t *share = arena_alloc(claim->arena, (n + 1) * sizeof(*share));

	for (size_t i = 0; i < n; i++) {
		struct sender_target *t = &claim->targets[i];
		t->receiver = due[i] = sender_places_receiver(p, t->id);
		sender_places_limit(p, due[i], t->limit, t->limited);
		/* What we have seen ourselves is newer than the row. */
		if (!due[i]->tried)
			sender_places_learn(p, due[i], t->last_duration_ms);
	}
	claim->dealt = sender_places_share(p, due, n, claim->most, share);
	for (size_t i = 0; i < n; i++)
		claim->targets[i].share = share[i];
}

/*
 * Free places of an endpoint with a limit of its own, which all senders keep
 * together. The usual limit each keeps for itself: it is no promise, and what
 * a dead sender held must not hold up the rest of the endpoint as well.
 */
static int64_t
free_places(struct rows *r)
{
	return row_null(r, 5) ? INT64_MAX : row_int(r, 5) - row_int(r, 7);
}

/*
 * The row as it is now; false where it is gone. The URL too: a challenge to
 * a new one must not be answered by the one before it.
 */
static bool
read_turn(struct conn *c, const struct sender_claim *claim,
    struct sender_target *t, struct turn *turn)
{
	if (t->limited)
		conn_run(c, SQL_ENDPOINT_LOCK, "t", t->id);
	struct rows *r = conn_rows(c, SQL_ENDPOINT_TURN, "tii", t->id,
	    claim->now, claim->lease_far);
	bool found = row_next(r);
	if (found) {
		const char *status = row_text(r, 0);
		bool held = row_int(r, 1) > claim->now;
		*turn = (struct turn){
		    .open = strcmp(status, "active") == 0 && !held,
		    .probe = !row_null(r, 2) && !held && row_int(r, 7) == 0 &&
			row_int(r, 2) <= claim->now,
		    .rate = row_int(r, 3), .rate_free_at = row_int(r, 4),
		    .ordered = row_int(r, 6) == 1,
		    .places = free_places(r) };
		t->url = row_text_copy(r, 8, claim->arena);
	}
	row_done(r);
	return found;
}

/* Takes a delivery that was read, if no other sender has been first. */
static bool
lease(struct conn *c, struct sender_claim *claim, struct sender_claimed *d)
{
	if (conn_run(c, SQL_DELIVERY_LEASE, "titii", claim->owner,
	    claim->lease_until, d->id, claim->due, claim->lease_far) != 1)
		return false;
	*claim->end = d;
	claim->end = &d->next;
	return true;
}

/* Reads what a statement finds and takes it; returns how many. */
static int64_t
take_rows(struct conn *c, struct sender_claim *claim,
    struct sender_target *t, bool probe, struct rows *r)
{
	struct sender_claimed *first = NULL, **end = &first, *next;
	int64_t n = 0;

	while (row_next(r)) {
		struct sender_claimed *d = arena_alloc(claim->arena,
		    sizeof(*d));
		struct slice body = row_bytes(r, 7);
		*d = (struct sender_claimed){ .target = t,
		    .id = row_text_copy(r, 0, claim->arena),
		    .event_id = row_text_copy(r, 1, claim->arena),
		    .used = row_int(r, 2), .next_attempt_at = row_int(r, 3),
		    .number = row_int(r, 4) + 1, .probe = probe,
		    .type = row_text_copy(r, 5, claim->arena),
		    .tx = row_text_copy(r, 6, claim->arena),
		    .body = { arena_strndup(claim->arena,
		    body.n > 0 ? body.p : "", body.n), body.n } };
		*end = d;
		end = &d->next;
	}
	row_done(r);
	for (struct sender_claimed *d = first; d != NULL; d = next) {
		next = d->next;
		d->next = NULL;
		n += lease(c, claim, d);
	}
	return n;
}

static int64_t
claim_any(struct conn *c, struct sender_claim *claim, struct sender_target *t,
    enum sql sql, int64_t n, bool probe)
{
	return take_rows(c, claim, t, probe, conn_rows(c, sql, "tiii", t->id,
	    claim->due, claim->lease_far, n));
}

/* A delivery of an ordered endpoint. */
struct waiting {
	char	id[ID_SIZE];
	char	event_id[ID_SIZE];
	int64_t	next_attempt_at;
};

static size_t
read_waiting(struct conn *c, const struct sender_claim *claim,
    const struct sender_target *t, struct waiting page[PAGE])
{
	struct rows *r = conn_rows(c, SQL_DELIVERIES_WAITING, "tiii", t->id,
	    claim->due, claim->lease_far, (int64_t)PAGE);
	size_t n = 0;

	for (; n < PAGE && row_next(r); n++) {
		snprintf(page[n].id, ID_SIZE, "%s", row_text(r, 0));
		snprintf(page[n].event_id, ID_SIZE, "%s", row_text(r, 1));
		page[n].next_attempt_at = row_int(r, 2);
	}
	row_done(r);
	return n;
}

/*
 * When it is worth to look at a delivery again because an earlier event of
 * its payment is still on its way: after that one's attempt or pause, and in
 * any case after it in the index. -1: nothing is before it.
 */
static int64_t
deferred_until(struct conn *c, const struct sender_claim *claim,
    const struct sender_target *t, const struct waiting *w)
{
	struct rows *r = conn_rows(c, SQL_DELIVERY_BEFORE, "tt", w->event_id,
	    t->id);
	int64_t until = -1;

	if (row_next(r)) {
		int64_t lease = row_int(r, 1);
		until = row_int(r, 0);
		if (lease > until && lease <= claim->lease_far)
			until = lease;
		if (until < w->next_attempt_at)
			until = w->next_attempt_at;
		until++;
	}
	row_done(r);
	return until;
}

/*
 * Claims those that nothing is before, and puts the others off, so that
 * however many wait, each is looked at once for each attempt of the one
 * before it.
 */
static int64_t
claim_in_order(struct conn *c, struct sender_claim *claim,
    struct sender_target *t, int64_t n, bool probe)
{
	struct waiting page[PAGE];
	int64_t taken = 0;
	size_t got = PAGE;

	for (int looks = 0; got == PAGE && taken < n; looks += PAGE) {
		if (looks >= LOOKS_MAX) {
			claim->again = true;
			break;
		}
		got = read_waiting(c, claim, t, page);
		for (size_t i = 0; i < got && taken < n; i++) {
			int64_t until = deferred_until(c, claim, t, &page[i]);
			if (until < 0)
				taken += take_rows(c, claim, t, probe,
				    conn_rows(c, SQL_DELIVERY_FREE, "t",
				    page[i].id));
			else
				conn_run(c, SQL_DELIVERY_DEFER, "it", until,
				    page[i].id);
		}
	}
	return taken;
}

static void
claim_turn(struct conn *c, struct sender_claim *claim,
    struct sender_target *t, const struct turn *turn, int64_t n)
{
	int64_t now_us = claim->now * 1000, taken;

	if (turn->rate > 0) {
		int64_t allowed = sender_rate_allows(turn->rate,
		    turn->rate_free_at, now_us);
		n = n < allowed ? n : allowed;
	}
	if (turn->probe)
		n = n < 1 ? n : 1;
	if (n <= 0)
		return;
	taken = turn->ordered ?
	    claim_in_order(c, claim, t, n, turn->probe) :
	    claim_any(c, claim, t, SQL_DELIVERIES_FREE, n, turn->probe);
	if (taken > 0 && turn->rate > 0)
		conn_run(c, SQL_ENDPOINT_SPEND, "it", sender_rate_spend(
		    turn->rate, turn->rate_free_at, now_us, taken), t->id);
	/* If it dies with us, the next one is due when the lease ends. */
	if (taken > 0 && turn->probe)
		conn_run(c, SQL_ENDPOINT_PROBING, "it", claim->lease_until,
		    t->id);
}

static void
claim_target(struct conn *c, struct sender_claim *claim,
    struct sender_target *t)
{
	int64_t n = (int64_t)t->share;
	struct turn turn;

	if (!read_turn(c, claim, t, &turn))
		return;
	t->ordered = turn.ordered;
	n = n < turn.places ? n : turn.places;
	if (n <= 0)
		return;
	if (turn.open || turn.probe)
		claim_turn(c, claim, t, &turn, n);
	else
		claim_any(c, claim, t, SQL_DELIVERIES_FREE_ASKED, n, false);
}

/* What an endpoint's deliveries are signed with, once for all of them. */
static void
read_signer(struct conn *c, struct sender_claim *claim,
    struct sender_target *t)
{
	if (t->signer != NULL)
		return;
	t->signer = arena_alloc(claim->arena, sizeof(*t->signer));
	webhook_signer_read(c, claim->setup->vault, t->id, t->ed25519,
	    claim->now, claim->arena, t->signer);
}

void
sender_claim_wipe(struct sender_claim *claim)
{
	for (size_t i = 0; i < claim->n; i++) {
		struct sender_target *t = &claim->targets[i];
		if (t->signer != NULL)
			webhook_signer_wipe(t->signer);
		t->signer = NULL;
	}
}

void
sender_claim_begin(struct sender_claim *claim)
{
	sender_claim_wipe(claim);
	claim->dealt = 0;
	claim->list = NULL;
	claim->again = false;
	claim->now = clock_now();
	claim->lease_until = sender_lease_until(&claim->setup->conf,
	    claim->now);
	claim->lease_far = sender_lease_far(&claim->setup->conf, claim->now);
}

bool
sender_claim_read(struct sender_claim *claim, struct conn *c)
{
	read_targets(claim, c);
	if (conn_failed(c) == NULL)
		return true;
	log_warn("database: %s", conn_failed(c));
	conn_forgive(c);
	claim->n = 0;
	return false;
}

void
sender_claim_take(struct conn *c, struct sender_claim *claim)
{
	sender_claim_wipe(claim);
	claim->list = NULL;
	claim->end = &claim->list;
	claim->again = false;
	for (size_t i = 0; claim->dealt > 0 && i < claim->n; i++)
		if (claim->targets[i].share > 0)
			claim_target(c, claim, &claim->targets[i]);
	for (struct sender_claimed *d = claim->list; d != NULL; d = d->next)
		read_signer(c, claim, d->target);
}
