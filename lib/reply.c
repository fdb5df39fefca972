/* SPDX-License-Identifier: ISC */
/* reply.c - filling in replies: JSON, headers, faults. */
#include "request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LOCATION_MAX = 2048 };	/* bytes that fit among the headers */

void
reply_start(struct request *rq, int status, struct jsonw *w)
{
	rq->reply.status = status;
	rq->reply.location = NULL;
	buf_reset(&rq->reply.body);
	jsonw_init(w, &rq->reply.body);
}

void
reply_header(struct request *rq, const char *name, const char *fmt, ...)
{
	char value[512];
	va_list ap;

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
reply_fault(struct request *rq, const struct fault *fault)
{
	struct jsonw w;

	if (fault == &FAULT_STORAGE)
		reply_header(rq, "Retry-After", "1");
	reply_start(rq, fault->status, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "error", fault->text);
	jsonw_text(&w, "code", fault->code);
	if (rq->details.len > 0 && !rq->details.failed)
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
	/* Stored answers are objects with at least one member. */
	buf_add(&rq->reply.body, json.p, json.n - 1);
	buf_add(&rq->reply.body, mark, strlen(mark));
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

const struct fault *
request_txn(struct request *rq, db_callback *fn, void *arg)
{
	return db_txn(rq->db, fn, arg);
}
