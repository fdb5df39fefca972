// SPDX-License-Identifier: ISC
// clickpesa.mjs - payment pages (/payment/intent) of Stripe and ClickPesa and
// the webhooks of both, against the real programs behind lighttpd. The
// numbers are those of spec clickpesa.md section 13.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";

import mock from "../tools/clickpesa-mock.js";
import { BUILD, CLIENT, Gateway, PARTNER, atEnd, eventually, hmac, run,
	stripeEvent, stripeHeader, test } from "./lib.mjs";

const KEY = "CHK_test_key";
const FORM = "application/x-www-form-urlencoded";
const CP_C = `{"data":{"channel":"TIGO-PESA","collectedAmount":"10000",` +
	`"collectedCurrency":"TZS","createdAt":"2024-04-10T18:22:16.949Z",` +
	`"customer":{"customerEmail":"john@example.com","customerName":` +
	`"John Doe","customerPhoneNumber":"255700000000"},"id":` +
	`"ORD123456LCP7890","message":"success","orderReference":"ORD123456",` +
	`"paymentReference":"abc123def456ghi789","status":"SUCCESS",` +
	`"updatedAt":"2024-04-10T18:22:56.153Z"},"event":"PAYMENT RECEIVED",` +
	`"checksum":"0cad7eff722203aa4e33f83afdea5e42` +
	`cfbd76a29d4c33177a4732ab87bf4607","checksumMethod":"canonical"}`;

const clickpesa = await new mock.ClickPesa().listen();
atEnd(() => clickpesa.close());
let gateway, stripe;

// A little of Stripe: sessions, each with an intent to be paid.
async function startStripe() {
	const sessions = new Map(), keys = new Map();
	const mocked = { sessions, silent: false };
	const server = createServer((request, response) => {
		let body = "";
		request.on("data", (part) => body += part);
		request.on("end", () => {
			const form = new URLSearchParams(body);
			const key = request.headers["idempotency-key"];
			const id = keys.get(key) ??
				`cs_test_${randomBytes(8).toString("hex")}`;
			keys.set(key, id);
			sessions.set(id, { id, form, key,
				url: `https://checkout.stripe.com/c/pay/${id}#fid` +
				"x".repeat(600) });
			if (mocked.silent)
				return;
			response.writeHead(200, { "Content-Type": "application/json" });
			response.end(JSON.stringify({ id, object: "checkout.session",
				status: "open", url: sessions.get(id).url }));
		});
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	atEnd(() => {
		server.closeAllConnections();
		return new Promise((done) => server.close(done));
	});
	mocked.url = `http://127.0.0.1:${server.address().port}`;
	return mocked;
}

let counter = 0;

async function read(response) {
	const text = await response.text();
	let json = null;
	try {
		json = JSON.parse(text);
	} catch {
		// The status says enough.
	}
	return { status: response.status, json,
		location: response.headers.get("location") };
}

// POST /payment/intent, signed; fields as JSON unless `type` says form.
async function intent(fields, { query = "", type = "application/json",
	key = `k-${++counter}`, headers = {}, signed = true } = {}) {
	const body = type === FORM ? new URLSearchParams(fields).toString() :
		JSON.stringify(fields);
	return read(await fetch(`${gateway.url}/payment/intent${query}`, {
		method: "POST", body, redirect: "manual", headers: {
			"content-type": type, ...(signed ? {
				"x-api-key": gateway.key.api_key,
				"x-clive-hmac": hmac(gateway.key.hmac_secret, body),
				"idempotency-key": key } : {}), ...headers } }));
}

const tzs = { provider: "clickpesa", amount: 10000, currency: "TZS",
	email: "a@b.co", description: "Top up / <10> credits & Zoë" };
const usd = { amount: 7.5, currency: "USD" };

// A payment on a ClickPesa link: its id and orderReference.
async function link(more = {}) {
	const before = new Set(clickpesa.orders.keys());
	const { status, json } = await intent({ ...tzs, ...more });
	assert.equal(status, 200, JSON.stringify(json));
	const ref = [...clickpesa.orders.keys()].find((r) => !before.has(r));
	return { id: json.clive_tx_id, ref, url: json.url };
}

async function session() {
	const { status, json } = await intent(usd);
	assert.equal(status, 200, JSON.stringify(json));
	const all = [...stripe.sessions.values()];
	return { ...all[all.length - 1], id: json.clive_tx_id };
}

async function notify(body, headers = {}) {
	return read(await fetch(`${gateway.url}/webhooks/clickpesa`, {
		method: "POST", headers: { "content-type": "application/json",
			...headers },
		body: typeof body === "string" ? body : JSON.stringify(body) }));
}

const paid = (ref, more = {}) =>
	clickpesa.webhook(ref, "SUCCESS", { key: KEY, ...more });

async function status(id) {
	return (await gateway.get(`/transactions/${id}`)).json.status;
}

// How often the payment's amount was booked.
async function credits(id) {
	const { timeline } = await gateway.clive("tx", "explain", id);
	return timeline.filter((e) => e.kind === "ledger" &&
		JSON.stringify(e).includes('"capture"')).length;
}

async function outcomes(id) {
	const { timeline } = await gateway.clive("tx", "explain", id);
	return timeline.filter((e) => e.kind === "processor_event")
		.map((e) => e.outcome);
}

async function assertReceived(body, headers) {
	const answer = await notify(body, headers);
	assert.equal(answer.status, 200, JSON.stringify(answer.json));
	assert.deepEqual(answer.json, { received: true });
}

async function assertRefused(answer, status, code) {
	answer = await answer;
	assert.equal(answer.status, status, JSON.stringify(answer.json));
	assert.equal(answer.json.code, code);
}

// An event about a session's intent, as Stripe sends it.
function sessionEvent(type, s, intent, units = 750) {
	return JSON.stringify({ id: `evt_${randomBytes(8).toString("hex")}`,
		object: "event", type, livemode: false, data: { object: {
			id: intent, object: "payment_intent", currency: "usd",
			amount: units, amount_received: units,
			metadata: { clive_tx_id: s.id } } } });
}

const newIntent = () => `pi_${randomBytes(10).toString("hex")}`;

// The programs read their settings when they start.
async function restart(settings) {
	gateway.configure(settings);
	process.kill(-gateway.server.pid, "SIGTERM");
	await gateway.server.gone;
	await gateway.serve();
}

async function stripeChecks() {
	await test("01 stripe is the default provider", async () => {
		const s = await session();
		assert.ok(s.url.startsWith("https://checkout.stripe.com/"));
		assert.equal(s.form.get("line_items[0][price_data][unit_amount]"),
			"750");
		assert.equal(s.form.get("payment_intent_data[metadata]" +
			"[clive_tx_id]"), s.id);
		const { json } = await gateway.get(`/transactions/${s.id}`);
		assert.equal(json.status, "pending");
		assert.equal(json.stripePaymentIntentId, null);
	});
	await test("02 stripe can be named", async () => {
		const { status, json } = await intent({ ...usd,
			provider: "stripe" });
		assert.equal(status, 200);
		assert.equal(json.provider, "stripe");
	});
	await test("03 a valid signature credits", async () => {
		const s = await session(), pi = newIntent();
		const { status: http, json } = await gateway.stripe(
			sessionEvent("payment_intent.succeeded", s, pi));
		assert.equal(http, 200, JSON.stringify(json));
		assert.equal(json.status, "succeeded");
		assert.equal(await credits(s.id), 1);
		const { json: tx } = await gateway.get(`/transactions/${s.id}`);
		assert.equal(tx.stripePaymentIntentId, pi);
	});
	const body = async () => sessionEvent("payment_intent.succeeded",
		await session(), newIntent());
	await test("04 a wrong key is refused", async () => {
		const text = await body();
		await assertRefused(gateway.stripe(text, stripeHeader("whsec_no",
			text)), 400, "STRIPE_SIGNATURE_INVALID");
	});
	await test("05 a missing header is refused", async () =>
		assertRefused(gateway.stripe(await body(), ""), 400,
			"STRIPE_SIGNATURE_MISSING"));
	await test("06 a stale timestamp is refused", async () => {
		const text = await body();
		await assertRefused(gateway.stripe(text, stripeHeader(
			gateway.stripeSecret, text, Date.now() - 600000)), 400,
			"STRIPE_SIGNATURE_INVALID");
	});
	await test("07 a tampered body is refused", async () => {
		const text = await body();
		const header = stripeHeader(gateway.stripeSecret, text);
		await assertRefused(gateway.stripe(text.replace("750", "751"),
			header), 400, "STRIPE_SIGNATURE_INVALID");
	});
	await test("08 a duplicate credits once", async () => {
		const s = await session();
		const text = sessionEvent("payment_intent.succeeded", s,
			newIntent());
		assert.equal((await gateway.stripe(text)).status, 200);
		assert.equal((await gateway.stripe(text)).status, 200);
		assert.equal(await credits(s.id), 1);
	});
	await test("09 an unknown event type credits nothing", async () => {
		const s = await session();
		const { status: http } = await gateway.stripe(
			sessionEvent("payment_intent.created", s, newIntent()));
		assert.equal(Math.floor(http / 100), 2);
		assert.equal(await status(s.id), "pending");
	});
}

async function sessionChecks() {
	await test("a failed try on a session leaves it open", async () => {
		const s = await session();
		const { status: http, json } = await gateway.stripe(
			sessionEvent("payment_intent.payment_failed", s,
			newIntent()));
		assert.equal(http, 200);
		assert.equal(json.status, "pending");
	});
	await test("a success of another amount does not take the name",
	    async () => {
		const s = await session(), pi = newIntent();
		const { json } = await gateway.stripe(sessionEvent(
			"payment_intent.succeeded", s, newIntent(), 1));
		assert.equal(json.status, "pending");
		await gateway.stripe(sessionEvent("payment_intent.succeeded", s,
			pi));
		assert.equal(await status(s.id), "succeeded");
	});
	await test("a refund finds the payment by its intent", async () => {
		const s = await session(), pi = newIntent();
		await gateway.stripe(stripeEvent("charge.refunded", pi, 7.5,
			"USD"));
		await gateway.stripe(sessionEvent("payment_intent.succeeded", s,
			pi));
		assert.equal(await status(s.id), "refunded");
	});
	await test("only a session's payment can be named", async () => {
		const p = await gateway.payment("EZ-named", "7.5");
		await gateway.stripe(sessionEvent("payment_intent.succeeded", p,
			newIntent()));
		assert.equal(await status(p.id), "pending");
		const l = await link();
		await gateway.stripe(sessionEvent("payment_intent.succeeded", l,
			newIntent(), 1000000));
		assert.equal(await status(l.id), "pending");
	});
}

async function linkChecks() {
	await test("10 a link is what ClickPesa says it is", async () => {
		const l = await link({ return_url: "https://shop.example/ü?a=1&b=2" });
		assert.equal(l.url, `https://checkout.clickpesa.com/${l.ref}`);
		assert.match(l.ref, /^[0-9A-HJKMNP-TV-Z]{26}$/);
		const order = clickpesa.orders.get(l.ref);
		const webhook = `${gateway.url}/webhooks/clickpesa`;
		assert.equal(order.checksum, mock.checksum(KEY, order));
		delete order.checksum;
		assert.deepEqual(order, { totalPrice: "10000",
			orderReference: l.ref, orderCurrency: "TZS",
			description: "Top up / 10 credits  Zo",
			customerEmail: "a@b.co", callbackUrl: webhook,
			notificationUrl: webhook,
			redirectUrl: "https://shop.example/%C3%BC?a=1&b=2" });
	});
	await test("11 the token is fetched once", async () => {
		await link();
		await link();
		assert.equal(clickpesa.count("/generate-token"), 1);
		const file = join(gateway.var, "run/clickpesa.token");
		assert.equal(statSync(file).mode & 0o777, 0o600);
	});
	await test("12 Bearer is not doubled", async () => {
		const sent = clickpesa.calls.filter((c) => c.headers.authorization)
			.map((c) => c.headers.authorization);
		assert.ok(sent.length > 0);
		for (const value of sent)
			assert.match(value, /^Bearer eyJ[^ ]*$/);
		clickpesa.bearer = false;
		clickpesa.revoke();
		await link();
		assert.match(clickpesa.calls.at(-1).headers.authorization,
			/^Bearer eyJ[^ ]*$/);
		clickpesa.bearer = true;
	});
	await test("13 one 401 brings one new token", async () => {
		const before = clickpesa.count("/generate-token");
		clickpesa.revoke();
		await link();
		assert.equal(clickpesa.count("/generate-token"), before + 1);
		await link();
		assert.equal(clickpesa.count("/generate-token"), before + 1);
	});
	await test("many that find the token rejected share a new one",
	    async () => {
		const before = clickpesa.count("/generate-token");
		clickpesa.revoke();
		await Promise.all(Array.from({ length: 8 }, () => intent(tzs)));
		assert.equal(clickpesa.count("/generate-token"), before + 1);
	});
}

async function failureChecks() {
	const page = "/checkout-link/";
	await test("401 again is 502", async () => {
		for (let i = 0; i < 2; i++)
			clickpesa.order(page, { status: 401,
				body: { message: "Unauthorized" } });
		await assertRefused(intent(tzs), 502, "PROCESSOR_UNAVAILABLE");
	});
	await test("403, 500 and garbage are 502", async () => {
		for (const answer of [{ status: 403, body: { message: "No" } },
		    { status: 500, body: { message: "Oops" } },
		    { status: 200, body: "<html>" },
		    { status: 200, body: { checkoutLink: "javascript:x" } }]) {
			clickpesa.order(page, answer);
			await assertRefused(intent(tzs), 502,
				"PROCESSOR_UNAVAILABLE");
		}
	});
	await test("400 is 502 and tells why", async () => {
		const message = "Application has no access to checkout link " +
			"feature.";
		clickpesa.order(page, { status: 400, body: { message } });
		const answer = await intent(tzs);
		await assertRefused(answer, 502, "CHECKOUT_REFUSED");
		assert.deepEqual(answer.json.details,
			{ processor: "clickpesa", code: "http_400", message });
	});
	await test("409 is 409, and a retry goes on", async () => {
		const key = `k-${++counter}`;
		clickpesa.order(page, { status: 409,
			body: { message: "Order reference X already used" } });
		await assertRefused(intent(tzs, { key }), 409,
			"CHECKOUT_CONFLICT");
		const again = await intent(tzs, { key });
		assert.equal(again.status, 200);
	});
	await test("a lost answer makes a new link, not a second payment",
	    async () => {
		const key = `k-${++counter}`, reference = `lost-${counter}`;
		clickpesa.order(page, { drop: true });
		await assertRefused(intent({ ...tzs, reference }, { key }), 502,
			"PROCESSOR_UNAVAILABLE");
		const again = await intent({ ...tzs, reference }, { key });
		assert.equal(again.status, 200);
		const { json } = await gateway.get(`/transactions?reference=` +
			reference);
		const all = (json.items ?? json.transactions ?? json.data)
			.filter((t) => t.echezonaReference === reference);
		assert.equal(all.length, 1);
	});
	await test("without a token there is 502, once for all", async () => {
		clickpesa.apiKey = "another";
		clickpesa.revoke();
		const before = clickpesa.count("/generate-token");
		const all = await Promise.all(Array.from({ length: 6 },
			() => intent(tzs)));
		for (const answer of all)
			await assertRefused(answer, 502, "PROCESSOR_UNAVAILABLE");
		assert.ok(clickpesa.count("/generate-token") - before <= 6);
		clickpesa.apiKey = "SKtestkey";
		await link();
	});
}

async function webhookChecks() {
	await test("14 SUCCESS credits", async () => {
		const l = await link();
		await assertReceived(paid(l.ref));
		assert.equal(await status(l.id), "succeeded");
		assert.equal(await credits(l.id), 1);
	});
	await test("15 success in lower case credits", async () => {
		const l = await link();
		await assertReceived(clickpesa.signed({ data: { id: "A",
			orderReference: l.ref, status: "success" } }, KEY));
		assert.equal(await status(l.id), "succeeded");
	});
	await test("16 SETTLED after SUCCESS credits no more", async () => {
		const l = await link();
		await assertReceived(paid(l.ref));
		await assertReceived(paid(l.ref, { status: "SETTLED" }));
		await assertReceived(clickpesa.signed({ data: { id: `${l.ref}LCP1`,
			orderReference: l.ref, status: "SETTLED" } }, KEY));
		assert.equal(await credits(l.id), 1);
		assert.ok(!(await outcomes(l.id)).includes("quarantined"));
	});
	await test("17 a duplicate credits no more", async () => {
		const l = await link();
		await Promise.all(Array.from({ length: 8 },
			() => assertReceived(paid(l.ref))));
		assert.equal(await credits(l.id), 1);
		assert.deepEqual(await outcomes(l.id), ["applied"]);
	});
	await test("18 FAILED credits nothing, success after it does",
	    async () => {
		const l = await link();
		await assertReceived(clickpesa.webhook(l.ref, "FAILED",
			{ key: KEY }));
		assert.equal(await status(l.id), "failed");
		assert.equal(await credits(l.id), 0);
		await assertReceived(paid(l.ref));
		assert.equal(await status(l.id), "succeeded");
		await assertReceived(clickpesa.webhook(l.ref, "FAILED",
			{ key: KEY, id: "late" }));
		assert.equal(await status(l.id), "succeeded");
	});
	await test("19 the shape with eventType is read", async () => {
		const l = await link();
		await assertReceived(clickpesa.signed({ eventType:
			"PAYMENT FAILED", data: { id: "A", status: "FAILED",
			orderReference: l.ref } }, KEY));
		assert.equal(await status(l.id), "failed");
	});
	await test("20 without orderReference it is 400", async () => {
		for (const body of [{ data: {} }, { data: { orderReference: "" } },
		    {}, { event: "PAYMENT RECEIVED", data: { status: "SUCCESS" } }])
			await assertRefused(notify(clickpesa.signed(body, KEY)), 400,
				"MISSING_ORDER_REFERENCE");
		for (const body of ["", "{", "[]", "7", '{"a":1,"a":1}'])
			await assertRefused(notify(body), 400,
				"INVALID_WEBHOOK_JSON");
	});
	await test("21 an unknown reference credits nothing", async () => {
		await assertReceived(paid("01JABCDEFGHJKMNPQRSTVWXYZ0"));
	});
	await test("22 CP-C is accepted", () => assertReceived(CP_C));
	await test("23 tampered, absent and legacy checksums are refused",
	    async () => {
		const l = await link(), body = paid(l.ref);
		const legacy = hmac(KEY, "[object Object]PAYMENT RECEIVED");
		await assertRefused(notify({ ...body, data: { ...body.data,
			collectedAmount: "10001" } }), 401,
			"CLICKPESA_CHECKSUM_INVALID");
		await assertRefused(notify(clickpesa.webhook(l.ref, "SUCCESS")),
			401, "CLICKPESA_CHECKSUM_MISSING");
		for (const checksum of [legacy, body.checksum])
			await assertRefused(notify({ ...body, checksum,
				checksumMethod: "legacy" }), 401,
				"CLICKPESA_CHECKSUM_INVALID");
		assert.equal(await status(l.id), "pending");
		assert.deepEqual(await outcomes(l.id), []);
	});
	await test("24 one reference under both providers stays apart",
	    async () => {
		const l = await link();
		const { status: http } = await gateway.stripe(stripeEvent(
			"payment_intent.succeeded", l.ref, 10000, "TZS"));
		assert.equal(http, 404);
		assert.equal(await status(l.id), "pending");
		await assertReceived(paid(l.ref));
		assert.equal(await credits(l.id), 1);
	});
}

async function moreWebhookChecks() {
	await test("a checksum in the header will do", async () => {
		const l = await link();
		const { checksum, checksumMethod, ...body } = paid(l.ref);
		await assertReceived(body, { "x-clickpesa-signature": checksum });
		assert.equal(await status(l.id), "succeeded");
	});
	await test("another amount or currency goes into quarantine",
	    async () => {
		for (const more of [{ collectedAmount: "9999" },
		    { collectedAmount: "0" }, { collectedCurrency: "USD" },
		    { collectedAmount: "1e4" }, { collectedAmount: 20000 }]) {
			const l = await link();
			await assertReceived(paid(l.ref, more));
			assert.equal(await status(l.id), "pending");
			assert.deepEqual(await outcomes(l.id), ["quarantined"]);
		}
		for (const collectedAmount of ["10000.00", 10000]) {
			const l = await link();
			await assertReceived(paid(l.ref, { collectedAmount }));
			assert.equal(await status(l.id), "succeeded");
		}
	});
	await test("a second payment on one link goes into quarantine",
	    async () => {
		const l = await link();
		await assertReceived(paid(l.ref));
		await assertReceived(paid(l.ref, { id: `${l.ref}LCP2` }));
		await assertReceived(paid(l.ref, { id: `${l.ref}LCP2` }));
		assert.equal(await credits(l.id), 1);
		assert.deepEqual(await outcomes(l.id),
			["applied", "quarantined"]);
	});
	await test("what is not final or not ours changes nothing", async () => {
		const l = await link();
		await assertReceived(paid(l.ref, { status: "PROCESSING" }));
		await assertReceived(clickpesa.webhook(l.ref, "SUCCESS",
			{ key: KEY, event: "PAYOUT INITIATED" }));
		await assertReceived(clickpesa.signed({ event: "DEPOSIT RECEIVED",
			data: {} }, KEY));
		assert.equal(await status(l.id), "pending");
		assert.deepEqual(await outcomes(l.id), []);
	});
}

async function formChecks() {
	const form = { provider: "clickpesa", amount: "10000", currency: "tzs",
		email: "" };
	await test("a signed form is sent on", async () => {
		const key = `k-${++counter}`;
		const first = await intent(form, { type: FORM, key });
		assert.equal(first.status, 303);
		assert.equal(first.location, first.json.url);
		const again = await intent(form, { type: FORM, key });
		assert.equal(again.status, 303);
		assert.equal(again.location, first.location);
		assert.equal(again.json.idempotentReplay, true);
	});
	await test("a long address fits into Location", async () => {
		const { status, location, json } = await intent({ amount: "7.5",
			currency: "USD" }, { type: FORM });
		assert.equal(status, 303);
		assert.equal(location, json.url);
		assert.ok(location.length > 600);
	});
	await test("a form that wants JSON gets JSON", async () => {
		const { status, location } = await intent(form, { type: FORM,
			headers: { accept: "application/json" } });
		assert.equal(status, 200);
		assert.equal(location, null);
	});
	await test("the query names the provider, and nothing else",
	    async () => {
		const { provider, ...rest } = tzs;
		const { status, json } = await intent(rest,
			{ query: "?provider=clickpesa&amount=1" });
		assert.equal(status, 200);
		assert.equal(json.provider, "clickpesa");
		assert.equal((await gateway.get(
			`/transactions/${json.clive_tx_id}`)).json.amount, 10000);
		await assertRefused(intent({ provider, currency: "TZS" },
			{ query: "?amount=1" }), 400, "VALIDATION_ERROR");
	});
	await test("the sandbox takes a form without a key", async () => {
		const { status, json } = await intent(form, { type: FORM,
			signed: false });
		assert.equal(status, 303);
		assert.equal((await gateway.get(
			`/transactions/${json.clive_tx_id}`)).json.partnerId, PARTNER);
	});
	await test("but not JSON, and not with half a signature", async () => {
		await assertRefused(intent(tzs, { signed: false }), 401,
			"API_KEY_MISSING");
		await assertRefused(intent(form, { type: FORM, signed: false,
			headers: { "x-api-key": gateway.key.api_key } }), 401,
			"HMAC_MISSING");
		await assertRefused(intent(tzs, { type: "text/plain" }), 415,
			"UNSUPPORTED_MEDIA_TYPE");
	});
	await test("bad fields are 400", async () => {
		for (const more of [{ provider: "paypal" }, { currency: "EUR" },
		    { amount: -1 }, { amount: "10000" }, { email: "x" },
		    { return_url: "ftp://x.example" }])
			await assertRefused(intent({ ...tzs, ...more }), 400,
				"VALIDATION_ERROR");
		for (const amount of ["", "abc", "1 0", "0x10", "-5", "[1]"])
			await assertRefused(intent({ ...form, amount },
				{ type: FORM }), 400, "VALIDATION_ERROR");
	});
	await test("another partner's payment is refused", async () => {
		await assertRefused(intent({ ...tzs, partner_id: "OTHER001" }), 403,
			"API_KEY_SCOPE_FORBIDDEN");
		await assertRefused(intent({ ...form, partner_id: "OTHER001" },
			{ type: FORM, signed: false }), 403,
			"API_KEY_SCOPE_FORBIDDEN");
		await assertRefused(intent({ ...tzs, client_id: "NOBODY" }), 404,
			"CLIENT_NOT_FOUND");
	});
	await test("the same key gives the same page", async () => {
		const key = `k-${++counter}`;
		const first = await intent(tzs, { key });
		const again = await intent(tzs, { key });
		assert.deepEqual({ ...first.json, idempotentReplay: true },
			again.json);
	});
	await test("of several clients one must be named", async () => {
		await gateway.clive("client", "add", "--partner", PARTNER,
			"--id", "SECOND001", "--name", "Second");
		await assertRefused(intent(tzs), 400, "VALIDATION_ERROR");
		tzs.client_id = usd.client_id = CLIENT;
		await link();
	});
}

async function queryChecks() {
	await restart({ clickpesa_checksum_key: "" });
	await test("without a key ClickPesa is asked before a credit",
	    async () => {
		const l = await link();
		assert.equal(clickpesa.orders.get(l.ref).checksum, undefined);
		await assertReceived(clickpesa.webhook(l.ref, "SUCCESS"));
		assert.equal(await status(l.id), "pending");
		clickpesa.set(l.ref, "SUCCESS");
		await assertReceived(clickpesa.webhook(l.ref, "SUCCESS"));
		assert.equal(await status(l.id), "succeeded");
		assert.equal(await credits(l.id), 1);
	});
	await test("the amount is ClickPesa's, not the body's", async () => {
		const l = await link();
		clickpesa.set(l.ref, "SETTLED", { collectedAmount: 9999 });
		await assertReceived(clickpesa.webhook(l.ref, "SUCCESS"));
		assert.equal(await status(l.id), "pending");
		assert.deepEqual(await outcomes(l.id), ["quarantined"]);
	});
	await test("a payment is asked about six times a minute", async () => {
		const l = await link(), before = clickpesa.count("/payments/");
		for (let i = 0; i < 6; i++)
			await assertReceived(clickpesa.webhook(l.ref, "SUCCESS"));
		await assertRefused(notify(clickpesa.webhook(l.ref, "SUCCESS")),
			429, "RATE_LIMITED");
		assert.equal(clickpesa.count("/payments/"), before + 6);
	});
	await test("an unknown reference asks nobody", async () => {
		const before = clickpesa.count("/payments/");
		await assertReceived(clickpesa.webhook("NOBODY", "SUCCESS"));
		assert.equal(clickpesa.count("/payments/"), before);
	});
	await test("no answer is 502, so that it comes again", async () => {
		const l = await link();
		for (let i = 0; i < 3; i++)
			clickpesa.order("/payments/", { status: 500, body: "{}" });
		await assertRefused(notify(clickpesa.webhook(l.ref, "SUCCESS")),
			502, "PROCESSOR_UNAVAILABLE");
	});
}

// Everything is killed while the provider is asked; then the same request is
// sent again, later than the first could still have run.
async function kill(fields, asked) {
	const key = `k-${++counter}`, before = asked();
	const body = { ...fields, reference: `killed-${counter}` };
	const first = intent(body, { key }).catch(() => null);
	await eventually("the question", () => asked() > before);
	process.kill(-gateway.server.pid, "SIGKILL");
	await Promise.all([first, gateway.server.gone]);
	return async () => {
		await gateway.serve();
		await gateway.clive("sandbox", "advance", "4m");
		const { status, json } = await intent(body, { key });
		assert.equal(status, 200, JSON.stringify(json));
		const { items } = await gateway.clive("tx", "list", "--reference",
			body.reference);
		assert.equal(items.length, 1);
		assert.equal(items[0].cliveTxId, json.clive_tx_id);
		return json;
	};
}

async function killChecks() {
	await test("killed while Stripe is asked, it is the same page again",
	    async () => {
		stripe.silent = true;
		const again = await kill(usd, () => stripe.sessions.size);
		stripe.silent = false;
		const { url } = [...stripe.sessions.values()].at(-1);
		assert.equal((await again()).url, url);
	});
	await test("killed while ClickPesa is asked, it is another page",
	    async () => {
		clickpesa.order("/checkout-link/", { hang: true });
		const again = await kill(tzs, () => clickpesa.orders.size);
		const lost = [...clickpesa.orders.keys()].at(-1);
		const { url, clive_tx_id: id } = await again();
		const ref = [...clickpesa.orders.keys()].at(-1);
		assert.notEqual(ref, lost);
		assert.ok(url.endsWith(ref));
		await assertReceived(paid(lost));
		assert.equal(await status(id), "pending");
		await assertReceived(paid(ref));
		assert.equal(await status(id), "succeeded");
	});
}

// What cron does each minute, two minutes from now.
async function reconcile() {
	await gateway.clive("sandbox", "advance", "2m");
	await promisify(execFile)(join(BUILD, "cron/reconcile"), ["--once"],
		{ env: { ...process.env, CLIVE_VAR: gateway.var } });
}

async function reconcileChecks() {
	await test("a lost webhook is made up for by asking", async () => {
		const l = await link(), other = await link();
		clickpesa.set(l.ref, "SETTLED");
		clickpesa.set(other.ref, "PROCESSING");
		await reconcile();
		assert.equal(await status(l.id), "succeeded");
		assert.equal(await status(other.id), "pending");
		await assertReceived(paid(l.ref));
		assert.equal(await credits(l.id), 1);
		assert.deepEqual(await outcomes(l.id), ["applied", "unchanged"]);
		await assertReceived(paid(l.ref, { id: `${l.ref}LCP2` }));
		assert.ok((await outcomes(l.id)).includes("quarantined"));
	});
	await test("failed attempts count when no other is left", async () => {
		const l = await link();
		clickpesa.set(l.ref, "FAILED");
		await reconcile();
		assert.equal(await status(l.id), "failed");
	});
}

async function settingChecks() {
	await restart({ clickpesa_webhook_verify: "off",
		clickpesa_checksum_method: "legacy", clickpesa_checksum_key: KEY,
		clickpesa_url_fields: "documented" });
	await test("off believes the body and says so", async () => {
		const l = await link();
		await assertReceived(clickpesa.webhook(l.ref, "SUCCESS"));
		assert.equal(await status(l.id), "succeeded");
		const log = readFileSync(join(gateway.var, "log/programs.log"),
			"utf8");
		assert.match(log, /clickpesa_webhook_verify is off/);
	});
	await test("requests can be signed the old way", async () => {
		const order = clickpesa.orders.get((await link()).ref);
		assert.equal(order.checksumMethod, "legacy");
		assert.equal(order.checksum, mock.legacyChecksum(KEY, order));
		assert.equal(order.notificationUrl, undefined);
		assert.ok(order.callbackUrl);
	});
	await restart({ clickpesa_webhook_verify: "checksum",
		clickpesa_checksum_key: "", clickpesa_api_key: "",
		stripe_secret_key: "" });
	await test("what is not configured is 503", async () => {
		await assertRefused(notify(CP_C), 503,
			"CLICKPESA_CHECKSUM_KEY_MISSING");
		await assertRefused(intent(tzs), 503, "PROVIDER_NOT_CONFIGURED");
		await assertRefused(intent(usd), 503, "PROVIDER_NOT_CONFIGURED");
	});
	await restart({ mode: "live" });
	await test("live mode takes no form without a key", () =>
		assertRefused(intent({ amount: "1", currency: "USD" },
			{ type: FORM, signed: false }), 401, "API_KEY_MISSING"));
	await test("a word that is none is refused at the start", async () => {
		gateway.configure({ clickpesa_webhook_verify: "maybe" });
		await assert.rejects(() => gateway.clive("status"),
			/clickpesa_webhook_verify/);
		gateway.configure({ clickpesa_webhook_verify: "" });
	});
}

await run("clickpesa", async () => {
	stripe = await startStripe();
	clickpesa.checksumKey = KEY;
	gateway = await Gateway.make({ rate_limit_per_minute: 0,
		stripe_api_base: stripe.url, stripe_secret_key: "sk_test_x",
		stripe_publishable_key: "pk_test_x",
		clickpesa_api_url: clickpesa.url,
		clickpesa_client_id: clickpesa.clientId,
		clickpesa_api_key: clickpesa.apiKey,
		clickpesa_checksum_key: KEY });
	await gateway.serve();
	await stripeChecks();
	await sessionChecks();
	await linkChecks();
	await failureChecks();
	await webhookChecks();
	await moreWebhookChecks();
	await killChecks();
	await reconcileChecks();
	await formChecks();
	clickpesa.checksumKey = "";
	await queryChecks();
	await settingChecks();
	await test("the books are right in the end", async () => {
		assert.equal((await gateway.clive("verify")).ok, true);
	});
});
