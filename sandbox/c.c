/* SPDX-License-Identifier: ISC */
/*
 * /c on the sandbox port - the pages of Stripe's that a payer sees.
 *
 * GET /c/pay/{session}	the hosted page of a Checkout Session; POST pays and
 *	sends the payer to success_url, to 3DS, or back with what is wrong.
 * GET /c/3ds/{intent}	the bank's page; POST action=complete or action=fail
 *	ends the challenge and sends the payer to return_url.
 *
 * Plain HTML without scripts. 404 for what does not exist.
 */
#include <stdio.h>
#include <string.h>

#include "lib/st.h"

/* A text for HTML, attributes included; "" for NULL. */
static const char *
esc(struct st *st, const char *text)
{
	const char *safe;
	struct buf b;

	buf_init(&b, 64 * 1024);
	for (; text != NULL && *text != '\0'; text++)
		switch (*text) {
		case '&':
			buf_puts(&b, "&amp;");
			break;
		case '<':
			buf_puts(&b, "&lt;");
			break;
		case '>':
			buf_puts(&b, "&gt;");
			break;
		case '"':
			buf_puts(&b, "&quot;");
			break;
		case '\'':
			buf_puts(&b, "&#39;");
			break;
		default:
			buf_putc(&b, *text);
		}
	safe = arena_strdup(st->arena, buf_str(&b));
	buf_free(&b);
	return safe;
}

/* "USD 20.00" */
static const char *
money(struct st *st, int64_t amount, const char *currency)
{
	int decimals = st_decimals(currency);
	int64_t unit = decimals == 3 ? 1000 : decimals == 2 ? 100 : 1;
	char upper[4] = "";

	for (size_t i = 0; i < 3 && currency[i] != '\0'; i++)
		upper[i] = (char)(currency[i] - 'a' + 'A');
	if (unit == 1)
		return arena_printf(st->arena, "%s %lld", upper,
		    (long long)amount);
	return arena_printf(st->arena, "%s %lld.%0*lld", upper,
	    (long long)(amount / unit), decimals, (long long)(amount % unit));
}

/* scheme://host[:port] of a URL. */
static const char *
origin(struct st *st, const char *url)
{
	const char *host = url != NULL ? strstr(url, "://") : NULL;

	return host == NULL ? "" : arena_strndup(st->arena, url,
	    (size_t)(host - url) + 3 + strcspn(host + 3, "/?#"));
}

/*
 * Begins a page. next is where its form may lead: browsers hold what a
 * form's answer redirects to against form-action, too. Shops show the bank's
 * page in a frame.
 */
static void
page(struct box_request *rq, struct st *st, int status, const char *title,
    const char *next)
{
	rq->status = status;
	rq->type = "text/html; charset=utf-8";
	buf_reset(&rq->out);
	buf_printf(&rq->head, "Content-Security-Policy: default-src 'none'; "
	    "style-src 'self'; img-src 'self'; base-uri 'none'; "
	    "form-action 'self' %s; frame-ancestors %s\r\n"
	    "Referrer-Policy: no-referrer\r\n", strpbrk(origin(st, next),
	    "; ,'") == NULL ? origin(st, next) : "",
	    box_part_is(rq, 0, "3ds") ? "*" : "'none'");
	buf_printf(&rq->out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\">\n<title>%s</title>\n"
	    "<link rel=\"icon\" href=\"/sandbox.svg\">\n"
	    "<link rel=\"stylesheet\" href=\"/sandbox.css\">\n</head>\n"
	    "<body>\n<p class=\"ribbon\">Sandbox: no money moves here</p>\n",
	    title);
}

static void
page_end(struct box_request *rq)
{
	buf_puts(&rq->out, "</body>\n</html>\n");
}

/* A page that only says something; url may be NULL. */
static void
notice(struct box_request *rq, struct st *st, int status, const char *title,
    const char *text, const char *url)
{
	page(rq, st, status, title, NULL);
	buf_printf(&rq->out, "<main class=\"card narrow\">\n<h1>%s</h1>\n"
	    "<p>%s</p>\n", title, text);
	if (url != NULL)
		buf_printf(&rq->out, "<p><a class=\"button\" href=\"%s\">"
		    "Continue</a></p>\n", esc(st, url));
	buf_puts(&rq->out, "</main>\n");
	page_end(rq);
}

static void
not_found(struct box_request *rq, struct st *st)
{
	notice(rq, st, 404, "Nothing here",
	    "This address does not belong to a payment.", NULL);
}

/* The items and their sum. */
static void
summary(struct box_request *rq, struct st *st, const struct doc *session)
{
	struct doc *list = doc_parse(st->arena, arena_printf(st->arena,
	    "{\"items\":%s}", doc_raw(session, "_items")));
	const char *currency = doc_text(session, "currency");
	const char *total = money(st, doc_int(session, "amount_total"),
	    currency);
	const char *cancel = doc_text(session, "cancel_url");

	buf_puts(&rq->out, "<section class=\"summary\">\n");
	if (cancel != NULL)
		buf_printf(&rq->out, "<p><a class=\"back\" href=\"%s\">"
		    "&larr; Back</a></p>\n", esc(st, cancel));
	buf_printf(&rq->out, "<p class=\"total\">%s</p>\n<ul>\n", total);
	for (size_t i = 0; i < doc_count(list, "items"); i++) {
		struct doc *item = doc_item(list, "items", i);
		buf_printf(&rq->out, "<li><span>%s <small>&times;&nbsp;%lld"
		    "</small></span><span>%s</span></li>\n",
		    esc(st, doc_text(item, "description")),
		    (long long)doc_int(item, "quantity"),
		    money(st, doc_int(item, "amount_total"), currency));
	}
	buf_printf(&rq->out, "<li class=\"sum\"><span>Total due</span>"
	    "<span>%s</span></li>\n</ul>\n</section>\n", total);
}

/* A text field; what was typed before is kept, but never of a card. */
static void
field(struct box_request *rq, struct st *st, const char *name,
    const char *label, const char *more, const char *otherwise)
{
	const char *value = strncmp(name, "card[", 5) == 0 ? NULL :
	    form_get(&rq->form, name);

	buf_printf(&rq->out, "<label>%s<input name=\"%s\" value=\"%s\" %s>"
	    "</label>\n", label, name,
	    esc(st, value != NULL ? value : otherwise), more);
}

static void
fields(struct box_request *rq, struct st *st, const struct doc *session)
{
	field(rq, st, "billing_details[email]", "Email", "type=\"email\" "
	    "required autocomplete=\"email\"",
	    doc_text(session, "customer_email"));
	field(rq, st, "card[number]", "Card number", "required "
	    "inputmode=\"numeric\" autocomplete=\"cc-number\" "
	    "maxlength=\"23\" placeholder=\"4242 4242 4242 4242\"", NULL);
	buf_puts(&rq->out, "<div class=\"row\">\n");
	field(rq, st, "card[exp_month]", "Month", "required "
	    "inputmode=\"numeric\" pattern=\"[0-9]{1,2}\" maxlength=\"2\" "
	    "autocomplete=\"cc-exp-month\" placeholder=\"MM\"", NULL);
	field(rq, st, "card[exp_year]", "Year", "required "
	    "inputmode=\"numeric\" pattern=\"[0-9]{2}|[0-9]{4}\" "
	    "maxlength=\"4\" autocomplete=\"cc-exp-year\" "
	    "placeholder=\"YY\"", NULL);
	field(rq, st, "card[cvc]", "CVC", "required inputmode=\"numeric\" "
	    "pattern=\"[0-9]{3,4}\" maxlength=\"4\" autocomplete=\"cc-csc\" "
	    "placeholder=\"CVC\"", NULL);
	buf_puts(&rq->out, "</div>\n");
	field(rq, st, "billing_details[name]", "Name on card", "required "
	    "maxlength=\"120\" autocomplete=\"cc-name\"", NULL);
}

static void
pay_page(struct box_request *rq, struct st *st, const struct doc *session,
    const char *problem)
{
	page(rq, st, 200, "Pay", doc_text(session, "success_url"));
	buf_puts(&rq->out, "<main class=\"pay\">\n");
	summary(rq, st, session);
	buf_printf(&rq->out, "<form class=\"card\" method=\"post\" "
	    "action=\"/c/pay/%s\">\n<h1>Pay by card</h1>\n",
	    doc_text(session, "id"));
	if (problem != NULL)
		buf_printf(&rq->out, "<p class=\"problem\" role=\"alert\">%s"
		    "</p>\n", esc(st, problem));
	fields(rq, st, session);
	buf_printf(&rq->out, "<button type=\"submit\">Pay %s</button>\n"
	    "<p class=\"hint\">4242 4242 4242 4242 is paid, "
	    "4000 0000 0000 0002 is declined, 4000 0027 6000 3184 asks for "
	    "3-D Secure. Any date to come, any CVC. Real cards are refused."
	    "</p>\n</form>\n</main>\n",
	    money(st, doc_int(session, "amount_total"),
	    doc_text(session, "currency")));
	page_end(rq);
}

/* What went wrong when the payer was here last, if they come back from 3DS. */
static const char *
last_problem(struct box_request *rq, struct st *st,
    const struct doc *session)
{
	const char *id = doc_text(session, "payment_intent");
	struct doc *intent = id != NULL && form_get(&rq->form, "again") !=
	    NULL ? st_find(st, "payment_intent", id) : NULL;
	const char *raw = intent != NULL ?
	    doc_raw(intent, "last_payment_error") : NULL;

	return raw != NULL ? doc_text(doc_parse(st->arena, raw), "message") :
	    NULL;
}

/* A session that cannot be paid any more; true where that was answered. */
static bool
is_over(struct box_request *rq, struct st *st, struct doc *session)
{
	if (doc_is(session, "status", "open"))
		return false;
	if (doc_is(session, "status", "complete"))
		box_redirect(rq, st_session_success_url(st, session));
	else
		notice(rq, st, 410, "This page has expired",
		    "Go back to the shop and begin again.",
		    doc_text(session, "cancel_url"));
	return true;
}

/* What was done by an error that is kept stays. */
static void
settle(struct box_request *rq, struct st *st, bool done)
{
	if (done || st->error.kept)
		store_commit(rq->box.store);
	else
		store_rollback(rq->box.store);
}

static void
pay(struct box_request *rq, struct st *st, const char *id)
{
	store_begin(rq->box.store);
	struct doc *session = st_find(st, "checkout.session", id);
	if (session == NULL || is_over(rq, st, session)) {
		store_rollback(rq->box.store);
		if (session == NULL)
			not_found(rq, st);
		return;
	}
	struct doc *intent = st_session_pay(st, session);
	settle(rq, st, intent != NULL);
	if (intent == NULL)
		pay_page(rq, st, session, st->error.message);
	else if (doc_is(intent, "status", "requires_action"))
		box_redirect(rq, arena_printf(st->arena, "/c/3ds/%s",
		    doc_text(intent, "id")));
	else
		box_redirect(rq, st_session_success_url(st, session));
}

static void
show_pay(struct box_request *rq, struct st *st, const char *id)
{
	struct doc *session = st_find(st, "checkout.session", id);

	if (session == NULL)
		not_found(rq, st);
	else if (!is_over(rq, st, session))
		pay_page(rq, st, session, last_problem(rq, st, session));
}

static void
show_3ds(struct box_request *rq, struct st *st, const char *id)
{
	struct doc *intent = st_find(st, "payment_intent", id);

	if (intent == NULL) {
		not_found(rq, st);
		return;
	}
	if (!doc_is(intent, "status", "requires_action")) {
		notice(rq, st, 410, "Nothing to confirm",
		    "This payment does not wait for you.",
		    doc_text(intent, "_return_url"));
		return;
	}
	page(rq, st, 200, "3-D Secure", doc_text(intent, "_return_url"));
	buf_printf(&rq->out, "<main class=\"card narrow\">\n"
	    "<h1>3-D Secure</h1>\n<p>Your bank would like to know whether "
	    "it is you who pays</p>\n<p class=\"total\">%s</p>\n"
	    "<form class=\"choice\" method=\"post\" action=\"/c/3ds/%s\">\n"
	    "<button name=\"action\" value=\"complete\">Complete</button>\n"
	    "<button class=\"second\" name=\"action\" value=\"fail\">Fail"
	    "</button>\n</form>\n<p class=\"hint\">A real bank would ask for "
	    "a code or an app here.</p>\n</main>\n",
	    money(st, doc_int(intent, "amount"), doc_text(intent,
	    "currency")), doc_text(intent, "id"));
	page_end(rq);
}

/* return_url with what Stripe adds to it. */
static const char *
way_back(struct st *st, const struct doc *intent, const char *url,
    bool passed)
{
	const char *fragment = strchr(url, '#');
	size_t n = fragment != NULL ? (size_t)(fragment - url) : strlen(url);

	return arena_printf(st->arena, "%.*s%cpayment_intent=%s&"
	    "payment_intent_client_secret=%s&redirect_status=%s%s", (int)n,
	    url, memchr(url, '?', n) != NULL ? '&' : '?',
	    doc_text(intent, "id"), doc_text(intent, "client_secret"),
	    passed ? "succeeded" : "failed", fragment != NULL ? fragment : "");
}

/* Where a payer goes after the bank's page. */
static void
leave(struct box_request *rq, struct st *st, const struct doc *intent,
    bool passed)
{
	const char *session_id = doc_text(intent, "_session");
	const char *url = doc_text(intent, "_return_url");

	if (session_id != NULL && !passed)
		box_redirect(rq, arena_printf(st->arena, "/c/pay/%s?again=1",
		    session_id));
	else if (session_id != NULL && url != NULL)
		box_redirect(rq, url);
	else if (url != NULL)
		box_redirect(rq, way_back(st, intent, url, passed));
	else
		notice(rq, st, 200, passed ? "Confirmed" : "Not confirmed",
		    "You can close this window.", NULL);
}

static void
answer_3ds(struct box_request *rq, struct st *st, const char *id)
{
	const char *action = form_get(&rq->form, "action");
	bool complete = action != NULL && strcmp(action, "complete") == 0;

	if (!complete && (action == NULL || strcmp(action, "fail") != 0)) {
		show_3ds(rq, st, id);
		return;
	}
	store_begin(rq->box.store);
	struct doc *intent = st_find(st, "payment_intent", id);
	if (intent == NULL || !doc_is(intent, "status", "requires_action")) {
		store_rollback(rq->box.store);
		show_3ds(rq, st, id);
		return;
	}
	bool passed = st_intent_authenticated(st, intent, complete) != NULL;
	settle(rq, st, passed);
	leave(rq, st, intent, passed);
}

static void
handle(struct box_request *rq)
{
	struct st st = {
		.box = &rq->box, .arena = rq->box.arena, .form = &rq->form,
		.base = arena_printf(rq->box.arena, "http://%s", rq->host)
	};
	bool post = strcmp(rq->method, "POST") == 0;

	if (rq->form_bad)
		notice(rq, &st, 400, "Not understood",
		    "The form could not be read.", NULL);
	else if (rq->parts == 2 && box_part_is(rq, 0, "pay"))
		(post ? pay : show_pay)(rq, &st, rq->part[1]);
	else if (rq->parts == 2 && box_part_is(rq, 0, "3ds"))
		(post ? answer_3ds : show_3ds)(rq, &st, rq->part[1]);
	else
		not_found(rq, &st);
}

int
main(void)
{
	static const struct box_program program = {
		.path = "/c", .handle = handle
	};

	return box_main(&program);
}
