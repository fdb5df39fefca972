/* SPDX-License-Identifier: ISC */
/* operator.c - signing in and out, and what a bearer token is worth. */
#include "operator.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app.h"
#include "audit.h"
#include "password.h"
#include "shared.h"
#include "sig.h"
#include "token.h"
#include "vault.h"

enum { SUBJECT_SIZE = 96 + SHA256_HEX_SIZE };

/*
 * What failures are counted for. Somebody else's failures must not keep an
 * operator out, so the hard limit is that of an account from one address; an
 * address may have many operators behind it, and an account many attackers.
 */
static const struct {
	int64_t	free;		/* failures before the first block */
	int64_t	block_max_ms;
} limits[] = {
	{ LOGIN_FREE, LOGIN_BLOCK_MAX_MS },	/* account from an address */
	{ 4 * LOGIN_FREE, LOGIN_BLOCK_MAX_MS },	/* address */
	{ 10 * LOGIN_FREE, LOGIN_BLOCK_MS },	/* account */
};
enum { SUBJECTS = sizeof(limits) / sizeof(limits[0]) };

static void
token_key(struct request *rq, uint8_t key[TOKEN_KEY_SIZE])
{
	vault_derive(rq->vault, "operator-token", key);
}

static void
copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

void
operator_email(const char *email, char to[OPERATOR_EMAIL_SIZE])
{
	size_t n = 0;

	for (; email[n] != '\0' && n + 1 < OPERATOR_EMAIL_SIZE; n++)
		to[n] = (char)tolower((unsigned char)email[n]);
	to[n] = '\0';
}

unsigned int
operator_role(const struct operator *o)
{
	static const struct {
		const char	*name;
		unsigned int	 role;
	} roles[] = {
		{ "owner", ROLE_OWNER }, { "finance", ROLE_FINANCE },
		{ "support", ROLE_SUPPORT }, { "read_only", ROLE_READ_ONLY }
	};

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(o->role, roles[i].name) == 0)
			return roles[i].role;
	return 0;
}

const struct fault *
operator_check(struct request *rq)
{
	const char *header = request_header(rq, "HTTP_AUTHORIZATION");
	struct token_claims claims;
	uint8_t key[TOKEN_KEY_SIZE];

	if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
		return &FAULT_TOKEN_MISSING;
	token_key(rq, key);
	enum token_state state = token_read(key, header + 7, rq->now / 1000,
	    &claims);
	sig_wipe(key, sizeof(key));
	if (state != TOKEN_GOOD)
		return &FAULT_TOKEN_INVALID;

	struct rows *r = conn_rows(rq->conn, SQL_SESSION_FIND, "ti",
	    claims.session_id, rq->now);
	bool found = row_next(r) &&
	    strcmp(row_text(r, 0), claims.operator_id) == 0;
	if (found) {
		copy(rq->operator.id, sizeof(rq->operator.id), row_text(r, 0));
		copy(rq->operator.session, sizeof(rq->operator.session),
		    claims.session_id);
		copy(rq->operator.email, sizeof(rq->operator.email),
		    row_text(r, 1));
		copy(rq->operator.role, sizeof(rq->operator.role),
		    row_text(r, 2));
		rq->operator.expires_at = row_int(r, 3);
	}
	row_done(r);
	return found ? NULL : &FAULT_TOKEN_INVALID;
}

/* A sign-in on its way. */
struct sign_in {
	struct request	*rq;
	char		 subject[SUBJECTS][SUBJECT_SIZE];
	int64_t		 blocked_until;		/* of the worst of them */
	char		 password[PASSWORD_STORED_SIZE];
	bool		 known;			/* rq->operator is filled in */
};

/* The account is hashed: people type passwords into the wrong field. */
static void
name_subjects(struct sign_in *s, const char *email)
{
	const char *address = request_header(s->rq, "REMOTE_ADDR");
	char hex[SHA256_HEX_SIZE];
	uint8_t hash[SHA256_SIZE];

	sig_sha256(email, strlen(email), hash);
	hex_encode(hash, sizeof(hash), hex);
	if (address == NULL)
		address = "unknown";
	snprintf(s->subject[0], SUBJECT_SIZE, "account:%s@%.64s", hex,
	    address);
	snprintf(s->subject[1], SUBJECT_SIZE, "address:%.64s", address);
	snprintf(s->subject[2], SUBJECT_SIZE, "account:%s", hex);
}

/* Failures of a subject so far; *blocked_until in milliseconds. */
static int64_t
read_failures(struct conn *c, const char *subject, int64_t *blocked_until)
{
	struct rows *r = conn_rows(c, SQL_LOGIN_FAILURE_FIND, "t", subject);
	int64_t failures = 0;

	*blocked_until = 0;
	if (row_next(r)) {
		failures = row_int(r, 0);
		*blocked_until = row_int(r, 1);
	}
	row_done(r);
	return failures;
}

static void
find_account(struct sign_in *s, const char *email)
{
	struct operator *o = &s->rq->operator;
	struct rows *r = conn_rows(s->rq->conn, SQL_OPERATOR_FIND, "t", email);

	s->known = row_next(r);
	if (s->known) {
		copy(o->id, sizeof(o->id), row_text(r, 0));
		copy(o->email, sizeof(o->email), row_text(r, 1));
		copy(s->password, sizeof(s->password), row_text(r, 2));
		copy(o->role, sizeof(o->role), row_text(r, 3));
	}
	row_done(r);
}

static int64_t
block_for(int64_t failures, int subject)
{
	int64_t ms = LOGIN_BLOCK_MS, max = limits[subject].block_max_ms;

	if (failures <= limits[subject].free)
		return 0;
	for (int64_t n = failures - limits[subject].free; n > 1 && ms < max;
	    n--)
		ms *= 2;
	return ms < max ? ms : max;
}

/*
 * Counts the attempt as failed before the password is looked at, so that a
 * hundred at once are a hundred; a success takes it back.
 */
static const struct fault *
reserve(struct conn *c, void *arg)
{
	struct sign_in *s = arg;
	int64_t now = s->rq->now, n[SUBJECTS], blocked;

	s->blocked_until = 0;
	for (int i = 0; i < SUBJECTS; i++) {
		n[i] = read_failures(c, s->subject[i], &blocked) + 1;
		if (blocked > s->blocked_until)
			s->blocked_until = blocked;
	}
	if (s->blocked_until > now)
		return &FAULT_LOGIN_THROTTLED;
	for (int i = 0; i < SUBJECTS; i++)
		conn_run(c, SQL_LOGIN_FAILURE_SET, "tiii", s->subject[i],
		    n[i], now + block_for(n[i], i), now);
	return NULL;
}

static const struct fault *
record_failure(struct conn *c, void *arg)
{
	struct sign_in *s = arg;

	audit_write(c, s->rq->now, s->subject[1], "operator.login_failed",
	    s->known ? s->rq->operator.email : s->subject[2], "{}");
	return NULL;
}

static const struct fault *
record_success(struct conn *c, void *arg)
{
	struct sign_in *s = arg;
	struct operator *o = &s->rq->operator;
	char actor[300];

	snprintf(actor, sizeof(actor), "operator:%s", o->email);
	conn_run(c, SQL_SESSION_INSERT, "ttii", o->session, o->id,
	    s->rq->now, o->expires_at);
	for (int i = 0; i < SUBJECTS; i++)
		conn_run(c, SQL_LOGIN_FAILURE_CLEAR, "t", s->subject[i]);
	audit_write(c, s->rq->now, actor, "operator.signed_in", o->email,
	    "{}");
	return NULL;
}

static void
make_token(struct request *rq, struct buf *token)
{
	struct token_claims claims = { .issued_s = rq->now / 1000,
	    .expires_s = rq->operator.expires_at / 1000 };
	uint8_t key[TOKEN_KEY_SIZE];

	copy(claims.operator_id, sizeof(claims.operator_id), rq->operator.id);
	copy(claims.session_id, sizeof(claims.session_id),
	    rq->operator.session);
	copy(claims.role, sizeof(claims.role), rq->operator.role);
	token_key(rq, key);
	token_make(key, &claims, token);
	sig_wipe(key, sizeof(key));
}

const struct fault *
operator_sign_in(struct request *rq, const char *email, const char *password,
    struct buf *token)
{
	struct sign_in s = { .rq = rq };
	const struct fault *fault;
	char lower[OPERATOR_EMAIL_SIZE];
	bool good;

	operator_email(email, lower);
	name_subjects(&s, lower);
	if ((fault = request_txn(rq, reserve, &s)) != NULL) {
		if (fault == &FAULT_LOGIN_THROTTLED)
			reply_header(rq, "Retry-After", "%lld", (long long)
			    (s.blocked_until - rq->now + 999) / 1000);
		return fault;
	}
	find_account(&s, lower);
	good = password_check_in_turn(s.known ? s.password : NULL, password);
	sig_wipe(s.password, sizeof(s.password));
	if (!good) {
		fault = request_txn(rq, record_failure, &s);
		return fault != NULL ? fault : &FAULT_LOGIN_FAILED;
	}
	id_make("ses_", rq->now, rq->operator.session);
	rq->operator.expires_at = rq->now + rq->conf->session_s * 1000;
	if ((fault = request_txn(rq, record_success, &s)) == NULL)
		make_token(rq, token);
	return fault;
}

void
operator_write(struct jsonw *w, struct request *rq)
{
	jsonw_time(w, "expires_at", rq->operator.expires_at);
	jsonw_object(w, "operator");
	jsonw_text(w, "email", rq->operator.email);
	jsonw_text(w, "role", rq->operator.role);
	jsonw_end_object(w);
	jsonw_text(w, "mode", rq->conf->live ? "live" : "sandbox");
}

static const struct fault *
end_session(struct conn *c, void *arg)
{
	struct request *rq = arg;
	char actor[300];

	snprintf(actor, sizeof(actor), "operator:%s", rq->operator.email);
	conn_run(c, SQL_SESSION_END, "it", rq->now, rq->operator.session);
	audit_write(c, rq->now, actor, "operator.signed_out",
	    rq->operator.email, "{}");
	return NULL;
}

const struct fault *
operator_sign_out(struct request *rq)
{
	return request_txn(rq, end_session, rq);
}

bool
operator_add(struct conn *c, const char *email, const char *password_hash,
    const char *role, int64_t now, const char *actor)
{
	char id[ID_SIZE], detail[64], lower[OPERATOR_EMAIL_SIZE];

	operator_email(email, lower);
	if (conn_try(c, SQL_OPERATOR_INSERT, "tttti",
	    id_make("op_", now, id), lower, password_hash, role, now) != 1)
		return false;
	snprintf(detail, sizeof(detail), "{\"role\":\"%s\"}", role);
	audit_write(c, now, actor, "operator.created", email, detail);
	return true;
}
