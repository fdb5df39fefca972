/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/admin/login - an operator signs in.
 *
 * JSON body: email (text, 3 to 254), password (text, 1 to 256).
 *
 * Refuses, after the checks of lib/app.h: 429 LOGIN_THROTTLED with
 * Retry-After (lib/operator.h says when), 401 LOGIN_FAILED, in the same
 * words and time whether or not there is such an account.
 *
 * Answers 200 {"token","expires_at","operator":{"email","role","must"},"mode"};
 * the token goes into `Authorization: Bearer`, and `must` lists what has to be
 * done before it opens more than the account ("password", "second_factor").
 * Whoever has a second factor gets {"ticket"} in its place, for
 * /api/v1/admin/second-step within five minutes.
 */
#include "gateway.h"

struct input {
	const char	*email;
	const char	*password;
};

#define IN(member) offsetof(struct input, member)

static const struct field fields[] = {
	{ "email", FIELD_TEXT, .required = true, IN(email), .min = 3,
	  .max = 254 },
	{ "password", FIELD_TEXT, .required = true, IN(password), .min = 1,
	  .max = 256 },
	{ .name = NULL }
};

static const struct fault *
handle(struct request *rq, void *arg)
{
	const struct input *in = arg;
	const struct fault *fault;
	struct buf token;
	struct jsonw w;
	bool ticket = false;

	buf_init(&token, 4096);
	fault = operator_sign_in(rq, in->email, in->password, &token, &ticket);
	if (fault == NULL) {
		reply_start(rq, 200, &w);
		jsonw_object(&w, NULL);
		jsonw_text(&w, ticket ? "ticket" : "token", buf_str(&token));
		if (!ticket)
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
	"/api/v1/admin/login", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
