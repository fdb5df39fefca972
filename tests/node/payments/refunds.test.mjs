// SPDX-License-Identifier: ISC
// refunds.test.mjs - refunds that processors are slow with, take back, forget
// or make by themselves.
//
// The cards with which Stripe plays these are no test numbers of ours. So the
// payments are made with a live key, and the payer's browser, which gives its
// card to Stripe itself, is played here.

import assert from "node:assert/strict";

import { eventually, run, test } from "../lib.mjs";
import { DAY, HOUR, MINUTE, SECOND, Shop, expect } from "./kit.mjs";

let shop, options;

const types = async (payment) => (await shop.types(payment, options))
	.filter((type) => type.startsWith("refund."))
	.map((type) => type.slice("refund.".length));

const refund = (payment, more = {}) => shop.refund(payment, more, options);

const look = async ({ id }) => expect(await shop.get(`/v1/refunds/${id}`,
	options), 200);

const becomes = (made, status) => eventually(`${made.id} ${status}`,
	async () => {
	const seen = await look(made);
	if (seen.status !== status)
		throw new Error(seen.status);
	return seen;
});

const refunded = async (payment) =>
	(await shop.retrieve(payment, options)).amount_refunded;

const webhooks = (mode) => shop.control("POST", "/webhooks", { mode });

// A payment of 12.50 with one of Stripe's cards; .intent is Stripe's name.
async function paid(kind) {
	const payment = await shop.create({}, options);
	const waits = expect(await shop.confirm(payment, { type: "card" },
		{ options }), 202);
	const intent = waits.next_action.use_stripe_sdk.client_secret
		.split("_secret_")[0];
	const { status } = await shop.stripe("POST",
		`/payment_intents/${intent}/confirm`,
		{ payment_method: `pm_card_${kind}`,
			return_url: "https://shop.example/" });
	assert.equal(status, 200);
	await shop.becomes(payment, "succeeded", options);
	return { ...payment, intent };
}

const atStripe = async ({ intent }) => (await shop.stripe("GET",
	`/refunds?payment_intent=${intent}`)).json.data;

async function slow() {
	await test("a_pending_refund_succeeds_by_its_webhook", async () => {
		const payment = await paid("pendingRefund");
		const made = expect(await refund(payment, { amount: 500 }), 201);
		assert.equal(made.status, "pending");
		assert.deepEqual(await types(payment), ["created"]);
		expect(await refund(payment, { amount: 751 }), 422,
			"AMOUNT_TOO_LARGE");
		await shop.advance(SECOND);
		await becomes(made, "succeeded");
		await shop.quiet();
		assert.equal(await refunded(payment), 500);
		assert.deepEqual(await types(payment), ["created", "succeeded"]);
		await shop.books();
	});

	await test("a_pending_refund_succeeds_without_any_webhook", async () => {
		const payment = await paid("pendingRefund");
		await webhooks("drop");
		const made = expect(await refund(payment), 201);
		assert.equal(made.status, "pending");
		await shop.advance(2 * MINUTE);
		await shop.quiet();
		assert.equal((await look(made)).status, "pending");
		await shop.reconcile();
		assert.equal((await look(made)).status, "succeeded");
		await webhooks("normal");
		assert.equal((await atStripe(payment)).length, 1);
		assert.equal(await refunded(payment), 1250);
		assert.deepEqual(await types(payment), ["created", "succeeded"]);
		await shop.books();
	});

	for (const mode of ["normal", "duplicate", "out_of_order"])
		await test(`a_refund_that_comes_back_${mode}`, async () => {
			const payment = await paid("refundFail");
			await webhooks(mode);
			const made = expect(await refund(payment), 201);
			assert.equal(made.status, "succeeded");
			await shop.advance(SECOND);
			const seen = await becomes(made, "failed");
			await shop.quiet();
			await webhooks("normal");
			assert.equal(seen.failure.code, "expired_or_canceled_card");
			assert.equal(await refunded(payment), 0);
			assert.deepEqual(await types(payment),
				["created", "succeeded", "failed"]);
			await shop.books();
			// All of it can be given back again.
			assert.equal(expect(await refund(payment), 201).amount, 1250);
			await shop.quiet();
		});
}

async function others() {
	await test("a_refund_made_at_stripe_is_the_merchants_too", async () => {
		const payment = await paid("visa");
		assert.equal((await shop.stripe("POST", "/refunds",
			{ payment_intent: payment.intent, amount: 300 })).status, 200);
		await eventually("booked", async () =>
			await refunded(payment) === 300);
		assert.deepEqual(await types(payment), ["created", "succeeded"]);
		const list = await shop.all(`/v1/refunds?payment=${payment.id}`,
			options);
		assert.deepEqual(list.map(({ amount, status }) =>
			[amount, status]), [[300, "succeeded"]]);
		assert.equal(expect(await refund(payment), 201).amount, 950);
		await shop.quiet();
		assert.equal(await refunded(payment), 1250);
		await shop.books();
	});

	await test("refunds_made_here_and_there_at_once_add_up", async () => {
		const payment = await paid("visa");
		await Promise.all([100, 100, 100, 100].flatMap((amount) => [
			refund(payment, { amount }),
			shop.stripe("POST", "/refunds",
				{ payment_intent: payment.intent, amount })]));
		await shop.quiet();
		const sum = (await atStripe(payment)).reduce((all, { amount }) =>
			all + amount, 0);
		assert.equal(sum, 800);
		assert.equal(await refunded(payment), sum);
		await shop.books();
	});
}

// After a day Stripe may know the key no more: asking again could pay twice.
async function forgotten() {
	const lost = async (fault) => {
		const payment = await paid("visa");
		await webhooks("drop");
		await shop.fault(fault, "/v1/refunds", { times: 10 });
		const made = expect(await refund(payment, { amount: 500 }), 201);
		assert.equal(made.status, "pending");
		await shop.control("DELETE", "/faults");
		await shop.advance(DAY + HOUR);
		await shop.reconcile();
		await webhooks("normal");
		return { payment, made };
	};

	await test("one_that_was_never_made_fails", async () => {
		const { payment, made } = await lost("reset_before");
		const seen = await look(made);
		assert.deepEqual([seen.status, seen.failure.code],
			["failed", "not_refunded"]);
		assert.equal((await atStripe(payment)).length, 0);
		assert.equal(await refunded(payment), 0);
		assert.equal(expect(await refund(payment), 201).amount, 1250);
		await shop.books();
	});

	await test("one_that_was_made_succeeds", async () => {
		const { payment, made } = await lost("reset_after");
		assert.equal((await look(made)).status, "succeeded");
		assert.equal((await atStripe(payment)).length, 1);
		assert.equal(await refunded(payment), 500);
		assert.deepEqual(await types(payment), ["created", "succeeded"]);
		await shop.books();
	});
}

await run("refunds", async () => {
	shop = await Shop.start({ processor_timeout_ms: 1500 });
	options = { key: shop.ours.live.key };
	for (const part of [slow, others, forgotten])
		await part();
});
