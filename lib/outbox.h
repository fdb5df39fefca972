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
#include "tx.h"

/* The five documented event types, ended by NULL. */
extern const char *const outbox_event_types[];

/* The event a state is told with; NULL for states nobody is told of. */
const char	*outbox_event_of(enum tx_status);

/*
 * The nine keys of the webhook body in their documented order, meta byte for
 * byte (clive.md 7).
 */
void		 outbox_body(struct buf *, const struct tx *,
		    const char *event_type);

/*
 * Writes the event of tx's present state and a due delivery for each active
 * endpoint subscribed to it; nothing for states nobody is told of.
 */
void		 outbox_emit(struct conn *, int64_t now, const struct tx *);

#endif
