/* SPDX-License-Identifier: ISC */
/* caller.c - the rights that come with an API key. */
#include "caller.h"

#include <string.h>

bool
caller_may_act_for(const struct caller *caller, const char *partner_id)
{
	return caller->platform ||
	    strcmp(caller->partner_id, partner_id) == 0;
}

const char *
caller_actor(struct request *rq)
{
	return arena_printf(rq->arena, "key:%s", rq->caller.key_id);
}

const char *
caller_operator(struct request *rq)
{
	return arena_printf(rq->arena, "operator:%s", rq->operator.email);
}
