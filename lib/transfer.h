/* SPDX-License-Identifier: ISC */
/*
 * transfer.h - what moved between wallets, as the API shows and tells it.
 *
 * A movement of kind `transfer` is what POST /v1/transfers made; its merchant
 * sees and is told of it as a transfer. Whoever has a wallet sees all that
 * came into it and went out of it as its transactions.
 */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "wallet.h"

/* A row of wallet_transfer. Texts live in the arena of the read. */
struct transfer {
	const char	*id;		/* tr_... */
	const char	*kind;
	const char	*from_wallet, *to_wallet;
	bool		 live;
	struct amount	 amount;
	const char	*intent_id, *refund_id;		/* or NULL */
	const char	*partner_id, *client_id;	/* of transfers */
	const char	*to_phone;	/* whom a transfer named, or NULL */
	const char	*description;	/* or NULL */
	const char	*metadata;	/* raw JSON; NULL: none */
	int64_t		 created_at;
};

/* Reads the current row of a statement with TRANSFER_COLUMNS of sql.c. */
struct transfer	*transfer_of_row(struct rows *, struct arena *);

/* NULL where there is none (or conn_failed). */
struct transfer	*transfer_find(struct conn *, struct arena *,
		    const char *id);

/* Is it a transfer that this merchant made? */
bool		 transfer_is_of(const struct transfer *,
		    const struct merchant *);

/*
 * The wallet that a transfer goes to, in the caller's transaction: that of a
 * buyer's phone number, which may be new, or the one of this name; the other
 * is NULL. FAULT_NOT_FOUND where there is none in the merchant's mode,
 * FAULT_CURRENCY where it is of another currency, FAULT_FIELD_WRONG for both
 * or neither.
 */
const struct fault *transfer_recipient(struct conn *, struct request *,
		    const char *phone_number, const char *wallet,
		    const char *currency, const struct wallet **to);

/*
 * The transfer object, as a member (key) or on its own (NULL). The recipient
 * is shown as the sender named it: who sends to a wallet learns no phone
 * number, who sends to a number learns no wallet.
 */
void		 transfer_write(struct jsonw *, const char *key,
		    const struct transfer *, const char *status);

/* One of a wallet's transactions, from its point of view: what it paid is
 * negative. */
void		 transfer_write_entry(struct jsonw *,
		    const struct transfer *, const char *wallet_id);

/*
 * Puts a transfer that was just made on record and tells its merchant:
 * transfer.created, then transfer.succeeded. In the caller's transaction.
 */
void		 transfer_tell(struct conn *, struct arena *, int64_t now,
		    const struct transfer *, const char *actor);

#endif
