/* SPDX-License-Identifier: ISC */
/*
 * form.h - parameters in a query or a form body, and what an endpoint takes.
 *
 * Names are kept as PHP and Rails spell them: a, a[b], a[b][0]. Brackets
 * may be encoded or not; an empty pair counts up (a[], a[] is a[0], a[1]).
 */
#ifndef FORM_H
#define FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

enum { FORM_MAX = 500 };	/* parameters of a request */

struct pair {
	const char	*key;
	char		*value;
};

struct form {
	struct pair	*pairs;
	size_t		 n;
};

/* Adds the parameters of n bytes; false where they cannot be decoded. */
bool	form_add(struct form *, struct arena *, const char *, size_t n);

/* A value; given twice, the last one counts; NULL where it is absent. */
const char	*form_get(const struct form *, const char *key);
bool		 form_true(const struct form *, const char *key);
/* An integer that form_check passed; otherwise where it is absent. */
int64_t		 form_int(const struct form *, const char *key,
		    int64_t otherwise);
/* Is there anything below key (key[...])? */
bool		 form_under(const struct form *, const char *key);

/*
 * The last part of the names below key in turn, each once: "b" for a[b],
 * a[b][c] and key a. NULL begins, and NULL ends.
 */
const char	*form_next(const struct form *, struct arena *,
		    const char *key, const char *last);

/* What a value looks like where requests are recorded: secrets and most
 * digits of card numbers are starred. */
const char	*form_mask(struct arena *, const char *key, const char *value);

/* All of it as one JSON object, sorted by name and masked. */
const char	*form_print(const struct form *, struct arena *);

/* Overwrites card numbers and codes. */
void		 form_wipe(struct form *);

enum rule_kind {
	RULE_TEXT,
	RULE_INT,	/* not negative */
	RULE_BOOL,
	RULE_ONE_OF,	/* of the words in choices, blanks between them */
	RULE_NOT_OFFERED /* the real API knows it, the stand-in does not */
};

/*
 * A parameter that an endpoint takes. In a name, [#] stands for an index,
 * [*] for any member and a final [**] for anything below.
 */
struct rule {
	const char	*name;
	enum rule_kind	 kind;
	bool		 required;	/* ignored for names with [ */
	const char	*choices;
};

enum form_fault {
	FORM_FINE,
	FORM_UNKNOWN,
	FORM_NOT_OFFERED,
	FORM_MISSING,
	FORM_EMPTY,	/* required, but nothing in it */
	FORM_NO_INTEGER,
	FORM_NO_BOOLEAN,
	FORM_NO_CHOICE
};

/* Compares a form with rules, which a rule without name ends; *param names
 * the parameter at fault, *rule what it broke (NULL: none). */
enum form_fault	 form_check(const struct form *, const struct rule *,
		    const char **param, const struct rule **broken);

#endif
