/* SPDX-License-Identifier: ISC */
/*
 * clickpesa-token.h - ClickPesa's bearer token, fetched once for everybody.
 *
 * ClickPesa counts requests for tokens like all others, so the programs
 * share one in var/run/clickpesa.token (0600, replaced as a whole), for 55 of
 * its 60 minutes by the real clock. One program at a time fetches a new one;
 * the others wait for it, and where it fails they fail with it instead of
 * trying in turn.
 */
#ifndef CLICKPESA_TOKEN_H
#define CLICKPESA_TOKEN_H

#include "arena.h"
#include "conf.h"

/*
 * The value for the Authorization header. rejected is a token that ClickPesa
 * answered 401 to, or NULL: it is not given again. NULL with words in why
 * where there is none to be had.
 */
const char	*clickpesa_token(struct arena *, const struct conf *,
		    const char *rejected, const char **why);

#endif
