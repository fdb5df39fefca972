/* SPDX-License-Identifier: ISC */
/* db.c - the writer: one gate between processes, one group a commit. */
#include "db.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "schema.h"
#include "shared.h"

enum {
	GROUP_MAX = 64,			/* callbacks committed together */
	APPLICATION_ID = 1129072214,	/* as in schema.sql */
	SCHEMA_VERSION = 1
};

enum job_state { JOB_WAITING, JOB_TAKEN, JOB_DONE };

/* A callback that waits for the committer, on the stack of its caller. */
struct waiting {
	struct db_job		 job;
	enum job_state		 state;
	int64_t			 deadline;	/* clock_monotonic */
	pthread_cond_t		 done;
	struct waiting		*next;
};

struct db {
	char		 path[CONF_PATH_MAX];
	int64_t		 wait_ms;
	struct conn	*writer;
	int		 gate;		/* descriptors of the lock files: */
	int		 queue;		/* see enter_gate */
	bool		 threaded;
	pthread_t	 committer;	/* where threaded */
	pthread_mutex_t	 mutex;		/* guards what follows */
	bool		 closing;
	pthread_cond_t	 work;
	struct waiting	*first;
	struct waiting	**last;
};

bool
db_check(struct conn *c, const char *path, char *why, size_t size)
{
	struct rows *r = conn_rows(c, SQL_SCHEMA_VERSION, "");
	int64_t application = 0, version = 0;

	if (row_next(r)) {
		application = row_int(r, 0);
		version = row_int(r, 1);
	}
	row_done(r);
	if (conn_failed(c) != NULL)
		snprintf(why, size, "%s: %s", path, conn_failed(c));
	else if (application != APPLICATION_ID)
		snprintf(why, size, "%s: not a Clive database", path);
	else if (version != SCHEMA_VERSION)
		snprintf(why, size, "%s: has schema version %lld; this "
		    "program needs %d", path, (long long)version,
		    SCHEMA_VERSION);
	else
		return true;
	return false;
}

/* The database holds names and sealed secrets: nobody else may read it. */
static bool
check_mode(const char *path, char *why, size_t size)
{
	struct stat st;

	if (stat(path, &st) != 0)
		snprintf(why, size, "%s: %s", path, strerror(errno));
	else if ((st.st_mode & 077) != 0)
		snprintf(why, size, "%s: may be read by others; chmod 600 it",
		    path);
	else
		return true;
	return false;
}

static int
open_lock(const struct conf *conf, const char *name, char *why, size_t size)
{
	char path[CONF_PATH_MAX];

	conf_path(conf, name, path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		snprintf(why, size, "%s: %s", path, strerror(errno));
	return fd;
}

struct db *
db_open(const struct conf *conf, char *why, size_t size)
{
	struct db *db = calloc(1, sizeof(*db));

	if (db == NULL)
		abort();
	conf_path(conf, "db/clive.db", db->path);
	db->wait_ms = conf->wait_ms;
	db->last = &db->first;
	pthread_mutex_init(&db->mutex, NULL);
	pthread_cond_init(&db->work, NULL);
	db->gate = open_lock(conf, "run/writer.lock", why, size);
	db->queue = open_lock(conf, "run/queue.lock", why, size);
	if (db->gate == -1 || db->queue == -1 || !check_mode(db->path, why, size) ||
	    (db->writer = conn_open(db->path, false, db->wait_ms, why, size))
	    == NULL || !db_check(db->writer, db->path, why, size)) {
		db_close(db);
		return NULL;
	}
	return db;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	if (db->threaded) {
		pthread_mutex_lock(&db->mutex);
		db->closing = true;
		pthread_cond_signal(&db->work);
		pthread_mutex_unlock(&db->mutex);
		pthread_join(db->committer, NULL);
	}
	conn_close(db->writer);
	if (db->gate != -1)
		close(db->gate);
	if (db->queue != -1)
		close(db->queue);
	pthread_cond_destroy(&db->work);
	pthread_mutex_destroy(&db->mutex);
	free(db);
}

/* Fills a new file with the schema; false with why. */
static bool
write_schema(const char *path, int64_t wait_ms, char *why, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return false;
	}
	close(fd);
	struct conn *c = conn_open(path, false, wait_ms, why, size);
	if (c == NULL)
		return false;
	/* One file, with nothing beside it, can be renamed into place. */
	conn_script(c, "PRAGMA journal_mode = DELETE");
	conn_script(c, "BEGIN IMMEDIATE");
	conn_script(c, schema_sql);
	conn_script(c, "COMMIT");
	bool good = conn_failed(c) == NULL;
	if (!good)
		snprintf(why, size, "schema.sql: %s", conn_failed(c));
	conn_close(c);
	return good;
}

/*
 * Made under another name: a crash leaves nothing that looks like a
 * database, and the next try starts afresh.
 */
bool
db_create(const struct conf *conf, char *why, size_t size)
{
	char path[CONF_PATH_MAX], new[CONF_PATH_MAX];

	conf_path(conf, "db/clive.db", path);
	conf_path(conf, "db/clive.db.new", new);
	if (access(path, F_OK) == 0) {
		snprintf(why, size, "%s: there is one already", path);
		return false;
	}
	if (!write_schema(new, conf->wait_ms, why, size)) {
		unlink(new);
		return false;
	}
	if (rename(new, path) == 0)
		return true;
	snprintf(why, size, "%s: %s", path, strerror(errno));
	unlink(new);
	return false;
}

void
db_keep_log_short(struct db *db)
{
	conn_script(db->writer, "PRAGMA wal_autocheckpoint = 200");
	conn_forgive(db->writer);
}

struct conn *
db_reader(struct db *db, char *why, size_t size)
{
	return conn_open(db->path, true, db->wait_ms, why, size);
}

static void
on_alarm(int sig)
{
	(void)sig;	/* it only has to interrupt flock */
}

/* Waits for a file lock until the deadline, which a timer knocks at. */
static bool
lock_until(int fd, int64_t deadline)
{
	int rc;

	do {
		rc = flock(fd, LOCK_EX);
	} while (rc != 0 && errno == EINTR && clock_monotonic() < deadline);
	return rc == 0;
}

/*
 * Two locks make a fair queue: whoever holds `queue` is next at the gate, and
 * lets the one behind it step up when it has passed. With one lock the last
 * holder would take it again before anybody who waits is awake.
 */
static bool
pass_queue(struct db *db, int64_t deadline)
{
	if (!lock_until(db->queue, deadline))
		return false;
	bool entered = lock_until(db->gate, deadline);
	flock(db->queue, LOCK_UN);
	return entered;
}

/*
 * flock knows no time limit: a timer interrupts this thread at the deadline,
 * and again shortly after, in case the first knock came before the call.
 */
static bool
queue_at_gate(struct db *db, int64_t deadline)
{
	int64_t left = deadline - clock_monotonic();
	struct itimerspec knock = { .it_interval.tv_nsec = 50000000 };
	struct sigaction act = { .sa_handler = on_alarm };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID,
	    .sigev_signo = SIGRTMIN };
	sigset_t set, old;
	timer_t timer;

	if (left <= 0)
		return false;
	knock.it_value.tv_sec = left / 1000;
	knock.it_value.tv_nsec = left % 1000 * 1000000;
	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	sigaction(SIGRTMIN, &act, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
		return false;
	pthread_sigmask(SIG_UNBLOCK, &set, &old);
	timer_settime(timer, 0, &knock, NULL);
	bool entered = pass_queue(db, deadline);
	timer_delete(timer);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return entered;
}

/*
 * Takes the gate, waiting until the deadline (clock_monotonic). Nobody in the
 * queue and nobody within: then there is nothing to be fair about.
 */
static bool
enter_gate(struct db *db, int64_t deadline)
{
	if (flock(db->queue, LOCK_EX | LOCK_NB) != 0)
		return queue_at_gate(db, deadline);
	bool entered = flock(db->gate, LOCK_EX | LOCK_NB) == 0;
	flock(db->queue, LOCK_UN);
	return entered || queue_at_gate(db, deadline);
}

static void
leave_gate(struct db *db)
{
	flock(db->gate, LOCK_UN);
}

/*
 * Runs a callback; what it met decides its result. A statement that it did
 * not read to its end has yet to say what it changed, and would be in the way
 * of the next one's savepoint.
 */
static void
run_callback(struct conn *c, struct db_job *job)
{
	job->result = job->fn(c, job->arg);
	conn_end_rows(c);
	if (conn_failed(c) != NULL) {
		log_warn("database: %s", conn_failed(c));
		job->result = &FAULT_STORAGE;
	}
}

/*
 * One callback, undone where it refuses. False when the transaction itself is
 * gone (disk full, I/O error): then nothing of the group can be kept.
 */
static bool
run_job(struct conn *c, struct db_job *job)
{
	conn_savepoint(c);
	run_callback(c, job);
	if (!conn_in_transaction(c))
		return false;
	if (job->result == NULL) {
		conn_release(c);
	} else {
		conn_rollback_to(c);
		conn_forgive(c);
	}
	return conn_in_transaction(c) && conn_failed(c) == NULL;
}

/*
 * One callback that has no company: its fault undoes the whole transaction.
 * A savepoint would have every page copied that it changes.
 */
static bool
run_alone(struct conn *c, struct db_job *job)
{
	run_callback(c, job);
	if (!conn_in_transaction(c))
		return false;
	if (job->result != NULL) {
		conn_rollback(c);
		conn_forgive(c);
	}
	return true;
}

static void
refuse_all(struct db_job *jobs)
{
	for (; jobs != NULL; jobs = jobs->next)
		jobs->result = &FAULT_STORAGE;
}

/*
 * Runs the jobs in a transaction of their own, which is then open. False where
 * it is gone, or was begun hopefully in vain.
 */
static bool
run_jobs(struct conn *c, struct db_job *jobs, bool hopefully)
{
	bool alone = jobs->next == NULL && !hopefully;

	conn_begin(c, hopefully);
	bool whole = conn_failed(c) == NULL;
	for (; whole && jobs != NULL; jobs = jobs->next)
		whole = (alone ? run_alone(c, jobs) : run_job(c, jobs)) &&
		    !conn_spoilt(c);
	return whole;
}

/*
 * Runs and commits a list of jobs until the deadline; sets the result of
 * each. Hopefully: a savepoint has every page copied that is changed in it,
 * and is almost never needed, so it is tried without.
 */
static void
run_group(struct db *db, struct db_job *jobs, int64_t deadline,
    bool hopefully)
{
	struct conn *c = db->writer;

	if (!enter_gate(db, deadline)) {
		log_warn("database: writers were busy for too long");
		refuse_all(jobs);
		return;
	}
	conn_forgive(c);
	conn_set_wait(c, deadline - clock_monotonic());
	bool whole = run_jobs(c, jobs, hopefully);
	if (conn_spoilt(c)) {
		conn_rollback(c);
		conn_forgive(c);
		whole = run_jobs(c, jobs, false);
	}
	if (whole && conn_in_transaction(c))
		conn_commit(c);
	if (!whole || conn_failed(c) != NULL) {
		log_warn("database: %s", conn_failed(c) != NULL ?
		    conn_failed(c) : "the transaction was lost");
		refuse_all(jobs);
	}
	conn_rollback(c);
	leave_gate(db);
}

/*
 * Takes those who wait, GROUP_MAX at the most, off the queue; their jobs
 * become a list as well.
 */
static struct waiting *
take_group(struct db *db)
{
	struct waiting *first = db->first, *last = NULL;

	for (int n = 0; n < GROUP_MAX && db->first != NULL; n++) {
		if (last != NULL)
			last->job.next = &db->first->job;
		last = db->first;
		last->state = JOB_TAKEN;
		db->first = last->next;
	}
	last->next = NULL;
	last->job.next = NULL;
	if (db->first == NULL)
		db->last = &db->first;
	return first;
}

static void *
commit_loop(void *arg)
{
	struct db *db = arg;

	pthread_mutex_lock(&db->mutex);
	for (;;) {
		while (db->first == NULL && !db->closing)
			pthread_cond_wait(&db->work, &db->mutex);
		if (db->first == NULL)
			break;
		struct waiting *group = take_group(db);
		pthread_mutex_unlock(&db->mutex);
		run_group(db, &group->job, group->deadline, false);
		pthread_mutex_lock(&db->mutex);
		for (struct waiting *next; group != NULL; group = next) {
			next = group->next;	/* dies with its caller */
			group->state = JOB_DONE;
			pthread_cond_signal(&group->done);
		}
	}
	pthread_mutex_unlock(&db->mutex);
	return NULL;
}

bool
db_start_committer(struct db *db)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	db->threaded = pthread_create(&db->committer, NULL, commit_loop,
	    db) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return db->threaded;
}

static const struct fault *
wait_for_committer(struct db *db, struct waiting *w)
{
	pthread_cond_init(&w->done, NULL);
	pthread_mutex_lock(&db->mutex);
	*db->last = w;
	db->last = &w->next;
	pthread_cond_signal(&db->work);
	/* The committer bounds its own waiting, so this ends. */
	while (w->state != JOB_DONE)
		pthread_cond_wait(&w->done, &db->mutex);
	pthread_mutex_unlock(&db->mutex);
	pthread_cond_destroy(&w->done);
	return w->job.result;
}

const struct fault *
db_txn(struct db *db, db_callback *fn, void *arg)
{
	struct waiting w = { .job.fn = fn, .job.arg = arg,
	    .state = JOB_WAITING,
	    .deadline = clock_monotonic() + db->wait_ms };

	if (db->threaded)
		return wait_for_committer(db, &w);
	run_group(db, &w.job, w.deadline, false);
	return w.job.result;
}

void
db_txn_group(struct db *db, struct db_job *jobs)
{
	run_group(db, jobs, clock_monotonic() + db->wait_ms, true);
}
