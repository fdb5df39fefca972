/* SPDX-License-Identifier: ISC */
/*
 * factor-api.h - the handlers of /api/v1/admin/account/second-factor, whose
 * program says what each takes and answers.
 */
#ifndef FACTOR_API_H
#define FACTOR_API_H

#include "app.h"

struct factor_input {
	const char	*password;
	const char	*code;
};

extern const struct field factor_fields[];

const struct fault *factor_on_begin(struct request *, void *);

/* What the path goes on with says what: confirm, recovery-codes, remove. */
const struct fault *factor_on_step(struct request *, void *);

#endif
