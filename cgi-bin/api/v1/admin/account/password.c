/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/admin/account/password - change one's own password.
 *
 * JSON body: password (text, the old one), code (text, where there is a
 * second factor), new_password (text, 12 to 256 bytes, not the old one).
 *
 * Refuses, after the checks of lib/app.h: 403 PROOF_FAILED, 429
 * LOGIN_THROTTLED, 400 VALIDATION_ERROR.
 *
 * Answers 200 {"changed":true}. All other sessions have ended.
 */
#include "gateway.h"

#include "factor.h"
#include "password.h"
#include "sig.h"
#include "user.h"

struct input {
	const char	*password;
	const char	*code;
	const char	*new_password;
};

#define IN(member) offsetof(struct input, member)

static const struct field fields[] = {
	{ "password", FIELD_TEXT, .required = true, IN(password), .min = 1,
	  .max = PASSWORD_MAX },
	{ "code", FIELD_TEXT, .required = false, IN(code), .min = 0,
	  .max = FACTOR_CODE_MAX },
	{ "new_password", FIELD_TEXT, .required = true, IN(new_password),
	  .min = 1, .max = PASSWORD_MAX, .check = password_acceptable },
	{ .name = NULL }
};

struct change {
	struct request	*rq;
	char		 hash[PASSWORD_STORED_SIZE];
};

static const struct fault *
set(struct conn *c, void *arg)
{
	struct change *ch = arg;
	struct request *rq = ch->rq;
	const char *must = rq->operator.must_change ? "true" : "false";

	conn_run(c, SQL_OPERATOR_SET_PASSWORD, "tit", ch->hash, (int64_t)0,
	    rq->operator.id);
	conn_run(c, SQL_SESSIONS_END_OF_OPERATOR, "itt", rq->now,
	    rq->operator.id, rq->operator.session);
	audit_write(c, rq->now, operator_actor(rq), "operator.password_set",
	    rq->operator.email, arena_printf(rq->arena, "{\"before\":"
	    "{\"must_change\":%s},\"after\":{\"must_change\":false}}", must));
	return NULL;
}

static const struct fault *
handle(struct request *rq, void *arg)
{
	const struct input *in = arg;
	struct change ch = { .rq = rq };
	const struct fault *fault;
	struct jsonw w;

	if (strcmp(in->password, in->new_password) == 0)
		return request_complain(rq, "new_password",
		    "is the old password");
	if ((fault = operator_prove(rq, in->password, in->code)) != NULL)
		return fault;
	password_hash(in->new_password, ch.hash, sizeof(ch.hash));
	fault = request_txn(rq, set, &ch);
	sig_wipe(ch.hash, sizeof(ch.hash));
	if (fault != NULL)
		return fault;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_bool(&w, "changed", true);
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_OPERATOR, .roles = ROLES_ALL,
	  .unfinished = true, .fields = fields,
	  .input_size = sizeof(struct input), .handle = handle },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/account/password", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
