/* SPDX-License-Identifier: ISC */
/*
 * db.h - the database and its one transaction helper.
 *
 * db_txn runs a callback that decides and writes. The callback never sends,
 * never calls out, never sleeps; it may run more than once, so it starts by
 * setting what it answers. Because of that shape callbacks of several
 * request threads are committed together: with db_start_committer one thread
 * takes whatever is waiting, runs each in a savepoint of its own, and
 * commits them with one fsync; every caller is released after the commit.
 * Without that thread (CGI, cron, CLI) a group is one callback.
 *
 * Between processes writers queue on two file locks (var/run/queue.lock and
 * writer.lock) that serve them in turn, not on SQLite's polling.
 */
#ifndef DB_H
#define DB_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"
#include "conn.h"
#include "fault.h"

struct db;

/* Returns NULL to commit or a fault to undo what it did. */
typedef const struct fault *db_callback(struct conn *, void *arg);

/*
 * Opens the database of a data directory, refusing one that is not ours or
 * has another schema version. NULL with a sentence in why.
 */
struct db	*db_open(const struct conf *, char *why, size_t size);
void		 db_close(struct db *);

/* Is that, opened from this path, one of ours, of this schema version? False
 * with a sentence in why. */
bool		 db_check(struct conn *, const char *path, char *why,
		    size_t size);

/* Makes a new database from schema.sql; false with a sentence in why. */
bool		 db_create(const struct conf *, char *why, size_t size);

/*
 * For a program that ends after one request: where nobody else has the
 * database open, each of them reads the whole log first, so it stays short.
 */
void		 db_keep_log_short(struct db *);

/* A further connection, for reading. NULL with a sentence in why. */
struct conn	*db_reader(struct db *, char *why, size_t size);

/*
 * Runs fn in a transaction. NULL when it is committed (and, in WAL or
 * rollback mode alike, on the disk); the callback's fault when it refused;
 * FAULT_STORAGE when the database was busy for longer than wait_ms, full,
 * read-only or broken: nothing of fn remains then. Callable from any thread
 * once the committer runs, else from one thread.
 */
const struct fault *db_txn(struct db *, db_callback *fn, void *arg);

/* A callback of a group. */
struct db_job {
	db_callback		*fn;
	void			*arg;
	const struct fault	*result;	/* as db_txn returns it */
	struct db_job		*next;
};

/*
 * db_txn for a list of at least one, which are committed together. Where one
 * refuses after it has written, all of them may run again. From one thread
 * alone, and not where the committer runs.
 */
void		 db_txn_group(struct db *, struct db_job *);

/*
 * Starts the committing thread; false where the system refuses. Signals
 * are blocked in it.
 */
bool		 db_start_committer(struct db *);

#endif
