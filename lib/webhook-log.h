/* SPDX-License-Identifier: ISC */
/*
 * webhook-log.h - what was told to whom: lists of events and deliveries, and
 * one of them with every attempt.
 *
 * Lists are {"items":[...],"nextCursor":text or null}, the newest first, the
 * cursor being the last id of the page. They read a page of an index, unless
 * a filter that is seldom met makes them look further.
 *
 *   delivery  id, event_id, event_type, endpoint_id, endpoint_name, url,
 *             partner_id, client_id (of a merchant's), clive_tx_id, origin
 *             (the delivery it repeats),
 *             status, attempts, next_attempt_at (while it is due),
 *             last_status and last_error (of the last attempt), created_at,
 *             updated_at
 *   event     id, type, partner_id, client_id (as above), api, livemode,
 *             clive_tx_id, created_at
 */
#ifndef WEBHOOK_LOG_H
#define WEBHOOK_LOG_H

#include "arena.h"
#include "conn.h"
#include "json.h"

enum { WEBHOOK_LOG_LIMIT_MAX = 500 };

/* The filters of a list; what is NULL or empty matches everything. */
struct webhook_log {
	int64_t		 limit;		/* rows; 1 to WEBHOOK_LOG_LIMIT_MAX */
	const char	*cursor;	/* NULL: from the newest */
	const char	*partner_id;
	const char	*clive_tx_id;
	const char	*event_type;
	const char	*endpoint;	/* deliveries alone */
	const char	*status;	/* deliveries alone */
	int64_t		 from, to;	/* created in [from, to) */
	bool		 merchants;	/* also what is a merchant's */
};

/* The states of a delivery, ended by NULL. */
extern const char *const webhook_delivery_statuses[];

/* Writes the members items and nextCursor into an open object. */
void		 webhook_log_deliveries(struct conn *, struct arena *,
		    struct jsonw *, const struct webhook_log *);
void		 webhook_log_events(struct conn *, struct arena *,
		    struct jsonw *, const struct webhook_log *);

/*
 * The partner whose delivery, or event, this is, or whose merchant's: then
 * *client_id says which, else it is NULL. NULL: there is none.
 */
const char	*webhook_log_partner_of_delivery(struct conn *,
		    struct arena *, const char *id, const char **client_id);
const char	*webhook_log_partner_of_event(struct conn *, struct arena *,
		    const char *id, const char **client_id);

/* Writes one delivery as an object (key NULL: within an array). */
void		 webhook_log_delivery(struct conn *, struct jsonw *,
		    const char *key, const char *id);

/*
 * Writes a delivery with all that is known of it into an open object:
 *   delivery  as above
 *   event     as above, with its body (a text, byte for byte)
 *   attempts  of each number, started_at, duration_ms, request_head,
 *             response_status, response_head, response_body,
 *             response_length, error
 *   curl      a line for a shell (bash, where the body is not plain ASCII)
 *             that sends the last attempt again, or null
 */
void		 webhook_log_explain_delivery(struct conn *, struct arena *,
		    struct jsonw *, const char *id);

/* An event with its body, and its deliveries: event, deliveries. */
void		 webhook_log_explain_event(struct conn *, struct arena *,
		    struct jsonw *, const char *id);

#endif
