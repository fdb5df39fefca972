/* SPDX-License-Identifier: ISC */
/*
 * GET /readyz - can this host do its work now?
 *
 * Public. Answers 200 {"ok":true} or 503 {"ok":false}. Those whom
 * lib/monitor.h trusts get the reasons as well: "checks" is an array of
 * {"name","ok","reason"} with all of lib/ready.h: settings, master_key,
 * database, schema, writable, audit_head, disk_space, cron_deliver,
 * cron_reconcile, cron_sweep, outbox.
 *
 * Refuses: 404 NOT_FOUND for what follows the path, 405 METHOD_NOT_ALLOWED.
 *
 * Effects: at most every two seconds a commit that changes nothing.
 */
#include "json.h"
#include "monitor.h"
#include "ready.h"

static void
answer(struct monitor *m)
{
	struct ready_check checks[READY_CHECKS];
	struct jsonw w;
	int bad = ready_run(m->conf, m->conf_why, checks);

	m->status = bad == 0 ? 200 : FAULT_STORAGE.status;
	jsonw_init(&w, &m->body);
	jsonw_object(&w, NULL);
	jsonw_bool(&w, "ok", bad == 0);
	if (m->trusted) {
		jsonw_array(&w, "checks");
		for (size_t i = 0; i < READY_CHECKS; i++) {
			jsonw_object(&w, NULL);
			jsonw_text(&w, "name", checks[i].name);
			jsonw_bool(&w, "ok", checks[i].ok);
			jsonw_text(&w, "reason", checks[i].reason);
			jsonw_end_object(&w);
		}
		jsonw_end_array(&w);
	}
	jsonw_end_object(&w);
}

int
main(void)
{
	return monitor_main("/readyz", answer);
}
