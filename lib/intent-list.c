/* SPDX-License-Identifier: ISC */
/* intent-list.c - reading and writing one page. */
#include "intent-list.h"

#include <string.h>

#include "intent.h"

enum { LIMIT_MAX = 100, LIMIT = 20 };

/* The states of a payment that a status of the API stands for. */
static const struct {
	const char	*status;
	const char	*states[3];
} states_of[] = {
	{ "requires_payment_method", { "initialized", "", "" } },
	{ "requires_action", { "pending", "", "" } },
	{ "succeeded", { "succeeded", "refunded", "chargeback" } },
	{ "failed", { "failed", "", "" } },
	{ "canceled", { "abandoned", "", "" } },
};

static const char *const statuses[] = { "requires_payment_method",
    "requires_action", "succeeded", "failed", "canceled", NULL };

#define AT(member) offsetof(struct intent_list, member)

const struct field intent_list_fields[] = {
	{ "limit", FIELD_INTEGER, .offset = AT(limit), .min = 1,
	  .max = LIMIT_MAX, .initial = LIMIT },
	{ "starting_after", FIELD_TEXT, .offset = AT(starting_after),
	  .min = 1, .max = 100 },
	{ "status", FIELD_CHOICE, .offset = AT(status),
	  .choices = statuses },
	{ .name = NULL }
};

static struct rows *
start(struct request *rq, const struct intent_list *in)
{
	static const char *const any[3] = { "", "", "" };
	const struct merchant *m = &rq->merchant;
	const char *const *states = any;

	for (size_t i = 0; in->status != NULL &&
	    i < sizeof(states_of) / sizeof(states_of[0]); i++)
		if (strcmp(states_of[i].status, in->status) == 0)
			states = states_of[i].states;
	return conn_rows(rq->conn, SQL_INTENT_LIST, "ttitttti",
	    m->partner_id, m->client_id, (int64_t)m->live,
	    in->starting_after != NULL ? in->starting_after : "~",
	    states[0], states[1], states[2], in->limit + 1);
}

/* Is it one of this merchant's? Others' are like none at all. */
static bool
is_mine(struct request *rq, const char *id)
{
	struct intent *in;

	rq->item = id;
	return intent_of_request(rq->conn, rq, &in) == NULL;
}

const struct fault *
intent_list_answer(struct request *rq, void *arg)
{
	const struct intent_list *in = arg;
	struct jsonw w;
	int64_t n = 0;

	if (in->starting_after != NULL && !is_mine(rq, in->starting_after))
		return request_refuse(rq, &FAULT_FIELD_WRONG,
		    "starting_after", "Not the id of a payment");
	reply_list(rq, &w);
	struct rows *r = start(rq, in);
	while (row_next(r) && ++n <= in->limit)
		intent_write(&w, NULL, intent_of_row(r, rq->arena),
		    INTENT_FOR_MERCHANT, NULL);
	row_done(r);
	reply_list_end(&w, n > in->limit);
	return NULL;
}
