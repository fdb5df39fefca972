/* SPDX-License-Identifier: ISC */
/* setup.c - the data directory. */
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counters.h"
#include "shared.h"

enum { SETUP_WAIT_MS = 5000 };	/* for the database, while it is made */

static bool
refuse(const char *path, char *why, size_t size)
{
	snprintf(why, size, "%s: %s", path, strerror(errno));
	return false;
}

static bool
make_folder(const char *path, char *why, size_t size)
{
	if (mkdir(path, 0700) == 0)
		return true;
	if (errno != EEXIST || chmod(path, 0700) != 0)
		return refuse(path, why, size);
	return true;
}

static bool
make_folders(const struct conf *conf, char *why, size_t size)
{
	static const char *const names[] = { "db", "run", "log" };
	char path[CONF_PATH_MAX];

	if (!make_folder(conf->var, why, size))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!make_folder(conf_path(conf, names[i], path), why, size))
			return false;
	return true;
}

/* Writes the settings beside their place, and moves them there when whole. */
static bool
write_conf(struct conf *conf, bool live, const char *base_url,
    const char *secret, char *why, size_t size)
{
	char path[CONF_PATH_MAX], new[CONF_PATH_MAX];

	conf_path(conf, "clive.conf", path);
	conf_path(conf, "clive.conf.new", new);
	int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f = fd != -1 ? fdopen(fd, "w") : NULL;
	if (f == NULL)
		return refuse(new, why, size);
	conf_example(f, live, base_url, secret);
	bool good = fflush(f) == 0 && fsync(fd) == 0;
	if (fclose(f) != 0 || !good || rename(new, path) != 0) {
		refuse(path, why, size);
		unlink(new);
		return false;
	}
	char var[CONF_PATH_MAX];
	memcpy(var, conf->var, sizeof(var));
	if (conf_read(var, conf, why, size))
		return true;
	/* Ours, and of no use: it must not stop the next try. */
	unlink(path);
	return false;
}

static bool
make_key(const struct conf *conf, char *why, size_t size)
{
	char path[CONF_PATH_MAX];
	struct vault *vault;

	conf_path(conf, "master.key", path);
	if (vault_create(path))
		return true;
	if (errno != EEXIST)
		return refuse(path, why, size);
	/* An earlier try got as far as this; a broken key is not ours to mend. */
	vault = vault_open(path, why, size);
	vault_close(vault);
	return vault != NULL;
}

/* The settings come last: a directory with them is whole. */
bool
setup_var(const char *var, bool live, const char *base_url,
    const char *secret, char *why, size_t size)
{
	struct conf conf = { .live = live, .wait_ms = SETUP_WAIT_MS };
	char path[CONF_PATH_MAX];

	if ((size_t)snprintf(conf.var, sizeof(conf.var), "%s", var) >=
	    sizeof(conf.var)) {
		errno = ENAMETOOLONG;
		return refuse(var, why, size);
	}
	if (access(conf_path(&conf, "clive.conf", path), F_OK) == 0) {
		errno = EEXIST;
		return refuse(path, why, size);
	}
	if (!make_folders(&conf, why, size) || !make_key(&conf, why, size))
		return false;
	if (access(conf_path(&conf, "db/clive.db", path), F_OK) != 0 &&
	    !db_create(&conf, why, size))
		return false;
	return write_conf(&conf, live, base_url, secret, why, size);
}

bool
setup_open(struct setup *s, char *why, size_t size)
{
	char path[CONF_PATH_MAX];

	memset(s, 0, sizeof(*s));
	if (!conf_load(&s->conf, why, size))
		return false;
	s->vault = vault_open(conf_path(&s->conf, "master.key", path), why,
	    size);
	/* Counting is no reason not to work. */
	if (s->vault != NULL)
		counters_open(&s->conf, why, size);
	if (s->vault != NULL && shared_open(&s->conf, why, size))
		s->db = db_open(&s->conf, why, size);
	if (s->db != NULL)
		s->conn = db_reader(s->db, why, size);
	if (s->conn == NULL)
		setup_close(s);
	return s->conn != NULL;
}

void
setup_close(struct setup *s)
{
	conn_close(s->conn);
	db_close(s->db);
	vault_close(s->vault);
	conf_wipe(&s->conf);
	s->conn = NULL;
	s->db = NULL;
	s->vault = NULL;
}
