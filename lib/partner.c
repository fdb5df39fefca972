/* SPDX-License-Identifier: ISC */
/* partner.c - reading and making partners and clients. */
#include "partner.h"

#include <stdio.h>
#include <string.h>

#include "amount.h"
#include "audit.h"
#include "brand.h"

enum { DETAIL_MAX = 16 * 1024 };

const char *const partner_statuses[] = {
	"active", "inactive", "suspended", NULL
};
const char *const partner_kyc_statuses[] = {
	"approved", "pending", "rejected", NULL
};
const char *const client_statuses[] = {
	"active", "suspended", "pending_kyc", NULL
};

const char *
partner_check_id(const char *text)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_-";

	return strspn(text, allowed) == strlen(text) ? NULL :
	    "Invalid: use letters, digits, _ and -";
}

/* Seven columns from the given one on. */
static void
read_branding(struct rows *r, int column, struct branding *b,
    struct arena *arena)
{
	b->display_name = row_text_copy(r, column, arena);
	b->logo_url = row_text_copy(r, column + 1, arena);
	b->primary_color = row_text_copy(r, column + 2, arena);
	b->secondary_color = row_text_copy(r, column + 3, arena);
	b->widget_background_color = row_text_copy(r, column + 4, arena);
	b->widget_text_color = row_text_copy(r, column + 5, arena);
	b->website_url = row_text_copy(r, column + 6, arena);
}

struct partner *
partner_of_row(struct rows *r, struct arena *arena)
{
	struct partner *p = arena_alloc(arena, sizeof(*p));

	p->partner_id = row_text_copy(r, 0, arena);
	p->legal_name = row_text_copy(r, 1, arena);
	p->status = row_text_copy(r, 2, arena);
	p->kyc_status = row_text_copy(r, 3, arena);
	p->fee_ppm = row_int(r, 4);
	read_branding(r, 5, &p->brand, arena);
	p->created_at = row_int(r, 12);
	p->updated_at = row_int(r, 13);
	return p;
}

struct partner *
partner_find(struct conn *c, struct arena *arena, const char *partner_id)
{
	struct rows *r = conn_rows(c, SQL_PARTNER_FIND, "t", partner_id);
	struct partner *p = row_next(r) ? partner_of_row(r, arena) : NULL;

	row_done(r);
	return p;
}

struct client *
client_of_row(struct rows *r, struct arena *arena)
{
	struct client *c = arena_alloc(arena, sizeof(*c));

	c->id = row_text_copy(r, 0, arena);
	c->partner_id = row_text_copy(r, 1, arena);
	c->client_id = row_text_copy(r, 2, arena);
	c->legal_name = row_text_copy(r, 3, arena);
	c->status = row_text_copy(r, 4, arena);
	c->fee_ppm = row_null(r, 5) ? -1 : row_int(r, 5);
	c->fee_flat_cents = row_null(r, 6) ? -1 : row_int(r, 6);
	read_branding(r, 7, &c->brand, arena);
	c->created_at = row_int(r, 14);
	c->updated_at = row_int(r, 15);
	return c;
}

struct client *
client_find(struct conn *conn, struct arena *arena, const char *partner_id,
    const char *client_id)
{
	struct rows *r = conn_rows(conn, SQL_CLIENT_FIND, "tt", partner_id,
	    client_id);
	struct client *c = row_next(r) ? client_of_row(r, arena) : NULL;

	row_done(r);
	return c;
}

const struct fault *
partner_may_take_payments(struct conn *c, struct arena *arena,
    const char *partner_id, const char *client_id)
{
	const struct partner *p = partner_find(c, arena, partner_id);

	if (p == NULL)
		return &FAULT_PARTNER_NOT_FOUND;
	if (strcmp(p->status, "active") != 0)
		return &FAULT_PARTNER_NOT_ACTIVE;
	if (strcmp(p->kyc_status, "approved") != 0)
		return &FAULT_KYC_NOT_APPROVED;
	const struct client *client = client_find(c, arena, partner_id,
	    client_id);
	if (client == NULL)
		return &FAULT_CLIENT_NOT_FOUND;
	if (strcmp(client->status, "active") != 0)
		return &FAULT_CLIENT_NOT_ACTIVE;
	return NULL;
}

/* The members of a partner that can be changed. */
static void
write_changeable(struct jsonw *w, const char *key, const struct partner *p)
{
	jsonw_object(w, key);
	jsonw_text(w, "legal_name", p->legal_name);
	jsonw_text(w, "status", p->status);
	jsonw_text(w, "kyc_status", p->kyc_status);
	jsonw_percent(w, "fee_percentage", p->fee_ppm);
	brand_write(w, &p->brand);
	jsonw_end_object(w);
}

void
partner_write(struct jsonw *w, const char *key, const struct partner *p)
{
	jsonw_object(w, key);
	jsonw_text(w, "partner_id", p->partner_id);
	jsonw_text(w, "legal_name", p->legal_name);
	jsonw_text(w, "status", p->status);
	jsonw_text(w, "kyc_status", p->kyc_status);
	jsonw_percent(w, "fee_percentage", p->fee_ppm);
	brand_write(w, &p->brand);
	jsonw_time(w, "created_at", p->created_at);
	jsonw_time(w, "updated_at", p->updated_at);
	jsonw_end_object(w);
}

/* What it was, and what it is now; before is NULL where it was made. */
static void
audit_partner(struct conn *conn, int64_t now, const char *actor,
    const struct partner *before, const struct partner *p)
{
	struct buf detail;
	struct jsonw w;

	buf_init(&detail, DETAIL_MAX);
	jsonw_init(&w, &detail);
	jsonw_object(&w, NULL);
	if (before != NULL)
		write_changeable(&w, "before", before);
	write_changeable(&w, "after", p);
	jsonw_end_object(&w);
	audit_write(conn, now, actor, before != NULL ? "partner.updated" :
	    "partner.created", p->partner_id, buf_str(&detail));
	buf_free(&detail);
}

static void
write_client(struct jsonw *w, const char *key, const struct client *c)
{
	jsonw_object(w, key);
	client_write(w, c);
	brand_write(w, &c->brand);
	jsonw_end_object(w);
}

static void
audit_client(struct conn *conn, int64_t now, const char *actor,
    const struct client *before, const struct client *c)
{
	char subject[160];
	struct buf detail;
	struct jsonw w;

	buf_init(&detail, DETAIL_MAX);
	jsonw_init(&w, &detail);
	jsonw_object(&w, NULL);
	if (before != NULL)
		write_client(&w, "before", before);
	write_client(&w, "after", c);
	jsonw_end_object(&w);
	snprintf(subject, sizeof(subject), "%s/%s", c->partner_id,
	    c->client_id);
	audit_write(conn, now, actor, before != NULL ? "client.updated" :
	    "client.created", subject, buf_str(&detail));
	buf_free(&detail);
}

/* Writes all that can be changed. */
static bool
write_changes(struct conn *c, const struct partner *p, int64_t now)
{
	const struct branding *b = &p->brand;

	return conn_run(c, SQL_PARTNER_UPDATE, "tttitttttttit", p->legal_name,
	    p->status, p->kyc_status, p->fee_ppm, b->display_name,
	    b->logo_url, b->primary_color, b->secondary_color,
	    b->widget_background_color, b->widget_text_color, b->website_url,
	    now, p->partner_id) == 1;
}

bool
partner_add(struct conn *c, const struct partner *p, int64_t now,
    const char *actor)
{
	if (conn_try(c, SQL_PARTNER_INSERT, "ttttii", p->partner_id,
	    p->legal_name, p->status, p->kyc_status, p->fee_ppm, now) != 1)
		return false;
	audit_partner(c, now, actor, NULL, p);
	return write_changes(c, p, now);
}

bool
partner_update(struct conn *c, const struct partner *p, int64_t now,
    const char *actor)
{
	struct arena *arena = arena_new();
	const struct partner *before = partner_find(c, arena, p->partner_id);
	bool done = before != NULL && write_changes(c, p, now);

	if (done)
		audit_partner(c, now, actor, before, p);
	arena_free(arena);
	return done;
}

static bool
write_client_changes(struct conn *conn, const struct client *c, int64_t now)
{
	const struct branding *b = &c->brand;

	return conn_run(conn, SQL_CLIENT_UPDATE, "ttootttttttitt",
	    c->legal_name, c->status, c->fee_ppm, c->fee_flat_cents,
	    b->display_name, b->logo_url, b->primary_color,
	    b->secondary_color, b->widget_background_color,
	    b->widget_text_color, b->website_url, now, c->partner_id,
	    c->client_id) == 1;
}

bool
client_update(struct conn *conn, const struct client *c, int64_t now,
    const char *actor)
{
	struct arena *arena = arena_new();
	const struct client *before = client_find(conn, arena, c->partner_id,
	    c->client_id);
	bool done = before != NULL && write_client_changes(conn, c, now);

	if (done)
		audit_client(conn, now, actor, before, c);
	arena_free(arena);
	return done;
}

const struct fault *
client_add(struct conn *conn, const struct partner *p, struct client *c,
    struct arena *arena, int64_t now, const char *actor)
{
	char id[ID_SIZE];

	if (c->fee_ppm >= 0 && c->fee_ppm < p->fee_ppm)
		return &FAULT_CLIENT_FEE_TOO_LOW;
	c->id = arena_strdup(arena, id_make("cl_", now, id));
	c->partner_id = p->partner_id;
	c->created_at = c->updated_at = now;
	int64_t n = conn_try(conn, SQL_CLIENT_INSERT, "tttttooi", c->id,
	    c->partner_id, c->client_id, c->legal_name, c->status,
	    c->fee_ppm, c->fee_flat_cents, now);
	if (n == CONN_TAKEN)
		return &FAULT_CLIENT_ALREADY_EXISTS;
	audit_client(conn, now, actor, NULL, c);
	return NULL;
}

static void
write_ppm(struct jsonw *w, const char *key, int64_t ppm)
{
	if (ppm < 0)
		jsonw_null(w, key);
	else
		jsonw_percent(w, key, ppm);
}

void
client_write(struct jsonw *w, const struct client *c)
{
	char text[AMOUNT_TEXT_SIZE];

	jsonw_text(w, "id", c->id);
	jsonw_text(w, "partner_id", c->partner_id);
	jsonw_text(w, "client_id", c->client_id);
	jsonw_text(w, "legal_name", c->legal_name);
	jsonw_text(w, "status", c->status);
	write_ppm(w, "partner_fee_percentage", c->fee_ppm);
	amount_print(c->fee_flat_cents, "USD", text);
	jsonw_raw(w, "partner_fee_flat_usd", c->fee_flat_cents >= 0 ? text :
	    NULL, strlen(text));
	jsonw_time(w, "created_at", c->created_at);
	jsonw_time(w, "updated_at", c->updated_at);
}
