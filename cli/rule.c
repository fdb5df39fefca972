/* SPDX-License-Identifier: ISC */
/* rule.c - `clive rule`: which processor carries what, and its price. */
#include "cli.h"

#include "fee-rule.h"
#include "shared.h"

/* Letters, so many of them, or *. */
static bool
take_code(struct cli *cli, const char *option, size_t length,
    const char **out)
{
	*out = fee_rule_code(cli->arena, cli_get(cli, option), length);
	return *out != NULL || cli_fail(cli, "--%s: must be %zu letters, or *",
	    option, length);
}

static bool
take_scheme(struct cli *cli, const char **out)
{
	*out = fee_rule_scheme(cli->arena, cli_get(cli, "scheme"));
	return *out != NULL || cli_fail(cli, "--scheme: must be a word such "
	    "as visa, or *");
}

/* A rule that could never match would only mislead. */
static bool
take_processor(struct cli *cli, struct fee_rule *rule)
{
	bool type_wrong;
	const char *wrong;

	rule->processor = cli_get(cli, "processor");
	wrong = fee_rule_wrong(cli->arena, rule->processor, "*", &type_wrong);
	if (wrong != NULL)
		return cli_fail(cli, "--processor: %s", wrong);
	if (!cli_choice(cli, "type", fee_rule_payment_types,
	    &rule->payment_type))
		return false;
	wrong = fee_rule_wrong(cli->arena, rule->processor,
	    rule->payment_type, &type_wrong);
	return wrong == NULL || cli_fail(cli, "--type: %s", wrong);
}

static bool
take_rule(struct cli *cli, struct fee_rule *rule)
{
	if (!take_processor(cli, rule) ||
	    !take_code(cli, "country", 2, &rule->country) ||
	    !take_scheme(cli, &rule->card_scheme) ||
	    !take_code(cli, "currency", 3, &rule->currency) ||
	    !cli_percent(cli, "percent", false, &rule->percent_ppm) ||
	    !cli_dollars(cli, "fixed", FEE_RULE_FIXED_MAX,
	    &rule->fixed_hundredths))
		return false;
	return rule->fixed_hundredths >= 0 ||
	    cli_fail(cli, "--fixed: must be an amount; 0 for nothing");
}

static bool
add(struct cli *cli, struct conn *c, void *arg)
{
	struct fee_rule *rule = arg;

	fee_rule_add(c, cli->arena, rule, clock_now(), cli->actor);
	fee_rule_write(&cli->w, rule);
	return true;
}

bool
run_rule_add(struct cli *cli)
{
	struct fee_rule rule = { .processor = NULL };

	return take_rule(cli, &rule) && cli_txn(cli, add, &rule);
}

bool
run_rule_list(struct cli *cli)
{
	struct rows *r = conn_rows(cli->setup.conn, SQL_FEE_RULES, "i",
	    (int64_t)(cli_get(cli, "all") != NULL));
	struct fee_rule rule;

	jsonw_object(&cli->w, NULL);
	jsonw_array(&cli->w, "items");
	while (row_next(r)) {
		fee_rule_of_row(r, &rule);
		fee_rule_write(&cli->w, &rule);
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
	if (!fee_rule_end(c, cli->argument, now, cli->actor))
		return cli_fail(cli, "there is no rule %s, or it has ended "
		    "already", cli->argument);
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
