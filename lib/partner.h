/* SPDX-License-Identifier: ISC */
/*
 * partner.h - partners and their clients (merchants).
 */
#ifndef PARTNER_H
#define PARTNER_H

#include "request.h"

/* How a payment form looks; NULL where unset. */
struct branding {
	const char	*display_name;
	const char	*logo_url;
	const char	*primary_color;
	const char	*secondary_color;
	const char	*widget_background_color;
	const char	*widget_text_color;
	const char	*website_url;
};

/* Texts live in the arena of the read. */
struct partner {
	const char	*partner_id;
	const char	*legal_name;
	const char	*status;	/* active, inactive, suspended */
	const char	*kyc_status;	/* approved, pending, rejected */
	int64_t		 fee_ppm;
	struct branding	 brand;
	int64_t		 created_at, updated_at;
};

struct client {
	const char	*id;
	const char	*partner_id;
	const char	*client_id;
	const char	*legal_name;
	const char	*status;	/* active, suspended, pending_kyc */
	int64_t		 fee_ppm;	/* -1: none of its own */
	int64_t		 fee_flat_cents;	/* -1: none */
	struct branding	 brand;
	int64_t		 created_at, updated_at;
};

extern const char *const partner_statuses[];
extern const char *const partner_kyc_statuses[];
extern const char *const client_statuses[];

/* Of a partner or client that is made: letters, digits, _ and -; NULL, or what
 * is wrong, as in field.h. */
const char	*partner_check_id(const char *);

/* NULL where there is none (or conn_failed). */
struct partner	*partner_find(struct conn *, struct arena *,
		    const char *partner_id);
struct client	*client_find(struct conn *, struct arena *,
		    const char *partner_id, const char *client_id);

/* The current row of SQL_PARTNER_FIND or SQL_PARTNERS; of SQL_CLIENT_FIND or
 * SQL_CLIENTS. */
struct partner	*partner_of_row(struct rows *, struct arena *);
struct client	*client_of_row(struct rows *, struct arena *);

/*
 * May this client of this partner take payments now? NULL, or the first
 * reason against: PARTNER_NOT_FOUND, PARTNER_NOT_ACTIVE, KYC_NOT_APPROVED,
 * CLIENT_NOT_FOUND, CLIENT_NOT_ACTIVE.
 */
const struct fault *partner_may_take_payments(struct conn *, struct arena *,
		    const char *partner_id, const char *client_id);

/*
 * Makes a partner in the caller's transaction, with its audit event. False
 * where the id is taken. Audit events hold "after", and of a change "before".
 */
bool		 partner_add(struct conn *, const struct partner *,
		    int64_t now, const char *actor);

/* Writes every changeable member of a partner or client back, with its audit
 * event. False where there is none. */
bool		 partner_update(struct conn *, const struct partner *,
		    int64_t now, const char *actor);
bool		 client_update(struct conn *, const struct client *,
		    int64_t now, const char *actor);

/*
 * Makes a client in the caller's transaction, with its audit event; id and
 * times are filled in. CLIENT_ALREADY_EXISTS, or CLIENT_FEE_BELOW_CLIVE_FEE
 * where its own fee is below the partner's.
 */
const struct fault *client_add(struct conn *, const struct partner *,
		    struct client *, struct arena *, int64_t now,
		    const char *actor);

/* All of a partner, as commands and operators' pages have it. */
void		 partner_write(struct jsonw *, const char *key,
		    const struct partner *);

/* The nine members of a client in API answers (clive.md 4.5). */
void		 client_write(struct jsonw *, const struct client *);

#endif
