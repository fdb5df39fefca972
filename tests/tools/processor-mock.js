// SPDX-License-Identifier: ISC
// processor-mock.js - Stripe and Revolut on two ports, small, and badly
// behaved on order.
//
//	const { Processors } = require("./processor-mock.js");
//	const p = await Processors.start();
//	p.stripe.next("500", 3);	// the next three creations
//	p.revolut.always("429");	// until p.revolut.always(null)
//
// Modes hit what creates something (POST /v1/payment_intents, POST
// /api/orders), or with a pattern whatever it matches ("GET /api/orders"):
//
//	ok, 500 (not done), 500_after (done), html (done; 200 and no JSON),
//	reset_before (not done), reset_after (done; no answer), slow (done;
//	answers after `slowMs`), 400, 402, 401, 429 (not done)
//
// As the real ones: Stripe keeps answers under an idempotency key, 500s too,
// but neither refused parameters nor 401 and 429; Revolut knows no key.

"use strict";

const { createServer } = require("node:http");
const { randomBytes, randomUUID } = require("node:crypto");

const BODIES = {
	stripe: {
		400: { error: { type: "invalid_request_error",
			code: "amount_too_small", message: "Amount is too small." } },
		401: { error: { type: "invalid_request_error",
			message: "Invalid API Key provided." } },
		402: { error: { type: "card_error", code: "card_declined",
			message: "The card was declined." } },
		429: { error: { type: "invalid_request_error", code: "rate_limit",
			message: "Too many requests." } },
		500: { error: { type: "api_error", message: "It is us." } },
	},
	revolut: {
		400: { code: "invalid_amount", message: "Amount is invalid.",
			timestamp: 1764000000000 },
		401: { code: 1017, message: "Unauthorised", timestamp: 1764000000000 },
		402: { code: 1024, message: "No", timestamp: 1764000000000 },
		429: { code: "too_many_requests", timestamp: 1764000000000 },
		500: { code: 9999, message: "It is us.", timestamp: 1764000000000 },
	},
};

// "metadata[a]=b" as {"metadata[a]": "b"}
function parseForm(text) {
	return Object.fromEntries(new URLSearchParams(text));
}

class Service {
	calls = [];		// what came: method, path, key, params, headers
	slowMs = 3000;
	#queue = [];
	#always = null;
	#patterns = [];

	constructor(name, creates) {
		this.name = name;
		this.creates = creates;
	}

	next(mode, times = 1) {
		for (let i = 0; i < times; i++)
			this.#queue.push(mode);
	}

	always(mode, pattern = null) {
		if (pattern)
			this.#patterns = mode ? [[pattern, mode]] : [];
		else
			this.#always = mode;
	}

	// Forgets the modes, and the calls.
	reset() {
		this.#queue = [];
		this.#always = null;
		this.#patterns = [];
		this.calls = [];
	}

	// The calls that were meant to create something.
	get creations() {
		return this.calls.filter((call) =>
			`${call.method} ${call.path}` === this.creates);
	}

	#mode(line) {
		for (const [pattern, mode] of this.#patterns)
			if (line.startsWith(pattern))
				return mode;
		if (line !== this.creates)
			return "ok";
		return this.#queue.shift() ?? this.#always ?? "ok";
	}

	async listen(port = 0) {
		this.server = createServer((request, response) => {
			const parts = [];
			request.on("data", (part) => parts.push(part));
			request.on("end", () => this.#take(request, response,
				Buffer.concat(parts).toString()));
			request.on("error", () => {});
		});
		await new Promise((done) =>
			this.server.listen(port, "127.0.0.1", done));
		this.port = this.server.address().port;
		this.url = `http://127.0.0.1:${this.port}`;
	}

	// Nobody listens there until listen(port) again.
	async close() {
		this.server.closeAllConnections();
		await new Promise((done) => this.server.close(done));
	}

	#take(request, response, text) {
		const url = new URL(request.url, this.url);
		const call = { method: request.method, path: url.pathname,
			query: Object.fromEntries(url.searchParams), text,
			key: request.headers["idempotency-key"] ?? null,
			headers: request.headers };
		const line = `${call.method} ${call.path}`;
		const mode = this.#mode(line);
		this.calls.push(call);
		call.mode = mode;
		if (mode === "reset_before") {
			request.socket.resetAndDestroy();
			return;
		}
		let answer;
		if (["400", "401", "402", "429"].includes(mode))
			answer = [Number(mode), BODIES[this.name][mode]];
		else if (mode === "500" && line !== this.creates)
			answer = [500, BODIES[this.name]["500"]];
		else
			answer = this.work(call, mode);
		[call.status] = answer;
		if (mode === "reset_after")
			request.socket.resetAndDestroy();
		else if (mode === "html")
			this.#send(response, 200, "<html>hello</html>", "text/html");
		else if (mode === "slow")
			setTimeout(() => this.#send(response, answer[0],
				JSON.stringify(answer[1])), this.slowMs).unref();
		else
			this.#send(response, answer[0], JSON.stringify(answer[1]));
	}

	#send(response, status, text, type = "application/json") {
		if (response.destroyed)
			return;
		response.writeHead(status, { "Content-Type": type,
			"Request-Id": `req_${randomBytes(6).toString("hex")}` });
		response.end(text);
	}

	// What a creation answers, where it fails after or before its work.
	failing(mode, work) {
		if (mode === "500")
			return [500, BODIES[this.name]["500"]];
		const done = work();
		return mode === "500_after" ? [500, BODIES[this.name]["500"]] : done;
	}
}

class Stripe extends Service {
	intents = new Map();
	#kept = new Map();

	constructor() {
		super("stripe", "POST /v1/payment_intents");
	}

	work(call, mode) {
		call.params = parseForm(call.text);
		if (call.method === "POST" && call.key) {
			const kept = this.#kept.get(call.key);
			if (kept && kept.print !== call.path + call.text)
				return [400, { error: { type: "idempotency_error",
					message: "Keys can only be used with the same " +
						"parameters." } }];
			if (kept)
				return kept.answer;
		}
		const answer = this.#do(call, mode);
		if (call.method === "POST" && call.key)
			this.#kept.set(call.key, { answer,
				print: call.path + call.text });
		return answer;
	}

	#do(call, mode) {
		const [, , kind, id, verb] = call.path.split("/");
		if (kind === "payment_intents" && !id)
			return this.failing(mode, () => [200, this.#create(call)]);
		const intent = this.intents.get(id);
		if (!intent)
			return [404, { error: { type: "invalid_request_error",
				code: "resource_missing", message: "No such thing." } }];
		if (verb === "cancel")
			intent.status = "canceled";
		return [200, intent];
	}

	#create(call) {
		const id = `pi_${randomBytes(12).toString("hex")}`;
		const metadata = {};
		for (const [key, value] of Object.entries(call.params)) {
			const name = /^metadata\[(.*)\]$/.exec(key);
			if (name)
				metadata[name[1]] = value;
		}
		const intent = { id, object: "payment_intent",
			amount: Number(call.params.amount), amount_received: 0,
			currency: call.params.currency,
			client_secret: `${id}_secret_${randomBytes(8).toString("hex")}`,
			last_payment_error: null, livemode: false, metadata,
			status: "requires_payment_method" };
		this.intents.set(id, intent);
		return intent;
	}

	succeed(id, received = this.intents.get(id).amount) {
		Object.assign(this.intents.get(id), { status: "succeeded",
			amount_received: received });
	}

	decline(id) {
		this.intents.get(id).last_payment_error = { type: "card_error",
			code: "card_declined", message: "The card was declined." };
	}
}

class Revolut extends Service {
	orders = new Map();

	constructor() {
		super("revolut", "POST /api/orders");
	}

	work(call, mode) {
		const [, , , id, verb] = call.path.split("/");
		call.params = call.text ? JSON.parse(call.text) : {};
		if (!call.headers["revolut-api-version"])
			return [400, { code: "missing_version", timestamp: 0 }];
		if (call.method === "POST" && !id)
			return this.failing(mode, () => [201, this.#create(call.params)]);
		if (!id)
			return [200, { orders: this.#list(call.query) }];
		const order = this.orders.get(id);
		if (!order)
			return [404, { code: "not_found", message: "No such order.",
				timestamp: 0 }];
		if (verb === "cancel")
			order.state = "cancelled";
		if (verb === "refund")
			return [201, this.refund(id, call.params.amount)];
		return [200, order];
	}

	// What a list shows of an order: no token.
	#list(query) {
		const wanted = query.merchant_order_data_reference;
		return [...this.orders.values()].filter((order) => !wanted ||
			order.merchant_order_data?.reference === wanted)
			.map(({ id, type, state, amount, currency }) =>
				({ id, type, state, amount, currency }));
	}

	#create(params, more = {}) {
		const token = randomUUID();
		const order = { id: randomUUID(), token, type: "payment",
			state: "pending", amount: params.amount,
			currency: params.currency, outstanding_amount: params.amount,
			refunded_amount: 0, capture_mode: "automatic",
			merchant_order_data: params.merchant_order_data,
			checkout_url: `https://checkout.revolut.com/payment-link/${token}`,
			payments: [], ...more };
		this.orders.set(order.id, order);
		return order;
	}

	complete(id, paid = this.orders.get(id).amount) {
		const order = this.orders.get(id);
		order.state = "completed";
		order.outstanding_amount = order.amount - paid;
		delete order.token;
		order.payments.push({ id: randomUUID(), state: "completed" });
	}

	decline(id) {
		this.orders.get(id).payments.push({ id: randomUUID(),
			state: "declined", decline_reason: "insufficient_funds" });
	}

	end(id, state) {
		this.orders.get(id).state = state;
	}

	// A refund is an order of its own.
	refund(id, amount) {
		const paid = this.orders.get(id);
		paid.refunded_amount += amount;
		return this.#create({ amount, currency: paid.currency }, {
			type: "refund", state: "completed", outstanding_amount: 0,
			related_order_id: id });
	}

	// One that another shop of the same merchant made.
	foreign() {
		return this.#create({ amount: 100, currency: "GBP",
			merchant_order_data: { reference: "shop-42" } });
	}
}

class Processors {
	static async start() {
		const processors = new Processors();
		processors.stripe = new Stripe();
		processors.revolut = new Revolut();
		await processors.stripe.listen();
		await processors.revolut.listen();
		return processors;
	}

	async close() {
		await this.stripe.close();
		await this.revolut.close();
	}
}

module.exports = { Processors };
