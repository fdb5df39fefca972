/* SPDX-License-Identifier: ISC */
/*
 * /wise on the sandbox port - the stand-in of Wise's API: quotes, transfers
 * and their funding from a balance that never ends.
 *
 * POST /wise/v3/profiles/{p}/quotes	200 {"id",...}
 * POST /wise/v1/transfers		the same customerTransactionId gives the
 *	same transfer again
 * GET /wise/v1/transfers/{id}
 * PUT /wise/v1/transfers/{id}/cancel	of one that was not funded
 * POST /wise/v3/profiles/{p}/transfers/{t}/payments	funds it, once;
 *	{"status":"COMPLETED"}
 *
 * All need Authorization: Bearer with the token of clive.conf. Recipients act
 * by their number: one that ends in 13 has no account (422 at the quote), one
 * that ends in 14 makes the funding REJECTED for want of money. All else goes
 * wrong by POST /control/faults.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "lib/box.h"
#include "lib/doc.h"

#define TRANSFER "wise.transfer"
#define QUOTE "wise.quote"

static void
refuse(struct box_request *rq, int status)
{
	box_json(rq, status, arena_printf(rq->box.arena, "{\"errors\":[{"
	    "\"code\":\"SANDBOX\",\"message\":\"The sandbox answers status "
	    "%d\"}]}", status));
}

static void
say(struct box_request *rq, int status, const char *code,
    const char *message)
{
	box_json(rq, status, arena_printf(rq->box.arena, "{\"errors\":[{"
	    "\"code\":\"%s\",\"message\":\"%s\"}]}", code, message));
}

static struct doc *
get(struct box *box, const char *kind, const char *id)
{
	struct cursor *c = store_query(box->store, Q_OBJECT_GET, "tt", id,
	    kind);

	if (!cursor_next(c))
		return NULL;
	struct doc *d = doc_parse(box->arena, cursor_text(c, 0));
	cursor_end(c);
	return d;
}

static void
put(struct box *box, const char *kind, const char *id, const struct doc *d)
{
	store_run(box->store, Q_OBJECT_PUT, "ttit", id, kind,
	    box->now / 1000, doc_stored(d));
}

/* A number of an account in a body, as its digits. */
static const char *
number(struct box *box, const struct json *body, const char *key)
{
	const struct json *n = json_get(body, key);

	return n != NULL && n->kind == JSON_NUMBER ?
	    arena_strndup(box->arena, n->raw.p, n->raw.n) : "";
}

static bool
ends_in(const char *text, const char *tail)
{
	size_t n = strlen(text), m = strlen(tail);

	return n >= m && strcmp(text + n - m, tail) == 0;
}

static const char *
uuid(struct box *box)
{
	char id[ID_SIZE];

	return arena_strdup(box->arena, id_make_uuid(box->now, id));
}

static void
quote(struct box_request *rq, const struct json *body)
{
	struct box *box = &rq->box;
	const char *account = number(box, body, "targetAccount");
	const char *amount = number(box, body, "targetAmount");
	struct doc *d = doc_new(box->arena, "id sourceCurrency "
	    "targetCurrency targetAmount payOut status");

	if (*amount == '\0' || json_text(body, "targetCurrency") == NULL) {
		say(rq, 422, "NOT_VALID", "targetAmount is required");
		return;
	}
	if (*account == '\0' || ends_in(account, "13")) {
		say(rq, 422, "recipient.notFound", "No such recipient");
		return;
	}
	doc_set_text(d, "id", uuid(box));
	doc_set_text(d, "sourceCurrency", json_text(body, "sourceCurrency"));
	doc_set_text(d, "targetCurrency", json_text(body, "targetCurrency"));
	doc_setf(d, "targetAmount", "%s", amount);
	doc_set_text(d, "payOut", "BANK_TRANSFER");
	doc_set_text(d, "status", "PENDING");
	store_begin(box->store);
	put(box, QUOTE, doc_text(d, "id"), d);
	store_commit(box->store);
	box_json(rq, 200, doc_shown(d));
}

/* Its number follows from the key: the same key, the same transfer. */
static const char *
transfer_id(struct box *box, const char *key)
{
	uint64_t n = 14695981039346656037u;

	for (; *key != '\0'; key++)
		n = (n ^ (unsigned char)*key) * 1099511628211u;
	return arena_printf(box->arena, "%" PRIu64, 10000000 + n % 90000000);
}

static void
transfer(struct box_request *rq, const struct json *body)
{
	struct box *box = &rq->box;
	const char *key = json_text(body, "customerTransactionId");
	const char *quote_id = json_text(body, "quoteUuid");
	const char *account = number(box, body, "targetAccount");

	if (key == NULL || strlen(key) != 36 || quote_id == NULL ||
	    *account == '\0') {
		say(rq, 422, "NOT_VALID", "customerTransactionId, quoteUuid "
		    "and targetAccount are required");
		return;
	}
	const char *id = transfer_id(box, key);
	store_begin(box->store);
	struct doc *d = get(box, TRANSFER, id);
	const struct doc *q = get(box, QUOTE, quote_id);
	if (d == NULL && q != NULL) {
		d = doc_new(box->arena, "id targetAccount quoteUuid status "
		    "targetCurrency targetValue customerTransactionId");
		doc_setf(d, "id", "%s", id);
		doc_setf(d, "targetAccount", "%s", account);
		doc_set_text(d, "quoteUuid", quote_id);
		doc_set_text(d, "status", "incoming_payment_waiting");
		doc_set_text(d, "targetCurrency",
		    doc_text(q, "targetCurrency"));
		doc_setf(d, "targetValue", "%s", doc_raw(q, "targetAmount"));
		doc_set_text(d, "customerTransactionId", key);
		put(box, TRANSFER, id, d);
	}
	store_commit(box->store);
	if (d == NULL)
		say(rq, 422, "quote.notFound", "No such quote");
	else
		box_json(rq, 200, doc_shown(d));
}

/* Money moves here; asked twice it is an error, as at Wise. */
static void
fund(struct box_request *rq, const char *id)
{
	struct box *box = &rq->box;

	store_begin(box->store);
	struct doc *d = get(box, TRANSFER, id);
	bool waits = d != NULL && doc_is(d, "status",
	    "incoming_payment_waiting");
	bool poor = waits && ends_in(doc_raw(d, "targetAccount"), "14");
	if (waits && !poor) {
		doc_set_text(d, "status", "processing");
		put(box, TRANSFER, id, d);
	}
	store_commit(box->store);
	if (d == NULL)
		say(rq, 404, "transfer.notFound", "No such transfer");
	else if (!waits)
		say(rq, 422, "transfer.state", "The transfer is funded or "
		    "canceled");
	else
		box_json(rq, 201, poor ? "{\"type\":\"BALANCE\",\"status\":"
		    "\"REJECTED\",\"errorCode\":\"transfer.insufficient_funds"
		    "\"}" : "{\"type\":\"BALANCE\",\"status\":\"COMPLETED\","
		    "\"errorCode\":null}");
}

static void
cancel(struct box_request *rq, const char *id)
{
	struct box *box = &rq->box;

	store_begin(box->store);
	struct doc *d = get(box, TRANSFER, id);
	bool waits = d != NULL && doc_is(d, "status",
	    "incoming_payment_waiting");
	if (waits) {
		doc_set_text(d, "status", "cancelled");
		put(box, TRANSFER, id, d);
	}
	store_commit(box->store);
	if (d == NULL)
		say(rq, 404, "transfer.notFound", "No such transfer");
	else if (!waits && !doc_is(d, "status", "cancelled"))
		say(rq, 409, "transfer.state", "Too late to cancel");
	else
		box_json(rq, 200, doc_shown(d));
}

static bool
authorized(struct box_request *rq)
{
	const char *given = box_header(rq, "HTTP_AUTHORIZATION");
	const char *token = rq->box.conf->wise_token;

	return given != NULL && *token != '\0' && strcmp(given,
	    arena_printf(rq->box.arena, "Bearer %s", token)) == 0;
}

static void
profiles(struct box_request *rq, const struct json *body)
{
	if (rq->parts == 4 && box_part_is(rq, 3, "quotes"))
		quote(rq, body);
	else if (rq->parts == 6 && box_part_is(rq, 3, "transfers") &&
	    box_part_is(rq, 5, "payments"))
		fund(rq, rq->part[4]);
	else
		say(rq, 404, "NOT_FOUND", "No such path");
}

static void
work(struct box_request *rq)
{
	const char *why;
	bool post = strcmp(rq->method, "POST") == 0;
	const struct json *body = post ? json_parse(rq->box.arena, rq->body.p,
	    rq->body.n, &why) : NULL;

	if (!authorized(rq)) {
		say(rq, 401, "unauthorized", "The token is not valid");
	} else if (box_work_fails(rq)) {
		refuse(rq, 500);
	} else if (post && rq->parts >= 3 && box_part_is(rq, 0, "v3") &&
	    box_part_is(rq, 1, "profiles")) {
		profiles(rq, body);
	} else if (rq->parts < 2 || !box_part_is(rq, 0, "v1") ||
	    !box_part_is(rq, 1, "transfers")) {
		say(rq, 404, "NOT_FOUND", "No such path");
	} else if (post && rq->parts == 2) {
		transfer(rq, body);
	} else if (rq->parts == 4 && box_part_is(rq, 3, "cancel")) {
		cancel(rq, rq->part[2]);
	} else {
		const struct doc *d = rq->parts == 3 ? get(&rq->box,
		    TRANSFER, rq->part[2]) : NULL;
		if (d == NULL)
			say(rq, 404, "NOT_FOUND", "No such transfer");
		else
			box_json(rq, 200, doc_shown(d));
	}
}

static void
handle(struct box_request *rq)
{
	work(rq);
	if (rq->fault == BOX_STATUS_500_AFTER)
		refuse(rq, 500);
}

int
main(void)
{
	static const struct box_program program = {
		.path = "/wise", .handle = handle, .refuse = refuse,
		.processor = true
	};

	return box_main(&program);
}
