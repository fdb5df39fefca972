/* SPDX-License-Identifier: ISC */
/* rail-wallet.c - our own wallets: whose it is, and whether it pays at once. */
#include "rail.h"

#include <string.h>

#include "checkout.h"
#include "intent-action.h"
#include "intent-call.h"
#include "wallet.h"

#define METHOD "payment_method"
#define MEMBER "soxara_wallet"

/* A phone number where there is one; NULL in *phone where there is none. */
static const struct fault *
read_phone(struct request *rq, const struct json *object, const char *field,
    const char **phone)
{
	const struct json *value = json_get(object, "phone_number");

	*phone = NULL;
	if (value == NULL || value->kind == JSON_NULL)
		return NULL;
	*phone = json_text(object, "phone_number");
	if (*phone == NULL)
		return request_refuse(rq, &FAULT_FIELD_WRONG, field,
		    "Must be a string");
	const char *why = buyer_check_phone(*phone);
	return why == NULL ? NULL : request_refuse(rq, &FAULT_PHONE_NUMBER,
	    field, why);
}

/* It stands in the method's own object, or beside its type. */
static const struct fault *
find_phone(struct request *rq, const struct json *method, const char **phone,
    const char **field)
{
	const struct json *member = json_get(method, MEMBER);
	const struct fault *fault;

	if (member != NULL && member->kind != JSON_OBJECT &&
	    member->kind != JSON_NULL)
		return request_refuse(rq, &FAULT_FIELD_WRONG,
		    METHOD "." MEMBER, "Must be an object");
	*field = METHOD "." MEMBER ".phone_number";
	fault = read_phone(rq, member, *field, phone);
	if (fault != NULL || *phone != NULL)
		return fault;
	*field = METHOD ".phone_number";
	return read_phone(rq, method, *field, phone);
}

const struct fault *
rail_wallet(struct request *rq, const struct intent *in,
    const struct json *method, struct rail *rail)
{
	const char *phone, *field;
	const struct fault *fault = find_phone(rq, method, &phone, &field);

	if (fault != NULL)
		return fault;
	if (phone != NULL && !in->live &&
	    buyer_find_good(rq->conn, rq->arena, false, phone) == NULL)
		return request_refuse(rq, &FAULT_FORBIDDEN, field,
		    "No test buyer has this phone number");
	rail->processor = WALLET_PROCESSOR;
	rail->payment_type = WALLET_PROCESSOR;
	rail->phone_number = phone;
	if (phone != NULL)
		rail->method_detail = arena_printf(rq->arena,
		    "{\"phone_number\":\"%s\"}", phone);
	return NULL;
}

/* The cheapest of the rules that an operator has for wallets; NULL: none, and
 * no fee. */
static const char *
find_rule(struct conn *c, struct arena *arena, const char *currency)
{
	struct rows *r = conn_rows(c, SQL_FEE_RULES_MATCHING, "ttttt",
	    WALLET_PROCESSOR, "", "", currency, WALLET_PROCESSOR);
	int64_t least = INT64_MAX;
	const char *id = NULL;

	while (row_next(r)) {
		if (row_int(r, 2) >= least)
			continue;
		least = row_int(r, 2);
		id = row_text_copy(r, 0, arena);
	}
	return id;
}

/* Leads to the page where a buyer says yes or no. */
const char *
rail_wallet_action(struct arena *arena, const struct conf *conf,
    const struct intent *in, const char *secret)
{
	return intent_action_redirect(arena, arena_printf(arena,
	    "%s/wallet/?payment=%s%s%s", conf->base_url, in->id,
	    secret != NULL ? "#" : "", secret != NULL ? secret : ""),
	    in->return_url);
}

const struct fault *
rail_wallet_confirm(struct conn *c, struct request *rq, struct intent *in,
    const struct rail *rail, const char **action)
{
	const char *actor = merchant_actor(rq);
	const struct buyer *b = NULL;

	*action = NULL;
	if (checkout_attach(c, rq->arena, rq->now, in->tx, WALLET_PROCESSOR,
	    find_rule(c, rq->arena, in->tx->amount.currency), in->id,
	    actor) != TX_ATTACH_DONE)
		return &FAULT_STATE;
	/* There is nobody who could be asked what became of it. */
	intent_never_look(c, rq->now, in->tx);
	if (rail->phone_number != NULL && !in->live)
		b = buyer_find_good(c, rq->arena, false, rail->phone_number);
	if (b == NULL || !wallet_pay(c, rq->arena, rq->now, in, b, actor))
		*action = rail_wallet_action(rq->arena, rq->conf, in, NULL);
	return NULL;
}
