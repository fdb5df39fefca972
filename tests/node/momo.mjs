// SPDX-License-Identifier: ISC
// momo.mjs - mobile money end to end, behind lighttpd: the sandbox of MTN and
// Orange, whose payers take their time by the sandbox clock; ClickPesa's
// pushes, which must reach a payer's phone once; and the reconcile that stays
// for cron's minute.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";

import mock from "../tools/clickpesa-mock.js";
import { BUILD, CLIENT, Gateway, PARTNER, atEnd, eventually, run, test }
	from "./lib.mjs";

const KEY = "CHK_test_key";
const PUSH = "/payments/initiate-ussd-push-request";
const TIMEOUT_MS = 700;

const clickpesa = await new mock.ClickPesa().listen();
atEnd(() => clickpesa.close());
let gateway, key;

// A call of a merchant: status and JSON.
async function call(method, path, body) {
	const answer = await fetch(gateway.url + path, { method,
		headers: { authorization: `Bearer ${key}`,
			"content-type": "application/json",
			"x-idempotency-key": randomUUID() },
		body: body && JSON.stringify(body) });
	return { status: answer.status, json: await answer.json() };
}

function expect(answer, status, code) {
	assert.equal(answer.status, status, JSON.stringify(answer.json));
	if (code)
		assert.equal(answer.json.error.code, code);
	return code ? answer.json.error : answer.json.data;
}

const create = async (currency, amount) => expect(await call("POST",
	"/v1/payments", { currency, amount }), 201);
const confirm = (payment, momo) => call("POST",
	`/v1/payments/${payment.id}/confirm`,
	{ payment_method: { type: "momo", momo } });
const retrieve = async ({ id }) => expect(await call("GET",
	`/v1/payments/${id}`), 200);
const status = async (payment) => (await retrieve(payment)).status;

// What the merchant was told about a payment, the oldest first.
async function told({ id }) {
	const events = expect(await call("GET", "/v1/events?limit=100"), 200);
	return events.filter((e) => e.data.object.id === id ||
		e.data.object.payment === id).map((e) => e.type).reverse();
}

const becomes = (payment, wanted) => eventually(`${payment.id} ${wanted}`,
	async () => await status(payment) === wanted);

const advance = (text) => gateway.clive("sandbox", "advance", text);

const program = (...args) => promisify(execFile)(join(BUILD,
	"cron/reconcile"), args, { env: { ...process.env,
	CLIVE_VAR: gateway.var } });

// The tool that changes what no program does.
const seed = (...args) => promisify(execFile)(join(BUILD,
	"tests/tools/seed"), args, { env: { ...process.env,
	CLIVE_VAR: gateway.var } });

async function reconcile() {
	return (await program("--once", "-v")).stdout.trim();
}

// The payment's row as operators see it.
async function row({ id }) {
	const { items } = await gateway.clive("tx", "list", "--reference", id);
	return gateway.clive("tx", "show", items[0].cliveTxId);
}

// ------------------------------------------------------- MTN and Orange

// A payment that waits for this number's owner.
async function waiting(number, provider = "mtn") {
	const payment = await create("USD", 1250);
	const data = expect(await confirm(payment, { provider,
		phone_number: number }), 202);
	assert.equal(data.status, "requires_action");
	return data;
}

async function sandboxChecks() {
	await test("the_payer_approves_after_five_seconds", async () => {
		const payment = await waiting("+231881158457");
		assert.deepEqual(payment.next_action, { type: "momo_approval",
			momo_approval: { provider: "mtn",
			phone_number: "+231881158457" } });
		assert.deepEqual(payment.payment_method, { type: "momo",
			momo: { provider: "mtn", phone_number: "+231881158457" } });
		await advance("4s");
		assert.match(await reconcile(), / 0 payments changed$/);
		assert.equal(await status(payment), "requires_action");
		await advance("1s");
		assert.match(await reconcile(), / 1 payments changed$/);
		const paid = await retrieve(payment);
		assert.equal(paid.status, "succeeded");
		assert.equal(paid.next_action, null);
		assert.deepEqual(await told(payment), ["payment.created",
			"payment.requires_action", "payment.succeeded"]);
	});

	await test("numbers_do_what_is_documented", async () => {
		const rows = [["000", "1s", null], ["001", "1s", "user_rejected"],
			["003", "1s", "INSUFFICIENT_FUNDS"]];
		const all = [];
		for (const [digits, , failure] of rows)
			for (const [provider, begin] of [["mtn", "+231881111"],
				["orange", "+231771111"]])
				all.push([await waiting(begin + digits, provider),
					failure]);
		await advance("1s");
		assert.match(await reconcile(), / 6 payments changed$/);
		for (const [payment, failure] of all) {
			const found = await retrieve(payment);
			assert.equal(found.status, failure ? "failed" : "succeeded");
			assert.equal(found.failure?.code ?? null, failure);
			if (failure)
				assert.ok(found.failure.message.length > 10);
			assert.equal((await told(payment)).at(-1),
				failure ? "payment.failed" : "payment.succeeded");
		}
	});

	await test("who_never_answers_is_given_up_after_half_a_minute",
	    async () => {
		const payment = await waiting("+231881111002");
		await advance("28s");
		await reconcile();
		assert.equal(await status(payment), "requires_action");
		await advance("2s");
		await reconcile();
		const found = await retrieve(payment);
		assert.equal(found.status, "failed");
		assert.equal(found.failure.code, "timeout");
	});

	await test("a_look_that_came_too_early_comes_again_in_time",
	    async () => {
		const payment = await waiting("+231881158457");
		await seed("query", "UPDATE tx SET next_look_at = 1 WHERE " +
			`clive_tx_id = '${(await row(payment)).cliveTxId}'`);
		assert.match(await reconcile(), / 0 payments changed$/);
		await advance("5s");
		await reconcile();
		assert.equal(await status(payment), "succeeded");
	});

	await test("the_reference_does_not_hold_the_number", async () => {
		const { processor, processorReference } =
			await row(await waiting("+231881158457"));
		assert.equal(processor, "momo");
		assert.match(processorReference, /^mtn_paid_\d{13}_1250_USD_\w{26}$/);
		assert.ok(!processorReference.includes("881158457"));
	});

	await test("what_is_canceled_is_never_paid", async () => {
		const payment = await waiting("+231771111000", "orange");
		expect(await call("POST", `/v1/payments/${payment.id}/cancel`), 200);
		await advance("10m");
		await reconcile();
		assert.equal(await status(payment), "canceled");
		assert.equal((await told(payment)).at(-1), "payment.canceled");
	});

	await test("what_failed_is_looked_at_without_an_effect", async () => {
		const payment = await waiting("+231881111001");
		await advance("1s");
		await reconcile();
		const before = await told(payment);
		for (let i = 0; i < 3; i++) {
			await advance("10m");
			await reconcile();
		}
		assert.equal(await status(payment), "failed");
		assert.deepEqual(await told(payment), before);
	});

	await test("a_payment_is_given_back", async () => {
		const payment = await waiting("+231881111000");
		await advance("1s");
		await reconcile();
		const refund = expect(await call("POST", "/v1/refunds",
			{ payment: payment.id, amount: 250 }), 201);
		assert.equal(refund.status, "succeeded");
		assert.equal((await retrieve(payment)).amount_refunded, 250);
	});
}

// ------------------------------------------------------ ClickPesa's push

const PHONE = "+255712345678";

// A payment of 100 shillings times so much; its confirm as it is answered.
async function push(phone_number = PHONE, amount = 1000000) {
	const payment = await create("TZS", amount);
	const answer = await confirm(payment, { phone_number });
	return { payment, answer, ref: [...clickpesa.orders.keys()].at(-1) };
}

async function pushed() {
	const made = await push();
	assert.equal(expect(made.answer, 202).status, "requires_action");
	return made;
}

async function notify(ref, state, more = {}) {
	const answer = await fetch(`${gateway.url}/webhooks/clickpesa`, {
		method: "POST", headers: { "content-type": "application/json" },
		body: JSON.stringify(clickpesa.webhook(ref, state,
			{ key: KEY, ...more })) });
	assert.equal(answer.status, 200, await answer.text());
}

const pushes = () => clickpesa.count(PUSH);

async function pushChecks() {
	await test("a_push_asks_the_phone_for_whole_shillings", async () => {
		const { payment, answer, ref } = await pushed();
		assert.deepEqual(answer.json.data.next_action, {
			type: "momo_approval", momo_approval: { provider: null,
			phone_number: PHONE } });
		const sent = JSON.parse(clickpesa.calls.findLast((c) =>
			c.path === PUSH).body);
		assert.equal(sent.checksum, mock.checksum(KEY, sent));
		delete sent.checksum;
		assert.deepEqual(sent, { amount: "10000", currency: "TZS",
			orderReference: ref, phoneNumber: "255712345678" });
		assert.match(ref, /^[0-9A-HJKMNP-TV-Z]{26}$/);
		await notify(ref, "SUCCESS");
		assert.equal(await status(payment), "succeeded");
		await notify(ref, "SETTLED");
		assert.deepEqual(await told(payment), ["payment.created",
			"payment.requires_action", "payment.succeeded"]);
	});

	await test("a_failure_has_its_reason", async () => {
		for (const [message, code] of [
		    ["Transaction rejected by customer", "user_rejected"],
		    ["Transaction cancelled", "user_rejected"],
		    ["Insufficient balance", "INSUFFICIENT_FUNDS"],
		    ["Request timed out", "timeout"],
		    ["Something else", "generic_decline"],
		    [undefined, "generic_decline"]]) {
			const { payment, ref } = await pushed();
			await notify(ref, "FAILED", { message });
			const { status, failure } = await retrieve(payment);
			assert.equal(status, "failed");
			assert.equal(failure.code, code);
		}
	});

	await test("a_success_after_a_failure_counts", async () => {
		const { payment, ref } = await pushed();
		await notify(ref, "FAILED", { message: "Insufficient balance" });
		assert.equal(await status(payment), "failed");
		await notify(ref, "SUCCESS", { id: `${ref}LCP2` });
		const found = await retrieve(payment);
		assert.equal(found.status, "succeeded");
		assert.equal(found.failure, null);
	});

	await test("the_answer_itself_may_be_final", async () => {
		for (const [more, wanted, code] of [
		    [{ status: "SUCCESS" }, "succeeded", null],
		    [{ status: "SETTLED" }, "succeeded", null],
		    [{ status: "FAILED", message: "Rejected" }, "failed",
			"user_rejected"]]) {
			clickpesa.push = more;
			const { answer } = await push();
			clickpesa.push = {};
			const data = expect(answer, 200);
			assert.equal(data.status, wanted);
			assert.equal(data.failure?.code ?? null, code);
		}
	});

	await test("a_number_that_clickpesa_refuses_fails_the_payment",
	    async () => {
		const before = pushes();
		const { payment, answer } = await push("+255112345678");
		const { status: state, failure } = expect(answer, 200);
		assert.equal(state, "failed");
		assert.equal(failure.code, "generic_decline");
		assert.equal(failure.message, "Invalid / unsupported phone number");
		// Nobody has to look for what was never there.
		const { processorReference: ref } = await row(payment);
		await advance("10m");
		await reconcile();
		assert.equal(clickpesa.count(`/payments/${ref}`), 0);
		assert.equal(pushes(), before + 1);
		assert.equal((await told(payment)).at(-1), "payment.failed");
	});

	await test("what_is_paid_twice_is_for_a_person", async () => {
		clickpesa.push = { status: "SUCCESS" };
		const { payment, ref } = await push();
		clickpesa.push = {};
		await notify(ref, "SUCCESS", { id: `${ref}LCP2` });
		await notify(ref, "SUCCESS");
		assert.equal(await status(payment), "succeeded");
		const { timeline } = await gateway.clive("tx", "explain",
			(await row(payment)).cliveTxId);
		assert.deepEqual(timeline.filter((e) => e.kind ===
			"processor_event").map((e) => e.outcome),
			["applied", "quarantined", "unchanged"]);
	});

	await test("a_push_cannot_be_taken_back", async () => {
		const { payment } = await pushed();
		expect(await call("POST", `/v1/payments/${payment.id}/cancel`), 409,
			"INVALID_STATE");
		assert.equal(await status(payment), "requires_action");
	});
}

async function lostChecks() {
	await test("a_lost_answer_is_looked_up_and_not_pushed_again",
	    async () => {
		const before = pushes();
		clickpesa.order(PUSH, { drop: true });
		const { payment, answer, ref } = await push();
		expect(answer, 502, "PROVIDER_ERROR");
		assert.equal(expect(await confirm(payment,
			{ phone_number: PHONE }), 202).status, "requires_action");
		assert.equal(pushes(), before + 1);
		await notify(ref, "SUCCESS");
		assert.equal(await status(payment), "succeeded");
	});

	await test("a_silent_clickpesa_is_looked_up_by_reconcile", async () => {
		const before = pushes();
		clickpesa.order(PUSH, { hang: true });
		const { payment, answer, ref } = await push();
		expect(answer, 502, "PROVIDER_ERROR");
		// The webhook is quicker than whoever looks.
		await notify(ref, "SUCCESS");
		assert.equal(await status(payment), "requires_payment_method");
		await advance("2m");
		assert.match(await reconcile(), /^1 calls answered/);
		assert.equal(await status(payment), "succeeded");
		assert.equal(pushes(), before + 1);
	});

	await test("a_failure_that_came_first_has_its_reason", async () => {
		clickpesa.order(PUSH, { drop: true });
		const { payment, answer, ref } = await push();
		expect(answer, 502, "PROVIDER_ERROR");
		await notify(ref, "FAILED", { message: "Rejected by customer" });
		await advance("2m");
		assert.match(await reconcile(), /^1 calls answered/);
		const { status: state, failure } = await retrieve(payment);
		assert.equal(state, "failed");
		assert.deepEqual(failure, { code: "user_rejected",
			message: "Rejected by customer" });
	});

	await test("another_number_has_to_wait_for_certainty", async () => {
		clickpesa.order(PUSH, { drop: true });
		const { payment } = await push();
		expect(await confirm(payment, { phone_number: "+255612345678" }),
			409, "INVALID_STATE");
		await advance("2m");
		await reconcile();
		assert.equal(await status(payment), "requires_action");
	});

	await test("a_push_that_never_arrived_fails_and_may_prove_us_wrong",
	    async () => {
		const before = pushes();
		clickpesa.order(PUSH, { status: 500,
			body: { message: "Error validating fee, try again later" } });
		const { payment, answer } = await push();
		expect(answer, 502, "PROVIDER_ERROR");
		await advance("2m");
		await reconcile();
		const { status: state, failure } = await retrieve(payment);
		assert.equal(state, "failed");
		assert.equal(failure.code, "timeout");
		assert.equal(pushes(), before + 1);
		const { processorReference: ref } = await row(payment);
		clickpesa.orders.set(ref, { totalPrice: "10000",
			orderCurrency: "TZS" });
		await notify(ref, "SUCCESS");
		assert.equal(await status(payment), "succeeded");
	});

	await test("a_reference_that_is_used_is_looked_up", async () => {
		clickpesa.order(PUSH, { status: 409, done: true,
			body: { message: "Order reference X already used" } });
		const { payment, answer, ref } = await push();
		assert.equal(expect(answer, 202).status, "requires_action");
		await notify(ref, "SUCCESS");
		assert.equal(await status(payment), "succeeded");
	});

	await test("who_was_certainly_not_asked_is_asked_anew", async () => {
		const before = clickpesa.orders.size;
		clickpesa.order(PUSH, { status: 429,
			body: { message: "Too many requests" } });
		const { payment, answer } = await push();
		expect(answer, 502, "PROVIDER_ERROR");
		expect(await confirm(payment, { phone_number: PHONE }), 202);
		assert.equal(clickpesa.orders.size, before + 1);
	});

	await test("a_lost_webhook_is_made_up_for_by_asking", async () => {
		const paid = await pushed(), failed = await pushed(),
			open = await pushed();
		clickpesa.set(paid.ref, "SETTLED");
		clickpesa.set(failed.ref, "FAILED",
			{ message: "Transaction rejected by customer" });
		await advance("2m");
		await reconcile();
		assert.equal(await status(paid.payment), "succeeded");
		const { status: state, failure } = await retrieve(failed.payment);
		assert.equal(state, "failed");
		assert.equal(failure.code, "user_rejected");
		assert.equal(await status(open.payment), "requires_action");
		// What the webhook says at last is nothing new.
		await notify(paid.ref, "SUCCESS");
		assert.deepEqual(await told(paid.payment), ["payment.created",
			"payment.requires_action", "payment.succeeded"]);
	});
}

// ------------------------------------------------- the reconcile that stays

class Stay {
	constructor(...args) {
		this.child = spawn(join(BUILD, "cron/reconcile"), args, {
			env: { ...process.env, CLIVE_VAR: gateway.var } });
		this.said = "";
		for (const stream of [this.child.stdout, this.child.stderr])
			stream.on("data", (text) => this.said += text);
		this.end = new Promise((done) => this.child.on("exit",
			(code, signal) => {
			this.result = signal ?? code;
			done(this.result);
		}));
		atEnd(() => this.child.kill("SIGKILL"));
	}

	// One that owns the name.
	static async start(...args) {
		const stay = new Stay(...args);
		await eventually("reconcile at work", async () => (await gateway
			.clive("status")).cron.some((c) => c.name === "reconcile" &&
			c.owner?.split(":")[1] === String(stay.child.pid) &&
			c.finished_at == null));
		return stay;
	}

	// Ends by a signal, soon, and well.
	async stop(signal = "SIGTERM") {
		const begun = Date.now();
		this.child.kill(signal);
		assert.equal(await this.end, 0, this.said);
		assert.ok(Date.now() - begun < 900, "took too long");
	}
}

const finished = async () => (await gateway.clive("status")).cron
	.find((c) => c.name === "reconcile").finished_at !== null;

async function stayChecks() {
	await test("one_that_stays_settles_payments_as_they_come_due",
	    async () => {
		const stay = await Stay.start("-v", "--for", "60");
		for (const number of ["+231881158457", "+231881111001"]) {
			const payment = await waiting(number);
			assert.equal(await status(payment), "requires_action");
			await advance("5s");
			await becomes(payment, number.endsWith("1") ? "failed" :
				"succeeded");
		}
		const calls = clickpesa.calls.length;
		await advance("10s");
		assert.equal(stay.result, undefined);
		await stay.stop();
		assert.equal(stay.said, "0 calls answered, 2 payments changed\n");
		assert.ok(await finished());
		assert.equal(clickpesa.calls.length, calls);
	});

	await test("a_signal_ends_it_while_a_processor_keeps_silent",
	    async () => {
		const { payment, ref } = await pushed();
		const before = clickpesa.count(`/payments/${ref}`);
		clickpesa.order(`/payments/${ref}`, { hang: true });
		gateway.configure({ processor_timeout_ms: 60000 });
		const silent = await Stay.start("--for", "60");
		await advance("2m");
		await eventually("the question", () =>
			clickpesa.count(`/payments/${ref}`) > before);
		await silent.stop();
		gateway.configure({ processor_timeout_ms: TIMEOUT_MS });
		// Nothing was lost: it is asked again.
		clickpesa.set(ref, "SUCCESS");
		await reconcile();
		assert.equal(await status(payment), "succeeded");
	});

	await test("the_newest_takes_over", async () => {
		const first = await Stay.start("--for", "60");
		const second = await Stay.start("--for", "60");
		assert.equal(await first.end, 0, first.said);
		assert.equal(second.result, undefined);
		assert.ok(!await finished());
		const payment = await waiting("+231881158457");
		await advance("5s");
		await becomes(payment, "succeeded");
		// One that only lends a hand sends nobody home.
		await reconcile();
		assert.ok(!await finished());
		await second.stop("SIGINT");
	});

	await test("it_leaves_when_its_time_is_over", async () => {
		const begun = Date.now();
		const stay = new Stay("--for", "1");
		assert.equal(await stay.end, 0, stay.said);
		const took = Date.now() - begun;
		assert.ok(took >= 950 && took < 5000, `${took} ms`);
		assert.equal(stay.said, "");
		assert.ok(await finished());
	});

	await test("wrong_options_are_refused", async () => {
		for (const args of [["--for", "0"], ["--for", "x"],
		    ["--for", "86401"], ["--limit", "0"], ["--limit", "10001"],
		    ["--once", "--for", "2"], ["now"], ["--ever"]])
			await assert.rejects(program(...args), (error) => {
				assert.equal(error.code, 64, args.join(" "));
				return true;
			});
	});
}

await run("momo", async () => {
	clickpesa.checksumKey = KEY;
	gateway = await Gateway.make({ rate_limit_per_minute: 0, wait_ms: 400,
		processor_timeout_ms: TIMEOUT_MS,
		clickpesa_api_url: clickpesa.url,
		clickpesa_client_id: clickpesa.clientId,
		clickpesa_api_key: clickpesa.apiKey,
		clickpesa_checksum_key: KEY });
	key = (await gateway.clive("merchant-key", "add", "--partner", PARTNER,
		"--client", CLIENT, "--name", "tests")).api_key;
	await gateway.serve();
	await sandboxChecks();
	await pushChecks();
	await lostChecks();
	await stayChecks();
	await test("the_books_are_right_in_the_end", async () => {
		assert.equal((await gateway.clive("verify")).ok, true);
	});
});
