/* SPDX-License-Identifier: ISC */
/*
 * /api on the sandbox port - the stand-in of Revolut's Merchant API.
 *
 * POST /api/orders			201, an order
 * GET /api/orders			{"orders":[...]}; filters
 *	merchant_order_data_reference, state, limit
 * GET /api/orders/{id}
 * GET /api/orders/{id}/payments
 * POST /api/orders/{id}/cancel
 * POST /api/orders/{id}/refund		201, an order of type refund; with
 *	Idempotency-Key
 * GET /api/payment-link/{token}	the hosted page; POST pays: card=NUMBER,
 *	or method=revolut_pay|open_banking and action=approve|decline
 *
 * All but the page need Authorization: Bearer sk_... and
 * Revolut-Api-Version. Test cards (stripe-revolut.md 7.5): 4929420573595709
 * and 5281438801804148 are paid, 4929573638125985 is declined,
 * 4242424242424242 fails its challenge from 25 major units on. The browser
 * widget cannot be pointed here, so there is only the page. Webhooks are
 * signed with the first of revolut_webhook_secret.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "amount.h"
#include "lib/once.h"
#include "lib/rv.h"
#include "shared.h"

enum { EXPIRE_EVERY = 40 };	/* ticks */

static const char service[] = "/api";

static void
answer_error(struct box_request *rq, struct rv *rv)
{
	box_json(rq, rv->error.status, rv_error_json(rv));
}

static bool
authenticate(struct box_request *rq, struct rv *rv)
{
	const char *key = box_header(rq, "HTTP_AUTHORIZATION");
	const char *version = box_header(rq, "HTTP_REVOLUT_API_VERSION");

	if (key == NULL || strncasecmp(key, "Bearer sk_", 10) != 0)
		return rv_fail(rv, 401, "unauthenticated",
		    "A secret key is required");
	if (version == NULL || strlen(version) != 10)
		return rv_fail(rv, 400, "bad_request",
		    "Revolut-Api-Version is required");
	return true;
}

/* ------------------------------------------------------------ the calls */

static const struct json *
body(struct box_request *rq, struct rv *rv)
{
	const char *why = "";
	const struct json *json = json_parse(rq->box.arena, rq->body.p,
	    rq->body.n, &why);

	if (json != NULL && json->kind == JSON_OBJECT)
		return json;
	rv_fail(rv, 400, "bad_request", "The body is no JSON object");
	return NULL;
}

/* Which of the calls that change something, in its transaction. */
static struct doc *
work(struct box_request *rq, struct rv *rv, const char *verb)
{
	const struct json *json;

	if (strcmp(verb, "cancel") == 0)
		return rv_cancel(rv, rq->part[1]);
	if ((json = body(rq, rv)) == NULL)
		return NULL;
	return strcmp(verb, "refund") == 0 ?
	    rv_refund(rv, rq->part[1], json) : rv_create(rv, json);
}

static void
change(struct box_request *rq, struct rv *rv, const char *verb)
{
	struct store *s = rq->box.store;
	bool fails = box_work_fails(rq);
	int status = strcmp(verb, "cancel") == 0 ? 200 : 201;
	struct doc *d = NULL;

	rv->box->now = clock_now();
	store_begin(s);
	if (fails)
		rv_fail(rv, 500, "internal_error", "Something went wrong");
	else
		d = work(rq, rv, verb);
	if (d == NULL) {
		store_rollback(s);
		answer_error(rq, rv);
		return;
	}
	box_json(rq, status, doc_shown(d));
	if (rq->fault == BOX_STATUS_500_AFTER) {
		rv_fail(rv, 500, "internal_error", "Something went wrong");
		answer_error(rq, rv);
	}
	const char *key = box_header(rq, "HTTP_IDEMPOTENCY_KEY");
	if (key != NULL && strcmp(verb, "refund") == 0)
		once_keep(rq, service, key);
	if (!store_commit(s)) {
		rv_fail(rv, 500, "internal_error", "The sandbox cannot write");
		answer_error(rq, rv);
	}
}

/* A refund knows idempotency keys; no other call does. */
static void
refund(struct box_request *rq, struct rv *rv)
{
	const char *key = box_header(rq, "HTTP_IDEMPOTENCY_KEY");
	struct once_answer first;

	if (key == NULL) {
		change(rq, rv, "refund");
		return;
	}
	switch (once_claim(rq, service, key, &first)) {
	case ONCE_NEW:
		change(rq, rv, "refund");
		if (rq->status != 201)
			once_forget(rq, service, key);
		return;
	case ONCE_DONE:
		box_json(rq, first.status, first.body);
		return;
	case ONCE_RUNNING:
	case ONCE_OTHER:
		rv_fail(rv, 409, "conflict", "This Idempotency-Key is in use");
		answer_error(rq, rv);
		return;
	}
}

static void
list(struct box_request *rq, struct rv *rv)
{
	const char *reference = form_get(&rq->form,
	    "merchant_order_data_reference");
	const char *state = form_get(&rq->form, "state");

	box_json(rq, 200, rv_list(rv, reference != NULL ? reference : "",
	    state != NULL ? state : "", form_int(&rq->form, "limit", 100)));
}

static void
show(struct box_request *rq, struct rv *rv)
{
	struct doc *d = rv_get(rv, rq->part[1]);

	if (d == NULL)
		answer_error(rq, rv);
	else
		box_json(rq, 200, rq->parts == 3 ? doc_raw(d, "payments") :
		    doc_shown(d));
}

static void
orders(struct box_request *rq, struct rv *rv)
{
	bool post = strcmp(rq->method, "POST") == 0;

	rv_fail(rv, 404, "not_found", "There is no such path");
	if (post && rq->parts == 1)
		change(rq, rv, "create");
	else if (post && rq->parts == 3 && box_part_is(rq, 2, "cancel"))
		change(rq, rv, "cancel");
	else if (post && rq->parts == 3 && box_part_is(rq, 2, "refund"))
		refund(rq, rv);
	else if (post)
		answer_error(rq, rv);
	else if (rq->parts == 1)
		list(rq, rv);
	else if (rq->parts == 2 || box_part_is(rq, 2, "payments"))
		show(rq, rv);
	else
		answer_error(rq, rv);
}

/* ------------------------------------------------------- the hosted page */

/* A text for HTML; "" for NULL. */
static const char *
esc(struct rv *rv, const char *text)
{
	struct buf b;

	buf_init(&b, 64 * 1024);
	for (; text != NULL && *text != '\0'; text++)
		if (strchr("&<>\"'", *text) != NULL)
			buf_printf(&b, "&#%d;", *text);
		else
			buf_putc(&b, *text);
	const char *safe = arena_strdup(rv->arena, buf_str(&b));
	buf_free(&b);
	return safe;
}

static const char *
money(struct rv *rv, const struct doc *order)
{
	const char *currency = doc_text(order, "currency");
	char text[AMOUNT_TEXT_SIZE], code[4];

	if (!currency_parse(currency, strlen(currency), code))
		return "";
	return arena_printf(rv->arena, "%s %s", code,
	    amount_print(doc_int(order, "amount"), code, text));
}

static void
page(struct box_request *rq, int status, const char *title)
{
	rq->status = status;
	rq->type = "text/html; charset=utf-8";
	buf_reset(&rq->out);
	buf_puts(&rq->head, "Content-Security-Policy: default-src 'none'; "
	    "style-src 'self'; img-src 'self'; base-uri 'none'; "
	    "form-action 'self' https: http:; frame-ancestors 'none'\r\n"
	    "Referrer-Policy: no-referrer\r\n");
	buf_printf(&rq->out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\">\n<title>%s</title>\n"
	    "<link rel=\"icon\" href=\"/sandbox.svg\">\n"
	    "<link rel=\"stylesheet\" href=\"/sandbox.css\">\n</head>\n"
	    "<body>\n<p class=\"ribbon\">Sandbox: no money moves here</p>\n"
	    "<main class=\"card narrow\">\n<h1>%s</h1>\n", title, title);
}

static void
page_end(struct box_request *rq)
{
	buf_puts(&rq->out, "</main>\n</body>\n</html>\n");
}

static void
notice(struct box_request *rq, int status, const char *title,
    const char *text)
{
	page(rq, status, title);
	buf_printf(&rq->out, "<p>%s</p>\n", text);
	page_end(rq);
}

static void
button(struct box_request *rq, const char *method, const char *action,
    const char *words)
{
	buf_printf(&rq->out, "<form method=\"post\">"
	    "<input type=\"hidden\" name=\"method\" value=\"%s\">"
	    "<input type=\"hidden\" name=\"action\" value=\"%s\">"
	    "<button type=\"submit\">%s</button></form>\n", method, action,
	    words);
}

static void
pay_page(struct box_request *rq, struct rv *rv, const struct doc *order,
    const char *problem)
{
	const char *description = doc_text(order, "description");

	page(rq, 200, "Pay with Revolut");
	buf_printf(&rq->out, "<p class=\"total\">%s</p>\n<p>%s</p>\n",
	    money(rv, order), esc(rv, description));
	if (problem != NULL)
		buf_printf(&rq->out, "<p class=\"problem\" role=\"alert\">"
		    "Declined: %s. Try again.</p>\n", esc(rv, problem));
	buf_printf(&rq->out, "<form method=\"post\">\n<label>Card number"
	    "<input name=\"card\" required inputmode=\"numeric\" "
	    "autocomplete=\"cc-number\" maxlength=\"19\" "
	    "placeholder=\"4929 4205 7359 5709\"></label>\n"
	    "<button type=\"submit\">Pay %s by card</button>\n</form>\n",
	    money(rv, order));
	button(rq, "revolut_pay", "approve", "Approve in Revolut Pay");
	button(rq, "revolut_pay", "decline", "Decline in Revolut Pay");
	button(rq, "open_banking", "approve", "Pay from a bank account");
	buf_puts(&rq->out, "<p class=\"hint\">4929 4205 7359 5709 is paid, "
	    "4929 5736 3812 5985 is declined. Real cards are refused.</p>\n");
	page_end(rq);
}

/* Tries to pay as the form says; the reason where it was declined. */
static const char *
try(struct box_request *rq, struct rv *rv, struct doc *order)
{
	const char *card = form_get(&rq->form, "card");
	const char *method = form_get(&rq->form, "method");
	const char *action = form_get(&rq->form, "action");
	const char *why = "rejected_by_customer";

	if (card != NULL)
		return rv_pay_card(rv, order, card);
	if (action != NULL && strcmp(action, "approve") == 0)
		why = NULL;
	rv_pay(rv, order, method != NULL && strcmp(method,
	    "open_banking") == 0 ? "open_banking" : "revolut_pay", why);
	return why;
}

/* Where the payer goes: on, or nowhere. */
static void
leave(struct box_request *rq, const struct doc *order)
{
	const char *url = doc_text(order, "redirect_url");

	if (doc_is(order, "state", "completed") && url != NULL)
		box_redirect(rq, url);
	else if (doc_is(order, "state", "completed"))
		notice(rq, 200, "Paid", "Thank you. You can close this page.");
	else
		notice(rq, 410, "This page has expired",
		    "Go back to the shop and begin again.");
}

static void
hosted(struct box_request *rq, struct rv *rv, const char *token)
{
	bool post = strcmp(rq->method, "POST") == 0;
	const char *why = NULL;

	if (post)
		store_begin(rq->box.store);
	struct doc *order = rv_find_token(rv, token);
	bool open = order != NULL && doc_is(order, "state", "pending");
	if (post && open)
		why = try(rq, rv, order);
	if (post)
		store_commit(rq->box.store);
	if (order == NULL)
		notice(rq, 404, "Nothing here",
		    "This address does not belong to a payment.");
	else if (open && (!post || why != NULL))
		pay_page(rq, rv, order, why);
	else
		leave(rq, order);
}

/* ---------------------------------------------------------- the program */

static void
handle(struct box_request *rq)
{
	struct rv rv = {
		.box = &rq->box, .arena = rq->box.arena,
		.base = arena_printf(rq->box.arena, "http://%s", rq->host)
	};

	if (rq->parts == 2 && box_part_is(rq, 0, "payment-link")) {
		hosted(rq, &rv, rq->part[1]);
		return;
	}
	if (!authenticate(rq, &rv)) {
		answer_error(rq, &rv);
	} else if (rq->parts >= 1 && box_part_is(rq, 0, "orders")) {
		orders(rq, &rv);
	} else {
		rv_fail(&rv, 404, "not_found", "There is no such path");
		answer_error(rq, &rv);
	}
}

static void
refuse(struct box_request *rq, int status)
{
	struct rv rv = { .box = &rq->box, .arena = rq->box.arena };

	rv_fail(&rv, status, status == 429 ? "too_many_requests" :
	    status == 409 ? "conflict" : status == 400 ? "bad_request" :
	    "internal_error", "The sandbox answers status %d", status);
	answer_error(rq, &rv);
}

static void
start(struct box *box)
{
	once_tidy(box, service);
}

static void
tick(struct box *box)
{
	static int ticks;
	struct rv rv = { .box = box, .arena = box->arena, .base = "" };

	if (++ticks % EXPIRE_EVERY == 0)
		rv_expire(&rv);
	for (int i = 0; i < 50 && hook_send(box, &rv_hook, NULL); i++)
		continue;
	store_failed(box->store);
}

int
main(void)
{
	static const struct box_program program = {
		.path = service, .handle = handle, .refuse = refuse,
		.start = start, .tick = tick, .processor = true
	};

	return box_main(&program);
}
