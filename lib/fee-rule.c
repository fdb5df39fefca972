/* SPDX-License-Identifier: ISC */
/* fee-rule.c - checking, adding and ending fee rules. */
#include "fee-rule.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "amount.h"
#include "audit.h"
#include "provider.h"

const char *const fee_rule_payment_types[] = {
	"card", "revolut_pay", "open_banking", "mobile_money", "*", NULL
};

const char *
fee_rule_code(struct arena *arena, const char *text, size_t length)
{
	if (text == NULL || strcmp(text, "*") == 0)
		return "*";
	char *code = arena_strdup(arena, text);
	for (char *at = code; *at != '\0'; at++) {
		if (!isascii((unsigned char)*at) ||
		    !isalpha((unsigned char)*at))
			return NULL;
		*at = (char)toupper((unsigned char)*at);
	}
	return strlen(code) == length ? code : NULL;
}

const char *
fee_rule_scheme(struct arena *arena, const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

	if (text == NULL || strcmp(text, "*") == 0)
		return "*";
	char *scheme = arena_strdup(arena, text);
	for (char *at = scheme; *at != '\0'; at++)
		*at = (char)tolower((unsigned char)*at);
	size_t n = strlen(scheme);
	return n > 0 && n <= 32 && strspn(scheme, allowed) == n ? scheme :
	    NULL;
}

const char *
fee_rule_wrong(struct arena *arena, const char *processor,
    const char *payment_type, bool *type_wrong)
{
	const struct provider *p = provider_find(processor);
	const char *words = "";

	*type_wrong = false;
	if (p == NULL) {
		for (const struct provider *const *t = provider_table;
		    *t != NULL; t++)
			words = arena_printf(arena, "%s%s%s", words,
			    *words != '\0' ? ", " : "", (*t)->name);
		return arena_printf(arena, "must be one of %s", words);
	}
	if (p->payment_types == NULL || strcmp(payment_type, "*") == 0)
		return NULL;
	for (const char *const *t = p->payment_types; *t != NULL; t++)
		if (strcmp(*t, payment_type) == 0)
			return NULL;
	*type_wrong = true;
	return arena_printf(arena, "%s does not carry %s", p->name,
	    payment_type);
}

void
fee_rule_add(struct conn *c, struct arena *arena, struct fee_rule *rule,
    int64_t now, const char *actor)
{
	rule->created_at = now;
	id_make("rule_", now, rule->id);
	conn_run(c, SQL_FEE_RULE_INSERT, "ttttttiii", rule->id,
	    rule->processor, rule->payment_type, rule->country,
	    rule->card_scheme, rule->currency, rule->percent_ppm,
	    rule->fixed_hundredths, now);
	/* All of it is words of ours or was checked: nothing to escape. */
	audit_write(c, now, actor, "fee_rule.added", rule->id,
	    arena_printf(arena, "{\"processor\":\"%s\","
	    "\"payment_type\":\"%s\",\"country\":\"%s\",\"card_scheme\":\"%s\","
	    "\"currency\":\"%s\",\"percent_ppm\":%lld,"
	    "\"fixed_hundredths\":%lld}", rule->processor,
	    rule->payment_type, rule->country, rule->card_scheme,
	    rule->currency, (long long)rule->percent_ppm,
	    (long long)rule->fixed_hundredths));
}

bool
fee_rule_end(struct conn *c, const char *id, int64_t now, const char *actor)
{
	if (conn_run(c, SQL_FEE_RULE_END, "it", now, id) != 1)
		return false;
	audit_write(c, now, actor, "fee_rule.ended", id, "{}");
	return true;
}

void
fee_rule_of_row(struct rows *r, struct fee_rule *rule)
{
	*rule = (struct fee_rule){ .processor = row_text(r, 1),
	    .payment_type = row_text(r, 2), .country = row_text(r, 3),
	    .card_scheme = row_text(r, 4), .currency = row_text(r, 5),
	    .percent_ppm = row_int(r, 6), .fixed_hundredths = row_int(r, 7),
	    .created_at = row_int(r, 8), .ended_at = row_int(r, 9) };
	snprintf(rule->id, sizeof(rule->id), "%s", row_text(r, 0));
}

void
fee_rule_write(struct jsonw *w, const struct fee_rule *rule)
{
	char fixed[AMOUNT_TEXT_SIZE];

	/* A hundredth of the major unit is what a cent is of a dollar. */
	amount_print(rule->fixed_hundredths, "USD", fixed);
	jsonw_object(w, NULL);
	jsonw_text(w, "id", rule->id);
	jsonw_text(w, "processor", rule->processor);
	jsonw_text(w, "payment_type", rule->payment_type);
	jsonw_text(w, "country", rule->country);
	jsonw_text(w, "card_scheme", rule->card_scheme);
	jsonw_text(w, "currency", rule->currency);
	jsonw_percent(w, "percent", rule->percent_ppm);
	jsonw_raw(w, "fixed", fixed, strlen(fixed));
	jsonw_time(w, "created_at", rule->created_at);
	jsonw_time(w, "ended_at", rule->ended_at);
	jsonw_end_object(w);
}
