/* SPDX-License-Identifier: ISC */
/*
 * cron.h - what the programs that cron starts have in common.
 *
 * Each has a row in cron_run under its name, which the newest run owns: a
 * run that finds another owner there ends. The row is also the heartbeat
 * that `clive doctor` reads.
 */
#ifndef CRON_H
#define CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "setup.h"

enum {
	CRON_USAGE = 64,	/* exit status for a wrong command line */
	CRON_SEEN_MS = 10 * 1000, /* between two signs of life */
	CRON_DEAD_MS = 60 * 1000  /* without one a run counts as dead */
};

struct cron {
	const char	*name;
	char		 owner[160];	/* host:pid:random */
	struct setup	 setup;
	int64_t		 seen;		/* clock_monotonic of the last sign */
};

/* What a program that stays for cron's minute is told. */
struct cron_options {
	int64_t	seconds;	/* how long it stays */
	int64_t	limit;		/* as the program means it */
	bool	once;		/* it does not stay */
	bool	verbose;
};

/*
 * Reads [--for seconds] [--limit n], or --once [--limit n], and -v where the
 * program knows it, into options, whose limit is set beforehand. Without
 * --for it stays a little longer than cron's minute. False: bad usage.
 */
bool	cron_read_options(int argc, char **argv, bool knows_v,
	    int64_t limit_max, struct cron_options *);

/*
 * Names the program, gives up rights it does not need and opens the data
 * directory; false after saying why. It takes no name yet.
 */
bool	cron_open(struct cron *, const char *name);
void	cron_close(struct cron *);

/* Makes this run the owner of its name; false: the database refuses. */
bool	cron_take(struct cron *);

/* Is another run of this name at work, as far as its signs of life tell? */
bool	cron_other_alive(struct cron *);

/*
 * How far the clock is ahead of the end of the run before this one; 0 where
 * there was none, or it came to no end (or conn_failed). To be asked before
 * cron_take.
 */
int64_t	cron_ahead(struct cron *);

/* Is this run still the owner? When in doubt, yes. */
bool	cron_is_owner(struct cron *);

/* Gives a sign of life where one is due. */
void	cron_seen(struct cron *);

/* How long a program of this name may give no sign of life before something
 * is wrong, as conf/crontab.example starts it; INT64_MAX: not known. */
int64_t	cron_silence_ms(const char *name);

/* Notes that this run is over. */
void	cron_finish(struct cron *);

#endif
