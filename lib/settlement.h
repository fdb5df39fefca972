/* SPDX-License-Identifier: ISC */
/*
 * settlement.h - paying out what partners are owed, batch by batch (clive.md
 * 4.8 to 4.10).
 *
 * A batch holds the succeeded payments of one client in one currency that
 * were made before the current UTC day. What is owed for a payment is its net
 * amount less what has gone back of it; that figure is fixed on the payment
 * when it is queued. A batch's totals are the sums of its payments' figures:
 *
 *   gross = processor fees + platform fees + refunded + net
 *
 * and net is what is paid out, and what the ledger's entries of kind payout
 * sum to. What is not worth a batch (a group that comes to nothing or less)
 * stays unsettled and is netted against what follows. A payment with a refund
 * under way waits for its end.
 *
 * While no money of a batch has moved (pending, failed) a payment of which
 * anything goes back leaves it and is unsettled again; a batch that is left
 * empty is deleted, its history is in the audit log. From `sending` on a
 * batch stays as it is, an audit event says what came too late, and the
 * partner's balance in the ledger shows what it owes.
 */
#ifndef SETTLEMENT_H
#define SETTLEMENT_H

#include "field.h"
#include "payout.h"
#include "request.h"
#include "tx.h"

enum {
	SETTLEMENT_MAX = 200000,	/* payments of one batch, and of those
					   that one answer names */
	SETTLEMENT_PAGE = 1000,		/* written in one transaction */
	SETTLEMENT_LIST_MAX = 200
};

/* Texts live in the arena of the read; what is not there yet is NULL. */
struct settlement {
	const char	*id;
	const char	*partner_id;
	const char	*client_id;
	char		 currency[4];
	int64_t		 payments;
	int64_t		 gross, processor_fees, platform_fees, refunded, net;
	const char	*status;	/* pending, sending, sent, failed */
	const char	*rail;
	const char	*recipient;
	const char	*key;
	const char	*quote;
	const char	*transfer;
	int64_t		 busy_until;
	int64_t		 looks;
	const char	*failure;
	int64_t		 unbooked;	/* sent: payments not marked yet */
	int64_t		 created_at, updated_at;
	int64_t		 paid_at;	/* 0: not */
};

/* The words, ended by NULL, for field tables. */
extern const char *const settlement_statuses[];

/* NULL where there is none (or conn_failed). */
struct settlement *settlement_find(struct conn *, struct arena *,
		    const char *id);
struct settlement *settlement_of_row(struct rows *, struct arena *);

/*
 * The members of a batch into an open object; paid: those of its payout as
 * well, which the answer of a run does not have.
 */
void		 settlement_write(struct jsonw *, struct conn *,
		    const struct settlement *, bool paid);

/*
 * Something of a payment went back, is about to, or was charged back: called
 * in that transaction, after the change, by whoever makes it. Takes the
 * payment out of a batch whose money has not moved, else notes it in the
 * audit log.
 */
void		 settlement_touched(struct conn *, struct arena *,
		    int64_t now, struct tx *, const char *actor);

/* Does the same for a page of a batch's payments, whose totals have come to
 * nothing or less; returns how many left. */
int64_t		 settlement_release(struct conn *, struct arena *,
		    int64_t now, const char *id, const char *actor);

/* ------------------------------------------------------- making batches */

struct settlement_run {
	struct db	*db;
	struct conn	*conn;		/* for reading */
	struct arena	*arena;
	const char	*partner_id;	/* this one alone; NULL: all */
	const char	*client_id;
	const char	*actor;
	/* Results. */
	const char	**ids;		/* of the batches that are ready */
	size_t		 n;
	int64_t		 payments;	/* in them */
	bool		 more;		/* an answer holds no more than these:
					   run again */
};

/*
 * Makes the batches. Each transaction moves SETTLEMENT_PAGE payments at the
 * most, so that other writers wait for milliseconds; a batch is seen and can
 * be paid when it is complete, and a run that was killed is continued by the
 * next one. NULL; FAULT_PARTNER_NOT_FOUND, FAULT_CLIENT_NOT_FOUND,
 * FAULT_STORAGE.
 */
const struct fault *settlement_run(struct settlement_run *);

/* -------------------------------------------------------------- paying */

/* One payout between its two commits. */
struct settlement_pay {
	struct db		*db;
	struct arena		*arena;
	const struct conf	*conf;
	const char		*id;
	const char		*actor;
	bool			 again_only;	/* one that is sending already,
						   as cron/reconcile does */
	/* How it stands. */
	struct settlement	*batch;
	bool			 again;
	const char		*message;	/* why not, where it failed */
	struct payout_answer	 answer;
};

/*
 * The three parts: the first takes the batch (status sending, with the key),
 * the second asks the rail, outside of any transaction, the third writes down
 * what it said and returns true while there is more to ask.
 */
const struct fault *settlement_pay_begin(struct settlement_pay *);
void		 settlement_pay_ask(struct settlement_pay *);
bool		 settlement_pay_note(struct settlement_pay *,
		    const struct fault **);

/*
 * All of them. NULL with the batch sent and its payments paid; the refusals
 * BATCH_NOT_FOUND, BATCH_ALREADY_PAID, BATCH_BEING_PAID, BATCH_NOT_PAYABLE,
 * PAYOUT_ACCOUNT_MISSING, PAYOUT_NOT_CONFIGURED; PAYOUT_FAILED with the batch
 * failed, or sending where nobody knows. FAULT_STORAGE.
 */
const struct fault *settlement_pay(struct settlement_pay *);

/* Marks the payments of a sent batch as paid, page by page. */
const struct fault *settlement_book(struct db *, const char *id);

/* ------------------------------------------------------------ verifying */

struct settlement_report {
	int64_t	batches;
	int64_t	bad;
	char	first_bad[ID_SIZE];
};

/*
 * Compares every batch with the sums of its payments, and with the payouts in
 * the ledger. True where all agree.
 */
bool		 settlement_verify(struct conn *, struct settlement_report *);

/* ------------------------------------------------- lists, one, and CSV */

/* The query parameters of a list, and of one batch with its payments. */
struct settlement_list {
	int64_t		 limit;
	const char	*cursor;
	const char	*status;
	const char	*partner_id;
	const char	*client_id;
};
struct settlement_page {
	int64_t		 limit;
	const char	*cursor;
};
extern const struct field settlement_list_fields[];
extern const struct field settlement_page_fields[];

/*
 * Answers 200 {"items":[batch ...],"nextCursor"}, newest first; owner limits
 * it to one partner ("": all). A page ends early where its batches have more
 * payments than one answer can name.
 */
void		 settlement_list_answer(struct request *,
		    const struct settlement_list *, const char *owner);

/*
 * A batch's members, "transactions" with a page of its payments, oldest
 * first, and "nextCursor" into an open object.
 */
void		 settlement_write_one(struct jsonw *, struct conn *,
		    struct arena *, const struct settlement *,
		    const struct settlement_page *);

/*
 * The report of a batch as CSV, a line a payment: calls put with pieces of
 * it. Texts that a spreadsheet would take for a formula begin with an
 * apostrophe.
 */
void		 settlement_csv(struct conn *, struct arena *,
		    const struct settlement *,
		    void (*put)(void *arg, const char *, size_t), void *arg);

/* Answers 200 with what a run made; 200 with a batch that was paid. */
void		 settlement_run_answer(struct request *,
		    const struct settlement_run *);
void		 settlement_pay_answer(struct request *,
		    const struct settlement *);
/* Notes why it was not paid as the details of the fault, which it returns. */
const struct fault *settlement_pay_refuse(struct request *,
		    const struct settlement_pay *, const struct fault *);

#endif
