/* SPDX-License-Identifier: ISC */
/*
 * seed-web.c - a data directory to measure requests on.
 *
 *	seed-web PENDING PAID [OLD]
 *
 * Makes CLIVE_VAR with partner ECHEZONA001, client AIRPEACE001, and payments:
 * PENDING ones that wait for Stripe's webhook, whose intents are
 * pi_bench_<number>, PAID ones with their ledger, and before them OLD ones that
 * were opened over the last year and left. Prints the ids of the
 * pending ones, a line each. Everything is written by the library.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "checkout.h"
#include "partner.h"
#include "setup.h"
#include "shared.h"
#include "tx.h"

#define ACTOR "cli:bench"

#define YEAR_MS (INT64_C(365) * 24 * 60 * 60 * 1000)

enum { PAGE = 500 };

static struct setup setup;
static struct arena *arena;

struct page {
	int64_t	first, n;
	bool	paid;
};

struct old {
	int64_t	start;		/* when the first was opened */
	int64_t	first, n, all;
};

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "seed-web: %s\n", what);
	exit(1);
}

static const struct fault *
add_partner(struct conn *c, void *arg)
{
	struct partner p = { .partner_id = "ECHEZONA001",
	    .legal_name = "Echezona", .status = "active",
	    .kyc_status = "approved", .fee_ppm = 35000 };
	struct client client = { .client_id = "AIRPEACE001",
	    .legal_name = "Air Peace", .status = "active", .fee_ppm = -1,
	    .fee_flat_cents = -1 };
	int64_t now = clock_now();

	(void)arg;
	if (!partner_add(c, &p, now, ACTOR))
		die("the partner is there already");
	return client_add(c, &p, &client, arena, now, ACTOR);
}

static const struct fault *
add_page(struct conn *c, void *arg)
{
	static const struct slice meta = { "{\"order_id\":\"A-1001\"}", 21 };
	const struct page *page = arg;
	int64_t now = clock_now();

	for (int64_t i = page->first; i < page->first + page->n; i++) {
		struct tx tx = {
			.partner_id = "ECHEZONA001", .client_id = "AIRPEACE001",
			.amount = { 75000, "USD" }, .processor = "stripe",
			.echezona_reference = arena_printf(arena,
			    "SEED%" PRId64, i),
		};
		tx_open(c, arena, now, &tx, meta, ACTOR);
		if (tx_attach(c, arena, now, &tx, arena_printf(arena,
		    "pi_bench_%s%" PRId64, page->paid ? "paid_" : "", i),
		    ACTOR) != TX_ATTACH_DONE)
			die("an intent is taken");
		if (!page->paid)
			printf("%s\n", tx.clive_tx_id);
		else if (!tx_move(c, arena, now, &tx, TX_SUCCEEDED, ACTOR))
			die("a payment could not be paid");
	}
	return NULL;
}

static const struct fault *
add_old_page(struct conn *c, void *arg)
{
	static const struct slice meta = { "{\"order_id\":\"A-1001\"}", 21 };
	const struct old *old = arg;
	int64_t step = YEAR_MS / old->all;

	for (int64_t i = old->first; i < old->first + old->n; i++) {
		struct tx tx = {
			.partner_id = "ECHEZONA001", .client_id = "AIRPEACE001",
			.amount = { 75000, "USD" }, .processor = "stripe",
			.echezona_reference = arena_printf(arena,
			    "OLD%" PRId64, i),
		};
		tx_open(c, arena, old->start + i * step, &tx, meta, ACTOR);
	}
	return NULL;
}

static void
add_old(int64_t n)
{
	struct old old = { .start = clock_now() - YEAR_MS, .all = n };

	for (; old.first < n; old.first += PAGE) {
		old.n = n - old.first < PAGE ? n - old.first : PAGE;
		if (db_txn(setup.db, add_old_page, &old) != NULL)
			die("the database refuses");
		arena_reset(arena);
	}
}

static void
add(int64_t n, bool paid)
{
	for (int64_t i = 0; i < n; i += PAGE) {
		struct page page = { i, n - i < PAGE ? n - i : PAGE, paid };
		if (db_txn(setup.db, add_page, &page) != NULL)
			die("the database refuses");
		arena_reset(arena);
	}
}

int
main(int argc, char **argv)
{
	char why[CONF_PATH_MAX + 128];

	if ((argc != 3 && argc != 4) || getenv("CLIVE_VAR") == NULL)
		die("usage: CLIVE_VAR=... seed-web PENDING PAID [OLD]");
	if (!setup_var(getenv("CLIVE_VAR"), false, "http://localhost:4390",
	    "whsec_bench", why, sizeof(why)) ||
	    !setup_open(&setup, why, sizeof(why)))
		die(why);
	arena = arena_new();
	if (db_txn(setup.db, add_partner, NULL) != NULL)
		die("the partner could not be made");
	if (argc == 4)
		add_old(strtoll(argv[3], NULL, 10));
	add(strtoll(argv[1], NULL, 10), false);
	add(strtoll(argv[2], NULL, 10), true);
	arena_free(arena);
	setup_close(&setup);
	return 0;
}
