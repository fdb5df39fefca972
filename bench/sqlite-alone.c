/* SPDX-License-Identifier: ISC */
/*
 * sqlite-alone.c - SQLite without anything around it: the rows that a
 * request to initialize leaves, written as fast as it can.
 *
 *	sqlite-alone DATABASE N BATCH
 *
 * Writes N payments with their audit event and idempotency row, BATCH to a
 * commit, with synchronous=FULL, and prints how many a second. The hashes are
 * not computed: zeros weigh the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sqlite3.h>

static sqlite3 *db;

static _Noreturn void
die(void)
{
	fprintf(stderr, "sqlite-alone: %s\n", sqlite3_errmsg(db));
	exit(1);
}

static void
run(const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die();
}

static sqlite3_stmt *
prepare(const char *sql)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt,
	    NULL) != SQLITE_OK)
		die();
	return stmt;
}

static void
step(sqlite3_stmt *stmt)
{
	if (sqlite3_step(stmt) != SQLITE_DONE)
		die();
	sqlite3_reset(stmt);
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	char id[40], key[40];

	if (argc != 4)
		return 64;
	long n = strtol(argv[2], NULL, 10), batch = strtol(argv[3], NULL, 10);
	if (n < 1 || batch < 1 ||
	    sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		die();
	run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	    "PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 4000");
	sqlite3_stmt *tx = prepare("INSERT INTO tx (clive_tx_id, partner_id, "
	    "client_id, amount, currency, echezona_reference, meta, status, "
	    "processor, settlement_status, created_at, updated_at) VALUES "
	    "($1, 'ECHEZONA001', 'AIRPEACE001', 75000, 'USD', $2, "
	    "'{\"order_id\":\"A-1001\"}', 'initialized', 'stripe', "
	    "'unsettled', 1764000000000, 1764000000000)");
	sqlite3_stmt *audit = prepare("INSERT INTO audit_event (seq, at, "
	    "actor, action, subject, detail, hash) VALUES ((SELECT "
	    "coalesce(max(seq), 0) + 1 FROM audit_event), 1764000000000, "
	    "'key:key_01KAVN0000ABCDEFGHJKMNPQRS', "
	    "'transaction.initialized', $1, "
	    "'{\"amount\":750.00,\"currency\":\"USD\"}', zeroblob(32))");
	sqlite3_stmt *head = prepare("UPDATE audit_head SET seq = seq + 1, "
	    "hash = zeroblob(32)");
	sqlite3_stmt *idem = prepare("INSERT INTO idempotency (day, owner, "
	    "path, idempotency_key, body_hash, status, answer, created_at) "
	    "VALUES (20416, 'ECHEZONA001', '/api/v1/transactions/initialize', "
	    "$2, zeroblob(32), 201, '{\"clive_tx_id\":\"' || $1 || '\","
	    "\"status\":\"initialized\"}', 1764000000000)");
	sqlite3_stmt *each[] = { tx, audit, head, idem };

	double start = seconds();
	for (long i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "CLVTX_%013ld_%09ld",
		    1764000000000 + i / 1000, i % 1000);
		snprintf(key, sizeof(key), "k-%09ld", i);
		if (i % batch == 0)
			run("BEGIN IMMEDIATE");
		for (size_t k = 0; k < sizeof(each) / sizeof(each[0]); k++) {
			if (sqlite3_bind_parameter_count(each[k]) > 0)
				sqlite3_bind_text(each[k], 1, each[k] == idem ?
				    key : id, -1, SQLITE_STATIC);
			if (sqlite3_bind_parameter_count(each[k]) > 1)
				sqlite3_bind_text(each[k], 2, each[k] == idem ?
				    id : key, -1, SQLITE_STATIC);
			step(each[k]);
		}
		if ((i + 1) % batch == 0 || i + 1 == n)
			run("COMMIT");
	}
	printf("%.0f\n", (double)n / (seconds() - start));
	return 0;
}
