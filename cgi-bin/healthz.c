/* SPDX-License-Identifier: ISC */
/*
 * GET /healthz - does the program answer?
 *
 * Public; opens neither settings nor database for its answer, which is always
 * 200 {"ok":true}. Who asks whether the host can do its work asks /readyz.
 *
 * Refuses: 404 NOT_FOUND for what follows the path, 405 METHOD_NOT_ALLOWED.
 */
#include "monitor.h"

static void
answer(struct monitor *m)
{
	buf_puts(&m->body, "{\"ok\":true}");
}

int
main(void)
{
	return monitor_main("/healthz", answer);
}
