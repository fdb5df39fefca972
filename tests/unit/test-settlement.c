/* SPDX-License-Identifier: ISC */
/*
 * test-settlement.c - batches are the sums of their payments, whatever goes
 * back and when, and money leaves once. After each case ledger, audit chain
 * and batches must agree. The rails are not asked here: their answers are.
 */
#include "settlement.h"

#include <sqlite3.h>
#include <string.h>

#include "audit.h"
#include "checkout.h"
#include "fixture.h"
#include "intent.h"
#include "ledger.h"
#include "payment.h"
#include "refund.h"
#include "shared.h"
#include "stripe-events.h"

#define PARTNER "ECHEZONA001"
#define DAY_MS INT64_C(86400000)

enum { RANDOM_PAYMENTS = 10000, AT_ONCE = 500 };

static struct {
	char		 var[64];
	struct setup	 s;
	struct arena	*arena;
	sqlite3		*db;
	char		 client[32];	/* of the case */
	int		 cases;
} t;

/* SQL of the case's own; the first column as a number. */
static int64_t
number(const char *sql)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(t.db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sqlite3_errmsg(t.db), sql);
	int64_t n = sqlite3_step(stmt) == SQLITE_ROW ?
	    sqlite3_column_int64(stmt, 0) : -1;
	sqlite3_finalize(stmt);
	return n;
}

static void
exec(const char *sql)
{
	char *why = NULL;

	if (sqlite3_exec(t.db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", why, sql);
}

#define numberf(...) number(arena_printf(t.arena, __VA_ARGS__))

/* ------------------------------------------------------------ the world */

static const struct fault *
add_partner(struct conn *c, void *arg)
{
	const struct partner p = { .partner_id = PARTNER,
	    .legal_name = "Echezona Ltd", .status = "active",
	    .kyc_status = "approved", .fee_ppm = 35000 };

	(void)arg;
	assert_true(partner_add(c, &p, 1, "cli:test"));
	for (int i = 0; i < 2; i++)
		payout_account_set(c, t.arena, 1, PARTNER, "", "*",
		    payout_rail_names[i], "12345678", "cli:test");
	return NULL;
}

static int
group_start(void **state)
{
	char why[512] = "", path[CONF_PATH_MAX];

	(void)state;
	fixture_folder(t.var);
	setenv("CLIVE_VAR", t.var, 1);
	if (!setup_var(t.var, false, "http://localhost:4390", "whsec_01234567",
	    why, sizeof(why)) || !setup_open(&t.s, why, sizeof(why)))
		fail_msg("%s", why);
	snprintf(t.s.conf.wise_token, 8, "token");
	snprintf(t.s.conf.wise_profile_id, 8, "1");
	snprintf(t.s.conf.mercury_token, 8, "token");
	snprintf(t.s.conf.mercury_account_id, 8, "1");
	t.arena = arena_new();
	assert_int_equal(sqlite3_open(conf_path(&t.s.conf, "db/clive.db",
	    path), &t.db), SQLITE_OK);
	sqlite3_busy_timeout(t.db, 5000);
	return db_txn(t.s.db, add_partner, NULL) == NULL ? 0 : -1;
}

static int
group_stop(void **state)
{
	(void)state;
	sqlite3_close(t.db);
	setup_close(&t.s);
	arena_free(t.arena);
	fixture_remove(t.var);
	return 0;
}

static const struct fault *
add_client(struct conn *c, void *arg)
{
	struct client client = { .client_id = t.client,
	    .legal_name = "Air Peace", .status = "active", .fee_ppm = -1,
	    .fee_flat_cents = -1 };

	(void)arg;
	assert_null(client_add(c, partner_find(c, t.arena, PARTNER), &client,
	    t.arena, clock_now(), "cli:test"));
	return NULL;
}

static int
case_start(void **state)
{
	(void)state;
	snprintf(t.client, sizeof(t.client), "CLIENT%03d", ++t.cases);
	return db_txn(t.s.db, add_client, NULL) == NULL ? 0 : -1;
}

static int
case_stop(void **state)
{
	struct settlement_report batches;
	struct ledger_report ledger;
	struct audit_report audit;

	(void)state;
	if (!ledger_verify(t.s.conn, &ledger))
		fail_msg("the ledger disagrees at %s", ledger.first_bad);
	if (!settlement_verify(t.s.conn, &batches))
		fail_msg("the batch %s disagrees", batches.first_bad);
	assert_true(audit_verify(t.s.conn, 0, NULL, &audit));
	arena_reset(t.arena);
	return 0;
}

/* ----------------------------------------------------------- payments */

struct making {
	int64_t		 minor;
	const char	*currency;
	int64_t		 at;
	const char	*id;
};

static void
make_one(struct conn *c, struct making *m)
{
	struct tx tx = { .partner_id = PARTNER, .client_id = t.client,
	    .amount.minor = m->minor, .echezona_reference = "EZ1",
	    .processor = "stripe" };

	snprintf(tx.amount.currency, sizeof(tx.amount.currency), "%s",
	    m->currency);
	tx_open(c, t.arena, m->at, &tx, (struct slice){ NULL, 0 },
	    "key:test");
	struct tx *made = tx_find(c, t.arena, tx.clive_tx_id);
	m->id = made->clive_tx_id;
	assert_int_equal(tx_attach(c, t.arena, m->at, made,
	    arena_printf(t.arena, "pi_%s", m->id + 6), "key:test"),
	    TX_ATTACH_DONE);
	assert_true(tx_move(c, t.arena, m->at, made, TX_SUCCEEDED,
	    "processor:stripe"));
}

static const struct fault *
make(struct conn *c, void *arg)
{
	make_one(c, arg);
	return NULL;
}

/* A payment that was paid so many days ago. */
static const char *
paid(int64_t minor, const char *currency, int days)
{
	struct making m = { minor, currency, clock_now() - days * DAY_MS,
	    NULL };

	assert_null(db_txn(t.s.db, make, &m));
	return m.id;
}

struct telling {
	const char	*id, *type;
	int64_t		 total, amount;
};

static void
tell_one(struct conn *c, const struct telling *e)
{
	static int n;
	struct payment_event event;
	struct tx *tx;
	bool dispute = strcmp(e->type, "charge.dispute.created") == 0;
	const char *json = arena_printf(t.arena, "{\"id\":\"evt_%d\","
	    "\"object\":\"event\",\"type\":\"%s\",\"data\":{\"object\":{"
	    "\"id\":\"%s_%d\",\"payment_intent\":\"pi_%s\",\"amount\":%lld,"
	    "\"amount_refunded\":%lld,\"currency\":\"usd\",\"refunded\":%s,"
	    "\"status\":\"needs_response\"}}}", n, e->type,
	    dispute ? "dp" : "ch", n, e->id + 6, (long long)e->amount,
	    (long long)e->total, e->total == e->amount ? "true" : "false");

	n++;
	assert_true(stripe_payment_event(t.arena,
	    (struct slice){ json, strlen(json) }, &event));
	payment_receive(c, t.arena, clock_now(), &event, &tx);
}

static const struct fault *
tell(struct conn *c, void *arg)
{
	tell_one(c, arg);
	return NULL;
}

/* Of a payment of so much, this much has gone back by now. */
static void
refunded(const char *id, int64_t amount, int64_t total)
{
	struct telling e = { id, "charge.refunded", total, amount };

	assert_null(db_txn(t.s.db, tell, &e));
	assert_int_equal(numberf("SELECT refunded_amount FROM tx WHERE "
	    "clive_tx_id = '%s'", id), total);
}

static void
disputed(const char *id, int64_t amount)
{
	struct telling e = { id, "charge.dispute.created", 0, amount };

	assert_null(db_txn(t.s.db, tell, &e));
	assert_int_equal(numberf("SELECT status = 'chargeback' FROM tx WHERE "
	    "clive_tx_id = '%s'", id), 1);
}

/* ------------------------------------------------------------- batches */

static struct settlement_run
run(void)
{
	struct settlement_run r = { .db = t.s.db, .conn = t.s.conn,
	    .arena = t.arena, .partner_id = PARTNER, .client_id = t.client,
	    .actor = "cli:test" };

	assert_null(settlement_run(&r));
	return r;
}

/* The only batch that a run makes. */
static const struct settlement *
run_one(void)
{
	struct settlement_run r = run();

	assert_int_equal(r.n, 1);
	return settlement_find(t.s.conn, t.arena, r.ids[0]);
}

static const struct settlement *
find(const char *id)
{
	return settlement_find(t.s.conn, t.arena, id);
}

static void
assert_batch(const struct settlement *b, int64_t payments, int64_t gross,
    int64_t back, int64_t net)
{
	assert_non_null(b);
	assert_int_equal(b->payments, payments);
	assert_int_equal(b->gross, gross);
	assert_int_equal(b->refunded, back);
	assert_int_equal(b->net, net);
	assert_int_equal(b->gross, b->processor_fees + b->platform_fees +
	    b->refunded + b->net);
}

static bool
is_in(const char *id, const char *state)
{
	return numberf("SELECT count(*) FROM tx WHERE clive_tx_id = '%s' AND "
	    "settlement_status = '%s'", id, state) == 1;
}

/* What the ledger says that a payment's partner is owed for it. */
static int64_t
balance(const char *where)
{
	return numberf("SELECT coalesce(sum(CASE WHEN credit_account = "
	    "'partner:" PARTNER "' THEN l.amount WHEN debit_account = "
	    "'partner:" PARTNER "' THEN -l.amount ELSE 0 END), 0) FROM "
	    "ledger_entry l JOIN tx x ON x.clive_tx_id = l.clive_tx_id "
	    "WHERE %s", where);
}

static int64_t
events(const char *subject, const char *action)
{
	return numberf("SELECT count(*) FROM audit_event WHERE subject = '%s' "
	    "AND action = '%s'", subject, action);
}

/* ------------------------------------------------- paying with no rail */

static struct settlement_pay
begin(const char *id, const struct fault *wanted)
{
	struct settlement_pay p = { .db = t.s.db, .arena = t.arena,
	    .conf = &t.s.conf, .id = id, .actor = "cli:test" };

	assert_ptr_equal(settlement_pay_begin(&p), wanted);
	return p;
}

static const struct fault *
answer(struct settlement_pay *p, enum payout_fate fate, const char *transfer)
{
	const struct fault *fault;

	p->answer = (struct payout_answer){ .fate = fate,
	    .transfer = transfer, .message = "the rail's words" };
	assert_int_equal(settlement_pay_note(p, &fault),
	    fate == PAYOUT_STEP);
	return fault;
}

static void
pay(const char *id)
{
	struct settlement_pay p = begin(id, NULL);

	assert_null(answer(&p, PAYOUT_SENT, "tr_1"));
	assert_string_equal(p.batch->status, "sent");
}

/* --------------------------------------------------------------- cases */

static void
batches_are_sums_by_client_and_currency(void **state)
{
	(void)state;
	/* The sample of the documents: 750 is 22.05, 4.20 and 723.75. */
	paid(75000, "USD", 1);
	paid(75000, "USD", 2);
	paid(1000, "USD", 3);
	paid(5000, "EUR", 1);
	paid(5000, "JPY", 1);
	struct settlement_run r = run();
	assert_int_equal(r.n, 3);
	assert_int_equal(r.payments, 5);
	for (size_t i = 0; i < r.n; i++) {
		const struct settlement *b = find(r.ids[i]);
		assert_string_equal(b->client_id, t.client);
		assert_string_equal(b->status, "pending");
		assert_int_equal(strlen(b->id), 36);
		assert_int_equal(b->id[14], '7');
		if (strcmp(b->currency, "USD") == 0) {
			assert_batch(b, 3, 151000, 0, 72375 * 2 + 965);
			assert_int_equal(b->processor_fees, 2205 * 2 + 59);
			assert_int_equal(b->platform_fees, 420 * 2 - 24);
		} else {
			assert_batch(b, 1, 5000, 0, 4825);
		}
	}
	assert_int_equal(run().n, 0);
}

static void
a_day_must_be_over(void **state)
{
	(void)state;
	paid(75000, "USD", 0);
	assert_int_equal(run().n, 0);
	assert_true(clock_advance(DAY_MS - clock_now() % DAY_MS - 2000));
	const char *late = paid(1000, "USD", 0);
	assert_int_equal(run().n, 0);
	assert_true(clock_advance(3000));
	paid(2000, "USD", 0);
	assert_batch(run_one(), 2, 76000, 0, 72375 + 965);
	assert_true(is_in(late, "queued"));
}

static void
test_payments_are_never_settled(void **state)
{
	const char *id = paid(75000, "USD", 1);

	(void)state;
	exec(arena_printf(t.arena, "INSERT INTO tx (clive_tx_id, partner_id, "
	    "client_id, amount, currency, echezona_reference, status, "
	    "processor, processor_fee_ppm, partner_fee_ppm, "
	    "clive_earning_ppm, clive_earning, processor_fee, platform_fee, "
	    "net_amount, settlement_status, api, livemode, created_at, "
	    "updated_at) VALUES ('T%s', '" PARTNER "', '%s', 100, 'USD', 'R',"
	    " 'succeeded', 'stripe', 0, 0, 0, 0, 0, 0, 100, 'unsettled', "
	    "'payments', 0, 1, 1)", id, t.client));
	assert_batch(run_one(), 1, 75000, 0, 72375);
	assert_int_equal(sqlite3_exec(t.db, arena_printf(t.arena, "UPDATE tx "
	    "SET settlement_status = 'queued', settlement_amount = 1, "
	    "settlement_batch_id = (SELECT max(id) FROM settlement_batch) "
	    "WHERE clive_tx_id = 'T%s'", id), NULL, NULL, NULL),
	    SQLITE_CONSTRAINT);
	exec(arena_printf(t.arena, "DELETE FROM tx WHERE clive_tx_id = 'T%s'",
	    id));
}

/* The payment that owes is netted against the next ones. */
static void
what_comes_to_nothing_waits(void **state)
{
	const char *owes = paid(10000, "USD", 3);

	(void)state;
	refunded(owes, 10000, 9900);
	assert_int_equal(run().n, 0);
	assert_true(is_in(owes, "unsettled"));
	paid(75000, "USD", 2);
	assert_batch(run_one(), 2, 85000, 9900, 72375 + 9650 - 9900);
}

static void
a_part_given_back_before_is_not_paid(void **state)
{
	const char *id = paid(75000, "USD", 1);

	(void)state;
	refunded(id, 75000, 5000);
	const struct settlement *b = run_one();
	assert_batch(b, 1, 75000, 5000, 67375);
	pay(b->id);
	assert_int_equal(balance(arena_printf(t.arena,
	    "x.clive_tx_id = '%s'", id)), 0);
}

static void
a_payment_leaves_a_pending_batch(void **state)
{
	const char *gone = paid(75000, "USD", 1), *part = paid(1000, "USD", 1);

	(void)state;
	paid(2000, "USD", 1);
	const struct settlement *b = run_one();
	assert_int_equal(b->payments, 3);
	refunded(gone, 75000, 75000);
	assert_batch(find(b->id), 2, 3000, 0, 965 + 1930);
	refunded(part, 1000, 100);
	assert_batch(find(b->id), 1, 2000, 0, 1930);
	assert_true(is_in(gone, "unsettled"));
	assert_true(is_in(part, "unsettled"));
	assert_int_equal(events(b->id, "settlement.payment_left"), 2);
	/* What is left of the one is paid with the next batch; of the other
	 * nothing is. */
	assert_batch(run_one(), 1, 1000, 100, 865);
	assert_int_equal(run().n, 0);
}

static void
an_empty_batch_is_gone(void **state)
{
	const char *id = paid(75000, "USD", 1);
	const struct settlement *b = run_one();

	(void)state;
	disputed(id, 75000);
	assert_null(find(b->id));
	assert_int_equal(events(b->id, "settlement.dissolved"), 1);
	assert_int_equal(run().n, 0);
	begin(b->id, &FAULT_BATCH_NOT_FOUND);
}

/* A refund leaves the one that owes: the batch cannot be paid, and the next
 * run takes it apart. */
static void
a_batch_below_nothing_is_taken_apart(void **state)
{
	const char *owes = paid(10000, "USD", 3), *good;

	(void)state;
	refunded(owes, 10000, 9900);
	good = paid(75000, "USD", 2);
	const struct settlement *b = run_one();
	refunded(good, 75000, 75000);
	assert_batch(find(b->id), 1, 10000, 9900, -250);
	begin(b->id, &FAULT_BATCH_NOT_PAYABLE);
	assert_int_equal(run().n, 0);
	assert_null(find(b->id));
	assert_true(is_in(owes, "unsettled"));
	paid(2000, "USD", 1);
	assert_batch(run_one(), 2, 12000, 9900, 1930 - 250);
}

static void
a_sent_batch_keeps_its_history(void **state)
{
	const char *id = paid(75000, "USD", 1), *other = paid(1000, "USD", 1);
	const struct settlement *b = run_one();

	(void)state;
	pay(b->id);
	refunded(id, 75000, 2500);
	assert_batch(find(b->id), 2, 76000, 0, 72375 + 965);
	assert_true(is_in(id, "paid"));
	assert_int_equal(events(b->id, "settlement.payment_changed_late"), 1);
	assert_int_equal(events(id, "transaction.changed_after_payout"), 1);
	assert_int_equal(balance(arena_printf(t.arena,
	    "x.clive_tx_id = '%s'", id)), -2500);
	disputed(other, 1000);
	assert_int_equal(balance(arena_printf(t.arena,
	    "x.clive_tx_id = '%s'", other)), -1000);
	assert_int_equal(events(other, "transaction.changed_after_payout"),
	    1);
	assert_int_equal(run().n, 0);
}

static void
a_refund_while_it_is_sent_changes_nothing(void **state)
{
	const char *id = paid(75000, "USD", 1);
	const struct settlement *b = run_one();
	struct settlement_pay p = begin(b->id, NULL);

	(void)state;
	refunded(id, 75000, 75000);
	assert_batch(find(b->id), 1, 75000, 0, 72375);
	assert_null(answer(&p, PAYOUT_SENT, "tr_1"));
	assert_true(is_in(id, "paid"));
	assert_int_equal(balance(arena_printf(t.arena,
	    "x.clive_tx_id = '%s'", id)), -75000);
}

static void
an_unknown_outcome_keeps_its_key(void **state)
{
	(void)state;
	paid(75000, "USD", 1);
	const struct settlement *b = run_one();
	struct settlement_pay p = begin(b->id, NULL);
	const char *key = arena_strdup(t.arena, p.batch->key);
	assert_false(p.again);
	begin(b->id, &FAULT_BATCH_BEING_PAID);
	assert_null(answer(&p, PAYOUT_STEP, "tr_9"));
	assert_ptr_equal(answer(&p, PAYOUT_UNKNOWN, NULL),
	    &FAULT_PAYOUT_FAILED);
	assert_string_equal(p.batch->status, "sending");

	struct settlement_pay next = begin(b->id, NULL);
	assert_true(next.again);
	assert_string_equal(next.batch->key, key);
	assert_string_equal(next.batch->transfer, "tr_9");
	/* The first one, told no too late, has no say any more. */
	answer(&p, PAYOUT_REFUSED, NULL);
	assert_string_equal(find(b->id)->status, "sending");
	assert_null(answer(&next, PAYOUT_SENT, "tr_9"));
	assert_int_equal(find(b->id)->unbooked, 0);
	begin(b->id, &FAULT_BATCH_ALREADY_PAID);
}

static void
a_lease_ends(void **state)
{
	(void)state;
	paid(75000, "USD", 1);
	const struct settlement *b = run_one();
	struct settlement_pay p = begin(b->id, NULL);
	assert_true(clock_advance(p.batch->busy_until - clock_now() + 1));
	struct settlement_pay next = begin(b->id, NULL);
	assert_true(next.again);
	assert_string_equal(next.batch->key, p.batch->key);
	assert_null(answer(&next, PAYOUT_SENT, "tr_1"));
}

static void
a_refused_batch_is_paid_under_another_key(void **state)
{
	const char *id = paid(75000, "USD", 1);
	const struct settlement *b = run_one();
	struct settlement_pay p = begin(b->id, NULL);
	const char *key = arena_strdup(t.arena, p.batch->key);

	(void)state;
	assert_ptr_equal(answer(&p, PAYOUT_REFUSED, NULL),
	    &FAULT_PAYOUT_FAILED);
	assert_string_equal(find(b->id)->status, "failed");
	assert_string_equal(find(b->id)->failure, "the rail's words");
	assert_true(is_in(id, "queued"));
	struct settlement_pay next = begin(b->id, NULL);
	assert_false(next.again);
	assert_string_not_equal(next.batch->key, key);
	assert_null(answer(&next, PAYOUT_SENT, "tr_1"));
	assert_int_equal(events(b->id, "settlement.failed"), 1);
	assert_int_equal(events(b->id, "settlement.sent"), 1);
}

/* A run that was killed after a page left this. */
static void
a_run_that_was_killed_is_continued(void **state)
{
	struct settlement_run r;
	char id[ID_SIZE];

	(void)state;
	paid(75000, "USD", 2);
	const char *first = paid(1000, "USD", 1);
	id_make_uuid(clock_now(), id);
	exec(arena_printf(t.arena, "INSERT INTO settlement_batch (id, "
	    "partner_id, client_id, currency, status, payments, gross, "
	    "processor_fees, platform_fees, net, created_at, updated_at) "
	    "VALUES ('%s', '" PARTNER "', '%s', 'USD', 'assembling', 1, "
	    "1000, 59, -24, 965, 1, 1)", id, t.client));
	exec(arena_printf(t.arena, "UPDATE tx SET settlement_status = "
	    "'queued', settlement_amount = 965, settlement_batch_id = '%s' "
	    "WHERE clive_tx_id = '%s'", id, first));
	assert_null(find(id));
	begin(id, &FAULT_BATCH_NOT_FOUND);
	r = run();
	assert_int_equal(r.n, 1);
	assert_string_equal(r.ids[0], id);
	assert_batch(find(id), 2, 76000, 0, 72375 + 965);
}

/* ----------------------------------- refunds through the Payments API */

struct giving {
	struct making	 m;
	struct refund	*refund;
	const char	*id;		/* of the intent */
	bool		 given;
};

/* A live payment of 100 dollars that was paid two days ago. */
static const struct fault *
make_live(struct conn *c, void *arg)
{
	struct giving *g = arg;
	int64_t at = clock_now() - 2 * DAY_MS;
	struct merchant m = { .partner_id = PARTNER, .live = true };
	const struct intent_new new = { .amount = { 10000, "USD" } };

	snprintf(m.client_id, sizeof(m.client_id), "%s", t.client);
	struct intent *in = intent_open(c, t.arena, at, &m, &new,
	    "merchant:test");
	g->id = in->id;
	g->m.id = in->tx->clive_tx_id;
	assert_int_equal(checkout_attach(c, t.arena, at, in->tx, "stripe",
	    NULL, arena_printf(t.arena, "pi_%s", g->m.id), "merchant:test"),
	    TX_ATTACH_DONE);
	assert_true(tx_move(c, t.arena, at, in->tx, TX_SUCCEEDED,
	    "processor:stripe"));
	return NULL;
}

static const struct fault *
ask_back(struct conn *c, void *arg)
{
	struct giving *g = arg;

	return refund_open(c, t.arena, clock_now(), intent_find(c, t.arena,
	    g->id), 2500, NULL, (struct slice){ NULL, 0 }, "merchant:test",
	    &g->refund);
}

static const struct fault *
end_back(struct conn *c, void *arg)
{
	struct giving *g = arg;
	const struct provider_answer a = { .fate = g->given ? PROVIDER_DONE :
	    PROVIDER_REFUSED, .ref = g->given ? "re_p" : NULL,
	    .state = PROVIDER_PAID, .code = "no" };

	assert_true(refund_settle(c, t.arena, clock_now(), g->refund, &a,
	    "processor:stripe"));
	return NULL;
}

/* From the moment it is asked for until it has ended. */
static void
a_refund_under_way_keeps_a_payment_out(void **state)
{
	struct giving g = { .given = false };

	(void)state;
	assert_null(db_txn(t.s.db, make_live, &g));
	const struct settlement *b = run_one();
	int64_t net = b->net;
	assert_null(db_txn(t.s.db, ask_back, &g));
	assert_null(find(b->id));
	assert_true(is_in(g.m.id, "unsettled"));
	assert_int_equal(run().n, 0);
	assert_null(db_txn(t.s.db, end_back, &g));
	b = run_one();
	assert_batch(b, 1, 10000, 0, net);

	assert_null(db_txn(t.s.db, ask_back, &g));
	g.given = true;
	assert_null(db_txn(t.s.db, end_back, &g));
	b = run_one();
	assert_batch(b, 1, 10000, 2500, net - 2500);
	pay(b->id);
	assert_null(db_txn(t.s.db, ask_back, &g));
	assert_null(db_txn(t.s.db, end_back, &g));
	assert_batch(find(b->id), 1, 10000, 2500, net - 2500);
	assert_int_equal(balance(arena_printf(t.arena,
	    "x.clive_tx_id = '%s'", g.m.id)), -2500);
	assert_true(events(g.m.id, "transaction.changed_after_payout") > 0);
}

/* ------------------------------------------------------- ten thousand */

static uint32_t seed = 20261125;

static uint32_t
random_below(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(seed >> 8) * n >> 24);
}

static const char *ids[RANDOM_PAYMENTS];
static int64_t amounts[RANDOM_PAYMENTS];
static int from;

static const struct fault *
make_many(struct conn *c, void *arg)
{
	(void)arg;
	for (int i = from; i < from + AT_ONCE; i++) {
		struct making m = { 100 + random_below(200000), "USD",
		    clock_now() - DAY_MS - random_below(DAY_MS), NULL };

		amounts[i] = m.minor;
		make_one(c, &m);
		ids[i] = m.id;
	}
	return NULL;
}

/* Gives back a part or all of every tenth, or disputes it. */
static const struct fault *
take_back_many(struct conn *c, void *arg)
{
	(void)arg;
	for (int i = from; i < from + AT_ONCE; i++) {
		uint32_t kind = random_below(30);
		struct telling e = { ids[i], "charge.refunded",
		    kind == 1 ? amounts[i] : 1 + random_below(
		    (uint32_t)amounts[i]), amounts[i] };

		if (kind > 2)
			continue;
		if (kind == 2) {
			e.type = "charge.dispute.created";
			e.total = 0;
		}
		tell_one(c, &e);
	}
	return NULL;
}

static void
for_all(db_callback *fn)
{
	for (from = 0; from < RANDOM_PAYMENTS; from += AT_ONCE)
		assert_null(db_txn(t.s.db, fn, NULL));
}

static void
ten_thousand_payments_agree_with_the_ledger(void **state)
{
	int64_t paid_out = 0;

	(void)state;
	for_all(make_many);
	for_all(take_back_many);
	const char *mine = arena_printf(t.arena, "x.client_id = '%s'",
	    t.client);
	const struct settlement *b = run_one();
	assert_true(b->payments > 9000);
	for_all(take_back_many);
	assert_true(find(b->id)->payments < b->payments);
	const struct settlement *second = run_one();
	/* What is in no batch is gone; what is in one is what is owed. */
	assert_int_equal(find(b->id)->net + second->net, balance(
	    arena_printf(t.arena, "x.client_id = '%s' AND "
	    "x.settlement_status = 'queued'", t.client)));
	paid_out = find(b->id)->net + second->net;
	pay(b->id);
	pay(second->id);
	assert_int_equal(numberf("SELECT coalesce(sum(CASE WHEN "
	    "credit_account = 'rail:wise' THEN l.amount ELSE -l.amount END),"
	    " 0) FROM ledger_entry l JOIN tx x ON x.clive_tx_id = "
	    "l.clive_tx_id WHERE l.kind = 'payout' AND x.client_id = '%s'",
	    t.client), paid_out);
	assert_int_equal(balance(arena_printf(t.arena, "%s AND "
	    "x.settlement_status = 'paid'", mine)), 0);
	assert_int_equal(numberf("SELECT count(*) FROM tx WHERE client_id = "
	    "'%s' AND status = 'succeeded' AND settlement_status <> 'paid'",
	    t.client), 0);
}

/* The checks themselves see what is wrong. */
static void
verify_sees_what_is_wrong(void **state)
{
	struct settlement_report report;
	const char *id = paid(75000, "USD", 1);
	const struct settlement *b = run_one();

	(void)state;
	exec(arena_printf(t.arena, "UPDATE settlement_batch SET gross = "
	    "gross + 1, net = net + 1 WHERE id = '%s'", b->id));
	assert_false(settlement_verify(t.s.conn, &report));
	assert_int_equal(report.bad, 1);
	assert_string_equal(report.first_bad, b->id);
	exec(arena_printf(t.arena, "UPDATE settlement_batch SET gross = "
	    "gross - 1, net = net - 1 WHERE id = '%s'", b->id));
	/* Paid, says the row, and nothing was booked. */
	exec(arena_printf(t.arena, "UPDATE tx SET settlement_status = 'paid' "
	    "WHERE clive_tx_id = '%s'", id));
	assert_false(settlement_verify(t.s.conn, &report));
	exec(arena_printf(t.arena, "UPDATE tx SET settlement_status = "
	    "'queued' WHERE clive_tx_id = '%s'", id));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, case_start, case_stop)

static const struct CMUnitTest tests[] = {
	CASE(batches_are_sums_by_client_and_currency),
	CASE(a_day_must_be_over),
	CASE(test_payments_are_never_settled),
	CASE(what_comes_to_nothing_waits),
	CASE(a_part_given_back_before_is_not_paid),
	CASE(a_payment_leaves_a_pending_batch),
	CASE(an_empty_batch_is_gone),
	CASE(a_batch_below_nothing_is_taken_apart),
	CASE(a_sent_batch_keeps_its_history),
	CASE(a_refund_while_it_is_sent_changes_nothing),
	CASE(an_unknown_outcome_keeps_its_key),
	CASE(a_lease_ends),
	CASE(a_refused_batch_is_paid_under_another_key),
	CASE(a_run_that_was_killed_is_continued),
	CASE(a_refund_under_way_keeps_a_payment_out),
	CASE(ten_thousand_payments_agree_with_the_ledger),
	CASE(verify_sees_what_is_wrong),
};

int
main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("settlement", tests, group_start,
	    group_stop);
}
