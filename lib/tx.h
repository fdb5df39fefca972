/* SPDX-License-Identifier: ISC */
/*
 * tx.h - payments: their states, the legal moves between them, and their
 * form in API answers.
 */
#ifndef TX_H
#define TX_H

#include "amount.h"
#include "conn.h"
#include "fee.h"
#include "json.h"

enum tx_status {
	TX_INITIALIZED,
	TX_PENDING,
	TX_SUCCEEDED,
	TX_FAILED,
	TX_REFUNDED,
	TX_CHARGEBACK,
	TX_ABANDONED,
	TX_STATUS_COUNT
};

/* A payment as the database has it. Texts live in the arena of the read. */
struct tx {
	const char	*clive_tx_id;
	const char	*partner_id;
	const char	*client_id;
	struct amount	 amount;
	const char	*echezona_reference;
	const char	*meta;			/* raw JSON; NULL: none */
	enum tx_status	 status;
	const char	*processor;
	const char	*processor_ref;		/* NULL before it is attached */
	bool		 has_fee;		/* fee is filled in */
	struct fee	 fee;
	int64_t		 refunded;
	int64_t		 disputed;
	const char	*settlement_status;
	int64_t		 created_at, updated_at;
	const char	*partner_name, *client_name;
	const char	*email;			/* NULL: not said */
	const char	*fee_rule_id;		/* NULL: not opened by rule */
	bool		 payments;		/* opened through the Payments
						   API: it has an intent */
	bool		 live;			/* of those: by a live key */
	int64_t		 refunding;		/* lib/refund.h, as below */
	int64_t		 told_refunded;
};

/* "pending" and back; TX_STATUS_COUNT for a word that is none. */
const char	*tx_status_name(enum tx_status);
enum tx_status	 tx_status_of(const char *);

/* The words, ended by NULL, for field tables. */
extern const char *const tx_status_names[];

/* May a payment go from one state to the other? (clive.md 5) */
bool		 tx_may_move(enum tx_status from, enum tx_status to);

/*
 * Reads one payment by its public id, or by the processor's name for it.
 * NULL where there is none (or conn_failed).
 */
struct tx	*tx_find(struct conn *, struct arena *, const char *clive_tx_id);
struct tx	*tx_find_by_ref(struct conn *, struct arena *,
		    const char *processor, const char *ref);

/* Reads the current row of any statement that selects the columns of
 * TX_COLUMNS in sql.c. */
struct tx	*tx_of_row(struct rows *, struct arena *);

/*
 * Opens a payment in the caller's transaction, with its audit event. tx holds
 * partner, client, amount, reference and processor; id, status and times are
 * filled in. meta.p is NULL where there is none.
 */
void		 tx_open(struct conn *, struct arena *, int64_t now,
		    struct tx *, struct slice meta, const char *actor);

enum tx_attach {
	TX_ATTACH_DONE,
	TX_ATTACH_TAKEN,	/* another payment has this reference */
	TX_ATTACH_CLOSED	/* the payment is no longer `initialized` */
};

/* Links an initialized payment with the processor's name for it: pending. */
enum tx_attach	 tx_attach(struct conn *, struct arena *, int64_t now,
		    struct tx *, const char *ref, const char *actor);

/*
 * Moves a payment to another state: the row, the ledger of a success, the
 * audit event, the partner's event and its deliveries, all in the caller's
 * transaction. False, with nothing changed, where the table of moves does not
 * allow it or another writer was first. tx is brought up to date.
 */
bool		 tx_move(struct conn *, struct arena *, int64_t now,
		    struct tx *, enum tx_status to, const char *actor);

/* The 22 documented members (clive.md 4.7) into an open object. */
void		 tx_write(struct jsonw *, const struct tx *);

#endif
