/* SPDX-License-Identifier: ISC */
/*
 * client-change.h - making and changing clients as operators ask for it.
 */
#ifndef CLIENT_CHANGE_H
#define CLIENT_CHANGE_H

#include "app.h"
#include "partner.h"

struct client_change {
	const char	*partner_id;
	const char	*client_id;	/* of a new one */
	const char	*legal_name;	/* NULL: not said */
	const char	*status;
	int64_t		 fee_ppm;	/* -1: not said, or null */
	int64_t		 fee_flat_cents;
};

/* What fills it for a new one; for a change, which the path names. */
extern const struct field client_add_fields[];
extern const struct field client_change_fields[];

/* The members of client_write with those of the look, as an object. */
void		 client_change_write(struct jsonw *, const struct client *);

/* Answers with one. Returns NULL. */
const struct fault *client_change_answer(struct request *, int status,
		    const struct client *);

/* The changes of a struct action; cgi-bin/api/v1/admin/clients.c says what
 * they refuse and answer. */
const struct fault *client_change_add(struct conn *, struct request *,
		    void *);
const struct fault *client_change_set(struct conn *, struct request *,
		    void *);

#endif
