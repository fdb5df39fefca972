/* SPDX-License-Identifier: ISC */
/* provider-judge.c - done, refused, down or unknown. */
#include "provider-judge.h"

const struct json *
provider_judge(struct arena *arena, const struct fetch_answer *f,
    provider_error *read_error, struct provider_answer *a)
{
	const char *why;
	const struct json *json = f->fate == FETCH_ANSWERED ?
	    json_parse(arena, f->body.p, f->body.n, &why) : NULL;

	*a = (struct provider_answer){ .fate = PROVIDER_UNKNOWN,
	    .status = f->status, .raw = f->body, .message = f->error };
	if (f->fate == FETCH_NOT_SENT)
		a->fate = PROVIDER_DOWN;
	if (f->fate != FETCH_ANSWERED)
		return NULL;
	if (f->status >= 200 && f->status < 300) {
		if (json != NULL)
			a->fate = PROVIDER_DONE;
		return json;
	}
	read_error(arena, json, a);
	/*
	 * Busy or locked: nothing was done, and another may be quicker; but
	 * an earlier try of this call may have got through.
	 */
	if (f->status == 401 || f->status == 403 || f->status == 429)
		a->fate = f->perhaps_done ? PROVIDER_UNKNOWN : PROVIDER_DOWN;
	else if (f->status >= 400 && f->status < 500 && f->status != 409 &&
	    a->code != NULL)
		a->fate = PROVIDER_REFUSED;
	return NULL;
}
