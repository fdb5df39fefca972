/* SPDX-License-Identifier: ISC */
/*
 * test-idem.c - a mutation runs at most once an idempotency key, and one that
 * stopped half-way goes on.
 *
 * The actions write rows of cron_run, which say whether what they wrote
 * stayed. Each case has a key of its own.
 */
#include "idem.h"

#include <setjmp.h>
#include <string.h>

#include "app.h"
#include "fixture.h"
#include "shared.h"

enum {
	DAY_MS = 24 * 60 * 60 * 1000,
	LEASE_MS = 3 * 60 * 1000	/* at least, of a claim */
};

static struct db *db;
static struct request rq;
static jmp_buf death;
static char key[32];

/* How often each part ran, and what the next run of it refuses with. */
static struct {
	int			 changes, befores, asks, afters;
	const struct fault	*change, *before, *ask, *after;
	const struct fault	*meanwhile;	/* of the same request sent
						   while the first one asks */
	bool			 nested;
	bool			 dies;		/* while it asks */
	const char		*resume;	/* what `before` was told */
	const char		*tx;		/* what it says it opened */
} part;

static void
answer(struct request *r, int status, int n)
{
	struct jsonw w;

	reply_start(r, status, &w);
	jsonw_object(&w, NULL);
	jsonw_int(&w, "run", n);
	jsonw_end_object(&w);
}

/* A row with the case's key in its name, to see what stayed. */
static void
mark(struct conn *c, const char *what)
{
	conn_run(c, SQL_CRON_TAKE, "tti",
	    arena_printf(fx.arena, "%s-%s", what, key), "test", INT64_C(1));
}

static bool
marked(const char *what)
{
	struct rows *r = conn_rows(fx.conn, SQL_CRON_OWNER, "t",
	    arena_printf(fx.arena, "%s-%s", what, key));
	bool found = row_next(r);

	row_done(r);
	return found;
}

static const struct fault *
change(struct conn *c, struct request *r, void *input)
{
	(void)input;
	part.changes++;
	mark(c, "change");
	answer(r, 201, part.changes);
	return part.change;
}

static const struct fault *
before(struct conn *c, struct request *r, void *input)
{
	(void)input;
	part.befores++;
	part.resume = r->resume;
	mark(c, "before");
	if (r->resume == NULL)
		r->claimed_tx = part.tx;
	return part.before;
}

static const struct fault *
after(struct conn *c, struct request *r, void *input)
{
	(void)input;
	part.afters++;
	mark(c, "after");
	answer(r, 201, part.afters);
	return part.after;
}

static const struct fault *ask(struct request *, void *);

static const struct action changing = {
	.method = METHOD_POST, .access = ACCESS_SIGNED, .change = change
};
static const struct action asking = {
	.method = METHOD_POST, .access = ACCESS_SIGNED, .before = before,
	.ask = ask, .after = after
};

static const struct fault *
run(void)
{
	buf_reset(&rq.reply.body);
	rq.reply.status = 0;
	rq.now = clock_now();
	if (rq.action->change == NULL)
		return idem_run_asking(&rq, NULL);
	struct db_job job = idem_job(&rq, NULL);
	return request_txn(&rq, job.fn, job.arg);
}

static const struct fault *
ask(struct request *r, void *input)
{
	(void)r;
	(void)input;
	part.asks++;
	if (part.nested) {
		part.nested = false;
		part.meanwhile = run();
	}
	if (part.dies)
		longjmp(death, 1);
	return part.ask;
}

/* Runs a request whose process is killed while it asks. */
static void
run_and_die(void)
{
	part.dies = true;
	if (setjmp(death) == 0) {
		run();
		fail_msg("it asked nobody");
	}
	part.dies = false;
}

static int
begin(void **state)
{
	static struct conf conf;
	static int n;
	char why[512];

	(void)state;
	fixture_make();
	conf = fx.conf;
	conf.wait_ms = 60;
	if (!shared_open(&conf, why, sizeof(why)) ||
	    (db = db_open(&conf, why, sizeof(why))) == NULL)
		fail_msg("%s", why);
	memset(&part, 0, sizeof(part));
	part.tx = "CLVTX_1_1";
	snprintf(key, sizeof(key), "key-%d", ++n);
	rq = (struct request){ .conf = &conf, .db = db, .conn = fx.conn,
	    .arena = fx.arena, .path = "/api/v1/test", .action = &asking,
	    .body = { "{}", 2 }, .idempotency_key = key,
	    .owner = "ECHEZONA001" };
	buf_init(&rq.reply.head, 4096);
	buf_init(&rq.reply.body, 65536);
	buf_init(&rq.details, 4096);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	buf_free(&rq.reply.head);
	buf_free(&rq.reply.body);
	buf_free(&rq.details);
	db_close(db);
	arena_reset(fx.arena);
	return 0;
}

static void
assert_answer(int status, const char *body)
{
	assert_int_equal(rq.reply.status, status);
	assert_string_equal(buf_str(&rq.reply.body), body);
}

static void
assert_parts(int befores, int asks, int afters)
{
	assert_int_equal(part.befores, befores);
	assert_int_equal(part.asks, asks);
	assert_int_equal(part.afters, afters);
}

static void
assert_state(enum idem_state state)
{
	assert_int_equal(idem_find(fx.conn, &rq).state, state);
	assert_null(conn_failed(fx.conn));
}

#define FIRST "{\"run\":1}"
#define AGAIN "{\"run\":1,\"idempotentReplay\":true}"

static void
a_change_runs_once(void **state)
{
	(void)state;
	rq.action = &changing;
	assert_state(IDEM_FRESH);
	assert_null(run());
	assert_answer(201, FIRST);
	assert_state(IDEM_REPLAY);
	for (int i = 0; i < 2; i++) {
		assert_null(run());
		assert_answer(201, AGAIN);
	}
	assert_int_equal(part.changes, 1);
	assert_true(marked("change"));
}

static void
a_call_runs_once(void **state)
{
	(void)state;
	assert_null(run());
	assert_answer(201, FIRST);
	assert_parts(1, 1, 1);
	for (int i = 0; i < 2; i++) {
		assert_null(run());
		assert_answer(201, AGAIN);
	}
	assert_parts(1, 1, 1);
	assert_true(marked("before"));
	assert_true(marked("after"));
}

static void
another_body_is_a_conflict(void **state)
{
	(void)state;
	assert_null(run());
	rq.body = (struct slice){ "{ }", 3 };
	assert_ptr_equal(run(), &FAULT_IDEMPOTENCY_CONFLICT);
	rq.action = &changing;
	assert_ptr_equal(run(), &FAULT_IDEMPOTENCY_CONFLICT);
	assert_state(IDEM_CONFLICT);
	assert_parts(1, 1, 1);
	assert_int_equal(part.changes, 0);
}

/* Of a request that still runs as well. */
static void
another_body_is_a_conflict_at_once(void **state)
{
	(void)state;
	part.ask = &FAULT_INTERNAL;
	assert_ptr_equal(run(), &FAULT_INTERNAL);
	rq.body = (struct slice){ "{ }", 3 };
	assert_ptr_equal(run(), &FAULT_IDEMPOTENCY_CONFLICT);
	assert_parts(1, 1, 0);
}

static void
owner_path_and_key_belong_to_it(void **state)
{
	(void)state;
	assert_null(run());
	rq.owner = "OTHER";
	assert_null(run());
	assert_answer(201, "{\"run\":2}");
	rq.path = "/api/v1/other";
	assert_null(run());
	assert_answer(201, "{\"run\":3}");
	rq.idempotency_key = "KEY";
	assert_null(run());
	assert_answer(201, "{\"run\":4}");
	assert_parts(4, 4, 4);
}

static void
a_request_that_runs_is_not_run_again(void **state)
{
	(void)state;
	part.nested = true;
	assert_null(run());
	assert_ptr_equal(part.meanwhile, &FAULT_IDEMPOTENCY_IN_PROGRESS);
	assert_parts(1, 1, 1);
	assert_answer(201, FIRST);
	assert_null(run());
	assert_answer(201, AGAIN);
}

/* A claim is respected by what has no parts too. */
static void
a_change_does_not_run_under_a_claimed_key(void **state)
{
	(void)state;
	run_and_die();
	rq.action = &changing;
	assert_ptr_equal(run(), &FAULT_IDEMPOTENCY_IN_PROGRESS);
	assert_int_equal(part.changes, 0);
}

static void
replay_waits_for_one_that_runs(void **state)
{
	bool answered = true;

	(void)state;
	assert_null(idem_replay(&rq, &answered));
	assert_false(answered);
	run_and_die();
	int64_t started = clock_monotonic();
	assert_ptr_equal(idem_replay(&rq, &answered),
	    &FAULT_IDEMPOTENCY_IN_PROGRESS);
	assert_false(answered);
	assert_true(clock_monotonic() - started >= rq.conf->wait_ms);
	/* What was left needs no waiting for: it is to be run. */
	assert_true(clock_advance(LEASE_MS + 1000));
	started = clock_monotonic();
	assert_null(idem_replay(&rq, &answered));
	assert_false(answered);
	assert_true(clock_monotonic() - started < rq.conf->wait_ms);
	assert_null(run());
	assert_null(idem_replay(&rq, &answered));
	assert_true(answered);
	assert_answer(201, AGAIN);
	rq.body = (struct slice){ "", 0 };
	assert_ptr_equal(idem_replay(&rq, &answered),
	    &FAULT_IDEMPOTENCY_CONFLICT);
	assert_false(answered);
}

/* It stopped without a word; nobody knows what came of its question. */
static void
a_left_request_goes_on_when_its_lease_ends(void **state)
{
	(void)state;
	run_and_die();
	assert_parts(1, 1, 0);
	assert_true(marked("before"));
	assert_ptr_equal(run(), &FAULT_IDEMPOTENCY_IN_PROGRESS);
	assert_true(clock_advance(LEASE_MS - 5000));
	assert_ptr_equal(run(), &FAULT_IDEMPOTENCY_IN_PROGRESS);
	assert_state(IDEM_RUNNING);
	assert_parts(1, 1, 0);

	assert_true(clock_advance(6000));
	assert_state(IDEM_LEFT);
	assert_string_equal(idem_find(fx.conn, &rq).clive_tx_id, part.tx);
	part.nested = true;
	assert_null(run());
	assert_string_equal(part.resume, part.tx);
	/* Who goes on holds the key anew. */
	assert_ptr_equal(part.meanwhile, &FAULT_IDEMPOTENCY_IN_PROGRESS);
	assert_parts(2, 2, 1);
	assert_answer(201, FIRST);
	assert_null(run());
	assert_answer(201, AGAIN);
	assert_parts(2, 2, 1);
}

/* What could not ask is over, and the same request may come again at once. */
static void
a_request_that_broke_off_leaves_its_key(void **state)
{
	(void)state;
	part.ask = &FAULT_INTERNAL;
	assert_ptr_equal(run(), &FAULT_INTERNAL);
	assert_state(IDEM_LEFT);
	part.ask = NULL;
	assert_null(run());
	assert_string_equal(part.resume, part.tx);
	assert_parts(2, 2, 1);
}

/* Longer than any call takes, whatever the settings say. */
static void
a_lease_outlasts_slow_calls(void **state)
{
	struct conf conf = *rq.conf;

	(void)state;
	conf.processor_timeout_ms = 120000;
	rq.conf = &conf;
	run_and_die();
	assert_true(clock_advance(8 * conf.processor_timeout_ms - 5000));
	assert_ptr_equal(run(), &FAULT_IDEMPOTENCY_IN_PROGRESS);
	assert_true(clock_advance(6000));
	assert_state(IDEM_LEFT);
}

static void
a_left_request_keeps_to_the_day_it_came(void **state)
{
	(void)state;
	part.ask = &FAULT_INTERNAL;
	assert_ptr_equal(run(), &FAULT_INTERNAL);
	int64_t day = idem_find(fx.conn, &rq).day;
	assert_true(clock_advance(DAY_MS));
	part.ask = NULL;
	assert_null(run());
	assert_string_equal(part.resume, part.tx);
	assert_state(IDEM_REPLAY);
	struct rows *r = conn_rows(fx.conn, SQL_IDEMPOTENCY_FIND, "iiittti",
	    day, day, day, rq.owner, rq.path, key, INT64_C(-1));
	assert_true(row_next(r));
	assert_int_equal(row_int(r, 1), 201);
	assert_string_equal(row_text(r, 2), FIRST);
	assert_int_equal(row_int(r, 3), day);
	assert_int_equal(row_int(r, 5), 0);
	row_done(r);
}

/* Refused for the moment: the same request goes on at once. */
static void
an_unkept_refusal_afterwards_lets_a_retry_go_on(void **state)
{
	(void)state;
	part.after = &FAULT_PROCESSOR_UNAVAILABLE;
	assert_ptr_equal(run(), &FAULT_PROCESSOR_UNAVAILABLE);
	assert_parts(1, 1, 1);
	/* What came back is on record all the same. */
	assert_true(marked("after"));
	assert_state(IDEM_LEFT);
	part.after = NULL;
	assert_null(run());
	assert_string_equal(part.resume, part.tx);
	assert_answer(201, "{\"run\":2}");
	assert_parts(2, 2, 2);
	assert_null(run());
	assert_answer(201, "{\"run\":2,\"idempotentReplay\":true}");
}

static void
a_kept_refusal_afterwards_is_the_answer(void **state)
{
	(void)state;
	part.after = &FAULT_PROCESSOR_REFUSED;
	assert_null(run());
	assert_int_equal(rq.reply.status, 422);
	assert_non_null(strstr(buf_str(&rq.reply.body),
	    "\"code\":\"PROCESSOR_REFUSED\""));
	assert_true(marked("after"));
	part.after = NULL;
	assert_null(run());
	assert_int_equal(rq.reply.status, 422);
	assert_non_null(strstr(buf_str(&rq.reply.body),
	    "\"code\":\"PROCESSOR_REFUSED\",\"details\":null,"
	    "\"idempotentReplay\":true}"));
	assert_parts(1, 1, 1);
}

static void
a_kept_refusal_before_is_the_answer_and_asks_nobody(void **state)
{
	(void)state;
	part.before = &FAULT_NO_ROUTE;
	assert_null(run());
	assert_int_equal(rq.reply.status, 422);
	assert_false(marked("before"));
	part.before = NULL;
	assert_null(run());
	assert_int_equal(rq.reply.status, 422);
	assert_non_null(strstr(buf_str(&rq.reply.body),
	    "\"code\":\"NO_ROUTE_AVAILABLE\""));
	assert_parts(1, 0, 0);
}

static void
an_unkept_refusal_before_leaves_the_key_free(void **state)
{
	(void)state;
	part.before = &FAULT_PROVIDER_NOT_CONFIGURED;
	assert_ptr_equal(run(), &FAULT_PROVIDER_NOT_CONFIGURED);
	assert_false(marked("before"));
	assert_state(IDEM_FRESH);
	part.before = NULL;
	assert_null(run());
	assert_null(part.resume);
	assert_answer(201, FIRST);
	assert_parts(2, 1, 1);
}

/* Something was asked already: a refusal must not become the last word. */
static void
a_refusal_of_a_retry_that_goes_on_is_not_kept(void **state)
{
	(void)state;
	part.after = &FAULT_PROCESSOR_UNAVAILABLE;
	assert_ptr_equal(run(), &FAULT_PROCESSOR_UNAVAILABLE);
	part.after = NULL;
	part.before = &FAULT_NO_ROUTE;
	assert_ptr_equal(run(), &FAULT_NO_ROUTE);
	assert_state(IDEM_LEFT);
	part.before = NULL;
	assert_null(run());
	assert_string_equal(part.resume, part.tx);
	assert_answer(201, "{\"run\":2}");
}

static void
a_request_that_opened_nothing_goes_on_too(void **state)
{
	(void)state;
	part.tx = NULL;
	part.after = &FAULT_PROCESSOR_UNAVAILABLE;
	assert_ptr_equal(run(), &FAULT_PROCESSOR_UNAVAILABLE);
	part.after = NULL;
	assert_null(run());
	assert_null(part.resume);
	assert_answer(201, "{\"run\":2}");
	assert_parts(2, 2, 2);
}

static void
trouble_with_the_database_leaves_the_key_free(void **state)
{
	(void)state;
	/* A key of no length breaks a CHECK when it is stored. */
	rq.idempotency_key = "";
	assert_ptr_equal(run(), &FAULT_STORAGE);
	assert_parts(1, 0, 0);
	assert_false(marked("before"));
	rq.action = &changing;
	assert_ptr_equal(run(), &FAULT_STORAGE);
	assert_false(marked("change"));
	rq.idempotency_key = key;
	assert_null(run());
	assert_answer(201, "{\"run\":2}");
}

static void
without_a_key_everything_runs_each_time(void **state)
{
	(void)state;
	rq.idempotency_key = NULL;
	assert_null(run());
	assert_answer(201, FIRST);
	assert_null(run());
	assert_answer(201, "{\"run\":2}");
	assert_parts(2, 2, 2);
	part.after = &FAULT_PROCESSOR_REFUSED;
	assert_ptr_equal(run(), &FAULT_PROCESSOR_REFUSED);
	part.before = &FAULT_NO_ROUTE;
	assert_ptr_equal(run(), &FAULT_NO_ROUTE);
	assert_parts(4, 3, 3);
}

static void
what_a_refused_change_wrote_is_undone(void **state)
{
	(void)state;
	rq.action = &changing;
	part.change = &FAULT_VALIDATION;
	assert_ptr_equal(run(), &FAULT_VALIDATION);
	assert_state(IDEM_FRESH);
	assert_false(marked("change"));
	part.change = &FAULT_TX_NOT_FOUND;
	assert_null(run());
	assert_int_equal(rq.reply.status, 404);
	assert_false(marked("change"));
	part.change = NULL;
	assert_null(run());
	assert_int_equal(rq.reply.status, 404);
	assert_non_null(strstr(buf_str(&rq.reply.body),
	    "\"idempotentReplay\":true}"));
}

/* At least 24 hours, at most 48; also where the clock was put back. */
static void
an_answer_is_found_for_a_day(void **state)
{
	(void)state;
	rq.action = &changing;
	assert_null(run());
	assert_true(clock_advance(-DAY_MS));
	assert_state(IDEM_REPLAY);
	assert_true(clock_advance(2 * (int64_t)DAY_MS));
	assert_null(run());
	assert_answer(201, AGAIN);
	assert_true(clock_advance(DAY_MS));
	assert_state(IDEM_FRESH);
	assert_null(run());
	assert_answer(201, "{\"run\":2}");
}

static void
a_replayed_redirection_leads_there_again(void **state)
{
	static const char stored[] = "{\"url\":\"https://pay.example/p\"}";

	(void)state;
	reply_replay(&rq, 303, (struct slice){ stored, strlen(stored) });
	assert_answer(303, "{\"url\":\"https://pay.example/p\","
	    "\"idempotentReplay\":true}");
	assert_string_equal(rq.reply.location, "https://pay.example/p");
}

/* /endpoints/a/rotate is another question than /endpoints/b/rotate. */
static void
what_follows_the_path_belongs_to_it(void **state)
{
	(void)state;
	rq.action = &changing;
	rq.rest = "/a/rotate";
	assert_null(run());
	assert_answer(201, FIRST);
	rq.rest = "/b/rotate";
	assert_state(IDEM_FRESH);
	assert_null(run());
	assert_answer(201, "{\"run\":2}");
	rq.rest = "/a/rotate";
	assert_null(run());
	assert_answer(201, AGAIN);
	rq.rest = "";
	assert_state(IDEM_FRESH);
}

static const struct action secretive = {
	.method = METHOD_POST, .access = ACCESS_SIGNED, .change = change,
	.secret = true
};

static void
an_answer_with_a_secret_is_kept_sealed(void **state)
{
	(void)state;
	rq.action = &secretive;
	rq.vault = fx.vault;
	assert_null(run());
	assert_answer(201, FIRST);
	assert_null(run());
	assert_answer(201, AGAIN);
	assert_int_equal(part.changes, 1);

	struct rows *r = conn_rows(fx.conn, SQL_IDEMPOTENCY_FIND, "iiittti",
	    rq.now / DAY_MS - 1, rq.now / DAY_MS, rq.now / DAY_MS + 1,
	    "ECHEZONA001", rq.path, key, INT64_C(-1));
	assert_true(row_next(r));
	assert_memory_equal(row_text(r, 2), "sealed:", 7);
	assert_null(strstr(row_text(r, 2), "run"));
	row_done(r);
}

/* Taken from another request's row it opens as little as another key's. */
static void
a_sealed_answer_opens_where_it_belongs_alone(void **state)
{
	(void)state;
	rq.action = &secretive;
	rq.vault = fx.vault;
	assert_null(run());
	conn_script(fx.conn, arena_printf(fx.arena, "UPDATE idempotency SET "
	    "path = '/elsewhere' WHERE idempotency_key = '%s'", key));
	rq.path = "/elsewhere";
	assert_null(run());
	assert_answer(201, "{\"secret\":null,\"idempotentReplay\":true}");
}

static void
a_change_without_a_key_runs_each_time(void **state)
{
	(void)state;
	rq.action = &changing;
	rq.idempotency_key = NULL;
	for (int i = 1; i <= 2; i++) {
		assert_null(run());
		assert_int_equal(part.changes, i);
	}
	assert_true(marked("change"));
	part.change = &FAULT_TX_NOT_FOUND;
	assert_ptr_equal(run(), &FAULT_TX_NOT_FOUND);
}

/* ------------------------------------------------- the Payments API */

static void
be_payments(const struct action *action)
{
	rq.payments = true;
	rq.method = METHOD_POST;
	rq.action = action;
	rq.owner = "ECHEZONA001/AIRPEACE001/test";
	rq.vault = fx.vault;
}

static void
its_answers_come_back_as_they_were(void **state)
{
	(void)state;
	be_payments(&changing);
	assert_null(run());
	assert_answer(201, FIRST);
	assert_false(rq.replayed);
	assert_null(run());
	assert_answer(201, FIRST);
	assert_true(rq.replayed);
	rq.action = &secretive;
	rq.idempotency_key = "http-secret";
	for (int i = 0; i < 2; i++) {
		assert_null(run());
		assert_answer(201, "{\"run\":2}");
	}
}

static void
its_keys_are_for_one_request_anywhere(void **state)
{
	(void)state;
	be_payments(&asking);
	assert_null(run());
	rq.path = "/v1/other";
	assert_ptr_equal(run(), &FAULT_KEY_REUSED);
	rq.path = "/api/v1/test";
	rq.rest = "/x";
	assert_ptr_equal(run(), &FAULT_KEY_REUSED);
	rq.rest = "";
	rq.method = METHOD_PATCH;
	assert_ptr_equal(run(), &FAULT_KEY_REUSED);
	rq.method = METHOD_POST;
	rq.body = (struct slice){ "{ }", 3 };
	assert_ptr_equal(run(), &FAULT_KEY_REUSED);
	rq.body = (struct slice){ "{}", 2 };
	assert_null(run());
	assert_answer(201, FIRST);
	rq.owner = "ECHEZONA001/AIRPEACE001/live";
	assert_null(run());
	assert_answer(201, "{\"run\":2}");
	assert_parts(2, 2, 2);
}

static void
its_answers_are_good_for_24_hours(void **state)
{
	(void)state;
	be_payments(&changing);
	for (int n = 1; n <= 3; n++) {
		assert_null(run());
		assert_int_equal(part.changes, n);
		/* Whatever the hour, and with a second to be slow in. */
		assert_true(clock_advance(DAY_MS - 1000));
		assert_state(IDEM_REPLAY);
		assert_true(clock_advance(1000));
		assert_state(IDEM_FRESH);
		assert_true(clock_advance(DAY_MS / 3));
	}
}

static void
it_keeps_what_would_be_the_same_again(void **state)
{
	static const struct {
		const struct fault	*fault;
		bool			 kept;
	} rows[] = {
		{ &FAULT_BAD_REQUEST, true }, { &FAULT_FIELD_MISSING, true },
		{ &FAULT_FIELD_WRONG, true }, { &FAULT_FORBIDDEN, true },
		{ &FAULT_NOT_FOUND, true }, { &FAULT_STATE, true },
		{ &FAULT_AMOUNT_LARGE, true },
		{ &FAULT_BUSY, false }, { &FAULT_UNAUTHORIZED, false },
		{ &FAULT_RATE_LIMITED, false }, { &FAULT_INTERNAL, false },
		{ &FAULT_PROVIDER_ERROR, false },
		{ &FAULT_SERVICE_UNAVAILABLE, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&part, 0, sizeof(part));
		be_payments(&changing);
		rq.idempotency_key = arena_printf(fx.arena, "kept-%zu", i);
		part.change = rows[i].fault;
		const struct fault *fault = run();
		part.change = NULL;
		assert_ptr_equal(fault, rows[i].kept ? NULL : rows[i].fault);
		if (rows[i].kept)
			assert_int_equal(rq.reply.status,
			    rows[i].fault->status);
		int changes = part.changes;
		assert_null(run());
		assert_int_equal(part.changes, changes + !rows[i].kept);
		/* The same before the action is asked, and after a call. */
		rq.idempotency_key = arena_printf(fx.arena, "early-%zu", i);
		fault = idem_refuse(&rq, rows[i].fault);
		assert_ptr_equal(fault, rows[i].kept ? NULL : rows[i].fault);
		assert_state(rows[i].kept ? IDEM_REPLAY : IDEM_FRESH);
	}
}

static void
a_refusal_does_not_displace_an_answer(void **state)
{
	bool answered = false;

	(void)state;
	be_payments(&changing);
	assert_null(run());
	assert_null(idem_refuse(&rq, &FAULT_FIELD_WRONG));
	assert_answer(201, FIRST);
	rq.body = (struct slice){ "{ }", 3 };
	assert_ptr_equal(idem_refuse(&rq, &FAULT_FIELD_WRONG),
	    &FAULT_KEY_REUSED);
	assert_ptr_equal(idem_replay(&rq, &answered), &FAULT_KEY_REUSED);
	rq.idempotency_key = NULL;
	assert_ptr_equal(idem_refuse(&rq, &FAULT_FIELD_WRONG),
	    &FAULT_FIELD_WRONG);
	rq.idempotency_key = "elsewhere";
	rq.payments = false;
	assert_ptr_equal(idem_refuse(&rq, &FAULT_TX_NOT_FOUND),
	    &FAULT_TX_NOT_FOUND);
	assert_state(IDEM_FRESH);
}

static void
its_requests_that_run_keep_others_off(void **state)
{
	bool answered = false;

	(void)state;
	be_payments(&asking);
	part.nested = true;
	assert_null(run());
	assert_ptr_equal(part.meanwhile, &FAULT_KEY_RUNNING);
	assert_parts(1, 1, 1);
	rq.idempotency_key = "runs";
	part.ask = &FAULT_PROVIDER_ERROR;
	assert_ptr_equal(run(), &FAULT_PROVIDER_ERROR);
	part.ask = NULL;
	assert_null(idem_replay(&rq, &answered));
	assert_false(answered);
	assert_null(run());
	assert_string_equal(part.resume, part.tx);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

static const struct CMUnitTest tests[] = {
	CASE(a_change_runs_once),
	CASE(a_call_runs_once),
	CASE(another_body_is_a_conflict),
	CASE(another_body_is_a_conflict_at_once),
	CASE(owner_path_and_key_belong_to_it),
	CASE(a_request_that_runs_is_not_run_again),
	CASE(a_change_does_not_run_under_a_claimed_key),
	CASE(replay_waits_for_one_that_runs),
	CASE(a_left_request_goes_on_when_its_lease_ends),
	CASE(a_request_that_broke_off_leaves_its_key),
	CASE(a_lease_outlasts_slow_calls),
	CASE(a_left_request_keeps_to_the_day_it_came),
	CASE(an_unkept_refusal_afterwards_lets_a_retry_go_on),
	CASE(a_kept_refusal_afterwards_is_the_answer),
	CASE(a_kept_refusal_before_is_the_answer_and_asks_nobody),
	CASE(an_unkept_refusal_before_leaves_the_key_free),
	CASE(a_refusal_of_a_retry_that_goes_on_is_not_kept),
	CASE(a_request_that_opened_nothing_goes_on_too),
	CASE(trouble_with_the_database_leaves_the_key_free),
	CASE(without_a_key_everything_runs_each_time),
	CASE(what_a_refused_change_wrote_is_undone),
	CASE(an_answer_is_found_for_a_day),
	CASE(a_replayed_redirection_leads_there_again),
	CASE(what_follows_the_path_belongs_to_it),
	CASE(an_answer_with_a_secret_is_kept_sealed),
	CASE(a_sealed_answer_opens_where_it_belongs_alone),
	CASE(a_change_without_a_key_runs_each_time),
	CASE(its_answers_come_back_as_they_were),
	CASE(its_keys_are_for_one_request_anywhere),
	CASE(its_answers_are_good_for_24_hours),
	CASE(it_keeps_what_would_be_the_same_again),
	CASE(a_refusal_does_not_displace_an_answer),
	CASE(its_requests_that_run_keep_others_off),
};

TEST_MAIN("idem", tests)
