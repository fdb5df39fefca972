/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/users - the operators. All of this is for owners alone.
 * POST /api/v1/admin/users {email, role} - another one, with a password that
 *	is shown once and has to be changed at the first sign-in.
 * POST /api/v1/admin/users/{id}/role {role} - owner, finance, support,
 *	read_only.
 * POST /api/v1/admin/users/{id}/disable, /enable {}
 * POST /api/v1/admin/users/{id}/require-second-factor {required} (bool)
 * POST /api/v1/admin/users/{id}/reset-password {} - as with a new one.
 * POST /api/v1/admin/users/{id}/reset-second-factor {} - authenticator and
 *	recovery codes are gone.
 *
 * Disabling and the resets end the user's sessions.
 *
 * Refuses, after the checks of lib/app.h: 404 USER_NOT_FOUND, 409
 * USER_ALREADY_EXISTS, LAST_OWNER, and OWN_ACCOUNT for resets of one's own.
 *
 * Answers 200 {"items":[...],"nextCursor":null}; {"user":{...},"password"}
 * (201 for a new one) where a password was made; {"user":{...}} otherwise.
 */
#include "gateway.h"

#include "user-api.h"

#define POST_TO(word) \
	METHOD_POST, ACCESS_OPERATOR, .takes_rest = true, .verb = word, \
	.roles = ROLE_OWNER, .input_size = sizeof(struct user_input)

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .roles = ROLE_OWNER, .handle = user_on_list },
	{ METHOD_POST, ACCESS_OPERATOR, .roles = ROLE_OWNER,
	  .fields = user_new_fields, .input_size = sizeof(struct user_input),
	  .secret = true, .handle = user_on_add },
	{ POST_TO("role"), .fields = user_role_fields, .handle = user_on_role },
	{ POST_TO("disable"), .handle = user_on_disable },
	{ POST_TO("enable"), .handle = user_on_enable },
	{ POST_TO("require-second-factor"), .fields = user_required_fields,
	  .handle = user_on_require },
	{ POST_TO("reset-password"), .secret = true,
	  .handle = user_on_reset_password },
	{ POST_TO("reset-second-factor"), .handle = user_on_reset_factor },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/users", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
