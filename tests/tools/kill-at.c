/* SPDX-License-Identifier: ISC */
/*
 * kill-at.c - kills a program at its nth use of the database.
 *
 *	LD_PRELOAD=kill-at.so KILL_AT=n KILL_WHEN=before|after program ...
 *
 * Every step of a statement and every script that SQLite runs counts as one,
 * whatever the thread. The program gets SIGKILL, as from a host that is out
 * of patience or memory: no handler runs, no buffer is written.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

static atomic_long calls;

/* The function of that name which the program would have got. */
static void
find(const char *name, void *pointer)
{
	void *real = dlsym(RTLD_NEXT, name);

	if (real == NULL)
		abort();
	memcpy(pointer, &real, sizeof(real));
}

static void
count(long call, const char *when)
{
	const char *at = getenv("KILL_AT"), *wanted = getenv("KILL_WHEN");

	if (at != NULL && wanted != NULL && strtol(at, NULL, 10) == call &&
	    strcmp(wanted, when) == 0)
		kill(getpid(), SIGKILL);
}

int
sqlite3_step(sqlite3_stmt *stmt)
{
	int (*real)(sqlite3_stmt *);
	long call = atomic_fetch_add(&calls, 1) + 1;

	find("sqlite3_step", &real);
	count(call, "before");
	int rc = real(stmt);
	count(call, "after");
	return rc;
}

int
sqlite3_exec(sqlite3 *db, const char *sql,
    int (*callback)(void *, int, char **, char **), void *arg, char **error)
{
	int (*real)(sqlite3 *, const char *, int (*)(void *, int, char **,
	    char **), void *, char **);
	long call = atomic_fetch_add(&calls, 1) + 1;

	find("sqlite3_exec", &real);
	count(call, "before");
	int rc = real(db, sql, callback, arg, error);
	count(call, "after");
	return rc;
}
