/* SPDX-License-Identifier: ISC */
/*
 * verify.c - `clive verify`: does everything that is written still agree?
 * The file with its own structure, the rows with each other, the audit log
 * with its hashes, the payments with their ledger and their refunds, the
 * wallets with what was moved between them.
 */
#include "cli.h"

#include <string.h>

#include "audit.h"
#include "ledger.h"
#include "refund.h"
#include "settlement.h"
#include "sig.h"
#include "verify.h"
#include "wallet.h"

struct verdict {
	struct verify_file	file;
	struct audit_report	audit;
	struct ledger_report	ledger;
	struct refund_report	refunds;
	struct wallet_report	wallets;
	struct settlement_report settlements;
	bool			audit_good, ledger_good, refunds_good;
	bool			wallets_good, settlements_good;
	int64_t			checkpoint_seq;		/* 0: none given */
	char			checkpoint_hash[SHA256_HEX_SIZE];
};

/* SQLite's own checks: the file, then rows that point at nothing. */
void
verify_database(struct conn *c, struct verify_file *f)
{
	f->good = true;
	snprintf(f->words, sizeof(f->words), "ok");
	struct rows *r = conn_rows(c, SQL_INTEGRITY, "");
	if (row_next(r) && strcmp(row_text(r, 0), "ok") != 0) {
		f->good = false;
		snprintf(f->words, sizeof(f->words), "%s", row_text(r, 0));
	}
	row_done(r);
	r = conn_rows(c, SQL_FOREIGN_KEYS, "");
	if (f->good && row_next(r)) {
		f->good = false;
		snprintf(f->words, sizeof(f->words), "a row of %s names a "
		    "row of %s that does not exist", row_text(r, 0),
		    row_text(r, 2));
	}
	row_done(r);
	if (conn_failed(c) != NULL) {
		f->good = false;
		snprintf(f->words, sizeof(f->words), "%s", conn_failed(c));
	}
}

static bool
take_checkpoint(struct cli *cli, struct verdict *v)
{
	const char *text = cli_get(cli, "checkpoint");
	uint8_t hash[SHA256_SIZE];
	size_t digits;

	if (text == NULL)
		return true;
	digits = strspn(text, "0123456789");
	if (digits == 0 || digits > 15 || text[digits] != ':' ||
	    !hex_decode(text + digits + 1, strlen(text + digits + 1), hash,
	    sizeof(hash)))
		return cli_fail(cli, "--checkpoint: must be a number, a colon "
		    "and 64 hex digits, as `clive verify` prints them");
	for (size_t i = 0; i < digits; i++)
		v->checkpoint_seq = v->checkpoint_seq * 10 + (text[i] - '0');
	hex_encode(hash, sizeof(hash), v->checkpoint_hash);
	return v->checkpoint_seq > 0 ||
	    cli_fail(cli, "--checkpoint: the first number is 1");
}

static void
number_or_null(struct jsonw *w, const char *key, int64_t n)
{
	if (n == 0)
		jsonw_null(w, key);
	else
		jsonw_int(w, key, n);
}

static void
write_verdict(struct jsonw *w, const struct verdict *v, bool good)
{
	jsonw_object(w, NULL);
	jsonw_bool(w, "ok", good);
	jsonw_object(w, "audit");
	jsonw_int(w, "rows", v->audit.rows);
	jsonw_int(w, "head_seq", v->audit.head_seq);
	jsonw_text(w, "head_hash", v->audit.head_hash);
	number_or_null(w, "first_bad", v->audit.first_bad);
	if (v->checkpoint_seq > 0)
		jsonw_bool(w, "checkpoint_met", v->audit.checkpoint_met);
	jsonw_end_object(w);
	jsonw_object(w, "ledger");
	jsonw_int(w, "entries", v->ledger.entries);
	jsonw_int(w, "payments", v->ledger.payments);
	jsonw_int(w, "bad_payments", v->ledger.bad_payments);
	jsonw_text(w, "first_bad", v->ledger.bad_payments > 0 ?
	    v->ledger.first_bad : NULL);
	jsonw_end_object(w);
	jsonw_object(w, "refunds");
	jsonw_int(w, "refunds", v->refunds.refunds);
	jsonw_int(w, "bad_payments", v->refunds.bad_payments);
	jsonw_text(w, "first_bad", v->refunds.bad_payments > 0 ?
	    v->refunds.first_bad : NULL);
	jsonw_end_object(w);
	jsonw_object(w, "wallets");
	jsonw_int(w, "wallets", v->wallets.wallets);
	jsonw_int(w, "transfers", v->wallets.transfers);
	jsonw_int(w, "bad", v->wallets.bad);
	jsonw_text(w, "first_bad", v->wallets.bad > 0 ?
	    v->wallets.first_bad : NULL);
	jsonw_end_object(w);
	jsonw_object(w, "settlements");
	jsonw_int(w, "batches", v->settlements.batches);
	jsonw_int(w, "bad", v->settlements.bad);
	jsonw_text(w, "first_bad", v->settlements.bad > 0 ?
	    v->settlements.first_bad : NULL);
	jsonw_end_object(w);
	jsonw_text(w, "database", v->file.words);
	jsonw_end_object(w);
}

/* The gravest finding, in one sentence. */
static bool
refuse(struct cli *cli, const struct verdict *v)
{
	if (v->audit.first_bad > 0)
		return cli_fail(cli, "the audit log was altered: row %lld is "
		    "the first that is changed or missing",
		    (long long)v->audit.first_bad);
	if (v->checkpoint_seq > 0 && !v->audit.checkpoint_met)
		return cli_fail(cli, "the audit log was rewritten: row %lld "
		    "is not the one of the checkpoint",
		    (long long)v->checkpoint_seq);
	if (v->ledger.bad_payments > 0)
		return cli_fail(cli, "%lld payment(s) disagree with their "
		    "ledger entries, the first is %s",
		    (long long)v->ledger.bad_payments, v->ledger.first_bad);
	if (v->refunds.bad_payments > 0)
		return cli_fail(cli, "%lld payment(s) disagree with their "
		    "refunds, the first is %s",
		    (long long)v->refunds.bad_payments,
		    v->refunds.first_bad);
	if (v->wallets.bad > 0)
		return cli_fail(cli, "%lld finding(s) in the wallets, the "
		    "first is %s", (long long)v->wallets.bad,
		    v->wallets.first_bad);
	if (v->settlements.bad > 0)
		return cli_fail(cli, "%lld settlement batch(es) disagree with "
		    "their payments or payouts, the first is %s",
		    (long long)v->settlements.bad, v->settlements.first_bad);
	return cli_fail(cli, "the database is damaged: %s", v->file.words);
}

static bool
judge(struct conn *c, struct verdict *v)
{
	/* One view, or a commit in between would look like an alteration. */
	conn_savepoint(c);
	v->audit_good = audit_verify(c, v->checkpoint_seq,
	    v->checkpoint_hash, &v->audit);
	v->ledger_good = ledger_verify(c, &v->ledger);
	v->refunds_good = refund_verify(c, &v->refunds);
	v->wallets_good = wallet_verify(c, &v->wallets);
	v->settlements_good = settlement_verify(c, &v->settlements);
	verify_database(c, &v->file);
	conn_rollback(c);
	return v->audit_good && v->ledger_good && v->refunds_good &&
	    v->wallets_good && v->settlements_good && v->file.good;
}

bool
verify_all(struct cli *cli, struct conn *c, struct audit_report *audit)
{
	struct verdict v = { .checkpoint_seq = 0 };
	bool good = judge(c, &v);

	*audit = v.audit;
	return good || refuse(cli, &v);
}

bool
run_verify(struct cli *cli)
{
	struct verdict v = { .checkpoint_seq = 0 };

	if (!take_checkpoint(cli, &v))
		return false;
	bool good = judge(cli->setup.conn, &v);
	write_verdict(&cli->w, &v, good);
	return good || refuse(cli, &v);
}
