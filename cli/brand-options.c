/* SPDX-License-Identifier: ISC */
/* brand-options.c - the brand options. */
#include "brand-options.h"

#include "field.h"

bool
brand_options(struct cli *cli, struct branding *b, bool *changed)
{
	for (size_t i = 0; i < BRAND_MEMBERS; i++) {
		const struct brand_member *m = &brand_members[i];
		const char *value = cli_get(cli, m->option);
		const char **place = brand_place(b, m);

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
