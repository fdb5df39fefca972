/* SPDX-License-Identifier: ISC */
/*
 * provider.h - what every processor offers, in one shape.
 *
 * A processor is one file (provider-<name>.c) and one row in provider.def.
 * Calls go out between two commits: the caller has written down what it is
 * about to ask, with the idempotency key it asks with, and writes the answer
 * down afterwards. A call never touches the database.
 */
#ifndef PROVIDER_H
#define PROVIDER_H

#include "amount.h"
#include "conf.h"
#include "fault.h"

/* What became of a call. */
enum provider_fate {
	PROVIDER_DONE,
	PROVIDER_REFUSED,	/* answered no; asking again changes nothing */
	PROVIDER_DOWN,		/* certainly not done: ask another one */
	PROVIDER_UNKNOWN	/* perhaps done; ask it again, none else */
};

/* A payment to open. Texts that do not matter to a call are NULL. */
struct provider_order {
	const char	*idempotency_key;
	bool		 again;			/* asked before, and what
						   became of that is unknown */
	const char	*clive_tx_id;
	const char	*partner_id;
	const char	*client_id;
	const char	*reference;
	struct amount	 amount;
	const char	*payment_type;		/* card, revolut_pay ... */
	const char	*email;
	const char	*descriptor_suffix;
	const char	*description;
	const char	*return_url;		/* where the payer's browser
						   goes on afterwards */
	/*
	 * Open it and charge this at once: the processor's token of a card,
	 * or a phone number. NULL: open it alone.
	 */
	const char	*payment_method;
};

/* The state of a payment at the processor, in our terms. */
enum provider_state {
	PROVIDER_OPEN,		/* nothing final yet */
	PROVIDER_PAID,
	PROVIDER_FAILED,
	PROVIDER_CANCELED
};

/* What a call brought. Texts live in the arena of the call. */
struct provider_answer {
	enum provider_fate	 fate;
	const char		*ref;		/* its name for the payment */
	const char		*paid_as;	/* its name for what was paid on
						   the page ref, or NULL */
	const char		*client_secret;	/* for its browser part */
	const char		*url;		/* of a hosted page, or where
						   the payer has to go to */
	enum provider_state	 state;
	bool			 has_amount;
	struct amount		 amount;	/* paid */
	const char		*code;		/* of a refusal */
	const char		*failure;	/* PROVIDER_FAILED: why, a code
						   of soxara.md 12.11, or NULL */
	int64_t			 look_at;	/* when to look it up first;
						   0: as usual */
	const char		*message;	/* for people; never a secret */
	int			 status;	/* HTTP; 0 without an answer */
	struct slice		 raw;		/* the answer's body */
};

/* The code of a refusal: the processor has a payment of this reference. */
#define PROVIDER_REFERENCE_USED "reference_used"

struct provider {
	const char	*name;
	/* What it can carry, NULL at the end; NULL: whatever a rule says. */
	const char *const *payment_types;

	/* NULL, or the wire code for what is not configured. */
	const struct fault *(*missing)(const struct conf *);

	/* Each may be NULL: the processor cannot. */
	struct provider_answer (*open)(struct arena *, const struct conf *,
	    const struct provider_order *);
	/* Opens nothing without a payment method: no rule alone leads here. */
	bool		 needs_method;
	/*
	 * A page to pay on. The idempotency key is 26 letters and digits, so
	 * that it can be the reference at the processor as well.
	 */
	struct provider_answer (*checkout)(struct arena *,
	    const struct conf *, const struct provider_order *);
	/* Asked again with the same key, is it the same page again? */
	bool		 checkout_repeats;
	/* Can it be paid here? NULL: any amount. */
	bool		(*takes)(struct amount);
	struct provider_answer (*fetch)(struct arena *, const struct conf *,
	    const char *ref);
	struct provider_answer (*cancel)(struct arena *, const struct conf *,
	    const char *ref, const char *idempotency_key);
	/*
	 * Gives a part of a payment back. The key is our name of the refund.
	 * The answer's ref is the processor's; its state is PROVIDER_PAID
	 * where the money is given back, PROVIDER_OPEN where that is not
	 * certain yet (the processor tells later), PROVIDER_FAILED where it
	 * will not be.
	 */
	struct provider_answer (*refund)(struct arena *, const struct conf *,
	    const char *ref, struct amount, const char *idempotency_key);
	/*
	 * Looks up how a refund of that payment stands, by the processor's
	 * name for it, or where that is NULL by our key. PROVIDER_REFUSED
	 * where there is none of that key: to be asked once the key is too
	 * old for refund to be under way still.
	 */
	struct provider_answer (*fetch_refund)(struct arena *,
	    const struct conf *, const char *ref, const char *refund_ref,
	    const char *idempotency_key);
};

/*
 * Counts a call (lib/counters.h) by what it was ("open") and what became of
 * it; returns the answer. Whoever calls a processor wraps the call in this.
 */
struct provider_answer provider_count(const struct provider *,
	    const char *operation, struct provider_answer);

/* done, refused, down or unknown. */
const char	*provider_fate_word(enum provider_fate);

/* NULL for a name that is none. */
const struct provider *provider_find(const char *name);

/* All of them, ended by NULL. */
extern const struct provider *const provider_table[];

#endif
