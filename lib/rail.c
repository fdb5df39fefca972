/* SPDX-License-Identifier: ISC */
/* rail.c - reading a payment method and choosing what carries it. */
#include "rail.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "json.h"

enum {
	NUMBER_MAX = 32,	/* a card's digits with the blanks between */
	USD_MIN = 50,
	LRD_MIN = 10000
};

#define FIELD "payment_method"
#define CARD FIELD ".card"

/*
 * The documented test cards (soxara.md 9) and Stripe's names for what they
 * do: no number is sent anywhere.
 */
static const struct test_card {
	const char	*number;
	const char	*token;
} test_cards[] = {
	{ "4242424242424242", "pm_card_visa" },
	{ "4000000000000002", "pm_card_visa_chargeDeclined" },
	{ "4000000000009995",
	  "pm_card_visa_chargeDeclinedInsufficientFunds" },
	{ "4000000000000069", "pm_card_chargeDeclinedExpiredCard" },
	{ "4000002760003184", "pm_card_authenticationRequired" },
	{ "4000000000000341", "pm_card_createDispute" },
};

static const struct fault *
missing(struct request *rq, const char *field)
{
	return request_refuse(rq, &FAULT_FIELD_MISSING, field, "Required");
}

static const struct fault *
wrong(struct request *rq, const char *field, const char *message)
{
	return request_refuse(rq, &FAULT_FIELD_WRONG, field, message);
}

/*
 * The digits of a text or an integer, without the blanks and dashes that
 * people put between; false where there is anything else.
 */
static bool
read_digits(const struct json *value, char *digits, size_t size)
{
	const char *at = value->kind == JSON_STRING ? value->text :
	    value->raw.p;
	size_t len = value->kind == JSON_STRING ? value->len : value->raw.n;
	size_t n = 0;

	if (value->kind != JSON_STRING && value->kind != JSON_NUMBER)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (at[i] == ' ' || at[i] == '-')
			continue;
		if (!isdigit((unsigned char)at[i]) || n + 1 >= size)
			return false;
		digits[n++] = at[i];
	}
	digits[n] = '\0';
	return n > 0;
}

static int
number_of(const char *digits)
{
	int n = 0;

	for (; *digits != '\0'; digits++)
		n = 10 * n + (*digits - '0');
	return n;
}

static const struct fault *
read_expiry(struct request *rq, const struct json *card)
{
	const struct json *month = json_get(card, "exp_month");
	const struct json *year = json_get(card, "exp_year");
	char digits[5];
	time_t now = (time_t)(rq->now / 1000);
	struct tm tm;

	if (month == NULL || year == NULL)
		return missing(rq, month == NULL ? CARD ".exp_month" :
		    CARD ".exp_year");
	if (!read_digits(month, digits, sizeof(digits)) ||
	    strlen(digits) > 2 || number_of(digits) < 1 ||
	    number_of(digits) > 12)
		return wrong(rq, CARD ".exp_month", "Must be 1 to 12");
	int m = number_of(digits);
	if (!read_digits(year, digits, sizeof(digits)) ||
	    (strlen(digits) != 2 && strlen(digits) != 4))
		return wrong(rq, CARD ".exp_year", "Must have 2 or 4 digits");
	int y = number_of(digits) + (strlen(digits) == 2 ? 2000 : 0);
	gmtime_r(&now, &tm);
	if (12 * y + m < 12 * (tm.tm_year + 1900) + tm.tm_mon + 1)
		return wrong(rq, CARD ".exp_year", "The card has expired");
	return NULL;
}

static const struct fault *
read_cvc(struct request *rq, const struct json *card)
{
	const struct json *cvc = json_get(card, "cvc");
	char digits[5];

	if (cvc == NULL)
		return missing(rq, CARD ".cvc");
	if (!read_digits(cvc, digits, sizeof(digits)) || strlen(digits) < 3)
		return wrong(rq, CARD ".cvc", "Must have 3 or 4 digits");
	return NULL;
}

static const struct test_card *
find_card(const char *digits)
{
	for (size_t i = 0; i < sizeof(test_cards) / sizeof(test_cards[0]);
	    i++)
		if (strcmp(test_cards[i].number, digits) == 0)
			return &test_cards[i];
	return NULL;
}

static const struct fault *
refuse_number(struct request *rq, const char *message)
{
	return request_refuse(rq, &FAULT_CARD_NUMBER, CARD ".number",
	    message);
}

static const struct fault *
read_test_card(struct request *rq, const struct json *card,
    struct rail *rail)
{
	const struct json *number = json_get(card, "number");
	const struct test_card *found = NULL;
	const struct fault *fault;
	char digits[NUMBER_MAX];

	if (card == NULL)
		return missing(rq, CARD);
	if (card->kind != JSON_OBJECT)
		return wrong(rq, CARD, "Must be an object");
	if (number == NULL)
		return missing(rq, CARD ".number");
	if (read_digits(number, digits, sizeof(digits)))
		found = find_card(digits);
	if (found == NULL)
		return refuse_number(rq,
		    "With a test key only the documented test cards");
	if ((fault = read_expiry(rq, card)) != NULL ||
	    (fault = read_cvc(rq, card)) != NULL)
		return fault;
	rail->payment_method = found->token;
	rail->method_detail = arena_printf(rq->arena,
	    "{\"brand\":\"visa\",\"last4\":\"%s\"}",
	    found->number + strlen(found->number) - 4);
	return NULL;
}

static bool
is_too_small(const struct amount *amount)
{
	return (strcmp(amount->currency, "USD") == 0 &&
	    amount->minor < USD_MIN) ||
	    (strcmp(amount->currency, "LRD") == 0 &&
	    amount->minor < LRD_MIN);
}

static const struct fault *
choose_card(struct request *rq, const struct intent *in,
    const struct json *card, struct rail *rail)
{
	if (in->live && card != NULL && json_get(card, "number") != NULL)
		return refuse_number(rq,
		    "Card data goes to Stripe's element only");
	if (is_too_small(&in->tx->amount))
		return request_refuse(rq, &FAULT_AMOUNT_SMALL, "amount",
		    "Too small to be paid by card");
	rail->provider = provider_find("stripe");
	rail->processor = "stripe";
	rail->payment_type = "card";
	return in->live ? NULL : read_test_card(rq, card, rail);
}

const struct fault *
rail_choose(struct request *rq, const struct intent *in,
    const struct json *method, struct rail *rail)
{
	static const struct {
		const char		*type;
		const struct fault	*(*choose)(struct request *,
					    const struct intent *,
					    const struct json *,
					    struct rail *);
		bool			 whole;	/* gets the method's object */
	} rails[] = {
		{ "card", choose_card, false },
		{ "momo", rail_momo, false },
		{ "soxara_wallet", rail_wallet, true },
	};
	const char *type = json_text(method, "type");

	if (method == NULL)
		return missing(rq, FIELD);
	if (method->kind != JSON_OBJECT)
		return wrong(rq, FIELD, "Must be an object");
	if (json_get(method, "type") == NULL)
		return missing(rq, FIELD ".type");
	for (size_t i = 0; type != NULL &&
	    i < sizeof(rails) / sizeof(rails[0]); i++) {
		if (strcmp(rails[i].type, type) != 0)
			continue;
		*rail = (struct rail){ .method = rails[i].type };
		return rails[i].choose(rq, in, rails[i].whole ? method :
		    json_get(method, type), rail);
	}
	return wrong(rq, FIELD ".type",
	    "Must be card, momo or soxara_wallet");
}
