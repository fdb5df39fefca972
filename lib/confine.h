/* SPDX-License-Identifier: ISC */
/*
 * confine.h - the rights that no program here needs.
 */
#ifndef CONFINE_H
#define CONFINE_H

/*
 * Secrets pass through every program: no dump, no tracer, no new rights, no
 * files that others can read. Also ignores SIGPIPE: a caller that went away
 * is no reason to end. For the start of a program.
 */
void	confine(void);

#endif
