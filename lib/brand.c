/* SPDX-License-Identifier: ISC */
/* brand.c - the members of a look. */
#include "brand.h"

#include <inttypes.h>
#include <string.h>

#include "field.h"
#include "utf8.h"

const struct brand_member brand_members[BRAND_MEMBERS] = {
#define AT(member) offsetof(struct branding, member)
	{ "brand-name", "brand_display_name", AT(display_name), 200,
	  field_check_markup },
	{ "brand-logo", "brand_logo_url", AT(logo_url), 2000,
	  field_check_url },
	{ "primary-color", "brand_primary_color", AT(primary_color), 7,
	  field_check_colour },
	{ "secondary-color", "brand_secondary_color", AT(secondary_color), 7,
	  field_check_colour },
	{ "background-color", "widget_background_color",
	  AT(widget_background_color), 7, field_check_colour },
	{ "text-color", "widget_text_color", AT(widget_text_color), 7,
	  field_check_colour },
	{ "website", "website_url", AT(website_url), 2000, field_check_url },
#undef AT
};

const char **
brand_place(struct branding *b, const struct brand_member *m)
{
	return (const char **)(void *)((char *)b + m->offset);
}

/* What is wrong with a value that is not empty; or NULL. */
static const char *
check(const struct brand_member *m, const struct json *value,
    struct arena *arena)
{
	if (value->kind != JSON_STRING)
		return "Expected string";
	if (strlen(value->text) != value->len)
		return "String must not contain NUL";
	if ((int64_t)utf8_characters(value->text) > m->max)
		return arena_printf(arena, "String must contain at most %"
		    PRId64 " character(s)", m->max);
	return *value->text != '\0' ? m->check(value->text) : NULL;
}

const char *
brand_take(struct branding *b, const struct json *from, struct arena *arena,
    bool *changed, const char **key)
{
	for (size_t i = 0; i < BRAND_MEMBERS; i++) {
		const struct brand_member *m = &brand_members[i];
		const struct json *value = json_get(from, m->key);
		if (value == NULL || value->kind == JSON_NULL)
			continue;
		const char *wrong = check(m, value, arena);
		*key = m->key;
		if (wrong != NULL)
			return wrong;
		*changed = true;
		*brand_place(b, m) = *value->text != '\0' ? value->text :
		    NULL;
	}
	return NULL;
}

void
brand_write(struct jsonw *w, const struct branding *b)
{
	for (size_t i = 0; i < BRAND_MEMBERS; i++)
		jsonw_text(w, brand_members[i].key, *(const char *const *)
		    (const void *)((const char *)b + brand_members[i].offset));
}
