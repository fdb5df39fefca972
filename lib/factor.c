/* SPDX-License-Identifier: ISC */
/* factor.c - the second factor of operators. */
#include "factor.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "operator.h"
#include "sig.h"
#include "vault.h"

bool
factor_asked(const struct conf *conf)
{
	return strcmp(conf->operator_second_factor, "off") != 0;
}

bool
factor_required(const struct conf *conf)
{
	return strcmp(conf->operator_second_factor, "required") == 0;
}

static const char *
context(struct request *rq, char text[96])
{
	snprintf(text, 96, "operator_factor:%s", rq->operator.id);
	return text;
}

/* A code as it is compared: without what people put in for the eye. */
static void
plain_code(const char *code, char to[FACTOR_CODE_MAX + 1])
{
	size_t n = 0;

	for (; *code != '\0' && n < FACTOR_CODE_MAX; code++)
		if (isalnum((unsigned char)*code))
			to[n++] = (char)tolower((unsigned char)*code);
	to[n] = '\0';
}

/* The step of a sealed secret whose code this is, or -1. */
static int64_t
step_of(struct request *rq, struct slice sealed, int64_t after,
    const char *code)
{
	char text[96];

	if (sealed.p == NULL || sealed.n != TOTP_SECRET_BYTES + VAULT_OVERHEAD)
		return -1;
	char *secret = vault_unseal(rq->vault, context(rq, text), sealed.p,
	    sealed.n, rq->arena);
	if (secret == NULL)
		return -1;
	int64_t step = totp_find(secret, TOTP_SECRET_BYTES, rq->now / 1000,
	    after, code);
	sig_wipe(secret, TOTP_SECRET_BYTES);
	return step;
}

static bool
take_recovery(struct conn *c, struct request *rq, const char *code)
{
	uint8_t hash[SHA256_SIZE];

	if (strlen(code) != PASSWORD_MADE_SIZE - 1)
		return false;
	sig_sha256(code, strlen(code), hash);
	if (conn_run(c, SQL_RECOVERY_USE, "itb", rq->now, rq->operator.id,
	    hash, sizeof(hash)) != 1)
		return false;
	audit_write(c, rq->now, operator_actor(rq),
	    "operator.recovery_code_used", rq->operator.email, "{}");
	return true;
}

bool
factor_take_code(struct conn *c, struct request *rq, const char *typed)
{
	char code[FACTOR_CODE_MAX + 1];
	int64_t step = -1;

	plain_code(typed, code);
	struct rows *r = conn_rows(c, SQL_FACTOR_FIND, "t", rq->operator.id);
	if (row_next(r) && !row_null(r, 0))
		step = step_of(rq, row_bytes(r, 0), row_int(r, 1), code);
	row_done(r);
	/* The condition in the statement decides between two at once. */
	bool good = step >= 0 ? conn_run(c, SQL_FACTOR_STEP, "it", step,
	    rq->operator.id) == 1 : take_recovery(c, rq, code);
	sig_wipe(code, sizeof(code));
	return good;
}

void
factor_begin(struct conn *c, struct request *rq, char out[TOTP_SECRET_SIZE])
{
	uint8_t secret[TOTP_SECRET_BYTES];
	uint8_t sealed[TOTP_SECRET_BYTES + VAULT_OVERHEAD];
	char text[96];

	sig_random(secret, sizeof(secret));
	vault_seal(rq->vault, context(rq, text), secret, sizeof(secret),
	    sealed);
	totp_secret_text(secret, out);
	sig_wipe(secret, sizeof(secret));
	conn_run(c, SQL_FACTOR_BEGIN, "tbi", rq->operator.id, sealed,
	    sizeof(sealed), rq->now);
}

bool
factor_confirm(struct conn *c, struct request *rq, const char *typed)
{
	char code[FACTOR_CODE_MAX + 1];
	int64_t step = -1;

	plain_code(typed, code);
	struct rows *r = conn_rows(c, SQL_FACTOR_FIND, "t", rq->operator.id);
	if (row_next(r) && !row_null(r, 2) &&
	    row_int(r, 3) > rq->now - FACTOR_ENROL_MS)
		step = step_of(rq, row_bytes(r, 2), -1, code);
	row_done(r);
	if (step < 0)
		return false;
	conn_run(c, SQL_FACTOR_CONFIRM, "iit", rq->now, step,
	    rq->operator.id);
	audit_write(c, rq->now, operator_actor(rq),
	    "operator.second_factor_set", rq->operator.email,
	    rq->operator.has_factor ?
	    "{\"before\":{\"second_factor\":true},"
	    "\"after\":{\"second_factor\":true}}" :
	    "{\"before\":{\"second_factor\":false},"
	    "\"after\":{\"second_factor\":true}}");
	return true;
}

void
factor_recovery(struct conn *c, struct request *rq,
    char out[FACTOR_RECOVERY_CODES][PASSWORD_MADE_SIZE])
{
	uint8_t hash[SHA256_SIZE];

	conn_run(c, SQL_RECOVERY_DROP, "t", rq->operator.id);
	for (int i = 0; i < FACTOR_RECOVERY_CODES; i++) {
		password_make(out[i]);
		sig_sha256(out[i], strlen(out[i]), hash);
		conn_run(c, SQL_RECOVERY_INSERT, "tb", rq->operator.id, hash,
		    sizeof(hash));
	}
}

void
factor_drop(struct conn *c, const char *operator_id)
{
	conn_run(c, SQL_FACTOR_DROP, "t", operator_id);
	conn_run(c, SQL_RECOVERY_DROP, "t", operator_id);
}

/* What a URI takes as it is. */
static bool
is_plain(char ch)
{
	return isalnum((unsigned char)ch) || strchr("-._~", ch) != NULL;
}

const char *
factor_uri(struct request *rq, const char *secret)
{
	const char *name = "";

	for (const char *p = rq->operator.email; *p != '\0'; p++)
		name = is_plain(*p) ?
		    arena_printf(rq->arena, "%s%c", name, *p) :
		    arena_printf(rq->arena, "%s%%%02X", name,
		    (unsigned char)*p);
	return arena_printf(rq->arena, "otpauth://totp/Clive:%s?secret=%s&"
	    "issuer=Clive&algorithm=SHA1&digits=6&period=%d", name, secret,
	    TOTP_STEP_S);
}
