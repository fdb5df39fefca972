/* SPDX-License-Identifier: ISC */
/*
 * test-refunds.c - /v1/refunds: giving payments back, once and never too
 * much, and what the merchant sees of it.
 */
#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checkout.h"
#include "fault.h"
#include "refund.h"
#include "shared.h"
#include "wallet.h"

enum { AMOUNT = 75000, CLIENTS_AT_ONCE = 32, SECONDS_MAX = 50 };

#define REFUND(status) \
	"{\"id\":\"re_s1\",\"object\":\"refund\",\"status\":\"" status "\"}"

/* A payment of 750.00 USD at a processor, by a key of this mode: pending. */
static const char *
pending_at(const char *processor, const char *name, bool live)
{
	db_exec(textf("INSERT INTO tx (clive_tx_id, partner_id, client_id, "
	    "amount, currency, echezona_reference, status, processor, "
	    "processor_ref, settlement_status, api, livemode, created_at, "
	    "updated_at) VALUES ('CLVTX_%s', '" PARTNER "', '" CLIENT "', "
	    "%d, 'USD', '%s', 'pending', '%s', 'pi_%s', 'unsettled', "
	    "'payments', %d, 1, 1)", name, AMOUNT, name, processor, name,
	    live));
	db_exec(textf("INSERT INTO intent (id, clive_tx_id, partner_id, "
	    "client_id, livemode, created_at, updated_at) VALUES ('pi_%s', "
	    "'CLVTX_%s', '" PARTNER "', '" CLIENT "', %d, 1, 1)", name, name,
	    live));
	return textf("pi_%s", name);
}

/* The same with a test key, and paid. */
static const char *
paid(const char *name)
{
	const char *id = pending_at("stripe", name, false);

	assert_status(stripe_succeed(name), 200);
	return id;
}

static struct answer *
post(const char *idempotency_key, const char *body)
{
	return ask_merchant(world.merchant, REFUNDS, idempotency_key, body);
}

/* Asks for a refund; more is "" or further members with a comma first. */
static struct answer *
give_back(const char *name, const char *more)
{
	return post(textf("rf-%s%s", name, more), textf("{\"payment\":"
	    "\"pi_%s\"%s}", name, more));
}

static struct answer *
get(const char *key, const char *path)
{
	return ask_merchant(key, path, NULL, NULL);
}

static void
assert_tx(const char *name, int refunded, int refunding, const char *status)
{
	assert_string_equal(db_text(textf("SELECT refunded_amount || ' ' || "
	    "refunding_amount || ' ' || status FROM tx WHERE clive_tx_id = "
	    "'CLVTX_%s'", name)), textf("%d %d %s", refunded, refunding,
	    status));
}

/* The payment's events about refunds, in the order they happened. */
static void
assert_told(const char *name, const char *types)
{
	const char *got = db_text(textf("SELECT group_concat(type, ' ') FROM "
	    "(SELECT type FROM event WHERE clive_tx_id = 'CLVTX_%s' AND type "
	    "LIKE 'refund%%' ORDER BY id)", name));

	assert_string_equal(got != NULL ? got : "", types);
}

/* ------------------------------------------------------------ giving back */

static void
gives_a_part_back(void **state)
{
	(void)state;
	paid("part");
	processor_says(200, REFUND("succeeded"), 0);
	struct answer *a = give_back("part", ",\"amount\":2500,\"reason\":"
	    "\"too late\",\"metadata\":{ \"case\":1.10 }");
	assert_status(a, 201);
	assert_string_equal(keys_of(member(a, "data")), "id object payment "
	    "amount currency status reason metadata failure livemode "
	    "created_at updated_at");
	assert_memory_equal(text_at(a, "data.id"), "re_", 3);
	assert_string_equal(text_at(a, "data.payment"), "pi_part");
	assert_string_equal(text_at(a, "data.status"), "succeeded");
	assert_string_equal(text_at(a, "data.reason"), "too late");
	assert_has(a, "\"amount\":2500,\"currency\":\"USD\"");
	assert_has(a, "\"metadata\":{ \"case\":1.10 },\"failure\":null,"
	    "\"livemode\":false");
	assert_tx("part", 2500, 0, "succeeded");
	assert_told("part", "refund.created refund.succeeded");
	assert_int_equal(db_int("SELECT sum(amount) FROM ledger_entry WHERE "
	    "clive_tx_id = 'CLVTX_part' AND kind = 'refund'"), 2500);
}

static void
asks_the_processor_under_the_name_of_the_refund(void **state)
{
	(void)state;
	paid("asked");
	processor_says(200, REFUND("succeeded"), 0);
	const char *id = text_at(give_back("asked", ",\"amount\":2500"),
	    "data.id");
	const char *asked = processor_asked();
	assert_memory_equal(asked, "POST /v1/refunds HTTP", 21);
	assert_non_null(strstr(asked, textf("\r\nIdempotency-Key: %s\r\n",
	    id)));
	assert_non_null(strstr(asked, textf("\r\n\r\npayment_intent=pi_asked&"
	    "amount=2500&metadata[clive_refund]=%s", id)));
}

static void
gives_all_that_is_left_and_no_more(void **state)
{
	(void)state;
	paid("all");
	processor_says(200, REFUND("succeeded"), 0);
	assert_status(give_back("all", ",\"amount\":1"), 201);
	struct answer *a = give_back("all", "");
	assert_status(a, 201);
	assert_has(a, "\"amount\":74999");
	assert_tx("all", 75000, 0, "refunded");
	a = give_back("all", ",\"amount\":2");
	assert_refused_field(a, AMOUNT_LARGE, "amount");
	assert_string_equal(text_at(a, "error.details.message"),
	    "0 can still be refunded");
	assert_refused_field(give_back("all", ",\"reason\":\"more\""),
	    AMOUNT_LARGE, "amount");
	assert_int_equal(db_int("SELECT count(*) FROM refund WHERE intent_id "
	    "= 'pi_all'"), 2);
}

static void
more_than_the_payment_is_too_much(void **state)
{
	(void)state;
	paid("more");
	struct answer *a = give_back("more", ",\"amount\":75001");
	assert_refused_field(a, AMOUNT_LARGE, "amount");
	assert_has(a, "\"received\":75001");
	assert_tx("more", 0, 0, "succeeded");
	assert_told("more", "");
}

/* --------------------------------------------------- rails of our own */

/* A payment that is made from what there is, without a request. */
struct seeded {
	const char	*processor, *ref;
	struct intent	*in;
};

static void
open_paid(struct conn *c, struct seeded *s, bool move)
{
	const struct merchant m = { .partner_id = PARTNER,
	    .client_id = CLIENT };
	const struct intent_new new = { .amount = { AMOUNT, "USD" } };
	int64_t now = clock_now();

	s->in = intent_open(c, world.arena, now, &m, &new, "merchant:test");
	assert_non_null(s->in);
	assert_int_equal(checkout_attach(c, world.arena, now, s->in->tx,
	    s->processor, NULL, s->ref, "merchant:test"), TX_ATTACH_DONE);
	if (move)
		assert_true(tx_move(c, world.arena, now, s->in->tx,
		    TX_SUCCEEDED, "merchant:test"));
}

static const struct fault *
seed_momo(struct conn *c, void *arg)
{
	open_paid(c, arg, true);
	return NULL;
}

/* The sandbox of MTN and Orange gives back what was paid. */
static void
mobile_money_of_the_sandbox_comes_back_at_once(void **state)
{
	struct seeded s = { .processor = "momo",
	    .ref = "mtn_paid_1_75000_USD_refunds" };

	(void)state;
	assert_null(db_txn(world.setup.db, seed_momo, &s));
	struct answer *a = post("rf-momo", textf("{\"payment\":\"%s\","
	    "\"amount\":25000}", s.in->id));
	assert_status(a, 201);
	assert_string_equal(text_at(a, "data.status"), "succeeded");
	assert_string_equal(db_text(textf("SELECT refunded_amount || ' ' || "
	    "refunding_amount FROM tx WHERE clive_tx_id = '%s'",
	    s.in->tx->clive_tx_id)), "25000 0");
}

static const struct fault *
seed_wallet(struct conn *c, void *arg)
{
	struct seeded *s = arg;
	struct buyer b = { .phone_number = "+231770000911", .pin = "none" };
	struct wallet_move fund = { .kind = WALLET_TOP_UP, .minor = 100000 };
	int64_t now = clock_now();

	assert_true(buyer_add(c, world.arena, now, &b, "cli:test"));
	fund.from = wallet_open_outside(c, world.arena, now, false, "USD");
	fund.to = wallet_open_of_buyer(c, world.arena, now, &b, "USD");
	assert_true(wallet_move(c, now, &fund));
	open_paid(c, s, false);
	assert_true(wallet_pay(c, world.arena, now, s->in, &b, "payer"));
	return NULL;
}

static int64_t
wallet_balance(void)
{
	return db_int("SELECT balance FROM wallet WHERE buyer_id = (SELECT id "
	    "FROM buyer WHERE phone_number = '+231770000911')");
}

static void
a_wallet_gets_its_money_back_at_once(void **state)
{
	struct seeded s = { .processor = WALLET_PROCESSOR,
	    .ref = "wallet_refunds" };
	struct wallet_report report;

	(void)state;
	assert_null(db_txn(world.setup.db, seed_wallet, &s));
	assert_int_equal(wallet_balance(), 25000);
	struct answer *a = post("rf-wallet", textf("{\"payment\":\"%s\","
	    "\"amount\":5000}", s.in->id));
	assert_status(a, 201);
	assert_string_equal(text_at(a, "data.status"), "succeeded");
	assert_int_equal(wallet_balance(), 30000);
	assert_status(post("rf-wallet-rest", textf("{\"payment\":\"%s\"}",
	    s.in->id)), 201);
	assert_int_equal(wallet_balance(), 100000);
	assert_string_equal(tx_state(s.in->tx->clive_tx_id), "refunded");
	assert_refused_field(post("rf-wallet-more", textf("{\"payment\":"
	    "\"%s\"}", s.in->id)), AMOUNT_LARGE, "amount");
	assert_int_equal(db_int(textf("SELECT count(*) FROM processor_call "
	    "WHERE clive_tx_id = '%s'", s.in->tx->clive_tx_id)), 0);
	assert_true(wallet_verify(world.setup.conn, &report));
}

/* ---------------------------------------- what the processor may answer */

static void
what_the_processor_keeps_pending_ends_by_its_event(void **state)
{
	struct answer *a;

	(void)state;
	paid("pend");
	processor_says(200, REFUND("pending"), 0);
	a = give_back("pend", ",\"amount\":2500");
	assert_status(a, 201);
	assert_string_equal(text_at(a, "data.status"), "pending");
	assert_tx("pend", 0, 2500, "succeeded");
	assert_told("pend", "refund.created");
	const char *id = text_at(a, "data.id");
	assert_status(stripe_event("evt_pend", "refund.updated", textf("{"
	    "\"id\":\"re_s1\",\"payment_intent\":\"pi_pend\",\"amount\":2500,"
	    "\"currency\":\"usd\",\"status\":\"succeeded\",\"metadata\":{"
	    "\"clive_refund\":\"%s\"}}", id)), 200);
	assert_tx("pend", 2500, 0, "succeeded");
	assert_told("pend", "refund.created refund.succeeded");
	a = get(world.merchant, textf(REFUNDS "/%s", id));
	assert_string_equal(text_at(a, "data.status"), "succeeded");
}

static void
what_succeeded_may_fail_days_later(void **state)
{
	(void)state;
	paid("later");
	processor_says(200, REFUND("succeeded"), 0);
	struct answer *a = give_back("later", "");
	assert_tx("later", 75000, 0, "refunded");
	const char *id = text_at(a, "data.id");
	assert_status(stripe_event("evt_later", "refund.failed", textf("{"
	    "\"id\":\"re_s1\",\"payment_intent\":\"pi_later\",\"amount\":"
	    "75000,\"currency\":\"usd\",\"status\":\"failed\","
	    "\"failure_reason\":\"lost_or_stolen_card\",\"metadata\":{"
	    "\"clive_refund\":\"%s\"}}", id)), 200);
	assert_tx("later", 0, 0, "succeeded");
	a = get(world.merchant, textf(REFUNDS "/%s", id));
	assert_string_equal(text_at(a, "data.status"), "failed");
	assert_string_equal(text_at(a, "data.failure.code"),
	    "lost_or_stolen_card");
	assert_told("later", "refund.created refund.succeeded refund.failed");
}

static void
a_refusal_is_a_refund_that_failed(void **state)
{
	(void)state;
	paid("refuse");
	processor_says(400, "{\"error\":{\"code\":\"charge_disputed\","
	    "\"message\":\"It is disputed.\"}}", 0);
	struct answer *a = give_back("refuse", "");
	assert_status(a, 201);
	assert_string_equal(text_at(a, "data.status"), "failed");
	assert_has(a, "\"failure\":{\"code\":\"charge_disputed\","
	    "\"message\":\"It is disputed.\"}");
	assert_tx("refuse", 0, 0, "succeeded");
	assert_told("refuse", "refund.created refund.failed");
}

/* Nobody knows: the amount stays aside until somebody does. */
static void
without_an_answer_it_stays_pending(void **state)
{
	(void)state;
	paid("lost");
	processor_says(500, "{}", 0);
	struct answer *a = give_back("lost", ",\"amount\":70000");
	assert_status(a, 201);
	assert_string_equal(text_at(a, "data.status"), "pending");
	assert_tx("lost", 0, 70000, "succeeded");
	assert_string_equal(db_text(textf("SELECT status || ' ' || operation "
	    "FROM processor_call WHERE idempotency_key = '%s'",
	    text_at(a, "data.id"))), "unknown refund");
	assert_refused_field(give_back("lost", ",\"amount\":5001"),
	    AMOUNT_LARGE, "amount");
}

/* A request that stopped half-way goes on under the same name. */
static void
a_retry_goes_on_where_the_first_one_stopped(void **state)
{
	const char *key = "rf-half,\"amount\":2500";

	(void)state;
	paid("half");
	processor_says(500, "{}", 0);
	struct answer *first = give_back("half", ",\"amount\":2500");
	const char *id = text_at(first, "data.id");
	db_exec(textf("UPDATE idempotency SET status = NULL, answer = NULL, "
	    "clive_tx_id = '%s' WHERE idempotency_key = '%s'", id, key));
	processor_says(200, REFUND("succeeded"), 0);
	struct answer *again = give_back("half", ",\"amount\":2500");
	assert_status(again, 201);
	assert_string_equal(text_at(again, "data.id"), id);
	assert_string_equal(text_at(again, "data.status"), "succeeded");
	assert_non_null(strstr(processor_asked(), id));
	assert_tx("half", 2500, 0, "succeeded");
	assert_told("half", "refund.created refund.succeeded");
}

static void
the_same_key_is_answered_the_same(void **state)
{
	(void)state;
	paid("same");
	processor_says(200, REFUND("succeeded"), 0);
	struct answer *first = give_back("same", ",\"amount\":10");
	processor_says(500, "{}", 0);
	struct answer *again = give_back("same", ",\"amount\":10");
	assert_answer(again, 201, first->body);
	assert_string_equal(header_of(again, "Idempotent-Replayed"), "true");
	assert_refused(post("rf-same,\"amount\":10",
	    "{\"payment\":\"pi_same\",\"amount\":11}"), KEY_REUSED);
	assert_tx("same", 10, 0, "succeeded");
}

/* ------------------------------------------------------ what is refused */

static void
fields_are_read_strictly(void **state)
{
	static const char *const amounts[] = { "0", "-1", "12.50", "1e3",
	    "\"100\"", "true", "[1]", "{}" };

	(void)state;
	paid("fields");
	for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++)
		assert_refused_field(give_back("fields",
		    textf(",\"amount\":%s", amounts[i])), FIELD_WRONG,
		    "amount");
	assert_refused_field(give_back("fields", ",\"amount\":100000000"),
	    AMOUNT_LARGE, "amount");
	assert_refused_field(give_back("fields", ",\"reason\":7"),
	    FIELD_WRONG, "reason");
	assert_refused_field(give_back("fields", ",\"metadata\":[]"),
	    FIELD_WRONG, "metadata");
	assert_refused_field(post("rf-none", "{\"amount\":0}"),
	    FIELD_MISSING, "payment");
	assert_refused_field(post("rf-type", "{\"payment\":7,\"amount\":0}"),
	    FIELD_WRONG, "payment");
	assert_refused_field(post(NULL, "{\"payment\":\"pi_fields\"}"),
	    FIELD_MISSING, "X-Idempotency-Key");
	assert_tx("fields", 0, 0, "succeeded");
}

static void
the_payment_has_three_names(void **state)
{
	static const char *const names[] = { "payment", "payment_id",
	    "payment_intent" };

	(void)state;
	paid("names");
	processor_says(200, REFUND("succeeded"), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_status(post(textf("rf-%s", names[i]), textf("{\"%s\":"
		    "\"pi_names\",\"amount\":1}", names[i])), 201);
	assert_tx("names", 3, 0, "succeeded");
}

static void
only_what_was_paid_can_be_given_back(void **state)
{
	(void)state;
	pending_at("stripe", "open", false);
	assert_refused_field(give_back("open", ""), STATE, "payment");
	paid("disputed");
	assert_status(stripe_event("evt_disputed", "charge.dispute.created",
	    "{\"id\":\"dp_1\",\"payment_intent\":\"pi_disputed\","
	    "\"amount\":75000,\"currency\":\"usd\",\"status\":"
	    "\"needs_response\"}"), 200);
	assert_refused_field(give_back("disputed", ""), STATE, "payment");
	assert_tx("disputed", 0, 0, "chargeback");
}

/* Mobile money by ClickPesa comes and does not go. */
static void
a_rail_that_gives_nothing_back_says_so(void **state)
{
	(void)state;
	paid("oneway");
	db_exec("UPDATE tx SET processor = 'clickpesa' WHERE clive_tx_id = "
	    "'CLVTX_oneway'");
	struct answer *a = give_back("oneway", "");
	assert_refused_field(a, STATE, "payment");
	assert_has(a, "cannot be given back");
	db_exec("UPDATE tx SET processor = 'stripe' WHERE clive_tx_id = "
	    "'CLVTX_oneway'");
}

static void
nobody_reaches_what_is_somebody_elses(void **state)
{
	const char *keys[] = { world.merchant_other, world.merchant_live };
	const char *body = "{\"payment\":\"pi_mine\"}";

	(void)state;
	paid("mine");
	processor_says(200, REFUND("succeeded"), 0);
	const char *id = text_at(give_back("mine", ",\"amount\":5"),
	    "data.id");
	for (size_t i = 0; i < 2; i++) {
		assert_refused(ask_merchant(keys[i], REFUNDS, "rf-theirs",
		    body), NOT_FOUND);
		assert_refused(get(keys[i], textf(REFUNDS "/%s", id)),
		    NOT_FOUND);
		assert_refused(get(keys[i], REFUNDS "?payment=pi_mine"),
		    NOT_FOUND);
		assert_refused_field(get(keys[i], textf(REFUNDS
		    "?starting_after=%s", id)), FIELD_WRONG,
		    "starting_after");
		assert_int_equal(size_at(get(keys[i], REFUNDS), "data"), 0);
	}
	assert_refused(post("rf-nobody", "{\"payment\":\"pi_none\"}"),
	    NOT_FOUND);
	assert_refused(get(world.merchant, REFUNDS "/re_none"), NOT_FOUND);
	assert_refused(get(NULL, textf(REFUNDS "/%s", id)), UNAUTHORIZED);
	assert_tx("mine", 5, 0, "succeeded");
}

struct issued {
	const char	*scopes;
	char		 key[MERCHANT_KEY_SIZE];
};

static const struct fault *
issue(struct conn *c, void *arg)
{
	struct issued *i = arg;
	char id[ID_SIZE];

	assert_null(merchant_key_add(c, PARTNER, CLIENT, false, "few",
	    i->scopes, clock_now(), "cli:test", id, i->key));
	return NULL;
}

static void
each_half_needs_its_scope(void **state)
{
	struct issued reads = { .scopes = "refunds:read" };
	struct issued writes = { .scopes = "refunds:write" };

	(void)state;
	paid("scope");
	processor_says(200, REFUND("succeeded"), 0);
	assert_null(db_txn(world.setup.db, issue, &reads));
	assert_null(db_txn(world.setup.db, issue, &writes));
	const char *body = "{\"payment\":\"pi_scope\",\"amount\":1}";
	assert_refused(ask_merchant(reads.key, REFUNDS, "rf-sc", body),
	    SCOPE_MISSING);
	assert_refused(get(writes.key, REFUNDS), SCOPE_MISSING);
	assert_status(get(reads.key, REFUNDS), 200);
	assert_status(ask_merchant(writes.key, REFUNDS, "rf-sc", body), 201);
}

/* ------------------------------------------------------------- the list */

static void
lists_page_by_page_newest_first(void **state)
{
	const char *ids[3];
	struct answer *a;

	(void)state;
	paid("list");
	processor_says(200, REFUND("succeeded"), 0);
	for (int i = 0; i < 3; i++)
		ids[i] = text_at(give_back("list", textf(",\"amount\":%d",
		    i + 1)), "data.id");
	a = get(world.merchant, REFUNDS "?payment=pi_list&limit=2");
	assert_status(a, 200);
	assert_int_equal(size_at(a, "data"), 2);
	assert_has(a, "],\"has_more\":true}");
	assert_string_equal(text_at(a, "data.0.id"), ids[2]);
	a = get(world.merchant, textf(REFUNDS "?payment=pi_list&limit=2&"
	    "starting_after=%s", ids[1]));
	assert_int_equal(size_at(a, "data"), 1);
	assert_has(a, "],\"has_more\":false}");
	assert_string_equal(text_at(a, "data.0.id"), ids[0]);
	a = get(world.merchant, textf(REFUNDS "?limit=1&starting_after=%s",
	    ids[2]));
	assert_string_equal(text_at(a, "data.0.id"), ids[1]);
	assert_refused_field(get(world.merchant, REFUNDS "?limit=101"),
	    FIELD_WRONG, "limit");
}

/* -------------------------------------------------------- many at a time */

static void
refund_in_a_child(int number, int *status)
{
	alarm(SECONDS_MAX);
	ask_anew();
	*status = give_back("race", textf(",\"amount\":7000,\"reason\":"
	    "\"%d\"", number))->status;
	_exit(0);
}

/* 32 ask for 70 dollars of 750 at the same time: ten get them. */
static void
many_at_a_time_never_pass_the_payment(void **state)
{
	int *statuses = mmap(NULL, CLIENTS_AT_ONCE * sizeof(*statuses),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int made = 0, refused = 0;

	(void)state;
	assert_true(statuses != MAP_FAILED);
	paid("race");
	processor_says(200, REFUND("succeeded"), 0);
	for (int i = 0; i < CLIENTS_AT_ONCE; i++) {
		pid_t pid = fork();
		assert_true(pid != -1);
		if (pid == 0)
			refund_in_a_child(i, &statuses[i]);
	}
	for (int i = 0; i < CLIENTS_AT_ONCE; i++)
		wait(NULL);
	for (int i = 0; i < CLIENTS_AT_ONCE; i++) {
		made += statuses[i] == 201;
		refused += statuses[i] == 422;
	}
	munmap(statuses, CLIENTS_AT_ONCE * sizeof(*statuses));
	assert_int_equal(made, 10);
	assert_int_equal(refused, CLIENTS_AT_ONCE - 10);
	assert_tx("race", 70000, 0, "succeeded");
	assert_int_equal(db_int("SELECT sum(amount) FROM ledger_entry WHERE "
	    "clive_tx_id = 'CLVTX_race' AND kind = 'refund'"), 70000);
}

static const struct world_options options = { .processors = true,
    .conf = { "rate_limit_per_minute = 100000" } };

static const struct CMUnitTest tests[] = {
	CASE(gives_a_part_back),
	CASE(asks_the_processor_under_the_name_of_the_refund),
	CASE(gives_all_that_is_left_and_no_more),
	CASE(more_than_the_payment_is_too_much),
	CASE(mobile_money_of_the_sandbox_comes_back_at_once),
	CASE(a_wallet_gets_its_money_back_at_once),
	CASE(what_the_processor_keeps_pending_ends_by_its_event),
	CASE(what_succeeded_may_fail_days_later),
	CASE(a_refusal_is_a_refund_that_failed),
	CASE(without_an_answer_it_stays_pending),
	CASE(a_retry_goes_on_where_the_first_one_stopped),
	CASE(the_same_key_is_answered_the_same),
	CASE(fields_are_read_strictly),
	CASE(the_payment_has_three_names),
	CASE(only_what_was_paid_can_be_given_back),
	CASE(a_rail_that_gives_nothing_back_says_so),
	CASE(nobody_reaches_what_is_somebody_elses),
	CASE(each_half_needs_its_scope),
	CASE(lists_page_by_page_newest_first),
	CASE(many_at_a_time_never_pass_the_payment),
};

ENDPOINT_MAIN("refunds", tests, &options)
