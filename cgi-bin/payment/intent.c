/* SPDX-License-Identifier: ISC */
/*
 * POST /payment/intent - open a payment on a page of a processor's own and
 * tell where to send the payer.
 *
 * Needs x-api-key, x-clive-hmac (over the body as it is sent),
 * idempotency-key, and the fields as a JSON object or as a form
 * (application/x-www-form-urlencoded; what is empty there counts as absent):
 *
 *   provider     stripe (the default) or clickpesa; where the body lacks it,
 *                the query may have it, and it alone: only the body is signed
 *   amount       number, > 0, in major units
 *   currency     three letters; clickpesa takes TZS and USD
 *   email        text, the payer's; optional
 *   description  text, 1 to 200, shown to the payer; optional
 *   return_url   http(s) URL, 8 to 1000, for after the payment; optional
 *   reference    text, 1 to 128, the partner's own; optional
 *   client_id    text; needed where the partner has several clients
 *   partner_id   text; needed with a platform-wide key
 *
 * Who may call: a payment costs calls to a processor and money may follow,
 * so nobody opens one unsigned where money is real. A page cannot sign,
 * though, and the form that this route was first made for came from one: in
 * the sandbox, and only there, a form that has no x-api-key acts for the demo
 * partner ECHEZONA001, under one rate limit for all such forms and without
 * idempotency key. In live mode it is refused like everything unsigned.
 *
 * Refuses, after the checks of lib/app.h: 503 PROVIDER_NOT_CONFIGURED, 400
 * VALIDATION_ERROR (currency; client_id, partner_id), 403
 * API_KEY_SCOPE_FORBIDDEN, what initialize refuses about partner and client,
 * 422 NO_ROUTE_AVAILABLE (no fee rule), 409 TX_NOT_ATTACHABLE (abandoned
 * meanwhile), 409 CHECKOUT_CONFLICT (the processor has the reference), 502
 * CHECKOUT_REFUSED (details say why), 502 PROCESSOR_UNAVAILABLE. After the
 * last three the same request with the same key goes on with the payment.
 *
 * Answers {"url","provider","clive_tx_id","status":"pending"} with status
 * 200; with 303 and the URL as Location for a form, or where Accept names
 * text/html, unless Accept names application/json.
 */
#include "gateway.h"

static const char *const providers[] = { "stripe", "clickpesa", NULL };

static const struct field fields[] = {
	{ "provider", FIELD_CHOICE, .offset = offsetof(struct hosted,
	  provider_name), .choices = providers, .query = true },
	{ "currency", FIELD_CURRENCY, .required = true,
	  offsetof(struct hosted, currency) },
	{ "amount", FIELD_AMOUNT, .required = true,
	  offsetof(struct hosted, amount),
	  .with = offsetof(struct hosted, currency) },
	{ "email", FIELD_TEXT, .offset = offsetof(struct hosted, email),
	  .min = 1, .max = 254, .check = field_check_email },
	{ "description", FIELD_TEXT,
	  .offset = offsetof(struct hosted, description), .min = 1,
	  .max = 200 },
	{ "return_url", FIELD_TEXT,
	  .offset = offsetof(struct hosted, return_url), .min = 8,
	  .max = 1000, .check = field_check_url },
	{ "reference", FIELD_TEXT,
	  .offset = offsetof(struct hosted, reference), .min = 1,
	  .max = 128 },
	{ "client_id", FIELD_TEXT,
	  .offset = offsetof(struct hosted, client_id), .min = 1, .max = 64 },
	{ "partner_id", FIELD_TEXT,
	  .offset = offsetof(struct hosted, partner_id), .min = 1,
	  .max = 64 },
	{ .name = NULL }
};

static bool
wants_redirect(struct request *rq)
{
	return (rq->form || request_accepts(rq, "text/html")) &&
	    !request_accepts(rq, "application/json");
}

static const struct fault *
after(struct conn *c, struct request *rq, void *arg)
{
	struct hosted *in = arg;
	const struct fault *fault = hosted_settle(c, rq, in);
	struct jsonw w;

	if (fault != NULL)
		return fault;
	reply_url(rq, wants_redirect(rq), in->answer.url, &w);
	jsonw_text(&w, "provider", in->provider->name);
	jsonw_text(&w, "clive_tx_id", in->tx->clive_tx_id);
	jsonw_text(&w, "status", tx_status_name(in->tx->status));
	jsonw_end_object(&w);
	payment_apply_waiting(c, rq->arena, rq->now, in->tx);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_SIGNED, .forms = true, .fields = fields,
	  .input_size = sizeof(struct hosted), .before = hosted_before,
	  .ask = hosted_ask, .after = after },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/payment/intent", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
