/* SPDX-License-Identifier: ISC */
/*
 * caller.h - who calls with an API key, and for whom they may act.
 */
#ifndef CALLER_H
#define CALLER_H

#include "request.h"

/* A partner's key acts for that partner, a platform-wide key for all. */
bool		 caller_may_act_for(const struct caller *,
		    const char *partner_id);

/* "key:<id>", for the audit log; lives as long as the request. */
const char	*caller_actor(struct request *);

/* "operator:<email>", for the audit log; in the request's arena. */
const char	*caller_operator(struct request *);

#endif
