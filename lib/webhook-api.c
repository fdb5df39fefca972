/* SPDX-License-Identifier: ISC */
/* webhook-api.c - who may do what, and the programs' common start. */
#include "webhook-api.h"

#include <string.h>

#include "caller.h"
#include "outbox.h"
#include "partner.h"
#include "sig.h"

enum {
	ACTIONS_MAX = 16,	/* of one program */
	ALL_EVENTS = 8		/* room for what "all" stands for */
};

int
webhook_api_main(const char *path, const struct action *table, bool operators)
{
	static struct action actions[ACTIONS_MAX + 1];
	struct endpoint endpoint = { .path = path, .actions = actions };

	for (size_t i = 0; i < ACTIONS_MAX &&
	    table[i].method != METHOD_NONE; i++) {
		actions[i] = table[i];
		if (!operators)
			continue;
		actions[i].access = ACCESS_OPERATOR;
		if (actions[i].method == METHOD_POST)
			actions[i].roles = ROLE_OWNER | ROLE_SUPPORT;
	}
	return app_main(&endpoint);
}

static bool
is_operator(const struct request *rq)
{
	return rq->action->access == ACCESS_OPERATOR;
}

bool
webhook_api_may(struct request *rq, const char *partner_id,
    const char *client_id)
{
	return is_operator(rq) || (client_id == NULL &&
	    caller_may_act_for(&rq->caller, partner_id));
}

bool
webhook_api_sees_merchants(const struct request *rq)
{
	return is_operator(rq);
}

bool
webhook_api_scope(struct request *rq, const char *asked,
    const char **partner_id)
{
	*partner_id = asked != NULL ? asked : "";
	if (is_operator(rq) || rq->caller.platform)
		return true;
	*partner_id = rq->caller.partner_id;
	return asked == NULL || *asked == '\0' ||
	    strcmp(asked, rq->caller.partner_id) == 0;
}

const struct fault *
webhook_api_partner(struct conn *c, struct request *rq, const char *named,
    const char **partner_id)
{
	if (named == NULL && (is_operator(rq) || rq->caller.platform))
		return request_complain(rq, "partner_id", "Required");
	if (named == NULL)
		named = rq->caller.partner_id;
	if (!webhook_api_may(rq, named, NULL))
		return &FAULT_SCOPE;
	*partner_id = named;
	return partner_find(c, rq->arena, named) != NULL ? NULL :
	    &FAULT_PARTNER_NOT_FOUND;
}

const char *
webhook_api_actor(struct request *rq)
{
	return is_operator(rq) ? arena_printf(rq->arena, "operator:%s",
	    rq->operator.email) : caller_actor(rq);
}

const struct fault *
webhook_api_endpoint(struct conn *c, struct request *rq,
    struct webhook_row **row)
{
	*row = webhook_find(c, rq->arena, rq->item);
	return *row != NULL && webhook_api_may(rq, (*row)->partner_id,
	    (*row)->client_id) ? NULL : &FAULT_ENDPOINT_NOT_FOUND;
}

const struct fault *
webhook_api_complain(struct conn *c, struct request *rq, const char *field,
    const char *wrong)
{
	/* What a database says of its trouble is not for callers. */
	return conn_failed(c) != NULL ? &FAULT_STORAGE :
	    request_complain(rq, field, wrong);
}

const char *const *
webhook_api_events(struct request *rq, const char *api,
    const char *const *named)
{
	const char **events;
	size_t n = 0, room = 1;

	for (const char *const *e = named; *e != NULL; e++)
		room += ALL_EVENTS;
	events = arena_alloc(rq->arena, room * sizeof(*events));
	for (; *named != NULL; named++) {
		if (strcmp(*named, "all") == 0 &&
		    webhook_known_event(api, OUTBOX_EVERYTHING))
			events[n++] = OUTBOX_EVERYTHING;
		else if (strcmp(*named, "all") == 0)
			for (const char *const *e = outbox_event_types;
			    *e != NULL; e++)
				events[n++] = *e;
		else if (!webhook_known_event(api, *named))
			return NULL;
		else
			events[n++] = *named;
	}
	return events;
}

static void
write_endpoint(struct jsonw *w, const char *key, struct request *rq,
    struct conn *c, const char *id, const char *secret)
{
	const struct webhook_row *row = webhook_find(c, rq->arena, id);

	if (row == NULL)
		return;		/* the transaction has failed */
	webhook_write_member(w, key, c, row, secret != NULL ? secret :
	    webhook_masked(c, rq->vault, id, rq->now, rq->arena));
}

void
webhook_api_write(struct jsonw *w, const char *key, struct request *rq,
    struct conn *c, const char *id)
{
	write_endpoint(w, key, rq, c, id, NULL);
}

const struct fault *
webhook_api_answer(struct conn *c, struct request *rq, int status,
    const char *id, const char *secret)
{
	struct jsonw w;

	reply_start(rq, status, &w);
	write_endpoint(&w, NULL, rq, c, id, secret);
	return NULL;
}

const struct fault *
webhook_api_add(struct conn *c, struct request *rq, struct webhook *hook)
{
	char made[64];

	if (hook->secret == NULL) {
		webhook_make_secret(made);
		hook->secret = made;
	}
	const char *wrong = webhook_add(c, rq->vault, rq->conf, hook,
	    rq->now, webhook_api_actor(rq));
	const struct fault *fault = wrong == NULL ?
	    webhook_api_answer(c, rq, 201, hook->id, hook->secret) :
	    webhook_api_complain(c, rq, NULL, wrong);
	sig_wipe(made, sizeof(made));
	return fault;
}
