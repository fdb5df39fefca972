/* SPDX-License-Identifier: ISC */
/*
 * st-method.c - payment methods: cards.
 *
 * A number is compared with the test cards and not kept: what stays is
 * brand, last four digits, expiry, and the name of the card's behaviour.
 */
#include "st.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sig.h"
#include "st-card.h"

enum {
	YEARS_AHEAD = 50,
	NUMBER_MAX = 19
};

const struct rule st_method_rules[] = {
	{ .name = "type", .required = true, .kind = RULE_ONE_OF,
	  .choices = "card" },
	{ .name = "card[number]" },
	{ .name = "card[exp_month]", .kind = RULE_INT },
	{ .name = "card[exp_year]", .kind = RULE_INT },
	{ .name = "card[cvc]" },
	{ .name = "card[token]" },
	{ .name = "billing_details[address][*]" },
	{ .name = "billing_details[*]" },
	{ .name = "allow_redisplay", .kind = RULE_ONE_OF,
	  .choices = "always limited unspecified" },
	{ .name = "metadata[*]" },
	{ .name = "metadata" },
	{ .name = "expand[#]" },
	{ .name = "key" },
	{ .name = NULL }
};

const struct card *
st_card_of(const struct doc *method)
{
	const char *name = doc_text(method, "_card");

	return name != NULL ? card_of_name(name) : NULL;
}

/* The same for every use of a card, and says nothing of its number. */
static const char *
fingerprint(struct st *st, const struct card *card)
{
	uint8_t digest[SHA256_SIZE];
	char text[33];

	sig_sha256(card->name, strlen(card->name), digest);
	base64url_encode(digest, 12, text);
	return arena_strdup(st->arena, text);
}

static const char *
or_pass(const char *check)
{
	return check != NULL ? check : "pass";
}

static const char *
card_json(struct st *st, const struct card *card, int64_t month, int64_t year)
{
	struct doc *d = doc_new(st->arena, "brand checks country "
	    "display_brand exp_month exp_year fingerprint funding "
	    "generated_from last4 networks regulated_status "
	    "three_d_secure_usage wallet");

	doc_set_text(d, "brand", card_brand(card));
	doc_setf(d, "checks", "{\"address_line1_check\":%s,"
	    "\"address_postal_code_check\":%s,\"cvc_check\":\"%s\"}",
	    doc_quote(st->arena, card->line1_check),
	    doc_quote(st->arena, card->zip_check), or_pass(card->cvc_check));
	doc_set_text(d, "country", card->foreign ? "BR" : "US");
	doc_set_text(d, "display_brand", card_brand(card));
	doc_set_int(d, "exp_month", month);
	doc_set_int(d, "exp_year", year);
	doc_set_text(d, "fingerprint", fingerprint(st, card));
	doc_set_text(d, "funding",
	    card->funding != NULL ? card->funding : "credit");
	doc_set_text(d, "last4", card_last4(card));
	doc_setf(d, "networks", "{\"available\":[\"%s\"],\"preferred\":null}",
	    card_brand(card));
	doc_set_text(d, "regulated_status", "unregulated");
	doc_setf(d, "three_d_secure_usage", "{\"supported\":true}");
	return doc_shown(d);
}

static struct doc *
make(struct st *st, const struct card *card, int64_t month, int64_t year,
    const char *key)
{
	struct doc *d = doc_new(st->arena, "id object allow_redisplay "
	    "billing_details card created customer customer_account livemode "
	    "metadata type");
	const char *billing = *key == '\0' ? "billing_details" :
	    arena_printf(st->arena, "%s[billing_details]", key);

	doc_set_text(d, "id", st_id(st, "pm_"));
	doc_set_text(d, "object", "payment_method");
	doc_set_text(d, "allow_redisplay", "unspecified");
	doc_setf(d, "billing_details", "%s", st_billing_details(st, billing));
	doc_setf(d, "card", "%s", card_json(st, card, month, year));
	doc_set_int(d, "created", st_seconds(st));
	doc_set_bool(d, "livemode", false);
	doc_setf(d, "metadata", "{}");
	doc_set_text(d, "type", "card");
	doc_set_text(d, "_card", card->name);
	return d;
}

static void
today(const struct st *st, int64_t *month, int64_t *year)
{
	time_t now = (time_t)st_seconds(st);
	struct tm tm;

	gmtime_r(&now, &tm);
	*month = tm.tm_mon + 1;
	*year = tm.tm_year + 1900;
}

/* Is the expiry a date to come? */
static bool
check_expiry(struct st *st, const char *key, int64_t month, int64_t *year)
{
	int64_t this_month, this_year;
	const char *param = arena_printf(st->arena, "%s[exp_year]", key);

	today(st, &this_month, &this_year);
	if (*year < 100)
		*year += 2000;
	if (month < 1 || month > 12 ||
	    (*year == this_year && month < this_month))
		return st_card_error(st, "invalid_expiry_month", NULL,
		    arena_printf(st->arena, "%s[exp_month]", key));
	if (*year < this_year || *year > this_year + YEARS_AHEAD)
		return st_card_error(st, "invalid_expiry_year", NULL, param);
	return true;
}

/* The number without blanks and dashes, in a place to be wiped. */
static bool
digits_of(const char *number, char digits[NUMBER_MAX + 1])
{
	size_t n = 0;

	for (; *number != '\0'; number++) {
		if (*number == ' ' || *number == '-')
			continue;
		if (n == NUMBER_MAX)
			return false;
		digits[n++] = *number;
	}
	digits[n] = '\0';
	return true;
}

static const struct card *
look_up(struct st *st, const char *number, const char *param)
{
	char digits[NUMBER_MAX + 1] = "";
	const struct card *card = NULL;

	if (!digits_of(number, digits) || !card_luhn(digits))
		st_card_error(st, "incorrect_number", NULL, param);
	else if ((card = card_of_number(digits)) == NULL)
		st_card_error(st, "card_declined", "test_mode_live_card",
		    param);
	sig_wipe(digits, sizeof(digits));
	return card;
}

/* The security code has the right length for the card. */
static bool
check_cvc(struct st *st, const struct card *card, const char *key)
{
	const char *param = arena_printf(st->arena, "%s[cvc]", key);
	const char *cvc = form_get(st->form, param);
	size_t n = cvc != NULL ? strlen(cvc) : 0;
	size_t want = strcmp(card_brand(card), "amex") == 0 ? 4 : 3;

	if (n == 0 || (strspn(cvc, "0123456789") == n &&
	    (n == want || (want == 4 && n == 3))))
		return true;
	return st_card_error(st, "invalid_cvc", NULL, param);
}

/* A card by its number. key is that of the card: card, or x[card]. */
static struct doc *
make_of_number(struct st *st, const char *number, const char *card_key,
    const char *key)
{
	int64_t month = form_int(st->form,
	    arena_printf(st->arena, "%s[exp_month]", card_key), -1);
	int64_t year = form_int(st->form,
	    arena_printf(st->arena, "%s[exp_year]", card_key), -1);
	const struct card *card;

	card = look_up(st, number,
	    arena_printf(st->arena, "%s[number]", card_key));
	if (card == NULL)
		return NULL;
	if (month < 0 || year < 0)
		return st_fail(st, ST_PARAMETER_MISSING,
		    arena_printf(st->arena, "%s[%s]", card_key,
		    month < 0 ? "exp_month" : "exp_year"),
		    "The card's expiry is missing.");
	if (!check_expiry(st, card_key, month, &year) ||
	    !check_cvc(st, card, card_key))
		return NULL;
	return make(st, card, month, year, key);
}

static struct doc *
make_of_card(struct st *st, const struct card *card, const char *key)
{
	int64_t month, year;

	today(st, &month, &year);
	return make(st, card, month, year + 1, key);
}

struct doc *
st_method_make(struct st *st, const char *key)
{
	const char *card_key = *key == '\0' ? "card" :
	    arena_printf(st->arena, "%s[card]", key);
	const char *number = form_get(st->form,
	    arena_printf(st->arena, "%s[number]", card_key));
	const char *param = arena_printf(st->arena, "%s[token]", card_key);
	const char *token = form_get(st->form, param);
	const struct card *card;
	struct doc *method;

	if (number != NULL) {
		method = make_of_number(st, number, card_key, key);
	} else if (token != NULL) {
		card = card_of_name(token);
		method = card != NULL ? make_of_card(st, card, key) :
		    st_fail(st, ST_RESOURCE_MISSING, param,
		    "No such token: '%s'", token);
	} else {
		method = st_fail(st, ST_PARAMETER_MISSING, card_key,
		    "Missing required param: %s.", card_key);
	}
	if (method != NULL)
		st_put(st, method);
	/* A wrong number is a wrong parameter: nothing was begun. */
	else
		st->error.kept = false;
	return method;
}

struct doc *
st_method_use(struct st *st, const char *id, const char *param)
{
	const struct card *card;

	if (strncmp(id, "pm_card_", 8) != 0)
		return st_get(st, "payment_method", id, param);
	if ((card = card_of_name(id)) == NULL)
		return st_fail(st, ST_RESOURCE_MISSING, param,
		    "No such payment_method: '%s'", id);
	struct doc *method = make_of_card(st, card, "-");
	st_put(st, method);
	return method;
}

struct doc *
st_method_create(struct st *st, const char *id)
{
	struct doc *method = st_method_make(st, "");

	(void)id;
	if (method == NULL || !st_take_metadata(st, method, "metadata"))
		return NULL;
	st_take_text(st, method, "allow_redisplay");
	st_put(st, method);
	return method;
}
