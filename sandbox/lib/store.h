/* SPDX-License-Identifier: ISC */
/*
 * store.h - the sandbox's own database: one connection and its statements.
 *
 * Each thread has a connection. Trouble is sticky: after the first failure
 * every call does nothing until the transaction ends, so that a caller looks
 * once (store_commit).
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"

enum statement {
	Q_BEGIN,
	Q_COMMIT,
	Q_ROLLBACK,
	Q_OBJECT_GET,
	Q_OBJECT_PUT,
	Q_OBJECT_SEQ,
	Q_OBJECT_DOWN,
	Q_OBJECT_UP,
	Q_OBJECT_COUNTS,
	Q_JOB_ADD,
	Q_JOB_NEXT,
	Q_JOB_REMOVE,
	Q_IDEM_FIND,
	Q_IDEM_CLAIM,
	Q_IDEM_KEEP,
	Q_IDEM_FORGET,
	Q_IDEM_INTERRUPTED,
	Q_HOOK_FIND,
	Q_HOOK_SET,
	Q_DELIVERY_ADD,
	Q_DELIVERY_QUIET,
	Q_DELIVERY_NEXT,
	Q_DELIVERY_TRIED,
	Q_DELIVERY_RELEASE,
	Q_DELIVERIES,
	Q_ATTEMPT_ADD,
	Q_ATTEMPTS,
	Q_FAULT_ADD,
	Q_FAULT_FIND,
	Q_FAULT_USE,
	Q_FAULTS,
	Q_FAULTS_REMOVE,
	Q_CALL_ADD,
	Q_CALL_TRIM,
	Q_CALLS,
	Q_COUNT
};

struct store;
struct cursor;

/*
 * Opens var/sandbox.db and makes it where it is missing. NULL with a
 * sentence in why.
 */
struct store	*store_open(const struct conf *, char *why, size_t size);
void		 store_close(struct store *);

/* A transaction that writes; one at a time, the others wait. */
void		 store_begin(struct store *);
/* False where something failed since the beginning: nothing was written. */
bool		 store_commit(struct store *);
void		 store_rollback(struct store *);

/*
 * Parameters follow a format of one letter each, numbered ?1, ?2 ...: t is
 * a text (NULL: SQL's NULL), i an int64_t.
 */

/* Runs a statement without rows; the number of rows changed, -1: failed. */
int64_t		 store_run(struct store *, enum statement, const char *fmt,
		    ...);

/* Starts a statement with rows. Never NULL; a statement runs once at a time. */
struct cursor	*store_query(struct store *, enum statement, const char *fmt,
		    ...);
bool		 cursor_next(struct cursor *);
/* Needed only where cursor_next did not say false. */
void		 cursor_end(struct cursor *);
/* Columns count from 0; a text lives until the next cursor_*. */
const char	*cursor_text(struct cursor *, int column);
int64_t		 cursor_int(struct cursor *, int column);

/* Outside of transactions: did anything fail since the last call? */
bool		 store_failed(struct store *);

/* Empties all tables. */
void		 store_reset(struct store *);

#endif
