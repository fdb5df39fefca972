/* SPDX-License-Identifier: ISC */
/* st-charge.c - charges, their fees, and the balance. */
#include "st.h"

#include <string.h>

#include "amount.h"
#include "st-card.h"

enum {
	FEE_PPM = 29000,		/* 2.9 % ... */
	FEE_FIXED = 30,			/* ... and 0.30 */
	FEE_FOREIGN_PPM = 15000,	/* cards of other countries */
	AVAILABLE_AFTER_S = 2 * 86400,
	SETTLE_MS = 100,		/* the fee becomes known */
	LATER_MS = 500			/* disputes and the like */
};

static const int64_t lapse_ms = 7 * 86400 * 1000LL;

const struct rule st_charge_update_rules[] = {
	{ .name = "description" },
	{ .name = "receipt_email" },
	{ .name = "metadata[*]" },
	{ .name = "metadata" },
	{ .name = "shipping[**]", .kind = RULE_NOT_OFFERED },
	{ .name = "expand[#]" },
	{ .name = NULL }
};

int64_t
st_fee(const struct doc *charge, const struct card *card)
{
	int64_t fee = 0;
	int64_t ppm = card != NULL && card->foreign ?
	    FEE_PPM + FEE_FOREIGN_PPM : FEE_PPM;

	if (!money_share_half_up(doc_int(charge, "amount_captured"), ppm,
	    &fee))
		return 0;
	return fee + (st_decimals(doc_text(charge, "currency")) == 3 ?
	    10 * FEE_FIXED : FEE_FIXED);
}

static const char *
fee_details(struct st *st, int64_t fee, const char *currency)
{
	return fee == 0 ? "[]" : arena_printf(st->arena, "[{\"amount\":%lld,"
	    "\"application\":null,\"currency\":\"%s\",\"description\":"
	    "\"Stripe processing fees\",\"type\":\"stripe_fee\"}]",
	    (long long)fee, currency);
}

const char *
st_balance_add(struct st *st, const char *type, int64_t amount, int64_t fee,
    const char *currency, const char *source, bool available)
{
	struct doc *d = doc_new(st->arena, "id object amount available_on "
	    "balance_type created currency description exchange_rate fee "
	    "fee_details net reporting_category source status type");
	const char *id = st_id(st, "txn_");

	doc_set_text(d, "id", id);
	doc_set_text(d, "object", "balance_transaction");
	doc_set_int(d, "amount", amount);
	doc_set_int(d, "available_on", st_seconds(st) +
	    (available ? 0 : AVAILABLE_AFTER_S));
	doc_set_text(d, "balance_type", "payments");
	doc_set_int(d, "created", st_seconds(st));
	doc_set_text(d, "currency", currency);
	doc_set_int(d, "fee", fee);
	doc_setf(d, "fee_details", "%s", fee_details(st, fee, currency));
	doc_set_int(d, "net", amount - fee);
	doc_set_text(d, "reporting_category",
	    strcmp(type, "adjustment") == 0 ? "dispute" : type);
	doc_set_text(d, "source", source);
	doc_set_text(d, "status", available ? "available" : "pending");
	doc_set_text(d, "type", type);
	st_put(st, d);
	if (!available)
		st_later(st, AVAILABLE_AFTER_S * 1000LL, "available", id);
	return id;
}

static const char *
three_d_secure(bool authenticated)
{
	return authenticated ? "{\"authentication_flow\":\"challenge\","
	    "\"electronic_commerce_indicator\":\"05\","
	    "\"exemption_indicator\":null,\"result\":\"authenticated\","
	    "\"result_reason\":null,\"transaction_id\":null,"
	    "\"version\":\"2.2.0\"}" : "null";
}

static const char *
method_details(struct st *st, const struct doc *intent,
    const struct doc *method, bool authenticated)
{
	struct doc *card = doc_parse(st->arena, doc_raw(method, "card"));
	bool manual = doc_is(intent, "capture_method", "manual");

	doc_remove(card, "display_brand");
	doc_remove(card, "generated_from");
	doc_remove(card, "networks");
	doc_remove(card, "three_d_secure_usage");
	doc_set_int(card, "amount_authorized", doc_int(intent, "amount"));
	doc_set_text(card, "network", doc_text(card, "brand"));
	doc_setf(card, "three_d_secure", "%s", three_d_secure(authenticated));
	doc_set_null(card, "installments");
	doc_set_null(card, "mandate");
	if (manual)
		doc_set_int(card, "capture_before", st_seconds(st) +
		    lapse_ms / 1000);
	return arena_printf(st->arena, "{\"card\":%s,\"type\":\"card\"}",
	    doc_shown(card));
}

static const char *
outcome(struct st *st, const struct card *card)
{
	struct doc *d = doc_new(st->arena, "advice_code network_advice_code "
	    "network_decline_code network_status reason risk_level "
	    "risk_score seller_message type");
	const char *risk = card->risk != NULL ? card->risk : "normal";
	bool blocked = card->code != NULL && card->risk != NULL;

	doc_set_text(d, "network_status", blocked ? "not_sent_to_network" :
	    card->code != NULL ? "declined_by_network" :
	    "approved_by_network");
	doc_set_text(d, "risk_level", risk);
	doc_set_int(d, "risk_score", strcmp(risk, "highest") == 0 ? 95 :
	    strcmp(risk, "elevated") == 0 ? 68 : 20);
	if (card->code != NULL)
		doc_set_text(d, "reason", blocked ? "highest_risk_level" :
		    card->decline_code);
	doc_set_text(d, "seller_message", card->code == NULL ?
	    "Payment complete." : "The payment was declined.");
	doc_set_text(d, "type", blocked ? "blocked" : card->code != NULL ?
	    "issuer_declined" : "authorized");
	return doc_shown(d);
}

/* A member of one object as it is in another. */
static void
carry(struct doc *to, const struct doc *from, const char *key)
{
	const char *raw = doc_raw(from, key);

	if (raw != NULL)
		doc_setf(to, key, "%s", raw);
}

static struct doc *
draft(struct st *st, const struct doc *intent, const struct doc *method)
{
	static const char *const carried[] = { "amount", "currency",
	    "customer", "description", "metadata", "receipt_email",
	    "shipping", "statement_descriptor_suffix", "transfer_group" };
	struct doc *d = doc_new(st->arena, "id object amount amount_captured "
	    "amount_refunded application application_fee "
	    "application_fee_amount balance_transaction billing_details "
	    "calculated_statement_descriptor captured created currency "
	    "customer description disputed failure_balance_transaction "
	    "failure_code failure_message fraud_details livemode metadata "
	    "on_behalf_of outcome paid payment_intent payment_method "
	    "payment_method_details radar_options receipt_email "
	    "receipt_number receipt_url refunded review shipping source "
	    "source_transfer statement_descriptor "
	    "statement_descriptor_suffix status transfer_data "
	    "transfer_group");

	doc_set_text(d, "id", st_id(st, "ch_"));
	doc_set_text(d, "object", "charge");
	for (size_t i = 0; i < sizeof(carried) / sizeof(carried[0]); i++)
		carry(d, intent, carried[i]);
	doc_set_int(d, "amount_captured", 0);
	doc_set_int(d, "amount_refunded", 0);
	carry(d, method, "billing_details");
	doc_set_text(d, "calculated_statement_descriptor", "SANDBOX");
	doc_set_int(d, "created", st_seconds(st));
	doc_set_bool(d, "captured", false);
	doc_set_bool(d, "disputed", false);
	doc_setf(d, "fraud_details", "{}");
	doc_set_bool(d, "livemode", false);
	doc_set_text(d, "payment_intent", doc_text(intent, "id"));
	doc_set_text(d, "payment_method", doc_text(method, "id"));
	doc_setf(d, "radar_options", "{}");
	doc_set_bool(d, "refunded", false);
	carry(d, method, "_card");
	return d;
}

struct doc *
st_charge_make(struct st *st, const struct doc *intent,
    const struct doc *method, bool authenticated)
{
	const struct card *card = st_card_of(method);
	struct doc *d = draft(st, intent, method);
	bool manual = doc_is(intent, "capture_method", "manual");

	doc_setf(d, "payment_method_details", "%s",
	    method_details(st, intent, method, authenticated));
	doc_setf(d, "outcome", "%s", outcome(st, card));
	doc_set_bool(d, "paid", card->code == NULL);
	doc_set_text(d, "status", card->code == NULL ? "succeeded" : "failed");
	if (card->code != NULL) {
		st_card_error(st, card->code, card->decline_code, NULL);
		doc_set_text(d, "failure_code", card->code);
		doc_set_text(d, "failure_message", st->error.message);
		st_put(st, d);
		st_event(st, "charge.failed", d, NULL);
		return d;
	}
	if (manual)
		st_later(st, lapse_ms, "lapse", doc_text(d, "id"));
	else
		st_charge_capture(st, d, doc_int(d, "amount"),
		    doc_is(intent, "capture_method", "automatic"));
	st_put(st, d);
	st_event(st, "charge.succeeded", d, NULL);
	return d;
}

void
st_charge_settle(struct st *st, struct doc *charge)
{
	const struct card *card = st_card_of(charge);

	if (doc_raw(charge, "balance_transaction") != NULL)
		return;
	doc_set_text(charge, "balance_transaction", st_balance_add(st,
	    "charge", doc_int(charge, "amount_captured"),
	    st_fee(charge, card), doc_text(charge, "currency"),
	    doc_text(charge, "id"), card != NULL && card->at_once));
	st_put(st, charge);
}

void
st_charge_capture(struct st *st, struct doc *charge, int64_t amount,
    bool at_once)
{
	const struct card *card = st_card_of(charge);

	doc_set_bool(charge, "captured", true);
	doc_set_int(charge, "amount_captured", amount);
	st_put(st, charge);
	if (at_once)
		st_charge_settle(st, charge);
	else
		st_later(st, SETTLE_MS, "settle", doc_text(charge, "id"));
	switch (card != NULL ? card->later : LATER_NOTHING) {
	case LATER_DISPUTE:
	case LATER_TWO_DISPUTES:
	case LATER_INQUIRY:
	case LATER_FRAUD_WARNING:
		st_later(st, LATER_MS, "dispute", doc_text(charge, "id"));
		break;
	case LATER_NOTHING:
	case LATER_REFUND_PENDS:
	case LATER_REFUND_FAILS:
		break;
	}
}

void
st_charge_lapse(struct st *st, struct doc *charge)
{
	struct doc *intent = st_find(st, "payment_intent",
	    doc_text(charge, "payment_intent"));

	if (doc_true(charge, "captured") || intent == NULL ||
	    !doc_is(intent, "status", "requires_capture"))
		return;
	st_event(st, "charge.expired", charge, NULL);
	st_intent_void(st, intent, "automatic");
}

struct doc *
st_charge_update(struct st *st, const char *id)
{
	struct doc *charge = st_get(st, "charge", id, "charge");

	if (charge == NULL || !st_take_metadata(st, charge, "metadata"))
		return NULL;
	st_take_text(st, charge, "description");
	st_take_text(st, charge, "receipt_email");
	st_put(st, charge);
	st_event(st, "charge.updated", charge, NULL);
	return charge;
}
