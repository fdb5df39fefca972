/* SPDX-License-Identifier: ISC */
/*
 * fuzz-stripe.c - signature headers and events of Stripe.
 *
 * The first line of the input is a header, the rest a body. The header is
 * checked as it stands, and once more with our own signature in front, so
 * that the fuzzer gets past the digest; the body is read as an event
 * whatever the header was worth.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "json.h"
#include "sig.h"
#include "stripe.h"

#define NOW INT64_C(1700000000)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const secrets[] = { "", "whsec_one", "whsec_two" };

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static enum stripe_signature
check(const char *header, struct slice body)
{
	return stripe_signature_check(header, body, secrets, 3, NOW);
}

/*
 * Behind our own "t,v1" the input may add items, or spoil the header, and
 * nothing else: in particular it cannot turn the digest into a wrong one.
 */
static void
check_signed(struct arena *arena, const char *items, struct slice body)
{
	const struct slice signed_text[] = { { "1700000000.", 11 }, body };
	uint8_t mac[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	sig_hmac_slices(secrets[2], strlen(secrets[2]), signed_text, 2, mac);
	hex_encode(mac, sizeof(mac), hex);
	const char *header = arena_printf(arena, "t=1700000000,v1=%s", hex);
	must(check(header, body) == STRIPE_SIGNATURE_GOOD);
	const struct slice less = { body.p, body.n - (body.n > 0) };
	must(body.n == 0 || check(header, less) == STRIPE_SIGNATURE_MISMATCH);

	enum stripe_signature longer = check(arena_printf(arena, "%s,%s",
	    header, items), body);
	must(longer == STRIPE_SIGNATURE_GOOD ||
	    longer == STRIPE_SIGNATURE_MALFORMED);
}

static void
check_event(const struct json *json)
{
	struct stripe_event event;

	if (stripe_event_read(json, &event) != NULL)
		return;
	must(event.id != NULL && event.id[0] != '\0');
	must(event.type != NULL && event.type[0] != '\0');
	must(event.intent_id == NULL || event.intent_id[0] != '\0');
	must(!event.has_amount || event.units >= 0);
	must(event.currency == NULL || strlen(event.currency) == 3);
	must(!event.fully_refunded || event.meaning == STRIPE_REFUNDED);
	must(event.meaning != STRIPE_IGNORED || !event.has_amount);
	must((event.meaning != STRIPE_REFUND_DONE &&
	    event.meaning != STRIPE_REFUND_FAILED) || event.refund_id != NULL);
	must(event.created >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *text = (const char *)data;
	const char *end = n > 0 ? memchr(text, '\n', n) : NULL;
	size_t header_len = end != NULL ? (size_t)(end - text) : n;
	struct slice body = { "", 0 };
	const char *why;

	if (end != NULL)
		body = (struct slice){ end + 1, n - header_len - 1 };
	struct arena *arena = arena_new();
	const char *header = arena_strndup(arena, text, header_len);
	must(check(header, body) != STRIPE_SIGNATURE_NO_SECRET);
	check_signed(arena, header, body);
	check_event(json_parse(arena, body.p, body.n, &why));
	arena_free(arena);
	return 0;
}
