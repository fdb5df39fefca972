/* SPDX-License-Identifier: ISC */
/* test-proof.c - challenges, and what answers them. */
#include "proof.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "test.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const char event[] = "{\"event\":\"endpoint_challenge\","
    "\"endpoint_id\":\"we_1\",\"challenge\":\"" HEX "\"}";

static bool
answered(const char *text)
{
	return proof_answered((struct slice){ event, strlen(event) },
	    (struct slice){ text, strlen(text) });
}

static void
a_challenge_is_an_event_with_256_random_bits(void **state)
{
	struct arena *arena = arena_new();
	char seen[2][65];
	const char *why;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct buf body;
		buf_init(&body, 1024);
		proof_write(&body, "we_1");
		const struct json *j = json_parse(arena, body.data, body.len,
		    &why);
		assert_string_equal(json_text(j, "event"), PROOF_EVENT);
		assert_string_equal(json_text(j, "endpoint_id"), "we_1");
		const char *hex = json_text(j, "challenge");
		assert_int_equal(strlen(hex), 64);
		assert_int_equal(strspn(hex, "0123456789abcdef"), 64);
		snprintf(seen[i], sizeof(seen[i]), "%s", hex);
		assert_true(proof_answered((struct slice){ body.data,
		    body.len }, (struct slice){ hex, 64 }));
		buf_free(&body);
	}
	assert_string_not_equal(seen[0], seen[1]);
	arena_free(arena);
}

static void
it_is_answered_as_text_or_as_json(void **state)
{
	static const char *const good[] = { HEX, HEX "\n", "\r\n " HEX "\t",
	    "{\"challenge\":\"" HEX "\"}",
	    " {\"ok\":true, \"challenge\" : \"" HEX "\"}\n", event };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!answered(good[i]))
			fail_msg("no proof: %s", good[i]);
}

static void
nothing_else_is_an_answer(void **state)
{
	static const char *const bad[] = { "", " ", "ok", "challenge", "{}",
	    "\"" HEX "\"", HEX "0", "0" HEX, HEX HEX, "x" HEX,
	    "{\"challenge\":null}", "{\"challenge\":\"\"}",
	    "{\"Challenge\":\"" HEX "\"}", "{\"challenge\":[\"" HEX "\"]}",
	    "{\"challenge\":\"" HEX "\"", "challenge=" HEX,
	    "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (answered(bad[i]))
			fail_msg("a proof: %s", bad[i]);
}

static void
an_event_without_a_challenge_is_never_answered(void **state)
{
	static const char *const events[] = { "", "{}", "no JSON",
	    "{\"challenge\":\"\"}", "{\"challenge\":7}" };

	(void)state;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		for (size_t k = 0; k < sizeof(events) / sizeof(events[0]); k++)
			assert_false(proof_answered((struct slice){ events[i],
			    strlen(events[i]) }, (struct slice){ events[k],
			    strlen(events[k]) }));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_challenge_is_an_event_with_256_random_bits),
	cmocka_unit_test(it_is_answered_as_text_or_as_json),
	cmocka_unit_test(nothing_else_is_an_answer),
	cmocka_unit_test(an_event_without_a_challenge_is_never_answered),
};

TEST_MAIN("proof", tests)
