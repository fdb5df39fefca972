/* SPDX-License-Identifier: ISC */
/* ready.c - one function a check, in the order of the table. */
#include "ready.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "audit.h"
#include "counters.h"
#include "db.h"
#include "shared.h"
#include "vault.h"

struct ready {
	const struct conf	*conf;		/* NULL: not readable */
	const char		*conf_why;
	struct db		*db;		/* NULL: db_why says why */
	struct conn		*conn;		/* NULL: conn_why says why */
	char			 db_why[256], conn_why[256];
	struct ready_check	*check;		/* the one being made */
};

static bool
say(struct ready *r, bool ok, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool
say(struct ready *r, bool ok, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->check->reason, sizeof(r->check->reason), fmt, ap);
	va_end(ap);
	return ok;
}

static bool
check_settings(struct ready *r)
{
	return r->conf != NULL ? say(r, true, "readable") :
	    say(r, false, "%s", r->conf_why);
}

static bool
check_master_key(struct ready *r)
{
	char path[CONF_PATH_MAX], why[256];

	if (r->conf == NULL)
		return say(r, false, "the settings are not readable");
	struct vault *vault = vault_open(conf_path(r->conf, "master.key",
	    path), why, sizeof(why));
	bool ok = vault != NULL;
	vault_close(vault);
	return ok ? say(r, true, "readable") : say(r, false, "%s", why);
}

static bool
check_database(struct ready *r)
{
	return r->conn != NULL ? say(r, true, "opens") :
	    say(r, false, "%s", r->conn_why);
}

static bool
check_schema(struct ready *r)
{
	return r->db != NULL ? say(r, true, "ours, of this version") :
	    say(r, false, "%s", r->db_why);
}

static const struct fault *
write_nothing(struct conn *c, void *arg)
{
	(void)arg;
	/* The head of the audit log, as it is: a write like any other. */
	audit_queue(c);
	return NULL;
}

static bool
check_writable(struct ready *r)
{
	int64_t started = clock_monotonic();

	if (r->db == NULL)
		return say(r, false, "the database is not open");
	if (counters_done_within(started, READY_WRITE_MS))
		return say(r, true, "it was within %d s", READY_WRITE_MS /
		    1000);
	bool written = db_txn(r->db, write_nothing, NULL) == NULL;
	int64_t ms = clock_monotonic() - started;
	if (written)
		return say(r, true, "a commit took %" PRId64 " ms", ms);
	counters_undone();
	return say(r, false, "nothing could be written within %" PRId64
	    " ms: busy, full or read-only", ms);
}

static bool
check_audit_head(struct ready *r)
{
	bool found = false;

	if (r->conn == NULL)
		return say(r, false, "the database is not open");
	struct rows *rows = conn_rows(r->conn, SQL_AUDIT_HEAD, "");
	int64_t seq = 0;
	if (row_next(rows)) {
		seq = row_int(rows, 0);
		found = row_bytes(rows, 1).n == SHA256_SIZE;
	}
	row_done(rows);
	return found ? say(r, true, "at row %" PRId64, seq) :
	    say(r, false, "the head of the audit log is not readable");
}

static bool
check_space(struct ready *r)
{
	char path[CONF_PATH_MAX];
	struct statvfs fs;

	if (r->conf == NULL)
		return say(r, false, "the settings are not readable");
	if (statvfs(conf_path(r->conf, "db", path), &fs) != 0)
		return say(r, false, "%s: %s", path, strerror(errno));
	uint64_t mib = (uint64_t)fs.f_bavail * fs.f_frsize >> 20;
	return say(r, mib >= READY_SPACE_MIB, "%" PRIu64 " MiB free, %d "
	    "needed", mib, READY_SPACE_MIB);
}

static bool
check_cron(struct ready *r, const char *name, int minutes)
{
	int64_t seen = 0;

	if (r->conn == NULL)
		return say(r, false, "the database is not open");
	struct rows *rows = conn_rows(r->conn, SQL_CRON_RUNS, "");
	while (row_next(rows))
		if (strcmp(row_text(rows, 0), name) == 0)
			seen = row_int(rows, 3);
	row_done(rows);
	if (seen == 0)
		return say(r, false, "has never run");
	int64_t age = clock_now() - seen;
	return say(r, age <= (int64_t)minutes * READY_MINUTE_MS, "seen %"
	    PRId64 " s ago, %d are allowed", age / 1000, minutes * 60);
}

static bool
check_deliver(struct ready *r)
{
	return check_cron(r, "deliver", READY_DELIVER_MIN);
}

static bool
check_reconcile(struct ready *r)
{
	return check_cron(r, "reconcile", READY_RECONCILE_MIN);
}

static bool
check_sweep(struct ready *r)
{
	return check_cron(r, "sweep", READY_SWEEP_MIN);
}

/* Endpoints that fail or are on hold say nothing about this host. */
static bool
check_outbox(struct ready *r)
{
	int64_t now = clock_now(), at = now;

	if (r->conn == NULL)
		return say(r, false, "the database is not open");
	struct rows *rows = conn_rows(r->conn, SQL_FIGURES_OLDEST_DUE, "ii",
	    now, (int64_t)0);
	if (row_next(rows) && !row_null(rows, 0))
		at = row_int(rows, 0);
	row_done(rows);
	int64_t age = now > at ? (now - at) / 1000 : 0;
	return say(r, age <= READY_OUTBOX_MIN * 60, "the oldest due delivery "
	    "has waited for %" PRId64 " s, %d are allowed", age,
	    READY_OUTBOX_MIN * 60);
}

static const struct {
	const char	*name;
	bool		(*check)(struct ready *);
} checks[READY_CHECKS] = {
	{ "settings", check_settings },
	{ "master_key", check_master_key },
	{ "database", check_database },
	{ "schema", check_schema },
	{ "writable", check_writable },
	{ "audit_head", check_audit_head },
	{ "disk_space", check_space },
	{ "cron_deliver", check_deliver },
	{ "cron_reconcile", check_reconcile },
	{ "cron_sweep", check_sweep },
	{ "outbox", check_outbox },
};

/* Opened anew for each request: that it can be is what is asked. */
static void
open_database(struct ready *r)
{
	char path[CONF_PATH_MAX];
	struct conf bounded;

	snprintf(r->db_why, sizeof(r->db_why), "the settings are not "
	    "readable");
	memcpy(r->conn_why, r->db_why, sizeof(r->conn_why));
	if (r->conf == NULL)
		return;
	bounded = *r->conf;
	bounded.wait_ms = READY_WAIT_MS;
	r->db = db_open(&bounded, r->db_why, sizeof(r->db_why));
	conf_wipe(&bounded);
	r->conn = conn_open(conf_path(r->conf, "db/clive.db", path), true,
	    READY_WAIT_MS, r->conn_why, sizeof(r->conn_why));
	if (r->conn != NULL)
		conn_limit(r->conn, READY_WAIT_MS);
}

int
ready_run(const struct conf *conf, const char *conf_why,
    struct ready_check out[READY_CHECKS])
{
	struct ready r = { .conf = conf, .conf_why = conf_why };
	int bad = 0;

	open_database(&r);
	for (size_t i = 0; i < READY_CHECKS; i++) {
		r.check = &out[i];
		out[i].name = checks[i].name;
		out[i].ok = checks[i].check(&r);
		/* What could not read found nothing. */
		if (r.conn != NULL && conn_failed(r.conn) != NULL) {
			out[i].ok = say(&r, false, "%s", conn_failed(r.conn));
			conn_forgive(r.conn);
		}
		bad += !out[i].ok;
	}
	conn_close(r.conn);
	db_close(r.db);
	return bad;
}
