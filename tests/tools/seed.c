/* SPDX-License-Identifier: ISC */
/*
 * seed.c - makes and looks at data for tests/cron-test.
 *
 *	seed init [--live] [key=value ...] a data directory, partner, client
 *	seed endpoint URL [key=value ...]  an endpoint: name, pauses (ms between
 *					   commas), rate, parallel, ordered,
 *					   events (between commas), prove
 *	seed pay N [meta]                  N succeeded payments, one commit
 *	seed open N                        N payments left initialized
 *	seed advance MS                    moves the sandbox clock
 *	seed disable ID                    switches an endpoint off
 *	seed lock MS                       keeps all writers out for a while
 *	seed query SQL                     rows as an array of objects
 *
 * The directory is CLIVE_VAR. Everything prints one JSON document.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <sqlite3.h>

#include "partner.h"
#include "setup.h"
#include "shared.h"
#include "tx.h"
#include "webhook.h"

#define PARTNER "ECHEZONA001"
#define CLIENT "AIRPEACE001"
#define ACTOR "cli:seed"

static struct setup setup;
static struct arena *arena;
static int64_t now;

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "seed: %s\n", what);
	exit(1);
}

static void
print(cJSON *json)
{
	char *text = cJSON_PrintUnformatted(json);

	puts(text);
	cJSON_free(text);
	cJSON_Delete(json);
}

static void
txn(db_callback *fn, void *arg)
{
	const struct fault *fault = db_txn(setup.db, fn, arg);

	if (fault != NULL)
		die(fault->text);
}

static int64_t
number(const char *text)
{
	char *end;

	errno = 0;
	long long n = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0')
		die("not a number");
	return n;
}

static const struct fault *
add_partner(struct conn *c, void *arg)
{
	struct partner p = { .partner_id = PARTNER, .legal_name = "Echezona",
	    .status = "active", .kyc_status = "approved", .fee_ppm = 35000 };
	struct client client = { .client_id = CLIENT,
	    .legal_name = "Air Peace", .status = "active", .fee_ppm = -1,
	    .fee_flat_cents = -1 };

	(void)arg;
	if (!partner_add(c, &p, now, ACTOR))
		die("the partner is there already");
	return client_add(c, &p, &client, arena, now, ACTOR);
}

/* Replaces the lines of the keys given, keeps the others. */
static void
change_settings(char **pairs, int n)
{
	char path[CONF_PATH_MAX], *text = NULL;
	size_t size = 0;
	struct conf conf = { .live = false };

	snprintf(conf.var, sizeof(conf.var), "%s", getenv("CLIVE_VAR"));
	conf_path(&conf, "clive.conf", path);
	FILE *f = fopen(path, "r"), *out = open_memstream(&text, &size);
	char line[1024];
	if (f == NULL || out == NULL)
		die("clive.conf cannot be read");
	while (fgets(line, sizeof(line), f) != NULL) {
		bool replaced = false;
		for (int i = 0; i < n; i++) {
			size_t key = strcspn(pairs[i], " =");
			if (strncmp(line, pairs[i], key) == 0 &&
			    line[key] == ' ')
				replaced = true;
		}
		if (!replaced)
			fputs(line, out);
	}
	fclose(f);
	for (int i = 0; i < n; i++)
		fprintf(out, "%s\n", pairs[i]);
	fclose(out);
	f = fopen(path, "w");
	if (f == NULL || fwrite(text, 1, size, f) != size || fclose(f) != 0)
		die("clive.conf cannot be written");
	free(text);
}

static void
init(int argc, char **argv)
{
	char why[CONF_PATH_MAX + 128];
	bool live = argc > 0 && strcmp(argv[0], "--live") == 0;

	if (live) {
		argc--;
		argv++;
	}
	if (!setup_var(getenv("CLIVE_VAR"), live, "http://localhost:4390",
	    "whsec_seed", why, sizeof(why)))
		die(why);
	change_settings(argv, argc);
}

static const struct fault *
add_endpoint(struct conn *c, void *arg)
{
	const char *wrong = webhook_add(c, setup.vault, &setup.conf, arg, now,
	    ACTOR);

	if (wrong != NULL)
		die(wrong);
	return NULL;
}

/* Cuts a list at its commas; the array ends with NULL. */
static const char **
split(char *list)
{
	const char **parts = arena_alloc(arena, (strlen(list) + 2) *
	    sizeof(*parts));
	size_t n = 0;

	for (char *part; (part = strsep(&list, ",")) != NULL; )
		parts[n++] = part;
	return parts;
}

static void
set(struct webhook *w, char *key)
{
	char *value = strchr(key, '=');

	if (value == NULL)
		die("an endpoint's settings are key=value");
	*value++ = '\0';
	if (strcmp(key, "name") == 0)
		w->settings.name = value;
	else if (strcmp(key, "pauses") == 0)
		schedule_read(value, &w->settings.schedule);
	else if (strcmp(key, "rate") == 0)
		w->settings.rate_limit = number(value);
	else if (strcmp(key, "parallel") == 0)
		w->settings.max_parallel = number(value);
	else if (strcmp(key, "ordered") == 0)
		w->settings.ordered = number(value) == 1;
	else if (strcmp(key, "prove") == 0)
		w->prove = number(value) == 1;
	else if (strcmp(key, "events") == 0)
		w->settings.events = split(value);
	else
		die("an endpoint has no such setting");
}

static cJSON *
endpoint(const char *url, int argc, char **argv)
{
	static const char *const events[] = { "transaction_succeeded",
	    "transaction_abandoned", NULL };
	char secret[64];
	struct webhook w = { .partner_id = PARTNER, .api = "clive",
	    .secret = secret, .settings = { .name = "test", .url = url,
	    .events = events } };

	schedule_parse("clive", &setup.conf, &w.settings.schedule);
	for (int i = 0; i < argc; i++)
		set(&w, argv[i]);
	webhook_make_secret(secret);
	txn(add_endpoint, &w);
	cJSON *json = cJSON_CreateObject();
	cJSON_AddStringToObject(json, "id", w.id);
	cJSON_AddStringToObject(json, "secret", secret);
	return json;
}

struct payments {
	int64_t		 n;
	bool		 paid;
	const char	*meta;
	cJSON		*ids;
};

static const struct fault *
add_payments(struct conn *c, void *arg)
{
	struct payments *p = arg;
	struct slice meta = { p->meta, p->meta != NULL ? strlen(p->meta) : 0 };

	for (int64_t i = 0; i < p->n; i++) {
		struct tx tx = { .partner_id = PARTNER, .client_id = CLIENT,
		    .amount = { .minor = 75000, .currency = "USD" },
		    .echezona_reference = "EZ12345", .meta = p->meta,
		    .processor = "stripe" };
		tx_open(c, arena, now, &tx, meta, ACTOR);
		cJSON_AddItemToArray(p->ids,
		    cJSON_CreateString(tx.clive_tx_id));
		if (!p->paid)
			continue;
		if (tx_attach(c, arena, now, &tx, arena_printf(arena,
		    "pi_%s", tx.clive_tx_id), ACTOR) != TX_ATTACH_DONE ||
		    !tx_move(c, arena, now, &tx, TX_SUCCEEDED, ACTOR))
			die("the payment does not move");
	}
	return NULL;
}

static cJSON *
payments(int64_t n, bool paid, const char *meta)
{
	struct payments p = { n, paid, meta, cJSON_CreateArray() };

	txn(add_payments, &p);
	cJSON *json = cJSON_CreateObject();
	cJSON_AddItemToObject(json, "tx", p.ids);
	return json;
}

static const struct fault *
disable(struct conn *c, void *arg)
{
	if (!webhook_disable(c, arg, "operator", now, ACTOR))
		die("there is no such endpoint");
	return NULL;
}

static cJSON *
value(sqlite3_stmt *stmt, int i)
{
	switch (sqlite3_column_type(stmt, i)) {
	case SQLITE_NULL:
		return cJSON_CreateNull();
	case SQLITE_INTEGER:
		return cJSON_CreateNumber((double)sqlite3_column_int64(stmt,
		    i));
	default:
		return cJSON_CreateString((const char *)sqlite3_column_text(
		    stmt, i));
	}
}

static sqlite3 *
open_raw(void)
{
	char path[CONF_PATH_MAX];
	sqlite3 *db;

	if (sqlite3_open(conf_path(&setup.conf, "db/clive.db", path), &db) !=
	    SQLITE_OK || sqlite3_busy_timeout(db, 5000) != SQLITE_OK)
		die(sqlite3_errmsg(db));
	return db;
}

/* As a stuck program would, past the gate that our own writers queue at. */
static void
lock(int64_t ms)
{
	sqlite3 *db = open_raw();

	if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(db));
	puts("{\"locked\":true}");
	fflush(stdout);
	sqlite3_sleep((int)ms);
	sqlite3_close(db);
	exit(0);
}

static cJSON *
query(const char *sql)
{
	cJSON *rows = cJSON_CreateArray();
	sqlite3 *db = open_raw();
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(db));
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		cJSON *row = cJSON_CreateObject();
		for (int i = 0; i < sqlite3_column_count(stmt); i++)
			cJSON_AddItemToObject(row,
			    sqlite3_column_name(stmt, i), value(stmt, i));
		cJSON_AddItemToArray(rows, row);
	}
	if (sqlite3_finalize(stmt) != SQLITE_OK)
		die(sqlite3_errmsg(db));
	sqlite3_close(db);
	return rows;
}

static cJSON *
run(int argc, char **argv)
{
	const char *verb = argv[0];
	cJSON *json = NULL;

	if (strcmp(verb, "endpoint") == 0 && argc >= 2)
		json = endpoint(argv[1], argc - 2, argv + 2);
	else if (strcmp(verb, "pay") == 0 && argc >= 2)
		json = payments(number(argv[1]), true, argc > 2 ? argv[2] :
		    NULL);
	else if (strcmp(verb, "open") == 0 && argc == 2)
		json = payments(number(argv[1]), false, NULL);
	else if (strcmp(verb, "query") == 0 && argc == 2)
		json = query(argv[1]);
	else if (strcmp(verb, "lock") == 0 && argc == 2)
		lock(number(argv[1]));
	else if (strcmp(verb, "disable") == 0 && argc == 2)
		txn(disable, argv[1]);
	else if (strcmp(verb, "advance") != 0 || argc != 2 ||
	    !clock_advance(number(argv[1])))
		die("bad usage");
	return json != NULL ? json : cJSON_CreateObject();
}

int
main(int argc, char **argv)
{
	char why[CONF_PATH_MAX + 128];
	bool fresh = argc > 1 && strcmp(argv[1], "init") == 0;

	if (argc < 2 || getenv("CLIVE_VAR") == NULL)
		die("bad usage");
	if (fresh)
		init(argc - 2, argv + 2);
	if (!setup_open(&setup, why, sizeof(why)))
		die(why);
	arena = arena_new();
	now = clock_now();
	if (fresh)
		txn(add_partner, NULL);
	print(fresh ? cJSON_CreateObject() : run(argc - 1, argv + 1));
	arena_free(arena);
	setup_close(&setup);
	return 0;
}
