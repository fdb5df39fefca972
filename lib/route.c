/* SPDX-License-Identifier: ISC */
/* route.c - matching fee rules and putting them in order. */
#include "route.h"

#include <stdlib.h>
#include <string.h>

#include "fee.h"
#include "json.h"

enum { RECORD_MAX = 16 * 1024 };

static int
by_fee(const void *a, const void *b)
{
	const struct route *x = a, *y = b;

	if (x->estimated_fee != y->estimated_fee)
		return x->estimated_fee < y->estimated_fee ? -1 : 1;
	return strcmp(x->rule_id, y->rule_id);
}

static bool
carries(const struct provider *p, const char *payment_type)
{
	if (p->payment_types == NULL)
		return true;
	for (const char *const *t = p->payment_types; *t != NULL; t++)
		if (strcmp(*t, payment_type) == 0)
			return true;
	return false;
}

/* Takes a matching rule in, unless its processor cannot be asked. */
static void
consider(struct rows *r, struct arena *arena, const struct conf *conf,
    const struct route_input *in, struct routes *routes)
{
	struct route *route = &routes->at[routes->n];
	const struct provider *p = provider_find(row_text(r, 1));

	if (p == NULL || (in->hosted ? p->checkout : p->open) == NULL ||
	    !carries(p, in->payment_type))
		return;
	if (p->needs_method && !in->hosted && in->processor == NULL)
		return;
	const struct fault *missing = p->missing(conf);
	if (missing != NULL) {
		routes->missing = missing;
		return;
	}
	route->rule_id = row_text_copy(r, 0, arena);
	route->provider = p;
	route->percent_ppm = row_int(r, 2);
	route->fixed_hundredths = row_int(r, 3);
	if (fee_processor(in->amount, route->percent_ppm,
	    route->fixed_hundredths, &route->estimated_fee))
		routes->n++;
}

void
route_find(struct conn *c, struct arena *arena, const struct conf *conf,
    const struct route_input *in, struct routes *routes)
{
	memset(routes, 0, sizeof(*routes));
	struct rows *r = conn_rows(c, SQL_FEE_RULES_MATCHING, "ttttt",
	    in->payment_type, in->country != NULL ? in->country : "",
	    in->card_scheme != NULL ? in->card_scheme : "",
	    in->amount.currency, in->processor != NULL ? in->processor : "");
	while (routes->n < ROUTES_MAX && row_next(r))
		consider(r, arena, conf, in, routes);
	row_done(r);
	qsort(routes->at, routes->n, sizeof(routes->at[0]), by_fee);
}

void
route_record(struct conn *c, int64_t now, const char *clive_tx_id,
    const struct route_input *in, const struct routes *routes)
{
	struct buf inputs, candidates;
	struct jsonw w;

	buf_init(&inputs, RECORD_MAX);
	jsonw_init(&w, &inputs);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "payment_type", in->payment_type);
	jsonw_text(&w, "issuer_country", in->country);
	jsonw_text(&w, "card_scheme", in->card_scheme);
	jsonw_money(&w, "amount", in->amount.minor, in->amount.currency);
	jsonw_text(&w, "currency", in->amount.currency);
	jsonw_end_object(&w);

	buf_init(&candidates, RECORD_MAX);
	jsonw_init(&w, &candidates);
	jsonw_array(&w, NULL);
	for (size_t i = 0; i < routes->n; i++) {
		const struct route *route = &routes->at[i];
		jsonw_object(&w, NULL);
		jsonw_text(&w, "rule", route->rule_id);
		jsonw_text(&w, "processor", route->provider->name);
		jsonw_money(&w, "estimated_fee", route->estimated_fee,
		    in->amount.currency);
		jsonw_end_object(&w);
	}
	jsonw_end_array(&w);
	conn_run(c, SQL_ROUTE_DECISION_INSERT, "ttti", clive_tx_id,
	    buf_str(&inputs), buf_str(&candidates), now);
	buf_free(&inputs);
	buf_free(&candidates);
}
