/* SPDX-License-Identifier: ISC */
/* provider.c - the table of processors, from provider.def. */
#include "provider.h"

#include <string.h>

#include "counters.h"

#define PROVIDER(name) extern const struct provider provider_##name;
#include "provider.def"
#undef PROVIDER

#define PROVIDER(name) &provider_##name,
const struct provider *const provider_table[] = {
#include "provider.def"
	NULL
};
#undef PROVIDER

const char *
provider_fate_word(enum provider_fate fate)
{
	switch (fate) {
	case PROVIDER_DONE:
		return "done";
	case PROVIDER_REFUSED:
		return "refused";
	case PROVIDER_DOWN:
		return "down";
	case PROVIDER_UNKNOWN:
		return "unknown";
	}
	return "unknown";
}

struct provider_answer
provider_count(const struct provider *p, const char *operation,
    struct provider_answer answer)
{
	counters_call(p->name, operation, (size_t)answer.fate);
	return answer;
}

const struct provider *
provider_find(const char *name)
{
	for (const struct provider *const *p = provider_table; *p != NULL; p++)
		if (strcmp((*p)->name, name) == 0)
			return *p;
	return NULL;
}
