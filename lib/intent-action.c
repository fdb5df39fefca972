/* SPDX-License-Identifier: ISC */
/* intent-action.c - writing, sealing and opening next actions. */
#include "intent-action.h"

#include <string.h>

#include "json.h"
#include "sig.h"

enum { ACTION_MAX = 8 * 1024 };

#define STRIPE "use_stripe_sdk"
#define SEALED "{\"type\":\"" STRIPE "\",\"sealed\":\""

/* Starts {"type":...,"<type>":{ which finish ends. */
static void
start(struct buf *buf, struct jsonw *w, const char *type)
{
	buf_init(buf, ACTION_MAX);
	jsonw_init(w, buf);
	jsonw_object(w, NULL);
	jsonw_text(w, "type", type);
	jsonw_object(w, type);
}

static const char *
finish(struct arena *arena, struct buf *buf, struct jsonw *w)
{
	jsonw_end_object(w);
	jsonw_end_object(w);
	/* Half of an object would spoil all answers and events with it. */
	const char *text = buf->failed ? NULL : arena_strdup(arena,
	    buf_str(buf));
	buf_free(buf);
	return text;
}

const char *
intent_action_redirect(struct arena *arena, const char *url,
    const char *return_url)
{
	struct buf buf;
	struct jsonw w;

	start(&buf, &w, "redirect_to_url");
	jsonw_text(&w, "url", url);
	jsonw_text(&w, "return_url", return_url);
	return finish(arena, &buf, &w);
}

const char *
intent_action_momo(struct arena *arena, const char *provider,
    const char *phone_number)
{
	struct buf buf;
	struct jsonw w;

	start(&buf, &w, "momo_approval");
	jsonw_text(&w, "provider", provider);
	jsonw_text(&w, "phone_number", phone_number);
	return finish(arena, &buf, &w);
}

static const char *
context_of(struct arena *arena, const char *intent_id)
{
	return arena_printf(arena, "intent_action:%s", intent_id);
}

const char *
intent_action_stripe(struct arena *arena, const struct vault *vault,
    const char *intent_id, const char *client_secret)
{
	size_t n = strlen(client_secret);
	uint8_t *sealed = arena_alloc(arena, n + VAULT_OVERHEAD);
	char *hex = arena_alloc(arena, 2 * (n + VAULT_OVERHEAD) + 1);

	vault_seal(vault, context_of(arena, intent_id), client_secret, n,
	    sealed);
	hex_encode(sealed, n + VAULT_OVERHEAD, hex);
	return arena_printf(arena, SEALED "%s\"}", hex);
}

bool
intent_action_is_sealed(const char *kept)
{
	return kept != NULL && strncmp(kept, SEALED, strlen(SEALED)) == 0;
}

const char *
intent_action_open(struct arena *arena, const struct vault *vault,
    const char *intent_id, const char *kept, const struct conf *conf)
{
	const char *hex = kept + strlen(SEALED);
	size_t n = strcspn(hex, "\"") / 2;
	uint8_t *sealed = arena_alloc(arena, n + 1);
	struct buf buf;
	struct jsonw w;

	if (!hex_decode(hex, 2 * n, sealed, n))
		return NULL;
	char *secret = vault_unseal(vault, context_of(arena, intent_id),
	    sealed, n, arena);
	if (secret == NULL)
		return NULL;
	start(&buf, &w, STRIPE);
	jsonw_text(&w, "client_secret", secret);
	jsonw_text(&w, "publishable_key", conf->stripe_publishable_key);
	/* Where Stripe is a stand-in, so is its object for browsers. */
	if (strcmp(conf->stripe_api_base, "https://api.stripe.com") != 0)
		jsonw_text(&w, "script_url", arena_printf(arena,
		    "%s/js/stripe.js", conf->stripe_api_base));
	sig_wipe(secret, strlen(secret));
	return finish(arena, &buf, &w);
}

const char *
intent_action_closed(void)
{
	return "{\"type\":\"" STRIPE "\"}";
}
