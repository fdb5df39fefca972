/* SPDX-License-Identifier: ISC */
/*
 * seed-deliveries.c - a data directory with webhooks that are due.
 *
 *	seed-deliveries n secret < urls
 *
 * Makes CLIVE_VAR with a partner and an endpoint for each URL (one a line,
 * all with the same secret) and n payments, dealt out in turn and paid, each
 * of which leaves an event and a due delivery. Everything is written by the
 * library, as a gateway at work writes it. Prints SQLite's version.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "outbox.h"
#include "partner.h"
#include "setup.h"
#include "shared.h"
#include "tx.h"
#include "webhook.h"

#define ACTOR "cli:bench"

enum { PAGE = 500, PARTNERS_MAX = 1000 };

static struct setup setup;
static struct arena *arena;
static const char *secret;
static size_t partners;

struct page {
	int64_t	first, n;
};

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "seed-deliveries: %s\n", what);
	exit(1);
}

static const char *
partner_name(size_t i)
{
	return arena_printf(arena, "PARTNER%04zu", i);
}

/* A partner with a client and an endpoint. */
static const struct fault *
add_partner(struct conn *c, void *arg)
{
	struct partner p = { .partner_id = partner_name(partners),
	    .legal_name = "Echezona", .status = "active",
	    .kyc_status = "approved", .fee_ppm = 35000 };
	struct client client = { .client_id = "AIRPEACE001",
	    .legal_name = "Air Peace", .status = "active", .fee_ppm = -1,
	    .fee_flat_cents = -1 };
	struct webhook w = { .partner_id = p.partner_id, .api = "clive",
	    .secret = secret, .settings = { .name = "bench", .url = arg,
	    .events = outbox_event_types } };
	int64_t now = clock_now();

	const char *wrong = schedule_parse("clive", &setup.conf,
	    &w.settings.schedule);
	if (wrong != NULL)
		die(wrong);
	if (!partner_add(c, &p, now, ACTOR))
		die("the partner is there already");
	const struct fault *fault = client_add(c, &p, &client, arena, now,
	    ACTOR);
	if (fault != NULL)
		return fault;
	wrong = webhook_add(c, setup.vault, &setup.conf, &w, now, ACTOR);
	if (wrong != NULL)
		die(wrong);
	return NULL;
}

/* A payment as a partner's shop makes it, from its opening to its success. */
static void
pay(struct conn *c, int64_t i)
{
	char *meta = arena_printf(arena, "{\"order\":\"%010" PRId64 "\","
	    "\"cabin\":\"economy\",\"route\":\"LOS-ABV\",\"passengers\":2,"
	    "\"channel\":\"web\"}", i);
	struct tx tx = { .partner_id = partner_name((size_t)i % partners),
	    .client_id = "AIRPEACE001",
	    .amount = { .minor = 75000, .currency = "USD" },
	    .echezona_reference = arena_printf(arena, "EZ%08" PRId64, i),
	    .meta = meta, .processor = "stripe" };
	int64_t now = clock_now();

	tx_open(c, arena, now, &tx, (struct slice){ meta, strlen(meta) },
	    ACTOR);
	if (tx_attach(c, arena, now, &tx, arena_printf(arena, "pi_%s",
	    tx.clive_tx_id), ACTOR) != TX_ATTACH_DONE ||
	    !tx_move(c, arena, now, &tx, TX_SUCCEEDED, ACTOR))
		die("the payment does not move");
}

static const struct fault *
add_payments(struct conn *c, void *arg)
{
	const struct page *page = arg;

	for (int64_t i = 0; i < page->n; i++)
		pay(c, page->first + i);
	return NULL;
}

static void
txn(db_callback *fn, void *arg)
{
	const struct fault *fault = db_txn(setup.db, fn, arg);

	if (fault != NULL)
		die(fault->text);
	arena_reset(arena);
}

static void
add_partners(void)
{
	char url[2048];

	while (fgets(url, sizeof(url), stdin) != NULL) {
		url[strcspn(url, "\n")] = '\0';
		if (partners == PARTNERS_MAX)
			die("too many URLs");
		txn(add_partner, url);
		partners++;
	}
	if (partners == 0)
		die("no URL");
}

int
main(int argc, char **argv)
{
	char why[CONF_PATH_MAX + 128];
	int64_t n = argc == 3 ? strtoll(argv[1], NULL, 10) : 0;

	if (n < 1 || getenv("CLIVE_VAR") == NULL)
		die("usage: CLIVE_VAR=... seed-deliveries n secret < urls");
	secret = argv[2];
	if (!setup_var(getenv("CLIVE_VAR"), false, "http://localhost:4390",
	    "whsec_bench", why, sizeof(why)) ||
	    !setup_open(&setup, why, sizeof(why)))
		die(why);
	arena = arena_new();
	add_partners();
	for (int64_t i = 0; i < n; i += PAGE) {
		struct page page = { i, n - i < PAGE ? n - i : PAGE };
		txn(add_payments, &page);
	}
	arena_free(arena);
	setup_close(&setup);
	puts(sqlite3_libversion());
	return 0;
}
