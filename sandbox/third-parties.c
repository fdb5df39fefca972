/* SPDX-License-Identifier: ISC */
/*
 * /third-parties on the sandbox port - the stand-in of ClickPesa, which has
 * no sandbox of its own (spec clickpesa.md).
 *
 * POST /generate-token		headers client-id and api-key as in
 *	clive.conf; a token for an hour of the sandbox clock
 * POST /checkout-link/generate-checkout-url	with the checksum where
 *	clive.conf has a key
 * POST /payments/preview-ussd-push-request	what can be asked for
 * POST /payments/initiate-ussd-push-request	asks a payer's phone for the
 *	PIN: the answer is PROCESSING, and a webhook tells what came of it.
 *	What does come of it says the number:
 *	  255...001	the payer rejects, a second later
 *	  255...002	nobody answers: FAILED after half a minute
 *	  255...003	too little money, a second later
 *	  all others	paid a second later
 *	Numbers that do not begin with 2556 or 2557 are of no network: 400.
 * GET /payments/{orderReference}	the attempts on a link, or a push; 404
 *	before the first
 *
 * Errors are {"message":...} as with ClickPesa.
 *
 * GET /checkout/{orderReference}	the page behind a link; POST
 *	action=pay or action=fail makes an attempt. A link that was paid says
 *	so; action=pay-again pays it once more, as real links allow.
 *
 * An attempt is told to /webhooks/clickpesa, or where POST /control/webhooks
 * of the service clickpesa says, in the shape of today, with the checksum
 * where there is a key. Mode bad_signature makes it with another key; stale
 * does nothing, since ClickPesa signs no time.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "amount.h"
#include "clickpesa-checksum.h"
#include "json.h"
#include "lib/box.h"
#include "lib/doc.h"
#include "lib/hook.h"

enum {
	TOKEN_MS = 60 * 60 * 1000,
	BODY_MAX = 1024 * 1024,
	SOON_MS = 1000,			/* a payer who answers a push */
	SILENCE_MS = 30 * 1000,		/* one who does not */
	TIME_SIZE = 32
};

#define ORDER "clickpesa.order"
#define CHANNEL "TIGO-PESA"

static const char *
no_header(struct box *box, const char *body, int64_t at, bool bad)
{
	(void)box;
	(void)body;
	(void)at;
	(void)bad;
	return NULL;	/* the checksum is in the body */
}

/* Three attempts; the real schedule is not documented. */
static const int64_t pauses[] = { 1000, 1000, 0 };

static const struct hook_service hook = {
	.name = "clickpesa", .path = "/webhooks/clickpesa",
	.sign = no_header, .pauses = pauses
};

static void
say(struct box_request *rq, int status, const char *message)
{
	box_json(rq, status, arena_printf(rq->box.arena, "{\"message\":%s}",
	    doc_quote(rq->box.arena, message)));
}

static const char *
iso_time(struct box *box)
{
	time_t seconds = (time_t)(box->now / 1000);
	char text[TIME_SIZE];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	return arena_printf(box->arena, "%s.%03dZ", text,
	    (int)(box->now % 1000));
}

/* ----------------------------------------------------------- the token */

/* Nothing is remembered: a token is its end and a digest over that. */
static const char *
make_token(struct box *box, int64_t until)
{
	const char *key = box->conf->clickpesa_api_key;
	const char *text = arena_printf(box->arena, "%" PRId64, until);
	char digest[SHA256_HEX_SIZE];

	sig_hmac_hex(key, strlen(key), text, strlen(text), digest);
	return arena_printf(box->arena, "Bearer eyJ.%s.%s", text, digest);
}

static bool
token_is_good(struct box_request *rq)
{
	static const char start[] = "Bearer eyJ.";
	const char *given = box_header(rq, "HTTP_AUTHORIZATION");
	int64_t until;

	if (given == NULL || strncmp(given, start, strlen(start)) != 0 ||
	    sscanf(given + strlen(start), "%" SCNd64, &until) != 1)
		return false;
	return until > rq->box.now && until <= rq->box.now + TOKEN_MS &&
	    strcmp(given, make_token(&rq->box, until)) == 0;
}

static void
generate_token(struct box_request *rq)
{
	const char *client = box_header(rq, "HTTP_CLIENT_ID");
	const char *key = box_header(rq, "HTTP_API_KEY");
	const struct conf *conf = rq->box.conf;

	if (client == NULL || *client == '\0' || key == NULL || *key == '\0')
		say(rq, 401, "Unauthorized");
	else if (strcmp(client, conf->clickpesa_client_id) != 0)
		say(rq, 403, "Invalid client details");
	else if (strcmp(key, conf->clickpesa_api_key) != 0)
		say(rq, 403, "Invalid or Expired API-Key");
	else
		box_json(rq, 200, arena_printf(rq->box.arena,
		    "{\"success\":true,\"token\":\"%s\"}",
		    make_token(&rq->box, rq->box.now + TOKEN_MS)));
}

/* ------------------------------------------------------- the link */

static struct doc *
find_order(struct box *box, const char *reference)
{
	struct cursor *c = store_query(box->store, Q_OBJECT_GET, "tt",
	    arena_printf(box->arena, "cp_%s", reference), ORDER);

	if (!cursor_next(c))
		return NULL;
	struct doc *order = doc_parse(box->arena, cursor_text(c, 0));
	cursor_end(c);
	return order;
}

static void
put_order(struct box *box, const struct doc *order)
{
	store_run(box->store, Q_OBJECT_PUT, "ttit", arena_printf(box->arena,
	    "cp_%s", doc_text(order, "orderReference")), ORDER,
	    box->now / 1000, doc_stored(order));
}

static bool
is_alphanumeric(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] == '\0';
}

static bool
checksum_is_good(struct box *box, const struct json *json)
{
	const char *key = box->conf->clickpesa_checksum_key;
	const char *given = json_text(json, "checksum");
	const char *method = json_text(json, "checksumMethod");
	char hex[SHA256_HEX_SIZE];

	if (*key == '\0')
		return true;
	if (method != NULL && strcmp(method, "legacy") == 0) {
		if (!clickpesa_checksum_legacy(box->arena, json, key, hex))
			return false;
	} else {
		clickpesa_checksum(box->arena, json, key, hex);
	}
	return given != NULL && strcmp(given, hex) == 0;
}

/* The sum of the items, each with name, price and quantity; NULL: fine. */
static const char *
read_items(const struct json *items, struct amount *total)
{
	int64_t quantity, sum = 0, part;

	for (const struct json *i = items->child; i != NULL; i = i->next) {
		const char *price = json_text(i, "price");
		struct amount each = *total;

		if (json_text(i, "name") == NULL)
			return "All items must have a name";
		if (price == NULL || amount_parse((struct slice){ price,
		    strlen(price) }, total->currency, &each) != AMOUNT_OK)
			return "All items must have a price";
		if (!json_int(i, "quantity", &quantity) || quantity < 1 ||
		    __builtin_mul_overflow(each.minor, quantity, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return "All items must have a quantity";
	}
	total->minor = sum;
	return sum > 0 ? NULL : "Total Price is required";
}

static const char *
read_total(const struct json *json, struct amount *total)
{
	const char *price = json_text(json, "totalPrice");
	const struct json *items = json_get(json, "orderItems");

	if (price == NULL && items != NULL && items->kind == JSON_ARRAY)
		return read_items(items, total);
	/* What looks like a number must be one to the last character. */
	if (price == NULL || price[strspn(price, "0123456789.")] != '\0' ||
	    amount_parse((struct slice){ price, strlen(price) },
	    total->currency, total) != AMOUNT_OK)
		return "Total Price is required";
	return NULL;
}

/* NULL where nothing is wrong with a request for a link. */
static const char *
check_order(struct box *box, const struct json *json, struct amount *total)
{
	const char *reference = json_text(json, "orderReference");
	const char *currency = json_text(json, "orderCurrency");

	if (json == NULL || json->kind != JSON_OBJECT)
		return "Invalid request";
	if (!checksum_is_good(box, json))
		return "Invalid checksum";
	if (reference == NULL)
		return "Order reference is required";
	if (!is_alphanumeric(reference))
		return "Invalid Order Reference, should only contain "
		    "alphanumeric characters and cannot be blank";
	if (currency == NULL || (strcmp(currency, "TZS") != 0 &&
	    strcmp(currency, "USD") != 0))
		return "Order currency must be TZS or USD";
	snprintf(total->currency, sizeof(total->currency), "%s", currency);
	return read_total(json, total);
}

static struct doc *
make_order(struct box *box, const struct json *json, struct amount total)
{
	struct doc *order = doc_new(box->arena, "orderReference amount "
	    "currency description customerName customerEmail customerPhone "
	    "redirectUrl payments");
	char amount[AMOUNT_TEXT_SIZE];

	static const char *const copied[] = { "orderReference",
	    "description", "customerName", "customerEmail", "customerPhone",
	    "redirectUrl" };
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		doc_set_text(order, copied[i], json_text(json, copied[i]));
	doc_set_text(order, "amount", amount_print(total.minor,
	    total.currency, amount));
	doc_set_text(order, "currency", total.currency);
	return order;
}

static const char *
link_of(struct box_request *rq, const char *reference)
{
	return arena_printf(rq->box.arena,
	    "http://%s/third-parties/checkout/%s", rq->host, reference);
}

/* Writes the order; false where there is one of this reference. */
static bool
keep_order(struct box *box, const struct doc *order)
{
	store_begin(box->store);
	if (find_order(box, doc_text(order, "orderReference")) != NULL) {
		store_rollback(box->store);
		return false;
	}
	put_order(box, order);
	return store_commit(box->store);
}

static void
generate_link(struct box_request *rq)
{
	struct box *box = &rq->box;
	struct amount total = { 0, "" };
	const char *why, *wrong;
	const struct json *json = json_parse(box->arena, rq->body.p,
	    rq->body.n, &why);

	if ((wrong = check_order(box, json, &total)) != NULL) {
		say(rq, 400, wrong);
		return;
	}
	struct doc *order = make_order(box, json, total);
	const char *reference = doc_text(order, "orderReference");
	if (!keep_order(box, order))
		say(rq, 409, arena_printf(box->arena, "Order reference %s "
		    "already used: Create a different reference", reference));
	else if (rq->fault == BOX_STATUS_500_AFTER)
		say(rq, 500, "Internal server error");
	else
		box_json(rq, 200, arena_printf(box->arena,
		    "{\"checkoutLink\":%s,\"clientId\":%s}",
		    doc_quote(box->arena, link_of(rq, reference)),
		    doc_quote(box->arena, box->conf->clickpesa_client_id)));
}

static void
query(struct box_request *rq, const char *reference)
{
	const struct doc *order = find_order(&rq->box, reference);
	const char *payments = NULL;

	if (order != NULL && rq->box.now < doc_int(order, "_due"))
		payments = doc_raw(order, "_processing");
	else if (order != NULL)
		payments = doc_raw(order, "payments");
	if (payments != NULL)
		box_json(rq, 200, payments);
	else
		say(rq, 404, arena_printf(rq->box.arena,
		    "Invalid or missing payment: %s", reference));
}

/* ---------------------------------------------------------- attempts */

static bool
is_paid(const struct doc *order)
{
	for (size_t i = 0; i < doc_count(order, "payments"); i++)
		if (doc_is(doc_item(order, "payments", i), "status",
		    "SUCCESS"))
			return true;
	return false;
}

static const char *
customer(struct box *box, const struct doc *order)
{
	return arena_printf(box->arena, "{\"customerName\":%s,"
	    "\"customerPhoneNumber\":%s,\"customerEmail\":%s}",
	    doc_quote(box->arena, doc_text(order, "customerName")),
	    doc_quote(box->arena, doc_text(order, "customerPhone")),
	    doc_quote(box->arena, doc_text(order, "customerEmail")));
}

/* What the query and the webhook say of an attempt alike; why it failed, or
 * NULL. */
static struct doc *
make_attempt(struct box *box, const struct doc *order, const char *why)
{
	struct doc *d = doc_new(box->arena, "id status paymentReference "
	    "orderReference collectedAmount collectedCurrency message "
	    "updatedAt createdAt customer clientId");
	char id[ID_SIZE];

	doc_setf(d, "id", "\"%sLCP%zu\"", doc_text(order, "orderReference"),
	    doc_count(order, "payments") + 1);
	doc_set_text(d, "status", why == NULL ? "SUCCESS" : "FAILED");
	doc_set_text(d, "paymentReference", id_make("", box->now, id));
	doc_set_text(d, "orderReference", doc_text(order, "orderReference"));
	doc_setf(d, "collectedAmount", "%s", doc_text(order, "amount"));
	doc_set_text(d, "collectedCurrency", doc_text(order, "currency"));
	doc_set_text(d, "message", why == NULL ? "success" : why);
	doc_set_text(d, "updatedAt", iso_time(box));
	doc_set_text(d, "createdAt", iso_time(box));
	doc_setf(d, "customer", "%s", customer(box, order));
	doc_set_text(d, "clientId", box->conf->clickpesa_client_id);
	return d;
}

static void
add_attempt(struct box *box, struct doc *order, const struct doc *attempt)
{
	const char *before = doc_raw(order, "payments");

	if (before == NULL)
		doc_setf(order, "payments", "[%s]", doc_shown(attempt));
	else
		doc_setf(order, "payments", "%.*s,%s]",
		    (int)strlen(before) - 1, before, doc_shown(attempt));
	put_order(box, order);
}

/* Adds the checksum, made with another key where that is ordered. */
static const char *
sign(struct box *box, const char *body)
{
	const char *key = box->conf->clickpesa_checksum_key;
	const char *url, *mode, *why;
	char hex[SHA256_HEX_SIZE];

	if (*key == '\0')
		return body;
	hook_look(box, hook.name, &url, &mode);
	if (strcmp(mode, "bad_signature") == 0)
		key = "not the right key";
	clickpesa_checksum(box->arena, json_parse(box->arena, body,
	    strlen(body), &why), key, hex);
	return arena_printf(box->arena, "%.*s,\"checksum\":\"%s\","
	    "\"checksumMethod\":\"canonical\"}", (int)strlen(body) - 1, body,
	    hex);
}

/* The webhook's amounts are texts, and a failure has none. */
static void
tell(struct box *box, const struct doc *order, struct doc *attempt,
    bool paid)
{
	const char *id = doc_text(attempt, "id");

	doc_set_text(attempt, "channel", CHANNEL);
	if (paid) {
		doc_set_text(attempt, "collectedAmount",
		    doc_text(order, "amount"));
		doc_remove(attempt, "clientId");
	} else {
		static const char *const absent[] = { "paymentReference",
		    "collectedAmount", "collectedCurrency", "customer" };
		for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
			doc_remove(attempt, absent[i]);
	}
	hook_queue(box, &hook, id, sign(box, arena_printf(box->arena,
	    "{\"event\":\"PAYMENT %s\",\"data\":%s}",
	    paid ? "RECEIVED" : "FAILED", doc_shown(attempt))));
}

static void
attempt(struct box *box, struct doc *order, bool paid)
{
	struct doc *made = make_attempt(box, order, paid ? NULL :
	    "Insufficient balance");

	add_attempt(box, order, made);
	tell(box, order, made, paid);
}

/* ------------------------------------------------------------ a push */

/* What a payer does with it: the last digits of the number say it. */
static const struct {
	const char	*digits;
	const char	*message;	/* of the failure */
	int64_t		 after_ms;
} payers[] = {
	{ "001", "Transaction rejected by customer", SOON_MS },
	{ "002", "Transaction timed out", SILENCE_MS },
	{ "003", "Insufficient balance", SOON_MS },
	{ "", NULL, SOON_MS }
};

static bool
is_phone(const char *text)
{
	return text != NULL && strlen(text) == 12 &&
	    strspn(text, "0123456789") == 12 &&
	    (strncmp(text, "2556", 4) == 0 || strncmp(text, "2557", 4) == 0);
}

/* NULL where nothing is wrong with a push; the preview needs no phone. */
static const char *
check_push(struct box *box, const struct json *json, bool preview,
    struct amount *amount)
{
	const char *reference = json_text(json, "orderReference");
	const char *currency = json_text(json, "currency");
	const char *text = json_text(json, "amount");
	const char *phone = json_text(json, "phoneNumber");

	*amount = (struct amount){ 0, "TZS" };
	if (json == NULL || json->kind != JSON_OBJECT)
		return "Invalid request";
	if (!checksum_is_good(box, json))
		return "Invalid checksum";
	if (text == NULL || text[strspn(text, "0123456789")] != '\0' ||
	    amount_parse((struct slice){ text, strlen(text) }, "TZS",
	    amount) != AMOUNT_OK)
		return "Amount is required";
	if (currency == NULL || strcmp(currency, "TZS") != 0)
		return "Currency must be TZS";
	if (reference == NULL)
		return "Order reference is required";
	if (!is_alphanumeric(reference))
		return "Invalid Order Reference, should only contain "
		    "alphanumeric characters and cannot be blank";
	if (!is_phone(phone) && !(preview && phone == NULL))
		return "Invalid / unsupported phone number";
	return NULL;
}

static void
preview_push(struct box_request *rq)
{
	struct amount amount;
	const char *why, *wrong = check_push(&rq->box, json_parse(
	    rq->box.arena, rq->body.p, rq->body.n, &why), true, &amount);

	if (wrong != NULL)
		say(rq, 400, wrong);
	else
		box_json(rq, 200, "{\"activeMethods\":[{\"name\":\"" CHANNEL
		    "\",\"status\":\"AVAILABLE\",\"fee\":0,\"message\":"
		    "null}]}");
}

/*
 * Writes down what will come of a push, and when: the query shows it from
 * then on, and the webhook is due then.
 */
static struct doc *
make_push(struct box *box, const struct json *json, struct amount amount)
{
	struct doc *order = make_order(box, json, amount), *first, *last;
	const char *phone = json_text(json, "phoneNumber");
	struct box later = *box;
	size_t i = 0;

	while (strcmp(phone + 12 - strlen(payers[i].digits),
	    payers[i].digits) != 0)
		i++;
	later.now += payers[i].after_ms;
	doc_set_text(order, "customerPhone", phone);
	first = make_attempt(box, order, NULL);
	doc_set_text(first, "status", "PROCESSING");
	doc_set_null(first, "message");
	last = make_attempt(&later, order, payers[i].message);
	doc_set_text(last, "createdAt", iso_time(box));
	doc_set_text(last, "paymentPhoneNumber", phone);
	doc_setf(order, "_processing", "[%s]", doc_shown(first));
	doc_setf(order, "payments", "[%s]", doc_shown(last));
	doc_set_int(order, "_due", later.now);
	return order;
}

/* With the webhook of what comes of it; false where the reference is used. */
static bool
keep_push(struct box *box, const struct doc *order)
{
	struct doc *last = doc_item(order, "payments", 0);
	struct box later = *box;

	later.now = doc_int(order, "_due");
	store_begin(box->store);
	if (find_order(box, doc_text(order, "orderReference")) != NULL) {
		store_rollback(box->store);
		return false;
	}
	put_order(box, order);
	tell(&later, order, last, doc_is(last, "status", "SUCCESS"));
	return store_commit(box->store);
}

static void
initiate_push(struct box_request *rq)
{
	struct box *box = &rq->box;
	struct amount amount;
	const char *why, *wrong;
	const struct json *json = json_parse(box->arena, rq->body.p,
	    rq->body.n, &why);

	if ((wrong = check_push(box, json, false, &amount)) != NULL) {
		say(rq, 400, wrong);
		return;
	}
	struct doc *order = make_push(box, json, amount);
	struct doc *first = doc_item(order, "_processing", 0);
	const char *reference = doc_text(order, "orderReference");
	if (!keep_push(box, order))
		say(rq, 409, arena_printf(box->arena, "Order reference %s "
		    "already used: Create a different reference", reference));
	else if (rq->fault == BOX_STATUS_500_AFTER)
		say(rq, 500, "Internal server error");
	else
		box_json(rq, 200, arena_printf(box->arena, "{\"id\":%s,"
		    "\"status\":\"PROCESSING\",\"channel\":\"" CHANNEL "\","
		    "\"orderReference\":\"%s\",\"collectedAmount\":\"%s\","
		    "\"collectedCurrency\":\"TZS\",\"createdAt\":\"%s\","
		    "\"clientId\":%s}",
		    doc_quote(box->arena, doc_text(first, "id")), reference,
		    doc_text(order, "amount"), doc_text(first, "createdAt"),
		    doc_quote(box->arena, box->conf->clickpesa_client_id)));
}

/* ----------------------------------------------------------- the page */

static void
put_text(struct buf *out, const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		if (strchr("&<>\"'", *text) != NULL)
			buf_printf(out, "&#%d;", *text);
		else
			buf_putc(out, *text);
}

/* scheme://host[:port], where the page's form may lead in the end. */
static const char *
origin(struct box *box, const char *url)
{
	const char *host = url != NULL ? strstr(url, "://") : NULL;

	if (host == NULL || strpbrk(url, "; ,'\r\n") != NULL)
		return "";
	return arena_strndup(box->arena, url, (size_t)(host - url) + 3 +
	    strcspn(host + 3, "/?#"));
}

static void
page_begin(struct box_request *rq, int status, const char *next)
{
	rq->status = status;
	rq->type = "text/html; charset=utf-8";
	buf_reset(&rq->out);
	buf_printf(&rq->head, "Content-Security-Policy: default-src 'none'; "
	    "style-src 'self'; img-src 'self'; base-uri 'none'; "
	    "form-action 'self' %s; frame-ancestors 'none'\r\n"
	    "Referrer-Policy: no-referrer\r\n", origin(&rq->box, next));
	buf_puts(&rq->out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width, initial-scale=1\">\n"
	    "<title>Pay</title>\n<link rel=\"icon\" href=\"/sandbox.svg\">\n"
	    "<link rel=\"stylesheet\" href=\"/sandbox.css\">\n</head>\n"
	    "<body>\n<p class=\"ribbon\">Sandbox: no money moves here</p>\n"
	    "<main class=\"card narrow\">\n");
}

static void
page_end(struct box_request *rq)
{
	buf_puts(&rq->out, "</main>\n</body>\n</html>\n");
}

static void
show_page(struct box_request *rq, const struct doc *order, bool failed)
{
	const char *back = doc_text(order, "redirectUrl");
	bool paid = is_paid(order);

	page_begin(rq, 200, back);
	buf_printf(&rq->out, "<h1>%s</h1>\n<p>", paid ? "Paid" :
	    "Mobile money");
	put_text(&rq->out, doc_text(order, "description"));
	buf_printf(&rq->out, "</p>\n<p class=\"total\">%s %s</p>\n",
	    doc_text(order, "currency"), doc_text(order, "amount"));
	if (failed)
		buf_puts(&rq->out, "<p class=\"problem\" role=\"alert\">"
		    "Insufficient balance</p>\n");
	if (!paid)
		buf_printf(&rq->out, "<form class=\"choice\" method=\"post\" "
		    "action=\"/third-parties/checkout/%s\">\n"
		    "<button name=\"action\" value=\"pay\">Pay</button>\n"
		    "<button class=\"second\" name=\"action\" value=\"fail\">"
		    "Fail</button>\n</form>\n<p class=\"hint\">A real page "
		    "would ask your telephone.</p>\n",
		    doc_text(order, "orderReference"));
	else if (back != NULL && *origin(&rq->box, back) != '\0') {
		buf_puts(&rq->out, "<p><a class=\"button\" href=\"");
		put_text(&rq->out, back);
		buf_puts(&rq->out, "\">Continue</a></p>\n");
	}
	page_end(rq);
}

static void
answer_page(struct box_request *rq, struct doc *order)
{
	const char *action = form_get(&rq->form, "action");
	const char *back = doc_text(order, "redirectUrl");
	bool again = action != NULL && strcmp(action, "pay-again") == 0;
	bool pay = again || (action != NULL && strcmp(action, "pay") == 0);
	bool fail = action != NULL && strcmp(action, "fail") == 0;

	if (!(pay || fail) || (is_paid(order) && !again)) {
		show_page(rq, order, false);
		return;
	}
	attempt(&rq->box, order, pay);
	if (pay && back != NULL && *origin(&rq->box, back) != '\0')
		box_redirect(rq, back);
	else
		show_page(rq, order, fail);
}

static void
checkout(struct box_request *rq, const char *reference)
{
	struct store *s = rq->box.store;
	bool post = strcmp(rq->method, "POST") == 0;

	if (post)
		store_begin(s);
	struct doc *order = find_order(&rq->box, reference);
	if (order == NULL || doc_has(order, "_due")) {
		page_begin(rq, 404, NULL);
		buf_puts(&rq->out, "<h1>Nothing here</h1>\n<p>This address "
		    "does not belong to a payment.</p>\n");
		page_end(rq);
	} else if (post) {
		answer_page(rq, order);
	} else {
		show_page(rq, order, false);
	}
	if (post)
		store_commit(s);	/* what failed shows in store_failed */
}

/* -------------------------------------------------------- the program */

static bool
is_call(const struct box_request *rq, const char *method, const char *first,
    const char *second)
{
	return strcmp(rq->method, method) == 0 && box_part_is(rq, 0, first) &&
	    (second == NULL || box_part_is(rq, 1, second)) &&
	    rq->parts == (strcmp(first, "generate-token") == 0 ? 1 : 2);
}

static void
handle(struct box_request *rq)
{
	if (rq->parts == 2 && box_part_is(rq, 0, "checkout"))
		checkout(rq, rq->part[1]);
	else if (box_work_fails(rq))
		say(rq, 500, "Internal server error");
	else if (is_call(rq, "POST", "generate-token", NULL))
		generate_token(rq);
	else if (!token_is_good(rq))
		say(rq, 401, "Unauthorized");
	else if (is_call(rq, "POST", "checkout-link",
	    "generate-checkout-url"))
		generate_link(rq);
	else if (is_call(rq, "POST", "payments",
	    "preview-ussd-push-request"))
		preview_push(rq);
	else if (is_call(rq, "POST", "payments",
	    "initiate-ussd-push-request"))
		initiate_push(rq);
	else if (is_call(rq, "GET", "payments", NULL))
		query(rq, rq->part[1]);
	else
		say(rq, 404, "Not found");
}

static void
refuse(struct box_request *rq, int status)
{
	say(rq, status, arena_printf(rq->box.arena,
	    "The sandbox answers status %d", status));
}

static void
tick(struct box *box)
{
	while (hook_send(box, &hook, NULL))
		continue;
}

int
main(void)
{
	static const struct box_program program = {
		.path = "/third-parties", .handle = handle, .refuse = refuse,
		.tick = tick, .processor = true
	};

	return box_main(&program);
}
