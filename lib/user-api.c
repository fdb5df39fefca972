/* SPDX-License-Identifier: ISC */
/* user-api.c - what owners do to users. */
#include "user-api.h"

#include <stddef.h>
#include <string.h>

#include "operator.h"
#include "password.h"
#include "sig.h"
#include "user.h"

#define IN(member) offsetof(struct user_input, member)

const struct field user_new_fields[] = {
	{ "email", FIELD_TEXT, .required = true, IN(email), .min = 3,
	  .max = 254, .check = user_check_email },
	{ "role", FIELD_CHOICE, .required = true, IN(role),
	  .choices = user_roles },
	{ .name = NULL }
};

const struct field user_role_fields[] = {
	{ "role", FIELD_CHOICE, .required = true, IN(role),
	  .choices = user_roles },
	{ .name = NULL }
};

const struct field user_required_fields[] = {
	{ "required", FIELD_BOOL, .required = true, IN(required) },
	{ .name = NULL }
};

const struct fault *
user_on_list(struct request *rq, void *arg)
{
	struct jsonw w;

	(void)arg;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	struct rows *r = conn_rows(rq->conn, SQL_OPERATORS, "");
	while (row_next(r))
		user_write(&w, NULL, user_of_row(r, rq->arena));
	row_done(r);
	jsonw_end_array(&w);
	jsonw_text(&w, "nextCursor", NULL);
	jsonw_end_object(&w);
	return NULL;
}

/* A change on its way. */
struct change;
typedef const struct fault *user_applying(struct user_change *,
		    struct change *);

struct change {
	user_applying		*apply;
	struct request		*rq;
	const struct user_input	*in;
	struct user		*user;
	char			 made[PASSWORD_MADE_SIZE];
	char			 hash[PASSWORD_STORED_SIZE];
};

static struct user_change
by_operator(struct conn *c, struct request *rq)
{
	return (struct user_change){ .c = c, .arena = rq->arena,
	    .actor = operator_actor(rq), .now = rq->now };
}

static const struct fault *
find(struct conn *c, struct change *ch)
{
	ch->user = strchr(ch->rq->item, '@') == NULL ?
	    user_find(c, ch->rq->arena, ch->rq->item) : NULL;
	return ch->user != NULL ? NULL : &FAULT_USER_NOT_FOUND;
}

static bool
is_own(const struct change *ch)
{
	return strcmp(ch->user->id, ch->rq->operator.id) == 0;
}

static const struct fault *
add(struct user_change *by, struct change *ch)
{
	return user_add(by, ch->in->email, ch->in->role, ch->hash, &ch->user);
}

static const struct fault *
set_role(struct user_change *by, struct change *ch)
{
	return user_set_role(by, ch->user, ch->in->role);
}

static const struct fault *
disable(struct user_change *by, struct change *ch)
{
	return user_disable(by, ch->user);
}

static const struct fault *
enable(struct user_change *by, struct change *ch)
{
	return user_enable(by, ch->user);
}

static const struct fault *
require_factor(struct user_change *by, struct change *ch)
{
	return user_require_factor(by, ch->user, ch->in->required != 0);
}

/* One's own takes the old one and the second factor. */
static const struct fault *
reset_password(struct user_change *by, struct change *ch)
{
	return is_own(ch) ? &FAULT_OWN_ACCOUNT :
	    user_set_password(by, ch->user, ch->hash, true);
}

static const struct fault *
reset_factor(struct user_change *by, struct change *ch)
{
	return is_own(ch) ? &FAULT_OWN_ACCOUNT :
	    user_reset_factor(by, ch->user);
}

/* The change, of the user whom the path names; an addition names nobody. */
static const struct fault *
apply(struct conn *c, void *arg)
{
	struct change *ch = arg;
	struct user_change by = by_operator(c, ch->rq);
	const struct fault *fault = ch->apply == add ? NULL : find(c, ch);

	return fault != NULL ? fault : ch->apply(&by, ch);
}

/* Runs a change and answers with the user as it is now. */
static const struct fault *
run(struct request *rq, const void *in, user_applying *fn,
    bool makes_password)
{
	struct change ch = { .apply = fn, .rq = rq, .in = in };
	const struct fault *fault;
	struct jsonw w;

	if (makes_password) {
		password_make(ch.made);
		password_hash(ch.made, ch.hash, sizeof(ch.hash));
	}
	if ((fault = request_txn(rq, apply, &ch)) == NULL) {
		reply_start(rq, fn == add ? 201 : 200, &w);
		jsonw_object(&w, NULL);
		user_write(&w, "user", ch.user);
		if (makes_password)
			jsonw_text(&w, "password", ch.made);
		jsonw_end_object(&w);
	}
	sig_wipe(ch.made, sizeof(ch.made));
	sig_wipe(ch.hash, sizeof(ch.hash));
	return fault;
}

const struct fault *
user_on_add(struct request *rq, void *in)
{
	return run(rq, in, add, true);
}

const struct fault *
user_on_role(struct request *rq, void *in)
{
	return run(rq, in, set_role, false);
}

const struct fault *
user_on_disable(struct request *rq, void *in)
{
	return run(rq, in, disable, false);
}

const struct fault *
user_on_enable(struct request *rq, void *in)
{
	return run(rq, in, enable, false);
}

const struct fault *
user_on_require(struct request *rq, void *in)
{
	return run(rq, in, require_factor, false);
}

const struct fault *
user_on_reset_password(struct request *rq, void *in)
{
	return run(rq, in, reset_password, true);
}

const struct fault *
user_on_reset_factor(struct request *rq, void *in)
{
	return run(rq, in, reset_factor, false);
}
