/* SPDX-License-Identifier: ISC */
/*
 * user-api.h - the handlers of /api/v1/admin/users, whose program says what
 * each takes and answers.
 */
#ifndef USER_API_H
#define USER_API_H

#include "app.h"

struct user_input {
	const char	*email;
	const char	*role;
	int64_t		 required;
};

extern const struct field user_new_fields[];
extern const struct field user_role_fields[];
extern const struct field user_required_fields[];

const struct fault *user_on_list(struct request *, void *);
const struct fault *user_on_add(struct request *, void *);
const struct fault *user_on_role(struct request *, void *);
const struct fault *user_on_disable(struct request *, void *);
const struct fault *user_on_enable(struct request *, void *);
const struct fault *user_on_require(struct request *, void *);
const struct fault *user_on_reset_password(struct request *, void *);
const struct fault *user_on_reset_factor(struct request *, void *);

#endif
