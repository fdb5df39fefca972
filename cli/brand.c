/* SPDX-License-Identifier: ISC */
/* brand.c - the brand options, and their members in documents. */
#include "brand.h"

#include "field.h"

static const struct member {
	const char	*option;
	const char	*key;
	size_t		 offset;
	int64_t		 max;
	const char	*(*check)(const char *);
} members[] = {
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
enum { MEMBERS = sizeof(members) / sizeof(members[0]) };

bool
brand_take(struct cli *cli, struct branding *b, bool *changed)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		const struct member *m = &members[i];
		const char *value = cli_get(cli, m->option);
		const char **place = (const char **)(void *)((char *)b +
		    m->offset);

		if (value == NULL)
			continue;
		*changed = true;
		if (*value == '\0')
			*place = NULL;
		else if (!cli_text(cli, m->option, 1, m->max, m->check, place))
			return false;
	}
	return true;
}

void
brand_write(struct jsonw *w, const struct branding *b)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		const char *const *place = (const char *const *)(const void *)
		    ((const char *)b + members[i].offset);
		jsonw_text(w, members[i].key, *place);
	}
}
