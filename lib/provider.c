/* SPDX-License-Identifier: ISC */
/* provider.c - the table of processors: one row each. */
#include "provider.h"

#include <string.h>

const struct provider *const provider_table[] = {
	&provider_stripe,
	NULL
};

const struct provider *
provider_find(const char *name)
{
	for (const struct provider *const *p = provider_table; *p != NULL; p++)
		if (strcmp((*p)->name, name) == 0)
			return *p;
	return NULL;
}

payment_reader *
payment_reader_of(const char *processor)
{
	const struct provider *p = provider_find(processor);

	return p != NULL ? p->read_event : NULL;
}
