/* SPDX-License-Identifier: ISC */
/*
 * fuzz-revolut.c - signature headers, events and orders of Revolut.
 *
 * The first line of the input is a timestamp, the second a signature header,
 * the third a webhook; the rest is its order. What a report credits must be
 * what the order says.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "revolut-events.h"

#define NOW INT64_C(1790000000000)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/* Takes a line off the input, as a text. */
static const char *
line(struct arena *arena, struct slice *in)
{
	const char *end = in->n > 0 ? memchr(in->p, '\n', in->n) : NULL;
	size_t n = end != NULL ? (size_t)(end - in->p) : in->n;
	const char *text = arena_strndup(arena, in->p, n);

	in->p += n;
	in->n -= n;
	if (end != NULL) {
		in->p++;
		in->n--;
	}
	return text;
}

static void
check_report(struct arena *arena, const char *webhook, struct slice order)
{
	const struct slice none = { NULL, 0 };
	struct payment_event p;
	struct revolut_order o;
	const char *why;
	const struct json *json = json_parse(arena, order.p, order.n, &why);

	if (json == NULL || revolut_order_read(json, &o) != NULL)
		return;
	must(o.id != NULL && o.outstanding >= 0 && o.refunded >= 0);
	struct slice report = revolut_report(arena,
	    (struct slice){ webhook, strlen(webhook) }, order, none);
	if (!revolut_payment_event(arena, report, &p))
		return;
	must(p.event_id != NULL && p.type != NULL && p.ref != NULL);
	must(p.outcome != PAYMENT_SUCCEEDED || (p.has_amount &&
	    o.state == REVOLUT_COMPLETED && o.type == REVOLUT_PAYMENT &&
	    (p.amount.minor == -1 ||
	    p.amount.minor == o.amount.minor - o.outstanding)));
	must(p.outcome != PAYMENT_FAILED || revolut_is_off(&o));
	/* Without the other order nothing is refunded. */
	must(p.outcome != PAYMENT_REFUNDED &&
	    p.outcome != PAYMENT_PARTLY_REFUNDED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const secrets[] = { "", "wsk_one" };
	struct slice in = { (const char *)data, n };
	struct arena *arena = arena_new();
	const char *timestamp = line(arena, &in);
	const char *signature = line(arena, &in);
	const char *webhook = line(arena, &in);

	must(revolut_signature_check(signature, timestamp, in, secrets, 2,
	    NOW) != REVOLUT_SIGNATURE_NO_SECRET);
	revolut_redirect(signature);
	const char *suffix = revolut_descriptor(arena, signature);
	must(suffix == NULL || (strlen(suffix) >= 1 && strlen(suffix) <= 19));
	check_report(arena, webhook, in);
	arena_free(arena);
	return 0;
}
