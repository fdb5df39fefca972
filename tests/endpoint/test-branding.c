/* SPDX-License-Identifier: ISC */
/* test-branding.c - the branding packet of the payment form. */
#include "harness.h"

#include <string.h>

#include "fault.h"
#include "partner.h"
#include "shared.h"

/* A partner with one client, each with its branding. */
struct pair {
	const char	*partner_id, *client_id, *status;
	struct branding	 partner, client;
};

static const struct fault *
add_pair(struct conn *c, void *arg)
{
	const struct pair *pair = arg;
	struct partner p = { .partner_id = pair->partner_id,
	    .legal_name = "Brand & Partner Ltd", .status = pair->status,
	    .kyc_status = "approved", .fee_ppm = 35000,
	    .brand = pair->partner };
	struct client client = { .client_id = pair->client_id,
	    .legal_name = "Caf\xc3\xa9 \"Zwei\"", .status = "active",
	    .fee_ppm = -1, .fee_flat_cents = -1, .brand = pair->client };

	assert_true(partner_add(c, &p, clock_now(), "cli:test"));
	assert_null(client_add(c, &p, &client, world.arena, clock_now(),
	    "cli:test"));
	assert_true(client_update(c, &client, clock_now(), "cli:test"));
	return NULL;
}

static void
add(struct pair pair)
{
	if (pair.status == NULL)
		pair.status = "active";
	assert_null(db_txn(world.setup.db, add_pair, &pair));
}

/* As the widget asks: from a page of another site, without a key. */
static struct answer *
get(const char *query)
{
	struct answer *a = ask(&(struct call){
	    .path = textf(BRANDING "?%s", query),
	    .lines = { "Origin: https://shop.example" } });

	assert_string_equal(header_of(a, "Access-Control-Allow-Origin"), "*");
	return a;
}

static void
answers_names_and_an_empty_branding(void **state)
{
	(void)state;
	assert_answer(get("client_id=" CLIENT "&partner_id=" PARTNER), 200,
	    "{\"partner_id\":\"" PARTNER "\",\"client_id\":\"" CLIENT "\","
	    "\"partner_legal_name\":\"" PARTNER " Limited\","
	    "\"client_legal_name\":\"" CLIENT " & Sons\","
	    "\"partner_status\":\"active\",\"branding\":{}}");
}

static void
answers_every_member_that_is_set(void **state)
{
	(void)state;
	add((struct pair){ "BRANDALL01", "BRALLSHOP", NULL, {
	    "All Pay", "https://cdn.example/logo.png", "#112233", "#abc",
	    "#FFFFFF", "#000", "https://all.example" },
	    { .logo_url = NULL } });
	assert_answer(get("client_id=BRALLSHOP&partner_id=BRANDALL01"), 200,
	    "{\"partner_id\":\"BRANDALL01\",\"client_id\":\"BRALLSHOP\","
	    "\"partner_legal_name\":\"Brand & Partner Ltd\","
	    "\"client_legal_name\":\"Caf\xc3\xa9 \\\"Zwei\\\"\","
	    "\"partner_status\":\"active\",\"branding\":{"
	    "\"brand_display_name\":\"All Pay\","
	    "\"brand_logo_url\":\"https://cdn.example/logo.png\","
	    "\"brand_primary_color\":\"#112233\","
	    "\"brand_secondary_color\":\"#abc\","
	    "\"widget_background_color\":\"#FFFFFF\","
	    "\"widget_text_color\":\"#000\","
	    "\"website_url\":\"https://all.example\"}}");
}

static void
lets_the_client_win_member_by_member(void **state)
{
	(void)state;
	add((struct pair){ "BRANDWIN01", "BRWINSHOP", NULL,
	    { .display_name = "Partner Pay", .primary_color = "#111111" },
	    { .primary_color = "#222222", .widget_text_color = "#333" } });
	assert_has(get("client_id=BRWINSHOP&partner_id=BRANDWIN01"),
	    "\"branding\":{\"brand_display_name\":\"Partner Pay\","
	    "\"brand_primary_color\":\"#222222\","
	    "\"widget_text_color\":\"#333\"}}");
}

static void
finds_the_partner_when_the_name_is_unique(void **state)
{
	(void)state;
	assert_string_equal(text_at(get("client_id=" CLIENT), "partner_id"),
	    PARTNER);
	assert_string_equal(text_at(get("client_id=" CLIENT "&partner_id="),
	    "partner_id"), PARTNER);
}

static void
does_not_guess_between_two_partners(void **state)
{
	(void)state;
	/* SHOP001 is seeded under three partners. */
	assert_fault(get("client_id=SHOP001"), CLIENT_NOT_FOUND);
	assert_status(get("client_id=SHOP001&partner_id=KYCPEND0001"), 200);
}

static void
shows_the_status_of_a_suspended_partner(void **state)
{
	(void)state;
	assert_string_equal(text_at(get(
	    "client_id=SHOP001&partner_id=SUSPENDED01"), "partner_status"),
	    "suspended");
}

static void
refuses_unknown_partners_and_clients(void **state)
{
	(void)state;
	assert_fault(get("client_id=NOSUCHCLIENT"), CLIENT_NOT_FOUND);
	assert_fault(get("client_id=" CLIENT "&partner_id=NOSUCHPARTNER"),
	    PARTNER_NOT_FOUND);
	assert_fault(get("client_id=" OTHER_CLIENT "&partner_id=" PARTNER),
	    CLIENT_NOT_FOUND);
}

static void
refuses_a_query_without_client(void **state)
{
	static const char *const queries[] = { "", "partner_id=" PARTNER,
	    "client=" CLIENT,
	    "xclient_id=" CLIENT, "client_id" };

	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		assert_invalid(get(queries[i]), "{\"fieldErrors\":{"
		    "\"client_id\":[\"Required\"]},\"formErrors\":[]}");
	assert_invalid(get("client_id="), "{\"fieldErrors\":{\"client_id\":["
	    "\"String must contain at least 1 character(s)\"]},"
	    "\"formErrors\":[]}");
}

static void
refuses_what_does_not_decode(void **state)
{
	static const char *const queries[] = { "client_id=%00",
	    "client_id=%zz", "client_id=%4", "client_id=%ff",
	    "client_id=" CLIENT "%00", "client_id=" CLIENT "&x=%" };

	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		assert_invalid(plain_run(&(struct cgi){ .program = BRANDING,
		    .env = { "REQUEST_METHOD=GET",
		    textf("QUERY_STRING=%s", queries[i]) } }),
		    "{\"fieldErrors\":{},\"formErrors\":[\"Invalid query "
		    "string\"]}");
}

static void
decodes_escapes_and_takes_the_last_of_two(void **state)
{
	(void)state;
	assert_status(get("client_id=%41IRPEACE%30%301"), 200);
	assert_status(get("client_id=NOSUCHCLIENT&client_id=" CLIENT), 200);
	assert_fault(get("client_id=" CLIENT "&client_id=NOSUCHCLIENT"),
	    CLIENT_NOT_FOUND);
}

static void
lets_a_good_answer_be_cached_for_a_minute(void **state)
{
	(void)state;
	assert_string_equal(header_of(get("client_id=" CLIENT),
	    "Cache-Control"), "public, max-age=60");
	assert_string_equal(header_of(get("client_id=NOSUCHCLIENT"),
	    "Cache-Control"), "no-store");
}

static void
lets_any_site_read_refusals_of_the_method_too(void **state)
{
	struct answer *a = ask(&(struct call){ .path = BRANDING,
	    .body = "{}" });

	(void)state;
	assert_fault(a, METHOD);
	assert_string_equal(header_of(a, "Allow"), "GET, HEAD");
	assert_string_equal(header_of(a, "Access-Control-Allow-Origin"), "*");
}

static const struct CMUnitTest tests[] = {
	CASE(answers_names_and_an_empty_branding),
	CASE(answers_every_member_that_is_set),
	CASE(lets_the_client_win_member_by_member),
	CASE(finds_the_partner_when_the_name_is_unique),
	CASE(does_not_guess_between_two_partners),
	CASE(shows_the_status_of_a_suspended_partner),
	CASE(refuses_unknown_partners_and_clients),
	CASE(refuses_a_query_without_client),
	CASE(refuses_what_does_not_decode),
	CASE(decodes_escapes_and_takes_the_last_of_two),
	CASE(lets_a_good_answer_be_cached_for_a_minute),
	CASE(lets_any_site_read_refusals_of_the_method_too),
};

ENDPOINT_MAIN("branding", tests, NULL)
