/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/webhooks/keys - the public keys that webhooks are signed with.
 *
 * Public, and read by browsers of any site (Access-Control-Allow-Origin: *).
 * For receivers that check the v1a signatures of webhook-signature (ed25519)
 * and so need to hold no secret.
 *
 * Answers 200 {"keys":[...]}, a JWK Set (RFC 7517, RFC 8037): kty OKP, crv
 * Ed25519, use sig, alg EdDSA, kid, x, and x_whpk, the same key as Standard
 * Webhooks writes it. The newest first, and older ones for as long as they
 * sign; none where no endpoint has asked for such signatures yet. May be
 * cached for five minutes: who finds no key that fits asks again.
 */
#include "gateway.h"

static const struct fault *
keys(struct request *rq, void *arg)
{
	struct signing_key live[SIGNING_KEYS_MAX];
	size_t n = signing_key_live(rq->conn, NULL, rq->now, live);
	struct jsonw w;

	(void)arg;
	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_array(&w, "keys");
	for (size_t i = 0; i < n; i++)
		signing_key_write_jwk(&w, &live[i]);
	jsonw_end_array(&w);
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_PUBLIC, .any_origin = true,
	  .cache = "public, max-age=300", .handle = keys },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/webhooks/keys", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
