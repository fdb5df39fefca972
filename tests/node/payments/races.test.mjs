// SPDX-License-Identifier: ISC
// races.test.mjs - many at once, each on a connection of its own: a payment
// is charged once, however many confirm it; refunds never pass the payment;
// wallets keep their sum and never go below zero. And processors whose
// answers get lost.

import assert from "node:assert/strict";

import { run, test } from "../lib.mjs";
import { CARDS, MINUTE, SECOND, Shop, card, expect, momo, tally, together,
	unique } from "./kit.mjs";

const MANY = 32;
const GOOD = card(CARDS.good);

const times = (list, what) => list.filter((one) => one === what).length;

// Only what may be said to one who comes too late.
function onlyOneWon(answers, won = 200) {
	const sums = tally(answers);
	assert.deepEqual(Object.keys(sums).sort(),
		[`${won}`, "409 INVALID_STATE"], JSON.stringify(sums));
	assert.equal(sums[won], 1, JSON.stringify(sums));
}

async function confirms(shop) {
	const once = async (payment, work) => {
		const before = await shop.counts();
		await work();
		await shop.quiet();
		const after = await shop.counts();
		assert.deepEqual([after.charges - before.charges,
			after.payment_intents - before.payment_intents], [1, 1]);
		assert.equal((await shop.retrieve(payment)).status, "succeeded");
		assert.deepEqual(await shop.types(payment),
			["payment.created", "payment.succeeded"]);
	};

	await test("confirmed_by_32_it_is_charged_once", async () => {
		const payment = await shop.create();
		await once(payment, async () => onlyOneWon(await together(MANY, () =>
			shop.confirm(payment, GOOD))));
	});

	await test("confirmed_by_32_browsers_it_is_charged_once", async () => {
		const payment = await shop.create();
		await once(payment, async () => onlyOneWon(await together(MANY,
			(i) => shop.confirm(payment, GOOD, { payer: true, options:
				{ key: i % 2 ? null : "sxm_test_ignored" } }))));
	});

	await test("confirmed_by_32_with_keys_it_is_charged_once", async () => {
		const payment = await shop.create();
		await once(payment, async () => onlyOneWon(await together(MANY,
			(i) => shop.confirm(payment, GOOD, { options: { idem:
				`${payment.id}-${i}` } }))));
	});

	// With one key all get the same, or are told to wait.
	await test("confirmed_by_32_with_one_key_it_is_charged_once",
		async () => {
		const payment = await shop.create(), idem = unique();
		await once(payment, async () => {
			const answers = await together(MANY, () => shop.confirm(
				payment, GOOD, { options: { idem } }));
			const good = answers.filter(({ status }) => status === 200);
			assert.ok(good.length >= 1);
			assert.equal(new Set(good.map(({ text }) => text)).size, 1);
			assert.ok(answers.every(({ status, json }) =>
				status === 200 || json.error.code ===
				"IDEMPOTENCY_CONFLICT"), JSON.stringify(tally(answers)));
		});
	});

	await test("two_methods_at_once_are_one", async () => {
		const payment = await shop.create();
		const answers = await together(16, (i) => shop.confirm(payment,
			i % 2 ? GOOD : momo("+231881111000")));
		const won = answers.filter(({ status }) => status < 300);
		assert.equal(won.length, 1, JSON.stringify(tally(answers)));
		await shop.advance(2 * SECOND);
		await shop.reconcile();
		await shop.quiet();
		assert.equal((await shop.retrieve(payment)).status, "succeeded");
		assert.equal(times(await shop.types(payment), "payment.succeeded"),
			1);
	});

	await test("confirm_and_cancel_at_once_are_one", async () => {
		for (let round = 0; round < 4; round++) {
			const payment = await shop.create();
			const before = await shop.counts();
			const answers = await together(8, (i) => i % 2 ?
				shop.confirm(payment, GOOD) :
				shop.post(`/v1/payments/${payment.id}/cancel`));
			await shop.quiet();
			const { status } = await shop.retrieve(payment);
			const { charges_succeeded } = await shop.counts();
			const types = await shop.types(payment);
			assert.ok(["succeeded", "canceled"].includes(status), status);
			assert.equal(charges_succeeded - before.charges_succeeded,
				status === "succeeded" ? 1 : 0);
			assert.deepEqual(types, ["payment.created",
				`payment.${status}`]);
			for (const { json } of answers)
				assert.ok(json.success ? json.data.status === status :
					json.error.code === "INVALID_STATE",
					JSON.stringify(json));
		}
	});

	await test("a_momo_looked_at_by_many_succeeds_once", async () => {
		const payment = await shop.create();
		expect(await shop.confirm(payment, momo("+231881158457")), 202);
		await shop.advance(6 * SECOND);
		await Promise.all([...Array.from({ length: 4 }, () =>
			shop.reconcile()), ...Array.from({ length: 16 }, () =>
			shop.retrieve(payment))]);
		assert.equal((await shop.retrieve(payment)).status, "succeeded");
		assert.equal(times(await shop.types(payment), "payment.succeeded"),
			1);
	});
}

async function refunds(shop) {
	await test("32_refunds_never_pass_the_payment", async () => {
		const payment = await shop.paid({ amount: 1000 });
		const before = await shop.counts();
		const answers = await together(MANY, () => shop.refund(payment,
			{ amount: 100 }));
		const sums = tally(answers);
		assert.equal(sums["201"], 10, JSON.stringify(sums));
		for (const said of Object.keys(sums))
			assert.ok(["201", "422 AMOUNT_TOO_LARGE", "409 INVALID_STATE"]
				.includes(said), JSON.stringify(sums));
		await shop.quiet();
		const { refunds: after } = await shop.counts();
		assert.equal(after - before.refunds, 10);
		assert.equal((await shop.retrieve(payment)).amount_refunded, 1000);
		const types = await shop.types(payment);
		assert.deepEqual([times(types, "refund.created"),
			times(types, "refund.succeeded")], [10, 10]);
		await shop.books();
	});

	await test("32_whole_refunds_are_one", async () => {
		const payment = await shop.paid();
		const answers = await together(MANY, () => shop.refund(payment));
		const made = answers.filter(({ status }) => status === 201);
		assert.deepEqual(made.map(({ json }) => json.data.amount), [1250]);
		await shop.quiet();
		assert.equal((await shop.retrieve(payment)).amount_refunded, 1250);
		assert.equal(times(await shop.types(payment), "refund.succeeded"),
			1);
		await shop.books();
	});

	await test("odd_parts_leave_no_more_than_was_left", async () => {
		const payment = await shop.paid({ amount: 1000 });
		const answers = await together(MANY, (i) => shop.refund(payment,
			{ amount: 70 + i }));
		const sum = answers.filter(({ status }) => status === 201).reduce(
			(all, { json }) => all + json.data.amount, 0);
		await shop.quiet();
		assert.ok(sum <= 1000 && sum > 1000 - 70 - MANY, `${sum}`);
		assert.equal((await shop.retrieve(payment)).amount_refunded, sum);
		await shop.books();
	});
}

async function lostAnswers(shop) {
	// Until it has an end; what was said on the way is trouble of the
	// processor's, or that somebody is at work.
	const insist = async (payment) => {
		for (let i = 0; i < 10; i++) {
			const answer = await shop.confirm(payment, GOOD);
			if (answer.status === 200)
				return expect(answer, 200);
			const said = `${answer.status} ${answer.json.error.code}`;
			assert.ok(["502 PROVIDER_ERROR", "409 INVALID_STATE"]
				.includes(said), answer.text);
			const seen = await shop.retrieve(payment);
			if (seen.status === "succeeded")
				return seen;
			await shop.advance(2 * MINUTE);
			await shop.reconcile();
		}
		throw new Error("no end in ten confirms");
	};

	for (const name of ["reset_before", "reset_after", "status_503_after",
		"garbage", "timeout", "status_409", "status_429"])
		for (const count of [1, 3])
			await test(`charges_once_after_${name}_x${count}`, async () => {
				const payment = await shop.create();
				const before = await shop.counts();
				await shop.fault(name, "/v1/payment_intents", {
					times: count,
					...(name === "timeout" ? { ms: 2500 } : {}) });
				const done = await insist(payment);
				await shop.control("DELETE", "/faults");
				assert.equal(done.status, "succeeded");
				// A webhook that came too early comes again.
				await shop.advance(MINUTE);
				await shop.quiet();
				const { charges, charges_succeeded } =
					await shop.counts();
				assert.deepEqual([charges - before.charges,
					charges_succeeded - before.charges_succeeded],
					[1, 1]);
				assert.deepEqual(await shop.types(payment),
					["payment.created", "payment.succeeded"]);
			});

	for (const name of ["reset_before", "reset_after", "status_503_after",
		"garbage"])
		await test(`refunds_once_after_${name}`, async () => {
			const payment = await shop.paid();
			const before = await shop.counts();
			await shop.fault(name, "/v1/refunds", { times: 3 });
			const first = await shop.refund(payment, { amount: 500 });
			assert.ok(first.status === 201 || first.status === 502,
				first.text);
			await shop.control("DELETE", "/faults");
			// What is in doubt is set aside.
			expect(await shop.refund(payment, { amount: 1000 }), 422,
				"AMOUNT_TOO_LARGE");
			for (let i = 0; i < 3; i++) {
				await shop.advance(5 * MINUTE);
				await shop.reconcile();
			}
			await shop.quiet();
			const { refunds: after } = await shop.counts();
			assert.equal(after - before.refunds, 1);
			assert.equal((await shop.retrieve(payment)).amount_refunded,
				500);
			const types = await shop.types(payment);
			assert.equal(times(types, "refund.succeeded"), 1);
			await shop.books();
		});

	for (const mode of ["duplicate", "out_of_order"])
		await test(`webhooks_that_are_${mode}_change_nothing`, async () => {
			await shop.control("POST", "/webhooks", { mode });
			const payment = await shop.paid();
			expect(await shop.refund(payment, { amount: 200 }), 201);
			expect(await shop.refund(payment, { amount: 300 }), 201);
			await shop.quiet();
			await shop.control("POST", "/webhooks", { mode: "normal" });
			assert.equal((await shop.retrieve(payment)).amount_refunded,
				500);
			const types = await shop.types(payment);
			assert.deepEqual(types.filter((type) =>
				type.endsWith(".succeeded")).sort(), ["payment.succeeded",
				"refund.succeeded", "refund.succeeded"]);
			await shop.books();
		});
}

await run("races", async () => {
	const shop = await Shop.start({ processor_timeout_ms: 1500,
		wait_ms: 5000 });
	for (const part of [confirms, refunds, lostAnswers])
		await part(shop);
	await test("books_and_logs_are_in_order", () => shop.inOrder());
});
