/* SPDX-License-Identifier: ISC */
/* test-totp.c - codes: those of RFC 6238, drift, and none twice. */
#include "totp.h"

#include <string.h>

#include "test.h"

/* The secret of RFC 6238, appendix B, for SHA-1. */
static const char secret[] = "12345678901234567890";
enum { N = sizeof(secret) - 1 };

/* Its eight digits are ours with two more in front. */
static void
makes_the_codes_of_the_rfc(void **state)
{
	static const struct {
		int64_t		 at;
		const char	*code;
	} vectors[] = {
		{ 59, "94287082" }, { 1111111109, "07081804" },
		{ 1111111111, "14050471" }, { 1234567890, "89005924" },
		{ 2000000000, "69279037" },
		{ INT64_C(20000000000), "65353130" }
	};
	char code[TOTP_CODE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		totp_code(secret, N, totp_step(vectors[i].at), code);
		assert_string_equal(code, vectors[i].code + 2);
	}
}

static void
takes_one_step_of_drift_and_no_more(void **state)
{
	const int64_t now = 1234567890, step = totp_step(now);
	char code[TOTP_CODE_SIZE];

	(void)state;
	for (int64_t d = -3; d <= 3; d++) {
		totp_code(secret, N, step + d, code);
		assert_int_equal(totp_find(secret, N, now, 0, code),
		    d >= -TOTP_DRIFT && d <= TOTP_DRIFT ? step + d : -1);
	}
}

static void
takes_no_step_again_nor_an_earlier_one(void **state)
{
	const int64_t now = 1234567890, step = totp_step(now);
	char code[TOTP_CODE_SIZE];

	(void)state;
	totp_code(secret, N, step, code);
	assert_int_equal(totp_find(secret, N, now, step - 1, code), step);
	assert_int_equal(totp_find(secret, N, now, step, code), -1);
	assert_int_equal(totp_find(secret, N, now, step + 1, code), -1);
}

static void
takes_nothing_but_six_digits(void **state)
{
	static const char *const wrong[] = { "", "00592", "9005924", "00592x",
	    " 05924", "005924 ", "89005924" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(totp_find(secret, N, 1234567890, 0,
		    wrong[i]), -1);
	assert_int_not_equal(totp_find(secret, N, 1234567890, 0, "005924"),
	    -1);
}

static void
spells_a_secret_in_base_32(void **state)
{
	char text[TOTP_SECRET_SIZE];

	(void)state;
	totp_secret_text((const uint8_t *)secret, text);
	assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(makes_the_codes_of_the_rfc),
	cmocka_unit_test(takes_one_step_of_drift_and_no_more),
	cmocka_unit_test(takes_no_step_again_nor_an_earlier_one),
	cmocka_unit_test(takes_nothing_but_six_digits),
	cmocka_unit_test(spells_a_secret_in_base_32),
};

TEST_MAIN("totp", tests)
