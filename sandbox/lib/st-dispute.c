/* SPDX-License-Identifier: ISC */
/*
 * st-dispute.c - disputes: opened by the card, won and lost by the text
 * that is sent as evidence.
 */
#include "st.h"

#include <string.h>

#include "st-card.h"

enum {
	DISPUTE_FEE = 1500,
	DUE_S = 7 * 86400,
	PENDING_MAX = 100
};

const struct rule st_dispute_update_rules[] = {
	{ .name = "evidence[*]" },
	{ .name = "expand[#]" },
	{ .name = "metadata[*]" },
	{ .name = "metadata" },
	{ .name = "submit", .kind = RULE_BOOL },
	{ .name = NULL }
};

static bool
is_inquiry(const struct doc *dispute)
{
	const char *status = doc_text(dispute, "status");

	return strncmp(status, "warning_", 8) == 0;
}

/* Adds an entry of the balance to those of the dispute. */
static void
move_money(struct st *st, struct doc *dispute, int64_t amount, int64_t fee)
{
	const char *id = st_balance_add(st, "adjustment", amount, fee,
	    doc_text(dispute, "currency"), doc_text(dispute, "id"), true);
	const char *entry = doc_shown(st_find(st, "balance_transaction", id));
	const char *old = doc_raw(dispute, "balance_transactions");

	/* The list without its closing bracket, then the new one. */
	doc_setf(dispute, "balance_transactions", "%.*s%s%s]",
	    (int)strlen(old) - 1, old, strcmp(old, "[]") == 0 ? "" : ",",
	    entry);
}

static struct doc *
draft(struct st *st, const struct doc *charge, int64_t amount,
    const char *reason, bool inquiry)
{
	struct doc *d = doc_new(st->arena, "id object amount "
	    "balance_transactions charge created currency "
	    "enhanced_eligibility_types evidence evidence_details "
	    "is_charge_refundable livemode metadata payment_intent "
	    "payment_method_details reason status");

	doc_set_text(d, "id", st_id(st, "dp_"));
	doc_set_text(d, "object", "dispute");
	doc_set_int(d, "amount", amount);
	doc_setf(d, "balance_transactions", "[]");
	doc_set_text(d, "charge", doc_text(charge, "id"));
	doc_set_int(d, "created", st_seconds(st));
	doc_set_text(d, "currency", doc_text(charge, "currency"));
	doc_setf(d, "enhanced_eligibility_types", "[]");
	doc_setf(d, "evidence", "{}");
	doc_setf(d, "evidence_details", "{\"due_by\":%lld,"
	    "\"enhanced_eligibility\":{},\"has_evidence\":false,"
	    "\"past_due\":false,\"submission_count\":0}",
	    (long long)st_seconds(st) + DUE_S);
	doc_set_bool(d, "is_charge_refundable", inquiry);
	doc_set_bool(d, "livemode", false);
	doc_setf(d, "metadata", "{}");
	doc_set_text(d, "payment_intent", doc_text(charge, "payment_intent"));
	doc_setf(d, "payment_method_details", "{\"card\":{\"brand\":\"visa\","
	    "\"case_type\":\"%s\",\"network_reason_code\":\"10.4\"},"
	    "\"type\":\"card\"}", inquiry ? "inquiry" :
	    strcmp(reason, "noncompliant") == 0 ? "compliance" :
	    "chargeback");
	doc_set_text(d, "reason", reason);
	doc_set_text(d, "status", inquiry ? "warning_needs_response" :
	    "needs_response");
	return d;
}

/* A refund on its way does not outlive a dispute. */
static void
fail_pending_refunds(struct st *st, const struct doc *charge)
{
	const char *filters = arena_printf(st->arena,
	    "{\"charge\":[\"%s\"],\"status\":[\"pending\"]}",
	    doc_text(charge, "id"));
	struct doc *pending[PENDING_MAX];
	size_t n = 0;
	struct cursor *c = store_query(st->box->store, Q_OBJECT_UP, "tiitii",
	    "refund", (int64_t)0, INT64_MAX, filters, (int64_t)0,
	    (int64_t)PENDING_MAX);

	while (cursor_next(c))
		pending[n++] = doc_parse(st->arena, cursor_text(c, 0));
	while (n > 0)
		st_refund_fail(st, pending[--n],
		    "charge_for_pending_refund_disputed");
}

static void
open_one(struct st *st, struct doc *charge, const struct card *card,
    int64_t amount)
{
	bool inquiry = card->later == LATER_INQUIRY;
	struct doc *d = draft(st, charge, amount, card->reason, inquiry);

	if (!inquiry) {
		move_money(st, d, -amount, DISPUTE_FEE);
		fail_pending_refunds(st, charge);
		charge = st_find(st, "charge", doc_text(charge, "id"));
	}
	doc_set_bool(charge, "disputed", true);
	doc_set_bool(charge, "_charged_back", !inquiry);
	st_put(st, charge);
	st_put(st, d);
	st_event(st, "charge.dispute.created", d, NULL);
	if (!inquiry)
		st_event(st, "charge.dispute.funds_withdrawn", d, NULL);
}

static void
warn(struct st *st, const struct doc *charge)
{
	struct doc *d = doc_new(st->arena, "id object actionable charge "
	    "created fraud_type livemode payment_intent");

	doc_set_text(d, "id", st_id(st, "issfr_"));
	doc_set_text(d, "object", "radar.early_fraud_warning");
	doc_set_bool(d, "actionable", true);
	doc_set_text(d, "charge", doc_text(charge, "id"));
	doc_set_int(d, "created", st_seconds(st));
	doc_set_text(d, "fraud_type", "made_with_lost_card");
	doc_set_bool(d, "livemode", false);
	doc_set_text(d, "payment_intent", doc_text(charge, "payment_intent"));
	st_put(st, d);
	st_event(st, "radar.early_fraud_warning.created", d, NULL);
}

void
st_dispute_open(struct st *st, struct doc *charge)
{
	const struct card *card = st_card_of(charge);
	int64_t amount = doc_int(charge, "amount_captured");

	switch (card != NULL ? card->later : LATER_NOTHING) {
	case LATER_DISPUTE:
	case LATER_INQUIRY:
		open_one(st, charge, card, amount);
		break;
	case LATER_TWO_DISPUTES:
		open_one(st, charge, card, amount / 2);
		open_one(st, charge, card, amount - amount / 2);
		break;
	case LATER_FRAUD_WARNING:
		warn(st, charge);
		break;
	case LATER_NOTHING:
	case LATER_REFUND_PENDS:
	case LATER_REFUND_FAILS:
		break;
	}
}

/* won, lost or warning_closed. */
static void
end(struct st *st, struct doc *d, const char *status)
{
	struct doc *charge = st_find(st, "charge", doc_text(d, "charge"));
	bool won = strcmp(status, "won") == 0;

	doc_set_text(d, "status", status);
	if (won)
		move_money(st, d, doc_int(d, "amount"), 0);
	if (won && charge != NULL) {
		doc_set_bool(charge, "_charged_back", false);
		st_put(st, charge);
	}
	st_put(st, d);
	st_event(st, "charge.dispute.closed", d, NULL);
	if (won)
		st_event(st, "charge.dispute.funds_reinstated", d, NULL);
}

static bool
is_open(struct st *st, const struct doc *d)
{
	const char *status = doc_text(d, "status");

	if (strstr(status, "needs_response") != NULL ||
	    strstr(status, "under_review") != NULL)
		return true;
	return st_fail(st, ST_INVALID_VALUE, NULL,
	    "This dispute is already closed.");
}

/* An inquiry turns into a chargeback. */
static void
escalate(struct st *st, struct doc *d)
{
	struct doc *charge = st_find(st, "charge", doc_text(d, "charge"));

	doc_set_text(d, "status", "needs_response");
	doc_set_bool(d, "is_charge_refundable", false);
	move_money(st, d, -doc_int(d, "amount"), DISPUTE_FEE);
	if (charge != NULL) {
		doc_set_bool(charge, "_charged_back", true);
		st_put(st, charge);
	}
	st_put(st, d);
	st_event(st, "charge.dispute.updated", d, NULL);
	st_event(st, "charge.dispute.funds_withdrawn", d, NULL);
}

/* Does any piece of the evidence say this? */
static bool
evidence_says(struct st *st, const char *word)
{
	for (const char *k = NULL; (k = form_next(st->form, st->arena,
	    "evidence", k)) != NULL;)
		if (strcmp(form_get(st->form, arena_printf(st->arena,
		    "evidence[%s]", k)), word) == 0)
			return true;
	return false;
}

static void
take_evidence(struct st *st, struct doc *d)
{
	struct doc *evidence = doc_parse(st->arena, doc_raw(d, "evidence"));
	struct doc *details = doc_parse(st->arena,
	    doc_raw(d, "evidence_details"));
	bool submit = form_get(st->form, "submit") == NULL ||
	    form_true(st->form, "submit");

	for (const char *k = NULL; (k = form_next(st->form, st->arena,
	    "evidence", k)) != NULL;)
		doc_set_text(evidence, k, form_get(st->form, arena_printf(
		    st->arena, "evidence[%s]", k)));
	doc_set_bool(details, "has_evidence", true);
	if (submit)
		doc_set_int(details, "submission_count",
		    doc_int(details, "submission_count") + 1);
	doc_setf(d, "evidence", "%s", doc_stored(evidence));
	doc_setf(d, "evidence_details", "%s", doc_stored(details));
	if (submit)
		doc_set_text(d, "status", is_inquiry(d) ?
		    "warning_under_review" : "under_review");
}

struct doc *
st_dispute_update(struct st *st, const char *id)
{
	struct doc *d = st_get(st, "dispute", id, "dispute");

	if (d == NULL || !is_open(st, d) ||
	    !st_take_metadata(st, d, "metadata"))
		return NULL;
	if (form_under(st->form, "evidence"))
		take_evidence(st, d);
	st_put(st, d);
	st_event(st, "charge.dispute.updated", d, NULL);
	bool inquiry = is_inquiry(d);
	if (evidence_says(st, "winning_evidence"))
		end(st, d, inquiry ? "warning_closed" : "won");
	else if (evidence_says(st, "losing_evidence"))
		end(st, d, inquiry ? "warning_closed" : "lost");
	else if (inquiry && evidence_says(st, "escalate_inquiry_evidence"))
		escalate(st, d);
	return d;
}

struct doc *
st_dispute_close(struct st *st, const char *id)
{
	struct doc *d = st_get(st, "dispute", id, "dispute");

	if (d == NULL || !is_open(st, d))
		return NULL;
	end(st, d, is_inquiry(d) ? "warning_closed" : "lost");
	return d;
}
