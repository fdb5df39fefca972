/* SPDX-License-Identifier: ISC */
/* st-refund.c - refunds, their running total, and those that go wrong. */
#include "st.h"

#include <string.h>

#include "st-card.h"

enum { LATER_MS = 500 };

const struct rule st_refund_create_rules[] = {
	{ .name = "amount", .kind = RULE_INT },
	{ .name = "charge" },
	{ .name = "currency" },
	{ .name = "expand[#]" },
	{ .name = "instructions_email" },
	{ .name = "metadata[*]" },
	{ .name = "metadata" },
	{ .name = "payment_intent" },
	{ .name = "reason", .kind = RULE_ONE_OF,
	  .choices = "duplicate fraudulent requested_by_customer" },
	{ .name = "refund_application_fee", .kind = RULE_NOT_OFFERED },
	{ .name = "reverse_transfer", .kind = RULE_NOT_OFFERED },
	{ .name = "customer", .kind = RULE_NOT_OFFERED },
	{ .name = "origin", .kind = RULE_NOT_OFFERED },
	{ .name = NULL }
};

const struct rule st_refund_update_rules[] = {
	{ .name = "expand[#]" },
	{ .name = "metadata[*]" },
	{ .name = "metadata" },
	{ .name = NULL }
};

/* The charge that the request names, or that its payment intent led to. */
static struct doc *
find_charge(struct st *st)
{
	const char *id = form_get(st->form, "charge");
	const char *intent_id = form_get(st->form, "payment_intent");

	if (id != NULL && intent_id != NULL)
		return st_fail(st, ST_PARAMETER_EXCLUSIVE, "charge",
		    "Only one of charge and payment_intent can be given.");
	if (id != NULL)
		return st_get(st, "charge", id, "charge");
	if (intent_id == NULL)
		return st_fail(st, ST_PARAMETER_MISSING, "payment_intent",
		    "One of charge and payment_intent must be given.");
	struct doc *intent = st_get(st, "payment_intent", intent_id,
	    "payment_intent");
	if (intent == NULL)
		return NULL;
	const char *latest = doc_text(intent, "latest_charge");
	if (!doc_is(intent, "status", "succeeded") || latest == NULL)
		return st_fail(st, ST_NOT_REFUNDABLE, "payment_intent",
		    "This PaymentIntent (%s) has no successful charge to "
		    "refund.", intent_id);
	return st_get(st, "charge", latest, "charge");
}

/* What can still go back; false with an error. */
static bool
check_refundable(struct st *st, const struct doc *charge, int64_t *rest)
{
	const char *id = doc_text(charge, "id");

	*rest = doc_int(charge, "amount_captured") -
	    doc_int(charge, "amount_refunded");
	if (!doc_true(charge, "captured"))
		return st_fail(st, ST_NOT_REFUNDABLE, NULL,
		    "Charge %s was not captured.", id);
	if (doc_true(charge, "_charged_back"))
		return st_fail(st, ST_CHARGE_DISPUTED, NULL,
		    "Charge %s has been charged back.", id);
	if (*rest == 0)
		return st_fail(st, ST_ALREADY_REFUNDED, NULL,
		    "Charge %s has already been refunded.", id);
	return true;
}

/* Adds to what the charge gave back; the total may shrink where one failed. */
static void
add_to_charge(struct st *st, struct doc *charge, int64_t amount)
{
	int64_t total = doc_int(charge, "amount_refunded") + amount;

	doc_set_int(charge, "amount_refunded", total);
	doc_set_bool(charge, "refunded",
	    total == doc_int(charge, "amount_captured"));
	st_put(st, charge);
}

static struct doc *
draft(struct st *st, const struct doc *charge, int64_t amount)
{
	struct doc *d = doc_new(st->arena, "id object amount "
	    "balance_transaction charge created currency destination_details "
	    "metadata payment_intent reason receipt_number "
	    "source_transfer_reversal status transfer_reversal");
	const char *id = st_id(st, "re_");

	doc_set_text(d, "id", id);
	doc_set_text(d, "object", "refund");
	doc_set_int(d, "amount", amount);
	doc_set_text(d, "balance_transaction", st_balance_add(st, "refund",
	    -amount, 0, doc_text(charge, "currency"), id, true));
	doc_set_text(d, "charge", doc_text(charge, "id"));
	doc_set_int(d, "created", st_seconds(st));
	doc_set_text(d, "currency", doc_text(charge, "currency"));
	doc_setf(d, "destination_details", "{\"card\":{"
	    "\"reference_status\":\"pending\",\"reference_type\":"
	    "\"acquirer_reference_number\",\"type\":\"refund\"},"
	    "\"type\":\"card\"}");
	doc_set_text(d, "payment_intent", doc_text(charge, "payment_intent"));
	doc_set_text(d, "reason", form_get(st->form, "reason"));
	doc_set_text(d, "status", "succeeded");
	return d;
}

static void
arrange_end(struct st *st, struct doc *refund, const struct doc *charge)
{
	const struct card *card = st_card_of(charge);

	if (card == NULL || (card->later != LATER_REFUND_PENDS &&
	    card->later != LATER_REFUND_FAILS))
		return;
	if (card->later == LATER_REFUND_PENDS) {
		doc_set_text(refund, "status", "pending");
		doc_set_text(refund, "pending_reason", "processing");
	}
	st_later(st, LATER_MS, "refund", doc_text(refund, "id"));
}

struct doc *
st_refund_create(struct st *st, const char *id)
{
	struct doc *charge = find_charge(st);
	int64_t rest;

	(void)id;
	if (charge == NULL || !check_refundable(st, charge, &rest))
		return NULL;
	int64_t amount = form_int(st->form, "amount", rest);
	if (amount == 0)
		return st_fail(st, ST_INVALID_INTEGER, "amount",
		    "Invalid positive integer: 0");
	if (amount > rest)
		return st_fail(st, ST_INVALID_VALUE, "amount", "Refund amount "
		    "(%lld) is greater than what is left of the charge "
		    "(%lld).", (long long)amount, (long long)rest);
	struct doc *refund = draft(st, charge, amount);
	if (!st_take_metadata(st, refund, "metadata"))
		return NULL;
	arrange_end(st, refund, charge);
	st_put(st, refund);
	add_to_charge(st, charge, amount);
	st_event(st, "refund.created", refund, NULL);
	st_event(st, "charge.refunded", charge, NULL);
	return refund;
}

struct doc *
st_refund_update(struct st *st, const char *id)
{
	struct doc *refund = st_get(st, "refund", id, "refund");

	if (refund == NULL || !st_take_metadata(st, refund, "metadata"))
		return NULL;
	st_put(st, refund);
	st_event(st, "refund.updated", refund, NULL);
	return refund;
}

struct doc *
st_refund_cancel(struct st *st, const char *id)
{
	struct doc *refund = st_get(st, "refund", id, "refund");

	return refund == NULL ? NULL : st_fail(st, ST_INVALID_VALUE, NULL,
	    "A refund with status %s cannot be canceled.",
	    doc_text(refund, "status"));
}

void
st_refund_fail(struct st *st, struct doc *refund, const char *reason)
{
	struct doc *charge = st_find(st, "charge", doc_text(refund, "charge"));
	int64_t amount = doc_int(refund, "amount");

	if (charge == NULL || doc_is(refund, "status", "failed"))
		return;
	doc_set_text(refund, "status", "failed");
	doc_remove(refund, "pending_reason");
	doc_set_text(refund, "failure_reason", reason);
	doc_set_text(refund, "failure_balance_transaction", st_balance_add(st,
	    "refund_failure", amount, 0, doc_text(refund, "currency"),
	    doc_text(refund, "id"), true));
	st_put(st, refund);
	add_to_charge(st, charge, -amount);
	st_event(st, "refund.failed", refund, NULL);
	st_event(st, "refund.updated", refund, NULL);
}

void
st_refund_end(struct st *st, struct doc *refund)
{
	if (!doc_is(refund, "status", "pending")) {
		st_refund_fail(st, refund, "expired_or_canceled_card");
		return;
	}
	doc_set_text(refund, "status", "succeeded");
	doc_remove(refund, "pending_reason");
	st_put(st, refund);
	st_event(st, "refund.updated", refund, NULL);
}
