/* SPDX-License-Identifier: ISC */
/* verify.h - SQLite's own checks of a database. */
#ifndef VERIFY_H
#define VERIFY_H

#include "conn.h"

struct verify_file {
	bool	good;
	char	words[256];	/* "ok", or the first complaint */
};

void	verify_database(struct conn *, struct verify_file *);

struct cli;
struct audit_report;

/* All that `clive verify` does, of any database; false after cli_fail. */
bool	verify_all(struct cli *, struct conn *, struct audit_report *);

#endif
