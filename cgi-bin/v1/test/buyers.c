/* SPDX-License-Identifier: ISC */
/*
 * POST /v1/test/buyers - makes a test buyer with fake money.
 * GET /v1/test/buyers/{phone_number} - a test buyer, with the balances.
 *
 * Needs a test key with payments:write, or payments:read. POST takes, as a
 * JSON object:
 *
 *   phone_number  E.164: + and 8 to 15 digits
 *   name          text, up to 100, without markup; optional
 *   pin           four to eight digits; optional, else one is made
 *
 * Test buyers are those of the gateway: a phone number is one buyer for the
 * test keys of all merchants. POST of one that is known changes nothing and
 * answers 200 with the buyer as it is, without a PIN.
 *
 * Refuses, after the checks of lib/app.h: 403 FORBIDDEN with a live key; 404
 * NOT_FOUND for a number that is no test buyer's.
 *
 * Answers 201 with {"id":"usr_...","object":"user","phone_number","name",
 * "country_code","livemode":false,"created_at","disabled_at","wallets":[...],
 * "pin"}: the PIN is there, this once, where it was made here. The wallets
 * hold 1000 USD and 100000 LRD.
 */
#include "gateway.h"

#include "password.h"
#include "wallet.h"

/* What a test buyer begins with. */
static const struct amount fake_money[] = {
	{ 100000, "USD" }, { 10000000, "LRD" }
};

/* A buyer on the way. */
struct making {
	const char	*phone_number;
	const char	*name;
	const char	*pin;
	/* Results. */
	bool		 known;		/* it was there before */
	char		 made[BUYER_PIN_SIZE];	/* "": the caller's own */
	char		 stored[PASSWORD_STORED_SIZE];
};

#define AT(member) offsetof(struct making, member)

static const struct field fields[] = {
	{ "phone_number", FIELD_TEXT, .required = true, AT(phone_number),
	  .min = 1, .max = 64, .check = buyer_check_phone,
	  .fault = &FAULT_PHONE_NUMBER },
	{ "name", FIELD_TEXT, .offset = AT(name), .min = 1, .max = 100,
	  .check = field_check_markup },
	{ "pin", FIELD_TEXT, .offset = AT(pin), .min = 1, .max = 64,
	  .check = buyer_check_pin_form, .private = true },
	{ .name = NULL }
};

static void
answer(struct conn *c, struct request *rq, int status, const struct buyer *b,
    const char *pin)
{
	struct jsonw w;

	reply_data(rq, status, &w);
	jsonw_object(&w, "data");
	buyer_write(&w, b);
	jsonw_array(&w, "wallets");
	struct rows *r = conn_rows(c, SQL_WALLETS_OF_BUYER, "t", b->id);
	while (row_next(r)) {
		jsonw_object(&w, NULL);
		wallet_write(&w, wallet_of_row(r, rq->arena));
		jsonw_end_object(&w);
	}
	jsonw_end_array(&w);
	if (pin != NULL)
		jsonw_text(&w, "pin", pin);
	jsonw_end_object(&w);
	jsonw_end_object(&w);
}

static const struct fault *
before(struct conn *c, struct request *rq, void *arg)
{
	struct making *in = arg;

	in->known = buyer_find(c, rq->arena, false, in->phone_number) != NULL;
	return rq->merchant.live ? &FAULT_FORBIDDEN : NULL;
}

/* Hashing takes its time, as asking a processor does. */
static const struct fault *
hash(struct request *rq, void *arg)
{
	struct making *in = arg;
	const char *pin = in->pin;

	(void)rq;
	if (in->known)
		return NULL;
	if (pin == NULL) {
		buyer_pin_make(in->made);
		pin = in->made;
	}
	password_hash_in_turn(pin, in->stored, sizeof(in->stored));
	return NULL;
}

static bool
endow(struct conn *c, struct request *rq, const struct buyer *b,
    const char *actor)
{
	for (size_t i = 0; i < sizeof(fake_money) / sizeof(fake_money[0]);
	    i++) {
		const struct wallet *w = wallet_open_of_buyer(c, rq->arena,
		    rq->now, b, fake_money[i].currency);
		if (w == NULL || !wallet_fund(c, rq->arena, rq->now, w,
		    fake_money[i].minor, NULL, actor))
			return false;
	}
	return true;
}

static const struct fault *
after(struct conn *c, struct request *rq, void *arg)
{
	struct making *in = arg;
	const char *actor = merchant_actor(rq);
	struct buyer *b = buyer_find(c, rq->arena, false, in->phone_number);
	struct buyer new = { .phone_number = in->phone_number,
	    .name = in->name, .pin = in->stored };

	if (b == NULL && !in->known && buyer_add(c, rq->arena, rq->now, &new,
	    actor)) {
		if (!endow(c, rq, &new, actor))
			return &FAULT_INTERNAL;
		answer(c, rq, 201, &new, in->made[0] != '\0' ? in->made :
		    NULL);
		return NULL;
	}
	if (b == NULL)
		return &FAULT_INTERNAL;
	answer(c, rq, 200, b, NULL);
	return NULL;
}

static const struct fault *
one(struct request *rq, void *arg)
{
	const struct buyer *b = buyer_find(rq->conn, rq->arena, false,
	    rq->item);

	(void)arg;
	if (rq->merchant.live)
		return &FAULT_FORBIDDEN;
	if (b == NULL)
		return &FAULT_NOT_FOUND;
	answer(rq->conn, rq, 200, b, NULL);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_POST, ACCESS_MERCHANT, .scope = SCOPE_PAYMENTS_WRITE,
	  .secret = true, .fields = fields,
	  .input_size = sizeof(struct making), .before = before, .ask = hash,
	  .after = after },
	{ METHOD_GET, ACCESS_MERCHANT, .takes_rest = true, .verb = "",
	  .scope = SCOPE_PAYMENTS_READ, .handle = one },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/v1/test/buyers", actions, API_PAYMENTS
};

int
main(void)
{
	return app_main(&endpoint);
}
