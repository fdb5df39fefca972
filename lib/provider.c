/* SPDX-License-Identifier: ISC */
/* provider.c - the table of processors, from provider.def. */
#include "provider.h"

#include <string.h>

#define PROVIDER(name) extern const struct provider provider_##name;
#include "provider.def"
#undef PROVIDER

#define PROVIDER(name) &provider_##name,
const struct provider *const provider_table[] = {
#include "provider.def"
	NULL
};
#undef PROVIDER

const struct provider *
provider_find(const char *name)
{
	for (const struct provider *const *p = provider_table; *p != NULL; p++)
		if (strcmp((*p)->name, name) == 0)
			return *p;
	return NULL;
}
