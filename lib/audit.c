/* SPDX-License-Identifier: ISC */
/* audit.c - writing and checking the chain. */
#include "audit.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "buf.h"

enum { REQUEST_ROOM = 128 };	/* for the name of a request */

static _Thread_local const char *request;

void
audit_request(const char *id)
{
	request = id;
}

/* Feeds a text and its NUL, so that no two rows run together alike. */
static void
feed(EVP_MD_CTX *md, const char *text)
{
	EVP_DigestUpdate(md, text, strlen(text) + 1);
}

static void
feed_number(EVP_MD_CTX *md, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	feed(md, text);
}

struct link {
	int64_t		 seq;
	int64_t		 at;
	const char	*actor;
	const char	*action;
	const char	*subject;
	const char	*detail;
};

/* Looking the algorithm up takes as long as the hash of a row. */
static EVP_MD *sha256;

static void
fetch_sha256(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (sha256 == NULL)
		sig_die("SHA-256");
}

/* Replaces hash, that of the row before, by that of this row. */
static void
hash_link(const struct link *l, uint8_t hash[SHA256_SIZE])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	pthread_once(&once, fetch_sha256);
	if (md == NULL || EVP_DigestInit_ex(md, sha256, NULL) != 1)
		abort();
	EVP_DigestUpdate(md, hash, SHA256_SIZE);
	feed_number(md, l->seq);
	feed_number(md, l->at);
	feed(md, l->actor);
	feed(md, l->action);
	feed(md, l->subject);
	feed(md, l->detail);
	if (EVP_DigestFinal_ex(md, hash, NULL) != 1)
		abort();
	EVP_MD_CTX_free(md);
}

/* A seq and a hash from the first row; -1 where there is none. */
static int64_t
read_head_row(struct rows *r, uint8_t hash[SHA256_SIZE])
{
	memset(hash, 0, SHA256_SIZE);
	if (!row_next(r))
		return -1;
	struct slice stored = row_bytes(r, 1);
	if (stored.n == SHA256_SIZE)
		memcpy(hash, stored.p, SHA256_SIZE);
	return row_int(r, 0);
}

_Static_assert(sizeof(struct audit_chain) <= CONN_LATE_BYTES, "room");

static void
write_head(struct conn *c, void *arg)
{
	const struct audit_chain *chain = arg;

	if (chain->seq > 0)
		conn_run(c, SQL_AUDIT_HEAD_SET, "ib", chain->seq - 1,
		    chain->hash, sizeof(chain->hash));
}

void
audit_begin(struct conn *c, struct audit_chain *chain)
{
	/* Requests that are committed together take the head once. */
	const struct audit_chain *late = conn_late(c, write_head);

	if (late != NULL && late->seq > 0) {
		*chain = *late;
		return;
	}
	/* Taking the head makes writers of one chain queue on it. */
	struct rows *r = conn_rows(c, SQL_AUDIT_HEAD_TAKE, "");

	chain->seq = read_head_row(r, chain->hash);
	row_done(r);
}

/*
 * The detail with the request's id as its last member. It is part of what the
 * chain covers, and rows without it are as they have always been.
 */
static const char *
name_request(struct buf *b, const char *detail)
{
	size_t n = strlen(detail);

	if (request == NULL || n < 2 || detail[n - 1] != '}')
		return detail;
	buf_add(b, detail, n - 1);
	buf_printf(b, "%s\"request\":\"%s\"}", n > 2 ? "," : "", request);
	return buf_str(b);
}

void
audit_add(struct conn *c, struct audit_chain *chain, int64_t now,
    const char *actor, const char *action, const char *subject,
    const char *detail)
{
	struct buf named;

	buf_init(&named, strlen(detail) + REQUEST_ROOM);
	const struct link l = { .seq = chain->seq++, .at = now,
	    .actor = actor, .action = action, .subject = subject,
	    .detail = name_request(&named, detail) };

	hash_link(&l, chain->hash);
	conn_run(c, SQL_AUDIT_INSERT, "iittttb", l.seq, l.at, l.actor,
	    l.action, l.subject, l.detail, chain->hash, sizeof(chain->hash));
	buf_free(&named);
}

void
audit_end(struct conn *c, const struct audit_chain *chain)
{
	struct audit_chain *late = conn_late(c, write_head), now = *chain;

	/* After a failure the row is not there, and the head stays. */
	if (conn_failed(c) != NULL)
		return;
	if (late != NULL)
		*late = now;
	else
		write_head(c, &now);
}

void
audit_queue(struct conn *c)
{
	struct audit_chain chain;

	audit_begin(c, &chain);
	audit_end(c, &chain);
}

void
audit_write(struct conn *c, int64_t now, const char *actor,
    const char *action, const char *subject, const char *detail)
{
	struct audit_chain chain;

	audit_begin(c, &chain);
	audit_add(c, &chain, now, actor, action, subject, detail);
	audit_end(c, &chain);
}

/* A NUL within a text would hide what follows it, from us and from readers. */
static bool
texts_are_whole(struct rows *r)
{
	for (int column = 2; column <= 5; column++) {
		const char *text = row_text(r, column);

		if (text == NULL || strlen(text) != row_bytes(r, column).n)
			return false;
	}
	return true;
}

bool
audit_verify(struct conn *c, int64_t checkpoint_seq,
    const char *checkpoint_hash, struct audit_report *report)
{
	uint8_t hash[SHA256_SIZE] = { 0 }, head[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	int64_t expected = 1;

	memset(report, 0, sizeof(*report));
	report->checkpoint_met = checkpoint_seq == 0;
	struct rows *r = conn_rows(c, SQL_AUDIT_HEAD, "");
	report->head_seq = read_head_row(r, head);
	row_done(r);
	hex_encode(head, sizeof(head), report->head_hash);
	r = conn_rows(c, SQL_AUDIT_ALL, "");
	for (; report->first_bad == 0 && row_next(r); expected++) {
		if (!texts_are_whole(r)) {
			report->first_bad = expected;
			continue;
		}
		struct link l = { row_int(r, 0), row_int(r, 1), row_text(r, 2),
		    row_text(r, 3), row_text(r, 4), row_text(r, 5) };
		struct slice stored = row_bytes(r, 6);

		hash_link(&l, hash);
		report->rows++;
		if (l.seq != expected || stored.n != sizeof(hash) ||
		    memcmp(stored.p, hash, sizeof(hash)) != 0)
			report->first_bad = expected;
		if (checkpoint_seq != 0 && l.seq == checkpoint_seq) {
			hex_encode(hash, sizeof(hash), hex);
			report->checkpoint_met =
			    strcmp(hex, checkpoint_hash) == 0;
		}
	}
	row_done(r);
	/* A chain that lost its newest rows disagrees with the head. */
	if (report->first_bad == 0 && (report->head_seq != expected - 1 ||
	    memcmp(head, hash, sizeof(hash)) != 0))
		report->first_bad = expected;
	return report->first_bad == 0 && report->checkpoint_met &&
	    conn_failed(c) == NULL;
}

/* The row that the others are compared with, or nothing before the first. */
static bool
read_anchor(struct rows *r, int64_t seq, uint8_t hash[SHA256_SIZE])
{
	memset(hash, 0, SHA256_SIZE);
	if (seq == 0)
		return true;
	if (!row_next(r) || row_int(r, 0) != seq)
		return false;
	struct slice stored = row_bytes(r, 6);
	if (stored.n != SHA256_SIZE)
		return false;
	memcpy(hash, stored.p, SHA256_SIZE);
	return true;
}

/* Does the row follow from the hash before it, which becomes its own? */
static bool
follows(struct rows *r, int64_t seq, uint8_t hash[SHA256_SIZE])
{
	if (!texts_are_whole(r) || row_int(r, 0) != seq)
		return false;
	struct link l = { seq, row_int(r, 1), row_text(r, 2), row_text(r, 3),
	    row_text(r, 4), row_text(r, 5) };
	struct slice stored = row_bytes(r, 6);

	hash_link(&l, hash);
	return stored.n == SHA256_SIZE &&
	    memcmp(stored.p, hash, SHA256_SIZE) == 0;
}

bool
audit_verify_newest(struct conn *c, int64_t rows, int64_t *from,
    struct audit_report *report)
{
	uint8_t hash[SHA256_SIZE], head[SHA256_SIZE];

	memset(report, 0, sizeof(*report));
	report->checkpoint_met = true;
	struct rows *r = conn_rows(c, SQL_AUDIT_HEAD, "");
	report->head_seq = read_head_row(r, head);
	row_done(r);
	hex_encode(head, sizeof(head), report->head_hash);
	int64_t anchor = report->head_seq > rows ? report->head_seq - rows : 0;
	*from = anchor + 1;
	r = conn_rows(c, SQL_AUDIT_NEWEST, "i", anchor);
	if (!read_anchor(r, anchor, hash))
		report->first_bad = anchor;
	/* Rows that came since the head was read are left alone. */
	for (int64_t seq = *from; report->first_bad == 0 &&
	    seq <= report->head_seq; seq++) {
		if (row_next(r) && follows(r, seq, hash))
			report->rows++;
		else
			report->first_bad = seq;
	}
	row_done(r);
	if (report->first_bad == 0 && memcmp(head, hash, sizeof(hash)) != 0)
		report->first_bad = report->head_seq;
	return report->first_bad == 0 && conn_failed(c) == NULL;
}
