/* SPDX-License-Identifier: ISC */
/* reply.c - filling in replies: JSON, headers, faults. */
#include "request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"

enum { LOCATION_MAX = 2048 };	/* bytes that fit among the headers */

void
reply_start(struct request *rq, int status, struct jsonw *w)
{
	rq->reply.status = status;
	rq->reply.location = NULL;
	rq->reply.type = NULL;
	buf_reset(&rq->reply.body);
	jsonw_init(w, &rq->reply.body);
}

/* A callback that runs again says what it says again. */
static void
drop_header(struct buf *head, const char *name)
{
	size_t name_len = strlen(name);

	for (char *at = head->data; at != NULL && *at != '\0'; ) {
		char *end = strchr(at, '\n') + 1;
		if (strncmp(at, name, name_len) == 0 && at[name_len] == ':') {
			memmove(at, end, strlen(end) + 1);
			head->len -= (size_t)(end - at);
			return;
		}
		at = end;
	}
}

void
reply_header(struct request *rq, const char *name, const char *fmt, ...)
{
	char value[512];
	va_list ap;

	drop_header(&rq->reply.head, name);

	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	buf_printf(&rq->reply.head, "%s: %s\r\n", name, value);
}

void
reply_url(struct request *rq, bool see_other, const char *url,
    struct jsonw *w)
{
	bool fits = strlen(url) <= LOCATION_MAX;

	reply_start(rq, see_other && fits ? 303 : 200, w);
	if (see_other && fits)
		rq->reply.location = url;
	jsonw_object(w, NULL);
	jsonw_text(w, "url", url);
}

void
reply_data(struct request *rq, int status, struct jsonw *w)
{
	reply_start(rq, status, w);
	jsonw_object(w, NULL);
	jsonw_bool(w, "success", true);
}

void
reply_list(struct request *rq, struct jsonw *w)
{
	reply_data(rq, 200, w);
	jsonw_array(w, "data");
}

void
reply_list_end(struct jsonw *w, bool has_more)
{
	jsonw_end_array(w);
	jsonw_bool(w, "has_more", has_more);
	jsonw_end_object(w);
}

/* The Payments API has one code for all that is unavailable. */
static const struct fault *
name_of(struct request *rq, const struct fault *fault)
{
	return rq->payments && fault == &FAULT_STORAGE ?
	    &FAULT_SERVICE_UNAVAILABLE : fault;
}

static bool
has_details(struct request *rq)
{
	return rq->details.len > 0 && !rq->details.failed;
}

/* {"success":false,"error":{"code","message","details"?}} */
static void
payments_fault(struct request *rq, const struct fault *fault)
{
	struct jsonw w;

	reply_start(rq, fault->status, &w);
	jsonw_object(&w, NULL);
	jsonw_bool(&w, "success", false);
	jsonw_object(&w, "error");
	jsonw_text(&w, "code", fault->code);
	jsonw_text(&w, "message", fault->text);
	if (has_details(rq))
		jsonw_raw(&w, "details", rq->details.data, rq->details.len);
	jsonw_end_object(&w);
	jsonw_end_object(&w);
}

void
reply_fault(struct request *rq, const struct fault *fault)
{
	struct jsonw w;

	fault = name_of(rq, fault);
	if (fault == &FAULT_STORAGE || fault == &FAULT_SERVICE_UNAVAILABLE ||
	    fault == &FAULT_BUSY || fault == &FAULT_KEY_RUNNING)
		reply_header(rq, "Retry-After", "1");
	if (rq->payments) {
		payments_fault(rq, fault);
		return;
	}
	reply_start(rq, fault->status, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "error", fault->text);
	jsonw_text(&w, "code", fault->code);
	if (has_details(rq))
		jsonw_raw(&w, "details", rq->details.data, rq->details.len);
	else
		jsonw_null(&w, "details");
	jsonw_end_object(&w);
}

void
reply_replay(struct request *rq, int status, struct slice json)
{
	static const char mark[] = ",\"idempotentReplay\":true}";
	const char *why;

	/* The only redirections are those of reply_url. */
	if (status == 303)
		rq->reply.location = json_text(json_parse(rq->arena, json.p,
		    json.n, &why), "url");
	rq->reply.status = status;
	buf_reset(&rq->reply.body);
	if (rq->payments) {
		rq->replayed = true;
		buf_add(&rq->reply.body, json.p, json.n);
		return;
	}
	/* Stored answers are objects with at least one member. */
	buf_add(&rq->reply.body, json.p, json.n - 1);
	buf_add(&rq->reply.body, mark, strlen(mark));
}

const struct fault *
request_refuse(struct request *rq, const struct fault *fault,
    const char *field, const char *message)
{
	struct jsonw w;

	buf_reset(&rq->details);
	if (field == NULL && message == NULL)
		return fault;
	jsonw_init(&w, &rq->details);
	jsonw_object(&w, NULL);
	if (field != NULL)
		jsonw_text(&w, "field", field);
	if (message != NULL)
		jsonw_text(&w, "message", message);
	jsonw_end_object(&w);
	return fault;
}

const struct fault *
request_complain(struct request *rq, const char *field, const char *message)
{
	struct jsonw w;

	buf_reset(&rq->details);
	jsonw_init(&w, &rq->details);
	jsonw_object(&w, NULL);
	jsonw_object(&w, "fieldErrors");
	if (field != NULL) {
		jsonw_array(&w, field);
		jsonw_text(&w, NULL, message);
		jsonw_end_array(&w);
	}
	jsonw_end_object(&w);
	jsonw_array(&w, "formErrors");
	if (field == NULL)
		jsonw_text(&w, NULL, message);
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	return &FAULT_VALIDATION;
}

/* A callback of a request, which another thread may run. */
struct named {
	const char	*id;
	db_callback	*fn;
	void		*arg;
};

static const struct fault *
run_named(struct conn *c, void *arg)
{
	const struct named *n = arg;

	audit_request(n->id);
	const struct fault *fault = n->fn(c, n->arg);
	audit_request(NULL);
	return fault;
}

const struct fault *
request_txn(struct request *rq, db_callback *fn, void *arg)
{
	struct named named = { rq->id, fn, arg };

	return db_txn(rq->db, run_named, &named);
}

struct db_job
request_job(struct request *rq, struct db_job job)
{
	struct named *named = arena_alloc(rq->arena, sizeof(*named));

	*named = (struct named){ rq->id, job.fn, job.arg };
	job.fn = run_named;
	job.arg = named;
	return job;
}
