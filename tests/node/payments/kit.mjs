// SPDX-License-Identifier: ISC
// kit.mjs - what the acceptance tests of the Payments API share: a gateway
// beside its sandbox, merchants with keys, requests that look at every answer,
// the stand-in of Stripe, a receiver of webhooks that checks as the page for
// receivers says.
//
// Written from the specification alone. Whatever a call answers must have the
// envelope, the trace id and the content type that are promised, so that each
// case here is a test of those, too.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHmac, randomBytes, randomInt, randomUUID, timingSafeEqual }
	from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { createServer as createSocket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

import { BUILD, CLIENT, Gateway, PARTNER, ROOT, atEnd, eventually, sleep }
	from "../lib.mjs";

export const CARDS = { good: "4242424242424242",
	declined: "4000000000000002", poor: "4000000000009995",
	expired: "4000000000000069", asks: "4000002760003184",
	disputed: "4000000000000341" };

export const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE,
	DAY = 24 * HOUR;

// Calls that move money have to have an idempotency key.
const KEYED = ["/v1/payments", "/v1/refunds", "/v1/transfers"];

let serial = 0;
export const unique = (what = "n") =>
	`${what}-${++serial}-${randomBytes(3).toString("hex")}`;

export const card = (number, more = {}) => ({ type: "card",
	card: { number, exp_month: 12, exp_year: 2040, cvc: "123", ...more } });
export const momo = (phone_number, provider = "mtn") => ({ type: "momo",
	momo: { provider, phone_number } });

// The answers

export function expect(answer, status, code) {
	const said = `${answer.what}: ${answer.status} ${answer.text}`;
	assert.equal(answer.status, status, said);
	if (code)
		assert.equal(answer.json.error.code, code, said);
	return code ? answer.json.error : answer.json.data;
}

function judge(answer) {
	const { what, status, headers, text, json } = answer;
	const said = `${what}: ${status} ${text.slice(0, 300)}`;
	assert.match(headers["content-type"] ?? "",
		/^application\/json(; ?charset=utf-8)?$/i, said);
	assert.match(headers["x-trace-id"] ?? "", /^\S{8,}$/, said);
	assert.equal(headers["x-trace-id"], headers["x-request-id"], said);
	assert.ok(json && !Array.isArray(json), said);
	if (status < 300) {
		assert.equal(json.success, true, said);
		assert.ok("data" in json && !("error" in json), said);
		return;
	}
	assert.equal(json.success, false, said);
	assert.deepEqual(Object.keys(json), ["success", "error"], said);
	assert.match(json.error.code, /^[A-Z][A-Z_]+$/, said);
	assert.equal(typeof json.error.message, "string", said);
	for (const name of Object.keys(json.error))
		assert.ok(["code", "message", "details"].includes(name), said);
}

// The gateway

async function freePort() {
	const socket = createSocket();
	await new Promise((done) => socket.listen(0, "127.0.0.1", done));
	const { port } = socket.address();
	await new Promise((done) => socket.close(done));
	return port;
}

// A web server with a sandbox beside it; it leads a process group and ends
// with us. It is started again where another program has taken a port since
// that was found free.
async function serve(gateway, sandboxPort) {
	let server, gone, ended = false;
	const start = () => {
		server = spawn(join(ROOT, "tests/serve"), ["lighttpd",
			gateway.var, String(gateway.port), BUILD], {
			detached: true, stdio: "ignore", env: { ...process.env,
			CLIVE_SANDBOX_PORT: String(sandboxPort) } });
		gone = new Promise((done) => server.on("exit", done));
		ended = false;
		gone.then(() => { ended = true; });
	};
	const kill = (signal) => {
		try {
			process.kill(-server.pid, signal);
		} catch {
			// It is gone already.
		}
	};
	start();
	process.on("exit", () => kill("SIGKILL"));
	atEnd(async () => {
		kill("SIGTERM");
		await Promise.race([gone, sleep(3000)]);
	});
	await eventually("web server", async () => {
		if (ended)
			start();
		return (await Promise.all([
			fetch(`${gateway.url}/v1/payments`),
			fetch(`http://localhost:${sandboxPort}/control/counts`),
		])).map(({ status }) => status).join() === "401,200";
	}, 30000, 100);
}

// A merchant: a client of a partner, with a key of each mode.
class Merchant {
	constructor(shop, partner, client) {
		Object.assign(this, { shop, partner, client });
	}

	async addKey(live = false, scopes = null) {
		return this.shop.merchantKey(this, live, scopes);
	}
}

export class Shop {
	moved = 0;	// how far the sandbox clock was moved, ms

	// A gateway, its sandbox and three merchants: ours, another client of
	// the same partner, a client of another partner.
	static async start(settings = {}) {
		const shop = new Shop();
		const port = await freePort();
		shop.sandbox = `http://localhost:${port}`;
		shop.gateway = await Gateway.make({ rate_limit_per_minute: 0,
			wait_ms: 1000, stripe_api_base: shop.sandbox,
			clickpesa_api_url: `${shop.sandbox}/third-parties`,
			clickpesa_client_id: "acceptance",
			clickpesa_api_key: "acceptance",
			clickpesa_checksum_key: "acceptance",
			stripe_secret_key: "sk_test_acceptance",
			stripe_publishable_key: "pk_test_acceptance", ...settings });
		shop.url = shop.gateway.url;
		await shop.clive("client", "add", "--partner", PARTNER,
			"--id", "OTHERAIR001", "--name", "Other Air");
		await shop.clive("partner", "add", "--id", "SECOND001",
			"--name", "Second", "--fee", "3.5");
		await shop.clive("client", "add", "--partner", "SECOND001",
			"--id", "SECONDCO001", "--name", "Second Co");
		shop.ours = await shop.merchant(PARTNER, CLIENT);
		shop.sibling = await shop.merchant(PARTNER, "OTHERAIR001");
		shop.stranger = await shop.merchant("SECOND001", "SECONDCO001");
		await serve(shop.gateway, port);
		return shop;
	}

	// A gateway in live mode, without a sandbox and without processors but
	// those of the settings.
	static async startLive(settings = {}) {
		const shop = new Shop();
		shop.gateway = await Gateway.make({ mode: "live",
			rate_limit_per_minute: 0, ...settings });
		shop.url = shop.gateway.url;
		shop.ours = await shop.merchant(PARTNER, CLIENT);
		await shop.gateway.serve();
		return shop;
	}

	clive(...args) {
		return this.gateway.clive(...args);
	}

	async merchant(partner, client) {
		const merchant = new Merchant(this, partner, client);
		merchant.test = await merchant.addKey();
		merchant.live = await merchant.addKey(true);
		return merchant;
	}

	// {id, key}: its name and the bearer token.
	async merchantKey({ partner, client }, live, scopes) {
		const made = await this.clive("merchant-key", "add",
			"--partner", partner, "--client", client,
			"--name", unique("key"), ...(live ? ["--live"] : []),
			...(scopes ? ["--scopes", scopes] : []));
		return { id: made.id, key: made.api_key };
	}

	get key() {
		return this.ours.test.key;
	}

	// One request on a connection of its own. body: an object, or the exact
	// text or bytes. key null: no Authorization; idem null: no idempotency key.
	async call(method, path, { key = this.key, idem, body, headers = {},
		unjudged = false } = {}) {
		const text = body === undefined || typeof body === "string" ||
			Buffer.isBuffer(body) ? body : JSON.stringify(body);
		if (idem === undefined && method === "POST" && KEYED.includes(path))
			idem = randomUUID();
		const all = { ...(key ? { authorization: `Bearer ${key}` } : {}),
			...(text === undefined ? {} :
				{ "content-type": "application/json",
				"content-length": Buffer.byteLength(text) }),
			...(idem === undefined || idem === null ? {} :
				{ "x-idempotency-key": idem }), ...headers };
		const answer = await new Promise((done, fail) => {
			const request = httpRequest(this.url + path, { method,
				agent: false, headers: all }, (response) => {
				const parts = [];
				response.on("data", (part) => parts.push(part));
				response.on("error", fail);
				response.on("end", () => done({
					status: response.statusCode,
					headers: response.headers,
					text: Buffer.concat(parts).toString() }));
			});
			request.on("error", fail);
			request.end(text);
		});
		answer.what = `${method} ${path}`;
		try {
			answer.json = JSON.parse(answer.text);
		} catch {
			answer.json = null;
		}
		if (!unjudged)
			judge(answer);
		return answer;
	}

	get(path, options) {
		return this.call("GET", path, options);
	}

	post(path, body, options) {
		return this.call("POST", path, { body, ...options });
	}

	// Payments

	order = (more = {}) => ({ amount: 1250, currency: "USD",
		description: "Order #A-1001", metadata: { order_id: "A-1001" },
		...more });

	async create(more = {}, options = {}) {
		return expect(await this.post("/v1/payments", this.order(more),
			options), 201);
	}

	// By the merchant; payer: by the browser, which has the client secret
	// and perhaps a key that counts for nothing.
	confirm(payment, method, { options, payer = false, ...more } = {}) {
		return this.post(`/v1/payments/${payment.id}/confirm`, {
			...(payer ? { client_secret: payment.client_secret } : {}),
			payment_method: method, ...more },
			payer ? { key: null, ...options } : options);
	}

	async retrieve(payment, options) {
		return expect(await this.get(`/v1/payments/${payment.id ?? payment}`,
			options), 200);
	}

	// A payment that succeeded by card.
	async paid(more = {}, options = {}) {
		const made = await this.create(more, options);
		const data = expect(await this.confirm(made, card(CARDS.good),
			{ options }), 200);
		assert.equal(data.status, "succeeded");
		return { ...made, ...data, client_secret: made.client_secret };
	}

	becomes(payment, status, options) {
		return eventually(`${payment.id} ${status}`, async () => {
			const found = await this.retrieve(payment, options);
			if (found.status !== status)
				throw new Error(found.status);
			return found;
		});
	}

	disputed(payment) {
		return eventually(`${payment.id} disputed`, async () => {
			const seen = await this.retrieve(payment);
			assert.equal(seen.status, "succeeded");
			return seen.disputed;
		});
	}

	refund(payment, more = {}, options = {}) {
		return this.post("/v1/refunds", { payment: payment.id, ...more },
			options);
	}

	// All of a list, page by page.
	async all(path, options = {}, limit = 100) {
		const found = [];
		for (;;) {
			const after = found.length ?
				`&starting_after=${found.at(-1).id}` : "";
			const answer = await this.get(`${path}${path.includes("?") ?
				"&" : "?"}limit=${limit}${after}`, options);
			found.push(...expect(answer, 200));
			if (!answer.json.has_more)
				return found;
			assert.ok(found.length < 2000, "a list without an end");
		}
	}

	// The events about a payment, the oldest first.
	async events(payment, options) {
		const all = await this.all("/v1/events", options);
		return all.filter(({ data: { object } }) => object.id ===
			payment.id || object.payment === payment.id).reverse();
	}

	async types(payment, options) {
		return (await this.events(payment, options)).map(({ type }) => type);
	}

	// Time, and the programs that cron starts

	now() {
		return Date.now() + this.moved;
	}

	async advance(ms) {
		await this.control("POST", "/clock", { advance_ms: ms });
		this.moved += ms;
	}

	async program(name, ...args) {
		const { stdout } = await promisify(execFile)(join(BUILD, "cron", name),
			args, { env: { ...process.env, CLIVE_VAR: this.gateway.var } });
		return stdout;
	}

	deliver() {
		return this.program("deliver", "--once");
	}

	reconcile() {
		return this.program("reconcile", "--once", "-v");
	}

	async books() {
		const { ok } = await this.clive("verify");
		assert.equal(ok, true);
	}

	// The last of a test: books are right, and no program had anything to
	// warn of.
	async inOrder() {
		await this.books();
		const folder = join(this.gateway.var, "log");
		const log = readdirSync(folder).map((name) =>
			readFileSync(join(folder, name), "utf8")).join("\n");
		assert.ok(log.includes("/v1/payments"));
		assert.deepEqual(log.split("\n").filter((line) =>
			/ level=warning |Sanitizer|runtime error:/.test(line))
			.slice(0, 5), []);
	}

	// Kills the programs of a name that our web server has started, as a
	// loss of power would; it starts others.
	kill(name) {
		let killed = 0;
		for (const pid of readdirSync("/proc").filter((one) =>
			/^\d+$/.test(one))) {
			try {
				const read = (file) => readFileSync(
					`/proc/${pid}/${file}`, "latin1").split("\0");
				if (read("cmdline")[0].endsWith(`/v1/${name}.cgi`) &&
					read("environ").includes(
					`CLIVE_VAR=${this.gateway.var}`)) {
					process.kill(Number(pid), "SIGKILL");
					killed++;
				}
			} catch {
				// It ended while we looked.
			}
		}
		assert.ok(killed > 0, `no ${name} is running`);
	}

	// The stand-in of Stripe

	async control(method, path, body) {
		const answer = await fetch(`${this.sandbox}/control${path}`, {
			method, headers: { "content-type": "application/json" },
			body: body && JSON.stringify(body) });
		assert.ok(answer.ok, await answer.clone().text());
		return answer.json();
	}

	counts() {
		return this.control("GET", "/counts");
	}

	fault(fault, match, more = {}) {
		return this.control("POST", "/faults", { fault, match,
			method: "POST", times: 1, ...more });
	}

	async stripe(method, path, params) {
		const answer = await fetch(`${this.sandbox}/v1${path}`, { method,
			headers: { authorization: "Bearer sk_test_acceptance" },
			body: params && new URLSearchParams(params) });
		return { status: answer.status, json: await answer.json() };
	}

	// Nothing of Stripe's on its way to the gateway any more.
	async quiet() {
		let last = -1;
		await eventually("all of Stripe's webhooks sent", async () => {
			const { events } = await this.counts();
			const { pending } = await this.control("GET", "/webhooks");
			const still = pending === 0 && events === last;
			last = events;
			return still;
		}, 20000, 250);
	}

	// Wallets

	// A test buyer, who has 1000 USD of fake money.
	async buyer({ key, ...more } = {}) {
		const phone_number = `+2318${String(randomInt(1e8))
			.padStart(8, "0")}`;
		return expect(await this.post("/v1/test/buyers",
			{ phone_number, name: "Test Buyer", ...more },
			key ? { key } : {}), 201);
	}

	// What a test buyer has.
	async purse({ phone_number: phone }, currency = "USD") {
		const { wallets } = expect(await this.get(
			`/v1/test/buyers/${encodeURIComponent(phone)}`), 200);
		return wallets.find((one) => one.currency === currency).balance;
	}

	// Puts money into a merchant's wallet; answers with that.
	async fund(merchant, amount, currency = "USD", live = false) {
		await this.clive("wallet", "fund", "--partner", merchant.partner,
			"--client", merchant.client, ...(live ? ["--live"] : []),
			"--amount", String(amount / 100), "--currency", currency,
			"--note", "test");
		const { key } = live ? merchant.live : merchant.test;
		return (await this.all("/v1/wallets", { key })).find((one) =>
			one.currency === currency);
	}

	transfer({ phone_number }, amount, { body = {}, ...options } = {}) {
		return this.post("/v1/transfers", { amount, currency: "USD",
			to: { phone_number }, ...body }, options);
	}

	// Webhook endpoints

	async endpoint(url, events = ["*"], options = {}) {
		return expect(await this.post("/v1/webhook-endpoints",
			{ url, events }, options), 201);
	}

	// A receiver with an endpoint of its own.
	async receiver(events = ["*"], options = {}) {
		const backEnd = await BackEnd.start(this);
		const made = await this.endpoint(backEnd.url, events, options);
		backEnd.secrets = [made.signing_secret];
		backEnd.endpoint = made;
		return backEnd;
	}
}

// A merchant's back end

/*
 * Is this delivery genuine? The algorithm of soxara.md 6 with the corners of
 * 12.13; now in seconds.
 */
export function genuine(secret, header, raw, now) {
	let t = null;
	const given = [];
	for (const piece of (header ?? "").split(",")) {
		const at = piece.indexOf("=");
		if (at < 0)
			continue;
		const name = piece.slice(0, at), value = piece.slice(at + 1);
		if (name === "t")
			t = value;
		else if (name === "v1" && /^[0-9a-fA-F]{64}$/.test(value))
			given.push(Buffer.from(value, "hex"));
	}
	if (t === null || !/^\d{1,19}$/.test(t) || given.length === 0)
		return false;
	const wanted = createHmac("sha256", secret)
		.update(Buffer.concat([Buffer.from(`${t}.`), raw])).digest();
	return given.some((one) => timingSafeEqual(one, wanted)) &&
		Math.abs(now - Number(t)) <= 300;
}

/*
 * The receiver that the documentation describes: checks, drops what it knows
 * by the event's id, notes the event, and changes an order only from a state
 * that allows it.
 */
export class BackEnd {
	secrets = [];
	got = [];		// every request: what came, what was answered
	seen = new Map();	// event id: type
	orders = new Map();	// id: {status, payment, times paid}
	answer = () => 200;	// what else is answered to a genuine one

	static async start(shop) {
		const backEnd = new BackEnd();
		backEnd.shop = shop;
		const server = createServer((request, response) => {
			const parts = [];
			request.on("data", (part) => parts.push(part));
			request.on("end", () => {
				const status = backEnd.take(request,
					Buffer.concat(parts));
				response.writeHead(status);
				response.end();
			});
		});
		await new Promise((done) => server.listen(0, "127.0.0.1", done));
		atEnd(() => {
			server.closeAllConnections();
			return new Promise((done) => server.close(done));
		});
		backEnd.url = `http://127.0.0.1:${server.address().port}/hook`;
		return backEnd;
	}

	take(request, raw) {
		const status = this.judge(request.headers, raw);
		this.got.push({ headers: request.headers, raw: raw.toString(),
			status, method: request.method,
			t: Number(/t=(\d+)/.exec(request.headers["soxara-signature"] ??
				"")?.[1]) });
		return status;
	}

	judge(headers, raw) {
		const header = headers["soxara-signature"];
		const now = Math.floor(this.shop.now() / 1000);
		if (!this.secrets.some((secret) => genuine(secret, header, raw,
			now)))
			return 400;
		const event = JSON.parse(raw);
		if (this.seen.has(event.id))
			return 200;
		const status = this.answer(event);
		if (status !== 200)
			return status;
		this.seen.set(event.id, event.type);
		this.work(event);
		return 200;
	}

	work({ type, data: { object } }) {
		const by = (id) => [...this.orders.values()].find((one) =>
			one.payment === id);
		if (type === "payment.succeeded") {
			const order = this.orders.get(object.metadata.order_id);
			if (["pending", "awaiting_payment"].includes(order?.status)) {
				order.status = "paid";
				order.times++;
			}
		} else if (type === "payment.failed") {
			const order = this.orders.get(object.metadata.order_id);
			if (["pending", "awaiting_payment"].includes(order?.status)) {
				order.status = "failed";
				order.why = object.failure.code;
			}
		} else if (type === "refund.succeeded") {
			const order = by(object.payment);
			if (order)
				order.status = "refunded";
		}
	}

	// An order with its payment.
	async order(more = {}) {
		const id = unique("order");
		const payment = await this.shop.create({
			metadata: { order_id: id }, ...more },
			{ idem: `order-${id}-v1` });
		const order = { id, status: "awaiting_payment",
			payment: payment.id, times: 0 };
		this.orders.set(id, order);
		return { order, payment };
	}

	// The events that were taken about a payment, as they came.
	about(payment) {
		return this.got.filter(({ status }) => status === 200)
			.map(({ raw }) => JSON.parse(raw))
			.filter(({ data: { object } }) => object.id === payment.id ||
				object.payment === payment.id);
	}

	types(payment) {
		return this.about(payment).map(({ type }) => type);
	}

	// These and no others were told; in which order is not promised.
	told(payment, ...types) {
		assert.deepEqual(this.types(payment).sort(), types.sort());
	}
}

// The bank's page, followed by HTTP: where it leads, and the last answer that
// was not a page of ours.
export async function answerBank(url, action) {
	const page = await fetch(url, { redirect: "manual" });
	assert.equal(page.status, 200, url);
	const html = await page.text();
	const form = /<form[^>]*action="([^"]+)"/.exec(html);
	assert.ok(form, html);
	const answer = await fetch(new URL(form[1], url), { method: "POST",
		redirect: "manual", body: new URLSearchParams({ action }) });
	assert.equal(answer.status, 303);
	return new URL(answer.headers.get("location"), url);
}

// n of them at once, each on a connection of its own.
export const together = (n, each) => Promise.all(
	Array.from({ length: n }, (_, i) => each(i)));

// How many of which answer.
export function tally(answers) {
	const sums = {};
	for (const { status, json } of answers) {
		const said = json?.error ? `${status} ${json.error.code}` :
			`${status}`;
		sums[said] = (sums[said] ?? 0) + 1;
	}
	return sums;
}
