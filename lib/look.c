/* SPDX-License-Identifier: ISC */
/* look.c - a provider's answer as a payment event. */
#include "look.h"

static const char *
state_word(enum provider_state state)
{
	switch (state) {
	case PROVIDER_OPEN:
		return "open";
	case PROVIDER_PAID:
		return "paid";
	case PROVIDER_FAILED:
		return "failed";
	case PROVIDER_CANCELED:
		return "canceled";
	}
	return "open";
}

bool
look_to_payment(struct arena *arena, const char *processor, const char *ref,
    const struct provider_answer *a, struct payment_event *e)
{
	const char *word = state_word(a->state);

	if (a->fate != PROVIDER_DONE || a->state == PROVIDER_OPEN)
		return false;
	*e = (struct payment_event){
		.processor = processor,
		.event_id = arena_printf(arena, "look_%s_%s", ref, word),
		.type = arena_printf(arena, "look.%s", word),
		.ref = ref,
		.outcome = a->state == PROVIDER_PAID ? PAYMENT_SUCCEEDED :
		    PAYMENT_FAILED,
		.has_amount = a->has_amount,
		.amount = a->amount,
		.failure = a->failure,
		.failure_message = a->failure != NULL ? a->message : NULL,
		.body = a->raw,
	};
	/* From now on the processor speaks of the payment by this name. */
	if (a->paid_as != NULL) {
		e->ref = a->paid_as;
		e->page_prefix = ref;
	}
	return true;
}
