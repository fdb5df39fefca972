/* SPDX-License-Identifier: ISC */
/* test-idempotency.c - a mutation runs at most once an idempotency key. */
#include "harness.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"
#include "partner.h"
#include "shared.h"
#include "sig.h"

#define HOUR_MS INT64_C(3600000)

enum { WAIT_MS = 800 };

static struct answer *
initialize(const char *key, const char *body)
{
	return ask_post(&world.partner, INITIALIZE, key, body);
}

static const char *
attach_body(const char *id, const char *intent)
{
	return textf("{\"clive_tx_id\":\"%s\",\"stripe_payment_intent_id\":"
	    "\"%s\"}", id, intent);
}

/* The first answer with the mark that a replay carries. */
static const char *
replay_of(const struct answer *first)
{
	return textf("%.*s,\"idempotentReplay\":true}", (int)first->len - 1,
	    first->body);
}

static int64_t
count_of(const char *reference)
{
	return db_int(textf("SELECT count(*) FROM tx WHERE echezona_reference "
	    "= '%s'", reference));
}

static void
replays_the_first_answer_with_a_mark_at_its_end(void **state)
{
	const char *body = initialize_body("ide-first");
	struct answer *first = initialize("ide-first", body);

	(void)state;
	assert_status(first, 201);
	assert_string_equal(keys_of(first->json), "clive_tx_id status");
	for (int i = 0; i < 3; i++) {
		struct answer *a = initialize("ide-first", body);
		assert_answer(a, 201, replay_of(first));
		assert_string_equal(keys_of(a->json),
		    "clive_tx_id status idempotentReplay");
	}
	assert_int_equal(count_of("ide-first"), 1);
}

static void
replays_the_original_state_after_the_payment_moved_on(void **state)
{
	const char *body = initialize_body("idemoved");
	struct answer *first = initialize("init-idemoved", body);

	(void)state;
	assert_string_equal(tx_attached("idemoved"),
	    text_at(first, "clive_tx_id"));
	assert_status(stripe_succeed("idemoved"), 200);
	assert_answer(initialize("init-idemoved", body), 201,
	    replay_of(first));
}

static void
replays_attachments_and_clients_alike(void **state)
{
	const char *id = tx_new("ide-kinds");
	const char *attach = attach_body(id, "pi_ide_kinds");
	const char *client = "{\"client_id\":\"IDEKINDS\",\"legal_name\":"
	    "\"Shop\"}";
	struct answer *first;

	(void)state;
	first = ask_post(&world.partner, ATTACH, "ide-kinds", attach);
	assert_answer(ask_post(&world.partner, ATTACH, "ide-kinds", attach),
	    200, replay_of(first));
	first = ask_post(&world.partner, CLIENTS, "ide-kinds", client);
	assert_answer(ask_post(&world.partner, CLIENTS, "ide-kinds", client),
	    201, replay_of(first));
}

static void
refuses_the_key_with_another_body(void **state)
{
	(void)state;
	assert_status(initialize("ide-other", initialize_body("ide-other")),
	    201);
	assert_fault(initialize("ide-other", initialize_body("ide-else")),
	    IDEMPOTENCY_CONFLICT);
	/* The raw bytes count, not what they mean. */
	assert_fault(initialize("ide-other", textf(" %s",
	    initialize_body("ide-other"))), IDEMPOTENCY_CONFLICT);
	/* Even where the other body is no good. */
	assert_fault(initialize("ide-other", "{"), IDEMPOTENCY_CONFLICT);
	assert_int_equal(count_of("ide-else"), 0);
	/* The first body still finds its answer. */
	assert_status(initialize("ide-other", initialize_body("ide-other")),
	    201);
	assert_int_equal(count_of("ide-other"), 1);
}

static void
takes_the_key_on_another_path_as_fresh(void **state)
{
	const char *id = tx_new("ide-path");
	struct answer *a = ask_post(&world.partner, ATTACH, "init-ide-path",
	    attach_body(id, "pi_ide_path"));

	(void)state;
	assert_status(a, 200);
	assert_null(member(a, "idempotentReplay"));
}

static void
takes_the_key_of_another_owner_as_fresh(void **state)
{
	const char *body = initialize_body("ide-owner");
	struct answer *mine = initialize("ide-owner", body);
	struct answer *platform = ask_post(&world.platform, INITIALIZE,
	    "ide-owner", body);

	(void)state;
	assert_status(platform, 201);
	assert_null(member(platform, "idempotentReplay"));
	assert_string_not_equal(text_at(mine, "clive_tx_id"),
	    text_at(platform, "clive_tx_id"));
	assert_fault(ask_post(&world.other, INITIALIZE, "ide-owner", body),
	    SCOPE);
}

static void
distinguishes_keys_by_case_and_blanks(void **state)
{
	static const char *const keys[] = { "ide-exact", "IDE-exact",
	    "ide-exac", "ide-exact2", "ide exact" };

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_null(member(initialize(keys[i],
		    initialize_body("ide-exact")), "idempotentReplay"));
	assert_int_equal(count_of("ide-exact"), 5);
}

static void
keeps_a_refusal_of_the_rules(void **state)
{
	const char *body = "{\"partner_id\":\"" PARTNER "\",\"client_id\":"
	    "\"IDELATER\",\"amount\":1,\"currency\":\"EUR\","
	    "\"echezona_reference\":\"ide-kept\"}";
	struct answer *first = initialize("ide-kept", body);

	(void)state;
	assert_fault(first, CLIENT_NOT_FOUND);
	assert_status(ask_post(&world.partner, CLIENTS, "ide-kept",
	    "{\"client_id\":\"IDELATER\",\"legal_name\":\"Later\"}"), 201);
	assert_answer(initialize("ide-kept", body), 404, replay_of(first));
	assert_int_equal(count_of("ide-kept"), 0);
	assert_status(initialize("ide-kept-2", body), 201);
}

static void
keeps_what_fault_def_says_and_nothing_else(void **state)
{
	const char *taken = tx_attached("idetaken");
	const char *gone = tx_new("ide-gone");
	const struct {
		const struct apikey	*key;
		const char		*path, *body;
		const struct fault	*fault;
	} rows[] = {
		{ &world.partner, ATTACH, attach_body("CLVTX_1_1", "pi_1"),
		  &FAULT_TX_NOT_FOUND },
		{ &world.partner, ATTACH, attach_body(taken, "pi_x"),
		  &FAULT_TX_ALREADY_ATTACHED },
		{ &world.partner, ATTACH, attach_body(gone, "pi_gone"),
		  &FAULT_TX_NOT_ATTACHABLE },
		{ &world.partner, CLIENTS, "{\"client_id\":\"" CLIENT
		  "\",\"legal_name\":\"Again\"}",
		  &FAULT_CLIENT_ALREADY_EXISTS },
		{ &world.partner, CLIENTS, "{\"client_id\":\"IDECHEAP\","
		  "\"legal_name\":\"Cheap\",\"partner_fee_percentage\":1}",
		  &FAULT_CLIENT_FEE_TOO_LOW },
		{ &world.suspended, CLIENTS, "{\"client_id\":\"IDESUSP\","
		  "\"legal_name\":\"Shop\"}", &FAULT_PARTNER_SUSPENDED },
		{ &world.platform, CLIENTS, "{\"client_id\":\"IDEPLAT\","
		  "\"legal_name\":\"Shop\"}", &FAULT_SCOPE },
		{ &world.other, INITIALIZE, initialize_body("ide-rows"),
		  &FAULT_SCOPE },
		{ &world.partner, INITIALIZE, "{}", &FAULT_VALIDATION },
	};

	(void)state;
	db_exec(textf("UPDATE tx SET status = 'abandoned' WHERE clive_tx_id = "
	    "'%s'", gone));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *key = textf("ide-rows-%zu", i);
		struct answer *first = ask_post(rows[i].key, rows[i].path, key,
		    rows[i].body);
		assert_status(first, rows[i].fault->status);
		assert_string_equal(text_at(first, "code"),
		    rows[i].fault->code);
		assert_answer(ask_post(rows[i].key, rows[i].path, key,
		    rows[i].body), rows[i].fault->status, rows[i].fault->kept ?
		    replay_of(first) : first->body);
	}
}

static void
lets_refused_input_be_corrected_under_its_key(void **state)
{
	(void)state;
	assert_status(initialize("ide-fix", "{\"amount\":0}"), 400);
	assert_status(initialize("ide-fix", "{"), 400);
	struct answer *a = initialize("ide-fix", initialize_body("ide-fix"));
	assert_status(a, 201);
	assert_null(member(a, "idempotentReplay"));
}

/* Files a key as of a first request that has no answer yet. */
static void
file_running(const char *key, const char *body)
{
	uint8_t hash[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	sig_sha256(body, strlen(body), hash);
	hex_encode(hash, sizeof(hash), hex);
	db_exec(textf("INSERT INTO idempotency (day, owner, path, "
	    "idempotency_key, body_hash, created_at, lease_until) VALUES "
	    "(%lld, '" PARTNER "', '" CHECKOUT "', '%s', x'%s', %lld, %lld)",
	    (long long)(clock_now() / (24 * HOUR_MS)), key, hex,
	    (long long)clock_now(), (long long)clock_now() + HOUR_MS));
}

/* Only what asks a processor takes its time. */
static struct answer *
checkout(const char *key, const char *body)
{
	return ask_post(&world.partner, CHECKOUT, key, body);
}

static void
waits_for_a_first_request_and_then_gives_up(void **state)
{
	const char *body = initialize_body("ide-run");
	int64_t started;

	(void)state;
	file_running("ide-run", body);
	started = clock_monotonic();
	assert_fault(checkout("ide-run", body), IDEMPOTENCY_IN_PROGRESS);
	assert_true(clock_monotonic() - started >= WAIT_MS);
	assert_int_equal(count_of("ide-run"), 0);
}

static void
does_not_wait_where_the_body_is_another(void **state)
{
	int64_t started;

	(void)state;
	file_running("ide-hurry", initialize_body("ide-hurry"));
	started = clock_monotonic();
	assert_fault(checkout("ide-hurry", initialize_body("other")),
	    IDEMPOTENCY_CONFLICT);
	assert_true(clock_monotonic() - started < WAIT_MS);
}

static void
replays_the_answer_that_comes_while_it_waits(void **state)
{
	const struct timespec pause = { 0, WAIT_MS / 4 * 1000000 };
	const char *body = initialize_body("ide-come");
	int status;

	(void)state;
	file_running("ide-come", body);
	pid_t pid = fork();
	if (pid == 0) {
		nanosleep(&pause, NULL);
		db_exec("UPDATE idempotency SET status = 201, answer = "
		    "'{\"a\":1}' WHERE idempotency_key = 'ide-come'");
		_exit(0);
	}
	assert_answer(checkout("ide-come", body), 201,
	    "{\"a\":1,\"idempotentReplay\":true}");
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void
finds_an_answer_after_24_hours_and_not_after_48(void **state)
{
	const char *body = initialize_body("ide-days");
	struct answer *first = initialize("ide-days", body);

	(void)state;
	clock_advance(24 * HOUR_MS);
	assert_answer(initialize("ide-days", body), 201, replay_of(first));
	clock_advance(24 * HOUR_MS);
	struct answer *again = initialize("ide-days", body);
	assert_status(again, 201);
	assert_null(member(again, "idempotentReplay"));
	assert_string_not_equal(text_at(again, "clive_tx_id"),
	    text_at(first, "clive_tx_id"));
	assert_int_equal(count_of("ide-days"), 2);
}

static void
keeps_the_answer_with_the_hash_of_the_body_only(void **state)
{
	const char *body = initialize_body("ide-row");
	struct answer *a = initialize("ide-row", body);
	uint8_t hash[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	(void)state;
	sig_sha256(body, strlen(body), hash);
	hex_encode(hash, sizeof(hash), hex);
	assert_string_equal(db_text("SELECT owner || ' ' || path || ' ' || "
	    "status || ' ' || lower(hex(body_hash)) || ' ' || answer FROM "
	    "idempotency WHERE idempotency_key = 'ide-row'"),
	    textf(PARTNER " " INITIALIZE " 201 %s %s", hex, a->body));
}

static const struct CMUnitTest tests[] = {
	CASE(replays_the_first_answer_with_a_mark_at_its_end),
	CASE(replays_the_original_state_after_the_payment_moved_on),
	CASE(replays_attachments_and_clients_alike),
	CASE(refuses_the_key_with_another_body),
	CASE(takes_the_key_on_another_path_as_fresh),
	CASE(takes_the_key_of_another_owner_as_fresh),
	CASE(distinguishes_keys_by_case_and_blanks),
	CASE(keeps_a_refusal_of_the_rules),
	CASE(keeps_what_fault_def_says_and_nothing_else),
	CASE(lets_refused_input_be_corrected_under_its_key),
	CASE(waits_for_a_first_request_and_then_gives_up),
	CASE(does_not_wait_where_the_body_is_another),
	CASE(replays_the_answer_that_comes_while_it_waits),
	CASE(finds_an_answer_after_24_hours_and_not_after_48),
	CASE(keeps_the_answer_with_the_hash_of_the_body_only),
};

static const struct world_options options = { .conf = { "wait_ms = 800" } };

ENDPOINT_MAIN("idempotency", tests, &options)
