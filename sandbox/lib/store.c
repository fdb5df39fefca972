/* SPDX-License-Identifier: ISC */
/* store.c - SQLite, for the sandbox alone. */
#include "store.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <sqlite3.h>

#include "log.h"

enum {
	BUSY_MS = 10000,	/* wait for another program's transaction */
	VERSION = 1		/* of sandbox/schema.sql */
};

/* sandbox/schema.sql, made by the Makefile. */
extern const char sandbox_schema_sql[];

/* Filters are JSON: members and the values of which each must have one. */
#define OBJECT_MATCHES \
	"kind = ?1 AND created BETWEEN ?2 AND ?3 AND NOT EXISTS " \
	"(SELECT 1 FROM json_each(?4) AS f WHERE " \
	"coalesce(json_extract(body, '$.' || f.key), '') NOT IN " \
	"(SELECT value FROM json_each(f.value))) "

/* SQL: these tables are the sandbox's, not the gateway's. */
static const char *const texts[Q_COUNT] = {
	[Q_BEGIN] = "BEGIN IMMEDIATE",
	[Q_COMMIT] = "COMMIT",
	[Q_ROLLBACK] = "ROLLBACK",

	[Q_OBJECT_GET] =
	    "SELECT body FROM object WHERE id = ?1 AND kind = ?2",
	[Q_OBJECT_PUT] =
	    "INSERT INTO object (id, kind, created, body) "
	    "VALUES (?1, ?2, ?3, ?4) "
	    "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
	[Q_OBJECT_SEQ] =
	    "SELECT seq FROM object WHERE id = ?1 AND kind = ?2",
	[Q_OBJECT_DOWN] =
	    "SELECT body FROM object WHERE " OBJECT_MATCHES
	    "AND seq < ?5 ORDER BY seq DESC LIMIT ?6",
	[Q_OBJECT_UP] =
	    "SELECT body FROM object WHERE " OBJECT_MATCHES
	    "AND seq > ?5 ORDER BY seq LIMIT ?6",
	[Q_OBJECT_COUNTS] =
	    "SELECT kind, count(*), count(*) FILTER (WHERE "
	    "json_extract(body, '$.status') = 'succeeded') "
	    "FROM object GROUP BY kind ORDER BY kind",

	[Q_JOB_ADD] = "INSERT INTO job (due, kind, subject) "
	    "VALUES (?1, ?2, ?3)",
	[Q_JOB_NEXT] = "SELECT seq, kind, subject FROM job WHERE due <= ?1 "
	    "ORDER BY due, seq LIMIT 1",
	[Q_JOB_REMOVE] = "DELETE FROM job WHERE seq = ?1",

	[Q_IDEM_FIND] = "SELECT print, request, created, status, answer "
	    "FROM idem WHERE service = ?1 AND key = ?2",
	[Q_IDEM_CLAIM] = "INSERT OR REPLACE INTO idem "
	    "(service, key, print, request, created) "
	    "VALUES (?1, ?2, ?3, ?4, ?5)",
	[Q_IDEM_KEEP] = "UPDATE idem SET status = ?3, answer = ?4 "
	    "WHERE service = ?1 AND key = ?2",
	[Q_IDEM_FORGET] = "DELETE FROM idem WHERE service = ?1 AND key = ?2",
	[Q_IDEM_INTERRUPTED] = "DELETE FROM idem "
	    "WHERE service = ?1 AND status IS NULL",

	[Q_HOOK_FIND] = "SELECT url, mode FROM hook WHERE service = ?1",
	[Q_HOOK_SET] = "INSERT OR REPLACE INTO hook (service, url, mode) "
	    "VALUES (?1, ?2, ?3)",
	[Q_DELIVERY_ADD] = "INSERT INTO delivery "
	    "(service, event, body, place, due, tries, state) VALUES "
	    "(?1, ?2, ?3, ?4 * (SELECT coalesce(max(seq), 0) + 1 "
	    "FROM delivery), ?5, 0, ?6)",
	[Q_DELIVERY_QUIET] = "UPDATE delivery SET due = ?2 WHERE service = ?1 "
	    "AND state = 'waiting' AND tries = 0 AND place < 0",
	[Q_DELIVERY_NEXT] = "SELECT seq, event, body, tries FROM delivery "
	    "WHERE state = 'waiting' AND service = ?1 AND due <= ?2 "
	    "ORDER BY place LIMIT 1",
	[Q_DELIVERY_TRIED] = "UPDATE delivery SET tries = tries + 1, "
	    "state = ?2, due = ?3 WHERE seq = ?1",
	[Q_DELIVERY_RELEASE] = "UPDATE delivery SET state = 'waiting', "
	    "due = ?2, place = seq * ?3 WHERE service = ?1 AND state = 'held'",
	[Q_DELIVERIES] = "SELECT seq, event, state, tries, "
	    "json_extract(body, '$.type') FROM delivery WHERE service = ?1 "
	    "ORDER BY seq",
	[Q_ATTEMPT_ADD] = "INSERT INTO attempt (delivery, at, url, status, "
	    "note) VALUES (?1, ?2, ?3, ?4, ?5)",
	[Q_ATTEMPTS] = "SELECT at, url, status, note FROM attempt "
	    "WHERE delivery = ?1 ORDER BY seq",

	[Q_FAULT_ADD] = "INSERT INTO fault (prefix, method, name, ms, times) "
	    "VALUES (?1, ?2, ?3, ?4, ?5)",
	[Q_FAULT_FIND] = "SELECT seq, name, ms FROM fault WHERE times > 0 "
	    "AND substr(?1, 1, length(prefix)) = prefix "
	    "AND method IN ('', ?2) ORDER BY seq LIMIT 1",
	[Q_FAULT_USE] = "UPDATE fault SET times = times - 1 "
	    "WHERE seq = ?1 AND times > 0",
	[Q_FAULTS] = "SELECT prefix, method, name, ms, times FROM fault "
	    "WHERE times > 0 ORDER BY seq",
	[Q_FAULTS_REMOVE] = "DELETE FROM fault",

	[Q_CALL_ADD] = "INSERT INTO call (at, request, method, path, params, "
	    "idem, status, fault) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[Q_CALL_TRIM] = "DELETE FROM call WHERE seq <= "
	    "(SELECT max(seq) FROM call) - ?1",
	[Q_CALLS] = "SELECT at, request, method, path, params, idem, status, "
	    "fault FROM call WHERE seq > (SELECT coalesce(max(seq), 0) "
	    "FROM call) - ?1 ORDER BY seq",
};

struct cursor {
	struct store	*store;
	sqlite3_stmt	*stmt;
};

struct store {
	sqlite3		*db;
	bool		 failed;
	struct cursor	 cursors[Q_COUNT];
};

/* Threads of one program queue here and not in SQLite's polling. */
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

static void
fail(struct store *s)
{
	if (!s->failed)
		log_warn("sandbox.db: %s", sqlite3_errmsg(s->db));
	s->failed = true;
}

static bool
script(struct store *s, const char *sql)
{
	if (!s->failed &&
	    sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail(s);
	return !s->failed;
}

static int64_t
version(struct store *s)
{
	sqlite3_stmt *stmt = NULL;
	int64_t found = -1;

	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &stmt,
	    NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		found = sqlite3_column_int64(stmt, 0);
	else
		fail(s);
	sqlite3_finalize(stmt);
	return found;
}

/* Under the lock of store_open. */
static bool
set_up(struct store *s, char *why, size_t size)
{
	sqlite3_busy_timeout(s->db, BUSY_MS);
	/* A lost power cut's worth of tests is no loss. */
	script(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
	    "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON");
	int64_t found = s->failed ? -1 : version(s);
	if (found == 0 && script(s, "BEGIN EXCLUSIVE") &&
	    script(s, sandbox_schema_sql) &&
	    script(s, "PRAGMA user_version = 1; COMMIT"))
		found = VERSION;
	if (s->failed)
		snprintf(why, size, "sandbox.db: %s", sqlite3_errmsg(s->db));
	else if (found != VERSION)
		snprintf(why, size, "sandbox.db: made by another version; "
		    "remove it to start afresh");
	return !s->failed && found == VERSION;
}

struct store *
store_open(const struct conf *conf, char *why, size_t size)
{
	char path[CONF_PATH_MAX];
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	int lock = open(conf_path(conf, "sandbox.lock", path),
	    O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock == -1 || flock(lock, LOCK_EX) != 0) {
		snprintf(why, size, "%s: cannot be locked", path);
		if (lock != -1)
			close(lock);
		free(s);
		return NULL;
	}
	for (size_t i = 0; i < Q_COUNT; i++)
		s->cursors[i].store = s;
	bool ok = sqlite3_open_v2(conf_path(conf, "sandbox.db", path), &s->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
	    NULL) == SQLITE_OK;
	if (!ok)
		snprintf(why, size, "%s: cannot be opened", path);
	ok = ok && set_up(s, why, size);
	close(lock);
	if (ok)
		return s;
	store_close(s);
	return NULL;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < Q_COUNT; i++)
		sqlite3_finalize(s->cursors[i].stmt);
	sqlite3_close(s->db);
	free(s);
}

static void
bind(struct cursor *c, const char *fmt, va_list ap)
{
	int rc = SQLITE_OK;

	for (int i = 1; *fmt != '\0' && rc == SQLITE_OK; i++, fmt++)
		if (*fmt == 'i')
			rc = sqlite3_bind_int64(c->stmt, i,
			    va_arg(ap, int64_t));
		else
			rc = sqlite3_bind_text(c->stmt, i,
			    va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
	if (rc != SQLITE_OK)
		fail(c->store);
}

static struct cursor *
start(struct store *s, enum statement q, const char *fmt, va_list ap)
{
	struct cursor *c = &s->cursors[q];

	if (!s->failed && c->stmt == NULL && sqlite3_prepare_v3(s->db,
	    texts[q], -1, SQLITE_PREPARE_PERSISTENT, &c->stmt, NULL) !=
	    SQLITE_OK)
		fail(s);
	if (!s->failed)
		bind(c, fmt, ap);
	return c;
}

bool
cursor_next(struct cursor *c)
{
	int rc = c->store->failed ? SQLITE_DONE : sqlite3_step(c->stmt);

	if (rc == SQLITE_ROW)
		return true;
	if (rc != SQLITE_DONE)
		fail(c->store);
	cursor_end(c);
	return false;
}

void
cursor_end(struct cursor *c)
{
	if (c->stmt == NULL)
		return;
	sqlite3_reset(c->stmt);
	sqlite3_clear_bindings(c->stmt);
}

const char *
cursor_text(struct cursor *c, int column)
{
	return (const char *)sqlite3_column_text(c->stmt, column);
}

int64_t
cursor_int(struct cursor *c, int column)
{
	return sqlite3_column_int64(c->stmt, column);
}

struct cursor *
store_query(struct store *s, enum statement q, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct cursor *c = start(s, q, fmt, ap);
	va_end(ap);
	return c;
}

int64_t
store_run(struct store *s, enum statement q, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct cursor *c = start(s, q, fmt, ap);
	va_end(ap);
	while (cursor_next(c))
		continue;
	return s->failed ? -1 : sqlite3_changes64(s->db);
}

void
store_begin(struct store *s)
{
	pthread_mutex_lock(&writing);
	s->failed = false;
	store_run(s, Q_BEGIN, "");
}

static void
finish(struct store *s)
{
	s->failed = false;
	if (!sqlite3_get_autocommit(s->db))
		store_run(s, Q_ROLLBACK, "");
	pthread_mutex_unlock(&writing);
}

bool
store_commit(struct store *s)
{
	bool ok = store_run(s, Q_COMMIT, "") != -1;

	finish(s);
	return ok;
}

void
store_rollback(struct store *s)
{
	finish(s);
}

bool
store_failed(struct store *s)
{
	bool failed = s->failed;

	s->failed = false;
	return failed;
}

void
store_reset(struct store *s)
{
	script(s, "DELETE FROM object; DELETE FROM job; DELETE FROM idem;"
	    "DELETE FROM hook; DELETE FROM delivery; DELETE FROM attempt;"
	    "DELETE FROM fault; DELETE FROM call");
}
