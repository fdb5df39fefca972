/* SPDX-License-Identifier: ISC */
/* intent-call.c - asking a processor, and taking its answer in. */
#include "intent-call.h"

#include <string.h>

#include "audit.h"
#include "checkout.h"
#include "intent-action.h"
#include "look.h"
#include "payment.h"
#include "rail.h"
#include "sig.h"

enum {
	LOOKS_OVER = 20,	/* as many as the index tx_look has */
	RETURN_URL_MAX = 2000	/* bytes: each may be three at a processor,
				   which takes some kilobytes */
};

const char *
intent_check_return_url(const char *url)
{
	return strlen(url) > RETURN_URL_MAX ?
	    "URL must be at most 2000 bytes" : field_check_url(url);
}

const char *
intent_return_url(struct arena *arena, const struct conf *conf,
    const struct vault *vault, const struct intent *in,
    const char *return_url)
{
	char secret[INTENT_SECRET_SIZE];

	if (return_url == NULL)
		return_url = arena_printf(arena, "%s/thanks/",
		    conf->base_url);
	size_t n = strcspn(return_url, "#");
	const char *query = memchr(return_url, '?', n);
	const char *url = arena_printf(arena,
	    "%.*s%spayment=%s&payment_client_secret=%s%s", (int)n,
	    return_url, query == NULL ? "?" :
	    return_url[n - 1] == '?' || return_url[n - 1] == '&' ? "" : "&",
	    in->id, intent_secret(vault, in->id, secret), return_url + n);
	sig_wipe(secret, sizeof(secret));
	return url;
}

void
intent_close_declined(struct arena *arena, const struct conf *conf,
    const struct provider *p, const char *ref,
    const struct provider_answer *a, const char *key)
{
	if (a->fate == PROVIDER_DONE && a->state == PROVIDER_FAILED &&
	    p->cancel != NULL)
		provider_count(p, "cancel", p->cancel(arena, conf, ref, key));
}

bool
intent_take_canceled(struct conn *c, struct arena *arena, int64_t now,
    const char *clive_tx_id, const struct provider_answer *a,
    const char *actor)
{
	if (a->fate != PROVIDER_DONE || a->state != PROVIDER_CANCELED ||
	    a->failure != NULL)
		return false;
	struct tx *tx = tx_find(c, arena, clive_tx_id);
	return tx != NULL && tx->payments &&
	    tx_move(c, arena, now, tx, TX_ABANDONED, actor);
}

void
intent_call_ask(struct arena *arena, const struct conf *gateway,
    const struct vault *vault, const struct intent *in,
    struct intent_call *call)
{
	const struct conf *conf = rail_conf(gateway, in->live);
	const struct provider_order order = {
		.idempotency_key = call->key, .again = call->again,
		.clive_tx_id = in->tx->clive_tx_id,
		.partner_id = in->tx->partner_id,
		.client_id = in->tx->client_id,
		.reference = in->tx->echezona_reference,
		.amount = in->tx->amount,
		.payment_type = call->payment_type,
		.description = in->description,
		.return_url = intent_return_url(arena, conf, vault, in,
		    call->return_url),
		.payment_method = call->payment_method,
	};

	call->answer = checkout_open(arena, conf, call->provider, &order);
	intent_close_declined(arena, conf, call->provider, call->answer.ref,
	    &call->answer, arena_printf(arena, "%s-cancel", call->key));
}

void
intent_require_action(struct conn *c, int64_t now, struct intent *in,
    const char *next_action)
{
	if (next_action == NULL || in->next_action != NULL ||
	    in->tx->status != TX_PENDING)
		return;
	in->next_action = next_action;
	in->updated_at = now;
	conn_run(c, SQL_INTENT_ACTION, "tit", next_action, now, in->id);
	intent_tell(c, now, in, "payment.requires_action");
}

void
intent_never_look(struct conn *c, int64_t now, const struct tx *tx)
{
	conn_run(c, SQL_TX_SET_LOOK, "iit", now, (int64_t)LOOKS_OVER,
	    tx->clive_tx_id);
}

/* What an answer that is not final asks of the payer; NULL: nothing. */
static const char *
action_of(struct arena *arena, const struct vault *vault,
    const struct intent *in, const struct intent_call *call)
{
	const struct provider_answer *a = &call->answer;
	const char *why;

	/* A shop's page goes there: it must not be a script. */
	if (a->url != NULL && field_check_url(a->url) == NULL)
		return intent_action_redirect(arena, a->url,
		    in->return_url);
	if (in->method != NULL && strcmp(in->method, "momo") == 0 &&
	    in->method_detail != NULL) {
		const struct json *momo = json_parse(arena,
		    in->method_detail, strlen(in->method_detail), &why);
		return intent_action_momo(arena, json_text(momo, "provider"),
		    json_text(momo, "phone_number"));
	}
	if (call->payment_method == NULL && a->client_secret != NULL)
		return intent_action_stripe(arena, vault, in->id,
		    a->client_secret);
	return NULL;
}

/* The payment was given up here while the processor was being asked. */
static bool
attach_late(struct conn *c, struct arena *arena, int64_t now, struct tx *tx,
    const struct intent_call *call, const char *ref, const char *actor)
{
	if (conn_try(c, SQL_INTENT_ATTACH_LATE, "tttiit",
	    call->provider->name, call->rule_id, ref, now + CALL_LOOK_MS, now,
	    tx->clive_tx_id) != 1)
		return false;
	tx->processor = call->provider->name;
	tx->processor_ref = arena_strdup(arena, ref);
	tx->fee_rule_id = call->rule_id;
	audit_write(c, now, actor, "transaction.reference_known",
	    tx->clive_tx_id, "{}");
	return true;
}

static bool
attach(struct conn *c, struct arena *arena, int64_t now, struct tx *tx,
    const struct intent_call *call, const char *ref, const char *actor)
{
	if (tx->processor_ref != NULL)
		return strcmp(tx->processor_ref, ref) == 0;
	switch (checkout_attach(c, arena, now, tx, call->provider->name,
	    call->rule_id, ref, actor)) {
	case TX_ATTACH_DONE:
		return true;
	case TX_ATTACH_CLOSED:
		return attach_late(c, arena, now, tx, call, ref, actor);
	case TX_ATTACH_TAKEN:
		break;
	}
	return false;
}

/* What was asked about this payment last, if nobody asks it any more. */
static bool
find_given_up(struct conn *c, struct arena *arena, int64_t now,
    const struct tx *tx, struct intent_call *call)
{
	struct rows *r = conn_rows(c, SQL_INTENT_CALL_OPEN, "t",
	    tx->clive_tx_id);
	bool found = row_next(r) && now - row_int(r, 6) >= CALL_AGAIN_MS;

	*call = (struct intent_call){ .answer.fate = PROVIDER_DONE };
	if (found) {
		call->id = row_text_copy(r, 0, arena);
		call->rule_id = row_text_copy(r, 2, arena);
		call->provider = provider_find(row_text(r, 3));
	}
	row_done(r);
	return call->provider != NULL;
}

struct tx *
intent_call_take_event(struct conn *c, struct arena *arena, int64_t now,
    const struct payment_event *e)
{
	const char *actor = arena_printf(arena, "processor:%s", e->processor);
	struct intent_call call;
	struct tx *tx = e->clive_tx_id != NULL &&
	    e->outcome == PAYMENT_SUCCEEDED && e->has_amount ?
	    tx_find(c, arena, e->clive_tx_id) : NULL;

	if (tx == NULL || !tx->payments || tx->processor_ref != NULL ||
	    e->amount.minor != tx->amount.minor ||
	    strcmp(e->amount.currency, tx->amount.currency) != 0 ||
	    !find_given_up(c, arena, now, tx, &call) ||
	    strcmp(call.provider->name, e->processor) != 0)
		return NULL;
	audit_queue(c);
	if (!attach(c, arena, now, tx, &call, e->ref, actor))
		return NULL;
	checkout_write_answer(c, now, call.id, &call.answer);
	return tx;
}

/* The processor has the payment. */
static void
take_answer(struct conn *c, struct arena *arena, int64_t now,
    const struct vault *vault, struct intent *in,
    const struct intent_call *call, const char *actor)
{
	const struct provider_answer *a = &call->answer;
	struct tx *tx = in->tx;
	struct payment_event e;

	if (!attach(c, arena, now, tx, call, a->ref, actor))
		return;
	if (a->look_at > 0)
		conn_run(c, SQL_TX_SET_LOOK, "iit", a->look_at, (int64_t)0,
		    tx->clive_tx_id);
	if (look_to_payment(arena, call->provider->name, a->ref, a, &e)) {
		e.clive_tx_id = tx->clive_tx_id;
		payment_receive(c, arena, now, &e, &tx);
	} else {
		intent_require_action(c, now, in,
		    action_of(arena, vault, in, call));
	}
	if (tx != NULL)
		payment_apply_waiting(c, arena, now, tx);
}

/*
 * The processor will not have it, and has no name for it: our call's stands
 * in, under which nobody looks.
 */
static void
take_refusal(struct conn *c, struct arena *arena, int64_t now,
    struct intent *in, const struct intent_call *call, const char *actor)
{
	const struct provider_answer *a = &call->answer;
	const char *ref = a->ref != NULL ? a->ref : call->id;

	if (!attach(c, arena, now, in->tx, call, ref, actor))
		return;
	if (a->ref == NULL)
		intent_never_look(c, now, in->tx);
	/* Other words than of a decline are for whoever runs the gateway, who
	 * finds them with the call; payers would read them. */
	intent_note_failure(c, now, in->tx, a->failure != NULL ? a->failure :
	    "generic_decline", a->failure != NULL ? a->message : NULL);
	tx_move(c, arena, now, in->tx, TX_FAILED,
	    arena_printf(arena, "processor:%s", call->provider->name));
}

struct intent *
intent_call_apply(struct conn *c, struct arena *arena, int64_t now,
    const struct vault *vault, const char *clive_tx_id,
    const struct intent_call *call, const char *actor)
{
	audit_queue(c);
	checkout_write_answer(c, now, call->id, &call->answer);
	struct intent *in = intent_find_by_tx(c, arena, clive_tx_id);

	if (in == NULL)
		return NULL;
	switch (call->answer.fate) {
	case PROVIDER_DONE:
		take_answer(c, arena, now, vault, in, call, actor);
		break;
	case PROVIDER_REFUSED:
		take_refusal(c, arena, now, in, call, actor);
		break;
	case PROVIDER_DOWN:
	case PROVIDER_UNKNOWN:
		break;
	}
	conn_run(c, SQL_INTENT_TAKE, "iti", (int64_t)0, in->id, INT64_MAX);
	return intent_find(c, arena, in->id);
}
