/* SPDX-License-Identifier: ISC */
/*
 * fee-rule.h - the table of fee rules (lib/route.h chooses by it): what a rule
 * may say, adding one and ending one. Rules are never changed, since payments
 * refer to the one they were opened under.
 */
#ifndef FEE_RULE_H
#define FEE_RULE_H

#include "conn.h"
#include "id.h"
#include "json.h"

enum { FEE_RULE_FIXED_MAX = 1000 };	/* major units */

struct fee_rule {
	char		 id[ID_SIZE];
	const char	*processor;
	const char	*payment_type;	/* or *, as all below */
	const char	*country;	/* two capitals */
	const char	*card_scheme;	/* lower case */
	const char	*currency;	/* three capitals */
	int64_t		 percent_ppm;
	int64_t		 fixed_hundredths;	/* of the major unit */
	int64_t		 created_at;
	int64_t		 ended_at;	/* 0: in force */
};

/* The payment types that a rule may name, with *. */
extern const char *const fee_rule_payment_types[];

/* So many letters in upper case, or *; NULL: it is neither. NULL reads as *. */
const char	*fee_rule_code(struct arena *, const char *text,
		    size_t length);

/* A card scheme in lower case, or *; NULL: it is none. NULL reads as *. */
const char	*fee_rule_scheme(struct arena *, const char *text);

/*
 * Can a rule with this processor and payment type ever match? NULL, or a
 * sentence; one about the processor's name where *type_wrong is not set.
 */
const char	*fee_rule_wrong(struct arena *, const char *processor,
		    const char *payment_type, bool *type_wrong);

/* Makes a rule that was checked, with its audit event; id and created_at are
 * filled in. */
void		 fee_rule_add(struct conn *, struct arena *,
		    struct fee_rule *, int64_t now, const char *actor);

/* Ends one, with its audit event; false where there is none in force. */
bool		 fee_rule_end(struct conn *, const char *id, int64_t now,
		    const char *actor);

/* The current row of SQL_FEE_RULES, whose texts live until the next row. */
void		 fee_rule_of_row(struct rows *, struct fee_rule *);

/* As commands and operators' pages have it. */
void		 fee_rule_write(struct jsonw *, const struct fee_rule *);

#endif
