/* SPDX-License-Identifier: ISC */
/* operator-tries.c - counting failed sign-ins, and keeping further ones off. */
#include <stdio.h>
#include <string.h>

#include "operator.h"
#include "sig.h"
#include "tries.h"

/*
 * What failures are counted for. Somebody else's failures must not keep an
 * operator out, so the hard limit is that of an account from one address; an
 * address may have many operators behind it, and an account many attackers.
 * Codes are few, and whoever tries them has the password: there the account
 * has the hard limit.
 */
static const struct {
	int64_t	free;		/* failures before the first block */
	int64_t	block_max_ms;
} limits[OPERATOR_SUBJECTS] = {
	{ LOGIN_FREE, LOGIN_BLOCK_MAX_MS },	/* account from an address */
	{ 4 * LOGIN_FREE, LOGIN_BLOCK_MAX_MS },	/* address */
	{ 10 * LOGIN_FREE, LOGIN_BLOCK_MS },	/* account */
	{ LOGIN_FREE, LOGIN_BLOCK_MAX_MS },	/* codes of an account */
};

/* The account is hashed: people type passwords into the wrong field. */
void
operator_tries_name(struct operator_tries *t, struct request *rq,
    const char *email, bool password, bool code)
{
	const char *address = request_header(rq, "REMOTE_ADDR");
	char hex[SHA256_HEX_SIZE];
	uint8_t hash[SHA256_SIZE];

	memset(t, 0, sizeof(*t));
	sig_sha256(email, strlen(email), hash);
	hex_encode(hash, sizeof(hash), hex);
	if (address == NULL)
		address = "unknown";
	snprintf(t->subject[0], OPERATOR_SUBJECT_SIZE, "account:%s@%.64s",
	    hex, address);
	snprintf(t->subject[1], OPERATOR_SUBJECT_SIZE, "address:%.64s",
	    address);
	snprintf(t->subject[2], OPERATOR_SUBJECT_SIZE, "account:%s", hex);
	snprintf(t->subject[3], OPERATOR_SUBJECT_SIZE, "code:%s", hex);
	t->counts[0] = t->counts[2] = password;
	t->counts[1] = true;
	t->counts[3] = code;
}

static int64_t
block_for(size_t subject, int64_t failures)
{
	int64_t ms = LOGIN_BLOCK_MS, max = limits[subject].block_max_ms;

	if (failures <= limits[subject].free)
		return 0;
	for (int64_t n = failures - limits[subject].free; n > 1 && ms < max;
	    n--)
		ms *= 2;
	return ms < max ? ms : max;
}

struct reserving {
	struct operator_tries	*tries;
	int64_t			 now;
};

static const struct fault *
reserve(struct conn *c, void *arg)
{
	const struct reserving *r = arg;
	struct operator_tries *t = r->tries;
	const char *subjects[OPERATOR_SUBJECTS];

	for (int i = 0; i < OPERATOR_SUBJECTS; i++)
		subjects[i] = t->counts[i] ? t->subject[i] : NULL;
	return tries_reserve(c, r->now, subjects, OPERATOR_SUBJECTS,
	    block_for, &t->blocked_until) ? NULL : &FAULT_LOGIN_THROTTLED;
}

const struct fault *
operator_tries_reserve(struct request *rq, struct operator_tries *t)
{
	struct reserving r = { t, rq->now };
	const struct fault *fault = request_txn(rq, reserve, &r);

	if (fault == &FAULT_LOGIN_THROTTLED)
		reply_header(rq, "Retry-After", "%lld", (long long)
		    (t->blocked_until - rq->now + 999) / 1000);
	return fault;
}

void
operator_tries_clear(struct conn *c, const struct operator_tries *t)
{
	for (int i = 0; i < OPERATOR_SUBJECTS; i++)
		if (t->counts[i])
			tries_clear(c, t->subject[i]);
}
