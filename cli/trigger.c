/* SPDX-License-Identifier: ISC */
/*
 * trigger.c - `clive trigger`: a payment made up and taken to an event, so
 * that whoever writes a receiver sees a real delivery. It goes the way that
 * all payments go: opened, attached, and moved by what the processor would
 * have told.
 */
#include <string.h>

#include "cli.h"
#include "id.h"
#include "intent.h"
#include "partner.h"
#include "payment.h"
#include "refund.h"
#include "shared.h"
#include "tx.h"

enum { AMOUNT_MINOR = 1000 };	/* 10.00 */

/* How far a payment goes. */
enum goal {
	GOAL_OPEN,
	GOAL_PENDING,
	GOAL_SUCCEEDED,
	GOAL_FAILED,
	GOAL_ABANDONED,
	GOAL_REFUNDED,
	GOAL_DISPUTED,
	GOAL_REFUND_SUCCEEDED,
	GOAL_REFUND_FAILED
};

static const struct {
	const char	*event;
	bool		 payments;	/* of the Payments API */
	enum goal	 goal;
} triggers[] = {
	{ "transaction_succeeded", false, GOAL_SUCCEEDED },
	{ "transaction_failed", false, GOAL_FAILED },
	{ "transaction_abandoned", false, GOAL_ABANDONED },
	{ "transaction_refunded", false, GOAL_REFUNDED },
	{ "transaction_chargeback", false, GOAL_DISPUTED },
	{ "payment.created", true, GOAL_OPEN },
	{ "payment.requires_action", true, GOAL_PENDING },
	{ "payment.succeeded", true, GOAL_SUCCEEDED },
	{ "payment.failed", true, GOAL_FAILED },
	{ "payment.canceled", true, GOAL_ABANDONED },
	{ "payment.disputed", true, GOAL_DISPUTED },
	{ "refund.created", true, GOAL_REFUND_SUCCEEDED },
	{ "refund.succeeded", true, GOAL_REFUND_SUCCEEDED },
	{ "refund.failed", true, GOAL_REFUND_FAILED },
};
enum { TRIGGERS = sizeof(triggers) / sizeof(triggers[0]) };

struct trigger {
	const char	*event;
	bool		 payments;
	enum goal	 goal;
	const char	*partner_id, *client_id;
	char		 currency[4];
	char		 ref[64];	/* the processor's name for it */
	int64_t		 now;
	struct intent	*intent;
	struct tx	*tx;
};

static bool
find_goal(struct cli *cli, struct trigger *t)
{
	const char *words = "";

	for (int i = 0; i < TRIGGERS; i++) {
		if (strcmp(triggers[i].event, cli->argument) == 0) {
			t->event = triggers[i].event;
			t->payments = triggers[i].payments;
			t->goal = triggers[i].goal;
			return true;
		}
		words = arena_printf(cli->arena, "%s%s%s", words,
		    i > 0 ? ", " : "", triggers[i].event);
	}
	return cli_fail(cli, "an event is one of %s", words);
}

/* The only partner, where none is named. */
static bool
find_partner(struct cli *cli, struct trigger *t)
{
	if (!cli_id(cli, "partner", &t->partner_id))
		return false;
	if (t->partner_id == NULL) {
		struct rows *r = conn_rows(cli->setup.conn, SQL_PARTNERS, "");
		if (row_next(r))
			t->partner_id = row_text_copy(r, 0, cli->arena);
		bool several = row_next(r);
		row_done(r);
		if (several)
			return cli_fail(cli, "--partner is needed: there are "
			    "several");
	}
	if (!cli_read_well(cli))
		return false;
	if (t->partner_id == NULL || partner_find(cli->setup.conn,
	    cli->arena, t->partner_id) == NULL)
		return cli_fail(cli, "there is no partner%s%s; see `clive "
		    "partner add`", t->partner_id != NULL ? " " : "",
		    t->partner_id != NULL ? t->partner_id : "");
	return true;
}

/* Its only client, likewise. */
static bool
find_client(struct cli *cli, struct trigger *t)
{
	if (!cli_id(cli, "client", &t->client_id))
		return false;
	if (t->client_id == NULL) {
		struct rows *r = conn_rows(cli->setup.conn, SQL_CLIENTS,
		    "tti", t->partner_id, "~", INT64_C(2));
		if (row_next(r))
			t->client_id = row_text_copy(r, 2, cli->arena);
		bool several = row_next(r);
		row_done(r);
		if (several)
			return cli_fail(cli, "--client is needed: partner %s "
			    "has several", t->partner_id);
	}
	if (!cli_read_well(cli))
		return false;
	if (t->client_id == NULL || client_find(cli->setup.conn, cli->arena,
	    t->partner_id, t->client_id) == NULL)
		return cli_fail(cli, "partner %s has no client%s%s",
		    t->partner_id, t->client_id != NULL ? " " : "",
		    t->client_id != NULL ? t->client_id : "");
	return true;
}

static void
open_payment(struct cli *cli, struct conn *c, struct trigger *t)
{
	const struct slice none = { NULL, 0 };
	struct tx *tx;

	if (t->payments) {
		struct merchant m = { .live = false };
		struct intent_new new = { .amount = { AMOUNT_MINOR, "" },
		    .description = "made by clive trigger" };
		snprintf(m.partner_id, sizeof(m.partner_id), "%s",
		    t->partner_id);
		snprintf(m.client_id, sizeof(m.client_id), "%s",
		    t->client_id);
		memcpy(new.amount.currency, t->currency, sizeof(t->currency));
		t->intent = intent_open(c, cli->arena, t->now, &m, &new,
		    cli->actor);
		t->tx = t->intent->tx;
		return;
	}
	tx = arena_alloc(cli->arena, sizeof(*tx));
	tx->partner_id = t->partner_id;
	tx->client_id = t->client_id;
	tx->amount.minor = AMOUNT_MINOR;
	memcpy(tx->amount.currency, t->currency, sizeof(t->currency));
	tx->echezona_reference = arena_printf(cli->arena, "trigger-%s",
	    t->ref);
	tx->processor = "stripe";
	tx_open(c, cli->arena, t->now, tx, none, cli->actor);
	t->tx = tx_find(c, cli->arena, tx->clive_tx_id);
}

/*
 * Hands it to the processor by a name that nobody there knows, so it is not
 * looked up either.
 */
static bool
attach(struct cli *cli, struct conn *c, struct trigger *t)
{
	conn_run(c, SQL_TX_SET_PROCESSOR, "ttot", "stripe", NULL, INT64_C(-1),
	    t->tx->clive_tx_id);
	t->tx->processor = "stripe";
	if (t->intent != NULL)
		conn_run(c, SQL_INTENT_CONFIRM, "tttit", "card",
		    "{\"type\":\"card\",\"brand\":\"visa\",\"last4\":\"4242\"}",
		    NULL, t->now, t->intent->id);
	if (tx_attach(c, cli->arena, t->now, t->tx, t->ref, cli->actor) !=
	    TX_ATTACH_DONE)
		return cli_fail(cli, "the payment cannot be attached");
	if (t->intent != NULL)
		t->intent = intent_find(c, cli->arena, t->intent->id);
	if (t->intent != NULL)
		t->tx = t->intent->tx;
	return true;
}

/* What the processor would say; its body says that it did not. */
static bool
hear(struct cli *cli, struct conn *c, struct trigger *t, const char *type,
    enum payment_outcome outcome)
{
	const char *id = arena_printf(cli->arena, "evt_%s_%d", t->ref,
	    (int)outcome);
	const char *body = arena_printf(cli->arena, "{\"id\":\"%s\",\"object\":"
	    "\"event\",\"type\":\"%s\",\"note\":\"made by clive trigger\"}",
	    id, type);
	const struct payment_event e = { .processor = "stripe",
	    .event_id = id, .type = type, .ref = t->ref,
	    .object_id = outcome == PAYMENT_DISPUTED ? arena_printf(
	    cli->arena, "du_%s", t->ref) : NULL,
	    .at = t->now, .outcome = outcome,
	    .has_amount = outcome != PAYMENT_FAILED, .amount = t->tx->amount,
	    .failure = outcome == PAYMENT_FAILED ? "card_declined" : NULL,
	    .failure_message = outcome == PAYMENT_FAILED ?
	    "The card was declined." : NULL, .body = { body, strlen(body) } };
	struct tx *tx;

	if (payment_receive(c, cli->arena, t->now, &e, &tx) !=
	    PAYMENT_APPLIED)
		return cli_fail(cli, "%s was not applied to the payment",
		    type);
	t->tx = tx;
	return true;
}

static bool
refund(struct cli *cli, struct conn *c, struct trigger *t, bool good)
{
	const struct provider_answer answer = { .fate = PROVIDER_DONE,
	    .ref = arena_printf(cli->arena, "re_%s", t->ref),
	    .state = good ? PROVIDER_PAID : PROVIDER_FAILED,
	    .failure = good ? NULL : "processor_error" };
	const struct slice none = { NULL, 0 };
	struct refund *made;

	t->intent = intent_find(c, cli->arena, t->intent->id);
	if (t->intent == NULL)
		return false;
	t->tx = t->intent->tx;
	const struct fault *fault = refund_open(c, cli->arena, t->now,
	    t->intent, 0, "made by clive trigger", none, cli->actor, &made);
	if (fault != NULL)
		return cli_fail(cli, "%s", fault->text);
	return refund_settle(c, cli->arena, t->now, made, &answer,
	    cli->actor) || cli_fail(cli, "the refund was not settled");
}

/* All that follows once the processor has it. */
static bool
go_on(struct cli *cli, struct conn *c, struct trigger *t)
{
	if (t->goal == GOAL_FAILED)
		return hear(cli, c, t, "payment_intent.payment_failed",
		    PAYMENT_FAILED);
	if (t->goal == GOAL_ABANDONED)
		return tx_move(c, cli->arena, t->now, t->tx, TX_ABANDONED,
		    cli->actor) || cli_fail(cli, "the payment is not open");
	if (t->goal == GOAL_PENDING) {
		intent_tell(c, t->now, t->intent,
		    "payment.requires_action");
		return true;
	}
	if (!hear(cli, c, t, "payment_intent.succeeded", PAYMENT_SUCCEEDED))
		return false;
	if (t->goal == GOAL_REFUNDED)
		return hear(cli, c, t, "charge.refunded", PAYMENT_REFUNDED);
	if (t->goal == GOAL_DISPUTED)
		return hear(cli, c, t, "charge.dispute.created",
		    PAYMENT_DISPUTED);
	if (t->goal == GOAL_REFUND_SUCCEEDED || t->goal == GOAL_REFUND_FAILED)
		return refund(cli, c, t, t->goal == GOAL_REFUND_SUCCEEDED);
	return true;
}

/* The events that came of it and how many endpoints each goes to. */
static void
write_events(struct cli *cli, struct conn *c, const struct trigger *t)
{
	struct rows *r = conn_rows(c, SQL_TRIGGER_EVENTS, "t",
	    t->tx->clive_tx_id);

	jsonw_array(&cli->w, "events");
	while (row_next(r)) {
		jsonw_object(&cli->w, NULL);
		jsonw_text(&cli->w, "id", row_text(r, 0));
		jsonw_text(&cli->w, "type", row_text(r, 1));
		jsonw_int(&cli->w, "deliveries", row_int(r, 2));
		jsonw_end_object(&cli->w);
	}
	jsonw_end_array(&cli->w);
}

static bool
make(struct cli *cli, struct conn *c, void *arg)
{
	struct trigger *t = arg;
	char id[ID_SIZE];

	t->intent = NULL;
	snprintf(t->ref, sizeof(t->ref), "pi_%s",
	    id_make("trigger", t->now, id));
	open_payment(cli, c, t);
	if (t->goal != GOAL_OPEN &&
	    (!attach(cli, c, t) || !go_on(cli, c, t)))
		return false;
	jsonw_object(&cli->w, NULL);
	jsonw_text(&cli->w, "event", t->event);
	jsonw_text(&cli->w, "clive_tx_id", t->tx->clive_tx_id);
	jsonw_text(&cli->w, "payment", t->intent != NULL ? t->intent->id :
	    NULL);
	jsonw_text(&cli->w, "partner_id", t->partner_id);
	jsonw_text(&cli->w, "client_id", t->client_id);
	write_events(cli, c, t);
	jsonw_end_object(&cli->w);
	return conn_failed(c) == NULL;
}

bool
run_trigger(struct cli *cli)
{
	struct trigger t = { .now = clock_now(), .currency = "USD" };
	const char *currency = cli_get(cli, "currency");

	if (cli->setup.conf.live)
		return cli_fail(cli, "a live gateway takes no made-up "
		    "payments; trigger is for a sandbox");
	if (currency != NULL && !currency_parse(currency, strlen(currency),
	    t.currency))
		return cli_fail(cli, "--currency: must be three letters");
	return find_goal(cli, &t) && find_partner(cli, &t) &&
	    find_client(cli, &t) && cli_txn(cli, make, &t);
}
