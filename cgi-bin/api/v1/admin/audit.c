/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/audit - the audit log, newest first. Query: subject,
 *	actor, action (each exactly), from, to (ISO 8601), cursor, limit (1 to
 *	500, 100 otherwise).
 * GET /api/v1/admin/audit/csv - the same as a sheet of up to 10,000 rows,
 *	safe for spreadsheets; X-Next-Cursor says where more follows.
 * GET /api/v1/admin/audit/chain - the head of the chain, and whether its
 *	newest `rows` (1 to 100,000, 1,000 otherwise) hold together.
 *
 * For every role. Refuses, after the checks of lib/app.h: 401 TOKEN_MISSING,
 * TOKEN_INVALID, 400 VALIDATION_ERROR.
 *
 * Answers 200 {"items":[{"seq","at","actor","action","subject","detail"}],
 * "nextCursor"} (a page may be short and yet have a cursor), or
 * {"head":{"seq","hash"},"checked":{"rows","from","good","first_bad"}}.
 */
#include "gateway.h"

#include <inttypes.h>
#include <stdlib.h>

#include "audit-log.h"

struct input {
	const char	*subject;
	const char	*actor;
	const char	*action;
	const char	*cursor;
	int64_t		 from, to, limit, rows;
};

#define IN(member) offsetof(struct input, member)

/* Of a page, and of a sheet, which is as long as it may be. */
#define FILTERS \
	{ "subject", FIELD_TEXT, .required = false, IN(subject), .max = 256 }, \
	{ "actor", FIELD_TEXT, .required = false, IN(actor), .max = 320 }, \
	{ "action", FIELD_TEXT, .required = false, IN(action), .max = 100 }, \
	{ "from", FIELD_TIME, .required = false, IN(from), .initial = 0 }, \
	{ "to", FIELD_TIME, .required = false, IN(to), \
	  .initial = INT64_MAX }, \
	{ "cursor", FIELD_TEXT, .required = false, IN(cursor), .min = 1, \
	  .max = 18, .check = check_cursor }

static const char *
check_cursor(const char *text)
{
	return strspn(text, "0123456789") == strlen(text) ? NULL :
	    "is no cursor of this list";
}

static const struct field list_fields[] = {
	FILTERS,
	{ "limit", FIELD_INTEGER, .required = false, IN(limit), .min = 1,
	  .max = AUDIT_LOG_LIMIT_MAX, .initial = 100 },
	{ .name = NULL }
};

static const struct field sheet_fields[] = {
	FILTERS,
	{ "limit", FIELD_INTEGER, .required = false, IN(limit), .min = 1,
	  .max = AUDIT_LOG_SHEET_MAX, .initial = AUDIT_LOG_SHEET_MAX },
	{ .name = NULL }
};

static const struct field chain_fields[] = {
	{ "rows", FIELD_INTEGER, .required = false, IN(rows), .min = 1,
	  .max = 100000, .initial = 1000 },
	{ .name = NULL }
};

static struct audit_filter
filter_of(const struct input *in)
{
	return (struct audit_filter){ .subject = in->subject,
	    .actor = in->actor, .action = in->action, .from = in->from,
	    .to = in->to, .limit = in->limit, .before = in->cursor != NULL ?
	    strtoll(in->cursor, NULL, 10) : INT64_MAX };
}

static const struct fault *
list(struct request *rq, void *arg)
{
	const struct audit_filter filter = filter_of(arg);
	char cursor[24];
	struct jsonw w;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "items");
	int64_t next = audit_log_page(rq->conn, &filter, &w);
	jsonw_end_array(&w);
	snprintf(cursor, sizeof(cursor), "%" PRId64, next);
	jsonw_text(&w, "nextCursor", next > 0 ? cursor : NULL);
	jsonw_end_object(&w);
	return NULL;
}

static const struct fault *
sheet(struct request *rq, struct input *in)
{
	if (field_read(rq, sheet_fields, in) != NULL)
		return &FAULT_VALIDATION;
	const struct audit_filter filter = filter_of(in);
	struct jsonw w;

	reply_start(rq, 200, &w);
	rq->reply.type = "text/csv; charset=utf-8";
	int64_t next = audit_log_sheet(rq->conn, &filter, &rq->reply.body);
	reply_header(rq, "Content-Disposition",
	    "attachment; filename=\"audit.csv\"");
	if (next > 0)
		reply_header(rq, "X-Next-Cursor", "%" PRId64, next);
	return NULL;
}

static const struct fault *
chain(struct request *rq, struct input *in)
{
	struct jsonw w;

	if (field_read(rq, chain_fields, in) != NULL)
		return &FAULT_VALIDATION;
	reply_start(rq, 200, &w);
	audit_log_chain(rq->conn, in->rows, &w);
	return NULL;
}

static const struct fault *
part(struct request *rq, void *arg)
{
	if (strcmp(rq->item, "csv") == 0)
		return sheet(rq, arg);
	return strcmp(rq->item, "chain") == 0 ? chain(rq, arg) :
	    &FAULT_NOT_FOUND;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .fields = list_fields,
	  .input_size = sizeof(struct input), .handle = list },
	{ METHOD_GET, ACCESS_OPERATOR, .takes_rest = true, .verb = "",
	  .input_size = sizeof(struct input), .handle = part },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/audit", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
