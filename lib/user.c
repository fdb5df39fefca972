/* SPDX-License-Identifier: ISC */
/* user.c - operators as their owners see them. */
#include "user.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "factor.h"
#include "field.h"
#include "operator.h"

const char *const user_roles[] = {
	"owner", "finance", "support", "read_only", NULL
};

const char *
user_check_email(const char *email)
{
	static const char host[] = "@localhost";
	size_t n = strlen(email), tail = sizeof(host) - 1;
	char with_domain[300];

	if (n > tail && strcmp(email + n - tail, host) == 0) {
		snprintf(with_domain, sizeof(with_domain), "%s.domain", email);
		email = with_domain;
	}
	return field_check_email(email);
}

struct user *
user_of_row(struct rows *r, struct arena *arena)
{
	struct user *u = arena_alloc(arena, sizeof(*u));

	u->id = row_text_copy(r, 0, arena);
	u->email = row_text_copy(r, 1, arena);
	u->role = row_text_copy(r, 2, arena);
	u->created_at = row_int(r, 3);
	u->disabled_at = row_int(r, 4);
	u->must_change = row_int(r, 5) != 0;
	u->factor_required = row_int(r, 6) != 0;
	u->factor_since = row_int(r, 7);
	u->recovery_left = row_int(r, 8);
	return u;
}

/* The id of an e-mail address, which may be spelt with capitals. */
static const char *
id_of_email(struct conn *c, struct arena *arena, const char *email)
{
	char lower[OPERATOR_EMAIL_SIZE];

	operator_email(email, lower);
	struct rows *r = conn_rows(c, SQL_OPERATOR_ID, "t", lower);
	const char *id = row_next(r) ? row_text_copy(r, 0, arena) : NULL;
	row_done(r);
	return id;
}

struct user *
user_find(struct conn *c, struct arena *arena, const char *name)
{
	struct user *u = NULL;

	if (strchr(name, '@') != NULL)
		name = id_of_email(c, arena, name);
	if (name == NULL)
		return NULL;
	struct rows *r = conn_rows(c, SQL_OPERATOR_SHOW, "t", name);
	if (row_next(r))
		u = user_of_row(r, arena);
	row_done(r);
	return u;
}

void
user_write(struct jsonw *w, const char *key, const struct user *u)
{
	jsonw_object(w, key);
	jsonw_text(w, "id", u->id);
	jsonw_text(w, "email", u->email);
	jsonw_text(w, "role", u->role);
	jsonw_time(w, "created_at", u->created_at);
	jsonw_time(w, "disabled_at", u->disabled_at);
	jsonw_bool(w, "must_change", u->must_change);
	jsonw_bool(w, "second_factor_required", u->factor_required);
	jsonw_time(w, "second_factor_since", u->factor_since);
	jsonw_int(w, "recovery_codes_left", u->recovery_left);
	jsonw_end_object(w);
}

/* Writes an event about one member: {"before":{..},"after":{..}}. */
static void
record(const struct user_change *by, const struct user *u, const char *action,
    const char *member, const char *before, const char *after)
{
	audit_write(by->c, by->now, by->actor, action, u->email,
	    arena_printf(by->arena, "{\"before\":{\"%s\":%s},\"after\":"
	    "{\"%s\":%s}}", member, before, member, after));
}

static const char *
quoted(const struct user_change *by, const char *word)
{
	return arena_printf(by->arena, "\"%s\"", word);
}

static const char *
truth(bool is)
{
	return is ? "true" : "false";
}

static void
save(const struct user_change *by, const struct user *u)
{
	conn_run(by->c, SQL_OPERATOR_SET, "tiot", u->role,
	    (int64_t)u->factor_required, u->disabled_at > 0 ?
	    u->disabled_at : -1, u->id);
}

static void
sign_out(const struct user_change *by, const struct user *u)
{
	conn_run(by->c, SQL_SESSIONS_END_OF_OPERATOR, "itt", by->now, u->id,
	    "");
}

/*
 * Who takes an owner away has had its turn at the audit log before it counts,
 * so of two owners who demote each other one comes second.
 */
static bool
is_last_owner(const struct user_change *by, const struct user *u)
{
	if (by->last_owner_too || strcmp(u->role, "owner") != 0 ||
	    u->disabled_at > 0)
		return false;
	audit_queue(by->c);
	struct rows *r = conn_rows(by->c, SQL_OPERATOR_OTHER_OWNERS, "t",
	    u->id);
	bool last = row_next(r) && row_int(r, 0) == 0;
	row_done(r);
	return last;
}

const struct fault *
user_add(const struct user_change *by, const char *email, const char *role,
    const char *password_hash, struct user **u)
{
	if (!operator_add(by->c, email, password_hash, role, by->now,
	    by->actor))
		return &FAULT_USER_EXISTS;
	if ((*u = user_find(by->c, by->arena, email)) == NULL)
		return &FAULT_STORAGE;
	(*u)->must_change = true;
	conn_run(by->c, SQL_OPERATOR_SET_PASSWORD, "tit", password_hash,
	    (int64_t)1, (*u)->id);
	return NULL;
}

const struct fault *
user_set_role(const struct user_change *by, struct user *u, const char *role)
{
	const char *before = u->role;

	if (strcmp(before, role) == 0)
		return NULL;
	if (is_last_owner(by, u))
		return &FAULT_LAST_OWNER;
	u->role = role;
	save(by, u);
	record(by, u, "operator.role_set", "role", quoted(by, before),
	    quoted(by, role));
	return NULL;
}

const struct fault *
user_disable(const struct user_change *by, struct user *u)
{
	if (u->disabled_at > 0)
		return NULL;
	if (is_last_owner(by, u))
		return &FAULT_LAST_OWNER;
	u->disabled_at = by->now;
	save(by, u);
	sign_out(by, u);
	record(by, u, "operator.disabled", "disabled", "false", "true");
	return NULL;
}

const struct fault *
user_enable(const struct user_change *by, struct user *u)
{
	if (u->disabled_at == 0)
		return NULL;
	u->disabled_at = 0;
	save(by, u);
	record(by, u, "operator.enabled", "disabled", "true", "false");
	return NULL;
}

const struct fault *
user_require_factor(const struct user_change *by, struct user *u,
    bool required)
{
	if (u->factor_required == required)
		return NULL;
	u->factor_required = required;
	save(by, u);
	record(by, u, "operator.second_factor_required", "required",
	    truth(!required), truth(required));
	return NULL;
}

const struct fault *
user_set_password(const struct user_change *by, struct user *u,
    const char *password_hash, bool made)
{
	conn_run(by->c, SQL_OPERATOR_SET_PASSWORD, "tit", password_hash,
	    (int64_t)made, u->id);
	sign_out(by, u);
	record(by, u, "operator.password_set", "must_change",
	    truth(u->must_change), truth(made));
	u->must_change = made;
	return NULL;
}

const struct fault *
user_reset_factor(const struct user_change *by, struct user *u)
{
	bool had = u->factor_since > 0;

	factor_drop(by->c, u->id);
	if (!had)
		return NULL;
	sign_out(by, u);
	u->factor_since = u->recovery_left = 0;
	record(by, u, "operator.second_factor_removed", "second_factor",
	    "true", "false");
	return NULL;
}
