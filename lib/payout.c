/* SPDX-License-Identifier: ISC */
/* payout.c - which rail carries what, and to whom. */
#include "payout.h"

#include <string.h>

#include "audit.h"

extern const struct payout_rail payout_wise, payout_mercury;

const char *const payout_rail_names[] = { "wise", "mercury", NULL };

const struct payout_rail *
payout_rail_of(const char *currency)
{
	static const char *const wise[] = { "GBP", "EUR", "USD" };

	for (size_t i = 0; i < sizeof(wise) / sizeof(wise[0]); i++)
		if (strcmp(currency, wise[i]) == 0)
			return &payout_wise;
	return &payout_mercury;
}

const struct payout_rail *
payout_rail_find(const char *name)
{
	if (strcmp(name, payout_wise.name) == 0)
		return &payout_wise;
	return strcmp(name, payout_mercury.name) == 0 ? &payout_mercury :
	    NULL;
}

const char *
payout_recipient(struct conn *c, struct arena *arena, const char *partner_id,
    const char *client_id, const char *currency, const char *rail)
{
	struct rows *r = conn_rows(c, SQL_PAYOUT_ACCOUNT_FIND, "tttt",
	    partner_id, client_id, currency, rail);
	const char *recipient = row_next(r) ? row_text_copy(r, 1, arena) :
	    NULL;

	row_done(r);
	return recipient;
}

void
payout_account_set(struct conn *c, struct arena *arena, int64_t now,
    const char *partner_id, const char *client_id, const char *currency,
    const char *rail, const char *recipient, const char *actor)
{
	conn_run(c, SQL_PAYOUT_ACCOUNT_SET, "ttttti",
	    partner_id, client_id, currency, rail, recipient, now);
	/* What is left is letters, digits and dashes: nothing to escape. */
	audit_write(c, now, actor, "payout_account.set",
	    *client_id == '\0' ? partner_id : arena_printf(arena, "%s/%s",
	    partner_id, client_id), arena_printf(arena, "{\"currency\":"
	    "\"%s\",\"rail\":\"%s\",\"recipient\":\"%s\"}", currency, rail,
	    recipient));
}
