/* SPDX-License-Identifier: ISC */
/*
 * timeline.c - `clive tx explain` as text: one line an entry, in plain words;
 * with -v its particulars follow, indented.
 */
#include "cli.h"

#include <string.h>

/* What an audit event of a payment says. */
static const struct {
	const char	*action;
	const char	*words;
} actions[] = {
	{ "transaction.initialized", "payment opened" },
	{ "transaction.pending", "payment handed to the processor" },
	{ "transaction.succeeded", "payment succeeded" },
	{ "transaction.failed", "payment failed" },
	{ "transaction.refunded", "payment refunded" },
	{ "transaction.chargeback", "payment charged back" },
	{ "transaction.abandoned", "payment abandoned" },
	{ "transaction.refund_undone", "a refund in full came to nothing" },
	{ "transaction.refund_mismatch", "event of a refund kept: it does "
	    "not fit" },
	{ "refund.created", "refund asked for" },
	{ "refund.succeeded", "refund succeeded" },
	{ "refund.failed", "refund failed" },
};

/* Who an actor of the audit log is. */
static const struct {
	const char	*prefix;
	const char	*words;
} actors[] = {
	{ "key:", "API key " },
	{ "operator:", "operator " },
	{ "processor:", "" },
	{ "cron:", "the cron job " },
	{ "cli:", "clive, run by " },
	{ "merchant:", "merchant's key " },
	{ "payer", "the payer" },
	{ "buyer:", "buyer " },
};

static const char *
actor_words(struct cli *cli, const char *actor)
{
	for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++) {
		size_t n = strlen(actors[i].prefix);
		if (strncmp(actor, actors[i].prefix, n) == 0)
			return arena_printf(cli->arena, "%s%s",
			    actors[i].words, actor + n);
	}
	return actor;
}

static void
say_audit(struct cli *cli, const struct json *e)
{
	const char *words = cli_member(cli, e, "action");

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(words, actions[i].action) == 0)
			words = actions[i].words;
	printf("%s, by %s", words,
	    actor_words(cli, cli_member(cli, e, "actor")));
	const char *request = json_text(json_get(e, "detail"), "request");
	if (request != NULL)
		printf(", request %s", request);
}

static void
say_processor_event(struct cli *cli, const struct json *e)
{
	printf("%s sent %s (%s): %s", cli_member(cli, e, "processor"),
	    cli_member(cli, e, "type"), cli_member(cli, e, "event_id"),
	    cli_member(cli, e, "outcome"));
}

/* Each candidate with its fee, in the order tried. */
static void
say_route(struct cli *cli, const struct json *e)
{
	const struct json *list = json_get(e, "candidates");
	const struct json *inputs = json_get(e, "inputs");
	const char *country = json_text(inputs, "issuer_country");

	printf("route for %s%s%s:", cli_member(cli, inputs, "payment_type"),
	    country != NULL ? " from " : "", country != NULL ?
	    cli_member(cli, inputs, "issuer_country") : "");
	for (const struct json *v = list != NULL ? list->child : NULL;
	    v != NULL; v = v->next)
		printf("%s %s at %s %s (%s)", v == list->child ? "" : ", then",
		    cli_member(cli, v, "processor"),
		    cli_member(cli, v, "estimated_fee"),
		    cli_member(cli, inputs, "currency"),
		    cli_member(cli, v, "rule"));
}

static const struct {
	const char	*status;
	const char	*words;
} call_states[] = {
	{ "asking", "no answer on record yet" },
	{ "done", "done" },
	{ "refused", "refused" },
	{ "down", "not available" },
	{ "unknown", "no certain answer" },
};

static void
say_processor_call(struct cli *cli, const struct json *e)
{
	const char *words = cli_member(cli, e, "status");
	const struct json *status = json_get(e, "answer_status");

	for (size_t i = 0; i < sizeof(call_states) / sizeof(call_states[0]);
	    i++)
		if (strcmp(words, call_states[i].status) == 0)
			words = call_states[i].words;
	printf("asked %s to %s the payment: %s",
	    cli_member(cli, e, "processor"), cli_member(cli, e, "operation"),
	    words);
	if (status != NULL && status->kind == JSON_NUMBER)
		printf(" (HTTP %s)", cli_value(cli, status));
	if (json_text(e, "answer_message") != NULL)
		printf(": %s", cli_member(cli, e, "answer_message"));
}

static void
say_ledger(struct cli *cli, const struct json *e)
{
	const char *entry = cli_member(cli, e, "entry");

	printf("booked %s of %s %s: debit %s, credit %s",
	    strcmp(entry, "processor_fee") == 0 ? "the processor's fee" :
	    strcmp(entry, "platform_fee") == 0 ? "our fee" : entry,
	    cli_member(cli, e, "amount"), cli_member(cli, e, "currency"),
	    cli_member(cli, e, "debit_account"),
	    cli_member(cli, e, "credit_account"));
}

static void
say_refund(struct cli *cli, const struct json *e)
{
	printf("refund of %s %s (%s): %s by now",
	    cli_member(cli, e, "amount"), cli_member(cli, e, "currency"),
	    cli_member(cli, e, "refund_id"), cli_member(cli, e, "status"));
}

static void
say_event(struct cli *cli, const struct json *e)
{
	printf("partner to be told: %s (%s)", cli_member(cli, e, "type"),
	    cli_member(cli, e, "event_id"));
}

static void
say_delivery(struct cli *cli, const struct json *e)
{
	const struct json *next = json_get(e, "next_attempt_at");

	printf("delivery to %s, %s: %s after %s attempt(s)",
	    cli_member(cli, e, "endpoint_name"), cli_member(cli, e, "url"),
	    cli_member(cli, e, "status"), cli_member(cli, e, "attempts"));
	if (next != NULL && next->kind == JSON_STRING)
		printf(", next at %s", cli_value(cli, next));
}

static void
say_attempt(struct cli *cli, const struct json *e)
{
	const struct json *status = json_get(e, "response_status");

	printf("attempt %s to %s: ", cli_member(cli, e, "number"),
	    cli_member(cli, e, "endpoint_name"));
	if (status != NULL && status->kind == JSON_NUMBER)
		printf("HTTP %s", cli_value(cli, status));
	else
		printf("no answer (%s)", cli_member(cli, e, "error"));
	printf(" in %s ms", cli_member(cli, e, "duration_ms"));
}

static const struct {
	const char	*kind;
	void		(*say)(struct cli *, const struct json *);
} kinds[] = {
	{ "audit", say_audit },
	{ "route", say_route },
	{ "processor_call", say_processor_call },
	{ "processor_event", say_processor_event },
	{ "ledger", say_ledger },
	{ "refund", say_refund },
	{ "event", say_event },
	{ "delivery", say_delivery },
	{ "attempt", say_attempt },
};

static void
print_particulars(struct cli *cli, const struct json *e)
{
	for (const struct json *v = e->child; v != NULL; v = v->next) {
		if (strcmp(v->key, "at") == 0 || strcmp(v->key, "kind") == 0)
			continue;
		if (v->kind == JSON_STRING &&
		    memchr(v->text, '\n', v->len) != NULL) {
			printf("    %s:\n", v->key);
			cli_render_lines(cli, v);
		} else {
			printf("    %s: %s\n", v->key, cli_value(cli, v));
		}
	}
}

/* "2026-11-25T10:00:00.000Z" as a column: blank for T, no Z. */
static void
print_time(struct cli *cli, const struct json *e)
{
	char *at = arena_strdup(cli->arena, cli_member(cli, e, "at"));
	size_t n = strlen(at);

	if (n == 24) {
		at[10] = ' ';
		at[23] = '\0';
	}
	printf("%-23s  ", at);
}

static void
print_entry(struct cli *cli, const struct json *e)
{
	const char *kind = cli_member(cli, e, "kind");
	bool said = false;

	print_time(cli, e);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i].kind) == 0) {
			kinds[i].say(cli, e);
			said = true;
		}
	printf("%s\n", said ? "" : kind);
	if (cli->verbose)
		print_particulars(cli, e);
}

/* What its merchant calls it, and why it failed. */
static void
print_payment(struct cli *cli, const struct json *payment)
{
	const struct json *failure = json_get(payment, "failure");
	const struct json *live = json_get(payment, "livemode");

	printf("Payments API: %s, %s, made with a %s key\n",
	    cli_member(cli, payment, "id"),
	    cli_member(cli, payment, "status"),
	    live != NULL && live->kind == JSON_TRUE ? "live" : "test");
	if (failure != NULL && failure->kind == JSON_OBJECT)
		printf("failed: %s (%s)\n",
		    cli_member(cli, failure, "message"),
		    cli_member(cli, failure, "code"));
}

static void
print_head(struct cli *cli, const struct json *tx,
    const struct json *payment)
{
	printf("payment %s: %s %s, %s\n", cli_member(cli, tx, "cliveTxId"),
	    cli_member(cli, tx, "amount"), cli_member(cli, tx, "currency"),
	    cli_member(cli, tx, "status"));
	printf("reference %s of partner %s (%s), client %s (%s)\n",
	    cli_member(cli, tx, "echezonaReference"),
	    cli_member(cli, tx, "partnerId"),
	    cli_member(cli, tx, "partnerName"),
	    cli_member(cli, tx, "clientId"), cli_member(cli, tx, "clientName"));
	printf("carried by %s as %s\n", cli_member(cli, tx, "processor"),
	    cli_member(cli, tx, "stripePaymentIntentId"));
	if (payment != NULL)
		print_payment(cli, payment);
	if (cli->verbose)
		printf("meta %s\n", cli_member(cli, tx, "meta"));
	printf("\n");
}

void
timeline_render(struct cli *cli, const struct json *doc)
{
	const struct json *timeline = json_get(doc, "timeline");

	print_head(cli, json_get(doc, "transaction"),
	    json_get(doc, "payment"));
	printf("UTC\n");
	for (const struct json *e = timeline != NULL ? timeline->child : NULL;
	    e != NULL; e = e->next)
		print_entry(cli, e);
}
