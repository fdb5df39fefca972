/* SPDX-License-Identifier: ISC */
/* fuzz-clickpesa.c - webhook bodies: read, canonical form, verified. */
#include <stdlib.h>
#include <string.h>

#include "clickpesa-checksum.h"
#include "clickpesa-events.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The canonical text is JSON, and its own canonical text. */
static void
check_canonical(struct arena *arena, const struct json *json)
{
	struct buf once, twice;
	const char *why;

	buf_init(&once, 1024 * 1024);
	buf_init(&twice, 1024 * 1024);
	clickpesa_canonical(arena, json, &once);
	const struct json *again = json_parse(arena, buf_str(&once), once.len,
	    &why);
	if (!once.failed && again == NULL)
		abort();
	if (!once.failed)
		clickpesa_canonical(arena, again, &twice);
	if (!once.failed && (once.len != twice.len ||
	    memcmp(once.data, twice.data, once.len) != 0))
		abort();
	buf_free(&once);
	buf_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *arena = arena_new();
	struct slice body = { (const char *)data, n };
	struct clickpesa_event e;
	struct payment_event p;
	const char *why;
	const struct json *json = json_parse(arena, body.p, body.n, &why);

	clickpesa_payment_event(arena, body, &p);
	if (json != NULL && json->kind == JSON_OBJECT) {
		check_canonical(arena, json);
		clickpesa_event_read(arena, json, &e);
		if (clickpesa_verify(arena, json, "key", "00") ==
		    CLICKPESA_GOOD)
			abort();	/* an HMAC was guessed */
	}
	arena_free(arena);
	return 0;
}
