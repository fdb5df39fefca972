/* SPDX-License-Identifier: ISC */
/* operator.c - signing in and out, and what a bearer token is worth. */
#include "operator.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "audit.h"
#include "password.h"
#include "shared.h"
#include "sig.h"
#include "token.h"
#include "vault.h"

enum { SUBJECT_SIZE = 16 + SHA256_HEX_SIZE };

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
	char		 subject[2][SUBJECT_SIZE];	/* account, address */
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
	snprintf(s->subject[0], SUBJECT_SIZE, "account:%s", hex);
	snprintf(s->subject[1], SUBJECT_SIZE, "address:%s",
	    address != NULL ? address : "unknown");
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

static const struct fault *
check_throttle(struct sign_in *s)
{
	int64_t blocked, until = 0;

	for (int i = 0; i < 2; i++) {
		read_failures(s->rq->conn, s->subject[i], &blocked);
		until = blocked > until ? blocked : until;
	}
	if (until <= s->rq->now)
		return NULL;
	reply_header(s->rq, "Retry-After", "%lld",
	    (long long)(until - s->rq->now + 999) / 1000);
	return &FAULT_LOGIN_THROTTLED;
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
block_for(int64_t failures)
{
	int64_t ms = LOGIN_BLOCK_MS;

	if (failures <= LOGIN_FREE)
		return 0;
	for (int64_t n = failures - LOGIN_FREE; n > 1 &&
	    ms < LOGIN_BLOCK_MAX_MS; n--)
		ms *= 2;
	return ms < LOGIN_BLOCK_MAX_MS ? ms : LOGIN_BLOCK_MAX_MS;
}

static const struct fault *
record_failure(struct conn *c, void *arg)
{
	struct sign_in *s = arg;
	int64_t now = s->rq->now, blocked;

	for (int i = 0; i < 2; i++) {
		int64_t n = read_failures(c, s->subject[i], &blocked) + 1;
		conn_run(c, SQL_LOGIN_FAILURE_SET, "tiii", s->subject[i], n,
		    now + block_for(n), now);
	}
	audit_write(c, now, s->subject[1], "operator.login_failed",
	    s->known ? s->rq->operator.email : s->subject[0], "{}");
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
	conn_run(c, SQL_LOGIN_FAILURE_CLEAR, "t", s->subject[0]);
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
	bool good = false;

	operator_email(email, lower);
	name_subjects(&s, lower);
	if ((fault = check_throttle(&s)) != NULL)
		return fault;
	find_account(&s, lower);
	if (s.known)
		good = password_check(s.password, password);
	else
		password_dummy_check();
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
	if (conn_run(c, SQL_OPERATOR_INSERT, "tttti",
	    id_make("op_", now, id), lower, password_hash, role, now) != 1)
		return false;
	snprintf(detail, sizeof(detail), "{\"role\":\"%s\"}", role);
	audit_write(c, now, actor, "operator.created", email, detail);
	return true;
}
