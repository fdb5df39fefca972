/* SPDX-License-Identifier: ISC */
/* provider-judge.h - what the answer of a processor's JSON API means. */
#ifndef PROVIDER_JUDGE_H
#define PROVIDER_JUDGE_H

#include "fetch.h"
#include "json.h"
#include "provider.h"

/*
 * Fills the code and the message of an error's JSON (NULL: the answer is
 * none). Without a code the answer counts as no certain refusal.
 */
typedef void	 provider_error(struct arena *, const struct json *,
		    struct provider_answer *);

/*
 * Fills the fate of a call, and the error of one that was refused. Returns
 * the JSON of a success, else NULL. Nobody got it, or a limit or a missing
 * right turned it away at every try: another processor can be asked. A 4xx
 * with a code has certainly done nothing, but 409 says that another call is
 * under way. A success that is not the JSON we expect, a 5xx or no answer:
 * perhaps done.
 */
const struct json *provider_judge(struct arena *, const struct fetch_answer *,
		    provider_error *, struct provider_answer *);

#endif
