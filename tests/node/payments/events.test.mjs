// SPDX-License-Identifier: ISC
// events.test.mjs - what a merchant is told: which events, in which shape and
// order; signatures as three published packages check them; the schedule of
// tries, each signed anew over the same bytes; resending; thirty days.

import assert from "node:assert/strict";

import { Webhook } from "standardwebhooks";
import Stripe from "stripe";

import { run, test } from "../lib.mjs";
import { CARDS, DAY, HOUR, MINUTE, SECOND, Shop, answerBank, card, expect,
	genuine, momo } from "./kit.mjs";

const stripe = new Stripe("sk_test_unused").webhooks;
const GOOD = card(CARDS.good);

// Packages look at the clock of this machine, deliveries at the sandbox's.
function at(ms, check) {
	const real = Date.now;
	Date.now = () => ms;
	try {
		return check();
	} finally {
		Date.now = real;
	}
}

async function shapes(shop) {
	await test("an_event_has_the_documented_shape", async () => {
		const payment = await shop.paid();
		const events = await shop.events(payment);
		assert.deepEqual(events.map(({ type }) => type),
			["payment.created", "payment.succeeded"]);
		for (const event of events) {
			assert.deepEqual(Object.keys(event),
				["id", "type", "created", "livemode", "data"]);
			assert.match(event.id, /^evt_/);
			assert.equal(event.livemode, false);
			assert.ok(Number.isInteger(event.created));
			assert.ok(Math.abs(event.created - shop.now() / 1000) < 60);
			assert.deepEqual(Object.keys(event.data), ["object"]);
			assert.equal(event.data.object.id, payment.id);
			assert.equal(event.data.object.object, "payment");
			assert.deepEqual(event.data.object.metadata,
				{ order_id: "A-1001" });
			assert.ok(!("client_secret" in event.data.object));
		}
		const [created, succeeded] = events;
		assert.deepEqual([created.data.object.status,
			succeeded.data.object.status],
			["requires_payment_method", "succeeded"]);
		assert.deepEqual(expect(await shop.get(
			`/v1/events/${succeeded.id}`), 200), succeeded);
	});

	await test("the_list_has_the_bytes_of_the_delivery", async () => {
		const hook = await shop.receiver();
		const payment = await shop.create({ metadata: { n: 1.5 } });
		await shop.deliver();
		const { raw } = hook.got.find((one) => one.raw.includes(payment.id));
		const { text } = await shop.get(
			`/v1/events/${JSON.parse(raw).id}`);
		assert.ok(text.includes(raw), text);
		const list = await shop.get("/v1/events?limit=1");
		assert.ok(list.text.includes(raw), list.text);
	});

	await test("a_list_of_one_type", async () => {
		await shop.paid();
		const found = await shop.all("/v1/events?type=payment.succeeded");
		assert.ok(found.length > 0);
		assert.ok(found.every(({ type }) => type === "payment.succeeded"));
		expect(await shop.get("/v1/events?type=payment.exploded"), 422,
			"VALIDATION_ERROR");
	});

	const ends = {
		canceled: async (payment) => expect(await shop.post(
			`/v1/payments/${payment.id}/cancel`), 200),
		declined: async (payment) => expect(await shop.confirm(payment,
			card(CARDS.declined)), 200),
		challenged: async (payment) => {
			const { next_action: action } = expect(await shop.confirm(
				payment, card(CARDS.asks),
				{ return_url: "https://shop.example/" }), 202);
			await answerBank(action.redirect_to_url.url, "complete");
			await shop.becomes(payment, "succeeded");
		},
		refunded: async (payment) => {
			expect(await shop.confirm(payment, GOOD), 200);
			expect(await shop.refund(payment, { amount: 50 }), 201);
			await shop.quiet();
		},
		disputed: async (payment) => {
			expect(await shop.confirm(payment, card(CARDS.disputed)), 200);
			await shop.disputed(payment);
		},
		by_momo: async (payment) => {
			expect(await shop.confirm(payment, momo("+231771111000",
				"orange")), 202);
			await shop.advance(2 * SECOND);
			await shop.reconcile();
		},
		rejected: async (payment) => {
			expect(await shop.confirm(payment, momo("+231881111001")),
				202);
			await shop.advance(2 * SECOND);
			await shop.reconcile();
		},
	};
	const told = {
		canceled: ["payment.canceled"],
		declined: ["payment.failed"],
		challenged: ["payment.requires_action", "payment.succeeded"],
		refunded: ["payment.succeeded", "refund.created",
			"refund.succeeded"],
		disputed: ["payment.succeeded", "payment.disputed"],
		by_momo: ["payment.requires_action", "payment.succeeded"],
		rejected: ["payment.requires_action", "payment.failed"],
	};
	for (const [name, end] of Object.entries(ends))
		await test(`a_payment_that_is_${name}`, async () => {
			const payment = await shop.create();
			await end(payment);
			assert.deepEqual(await shop.types(payment),
				["payment.created", ...told[name]]);
		});

	await test("failures_say_why", async () => {
		for (const [number, code] of [
			[CARDS.declined, "generic_decline"],
			[CARDS.poor, "insufficient_funds"],
			[CARDS.expired, "expired_card"]]) {
			const payment = await shop.create();
			expect(await shop.confirm(payment, card(number)), 200);
			const { data, type } = (await shop.events(payment)).at(-1);
			assert.equal(type, "payment.failed");
			assert.equal(data.object.status, "failed");
			assert.equal(data.object.failure.code, code);
			assert.equal(typeof data.object.failure.message, "string");
		}
	});

	await test("refund_events_are_of_the_refund", async () => {
		const payment = await shop.paid();
		const { id } = expect(await shop.refund(payment, { amount: 99,
			metadata: { why: "x" } }), 201);
		await shop.quiet();
		const events = (await shop.events(payment)).filter(({ type }) =>
			type.startsWith("refund."));
		assert.deepEqual(events.map(({ type, data: { object } }) =>
			[type, object.id, object.object, object.payment, object.amount,
			object.status]), [["refund.created", id, "refund", payment.id,
			99, "pending"], ["refund.succeeded", id, "refund", payment.id,
			99, "succeeded"]]);
		assert.deepEqual(events[1].data.object.metadata, { why: "x" });
	});

	await test("an_event_says_what_was_then", async () => {
		const payment = await shop.paid();
		expect(await shop.refund(payment), 201);
		await shop.quiet();
		const succeeded = (await shop.events(payment)).find(({ type }) =>
			type === "payment.succeeded");
		assert.equal(succeeded.data.object.amount_refunded, 0);
	});
}

async function signatures(shop) {
	await test("published_packages_take_the_signatures", async () => {
		const hook = await shop.receiver();
		const payment = await shop.paid();
		await shop.deliver();
		const [secret] = hook.secrets;
		assert.match(secret, /^whsec_[A-Za-z0-9+/=]{16,}$/);
		const got = hook.got.filter(({ raw }) => raw.includes(payment.id));
		assert.equal(got.length, 2);
		for (const { headers, raw, t, method } of got) {
			assert.equal(method, "POST");
			assert.match(headers["content-type"], /^application\/json/);
			assert.ok(Math.abs(t - shop.now() / 1000) < 30);
			const event = at(t * 1000, () => stripe.constructEvent(raw,
				headers["soxara-signature"], secret));
			assert.deepEqual(event, JSON.parse(raw));
			assert.deepEqual(at(t * 1000, () => new Webhook(secret)
				.verify(raw, headers)), event);
			assert.equal(headers["webhook-id"], event.id);
			assert.throws(() => at(t * 1000, () => stripe.constructEvent(
				`${raw} `, headers["soxara-signature"], secret)));
			assert.throws(() => at((t + 400) * 1000, () =>
				stripe.constructEvent(raw, headers["soxara-signature"],
				secret)));
			// The prefix is part of the key.
			assert.ok(!genuine(secret.slice(6), headers[
				"soxara-signature"], Buffer.from(raw), t));
		}
	});

	await test("each_endpoint_has_a_secret_of_its_own", async () => {
		const one = await shop.receiver(), other = await shop.receiver();
		assert.notEqual(one.secrets[0], other.secrets[0]);
		const payment = await shop.create();
		await shop.deliver();
		assert.deepEqual([one.types(payment), other.types(payment)],
			[["payment.created"], ["payment.created"]]);
	});

	await test("an_endpoint_gets_what_it_subscribed_to", async () => {
		const hook = await shop.receiver(["payment.succeeded",
			"refund.succeeded"]);
		const payment = await shop.paid();
		expect(await shop.refund(payment), 201);
		await shop.quiet();
		await shop.deliver();
		hook.told(payment, "payment.succeeded", "refund.succeeded");
	});
}

async function tries(shop) {
	await test("eight_tries_of_the_same_bytes_freshly_signed", async () => {
		const hook = await shop.receiver(["payment.created"]);
		const payment = await shop.create();
		hook.answer = () => 500;
		const about = () => hook.got.filter(({ raw }) =>
			raw.includes(payment.id));
		await shop.deliver();
		assert.equal(about().length, 1);
		const pauses = [MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR,
			6 * HOUR, 12 * HOUR, 24 * HOUR];
		for (const [i, pause] of pauses.entries()) {
			// Real time passes as well; it is seconds.
			await shop.advance(pause - 20 * SECOND);
			await shop.deliver();
			assert.equal(about().length, i + 1, `too soon: try ${i + 2}`);
			await shop.advance(20 * SECOND + pause / 5 + SECOND);
			await shop.deliver();
			assert.equal(about().length, i + 2, `try ${i + 2}`);
		}
		const all = about();
		assert.equal(new Set(all.map(({ raw }) => raw)).size, 1);
		for (const [i, { t, headers, raw }] of all.entries()) {
			assert.ok(genuine(hook.secrets[0], headers["soxara-signature"],
				Buffer.from(raw), t));
			if (i > 0)
				assert.ok(t - all[i - 1].t >= pauses[i - 1] / 1000 - 20);
		}
		for (let i = 0; i < 4; i++) {
			await shop.advance(DAY);
			await shop.deliver();
		}
		assert.equal(about().length, 8, "a ninth try");
		// By hand it goes out once more.
		hook.answer = () => 200;
		const { id } = JSON.parse(all[0].raw);
		const again = await shop.post(`/v1/events/${id}/resend`);
		assert.ok(again.status < 300, again.text);
		await shop.deliver();
		assert.equal(about().length, 9);
		assert.deepEqual([about()[8].raw, about()[8].status],
			[all[0].raw, 200]);
	});

	for (const status of [200, 201, 202, 204])
		await test(`an_answer_of_${status}_is_success`, async () => {
			const hook = await shop.receiver(["payment.created"]);
			const { judge } = hook;
			hook.judge = (...args) => judge.apply(hook, args) === 200 ?
				status : 400;
			const payment = await shop.create();
			for (const pause of [0, 70 * SECOND]) {
				await shop.advance(pause);
				await shop.deliver();
			}
			assert.equal(hook.got.filter(({ raw }) =>
				raw.includes(payment.id)).length, 1);
		});

	for (const status of [302, 400, 404, 500])
		await test(`an_answer_of_${status}_is_tried_again`, async () => {
			const hook = await shop.receiver(["payment.created"]);
			const payment = await shop.create();
			hook.answer = () => status;
			await shop.deliver();
			hook.answer = () => 200;
			await shop.advance(70 * SECOND);
			await shop.deliver();
			assert.deepEqual(hook.got.filter(({ raw }) =>
				raw.includes(payment.id)).map((one) => one.status),
				[status, 200]);
		});

	await test("a_resend_goes_to_those_that_are_there_now", async () => {
		const payment = await shop.create();
		await shop.deliver();
		const hook = await shop.receiver(["payment.created"]);
		const [{ id }] = await shop.events(payment);
		await shop.post(`/v1/events/${id}/resend`);
		await shop.deliver();
		hook.told(payment, "payment.created");
	});
}

async function thirtyDays(shop) {
	await test("events_are_there_for_thirty_days", async () => {
		const payment = await shop.create();
		const [{ id }] = await shop.events(payment);
		await shop.advance(30 * DAY - HOUR);
		assert.equal((await shop.events(payment)).length, 1);
		expect(await shop.get(`/v1/events/${id}`), 200);
		await shop.advance(2 * HOUR);
		assert.deepEqual(await shop.all("/v1/events"), []);
		expect(await shop.get(`/v1/events/${id}`), 404, "NOT_FOUND");
		expect(await shop.post(`/v1/events/${id}/resend`), 404,
			"NOT_FOUND");
		// The payment stays.
		assert.equal((await shop.retrieve(payment)).id, payment.id);
		await shop.create();
		assert.equal((await shop.all("/v1/events")).length, 1);
	});
}

await run("events", async () => {
	const shop = await Shop.start();
	for (const part of [shapes, signatures, tries, thirtyDays])
		await part(shop);
	await test("books_and_logs_are_in_order", () => shop.inOrder());
});
