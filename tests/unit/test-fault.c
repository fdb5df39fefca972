/* SPDX-License-Identifier: ISC */
/* test-fault.c - the table of refusals keeps its own rules. */
#include "fault.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "test.h"

static void
table_holds_every_row_once(void **state)
{
	size_t rows = 0, i = 0;

	(void)state;
#define FAULT(name, status, code, kept, text) rows++;
#include "fault.def"
#undef FAULT
#define FAULT(name, status, code, kept, text) \
	assert_ptr_equal(fault_table[i++], &FAULT_##name);
#include "fault.def"
#undef FAULT
	assert_int_equal(i, rows);
	assert_null(fault_table[rows]);
}

static void
statuses_are_those_of_refusals(void **state)
{
	static const int known[] = { 400, 401, 403, 404, 405, 409, 411, 413,
	    415, 422, 429, 500, 501, 502, 503 };

	(void)state;
	for (size_t i = 0; fault_table[i] != NULL; i++) {
		bool found = false;

		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			found |= fault_table[i]->status == known[k];
		if (!found)
			fail_msg("%s has status %d", fault_table[i]->code,
			    fault_table[i]->status);
	}
}

/* Is it one of the Payments API alone? They stand together in the table. */
static bool
is_payments(const struct fault *fault)
{
	bool within = false;

	for (size_t i = 0; fault_table[i] != NULL; i++) {
		within |= fault_table[i] == &FAULT_UNAUTHORIZED;
		if (within && fault_table[i] == fault)
			return true;
		within &= fault_table[i] != &FAULT_NOT_OFFERED;
	}
	return false;
}

static void
codes_are_upper_case_words_and_unique(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; fault_table[i] != NULL; i++) {
		const char *code = fault_table[i]->code;

		assert_true(isupper((unsigned char)code[0]));
		assert_int_equal(strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"),
		    strlen(code));
		/* Within each of the two APIs, of which the second has one
		 * code for several refusals. */
		for (size_t k = 0; k < i && !is_payments(fault_table[i]); k++)
			if (!is_payments(fault_table[k]))
				assert_string_not_equal(code,
				    fault_table[k]->code);
		n += is_payments(fault_table[i]);
	}
	assert_true(n >= 17);
}

static void
texts_are_sentences_without_a_full_stop(void **state)
{
	(void)state;
	for (size_t i = 0; fault_table[i] != NULL; i++) {
		const char *text = fault_table[i]->text;
		size_t n = strlen(text);

		assert_in_range(n, 5, 80);
		/* Those that are documented word for word end in one. */
		assert_true(isalnum((unsigned char)text[n - 1]) ||
		    (is_payments(fault_table[i]) && text[n - 1] == '.'));
		/* Names of headers and fields keep their spelling. */
		if (!isupper((unsigned char)text[0]))
			assert_true(strcspn(text, "-_") < strcspn(text, " "));
		for (const char *c = text; *c != '\0'; c++)
			assert_true(isprint((unsigned char)*c) && *c != '"' &&
			    *c != '\\' && *c != '<' && *c != '>');
	}
}

static void
texts_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; fault_table[i] != NULL; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(fault_table[i]->text,
			    fault_table[k]->text);
}

/* A retry of refused input, missing rights or our trouble must run anew. */
static void
only_the_rules_of_payments_are_remembered(void **state)
{
	(void)state;
	for (size_t i = 0; fault_table[i] != NULL; i++) {
		int status = fault_table[i]->status;

		/* That API keeps refusals by a rule of its own. */
		if (fault_table[i]->kept && !is_payments(fault_table[i]))
			assert_true(status == 403 || status == 404 ||
			    status == 409 || status == 422);
	}
	assert_false(FAULT_VALIDATION.kept);
	assert_false(FAULT_SCOPE.kept);
	assert_false(FAULT_STORAGE.kept);
	assert_false(FAULT_IDEMPOTENCY_CONFLICT.kept);
	assert_false(FAULT_IDEMPOTENCY_IN_PROGRESS.kept);
	assert_true(FAULT_TX_NOT_FOUND.kept);
	/* Said for good; the others invite the same request again. */
	assert_true(FAULT_NO_ROUTE.kept);
	assert_true(FAULT_PROCESSOR_REFUSED.kept);
	assert_false(FAULT_PROCESSOR_UNAVAILABLE.kept);
	assert_false(FAULT_CHECKOUT_REFUSED.kept);
	assert_false(FAULT_CHECKOUT_CONFLICT.kept);
	assert_false(FAULT_PROVIDER_NOT_CONFIGURED.kept);
}

/* Spellings that callers compare with. */
static void
documented_pairs_stand(void **state)
{
	static const struct {
		const struct fault	*fault;
		int			 status;
		const char		*code;
	} pairs[] = {
		{ &FAULT_VALIDATION, 400, "VALIDATION_ERROR" },
		{ &FAULT_IDEMPOTENCY_KEY_MISSING, 400,
		    "IDEMPOTENCY_KEY_MISSING" },
		{ &FAULT_CLIENT_FEE_TOO_LOW, 400,
		    "CLIENT_FEE_BELOW_CLIVE_FEE" },
		{ &FAULT_API_KEY_MISSING, 401, "API_KEY_MISSING" },
		{ &FAULT_API_KEY_INVALID, 401, "API_KEY_INVALID" },
		{ &FAULT_HMAC_MISSING, 401, "HMAC_MISSING" },
		{ &FAULT_HMAC_INVALID, 401, "HMAC_INVALID" },
		{ &FAULT_SCOPE, 403, "API_KEY_SCOPE_FORBIDDEN" },
		{ &FAULT_PARTNER_NOT_ACTIVE, 403, "PARTNER_NOT_ACTIVE" },
		{ &FAULT_PARTNER_SUSPENDED, 403, "PARTNER_SUSPENDED" },
		{ &FAULT_KYC_NOT_APPROVED, 403, "KYC_NOT_APPROVED" },
		{ &FAULT_CLIENT_NOT_ACTIVE, 403, "CLIENT_NOT_ACTIVE" },
		{ &FAULT_PARTNER_NOT_FOUND, 404, "PARTNER_NOT_FOUND" },
		{ &FAULT_CLIENT_NOT_FOUND, 404, "CLIENT_NOT_FOUND" },
		{ &FAULT_TX_NOT_FOUND, 404, "TX_NOT_FOUND" },
		{ &FAULT_INTENT_NOT_FOUND, 404, "PAYMENT_INTENT_NOT_FOUND" },
		{ &FAULT_TX_ALREADY_ATTACHED, 409, "TX_ALREADY_ATTACHED" },
		{ &FAULT_TX_NOT_ATTACHABLE, 409, "TX_NOT_ATTACHABLE" },
		{ &FAULT_CHECKOUT_CONFLICT, 409, "CHECKOUT_CONFLICT" },
		{ &FAULT_NO_ROUTE, 422, "NO_ROUTE_AVAILABLE" },
		{ &FAULT_PROCESSOR_REFUSED, 422, "PROCESSOR_REFUSED" },
		{ &FAULT_RATE_LIMITED, 429, "RATE_LIMITED" },
		{ &FAULT_STRIPE_KEY_MISSING, 500, "STRIPE_KEY_MISSING" },
		{ &FAULT_REVOLUT_KEY_MISSING, 500, "REVOLUT_KEY_MISSING" },
		{ &FAULT_PROCESSOR_UNAVAILABLE, 502,
		    "PROCESSOR_UNAVAILABLE" },
		{ &FAULT_CHECKOUT_REFUSED, 502, "CHECKOUT_REFUSED" },
		{ &FAULT_CLICKPESA_KEY_MISSING, 503,
		    "CLICKPESA_KEY_MISSING" },
		{ &FAULT_PROVIDER_NOT_CONFIGURED, 503,
		    "PROVIDER_NOT_CONFIGURED" },
		{ &FAULT_STRIPE_SIGNATURE_MISSING, 400,
		    "STRIPE_SIGNATURE_MISSING" },
		{ &FAULT_STRIPE_SIGNATURE_INVALID, 400,
		    "STRIPE_SIGNATURE_INVALID" },
		{ &FAULT_REVOLUT_SIGNATURE_MISSING, 400,
		    "REVOLUT_SIGNATURE_MISSING" },
		{ &FAULT_REVOLUT_SIGNATURE_INVALID, 400,
		    "REVOLUT_SIGNATURE_INVALID" },
		{ &FAULT_CLICKPESA_CHECKSUM_MISSING, 401,
		    "CLICKPESA_CHECKSUM_MISSING" },
		{ &FAULT_CLICKPESA_CHECKSUM_INVALID, 401,
		    "CLICKPESA_CHECKSUM_INVALID" },
		{ &FAULT_WEBHOOK_JSON, 400, "INVALID_WEBHOOK_JSON" },
		{ &FAULT_INTENT_MISSING, 400, "MISSING_INTENT_ID" },
		{ &FAULT_ORDER_MISSING, 400, "MISSING_ORDER_ID" },
		{ &FAULT_ORDER_REFERENCE_MISSING, 400,
		    "MISSING_ORDER_REFERENCE" },
		{ &FAULT_ORDER_NOT_FOUND, 404, "ORDER_NOT_FOUND" },
		{ &FAULT_STORAGE, 503, "STORAGE_UNAVAILABLE" },
		/* Of the Payments API (soxara.md 4 and 12.7). */
		{ &FAULT_BAD_REQUEST, 400, "BAD_REQUEST" },
		{ &FAULT_FIELD_MISSING, 400, "VALIDATION_ERROR" },
		{ &FAULT_UNAUTHORIZED, 401, "UNAUTHORIZED" },
		{ &FAULT_FORBIDDEN, 403, "FORBIDDEN" },
		{ &FAULT_SCOPE_MISSING, 403, "FORBIDDEN" },
		{ &FAULT_NOT_FOUND, 404, "NOT_FOUND" },
		{ &FAULT_KEY_REUSED, 409, "IDEMPOTENCY_CONFLICT" },
		{ &FAULT_KEY_RUNNING, 409, "IDEMPOTENCY_CONFLICT" },
		{ &FAULT_STATE, 409, "INVALID_STATE" },
		{ &FAULT_BUSY, 409, "INVALID_STATE" },
		{ &FAULT_FIELD_WRONG, 422, "VALIDATION_ERROR" },
		{ &FAULT_CURRENCY, 422, "INVALID_CURRENCY" },
		{ &FAULT_PHONE_NUMBER, 422, "INVALID_PHONE_NUMBER" },
		{ &FAULT_AMOUNT_SMALL, 422, "AMOUNT_TOO_SMALL" },
		{ &FAULT_AMOUNT_LARGE, 422, "AMOUNT_TOO_LARGE" },
		{ &FAULT_INTERNAL, 500, "INTERNAL_ERROR" },
		{ &FAULT_NOT_OFFERED, 501, "NOT_IMPLEMENTED" },
		{ &FAULT_PROVIDER_ERROR, 502, "PROVIDER_ERROR" },
		{ &FAULT_SERVICE_UNAVAILABLE, 503, "SERVICE_UNAVAILABLE" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_int_equal(pairs[i].fault->status, pairs[i].status);
		assert_string_equal(pairs[i].fault->code, pairs[i].code);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(table_holds_every_row_once),
	cmocka_unit_test(statuses_are_those_of_refusals),
	cmocka_unit_test(codes_are_upper_case_words_and_unique),
	cmocka_unit_test(texts_are_sentences_without_a_full_stop),
	cmocka_unit_test(texts_are_unique),
	cmocka_unit_test(only_the_rules_of_payments_are_remembered),
	cmocka_unit_test(documented_pairs_stand),
};

TEST_MAIN("fault", tests)
