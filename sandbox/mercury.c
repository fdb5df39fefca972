/* SPDX-License-Identifier: ISC */
/*
 * /mercury on the sandbox port - the stand-in of Mercury's API: sending money
 * from an account that is never empty.
 *
 * POST /mercury/api/v1/account/{id}/transactions	the same idempotencyKey
 *	gives the same transaction again, with another amount or recipient 409
 * GET /mercury/api/v1/account/{id}/transactions	{"total",
 *	"transactions":[...]}; ?search= a word of the note
 *
 * All need Authorization: Bearer with the token of clive.conf. Recipients act
 * by their name: one that ends in -closed is refused (400), one that ends in
 * -blocked gives a transaction that failed. All else goes wrong by POST
 * /control/faults.
 */
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "lib/box.h"
#include "lib/doc.h"

#define TRANSACTION "mercury.transaction"

static void
say(struct box_request *rq, int status, const char *message)
{
	box_json(rq, status, arena_printf(rq->box.arena, "{\"errors\":{"
	    "\"message\":\"%s\"}}", message));
}

static void
refuse(struct box_request *rq, int status)
{
	say(rq, status, arena_printf(rq->box.arena,
	    "The sandbox answers status %d", status));
}

static struct doc *
find(struct box *box, const char *key)
{
	struct cursor *c = store_query(box->store, Q_OBJECT_GET, "tt",
	    arena_printf(box->arena, "mc_%s", key), TRANSACTION);

	if (!cursor_next(c))
		return NULL;
	struct doc *d = doc_parse(box->arena, cursor_text(c, 0));
	cursor_end(c);
	return d;
}

static bool
ends_in(const char *text, const char *tail)
{
	size_t n = strlen(text), m = strlen(tail);

	return n >= m && strcmp(text + n - m, tail) == 0;
}

static struct doc *
make(struct box *box, const struct json *body, const char *amount)
{
	const char *recipient = json_text(body, "recipientId");
	struct doc *d = doc_new(box->arena, "id amount status note "
	    "externalMemo counterpartyId reasonForFailure kind");
	char id[ID_SIZE];

	doc_set_text(d, "id", id_make_uuid(box->now, id));
	doc_setf(d, "amount", "-%s", amount);
	doc_set_text(d, "status", "pending");
	if (ends_in(recipient, "-blocked")) {
		doc_set_text(d, "status", "failed");
		doc_set_text(d, "reasonForFailure", "The recipient's bank "
		    "refused");
	}
	doc_set_text(d, "note", json_text(body, "note"));
	doc_set_text(d, "externalMemo", json_text(body, "externalMemo"));
	doc_set_text(d, "counterpartyId", recipient);
	doc_set_text(d, "kind", "outgoingPayment");
	return d;
}

static void
send_money(struct box_request *rq)
{
	struct box *box = &rq->box;
	const char *why;
	const struct json *body = json_parse(box->arena, rq->body.p,
	    rq->body.n, &why);
	const char *key = json_text(body, "idempotencyKey");
	const char *recipient = json_text(body, "recipientId");
	const struct json *amount = json_get(body, "amount");

	if (key == NULL || recipient == NULL || amount == NULL ||
	    amount->kind != JSON_NUMBER || amount->raw.p[0] == '-') {
		say(rq, 400, "idempotencyKey, recipientId and amount are "
		    "required");
		return;
	}
	if (ends_in(recipient, "-closed")) {
		say(rq, 400, "The recipient cannot be paid");
		return;
	}
	const char *digits = arena_strndup(box->arena, amount->raw.p,
	    amount->raw.n);
	store_begin(box->store);
	struct doc *d = find(box, key);
	bool other = d != NULL && (!doc_is(d, "counterpartyId", recipient) ||
	    strcmp(doc_raw(d, "amount") + 1, digits) != 0);
	if (d == NULL) {
		d = make(box, body, digits);
		store_run(box->store, Q_OBJECT_PUT, "ttit",
		    arena_printf(box->arena, "mc_%s", key), TRANSACTION,
		    box->now / 1000, doc_stored(d));
	}
	store_commit(box->store);
	if (other)
		say(rq, 409, "idempotencyKey was used already");
	else
		box_json(rq, 200, doc_shown(d));
}

/* Notes end in the key, by which they are found. */
static void
list(struct box_request *rq)
{
	const char *word = form_get(&rq->form, "search");
	const struct doc *d = word != NULL ? find(&rq->box, word) : NULL;

	box_json(rq, 200, arena_printf(rq->box.arena, "{\"total\":%d,"
	    "\"transactions\":[%s]}", d != NULL, d != NULL ? doc_shown(d) :
	    ""));
}

static bool
authorized(struct box_request *rq)
{
	const char *given = box_header(rq, "HTTP_AUTHORIZATION");
	const char *token = rq->box.conf->mercury_token;

	return given != NULL && *token != '\0' && strcmp(given,
	    arena_printf(rq->box.arena, "Bearer %s", token)) == 0;
}

static void
work(struct box_request *rq)
{
	bool path = rq->parts == 5 && box_part_is(rq, 0, "api") &&
	    box_part_is(rq, 1, "v1") && box_part_is(rq, 2, "account") &&
	    box_part_is(rq, 4, "transactions");

	if (!authorized(rq))
		say(rq, 401, "The token is not valid");
	else if (box_work_fails(rq))
		refuse(rq, 500);
	else if (path && strcmp(rq->method, "POST") == 0)
		send_money(rq);
	else if (path)
		list(rq);
	else
		say(rq, 404, "No such path");
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
		.path = "/mercury", .handle = handle, .refuse = refuse,
		.processor = true
	};

	return box_main(&program);
}
