// SPDX-License-Identifier: ISC
// late.test.mjs - what a processor says when nobody expects it any more: paid
// behind our back, canceled when it is paid, refunded at its own desk, paid
// after we gave up. The processor is right about its money, the merchant is
// told what is true in the end, and the books agree.

import assert from "node:assert/strict";

import { eventually, run, sleep, test } from "../lib.mjs";
import { CARDS, DAY, MINUTE, SECOND, Shop, answerBank, card, expect, momo,
	unique } from "./kit.mjs";

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

	// Failed is final here; there it could be tried again.
	await test("what_was_declined_there_cannot_be_paid_later", async () => {
		const options = { key: shop.ours.live.key };
		const payment = await shop.create({}, options);
		const { next_action: { use_stripe_sdk: sdk } } = expect(
			await shop.confirm(payment, { type: "card" }, { options }),
			202);
		const at = `/payment_intents/${sdk.client_secret
			.split("_secret_")[0]}`;
		const pay = (method) => shop.stripe("POST", `${at}/confirm`,
			{ payment_method: method, return_url: BACK });
		await pay("pm_card_visa_chargeDeclined");
		await shop.becomes(payment, "failed", options);
		await shop.reconcile();
		assert.equal((await shop.stripe("GET", at)).json.status,
			"canceled");
		assert.notEqual((await pay("pm_card_visa")).status, 200);
		assert.deepEqual(await shop.types(payment, options),
			["payment.created", "payment.requires_action",
			"payment.failed"]);
	});

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
		for (const advance of [0, 6, 0, 6, 6, 6, 6, 6]) {
			const payment = await shop.create();
			expect(await shop.confirm(payment, momo("+231881158457")),
				202);
			await shop.advance(advance * SECOND);
			await Promise.all([shop.reconcile(), shop.reconcile(),
				sleep(8).then(() => cancel(payment))]);
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

	// Dies while the processor works, which then has nobody to answer to.
	const dies = async (name, match, work) => {
		await shop.fault("delay", match, { ms: 1000 });
		const call = work().catch(() => null);
		await eventually("the processor is asked", async () =>
			(await shop.control("GET", "/faults")).items.length === 0);
		shop.kill(name);
		await call;
		await eventually("a new program", async () =>
			(await shop.get("/v1/payments", { unjudged: true })).status ===
			200 && (await shop.get("/v1/refunds", { unjudged: true }))
			.status === 200);
		await sleep(1200);	// the stand-in does what it was told to
		for (let i = 0; i < 3; i++) {
			await shop.advance(5 * MINUTE);
			await shop.reconcile();
		}
		// What came before we knew of it comes again.
		await shop.advance(5 * MINUTE);
		await shop.quiet();
	};

	for (const mode of ["normal", "drop"]) {
		await test(`a_confirm_that_dies_charges_once_${mode}`, async () => {
			const payment = await shop.create(), idem = unique();
			const before = await shop.counts();
			const confirm = () => shop.confirm(payment, card(CARDS.good),
				{ options: { idem } });
			await hooks(mode);
			await dies("payments", "/v1/payment_intents", confirm);
			await hooks("normal");
			const { charges: after } = await shop.counts();
			assert.equal(after - before.charges, 1);
			assert.equal((await shop.retrieve(payment)).status,
				"succeeded");
			assert.deepEqual(await shop.types(payment),
				["payment.created", "payment.succeeded"]);
			// Whoever insists on an answer gets the true one.
			const again = await confirm();
			assert.ok(again.status === 200 || again.status === 409,
				again.text);
			assert.equal((await shop.counts()).charges, after);
			await shop.books();
		});

		await test(`a_refund_that_dies_is_one_${mode}`, async () => {
			const payment = await shop.paid(), idem = unique();
			const before = await shop.counts();
			const refund = () => shop.refund(payment, { amount: 500 },
				{ idem });
			await hooks(mode);
			await dies("refunds", "/v1/refunds", refund);
			await hooks("normal");
			const { refunds: after } = await shop.counts();
			assert.equal(after - before.refunds, 1);
			assert.equal((await shop.retrieve(payment)).amount_refunded,
				500);
			assert.equal((await shop.types(payment)).filter((type) =>
				type === "refund.succeeded").length, 1);
			const again = await refund();
			assert.equal((await shop.counts()).refunds, after, again.text);
			const { data } = (await shop.get(
				`/v1/refunds?payment=${payment.id}`)).json;
			assert.deepEqual(data.map(({ status, amount }) =>
				[status, amount]), [["succeeded", 500]]);
			await shop.books();
		});
	}

	await test("a_cancel_that_dies_ends_canceled", async () => {
		const { payment } = await waiting();
		await dies("payments", "/v1/payment_intents", () =>
			cancel(payment));
		const { status } = await shop.retrieve(payment);
		if (status !== "canceled")
			expect(await cancel(payment), 200);
		assert.equal((await shop.retrieve(payment)).status, "canceled");
		assert.equal((await shop.types(payment)).filter((type) =>
			type === "payment.canceled").length, 1);
	});

	// One that lets us wait for each answer may have hundreds of questions.
	await test("a_slow_processor_keeps_no_other_waiting", async () => {
		const lost = [];
		await shop.fault("reset_before", "/v1/payment_intents",
			{ times: 9 });
		for (let i = 0; i < 3; i++) {
			lost.push(await shop.create());
			expect(await shop.confirm(lost[i], card(CARDS.good)), 502);
		}
		const payment = await shop.create();
		expect(await shop.confirm(payment, momo("+231881158457")), 202);
		await shop.advance(2 * MINUTE);
		await shop.fault("delay", "/v1/payment_intents",
			{ ms: 3000, times: 20 });
		await shop.reconcile();
		const { items: [{ times }] } = await shop.control("GET", "/faults");
		await shop.control("DELETE", "/faults");
		assert.equal((await shop.retrieve(payment)).status, "succeeded");
		assert.ok(times >= 17, `${20 - times} calls`);
		// The others are not forgotten.
		for (let i = 0; i < 3; i++) {
			await shop.advance(5 * MINUTE);
			await shop.reconcile();
		}
		for (const one of lost)
			assert.equal((await shop.retrieve(one)).status, "succeeded");
	});

	await test("books_and_logs_are_in_order", () => shop.inOrder());
});
