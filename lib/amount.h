/* SPDX-License-Identifier: ISC */
/*
 * amount.h - money: an integer of minor units and its currency.
 *
 * No floating point anywhere. Arithmetic is checked and the result of a
 * check must be used. Exponents are those of ISO 4217.
 */
#ifndef AMOUNT_H
#define AMOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

#define MUST_USE __attribute__((warn_unused_result))

struct amount {
	int64_t	minor;		/* in the currency's minor unit */
	char	currency[4];	/* ISO 4217, upper case, NUL-terminated */
};

/*
 * Digits after the point in a currency: 0, 2, 3 or 4; 2 for letters that ISO
 * 4217 does not list (the API takes any three letters: clive.md 12 #16).
 */
int	currency_exponent(const char currency[4]);

/*
 * The same as Stripe counts (stripe-revolut.md 3.10): ISK and UGX have 2
 * there, MGA has 0, and what Stripe does not list has 2 whatever ISO says.
 */
int	currency_exponent_stripe(const char currency[4]);

/* Three letters of any case into upper case; false for anything else. */
bool	currency_parse(const char *text, size_t n, char currency[4]) MUST_USE;

enum amount_error {
	AMOUNT_OK,
	AMOUNT_NOT_POSITIVE,	/* zero, negative, -0 */
	AMOUNT_TOO_LARGE,	/* above 999999999.99 major units */
	AMOUNT_TOO_FINE		/* more decimals than the currency has */
};

/*
 * Reads the spelling of a JSON number as major units: "750", "1e2",
 * "0.30000000000000004". Exact decimal arithmetic; what lies within 1e-6
 * major units of a whole minor unit counts as that (clive.md 12 #15).
 * out is written on AMOUNT_OK only. number must be a valid JSON number.
 */
enum amount_error amount_parse(struct slice number, const char currency[4],
	    struct amount *out) MUST_USE;

/*
 * Like amount_parse for a percentage: result in parts per million, 0 to
 * 100 %. AMOUNT_NOT_POSITIVE here means negative.
 */
enum amount_error percent_parse(struct slice number, int64_t *ppm) MUST_USE;

enum { AMOUNT_TEXT_SIZE = 32 };

/*
 * Prints minor units as a JSON number of major units in the shortest form:
 * 75000 USD is 750, 420 USD is 4.2, -24 USD is -0.24. Returns text, which
 * holds AMOUNT_TEXT_SIZE bytes.
 */
char	*amount_print(int64_t minor, const char currency[4], char *text);

/* As amount_print for parts per million as a percentage. */
char	*percent_print(int64_t ppm, char *text);

/* a + b and a - b; false on overflow, *out untouched. */
bool	money_add(int64_t a, int64_t b, int64_t *out) MUST_USE;
bool	money_sub(int64_t a, int64_t b, int64_t *out) MUST_USE;

/*
 * The share of an amount in parts per million, rounded half away from zero;
 * false on overflow. minor and ppm must not be negative.
 */
bool	money_share_half_up(int64_t minor, int64_t ppm, int64_t *out) MUST_USE;

/*
 * Minor units by ISO 4217 into the units Stripe counts in and back; false on
 * overflow or where the other side has too few digits to say it.
 */
bool	money_to_stripe(int64_t minor, const char currency[4], int64_t *out)
	    MUST_USE;
bool	money_from_stripe(int64_t units, const char currency[4], int64_t *out)
	    MUST_USE;

#endif
