/* SPDX-License-Identifier: ISC */
/*
 * ready.h - can this host do its work now? What /readyz answers.
 *
 * Each check stands alone and is bounded: none waits for the database longer
 * than READY_WAIT_MS. None says anything secret. That the database can be
 * written is proved by a commit that changes nothing; for READY_WRITE_MS after
 * one that went well, all who ask are told so. A stranger who asks a thousand
 * times a second makes the disk write no more than that.
 */
#ifndef READY_H
#define READY_H

#include "conf.h"

enum {
	READY_CHECKS = 11,
	READY_WAIT_MS = 1000,
	READY_WRITE_MS = 2000,
	READY_SPACE_MIB = 32,		/* free on the database's disk */
	READY_MINUTE_MS = 60 * 1000,
	READY_DELIVER_MIN = 3,		/* minutes since the last sign of life */
	READY_RECONCILE_MIN = 3,
	READY_SWEEP_MIN = 15,
	READY_OUTBOX_MIN = 60		/* the oldest due delivery */
};

struct ready_check {
	const char	*name;
	bool		 ok;
	char		 reason[320];	/* what was found, also if it is good */
};

/*
 * Makes all checks; conf is NULL where the settings cannot be read, conf_why
 * then says why. Returns how many failed.
 */
int	ready_run(const struct conf *, const char *conf_why,
	    struct ready_check out[READY_CHECKS]);

#endif
