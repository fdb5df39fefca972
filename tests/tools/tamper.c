/* SPDX-License-Identifier: ISC */
/*
 * tamper.c - what somebody with the database file could do.
 *
 *	tamper FILE SQL
 *
 * Runs statements past all our code. The triggers that keep ledger, audit
 * log and wallets append-only are taken away before and put back after.
 */
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

static const char drop[] =
    "DROP TRIGGER IF EXISTS ledger_entry_is_final_update;"
    "DROP TRIGGER IF EXISTS ledger_entry_is_final_delete;"
    "DROP TRIGGER IF EXISTS audit_event_is_final_update;"
    "DROP TRIGGER IF EXISTS audit_event_is_final_delete;"
    "DROP TRIGGER IF EXISTS wallet_transfer_is_final_update;"
    "DROP TRIGGER IF EXISTS wallet_transfer_is_final_delete;";

static int
run(sqlite3 *db, const char *sql)
{
	char *why = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &why) == SQLITE_OK)
		return 0;
	fprintf(stderr, "tamper: %s\n", why);
	sqlite3_free(why);
	return 1;
}

/* Collects the statements that made the triggers. */
static int
keep(void *arg, int columns, char **values, char **names)
{
	char *text = arg;
	size_t n = strlen(text);

	(void)columns;
	(void)names;
	snprintf(text + n, 4096 - n, "%s;", values[0]);
	return 0;
}

int
main(int argc, char **argv)
{
	char triggers[4096] = "";
	sqlite3 *db;

	if (argc != 3) {
		fprintf(stderr, "usage: tamper FILE SQL\n");
		return 64;
	}
	if (sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READWRITE, NULL) !=
	    SQLITE_OK) {
		fprintf(stderr, "tamper: %s\n", sqlite3_errmsg(db));
		return 1;
	}
	sqlite3_exec(db, "SELECT sql FROM sqlite_schema WHERE type = "
	    "'trigger'", keep, triggers, NULL);
	int rc = run(db, drop) || run(db, argv[2]) || run(db, triggers);
	sqlite3_close(db);
	return rc;
}
