/* SPDX-License-Identifier: ISC */
/*
 * st.h - the stand-in of Stripe: what its parts share.
 *
 * Spec: stripe-revolut.md sections 2 to 6. Objects are documents in Stripe's
 * shape. A function that can fail for the caller returns NULL (or false)
 * and leaves the error in struct st; what it wrote before an error that is
 * not kept is rolled back.
 */
#ifndef ST_H
#define ST_H

#include "box.h"
#include "doc.h"
#include "hook.h"

#define ST_API_VERSION "2026-10-28.endive"

enum st_problem {
	ST_UNKNOWN_PATH,
	ST_PARAMETER_UNKNOWN,
	ST_PARAMETER_MISSING,
	ST_PARAMETER_EMPTY,
	ST_PARAMETER_EXCLUSIVE,
	ST_INVALID_INTEGER,
	ST_INVALID_VALUE,	/* no code */
	ST_INVALID_URL,
	ST_AMOUNT_TOO_SMALL,
	ST_AMOUNT_TOO_LARGE,
	ST_RESOURCE_MISSING,
	ST_UNEXPECTED_STATE,
	ST_ALREADY_REFUNDED,
	ST_CHARGE_DISPUTED,
	ST_NOT_REFUNDABLE,
	ST_CARD,		/* the card is at fault: see st_card_error */
	ST_UNAUTHENTICATED,
	ST_SECRET_KEY_REQUIRED,
	ST_IDEM_MISMATCH,
	ST_IDEM_RUNNING,
	ST_RATE,
	ST_API
};

struct st_error {
	int		 status;
	const char	*type;
	const char	*code;
	const char	*decline_code;
	const char	*param;
	const char	*message;
	const char	*charge;	/* its id */
	struct doc	*intent;
	struct doc	*method;
	bool		 kept;		/* work began: what was done stays */
};

struct st {
	struct box		*box;
	struct arena		*arena;
	const struct form	*form;
	const char		*base;	/* "http://localhost:4391" */
	const char		*request; /* NULL: nobody asked for it */
	const char		*idem_key;
	bool			 publishable; /* asked with a pk_ key */
	struct st_error		 error;
};

/* st.c - errors, objects, events */

/* Sets the error; param may be NULL. Returns NULL. */
struct doc	*st_fail(struct st *, enum st_problem, const char *param,
		    const char *fmt, ...)
		    __attribute__((format(printf, 4, 5)));
/* A card's error with the usual message; work began. Returns NULL. */
struct doc	*st_card_error(struct st *, const char *code,
		    const char *decline_code, const char *param);
/* The error as Stripe's body says it. */
const char	*st_error_json(struct st *);
/* The same members as an object, for last_payment_error. */
const char	*st_error_members(struct st *, const struct st_error *);

/* An object by its id; NULL with resource_missing where it is not there.
 * param names the parameter that held the id. */
struct doc	*st_get(struct st *, const char *kind, const char *id,
		    const char *param);
/* The same without an error. */
struct doc	*st_find(struct st *, const char *kind, const char *id);
void		 st_put(struct st *, const struct doc *);
const char	*st_id(struct st *, const char *prefix);
int64_t		 st_seconds(const struct st *);
/* Does something to an object in so many milliseconds (st-later.c). */
void		 st_later(struct st *, int64_t in_ms, const char *job,
		    const char *subject);

/* An event about an object, stored and queued for the webhook. previous is
 * JSON or NULL. */
void		 st_event(struct st *, const char *type, const struct doc *,
		    const char *previous);
extern const struct hook_service st_hook;

/* st-params.c - parameters that several objects take */

/* Checks the form; false with an error. */
bool		 st_check(struct st *, const struct rule *);
/* Sets a member from the parameter of the same name, if it is there. */
void		 st_take_text(struct st *, struct doc *, const char *key);
/* Merges key[...] into metadata; false with an error. */
bool		 st_take_metadata(struct st *, struct doc *,
		    const char *key);
/* The JSON of key[city] etc. as an address. */
const char	*st_address(struct st *, const char *key);
const char	*st_billing_details(struct st *, const char *key);
const char	*st_shipping(struct st *, const char *key);
/* A list of texts: key[0], key[1] ...; NULL where there is none. */
const char	*st_texts(struct st *, const char *key);
/* Lower case, known; NULL with an error. */
const char	*st_currency(struct st *, const char *key);
/* Digits after the point, as Stripe counts. */
int		 st_decimals(const char *currency);
/* Within Stripe's limits for this currency? False with an error. */
bool		 st_amount_fits(struct st *, const char *param,
		    int64_t amount, const char *currency);
/* An http or https URL of sane length; false with an error. */
bool		 st_is_url(struct st *, const char *param, const char *url);

/* st-method.c - payment methods */

struct card;
const struct card *st_card_of(const struct doc *method);
extern const struct rule st_method_rules[];
struct doc	*st_method_create(struct st *, const char *id);
/* From key[type], key[card][number] ...; "" for the form itself. */
struct doc	*st_method_make(struct st *, const char *key);
/* By its id, or made from a pm_card_ name. */
struct doc	*st_method_use(struct st *, const char *id,
		    const char *param);

/* st-charge.c - charges and the money they move */

/* Tries to take the money; a failed charge says so in its status. */
struct doc	*st_charge_make(struct st *, const struct doc *intent,
		    const struct doc *method, bool authenticated);
/* Takes what was authorised, or a part. */
void		 st_charge_capture(struct st *, struct doc *charge,
		    int64_t amount, bool at_once);
/* Makes the fee known. */
void		 st_charge_settle(struct st *, struct doc *charge);
void		 st_charge_lapse(struct st *, struct doc *charge);
/* An entry of the balance; its id. */
const char	*st_balance_add(struct st *, const char *type,
		    int64_t amount, int64_t fee, const char *currency,
		    const char *source, bool available);
int64_t		 st_fee(const struct doc *charge, const struct card *);
extern const struct rule st_charge_update_rules[];
struct doc	*st_charge_update(struct st *, const char *id);

/* st-intent.c - payment intents */

/* How an intent is tried. */
struct st_attempt {
	bool		 off_session;
	bool		 no_action;	/* error_on_requires_action */
	bool		 ask;		/* 3DS even where it is optional */
	bool		 sdk;		/* a browser's object asks */
	const char	*return_url;
};

extern const struct rule st_intent_create_rules[], st_intent_update_rules[],
    st_intent_confirm_rules[], st_intent_capture_rules[],
    st_intent_cancel_rules[], st_intent_get_rules[];
struct doc	*st_intent_create(struct st *, const char *id);
struct doc	*st_intent_update(struct st *, const char *id);
struct doc	*st_intent_confirm(struct st *, const char *id);
struct doc	*st_intent_capture(struct st *, const char *id);
struct doc	*st_intent_cancel(struct st *, const char *id);
struct doc	*st_intent_get(struct st *, const char *id);
/* A fresh intent with its defaults, not stored yet. */
struct doc	*st_intent_new(struct st *, int64_t amount,
		    const char *currency);
struct doc	*st_intent_attempt(struct st *, struct doc *intent,
		    struct doc *method, const struct st_attempt *);
/* The payer came back from the 3DS page. */
struct doc	*st_intent_authenticated(struct st *, struct doc *intent,
		    bool passed);
void		 st_intent_void(struct st *, struct doc *intent,
		    const char *reason);
/* As a browser may see it. */
struct doc	*st_intent_public(struct st *, const struct doc *intent);

/* st-refund.c */

extern const struct rule st_refund_create_rules[], st_refund_update_rules[];
struct doc	*st_refund_create(struct st *, const char *id);
struct doc	*st_refund_update(struct st *, const char *id);
struct doc	*st_refund_cancel(struct st *, const char *id);
/* What a pending or doomed refund comes to. */
void		 st_refund_end(struct st *, struct doc *refund);
void		 st_refund_fail(struct st *, struct doc *refund,
		    const char *reason);

/* st-dispute.c */

extern const struct rule st_dispute_update_rules[];
struct doc	*st_dispute_update(struct st *, const char *id);
struct doc	*st_dispute_close(struct st *, const char *id);
/* What a card of the table does once its charge succeeded. */
void		 st_dispute_open(struct st *, struct doc *charge);

/* st-session.c - Checkout */

extern const struct rule st_session_create_rules[];
struct doc	*st_session_create(struct st *, const char *id);
struct doc	*st_session_expire(struct st *, const char *id);
void		 st_session_lapse(struct st *, struct doc *session);
/* The payer sent the form of the hosted page. The intent, or NULL. */
struct doc	*st_session_pay(struct st *, struct doc *session);
/* The intent of a session was paid. */
void		 st_session_complete(struct st *, const char *id,
		    struct doc *intent);
/* success_url with the session's id filled in. */
const char	*st_session_success_url(struct st *, struct doc *session);
/* The items of a session as a list object. */
const char	*st_session_items(struct st *, const struct doc *session);

/* st-list.c - lists, and members shown in full */

/* What a list can be filtered by: parameters that are members, too. */
struct st_list {
	const char	*kind;
	const char	*url;
	const char	*filters;	/* blanks between them */
};
extern const struct rule st_list_rules[];

/* The list as JSON; NULL with an error. */
const char	*st_list(struct st *, const struct st_list *);
/* Can everything in expand[] be expanded? False with an error. */
bool		 st_expand_check(struct st *, const char *kind, bool list);
/* Puts the objects in the place of their ids. */
void		 st_expand(struct st *, struct doc *, bool list);

/* st-later.c - what happens by itself */

void		 st_tick(struct box *);

#endif
