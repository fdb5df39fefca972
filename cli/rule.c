/* SPDX-License-Identifier: ISC */
/* rule.c - `clive rule`: which processor carries what, and its price. */
#include "cli.h"

#include <ctype.h>
#include <string.h>

#include "amount.h"
#include "audit.h"
#include "id.h"
#include "provider.h"
#include "shared.h"

enum { FIXED_MAX = 1000 };	/* major units */

static const char *const payment_types[] = {
	"card", "revolut_pay", "open_banking", "mobile_money", "*", NULL
};

struct fee_rule {
	char		 id[ID_SIZE];
	const char	*processor;
	const char	*payment_type;
	const char	*country;
	const char	*card_scheme;
	const char	*currency;
	int64_t		 percent_ppm;
	int64_t		 fixed_hundredths;
	int64_t		 created_at;
};

static void
write_rule(struct jsonw *w, const struct fee_rule *rule, int64_t ended_at)
{
	char fixed[AMOUNT_TEXT_SIZE];

	/* A hundredth of the major unit is what a cent is of a dollar. */
	amount_print(rule->fixed_hundredths, "USD", fixed);
	jsonw_object(w, NULL);
	jsonw_text(w, "id", rule->id);
	jsonw_text(w, "processor", rule->processor);
	jsonw_text(w, "payment_type", rule->payment_type);
	jsonw_text(w, "country", rule->country);
	jsonw_text(w, "card_scheme", rule->card_scheme);
	jsonw_text(w, "currency", rule->currency);
	jsonw_percent(w, "percent", rule->percent_ppm);
	jsonw_raw(w, "fixed", fixed, strlen(fixed));
	jsonw_time(w, "created_at", rule->created_at);
	jsonw_time(w, "ended_at", ended_at);
	jsonw_end_object(w);
}

/* Capitals, so many of them, or *. */
static bool
take_code(struct cli *cli, const char *option, size_t length,
    const char **out)
{
	const char *value = cli_get(cli, option);

	if (value == NULL || strcmp(value, "*") == 0)
		return true;
	char *code = arena_strdup(cli->arena, value);
	for (char *at = code; *at != '\0'; at++) {
		if (!isascii((unsigned char)*at) ||
		    !isalpha((unsigned char)*at))
			return cli_fail(cli, "--%s: must be %zu letters, or *",
			    option, length);
		*at = (char)toupper((unsigned char)*at);
	}
	if (strlen(code) != length)
		return cli_fail(cli, "--%s: must be %zu letters, or *", option,
		    length);
	*out = code;
	return true;
}

static bool
take_scheme(struct cli *cli, const char **out)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	const char *value = cli_get(cli, "scheme");

	if (value == NULL || strcmp(value, "*") == 0)
		return true;
	char *scheme = arena_strdup(cli->arena, value);
	for (char *at = scheme; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	size_t n = strlen(scheme);
	if (n == 0 || n > 32 || strspn(scheme, allowed) != n)
		return cli_fail(cli, "--scheme: must be a word such as visa, "
		    "or *");
	*out = scheme;
	return true;
}

/* A rule that could never match would only mislead. */
static bool
take_processor(struct cli *cli, struct fee_rule *rule)
{
	const char *words = "";
	const struct provider *p;

	rule->processor = cli_get(cli, "processor");
	if ((p = provider_find(rule->processor)) == NULL) {
		for (const struct provider *const *t = provider_table;
		    *t != NULL; t++)
			words = arena_printf(cli->arena, "%s%s%s", words,
			    *words != '\0' ? ", " : "", (*t)->name);
		return cli_fail(cli, "--processor: must be one of %s", words);
	}
	if (!cli_choice(cli, "type", payment_types, &rule->payment_type))
		return false;
	if (p->payment_types == NULL || strcmp(rule->payment_type, "*") == 0)
		return true;
	for (const char *const *t = p->payment_types; *t != NULL; t++)
		if (strcmp(*t, rule->payment_type) == 0)
			return true;
	return cli_fail(cli, "--type: %s does not carry %s", p->name,
	    rule->payment_type);
}

static bool
take_rule(struct cli *cli, struct fee_rule *rule)
{
	if (!take_processor(cli, rule) ||
	    !take_code(cli, "country", 2, &rule->country) ||
	    !take_scheme(cli, &rule->card_scheme) ||
	    !take_code(cli, "currency", 3, &rule->currency) ||
	    !cli_percent(cli, "percent", false, &rule->percent_ppm) ||
	    !cli_dollars(cli, "fixed", FIXED_MAX, &rule->fixed_hundredths))
		return false;
	return rule->fixed_hundredths >= 0 ||
	    cli_fail(cli, "--fixed: must be an amount; 0 for nothing");
}

static bool
add(struct cli *cli, struct conn *c, void *arg)
{
	struct fee_rule *rule = arg;
	const char *detail;

	rule->created_at = clock_now();
	id_make("rule_", rule->created_at, rule->id);
	conn_run(c, SQL_FEE_RULE_INSERT, "ttttttiii", rule->id,
	    rule->processor, rule->payment_type, rule->country,
	    rule->card_scheme, rule->currency, rule->percent_ppm,
	    rule->fixed_hundredths, rule->created_at);
	/* All of it is words of ours or was checked: nothing to escape. */
	detail = arena_printf(cli->arena, "{\"processor\":\"%s\","
	    "\"payment_type\":\"%s\",\"country\":\"%s\",\"card_scheme\":\"%s\","
	    "\"currency\":\"%s\",\"percent_ppm\":%lld,"
	    "\"fixed_hundredths\":%lld}", rule->processor,
	    rule->payment_type, rule->country, rule->card_scheme,
	    rule->currency, (long long)rule->percent_ppm,
	    (long long)rule->fixed_hundredths);
	audit_write(c, rule->created_at, cli->actor, "fee_rule.added",
	    rule->id, detail);
	write_rule(&cli->w, rule, 0);
	return true;
}

bool
run_rule_add(struct cli *cli)
{
	struct fee_rule rule = { .country = "*", .card_scheme = "*",
	    .currency = "*" };

	return take_rule(cli, &rule) && cli_txn(cli, add, &rule);
}

bool
run_rule_list(struct cli *cli)
{
	struct rows *r = conn_rows(cli->setup.conn, SQL_FEE_RULES, "i",
	    (int64_t)(cli_get(cli, "all") != NULL));

	jsonw_object(&cli->w, NULL);
	jsonw_array(&cli->w, "items");
	while (row_next(r)) {
		struct fee_rule rule = { .processor = row_text(r, 1),
		    .payment_type = row_text(r, 2), .country = row_text(r, 3),
		    .card_scheme = row_text(r, 4), .currency = row_text(r, 5),
		    .percent_ppm = row_int(r, 6),
		    .fixed_hundredths = row_int(r, 7),
		    .created_at = row_int(r, 8) };
		snprintf(rule.id, sizeof(rule.id), "%s", row_text(r, 0));
		write_rule(&cli->w, &rule, row_int(r, 9));
	}
	jsonw_end_array(&cli->w);
	jsonw_end_object(&cli->w);
	return cli_read_well(cli);
}

static bool
end(struct cli *cli, struct conn *c, void *arg)
{
	int64_t now = clock_now();

	(void)arg;
	if (conn_run(c, SQL_FEE_RULE_END, "it", now, cli->argument) != 1)
		return cli_fail(cli, "there is no rule %s, or it has ended "
		    "already", cli->argument);
	audit_write(c, now, cli->actor, "fee_rule.ended", cli->argument,
	    "{}");
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "id", cli->argument);
	jsonw_time(&cli->w, "ended_at", now);
	jsonw_end_object(&cli->w);
	return true;
}

bool
run_rule_end(struct cli *cli)
{
	return cli_txn(cli, end, NULL);
}
