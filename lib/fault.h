/* SPDX-License-Identifier: ISC */
/*
 * fault.h - the refusals. A function that may refuse returns a pointer to
 * one of these constants, or NULL when all went well.
 */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>

struct fault {
	int		 status;	/* HTTP status */
	const char	*code;		/* wire code */
	const char	*text;		/* one sentence for people */
	bool		 kept;		/* an idempotency key remembers it */
};

#define FAULT(name, status, code, kept, text) \
	extern const struct fault FAULT_##name;
#include "fault.def"
#undef FAULT

/* All of them, ended by NULL: for documentation and tests. */
extern const struct fault *const fault_table[];

#endif
