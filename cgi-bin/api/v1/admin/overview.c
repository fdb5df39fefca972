/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/admin/overview - how the gateway is doing.
 *
 * Needs a bearer token of any role. Takes days (1 to 31, else 30), offset
 * (minutes that the caller's clock is ahead of UTC, -840 to 840: days are
 * those of the caller) and test (1: payments made with test keys, else all
 * others).
 *
 * Refuses, after the checks of lib/app.h: 400 VALIDATION_ERROR.
 *
 * Answers 200 with
 *
 *	now		when this was so
 *	today		the number of the caller's day, days since 1970
 *	since		what the figures begin with; later than asked for where
 *			there are more than 200000 payments
 *	days		[{"day","currency","status","count","amount",
 *			"refunded","fees"}], in major units
 *	stuck		pending for more than an hour, the oldest first, 20 at
 *			most: [{"clive_tx_id","amount","currency","processor",
 *			"partner_id","updated_at"}]
 *	queue		{"due","late","oldest_due_at"}: deliveries that wait,
 *			how many of them could go out now, and since when
 *	quarantined	events of processors that wait for a person
 *	endpoints	that fail or are switched off, 20 at most
 *	cron		[{"name","started_at","seen_at","finished_at","late"}]
 */
#include "gateway.h"

#include "overview.h"

#define IN(member) offsetof(struct overview_ask, member)

static const struct field fields[] = {
	{ "days", FIELD_INTEGER, .offset = IN(days), .min = 1, .max = 31,
	  .initial = 30 },
	{ "offset", FIELD_INTEGER, .offset = IN(offset), .min = -840,
	  .max = 840 },
	{ "test", FIELD_INTEGER, .offset = IN(test), .max = 1 },
	{ .name = NULL }
};

static const struct fault *
handle(struct request *rq, void *arg)
{
	struct jsonw w;

	reply_start(rq, 200, &w);
	overview_write(&w, rq, arg);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_OPERATOR, .fields = fields,
	  .input_size = sizeof(struct overview_ask), .handle = handle },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/admin/overview", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
