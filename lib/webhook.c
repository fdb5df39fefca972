/* SPDX-License-Identifier: ISC */
/* webhook.c - making and changing webhook endpoints. */
#include "webhook.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "audit.h"
#include "field.h"
#include "outbox.h"
#include "sig.h"

const char *
webhook_check_url(const char *url, bool live)
{
	char host[256];

	if (field_check_url(url) != NULL || strlen(url) > 2000)
		return "the URL must be http:// or https:// and at most 2000 "
		    "characters";
	if (!address_host_of_url(url, host))
		return "the URL must name a host, without user or password";
	if (live && strncmp(url, "https://", 8) != 0)
		return "in live mode the URL must be https://";
	if (address_literal_refused(host, !live))
		return "the URL names a private or loopback address, which "
		    "this mode refuses";
	return NULL;
}

static const char *
check_secret(const char *secret)
{
	size_t n = strlen(secret);

	if (n < WEBHOOK_SECRET_MIN || n > WEBHOOK_SECRET_MAX)
		return "a secret has 16 to 200 characters";
	return NULL;
}

static bool
known_event(const char *type)
{
	for (const char *const *t = outbox_event_types; *t != NULL; t++)
		if (strcmp(*t, type) == 0)
			return true;
	return false;
}

static const char *
check(struct conn *c, const struct webhook *w, bool live)
{
	const char *wrong;
	struct rows *r = conn_rows(c, SQL_PARTNER_FIND, "t", w->partner_id);
	bool found = row_next(r);

	row_done(r);
	if (!found)
		return "there is no such partner";
	if (*w->name == '\0' || strlen(w->name) > 100)
		return "a name has 1 to 100 characters";
	if ((wrong = webhook_check_url(w->url, live)) != NULL ||
	    (wrong = check_secret(w->secret)) != NULL)
		return wrong;
	if (w->events[0] == NULL)
		return "at least one event is needed";
	for (const char *const *e = w->events; *e != NULL; e++)
		if (!known_event(*e))
			return "there is no such event type";
	if (w->max_attempts < 1 || w->max_attempts > 50)
		return "1 to 50 attempts are possible";
	return NULL;
}

/* Seals the secret for this endpoint; its length in *n. */
static void
seal(const struct vault *vault, const char *id, const char *secret,
    uint8_t sealed[WEBHOOK_SECRET_MAX + VAULT_OVERHEAD], size_t *n)
{
	char context[64];

	snprintf(context, sizeof(context), "webhook_endpoint:%s", id);
	*n = strlen(secret) + VAULT_OVERHEAD;
	vault_seal(vault, context, secret, strlen(secret), sealed);
}

const char *
webhook_add(struct conn *c, const struct vault *vault, bool live,
    struct webhook *w, int64_t now, const char *actor)
{
	uint8_t sealed[WEBHOOK_SECRET_MAX + VAULT_OVERHEAD];
	const char *wrong = check(c, w, live);
	size_t n;

	if (wrong != NULL)
		return wrong;
	id_make("we_", now, w->id);
	seal(vault, w->id, w->secret, sealed, &n);
	conn_run(c, SQL_ENDPOINT_INSERT, "ttttbii", w->id, w->partner_id,
	    w->name, w->url, sealed, n, w->max_attempts, now);
	for (const char *const *e = w->events; *e != NULL; e++)
		conn_run(c, SQL_ENDPOINT_SUBSCRIBE, "tt", w->id, *e);
	audit_write(c, now, actor, "webhook.created", w->id, "{}");
	return conn_failed(c);
}

const char *
webhook_rotate(struct conn *c, const struct vault *vault, const char *id,
    const char *secret, int64_t now, const char *actor)
{
	uint8_t sealed[WEBHOOK_SECRET_MAX + VAULT_OVERHEAD];
	const char *wrong = check_secret(secret);
	size_t n;

	if (wrong != NULL)
		return wrong;
	seal(vault, id, secret, sealed, &n);
	if (conn_run(c, SQL_ENDPOINT_SET_SECRET, "bit", sealed, n, now,
	    id) != 1)
		return "there is no such endpoint";
	audit_write(c, now, actor, "webhook.secret_rotated", id, "{}");
	return conn_failed(c);
}

bool
webhook_set_active(struct conn *c, const char *id, bool active, int64_t now,
    const char *actor)
{
	if (conn_run(c, SQL_ENDPOINT_SET_STATUS, "tit",
	    active ? "active" : "disabled", now, id) != 1)
		return false;
	audit_write(c, now, actor, active ? "webhook.enabled" :
	    "webhook.disabled", id, "{}");
	return true;
}

char *
webhook_secret(const struct vault *vault, const char *id,
    struct slice sealed, struct arena *arena)
{
	char context[64];

	snprintf(context, sizeof(context), "webhook_endpoint:%s", id);
	return vault_unseal(vault, context, sealed.p, sealed.n, arena);
}

void
webhook_make_secret(char out[64])
{
	uint8_t bytes[32];

	sig_random(bytes, sizeof(bytes));
	memcpy(out, "whsec_", 6);
	base64url_encode(bytes, sizeof(bytes), out + 6);
	sig_wipe(bytes, sizeof(bytes));
}
