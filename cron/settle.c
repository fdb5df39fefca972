/* SPDX-License-Identifier: ISC */
/*
 * settle.c - the program that puts payments into settlement batches, and
 * pays them where that is wanted.
 *
 *	settle [-v] [--pay | --no-pay]
 *
 * Makes the batches of all partners from what was paid before the current UTC
 * day (lib/settlement.h), so once a night is enough. Where settle_pays is
 * yes, or with --pay, it then pays all batches that are pending. One that a
 * rail has refused before is left to a person.
 *
 * It may be killed at any time and started twice: the next run goes on, and
 * what a rail was asked without an answer cron/reconcile asks again.
 * Exit status: 0, 1 where the database refuses or a payout failed, 64 for bad
 * usage.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cron.h"
#include "log.h"
#include "settlement.h"

struct settle {
	struct cron	 cron;
	struct arena	*arena;		/* of one run, or one batch */
	bool		 pays;
	int64_t		 made, paid, failed;
};

static bool
make_batches(struct settle *s)
{
	struct settlement_run run = { .db = s->cron.setup.db,
	    .conn = s->cron.setup.conn, .arena = s->arena,
	    .actor = "cron:settle" };
	const struct fault *fault;

	do {
		arena_reset(s->arena);
		if ((fault = settlement_run(&run)) != NULL) {
			log_warn("run: %s", fault->text);
			return false;
		}
		s->made += (int64_t)run.n;
		cron_seen(&s->cron);
	} while (run.more && run.n > 0 && cron_is_owner(&s->cron));
	return true;
}

/* The next pending batch behind this one, in id; false: there is none. */
static bool
next_batch(struct settle *s, char id[ID_SIZE])
{
	struct rows *r = conn_rows(s->cron.setup.conn, SQL_BATCHES_PAYABLE,
	    "t", id);
	bool found = row_next(r);

	if (found)
		snprintf(id, ID_SIZE, "%s", row_text(r, 0));
	row_done(r);
	return found;
}

static void
pay_batches(struct settle *s)
{
	char id[ID_SIZE] = "";

	while (cron_is_owner(&s->cron) && next_batch(s, id)) {
		arena_reset(s->arena);
		struct settlement_pay pay = { .db = s->cron.setup.db,
		    .arena = s->arena, .conf = &s->cron.setup.conf,
		    .id = id, .actor = "cron:settle" };
		const struct fault *fault = settlement_pay(&pay);
		cron_seen(&s->cron);
		if (fault == NULL) {
			s->paid++;
			continue;
		}
		/* Somebody else pays it, or it has just come to nothing. */
		if (fault == &FAULT_BATCH_BEING_PAID ||
		    fault == &FAULT_BATCH_ALREADY_PAID ||
		    fault == &FAULT_BATCH_NOT_PAYABLE ||
		    fault == &FAULT_BATCH_NOT_FOUND)
			continue;
		s->failed++;
		log_warn("batch %s: %s", id, fault->text);
	}
}

static bool
settle(struct settle *s)
{
	if (!cron_take(&s->cron) || !make_batches(s))
		return false;
	if (s->pays)
		pay_batches(s);
	cron_finish(&s->cron);
	return s->failed == 0;
}

static void
usage(void)
{
	fprintf(stderr, "usage: settle [-v] [--pay | --no-pay]\n");
	exit(CRON_USAGE);
}

int
main(int argc, char **argv)
{
	static const struct option known[] = {
		{ "pay", no_argument, NULL, 'p' },
		{ "no-pay", no_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 }
	};
	struct settle s;
	bool verbose = false, pay = false, no_pay = false;

	for (int c; (c = getopt_long(argc, argv, "v", known, NULL)) != -1; )
		switch (c) {
		case 'p':
			pay = true;
			break;
		case 'n':
			no_pay = true;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			usage();
		}
	if (optind < argc || (pay && no_pay))
		usage();
	memset(&s, 0, sizeof(s));
	if (!cron_open(&s.cron, "settle"))
		return 1;
	s.arena = arena_new();
	s.pays = pay || (!no_pay &&
	    strcmp(s.cron.setup.conf.settle_pays, "yes") == 0);
	bool good = settle(&s);
	if (verbose)
		printf("%" PRId64 " batches made, %" PRId64 " paid, %" PRId64
		    " not paid\n", s.made, s.paid, s.failed);
	arena_free(s.arena);
	cron_close(&s.cron);
	return good ? 0 : 1;
}
