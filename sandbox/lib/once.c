/* SPDX-License-Identifier: ISC */
/* once.c - idempotency keys. */
#include "once.h"

#include <string.h>

#include "sig.h"

/* Long enough for every processor: none promises more. */
static const int64_t life_ms = 24 * 3600 * 1000LL;

/* What must be the same where a key comes a second time. */
static const char *
print_of(struct box_request *rq)
{
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	const char *text = arena_printf(rq->box.arena, "%s %s", rq->path,
	    form_print(&rq->form, rq->box.arena));

	sig_sha256(text, strlen(text), digest);
	hex_encode(digest, sizeof(digest), hex);
	return arena_strdup(rq->box.arena, hex);
}

static enum once
known(struct box_request *rq, struct cursor *c, const char *print,
    struct once_answer *answer)
{
	if (strcmp(cursor_text(c, 0), print) != 0)
		return ONCE_OTHER;
	if (cursor_text(c, 4) == NULL)
		return ONCE_RUNNING;
	answer->request = arena_strdup(rq->box.arena, cursor_text(c, 1));
	answer->status = (int)cursor_int(c, 3);
	answer->body = arena_strdup(rq->box.arena, cursor_text(c, 4));
	return ONCE_DONE;
}

enum once
once_claim(struct box_request *rq, const char *service, const char *key,
    struct once_answer *answer)
{
	struct store *s = rq->box.store;
	const char *print = print_of(rq);
	enum once once = ONCE_NEW;

	store_begin(s);
	struct cursor *c = store_query(s, Q_IDEM_FIND, "tt", service, key);
	if (cursor_next(c) && cursor_int(c, 2) > rq->box.now - life_ms)
		once = known(rq, c, print, answer);
	cursor_end(c);
	if (once == ONCE_NEW)
		store_run(s, Q_IDEM_CLAIM, "tttti", service, key, print,
		    rq->id, rq->box.now);
	store_commit(s);
	return once;
}

void
once_keep(struct box_request *rq, const char *service, const char *key)
{
	store_run(rq->box.store, Q_IDEM_KEEP, "ttit", service, key,
	    (int64_t)rq->status, buf_str(&rq->out));
}

void
once_forget(struct box_request *rq, const char *service, const char *key)
{
	store_begin(rq->box.store);
	store_run(rq->box.store, Q_IDEM_FORGET, "tt", service, key);
	store_commit(rq->box.store);
}

void
once_tidy(struct box *box, const char *service)
{
	store_begin(box->store);
	store_run(box->store, Q_IDEM_INTERRUPTED, "t", service);
	store_commit(box->store);
}
