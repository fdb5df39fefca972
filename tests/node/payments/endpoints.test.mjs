// SPDX-License-Identifier: ISC
// endpoints.test.mjs - a merchant's webhook endpoints: made, listed, changed,
// switched off, taken away; a secret that is shown once and replaced with an
// overlap; addresses that a live gateway does not send to.

import assert from "node:assert/strict";

import { run, test } from "../lib.mjs";
import { DAY, HOUR, Shop, expect, genuine } from "./kit.mjs";

const PATH = "/v1/webhook-endpoints";

async function making(shop) {
	await test("a_new_one_shows_its_secret_once", async () => {
		const made = await shop.endpoint("https://shop.example/hook",
			["payment.succeeded", "refund.failed"]);
		assert.deepEqual(Object.keys(made).sort(), ["created_at",
			"description", "events", "id", "livemode", "object",
			"signing_secret", "status", "updated_at", "url"]);
		assert.match(made.id, /^we_/);
		assert.match(made.signing_secret, /^whsec_/);
		assert.match(made.created_at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
		assert.deepEqual([made.object, made.url, [...made.events].sort(),
			made.status, made.livemode],
			["webhook_endpoint", "https://shop.example/hook",
			["payment.succeeded", "refund.failed"], "enabled", false]);
		const seen = await shop.get(`${PATH}/${made.id}`);
		const { signing_secret: secret, ...rest } = made;
		assert.deepEqual(expect(seen, 200), rest);
		const list = await shop.get(PATH);
		for (const { text } of [seen, list])
			assert.ok(!text.includes(secret) &&
				!text.includes("signing_secret"), text);
		assert.deepEqual(list.json.data.find(({ id }) => id === made.id),
			rest);
	});

	await test("all_events_are_a_star", async () => assert.deepEqual(
		(await shop.endpoint("https://shop.example/all", ["*"])).events,
		["*"]));

	for (const [name, body, status, field] of [
		["no_url", { events: ["*"] }, 400, "url"],
		["no_events", { url: "https://shop.example/" }, 400, "events"],
		["a_number_as_url", { url: 7, events: ["*"] }, 422, "url"],
		["ftp", { url: "ftp://shop.example/", events: ["*"] }, 422, "url"],
		["no_host", { url: "https:///x", events: ["*"] }, 422, "url"],
		["a_password", { url: "https://a:b@shop.example/", events: ["*"] },
			422, "url"],
		["an_unknown_event", { url: "https://shop.example/",
			events: ["payment.exploded"] }, 422, "events"],
		["a_partners_event", { url: "https://shop.example/",
			events: ["transaction_succeeded"] }, 422, "events"],
		["a_word_as_events", { url: "https://shop.example/", events: "*" },
			422, "events"],
		["empty_events", { url: "https://shop.example/", events: [] },
			422, "events"]])
		await test(`${name}_is_refused`, async () => {
			const before = (await shop.all(PATH)).length;
			const error = expect(await shop.post(PATH, body), status,
				"VALIDATION_ERROR");
			assert.match(error.details?.field ?? "",
				new RegExp(`^${field}(\\b|$)`));
			assert.equal((await shop.all(PATH)).length, before);
		});

	await test("a_list_goes_page_by_page", async () => {
		const { key } = shop.sibling.test, made = [];
		for (let i = 0; i < 5; i++)
			made.unshift((await shop.endpoint(
				`https://shop.example/${i}`, ["*"], { key })).id);
		for (const limit of [2, 5, 100])
			assert.deepEqual((await shop.all(PATH, { key }, limit)).map(
				({ id }) => id), made);
	});
}

async function changing(shop) {
	const change = (made, body) => shop.call("PATCH", `${PATH}/${made.id}`,
		{ body });

	await test("what_is_changed_is_changed_and_nothing_else", async () => {
		const made = await shop.endpoint("https://shop.example/a",
			["payment.failed"]);
		const changed = expect(await change(made,
			{ url: "https://shop.example/b" }), 200);
		assert.deepEqual([changed.url, changed.events, changed.id],
			["https://shop.example/b", ["payment.failed"], made.id]);
		assert.ok(!("signing_secret" in changed));
		const next = expect(await change(made, { events: ["*"],
			description: "the shop" }), 200);
		assert.deepEqual([next.url, next.events, next.description],
			["https://shop.example/b", ["*"], "the shop"]);
		assert.deepEqual(expect(await shop.get(`${PATH}/${made.id}`), 200),
			next);
	});

	for (const [name, body, field] of [["url", { url: "nowhere" }, "url"],
		["events", { events: ["x"] }, "events"],
		["status", { status: "sleeping" }, "status"]])
		await test(`a_bad_${name}_changes_nothing`, async () => {
			const made = await shop.endpoint("https://shop.example/a");
			const error = expect(await change(made, body), 422,
				"VALIDATION_ERROR");
			assert.match(error.details?.field ?? "",
				new RegExp(`^${field}(\\b|$)`));
			assert.equal(expect(await shop.get(`${PATH}/${made.id}`), 200)
				.url, made.url);
		});

	await test("a_disabled_one_gets_nothing", async () => {
		const hook = await shop.receiver();
		assert.equal(expect(await change(hook.endpoint,
			{ status: "disabled" }), 200).status, "disabled");
		const payment = await shop.create();
		await shop.deliver();
		assert.deepEqual(hook.types(payment), []);
		assert.equal(expect(await change(hook.endpoint,
			{ status: "enabled" }), 200).status, "enabled");
		await shop.deliver();
		const next = await shop.create();
		await shop.deliver();
		hook.told(next, "payment.created");
	});

	await test("a_deleted_one_is_gone", async () => {
		const hook = await shop.receiver();
		const path = `${PATH}/${hook.endpoint.id}`;
		const answer = await shop.call("DELETE", path);
		assert.equal(answer.status, 200, answer.text);
		expect(await shop.get(path), 404, "NOT_FOUND");
		expect(await change(hook.endpoint, { events: ["*"] }), 404,
			"NOT_FOUND");
		assert.ok(!(await shop.all(PATH)).some(({ id }) =>
			id === hook.endpoint.id));
		const payment = await shop.create();
		await shop.deliver();
		assert.deepEqual(hook.types(payment), []);
	});
}

async function rotating(shop) {
	const rotate = (hook, body) => shop.post(
		`${PATH}/${hook.endpoint.id}/rotate-secret`, body);
	// Which of two secrets sign what is sent now.
	const signs = async (hook, ...secrets) => {
		const payment = await shop.create();
		await shop.deliver();
		const { headers, raw, t } = hook.got.find((one) =>
			one.raw.includes(payment.id));
		return secrets.map((secret) => genuine(secret,
			headers["soxara-signature"], Buffer.from(raw), t));
	};

	await test("both_secrets_sign_until_the_old_one_ends", async () => {
		const hook = await shop.receiver(["payment.created"]);
		const [old] = hook.secrets;
		const answer = await rotate(hook);
		assert.equal(answer.status, 200, answer.text);
		const fresh = answer.json.data.signing_secret;
		assert.match(fresh, /^whsec_/);
		assert.notEqual(fresh, old);
		hook.secrets.push(fresh);
		assert.deepEqual(await signs(hook, old, fresh), [true, true]);
		await shop.advance(23 * HOUR);
		assert.deepEqual(await signs(hook, old, fresh), [true, true]);
		await shop.advance(2 * HOUR);
		assert.deepEqual(await signs(hook, old, fresh), [false, true]);
		await shop.advance(DAY);
		assert.deepEqual(await signs(hook, old, fresh), [false, true]);
	});

	await test("the_new_secret_is_shown_once", async () => {
		const hook = await shop.receiver(["payment.created"]);
		const fresh = expect(await rotate(hook), 200).signing_secret;
		for (const path of [PATH, `${PATH}/${hook.endpoint.id}`])
			assert.ok(!(await shop.get(path)).text.includes(fresh));
	});
}

// What a live gateway does not send to.
async function live() {
	const shop = await Shop.startLive();
	const { key } = shop.ours.live;

	for (const url of ["http://shop.example/hook", "https://127.0.0.1/hook",
		"https://localhost/hook", "https://10.0.0.1/", "https://192.168.1.1/",
		"https://169.254.169.254/latest/", "https://[::1]/",
		"https://[fd00::1]/", "https://2130706433/", "https://0x7f.1/",
		"https://172.16.0.9/", "https://[::ffff:10.0.0.1]/"])
		for (const mode of ["live", "test"])
			await test(`${mode}_endpoint_${url}_is_refused`, async () => {
				const answer = await shop.post(PATH, { url, events: ["*"] },
					{ key: shop.ours[mode].key });
				expect(answer, 422, "VALIDATION_ERROR");
				assert.equal(answer.json.error.details.field, "url");
			});

	await test("a_public_address_is_taken", async () => {
		const made = await shop.endpoint("https://shop.example/hook",
			["*"], { key });
		assert.equal(made.livemode, true);
		const change = await shop.call("PATCH", `${PATH}/${made.id}`,
			{ key, body: { url: "https://192.168.1.1/" } });
		expect(change, 422, "VALIDATION_ERROR");
	});
}

await run("endpoints", async () => {
	const shop = await Shop.start();
	for (const part of [making, changing, rotating])
		await part(shop);
	await live();
	await test("books_and_logs_are_in_order", () => shop.inOrder());
});
