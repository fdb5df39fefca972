/* SPDX-License-Identifier: ISC */
/*
 * rv.h - the stand-in of Revolut Merchant: orders and what happens to them.
 *
 * Spec: stripe-revolut.md section 7. Orders are documents in Revolut's shape.
 * A function that can fail for the caller returns NULL and leaves the error
 * in struct rv.
 */
#ifndef RV_H
#define RV_H

#include "box.h"
#include "doc.h"
#include "hook.h"
#include "json.h"

struct rv_error {
	int		 status;
	const char	*code;
	const char	*message;
};

struct rv {
	struct box	*box;
	struct arena	*arena;
	const char	*base;		/* "http://localhost:4391" */
	struct rv_error	 error;
};

/* Sets the error. Returns NULL. */
struct doc	*rv_fail(struct rv *, int status, const char *code,
		    const char *fmt, ...)
		    __attribute__((format(printf, 4, 5)));
/* The error as Revolut's body says it. */
const char	*rv_error_json(struct rv *);

/* By its id, or by its token; NULL with not_found. */
struct doc	*rv_get(struct rv *, const char *id);
struct doc	*rv_find_token(struct rv *, const char *token);

/* Those of a reference or a state ("" for any), newest first, as
 * {"orders":[...]}. */
const char	*rv_list(struct rv *, const char *reference,
		    const char *state, int64_t limit);

/* In a transaction of the caller: */

struct doc	*rv_create(struct rv *, const struct json *);
struct doc	*rv_cancel(struct rv *, const char *id);
struct doc	*rv_refund(struct rv *, const char *id, const struct json *);

/*
 * Tries to pay: with a card, or in words of the hosted page (revolut_pay,
 * open_banking: approved or not). The order is completed, or goes on with a
 * declined payment; why is the decline_reason, NULL where it was paid.
 */
const char	*rv_pay_card(struct rv *, struct doc *order,
		    const char *number);
void		 rv_pay(struct rv *, struct doc *order, const char *method,
		    const char *decline_reason);

/* Ends orders whose time to be paid has run out; in no transaction. */
void		 rv_expire(struct rv *);

extern const struct hook_service rv_hook;

#endif
