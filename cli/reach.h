/* SPDX-License-Identifier: ISC */
/*
 * reach.h - a gateway that a command reaches over its API, as a partner's
 * back end does, from a machine that has none of the gateway's data.
 */
#ifndef REACH_H
#define REACH_H

#include "cli.h"
#include "http.h"

struct reach {
	const char	*base;		/* https://host/api/v1 */
	char		*key;		/* x-api-key */
	char		*secret;	/* of x-clive-hmac */
};

/*
 * Where it is and with which key: the options --url, --key and --hmac-secret;
 * else CLIVE_API_BASE_URL, CLIVE_API_KEY and CLIVE_HMAC_SECRET of the
 * environment; else the lines of these names in demo.env, where a sandbox's
 * data directory is found. The keys in that file are for its own gateway
 * alone. False after cli_fail.
 */
bool		 reach_find(struct cli *, struct reach *);

/* Wipes key and secret. */
void		 reach_wipe(struct reach *);

/*
 * Calls the API: path follows base; body is JSON, NULL for a GET. A call
 * with a body is signed. key is its idempotency key.
 */
struct http_answer reach_call(const struct reach *, struct http *,
		    struct arena *, const char *path, const char *key,
		    const struct buf *body, int64_t timeout_ms, bool patient);

/* Why an answer is none to go on with, in one line; "HTTP 503: ...". */
const char	*reach_words(struct arena *, const struct http_answer *);

#endif
