/* SPDX-License-Identifier: ISC */
/*
 * payout.h - the rails that money leaves on, in one shape.
 *
 * GBP, EUR and USD go over Wise, every other currency over Mercury (clive.md
 * 4.10). A payout may take several questions: each call of `ask` asks the next
 * one, and the caller writes down what it was told before it asks again, so
 * that no question is asked twice whose first answer is on record. The key, a
 * UUID, names the payout to the rail: asked again with the same key it pays
 * once. A rail never touches the database.
 */
#ifndef PAYOUT_H
#define PAYOUT_H

#include "amount.h"
#include "conf.h"
#include "conn.h"

enum payout_fate {
	PAYOUT_STEP,		/* quote or transfer is new: ask on */
	PAYOUT_SENT,		/* final: transfer is its name */
	PAYOUT_REFUSED,		/* certainly nothing was paid, nor will be */
	PAYOUT_UNKNOWN		/* perhaps: ask again with the same key */
};

/* What is to be paid. */
struct payout_order {
	const char	*key;
	bool		 again;		/* asked before, and what became of
					   that is unknown */
	struct amount	 amount;	/* more than zero */
	const char	*recipient;	/* the rail's name for who gets it */
	const char	*reference;	/* our name of the batch */
	const char	*quote;		/* what earlier answers said; NULL */
	const char	*transfer;
};

/* What a question brought. Texts live in the arena of the call. */
struct payout_answer {
	enum payout_fate	 fate;
	const char		*quote;
	const char		*transfer;
	const char		*message;	/* for people; never a secret */
};

struct payout_rail {
	const char		*name;
	bool			(*configured)(const struct conf *);
	/* Can this be the name of a recipient there? */
	bool			(*recipient)(const char *);
	/* Outside of any transaction; blocks as fetch_run does. */
	struct payout_answer	(*ask)(struct arena *, const struct conf *,
				    const struct payout_order *);
};

/* The rail of a currency; one by its name, or NULL. */
const struct payout_rail *payout_rail_of(const char *currency);
const struct payout_rail *payout_rail_find(const char *name);

/* Their names, ended by NULL. */
extern const char *const payout_rail_names[];

/*
 * Who gets a client's money of a currency over a rail: the client's own
 * account before its partner's, that of the currency before that of any. NULL
 * where there is none (or conn_failed).
 */
const char	*payout_recipient(struct conn *, struct arena *,
		    const char *partner_id, const char *client_id,
		    const char *currency, const char *rail);

/* Sets it, with the audit event; client_id "": for all clients without one
 * of their own, currency "*": for any. */
void		 payout_account_set(struct conn *, struct arena *,
		    int64_t now, const char *partner_id,
		    const char *client_id, const char *currency,
		    const char *rail, const char *recipient,
		    const char *actor);

#endif
