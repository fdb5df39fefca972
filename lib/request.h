/* SPDX-License-Identifier: ISC */
/*
 * request.h - one request as a handler sees it, and the reply it fills.
 *
 * Everything a request owns hangs on it and is dropped by the loop when the
 * reply has gone out: handlers free nothing. Nothing is sent before all is
 * known; the reply is built in a bounded buffer, the transaction commits,
 * then the bytes go out with their length.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "buf.h"
#include "conf.h"
#include "conn.h"
#include "db.h"
#include "fault.h"
#include "id.h"
#include "json.h"
#include "merchant.h"

struct action;
struct cgi;
struct vault;

enum method {
	METHOD_NONE,
	METHOD_GET,		/* HEAD counts as GET; the server drops the body */
	METHOD_POST,
	METHOD_PATCH,
	METHOD_DELETE,
	METHOD_OPTIONS		/* a browser that asks before it sends the
				   request: answered by the guard */
};

/* Who is calling with an API key. */
struct caller {
	char	 key_id[ID_SIZE];
	bool	 platform;		/* may act for every partner */
	char	 partner_id[65];	/* "*" for a platform-wide key */
};

/* Which operator is calling with a bearer token. */
struct operator {
	char	 id[64];
	char	 session[64];
	char	 email[255];
	char	 role[16];
	int64_t	 expires_at;		/* of the session, milliseconds */
	bool	 has_factor;		/* a second factor, proven */
	bool	 must_change;		/* first: the password, */
	bool	 must_enrol;		/* a second factor */
};

struct reply {
	int		 status;	/* 0 until somebody decides */
	struct buf	 head;		/* extra header lines, each with CRLF */
	struct buf	 body;
	const char	*location;	/* where to go on, or NULL */
	const char	*type;		/* media type; NULL: JSON */
};

struct request {
	const struct conf	*conf;
	const struct vault	*vault;
	struct db		*db;
	struct conn		*conn;		/* for reading */
	struct arena		*arena;
	char			 id[ID_SIZE];	/* in the reply and the log */
	int64_t			 now;		/* when it came, milliseconds */
	enum method		 method;
	const char		*path;		/* the endpoint's URL path */
	const char		*rest;		/* what follows it: "" or "/..." */
	const char		*item;		/* the first part of rest, without
						   slashes: {id}; "" */
	bool			 payments;	/* of the Payments API */
	const struct action	*action;
	struct slice		 body;
	const char		*idempotency_key;
	const char		*owner;		/* whose it is */
	bool			 replayed;	/* Payments API: the reply is
						   that of an earlier request */
	const char		*resume;	/* a payment that an earlier
						   request with this key opened */
	const char		*claimed_tx;	/* the one this request opened */
	bool			 form;		/* the body is a form */
	const struct json	*json;		/* the body, parsed; NULL before */
	struct caller		 caller;	/* with ACCESS_KEY, ACCESS_SIGNED */
	struct operator		 operator;	/* with ACCESS_OPERATOR */
	struct merchant		 merchant;	/* with ACCESS_MERCHANT, and
						   with ACCESS_PAYER unless */
	bool			 payer;		/* it has but the client secret
						   of the payment `item` */
	const char		*env;		/* Payments API: "live" or
						   "test"; NULL: not known */
	struct buf		 details;	/* JSON for a fault's "details" */
	struct reply		 reply;
	struct cgi		*cgi;
};

/* A header by its CGI name ("HTTP_X_API_KEY"); NULL where absent. */
const char	*request_header(struct request *, const char *cgi_name);

/*
 * A parameter of the query string, decoded into the arena; NULL where it is
 * absent. Given twice, the last one counts. NULs and invalid escapes make it
 * absent.
 */
const char	*request_query(struct request *, const char *name);

/* The same of a body that is a form; what is empty counts as absent. */
const char	*request_form(struct request *, const char *name);

/* Does the caller's Accept header name this media type? */
bool		 request_accepts(struct request *, const char *type);

/*
 * Reads the body that the action expects: content type, length, limit. For
 * the guard.
 */
const struct fault *request_read_body(struct request *);

/* Is every name and value of the query string decodable UTF-8 text? */
bool		 request_query_good(struct request *);

/* db_txn of this request's database; audit events name the request. */
const struct fault *request_txn(struct request *, db_callback *, void *arg);

/* The same of a job that somebody else runs. */
struct db_job	 request_job(struct request *, struct db_job);

/* Starts a JSON reply of this status; what an earlier attempt wrote goes. */
void		 reply_start(struct request *, int status, struct jsonw *);

/* Sets a header line; name and value must be ours. */
void		 reply_header(struct request *, const char *name,
		    const char *fmt, ...)
		    __attribute__((format(printf, 3, 4)));

/*
 * Starts an answer of the Payments API: {"success":true and the caller goes
 * on with the member "data" and ends the object.
 */
void		 reply_data(struct request *, int status, struct jsonw *);

/*
 * Answers 200 {"success":true,"data":[...],"has_more":...}: starts it, with
 * the array open; then ends it.
 */
void		 reply_list(struct request *, struct jsonw *);
void		 reply_list_end(struct jsonw *, bool has_more);

/*
 * Notes the field that a refusal of the Payments API is about, as its details
 * {"field","message"}, and returns the fault. Either may be NULL.
 */
const struct fault *request_refuse(struct request *, const struct fault *,
		    const char *field, const char *message);

/*
 * Answers {"url":...} and leaves the object open for more members: 200, or
 * where see_other is set 303 with the URL as Location (if it is not too long
 * for a header).
 */
void		 reply_url(struct request *, bool see_other, const char *url,
		    struct jsonw *);

/*
 * Turns the reply into a fault, in the API's error shape, with Retry-After: 1
 * for what passes (FAULT_STORAGE, and in the Payments API, which calls that
 * SERVICE_UNAVAILABLE, FAULT_BUSY and FAULT_KEY_RUNNING as well).
 */
void		 reply_fault(struct request *, const struct fault *);

/*
 * Answers with stored JSON text: as it was, with a header line that says so
 * (Payments API), or with `"idempotentReplay":true` added.
 */
void		 reply_replay(struct request *, int status, struct slice json);

/*
 * Notes what is wrong with a field (NULL: with the whole body) for the
 * details of FAULT_VALIDATION, which it returns. May be called many times
 * through struct field lists; a single complaint needs only this.
 */
const struct fault *request_complain(struct request *, const char *field,
		    const char *message);

#endif
