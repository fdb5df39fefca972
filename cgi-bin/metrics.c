/* SPDX-License-Identifier: ISC */
/*
 * GET /metrics - figures for Prometheus.
 *
 * For those whom lib/monitor.h trusts: who sends the setting metrics_token as
 * a bearer token, or where that is empty who asks from this machine.
 *
 * Refuses: 404 NOT_FOUND for what follows the path, 405 METHOD_NOT_ALLOWED;
 * where a token is set 401 TOKEN_INVALID, else 403 FORBIDDEN.
 *
 * Answers 200 with the text format 0.0.4. Its families, all with the prefix
 * clive_, and what they cost stand in lib/metrics.h; they hold no names of
 * partners and no identifiers.
 */
#include "metrics.h"
#include "monitor.h"

static void
answer(struct monitor *m)
{
	if (!m->trusted) {
		monitor_refuse(m, m->conf != NULL &&
		    m->conf->metrics_token[0] != '\0' ? &FAULT_TOKEN_INVALID :
		    &FAULT_FORBIDDEN);
		return;
	}
	m->type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_write(&m->body, m->conf);
}

int
main(void)
{
	return monitor_main("/metrics", answer);
}
