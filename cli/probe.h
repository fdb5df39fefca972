/* SPDX-License-Identifier: ISC */
/*
 * probe.h - asking our own web server: does it answer, what time is it
 * there, and does it hand out files of the data directory?
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"

struct probe {
	bool	reached;	/* base_url answered */
	bool	healthy;	/* and /healthz below it said so */
	int64_t	date_s;		/* its Date header; 0: none */
	int	tried;		/* paths asked for */
	char	leak[CONF_PATH_MAX];	/* the first URL that handed out a
					   file; "": none did */
	char	why[256];	/* why it was not reached */
};

/*
 * Asks base_url, then for paths under which a mistaken configuration would
 * serve the data. A file counts as handed out when the answer begins with
 * its bytes, so a server that has a page for every path raises no alarm.
 */
void	probe_run(const struct conf *, struct probe *);

#endif
