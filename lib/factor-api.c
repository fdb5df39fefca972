/* SPDX-License-Identifier: ISC */
/* factor-api.c - operators set up, renew and remove their second factor. */
#include "factor-api.h"

#include <stddef.h>
#include <string.h>

#include "audit.h"
#include "factor.h"
#include "operator.h"
#include "sig.h"
#include "user.h"

#define IN(member) offsetof(struct factor_input, member)

const struct field factor_fields[] = {
	{ "password", FIELD_TEXT, .required = true, IN(password), .min = 1,
	  .max = PASSWORD_MAX },
	{ "code", FIELD_TEXT, .required = false, IN(code), .min = 0,
	  .max = FACTOR_CODE_MAX },
	{ .name = NULL }
};

static const struct field code_fields[] = {
	{ "code", FIELD_TEXT, .required = true, IN(code), .min = 6,
	  .max = FACTOR_CODE_MAX },
	{ .name = NULL }
};

struct change {
	struct request		*rq;
	const struct factor_input	*in;
	struct operator_tries	 tries;
	char			 secret[TOTP_SECRET_SIZE];
	char			 codes[FACTOR_RECOVERY_CODES]
				    [PASSWORD_MADE_SIZE];
};

static const struct fault *
begin(struct conn *c, void *arg)
{
	struct change *ch = arg;

	factor_begin(c, ch->rq, ch->secret);
	return NULL;
}

const struct fault *
factor_on_begin(struct request *rq, void *arg)
{
	struct change ch = { .rq = rq, .in = arg };
	const struct fault *fault;
	struct jsonw w;

	if (!factor_asked(rq->conf))
		return &FAULT_SECOND_FACTOR;
	fault = operator_prove(rq, ch.in->password, ch.in->code);
	if (fault == NULL)
		fault = request_txn(rq, begin, &ch);
	if (fault == NULL) {
		reply_start(rq, 200, &w);
		jsonw_object(&w, NULL);
		jsonw_text(&w, "secret", ch.secret);
		jsonw_text(&w, "uri", factor_uri(rq, ch.secret));
		jsonw_end_object(&w);
	}
	sig_wipe(ch.secret, sizeof(ch.secret));
	return fault;
}

/* Groups of five are easier to copy from a sheet of paper. */
static void
write_codes(struct request *rq, const struct change *ch)
{
	struct jsonw w;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "recovery_codes");
	for (int i = 0; i < FACTOR_RECOVERY_CODES; i++) {
		const char *code = ch->codes[i];
		jsonw_text(&w, NULL, arena_printf(rq->arena,
		    "%.5s-%.5s-%.5s-%.5s", code, code + 5, code + 10,
		    code + 15));
	}
	jsonw_end_array(&w);
	jsonw_end_object(&w);
}

static const struct fault *
confirm(struct conn *c, void *arg)
{
	struct change *ch = arg;

	if (!factor_confirm(c, ch->rq, ch->in->code))
		return &FAULT_PROOF;
	operator_tries_clear(c, &ch->tries);
	factor_recovery(c, ch->rq, ch->codes);
	return NULL;
}

static const struct fault *
on_confirm(struct request *rq, void *arg)
{
	struct change ch = { .rq = rq, .in = arg };
	const struct fault *fault;

	if (!factor_asked(rq->conf))
		return &FAULT_SECOND_FACTOR;
	operator_tries_name(&ch.tries, rq, rq->operator.email, false, true);
	if ((fault = operator_tries_reserve(rq, &ch.tries)) != NULL)
		return fault;
	if ((fault = request_txn(rq, confirm, &ch)) == NULL)
		write_codes(rq, &ch);
	sig_wipe(ch.codes, sizeof(ch.codes));
	return fault;
}

static const struct fault *
renew(struct conn *c, void *arg)
{
	struct change *ch = arg;
	struct request *rq = ch->rq;

	factor_recovery(c, rq, ch->codes);
	audit_write(c, rq->now, operator_actor(rq),
	    "operator.recovery_codes_made", rq->operator.email, "{}");
	return NULL;
}

static const struct fault *
on_renew(struct request *rq, void *arg)
{
	struct change ch = { .rq = rq, .in = arg };
	const struct fault *fault;

	if (!rq->operator.has_factor)
		return &FAULT_SECOND_FACTOR;
	fault = operator_prove(rq, ch.in->password, ch.in->code);
	if (fault == NULL && (fault = request_txn(rq, renew, &ch)) == NULL)
		write_codes(rq, &ch);
	sig_wipe(ch.codes, sizeof(ch.codes));
	return fault;
}

/* May this operator do without? An owner may have said no in the meantime. */
static const struct fault *
drop(struct conn *c, void *arg)
{
	struct change *ch = arg;
	struct request *rq = ch->rq;
	const struct user *u = user_find(c, rq->arena, rq->operator.id);

	if (u == NULL || u->factor_required || factor_required(rq->conf))
		return &FAULT_SECOND_FACTOR;
	factor_drop(c, u->id);
	audit_write(c, rq->now, operator_actor(rq),
	    "operator.second_factor_removed", u->email,
	    "{\"before\":{\"second_factor\":true},"
	    "\"after\":{\"second_factor\":false}}");
	return NULL;
}

static const struct fault *
on_remove(struct request *rq, void *arg)
{
	struct change ch = { .rq = rq, .in = arg };
	const struct fault *fault;
	struct jsonw w;

	if (!rq->operator.has_factor || factor_required(rq->conf))
		return &FAULT_SECOND_FACTOR;
	fault = operator_prove(rq, ch.in->password, ch.in->code);
	if (fault != NULL || (fault = request_txn(rq, drop, &ch)) != NULL)
		return fault;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_bool(&w, "removed", true);
	jsonw_end_object(&w);
	return NULL;
}

const struct fault *
factor_on_step(struct request *rq, void *arg)
{
	struct factor_input *in = arg;

	if (strcmp(rq->item, "confirm") == 0)
		return field_read(rq, code_fields, in) != NULL ?
		    &FAULT_VALIDATION : on_confirm(rq, in);
	if (strcmp(rq->item, "recovery-codes") != 0 &&
	    strcmp(rq->item, "remove") != 0)
		return &FAULT_NOT_FOUND;
	if (field_read(rq, factor_fields, in) != NULL)
		return &FAULT_VALIDATION;
	return strcmp(rq->item, "remove") == 0 ? on_remove(rq, in) :
	    on_renew(rq, in);
}
