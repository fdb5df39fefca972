/* SPDX-License-Identifier: ISC */
/* apikey.c - keys: made here, kept as a hash; their secrets sealed. */
#include "apikey.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "partner.h"
#include "sig.h"

/* 256 random bits as 43 characters. */
static void
random_text(char out[44])
{
	uint8_t bytes[32];

	sig_random(bytes, sizeof(bytes));
	base64url_encode(bytes, sizeof(bytes), out);
	sig_wipe(bytes, sizeof(bytes));
}

static bool
partner_exists(struct conn *c, const char *partner_id)
{
	struct rows *r = conn_rows(c, SQL_PARTNER_FIND, "t", partner_id);
	bool found = row_next(r);

	row_done(r);
	return found;
}

bool
apikey_add(struct conn *c, const struct vault *vault, bool live,
    const char *partner_id, const char *name, int64_t now, const char *actor,
    struct apikey *k)
{
	uint8_t hash[SHA256_SIZE], sealed[APIKEY_SIZE + VAULT_OVERHEAD];
	char text[44], context[64];

	if (partner_id != NULL && !partner_exists(c, partner_id))
		return false;
	id_make("key_", now, k->id);
	random_text(text);
	snprintf(k->key, sizeof(k->key), "cp_%s_%s_%s", live ? "live" : "test",
	    partner_id != NULL ? "partner" : "platform", text);
	random_text(text);
	snprintf(k->hmac_secret, sizeof(k->hmac_secret), "hs_%s", text);
	sig_wipe(text, sizeof(text));

	sig_sha256(k->key, strlen(k->key), hash);
	snprintf(context, sizeof(context), "api_key:%s", k->id);
	vault_seal(vault, context, k->hmac_secret, strlen(k->hmac_secret),
	    sealed);
	conn_run(c, SQL_API_KEY_INSERT, "tttbtbi", k->id, partner_id, name,
	    hash, sizeof(hash), k->key + strlen(k->key) - 4, sealed,
	    strlen(k->hmac_secret) + VAULT_OVERHEAD, now);
	audit_write(c, now, actor, "api_key.created", k->id,
	    partner_id != NULL ? "{\"scope\":\"partner\"}" :
	    "{\"scope\":\"platform\"}");
	return conn_failed(c) == NULL;
}

void
apikey_write(struct jsonw *w, struct rows *r)
{
	char hint[16];

	snprintf(hint, sizeof(hint), "****%.4s", row_text(r, 3));
	jsonw_object(w, NULL);
	jsonw_text(w, "id", row_text(r, 0));
	jsonw_text(w, "partner_id", row_text(r, 1));
	jsonw_text(w, "name", row_text(r, 2));
	jsonw_text(w, "hint", hint);
	jsonw_time(w, "created_at", row_int(r, 4));
	jsonw_time(w, "revoked_at", row_int(r, 5));
	jsonw_end_object(w);
}

bool
apikey_revoke(struct conn *c, const char *id, int64_t now, const char *actor)
{
	if (conn_run(c, SQL_API_KEY_REVOKE, "it", now, id) != 1)
		return false;
	audit_write(c, now, actor, "api_key.revoked", id, "{}");
	return true;
}
