/* SPDX-License-Identifier: ISC */
/*
 * payout-wise.c - payouts over the Wise Platform API.
 *
 * Three questions: a quote (POST /v3/profiles/{p}/quotes), a transfer of it
 * (POST /v1/transfers), and its funding from our balance (POST
 * /v3/profiles/{p}/transfers/{t}/payments). Money moves with the third alone.
 * The transfer is made under customerTransactionId, our key. Funding knows no
 * key: it is asked once, and where its answer was lost the transfer is looked
 * up first, which says whether it still waits for its money.
 */
#include "payout.h"

#include <string.h>

#include "fetch.h"
#include "json.h"

enum { REFERENCE_DIGITS = 8 };	/* banks print few characters */

static struct fetch_answer
call(struct arena *arena, const struct conf *conf, const char *method,
    const char *path, const char *body, int tries)
{
	const char *headers[] = {
		arena_printf(arena, "Authorization: Bearer %s",
		    conf->wise_token),
		"Content-Type: application/json",
		NULL
	};
	struct fetch f = {
		.method = method, .headers = headers,
		.url = arena_printf(arena, "%s%s", conf->wise_api_base, path),
		.timeout_ms = conf->processor_timeout_ms, .tries = tries,
	};

	if (body != NULL)
		f.body = (struct slice){ body, strlen(body) };
	return fetch_run(arena, &f);
}

/* What Wise says of a refusal: {"errors":[{"code","message"}]}, or less. */
static const char *
message_of(struct arena *arena, const struct fetch_answer *f,
    const struct json *json)
{
	const struct json *errors = json_get(json, "errors");
	const struct json *first = errors != NULL ? errors->child : NULL;
	const char *text = json_text(first, "message");

	if (text == NULL)
		text = json_text(json, "message");
	if (text == NULL)
		text = f->error;
	return text != NULL ? text : arena_printf(arena,
	    "Wise answered status %d", f->status);
}

/*
 * The JSON of an answer of 2xx. NULL otherwise with the fate: a refusal is
 * 400, 401, 403, 404 and 422; all else may be over at the next try.
 */
static const struct json *
judge(struct arena *arena, const struct fetch_answer *f,
    struct payout_answer *a)
{
	const char *why;
	const struct json *json = f->fate == FETCH_ANSWERED ?
	    json_parse(arena, f->body.p, f->body.n, &why) : NULL;
	bool refused = f->status == 400 || f->status == 401 ||
	    f->status == 403 || f->status == 404 || f->status == 422;

	*a = (struct payout_answer){ .fate = PAYOUT_UNKNOWN };
	if (f->fate == FETCH_ANSWERED && f->status >= 200 &&
	    f->status < 300) {
		if (json == NULL)
			a->message = "Wise's answer is no JSON";
		return json;
	}
	a->message = message_of(arena, f, json);
	if (f->fate == FETCH_ANSWERED && refused)
		a->fate = PAYOUT_REFUSED;
	return NULL;
}

/* An id, which is a text or a number, as a text; NULL where it is none. */
static const char *
id_of(struct arena *arena, const struct json *json)
{
	const struct json *id = json_get(json, "id");

	if (id == NULL || (id->kind != JSON_STRING &&
	    id->kind != JSON_NUMBER))
		return NULL;
	return id->kind == JSON_STRING ? id->text :
	    arena_strndup(arena, id->raw.p, id->raw.n);
}

static struct payout_answer
quote(struct arena *arena, const struct conf *conf,
    const struct payout_order *o)
{
	char amount[AMOUNT_TEXT_SIZE];
	struct payout_answer a;
	const char *body = arena_printf(arena, "{\"sourceCurrency\":\"%s\","
	    "\"targetCurrency\":\"%s\",\"sourceAmount\":null,"
	    "\"targetAmount\":%s,\"targetAccount\":%s,"
	    "\"payOut\":\"BANK_TRANSFER\"}", o->amount.currency,
	    o->amount.currency, amount_print(o->amount.minor,
	    o->amount.currency, amount), o->recipient);
	struct fetch_answer f = call(arena, conf, "POST",
	    arena_printf(arena, "/v3/profiles/%s/quotes",
	    fetch_encode(arena, conf->wise_profile_id)), body, FETCH_TRIES);
	const struct json *json = judge(arena, &f, &a);

	if (json != NULL && (a.quote = id_of(arena, json)) != NULL)
		a.fate = PAYOUT_STEP;
	return a;
}

/* Nothing moves yet: a refusal is one, whatever became of earlier tries. */
static struct payout_answer
transfer(struct arena *arena, const struct conf *conf,
    const struct payout_order *o)
{
	struct payout_answer a;
	size_t n = strlen(o->reference);
	const char *tail = o->reference + (n > REFERENCE_DIGITS ?
	    n - REFERENCE_DIGITS : 0);
	const char *body = arena_printf(arena, "{\"targetAccount\":%s,"
	    "\"quoteUuid\":\"%s\",\"customerTransactionId\":\"%s\","
	    "\"details\":{\"reference\":\"C%s\"}}", o->recipient, o->quote,
	    o->key, tail);
	struct fetch_answer f = call(arena, conf, "POST", "/v1/transfers",
	    body, FETCH_TRIES);
	const struct json *json = judge(arena, &f, &a);

	if (json != NULL && (a.transfer = id_of(arena, json)) != NULL)
		a.fate = PAYOUT_STEP;
	return a;
}

/* Does the transfer have its money? STEP: it waits for it. */
static struct payout_answer
look(struct arena *arena, const struct conf *conf,
    const struct payout_order *o)
{
	static const char *const paid[] = { "processing", "funds_converted",
	    "outgoing_payment_sent" };
	struct payout_answer a;
	struct fetch_answer f = call(arena, conf, "GET",
	    arena_printf(arena, "/v1/transfers/%s",
	    fetch_encode(arena, o->transfer)), NULL, FETCH_TRIES);
	const char *status = json_text(judge(arena, &f, &a), "status");

	/* Who may not look has learnt nothing. */
	a.fate = PAYOUT_UNKNOWN;
	a.transfer = o->transfer;
	if (status == NULL)
		return a;
	a.message = arena_printf(arena, "the transfer is %s", status);
	if (strcmp(status, "incoming_payment_waiting") == 0)
		a.fate = PAYOUT_STEP;
	else if (strcmp(status, "cancelled") == 0)
		a.fate = PAYOUT_REFUSED;
	for (size_t i = 0; i < sizeof(paid) / sizeof(paid[0]); i++)
		if (strcmp(status, paid[i]) == 0)
			a.fate = PAYOUT_SENT;
	return a;
}

/*
 * A transfer that was refused its money stays there for days, and a person
 * could fund it by hand beside the next one: it is canceled. Only then is it
 * certain that nothing is paid.
 */
static struct payout_answer
give_up(struct arena *arena, const struct conf *conf,
    const struct payout_order *o, const char *message)
{
	struct payout_answer a;
	struct fetch_answer f = call(arena, conf, "PUT",
	    arena_printf(arena, "/v1/transfers/%s/cancel",
	    fetch_encode(arena, o->transfer)), NULL, FETCH_TRIES);
	const char *status = json_text(judge(arena, &f, &a), "status");
	bool canceled = status != NULL && strcmp(status, "cancelled") == 0;

	return (struct payout_answer){ .transfer = o->transfer,
	    .fate = canceled ? PAYOUT_REFUSED : PAYOUT_UNKNOWN,
	    .message = message };
}

static struct payout_answer
fund(struct arena *arena, const struct conf *conf,
    const struct payout_order *o)
{
	struct payout_answer a;

	if (o->again) {
		a = look(arena, conf, o);
		if (a.fate != PAYOUT_STEP)
			return a;
	}
	struct fetch_answer f = call(arena, conf, "POST",
	    arena_printf(arena, "/v3/profiles/%s/transfers/%s/payments",
	    fetch_encode(arena, conf->wise_profile_id),
	    fetch_encode(arena, o->transfer)), "{\"type\":\"BALANCE\"}", 1);
	const struct json *json = judge(arena, &f, &a);
	const char *status = json_text(json, "status");
	a.transfer = o->transfer;
	if (a.fate == PAYOUT_REFUSED)
		return give_up(arena, conf, o, a.message);
	if (status == NULL)
		return a;
	if (strcmp(status, "COMPLETED") == 0) {
		a.fate = PAYOUT_SENT;
	} else if (strcmp(status, "REJECTED") == 0) {
		const char *code = json_text(json, "errorCode");
		return give_up(arena, conf, o, code != NULL ? code :
		    "the funding was rejected");
	}
	return a;
}

static struct payout_answer
ask(struct arena *arena, const struct conf *conf,
    const struct payout_order *o)
{
	if (o->transfer != NULL)
		return fund(arena, conf, o);
	return o->quote != NULL ? transfer(arena, conf, o) :
	    quote(arena, conf, o);
}

static bool
configured(const struct conf *conf)
{
	return conf->wise_token[0] != '\0' && conf->wise_profile_id[0] != '\0';
}

static bool
is_recipient(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= 18 && name[0] != '0' &&
	    strspn(name, "0123456789") == n;
}

extern const struct payout_rail payout_wise;

const struct payout_rail payout_wise = {
	.name = "wise",
	.configured = configured,
	.recipient = is_recipient,
	.ask = ask,
};
