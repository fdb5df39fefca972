/* SPDX-License-Identifier: ISC */
/* test-guard.c - the checks every request runs through, in their order. */
#include "harness.h"

#include <string.h>

#include "fault.h"

/*
 * A request to initialize that is wrong in every way. Mending one thing
 * after the other brings the faults to light in the order of lib/app.h.
 */
struct wrong {
	const char	*rest;		/* of the path */
	const char	*method;
	const char	*type;
	const char	*length;	/* NULL: none */
	const char	*key;
	const char	*mac;
	const char	*idempotency_key;
	const char	*body;
};

static const struct wrong all_wrong = { .rest = "/more", .method = "PUT",
    .type = "text/plain", .body = "{\"partner_id\":" };

/* Through plain CGI, where a length may lie. */
static struct answer *
send_plain(const struct wrong *w)
{
	struct cgi cgi = { .program = INITIALIZE, .input = w->body,
	    .len = strlen(w->body) };
	size_t n = 0;

	cgi.env[n++] = textf("PATH_INFO=%s", w->rest);
	cgi.env[n++] = textf("REQUEST_METHOD=%s", w->method);
	cgi.env[n++] = textf("CONTENT_TYPE=%s", w->type);
	if (w->length != NULL)
		cgi.env[n++] = textf("CONTENT_LENGTH=%s", w->length);
	if (w->key != NULL)
		cgi.env[n++] = textf("HTTP_X_API_KEY=%s", w->key);
	if (w->mac != NULL)
		cgi.env[n++] = textf("HTTP_X_CLIVE_HMAC=%s", w->mac);
	if (w->idempotency_key != NULL)
		cgi.env[n++] = textf("HTTP_IDEMPOTENCY_KEY=%s",
		    w->idempotency_key);
	return plain_run(&cgi);
}

/* Through the web server, which sets the length. */
static struct answer *
send_http(const struct wrong *w)
{
	struct call call = { .method = w->method, .type = w->type,
	    .path = textf(INITIALIZE "%s", w->rest), .body = w->body };
	size_t n = 0;

	if (w->key != NULL)
		call.lines[n++] = textf("x-api-key: %s", w->key);
	if (w->mac != NULL)
		call.lines[n++] = textf("x-clive-hmac: %s", w->mac);
	if (w->idempotency_key != NULL)
		call.lines[n++] = textf("idempotency-key: %s",
		    w->idempotency_key);
	return ask(&call);
}

typedef struct answer *sender(const struct wrong *);

static const char *
mac_of(const char *body)
{
	return signature_of(&world.partner, body);
}

/* From the key on, both ways see the same. */
static void
peel_caller(sender *send, struct wrong *w)
{
	assert_fault(send(w), API_KEY_MISSING);
	w->key = "";
	assert_fault(send(w), API_KEY_MISSING);
	w->key = "cp_test_partner_nobody";
	assert_fault(send(w), API_KEY_INVALID);
	w->key = world.partner.key;
	assert_fault(send(w), HMAC_MISSING);
	w->mac = "";
	assert_fault(send(w), HMAC_MISSING);
	w->mac = mac_of("another body");
	assert_fault(send(w), HMAC_INVALID);
	w->mac = mac_of(w->body);
	assert_fault(send(w), IDEMPOTENCY_KEY_MISSING);
	w->idempotency_key = "";
	assert_fault(send(w), IDEMPOTENCY_KEY_MISSING);
	w->idempotency_key = "k\xc3\xa9y";
	assert_invalid(send(w), "{\"fieldErrors\":{\"idempotency-key\":["
	    "\"String must contain only printable ASCII characters\"]},"
	    "\"formErrors\":[]}");
}

/* From the JSON on; name keeps the keys of the two ways apart. */
static void
peel_body(sender *send, struct wrong *w, const char *name)
{
	w->idempotency_key = name;
	assert_invalid(send(w), "{\"fieldErrors\":{},\"formErrors\":["
	    "\"Invalid JSON: the text ends too early\"]}");
	w->body = "[1]";
	w->length = "3";
	w->mac = mac_of(w->body);
	assert_invalid(send(w), "{\"fieldErrors\":{},\"formErrors\":["
	    "\"Expected object, received array\"]}");
	w->body = "{\"partner_id\":\"" OTHER_PARTNER "\",\"client_id\":1,"
	    "\"amount\":0,\"currency\":\"dollars\",\"meta\":[]}";
	w->length = textf("%zu", strlen(w->body));
	w->mac = mac_of(w->body);
	assert_invalid(send(w), "{\"fieldErrors\":{"
	    "\"client_id\":[\"Expected string, received number\"],"
	    "\"currency\":[\"String must contain exactly 3 character(s)\"],"
	    "\"amount\":[\"Number must be greater than 0\"],"
	    "\"echezona_reference\":[\"Required\"],"
	    "\"meta\":[\"Expected object, received array\"]},"
	    "\"formErrors\":[]}");
	w->body = "{\"partner_id\":\"" OTHER_PARTNER "\",\"client_id\":"
	    "\"NOBODY\",\"amount\":1,\"currency\":\"EUR\","
	    "\"echezona_reference\":\"guard\"}";
	w->length = textf("%zu", strlen(w->body));
	w->mac = mac_of(w->body);
	assert_fault(send(w), SCOPE);
	w->body = "{\"partner_id\":\"" PARTNER "\",\"client_id\":"
	    "\"NOBODY\",\"amount\":1,\"currency\":\"EUR\","
	    "\"echezona_reference\":\"guard\"}";
	w->length = textf("%zu", strlen(w->body));
	w->mac = mac_of(w->body);
	assert_fault(send(w), CLIENT_NOT_FOUND);
	/* That refusal is kept, so a good body needs another key. */
	w->body = initialize_body("guard");
	w->length = textf("%zu", strlen(w->body));
	w->mac = mac_of(w->body);
	assert_fault(send(w), IDEMPOTENCY_CONFLICT);
	w->idempotency_key = textf("%s-2", name);
	assert_status(send(w), 201);
	/* A replay is found before the body is looked at, but not before
	 * the signature is. */
	assert_has(send(w), "\"idempotentReplay\":true}");
	w->mac = mac_of("x");
	assert_fault(send(w), HMAC_INVALID);
}

static void
brings_the_faults_to_light_in_order_over_http(void **state)
{
	struct wrong w = all_wrong;
	struct answer *a;
	char *large = arena_alloc(world.arena, 70000);

	(void)state;
	assert_fault(send_http(&w), NOT_FOUND);
	w.rest = "";
	a = send_http(&w);
	assert_fault(a, METHOD);
	assert_string_equal(header_of(a, "Allow"), "POST");
	w.method = "POST";
	assert_fault(send_http(&w), CONTENT_TYPE);
	w.type = "application/json";
	memset(large, ' ', 65537);
	w.body = large;
	assert_fault(send_http(&w), BODY_TOO_LARGE);
	w.body = all_wrong.body;
	peel_caller(send_http, &w);
	peel_body(send_http, &w, "guard-http");
}

static void
brings_the_faults_to_light_in_order_through_plain_cgi(void **state)
{
	struct wrong w = all_wrong;
	struct answer *a;

	(void)state;
	assert_fault(send_plain(&w), NOT_FOUND);
	w.rest = "";
	a = send_plain(&w);
	assert_fault(a, METHOD);
	assert_string_equal(header_of(a, "Allow"), "POST");
	w.method = "POST";
	assert_fault(send_plain(&w), CONTENT_TYPE);
	w.type = "application/json; charset=utf-8";
	assert_fault(send_plain(&w), LENGTH_REQUIRED);
	w.length = "65537";
	assert_fault(send_plain(&w), BODY_TOO_LARGE);
	w.length = "15";
	assert_fault(send_plain(&w), BODY_SHORT);
	w.length = "14";
	peel_caller(send_plain, &w);
	peel_body(send_plain, &w, "guard-plain");
}

static void
takes_a_length_for_missing_unless_it_is_digits(void **state)
{
	static const char *const lengths[] = { "", "-1", "+14", " 14", "14 ",
	    "0x0e", "14.0", "1e1", "14,14" };
	struct wrong w = all_wrong;

	(void)state;
	w.rest = "";
	w.method = "POST";
	w.type = "application/json";
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		w.length = lengths[i];
		assert_fault(send_plain(&w), LENGTH_REQUIRED);
	}
}

static void
refuses_lengths_beyond_all_numbers(void **state)
{
	static const char *const lengths[] = { "65537", "9999999999",
	    "18446744073709551616", "99999999999999999999999999999999999999" };
	struct wrong w = all_wrong;

	(void)state;
	w.rest = "";
	w.method = "POST";
	w.type = "application/json";
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		w.length = lengths[i];
		assert_fault(send_plain(&w), BODY_TOO_LARGE);
	}
}

static void
reads_no_more_than_the_length_says(void **state)
{
	const char *body = initialize_body("guard-cut");
	struct wrong w = { "", "POST", "application/json",
	    textf("%zu", strlen(body)), world.partner.key, mac_of(body),
	    "guard-cut", textf("%s and more", body) };

	(void)state;
	assert_status(send_plain(&w), 201);
}

static void
takes_a_body_of_64_kib_and_no_byte_more(void **state)
{
	char *body = arena_alloc(world.arena, 65538);
	const char *good = initialize_body("guard-64k");

	(void)state;
	memset(body, ' ', 65536);
	memcpy(body, good, strlen(good));
	assert_status(ask_post(&world.partner, INITIALIZE, "guard-64k", body),
	    201);
	body[65536] = ' ';
	assert_fault(ask_post(&world.partner, INITIALIZE, "guard-64k1", body),
	    BODY_TOO_LARGE);
}

static void
takes_json_under_its_content_types_only(void **state)
{
	static const struct {
		const char	*type;
		bool		 good;
	} rows[] = {
		{ "application/json", true }, { "APPLICATION/JSON", true },
		{ "application/json;charset=utf-8", true },
		{ "application/json ; charset=utf-8", true },
		{ "", false }, { "application/jsonx", false },
		{ "application/json-patch+json", false },
		{ "text/json", false }, { "text/plain", false },
		{ "application/x-www-form-urlencoded", false },
		{ "multipart/form-data; boundary=application/json", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer *a = ask(&(struct call){ .path = INITIALIZE,
		    .key = &world.partner, .type = rows[i].type,
		    .body = initialize_body("guard-type"),
		    .idempotency_key = textf("guard-type-%zu", i) });
		if (rows[i].good)
			assert_status(a, 201);
		else
			assert_fault(a, CONTENT_TYPE);
	}
}

static void
answers_404_in_the_apis_shape_wherever_nobody_serves(void **state)
{
	static const char *const paths[] = { "/api", "/api/", "/api/v1",
	    "/api/v2/transactions", "/api/v1/nothing", "/api/v1/clientsX",
	    "/api/v1/transactionsX", "/api/v1/clients/", "/api/v1/admin",
	    "/webhooks", "/webhooks/", INITIALIZE "/", INITIALIZE "/x" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_fault(ask_get(NULL, paths[i]), NOT_FOUND);
		assert_fault(ask(&(struct call){ .path = paths[i],
		    .body = "{}" }), NOT_FOUND);
	}
}

static void
names_the_methods_there_are(void **state)
{
	static const char *const rows[][3] = {
		{ INITIALIZE, "GET", "POST" }, { INITIALIZE, "DELETE", "POST" },
		{ ATTACH, "PATCH", "POST" },
		{ TRANSACTIONS, "PUT", "GET, HEAD" },
		{ TRANSACTIONS "/CLVTX_1_1", "DELETE", "GET, HEAD" },
		{ CLIENTS, "PUT", "POST, GET, HEAD" },
		{ ADMIN "/login", "GET", "POST" },
		{ ADMIN "/session", "PUT", "GET, HEAD" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer *a = ask(&(struct call){ .path = rows[i][0],
		    .method = rows[i][1] });
		assert_fault(a, METHOD);
		assert_string_equal(header_of(a, "Allow"), rows[i][2]);
	}
}

static void
takes_methods_by_their_exact_names(void **state)
{
	static const char *const methods[] = { "post", "Post", "POSTX", "POS",
	    "", "OPTIONS", "G\tT" };

	(void)state;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		assert_fault(plain_run(&(struct cgi){ .program = INITIALIZE,
		    .env = { textf("REQUEST_METHOD=%s", methods[i]) } }),
		    METHOD);
}

static void
survives_a_request_without_any_variable(void **state)
{
	(void)state;
	assert_fault(plain_run(&(struct cgi){ .program = INITIALIZE,
	    .env = { NULL } }), METHOD);
	assert_fault(plain_run(&(struct cgi){ .program = INITIALIZE,
	    .env = { "REQUEST_METHOD=POST" } }), CONTENT_TYPE);
	assert_fault(plain_run(&(struct cgi){ .program = TRANSACTIONS,
	    .env = { "REQUEST_METHOD=GET" } }), API_KEY_MISSING);
}

static void
refuses_revoked_and_altered_keys(void **state)
{
	struct apikey key = world.partner;

	(void)state;
	assert_fault(ask_post(&world.revoked, INITIALIZE, "guard-rev",
	    initialize_body("guard-rev")), API_KEY_INVALID);
	key.key[strlen(key.key) - 1] ^= 1;
	assert_fault(ask_post(&key, INITIALIZE, "guard-alt",
	    initialize_body("guard-alt")), API_KEY_INVALID);
	snprintf(key.key, sizeof(key.key), "%s", world.partner.id);
	assert_fault(ask_post(&key, INITIALIZE, "guard-id",
	    initialize_body("guard-id")), API_KEY_INVALID);
	assert_fault(ask(&(struct call){ .path = TRANSACTIONS, .lines = {
	    textf("x-api-key: %.500s%.500s", world.partner.key,
	    world.partner.key) } }), API_KEY_INVALID);
}

static void
takes_the_hmac_in_one_spelling_only(void **state)
{
	const char *body = initialize_body("guard-mac");
	const char *good = mac_of(body);
	char *upper = arena_strdup(world.arena, good);
	const char *bad[8];

	(void)state;
	for (char *c = upper; *c != '\0'; c++)
		if (*c >= 'a')
			*c = (char)(*c - 'a' + 'A');
	bad[0] = upper;
	bad[1] = textf("sha256=%s", good);
	bad[2] = textf("%.63s", good);
	bad[3] = textf("%s0", good);
	bad[4] = signature_of(&world.other, body);
	bad[5] = mac_of(textf("%s ", body));
	bad[6] = mac_of("");
	bad[7] = "0000000000000000000000000000000000000000000000000000000000"
	    "000000";
	for (size_t i = 0; i < 8; i++)
		assert_fault(ask(&(struct call){ .path = INITIALIZE,
		    .body = body, .lines = {
		    textf("x-api-key: %s", world.partner.key),
		    textf("x-clive-hmac: %s", bad[i]),
		    "idempotency-key: guard-mac" } }), HMAC_INVALID);
}

static void
signs_the_raw_bytes_not_their_meaning(void **state)
{
	const char *body = initialize_body("guard-raw");

	(void)state;
	assert_fault(ask(&(struct call){ .path = INITIALIZE,
	    .body = textf(" %s", body), .lines = {
	    textf("x-api-key: %s", world.partner.key),
	    textf("x-clive-hmac: %s", mac_of(body)),
	    "idempotency-key: guard-raw" } }), HMAC_INVALID);
}

static void
signs_with_the_secret_of_the_key_that_is_used(void **state)
{
	struct apikey mixed = world.partner;

	(void)state;
	memcpy(mixed.hmac_secret, world.platform.hmac_secret,
	    sizeof(mixed.hmac_secret));
	assert_fault(ask_post(&mixed, INITIALIZE, "guard-mix",
	    initialize_body("guard-mix")), HMAC_INVALID);
}

static void
takes_idempotency_keys_of_255_printable_characters(void **state)
{
	char key[257] = { 0 };
	struct answer *a;

	(void)state;
	memset(key, '~', 255);
	assert_status(ask_post(&world.partner, INITIALIZE, key,
	    initialize_body("guard-255")), 201);
	key[255] = '~';
	a = ask_post(&world.partner, INITIALIZE, key,
	    initialize_body("guard-256"));
	assert_invalid(a, "{\"fieldErrors\":{\"idempotency-key\":[\"String "
	    "must contain at most 255 character(s)\"]},\"formErrors\":[]}");
	assert_status(ask_post(&world.partner, INITIALIZE, "a b/c?d\"e",
	    initialize_body("guard-odd")), 201);
}

static void
refuses_idempotency_keys_with_unprintable_characters(void **state)
{
	static const char *const keys[] = { "a\x7f", "a\tb", "\x01", "a\nb",
	    "caf\xc3\xa9", "\xff" };

	(void)state;
	/* Not every web server passes such bytes on. */
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_invalid(plain_post(NULL, 0, &world.partner, INITIALIZE,
		    keys[i], initialize_body("guard-odd")),
		    "{\"fieldErrors\":{\"idempotency-key\":[\"String must "
		    "contain only printable ASCII characters\"]},"
		    "\"formErrors\":[]}");
}

static void
refuses_what_is_no_strict_json(void **state)
{
	static const struct {
		const char	*body;
		size_t		 len;
		const char	*why;
	} rows[] = {
		{ "", 0, "the text is empty" },
		{ "  \n", 0, "the text is empty" },
		{ "{", 0, "the text ends too early" },
		{ "{\"a\":1,}", 0, "a member name was expected" },
		{ "{'a':1}", 0, "a member name was expected" },
		{ "{\"a\" 1}", 0, "a colon was expected" },
		{ "{\"a\":1 \"b\":2}", 0, "a comma was expected" },
		{ "{\"a\":01}", 0, "a comma was expected" },
		{ "{\"a\":1.}", 0, "a number is malformed" },
		{ "{\"a\":.5}", 0, "a value was expected" },
		{ "{\"a\":+1}", 0, "a value was expected" },
		{ "{\"a\":NaN}", 0, "a value was expected" },
		{ "{\"a\":TRUE}", 0, "a value was expected" },
		{ "{\"a\":1}x", 0, "more text follows the value" },
		{ "{}{}", 0, "more text follows the value" },
		{ "{\"a\":\"\xff\"}", 0, "a string is not UTF-8" },
		{ "{\"a\":\"\xc0\xaf\"}", 0, "a string is not UTF-8" },
		{ "{\"a\":\"\xed\xa0\x80\"}", 0, "a string is not UTF-8" },
		{ "{\"a\":\"\\ud800\"}", 0,
		  "an escaped surrogate stands alone" },
		{ "{\"a\":\"\\x41\"}", 0, "an escape is malformed" },
		{ "{\"a\":\"\n\"}", 0, "a string holds a control character" },
		{ "{\"a\":\"b\0c\"}", 11,
		  "a string holds a control character" },
		{ "{\"a\":1}\0", 8, "more text follows the value" },
		{ "\0", 1, "a value was expected" },
		{ "\xef\xbb\xbf{}", 0,
		  "the text begins with a byte order mark" },
		{ "{\"a\":1,\"a\":2}", 0, "an object has a member twice" },
		{ "{\"a\":1,\"\\u0061\":2}", 0,
		  "an object has a member twice" },
		{ "{\"m\":{\"a\":1,\"b\":0,\"a\":2}}", 0,
		  "an object has a member twice" },
		{ "/**/{}", 0, "a value was expected" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_invalid(ask(&(struct call){ .path = INITIALIZE,
		    .body = rows[i].body, .len = rows[i].len,
		    .key = &world.partner, .idempotency_key = "guard-json" }),
		    textf("{\"fieldErrors\":{},\"formErrors\":[\"Invalid "
		    "JSON: %s\"]}", rows[i].why));
}

static const char *
nested(int depth)
{
	char *meta = arena_alloc(world.arena, (size_t)depth * 2 + 1);

	/* The body and the meta object are two levels themselves. */
	for (int i = 0; i < depth; i++) {
		meta[i] = '[';
		meta[2 * depth - 1 - i] = ']';
	}
	return textf("{\"partner_id\":\"" PARTNER "\",\"client_id\":\"" CLIENT
	    "\",\"amount\":1,\"currency\":\"EUR\",\"echezona_reference\":"
	    "\"guard-deep\",\"meta\":{\"a\":%s}}", meta);
}

static void
takes_json_32_deep_and_no_deeper(void **state)
{
	(void)state;
	assert_status(ask_post(&world.partner, INITIALIZE, "guard-deep-32",
	    nested(30)), 201);
	assert_invalid(ask_post(&world.partner, INITIALIZE, "guard-deep-33",
	    nested(31)), "{\"fieldErrors\":{},\"formErrors\":[\"Invalid "
	    "JSON: the text is nested too deeply\"]}");
	assert_invalid(ask_post(&world.partner, INITIALIZE, "guard-deep-9k",
	    nested(9000)), "{\"fieldErrors\":{},\"formErrors\":[\"Invalid "
	    "JSON: the text is nested too deeply\"]}");
}

static void
puts_nothing_of_a_strangers_into_headers_or_logs(void **state)
{
	struct answer *a = plain_run(&(struct cgi){ .program = TRANSACTIONS,
	    .env = { "REQUEST_METHOD=GET", "PATH_INFO=/x\r\nX-Evil: 1\r\n\r\n",
	    textf("HTTP_X_API_KEY=%s", world.partner.key) } });

	(void)state;
	assert_fault(a, TX_NOT_FOUND);
	assert_null(strstr(a->head, "Evil"));
}

static void
lets_no_other_site_read_the_api(void **state)
{
	struct answer *a = ask(&(struct call){ .path = TRANSACTIONS,
	    .key = &world.partner, .lines = { "Origin: https://evil.example" }
	    });

	(void)state;
	assert_status(a, 200);
	assert_null(header_of(a, "Access-Control-Allow-Origin"));
}

static const struct CMUnitTest tests[] = {
	CASE(brings_the_faults_to_light_in_order_over_http),
	CASE(brings_the_faults_to_light_in_order_through_plain_cgi),
	CASE(takes_a_length_for_missing_unless_it_is_digits),
	CASE(refuses_lengths_beyond_all_numbers),
	CASE(reads_no_more_than_the_length_says),
	CASE(takes_a_body_of_64_kib_and_no_byte_more),
	CASE(takes_json_under_its_content_types_only),
	CASE(answers_404_in_the_apis_shape_wherever_nobody_serves),
	CASE(names_the_methods_there_are),
	CASE(takes_methods_by_their_exact_names),
	CASE(survives_a_request_without_any_variable),
	CASE(refuses_revoked_and_altered_keys),
	CASE(takes_the_hmac_in_one_spelling_only),
	CASE(signs_the_raw_bytes_not_their_meaning),
	CASE(signs_with_the_secret_of_the_key_that_is_used),
	CASE(takes_idempotency_keys_of_255_printable_characters),
	CASE(refuses_idempotency_keys_with_unprintable_characters),
	CASE(refuses_what_is_no_strict_json),
	CASE(takes_json_32_deep_and_no_deeper),
	CASE(puts_nothing_of_a_strangers_into_headers_or_logs),
	CASE(lets_no_other_site_read_the_api),
};

ENDPOINT_MAIN("guard", tests, NULL)
