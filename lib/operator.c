/* SPDX-License-Identifier: ISC */
/* operator.c - signing in and out, and what a bearer token is worth. */
#include "operator.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app.h"
#include "audit.h"
#include "factor.h"
#include "password.h"
#include "shared.h"
#include "sig.h"
#include "token.h"
#include "vault.h"

enum { AGENT_SIZE = 201 };	/* of a browser's words on itself */

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

const char *
operator_actor(struct request *rq)
{
	return arena_printf(rq->arena, "operator:%s", rq->operator.email);
}

void
operator_of_row(struct request *rq, struct rows *r)
{
	struct operator *o = &rq->operator;

	copy(o->id, sizeof(o->id), row_text(r, 0));
	copy(o->email, sizeof(o->email), row_text(r, 1));
	copy(o->role, sizeof(o->role), row_text(r, 2));
	o->must_change = row_int(r, 3) != 0;
	o->has_factor = row_int(r, 5) != 0;
	o->must_enrol = !o->has_factor && factor_asked(rq->conf) &&
	    (row_int(r, 4) != 0 || factor_required(rq->conf));
}

/* Fills rq->operator from a token or a ticket; false: it is not good. */
static bool
read_session(struct request *rq, const char *text, bool half)
{
	struct token_claims claims;
	uint8_t key[TOKEN_KEY_SIZE];

	token_key(rq, key);
	enum token_state state = token_read(key, text, rq->now / 1000,
	    &claims);
	sig_wipe(key, sizeof(key));
	if (state != TOKEN_GOOD)
		return false;
	struct rows *r = conn_rows(rq->conn, SQL_SESSION_FIND, "tii",
	    claims.session_id, (int64_t)half, rq->now);
	bool found = row_next(r) &&
	    strcmp(row_text(r, 0), claims.operator_id) == 0;
	if (found) {
		operator_of_row(rq, r);
		copy(rq->operator.session, sizeof(rq->operator.session),
		    claims.session_id);
		rq->operator.expires_at = row_int(r, 6);
	}
	row_done(r);
	return found;
}

const struct fault *
operator_check(struct request *rq)
{
	const char *header = request_header(rq, "HTTP_AUTHORIZATION");

	if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
		return &FAULT_TOKEN_MISSING;
	return read_session(rq, header + 7, false) ? NULL :
	    &FAULT_TOKEN_INVALID;
}

/* A sign-in on its way. */
struct sign_in {
	struct request		*rq;
	struct operator_tries	 tries;
	char			 password[PASSWORD_STORED_SIZE];
	bool			 known;		/* rq->operator is filled in */
	bool			 half;		/* a second step follows */
	const char		*ticket;	/* the session of the first */
	const char		*code;
};

static void
find_account(struct sign_in *s, const char *email)
{
	struct rows *r = conn_rows(s->rq->conn, SQL_OPERATOR_FIND, "t", email);

	s->known = row_next(r);
	if (s->known) {
		operator_of_row(s->rq, r);
		copy(s->password, sizeof(s->password), row_text(r, 6));
	}
	row_done(r);
}

static const struct fault *
record_failure(struct conn *c, void *arg)
{
	struct sign_in *s = arg;

	audit_write(c, s->rq->now, s->tries.subject[1],
	    s->code == NULL ? "operator.login_failed" : "operator.code_failed",
	    s->known ? s->rq->operator.email : s->tries.subject[2], "{}");
	return NULL;
}

/* What a browser says of itself, as far as it is plain text. */
static const char *
agent_of(struct request *rq, char text[AGENT_SIZE])
{
	const char *agent = request_header(rq, "HTTP_USER_AGENT");
	size_t n = 0;

	if (agent == NULL)
		return NULL;
	for (; agent[n] != '\0' && n + 1 < AGENT_SIZE; n++)
		text[n] = agent[n] >= ' ' && agent[n] <= '~' ? agent[n] : '?';
	text[n] = '\0';
	return text;
}

static const struct fault *
record_success(struct conn *c, void *arg)
{
	struct sign_in *s = arg;
	struct request *rq = s->rq;
	struct operator *o = &rq->operator;
	char agent[AGENT_SIZE];

	if (s->ticket != NULL && (!factor_take_code(c, rq, s->code) ||
	    conn_run(c, SQL_SESSION_END, "itt", rq->now, s->ticket,
	    o->id) != 1))
		return &FAULT_CODE_INVALID;
	conn_run(c, SQL_SESSION_INSERT, "ttiitti", o->session, o->id,
	    rq->now, o->expires_at, request_header(rq, "REMOTE_ADDR"),
	    agent_of(rq, agent), (int64_t)s->half);
	operator_tries_clear(c, &s->tries);
	if (!s->half)
		audit_write(c, rq->now, operator_actor(rq),
		    "operator.signed_in", o->email, "{}");
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

static const struct fault *
begin_session(struct sign_in *s, struct buf *token)
{
	struct request *rq = s->rq;
	const struct fault *fault;

	id_make("ses_", rq->now, rq->operator.session);
	rq->operator.expires_at = rq->now + (s->half ? OPERATOR_TICKET_MS :
	    rq->conf->session_s * 1000);
	if ((fault = request_txn(rq, record_success, s)) == NULL)
		make_token(rq, token);
	return fault;
}

const struct fault *
operator_sign_in(struct request *rq, const char *email, const char *password,
    struct buf *token, bool *ticket)
{
	struct sign_in s = { .rq = rq };
	const struct fault *fault;
	char lower[OPERATOR_EMAIL_SIZE];
	bool good;

	operator_email(email, lower);
	operator_tries_name(&s.tries, rq, lower, true, false);
	if ((fault = operator_tries_reserve(rq, &s.tries)) != NULL)
		return fault;
	find_account(&s, lower);
	good = password_check_in_turn(s.known ? s.password : NULL, password);
	sig_wipe(s.password, sizeof(s.password));
	if (!good) {
		fault = request_txn(rq, record_failure, &s);
		return fault != NULL ? fault : &FAULT_LOGIN_FAILED;
	}
	*ticket = s.half = rq->operator.has_factor && factor_asked(rq->conf);
	return begin_session(&s, token);
}

const struct fault *
operator_second_step(struct request *rq, const char *ticket, const char *code,
    struct buf *token)
{
	struct sign_in s = { .rq = rq, .known = true, .code = code };
	const struct fault *fault;

	if (!read_session(rq, ticket, true))
		return &FAULT_TICKET_INVALID;
	s.ticket = arena_strdup(rq->arena, rq->operator.session);
	operator_tries_name(&s.tries, rq, rq->operator.email, false, true);
	if ((fault = operator_tries_reserve(rq, &s.tries)) != NULL)
		return fault;
	fault = begin_session(&s, token);
	if (fault == &FAULT_CODE_INVALID &&
	    request_txn(rq, record_failure, &s) != NULL)
		return &FAULT_STORAGE;
	return fault;
}

static const struct fault *
record_proof(struct conn *c, void *arg)
{
	struct sign_in *s = arg;

	if (s->rq->operator.has_factor && factor_asked(s->rq->conf) &&
	    (s->code == NULL || !factor_take_code(c, s->rq, s->code)))
		return &FAULT_PROOF;
	operator_tries_clear(c, &s->tries);
	return NULL;
}

static const struct fault *
record_no_proof(struct conn *c, void *arg)
{
	struct request *rq = arg;

	audit_write(c, rq->now, operator_actor(rq), "operator.proof_failed",
	    rq->operator.email, "{}");
	return NULL;
}

const struct fault *
operator_prove(struct request *rq, const char *password, const char *code)
{
	struct sign_in s = { .rq = rq, .code = code };
	const struct fault *fault;
	bool good = false;

	operator_tries_name(&s.tries, rq, rq->operator.email, true, true);
	if ((fault = operator_tries_reserve(rq, &s.tries)) != NULL)
		return fault;
	struct rows *r = conn_rows(rq->conn, SQL_OPERATOR_PASSWORD, "t",
	    rq->operator.id);
	if (row_next(r)) {
		copy(s.password, sizeof(s.password), row_text(r, 0));
		good = password_check_in_turn(s.password, password);
	}
	row_done(r);
	sig_wipe(s.password, sizeof(s.password));
	fault = good ? request_txn(rq, record_proof, &s) : &FAULT_PROOF;
	if (fault == &FAULT_PROOF &&
	    request_txn(rq, record_no_proof, rq) != NULL)
		return &FAULT_STORAGE;
	return fault;
}

void
operator_write(struct jsonw *w, struct request *rq)
{
	jsonw_time(w, "expires_at", rq->operator.expires_at);
	jsonw_object(w, "operator");
	jsonw_text(w, "email", rq->operator.email);
	jsonw_text(w, "role", rq->operator.role);
	jsonw_array(w, "must");
	if (rq->operator.must_change)
		jsonw_text(w, NULL, "password");
	if (rq->operator.must_enrol)
		jsonw_text(w, NULL, "second_factor");
	jsonw_end_array(w);
	jsonw_end_object(w);
	jsonw_text(w, "mode", rq->conf->live ? "live" : "sandbox");
}

static const struct fault *
end_session(struct conn *c, void *arg)
{
	struct request *rq = arg;

	conn_run(c, SQL_SESSION_END, "itt", rq->now, rq->operator.session,
	    rq->operator.id);
	audit_write(c, rq->now, operator_actor(rq), "operator.signed_out",
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
	audit_write(c, now, actor, "operator.created", lower, detail);
	return true;
}
