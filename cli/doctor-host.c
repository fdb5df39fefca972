/* SPDX-License-Identifier: ISC */
/*
 * doctor-host.c - checks of what lies around the data: permissions, file
 * system, web server, clock.
 */
#include "doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum {
	CLOCK_OFF_S = 300,
	SPACE_MIN = 100 * 1024 * 1024	/* bytes */
};

/* Has a file of the data directory this mode, and is it ours? */
static bool
check_file(struct doctor *d, const char *name, mode_t allowed)
{
	char path[CONF_PATH_MAX];
	struct stat st;

	conf_path(&d->conf, name, path);
	if (stat(path, &st) != 0)
		return doctor_say(d, false, "%s: %s", path, strerror(errno));
	if ((st.st_mode & 07777 & ~allowed) != 0)
		return doctor_say(d, false, "%s: has mode %04o; chmod %o it",
		    path, (unsigned)(st.st_mode & 07777), (unsigned)allowed);
	if (st.st_uid != geteuid())
		return doctor_say(d, false, "%s: belongs to user %lu, not "
		    "to %lu, who runs this", path, (unsigned long)st.st_uid,
		    (unsigned long)geteuid());
	return true;
}

bool
doctor_modes(struct doctor *d)
{
	return check_file(d, ".", 0700) && check_file(d, "db", 0700) &&
	    check_file(d, "run", 0700) && check_file(d, "log", 0700) &&
	    check_file(d, "clive.conf", 0600) &&
	    check_file(d, "master.key", 0600) &&
	    check_file(d, "db/clive.db", 0600) &&
	    doctor_say(d, true, "nobody else can read the data");
}

/* statfs(2) names of file systems; on the remote ones WAL does not work. */
static const struct {
	unsigned long	 type;
	const char	*name;
	bool		 remote;
} file_systems[] = {
	{ 0xef53, "ext4", false },
	{ 0x58465342, "xfs", false },
	{ 0x9123683e, "btrfs", false },
	{ 0x2fc12fc1, "zfs", false },
	{ 0x01021994, "tmpfs", false },
	{ 0x794c7630, "overlayfs", false },
	{ 0x6969, "nfs", true },
	{ 0x517b, "smb", true },
	{ 0xfe534d42, "smb2", true },
	{ 0xff534d42, "cifs", true },
	{ 0x65735546, "fuse", true },
	{ 0x5346414f, "afs", true },
	{ 0x00c36400, "ceph", true },
	{ 0x01021997, "9p", true },
	{ 0x7461636f, "ocfs2", true },
};

bool
doctor_journal(struct doctor *d)
{
	char path[CONF_PATH_MAX], mode[16] = "", name[32];
	struct statfs fs;
	bool remote = false;

	if (d->conn == NULL)
		return doctor_say(d, false, "the database is not open");
	struct rows *r = conn_rows(d->conn, SQL_JOURNAL_MODE, "");
	if (row_next(r))
		snprintf(mode, sizeof(mode), "%s", row_text(r, 0));
	row_done(r);
	if (statfs(conf_path(&d->conf, "db", path), &fs) != 0)
		return doctor_say(d, false, "%s: %s", path, strerror(errno));
	unsigned long type = (unsigned long)fs.f_type & 0xffffffff;
	snprintf(name, sizeof(name), "type 0x%lx", type);
	for (size_t i = 0; i < sizeof(file_systems) / sizeof(file_systems[0]);
	    i++)
		if (file_systems[i].type == type) {
			snprintf(name, sizeof(name), "%s",
			    file_systems[i].name);
			remote = file_systems[i].remote;
		}
	bool wal = strcmp(mode, "wal") == 0;
	if (wal && remote)
		return doctor_say(d, false, "journal mode wal on %s, which "
		    "does not carry it", name);
	return doctor_say(d, true, "journal mode %s on file system %s%s",
	    mode, name, remote ? ": one host alone may use it" : "");
}

/* There must be room for the next day, and for a backup beside the data. */
bool
doctor_space(struct doctor *d)
{
	char path[CONF_PATH_MAX];
	struct statvfs fs;
	struct stat st;

	conf_path(&d->conf, "db", path);
	if (statvfs(path, &fs) != 0)
		return doctor_say(d, false, "%s: %s", path, strerror(errno));
	uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize;
	uint64_t need = SPACE_MIN;
	if (stat(conf_path(&d->conf, "db/clive.db", path), &st) == 0 &&
	    (uint64_t)st.st_size > need)
		need = (uint64_t)st.st_size;
	if (fs.f_files > 0 && fs.f_favail < 100)
		return doctor_say(d, false, "the file system has no room for "
		    "new files");
	return doctor_say(d, room >= need, "%" PRIu64 " MiB free, %" PRIu64
	    " MiB needed", room >> 20, need >> 20);
}

/* A folder that a web server serves usually holds one of these. */
static bool
looks_served(const char *folder, const char **sign)
{
	static const char *const signs[] = { "index.html", "index.htm",
	    "index.php", ".htaccess", "wp-config.php" };
	static const char *const names[] = { "public_html", "htdocs",
	    "httpdocs", "wwwroot", "www-root", "public" };
	const char *last = strrchr(folder, '/');
	char path[CONF_PATH_MAX + 32];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(last + 1, names[i]) == 0) {
			*sign = "its name";
			return true;
		}
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, signs[i]);
		if (access(path, F_OK) == 0) {
			*sign = signs[i];
			return true;
		}
	}
	return false;
}

bool
doctor_document_root(struct doctor *d)
{
	char *path = realpath(d->conf.var, NULL), *end;
	const char *sign;
	bool good = true;

	if (path == NULL)
		return doctor_say(d, false, "%s: %s", d->conf.var,
		    strerror(errno));
	while (good && (end = strrchr(path, '/')) != NULL && end != path) {
		*end = '\0';
		if (looks_served(path, &sign))
			good = doctor_say(d, false, "%s looks like a document "
			    "root (%s); move the data out of it", path, sign);
	}
	free(path);
	return good && doctor_say(d, true, "the data is in no document root");
}

bool
doctor_http(struct doctor *d)
{
	if (!d->settings)
		return doctor_say(d, true, "not tried: the settings are not "
		    "readable");
	if (!d->probe.reached)
		return doctor_say(d, true, "warning: not tried, since %s does "
		    "not answer (%s)", d->conf.base_url, d->probe.why);
	if (d->probe.leak[0] != '\0')
		return doctor_say(d, false, "%s hands out the data to "
		    "everybody", d->probe.leak);
	return doctor_say(d, true, "%d paths under %s hand out nothing",
	    d->probe.tried, d->conf.base_url);
}

bool
doctor_clock(struct doctor *d)
{
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm) == NULL || tm.tm_year < 2024 - 1900 ||
	    tm.tm_year > 2100 - 1900)
		return doctor_say(d, false, "the clock shows an impossible "
		    "year");
	if (d->probe.date_s == 0)
		return doctor_say(d, true, "plausible; nobody to compare it "
		    "with");
	int64_t off = (int64_t)now - d->probe.date_s;
	return doctor_say(d, off < CLOCK_OFF_S && off > -CLOCK_OFF_S,
	    "%" PRId64 " s from the web server's", off);
}
