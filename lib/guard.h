/* SPDX-License-Identifier: ISC */
/*
 * guard.h - the checks between a request and its action, in their one order
 * (app.h lists it).
 */
#ifndef GUARD_H
#define GUARD_H

#include "app.h"

/*
 * Runs the checks that the action asks for, then the action. The reply is
 * filled in either way.
 */
void	guard_run(struct request *, const struct endpoint *);

#endif
