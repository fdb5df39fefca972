/* SPDX-License-Identifier: ISC */
/*
 * POST /api/v1/admin/account/second-factor {password, code} - begin to set up
 *	an authenticator: answers {"secret","uri"}, for it alone. An older one
 *	goes on counting.
 * POST /api/v1/admin/account/second-factor/confirm {code} - with the first
 *	code of the new secret, within a quarter of an hour: from now on it
 *	counts. Answers {"recovery_codes":[...]}, shown once.
 * POST /api/v1/admin/account/second-factor/recovery-codes {password, code} -
 *	ten new ones in place of the old.
 * POST /api/v1/admin/account/second-factor/remove {password, code}
 *
 * code is needed beside the password where there is a second factor already.
 *
 * Refuses, after the checks of lib/app.h: 403 PROOF_FAILED, 429
 * LOGIN_THROTTLED, 409 SECOND_FACTOR_STATE where nobody is asked for one, or
 * there is none, or it is required and cannot be removed.
 */
#include "gateway.h"

#include "factor-api.h"

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_OPERATOR, .roles = ROLES_ALL,
	  .unfinished = true, .fields = factor_fields, .secret = true,
	  .input_size = sizeof(struct factor_input), .handle = factor_on_begin },
	{ METHOD_POST, ACCESS_OPERATOR, .takes_rest = true, .verb = "",
	  .roles = ROLES_ALL, .unfinished = true, .secret = true,
	  .input_size = sizeof(struct factor_input), .handle = factor_on_step },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/account/second-factor", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
