/* SPDX-License-Identifier: ISC */
/*
 * app.h - a program that serves one URL path.
 *
 * A program's file declares its actions, one a method, and hands over to
 * app_main, which starts up (settings, master key, database, rights), takes
 * requests as FastCGI with several threads or as plain CGI, and for each runs
 * the same checks in the same order:
 *
 *   path 404, method 405, content type 415, length 411, body limit 413,
 *   short body 400, API key 401, HMAC 401, idempotency-key 400, rate limit
 *   429 (or an operator's token 401, role 403), replay of an earlier answer,
 *   JSON and fields 400, scope 403; then the action's own.
 *
 * In the Payments API, after the body: merchant's key or client secret 401,
 * rate limit 429, scope 403, X-Idempotency-Key 400, replay, JSON 400, the
 * first wrong field 400 or 422; then the action's own. There no body (and no
 * content type) is needed where no field is required.
 */
#ifndef APP_H
#define APP_H

#include "field.h"
#include "request.h"

enum access {
	ACCESS_PUBLIC,		/* anybody, or checked by the action itself */
	ACCESS_KEY,		/* x-api-key */
	ACCESS_SIGNED,		/* x-api-key, x-clive-hmac, idempotency-key */
	ACCESS_OPERATOR,	/* Authorization: Bearer, of an operator */
	ACCESS_MERCHANT,	/* Authorization: Bearer sxm_... */
	ACCESS_PAYER		/* the same, or the payment's client secret */
};

/* Which public contract a program speaks: its envelopes, its faults, its
 * header for idempotency keys (soxara.md 1, 4, 5 for the latter). */
enum api {
	API_CLIVE,
	API_PAYMENTS
};

/* The roles of operators, as a set. */
enum {
	ROLE_OWNER = 1,
	ROLE_FINANCE = 2,
	ROLE_SUPPORT = 4,
	ROLE_READ_ONLY = 8,
	ROLES_ALL = ROLE_OWNER | ROLE_FINANCE | ROLE_SUPPORT | ROLE_READ_ONLY
};

struct action {
	enum method		 method;
	enum access		 access;
	bool			 partner_only;	/* no platform-wide keys */
	bool			 takes_rest;	/* path continues: /{id} */
	/*
	 * With takes_rest: the path is /{id}/verb, or for "" /{id} and
	 * nothing behind it; NULL: however it continues.
	 */
	const char		*verb;
	/*
	 * With ACCESS_OPERATOR: who may. A GET that names nobody is for all
	 * of them, a POST that names nobody is for none.
	 */
	unsigned int		 roles;
	bool			 unfinished;	/* for operators, too, who have
						   yet to choose a password or
						   to set up a second factor */
	unsigned int		 scope;		/* with ACCESS_MERCHANT and
						   ACCESS_PAYER: the key's */
	bool			 key_required;	/* X-Idempotency-Key */
	bool			 any_origin;	/* browsers of any site may read,
						   and in the Payments API ask
						   before (OPTIONS) */
	const char		*cache;	/* Cache-Control of a 200; NULL: none */
	bool			 raw_body;	/* any content type, no JSON */
	bool			 secret;	/* the answer holds one in clear */
	bool			 often;		/* counts as a read does */
	/*
	 * The body may be a form as well. In the sandbox, and there alone, a
	 * form without x-api-key needs no signature: it acts for the demo
	 * partner, under a rate limit of its own.
	 */
	bool			 forms;
	bool			 body_optional;	/* of the partner API: no body
						   counts as {} */
	size_t			 body_max;	/* bytes; 0: BODY_MAX */
	const struct field	*fields;	/* ended by a row without name */
	size_t			 input_size;	/* of the struct they fill */
	/*
	 * Answers a request. input is input_size bytes, filled from fields.
	 * Returns NULL with the reply filled in, or a fault.
	 */
	const struct fault	*(*handle)(struct request *, void *input);
	/*
	 * Before change, outside of its transaction: what needs no writing.
	 * Where it fills in a reply there is no change.
	 */
	const struct fault	*(*check)(struct request *, void *input);
	/*
	 * Instead of handle, for a mutation: runs inside a transaction, at
	 * most once an idempotency key. Decides, writes, fills the reply in
	 * memory; sends nothing, calls nobody, may be run again from the
	 * start.
	 */
	const struct fault	*(*change)(struct conn *, struct request *,
				    void *input);
	/*
	 * Instead of change, for a mutation that calls a processor. before
	 * and after run like change, each in a transaction of its own; what
	 * after writes stays even where it refuses. ask runs between them,
	 * outside of any, and may take its time.
	 */
	const struct fault	*(*before)(struct conn *, struct request *,
				    void *input);
	const struct fault	*(*ask)(struct request *, void *input);
	const struct fault	*(*after)(struct conn *, struct request *,
				    void *input);
	/*
	 * Of a program's first action: nothing that the program does takes
	 * long or waits for anybody. One thread takes whatever requests there
	 * are and commits their changes together; otherwise each of several
	 * threads takes one, and a further one commits.
	 */
	bool			 grouped;
	/* Of a program's first action: runs once at its start; may be NULL. */
	void			(*started)(const struct conf *);
};

enum { BODY_MAX = 64 * 1024 };

struct endpoint {
	const char		*path;
	const struct action	*actions;	/* ended by METHOD_NONE */
	enum api		 api;
};

/* The whole program. Returns the exit status. */
int	app_main(const struct endpoint *);

#endif
