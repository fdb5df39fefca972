/* SPDX-License-Identifier: ISC */
/* cron.c - the row in cron_run, from its taking to its end. */
#include "cron.h"

#include <inttypes.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "confine.h"
#include "log.h"
#include "shared.h"
#include "sig.h"

/* A pid alone comes again, and may be another machine's. */
static void
make_owner(struct cron *cron)
{
	char host[64] = "", text[17];
	uint8_t bytes[8];

	gethostname(host, sizeof(host) - 1);
	sig_random(bytes, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), text);
	snprintf(cron->owner, sizeof(cron->owner), "%s:%jd:%s", host,
	    (intmax_t)getpid(), text);
}

bool
cron_open(struct cron *cron, const char *name)
{
	char why[CONF_PATH_MAX + 128];

	memset(cron, 0, sizeof(*cron));
	cron->name = name;
	log_name(name);
	confine();
	make_owner(cron);
	if (setup_open(&cron->setup, why, sizeof(why))) {
		log_json(strcmp(cron->setup.conf.log_format, "json") == 0);
		return true;
	}
	log_warn("%s", why);
	return false;
}

void
cron_close(struct cron *cron)
{
	setup_close(&cron->setup);
}

static const struct fault *
take(struct conn *c, void *arg)
{
	const struct cron *cron = arg;

	conn_run(c, SQL_CRON_TAKE, "tti", cron->name, cron->owner,
	    clock_now());
	return NULL;
}

bool
cron_take(struct cron *cron)
{
	cron->seen = clock_monotonic();
	return db_txn(cron->setup.db, take, cron) == NULL;
}

/* The last run of this name; false where there was none. */
static bool
last_run(struct cron *cron, int64_t *seen_at, bool *finished)
{
	struct rows *r = conn_rows(cron->setup.conn, SQL_CRON_RUNS, "");
	bool found = false;

	while (row_next(r)) {
		if (strcmp(row_text(r, 0), cron->name) != 0)
			continue;
		*seen_at = row_int(r, 3);
		*finished = !row_null(r, 4);
		found = true;
	}
	row_done(r);
	return found;
}

bool
cron_other_alive(struct cron *cron)
{
	int64_t now = clock_now(), seen_at = 0;
	bool finished = false, found = last_run(cron, &seen_at, &finished);

	conn_forgive(cron->setup.conn);
	/* A sign from the future is of a time before the clock was set back. */
	return found && !finished && seen_at > now - CRON_DEAD_MS &&
	    seen_at < now + CRON_DEAD_MS;
}

int64_t
cron_ahead(struct cron *cron)
{
	int64_t now = clock_now(), seen_at = 0;
	bool finished = false;

	return last_run(cron, &seen_at, &finished) && finished &&
	    seen_at < now ? now - seen_at : 0;
}

bool
cron_is_owner(struct cron *cron)
{
	struct rows *r = conn_rows(cron->setup.conn, SQL_CRON_OWNER, "t",
	    cron->name);
	bool ours = !row_next(r) || strcmp(row_text(r, 0), cron->owner) == 0;

	row_done(r);
	conn_forgive(cron->setup.conn);
	return ours;
}

static const struct fault *
see(struct conn *c, void *arg)
{
	const struct cron *cron = arg;

	conn_run(c, SQL_CRON_SEEN, "itt", clock_now(), cron->name,
	    cron->owner);
	return NULL;
}

void
cron_seen(struct cron *cron)
{
	int64_t now = clock_monotonic();

	if (now - cron->seen < CRON_SEEN_MS)
		return;
	cron->seen = now;
	db_txn(cron->setup.db, see, cron);
}

static const struct fault *
finish(struct conn *c, void *arg)
{
	const struct cron *cron = arg;

	conn_run(c, SQL_CRON_FINISH, "itt", clock_now(), cron->name,
	    cron->owner);
	return NULL;
}

void
cron_finish(struct cron *cron)
{
	db_txn(cron->setup.db, finish, cron);
}

int64_t
cron_silence_ms(const char *name)
{
	static const struct {
		const char	*name;
		int64_t		 minutes;
	} table[] = {
		{ "deliver", 3 }, { "reconcile", 3 }, { "sweep", 15 }
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(name, table[i].name) == 0)
			return table[i].minutes * 60 * 1000;
	return INT64_MAX;
}

enum {
	RUN_S = 65,		/* longer than cron's minute */
	RUN_MAX_S = 24 * 60 * 60
};

static bool
read_number(const char *text, int64_t max, int64_t *n)
{
	char *end;

	errno = 0;
	*n = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *n >= 1 &&
	    *n <= max;
}

bool
cron_read_options(int argc, char **argv, bool knows_v, int64_t limit_max,
    struct cron_options *options)
{
	static const struct option known[] = {
		{ "for", required_argument, NULL, 'f' },
		{ "limit", required_argument, NULL, 'l' },
		{ "once", no_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 }
	};
	bool good = true;

	for (int c; good && (c = getopt_long(argc, argv, knows_v ? "v" : "",
	    known, NULL)) != -1; )
		switch (c) {
		case 'f':
			good = read_number(optarg, RUN_MAX_S,
			    &options->seconds);
			break;
		case 'l':
			good = read_number(optarg, limit_max,
			    &options->limit);
			break;
		case 'o':
			options->once = true;
			break;
		case 'v':
			options->verbose = true;
			break;
		default:
			good = false;
		}
	if (!good || optind < argc || (options->once && options->seconds > 0))
		return false;
	if (options->seconds == 0)
		options->seconds = RUN_S;
	return true;
}
