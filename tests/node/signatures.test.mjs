// SPDX-License-Identifier: ISC
// signatures.test.mjs - deliveries of the real sender, checked with what
// receivers use: the published standardwebhooks, svix and stripe packages,
// and node's own ed25519. Secrets and keys are changed meanwhile; the days
// that this takes pass on the sandbox clock.

import assert from "node:assert/strict";
import { createPublicKey, verify as verifyWithKey } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";

import { Gateway, PARTNER, eventually, hmac, receiver, run, stripeEvent,
	stripeHeader, test } from "./lib.mjs";

const stripe = new Stripe("sk_test_unused").webhooks;

const CHOSEN = "a-secret-that-the-partner-chose";
const HOUR = 3600 * 1000;

// Packages look at the clock of this machine, deliveries at the sandbox's.
function atItsTime(webhook, check) {
	const real = Date.now;
	Date.now = () => Number(webhook.headers["webhook-timestamp"]) * 1000;
	try {
		return check();
	} finally {
		Date.now = real;
	}
}

// How receivers check, each throws what is not genuine
const format = (secret) => secret.startsWith("whsec_") ? {} :
	{ format: "raw" };
const checks = {
	standardwebhooks: (webhook, secret) => atItsTime(webhook, () =>
		new Webhook(secret, format(secret)).verify(
			webhook.body.toString(), webhook.headers)),
	svix: (webhook, secret) => atItsTime(webhook, () =>
		new SvixWebhook(secret, format(secret)).verify(
			webhook.body.toString(), webhook.headers)),
	stripe: (webhook, secret) => atItsTime(webhook, () =>
		stripe.constructEvent(webhook.body,
			webhook.headers["soxara-signature"], secret)),
};

function genuine(webhook, secret) {
	for (const [name, check] of Object.entries(checks)) {
		const event = check(webhook, secret);
		assert.deepEqual(event, JSON.parse(webhook.body), name);
	}
}

function refused(webhook, secret, names = Object.keys(checks)) {
	for (const name of names)
		assert.throws(() => checks[name](webhook, secret),
			/signature/i, name);
}

const spoilt = (webhook, headers, body = webhook.body) => ({ ...webhook,
	body, headers: { ...webhook.headers, ...headers } });

const clive = (webhook) => webhook.headers["x-clive-signature"];

// How many signatures of a version it has
const count = (webhook, version) => webhook.headers["webhook-signature"]
	.split(" ").filter((one) => one.startsWith(`${version},`)).length;

// Which public keys fit its v1a signatures, in the order of the signatures
function keysOf(webhook, keys) {
	const { headers, body } = webhook;
	const message = Buffer.concat([Buffer.from(`${headers["webhook-id"]}.` +
		`${headers["webhook-timestamp"]}.`), body]);
	return headers["webhook-signature"].split(" ")
		.filter((one) => one.startsWith("v1a,"))
		.map((one) => keys.find((jwk) => verifyWithKey(null, message,
			createPublicKey({ key: jwk, format: "jwk" }),
			Buffer.from(one.slice(4), "base64")))?.kid);
}

// soxara.md 7
const SX_SECRET = "whsec_AbCdEfGhIjKlMnOpQrStUvWxYz012345";
const SX_TIME = 1730750100;
const SX_1 = '{"id":"evt_0001","type":"payment.succeeded","livemode":false,' +
	'"created":1730750100,"data":{"object":{"id":"pi_0001","amount":1250,' +
	'"currency":"USD","status":"succeeded","metadata":{"order_id":' +
	'"A-1001"}}}}';
const SX_2 = '{"id":"evt_0002","type":"payment.failed","data":{"object":' +
	'{"id":"pi_0002","metadata":{"note":"café — Monrovia"}}}}';
const SX_V1 =
	"d8d80f73c1c58d62448692620b4a8c9679353bb4cff61048683b4050dcecc8a8";

// A receiver that keeps to the rules of soxara.md 6.
function soxara(body, header, now = SX_TIME) {
	const parts = header.split(",").map((part) => part.split(/=(.*)/s));
	const t = parts.find(([name]) => name === "t")?.[1] ?? "";
	return /^[0-9]+$/.test(t) && Math.abs(now - t) <= 300 &&
		parts.some(([name, v1]) => name === "v1" &&
			v1 === hmac(SX_SECRET, `${t}.${body}`));
}

// Stripe's package does the same, but that it minds no time to come.
function both(body, header, now = SX_TIME) {
	const good = soxara(body, header, now);
	const check = () => stripe.constructEvent(body, header, SX_SECRET, 300,
		undefined, now * 1000);
	if (good)
		assert.ok(check());
	else
		assert.throws(check, header);
	return good;
}

async function vectors() {
	const good = `t=${SX_TIME},v1=${SX_V1}`;

	await test("vectors_of_soxara_that_are_good", () => {
		for (const [body, t, v1] of [[SX_1, SX_TIME, SX_V1],
			[SX_2, SX_TIME, "e4ec7b50445fc54f29865768dde81a3115378da30bb7bab" +
				"52f5137caff55d3b4"],
			[`${SX_1}\n`, SX_TIME, "d305a24b81668d888e5b291efd19b05736b389ce" +
				"5e264cec41b361495e79685d"],
			[SX_1, SX_TIME + 1, "6b22eeeab8697adefa3a17bd91765178414a90f105f" +
				"fba2718d750df18184cfd"]]) {
			assert.ok(both(body, `t=${t},v1=${v1}`));
			assert.ok(both(body, `t=${t},v1=${"0".repeat(64)},v1=${v1}`));
			// Each is good for its own body and time only.
			assert.ok(!both(`${body} `, `t=${t},v1=${v1}`));
			assert.ok(!both(body, `t=${t + 2},v1=${v1}`));
		}
	});

	await test("vectors_of_soxara_that_are_not", () => {
		for (const header of [
			`t=${SX_TIME},v1=a0c04cfb986fc2868b885eed55d48b667a785a35e2eb689` +
				"aee01a9143d81355c",
			`t=${SX_TIME},v1=c8a3a57a5c048e751302bdf80bed16ec09a709381e5a18b` +
				"722bd78ccebfba39f",
			`t=${SX_TIME},v1=${"0".repeat(64)}`,
			`t=${SX_TIME},v1=${SX_V1.slice(1)}`,
			`v1=${SX_V1}`, `t=${SX_TIME}`, ""])
			assert.ok(!both(SX_1, header), header);
	});

	await test("vectors_of_soxara_for_the_clock", () => {
		for (const now of [1730750100, 1730750400, 1730749800])
			assert.ok(both(SX_1, good, now));
		assert.ok(!both(SX_1, good, 1730750401));
		assert.ok(!soxara(SX_1, good, 1730749799));
	});
}

await run("signatures", async () => {
	await vectors();

	const gateway = await Gateway.make({ rate_limit_per_minute: 0,
		webhook_retry_ms: "300 300" });
	let refusals = 0;
	const made = await receiver(() => refusals-- > 0 ? 500 : 200);
	const raw = await receiver();
	const keyed = await receiver();
	const add = (name, { url }, ...more) => gateway.clive("webhook", "add",
		"--partner", PARTNER, "--name", name, "--url", url, "--events", "all",
		...more);
	const rotate = (id, ...more) => gateway.clive("webhook", "rotate", id,
		...more);
	const first = await add("A made secret", made);
	await add("A chosen one", raw, "--secret", CHOSEN);
	await gateway.serve();
	gateway.send();

	let ahead = 0;
	async function advance(ms) {
		await gateway.clive("sandbox", "advance", `${ms / 1000}s`);
		ahead += ms;
	}

	// A payment succeeds; what a receiver is told of it.
	let payments = 0;
	async function succeed() {
		const payment = await gateway.payment(`EZ-${++payments}`, "12.5",
			"EUR", '{"note":"café"}');
		const body = stripeEvent("payment_intent.succeeded", payment.intent,
			12.5, "EUR");
		const answer = await gateway.stripe(body, stripeHeader(
			gateway.stripeSecret, body, Date.now() + ahead));
		assert.equal(answer.status, 200);
		return payment;
	}
	const told = (at, payment) => at.got.filter(({ body }) =>
		body.includes(payment.id));
	const news = (at, payment) => eventually(`webhook about ${payment.id}`,
		() => told(at, payment)[0], 15000);

	const payment = await succeed();
	const one = await news(made, payment);

	await test("made_secret_verifies_with_every_package", () => {
		assert.match(first.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
		genuine(one, first.secret);
		assert.equal(clive(one), hmac(first.secret, one.body));
		assert.match(one.headers["webhook-id"], /^evt_[0-9A-Z]{26}$/);
		assert.equal(count(one, "v1"), 1);
		assert.equal(count(one, "v1a"), 0);
	});

	await test("chosen_secret_verifies_with_every_package", async () => {
		const webhook = await news(raw, payment);
		genuine(webhook, CHOSEN);
		assert.equal(clive(webhook), hmac(CHOSEN, webhook.body));
		// One event has one id, whoever is told of it.
		assert.equal(webhook.headers["webhook-id"],
			one.headers["webhook-id"]);
		refused(webhook, first.secret);
		refused(one, CHOSEN);
	});

	await test("time_is_that_of_the_attempt", () => {
		const t = Number(one.headers["webhook-timestamp"]);
		assert.ok(Math.abs(t - one.at / 1000) < 15, `${t}, ${one.at}`);
		assert.ok(one.headers["soxara-signature"].startsWith(`t=${t},v1=`));
	});

	await test("altered_delivery_is_refused", () => {
		const t = Number(one.headers["webhook-timestamp"]);
		const body = Buffer.from(one.body.toString().replace("12.5", "12.6"));
		refused(spoilt(one, {}, body), first.secret);
		refused(spoilt(one, {}, Buffer.concat([one.body, Buffer.from("\n")])),
			first.secret);
		refused(spoilt(one, { "webhook-id": "evt_0" }), first.secret,
			["standardwebhooks", "svix"]);
		for (const other of [t - 1, t + 1])
			refused(spoilt(one, { "webhook-timestamp": String(other),
				"soxara-signature": one.headers["soxara-signature"]
					.replace(`t=${t}`, `t=${other}`) }), first.secret);
	});

	await test("old_delivery_is_refused", () => {
		const real = Date.now;
		const t = Number(one.headers["webhook-timestamp"]);
		Date.now = () => (t + 301) * 1000;
		try {
			const text = one.body.toString();
			assert.throws(() => new Webhook(first.secret).verify(text,
				one.headers), /too old/);
			assert.throws(() => new SvixWebhook(first.secret).verify(text,
				one.headers), /too old/);
			assert.throws(() => stripe.constructEvent(text,
				one.headers["soxara-signature"], first.secret),
				/tolerance/);
		} finally {
			Date.now = real;
		}
	});

	await test("next_attempt_is_signed_anew_under_the_same_id", async () => {
		refusals = 1;
		const again = await succeed();
		const failed = await news(made, again);
		await advance(400 * 1000);
		const later = await eventually("the second attempt", () =>
			told(made, again)[1], 15000);
		assert.equal(later.headers["webhook-id"],
			failed.headers["webhook-id"]);
		assert.deepEqual(later.body, failed.body);
		assert.ok(Number(later.headers["webhook-timestamp"]) >=
			Number(failed.headers["webhook-timestamp"]) + 400);
		genuine(later, first.secret);
		assert.equal(clive(later), clive(failed));
	});

	// A new secret
	let second;
	await test("old_and_new_secret_verify_during_an_overlap", async () => {
		second = await rotate(first.id);
		assert.notEqual(second.secret, first.secret);
		const webhook = await news(made, await succeed());
		assert.equal(count(webhook, "v1"), 2);
		genuine(webhook, first.secret);
		genuine(webhook, second.secret);
		assert.equal(clive(webhook), hmac(first.secret, webhook.body));
	});

	await test("overlap_lasts_a_day_unless_said_otherwise", async () => {
		await advance(24 * HOUR - 60 * 1000);
		const before = await news(made, await succeed());
		genuine(before, first.secret);
		assert.equal(clive(before), hmac(first.secret, before.body));
		await advance(61 * 1000);
		const webhook = await news(made, await succeed());
		assert.equal(count(webhook, "v1"), 1);
		genuine(webhook, second.secret);
		refused(webhook, first.secret);
		assert.equal(clive(webhook), hmac(second.secret, webhook.body));
	});

	await test("three_secrets_sign_and_each_ends_in_its_time", async () => {
		const third = await rotate(first.id, "--overlap", "1h");
		const fourth = await rotate(first.id, "--secret", CHOSEN,
			"--overlap", "7d");
		const all = await news(made, await succeed());
		assert.equal(count(all, "v1"), 3);
		for (const { secret } of [second, third, fourth])
			genuine(all, secret);
		assert.equal(clive(all), hmac(second.secret, all.body));
		await advance(HOUR);
		const two = await news(made, await succeed());
		refused(two, second.secret);
		genuine(two, third.secret);
		assert.equal(clive(two), hmac(third.secret, two.body));
		await advance(7 * 24 * HOUR);
		const last = await news(made, await succeed());
		refused(last, third.secret);
		genuine(last, CHOSEN);
		assert.equal(clive(last), hmac(CHOSEN, last.body));
	});

	await test("without_an_overlap_the_old_secret_ends_at_once", async () => {
		await rotate(first.id, "--overlap", "7d");
		const { secret } = await rotate(first.id, "--overlap", "0s");
		const webhook = await news(made, await succeed());
		assert.equal(count(webhook, "v1"), 1);
		genuine(webhook, secret);
		refused(webhook, CHOSEN);
		assert.equal(clive(webhook), hmac(secret, webhook.body));
		first.last = secret;
	});

	await test("overlap_of_more_than_seven_days_is_refused", async () => {
		await assert.rejects(rotate(first.id, "--overlap", "169h"), /7d/);
		const webhook = await news(made, await succeed());
		genuine(webhook, first.last);
	});

	// Keys
	async function published() {
		const answer = await fetch(`${gateway.api}/webhooks/keys`,
			{ headers: { origin: "https://shop.example" } });
		assert.equal(answer.status, 200);
		assert.equal(answer.headers.get("cache-control"),
			"public, max-age=300");
		assert.equal(answer.headers.get("access-control-allow-origin"), "*");
		const { keys } = await answer.json();
		for (const jwk of keys) {
			assert.deepEqual([jwk.kty, jwk.crv, jwk.use, jwk.alg],
				["OKP", "Ed25519", "sig", "EdDSA"]);
			assert.equal(jwk.x_whpk, "whpk_" + Buffer.from(jwk.x,
				"base64url").toString("base64"));
			assert.equal(Buffer.from(jwk.x, "base64url").length, 32);
		}
		return keys;
	}

	let old;
	await test("no_key_is_published_before_one_is_needed", async () => {
		assert.deepEqual(await published(), []);
	});

	await test("endpoint_that_asks_is_signed_with_the_published_key",
		async () => {
		const hook = await add("Without a secret", keyed, "--ed25519");
		[old] = await published();
		const told = await succeed();
		const webhook = await news(keyed, told);
		assert.equal(count(webhook, "v1a"), 1);
		assert.deepEqual(keysOf(webhook, [old]), [old.kid]);
		// The packages, which know v1 alone, pass over it.
		genuine(webhook, hook.secret);
		assert.equal(count(await news(made, told), "v1a"), 0);
	});

	await test("key_refuses_an_altered_delivery", () => {
		const webhook = keyed.got[0];
		const t = Number(webhook.headers["webhook-timestamp"]);
		for (const other of [spoilt(webhook, { "webhook-id": "evt_0" }),
			spoilt(webhook, { "webhook-timestamp": String(t + 1) }),
			spoilt(webhook, {}, Buffer.concat([webhook.body,
				Buffer.from(" ")]))])
			assert.deepEqual(keysOf(other, [old]), [undefined]);
	});

	await test("old_and_new_key_sign_during_an_overlap", async () => {
		await gateway.clive("webhook", "key", "rotate", "--overlap", "2h");
		const keys = await published();
		assert.equal(keys.length, 2);
		assert.equal(keys[1].kid, old.kid);
		const webhook = await news(keyed, await succeed());
		assert.deepEqual(keysOf(webhook, keys), keys.map(({ kid }) => kid));
		await advance(2 * HOUR);
		assert.deepEqual(await published(), [keys[0]]);
		const later = await news(keyed, await succeed());
		assert.deepEqual(keysOf(later, keys), [keys[0].kid]);
	});

	await test("without_an_overlap_the_old_key_ends_at_once", async () => {
		const before = await published();
		await gateway.clive("webhook", "key", "rotate", "--overlap", "0s");
		const keys = await published();
		assert.equal(keys.length, 1);
		assert.notEqual(keys[0].kid, before[0].kid);
		const webhook = await news(keyed, await succeed());
		assert.deepEqual(keysOf(webhook, [...before, ...keys]),
			[keys[0].kid]);
	});

	await test("no_secret_is_in_a_log_or_in_clear_in_the_database", () => {
		const secrets = [first.secret, second.secret, first.last, CHOSEN];
		const folders = ["log", "db"].map((name) => join(gateway.var, name));
		const texts = folders.flatMap((folder) => readdirSync(folder)
			.map((name) => readFileSync(join(folder, name))));
		assert.ok(texts.length >= 2);
		for (const secret of secrets)
			for (const text of [...texts, gateway.log.join("")])
				assert.ok(!text.includes(secret));
	});

	await test("page_that_explains_it_is_there", async () => {
		const answer = await fetch(`${gateway.url}/docs/webhooks.html`);
		assert.equal(answer.status, 200);
		assert.match(answer.headers.get("content-type"), /^text\/html/);
		for (const [, path] of (await answer.text()).matchAll(
			/(?:href|src)="(\.\.\/[^"]*|[a-z.]+\.css)"/g)) {
			const linked = await fetch(new URL(path, answer.url));
			assert.equal(linked.status, 200, path);
		}
	});
});
