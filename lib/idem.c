/* SPDX-License-Identifier: ISC */
/* idem.c - once a key: look up, run, store, replay. */
#include "idem.h"

#include <string.h>
#include <time.h>

#include "app.h"
#include "shared.h"
#include "sig.h"
#include "vault.h"

#define SEALED "sealed:"	/* begins a kept answer that holds a secret */

enum {
	DAY_MS = 24 * 60 * 60 * 1000,
	POLL_MS = 20,	/* between looks at a first request that runs */
	CLAIM_MS = 3 * 60 * 1000,	/* at least; longer than any call */
	CLAIM_TRIES = 8			/* of calls that it outlasts */
};

/* What idem_run hands to the transaction. */
struct mutation {
	struct request		*rq;
	void			*input;
	/* Of a mutation that calls a processor. */
	struct idem		 idem;
	int64_t			 now;		/* of the claim */
	bool			 answered;
	const struct fault	*fault;		/* or what is to be kept */
};

/*
 * Where the key counts: /endpoints/a/rotate is not /endpoints/b/rotate. In
 * the Payments API it counts everywhere, and the path is part of what is
 * compared (hash_of).
 */
static const char *
path_of(struct request *rq)
{
	if (rq->payments)
		return "";
	return rq->rest == NULL || *rq->rest == '\0' ? rq->path :
	    arena_printf(rq->arena, "%s%s", rq->path, rq->rest);
}

/*
 * What must be the same where the same key comes again. Bodies of the
 * Payments API may hold a number that a plain hash would give away to whoever
 * tries all of them. By the master key of this number; false: there are not
 * so many, or there is one hash alone.
 */
static bool
hash_by(struct request *rq, size_t number, uint8_t hash[SHA256_SIZE])
{
	uint8_t key[32];

	if (!rq->payments) {
		sig_sha256(rq->body.p, rq->body.n, hash);
		return number == 0;
	}
	if (!vault_derive_nth(rq->vault, number, "idempotency", key))
		return false;
	const char *where = arena_printf(rq->arena, "%d %s%s\n",
	    (int)rq->method, rq->path, rq->rest != NULL ? rq->rest : "");
	const struct slice pieces[] = { { where, strlen(where) }, rq->body };
	sig_hmac_slices(key, sizeof(key), pieces, 2, hash);
	sig_wipe(key, sizeof(key));
	return true;
}

static void
hash_of(struct request *rq, uint8_t hash[SHA256_SIZE])
{
	(void)hash_by(rq, 0, hash);
}

/* Is it that of this request? It may be older than the master key. */
static bool
is_hash_of(struct request *rq, struct slice stored)
{
	uint8_t hash[SHA256_SIZE];

	for (size_t i = 0; hash_by(rq, i, hash); i++)
		if (stored.n == sizeof(hash) &&
		    memcmp(stored.p, hash, sizeof(hash)) == 0)
			return true;
	return false;
}

static int64_t
day_of(int64_t ms)
{
	return ms / DAY_MS;
}

/* What a kept answer is sealed for. */
static const char *
name_context(struct request *rq)
{
	return arena_printf(rq->arena, "idempotency:%s:%s:%s",
	    rq->owner, path_of(rq), rq->idempotency_key);
}

/* The answer as it is kept: JSON, or its sealed form in hex. */
static struct slice
answer_to_keep(struct request *rq)
{
	const struct slice answer = { rq->reply.body.data,
	    rq->reply.body.len };
	size_t sealed_len = answer.n + VAULT_OVERHEAD;

	if (rq->action == NULL || !rq->action->secret)
		return answer;
	uint8_t *sealed = arena_alloc(rq->arena, sealed_len);
	char *text = arena_alloc(rq->arena, strlen(SEALED) + 2 * sealed_len +
	    1);
	vault_seal(rq->vault, name_context(rq), answer.p, answer.n, sealed);
	memcpy(text, SEALED, strlen(SEALED));
	hex_encode(sealed, sealed_len, text + strlen(SEALED));
	return (struct slice){ text, strlen(text) };
}

/* A kept answer as it was given; NULL: it does not open any more. */
static const char *
answer_kept(struct request *rq, const char *kept)
{
	if (kept == NULL)
		return "";
	if (strncmp(kept, SEALED, strlen(SEALED)) != 0)
		return kept;
	kept += strlen(SEALED);
	size_t n = strlen(kept) / 2;
	uint8_t *sealed = arena_alloc(rq->arena, n);
	if (!hex_decode(kept, strlen(kept), sealed, n))
		return NULL;
	return vault_unseal(rq->vault, name_context(rq), sealed, n,
	    rq->arena);
}

struct idem
idem_find(struct conn *c, struct request *rq)
{
	struct idem idem = { .state = IDEM_FRESH };

	/*
	 * The clock of this moment, not of the request's arrival: a slow first
	 * request must not be filed under a day that its retry does not look
	 * at. Tomorrow is for a clock that was put back over midnight.
	 */
	int64_t now = clock_now(), today = day_of(now);

	struct rows *r = conn_rows(c, SQL_IDEMPOTENCY_FIND, "iiittti",
	    today - 1, today, today + 1, rq->owner, path_of(rq),
	    rq->idempotency_key, rq->payments ? now - DAY_MS : -1);
	if (row_next(r)) {
		struct slice stored = row_bytes(r, 0);
		if (!is_hash_of(rq, stored)) {
			idem.state = IDEM_CONFLICT;
		} else if (row_null(r, 1)) {
			idem.state = row_int(r, 5) > now ?
			    IDEM_RUNNING : IDEM_LEFT;
			idem.day = row_int(r, 3);
			idem.clive_tx_id = row_text_copy(r, 4, rq->arena);
		} else {
			idem.state = IDEM_REPLAY;
			idem.status = (int)row_int(r, 1);
			idem.answer.p = answer_kept(rq,
			    row_text_copy(r, 2, rq->arena));
			/* It was done; what it said can be told no more. */
			if (idem.answer.p == NULL)
				idem.answer.p = rq->payments ?
				    "{\"success\":true,\"data\":null}" :
				    "{\"secret\":null}";
			idem.answer.n = strlen(idem.answer.p);
		}
	}
	row_done(r);
	return idem;
}

/* The key came with another request; the first one still runs. */
static const struct fault *
conflict(struct request *rq)
{
	return rq->payments ? &FAULT_KEY_REUSED : &FAULT_IDEMPOTENCY_CONFLICT;
}

static const struct fault *
running(struct request *rq)
{
	return rq->payments ? &FAULT_KEY_RUNNING :
	    &FAULT_IDEMPOTENCY_IN_PROGRESS;
}

/*
 * Does a key remember this refusal? The Payments API keeps all that would be
 * the same again (soxara.md 5); elsewhere fault.def says it.
 */
static bool
is_kept(struct request *rq, const struct fault *fault)
{
	if (!rq->payments)
		return fault->kept;
	return fault->status < 500 && fault->status != 401 &&
	    fault->status != 429 && fault != &FAULT_BUSY &&
	    fault != &FAULT_CARD_NUMBER && fault != &FAULT_KEY_REUSED &&
	    fault != &FAULT_KEY_RUNNING;
}

const struct fault *
idem_replay(struct request *rq, bool *answered)
{
	const struct timespec pause = { 0, POLL_MS * 1000000 };
	/* One that does not ask anybody is over in one transaction. */
	int64_t deadline = rq->action->ask == NULL ? 0 :
	    clock_monotonic() + rq->conf->wait_ms;
	struct idem idem;

	*answered = false;
	for (;;) {
		idem = idem_find(rq->conn, rq);
		if (idem.state != IDEM_RUNNING || clock_monotonic() > deadline)
			break;
		nanosleep(&pause, NULL);
	}
	switch (idem.state) {
	case IDEM_FRESH:
	case IDEM_LEFT:
		return NULL;
	case IDEM_REPLAY:
		reply_replay(rq, idem.status, idem.answer);
		*answered = true;
		return NULL;
	case IDEM_CONFLICT:
		return conflict(rq);
	case IDEM_RUNNING:
		return running(rq);
	}
	return &FAULT_INTERNAL;
}

static void
store(struct conn *c, struct request *rq)
{
	int64_t now = clock_now();
	uint8_t hash[SHA256_SIZE];
	struct slice answer = answer_to_keep(rq);

	hash_of(rq, hash);
	conn_run(c, SQL_IDEMPOTENCY_STORE, "itttbisi", day_of(now),
	    rq->owner, path_of(rq), rq->idempotency_key, hash,
	    sizeof(hash), (int64_t)rq->reply.status, answer, now);
}

/*
 * The change, undone where it refuses; a kept refusal becomes an answer. So
 * does the one that what was sent met with before there could be a change.
 */
static const struct fault *
change(struct conn *c, struct mutation *m)
{
	struct request *rq = m->rq;

	if (m->fault != NULL) {
		reply_fault(rq, m->fault);
		return NULL;
	}
	buf_reset(&rq->details);
	conn_savepoint(c);
	const struct fault *fault = rq->action->change(c, rq, m->input);
	if (fault == NULL && conn_failed(c) == NULL) {
		conn_release(c);
		return NULL;
	}
	conn_rollback_to(c);
	if (conn_failed(c) != NULL)
		return &FAULT_STORAGE;
	if (!is_kept(rq, fault))
		return fault;
	reply_fault(rq, fault);
	return NULL;
}

static const struct fault *
run(struct conn *c, void *arg)
{
	struct mutation *m = arg;
	struct request *rq = m->rq;
	struct idem idem = idem_find(c, rq);
	const struct fault *fault;

	switch (idem.state) {
	case IDEM_REPLAY:
		reply_replay(rq, idem.status, idem.answer);
		return NULL;
	case IDEM_CONFLICT:
		return conflict(rq);
	case IDEM_RUNNING:
	case IDEM_LEFT:
		return running(rq);
	case IDEM_FRESH:
		fault = change(c, m);
		if (fault == NULL)
			store(c, rq);
		return fault;
	}
	return &FAULT_INTERNAL;
}

static const struct fault *
run_unkeyed(struct conn *c, void *arg)
{
	struct mutation *m = arg;
	const struct fault *fault = m->rq->action->change(c, m->rq,
	    m->input);

	return conn_failed(c) != NULL ? &FAULT_STORAGE : fault;
}

struct db_job
idem_job(struct request *rq, void *input)
{
	struct mutation *m = arena_alloc(rq->arena, sizeof(*m));

	m->rq = rq;
	m->input = input;
	return (struct db_job){
		.fn = rq->idempotency_key != NULL ? run : run_unkeyed,
		.arg = m,
	};
}

const struct fault *
idem_refuse(struct request *rq, const struct fault *fault)
{
	struct mutation m = { .rq = rq, .fault = fault };

	if (!rq->payments || rq->idempotency_key == NULL ||
	    !is_kept(rq, fault))
		return fault;
	return request_txn(rq, run, &m);
}

/* ------------------------------------ mutations that call a processor */

static int64_t
claim_ms(const struct conf *conf)
{
	int64_t tries = CLAIM_TRIES * conf->processor_timeout_ms;

	return tries > CLAIM_MS ? tries : CLAIM_MS;
}

static void
lease(struct conn *c, const struct mutation *m, int64_t until)
{
	struct request *rq = m->rq;

	conn_run(c, SQL_IDEMPOTENCY_LEASE, "iittt", until, m->idem.day,
	    rq->owner, path_of(rq), rq->idempotency_key);
}

static void
insert_claim(struct conn *c, const struct mutation *m, int64_t until)
{
	struct request *rq = m->rq;
	uint8_t hash[SHA256_SIZE];

	hash_of(rq, hash);
	conn_run(c, SQL_IDEMPOTENCY_CLAIM, "itttbtii", m->idem.day,
	    rq->owner, path_of(rq), rq->idempotency_key, hash,
	    sizeof(hash), rq->claimed_tx, until, m->now);
}

static void
set_answer(struct conn *c, const struct mutation *m)
{
	struct request *rq = m->rq;
	struct slice answer = answer_to_keep(rq);

	conn_run(c, SQL_IDEMPOTENCY_ANSWER, "isittt",
	    (int64_t)rq->reply.status, answer, m->idem.day,
	    rq->owner, path_of(rq), rq->idempotency_key);
}

static const struct fault *
run_before(struct conn *c, struct mutation *m)
{
	struct request *rq = m->rq;

	buf_reset(&rq->details);
	conn_savepoint(c);
	const struct fault *fault = rq->action->before(c, rq, m->input);
	if (conn_failed(c) != NULL)
		return &FAULT_STORAGE;	/* db_txn undoes everything */
	if (fault == NULL)
		conn_release(c);
	else
		conn_rollback_to(c);
	return fault;
}

/* The first transaction: takes the key, writes what is about to be asked. */
static const struct fault *
claim(struct conn *c, void *arg)
{
	struct mutation *m = arg;
	struct request *rq = m->rq;
	const struct fault *fault;
	int64_t now = clock_now();
	bool left = false;

	m->answered = false;
	m->now = now;
	rq->resume = rq->claimed_tx = NULL;
	m->idem = idem_find(c, rq);
	switch (m->idem.state) {
	case IDEM_REPLAY:
		reply_replay(rq, m->idem.status, m->idem.answer);
		m->answered = true;
		return NULL;
	case IDEM_CONFLICT:
		return conflict(rq);
	case IDEM_RUNNING:
		return running(rq);
	case IDEM_LEFT:
		left = true;
		rq->resume = m->idem.clive_tx_id;
		break;
	case IDEM_FRESH:
		m->idem.day = day_of(now);
		break;
	}
	fault = run_before(c, m);
	if (fault != NULL && (left || !is_kept(rq, fault)))
		return fault;
	if (fault != NULL) {
		reply_fault(rq, fault);
		store(c, rq);
		m->answered = true;
	} else if (left) {
		lease(c, m, now + claim_ms(rq->conf));
	} else {
		insert_claim(c, m, now + claim_ms(rq->conf));
	}
	return NULL;
}

/* The second transaction: what came back, and the answer. */
static const struct fault *
finish(struct conn *c, void *arg)
{
	struct mutation *m = arg;
	struct request *rq = m->rq;

	buf_reset(&rq->reply.body);
	m->fault = rq->action->after(c, rq, m->input);
	if (m->fault != NULL && !is_kept(rq, m->fault)) {
		lease(c, m, 0);		/* a retry goes on at once */
		return NULL;
	}
	if (m->fault != NULL)
		reply_fault(rq, m->fault);
	m->fault = NULL;
	set_answer(c, m);
	return NULL;
}

static const struct fault *
before_unkeyed(struct conn *c, void *arg)
{
	return run_before(c, arg);
}

static const struct fault *
after_unkeyed(struct conn *c, void *arg)
{
	struct mutation *m = arg;

	buf_reset(&m->rq->reply.body);
	m->fault = m->rq->action->after(c, m->rq, m->input);
	return NULL;
}

static const struct fault *
release(struct conn *c, void *arg)
{
	lease(c, arg, 0);
	return NULL;
}

const struct fault *
idem_run_asking(struct request *rq, void *input)
{
	struct mutation m = { .rq = rq, .input = input };
	bool keyed = rq->idempotency_key != NULL;
	const struct fault *fault;

	fault = request_txn(rq, keyed ? claim : before_unkeyed, &m);
	if (fault != NULL || m.answered)
		return fault;
	if ((fault = rq->action->ask(rq, input)) != NULL) {
		/* Nothing runs any more: a retry need not wait. */
		conn_forgive(rq->conn);
		if (keyed)
			request_txn(rq, release, &m);
		return fault;
	}
	fault = request_txn(rq, keyed ? finish : after_unkeyed, &m);
	return fault != NULL ? fault : m.fault;
}
