/* SPDX-License-Identifier: ISC */
/* merchant.c - the keys of the Payments API: made, found, ended. */
#include "merchant.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "request.h"
#include "sig.h"

enum {
	PREFIX_LEN = 8,		/* characters that are searched for */
	SECRET_LEN = 32,	/* characters that are kept as a hash */
	BEGIN_LEN = 9,		/* of "sxm_test_" */
	SCOPES_SIZE = 256
};

/* The words for the scopes, the first for the first bit. */
static const char *const words[] = {
	"payments:read", "payments:write", "refunds:read", "refunds:write",
	"webhooks:read", "webhooks:write", "events:read", "events:write",
	"wallets:read", "transfers:write", "keys:write"
};
enum { WORDS = sizeof(words) / sizeof(words[0]) };

static const char digits[] = "0123456789"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static const char *
mode_name(bool live)
{
	return live ? "live" : "test";
}

/* n random digits, each as likely as the others. */
static void
random_digits(char *out, size_t n)
{
	const unsigned int base = sizeof(digits) - 1;
	uint8_t byte;

	for (size_t i = 0; i < n;) {
		sig_random(&byte, 1);
		if (byte < 256 / base * base)
			out[i++] = digits[byte % base];
	}
	out[n] = '\0';
}

/* The bit of the word of n characters; 0: no scope is called so. */
static unsigned int
scope_of(const char *word, size_t n)
{
	for (unsigned int i = 0; i < WORDS; i++)
		if (strlen(words[i]) == n && strncmp(words[i], word, n) == 0)
			return 1U << i;
	return 0;
}

/* The set that a list of words names; unknown ones add 0 and clear *good. */
static unsigned int
scopes_parse(const char *text, bool *good)
{
	unsigned int set = 0;

	*good = true;
	for (text += strspn(text, ", "); *text != '\0';
	    text += strspn(text, ", ")) {
		size_t n = strcspn(text, ", ");
		unsigned int scope = scope_of(text, n);
		if (scope == 0)
			*good = false;
		set |= scope;
		text += n;
	}
	return set;
}

static void
scopes_format(unsigned int set, char out[SCOPES_SIZE])
{
	size_t n = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < WORDS; i++)
		if (set & 1U << i)
			n += (size_t)snprintf(out + n, SCOPES_SIZE - n,
			    "%s%s", n > 0 ? " " : "", words[i]);
}

/* A client that a key can be made for; its name must fit struct merchant. */
static bool
client_fits(struct conn *c, const char *partner_id, const char *client_id)
{
	struct merchant m;
	struct rows *r;

	if (strlen(partner_id) >= sizeof(m.partner_id) ||
	    strlen(client_id) >= sizeof(m.client_id))
		return false;
	r = conn_rows(c, SQL_CLIENT_FIND, "tt", partner_id, client_id);
	bool found = row_next(r);
	row_done(r);
	return found;
}

const char *
merchant_key_add(struct conn *c, const char *partner_id,
    const char *client_id, bool live, const char *name, const char *scopes,
    int64_t now, const char *actor, char id[ID_SIZE],
    char text[MERCHANT_KEY_SIZE])
{
	char prefix[PREFIX_LEN + 1], secret[SECRET_LEN + 1];
	char list[SCOPES_SIZE];
	uint8_t hash[SHA256_SIZE];
	bool good = true;
	int64_t n;
	unsigned int set = scopes != NULL ? scopes_parse(scopes, &good) :
	    SCOPES_ALL;

	if (!good || set == 0)
		return "a scope is one of payments:read, payments:write, "
		    "refunds:read, refunds:write, webhooks:read, "
		    "webhooks:write, events:read, events:write, wallets:read, "
		    "transfers:write and keys:write";
	if (!client_fits(c, partner_id, client_id))
		return "there is no such client of that partner, or its name "
		    "is longer than 64 bytes";
	scopes_format(set, list);
	id_make("mk_", now, id);
	random_digits(secret, SECRET_LEN);
	sig_sha256(secret, SECRET_LEN, hash);
	/* Eight characters of two keys may be the same once in an age. */
	do {
		random_digits(prefix, PREFIX_LEN);
		n = conn_try(c, SQL_MERCHANT_KEY_INSERT, "tttittbti", id,
		    partner_id, client_id, (int64_t)live, name, prefix, hash,
		    sizeof(hash), list, now);
	} while (n == CONN_TAKEN);
	snprintf(text, MERCHANT_KEY_SIZE, "sxm_%s_%s%s", mode_name(live),
	    prefix, secret);
	sig_wipe(secret, sizeof(secret));
	audit_write(c, now, actor, "merchant_key.created", id, live ?
	    "{\"mode\":\"live\"}" : "{\"mode\":\"test\"}");
	return NULL;
}

bool
merchant_key_revoke(struct conn *c, const char *id, int64_t now,
    const char *actor)
{
	if (conn_run(c, SQL_MERCHANT_KEY_REVOKE, "it", now, id) != 1)
		return false;
	audit_write(c, now, actor, "merchant_key.revoked", id, "{}");
	return true;
}

/* Is this spelt as a key is? */
static bool
is_key(const char *key, bool *live)
{
	*live = strncmp(key, "sxm_live_", BEGIN_LEN) == 0;
	return (*live || strncmp(key, "sxm_test_", BEGIN_LEN) == 0) &&
	    strlen(key) == BEGIN_LEN + PREFIX_LEN + SECRET_LEN &&
	    strspn(key + BEGIN_LEN, digits) == PREFIX_LEN + SECRET_LEN;
}

/* The current row of SQL_MERCHANT_KEY_BY_PREFIX. */
static void
read_merchant(struct rows *r, bool live, struct merchant *m)
{
	bool good;

	snprintf(m->key_id, sizeof(m->key_id), "%s", row_text(r, 0));
	snprintf(m->partner_id, sizeof(m->partner_id), "%s", row_text(r, 1));
	snprintf(m->client_id, sizeof(m->client_id), "%s", row_text(r, 2));
	m->live = live;
	/* A scope that was dropped since the key was made opens nothing. */
	m->scopes = scopes_parse(row_text(r, 4), &good);
	snprintf(m->owner, sizeof(m->owner), "%s/%s/%s", m->partner_id,
	    m->client_id, mode_name(live));
}

bool
merchant_find(struct conn *c, const char *key, struct merchant *m)
{
	uint8_t given[SHA256_SIZE], kept[SHA256_SIZE] = { 0 };
	char prefix[PREFIX_LEN + 1];
	bool live, good = false;

	memset(m, 0, sizeof(*m));
	if (!is_key(key, &live))
		return false;
	snprintf(prefix, sizeof(prefix), "%s", key + BEGIN_LEN);
	sig_sha256(key + BEGIN_LEN + PREFIX_LEN, SECRET_LEN, given);
	struct rows *r = conn_rows(c, SQL_MERCHANT_KEY_BY_PREFIX, "it",
	    (int64_t)live, prefix);
	if (row_next(r)) {
		struct slice hash = row_bytes(r, 3);
		if (hash.n == sizeof(kept))
			memcpy(kept, hash.p, sizeof(kept));
		read_merchant(r, live, m);
		good = row_null(r, 5);
	}
	row_done(r);
	if (sig_equal(given, kept, sizeof(kept)) && good)
		return true;
	memset(m, 0, sizeof(*m));
	return false;
}

static void
write_scopes(struct jsonw *w, const char *text)
{
	bool good;
	unsigned int set = scopes_parse(text, &good);

	jsonw_array(w, "scopes");
	for (unsigned int i = 0; i < WORDS; i++)
		if (set & 1U << i)
			jsonw_text(w, NULL, words[i]);
	jsonw_end_array(w);
}

void
merchant_key_write(struct jsonw *w, const char *key, struct rows *r)
{
	bool live = row_int(r, 3) == 1;
	char shown[MERCHANT_KEY_SIZE];

	snprintf(shown, sizeof(shown), "sxm_%s_%.8s", mode_name(live),
	    row_text(r, 5));
	jsonw_object(w, key);
	jsonw_text(w, "id", row_text(r, 0));
	jsonw_text(w, "object", "api_key");
	jsonw_text(w, "name", row_text(r, 4));
	jsonw_text(w, "partner_id", row_text(r, 1));
	jsonw_text(w, "client_id", row_text(r, 2));
	jsonw_text(w, "prefix", shown);
	write_scopes(w, row_text(r, 6));
	jsonw_bool(w, "livemode", live);
	jsonw_time(w, "created_at", row_int(r, 7));
	jsonw_time(w, "revoked_at", row_int(r, 8));
	jsonw_end_object(w);
}

const char *
merchant_actor(struct request *rq)
{
	return rq->payer ? "payer" : arena_printf(rq->arena, "merchant:%s",
	    rq->merchant.key_id);
}
