/* SPDX-License-Identifier: ISC */
/* test-transactions.c - the lists of payments, and one payment. */
#include "harness.h"

#include <string.h>

#include "fault.h"
#include "shared.h"
#include "tx.h"

#define KEYS "id cliveTxId partnerId partnerName clientId clientName " \
	"echezonaReference stripePaymentIntentId amount currency status " \
	"stripeFeePercent partnerFeePercent partnerPayoutPercent " \
	"cliveEarningPercent cliveEarningAmount processorFee platformFee " \
	"netAmount settlementStatus createdAt updatedAt"

enum { MANY = 250 };

/* Opens n payments with one reference, some in the same millisecond. */
struct bulk {
	const char	*partner_id, *client_id, *reference;
	int		 n;
};

static const struct fault *
open_many(struct conn *c, void *arg)
{
	const struct bulk *b = arg;
	int64_t now = clock_now();

	for (int i = 0; i < b->n; i++) {
		struct tx tx = { .partner_id = b->partner_id,
		    .client_id = b->client_id, .amount = { 100 + i, "EUR" },
		    .echezona_reference = b->reference,
		    .processor = "stripe" };
		tx_open(c, world.arena, now + i / 3, &tx, (struct slice){ 0 },
		    "cli:test");
	}
	return NULL;
}

static void
open_bulk(const char *partner_id, const char *client_id,
    const char *reference, int n)
{
	struct bulk b = { partner_id, client_id, reference, n };

	assert_null(db_txn(world.setup.db, open_many, &b));
}

static struct answer *
list(const struct apikey *key, const char *query)
{
	struct answer *a = ask_get(key, textf(TRANSACTIONS "?%s", query));

	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), "items nextCursor");
	return a;
}

static int
count(const struct answer *a)
{
	return size_at(a, "items");
}

static void
shows_one_payment_with_all_its_fields(void **state)
{
	const char *id = tx_attached("txone");
	struct answer *a = ask_get(&world.partner, textf(TRANSACTIONS "/%s",
	    id));

	(void)state;
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), KEYS);
	const char *created = text_at(a, "createdAt");
	assert_int_equal(strlen(created), 24);
	assert_int_equal(created[23], 'Z');
	assert_answer(a, 200, textf("{\"id\":\"%s\",\"cliveTxId\":\"%s\","
	    "\"partnerId\":\"" PARTNER "\",\"partnerName\":\"" PARTNER
	    " Limited\",\"clientId\":\"" CLIENT "\",\"clientName\":\"" CLIENT
	    " & Sons\",\"echezonaReference\":\"txone\","
	    "\"stripePaymentIntentId\":\"pi_txone\",\"amount\":750,"
	    "\"currency\":\"USD\",\"status\":\"pending\","
	    "\"stripeFeePercent\":null,\"partnerFeePercent\":null,"
	    "\"partnerPayoutPercent\":null,\"cliveEarningPercent\":null,"
	    "\"cliveEarningAmount\":null,\"processorFee\":null,"
	    "\"platformFee\":null,\"netAmount\":null,"
	    "\"settlementStatus\":\"unsettled\",\"createdAt\":\"%s\","
	    "\"updatedAt\":\"%s\"}", text_at(a, "id"), id, created,
	    text_at(a, "updatedAt")));
}

static void
has_no_intent_before_one_is_attached(void **state)
{
	struct answer *a = ask_get(&world.partner, textf(TRANSACTIONS "/%s",
	    tx_new("tx-bare")));

	(void)state;
	assert_string_equal(keys_of(a->json), KEYS);
	assert_has(a, "\"stripePaymentIntentId\":null,");
	assert_has(a, "\"status\":\"initialized\",");
}

static void
shows_the_fees_of_section_6_after_success(void **state)
{
	const char *id = tx_attached("txpaid");

	(void)state;
	assert_status(stripe_succeed("txpaid"), 200);
	struct answer *a = ask_get(&world.partner, textf(TRANSACTIONS "/%s",
	    id));
	assert_string_equal(keys_of(a->json), KEYS);
	assert_has(a, "\"status\":\"succeeded\",\"stripeFeePercent\":2.9,"
	    "\"partnerFeePercent\":3.5,\"partnerPayoutPercent\":96.5,"
	    "\"cliveEarningPercent\":0.6,\"cliveEarningAmount\":4.2,"
	    "\"processorFee\":22.05,\"platformFee\":4.2,\"netAmount\":723.75,"
	    "\"settlementStatus\":\"unsettled\",");
}

static void
lists_newest_first(void **state)
{
	(void)state;
	open_bulk(PARTNER, CLIENT, "tx-order", 1);
	const char *first = db_text("SELECT clive_tx_id FROM tx WHERE "
	    "echezona_reference = 'tx-order'");
	clock_advance(1000);
	const char *second = tx_new("tx-order");
	struct answer *a = list(&world.partner, "reference=tx-order");
	assert_int_equal(count(a), 2);
	assert_string_equal(text_at(a, "items.0.cliveTxId"), second);
	assert_string_equal(text_at(a, "items.1.cliveTxId"), first);
	assert_string_equal(keys_of(member(a, "items.0")), KEYS);
	assert_true(null_at(a, "nextCursor"));
}

static void
lists_the_same_item_as_the_single_answer(void **state)
{
	const char *id = tx_new("tx-same");
	struct answer *one = ask_get(&world.partner, textf(TRANSACTIONS
	    "/%s", id));

	(void)state;
	assert_answer(list(&world.partner, "reference=tx-same"), 200,
	    textf("{\"items\":[%s],\"nextCursor\":null}", one->body));
}

static void
pages_through_250_payments_without_gap_or_repetition(void **state)
{
	const char *cursor = "", *last = "~";
	int seen = 0, pages = 0;

	(void)state;
	open_bulk(PARTNER, CLIENT, "tx-many", MANY);
	do {
		struct answer *a = list(&world.partner, textf("reference="
		    "tx-many&limit=60%s%s", *cursor != '\0' ? "&cursor=" : "",
		    cursor));
		const struct json *item;
		for_each(item, a, "items") {
			const char *id = json_text(item, "cliveTxId");
			assert_true(strcmp(id, last) < 0);
			last = id;
			seen++;
		}
		pages++;
		cursor = json_text(a->json, "nextCursor");
		assert_true(cursor == NULL || strcmp(cursor, last) == 0);
	} while (cursor != NULL);
	assert_int_equal(seen, MANY);
	assert_int_equal(pages, 5);
}

static void
ends_with_null_when_the_last_page_is_full(void **state)
{
	(void)state;
	open_bulk(PARTNER, CLIENT, "tx-ten", 10);
	struct answer *a = list(&world.partner, "reference=tx-ten&limit=10");
	assert_int_equal(count(a), 10);
	assert_true(null_at(a, "nextCursor"));
	a = list(&world.partner, "reference=tx-ten&limit=9");
	assert_int_equal(count(a), 9);
	assert_memory_equal(text_at(a, "nextCursor"), "CLVTX_", 6);
}

static void
lists_a_hundred_unless_asked_otherwise(void **state)
{
	(void)state;
	open_bulk(OTHER_PARTNER, OTHER_CLIENT, "tx-default", 510);
	assert_int_equal(count(list(&world.other, "")), 100);
	assert_int_equal(count(ask_get(&world.other, TRANSACTIONS)), 100);
	assert_int_equal(count(list(&world.other, "limit=500")), 500);
	assert_int_equal(count(list(&world.other, "limit=1")), 1);
}

static void
filters_by_status(void **state)
{
	tx_new("tx-st");
	const char *pending = tx_attached("txst2");

	(void)state;
	db_exec(textf("UPDATE tx SET echezona_reference = 'tx-st' WHERE "
	    "clive_tx_id = '%s'", pending));
	struct answer *a = list(&world.partner,
	    "reference=tx-st&status=pending");
	assert_int_equal(count(a), 1);
	assert_string_equal(text_at(a, "items.0.cliveTxId"), pending);
	assert_int_equal(count(list(&world.partner,
	    "reference=tx-st&status=chargeback")), 0);
	assert_int_equal(count(list(&world.partner, "reference=tx-st")), 2);
}

static void
filters_by_client(void **state)
{
	(void)state;
	tx_new("tx-client");
	assert_int_equal(count(list(&world.partner,
	    "reference=tx-client&client_id=" CLIENT)), 1);
	assert_int_equal(count(list(&world.partner,
	    "reference=tx-client&client_id=SUSPSHOP001")), 0);
	assert_int_equal(count(list(&world.partner,
	    "client_id=SUSPSHOP001")), 0);
}

static void
filters_by_reference_under_both_names(void **state)
{
	const char *id = tx_new("tx ref&1");

	(void)state;
	assert_string_equal(text_at(list(&world.partner,
	    "reference=tx+ref%261"), "items.0.cliveTxId"), id);
	assert_string_equal(text_at(list(&world.partner,
	    "echezona_reference=tx%20ref%261"), "items.0.cliveTxId"), id);
	assert_int_equal(count(list(&world.partner, "reference=tx+ref")), 0);
}

static void
filters_by_id_together_with_the_other_filters(void **state)
{
	const char *id = tx_new("tx-id");

	(void)state;
	assert_int_equal(count(list(&world.partner, textf("id=%s", id))), 1);
	assert_int_equal(count(list(&world.partner, textf(
	    "id=%s&status=initialized&client_id=" CLIENT, id))), 1);
	assert_int_equal(count(list(&world.partner, textf(
	    "id=%s&status=failed", id))), 0);
	assert_int_equal(count(list(&world.partner, textf(
	    "id=%s&client_id=SUSPSHOP001", id))), 0);
	assert_int_equal(count(list(&world.partner, textf(
	    "id=%s&reference=another", id))), 0);
	assert_int_equal(count(list(&world.partner, textf(
	    "id=%s&to=2001-01-01", id))), 0);
	assert_int_equal(count(list(&world.partner, "id=CLVTX_1_1")), 0);
}

static void
filters_by_time_from_inclusive_to_exclusive(void **state)
{
	const char *id = tx_new("tx-time");
	const char *at;

	(void)state;
	at = text_at(ask_get(&world.partner, textf(TRANSACTIONS "/%s", id)),
	    "createdAt");
	assert_int_equal(count(list(&world.partner, textf(
	    "reference=tx-time&from=%s", at))), 1);
	assert_int_equal(count(list(&world.partner, textf(
	    "reference=tx-time&to=%s", at))), 0);
	assert_int_equal(count(list(&world.partner,
	    "reference=tx-time&from=2001-01-01&to=2999-12-31")), 1);
	assert_int_equal(count(list(&world.partner,
	    "reference=tx-time&from=2999-01-01T00:00:00%2B01:00")), 0);
}

static void
refuses_bad_filters_all_at_once(void **state)
{
	(void)state;
	assert_invalid(ask_get(&world.partner, TRANSACTIONS "?limit=0&status="
	    "paid&from=yesterday&to=2026-02-30&cursor="),
	    "{\"fieldErrors\":{\"limit\":[\"Number must be greater than or "
	    "equal to 1\"],\"cursor\":[\"String must contain at least 1 "
	    "character(s)\"],\"status\":[\"Invalid enum value. Expected "
	    "'initialized' | 'pending' | 'succeeded' | 'failed' | 'refunded' "
	    "| 'chargeback' | 'abandoned', received 'paid'\"],\"from\":"
	    "[\"Invalid datetime\"],\"to\":[\"Invalid datetime\"]},"
	    "\"formErrors\":[]}");
}

static void
refuses_limits_that_are_no_numbers_in_range(void **state)
{
	static const char *const rows[][2] = {
		{ "501", "Number must be less than or equal to 500" },
		{ "-1", "Number must be greater than or equal to 1" },
		{ "1.5", "Expected integer" }, { "1e2", "Expected integer" },
		{ "ten", "Expected integer" }, { "", "Expected integer" },
		{ "99999999999999999999", "Expected integer" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_invalid(ask_get(&world.partner, textf(TRANSACTIONS
		    "?limit=%s", rows[i][0])), textf("{\"fieldErrors\":{"
		    "\"limit\":[\"%s\"]},\"formErrors\":[]}", rows[i][1]));
}

static void
shows_a_partner_its_own_payments_only(void **state)
{
	const char *id = tx_new("tx-own");

	(void)state;
	assert_int_equal(count(list(&world.other, "reference=tx-own")), 0);
	assert_int_equal(count(list(&world.other, textf("id=%s", id))), 0);
	assert_int_equal(count(list(&world.other,
	    "partner_id=" PARTNER)), 0);
	assert_int_equal(count(list(&world.partner,
	    "reference=tx-own&partner_id=" PARTNER)), 1);
}

static void
hides_another_partners_payment_as_if_it_were_not_there(void **state)
{
	const char *id = tx_new("tx-hidden");
	struct answer *a = ask_get(&world.other, textf(TRANSACTIONS "/%s",
	    id));

	(void)state;
	assert_fault(a, TX_NOT_FOUND);
	assert_fault(ask_get(&world.other, TRANSACTIONS
	    "/CLVTX_1739378102312_420"), TX_NOT_FOUND);
	assert_fault(ask_get(&world.other, TRANSACTIONS "/"), TX_NOT_FOUND);
}

static void
shows_a_platform_wide_key_everything(void **state)
{
	const char *id = tx_new("tx-plat");

	(void)state;
	open_bulk(OTHER_PARTNER, OTHER_CLIENT, "tx-plat", 1);
	assert_int_equal(count(list(&world.platform,
	    "reference=tx-plat")), 2);
	assert_int_equal(count(list(&world.platform,
	    "reference=tx-plat&partner_id=" OTHER_PARTNER)), 1);
	assert_int_equal(count(list(&world.platform,
	    "partner_id=NOSUCHPARTNER")), 0);
	assert_status(ask_get(&world.platform, textf(TRANSACTIONS "/%s",
	    id)), 200);
}

static void
needs_a_good_key(void **state)
{
	(void)state;
	assert_fault(ask_get(NULL, TRANSACTIONS), API_KEY_MISSING);
	assert_fault(ask_get(&world.revoked, TRANSACTIONS), API_KEY_INVALID);
	assert_fault(ask_get(NULL, TRANSACTIONS "/CLVTX_1_1"),
	    API_KEY_MISSING);
}

static void
takes_no_body_and_no_other_method(void **state)
{
	struct answer *a = ask_post(&world.partner, TRANSACTIONS, "tx-post",
	    "{}");

	(void)state;
	assert_fault(a, METHOD);
	assert_string_equal(header_of(a, "Allow"), "GET, HEAD");
}

static void
answers_head_like_get_without_the_body(void **state)
{
	const char *path = textf(TRANSACTIONS "/%s", tx_new("tx-head"));
	struct answer *a = ask(&(struct call){ .method = "HEAD",
	    .path = path, .key = &world.partner });

	(void)state;
	assert_int_equal(a->status, 200);
	assert_int_equal(a->len, 0);
	assert_string_equal(header_of(a, "Content-Type"), "application/json");
}

static const struct CMUnitTest tests[] = {
	CASE(shows_one_payment_with_all_its_fields),
	CASE(has_no_intent_before_one_is_attached),
	CASE(shows_the_fees_of_section_6_after_success),
	CASE(lists_newest_first),
	CASE(lists_the_same_item_as_the_single_answer),
	CASE(pages_through_250_payments_without_gap_or_repetition),
	CASE(ends_with_null_when_the_last_page_is_full),
	CASE(lists_a_hundred_unless_asked_otherwise),
	CASE(filters_by_status),
	CASE(filters_by_client),
	CASE(filters_by_reference_under_both_names),
	CASE(filters_by_id_together_with_the_other_filters),
	CASE(filters_by_time_from_inclusive_to_exclusive),
	CASE(refuses_bad_filters_all_at_once),
	CASE(refuses_limits_that_are_no_numbers_in_range),
	CASE(shows_a_partner_its_own_payments_only),
	CASE(hides_another_partners_payment_as_if_it_were_not_there),
	CASE(shows_a_platform_wide_key_everything),
	CASE(needs_a_good_key),
	CASE(takes_no_body_and_no_other_method),
	CASE(answers_head_like_get_without_the_body),
};

ENDPOINT_MAIN("transactions", tests, NULL)
