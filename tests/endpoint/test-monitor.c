/* SPDX-License-Identifier: ISC */
/*
 * test-monitor.c - /healthz, /readyz, /metrics, the line that each request
 * has in the log, and its name in the audit log.
 */
#include "harness.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "json.h"
#include "shared.h"

#define HEALTHZ "/healthz"
#define READYZ "/readyz"
#define METRICS "/metrics"

/* SQL on the database of a copy. */
static void
copy_exec(const char *var, const char *sql)
{
	sqlite3 *db;
	char *why = NULL;

	assert_int_equal(sqlite3_open(textf("%s/db/clive.db", var), &db),
	    SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	sqlite3_close(db);
}

/* The three programs of cron were here so many seconds ago. */
static const char *
seen_sql(int64_t seconds)
{
	long long at = (long long)(clock_now() - 1000 * seconds);

	return textf("DELETE FROM cron_run; INSERT INTO cron_run (name, "
	    "owner, started_at, seen_at) VALUES ('deliver', 'test', %lld, "
	    "%lld), ('reconcile', 'test', %lld, %lld), ('sweep', 'test', "
	    "%lld, %lld)", at, at, at, at, at, at);
}

static const char *
ready_copy(const char *const *lines)
{
	static const char *const none[] = { NULL };
	const char *var = var_copy(lines != NULL ? lines : none);

	copy_exec(var, seen_sql(0));
	return var;
}

/* Asked from this machine, of a program run alone. */
static struct answer *
ask_alone(const char *program, const char *var)
{
	return plain_run(&(struct cgi){ .program = program, .var = var,
	    .env = { "REQUEST_METHOD=GET", "REMOTE_ADDR=127.0.0.1",
	    "HTTP_HOST=localhost" } });
}

/* The check of this name in an answer; NULL where there is none. */
static const struct json *
check_named(const struct answer *a, const char *name)
{
	const struct json *item;

	for_each(item, a, "checks")
		if (strcmp(json_text(item, "name"), name) == 0)
			return item;
	return NULL;
}

/* 503 for this reason, and no other. */
static void
assert_only(const struct answer *a, const char *name, const char *reason)
{
	const struct json *item;

	assert_status(a, 503);
	assert_non_null(check_named(a, name));
	for_each(item, a, "checks") {
		bool ok = json_get(item, "ok")->kind == JSON_TRUE;
		if (ok != (strcmp(json_text(item, "name"), name) != 0))
			fail_msg("%s", a->body);
	}
	if (strstr(json_text(check_named(a, name), "reason"), reason) == NULL)
		fail_msg("%s is not in %s", reason, a->body);
}

/* ------------------------------------------------------------- healthz */

static void
healthz_answers_whoever_asks(void **state)
{
	(void)state;
	struct answer *a = ask(&(struct call){ .path = HEALTHZ,
	    .lines = { "X-Forwarded-For: 192.0.2.1" } });
	assert_answer(a, 200, "{\"ok\":true}");
	assert_string_equal(header_of(a, "Content-Type"),
	    "application/json");
	assert_string_equal(header_of(a, "Cache-Control"), "no-store");
	assert_non_null(header_of(a, "X-Request-Id"));
}

static void
healthz_needs_no_data(void **state)
{
	(void)state;
	const char *var = ready_copy(NULL);
	unlink(textf("%s/clive.conf", var));
	assert_answer(ask_alone(HEALTHZ, var), 200, "{\"ok\":true}");
}

static void
they_take_get_alone_and_nothing_behind_the_path(void **state)
{
	static const char *const paths[] = { HEALTHZ, READYZ, METRICS };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct answer *a = ask(&(struct call){ .path = paths[i],
		    .body = "{}" });
		assert_fault(a, METHOD);
		assert_string_equal(header_of(a, "Allow"), "GET, HEAD");
		assert_fault(ask(&(struct call){ .path = textf("%s/x",
		    paths[i]) }), NOT_FOUND);
	}
}

/* -------------------------------------------------------------- readyz */

static void
readyz_says_yes_with_every_check(void **state)
{
	(void)state;
	db_exec(seen_sql(0));
	struct answer *a = ask(&(struct call){ .path = READYZ });
	assert_status(a, 200);
	assert_has(a, "{\"ok\":true,\"checks\":[{\"name\":\"settings\",");
	assert_int_equal(size_at(a, "checks"), 11);
}

/* A stranger learns whether, and not why not. */
static void
readyz_tells_strangers_no_reasons(void **state)
{
	(void)state;
	db_exec(seen_sql(0));
	assert_answer(ask(&(struct call){ .path = READYZ,
	    .lines = { "X-Forwarded-For: 192.0.2.1" } }), 200,
	    "{\"ok\":true}");
	const char *var = ready_copy(NULL);
	copy_exec(var, "DELETE FROM cron_run");
	assert_answer(plain_run(&(struct cgi){ .program = READYZ, .var = var,
	    .env = { "REQUEST_METHOD=GET", "REMOTE_ADDR=192.0.2.1",
	    "HTTP_HOST=localhost" } }), 503, "{\"ok\":false}");
}

static void
readyz_names_settings(void **state)
{
	static const char *const lines[] = { "log_format = xml", NULL };
	const char *var;

	(void)state;
	var = var_copy(lines);
	struct answer *a = ask_alone(READYZ, var);
	assert_status(a, 503);
	assert_has(a, "bad value for log_format");
}

static void
readyz_names_the_master_key(void **state)
{
	(void)state;
	const char *var = ready_copy(NULL);
	unlink(textf("%s/master.key", var));
	assert_only(ask_alone(READYZ, var), "master_key", "No such file");
}

static void
readyz_names_the_database(void **state)
{
	(void)state;
	const char *var = ready_copy(NULL);
	unlink(textf("%s/db/clive.db", var));
	struct answer *a = ask_alone(READYZ, var);
	assert_status(a, 503);
	assert_true(json_get(check_named(a, "database"), "ok")->kind ==
	    JSON_FALSE);
	assert_true(json_get(check_named(a, "settings"), "ok")->kind ==
	    JSON_TRUE);
}

static void
readyz_names_the_schema(void **state)
{
	(void)state;
	const char *var = ready_copy(NULL);
	copy_exec(var, "PRAGMA user_version = 99");
	struct answer *a = ask_alone(READYZ, var);
	assert_status(a, 503);
	assert_has(a, "has schema version 99");
	assert_true(json_get(check_named(a, "database"), "ok")->kind ==
	    JSON_TRUE);
}

/* Somebody else writes for ever: the answer comes all the same. */
static void
readyz_names_a_database_that_takes_nothing(void **state)
{
	sqlite3 *db;

	(void)state;
	const char *var = ready_copy(NULL);
	/* The first one makes it a database of many readers. */
	assert_status(ask_alone(READYZ, var), 200);
	unlink(textf("%s/run/counters.1", var));
	assert_int_equal(sqlite3_open(textf("%s/db/clive.db", var), &db),
	    SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL,
	    NULL), SQLITE_OK);
	int64_t started = clock_monotonic();
	assert_only(ask_alone(READYZ, var), "writable", "nothing could be");
	assert_in_range(clock_monotonic() - started, 0, 4000);
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	/* What went wrong is tried again at once. */
	assert_status(ask_alone(READYZ, var), 200);
	sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	/* What went well holds for two seconds. */
	assert_has(ask_alone(READYZ, var), "it was within 2 s");
	sqlite3_close(db);
}

static void
readyz_names_the_audit_head(void **state)
{
	(void)state;
	const char *var = ready_copy(NULL);
	copy_exec(var, "DELETE FROM audit_head");
	struct answer *a = ask_alone(READYZ, var);
	assert_status(a, 503);
	assert_has(a, "the head of the audit log is not readable");
}

static void
readyz_names_a_full_disk(void **state)
{
	(void)state;
	const char *var = ready_copy(NULL);
	const char *db = textf("%s/db", var);
	/* A file system that has no room for anybody. */
	assert_int_equal(rename(db, textf("%s/db.away", var)), 0);
	assert_int_equal(symlink("/proc", db), 0);
	struct answer *a = ask_alone(READYZ, var);
	assert_status(a, 503);
	assert_has(a, "\"0 MiB free, 32 needed\"");
	assert_true(json_get(check_named(a, "disk_space"), "ok")->kind ==
	    JSON_FALSE);
}

static void
readyz_names_each_program_of_cron(void **state)
{
	static const struct {
		const char	*name;
		int		 minutes;
	} programs[] = {
		{ "deliver", 3 }, { "reconcile", 3 }, { "sweep", 15 }
	};

	(void)state;
	const char *var = ready_copy(NULL);
	for (size_t i = 0; i < 3; i++) {
		const char *check = textf("cron_%s", programs[i].name);
		copy_exec(var, seen_sql(0));
		copy_exec(var, textf("UPDATE cron_run SET seen_at = seen_at "
		    "- %d WHERE name = '%s'", programs[i].minutes * 60000 -
		    30000, programs[i].name));
		assert_status(ask_alone(READYZ, var), 200);
		copy_exec(var, textf("UPDATE cron_run SET seen_at = seen_at "
		    "- 31000 WHERE name = '%s'", programs[i].name));
		assert_only(ask_alone(READYZ, var), check, "s ago");
		copy_exec(var, textf("DELETE FROM cron_run WHERE name = '%s'",
		    programs[i].name));
		assert_only(ask_alone(READYZ, var), check, "has never run");
	}
}

static void
readyz_names_an_outbox_that_nobody_empties(void **state)
{
	(void)state;
	tx_attached("monitor_outbox");
	assert_status(stripe_succeed("monitor_outbox"), 200);
	const char *var = ready_copy(NULL);
	copy_exec(var, textf("UPDATE delivery SET next_attempt_at = %lld "
	    "WHERE status = 'due'", (long long)(clock_now() - 3700000)));
	assert_only(ask_alone(READYZ, var), "outbox", "has waited for 37");
	/* A receiver that fails is not our trouble. */
	copy_exec(var, "UPDATE webhook_endpoint SET failing_since = 1");
	assert_status(ask_alone(READYZ, var), 200);
}

/* ------------------------------------------------------------- metrics */

/* Is it a name as Prometheus has them? Its length, or 0. */
static size_t
name_length(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	return *text >= '0' && *text <= '9' ? 0 : n;
}

/* What a reader of the text format knows while it reads. */
struct reading {
	char		 family[128];
	char		 type[16];
	char		 seen[64][128];		/* families */
	size_t		 count;
	char		 series[256];		/* of a histogram, without le */
	double		 le, cumulative;
};

static void
read_type(struct reading *r, const char *line)
{
	assert_int_equal(sscanf(line, "# TYPE %127s %15s", r->family,
	    r->type), 2);
	assert_true(strcmp(r->type, "counter") == 0 ||
	    strcmp(r->type, "gauge") == 0 ||
	    strcmp(r->type, "histogram") == 0);
	for (size_t i = 0; i < r->count; i++)
		assert_string_not_equal(r->seen[i], r->family);
	assert_true(r->count < 64);
	memcpy(r->seen[r->count++], r->family, sizeof(r->family));
	/* A counter says so in its name, and nothing else does. */
	const char *end = r->family + strlen(r->family) - 6;
	assert_int_equal(end > r->family && strcmp(end, "_total") == 0,
	    strcmp(r->type, "counter") == 0);
}

/* name="value" pairs between braces; what follows them. */
static const char *
read_labels(const char *at)
{
	if (*at != '{')
		return at;
	do {
		size_t n = name_length(++at);
		assert_true(n > 0);
		at += n;
		assert_memory_equal(at, "=\"", 2);
		for (at += 2; *at != '"'; at++) {
			assert_true(*at != '\0' && *at != '\n');
			if (*at == '\\')
				at++;
		}
		at++;
	} while (*at == ',');
	assert_int_equal(*at, '}');
	return at + 1;
}

/* Buckets grow with their bounds up to the count. */
static void
read_histogram(struct reading *r, const char *line, double value)
{
	const char *le = strstr(line, ",le=\"");
	char series[256];

	if (le == NULL) {
		if (strstr(line, "_count{") != NULL)
			assert_true(value == r->cumulative);
		return;
	}
	snprintf(series, sizeof(series), "%.*s", (int)(le - line), line);
	if (strcmp(series, r->series) != 0) {
		/* The one before ended in +Inf. */
		assert_true(r->series[0] == '\0' || r->le > 1e300);
		memcpy(r->series, series, sizeof(series));
		r->le = r->cumulative = -1;
	}
	double bound = strtod(le + 5, NULL);	/* knows +Inf */
	assert_true(bound > r->le);
	assert_true(value >= r->cumulative);
	r->le = bound;
	r->cumulative = value;
}

static void
read_sample(struct reading *r, const char *line)
{
	size_t n = name_length(line), family = strlen(r->family);
	char *end;

	assert_true(n >= family);
	assert_memory_equal(line, r->family, family);
	const char *rest = textf("%.*s", (int)(n - family), line + family);
	bool histogram = strcmp(r->type, "histogram") == 0;
	assert_true(histogram ? strcmp(rest, "_bucket") == 0 ||
	    strcmp(rest, "_sum") == 0 || strcmp(rest, "_count") == 0 :
	    *rest == '\0');
	const char *at = read_labels(line + n);
	assert_int_equal(*at, ' ');
	double value = strtod(at + 1, &end);
	assert_true(end > at + 1 && *end == '\0');
	if (histogram)
		read_histogram(r, line, value);
}

/* Reads an answer as Prometheus does; fails at the first wrong line. */
static void
assert_format(const struct answer *a)
{
	struct reading r = { .count = 0 };
	const char *at = a->body, *nl;

	assert_int_equal(a->status, 200);
	assert_string_equal(header_of(a, "Content-Type"),
	    "text/plain; version=0.0.4; charset=utf-8");
	assert_int_equal(a->body[a->len - 1], '\n');
	for (; (nl = strchr(at, '\n')) != NULL; at = nl + 1) {
		const char *line = textf("%.*s", (int)(nl - at), at);

		/* Each sample once. */
		if (*line != '#') {
			size_t n = strlen(line) - strlen(strrchr(line, ' '));
			const char *same = strstr(nl, textf("\n%.*s ",
			    (int)n, line));
			if (same != NULL)
				fail_msg("twice: %s", line);
			read_sample(&r, line);
		} else if (strncmp(line, "# TYPE ", 7) == 0) {
			read_type(&r, line);
		} else {
			assert_memory_equal(line, "# HELP clive_", 13);
		}
	}
	assert_int_equal(*at, '\0');
}

/* The value of one sample; 0 where it is not there. */
static long long
sample(const struct answer *a, const char *name)
{
	const char *at = strstr(a->body, textf("\n%s ", name));

	return at != NULL ? atoll(at + strlen(name) + 2) : 0;
}

static struct answer *
scrape(void)
{
	struct answer *a = ask(&(struct call){ .path = METRICS });

	assert_format(a);
	return a;
}

/* The line of the last request may come a moment after its answer. */
static struct answer *
scrape_until(const char *name, long long value)
{
	struct answer *a = scrape();

	for (int i = 0; i < 200 && sample(a, name) < value; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
		a = scrape();
	}
	return a;
}

static void
metrics_has_every_family(void **state)
{
	static const char *const families[] = { "build_info gauge",
	    "http_requests_total counter", "http_request_seconds histogram",
	    "processor_calls_total counter", "database_bytes gauge",
	    "database_wal_bytes gauge", "disk_free_bytes gauge",
	    "audit_rows gauge", "audit_unread gauge", "deliveries_due gauge",
	    "payments_open gauge", "refunds_pending gauge",
	    "processor_events_quarantined gauge",
	    "delivery_oldest_due_seconds gauge", "cron_age_seconds gauge",
	    "webhook_endpoints gauge", "settlement_batches gauge",
	    "payments_total counter", "refunds_total counter",
	    "delivery_attempts_total counter", "database_up gauge" };

	(void)state;
	struct answer *a = scrape();
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		assert_has(a, textf("# TYPE clive_%s\n", families[i]));
	assert_has(a, "clive_webhook_endpoints{status=\"active\"} ");
	assert_int_equal(sample(a, "clive_database_up"), 1);
	assert_true(sample(a, "clive_database_bytes") > 100000);
}

static void
metrics_counts_requests_by_route_and_status(void **state)
{
#define LIST "method=\"GET\",route=\"/api/v1/transactions\""
#define ONE "method=\"GET\",route=\"/api/v1/transactions/{id}\""
	static const char list[] = "clive_http_requests_total{" LIST
	    ",status=\"200\"}";
	static const char one[] = "clive_http_requests_total{" ONE
	    ",status=\"404\"}";
	static const char times[] = "clive_http_request_seconds_count{" LIST
	    "}";

	(void)state;
	struct answer *before = scrape();
	for (int i = 0; i < 3; i++)
		assert_status(ask_get(&world.partner, TRANSACTIONS), 200);
	for (int i = 0; i < 2; i++)
		assert_status(ask_get(&world.partner, textf("%s/CLVTX_%d",
		    TRANSACTIONS, i)), 404);
	struct answer *after = scrape_until(one, sample(before, one) + 2);
	assert_int_equal(sample(after, list), sample(before, list) + 3);
	assert_int_equal(sample(after, one), sample(before, one) + 2);
	assert_int_equal(sample(after, times), sample(before, times) + 3);
	/* Nothing that was asked for is a route. */
	assert_null(strstr(after->body, "CLVTX_"));
}

static void
metrics_counts_what_happened_to_payments(void **state)
{
	static const char opened[] =
	    "clive_payments_total{status=\"initialized\"}";
	static const char succeeded[] =
	    "clive_payments_total{status=\"succeeded\"}";

	(void)state;
	struct answer *before = scrape();
	assert_int_equal(sample(before, "clive_audit_unread"), 0);
	tx_attached("monitor_payments");
	struct answer *open = scrape();
	assert_int_equal(sample(open, opened), sample(before, opened) + 1);
	assert_int_equal(sample(open, "clive_payments_open"),
	    sample(before, "clive_payments_open") + 1);
	assert_status(stripe_succeed("monitor_payments"), 200);
	struct answer *after = scrape();
	assert_int_equal(sample(after, succeeded),
	    sample(before, succeeded) + 1);
	assert_int_equal(sample(after, "clive_payments_open"),
	    sample(before, "clive_payments_open"));
	assert_int_equal(sample(after, "clive_deliveries_due"),
	    sample(before, "clive_deliveries_due") + 1);
	/* And once more nothing is counted twice. */
	assert_int_equal(sample(scrape(), succeeded), sample(after,
	    succeeded));
}

static void
metrics_counts_calls_of_processors(void **state)
{
#define OPEN "clive_processor_calls_total{processor=\"stripe\"," \
	"operation=\"open\",result="
	static const char *const names[] = { OPEN "\"done\"}",
	    OPEN "\"refused\"}", OPEN "\"unknown\"}" };
	static const struct {
		int		 status;
		const char	*body;
	} answers[] = {
		{ 200, "{\"id\":\"pi_monitor\",\"object\":"
		    "\"payment_intent\",\"status\":"
		    "\"requires_payment_method\",\"client_secret\":"
		    "\"pi_monitor_secret\"}" },
		{ 400, "{\"error\":{\"type\":\"invalid_request_error\"}}" },
		{ 500, "{}" }
	};

	(void)state;
	struct answer *before = scrape();
	for (int i = 0; i < 3; i++) {
		processor_says(answers[i].status, answers[i].body, 0);
		ask_post(&world.partner, CHECKOUT, textf("monitor-%d", i),
		    textf("{\"partner_id\":\"%s\",\"client_id\":\"%s\","
		    "\"amount\":750,\"currency\":\"USD\","
		    "\"echezona_reference\":\"m-%d\","
		    "\"email\":\"a@example.com\"}", PARTNER, CLIENT, i));
	}
	struct answer *after = scrape();
	for (int i = 0; i < 3; i++)
		assert_int_equal(sample(after, names[i]) > sample(before,
		    names[i]), 1);
}

/* From the beginning, or from where the log is when it was restored. */
static void
metrics_follows_the_audit_log_of_a_backup(void **state)
{
	(void)state;
	tx_new("monitor-backup");
	const char *var = ready_copy(NULL);
	struct answer *a = ask_alone(METRICS, var);
	assert_format(a);
	assert_true(sample(a, "clive_payments_total{status=\"initialized\"}")
	    > 0);
	copy_exec(var, "UPDATE audit_head SET seq = 1");
	a = ask_alone(METRICS, var);
	assert_format(a);
	assert_int_equal(sample(a, "clive_audit_unread"), 0);
}

static void
metrics_tells_what_it_can_without_a_database(void **state)
{
	(void)state;
	const char *var = ready_copy(NULL);
	unlink(textf("%s/db/clive.db", var));
	struct answer *a = ask_alone(METRICS, var);
	assert_format(a);
	assert_has(a, "clive_database_up 0\n");
	assert_has(a, "clive_build_info{version=");
}

static void
metrics_is_for_this_machine_where_there_is_no_token(void **state)
{
	static const char *const headers[] = { "X-Forwarded-For: 192.0.2.1",
	    "Forwarded: for=192.0.2.1", "Via: 1.1 proxy",
	    "X-Real-IP: 192.0.2.1", "Host: pay.example.com",
	    "Host: localhost.example.com" };

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		/* On a shared host another name is another site. */
		struct answer *a = ask(&(struct call){ .path = METRICS,
		    .lines = { headers[i] } });
		assert_fault(a, FORBIDDEN);
	}
	assert_fault(plain_run(&(struct cgi){ .program = METRICS,
	    .env = { "REQUEST_METHOD=GET", "REMOTE_ADDR=192.0.2.1",
	    "HTTP_HOST=localhost" } }), FORBIDDEN);
	assert_fault(plain_run(&(struct cgi){ .program = METRICS,
	    .env = { "REQUEST_METHOD=GET" } }), FORBIDDEN);
	assert_format(plain_run(&(struct cgi){ .program = METRICS,
	    .env = { "REQUEST_METHOD=GET", "REMOTE_ADDR=::1",
	    "HTTP_HOST=[::1]:4390" } }));
}

static void
metrics_is_for_the_token_where_there_is_one(void **state)
{
	static const char *const lines[] = {
	    "metrics_token = scrape-0123456789", NULL };
	static const char *const wrong[] = { "HTTP_X=",
	    "HTTP_AUTHORIZATION=Bearer scrape-012345678",
	    "HTTP_AUTHORIZATION=Bearer scrape-0123456789 ",
	    "HTTP_AUTHORIZATION=Bearer ",
	    "HTTP_AUTHORIZATION=Basic scrape-0123456789" };

	(void)state;
	const char *var = ready_copy(lines);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct answer *a = plain_run(&(struct cgi){ .var = var,
		    .program = METRICS, .env = { "REQUEST_METHOD=GET",
		    "REMOTE_ADDR=127.0.0.1", "HTTP_HOST=localhost",
		    wrong[i] } });
		assert_fault(a, TOKEN_INVALID);
		assert_string_equal(header_of(a, "WWW-Authenticate"),
		    "Bearer");
	}
	const char *env[] = { "REQUEST_METHOD=GET", "REMOTE_ADDR=192.0.2.1",
	    "HTTP_HOST=pay.example.com", "HTTP_VIA=1.1 proxy",
	    "HTTP_AUTHORIZATION=Bearer scrape-0123456789" };
	assert_format(plain_run(&(struct cgi){ .var = var,
	    .program = METRICS, .env = { env[0], env[1], env[2], env[3],
	    env[4] } }));
	struct answer *a = plain_run(&(struct cgi){ .var = var,
	    .program = READYZ, .env = { env[0], env[1], env[2], env[3],
	    env[4] } });
	assert_int_equal(size_at(a, "checks"), 11);
}

/* ----------------------------------------------- log and audit events */

/* The line of the logs with these words in it; NULL where there is none. */
static const char *
find_line(const char *words)
{
	const char *folder = textf("%s/log", world.var), *found = NULL;
	DIR *dir = opendir(folder);
	char line[8192];

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL; ) {
		FILE *f = fopen(textf("%s/%s", folder, e->d_name), "re");
		while (f != NULL && fgets(line, sizeof(line), f) != NULL)
			if (strstr(line, words) != NULL)
				found = textf("%s", line);
		if (f != NULL)
			fclose(f);
	}
	closedir(dir);
	return found;
}

static const char *
line_of(const struct answer *a)
{
	const char *words = textf(" id=%s ", header_of(a, "X-Request-Id"));
	const char *line = find_line(words);

	for (int i = 0; i < 200 && line == NULL; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
		line = find_line(words);
	}
	assert_non_null(line);
	return line;
}

static void
assert_in_line(const char *line, const char *words)
{
	if (strstr(line, words) == NULL)
		fail_msg("%s is not in %s", words, line);
}

static void
each_request_has_one_line(void **state)
{
	(void)state;
	struct answer *a = ask_get(&world.partner, TRANSACTIONS
	    "/CLVTX_1?client_secret=hidden");
	const char *line = line_of(a);
	assert_in_line(line, "time=20");
	assert_in_line(line, " level=info program=" TRANSACTIONS " pid=");
	assert_in_line(line, " msg=request id=req_");
	assert_in_line(line, " method=GET path=" TRANSACTIONS
	    "/CLVTX_1 status=404 ms=");
	assert_in_line(line, textf(" bytes=%zu remote=127.0.0.1 key=%s",
	    a->len, world.partner.id));
	assert_null(strstr(line, "hidden"));
	/* A merchant's key, and none. */
	assert_in_line(line_of(ask_merchant(world.merchant, PAYMENTS, NULL,
	    NULL)), textf(" merchant_key=%s", world.merchant_id));
	assert_null(strstr(line_of(ask(&(struct call){ .path =
	    HEALTHZ })), "key="));
}

static void
an_audit_event_names_its_request(void **state)
{
	(void)state;
	struct answer *a = ask_post(&world.partner, INITIALIZE,
	    "monitor-audit", initialize_body("monitor-audit"));
	assert_status(a, 201);
	const char *id = header_of(a, "X-Request-Id");
	const char *detail = db_text(textf("SELECT detail FROM audit_event "
	    "WHERE subject = '%s'", text_at(a, "clive_tx_id")));
	assert_non_null(detail);
	const char *end = textf("\"request\":\"%s\"}", id);
	assert_true(strlen(detail) > strlen(end));
	assert_string_equal(detail + strlen(detail) - strlen(end), end);
	/* Where the operator's command is built beside the programs. */
	const char *clive = textf("%s/clive", world.build);
	if (access(clive, X_OK) == 0) {
		char text[8192];
		FILE *f = popen(textf("CLIVE_VAR=%s %s tx explain %s",
		    world.var, clive, text_at(a, "clive_tx_id")), "r");
		size_t n = fread(text, 1, sizeof(text) - 1, f);
		text[n] = '\0';
		assert_int_equal(pclose(f), 0);
		assert_in_line(text, textf("payment opened, by API key %s, "
		    "request %s\n", world.partner.id, id));
	}
	/* A repeated request changes nothing and writes nothing. */
	assert_status(ask_post(&world.partner, INITIALIZE, "monitor-audit",
	    initialize_body("monitor-audit")), 201);
	assert_int_equal(db_int(textf("SELECT count(*) FROM audit_event "
	    "WHERE subject = '%s'", text_at(a, "clive_tx_id"))), 1);
}

/* Many at once, which one thread commits together: each has its own name. */
static void
no_audit_event_has_the_name_of_another_request(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++)
		tx_new(textf("monitor-many-%d", i));
	assert_int_equal(db_int("SELECT count(*) - count(DISTINCT "
	    "json_extract(detail, '$.request')) FROM audit_event WHERE "
	    "action = 'transaction.initialized'"), 0);
}

/* A file among the pages, but for machines. */
static void
openapi_is_served(void **state)
{
	(void)state;
	struct answer *a = ask(&(struct call){ .path = "/openapi.json" });
	assert_int_equal(a->status, 200);
	assert_memory_equal(header_of(a, "Content-Type"),
	    "application/json", 16);
	assert_string_equal(text_at(a, "openapi"), "3.1.0");
}

static const struct CMUnitTest tests[] = {
	CASE(healthz_answers_whoever_asks),
	CASE(healthz_needs_no_data),
	CASE(they_take_get_alone_and_nothing_behind_the_path),
	CASE(readyz_says_yes_with_every_check),
	CASE(readyz_tells_strangers_no_reasons),
	CASE(readyz_names_settings),
	CASE(readyz_names_the_master_key),
	CASE(readyz_names_the_database),
	CASE(readyz_names_the_schema),
	CASE(readyz_names_a_database_that_takes_nothing),
	CASE(readyz_names_the_audit_head),
	CASE(readyz_names_a_full_disk),
	CASE(readyz_names_each_program_of_cron),
	CASE(readyz_names_an_outbox_that_nobody_empties),
	CASE(metrics_has_every_family),
	CASE(metrics_counts_requests_by_route_and_status),
	CASE(metrics_counts_what_happened_to_payments),
	CASE(metrics_counts_calls_of_processors),
	CASE(metrics_follows_the_audit_log_of_a_backup),
	CASE(metrics_tells_what_it_can_without_a_database),
	CASE(metrics_is_for_this_machine_where_there_is_no_token),
	CASE(metrics_is_for_the_token_where_there_is_one),
	CASE(each_request_has_one_line),
	CASE(an_audit_event_names_its_request),
	CASE(no_audit_event_has_the_name_of_another_request),
	CASE(openapi_is_served),
};

static const struct world_options options = { .processors = true };

ENDPOINT_MAIN("monitor", tests, &options)
