/* SPDX-License-Identifier: ISC */
/*
 * restore.c - `clive restore`: a backup put in the place of the database.
 *
 * The backup is copied beside the database and read there from end to end
 * before anything is replaced; what it replaces stays beside it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit.h"
#include "cli.h"
#include "rekey.h"
#include "shared.h"
#include "verify.h"

enum { CHUNK = 1 << 20, HOLD_MS = 2000 };

struct restore {
	struct cli	*cli;
	struct conf	 conf;
	bool		 force;
	char		 live[CONF_PATH_MAX];	/* the database in use */
	char		 copy[CONF_PATH_MAX];
	char		 kept[CONF_PATH_MAX + 24];
	bool		 replaced;	/* there was one, which was kept */
	int64_t		 head;		/* of the backup's audit log */
	int64_t		 bytes;
};

/* What SQLite keeps beside a database goes with it. */
static void
remove_file(const char *path)
{
	char beside[CONF_PATH_MAX + 32];

	unlink(path);
	snprintf(beside, sizeof(beside), "%s-wal", path);
	unlink(beside);
	snprintf(beside, sizeof(beside), "%s-shm", path);
	unlink(beside);
}

static bool
copy_bytes(struct cli *cli, int from, int to, int64_t total)
{
	char *chunk = arena_alloc(cli->arena, CHUNK);
	int64_t done = 0;
	ssize_t n;

	while ((n = read(from, chunk, CHUNK)) > 0) {
		for (ssize_t at = 0, w; at < n; at += w)
			if ((w = write(to, chunk + at, (size_t)(n - at))) < 0)
				return false;
		done += n;
		cli_progress(done, total, done >= total);
	}
	return n == 0 && fsync(to) == 0;
}

static bool
copy_file(struct restore *r)
{
	const char *file = r->cli->argument;
	int from = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (from == -1 || fstat(from, &st) != 0 || !S_ISREG(st.st_mode)) {
		cli_fail(r->cli, "%s: %s", file, from == -1 ?
		    strerror(errno) : "no regular file");
		if (from != -1)
			close(from);
		return false;
	}
	r->bytes = st.st_size;
	remove_file(r->copy);
	int to = open(r->copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good = to != -1 && copy_bytes(r->cli, from, to, st.st_size);
	if (!good)
		cli_fail(r->cli, "%s: %s", r->copy, strerror(errno));
	close(from);
	if (to != -1 && close(to) != 0 && good)
		good = cli_fail(r->cli, "%s: %s", r->copy, strerror(errno));
	return good;
}

/* Secrets that our master key does not open would be lost with the backup. */
static bool
check_secrets(struct restore *r, struct conn *c)
{
	struct rekey_count count;
	char path[CONF_PATH_MAX], why[1024];
	struct vault *vault = vault_open(conf_path(&r->conf, "master.key",
	    path), why, sizeof(why));

	if (vault == NULL)
		return cli_fail(r->cli, "%s", why);
	bool good = rekey_look(c, vault, &count) && (count.unknown == 0 ||
	    r->force || cli_fail(r->cli, "%lld secret(s) in it are sealed "
	    "under another master.key, the first is %s; put that one back, or "
	    "--force", (long long)count.unknown, count.first_old));
	vault_close(vault);
	return good;
}

/* Is the copy one of our databases, whole, and in agreement with itself? */
static bool
check_copy(struct restore *r)
{
	struct audit_report audit;
	char why[1024];
	struct conn *c = conn_open(r->copy, true, HOLD_MS, why, sizeof(why));

	if (c == NULL)
		return cli_fail(r->cli, "%s: %s", r->cli->argument, why);
	bool good = db_check(c, r->cli->argument, why, sizeof(why)) ||
	    cli_fail(r->cli, "%s", why);
	good = good && verify_all(r->cli, c, &audit) &&
	    check_secrets(r, c);
	if (!good && !r->cli->failed)
		cli_fail(r->cli, "%s: %s", r->cli->argument,
		    conn_failed(c) != NULL ? conn_failed(c) : "unreadable");
	r->head = audit.head_seq;
	conn_close(c);
	return good;
}

/* How far the database in use has come; -1: it cannot be read. */
static int64_t
head_of(struct conn *c)
{
	struct rows *rows = conn_rows(c, SQL_AUDIT_HEAD, "");
	int64_t head = row_next(rows) ? row_int(rows, 0) : -1;

	row_done(rows);
	return conn_failed(c) == NULL ? head : -1;
}

/*
 * Locks everybody else out until the connection is closed, and leaves nothing
 * beside the file. False: others have it open, since with a log beside it
 * every connection holds a lock, however idle it is.
 */
static bool
lock_out(struct conn *c)
{
	bool alone = false;

	conn_script(c, "PRAGMA locking_mode = EXCLUSIVE; "
	    "PRAGMA journal_mode = DELETE");
	conn_forgive(c);
	struct rows *r = conn_rows(c, SQL_JOURNAL_MODE, "");
	if (row_next(r))
		alone = strcmp(row_text(r, 0), "delete") == 0;
	row_done(r);
	return alone && conn_script(c, "BEGIN EXCLUSIVE");
}

/*
 * Keeps everybody else out of the database in use, which has to be older than
 * the backup. *hold is the connection that does so; NULL where there is
 * nothing to hold: no database, or a broken one and --force.
 */
static bool
hold_live(struct restore *r, struct conn **hold)
{
	char why[1024];
	int64_t head = -1;

	*hold = NULL;
	if (access(r->live, F_OK) != 0)
		return true;
	r->replaced = true;
	struct conn *c = conn_open(r->live, false, HOLD_MS, why, sizeof(why));
	if (c != NULL)
		head = head_of(c);
	if (head == -1 && !r->force) {
		conn_close(c);
		return cli_fail(r->cli, "%s cannot be read, so nobody can "
		    "tell whether it is newer: --force replaces it", r->live);
	}
	if (head == -1) {
		conn_close(c);
		return true;
	}
	if (!lock_out(c)) {
		conn_close(c);
		return cli_fail(r->cli, "programs are using %s: stop web "
		    "server and cron jobs first", r->live);
	}
	*hold = c;
	return head <= r->head || r->force || cli_fail(r->cli, "the database "
	    "is newer: its audit log has %lld row(s), that of the backup "
	    "%lld; --force replaces it", (long long)head,
	    (long long)r->head);
}

/* A log of the replaced one must never be taken for the new one's. */
static bool
move_beside(struct restore *r, const char *suffix)
{
	char from[CONF_PATH_MAX + 8], to[CONF_PATH_MAX + 40];

	snprintf(from, sizeof(from), "%s%s", r->live, suffix);
	snprintf(to, sizeof(to), "%s%s", r->kept, suffix);
	return rename(from, to) == 0 || errno == ENOENT ||
	    cli_fail(r->cli, "%s: %s", from, strerror(errno));
}

static bool
sync_folder(struct restore *r)
{
	char path[CONF_PATH_MAX];
	int fd = open(conf_path(&r->conf, "db", path), O_RDONLY | O_CLOEXEC |
	    O_DIRECTORY);
	bool good = fd != -1 && fsync(fd) == 0;

	if (!good)
		cli_fail(r->cli, "%s: %s", path, strerror(errno));
	if (fd != -1)
		close(fd);
	return good;
}

/* A second name for what is there: at no moment is there none under its own. */
static bool
keep(struct restore *r)
{
	char when[20];
	time_t now = time(NULL);
	struct tm tm;
	int rc = -1;

	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
	for (int i = 1; rc != 0 && i < 100; i++) {
		snprintf(r->kept, sizeof(r->kept), "%s.%s-%d", r->live, when,
		    i);
		rc = link(r->live, r->kept);
		if (rc != 0 && errno != EEXIST)
			break;
	}
	if (rc != 0)
		return cli_fail(r->cli, "%s: %s", r->kept, strerror(errno));
	return move_beside(r, "-wal") && move_beside(r, "-shm");
}

static bool
replace(struct restore *r)
{
	if (r->replaced && !keep(r))
		return false;
	return rename(r->copy, r->live) == 0 ? sync_folder(r) :
	    cli_fail(r->cli, "%s: %s", r->live, strerror(errno));
}

static bool
note_restore(struct cli *cli, struct conn *c, void *arg)
{
	const struct restore *r = arg;

	audit_write(c, clock_now(), cli->actor, "database.restored",
	    "database", arena_printf(cli->arena, "{\"head_seq\":%lld}",
	    (long long)r->head));
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "restored", cli->argument);
	jsonw_int(&cli->w, "bytes", r->bytes);
	jsonw_int(&cli->w, "head_seq", r->head);
	jsonw_text(&cli->w, "kept", r->replaced ? r->kept : NULL);
	jsonw_end_object(&cli->w);
	return true;
}

static bool
restore(struct restore *r)
{
	struct conn *hold = NULL;
	bool good = copy_file(r) && check_copy(r) && hold_live(r, &hold) &&
	    replace(r);

	conn_close(hold);
	if (!good) {
		const char *why = arena_strdup(r->cli->arena, r->cli->why);
		remove_file(r->copy);
		return cli_fail(r->cli, "%s; nothing was replaced", why);
	}
	return true;
}

bool
run_restore(struct cli *cli)
{
	struct restore r = { .cli = cli,
	    .force = cli_get(cli, "force") != NULL };
	char var[CONF_PATH_MAX], why[1024];

	/* The owner of the data has to be able to read the file as well. */
	if (!cli_find_var(cli, var))
		return false;
	if (!conf_read(var, &r.conf, why, sizeof(why)))
		return cli_fail(cli, "%s", why);
	conf_path(&r.conf, "db/clive.db", r.live);
	conf_path(&r.conf, "db/clive.db.restore", r.copy);
	bool good = restore(&r);
	conf_wipe(&r.conf);
	if (!good)
		return false;
	if (!setup_open(&cli->setup, why, sizeof(why)))
		return cli_fail(cli, "%s", why);
	return cli_txn(cli, note_restore, &r);
}
