/* SPDX-License-Identifier: ISC */
/* tries.c - failures on record, and how long they block. */
#include "tries.h"

/* So far, of blocks that are over as well; *blocked_until in milliseconds. */
static int64_t
read_failures(struct conn *c, const char *subject, int64_t *blocked_until)
{
	struct rows *r = conn_rows(c, SQL_LOGIN_FAILURE_FIND, "t", subject);
	int64_t failures = 0;

	*blocked_until = 0;
	if (row_next(r)) {
		failures = row_int(r, 0);
		*blocked_until = row_int(r, 1);
	}
	row_done(r);
	return failures;
}

bool
tries_reserve(struct conn *c, int64_t now, const char *const *subjects,
    size_t n, tries_block *block, int64_t *blocked_until)
{
	int64_t failures[TRIES_SUBJECTS_MAX], until;

	*blocked_until = 0;
	for (size_t i = 0; i < n; i++) {
		if (subjects[i] == NULL)
			continue;
		failures[i] = 1 + read_failures(c, subjects[i], &until);
		if (until > *blocked_until)
			*blocked_until = until;
	}
	if (*blocked_until > now)
		return false;
	for (size_t i = 0; i < n; i++)
		if (subjects[i] != NULL)
			conn_run(c, SQL_LOGIN_FAILURE_SET, "tiii",
			    subjects[i], failures[i], now +
			    block(i, failures[i]), now);
	return true;
}

void
tries_clear(struct conn *c, const char *subject)
{
	conn_run(c, SQL_LOGIN_FAILURE_CLEAR, "t", subject);
}
