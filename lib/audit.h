/* SPDX-License-Identifier: ISC */
/*
 * audit.h - the append-only record of who did what, as a hash chain.
 *
 * The hash of a row is SHA-256 over the 32 bytes of the previous row's hash
 * (zeros before the first) and then, each followed by one NUL: the decimal
 * seq, the decimal at, actor, action, subject, detail. audit_head holds the
 * newest seq and hash, so a chain that was cut off at its end shows too. A
 * chain proves consistency only: keep the head that `clive verify` prints
 * outside, and pass it back to prove that history was not rewritten.
 */
#ifndef AUDIT_H
#define AUDIT_H

#include "conn.h"
#include "sig.h"

/*
 * Appends a row, inside the transaction of what it records. detail is a JSON
 * object; nothing secret in it.
 */
void	audit_write(struct conn *, int64_t now, const char *actor,
	    const char *action, const char *subject, const char *detail);

/*
 * The request on whose behalf this thread writes rows from now on, or NULL: a
 * member "request" of their details then names it, as the log does. Lives as
 * long as it is set.
 */
void	audit_request(const char *id);

/*
 * Several rows at once: between the beginning, where writers of the chain
 * queue, and the end nobody else in the same transaction may append.
 */
struct audit_chain {
	int64_t	seq;			/* of the next row */
	uint8_t	hash[SHA256_SIZE];	/* of the row before it */
};
void	audit_begin(struct conn *, struct audit_chain *);
void	audit_add(struct conn *, struct audit_chain *, int64_t now,
	    const char *actor, const char *action, const char *subject,
	    const char *detail);
void	audit_end(struct conn *, const struct audit_chain *);

/*
 * Waits for this transaction's turn at the chain and appends nothing yet. For
 * changes of rows that others change after an audit event of theirs, such as
 * webhook_endpoint: who takes the row first and the chain later could meet
 * somebody who did it the other way round, and both would wait for ever.
 */
void	audit_queue(struct conn *);

struct audit_report {
	int64_t	rows;			/* read */
	int64_t	first_bad;		/* seq of the first altered or missing
					   row; 0: none */
	int64_t	head_seq;
	char	head_hash[SHA256_HEX_SIZE];
	bool	checkpoint_met;		/* see below */
};

/*
 * Reads the whole chain. checkpoint_seq and checkpoint_hash (hex; seq 0:
 * none) are a head noted earlier, which must still be part of the chain.
 * True where everything agrees.
 */
bool	audit_verify(struct conn *, int64_t checkpoint_seq,
	    const char *checkpoint_hash, struct audit_report *);

/*
 * The same for the newest rows, so many at the most: does each follow from
 * the one before it, up to the head as it is now? *from is the seq of the
 * first one that was compared; what the row before it says is believed, so
 * this finds what was altered lately and proves nothing of earlier rows.
 */
bool	audit_verify_newest(struct conn *, int64_t rows, int64_t *from,
	    struct audit_report *);

#endif
