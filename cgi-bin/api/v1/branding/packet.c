/* SPDX-License-Identifier: ISC */
/*
 * GET /api/v1/branding/packet - names and colours of the payment form.
 *
 * Public, and read by browsers of any site (Access-Control-Allow-Origin: *,
 * also on refusals). Query: client_id (required), partner_id (needed where
 * two partners have a client of this name).
 *
 * Refuses: 400 VALIDATION_ERROR, 404 PARTNER_NOT_FOUND, 404 CLIENT_NOT_FOUND.
 *
 * Answers 200 {"partner_id","client_id","partner_legal_name",
 * "client_legal_name","partner_status","branding":{...}}. A client's own
 * branding wins over its partner's, member by member; unset members are
 * left out, so that the widget's defaults hold. May be cached for a minute.
 */
#include "gateway.h"

struct input {
	const char	*client_id;
	const char	*partner_id;
};

#define IN(member) offsetof(struct input, member)

static const struct field fields[] = {
	{ "client_id", FIELD_TEXT, .required = true, IN(client_id),
	  .min = 1, .max = 64 },
	{ "partner_id", FIELD_TEXT, .offset = IN(partner_id), .max = 64 },
	{ .name = NULL }
};

/* The one partner with a client of this name; NULL for none or several. */
static const char *
find_owner(struct request *rq, const char *client_id)
{
	struct rows *r = conn_rows(rq->conn, SQL_CLIENT_BY_NAME, "t",
	    client_id);
	const char *owner = row_next(r) ? row_text_copy(r, 0, rq->arena) :
	    NULL;

	if (owner != NULL && row_next(r))
		owner = NULL;
	row_done(r);
	return owner;
}

static void
write_one(struct jsonw *w, const char *key, const char *own,
    const char *partners)
{
	const char *value = own != NULL ? own : partners;

	if (value != NULL)
		jsonw_text(w, key, value);
}

static void
write_branding(struct jsonw *w, const struct branding *c,
    const struct branding *p)
{
	jsonw_object(w, "branding");
	write_one(w, "brand_display_name", c->display_name, p->display_name);
	write_one(w, "brand_logo_url", c->logo_url, p->logo_url);
	write_one(w, "brand_primary_color", c->primary_color,
	    p->primary_color);
	write_one(w, "brand_secondary_color", c->secondary_color,
	    p->secondary_color);
	write_one(w, "widget_background_color", c->widget_background_color,
	    p->widget_background_color);
	write_one(w, "widget_text_color", c->widget_text_color,
	    p->widget_text_color);
	write_one(w, "website_url", c->website_url, p->website_url);
	jsonw_end_object(w);
}

static const struct fault *
packet(struct request *rq, void *arg)
{
	const struct input *in = arg;
	const char *owner = in->partner_id;
	struct jsonw w;

	if (owner == NULL || *owner == '\0')
		owner = find_owner(rq, in->client_id);
	if (owner == NULL)
		return &FAULT_CLIENT_NOT_FOUND;
	const struct partner *p = partner_find(rq->conn, rq->arena, owner);
	if (p == NULL)
		return &FAULT_PARTNER_NOT_FOUND;
	const struct client *c = client_find(rq->conn, rq->arena, owner,
	    in->client_id);
	if (c == NULL)
		return &FAULT_CLIENT_NOT_FOUND;

	reply_start(rq, 200, &w);
	jsonw_object(&w, NULL);
	jsonw_text(&w, "partner_id", p->partner_id);
	jsonw_text(&w, "client_id", c->client_id);
	jsonw_text(&w, "partner_legal_name", p->legal_name);
	jsonw_text(&w, "client_legal_name", c->legal_name);
	jsonw_text(&w, "partner_status", p->status);
	write_branding(&w, &c->brand, &p->brand);
	jsonw_end_object(&w);
	return NULL;
}

static const struct action actions[] = {
	{ METHOD_GET, ACCESS_PUBLIC, .any_origin = true,
	  .cache = "public, max-age=60", .fields = fields,
	  .input_size = sizeof(struct input), .handle = packet },
	{ .method = METHOD_NONE }
};

static const struct endpoint endpoint = {
	"/api/v1/branding/packet", actions, API_CLIVE
};

int
main(void)
{
	return app_main(&endpoint);
}
