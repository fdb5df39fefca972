/* SPDX-License-Identifier: ISC */
/*
 * outbox.h - telling partners: events and their deliveries.
 *
 * An event is written in the transaction of the change that it tells of,
 * with its exact bytes; the sender (cron/deliver.c) takes it from there.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "conn.h"
#include "id.h"
#include "tx.h"

/* The five documented event types of the partner API, ended by NULL. */
extern const char *const outbox_event_types[];

/* What an endpoint can hear of the partner's other endpoints; as well. */
extern const char *const outbox_endpoint_event_types[];

/* The event types of the Payments API; as well. */
extern const char *const outbox_merchant_event_types[];

/* How an endpoint of a merchant says that it wants all, now and later. */
#define OUTBOX_EVERYTHING "*"

/* The event a state is told with; NULL for states nobody is told of. */
const char	*outbox_event_of(enum tx_status);

/* An event to be told. */
struct outbox_event {
	char		 id[ID_SIZE];	/* made where it is empty */
	const char	*partner_id;
	const char	*client_id;	/* of "payments": the merchant; NULL */
	const char	*clive_tx_id;	/* NULL: not of a payment */
	const char	*api;		/* "clive" or "payments" */
	int64_t		 livemode;	/* -1 for "clive", else 0 or 1 */
	const char	*type;
	struct slice	 body;		/* what is sent, byte for byte */
	const char	*but;		/* an endpoint not told, or NULL */
	char		 delivery[ID_SIZE];	/* the last one written */
};

/*
 * Writes an event and a due delivery for each endpoint of the partner, or of
 * the merchant where it has one, of the event's API and mode, that is
 * subscribed to it, unless it is deleted or a listener that has gone: what an
 * endpoint that is off at present misses is kept for it. A merchant's events
 * are never for its partner's endpoints, nor for another merchant's.
 */
void		 outbox_write(struct conn *, int64_t now,
		    struct outbox_event *);

/* Writes an event for one endpoint alone, whatever it is subscribed to. */
void		 outbox_write_to(struct conn *, int64_t now,
		    struct outbox_event *, const char *endpoint);

/*
 * Writes an event of the Payments API, with id, time, mode and envelope
 * (soxara.md 12.10): object writes the member "object" of what it is about.
 * To all who are subscribed, or where endpoint is set to that one alone.
 */
typedef void	 outbox_object(struct jsonw *, const void *about);
void		 outbox_write_object(struct conn *, int64_t now,
		    struct outbox_event *, const char *endpoint,
		    outbox_object *, const void *about);

/*
 * The nine keys of the webhook body in their documented order, meta byte for
 * byte (clive.md 7).
 */
void		 outbox_body(struct buf *, const struct tx *,
		    const char *event_type);

/*
 * outbox_write for the event of tx's present state; nothing for states
 * nobody is told of.
 */
void		 outbox_emit(struct conn *, int64_t now, const struct tx *);

#endif
