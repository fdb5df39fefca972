/* SPDX-License-Identifier: ISC */
/*
 * webhook.h - the endpoints where partners and merchants want to be told, and
 * the secrets that their deliveries are signed with.
 *
 * A merchant (a client of a partner that calls the Payments API, "payments")
 * has endpoints of its own in each mode. They get its events alone, and its
 * partner neither sees nor changes them.
 *
 * Every change happens in the caller's transaction, which waits for its turn
 * at the audit log first, and leaves an audit event that says what was before
 * and what is now, never a secret. A URL's query may hold one, so of that the
 * log has the beginning of a digest, which shows a change, and the partner's
 * other endpoints are told none of it; what is secret in a path is no secret
 * here. Complaints are sentences for the person who asked.
 *
 * An endpoint that has to prove that it wants our webhooks (proof.h) has to
 * do so again when its URL changes, for as long as it has not done so, and
 * with the setting webhook_prove always. Switching it off and on is no way
 * around that for whose it is (an actor "key:..." or "merchant:..."); anybody
 * else who switches it on vouches for it.
 */
#ifndef WEBHOOK_H
#define WEBHOOK_H

#include "conf.h"
#include "conn.h"
#include "id.h"
#include "json.h"
#include "schedule.h"
#include "vault.h"

enum {
	WEBHOOK_SECRET_MIN = 16,	/* characters of a chosen secret */
	WEBHOOK_SECRET_MAX = 200,
	WEBHOOK_SECRETS_MAX = 10,	/* of one endpoint that sign at once */
	WEBHOOK_NAME_MAX = 100,		/* characters */
	WEBHOOK_EVENTS_MAX = 64,	/* event types of one endpoint */
	WEBHOOK_RATE_MAX = 10000,	/* deliveries a second */
	WEBHOOK_PARALLEL_MAX = 1000,
	WEBHOOK_WAITING_MAX = 10000	/* so far waiting deliveries count */
};

struct webhook_signer;

/* How long an old secret signs beside its successor, in milliseconds. */
#define WEBHOOK_OVERLAP	(INT64_C(24) * 60 * 60 * 1000)		/* default */
#define WEBHOOK_OVERLAP_MAX (INT64_C(7) * 24 * 60 * 60 * 1000)

/* How long after its last question a listener counts as there. */
#define WEBHOOK_LISTENER_MS (INT64_C(2) * 60 * 1000)

/* What a partner may choose of an endpoint. Texts live as long as needed. */
struct webhook_settings {
	const char		*name;
	const char		*url;		/* NULL: a listener */
	const char *const	*events;	/* ended by NULL */
	struct schedule		 schedule;
	int64_t			 rate_limit;	/* a second; 0: none */
	int64_t			 max_parallel;	/* 0: as the settings say */
	bool			 ordered;
	bool			 ed25519;
};

/* A new endpoint. */
struct webhook {
	const char		*partner_id;
	const char		*client_id;	/* the merchant whose it is */
	const char		*api;		/* "clive" or "payments" */
	bool			 livemode;	/* of a merchant's */
	struct webhook_settings	 settings;
	const char		*secret;	/* in clear; wipe after use */
	bool			 prove;		/* starts unproven, and is
						   sent a challenge; so does
						   each with webhook_prove */
	char			 id[ID_SIZE];	/* filled in */
};

/* An endpoint as the database has it. Texts live in the arena of the read. */
struct webhook_row {
	const char		*id;
	const char		*partner_id;
	const char		*client_id;	/* NULL: no merchant's */
	const char		*name;
	const char		*url;		/* NULL: a listener */
	const char		*api;
	bool			 livemode;
	const char		*status;	/* active, disabled, unproven,
						   deleted */
	const char		*disabled_reason;	/* or NULL */
	struct schedule		 schedule;
	int64_t			 rate_limit, max_parallel;	/* 0: none */
	bool			 ordered, ed25519;
	int64_t			 last_duration_ms;	/* -1: none */
	int64_t			 last_success_at;	/* 0: never */
	int64_t			 failing_since, failures, warned_at;
	int64_t			 hold_until, probe_at, seen_at;	/* 0: none */
	int64_t			 created_at, updated_at;
	bool			 proven;	/* or it need not be */
};

/*
 * Is this an acceptable endpoint (lib/egress.h; in live mode https)? NULL, or
 * a sentence, which is good until this thread's next call.
 */
const char	*webhook_check_url(const struct conf *, const char *url);

/*
 * Is this an event type that an endpoint of this API can subscribe to? With
 * "payments" OUTBOX_EVERYTHING is one as well.
 */
bool		 webhook_known_event(const char *api, const char *type);

/*
 * Makes an endpoint. NULL, or a sentence that says what is wrong (no such
 * partner or client, name, URL, secret or event type).
 */
const char	*webhook_add(struct conn *, const struct vault *,
		    const struct conf *, struct webhook *, int64_t now,
		    const char *actor);

/*
 * Writes all settings of an endpoint anew; a row's own, changed where asked,
 * are what to start from (webhook_settings_of). Where a new URL has to be
 * proved the endpoint is unproven until it answers a new challenge; one that
 * a person or 410 has disabled stays disabled. NULL, or a sentence.
 */
const char	*webhook_change(struct conn *, const struct vault *,
		    const struct conf *, const struct webhook_row *,
		    const struct webhook_settings *, int64_t now,
		    const char *actor);

/* The settings that a row has, with its events. */
void		 webhook_settings_of(struct conn *, struct arena *,
		    const struct webhook_row *, struct webhook_settings *);

/* NULL where there is none, where it is deleted (or conn_failed). */
struct webhook_row *webhook_find(struct conn *, struct arena *,
		    const char *id);

/* The current row of SQL_ENDPOINT_FIND or SQL_ENDPOINTS. */
struct webhook_row *webhook_of_row(struct rows *, struct arena *);

/*
 * Gives an endpoint a new secret. The ones before it sign beside it for
 * overlap milliseconds more, 0 to WEBHOOK_OVERLAP_MAX. NULL, or a sentence.
 */
const char	*webhook_rotate(struct conn *, const struct vault *,
		    const char *id, const char *secret, int64_t overlap,
		    int64_t now, const char *actor);

/*
 * Switches an endpoint on or off; false where there is none or it is so.
 * Switching on forgets its failures; with skip what it missed is marked
 * failed and can be replayed, else it goes out now. *waiting is how many
 * deliveries that is. Its partner gets one that is not proven no further than
 * to unproven, with a new challenge on its way; so does its merchant.
 */
bool		 webhook_enable(struct conn *, const char *id, bool skip,
		    int64_t now, const char *actor, int64_t *waiting);
bool		 webhook_disable(struct conn *, const char *id,
		    const char *reason, int64_t now, const char *actor);

/*
 * Tells the partner's other endpoints how this one is, by an event of
 * outbox_endpoint_event_types. webhook_enable and webhook_disable do. Of a
 * merchant's endpoint nobody is told: its API has no such events, and it is
 * not the partner's.
 */
void		 webhook_tell(struct conn *, const char *id,
		    const char *event, int64_t now);

/*
 * Sends an endpoint a challenge (proof.h), whatever its state; false where
 * there is none, or it is a listener. With webhook_proven it has answered:
 * one that was unproven is active from now on.
 */
bool		 webhook_prove(struct conn *, const char *id, int64_t now,
		    const char *actor);
void		 webhook_proven(struct conn *, const char *id, int64_t now,
		    const char *actor);

/*
 * Takes an endpoint out of use for good: nothing is sent to it any more, its
 * log stays. False where there is none.
 */
bool		 webhook_delete(struct conn *, const char *id, int64_t now,
		    const char *actor);

/*
 * The secrets that sign now, the newest first, in clear; wipe each after use.
 * Returns how many; one that does not open with the master key is left out.
 */
size_t		 webhook_secrets(struct conn *, const struct vault *,
		    const char *id, int64_t now, struct arena *,
		    char *out[WEBHOOK_SECRETS_MAX]);

/*
 * All that an endpoint's deliveries are signed with now: its secrets and,
 * where it asked for that, the gateway's keys. False where no secret opens;
 * either way webhook_signer_wipe it after use.
 */
bool		 webhook_signer_read(struct conn *, const struct vault *,
		    const char *id, bool ed25519, int64_t now,
		    struct arena *, struct webhook_signer *);

/* The newest one's last four characters after ****; NULL: it does not open. */
const char	*webhook_masked(struct conn *, const struct vault *,
		    const char *id, int64_t now, struct arena *);

/* A random secret: whsec_ and 256 bits in base64; out holds 64 bytes. */
void		 webhook_make_secret(char out[64]);

/*
 * An endpoint as the command and the APIs show it. secret is shown as given
 * (in clear right after it was made, else masked).
 */
void		 webhook_write(struct jsonw *, struct conn *,
		    const struct webhook_row *, const char *secret);
/* The same as a member of an object. */
void		 webhook_write_member(struct jsonw *, const char *key,
		    struct conn *, const struct webhook_row *,
		    const char *secret);

#endif
