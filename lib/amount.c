/* SPDX-License-Identifier: ISC */
/* amount.c - money: an integer of minor units and its currency. */
#include "amount.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	PPM = 1000000,		/* parts per million in the whole */
	MICRO_DIGITS = 6,	/* amounts are read in millionths of a unit */
	PERCENT_DIGITS = 4,	/* one part per million is 0.0001 % */
	DEFAULT_DIGITS = 2
};

static const int64_t amount_max = 999999999990000;	/* millionths */
static const int64_t percent_max = 100000000;		/* millionths */

/*
 * Every active currency that has not two digits with both counters. Stripe
 * takes what it does not list as zero- or three-decimal in hundredths.
 */
static const struct digits {
	char	currency[4];
	int	iso;
	int	stripe;
} table[] = {
	{ "BHD", 3, 3 },
	{ "BIF", 0, 0 },
	{ "CLF", 4, 2 },
	{ "CLP", 0, 0 },
	{ "DJF", 0, 0 },
	{ "GNF", 0, 0 },
	{ "IQD", 3, 2 },
	{ "ISK", 0, 2 },
	{ "JOD", 3, 3 },
	{ "JPY", 0, 0 },
	{ "KMF", 0, 0 },
	{ "KRW", 0, 0 },
	{ "KWD", 3, 3 },
	{ "LYD", 3, 2 },
	{ "MGA", 2, 0 },
	{ "OMR", 3, 3 },
	{ "PYG", 0, 0 },
	{ "RWF", 0, 0 },
	{ "TND", 3, 3 },
	{ "UGX", 0, 2 },
	{ "UYI", 0, 2 },
	{ "UYW", 4, 2 },
	{ "VND", 0, 0 },
	{ "VUV", 0, 0 },
	{ "XAF", 0, 0 },
	{ "XOF", 0, 0 },
	{ "XPF", 0, 0 }
};

static const struct digits *
find(const char currency[4])
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].currency, currency) == 0)
			return &table[i];
	return NULL;
}

static int64_t
power_of_ten(int n)
{
	int64_t power = 1;

	while (n-- > 0)
		power *= 10;
	return power;
}

int
currency_exponent(const char currency[4])
{
	const struct digits *d = find(currency);

	return d != NULL ? d->iso : DEFAULT_DIGITS;
}

int
currency_exponent_stripe(const char currency[4])
{
	const struct digits *d = find(currency);

	return d != NULL ? d->stripe : DEFAULT_DIGITS;
}

bool
currency_parse(const char *text, size_t n, char currency[4])
{
	char upper[4] = "";

	if (n != 3)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c < 'A' || c > 'Z')
			return false;
		upper[i] = c;
	}
	memcpy(currency, upper, sizeof(upper));
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * The power of ten behind the 'e' of a number. It stops counting where no
 * mantissa that fits into memory could make up for it.
 */
static int64_t
read_exponent(struct slice s)
{
	const int64_t enough = INT64_MAX / 100;
	int64_t exponent = 0;
	size_t i = 0;

	if (i < s.n && (s.p[i] == '-' || s.p[i] == '+'))
		i++;
	for (; i < s.n && is_digit(s.p[i]) && exponent < enough; i++)
		exponent = exponent * 10 + (s.p[i] - '0');
	return s.n > 0 && s.p[0] == '-' ? -exponent : exponent;
}

/*
 * Reads an unsigned JSON number as whole millionths, cut off; *more says
 * that digits were cut off that are not zero. What is above limit may come
 * out as any number above limit: reading stops there.
 */
static int64_t
read_micro(struct slice s, int64_t limit, bool *more)
{
	size_t mantissa = 0, whole = 0;

	while (mantissa < s.n && s.p[mantissa] != 'e' && s.p[mantissa] != 'E')
		mantissa++;
	while (whole < mantissa && s.p[whole] != '.')
		whole++;

	/* The power of ten of the digit at hand, counted in millionths. */
	int64_t place = (int64_t)whole - 1 + MICRO_DIGITS;
	int64_t micro = 0;

	if (mantissa < s.n)
		place += read_exponent((struct slice){ s.p + mantissa + 1,
		    s.n - mantissa - 1 });
	*more = false;
	for (size_t i = 0; i < mantissa && micro <= limit; i++) {
		if (s.p[i] == '.')
			continue;
		if (place >= 0)
			micro = micro * 10 + (s.p[i] - '0');
		else if (s.p[i] != '0')
			*more = true;
		place--;
	}
	for (; place >= 0 && micro > 0 && micro <= limit; place--)
		micro *= 10;
	return micro;
}

/*
 * The number in units of 10^-digits. A spelling within one millionth of a
 * whole unit is what floating point made of that unit.
 */
static enum amount_error
read_units(struct slice s, int digits, int64_t max, int64_t *units)
{
	int64_t unit = power_of_ten(MICRO_DIGITS - digits);
	bool more;

	/* Well above max, or a cut number could look like max and noise. */
	int64_t micro = read_micro(s, max * 10, &more);
	int64_t n = micro / unit, rest = micro % unit;

	if (rest >= unit - 1)
		n++;
	else if (rest > 1 || (rest == 1 && more))
		return micro > max ? AMOUNT_TOO_LARGE : AMOUNT_TOO_FINE;
	if (n > max / unit)
		return AMOUNT_TOO_LARGE;
	*units = n;
	return AMOUNT_OK;
}

enum amount_error
amount_parse(struct slice number, const char currency[4], struct amount *out)
{
	int64_t minor;

	if (number.n == 0 || number.p[0] == '-')
		return AMOUNT_NOT_POSITIVE;

	enum amount_error error = read_units(number,
	    currency_exponent(currency), amount_max, &minor);

	if (error != AMOUNT_OK)
		return error;
	if (minor == 0)
		return AMOUNT_NOT_POSITIVE;
	out->minor = minor;
	memcpy(out->currency, currency, sizeof(out->currency));
	return AMOUNT_OK;
}

/* Whether a number has no digit but zero before its exponent. */
static bool
is_zero(struct slice s)
{
	for (size_t i = 0; i < s.n && s.p[i] != 'e' && s.p[i] != 'E'; i++)
		if (is_digit(s.p[i]) && s.p[i] != '0')
			return false;
	return true;
}

enum amount_error
percent_parse(struct slice number, int64_t *ppm)
{
	if (number.n > 0 && number.p[0] == '-') {
		if (!is_zero(number))
			return AMOUNT_NOT_POSITIVE;
		number.p++;
		number.n--;
	}
	return read_units(number, PERCENT_DIGITS, percent_max, ppm);
}

/* Prints units of 10^-digits without zeros at the end. */
static char *
print_units(int64_t units, int digits, char *text)
{
	const char *sign = units < 0 ? "-" : "";
	uint64_t n = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
	uint64_t unit = (uint64_t)power_of_ten(digits);
	uint64_t whole = n / unit, rest = n % unit;

	while (digits > 0 && rest % 10 == 0) {
		rest /= 10;
		digits--;
	}
	if (digits == 0)
		(void)snprintf(text, AMOUNT_TEXT_SIZE, "%s%" PRIu64, sign,
		    whole);
	else
		(void)snprintf(text, AMOUNT_TEXT_SIZE,
		    "%s%" PRIu64 ".%0*" PRIu64, sign, whole, digits, rest);
	return text;
}

char *
amount_print(int64_t minor, const char currency[4], char *text)
{
	return print_units(minor, currency_exponent(currency), text);
}

char *
percent_print(int64_t ppm, char *text)
{
	return print_units(ppm, PERCENT_DIGITS, text);
}

bool
money_add(int64_t a, int64_t b, int64_t *out)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*out = sum;
	return true;
}

bool
money_sub(int64_t a, int64_t b, int64_t *out)
{
	int64_t difference;

	if (__builtin_sub_overflow(a, b, &difference))
		return false;
	*out = difference;
	return true;
}

bool
money_share_half_up(int64_t minor, int64_t ppm, int64_t *out)
{
	__extension__ typedef __int128 wide;

	if (minor < 0 || ppm < 0)
		return false;

	/* Two numbers of 63 bits and a half million fit into 127 bits. */
	wide share = ((wide)minor * ppm + PPM / 2) / PPM;

	if (share > INT64_MAX)
		return false;
	*out = (int64_t)share;
	return true;
}

/* Units of 10^-from as units of 10^-to, exactly or not at all. */
static bool
rescale(int64_t units, int from, int to, int64_t *out)
{
	int64_t factor = power_of_ten(from > to ? from - to : to - from);
	int64_t scaled;

	if (from > to) {
		if (units % factor != 0)
			return false;
		scaled = units / factor;
	} else if (__builtin_mul_overflow(units, factor, &scaled))
		return false;
	*out = scaled;
	return true;
}

bool
money_to_stripe(int64_t minor, const char currency[4], int64_t *out)
{
	return rescale(minor, currency_exponent(currency),
	    currency_exponent_stripe(currency), out);
}

bool
money_from_stripe(int64_t units, const char currency[4], int64_t *out)
{
	return rescale(units, currency_exponent_stripe(currency),
	    currency_exponent(currency), out);
}
