/* SPDX-License-Identifier: ISC */
/*
 * conn.h - one connection to the database and typed access to its
 * statements.
 *
 * A statement is named (sql.h), never spelt, outside lib/sql.c. It is
 * prepared on its first use and kept. Trouble is sticky: after the first
 * failure every call on the connection does nothing and says so, until the
 * transaction that contains it ends; so a caller writes straight down and
 * looks once (conn_failed). A connection belongs to one thread at a time.
 */
#ifndef CONN_H
#define CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "sql.h"

struct conn;
struct rows;
struct vault;

enum {
	CONN_FAILED = -1,	/* trouble; conn_failed says which */
	CONN_TAKEN = -2		/* conn_try: a unique key is taken already */
};

/*
 * Opens the database file. A reader cannot write. busy_ms is how long a
 * statement waits for another program's lock. NULL with a sentence in why.
 * conn_limit makes every later statement fail that runs longer than so many
 * milliseconds, so that one caller's search does not stop everybody's reads.
 */
struct conn	*conn_open(const char *path, bool reader, int64_t busy_ms,
		    char *why, size_t size);
void		 conn_limit(struct conn *, int64_t ms);
void		 conn_close(struct conn *);

/* What failed first, in SQLite's words, or NULL. */
const char	*conn_failed(const struct conn *);

/* Forgets the failure. */
void		 conn_forgive(struct conn *);

/*
 * Parameters follow a format, one letter each, numbered $1, $2 ...:
 *   t  const char *             text, NULL is SQL NULL
 *   s  struct slice             text of given length, p NULL is SQL NULL
 *   i  int64_t
 *   o  int64_t                  optional: below zero is SQL NULL
 *   b  const void *, size_t     bytes, NULL is SQL NULL
 *   n                           SQL NULL, takes no argument
 */

/*
 * Runs a statement without rows; the number of rows changed, or CONN_FAILED,
 * also where a unique key is taken.
 */
int64_t		 conn_run(struct conn *, enum sql, const char *fmt, ...);

/* The same where a taken key is an answer: CONN_TAKEN, nothing written. */
int64_t		 conn_try(struct conn *, enum sql, const char *fmt, ...)
		    __attribute__((warn_unused_result));

/*
 * Starts a statement with rows. Never NULL. Read until row_next says no, or
 * give up with row_done; a statement runs once at a time.
 */
struct rows	*conn_rows(struct conn *, enum sql, const char *fmt, ...);
bool		 row_next(struct rows *);
void		 row_done(struct rows *);

/* Columns count from 0. Texts and bytes live until the next row_*. */
int64_t		 row_int(struct rows *, int column);	/* NULL reads as 0 */
const char	*row_text(struct rows *, int column);	/* NULL reads as NULL */
struct slice	 row_bytes(struct rows *, int column);
bool		 row_null(struct rows *, int column);

/* A copy of a text column in an arena; NULL stays NULL. */
char		*row_text_copy(struct rows *, int column, struct arena *);

/*
 * Nested savepoints within a transaction. In one that was begun hopefully
 * they cost nothing: should one have to undo something after all, the
 * transaction is spoilt and lib/db.c runs it again with real ones.
 */
void		 conn_savepoint(struct conn *);
void		 conn_release(struct conn *);	/* keeps what was done since */
void		 conn_rollback_to(struct conn *);	/* undoes and releases */

/*
 * Room for what need be written only once a transaction, at its end, by the
 * given function: zeros at first. It may be used where the transaction was
 * begun hopefully, since nothing in it is undone then but all of it; else this
 * is NULL. There is one such room; the audit chain has it.
 */
enum { CONN_LATE_BYTES = 64 };
void		*conn_late(struct conn *, void (*write)(struct conn *,
		    void *room));

/*
 * What a reader reads between these is of one moment, and it takes its locks
 * once.
 */
void		 conn_read_begin(struct conn *);
void		 conn_read_end(struct conn *);

/*
 * Has another connection committed since the last call? Cheap: reads no
 * table. The first call says yes.
 */
bool		 conn_changed_elsewhere(struct conn *);

/* Copies the database to a file while it is in use; false: conn_failed. */
bool		 conn_backup(struct conn *, const char *path);

/* For lib/db.c alone. */
void		 conn_set_wait(struct conn *, int64_t busy_ms);
void		 conn_begin(struct conn *, bool hopefully);
bool		 conn_spoilt(const struct conn *);
void		 conn_commit(struct conn *);
void		 conn_rollback(struct conn *);
bool		 conn_in_transaction(struct conn *);
void		 conn_end_rows(struct conn *);	/* as row_done, of all */

/* For lib/db.c, `clive init` and `restore` alone: runs a script. */
bool		 conn_script(struct conn *, const char *sql);

#endif
