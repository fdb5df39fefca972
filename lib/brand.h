/* SPDX-License-Identifier: ISC */
/*
 * brand.h - the look of payment forms, which partners and clients share: its
 * members as a table, for commands, pages and answers.
 */
#ifndef BRAND_H
#define BRAND_H

#include "partner.h"

enum { BRAND_MEMBERS = 7 };

struct brand_member {
	const char	*option;	/* of the command */
	const char	*key;		/* in documents */
	size_t		 offset;	/* in struct branding */
	int64_t		 max;		/* characters */
	const char	*(*check)(const char *);	/* as in field.h */
};
extern const struct brand_member brand_members[BRAND_MEMBERS];

/* Where a member of a look stands. */
const char	**brand_place(struct branding *, const struct brand_member *);

/*
 * Takes the members that a JSON object has; an empty text unsets. Those it
 * does not have stay. NULL, or what is wrong, with the member in *key.
 */
const char	*brand_take(struct branding *, const struct json *,
		    struct arena *, bool *changed, const char **key);

/* The seven members into an open object. */
void		 brand_write(struct jsonw *, const struct branding *);

#endif
