/* SPDX-License-Identifier: ISC */
/*
 * st-intent.h - the parameters of payment intents, for st-intent.c alone.
 *
 * Each function reads the form; those that can fail say false and leave an
 * error.
 */
#ifndef ST_INTENT_H
#define ST_INTENT_H

#include "st.h"

bool	intent_check_descriptor(struct st *);
bool	intent_check_return_url(struct st *);
/* What makes no sense without confirm=true is not there. */
bool	intent_check_unconfirmed(struct st *);
/* A method that may redirect needs a way back. */
bool	intent_can_return(struct st *, const struct doc *intent);

/* Sets the members that parameters are named after. */
bool	intent_take(struct st *, struct doc *intent);
bool	intent_take_automatic(struct st *, struct doc *intent);
/* The method that the request names or brings, in *method; NULL: none. */
bool	intent_take_method(struct st *, struct doc **method);

/* How the request wants the intent to be tried. */
struct st_attempt intent_attempt_of(struct st *, const struct doc *intent);

#endif
