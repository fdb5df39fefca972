/* SPDX-License-Identifier: ISC */
/*
 * test-settlements.c - settlements over HTTP, for partners and operators:
 * their answers, who may call, and that a batch is paid once.
 *
 * Each case has a client of its own, whose payments it makes a day older.
 */
#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"

#define SETTLEMENTS "/api/v1/settlements"
#define RUN SETTLEMENTS "/run"
#define PAY SETTLEMENTS "/pay"
#define ADMIN_SETTLEMENTS ADMIN "/settlements"

enum { PAYERS = 16, SECONDS_MAX = 50 };

/* To every question of Wise at once: a quote, a transfer, its funding. */
#define WISE_SAYS "{\"id\":91827364,\"status\":\"COMPLETED\"}"

/* body NULL: an empty one, of no type. */
static struct answer *
post(const struct apikey *key, const char *path, const char *body)
{
	return ask(&(struct call){ .path = path, .key = key,
	    .body = body != NULL ? body : "", .type = body != NULL ? NULL :
	    "" });
}

static void
new_client(const char *client)
{
	db_exec(textf("INSERT INTO client (id, partner_id, client_id, "
	    "legal_name, status, created_at, updated_at) VALUES ('cl_%s', '"
	    PARTNER "', '%s', 'A shop', 'active', 1, 1)", client, client));
	db_exec("INSERT INTO payout_account (partner_id, client_id, currency, "
	    "rail, recipient, created_at, updated_at) VALUES ('" PARTNER
	    "', '', '*', 'wise', '12345678', 1, 1), ('" PARTNER "', '', '*', "
	    "'mercury', 'recipient-1', 1, 1) ON CONFLICT DO NOTHING");
}

/* 750 USD that this client was paid before today; the payment's id. */
static const char *
paid(const char *client, const char *reference)
{
	const char *id = tx_attached(reference);

	assert_status(stripe_succeed(reference), 200);
	db_exec(textf("UPDATE tx SET client_id = '%s', created_at = "
	    "created_at - 172800000 WHERE clive_tx_id = '%s'", client, id));
	return id;
}

static struct answer *
run(const char *client)
{
	struct answer *a = post(&world.platform, textf(RUN "?partner_id="
	    PARTNER "&client_id=%s", client), NULL);

	assert_status(a, 200);
	return a;
}

/* A batch of one payment; its id. */
static const char *
batch(const char *client)
{
	new_client(client);
	paid(client, client);
	return text_at(run(client), "batches.0.id");
}

static struct answer *
pay(const char *id)
{
	return post(&world.platform, PAY, textf("{\"settlement_batch_id\":"
	    "\"%s\"}", id));
}

/* --------------------------------------------------------------- running */

static void
run_answers_as_documented(void **state)
{
	(void)state;
	new_client("RUNSHOP");
	const char *id = paid("RUNSHOP", "RUN1");
	struct answer *a = run("RUNSHOP");
	assert_string_equal(keys_of(a->json), "created_batches batches");
	assert_has(a, "{\"created_batches\":1,\"batches\":[{\"id\":\"");
	assert_string_equal(keys_of(member(a, "batches.0")), "id partnerId "
	    "clientId currency transactionIds totalGross totalProcessorFees "
	    "totalPlatformFees totalNet status createdAt");
	assert_has(a, textf("\"partnerId\":\"" PARTNER "\",\"clientId\":"
	    "\"RUNSHOP\",\"currency\":\"USD\",\"transactionIds\":[\"%s\"],"
	    "\"totalGross\":750,\"totalProcessorFees\":22.05,"
	    "\"totalPlatformFees\":4.2,\"totalNet\":723.75,\"status\":"
	    "\"pending\",\"createdAt\":\"", id));
	assert_answer(run("RUNSHOP"), 200,
	    "{\"created_batches\":0,\"batches\":[]}");
	assert_string_equal(db_text(textf("SELECT settlement_status FROM tx "
	    "WHERE clive_tx_id = '%s'", id)), "queued");
}

static void
run_keeps_to_the_partner_of_the_key(void **state)
{
	(void)state;
	new_client("OWNSHOP");
	paid("OWNSHOP", "OWN1");
	assert_answer(post(&world.other, RUN, "{}"), 200,
	    "{\"created_batches\":0,\"batches\":[]}");
	assert_fault(post(&world.other, RUN "?partner_id=" PARTNER, NULL),
	    SCOPE);
	assert_fault(post(&world.other, RUN, "{\"partner_id\":\"" PARTNER
	    "\"}"), SCOPE);
	struct answer *a = post(&world.partner, RUN "?client_id=OWNSHOP",
	    NULL);
	assert_status(a, 200);
	assert_int_equal(size_at(a, "batches"), 1);
	assert_string_equal(text_at(a, "batches.0.clientId"), "OWNSHOP");
}

static void
run_refuses(void **state)
{
	(void)state;
	assert_fault(post(NULL, RUN, NULL), API_KEY_MISSING);
	assert_fault(post(&world.revoked, RUN, NULL), API_KEY_INVALID);
	assert_fault(post(&world.platform, RUN "?partner_id=NOBODY1", NULL),
	    PARTNER_NOT_FOUND);
	assert_fault(post(&world.partner, RUN "?client_id=NOBODY1", NULL),
	    CLIENT_NOT_FOUND);
	assert_status(post(&world.platform, RUN, "{"), 400);
	assert_status(post(&world.platform, RUN, "{\"partner_id\":7}"), 400);
	assert_fault(ask_get(&world.platform, RUN), METHOD);
}

/* -------------------------------------------------------------- reading */

static void
lists_are_filtered_and_paged(void **state)
{
	(void)state;
	const char *first = batch("LISTSHOP"), *second;
	paid("LISTSHOP", "LIST2");
	second = text_at(run("LISTSHOP"), "batches.0.id");
	struct answer *a = ask_get(&world.partner, SETTLEMENTS
	    "?client_id=LISTSHOP&limit=1");
	assert_status(a, 200);
	assert_string_equal(text_at(a, "items.0.id"), second);
	assert_string_equal(keys_of(member(a, "items.0")), "id partnerId "
	    "clientId currency transactionIds totalGross totalProcessorFees "
	    "totalPlatformFees totalNet status mercuryTransferId "
	    "wiseTransferId createdAt totalRefunded paidAt failure");
	assert_true(null_at(a, "items.0.wiseTransferId"));
	assert_string_equal(text_at(a, "nextCursor"), second);
	a = ask_get(&world.platform, textf(SETTLEMENTS "?client_id=LISTSHOP&"
	    "cursor=%s&partner_id=" PARTNER "&status=pending", second));
	assert_int_equal(size_at(a, "items"), 1);
	assert_string_equal(text_at(a, "items.0.id"), first);
	assert_true(null_at(a, "nextCursor"));
	a = ask_get(&world.partner, SETTLEMENTS "?client_id=LISTSHOP&"
	    "status=sent");
	assert_answer(a, 200, "{\"items\":[],\"nextCursor\":null}");
	assert_status(ask_get(&world.partner, SETTLEMENTS
	    "?status=assembling"), 400);
	a = ask_get(&world.other, SETTLEMENTS "?partner_id=" PARTNER);
	assert_answer(a, 200, "{\"items\":[],\"nextCursor\":null}");
	assert_fault(ask_get(NULL, SETTLEMENTS), API_KEY_MISSING);
}

static void
one_shows_its_payments(void **state)
{
	(void)state;
	new_client("ONESHOP");
	const char *first = paid("ONESHOP", "ONE1");
	const char *second = paid("ONESHOP", "ONE2");
	const char *id = text_at(run("ONESHOP"), "batches.0.id");
	struct answer *a = ask_get(&world.partner, textf(SETTLEMENTS
	    "/%s?limit=1", id));
	assert_status(a, 200);
	assert_int_equal(size_at(a, "transactionIds"), 2);
	assert_int_equal(size_at(a, "transactions"), 1);
	assert_string_equal(text_at(a, "transactions.0.cliveTxId"), first);
	assert_string_equal(text_at(a, "transactions.0.settlementStatus"),
	    "queued");
	a = ask_get(&world.partner, textf(SETTLEMENTS "/%s?cursor=%s", id,
	    first));
	assert_string_equal(text_at(a, "transactions.0.cliveTxId"), second);
	assert_true(null_at(a, "nextCursor"));
	assert_fault(ask_get(&world.other, textf(SETTLEMENTS "/%s", id)),
	    BATCH_NOT_FOUND);
	assert_fault(ask_get(&world.partner, SETTLEMENTS "/none"),
	    BATCH_NOT_FOUND);
}

/* --------------------------------------------------------------- paying */

static void
pay_sends_over_wise_once(void **state)
{
	(void)state;
	const char *id = batch("WISESHOP");
	assert_fault(post(&world.partner, PAY, textf("{\"settlement_batch_id\""
	    ":\"%s\"}", id)), SCOPE);
	processor_says(200, WISE_SAYS, 0);
	struct answer *a = pay(id);
	assert_status(a, 200);
	assert_string_equal(text_at(a, "status"), "sent");
	assert_string_equal(text_at(a, "wiseTransferId"), "91827364");
	assert_true(null_at(a, "mercuryTransferId"));
	assert_memory_equal(processor_asked(),
	    "POST /v3/profiles/1001/transfers/91827364/payments", 50);
	assert_string_equal(db_text("SELECT settlement_status FROM tx WHERE "
	    "client_id = 'WISESHOP'"), "paid");
	assert_int_equal(db_int("SELECT l.amount FROM ledger_entry l JOIN tx t "
	    "ON t.clive_tx_id = l.clive_tx_id WHERE kind = 'payout' AND "
	    "client_id = 'WISESHOP' AND debit_account = 'partner:" PARTNER
	    "' AND credit_account = 'rail:wise'"), 72375);
	assert_fault(pay(id), BATCH_ALREADY_PAID);
}

static void
pay_sends_other_currencies_over_mercury(void **state)
{
	(void)state;
	new_client("NGNSHOP");
	struct answer *a = ask_post(&world.partner, INITIALIZE, "ngn-1",
	    "{\"partner_id\":\"" PARTNER "\",\"client_id\":\"NGNSHOP\","
	    "\"amount\":1000.5,\"currency\":\"NGN\",\"echezona_reference\":"
	    "\"NGN1\"}");
	const char *tx = text_at(a, "clive_tx_id");
	assert_status(ask_post(&world.partner, ATTACH, "ngn-2",
	    textf("{\"clive_tx_id\":\"%s\",\"stripe_payment_intent_id\":"
	    "\"pi_NGN1\"}", tx)), 200);
	assert_status(stripe_event("evt_NGN1", "payment_intent.succeeded",
	    "{\"id\":\"pi_NGN1\",\"amount_received\":100050,\"currency\":"
	    "\"ngn\"}"), 200);
	db_exec(textf("UPDATE tx SET created_at = 1 WHERE clive_tx_id = '%s'",
	    tx));
	const char *id = text_at(run("NGNSHOP"), "batches.0.id");
	processor_says(200, "{\"id\":\"mt-1\",\"status\":\"pending\"}", 0);
	a = pay(id);
	assert_status(a, 200);
	assert_string_equal(text_at(a, "mercuryTransferId"), "mt-1");
	assert_true(null_at(a, "wiseTransferId"));
	const char *asked = processor_asked();
	assert_memory_equal(asked,
	    "POST /api/v1/account/account-1/transactions", 43);
	assert_non_null(strstr(asked, textf("\"idempotencyKey\":\"%s\"",
	    db_text(textf("SELECT payout_key FROM settlement_batch WHERE id "
	    "= '%s'", id)))));
	assert_non_null(strstr(asked, "\"recipientId\":\"recipient-1\","
	    "\"amount\":965.48,"));
}

static void
a_refusal_leaves_it_to_be_paid_again(void **state)
{
	(void)state;
	const char *id = batch("FAILSHOP");
	processor_says(422, "{\"errors\":[{\"code\":\"X\",\"message\":"
	    "\"The recipient is gone\"}]}", 0);
	struct answer *a = pay(id);
	assert_status(a, 502);
	assert_string_equal(text_at(a, "code"), "PAYOUT_FAILED");
	assert_string_equal(text_at(a, "details.status"), "failed");
	assert_string_equal(text_at(a, "details.message"),
	    "The recipient is gone");
	a = ask_get(&world.partner, textf(SETTLEMENTS "/%s", id));
	assert_string_equal(text_at(a, "status"), "failed");
	assert_string_equal(text_at(a, "failure"), "The recipient is gone");
	processor_says(200, WISE_SAYS, 0);
	assert_status(pay(id), 200);
}

static void
an_unknown_outcome_is_asked_again_with_its_key(void **state)
{
	(void)state;
	const char *id = batch("LOSTSHOP");
	const char *key = textf("SELECT payout_key FROM settlement_batch "
	    "WHERE id = '%s'", id);
	processor_says(200, "no JSON", 0);
	struct answer *a = pay(id);
	assert_status(a, 502);
	assert_string_equal(text_at(a, "details.status"), "sending");
	const char *first = db_text(key);
	processor_says(200, WISE_SAYS, 0);
	a = pay(id);
	/* COMPLETED is no state of a transfer, which is looked up now. */
	assert_status(a, 502);
	assert_string_equal(text_at(a, "details.status"), "sending");
	processor_says(200, "{\"id\":91827364,\"status\":\"processing\"}",
	    0);
	a = pay(id);
	assert_status(a, 200);
	assert_memory_equal(processor_asked(), "GET /v1/transfers/91827364",
	    26);
	assert_string_equal(db_text(key), first);
}

static void
pay_refuses(void **state)
{
	(void)state;
	assert_fault(pay("none"), BATCH_NOT_FOUND);
	assert_fault(post(NULL, PAY, "{}"), API_KEY_MISSING);
	assert_invalid(post(&world.platform, PAY, "{}"), "{\"fieldErrors\":{"
	    "\"settlement_batch_id\":[\"Required\"]},\"formErrors\":[]}");
	assert_status(post(&world.platform, PAY, "{"), 400);
}

static void
many_at_once_pay_once(void **state)
{
	const char *id = batch("RACESHOP");
	int *statuses = mmap(NULL, PAYERS * sizeof(*statuses), PROT_READ |
	    PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int paid_ones = 0;

	(void)state;
	assert_ptr_not_equal(statuses, MAP_FAILED);
	processor_says(200, WISE_SAYS, 50);
	for (int i = 0; i < PAYERS; i++)
		if (fork() == 0) {
			alarm(SECONDS_MAX);
			ask_anew();
			statuses[i] = pay(id)->status;
			_exit(0);
		}
	for (int i = 0; i < PAYERS; i++)
		assert_true(wait(NULL) > 0);
	for (int i = 0; i < PAYERS; i++) {
		assert_true(statuses[i] == 200 || statuses[i] == 409);
		paid_ones += statuses[i] == 200;
	}
	assert_int_equal(paid_ones, 1);
	assert_int_equal(db_int("SELECT count(*) FROM ledger_entry l JOIN tx "
	    "t ON t.clive_tx_id = l.clive_tx_id WHERE kind = 'payout' AND "
	    "client_id = 'RACESHOP'"), 1);
	assert_int_equal(db_int(textf("SELECT tries FROM settlement_batch "
	    "WHERE id = '%s'", id)), 1);
	munmap(statuses, PAYERS * sizeof(*statuses));
}

/* ------------------------------------------------------------ operators */

static void
operators_run_and_pay(void **state)
{
	const char *token = admin_token();

	(void)state;
	new_client("ADMSHOP");
	paid("ADMSHOP", "ADM1");
	struct answer *a = ask_admin(token, ADMIN_SETTLEMENTS "/run",
	    "{\"partner_id\":\"" PARTNER "\",\"client_id\":\"ADMSHOP\"}");
	assert_status(a, 200);
	const char *id = text_at(a, "batches.0.id");
	a = ask_admin(token, ADMIN_SETTLEMENTS "?client_id=ADMSHOP", NULL);
	assert_string_equal(text_at(a, "items.0.id"), id);
	a = ask_admin(token, textf(ADMIN_SETTLEMENTS "/%s", id), NULL);
	assert_int_equal(size_at(a, "transactions"), 1);
	processor_says(200, WISE_SAYS, 0);
	a = ask_admin(token, textf(ADMIN_SETTLEMENTS "/%s/pay", id), "{}");
	assert_status(a, 200);
	assert_string_equal(text_at(a, "status"), "sent");
	assert_fault(ask_admin(token, textf(ADMIN_SETTLEMENTS "/%s/pay", id),
	    "{}"), BATCH_ALREADY_PAID);
	assert_fault(ask_admin(token, ADMIN_SETTLEMENTS "/other", "{}"),
	    NOT_FOUND);
	assert_fault(ask_admin(token, ADMIN_SETTLEMENTS "/none", NULL),
	    BATCH_NOT_FOUND);
	assert_fault(ask_get(NULL, ADMIN_SETTLEMENTS), TOKEN_MISSING);
	assert_string_equal(db_text(textf("SELECT actor FROM audit_event "
	    "WHERE subject = '%s' AND action = 'settlement.sent'", id)),
	    "operator:" OPERATOR_EMAIL);
}

static void
only_owners_and_finance_change_anything(void **state)
{
	static const struct {
		const char	*role;
		bool		 may;
	} roles[] = {
		{ "finance", true }, { "support", false },
		{ "read_only", false }, { "owner", true }
	};
	const char *token = admin_token();

	(void)state;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		db_exec(textf("UPDATE operator SET role = '%s'",
		    roles[i].role));
		assert_status(ask_admin(token, ADMIN_SETTLEMENTS, NULL),
		    200);
		struct answer *made = ask_admin(token, ADMIN_SETTLEMENTS
		    "/run?client_id=NOSUCHSHOP", "{}");
		struct answer *sent = ask_admin(token, ADMIN_SETTLEMENTS
		    "/none/pay", "{}");
		if (roles[i].may) {
			assert_status(made, 200);
			assert_fault(sent, BATCH_NOT_FOUND);
		} else {
			assert_fault(made, ROLE);
			assert_fault(sent, ROLE);
		}
	}
}

static void
the_report_runs_no_formulas(void **state)
{
	const char *token = admin_token(), *id;

	(void)state;
	new_client("CSVSHOP");
	const char *tx = paid("CSVSHOP", "CSV1");
	db_exec(textf("UPDATE tx SET echezona_reference = '=cmd|\" /C\"!A1' "
	    "WHERE clive_tx_id = '%s'", tx));
	id = text_at(run("CSVSHOP"), "batches.0.id");
	struct answer *a = ask_admin(token, textf(ADMIN_SETTLEMENTS
	    "/%s/csv", id), NULL);
	assert_int_equal(a->status, 200);
	assert_string_equal(header_of(a, "Content-Type"),
	    "text/csv; charset=utf-8");
	assert_non_null(strstr(a->body, textf("\r\n\"%s\",\"%s\",\"'=cmd|\"\" "
	    "/C\"\"!A1\",\"" PARTNER "\",\"CSVSHOP\",\"stripe\",\"pi_CSV1\",",
	    id, tx)));
	assert_non_null(strstr(a->body, ",\"USD\",750,22.05,4.2,0,723.75,"
	    "\"succeeded\"\r\n"));
	assert_fault(ask_admin(token, ADMIN_SETTLEMENTS "/none/csv", NULL),
	    BATCH_NOT_FOUND);
}

static const struct CMUnitTest tests[] = {
	CASE(run_answers_as_documented),
	CASE(run_keeps_to_the_partner_of_the_key),
	CASE(run_refuses),
	CASE(lists_are_filtered_and_paged),
	CASE(one_shows_its_payments),
	CASE(pay_sends_over_wise_once),
	CASE(pay_sends_other_currencies_over_mercury),
	CASE(a_refusal_leaves_it_to_be_paid_again),
	CASE(an_unknown_outcome_is_asked_again_with_its_key),
	CASE(pay_refuses),
	CASE(many_at_once_pay_once),
	CASE(operators_run_and_pay),
	CASE(only_owners_and_finance_change_anything),
	CASE(the_report_runs_no_formulas),
};

static const struct world_options options = {
	.with_operator = true, .processors = true
};

ENDPOINT_MAIN("settlements", tests, &options)
