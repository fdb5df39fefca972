/* SPDX-License-Identifier: ISC */
/* conn.c - the SQLite back end. */
#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <sqlite3.h>

#include "shared.h"

enum {
	PARAMETERS_MAX = 16,
	DEPTH_MAX = 8		/* savepoints within each other */
};

struct rows {
	struct conn	*conn;
	sqlite3_stmt	*stmt;
	bool		 running;
	/*
	 * SQLite takes $1 for a name and numbers names as they appear: where
	 * each of ours ended up.
	 */
	unsigned char	 place[PARAMETERS_MAX];
};

struct conn {
	sqlite3		*db;
	struct rows	 rows[SQL_COUNT];
	int		 running;	/* statements among them */
	sqlite3_stmt	*begin, *read, *commit;
	int		 depth;		/* savepoints open */
	bool		 hopeful;	/* they are not real */
	bool		 spoilt;	/* but were needed */
	void		 (*write_late)(struct conn *, void *);
	_Alignas(max_align_t) char late[CONN_LATE_BYTES];
	int64_t		 changes[DEPTH_MAX];	/* rows changed before each */
	int64_t		 data_version;
	bool		 reader;
	int64_t		 limit_ms;	/* of one statement; 0: none */
	int64_t		 deadline;	/* clock_monotonic */
	bool		 failed;
	char		 failure[256];
};

static void
fail(struct conn *c)
{
	if (c->failed)
		return;
	c->failed = true;
	snprintf(c->failure, sizeof(c->failure), "%s", sqlite3_errmsg(c->db));
}

const char *
conn_failed(const struct conn *c)
{
	return c->failed ? c->failure : NULL;
}

void
conn_forgive(struct conn *c)
{
	c->failed = false;
}

bool
conn_script(struct conn *c, const char *sql)
{
	if (!c->failed &&
	    sqlite3_exec(c->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail(c);
	return !c->failed;
}

/*
 * WAL keeps its index in shared memory, which network file systems do not
 * share between hosts: there, use a rollback journal. The numbers are the
 * f_type values of statfs(2) for NFS, SMB, SMB2, CIFS, FUSE (sshfs and the
 * like), AFS, Ceph, 9p and OCFS2.
 */
static bool
wal_works(const char *path)
{
	static const unsigned long remote[] = {
		0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x65735546,
		0x5346414f, 0x00c36400, 0x01021997, 0x7461636f
	};
	struct statfs fs;

	if (statfs(path, &fs) != 0)
		return false;
	for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++)
		if (((unsigned long)fs.f_type & 0xffffffff) == remote[i])
			return false;
	return true;
}

/* FULL: a commit that was answered survives a power cut. */
static void
set_up(struct conn *c, const char *path, bool reader, int64_t busy_ms)
{
	c->reader = reader;
	sqlite3_busy_timeout(c->db, (int)busy_ms);
	sqlite3_extended_result_codes(c->db, 1);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* A CGI program is often the last to close: it must not tidy up. */
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (!reader)
		conn_script(c, wal_works(path) ? "PRAGMA journal_mode = WAL" :
		    "PRAGMA journal_mode = TRUNCATE");
	/*
	 * The log grows to 16 MB: what is written often goes from there into
	 * the database once, not with every 1000 pages.
	 */
	conn_script(c, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
	    "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
	    "PRAGMA wal_autocheckpoint = 4000");
	if (reader)
		conn_script(c, "PRAGMA query_only = ON; PRAGMA cache_size = "
		    "-512");
}

/* Counting the memory in use takes a lock for every piece of it. */
static void
set_up_library(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

struct conn *
conn_open(const char *path, bool reader, int64_t busy_ms, char *why,
    size_t size)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	pthread_once(&once, set_up_library);
	/*
	 * Readers open for writing too, since in WAL mode they take part in
	 * the shared index; query_only keeps them from changing anything.
	 */
	if (sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		fail(c);
	else
		set_up(c, path, reader, busy_ms);
	if (c->failed) {
		snprintf(why, size, "%s: %s", path, c->failure);
		conn_close(c);
		return NULL;
	}
	for (size_t i = 0; i < SQL_COUNT; i++)
		c->rows[i].conn = c;
	return c;
}

void
conn_close(struct conn *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(c->rows[i].stmt);
	sqlite3_finalize(c->begin);
	sqlite3_finalize(c->read);
	sqlite3_finalize(c->commit);
	sqlite3_close(c->db);
	free(c);
}

static int
bind_one(sqlite3_stmt *stmt, int at, char kind, va_list *ap,
    sqlite3_destructor_type keep)
{
	const void *bytes;
	struct slice text;
	int64_t number;

	switch (kind) {
	case 't':
		return sqlite3_bind_text(stmt, at, va_arg(*ap, const char *),
		    -1, keep);
	case 's':
		text = va_arg(*ap, struct slice);
		return sqlite3_bind_text(stmt, at, text.p, (int)text.n, keep);
	case 'i':
		return sqlite3_bind_int64(stmt, at, va_arg(*ap, int64_t));
	case 'o':
		number = va_arg(*ap, int64_t);
		return number < 0 ? sqlite3_bind_null(stmt, at) :
		    sqlite3_bind_int64(stmt, at, number);
	case 'b':
		bytes = va_arg(*ap, const void *);
		return sqlite3_bind_blob(stmt, at, bytes,
		    (int)va_arg(*ap, size_t), keep);
	case 'n':
		return sqlite3_bind_null(stmt, at);
	}
	abort();	/* a format that no caller may write */
}

static void
prepare(struct conn *c, struct rows *r, enum sql id)
{
	char name[8];

	if (sqlite3_prepare_v3(c->db, sql_text[id], -1,
	    SQLITE_PREPARE_PERSISTENT, &r->stmt, NULL) != SQLITE_OK) {
		fail(c);
		return;
	}
	for (int i = 0; i < PARAMETERS_MAX; i++) {
		snprintf(name, sizeof(name), "$%d", i + 1);
		r->place[i] = (unsigned char)sqlite3_bind_parameter_index(
		    r->stmt, name);
	}
}

/* A statement that starts now has so long. */
static void
set_deadline(struct conn *c)
{
	if (c->limit_ms > 0)
		c->deadline = clock_monotonic() + c->limit_ms;
}

/*
 * Prepares the statement where that is due, and binds its parameters: copies
 * of them, or themselves where the statement ends before the caller goes on.
 */
static struct rows *
start(struct conn *c, enum sql id, const char *fmt, va_list *ap,
    sqlite3_destructor_type keep)
{
	struct rows *r = &c->rows[id];

	if (c->failed)
		return r;
	if (r->running)
		abort();	/* one statement, two readers: our bug */
	if (r->stmt == NULL)
		prepare(c, r, id);
	if (c->failed)
		return r;
	if (sqlite3_bind_parameter_count(r->stmt) != (int)strlen(fmt))
		abort();	/* format and statement disagree: our bug */
	for (int i = 0; fmt[i] != '\0'; i++)
		if (bind_one(r->stmt, r->place[i], fmt[i], ap, keep) !=
		    SQLITE_OK)
			fail(c);
	r->running = !c->failed;
	c->running += r->running;
	set_deadline(c);
	return r;
}

void
row_done(struct rows *r)
{
	if (r->stmt != NULL) {
		sqlite3_reset(r->stmt);
		sqlite3_clear_bindings(r->stmt);
	}
	r->conn->running -= r->running;
	r->running = false;
}

static bool
is_taken(int rc)
{
	return rc == SQLITE_CONSTRAINT_UNIQUE ||
	    rc == SQLITE_CONSTRAINT_PRIMARYKEY;
}

/* Runs a started statement to its end. */
static int64_t
finish(struct conn *c, struct rows *r, bool taken_is_fine)
{
	if (c->failed)
		return CONN_FAILED;
	int rc = sqlite3_step(r->stmt);
	int64_t result = CONN_FAILED;
	if (rc == SQLITE_DONE)
		result = sqlite3_changes64(c->db);
	else if (taken_is_fine && is_taken(rc))
		result = CONN_TAKEN;
	else
		fail(c);
	row_done(r);
	return result;
}

int64_t
conn_run(struct conn *c, enum sql id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct rows *r = start(c, id, fmt, &ap, SQLITE_STATIC);
	va_end(ap);
	return finish(c, r, false);
}

int64_t
conn_try(struct conn *c, enum sql id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct rows *r = start(c, id, fmt, &ap, SQLITE_STATIC);
	va_end(ap);
	return finish(c, r, true);
}

/* SQLite asks now and then whether to go on. */
static int
is_late(void *arg)
{
	const struct conn *c = arg;

	return c->limit_ms > 0 && clock_monotonic() > c->deadline;
}

void
conn_limit(struct conn *c, int64_t ms)
{
	enum { INSTRUCTIONS = 10000 };	/* between two questions */

	c->limit_ms = ms;
	sqlite3_progress_handler(c->db, INSTRUCTIONS, is_late, c);
}

void
conn_set_wait(struct conn *c, int64_t busy_ms)
{
	sqlite3_busy_timeout(c->db, busy_ms > 0 ? (int)busy_ms : 1);
}

struct rows *
conn_rows(struct conn *c, enum sql id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct rows *r = start(c, id, fmt, &ap, SQLITE_TRANSIENT);
	va_end(ap);
	return r;
}

bool
row_next(struct rows *r)
{
	if (!r->running)
		return false;
	int rc = sqlite3_step(r->stmt);
	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		fail(r->conn);
	row_done(r);
	return false;
}

int64_t
row_int(struct rows *r, int column)
{
	return sqlite3_column_int64(r->stmt, column);
}

const char *
row_text(struct rows *r, int column)
{
	return (const char *)sqlite3_column_text(r->stmt, column);
}

struct slice
row_bytes(struct rows *r, int column)
{
	const char *p = sqlite3_column_blob(r->stmt, column);

	return (struct slice){ p, (size_t)sqlite3_column_bytes(r->stmt,
	    column) };
}

bool
row_null(struct rows *r, int column)
{
	return sqlite3_column_type(r->stmt, column) == SQLITE_NULL;
}

char *
row_text_copy(struct rows *r, int column, struct arena *arena)
{
	const char *text = row_text(r, column);

	return text != NULL ? arena_strdup(arena, text) : NULL;
}

void
conn_savepoint(struct conn *c)
{
	char sql[32];

	if (c->depth == DEPTH_MAX)
		abort();	/* our bug */
	c->changes[c->depth++] = sqlite3_total_changes64(c->db);
	if (c->hopeful)
		return;
	snprintf(sql, sizeof(sql), "SAVEPOINT s%d", c->depth);
	conn_script(c, sql);
}

void
conn_release(struct conn *c)
{
	char sql[32];

	snprintf(sql, sizeof(sql), "RELEASE s%d", c->depth--);
	if (!c->hopeful)
		conn_script(c, sql);
}

void
conn_rollback_to(struct conn *c)
{
	char sql[64], failure[sizeof(c->failure)];
	bool failed = c->failed;

	if (c->hopeful) {
		if (c->changes[--c->depth] != sqlite3_total_changes64(c->db))
			c->spoilt = true;
		return;
	}
	/* Undoing must also work after a failure, which stays on record. */
	memcpy(failure, c->failure, sizeof(failure));
	c->failed = false;
	snprintf(sql, sizeof(sql), "ROLLBACK TO s%d; RELEASE s%d", c->depth,
	    c->depth);
	conn_script(c, sql);
	c->depth--;
	if (failed) {
		memcpy(c->failure, failure, sizeof(failure));
		c->failed = true;
	}
}

/* Runs a statement that is prepared once. */
static void
run_kept(struct conn *c, sqlite3_stmt **stmt, const char *sql)
{
	if (c->failed)
		return;
	set_deadline(c);
	if ((*stmt == NULL && sqlite3_prepare_v3(c->db, sql, -1,
	    SQLITE_PREPARE_PERSISTENT, stmt, NULL) != SQLITE_OK) ||
	    sqlite3_step(*stmt) != SQLITE_DONE)
		fail(c);
	sqlite3_reset(*stmt);
}

void
conn_begin(struct conn *c, bool hopefully)
{
	c->depth = 0;
	c->hopeful = hopefully;
	c->spoilt = false;
	c->write_late = NULL;
	memset(c->late, 0, sizeof(c->late));
	run_kept(c, &c->begin, "BEGIN IMMEDIATE");
}

void
conn_read_begin(struct conn *c)
{
	run_kept(c, &c->read, "BEGIN");
}

void
conn_read_end(struct conn *c)
{
	conn_forgive(c);
	conn_commit(c);
	conn_forgive(c);
}

bool
conn_spoilt(const struct conn *c)
{
	return c->spoilt;
}

void *
conn_late(struct conn *c, void (*write)(struct conn *, void *))
{
	if (!c->hopeful || !conn_in_transaction(c))
		return NULL;
	c->write_late = write;
	return c->late;
}

void
conn_commit(struct conn *c)
{
	if (c->write_late != NULL)
		c->write_late(c, c->late);
	c->write_late = NULL;
	run_kept(c, &c->commit, "COMMIT");
}

void
conn_end_rows(struct conn *c)
{
	for (size_t i = 0; c->running > 0 && i < SQL_COUNT; i++)
		if (c->rows[i].running)
			row_done(&c->rows[i]);
}

void
conn_rollback(struct conn *c)
{
	conn_end_rows(c);
	if (conn_in_transaction(c))
		sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
	c->depth = 0;
	c->write_late = NULL;
}

bool
conn_in_transaction(struct conn *c)
{
	return sqlite3_get_autocommit(c->db) == 0;
}

bool
conn_changed_elsewhere(struct conn *c)
{
	struct rows *r = conn_rows(c, SQL_DATA_VERSION, "");
	int64_t version = row_next(r) ? row_int(r, 0) : 0;

	row_done(r);
	bool changed = version != c->data_version || c->failed;
	c->data_version = version;
	return changed;
}

bool
conn_backup(struct conn *c, const char *path)
{
	/* Made here, since SQLite would let others read it. */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd == -1) {
		c->failed = true;
		snprintf(c->failure, sizeof(c->failure), "%s",
		    strerror(errno));
		return false;
	}
	close(fd);
	/* SQLite counts the copy as a change, even of a reader. */
	sqlite3_exec(c->db, "PRAGMA query_only = OFF", NULL, NULL, NULL);
	conn_run(c, SQL_BACKUP, "t", path);
	if (c->reader)
		sqlite3_exec(c->db, "PRAGMA query_only = ON", NULL, NULL,
		    NULL);
	if (c->failed)
		unlink(path);
	return !c->failed;
}
