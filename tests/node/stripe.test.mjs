// SPDX-License-Identifier: ISC
// stripe.test.mjs - events signed by the published stripe package go in,
// signed webhooks of the documented bytes come out, and the operator's
// command tells all of it.

import assert from "node:assert/strict";

import Stripe from "stripe";

import { Gateway, eventually, hmac, receiver, run, sleep, stripeEvent, test,
	webhookBody } from "./lib.mjs";

const { webhooks } = new Stripe("sk_test_unused");

// How long a partner may have to wait for the news.
const PROMPT_MS = 1500;

// Spelled as no program would write it: what comes back must be these bytes.
const META = '{ "z":1.50, "a" : [1e2,"caf\\u00e9 \\/ é"],"z2":' +
	'12345678901234567890, "nested":{"b":null,"a":true} }';

await run("stripe", async () => {
	const gateway = await Gateway.make({ rate_limit_per_minute: 0,
		webhook_retry_ms: "300 300" });
	const chosen = "a-secret-that-the-partner-chose";
	const shop = await receiver();
	let refusals = 2;
	const moody = await receiver(() => refusals-- > 0 ? 500 : 200);
	await gateway.clive("webhook", "add", "--partner", "ECHEZONA001",
		"--name", "Shop", "--url", shop.url, "--secret", chosen,
		"--events", "all");
	const { secret: made } = await gateway.clive("webhook", "add",
		"--partner", "ECHEZONA001", "--name", "Refunds only",
		"--url", moody.url, "--events", "transaction_refunded");
	await gateway.serve();
	gateway.send();

	const sign = (payload, secret = gateway.stripeSecret, more = {}) =>
		webhooks.generateTestHeaderString({ payload, secret, ...more });
	const event = (type, payment, more = {}) => stripeEvent(type,
		payment.intent, Number(payment.amount), payment.currency, more);
	const report = (body) => gateway.stripe(body, sign(body));
	const told = (at, payment, status) => at.got.filter(({ body }) =>
		body.includes(payment.id) && body.includes(`"status":"${status}"`));

	// Sends an event; its webhook must arrive promptly, with these bytes.
	async function drive(type, payment, status, more) {
		const answer = await report(event(type, payment, more));
		const at = Date.now();
		assert.deepEqual(answer, { status: 200, json: { received: true,
			clive_tx_id: payment.id, status } });
		const [webhook] = await eventually(`webhook about ${status}`, () => {
			const found = told(shop, payment, status);
			return found.length && found;
		}, 10000);
		assert.ok(webhook.at - at < PROMPT_MS,
			`arrived after ${webhook.at - at} ms`);
		assert.equal(webhook.body.toString(), webhookBody(payment, status));
		assert.equal(webhook.headers["x-clive-signature"],
			hmac(chosen, webhook.body));
		assert.equal(webhook.headers["content-type"], "application/json");
		assert.equal(webhook.method, "POST");
		const tx = (await gateway.get(`/transactions/${payment.id}`)).json;
		assert.equal(tx.status, status);
		return tx;
	}

	// The sender is up when its first webhook arrived.
	const first = await gateway.payment("warm-up");
	await report(event("payment_intent.succeeded", first));
	await eventually("the sender's first webhook", () => shop.got.length,
		15000);

	const paid = await gateway.payment("EZ12345", "750", "USD", META);
	await test("success_reaches_the_partner_with_meta_unchanged", async () => {
		const tx = await drive("payment_intent.succeeded", paid, "succeeded");
		assert.deepEqual([tx.processorFee, tx.platformFee, tx.netAmount,
			tx.cliveEarningAmount, tx.cliveEarningPercent,
			tx.partnerPayoutPercent], [22.05, 4.2, 723.75, 4.2, 0.6, 96.5]);
	});

	await test("refund_reaches_the_partner", async () => {
		await drive("charge.refunded", paid, "refunded");
	});

	await test("refusing_receiver_is_tried_again_with_the_same_bytes",
		async () => {
		await eventually("the third attempt", () => moody.got.length >= 3);
		const body = webhookBody(paid, "refunded");
		for (const webhook of moody.got) {
			assert.equal(webhook.body.toString(), body);
			assert.equal(webhook.headers["x-clive-signature"],
				hmac(made, body));
		}
		await sleep(500);
		assert.equal(moody.got.length, 3);
	});

	await test("failure_reaches_the_partner", async () => {
		const payment = await gateway.payment("EZ-failed", "10.5", "EUR");
		await drive("payment_intent.payment_failed", payment, "failed", {
			status: "requires_payment_method", amount_received: 0,
			last_payment_error: { type: "card_error",
				code: "card_declined" } });
	});

	await test("success_after_a_failure_reaches_the_partner", async () => {
		const payment = await gateway.payment("EZ-again", "99.99", "GBP",
			"{}");
		await drive("payment_intent.payment_failed", payment, "failed",
			{ amount_received: 0 });
		await drive("payment_intent.succeeded", payment, "succeeded");
	});

	await test("chargeback_reaches_the_partner", async () => {
		const payment = await gateway.payment("EZ-dispute", "1200", "JPY");
		await drive("payment_intent.succeeded", payment, "succeeded");
		await drive("charge.dispute.created", payment, "chargeback");
	});

	await test("event_before_its_intent_is_applied_on_attaching", async () => {
		const reference = "EZ-early";
		const opened = await gateway.post("/transactions/initialize",
			`init-${reference}`, JSON.stringify({
			partner_id: "ECHEZONA001", client_id: "AIRPEACE001",
			amount: 20, currency: "USD", echezona_reference: reference }));
		const payment = { id: opened.json.clive_tx_id, intent: "pi_early1",
			reference, amount: "20", currency: "USD", meta: null };
		const early = await report(event("payment_intent.succeeded", payment));
		assert.equal(early.status, 404);
		assert.equal(early.json.code, "PAYMENT_INTENT_NOT_FOUND");
		await gateway.post("/transactions/attach-intent", "attach-early",
			JSON.stringify({ clive_tx_id: payment.id,
			stripe_payment_intent_id: payment.intent }));
		await eventually("webhook", () =>
			told(shop, payment, "succeeded").length);
	});

	await test("same_event_twice_tells_the_partner_once", async () => {
		const payment = await gateway.payment("EZ-twice");
		const body = event("payment_intent.succeeded", payment);
		const answers = [await report(body), await report(body)];
		assert.deepEqual(answers[0], answers[1]);
		await report(event("payment_intent.succeeded", payment));
		await eventually("webhook", () =>
			told(shop, payment, "succeeded").length);
		await sleep(500);
		assert.equal(told(shop, payment, "succeeded").length, 1);
	});

	await test("refuses_what_stripe_did_not_sign", async () => {
		const payment = await gateway.payment("EZ-forged");
		const body = event("payment_intent.succeeded", payment);
		const now = Math.floor(Date.now() / 1000);
		const wrong = {
			"another secret": [body, sign(body, "whsec_wrong")],
			"another body": [body + " ", sign(body)],
			"too old": [body, sign(body, undefined,
				{ timestamp: now - 400 })],
			"too new": [body, sign(body, undefined,
				{ timestamp: now + 400 })],
			"scheme v0 only": [body, sign(body, undefined,
				{ scheme: "v0" })],
			"no header": [body, ""],
		};
		for (const [what, [text, header]] of Object.entries(wrong)) {
			const { status, json } = await gateway.stripe(text, header);
			assert.equal(status, 400, what);
			assert.equal(json.code, header ? "STRIPE_SIGNATURE_INVALID" :
				"STRIPE_SIGNATURE_MISSING", what);
		}
		const tx = (await gateway.get(`/transactions/${payment.id}`)).json;
		assert.equal(tx.status, "pending");
	});

	await test("ignores_types_without_a_meaning_here", async () => {
		const body = stripeEvent("payment_intent.created", "pi_any", 1, "USD");
		const { status, json } = await report(body);
		assert.equal(status, 202);
		assert.deepEqual(json,
			{ message: "Ignored event payment_intent.created" });
	});

	await test("timeline_tells_all_of_it_byte_for_byte", async () => {
		const { transaction, timeline } = await gateway.clive("tx",
			"explain", paid.id);
		assert.equal(transaction.status, "refunded");
		const kinds = (kind) => timeline.filter((e) => e.kind === kind);
		assert.deepEqual(kinds("audit").map((e) => e.action).filter((a) =>
			a.startsWith("transaction.")), ["transaction.initialized",
			"transaction.pending", "transaction.succeeded",
			"transaction.refunded"]);
		assert.deepEqual(kinds("processor_event").map((e) =>
			[e.processor, e.type, e.outcome]), [
			["stripe", "payment_intent.succeeded", "applied"],
			["stripe", "charge.refunded", "applied"]]);
		for (const { body, type } of kinds("processor_event"))
			assert.equal(JSON.parse(body).type, type);
		assert.deepEqual(kinds("ledger").map((e) => [e.entry, e.amount]), [
			["capture", 750], ["processor_fee", 22.05],
			["platform_fee", 4.2], ["refund", 750]]);
		assert.deepEqual(kinds("event").map((e) => e.body),
			["succeeded", "refunded"].map((s) => webhookBody(paid, s)));
		assert.deepEqual(kinds("delivery").map((e) =>
			[e.endpoint_name, e.status, e.attempts]).sort(), [
			["Refunds only", "delivered", 3], ["Shop", "delivered", 1],
			["Shop", "delivered", 1]]);
		const attempts = kinds("attempt");
		assert.deepEqual(attempts.map((e) => `${e.endpoint_name} ` +
			`${e.number} ${e.response_status} ${e.response_body}`).sort(), [
			"Refunds only 1 500 not now", "Refunds only 2 500 not now",
			"Refunds only 3 200 thank you", "Shop 1 200 thank you",
			"Shop 1 200 thank you"]);
		for (const attempt of attempts) {
			const refund = attempt.body.includes("transaction_refunded");
			assert.equal(attempt.body,
				webhookBody(paid, refund ? "refunded" : "succeeded"));
			const secret = attempt.endpoint_name === "Shop" ? chosen : made;
			assert.match(attempt.request_head, new RegExp(
				`x-clive-signature: ${hmac(secret, attempt.body)}\r\n`, "i"));
		}
		const times = timeline.map((e) => e.at);
		assert.deepEqual(times, [...times].sort());
	});

	await test("books_and_audit_log_verify", async () => {
		const { ok } = await gateway.clive("verify");
		assert.equal(ok, true);
	});
});
