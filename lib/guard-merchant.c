/* SPDX-License-Identifier: ISC */
/* guard-merchant.c - who calls the Payments API, and what that key may do. */
#include "guard.h"

#include <string.h>
#include <strings.h>

#include "intent.h"

/* What follows "Bearer " in Authorization; NULL: nothing does. */
static const char *
bearer_of(struct request *rq)
{
	const char *header = request_header(rq, "HTTP_AUTHORIZATION");

	if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
		return NULL;
	return header + 7 + strspn(header + 7, " ");
}

/* The header for idempotency keys; refused where it is wrong, or missing
 * though the action needs one. */
static const struct fault *
check_payments_key(struct request *rq)
{
	static const char name[] = "X-Idempotency-Key";
	const char *key = request_header(rq, "HTTP_X_IDEMPOTENCY_KEY");

	if (rq->method == METHOD_GET)
		return NULL;
	if (key == NULL)
		return rq->action->key_required ? request_refuse(rq,
		    &FAULT_FIELD_MISSING, name, "Required") : NULL;
	size_t n = strlen(key);
	for (size_t i = 0; i < n; i++)
		if (key[i] < ' ' || key[i] > '~')
			n = 0;
	if (n == 0 || n > IDEMPOTENCY_KEY_MAX)
		return request_refuse(rq, &FAULT_FIELD_MISSING, name,
		    "Must be 1 to 255 printable ASCII characters");
	rq->idempotency_key = key;
	return NULL;
}

const struct fault *
guard_merchant(struct request *rq)
{
	const struct fault *fault;
	const char *key = bearer_of(rq);

	if (key == NULL)
		return &FAULT_UNAUTHORIZED;
	bool found = merchant_find(rq->conn, key, &rq->merchant);
	if (conn_failed(rq->conn) != NULL)
		return &FAULT_STORAGE;
	if (!found)
		return &FAULT_UNAUTHORIZED;
	rq->owner = rq->merchant.owner;
	rq->env = rq->merchant.live ? "live" : "test";
	if ((fault = guard_rate(rq, rq->owner)) != NULL)
		return fault;
	if ((rq->merchant.scopes & rq->action->scope) != rq->action->scope)
		return &FAULT_SCOPE_MISSING;
	return check_payments_key(rq);
}

static bool
is_secret(struct request *rq, const char *secret)
{
	return secret != NULL && intent_secret_is(rq->vault, rq->item,
	    secret);
}

/*
 * Does the caller have the client secret of the payment in the path? It
 * counts wherever it stands, whatever else came as a key: pages pass both.
 */
static bool
is_payer(struct request *rq)
{
	const char *why;

	if (is_secret(rq, bearer_of(rq)))
		return true;
	if (rq->method == METHOD_GET)
		return is_secret(rq, request_query(rq, "client_secret"));
	rq->json = json_parse(rq->arena, rq->body.p, rq->body.n, &why);
	return is_secret(rq, json_text(rq->json, "client_secret")) ||
	    is_secret(rq, json_text(rq->json, "clientSecret"));
}

const struct fault *
guard_payer(struct request *rq)
{
	const struct fault *fault;

	if (!is_payer(rq))
		return guard_merchant(rq);
	rq->payer = true;
	/* A payer's keys are good for this one payment. */
	rq->owner = arena_printf(rq->arena, "payer/%s", rq->item);
	if ((fault = guard_rate(rq, rq->owner)) != NULL)
		return fault;
	return check_payments_key(rq);
}
