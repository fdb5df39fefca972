/* SPDX-License-Identifier: ISC */
/*
 * report.c - `clive reconcile-report`: a processor's own account held against
 * ours; what it took, against what we reckoned with.
 */
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "fee-report.h"
#include "provider.h"
#include "shared.h"

enum { CURRENCIES_MAX = 32 };

/* Fees of one currency. */
struct total {
	char	currency[4];
	int64_t	lines, actual, computed;
};

struct review {
	struct cli		*cli;
	struct fee_report	 report;
	int64_t			 from, to;	/* of ours; to 0: not given */
	struct total		 totals[CURRENCIES_MAX];
	int64_t			 ours_only;
	int64_t			 recorded;	/* -1: not asked for */
};

static bool
read_file(struct cli *cli, struct fee_report *report)
{
	static const char *const formats[] = { "stripe-balance", "generic",
	    NULL };
	struct fee_report_columns names = { "id", "reference", "amount",
	    "fee", "currency", cli_get(cli, "type-column") };
	const char *format = strcmp(report->processor, "stripe") == 0 ?
	    formats[0] : formats[1];
	const char **places[] = { &names.id, &names.reference, &names.amount,
	    &names.fee, &names.currency };
	static const char *const options[] = { "id-column",
	    "reference-column", "amount-column", "fee-column",
	    "currency-column" };

	if (!cli_choice(cli, "format", formats, &format))
		return false;
	for (int i = 0; i < 5; i++)
		if (cli_get(cli, options[i]) != NULL)
			*places[i] = cli_get(cli, options[i]);
	FILE *f = fopen(cli->argument, "re");
	if (f == NULL)
		return cli_fail(cli, "%s: %s", cli->argument,
		    strerror(errno));
	bool good = fee_report_read(cli->arena, f, strcmp(format,
	    "stripe-balance") == 0 ? NULL : &names, report);
	fclose(f);
	return good || cli_fail(cli, "%s:%lld: %s", cli->argument,
	    (long long)report->line, report->wrong);
}

/* Fees can be compared in one currency alone. */
static bool
has_fee(const struct fee_line *l)
{
	return l->tx != NULL && l->tx->has_fee && strcmp(
	    l->tx->amount.currency, l->amount.currency) == 0;
}

static void
write_line(struct jsonw *w, const struct fee_line *l)
{
	const char *currency = l->amount.currency;

	jsonw_object(w, NULL);
	jsonw_text(w, "line", l->id);
	jsonw_text(w, "reference", l->reference);
	jsonw_text(w, "clive_tx_id", l->tx != NULL ? l->tx->clive_tx_id :
	    NULL);
	jsonw_money(w, "amount", l->amount.minor, currency);
	jsonw_text(w, "currency", currency);
	if (l->state == FEE_LINE_DIFFERS) {
		jsonw_money(w, "our_amount", l->tx->amount.minor,
		    l->tx->amount.currency);
		jsonw_text(w, "our_currency", l->tx->amount.currency);
	}
	jsonw_money(w, "fee", l->fee, currency);
	if (has_fee(l)) {
		jsonw_money(w, "our_fee", l->tx->fee.processor_fee,
		    currency);
		jsonw_money(w, "fee_difference", l->fee -
		    l->tx->fee.processor_fee, currency);
	}
	if (l->tx == NULL || l->state == FEE_LINE_TWICE)
		jsonw_text(w, "why", l->tx == NULL ? "unknown" : "twice");
	jsonw_end_object(w);
}

static void
write_lines(struct review *v, const char *key, enum fee_line_state state,
    enum fee_line_state or)
{
	struct jsonw *w = &v->cli->w;

	jsonw_array(w, key);
	for (const struct fee_line *l = v->report.lines; l != NULL;
	    l = l->next)
		if (l->state == state || l->state == or)
			write_line(w, l);
	jsonw_end_array(w);
}

static void
write_ours(void *arg, const struct tx *tx)
{
	struct review *v = arg;
	struct jsonw *w = &v->cli->w;

	v->ours_only++;
	jsonw_object(w, NULL);
	jsonw_text(w, "clive_tx_id", tx->clive_tx_id);
	jsonw_text(w, "reference", tx->processor_ref);
	jsonw_time(w, "created_at", tx->created_at);
	jsonw_money(w, "amount", tx->amount.minor, tx->amount.currency);
	jsonw_text(w, "currency", tx->amount.currency);
	jsonw_money(w, "our_fee", tx->fee.processor_fee,
	    tx->amount.currency);
	jsonw_end_object(w);
}

static void
add_up(struct review *v)
{
	memset(v->totals, 0, sizeof(v->totals));
	for (const struct fee_line *l = v->report.lines; l != NULL;
	    l = l->next) {
		int i = 0;

		if (!has_fee(l) || l->state == FEE_LINE_TWICE)
			continue;
		while (i < CURRENCIES_MAX - 1 && v->totals[i].lines > 0 &&
		    strcmp(v->totals[i].currency, l->amount.currency) != 0)
			i++;
		struct total *t = &v->totals[i];
		memcpy(t->currency, l->amount.currency, sizeof(t->currency));
		t->lines++;
		t->actual += l->fee;
		t->computed += l->tx->fee.processor_fee;
	}
}

static void
write_totals(struct review *v)
{
	struct jsonw *w = &v->cli->w;

	jsonw_array(w, "fees");
	for (int i = 0; i < CURRENCIES_MAX && v->totals[i].lines > 0; i++) {
		const struct total *t = &v->totals[i];
		jsonw_object(w, NULL);
		jsonw_text(w, "currency", t->currency);
		jsonw_int(w, "payments", t->lines);
		jsonw_money(w, "actual", t->actual, t->currency);
		jsonw_money(w, "computed", t->computed, t->currency);
		jsonw_money(w, "difference", t->actual - t->computed,
		    t->currency);
		jsonw_end_object(w);
	}
	jsonw_end_array(w);
}

static int64_t
count(const struct review *v, enum fee_line_state state)
{
	int64_t n = 0;

	for (const struct fee_line *l = v->report.lines; l != NULL;
	    l = l->next)
		n += l->state == state;
	return n;
}

static void
write_review(struct review *v, struct conn *c)
{
	struct jsonw *w = &v->cli->w;

	v->ours_only = 0;
	add_up(v);
	jsonw_object(w, NULL);
	jsonw_text(w, "processor", v->report.processor);
	write_lines(v, "matched", FEE_LINE_MATCHED, FEE_LINE_MATCHED);
	write_lines(v, "differ", FEE_LINE_DIFFERS, FEE_LINE_DIFFERS);
	jsonw_array(w, "ours_only");
	fee_report_missing(c, v->cli->arena, &v->report, v->from, v->to,
	    write_ours, v);
	jsonw_end_array(w);
	write_lines(v, "theirs_only", FEE_LINE_UNKNOWN, FEE_LINE_TWICE);
	write_totals(v);
	jsonw_object(w, "counts");
	jsonw_int(w, "lines", v->report.n);
	jsonw_int(w, "other_lines", v->report.other);
	jsonw_int(w, "matched", count(v, FEE_LINE_MATCHED));
	jsonw_int(w, "differ", count(v, FEE_LINE_DIFFERS));
	jsonw_int(w, "ours_only", v->ours_only);
	jsonw_int(w, "theirs_only", count(v, FEE_LINE_UNKNOWN) +
	    count(v, FEE_LINE_TWICE));
	jsonw_end_object(w);
	if (v->recorded >= 0)
		jsonw_int(w, "recorded", v->recorded);
	jsonw_end_object(w);
}

static bool
record(struct cli *cli, struct conn *c, void *arg)
{
	struct review *v = arg;

	v->recorded = fee_report_record(c, clock_now(), &v->report,
	    cli->argument, cli->actor);
	write_review(v, c);
	return conn_failed(c) == NULL;
}

/* Which of our payments should be in the file: as long as its lines go. */
static bool
take_range(struct cli *cli, struct review *v)
{
	int64_t now = clock_now();

	v->from = v->report.from;
	v->to = v->report.to > 0 ? v->report.to : INT64_MAX;
	return cli_moment(cli, "from", now, &v->from) &&
	    cli_moment(cli, "to", now, &v->to);
}

bool
run_reconcile_report(struct cli *cli)
{
	struct review v = { .cli = cli, .recorded = -1,
	    .report = { .processor = cli_get(cli, "processor"),
	    .live = cli->setup.conf.live } };

	if (provider_find(v.report.processor) == NULL)
		return cli_fail(cli, "--processor: there is none called %s",
		    v.report.processor);
	if (!read_file(cli, &v.report) || !take_range(cli, &v))
		return false;
	if (!fee_report_match(cli->setup.conn, cli->arena, &v.report))
		return cli_read_well(cli);
	if (cli_get(cli, "record") != NULL)
		return cli_txn(cli, record, &v);
	write_review(&v, cli->setup.conn);
	return cli_read_well(cli);
}
