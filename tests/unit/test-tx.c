/* SPDX-License-Identifier: ISC */
/* test-tx.c - the states of a payment and all that one move entails. */
#include "tx.h"

#include <string.h>

#include "audit.h"
#include "fixture.h"
#include "ledger.h"
#include "outbox.h"
#include "webhook.h"

static const char actor[] = "processor:stripe";

/* Rows: from. The order is that of the enum. */
static const bool allowed[TX_STATUS_COUNT][TX_STATUS_COUNT] = {
	/*		  init   pend   succ   fail   refu   char   aban */
	/* initialized */ { false, true,  false, false, false, false, true },
	/* pending */	  { false, false, true,  true,  false, false, true },
	/* succeeded */	  { false, false, false, false, true,  true,  false },
	/* failed */	  { false, false, true,  false, false, false, false },
	/* refunded */	  { false, false, false, false, false, true,  false },
	/* chargeback */  { false, false, false, false, true,  false, false },
	/* abandoned */	  { false, false, true,  false, false, false, false },
};

static void
every_pair_of_states_is_as_documented(void **state)
{
	(void)state;
	for (int from = 0; from < TX_STATUS_COUNT; from++)
		for (int to = 0; to < TX_STATUS_COUNT; to++)
			if (tx_may_move((enum tx_status)from,
			    (enum tx_status)to) != allowed[from][to])
				fail_msg("%s to %s",
				    tx_status_name((enum tx_status)from),
				    tx_status_name((enum tx_status)to));
}

static void
words_and_states_match_both_ways(void **state)
{
	static const char *const words[] = { "initialized", "pending",
	    "succeeded", "failed", "refunded", "chargeback", "abandoned" };

	(void)state;
	for (int i = 0; i < TX_STATUS_COUNT; i++) {
		assert_string_equal(tx_status_name((enum tx_status)i),
		    words[i]);
		assert_string_equal(tx_status_names[i], words[i]);
		assert_int_equal(tx_status_of(words[i]), i);
	}
	assert_null(tx_status_names[TX_STATUS_COUNT]);
	assert_int_equal(tx_status_of(""), TX_STATUS_COUNT);
	assert_int_equal(tx_status_of("Pending"), TX_STATUS_COUNT);
	assert_int_equal(tx_status_of("pending "), TX_STATUS_COUNT);
}

/* A payment in any state, by legal moves. */
static struct tx *
in_state(enum tx_status status)
{
	static int n;
	struct tx *tx = status == TX_INITIALIZED ? fixture_tx(75000, "USD") :
	    fixture_pending(75000, "USD",
	    arena_printf(fx.arena, "pi_%d", ++n));

	if (status == TX_REFUNDED || status == TX_CHARGEBACK)
		assert_true(tx_move(fx.conn, fx.arena, fixture_now, tx,
		    TX_SUCCEEDED, actor));
	if (status != TX_INITIALIZED && status != TX_PENDING)
		assert_true(tx_move(fx.conn, fx.arena, fixture_now, tx,
		    status, actor));
	return tx;
}

/* What the database holds of a payment, to see that nothing changed. */
struct traces {
	int	audit, events, ledger;
	char	status[16];
};

static struct traces
traces_of(const struct tx *tx)
{
	struct traces t = { 0 };
	const struct tx *stored = tx_find(fx.conn, fx.arena,
	    tx->clive_tx_id);

	t.audit = fixture_rows(SQL_AUDIT_OF_SUBJECT, tx->clive_tx_id);
	t.events = fixture_rows(SQL_EVENTS_OF_TX, tx->clive_tx_id);
	t.ledger = fixture_rows(SQL_LEDGER_OF_TX, tx->clive_tx_id);
	snprintf(t.status, sizeof(t.status), "%s",
	    tx_status_name(stored->status));
	return t;
}

static void
moves_happen_exactly_where_allowed(void **state)
{
	(void)state;
	for (int from = 0; from < TX_STATUS_COUNT; from++)
		for (int to = 0; to < TX_STATUS_COUNT; to++) {
			struct tx *tx = in_state((enum tx_status)from);
			struct traces before = traces_of(tx);
			bool moved = tx_move(fx.conn, fx.arena,
			    fixture_now + 1, tx, (enum tx_status)to, actor);
			struct traces after = traces_of(tx);

			assert_int_equal(moved, allowed[from][to]);
			assert_int_equal(tx->status, moved ? to : from);
			if (!moved)
				assert_memory_equal(&before, &after,
				    sizeof(before));
			else
				assert_int_equal(after.audit,
				    before.audit + 1);
		}
	assert_null(conn_failed(fx.conn));
}

static const char *
written(const struct tx *tx)
{
	struct jsonw w;
	struct buf buf;

	buf_init(&buf, 8192);
	jsonw_init(&w, &buf);
	jsonw_object(&w, NULL);
	tx_write(&w, tx);
	jsonw_end_object(&w);
	const char *text = arena_strdup(fx.arena, buf_str(&buf));
	buf_free(&buf);
	return text;
}

static void
opening_fills_in_the_payment(void **state)
{
	struct tx *tx = fixture_tx(75000, "USD");

	(void)state;
	assert_memory_equal(tx->clive_tx_id, "CLVTX_1764000000000_", 20);
	assert_int_equal(tx->status, TX_INITIALIZED);
	assert_string_equal(tx->partner_id, "ECHEZONA001");
	assert_string_equal(tx->client_id, "AIRPEACE001");
	assert_string_equal(tx->partner_name, "Echezona Ltd");
	assert_string_equal(tx->client_name, "Air Peace");
	assert_int_equal(tx->amount.minor, 75000);
	assert_string_equal(tx->amount.currency, "USD");
	assert_string_equal(tx->echezona_reference, "EZ12345");
	assert_string_equal(tx->meta, "{\"a\":1.10}");
	assert_string_equal(tx->processor, "stripe");
	assert_null(tx->processor_ref);
	assert_false(tx->has_fee);
	assert_int_equal(tx->refunded, 0);
	assert_int_equal(tx->disputed, 0);
	assert_string_equal(tx->settlement_status, "unsettled");
	assert_int_equal(tx->created_at, fixture_now);
	assert_int_equal(tx->updated_at, fixture_now);
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT,
	    tx->clive_tx_id), 1);
	/* Nobody is told of a payment that was only opened. */
	assert_int_equal(fixture_rows(SQL_EVENTS_OF_TX, tx->clive_tx_id), 0);
}

static void
references_may_repeat(void **state)
{
	struct tx *first = fixture_tx(1, "USD"), *second =
	    fixture_tx(1, "USD");

	(void)state;
	assert_string_not_equal(first->clive_tx_id, second->clive_tx_id);
}

static void
what_is_not_there_is_not_found(void **state)
{
	(void)state;
	fixture_pending(1, "USD", "pi_1");
	assert_null(tx_find(fx.conn, fx.arena, "CLVTX_1764000000000_"));
	assert_null(tx_find_by_ref(fx.conn, fx.arena, "stripe", "pi_2"));
	assert_null(tx_find_by_ref(fx.conn, fx.arena, "revolut", "pi_1"));
	assert_non_null(tx_find_by_ref(fx.conn, fx.arena, "stripe", "pi_1"));
	assert_null(conn_failed(fx.conn));
}

static void
attaching_works_once(void **state)
{
	struct tx *tx = fixture_tx(100, "USD");
	const int64_t later = fixture_now + 1;

	(void)state;
	assert_int_equal(tx_attach(fx.conn, fx.arena, later, tx, "pi_1",
	    "key:k"), TX_ATTACH_DONE);
	assert_int_equal(tx->status, TX_PENDING);
	assert_string_equal(tx->processor_ref, "pi_1");
	assert_int_equal(tx->updated_at, later);
	assert_int_equal(tx_attach(fx.conn, fx.arena, later, tx, "pi_1",
	    "key:k"), TX_ATTACH_CLOSED);
	assert_int_equal(tx_attach(fx.conn, fx.arena, later, tx, "pi_2",
	    "key:k"), TX_ATTACH_CLOSED);
	const struct tx *stored = tx_find_by_ref(fx.conn, fx.arena, "stripe",
	    "pi_1");
	assert_string_equal(stored->clive_tx_id, tx->clive_tx_id);
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT,
	    tx->clive_tx_id), 2);
}

static void
an_intent_belongs_to_one_payment(void **state)
{
	fixture_pending(100, "USD", "pi_1");
	struct tx *tx = fixture_tx(100, "USD");

	(void)state;
	assert_int_equal(tx_attach(fx.conn, fx.arena, fixture_now, tx,
	    "pi_1", "key:k"), TX_ATTACH_TAKEN);
	assert_int_equal(tx->status, TX_INITIALIZED);
	assert_null(tx->processor_ref);
	assert_null(conn_failed(fx.conn));
	assert_int_equal(fixture_rows(SQL_AUDIT_OF_SUBJECT,
	    tx->clive_tx_id), 1);
	assert_int_equal(tx_attach(fx.conn, fx.arena, fixture_now, tx,
	    "pi_2", "key:k"), TX_ATTACH_DONE);
}

static void
an_abandoned_payment_is_not_attached(void **state)
{
	struct tx *tx = fixture_tx(100, "USD");

	(void)state;
	assert_true(tx_move(fx.conn, fx.arena, fixture_now, tx, TX_ABANDONED,
	    "cron:sweep"));
	assert_int_equal(tx_attach(fx.conn, fx.arena, fixture_now, tx,
	    "pi_1", "key:k"), TX_ATTACH_CLOSED);
}

static void
the_second_of_two_stale_copies_loses(void **state)
{
	struct tx *one = fixture_pending(75000, "USD", "pi_1");
	struct tx *two = tx_find(fx.conn, fx.arena, one->clive_tx_id);
	struct tx *three = tx_find(fx.conn, fx.arena, one->clive_tx_id);

	(void)state;
	assert_true(tx_move(fx.conn, fx.arena, fixture_now, one, TX_SUCCEEDED,
	    actor));
	struct traces before = traces_of(one);
	assert_false(tx_move(fx.conn, fx.arena, fixture_now, two,
	    TX_SUCCEEDED, actor));
	assert_false(two->has_fee);
	assert_false(tx_move(fx.conn, fx.arena, fixture_now, three, TX_FAILED,
	    actor));
	assert_int_equal(three->status, TX_PENDING);
	struct traces after = traces_of(one);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void
success_computes_and_posts(void **state)
{
	struct tx *tx = fixture_pending(75000, "USD", "pi_1");
	struct ledger_report report;

	(void)state;
	assert_true(tx_move(fx.conn, fx.arena, fixture_now + 7, tx,
	    TX_SUCCEEDED, actor));
	tx = tx_find(fx.conn, fx.arena, tx->clive_tx_id);
	assert_true(tx->has_fee);
	assert_int_equal(tx->fee.processor_fee, 2205);
	assert_int_equal(tx->fee.platform_fee, 420);
	assert_int_equal(tx->fee.net, 72375);
	assert_int_equal(tx->fee.clive_earning, 420);
	assert_int_equal(tx->updated_at, fixture_now + 7);
	assert_int_equal(tx->created_at, fixture_now);
	assert_int_equal(fixture_rows(SQL_LEDGER_OF_TX, tx->clive_tx_id), 3);
	assert_true(ledger_verify(fx.conn, &report));
	assert_int_equal(report.payments, 1);
	assert_int_equal(report.entries, 3);
}

/* One entry of a payment's ledger. */
static void
assert_entry(const char *tx, const char *kind, const char *debit,
    const char *credit, int64_t amount)
{
	struct rows *r = conn_rows(fx.conn, SQL_LEDGER_OF_TX, "t", tx);
	bool found = false;

	while (row_next(r))
		found |= strcmp(row_text(r, 1), kind) == 0 &&
		    strcmp(row_text(r, 2), debit) == 0 &&
		    strcmp(row_text(r, 3), credit) == 0 &&
		    row_int(r, 4) == amount &&
		    strcmp(row_text(r, 5), "USD") == 0;
	if (!found)
		fail_msg("no %s of %lld from %s to %s", kind,
		    (long long)amount, credit, debit);
}

static void
entries_move_between_the_right_accounts(void **state)
{
	struct tx *tx = fixture_pending(75000, "USD", "pi_1");
	const char *id = tx->clive_tx_id;

	(void)state;
	tx_move(fx.conn, fx.arena, fixture_now, tx, TX_SUCCEEDED, actor);
	assert_entry(id, "capture", "processor:stripe",
	    "partner:ECHEZONA001", 75000);
	assert_entry(id, "processor_fee", "partner:ECHEZONA001",
	    "processor:stripe", 2205);
	assert_entry(id, "platform_fee", "partner:ECHEZONA001", "revenue",
	    420);
	ledger_post(fx.conn, fixture_now, tx, LEDGER_REFUND, 75000);
	assert_entry(id, "refund", "partner:ECHEZONA001",
	    "processor:stripe", 75000);
	ledger_post(fx.conn, fixture_now, tx, LEDGER_CHARGEBACK, 100);
	assert_entry(id, "chargeback", "partner:ECHEZONA001",
	    "processor:stripe", 100);
	int before = fixture_rows(SQL_LEDGER_OF_TX, id);
	ledger_post(fx.conn, fixture_now, tx, LEDGER_REFUND, 0);
	assert_int_equal(fixture_rows(SQL_LEDGER_OF_TX, id), before);
}

static void
a_negative_platform_fee_flows_the_other_way(void **state)
{
	struct tx *tx = fixture_pending(1000, "USD", "pi_1");
	struct ledger_report report;

	(void)state;
	tx_move(fx.conn, fx.arena, fixture_now, tx, TX_SUCCEEDED, actor);
	assert_int_equal(tx->fee.platform_fee, -24);
	assert_entry(tx->clive_tx_id, "platform_fee", "revenue",
	    "partner:ECHEZONA001", 24);
	assert_true(ledger_verify(fx.conn, &report));
}

static void
a_platform_fee_of_zero_posts_nothing(void **state)
{
	struct tx *tx = fixture_pending(5000, "USD", "pi_1");
	struct ledger_report report;

	(void)state;
	tx_move(fx.conn, fx.arena, fixture_now, tx, TX_SUCCEEDED, actor);
	assert_int_equal(fixture_rows(SQL_LEDGER_OF_TX, tx->clive_tx_id), 2);
	assert_true(ledger_verify(fx.conn, &report));
}

static void
the_clients_own_terms_count(void **state)
{
	struct tx *tx;

	(void)state;
	fixture_client("ECHEZONA001", "OWN", 50000, 100);
	tx = fixture_tx(75000, "USD");
	tx->client_id = "OWN";
	tx_open(fx.conn, fx.arena, fixture_now, tx, (struct slice){ 0 },
	    "key:k");
	tx_attach(fx.conn, fx.arena, fixture_now, tx, "pi_9", "key:k");
	assert_true(tx_move(fx.conn, fx.arena, fixture_now, tx, TX_SUCCEEDED,
	    actor));
	assert_int_equal(tx->fee.partner_ppm, 50000);
	assert_int_equal(tx->fee.platform_fee, 1645);
	assert_int_equal(tx->fee.net, 71150);
	assert_int_equal(tx->fee.clive_earning, 420);
}

static void
the_rule_it_was_opened_under_counts(void **state)
{
	struct tx *tx = fixture_tx(75000, "USD");
	struct ledger_report report;

	(void)state;
	assert_null(tx->fee_rule_id);
	assert_int_equal(conn_run(fx.conn, SQL_FEE_RULE_INSERT, "ttttttiii",
	    "rule_1", "revolut", "revolut_pay", "*", "*", "*",
	    INT64_C(10000), INT64_C(20), fixture_now), 1);
	assert_int_equal(conn_run(fx.conn, SQL_TX_SET_PROCESSOR, "ttit",
	    "revolut", "rule_1", fixture_now + 60000, tx->clive_tx_id), 1);
	tx = tx_find(fx.conn, fx.arena, tx->clive_tx_id);
	assert_string_equal(tx->processor, "revolut");
	assert_string_equal(tx->fee_rule_id, "rule_1");
	tx_attach(fx.conn, fx.arena, fixture_now, tx, "ord_1", "key:k");
	/* Once it is open, another cannot take it over. */
	assert_int_equal(conn_run(fx.conn, SQL_TX_SET_PROCESSOR, "ttit",
	    "stripe", "rule_stripe_default", fixture_now,
	    tx->clive_tx_id), 0);
	/* An ended rule still holds for what was opened under it. */
	conn_run(fx.conn, SQL_FEE_RULE_END, "it", fixture_now, "rule_1");
	assert_true(tx_move(fx.conn, fx.arena, fixture_now, tx, TX_SUCCEEDED,
	    "processor:revolut"));
	tx = tx_find(fx.conn, fx.arena, tx->clive_tx_id);
	assert_int_equal(tx->fee.processor_ppm, 10000);
	assert_int_equal(tx->fee.processor_fee, 770);
	assert_int_equal(tx->fee.platform_fee, 1855);
	assert_int_equal(tx->fee.net, 72375);
	assert_entry(tx->clive_tx_id, "processor_fee",
	    "partner:ECHEZONA001", "processor:revolut", 770);
	assert_true(ledger_verify(fx.conn, &report));
}

static void
what_opened_it_is_kept_with_it(void **state)
{
	struct tx *tx = fixture_tx(100, "USD");

	(void)state;
	assert_null(tx->email);
	tx->email = "buyer@shop.example";
	tx_open(fx.conn, fx.arena, fixture_now, tx, (struct slice){ 0 },
	    "key:k");
	tx = tx_find(fx.conn, fx.arena, tx->clive_tx_id);
	assert_string_equal(tx->email, "buyer@shop.example");
	assert_null(tx->meta);
	/* Nobody but the buyer is told of the address. */
	assert_null(strstr(written(tx), "buyer@"));
}

/* The ledger check must see what does not fit. */
static void
false_figures_are_found(void **state)
{
	static const char *const changes[] = {
		"UPDATE tx SET refunded_amount = 1",
		"UPDATE tx SET disputed_amount = 1",
		"UPDATE tx SET net_amount = net_amount + 1, "
		"platform_fee = platform_fee - 1",
		"UPDATE tx SET status = 'pending'",
		"DELETE FROM ledger_entry WHERE kind = 'platform_fee'",
		"DELETE FROM ledger_entry",
		"UPDATE ledger_entry SET amount = amount + 1 WHERE kind = "
		"'capture'",
		"UPDATE ledger_entry SET currency = 'EUR'",
		"UPDATE ledger_entry SET debit_account = credit_account, "
		"credit_account = debit_account WHERE kind = 'capture'",
		"UPDATE ledger_entry SET credit_account = 'partner:OTHER' "
		"WHERE kind = 'capture'",
		"UPDATE ledger_entry SET clive_tx_id = (SELECT max("
		"clive_tx_id) FROM tx)",
	};
	struct ledger_report report;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		conn_savepoint(fx.conn);
		struct tx *tx = fixture_pending(75000, "USD", "pi_1");
		tx_move(fx.conn, fx.arena, fixture_now, tx, TX_SUCCEEDED,
		    actor);
		struct tx *other = fixture_tx(1, "USD");
		other->clive_tx_id = "CLVTX_9999999999999_999999999";
		conn_run(fx.conn, SQL_TX_INSERT, "tttittstini",
		    other->clive_tx_id, other->partner_id, other->client_id,
		    INT64_C(1), "USD", "R", (struct slice){ 0 }, "stripe",
		    fixture_now, INT64_C(-1));
		assert_true(ledger_verify(fx.conn, &report));
		assert_string_equal(report.first_bad, "");
		conn_script(fx.conn,
		    "DROP TRIGGER ledger_entry_is_final_update;"
		    "DROP TRIGGER ledger_entry_is_final_delete;");
		conn_script(fx.conn, changes[i]);
		assert_null(conn_failed(fx.conn));
		if (ledger_verify(fx.conn, &report))
			fail_msg("unseen: %s", changes[i]);
		assert_true(report.bad_payments >= 1);
		assert_string_equal(report.first_bad, tx->clive_tx_id);
		conn_rollback_to(fx.conn);
	}
}

/* An endpoint of a partner for some events. */
static void
subscribe(const char *partner, const char *name, const char *event)
{
	const char *const events[] = { event, NULL };
	struct webhook w = { .partner_id = partner, .api = "clive",
	    .settings = { .name = name, .url = "https://hook.example/",
	    .events = events }, .secret = "0123456789abcdef" };

	schedule_parse("clive", &fx.conf, &w.settings.schedule);
	const char *why = webhook_add(fx.conn, fx.vault, &fx.conf, &w,
	    fixture_now, "cli:test");

	if (why != NULL)
		fail_msg("%s", why);
	if (strcmp(name, "off") == 0)
		assert_true(webhook_disable(fx.conn, w.id, "operator",
		    fixture_now, "cli:test"));
	if (strcmp(name, "gone") == 0)
		assert_true(webhook_delete(fx.conn, w.id, fixture_now,
		    "cli:test"));
}

/* One that is off too: what it misses is kept for it. */
static void
every_subscribed_endpoint_gets_a_delivery(void **state)
{
	(void)state;
	fixture_partner("OTHER", 35000);
	subscribe("ECHEZONA001", "yes", "transaction_succeeded");
	subscribe("ECHEZONA001", "also", "transaction_succeeded");
	subscribe("ECHEZONA001", "refunds", "transaction_refunded");
	subscribe("ECHEZONA001", "off", "transaction_succeeded");
	subscribe("ECHEZONA001", "gone", "transaction_succeeded");
	subscribe("OTHER", "stranger", "transaction_succeeded");
	struct tx *tx = fixture_pending(75000, "USD", "pi_1");
	tx_move(fx.conn, fx.arena, fixture_now, tx, TX_SUCCEEDED, actor);

	struct rows *r = conn_rows(fx.conn, SQL_DELIVERIES_OF_TX, "t",
	    tx->clive_tx_id);
	int n = 0;
	for (; row_next(r); n++) {
		assert_true(strcmp(row_text(r, 3), "yes") == 0 ||
		    strcmp(row_text(r, 3), "also") == 0 ||
		    strcmp(row_text(r, 3), "off") == 0);
		assert_string_equal(row_text(r, 5), "due");
		assert_int_equal(row_int(r, 6), 0);
		assert_int_equal(row_int(r, 7), fixture_now);
	}
	assert_int_equal(n, 3);
	/* The event itself is there even where nobody listens. */
	assert_int_equal(fixture_rows(SQL_EVENTS_OF_TX, tx->clive_tx_id), 1);
}

static void
events_tell_of_the_five_documented_states(void **state)
{
	static const char *const names[TX_STATUS_COUNT] = {
		[TX_SUCCEEDED] = "transaction_succeeded",
		[TX_FAILED] = "transaction_failed",
		[TX_REFUNDED] = "transaction_refunded",
		[TX_CHARGEBACK] = "transaction_chargeback",
		[TX_ABANDONED] = "transaction_abandoned",
	};
	size_t n = 0;

	(void)state;
	for (int i = 0; i < TX_STATUS_COUNT; i++) {
		const char *event = outbox_event_of((enum tx_status)i);

		if (names[i] == NULL)
			assert_null(event);
		else
			assert_string_equal(event, names[i]);
	}
	while (outbox_event_types[n] != NULL)
		n++;
	assert_int_equal(n, 5);
}

static void
the_body_has_nine_keys_and_the_metas_own_bytes(void **state)
{
	struct tx *tx = fixture_pending(75050, "USD", "pi_1");
	char expected[512];

	(void)state;
	tx_move(fx.conn, fx.arena, fixture_now, tx, TX_SUCCEEDED, actor);
	snprintf(expected, sizeof(expected),
	    "{\"event\":\"transaction_succeeded\",\"clive_tx_id\":\"%s\","
	    "\"partner_id\":\"ECHEZONA001\",\"client_id\":\"AIRPEACE001\","
	    "\"echezona_reference\":\"EZ12345\",\"status\":\"succeeded\","
	    "\"amount\":750.5,\"currency\":\"USD\",\"meta\":{\"a\":1.10}}",
	    tx->clive_tx_id);
	struct rows *r = conn_rows(fx.conn, SQL_EVENTS_OF_TX, "t",
	    tx->clive_tx_id);
	assert_true(row_next(r));
	assert_string_equal(row_text(r, 1), "transaction_succeeded");
	struct slice body = row_bytes(r, 2);
	assert_int_equal(body.n, strlen(expected));
	assert_memory_equal(body.p, expected, body.n);
	row_done(r);
}

static void
a_payment_without_meta_says_null(void **state)
{
	struct tx *tx = fixture_tx(100, "USD");
	struct buf buf;

	(void)state;
	tx->meta = NULL;
	buf_init(&buf, 4096);
	outbox_body(&buf, tx, "transaction_failed");
	assert_non_null(strstr(buf_str(&buf), ",\"meta\":null}"));
	buf_free(&buf);
}

static void
the_22_members_come_in_their_order(void **state)
{
	struct tx *tx = fixture_pending(75000, "USD", "pi_1");
	char expected[1024], id[ID_SIZE];

	(void)state;
	tx_move(fx.conn, fx.arena, fixture_now + 1, tx, TX_SUCCEEDED, actor);
	tx = tx_find(fx.conn, fx.arena, tx->clive_tx_id);
	snprintf(expected, sizeof(expected),
	    "{\"id\":\"%s\",\"cliveTxId\":\"%s\","
	    "\"partnerId\":\"ECHEZONA001\",\"partnerName\":\"Echezona Ltd\","
	    "\"clientId\":\"AIRPEACE001\",\"clientName\":\"Air Peace\","
	    "\"echezonaReference\":\"EZ12345\","
	    "\"stripePaymentIntentId\":\"pi_1\",\"amount\":750,"
	    "\"currency\":\"USD\",\"status\":\"succeeded\","
	    "\"stripeFeePercent\":2.9,\"partnerFeePercent\":3.5,"
	    "\"partnerPayoutPercent\":96.5,\"cliveEarningPercent\":0.6,"
	    "\"cliveEarningAmount\":4.2,\"processorFee\":22.05,"
	    "\"platformFee\":4.2,\"netAmount\":723.75,"
	    "\"settlementStatus\":\"unsettled\","
	    "\"createdAt\":\"2025-11-24T16:00:00.000Z\","
	    "\"updatedAt\":\"2025-11-24T16:00:00.001Z\"}",
	    id_of_tx_row(tx->clive_tx_id, id), tx->clive_tx_id);
	assert_string_equal(written(tx), expected);
}

static void
before_success_fees_are_null_in_the_same_places(void **state)
{
	const char *text = written(fixture_tx(75000, "USD"));

	(void)state;
	assert_non_null(strstr(text, "\"stripePaymentIntentId\":null,"));
	assert_non_null(strstr(text, "\"status\":\"initialized\","
	    "\"stripeFeePercent\":null,\"partnerFeePercent\":null,"
	    "\"partnerPayoutPercent\":null,\"cliveEarningPercent\":null,"
	    "\"cliveEarningAmount\":null,\"processorFee\":null,"
	    "\"platformFee\":null,\"netAmount\":null,"
	    "\"settlementStatus\":"));
}

static void
another_processors_reference_is_no_stripe_intent(void **state)
{
	struct tx *tx = fixture_pending(100, "USD", "pi_1");

	(void)state;
	tx->processor = "revolut";
	assert_non_null(strstr(written(tx),
	    "\"stripePaymentIntentId\":null,"));
}

/* It is the name of a page until the intent's own is known. */
static void
a_pages_name_is_no_stripe_intent(void **state)
{
	struct tx *tx = fixture_pending(100, "USD", "cs_test_1");

	(void)state;
	assert_non_null(strstr(written(tx),
	    "\"stripePaymentIntentId\":null,"));
	assert_int_equal(conn_run(fx.conn, SQL_TX_SET_REF, "titt", "pi_1",
	    fixture_now + 1, tx->clive_tx_id, "cs_test_1"), 1);
	/* Only who saw the name that it has may change it. */
	assert_int_equal(conn_run(fx.conn, SQL_TX_SET_REF, "titt", "pi_2",
	    fixture_now + 1, tx->clive_tx_id, "cs_test_1"), 0);
	tx = tx_find(fx.conn, fx.arena, tx->clive_tx_id);
	assert_non_null(strstr(written(tx),
	    "\"stripePaymentIntentId\":\"pi_1\","));
}

static void
each_move_names_its_actor_and_where_it_came_from(void **state)
{
	struct tx *tx = fixture_pending(100, "USD", "pi_1");
	struct audit_report report;

	(void)state;
	tx_move(fx.conn, fx.arena, fixture_now + 3, tx, TX_FAILED, actor);
	struct rows *r = conn_rows(fx.conn, SQL_AUDIT_OF_SUBJECT, "t",
	    tx->clive_tx_id);
	assert_true(row_next(r));
	assert_string_equal(row_text(r, 2), "transaction.initialized");
	assert_string_equal(row_text(r, 3),
	    "{\"amount\":1,\"currency\":\"USD\"}");
	assert_true(row_next(r));
	assert_string_equal(row_text(r, 2), "transaction.pending");
	assert_true(row_next(r));
	assert_int_equal(row_int(r, 0), fixture_now + 3);
	assert_string_equal(row_text(r, 1), "processor:stripe");
	assert_string_equal(row_text(r, 2), "transaction.failed");
	assert_string_equal(row_text(r, 3), "{\"from\":\"pending\"}");
	assert_false(row_next(r));
	assert_true(audit_verify(fx.conn, 0, NULL, &report));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(every_pair_of_states_is_as_documented),
	cmocka_unit_test(words_and_states_match_both_ways),
	FIXTURE_CASE(moves_happen_exactly_where_allowed),
	FIXTURE_CASE(opening_fills_in_the_payment),
	FIXTURE_CASE(references_may_repeat),
	FIXTURE_CASE(what_is_not_there_is_not_found),
	FIXTURE_CASE(attaching_works_once),
	FIXTURE_CASE(an_intent_belongs_to_one_payment),
	FIXTURE_CASE(an_abandoned_payment_is_not_attached),
	FIXTURE_CASE(the_second_of_two_stale_copies_loses),
	FIXTURE_CASE(success_computes_and_posts),
	FIXTURE_CASE(entries_move_between_the_right_accounts),
	FIXTURE_CASE(a_negative_platform_fee_flows_the_other_way),
	FIXTURE_CASE(a_platform_fee_of_zero_posts_nothing),
	FIXTURE_CASE(the_clients_own_terms_count),
	FIXTURE_CASE(the_rule_it_was_opened_under_counts),
	FIXTURE_CASE(what_opened_it_is_kept_with_it),
	FIXTURE_CASE(false_figures_are_found),
	FIXTURE_CASE(every_subscribed_endpoint_gets_a_delivery),
	cmocka_unit_test(events_tell_of_the_five_documented_states),
	FIXTURE_CASE(the_body_has_nine_keys_and_the_metas_own_bytes),
	FIXTURE_CASE(a_payment_without_meta_says_null),
	FIXTURE_CASE(the_22_members_come_in_their_order),
	FIXTURE_CASE(before_success_fees_are_null_in_the_same_places),
	FIXTURE_CASE(another_processors_reference_is_no_stripe_intent),
	FIXTURE_CASE(a_pages_name_is_no_stripe_intent),
	FIXTURE_CASE(each_move_names_its_actor_and_where_it_came_from),
};

TEST_MAIN("tx", tests)
