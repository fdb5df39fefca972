// SPDX-License-Identifier: ISC
// strangers.test.mjs - everything that has a name belongs to one merchant in
// one mode. Each route that takes a name is tried by everybody else: another
// client of the same partner, another partner's, the same merchant in the
// other mode, nobody, and a key without the scope. They get 404, 401 and 403,
// and nothing changes; then its owner shows that the route does work.
//
// The routes are read from the sources of the programs, comments and tables:
// one that is not in the table below fails the test.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { ROOT, run, test } from "../lib.mjs";
import { CARDS, Shop, card, expect, unique } from "./kit.mjs";

const PROGRAMS = join(ROOT, "cgi-bin/v1");

const GOOD = card(CARDS.good);
const PIN = "246810";

/*
 * What a route is tried with: the thing whose name it takes (made below, one
 * for each route that uses it up), a scope that does not suffice, a body.
 * as: how its owner calls it, where a merchant's key is not the way.
 */
const TABLE = {
	"GET /v1/payments/{id}": { thing: "open", lacks: "refunds:read" },
	"POST /v1/payments/{id}/confirm": { thing: "toConfirm",
		lacks: "payments:read", body: () => ({ payment_method: GOOD }) },
	"POST /v1/payments/{id}/cancel": { thing: "toCancel",
		lacks: "payments:read" },
	"POST /v1/payments/{id}/approve": { thing: "toApprove",
		lacks: "payments:read", body: (things) => ({
		phone_number: things.buyer.phone_number, pin: PIN }) },
	"POST /v1/payments/{id}/decline": { thing: "toDecline",
		lacks: "payments:read" },
	"GET /v1/refunds/{id}": { thing: "refund", lacks: "refunds:write" },
	"GET /v1/webhook-endpoints/{id}": { thing: "endpoint",
		lacks: "webhooks:write" },
	"PATCH /v1/webhook-endpoints/{id}": { thing: "endpoint",
		lacks: "webhooks:read", body: () => ({ description: "theirs" }) },
	"POST /v1/webhook-endpoints/{id}/rotate-secret": { thing: "endpoint",
		lacks: "webhooks:read" },
	"POST /v1/webhook-endpoints/{id}/test": { thing: "endpoint",
		lacks: "webhooks:read" },
	"DELETE /v1/webhook-endpoints/{id}": { thing: "toDelete",
		lacks: "webhooks:read" },
	"GET /v1/events/{id}": { thing: "event", lacks: "events:write" },
	"POST /v1/events/{id}/resend": { thing: "event",
		lacks: "events:read" },
	"GET /v1/wallets/{id}": { thing: "wallet",
		lacks: "transfers:write" },
	"GET /v1/wallets/{id}/transactions": { thing: "wallet",
		lacks: "transfers:write" },
	"GET /v1/transfers/{id}": { thing: "transfer",
		lacks: "payments:read" },
	"GET /v1/merchant/api-keys/{id}": { thing: "apiKey",
		lacks: "payments:read" },
	"POST /v1/merchant/api-keys/{id}/revoke": { thing: "apiKey",
		lacks: "payments:read" },
};

// What belongs to all merchants of a gateway: test buyers, who are made up.
const SHARED = ["GET /v1/test/buyers/{id}"];

// The lists of a merchant, which show whether anything changed.
const LISTS = ["payments", "refunds", "events", "webhook-endpoints",
	"wallets", "transfers", "merchant/api-keys"].map((name) =>
	`/v1/${name}`);

// What the preprocessor would make of the macros of this file.
function expanded(text) {
	for (const [, name, parameter, body] of text.matchAll(
		/^#define (\w+)(?:\((\w+)\))?[ \t]+((?:.*\\\n)*.*)$/gm))
		text = parameter ? text.replace(new RegExp(
			`\\b${name}\\(([^()]*)\\)`, "g"), (_, value) =>
			body.replace(new RegExp(`\\b${parameter}\\b`, "g"),
			() => value)) :
			text.replace(new RegExp(`\\b${name}\\b`, "g"),
			() => body);
	return text;
}

// What a comment says: "POST /v1/things/{id}/open, /close".
function* documented(comment) {
	for (const [, method, path, more] of comment.matchAll(
		/\b(GET|POST|PATCH|PUT|DELETE)\s+(\/v1\/[^\s,;:)]+)((?:, \/[a-z-]+)*)/g)) {
		if (!path.includes("{"))
			continue;
		const whole = path.replace(/\.$/, "").replace(/\{\w+\}/g, "{id}");
		yield `${method} ${whole}`;
		for (const [, verb] of more.matchAll(/\/([a-z-]+)/g))
			yield `${method} ${whole.replace(/[^/]*$/, verb)}`;
	}
}

// The routes of the sources that take a name.
function routes() {
	const found = new Set();
	const sources = readdirSync(PROGRAMS, { recursive: true })
		.filter((name) => name.endsWith(".c"));
	assert.ok(sources.length >= 8, sources.join());
	for (const name of sources) {
		const text = readFileSync(join(PROGRAMS, name), "utf8");
		for (const [, comment] of text.matchAll(/\/\*(.*?)\*\//gs))
			for (const route of documented(comment.replace(
				/\n \*\s*/g, " ")))
				found.add(route);
		const [, base] = /struct endpoint \w+ = \{\s*"([^"]+)"/
			.exec(text) ?? [];
		for (const [action, method] of expanded(text).matchAll(
			/\{\s*METHOD_(GET|POST|PATCH|DELETE),[^{}]*\}/g)) {
			if (!base || !/\.takes_rest\s*=\s*true/.test(action))
				continue;
			const [, verb] = /\.verb\s*=\s*"([^"]*)"/.exec(action) ??
				[null, ""];
			found.add(`${method} ${base}/{id}${verb && `/${verb}`}`);
		}
	}
	return [...found].sort();
}

// A merchant's things; each of them is told apart from everybody else's.
async function make(shop) {
	const { key } = shop.ours.test;
	const endpoint = (options = {}) => shop.endpoint(
		`https://shop.example/${unique()}`, ["*"], options);
	const paid = await shop.paid();
	const things = { open: await shop.create(),
		toConfirm: await shop.create(), toCancel: await shop.create(),
		paid, refund: expect(await shop.refund(paid, { amount: 5 }), 201),
		endpoint: await endpoint(), toDelete: await endpoint(),
		apiKey: await shop.ours.addKey() };
	await shop.quiet();
	[things.event] = await shop.events(things.open);
	things.buyer = await shop.buyer({ pin: PIN });
	for (const name of ["toApprove", "toDecline"]) {
		things[name] = await shop.create();
		expect(await shop.confirm(things[name],
			{ type: "soxara_wallet" }), 202);
	}
	things.wallet = await shop.fund(shop.ours, 1000);
	things.transfer = expect(await shop.transfer(things.buyer, 10,
		{ key }), 201);
	return things;
}

await run("strangers", async () => {
	const shop = await Shop.start();
	const { key } = shop.ours.test;
	const things = await make(shop);

	// All that is ours, and all that they have, as text.
	const state = async () => JSON.stringify(await Promise.all([
		shop.ours.test, shop.ours.live, shop.sibling.test,
		shop.stranger.test].map(async (whose) => [await Promise.all(
		LISTS.map((path) => shop.all(path, { key: whose.key })))])));

	await test("every_route_is_in_the_table", () => {
		assert.deepEqual(routes(), [...Object.keys(TABLE),
			...SHARED].sort());
	});

	for (const [route, { thing, body, lacks }] of Object.entries(TABLE)) {
		const [method, pattern] = route.split(" ");
		const path = pattern.replace("{id}", things[thing].id);
		const ask = (options) => shop.call(method, path, {
			...(body ? { body: body(things) } : {}), ...options });

		await test(`${method}_${pattern.slice(4)}_is_its_owners`,
			async () => {
			const before = await state();
			for (const [who, theirs] of [
				["a client of the same partner", shop.sibling.test],
				["another partner's client", shop.stranger.test],
				["the same merchant, live", shop.ours.live],
				["a client of the same partner, live",
					shop.sibling.live]]) {
				const answer = await ask({ key: theirs.key });
				assert.equal(`${who}: ${answer.status} ` +
					answer.json.error?.code, `${who}: 404 NOT_FOUND`);
				// As of one that nobody has.
				const nobody = await shop.call(method, path.replace(
					things[thing].id, `${things[thing].id.split("_")[0]}` +
					"_00000000000000000000000000"),
					{ key: theirs.key, ...(body ?
					{ body: body(things) } : {}) });
				assert.equal(nobody.text, answer.text, who);
			}
			expect(await ask({ key: null }), 401, "UNAUTHORIZED");
			expect(await ask({ key: shop.gateway.key.api_key }), 401,
				"UNAUTHORIZED");
			const poor = await shop.ours.addKey(false, lacks);
			const seen = await state();
			expect(await ask({ key: poor.key }), 403, "FORBIDDEN");
			assert.equal(await state(), seen);
			// The new key is all that is new.
			assert.equal(JSON.stringify(JSON.parse(seen).map(([lists]) =>
				lists.slice(0, -1))), JSON.stringify(JSON.parse(before)
				.map(([lists]) => lists.slice(0, -1))));
		});
	}

	for (const [route, { thing, body }] of Object.entries(TABLE)
		.sort(([one], [other]) => one.startsWith("GET") ? -1 :
			other.startsWith("GET") ? 1 : 0)) {
		const [method, pattern] = route.split(" ");
		await test(`${method}_${pattern.slice(4)}_works_for_its_owner`,
			async () => {
			const options = { key: /approve|decline/.test(pattern) ?
				things[thing].client_secret : key };
			const answer = await shop.call(method,
				pattern.replace("{id}", things[thing].id),
				{ ...(body ? { body: body(things) } : {}), ...options });
			assert.ok(answer.status < 300, answer.text);
		});
	}

	await test("test_buyers_are_for_test_keys_alone", async () => {
		const path = "/v1/test/buyers/" +
			encodeURIComponent(things.buyer.phone_number);
		expect(await shop.get(path, { key: shop.stranger.test.key }), 200);
		assert.ok(!(await shop.get(path)).text.includes(PIN));
		expect(await shop.get(path, { key: shop.ours.live.key }), 403,
			"FORBIDDEN");
		expect(await shop.get(path, { key: null }), 401, "UNAUTHORIZED");
	});

	await test("nobody_else_is_told", async () => {
		const mine = await shop.receiver();
		const others = [];
		for (const { key: theirs } of [shop.sibling.test,
			shop.stranger.test, shop.ours.live, shop.sibling.live])
			others.push(await shop.receiver(["*"], { key: theirs }));
		const payment = await shop.paid();
		expect(await shop.refund(payment), 201);
		await shop.quiet();
		await shop.deliver();
		mine.told(payment, "payment.created", "payment.succeeded",
			"refund.created", "refund.succeeded");
		for (const other of others)
			assert.deepEqual(other.got, []);
	});

	await test("a_resend_goes_to_no_endpoint_of_theirs", async () => {
		const theirs = await shop.receiver(["payment.failed"],
			{ key: shop.stranger.test.key });
		expect(await shop.post(`/v1/events/${things.event.id}/resend`,
			{ endpoint: theirs.endpoint.id }), 404, "NOT_FOUND");
		await shop.deliver();
		assert.deepEqual(theirs.got, []);
	});

	// Names in bodies and queries

	for (const who of ["sibling", "stranger"]) {
		const theirs = shop[who].test;
		await test(`${who}_refunds_no_payment_of_ours`, async () => {
			const before = await shop.retrieve(things.paid);
			for (const name of ["payment", "payment_id", "payment_intent"])
				expect(await shop.post("/v1/refunds",
					{ [name]: things.paid.id, amount: 1 },
					{ key: theirs.key }), 404, "NOT_FOUND");
			assert.deepEqual(await shop.retrieve(things.paid), before);
		});

		await test(`${who}_sees_no_refunds_of_ours`, async () => {
			const answer = await shop.get(
				`/v1/refunds?payment=${things.paid.id}`,
				{ key: theirs.key });
			assert.ok(!answer.text.includes(things.refund.id));
		});

		await test(`${who}_spends_no_money_of_ours`, async () => {
			const path = `/v1/wallets/${things.wallet.id}`;
			const before = expect(await shop.get(path), 200).balance;
			const answer = await shop.transfer(things.buyer, 10, {
				key: theirs.key, body: { wallet: things.wallet.id,
				from: things.wallet.id } });
			assert.ok(answer.status >= 400, answer.text);
			assert.equal(expect(await shop.get(path), 200).balance,
				before);
		});

		await test(`${who}_pages_past_nothing_of_ours`, async () => {
			for (const [list, { id }] of [["payments", things.open],
				["refunds", things.refund], ["events", things.event],
				["webhook-endpoints", things.endpoint],
				["transfers", things.transfer],
				["merchant/api-keys", things.apiKey]])
				expect(await shop.get(`/v1/${list}?starting_after=${id}`,
					{ key: theirs.key }), 422, "VALIDATION_ERROR");
		});
	}

	await test("the_partners_key_reaches_nothing_here", async () => {
		for (const path of ["/webhooks/endpoints", "/webhooks/events",
			"/webhooks/deliveries"]) {
			const { json } = await shop.gateway.get(path);
			const text = JSON.stringify(json);
			for (const { id } of Object.values(things))
				assert.ok(!text.includes(id), path);
		}
		const { status } = await shop.gateway.get(
			`/webhooks/endpoints/${things.endpoint.id}`);
		assert.equal(status, 404);
	});
	await test("books_and_logs_are_in_order", () => shop.inOrder());
});
