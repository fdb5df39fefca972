/* SPDX-License-Identifier: ISC */
/* proof.c - writing a challenge and reading what came back. */
#include "proof.h"

#include <ctype.h>
#include <string.h>

#include "json.h"
#include "sig.h"

enum { CHALLENGE_BYTES = 32 };

void
proof_write(struct buf *buf, const char *endpoint_id)
{
	uint8_t bytes[CHALLENGE_BYTES];
	char challenge[2 * CHALLENGE_BYTES + 1];
	struct jsonw w;

	sig_random(bytes, sizeof(bytes));
	hex_encode(bytes, sizeof(bytes), challenge);
	jsonw_init(&w, buf);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "event", PROOF_EVENT);
	jsonw_text(&w, "endpoint_id", endpoint_id);
	jsonw_text(&w, "challenge", challenge);
	jsonw_end_object(&w);
}

static const char *
challenge_of(struct arena *arena, struct slice text)
{
	const char *why;

	return json_text(json_parse(arena, text.p, text.n, &why),
	    "challenge");
}

static struct slice
trim(struct slice s)
{
	while (s.n > 0 && isspace((unsigned char)s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool
answered(struct arena *arena, struct slice event, struct slice answer)
{
	const char *asked = challenge_of(arena, event), *said;

	if (asked == NULL || *asked == '\0')
		return false;
	answer = trim(answer);
	if (answer.n == strlen(asked) && memcmp(answer.p, asked, answer.n) ==
	    0)
		return true;
	said = challenge_of(arena, answer);
	return said != NULL && strcmp(said, asked) == 0;
}

bool
proof_answered(struct slice event, struct slice answer)
{
	struct arena *arena = arena_new();
	bool good = answer.n > 0 && answered(arena, event, answer);

	arena_free(arena);
	return good;
}
