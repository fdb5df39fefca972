/* SPDX-License-Identifier: ISC */
/* st-params.c - parameters that several of Stripe's objects take. */
#include "st.h"

#include <ctype.h>
#include <string.h>

#include "amount.h"

enum {
	AMOUNT_MAX = 99999999,	/* eight digits */
	METADATA_KEYS = 50,
	METADATA_KEY = 40,
	METADATA_VALUE = 500,
	URL_MAX = 2048
};

/* Every currency that Stripe charges in. */
static const char currencies[] =
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd "
    "bnd bob brl bsd bwp byn bzd cad cdf chf clp cny cop crc cve czk djf dkk "
    "dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf "
    "idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr "
    "lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio "
    "nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd "
    "scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah "
    "ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw ";

static const char three_decimals[] = "bhd jod kwd omr tnd";

/* The least that can be charged, in Stripe's units. */
static const struct {
	char	currency[4];
	int	least;
} minima[] = {
	{ "usd", 50 }, { "aed", 200 }, { "ars", 50 }, { "aud", 50 },
	{ "brl", 50 }, { "cad", 50 }, { "chf", 50 }, { "cop", 50 },
	{ "czk", 1500 }, { "dkk", 250 }, { "eur", 50 }, { "gbp", 30 },
	{ "hkd", 400 }, { "huf", 17500 }, { "idr", 50 }, { "ils", 50 },
	{ "inr", 50 }, { "jpy", 50 }, { "krw", 50 }, { "mxn", 1000 },
	{ "myr", 200 }, { "nok", 300 }, { "nzd", 50 }, { "php", 50 },
	{ "pln", 200 }, { "ron", 200 }, { "rub", 50 }, { "sek", 300 },
	{ "sgd", 50 }, { "thb", 1000 }, { "zar", 50 },
};

bool
st_check(struct st *st, const struct rule *rules)
{
	const struct rule *broken = NULL;
	const char *param = NULL;

	switch (form_check(st->form, rules, &param, &broken)) {
	case FORM_FINE:
		return true;
	case FORM_UNKNOWN:
		return st_fail(st, ST_PARAMETER_UNKNOWN, param,
		    "Received unknown parameter: %s", param);
	case FORM_NOT_OFFERED:
		return st_fail(st, ST_INVALID_VALUE, param,
		    "The sandbox does not offer the parameter %s.", param);
	case FORM_MISSING:
		return st_fail(st, ST_PARAMETER_MISSING, param,
		    "Missing required param: %s.", param);
	case FORM_EMPTY:
		return st_fail(st, ST_PARAMETER_EMPTY, param,
		    "%s must not be empty.", param);
	case FORM_NO_INTEGER:
		return st_fail(st, ST_INVALID_INTEGER, param,
		    "Invalid integer: %s", form_get(st->form, param));
	case FORM_NO_BOOLEAN:
		return st_fail(st, ST_INVALID_VALUE, param,
		    "Invalid boolean: %s", form_get(st->form, param));
	case FORM_NO_CHOICE:
		return st_fail(st, ST_INVALID_VALUE, param,
		    "Invalid %s: must be one of %s", param, broken->choices);
	}
	return false;
}

static const char *
text_or_null(struct st *st, const char *key)
{
	const char *value = form_get(st->form, key);

	return value != NULL && *value != '\0' ? value : NULL;
}

void
st_take_text(struct st *st, struct doc *d, const char *key)
{
	if (form_get(st->form, key) != NULL)
		doc_set_text(d, key, text_or_null(st, key));
}

static size_t
count(const struct doc *d)
{
	size_t n = 0;

	for (const char *k = NULL; (k = doc_next(d, k)) != NULL;)
		n++;
	return n;
}

bool
st_take_metadata(struct st *st, struct doc *d, const char *key)
{
	const char *raw = doc_raw(d, "metadata");
	bool clear = form_get(st->form, key) != NULL;
	struct doc *m = raw != NULL && !clear ? doc_parse(st->arena, raw) :
	    doc_new(st->arena, "");

	for (const char *k = NULL;
	    (k = form_next(st->form, st->arena, key, k)) != NULL;) {
		const char *param = arena_printf(st->arena, "%s[%s]", key, k);
		const char *value = text_or_null(st, param);
		if (strlen(k) > METADATA_KEY)
			return st_fail(st, ST_INVALID_VALUE, param,
			    "Metadata keys have at most 40 characters.");
		if (value != NULL && strlen(value) > METADATA_VALUE)
			return st_fail(st, ST_INVALID_VALUE, param,
			    "Metadata values have at most 500 characters.");
		if (value == NULL)
			doc_remove(m, k);
		else
			doc_set_text(m, k, value);
	}
	if (count(m) > METADATA_KEYS)
		return st_fail(st, ST_INVALID_VALUE, key,
		    "Metadata has at most 50 keys.");
	/* Here a leading _ is the caller's business: nothing is hidden. */
	doc_setf(d, "metadata", "%s", doc_stored(m));
	return true;
}

/* Sets each member of d from key[member]. */
static void
take_members(struct st *st, struct doc *d, const char *key)
{
	for (const char *k = NULL; (k = doc_next(d, k)) != NULL;)
		doc_set_text(d, k, text_or_null(st, *key == '\0' ? k :
		    arena_printf(st->arena, "%s[%s]", key, k)));
}

const char *
st_address(struct st *st, const char *key)
{
	struct doc *d = doc_new(st->arena,
	    "city country line1 line2 postal_code state");

	take_members(st, d, key);
	return doc_shown(d);
}

const char *
st_billing_details(struct st *st, const char *key)
{
	struct doc *d = doc_new(st->arena, "address email name phone tax_id");

	take_members(st, d, key);
	doc_setf(d, "address", "%s", st_address(st, arena_printf(st->arena,
	    "%s[address]", key)));
	return doc_shown(d);
}

const char *
st_shipping(struct st *st, const char *key)
{
	struct doc *d = doc_new(st->arena,
	    "address carrier name phone tracking_number");

	if (!form_under(st->form, key))
		return "null";
	take_members(st, d, key);
	doc_setf(d, "address", "%s", st_address(st, arena_printf(st->arena,
	    "%s[address]", key)));
	return doc_shown(d);
}

const char *
st_texts(struct st *st, const char *key)
{
	const char *list = "";

	for (const char *k = NULL;
	    (k = form_next(st->form, st->arena, key, k)) != NULL;)
		list = arena_printf(st->arena, "%s%s%s", list,
		    *list != '\0' ? "," : "", doc_quote(st->arena,
		    form_get(st->form, arena_printf(st->arena, "%s[%s]", key,
		    k))));
	return *list != '\0' ? arena_printf(st->arena, "[%s]", list) : NULL;
}

const char *
st_currency(struct st *st, const char *key)
{
	const char *given = form_get(st->form, key);
	char *lower = arena_strdup(st->arena, given != NULL ? given : "");

	for (char *at = lower; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	if (strlen(lower) == 3 && strchr(lower, ' ') == NULL &&
	    strstr(currencies, lower) != NULL)
		return lower;
	st_fail(st, ST_INVALID_VALUE, key, "Invalid currency: %s", lower);
	return NULL;
}

int
st_decimals(const char *currency)
{
	char upper[4] = "USD";

	if (strstr(three_decimals, currency) != NULL)
		return 3;
	return currency_parse(currency, strlen(currency), upper) ?
	    currency_exponent_stripe(upper) : 2;
}

/* What no amount in this currency has: a part below its smallest coin. */
static int64_t
grain(const char *currency)
{
	if (strstr("isk ugx", currency) != NULL)
		return 100;
	return strstr(three_decimals, currency) != NULL ? 10 : 1;
}

bool
st_amount_fits(struct st *st, const char *param, int64_t amount,
    const char *currency)
{
	int64_t least = 1;

	for (size_t i = 0; i < sizeof(minima) / sizeof(minima[0]); i++)
		if (strcmp(minima[i].currency, currency) == 0)
			least = minima[i].least;
	if (amount < least)
		return st_fail(st, ST_AMOUNT_TOO_SMALL, param,
		    "Amount must be at least %lld %s.", (long long)least,
		    currency);
	if (amount > AMOUNT_MAX)
		return st_fail(st, ST_AMOUNT_TOO_LARGE, param,
		    "Amount must be no more than %d %s.", AMOUNT_MAX,
		    currency);
	if (amount % grain(currency) != 0)
		return st_fail(st, ST_INVALID_VALUE, param,
		    "Amounts in %s must be divisible by %lld.", currency,
		    (long long)grain(currency));
	return true;
}

bool
st_is_url(struct st *st, const char *param, const char *url)
{
	if (strlen(url) <= URL_MAX && strpbrk(url, " \r\n\t\"<>") == NULL &&
	    (strncmp(url, "https://", 8) == 0 ||
	    strncmp(url, "http://", 7) == 0))
		return true;
	return st_fail(st, ST_INVALID_URL, param, "Not a valid URL");
}
