/* SPDX-License-Identifier: ISC */
/*
 * log.h - lines for the operator, on standard error.
 *
 * One line a call: time, program, level, text. Control characters of the
 * text come out as '?', so that nothing a stranger sent can start a line of
 * its own. Never pass a secret.
 */
#ifndef LOG_H
#define LOG_H

/* Sets the program's name; until then lines say "clive". */
void	log_name(const char *);

/*
 * From log_gather on, lines of this thread are kept until log_flush, which
 * writes many at once. For a program with one thread.
 */
void	log_gather(void);
void	log_flush(void);

/* Something the operator should look at. */
void	log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* An ordinary event. */
void	log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
