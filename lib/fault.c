/* SPDX-License-Identifier: ISC */
/* fault.c - the constants behind fault.def. */
#include "fault.h"

#include <stddef.h>

#define FAULT(name, status, code, kept, text) \
	const struct fault FAULT_##name = { status, code, text, kept };
#include "fault.def"
#undef FAULT

#define FAULT(name, status, code, kept, text) &FAULT_##name,
const struct fault *const fault_table[] = {
#include "fault.def"
	NULL
};
#undef FAULT
