// SPDX-License-Identifier: ISC
// clickpesa-mock.js - ClickPesa as spec clickpesa.md describes it, for tests:
// token, checkout link, push and query, answers on order, webhooks to send.
//
//	node tests/tools/clickpesa-mock.js [PORT]	stands alone

"use strict";
const { createHmac } = require("node:crypto");
const { createServer } = require("node:http");

// The canonical text of section 7.
function canonical(value) {
	if (Array.isArray(value))
		return value.map(canonical);
	if (value === null || typeof value !== "object")
		return value;
	return Object.fromEntries(Object.keys(value).sort()
		.map((key) => [key, canonical(value[key])]));
}

function checksum(key, body) {
	const { checksum: _, checksumMethod: __, ...rest } = body;
	return createHmac("sha256", key).update(JSON.stringify(canonical(rest)))
		.digest("hex");
}

// The method of before 2026, for flat bodies.
function legacyChecksum(key, body) {
	const { checksum: _, checksumMethod: __, ...rest } = body;
	return createHmac("sha256", key).update(Object.keys(rest).sort()
		.map((name) => String(rest[name])).join("")).digest("hex");
}

class ClickPesa {
	clientId = "ID1234XHYAJK";
	apiKey = "SKtestkey";
	checksumKey = "";	// set: requests need a checksum
	bearer = true;		// the token brings "Bearer " along
	calls = [];		// { method, path, headers, body }
	orders = new Map();	// body of the request by orderReference
	payments = new Map();	// attempts by orderReference
	push = {};		// what the answer to a push says otherwise
	#orders = [];
	#token = "";
	#tokens = 0;

	async listen(port = 0) {
		this.server = createServer((request, response) => {
			const parts = [];
			request.on("data", (part) => parts.push(part));
			request.on("end", () => this.#serve(request, response,
				Buffer.concat(parts).toString()));
		});
		await new Promise((done) =>
			this.server.listen(port, "127.0.0.1", done));
		this.url = `http://127.0.0.1:${this.server.address().port}` +
			"/third-parties";
		return this;
	}

	close() {
		this.server.closeAllConnections();
		return new Promise((done) => this.server.close(done));
	}

	// The next call whose path begins so is answered like this: { status,
	// body } without being done, with done: true although it was, or not at
	// all although it was done: { drop: true } hangs up, { hang: true } keeps
	// silent.
	order(path, answer) {
		this.#orders.push({ path, ...answer });
	}

	// Tokens handed out so far are good no more.
	revoke() {
		this.#token = "";
	}

	count(path) {
		return this.calls.filter((call) => call.path.startsWith(path)).length;
	}

	#serve(request, response, body) {
		const path = request.url.replace(/^\/third-parties/, "");
		const call = { method: request.method, path,
			headers: request.headers, body };
		this.calls.push(call);
		const at = this.#orders.findIndex((o) => path.startsWith(o.path));
		const ordered = at >= 0 ? this.#orders.splice(at, 1)[0] : null;
		if (ordered?.done)
			this.#answer(call);
		const [status, answer] = ordered?.status ?
			[ordered.status, ordered.body] : this.#answer(call);
		if (ordered?.drop)
			return request.socket.destroy();
		if (ordered?.hang)
			return;
		response.writeHead(status, { "Content-Type": "application/json" });
		response.end(typeof answer === "string" ? answer :
			JSON.stringify(answer));
	}

	#answer({ method, path, headers, body }) {
		if (method === "POST" && path === "/generate-token")
			return this.#newToken(headers);
		if (this.#token === "" || headers.authorization !== this.#token)
			return [401, { message: "Unauthorized" }];
		if (method === "POST" &&
		    path === "/checkout-link/generate-checkout-url")
			return this.#newLink(body);
		if (method === "POST" &&
		    path === "/payments/initiate-ussd-push-request")
			return this.#newPush(body);
		const query = /^\/payments\/([^/]+)$/.exec(path);
		if (method === "GET" && query) {
			const found = this.payments.get(query[1]);
			return found ? [200, found] : [404, { message:
				`Invalid or missing payment: ${query[1]}` }];
		}
		return [404, { message: "Not found" }];
	}

	#newToken(headers) {
		if (!headers["client-id"] || !headers["api-key"])
			return [401, { message: "Unauthorized" }];
		if (headers["client-id"] !== this.clientId)
			return [403, { message: "Invalid client details" }];
		if (headers["api-key"] !== this.apiKey)
			return [403, { message: "Invalid or Expired API-Key" }];
		this.#token = `Bearer eyJ.${++this.#tokens}.sig`;
		return [200, { success: true, token: this.bearer ? this.#token :
			this.#token.slice("Bearer ".length) }];
	}

	// What is wrong with links and pushes alike, or null.
	#refusal(body) {
		const expected = body.checksumMethod === "legacy" ?
			legacyChecksum : checksum;
		if (this.checksumKey &&
		    body.checksum !== expected(this.checksumKey, body))
			return [400, { message: "Invalid checksum" }];
		if (!/^[A-Za-z0-9]+$/.test(body.orderReference ?? ""))
			return [400, { message: "Invalid Order Reference, should only " +
				"contain alphanumeric characters and cannot be blank" }];
		if (this.orders.has(body.orderReference))
			return [409, { message: `Order reference ` +
				`${body.orderReference} already used: Create a ` +
				`different reference` }];
		return null;
	}

	#newLink(text) {
		const body = JSON.parse(text);
		if (typeof body.totalPrice !== "string")
			return [400, { message: "Total Price is required" }];
		const refusal = this.#refusal(body);
		if (refusal)
			return refusal;
		this.orders.set(body.orderReference, body);
		return [200, { checkoutLink: "https://checkout.clickpesa.com/" +
			body.orderReference, clientId: this.clientId }];
	}

	#newPush(text) {
		const body = JSON.parse(text);
		if (!/^255[67]\d{8}$/.test(body.phoneNumber ?? ""))
			return [400, { message: "Invalid / unsupported phone number" }];
		if (!/^\d+$/.test(body.amount ?? "") || body.currency !== "TZS")
			return [400, { message: "Amount is required" }];
		const refusal = this.#refusal(body);
		if (refusal)
			return refusal;
		this.orders.set(body.orderReference, { ...body,
			totalPrice: body.amount, orderCurrency: body.currency });
		this.set(body.orderReference, "PROCESSING");
		return [200, { id: `${body.orderReference}LCP1`,
			status: "PROCESSING", channel: "TIGO-PESA",
			orderReference: body.orderReference,
			collectedAmount: body.amount, collectedCurrency: "TZS",
			createdAt: "2024-04-10T18:22:16.949Z",
			clientId: this.clientId, ...this.push }];
	}

	// What the query shows of an order from now on.
	set(reference, status, more = {}) {
		const order = this.orders.get(reference);
		this.payments.set(reference, [{ id: `${reference}LCP1`, status,
			paymentReference: "abc123", orderReference: reference,
			collectedAmount: Number(order?.totalPrice ?? 0),
			collectedCurrency: order?.orderCurrency ?? "TZS",
			message: "", clientId: this.clientId, ...more }]);
	}

	// The body of a webhook in today's shape; signed where key is given.
	webhook(reference, status, { key, event, ...more } = {}) {
		const order = this.orders.get(reference);
		const failed = status.toUpperCase() === "FAILED";
		const body = { event: event ?? (failed ? "PAYMENT FAILED" :
			"PAYMENT RECEIVED"), data: { id: `${reference}LCP1`, status,
			orderReference: reference, channel: "TIGO-PESA",
			...(failed ? {} : { collectedAmount: order?.totalPrice,
				collectedCurrency: order?.orderCurrency,
				customer: { customerName: "Zoë <A&B>" } }), ...more } };
		return key ? this.signed(body, key) : body;
	}

	signed(body, key) {
		return { ...body, checksum: checksum(key, body),
			checksumMethod: "canonical" };
	}
}

module.exports = { ClickPesa, checksum, legacyChecksum };

if (require.main === module)
	new ClickPesa().listen(Number(process.argv[2] ?? 0))
		.then((mock) => console.log(mock.url));
