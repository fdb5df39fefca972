/* SPDX-License-Identifier: ISC */
/* client-change.c - what was sent replaces what is there. */
#include "client-change.h"

#include <stddef.h>

#include "brand.h"
#include "caller.h"

#define IN(member) offsetof(struct client_change, member)
#define PARTNER_FIELD							\
	{ "partner_id", FIELD_TEXT, .required = true,			\
	  .offset = IN(partner_id), .min = 1, .max = 64 }
#define CHANGEABLE							\
	{ "status", FIELD_CHOICE, .offset = IN(status),			\
	  .choices = client_statuses },					\
	{ "partner_fee_percentage", FIELD_PERCENT,			\
	  .offset = IN(fee_ppm) },					\
	{ "partner_fee_flat_usd", FIELD_CENTS,				\
	  .offset = IN(fee_flat_cents), .min = 0, .max = 10 },		\
	{ .name = NULL }

const struct field client_add_fields[] = {
	PARTNER_FIELD,
	{ "client_id", FIELD_TEXT, .required = true, .offset = IN(client_id),
	  .min = 3, .max = 64, .check = partner_check_id },
	{ "legal_name", FIELD_TEXT, .required = true,
	  .offset = IN(legal_name), .min = 2, .max = 200,
	  .check = field_check_markup },
	CHANGEABLE
};

const struct field client_change_fields[] = {
	PARTNER_FIELD,
	{ "legal_name", FIELD_TEXT, .offset = IN(legal_name), .min = 2,
	  .max = 200, .check = field_check_markup },
	CHANGEABLE
};

void
client_change_write(struct jsonw *w, const struct client *c)
{
	jsonw_object(w, NULL);
	client_write(w, c);
	brand_write(w, &c->brand);
	jsonw_end_object(w);
}

const struct fault *
client_change_answer(struct request *rq, int status, const struct client *c)
{
	struct jsonw w;

	reply_start(rq, status, &w);
	client_change_write(&w, c);
	return NULL;
}

/* Was a fee named, be it null? */
static bool
names(struct request *rq, const char *key)
{
	return json_get(rq->json, key) != NULL;
}

/* What was sent replaces what is there. *changed: something was. */
static const struct fault *
take(struct request *rq, const struct client_change *in, struct client *c,
    bool *changed)
{
	const char *key, *wrong = brand_take(&c->brand, rq->json, rq->arena,
	    changed, &key);
	bool percent = names(rq, "partner_fee_percentage");
	bool flat = names(rq, "partner_fee_flat_usd");

	if (wrong != NULL)
		return request_complain(rq, key, wrong);
	*changed = *changed || in->legal_name != NULL || in->status != NULL ||
	    percent || flat;
	if (in->legal_name != NULL)
		c->legal_name = in->legal_name;
	if (in->status != NULL)
		c->status = in->status;
	if (percent)
		c->fee_ppm = in->fee_ppm;
	if (flat)
		c->fee_flat_cents = in->fee_flat_cents;
	return NULL;
}

static const struct fault *
find_partner(struct conn *c, struct request *rq, const struct client_change *in,
    const struct partner **p)
{
	*p = partner_find(c, rq->arena, in->partner_id);
	return *p != NULL ? NULL : &FAULT_PARTNER_NOT_FOUND;
}

const struct fault *
client_change_add(struct conn *conn, struct request *rq, void *arg)
{
	const struct client_change *in = arg;
	struct client c = { .client_id = in->client_id, .status = "active",
	    .fee_ppm = -1, .fee_flat_cents = -1 };
	const struct partner *p;
	const struct fault *fault;
	bool changed = false, looks = false;
	const char *key;

	if ((fault = find_partner(conn, rq, in, &p)) != NULL ||
	    (fault = take(rq, in, &c, &changed)) != NULL ||
	    (fault = client_add(conn, p, &c, rq->arena, rq->now,
	    caller_operator(rq))) != NULL)
		return fault;
	/* A new row has no look yet. */
	brand_take(&c.brand, rq->json, rq->arena, &looks, &key);
	if (looks && !client_update(conn, &c, rq->now, caller_operator(rq)))
		return &FAULT_STORAGE;
	return client_change_answer(rq, 201, &c);
}

const struct fault *
client_change_set(struct conn *conn, struct request *rq, void *arg)
{
	const struct client_change *in = arg;
	const struct partner *p;
	bool changed = false;
	const struct fault *fault = find_partner(conn, rq, in, &p);

	if (fault != NULL)
		return fault;
	struct client *c = client_find(conn, rq->arena, p->partner_id,
	    rq->item);
	if (c == NULL)
		return &FAULT_CLIENT_NOT_FOUND;
	if ((fault = take(rq, in, c, &changed)) != NULL)
		return fault;
	if (!changed)
		return request_complain(rq, NULL, "There is nothing to change");
	if (names(rq, "partner_fee_percentage") && c->fee_ppm >= 0 &&
	    c->fee_ppm < p->fee_ppm)
		return &FAULT_CLIENT_FEE_TOO_LOW;
	c->updated_at = rq->now;
	if (!client_update(conn, c, rq->now, caller_operator(rq)))
		return &FAULT_STORAGE;
	return client_change_answer(rq, 200, c);
}

