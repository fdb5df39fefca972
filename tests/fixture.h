/* SPDX-License-Identifier: ISC */
/*
 * fixture.h - a data directory for cmocka programs, and what lies in it.
 *
 * The directory is made once a program and goes at its end. Each case of
 * FIXTURE_CASE runs in one transaction of fx.conn, which is undone after it,
 * so cases neither see each other nor wait for the disk. Everything is
 * static inline: each program is linked alone.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "conf.h"
#include "conn.h"
#include "partner.h"
#include "setup.h"
#include "test.h"
#include "tx.h"
#include "vault.h"

#define FIXTURE_CASE(f) \
	cmocka_unit_test_setup_teardown(f, fixture_begin, fixture_end)

enum { FIXTURE_NOW_S = 1764000000 };
static const int64_t fixture_now = INT64_C(1000) * FIXTURE_NOW_S;

struct fixture {
	char		 var[64];	/* the data directory */
	pid_t		 owner;		/* the process that removes it */
	struct conf	 conf;
	struct vault	*vault;
	struct conn	*conn;		/* writes, in the case's transaction */
	struct arena	*arena;		/* emptied after each case */
};

static struct fixture fx;

static inline int
fixture_unlink(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void
fixture_remove(const char *folder)
{
	nftw(folder, fixture_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* Makes an empty folder of our own; path holds 64 bytes. */
static inline void
fixture_folder(char *path)
{
	snprintf(path, 64, "%s/clive-test.XXXXXX", P_tmpdir);
	if (mkdtemp(path) == NULL)
		fail_msg("no folder for the test");
}

static inline void
fixture_drop(void)
{
	if (fx.owner != getpid())
		return;
	conn_close(fx.conn);
	vault_close(fx.vault);
	if (fx.arena != NULL)
		arena_free(fx.arena);
	fixture_remove(fx.var);
}

/* A data directory in sandbox mode; once a program. */
static inline void
fixture_make(void)
{
	char why[512] = "", path[CONF_PATH_MAX];

	if (fx.owner != 0)
		return;
	fixture_folder(fx.var);
	fx.owner = getpid();
	atexit(fixture_drop);
	if (!setup_var(fx.var, false, "http://localhost:4390",
	    "whsec_0123456789abcdef", why, sizeof(why)) ||
	    !conf_read(fx.var, &fx.conf, why, sizeof(why)))
		fail_msg("%s", why);
	fx.vault = vault_open(conf_path(&fx.conf, "master.key", path), why,
	    sizeof(why));
	fx.conn = conn_open(conf_path(&fx.conf, "db/clive.db", path), false,
	    1000, why, sizeof(why));
	if (fx.vault == NULL || fx.conn == NULL)
		fail_msg("%s", why);
	fx.arena = arena_new();
}

/* A partner that may take payments. */
static inline void
fixture_partner(const char *partner_id, int64_t fee_ppm)
{
	const struct partner p = { .partner_id = partner_id,
	    .legal_name = "Echezona Ltd", .status = "active",
	    .kyc_status = "approved", .fee_ppm = fee_ppm };

	assert_true(partner_add(fx.conn, &p, fixture_now, "cli:test"));
}

/* A client of it; fees of its own, or -1. */
static inline void
fixture_client(const char *partner_id, const char *client_id,
    int64_t fee_ppm, int64_t flat_cents)
{
	const struct partner *p = partner_find(fx.conn, fx.arena, partner_id);
	struct client c = { .client_id = client_id,
	    .legal_name = "Air Peace", .status = "active",
	    .fee_ppm = fee_ppm, .fee_flat_cents = flat_cents };

	assert_non_null(p);
	assert_null(client_add(fx.conn, p, &c, fx.arena, fixture_now,
	    "cli:test"));
}

/* Opens a payment in state `initialized`. */
static inline struct tx *
fixture_tx(int64_t minor, const char *currency)
{
	struct tx *tx = arena_alloc(fx.arena, sizeof(*tx));
	static const char meta[] = "{\"a\":1.10}";

	tx->partner_id = "ECHEZONA001";
	tx->client_id = "AIRPEACE001";
	tx->amount.minor = minor;
	snprintf(tx->amount.currency, sizeof(tx->amount.currency), "%s",
	    currency);
	tx->echezona_reference = "EZ12345";
	tx->processor = "stripe";
	tx_open(fx.conn, fx.arena, fixture_now, tx,
	    (struct slice){ meta, strlen(meta) }, "key:test");
	assert_null(conn_failed(fx.conn));
	return tx_find(fx.conn, fx.arena, tx->clive_tx_id);
}

/* The same, attached to an intent: `pending`. */
static inline struct tx *
fixture_pending(int64_t minor, const char *currency, const char *intent)
{
	struct tx *tx = fixture_tx(minor, currency);

	assert_int_equal(tx_attach(fx.conn, fx.arena, fixture_now, tx, intent,
	    "key:test"), TX_ATTACH_DONE);
	return tx;
}

/* How many rows a statement with one text parameter has. */
static inline int
fixture_rows(enum sql sql, const char *parameter)
{
	struct rows *r = conn_rows(fx.conn, sql, "t", parameter);
	int n = 0;

	while (row_next(r))
		n++;
	assert_null(conn_failed(fx.conn));
	return n;
}

static inline int
fixture_begin(void **state)
{
	(void)state;
	fixture_make();
	conn_begin(fx.conn, false);
	fixture_partner("ECHEZONA001", 35000);
	fixture_client("ECHEZONA001", "AIRPEACE001", -1, -1);
	return conn_failed(fx.conn) == NULL ? 0 : -1;
}

static inline int
fixture_end(void **state)
{
	(void)state;
	conn_rollback(fx.conn);
	conn_forgive(fx.conn);
	arena_reset(fx.arena);
	return 0;
}

#endif
