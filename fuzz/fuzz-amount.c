/* SPDX-License-Identifier: ISC */
/*
 * fuzz-amount.c - what amount_parse takes is what the number says.
 *
 * The input is three letters and a JSON number. The result must lie within
 * the noise of what strtold reads, and must survive printing and Stripe.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "amount.h"
#include "arena.h"
#include "json.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(bool good)
{
	if (!good)
		abort();
}

/* A billionth is left to strtold, which near the maximum has no more digits. */
static void
check_near(const char *number, int64_t units, int digits)
{
	long double unit = 1, said = strtold(number, NULL);

	while (digits-- > 0)
		unit *= 10;

	long double difference = said - (long double)units / unit;

	check(difference < 1.001e-6L && difference > -1.001e-6L);
}

static void
check_amount(struct slice number, const char *text, const char currency[4])
{
	char printed[AMOUNT_TEXT_SIZE];
	struct amount a, again;
	int64_t n;

	if (amount_parse(number, currency, &a) != AMOUNT_OK)
		return;
	check(a.minor > 0 && strcmp(a.currency, currency) == 0);
	check_near(text, a.minor, currency_exponent(currency));
	(void)amount_print(a.minor, currency, printed);
	check(amount_parse((struct slice){ printed, strlen(printed) },
	    currency, &again) == AMOUNT_OK && again.minor == a.minor);
	if (money_to_stripe(a.minor, currency, &n))
		check(money_from_stripe(n, currency, &n) && n == a.minor);
	if (money_share_half_up(a.minor, 29000, &n))
		check(n >= 0 && n <= a.minor);
}

static void
check_percent(struct slice number, const char *text)
{
	char printed[AMOUNT_TEXT_SIZE];
	int64_t ppm, again;

	if (percent_parse(number, &ppm) != AMOUNT_OK)
		return;
	check(ppm >= 0 && ppm <= 1000000);
	check_near(text, ppm, 4);
	(void)percent_print(ppm, printed);
	check(percent_parse((struct slice){ printed, strlen(printed) },
	    &again) == AMOUNT_OK && again == ppm);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *text = (const char *)data;
	char currency[4];

	if (n < 4 || !currency_parse(text, 3, currency))
		return 0;

	struct arena *arena = arena_new();
	const struct json *v = json_parse(arena, text + 3, n - 3, NULL);

	if (v != NULL && v->kind == JSON_NUMBER) {
		const char *copy = arena_strndup(arena, v->raw.p, v->raw.n);

		check_amount(v->raw, copy, currency);
		check_percent(v->raw, copy);
	}
	arena_free(arena);
	return 0;
}
