/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/admin/second-step - the second step of signing in.
 *
 * JSON body: ticket (text, of /api/v1/admin/login), code (text, 6 to 64): six
 * digits of an authenticator, or a recovery code, with or without hyphens.
 *
 * Refuses, after the checks of lib/app.h: 401 TICKET_INVALID, 429
 * LOGIN_THROTTLED with Retry-After, 401 CODE_INVALID, also for a code that
 * was used before.
 *
 * Answers 200 as /api/v1/admin/login does without a second factor.
 */
#include "gateway.h"

#include "factor.h"
#include "token.h"

struct input {
	const char	*ticket;
	const char	*code;
};

#define IN(member) offsetof(struct input, member)

static const struct field fields[] = {
	{ "ticket", FIELD_TEXT, .required = true, IN(ticket), .min = 1,
	  .max = TOKEN_MAX },
	{ "code", FIELD_TEXT, .required = true, IN(code), .min = 6,
	  .max = FACTOR_CODE_MAX },
	{ .name = NULL }
};

static const struct fault *
handle(struct request *rq, void *arg)
{
	const struct input *in = arg;
	const struct fault *fault;
	struct buf token;
	struct jsonw w;

	buf_init(&token, 4096);
	fault = operator_second_step(rq, in->ticket, in->code, &token);
	if (fault == NULL) {
		reply_start(rq, 200, &w);
		jsonw_object(&w, NULL);
		jsonw_text(&w, "token", buf_str(&token));
		operator_write(&w, rq);
		jsonw_end_object(&w);
	}
	buf_free(&token);
	return fault;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_PUBLIC, .fields = fields,
	  .input_size = sizeof(struct input), .handle = handle },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/second-step", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
