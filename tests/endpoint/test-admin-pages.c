/* SPDX-License-Identifier: ISC */
/*
 * test-admin-pages.c - what the operators' pages ask for: searching payments,
 * refunds, the overview, partners, clients, keys, rules, disputes, settings.
 * Who may ask is tests/endpoint/test-admin-routes.c's.
 */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "shared.h"
#include "tx-search.h"

#define TXS ADMIN "/transactions"
#define PARTNERS ADMIN "/partners"
#define ADMIN_CLIENTS ADMIN "/clients"
#define KEYS ADMIN "/keys"
#define M_KEYS ADMIN "/merchant-keys"
#define RULES ADMIN "/rules"
#define DISPUTES ADMIN "/disputes"
#define OVERVIEW ADMIN "/overview"
#define SETTINGS ADMIN "/settings"

#define REFUND(status) \
	"{\"id\":\"re_s1\",\"object\":\"refund\",\"status\":\"" status "\"}"

/* One token serves all cases: signing in is slow. */
static const char *
token(void)
{
	static char kept[2048];

	if (*kept == '\0')
		snprintf(kept, sizeof(kept), "%s", admin_token());
	return kept;
}

static struct answer *
get(const char *path)
{
	return ask_admin(token(), path, NULL);
}

static struct answer *
post(const char *path, const char *body)
{
	return ask_admin(token(), path, body);
}

/* A payment of the Payments API, 750.00 USD, by a test key. */
static const char *
intent_of(const char *name, const char *status)
{
	db_exec(textf("INSERT INTO tx (clive_tx_id, partner_id, client_id, "
	    "amount, currency, echezona_reference, email, status, processor, "
	    "processor_ref, settlement_status, api, livemode, created_at, "
	    "updated_at) VALUES ('CLVTX_%s', '" PARTNER "', '" CLIENT "', "
	    "75000, 'USD', 'ref-%s', 'buyer-%s@shop.example', '%s', 'stripe', "
	    "'pi_%s', 'unsettled', 'payments', 0, 1, 1)", name, name, name,
	    status, name));
	db_exec(textf("INSERT INTO intent (id, clive_tx_id, partner_id, "
	    "client_id, livemode, created_at, updated_at) VALUES ('pi_%s', "
	    "'CLVTX_%s', '" PARTNER "', '" CLIENT "', 0, 1, 1)", name, name));
	return textf("CLVTX_%s", name);
}

/* The names of a list's payments, joined by blanks. */
static const char *
ids_of(const struct answer *a)
{
	const char *words = "";
	const struct json *item;

	for_each(item, a, "items")
		words = textf("%s%s%s", words, *words == '\0' ? "" : " ",
		    json_text(item, "cliveTxId"));
	return words;
}

static const char *
found(const char *query)
{
	struct answer *a = get(textf(TXS "?%s", query));

	assert_status(a, 200);
	return ids_of(a);
}

/* ------------------------------------------------------------- searching */

static void
a_search_knows_every_name_of_a_payment(void **state)
{
	const char *id = intent_of("names", "pending");

	(void)state;
	db_exec("INSERT INTO refund (id, intent_id, clive_tx_id, partner_id, "
	    "client_id, livemode, amount, currency, status, created_at, "
	    "updated_at) VALUES ('re_names', 'pi_names', 'CLVTX_names', '"
	    PARTNER "', '" CLIENT "', 0, 1, 'USD', 'failed', 1, 1)");
	assert_string_equal(found("q=CLVTX_names"), id);
	assert_string_equal(found("q=pi_names"), id);
	assert_string_equal(found("q=re_names"), id);
	assert_string_equal(found("q=ref-names"), id);
	assert_string_equal(found("q=ref-nam"), id);
	assert_string_equal(found("q=BUYER-names%40"), id);
	assert_string_equal(found("q=names"), "");
	/* The other filters hold. */
	assert_string_equal(found("q=pi_names&mode=test"), id);
	assert_string_equal(found("q=pi_names&mode=live"), "");
	assert_string_equal(found("q=pi_names&mode=partner"), "");
	assert_string_equal(found("q=ref-names&status=failed"), "");
	assert_string_equal(found("q=ref-names&partner_id=" OTHER_PARTNER),
	    "");
	/* As one looks at it, too. */
	assert_string_equal(text_at(get(TXS "/re_names"),
	    "transaction.cliveTxId"), id);
}

static void
a_search_knows_amounts_in_their_currency(void **state)
{
	static const char row[] = "INSERT INTO tx (clive_tx_id, partner_id, "
	    "client_id, amount, currency, echezona_reference, status, "
	    "processor, settlement_status, created_at, updated_at) VALUES "
	    "('CLVTX_amount%s', '" PARTNER "', '" CLIENT "', %d, '%s', "
	    "'sum-%s', 'pending', 'stripe', 'unsettled', 1, 1)";

	(void)state;
	db_exec(textf(row, "1", 98765, "JPY", "1"));
	db_exec(textf(row, "2", 9876500, "USD", "2"));
	db_exec(textf(row, "3", 98765, "USD", "3"));
	db_exec(textf(row, "4", 98765000, "KWD", "4"));
	assert_string_equal(found("q=98765"),
	    "CLVTX_amount4 CLVTX_amount2 CLVTX_amount1");
	assert_string_equal(found("q=98%2C765.00"),
	    "CLVTX_amount4 CLVTX_amount2 CLVTX_amount1");
	assert_string_equal(found("q=98765.000+KWD"), "CLVTX_amount4");
	assert_string_equal(found("q=98765+usd"), "CLVTX_amount2");
	assert_string_equal(found("q=987.65"), "CLVTX_amount3");
	assert_string_equal(found("q=98765+usdx"), "");
	assert_string_equal(found("q=.5"), "");
}

static void
a_search_goes_on_by_its_cursor(void **state)
{
	struct answer *a;

	(void)state;
	for (int i = 0; i < 3; i++)
		intent_of(textf("page%d", i), "pending");
	a = get(TXS "?q=ref-page&limit=2");
	assert_string_equal(ids_of(a), "CLVTX_page2 CLVTX_page1");
	assert_string_equal(text_at(a, "nextCursor"), "CLVTX_page1");
	a = get(TXS "?q=ref-page&limit=2&cursor=CLVTX_page1");
	assert_string_equal(ids_of(a), "CLVTX_page0");
	assert_true(null_at(a, "nextCursor"));
	/* Filters alone go the same way. */
	a = get(TXS "?mode=test&status=pending&limit=1&cursor=CLVTX_page2");
	assert_string_equal(ids_of(a), "CLVTX_page1");
	assert_invalid(get(TXS "?mode=sandbox"), "{\"fieldErrors\":{\"mode\":"
	    "[\"Invalid enum value. Expected 'live' | 'test' | 'partner', "
	    "received 'sandbox'\"]},\"formErrors\":[]}");
}

/* What lies beyond a stretch is reached by the cursor, and found there. */
static void
a_search_looks_at_so_many_payments_a_page(void **state)
{
	(void)state;
	db_exec(textf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + "
	    "1 FROM n WHERE i < %d) INSERT INTO tx (clive_tx_id, partner_id, "
	    "client_id, amount, currency, echezona_reference, status, "
	    "processor, settlement_status, created_at, updated_at) SELECT "
	    "'CLVTX_stretch_' || (100000 + i), '" PARTNER "', '" CLIENT "', 1, "
	    "'USD', 'many', 'abandoned', 'stripe', 'unsettled', 1, 1 FROM n",
	    TX_SEARCH_STRETCH));
	db_exec("UPDATE tx SET status = 'failed' WHERE clive_tx_id = "
	    "'CLVTX_stretch_100001'");
	struct answer *a = get(TXS "?status=failed&cursor=CLVTX_stretch_12");
	assert_status(a, 200);
	assert_string_equal(ids_of(a), "CLVTX_stretch_100001");
	a = get(TXS "?status=failed&cursor=CLVTX_stretch_3");
	assert_string_equal(ids_of(a), "CLVTX_stretch_100001");
	a = get(TXS "?status=failed&cursor=CLVTX_stretchz");
	assert_string_equal(text_at(a, "nextCursor"),
	    "CLVTX_stretch_100001");
	db_exec("DELETE FROM tx WHERE clive_tx_id LIKE 'CLVTX_stretch_%'");
}

/* --------------------------------------------------------------- refunds */

static void
an_operator_refunds_a_part_and_then_the_rest(void **state)
{
	const char *id = intent_of("refund", "pending");
	struct answer *a;

	(void)state;
	assert_status(stripe_succeed("refund"), 200);
	processor_says(200, REFUND("succeeded"), 0);
	a = post(textf(TXS "/%s/refund", id), "{\"currency\":\"USD\","
	    "\"amount\":250.5,\"left\":750,\"reason\":\"Late\"}");
	assert_status(a, 201);
	assert_string_equal(text_at(a, "status"), "succeeded");
	assert_int_equal(db_int(textf("SELECT refunded_amount FROM tx WHERE "
	    "clive_tx_id = '%s'", id)), 25050);
	assert_string_equal(db_text("SELECT actor FROM audit_event WHERE "
	    "subject = 'CLVTX_refund' AND action = 'refund.created'"),
	    "operator:" OPERATOR_EMAIL);
	/* The same question again would be a second refund: it is refused. */
	a = post(textf(TXS "/%s/refund", id), "{\"currency\":\"USD\","
	    "\"amount\":250.5,\"left\":750}");
	assert_status(a, 409);
	assert_string_equal(text_at(a, "code"), "INVALID_STATE");
	a = post(TXS "/pi_refund/refund",
	    "{\"currency\":\"USD\",\"left\":499.5}");
	assert_status(a, 201);
	assert_string_equal(tx_state(id), "refunded");
	a = get(textf(TXS "/%s", id));
	assert_string_equal(member(a, "transaction.refundedAmount")->raw.p ==
	    NULL ? "" : textf("%.*s",
	    (int)member(a, "transaction.refundedAmount")->raw.n,
	    member(a, "transaction.refundedAmount")->raw.p), "750");
}

static void
a_refund_is_refused_where_it_cannot_be(void **state)
{
	const char *paid = intent_of("refuse", "pending");
	const char *open = intent_of("refuseopen", "pending");
	const char *partner = tx_attached("refusepartner");

	(void)state;
	assert_status(stripe_succeed("refuse"), 200);
	assert_invalid(post(textf(TXS "/%s/refund", paid), "{}"),
	    "{\"fieldErrors\":{\"currency\":[\"Required\"],\"left\":["
	    "\"Required\"]},\"formErrors\":[]}");
	assert_invalid(post(textf(TXS "/%s/refund", paid),
	    "{\"currency\":\"EUR\",\"left\":750}"),
	    "{\"fieldErrors\":{\"currency\":[\"Not the currency of the "
	    "payment\"]},\"formErrors\":[]}");
	assert_invalid(post(textf(TXS "/%s/refund", paid),
	    "{\"currency\":\"USD\",\"left\":750,\"amount\":750.01}"),
	    "{\"fieldErrors\":{\"amount\":[\"At most 750 can be "
	    "refunded\"]},\"formErrors\":[]}");
	assert_status(post(textf(TXS "/%s/refund", open),
	    "{\"currency\":\"USD\",\"left\":750}"), 409);
	assert_status(post(textf(TXS "/%s/refund", partner),
	    "{\"currency\":\"USD\",\"left\":750}"), 409);
	assert_fault(post(TXS "/CLVTX_none/refund",
	    "{\"currency\":\"USD\",\"left\":750}"), TX_NOT_FOUND);
	assert_int_equal(db_int("SELECT count(*) FROM refund WHERE "
	    "clive_tx_id = 'CLVTX_refuse'"), 0);
}

/* -------------------------------------------------------------- overview */

static void
the_overview_counts_what_there_is(void **state)
{
	struct answer *a;
	int64_t volume = 0;
	const struct json *row;

	(void)state;
	tx_attached("overview");
	assert_status(stripe_succeed("overview"), 200);
	db_exec("UPDATE tx SET currency = 'CHF' WHERE echezona_reference = "
	    "'overview'");
	a = get(OVERVIEW "?days=2&offset=60");
	assert_status(a, 200);
	assert_string_equal(keys_of(a->json), "now today since days stuck "
	    "queue quarantined endpoints cron");
	for_each(row, a, "days")
		if (strcmp(json_text(row, "currency"), "CHF") == 0)
			assert_true(json_int(row, "amount", &volume));
	db_exec("UPDATE tx SET currency = 'USD' WHERE echezona_reference = "
	    "'overview'");
	assert_int_equal(volume, 750);
	assert_status(get(OVERVIEW "?test=1"), 200);
	assert_status(get(OVERVIEW "?days=32"), 400);
	assert_status(get(OVERVIEW "?offset=841"), 400);
}

static void
the_overview_names_what_hangs_and_what_fails(void **state)
{
	const char *id = tx_attached("stuck");
	struct answer *a;

	(void)state;
	db_exec(textf("UPDATE tx SET updated_at = 0 WHERE clive_tx_id = '%s'",
	    id));
	db_exec("INSERT INTO cron_run (name, owner, started_at, seen_at) "
	    "VALUES ('sweep', 'x', 1, 1) ON CONFLICT (name) DO UPDATE SET "
	    "seen_at = 1");
	db_exec(textf("UPDATE webhook_endpoint SET failing_since = 1, failures "
	    "= 3 WHERE id = '%s'", world.webhook));
	a = get(OVERVIEW);
	assert_string_equal(text_at(a, "stuck.0.clive_tx_id"), id);
	assert_string_equal(text_at(a, "endpoints.0.id"), world.webhook);
	assert_string_equal(text_at(a, "cron.0.name"), "sweep");
	assert_has(a, "\"late\":true");
	db_exec("DELETE FROM cron_run");
	db_exec("UPDATE webhook_endpoint SET failing_since = NULL, failures = "
	    "0");
	db_exec(textf("UPDATE tx SET updated_at = created_at WHERE "
	    "clive_tx_id = '%s'", id));
}

/* --------------------------------------------- partners, clients, keys */

static void
partners_are_made_changed_and_on_record(void **state)
{
	struct answer *a;

	(void)state;
	a = post(PARTNERS, "{\"partner_id\":\"PAGES01\",\"legal_name\":"
	    "\"Pages\",\"brand_primary_color\":\"#aa0044\"}");
	assert_status(a, 201);
	assert_string_equal(text_at(a, "kyc_status"), "pending");
	a = post(PARTNERS "/PAGES01", "{\"kyc_status\":\"approved\","
	    "\"fee_percentage\":4.25,\"brand_primary_color\":\"\","
	    "\"website_url\":\"https://pages.example/\"}");
	assert_status(a, 200);
	assert_true(null_at(a, "brand_primary_color"));
	assert_string_equal(text_at(a, "legal_name"), "Pages");
	const char *detail = db_text("SELECT detail FROM audit_event WHERE "
	    "subject = 'PAGES01' AND action = 'partner.updated'");
	assert_non_null(strstr(detail, "\"before\":{"));
	assert_non_null(strstr(detail, "\"kyc_status\":\"pending\""));
	assert_non_null(strstr(detail, "\"after\":{"));
	assert_non_null(strstr(detail, "\"fee_percentage\":4.25"));
	assert_answer(get(PARTNERS "/PAGES01"), 200, a->body);
	assert_int_equal(size_at(get(PARTNERS), "items"),
	    db_int("SELECT count(*) FROM partner"));
}

static void
partners_are_refused_with_reasons(void **state)
{
	(void)state;
	assert_invalid(post(PARTNERS, "{\"partner_id\":\"a b\",\"legal_name\":"
	    "\"x<y\"}"), "{\"fieldErrors\":{\"partner_id\":[\"Invalid: use "
	    "letters, digits, _ and -\"],\"legal_name\":[\"Invalid: must not "
	    "contain <, > or control characters\"]},\"formErrors\":[]}");
	assert_invalid(post(PARTNERS, "{\"partner_id\":\"" PARTNER "\","
	    "\"legal_name\":\"Again\"}"), "{\"fieldErrors\":{\"partner_id\":"
	    "[\"This one is taken\"]},\"formErrors\":[]}");
	assert_invalid(post(PARTNERS "/" PARTNER, "{}"), "{\"fieldErrors\":{},"
	    "\"formErrors\":[\"There is nothing to change\"]}");
	assert_invalid(post(PARTNERS "/" PARTNER,
	    "{\"brand_logo_url\":\"javascript:x\"}"), "{\"fieldErrors\":{"
	    "\"brand_logo_url\":[\"Invalid url\"]},\"formErrors\":[]}");
	assert_invalid(post(PARTNERS "/" PARTNER,
	    "{\"widget_text_color\":7}"), "{\"fieldErrors\":{"
	    "\"widget_text_color\":[\"Expected string\"]},\"formErrors\":[]}");
	assert_fault(post(PARTNERS "/NOBODY", "{\"status\":\"active\"}"),
	    PARTNER_NOT_FOUND);
	assert_fault(get(PARTNERS "/NOBODY"), PARTNER_NOT_FOUND);
}

static void
clients_are_made_and_changed_within_their_partner(void **state)
{
	struct answer *a;

	(void)state;
	a = post(ADMIN_CLIENTS, "{\"partner_id\":\"" PARTNER "\","
	    "\"client_id\":\"PAGECL\",\"legal_name\":\"A client\","
	    "\"partner_fee_percentage\":5,\"brand_display_name\":\"Shown\"}");
	assert_status(a, 201);
	assert_string_equal(text_at(a, "brand_display_name"), "Shown");
	assert_string_equal(db_text("SELECT brand_display_name FROM client "
	    "WHERE client_id = 'PAGECL'"), "Shown");
	a = post(ADMIN_CLIENTS "/PAGECL", "{\"partner_id\":\"" PARTNER "\","
	    "\"partner_fee_percentage\":null,\"partner_fee_flat_usd\":2,"
	    "\"status\":\"suspended\"}");
	assert_status(a, 200);
	assert_true(null_at(a, "partner_fee_percentage"));
	assert_string_equal(text_at(a, "status"), "suspended");
	assert_answer(get(ADMIN_CLIENTS "/PAGECL?partner_id=" PARTNER), 200,
	    a->body);
	assert_has(get(ADMIN_CLIENTS "?partner_id=" PARTNER "&limit=1"),
	    "\"client_id\":\"PAGECL\"");
	/* Another partner's is not there. */
	assert_fault(get(ADMIN_CLIENTS "/PAGECL?partner_id=" OTHER_PARTNER),
	    CLIENT_NOT_FOUND);
	assert_fault(post(ADMIN_CLIENTS "/PAGECL", "{\"partner_id\":\""
	    OTHER_PARTNER "\",\"status\":\"active\"}"), CLIENT_NOT_FOUND);
	assert_fault(post(ADMIN_CLIENTS "/PAGECL", "{\"partner_id\":\""
	    PARTNER "\",\"partner_fee_percentage\":0.1}"),
	    CLIENT_FEE_TOO_LOW);
	assert_fault(post(ADMIN_CLIENTS, "{\"partner_id\":\"" PARTNER "\","
	    "\"client_id\":\"PAGECL\",\"legal_name\":\"Again\"}"),
	    CLIENT_ALREADY_EXISTS);
	assert_fault(get(ADMIN_CLIENTS "?partner_id=NOBODY"),
	    PARTNER_NOT_FOUND);
	db_exec("DELETE FROM client WHERE client_id = 'PAGECL'");
}

static void
keys_are_shown_once_and_end(void **state)
{
	struct answer *a = post(KEYS, "{\"partner_id\":\"" PARTNER "\","
	    "\"name\":\"Pages\"}");
	struct apikey key;

	(void)state;
	assert_status(a, 201);
	snprintf(key.key, sizeof(key.key), "%s", text_at(a, "api_key"));
	const char *id = text_at(a, "id");
	assert_status(ask_get(&key, TRANSACTIONS), 200);
	struct answer *list = get(KEYS "?partner_id=" PARTNER);
	assert_has(list, textf("****%s", key.key + strlen(key.key) - 4));
	assert_null(strstr(list->body, key.key));
	assert_status(post(textf(KEYS "/%s/revoke", id), "{}"), 200);
	assert_fault(ask_get(&key, TRANSACTIONS), API_KEY_INVALID);
	assert_fault(post(textf(KEYS "/%s/revoke", id), "{}"), NOT_FOUND);
	assert_fault(post(KEYS, "{\"partner_id\":\"NOBODY\",\"name\":\"x\"}"),
	    PARTNER_NOT_FOUND);
	assert_status(post(KEYS, "{\"name\":\"x\"}"), 400);
	assert_status(post(KEYS, "{\"name\":\"x\",\"platform\":true,"
	    "\"partner_id\":\"" PARTNER "\"}"), 400);
}

static void
merchants_keys_are_shown_once_and_end(void **state)
{
	struct answer *a = post(M_KEYS, "{\"partner_id\":\"" PARTNER "\","
	    "\"client_id\":\"" CLIENT "\",\"name\":\"Till\",\"scopes\":"
	    "\"payments:read\"}");

	(void)state;
	assert_status(a, 201);
	const char *key = text_at(a, "api_key"), *id = text_at(a, "id");
	assert_status(ask_merchant(key, PAYMENTS, NULL, NULL), 200);
	assert_null(strstr(get(M_KEYS "?partner_id=" PARTNER)->body, key));
	assert_status(post(textf(M_KEYS "/%s/revoke", id), "{}"), 200);
	assert_status(ask_merchant(key, PAYMENTS, NULL, NULL), 401);
	assert_fault(post(textf(M_KEYS "/%s/revoke", id), "{}"), NOT_FOUND);
	assert_status(post(M_KEYS, "{\"partner_id\":\"" PARTNER "\","
	    "\"client_id\":\"NOBODY\",\"name\":\"x\"}"), 400);
	assert_status(post(M_KEYS, "{\"partner_id\":\"" PARTNER "\","
	    "\"client_id\":\"" CLIENT "\",\"name\":\"x\",\"scopes\":"
	    "\"everything\"}"), 400);
}

static void
rules_are_checked_added_and_ended(void **state)
{
	struct answer *a = post(RULES, "{\"processor\":\"stripe\","
	    "\"payment_type\":\"card\",\"country\":\"de\",\"card_scheme\":"
	    "\"VISA\",\"percent\":1.4,\"fixed\":25}");

	(void)state;
	assert_status(a, 201);
	const char *id = text_at(a, "id");
	assert_string_equal(text_at(a, "country"), "DE");
	assert_string_equal(text_at(a, "card_scheme"), "visa");
	assert_string_equal(text_at(a, "currency"), "*");
	assert_has(get(RULES), id);
	assert_status(post(textf(RULES "/%s/end", id), "{}"), 200);
	assert_fault(post(textf(RULES "/%s/end", id), "{}"), NOT_FOUND);
	assert_null(strstr(get(RULES)->body, id));
	assert_has(get(RULES "?all=1"), id);
	assert_status(post(RULES, "{\"processor\":\"acme\",\"percent\":1,"
	    "\"fixed\":0}"), 400);
	assert_invalid(post(RULES, "{\"processor\":\"stripe\","
	    "\"payment_type\":\"mobile_money\",\"percent\":1,\"fixed\":0}"),
	    "{\"fieldErrors\":{\"payment_type\":[\"stripe does not carry "
	    "mobile_money\"]},\"formErrors\":[]}");
	assert_invalid(post(RULES, "{\"processor\":\"stripe\",\"country\":"
	    "\"d\",\"percent\":1,\"fixed\":0}"), "{\"fieldErrors\":{"
	    "\"country\":[\"Must be two letters, or *\"]},"
	    "\"formErrors\":[]}");
}

/* ------------------------------------------------- disputes and settings */

static void
disputes_say_what_the_processor_said(void **state)
{
	const char *id = tx_attached("disputed");
	struct answer *a;

	(void)state;
	assert_status(stripe_succeed("disputed"), 200);
	assert_status(stripe_event("evt_disputed", "charge.dispute.created",
	    "{\"id\":\"dp_1\",\"object\":\"dispute\",\"amount\":75000,"
	    "\"currency\":\"usd\",\"payment_intent\":\"pi_disputed\","
	    "\"reason\":\"product_not_received\",\"status\":"
	    "\"needs_response\",\"evidence_details\":{\"due_by\":"
	    "1900000000}}"), 200);
	a = get(DISPUTES "?partner_id=" PARTNER "&limit=1");
	assert_status(a, 200);
	assert_string_equal(text_at(a, "items.0.cliveTxId"), id);
	assert_string_equal(text_at(a, "items.0.disputes.0.id"), "dp_1");
	assert_string_equal(text_at(a, "items.0.disputes.0.reason"),
	    "product_not_received");
	assert_string_equal(text_at(a, "items.0.disputes.0.respond_by"),
	    "2030-03-17T17:46:40.000Z");
	assert_int_equal(size_at(get(DISPUTES "?partner_id=" OTHER_PARTNER),
	    "items"), 0);
	a = get(textf(DISPUTES "?cursor=%s", id));
	assert_null(strstr(a->body, id));
}

static void
settings_tell_no_secret(void **state)
{
	struct answer *a = get(SETTINGS);

	(void)state;
	assert_status(a, 200);
	assert_has(a, "{\"key\":\"stripe_webhook_secret\",\"value\":null,"
	    "\"set\":true,\"secret\":true");
	assert_has(a, "{\"key\":\"mode\",\"value\":\"sandbox\",\"set\":true,"
	    "\"secret\":false");
	assert_null(strstr(a->body, STRIPE_SECRET));
	assert_null(strstr(a->body, STRIPE_KEY));
	assert_null(strstr(a->body, CLICKPESA_CHECKSUM_KEY));
}

static const struct CMUnitTest tests[] = {
	CASE(a_search_knows_every_name_of_a_payment),
	CASE(a_search_knows_amounts_in_their_currency),
	CASE(a_search_goes_on_by_its_cursor),
	CASE(a_search_looks_at_so_many_payments_a_page),
	CASE(an_operator_refunds_a_part_and_then_the_rest),
	CASE(a_refund_is_refused_where_it_cannot_be),
	CASE(the_overview_counts_what_there_is),
	CASE(the_overview_names_what_hangs_and_what_fails),
	CASE(partners_are_made_changed_and_on_record),
	CASE(partners_are_refused_with_reasons),
	CASE(clients_are_made_and_changed_within_their_partner),
	CASE(keys_are_shown_once_and_end),
	CASE(merchants_keys_are_shown_once_and_end),
	CASE(rules_are_checked_added_and_ended),
	CASE(disputes_say_what_the_processor_said),
	CASE(settings_tell_no_secret),
};

ENDPOINT_MAIN("admin-pages", tests, &((struct world_options){
    .with_operator = true, .processors = true }))
