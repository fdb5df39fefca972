/* SPDX-License-Identifier: ISC */
/*
 * monitor.h - the programs that machines ask how we are: /healthz, /readyz,
 * /metrics.
 *
 * They take requests as the others do (lib/app.h) but open nothing at their
 * start, so that they answer where nothing else can. Settings are read for
 * each request, so that a new token holds at once.
 *
 * Who may see more than yes or no: where the setting metrics_token is set,
 * whoever sends it as a bearer token. Where it is empty, connections from
 * this machine to a name of this machine (localhost, 127.0.0.1, [::1]) that
 * carry no header of a proxy. A proxy on this machine that adds none cannot
 * be told from a person here: then a token has to be set.
 */
#ifndef MONITOR_H
#define MONITOR_H

#include "arena.h"
#include "buf.h"
#include "conf.h"
#include "fault.h"

enum { MONITOR_BODY_MAX = 4 * 1024 * 1024 };

struct monitor {
	const struct conf	*conf;	/* NULL: conf_why says why not */
	const char		*conf_why;
	struct arena		*arena;
	bool			 trusted;	/* may see more */
	int			 status;	/* of the answer; begins at 200 */
	const char		*type;	/* begins at application/json */
	struct buf		 body;
};

/*
 * Answers GET and HEAD with what `answer` fills in; all else with 405, and
 * what follows the path with 404. Returns the exit status.
 */
int	monitor_main(const char *path, void (*answer)(struct monitor *));

/* Answers with a fault, in the shape of the partner API. */
void	monitor_refuse(struct monitor *, const struct fault *);

/*
 * May somebody see more who is connected from `remote`, asked for `host`, and
 * sent this Authorization header (each may be NULL)? `proxied`: a header says
 * that a proxy handed it on. conf NULL: there are no settings, so no token.
 */
bool	monitor_trusts(const struct conf *, const char *remote,
	    const char *host, const char *authorization, bool proxied);

#endif
