/* SPDX-License-Identifier: ISC */
/* request-log.c - what is said and counted of a request. */
#include "request-log.h"

#include <inttypes.h>
#include <stdio.h>

#include "app.h"
#include "cgi.h"
#include "counters.h"
#include "log.h"
#include "shared.h"

void
request_line(struct cgi *cgi, const struct request_line *l)
{
	char path[CONF_PATH_MAX], status[16], ms[40], bytes[24];

	snprintf(path, sizeof(path), "%s%s", l->path, l->rest);
	snprintf(status, sizeof(status), "%d", l->status);
	snprintf(ms, sizeof(ms), "%" PRId64 ".%03" PRId64, l->us / 1000,
	    l->us % 1000);
	snprintf(bytes, sizeof(bytes), "%zu", l->bytes);
	const struct log_pair pairs[] = {
		{ "id", l->id, false },
		{ "method", l->method != NULL ? l->method : "-", false },
		{ "path", path, false },
		{ "status", status, true },
		{ "ms", ms, true },
		{ "bytes", bytes, true },
		{ "remote", cgi_param(cgi, "REMOTE_ADDR"), false },
		{ "key", l->key, false },
		{ "merchant_key", l->merchant_key, false },
		{ "operator", l->operator, false },
	};
	counters_request(l->counted != NULL ? l->counted : "other", l->route,
	    l->status, l->us);
	log_pairs("request", pairs, sizeof(pairs) / sizeof(pairs[0]));
}

/* The name of a method that we know. */
static const char *
counted_method(enum method method)
{
	switch (method) {
	case METHOD_GET:
		return "GET";
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
	return NULL;
}

/*
 * The path as the programs declare it: /v1/payments/{id}/confirm. What none
 * of them declares is one route a program.
 */
static const char *
route_of(struct request *rq)
{
	const struct action *a = rq->action;

	if (*rq->rest == '\0')
		return rq->path;
	if (a == NULL || !a->takes_rest)
		return arena_printf(rq->arena, "%s/*", rq->path);
	return arena_printf(rq->arena, "%s/{id}%s%s", rq->path,
	    a->verb != NULL && *a->verb != '\0' ? "/" : "",
	    a->verb != NULL ? a->verb : "");
}

static const char *
some(const char *text)
{
	return *text != '\0' ? text : NULL;
}

void
request_log(struct request *rq, int64_t started)
{
	const struct request_line line = {
		.id = rq->id, .method = cgi_param(rq->cgi, "REQUEST_METHOD"),
		.path = rq->path, .rest = rq->rest, .route = route_of(rq),
		.counted = counted_method(rq->method),
		.status = rq->reply.status,
		.us = clock_monotonic_us() - started,
		.bytes = rq->reply.body.len, .key = some(rq->caller.key_id),
		.merchant_key = some(rq->merchant.key_id),
		.operator = some(rq->operator.id)
	};

	request_line(rq->cgi, &line);
}
