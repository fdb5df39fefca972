/* SPDX-License-Identifier: ISC */
/* guard.c - the checks, top to bottom in the order of app.h. */
#include "guard.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "idem.h"
#include "operator.h"
#include "shared.h"
#include "sig.h"
#include "vault.h"

enum { READS_PER_WRITE = 20 };

/* Is the request's path one of this action's? */
static bool
takes_path(const struct action *a, struct request *rq)
{
	size_t n = strlen(rq->item);
	const char *behind = *rq->rest == '/' ? rq->rest + 1 + n : "";

	if (a->takes_rest != (*rq->rest != '\0'))
		return false;
	if (a->verb == NULL)
		return true;
	if (n == 0)
		return false;
	if (*a->verb == '\0')
		return *behind == '\0';
	return *behind == '/' && strcmp(behind + 1, a->verb) == 0;
}

/* May pages of other sites call one of the actions at this path? Where there
 * is nothing, as at the program's first one. */
static bool
is_open(struct request *rq, const struct endpoint *endpoint)
{
	bool known = false, open = false;

	for (const struct action *a = endpoint->actions;
	    a->method != METHOD_NONE; a++)
		if (takes_path(a, rq)) {
			known = true;
			open = open || a->any_origin;
		}
	return known ? open : endpoint->actions[0].any_origin;
}

/* What a method is called in `Allow`. */
static const char *
method_name(enum method method)
{
	switch (method) {
	case METHOD_GET:
		return "GET, HEAD";
	case METHOD_POST:
		return "POST";
	case METHOD_PATCH:
		return "PATCH";
	case METHOD_DELETE:
		return "DELETE";
	case METHOD_OPTIONS:
		return "OPTIONS";
	case METHOD_NONE:
		break;
	}
	return "";
}

static const char *
allow_also(struct request *rq, const char *allow, enum method method)
{
	return *allow == '\0' ? method_name(method) :
	    arena_printf(rq->arena, "%s, %s", allow, method_name(method));
}

/* Answers a browser that asks whether a page of another site may call. */
static void
answer_preflight(struct request *rq, const char *allow)
{
	rq->reply.status = 204;
	reply_header(rq, "Access-Control-Allow-Methods", "%s", allow);
	reply_header(rq, "Access-Control-Allow-Headers",
	    "authorization, content-type, x-idempotency-key");
	reply_header(rq, "Access-Control-Max-Age", "86400");
}

/*
 * The action for the method; the methods there are go into `Allow`. There is
 * none for a preflight, which is answered here.
 */
static const struct fault *
find_action(struct request *rq, const struct endpoint *endpoint)
{
	const char *allow = "";

	/* Some servers match the path as a mere prefix: "/clientsX". */
	if (*rq->rest != '\0' && *rq->rest != '/')
		return &FAULT_NOT_FOUND;
	if (*rq->rest == '/')
		rq->item = arena_strndup(rq->arena, rq->rest + 1,
		    strcspn(rq->rest + 1, "/"));
	for (const struct action *a = endpoint->actions;
	    a->method != METHOD_NONE; a++) {
		if (!takes_path(a, rq))
			continue;
		if (a->method == rq->method) {
			rq->action = a;
			return NULL;
		}
		allow = allow_also(rq, allow, a->method);
	}
	if (*allow == '\0')
		return &FAULT_NOT_FOUND;
	/* What else is open to pages of other sites needs no preflight. */
	bool preflights = rq->payments && is_open(rq, endpoint);
	if (preflights)
		allow = allow_also(rq, allow, METHOD_OPTIONS);
	reply_header(rq, "Allow", "%s", allow);
	if (!preflights || rq->method != METHOD_OPTIONS)
		return &FAULT_METHOD;
	answer_preflight(rq, allow);
	return NULL;
}

static const struct fault *
check_api_key(struct request *rq, char **secret)
{
	const char *key = request_header(rq, "HTTP_X_API_KEY");
	uint8_t hash[SHA256_SIZE];
	char context[64];

	if (key == NULL || *key == '\0')
		return &FAULT_API_KEY_MISSING;
	sig_sha256(key, strlen(key), hash);
	struct rows *r = conn_rows(rq->conn, SQL_API_KEY_FIND, "b", hash,
	    sizeof(hash));
	bool found = row_next(r);
	if (found) {
		struct slice sealed = row_bytes(r, 2);
		snprintf(rq->caller.key_id, sizeof(rq->caller.key_id), "%s",
		    row_text(r, 0));
		rq->caller.platform = row_null(r, 1);
		snprintf(rq->caller.partner_id, sizeof(rq->caller.partner_id),
		    "%s", rq->caller.platform ? "*" : row_text(r, 1));
		snprintf(context, sizeof(context), "api_key:%s",
		    rq->caller.key_id);
		*secret = vault_unseal(rq->vault, context, sealed.p, sealed.n,
		    rq->arena);
	}
	row_done(r);
	if (conn_failed(rq->conn) != NULL)
		return &FAULT_STORAGE;
	if (!found)
		return &FAULT_API_KEY_INVALID;
	return *secret != NULL ? NULL : &FAULT_INTERNAL;
}

static const struct fault *
check_hmac(struct request *rq, const char *secret)
{
	const char *given = request_header(rq, "HTTP_X_CLIVE_HMAC");
	uint8_t mac[SHA256_SIZE];

	if (given == NULL || *given == '\0')
		return &FAULT_HMAC_MISSING;
	sig_hmac(secret, strlen(secret), rq->body.p, rq->body.n, mac);
	return sig_hex_equal(mac, given, strlen(given)) ? NULL :
	    &FAULT_HMAC_INVALID;
}

static const struct fault *
check_idempotency_key(struct request *rq)
{
	const char *key = request_header(rq, "HTTP_IDEMPOTENCY_KEY");

	if (key == NULL || *key == '\0')
		return &FAULT_IDEMPOTENCY_KEY_MISSING;
	size_t n = strlen(key);
	for (size_t i = 0; i < n; i++)
		if (key[i] < ' ' || key[i] > '~')
			return request_complain(rq, "idempotency-key",
			    "String must contain only printable ASCII "
			    "characters");
	if (n > IDEMPOTENCY_KEY_MAX)
		return request_complain(rq, "idempotency-key",
		    "String must contain at most 255 character(s)");
	rq->idempotency_key = key;
	return NULL;
}

/* Is it counted with the mutations? */
static bool
is_write(struct request *rq)
{
	if (rq->action->often)
		return false;
	return rq->payments ? rq->method != METHOD_GET :
	    rq->action->access == ACCESS_SIGNED;
}

/* Reads have a bucket of their own, READS_PER_WRITE times as large. */
const struct fault *
guard_rate(struct request *rq, const char *subject)
{
	bool writes = is_write(rq);
	struct limit l = limit_take(writes ? subject :
	    arena_printf(rq->arena, "read:%s", subject),
	    rq->conf->rate_limit * (writes ? 1 : READS_PER_WRITE), rq->now);

	if (l.limit <= 0)
		return NULL;
	reply_header(rq, "RateLimit-Limit", "%lld", (long long)l.limit);
	reply_header(rq, "RateLimit-Remaining", "%lld",
	    (long long)l.remaining);
	reply_header(rq, "RateLimit-Reset", "%lld", (long long)l.reset_s);
	if (l.allowed)
		return NULL;
	reply_header(rq, "Retry-After", "%lld", (long long)l.retry_after_s);
	return &FAULT_RATE_LIMITED;
}

/* The partner that `./up` makes, for which pages of the sandbox act. */
#define DEMO_PARTNER "ECHEZONA001"
#define DEMO_FORM "sandbox-form"

static bool
is_sandbox_form(struct request *rq)
{
	return rq->form && !rq->conf->live &&
	    request_header(rq, "HTTP_X_API_KEY") == NULL;
}

static const struct fault *
take_sandbox_form(struct request *rq)
{
	snprintf(rq->caller.key_id, sizeof(rq->caller.key_id), DEMO_FORM);
	snprintf(rq->caller.partner_id, sizeof(rq->caller.partner_id),
	    DEMO_PARTNER);
	rq->owner = rq->caller.partner_id;
	return guard_rate(rq, DEMO_FORM);
}

/* API key, and for a mutation HMAC, idempotency key and rate. */
static const struct fault *
check_caller(struct request *rq)
{
	const struct fault *fault;
	char *secret = NULL;

	if (is_sandbox_form(rq))
		return take_sandbox_form(rq);
	fault = check_api_key(rq, &secret);
	rq->owner = rq->caller.partner_id;
	if (fault == NULL && rq->action->access == ACCESS_SIGNED)
		fault = check_hmac(rq, secret);
	if (secret != NULL)
		sig_wipe(secret, strlen(secret));
	if (fault == NULL && rq->action->access == ACCESS_SIGNED)
		fault = check_idempotency_key(rq);
	if (fault == NULL)
		fault = guard_rate(rq, rq->caller.partner_id);
	return fault;
}

/* The operator's token, and whether its role may do this. */
static const struct fault *
check_operator(struct request *rq)
{
	unsigned int roles = rq->action->roles;
	const struct fault *fault = operator_check(rq);

	if (fault != NULL)
		return fault;
	if ((rq->operator.must_change || rq->operator.must_enrol) &&
	    !rq->action->unfinished)
		return &FAULT_ACCOUNT_UNFINISHED;
	if (roles == 0 && rq->method == METHOD_GET)
		return NULL;
	return operator_role(&rq->operator) & roles ? NULL : &FAULT_ROLE;
}

static const struct fault *
check_access(struct request *rq)
{
	switch (rq->action->access) {
	case ACCESS_PUBLIC:
		return NULL;
	case ACCESS_KEY:
	case ACCESS_SIGNED:
		return check_caller(rq);
	case ACCESS_OPERATOR:
		return check_operator(rq);
	case ACCESS_MERCHANT:
		return guard_merchant(rq);
	case ACCESS_PAYER:
		return guard_payer(rq);
	}
	return &FAULT_INTERNAL;
}

/* Says of the whole request what is wrong with it, as each API does. */
static const struct fault *
malformed(struct request *rq, const char *message)
{
	return rq->payments ? request_refuse(rq, &FAULT_BAD_REQUEST, NULL,
	    message) : request_complain(rq, NULL, message);
}

/* The body, or the query string of a GET. */
static const struct fault *
parse_input(struct request *rq)
{
	const char *why;
	bool has_body = rq->method == METHOD_POST ||
	    rq->method == METHOD_PATCH;

	if (rq->method == METHOD_GET && !request_query_good(rq))
		return malformed(rq, "Invalid query string");
	if (!has_body || rq->action->raw_body || rq->form)
		return NULL;
	rq->json = json_parse(rq->arena, rq->body.p, rq->body.n, &why);
	if (rq->json == NULL)
		return malformed(rq, arena_printf(rq->arena,
		    "Invalid JSON: %s", why));
	if (rq->payments && rq->json->kind != JSON_OBJECT)
		return malformed(rq, arena_printf(rq->arena,
		    "Expected object, received %s",
		    json_kind_name(rq->json->kind)));
	return NULL;
}

/* The struct that the action's fields fill. */
static const struct fault *
read_input(struct request *rq, void **input)
{
	const struct fault *fault = parse_input(rq);

	if (fault != NULL)
		return fault;
	if (rq->action->input_size > 0)
		*input = arena_alloc(rq->arena, rq->action->input_size);
	return rq->action->fields != NULL ? field_read(rq,
	    rq->action->fields, *input) : NULL;
}

/* The checks, and the action unless it is a change: that is left as *job. */
static const struct fault *
run(struct request *rq, const struct endpoint *endpoint, struct db_job *job)
{
	const struct fault *fault;
	bool answered = false;
	void *input = NULL;

	if ((fault = find_action(rq, endpoint)) != NULL || rq->action == NULL)
		return fault;
	if ((fault = request_read_body(rq)) != NULL ||
	    (fault = check_access(rq)) != NULL)
		return fault;
	if (rq->idempotency_key != NULL) {
		fault = idem_replay(rq, &answered);
		if (fault != NULL || answered)
			return fault;
	}
	if ((fault = read_input(rq, &input)) != NULL)
		return idem_refuse(rq, fault);
	if (rq->action->partner_only && rq->caller.platform)
		return &FAULT_SCOPE;
	if (rq->action->check != NULL &&
	    ((fault = rq->action->check(rq, input)) != NULL ||
	    rq->reply.status != 0))
		return fault;
	if (rq->action->change != NULL) {
		*job = request_job(rq, idem_job(rq, input));
		return NULL;
	}
	if (rq->action->ask != NULL)
		return idem_run_asking(rq, input);
	return rq->action->handle(rq, input);
}

bool
guard_start(struct request *rq, const struct endpoint *endpoint,
    struct db_job *job)
{
	*job = (struct db_job){ .fn = NULL };
	const struct fault *fault = run(rq, endpoint, job);
	if (fault == NULL && job->fn != NULL && conn_failed(rq->conn) == NULL)
		return true;
	guard_end(rq, endpoint, fault);
	return false;
}

void
guard_end(struct request *rq, const struct endpoint *endpoint,
    const struct fault *fault)
{
	bool open = is_open(rq, endpoint);

	/* On refusals too, or a page could not read why. */
	if (open)
		reply_header(rq, "Access-Control-Allow-Origin", "*");
	if (open && rq->payments)
		reply_header(rq, "Access-Control-Expose-Headers",
		    "Idempotent-Replayed, Retry-After, X-Trace-Id");
	if (fault == NULL && conn_failed(rq->conn) != NULL)
		fault = &FAULT_STORAGE;
	if (fault == NULL && (rq->reply.status == 0 ||
	    rq->reply.body.failed || rq->reply.head.failed))
		fault = &FAULT_INTERNAL;
	if (fault != NULL)
		reply_fault(rq, fault);
	conn_forgive(rq->conn);
}
