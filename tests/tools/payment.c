/* SPDX-License-Identifier: ISC */
/*
 * payment.c - a payment without a web server, for tests of the command.
 *
 *	payment PARTNER CLIENT REFERENCE MINOR CURRENCY [INTENT]
 *
 * Opens a payment in $CLIVE_VAR and prints its name; with an intent it is
 * attached to it and succeeds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "setup.h"
#include "shared.h"
#include "tx.h"

struct order {
	struct tx	 tx;
	const char	*intent;
	struct arena	*arena;
};

static const struct fault *
pay(struct conn *c, void *arg)
{
	static const char meta[] = "{\"note\":\"1.10\",\"n\":1.10}";
	struct order *o = arg;
	int64_t now = clock_now();
	struct slice text = { meta, sizeof(meta) - 1 };

	tx_open(c, o->arena, now, &o->tx, text, "key:test");
	if (o->intent == NULL)
		return NULL;
	struct tx *tx = tx_find(c, o->arena, o->tx.clive_tx_id);
	if (tx == NULL || tx_attach(c, o->arena, now + 1, tx, o->intent,
	    "key:test") != TX_ATTACH_DONE ||
	    !tx_move(c, o->arena, now + 2, tx, TX_SUCCEEDED,
	    "processor:stripe"))
		return &FAULT_INTERNAL;
	return NULL;
}

int
main(int argc, char **argv)
{
	struct order o = { .arena = arena_new() };
	struct setup s;
	char why[1024];

	if (argc < 6 || argc > 7) {
		fprintf(stderr, "usage: payment PARTNER CLIENT REFERENCE "
		    "MINOR CURRENCY [INTENT]\n");
		return 64;
	}
	if (!setup_open(&s, why, sizeof(why))) {
		fprintf(stderr, "payment: %s\n", why);
		return 1;
	}
	o.tx.partner_id = argv[1];
	o.tx.client_id = argv[2];
	o.tx.echezona_reference = argv[3];
	o.tx.amount.minor = strtoll(argv[4], NULL, 10);
	snprintf(o.tx.amount.currency, sizeof(o.tx.amount.currency), "%s",
	    argv[5]);
	o.tx.processor = "stripe";
	o.intent = argv[6];
	const struct fault *fault = db_txn(s.db, pay, &o);
	if (fault != NULL)
		fprintf(stderr, "payment: %s\n", fault->text);
	else
		printf("%s\n", o.tx.clive_tx_id);
	setup_close(&s);
	arena_free(o.arena);
	return fault != NULL;
}
