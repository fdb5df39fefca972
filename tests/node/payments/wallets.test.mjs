// SPDX-License-Identifier: ISC
// wallets.test.mjs - money of ours: test buyers with fake money, payments at
// once or approved on a page, refunds, transfers; and many at once, which
// keep the sum and never go below zero.

import assert from "node:assert/strict";

import { run, test } from "../lib.mjs";
import { CARDS, MINUTE, Shop, card, expect, tally, together, unique }
	from "./kit.mjs";

const FAKE = 100000;	// what a test buyer begins with: 1000 USD
const PIN = "246810";

const wallet = (phone_number) => ({ type: "soxara_wallet",
	...(phone_number ? { soxara_wallet: { phone_number } } : {}) });

async function paying(shop) {
	const pay = (payment, buyer, more = {}) => shop.confirm(payment,
		wallet(buyer.phone_number), more);

	await test("a_test_buyer_has_fake_money", async () => {
		const buyer = await shop.buyer();
		assert.match(buyer.id, /^usr_/);
		assert.match(buyer.phone_number, /^\+231/);
		assert.equal(buyer.country_code, "LR");
		assert.equal(await shop.purse(buyer), FAKE);
	});

	await test("a_payment_by_phone_is_paid_at_once", async () => {
		const hook = await shop.receiver();
		const buyer = await shop.buyer();
		const payment = await shop.create();
		const paid = expect(await pay(payment, buyer), 200);
		assert.equal(paid.status, "succeeded");
		assert.equal(paid.payment_method.type, "soxara_wallet");
		assert.equal(await shop.purse(buyer), FAKE - 1250);
		await shop.deliver();
		hook.told(payment, "payment.created", "payment.succeeded");
		await shop.books();
	});

	await test("a_payment_beyond_the_money_fails", async () => {
		const buyer = await shop.buyer();
		const payment = await shop.create({ amount: FAKE + 1 });
		const failed = expect(await pay(payment, buyer), 200);
		assert.deepEqual([failed.status, failed.failure.code],
			["failed", "insufficient_funds"]);
		assert.equal(await shop.purse(buyer), FAKE);
		assert.deepEqual(await shop.types(payment),
			["payment.created", "payment.failed"]);
	});

	await test("the_last_cent_can_be_spent", async () => {
		const buyer = await shop.buyer();
		expect(await pay(await shop.create({ amount: FAKE }), buyer), 200);
		assert.equal(await shop.purse(buyer), 0);
	});

	await test("an_unknown_phone_is_forbidden", async () => {
		const payment = await shop.create();
		expect(await shop.confirm(payment, wallet("+231880000000")), 403,
			"FORBIDDEN");
		assert.equal((await shop.retrieve(payment)).status,
			"requires_payment_method");
	});

	for (const phone of ["0881158457", "231881158457", "+0231881158457",
		"+231"])
		await test(`phone_${phone}_is_none`, async () => expect(
			await shop.confirm(await shop.create(), wallet(phone)), 422,
			"INVALID_PHONE_NUMBER"));

	await test("a_live_key_knows_no_test_buyer", async () => {
		const buyer = await shop.buyer(), { key } = shop.ours.live;
		const payment = await shop.create({}, { key });
		const answer = await shop.confirm(payment,
			wallet(buyer.phone_number), { options: { key } });
		assert.ok(answer.status >= 400 || answer.json.data.status !==
			"succeeded", answer.text);
		assert.equal(await shop.purse(buyer), FAKE);
		expect(await shop.post("/v1/test/buyers",
			{ phone_number: "+231881234567" }, { key }), 403, "FORBIDDEN");
	});

	await test("a_refund_goes_back_into_the_wallet", async () => {
		const buyer = await shop.buyer();
		const payment = await shop.create();
		expect(await pay(payment, buyer), 200);
		const made = expect(await shop.refund(payment, { amount: 250 }),
			201);
		assert.equal(made.status, "succeeded");
		assert.equal(await shop.purse(buyer), FAKE - 1000);
		expect(await shop.refund(payment), 201);
		assert.equal(await shop.purse(buyer), FAKE);
		assert.equal((await shop.retrieve(payment)).amount_refunded, 1250);
		await shop.books();
	});
}

async function approving(shop) {
	const begin = async () => {
		const buyer = await shop.buyer({ pin: PIN });
		const payment = await shop.create();
		const waits = expect(await shop.confirm(payment, wallet(),
			{ return_url: "https://shop.example/back?a=1" }), 202);
		assert.equal(waits.status, "requires_action");
		const { type, redirect_to_url: { url } } = waits.next_action;
		assert.equal(type, "redirect_to_url");
		assert.ok(url.startsWith(`${shop.url}/wallet/`), url);
		assert.equal(new URL(url).searchParams.get("payment"), payment.id);
		return { buyer, payment };
	};
	const answer = ({ id, client_secret: key }, verb, body) => shop.post(
		`/v1/payments/${id}/${verb}`, body, { key });
	const who = ({ phone_number }, pin = PIN) => ({ phone_number, pin });

	await test("the_buyer_approves_with_phone_and_pin", async () => {
		const { buyer, payment } = await begin();
		const paid = expect(await answer(payment, "approve", who(buyer)),
			200);
		assert.equal(paid.status, "succeeded");
		assert.ok(!("metadata" in paid));
		assert.equal(await shop.purse(buyer), FAKE - 1250);
		// Once more it is said again, and not paid again.
		expect(await answer(payment, "approve", who(buyer)), 200);
		assert.equal(await shop.purse(buyer), FAKE - 1250);
		assert.deepEqual(await shop.types(payment), ["payment.created",
			"payment.requires_action", "payment.succeeded"]);
	});

	await test("approved_by_32_at_once_it_is_paid_once", async () => {
		const { buyer, payment } = await begin();
		const answers = await together(32, () => answer(payment, "approve",
			who(buyer)));
		const sums = tally(answers);
		assert.ok(sums["200"] >= 1, JSON.stringify(sums));
		assert.equal(await shop.purse(buyer), FAKE - 1250);
		assert.equal((await shop.types(payment)).filter((type) =>
			type === "payment.succeeded").length, 1);
	});

	await test("the_buyer_declines", async () => {
		const { buyer, payment } = await begin();
		const failed = expect(await answer(payment, "decline"), 200);
		assert.deepEqual([failed.status, failed.failure.code],
			["failed", "user_rejected"]);
		expect(await answer(payment, "approve", who(buyer)), 409,
			"INVALID_STATE");
		assert.equal(await shop.purse(buyer), FAKE);
	});

	await test("a_wrong_pin_is_as_a_wrong_phone", async () => {
		const { buyer, payment } = await begin();
		const wrong = await answer(payment, "approve",
			who(buyer, "135790"));
		expect(wrong, 403, "FORBIDDEN");
		const unknown = await answer(payment, "approve", who(
			{ phone_number: "+231880000001" }));
		assert.equal(unknown.text, wrong.text);
		assert.equal(await shop.purse(buyer), FAKE);
		expect(await answer(payment, "approve", who(buyer)), 200);
	});

	await test("guessing_is_stopped_for_a_while", async () => {
		const { buyer, payment } = await begin();
		for (let i = 0; i < 5; i++)
			expect(await answer(payment, "approve", who(buyer,
				`00000${i}`)), 403, "FORBIDDEN");
		const stopped = await answer(payment, "approve", who(buyer));
		expect(stopped, 429, "RATE_LIMITED");
		assert.match(stopped.headers["retry-after"], /^\d+$/);
		assert.equal(await shop.purse(buyer), FAKE);
		await shop.advance(16 * MINUTE);
		expect(await answer(payment, "approve", who(buyer)), 200);
	});

	await test("without_the_secret_nobody_approves", async () => {
		const { buyer, payment } = await begin(), other = await begin();
		for (const key of [null, other.payment.client_secret])
			assert.ok([401, 404].includes((await shop.post(
				`/v1/payments/${payment.id}/approve`, who(buyer),
				{ key })).status));
		assert.equal(await shop.purse(buyer), FAKE);
	});

	await test("a_canceled_one_cannot_be_approved", async () => {
		const { buyer, payment } = await begin();
		expect(await shop.post(`/v1/payments/${payment.id}/cancel`), 200);
		expect(await answer(payment, "approve", who(buyer)), 409,
			"INVALID_STATE");
		assert.equal(await shop.purse(buyer), FAKE);
	});

	await test("a_card_payment_cannot_be_approved", async () => {
		const buyer = await shop.buyer({ pin: PIN });
		for (const payment of [await shop.create(), await shop.paid()])
			expect(await answer(payment, "approve", who(buyer)), 409,
				"INVALID_STATE");
		const payment = await shop.create();
		expect(await shop.confirm(payment, card(CARDS.asks),
			{ return_url: "https://shop.example/" }), 202);
		expect(await answer(payment, "approve", who(buyer)), 409,
			"INVALID_STATE");
		assert.equal(await shop.purse(buyer), FAKE);
	});

	await test("pins_are_in_no_log", async () => {
		const { buyer, payment } = await begin();
		const answered = await answer(payment, "approve", { ...who(buyer),
			pin: "9".repeat(9) });
		expect(answered, 422, "VALIDATION_ERROR");
		assert.ok(!answered.text.includes("999999999"), answered.text);
	});
}

async function transferring(shop) {
	const balance = async ({ id }, { key } = shop.ours.test) => expect(
		await shop.get(`/v1/wallets/${id}`, { key }), 200).balance;

	await test("a_transfer_moves_money_at_once", async () => {
		const hook = await shop.receiver();
		const buyer = await shop.buyer();
		const mine = await shop.fund(shop.ours, 5000);
		const before = mine.balance;
		const made = expect(await shop.transfer(buyer, 1200, { body: {
			description: "your winnings", metadata: { n: 1 } } }), 201);
		assert.match(made.id, /^tr_/);
		assert.deepEqual([made.object, made.amount, made.currency,
			made.livemode], ["transfer", 1200, "USD", false]);
		assert.deepEqual([await balance(mine), await shop.purse(buyer)],
			[before - 1200, FAKE + 1200]);
		assert.deepEqual(expect(await shop.get(`/v1/transfers/${made.id}`),
			200), made);
		const [newest] = await shop.all(
			`/v1/wallets/${mine.id}/transactions`);
		assert.equal(newest.amount, -1200);
		await shop.deliver();
		assert.deepEqual(hook.types(made).sort(),
			["transfer.created", "transfer.succeeded"]);
		await shop.books();
	});

	for (const [name, body, status, code, field] of [
		["no_amount", { amount: undefined }, 400, "VALIDATION_ERROR",
			"amount"],
		["half_a_cent", { amount: 0.5 }, 422, "VALIDATION_ERROR",
			"amount"],
		["a_debt", { amount: -5 }, 422, "VALIDATION_ERROR", "amount"],
		["euros", { currency: "EUR" }, 422, "INVALID_CURRENCY",
			"currency"],
		["no_recipient", { to: undefined }, 400, "VALIDATION_ERROR", "to"],
		["a_bad_phone", { to: { phone_number: "0881158457" } }, 422,
			"INVALID_PHONE_NUMBER", "to.phone_number"],
		["an_unknown_phone", { to: { phone_number: "+231880000002" } },
			404, "NOT_FOUND", null],
		["an_unknown_wallet", { to: { wallet: "wal_none" } }, 404,
			"NOT_FOUND", null],
		["more_than_there_is", { amount: 99999999 }, 422,
			"INSUFFICIENT_FUNDS", null]])
		await test(`a_transfer_of_${name}_is_${status}`, async () => {
			const buyer = await shop.buyer();
			const mine = await shop.fund(shop.ours, 100);
			const error = expect(await shop.transfer(buyer, 10, { body }),
				status, code);
			if (field)
				assert.equal(error.details.field, field);
			assert.equal(await balance(mine), mine.balance);
			assert.equal(await shop.purse(buyer), FAKE);
		});

	await test("modes_have_wallets_of_their_own", async () => {
		const buyer = await shop.buyer(), { key } = shop.ours.live;
		const live = await shop.fund(shop.ours, 700, "USD", true);
		assert.equal(live.livemode, true);
		expect(await shop.get(`/v1/wallets/${live.id}`), 404, "NOT_FOUND");
		expect(await shop.transfer(buyer, 10, { key }), 404, "NOT_FOUND");
		const mine = await shop.fund(shop.ours, 100);
		expect(await shop.transfer(buyer, 10, { key, body:
			{ to: { wallet: mine.id } } }), 404, "NOT_FOUND");
		assert.equal(await balance(live, shop.ours.live), 700);
	});
}

async function manyAtOnce(shop) {
	await test("64_transfers_keep_the_sum", async () => {
		const buyers = [await shop.buyer(), await shop.buyer()];
		const ours = await shop.fund(shop.ours, 3000);
		const theirs = await shop.fund(shop.sibling, 3000);
		const sum = async () => {
			const all = await Promise.all([
				shop.get(`/v1/wallets/${ours.id}`),
				shop.get(`/v1/wallets/${theirs.id}`,
					{ key: shop.sibling.test.key })]);
			const balances = [...all.map((one) => expect(one, 200).balance),
				...await Promise.all(buyers.map((one) =>
					shop.purse(one)))];
			for (const one of balances)
				assert.ok(one >= 0, `${balances}`);
			return balances.reduce((a, b) => a + b);
		};
		const before = await sum();
		const answers = await together(64, (i) => {
			const [key, other] = i % 2 ? [shop.ours.test.key, theirs] :
				[shop.sibling.test.key, ours];
			return shop.transfer(buyers[0], 50 + i, { key, body: { to:
				i % 4 < 2 ? { wallet: other.id } : { phone_number:
				buyers[i % 8 < 4 ? 0 : 1].phone_number } } });
		});
		const sums = tally(answers);
		for (const said of Object.keys(sums))
			assert.ok(["201", "422 INSUFFICIENT_FUNDS"].includes(said),
				JSON.stringify(sums));
		assert.ok(sums["201"] > 32, JSON.stringify(sums));
		assert.equal(await sum(), before);
		await shop.books();
	});

	await test("32_transfers_never_overdraw", async () => {
		const buyer = await shop.buyer();
		const mine = await shop.fund(shop.stranger, 1000);
		const { key } = shop.stranger.test;
		const answers = await together(32, () => shop.transfer(buyer, 100,
			{ key }));
		assert.deepEqual(tally(answers), { 201: Math.floor(
			mine.balance / 100), "422 INSUFFICIENT_FUNDS": 32 -
			Math.floor(mine.balance / 100) });
		assert.equal(await shop.purse(buyer), FAKE + 1000);
		assert.equal(expect(await shop.get(`/v1/wallets/${mine.id}`,
			{ key }), 200).balance, 0);
		await shop.books();
	});

	await test("16_payments_never_overdraw", async () => {
		const buyer = await shop.buyer();
		const payments = await together(16, () =>
			shop.create({ amount: FAKE / 10 }));
		const answers = await Promise.all(payments.map((one) =>
			shop.confirm(one, wallet(buyer.phone_number))));
		const ends = answers.map((one) => expect(one, 200).status);
		assert.equal(ends.filter((one) => one === "succeeded").length, 10);
		assert.equal(ends.filter((one) => one === "failed").length, 6);
		assert.equal(await shop.purse(buyer), 0);
		await shop.books();
	});

	await test("one_payment_confirmed_32_times_is_paid_once", async () => {
		const buyer = await shop.buyer(), payment = await shop.create();
		const answers = await together(32, () => shop.confirm(payment,
			wallet(buyer.phone_number)));
		assert.equal(answers.filter(({ status }) => status === 200).length,
			1, JSON.stringify(tally(answers)));
		assert.equal(await shop.purse(buyer), FAKE - 1250);
		assert.deepEqual(await shop.types(payment),
			["payment.created", "payment.succeeded"]);
	});

	await test("one_key_32_times_is_one_transfer", async () => {
		const buyer = await shop.buyer(), idem = unique();
		await shop.fund(shop.ours, 10000);
		const answers = await together(32, () => shop.transfer(buyer, 100,
			{ idem }));
		const made = answers.filter(({ status }) => status === 201);
		assert.ok(made.length >= 1);
		assert.equal(new Set(made.map(({ text }) => text)).size, 1);
		assert.equal(await shop.purse(buyer), FAKE + 100);
	});

	await test("refunds_and_payments_at_once_agree", async () => {
		const buyer = await shop.buyer();
		const paid = await Promise.all(Array.from({ length: 4 },
			async () => {
			const payment = await shop.create({ amount: 1000 });
			expect(await shop.confirm(payment,
				wallet(buyer.phone_number)), 200);
			return payment;
		}));
		const more = await together(8, () =>
			shop.create({ amount: 500 }));
		await Promise.all([...paid.flatMap((one) => [300, 300, 300, 300]
			.map((amount) => shop.refund(one, { amount }))),
			...more.map((one) => shop.confirm(one,
				wallet(buyer.phone_number)))]);
		let spent = 0;
		for (const one of [...paid, ...more]) {
			const { amount, amount_refunded: back } =
				await shop.retrieve(one);
			assert.ok(back <= amount);
			spent += amount - back;
		}
		assert.equal(await shop.purse(buyer), FAKE - spent);
		await shop.books();
	});
}

await run("wallets", async () => {
	const shop = await Shop.start({ wait_ms: 8000 });
	for (const part of [paying, approving, transferring, manyAtOnce])
		await part(shop);
	await test("books_and_logs_are_in_order", () => shop.inOrder());
});
