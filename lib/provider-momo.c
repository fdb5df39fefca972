/* SPDX-License-Identifier: ISC */
/*
 * provider-momo.c - the sandbox of MTN MoMo and Orange Money: a processor
 * without a network, for test payments (soxara.md 9).
 *
 * What will become of a payment and when is decided by the payer's number
 * when it is opened, and stands in the reference from then on:
 *
 *	mtn_paid_1764061205000_1250_USD_01KAX7J1PZ3T9W8Q5M2R6C4D0E
 *
 * network, outcome, the moment in milliseconds, the amount and the key of
 * the question. So nothing has to be kept anywhere, and a look needs but the
 * clock. The number itself is not in it.
 */
#include "provider.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "json.h"
#include "look.h"
#include "shared.h"

enum {
	AT_ONCE_MS = 1000,	/* numbers with an outcome of their own */
	BODY_MAX_BYTES = 1024,
	NETWORK_SIZE = 8
};

/* What a payer does. */
enum outcome {
	PAYS,
	REJECTS,
	IS_SHORT,
	KEEPS_SILENT,
	OUTCOMES
};

static const struct {
	const char	*word;		/* in the reference */
	const char	*failure;	/* NULL: it is paid */
	const char	*message;
} outcomes[OUTCOMES] = {
	[PAYS] = { "paid", NULL, NULL },
	[REJECTS] = { "rejected", "user_rejected",
	    "The payer rejected the request." },
	[IS_SHORT] = { "short", "INSUFFICIENT_FUNDS",
	    "The payer's account does not hold enough money." },
	[KEEPS_SILENT] = { "silent", "timeout",
	    "The payer did not answer the request in time." },
};

/* Behind +231, of MTN and of Orange; all others pay. */
static const struct {
	const char	*number;
	enum outcome	 outcome;
} numbers[] = {
	{ "+231881111000", PAYS }, { "+231771111000", PAYS },
	{ "+231881111001", REJECTS }, { "+231771111001", REJECTS },
	{ "+231881111002", KEEPS_SILENT }, { "+231771111002", KEEPS_SILENT },
	{ "+231881111003", IS_SHORT }, { "+231771111003", IS_SHORT },
};

/* A payment, as its reference tells it. */
struct momo {
	char		 network[NETWORK_SIZE];
	enum outcome	 outcome;
	int64_t		 due;
	struct amount	 amount;
	const char	*key;
};

/* Its payers are played: nothing that is live may come here. */
static const struct fault *
missing(const struct conf *conf)
{
	return conf->live ? &FAULT_PROVIDER_NOT_CONFIGURED : NULL;
}

static void
decide(const struct conf *conf, const char *number, struct momo *m)
{
	int64_t wait = conf->momo_delay_ms;

	m->outcome = PAYS;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(numbers[i].number, number) == 0) {
			m->outcome = numbers[i].outcome;
			wait = AT_ONCE_MS;
		}
	if (m->outcome == KEEPS_SILENT)
		wait = conf->momo_timeout_ms;
	m->due = clock_now() + wait;
}

static const char *
write_ref(struct arena *arena, const struct momo *m)
{
	return arena_printf(arena, "%s_%s_%" PRId64 "_%" PRId64 "_%s_%s",
	    m->network, outcomes[m->outcome].word, m->due, m->amount.minor,
	    m->amount.currency, m->key);
}

/* False for what write_ref did not write. */
static bool
read_ref(struct arena *arena, const char *ref, struct momo *m)
{
	char word[NETWORK_SIZE + 4];
	int at = 0, i = 0;

	if (sscanf(ref, "%7[a-z]_%11[a-z]_%" SCNd64 "_%" SCNd64 "_%3[A-Z]_%n",
	    m->network, word, &m->due, &m->amount.minor, m->amount.currency,
	    &at) != 5 || at == 0 || strlen(m->amount.currency) != 3)
		return false;
	while (i < OUTCOMES && strcmp(outcomes[i].word, word) != 0)
		i++;
	m->outcome = (enum outcome)i;
	m->key = ref + at;
	/* Each number has one spelling. */
	return i < OUTCOMES && strcmp(write_ref(arena, m), ref) == 0;
}

/* What there is to be said of a payment now. */
static struct provider_answer
tell(struct arena *arena, const char *ref, const struct momo *m)
{
	struct provider_answer a = { .fate = PROVIDER_DONE, .ref = ref };
	struct buf body;
	struct jsonw w;

	if (clock_now() < m->due) {
		a.look_at = m->due;
	} else if (outcomes[m->outcome].failure != NULL) {
		a.state = PROVIDER_FAILED;
		a.failure = outcomes[m->outcome].failure;
		a.message = outcomes[m->outcome].message;
	} else {
		a.state = PROVIDER_PAID;
		a.has_amount = true;
		a.amount = m->amount;
	}
	buf_init(&body, BODY_MAX_BYTES);
	jsonw_init(&w, &body);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "reference", ref);
	jsonw_text(&w, "status", a.state == PROVIDER_OPEN ? "pending" :
	    a.state == PROVIDER_PAID ? "successful" : "failed");
	jsonw_text(&w, "reason", a.failure);
	jsonw_end_object(&w);
	a.raw.n = body.len;
	a.raw.p = arena_strndup(arena, buf_str(&body), body.len);
	buf_free(&body);
	return a;
}

static struct provider_answer
refuse(const char *code, const char *message)
{
	return (struct provider_answer){ .fate = PROVIDER_REFUSED,
	    .code = code, .failure = "generic_decline", .message = message };
}

/* The payment method is the network and the number: mtn:+231881158457. */
static struct provider_answer
open_payment(struct arena *arena, const struct conf *conf,
    const struct provider_order *o)
{
	struct momo m = { .amount = o->amount, .key = o->idempotency_key };
	int at = 0;

	if (o->payment_method == NULL || sscanf(o->payment_method,
	    "%7[a-z]:%n", m.network, &at) != 1 || at == 0 ||
	    o->payment_method[at] != '+')
		return refuse("payment_method_invalid",
		    "Which number is to be charged?");
	decide(conf, o->payment_method + at, &m);
	return tell(arena, write_ref(arena, &m), &m);
}

static struct provider_answer
fetch_state(struct arena *arena, const struct conf *conf, const char *ref)
{
	struct momo m;

	(void)conf;
	if (!read_ref(arena, ref, &m))
		return refuse("reference_invalid",
		    "There is no such payment");
	return tell(arena, ref, &m);
}

/* Takes the request back, unless the payer was quicker. */
static struct provider_answer
cancel(struct arena *arena, const struct conf *conf, const char *ref,
    const char *key)
{
	struct provider_answer a = fetch_state(arena, conf, ref);

	(void)key;
	if (a.fate == PROVIDER_DONE && a.state == PROVIDER_OPEN) {
		a.state = PROVIDER_CANCELED;
		a.look_at = 0;
	}
	return a;
}

static struct provider_answer
refund(struct arena *arena, const struct conf *conf, const char *ref,
    struct amount amount, const char *key)
{
	struct provider_answer a = fetch_state(arena, conf, ref);

	if (a.fate != PROVIDER_DONE)
		return a;
	if (a.state != PROVIDER_PAID)
		return refuse("not_paid", "Nothing was paid");
	a.ref = arena_printf(arena, "refund_%s", key);
	a.amount = amount;
	return a;
}

payment_reader momo_payment_event;

/* Reads a look that was kept; it says the same as the event made of it. */
bool
momo_payment_event(struct arena *arena, struct slice body,
    struct payment_event *e)
{
	const char *why;
	const struct json *json = json_parse(arena, body.p, body.n, &why);
	const char *ref = json_text(json, "reference");
	const char *status = json_text(json, "status");
	struct provider_answer a;
	struct momo m;

	if (ref == NULL || status == NULL || !read_ref(arena, ref, &m))
		return false;
	/* By now it has come to what it was then, or more. */
	a = tell(arena, ref, &m);
	if (strcmp(status, "pending") == 0 ||
	    !look_to_payment(arena, "momo", ref, &a, e))
		return false;
	e->body = body;
	return true;
}

static const char *const payment_types[] = { "mobile_money", NULL };

extern const struct provider provider_momo;

const struct provider provider_momo = {
	.name = "momo",
	.payment_types = payment_types,
	.missing = missing,
	.open = open_payment,
	.needs_method = true,
	.fetch = fetch_state,
	.cancel = cancel,
	.refund = refund,
};
