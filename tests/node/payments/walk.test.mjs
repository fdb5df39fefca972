// SPDX-License-Identifier: ISC
// walk.test.mjs - what the vendor's guide has integrators walk through before
// they go live, over HTTP, with a back end that follows the guide: card,
// declined card, 3-D Secure, mobile money, refund, the same event twice,
// a refund that is told before its payment. And the rest of the documented
// test numbers.

import assert from "node:assert/strict";

import { run, test } from "../lib.mjs";
import { CARDS, SECOND, Shop, answerBank, card, expect, genuine, momo }
	from "./kit.mjs";

await run("walk", async () => {
	const shop = await Shop.start();
	const backEnd = await shop.receiver();

	await test("the_back_end_knows_the_vectors_of_the_page", () => {
		const secret = "whsec_AbCdEfGhIjKlMnOpQrStUvWxYz012345";
		const body = Buffer.from('{"id":"evt_0001","type":' +
			'"payment.succeeded","livemode":false,"created":1730750100,' +
			'"data":{"object":{"id":"pi_0001","amount":1250,"currency":' +
			'"USD","status":"succeeded","metadata":{"order_id":"A-1001"}}}}');
		const v1 = "d8d80f73c1c58d62448692620b4a8c9679353bb4cff61048683b4050" +
			"dcecc8a8", t = 1730750100;
		const is = (header, now = t) => genuine(secret, header, body, now);
		for (const now of [t, t + 300, t - 300])
			assert.ok(is(`t=${t},v1=${v1}`, now));
		for (const now of [t + 301, t - 301])
			assert.ok(!is(`t=${t},v1=${v1}`, now));
		for (const header of ["", `t=${t}`, `v1=${v1}`,
			`t=${t},v1=${"0".repeat(64)}`, `t=${t},v1=${v1.slice(1)}`,
			`t=${t + 1},v1=${v1}`])
			assert.ok(!is(header), header);
	});

	await test("card_happy_path", async () => {
		const { order, payment } = await backEnd.order();
		assert.equal(payment.status, "requires_payment_method");
		assert.match(payment.id, /^pi_/);
		assert.ok(payment.client_secret.startsWith(`${payment.id}_secret_`));
		assert.deepEqual([payment.amount, payment.currency, payment.livemode],
			[1250, "USD", false]);
		const paid = expect(await shop.confirm(payment, card(CARDS.good)),
			200);
		assert.equal(paid.status, "succeeded");
		assert.deepEqual(paid.payment_method, { type: "card",
			card: { brand: "visa", last4: "4242" } });
		await shop.deliver();
		assert.deepEqual(order, { ...order, status: "paid", times: 1 });
		backEnd.told(payment, "payment.created", "payment.succeeded");
		const told = backEnd.about(payment).find(({ type }) =>
			type === "payment.succeeded");
		assert.equal(told.data.object.metadata.order_id, order.id);
		assert.equal(told.data.object.status, "succeeded");
		assert.equal(told.livemode, false);
	});

	// The browser has the client secret and an ignored sxm_test_ string.
	await test("card_confirmed_by_the_browser", async () => {
		const { order, payment } = await backEnd.order();
		const paid = expect(await shop.post(
			`/v1/payments/${payment.id}/confirm`, {
			clientSecret: payment.client_secret,
			paymentMethod: card(CARDS.good) },
			{ key: "sxm_test_your_publishable_key" }), 200);
		assert.equal(paid.status, "succeeded");
		await shop.deliver();
		assert.equal(order.status, "paid");
	});

	for (const [name, number, code] of [
		["declined", CARDS.declined, "generic_decline"],
		["short_of_funds", CARDS.poor, "insufficient_funds"],
		["expired", CARDS.expired, "expired_card"]])
		await test(`card_${name}`, async () => {
			const { order, payment } = await backEnd.order();
			const failed = expect(await shop.confirm(payment,
				card(number)), 200);
			assert.equal(failed.status, "failed");
			assert.equal(failed.failure.code, code);
			assert.ok(failed.failure.message.length > 5);
			await shop.deliver();
			assert.deepEqual([order.status, order.why, order.times],
				["failed", code, 0]);
			backEnd.told(payment, "payment.created", "payment.failed");
			// It stays so: a new attempt needs a new payment.
			expect(await shop.confirm(payment, card(CARDS.good)), 409,
				"INVALID_STATE");
			await shop.quiet();
			assert.equal((await shop.retrieve(payment)).status, "failed");
		});

	// What was declined cannot succeed at Stripe later on.
	await test("a_declined_intent_is_closed", async () => {
		const payment = await shop.create();
		expect(await shop.confirm(payment, card(CARDS.declined)), 200);
		const { json } = await shop.stripe("GET",
			"/payment_intents?limit=1");
		assert.equal(json.data[0].status, "canceled");
		const { charges_succeeded: before } = await shop.counts();
		const { status } = await shop.stripe("POST", "/payment_intents/" +
			`${json.data[0].id}/confirm`, { payment_method:
			"pm_card_visa", return_url: "https://shop.example/" });
		assert.equal(status, 400);
		assert.equal((await shop.counts()).charges_succeeded, before);
	});

	const challenge = async (back) => {
		const { order, payment } = await backEnd.order();
		const waits = expect(await shop.confirm(payment, card(CARDS.asks),
			{ return_url: back }), 202);
		assert.equal(waits.status, "requires_action");
		assert.equal(waits.next_action.type, "redirect_to_url");
		assert.ok(waits.next_action.redirect_to_url.url);
		return { order, payment,
			url: waits.next_action.redirect_to_url.url };
	};
	const landsOn = (landed, back, payment) => {
		const wanted = new URL(back);
		assert.equal(landed.origin + landed.pathname,
			wanted.origin + wanted.pathname);
		assert.equal(landed.hash, wanted.hash);
		for (const [name, value] of wanted.searchParams)
			assert.equal(landed.searchParams.get(name), value);
		assert.equal(landed.searchParams.get("payment"), payment.id);
		assert.equal(landed.searchParams.get("payment_client_secret"),
			payment.client_secret);
	};

	for (const back of ["https://shop.example/order/return",
		"https://shop.example/return?order=A-1&x=%C3%A9#top"])
		await test(`3ds_completed_lands_on_${new URL(back).pathname}`,
			async () => {
			const { order, payment, url } = await challenge(back);
			await shop.deliver();
			assert.equal(order.status, "awaiting_payment");
			landsOn(await answerBank(url, "complete"), back, payment);
			await shop.becomes(payment, "succeeded");
			await shop.deliver();
			assert.deepEqual([order.status, order.times], ["paid", 1]);
			backEnd.told(payment, "payment.created",
				"payment.requires_action", "payment.succeeded");
			assert.equal((await shop.retrieve(payment)).next_action, null);
		});

	await test("3ds_failed_lands_there_too", async () => {
		const back = "https://shop.example/order/return";
		const { order, payment, url } = await challenge(back);
		landsOn(await answerBank(url, "fail"), back, payment);
		const failed = await shop.becomes(payment, "failed");
		assert.ok(failed.failure.code);
		await shop.deliver();
		assert.equal(order.status, "failed");
	});

	await test("3ds_completed_in_silence_is_found", async () => {
		const { order, payment, url } = await challenge(
			"https://shop.example/back");
		await shop.control("POST", "/webhooks", { mode: "drop" });
		await answerBank(url, "complete");
		await shop.quiet();
		await shop.advance(120 * SECOND);
		await shop.reconcile();
		await shop.control("POST", "/webhooks", { mode: "normal" });
		assert.equal((await shop.retrieve(payment)).status, "succeeded");
		await shop.deliver();
		assert.equal(order.status, "paid");
	});

	// Mobile money

	const asked = async (phone, provider) => {
		const { order, payment } = await backEnd.order();
		const waits = expect(await shop.confirm(payment,
			momo(phone, provider)), 202);
		assert.equal(waits.status, "requires_action");
		assert.equal(waits.next_action.type, "momo_approval");
		assert.equal(waits.next_action.momo_approval.provider, provider);
		assert.deepEqual(waits.payment_method, { type: "momo",
			momo: { provider, phone_number: phone } });
		return { order, payment };
	};

	for (const [provider, phone] of [["mtn", "+231881158457"],
		["orange", "+231770000001"]])
		await test(`${provider}_succeeds_after_five_seconds`, async () => {
			const { order, payment } = await asked(phone, provider);
			await shop.advance(2 * SECOND);
			await shop.reconcile();
			await shop.deliver();
			assert.equal((await shop.retrieve(payment)).status,
				"requires_action");
			assert.equal(order.status, "awaiting_payment");
			await shop.advance(3.5 * SECOND);
			await shop.reconcile();
			assert.equal((await shop.retrieve(payment)).status,
				"succeeded");
			await shop.deliver();
			assert.deepEqual([order.status, order.times], ["paid", 1]);
			backEnd.told(payment, "payment.created",
				"payment.requires_action", "payment.succeeded");
		});

	for (const [provider, start] of [["mtn", "+23188111100"],
		["orange", "+23177111100"]]) {
		await test(`${provider}_number_that_succeeds`, async () => {
			const { order, payment } = await asked(`${start}0`, provider);
			await shop.advance(1.5 * SECOND);
			await shop.reconcile();
			assert.equal((await shop.retrieve(payment)).status,
				"succeeded");
			await shop.deliver();
			assert.equal(order.status, "paid");
		});

		for (const [last, code] of [[1, "user_rejected"],
			[3, "INSUFFICIENT_FUNDS"]])
			await test(`${provider}_number_that_fails_${code}`, async () => {
				const { order, payment } = await asked(`${start}${last}`,
					provider);
				await shop.advance(1.5 * SECOND);
				await shop.reconcile();
				const failed = await shop.retrieve(payment);
				assert.deepEqual([failed.status, failed.failure?.code],
					["failed", code]);
				await shop.deliver();
				assert.deepEqual([order.status, order.why],
					["failed", code]);
			});

		await test(`${provider}_number_that_times_out`, async () => {
			const { order, payment } = await asked(`${start}2`, provider);
			await shop.advance(24 * SECOND);
			await shop.reconcile();
			assert.equal((await shop.retrieve(payment)).status,
				"requires_action");
			await shop.advance(7 * SECOND);
			await shop.reconcile();
			assert.equal((await shop.retrieve(payment)).failure.code,
				"timeout");
			await shop.deliver();
			assert.deepEqual([order.status, order.why],
				["failed", "timeout"]);
		});
	}

	// The live rail of mobile money: a push to a phone in Tanzania.
	for (const [last, status, code] of [["7", "succeeded"],
		["1", "failed", "user_rejected"],
		["3", "failed", "INSUFFICIENT_FUNDS"]])
		await test(`ussd_push_that_is_${code ?? "paid"}`, async () => {
			const { order, payment } = await backEnd.order({
				amount: 500000, currency: "TZS" });
			const waits = expect(await shop.confirm(payment,
				momo(`+25571234500${last}`, "tigo")), 202);
			assert.equal(waits.status, "requires_action");
			await shop.advance(2 * SECOND);
			const seen = await shop.becomes(payment, status);
			assert.equal(seen.failure?.code, code);
			await shop.deliver();
			assert.deepEqual([order.status, order.why], [status ===
				"succeeded" ? "paid" : "failed", code]);
		});

	await test("ussd_push_wants_whole_shillings", async () => {
		const wanted = { 49900: "AMOUNT_TOO_SMALL",
			50050: "VALIDATION_ERROR" };
		for (const [amount, code] of Object.entries(wanted))
			expect(await shop.confirm(await shop.create({ currency: "TZS",
				amount: Number(amount) }), momo("+255712345007", "tigo")),
				422, code);
	});

	await test("ussd_push_is_for_phones_of_tanzania", async () => expect(
		await shop.confirm(await shop.create({ currency: "TZS",
			amount: 500000 }), momo("+231881158457", "tigo")), 422,
			"INVALID_PHONE_NUMBER"));

	// Refunds

	const paidOrder = async () => {
		const { order, payment } = await backEnd.order();
		expect(await shop.confirm(payment, card(CARDS.good)), 200);
		return { order, payment };
	};

	await test("refund", async () => {
		const { order, payment } = await paidOrder();
		await shop.deliver();
		const made = expect(await shop.refund(payment), 201);
		assert.match(made.id, /^re_/);
		assert.deepEqual([made.payment, made.amount, made.currency],
			[payment.id, 1250, "USD"]);
		assert.ok(!Number.isNaN(Date.parse(made.created_at)));
		await shop.quiet();
		await shop.deliver();
		assert.equal(order.status, "refunded");
		backEnd.told(payment, "payment.created",
			"payment.succeeded", "refund.created", "refund.succeeded");
		const done = expect(await shop.get(`/v1/refunds/${made.id}`), 200);
		assert.equal(done.status, "succeeded");
		const seen = await shop.retrieve(payment);
		assert.deepEqual([seen.status, seen.amount_refunded],
			["succeeded", 1250]);
		const { charges_succeeded, refunds_succeeded } =
			await shop.counts();
		assert.ok(charges_succeeded >= 1 && refunds_succeeded >= 1);
		await shop.books();
	});

	await test("refund_of_mobile_money", async () => {
		const { order, payment } = await asked("+231881111000", "mtn");
		await shop.advance(1.5 * SECOND);
		await shop.reconcile();
		await shop.deliver();
		assert.equal(order.status, "paid");
		expect(await shop.refund(payment, { amount: 250 }), 201);
		await shop.advance(6 * SECOND);
		await shop.reconcile();
		await shop.deliver();
		assert.equal((await shop.retrieve(payment)).amount_refunded, 250);
		assert.ok(backEnd.types(payment).includes("refund.succeeded"));
		await shop.books();
	});

	await test("the_same_event_again_pays_once", async () => {
		const { order, payment } = await paidOrder();
		await shop.deliver();
		assert.equal(order.times, 1);
		const paid = backEnd.about(payment).find(({ type }) =>
			type === "payment.succeeded");
		const copies = () => backEnd.got.filter(({ raw }) =>
			JSON.parse(raw).id === paid.id);
		await shop.advance(600 * SECOND);
		const again = await shop.post(`/v1/events/${paid.id}/resend`);
		assert.ok([200, 201, 202].includes(again.status), again.text);
		await shop.deliver();
		assert.equal(copies().length, 2);
		const [first, second] = copies();
		assert.equal(second.status, 200);
		assert.equal(second.raw, first.raw);
		assert.ok(second.t >= first.t + 600, `${first.t} ${second.t}`);
		assert.ok(Math.abs(second.t - shop.now() / 1000) < 30);
		assert.deepEqual([order.status, order.times], ["paid", 1]);
	});

	await test("a_refund_told_before_its_payment", async () => {
		const { order, payment } = await paidOrder();
		backEnd.answer = ({ type, data: { object } }) =>
			type === "payment.succeeded" && object.id === payment.id ?
				500 : 200;
		await shop.deliver();
		assert.equal(order.status, "awaiting_payment");
		expect(await shop.refund(payment), 201);
		await shop.quiet();
		await shop.deliver();
		backEnd.told(payment, "payment.created",
			"refund.created", "refund.succeeded");
		assert.equal(order.status, "refunded");
		backEnd.answer = () => 200;
		await shop.advance(70 * SECOND);
		await shop.deliver();
		backEnd.told(payment, "payment.created",
			"refund.created", "refund.succeeded", "payment.succeeded");
		assert.deepEqual([order.status, order.times], ["refunded", 0]);
		// The late one says how things were when it happened.
		const late = backEnd.about(payment).at(-1);
		assert.deepEqual([late.type, late.data.object.status,
			late.data.object.amount_refunded],
			["payment.succeeded", "succeeded", 0]);
	});

	await test("disputed_card", async () => {
		const { order, payment } = await backEnd.order();
		const paid = expect(await shop.confirm(payment,
			card(CARDS.disputed)), 200);
		assert.equal(paid.status, "succeeded");
		await shop.disputed(payment);
		await shop.deliver();
		assert.equal(order.status, "paid");
		backEnd.told(payment, "payment.created",
			"payment.succeeded", "payment.disputed");
		expect(await shop.refund(payment), 409, "INVALID_STATE");
		await shop.books();
	});

	await test("every_delivery_was_genuine", () => {
		assert.ok(backEnd.got.length > 50);
		assert.deepEqual(backEnd.got.filter(({ status }) =>
			status === 400), []);
		const ids = new Set(backEnd.got.map(({ raw }) =>
			JSON.parse(raw).id));
		assert.equal(ids.size, backEnd.seen.size);
	});

	await test("books_and_logs_are_in_order", () => shop.inOrder());
});
