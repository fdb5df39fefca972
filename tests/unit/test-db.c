/* SPDX-License-Identifier: ISC */
/* test-db.c - a transaction is all there or not at all, come what may. */
#include "db.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "audit.h"
#include "fixture.h"
#include "shared.h"

enum { WAIT_MS = 150 };

static struct conf conf;
static struct db *db;
static char path[CONF_PATH_MAX];
static char why[2048];

static int
open_db(void **state)
{
	char folder[CONF_PATH_MAX];

	(void)state;
	memset(&conf, 0, sizeof(conf));
	fixture_folder(conf.var);
	conf.wait_ms = WAIT_MS;
	mkdir(conf_path(&conf, "db", folder), 0700);
	mkdir(conf_path(&conf, "run", folder), 0700);
	conf_path(&conf, "db/clive.db", path);
	if (!db_create(&conf, why, sizeof(why)) ||
	    (db = db_open(&conf, why, sizeof(why))) == NULL)
		fail_msg("%s", why);
	return 0;
}

static int
close_db(void **state)
{
	(void)state;
	db_close(db);
	db = NULL;
	fixture_remove(conf.var);
	return 0;
}

/* A statement of the test's own, on a connection of its own. */
static int64_t
ask(const char *sql)
{
	sqlite3_stmt *stmt;
	sqlite3 *c;
	int64_t n = -1;

	assert_int_equal(sqlite3_open(path, &c), SQLITE_OK);
	sqlite3_busy_timeout(c, 5000);
	if (sqlite3_prepare_v2(c, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(c));
	if (sqlite3_step(stmt) == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(c);
	return n;
}

static int64_t
count(void)
{
	return ask("SELECT count(*) FROM cron_run");
}

/* Writes a row of its name. */
static const struct fault *
write_row(struct conn *c, void *arg)
{
	conn_run(c, SQL_CRON_TAKE, "tti", arg, "test", INT64_C(1));
	return NULL;
}

static const struct fault *
write_and_refuse(struct conn *c, void *arg)
{
	write_row(c, arg);
	return &FAULT_TX_NOT_FOUND;
}

/* Two rows; the second breaks a CHECK. */
static const struct fault *
write_and_break(struct conn *c, void *arg)
{
	write_row(c, arg);
	conn_run(c, SQL_PARTNER_INSERT, "ttttii", "PARTNER", "A name",
	    "no such status", "approved", INT64_C(0), INT64_C(1));
	return NULL;
}

/* A callback that leaves a half-read statement behind. */
static const struct fault *
read_half(struct conn *c, void *arg)
{
	struct rows *r;

	write_row(c, arg);
	r = conn_rows(c, SQL_CRON_RUNS, "");
	return row_next(r) ? NULL : &FAULT_INTERNAL;
}

static const struct fault *
txn(db_callback *fn, const char *text)
{
	char name[32];

	snprintf(name, sizeof(name), "%s", text);
	return db_txn(db, fn, name);
}

static void
what_is_committed_survives_reopening(void **state)
{
	(void)state;
	assert_null(txn(write_row, "a"));
	assert_int_equal(count(), 1);
	db_close(db);
	db = db_open(&conf, why, sizeof(why));
	assert_non_null(db);
	assert_int_equal(count(), 1);
	assert_null(txn(write_row, "b"));
	struct conn *c = db_reader(db, why, sizeof(why));
	assert_non_null(c);
	struct rows *r = conn_rows(c, SQL_CRON_OWNER, "t", "b");
	assert_true(row_next(r));
	conn_close(c);
}

static void
a_refusal_leaves_nothing(void **state)
{
	(void)state;
	assert_ptr_equal(txn(write_and_refuse, "a"),
	    &FAULT_TX_NOT_FOUND);
	assert_int_equal(count(), 0);
	assert_null(txn(write_row, "a"));
	assert_int_equal(count(), 1);
}

static void
a_broken_constraint_is_storage_trouble_and_leaves_nothing(void **state)
{
	(void)state;
	assert_ptr_equal(txn(write_and_break, "a"), &FAULT_STORAGE);
	assert_int_equal(count(), 0);
	assert_int_equal(ask("SELECT count(*) FROM partner"), 0);
	assert_null(txn(write_row, "a"));
	assert_int_equal(count(), 1);
}

static void
a_half_read_statement_does_no_harm(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_null(txn(read_half, "a"));
	assert_int_equal(count(), 1);
}

/* What a thread of the next cases does. */
struct work {
	int		 thread;
	int		 times;
	db_callback	*fn;		/* for every seventh; NULL: none */
	const struct fault *expected;	/* of those */
	int		 wrong;
};

static void *
run_work(void *arg)
{
	struct work *w = arg;
	char name[32];

	for (int i = 0; i < w->times; i++) {
		bool odd = w->fn != NULL && i % 7 == 3;

		snprintf(name, sizeof(name), "%d.%d", w->thread, i);
		if (db_txn(db, odd ? w->fn : write_row, name) !=
		    (odd ? w->expected : NULL))
			w->wrong++;
	}
	return NULL;
}

static void
run_threads(struct work *works, int n)
{
	pthread_t threads[16];
	int wrong = 0;

	for (int i = 0; i < n; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_work,
		    &works[i]), 0);
	for (int i = 0; i < n; i++) {
		pthread_join(threads[i], NULL);
		wrong += works[i].wrong;
	}
	assert_int_equal(wrong, 0);
}

/* In a WAL frame, the size after the commit is set for commits only. */
static int
count_commits(void)
{
	unsigned char head[32];
	char wal[CONF_PATH_MAX + 8];
	int commits = 0;

	snprintf(wal, sizeof(wal), "%s-wal", path);
	FILE *f = fopen(wal, "r");
	assert_non_null(f);
	assert_int_equal(fread(head, 1, 32, f), 32);
	long page = head[10] * 256L + head[11];
	while (fread(head, 1, 24, f) == 24) {
		commits += (head[4] | head[5] | head[6] | head[7]) != 0;
		fseek(f, page, SEEK_CUR);
	}
	fclose(f);
	return commits;
}

static void
threads_are_committed_together(void **state)
{
	struct work works[16] = { { 0 } };
	sqlite3 *reader;

	(void)state;
	/* There is a WAL from the first write on; an open reader keeps it. */
	assert_null(txn(write_row, "first"));
	assert_int_equal(sqlite3_open(path, &reader), SQLITE_OK);
	assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT * FROM partner",
	    NULL, NULL, NULL), SQLITE_OK);
	int before = count_commits();
	assert_true(db_start_committer(db));
	for (int i = 0; i < 16; i++)
		works[i] = (struct work){ .thread = i, .times = 200 };
	run_threads(works, 16);
	assert_int_equal(count(), 1 + 16 * 200);
	int commits = count_commits() - before;
	assert_in_range(commits, 16 * 200 / 64, 16 * 200 / 2);
	sqlite3_close(reader);
}

static void
a_refusal_harms_nobody_else_in_its_group(void **state)
{
	struct work works[16] = { { 0 } };

	(void)state;
	assert_true(db_start_committer(db));
	for (int i = 0; i < 16; i++) {
		works[i] = (struct work){ .thread = i, .times = 70 };
		if (i % 3 == 0) {
			works[i].fn = write_and_refuse;
			works[i].expected = &FAULT_TX_NOT_FOUND;
		}
	}
	run_threads(works, 16);
	/* Six of the threads refuse ten times each. */
	assert_int_equal(count(), 16 * 70 - 6 * 10);
}

static void
a_broken_constraint_harms_nobody_else_in_its_group(void **state)
{
	struct work works[16] = { { 0 } };

	(void)state;
	/* It also says so on standard error, which is not our matter here. */
	int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY);
	dup2(null, STDERR_FILENO);
	assert_true(db_start_committer(db));
	for (int i = 0; i < 16; i++)
		works[i] = (struct work){ i, 70, write_and_break,
		    &FAULT_STORAGE, 0 };
	run_threads(works, 16);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(null);
	assert_int_equal(count(), 16 * 60);
	assert_int_equal(ask("SELECT count(*) FROM partner"), 0);
}

/* The signals that a thread of ours blocks, as the system shows them. */
static unsigned long long
blocked(const char *task)
{
	char name[64], line[128];
	unsigned long long mask = 0;

	snprintf(name, sizeof(name), "/proc/self/task/%.20s/status", task);
	FILE *f = fopen(name, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "SigBlk:", 7) == 0)
			mask = strtoull(line + 7, NULL, 16);
	fclose(f);
	return mask;
}

static void
the_committer_takes_no_signals(void **state)
{
	const int signals[] = { SIGTERM, SIGINT, SIGUSR1, SIGALRM };
	struct dirent *entry;
	int others = 0;

	(void)state;
	assert_true(db_start_committer(db));
	/* After this it runs for certain; a thread is born with a full mask. */
	assert_null(txn(write_row, "a"));
	DIR *tasks = opendir("/proc/self/task");
	assert_non_null(tasks);
	while ((entry = readdir(tasks)) != NULL) {
		long id = strtol(entry->d_name, NULL, 10);

		for (size_t i = 0; id != 0 && i < 4; i++)
			assert_int_equal(blocked(entry->d_name) >>
			    (signals[i] - 1) & 1, id != getpid());
		others += id != 0 && id != getpid();
	}
	closedir(tasks);
	assert_int_equal(others, 1);
}

/* Must be refused no sooner than asked, and not much later. */
static void
assert_refused_in_time(int64_t most)
{
	int64_t before = clock_monotonic();

	assert_ptr_equal(txn(write_row, "late"), &FAULT_STORAGE);
	assert_in_range(clock_monotonic() - before, WAIT_MS - 10, most);
	assert_int_equal(count(), 0);
}

static void
a_locked_database_is_refused_in_time(void **state)
{
	sqlite3 *other;

	(void)state;
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL,
	    NULL), SQLITE_OK);
	assert_refused_in_time(WAIT_MS * 10);
	assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(other);
	assert_null(txn(write_row, "a"));
	assert_int_equal(count(), 1);
}

/* A process that holds the gate; *end lets it go. */
static pid_t
hold_gate(int *end)
{
	char gate[CONF_PATH_MAX], byte;
	int ready[2], go[2];

	conf_path(&conf, "run/writer.lock", gate);
	assert_int_equal(pipe(ready) + pipe(go), 0);
	pid_t pid = fork();
	if (pid == 0) {
		int fd = open(gate, O_RDWR);
		close(go[1]);
		if (flock(fd, LOCK_EX) != 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		_exit(read(go[0], &byte, 1) != 0);
	}
	close(ready[1]);
	close(go[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	*end = go[1];
	return pid;
}

static void
let_go(pid_t pid, int end)
{
	int status;

	close(end);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
a_writer_that_keeps_the_gate_is_waited_for_in_vain(void **state)
{
	int end;

	(void)state;
	pid_t pid = hold_gate(&end);
	assert_refused_in_time(WAIT_MS * 10);
	let_go(pid, end);
	assert_null(txn(write_row, "a"));
	assert_int_equal(count(), 1);
}

static void
the_committer_waits_at_the_gate_as_well(void **state)
{
	int end;

	(void)state;
	pid_t pid = hold_gate(&end);
	assert_true(db_start_committer(db));
	assert_refused_in_time(WAIT_MS * 10);
	let_go(pid, end);
	assert_null(txn(write_row, "a"));
}

static void *
let_go_later(void *arg)
{
	const struct timespec pause = { 0, WAIT_MS / 3 * 1000000L };

	nanosleep(&pause, NULL);
	close(*(int *)arg);
	return NULL;
}

static void
a_gate_that_opens_in_time_is_passed(void **state)
{
	pthread_t thread;
	int end, status;

	(void)state;
	pid_t pid = hold_gate(&end);
	pthread_create(&thread, NULL, let_go_later, &end);
	assert_null(txn(write_row, "a"));
	pthread_join(thread, NULL);
	waitpid(pid, &status, 0);
	assert_int_equal(count(), 1);
}

/* Appends audit rows too: their chain shows a lost or doubled turn. */
static const struct fault *
write_row_and_audit(struct conn *c, void *arg)
{
	write_row(c, arg);
	audit_write(c, 1, "cli:test", "test.done", arg, "{}");
	return NULL;
}

static pid_t
write_many(int process, int times)
{
	char name[32];
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	conf.wait_ms = 60000;
	db = db_open(&conf, why, sizeof(why));
	for (int i = 0; db != NULL && i < times; i++) {
		snprintf(name, sizeof(name), "%d.%d", process, i);
		if (db_txn(db, write_row_and_audit, name) != NULL)
			_exit(1);
	}
	_exit(db == NULL);
}

static void
two_processes_interleave_without_loss(void **state)
{
	struct audit_report report;
	pid_t pids[2];
	int status;

	(void)state;
	db_close(db);
	for (int i = 0; i < 2; i++)
		pids[i] = write_many(i, 500);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count(), 1000);
	db = db_open(&conf, why, sizeof(why));
	struct conn *c = db_reader(db, why, sizeof(why));
	assert_true(audit_verify(c, 0, NULL, &report));
	assert_int_equal(report.rows, 1000);
	conn_close(c);
	/* Neither had to wait until the other was done. */
	assert_in_range(ask("SELECT count(*) FROM audit_event a JOIN "
	    "audit_event b ON b.seq = a.seq + 1 AND substr(a.subject, 1, 1) "
	    "<> substr(b.subject, 1, 1)"), 2, 999);
}

static const struct fault *
write_much(struct conn *c, void *arg)
{
	char name[32], text[4096];

	(void)arg;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "much.%d", i);
		conn_run(c, SQL_CRON_TAKE, "tti", name, text, INT64_C(1));
	}
	return NULL;
}

/* The exit status says at which step the disk did not do as it should. */
static void
fill_the_disk(void)
{
	char wal[CONF_PATH_MAX + 8];
	struct rlimit old, full;
	struct stat st;

	signal(SIGXFSZ, SIG_IGN);
	close(STDERR_FILENO);
	if ((db = db_open(&conf, why, sizeof(why))) == NULL ||
	    txn(write_row, "before") != NULL)
		_exit(1);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	getrlimit(RLIMIT_FSIZE, &old);
	full = old;
	/* A page more than there is: it breaks off in the middle. */
	full.rlim_cur = (rlim_t)(stat(wal, &st) == 0 ? st.st_size : 0) + 5000;
	if (setrlimit(RLIMIT_FSIZE, &full) != 0)
		_exit(2);
	if (txn(write_much, "") != &FAULT_STORAGE)
		_exit(3);
	if (txn(write_much, "") != &FAULT_STORAGE)
		_exit(4);
	setrlimit(RLIMIT_FSIZE, &old);
	if (txn(write_row, "after") != NULL)
		_exit(5);
	_exit(0);
}

static void
a_full_disk_takes_nothing_and_loses_nothing(void **state)
{
	int status;

	(void)state;
	db_close(db);
	pid_t pid = fork();
	if (pid == 0)
		fill_the_disk();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	db = db_open(&conf, why, sizeof(why));
	assert_non_null(db);
	assert_int_equal(count(), 2);
	assert_int_equal(ask("SELECT count(*) FROM cron_run WHERE name IN "
	    "('before', 'after')"), 2);
	assert_null(txn(write_row, "later"));
}

/* Killed between its writes and its commit. */
static const struct fault *
write_and_die(struct conn *c, void *arg)
{
	write_much(c, arg);
	kill(getpid(), SIGKILL);
	return NULL;
}

static void
a_writer_that_is_killed_leaves_nothing_and_blocks_nobody(void **state)
{
	int status;

	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		struct db *own = db_open(&conf, why, sizeof(why));
		db_txn(own, write_and_die, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(count(), 0);
	assert_null(txn(write_row, "a"));
	assert_int_equal(count(), 1);
}

static void
assert_not_opened(const char *words)
{
	struct db *other = db_open(&conf, why, sizeof(why));

	if (other != NULL)
		fail_msg("opened: %s", words);
	if (strstr(why, "db/clive.db: ") == NULL ||
	    strstr(why, words) == NULL)
		fail_msg("%s: %s", words, why);
}

static void
refuses_a_database_that_is_not_ours(void **state)
{
	(void)state;
	ask("PRAGMA application_id = 1");
	assert_not_opened("not a Clive database");
	ask("PRAGMA application_id = 0");
	assert_not_opened("not a Clive database");
}

static void
refuses_another_schema_version(void **state)
{
	(void)state;
	ask("PRAGMA user_version = 2");
	assert_not_opened("has schema version 2; this program needs 1");
	ask("PRAGMA user_version = 0");
	assert_not_opened("has schema version 0; this program needs 1");
	ask("PRAGMA user_version = 1");
	struct db *other = db_open(&conf, why, sizeof(why));
	assert_non_null(other);
	db_close(other);
}

static void
refuses_a_file_that_others_may_read(void **state)
{
	static const mode_t modes[] = { 0644, 0640, 0660, 0604, 0601 };

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		assert_not_opened("may be read by others; chmod 600 it");
	}
	assert_int_equal(chmod(path, 0600), 0);
}

static void
refuses_what_is_not_there_or_no_database(void **state)
{
	(void)state;
	db_close(db);
	db = NULL;
	int fd = open(path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, "this is no database at all, is it?\n", 35),
	    35);
	close(fd);
	char wal[CONF_PATH_MAX + 8];
	snprintf(wal, sizeof(wal), "%s-wal", path);
	unlink(wal);
	assert_not_opened("file is not a database");
	assert_int_equal(truncate(path, 0), 0);
	assert_not_opened("not a Clive database");
	unlink(path);
	assert_not_opened("No such file");
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
refuses_a_data_directory_without_run(void **state)
{
	struct conf other = { .var = "/nowhere" };

	(void)state;
	assert_null(db_open(&other, why, sizeof(why)));
	assert_non_null(strstr(why, "lock: No such file"));
}

static void
a_database_is_never_made_over_another(void **state)
{
	struct stat st;

	(void)state;
	assert_null(txn(write_row, "a"));
	assert_false(db_create(&conf, why, sizeof(why)));
	assert_non_null(strstr(why, "db/clive.db: there is one already"));
	assert_int_equal(count(), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* ------------------------------------------------------------- groups */

/* A callback of a group: how often it ran, and what it does. */
struct member {
	const char	*name;
	db_callback	*fn;
	int		 runs;
};

static const struct fault *
run_member(struct conn *c, void *arg)
{
	struct member *m = arg;
	char name[32];

	m->runs++;
	snprintf(name, sizeof(name), "%s", m->name);
	return m->fn(c, name);
}

/* A refusal that is kept: its own savepoint, undone, then a row after all. */
static const struct fault *
undo_and_write(struct conn *c, void *arg)
{
	static char undone[] = "undone";

	conn_savepoint(c);
	write_row(c, undone);
	conn_rollback_to(c);
	return write_row(c, arg);
}

/* The same where nothing had been written that needs undoing. */
static const struct fault *
look_and_write(struct conn *c, void *arg)
{
	conn_savepoint(c);
	row_done(conn_rows(c, SQL_CRON_RUNS, ""));
	conn_rollback_to(c);
	return write_row(c, arg);
}

static const struct fault *
only_refuse(struct conn *c, void *arg)
{
	(void)c, (void)arg;
	return &FAULT_TX_NOT_FOUND;
}

/* What it changed is counted only when the statement is over. */
static const struct fault *
refuse_while_writing(struct conn *c, void *arg)
{
	(void)arg;
	struct rows *r = conn_rows(c, SQL_AUDIT_HEAD_TAKE, "");

	return row_next(r) ? &FAULT_TX_NOT_FOUND : &FAULT_INTERNAL;
}

/* Runs them as one group; the results lie in jobs. */
static void
run_members(struct member *m, struct db_job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		jobs[i] = (struct db_job){ .fn = run_member, .arg = &m[i],
		    .next = i + 1 < n ? &jobs[i + 1] : NULL };
	db_txn_group(db, jobs);
}

static void
a_group_that_agrees_runs_once(void **state)
{
	struct member m[] = { { "a", write_row, 0 },
	    { "b", look_and_write, 0 }, { "", only_refuse, 0 },
	    { "c", write_row, 0 } };
	struct db_job jobs[4];

	(void)state;
	run_members(m, jobs, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(m[i].runs, 1);
		assert_ptr_equal(jobs[i].result, i == 2 ?
		    &FAULT_TX_NOT_FOUND : NULL);
	}
	assert_int_equal(count(), 3);
}

static void
one_that_refuses_after_writing_has_its_group_run_again(void **state)
{
	struct member m[] = { { "a", write_row, 0 },
	    { "b", write_and_refuse, 0 }, { "c", write_row, 0 } };
	struct db_job jobs[3];

	(void)state;
	run_members(m, jobs, 3);
	assert_null(jobs[0].result);
	assert_ptr_equal(jobs[1].result, &FAULT_TX_NOT_FOUND);
	assert_null(jobs[2].result);
	assert_int_equal(m[0].runs, 2);
	assert_int_equal(m[1].runs, 2);
	assert_int_equal(m[2].runs, 1);	/* the first try did not get there */
	assert_int_equal(count(), 2);
	assert_int_equal(ask("SELECT count(*) FROM cron_run WHERE name = 'b'"),
	    0);
}

static void
one_that_refuses_while_writing_leaves_nothing(void **state)
{
	struct member m[] = { { "a", write_row, 0 },
	    { "", refuse_while_writing, 0 }, { "c", write_row, 0 } };
	struct db_job jobs[3];
	int64_t head = ask("SELECT seq FROM audit_head");

	(void)state;
	run_members(m, jobs, 3);
	assert_null(jobs[0].result);
	assert_ptr_equal(jobs[1].result, &FAULT_TX_NOT_FOUND);
	assert_null(jobs[2].result);
	assert_int_equal(count(), 2);
	assert_int_equal(ask("SELECT seq FROM audit_head"), head);
}

static void
what_a_member_undoes_itself_is_undone(void **state)
{
	struct member m[] = { { "a", write_row, 0 },
	    { "b", undo_and_write, 0 } };
	struct db_job jobs[2];

	(void)state;
	run_members(m, jobs, 2);
	assert_null(jobs[0].result);
	assert_null(jobs[1].result);
	assert_int_equal(m[1].runs, 2);
	assert_int_equal(count(), 2);
	assert_int_equal(ask("SELECT count(*) FROM cron_run WHERE name = "
	    "'undone'"), 0);
}

static void
one_that_breaks_harms_nobody_else_in_its_list(void **state)
{
	struct member m[] = { { "a", write_row, 0 },
	    { "b", write_and_break, 0 }, { "c", write_row, 0 } };
	struct db_job jobs[3];

	(void)state;
	run_members(m, jobs, 3);
	assert_null(jobs[0].result);
	assert_ptr_equal(jobs[1].result, &FAULT_STORAGE);
	assert_null(jobs[2].result);
	assert_int_equal(count(), 2);
}

static void
a_group_of_one_that_refuses_leaves_nothing(void **state)
{
	struct member m[] = { { "a", write_and_refuse, 0 } };
	struct db_job jobs[1];

	(void)state;
	run_members(m, jobs, 1);
	assert_ptr_equal(jobs[0].result, &FAULT_TX_NOT_FOUND);
	assert_int_equal(count(), 0);
	assert_null(txn(write_row, "b"));
	assert_int_equal(count(), 1);
}

static const struct fault *
say_so(struct conn *c, void *arg)
{
	audit_write(c, 1, "test", "test.said", arg, "{}");
	return NULL;
}

static const struct fault *
say_so_and_break(struct conn *c, void *arg)
{
	say_so(c, arg);
	return write_and_break(c, arg);
}

/* Breaks a CHECK before it says so: nothing is changed, nor said. */
static const struct fault *
say_what_is_refused(struct conn *c, void *arg)
{
	conn_run(c, SQL_PARTNER_INSERT, "ttttii", "PARTNER", "A name",
	    "no such status", "approved", INT64_C(0), INT64_C(1));
	audit_write(c, 1, "test", "test.said", arg, "{}");
	return NULL;
}

static void
the_audit_chain_has_no_holes_whoever_refuses(void **state)
{
	struct member m[] = { { "a", say_so, 0 }, { "b", only_refuse, 0 },
	    { "c", say_what_is_refused, 0 }, { "d", say_so, 0 },
	    { "e", say_so, 0 } };
	struct db_job jobs[5];
	struct audit_report report;

	(void)state;
	for (int round = 0; round < 3; round++) {
		/* Then without the row that is refused, then with one that
		 * has everything run again. */
		m[2].fn = round == 0 ? say_what_is_refused : round == 1 ?
		    only_refuse : say_so_and_break;
		run_members(m, jobs, 5);
		assert_null(jobs[0].result);
		assert_non_null(jobs[2].result);
		assert_null(jobs[4].result);
		assert_int_equal(ask("SELECT count(*) FROM audit_event"),
		    4 * round + 3);
		assert_null(txn(say_so, "alone"));
		ask("DELETE FROM cron_run");
		struct conn *c = db_reader(db, why, sizeof(why));
		assert_true(audit_verify(c, 0, NULL, &report));
		conn_close(c);
		assert_int_equal(report.rows, 4 + 4 * round);
	}
}

/* The log cannot grow: the commit fails, whoever had agreed. */
static void
a_commit_that_fails_answers_nobody(void **state)
{
	struct member m[] = { { "a", write_row, 0 }, { "b", write_row, 0 },
	    { "", only_refuse, 0 } };
	struct db_job jobs[3];
	struct rlimit none, old;

	(void)state;
	getrlimit(RLIMIT_FSIZE, &old);
	none = old;
	none.rlim_cur = 0;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &none);
	run_members(m, jobs, 3);
	setrlimit(RLIMIT_FSIZE, &old);
	for (size_t i = 0; i < 3; i++)
		assert_ptr_equal(jobs[i].result, &FAULT_STORAGE);
	assert_int_equal(count(), 0);
	run_members(m, jobs, 3);
	assert_null(jobs[0].result);
	assert_int_equal(count(), 2);
}

static void
a_group_that_finds_the_gate_shut_is_refused(void **state)
{
	struct member m[] = { { "a", write_row, 0 }, { "b", write_row, 0 } };
	struct db_job jobs[2];
	char lock[CONF_PATH_MAX];

	(void)state;
	int fd = open(conf_path(&conf, "run/writer.lock", lock), O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	run_members(m, jobs, 2);
	close(fd);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(m[i].runs, 0);
		assert_ptr_equal(jobs[i].result, &FAULT_STORAGE);
	}
	assert_int_equal(count(), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_db, close_db)

static const struct CMUnitTest tests[] = {
	CASE(what_is_committed_survives_reopening),
	CASE(a_refusal_leaves_nothing),
	CASE(a_broken_constraint_is_storage_trouble_and_leaves_nothing),
	CASE(a_half_read_statement_does_no_harm),
	CASE(threads_are_committed_together),
	CASE(a_refusal_harms_nobody_else_in_its_group),
	CASE(a_broken_constraint_harms_nobody_else_in_its_group),
	CASE(the_committer_takes_no_signals),
	CASE(a_locked_database_is_refused_in_time),
	CASE(a_writer_that_keeps_the_gate_is_waited_for_in_vain),
	CASE(the_committer_waits_at_the_gate_as_well),
	CASE(a_gate_that_opens_in_time_is_passed),
	CASE(two_processes_interleave_without_loss),
	CASE(a_full_disk_takes_nothing_and_loses_nothing),
	CASE(a_writer_that_is_killed_leaves_nothing_and_blocks_nobody),
	CASE(refuses_a_database_that_is_not_ours),
	CASE(refuses_another_schema_version),
	CASE(refuses_a_file_that_others_may_read),
	CASE(refuses_what_is_not_there_or_no_database),
	CASE(refuses_a_data_directory_without_run),
	CASE(a_database_is_never_made_over_another),
	CASE(a_group_that_agrees_runs_once),
	CASE(one_that_refuses_after_writing_has_its_group_run_again),
	CASE(one_that_refuses_while_writing_leaves_nothing),
	CASE(what_a_member_undoes_itself_is_undone),
	CASE(one_that_breaks_harms_nobody_else_in_its_list),
	CASE(a_group_of_one_that_refuses_leaves_nothing),
	CASE(the_audit_chain_has_no_holes_whoever_refuses),
	CASE(a_commit_that_fails_answers_nobody),
	CASE(a_group_that_finds_the_gate_shut_is_refused),
};

TEST_MAIN("db", tests)
