/* SPDX-License-Identifier: ISC */
/*
 * wallet.h - money that we hold for buyers and merchants.
 *
 * A wallet holds one currency in one mode. A row of wallet_transfer moves an
 * amount from one wallet to another of its currency and mode, is never
 * changed and never deleted; the balance of a wallet is the running sum of
 * its transfers, and a constraint keeps it from going below zero. The wallet
 * `outside`, one a mode and currency, stands for the world and may: with it,
 * all wallets of a mode and currency sum to zero.
 *
 *   top_up      outside  -> a wallet     an operator (clive wallet fund), or
 *                                        the fake money of a test buyer
 *   withdrawal  a wallet -> outside      an operator
 *   transfer    merchant -> anybody's    POST /v1/transfers
 *   payment     buyer    -> outside      a payment of this amount
 *   refund      outside  -> buyer        a refund of this amount
 *
 * How this agrees with the ledger of payments (ledger.h): the payment's
 * processor is called "wallet". The capture says that the wallets owe us what
 * the partner is owed; the transfer of kind `payment` takes the same amount
 * out of a wallet, so what we hold for others falls by what we owe the
 * partner more. A refund does both the other way round. Therefore, of each
 * payment, transfers of kind `payment` are as much as its `capture` entries,
 * and those of kind `refund` as its `refund` entries: `clive verify` compares
 * them, besides the balances and the sums.
 */
#ifndef WALLET_H
#define WALLET_H

#include "buyer.h"
#include "intent.h"

/* Of processor names, payment types, fee rules and ledger accounts. */
#define WALLET_PROCESSOR "wallet"

/* Texts live in the arena of the read. */
struct wallet {
	const char	*id;		/* wal_... */
	const char	*kind;		/* buyer, merchant, outside */
	bool		 live;
	char		 currency[4];
	int64_t		 balance;	/* minor units */
	const char	*buyer_id;	/* of a buyer, else NULL */
	const char	*phone_number;	/* the same */
	const char	*partner_id, *client_id;	/* of a merchant */
	int64_t		 created_at, updated_at;
};

/* NULL where there is none (or conn_failed). */
struct wallet	*wallet_find(struct conn *, struct arena *, const char *id);

/*
 * Somebody's wallet in a currency; the second kind of each makes it where it
 * is missing, in the caller's transaction.
 */
struct wallet	*wallet_of_buyer(struct conn *, struct arena *,
		    const struct buyer *, const char *currency);
struct wallet	*wallet_of_merchant(struct conn *, struct arena *,
		    const char *partner_id, const char *client_id, bool live,
		    const char *currency);
struct wallet	*wallet_open_of_buyer(struct conn *, struct arena *,
		    int64_t now, const struct buyer *, const char *currency);
struct wallet	*wallet_open_of_merchant(struct conn *, struct arena *,
		    int64_t now, const char *partner_id,
		    const char *client_id, bool live, const char *currency);
struct wallet	*wallet_open_outside(struct conn *, struct arena *,
		    int64_t now, bool live, const char *currency);

/* Reads the current row of a statement with WALLET_COLUMNS of sql.c. */
struct wallet	*wallet_of_row(struct rows *, struct arena *);

/* The wallet as an object of the API: "object", "balance" ... */
void		 wallet_write(struct jsonw *, const struct wallet *);

enum wallet_kind {
	WALLET_TOP_UP,
	WALLET_WITHDRAWAL,
	WALLET_TRANSFER,
	WALLET_PAYMENT,
	WALLET_REFUND
};

/* A movement that is to be made. */
struct wallet_move {
	enum wallet_kind	 kind;
	const struct wallet	*from, *to;
	int64_t			 minor;
	const char		*intent_id;	/* of payment and refund */
	const char		*refund_id;	/* of refund */
	const char		*partner_id;	/* of transfer: who sends */
	const char		*client_id;
	const char		*to_phone;	/* of transfer: whom it named */
	const char		*description;	/* or NULL */
	struct slice		 metadata;	/* p NULL: none */
	char			 id[ID_SIZE];	/* filled in: tr_... */
};

/*
 * Moves money in the caller's transaction; false, with nothing changed, where
 * `from` has not that much. The turn at the audit log comes first
 * (audit_queue), then the two wallets in the order of their names, so that
 * no two writers wait for each other.
 */
bool		 wallet_move(struct conn *, int64_t now,
		    struct wallet_move *) MUST_USE;

/*
 * Puts money into a wallet from outside, or takes it out, with its audit
 * event; description may be NULL. False where the wallet has not that much.
 */
bool		 wallet_fund(struct conn *, struct arena *, int64_t now,
		    const struct wallet *, int64_t minor,
		    const char *description, const char *actor) MUST_USE;
bool		 wallet_withdraw(struct conn *, struct arena *, int64_t now,
		    const struct wallet *, int64_t minor,
		    const char *description, const char *actor) MUST_USE;

/*
 * Pays a pending payment from a buyer's wallet, in the caller's transaction:
 * succeeded, or where the money does not suffice failed with
 * insufficient_funds. False where the payment can go to neither any more.
 * i->tx is read anew.
 */
bool		 wallet_pay(struct conn *, struct arena *, int64_t now,
		    struct intent *, const struct buyer *,
		    const char *actor);

/*
 * Gives money back to the wallet that a payment was made from, in the
 * caller's transaction; refund.h books the rest. False where it was not paid
 * by wallet.
 */
bool		 wallet_refund(struct conn *, struct arena *, int64_t now,
		    const char *intent_id, const char *refund_id,
		    int64_t minor) MUST_USE;

struct wallet_report {
	int64_t	wallets;
	int64_t	transfers;
	int64_t	bad;		/* findings */
	char	first_bad[80];	/* what the first is about; "" where none */
};

/*
 * Compares each wallet's balance with its transfers, the sum of all wallets
 * of a mode and currency with zero, and payments by wallet with the ledger.
 * True where all agree.
 */
bool		 wallet_verify(struct conn *, struct wallet_report *);

#endif
