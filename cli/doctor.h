/* SPDX-License-Identifier: ISC */
/* doctor.h - what the checks of `clive doctor` work with. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "cli.h"
#include "probe.h"

struct doctor {
	struct conf	 conf;		/* var alone where !settings */
	bool		 settings;	/* conf was readable */
	char		 conf_why[1024];
	struct vault	*vault;
	char		 vault_why[1024];
	struct db	*db;
	struct conn	*conn;		/* NULL where !db */
	char		 db_why[1024];
	struct probe	 probe;
	char		 detail[1024];	/* of the check under way */
};

/* Notes the words of the check under way; returns good. */
bool	doctor_say(struct doctor *, bool good, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* doctor-host.c: checks of what lies around the data. */
bool	doctor_modes(struct doctor *);
bool	doctor_journal(struct doctor *);
bool	doctor_space(struct doctor *);
bool	doctor_document_root(struct doctor *);
bool	doctor_http(struct doctor *);
bool	doctor_clock(struct doctor *);

#endif
