/* SPDX-License-Identifier: ISC */
/*
 * user.h - operators as their owners see them: who there is, who may what.
 *
 * Each change runs in the caller's transaction, writes its audit event with
 * what was before and after, and refuses with a fault. What takes rights away
 * ends the account's sessions.
 */
#ifndef USER_H
#define USER_H

#include "request.h"

/* Texts live in the arena of the read. */
struct user {
	const char	*id;
	const char	*email;
	const char	*role;
	int64_t		 created_at;
	int64_t		 disabled_at;		/* 0: good */
	bool		 must_change;		/* the password */
	bool		 factor_required;	/* whatever the setting says */
	int64_t		 factor_since;		/* 0: has none */
	int64_t		 recovery_left;		/* codes */
};

/* owner, finance, support, read_only; ended by NULL. */
extern const char *const user_roles[];

/* NULL, or what is wrong with an e-mail address: as field_check_email, and
 * somebody at localhost. */
const char	*user_check_email(const char *);

/* Reads the current row of a statement with OPERATOR_COLUMNS of sql.c. */
struct user	*user_of_row(struct rows *, struct arena *);

/* By id, or where that has an @ by e-mail address; NULL: there is none. */
struct user	*user_find(struct conn *, struct arena *, const char *name);

/* As an object: a member, or where key is NULL an element. */
void		 user_write(struct jsonw *, const char *key,
		    const struct user *);

/* Who changes what, and when. */
struct user_change {
	struct conn	*c;
	struct arena	*arena;
	const char	*actor;
	int64_t		 now;
	/* May the last owner go? Only for whoever can make another one. */
	bool		 last_owner_too;
};

/* Makes an account whose password its owner has to change. NULL with *u, or
 * FAULT_USER_EXISTS. */
const struct fault *user_add(const struct user_change *, const char *email,
		    const char *role, const char *password_hash,
		    struct user **u);

const struct fault *user_set_role(const struct user_change *, struct user *,
		    const char *role);
const struct fault *user_disable(const struct user_change *, struct user *);
const struct fault *user_enable(const struct user_change *, struct user *);
const struct fault *user_require_factor(const struct user_change *,
		    struct user *, bool required);

/* made: by somebody else, so that it has to be changed. */
const struct fault *user_set_password(const struct user_change *,
		    struct user *, const char *password_hash, bool made);

/* Takes authenticator and recovery codes away. */
const struct fault *user_reset_factor(const struct user_change *,
		    struct user *);

#endif
