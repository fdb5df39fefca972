/* SPDX-License-Identifier: ISC */
/*
 * intent.h - a payment as the Payments API knows it (soxara.md 3 and 8).
 *
 * An intent is a row beside the payment's own in tx, which has amount, state,
 * processor and ledger; its status is read off the transaction's. Its name is
 * pi_...; the client secret, with which the payer's browser may confirm it
 * and see it, is derived from the name under the master key and kept nowhere.
 */
#ifndef INTENT_H
#define INTENT_H

#include "merchant.h"
#include "request.h"
#include "tx.h"
#include "vault.h"

enum { INTENT_SECRET_SIZE = 96 };	/* bytes that hold a client secret */

/* Texts live in the arena of the read. */
struct intent {
	const char	*id;			/* pi_... */
	struct tx	*tx;
	bool		 live;
	const char	*description;		/* or NULL, as all below */
	const char	*method;		/* card, momo, soxara_wallet */
	const char	*method_detail;		/* JSON object */
	const char	*next_action;		/* JSON object */
	const char	*return_url;
	const char	*failure_code;
	const char	*failure_message;
	const char	*merchant_name;		/* as payers know it */
	int64_t		 busy_until;
	int64_t		 created_at, updated_at;
};

/* requires_payment_method, requires_action, succeeded, failed, canceled. */
const char	*intent_status(const struct intent *);

/* Reads one by its name, or by its transaction's. NULL where there is none
 * (or conn_failed). */
struct intent	*intent_find(struct conn *, struct arena *, const char *id);
struct intent	*intent_find_by_tx(struct conn *, struct arena *,
		    const char *clive_tx_id);

/* Reads the current row of SQL_INTENT_FIND, ..._BY_TX or SQL_INTENT_LIST. */
struct intent	*intent_of_row(struct rows *, struct arena *);

/*
 * The one that the path names and the request's caller may see: the
 * merchant's own of its mode, or with rq->payer the one whose client secret
 * it has. NULL, or FAULT_NOT_FOUND.
 */
const struct fault *intent_of_request(struct conn *, struct request *,
		    struct intent **);

/* What a new one is made from. */
struct intent_new {
	struct amount	 amount;
	const char	*description;	/* or NULL */
	const char	*reference;	/* for operators; NULL: the intent's
					   own name */
	struct slice	 metadata;	/* p NULL: none */
	const char	*return_url;	/* or NULL */
};

/*
 * Opens a payment of a merchant with its transaction (processor "none"),
 * audit event and payment.created, in the caller's transaction. Does not ask
 * whether the merchant may take payments.
 */
struct intent	*intent_open(struct conn *, struct arena *, int64_t now,
		    const struct merchant *, const struct intent_new *,
		    const char *actor);

/* <id>_secret_<40 hex digits>. Wipe it after use. Returns out. */
char		*intent_secret(const struct vault *, const char *id,
		    char out[INTENT_SECRET_SIZE]);

/* Is this the client secret of that intent? In constant time. */
bool		 intent_secret_is(const struct vault *, const char *id,
		    const char *secret);

/* Who will see it: the merchant gets all but the client secret, which is
 * for the answers to it alone; the payer's browser neither metadata nor whole
 * phone numbers; events are what the merchant sees. */
enum intent_view {
	INTENT_FOR_MERCHANT,
	INTENT_FOR_PAYER
};

/* The payment object, as a member (key) or on its own (NULL). secret: NULL,
 * or the client secret to be shown. */
void		 intent_write(struct jsonw *, const char *key,
		    const struct intent *, enum intent_view,
		    const char *secret);

/* Answers {"success":true,"data":<the payment>}; by view of the caller. */
void		 intent_answer(struct request *, int status,
		    const struct intent *);

/*
 * Tells the merchant's endpoints: an event of this type with the payment as
 * data.object, id evt_... In the caller's transaction.
 */
void		 intent_tell(struct conn *, int64_t now, const struct intent *,
		    const char *type);

/*
 * Called by tx_move for a payment of this API: drops next_action, and tells
 * payment.succeeded, .failed, .canceled or .disputed. Refunds are told by
 * refund.h.
 */
void		 intent_moved(struct conn *, struct arena *, int64_t now,
		    const struct tx *);

/*
 * Notes why the payment is about to fail, for the event of its failure: a
 * code of soxara.md 12.11 and a sentence, or NULL. Nothing where the
 * transaction is not of this API, or has a reason already.
 */
void		 intent_note_failure(struct conn *, int64_t now,
		    const struct tx *, const char *code,
		    const char *message);

#endif
