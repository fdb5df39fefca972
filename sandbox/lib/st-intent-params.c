/* SPDX-License-Identifier: ISC */
/* st-intent-params.c - what payment intents take. */
#include "st-intent.h"

#include <ctype.h>
#include <string.h>

enum { SUFFIX_MAX = 22 };

#define NOT_OFFERED(parameter) \
	{ .name = parameter, .kind = RULE_NOT_OFFERED }, \
	{ .name = parameter "[**]", .kind = RULE_NOT_OFFERED }

/* What create and confirm have in common. */
#define CONFIRM_RULES \
	{ .name = "error_on_requires_action", .kind = RULE_BOOL }, \
	{ .name = "expand[#]" }, \
	{ .name = "off_session", .kind = RULE_ONE_OF, \
	  .choices = "true false one_off recurring" }, \
	{ .name = "return_url" }, \
	{ .name = "use_stripe_sdk", .kind = RULE_BOOL }, \
	NOT_OFFERED("confirmation_token"), \
	NOT_OFFERED("mandate"), \
	NOT_OFFERED("radar_options")

/* What create, update and confirm have in common. */
#define COMMON_RULES \
	{ .name = "allowed_payment_method_types[#]" }, \
	{ .name = "excluded_payment_method_types[#]" }, \
	{ .name = "capture_method", .kind = RULE_ONE_OF, \
	  .choices = "automatic automatic_async manual" }, \
	{ .name = "payment_method" }, \
	{ .name = "payment_method_data[type]", .kind = RULE_ONE_OF, \
	  .choices = "card" }, \
	{ .name = "payment_method_data[card][exp_month]", \
	  .kind = RULE_INT }, \
	{ .name = "payment_method_data[card][exp_year]", \
	  .kind = RULE_INT }, \
	{ .name = "payment_method_data[card][*]" }, \
	{ .name = "payment_method_data[billing_details][address][*]" }, \
	{ .name = "payment_method_data[billing_details][*]" }, \
	{ .name = "payment_method_data[*]" }, \
	{ .name = "payment_method_options[card][*]" }, \
	{ .name = "receipt_email" }, \
	{ .name = "setup_future_usage", .kind = RULE_ONE_OF, \
	  .choices = "off_session on_session" }, \
	{ .name = "shipping[address][*]" }, \
	{ .name = "shipping[*]" }, \
	{ .name = "shipping" }, \
	NOT_OFFERED("amount_details"), \
	NOT_OFFERED("hooks"), \
	NOT_OFFERED("mandate_data"), \
	NOT_OFFERED("payment_details")

/* What create and update have in common. */
#define OBJECT_RULES \
	{ .name = "customer" }, \
	{ .name = "description" }, \
	{ .name = "metadata[*]" }, \
	{ .name = "metadata" }, \
	{ .name = "statement_descriptor" }, \
	{ .name = "statement_descriptor_suffix" }, \
	{ .name = "transfer_group" }, \
	NOT_OFFERED("application_fee_amount"), \
	NOT_OFFERED("customer_account"), \
	NOT_OFFERED("payment_method_configuration"), \
	NOT_OFFERED("transfer_data")

const struct rule st_intent_create_rules[] = {
	{ .name = "amount", .kind = RULE_INT, .required = true },
	{ .name = "currency", .required = true },
	{ .name = "automatic_payment_methods[enabled]", .kind = RULE_BOOL },
	{ .name = "automatic_payment_methods[allow_redirects]",
	  .kind = RULE_ONE_OF, .choices = "always never" },
	{ .name = "confirm", .kind = RULE_BOOL },
	{ .name = "confirmation_method", .kind = RULE_ONE_OF,
	  .choices = "automatic manual" },
	NOT_OFFERED("on_behalf_of"),
	COMMON_RULES, CONFIRM_RULES, OBJECT_RULES,
	{ .name = NULL }
};

const struct rule st_intent_update_rules[] = {
	{ .name = "amount", .kind = RULE_INT },
	{ .name = "currency" },
	{ .name = "expand[#]" },
	COMMON_RULES, OBJECT_RULES,
	{ .name = NULL }
};

/* The last ones are what a browser's object sends. */
const struct rule st_intent_confirm_rules[] = {
	COMMON_RULES, CONFIRM_RULES,
	{ .name = "client_secret" },
	{ .name = "expected_payment_method_type" },
	{ .name = "key" },
	{ .name = NULL }
};

const struct rule st_intent_capture_rules[] = {
	{ .name = "amount_to_capture", .kind = RULE_INT },
	{ .name = "expand[#]" },
	{ .name = "final_capture", .kind = RULE_BOOL },
	{ .name = "metadata[*]" },
	{ .name = "metadata" },
	{ .name = "statement_descriptor_suffix" },
	NOT_OFFERED("application_fee_amount"),
	NOT_OFFERED("transfer_data"),
	{ .name = NULL }
};

const struct rule st_intent_cancel_rules[] = {
	{ .name = "cancellation_reason", .kind = RULE_ONE_OF, .choices =
	  "abandoned duplicate fraudulent requested_by_customer" },
	{ .name = "expand[#]" },
	{ .name = NULL }
};

const struct rule st_intent_get_rules[] = {
	{ .name = "client_secret" },
	{ .name = "expand[#]" },
	{ .name = "key" },
	{ .name = "is_stripe_sdk" },
	{ .name = NULL }
};

/* The suffix of what a payer's statement says. */
bool
intent_check_descriptor(struct st *st)
{
	static const char param[] = "statement_descriptor_suffix";
	const char *text = form_get(st->form, param);
	const char *full = form_get(st->form, "statement_descriptor");
	bool letter = false;

	if (full != NULL && *full != '\0')
		return st_fail(st, ST_INVALID_VALUE, "statement_descriptor",
		    "statement_descriptor is not for cards; use %s.", param);
	if (text == NULL || *text == '\0')
		return true;
	for (const char *at = text; *at != '\0'; at++)
		letter |= isalpha((unsigned char)*at) != 0;
	if (letter && strlen(text) <= SUFFIX_MAX &&
	    strpbrk(text, "<>\\'\"*\n") == NULL)
		return true;
	st_fail(st, ST_INVALID_VALUE, param, "The statement descriptor "
	    "suffix needs a letter, has at most 22 characters, and none of "
	    "< > \\ ' \" *");
	st->error.code = "invalid_characters";
	return false;
}

bool
intent_check_return_url(struct st *st)
{
	const char *url = form_get(st->form, "return_url");

	return url == NULL || *url == '\0' || st_is_url(st, "return_url", url);
}

static void
take_types(struct st *st, struct doc *d)
{
	const char *types = st_texts(st, "allowed_payment_method_types");

	if (types != NULL) {
		doc_setf(d, "allowed_payment_method_types", "%s", types);
		doc_setf(d, "payment_method_types", "%s", types);
	}
	types = st_texts(st, "excluded_payment_method_types");
	if (types != NULL)
		doc_setf(d, "excluded_payment_method_types", "%s", types);
}

/* Parameters that are members of the same name. */
bool
intent_take(struct st *st, struct doc *d)
{
	static const char *const texts[] = { "capture_method", "customer",
	    "description", "receipt_email", "setup_future_usage",
	    "statement_descriptor_suffix", "transfer_group" };
	struct doc *options = doc_parse(st->arena,
	    doc_raw(d, "payment_method_options"));
	struct doc *card = doc_parse(st->arena, doc_raw(options, "card"));

	if (!intent_check_descriptor(st) ||
	    !st_take_metadata(st, d, "metadata"))
		return false;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		st_take_text(st, d, texts[i]);
	take_types(st, d);
	if (form_get(st->form, "shipping") != NULL ||
	    form_under(st->form, "shipping"))
		doc_setf(d, "shipping", "%s", st_shipping(st, "shipping"));
	for (const char *k = NULL; (k = form_next(st->form, st->arena,
	    "payment_method_options[card]", k)) != NULL;)
		doc_set_text(card, k, form_get(st->form, arena_printf(
		    st->arena, "payment_method_options[card][%s]", k)));
	doc_setf(d, "payment_method_options", "{\"card\":%s}",
	    doc_shown(card));
	return true;
}

bool
intent_take_automatic(struct st *st, struct doc *d)
{
	static const char enabled[] = "automatic_payment_methods[enabled]";
	const char *redirects = form_get(st->form,
	    "automatic_payment_methods[allow_redirects]");

	if (redirects != NULL && form_get(st->form, enabled) == NULL)
		return st_fail(st, ST_PARAMETER_MISSING, enabled,
		    "Missing required param: %s.", enabled);
	if (form_get(st->form, enabled) != NULL &&
	    !form_true(st->form, enabled))
		doc_set_null(d, "automatic_payment_methods");
	else if (redirects != NULL)
		doc_setf(d, "automatic_payment_methods",
		    "{\"allow_redirects\":\"%s\",\"enabled\":true}",
		    redirects);
	return true;
}

/* The method that the request names or brings, in *method; NULL: none. */
bool
intent_take_method(struct st *st, struct doc **method)
{
	const char *id = form_get(st->form, "payment_method");

	*method = NULL;
	if (id != NULL && *id != '\0')
		return (*method = st_method_use(st, id, "payment_method")) !=
		    NULL;
	if (form_under(st->form, "payment_method_data"))
		return (*method = st_method_make(st, "payment_method_data"))
		    != NULL;
	return true;
}

/* A method that may redirect needs a way back. */
bool
intent_can_return(struct st *st, const struct doc *intent)
{
	const char *automatic = doc_raw(intent, "automatic_payment_methods");
	const char *url = form_get(st->form, "return_url");

	if (st->publishable || form_true(st->form, "use_stripe_sdk") ||
	    automatic == NULL || strstr(automatic, "\"always\"") == NULL ||
	    (url != NULL && *url != '\0'))
		return true;
	return st_fail(st, ST_INVALID_VALUE, "return_url", "This "
	    "PaymentIntent accepts payment methods that redirect, so that a "
	    "`return_url` is needed. Or set `automatic_payment_methods"
	    "[allow_redirects]` to `never`.");
}

struct st_attempt
intent_attempt_of(struct st *st, const struct doc *intent)
{
	const char *off = form_get(st->form, "off_session");
	const char *url = form_get(st->form, "return_url");
	const char *options = doc_raw(intent, "payment_method_options");

	return (struct st_attempt){
		.off_session = off != NULL && *off != '\0' &&
		    strcmp(off, "false") != 0,
		.no_action = form_true(st->form, "error_on_requires_action"),
		.ask = strstr(options, "\"any\"") != NULL ||
		    strstr(options, "\"challenge\"") != NULL,
		.sdk = st->publishable ||
		    form_true(st->form, "use_stripe_sdk"),
		.return_url = url != NULL && *url != '\0' ? url : NULL
	};
}

/* return_url and its like count only where something is confirmed. */
bool
intent_check_unconfirmed(struct st *st)
{
	static const char *const only[] = { "return_url", "off_session",
	    "error_on_requires_action" };

	for (size_t i = 0; i < sizeof(only) / sizeof(only[0]); i++)
		if (form_get(st->form, only[i]) != NULL)
			return st_fail(st, ST_INVALID_VALUE, only[i],
			    "%s is only for requests with confirm=true.",
			    only[i]);
	return true;
}
