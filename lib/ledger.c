/* SPDX-License-Identifier: ISC */
/* ledger.c - posting entries, and checking them against the payments. */
#include "ledger.h"

#include <stdio.h>
#include <string.h>

#include "id.h"

static const char *const kinds[] = {
	[LEDGER_CAPTURE] = "capture",
	[LEDGER_PROCESSOR_FEE] = "processor_fee",
	[LEDGER_PLATFORM_FEE] = "platform_fee",
	[LEDGER_REFUND] = "refund",
	[LEDGER_CHARGEBACK] = "chargeback",
};

void
ledger_post(struct conn *c, int64_t now, const struct tx *tx,
    enum ledger_kind kind, int64_t minor)
{
	const char *mode = tx->payments && !tx->live ? ":test" : "";
	char processor[80], partner[80], revenue[16], id[ID_SIZE];

	if (minor == 0)
		return;
	snprintf(processor, sizeof(processor), "processor:%s%s",
	    tx->processor, mode);
	snprintf(partner, sizeof(partner), "partner:%s%s", tx->partner_id,
	    mode);
	snprintf(revenue, sizeof(revenue), "revenue%s", mode);
	const char *debit = kind == LEDGER_CAPTURE ? processor : partner;
	const char *credit = kind == LEDGER_CAPTURE ? partner :
	    kind == LEDGER_PLATFORM_FEE ? revenue : processor;
	bool swap = minor < 0;
	conn_run(c, SQL_LEDGER_INSERT, "tttttiti",
	    id_make("le_", now, id), tx->clive_tx_id, kinds[kind],
	    swap ? credit : debit, swap ? debit : credit,
	    swap ? -minor : minor, tx->amount.currency, now);
}

void
ledger_post_payout(struct conn *c, int64_t now, const char *clive_tx_id,
    const char *partner_id, const char *rail, struct amount amount)
{
	char account[80], partner[80], id[ID_SIZE];
	bool swap = amount.minor < 0;

	if (amount.minor == 0)
		return;
	snprintf(account, sizeof(account), "rail:%s", rail);
	snprintf(partner, sizeof(partner), "partner:%s", partner_id);
	conn_run(c, SQL_LEDGER_INSERT, "tttttiti", id_make("le_", now, id),
	    clive_tx_id, "payout", swap ? account : partner,
	    swap ? partner : account, swap ? -amount.minor : amount.minor,
	    amount.currency, now);
}

bool
ledger_verify(struct conn *c, struct ledger_report *report)
{
	memset(report, 0, sizeof(*report));
	struct rows *r = conn_rows(c, SQL_LEDGER_COUNT, "");
	if (row_next(r))
		report->entries = row_int(r, 0);
	row_done(r);
	r = conn_rows(c, SQL_LEDGER_COMPARE, "");
	while (row_next(r)) {
		report->payments++;
		if (row_int(r, 1) != 0)
			continue;
		if (report->bad_payments++ == 0)
			snprintf(report->first_bad, sizeof(report->first_bad),
			    "%s", row_text(r, 0));
	}
	return report->bad_payments == 0 && conn_failed(c) == NULL;
}
