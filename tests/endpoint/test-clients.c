/* SPDX-License-Identifier: ISC */
/* test-clients.c - making and listing a partner's clients. */
#include "harness.h"

#include <string.h>

#include "fault.h"
#include "shared.h"

#define KEYS "id partner_id client_id legal_name status " \
	"partner_fee_percentage partner_fee_flat_usd created_at updated_at"

static struct answer *
post(const char *key, const char *body)
{
	return ask_post(&world.partner, CLIENTS, key, body);
}

/* A body for this client; more is further members with a leading comma. */
static const char *
body_of(const char *client_id, const char *more)
{
	return textf("{\"client_id\":\"%s\",\"legal_name\":\"Shop & Co\"%s}",
	    client_id, more);
}

static void
answers_201_with_the_nine_members(void **state)
{
	struct answer *a = post("cl-first", body_of("CLFIRST", ""));

	(void)state;
	assert_status(a, 201);
	assert_string_equal(keys_of(a->json), KEYS);
	assert_memory_equal(text_at(a, "id"), "cl_", 3);
	assert_string_equal(text_at(a, "created_at"),
	    text_at(a, "updated_at"));
	assert_answer(a, 201, textf("{\"id\":\"%s\",\"partner_id\":\"" PARTNER
	    "\",\"client_id\":\"CLFIRST\",\"legal_name\":\"Shop & Co\","
	    "\"status\":\"active\",\"partner_fee_percentage\":null,"
	    "\"partner_fee_flat_usd\":null,\"created_at\":\"%s\","
	    "\"updated_at\":\"%s\"}", text_at(a, "id"),
	    text_at(a, "created_at"), text_at(a, "updated_at")));
}

static void
keeps_status_and_fees(void **state)
{
	struct answer *a = post("cl-fees", body_of("CLFEES", ",\"status\":"
	    "\"pending_kyc\",\"partner_fee_percentage\":4.25,"
	    "\"partner_fee_flat_usd\":0.50"));

	(void)state;
	assert_status(a, 201);
	assert_has(a, "\"status\":\"pending_kyc\","
	    "\"partner_fee_percentage\":4.25,\"partner_fee_flat_usd\":0.5,");
	assert_string_equal(db_text("SELECT fee_ppm || ' ' || fee_flat_usd "
	    "FROM client WHERE client_id = 'CLFEES'"), "42500 50");
}

static void
takes_fees_at_their_limits(void **state)
{
	(void)state;
	assert_has(post("cl-lim-1", body_of("CLLIM1",
	    ",\"partner_fee_percentage\":3.5,\"partner_fee_flat_usd\":0")),
	    "\"partner_fee_percentage\":3.5,\"partner_fee_flat_usd\":0,");
	assert_has(post("cl-lim-2", body_of("CLLIM2",
	    ",\"partner_fee_percentage\":100,\"partner_fee_flat_usd\":10")),
	    "\"partner_fee_percentage\":100,\"partner_fee_flat_usd\":10,");
	assert_has(post("cl-lim-3", body_of("CLLIM3",
	    ",\"partner_fee_percentage\":null,\"status\":null")),
	    "\"status\":\"active\",\"partner_fee_percentage\":null,");
}

static void
refuses_a_fee_below_the_partners(void **state)
{
	(void)state;
	assert_fault(post("cl-low", body_of("CLLOW",
	    ",\"partner_fee_percentage\":3.4999")), CLIENT_FEE_TOO_LOW);
	assert_fault(post("cl-low", body_of("CLLOW",
	    ",\"partner_fee_percentage\":0")), CLIENT_FEE_TOO_LOW);
	assert_int_equal(db_int("SELECT count(*) FROM client WHERE client_id "
	    "= 'CLLOW'"), 0);
}

static void
refuses_a_client_that_is_there_already(void **state)
{
	(void)state;
	assert_status(post("cl-dup-1", body_of("CLDUP", "")), 201);
	assert_fault(post("cl-dup-2", body_of("CLDUP", "")),
	    CLIENT_ALREADY_EXISTS);
	assert_fault(post("cl-dup-3", body_of(CLIENT, "")),
	    CLIENT_ALREADY_EXISTS);
}

static void
lets_two_partners_use_one_client_id(void **state)
{
	(void)state;
	assert_status(post("cl-both", body_of("CLBOTH", "")), 201);
	assert_status(ask_post(&world.other, CLIENTS, "cl-both",
	    body_of("CLBOTH", "")), 201);
}

static void
refuses_bad_fields_in_zods_words(void **state)
{
	static const struct {
		const char	*body, *field, *message;
	} rows[] = {
		{ "{\"client_id\":\"AB\",\"legal_name\":\"Shop\"}",
		  "client_id", "String must contain at least 3 character(s)" },
		{ "{\"client_id\":\"A<B\",\"legal_name\":\"Shop\"}",
		  "client_id",
		  "Invalid: must not contain <, > or control characters" },
		{ "{\"client_id\":\"CLBAD\",\"legal_name\":\"S\"}",
		  "legal_name",
		  "String must contain at least 2 character(s)" },
		{ "{\"client_id\":\"CLBAD\",\"legal_name\":\"<b>Shop</b>\"}",
		  "legal_name",
		  "Invalid: must not contain <, > or control characters" },
		{ "{\"client_id\":\"CLBAD\",\"legal_name\":\"Sh\\u0007op\"}",
		  "legal_name",
		  "Invalid: must not contain <, > or control characters" },
		{ "{\"client_id\":\"CLBAD\",\"legal_name\":\"Shop\","
		  "\"status\":\"x\"}", "status", "Invalid enum value. Expected "
		  "'active' | 'suspended' | 'pending_kyc', received 'x'" },
		{ "{\"client_id\":\"CLBAD\",\"legal_name\":\"Shop\","
		  "\"status\":1}", "status",
		  "Expected string, received number" },
		{ "{\"client_id\":\"CLBAD\",\"legal_name\":\"Shop\","
		  "\"partner_fee_percentage\":-1}", "partner_fee_percentage",
		  "Number must be greater than or equal to 0" },
		{ "{\"client_id\":\"CLBAD\",\"legal_name\":\"Shop\","
		  "\"partner_fee_percentage\":100.1}",
		  "partner_fee_percentage",
		  "Number must be less than or equal to 100" },
		{ "{\"client_id\":\"CLBAD\",\"legal_name\":\"Shop\","
		  "\"partner_fee_percentage\":4.00001}",
		  "partner_fee_percentage",
		  "Number must have at most 4 decimal place(s)" },
		{ "{\"client_id\":\"CLBAD\",\"legal_name\":\"Shop\","
		  "\"partner_fee_percentage\":\"4\"}",
		  "partner_fee_percentage",
		  "Expected number, received string" },
		{ "{\"client_id\":\"CLBAD\",\"legal_name\":\"Shop\","
		  "\"partner_fee_flat_usd\":10.01}", "partner_fee_flat_usd",
		  "Number must be less than or equal to 10" },
		{ "{\"client_id\":\"CLBAD\",\"legal_name\":\"Shop\","
		  "\"partner_fee_flat_usd\":-0.01}", "partner_fee_flat_usd",
		  "Number must be greater than or equal to 0" },
		{ "{\"client_id\":\"CLBAD\",\"legal_name\":\"Shop\","
		  "\"partner_fee_flat_usd\":1.001}", "partner_fee_flat_usd",
		  "Number must have at most 2 decimal place(s) in USD" },
		{ "{\"client_id\":\"CLBAD\",\"legal_name\":\"Shop\","
		  "\"partner_fee_flat_usd\":1e15}", "partner_fee_flat_usd",
		  "Number must be less than or equal to 10" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_invalid(post("cl-bad", rows[i].body), textf(
		    "{\"fieldErrors\":{\"%s\":[\"%s\"]},\"formErrors\":[]}",
		    rows[i].field, rows[i].message));
	assert_int_equal(db_int("SELECT count(*) FROM client WHERE client_id "
	    "= 'CLBAD'"), 0);
}

static void
refuses_all_bad_fields_at_once(void **state)
{
	(void)state;
	assert_invalid(post("cl-all", "{\"status\":\"x\","
	    "\"partner_fee_percentage\":[],\"partner_fee_flat_usd\":11}"),
	    "{\"fieldErrors\":{\"client_id\":[\"Required\"],"
	    "\"legal_name\":[\"Required\"],\"status\":[\"Invalid enum value. "
	    "Expected 'active' | 'suspended' | 'pending_kyc', received 'x'\"]"
	    ",\"partner_fee_percentage\":[\"Expected number, received array\""
	    "],\"partner_fee_flat_usd\":[\"Number must be less than or equal "
	    "to 10\"]},\"formErrors\":[]}");
}

static void
takes_the_partner_from_the_key_and_not_from_the_body(void **state)
{
	struct answer *a = post("cl-body", body_of("CLBODY",
	    ",\"partner_id\":\"" OTHER_PARTNER "\""));

	(void)state;
	assert_status(a, 201);
	assert_string_equal(text_at(a, "partner_id"), PARTNER);
}

static void
refuses_platform_wide_keys(void **state)
{
	(void)state;
	assert_fault(ask_get(&world.platform, CLIENTS), SCOPE);
	assert_fault(ask_post(&world.platform, CLIENTS, "cl-plat",
	    body_of("CLPLAT", "")), SCOPE);
}

static void
refuses_a_suspended_partner(void **state)
{
	(void)state;
	assert_fault(ask_get(&world.suspended, CLIENTS), PARTNER_SUSPENDED);
	assert_fault(ask_post(&world.suspended, CLIENTS, "cl-susp",
	    body_of("CLSUSP", "")), PARTNER_SUSPENDED);
}

static void
lets_partners_prepare_clients_before_they_are_approved(void **state)
{
	(void)state;
	assert_status(ask_post(&world.kyc_pending, CLIENTS, "cl-kyc",
	    body_of("CLKYC", "")), 201);
	assert_status(ask_get(&world.kyc_pending, CLIENTS), 200);
	assert_status(ask_get(&world.inactive, CLIENTS), 200);
}

static void
lists_newest_first_with_all_members(void **state)
{
	struct answer *made, *a;

	(void)state;
	clock_advance(1000);
	assert_status(post("cl-old", body_of("CLOLD", "")), 201);
	clock_advance(1000);
	made = post("cl-new", body_of("CLNEW", ""));
	a = ask_get(&world.partner, CLIENTS);
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), "items");
	assert_string_equal(keys_of(member(a, "items.0")), KEYS);
	assert_memory_equal(a->body, textf("{\"items\":[%s,{", made->body),
	    strlen(made->body) + 12);
	assert_string_equal(text_at(a, "items.1.client_id"), "CLOLD");
}

static void
pages_through_clients_where_it_is_asked_to(void **state)
{
	struct answer *a;
	const char *cursor = "~";
	int seen = 0;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_status(ask_post(&world.inactive, CLIENTS,
		    textf("cl-page-%d", i),
		    body_of(textf("CLPAGE%d", i), "")), 201);
	int64_t all = db_int("SELECT count(*) FROM client WHERE partner_id = "
	    "'INACTIVE001'");
	do {
		a = ask_get(&world.inactive, textf(CLIENTS
		    "?limit=2&cursor=%s", cursor));
		assert_status(a, 200);
		seen += size_at(a, "items");
		cursor = json_text(a->json, "next_cursor");
	} while (cursor != NULL);
	assert_int_equal(seen, all);
	assert_string_equal(keys_of(a->json), "items");
	assert_invalid(ask_get(&world.inactive, CLIENTS "?limit=1001"),
	    "{\"fieldErrors\":{\"limit\":[\"Number must be less than or "
	    "equal to 1000\"]},\"formErrors\":[]}");
}

static void
lists_a_partners_own_clients_only(void **state)
{
	struct answer *a = ask_get(&world.kyc_pending, CLIENTS);
	const struct json *item;

	(void)state;
	assert_status(a, 200);
	for_each(item, a, "items")
		assert_string_equal(json_text(item, "partner_id"),
		    "KYCPEND0001");
}

static void
takes_payments_for_a_new_client_at_once(void **state)
{
	const char *body = "{\"partner_id\":\"" PARTNER "\",\"client_id\":"
	    "\"CLPAY\",\"amount\":1,\"currency\":\"EUR\","
	    "\"echezona_reference\":\"cl-pay\"}";

	(void)state;
	assert_fault(ask_post(&world.partner, INITIALIZE, "cl-pay-1", body),
	    CLIENT_NOT_FOUND);
	assert_status(post("cl-pay", body_of("CLPAY", "")), 201);
	assert_status(ask_post(&world.partner, INITIALIZE, "cl-pay-2", body),
	    201);
}

static void
charges_the_clients_own_fee_on_its_payments(void **state)
{
	struct answer *a;

	(void)state;
	assert_status(post("cl-own", body_of("CLOWN",
	    ",\"partner_fee_percentage\":4.5,\"partner_fee_flat_usd\":1.25")),
	    201);
	a = ask_post(&world.partner, INITIALIZE, "cl-own-tx",
	    "{\"partner_id\":\"" PARTNER "\",\"client_id\":\"CLOWN\","
	    "\"amount\":750,\"currency\":\"USD\","
	    "\"echezona_reference\":\"cl-own\"}");
	const char *id = text_at(a, "clive_tx_id");
	assert_status(ask_post(&world.partner, ATTACH, "cl-own-at", textf(
	    "{\"clive_tx_id\":\"%s\",\"stripe_payment_intent_id\":"
	    "\"pi_clown\"}", id)), 200);
	assert_status(stripe_succeed("clown"), 200);
	/* 33.75 + 1.25 in total; Clive's own part stays that of 3.5 %. */
	assert_has(ask_get(&world.partner, textf(TRANSACTIONS "/%s", id)),
	    "\"stripeFeePercent\":2.9,\"partnerFeePercent\":4.5,"
	    "\"partnerPayoutPercent\":95.5,\"cliveEarningPercent\":0.6,"
	    "\"cliveEarningAmount\":4.2,\"processorFee\":22.05,"
	    "\"platformFee\":12.95,\"netAmount\":715,");
}

static void
writes_an_audit_event(void **state)
{
	(void)state;
	assert_status(post("cl-audit", body_of("CLAUDIT", "")), 201);
	assert_string_equal(db_text("SELECT actor || ' ' || action FROM "
	    "audit_event WHERE subject = '" PARTNER "/CLAUDIT'"),
	    textf("key:%s client.created", world.partner.id));
}

static void
needs_the_three_headers_to_make_and_the_key_to_list(void **state)
{
	const char *body = body_of("CLHEAD", "");

	(void)state;
	assert_fault(ask_get(NULL, CLIENTS), API_KEY_MISSING);
	assert_fault(ask(&(struct call){ .path = CLIENTS, .body = body }),
	    API_KEY_MISSING);
	assert_fault(ask(&(struct call){ .path = CLIENTS, .body = body,
	    .key = &world.partner }), HMAC_MISSING);
	struct answer *a = ask(&(struct call){ .method = "DELETE",
	    .path = CLIENTS, .key = &world.partner });
	assert_fault(a, METHOD);
	assert_string_equal(header_of(a, "Allow"), "POST, GET, HEAD");
	assert_fault(ask_get(&world.partner, CLIENTS "/" CLIENT), NOT_FOUND);
}

static const struct CMUnitTest tests[] = {
	CASE(answers_201_with_the_nine_members),
	CASE(keeps_status_and_fees),
	CASE(takes_fees_at_their_limits),
	CASE(refuses_a_fee_below_the_partners),
	CASE(refuses_a_client_that_is_there_already),
	CASE(lets_two_partners_use_one_client_id),
	CASE(refuses_bad_fields_in_zods_words),
	CASE(refuses_all_bad_fields_at_once),
	CASE(takes_the_partner_from_the_key_and_not_from_the_body),
	CASE(refuses_platform_wide_keys),
	CASE(refuses_a_suspended_partner),
	CASE(lets_partners_prepare_clients_before_they_are_approved),
	CASE(lists_newest_first_with_all_members),
	CASE(pages_through_clients_where_it_is_asked_to),
	CASE(lists_a_partners_own_clients_only),
	CASE(takes_payments_for_a_new_client_at_once),
	CASE(charges_the_clients_own_fee_on_its_payments),
	CASE(writes_an_audit_event),
	CASE(needs_the_three_headers_to_make_and_the_key_to_list),
};

ENDPOINT_MAIN("clients", tests, NULL)
