/* SPDX-License-Identifier: ISC */
/* rekey.c - sealing everything anew under another master key. */
#include "rekey.h"

#include <stdio.h>
#include <string.h>

#include "sig.h"

enum { PAGE = 200 };

/* The name of a row: a number where its table has one, and texts. */
struct place {
	int64_t		 number;
	const char	*text[3];
};

/* A value, as it stands in its row. */
struct value {
	struct place	 place;
	struct slice	 kept;
};

/* One kind of sealed value. */
struct kind {
	const char	*name;		/* table.column */
	const char	*key;		/* the columns of a name: t and i */
	const char	*context;	/* what comes before the name */
	/* Where the sealed bytes are digits in a text: what is before them. */
	const char	*mark;
	struct rows	*(*page)(struct conn *, const struct place *);
	void		(*put)(struct conn *, const struct place *,
			    struct slice now, struct slice before);
};

static struct rows *
page_of_name(struct conn *c, enum sql sql, const struct place *p)
{
	return conn_rows(c, sql, "ti", p->text[0], (int64_t)PAGE);
}

static void
put_by_name(struct conn *c, enum sql sql, const struct place *p,
    struct slice now, struct slice before)
{
	conn_run(c, sql, "btb", now.p, now.n, p->text[0], before.p, before.n);
}

#define BY_NAME(what, PAGE_SQL, PUT_SQL)				\
static struct rows *							\
page_##what(struct conn *c, const struct place *p)			\
{									\
	return page_of_name(c, PAGE_SQL, p);				\
}									\
static void								\
put_##what(struct conn *c, const struct place *p, struct slice now,	\
    struct slice before)						\
{									\
	put_by_name(c, PUT_SQL, p, now, before);			\
}

BY_NAME(api_key, SQL_SEALED_API_KEYS, SQL_RESEAL_API_KEY)
BY_NAME(signing, SQL_SEALED_SIGNING_KEYS, SQL_RESEAL_SIGNING_KEY)
BY_NAME(factor, SQL_SEALED_FACTORS, SQL_RESEAL_FACTOR)
BY_NAME(next, SQL_SEALED_NEXT_FACTORS, SQL_RESEAL_NEXT_FACTOR)

static struct rows *
page_secret(struct conn *c, const struct place *p)
{
	return conn_rows(c, SQL_SEALED_SECRETS, "tii", p->text[0], p->number,
	    (int64_t)PAGE);
}

static void
put_secret(struct conn *c, const struct place *p, struct slice now,
    struct slice before)
{
	conn_run(c, SQL_RESEAL_SECRET, "btib", now.p, now.n, p->text[0],
	    p->number, before.p, before.n);
}

static struct rows *
page_intent(struct conn *c, const struct place *p)
{
	return page_of_name(c, SQL_SEALED_INTENTS, p);
}

static void
put_intent(struct conn *c, const struct place *p, struct slice now,
    struct slice before)
{
	conn_run(c, SQL_RESEAL_INTENT, "sts", now, p->text[0], before);
}

static struct rows *
page_answer(struct conn *c, const struct place *p)
{
	return conn_rows(c, SQL_SEALED_ANSWERS, "ittti", p->number,
	    p->text[0], p->text[1], p->text[2], (int64_t)PAGE);
}

static void
put_answer(struct conn *c, const struct place *p, struct slice now,
    struct slice before)
{
	conn_run(c, SQL_RESEAL_ANSWER, "sittts", now, p->number, p->text[0],
	    p->text[1], p->text[2], before);
}

static const struct kind kinds[] = {
	{ "api_key.hmac_sealed", "t", "api_key", NULL, page_api_key,
	    put_api_key },
	{ "webhook_secret.secret_sealed", "ti", "webhook_endpoint", NULL,
	    page_secret, put_secret },
	{ "signing_key.private_sealed", "t", "signing_key", NULL,
	    page_signing, put_signing },
	{ "operator_factor.secret_sealed", "t", "operator_factor", NULL,
	    page_factor, put_factor },
	{ "operator_factor.next_sealed", "t", "operator_factor", NULL,
	    page_next, put_next },
	{ "intent.next_action", "t", "intent_action", "\"sealed\":\"",
	    page_intent, put_intent },
	{ "idempotency.answer", "ittt", "idempotency", "sealed:",
	    page_answer, put_answer },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* The values of a page, NULLs left out; how many rows it had. */
static int
read_page(struct conn *c, struct arena *arena, const struct kind *kind,
    const struct place *after, struct value *out, int *n)
{
	struct rows *r = kind->page(c, after);
	int rows = 0, columns = (int)strlen(kind->key);

	for (*n = 0; rows < PAGE && row_next(r); rows++) {
		struct value *v = &out[*n];
		int text = 0;

		*v = (struct value){ .place = { 0, { NULL, NULL, NULL } } };
		for (int i = 0; i < columns; i++)
			if (kind->key[i] == 'i')
				v->place.number = row_int(r, i);
			else
				v->place.text[text++] = row_text_copy(r, i,
				    arena);
		struct slice s = row_bytes(r, columns);
		if (s.p != NULL)
			v->kept = (struct slice){ arena_strndup(arena, s.p,
			    s.n), s.n };
		(*n)++;
	}
	row_done(r);
	return rows;
}

/* The sealed bytes of a value; p is NULL where it holds none. */
static struct slice
sealed_of(struct arena *arena, const struct kind *kind, struct slice kept)
{
	const struct slice none = { NULL, 0 };

	if (kept.p == NULL || kind->mark == NULL)
		return kept;
	const char *p = strstr(kept.p, kind->mark);
	if (p == NULL)
		return none;
	p += strlen(kind->mark);
	size_t n = strspn(p, "0123456789abcdef") / 2;
	uint8_t *bytes = arena_alloc(arena, n + 1);
	if (!hex_decode(p, 2 * n, bytes, n))
		return none;
	return (struct slice){ (const char *)bytes, n };
}

/* The value as it is to stand in its row, sealed anew. */
static struct slice
in_form(struct arena *arena, const struct kind *kind, struct slice kept,
    const uint8_t *sealed, size_t n)
{
	if (kind->mark == NULL)
		return (struct slice){ (const char *)sealed, n };
	const char *at = strstr(kept.p, kind->mark) + strlen(kind->mark);
	char *hex = arena_alloc(arena, 2 * n + 1);
	hex_encode(sealed, n, hex);
	const char *text = arena_printf(arena, "%.*s%s%s",
	    (int)(at - kept.p), kept.p, hex,
	    at + strspn(at, "0123456789abcdef"));
	return (struct slice){ text, strlen(text) };
}

static const char *
context_of(struct arena *arena, const struct kind *kind,
    const struct place *p)
{
	return p->text[2] != NULL ? arena_printf(arena, "%s:%s:%s:%s",
	    kind->context, p->text[0], p->text[1], p->text[2]) :
	    arena_printf(arena, "%s:%s", kind->context, p->text[0]);
}

static void
keep_place(struct rekey *k, const struct place *p)
{
	k->number = p->number;
	for (int i = 0; i < 3; i++)
		snprintf(k->text[i], sizeof(k->text[i]), "%s",
		    p->text[i] != NULL ? p->text[i] : "");
}

static struct place
place_of(const struct rekey *k)
{
	return (struct place){ k->number,
	    { k->text[0], k->text[1], k->text[2] } };
}

/* Goes on to the first row of the next kind. */
static void
next_kind(struct rekey *k)
{
	static const struct place first = { .number = -1 };

	k->kind++;
	keep_place(k, &first);
}

static void
count_value(struct arena *arena, const struct vault *vault,
    const struct kind *kind, const struct value *v, struct rekey_count *count)
{
	struct slice sealed = sealed_of(arena, kind, v->kept);

	if (sealed.p == NULL)
		return;
	int key = vault_key_of(vault, sealed.p, sealed.n);
	count->values++;
	count->old += key > 0;
	count->unknown += key < 0;
	if (key != 0 && count->first_old[0] == '\0')
		snprintf(count->first_old, sizeof(count->first_old),
		    "%s of %.48s", kind->name, v->place.text[0]);
}

bool
rekey_look(struct conn *c, const struct vault *vault,
    struct rekey_count *count)
{
	struct arena *arena = arena_new();
	struct rekey k;

	memset(count, 0, sizeof(*count));
	rekey_begin(&k, vault);
	while (k.kind < KINDS && conn_failed(c) == NULL) {
		struct value *page = arena_alloc(arena, PAGE * sizeof(*page));
		struct place after = place_of(&k);
		int n, rows = read_page(c, arena, &kinds[k.kind], &after,
		    page, &n);

		for (int i = 0; i < n; i++)
			count_value(arena, vault, &kinds[k.kind], &page[i],
			    count);
		if (rows == PAGE)
			keep_place(&k, &page[n - 1].place);
		else
			next_kind(&k);
		arena_reset(arena);
	}
	arena_free(arena);
	return conn_failed(c) == NULL;
}

void
rekey_begin(struct rekey *k, const struct vault *vault)
{
	memset(k, 0, sizeof(*k));
	k->vault = vault;
	k->number = -1;
}

/* A page in its transaction, which may run again. */
struct step {
	const struct rekey	*from;
	struct rekey		 to;
	struct arena		*arena;
};

static void
reseal(struct step *s, struct conn *c, const struct kind *kind,
    const struct value *v)
{
	struct slice sealed = sealed_of(s->arena, kind, v->kept);
	const char *context = context_of(s->arena, kind, &v->place);

	if (sealed.p == NULL)
		return;
	s->to.seen++;
	if (vault_key_of(s->to.vault, sealed.p, sealed.n) == 0)
		return;
	char *plain = vault_unseal(s->to.vault, context, sealed.p, sealed.n,
	    s->arena);
	if (plain == NULL) {
		s->to.unopened++;
		return;
	}
	uint8_t *now = arena_alloc(s->arena, sealed.n);
	vault_seal(s->to.vault, context, plain, sealed.n - VAULT_OVERHEAD,
	    now);
	sig_wipe(plain, sealed.n - VAULT_OVERHEAD);
	kind->put(c, &v->place, in_form(s->arena, kind, v->kept, now,
	    sealed.n), v->kept);
	s->to.resealed++;
}

static const struct fault *
do_page(struct conn *c, void *arg)
{
	struct step *s = arg;
	struct value *page = arena_alloc(s->arena, PAGE * sizeof(*page));
	const struct kind *kind = &kinds[s->from->kind];
	struct place after = place_of(s->from);
	int n, rows = read_page(c, s->arena, kind, &after, page, &n);

	s->to = *s->from;
	for (int i = 0; i < n; i++)
		reseal(s, c, kind, &page[i]);
	if (rows == PAGE)
		keep_place(&s->to, &page[n - 1].place);
	else
		next_kind(&s->to);
	return NULL;
}

bool
rekey_page(struct rekey *k, struct db *db, const struct fault **fault)
{
	struct step s = { .from = k, .arena = arena_new() };

	*fault = k->kind < KINDS ? db_txn(db, do_page, &s) : NULL;
	if (*fault == NULL && k->kind < KINDS)
		*k = s.to;
	arena_free(s.arena);
	return k->kind < KINDS;
}
