/* SPDX-License-Identifier: ISC */
/* values.c - the values of options, checked as the API checks its fields. */
#include "cli.h"

#include <string.h>

#include "amount.h"
#include "field.h"
#include "utf8.h"

bool
cli_id(struct cli *cli, const char *option, const char **out)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_-";
	const char *value = cli_get(cli, option);

	if (value == NULL)
		return true;
	size_t n = strlen(value);
	if (n < 3 || n > 64 || strspn(value, allowed) != n)
		return cli_fail(cli, "--%s: an id is 3 to 64 letters, digits, "
		    "_ and -", option);
	*out = value;
	return true;
}

bool
cli_text(struct cli *cli, const char *option, int64_t min, int64_t max,
    const char *(*check)(const char *), const char **out)
{
	const char *value = cli_get(cli, option), *wrong = NULL;

	if (value == NULL)
		return true;
	if (!utf8_is_valid(value, strlen(value)))
		return cli_fail(cli, "--%s: not UTF-8", option);
	int64_t n = (int64_t)utf8_characters(value);
	if (n < min || n > max)
		return cli_fail(cli, "--%s: %lld to %lld characters are "
		    "possible", option, (long long)min, (long long)max);
	if (check != NULL)
		wrong = check(value);
	if (wrong != NULL)
		return cli_fail(cli, "--%s: %s", option, wrong);
	*out = value;
	return true;
}

bool
cli_choice(struct cli *cli, const char *option, const char *const *choices,
    const char **out)
{
	const char *value = cli_get(cli, option), *words = "";

	if (value == NULL)
		return true;
	for (const char *const *c = choices; *c != NULL; c++) {
		if (strcmp(*c, value) == 0) {
			*out = *c;
			return true;
		}
		words = arena_printf(cli->arena, "%s%s%s", words,
		    *words != '\0' ? ", " : "", *c);
	}
	return cli_fail(cli, "--%s: must be one of %s", option, words);
}

/* The text as a JSON number, which is what amount.h reads. */
static bool
number(struct cli *cli, const char *text, struct slice *out)
{
	const char *why;
	const struct json *value = json_parse(cli->arena, text, strlen(text),
	    &why);

	if (value == NULL || value->kind != JSON_NUMBER)
		return false;
	*out = value->raw;
	return true;
}

bool
cli_integer(struct cli *cli, const char *option, int64_t min, int64_t max,
    int64_t *out)
{
	const char *value = cli_get(cli, option);
	int64_t n = 0;

	if (value == NULL)
		return true;
	size_t len = strlen(value);
	bool good = len > 0 && len < 10 &&
	    strspn(value, "0123456789") == len;
	for (size_t i = 0; good && i < len; i++)
		n = n * 10 + (value[i] - '0');
	if (!good || n < min || n > max)
		return cli_fail(cli, "--%s: must be a number from %lld to "
		    "%lld", option, (long long)min, (long long)max);
	*out = n;
	return true;
}

/* "30s", "90m", "25h", "2d" in milliseconds; -1: none of these. */
int64_t
cli_parse_span(const char *text, size_t n)
{
	static const struct {
		char	unit;
		int64_t	ms;
	} units[] = { { 's', 1000 }, { 'm', 60 * 1000 },
	    { 'h', 3600 * 1000 }, { 'd', 24 * 3600 * 1000 } };
	size_t digits = strspn(text, "0123456789");
	int64_t count = 0;

	if (digits == 0 || digits > 6 || n != digits + 1)
		return -1;
	for (size_t i = 0; i < digits; i++)
		count = count * 10 + (text[i] - '0');
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].unit == text[digits])
			return count * units[i].ms;
	return -1;
}

bool
cli_span(struct cli *cli, const char *option, int64_t max, int64_t *out)
{
	const char *value = cli_get(cli, option);

	if (value == NULL)
		return true;
	int64_t ms = cli_parse_span(value, strlen(value));
	if (ms < 0 || ms > max)
		return cli_fail(cli, "--%s: must be a number and s, m, h or "
		    "d, such as 24h, from 0s to %lldd", option,
		    (long long)(max / (24 * 3600 * 1000)));
	*out = ms;
	return true;
}

/* "2h ago" or "-2h" before now. */
static bool
parse_ago(const char *text, int64_t now, int64_t *out)
{
	static const char ago[] = " ago";
	size_t n = strlen(text), tail = sizeof(ago) - 1;
	int64_t ms = -1;

	if (text[0] == '-')
		ms = cli_parse_span(text + 1, n - 1);
	else if (n > tail && strcmp(text + n - tail, ago) == 0)
		ms = cli_parse_span(text, n - tail);
	if (ms < 0)
		return false;
	*out = now - ms;
	return true;
}

bool
cli_moment(struct cli *cli, const char *option, int64_t now, int64_t *out)
{
	const char *value = cli_get(cli, option);

	if (value == NULL || field_parse_time(value, out) ||
	    parse_ago(value, now, out))
		return true;
	return cli_fail(cli, "--%s: must be a time such as 2026-11-25, "
	    "2026-11-25T10:00:00Z or '2h ago'", option);
}

bool
cli_limit(struct cli *cli, const char *option, int64_t max, int64_t *out)
{
	const char *value = cli_get(cli, option);

	if (value != NULL && strcmp(value, "none") == 0) {
		*out = 0;
		return true;
	}
	if (cli_integer(cli, option, 1, max, out))
		return true;
	return cli_fail(cli, "--%s: must be a number from 1 to %lld, or none",
	    option, (long long)max);
}

bool
cli_yes_no(struct cli *cli, const char *option, bool *out)
{
	static const char *const words[] = { "yes", "no", NULL };
	const char *word = NULL;

	if (!cli_choice(cli, option, words, &word))
		return false;
	if (word != NULL)
		*out = strcmp(word, "yes") == 0;
	return true;
}

bool
cli_time(struct cli *cli, const char *option, int64_t *out)
{
	const char *value = cli_get(cli, option);

	if (value == NULL || field_parse_time(value, out))
		return true;
	return cli_fail(cli, "--%s: must be a time such as 2026-11-25 or "
	    "2026-11-25T10:00:00Z", option);
}

/* Takes "none" where it is meant. */
static bool
is_none(const char *value, bool none, int64_t *out)
{
	if (!none || strcmp(value, "none") != 0)
		return false;
	*out = -1;
	return true;
}

bool
cli_percent(struct cli *cli, const char *option, bool none, int64_t *ppm)
{
	const char *value = cli_get(cli, option);
	struct slice text;

	if (value == NULL || is_none(value, none, ppm))
		return true;
	if (number(cli, value, &text) && percent_parse(text, ppm) == AMOUNT_OK)
		return true;
	return cli_fail(cli, "--%s: must be a percentage from 0 to 100 with "
	    "at most 4 decimals", option);
}

bool
cli_dollars(struct cli *cli, const char *option, int64_t max, int64_t *cents)
{
	const char *value = cli_get(cli, option);
	struct amount a = { 0, "USD" };
	struct slice text;

	if (value == NULL || is_none(value, true, cents))
		return true;
	if (number(cli, value, &text) && text.p[0] != '-') {
		/* Zero, however it is spelt, is no amount to be paid. */
		enum amount_error error = amount_parse(text, "USD", &a);
		if ((error == AMOUNT_OK && a.minor <= max * 100) ||
		    error == AMOUNT_NOT_POSITIVE) {
			*cents = a.minor;
			return true;
		}
	}
	return cli_fail(cli, "--%s: must be an amount from 0 to %lld, or "
	    "none", option, (long long)max);
}

bool
cli_amount(struct cli *cli, const char *option, const char currency[4],
    struct amount *out)
{
	const char *value = cli_get(cli, option);
	struct slice text;

	if (value == NULL)
		return true;
	if (number(cli, value, &text) &&
	    amount_parse(text, currency, out) == AMOUNT_OK)
		return true;
	return cli_fail(cli, "--%s: must be an amount of %s such as 12.50",
	    option, currency);
}

bool
cli_mode(struct cli *cli, bool *live)
{
	*live = cli_get(cli, "live") != NULL;
	return !*live || cli_get(cli, "test") == NULL ||
	    cli_fail(cli, "either --live or --test");
}
