/* SPDX-License-Identifier: ISC */
/*
 * log.h - lines for the operator, on standard error.
 *
 * One line a call, of pairs key=value; the first are time, level (info or
 * warning), program, pid, msg. A value stands between double quotes where it
 * has anything but printable ASCII in it, or a quote, a backslash, a blank or
 * an equals sign; a quote or backslash within has a backslash before it. With
 * the setting log_format = json a line is one JSON object with the same
 * members. Control characters come out as '?', so that nothing a stranger
 * sent can start a line of its own. Never pass a secret.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>

/* Sets the program's name; until then lines say "clive". */
void	log_name(const char *);

/* JSON objects from now on? For the start of a program. */
void	log_json(bool);

/*
 * From log_gather on lines are kept until log_flush or the next warning, which
 * writes many at once. For a program with one thread.
 */
void	log_gather(void);
void	log_flush(void);

/* Something the operator should look at. */
void	log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* An ordinary event. */
void	log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

struct log_pair {
	const char	*key;		/* ours: letters and _ */
	const char	*value;		/* NULL: the pair is left out */
	bool		 number;	/* no quotes in JSON */
};

/* An ordinary event with pairs of its own behind msg. */
void	log_pairs(const char *message, const struct log_pair *, size_t n);

#endif
