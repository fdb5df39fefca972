/* SPDX-License-Identifier: ISC */
/* buyer.c - buyers, and what their PINs are worth. */
#include "buyer.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "password.h"
#include "shared.h"
#include "sig.h"
#include "tries.h"

enum {
	PHONE_DIGITS_MIN = 8,
	PHONE_DIGITS_MAX = 15,
	PIN_MIN = 4,
	PIN_MADE = 6,
	SUBJECTS = 2,		/* what wrong PINs are counted for */
	SUBJECT_SIZE = 96
};

static const int64_t tries[SUBJECTS] = { BUYER_FREE, BUYER_PAYMENT_FREE };

const char *
buyer_check_phone(const char *phone)
{
	size_t n = strlen(phone);

	return phone[0] == '+' && phone[1] != '0' &&
	    n > PHONE_DIGITS_MIN && n <= PHONE_DIGITS_MAX + 1 &&
	    strspn(phone + 1, "0123456789") == n - 1 ? NULL :
	    "Must be E.164: + and 8 to 15 digits";
}

const char *
buyer_check_pin_form(const char *pin)
{
	size_t n = strlen(pin);

	return n >= PIN_MIN && n < BUYER_PIN_SIZE &&
	    strspn(pin, "0123456789") == n ? NULL :
	    "A PIN is four to eight digits";
}

void
buyer_pin_make(char out[BUYER_PIN_SIZE])
{
	uint8_t byte;

	for (size_t i = 0; i < PIN_MADE; ) {
		sig_random(&byte, 1);
		/* 250 is 25 times ten: no digit is likelier than another. */
		if (byte < 250)
			out[i++] = (char)('0' + byte % 10);
	}
	out[PIN_MADE] = '\0';
}

/* Where the API's currencies are used, and around Liberia. */
static const char *
country_of(const char *phone)
{
	static const char *const table[][2] = {
		{ "+231", "LR" }, { "+232", "SL" }, { "+224", "GN" },
		{ "+225", "CI" }, { "+255", "TZ" }
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strncmp(phone, table[i][0], 4) == 0)
			return table[i][1];
	return NULL;
}

struct buyer *
buyer_of_row(struct rows *r, struct arena *arena)
{
	struct buyer *b = arena_alloc(arena, sizeof(*b));

	b->id = row_text_copy(r, 0, arena);
	b->live = row_int(r, 1) == 1;
	b->phone_number = row_text_copy(r, 2, arena);
	b->name = row_text_copy(r, 3, arena);
	b->country_code = row_text_copy(r, 4, arena);
	b->pin = row_text_copy(r, 5, arena);
	b->created_at = row_int(r, 6);
	b->disabled_at = row_int(r, 7);
	return b;
}

struct buyer *
buyer_find(struct conn *c, struct arena *arena, bool live,
    const char *phone_number)
{
	struct rows *r = conn_rows(c, SQL_BUYER_FIND, "it", (int64_t)live,
	    phone_number);
	struct buyer *b = row_next(r) ? buyer_of_row(r, arena) : NULL;

	row_done(r);
	return b;
}

struct buyer *
buyer_find_good(struct conn *c, struct arena *arena, bool live,
    const char *phone_number)
{
	struct buyer *b = buyer_find(c, arena, live, phone_number);

	return b != NULL && b->disabled_at == 0 ? b : NULL;
}

bool
buyer_add(struct conn *c, struct arena *arena, int64_t now, struct buyer *b,
    const char *actor)
{
	char id[ID_SIZE];

	b->country_code = country_of(b->phone_number);
	b->created_at = now;
	b->disabled_at = 0;
	if (conn_try(c, SQL_BUYER_INSERT, "titttti", id_make("usr_", now, id),
	    (int64_t)b->live, b->phone_number, b->name, b->country_code,
	    b->pin, now) != 1)
		return false;
	b->id = arena_strdup(arena, id);
	audit_write(c, now, actor, "buyer.created", id, arena_printf(arena,
	    "{\"phone_number\":\"%s\",\"livemode\":%s}", b->phone_number,
	    b->live ? "true" : "false"));
	return true;
}

bool
buyer_disable(struct conn *c, int64_t now, struct buyer *b,
    const char *actor)
{
	if (conn_run(c, SQL_BUYER_DISABLE, "it", now, b->id) != 1)
		return false;
	b->disabled_at = now;
	audit_write(c, now, actor, "buyer.disabled", b->id, "{}");
	return true;
}

void
buyer_write(struct jsonw *w, const struct buyer *b)
{
	jsonw_text(w, "id", b->id);
	jsonw_text(w, "object", "user");
	jsonw_text(w, "phone_number", b->phone_number);
	jsonw_text(w, "name", b->name);
	jsonw_text(w, "country_code", b->country_code);
	jsonw_bool(w, "livemode", b->live);
	jsonw_time(w, "created_at", b->created_at);
	jsonw_time(w, "disabled_at", b->disabled_at);
}

/* ------------------------------------------------------------ the PIN */

/* A PIN on its way to being believed. */
struct check {
	struct request	*rq;
	const char	*payment;
	struct buyer	*b;		/* NULL: nobody has this number */
	char		 subject[SUBJECTS][SUBJECT_SIZE];
	int64_t		 blocked_until;	/* of the worse of them */
};

/* The number is hashed: what is counted need not be a buyer's. */
static void
name_subjects(struct check *k, bool live, const char *phone)
{
	char hex[SHA256_HEX_SIZE];
	uint8_t hash[SHA256_SIZE];

	sig_sha256(phone, strlen(phone), hash);
	hex_encode(hash, sizeof(hash), hex);
	snprintf(k->subject[0], SUBJECT_SIZE, "buyer:%s:%s",
	    live ? "live" : "test", hex);
	snprintf(k->subject[1], SUBJECT_SIZE, "payment:%.64s", k->payment);
}

/* How long the nth wrong PIN in a row keeps further ones off. */
static int64_t
block_ms(size_t subject, int64_t n)
{
	int64_t free = tries[subject], ms = BUYER_BLOCK_MS;

	if (n % free != 0)
		return 0;
	for (; n > free && ms < BUYER_BLOCK_MAX_MS; n -= free)
		ms *= 2;
	return ms < BUYER_BLOCK_MAX_MS ? ms : BUYER_BLOCK_MAX_MS;
}

static const struct fault *
reserve(struct conn *c, void *arg)
{
	struct check *k = arg;
	const char *const subjects[SUBJECTS] = { k->subject[0],
	    k->subject[1] };

	return tries_reserve(c, k->rq->now, subjects, SUBJECTS, block_ms,
	    &k->blocked_until) ? NULL : &FAULT_RATE_LIMITED;
}

static const struct fault *
record_failure(struct conn *c, void *arg)
{
	struct check *k = arg;

	audit_write(c, k->rq->now, merchant_actor(k->rq), "buyer.pin_failed",
	    k->b != NULL ? k->b->id : k->payment,
	    arena_printf(k->rq->arena, "{\"payment\":\"%s\"}", k->payment));
	return NULL;
}

static const struct fault *
record_success(struct conn *c, void *arg)
{
	struct check *k = arg;

	for (int i = 0; i < SUBJECTS; i++)
		tries_clear(c, k->subject[i]);
	return NULL;
}

const struct fault *
buyer_check_pin(struct request *rq, bool live, const char *phone_number,
    const char *pin, const char *payment, struct buyer **b)
{
	struct check k = { .rq = rq, .payment = payment };
	const struct fault *fault;

	name_subjects(&k, live, phone_number);
	if ((fault = request_txn(rq, reserve, &k)) != NULL) {
		if (fault == &FAULT_RATE_LIMITED)
			reply_header(rq, "Retry-After", "%lld", (long long)
			    (k.blocked_until - rq->now + 999) / 1000);
		return fault;
	}
	k.b = buyer_find_good(rq->conn, rq->arena, live, phone_number);
	if (conn_failed(rq->conn) != NULL)
		return &FAULT_STORAGE;
	if (!password_check_in_turn(k.b != NULL ? k.b->pin : NULL, pin)) {
		fault = request_txn(rq, record_failure, &k);
		return fault != NULL ? fault : &FAULT_FORBIDDEN;
	}
	*b = k.b;
	return request_txn(rq, record_success, &k);
}
