/* SPDX-License-Identifier: ISC */
/*
 * doctor.c - `clive doctor`: what is wrong with this installation?
 *
 * Each check is a row of the table below and stands alone: it says what it
 * found even where others found trouble. A check that cannot be made because
 * nobody answers is no failure; its words say so.
 */
#include "doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "cron.h"
#include "sender.h"
#include "shared.h"

enum {
	MINUTE_MS = 60 * 1000,
	LATE_MS = 10 * MINUTE_MS,
	TOKEN_MIN = 16,
	FINAL_TRIGGERS = 6	/* in schema.sql */
};

bool
doctor_say(struct doctor *d, bool good, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->detail, sizeof(d->detail), fmt, ap);
	va_end(ap);
	return good;
}

static bool
check_settings(struct doctor *d)
{
	return d->settings ? doctor_say(d, true, "%s/clive.conf, %s mode",
	    d->conf.var, d->conf.live ? "live" : "sandbox") :
	    doctor_say(d, false, "%s", d->conf_why);
}

static bool
check_master_key(struct doctor *d)
{
	return d->vault != NULL ? doctor_say(d, true, "readable") :
	    doctor_say(d, false, "%s", d->vault_why);
}

static bool
check_database(struct doctor *d)
{
	return d->conn != NULL ? doctor_say(d, true, "opens, with our schema") :
	    doctor_say(d, false, "%s", d->db_why);
}

/* For checks that read the database. */
static bool
no_database(struct doctor *d)
{
	return doctor_say(d, false, "the database is not open");
}

/* Has a cron job said within this time that it is alive? */
static bool
check_heartbeat(struct doctor *d, const char *name)
{
	int64_t seen = 0, within_ms = cron_silence_ms(name);

	if (d->conn == NULL)
		return no_database(d);
	struct rows *r = conn_rows(d->conn, SQL_CRON_RUNS, "");
	while (row_next(r))
		if (strcmp(row_text(r, 0), name) == 0)
			seen = row_int(r, 3);
	if (seen == 0)
		return doctor_say(d, false, "has never run; see "
		    "conf/crontab.example");
	int64_t age = clock_now() - seen;
	return doctor_say(d, age <= within_ms, "seen %" PRId64 " s ago, %"
	    PRId64 " s are allowed", age / 1000, within_ms / 1000);
}

static bool
check_deliver(struct doctor *d)
{
	return check_heartbeat(d, "deliver");
}

static bool
check_reconcile(struct doctor *d)
{
	return check_heartbeat(d, "reconcile");
}

static bool
check_sweep(struct doctor *d)
{
	return check_heartbeat(d, "sweep");
}

static bool
check_quarantine(struct doctor *d)
{
	int64_t n = 0;

	if (d->conn == NULL)
		return no_database(d);
	struct rows *r = conn_rows(d->conn, SQL_COUNTS, "");
	if (row_next(r))
		n = row_int(r, 2);
	row_done(r);
	return n == 0 ? doctor_say(d, true, "none") :
	    doctor_say(d, false, "%" PRId64 " event(s) of processors wait for "
	    "a person to look at them", n);
}

static bool
check_late(struct doctor *d)
{
	int64_t late = 0, ahead = 0, now = clock_now();

	if (d->conn == NULL)
		return no_database(d);
	struct rows *r = conn_rows(d->conn, SQL_DELIVERIES_LATE, "i",
	    now - LATE_MS);
	if (row_next(r))
		late = row_int(r, 0);
	row_done(r);
	/* Without the settings nobody knows how long a lease may be. */
	if (d->settings) {
		r = conn_rows(d->conn, SQL_DELIVERIES_AHEAD, "ii",
		    sender_clock_far(now),
		    sender_lease_far(&d->conf, now));
		if (row_next(r))
			ahead = row_int(r, 0);
		row_done(r);
	}
	if (ahead > 0)
		return doctor_say(d, false, "%" PRId64 " deliveries wait for a "
		    "time that is still to come by this clock: was it set "
		    "back? %" PRId64 " have been due for more than ten "
		    "minutes", ahead, late);
	return late == 0 ? doctor_say(d, true, "none") :
	    doctor_say(d, false, "%" PRId64 " deliveries have been due for "
	    "more than ten minutes", late);
}

/* What keeps ledger and audit log append-only. */
static bool
check_triggers(struct doctor *d)
{
	int64_t n = 0;

	if (d->conn == NULL)
		return no_database(d);
	struct rows *r = conn_rows(d->conn, SQL_FINAL_TRIGGERS, "");
	if (row_next(r))
		n = row_int(r, 0);
	row_done(r);
	return n == FINAL_TRIGGERS ? doctor_say(d, true, "in place") :
	    doctor_say(d, false, "%" PRId64 " of the %d triggers that keep "
	    "ledger and audit log append-only are left", n, FINAL_TRIGGERS);
}

static bool
check_stripe(struct doctor *d)
{
	if (!d->settings)
		return doctor_say(d, false, "the settings are not readable");
	return d->conf.stripe_webhook_secret_count > 0 ?
	    doctor_say(d, true, "%zu configured",
	    d->conf.stripe_webhook_secret_count) :
	    doctor_say(d, false, "none: stripe_webhook_secret in clive.conf is "
	    "empty, so Stripe's events are refused");
}

/* /healthz, and who may read /metrics (lib/monitor.h). */
static bool
check_monitoring(struct doctor *d)
{
	size_t n = strlen(d->conf.metrics_token);
	const char *who = n > 0 ? "who has metrics_token" :
	    "this machine alone; behind a proxy set metrics_token";

	if (!d->settings)
		return doctor_say(d, true, "not tried: the settings are not "
		    "readable");
	if (n > 0 && n < TOKEN_MIN)
		return doctor_say(d, false, "metrics_token has less than %d "
		    "characters", TOKEN_MIN);
	if (d->probe.reached && !d->probe.healthy)
		return doctor_say(d, true, "warning: %s/healthz does not "
		    "answer; are the programs served?", d->conf.base_url);
	return doctor_say(d, true, "/metrics is for %s%s", who,
	    d->probe.healthy ? "; /healthz answers" : "");
}

static const struct {
	const char	*name;
	bool		(*check)(struct doctor *);
} checks[] = {
	{ "settings", check_settings },
	{ "permissions", doctor_modes },
	{ "master key", check_master_key },
	{ "database", check_database },
	{ "journal", doctor_journal },
	{ "append-only", check_triggers },
	{ "disk space", doctor_space },
	{ "document root", doctor_document_root },
	{ "reachable data", doctor_http },
	{ "clock", doctor_clock },
	{ "cron deliver", check_deliver },
	{ "cron reconcile", check_reconcile },
	{ "cron sweep", check_sweep },
	{ "late deliveries", check_late },
	{ "quarantined events", check_quarantine },
	{ "stripe secret", check_stripe },
	{ "monitoring", check_monitoring },
};
enum { CHECKS = sizeof(checks) / sizeof(checks[0]) };

/* Opens what can be opened, and remembers why the rest could not. */
static void
examine(struct doctor *d, const char *var)
{
	char path[CONF_PATH_MAX], why[256];

	d->settings = conf_read(var, &d->conf, d->conf_why,
	    sizeof(d->conf_why));
	d->vault = vault_open(conf_path(&d->conf, "master.key", path),
	    d->vault_why, sizeof(d->vault_why));
	/* Without it the clock is the real one. */
	if (d->settings)
		shared_open(&d->conf, why, sizeof(why));
	d->db = db_open(&d->conf, d->db_why, sizeof(d->db_why));
	if (d->db != NULL)
		d->conn = db_reader(d->db, d->db_why, sizeof(d->db_why));
	if (d->settings)
		probe_run(&d->conf, &d->probe);
}

static int
write_checks(struct doctor *d, struct jsonw *w)
{
	int bad = 0;

	jsonw_array(w, "checks");
	for (size_t i = 0; i < CHECKS; i++) {
		bool good = checks[i].check(d);
		/* A check that could not read found nothing. */
		if (d->conn != NULL && conn_failed(d->conn) != NULL) {
			good = doctor_say(d, false, "%s", conn_failed(d->conn));
			conn_forgive(d->conn);
		}
		jsonw_object(w, NULL);
		jsonw_text(w, "name", checks[i].name);
		jsonw_bool(w, "ok", good);
		jsonw_text(w, "detail", d->detail);
		jsonw_end_object(w);
		bad += !good;
	}
	jsonw_end_array(w);
	return bad;
}

bool
run_doctor(struct cli *cli)
{
	struct doctor d = { .settings = false };
	struct buf text;
	struct jsonw list;
	char var[CONF_PATH_MAX];

	if (!cli_find_var(cli, var))
		return false;
	examine(&d, var);
	/* The verdict stands first and is known last. */
	buf_init(&text, cli->doc.max);
	jsonw_init(&list, &text);
	int bad = write_checks(&d, &list);
	jsonw_object(&cli->w, NULL);
	jsonw_bool(&cli->w, "ok", bad == 0);
	buf_putc(&cli->doc, ',');
	buf_add(&cli->doc, buf_str(&text), text.len);
	jsonw_end_object(&cli->w);
	buf_free(&text);
	conn_close(d.conn);
	db_close(d.db);
	vault_close(d.vault);
	conf_wipe(&d.conf);
	return bad == 0 || cli_fail(cli, "%d of %d checks failed", bad,
	    CHECKS);
}

void
doctor_render(struct cli *cli, const struct json *doc)
{
	const struct json *list = json_get(doc, "checks");

	for (const struct json *e = list != NULL ? list->child : NULL;
	    e != NULL; e = e->next) {
		const struct json *good = json_get(e, "ok");
		printf("%-4s  %-18s  %s\n", good != NULL &&
		    good->kind == JSON_TRUE ? "ok" : "FAIL",
		    cli_member(cli, e, "name"), cli_member(cli, e, "detail"));
	}
}
