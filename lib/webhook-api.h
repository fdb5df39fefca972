/* SPDX-License-Identifier: ISC */
/*
 * webhook-api.h - the routes below /api/v1/webhooks and, for operators, below
 * /api/v1/admin/webhooks: the same actions for both.
 *
 * A partner's key sees and changes what is its partner's; whatever belongs to
 * another partner, or to a merchant (whose own /v1/webhook-endpoints and
 * /v1/events are), is not found. Platform-wide keys and operators may name any
 * partner, and operators see merchants' things as well. Partners' mutations
 * are signed and run once an idempotency key; operators' are for the roles
 * owner and support.
 */
#ifndef WEBHOOK_API_H
#define WEBHOOK_API_H

#include "app.h"
#include "replay.h"
#include "webhook.h"

/* A program of these: its path, and one of the tables below. */
int	webhook_api_main(const char *path, const struct action *,
	    bool operators);

/* /endpoints, /deliveries, /events (cgi-bin/api/v1/webhooks says more). */
extern const struct action webhook_endpoint_actions[];
extern const struct action webhook_delivery_actions[];
extern const struct action webhook_event_actions[];

/* /listen, for partners alone (lib/webhook-listen.c). */
extern const struct action webhook_listen_actions[];

/* ------------------------------------------------ for those tables alone */

/*
 * May the caller see and change what is this partner's, or this merchant's
 * (client_id; NULL: none's)?
 */
bool		 webhook_api_may(struct request *, const char *partner_id,
		    const char *client_id);

/* Does a list of this caller's show what is merchants'? */
bool		 webhook_api_sees_merchants(const struct request *);

/*
 * The partner whose things a list shows: the caller's, or the one that it
 * asks for and may name ("": all). False: what it asks for is another's.
 */
bool		 webhook_api_scope(struct request *, const char *asked,
		    const char **partner_id);

/*
 * The partner for whom something new is made: the caller's own, or the one
 * that it names. NULL, or a fault.
 */
const struct fault *webhook_api_partner(struct conn *, struct request *,
		    const char *named, const char **partner_id);

/* Who does it, for the audit log: key:<id> or operator:<email>. */
const char	*webhook_api_actor(struct request *);

/* The endpoint that the path names; NULL, or a fault. */
const struct fault *webhook_api_endpoint(struct conn *, struct request *,
		    struct webhook_row **);

/* A sentence of lib/webhook.c about a field, or NULL: about all of them. */
const struct fault *webhook_api_complain(struct conn *, struct request *,
		    const char *field, const char *wrong);

/*
 * Event types as somebody named them, "all" standing for those of payments,
 * and for every one with the Payments API; NULL where there is no such type.
 */
const char *const *webhook_api_events(struct request *, const char *api,
		    const char *const *named);

/* Writes an endpoint as a member, its secret masked. */
void		 webhook_api_write(struct jsonw *, const char *key,
		    struct request *, struct conn *, const char *id);

/*
 * Answers with an endpoint alone, its secret masked unless it is given.
 * Returns NULL.
 */
const struct fault *webhook_api_answer(struct conn *, struct request *,
		    int status, const char *id, const char *secret);

/*
 * Makes an endpoint, with a secret of ours where it has none, and answers
 * with it, its secret in clear. NULL, or a fault.
 */
const struct fault *webhook_api_add(struct conn *, struct request *,
		    struct webhook *);

/* What a replay was asked for, and how far it is (webhook-api-replay.c). */
struct webhook_replaying {
	int64_t			 from, to, failed_since;	/* -1: not said */
	int64_t			 dry_run;
	const char		*cursor;
	struct request		*rq;
	struct replay		 what;
	struct replay_at	 at, next;
	int64_t			 page, count;
};

extern const struct field webhook_replay_fields[];
const struct fault *webhook_replay_before(struct conn *, struct request *,
		    void *);
const struct fault *webhook_replay_ask(struct request *, void *);
const struct fault *webhook_replay_after(struct conn *, struct request *,
		    void *);

#endif
