/* SPDX-License-Identifier: ISC */
/*
 * backup.c - `clive backup`: a copy of the database while it is in use.
 *
 * master.key is left out on purpose: a copy that travels must not carry the
 * key to the secrets that are sealed in it.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit.h"
#include "verify.h"

/* A copy that does not survive a power cut is none. */
static bool
sync_file(struct cli *cli, const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	bool good = fd != -1 && fsync(fd) == 0;

	if (!good)
		cli_fail(cli, "%s: %s", file, strerror(errno));
	if (fd != -1)
		close(fd);
	return good;
}

/*
 * Opens the copy and reads all of it; writes the document. A copy of what is
 * damaged stays, since it may be all that is left, but is no success.
 */
static bool
check_copy(struct cli *cli, const char *file)
{
	struct audit_report audit;
	struct verify_file found;
	struct stat st;
	char why[1024];

	struct conn *c = conn_open(file, true, 0, why, sizeof(why));
	if (c == NULL)
		return cli_fail(cli, "%s", why);
	bool chain = audit_verify(c, 0, "", &audit);
	verify_database(c, &found);
	conn_close(c);
	if (!found.good)
		return cli_fail(cli, "%s was written, but what is in it is "
		    "damaged: %s", file, found.words);
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "file", file);
	jsonw_int(&cli->w, "bytes", stat(file, &st) == 0 ? st.st_size : 0);
	jsonw_text(&cli->w, "database", found.words);
	jsonw_bool(&cli->w, "audit_good", chain);
	jsonw_int(&cli->w, "head_seq", audit.head_seq);
	jsonw_text(&cli->w, "head_hash", audit.head_hash);
	jsonw_text(&cli->w, "note", "master.key is not in this file; without "
	    "it the secrets in it cannot be opened. Keep a copy of master.key "
	    "in another place.");
	jsonw_end_object(&cli->w);
	return true;
}

/* The copy as it grows, watched while it is made. */
struct growth {
	pthread_t	 thread;
	pthread_mutex_t	 mutex;
	pthread_cond_t	 over;
	bool		 done;
	const char	*file;
	int64_t		 total;		/* about */
};

static void *
watch_growth(void *arg)
{
	struct growth *g = arg;
	struct timespec at;
	struct stat st;

	pthread_mutex_lock(&g->mutex);
	while (!g->done) {
		clock_gettime(CLOCK_REALTIME, &at);
		at.tv_nsec += 200 * 1000 * 1000;
		at.tv_sec += at.tv_nsec / 1000000000;
		at.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&g->over, &g->mutex, &at);
		if (stat(g->file, &st) == 0)
			cli_progress(st.st_size, st.st_size > g->total ?
			    st.st_size : g->total, g->done);
	}
	pthread_mutex_unlock(&g->mutex);
	return NULL;
}

/* Makes the copy, with a bar where somebody waits for it. */
static bool
copy(struct cli *cli, const char *file)
{
	struct growth g = { .file = file };
	char path[CONF_PATH_MAX];
	struct stat st;

	if (isatty(STDERR_FILENO) == 1 && stat(conf_path(&cli->setup.conf,
	    "db/clive.db", path), &st) == 0)
		g.total = st.st_size;
	pthread_mutex_init(&g.mutex, NULL);
	pthread_cond_init(&g.over, NULL);
	bool watched = g.total > 0 &&
	    pthread_create(&g.thread, NULL, watch_growth, &g) == 0;
	bool good = conn_backup(cli->setup.conn, file);
	if (watched) {
		pthread_mutex_lock(&g.mutex);
		g.done = true;
		pthread_cond_signal(&g.over);
		pthread_mutex_unlock(&g.mutex);
		pthread_join(g.thread, NULL);
	}
	pthread_cond_destroy(&g.over);
	pthread_mutex_destroy(&g.mutex);
	return good;
}

bool
run_backup(struct cli *cli)
{
	/* SQLite takes names such as ":memory:" for something else. */
	const char *file = cli->argument[0] == '/' ? cli->argument :
	    arena_printf(cli->arena, "./%s", cli->argument);

	/* It makes the file, mode 0600, and refuses where there is one. */
	if (!copy(cli, file))
		return cli_fail(cli, "%s: %s", file,
		    conn_failed(cli->setup.conn));
	return sync_file(cli, file) && check_copy(cli, file);
}
