// SPDX-License-Identifier: ISC
// modes.test.mjs - test and live side by side: neither sees, changes or tells
// anything of the other; live cards go to Stripe's own element; and what
// merchants do here is no business of the partner API's webhooks.

import assert from "node:assert/strict";
import { createServer } from "node:http";

import { PARTNER, atEnd, receiver, run, stripeEvent, stripeHeader, test }
	from "../lib.mjs";
import { CARDS, SECOND, Shop, card, expect, momo } from "./kit.mjs";

const TEST_SECRET = "whsec_of_stripes_test_mode_0123456789";

// Stripe as far as a live gateway asks it here: one intent after the other,
// none of which is paid.
async function liveStripe() {
	const calls = [];
	const server = createServer((request, response) => {
		const parts = [];
		request.on("data", (part) => parts.push(part));
		request.on("end", () => {
			calls.push({ path: request.url,
				authorization: request.headers.authorization,
				body: Buffer.concat(parts).toString() });
			const id = `pi_live${calls.length}`;
			response.writeHead(200,
				{ "content-type": "application/json" });
			response.end(JSON.stringify({ id, object: "payment_intent",
				status: "requires_payment_method", amount: 1250,
				currency: "usd", livemode: true,
				client_secret: `${id}_secret_x` }));
		});
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	atEnd(() => {
		server.closeAllConnections();
		return new Promise((done) => server.close(done));
	});
	return { calls, url: `http://127.0.0.1:${server.address().port}` };
}

// Both modes at a gateway for real money; other has a sandbox.
async function liveGateway(other) {
	const stripe = await liveStripe();
	const shop = await Shop.startLive({ stripe_api_base: stripe.url,
		stripe_secret_key: "sk_live_real",
		stripe_publishable_key: "pk_live_real",
		stripe_test_api_base: other.sandbox,
		stripe_test_secret_key: "sk_test_acceptance",
		stripe_test_publishable_key: "pk_test_acceptance",
		stripe_test_webhook_secret: TEST_SECRET });
	const live = { key: shop.ours.live.key };
	const paidAtStripe = (intent, livemode, secret) => {
		const event = JSON.parse(stripeEvent("payment_intent.succeeded",
			intent, 12.50, "USD"));
		const body = JSON.stringify({ ...event, livemode });
		return shop.gateway.stripe(body, secret &&
			stripeHeader(secret, body));
	};
	const waiting = async (options) => {
		const payment = await shop.create({}, options);
		const { next_action: { use_stripe_sdk: sdk } } = expect(
			await shop.confirm(payment, { type: "card" }, { options }),
			202);
		return { payment, sdk, intent: sdk.client_secret
			.split("_secret_")[0] };
	};

	await test("a_test_key_reaches_stripes_test_mode_alone", async () => {
		const before = stripe.calls.length;
		assert.equal((await shop.paid()).status, "succeeded");
		assert.equal(stripe.calls.length, before);
	});

	await test("a_live_key_reaches_the_real_one_alone", async () => {
		// Events of what was done before may still be on their way.
		const made = async () => (await other.counts()).payment_intents;
		const before = await made();
		const { sdk } = await waiting(live);
		assert.equal(sdk.publishable_key, "pk_live_real");
		const { path, authorization } = stripe.calls.at(-1);
		assert.equal(path.split("?")[0], "/v1/payment_intents");
		assert.ok(authorization === "Bearer sk_live_real" ||
			authorization === `Basic ${Buffer.from("sk_live_real:")
			.toString("base64")}`, authorization);
		assert.equal(await made(), before);
	});

	await test("a_test_event_pays_no_live_payment", async () => {
		const { payment, intent } = await waiting(live);
		await paidAtStripe(intent, false);
		assert.equal((await shop.retrieve(payment, live)).status,
			"requires_action");
		assert.equal((await paidAtStripe(intent, true)).status, 200);
		assert.equal((await shop.retrieve(payment, live)).status,
			"succeeded");
	});

	await test("the_test_secret_is_good_for_test_events_alone", async () => {
		const { payment, intent } = await waiting(live);
		const lie = await paidAtStripe(intent, true, TEST_SECRET);
		assert.equal(lie.status, 400);
		assert.equal((await shop.retrieve(payment, live)).status,
			"requires_action");
		const made = await shop.create();
		expect(await shop.confirm(made, card(CARDS.asks),
			{ return_url: "https://shop.example/" }), 202);
		const { json } = await other.stripe("GET",
			"/payment_intents?limit=1");
		assert.equal((await paidAtStripe(json.data[0].id, false,
			TEST_SECRET)).status, 200);
		assert.equal((await shop.retrieve(made)).status, "succeeded");
	});

	await test("a_live_event_pays_no_test_payment", async () => {
		const payment = await shop.create();
		expect(await shop.confirm(payment, card(CARDS.asks),
			{ return_url: "https://shop.example/" }), 202);
		const { json } = await other.stripe("GET",
			"/payment_intents?limit=1");
		await paidAtStripe(json.data[0].id, true);
		assert.equal((await shop.retrieve(payment)).status,
			"requires_action");
	});

	await test("a_live_momo_is_never_the_sandboxs", async () => {
		const payment = await shop.create({}, live);
		expect(await shop.confirm(payment, momo("+231881111000"),
			{ options: live }), 422, "VALIDATION_ERROR");
	});

	await test("live_books_agree", () => shop.books());
}

await run("modes", async () => {
	const shop = await Shop.start();
	const { test: { key }, live: { key: liveKey } } = shop.ours;
	const live = { key: liveKey };

	// What a partner's back end gets of all this: nothing.
	const partner = await receiver();
	await shop.clive("webhook", "add", "--partner", PARTNER, "--name",
		"Partner", "--url", partner.url, "--events", "all");
	const testHook = await shop.receiver();
	const liveHook = await shop.receiver(["*"], live);

	// A live payment: the browser's part is done with Stripe itself.
	const livePaid = async () => {
		const payment = await shop.create({}, live);
		const waits = expect(await shop.confirm(payment, { type: "card" },
			{ options: live }), 202);
		const secret = waits.next_action.use_stripe_sdk.client_secret;
		const { status } = await shop.stripe("POST", "/payment_intents/" +
			`${secret.split("_secret_")[0]}/confirm`, {
			return_url: "https://shop.example/",
			payment_method: "pm_card_visa" });
		assert.equal(status, 200);
		await shop.becomes(payment, "succeeded", live);
		return payment;
	};

	await test("live_cards_go_to_stripes_element", async () => {
		const payment = await shop.create({}, live);
		assert.equal(payment.livemode, true);
		const waits = expect(await shop.confirm(payment, { type: "card" },
			{ options: live }), 202);
		assert.equal(waits.status, "requires_action");
		assert.equal(waits.next_action.type, "use_stripe_sdk");
		const { client_secret: secret, publishable_key: publishable } =
			waits.next_action.use_stripe_sdk;
		assert.match(secret, /^pi_\w+_secret_\w+$/);
		assert.equal(publishable, "pk_test_acceptance");
		// The payer's browser gets it, events do not.
		const seen = expect(await shop.get(`/v1/payments/${payment.id}`,
			{ key: payment.client_secret }), 200);
		assert.deepEqual(seen.next_action, waits.next_action);
		for (const event of await shop.events(payment, live))
			assert.ok(!JSON.stringify(event).includes(secret));
		expect(await shop.post(`/v1/payments/${payment.id}/cancel`,
			undefined, live), 200);
	});

	await test("a_live_payment_is_paid_and_told_as_live", async () => {
		const payment = await livePaid();
		await shop.deliver();
		liveHook.told(payment, "payment.created",
			"payment.requires_action", "payment.succeeded");
		for (const event of liveHook.about(payment)) {
			assert.equal(event.livemode, true);
			assert.equal(event.data.object.livemode, true);
		}
		assert.deepEqual(testHook.about(payment), []);
	});

	await test("a_test_payment_is_told_as_test", async () => {
		const payment = await shop.paid();
		await shop.deliver();
		testHook.told(payment, "payment.created", "payment.succeeded");
		for (const event of testHook.about(payment))
			assert.deepEqual([event.livemode,
				event.data.object.livemode], [false, false]);
		assert.deepEqual(liveHook.about(payment), []);
	});

	await test("neither_sees_what_the_other_has", async () => {
		const things = {};
		for (const [mode, options] of [["test", { key }], ["live", live]]) {
			const payment = mode === "test" ? await shop.paid() :
				await livePaid();
			const refund = expect(await shop.refund(payment,
				{ amount: 100 }, options), 201);
			const [event] = await shop.events(payment, options);
			const endpoint = await shop.endpoint(testHook.url,
				["payment.failed"], options);
			things[mode] = { payment, refund, event, endpoint };
		}
		const paths = { payment: "payments", refund: "refunds",
			event: "events", endpoint: "webhook-endpoints" };
		for (const [mode, options] of [["live", { key }], ["test", live]])
			for (const [what, { id }] of Object.entries(things[mode])) {
				const path = `/v1/${paths[what]}`;
				expect(await shop.get(`${path}/${id}`, options), 404,
					"NOT_FOUND");
				assert.ok(!(await shop.all(path, options)).some((one) =>
					one.id === id), what);
				expect(await shop.get(`${path}?starting_after=${id}`,
					options), 422, "VALIDATION_ERROR");
			}
		const { payment, event, endpoint } = things.live;
		for (const [method, path, body] of [
			["POST", `/v1/payments/${payment.id}/confirm`,
				{ payment_method: card(CARDS.good) }],
			["POST", `/v1/payments/${payment.id}/cancel`],
			["POST", "/v1/refunds", { payment: payment.id }],
			["POST", `/v1/events/${event.id}/resend`],
			["PATCH", `/v1/webhook-endpoints/${endpoint.id}`,
				{ events: ["*"] }],
			["DELETE", `/v1/webhook-endpoints/${endpoint.id}`]])
			expect(await shop.call(method, path, { body }), 404,
				"NOT_FOUND");
		for (const [mode, options] of [["test", { key }], ["live", live]])
			for (const list of Object.values(paths))
				for (const one of await shop.all(`/v1/${list}`, options))
					assert.equal(one.livemode, mode === "live",
						JSON.stringify(one));
	});

	await test("a_live_key_ends_no_test_key", async () => {
		const second = await shop.ours.addKey();
		expect(await shop.post(
			`/v1/merchant/api-keys/${second.id}/revoke`, undefined, live),
			404, "NOT_FOUND");
		await shop.advance(31 * SECOND);
		expect(await shop.get("/v1/payments", { key: second.key }), 200);
	});

	await test("the_partners_list_has_live_ones_alone", async () => {
		const marked = (await shop.gateway.get("/transactions?limit=500"))
			.json.items.length;
		const made = await livePaid();
		await shop.paid();
		const momoPaid = await shop.create();
		expect(await shop.confirm(momoPaid, momo("+231881111000")), 202);
		await shop.advance(2 * SECOND);
		await shop.reconcile();
		const { json } = await shop.gateway.get("/transactions?limit=500");
		assert.equal(json.items.length, marked + 1);
		assert.ok(made.id);
	});

	await test("a_test_payment_is_not_found_by_the_partner", async () => {
		const description = "only for the merchant";
		const payment = await shop.paid({ description });
		const { items } = await shop.clive("tx", "list", "--limit", "1");
		const { cliveTxId: id } = items[0];
		const found = await shop.gateway.get(`/transactions/${id}`);
		assert.equal(found.status, 404, JSON.stringify(found.json));
		assert.ok(payment.id);
	});

	await test("the_partner_is_told_nothing", async () => {
		const payment = await shop.paid();
		expect(await shop.refund(payment), 201);
		await livePaid();
		await shop.quiet();
		await shop.deliver();
		assert.deepEqual(partner.got.map(({ body }) => String(body))
			.filter((body) => /transaction_/.test(body)), []);
		// What the partner itself opens is told, and to it alone.
		const opened = await shop.gateway.payment("EZ-modes");
		assert.ok(opened.id);
	});

	await test("books_keep_them_apart", async () => {
		await livePaid();
		await shop.paid();
		await shop.books();
	});

	await liveGateway(shop);
	await test("books_and_logs_are_in_order", () => shop.inOrder());
});
