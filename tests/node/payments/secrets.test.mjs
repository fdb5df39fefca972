// SPDX-License-Identifier: ISC
// secrets.test.mjs - the client secret, which opens one payment to its payer
// and nothing else; what the payer is shown; browsers of other origins; and
// that no secret is in a log, an event or the database.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { BUILD, run, test } from "../lib.mjs";
import { CARDS, Shop, card, expect, momo, unique } from "./kit.mjs";

const GOOD = card(CARDS.good);
const ORIGIN = "https://shop.example";
const PIN = "73918264";

// Every file below a folder.
const files = (folder) => readdirSync(folder).flatMap((name) => {
	const path = join(folder, name), found = statSync(path);
	return found.isDirectory() ? files(path) : found.isFile() ? [path] : [];
});

async function confirming(shop) {
	const path = (payment) => `/v1/payments/${payment.id}/confirm`;
	const body = (more = {}) => ({ payment_method: GOOD, ...more });
	const spoilt = ({ client_secret: secret }) => secret.slice(0, -1) +
		(secret.endsWith("0") ? "1" : "0");

	for (const [name, request] of [
		["of_the_body", (one) => [body({ client_secret:
			one.client_secret }), { key: null }]],
		["of_the_body_in_camel_case", (one) => [body({ clientSecret:
			one.client_secret }), { key: null }]],
		["in_authorization", (one) => [body(),
			{ key: one.client_secret }]],
		["beside_a_publishable_key", (one) => [body({ client_secret:
			one.client_secret }), { key: "sxm_test_publishable" }]],
		["beside_another_merchants_key", (one) => [body({ client_secret:
			one.client_secret }), { key: shop.stranger.test.key }]]])
		await test(`secret_${name}_confirms`, async () => {
			const payment = await shop.create();
			const [text, options] = request(payment);
			const paid = expect(await shop.post(path(payment), text,
				options), 200);
			assert.equal(paid.status, "succeeded");
			assert.ok(!("client_secret" in paid) && !("metadata" in paid));
		});

	for (const [name, request] of [
		["no", () => [body(), { key: null }]],
		["a_wrong", (one) => [body({ client_secret: spoilt(one) }),
			{ key: null }]],
		["a_cut", (one) => [body({ client_secret: one.client_secret
			.slice(0, -1) }), { key: null }]],
		["an_empty", () => [body({ client_secret: "" }), { key: null }]],
		["anothers", (one, other) => [body({ client_secret:
			other.client_secret }), { key: null }]],
		["anothers_tail", (one, other) => [body({ client_secret:
			other.client_secret.replace(other.id, one.id) }),
			{ key: null }]],
		["a_wrong_one_in_authorization", (one) => [body(),
			{ key: spoilt(one) }]],
		["anothers_in_authorization", (one, other) => [body(),
			{ key: other.client_secret }]],
		["a_wrong_one_beside_a_publishable_key", (one) => [body({
			client_secret: spoilt(one) }),
			{ key: "sxm_test_publishable" }]]])
		await test(`${name}_secret_confirms_nothing`, async () => {
			const payment = await shop.create(), other =
				await shop.create();
			const [text, options] = request(payment, other);
			const answer = await shop.post(path(payment), text, options);
			assert.ok([401, 404].includes(answer.status), answer.text);
			for (const one of [payment, other])
				assert.equal((await shop.retrieve(one)).status,
					"requires_payment_method");
		});

	// Idempotency keys are a merchant's; its payers are others.
	await test("a_payer_replays_no_answer_of_the_merchants", async () => {
		const payment = await shop.create({ metadata: { margin: "0.4" } });
		const idem = unique(), text = JSON.stringify(body());
		const first = await shop.post(path(payment), text, { idem });
		assert.ok(first.text.includes("margin"));
		const again = await shop.post(path(payment), text,
			{ idem, key: payment.client_secret });
		assert.ok(!again.text.includes("margin"), again.text);
		assert.ok(!again.text.includes("client_secret"), again.text);
	});

	await test("a_payer_uses_up_no_key_of_the_merchants", async () => {
		const payment = await shop.create(), idem = unique();
		expect(await shop.post(path(payment), body({ client_secret:
			payment.client_secret }), { idem, key: null }), 200);
		expect(await shop.post("/v1/payments", shop.order(), { idem }),
			201);
	});

	await test("a_payer_replays_no_answer_of_anothers", async () => {
		const one = await shop.create(), other = await shop.create();
		const idem = unique();
		expect(await shop.post(path(one), body(),
			{ idem, key: one.client_secret }), 200);
		const { id, status } = expect(await shop.post(path(other), body(),
			{ idem, key: other.client_secret }), 200);
		assert.deepEqual([id, status], [other.id, "succeeded"]);
	});

	await test("a_secret_is_a_key_for_nothing_else", async () => {
		const payment = await shop.paid();
		const options = { key: payment.client_secret };
		for (const [method, to, text] of [["GET", "/v1/payments"],
			["POST", "/v1/payments", shop.order()],
			["POST", `/v1/payments/${payment.id}/cancel`],
			["POST", "/v1/refunds", { payment: payment.id }],
			["GET", "/v1/refunds"], ["GET", "/v1/events"],
			["GET", "/v1/webhook-endpoints"], ["GET", "/v1/wallets"]])
			expect(await shop.call(method, to, { body: text, ...options }),
				401, "UNAUTHORIZED");
		assert.equal((await shop.retrieve(payment)).amount_refunded, 0);
	});
}

async function looking(shop) {
	const look = (payment, options) => shop.get(
		`/v1/payments/${payment.id}`, { key: null, ...options });

	await test("the_payer_sees_what_it_may", async () => {
		const payment = await shop.create({ metadata:
			{ margin: "0.4 of the sum" }, description: "Order 7" });
		expect(await shop.confirm(payment, momo("+231881158457"), {
			return_url: "https://shop.example/back" }), 202);
		const asked = { headers: { authorization:
			`Bearer ${payment.client_secret}` } };
		const answer = await look(payment, asked);
		const seen = expect(answer, 200);
		assert.deepEqual(Object.keys(seen).sort(), ["amount", "created_at",
			"currency", "description", "failure", "id", "livemode",
			"merchant", "next_action", "object", "payment_method",
			"return_url", "status", "updated_at"]);
		assert.deepEqual([seen.id, seen.status, seen.amount,
			seen.description, seen.return_url, seen.merchant.name],
			[payment.id, "requires_action", 1250, "Order 7",
			"https://shop.example/back", "Air Peace"]);
		assert.ok(!answer.text.includes("881158457"), answer.text);
		assert.ok(!answer.text.includes("margin"), answer.text);
		assert.equal(seen.payment_method.momo.phone_number,
			"+231•••••8457");
		const merchants = await shop.retrieve(payment);
		assert.equal(merchants.payment_method.momo.phone_number,
			"+231881158457");
		assert.ok("metadata" in merchants && "client_secret" in merchants);
		assert.deepEqual(expect(await shop.get(`/v1/payments/${payment.id}` +
			`?client_secret=${payment.client_secret}`, { key: null }),
			200), seen);
	});

	await test("a_wrong_secret_sees_nothing", async () => {
		const payment = await shop.create(), other = await shop.create();
		for (const query of ["", `?client_secret=${other.client_secret}`,
			`?client_secret=${payment.client_secret}0`,
			"?client_secret="]) {
			const answer = await shop.get(`/v1/payments/${payment.id}` +
				query, { key: null });
			assert.ok([401, 404].includes(answer.status), answer.text);
			assert.ok(!answer.text.includes("amount"));
		}
	});

	await test("a_browser_of_any_origin_may_ask", async () => {
		const payment = await shop.create();
		const path = `/v1/payments/${payment.id}`;
		for (const [method, to] of [["GET", path],
			["POST", `${path}/confirm`]]) {
			const asked = await shop.call("OPTIONS", to, { key: null,
				unjudged: true, headers: { origin: ORIGIN,
				"access-control-request-method": method,
				"access-control-request-headers":
				"authorization,content-type,x-idempotency-key" } });
			assert.equal(asked.status, 204, asked.text);
			assert.equal(asked.headers["access-control-allow-origin"],
				"*");
			assert.match(asked.headers["access-control-allow-methods"],
				new RegExp(method));
			for (const name of ["authorization", "content-type",
				"x-idempotency-key"])
				assert.ok(asked.headers["access-control-allow-headers"]
					.toLowerCase().includes(name), name);
		}
		for (const secret of [payment.client_secret, "wrong"]) {
			const answer = await look(payment, { headers: { origin: ORIGIN,
				authorization: `Bearer ${secret}` } });
			assert.equal(answer.headers["access-control-allow-origin"],
				"*");
		}
		const refused = await shop.post(`${path}/confirm`,
			{ client_secret: payment.client_secret, payment_method: {} },
			{ key: null, headers: { origin: ORIGIN } });
		expect(refused, 400, "VALIDATION_ERROR");
		assert.equal(refused.headers["access-control-allow-origin"], "*");
	});

	await test("no_browser_may_ask_with_a_merchants_key", async () => {
		for (const path of ["/v1/payments", "/v1/events", "/v1/refunds",
			"/v1/webhook-endpoints"]) {
			const answer = await shop.get(path,
				{ headers: { origin: ORIGIN } });
			assert.equal(answer.headers["access-control-allow-origin"],
				undefined, path);
		}
	});
}

async function leaks(shop) {
	const { key } = shop.ours.test;
	const backEnd = await shop.receiver();
	const texts = new Map([["the key", key.slice(-32)],
		["a signing secret", backEnd.endpoint.signing_secret]]);

	await test("secrets_are_in_no_log_and_no_event", async () => {
		const payments = [await shop.paid()];
		for (const method of [card(CARDS.asks), momo("+231881111000"),
			card(CARDS.declined), { type: "soxara_wallet" }]) {
			const made = await shop.create();
			await shop.confirm(made, method,
				{ return_url: "https://shop.example/back" });
			payments.push(made);
		}
		const [paid, waits] = payments, wallet = payments.at(-1);
		const buyer = await shop.buyer({ pin: PIN });
		for (const pin of [`${PIN}1`, PIN])
			await shop.post(`/v1/payments/${wallet.id}/approve`,
				{ phone_number: buyer.phone_number, pin },
				{ key: wallet.client_secret, idem: unique() });
		assert.equal((await shop.retrieve(wallet)).status, "succeeded");
		texts.set("a PIN", PIN);
		// In every place where a caller may put it, right and wrong.
		await shop.get(`/v1/payments/${paid.id}?client_secret=` +
			paid.client_secret, { key: null });
		await shop.get("/v1/payments/pi_none?client_secret=" +
			paid.client_secret, { key: null });
		await shop.post(`/v1/payments/${waits.id}/confirm`, {
			client_secret: paid.client_secret, payment_method: GOOD },
			{ key: null });
		await shop.post("/v1/payments", `{"amount":"${key}",` +
			`"currency":"${paid.client_secret}"}`);
		await shop.refund(paid);
		await shop.quiet();
		await shop.deliver();
		await shop.reconcile();
		for (const [i, made] of payments.entries())
			texts.set(`client secret ${i}`, made.client_secret
				.split("_secret_")[1]);
		const logs = files(join(shop.gateway.var, "log"));
		assert.ok(logs.length > 0);
		const said = [...logs.map((path) => readFileSync(path, "latin1")),
			shop.gateway.log.join("")];
		for (const { raw } of backEnd.got)
			said.push(raw);
		for (const list of ["/v1/events", "/v1/payments", "/v1/refunds",
			"/v1/webhook-endpoints"])
			said.push(JSON.stringify(await shop.all(list)));
		assert.ok(backEnd.got.length > 8);
		for (const [what, text] of texts)
			for (const one of said)
				assert.ok(!one.includes(text), `${what}: ${one.slice(
					Math.max(0, one.indexOf(text) - 200),
					one.indexOf(text))}`);
	});

	await test("the_database_holds_none_of_them", () => {
		assert.ok(texts.size > 6);
		for (const path of files(join(shop.gateway.var, "db"))) {
			const text = readFileSync(path, "latin1");
			for (const [what, secret] of texts)
				assert.ok(!text.includes(secret), what);
		}
	});

	await test("no_file_has_a_card_number_in_it", async () => {
		const { stdout } = await promisify(execFile)(
			join(BUILD, "tests/tools/pan-scan"), [shop.gateway.var])
			.catch((error) => ({ stdout: error.stdout }));
		assert.match(stdout, / 0 card numbers\s*$/);
	});

	await test("errors_repeat_no_card_number", async () => {
		const payment = await shop.create();
		const answer = await shop.confirm(payment, card(
			"4012888888881881", { cvc: "98765" }));
		assert.ok(!/4012888888881881|98765/.test(answer.text),
			answer.text);
	});

	await test("two_payments_have_unlike_secrets", async () => {
		const tails = new Set();
		for (let i = 0; i < 8; i++)
			tails.add((await shop.create({ description: unique() }))
				.client_secret.split("_secret_")[1]);
		assert.equal(tails.size, 8);
		for (const tail of tails)
			assert.match(tail, /^[0-9a-f]{40}$/);
	});
}

await run("secrets", async () => {
	const shop = await Shop.start();
	for (const part of [confirming, looking, leaks])
		await part(shop);
	await test("books_and_logs_are_in_order", () => shop.inOrder());
});
