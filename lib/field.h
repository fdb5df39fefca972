/* SPDX-License-Identifier: ISC */
/*
 * field.h - the fields of a request as a table.
 *
 * A row names a field, its kind, whether it is required, its limits and the
 * place in the input struct that it fills. All failing fields are reported
 * together, in the layout and the words of zod 3 (clive.md 3). Unknown fields
 * are ignored; an optional field that is null counts as absent.
 *
 * The Payments API reports but the first failing row, each with a fault of its
 * kind and the details {"field","received"?,"message"}: a required field that
 * is absent is FAULT_FIELD_MISSING, a wrong value the row's own fault.
 */
#ifndef FIELD_H
#define FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "amount.h"
#include "fault.h"

struct request;

enum field_kind {
	FIELD_TEXT,	/* const char *: min to max characters */
	FIELD_CHOICE,	/* const char *: one of choices */
	FIELD_CURRENCY,	/* char[4]: three letters, stored in upper case */
	FIELD_AMOUNT,	/* struct amount: > 0, major units of the currency that
			   an earlier row stored at offset `with` */
	FIELD_OBJECT,	/* struct slice: a JSON object as it was spelt, at most
			   max bytes */
	FIELD_PERCENT,	/* int64_t: 0 to 100 into parts per million; -1 absent */
	FIELD_CENTS,	/* int64_t: min to max whole US dollars, into cents;
			   -1 absent */
	FIELD_INTEGER,	/* int64_t: min to max; absent: `initial` */
	FIELD_TIME,	/* int64_t: ISO 8601 into milliseconds; absent:
			   `initial` */
	FIELD_BOOL,	/* int64_t: true is 1, false 0; absent: `initial` */
	FIELD_TEXTS	/* const char *const *: min to max texts, each of at
			   most 64 characters, ended by NULL; absent: NULL */
};

struct field {
	const char		*name;
	enum field_kind		 kind;
	bool			 required;
	size_t			 offset;	/* in the input struct */
	int64_t			 min, max;
	size_t			 with;		/* FIELD_AMOUNT */
	int64_t			 initial;
	const char *const	*choices;	/* ended by NULL */
	/* A further rule: NULL, or what is wrong with the text. */
	const char		*(*check)(const char *);
	bool			 query;		/* POST: where the body lacks it,
						   the query serves */
	/* Of the Payments API alone: */
	const char		*alias;		/* another name for it, or
						   several with | between
						   them; NULL */
	const struct fault	*fault;		/* of a wrong value; NULL:
						   FAULT_FIELD_WRONG */
	const struct fault	*above;		/* FIELD_INTEGER: of one beyond
						   max; NULL: `fault` */
	bool			 private;	/* never told back */
};

/*
 * Fills input, which is zeroed, from the members of the request's JSON body
 * (POST, PATCH), its form body (POST) or its query parameters (GET). A name
 * with dots in it, "card.number", is a member of a member. NULL, or
 * FAULT_VALIDATION, or a fault of the Payments API, with the details written.
 */
const struct fault *field_read(struct request *, const struct field *,
		    void *input);

/* Ready-made checks. */
const char	*field_check_markup(const char *);	/* no < > or controls */
const char	*field_check_colour(const char *);	/* #rgb or #rrggbb */
const char	*field_check_url(const char *);		/* http(s)://... */
const char	*field_check_email(const char *);
const char	*field_check_descriptor(const char *);	/* clive.md 4.3 */
const char	*field_check_country(const char *);	/* two capitals */
const char	*field_check_intent(const char *);	/* pi_ and letters, digits */

/*
 * ISO 8601: YYYY-MM-DD, or with THH:MM[:SS[.mmm]] and Z or an offset;
 * milliseconds since 1970 in UTC. False for anything else.
 */
bool		 field_parse_time(const char *, int64_t *ms);

#endif
