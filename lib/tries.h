/* SPDX-License-Identifier: ISC */
/*
 * tries.h - counting guesses at a secret, and keeping further ones off.
 *
 * A try counts as failed before the secret is looked at, so that a hundred at
 * once are a hundred; a success takes it back. What is counted for, and how
 * long a block lasts, is the caller's.
 */
#ifndef TRIES_H
#define TRIES_H

#include <stdbool.h>
#include <stddef.h>

#include "conn.h"

enum { TRIES_SUBJECTS_MAX = 4 };

/* How long the nth failure of the ith subject keeps further ones off. */
typedef int64_t	 tries_block(size_t i, int64_t n);

/*
 * Counts a try for each subject (NULL: not for this one), in the caller's
 * transaction. False, with nothing counted, while any of them is blocked:
 * until *blocked_until, in milliseconds.
 */
bool		 tries_reserve(struct conn *, int64_t now,
		    const char *const *subjects, size_t n, tries_block *,
		    int64_t *blocked_until);

/* Forgets the failures of a subject. */
void		 tries_clear(struct conn *, const char *subject);

#endif
