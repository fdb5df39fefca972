/* SPDX-License-Identifier: ISC */
/*
 * test-wallet.c - money in wallets: what moves, what may not, and that it
 * always adds up.
 */
#include "wallet.h"

#include <sys/wait.h>

#include "fixture.h"
#include "ledger.h"
#include "password.h"
#include "rail.h"
#include "refund.h"
#include "request.h"
#include "shared.h"
#include "transfer.h"

#define PHONE "+231881158457"
static const char actor[] = "cli:test";

/* ----------------------------------------------------------- fixtures */

static struct buyer *
new_buyer(bool live, const char *phone)
{
	struct buyer *b = arena_alloc(fx.arena, sizeof(*b));

	*b = (struct buyer){ .live = live, .phone_number = phone,
	    .name = "Musu", .pin = "scrypt:..." };
	assert_true(buyer_add(fx.conn, fx.arena, fixture_now, b, actor));
	return b;
}

static struct wallet *
wallet_with(const struct buyer *b, const char *currency, int64_t minor)
{
	struct wallet *w = wallet_open_of_buyer(fx.conn, fx.arena,
	    fixture_now, b, currency);

	assert_non_null(w);
	if (minor > 0)
		assert_true(wallet_fund(fx.conn, fx.arena, fixture_now, w,
		    minor, NULL, actor));
	return w;
}

static struct wallet *
merchant_wallet(int64_t minor)
{
	struct wallet *w = wallet_open_of_merchant(fx.conn, fx.arena,
	    fixture_now, "ECHEZONA001", "AIRPEACE001", false, "USD");

	assert_non_null(w);
	if (minor > 0)
		assert_true(wallet_fund(fx.conn, fx.arena, fixture_now, w,
		    minor, NULL, actor));
	return w;
}

static int64_t
balance(const struct wallet *w)
{
	const struct wallet *now = wallet_find(fx.conn, fx.arena, w->id);

	assert_non_null(now);
	return now->balance;
}

static int64_t
outside(const char *currency)
{
	return wallet_open_outside(fx.conn, fx.arena, fixture_now, false,
	    currency)->balance;
}

static bool
transfer(const struct wallet *from, const struct wallet *to, int64_t minor)
{
	struct wallet_move m = { .kind = WALLET_TRANSFER, .from = from,
	    .to = to, .minor = minor, .partner_id = "ECHEZONA001",
	    .client_id = "AIRPEACE001" };

	return wallet_move(fx.conn, fixture_now, &m);
}

static void
assert_agrees(void)
{
	struct wallet_report report;
	struct ledger_report ledger;

	if (!wallet_verify(fx.conn, &report))
		fail_msg("%s", report.first_bad);
	assert_true(ledger_verify(fx.conn, &ledger));
}

/* A test payment of the merchant's that waits for a wallet. */
static struct intent *
pending_intent(int64_t minor)
{
	struct merchant m = { .live = false, .partner_id = "ECHEZONA001",
	    .client_id = "AIRPEACE001" };
	struct intent_new new = { .amount = { minor, "USD" } };
	struct intent *in = intent_open(fx.conn, fx.arena, fixture_now, &m,
	    &new, actor);

	assert_non_null(in);
	conn_run(fx.conn, SQL_TX_SET_PROCESSOR, "ttit", WALLET_PROCESSOR,
	    "rule_wallet_default", fixture_now, in->tx->clive_tx_id);
	in = intent_find(fx.conn, fx.arena, in->id);
	assert_int_equal(tx_attach(fx.conn, fx.arena, fixture_now, in->tx,
	    in->id, actor), TX_ATTACH_DONE);
	return in;
}

/* ------------------------------------------------------------- buyers */

static void
phone_numbers_are_e164(void **state)
{
	static const char *const good[] = { PHONE, "+12345678",
	    "+123456789012345" };
	static const char *const bad[] = { "", "+", "231881158457",
	    "+1234567", "+1234567890123456", "+031881158457", "+23188a158457",
	    "+231 881158457", " +231881158457", "+231881158457 " };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(buyer_check_phone(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (buyer_check_phone(bad[i]) == NULL)
			fail_msg("taken: %s", bad[i]);
}

static void
pins_have_four_to_eight_digits(void **state)
{
	static const char *const bad[] = { "", "123", "123456789", "12a4",
	    "12 45", "-1234" };
	char made[BUYER_PIN_SIZE], again[BUYER_PIN_SIZE];

	(void)state;
	assert_null(buyer_check_pin_form("0000"));
	assert_null(buyer_check_pin_form("12345678"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(buyer_check_pin_form(bad[i]));
	buyer_pin_make(made);
	assert_null(buyer_check_pin_form(made));
	assert_int_equal(strlen(made), 6);
	/* Twenty that come out alike are not drawn at random. */
	for (int i = 0; i < 20; i++) {
		buyer_pin_make(again);
		if (strcmp(made, again) != 0)
			return;
	}
	fail_msg("always %s", made);
}

static void
a_number_is_one_buyer_a_mode(void **state)
{
	struct buyer *b = new_buyer(false, PHONE), *found;
	struct buyer twice = { .phone_number = PHONE, .pin = "x" };

	(void)state;
	assert_false(buyer_add(fx.conn, fx.arena, fixture_now, &twice,
	    actor));
	new_buyer(true, PHONE);
	found = buyer_find(fx.conn, fx.arena, false, PHONE);
	assert_string_equal(found->id, b->id);
	assert_string_equal(found->name, "Musu");
	assert_string_equal(found->country_code, "LR");
	assert_false(found->live);
	found = buyer_find(fx.conn, fx.arena, true, PHONE);
	assert_string_not_equal(found->id, b->id);
	assert_null(buyer_find(fx.conn, fx.arena, false, "+231881158458"));
}

static void
a_closed_account_is_found_and_not_good(void **state)
{
	struct buyer *b = new_buyer(false, PHONE);

	(void)state;
	assert_true(buyer_disable(fx.conn, fixture_now + 1, b, actor));
	assert_false(buyer_disable(fx.conn, fixture_now + 2, b, actor));
	assert_null(buyer_find_good(fx.conn, fx.arena, false, PHONE));
	b = buyer_find(fx.conn, fx.arena, false, PHONE);
	assert_int_equal(b->disabled_at, fixture_now + 1);
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT, b->id), 2);
}

/* ------------------------------------------------------------ wallets */

static void
there_is_one_wallet_an_owner_and_currency(void **state)
{
	struct buyer *b = new_buyer(false, PHONE);
	struct wallet *usd = wallet_with(b, "USD", 0);

	(void)state;
	assert_null(wallet_of_buyer(fx.conn, fx.arena, b, "LRD"));
	assert_string_equal(wallet_with(b, "USD", 0)->id, usd->id);
	assert_string_not_equal(wallet_with(b, "LRD", 0)->id, usd->id);
	assert_string_equal(usd->phone_number, PHONE);
	assert_string_equal(merchant_wallet(0)->id, merchant_wallet(0)->id);
	assert_null(wallet_of_merchant(fx.conn, fx.arena, "ECHEZONA001",
	    "AIRPEACE001", true, "USD"));
	assert_int_equal(fixture_rows(SQL_WALLETS_OF_BUYER, b->id), 2);
}

static void
money_comes_from_outside_and_goes_there(void **state)
{
	struct wallet *w = merchant_wallet(1000);

	(void)state;
	assert_int_equal(balance(w), 1000);
	assert_int_equal(outside("USD"), -1000);
	assert_true(wallet_withdraw(fx.conn, fx.arena, fixture_now, w, 400,
	    "paid out", actor));
	assert_int_equal(balance(w), 600);
	assert_int_equal(outside("USD"), -600);
	assert_false(wallet_withdraw(fx.conn, fx.arena, fixture_now, w, 601,
	    NULL, actor));
	assert_null(conn_failed(fx.conn));
	assert_int_equal(balance(w), 600);
	assert_agrees();
}

static void
a_transfer_moves_exactly_its_amount(void **state)
{
	struct wallet *from = merchant_wallet(1000);
	struct wallet *to = wallet_with(new_buyer(false, PHONE), "USD", 5);

	(void)state;
	assert_true(transfer(from, to, 300));
	assert_int_equal(balance(from), 700);
	assert_int_equal(balance(to), 305);
	assert_true(transfer(from, to, 700));
	assert_int_equal(balance(from), 0);
	assert_agrees();
}

/* Either wallet's name may be the smaller: the one that is credited first
 * has to get back what it was given. */
static void
what_is_not_there_is_not_spent(void **state)
{
	struct wallet *a = merchant_wallet(100);
	struct wallet *b = wallet_with(new_buyer(false, PHONE), "USD", 100);

	(void)state;
	assert_false(transfer(a, b, 101));
	assert_false(transfer(b, a, 101));
	assert_null(conn_failed(fx.conn));
	assert_int_equal(balance(a), 100);
	assert_int_equal(balance(b), 100);
	struct rows *r = conn_rows(fx.conn, SQL_TRANSFERS_COUNT, "");
	assert_true(row_next(r));
	assert_int_equal(row_int(r, 0), 2);	/* the two top-ups */
	row_done(r);
	assert_agrees();
}

/* ----------------------------------------------------------- payments */

static void
a_payment_takes_from_the_wallet_what_the_ledger_captures(void **state)
{
	struct buyer *b = new_buyer(false, PHONE);
	struct wallet *w = wallet_with(b, "USD", 5000);
	struct intent *in = pending_intent(1250);
	int64_t captured = 0;

	(void)state;
	assert_true(wallet_pay(fx.conn, fx.arena, fixture_now, in, b, actor));
	assert_int_equal(in->tx->status, TX_SUCCEEDED);
	assert_int_equal(balance(w), 3750);
	assert_int_equal(in->tx->fee.processor_fee, 0);
	struct rows *r = conn_rows(fx.conn, SQL_LEDGER_OF_TX, "t",
	    in->tx->clive_tx_id);
	while (row_next(r))
		if (strcmp(row_text(r, 1), "capture") == 0) {
			assert_string_equal(row_text(r, 2),
			    "processor:wallet:test");
			captured += row_int(r, 4);
		}
	assert_int_equal(captured, 1250);
	assert_agrees();
	/* It is paid once. */
	assert_false(wallet_pay(fx.conn, fx.arena, fixture_now, in, b,
	    actor));
	assert_int_equal(balance(w), 3750);
}

static void
a_payment_without_the_money_fails_and_takes_nothing(void **state)
{
	struct buyer *b = new_buyer(false, PHONE);
	struct wallet *w = wallet_with(b, "USD", 1249);
	struct intent *in = pending_intent(1250);

	(void)state;
	assert_true(wallet_pay(fx.conn, fx.arena, fixture_now, in, b, actor));
	assert_null(conn_failed(fx.conn));
	in = intent_find(fx.conn, fx.arena, in->id);
	assert_string_equal(intent_status(in), "failed");
	assert_string_equal(in->failure_code, "insufficient_funds");
	assert_false(in->tx->has_fee);
	assert_int_equal(balance(w), 1249);
	assert_int_equal(fixture_rows(SQL_LEDGER_OF_TX,
	    in->tx->clive_tx_id), 0);
	/* payment.created and payment.failed; nobody was told of success. */
	assert_int_equal(fixture_rows(SQL_EVENTS_OF_TX,
	    in->tx->clive_tx_id), 2);
	assert_agrees();
}

static void
a_buyer_of_the_other_mode_pays_nothing(void **state)
{
	struct buyer *b = new_buyer(true, PHONE);
	struct intent *in = pending_intent(1250);

	(void)state;
	wallet_with(b, "USD", 5000);
	assert_false(wallet_pay(fx.conn, fx.arena, fixture_now, in, b,
	    actor));
	in = intent_find(fx.conn, fx.arena, in->id);
	assert_string_equal(intent_status(in), "requires_action");
}

static void
a_refund_goes_back_to_the_wallet_that_paid(void **state)
{
	struct buyer *b = new_buyer(false, PHONE);
	struct wallet *w = wallet_with(b, "USD", 5000);
	struct intent *in = pending_intent(1250);
	const struct provider_answer given = { .fate = PROVIDER_DONE,
	    .state = PROVIDER_PAID };
	struct refund *refund;

	(void)state;
	assert_true(wallet_pay(fx.conn, fx.arena, fixture_now, in, b, actor));
	in = intent_find(fx.conn, fx.arena, in->id);
	assert_null(refund_open(fx.conn, fx.arena, fixture_now, in, 250, NULL,
	    (struct slice){ 0 }, actor, &refund));
	assert_true(wallet_refund(fx.conn, fx.arena, fixture_now, in->id,
	    refund->id, 250));
	assert_true(refund_settle(fx.conn, fx.arena, fixture_now, refund,
	    &given, actor));
	assert_int_equal(balance(w), 4000);
	assert_agrees();
	/* A refund is given once; the constraint says so. */
	assert_false(wallet_refund(fx.conn, fx.arena, fixture_now, in->id,
	    refund->id, 250));
	assert_non_null(conn_failed(fx.conn));
}

static void
what_was_not_paid_by_wallet_is_not_refunded_to_one(void **state)
{
	(void)state;
	assert_false(wallet_refund(fx.conn, fx.arena, fixture_now, "pi_none",
	    "re_none", 1));
	assert_null(conn_failed(fx.conn));
}

/* --------------------------------------------------------- constraints */

/* What no program can do, however wrong it is. */
static void
the_database_itself_refuses(void **state)
{
	static const char *const tries[] = {
		"UPDATE wallet SET balance = -1 WHERE kind = 'merchant'",
		"UPDATE wallet SET balance = balance - 1001 WHERE kind = "
		"'merchant'",
		/* Another currency's, another mode's wallet. */
		"INSERT INTO wallet_transfer SELECT 'tr_x', 'top_up', "
		"(SELECT id FROM wallet WHERE kind = 'outside' AND currency "
		"= 'LRD'), (SELECT id FROM wallet WHERE kind = 'merchant'), "
		"0, 'USD', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1",
		"INSERT INTO wallet_transfer SELECT 'tr_x', 'top_up', "
		"(SELECT id FROM wallet WHERE kind = 'outside' AND currency "
		"= 'USD'), (SELECT id FROM wallet WHERE kind = 'merchant'), "
		"1, 'USD', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1",
		"INSERT INTO wallet_transfer SELECT 'tr_x', kind, "
		"from_wallet, to_wallet, livemode, currency, 0, NULL, NULL, "
		"NULL, NULL, NULL, NULL, NULL, 1 FROM wallet_transfer LIMIT 1",
		"INSERT INTO wallet_transfer SELECT 'tr_x', kind, "
		"to_wallet, to_wallet, livemode, currency, 1, NULL, NULL, "
		"NULL, NULL, NULL, NULL, NULL, 1 FROM wallet_transfer LIMIT 1",
		"UPDATE wallet_transfer SET amount = 1",
		"DELETE FROM wallet_transfer",
		"INSERT INTO wallet SELECT 'wal_x', kind, livemode, "
		"currency, buyer_id, partner_id, client_id, 0, 1, 1 FROM "
		"wallet WHERE kind = 'merchant'",
		"INSERT INTO wallet SELECT 'wal_x', kind, livemode, "
		"currency, NULL, NULL, NULL, 0, 1, 1 FROM wallet WHERE kind "
		"= 'outside' AND currency = 'USD'",
		"UPDATE wallet SET livemode = 1 WHERE kind = 'merchant'",
		"DELETE FROM wallet WHERE kind = 'merchant'",
	};

	(void)state;
	merchant_wallet(1000);
	wallet_with(new_buyer(false, PHONE), "LRD", 1000);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		conn_savepoint(fx.conn);
		conn_script(fx.conn, tries[i]);
		if (conn_failed(fx.conn) == NULL)
			fail_msg("done: %s", tries[i]);
		conn_rollback_to(fx.conn);
		conn_forgive(fx.conn);
	}
	assert_agrees();
}

static void
false_figures_are_found(void **state)
{
	static const char *const changes[] = {
		"UPDATE wallet SET balance = balance + 1 WHERE kind = 'buyer'",
		/* Both sides, so that the sum stays. */
		"UPDATE wallet SET balance = balance + CASE kind WHEN "
		"'outside' THEN -1 ELSE 1 END WHERE kind = 'buyer' OR kind = "
		"'outside'",
		"DELETE FROM wallet_transfer WHERE kind = 'payment'",
		"UPDATE wallet_transfer SET amount = amount + 1 WHERE kind = "
		"'top_up'",
		/* A payment that took another amount than was captured, and
		 * balances that agree with it. */
		"UPDATE wallet_transfer SET amount = amount + 1 WHERE kind = "
		"'payment'; UPDATE wallet SET balance = balance + CASE kind "
		"WHEN 'outside' THEN 1 ELSE -1 END",
		"UPDATE tx SET processor = 'stripe'",
		"UPDATE intent SET livemode = 1",
		"UPDATE ledger_entry SET kind = 'refund' WHERE kind = "
		"'capture'",
	};
	struct wallet_report report;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		conn_savepoint(fx.conn);
		struct buyer *b = new_buyer(false, PHONE);
		struct intent *in = pending_intent(1250);
		wallet_with(b, "USD", 5000);
		assert_true(wallet_pay(fx.conn, fx.arena, fixture_now, in, b,
		    actor));
		assert_true(wallet_verify(fx.conn, &report));
		assert_int_equal(report.wallets, 2);
		assert_int_equal(report.transfers, 2);
		assert_string_equal(report.first_bad, "");
		conn_script(fx.conn,
		    "DROP TRIGGER wallet_transfer_is_final_update;"
		    "DROP TRIGGER wallet_transfer_is_final_delete;"
		    "DROP TRIGGER ledger_entry_is_final_update;");
		conn_script(fx.conn, changes[i]);
		assert_null(conn_failed(fx.conn));
		if (wallet_verify(fx.conn, &report))
			fail_msg("unseen: %s", changes[i]);
		assert_true(report.bad >= 1);
		conn_rollback_to(fx.conn);
	}
}

/* ------------------------------------------------------ many at a time */

enum {
	PROCESSES = 8,
	EACH = 25,		/* transfers of a process */
	WALLETS = 4,
	FUNDS = 300		/* in each: many transfers find too little */
};

struct step {
	struct arena	*arena;
	int		 n;
	bool		 moved;
};

static const struct fault *
make_wallets(struct conn *c, void *arg)
{
	const struct partner p = { .partner_id = "ECHEZONA001",
	    .legal_name = "Echezona Ltd", .status = "active",
	    .kyc_status = "approved", .fee_ppm = 35000 };
	struct client client = { .client_id = "AIRPEACE001",
	    .legal_name = "Air Peace", .status = "active", .fee_ppm = -1,
	    .fee_flat_cents = -1 };
	struct step *s = arg;

	partner_add(c, &p, fixture_now, actor);
	client_add(c, &p, &client, s->arena, fixture_now, actor);
	for (int i = 0; i < WALLETS; i++) {
		struct buyer b = { .pin = "x", .phone_number =
		    arena_printf(s->arena, "+23188000000%d", i) };
		buyer_add(c, s->arena, fixture_now, &b, actor);
		struct wallet *w = wallet_open_of_buyer(c, s->arena,
		    fixture_now, &b, "USD");
		if (!wallet_fund(c, s->arena, fixture_now, w, FUNDS, NULL,
		    actor))
			return &FAULT_INTERNAL;
	}
	return NULL;
}

static const struct fault *
move_some(struct conn *c, void *arg)
{
	struct step *s = arg;
	struct wallet_move m = { .kind = WALLET_TRANSFER,
	    .partner_id = "ECHEZONA001", .client_id = "AIRPEACE001",
	    .minor = 50 + s->n % 7 * 40 };
	const struct wallet *ends[2];

	for (int i = 0; i < 2; i++) {
		const struct buyer *b = buyer_find(c, s->arena, false,
		    arena_printf(s->arena, "+23188000000%d",
		    (s->n + i * (1 + s->n % (WALLETS - 1))) % WALLETS));
		ends[i] = wallet_of_buyer(c, s->arena, b, "USD");
	}
	m.from = ends[0];
	m.to = ends[1];
	/* Identifiers of one moment count up from where the parent was. */
	s->moved = wallet_move(c, clock_now(), &m);
	return NULL;
}

/* A process of its own on the database; its status is the number of transfers
 * that it made. */
static _Noreturn void
run_mover(const struct conf *conf, int number)
{
	struct step s = { .arena = arena_new() };
	char why[256];
	struct db *db = db_open(conf, why, sizeof(why));
	int moved = 0;

	for (int i = 0; db != NULL && i < EACH; i++) {
		s.n = number * 31 + i * 7;
		if (db_txn(db, move_some, &s) != NULL)
			_exit(99);
		moved += s.moved;
		arena_reset(s.arena);
	}
	if (db == NULL)
		_exit(98);
	db_close(db);
	arena_free(s.arena);
	_exit(moved);
}

static void
many_processes_keep_the_sum(void **state)
{
	struct step s = { .arena = arena_new() };
	struct wallet_report report;
	char var[64], why[512];
	struct conf conf;
	int moved = 0, status;

	(void)state;
	fixture_folder(var);
	assert_true(setup_var(var, false, "http://localhost:4390",
	    "whsec_0123456789abcdef", why, sizeof(why)));
	assert_true(conf_read(var, &conf, why, sizeof(why)));
	struct db *db = db_open(&conf, why, sizeof(why));
	assert_non_null(db);
	assert_null(db_txn(db, make_wallets, &s));
	db_close(db);
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			run_mover(&conf, i);
	for (int i = 0; i < PROCESSES; i++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		assert_in_range(WEXITSTATUS(status), 0, EACH);
		moved += WEXITSTATUS(status);
	}
	/* Some were refused for lack of money, or nothing was at stake. */
	assert_in_range(moved, PROCESSES, PROCESSES * EACH - 1);
	db = db_open(&conf, why, sizeof(why));
	struct conn *c = db_reader(db, why, sizeof(why));
	assert_true(wallet_verify(c, &report));
	assert_int_equal(report.transfers, moved + WALLETS);
	struct rows *r = conn_rows(c, SQL_WALLETS, "tii", "", INT64_C(0),
	    INT64_C(100));
	int64_t sum = 0;
	while (row_next(r)) {
		const struct wallet *w = wallet_of_row(r, s.arena);
		if (strcmp(w->kind, "buyer") != 0)
			continue;
		assert_true(w->balance >= 0);
		sum += w->balance;
	}
	assert_int_equal(sum, WALLETS * FUNDS);
	conn_close(c);
	db_close(db);
	arena_free(s.arena);
	fixture_remove(var);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(phone_numbers_are_e164),
	cmocka_unit_test(pins_have_four_to_eight_digits),
	FIXTURE_CASE(a_number_is_one_buyer_a_mode),
	FIXTURE_CASE(a_closed_account_is_found_and_not_good),
	FIXTURE_CASE(there_is_one_wallet_an_owner_and_currency),
	FIXTURE_CASE(money_comes_from_outside_and_goes_there),
	FIXTURE_CASE(a_transfer_moves_exactly_its_amount),
	FIXTURE_CASE(what_is_not_there_is_not_spent),
	FIXTURE_CASE(a_payment_takes_from_the_wallet_what_the_ledger_captures),
	FIXTURE_CASE(a_payment_without_the_money_fails_and_takes_nothing),
	FIXTURE_CASE(a_buyer_of_the_other_mode_pays_nothing),
	FIXTURE_CASE(a_refund_goes_back_to_the_wallet_that_paid),
	FIXTURE_CASE(what_was_not_paid_by_wallet_is_not_refunded_to_one),
	FIXTURE_CASE(the_database_itself_refuses),
	FIXTURE_CASE(false_figures_are_found),
	cmocka_unit_test(many_processes_keep_the_sum),
};

TEST_MAIN("wallet", tests)
