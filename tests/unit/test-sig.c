/* SPDX-License-Identifier: ISC */
/* test-sig.c - digests, signatures and their spellings. */
#include "sig.h"

#include <stdint.h>
#include <string.h>

#include "test.h"

#define HMAC_SECRET "test_hmac_secret"
#define BODY_115							\
	"{\"partner_id\":\"ECHEZONA001\","				\
	"\"client_id\":\"AIRPEACE001\","				\
	"\"amount\":750,\"currency\":\"USD\","				\
	"\"echezona_reference\":\"EZ12345\"}"
#define BODY_184							\
	"{\"partner_id\":\"ECHEZONA001\","				\
	"\"client_id\":\"AIRPEACE001\","				\
	"\"amount\":750,\"currency\":\"USD\","				\
	"\"email\":\"buyer@example.com\","				\
	"\"echezona_reference\":\"EZ12345\","				\
	"\"statement_descriptor_suffix\":\"AIRPEACE\"}"
#define MAC_115								\
	"4efa91fc74762f628dc03dbdfc7b0843318e20f340b973ab9492f76c24bec2dd"
#define MAC_184								\
	"28fd0a9eaddd951e5c3a7df5b811616f745e5583bc5517055d5840bd661c96fd"
#define MAC_EMPTY							\
	"505e94e28c7dcc5a1a79a2268a4b527033c062af033c2525043d0d3de23afa41"

static void
sha256_of_known_texts(void **state)
{
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	(void)state;
	sig_sha256("", 0, digest);
	hex_encode(digest, sizeof(digest), hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	sig_sha256("abc", 3, digest);
	hex_encode(digest, sizeof(digest), hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
}

static void
hmac_of_the_published_bodies(void **state)
{
	static const struct {
		const char *body;
		size_t n;
		const char *mac;
	} rows[] = {
		{ BODY_115, 115, MAC_115 },
		{ BODY_184, 184, MAC_184 },
		{ "", 0, MAC_EMPTY },
	};
	char hex[SHA256_HEX_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(strlen(rows[i].body), rows[i].n);
		sig_hmac_hex(HMAC_SECRET, strlen(HMAC_SECRET), rows[i].body,
		    rows[i].n, hex);
		assert_string_equal(hex, rows[i].mac);
	}
}

/* RFC 4231, cases 1, 2 and 6: a key of 20 bytes, a short, a very long one. */
static void
hmac_of_the_rfc_vectors(void **state)
{
	char key[131], hex[SHA256_HEX_SIZE];

	(void)state;
	memset(key, 0x0b, 20);
	sig_hmac_hex(key, 20, "Hi There", 8, hex);
	assert_string_equal(hex, "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7");
	sig_hmac_hex("Jefe", 4, "what do ya want for nothing?", 28, hex);
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	sig_hmac_hex(key, sizeof(key), "Test Using Larger Than Block-Size Key "
	    "- Hash Key First", 54, hex);
	assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54");
}

static void
hmac_takes_an_empty_key(void **state)
{
	char hex[SHA256_HEX_SIZE], from_null[SHA256_HEX_SIZE];

	(void)state;
	sig_hmac_hex("", 0, "", 0, hex);
	assert_string_equal(hex, "b613679a0814d9ec772f95d778c35fc5"
	    "ff1697c493715653c6c712144292c5ad");
	sig_hmac_hex(NULL, 0, NULL, 0, from_null);
	assert_string_equal(from_null, hex);
}

static void
hmac_of_pieces_is_that_of_the_whole(void **state)
{
	static const char body[] = BODY_115;
	const struct slice parts[] = {
		{ body, 40 }, { NULL, 0 }, { body + 40, 75 }
	};
	uint8_t whole[SHA256_SIZE], pieces[SHA256_SIZE];

	(void)state;
	sig_hmac("k", 1, BODY_115, 115, whole);
	sig_hmac_slices("k", 1, parts, 3, pieces);
	assert_memory_equal(whole, pieces, sizeof(whole));
}

static void
equal_sees_every_single_bit(void **state)
{
	uint8_t a[SHA256_SIZE], b[SHA256_SIZE];

	(void)state;
	sig_random(a, sizeof(a));
	memcpy(b, a, sizeof(b));
	assert_true(sig_equal(a, b, sizeof(a)));
	for (size_t bit = 0; bit < 8 * sizeof(a); bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(sig_equal(a, b, sizeof(a)));
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(sig_equal(NULL, NULL, 0));
}

static void
hex_equal_takes_lower_case_digits_only(void **state)
{
	static const char *const wrong[] = {
		"4EFA91FC74762F628DC03DBDFC7B0843"
		"318E20F340B973AB9492F76C24BEC2DD",
		"4efa91fc74762f628dc03dbdfc7b0843"
		"318e20f340b973ab9492f76c24bec2dc",
		"4efa91fc74762f628dc03dbdfc7b0843"
		"318e20f340b973ab9492f76c24bec2d",
		"4efa91fc74762f628dc03dbdfc7b0843"
		"318e20f340b973ab9492f76c24bec2dd0",
		"0x4efa91fc74762f628dc03dbdfc7b08"
		"43318e20f340b973ab9492f76c24bec2",
		"4efa91fc74762f628dc03dbdfc7b0843"
		"318e20f340b973ab9492f76c24bec2d ",
		"sha256=4efa91fc74762f628dc03dbdfc7b0843"
		"318e20f340b973ab9492f76c24bec2dd",
		"",
	};
	uint8_t mac[SHA256_SIZE];

	(void)state;
	sig_hmac(HMAC_SECRET, strlen(HMAC_SECRET), BODY_115, 115, mac);
	assert_true(sig_hex_equal(mac, MAC_115, 64));
	assert_false(sig_hex_equal(mac, MAC_115, 63));
	assert_false(sig_hex_equal(mac, NULL, 64));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(sig_hex_equal(mac, wrong[i], strlen(wrong[i])));
}

static void
wiping_leaves_zeros_and_stops_at_the_end(void **state)
{
	static const uint8_t zeros[16];
	uint8_t secret[17];

	(void)state;
	memset(secret, 0xaa, sizeof(secret));
	sig_wipe(secret, 16);
	assert_memory_equal(secret, zeros, 16);
	assert_int_equal(secret[16], 0xaa);
	sig_wipe(NULL, 0);
}

/* Beyond 256 bytes the system is asked several times. */
static void
random_fills_all_and_not_more(void **state)
{
	static const uint8_t zeros[32];
	uint8_t bytes[1001];

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	sig_random(bytes, 1000);
	assert_int_equal(bytes[1000], 0);
	for (size_t at = 0; at + 32 <= 1000; at += 32)
		assert_memory_not_equal(bytes + at, zeros, 32);
	assert_memory_not_equal(bytes, bytes + 256, 32);
	assert_memory_not_equal(bytes + 968, zeros, 32);
}

static void
hex_comes_back_in_either_case(void **state)
{
	const uint8_t bytes[] = { 0x00, 0x01, 0x7f, 0x80, 0xab, 0xff };
	uint8_t back[6];
	char text[13];

	(void)state;
	hex_encode(bytes, sizeof(bytes), text);
	assert_string_equal(text, "00017f80abff");
	assert_true(hex_decode("00017F80aBFf", 12, back, 6));
	assert_memory_equal(back, bytes, 6);
	hex_encode(bytes, 0, text);
	assert_string_equal(text, "");
	assert_true(hex_decode("", 0, back, 0));
}

static void
hex_decode_refuses_what_is_no_hex(void **state)
{
	static const char *const wrong[] = {
		"0", "000", "00000", "000000", "000g", "g000", "0x00", "00 0",
		" 000", "+0-0", "00\n0", "\xc3\xa9zz", "0:00", "0/00",
		"@000", "G000", "`000",
	};
	uint8_t out[2];

	(void)state;
	assert_true(hex_decode("0000", 4, out, 2));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(hex_decode(wrong[i], strlen(wrong[i]), out, 2));
	assert_false(hex_decode("00\0" "0", 4, out, 2));
}

/* RFC 4648 section 10 without the padding, and the two digits of its own. */
static void
base64url_of_the_rfc_vectors(void **state)
{
	static const struct {
		const char *plain, *text;
	} rows[] = {
		{ "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy" }, { "\xfb\xff\xfe", "-__-" },
	};
	char text[16], back[8];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].plain);

		base64url_encode(rows[i].plain, n, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(base64url_decode(text, strlen(text), back,
		    n), (int)n);
		assert_memory_equal(back, rows[i].plain, n);
	}
}

static void
base64url_brings_every_byte_back(void **state)
{
	uint8_t bytes[256], back[256];
	char text[345];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		base64url_encode(bytes, n, text);
		assert_int_equal(base64url_decode(text, strlen(text), back,
		    sizeof(back)), (int)n);
		assert_memory_equal(back, bytes, n);
	}
}

static void
base64url_refuses_a_second_spelling(void **state)
{
	static const char *const wrong[] = {
		"Zh", "Zn", "Zm9", "Zm-",	/* spare bits set */
		"Zg==", "Zm8=", "Zm9v=", "=",	/* padding */
		"Z", "A", "Zm9vY", "Zm9vA",	/* a lone digit */
		"-_+-", "-_/-",			/* the other alphabet */
		"Zm9v ", " Zm9v", "Zm9\n", "Zm.v", "Zm9\xc3", "Zm@v", "Zm[v",
		"Zm`v", "Zm{v", "Zm:v",
	};
	uint8_t out[16];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(base64url_decode(wrong[i], strlen(wrong[i]),
		    out, sizeof(out)), -1);
	assert_int_equal(base64url_decode("Zg\0v", 4, out, sizeof(out)), -1);
}

static void
base64url_stops_at_a_full_buffer(void **state)
{
	uint8_t out[4] = { 0, 0, 0, 0xaa };

	(void)state;
	assert_int_equal(base64url_decode("Zm9v", 4, out, 3), 3);
	assert_int_equal(base64url_decode("Zm9vYg", 6, out, 3), -1);
	assert_int_equal(base64url_decode("Zg", 2, out, 0), -1);
	assert_int_equal(out[3], 0xaa);
}

/* RFC 4648 section 10, and the two digits that differ. */
static void
base64_of_the_rfc_vectors(void **state)
{
	static const struct {
		const char *plain, *text;
	} rows[] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xfe", "+//+" },
	};
	char text[16], back[8];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].plain);

		base64_encode(rows[i].plain, n, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(base64_decode(text, strlen(text), back, n),
		    (int)n);
		assert_memory_equal(back, rows[i].plain, n);
	}
}

static void
base64_brings_every_byte_back(void **state)
{
	uint8_t bytes[256], back[256];
	char text[345];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		base64_encode(bytes, n, text);
		assert_int_equal(strlen(text), 4 * ((n + 2) / 3));
		assert_int_equal(base64_decode(text, strlen(text), back,
		    sizeof(back)), (int)n);
		assert_memory_equal(back, bytes, n);
	}
}

static void
base64_refuses_a_second_spelling(void **state)
{
	static const char *const wrong[] = {
		"Zh==", "Zm9=", "Zm+=",		/* spare bits set */
		"Zg", "Zm8", "Zg=",		/* no padding, too little */
		"Z===", "====", "Zm9v====",	/* too much */
		"Zg==Zm9v", "Zm=v", "=Zm9",	/* in the middle */
		"-__-", "Zm-v", "Zm_v",		/* the other alphabet */
		"Zm9v\n", "Zm9v \n\t ", " Zm9", "Zm.v", "Zm9\xc3", "Zm@v",
	};
	uint8_t out[16];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (base64_decode(wrong[i], strlen(wrong[i]), out,
		    sizeof(out)) != -1)
			fail_msg("%s", wrong[i]);
	assert_int_equal(base64_decode("Zg\0=", 4, out, sizeof(out)), -1);
}

static void
base64_stops_at_a_full_buffer_and_a_long_text(void **state)
{
	uint8_t out[BASE64_MAX];
	char text[BASE64_MAX + 5];

	(void)state;
	memset(out, 0xaa, sizeof(out));
	assert_int_equal(base64_decode("Zm9v", 4, out, 3), 3);
	assert_int_equal(base64_decode("Zm9vYg==", 8, out, 3), -1);
	assert_int_equal(base64_decode("Zg==", 4, out, 0), -1);
	assert_int_equal(out[3], 0xaa);
	memset(text, 'A', sizeof(text));
	assert_int_equal(base64_decode(text, BASE64_MAX, out, sizeof(out)),
	    BASE64_MAX / 4 * 3);
	assert_int_equal(base64_decode(text, BASE64_MAX + 4, out,
	    sizeof(out)), -1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(sha256_of_known_texts),
	cmocka_unit_test(hmac_of_the_published_bodies),
	cmocka_unit_test(hmac_of_the_rfc_vectors),
	cmocka_unit_test(hmac_takes_an_empty_key),
	cmocka_unit_test(hmac_of_pieces_is_that_of_the_whole),
	cmocka_unit_test(equal_sees_every_single_bit),
	cmocka_unit_test(hex_equal_takes_lower_case_digits_only),
	cmocka_unit_test(wiping_leaves_zeros_and_stops_at_the_end),
	cmocka_unit_test(random_fills_all_and_not_more),
	cmocka_unit_test(hex_comes_back_in_either_case),
	cmocka_unit_test(hex_decode_refuses_what_is_no_hex),
	cmocka_unit_test(base64url_of_the_rfc_vectors),
	cmocka_unit_test(base64url_brings_every_byte_back),
	cmocka_unit_test(base64url_refuses_a_second_spelling),
	cmocka_unit_test(base64url_stops_at_a_full_buffer),
	cmocka_unit_test(base64_of_the_rfc_vectors),
	cmocka_unit_test(base64_brings_every_byte_back),
	cmocka_unit_test(base64_refuses_a_second_spelling),
	cmocka_unit_test(base64_stops_at_a_full_buffer_and_a_long_text),
};

TEST_MAIN("sig", tests)
