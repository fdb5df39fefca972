// SPDX-License-Identifier: ISC
// checkout.mjs - checkout-intent, checkout-intent-v2, the webhook of Revolut
// and cron/reconcile against processors that misbehave on order. The rule
// behind all of it: one key, one payment, at most one intent.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";

import { BUILD, CLIENT, Gateway, PARTNER, atEnd, eventually, hmac, run, sleep,
	stripeEvent, test } from "./lib.mjs";

const { Processors } = createRequire(import.meta.url)(
	"../tools/processor-mock.js");

const TIMEOUT_MS = 700;
const WSK = "wsk_first_of_two", WSK_NEW = "wsk_second_of_two";

const processors = await Processors.start();
atEnd(() => processors.close());
const { stripe, revolut } = processors;

let number = 0;
let moved = 0;		// how far the sandbox clock was moved, ms

const keys = (object) => Object.keys(object);

function settings(more = {}) {
	return { rate_limit_per_minute: 0, wait_ms: 400,
		processor_timeout_ms: TIMEOUT_MS, stripe_api_base: stripe.url,
		stripe_secret_key: "sk_test_1", stripe_publishable_key: "pk_test_1",
		revolut_api_base: revolut.url, revolut_secret_key: "sk_rev_1",
		revolut_public_key: "pk_rev_1",
		revolut_webhook_secret: `${WSK} ${WSK_NEW}`, ...more };
}

function body(reference, more = {}) {
	return JSON.stringify({ partner_id: PARTNER, client_id: CLIENT,
		amount: 12.34, currency: "EUR", email: "payer@example.com",
		echezona_reference: reference, ...more });
}

const V2 = { payment_type: "card", issuer_country: "DE" };
const PAY = { payment_type: "revolut_pay", issuer_country: "DE" };

await run("checkout", async () => {
	const gateway = await Gateway.make(settings());
	await gateway.serve();

	const next = () => `EZ-${++number}`;
	const open = (reference, more) => gateway.post(
		"/transactions/checkout-intent", `checkout-${reference}`,
		body(reference, more));
	const openV2 = (reference, more = V2) => gateway.post(
		"/transactions/checkout-intent-v2", `v2-${reference}`,
		body(reference, more));
	const explain = (id) => gateway.clive("tx", "explain", id);
	const calls = async (id) => (await explain(id)).timeline
		.filter((entry) => entry.kind === "processor_call");
	const show = (id) => gateway.clive("tx", "show", id);
	const find = async (reference) => (await gateway.clive("tx", "list",
		"--reference", reference)).items;

	async function advance(text, ms) {
		await gateway.clive("sandbox", "advance", text);
		moved += ms;
	}

	async function reconcile() {
		const { stdout } = await promisify(execFile)(
			join(BUILD, "cron/reconcile"), ["--once", "-v"],
			{ env: { ...process.env, CLIVE_VAR: gateway.var } });
		return stdout.trim();
	}

	function expect(answer, status, code) {
		assert.equal(answer.status, status, JSON.stringify(answer.json));
		if (code)
			assert.equal(answer.json.code, code);
		return answer.json;
	}

	function clean(service) {
		service.reset();
		return service;
	}

	// A webhook of Revolut as it signs them.
	function tell(event, order, more = {}) {
		const text = more.text ?? JSON.stringify({ event, order_id: order,
			merchant_order_ext_ref: more.reference });
		const at = String(more.at ?? Date.now() + moved);
		const signature = more.signature ?? "v1=" + hmac(more.secret ?? WSK,
			`v1.${at}.${text}`);
		const headers = { "content-type": "application/json",
			"revolut-request-timestamp": at, "revolut-signature": signature };
		for (const name of more.without ?? [])
			delete headers[name];
		return fetch(`${gateway.api}/webhooks/revolut`, { method: "POST",
			body: text, headers }).then(async (answer) =>
			({ status: answer.status, json: await answer.json() }));
	}

	// Happy paths

	await test("checkout_intent_opens_payment_and_intent", async () => {
		const reference = next();
		const answer = expect(await open(reference,
			{ statement_descriptor_suffix: "AIR PEACE", meta: { a: 1 } }),
		201);
		const [intent] = stripe.intents.values();
		assert.deepEqual(answer, { clive_tx_id: answer.clive_tx_id,
			status: "pending", stripe_payment_intent_id: intent.id,
			client_secret: intent.client_secret,
			stripe_publishable_key: "pk_test_1" });
		assert.deepEqual(keys(answer), ["clive_tx_id", "status",
			"stripe_payment_intent_id", "client_secret",
			"stripe_publishable_key"]);
		const [call] = stripe.creations;
		assert.deepEqual(call.params, { amount: "1234", currency: "eur",
			"automatic_payment_methods[enabled]": "true",
			receipt_email: "payer@example.com",
			statement_descriptor_suffix: "AIR PEACE",
			"metadata[clive_tx_id]": answer.clive_tx_id,
			"metadata[partner_id]": PARTNER, "metadata[client_id]": CLIENT,
			"metadata[echezona_reference]": reference });
		assert.equal(call.headers.authorization, "Bearer sk_test_1");
		assert.equal(call.headers["stripe-version"], "2026-10-28.endive");
		assert.equal(call.headers["content-type"],
			"application/x-www-form-urlencoded");
		assert.ok(call.key.startsWith(answer.clive_tx_id), call.key);
		assert.equal(call.headers.expect, undefined);
		assert.deepEqual(expect(await open(reference,
			{ statement_descriptor_suffix: "AIR PEACE", meta: { a: 1 } }),
		201), { ...answer, idempotentReplay: true });
		assert.equal(stripe.creations.length, 1);
		expect(await open(reference), 409, "IDEMPOTENCY_CONFLICT");
	});

	await test("v2_at_stripe", async () => {
		clean(stripe);
		const answer = expect(await openV2(next(),
			{ ...V2, card_scheme: "Visa" }), 201);
		assert.deepEqual(keys(answer), ["clive_tx_id", "status", "processor",
			"payment_type", "processor_fee_rule_id",
			"estimated_processor_fee", "stripe_payment_intent_id",
			"client_secret", "stripe_publishable_key"]);
		assert.equal(answer.processor, "stripe");
		assert.equal(answer.status, "pending");
		assert.equal(answer.payment_type, "card");
		assert.equal(answer.processor_fee_rule_id, "rule_stripe_default");
		assert.equal(answer.estimated_processor_fee, 0.66);
		const { timeline } = await explain(answer.clive_tx_id);
		const route = timeline.find((entry) => entry.kind === "route");
		assert.deepEqual(route.inputs, { payment_type: "card",
			issuer_country: "DE", card_scheme: "visa", amount: 12.34,
			currency: "EUR" });
		assert.deepEqual(route.candidates, [{ rule: "rule_stripe_default",
			processor: "stripe", estimated_fee: 0.66 }]);
		const [call] = await calls(answer.clive_tx_id);
		assert.equal(call.status, "done");
		assert.equal(call.answer_status, 200);
		assert.equal(call.idempotency_key, stripe.creations[0].key);
	});

	await test("v2_at_revolut", async () => {
		const reference = next();
		const answer = expect(await openV2(reference,
			{ ...PAY, statement_descriptor_suffix: "AIR PEACE LAGOS 12345" }),
		201);
		assert.deepEqual(keys(answer), ["clive_tx_id", "status", "processor",
			"payment_type", "processor_fee_rule_id",
			"estimated_processor_fee", "revolut_order_token", "revolut_mode",
			"revolut_public_key"]);
		assert.equal(answer.processor, "revolut");
		assert.equal(answer.processor_fee_rule_id,
			"rule_revolut_pay_default");
		assert.equal(answer.estimated_processor_fee, 0.32);
		assert.equal(answer.revolut_mode, "sandbox");
		assert.equal(answer.revolut_public_key, "pk_rev_1");
		const [order] = revolut.orders.values();
		assert.equal(answer.revolut_order_token, order.token);
		const [call] = revolut.creations;
		assert.deepEqual(call.params, { amount: 1234, currency: "EUR",
			customer: { email: "payer@example.com" },
			merchant_order_data: { reference: answer.clive_tx_id },
			metadata: { partner_id: PARTNER, client_id: CLIENT,
				echezona_reference: reference },
			statement_descriptor_suffix: "AIR PEACE LAGOS 123" });
		assert.equal(call.headers.authorization, "Bearer sk_rev_1");
		assert.equal(call.headers["revolut-api-version"], "2026-04-20");
		assert.equal(call.headers["content-type"], "application/json");
		assert.equal(call.key, null);
		assert.equal((await show(answer.clive_tx_id)).processorReference,
			order.id);
	});

	await test("whole_units_for_currencies_without_cents", async () => {
		const isk = expect(await openV2(next(),
			{ ...PAY, amount: 1500, currency: "ISK" }), 201);
		assert.equal(revolut.creations.at(-1).params.amount, 1500);
		expect(await open(next(), { amount: 1500, currency: "ISK" }), 201);
		assert.equal(stripe.creations.at(-1).params.amount, "150000");
		assert.equal(isk.estimated_processor_fee, 15);
	});

	await test("many_at_once_with_one_key_open_one_intent", async () => {
		clean(stripe);
		const before = stripe.intents.size;
		const reference = next();
		const answers = await Promise.all(Array.from({ length: 8 }, () =>
			open(reference)));
		const good = answers.filter((answer) => answer.status === 201);
		assert.ok(good.length >= 1);
		assert.equal(new Set(good.map((answer) =>
			answer.json.clive_tx_id)).size, 1);
		for (const answer of answers)
			assert.ok([201, 409].includes(answer.status));
		assert.equal(stripe.intents.size, before + 1);
		assert.equal((await find(reference)).length, 1);
	});

	// Trouble

	await test("a_refusal_is_kept_by_the_key", async () => {
		for (const mode of ["400", "402"]) {
			clean(stripe).next(mode);
			const before = stripe.intents.size;
			const reference = next();
			const refused = expect(await open(reference), 422,
				"PROCESSOR_REFUSED");
			assert.deepEqual(keys(refused), ["error", "code", "details"]);
			assert.deepEqual(refused.details, { processor: "stripe",
				code: mode === "400" ? "amount_too_small" : "card_declined",
				message: mode === "400" ? "Amount is too small." :
					"The card was declined." });
			assert.deepEqual(expect(await open(reference), 422),
				{ ...refused, idempotentReplay: true });
			assert.equal(stripe.creations.length, 1);
			assert.equal(stripe.intents.size, before);
			const [payment] = await find(reference);
			assert.equal(payment.status, "abandoned");
		}
		clean(revolut).next("400");
		const refused = expect(await openV2(next(), PAY), 422);
		assert.equal(refused.details.processor, "revolut");
		assert.equal(refused.details.code, "invalid_amount");
	});

	// Whatever happened to the first request: the next one with its key goes
	// on with its payment, and there is one intent in the end.
	async function goesOn(service, send, mode, times) {
		const things = service === stripe ? stripe.intents : revolut.orders;
		const before = things.size;
		const reference = next();
		clean(service).next(mode, times);
		expect(await send(reference), 502, "PROCESSOR_UNAVAILABLE");
		const [first] = await find(reference);
		assert.equal(first.status, "initialized", mode);
		const [asked] = await calls(first.cliveTxId);
		assert.equal(asked.status, "unknown", mode);
		// The key remembers a 500: only a new one would get further.
		if (mode.startsWith("500") && service === stripe) {
			expect(await send(reference), 502);
			return;
		}
		const answer = expect(await send(reference), 201);
		assert.equal(answer.clive_tx_id, first.cliveTxId);
		assert.equal(answer.status, "pending");
		assert.equal(things.size, before + 1, mode);
		assert.equal(new Set(service.creations.map((call) =>
			call.key)).size, 1);
		assert.equal((await find(reference)).length, 1);
		assert.equal((await calls(first.cliveTxId)).length, 1);
		assert.deepEqual(expect(await send(reference), 201),
			{ ...answer, idempotentReplay: true });
	}

	await test("stripe_a_lost_answer_is_asked_for_again", async () => {
		for (const mode of ["reset_before", "reset_after", "html", "slow"])
			await goesOn(stripe, open, mode, mode === "html" ? 1 : 3);
	});

	await test("stripe_a_500_is_no_answer", async () => {
		await goesOn(stripe, open, "500_after", 3);
	});

	await test("revolut_a_lost_answer_is_looked_for", async () => {
		const send = (reference) => openV2(reference, PAY);
		for (const mode of ["reset_before", "reset_after", "html", "slow",
			"500", "500_after"])
			await goesOn(revolut, send, mode, 1);
	});

	await test("revolut_never_makes_a_second_order_in_doubt", async () => {
		clean(revolut).next("reset_after");
		const before = revolut.orders.size;
		const reference = next();
		expect(await openV2(reference, PAY), 502);
		// The list does not answer; then it lists what is not ours.
		revolut.always("500", "GET /api/orders");
		expect(await openV2(reference, PAY), 502);
		revolut.always(null, "GET /api/orders");
		const [payment] = await find(reference);
		const [order] = [...revolut.orders.values()].slice(-1);
		order.merchant_order_data.reference = "hidden";
		const list = revolut.work;
		revolut.work = function (call, mode) {
			return call.method === "GET" && call.path === "/api/orders" ?
				[200, { orders: [{ id: order.id }] }] :
				list.call(this, call, mode);
		};
		expect(await openV2(reference, PAY), 502);
		assert.equal(revolut.orders.size, before + 1);
		delete revolut.work;
		order.merchant_order_data.reference = payment.cliveTxId;
		const answer = expect(await openV2(reference, PAY), 201);
		assert.equal(answer.revolut_order_token, order.token);
		assert.equal(revolut.orders.size, before + 1);
	});

	await test("one_try_is_enough_where_the_second_works", async () => {
		clean(stripe).next("reset_after");
		const before = stripe.intents.size;
		expect(await open(next()), 201);
		assert.equal(stripe.creations.length, 2);
		assert.equal(stripe.creations[0].key, stripe.creations[1].key);
		assert.equal(stripe.intents.size, before + 1);
	});

	// More than one rule

	let cardRule;
	await test("rules_are_added_and_listed", async () => {
		cardRule = await gateway.clive("rule", "add", "--processor",
			"revolut", "--type", "card", "--country", "de", "--percent", "1",
			"--fixed", "0.20");
		assert.equal(cardRule.country, "DE");
		assert.equal(cardRule.fixed, 0.2);
		const { items } = await gateway.clive("rule", "list");
		for (const id of [cardRule.id, "rule_stripe_default",
			"rule_revolut_open_banking_default",
			"rule_revolut_pay_default"])
			assert.ok(items.some((item) => item.id === id), id);
		clean(revolut);
		const answer = expect(await openV2(next()), 201);
		assert.equal(answer.processor, "revolut");
		assert.equal(answer.processor_fee_rule_id, cardRule.id);
		const other = expect(await openV2(next(),
			{ ...V2, issuer_country: "GB" }), 201);
		assert.equal(other.processor, "stripe");
	});

	await test("the_next_rule_where_the_first_is_down", async () => {
		for (const mode of ["429", "401"]) {
			clean(revolut).always(mode);
			clean(stripe);
			const answer = expect(await openV2(next()), 201);
			assert.equal(answer.processor, "stripe", mode);
			assert.equal(answer.processor_fee_rule_id, "rule_stripe_default");
			const asked = await calls(answer.clive_tx_id);
			assert.deepEqual(asked.map((call) =>
				[call.processor, call.status, call.answer_status]),
			[["revolut", "down", Number(mode)], ["stripe", "done", 200]]);
			const tx = await show(answer.clive_tx_id);
			assert.equal(tx.processor, "stripe");
			assert.equal(tx.processorReference,
				answer.stripe_payment_intent_id);
		}
	});

	await test("the_next_rule_where_nobody_listens", async () => {
		clean(revolut);
		clean(stripe);
		await revolut.close();
		const answer = expect(await openV2(next()), 201);
		await revolut.listen(revolut.port);
		assert.equal(answer.processor, "stripe");
		assert.equal(stripe.creations.length, 1);
	});

	await test("all_down_then_from_the_first_again", async () => {
		clean(revolut).always("429");
		clean(stripe).always("401");
		const before = [stripe.intents.size, revolut.orders.size];
		const reference = next();
		expect(await openV2(reference), 502, "PROCESSOR_UNAVAILABLE");
		revolut.always(null);
		const answer = expect(await openV2(reference), 201);
		assert.equal(answer.processor, "revolut");
		assert.deepEqual([stripe.intents.size, revolut.orders.size],
			[before[0], before[1] + 1]);
		assert.equal((await find(reference)).length, 1);
	});

	await test("in_doubt_no_other_processor_is_asked", async () => {
		clean(stripe);
		clean(revolut).next("reset_after");
		const before = [stripe.intents.size, revolut.orders.size];
		const reference = next();
		expect(await openV2(reference), 502);
		// Down now, but perhaps done before.
		revolut.always("429", "GET /api/orders");
		revolut.always("429");
		expect(await openV2(reference), 502);
		await revolut.close();
		expect(await openV2(reference), 502);
		await revolut.listen(revolut.port);
		// Nor where its rule is over.
		clean(revolut);
		await gateway.clive("rule", "end", cardRule.id);
		const answer = expect(await openV2(reference), 201);
		assert.equal(answer.processor, "revolut");
		assert.equal(answer.processor_fee_rule_id, cardRule.id);
		assert.deepEqual([stripe.intents.size, revolut.orders.size],
			[before[0], before[1] + 1]);
		assert.equal(stripe.creations.length, 0);
		assert.equal(expect(await openV2(next()), 201).processor, "stripe");
	});

	// Killed

	function pidOf(program) {
		for (const name of readdirSync("/proc")) {
			if (!/^\d+$/.test(name))
				continue;
			try {
				const line = readFileSync(`/proc/${name}/cmdline`, "utf8");
				const stat = readFileSync(`/proc/${name}/stat`, "utf8");
				const parent = stat.split(") ")[1].split(" ")[1];
				if (line.startsWith(join(BUILD, program)) &&
				    Number(parent) === gateway.server.pid)
					return Number(name);
			} catch {
				// It ended, or is not ours.
			}
		}
		throw new Error(`${program} does not run`);
	}

	const PROGRAM = "cgi-bin/api/v1/transactions/checkout-intent.cgi";

	async function killDuringCall(reference) {
		clean(stripe).next("slow");
		const sent = open(reference).catch((error) => error);
		await eventually("the call", () => stripe.creations.length === 1);
		process.kill(pidOf(PROGRAM), "SIGKILL");
		await sent;
	}

	let killed;
	await test("killed_during_the_call_then_asked_again", async () => {
		const before = stripe.intents.size;
		const reference = next();
		await killDuringCall(reference);
		await eventually("another program", async () =>
			(await open(reference)).status === 409, 10000, 100);
		expect(await open(reference), 409, "IDEMPOTENCY_IN_PROGRESS");
		const [left] = await find(reference);
		assert.equal(left.status, "initialized");
		await advance("4m", 240000);
		const answer = expect(await open(reference), 201);
		assert.equal(answer.clive_tx_id, left.cliveTxId);
		assert.equal(stripe.intents.size, before + 1);
		assert.equal(stripe.creations.length, 2);
		assert.equal(stripe.creations[0].key, stripe.creations[1].key);
		assert.equal(answer.stripe_payment_intent_id,
			(await show(left.cliveTxId)).processorReference);
		killed = await find(reference);
		assert.equal(killed.length, 1);
	});

	await test("killed_during_the_call_then_reconciled", async () => {
		const before = stripe.intents.size;
		const reference = next();
		await killDuringCall(reference);
		await advance("2m", 120000);
		assert.match(await reconcile(), /^1 calls answered/);
		const [payment] = await find(reference);
		assert.equal(payment.status, "pending");
		assert.equal(stripe.intents.size, before + 1);
		// The key's lease is over: its answer is that intent, too.
		await advance("3m", 180000);
		const answer = expect(await open(reference), 201);
		assert.equal(answer.clive_tx_id, payment.cliveTxId);
		assert.equal(answer.stripe_payment_intent_id,
			payment.stripePaymentIntentId);
		assert.equal(answer.client_secret, stripe.intents.get(
			answer.stripe_payment_intent_id).client_secret);
		assert.equal(stripe.intents.size, before + 1);
	});

	// Reconciling

	await test("reconcile_answers_calls_of_each_processor", async () => {
		clean(stripe).next("reset_after", 3);
		clean(revolut).next("reset_after", 1);
		const before = [stripe.intents.size, revolut.orders.size];
		const one = next(), two = next();
		expect(await open(one), 502);
		expect(await openV2(two, PAY), 502);
		assert.match(await reconcile(), /^0 calls/);
		await advance("2m", 120000);
		assert.match(await reconcile(), /^2 calls answered/);
		assert.match(await reconcile(), /^0 calls/);
		for (const [reference, name, rule] of [
			[one, "stripe", "rule_stripe_default"],
			[two, "revolut", "rule_revolut_pay_default"]]) {
			const [payment] = await find(reference);
			assert.equal(payment.status, "pending");
			const tx = await show(payment.cliveTxId);
			assert.equal(tx.processor, name);
			const [call] = await calls(payment.cliveTxId);
			assert.equal(call.status, "done");
			assert.equal(call.rule, rule);
		}
		assert.deepEqual([stripe.intents.size, revolut.orders.size],
			[before[0] + 1, before[1] + 1]);
		const first = expect(await open(one), 201);
		const second = expect(await openV2(two, PAY), 201);
		assert.equal(first.client_secret, stripe.intents.get(
			first.stripe_payment_intent_id).client_secret);
		assert.equal(second.revolut_order_token,
			[...revolut.orders.values()].at(-1).token);
		assert.deepEqual([stripe.intents.size, revolut.orders.size],
			[before[0] + 1, before[1] + 1]);
	});

	await test("reconcile_ties_to_the_processor_that_was_asked", async () => {
		// The first choice is down, the answer of the second gets lost.
		const rule = await gateway.clive("rule", "add", "--processor",
			"revolut", "--type", "card", "--percent", "1", "--fixed", "0");
		clean(revolut).always("429");
		clean(stripe).next("reset_after", 3);
		const reference = next();
		expect(await openV2(reference), 502);
		await advance("2m", 120000);
		await reconcile();
		const [payment] = await find(reference);
		assert.equal(payment.status, "pending");
		const tx = await show(payment.cliveTxId);
		assert.equal(tx.processor, "stripe");
		assert.match(tx.processorReference, /^pi_/);
		await gateway.clive("rule", "end", rule.id);
		clean(revolut);
	});

	await test("reconcile_guesses_nothing", async () => {
		clean(stripe).always("500");
		const reference = next();
		expect(await open(reference), 502);
		await advance("2m", 120000);
		assert.match(await reconcile(), /^0 calls/);
		const [payment] = await find(reference);
		assert.equal(payment.status, "initialized");
		const [call] = await calls(payment.cliveTxId);
		assert.equal(call.status, "unknown");
		// Each look is later than the one before: after 1, 2, 4 minutes.
		const asked = stripe.creations.length;
		await advance("1m", 60000);
		await reconcile();
		assert.equal(stripe.creations.length, asked);
		await advance("2m", 120000);
		await reconcile();
		assert.ok(stripe.creations.length > asked);
		// After a day it is another question: nobody asks it.
		const then = stripe.creations.length;
		await advance("24h", 86400000);
		await reconcile();
		assert.equal(stripe.creations.length, then);
		expect(await open(reference), 409, "TX_NOT_ATTACHABLE");
		assert.equal(stripe.creations.length, then);
		clean(stripe);
	});

	await test("reconcile_repairs_lost_webhooks", async () => {
		clean(stripe);
		clean(revolut);
		const paid = expect(await open(next()), 201);
		const declined = expect(await open(next()), 201);
		const quiet = expect(await open(next()), 201);
		const wrong = expect(await open(next()), 201);
		const order = expect(await openV2(next(), PAY), 201);
		const failed = expect(await openV2(next(), PAY), 201);
		const orderId = async (answer) =>
			(await show(answer.clive_tx_id)).processorReference;
		stripe.succeed(paid.stripe_payment_intent_id);
		stripe.decline(declined.stripe_payment_intent_id);
		stripe.succeed(wrong.stripe_payment_intent_id, 1);
		revolut.complete(await orderId(order));
		revolut.end(await orderId(failed), "failed");
		await advance("2m", 120000);
		await reconcile();
		const status = async (answer) =>
			(await show(answer.clive_tx_id)).status;
		assert.equal(await status(paid), "succeeded");
		assert.equal(await status(declined), "failed");
		assert.equal(await status(quiet), "pending");
		assert.equal(await status(wrong), "pending");
		assert.equal(await status(order), "succeeded");
		assert.equal(await status(failed), "failed");
		// The rule it was opened under decides what the processor took.
		assert.equal((await show(order.clive_tx_id)).processorFee, 0.32);
		assert.equal((await show(paid.clive_tx_id)).processorFee, 0.66);
		const { timeline } = await explain(paid.clive_tx_id);
		assert.ok(timeline.some((entry) => entry.type === "look.paid"));
		// The webhook comes at last: nothing is left to change.
		const late = await gateway.stripe(stripeEvent(
			"payment_intent.succeeded", paid.stripe_payment_intent_id, 12.34,
			"EUR"), `t=${Math.floor((Date.now() + moved) / 1000)},v1=x`);
		expect(late, 400);
		assert.equal((await gateway.clive("verify")).ok, true);
	});

	// The webhook of Revolut

	const orderOf = async (answer) =>
		(await show(answer.clive_tx_id)).processorReference;

	await test("revolut_webhook_is_checked", async () => {
		const order = "6634c172-3398-ac93-aee9-50de0282e3ac";
		const missing = [400, "REVOLUT_SIGNATURE_MISSING"];
		const invalid = [400, "REVOLUT_SIGNATURE_INVALID"];
		const type = "ORDER_COMPLETED";
		expect(await tell(type, order, { without: ["revolut-signature"] }),
			...missing);
		expect(await tell(type, order,
			{ without: ["revolut-request-timestamp"] }), ...missing);
		expect(await tell(type, order, { secret: "wsk_other" }), ...invalid);
		expect(await tell(type, order, { signature: "v1=00" }), ...invalid);
		expect(await tell(type, order,
			{ at: Date.now() + moved - 310000 }), ...invalid);
		expect(await tell(type, order, { text: "[" }), 400,
			"INVALID_WEBHOOK_JSON");
		expect(await tell(type, order, { text: "{}" }), 400,
			"INVALID_WEBHOOK_JSON");
		expect(await tell(type, undefined), 400, "MISSING_ORDER_ID");
		expect(await tell(type, order), 404, "ORDER_NOT_FOUND");
		assert.deepEqual(expect(await tell("ORDER_AUTHORISED", order), 202),
			{ message: "Ignored event ORDER_AUTHORISED" });
		const { id } = revolut.foreign();
		revolut.complete(id);
		expect(await tell(type, id), 202);
	});

	await test("revolut_webhook_credits_what_the_order_says", async () => {
		clean(revolut);
		const answer = expect(await openV2(next(), PAY), 201);
		const id = await orderOf(answer);
		const status = (word) => ({ received: true,
			clive_tx_id: answer.clive_tx_id, status: word });
		revolut.decline(id);
		assert.deepEqual(expect(await tell("ORDER_PAYMENT_DECLINED", id),
			200), status("pending"));
		revolut.decline(id);
		assert.deepEqual(expect(await tell("ORDER_PAYMENT_FAILED", id), 200),
			status("pending"));
		// It says completed before the order does: not believed.
		expect(await tell("ORDER_COMPLETED", id), 502,
			"PROCESSOR_UNAVAILABLE");
		revolut.complete(id);
		revolut.always("500", "GET /api/orders");
		expect(await tell("ORDER_COMPLETED", id), 502);
		revolut.always(null, "GET /api/orders");
		for (const secret of [WSK_NEW, WSK])
			assert.deepEqual(expect(await tell("ORDER_COMPLETED", id,
				{ secret }), 200), status("succeeded"));
		const { timeline } = await explain(answer.clive_tx_id);
		const events = timeline.filter((entry) =>
			entry.kind === "processor_event");
		assert.deepEqual(events.map((entry) => [entry.type, entry.outcome]),
			[["ORDER_PAYMENT_DECLINED", "unchanged"],
				["ORDER_PAYMENT_FAILED", "unchanged"],
				["ORDER_COMPLETED", "applied"]]);
		assert.deepEqual(keys(JSON.parse(events[2].body)),
			["webhook", "order"]);
		const tx = await show(answer.clive_tx_id);
		assert.equal(tx.status, "succeeded");
		assert.equal(tx.processorFee, 0.32);
	});

	await test("revolut_webhook_of_another_amount", async () => {
		const answer = expect(await openV2(next(), PAY), 201);
		const id = await orderOf(answer);
		revolut.complete(id, 1000);
		assert.equal(expect(await tell("ORDER_COMPLETED", id), 200).status,
			"pending");
		const { timeline } = await explain(answer.clive_tx_id);
		assert.equal(timeline.find((entry) =>
			entry.kind === "processor_event").outcome, "quarantined");
	});

	await test("revolut_webhook_ends_what_failed", async () => {
		for (const [type, state] of [["ORDER_FAILED", "failed"],
			["ORDER_CANCELLED", "cancelled"]]) {
			const answer = expect(await openV2(next(), PAY), 201);
			const id = await orderOf(answer);
			revolut.end(id, state);
			assert.equal(expect(await tell(type, id), 200).status, "failed");
		}
	});

	await test("revolut_webhook_of_a_refund", async () => {
		const answer = expect(await openV2(next(), PAY), 201);
		const id = await orderOf(answer);
		revolut.complete(id);
		const part = revolut.refund(id, 234);
		// The refund before its success waits for it.
		assert.equal(expect(await tell("ORDER_COMPLETED", part.id),
			200).status, "pending");
		assert.equal(expect(await tell("ORDER_COMPLETED", id), 200).status,
			"succeeded");
		assert.equal((await show(answer.clive_tx_id)).refundedAmount, 2.34);
		const failed = revolut.refund(id, 0);
		revolut.end(failed.id, "failed");
		expect(await tell("ORDER_FAILED", failed.id), 202);
		const rest = revolut.refund(id, 1000);
		assert.equal(expect(await tell("ORDER_COMPLETED", rest.id),
			200).status, "refunded");
		assert.equal((await show(answer.clive_tx_id)).refundedAmount, 12.34);
	});

	await test("revolut_webhook_quicker_than_the_answer", async () => {
		clean(revolut).next("reset_after");
		const reference = next();
		expect(await openV2(reference, PAY), 502);
		const [order] = [...revolut.orders.values()].slice(-1);
		revolut.complete(order.id);
		expect(await tell("ORDER_COMPLETED", order.id), 404,
			"ORDER_NOT_FOUND");
		const answer = expect(await openV2(reference, PAY), 201);
		assert.equal((await show(answer.clive_tx_id)).status, "succeeded");
	});

	await test("a_webhook_that_could_not_be_used_is_followed_up", async () => {
		clean(revolut);
		const answer = expect(await openV2(next(), PAY), 201);
		const id = await orderOf(answer);
		await advance("10m", 600000);
		await reconcile();	// The next look is minutes away now.
		revolut.complete(id);
		revolut.always("500", "GET /api/orders");
		expect(await tell("ORDER_COMPLETED", id), 502);
		revolut.always(null, "GET /api/orders");
		await reconcile();
		assert.equal((await show(answer.clive_tx_id)).status, "succeeded");
	});

	await test("stripe_event_quicker_than_the_answer", async () => {
		clean(stripe).next("reset_after", 3);
		const reference = next();
		expect(await open(reference), 502);
		const [intent] = [...stripe.intents.values()].slice(-1);
		const event = stripeEvent("payment_intent.succeeded", intent.id,
			12.34, "EUR");
		const at = Math.floor((Date.now() + moved) / 1000);
		expect(await gateway.stripe(event, `t=${at},v1=` +
			hmac(gateway.stripeSecret, `${at}.${event}`)), 404,
		"PAYMENT_INTENT_NOT_FOUND");
		const answer = expect(await open(reference), 201);
		assert.equal((await show(answer.clive_tx_id)).status, "succeeded");
	});

	await test("explain_as_text_tells_of_routes_and_calls", async () => {
		const rule = await gateway.clive("rule", "add", "--processor",
			"revolut", "--type", "card", "--percent", "1", "--fixed", "0");
		clean(revolut).always("429");
		const answer = expect(await openV2(next()), 201);
		await gateway.clive("rule", "end", rule.id);
		clean(revolut);
		const { stdout } = await promisify(execFile)(join(BUILD, "clive"),
			["tx", "explain", answer.clive_tx_id],
			{ env: { ...process.env, CLIVE_VAR: gateway.var } });
		assert.match(stdout, new RegExp("route for card from DE: revolut " +
			`at 0\\.12 EUR \\(${rule.id}\\), then stripe at 0\\.66 EUR ` +
			"\\(rule_stripe_default\\)"));
		assert.match(stdout,
			/asked revolut to open the payment: not available \(HTTP 429\)/);
		assert.match(stdout,
			/asked stripe to open the payment: done \(HTTP 200\)/);
	});

	await test("no_route_is_a_kept_answer", async () => {
		await gateway.clive("rule", "end",
			"rule_revolut_open_banking_default");
		const reference = next();
		const more = { payment_type: "open_banking", issuer_country: "DE" };
		const none = expect(await openV2(reference, more), 422,
			"NO_ROUTE_AVAILABLE");
		assert.deepEqual(expect(await openV2(reference, more), 422),
			{ ...none, idempotentReplay: true });
		// A rule for everything does not make Stripe carry this.
		await gateway.clive("rule", "add", "--processor", "stripe",
			"--type", "*", "--percent", "1", "--fixed", "0");
		expect(await openV2(next(), more), 422, "NO_ROUTE_AVAILABLE");
	});

	await test("books_and_audit_log_verify", async () => {
		assert.equal((await gateway.clive("verify")).ok, true);
	});

	await test("what_is_not_configured", async () => {
		const bare = await Gateway.make(settings({ stripe_secret_key: "",
			revolut_secret_key: "", revolut_webhook_secret: "" }));
		await bare.serve();
		const post = (path, reference, more) => bare.post(
			`/transactions/${path}`, reference, body(reference, more));
		expect(await post("checkout-intent", next()), 500,
			"STRIPE_KEY_MISSING");
		expect(await post("checkout-intent-v2", next(), V2), 500,
			"STRIPE_KEY_MISSING");
		expect(await post("checkout-intent-v2", next(), PAY), 500,
			"REVOLUT_KEY_MISSING");
		const told = await fetch(`${bare.api}/webhooks/revolut`,
			{ method: "POST", body: "{}" });
		assert.equal((await told.json()).code,
			"REVOLUT_WEBHOOK_SECRET_MISSING");
		assert.equal(told.status, 503);
		assert.equal((await bare.clive("tx", "list")).items.length, 0);
	});

	await test("stripe_without_its_publishable_key", async () => {
		const half = await Gateway.make(settings({
			stripe_publishable_key: "" }));
		await half.serve();
		const reference = next();
		expect(await half.post("/transactions/checkout-intent", reference,
			body(reference)), 500, "STRIPE_PUBLISHABLE_MISSING");
	});
});
