/* SPDX-License-Identifier: ISC */
/*
 * payout-mercury.c - payouts over Mercury's API.
 *
 * One question: POST /api/v1/account/{id}/transactions with idempotencyKey. It
 * says for which amount and names the currency in the note; how a recipient is
 * paid is set up with the recipient at Mercury. Where the answer was lost the
 * account's transactions are searched for the key, which is part of the note,
 * before the question is asked again with the same key.
 */
#include "payout.h"

#include <string.h>

#include "fetch.h"
#include "json.h"

static struct fetch_answer
call(struct arena *arena, const struct conf *conf, const char *method,
    const char *path, const char *body)
{
	const char *headers[] = {
		arena_printf(arena, "Authorization: Bearer %s",
		    conf->mercury_token),
		"Content-Type: application/json",
		NULL
	};
	struct fetch f = {
		.method = method, .headers = headers,
		.url = arena_printf(arena, "%s/api/v1/account/%s/transactions"
		    "%s", conf->mercury_api_base,
		    fetch_encode(arena, conf->mercury_account_id), path),
		.timeout_ms = conf->processor_timeout_ms,
		.tries = FETCH_TRIES,
	};

	if (body != NULL)
		f.body = (struct slice){ body, strlen(body) };
	return fetch_run(arena, &f);
}

/* What became of a transaction by its own words. */
static struct payout_answer
read_transaction(const struct json *json)
{
	struct payout_answer a = { .fate = PAYOUT_UNKNOWN,
	    .transfer = json_text(json, "id"),
	    .message = "Mercury's answer names no transaction" };
	const char *status = json_text(json, "status");

	if (a.transfer == NULL || status == NULL)
		return a;
	a.message = json_text(json, "reasonForFailure");
	if (strcmp(status, "pending") == 0 || strcmp(status, "sent") == 0)
		a.fate = PAYOUT_SENT;
	else if (strcmp(status, "failed") == 0 ||
	    strcmp(status, "cancelled") == 0 ||
	    strcmp(status, "blocked") == 0)
		a.fate = PAYOUT_REFUSED;
	if (a.fate != PAYOUT_SENT && a.message == NULL)
		a.message = status;
	return a;
}

static const char *
note_of(struct arena *arena, const struct payout_order *o)
{
	return arena_printf(arena, "Settlement %s %s %s", o->reference,
	    o->amount.currency, o->key);
}

/* Looks for the transaction of this key; false: there is none, or nobody
 * says. */
static bool
find(struct arena *arena, const struct conf *conf,
    const struct payout_order *o, struct payout_answer *a)
{
	const char *why, *note = note_of(arena, o);
	struct fetch_answer f = call(arena, conf, "GET",
	    arena_printf(arena, "?limit=100&search=%s",
	    fetch_encode(arena, o->key)), NULL);
	const struct json *json = f.fate == FETCH_ANSWERED &&
	    f.status == 200 ? json_parse(arena, f.body.p, f.body.n, &why) :
	    NULL;
	const struct json *list = json_get(json, "transactions");

	for (const struct json *t = list != NULL ? list->child : NULL;
	    t != NULL; t = t->next) {
		const char *text = json_text(t, "note");
		if (text == NULL || strcmp(text, note) != 0)
			continue;
		*a = read_transaction(t);
		return true;
	}
	return false;
}

/* {"errors":{"message"}} or {"message"}. */
static const char *
message_of(struct arena *arena, const struct fetch_answer *f,
    const struct json *json)
{
	const char *text = json_text(json_get(json, "errors"), "message");

	if (text == NULL)
		text = json_text(json, "message");
	if (text == NULL)
		text = f->error;
	return text != NULL ? text : arena_printf(arena,
	    "Mercury answered status %d", f->status);
}

/*
 * No answer of 2xx. Who may not ask has learnt nothing of what was asked
 * before; 409 says that the key is known: what for is looked up.
 */
static struct payout_answer
read_refusal(struct arena *arena, const struct conf *conf,
    const struct payout_order *o, const struct fetch_answer *f,
    const struct json *json)
{
	struct payout_answer a = { .fate = PAYOUT_UNKNOWN };
	bool before = o->again || f->perhaps_done;

	if (f->fate == FETCH_ANSWERED && f->status == 409 &&
	    find(arena, conf, o, &a))
		return a;
	a.message = message_of(arena, f, json);
	if (f->fate != FETCH_ANSWERED)
		return a;
	if (f->status == 400 || f->status == 404 || f->status == 422 ||
	    (!before && (f->status == 401 || f->status == 403)))
		a.fate = PAYOUT_REFUSED;
	return a;
}

static struct payout_answer
ask(struct arena *arena, const struct conf *conf,
    const struct payout_order *o)
{
	char amount[AMOUNT_TEXT_SIZE];
	struct payout_answer a;
	const char *why;

	if (o->again && find(arena, conf, o, &a))
		return a;
	const char *note = note_of(arena, o);
	struct fetch_answer f = call(arena, conf, "POST", "",
	    arena_printf(arena, "{\"recipientId\":\"%s\",\"amount\":%s,"
	    "\"paymentMethod\":\"internationalWire\",\"idempotencyKey\":"
	    "\"%s\",\"note\":\"%s\",\"externalMemo\":\"Settlement %s\"}",
	    o->recipient, amount_print(o->amount.minor, o->amount.currency,
	    amount), o->key, note, o->reference));
	const struct json *json = f.fate == FETCH_ANSWERED ?
	    json_parse(arena, f.body.p, f.body.n, &why) : NULL;
	if (f.fate != FETCH_ANSWERED || f.status < 200 || f.status >= 300)
		return read_refusal(arena, conf, o, &f, json);
	return read_transaction(json);
}

static bool
configured(const struct conf *conf)
{
	return conf->mercury_token[0] != '\0' &&
	    conf->mercury_account_id[0] != '\0';
}

static bool
is_recipient(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= 100 && strspn(name, "0123456789abcdefghijklmnop"
	    "qrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == n;
}

extern const struct payout_rail payout_mercury;

const struct payout_rail payout_mercury = {
	.name = "mercury",
	.configured = configured,
	.recipient = is_recipient,
	.ask = ask,
};
