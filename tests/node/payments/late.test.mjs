// SPDX-License-Identifier: ISC
// late.test.mjs - what a processor says when nobody expects it any more: paid
// behind our back, canceled when it is paid, refunded at its own desk, paid
// after we gave up. The processor is right about its money, the merchant is
// told what is true in the end, and the books agree.

import assert from "node:assert/strict";

import { run, test } from "../lib.mjs";
import { CARDS, DAY, MINUTE, SECOND, Shop, answerBank, card, expect, momo }
	from "./kit.mjs";

const BACK = "https://shop.example/back";

await run("late", async () => {
	const shop = await Shop.start({ processor_timeout_ms: 1500 });
	const hooks = (mode) => shop.control("POST", "/webhooks", { mode });
	const cancel = ({ id }) => shop.post(`/v1/payments/${id}/cancel`);
	// A payment that waits for the bank's page.
	const waiting = async () => {
		const payment = await shop.create();
		const { next_action: { redirect_to_url: { url } } } = expect(
			await shop.confirm(payment, card(CARDS.asks),
				{ return_url: BACK }), 202);
		return { payment, url };
	};
	const intent = async () => (await shop.stripe("GET",
		"/payment_intents?limit=1")).json.data[0].id;

	await test("a_paid_one_cannot_be_canceled_behind_its_back", async () => {
		const { payment, url } = await waiting();
		await hooks("drop");
		await answerBank(url, "complete");
		await shop.quiet();
		const answer = await cancel(payment);
		await hooks("normal");
		expect(answer, 409, "INVALID_STATE");
		for (let i = 0; i < 2; i++) {
			await shop.advance(2 * MINUTE);
			await shop.reconcile();
		}
		assert.equal((await shop.retrieve(payment)).status, "succeeded");
		assert.deepEqual(await shop.types(payment), ["payment.created",
			"payment.requires_action", "payment.succeeded"]);
		await shop.books();
	});

	await test("canceled_and_completed_at_once_is_one", async () => {
		for (let round = 0; round < 5; round++) {
			const { payment, url } = await waiting();
			const before = await shop.counts();
			await Promise.all([cancel(payment), fetch(url, {
				method: "POST", redirect: "manual",
				body: new URLSearchParams({ action: "complete" }) })]);
			await shop.quiet();
			await shop.advance(2 * MINUTE);
			await shop.reconcile();
			const { status } = await shop.retrieve(payment);
			const { charges_succeeded: after } = await shop.counts();
			assert.ok(["succeeded", "canceled"].includes(status), status);
			assert.equal(after - before.charges_succeeded,
				status === "succeeded" ? 1 : 0);
			assert.equal((await shop.types(payment)).at(-1),
				`payment.${status}`);
		}
		await shop.books();
	});

	await test("cancel_without_an_answer_cancels_nothing", async () => {
		const { payment, url } = await waiting();
		await shop.fault("reset_before", "/v1/payment_intents",
			{ times: 20 });
		const answer = await cancel(payment);
		await shop.control("DELETE", "/faults");
		expect(answer, 502, "PROVIDER_ERROR");
		assert.equal((await shop.retrieve(payment)).status,
			"requires_action");
		await answerBank(url, "complete");
		await shop.becomes(payment, "succeeded");
	});

	await test("cancel_whose_answer_is_lost_ends_canceled", async () => {
		const { payment } = await waiting();
		await shop.fault("reset_after", "/v1/payment_intents",
			{ times: 3 });
		await cancel(payment);
		await shop.control("DELETE", "/faults");
		await shop.quiet();
		for (let i = 0; i < 3; i++) {
			await shop.advance(5 * MINUTE);
			await shop.reconcile();
		}
		assert.equal((await shop.retrieve(payment)).status, "canceled");
		assert.deepEqual((await shop.types(payment)).filter((type) =>
			type === "payment.canceled").length, 1);
	});

	await test("a_refund_at_stripes_own_desk_counts", async () => {
		const hook = await shop.receiver();
		const payment = await shop.paid();
		const { status } = await shop.stripe("POST", "/refunds",
			{ payment_intent: await intent(), amount: 250 });
		assert.equal(status, 200);
		await shop.quiet();
		assert.equal((await shop.retrieve(payment)).amount_refunded, 250);
		expect(await shop.refund(payment, { amount: 1001 }), 422,
			"AMOUNT_TOO_LARGE");
		assert.equal(expect(await shop.refund(payment), 201).amount, 1000);
		await shop.quiet();
		assert.equal((await shop.retrieve(payment)).amount_refunded, 1250);
		await shop.deliver();
		assert.ok(hook.types(payment).includes("refund.succeeded"));
		await shop.books();
	});

	await test("both_desks_at_once_never_pass_the_payment", async () => {
		const payment = await shop.paid({ amount: 1000 });
		const name = await intent();
		await Promise.all(Array.from({ length: 12 }, (_, i) => i % 2 ?
			shop.refund(payment, { amount: 150 }) :
			shop.stripe("POST", "/refunds", { payment_intent: name,
				amount: 150 })));
		await shop.quiet();
		for (let i = 0; i < 3; i++) {
			await shop.advance(5 * MINUTE);
			await shop.reconcile();
		}
		await shop.quiet();
		const { json } = await shop.stripe("GET", "/refunds?limit=100");
		const back = json.data.filter((one) => one.payment_intent === name &&
			one.status === "succeeded").reduce((sum, { amount }) =>
			sum + amount, 0);
		assert.equal(back, 900);
		const seen = await shop.retrieve(payment);
		assert.equal(seen.amount_refunded, back);
		const refunds = await shop.all(`/v1/refunds?payment=${payment.id}`);
		assert.ok(refunds.every((one) => one.status !== "pending"),
			JSON.stringify(refunds));
		await shop.books();
	});

	await test("given_up_here_and_paid_there_is_paid", async () => {
		const { payment, url } = await waiting();
		const left = await shop.create();
		await shop.advance(3 * DAY);
		// A clock that leapt ends nothing in the first run.
		await shop.program("sweep");
		await shop.program("sweep");
		assert.equal((await shop.retrieve(left)).status, "canceled");
		const { status } = await shop.retrieve(payment);
		assert.ok(["canceled", "requires_action"].includes(status), status);
		await fetch(url, { method: "POST", redirect: "manual",
			body: new URLSearchParams({ action: "complete" }) });
		await shop.quiet();
		await shop.advance(10 * MINUTE);
		await shop.reconcile();
		const { json } = await shop.stripe("GET",
			"/payment_intents?limit=1");
		const paid = json.data[0].status === "succeeded";
		const seen = await shop.retrieve(payment);
		assert.equal(seen.status, paid ? "succeeded" : "canceled");
		assert.equal((await shop.types(payment)).at(-1),
			`payment.${seen.status}`);
		await shop.books();
	});

	await test("momo_of_a_canceled_one_is_never_paid", async () => {
		for (const advance of [0, 6 * SECOND]) {
			const payment = await shop.create();
			expect(await shop.confirm(payment, momo("+231881158457")),
				202);
			await shop.advance(advance);
			await Promise.all([cancel(payment), shop.reconcile(),
				shop.reconcile()]);
			await shop.advance(MINUTE);
			await shop.reconcile();
			const { status } = await shop.retrieve(payment);
			const types = await shop.types(payment);
			assert.equal(types.length, 3, types.join());
			assert.equal(types.at(-1), `payment.${status}`);
		}
		await shop.books();
	});

	await test("a_dispute_after_a_refund_of_a_part", async () => {
		const payment = await shop.create();
		await hooks("hold");
		expect(await shop.confirm(payment, card(CARDS.disputed)), 200);
		expect(await shop.refund(payment, { amount: 250 }), 201);
		await hooks("normal");
		await shop.control("POST", "/webhooks/flush", {});
		await shop.disputed(payment);
		await shop.quiet();
		const seen = await shop.retrieve(payment);
		assert.deepEqual([seen.amount_refunded, seen.disputed],
			[250, true]);
		await shop.books();
	});

	await test("books_and_logs_are_in_order", () => shop.inOrder());
});
