/* SPDX-License-Identifier: ISC */
/* metrics.c - one function a family of numbers. */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "conn.h"
#include "counters.h"
#include "provider.h"
#include "shared.h"
#include "version.h"

/* What the audit log tells of, by its action, and the series it counts in. */
static const struct {
	const char	*action;
	const char	*name;		/* of the family */
	const char	*label;
	const char	*value;
} facts[] = {
	{ "transaction.initialized", "payments", "status", "initialized" },
	{ "transaction.pending", "payments", "status", "pending" },
	{ "transaction.succeeded", "payments", "status", "succeeded" },
	{ "transaction.failed", "payments", "status", "failed" },
	{ "transaction.abandoned", "payments", "status", "abandoned" },
	{ "transaction.refunded", "payments", "status", "refunded" },
	{ "transaction.chargeback", "payments", "status", "chargeback" },
	{ "refund.created", "refunds", "status", "pending" },
	{ "refund.succeeded", "refunds", "status", "succeeded" },
	{ "refund.failed", "refunds", "status", "failed" },
	{ "webhook.delivered", "delivery_attempts", "result", "delivered" },
	{ "webhook.attempt_failed", "delivery_attempts", "result",
	    "to_be_repeated" },
	{ "webhook.failed", "delivery_attempts", "result", "given_up" },
};
enum { FACTS = sizeof(facts) / sizeof(facts[0]) };
_Static_assert(sizeof(facts) / sizeof(facts[0]) <= (size_t)COUNTERS_FACTS,
    "counters_facts has fewer places");

static void
family(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP clive_%s %s\n# TYPE clive_%s %s\n", name, help,
	    name, type);
}

static void
gauge(struct buf *b, const char *name, const char *help, int64_t value)
{
	family(b, name, "gauge", help);
	buf_printf(b, "clive_%s %" PRId64 "\n", name, value);
}

/* ------------------------------------------------------------ requests */

static void
write_requests(struct buf *b)
{
	struct counters_route r;

	family(b, "http_requests_total", "counter", "Requests answered.");
	for (size_t i = 0; i < COUNTERS_ROUTES; i++) {
		if (!counters_route(i, &r))
			continue;
		for (size_t k = 0; k < COUNTERS_STATUSES; k++) {
			if (r.statuses[k] == 0)
				continue;
			buf_printf(b, "clive_http_requests_total{method=\"%s\""
			    ",route=\"%s\",status=\"", r.method, r.route);
			if (counters_status(k) != 0)
				buf_printf(b, "%d", counters_status(k));
			else
				buf_puts(b, "other");
			buf_printf(b, "\"} %" PRIu64 "\n", r.statuses[k]);
		}
	}
}

/* Seconds as a decimal number, from microseconds. */
static void
seconds(struct buf *b, uint64_t us)
{
	buf_printf(b, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
}

/* A bound as others spell it: 0.0005, 2.5, 10.0. */
static void
bound(struct buf *b, int64_t us)
{
	char text[48];

	int n = snprintf(text, sizeof(text), "%" PRId64 ".%06" PRId64,
	    us / 1000000, us % 1000000);
	while (text[n - 1] == '0' && text[n - 2] != '.')
		text[--n] = '\0';
	buf_puts(b, text);
}

static void
write_route_times(struct buf *b, const struct counters_route *r)
{
	uint64_t count = 0;

	for (size_t k = 0; k < COUNTERS_BUCKETS; k++) {
		count += r->buckets[k];
		buf_printf(b, "clive_http_request_seconds_bucket{method=\"%s\""
		    ",route=\"%s\",le=\"", r->method, r->route);
		if (counters_bound(k) == INT64_MAX)
			buf_puts(b, "+Inf");
		else
			bound(b, counters_bound(k));
		buf_printf(b, "\"} %" PRIu64 "\n", count);
	}
	buf_printf(b, "clive_http_request_seconds_sum{method=\"%s\",route=\""
	    "%s\"} ", r->method, r->route);
	seconds(b, r->sum_us);
	buf_printf(b, "\nclive_http_request_seconds_count{method=\"%s\","
	    "route=\"%s\"} %" PRIu64 "\n", r->method, r->route, count);
}

static void
write_times(struct buf *b)
{
	struct counters_route r;

	family(b, "http_request_seconds", "histogram",
	    "How long requests took, from their arrival to their answer.");
	for (size_t i = 0; i < COUNTERS_ROUTES; i++)
		if (counters_route(i, &r))
			write_route_times(b, &r);
}

static void
write_calls(struct buf *b)
{
	static const enum provider_fate fates[COUNTERS_RESULTS] = {
		PROVIDER_DONE, PROVIDER_REFUSED, PROVIDER_DOWN,
		PROVIDER_UNKNOWN
	};
	struct counters_call c;

	family(b, "processor_calls_total", "counter", "Calls of processors by "
	    "what became of them: done, refused, down, unknown.");
	for (size_t i = 0; i < COUNTERS_CALLS; i++) {
		if (!counters_call_at(i, &c))
			continue;
		for (size_t k = 0; k < COUNTERS_RESULTS; k++)
			buf_printf(b, "clive_processor_calls_total{"
			    "processor=\"%s\",operation=\"%s\",result=\"%s\"} "
			    "%" PRIu64 "\n", c.processor, c.operation,
			    provider_fate_word(fates[k]),
			    c.results[fates[k]]);
	}
}

/* ------------------------------------------------------- the audit log */

/* Counts what came between two rows of it; false: it is not readable. */
static bool
count_facts(struct conn *c, int64_t from, int64_t to,
    uint64_t found[COUNTERS_FACTS])
{
	struct rows *r = conn_rows(c, SQL_FIGURES_FACTS, "ii", from, to);

	while (row_next(r))
		for (size_t i = 0; i < FACTS; i++)
			if (strcmp(row_text(r, 0), facts[i].action) == 0)
				found[i] = (uint64_t)row_int(r, 1);
	row_done(r);
	return conn_failed(c) == NULL;
}

/*
 * Goes on where the last scrape stopped. The first one begins where the log
 * does if that is short, so that a lost file of counters changes little; and
 * a log that is shorter than it was is another one, from a backup.
 */
static void
follow_audit(struct conn *c, int64_t head)
{
	uint64_t found[COUNTERS_FACTS] = { 0 };
	int64_t seq = counters_seq(), from = seq, to = head;

	if (seq == head)
		return;
	if (seq < 0)
		from = head > METRICS_ROWS ? head : 0;
	else if (seq > head)
		from = head;
	else if (head - seq > METRICS_ROWS)
		to = seq + METRICS_ROWS;
	if (from == to || count_facts(c, from, to, found))
		counters_add_facts(seq, to, found);
}

static void
write_facts(struct buf *b)
{
	static const struct {
		const char	*name, *help;
	} families[] = {
		{ "payments", "Payments that came into this status." },
		{ "refunds", "Refunds of the Payments API that came into this "
		    "status." },
		{ "delivery_attempts", "Attempts to deliver a webhook by what "
		    "came of them." },
	};
	uint64_t counts[COUNTERS_FACTS];
	char name[64];

	counters_facts(counts);
	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		snprintf(name, sizeof(name), "%s_total", families[f].name);
		family(b, name, "counter", families[f].help);
		for (size_t i = 0; i < FACTS; i++)
			if (strcmp(facts[i].name, families[f].name) == 0)
				buf_printf(b, "clive_%s{%s=\"%s\"} %" PRIu64
				    "\n", name, facts[i].label, facts[i].value,
				    counts[i]);
	}
}

/* ------------------------------------------------------- what there is */

/* A statement of rows of a word and a number. */
static void
write_by_word(struct buf *b, struct rows *r, const char *name,
    const char *label)
{
	while (row_next(r))
		buf_printf(b, "clive_%s{%s=\"%s\"} %" PRId64 "\n", name, label,
		    row_text(r, 0), row_int(r, 1));
	row_done(r);
}

static void
write_figures(struct buf *b, struct conn *c)
{
	struct rows *r = conn_rows(c, SQL_FIGURES, "i",
	    (int64_t)METRICS_LIMIT);
	int64_t at[5] = { 0 };
	bool found = row_next(r);

	for (int i = 0; found && i < 5; i++)
		at[i] = row_int(r, i);
	row_done(r);
	if (!found)
		return;
	follow_audit(c, at[0]);
	gauge(b, "audit_rows", "Rows of the audit log.", at[0]);
	gauge(b, "audit_unread", "Rows of it that the counters of payments, "
	    "refunds and deliveries do not hold yet.",
	    at[0] - counters_seq());
	gauge(b, "deliveries_due", "Deliveries that are still to be made, at "
	    "most 20000.", at[1]);
	gauge(b, "payments_open", "Payments that are initialized or pending, "
	    "at most 20000.", at[2]);
	gauge(b, "refunds_pending", "Refunds that the processor has not "
	    "answered, at most 20000.", at[3]);
	gauge(b, "processor_events_quarantined", "Events of processors that a "
	    "person has to look at, at most 20000.", at[4]);
}

static void
write_oldest(struct buf *b, struct conn *c)
{
	int64_t now = clock_now(), at = now;
	struct rows *r = conn_rows(c, SQL_FIGURES_OLDEST_DUE, "ii", now,
	    (int64_t)1);

	if (row_next(r) && !row_null(r, 0))
		at = row_int(r, 0);
	row_done(r);
	gauge(b, "delivery_oldest_due_seconds", "How long the oldest due "
	    "delivery of an active endpoint has waited.",
	    now > at ? (now - at) / 1000 : 0);
}

static void
write_cron(struct buf *b, struct conn *c)
{
	struct rows *r = conn_rows(c, SQL_CRON_RUNS, "");
	int64_t now = clock_now();

	family(b, "cron_age_seconds", "gauge",
	    "Time since the last sign of life of a cron program.");
	while (row_next(r))
		buf_printf(b, "clive_cron_age_seconds{program=\"%s\"} %" PRId64
		    "\n", row_text(r, 0), (now - row_int(r, 3)) / 1000);
	row_done(r);
}

static void
write_database(struct buf *b, struct conn *c)
{
	write_figures(b, c);
	write_oldest(b, c);
	write_cron(b, c);
	family(b, "webhook_endpoints", "gauge", "Webhook endpoints.");
	write_by_word(b, conn_rows(c, SQL_FIGURES_ENDPOINTS, ""),
	    "webhook_endpoints", "status");
	family(b, "settlement_batches", "gauge", "Settlement batches that are "
	    "not paid out, at most 20000.");
	write_by_word(b, conn_rows(c, SQL_FIGURES_BATCHES, "i",
	    (int64_t)METRICS_LIMIT), "settlement_batches", "status");
}

static int64_t
size_of(const struct conf *conf, const char *name)
{
	char path[CONF_PATH_MAX];
	struct stat st;

	return stat(conf_path(conf, name, path), &st) == 0 ? st.st_size : 0;
}

static void
write_sizes(struct buf *b, const struct conf *conf)
{
	char path[CONF_PATH_MAX];
	struct statvfs fs;

	gauge(b, "database_bytes", "Size of the database's file.",
	    size_of(conf, "db/clive.db"));
	gauge(b, "database_wal_bytes", "Size of its write-ahead log.",
	    size_of(conf, "db/clive.db-wal"));
	if (statvfs(conf_path(conf, "db", path), &fs) == 0)
		gauge(b, "disk_free_bytes", "Free bytes of the disk that the "
		    "database is on.", (int64_t)(fs.f_bavail * fs.f_frsize));
}

static struct conn *
open_reader(const struct conf *conf)
{
	char path[CONF_PATH_MAX], why[256];
	struct conn *c = conn_open(conf_path(conf, "db/clive.db", path), true,
	    METRICS_WAIT_MS, why, sizeof(why));

	if (c != NULL)
		conn_limit(c, METRICS_WAIT_MS);
	return c;
}

void
metrics_write(struct buf *b, const struct conf *conf)
{
	struct conn *c = conf != NULL ? open_reader(conf) : NULL;
	bool up = c != NULL;

	family(b, "build_info", "gauge", "Which Clive this is.");
	buf_printf(b, "clive_build_info{version=\"%s\",mode=\"%s\"} 1\n",
	    CLIVE_VERSION, conf == NULL ? "unknown" : conf->live ? "live" :
	    "sandbox");
	write_requests(b);
	write_times(b);
	write_calls(b);
	if (conf != NULL)
		write_sizes(b, conf);
	if (c != NULL) {
		write_database(b, c);
		up = conn_failed(c) == NULL;
		conn_close(c);
	}
	write_facts(b);
	gauge(b, "database_up", "1 where all that was asked of the database "
	    "was answered.", up);
}
