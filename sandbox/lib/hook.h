/* SPDX-License-Identifier: ISC */
/*
 * hook.h - webhooks of a stand-in: queued with the change they tell of, sent
 * from the background of its program, tried again where they fail.
 *
 * The mode of a service (POST /control/webhooks) says what goes wrong:
 *	normal		nothing
 *	duplicate	each one is sent twice
 *	out_of_order	newest first, once nothing new came for 300 ms
 *	hold		kept until POST /control/webhooks/flush
 *	drop		never sent
 *	bad_signature	signed with another secret
 *	stale		signed an hour ago
 */
#ifndef HOOK_H
#define HOOK_H

#include "box.h"

/* The modes, blanks between them. */
extern const char hook_modes[];

struct hook_service {
	const char	*name;		/* "stripe" */
	/* Where they go unless the control API says otherwise: a path of the
	 * gateway. */
	const char	*path;
	/* The header line that signs a body at a time (ms); NULL: there is
	 * no secret. The wrong secret is wanted where bad. */
	const char	*(*sign)(struct box *, const char *body, int64_t at,
			    bool bad);
	/* Pauses after failed attempts (ms), 0 at their end; NULL: 1 s, 5 s
	 * and 30 s. */
	const int64_t	*pauses;
};

/* Queues an event's body. Within the caller's transaction. */
void	hook_queue(struct box *, const struct hook_service *,
	    const char *event, const char *body);

/*
 * Sends one that is due, and false where none is; for the background alone.
 * Calls delivered, if not NULL, within a transaction where a 2xx came.
 */
bool	hook_send(struct box *, const struct hook_service *,
	    void (*delivered)(struct box *, const char *event));

/* Where a service's webhooks go, and the mode. */
void	hook_look(struct box *, const char *service, const char **url,
	    const char **mode);

#endif
